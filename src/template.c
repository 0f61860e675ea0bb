/* SPDX-License-Identifier: MIT */
#include "template.h"

#include <errno.h>
#include <stdarg.h>

#include "text.h"

#define DELIMITER_MAX 16
#define INDENT_MAX (64u << 10)

/* The first kinds are the public ones, so that template_names() can hand them on. */
enum node_kind {
	NODE_VARIABLE = TEMPLATE_VARIABLE,
	NODE_RAW = TEMPLATE_RAW,
	NODE_SECTION = TEMPLATE_SECTION,
	NODE_INVERTED = TEMPLATE_INVERTED,
	NODE_PARTIAL = TEMPLATE_PARTIAL,
	NODE_PARENT = TEMPLATE_PARENT,
	NODE_BLOCK = TEMPLATE_BLOCK,
	NODE_TEXT,
};

struct slice {
	const char *s;
	size_t len;
};

/*
 * The tree lies flat, in the order of the text; a node's children follow it up
 * to its "next". A text node holds at most one line: so a line's indentation
 * can be replaced when its block or partial is put somewhere else.
 */
struct node {
	enum node_kind kind;
	bool first;         /* only white space stands before it on its line */
	bool alone;         /* its tag has the line to itself */
	unsigned line;
	size_t begin;       /* of its tag in the text */
	size_t inside;      /* of its content in the text */
	size_t next;        /* index of the node after this one's children */
	size_t up;          /* index of the node around it plus one; 0 = none */
	size_t args, nargs; /* parent: its blocks, sorted, in template.args */
	struct slice text;  /* text, or name (with NUL) */
	struct slice ws;    /* text, partial, parent: indentation; block: of its place */
	struct slice inner; /* block: the indentation of its content */
};

struct arg {
	const char *name;
	size_t node;
};

struct template {
	char *name;
	char *copy, *text; /* text: after a byte order mark */
	size_t len;
	template_escape *escape;
	struct node *nodes;
	size_t count, size;
	struct arg *args;
	size_t nargs, args_size;
};

/* Parsing. */

struct parser {
	struct template *t;
	const struct template_rules *rules;
	struct err *err;
	size_t pos;
	unsigned line; /* of line_pos */
	size_t line_pos;
	struct slice open, close;
	size_t stack[TEMPLATE_NEST_MAX];
	size_t depth;
};

struct tag {
	char sigil; /* one of SIGILS or ' ' */
	size_t begin, end;
	struct slice body; /* trimmed */
	size_t line_begin; /* where its line begins */
	size_t line_end;   /* behind the line's end */
	bool first;        /* only white space before it on the line */
	bool last;         /* only white space behind it */
};

#define SIGILS "#^/>{&=!<$"

static void place(const struct template *t, size_t at, unsigned *line, unsigned *column)
{
	*line = *column = 1;
	for (size_t i = 0; i < at && i < t->len; i++) {
		unsigned char c = (unsigned char)t->text[i];

		if (c == '\n') {
			++*line;
			*column = 1;
		} else if ((c & 0xc0) != 0x80)
			++*column;
	}
}

