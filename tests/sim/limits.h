/* SPDX-License-Identifier: MIT */
#ifndef LIMITS_H
#define LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define YEAR (8766 * HOUR)

/* How a server may count: which way the real one does is not known. */
enum rule_kind {
	RULE_FIXED,   /* N in each hour of the clock */
	RULE_LOG,     /* N in any hour, to the millisecond */
	RULE_BUCKET,  /* N tokens, refilled evenly */
	RULE_COUNTER, /* this hour's count and the last one's in proportion */
	RULE_LEAKY_1, /* one call each hour / N, no burst at all */
	RULE_LEAKY_2, /* the same with a burst of two */
	RULE_END,
};

#define RULE_CALLS_MAX 64
struct rule {
	enum rule_kind kind;
	int calls;
	int64_t window_ms;
	int64_t times[RULE_CALLS_MAX]; /* log: the last that were let through, newest last */
	int count;
	int64_t hour;   /* fixed, counter: which one COUNT is of */
	int before;     /* counter: the count of the hour before */
	int64_t credit; /* bucket, leaky: milliseconds times calls; a call costs window_ms */
	int64_t at;
	bool begun;
};

void rule_init(struct rule *r, enum rule_kind kind, int calls, int64_t window_ms);
/* Counts a call at NOW_MS, which never goes back; false: over the limit, not counted. */
bool rule_take(struct rule *r, int64_t now_ms);
const char *rule_name(enum rule_kind kind);

/* The latest calls in the order of their times, whatever was said to them. */
#define METER_MAX 256
struct meter_log {
	int64_t times[METER_MAX];
	int count, total;
};

/* Adds one, which may be older than the last few. */
void meter_log_add(struct meter_log *m, int64_t at_ms);
/* The most that lie in any window [t, t + WINDOW_MS) that holds AT_MS. */
int meter_log_most(const struct meter_log *m, int64_t at_ms, int64_t window_ms);

#endif
