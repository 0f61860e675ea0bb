/* SPDX-License-Identifier: MIT */
#ifndef LIMITER_H
#define LIMITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How a server may count calls. Which way the real one counts is not known, so
 * a client has to live with all of them. Pure: the time is handed in.
 */
enum limiter_kind {
	LIMITER_SLIDING, /* at most N in any window that ends now; an exact log */
	LIMITER_FIXED,   /* at most N in each window of the clock (10:00 to 11:00) */
	LIMITER_BUCKET,  /* N tokens, refilled evenly, one each window / N */
	LIMITER_LEAKY,   /* one call each window / N, no burst at all */
};

struct limiter {
	enum limiter_kind kind;
	int calls;         /* N, at least 1 */
	int64_t window_ms; /* at least 1 */
	int64_t *times;    /* sliding: a ring of the last N that were let through */
	size_t first, count;
	int64_t number;    /* fixed: which window; LAST_MS of the others */
	int64_t credit;    /* bucket, leaky: ms * calls; a call costs window_ms */
	int used;
};

/* Starts full of rest: no call was made before. */
void limiter_init(struct limiter *l, enum limiter_kind kind, int calls, int64_t window_ms);
void limiter_finish(struct limiter *l);

/* Counts a call at NOW_MS (never goes back) and says if it is within the limit. */
bool limiter_take(struct limiter *l, int64_t now_ms);

/* "sliding" and so on; -EINVAL if there is no such word. */
int limiter_parse(const char *word, enum limiter_kind *ret);

/*
 * What was received, whatever was said to it: how much lies in the window that
 * ends now, and the most that ever lay in one.
 */
struct meter {
	int64_t window_ms;
	int64_t *times;
	size_t first, count, size;
	size_t most;
};

void meter_init(struct meter *m, int64_t window_ms);
void meter_finish(struct meter *m);
void meter_add(struct meter *m, int64_t now_ms);
size_t meter_count(struct meter *m, int64_t now_ms);

#endif
