/* SPDX-License-Identifier: MIT */
#include "syntax.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <strings.h>

enum token_kind {
	T_END, T_NAME, T_STRING, T_INT, T_FLOAT, T_BOOL, T_ASSIGN, T_COMMA, T_SEMICOLON,
	T_OPEN, T_CLOSE, T_WRONG,
};

struct token {
	enum token_kind kind;
	const char *s;
	size_t len;
	size_t line;
};

enum expects { E_NAME, E_ASSIGN, E_VALUE, E_AFTER, E_FIRST, E_ITEM, E_AFTER_ITEM };

/* What is open: the file itself, a { }, a [ ] or a ( ). */
struct frame {
	char open;
	size_t line;
	enum expects expects;
	size_t name_start; /* of its names */
	enum token_kind item; /* of an array */
};

struct name {
	const char *s;
	size_t len;
	size_t line;
};

struct parser {
	const char *at;
	size_t line;
	struct token last; /* the one before the present */
	struct frame frames[SYNTAX_DEPTH_MAX];
	int depth;
	struct name *names; /* of all open groups */
	size_t name_count, name_size;
	struct syntax_fault *fault;
};

static int fault_at(struct parser *p, size_t line, size_t other, const char *what,
	const char *fmt, ...) PRINTF(5, 6);

static int fault_at(struct parser *p, size_t line, size_t other, const char *what,
	const char *fmt, ...)
{
	char text[sizeof(p->fault->text)];
	va_list ap;

	va_start(ap, fmt);
	tr_vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	str_format_cut(p->fault->text, sizeof(p->fault->text), "%s", text);
	p->fault->line = line;
	p->fault->other = other;
	p->fault->other_what = what;
	return -EINVAL;
}

#define FAULT(p, t, ...) fault_at(p, (t)->line, 0, NULL, __VA_ARGS__)

/* What a Korean keyboard or a word processor writes in place of plain signs. */
static const struct {
	const char *bytes, *plain, *name;
} odd[] = {
	{ "\xe2\x80\x9c", "\"", N_("a curly quote") },
	{ "\xe2\x80\x9d", "\"", N_("a curly quote") },
	{ "\xe2\x80\x9e", "\"", N_("a curly quote") },
	{ "\xef\xbc\x82", "\"", N_("a full-width quote") },
	{ "\xe2\x80\x98", "\"", N_("a curly quote") },
	{ "\xe2\x80\x99", "\"", N_("a curly quote") },
	{ "\xe3\x80\x8c", "\"", N_("a corner bracket") },
	{ "\xe3\x80\x8d", "\"", N_("a corner bracket") },
	{ "\xef\xbc\x8c", ",", N_("a full-width comma") },
	{ "\xe3\x80\x81", ",", N_("an ideographic comma") },
	{ "\xef\xbc\x9b", ";", N_("a full-width semicolon") },
	{ "\xef\xbc\x9a", ":", N_("a full-width colon") },
	{ "\xef\xbc\x9d", "=", N_("a full-width equals sign") },
	{ "\xef\xbd\x9b", "{", N_("a full-width brace") },
	{ "\xef\xbd\x9d", "}", N_("a full-width brace") },
	{ "\xef\xbc\x88", "(", N_("a full-width parenthesis") },
	{ "\xef\xbc\x89", ")", N_("a full-width parenthesis") },
	{ "\xef\xbc\xbb", "[", N_("a full-width bracket") },
	{ "\xef\xbc\xbd", "]", N_("a full-width bracket") },
	{ "\xe3\x80\x80", " ", N_("a full-width space") },
	{ "\xc2\xa0", " ", N_("a no-break space") },
	{ "\xe2\x80\x8b", "", N_("an invisible space") },
	{ "\xef\xbb\xbf", "", N_("an invisible mark (BOM)") },
};

static size_t find_odd(const char *s)
{
	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		if (str_starts(s, odd[i].bytes))
			return i;
	}
	return ARRAY_LEN(odd);
}

/* ---- tokens ----------------------------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name(char c)
{
	return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '*';
}

/* What a person would call one word: until a blank or a sign of the format. */
static size_t word_length(const char *s)
{
	size_t n = strcspn(s, " \t\r\n\f\v;,{}[]()\"");

	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)s[i] >= 0x80 && find_odd(s + i) < ARRAY_LEN(odd))
			return i;
	}
	return n;
}

