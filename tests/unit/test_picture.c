/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <cairo.h>
#include <turbojpeg.h>
#include <zlib.h>

#include "buf.h"
#include "exif.h"
#include "util.h"

/* The real program, on pictures that are made here. */
#define PROGRAM BUILD "/cpauto-picture"
#define FILE_MAX (64u << 20)
#define RGB(r, g, b) ((uint32_t)(r) << 16 | (uint32_t)(g) << 8 | (uint32_t)(b))
#define RED RGB(255, 0, 0)
#define GREEN RGB(0, 255, 0)
#define BLUE RGB(0, 0, 255)
#define WHITE RGB(255, 255, 255)

static char folder[] = "/tmp/test-picture-XXXXXX";

struct run {
	int status; /* exit code, or 1000 and the signal */
	char out[256], err[1024];
};

static char *in_folder(const char *name)
{
	return xasprintf("%s/%s", folder, name);
}

static void write_bytes(const char *name, const struct buf *b)
{
	CLEANUP_FREE char *path = in_folder(name);

	assert_int_equal(file_write_atomic(path, buf_cstr(b), b->len, 0600), 0);
}

static void redirect(const char *name, int fd)
{
	CLEANUP_FREE char *path = in_folder(name);
	int opened = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (opened < 0 || dup2(opened, fd) < 0)
		_exit(99);
}

static void read_text(const char *name, char *out, size_t size)
{
	CLEANUP_FREE char *path = in_folder(name);
	char *text = NULL;

	assert_int_equal(file_read(path, FILE_MAX, &text, NULL), 0);
	str_format_cut(out, size, "%s", text);
	free(text);
}

/* OPTIONS by spaces, then IN and OUT. */
static void run(const char *options, const char *in, const char *out, struct run *r)
{
	CLEANUP_FREE char *words = xstrdup(options);
	char *argv[16] = { xstrdup(PROGRAM) }, *rest = words, *word;
	int n = 1, status;
	pid_t pid;

	while ((word = strsep(&rest, " ")))
		if (*word)
			argv[n++] = word;
	if (in)
		argv[n++] = in_folder(in);
	if (out)
		argv[n++] = in_folder(out);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		redirect("said", 1);
		redirect("wrong", 2);
		alarm(60);
		execv(PROGRAM, argv);
		_exit(99);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	r->status = WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
	read_text("said", r->out, sizeof(r->out));
	read_text("wrong", r->err, sizeof(r->err));
	if (out)
		free(argv[--n]);
	if (in)
		free(argv[--n]);
	free(argv[0]);
}

static bool is_there(const char *name)
{
	CLEANUP_FREE char *path = in_folder(name);

	return access(path, F_OK) == 0;
}

static void forget(const char *name)
{
	CLEANUP_FREE char *path = in_folder(name);

	unlink(path);
}

/* ---- making pictures ---- */

static uint32_t seed = 12345;

static uint32_t next_random(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

/* Four quarters, one colour each, from the top left on. */
static uint32_t *quarters(int width, int height, const uint32_t colours[4])
{
	uint32_t *p = xreallocarray(NULL, (size_t)width * (size_t)height, sizeof(*p));

	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++)
			p[y * width + x] = colours[(y >= height / 2) * 2 + (x >= width / 2)];
	return p;
}

static const uint32_t colours[4] = { RED, GREEN, BLUE, WHITE };

static void make_jpeg(const uint32_t *pixels, int width, int height, int format, struct buf *out)
{
	tjhandle h = tjInitCompress();
	unsigned char *data = NULL;
	unsigned long len = 0;

	assert_non_null(h);
	assert_int_equal(tjCompress2(h, (const unsigned char *)pixels, width, 0, height, format,
		&data, &len, format == TJPF_GRAY ? TJSAMP_GRAY : TJSAMP_444, 95, 0), 0);
	buf_init(out, FILE_MAX);
	buf_add(out, data, len);
	tjFree(data);
	tjDestroy(h);
}

/* SEGMENT, its marker and length too, behind the first two bytes. */
static void insert(struct buf *b, const void *segment, size_t len)
{
	struct buf with;

	buf_init(&with, FILE_MAX);
	buf_add(&with, buf_cstr(b), 2);
	buf_add(&with, segment, len);
	buf_add(&with, buf_cstr(b) + 2, b->len - 2);
	buf_finish(b);
	*b = with;
}

