/* SPDX-License-Identifier: MIT */
#ifndef PIXELS_H
#define PIXELS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A decoded picture; pure: 32 bits a pixel as cairo has them (CAIRO_FORMAT_RGB24, or
 * ARGB32 with premultiplied alpha), rows without a gap.
 */
struct pixels {
	int width, height;
	bool alpha;
	uint32_t *data; /* width * height */
};

/* White, or nothing where ALPHA. Never NULL; the caller's. */
struct pixels *pixels_new(int width, int height, bool alpha);
void pixels_free(struct pixels *p); /* NULL is fine */

/*
 * As a viewer shows it with the orientation of EXIF, 1 to 8 (others count as
 * 1). Takes P and returns it or another in its place.
 */
struct pixels *pixels_orient(struct pixels *p, int orientation);

/* On white, without alpha; in place. */
void pixels_flatten(struct pixels *p);

#endif