static int skip_comment(struct parser *p)
{
	size_t line = p->line;
	const char *s = p->at + 2;

	for (; *s != '\0' && !(s[0] == '*' && s[1] == '/'); s++) {
		if (*s == '\n')
			p->line++;
	}
	p->at = s;
	if (*s == '\0')
		return fault_at(p, line, 0, NULL, "the comment that begins with /* here never "
			"ends; add */");
	p->at += 2;
	return 0;
}

static int skip_blank(struct parser *p)
{
	for (;;) {
		char c = *p->at;
		if (c == '\n')
			p->line++;
		if (c == ' ' || (c >= '\t' && c <= '\r')) {
			p->at++;
		} else if (c == '#' || (c == '/' && p->at[1] == '/')) {
			p->at += strcspn(p->at, "\n");
		} else if (c == '/' && p->at[1] == '*') {
			int res = skip_comment(p);
			if (res < 0)
				return res;
		} else {
			return 0;
		}
	}
}

static int read_string(struct parser *p, struct token *t)
{
	const char *s = p->at + 1;

	while (*s != '"') {
		if (*s == '\\' && s[1] != '\0' && s[1] != '\n')
			s++;
		if (*s == '\0' || *s == '\n')
			return fault_at(p, p->line, 0, NULL, "the text that begins with %.*s has "
				"no closing quote; add \"", (int)word_length(p->at + 1) + 1, p->at);
		s++;
	}
	t->kind = T_STRING;
	t->len = (size_t)(s - p->at) + 1;
	return 0;
}

static size_t number_length(const char *s, enum token_kind *kind)
{
	size_t i = *s == '-' || *s == '+';

	*kind = T_INT;
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		size_t digits = strspn(s + 2, "0123456789abcdefABCDEF");
		i = digits == 0 ? 1 : 2 + digits; /* "0x" alone is a word */
	} else {
		i += strspn(s + i, "0123456789");
		if (s[i] == '.') {
			*kind = T_FLOAT;
			i += 1 + strspn(s + i + 1, "0123456789");
		}
		if (s[i] == 'e' || s[i] == 'E') {
			size_t sign = s[i + 1] == '-' || s[i + 1] == '+';
			size_t digits = strspn(s + i + 1 + sign, "0123456789");
			if (digits == 0)
				return i;
			*kind = T_FLOAT;
			return i + 1 + sign + digits;
		}
	}
	for (int n = 0; n < 2 && *kind == T_INT && s[i] == 'L'; n++)
		i++;
	return i;
}

/* libconfig cuts what is beyond 32 bits, unless an L stands behind it. */
static int check_range(struct parser *p, const struct token *t)
{
	char *end;

	errno = 0;
	long long n = strtoll(t->s, &end, 0);
	bool hex = t->len > 1 && (t->s[1] == 'x' || t->s[1] == 'X');
	if (!hex) {
		errno = 0;
		n = strtoll(t->s, &end, 10);
	}
	if (errno == ERANGE)
		return FAULT(p, t, "the number %.*s is too large", (int)t->len, t->s);
	if (t->s[t->len - 1] != 'L' && (n < INT_MIN || n > INT_MAX))
		return FAULT(p, t, "the number %.*s is too large without an L behind it; "
			"write %.*sL if it is meant", (int)t->len, t->s, (int)t->len, t->s);
	return 0;
}

static int read_number(struct parser *p, struct token *t)
{
	size_t word = word_length(p->at);

	t->len = number_length(p->at, &t->kind);
	bool digits = strcspn(p->at, "0123456789") < t->len;
	if (!digits || t->len != word) {
		size_t n = digits && find_odd(p->at + t->len) < ARRAY_LEN(odd) ? t->len : word;
		/* "1=" and the like are left to the grammar. */
		if (n != t->len && strchr("=:#", p->at[t->len]) == NULL) {
			t->kind = T_WRONG;
			t->len = n;
		} else if (digits && p->at[t->len] == ':' && is_digit(p->at[t->len + 1])) {
			t->kind = T_WRONG;
			t->len = word;
		} else if (!digits) {
			t->kind = T_WRONG;
			t->len = word > 0 ? word : 1;
		}
	}
	return t->kind == T_INT ? check_range(p, t) : 0;
}

static void read_name(const struct parser *p, struct token *t)
{
	t->kind = T_NAME;
	while (is_name(p->at[t->len]))
		t->len++;
	if ((t->len == 4 && strncasecmp(t->s, "true", 4) == 0) ||
	    (t->len == 5 && strncasecmp(t->s, "false", 5) == 0))
		t->kind = T_BOOL;
}

