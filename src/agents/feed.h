/* SPDX-License-Identifier: MIT */
#ifndef FEED_H
#define FEED_H

#include <stdint.h>

#include "value.h"

/*
 * Whether a blog's feed (RSS 2.0) shows a post. Pure; a tolerant scan for what
 * blogs send, no parser of XML: entities of a document's own are not known.
 */
enum feed_found {
	FEED_NO,      /* a whole feed, and the post is not in it */
	FEED_YES,
	FEED_UNCLEAR, /* no feed, cut short, or a post of that title without a date */
};

/*
 * An item that holds MARKER (may be empty), or has TITLE and is not older than
 * SINCE_MS (wall clock). With FEED_YES *LINK is its address, the caller's.
 */
enum feed_found feed_find(const char *feed, size_t len, const char *title, const char *marker,
	int64_t since_ms, char **link);

#endif
