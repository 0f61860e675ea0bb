/* SPDX-License-Identifier: MIT */
#include "query.h"

#include <errno.h>

#include "text.h"

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int decode(const char *s, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] != '%') {
			buf_char(out, s[i] == '+' ? ' ' : s[i]);
			continue;
		}
		if (i + 2 >= len || hex(s[i + 1]) < 0 || hex(s[i + 2]) < 0)
			return -EILSEQ;
		buf_char(out, (char)(hex(s[i + 1]) << 4 | hex(s[i + 2])));
		i += 2;
	}
	return !buf_failed(out) && text_valid(buf_cstr(out), out->len) ? 0 : -EILSEQ;
}

int query_get(const char *query, const char *name, struct buf *out)
{
	size_t name_len = strlen(name);

	while (*query) {
		size_t len = strcspn(query, "&");

		if (len > name_len && query[name_len] == '=' && !strncmp(query, name, name_len))
			return decode(query + name_len + 1, len - name_len - 1, out);
		query += len;
		query += *query == '&';
	}
	return -ENOENT;
}