static void insert_orientation(struct buf *b, int orientation, bool little)
{
	unsigned char big_end[] = "\xff\xe1\0\x22" "Exif\0\0" "MM\0*\0\0\0\10" "\0\1"
		"\1\x12\0\3\0\0\0\1\0\0\0\0" "\0\0\0\0";
	unsigned char little_end[] = "\xff\xe1\0\x22" "Exif\0\0" "II*\0\10\0\0\0" "\1\0"
		"\x12\1\3\0\1\0\0\0\0\0\0\0" "\0\0\0\0";

	big_end[29] = (unsigned char)orientation;
	little_end[28] = (unsigned char)orientation;
	insert(b, little ? little_end : big_end, 36);
}

static void add_32(struct buf *b, uint32_t v)
{
	const char bytes[] = { (char)(v >> 24), (char)(v >> 16), (char)(v >> 8), (char)v };

	buf_add(b, bytes, sizeof(bytes));
}

static void add_chunk(struct buf *b, const char *type, const void *data, size_t len)
{
	uLong crc = crc32(crc32(0, NULL, 0), (const Bytef *)type, 4);

	if (len)
		crc = crc32(crc, data, (uInt)len);
	add_32(b, (uint32_t)len);
	buf_add(b, type, 4);
	buf_add(b, data, len);
	add_32(b, (uint32_t)crc);
}

/* ROWS as PNG has them, each with its filter's byte. */
static void make_png(int width, int height, int depth, int type, const void *rows, size_t len,
	struct buf *out)
{
	uLongf packed_len = compressBound(len);
	CLEANUP_FREE unsigned char *packed = xmalloc(packed_len);
	struct buf header;

	assert_int_equal(compress2(packed, &packed_len, rows, len, 6), Z_OK);
	buf_init(&header, 32);
	add_32(&header, (uint32_t)width);
	add_32(&header, (uint32_t)height);
	buf_char(&header, (char)depth);
	buf_char(&header, (char)type);
	buf_add(&header, "\0\0\0", 3);
	buf_init(out, FILE_MAX);
	buf_add(out, "\x89PNG\r\n\x1a\n", 8);
	add_chunk(out, "IHDR", buf_cstr(&header), header.len);
	add_chunk(out, "tEXt", "Comment\0secret place", 20);
	add_chunk(out, "IDAT", packed, packed_len);
	add_chunk(out, "IEND", NULL, 0);
	buf_finish(&header);
}

/* ---- looking at results ---- */

struct seen {
	int width, height;
	uint32_t *pixels; /* xRGB or ARGB, premultiplied */
};

static void look_jpeg(const char *data, size_t len, struct seen *s)
{
	const unsigned char *p = (const unsigned char *)data;
	tjhandle h = tjInitDecompress();
	int sampling, space;

	assert_non_null(h);
	assert_int_equal(tjDecompressHeader3(h, p, len, &s->width, &s->height, &sampling, &space), 0);
	assert_int_equal(space, TJCS_YCbCr);
	s->pixels = xreallocarray(NULL, (size_t)s->width * (size_t)s->height, 4);
	assert_int_equal(tjDecompress2(h, p, len, (unsigned char *)s->pixels, s->width, 0, s->height,
		TJPF_BGRX, TJFLAG_STOPONWARNING), 0);
	tjDestroy(h);
}

static void look_png(const char *path, struct seen *s)
{
	cairo_surface_t *c = cairo_image_surface_create_from_png(path);

	assert_int_equal(cairo_surface_status(c), CAIRO_STATUS_SUCCESS);
	s->width = cairo_image_surface_get_width(c);
	s->height = cairo_image_surface_get_height(c);
	s->pixels = xreallocarray(NULL, (size_t)s->width * (size_t)s->height, 4);
	for (int y = 0; y < s->height; y++)
		memcpy(s->pixels + y * s->width, cairo_image_surface_get_data(c) +
			(size_t)y * (size_t)cairo_image_surface_get_stride(c),
			(size_t)s->width * 4);
	cairo_surface_destroy(c);
}

static void look(const char *name, struct seen *s)
{
	CLEANUP_FREE char *path = in_folder(name);
	CLEANUP_FREE char *data = NULL;
	size_t len;

	assert_int_equal(file_read(path, FILE_MAX, &data, &len), 0);
	if (str_starts(data, "\x89PNG"))
		look_png(path, s);
	else
		look_jpeg(data, len, s);
}

