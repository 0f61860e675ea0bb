/* SPDX-License-Identifier: MIT */
#ifndef LOOKUP_H
#define LOOKUP_H

#include "editor.h"
#include "setup.h"
#include "value.h"

/* Looking for a post that may be out: in the blog's feed, or among its drafts. */
struct lookup {
	const char *title;
	struct value *hrefs; /* each link of the post once */
};

/* DOUBTFUL: what was seen speaks against it, but was not all. */
enum seen { SEEN_NO, SEEN_YES, SEEN_UNKNOWN, SEEN_DOUBTFUL };

/* Each link of the blocks once; the caller's. */
struct value *lookup_hrefs(const struct value *blocks);

/* With YES, id and url are in ANSWER. NO: a whole feed is there, and the post is not in it. */
enum seen lookup_feed(const struct setup *s, const struct lookup *w, struct value *answer);

/* Is a draft with that title there? A list that is cut short cannot deny it. */
enum seen lookup_drafts(struct editor *e, const char *title);

#endif
