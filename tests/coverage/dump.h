/* SPDX-License-Identifier: MIT */
/*
 * For the coverage build alone: a process that ends with _exit() or becomes
 * another program writes down what it ran through, too. Those that are killed
 * cannot.
 */
#include <dlfcn.h>
#include <unistd.h>

void __gcov_dump(void);
void __gcov_reset(void);

/* Where the laboratory of faults is preloaded, its failures are not for this writing. */
static inline void coverage_rest(int rest)
{
	void (*fn)(int) = (void (*)(int))(unsigned long)dlsym(RTLD_DEFAULT, "inject_rest");

	if (fn)
		fn(rest);
}

static inline void coverage_write(void)
{
	coverage_rest(1);
	__gcov_dump();
	coverage_rest(0);
}

/* Comes back if the program cannot be had, and goes on counting then. */
#define COVERAGE_EXEC(call) (coverage_write(), __gcov_reset(), call)

#define _exit(code) (coverage_write(), _exit(code))
#define execv(...) COVERAGE_EXEC(execv(__VA_ARGS__))
#define execve(...) COVERAGE_EXEC(execve(__VA_ARGS__))
#define execlp(...) COVERAGE_EXEC(execlp(__VA_ARGS__))
