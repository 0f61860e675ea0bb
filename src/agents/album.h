/* SPDX-License-Identifier: MIT */
#ifndef ALBUM_H
#define ALBUM_H

#include "fit.h"
#include "value.h"

/*
 * The pictures of a post as they are to be sent: made to fit, without EXIF, in
 * files of their own that a browser can take. Zeroed at first.
 */
struct album {
	char *folder;         /* of one process at a time; NULL = none */
	int lock;             /* its descriptor where there is one */
	struct value *images; /* {src, path}, in the order of the post */
};

/*
 * Those of IMAGES that have a path, into a folder in the folder PARENT. False
 * with the answer given: refused for what is no picture or cannot be made to
 * fit, later where it may be the machine's fault or another process is at it.
 */
bool album_fill(struct album *a, const struct fit *f, const struct value *images,
	const char *parent, struct value *answer);

/* Removes the files too. */
void album_finish(struct album *a);

#endif
