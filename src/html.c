/* SPDX-License-Identifier: MIT */
#include "html.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "util.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool in_list(const char *const *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

bool html_is_void(const char *name)
{
	static const char *const list[] = { "area", "base", "br", "col", "embed", "hr",
		"img", "input", "link", "meta", "source", "track", "wbr" };

	return in_list(list, ARRAY_LEN(list), name);
}

bool html_is_block(const char *name)
{
	static const char *const list[] = { "address", "article", "aside", "blockquote",
		"body", "caption", "center", "dd", "details", "dialog", "div", "dl", "dt",
		"fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4",
		"h5", "h6", "header", "hr", "html", "legend", "li", "main", "menu", "nav",
		"ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th",
		"thead", "tr", "ul" };

	return in_list(list, ARRAY_LEN(list), name);
}

/* --- tokens --- */

void html_init(struct html_reader *r, const char *s, size_t len)
{
	*r = (struct html_reader){ .p = s, .end = s + len, .line = 1 };
}

/* Moves on to TO, counting lines. */
static void advance(struct html_reader *r, const char *to)
{
	const char *p = r->p;

	while (p < to && (p = memchr(p, '\n', (size_t)(to - p)))) {
		r->line++;
		p++;
	}
	r->p = to;
}

static size_t copy_name(char *name, const char *p, const char *end)
{
	size_t n = 0, kept = 0;

	while (p + n < end && !is_space(p[n]) && p[n] != '/' && p[n] != '>') {
		if (kept < HTML_NAME_MAX - 1)
			name[kept++] = to_lower(p[n]);
		n++;
	}
	name[kept] = '\0';
	return n;
}

static const char *find(const char *p, const char *end, const char *what)
{
	return p < end ? memmem(p, (size_t)(end - p), what, strlen(what)) : NULL;
}

/*
 * Reads one attribute at P, which is neither white space, '/' nor '>', in the
 * steps of the HTML standard, so that we end a tag where browsers do.
 */
static const char *scan_attr(const char *p, const char *end, struct html_attr *a)
{
	size_t kept = 0;
	const char *q;

	*a = (struct html_attr){ 0 };
	do { /* a '=' may start a name, never stand inside one */
		if (kept < HTML_NAME_MAX - 1)
			a->name[kept++] = to_lower(*p);
		p++;
	} while (p < end && !is_space(*p) && *p != '/' && *p != '=' && *p != '>');
	for (q = p; q < end && is_space(*q); q++)
		;
	if (q == end || *q != '=')
		return p;
	for (q++; q < end && is_space(*q); q++)
		;
	a->has_value = true;
	a->s = q;
	if (q < end && (*q == '"' || *q == '\'')) {
		p = memchr(q + 1, *q, (size_t)(end - q - 1));
		a->quoted = p != NULL;
		a->s = q + 1;
		a->len = (size_t)((p ? p : end) - a->s);
		return p ? p + 1 : end;
	}
	for (p = q; p < end && !is_space(*p) && *p != '>'; p++)
		;
	a->len = (size_t)(p - q);
	return p;
}

/* Where the tag whose name ends at P ends: at its '>', or at END. */
static const char *tag_end(const char *p, const char *end, bool *slash)
{
	struct html_attr a;

	*slash = false;
	while (p < end && *p != '>') {
		*slash = *p == '/';
		if (*slash || is_space(*p))
			p++;
		else
			p = scan_attr(p, end, &a);
	}
	return p;
}

static void read_tag(struct html_reader *r, struct html_token *t)
{
	static const char *const raws[] = { "script", "style", "title", "textarea", "xmp",
		"iframe", "noembed", "noframes" };
	bool end_tag = r->p[1] == '/';
	const char *p = r->p + (end_tag ? 2 : 1), *gt;

	t->kind = end_tag ? HTML_END : HTML_START;
	p += copy_name(t->name, p, r->end);
	gt = tag_end(p, r->end, &t->self_closing);
	t->closed = gt < r->end;
	t->s = p;
	t->len = (size_t)(gt - p);
	advance(r, t->closed ? gt + 1 : gt);
	if (!end_tag && in_list(raws, ARRAY_LEN(raws), t->name))
		memcpy(r->raw, t->name, sizeof(r->raw));
}

static void read_comment(struct html_reader *r, struct html_token *t)
{
	const char *p = r->p + 4, *a, *b;

	t->kind = HTML_COMMENT;
	t->s = p;
	if (p < r->end && *p == '>') {
		a = p;
		b = p + 1;
	} else if (r->end - p >= 2 && memcmp(p, "->", 2) == 0) {
		a = p;
		b = p + 2;
	} else {
		const char *x = find(p, r->end, "-->"), *y = find(p, x ? x : r->end, "--!>");

		a = y ? y : x ? x : r->end;
		b = y ? y + 4 : x ? x + 3 : r->end;
		t->closed = x || y;
	}
	t->closed = t->closed || a == p;
	t->len = (size_t)(a - p);
	advance(r, b);
}