static bool near(uint32_t a, uint32_t b, int tolerance)
{
	for (int i = 0; i < 24; i += 8)
		if (abs((int)(a >> i & 255) - (int)(b >> i & 255)) > tolerance)
			return false;
	return true;
}

static uint32_t corner(const struct seen *s, int which)
{
	int x = which % 2 ? s->width - s->width / 4 : s->width / 4;
	int y = which / 2 ? s->height - s->height / 4 : s->height / 4;

	return s->pixels[y * s->width + x];
}

static void assert_corners(const struct seen *s, const uint32_t wanted[4], int tolerance,
	const char *what)
{
	for (int i = 0; i < 4; i++)
		if (!near(corner(s, i), wanted[i], tolerance))
			fail_msg("%s: corner %d is %06x, not %06x", what, i,
				corner(s, i) & 0xffffff, wanted[i] & 0xffffff);
}

static bool holds(const char *name, const char *what, size_t what_len)
{
	CLEANUP_FREE char *path = in_folder(name);
	CLEANUP_FREE char *data = NULL;
	size_t len;

	assert_int_equal(file_read(path, FILE_MAX, &data, &len), 0);
	return memmem(data, len, what, what_len) != NULL;
}

/* ---- tests ---- */

/* TIFF 6.0, tag 274: which corner of what is stored is shown at top left, top right, … */
static void test_orientation(void **state UNUSED)
{
	static const int shown[9][4] = { { 0, 1, 2, 3 }, { 0, 1, 2, 3 }, { 1, 0, 3, 2 },
		{ 3, 2, 1, 0 }, { 2, 3, 0, 1 }, { 0, 2, 1, 3 }, { 2, 0, 3, 1 }, { 3, 1, 2, 0 },
		{ 1, 3, 0, 2 } };
	static const char *const options[] = { "", "--max-width=20", "--max-height=20",
		"--format=png" };

	for (int i = 0; i < 9 * 8; i++) {
		CLEANUP_FREE uint32_t *pixels = quarters(64, 32, colours);
		int orientation = i / 8;
		bool turned = orientation >= 5;
		uint32_t wanted[4];
		struct buf jpeg;
		struct seen s;
		struct run r;

		for (int c = 0; c < 4; c++)
			wanted[c] = colours[shown[orientation][c]];
		make_jpeg(pixels, 64, 32, TJPF_BGRX, &jpeg);
		insert_orientation(&jpeg, orientation, i % 2);
		write_bytes("in", &jpeg);
		run(options[i % 8 / 2], "in", "out", &r);
		if (r.status)
			fail_msg("orientation %d: %d %s", orientation, r.status, r.err);
		look("out", &s);
		assert_corners(&s, wanted, 40, r.out);
		/* Within rounding: 64 x 32 or that turned. */
		int longer = turned ? s.height : s.width, shorter = turned ? s.width : s.height;
		assert_in_range(longer, 2 * shorter - 1, 2 * shorter + 1);
		assert_false(holds("out", "Exif", 4));
		free(s.pixels);
		buf_finish(&jpeg);
	}
}

static void test_sizes(void **state UNUSED)
{
	static const struct {
		int width, height;
		const char *options;
		int wanted_width, wanted_height;
	} rows[] = {
		{ 800, 600, "--max-width=400", 400, 300 },
		{ 800, 600, "--max-height=60", 80, 60 },
		{ 800, 600, "--max-width=400 --max-height=150", 200, 150 },
		{ 800, 600, "--max-width=800", 800, 600 },
		{ 800, 600, "--max-width=16384", 800, 600 },
		{ 800, 601, "--max-width=799", 799, 600 },
		{ 2000, 2, "--max-width=100", 100, 1 },
		{ 1, 1, "--max-width=1", 1, 1 },
		{ 3000, 2000, "--max-width=600", 600, 400 },
	};

	for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
		int w = rows[i / 2].width, h = rows[i / 2].height;
		CLEANUP_FREE uint32_t *pixels = quarters(w, h, colours);
		CLEANUP_FREE char *options = xasprintf("%s --format=%s", rows[i / 2].options,
			i % 2 ? "png" : "jpeg");
		struct buf jpeg;
		struct seen s;
		struct run r;

		make_jpeg(pixels, w, h, TJPF_BGRX, &jpeg);
		write_bytes("in", &jpeg);
		run(options, "in", "out", &r);
		assert_int_equal(r.status, 0);
		look("out", &s);
		assert_int_equal(s.width, rows[i / 2].wanted_width);
		assert_int_equal(s.height, rows[i / 2].wanted_height);
		CLEANUP_FREE char *said = xasprintf("image/%s %d %d ", i % 2 ? "png" : "jpeg",
			s.width, s.height);
		assert_true(str_starts(r.out, said));
		if (s.width >= 8 && s.height >= 8)
			assert_corners(&s, colours, 25, rows[i / 2].options);
		free(s.pixels);
		buf_finish(&jpeg);
	}
}

