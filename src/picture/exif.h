/* SPDX-License-Identifier: MIT */
#ifndef EXIF_H
#define EXIF_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/* What of a JPEG's segments must be known before they are dropped. Pure. */
struct exif {
	int orientation; /* 1 to 8; 1 where none is named or it is senseless */
	bool adobe;      /* written by Adobe's rules: CMYK is inverted */
	struct buf icc;  /* the APP2 segments of a colour profile, as they stand */
};

void exif_finish(struct exif *x);

/* Reads what stands before the picture itself; ends quietly where it is damaged. */
void exif_read(const void *data, size_t len, struct exif *ret);

#endif
