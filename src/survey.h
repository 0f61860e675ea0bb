/* SPDX-License-Identifier: MIT */
#ifndef SURVEY_H
#define SURVEY_H

#include "config.h"
#include "metrics.h"
#include "store.h"

/*
 * Gathers from the store what a monitor is told. TALLY keeps the calls that were
 * counted already, so that a daemon reads each of them once; a zeroed one counts all.
 */
struct survey_tally {
	int64_t last; /* the highest id that is in COUNTS */
	struct value *counts; /* {result: count} */
};
void survey_tally_finish(struct survey_tally *t);

/*
 * 0 with *RET the caller's to metrics_finish(), up, event_ms and next_call_ms being
 * left for the caller; or a negative errno of the store's.
 */
int survey_take(struct store *s, const struct config *c, const struct instant *now,
	struct survey_tally *tally, struct metrics *ret) MUST_CHECK;

#endif
