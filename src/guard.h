/* SPDX-License-Identifier: MIT */
#ifndef GUARD_H
#define GUARD_H

#include <sys/types.h>

#include "util.h"

/*
 * A program that leaves nothing behind. Between us and it stands a small
 * process of ours, the guard, which holds one end of a pipe, the lifeline:
 *
 *     we ---lifeline---> guard ---> program ---> whatever it starts
 *
 * When the program ends, or the lifeline does (we close it, or we die, be it
 * by kill -9), the guard kills the program's group and then every process that
 * descends from it, also one that made a session of its own and forked twice:
 * the guard is their subreaper, so they all end up as its children.
 */
struct guard_job {
	const char *path;  /* absolute */
	char *const *argv;
	char *const *envp;
	int in, out, err;  /* become 0, 1 and 2; they stay the caller's to close */
};

struct guard {
	pid_t pid;
	int lifeline; /* guard_cut() closes it */
	int notes;    /* never blocks; readable when guard_over() has something to do */
	int outcome;  /* what the notes said so far */
	int code;
};

enum guard_outcome {
	GUARD_ENDED,       /* CODE is the status as wait(2) has it */
	GUARD_NOT_STARTED, /* CODE is the errno of why exec or fork failed */
	GUARD_LOST,        /* the guard itself was killed; nobody knows */
};
struct guard_end {
	enum guard_outcome outcome;
	int code;
};

/* What guard_finish() leaves alone. */
void guard_init(struct guard *g);

/*
 * Starts the program: in a process group of its own, in folder /, umask 077,
 * every signal as at boot and none blocked, no other file open. 0 or negative
 * errno; that the program cannot be executed shows at its end only.
 */
int guard_start(const struct guard_job *job, struct guard *ret) MUST_CHECK;

/* Has everything killed; guard_over() tells when that is done. */
void guard_cut(struct guard *g);

/* True once the guard, and with it all that it watched over, is gone. */
bool guard_over(struct guard *g);

/* After that: how it ended. */
struct guard_end guard_take(const struct guard *g);

/*
 * Ends it if it still runs, waits for that (at most 2 s, then the guard is
 * killed itself) and closes everything.
 */
void guard_finish(struct guard *g);

#endif
