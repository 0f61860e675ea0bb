/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>

#include <turbojpeg.h>

#include "image.h"

#define B(s) s, sizeof(s) - 1
#define PNG(w, h) "\x89PNG\r\n\x1a\n\0\0\0\rIHDR" w h "\x08\x02\0\0\0crc!"
#define GIF(v, w, h) "GIF8" v w h "\xf7\0\0\x3b"
#define WEBP(chunk) "RIFF\x20\0\0\0WEBP" chunk
#define SOF(m, w, h) "\xff" m "\0\x0b\x08" h w "\x01\x01\x11\0"
#define SOS "\xff\xda\0\x08\x01\x01\0\0\x3f\0"
#define JFIF "\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
#define JFXX "\xff\xe0\0\x08JFXX\0\x10"
#define EXIF "\xff\xe1\0\x0c" "Exif\0\0GPS!"
#define ICC "\xff\xe2\0\x10ICC_PROFILE\0\1\1"
#define MPF "\xff\xe2\0\x06MPF\0"
#define ADOBE "\xff\xee\0\x0e" "Adobe\0\x64\0\0\0\0\1"
#define COMMENT "\xff\xfe\0\x06hey!"
#define HEAD "\xff\xd8"
#define END "\xff\xd9"

struct row {
	const char *name;
	const char *data;
	size_t len;
	int r;
	const char *mime, *ext;
	int width, height;
};

