/* SPDX-License-Identifier: MIT */
#include "term.h"

#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "text.h"

#define LINE_MAX_BYTES (64u << 10)
#define WIDTH_LEAST 40

static size_t width;
static bool colors;

static size_t columns_of(int fd)
{
	struct winsize w;
	int64_t n;
	if (!isatty(fd))
		return 0;
	if (ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col > 0)
		return w.ws_col < WIDTH_LEAST ? WIDTH_LEAST : w.ws_col;
	const char *s = getenv("COLUMNS");
	if (s && parse_int64(s, WIDTH_LEAST, 10000, &n) == 0)
		return (size_t)n;
	return 80;
}

void term_init(enum term_color color)
{
	const char *term = getenv("TERM");
	bool able = isatty(STDOUT_FILENO) && !str_empty(term) && !str_eq(term, "dumb") &&
		str_empty(getenv("NO_COLOR"));
	width = columns_of(STDOUT_FILENO);
	colors = color == TERM_ALWAYS || (color == TERM_AUTO && able);
}

void term_set(size_t w, bool c)
{
	width = w;
	colors = c;
}

size_t term_width(void)
{
	return width;
}

/* Bytes at S that a terminal must not see: C0, DEL, C1 (in UTF-8) and what turns text around. */
static size_t evil(const unsigned char *s)
{
	if (s[0] < 0x20 || s[0] == 0x7f)
		return 1;
	if (s[0] == 0xc2 && s[1] >= 0x80 && s[1] <= 0x9f)
		return 2;
	if (s[0] != 0xe2)
		return 0;
	if (s[1] == 0x80 && (s[2] == 0x8e || s[2] == 0x8f || (s[2] >= 0xa8 && s[2] <= 0xae)))
		return 3; /* LRM RLM, line and paragraph separators, LRE RLE PDF LRO RLO */
	if (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9)
		return 3; /* isolates */
	return 0;
}

void term_clean(struct buf *out, const char *s)
{
	const unsigned char *u = (const unsigned char *)(s ? s : "");
	bool whole = text_valid((const char *)u, strlen((const char *)u));
	while (*u) {
		size_t n = evil(u);
		if (n == 0 && !whole && *u >= 0x80)
			n = 1;
		for (size_t i = 0; i < n; i++)
			buf_printf(out, "\\x%02x", u[i]);
		if (n == 0)
			buf_char(out, (char)*u++);
		u += n;
	}
}

static const char *style_code(enum term_style style)
{
	static const char *const codes[] = {
		[TERM_BOLD] = "\033[1m",
		[TERM_DIM] = "\033[2m",
		[TERM_GOOD] = "\033[32m",
		[TERM_WARN] = "\033[33m",
		[TERM_BAD] = "\033[31m",
	};
	return colors && style != TERM_PLAIN ? codes[style] : "";
}

void term_add(struct buf *out, enum term_style style, const char *s)
{
	const char *code = style_code(style);
	buf_str(out, code);
	term_clean(out, s);
	if (code[0])
		buf_str(out, "\033[0m");
}

/* Line by line, for a line end must not be cleaned away. */
static void add_lines(struct buf *out, enum term_style style, char *text)
{
	for (char *line = text; line;) {
		char *end = strchr(line, '\n');
		if (end)
			*end = '\0';
		if (*line)
			term_add(out, style, line);
		if (end)
			buf_char(out, '\n');
		line = end ? end + 1 : NULL;
	}
}

void term_say(enum term_style style, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *text = xvasprintf_tr(fmt, ap);
	va_end(ap);
	struct buf b;
	buf_init(&b, LINE_MAX_BYTES);
	add_lines(&b, style, text);
	fputs(buf_cstr(&b), stdout);
	buf_finish(&b);
	free(text);
}

/* Bytes of S that go on a line of ROOM columns, broken at a space where there is one. */
static size_t fold_at(const char *s, size_t room)
{
	size_t n = text_prefix(s, room);
	if (s[n] == '\0' || s[n] == ' ')
		return n ? n : strlen(s);
	for (size_t i = n; i > 0; i--)
		if (s[i - 1] == ' ')
			return i;
	return n ? n : strlen(s);
}

static void add_folded(struct buf *out, enum term_style style, const char *s, size_t indent)
{
	size_t room = width > indent + 20 ? width - indent : 0;
	while (room && text_width(s) > room) {
		size_t n = fold_at(s, room);
		size_t shown = n;
		while (shown > 0 && s[shown - 1] == ' ')
			shown--;
		CLEANUP_FREE char *line = xstrndup(s, shown);
		term_add(out, style, line);
		buf_printf(out, "\n%*s", (int)indent, "");
		for (s += n; *s == ' ';)
			s++;
	}
	term_add(out, style, s);
}

void term_fact(
	const char *label, size_t label_width, enum term_style style, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	CLEANUP_FREE char *text = xvasprintf_tr(fmt, ap);
	va_end(ap);
	struct buf b;
	buf_init(&b, LINE_MAX_BYTES);
	label = tr(label);
	term_add(&b, TERM_BOLD, label);
	size_t used = text_width(label);
	buf_printf(&b, "%*s",
		(int)(used < label_width      ? label_width - used
				: label_width ? 1
					      : 0),
		"");
	add_folded(&b, style, text, label_width);
	printf("%s\n", buf_cstr(&b));
	buf_finish(&b);
}