/* Each pixel of the source counts: a fine grid becomes grey, to the very edges. */
static void test_quality_of_shrinking(void **state UNUSED)
{
	unsigned char rows[128 * (1 + 3 * 128)], *at = rows;
	struct buf png;
	struct seen s;
	struct run r;

	for (int y = 0; y < 128; y++) {
		*at++ = 0;
		for (int x = 0; x < 128; x++, at += 3)
			memset(at, (x + y) % 2 ? 255 : 0, 3);
	}
	make_png(128, 128, 8, 2, rows, sizeof(rows), &png);
	write_bytes("in", &png);
	run("--max-width=32", "in", "out", &r);
	assert_int_equal(r.status, 0);
	look("out", &s);
	for (int i = 0; i < s.width * s.height; i++)
		if (!near(s.pixels[i], RGB(128, 128, 128), 20))
			fail_msg("pixel %d is %06x", i, s.pixels[i] & 0xffffff);
	assert_false(holds("out", "secret place", 12));
	free(s.pixels);
	buf_finish(&png);
}

/* Red without black ink, as Adobe writes it: 255 is no ink. */
static void test_cmyk(void **state UNUSED)
{
	unsigned char pixels[32 * 32][4];
	struct buf jpeg;
	struct seen s;
	struct run r;

	for (size_t i = 0; i < ARRAY_LEN(pixels); i++)
		memcpy(pixels[i], "\xff\0\0\xff", 4);
	make_jpeg((const uint32_t *)(const void *)pixels, 32, 32, TJPF_CMYK, &jpeg);
	write_bytes("in", &jpeg);
	run("", "in", "out", &r);
	assert_int_equal(r.status, 0);
	look("out", &s);
	assert_true(near(s.pixels[5 * 32 + 5], RED, 12));
	free(s.pixels);
	buf_finish(&jpeg);
}

static void test_grey(void **state UNUSED)
{
	unsigned char pixels[32 * 32];
	struct buf jpeg;
	struct seen s;
	struct run r;

	memset(pixels, 90, sizeof(pixels));
	make_jpeg((const uint32_t *)(const void *)pixels, 32, 32, TJPF_GRAY, &jpeg);
	write_bytes("in", &jpeg);
	run("--max-width=16", "in", "out", &r);
	assert_int_equal(r.status, 0);
	look("out", &s);
	assert_true(near(s.pixels[5 * 16 + 5], RGB(90, 90, 90), 4));
	free(s.pixels);
	buf_finish(&jpeg);
}

