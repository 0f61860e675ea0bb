/* SPDX-License-Identifier: MIT */
#include "seen.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "html.h"
#include "text.h"

#define BLOCK_MAX (64u << 10)
#define STYLE_MAX (4u << 10)
#define RULES_MAX 256

/* --- reading text as a person does --- */

/* White space of any kind, no-break included: bytes at S, or 0. */
static size_t space_at(const char *s)
{
	static const char *const wide[] = { "\u00a0", "\u2002", "\u2003", "\u2009", "\u202f",
		"\u3000" };

	if (*s == ' ' || (*s >= '\t' && *s <= '\r'))
		return 1;
	if (*s != '\xc2' && *s != '\xe2' && *s != '\xe3')
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(wide); i++)
		if (*s == *wide[i] && strncmp(s, wide[i], strlen(wide[i])) == 0)
			return strlen(wide[i]);
	return 0;
}

/* Characters that nobody sees: bytes at S, or 0. */
size_t seen_invisible(const char *s)
{
	static const char *const list[] = { "\u200b", "\u200c", "\u200d", "\u200e", "\u200f",
		"\u2060", "\u2061", "\u2062", "\u2063", "\u2064", "\ufeff", "\u00ad", "\u061c",
		"\u180e", "\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067",
		"\u2068", "\u2069", "\u115f", "\u1160", "\u3164", "\uffa0", "\u034f" };

	/* Letters and whole syllables, nearly all there is. */
	if ((unsigned char)*s < 0xc2 || ((unsigned char)*s >= 0xe4 && *s != '\xef'))
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(list); i++)
		if (*s == *list[i] && strncmp(s, list[i], strlen(list[i])) == 0)
			return strlen(list[i]);
	return 0;
}

static bool only_space(const char *s)
{
	while (*s) {
		size_t n = space_at(s);

		n = n ? n : seen_invisible(s);
		if (!n)
			return false;
		s += n;
	}
	return true;
}

/* NFC with every run of white space one space. New, the caller's. */
char *seen_fold(const char *s)
{
	char *clean = NULL;
	struct buf b;

	buf_init(&b, strlen(s) + 1);
	while (*s) {
		size_t n = space_at(s);

		if (!n)
			buf_char(&b, *s++);
		else if (b.len && b.data[b.len - 1] != ' ')
			buf_char(&b, ' ');
		s += n;
	}
	/* What is no clean UTF-8 is compared as it is. */
	if (text_clean(buf_cstr(&b), &clean) < 0)
		clean = xstrdup(buf_cstr(&b));
	buf_finish(&b);
	return clean;
}

/* Without white space (and without the invisible, if WANTED). New, the caller's. */
char *seen_squeeze(const char *s, bool drop_invisible)
{
	struct buf b;
	char *out;

	buf_init(&b, strlen(s) + 1);
	while (*s) {
		size_t n = space_at(s);

		if (!n && drop_invisible)
			n = seen_invisible(s);
		if (!n)
			buf_char(&b, *s++);
		s += n;
	}
	out = xstrdup(buf_cstr(&b));
	buf_finish(&b);
	return out;
}

/* The sentence with something unseen in it. */
static bool sentence_veiled(const char *text)
{
	CLEANUP_FREE char *clean = seen_fold(text);
	CLEANUP_FREE char *a = seen_squeeze(clean, true);
	CLEANUP_FREE char *b = seen_squeeze(SEEN_DISCLOSURE, true);

	return !strstr(clean, SEEN_DISCLOSURE) && strstr(a, b);
}

