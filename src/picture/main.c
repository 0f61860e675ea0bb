/* SPDX-License-Identifier: MIT */

/*
 * cpauto-picture: one picture in, one out, within limits; started for each by
 * who needs it, so that decoders of what came from outside never run in a
 * program that lives on. What comes out has no EXIF.
 */
#include <errno.h>
#include <getopt.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "codec.h"
#include "image.h"

#define CPU_SECONDS 30
#define OUT_MAX (64u << 20)
#define OUT_MODE 0600
#define QUALITY 85
#define QUALITY_LEAST 50
#define QUALITY_STEP 10
#define SIDE_LEAST 16 /* smaller than that no limit of bytes is worth it */

enum format { KEEP, JPEG, PNG };
static const char *const format_names[] = { "keep", "jpeg", "png" };

struct job {
	const char *in, *out;
	int64_t max_width, max_height, max_bytes, quality;
	enum format format;
	/* What was read. */
	char *data;
	size_t len;
	struct image image;
	struct exif exif;
	struct pixels *pixels;
	bool rgb;
	/* What is to be written. */
	int width, height;
	struct buf result;
};

static const struct option long_options[] = {
	{ "max-width", required_argument, NULL, 'w' },
	{ "max-height", required_argument, NULL, 'h' },
	{ "max-bytes", required_argument, NULL, 'b' },
	{ "format", required_argument, NULL, 'f' },
	{ "quality", required_argument, NULL, 'q' },
	{ "help", no_argument, NULL, '?' + 256 },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static const char usage[] =
	N_("usage: cpauto-picture [OPTION...] IN OUT\n"
	"Reads a JPEG or PNG, turns it as its EXIF says, makes it fit, writes OUT whole or\n"
	"not at all, without EXIF, and prints: TYPE WIDTH HEIGHT BYTES\n"
	"OUT may be -: the picture goes to standard output, and nothing else does.\n"
	"  --max-width=N    pixels, 1 to 16384\n"
	"  --max-height=N   pixels, 1 to 16384\n"
	"  --max-bytes=N    of OUT: quality, then size is given up for it\n"
	"  --format=F       jpeg, png or keep, what it is (default)\n"
	"  --quality=N      of a JPEG, 1 to 100 (default 85)\n"
	"  --help, --version\n");

static int set_number(const char *name, const char *text, int64_t max, int64_t *ret)
{
	if (!parse_int64(text, 1, max, ret))
		return 0;
	fprintf(stderr, _("cpauto-picture: --%s takes a number from 1 to %lld, not '%s'\n"), name,
		(long long)max, text);
	return -EINVAL;
}

static int set_format(const char *text, enum format *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(format_names); i++) {
		if (str_eq(text, format_names[i])) {
			*ret = (enum format)i;
			return 0;
		}
	}
	fprintf(stderr, _("cpauto-picture: --format is jpeg, png or keep, not '%s'\n"), text);
	return -EINVAL;
}

static int set_option(struct job *j, int which)
{
	switch (which) {
	case 'w':
		return set_number("max-width", optarg, CODEC_SIDE_MAX, &j->max_width);
	case 'h':
		return set_number("max-height", optarg, CODEC_SIDE_MAX, &j->max_height);
	case 'b':
		return set_number("max-bytes", optarg, OUT_MAX, &j->max_bytes);
	case 'q':
		return set_number("quality", optarg, 100, &j->quality);
	case 'f':
		return set_format(optarg, &j->format);
	default:
		fprintf(stderr, _("cpauto-picture: see cpauto-picture --help\n"));
		return -EINVAL;
	}
}