/* 16 bits a channel, and an alpha that shows the white of a JPEG behind it. */
static void test_png_kinds(void **state UNUSED)
{
	static const struct {
		int depth, type;
		const char *pixel;
		size_t len;
		uint32_t jpeg, png;
	} rows[] = {
		{ 16, 2, "\xff\xff\x80\x11\0\0", 6, RGB(255, 128, 0), 0xff000000 | RGB(255, 128, 0) },
		{ 16, 6, "\xff\xff\0\0\0\0\x80\x80", 8, RGB(255, 127, 127), 0x80000000 | RGB(128, 0, 0) },
		{ 8, 6, "\0\0\xff\0", 4, WHITE, 0 },
		{ 8, 0, "\x40", 1, RGB(64, 64, 64), 0xff000000 | RGB(64, 64, 64) },
		{ 16, 0, "\x40\xff", 2, RGB(64, 64, 64), 0xff000000 | RGB(64, 64, 64) },
		{ 16, 4, "\0\0\x40\0", 4, RGB(191, 191, 191), 0x40000000 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf all, png;
		struct seen s;
		struct run r;

		buf_init(&all, FILE_MAX);
		for (int y = 0; y < 16; y++) {
			buf_add(&all, "", 1);
			for (int x = 0; x < 16; x++)
				buf_add(&all, rows[i].pixel, rows[i].len);
		}
		make_png(16, 16, rows[i].depth, rows[i].type, buf_cstr(&all), all.len, &png);
		write_bytes("in", &png);
		run("--format=jpeg", "in", "out", &r);
		assert_int_equal(r.status, 0);
		look("out", &s);
		if (!near(s.pixels[100], rows[i].jpeg, 6))
			fail_msg("row %zu: %06x", i, s.pixels[100]);
		free(s.pixels);
		run("", "in", "out", &r);
		assert_int_equal(r.status, 0);
		look("out", &s);
		if (!near(s.pixels[100], rows[i].png, 2) ||
				(rows[i].png >> 24 != 255 &&
				abs((int)(s.pixels[100] >> 24) - (int)(rows[i].png >> 24)) > 2))
			fail_msg("row %zu: %08x", i, s.pixels[100]);
		free(s.pixels);
		buf_finish(&all);
		buf_finish(&png);
	}
}

/* What needs no change is not encoded again; EXIF and what follows the end go all the same. */
static void test_kept(void **state UNUSED)
{
	CLEANUP_FREE uint32_t *pixels = quarters(64, 32, colours);
	CLEANUP_FREE char *path = in_folder("out");
	CLEANUP_FREE char *data = NULL;
	struct buf jpeg, plain;
	struct run r;
	size_t len;

	make_jpeg(pixels, 64, 32, TJPF_BGRX, &plain);
	make_jpeg(pixels, 64, 32, TJPF_BGRX, &jpeg);
	insert_orientation(&jpeg, 1, false);
	buf_str(&jpeg, "what follows");
	write_bytes("in", &jpeg);
	run("--max-width=64", "in", "out", &r);
	assert_int_equal(r.status, 0);
	/* And on standard output, where nothing but the picture is. */
	CLEANUP_FREE char *in = in_folder("in");
	CLEANUP_FREE char *said = in_folder("said");
	CLEANUP_FREE char *both = xasprintf("%s -", in);
	CLEANUP_FREE char *printed = NULL;
	run(both, NULL, NULL, &r);
	assert_int_equal(r.status, 0);
	assert_int_equal(file_read(said, FILE_MAX, &printed, &len), 0);
	assert_int_equal(len, plain.len);
	assert_memory_equal(printed, buf_cstr(&plain), len);
	assert_int_equal(file_read(path, FILE_MAX, &data, &len), 0);
	assert_int_equal(len, plain.len);
	assert_memory_equal(data, buf_cstr(&plain), len);
	buf_finish(&plain);
	buf_finish(&jpeg);
}

/* The colour profile goes along when it is encoded again. */
static void test_profile(void **state UNUSED)
{
	static const char icc[] = "\xff\xe2\0\x14ICC_PROFILE\0\1\1abcd";
	CLEANUP_FREE uint32_t *pixels = quarters(64, 32, colours);
	struct buf jpeg;
	struct seen s;
	struct run r;

	make_jpeg(pixels, 64, 32, TJPF_BGRX, &jpeg);
	insert(&jpeg, icc, 22);
	write_bytes("in", &jpeg);
	run("--max-width=32", "in", "out", &r);
	assert_int_equal(r.status, 0);
	assert_true(holds("out", icc, 22));
	look("out", &s);
	assert_corners(&s, colours, 25, "profile");
	free(s.pixels);
	buf_finish(&jpeg);
}

static uint32_t *noise(int side)
{
	uint32_t *p = xreallocarray(NULL, (size_t)side * (size_t)side, sizeof(*p));

	for (int i = 0; i < side * side; i++)
		p[i] = next_random();
	return p;
}

static void test_bytes(void **state UNUSED)
{
	static const struct {
		const char *options;
		int status;
		long most;
	} rows[] = {
		{ "--max-bytes=40000", 0, 40000 },
		{ "--max-bytes=4000", 0, 4000 },
		{ "--max-bytes=40000 --format=png", 0, 40000 },
		{ "--max-bytes=100", EX_DATAERR, 0 },
	};
	CLEANUP_FREE uint32_t *pixels = noise(300);
	struct buf jpeg;

	make_jpeg(pixels, 300, 300, TJPF_BGRX, &jpeg);
	write_bytes("in", &jpeg);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP_FREE char *path = in_folder("out");
		struct stat st;
		struct seen s;
		struct run r;

		forget("out");
		run(rows[i].options, "in", "out", &r);
		assert_int_equal(r.status, rows[i].status);
		assert_int_equal(is_there("out"), rows[i].status == 0);
		if (r.status)
			continue;
		assert_int_equal(stat(path, &st), 0);
		assert_true(st.st_size > 0 && st.st_size <= rows[i].most);
		assert_int_equal(st.st_mode & 07777, 0600);
		look("out", &s);
		assert_int_equal(s.width, s.height);
		free(s.pixels);
	}
	buf_finish(&jpeg);
}

