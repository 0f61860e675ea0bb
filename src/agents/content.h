/* SPDX-License-Identifier: MIT */
#ifndef CONTENT_H
#define CONTENT_H

#include "editor.h"

/* What is in the editor, read back from its page and held against what should be. */

/*
 * {title, text (lines without white space), quotes, lines, tables, cards,
 * pictures, final (pictures with their last address), paragraphs, ends_in_text,
 * fresh (the last paragraph is empty), links: [{text, href}]}; the caller's.
 * *RET is NULL unless EDITOR_OK.
 */
enum editor_end content_read(struct editor *e, struct value **ret);
/* NAME of it, -1 if it is not there. */
int content_number(const struct value *state, const char *name);

/* Waits until NAME of the state is WANTED. */
enum editor_end content_wait(struct editor *e, const char *name, int wanted);

/*
 * Waits until the text is WANTED; *GOT is what it is then, the caller's.
 * EDITOR_UNCLEAR where it stays another.
 */
enum editor_end content_wait_text(struct editor *e, const char *wanted, char **got);
/* Names where GOT begins to differ. */
enum editor_end content_differs(struct editor *e, const char *got, const char *wanted);

/* TEXT's lines as the state has them. */
void content_add_lines(struct buf *out, const char *text);

/* -1 if it cannot be seen. */
int content_paragraphs(struct editor *e);

/* Of the links that should be there by now, is LINK there as often as it should be? */
bool content_has_link(const struct editor *e, const struct value *state,
	const struct value *link);

/* Is all there that was written, and nothing else? */
enum editor_end content_verify(struct editor *e, const char *title);

#endif
