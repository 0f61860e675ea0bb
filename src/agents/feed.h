/* SPDX-License-Identifier: MIT */
#ifndef FEED_H
#define FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A blog's feed (RSS 2.0). Pure; a tolerant scan for what blogs send, no parser
 * of XML: entities of a document's own are not known. All points into the text.
 */
struct feed {
	const char *at, *end;
	bool cut; /* it is no feed, or not all of one: what is not in it may be out */
};

struct feed_item {
	const char *at, *end;
};

/* False, and cut, where TEXT is no whole feed. */
bool feed_open(struct feed *f, const char *text, size_t len);

/* The next item; false when there is none, with cut set if one is begun and not ended. */
bool feed_next(struct feed *f, struct feed_item *ret);

/*
 * What the element NAME of an item holds, entities and CDATA undone; the
 * caller's. NULL if it is not there or over 64 KiB.
 */
char *feed_field(const struct feed_item *item, const char *name);

enum feed_found {
	FEED_NO,      /* a whole feed, and the post is not in it */
	FEED_YES,
	FEED_UNCLEAR, /* no feed, cut short, or a post of that title without a date */
};

/*
 * An item that holds MARKER (may be empty), or has TITLE and is not older than
 * SINCE_MS (wall clock). With FEED_YES *LINK is its address, the caller's.
 */
enum feed_found feed_find(const char *text, size_t len, const char *title, const char *marker,
	int64_t since_ms, char **link);

#endif
