/* SPDX-License-Identifier: MIT */
#ifndef TRACER_H
#define TRACER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Runs a program under ptrace(2), tells of each system call before it is made,
 * and can send SIGKILL right then, so that the call is not made any more.
 *
 * A process has a name that is the same in every run: "0" is the program, "0.3"
 * the third process that it forked, "0.3.1" the first of that one. A call is
 * named by process, number and how many of that number the process made:
 * counting over all numbers together would not be the same in every run.
 */
#define TRACER_NAME_MAX 32

struct tracer_call {
	const char *process;
	pid_t pid;
	long nr;
	unsigned count; /* from 1 */
	uint64_t args[6];
};

enum victim {
	VICTIM_DAEMON, /* the program itself */
	VICTIM_ALL,    /* it and all that it started */
	VICTIM_SELF,   /* the process whose call it is */
};

struct tracer_point {
	char process[TRACER_NAME_MAX];
	long nr;
	unsigned count;
	enum victim victim;
};

struct tracer_job {
	char *const *argv, *const *envp;
	int in, out; /* become 0, and 1 and 2 */
	bool family; /* follow what it starts; else it runs untraced, at full speed */
	const struct tracer_point *kill; /* NULL: nobody is killed */
	/* Before each call; NULL: nobody wants to know. */
	void (*on_call)(void *ctx, const struct tracer_call *call);
	void *ctx;
};

struct tracer_end {
	bool killed;    /* the point was reached */
	bool timed_out; /* the program was still there after TRACER_SECONDS, and was killed */
	int status;     /* of the program, as wait(2) has it */
};
#define TRACER_SECONDS 60

/* The caller is the subreaper of what is left behind. */
void tracer_run(const struct tracer_job *job, struct tracer_end *ret);

/*
 * Waits until every child of ours is gone, at most SECONDS. False: something
 * was left; it was then killed.
 */
bool tracer_reap(unsigned seconds);

/* "fdatasync", or "call 123". */
const char *tracer_call_name(long nr);
/* -1 if there is no such name. */
long tracer_call_number(const char *name);
/* Does anything of what this call does outlive the process? */
bool tracer_call_shows(const struct tracer_call *call);

#endif
