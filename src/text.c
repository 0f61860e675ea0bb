/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <errno.h>

#include <unicase.h>
#include <unictype.h>
#include <unigbrk.h>
#include <uninorm.h>
#include <unistr.h>
#include <uniwidth.h>

static const uint8_t *bytes(const char *s)
{
	return (const uint8_t *)s;
}

bool text_valid(const char *s, size_t len)
{
	return len == 0 || (!memchr(s, 0, len) && !u8_check(bytes(s), len));
}

/* Tab and line ends are both control and white space: here they are space. */
static bool is_space(ucs4_t c)
{
	return uc_is_property_white_space(c) && c != 0x85;
}

/* In place: trimmed, runs of white space one space. */
static int squeeze(uint8_t *s, size_t len, size_t *ret_len)
{
	size_t in = 0, out = 0;
	bool gap = false;

	while (in < len) {
		ucs4_t c;
		int n = u8_mbtouc(&c, s + in, len - in);

		if (is_space(c)) {
			gap = out > 0;
			in += (size_t)n;
			continue;
		}
		if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Cc))
			return -EILSEQ;
		if (gap)
			s[out++] = ' ';
		gap = false;
		memmove(s + out, s + in, (size_t)n);
		out += (size_t)n;
		in += (size_t)n;
	}
	*ret_len = out;
	return out ? 0 : -EINVAL;
}

static int normalise(const char *s, bool fold, char **ret)
{
	size_t len = strlen(s), out_len = 0;
	uint8_t *out;
	int r;

	if (!text_valid(s, len))
		return -EILSEQ;
	if (fold)
		out = u8_casefold(bytes(s), len, NULL, UNINORM_NFC, NULL, &out_len);
	else
		out = u8_normalize(UNINORM_NFC, bytes(s), len, NULL, &out_len);
	if (!out)
		return len ? -errno : -EINVAL;
	r = squeeze(out, out_len, &out_len);
	if (!r)
		*ret = xstrndup((const char *)out, out_len);
	free(out);
	return r;
}

/*
 * ASCII and whole Hangul syllables alone: what nearly every keyword is made of,
 * and what NFC leaves as it is. Then the library's tables need not be touched.
 */
static bool is_plain(const char *s)
{
	const uint8_t *p = bytes(s);

	while (*p) {
		if (*p < 0x80) {
			if (*p < ' ' || *p == 0x7f)
				return false;
			p++;
			continue;
		}
		unsigned c = 0;
		if ((*p & 0xf0) == 0xe0 && (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80)
			c = (unsigned)(*p & 0x0f) << 12 | (unsigned)(p[1] & 0x3f) << 6 |
				(p[2] & 0x3f);
		if (c < 0xac00 || c > 0xd7a3)
			return false;
		p += 3;
	}
	return true;
}

static int plain(const char *s, bool fold, char **ret)
{
	char *out = xmalloc(strlen(s) + 1);
	size_t n = 0;
	bool gap = false;

	for (; *s; s++) {
		if (*s == ' ') {
			gap = n > 0;
			continue;
		}
		if (gap)
			out[n++] = ' ';
		gap = false;
		out[n++] = fold && *s >= 'A' && *s <= 'Z' ? (char)(*s - 'A' + 'a') : *s;
	}
	out[n] = '\0';
	if (n == 0) {
		free(out);
		return -EINVAL;
	}
	*ret = out;
	return 0;
}

int text_fold(const char *s, char **ret)
{
	return is_plain(s) ? plain(s, true, ret) : normalise(s, true, ret);
}

int text_clean(const char *s, char **ret)
{
	return is_plain(s) ? plain(s, false, ret) : normalise(s, false, ret);
}

static size_t width(const uint8_t *s, size_t len)
{
	int n = u8_width(s, len, "UTF-8");

	return n > 0 ? (size_t)n : 0;
}

size_t text_width(const char *s)
{
	return width(bytes(s), strlen(s));
}

/*
 * Where the first MAX clusters end, or those that fit into COLUMNS, in bytes.
 * u8_grapheme_next() looks at pairs only and cuts an emoji family and a flag in
 * two (seen with 1.0); u8_grapheme_breaks() does not.
 */
static size_t walk(const char *s, size_t max, size_t columns, size_t *ret_count)
{
	size_t len = strlen(s), at = 0, used = 0, count = 0;
	CLEANUP_FREE char *breaks = xmalloc(len + 1);

	u8_grapheme_breaks(bytes(s), len, breaks);
	while (at < len && count < max) {
		size_t next = at + 1;

		while (next < len && !breaks[next])
			next++;
		if (columns != SIZE_MAX)
			used += width(bytes(s) + at, next - at);
		if (used > columns)
			break;
		at = next;
		count++;
	}
	if (ret_count)
		*ret_count = count;
	return at;
}

size_t text_prefix(const char *s, size_t columns)
{
	return walk(s, SIZE_MAX, columns, NULL);
}

size_t text_count(const char *s)
{
	size_t count;

	walk(s, SIZE_MAX, SIZE_MAX, &count);
	return count;
}

size_t text_prefix_count(const char *s, size_t n)
{
	return walk(s, n, SIZE_MAX, NULL);
}