/* <!doctype …>, and what browsers take for a comment: <!…>, <?…>, </3…>. */
static void read_bogus(struct html_reader *r, struct html_token *t)
{
	const char *p = r->p + 2, *gt = memchr(p, '>', (size_t)(r->end - p));

	t->kind = HTML_COMMENT;
	if (r->p[1] == '!' && r->end - p >= 7 && strncasecmp(p, "doctype", 7) == 0)
		t->kind = HTML_DOCTYPE;
	t->closed = gt != NULL;
	t->s = p;
	t->len = (size_t)((gt ? gt : r->end) - p);
	advance(r, gt ? gt + 1 : r->end);
}

static bool is_markup(const char *p, const char *end)
{
	if (end - p < 2 || *p != '<')
		return false;
	return is_alpha(p[1]) || p[1] == '!' || p[1] == '?' ||
	       (p[1] == '/' && end - p > 2);
}

/* The inside of a raw-text element, up to its own end tag. */
static bool read_raw(struct html_reader *r, struct html_token *t)
{
	size_t n = strlen(r->raw);
	const char *p = r->p;

	t->raw = strcmp(r->raw, "title") != 0 && strcmp(r->raw, "textarea") != 0;
	while ((p = find(p, r->end, "</"))) {
		const char *q = p + 2;

		if ((size_t)(r->end - q) >= n && strncasecmp(q, r->raw, n) == 0 &&
		    (q + n == r->end || is_space(q[n]) || q[n] == '/' || q[n] == '>'))
			break;
		p = q;
	}
	if (!p)
		p = r->end;
	r->raw[0] = '\0';
	t->kind = HTML_TEXT;
	t->s = r->p;
	t->len = (size_t)(p - r->p);
	advance(r, p);
	return t->len > 0;
}

static void read_text(struct html_reader *r, struct html_token *t)
{
	const char *p = r->p;

	do {
		p = memchr(p + 1, '<', (size_t)(r->end - p - 1));
	} while (p && !is_markup(p, r->end));
	if (!p)
		p = r->end;
	t->kind = HTML_TEXT;
	t->s = r->p;
	t->len = (size_t)(p - r->p);
	advance(r, p);
}

bool html_next(struct html_reader *r, struct html_token *t)
{
	*t = (struct html_token){ .line = r->line };
	if (r->raw[0] && read_raw(r, t))
		return true;
	if (r->p >= r->end)
		return false;
	t->line = r->line;
	t->raw = false;
	if (!is_markup(r->p, r->end))
		read_text(r, t);
	else if (is_alpha(r->p[1]) || (r->p[1] == '/' && is_alpha(r->p[2])))
		read_tag(r, t);
	else if (r->end - r->p >= 4 && memcmp(r->p, "<!--", 4) == 0)
		read_comment(r, t);
	else
		read_bogus(r, t);
	return true;
}

bool html_attr_next(const struct html_token *t, size_t *pos, struct html_attr *a)
{
	const char *p, *end;

	if (t->kind != HTML_START)
		return false;
	p = t->s + *pos;
	end = t->s + t->len;
	while (p < end && (is_space(*p) || *p == '/'))
		p++;
	if (p >= end)
		return false;
	p = scan_attr(p, end, a);
	*pos = (size_t)(p - t->s);
	return true;
}

bool html_attr(const struct html_token *t, const char *name, struct html_attr *a)
{
	size_t pos = 0;

	while (html_attr_next(t, &pos, a))
		if (strcmp(a->name, name) == 0)
			return true;
	return false;
}

/* --- entities --- */

static const struct entity {
	const char *name;
	const char *text;
} entities[] = {
	/* What our own texts and blog editors write; the standard has 2,231. */
	{ "amp", "&" }, { "lt", "<" }, { "gt", ">" }, { "quot", "\"" }, { "apos", "'" },
	{ "nbsp", "\u00a0" }, { "AMP", "&" }, { "LT", "<" }, { "GT", ">" },
	{ "QUOT", "\"" }, { "copy", "\u00a9" }, { "reg", "\u00ae" }, { "shy", "\u00ad" },
	{ "middot", "\u00b7" }, { "deg", "\u00b0" }, { "plusmn", "\u00b1" },
	{ "times", "\u00d7" }, { "divide", "\u00f7" }, { "laquo", "\u00ab" },
	{ "raquo", "\u00bb" }, { "cent", "\u00a2" }, { "pound", "\u00a3" },
	{ "yen", "\u00a5" }, { "euro", "\u20ac" }, { "sect", "\u00a7" },
	{ "para", "\u00b6" }, { "frac12", "\u00bd" }, { "sup2", "\u00b2" },
	{ "trade", "\u2122" }, { "hellip", "\u2026" }, { "mdash", "\u2014" },
	{ "ndash", "\u2013" }, { "horbar", "\u2015" }, { "lsquo", "\u2018" },
	{ "rsquo", "\u2019" }, { "ldquo", "\u201c" }, { "rdquo", "\u201d" },
	{ "sbquo", "\u201a" }, { "bdquo", "\u201e" }, { "prime", "\u2032" },
	{ "bull", "\u2022" }, { "dagger", "\u2020" }, { "permil", "\u2030" },
	{ "ensp", "\u2002" }, { "emsp", "\u2003" }, { "thinsp", "\u2009" },
	{ "ZeroWidthSpace", "\u200b" }, { "zwnj", "\u200c" }, { "zwj", "\u200d" },
	{ "lrm", "\u200e" }, { "rlm", "\u200f" }, { "NoBreak", "\u2060" },
	{ "larr", "\u2190" }, { "uarr", "\u2191" }, { "rarr", "\u2192" },
	{ "darr", "\u2193" }, { "harr", "\u2194" }, { "rArr", "\u21d2" },
	{ "star", "\u2606" }, { "starf", "\u2605" }, { "hearts", "\u2665" },
	{ "check", "\u2713" }, { "le", "\u2264" }, { "ge", "\u2265" }, { "ne", "\u2260" },
	{ "sim", "\u223c" }, { "tilde", "\u02dc" }, { "Tab", "\t" }, { "NewLine", "\n" },
	{ "period", "." }, { "comma", "," }, { "colon", ":" }, { "semi", ";" },
	{ "excl", "!" }, { "quest", "?" }, { "num", "#" }, { "sol", "/" },
	{ "bsol", "\\" }, { "lpar", "(" }, { "rpar", ")" }, { "commat", "@" },
	{ "percnt", "%" }, { "lowbar", "_" }, { "grave", "`" }, { "vert", "|" },
	{ "plus", "+" }, { "equals", "=" }, { "ast", "*" }, { "dollar", "$" },
};

