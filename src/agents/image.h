/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_H
#define IMAGE_H

#include <stddef.h>

#include "buf.h"
#include "util.h"

/*
 * What a picture is, told from its bytes and not from its name or from what a
 * server says of it. Pure; decodes no pixel.
 */
#define IMAGE_BYTES_MAX (5u << 20)
#define IMAGE_SIDE_MAX 4096 /* pixels, each way */

struct image {
	const char *mime; /* "image/jpeg"; static */
	const char *ext;  /* "jpg"; static */
	int width, height;
};

/* The same as image_sniff() without a limit of bytes or pixels: they are the caller's to check. */
int image_look(const void *data, size_t len, struct image *ret, struct err *e) MUST_CHECK;

/*
 * JPEG, PNG, GIF and WebP. 0; -EINVAL (none of these, or its header is cut or
 * senseless), -EFBIG (too many bytes or pixels); the line for people in E.
 */
int image_sniff(const void *data, size_t len, struct image *ret, struct err *e) MUST_CHECK;

/*
 * The JPEG in DATA without what is not needed to show it: EXIF (place, time,
 * camera), XMP, comments, thumbnails, and whatever follows its end. Kept are
 * JFIF, Adobe's colour transform and the ICC profile; the coded picture stays
 * as it is, bit for bit. 0, or -EINVAL if the file is cut or no JPEG.
 */
int image_strip_jpeg(const void *data, size_t len, struct buf *out) MUST_CHECK;

#endif
