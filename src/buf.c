/* SPDX-License-Identifier: MIT */
#include "buf.h"

#include <stdarg.h>

/* The first piece of memory, when the maximum allows it. */
#define BUF_FIRST 256

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max < SIZE_MAX / 2 ? max : SIZE_MAX / 2 };
}

void buf_finish(struct buf *b)
{
	if (!b)
		return;
	free(b->data);
	buf_init(b, b->max);
}

void buf_reset(struct buf *b)
{
	b->failed = false;
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

/* Makes room for MORE bytes and the NUL; false, and failed for good, if over the maximum. */
static bool grow(struct buf *b, size_t more)
{
	if (b->failed || more > b->max - b->len) {
		b->failed = true;
		return false;
	}
	size_t need = b->len + more + 1;

	if (need <= b->size)
		return true;
	size_t size = b->size ? b->size : BUF_FIRST;

	while (size < need)
		size *= 2;
	b->size = size < b->max + 1 ? size : b->max + 1;
	b->data = xrealloc(b->data, b->size);
	return true;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	if (len == 0 || !grow(b, len))
		return;
	memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_str(struct buf *b, const char *s)
{
	if (s)
		buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
	/* Within what there is already, for those who go by single characters. */
	if (b->failed || b->len >= b->max || b->len + 1 >= b->size) {
		buf_add(b, &c, 1);
		return;
	}
	b->data[b->len++] = c;
	b->data[b->len] = '\0';
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		b->failed = true;
	if (n <= 0 || !grow(b, (size_t)n))
		return;
	va_start(ap, fmt);
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

/* What stands in HTML for the character at S: NULL for itself, "" for nothing. */
static const char *html_entity(const char *s, size_t left)
{
	unsigned char c = (unsigned char)s[0];

	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	case '\t': case '\n': return NULL;
	case 0x7f: return "";
	}
	if (c < 0x20)
		return "";
	/* U+0080 to U+009F, the control characters of two bytes. */
	if (c == 0xc2 && left > 1 && (unsigned char)s[1] >= 0x80 && (unsigned char)s[1] < 0xa0)
		return "";
	return NULL;
}

void buf_html(struct buf *b, const char *s, size_t len)
{
	size_t done = 0;

	for (size_t i = 0; i < len; i++) {
		const char *as = html_entity(s + i, len - i);

		if (!as)
			continue;
		buf_add(b, s + done, i - done);
		buf_str(b, as);
		i += (unsigned char)s[i] == 0xc2;
		done = i + 1;
	}
	buf_add(b, s + done, len - done);
}

static bool is_unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		c == '-' || c == '.' || c == '_' || c == '~';
}

void buf_percent(struct buf *b, const char *s, size_t len)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (is_unreserved(s[i]))
			buf_char(b, s[i]);
		else
			buf_add(b, (const char[]){ '%', hex[c >> 4], hex[c & 15] }, 3);
	}
}

void buf_base64(struct buf *b, const void *data, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *s = data;

	for (size_t i = 0; i < len; i += 3) {
		unsigned long bits = (unsigned long)s[i] << 16;

		if (i + 1 < len)
			bits |= (unsigned long)s[i + 1] << 8;
		if (i + 2 < len)
			bits |= s[i + 2];
		buf_char(b, digits[bits >> 18 & 63]);
		buf_char(b, digits[bits >> 12 & 63]);
		buf_char(b, i + 1 < len ? digits[bits >> 6 & 63] : '=');
		buf_char(b, i + 2 < len ? digits[bits & 63] : '=');
	}
}

void buf_truncate(struct buf *b, size_t len)
{
	if (len >= b->len)
		return;
	b->len = len;
	b->data[len] = '\0';
}

bool buf_failed(const struct buf *b)
{
	return b->failed;
}

const char *buf_cstr(const struct buf *b)
{
	return b->data ? b->data : "";
}

char *buf_steal(struct buf *b)
{
	char *text = b->data;
	bool failed = b->failed;

	buf_init(b, b->max);
	/* That it failed stays known until buf_reset(). */
	b->failed = failed;
	if (!failed)
		return text ? text : xstrdup("");
	free(text);
	return NULL;
}