static void add_utf8(struct buf *out, unsigned c)
{
	char s[4];
	size_t n = 0;

	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		c = 0xfffd;
	if (c < 0x80) {
		s[n++] = (char)c;
	} else if (c < 0x800) {
		s[n++] = (char)(0xc0 | (c >> 6));
	} else if (c < 0x10000) {
		s[n++] = (char)(0xe0 | (c >> 12));
		s[n++] = (char)(0x80 | ((c >> 6) & 0x3f));
	} else {
		s[n++] = (char)(0xf0 | (c >> 18));
		s[n++] = (char)(0x80 | ((c >> 12) & 0x3f));
		s[n++] = (char)(0x80 | ((c >> 6) & 0x3f));
	}
	if (c >= 0x80)
		s[n++] = (char)(0x80 | (c & 0x3f));
	buf_add(out, s, n);
}

static int digit_value(char c, unsigned base)
{
	if (is_digit(c))
		return c - '0';
	c = to_lower(c);
	return base == 16 && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Bytes of the reference that starts at S ("&#…"), or 0. */
static size_t decode_number(struct buf *out, const char *s, size_t len)
{
	/* 0x80-0x9f mean Windows-1252 in HTML. */
	static const unsigned short w1252[] = { 0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026,
		0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d, 0x8f, 0x90,
		0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161,
		0x203a, 0x153, 0x9d, 0x17e, 0x178 };
	unsigned base = len > 2 && to_lower(s[2]) == 'x' ? 16 : 10, c = 0;
	size_t start = base == 16 ? 3 : 2, n = start;
	int d;

	while (n < len && (d = digit_value(s[n], base)) >= 0) {
		if (c <= 0x10ffff)
			c = c * base + (unsigned)d;
		n++;
	}
	if (n == start)
		return 0;
	add_utf8(out, c >= 0x80 && c <= 0x9f ? w1252[c - 0x80] : c);
	return n < len && s[n] == ';' ? n + 1 : n;
}

/* Bytes of the reference at S ("&name;"), or 0 where it is none. */
static size_t decode_name(struct buf *out, const char *s, size_t len)
{
	size_t n = 1;

	while (n < len && n < HTML_NAME_MAX && (is_alpha(s[n]) || is_digit(s[n])))
		n++;
	for (size_t i = 0; i < ARRAY_LEN(entities); i++) {
		size_t have = strlen(entities[i].name);

		if (have != n - 1 || memcmp(s + 1, entities[i].name, have) != 0)
			continue;
		/* The oldest ones work without their semicolon. */
		if (!(n < len && s[n] == ';') && i >= 13)
			return 0;
		buf_str(out, entities[i].text);
		return n < len && s[n] == ';' ? n + 1 : n;
	}
	return 0;
}

void html_decode(struct buf *out, const char *s, size_t len)
{
	size_t i = 0;

	while (i < len) {
		const char *amp = memchr(s + i, '&', len - i);
		size_t upto = amp ? (size_t)(amp - s) : len, n;

		buf_add(out, s + i, upto - i);
		i = upto;
		if (!amp)
			break;
		if (len - i > 2 && amp[1] == '#')
			n = decode_number(out, amp, len - i);
		else
			n = decode_name(out, amp, len - i);
		if (!n)
			buf_char(out, '&');
		i += n ? n : 1;
	}
}

/* --- text and Markdown --- */

#define LISTS_MAX 16
#define MARKS_MAX 16

struct flow {
	struct html_reader r;
	struct buf *out;
	bool markdown;
	int newlines;       /* wanted before the next text */
	bool space;         /* wanted before the next word */
	bool at_start;      /* of a line */
	unsigned skip;      /* inside so many elements that are not shown */
	unsigned quotes;    /* depth of blockquotes */
	unsigned blank_quotes; /* of them, around the empty lines that are wanted */
	unsigned lists;     /* depth; the arrays hold the first LISTS_MAX */
	unsigned number[LISTS_MAX]; /* the next item's; 0 for a bullet */
	unsigned pre;
	unsigned tables, cells, columns, rows;
	unsigned heading;
	struct buf href;    /* of the link we are in */
	bool in_link;
	size_t link_start;
	struct {
		size_t at;
		char tag;
	} marks[MARKS_MAX]; /* where bold and italic began */
	unsigned mark_count;
};

static void flow_break(struct flow *f, int newlines)
{
	if (f->cells) { /* a cell is one line */
		f->space = true;
		return;
	}
	if (!f->newlines || f->quotes < f->blank_quotes)
		f->blank_quotes = f->quotes;
	if (newlines > f->newlines)
		f->newlines = newlines;
	f->space = false;
}

static void flow_prefix(struct flow *f)
{
	for (unsigned i = 0; i < f->quotes && i < LISTS_MAX; i++)
		buf_str(f->out, "> ");
	for (unsigned i = 1; i < f->lists && i < LISTS_MAX; i++)
		buf_str(f->out, "   ");
}

/* Writes what is owed before something visible. */
static void flow_settle(struct flow *f)
{
	if (f->newlines) {
		bool quoted = f->quotes && f->blank_quotes;

		for (int i = 0; f->out->len && i < f->newlines; i++)
			buf_str(f->out, quoted && i ? ">\n" : "\n");
		flow_prefix(f);
		f->at_start = true;
	} else if (!f->out->len) {
		flow_prefix(f);
		f->at_start = true;
	} else if (f->space && f->out->data[f->out->len - 1] != ' ') {
		buf_char(f->out, ' ');
	}
	f->newlines = 0;
	f->space = false;
}

static bool needs_escape(const struct flow *f, const char *s, size_t i, size_t len)
{
	if (strchr("\\`*_[]<>~", s[i]) || (s[i] == '|' && f->tables))
		return s[i] != '\0';
	if (s[i] == '&')
		return i + 1 < len && (is_alpha(s[i + 1]) || s[i + 1] == '#');
	if (!f->at_start)
		return false;
	return s[i] == '#' || s[i] == '+' || s[i] == '-' || s[i] == '=' || s[i] == '>';
}

/* "1. " at the start of a line would be a list. */
static bool numbered(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && n < 9 && is_digit(s[n]))
		n++;
	return n && n < len && (s[n] == '.' || s[n] == ')');
}