static const struct row rows[] = {
	{ "png", B(PNG("\0\0\2\0", "\0\0\1\x2c")), 0, "image/png", "png", 512, 300 },
	{ "png of 0", B(PNG("\0\0\0\0", "\0\0\1\x2c")), -EINVAL, NULL, NULL, 0, 0 },
	{ "png too wide", B(PNG("\0\0\x10\1", "\0\0\0\1")), -EFBIG, NULL, NULL, 4097, 1 },
	{ "png at the limit", B(PNG("\0\0\x10\0", "\0\0\x10\0")), 0, "image/png", "png", 4096,
		4096 },
	{ "png enormous", B(PNG("\xff\xff\xff\xff", "\xff\xff\xff\xff")), -EFBIG, NULL, NULL, 0,
		0 },
	{ "png cut", B("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0"), -EINVAL, NULL, NULL, 0, 0 },
	{ "png without IHDR", B("\x89PNG\r\n\x1a\n\0\0\0\rIDAT\0\0\2\0\0\0\1\0\x08\2\0\0\0crc!"),
		-EINVAL,
		NULL, NULL, 0, 0 },
	{ "gif 89", B(GIF("9a", "\x2c\1", "\x0a\0")), 0, "image/gif", "gif", 300, 10 },
	{ "gif 87", B(GIF("7a", "\x2c\1", "\x0a\0")), 0, "image/gif", "gif", 300, 10 },
	{ "gif 88", B(GIF("8a", "\x2c\1", "\x0a\0")), -EINVAL, NULL, NULL, 0, 0 },
	{ "gif cut", B("GIF89a\1"), -EINVAL, NULL, NULL, 0, 0 },
	{ "webp extended", B(WEBP("VP8X\x0a\0\0\0\0\0\0\0\xff\1\0\x2b\1\0")), 0, "image/webp",
		"webp", 512, 300 },
	{ "webp lossy", B(WEBP("VP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a\0\2\x2c\1")), 0, "image/webp",
		"webp", 512, 300 },
	{ "webp lossless", B(WEBP("VP8L\x0a\0\0\0\x2f\xff\xc1\x4a\0aaaaa")), 0, "image/webp",
		"webp", 512, 300 },
	{ "webp unknown", B(WEBP("VP9 \x0a\0\0\0\0\0\0\x9d\x01\x2a\0\2\x2c\1")), -EINVAL, NULL,
		NULL, 0, 0 },
	{ "webp cut", B(WEBP("VP8X\x0a\0\0")), -EINVAL, NULL, NULL, 0, 0 },
	{ "wave", B("RIFF\x20\0\0\0WAVEfmt \x0a\0\0\0\0\0\0\0\xff\1\0\x2b\1\0"), -EINVAL, NULL,
		NULL, 0, 0 },
	{ "jpeg", B(HEAD JFIF SOF("\xc0", "\2\0", "\1\x2c") SOS END), 0, "image/jpeg", "jpg", 512,
		300 },
	{ "jpeg progressive", B(HEAD EXIF "\xff\xff" SOF("\xc2", "\2\0", "\1\x2c") SOS END), 0,
		"image/jpeg",
		"jpg", 512, 300 },
	{ "jpeg, tables before", B(HEAD "\xff\xc4\0\x04" "ab" SOF("\xc1", "\2\0", "\1\x2c")), 0,
		"image/jpeg",
		"jpg", 512, 300 },
	{ "jpeg without a frame", B(HEAD JFIF SOS END), -EINVAL, NULL, NULL, 0, 0 },
	{ "jpeg ended", B(HEAD END), -EINVAL, NULL, NULL, 0, 0 },
	{ "jpeg cut", B(HEAD "\xff\xe0\0\x10JF"), -EINVAL, NULL, NULL, 0, 0 },
	{ "jpeg, length 1", B(HEAD "\xff\xe0\0\1JF"), -EINVAL, NULL, NULL, 0, 0 },
	{ "jpeg, no marker", B(HEAD "\xff\0JF"), -EINVAL, NULL, NULL, 0, 0 },
	{ "jpeg of 3 bytes", B("\xff\xd8\xff"), -EINVAL, NULL, NULL, 0, 0 },
	{ "jpeg, frame cut", B(HEAD "\xff\xc0\0\x04\x08\1"), -EINVAL, NULL, NULL, 0, 0 },
	{ "svg", B("<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), -EINVAL, NULL, NULL, 0, 0 },
	{ "html", B("<!doctype html>"), -EINVAL, NULL, NULL, 0, 0 },
	{ "nothing", B(""), -EINVAL, NULL, NULL, 0, 0 },
};

/* A copy without room behind it, so that valgrind and ASan see one byte too far. */
static unsigned char *exact(const void *data, size_t len)
{
	unsigned char *copy = xmalloc(len ? len : 1);

	memcpy(copy, data, len);
	return copy;
}

static void test_sniff(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *w = &rows[i];
		CLEANUP_FREE unsigned char *data = exact(w->data, w->len);
		struct err e = { "" };
		struct image got;
		int r = image_sniff(data, w->len, &got, &e);

		if (r != w->r || (r && !*e.text))
			fail_msg("%s: %d %s", w->name, r, e.text);
		if (!r && (!str_eq(got.mime, w->mime) || !str_eq(got.ext, w->ext) ||
				got.width != w->width || got.height != w->height))
			fail_msg("%s: %s %d x %d", w->name, got.mime, got.width, got.height);
	}
}

static void test_too_many_bytes(void **state)
{
	static const char png[] = PNG("\0\0\2\0", "\0\0\1\x2c");
	CLEANUP_FREE unsigned char *data = xcalloc(IMAGE_BYTES_MAX + 1, 1);
	struct image got;

	(void)state;
	memcpy(data, png, sizeof(png) - 1);
	assert_int_equal(image_sniff(data, IMAGE_BYTES_MAX, &got, NULL), 0);
	assert_int_equal(image_sniff(data, IMAGE_BYTES_MAX + 1, &got, NULL), -EFBIG);
}

struct strip_row {
	const char *name;
	const char *in;
	size_t in_len;
	const char *out; /* NULL: refused */
	size_t out_len;
};

#define CODED SOS "ab\xff\0c\xff\xd0" "d\xff\xd7"
static const struct strip_row strips[] = {
	{ "nothing to drop", B(HEAD JFIF SOF("\xc0", "\0\1", "\0\1") CODED END),
		B(HEAD JFIF SOF("\xc0", "\0\1", "\0\1") CODED END) },
	{ "kept are colours", B(HEAD JFIF ICC ADOBE CODED END), B(HEAD JFIF ICC ADOBE CODED END) },
	{ "dropped is the rest", B(HEAD EXIF JFIF JFXX COMMENT MPF "\xff\xed\0\4ab" CODED END),
		B(HEAD JFIF CODED END) },
	{ "between scans too", B(HEAD CODED EXIF "\xff\xc4\0\4ab" CODED COMMENT END),
		B(HEAD CODED "\xff\xc4\0\4ab" CODED END) },
	{ "fill bytes", B(HEAD "\xff\xff\xff" EXIF CODED "\xff\xff" END),
		B(HEAD CODED "\xff\xff" END) },
	{ "what follows the end", B(HEAD CODED END "PK\3\4 a zip file"), B(HEAD CODED END) },
	{ "cut in the scan", B(HEAD CODED), NULL, 0 },
	{ "cut after 0xff", B(HEAD CODED "\xff"), NULL, 0 },
	{ "cut in a segment", B(HEAD "\xff\xe1\0\x40" "Exif"), NULL, 0 },
	{ "starts twice", B(HEAD HEAD CODED END), NULL, 0 },
	{ "bytes between", B(HEAD EXIF "x" CODED END), NULL, 0 },
	{ "no jpeg", B("\x89PNG"), NULL, 0 },
	{ "empty", B(""), NULL, 0 },
};

static void test_strip(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(strips); i++) {
		const struct strip_row *w = &strips[i];
		CLEANUP_FREE unsigned char *data = exact(w->in, w->in_len);
		struct buf out;
		int r;

		buf_init(&out, w->in_len);
		r = image_strip_jpeg(data, w->in_len, &out);
		if (r != (w->out ? 0 : -EINVAL))
			fail_msg("%s: %d", w->name, r);
		if (w->out && (out.len != w->out_len || memcmp(out.data, w->out, out.len) != 0))
			fail_msg("%s: %zu bytes instead of %zu", w->name, out.len, w->out_len);
		buf_finish(&out);
	}
}

