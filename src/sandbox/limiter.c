/* SPDX-License-Identifier: MIT */
#include "limiter.h"

#include <errno.h>

#include "util.h"

static const char *const words[] = {
	[LIMITER_SLIDING] = "sliding",
	[LIMITER_FIXED] = "fixed",
	[LIMITER_BUCKET] = "bucket",
	[LIMITER_LEAKY] = "leaky",
};

int limiter_parse(const char *word, enum limiter_kind *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_eq(word, words[i])) {
			*ret = (enum limiter_kind)i;
			return 0;
		}
	}
	return -EINVAL;
}

void limiter_init(struct limiter *l, enum limiter_kind kind, int calls, int64_t window_ms)
{
	*l = (struct limiter){ .kind = kind, .calls = calls, .window_ms = window_ms,
		.number = INT64_MIN };
	if (kind == LIMITER_SLIDING)
		l->times = xcalloc((size_t)calls, sizeof(*l->times));
}

void limiter_finish(struct limiter *l)
{
	if (l)
		free(l->times);
}

static bool take_sliding(struct limiter *l, int64_t now_ms)
{
	size_t size = (size_t)l->calls;

	while (l->count && now_ms - l->times[l->first] >= l->window_ms) {
		l->first = (l->first + 1) % size;
		l->count--;
	}
	if (l->count == size)
		return false;
	l->times[(l->first + l->count++) % size] = now_ms;
	return true;
}

static bool take_fixed(struct limiter *l, int64_t now_ms)
{
	if (now_ms / l->window_ms != l->number) {
		l->number = now_ms / l->window_ms;
		l->used = 0;
	}
	if (l->used == l->calls)
		return false;
	l->used++;
	return true;
}

/* Whole numbers: a millisecond is worth `calls`, a call costs `window_ms`. */
static bool take_credit(struct limiter *l, int64_t now_ms, int burst)
{
	int64_t full = l->window_ms * burst;
	int64_t passed = l->number == INT64_MIN ? full : now_ms - l->number;

	/* Looked at first, so that a long rest does not overflow. */
	if (passed > full / l->calls || l->credit + passed * l->calls > full)
		l->credit = full;
	else
		l->credit += passed * l->calls;
	l->number = now_ms;
	if (l->credit < l->window_ms)
		return false;
	l->credit -= l->window_ms;
	return true;
}

bool limiter_take(struct limiter *l, int64_t now_ms)
{
	switch (l->kind) {
	case LIMITER_SLIDING:
		return take_sliding(l, now_ms);
	case LIMITER_FIXED:
		return take_fixed(l, now_ms);
	case LIMITER_BUCKET:
		return take_credit(l, now_ms, l->calls);
	case LIMITER_LEAKY:
		return take_credit(l, now_ms, 1);
	}
	return false;
}

void meter_init(struct meter *m, int64_t window_ms)
{
	*m = (struct meter){ .window_ms = window_ms };
}

void meter_finish(struct meter *m)
{
	if (m)
		free(m->times);
}

size_t meter_count(struct meter *m, int64_t now_ms)
{
	while (m->count && now_ms - m->times[m->first] >= m->window_ms) {
		m->first++;
		m->count--;
	}
	if (!m->count)
		m->first = 0;
	return m->count;
}

void meter_add(struct meter *m, int64_t now_ms)
{
	meter_count(m, now_ms);
	if (m->first + m->count == m->size && m->first > m->size / 2) {
		memmove(m->times, m->times + m->first, m->count * sizeof(*m->times));
		m->first = 0;
	}
	if (m->first + m->count == m->size) {
		m->size = m->size ? 2 * m->size : 64;
		m->times = xreallocarray(m->times, m->size, sizeof(*m->times));
	}
	m->times[m->first + m->count++] = now_ms;
	if (m->count > m->most)
		m->most = m->count;
}
