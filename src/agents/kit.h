/* SPDX-License-Identifier: MIT */
#ifndef KIT_H
#define KIT_H

#include <sys/types.h>

#include "util.h"
#include "value.h"

/*
 * What every agent is made of: one request object on standard input, one
 * operation from a table, one answer object on standard output, log lines on
 * standard error (cpauto-agent(7)).
 */
#define KIT_REQUEST_MAX (8u << 20)

struct kit_op {
	const char *name;
	/*
	 * Fills in ANSWER (an object with "v" in it). Must end with one of the
	 * kit_* results below.
	 */
	void (*run)(const struct value *request, struct value *answer);
};

/*
 * main() of an agent: reads, finds the op, runs it, prints. The exit status, 0
 * whenever an answer was printed.
 */
int kit_main(int argc, char **argv, const char *name, const struct kit_op *ops, size_t op_count);

/* The results of the contract; every one but ok has a reason, in a user's words. */
void kit_ok(struct value *answer);
void kit_later(struct value *answer, int retry_after_s, const char *reason, ...) PRINTF(3, 4);
void kit_unknown(struct value *answer, const char *reason, ...) PRINTF(2, 3);
void kit_refused(struct value *answer, const char *reason, ...) PRINTF(2, 3);
void kit_broken(struct value *answer, const char *reason, ...) PRINTF(2, 3);
/* until_ms: wall clock, 0 if no time was named; strikes -1 if no count was named. */
void kit_blocked(struct value *answer, int64_t until_ms, int strikes, const char *reason, ...)
	PRINTF(4, 5);

/* A line on standard error: "<6>text" as sd-daemon(3) has it; secrets are hidden in it. */
void kit_log(int level, const char *fmt, ...) PRINTF(2, 3);

/*
 * Starts the program ARGV[0], a path, with IN and OUT as its standard input and
 * output; what of the signals main() has set is undone for it. 0 with *RET, to
 * be waited for; negative errno.
 */
int kit_spawn(char *const argv[], int in, int out, pid_t *ret) MUST_CHECK;

/*
 * The secret NAME ("access-key"): a file named by the environment variable
 * CPAUTO_SECRET_ACCESS_KEY. *RET is the caller's to secret_free(). 0 or
 * negative errno with the remedy in E.
 */
int kit_secret(const char *name, char **ret, struct err *e) MUST_CHECK;
/* Was one given at all? Its file need not be there. */
bool kit_has_secret(const char *name);

/*
 * From here on TEXT is hidden in all that this process says: in log lines,
 * reasons and answers, as it is, percent-encoded, as HTML and without spaces,
 * its first KIT_HIDE_PART bytes too, since what a server echoes may be cut
 * somewhere. kit_secret() has done so with what it read; this is for what is
 * made of a secret, or came as one. A copy is kept, and wiped at the end.
 */
#define KIT_HIDE_PART 8
#define KIT_HIDDEN "(hidden)"
void kit_hide(const char *text);

#endif