static int PRINTF(3, 4) fail(const struct parser *p, size_t at, const char *fmt, ...)
{
	char text[ERR_MAX];
	unsigned line, column;
	va_list ap;

	va_start(ap, fmt);
	tr_vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	place(p->t, at, &line, &column);
	return err_set(p->err, -EINVAL, "%s:%u:%u: %s", p->t->name, line, column, text);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_space(char c)
{
	return is_blank(c) || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static bool slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len && !memcmp(a.s, b.s, a.len);
}

static struct slice trim(const char *s, size_t len)
{
	while (len && is_space(*s))
		s++, len--;
	while (len && is_space(s[len - 1]))
		len--;
	return (struct slice){ s, len };
}

/* Spaces and tabs from FROM on, not beyond END. */
static struct slice blanks(const struct template *t, size_t from, size_t end)
{
	size_t i = from;

	while (i < end && is_blank(t->text[i]))
		i++;
	return (struct slice){ t->text + from, i - from };
}

static bool at_line_begin(const struct template *t, size_t at)
{
	return !at || t->text[at - 1] == '\n';
}

static struct node *add_node(struct parser *p, enum node_kind kind, size_t begin)
{
	struct template *t = p->t;
	struct node *n;

	if (t->count == t->size) {
		t->size = t->size ? t->size * 2 : 64;
		t->nodes = xreallocarray(t->nodes, t->size, sizeof(*t->nodes));
	}
	for (; p->line_pos < begin; p->line_pos++)
		p->line += t->text[p->line_pos] == '\n';
	n = t->nodes + t->count++;
	*n = (struct node){
		.kind = kind,
		.begin = begin,
		.line = p->line,
		.next = t->count,
		.up = p->depth ? p->stack[p->depth - 1] + 1 : 0,
	};
	return n;
}

/* The innermost open node, or NULL. */
static struct node *top(const struct parser *p)
{
	return p->depth ? p->t->nodes + p->stack[p->depth - 1] : NULL;
}

static bool in_parent(const struct parser *p)
{
	return p->depth && top(p)->kind == NODE_PARENT;
}

/*
 * The text between two tags, a node for each line. BEFORE_TAG: a tag stands
 * behind it on its last line, which therefore counts even if it is empty.
 */
static void add_text(struct parser *p, size_t end, bool before_tag)
{
	const struct template *t = p->t;
	size_t at = p->pos;

	if (in_parent(p)) /* only the blocks of a parent count */
		return;
	while (at < end || (before_tag && at == end && at_line_begin(t, at))) {
		const char *nl = memchr(t->text + at, '\n', end - at);
		size_t stop = nl ? (size_t)(nl - t->text) + 1 : end;
		bool first = at_line_begin(t, at) && t->text[at] != '\n' && t->text[at] != '\r';
		struct node *n = add_node(p, NODE_TEXT, at);

		n->first = first;
		n->ws = first ? blanks(t, at, stop) : (struct slice){ t->text + at, 0 };
		n->text.s = n->ws.s + n->ws.len;
		n->text.len = stop - at - n->ws.len;
		if (at == end)
			break;
		at = stop;
	}
}

static void look_around(const struct template *t, struct tag *tag)
{
	size_t i = tag->begin, j;

	while (i && is_blank(t->text[i - 1]))
		i--;
	tag->first = at_line_begin(t, i);
	tag->line_begin = i;

	for (j = tag->end; j < t->len && is_blank(t->text[j]); j++)
		;
	if (j + 1 < t->len && t->text[j] == '\r' && t->text[j + 1] == '\n')
		j++;
	tag->last = j >= t->len || t->text[j] == '\n';
	tag->line_end = j < t->len ? j + 1 : j;
}

/* The next tag; tag->begin is the text's end if there is none. */
static int next_tag(struct parser *p, struct tag *tag)
{
	const struct template *t = p->t;
	const char *end = t->text + t->len, *s, *stop;
	char close[DELIMITER_MAX + 2];
	size_t close_len = 0;

	s = memmem(t->text + p->pos, t->len - p->pos, p->open.s, p->open.len);
	tag->begin = s ? (size_t)(s - t->text) : t->len;
	if (!s)
		return 0;
	for (s += p->open.len; s < end && is_space(*s); s++)
		;
	tag->sigil = s < end && strchr(SIGILS, *s) ? *s++ : ' ';
	if (tag->sigil == '{' || tag->sigil == '=')
		close[close_len++] = tag->sigil == '{' ? '}' : '=';
	memcpy(close + close_len, p->close.s, p->close.len);
	close_len += p->close.len;
	stop = memmem(s, (size_t)(end - s), close, close_len);
	if (!stop)
		return fail(p, tag->begin, "the tag is not closed; add %.*s", (int)close_len,
			close);
	tag->body = trim(s, (size_t)(stop - s));
	tag->end = (size_t)(stop - t->text) + close_len;
	look_around(t, tag);
	return 0;
}

static int check_name(const struct parser *p, const struct tag *tag)
{
	const char *s = tag->body.s;
	size_t len = tag->body.len;

	if (!len)
		return fail(p, tag->begin, "the tag is empty; write a name into it or remove it");
	if (len > TEMPLATE_NAME_MAX)
		return fail(p, tag->begin, "the name is over %d bytes; shorten it, or close the"
			" tag with %.*s", TEMPLATE_NAME_MAX, (int)p->close.len, p->close.s);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] <= ' ' || s[i] == 0x7f)
			return fail(p, tag->begin, "the name holds white space; write one word,"
				" and close the tag with %.*s", (int)p->close.len, p->close.s);
	return 0;
}

