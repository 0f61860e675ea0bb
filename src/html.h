/* SPDX-License-Identifier: MIT */
#ifndef HTML_H
#define HTML_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/*
 * Reading HTML without trusting it: a tolerant tokenizer in the manner of the
 * HTML standard, and the conversions that a post needs. Pure; every function
 * runs in time linear in its input and never reads past its end. Input need
 * be neither valid UTF-8 nor NUL-terminated.
 */

enum html_kind {
	HTML_TEXT,
	HTML_START,
	HTML_END,
	HTML_COMMENT, /* also <?…> and <!…>, as browsers see them */
	HTML_DOCTYPE,
};

#define HTML_NAME_MAX 24
struct html_token {
	enum html_kind kind;
	const char *s; /* text, a comment's inside, or what is behind a tag's name */
	size_t len;
	unsigned line; /* from 1 */
	bool raw;          /* text in which entities mean nothing (script, style) */
	bool self_closing; /* <br/> */
	bool closed;       /* a tag or comment that has its end */
	char name[HTML_NAME_MAX]; /* of a tag, lower case; longer names are cut */
};

struct html_reader {
	const char *p, *end;
	unsigned line;
	char raw[HTML_NAME_MAX]; /* inside this raw-text element, or "" */
};

void html_init(struct html_reader *r, const char *s, size_t len);

/* The next token into T, or false at the end. T points into the text. */
bool html_next(struct html_reader *r, struct html_token *t);

struct html_attr {
	char name[HTML_NAME_MAX]; /* lower case, cut */
	const char *s; /* the value as written, entities and all */
	size_t len;
	bool has_value, quoted;
};

/* Walks a start tag's attributes; *POS starts at 0. False when there are no more. */
bool html_attr_next(const struct html_token *t, size_t *pos, struct html_attr *a);

/* The first attribute of that name, as browsers take it. */
bool html_attr(const struct html_token *t, const char *name, struct html_attr *a);

/* Appends S with its entities decoded. Unknown ones stay as they are written. */
void html_decode(struct buf *out, const char *s, size_t len);

/* Elements that have lines of their own (p, div, li, …); those without an end (br, …). */
bool html_is_block(const char *name);
bool html_is_void(const char *name);

/*
 * For reading as plain text: paragraphs with an empty line between them, list
 * items with bullets, a table's row as a line, links as "text (URL)", images
 * as "[alt]". Scripts, styles and the head are left out.
 */
void html_to_text(struct buf *out, const char *s, size_t len);

/* The same as CommonMark with GFM tables; text that would be markup is escaped. */
void html_to_markdown(struct buf *out, const char *s, size_t len);

/*
 * The safe profile: what every publisher's editor is known to take. p, h1-h3,
 * blockquote, br, hr; b, i, u, a inside them; img with width and height in a
 * div with align, never in a cell; tables with rowspan and colspan. No style,
 * script, comment, class or event; http and https only; tags closed in order;
 * & < > in text written as entities. 0, or -EINVAL with "line N: …" in E.
 */
int html_profile_check(const char *s, size_t len, struct err *e) MUST_CHECK;

#endif
