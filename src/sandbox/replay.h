/* SPDX-License-Identifier: MIT */
#ifndef REPLAY_H
#define REPLAY_H

#include <stddef.h>

#include "util.h"

/*
 * Recorded answers of products/search, served to the byte: search-*.json of a
 * folder; of those, *.reconstructed.json where nothing is to be found.
 */
struct replay;

/* *RET is the caller's to replay_free(). 0, -ENOENT if no answer is in there, or another errno. */
int replay_load(const char *directory, struct replay **ret, struct err *e) MUST_CHECK;
void replay_free(struct replay *r);

/* The answer recorded for KEYWORD, else one picked by it, always the same. */
const char *replay_find(const struct replay *r, const char *keyword, size_t *len);

/* The answer with no product, or NULL if none was recorded. */
const char *replay_empty(const struct replay *r, size_t *len);

#endif
