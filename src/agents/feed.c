/* SPDX-License-Identifier: MIT */
#include "feed.h"

#include "buf.h"
#include "html.h"
#include "http.h"
#include "text.h"

#define FIELD_MAX (64u << 10)
#define CDATA "<![CDATA["

/* The first WHAT that lies between FROM and END; NULL if none, or FROM is NULL. */
static const char *find(const char *from, const char *end, const char *what)
{
	return from && from < end ? memmem(from, (size_t)(end - from), what, strlen(what)) : NULL;
}

/* Behind the tag that opens NAME ("<title>", "<title type=…>"), or NULL. */
static const char *inside(const char *from, const char *end, const char *name)
{
	size_t len = strlen(name);

	for (; (from = find(from, end, "<")); from++) {
		if ((size_t)(end - from) < len + 2 || memcmp(from + 1, name, len) != 0 ||
				!strchr(" \t\r\n>", from[len + 1]))
			continue;
		from = find(from, end, ">");
		return from ? from + 1 : NULL;
	}
	return NULL;
}

/* What an element holds, as text; NULL if it is not there or too long. The caller's. */
static char *field(const char *from, const char *end, const char *name)
{
	CLEANUP_FREE char *close = xasprintf("</%s>", name);
	const char *at = inside(from, end, name), *stop = find(at, end, close), *raw;
	struct buf out;
	char *text;

	if (!stop)
		return NULL;
	buf_init(&out, FIELD_MAX);
	raw = find(at, stop, CDATA);
	if (raw) {
		const char *over = find(raw, stop, "]]>");

		raw += strlen(CDATA);
		buf_add(&out, raw, (size_t)((over ? over : stop) - raw));
	} else {
		html_decode(&out, at, (size_t)(stop - at));
	}
	text = buf_failed(&out) ? NULL : xstrdup(buf_cstr(&out));
	buf_finish(&out);
	return text;
}

/* One spelling for both: blogs change spaces, and some escape a title twice. */
static bool same_title(const char *shown, const char *title)
{
	CLEANUP_FREE char *one = NULL;
	CLEANUP_FREE char *two = NULL;
	CLEANUP_FREE char *again = NULL;
	struct buf decoded;

	if (!shown || text_clean(shown, &one) || text_clean(title, &two))
		return false;
	if (str_eq(one, two))
		return true;
	buf_init(&decoded, FIELD_MAX);
	html_decode(&decoded, one, strlen(one));
	if (text_clean(buf_cstr(&decoded), &again))
		again = NULL;
	buf_finish(&decoded);
	return again && str_eq(again, two);
}

struct wanted {
	const char *title, *marker;
	int64_t since_ms;
};

static enum feed_found look_at(const char *from, const char *end, const struct wanted *w)
{
	CLEANUP_FREE char *title = field(from, end, "title");
	CLEANUP_FREE char *date = field(from, end, "pubDate");
	int64_t at = http_date_ms(date);

	if (!str_empty(w->marker) && find(from, end, w->marker))
		return FEED_YES;
	if (!same_title(title, w->title))
		return FEED_NO;
	if (!at)
		return FEED_UNCLEAR;
	return at >= w->since_ms ? FEED_YES : FEED_NO;
}

enum feed_found feed_find(const char *feed, size_t len, const char *title, const char *marker,
	int64_t since_ms, char **link)
{
	const struct wanted w = { title, marker, since_ms };
	const char *end = feed + len, *at = feed;
	enum feed_found found = FEED_NO;

	*link = NULL;
	if (!inside(feed, end, "rss") || !find(feed, end, "</rss>"))
		return FEED_UNCLEAR;
	while (found != FEED_YES && (at = inside(at, end, "item"))) {
		const char *stop = find(at, end, "</item>");
		enum feed_found here = stop ? look_at(at, stop, &w) : FEED_UNCLEAR;

		if (here != FEED_NO)
			found = here;
		if (here == FEED_YES)
			*link = field(at, stop, "link");
		at = stop;
	}
	return found;
}
