/* SPDX-License-Identifier: MIT */
/* A picture through the codec, smaller and back: what we write we can read. */
#include "fuzz.h"

#include "codec.h"
#include "image.h"

#define SIDE 64 /* larger ones only cost time */

static void write_back(struct pixels *p)
{
	struct buf out;
	struct image look;
	struct err e;

	pixels_flatten(p);
	buf_init(&out, CODEC_BYTES_MAX);
	MUST(codec_write_jpeg(p, 80, NULL, &out) == 0);
	MUST(image_look(out.data, out.len, &look, &e) == 0);
	MUST(look.width == p->width && look.height == p->height);
	buf_reset(&out);
	MUST(codec_write_png(p, &out) == 0);
	struct pixels *again = codec_read_png(out.data, out.len, &e);

	MUST(again && again->width == p->width && again->height == p->height);
	pixels_free(again);
	buf_finish(&out);
}

FUZZ(picture)
{
	struct pixels *p = NULL;
	struct image look;
	struct exif x;
	struct err e = { "" };
	bool rgb;

	if (image_look(data, len, &look, &e) < 0 || look.width > SIDE || look.height > SIDE)
		return;
	exif_read(data, len, &x);
	if (str_eq(look.ext, "jpg"))
		p = codec_read_jpeg(data, len, &x, 8, 8, &rgb, &e);
	else if (str_eq(look.ext, "png"))
		p = codec_read_png(data, len, &e);
	else
		str_format_cut(e.text, sizeof(e.text), "another kind");
	MUST(p || *e.text);
	if (p) {
		MUST(p->width <= SIDE && p->height <= SIDE);
		p = pixels_orient(p, x.orientation);
		p = codec_scale(p, (p->width + 1) / 2, (p->height + 1) / 2);
	}
	if (p)
		write_back(p);
	pixels_free(p);
	exif_finish(&x);
}
