/* SPDX-License-Identifier: MIT */
#ifndef CONTENT_H
#define CONTENT_H

#include "editor.h"

/* What is in the editor, read back from its page and held against what should be. */

/*
 * Looks, with nothing in the way, and keeps what it sees in the editor's state:
 * {title, text (lines without white space), quotes, lines, tables, cards,
 * pictures, final (pictures with their last address), paragraphs, ends_in_text,
 * fresh (the last paragraph is empty), links: [{text, href}]}. There is none
 * unless EDITOR_OK.
 */
enum editor_end content_look(struct editor *e);
/* Runs SCRIPT of ARGS (taken over) as editor_act() does, and looks in the same moment. */
enum editor_end content_act(struct editor *e, const char *script, struct value *args);
/* As content_look(), unless nothing was asked of the browser since the last look. */
enum editor_end content_be_seen(struct editor *e);

/* NAME of the state, -1 or "" if it is not there. */
int content_number(const struct editor *e, const char *name);
const char *content_text(const struct editor *e, const char *name);

/* Looks until NAME of the state is WANTED; for MS at most, then EDITOR_UNCLEAR. */
enum editor_end content_wait_for(struct editor *e, const char *name, int wanted, int64_t ms);
/* The same for the time of a step; then EDITOR_LATER. */
enum editor_end content_wait(struct editor *e, const char *name, int wanted);

/* Looks until the text is WANTED; EDITOR_UNCLEAR where it stays another. */
enum editor_end content_wait_text(struct editor *e, const char *wanted);
/* Names where the text begins to differ from WANTED. */
enum editor_end content_differs(struct editor *e, const char *wanted);

/* TEXT's lines as the state has them. */
void content_add_lines(struct buf *out, const char *text);

/* Of the links that should be there by now, is LINK in the state as often as it should be? */
bool content_has_link(const struct editor *e, const struct value *link);

/* Is all there that was written, and nothing else? */
enum editor_end content_verify(struct editor *e, const char *title);

#endif
