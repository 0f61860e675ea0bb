/* SPDX-License-Identifier: MIT */
#ifndef RUNNER_H
#define RUNNER_H

#include "unit.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "json.h"
#include "util.h"
#include "value.h"

/*
 * The real program of an agent, run once as the daemon runs it: a request on
 * its standard input, one answer on its output, all in a folder of the test's.
 */
#define RUN_OUT_MAX (1u << 20)
#define RUN_TIME_LIMIT_S 60

/* What came out of one run. */
struct run {
	char *out, *err;
	struct value *answer;
	int status;
};

/* The caller's. */
static inline char *run_path(const char *folder, const char *name)
{
	return xasprintf("%s/%s", folder, name);
}

static inline void run_write(const char *folder, const char *name, const void *data, size_t len,
	unsigned mode)
{
	CLEANUP_FREE char *path = run_path(folder, name);

	assert_int_equal(file_write_atomic(path, data, len, mode), 0);
}

/* The caller's. */
static inline char *run_read(const char *folder, const char *name)
{
	CLEANUP_FREE char *path = run_path(folder, name);
	char *text = NULL;
	size_t len;

	assert_int_equal(file_read(path, RUN_OUT_MAX, &text, &len), 0);
	return text;
}

static inline void run_redirect(const char *folder, const char *name, int fd, int flags)
{
	CLEANUP_FREE char *path = run_path(folder, name);
	int opened = open(path, flags, 0600);

	if (opened < 0 || dup2(opened, fd) < 0)
		_exit(99);
}

static inline _Noreturn void run_become(const char *program, const char *folder)
{
	char *argv[] = { xstrdup(program), NULL };

	run_redirect(folder, "in", 0, O_RDONLY);
	run_redirect(folder, "out", 1, O_WRONLY | O_CREAT | O_TRUNC);
	run_redirect(folder, "err", 2, O_WRONLY | O_CREAT | O_TRUNC);
	alarm(RUN_TIME_LIMIT_S);
	execv(program, argv);
	_exit(99);
}

/* HIDDEN, up to a NULL, may be in nothing that it says. */
static inline void run_program(const char *program, const char *folder, const char *request,
	const char *const *hidden, struct run *run)
{
	struct err e = { "" };
	pid_t pid;

	run_write(folder, "in", request, strlen(request), 0600);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		run_become(program, folder);
	assert_int_equal(waitpid(pid, &run->status, 0), pid);
	run->out = run_read(folder, "out");
	run->err = run_read(folder, "err");
	run->answer = NULL;
	if (run->status || json_parse(run->out, strlen(run->out), &run->answer, &e))
		fail_msg("%s says '%s', '%s', status %d (build it first)", program, run->out,
			run->err, run->status);
	for (; *hidden; hidden++) {
		assert_null(strstr(run->out, *hidden));
		assert_null(strstr(run->err, *hidden));
	}
	assert_int_equal(value_get_int(run->answer, "v", 0), 1);
}

static inline void run_finish(struct run *run)
{
	free(run->out);
	free(run->err);
	value_free(run->answer);
}

#endif