static void flow_char(struct flow *f, const char *s, size_t *i, size_t len)
{
	if (f->markdown && f->at_start && numbered(s + *i, len - *i)) {
		while (is_digit(s[*i]))
			buf_char(f->out, s[(*i)++]);
		buf_char(f->out, '\\');
	} else if (f->markdown && needs_escape(f, s, *i, len)) {
		buf_char(f->out, '\\');
	}
	buf_char(f->out, s[*i]);
	f->at_start = false;
}

static void flow_words(struct flow *f, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (f->pre && c == '\n') {
			flow_break(f, f->newlines + 1);
		} else if (is_space(s[i])) {
			f->space = f->out->len && !f->newlines;
		} else if (c >= 0x20 && c != 0x7f) {
			flow_settle(f);
			flow_char(f, s, &i, len);
		}
	}
}

static void flow_text(struct flow *f, const struct html_token *t)
{
	struct buf text;

	if (f->skip || t->raw)
		return;
	buf_init(&text, t->len * 3 + 16);
	html_decode(&text, t->s, t->len);
	flow_words(f, buf_cstr(&text), text.len);
	buf_finish(&text);
}

/* Markup of our own, not escaped. */
static void flow_mark(struct flow *f, const char *s)
{
	flow_settle(f);
	buf_str(f->out, s);
	f->at_start = false;
}

/* A URL inside ( ): in angle brackets where it needs them. */
static void add_url(struct buf *out, const char *s, bool markdown)
{
	bool angle = markdown && strpbrk(s, "()") != NULL;

	if (angle)
		buf_char(out, '<');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c <= 0x20 || c == 0x7f || c == '<' || c == '>' || c == '\\' ||
		    (c == '|' && markdown))
			buf_percent(out, s, 1);
		else
			buf_char(out, *s);
	}
	if (angle)
		buf_char(out, '>');
}

static void link_start(struct flow *f, const struct html_token *t)
{
	struct html_attr a;

	if (f->in_link || !html_attr(t, "href", &a))
		return;
	buf_reset(&f->href);
	html_decode(&f->href, a.s, a.len);
	f->in_link = true;
	if (f->markdown)
		flow_mark(f, "[");
	f->link_start = f->out->len;
}

static void link_end(struct flow *f)
{
	const char *url = buf_cstr(&f->href), *text;

	if (!f->in_link)
		return;
	f->in_link = false;
	if (f->markdown) {
		buf_str(f->out, "](");
		add_url(f->out, url, true);
		buf_char(f->out, ')');
		return;
	}
	text = buf_cstr(f->out) + (f->link_start < f->out->len ? f->link_start : f->out->len);
	while (*text == '\n' || *text == ' ')
		text++;
	if (strcmp(text, url) == 0)
		return;
	flow_mark(f, *text ? " (" : "(");
	add_url(f->out, url, false);
	buf_char(f->out, ')');
}