/* Wording that leaves open whether there was money; NULL if there is none. */
const char *seen_conditional(const char *text)
{
	/* Without white space; the second must follow the first within 120 bytes. */
	static const char *const money[] = { "수수료", "커미션", "리워드", "대가", "보수",
		"수익", "적립금" };
	static const struct {
		const char *squeezed, *shown;
	} maybe[] = {
		{ "받을수있", "받을 수 있습니다" }, { "받을수도", "받을 수도 있습니다" },
		{ "받게될수", "받게 될 수 있습니다" }, { "제공될수", "제공될 수 있습니다" },
		{ "지급될수", "지급될 수 있습니다" }, { "지급받을수", "지급받을 수 있습니다" },
		{ "발생할수", "발생할 수 있습니다" }, { "얻을수", "얻을 수 있습니다" },
		{ "생길수", "생길 수 있습니다" }, { "있을수있", "있을 수 있습니다" },
		{ "받을지도", "받을지도 모릅니다" }, { "받을가능성", "받을 가능성이 있습니다" },
		{ "포함될수", "포함될 수 있습니다" },
	};
	CLEANUP_FREE char *s = seen_squeeze(text, true);

	for (size_t i = 0; i < ARRAY_LEN(money); i++) {
		for (const char *p = s; (p = strstr(p, money[i])); p++) {
			size_t near = strnlen(p, 120);

			for (size_t k = 0; k < ARRAY_LEN(maybe); k++)
				if (memmem(p, near, maybe[k].squeezed, strlen(maybe[k].squeezed)))
					return maybe[k].shown;
		}
	}
	return NULL;
}

/* --- what of a page is seen --- */

/* A rule of a style sheet that hides, and why. */
struct hide_rule {
	char selector[2 * HTML_NAME_MAX];
	const char *why; /* static */
};

#define DEPTH_MAX 128
struct frame {
	char name[HTML_NAME_MAX];
	const char *hidden; /* why; inherited */
	char color[16], background[16]; /* rrggbb, or "" where unknown; inherited */
};

struct page {
	struct frame open[DEPTH_MAX];
	size_t depth, lost; /* elements deeper than DEPTH_MAX */
	struct buf seen, unseen; /* of the block at hand */
	unsigned line;           /* where the block began */
	const char *why;         /* something in the block is hidden */
	bool picture;            /* the block shows one */
	size_t blocks;           /* visible ones so far */
	bool leading_h1;
	struct hide_rule *rules;
	size_t rule_count;

	struct seen *out;
};

static bool is_number(char c)
{
	return (c >= '0' && c <= '9') || c == '.';
}

static bool prop_is(const char *s, size_t len, const char *name)
{
	return strlen(name) == len && strncasecmp(s, name, len) == 0;
}

/* "rgb(1, 2, 3)", "rgba(1, 2, 3, 0.5)": four numbers, the last 0 where it shows nothing. */
static void read_rgb(const char *s, size_t len, unsigned n[4])
{
	size_t i = 3;

	for (size_t part = 0; part < 4; part++) {
		bool zero = true;
		unsigned v = 0;

		while (i < len && !is_number(s[i]))
			i++;
		if (i == len)
			return;
		for (; i < len && is_number(s[i]); i++) {
			zero = zero && (s[i] == '0' || s[i] == '.');
			if (s[i] != '.' && v < 1000)
				v = v * 10 + (unsigned)(s[i] - '0');
		}
		n[part] = part == 3 ? !zero : v;
	}
}

