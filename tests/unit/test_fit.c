/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <unistd.h>

#include "codec.h"
#include "fit.h"
#include "json.h"

/* What an agent sends of a picture, by the real helper beside the agents' folder. */
static char folder[] = "/tmp/test-fit-XXXXXX";
static char path[96];

static int set_up(void **state UNUSED)
{
	if (!mkdtemp(folder))
		return -1;
	str_format_cut(path, sizeof(path), "%s/picture", folder);
	return 0;
}

static int tear_down(void **state UNUSED)
{
	return dir_remove(folder);
}

static void put(const void *data, size_t len)
{
	assert_int_equal(file_write_atomic(path, data, len, 0600), 0);
}

/* Noise, which does not compress, half of it seen through where ALPHA. */
static struct pixels *noise(int width, int height, bool alpha)
{
	struct pixels *p = pixels_new(width, height, alpha);
	uint32_t seed = 12345;

	for (int i = 0; i < width * height; i++) {
		seed = seed * 1664525u + 1013904223u;
		p->data[i] = alpha ? (i % width < width / 2 ? 0 : 0xff000000u | seed >> 8)
				   : seed >> 8;
	}
	return p;
}

static const char exif[] = "\xff\xe1\0\x22" "Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0SECRET-PLACE";

static void put_jpeg(int width, int height, bool with_exif)
{
	struct pixels *p = noise(width, height, false);
	struct buf b, out;

	buf_init(&b, 64u << 20);
	buf_init(&out, 64u << 20);
	assert_int_equal(codec_write_jpeg(p, 95, NULL, &b), 0);
	buf_add(&out, buf_cstr(&b), 2);
	if (with_exif)
		buf_add(&out, exif, sizeof(exif) - 1);
	buf_add(&out, buf_cstr(&b) + 2, b.len - 2);
	put(buf_cstr(&out), out.len);
	buf_finish(&out);
	buf_finish(&b);
	pixels_free(p);
}

static void put_png(int width, int height)
{
	struct pixels *p = noise(width, height, true);
	struct buf b;

	buf_init(&b, 64u << 20);
	assert_int_equal(codec_write_png(p, &b), 0);
	put(buf_cstr(&b), b.len);
	buf_finish(&b);
	pixels_free(p);
}

static bool holds(const char *data, size_t len, const char *word)
{
	return memmem(data, len, word, strlen(word)) != NULL;
}

/* The file as it is sent under F; a refusal gives its words in E. */
static int load(const struct fit *f, char **data, size_t *len, struct image *kind, struct err *e)
{
	struct image after;
	struct err why;
	int r = fit_load(f, path, data, len, kind, e);

	if (r) {
		assert_null(*data);
		assert_true(e->text[0]);
		return r;
	}
	assert_int_equal(image_look(*data, *len, &after, &why), 0);
	assert_string_equal(after.mime, kind->mime);
	assert_true(!f->max_width || after.width <= f->max_width);
	assert_true(!f->max_height || after.height <= f->max_height);
	assert_true(!f->max_bytes || (int64_t)*len <= f->max_bytes);
	return 0;
}

static void assert_sent(const struct fit *f, const char *mime, int width, int height)
{
	char *data = NULL;
	size_t len = 0;
	struct image kind;
	struct err e = { "" };

	if (load(f, &data, &len, &kind, &e))
		fail_msg("%s", e.text);
	assert_string_equal(kind.mime, mime);
	assert_false(holds(data, len, "Exif") || holds(data, len, "SECRET-PLACE"));
	if (width) {
		assert_int_equal(kind.width, width);
		assert_int_equal(kind.height, height);
	}
	free(data);
}

static void test_sizes(void **state UNUSED)
{
	put_jpeg(600, 400, true);
	assert_sent(&fit_of_blogs, "image/jpeg", 600, 400);
	/* Without any limit EXIF is left out all the same. */
	assert_sent(&(struct fit){ .max_width = 0 }, "image/jpeg", 600, 400);
	put_jpeg(1800, 900, true);
	assert_sent(&fit_of_blogs, "image/jpeg", 1200, 600);
	put_jpeg(900, 1800, false);
	assert_sent(&fit_of_blogs, "image/jpeg", 600, 1200);
	/* More than the bytes: whatever it takes. */
	put_jpeg(1200, 1200, false);
	assert_sent(&(struct fit){ .max_bytes = 100000 }, "image/jpeg", 0, 0);
}

