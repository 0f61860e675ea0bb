/* SPDX-License-Identifier: MIT */
#ifndef TERM_H
#define TERM_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "util.h"

/*
 * What a terminal can take: its width, its colours, and no control characters
 * from outside.
 */
enum term_color { TERM_AUTO, TERM_ALWAYS, TERM_NEVER };

enum term_style { TERM_PLAIN, TERM_BOLD, TERM_DIM, TERM_GOOD, TERM_WARN, TERM_BAD };

/* AUTO: colours on a terminal that is not dumb, unless NO_COLOR is set (no-color.org). */
void term_init(enum term_color color);

/* For tests. WIDTH 0: as wide as need be. */
void term_set(size_t width, bool colors);

/* Columns of standard output's terminal; 0 = it is none, nothing need be cut. */
size_t term_width(void);

/* Adds S with everything that could move a cursor or forge a line shown as \xNN. */
void term_clean(struct buf *out, const char *s);

/* Adds S, cleaned, in STYLE. */
void term_add(struct buf *out, enum term_style style, const char *s);

/* Prints a formatted text, cleaned (line ends in FMT itself are kept as they are). */
void term_say(enum term_style style, const char *fmt, ...) PRINTF(2, 3);

/*
 * "label      text", the label's column WIDTH wide, the text folded at spaces
 * to the terminal with its further lines under its first. Label "" and WIDTH 0:
 * a plain line. Label and FMT are texts for people, translated here.
 */
void term_fact(const char *label, size_t width, enum term_style style, const char *fmt, ...)
	PRINTF(4, 5);

#endif