/* Colours as six hex digits; "" if we cannot tell; "-" for one that shows nothing. */
static void read_color(const char *s, size_t len, char ret[16])
{
	static const struct {
		const char *name, *hex;
	} names[] = { { "white", "ffffff" }, { "black", "000000" }, { "snow", "fffafa" },
		{ "ivory", "fffff0" }, { "ghostwhite", "f8f8ff" }, { "whitesmoke", "f5f5f5" },
		{ "floralwhite", "fffaf0" }, { "red", "ff0000" }, { "blue", "0000ff" },
		{ "green", "008000" }, { "gray", "808080" }, { "yellow", "ffff00" },
		{ "transparent", "-" } };
	unsigned n[4] = { 0, 0, 0, 1 };

	ret[0] = '\0';
	if (len && s[0] == '#' && (len == 4 || len == 7)) {
		for (size_t i = 0; i < 6; i++) {
			char c = s[len == 7 ? 1 + i : 1 + i / 2];

			ret[i] = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
		}
		ret[6] = '\0';
	} else if (len > 4 && strncasecmp(s, "rgb", 3) == 0) {
		read_rgb(s, len, n);
		if (n[3])
			str_format_cut(ret, 16, "%02x%02x%02x", n[0] & 255, n[1] & 255, n[2] & 255);
		else
			str_format_cut(ret, 16, "-");
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (prop_is(s, len, names[i].name))
			str_format_cut(ret, 16, "%s", names[i].hex);
}

/* So alike that nobody tells them apart: each channel within 16 of 255. */
static bool same_color(const char *a, const char *b)
{
	if (strcmp(a, "-") == 0)
		return true;
	if (strlen(a) != 6 || strlen(b) != 6)
		return false;
	for (size_t i = 0; i < 6; i += 2) {
		char x[3] = { a[i], a[i + 1], 0 }, y[3] = { b[i], b[i + 1], 0 };
		long d = strtol(x, NULL, 16) - strtol(y, NULL, 16);

		if (d > 16 || d < -16)
			return false;
	}
	return true;
}

/* A length in rough pixels; a unit that we do not know counts as pixels. */
static double pixels(const char *s, size_t len)
{
	char text[32], *end;
	double n;

	str_format_cut(text, sizeof(text), "%.*s", (int)(len < 31 ? len : 31), s);
	n = strtod(text, &end);
	if (end == text)
		return 1e9;
	if (strncasecmp(end, "em", 2) == 0 || strncasecmp(end, "rem", 3) == 0)
		return n * 16;
	if (strncasecmp(end, "pt", 2) == 0)
		return n * 4 / 3;
	if (*end == '%')
		return n * 0.16;
	return n;
}

struct style {
	struct frame *f;
	bool moved, clipped, small;
};

static bool has(const char *s, size_t len, const char *word)
{
	for (size_t i = 0; i + strlen(word) <= len; i++)
		if (strncasecmp(s + i, word, strlen(word)) == 0)
			return true;
	return false;
}

static const char *hiding_box(struct style *st, const char *n, size_t nl, const char *v, size_t vl)
{
	double px = pixels(v, vl);

	if (prop_is(n, nl, "position"))
		st->moved = has(v, vl, "absolute") || has(v, vl, "fixed");
	else if (prop_is(n, nl, "overflow"))
		st->clipped = has(v, vl, "hidden") || has(v, vl, "clip");
	else if (prop_is(n, nl, "height") || prop_is(n, nl, "max-height") ||
		 prop_is(n, nl, "width") || prop_is(n, nl, "max-width"))
		st->small = st->small || px <= 1;
	else if ((prop_is(n, nl, "left") || prop_is(n, nl, "top") || prop_is(n, nl, "right") ||
		  prop_is(n, nl, "bottom") || has(n, nl, "margin")) && px <= -100)
		return N_("moved off the screen");
	else if (prop_is(n, nl, "text-indent") && (px <= -100 || (px >= 1000 && px < 1e9)))
		return N_("text-indent off the screen");
	else if (prop_is(n, nl, "clip") && has(v, vl, "rect"))
		return "clip";
	else if (prop_is(n, nl, "clip-path") && !has(v, vl, "none"))
		return "clip-path";
	else if (prop_is(n, nl, "transform") && (has(v, vl, "scale(0") || has(v, vl, "(-")))
		return "transform";
	return st->clipped && st->small ? N_("a box of no size") : NULL;
}

/* One declaration; NULL, or why it hides. Colours are kept in the frame. */
static const char *hiding_decl(struct style *st, const char *n, size_t nl, const char *v, size_t vl)
{
	if (prop_is(n, nl, "display") && has(v, vl, "none"))
		return N_("display:none");
	if (prop_is(n, nl, "visibility") && (has(v, vl, "hidden") || has(v, vl, "collapse")))
		return N_("visibility:hidden");
	if (prop_is(n, nl, "content-visibility") && has(v, vl, "hidden"))
		return N_("content-visibility:hidden");
	if (prop_is(n, nl, "opacity") && pixels(v, vl) < (has(v, vl, "%") ? 1.6 : 0.1))
		return "opacity:0";
	if (prop_is(n, nl, "font-size") && pixels(v, vl) < 2)
		return N_("font-size too small to read");
	if (prop_is(n, nl, "font") && (v[0] == '0' || has(v, vl, " 0/") || has(v, vl, " 0 ") ||
				       has(v, vl, " 0px") || has(v, vl, " 1px")))
		return N_("font-size too small to read");
	if (prop_is(n, nl, "text-decoration") && has(v, vl, "line-through"))
		return N_("struck through");
	if (prop_is(n, nl, "color") || prop_is(n, nl, "-webkit-text-fill-color"))
		read_color(v, vl, st->f->color);
	else if (prop_is(n, nl, "background-color"))
		read_color(v, vl, st->f->background);
	else if (prop_is(n, nl, "background"))
		read_color(v, has(v, vl, " ") ? strcspn(v, " ") : vl, st->f->background);
	return hiding_box(st, n, nl, v, vl);
}

static void trim(const char **s, size_t *len)
{
	while (*len && (unsigned char)**s <= ' ') {
		(*s)++;
		(*len)--;
	}
	while (*len && (unsigned char)(*s)[*len - 1] <= ' ')
		(*len)--;
}

/* "a: b; c: d" applied to the frame; NULL, or why it is not seen. */
static const char *hiding_style(struct frame *f, const char *s, size_t len)
{
	struct style st = { .f = f };
	const char *why = NULL, *end = s + len;

	while (s < end && !why) {
		const char *stop = memchr(s, ';', (size_t)(end - s)), *colon, *v;
		size_t nl, vl;

		stop = stop ? stop : end;
		colon = memchr(s, ':', (size_t)(stop - s));
		if (colon) {
			nl = (size_t)(colon - s);
			v = colon + 1;
			vl = (size_t)(stop - v);
			trim(&s, &nl);
			trim(&v, &vl);
			if (nl && vl)
				why = hiding_decl(&st, s, nl, v, vl);
		}
		s = stop + 1;
	}
	return why;
}

static const char faint[] = N_("the colour of its background");

/* Black on white is what a page is without colours. */
static bool color_hides(const struct frame *f)
{
	const char *bg = f->background;

	return same_color(f->color[0] ? f->color : "000000", *bg && *bg != '-' ? bg : "ffffff");
}

/* --- style sheets: of a selector only the last part counts, "a.b#c" --- */

static void keep_rule(struct page *p, const char *sel, size_t len, const char *why)
{
	struct hide_rule *r;
	size_t at = len;

	trim(&sel, &len);
	for (at = len; at && !strchr(" >+~", sel[at - 1]); at--)
		;
	sel += at;
	len -= at;
	if (!len || len >= sizeof(r->selector) || p->rule_count == RULES_MAX)
		return;
	if (!p->rules)
		p->rules = xcalloc(RULES_MAX, sizeof(*p->rules));
	r = &p->rules[p->rule_count++];
	str_format_cut(r->selector, sizeof(r->selector), "%.*s", (int)len, sel);
	r->why = why;
}

static void read_sheet(struct page *p, const char *s, size_t len)
{
	const char *end = s + len;

	while (s < end) {
		const char *open = memchr(s, '{', (size_t)(end - s)), *close, *why, *comma;
		struct frame f = { 0 };

		close = open ? memchr(open, '}', (size_t)(end - open)) : NULL;
		if (!close)
			return;
		why = hiding_style(&f, open + 1, (size_t)(close - open - 1));
		if (!why && f.color[0] && color_hides(&f))
			why = faint;
		for (; why && s < open; s = comma + 1) {
			comma = memchr(s, ',', (size_t)(open - s));
			comma = comma ? comma : open;
			keep_rule(p, s, (size_t)(comma - s), why);
		}
		s = close + 1;
	}
}

static bool class_has(const struct html_attr *a, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i + n <= a->len; i++)
		if (memcmp(a->s + i, name, n) == 0 &&
		    (i == 0 || (unsigned char)a->s[i - 1] <= ' ') &&
		    (i + n == a->len || (unsigned char)a->s[i + n] <= ' '))
			return true;
	return false;
}

