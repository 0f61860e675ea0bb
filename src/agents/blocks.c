/* SPDX-License-Identifier: MIT */
#include "blocks.h"

#include "html.h"
#include "util.h"

#define TEXT_MAX (1u << 20)
#define SQUEEZED_MAX (8u << 20)

struct parser {
	struct value *blocks;
	struct value *lines; /* of the block that is being read, or NULL */
	struct value *rows;  /* of the table, or NULL */
	const char *kind;
	struct value *line;
	struct buf run;
	char *href;
	int bold;
	bool quote, space, cards;
};

static void end_run(struct parser *p)
{
	struct value *run;

	if (!p->run.len)
		return;
	run = value_new_object();
	value_set_string(run, "text", buf_cstr(&p->run));
	if (p->bold > 0)
		value_set_bool(run, "bold", true);
	value_set_string(run, "href", p->href);
	if (!p->line)
		p->line = value_new_list();
	value_append(p->line, run);
	buf_reset(&p->run);
}

/* White space at the end of a line is none. */
static void trim_line(struct value *line)
{
	size_t n = value_len(line);
	struct value *run = value_at(line, n - 1);
	const char *text = value_get_string(run, "text", "");
	size_t len = strlen(text);

	if (n && len > 1 && text[len - 1] == ' ') {
		CLEANUP_FREE char *cut = xstrndup(text, len - 1);
		value_set_string(run, "text", cut);
	}
}

static void end_line(struct parser *p)
{
	end_run(p);
	p->space = false;
	if (!p->line)
		return;
	trim_line(p->line);
	if (!p->lines)
		p->lines = value_new_list();
	value_append(p->lines, p->line);
	p->line = NULL;
}

static void add_block(struct parser *p, const char *kind, const char *name, struct value *item)
{
	struct value *b = value_new_object();

	value_set_string(b, "kind", kind);
	if (name)
		value_set(b, name, item);
	value_append(p->blocks, b);
}

/* The address, if LINES are nothing but one link. */
static const char *only_link(const struct value *lines)
{
	const char *href = NULL;

	for (size_t i = 0; i < value_len(lines); i++) {
		const struct value *line = value_at(lines, i);

		for (size_t j = 0; j < value_len(line); j++) {
			const char *one = value_get_string(value_at(line, j), "href", NULL);

			if (!one || (href && !str_eq(href, one)))
				return NULL;
			href = one;
		}
	}
	return href;
}

static void end_block(struct parser *p)
{
	const char *kind = p->quote ? "quote" : p->kind ? p->kind : "text";
	const char *href;
	struct value *url;

	end_line(p);
	if (!p->lines || p->rows)
		return;
	href = p->cards && str_eq(kind, "text") ? only_link(p->lines) : NULL;
	url = href ? value_new_string(href) : NULL;
	add_block(p, kind, "lines", p->lines);
	p->lines = NULL;
	p->kind = NULL;
	if (url) {
		add_block(p, "card", "url", url);
		p->cards = false;
	}
}

static void add_text(struct parser *p, const struct html_token *t)
{
	struct buf text;

	buf_init(&text, TEXT_MAX);
	html_decode(&text, t->s, t->len);
	for (const char *c = buf_cstr(&text); *c; c++) {
		bool space = *c == ' ' || *c == '\n' || *c == '\t' || *c == '\r' || *c == '\f';

		if (space && !p->space && (p->line || p->run.len))
			buf_char(&p->run, ' ');
		else if (!space)
			buf_char(&p->run, *c);
		p->space = space;
	}
	buf_finish(&text);
}

static char *attribute(const struct html_token *t, const char *name)
{
	struct html_attr a;
	struct buf text;

	if (!html_attr(t, name, &a))
		return NULL;
	buf_init(&text, TEXT_MAX);
	html_decode(&text, a.s, a.len);
	if (!text.len)
		buf_str(&text, "");
	return buf_steal(&text);
}

static void add_image(struct parser *p, const struct html_token *t)
{
	CLEANUP_FREE char *src = attribute(t, "src");

	if (str_empty(src) || p->rows)
		return;
	end_block(p);
	add_block(p, "image", "src", value_new_string(src));
}

static bool is_heading(const char *name)
{
	return name[0] == 'h' && name[1] >= '1' && name[1] <= '6' && !name[2];
}

static bool is_cell(const char *name)
{
	return str_eq(name, "td") || str_eq(name, "th");
}

