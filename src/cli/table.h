/* SPDX-License-Identifier: MIT */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "term.h"

/*
 * A table of text that fits the terminal: columns as wide as their widest cell,
 * by what a terminal makes of wide Korean; if that is too wide, the columns that
 * may shrink are cut, the widest first, with "…".
 */
#define TABLE_COLUMNS_MAX 12
#define TABLE_GAP 2
#define TABLE_SHRINK_LEAST 8

struct table_column {
	const char *title; /* marked N_() */
	bool right; /* numbers and times */
	bool shrinks;
};

struct table;

/* COLUMNS (at most TABLE_COLUMNS_MAX) must outlive it. */
struct table *table_new(const struct table_column *columns, size_t count);
void table_free(struct table *t);

/* The next cell of the current row; a row is over when all its cells are in. */
void table_cell(struct table *t, enum term_style style, const char *text);
void table_int(struct table *t, int64_t i);

size_t table_rows(const struct table *t);

/* Cut to the terminal's width (term_width()); nothing if there are no rows. */
void table_print(const struct table *t, struct buf *out);

/* The same to standard output, then frees it. */
void table_end(struct table *t);

#endif
