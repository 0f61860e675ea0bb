/* SPDX-License-Identifier: MIT */
#include "similar.h"

#include <ctype.h>
#include <stdint.h>

#include "buf.h"
#include "util.h"

#define SHINGLE 8
#define TEXT_MAX (1u << 20)

static bool is_space(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* White space is one space, a number is one 0, a link is nothing. */
static void plain_text(const char *s, size_t len, struct buf *out)
{
	const char *end = s + len;
	while (s < end) {
		unsigned char c = (unsigned char)*s;
		if (c == 'h' && ((size_t)(end - s) > 7) &&
			(memcmp(s, "http://", 7) == 0 || memcmp(s, "https:/", 7) == 0)) {
			while (s < end && !is_space((unsigned char)*s))
				s++;
		} else if (is_space(c)) {
			while (s < end && is_space((unsigned char)*s))
				s++;
			buf_char(out, ' ');
		} else if (isdigit(c)) {
			while (s < end && (isdigit((unsigned char)*s) || *s == ','))
				s++;
			buf_char(out, '0');
		} else {
			buf_char(out, *s++);
		}
	}
}

/* Where the character after the one at P begins. */
static const char *next_char(const char *p, const char *end)
{
	p++;
	while (p < end && ((unsigned char)*p & 0xc0) == 0x80)
		p++;
	return p;
}

static uint64_t hash(const char *s, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* The Ith of a family of hashes: the finaliser of splitmix64. */
static uint32_t mix(uint64_t h, unsigned i)
{
	h += (uint64_t)(i + 1) * UINT64_C(0x9e3779b97f4a7c15);
	h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)(h >> 32);
}

static void take(uint32_t least[SIMILAR_HASHES], const char *s, size_t len)
{
	uint64_t h = hash(s, len);
	for (unsigned i = 0; i < SIMILAR_HASHES; i++) {
		uint32_t m = mix(h, i);
		if (m < least[i])
			least[i] = m;
	}
}

void similar_sketch(const char *text, size_t len, char out[SIMILAR_SKETCH_LEN + 1])
{
	uint32_t least[SIMILAR_HASHES];
	struct buf b;
	memset(least, 0xff, sizeof(least));
	buf_init(&b, TEXT_MAX);
	plain_text(text, len, &b);
	const char *end = buf_cstr(&b) + b.len;
	const char *ahead = buf_cstr(&b);
	for (int i = 0; i < SHINGLE && ahead < end; i++)
		ahead = next_char(ahead, end);
	for (const char *p = buf_cstr(&b); p < end; p = next_char(p, end)) {
		take(least, p, (size_t)(ahead - p));
		if (ahead == end)
			break;
		ahead = next_char(ahead, end);
	}
	buf_finish(&b);
	for (unsigned i = 0; i < SIMILAR_HASHES; i++)
		str_format_cut(out + (size_t)i * 8, 9, "%08x", least[i]);
}

int similar_percent(const char *a, const char *b)
{
	int same = 0;
	if (!a || !b || strlen(a) != SIMILAR_SKETCH_LEN || strlen(b) != SIMILAR_SKETCH_LEN)
		return 0;
	for (size_t i = 0; i < SIMILAR_HASHES; i++)
		same += memcmp(a + i * 8, b + i * 8, 8) == 0;
	return (same * 100 + SIMILAR_HASHES / 2) / SIMILAR_HASHES;
}
