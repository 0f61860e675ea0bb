/* SPDX-License-Identifier: MIT */
#ifndef BUDGET_H
#define BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clock.h"

/*
 * How many calls may leave, and when the next one may. Pure: rows and the time
 * in, a wait out.
 *
 *        taken          ended                                    back
 *   ------|==============|----------------------------------------|----->
 *         '-- the call --'-------- window + margin ---------------'
 *
 * There are N tokens. A token is gone from the moment before a request leaves
 * until one window plus margin after that request ENDED: the server counted it
 * at some moment in between, so whichever moment that was, the token is not
 * spent twice in any window the server can draw. Tokens return one by one; a
 * bucket that refills at a rate lets nearly 2 N through in one window.
 */
struct budget_rule {
	int calls;         /* N: 10 an hour is what the programme grants */
	int64_t window_ms;
	int64_t margin_ms; /* for clocks that differ and requests that linger */
	int64_t gap_ms; /* from the end of a call to the next; -1 = even: (window + margin) / N */
	int reserve;       /* tokens kept for calls asked for by hand */
};

/* One call as it was recorded. */
struct budget_call {
	struct instant taken;
	struct instant ended;
	bool has_ended;
};

/* What the account says, apart from tokens. */
struct budget_block {
	bool hard;        /* until the owner unblocks */
	int64_t boot_ms;  /* blocked until then on this boot's clock; 0 = not */
};

enum budget_reason {
	BUDGET_FREE,    /* a call may leave now */
	BUDGET_GAP,     /* the pace keeps calls apart */
	BUDGET_TOKENS,  /* all tokens are out */
	BUDGET_RESERVE, /* what is left is kept for calls by hand */
	BUDGET_OPEN,    /* a call has not ended */
	BUDGET_BLOCKED, /* the server refuses until a time */
	BUDGET_HARD,    /* the owner must unblock */
};

struct budget_answer {
	enum budget_reason reason;
	int64_t wait_ms; /* 0 = now; INT64_MAX = no time can be told */
	int left;        /* tokens in the bucket */
};

/*
 * The moment of S on this boot's clock, never later than NOW. Within one boot
 * CLOCK_BOOTTIME decides. Over a boot, the wall clock counts only if it was
 * synchronised both times and says more than this boot's age; otherwise S
 * counts as this boot's first moment. Nothing is ever credited for a stamp
 * that lies ahead: it counts as now.
 */
int64_t budget_moment(const struct instant *s, const struct instant *now);

/*
 * CALLS are all that may still matter, in any order. BY_HAND calls may use the
 * reserve; tokens and pace bind them like all others.
 */
struct budget_answer budget_ask(const struct budget_rule *rule, const struct budget_call *calls,
	size_t count, const struct budget_block *block, const struct instant *now, bool by_hand);

/* The gap in force: the rule's own, or the even one. */
int64_t budget_gap(const struct budget_rule *rule);

/* A word for people: "the pace keeps calls apart". */
const char *budget_reason_text(enum budget_reason reason);

#endif