#define SIDE 64

/* A real JPEG of noise with FLAGS, EXIF and a comment put in behind its head. */
static void make_jpeg(int flags, struct buf *out)
{
	static const char extra[] = EXIF COMMENT;
	tjhandle h = tjInitCompress();
	unsigned char pixels[SIDE * SIDE * 3], *jpeg = NULL;
	unsigned long len = 0;

	for (size_t i = 0; i < sizeof(pixels); i++)
		pixels[i] = (unsigned char)rand();
	assert_int_equal(tjCompress2(h, pixels, SIDE, 0, SIDE, TJPF_RGB, &jpeg, &len, TJSAMP_420,
		90,
		flags), 0);
	buf_add(out, jpeg, 2);
	buf_add(out, extra, sizeof(extra) - 1);
	buf_add(out, jpeg + 2, len - 2);
	tjFree(jpeg);
	tjDestroy(h);
}

static void decode(const struct buf *jpeg, unsigned char pixels[SIDE * SIDE * 3])
{
	tjhandle h = tjInitDecompress();

	assert_int_equal(tjDecompress2(h, (unsigned char *)jpeg->data, jpeg->len, pixels, SIDE, 0,
		SIDE,
		TJPF_RGB, TJFLAG_STOPONWARNING), 0);
	tjDestroy(h);
}

/* The same pixels before and after; nothing of the EXIF left. */
static void test_strip_real(void **state)
{
	static const int flags[] = { 0, TJFLAG_PROGRESSIVE };

	(void)state;
	srand(20261123);
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		unsigned char before[SIDE * SIDE * 3], after[SIDE * SIDE * 3];
		struct buf jpeg, out;
		struct image got;

		buf_init(&jpeg, 1 << 20);
		buf_init(&out, 1 << 20);
		make_jpeg(flags[i], &jpeg);
		assert_int_equal(image_strip_jpeg(jpeg.data, jpeg.len, &out), 0);
		assert_int_equal(out.len, jpeg.len - (sizeof(EXIF COMMENT) - 1));
		assert_null(memmem(out.data, out.len, "Exif", 4));
		assert_int_equal(image_sniff(out.data, out.len, &got, NULL), 0);
		assert_int_equal(got.width, SIDE);
		decode(&jpeg, before);
		decode(&out, after);
		assert_memory_equal(before, after, sizeof(before));
		buf_finish(&jpeg);
		buf_finish(&out);
	}
}

/* Damaged pictures: an error or a smaller file, never a byte outside. */
static void test_damage(void **state)
{
	unsigned seed = 7;
	struct buf jpeg;

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	buf_init(&jpeg, 1 << 20);
	make_jpeg(TJFLAG_PROGRESSIVE, &jpeg);
	for (int i = 0; i < 3000; i++) {
		size_t len = (size_t)rand() % (jpeg.len + 1);
		CLEANUP_FREE unsigned char *data = exact(jpeg.data, len);
		struct image got;
		struct buf out;

		for (int n = rand() % 6; len > 3 && n > 0; n--)
			data[3 + (size_t)rand() % (len - 3)] = (unsigned char)rand();
		buf_init(&out, len);
		if (!image_strip_jpeg(data, len, &out))
			assert_true(out.len <= len);
		if (image_sniff(data, len, &got, NULL) == 0)
			assert_true(got.width > 0 && got.height <= IMAGE_SIDE_MAX);
		buf_finish(&out);
	}
	buf_finish(&jpeg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sniff),
		cmocka_unit_test(test_too_many_bytes),
		cmocka_unit_test(test_strip),
		cmocka_unit_test(test_strip_real),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