/* "." or parts with dots between them. */
static int check_path(const struct parser *p, const struct tag *tag)
{
	struct slice s = tag->body;

	if (s.len == 1 && *s.s == '.')
		return 0;
	if (*s.s == '.' || s.s[s.len - 1] == '.' || memmem(s.s, s.len, "..", 2))
		return fail(p, tag->begin, "'%.*s' has an empty part; write a.b, or . for the"
			" item itself", (int)s.len, s.s);
	return 0;
}

static int check_raw(const struct parser *p, const struct tag *tag)
{
	struct slice s = tag->body;

	if (p->rules->raw_all)
		return 0;
	for (const char *const *n = p->rules->raw_names; n && *n; n++)
		if (slice_eq(s, (struct slice){ *n, strlen(*n) }))
			return 0;
	return fail(p, tag->begin, "'%.*s' may hold text from outside and cannot be put in raw;"
		" write {{%.*s}}", (int)s.len, s.s, (int)s.len, s.s);
}

static struct node *add_tag(struct parser *p, const struct tag *tag, enum node_kind kind)
{
	struct node *n = add_node(p, kind, tag->begin);

	n->first = tag->first;
	n->alone = tag->first && tag->last;
	n->text = tag->body;
	n->ws = (struct slice){ p->t->text + tag->line_begin, 0 };
	if (tag->first)
		n->ws.len = tag->begin - tag->line_begin;
	/*
	 * What follows a name is white space or the tag's end, and is not read
	 * again: the copy of the text can hold the name's NUL.
	 */
	p->t->text[(size_t)(tag->body.s - p->t->text) + tag->body.len] = '\0';
	return n;
}

/* The text before TAG, without the line's white space if the tag has the line. */
static void take_text(struct parser *p, const struct tag *tag, bool alone)
{
	add_text(p, alone ? tag->line_begin : tag->begin, !alone);
	p->pos = alone ? tag->line_end : tag->end;
}

static int take_variable(struct parser *p, const struct tag *tag)
{
	bool raw = tag->sigil != ' ';
	int r;

	if ((r = check_path(p, tag)) || (raw && (r = check_raw(p, tag))))
		return r;
	take_text(p, tag, false);
	add_tag(p, tag, raw ? NODE_RAW : NODE_VARIABLE);
	return 0;
}

static int take_partial(struct parser *p, const struct tag *tag)
{
	if (*tag->body.s == '*')
		return fail(p, tag->begin, "names of partials cannot be made from data; write"
			" the name itself");
	take_text(p, tag, tag->first && tag->last);
	add_tag(p, tag, NODE_PARTIAL);
	return 0;
}

static int take_open(struct parser *p, const struct tag *tag)
{
	bool argument = tag->sigil == '$' && in_parent(p);
	bool alone = tag->last && (tag->first || argument);
	enum node_kind kind = tag->sigil == '#' ? NODE_SECTION : tag->sigil == '^' ?
		NODE_INVERTED : tag->sigil == '<' ? NODE_PARENT : NODE_BLOCK;
	struct node *n;
	int r;

	if ((kind == NODE_SECTION || kind == NODE_INVERTED) && (r = check_path(p, tag)))
		return r;
	if (kind == NODE_PARENT && *tag->body.s == '*')
		return fail(p, tag->begin, "names of parents cannot be made from data; write"
			" the name itself");
	if (p->depth == TEMPLATE_NEST_MAX)
		return fail(p, tag->begin, "over %d tags are open here; close some, or move a"
			" part into a partial", TEMPLATE_NEST_MAX);
	/* Whether a parent has its line to itself is known where it is closed. */
	take_text(p, tag, alone && kind != NODE_PARENT);
	n = add_tag(p, tag, kind);
	n->alone = alone;
	n->inside = p->pos;
	p->stack[p->depth++] = (size_t)(n - p->t->nodes);
	return 0;
}