/* "a.b#c" against an element; what is behind ':' or '[' is taken as fitting. */
static bool selector_fits(const char *sel, const struct html_token *t,
	const struct html_attr *class, const struct html_attr *id)
{
	char part[HTML_NAME_MAX + 1];

	while (*sel && *sel != ':' && *sel != '[') {
		char kind = *sel == '.' || *sel == '#' ? *sel++ : 't';
		size_t n = strcspn(sel, ".#:[");

		str_format_cut(part, sizeof(part), "%.*s", (int)n, sel);
		sel += n;
		if (kind == '.' ? !class_has(class, part) :
		    kind == '#' ? !class_has(id, part) :
		    strcmp(part, "*") != 0 && strcasecmp(part, t->name) != 0)
			return false;
	}
	return true;
}

static const char *hidden_by_sheet(const struct page *p, const struct html_token *t)
{
	struct html_attr class = { 0 }, id = { 0 };

	if (!p->rule_count)
		return NULL;
	if (!html_attr(t, "class", &class))
		class.len = 0;
	if (!html_attr(t, "id", &id))
		id.len = 0;
	for (size_t i = 0; i < p->rule_count; i++)
		if (selector_fits(p->rules[i].selector, t, &class, &id))
			return p->rules[i].why;
	return NULL;
}

