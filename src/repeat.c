/* SPDX-License-Identifier: MIT */
#include "repeat.h"

#include "util.h"

#define FIRST_MS INT64_C(600000)
#define LONGEST_MS (6 * FIRST_MS)
#define TEXT_MAX 400

static struct slot {
	uint64_t key; /* 0: free */
	int64_t since_ms, latest_ms, window_ms;
	int count, level;
	char *text; /* while something is counted */
} slots[16];

/*
 * The key's, or else the free one or the one that was written to longest ago;
 * NULL where all of them count something, which is not to be lost.
 */
static struct slot *find(uint64_t key)
{
	struct slot *best = NULL;

	for (size_t i = 0; i < ARRAY_LEN(slots); i++) {
		struct slot *s = &slots[i];

		if (s->key == key)
			return s;
		if (s->count == 0 && (!best || s->since_ms < best->since_ms))
			best = s;
	}
	return best;
}

static void count(struct slot *s, int level, const char *text, int64_t now_ms)
{
	char latest[TEXT_MAX];

	str_format_cut(latest, sizeof(latest), "%s", text);
	free(s->text);
	s->text = xstrdup(latest);
	s->level = s->count == 0 || level < s->level ? level : s->level;
	s->latest_ms = now_ms;
	s->count++;
}

bool repeat_pass(uint64_t key, int level, const char *text, int64_t now_ms)
{
	struct slot *s = find(key);

	if (!s)
		return true;
	bool known = s->key == key;

	if (known && now_ms - s->since_ms < s->window_ms) {
		count(s, level, text, now_ms);
		return false;
	}
	/* It goes on if it came within the time that is over, or comes right after it. */
	bool goes_on = known && now_ms - s->latest_ms < s->window_ms;
	int64_t twice = 2 * s->window_ms;

	s->key = key;
	s->window_ms = !goes_on ? FIRST_MS : twice < LONGEST_MS ? twice : LONGEST_MS;
	s->since_ms = s->latest_ms = now_ms;
	return true;
}

bool repeat_take(int64_t now_ms, bool all, struct repeat_told *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(slots); i++) {
		struct slot *s = &slots[i];

		if (s->count == 0 || (!all && now_ms - s->since_ms < s->window_ms))
			continue;
		*ret = (struct repeat_told){ .count = s->count, .level = s->level,
			.span_ms = now_ms - s->since_ms, .text = s->text };
		s->count = 0;
		s->text = NULL;
		return true;
	}
	return false;
}

void repeat_clear(void)
{
	for (size_t i = 0; i < ARRAY_LEN(slots); i++)
		free(slots[i].text);
	memset(slots, 0, sizeof(slots));
}
