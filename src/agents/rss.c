/* SPDX-License-Identifier: MIT */
#include "rss.h"

#include "buf.h"
#include "html.h"
#include "util.h"

/* The tag <NAME …> within S to END and no longer name, or NULL. */
static const char *tag(const char *s, const char *end, const char *name)
{
	size_t len = strlen(name);

	while ((s = memchr(s, '<', (size_t)(end - s)))) {
		s++;
		if ((size_t)(end - s) > len && memcmp(s, name, len) == 0 &&
				strchr(" \t\r\n>", s[len]))
			return s;
	}
	return NULL;
}

/* The text between <NAME …> and </NAME> within S to END, or NULL. */
static const char *inside(const char *s, const char *end, const char *name, size_t *len)
{
	CLEANUP_FREE char *close = xasprintf("</%s>", name);
	const char *from = tag(s, end, name);
	const char *to;

	if (from)
		from = memchr(from, '>', (size_t)(end - from));
	if (!from)
		return NULL;
	from++;
	to = memmem(from, (size_t)(end - from), close, strlen(close));
	*len = to ? (size_t)(to - from) : 0;
	return to ? from : NULL;
}

/* CDATA as it is, the rest with its entities decoded. */
static void unwrap(const char *s, size_t len, struct buf *out)
{
	static const char open[] = "<![CDATA[", close[] = "]]>";
	const char *end = s + len;

	while (s < end) {
		const char *at = memmem(s, (size_t)(end - s), open, strlen(open));
		const char *stop;

		html_decode(out, s, (size_t)((at ? at : end) - s));
		if (!at)
			return;
		at += strlen(open);
		stop = memmem(at, (size_t)(end - at), close, strlen(close));
		buf_add(out, at, (size_t)((stop ? stop : end) - at));
		s = stop ? stop + strlen(close) : end;
	}
}

static void add_part(struct value *item, const char *s, size_t len, const char *name)
{
	size_t part_len;
	const char *part = inside(s, s + len, name, &part_len);
	struct buf text;

	if (!part)
		return;
	buf_init(&text, RSS_MAX);
	unwrap(part, part_len, &text);
	value_set_string(item, name, buf_cstr(&text));
	buf_finish(&text);
}

struct value *rss_parse(const char *text, size_t len)
{
	const char *end = text + len, *s = text, *body;
	struct value *items;
	size_t n;

	if (!memmem(text, len, "<rss", 4) || !memmem(text, len, "</rss>", 6))
		return NULL;
	items = value_new_list();
	for (; (body = inside(s, end, "item", &n)); s = body + n) {
		struct value *item = value_new_object();

		add_part(item, body, n, "title");
		add_part(item, body, n, "link");
		add_part(item, body, n, "description");
		value_append(items, item);
	}
	return items;
}
