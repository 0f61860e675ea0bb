/* SPDX-License-Identifier: MIT */
#ifndef WPPOST_H
#define WPPOST_H

#include <stdbool.h>

#include "buf.h"
#include "value.h"

/* What a post becomes for WordPress, as text. Pure. */

/*
 * The slug by which a post is known again: "cp-" and half of its key, 64 bits.
 * WordPress keeps it from the first draft on and lets no two posts have it: a
 * second one would become "…-2".
 */
#define WPPOST_SLUG_LEN 19
/* -EINVAL where KEY does not begin with 16 digits and letters a to f. */
int wppost_slug(const char *key, char out[WPPOST_SLUG_LEN + 1]) MUST_CHECK;

/* Is GOT that slug, or what WordPress makes of it for a second post, or in the trash? */
bool wppost_slug_is(const char *got, const char *slug);

/*
 * The post's html with the address of each picture that has "url" in its entry
 * of IMAGES put in, and without line ends inside of text, which WordPress
 * would show as <br>. All else stays as it is, byte for byte.
 */
void wppost_html(const char *html, const struct value *images, struct buf *out);

/* Does HTML show TEXT, line ends and entities apart? */
bool wppost_shows(const char *html, const char *text);

#endif
