/* SPDX-License-Identifier: MIT */
#include "wppost.h"

#include <errno.h>

#include "html.h"

#define SLUG_DIGITS 16
#define URL_MAX 16384
#define TEXT_MAX (8u << 20)

int wppost_slug(const char *key, char out[WPPOST_SLUG_LEN + 1])
{
	if (strspn(key, "0123456789abcdef") < SLUG_DIGITS)
		return -EINVAL;
	str_format_cut(out, WPPOST_SLUG_LEN + 1, "cp-%s", key);
	return 0;
}

bool wppost_slug_is(const char *got, const char *slug)
{
	const char *p;

	if (!str_starts(got, slug))
		return false;
	p = got + strlen(slug);
	if (*p == '-') {
		size_t digits = strspn(p + 1, "0123456789");

		p += digits ? digits + 1 : 0;
	}
	return !*p || str_eq(p, "__trashed");
}

/* The picture that the value of a src= means, or NULL. */
static const struct value *find_image(const struct value *images, const struct html_attr *src)
{
	const struct value *found = NULL;
	struct buf url;

	buf_init(&url, URL_MAX);
	html_decode(&url, src->s, src->len);
	for (size_t i = 0; i < value_len(images) && !found && !buf_failed(&url); i++) {
		const struct value *image = value_at(images, i);

		if (str_eq(value_get_string(image, "src", NULL), buf_cstr(&url)))
			found = image;
	}
	buf_finish(&url);
	return found;
}

static void put_image(const char *start, const char *end, const struct html_token *t,
	const struct value *images, struct buf *out)
{
	struct html_attr src;
	const struct value *image;
	const char *url;

	if (!t->closed || !html_attr(t, "src", &src) || !src.has_value) {
		buf_add(out, start, (size_t)(end - start));
		return;
	}
	image = find_image(images, &src);
	url = image ? value_get_string(image, "url", NULL) : NULL;
	if (!url) {
		buf_add(out, start, (size_t)(end - start));
		return;
	}
	buf_add(out, start, (size_t)(src.s - start));
	buf_str(out, src.quoted ? "" : "\"");
	buf_html(out, url, strlen(url));
	buf_str(out, src.quoted ? "" : "\"");
	buf_add(out, src.s + src.len, (size_t)(end - src.s - (ptrdiff_t)src.len));
}

static void put_text(const char *s, size_t len, struct buf *out)
{
	bool blank = true;

	for (size_t i = 0; i < len; i++)
		blank = blank && strchr(" \t\r\n", s[i]) && s[i];
	for (size_t i = 0; i < len; i++)
		buf_char(out, !blank && (s[i] == '\n' || s[i] == '\r') ? ' ' : s[i]);
}

void wppost_html(const char *html, const struct value *images, struct buf *out)
{
	struct html_reader r;
	struct html_token t;
	const char *at = html;

	html_init(&r, html, strlen(html));
	while (html_next(&r, &t)) {
		if (t.kind == HTML_TEXT && !t.raw)
			put_text(at, (size_t)(r.p - at), out);
		else if (t.kind == HTML_START && str_eq(t.name, "img"))
			put_image(at, r.p, &t, images, out);
		else
			buf_add(out, at, (size_t)(r.p - at));
		at = r.p;
	}
	buf_str(out, at);
}

/* Without white space: what is left is what a reader reads. */
static char *letters(const char *s, size_t len)
{
	char *out = xmalloc(len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		if (!strchr(" \t\r\n", s[i]))
			out[n++] = s[i];
	out[n] = '\0';
	return out;
}

bool wppost_shows(const char *html, const char *text)
{
	CLEANUP_FREE char *seen = NULL, *wanted = letters(text, strlen(text));
	struct buf plain;

	buf_init(&plain, TEXT_MAX);
	html_to_text(&plain, html, strlen(html));
	seen = letters(buf_cstr(&plain), plain.len);
	buf_finish(&plain);
	return strstr(seen, wanted) != NULL;
}
