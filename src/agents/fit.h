/* SPDX-License-Identifier: MIT */
#ifndef FIT_H
#define FIT_H

#include <stdbool.h>
#include <stdint.h>

#include "util.h"
#include "value.h"

/* What a publisher takes of a picture; 0 and NULL: no limit, whatever it is. */
struct fit {
	int64_t max_width, max_height, max_bytes;
	const char *format; /* "jpeg" or "png"; belongs to the settings */
};

/*
 * The settings image_max_width, image_max_height, image_max_bytes and
 * image_format. False with the line in E if one cannot be.
 */
bool fit_read(const struct value *config, struct fit *ret, struct err *e);

/* Whether any limit was set: without one a picture is sent as it is. */
bool fit_wanted(const struct fit *f);

/*
 * The picture in the file PATH, made to fit by the program cpauto-picture,
 * which lies beside the folder of the agents. *DATA is the caller's to free().
 * 0; -EINVAL for a picture that cannot be (never will be), -EIO where the
 * program cannot be run; the line in E.
 */
int fit_image(const struct fit *f, const char *path, char **data, size_t *len, struct err *e)
	MUST_CHECK;

#endif