static int compare_args(const void *a, const void *b)
{
	const struct arg *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* What a parent is given: the blocks right inside it, sorted for the search. */
static int collect_args(struct parser *p, struct node *parent)
{
	struct template *t = p->t;

	parent->args = t->nargs;
	for (size_t i = (size_t)(parent - t->nodes) + 1; i < t->count; i = t->nodes[i].next) {
		if (t->nodes[i].kind != NODE_BLOCK)
			continue;
		if (t->nargs == t->args_size) {
			t->args_size = t->args_size ? t->args_size * 2 : 8;
			t->args = xreallocarray(t->args, t->args_size, sizeof(*t->args));
		}
		t->args[t->nargs++] = (struct arg){ t->nodes[i].text.s, i };
	}
	parent->nargs = t->nargs - parent->args;
	if (!parent->nargs)
		return 0;
	qsort(t->args + parent->args, parent->nargs, sizeof(*t->args), compare_args);
	for (size_t i = parent->args + 1; i < t->nargs; i++)
		if (str_eq(t->args[i].name, t->args[i - 1].name)) {
			size_t x = t->args[i].node, y = t->args[i - 1].node;

			return fail(p, t->nodes[x > y ? x : y].begin, "block '%s' is given twice"
				" in parent '%s'; remove one", t->args[i].name, parent->text.s);
		}
	return 0;
}

/* A parent that has its lines to itself gives its indentation to what it brings in. */
static int close_parent(struct parser *p, const struct tag *tag, struct node *n)
{
	n->alone = n->first && tag->last;
	if (n->alone && n > p->t->nodes && n[-1].kind == NODE_TEXT &&
		n[-1].text.s == p->t->text + n->begin)
		n[-1].first = false; /* the empty text that held the line's indentation */
	p->pos = n->alone ? tag->line_end : tag->end;
	return collect_args(p, n);
}

/* The white space of the first line that has anything on it. */
static struct slice content_indent(const struct template *t, size_t from, size_t end)
{
	size_t i = from, begin = from;

	for (; i < end && is_space(t->text[i]); i++)
		if (t->text[i] == '\n')
			begin = i + 1;
	return (struct slice){ t->text + begin, i < end ? i - begin : 0 };
}

static void close_block(struct parser *p, const struct tag *tag, struct node *n)
{
	bool argument = n->up && p->t->nodes[n->up - 1].kind == NODE_PARENT;
	size_t at = (size_t)(n - p->t->nodes);

	if (argument && tag->first) {
		add_text(p, tag->line_begin, false);
		p->pos = tag->end;
	} else
		take_text(p, tag, tag->first && tag->last);
	n = p->t->nodes + at; /* may have moved */
	if (n->alone)
		n->inner = content_indent(p->t, n->inside, tag->begin);
	if (n->inner.len)
		n->ws = n->inner;
	else if (!n->alone && !(n->first && tag->last))
		n->ws.len = 0;
}

static int take_close(struct parser *p, const struct tag *tag)
{
	struct node *n = top(p);
	struct slice name = tag->body;
	size_t at;
	int r = 0;

	if (!n)
		return fail(p, tag->begin, "nothing is open that '%.*s' could close; remove the"
			" tag", (int)name.len, name.s);
	if (!slice_eq(n->text, name))
		return fail(p, tag->begin, "'%s' of line %u is closed as '%.*s'; write {{/%s}}"
			" first", n->text.s, n->line, (int)name.len, name.s, n->text.s);
	at = p->stack[p->depth - 1];
	if (n->kind == NODE_PARENT)
		r = close_parent(p, tag, n);
	else if (n->kind == NODE_BLOCK)
		close_block(p, tag, n);
	else
		take_text(p, tag, tag->first && tag->last);
	p->t->nodes[at].next = p->t->count;
	p->depth--;
	return r;
}

static bool good_delimiter(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (is_space(s.s[i]) || s.s[i] == '=')
			return false;
	return s.len && s.len <= DELIMITER_MAX;
}

static int take_delimiters(struct parser *p, const struct tag *tag)
{
	struct slice all = tag->body, a = all, b;

	for (a.len = 0; a.len < all.len && !is_space(all.s[a.len]); a.len++)
		;
	b = trim(all.s + a.len, all.len - a.len);
	if (!good_delimiter(a) || !good_delimiter(b))
		return fail(p, tag->begin, "new delimiters are two words of at most %d bytes"
			" without '='; write {{=<%% %%>=}}", DELIMITER_MAX);
	take_text(p, tag, tag->first && tag->last);
	p->open = a;
	p->close = b;
	return 0;
}

static int take_tag(struct parser *p, const struct tag *tag)
{
	int r;

	if (tag->sigil == '!') {
		take_text(p, tag, tag->first && tag->last);
		return 0;
	}
	if (tag->sigil == '=')
		return take_delimiters(p, tag);
	if ((r = check_name(p, tag)))
		return r;
	switch (tag->sigil) {
	case '/':
		return take_close(p, tag);
	case '>':
		return take_partial(p, tag);
	case '#':
	case '^':
	case '<':
	case '$':
		return take_open(p, tag);
	default:
		return take_variable(p, tag);
	}
}

/* Refuses what is no text and says where. */
static int check_text(const struct parser *p)
{
	const char *s = p->t->text;
	size_t len = p->t->len, n;

	if (text_valid(s, len))
		return 0;
	for (size_t i = 0; i < len; i += n) {
		unsigned char c = (unsigned char)s[i];

		n = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
		if (!c)
			return fail(p, i, "a NUL byte is no text; remove it");
		if (n > len - i || !text_valid(s + i, n))
			return fail(p, i, "byte 0x%02x is not UTF-8; save the file as UTF-8", c);
	}
	return fail(p, 0, "the text is not UTF-8; save the file as UTF-8");
}

static const char *kind_word(enum node_kind kind)
{
	return kind == NODE_PARENT ? _("parent") : kind == NODE_BLOCK ? _("block") : _("section");
}

static int parse(struct parser *p)
{
	struct tag tag;
	int r = check_text(p);

	while (!r) {
		const struct node *n;

		if ((r = next_tag(p, &tag)))
			return r;
		if (tag.begin < p->t->len) {
			r = take_tag(p, &tag);
			continue;
		}
		if ((n = top(p)))
			return fail(p, n->begin, "%s '%s' is not closed; add {{/%s}}",
				kind_word(n->kind), n->text.s, n->text.s);
		add_text(p, p->t->len, false);
		break;
	}
	return r;
}

int template_parse(const char *name, const char *text, size_t len,
	const struct template_rules *rules, struct template **ret, struct err *e)
{
	static const struct template_rules defaults = { .escape = NULL };
	struct parser p = { .rules = rules ? rules : &defaults, .err = e, .line = 1,
		.open = { "{{", 2 }, .close = { "}}", 2 } };
	struct template *t;
	size_t bom = len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0;
	int r;

	if (len > TEMPLATE_TEXT_MAX)
		return err_set(e, -E2BIG, "%s:1:1: the template is over %u KiB; move parts of it"
			" into partials", name, TEMPLATE_TEXT_MAX >> 10);
	t = xcalloc(1, sizeof(*t));
	t->name = xstrdup(name);
	t->copy = xmalloc(len + 1);
	if (len)
		memcpy(t->copy, text, len);
	t->copy[len] = '\0';
	t->text = t->copy + bom;
	t->len = len - bom;
	t->escape = p.rules->escape ? p.rules->escape : buf_html;
	p.t = t;
	r = parse(&p);
	if (r) {
		template_free(t);
		return r;
	}
	/* It stays for as long as the daemon runs. */
	t->nodes = xreallocarray(t->nodes, t->count ? t->count : 1, sizeof(*t->nodes));
	*ret = t;
	return 0;
}

void template_free(struct template *t)
{
	if (!t)
		return;
	free(t->name);
	free(t->copy);
	free(t->nodes);
	free(t->args);
	free(t);
}

const char *template_name(const struct template *t)
{
	return t->name;
}

bool template_names(const struct template *t, size_t *i, struct template_mention *ret)
{
	const struct node *n, *up;

	while (*i < t->count && t->nodes[*i].kind == NODE_TEXT)
		++*i;
	if (*i >= t->count)
		return false;
	n = t->nodes + (*i)++;
	*ret = (struct template_mention){
		.name = n->text.s,
		.use = (enum template_use)n->kind,
		.line = n->line,
	};
	for (size_t u = n->up; u; u = up->up) {
		up = t->nodes + u - 1;
		if (up->kind == NODE_SECTION) {
			ret->section = up->text.s;
			break;
		}
	}
	return true;
}

/* Rendering. */

struct context {
	const struct value *value;
	const struct context *up;
};

/* The blocks that a parent was given, innermost first. */
struct overrides {
	const struct template *t;
	const struct node *parent;
	const struct overrides *up;
};

/* Where we are: what a part of a template is rendered with. */
struct scope {
	const struct template *t;
	const struct context *context;
	const struct overrides *overrides;
	struct slice dedent; /* the block's own indentation, taken off its lines */
};

struct render {
	const struct template_partials *partials;
	struct buf *out;
	struct err *err;
	struct buf indent;  /* the present one is what stands behind indent_from */
	size_t indent_from;
	size_t inline_at;   /* a line that begins at this length of out has its indentation */
	unsigned depth;
	unsigned steps;
};

static int render_nodes(struct render *r, const struct scope *s, size_t i, size_t end);

static int count_steps(struct render *r, const struct scope *s, const struct node *n)
{
	if (buf_failed(r->out))
		return err_set(r->err, -E2BIG, "%s:%u: the text grows over %zu bytes; shorten"
			" the template or list fewer items", s->t->name, n->line, r->out->max);
	if (buf_failed(&r->indent))
		return err_set(r->err, -E2BIG, "%s:%u: lines are indented by over %u KiB; use"
			" less white space before partials", s->t->name, n->line, INDENT_MAX >> 10);
	if (++r->steps > TEMPLATE_STEPS_MAX)
		return err_set(r->err, -E2BIG, "%s:%u: over %u steps; put fewer sections into"
			" one another", s->t->name, n->line, TEMPLATE_STEPS_MAX);
	return 0;
}

static int enter(struct render *r, const struct scope *s, const struct node *n)
{
	if (r->depth >= TEMPLATE_DEPTH_MAX)
		return err_set(r->err, -ELOOP, "%s:%u: '%s' is more than %d partials deep; it"
			" seems to bring itself in, remove the tag", s->t->name, n->line,
			n->text.s, TEMPLATE_DEPTH_MAX);
	r->depth++;
	return 0;
}

/* WS without what it has in common with the block's own indentation. */
static struct slice dedented(const struct scope *s, struct slice ws)
{
	size_t n = 0;

	while (n < ws.len && n < s->dedent.len && ws.s[n] == s->dedent.s[n])
		n++;
	return (struct slice){ ws.s + n, ws.len - n };
}

static void add_indent(struct render *r)
{
	if (r->indent.len > r->indent_from)
		buf_add(r->out, r->indent.data + r->indent_from, r->indent.len - r->indent_from);
}

static void render_text(struct render *r, const struct scope *s, const struct node *n)
{
	if (n->first && r->out->len != r->inline_at) {
		struct slice ws = dedented(s, n->ws);

		add_indent(r);
		if (ws.len)
			buf_add(r->out, ws.s, ws.len);
	}
	if (n->text.len)
		buf_add(r->out, n->text.s, n->text.len);
}

/* A member, searched for in steps of 16. */
static const struct value *member(struct render *r, const struct value *v, const char *name)
{
	r->steps++;
	if (value_kind(v) != VALUE_OBJECT)
		return NULL;
	r->steps += (unsigned)(value_len(v) / 16);
	return value_get(v, name);
}

/* The first part is looked for in all contexts, the others only in what it named. */
static const struct value *lookup(struct render *r, const struct scope *s, const char *name)
{
	const struct value *v = NULL;
	const char *dot = strchrnul(name, '.');
	char part[TEMPLATE_NAME_MAX + 1];

	if (str_eq(name, "."))
		return s->context->value;
	memcpy(part, name, (size_t)(dot - name));
	part[dot - name] = '\0';
	for (const struct context *c = s->context; c && !v; c = c->up)
		v = member(r, c->value, part);
	while (v && *dot) {
		name = dot + 1;
		dot = strchrnul(name, '.');
		memcpy(part, name, (size_t)(dot - name));
		part[dot - name] = '\0';
		v = member(r, v, part);
	}
	return v;
}

/* The digits that read back as D, as few as there are; returns the power of ten. */
static int shortest_digits(double d, char digits[24], size_t *len)
{
	char text[40];
	const char *e;

	for (int precision = 0; precision <= 16; precision++) {
		snprintf(text, sizeof(text), "%.*e", precision, d);
		if (strtod(text, NULL) == d)
			break;
	}
	e = strchrnul(text, 'e');
	*len = 0;
	for (const char *s = text; s < e; s++)
		if (*s >= '0' && *s <= '9')
			digits[(*len)++] = *s;
	return *e ? (int)strtol(e + 1, NULL, 10) : 0;
}

/* Laid out as JavaScript does it: 12900, 0.5, 1e+21, 1e-7. */
static void add_double(struct buf *b, double d)
{
	char digits[24];
	size_t len;
	int power;

	if (d != d || d - d != 0) {
		buf_str(b, d != d ? "NaN" : d > 0 ? "Infinity" : "-Infinity");
		return;
	}
	if (d < 0)
		buf_char(b, '-');
	power = shortest_digits(d < 0 ? -d : d, digits, &len);
	if (power < -6 || power > 20) {
		buf_char(b, digits[0]);
		if (len > 1) {
			buf_char(b, '.');
			buf_add(b, digits + 1, len - 1);
		}
		buf_printf(b, "e%+d", power);
		return;
	}
	for (int i = power < 0 ? power : 0; i <= power || i < (int)len; i++) {
		if (power >= 0 && i == power + 1)
			buf_char(b, '.');
		buf_char(b, i < 0 || i >= (int)len ? '0' : digits[i]);
		if (i < 0 && i == power)
			buf_char(b, '.');
	}
}

static void add_value(struct buf *b, const struct value *v, template_escape *escape)
{
	switch (value_kind(v)) {
	case VALUE_BOOL:
		buf_str(b, value_bool(v, false) ? "true" : "false");
		break;
	case VALUE_INT:
		buf_printf(b, "%lld", (long long)value_int(v, 0));
		break;
	case VALUE_DOUBLE:
		add_double(b, value_double(v, 0));
		break;
	case VALUE_STRING:
		if (escape)
			escape(b, value_string(v, ""), value_len(v));
		else
			buf_add(b, value_string(v, ""), value_len(v));
		break;
	default:
		break;
	}
}

static bool is_true(const struct value *v)
{
	switch (value_kind(v)) {
	case VALUE_BOOL:
		return value_bool(v, false);
	case VALUE_INT:
		return value_int(v, 0) != 0;
	case VALUE_DOUBLE:
		return value_double(v, 0) != 0;
	case VALUE_STRING:
	case VALUE_LIST:
		return value_len(v) > 0;
	case VALUE_OBJECT:
		return true;
	default:
		return false;
	}
}

static int render_section(struct render *r, const struct scope *s, const struct node *n)
{
	const struct value *v = lookup(r, s, n->text.s);
	size_t from = (size_t)(n - s->t->nodes) + 1;
	struct context context = { v, s->context };
	struct scope inner = *s;
	int rc = 0;

	if (is_true(v) == (n->kind == NODE_INVERTED))
		return 0;
	if (n->kind == NODE_INVERTED)
		return render_nodes(r, s, from, n->next);
	inner.context = &context;
	if (value_kind(v) != VALUE_LIST)
		return render_nodes(r, &inner, from, n->next);
	for (size_t i = 0; !rc && i < value_len(v); i++) {
		context.value = value_at(v, i);
		rc = count_steps(r, s, n);
		if (!rc)
			rc = render_nodes(r, &inner, from, n->next);
	}
	return rc;
}

/* A partial, or a parent with its blocks: the same but for those. */
static int render_partial(struct render *r, const struct scope *s, const struct node *n)
{
	const struct template_partials *p = r->partials;
	const struct template *t = p && p->find ? p->find(p->ctx, n->text.s) : NULL;
	struct overrides overrides = { s->t, n, s->overrides };
	struct scope inner = { t, s->context, n->nargs ? &overrides : s->overrides, { "", 0 } };
	size_t from = r->indent_from, len = r->indent.len;
	int rc;

	if (!t)
		return 0;
	rc = enter(r, s, n);
	if (rc)
		return rc;
	if (n->alone) {
		struct slice ws = dedented(s, n->ws);

		buf_add(&r->indent, ws.s, ws.len);
	} else
		r->indent_from = len;
	rc = render_nodes(r, &inner, 0, t->count);
	buf_truncate(&r->indent, len);
	r->indent_from = from;
	r->depth--;
	return rc;
}

/* The outermost override of a block: who brings in a template has the last word. */
static const struct node *find_override(struct render *r, const struct scope *s,
	const struct node *block, const struct overrides **ret)
{
	const struct arg key = { .name = block->text.s };
	const struct node *found = NULL;

	for (const struct overrides *o = s->overrides; o; o = o->up) {
		const struct arg *a = bsearch(&key, o->t->args + o->parent->args,
			o->parent->nargs, sizeof(key), compare_args);

		r->steps++;
		if (a) {
			found = o->t->nodes + a->node;
			*ret = o;
		}
	}
	return found;
}

static int render_block(struct render *r, const struct scope *s, const struct node *n)
{
	const struct overrides *o = NULL;
	const struct node *with = find_override(r, s, n, &o);
	size_t len = r->indent.len;
	struct slice ws = dedented(s, n->ws);
	struct scope inner;
	int rc;

	if (!with)
		return render_nodes(r, s, (size_t)(n - s->t->nodes) + 1, n->next);
	rc = enter(r, s, n);
	if (rc)
		return rc;
	buf_add(&r->indent, ws.s, ws.len);
	if (!n->alone)
		r->inline_at = r->out->len;
	else if (!with->alone)
		add_indent(r);
	inner = (struct scope){ o->t, s->context, o->up, with->inner };
	rc = render_nodes(r, &inner, (size_t)(with - o->t->nodes) + 1, with->next);
	r->inline_at = SIZE_MAX;
	buf_truncate(&r->indent, len);
	r->depth--;
	return rc;
}

static int render_node(struct render *r, const struct scope *s, const struct node *n)
{
	switch (n->kind) {
	case NODE_TEXT:
		render_text(r, s, n);
		return 0;
	case NODE_VARIABLE:
		add_value(r->out, lookup(r, s, n->text.s), s->t->escape);
		return 0;
	case NODE_RAW:
		add_value(r->out, lookup(r, s, n->text.s), NULL);
		return 0;
	case NODE_SECTION:
	case NODE_INVERTED:
		return render_section(r, s, n);
	case NODE_PARTIAL:
	case NODE_PARENT:
		return render_partial(r, s, n);
	case NODE_BLOCK:
		return render_block(r, s, n);
	}
	return 0;
}

static int render_nodes(struct render *r, const struct scope *s, size_t i, size_t end)
{
	for (; i < end; i = s->t->nodes[i].next) {
		const struct node *n = s->t->nodes + i;
		int rc = count_steps(r, s, n);

		if (!rc)
			rc = render_node(r, s, n);
		if (rc)
			return rc;
	}
	return 0;
}

int template_render(const struct template *t, const struct value *data,
	const struct template_partials *partials, struct buf *out, struct err *e)
{
	struct render r = { .partials = partials, .out = out, .err = e, .inline_at = SIZE_MAX };
	struct context context = { data, NULL };
	struct scope scope = { t, &context, NULL, { "", 0 } };
	int rc;

	buf_init(&r.indent, INDENT_MAX);
	rc = render_nodes(&r, &scope, 0, t->count);
	buf_finish(&r.indent);
	if (!rc && buf_failed(out))
		rc = err_set(e, -E2BIG, "%s: the text grows over %zu bytes; shorten the template"
			" or list fewer items", t->name, out->max);
	return rc;
}
