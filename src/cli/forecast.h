/* SPDX-License-Identifier: MIT */
#ifndef FORECAST_H
#define FORECAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "account.h"
#include "config.h"
#include "store.h"

/*
 * What the daemon will do, found out by doing it on a copy under a clock of its
 * own: the same plan and budget, nothing written. Every call is taken to work
 * and to last a second.
 */
struct forecast_keyword {
	int64_t id;
	char *keyword, *folded;
	int64_t due_ms, fresh_ms;
	bool asked, paused;
};

struct forecast_list {
	char *name;
	int weight;
	bool paused;
	int64_t served, every_ms;
	struct forecast_keyword *keywords;
	size_t count;
};

struct forecast {
	struct forecast_list *lists;
	size_t list_count;
	struct budget_rule rule;
	struct budget_call *calls; /* room for rule.calls + 1, newest first */
	size_t call_count;
	struct budget_block block;
	int64_t wait_until; /* boot clock: the source is left alone until then; 0 = not */
	int64_t ttl_ms;
	struct config_hours hours;
	struct instant now;
};

/* Reads from the store what can matter within SPAN_MS. 0 or a negative errno of the store's. */
int forecast_load(struct forecast *f, struct store *s, const struct config *c,
	const struct instant *now, int64_t span_ms) MUST_CHECK;
void forecast_finish(struct forecast *f);

struct forecast_call {
	int64_t at_ms; /* wall clock */
	const struct forecast_list *list;
	const struct forecast_keyword *keyword;
	bool free; /* a look at a fresh answer: no call */
};

/*
 * The next call (or look) before UNTIL_MS by the wall clock, and moves F past
 * it. False if there is none; then *RET_REASON says what holds everything, or
 * BUDGET_FREE if only nothing is due.
 */
bool forecast_next(struct forecast *f, int64_t until_ms, struct forecast_call *ret,
	enum budget_reason *ret_reason);

#endif
