/* SPDX-License-Identifier: MIT */
/* The tokenizer and what is made by it: tokens lie in the text, in order; nothing grows away. */
#include "fuzz.h"

#include "html.h"
#include "text.h"

#define LONG (64 << 10)

static void walk(const char *s, size_t len)
{
	struct html_reader r;
	struct html_token t;
	const char *at = s;
	unsigned line = 1;

	html_init(&r, s, len);
	while (html_next(&r, &t)) {
		struct html_attr a;
		size_t pos = 0;

		MUST(t.s >= at && t.s + t.len <= s + len);
		MUST(t.line >= line && strlen(t.name) < HTML_NAME_MAX);
		at = t.s;
		line = t.line;
		while (t.kind == HTML_START && html_attr_next(&t, &pos, &a))
			MUST(!a.has_value || (a.s >= t.s && a.s + a.len <= t.s + t.len));
	}
}

static void convert(const char *s, size_t len)
{
	struct buf out;
	struct err e = { "" };

	buf_init(&out, 64 * len + 4096);
	html_to_text(&out, s, len);
	buf_reset(&out);
	html_to_markdown(&out, s, len);
	buf_reset(&out);
	html_decode(&out, s, len);
	MUST(out.len <= 2 * len);
	if (html_profile_check(s, len, &e) < 0)
		MUST(str_starts(e.text, "line ") && fuzz_is_plain(e.text));
	buf_finish(&out);
}

/* What is escaped is one text without a tag, and decodes to what it was. */
static void escape(const char *s, size_t len)
{
	struct buf out, back;

	buf_init(&out, 8 * len + 8);
	buf_init(&back, 8 * len + 8);
	buf_html(&out, s, len);
	MUST(!strpbrk(buf_cstr(&out), "<>\"'"));
	html_decode(&back, buf_cstr(&out), out.len);
	bool plain = text_valid(s, len);

	for (size_t i = 0; i < len; i++)
		plain = plain && ((unsigned char)s[i] >= ' ' || s[i] == '\n' || s[i] == '\t');
	if (plain && !memchr(s, 0x7f, len))
		MUST(back.len == len && memcmp(buf_cstr(&back), s, len) == 0);
	buf_finish(&out);
	buf_finish(&back);
}

FUZZ(html)
{
	char *s = fuzz_string(data, len);

	walk((const char *)data, len);
	convert((const char *)data, len);
	escape(s, len);
	free(s);
	if (fuzz_is_one_in(data, len, 64)) {
		s = fuzz_repeat(data, len, LONG);
		walk(s, LONG);
		convert(s, LONG);
		free(s);
	}
}
