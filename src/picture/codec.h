/* SPDX-License-Identifier: MIT */
#ifndef CODEC_H
#define CODEC_H

#include "buf.h"
#include "exif.h"
#include "pixels.h"
#include "util.h"

/* Files to pixels and back: JPEG by libjpeg-turbo; PNG, and other sizes, by cairo. */

/* What may be decoded at all: known from the header, before any pixel is. */
#define CODEC_SIDE_MAX 16384
#define CODEC_PIXELS_MAX 32000000 /* of a full-frame camera */
#define CODEC_BYTES_MAX (32u << 20)

/*
 * The picture, or one of its eighths that is still at least twice as large as
 * WIDTH x HEIGHT (before it is turned), which costs less. NULL with the line in
 * E: damaged, cut short, beyond the limits. *RGB false: it was grey or CMYK, and
 * a profile of it means nothing for what is returned.
 */
struct pixels *codec_read_jpeg(const void *data, size_t len, const struct exif *x, int width,
	int height, bool *rgb, struct err *e);
struct pixels *codec_read_png(const void *data, size_t len, struct err *e);

/* Resampled; takes P and returns it or another; NULL if cairo cannot. */
struct pixels *codec_scale(struct pixels *p, int width, int height);

/* P without alpha. ICC: segments to put in, or NULL. 0 or -EIO. */
int codec_write_jpeg(const struct pixels *p, int quality, const struct buf *icc, struct buf *out)
	MUST_CHECK;
int codec_write_png(struct pixels *p, struct buf *out) MUST_CHECK;

#endif