/* One line with the reason, the right code, and no file. */
static void assert_refused(const char *what, const char *options, int status, const char *reason)
{
	struct run r;

	forget("out");
	run(options, "in", "out", &r);
	if (r.status != status || !strstr(r.err, reason))
		fail_msg("%s: %d '%s'", what, r.status, r.err);
	assert_string_equal(r.out, "");
	assert_ptr_equal(strchr(r.err, '\n'), r.err + strlen(r.err) - 1);
	assert_false(is_there("out"));
}

static void test_cut_short(void **state UNUSED)
{
	CLEANUP_FREE uint32_t *pixels = noise(100);
	unsigned char rows[64 * (1 + 3 * 64)];
	struct buf whole[2];

	for (size_t i = 0; i < sizeof(rows); i++)
		rows[i] = i % (1 + 3 * 64) ? (unsigned char)next_random() : 0;
	make_jpeg(pixels, 100, 100, TJPF_BGRX, &whole[0]);
	make_png(64, 64, 8, 2, rows, sizeof(rows), &whole[1]);
	for (int i = 0; i < 2; i++) {
		/* Half, almost whole, without the end mark alone; the header alone. */
		const size_t lengths[] = { whole[i].len / 2, whole[i].len * 95 / 100,
			whole[i].len - (i ? 14 : 2), 700, 40, 20 };

		for (size_t n = 0; n < ARRAY_LEN(lengths); n++) {
			struct buf part;

			buf_init(&part, FILE_MAX);
			buf_add(&part, buf_cstr(&whole[i]), lengths[n]);
			write_bytes("in", &part);
			assert_refused("cut short", n % 2 ? "" : "--max-width=10", EX_DATAERR, "damaged");
			buf_finish(&part);
		}
		buf_finish(&whole[i]);
	}
}

/* Said by the header, before anything is decoded. */
static void test_too_large(void **state UNUSED)
{
	static const char sof[] = "\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff\3\1\x22\0\2\x11\1\3\x11\1";
	static const struct {
		int width, height;
	} sizes[] = { { 30000, 30000 }, { 16385, 1 }, { 1, 16385 }, { 8000, 8000 },
		{ 0x7fffffff, 0x7fffffff } };
	CLEANUP_FREE char *path = in_folder("in");
	struct buf b;

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		make_png(sizes[i].width, sizes[i].height, 8, 2, "", 0, &b);
		write_bytes("in", &b);
		assert_refused("png", "", EX_DATAERR, "more than can be taken");
		buf_finish(&b);
	}
	buf_init(&b, FILE_MAX);
	buf_add(&b, sof, sizeof(sof));
	write_bytes("in", &b);
	assert_refused("jpeg", "", EX_DATAERR, "65535 x 65535");
	buf_finish(&b);
	assert_int_equal(truncate(path, (32 << 20) + 1), 0);
	assert_refused("a long file", "", EX_DATAERR, "32 MiB");
}

