/* SPDX-License-Identifier: MIT */
#ifndef PICTURE_H
#define PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "draw.h"

/*
 * A picture is told by its token alone, as the real host's: everything that is
 * needed to draw it stands in there, with a check sum, so the server keeps none.
 */
struct picture {
	uint64_t seed;
	enum draw_shape shape;
	int width, height;
	bool png; /* else JPEG */
};

#define PICTURE_TOKEN_LEN 64
void picture_token(const struct picture *p, char out[PICTURE_TOKEN_LEN + 1]);

/* -EINVAL unless the first PICTURE_TOKEN_LEN bytes of S are a token of ours. */
int picture_parse(const char *s, struct picture *ret) MUST_CHECK;

/* The file. 0 or -EIO. */
int picture_write(const struct picture *p, struct buf *out) MUST_CHECK;

#endif