/* --- the walk over a page --- */

static const char *hidden_by_name(const struct html_token *t)
{
	static const struct {
		const char *name, *why;
	} list[] = {
		{ "head", N_("in the head") }, { "script", N_("in a script") },
		{ "style", N_("in a style") },
		{ "template", N_("in a template") }, { "noscript", N_("in noscript") },
		{ "title", N_("in the page's title") }, { "textarea", N_("in a form field") },
		{ "select", N_("in a form field") }, { "datalist", N_("in a form field") },
		{ "svg", N_("in a picture") }, { "canvas", N_("in a picture's fallback") },
		{ "iframe", N_("in a frame's fallback") },
		{ "object", N_("in an object's fallback") },
		{ "audio", N_("in a player's fallback") },
		{ "video", N_("in a player's fallback") },
		{ "del", N_("struck through") }, { "s", N_("struck through") },
		{ "strike", N_("struck through") }, { "noembed", N_("in noembed") },
		{ "noframes", N_("in noframes") }, { "rp", N_("in rp") },
	};
	struct html_attr a;

	for (size_t i = 0; i < ARRAY_LEN(list); i++)
		if (strcmp(list[i].name, t->name) == 0)
			return list[i].why;
	if (strcmp(t->name, "dialog") == 0 && !html_attr(t, "open", &a))
		return N_("in a closed dialog");
	if (html_attr(t, "hidden", &a))
		return N_("the hidden attribute");
	return NULL;
}

static const char *hidden_by_attrs(struct page *p, struct frame *f, const struct html_token *t)
{
	const char *why;
	struct html_attr a;
	struct buf style;

	if (html_attr(t, "color", &a))
		read_color(a.s ? a.s : "", a.len, f->color);
	if (html_attr(t, "bgcolor", &a))
		read_color(a.s ? a.s : "", a.len, f->background);
	why = hidden_by_sheet(p, t);
	buf_init(&style, STYLE_MAX);
	if (html_attr(t, "style", &a) && a.len)
		html_decode(&style, a.s, a.len);
	if (!why)
		why = hiding_style(f, buf_cstr(&style), style.len);
	buf_finish(&style);
	return why;
}

