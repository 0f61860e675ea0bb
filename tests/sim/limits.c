/* SPDX-License-Identifier: MIT */
#include "limits.h"

#include <string.h>

static const char *const names[RULE_END] = {
	[RULE_FIXED] = "fixed hour",
	[RULE_LOG] = "sliding log",
	[RULE_BUCKET] = "bucket",
	[RULE_COUNTER] = "sliding counter",
	[RULE_LEAKY_1] = "leaky 1",
	[RULE_LEAKY_2] = "leaky 2",
};

const char *rule_name(enum rule_kind kind)
{
	return names[kind];
}

void rule_init(struct rule *r, enum rule_kind kind, int calls, int64_t window_ms)
{
	memset(r, 0, sizeof(*r));
	r->kind = kind;
	r->calls = calls;
	r->window_ms = window_ms;
}

static bool take_fixed(struct rule *r, int64_t now_ms)
{
	int64_t hour = now_ms / r->window_ms;
	if (!r->begun || hour != r->hour)
		r->count = 0;
	r->hour = hour;
	r->begun = true;
	if (r->count >= r->calls)
		return false;
	r->count++;
	return true;
}

static bool take_log(struct rule *r, int64_t now_ms)
{
	int gone = 0;
	while (gone < r->count && now_ms - r->times[gone] >= r->window_ms)
		gone++;
	r->count -= gone;
	memmove(r->times, r->times + gone, (size_t)r->count * sizeof(r->times[0]));
	if (r->count >= r->calls)
		return false;
	r->times[r->count++] = now_ms;
	return true;
}

static bool take_credit(struct rule *r, int64_t now_ms, int burst)
{
	int64_t full = r->window_ms * burst;
	int64_t passed = r->begun ? now_ms - r->at : full;
	/* Looked at first, so that a long rest does not overflow. */
	if (passed > full / r->calls || r->credit + passed * r->calls > full)
		r->credit = full;
	else
		r->credit += passed * r->calls;
	r->at = now_ms;
	r->begun = true;
	if (r->credit < r->window_ms)
		return false;
	r->credit -= r->window_ms;
	return true;
}

static bool take_counter(struct rule *r, int64_t now_ms)
{
	int64_t hour = now_ms / r->window_ms;
	if (!r->begun || hour != r->hour) {
		r->before = r->begun && hour == r->hour + 1 ? r->count : 0;
		r->count = 0;
	}
	r->hour = hour;
	r->begun = true;
	/* before * the part of its hour that the sliding one still covers + count + 1 <= calls */
	int64_t left = r->window_ms - now_ms % r->window_ms;
	if (r->before * left + (r->count + 1) * r->window_ms > r->calls * r->window_ms)
		return false;
	r->count++;
	return true;
}

bool rule_take(struct rule *r, int64_t now_ms)
{
	switch (r->kind) {
	case RULE_FIXED:
		return take_fixed(r, now_ms);
	case RULE_LOG:
		return take_log(r, now_ms);
	case RULE_BUCKET:
		return take_credit(r, now_ms, r->calls);
	case RULE_COUNTER:
		return take_counter(r, now_ms);
	case RULE_LEAKY_1:
		return take_credit(r, now_ms, 1);
	case RULE_LEAKY_2:
		return take_credit(r, now_ms, 2);
	case RULE_END:
		break;
	}
	return false;
}

void meter_log_add(struct meter_log *m, int64_t at_ms)
{
	if (m->count == METER_MAX) {
		m->count = METER_MAX / 2;
		memmove(m->times, m->times + METER_MAX - m->count,
			(size_t)m->count * sizeof(m->times[0]));
	}
	int i = m->count++;
	m->total++;
	for (; i > 0 && m->times[i - 1] > at_ms; i--)
		m->times[i] = m->times[i - 1];
	m->times[i] = at_ms;
}

int meter_log_most(const struct meter_log *m, int64_t at_ms, int64_t window_ms)
{
	int most = 0, first = 0;
	for (int last = 0; last < m->count; last++) {
		if (m->times[last] < at_ms)
			continue;
		while (m->times[last] - m->times[first] >= window_ms)
			first++;
		if (m->times[first] > at_ms)
			break;
		if (last - first + 1 > most)
			most = last - first + 1;
	}
	return most;
}
