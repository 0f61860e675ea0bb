/* SPDX-License-Identifier: MIT */
#ifndef FIT_H
#define FIT_H

#include <stdbool.h>
#include <stdint.h>

#include "image.h"
#include "util.h"
#include "value.h"

/* What a publisher takes of a picture; 0 and NULL: no limit, whatever it is. */
struct fit {
	int64_t max_width, max_height, max_bytes;
	const char *format; /* "jpeg" or "png"; belongs to the settings */
};

/* What any blog takes and no reader waits for: 1200 pixels on the longest side, 2 MiB. */
extern const struct fit fit_of_blogs;

/*
 * The settings image_max_width, image_max_height, image_max_bytes and
 * image_format, 0 for no limit; what is not given stays as it is in RET.
 * False with the line in E if one cannot be.
 */
bool fit_read_over(const struct value *config, struct fit *ret, struct err *e);

/* The same, without any limit where none is given. */
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

/*
 * The picture in the file PATH as it is to be sent: a JPEG or PNG made to fit
 * and without EXIF, as above, one of another kind as it is, if it fits. What it
 * is stands in KIND. As fit_image(); also -EINVAL for what is no picture, and
 * another negative errno where the file cannot be read.
 */
int fit_load(const struct fit *f, const char *path, char **data, size_t *len,
	struct image *kind, struct err *e) MUST_CHECK;

#endif
