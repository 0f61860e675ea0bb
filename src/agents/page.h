/* SPDX-License-Identifier: MIT */
#ifndef PAGE_H
#define PAGE_H

#include "buf.h"
#include "value.h"

/*
 * The pages of the outbox, as text; pure. A POST is the object of the contract
 * (cpauto-agent(7)) with "published_at" and, where an image lies beside the
 * page, "file" in its entry of "images". Its html has passed the gates and is
 * put in as it is; a Content-Security-Policy lets no script of it run. All
 * other text is escaped.
 */

/* Room for one page: two copies of a post's html and its style. */
#define PAGE_MAX (24u << 20)

/* What was written in place of the image's address: images/N.ext. */
void page_body(const struct value *post, struct buf *out);

/* The whole standalone page of one post. */
void page_post(const struct value *post, struct buf *out);

/* The page whose buttons put the post on the clipboard. */
void page_copy(const struct value *post, struct buf *out);

/* Each "](address)" of an image that has a file, made local. */
void page_markdown(const struct value *post, struct buf *out);

/*
 * ENTRIES: posts with "folder" beside the fields above, newest first; the feed
 * takes "summary" too. ID is a URI that stays, UPDATED an RFC 3339 time.
 */
void page_index(const struct value *entries, struct buf *out);
void page_feed(const struct value *entries, const char *id, const char *updated,
	struct buf *out);

#endif