/* A block is over: is the sentence in it, seen or not? */
static void page_settle(struct page *p)
{
	const char *seen = buf_cstr(&p->seen);
	bool shown = !only_space(seen);

	if (p->unseen.len) {
		CLEANUP_FREE char *text = seen_fold(buf_cstr(&p->unseen));

		if (!p->out->hidden_line && strstr(text, SEEN_DISCLOSURE)) {
			p->out->hidden_line = p->line;
			p->out->hidden_why = p->why;
		}
	}
	if (shown) {
		CLEANUP_FREE char *text = seen_fold(seen);

		if (!p->out->later_line && p->out->first && strstr(text, SEEN_DISCLOSURE))
			p->out->later_line = p->line;
		if (!p->out->veiled_line && sentence_veiled(seen))
			p->out->veiled_line = p->line;
		if (!p->out->maybe && (p->out->maybe = seen_conditional(text)))
			p->out->maybe_line = p->line;
		if (!p->out->first) {
			p->out->first = text;
			text = NULL;
			p->out->first_line = p->line;
			p->out->first_picture = p->blocks > 0;
		}
	}
	if (shown || p->picture)
		p->blocks++;
	p->picture = false;
	buf_reset(&p->seen);
	buf_reset(&p->unseen);
	p->why = NULL;
}

/* The page's own heading is the title, not the first block of the text. */
static void page_heading(struct page *p)
{
	if (p->out->first || p->out->title || p->blocks)
		return;
	p->out->title = seen_fold(buf_cstr(&p->seen));
	buf_reset(&p->seen);
}

/* Where an article begins, what was before it (menus, banners) is forgotten. */
static void page_restart(struct page *p)
{
	free(p->out->first);
	p->out->first = NULL;
	p->blocks = 0;
	p->out->later_line = 0;
}

static const char *hidden_now(const struct page *p)
{
	const struct frame *f = p->depth ? &p->open[p->depth - 1] : NULL;

	if (!f)
		return NULL;
	return f->hidden ? f->hidden : color_hides(f) ? faint : NULL;
}

static void page_start(struct page *p, const struct html_token *t)
{
	const char *above = p->depth ? p->open[p->depth - 1].hidden : NULL;
	struct frame *f;
	struct html_attr a;

	if (html_is_block(t->name))
		page_settle(p);
	if (strcmp(t->name, "article") == 0 || strcmp(t->name, "main") == 0)
		page_restart(p);
	if (html_is_void(t->name)) {
		if (strcmp(t->name, "br") == 0)
			buf_char(hidden_now(p) ? &p->unseen : &p->seen, '\n');
		p->picture = p->picture || (strcmp(t->name, "img") == 0 && !above);
		return;
	}
	if (p->depth == DEPTH_MAX) {
		p->lost++;
		return;
	}
	f = &p->open[p->depth];
	if (p->depth)
		*f = p->open[p->depth - 1];
	else
		*f = (struct frame){ 0 };
	memcpy(f->name, t->name, sizeof(f->name));
	if (!above)
		above = hidden_by_name(t);
	if (!above)
		above = hidden_by_attrs(p, f, t);
	if (!above && strcmp(t->name, "details") == 0 && !html_attr(t, "open", &a))
		above = N_("in a closed details");
	if (strcmp(t->name, "summary") == 0 && above && strstr(above, "details"))
		above = NULL;
	f->hidden = above;
	p->depth++;
}

static void page_end(struct page *p, const struct html_token *t)
{
	size_t d = p->depth;

	if (html_is_block(t->name)) {
		if (strcmp(t->name, "h1") == 0 && !hidden_now(p))
			page_heading(p);
		page_settle(p);
	}
	if (p->lost) {
		p->lost--;
		return;
	}
	while (d && strcmp(p->open[d - 1].name, t->name) != 0)
		d--;
	if (d)
		p->depth = d - 1;
}