static void image(struct flow *f, const struct html_token *t)
{
	struct html_attr alt, src;
	bool has_alt = html_attr(t, "alt", &alt) && alt.len;
	struct html_token as_text = { .kind = HTML_TEXT };
	struct buf url;

	if (!f->markdown && !has_alt)
		return;
	flow_mark(f, f->markdown ? "![" : "[");
	if (has_alt) {
		as_text.s = alt.s;
		as_text.len = alt.len;
		flow_text(f, &as_text);
	}
	f->space = false;
	buf_char(f->out, ']');
	if (!f->markdown)
		return;
	buf_init(&url, t->len * 3 + 16);
	if (html_attr(t, "src", &src))
		html_decode(&url, src.s, src.len);
	buf_char(f->out, '(');
	add_url(f->out, buf_cstr(&url), true);
	buf_char(f->out, ')');
	buf_finish(&url);
}

static void mark_start(struct flow *f, char tag)
{
	if (!f->markdown || f->heading || f->mark_count == MARKS_MAX)
		return;
	flow_settle(f);
	f->marks[f->mark_count].at = f->out->len;
	f->marks[f->mark_count++].tag = tag;
	f->at_start = false;
}

/* The text goes on with white space or a new line behind the tag just read. */
static bool line_ends(const struct flow *f)
{
	static const char *const ends[] = { "</p>", "</td>", "</th>", "</li>", "</div>", "<br>",
		"</h", "</blockquote>" };
	size_t left = (size_t)(f->r.end - f->r.p);

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (left >= strlen(ends[i]) && memcmp(f->r.p, ends[i], strlen(ends[i])) == 0)
			return true;
	return !left || is_space(*f->r.p);
}

/*
 * Stars do not open or close beside punctuation when a letter follows, as a
 * Korean particle does: "**(a)**는". HTML tags always work.
 */
static bool stars_work(const char *s, size_t len, bool line_end)
{
	static const char ends[] = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
	unsigned char last = (unsigned char)s[len - 1];

	if (strchr(ends, s[0]) || strchr("\xe2\xe3\xef", s[0]))
		return false;
	if (line_end)
		return true;
	if (strchr(ends, s[len - 1]))
		return false;
	/* General and CJK punctuation, full-width forms: be safe. */
	return len < 3 || last < 0x80 || !strchr("\xe2\xe3\xef", s[len - 3]);
}

static void mark_end(struct flow *f, char tag)
{
	CLEANUP_FREE char *inner = NULL;
	size_t at, len;
	bool stars;

	if (!f->mark_count || f->marks[f->mark_count - 1].tag != tag)
		return;
	at = f->marks[--f->mark_count].at;
	if (at >= f->out->len)
		return;
	len = f->out->len - at;
	inner = xstrndup(f->out->data + at, len);
	stars = stars_work(inner, len, line_ends(f));
	buf_truncate(f->out, at);
	buf_str(f->out, tag == 'b' ? (stars ? "**" : "<b>") : (stars ? "*" : "<i>"));
	buf_add(f->out, inner, len);
	buf_str(f->out, tag == 'b' ? (stars ? "**" : "</b>") : (stars ? "*" : "</i>"));
}

static void list_item(struct flow *f)
{
	unsigned depth = f->lists ? f->lists - 1 : 0;
	char mark[16];

	flow_break(f, 1);
	if (f->lists && depth < LISTS_MAX && f->number[depth])
		str_format_cut(mark, sizeof(mark), "%u. ", f->number[depth]++);
	else
		str_format_cut(mark, sizeof(mark), "%s", f->markdown ? "- " : "• ");
	flow_mark(f, mark);
	f->at_start = true;
}

static void list_start(struct flow *f, bool ordered)
{
	flow_break(f, f->lists ? 1 : 2);
	if (f->lists < LISTS_MAX)
		f->number[f->lists] = ordered;
	f->lists++;
}

static unsigned small_number(const struct html_token *t, const char *name)
{
	struct html_attr a;
	unsigned n = 0;

	if (!html_attr(t, name, &a))
		return 1;
	for (size_t i = 0; i < a.len && i < 2 && is_digit(a.s[i]); i++)
		n = n * 10 + (unsigned)(a.s[i] - '0');
	return n ? n : 1;
}

static void row_start(struct flow *f)
{
	f->cells = 0;
	flow_break(f, f->rows ? 1 : 2);
	f->rows++;
}

static void cell_start(struct flow *f, const struct html_token *t)
{
	unsigned span = small_number(t, "colspan");

	f->space = false;
	if (f->markdown)
		flow_mark(f, f->cells ? " | " : "| ");
	else if (f->cells)
		flow_mark(f, " | ");
	f->cells++;
	f->at_start = false;
	/* A wide cell is itself and empty ones: Markdown has no spans. */
	for (; span > 1 && f->markdown && f->cells < 100; span--) {
		flow_mark(f, "| ");
		f->cells++;
	}
	f->space = false;
}

