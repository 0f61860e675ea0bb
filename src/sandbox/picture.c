/* SPDX-License-Identifier: MIT */
#include "picture.h"

#include <errno.h>

#include <turbojpeg.h>
#include <zlib.h>

#include "seed.h"
#include "util.h"

#define QUALITY 88
#define SALT 0x63706175746f2d31u
#define FIELDS 3 /* what is said; the rest of the token only has to look like one */

static uint64_t check_of(const uint64_t f[FIELDS])
{
	return seed_of(f, FIELDS * sizeof(*f)) ^ SALT;
}

/* seed, then shape, sides and kind, then the check; four words of 16 hex digits. */
void picture_token(const struct picture *p, char out[PICTURE_TOKEN_LEN + 1])
{
	uint64_t f[FIELDS] = { p->seed, (uint64_t)p->width << 32 | (uint64_t)p->height << 16 |
		(uint64_t)p->shape << 1 | p->png, seed_mix(p->seed, 77) };
	char text[PICTURE_TOKEN_LEN + 1];

	if (str_format(text, sizeof(text), "%016llx%016llx%016llx%016llx", (unsigned long long)f[0],
			(unsigned long long)(f[1] ^ f[2]), (unsigned long long)f[2],
			(unsigned long long)check_of(f)))
		text[0] = '\0';
	memcpy(out, text, sizeof(text));
}

static bool read_word(const char *s, uint64_t *ret)
{
	*ret = 0;
	for (int i = 0; i < 16; i++) {
		char c = s[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
		*ret = *ret << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return true;
}

int picture_parse(const char *s, struct picture *ret)
{
	uint64_t w[4], f[FIELDS];

	for (int i = 0; i < 4; i++)
		if (!read_word(s + 16 * i, &w[i]))
			return -EINVAL;
	f[0] = w[0];
	f[1] = w[1] ^ w[2];
	f[2] = w[2];
	if (check_of(f) != w[3])
		return -EINVAL;
	*ret = (struct picture){ .seed = w[0], .shape = (enum draw_shape)(f[1] >> 1 & 0x7fff),
		.width = (int)(f[1] >> 32), .height = (int)(f[1] >> 16 & 0xffff), .png = f[1] & 1 };
	return 0;
}

static int write_jpeg(const unsigned char *rgb, const struct picture *p, struct buf *out)
{
	tjhandle h = tjInitCompress();
	unsigned char *data = NULL;
	unsigned long len = 0;
	int r = -EIO;

	if (h && !tjCompress2(h, rgb, p->width, 0, p->height, TJPF_RGB, &data, &len, TJSAMP_420,
			QUALITY, TJFLAG_ACCURATEDCT)) {
		buf_add(out, data, len);
		r = 0;
	}
	tjFree(data);
	if (h)
		tjDestroy(h);
	return r;
}

static void put_32(unsigned char *at, uint32_t v)
{
	at[0] = (unsigned char)(v >> 24);
	at[1] = (unsigned char)(v >> 16);
	at[2] = (unsigned char)(v >> 8);
	at[3] = (unsigned char)v;
}

static void add_32(struct buf *out, uint32_t v)
{
	unsigned char bytes[4];

	put_32(bytes, v);
	buf_add(out, bytes, sizeof(bytes));
}

/* RFC 2083, 3.2: length, type, data, CRC of type and data. */
static void add_chunk(struct buf *out, const char *type, const unsigned char *data, size_t len)
{
	uLong crc = crc32(crc32(0, NULL, 0), (const Bytef *)type, 4);

	if (len)
		crc = crc32(crc, data, (uInt)len);
	add_32(out, (uint32_t)len);
	buf_add(out, type, 4);
	buf_add(out, data, len);
	add_32(out, (uint32_t)crc);
}

/* Each row as its differences from the row above (filter 2): gradients pack well so. */
static unsigned char *filter_rows(const unsigned char *rgb, int width, int height)
{
	size_t row = 3 * (size_t)width;
	unsigned char *out = xreallocarray(NULL, (size_t)height, row + 1), *at = out;

	for (int y = 0; y < height; y++, rgb += row) {
		*at++ = y ? 2 : 0;
		for (size_t i = 0; i < row; i++)
			*at++ = (unsigned char)(y ? rgb[i] - *(rgb + i - row) : rgb[i]);
	}
	return out;
}

static int write_png(const unsigned char *rgb, const struct picture *p, struct buf *out)
{
	static const unsigned char signature[8] = "\x89PNG\r\n\x1a\n";
	uLong len = (uLong)(3 * p->width + 1) * (uLong)p->height;
	uLongf packed_len = compressBound(len);
	CLEANUP_FREE unsigned char *rows = filter_rows(rgb, p->width, p->height);
	CLEANUP_FREE unsigned char *packed = xmalloc(packed_len);
	unsigned char header[13] = { [8] = 8, [9] = 2 }; /* 8 bits, RGB */

	if (compress2(packed, &packed_len, rows, len, 6) != Z_OK)
		return -EIO;
	put_32(header, (uint32_t)p->width);
	put_32(header + 4, (uint32_t)p->height);
	buf_add(out, signature, sizeof(signature));
	add_chunk(out, "IHDR", header, sizeof(header));
	add_chunk(out, "IDAT", packed, packed_len);
	add_chunk(out, "IEND", NULL, 0);
	return 0;
}

int picture_write(const struct picture *p, struct buf *out)
{
	CLEANUP_FREE unsigned char *rgb = draw_product(p->shape, p->seed, p->width, p->height);
	int r;

	if (!rgb)
		return -EIO;
	r = p->png ? write_png(rgb, p, out) : write_jpeg(rgb, p, out);
	return buf_failed(out) ? -EIO : r;
}