static void start_inline(struct parser *p, const struct html_token *t)
{
	if (str_eq(t->name, "br")) {
		end_line(p);
	} else if (str_eq(t->name, "b") || str_eq(t->name, "strong")) {
		end_run(p);
		p->bold++;
	} else if (str_eq(t->name, "a")) {
		end_run(p);
		free(p->href);
		p->href = attribute(t, "href");
	}
}

static void start(struct parser *p, const struct html_token *t)
{
	if (str_eq(t->name, "img")) {
		add_image(p, t);
	} else if (str_eq(t->name, "hr") && !p->rows) {
		end_block(p);
		add_block(p, "line", NULL, NULL);
	} else if (str_eq(t->name, "table")) {
		end_block(p);
		if (!p->rows)
			p->rows = value_new_list();
	} else if (p->rows && str_eq(t->name, "tr")) {
		value_append(p->rows, value_new_list());
	} else if (p->rows && is_cell(t->name)) {
		end_line(p);
		value_free(p->lines);
		p->lines = NULL;
		p->bold = str_eq(t->name, "th");
	} else if (!p->rows && str_eq(t->name, "blockquote")) {
		end_block(p);
		p->quote = true;
	} else if (!p->rows && !p->quote && html_is_block(t->name)) {
		end_block(p);
		p->kind = is_heading(t->name) ? "heading" : "text";
	} else if (html_is_block(t->name)) {
		end_line(p);
	} else {
		start_inline(p, t);
	}
}

/* All lines of a cell as one, a space between them. */
static void end_cell(struct parser *p)
{
	struct value *cell = value_new_list();
	struct value *row = value_at(p->rows, value_len(p->rows) - 1);

	end_line(p);
	for (size_t i = 0; i < value_len(p->lines); i++) {
		const struct value *line = value_at(p->lines, i);

		for (size_t j = 0; j < value_len(line); j++) {
			struct value *run = value_copy(value_at(line, j));

			if (i && !j) {
				CLEANUP_FREE char *text = xasprintf(" %s",
					value_get_string(run, "text", ""));
				value_set_string(run, "text", text);
			}
			value_append(cell, run);
		}
	}
	value_free(p->lines);
	p->lines = NULL;
	p->bold = 0;
	if (row)
		value_append(row, cell);
	else
		value_free(cell);
}

static void end(struct parser *p, const struct html_token *t)
{
	if (p->rows && is_cell(t->name)) {
		end_cell(p);
	} else if (p->rows && str_eq(t->name, "table")) {
		end_line(p);
		value_free(p->lines);
		p->lines = NULL;
		add_block(p, "table", "rows", p->rows);
		p->rows = NULL;
	} else if (!p->rows && str_eq(t->name, "blockquote")) {
		end_block(p);
		p->quote = false;
	} else if (str_eq(t->name, "b") || str_eq(t->name, "strong")) {
		end_run(p);
		p->bold -= p->bold > 0;
	} else if (str_eq(t->name, "a")) {
		end_run(p);
		free(p->href);
		p->href = NULL;
	} else if (html_is_block(t->name)) {
		if (p->quote || p->rows)
			end_line(p);
		else
			end_block(p);
	}
}

struct value *blocks_parse(const char *html, size_t len, bool cards)
{
	struct parser p = { .blocks = value_new_list(), .cards = cards };
	struct html_reader r;
	struct html_token t;

	buf_init(&p.run, TEXT_MAX);
	html_init(&r, html, len);
	while (html_next(&r, &t)) {
		if (t.kind == HTML_TEXT && !t.raw)
			add_text(&p, &t);
		else if (t.kind == HTML_START)
			start(&p, &t);
		else if (t.kind == HTML_END)
			end(&p, &t);
	}
	if (p.rows)
		add_block(&p, "table", "rows", p.rows);
	p.rows = NULL;
	end_block(&p);
	free(p.href);
	buf_finish(&p.run);
	return p.blocks;
}

static void line_text(const struct value *line, struct buf *out)
{
	for (size_t i = 0; i < value_len(line); i++)
		buf_str(out, value_get_string(value_at(line, i), "text", ""));
}

void blocks_text(const struct value *block, struct buf *out)
{
	const struct value *lines = value_get(block, "lines"), *rows = value_get(block, "rows");

	for (size_t i = 0; i < value_len(lines); i++) {
		buf_str(out, i ? "\n" : "");
		line_text(value_at(lines, i), out);
	}
	for (size_t i = 0; i < value_len(rows); i++) {
		const struct value *row = value_at(rows, i);

		buf_str(out, i ? "\n" : "");
		for (size_t j = 0; j < value_len(row); j++) {
			buf_str(out, j ? "\t" : "");
			line_text(value_at(row, j), out);
		}
	}
}