static void row_end(struct flow *f)
{
	unsigned n = f->cells;

	if (!n)
		return;
	f->space = false;
	f->cells = 0;
	if (!f->markdown)
		return;
	buf_str(f->out, " |");
	if (f->rows != 1)
		return;
	f->columns = n;
	buf_str(f->out, "\n|");
	for (unsigned i = 0; i < n; i++)
		buf_str(f->out, " --- |");
}

static void table_edge(struct flow *f, bool start)
{
	if (start) {
		f->tables++;
		f->rows = 0;
		f->cells = 0;
	} else if (f->tables) {
		row_end(f);
		f->tables--;
	}
	flow_break(f, 2);
}

static void heading_start(struct flow *f, const char *name)
{
	static const char marks[] = "###### ";

	flow_break(f, 2);
	if (f->markdown && !f->cells) {
		flow_mark(f, marks + 6 - (name[1] - '0'));
		f->heading++;
		f->at_start = true;
	}
}

static bool is_heading(const char *name)
{
	return name[0] == 'h' && name[1] >= '1' && name[1] <= '6' && !name[2];
}

static bool not_shown(const char *name)
{
	static const char *const list[] = { "head", "script", "style", "template", "noscript",
		"title", "textarea", "select", "svg", "iframe", "object", "audio", "video" };

	return in_list(list, ARRAY_LEN(list), name);
}

static void rule(struct flow *f)
{
	flow_break(f, 2);
	flow_mark(f, f->markdown ? "---" : "────────");
	flow_break(f, 2);
}

static void line_break(struct flow *f)
{
	f->space = false;
	if (f->cells)
		flow_mark(f, f->markdown ? "<br>" : " ");
	else if (f->markdown && f->out->len && !f->newlines)
		buf_str(f->out, "\\");
	flow_break(f, f->newlines + 1);
}

static bool is_bold(const char *name)
{
	return strcmp(name, "b") == 0 || strcmp(name, "strong") == 0;
}

static bool is_italic(const char *name)
{
	return strcmp(name, "i") == 0 || strcmp(name, "em") == 0;
}

static bool is_cell(const char *name)
{
	return strcmp(name, "td") == 0 || strcmp(name, "th") == 0;
}

static int block_gap(const char *name)
{
	static const char *const wide[] = { "p", "blockquote", "pre", "figure", "dl" };

	return in_list(wide, ARRAY_LEN(wide), name) ? 2 : 1;
}

static void flow_start(struct flow *f, const struct html_token *t)
{
	const char *n = t->name;

	if (not_shown(n) && !t->self_closing)
		f->skip++;
	if (f->skip)
		return;
	if (strcmp(n, "a") == 0)
		link_start(f, t);
	else if (strcmp(n, "img") == 0)
		image(f, t);
	else if (strcmp(n, "br") == 0)
		line_break(f);
	else if (strcmp(n, "hr") == 0)
		rule(f);
	else if (is_bold(n) || is_italic(n))
		mark_start(f, is_bold(n) ? 'b' : 'i');
	else if (strcmp(n, "ul") == 0 || strcmp(n, "ol") == 0)
		list_start(f, n[0] == 'o');
	else if (strcmp(n, "li") == 0)
		list_item(f);
	else if (strcmp(n, "table") == 0)
		table_edge(f, true);
	else if (strcmp(n, "tr") == 0 && f->tables)
		row_start(f);
	else if (is_cell(n) && f->tables)
		cell_start(f, t);
	else if (is_heading(n))
		heading_start(f, n);
	else if (html_is_block(n))
		flow_break(f, block_gap(n));
	if (strcmp(n, "blockquote") == 0)
		f->quotes++;
	if (strcmp(n, "pre") == 0)
		f->pre++;
}

static void flow_end(struct flow *f, const struct html_token *t)
{
	const char *n = t->name;

	if (f->skip) {
		f->skip -= not_shown(n);
		return;
	}
	if (strcmp(n, "a") == 0)
		link_end(f);
	else if (is_bold(n) || is_italic(n))
		mark_end(f, is_bold(n) ? 'b' : 'i');
	else if ((strcmp(n, "ul") == 0 || strcmp(n, "ol") == 0) && f->lists)
		flow_break(f, --f->lists ? 1 : 2);
	else if (strcmp(n, "table") == 0)
		table_edge(f, false);
	else if (strcmp(n, "tr") == 0 && f->tables)
		row_end(f);
	else if (is_heading(n))
		flow_break(f, 2);
	else if (html_is_block(n) && !is_cell(n))
		flow_break(f, block_gap(n));
	if (is_heading(n) && f->heading)
		f->heading--;
	if (strcmp(n, "blockquote") == 0 && f->quotes)
		f->quotes--;
	if (strcmp(n, "pre") == 0 && f->pre)
		f->pre--;
}