/* <p> and the like end by themselves where the next one starts. */
static void page_implied_end(struct page *p, const struct html_token *t)
{
	static const char alone[] = " p li td th tr dt dd option ";
	char key[HTML_NAME_MAX + 2];
	const char *top = p->depth ? p->open[p->depth - 1].name : "";
	bool closes;

	if (!html_is_block(t->name))
		return;
	str_format_cut(key, sizeof(key), " %s ", top);
	closes = strcmp(top, "p") == 0 || (strcmp(top, t->name) == 0 && strstr(alone, key));
	if (closes && strstr(alone, key))
		p->depth--;
}

static void page_text(struct page *p, const struct html_token *t)
{
	const char *why = hidden_now(p);
	struct buf *to = why ? &p->unseen : &p->seen;
	size_t before = to->len;

	if (t->raw) {
		if (p->depth && strcmp(p->open[p->depth - 1].name, "style") == 0)
			read_sheet(p, t->s, t->len);
		buf_add(&p->unseen, t->s, t->len);
		p->why = why ? why : p->why;
		return;
	}
	html_decode(to, t->s, t->len);
	if (why)
		p->why = why;
	if (before == 0 && p->seen.len + p->unseen.len == to->len) {
		/* The line of the first word, not of the white space before it. */
		p->line = t->line;
		for (size_t i = 0; i < t->len && (unsigned char)t->s[i] <= ' '; i++)
			p->line += t->s[i] == '\n';
	}
}

static void page_token(struct page *p, const struct html_token *t)
{
	switch (t->kind) {
	case HTML_TEXT:
		page_text(p, t);
		break;
	case HTML_START:
		page_implied_end(p, t);
		page_start(p, t);
		break;
	case HTML_END:
		page_end(p, t);
		break;
	case HTML_COMMENT:
		if (memmem(t->s, t->len, SEEN_DISCLOSURE, strlen(SEEN_DISCLOSURE)) &&
		    !p->out->hidden_line) {
			p->out->hidden_line = t->line;
			p->out->hidden_why = N_("in a comment");
		}
		break;
	case HTML_DOCTYPE:
		break;
	}
}

static void page_init(struct page *p)
{
	*p = (struct page){ .line = 1, .out = xcalloc(1, sizeof(*p->out)) };
	buf_init(&p->seen, BLOCK_MAX);
	buf_init(&p->unseen, BLOCK_MAX);
}

static struct seen *page_finish(struct page *p)
{
	page_settle(p);
	buf_finish(&p->seen);
	buf_finish(&p->unseen);
	free(p->rules);
	return p->out;
}

void seen_free(struct seen *s)
{
	if (!s)
		return;
	free(s->first);
	free(s->title);
	free(s);
}

struct seen *seen_html(const char *s, size_t len)
{
	struct page page, *p = &page;
	struct html_reader r;
	struct html_token t;

	page_init(p);
	html_init(&r, s, len);
	while (html_next(&r, &t))
		page_token(p, &t);
	return page_finish(p);
}

/* Plain text and Markdown: paragraphs; a first "# …" is the title. */
struct seen *seen_text(const char *s, size_t len)
{
	struct page page, *p = &page;
	const char *end = s + len;
	unsigned line = 1;

	page_init(p);
	for (; s < end; line++) {
		const char *nl = memchr(s, '\n', (size_t)(end - s));
		size_t n = (size_t)((nl ? nl : end) - s);
		CLEANUP_FREE char *text = xstrndup(s, n);

		s += n + 1;
		if (only_space(text)) {
			page_settle(p);
			continue;
		}
		if (!p->seen.len)
			p->line = line;
		if (str_starts(text, "# ") && !p->out->first && !p->out->title && !p->seen.len) {
			p->out->title = seen_fold(text + 2);
			continue;
		}
		buf_str(&p->seen, text[0] == '>' ? text + 1 : text);
		buf_char(&p->seen, '\n');
	}
	return page_finish(p);
}