static void test_other_kinds(void **state UNUSED)
{
	static const struct {
		const char *data;
		size_t len;
		const char *reason;
	} rows[] = {
		{ "GIF89a\1\0\1\0\0\0\0;", 14, "only JPEG and PNG" },
		{ "RIFF\x1e\0\0\0WEBPVP8L\x11\0\0\0\x2f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 38,
			"only JPEG and PNG" },
		{ "<svg xmlns='http://www.w3.org/2000/svg'/>", 41, "no JPEG" },
		{ "", 0, "no JPEG" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf b;

		buf_init(&b, 100);
		buf_add(&b, rows[i].data, rows[i].len);
		write_bytes("in", &b);
		assert_refused(rows[i].reason, "", EX_DATAERR, rows[i].reason);
		buf_finish(&b);
	}
}

static void test_command_line(void **state UNUSED)
{
	static const struct {
		const char *options, *in, *out;
		int status;
	} rows[] = {
		{ "", "in", NULL, EX_USAGE },
		{ "", NULL, NULL, EX_USAGE },
		{ "--max-width=0", "in", "out", EX_USAGE },
		{ "--max-width=abc", "in", "out", EX_USAGE },
		{ "--max-width=99999", "in", "out", EX_USAGE },
		{ "--quality=101", "in", "out", EX_USAGE },
		{ "--format=gif", "in", "out", EX_USAGE },
		{ "--wrong", "in", "out", EX_USAGE },
		{ "--max-width", NULL, NULL, EX_USAGE },
		{ "", "nowhere", "out", EX_NOINPUT },
		{ "", ".", "out", EX_NOINPUT },
		{ "", "in", "no/such/folder", EX_CANTCREAT },
		{ "--help", NULL, NULL, 0 },
		{ "--version", NULL, NULL, 0 },
		{ "--quality=30 --max-bytes=100000", "in", "out", 0 },
	};
	CLEANUP_FREE uint32_t *pixels = quarters(16, 16, colours);
	struct buf jpeg;

	make_jpeg(pixels, 16, 16, TJPF_BGRX, &jpeg);
	write_bytes("in", &jpeg);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct run r;

		run(rows[i].options, rows[i].in, rows[i].out, &r);
		if (r.status != rows[i].status)
			fail_msg("row %zu: %d '%s'", i, r.status, r.err);
		assert_true(r.status ? *r.err && !*r.out : *r.out && !*r.err);
	}
	buf_finish(&jpeg);
}

/* Whatever is changed: a picture that can be read, or 65 and none. */
static void test_changed_bytes(void **state UNUSED)
{
	int rounds = getenv("CPAUTO_TEST_QUICK") ? 20 : 200;
	CLEANUP_FREE uint32_t *pixels = quarters(48, 48, colours);
	unsigned char rows[48 * (1 + 3 * 48)] = { 0 };
	struct buf whole[2];

	print_message("seed %u\n", seed);
	make_jpeg(pixels, 48, 48, TJPF_BGRX, &whole[0]);
	insert_orientation(&whole[0], 6, true);
	make_png(48, 48, 8, 2, rows, sizeof(rows), &whole[1]);
	for (int i = 0; i < rounds; i++) {
		const struct buf *from = &whole[i % 2];
		struct buf b;
		struct run r;

		buf_init(&b, FILE_MAX);
		buf_add(&b, buf_cstr(from), from->len);
		for (uint32_t n = next_random() % 4; n < 4; n++)
			b.data[2 + next_random() % (b.len - 2)] = (char)next_random();
		write_bytes("in", &b);
		forget("out");
		run("--max-width=30", "in", "out", &r);
		if (r.status != 0 && r.status != EX_DATAERR)
			fail_msg("round %d: %d '%s'", i, r.status, r.err);
		assert_int_equal(is_there("out"), r.status == 0);
		if (r.status == 0) {
			struct seen s;

			look("out", &s);
			free(s.pixels);
		}
		buf_finish(&b);
	}
	buf_finish(&whole[0]);
	buf_finish(&whole[1]);
}

/* No prefix of a header, and no change in it, is read beyond its end. */
static void test_exif_bounds(void **state UNUSED)
{
	CLEANUP_FREE uint32_t *pixels = quarters(16, 16, colours);
	struct buf jpeg;
	struct exif x;

	make_jpeg(pixels, 16, 16, TJPF_BGRX, &jpeg);
	insert_orientation(&jpeg, 6, false);
	exif_read(buf_cstr(&jpeg), jpeg.len, &x);
	assert_int_equal(x.orientation, 6);
	exif_finish(&x);
	for (size_t i = 0; i < 400; i++) {
		size_t len = i < 60 ? i : 40 + next_random() % 40;
		char *copy = xmalloc(len ? len : 1);

		memcpy(copy, buf_cstr(&jpeg), len);
		if (i >= 60)
			copy[2 + next_random() % 38] = (char)next_random();
		exif_read(copy, len, &x);
		assert_in_range(x.orientation, 1, 8);
		exif_finish(&x);
		free(copy);
	}
	buf_finish(&jpeg);
}

static int make_folder(void **state UNUSED)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state UNUSED)
{
	return dir_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orientation),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_quality_of_shrinking),
		cmocka_unit_test(test_cmyk),
		cmocka_unit_test(test_grey),
		cmocka_unit_test(test_png_kinds),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_profile),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_other_kinds),
		cmocka_unit_test(test_command_line),
		cmocka_unit_test(test_changed_bytes),
		cmocka_unit_test(test_exif_bounds),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
