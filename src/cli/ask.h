/* SPDX-License-Identifier: MIT */
#ifndef ASK_H
#define ASK_H

#include "cli.h"

/*
 * A wish to the daemon (desk.h has the kinds): written into state.db, the bell
 * rung, the answer awaited for up to 3 s. ARGS is freed.
 */
struct ask_answer {
	bool done; /* false: noted, it takes effect later */
	int exit_code;
	char text[ERR_MAX];
};

/* EX_OK with *RET filled in, or another exit code after saying why. */
int ask(struct cli *c, const char *kind, struct value *args, struct ask_answer *ret) MUST_CHECK;

/* The same, and prints the answer; the exit code is the answer's. */
int ask_and_say(struct cli *c, const char *kind, struct value *args);

/* A progress note on standard error, on a terminal only; "" takes it away. */
void ask_progress(const char *text);

/* Sleeps a little. */
void ask_pause(int ms);

#endif
