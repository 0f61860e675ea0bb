/* SPDX-License-Identifier: MIT */
#include "lookup.h"

#include <errno.h>

#include "blocks.h"
#include "draft.h"
#include "feed.h"
#include "http.h"

#define FEED "https://rss.blog.naver.com"
#define PAGE_MAX (4u << 20)
#define HREFS_MAX 200

static bool has_string(const struct value *list, const char *s)
{
	for (size_t i = 0; i < value_len(list); i++)
		if (str_eq(value_string(value_at(list, i), NULL), s))
			return true;
	return false;
}

struct value *lookup_hrefs(const struct value *blocks)
{
	struct value *all = value_new_list();

	for (size_t i = 0; i < value_len(blocks); i++) {
		struct value *links = blocks_links(value_at(blocks, i));

		for (size_t j = 0; j < value_len(links) && value_len(all) < HREFS_MAX; j++) {
			const char *href = value_get_string(value_at(links, j), "href", "");

			if (!has_string(all, href))
				value_append(all, value_new_string(href));
		}
		value_free(links);
	}
	return all;
}

/* 0 with the body in A, which is the caller's to finish. */
static int fetch(const struct setup *s, const char *url, struct http_answer *a)
{
	struct http_request q = { .url = url, .timeout_ms = s->step_ms, .body_max = PAGE_MAX };
	int r = http_get(&q, a);

	return r ? r : a->status == 200 ? 0 : -EIO;
}

static bool page_has(const char *page, const char *href)
{
	struct buf escaped;
	bool there = strstr(page, href) != NULL;

	buf_init(&escaped, 65536);
	buf_html(&escaped, href, strlen(href));
	if (!there)
		there = strstr(page, buf_cstr(&escaped)) != NULL;
	buf_finish(&escaped);
	return there;
}

/* A notice, a page cut short or an empty one may come in place of a post: it shows no title. */
static bool is_post_page(const char *page, const char *title)
{
	return page_has(page, title) && strstr(page, "</html>");
}

/*
 * Are half of the post's links on its page? An owner may have cut some. NO only
 * of a whole page with that title and none of them: who is told so posts again.
 */
static enum seen is_ours(const struct setup *s, const struct lookup *w, const char *no)
{
	CLEANUP_FREE char *url = xasprintf("%s/PostView.naver?blogId=%s&logNo=%s", s->endpoint,
		s->blog_id, no);
	struct http_answer a;
	enum seen seen = SEEN_UNKNOWN;
	size_t there = 0, all = value_len(w->hrefs);

	http_answer_init(&a);
	if (!fetch(s, url, &a)) {
		for (size_t i = 0; i < all; i++)
			there += page_has(
				buf_cstr(&a.body), value_string(value_at(w->hrefs, i), ""));
		seen = there * 2 >= all && (all || *w->title) ? SEEN_YES :
			there || !is_post_page(buf_cstr(&a.body), w->title) ? SEEN_UNKNOWN :
			SEEN_NO;
	}
	http_answer_finish(&a);
	return seen;
}

/* The number at the end of a post's address, or "". */
static void number_of(const struct setup *s, const char *link, char out[32])
{
	CLEANUP_FREE char *path = xasprintf("/%s/", s->blog_id);
	const char *at = strstr(link, "logNo=");
	size_t n;

	out[0] = '\0';
	if (at)
		at += strlen("logNo=");
	else if ((at = strstr(link, path)))
		at += strlen(path);
	n = at ? strspn(at, "0123456789") : 0;
	if (n && n < 32)
		str_format_cut(out, 32, "%.*s", (int)n, at);
}

static enum seen look_item(const struct setup *s, const struct lookup *w,
	const struct feed_item *item, struct value *answer)
{
	CLEANUP_FREE char *title = feed_field(item, "title");
	CLEANUP_FREE char *link = feed_field(item, "link");
	enum seen seen;
	char no[32];

	if (!title || !blocks_same(title, w->title))
		return SEEN_NO;
	number_of(s, link ? link : "", no);
	seen = *no ? is_ours(s, w, no) : SEEN_UNKNOWN;
	if (seen == SEEN_YES) {
		CLEANUP_FREE char *url = xasprintf("%s/%s/%s", s->endpoint, s->blog_id, no);

		value_set_string(answer, "id", no);
		value_set_string(answer, "url", url);
	}
	return seen;
}

static enum seen look_items(const struct setup *s, const struct lookup *w,
	const struct buf *text, struct value *answer)
{
	enum seen seen = SEEN_NO, one;
	struct feed_item item;
	struct feed f;

	feed_open(&f, buf_cstr(text), text->len);
	while (feed_next(&f, &item)) {
		one = look_item(s, w, &item, answer);
		if (one == SEEN_YES)
			return one;
		if (one == SEEN_UNKNOWN)
			seen = one;
	}
	return f.cut ? SEEN_UNKNOWN : seen;
}

enum seen lookup_feed(const struct setup *s, const struct lookup *w, struct value *answer)
{
	CLEANUP_FREE char *url = s->url.loopback ?
		xasprintf("%s/rss/%s.xml", s->endpoint, s->blog_id) :
		xasprintf(FEED "/%s.xml", s->blog_id);
	struct http_answer a;
	enum seen seen = SEEN_UNKNOWN;

	http_answer_init(&a);
	if (!fetch(s, url, &a))
		seen = look_items(s, w, &a.body, answer);
	http_answer_finish(&a);
	return seen;
}

enum seen lookup_drafts(struct editor *e, const char *title)
{
	bool whole;
	struct value *drafts = draft_titles(e, &whole);
	enum seen seen = !drafts ? SEEN_UNKNOWN : whole ? SEEN_NO : SEEN_DOUBTFUL;
	struct buf wanted;

	buf_init(&wanted, 4096);
	blocks_squeeze(title, &wanted);
	for (size_t i = 0; i < value_len(drafts) && seen != SEEN_YES; i++) {
		struct buf one;

		buf_init(&one, 65536);
		blocks_squeeze(value_string(value_at(drafts, i), ""), &one);
		if (strstr(buf_cstr(&one), buf_cstr(&wanted)))
			seen = SEEN_YES;
		buf_finish(&one);
	}
	buf_finish(&wanted);
	value_free(drafts);
	return seen;
}
