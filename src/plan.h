/* SPDX-License-Identifier: MIT */
#ifndef PLAN_H
#define PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What comes next, and if nothing does, how long until something may. Pure:
 * the head of each list and the time in, one choice out; it performs nothing.
 */

/* The keyword of a list that has waited longest past its due time. */
struct plan_head {
	int64_t keyword_id; /* 0 = the list has none to look at, ever */
	int64_t due_ms;     /* wall clock; when it may be looked at */
	bool asked;         /* somebody asked for it by hand: goes first */
};

struct plan_list {
	int weight;   /* 1 to 1000 */
	bool paused;
	/*
	 * The farthest ahead that a due time can rightly lie: one further off
	 * was written by a clock that ran ahead, and counts as due.
	 */
	int64_t horizon_ms;
	/*
	 * Virtual time served: grows by PLAN_STRIDE / weight with each call, so
	 * the list with the least of it has had the least for its weight.
	 */
	int64_t served;
	struct plan_head head;
};

#define PLAN_STRIDE 1000000

struct plan_choice {
	int list;        /* index, or -1: nothing is due */
	int64_t wait_ms; /* if nothing: until the next is due; INT64_MAX = never */
};

/*
 * Of the lists with a head that is due at NOW (wall clock): one asked for by
 * hand first; then the one with the least served; among equals the one whose
 * head is most overdue; then the first.
 */
struct plan_choice plan_choose(const struct plan_list *lists, size_t count, int64_t now_ms);

/*
 * Books one call on LIST. Lists that had nothing to do meanwhile are lifted to
 * the least of the busy ones first, so that idling saves up no claim.
 */
void plan_book(struct plan_list *lists, size_t count, int list, int64_t now_ms);

/*
 * Minutes-of-day window, from > to goes over midnight; always if from == to.
 * At minute-of-day M and second S: 0 inside, else milliseconds until it opens.
 */
int64_t plan_hours_wait(int from_min, int to_min, int hour, int minute, int second);

#endif
