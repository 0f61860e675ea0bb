/* SPDX-License-Identifier: MIT */
#ifndef RSS_H
#define RSS_H

#include <stddef.h>

#include "value.h"

/* A blog's RSS feed. Pure. */
#define RSS_MAX (4u << 20)

/*
 * Its items, a list of {title, link, description}, entities and CDATA undone;
 * the caller's. NULL where TEXT is no feed at all.
 */
struct value *rss_parse(const char *text, size_t len);

#endif
