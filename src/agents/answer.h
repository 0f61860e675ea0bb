/* SPDX-License-Identifier: MIT */
#ifndef ANSWER_H
#define ANSWER_H

#include <stdint.h>

#include "http.h"
#include "value.h"

/*
 * What an answer of the Coupang Partners API means, in the words of
 * cpauto-agent(7). Pure: what came over the wire in, an answer object out.
 * The figures and texts are those of the programme's reference and of its
 * users' reports.
 */
struct answer_query {
	const char *keyword;
	int limit;                       /* products kept at most */
	const struct http_url *endpoint; /* for hosts_link_ok() */
	int64_t now_ms;                  /* wall clock, when the answer had ended */
};

/*
 * Fills in ANSWER for a search that ended as H says: result, reason, calls,
 * skew_ms; with ok also fetched_ms, landing_url, message, products, dropped.
 * Never "unknown": a search changes nothing, so what may have left is counted
 * in calls and may be asked again.
 */
void answer_search(const struct http_answer *h, const struct answer_query *q,
	struct value *answer);

/*
 * The time that a refusal names ("2026-08-29T08:00:00.000Z 이후에 …"), wall
 * clock in ms, rounded up: with Z or an offset as it says, without one it is
 * Korean time. 0 if none is named, or it is over or more than a year away.
 */
int64_t answer_strike_time(const char *text, int64_t now_ms);

/* N of "현재 N회 초과", or -1. */
int answer_strike_count(const char *text);

#endif