static void convert(struct buf *out, const char *s, size_t len, bool markdown)
{
	struct flow f = { .out = out, .markdown = markdown, .at_start = true };
	struct html_token t;

	buf_init(&f.href, len + 16);
	html_init(&f.r, s, len);
	while (html_next(&f.r, &t)) {
		if (t.kind == HTML_TEXT)
			flow_text(&f, &t);
		else if (t.kind == HTML_START)
			flow_start(&f, &t);
		else if (t.kind == HTML_END)
			flow_end(&f, &t);
	}
	if (f.in_link)
		link_end(&f);
	row_end(&f);
	while (f.mark_count)
		mark_end(&f, f.marks[f.mark_count - 1].tag);
	if (out->len)
		buf_char(out, '\n');
	buf_finish(&f.href);
}

void html_to_text(struct buf *out, const char *s, size_t len)
{
	convert(out, s, len, false);
}

void html_to_markdown(struct buf *out, const char *s, size_t len)
{
	convert(out, s, len, true);
}

/* --- the safe profile --- */

#define DEPTH_MAX 32

static const struct profile_tag {
	const char *name;
	const char *attrs; /* allowed ones, each between spaces */
	const char *parents; /* must be the direct parent: one of these; "" = any */
} profile[] = {
	{ "p", " ", "" },
	{ "b", " ", "" },
	{ "i", " ", "" },
	{ "u", " ", "" },
	{ "a", " href rel ", "" },
	{ "h1", " ", "" },
	{ "h2", " ", "" },
	{ "h3", " ", "" },
	{ "div", " align ", "" },
	{ "img", " src alt width height ", " div a " },
	{ "table", " border width ", "" },
	{ "thead", " ", " table " },
	{ "tbody", " ", " table " },
	{ "tr", " ", " table thead tbody " },
	{ "th", " rowspan colspan align width ", " tr " },
	{ "td", " rowspan colspan align width ", " tr " },
	{ "blockquote", " ", "" },
	{ "br", " ", "" },
	{ "hr", " ", "" },
};

struct checker {
	struct err *e;
	struct {
		const struct profile_tag *tag;
		unsigned line;
	} open[DEPTH_MAX];
	size_t depth;
};

static int fail(struct checker *c, unsigned line, const char *what, const char *name,
	const char *remedy)
{
	return err_set(c->e, -EINVAL, "line %u: %s%s%s; %s", line, tr(what), name ? " " : "",
		name ? name : "", tr(remedy));
}

static bool word_in(const char *list, const char *word)
{
	char key[HTML_NAME_MAX + 2];

	str_format_cut(key, sizeof(key), " %s ", word);
	return strstr(list, key) != NULL;
}

static bool is_open(const struct checker *c, const char *name)
{
	for (size_t i = 0; i < c->depth; i++)
		if (strcmp(c->open[i].tag->name, name) == 0)
			return true;
	return false;
}

/* http:// or https://, a host, and nothing that a browser would read otherwise. */
static bool url_plain(const char *s)
{
	bool web = strncasecmp(s, "https://", 8) == 0 || strncasecmp(s, "http://", 7) == 0;

	if (!web)
		return false;
	for (const char *p = s; *p; p++)
		if ((unsigned char)*p <= 0x20 || *p == 0x7f || *p == '\\')
			return false;
	s = strchr(s, ':') + 3;
	return *s && *s != '/' && *s != '?' && *s != '#';
}

static bool value_fits(const struct html_attr *a)
{
	struct buf text;
	bool ok = a->len > 0;

	if (strcmp(a->name, "alt") == 0)
		return true;
	buf_init(&text, a->len * 3 + 16);
	html_decode(&text, a->s, a->len);
	if (strcmp(a->name, "href") == 0 || strcmp(a->name, "src") == 0)
		ok = ok && strlen(buf_cstr(&text)) == text.len && url_plain(buf_cstr(&text));
	else if (strcmp(a->name, "align") == 0)
		ok = word_in(" left center right ", buf_cstr(&text));
	else if (strcmp(a->name, "rel") == 0)
		ok = strspn(buf_cstr(&text), "abcdefghijklmnopqrstuvwxyz ") == text.len;
	else
		ok = ok && text.len <= 5 && strspn(buf_cstr(&text), "0123456789%") == text.len;
	buf_finish(&text);
	return ok;
}

/* Text or a value in which & < > are not what they say. NULL if all is well. */
static const char *unescaped(const char *s, size_t len)
{
	struct buf sink;
	const char *bad = NULL;

	buf_init(&sink, 64);
	for (size_t i = 0; i < len && !bad; i++) {
		if (s[i] == '<' || s[i] == '>') {
			bad = s[i] == '<' ? "<" : ">";
		} else if (s[i] == '&') {
			size_t n = len - i > 2 && s[i + 1] == '#' ?
				decode_number(&sink, s + i, len - i) :
				decode_name(&sink, s + i, len - i);

			if (!n || s[i + n - 1] != ';')
				bad = "&";
			buf_reset(&sink);
		} else if (((unsigned char)s[i] < 0x20 && !is_space(s[i])) || s[i] == 0x7f) {
			bad = _("a control character");
		}
	}
	buf_finish(&sink);
	return bad;
}

