/* SPDX-License-Identifier: MIT */
#include "blog.h"

#include <inttypes.h>

/* Written down here once more, on purpose: not the program's own. */
#define SENTENCE "이 포스팅은 쿠팡 파트너스 활동의 일환으로, 이에 따른 일정액의 수수료를 제공받습니다."
#define KST (9 * HOUR)

struct blog *blog_new(void)
{
	return xcalloc(1, sizeof(struct blog));
}

static size_t slot(const char *key)
{
	size_t h = 5381;
	for (; *key; key++)
		h = h * 33 + (unsigned char)*key;
	return h % BLOG_MAX;
}

struct blog_post *blog_find(struct blog *b, const char *key)
{
	for (size_t i = slot(key);; i = (i + 1) % BLOG_MAX) {
		if (!b->posts[i].key[0])
			return NULL;
		if (str_eq(b->posts[i].key, key))
			return &b->posts[i];
	}
}

struct blog_post *blog_get(struct blog *b, const char *key)
{
	struct blog_post *p = blog_find(b, key);
	if (p)
		return p;
	if (++b->count > BLOG_SEEN_MAX)
		abort();
	size_t i = slot(key);
	while (b->posts[i].key[0])
		i = (i + 1) % BLOG_MAX;
	str_format_cut(b->posts[i].key, sizeof(b->posts[i].key), "%s", key);
	return &b->posts[i];
}

void blog_put(struct blog *b, struct blog_post *p, int64_t at_ms, struct totals *sum)
{
	struct blog_post **recent = b->recent[p->publisher];
	p->times_out++;
	sum->posts_out++;
	if (p->times_out > 1)
		broken("once", "post %s comes out %d times", p->key, p->times_out);
	else
		p->out_ms = at_ms;
	memmove(recent + 1, recent, (BLOG_RECENT - 1) * sizeof(struct blog_post *));
	recent[0] = p;
}

bool blog_is_out(const struct blog_post *p, int64_t now_ms)
{
	return p && p->out_ms && p->out_ms <= now_ms;
}

bool blog_will_be_out(const struct blog_post *p)
{
	return p && p->out_ms;
}

static bool before(const char *html, const char *at, const char *what)
{
	const char *found = strstr(html, what);
	return !found || at < found;
}

void blog_judge_disclosure(const struct value *post)
{
	const char *html = value_get_string(post, "html", "");
	const char *text = value_get_string(post, "text", "");
	const char *at = strstr(html, SENTENCE), *plain = strstr(text, SENTENCE);
	const char *key = value_get_string(post, "key", "");
	if (strstr(value_get_string(post, "title", ""), SENTENCE))
		return;
	if (!at || !before(html, at, "<a ") || !before(html, at, "<img") ||
		!before(html, at, "<table") || !before(html, at, "display:none"))
		broken("disclosure", "the HTML of post %s does not begin with the sentence", key);
	else if (!plain || !before(text, plain, "http"))
		broken("disclosure", "the text of post %s does not begin with the sentence", key);
}

static int64_t day_of(int64_t wall_ms)
{
	return (wall_ms + KST) / DAY;
}

static bool within(const int hours[2], int64_t wall_ms)
{
	int minute = (int)((wall_ms + KST) % DAY / MINUTE);
	if (hours[0] == hours[1])
		return true;
	return hours[0] < hours[1] ? minute >= hours[0] && minute < hours[1]
				   : minute >= hours[0] || minute < hours[1];
}

void blog_judge_pace(const struct blog *b, const struct blog_post *p, const struct blog_pace *pace,
	const struct world *w)
{
	int64_t wall = world_wall(w), last = 0;
	int today = 0;
	if (!within(pace->active, wall) || !within(pace->hours, wall))
		broken("once", "post %s is published outside the hours", p->key);
	if (!world_true_since(w, w->now_ms - 2 * DAY))
		return; /* a calendar that was torn has no days to count */
	for (int i = 0; i < BLOG_RECENT; i++) {
		const struct blog_post *o = b->recent[p->publisher][i];
		if (!o || o == p)
			continue;
		if (o->sent_ms > last)
			last = o->sent_ms;
		today += day_of(o->sent_wall_ms) == day_of(wall);
	}
	/* Two stamps of a clock that is right to seconds. */
	if (last && pace->gap_ms > 10 * SECOND && w->now_ms - last < pace->gap_ms - 10 * SECOND)
		broken("once", "post %s comes %" PRId64 " s after the last one, %" PRId64
			       " s are asked for",
			p->key, (w->now_ms - last) / SECOND, pace->gap_ms / SECOND);
	if (pace->per_day && today >= pace->per_day)
		broken("once", "post %s is number %d of its day, %d are allowed", p->key,
			today + 1, pace->per_day);
}