static int read_token(struct parser *p, struct token *t)
{
	int res = skip_blank(p);

	if (res < 0)
		return res;
	char c = *p->at;
	*t = (struct token){ .s = p->at, .line = p->line, .len = 1 };
	if (c == '\0') {
		t->kind = T_END;
		t->len = 0;
	} else if (c == '"') {
		res = read_string(p, t);
	} else if (is_letter(c) || c == '*') {
		read_name(p, t);
	} else if (is_digit(c) || c == '-' || c == '+' || c == '.') {
		res = read_number(p, t);
	} else if (c == '=' || c == ':') {
		t->kind = T_ASSIGN;
	} else if (c == ',') {
		t->kind = T_COMMA;
	} else if (c == ';') {
		t->kind = T_SEMICOLON;
	} else if (strchr("{[(", c) != NULL) {
		t->kind = T_OPEN;
	} else if (strchr("}])", c) != NULL) {
		t->kind = T_CLOSE;
	} else {
		t->kind = T_WRONG;
		t->len = word_length(p->at);
		if (t->len == 0)
			t->len = 1;
	}
	p->at += t->len;
	return res;
}

static bool is_value(enum token_kind k)
{
	return k == T_STRING || k == T_INT || k == T_FLOAT || k == T_BOOL;
}

/* ---- what is wrong and what is right ---------------------------------------------- */

static char close_of(char open)
{
	return open == '{' ? '}' : open == '[' ? ']' : ')';
}

/* A shown piece of the text: at most 40 bytes, whole characters. */
struct shown {
	char s[44];
};

static struct shown show(const char *s, size_t len)
{
	struct shown r;

	str_format_cut(r.s, len < 40 ? len + 1 : 41, "%.*s", (int)(len < 200 ? len : 200), s);
	return r;
}

/* A sign that no setting may hold outside quotes. -EINVAL if it was one. */
static int fault_sign(struct parser *p, const struct token *t)
{
	size_t i = find_odd(t->s);

	if (i < ARRAY_LEN(odd) && odd[i].plain[0] > ' ')
		return FAULT(p, t, "'%s' is %s; type a plain %s", odd[i].bytes, tr(odd[i].name),
			odd[i].plain);
	if (i < ARRAY_LEN(odd))
		return FAULT(p, t, "here stands %s; %s", tr(odd[i].name),
			odd[i].plain[0] == ' ' ? _("type a plain space") : _("delete it"));
	if (t->s[0] == '\'')
		return FAULT(p, t, "text stands in double quotes: \"...\", not '...'");
	if (t->s[0] == '@')
		return FAULT(p, t, "only @include \"file\" begins with @, on a line of its own");
	return 0;
}

/* What was likely meant as one text: "무선 청소기" without its quotes. */
static size_t phrase_length(const char *s)
{
	size_t n = strcspn(s, ";,#\"{}[]()\r\n");

	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	return n;
}

static int fault_bare_word(struct parser *p, const struct token *t)
{
	size_t n = word_length(t->s);
	struct shown word = show(t->s, n > t->len ? n : t->len);
	struct shown phrase = show(t->s, phrase_length(t->s));

	if (strcasecmp(word.s, "yes") == 0 || strcasecmp(word.s, "on") == 0)
		return FAULT(p, t, "'%s' is no value; write true", word.s);
	if (strcasecmp(word.s, "no") == 0 || strcasecmp(word.s, "off") == 0)
		return FAULT(p, t, "'%s' is no value; write false", word.s);
	if (t->s[0] == '#')
		return FAULT(p, t, "the value is missing");
	return FAULT(p, t, "text stands in quotes: write \"%s\"", phrase.s);
}

/* "a"b: what is glued to a text is rather part of it than the next thing. */
static bool follows_text(const struct parser *p, const struct token *t)
{
	return p->last.kind == T_STRING && t->s == p->last.s + p->last.len &&
		(t->kind == T_NAME || t->kind == T_WRONG || is_value(t->kind));
}

static int fault_quote(struct parser *p, const struct token *t)
{
	return FAULT(p, t, "a quote is missing or too many before '%s'; one inside a text is "
		"written \\\"", show(t->s, phrase_length(t->s)).s);
}