static void test_alpha(void **state UNUSED)
{
	char *data = NULL;
	size_t len = 0;
	struct image kind;
	struct err e;

	put_png(1500, 600);
	if (load(&fit_of_blogs, &data, &len, &kind, &e))
		fail_msg("%s", e.text);
	assert_string_equal(kind.mime, "image/png");
	struct pixels *p = codec_read_png(data, len, &e);
	assert_non_null(p);
	assert_true(p->alpha && p->width <= 1200);
	assert_int_equal(p->data[p->width * (p->height / 2) + p->width / 4] >> 24, 0);
	assert_int_equal(p->data[p->width * (p->height / 2) + p->width * 3 / 4] >> 24, 0xff);
	pixels_free(p);
	free(data);
	/* On white where the blog wants JPEG. */
	assert_sent(&(struct fit){ .format = "jpeg", .max_width = 300 }, "image/jpeg", 300, 120);
}

static void assert_not(const struct fit *f, int want, const char *words)
{
	char *data = NULL;
	size_t len = 0;
	struct image kind;
	struct err e = { "" };

	assert_int_equal(load(f, &data, &len, &kind, &e), want);
	if (!strstr(e.text, words))
		fail_msg("'%s' is not in '%s'", words, e.text);
}

static void test_a_picture_that_cannot_be_sent(void **state UNUSED)
{
	static const char gif[] = "GIF89a\1\0\1\0\0\0\0;";
	CLEANUP_FREE char *data = NULL;
	size_t len;

	put("<html>no picture</html>", 23);
	assert_not(&fit_of_blogs, -EINVAL, "cannot be sent as a picture");
	put("", 0);
	assert_not(&fit_of_blogs, -EINVAL, "cannot be sent as a picture");
	/* Cut short: told from the end of it, whatever its header says. */
	put_jpeg(600, 400, true);
	assert_int_equal(file_read(path, 64u << 20, &data, &len), 0);
	put(data, len / 2);
	assert_not(&fit_of_blogs, -EINVAL, "picture");
	/* A header of 64 million pixels over a few bytes: nothing of it is decoded. */
	put_png(8, 8);
	free(data);
	assert_int_equal(file_read(path, 64u << 20, &data, &len), 0);
	memcpy(data + 16, "\0\0\x1f\x40\0\0\x1f\x40", 8);
	put(data, len);
	assert_not(&fit_of_blogs, -EINVAL, "more than can be taken");
	/* What cannot be converted goes as it is, or not at all. */
	put(gif, sizeof(gif) - 1);
	assert_sent(&fit_of_blogs, "image/gif", 1, 1);
	assert_not(&(struct fit){ .max_bytes = 10 }, -EINVAL, "only JPEG and PNG");
	assert_not(&(struct fit){ .format = "png" }, -EINVAL, "only JPEG and PNG");
	assert_int_equal(unlink(path), 0);
	assert_not(&fit_of_blogs, -ENOENT, "cannot be read");
}

static void test_a_setting(void **state UNUSED)
{
	static const struct {
		const char *config;
		int64_t width, bytes; /* -1: refused */
	} rows[] = {
		{ "{}", 1200, 2097152 },
		{ "{\"image_max_width\":800}", 800, 2097152 },
		{ "{\"image_max_width\":0,\"image_max_bytes\":0}", 0, 0 },
		{ "{\"image_max_width\":-1}", -1, 0 },
		{ "{\"image_max_width\":16385}", -1, 0 },
		{ "{\"image_max_bytes\":\"2MB\"}", -1, 0 },
		{ "{\"image_format\":\"webp\"}", -1, 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct value *config = NULL;
		struct fit f = fit_of_blogs;
		struct err e = { "" };

		assert_int_equal(json_parse(rows[i].config, strlen(rows[i].config), &config, &e), 0);
		bool good = fit_read_over(config, &f, &e);
		assert_int_equal(good, rows[i].width >= 0);
		assert_true(good || strstr(e.text, "image_"));
		assert_true(!good || (f.max_width == rows[i].width && f.max_height == 1200 &&
			f.max_bytes == rows[i].bytes));
		value_free(config);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_alpha),
		cmocka_unit_test(test_a_picture_that_cannot_be_sent),
		cmocka_unit_test(test_a_setting),
	};	if (getenv("CPAUTO_TEST_FILTER"))
		cmocka_set_test_filter(getenv("CPAUTO_TEST_FILTER"));
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
