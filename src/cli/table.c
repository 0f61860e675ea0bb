/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <assert.h>
#include <inttypes.h>

#include "text.h"

#define TABLE_TEXT_MAX (64u << 20)
#define CELL_BYTES_MAX 4096

struct cell {
	char *text; /* cleaned */
	size_t width;
	enum term_style style;
};

struct table {
	const struct table_column *columns;
	size_t column_count;
	struct cell *cells;
	size_t count, size;
};

struct table *table_new(const struct table_column *columns, size_t count)
{
	assert(count > 0 && count <= TABLE_COLUMNS_MAX);
	struct table *t = xcalloc(1, sizeof(*t));
	t->columns = columns;
	t->column_count = count;
	return t;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++)
		free(t->cells[i].text);
	free(t->cells);
	free(t);
}

void table_cell(struct table *t, enum term_style style, const char *text)
{
	if (t->count == t->size) {
		t->size = t->size ? 2 * t->size : 64;
		t->cells = xreallocarray(t->cells, t->size, sizeof(*t->cells));
	}
	struct buf b;
	buf_init(&b, CELL_BYTES_MAX);
	term_clean(&b, text);
	struct cell *c = &t->cells[t->count++];
	c->text = xstrdup(buf_cstr(&b));
	c->width = text_width(c->text);
	c->style = style;
	buf_finish(&b);
}

void table_int(struct table *t, int64_t i)
{
	char text[24];
	str_format_cut(text, sizeof(text), "%" PRId64, i);
	table_cell(t, TERM_PLAIN, text);
}

size_t table_rows(const struct table *t)
{
	return t->count / t->column_count;
}

/* Columns, without those at the end in which nothing stands. */
static size_t used_columns(const struct table *t)
{
	size_t used = 1;
	for (size_t i = 0; i < table_rows(t) * t->column_count; i++)
		if (t->cells[i].text[0] && i % t->column_count >= used)
			used = i % t->column_count + 1;
	return used;
}

static void natural_widths(const struct table *t, size_t *widths)
{
	for (size_t c = 0; c < t->column_count; c++)
		widths[c] = text_width(tr(t->columns[c].title));
	for (size_t i = 0; i < table_rows(t) * t->column_count; i++) {
		size_t c = i % t->column_count;
		if (t->cells[i].width > widths[c])
			widths[c] = t->cells[i].width;
	}
}

/* The widest column that may still give a column away, or the count for none. */
static size_t widest(const struct table *t, size_t used, const size_t *widths)
{
	size_t best = t->column_count;
	for (size_t c = 0; c < used; c++) {
		if (!t->columns[c].shrinks || widths[c] <= TABLE_SHRINK_LEAST)
			continue;
		if (best == t->column_count || widths[c] > widths[best])
			best = c;
	}
	return best;
}

static void fit_widths(const struct table *t, size_t used, size_t *widths, size_t room)
{
	size_t sum = TABLE_GAP * (used - 1);
	for (size_t c = 0; c < used; c++)
		sum += widths[c];
	for (; sum > room; sum--) {
		size_t c = widest(t, used, widths);
		if (c == t->column_count)
			return;
		widths[c]--;
	}
}

static void pad(struct buf *out, size_t n)
{
	buf_printf(out, "%*s", (int)n, "");
}

/* Adds TEXT on exactly ROOM columns, except at a line's end, where nothing is filled up. */
static void add_cell(
	struct buf *out, const struct cell *cell, bool right, size_t room, bool last)
{
	char *cut = NULL;
	size_t w = cell->width;
	if (w > room) {
		size_t n = text_prefix(cell->text, room - 1);
		cut = xasprintf("%.*s…", (int)n, cell->text);
		w = text_width(cut);
	}
	size_t fill = room > w ? room - w : 0;
	if (right)
		pad(out, fill);
	term_add(out, cell->style, cut ? cut : cell->text);
	if (!right && !last)
		pad(out, fill);
	free(cut);
}

static void add_row(const struct table *t, size_t used, const struct cell *cells,
	const size_t *widths, struct buf *out)
{
	/* What stands empty at the end of a line leaves no spaces there. */
	size_t n = used;
	while (n > 1 && !cells[n - 1].text[0])
		n--;
	for (size_t c = 0; c < n; c++) {
		if (c)
			pad(out, TABLE_GAP);
		add_cell(out, &cells[c], t->columns[c].right, widths[c], c + 1 == n);
	}
	buf_char(out, '\n');
}

static void add_titles(
	const struct table *t, size_t used, const size_t *widths, struct buf *out)
{
	struct cell titles[TABLE_COLUMNS_MAX];
	for (size_t c = 0; c < t->column_count; c++) {
		titles[c].text = xstrdup(tr(t->columns[c].title));
		titles[c].width = text_width(titles[c].text);
		titles[c].style = TERM_BOLD;
	}
	add_row(t, used, titles, widths, out);
	for (size_t c = 0; c < t->column_count; c++)
		free(titles[c].text);
}

void table_print(const struct table *t, struct buf *out)
{
	size_t widths[TABLE_COLUMNS_MAX];
	if (table_rows(t) == 0)
		return;
	size_t used = used_columns(t);
	natural_widths(t, widths);
	if (term_width() > 0)
		fit_widths(t, used, widths, term_width());
	add_titles(t, used, widths, out);
	for (size_t r = 0; r < table_rows(t); r++)
		add_row(t, used, &t->cells[r * t->column_count], widths, out);
}

void table_end(struct table *t)
{
	struct buf b;
	buf_init(&b, TABLE_TEXT_MAX);
	table_print(t, &b);
	fputs(buf_cstr(&b), stdout);
	buf_finish(&b);
	table_free(t);
}