static void line_html(const struct value *line, bool bold, struct buf *out)
{
	for (size_t i = 0; i < value_len(line); i++) {
		const struct value *run = value_at(line, i);
		const char *href = value_get_string(run, "href", NULL);
		const char *text = value_get_string(run, "text", "");
		bool strong = bold || value_get_bool(run, "bold", false);

		if (href) {
			buf_str(out, "<a href=\"");
			buf_html(out, href, strlen(href));
			buf_str(out, "\">");
		}
		buf_str(out, strong ? "<b>" : "");
		buf_html(out, text, strlen(text));
		buf_str(out, strong ? "</b>" : "");
		buf_str(out, href ? "</a>" : "");
	}
}

void blocks_html(const struct value *block, bool bold, struct buf *out)
{
	const struct value *lines = value_get(block, "lines"), *rows = value_get(block, "rows");

	for (size_t i = 0; i < value_len(lines); i++) {
		buf_str(out, "<p>");
		line_html(value_at(lines, i), bold, out);
		buf_str(out, "</p>");
	}
	if (!rows)
		return;
	buf_str(out, "<table><tbody>");
	for (size_t i = 0; i < value_len(rows); i++) {
		const struct value *row = value_at(rows, i);

		buf_str(out, "<tr>");
		for (size_t j = 0; j < value_len(row); j++) {
			buf_str(out, "<td>");
			line_html(value_at(row, j), bold, out);
			buf_str(out, "</td>");
		}
		buf_str(out, "</tr>");
	}
	buf_str(out, "</tbody></table>");
}

/* Bytes of the white space at S, 0 if there is none; what HTML drops counts too. */
static size_t space_len(const char *s)
{
	static const char *const spaces[] = { " ", "\xc2\xa0", "\xe2\x80\x8b",
		"\xe2\x80\x8c", "\xe2\x80\x8d", "\xe2\x81\xa0", "\xef\xbb\xbf" };

	if ((*s > 0 && *s < ' ') || *s == 0x7f)
		return 1;
	if (str_starts(s, "\xc2") && (unsigned char)s[1] >= 0x80 && (unsigned char)s[1] < 0xa0)
		return 2;
	for (size_t i = 0; i < ARRAY_LEN(spaces); i++)
		if (str_starts(s, spaces[i]))
			return strlen(spaces[i]);
	return 0;
}

void blocks_squeeze(const char *s, struct buf *out)
{
	while (*s) {
		size_t n = space_len(s);

		if (!n)
			buf_char(out, *s);
		s += n ? n : 1;
	}
}

bool blocks_same(const char *a, const char *b)
{
	struct buf x, y;
	bool same;

	buf_init(&x, SQUEEZED_MAX);
	buf_init(&y, SQUEEZED_MAX);
	blocks_squeeze(a, &x);
	blocks_squeeze(b, &y);
	same = !buf_failed(&x) && !buf_failed(&y) && str_eq(buf_cstr(&x), buf_cstr(&y));
	buf_finish(&x);
	buf_finish(&y);
	return same;
}

static void add_links(const struct value *line, struct value *links)
{
	struct value *last = NULL;

	for (size_t i = 0; i < value_len(line); i++) {
		const struct value *run = value_at(line, i);
		const char *href = value_get_string(run, "href", NULL);
		const char *text = value_get_string(run, "text", "");

		if (!href) {
			last = NULL;
		} else if (last && str_eq(value_get_string(last, "href", NULL), href)) {
			CLEANUP_FREE char *both = xasprintf("%s%s",
				value_get_string(last, "text", ""), text);
			value_set_string(last, "text", both);
		} else {
			last = value_new_object();
			value_set_string(last, "text", text);
			value_set_string(last, "href", href);
			value_append(links, last);
		}
	}
}

struct value *blocks_links(const struct value *block)
{
	const struct value *lines = value_get(block, "lines"), *rows = value_get(block, "rows");
	struct value *links = value_new_list();

	for (size_t i = 0; i < value_len(lines); i++)
		add_links(value_at(lines, i), links);
	for (size_t i = 0; i < value_len(rows); i++)
		for (size_t j = 0; j < value_len(value_at(rows, i)); j++)
			add_links(value_at(value_at(rows, i), j), links);
	return links;
}
