/* SPDX-License-Identifier: MIT */
#include "image.h"

#include <errno.h>
#include <stdint.h>

/* Markers of ISO/IEC 10918-1, table B.1. */
enum {
	M_TEM = 0x01, M_SOF0 = 0xc0, M_DHT = 0xc4, M_JPG = 0xc8, M_DAC = 0xcc, M_SOF15 = 0xcf,
	M_RST0 = 0xd0, M_RST7 = 0xd7, M_SOI = 0xd8, M_EOI = 0xd9, M_SOS = 0xda,
	M_APP0 = 0xe0, M_APP2 = 0xe2, M_APP14 = 0xee, M_APP15 = 0xef, M_COM = 0xfe,
};

struct format {
	const char *mime, *ext;
	const char *magic;
	size_t magic_len;
	int (*size)(const unsigned char *p, size_t len, struct image *ret);
};

/* One segment of a JPEG: marker, and what follows it with its length bytes. */
struct segment {
	int marker;
	size_t start; /* of the marker's 0xff */
	size_t data, end; /* behind the length; equal where there is none */
};

static unsigned be16(const unsigned char *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static unsigned le16(const unsigned char *p)
{
	return (unsigned)p[1] << 8 | p[0];
}

static uint32_t be32(const unsigned char *p)
{
	return (uint32_t)be16(p) << 16 | be16(p + 2);
}

static uint32_t le24(const unsigned char *p)
{
	return (uint32_t)p[2] << 16 | le16(p);
}

static void set_size(struct image *ret, uint32_t width, uint32_t height)
{
	ret->width = width > INT32_MAX ? INT32_MAX : (int)width;
	ret->height = height > INT32_MAX ? INT32_MAX : (int)height;
}

static bool stands_alone(int marker)
{
	return marker == M_TEM || (marker >= M_RST0 && marker <= M_EOI);
}

/* The segment at AT, which fill bytes may precede. 0 or -EINVAL. */
static int read_segment(const unsigned char *p, size_t len, size_t at, struct segment *ret)
{
	if (at >= len || p[at] != 0xff)
		return -EINVAL;
	while (at + 1 < len && p[at + 1] == 0xff)
		at++;
	if (at + 1 >= len || p[at + 1] == 0)
		return -EINVAL;
	ret->marker = p[at + 1];
	ret->start = at;
	ret->data = ret->end = at + 2;
	if (stands_alone(ret->marker))
		return 0;
	if (at + 4 > len || be16(p + at + 2) < 2 || at + 2 + be16(p + at + 2) > len)
		return -EINVAL;
	ret->data = at + 4;
	ret->end = at + 2 + be16(p + at + 2);
	return 0;
}

static bool is_frame(int marker)
{
	return marker >= M_SOF0 && marker <= M_SOF15 && marker != M_DHT && marker != M_JPG &&
		marker != M_DAC;
}

static int size_jpeg(const unsigned char *p, size_t len, struct image *ret)
{
	struct segment s = { .end = 0 };

	for (;;) {
		if (read_segment(p, len, s.end, &s) || s.marker == M_EOI || s.marker == M_SOS)
			return -EINVAL;
		if (!is_frame(s.marker))
			continue;
		if (s.end - s.data < 6)
			return -EINVAL;
		set_size(ret, be16(p + s.data + 3), be16(p + s.data + 1));
		return 0;
	}
}

static int size_png(const unsigned char *p, size_t len, struct image *ret)
{
	if (len < 33 || be32(p + 8) != 13 || memcmp(p + 12, "IHDR", 4) != 0)
		return -EINVAL;
	set_size(ret, be32(p + 16), be32(p + 20));
	return 0;
}

static int size_gif(const unsigned char *p, size_t len, struct image *ret)
{
	if (len < 14 || (p[4] != '7' && p[4] != '9') || p[5] != 'a')
		return -EINVAL;
	set_size(ret, le16(p + 6), le16(p + 8));
	return 0;
}

/* RFC 9649; the three kinds of first chunk. */
static int size_webp(const unsigned char *p, size_t len, struct image *ret)
{
	if (len < 30 || memcmp(p + 8, "WEBP", 4) != 0)
		return -EINVAL;
	if (memcmp(p + 12, "VP8X", 4) == 0) {
		set_size(ret, le24(p + 24) + 1, le24(p + 27) + 1);
	} else if (memcmp(p + 12, "VP8L", 4) == 0 && p[20] == 0x2f) {
		uint32_t bits = le16(p + 21) | (uint32_t)le16(p + 23) << 16;
		set_size(ret, (bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1);
	} else if (memcmp(p + 12, "VP8 ", 4) == 0 && memcmp(p + 23, "\x9d\x01\x2a", 3) == 0) {
		set_size(ret, le16(p + 26) & 0x3fff, le16(p + 28) & 0x3fff);
	} else {
		return -EINVAL;
	}
	return 0;
}

static const struct format formats[] = {
	{ "image/jpeg", "jpg", "\xff\xd8\xff", 3, size_jpeg },
	{ "image/png", "png", "\x89PNG\r\n\x1a\n", 8, size_png },
	{ "image/gif", "gif", "GIF8", 4, size_gif },
	{ "image/webp", "webp", "RIFF", 4, size_webp },
};

static const struct format *find_format(const unsigned char *p, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (len >= formats[i].magic_len &&
				memcmp(p, formats[i].magic, formats[i].magic_len) == 0)
			return &formats[i];
	return NULL;
}

int image_look(const void *data, size_t len, struct image *ret, struct err *e)
{
	const struct format *f = find_format(data, len);

	memset(ret, 0, sizeof(*ret));
	if (!f)
		return err_set(e, -EINVAL, "this is no JPEG, PNG, GIF or WebP");
	if (f->size(data, len, ret) || ret->width < 1 || ret->height < 1)
		return err_set(e, -EINVAL, "the header of this %s is damaged", f->mime);
	ret->mime = f->mime;
	ret->ext = f->ext;
	return 0;
}

int image_sniff(const void *data, size_t len, struct image *ret, struct err *e)
{
	struct image found;
	int r;

	memset(ret, 0, sizeof(*ret));
	if (len > IMAGE_BYTES_MAX && find_format(data, len))
		return err_set(e, -EFBIG, "this picture has %zu bytes, more than %u MiB",
			len, IMAGE_BYTES_MAX >> 20);
	r = image_look(data, len, &found, e);
	if (r)
		return r;
	if (found.width > IMAGE_SIDE_MAX || found.height > IMAGE_SIDE_MAX)
		return err_set(e, -EFBIG, "this picture is %d x %d pixels, more than %d x %d",
			found.width, found.height, IMAGE_SIDE_MAX, IMAGE_SIDE_MAX);
	*ret = found;
	return 0;
}

static bool says(const unsigned char *p, const struct segment *s, const char *tag, size_t len)
{
	return s->end - s->data >= len && memcmp(p + s->data, tag, len) == 0;
}

static bool is_needed(const unsigned char *p, const struct segment *s)
{
	switch (s->marker) {
	case M_APP0:
		return says(p, s, "JFIF", 5);
	case M_APP2:
		return says(p, s, "ICC_PROFILE", 12);
	case M_APP14:
		return says(p, s, "Adobe", 5);
	default:
		return s->marker != M_COM && (s->marker < M_APP0 || s->marker > M_APP15);
	}
}

/* The end of the coded data that starts at AT: the next marker that is no restart. */
static size_t scan_end(const unsigned char *p, size_t len, size_t at)
{
	for (; at + 1 < len; at++) {
		if (p[at] != 0xff || p[at + 1] == 0 || p[at + 1] == 0xff)
			continue;
		if (p[at + 1] < M_RST0 || p[at + 1] > M_RST7)
			return at;
		at++;
	}
	return len;
}

int image_strip_jpeg(const void *data, size_t len, struct buf *out)
{
	const unsigned char *p = data;
	struct segment s = { .marker = 0, .end = 0 };

	if (len < 4 || p[0] != 0xff || p[1] != M_SOI)
		return -EINVAL;
	while (s.marker != M_EOI) {
		if (read_segment(p, len, s.end, &s))
			return -EINVAL;
		if (s.marker == M_SOI && s.start != 0)
			return -EINVAL;
		if (s.marker == M_SOS)
			s.end = scan_end(p, len, s.end);
		if (is_needed(p, &s))
			buf_add(out, p + s.start, s.end - s.start);
	}
	return buf_failed(out) ? -EINVAL : 0;
}
