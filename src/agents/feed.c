/* SPDX-License-Identifier: MIT */
#include "feed.h"

#include "buf.h"
#include "html.h"
#include "http.h"
#include "text.h"

#define FIELD_MAX (64u << 10)
#define CDATA "<![CDATA["
#define CDATA_END "]]>"

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

/* CDATA as it is, the rest with its entities decoded. */
static void unwrap(const char *at, const char *end, struct buf *out)
{
	while (at < end) {
		const char *raw = find(at, end, CDATA), *stop;

		html_decode(out, at, (size_t)((raw ? raw : end) - at));
		if (!raw)
			return;
		raw += strlen(CDATA);
		stop = find(raw, end, CDATA_END);
		buf_add(out, raw, (size_t)((stop ? stop : end) - raw));
		at = stop ? stop + strlen(CDATA_END) : end;
	}
}

bool feed_open(struct feed *f, const char *text, size_t len)
{
	f->at = text;
	f->end = text + len;
	f->cut = !inside(text, f->end, "rss") || !find(text, f->end, "</rss>");
	return !f->cut;
}

bool feed_next(struct feed *f, struct feed_item *ret)
{
	const char *at = f->cut ? NULL : inside(f->at, f->end, "item");
	const char *stop = find(at, f->end, "</item>");

	f->cut = f->cut || (at && !stop);
	if (!stop)
		return false;
	ret->at = at;
	ret->end = f->at = stop;
	return true;
}

char *feed_field(const struct feed_item *item, const char *name)
{
	CLEANUP_FREE char *close = xasprintf("</%s>", name);
	const char *at = inside(item->at, item->end, name), *stop = find(at, item->end, close);
	struct buf out;
	char *text;

	if (!stop)
		return NULL;
	buf_init(&out, FIELD_MAX);
	unwrap(at, stop, &out);
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

static enum feed_found look_at(const struct feed_item *item, const struct wanted *w)
{
	CLEANUP_FREE char *title = feed_field(item, "title");
	CLEANUP_FREE char *date = feed_field(item, "pubDate");
	int64_t at = http_date_ms(date);

	if (!str_empty(w->marker) && find(item->at, item->end, w->marker))
		return FEED_YES;
	if (!same_title(title, w->title))
		return FEED_NO;
	if (!at)
		return FEED_UNCLEAR;
	return at >= w->since_ms ? FEED_YES : FEED_NO;
}

enum feed_found feed_find(const char *text, size_t len, const char *title, const char *marker,
	int64_t since_ms, char **link)
{
	const struct wanted w = { title, marker, since_ms };
	enum feed_found found = FEED_NO;
	struct feed_item item;
	struct feed f;

	*link = NULL;
	feed_open(&f, text, len);
	while (feed_next(&f, &item)) {
		enum feed_found here = look_at(&item, &w);

		if (here == FEED_YES) {
			*link = feed_field(&item, "link");
			return here;
		}
		if (here == FEED_UNCLEAR)
			found = here;
	}
	return f.cut ? FEED_UNCLEAR : found;
}