static int check_attrs(struct checker *c, const struct html_token *t,
	const struct profile_tag *tag)
{
	struct html_attr a;
	size_t pos = 0;

	while (html_attr_next(t, &pos, &a)) {
		const char *bad = unescaped(a.s ? a.s : "", a.len);

		if (!word_in(tag->attrs, a.name))
			return fail(c, t->line, "attribute out of the safe profile:", a.name,
				"leave it out");
		if (!a.has_value || !a.quoted)
			return fail(c, t->line, "attribute without a value in quotes:", a.name,
				"write name=\"value\"");
		if (bad)
			return fail(c, t->line, "unescaped in an attribute:", bad,
				"write it as an entity");
		if (!value_fits(&a))
			return fail(c, t->line, "value not allowed in attribute", a.name,
				"links are http or https, sizes are numbers, align is left, "
				"center or right");
	}
	return 0;
}

static int check_image(struct checker *c, const struct html_token *t)
{
	struct html_attr a;

	for (size_t i = 0; i < 3; i++) {
		static const char *const need[] = { "src", "width", "height" };

		if (!html_attr(t, need[i], &a))
			return fail(c, t->line, "img without", need[i], "add it");
	}
	if (is_open(c, "td") || is_open(c, "th"))
		return fail(c, t->line, "img in a table's cell", NULL, "put it outside the table");
	if (!is_open(c, "div"))
		return fail(c, t->line, "img outside a div", NULL,
			"put it in <div align=\"center\">");
	return 0;
}

/* What may not stand in what: browsers and editors would tear it apart. */
static int check_place(struct checker *c, const struct html_token *t,
	const struct profile_tag *tag)
{
	static const char inlines[] = " b i u a img br ";
	const char *parent = c->depth ? c->open[c->depth - 1].tag->name : "";

	if (*tag->parents && !word_in(tag->parents, parent))
		return fail(c, t->line, "misplaced tag", tag->name, "put it where it belongs");
	if (word_in(" table thead tbody tr ", parent) &&
	    !word_in(" thead tbody tr th td ", tag->name))
		return fail(c, t->line, "tag between the cells of a table:", tag->name,
			"put it in a cell");
	if (word_in(" p b i u a h1 h2 h3 ", parent) && !word_in(inlines, tag->name))
		return fail(c, t->line, "block inside a line of text:", tag->name,
			"close the paragraph or link first");
	if (strcmp(tag->name, "a") == 0 && is_open(c, "a"))
		return fail(c, t->line, "link inside a link", NULL, "close the first one");
	return 0;
}

static int check_start(struct checker *c, const struct html_token *t)
{
	const struct profile_tag *tag = NULL;
	struct html_attr a;
	int r;

	for (size_t i = 0; i < ARRAY_LEN(profile) && !tag; i++)
		if (strcmp(profile[i].name, t->name) == 0)
			tag = &profile[i];
	if (!tag)
		return fail(c, t->line, "tag out of the safe profile:", t->name,
			"use p b i u a h1-h3 div img table blockquote br hr");
	if (!t->closed)
		return fail(c, t->line, "tag without its \">\":", t->name, "close it");
	r = check_attrs(c, t, tag);
	if (r == 0)
		r = check_place(c, t, tag);
	if (r == 0 && strcmp(tag->name, "img") == 0)
		r = check_image(c, t);
	if (r == 0 && strcmp(tag->name, "a") == 0 && !html_attr(t, "href", &a))
		r = fail(c, t->line, "a without href", NULL, "add it");
	if (r < 0 || html_is_void(tag->name))
		return r;
	if (c->depth == DEPTH_MAX)
		return fail(c, t->line, "tags nested too deep at", t->name, "use fewer");
	c->open[c->depth].tag = tag;
	c->open[c->depth++].line = t->line;
	return 0;
}

static int check_end(struct checker *c, const struct html_token *t)
{
	if (!c->depth || strcmp(c->open[c->depth - 1].tag->name, t->name) != 0)
		return fail(c, t->line, "end tag that closes nothing:", t->name,
			"close tags in the order they were opened");
	c->depth--;
	return 0;
}

static int check_token(struct checker *c, const struct html_token *t)
{
	const char *bad;

	switch (t->kind) {
	case HTML_START:
		return check_start(c, t);
	case HTML_END:
		return check_end(c, t);
	case HTML_COMMENT:
	case HTML_DOCTYPE:
		return fail(c, t->line, "comment or declaration", NULL,
			"leave it out ({{! … }} is a comment of the template)");
	case HTML_TEXT:
		break;
	}
	bad = unescaped(t->s, t->len);
	return bad ? fail(c, t->line, "unescaped in the text:", bad, "write it as an entity") : 0;
}

int html_profile_check(const char *s, size_t len, struct err *e)
{
	struct checker c = { .e = e };
	struct html_reader r;
	struct html_token t;
	int rc = 0;

	html_init(&r, s, len);
	while (rc == 0 && html_next(&r, &t))
		rc = check_token(&c, &t);
	if (rc == 0 && c.depth)
		rc = fail(&c, c.open[c.depth - 1].line, "tag that is never closed:",
			c.open[c.depth - 1].tag->name, "close it");
	return rc;
}
