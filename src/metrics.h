/* SPDX-License-Identifier: MIT */
#ifndef METRICS_H
#define METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "value.h"

/*
 * What a monitor sees, as the text format of Prometheus (version 0.0.4). Pure: a
 * snapshot in, text out; the daemon's file and cpauto status --prometheus both come
 * from here. Ages are given as the time since which, so that they grow by themselves.
 */
struct metrics {
	const char *version;
	bool up;          /* a daemon holds the state */
	int64_t event_ms; /* when something changed last; 0 leaves it out */

	int calls_limit, calls_left;
	int64_t window_ms;
	struct value *calls; /* {result: count} of all that ended */
	int64_t next_call_ms; /* 0: none in sight */

	bool blocked, stopped; /* by the server until a time, or until cpauto unblock */
	int64_t blocked_until_ms;
	int strikes;
	int source_failures;
	bool keys_missing;
	int64_t skew_ms;
	bool synced;

	struct value *keywords; /* rows of store_keyword_states() */
	struct value *posts;    /* {state: count} */
	struct value *oldest;   /* {state: ms}, of those not out */
	/* {name, broken, failures, until_ms, last_ms, undelivered, oldest_ms} */
	struct value *publishers;
};

/* Frees the values. */
void metrics_finish(struct metrics *m);

void metrics_write(const struct metrics *m, struct buf *out);

/* Every name that can stand in the text, in its order; NULL behind the last. */
const char *metrics_name(size_t i);

#endif