static int fault_name(struct parser *p, const struct token *t)
{
	const struct frame *f = &p->frames[p->depth];
	struct shown word = show(t->s, t->len);

	if (follows_text(p, t))
		return fault_quote(p, t);
	if (t->kind == T_STRING && f->expects == E_NAME)
		return FAULT(p, t, "a name stands without quotes: %.*s = ...",
			(int)strlen(word.s) - 2 > 0 ? (int)strlen(word.s) - 2 : 0, word.s + 1);
	if (t->kind == T_SEMICOLON || t->kind == T_COMMA)
		return FAULT(p, t, "one '%s' too many; delete it", word.s);
	if (t->kind == T_ASSIGN)
		return FAULT(p, t, "a name is missing before '%s'", word.s);
	if (t->kind == T_OPEN && p->depth == 0)
		return FAULT(p, t, "a name is missing before '%s', like budget: {", word.s);
	if (f->expects == E_AFTER)
		return FAULT(p, t, "'%s' is not expected behind the value; a text with "
			"blanks stands in quotes as a whole", word.s);
	return FAULT(p, t, "'%s' is no name of a setting; write name = value;", word.s);
}

static int fault_close(struct parser *p, const struct token *t)
{
	const struct frame *f = &p->frames[p->depth];

	if (p->depth == 0)
		return FAULT(p, t, "'%c' closes nothing that was opened; delete it", t->s[0]);
	if (f->expects == E_ASSIGN || f->expects == E_VALUE)
		return fault_at(p, p->last.line, 0, NULL, "the value is missing before '%c'",
			t->s[0]);
	if (f->expects == E_ITEM)
		return fault_at(p, p->last.line, 0, NULL, "the last value before '%c' has a "
			"comma behind it; delete the comma", t->s[0]);
	return fault_at(p, t->line, f->line, N_("opened"), "'%c' is missing before this '%c'",
		close_of(f->open), t->s[0]);
}

static int fault_end(struct parser *p)
{
	const struct frame *f = &p->frames[p->depth];

	if (f->expects == E_ASSIGN || f->expects == E_VALUE)
		return fault_at(p, p->last.line, 0, NULL, "the value is missing at the end");
	return fault_at(p, f->line, 0, NULL, "the '%c' that opens here is never closed; "
		"add the '%c' that belongs to it", f->open, close_of(f->open));
}

static bool is_assigned(const struct token *name)
{
	const char *s = name->s + name->len;

	s += strspn(s, " \t");
	return *s == '=' || *s == ':';
}

/* Between two values of a [ ] or ( ). */
static int fault_item(struct parser *p, const struct token *t)
{
	const struct frame *f = &p->frames[p->depth];
	struct shown last = show(p->last.s, p->last.len);

	if (follows_text(p, t))
		return fault_quote(p, t);
	if (t->kind == T_SEMICOLON)
		return fault_at(p, t->line, f->line, N_("opened"), "';' inside '%c'; write ',' "
			"between values, and '%c' before ';'", f->open, close_of(f->open));
	if (t->kind == T_ASSIGN || (t->kind == T_NAME && is_assigned(t)))
		return fault_at(p, p->last.line, f->line, N_("opened"), "'%c' is missing after %s",
			close_of(f->open), last.s);
	return fault_at(p, p->last.line, 0, NULL, "a comma is missing after %s", last.s);
}

/* ---- the grammar ------------------------------------------------------------------ */

static int push(struct parser *p, const struct token *t)
{
	if (p->depth + 1 == SYNTAX_DEPTH_MAX)
		return FAULT(p, t, "brackets within brackets, more than %d deep",
			SYNTAX_DEPTH_MAX - 1);
	p->frames[++p->depth] = (struct frame){
		.open = t->s[0],
		.line = t->line,
		.expects = t->s[0] == '{' ? E_NAME : E_FIRST,
		.name_start = p->name_count,
		.item = T_END,
	};
	return 0;
}

static int take_close(struct parser *p, const struct token *t)
{
	const struct frame *f = &p->frames[p->depth];
	bool complete = f->expects == E_NAME || f->expects == E_AFTER ||
		f->expects == E_FIRST || f->expects == E_AFTER_ITEM;

	if (p->depth == 0 || !complete || t->s[0] != close_of(f->open))
		return fault_close(p, t);
	p->name_count = f->name_start;
	p->depth--;
	return 0;
}

static int take_name(struct parser *p, const struct token *t)
{
	struct frame *f = &p->frames[p->depth];

	if (t->kind != T_NAME)
		return fault_name(p, t);
	for (size_t i = f->name_start; i < p->name_count; i++) {
		const struct name *n = &p->names[i];
		if (n->len == t->len && memcmp(n->s, t->s, n->len) == 0)
			return fault_at(p, t->line, n->line, N_("first"),
				"'%s' stands here a second time; keep one", show(t->s, t->len).s);
	}
	if (p->name_count - f->name_start == SYNTAX_NAMES_MAX)
		return FAULT(p, t, "more than %d names in one group", SYNTAX_NAMES_MAX);
	if (p->name_count == p->name_size) {
		p->name_size = p->name_size == 0 ? 64 : p->name_size * 2;
		p->names = xreallocarray(p->names, p->name_size, sizeof(*p->names));
	}
	p->names[p->name_count++] = (struct name){ t->s, t->len, t->line };
	f->expects = E_ASSIGN;
	return 0;
}