/* -1: go on; else the exit code. */
static int read_command(int argc, char **argv, struct job *j)
{
	int which;

	opterr = 0;
	while ((which = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (which == '?' + 256 || which == 'V') {
			printf("%s", which == 'V' ? "cpauto-picture " VERSION "\n" : tr(usage));
			return EX_OK;
		}
		if (set_option(j, which))
			return EX_USAGE;
	}
	if (argc - optind != 2) {
		fprintf(stderr, _("cpauto-picture: takes two files, IN and OUT; see --help\n"));
		return EX_USAGE;
	}
	j->in = argv[optind];
	j->out = argv[optind + 1];
	return -1;
}

static int fail(const struct job *j, int code, const char *why)
{
	fprintf(stderr, "cpauto-picture: %s: %s\n", j->in, tr(why));
	return code;
}

static int load(struct job *j)
{
	int r = file_read(j->in, CODEC_BYTES_MAX, &j->data, &j->len);
	struct err e = { "" };

	if (r == -EFBIG)
		return fail(j, EX_DATAERR, "the file is larger than 32 MiB");
	if (r)
		return fail(j, EX_NOINPUT, tr_errno(-r));
	if (image_look(j->data, j->len, &j->image, &e))
		return fail(j, EX_DATAERR, e.text);
	if (!str_eq(j->image.ext, "jpg") && !str_eq(j->image.ext, "png"))
		return fail(j, EX_DATAERR, "only JPEG and PNG can be converted: save it as one "
			"of these, or send it as it is");
	if (j->image.width <= CODEC_SIDE_MAX && j->image.height <= CODEC_SIDE_MAX &&
			(int64_t)j->image.width * j->image.height <= CODEC_PIXELS_MAX)
		return EX_OK;
	err_set(&e, 0, "the picture is %d x %d pixels, more than can be taken (%d on a side, %d "
		"in all)", j->image.width, j->image.height, CODEC_SIDE_MAX, CODEC_PIXELS_MAX);
	return fail(j, EX_DATAERR, e.text);
}

/* SIDE by the ratio of PART to WHOLE, rounded, at least 1. */
static int scaled(int side, int64_t part, int64_t whole)
{
	int64_t n = (side * part + whole / 2) / whole;

	return n < 1 ? 1 : (int)n;
}

/* The size of the result, turned as it will be. */
static void plan(struct job *j)
{
	bool turned = j->exif.orientation >= 5;
	int w = turned ? j->image.height : j->image.width;
	int h = turned ? j->image.width : j->image.height;

	if (j->max_width && w > j->max_width) {
		h = scaled(h, j->max_width, w);
		w = (int)j->max_width;
	}
	if (j->max_height && h > j->max_height) {
		w = scaled(w, j->max_height, h);
		h = (int)j->max_height;
	}
	j->width = w;
	j->height = h;
}

static int decode(struct job *j)
{
	bool turned = j->exif.orientation >= 5;
	struct err e = { "" };

	if (str_eq(j->image.ext, "jpg"))
		j->pixels = codec_read_jpeg(j->data, j->len, &j->exif,
			turned ? j->height : j->width, turned ? j->width : j->height, &j->rgb, &e);
	else
		j->pixels = codec_read_png(j->data, j->len, &e);
	return j->pixels ? EX_OK : fail(j, EX_DATAERR, *e.text ? e.text :
		"the decoder does not start");
}

static bool fits(const struct job *j)
{
	return !j->max_bytes || (int64_t)j->result.len <= j->max_bytes;
}

/* A JPEG that needs no change loses nothing but what does not belong to the picture. */
static bool keep_as_it_is(struct job *j)
{
	if (j->format == PNG || !str_eq(j->image.ext, "jpg") || j->exif.orientation != 1 ||
			!j->rgb || j->width != j->image.width || j->height != j->image.height)
		return false;
	if (!image_strip_jpeg(j->data, j->len, &j->result) && fits(j))
		return true;
	buf_reset(&j->result);
	return false;
}

static int encode(struct job *j, int quality)
{
	buf_reset(&j->result);
	if (j->format == PNG)
		return codec_write_png(j->pixels, &j->result);
	return codec_write_jpeg(j->pixels, quality, j->rgb ? &j->exif.icc : NULL, &j->result);
}

/* Quality is given up first, a little; then size. */
static int encode_to_fit(struct job *j)
{
	int quality = (int)j->quality;

	for (;;) {
		j->pixels = codec_scale(j->pixels, j->width, j->height);
		if (!j->pixels || encode(j, quality))
			return fail(j, EX_SOFTWARE, "the picture cannot be encoded");
		if (fits(j))
			return EX_OK;
		if (j->format == JPEG && quality - QUALITY_STEP >= QUALITY_LEAST) {
			quality -= QUALITY_STEP;
			continue;
		}
		j->width = scaled(j->width, 4, 5);
		j->height = scaled(j->height, 4, 5);
		if (j->width < SIDE_LEAST || j->height < SIDE_LEAST)
			return fail(j, EX_DATAERR, "cannot be made as small as --max-bytes says");
	}
}

static int convert(struct job *j)
{
	int code = load(j);

	if (code)
		return code;
	if (str_eq(j->image.ext, "jpg"))
		exif_read(j->data, j->len, &j->exif);
	plan(j);
	code = decode(j);
	if (code || keep_as_it_is(j))
		return code;
	if (j->format == KEEP)
		j->format = str_eq(j->image.ext, "png") ? PNG : JPEG;
	if (j->format == JPEG)
		pixels_flatten(j->pixels);
	j->pixels = pixels_orient(j->pixels, j->exif.orientation);
	return encode_to_fit(j);
}

static int store(const struct job *j)
{
	int r;

	if (str_eq(j->out, "-"))
		return fd_write_all(STDOUT_FILENO, buf_cstr(&j->result), j->result.len) ?
			EX_IOERR : EX_OK;
	r = file_write_atomic(j->out, buf_cstr(&j->result), j->result.len, OUT_MODE);

	if (r) {
		fprintf(stderr, _("cpauto-picture: %s: cannot be written: %s\n"), j->out,
			tr_errno(-r));
		return EX_CANTCREAT;
	}
	printf("image/%s %d %d %zu\n", j->format == PNG ? "png" : "jpeg", j->width, j->height,
		j->result.len);
	return fflush(stdout) ? EX_IOERR : EX_OK;
}

int main(int argc, char **argv)
{
	const struct rlimit cpu = { CPU_SECONDS, CPU_SECONDS }, none = { 0, 0 };
	struct job j = { .quality = QUALITY };
	int code;

	tr_init("auto", NULL);
	code = read_command(argc, argv, &j);

	if (code >= 0)
		return code;
	/* A bound against what the limits of size do not catch; failing to set it is no harm. */
	setrlimit(RLIMIT_CPU, &cpu);
	setrlimit(RLIMIT_CORE, &none);
	j.exif.orientation = 1;
	buf_init(&j.result, OUT_MAX);
	code = convert(&j);
	if (!code)
		code = store(&j);
	buf_finish(&j.result);
	exif_finish(&j.exif);
	pixels_free(j.pixels);
	free(j.data);
	return code;
}
