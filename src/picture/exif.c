/* SPDX-License-Identifier: MIT */
#include "exif.h"

#include <stdint.h>

#include "util.h"

#define ICC_MAX (4u << 20)
#define TAG_ORIENTATION 0x0112
#define TYPE_SHORT 3
#define ENTRY_LEN 12

/* TIFF inside of APP1, in one byte order or the other. */
struct tiff {
	const unsigned char *p;
	size_t len;
	bool little;
};

void exif_finish(struct exif *x)
{
	buf_finish(&x->icc);
}

/* 0 beyond the end. */
static uint32_t get(const struct tiff *t, size_t at, int bytes)
{
	uint32_t v = 0;

	if (at > t->len || t->len - at < (size_t)bytes)
		return 0;
	for (int i = 0; i < bytes; i++)
		v = v << 8 | t->p[at + (size_t)(t->little ? bytes - 1 - i : i)];
	return v;
}

static int orientation_of(const unsigned char *p, size_t len)
{
	struct tiff t = { p, len, len > 0 && p[0] == 'I' };
	size_t at, count;

	if (len < 8 || p[0] != p[1] || (p[0] != 'I' && p[0] != 'M') || get(&t, 2, 2) != 42)
		return 1;
	at = get(&t, 4, 4);
	count = get(&t, at, 2);
	for (size_t i = 0; i < count && at + 2 + i * ENTRY_LEN < len; i++) {
		size_t entry = at + 2 + i * ENTRY_LEN;
		uint32_t v = get(&t, entry + 8, 2);

		if (get(&t, entry, 2) == TAG_ORIENTATION && get(&t, entry + 2, 2) == TYPE_SHORT)
			return v >= 1 && v <= 8 ? (int)v : 1;
	}
	return 1;
}

static bool says(const unsigned char *p, size_t len, const char *tag, size_t tag_len)
{
	return len >= tag_len && memcmp(p, tag, tag_len) == 0;
}

/* One segment: its marker, and DATA behind its length. SEGMENT is all of it. */
static void take(struct exif *x, int marker, const unsigned char *data, size_t len,
	const unsigned char *segment)
{
	if (marker == 0xe1 && says(data, len, "Exif\0", 6))
		x->orientation = orientation_of(data + 6, len - 6);
	else if (marker == 0xee && says(data, len, "Adobe", 5))
		x->adobe = true;
	else if (marker == 0xe2 && says(data, len, "ICC_PROFILE", 12))
		buf_add(&x->icc, segment, len + 4);
}

void exif_read(const void *data, size_t len, struct exif *ret)
{
	const unsigned char *p = data;
	size_t at = 2;

	*ret = (struct exif){ .orientation = 1 };
	buf_init(&ret->icc, ICC_MAX);
	while (at + 4 <= len && p[at] == 0xff) {
		int marker = p[at + 1];
		size_t size = (size_t)p[at + 2] << 8 | p[at + 3];

		if (marker == 0xff) { /* fill */
			at++;
			continue;
		}
		if (marker == 0xda || marker == 0xd9 || size < 2 || len - at - 2 < size)
			return;
		take(ret, marker, p + at + 4, size - 2, p + at);
		at += 2 + size;
	}
}
