/* SPDX-License-Identifier: MIT */
#ifndef RESULT_H
#define RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util.h"
#include "value.h"

/* How an agent's operation ended, and what its answer says (cpauto-agent(7)). Pure. */

/* What to do now, not what went wrong. */
enum agent_verdict {
	AGENT_OK,
	AGENT_LATER,   /* nothing happened; again after retry_after_ms */
	AGENT_UNKNOWN, /* it may have happened */
	AGENT_REFUSED, /* this one, never */
	AGENT_BROKEN,  /* nothing happened; a person is needed */
	AGENT_BLOCKED, /* the account is, until until_ms */
};

struct agent_result {
	enum agent_verdict verdict;
	/*
	 * The whole answer, if a valid one came. Also set with AGENT_UNKNOWN
	 * when the agent answered but then ended badly.
	 */
	struct value *answer;
	char *reason;           /* for people; NULL only with AGENT_OK */
	int64_t retry_after_ms; /* -1: not said */
	int64_t until_ms;       /* wall clock; 0: not said */
	int strikes;            /* -1: not said */
	int calls;              /* requests that left the machine; -1: not said */
	/*
	 * With AGENT_UNKNOWN: until a person has cleared something, nothing else
	 * may be sent either, as after AGENT_BROKEN.
	 */
	bool person;
	bool timed_out;
};

void agent_result_init(struct agent_result *r);
void agent_result_finish(struct agent_result *r);

/* "ok", "later", …: the contract's word. */
const char *agent_verdict_word(enum agent_verdict verdict);

/* The verdict, with "the agent 'NAME' …" as the reason, cut to one for people. */
void agent_result_say(struct agent_result *r, const char *name, enum agent_verdict verdict,
	const char *fmt, va_list ap) PRINTF(4, 0);

/*
 * Fills in R, which was init'ed, from the text that agent NAME printed. False if
 * that is no answer: then AGENT_UNKNOWN with the reason, and no answer in R.
 */
bool agent_result_read(struct agent_result *r, const char *name, const char *text, size_t len);

#endif
