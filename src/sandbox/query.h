/* SPDX-License-Identifier: MIT */
#ifndef QUERY_H
#define QUERY_H

#include "buf.h"

/* Parameters of a raw query string ("a=1&b=%20"). Pure. */

/*
 * The first one called NAME, decoded (a + is a space). 0; -ENOENT if there is
 * none; -EILSEQ if it is not well percent-encoded UTF-8 or has a NUL.
 */
int query_get(const char *query, const char *name, struct buf *out) MUST_CHECK;

#endif