/* A value, or what opens one; NEXT is expected behind it. */
static int take_value(struct parser *p, const struct token *t, enum expects next)
{
	struct frame *f = &p->frames[p->depth];

	if (t->kind == T_OPEN && f->open == '[')
		return FAULT(p, t, "[ ] holds plain values only; use ( ) around what is in "
			"brackets itself");
	if (t->kind == T_OPEN) {
		f->expects = next;
		return push(p, t);
	}
	if (t->kind == T_CLOSE)
		return fault_close(p, t);
	if (t->kind == T_SEMICOLON || t->kind == T_COMMA)
		return fault_at(p, p->last.line, 0, NULL, "a value is missing before '%c'",
			t->s[0]);
	if (t->kind == T_ASSIGN)
		return FAULT(p, t, "one '%c' too many; delete it", t->s[0]);
	if (!is_value(t->kind))
		return fault_bare_word(p, t);
	if (f->open == '[' && f->item != T_END && f->item != t->kind)
		return FAULT(p, t, "all values in [ ] must be of one kind; put each in quotes");
	f->item = t->kind;
	f->expects = next;
	return 0;
}

static int take_assign(struct parser *p, const struct token *t)
{
	struct shown name = show(p->last.s, p->last.len);

	if (t->kind == T_OPEN && t->s[0] == '{')
		return fault_at(p, p->last.line, 0, NULL, "':' is missing after '%s': write %s: {",
			name.s, name.s);
	if (t->kind != T_ASSIGN)
		return fault_at(p, p->last.line, 0, NULL, "'=' is missing after '%s': write %s = "
			"value;", name.s, name.s);
	p->frames[p->depth].expects = E_VALUE;
	return 0;
}

/* Behind a value in a group: an end, the next name, more of a text, or a close. */
static int take_after(struct parser *p, const struct token *t)
{
	struct frame *f = &p->frames[p->depth];

	if (t->kind == T_SEMICOLON || t->kind == T_COMMA) {
		f->expects = E_NAME;
		return 0;
	}
	if (t->kind == T_STRING && p->last.kind == T_STRING)
		return 0;
	/* name = "a" b = 1 is taken; name = "a" b "c" has quotes inside. */
	if (t->kind == T_NAME && (p->last.line != t->line || is_assigned(t)))
		return take_name(p, t);
	return fault_name(p, t);
}

static int take(struct parser *p, const struct token *t)
{
	struct frame *f = &p->frames[p->depth];
	bool in_group = f->expects == E_NAME || f->expects == E_AFTER;

	if (t->kind == T_WRONG && fault_sign(p, t) < 0)
		return -EINVAL;
	if (t->kind == T_CLOSE && (in_group || f->expects == E_FIRST ||
	    f->expects == E_AFTER_ITEM))
		return take_close(p, t);
	switch (f->expects) {
	case E_NAME:
		return take_name(p, t);
	case E_ASSIGN:
		return take_assign(p, t);
	case E_VALUE:
		return take_value(p, t, E_AFTER);
	case E_AFTER:
		return take_after(p, t);
	case E_FIRST:
	case E_ITEM:
		return take_value(p, t, E_AFTER_ITEM);
	case E_AFTER_ITEM:
		if (t->kind != T_COMMA)
			return fault_item(p, t);
		f->expects = E_ITEM;
		return 0;
	}
	return 0;
}

int syntax_check(const char *text, struct syntax_fault *ret)
{
	struct parser p = { .at = text, .line = 1, .fault = ret };
	struct token t;
	int res;

	p.frames[0] = (struct frame){ .expects = E_NAME, .line = 1 };
	for (;;) {
		res = read_token(&p, &t);
		if (res < 0 || t.kind == T_END)
			break;
		res = take(&p, &t);
		if (res < 0)
			break;
		p.last = t;
	}
	const struct frame *f = &p.frames[p.depth];
	if (res == 0 && (p.depth > 0 || (f->expects != E_NAME && f->expects != E_AFTER)))
		res = fault_end(&p);
	free(p.names);
	return res;
}
