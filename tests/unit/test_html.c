/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "html.h"
#include "util.h"

#define P(s) (s), sizeof(s) - 1

/* Every token as one letter and its content, "S(p)T(text)E(p)". */
static char *tokens(const char *s, size_t len)
{
	struct html_reader r;
	struct html_token t;
	struct buf b;
	char *out;

	buf_init(&b, 1 << 20);
	html_init(&r, s, len);
	while (html_next(&r, &t)) {
		buf_char(&b, "TSECD"[t.kind]);
		buf_char(&b, '(');
		if (t.kind == HTML_START || t.kind == HTML_END)
			buf_str(&b, t.name);
		else
			buf_add(&b, t.s, t.len);
		buf_char(&b, ')');
	}
	out = xstrdup(buf_cstr(&b));
	buf_finish(&b);
	return out;
}

static void reads_tokens(void **state)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{ "", "" },
		{ "a", "T(a)" },
		{ "<p>a</p>", "S(p)T(a)E(p)" },
		{ "<P CLASS=x>A</P >", "S(p)T(A)E(p)" },
		{ "a < b", "T(a < b)" },
		{ "a <", "T(a <)" },
		{ "</", "T(</)" },
		{ "</>x", "C()T(x)" },
		{ "<br/>x", "S(br)T(x)" },
		{ "<!-- a -- b -->c", "C( a -- b )T(c)" },
		{ "<!-->c", "C()T(c)" },
		{ "<!--->c", "C()T(c)" },
		{ "<!--a--!>c", "C(a)T(c)" },
		{ "<!-- open", "C( open)" },
		{ "<!", "C()" },
		{ "<!doctype html><p>", "D(doctype html)S(p)" },
		{ "<?xml x?>y", "C(xml x?)T(y)" },
		{ "<a title=\"1>0\">x", "S(a)T(x)" },
		{ "<a title='1>0'>x", "S(a)T(x)" },
		{ "<a =\">x", "S(a)T(x)" },
		{ "<a b=c\">x", "S(a)T(x)" },
		{ "<a b=\"c", "S(a)" },
		{ "<p", "S(p)" },
		{ "<script>if (a<b) '</p>'</SCRIPT>x", "S(script)T(if (a<b) '</p>')E(script)T(x)" },
		{ "<style></style>x", "S(style)E(style)T(x)" },
		{ "<script>never", "S(script)T(never)" },
		{ "<title>a<b></title>", "S(title)T(a<b>)E(title)" },
		{ "<textarea>a<b></textarea>", "S(textarea)T(a<b>)E(textarea)" },
		{ "<!DOCTYPE html>", "D(DOCTYPE html)" }, { "<!element>x", "C(element)T(x)" },
		{ "<script></scriptx></script/>x", "S(script)T(</scriptx>)E(script)T(x)" },
		{ "<script>a</script", "S(script)T(a)E(script)" },
		{ "<P\f\rA\t=1\n>x", "S(p)T(x)" }, { "<@>x", "T(<@>x)" }, { "<[>x", "T(<[>x)" },
		{ "<{>x", "T(<{>x)" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		/* A copy without a NUL, so that valgrind sees a read past the end. */
		size_t len = strlen(rows[i].in);
		char *copy = memcpy(xmalloc(len + !len), rows[i].in, len), *got;

		got = tokens(copy, len);
		assert_string_equal(got, rows[i].want);
		free(got);
		free(copy);
	}
}

static void reads_attributes(void **state)
{
	static const char text[] = "<a href=/x/ b='1 2' c d = \"e\" HREF=y/>";
	struct html_reader r;
	struct html_token t;
	struct html_attr a;

	(void)state;
	html_init(&r, P(text));
	assert_true(html_next(&r, &t));
	assert_false(t.self_closing);
	assert_true(html_attr(&t, "href", &a));
	assert_int_equal(a.len, 3);
	assert_memory_equal(a.s, "/x/", 3);
	assert_true(html_attr(&t, "b", &a));
	assert_memory_equal(a.s, "1 2", 3);
	assert_true(a.quoted);
	assert_true(html_attr(&t, "c", &a));
	assert_false(a.has_value);
	assert_true(html_attr(&t, "d", &a));
	assert_memory_equal(a.s, "e", 1);
	assert_false(html_attr(&t, "e", &a));
}

static void decodes_entities(void **state)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{ "a&amp;b", "a&b" }, { "&lt;&gt;&quot;&apos;&#39;", "<>\"''" },
		{ "&nbsp;", "\u00a0" }, { "&nbsp", "\u00a0" }, { "&#xAC00;&#44033;", "가각" },
		{ "&#xac00", "가" }, { "&#0;&#xD800;&#x110000;", "\ufffd\ufffd\ufffd" },
		{ "&#99999999999999999999;", "\ufffd" }, { "&#x80;", "\u20ac" },
		{ "&nosuch;", "&nosuch;" }, { "&", "&" }, { "&#", "&#" }, { "&#x", "&#x" },
		{ "&#x;", "&#x;" }, { "&hellip x", "&hellip x" }, { "&ZeroWidthSpace;", "\u200b" },
		{ "&amp;amp;", "&amp;" }, { "&#xe9;&#X41;", "éA" }, { "&#x1F600;", "😀" },
		{ "&#xDFFF;&#xE000;", "\ufffd\ue000" }, { "&x9;&9;", "&x9;&9;" },
		{ "&abcdefghijklmnopqrstuvwxyzabcdefghij;", "&abcdefghijklmnopqrstuvwxyzabcdefghij;" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf b;

		buf_init(&b, 1000);
		html_decode(&b, rows[i].in, strlen(rows[i].in));
		assert_string_equal(buf_cstr(&b), rows[i].want);
		buf_finish(&b);
	}
}

static void converts(void **state)
{
	static const struct {
		const char *in, *text, *markdown;
	} rows[] = {
		{ "", "", "" },
		{ "<p>a\n  b</p><p>c</p>", "a b\n\nc\n", "a b\n\nc\n" },
		{ "<h1>T</h1><h2>U</h2>v", "T\n\nU\n\nv\n", "# T\n\n## U\n\nv\n" },
		{ "<p>a<br>b</p>", "a\nb\n", "a\\\nb\n" },
		{ "<p>x <b>굵게</b>는</p>", "x 굵게는\n", "x **굵게**는\n" },
		{ "<p><b>(가)</b>는</p>", "(가)는\n", "<b>(가)</b>는\n" },
		{ "<p>a</p><blockquote><p><b>가.</b></p></blockquote>", "a\n\n> 가.\n", "a\n\n> **가.**\n" },
		{ "<p>1. a * b_c [d] &lt;e&gt; #</p>", "1. a * b_c [d] <e> #\n",
			"1\\. a \\* b\\_c \\[d\\] \\<e\\> #\n" },
		{ "<p># a</p><p>- b</p>", "# a\n\n- b\n", "\\# a\n\n\\- b\n" },
		{ "<p><a href=\"https://x.y/?a=1&amp;b=2\">t</a>.</p>",
			"t (https://x.y/?a=1&b=2).\n", "[t](https://x.y/?a=1&b=2).\n" },
		{ "<a href=\"https://x.y/\">https://x.y/</a>", "https://x.y/\n",
			"[https://x.y/](https://x.y/)\n" },
		{ "<a href=\"https://x.y/(1) 2\">t</a>", "t (https://x.y/(1)%202)\n",
			"[t](<https://x.y/(1)%202>)\n" },
		{ "<div align=\"center\"><img src=\"https://a/b\" alt=\"그 림]\"></div>x",
			"[그 림]]\nx\n", "![그 림\\]](https://a/b)\nx\n" },
		{ "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>d",
			"• a\n• b\n   • c\n\nd\n", "- a\n- b\n   - c\n\nd\n" },
		{ "<ol><li>a<li>b</ol>", "1. a\n2. b\n", "1. a\n2. b\n" },
		{ "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1|2</td>"
		  "<td><p>3</p></td></tr></tbody></table>e",
			"a | b\n1|2 | 3\n\ne\n",
			"| a | b |\n| --- | --- |\n| 1\\|2 | 3 |\n\ne\n" },
		{ "<table><tr><td colspan=\"2\">a</td></tr><tr><td></td><td>c</td></tr></table>",
			"a\n | c\n", "| | a |\n| --- | --- |\n|  | c |\n" },
		{ "<blockquote><p>a</p><p>b</p></blockquote>c", "> a\n>\n> b\n\nc\n",
			"> a\n>\n> b\n\nc\n" },
		{ "a<hr>b", "a\n\n────────\n\nb\n", "a\n\n---\n\nb\n" },
		{ "<script>x</script><style>y</style><!-- z -->a", "a\n", "a\n" },
		{ "&amp;lt; &amp; b", "&lt; & b\n", "\\&lt; & b\n" },
		{ "</b></table></ul></td>a</i>", "a\n", "a\n" },
		{ "<pre>a  b\n c</pre>d", "a b\nc\n\nd\n", "a b\nc\n\nd\n" },
		{ "<p>+ a</p><p>= b</p><p>&gt; c</p>", "+ a\n\n= b\n\n> c\n",
			"\\+ a\n\n\\= b\n\n\\> c\n" },
		{ "<p>| a</p>", "| a\n", "| a\n" },
		{ "<table><tr><td>a<br>b</td></tr></table>", "a b\n", "| a<br> b |\n| --- |\n" },
		{ "<table><tr><td colspan=\"x\">a</td><td colspan=\"0\">b</td></tr></table>",
			"a | b\n", "| a | b |\n| --- | --- |\n" },
		{ "<table><tr></tr></table>a", "a\n", "a\n" },
		{ "<p><em>a</em> <strong>b</strong></p>", "a b\n", "*a* **b**\n" },
		{ "<p><i>(가)</i>는</p>", "(가)는\n", "<i>(가)</i>는\n" },
		{ "<p><b>a</i>b</b></p>", "ab\n", "**ab**\n" },
		{ "<img src=\"https://a/b\">", "", "![](https://a/b)\n" },
		{ "<h7>a</h7>b<h0>c</h0>", "abc\n", "abc\n" },
		{ "<head><title>x</title></head>a", "a\n", "a\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf b;

		buf_init(&b, 10000);
		html_to_text(&b, rows[i].in, strlen(rows[i].in));
		assert_string_equal(buf_cstr(&b), rows[i].text);
		buf_reset(&b);
		html_to_markdown(&b, rows[i].in, strlen(rows[i].in));
		assert_string_equal(buf_cstr(&b), rows[i].markdown);
		buf_finish(&b);
	}
}

static void checks_profile(void **state)
{
	static const struct {
		const char *in, *want; /* NULL: taken */
	} rows[] = {
		{ "<p>a <b>b</b><br><i>c</i> <u>d</u></p>", NULL },
		{ "<h1>a</h1><h2>b</h2><h3>c</h3><hr><blockquote><p>d</p></blockquote>", NULL },
		{ "<p><a href=\"https://a.b/?x=1&amp;y=2\" rel=\"nofollow\">x</a></p>", NULL },
		{ "<div align=\"center\"><img src=\"http://a/b\" alt=\"\" width=\"10\" height=\"10\"></div>",
			NULL },
		{ "<table><tbody><tr><td rowspan=\"2\">a</td></tr></tbody></table>", NULL },
		{ "<p>a &amp; b &#39; &lt;</p>", NULL },
		{ "<p>\n<span>a</span></p>", "line 2: tag out of the safe profile: span" },
		{ "<ul><li>a</li></ul>", "line 1: tag out of the safe profile: ul" },
		{ "\n\n<script>x</script>", "line 3: tag out of the safe profile: script" },
		{ "<p style=\"color:red\">a</p>", "line 1: attribute out of the safe profile: style" },
		{ "<p onclick=\"x\">a</p>", "attribute out of the safe profile: onclick" },
		{ "<a href=\"javascript:x\">a</a>", "value not allowed in attribute href" },
		{ "<a href=\"java&#115;cript:x\">a</a>", "value not allowed in attribute href" },
		{ "<a href=\"//a.b/\">a</a>", "value not allowed in attribute href" },
		{ "<a href=\"https:///x\">a</a>", "value not allowed in attribute href" },
		{ "<a href=\"https://a\\b\">a</a>", "value not allowed in attribute href" },
		{ "<a href=https://a.b>a</a>", "attribute without a value in quotes: href" },
		{ "<a>a</a>", "a without href" },
		{ "<img src=\"https://a/b\" width=\"1\" height=\"1\">", "img" },
		{ "<div align=\"center\"><img src=\"https://a/b\" width=\"1\"></div>",
			"img without height" },
		{ "<table><tr><td><div><img src=\"https://a/b\" width=\"1\" height=\"1\"></div></td></tr></table>",
			"img in a table's cell" },
		{ "<p><p>a</p></p>", "block inside a line of text: p" },
		{ "<p><b>a</p></b>", "end tag that closes nothing: p" },
		{ "<p>a", "line 1: tag that is never closed: p" },
		{ "<p>a</p></p>", "end tag that closes nothing: p" },
		{ "<p>a < b</p>", "unescaped in the text: <" },
		{ "<p>a > b</p>", "unescaped in the text: >" },
		{ "<p>a & b</p>", "unescaped in the text: &" },
		{ "<p>a &copy b</p>", "unescaped in the text: &" },
		{ "<p>\x01</p>", "unescaped in the text: a control character" },
		{ "<!-- a --><p>b</p>", "comment or declaration" },
		{ "<!doctype html>", "comment or declaration" },
		{ "<td>a</td>", "misplaced tag td" },
		{ "<div align=\"middle\">a</div>", "value not allowed in attribute align" },
		{ "<p>a</p><p", "tag without its \">\"" },
		{ "<p><img src=\"https://a/b\" width=\"1\" height=\"1\"></p>", "misplaced tag img" },
		{ "<table><tr><th><div><img src=\"https://a/b\" width=\"1\" height=\"1\"></div></th></tr>"
		  "</table>", "img in a table's cell" },
		{ "<p><a href=\"https://a/\"><a href=\"https://b/\">x</a></a></p>",
			"link inside a link" },
		{ "<p>\x7f</p>", "unescaped in the text: a control character" },
		{ "<a href=\"http://?x\">a</a>", "value not allowed in attribute href" },
		{ "<a href=\"https://#x\">a</a>", "value not allowed in attribute href" },
		{ "<a href=\"https://\">a</a>", "value not allowed in attribute href" },
		{ "<a href>a</a>", "attribute without a value in quotes: href" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e = { "" };
		int r = html_profile_check(rows[i].in, strlen(rows[i].in), &e);

		if (!rows[i].want) {
			assert_string_equal(e.text, "");
			assert_int_equal(r, 0);
		} else {
			assert_true(r < 0);
			if (!strstr(e.text, rows[i].want))
				fail_msg("row %zu: %s", i, e.text);
		}
	}
}

/* Nothing may read past the end or hang: generated soup, each with its seed. */
static void takes_soup(void **state)
{
	static const char *const bits[] = { "<", ">", "</", "<p", "<b>", "</b>", "<a href=", "\"",
		"'", "=", "&", "&#x", ";", "<!--", "-->", "<script", "</script", "<table>", "<td",
		"<tr>", "<li>", "<ul>", "</ul>", "<blockquote>", "<img alt=x src=y>", " ", "\n",
		"가", "\xff", "x", "1.", "<pre>", "<br>", "</a>", "</table>", "<title>", "-" };
	unsigned seed = 20261123;

	(void)state;
	for (int i = 0; i < 3000; i++, seed++) {
		unsigned r = seed;
		struct buf in, out;
		char *exact;

		buf_init(&in, 10000);
		for (unsigned k = 0; k < 1 + seed % 40; k++) {
			r = r * 1103515245u + 12345u;
			buf_str(&in, bits[(r >> 16) % ARRAY_LEN(bits)]);
		}
		exact = memcpy(xmalloc(in.len), in.data, in.len);
		buf_init(&out, 100000);
		html_to_text(&out, exact, in.len);
		html_to_markdown(&out, exact, in.len);
		if (buf_failed(&out))
			fail_msg("seed %u", seed);
		assert_true(html_profile_check(exact, in.len, NULL) <= 0);
		free(exact);
		buf_finish(&out);
		buf_finish(&in);
	}
}

/* Linear time: what is quadratic would take minutes. */
static void is_linear(void **state)
{
	static const char *const bits[] = { "<", "<a ", "<!--", "</", "<p>", "<b>", "&", "<a b=\"",
		"<blockquote>", "<script>", "a=", "<ul>", "<table><tr><td>" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bits); i++) {
		struct buf in, out;

		buf_init(&in, 1 << 20);
		buf_init(&out, 64u << 20);
		while (in.len < 300000)
			buf_str(&in, bits[i]);
		html_to_markdown(&out, buf_cstr(&in), in.len);
		assert_true(html_profile_check(buf_cstr(&in), in.len, NULL) <= 0);
		buf_finish(&out);
		buf_finish(&in);
	}
}

static bool profile_takes(const char *format, unsigned c)
{
	char text[200];

	/* The format is the test's own. */
	str_format_cut(text, sizeof(text), "%.*s&#%u;%s", (int)strcspn(format, "@"), format, c,
		strchr(format, '@') + 1);
	return html_profile_check(text, strlen(text), NULL) == 0;
}

/* Each character in an address: taken by the profile or not, and written so that it stays one. */
static void escapes_addresses(void **state)
{
	(void)state;
	for (unsigned c = 1; c < 0x80; c++) {
		char in[80], want[80], is[8];
		bool plain = c > 0x20 && c != 0x7f && c != '\\';
		bool coded = !plain || c == '<' || c == '>' || c == '|';
		bool angle = c == '(' || c == ')';
		struct buf out;

		assert_int_equal(profile_takes("<p><a href=\"https://a.example/@\">x</a></p>", c), plain);
		assert_int_equal(profile_takes("<div><img src=\"https://a.example/@\" "
			"width=\"1\" height=\"1\"></div>", c), plain);
		str_format_cut(in, sizeof(in), "<p><a href=\"https://a.example/&#%u;z\">x</a></p>", c);
		str_format_cut(is, sizeof(is), coded ? "%%%02X" : "%c", c);
		str_format_cut(want, sizeof(want), "[x](%shttps://a.example/%sz%s)\n", angle ? "<" : "", is,
			angle ? ">" : "");
		buf_init(&out, 1000);
		html_to_markdown(&out, in, strlen(in));
		assert_string_equal(buf_cstr(&out), want);
		buf_finish(&out);
	}
}

/* What may begin a line of Markdown as something else begins it as text. */
static void escapes_numbers(void **state)
{
	static const char *const rows[][2] = {
		{ "<p>1. a</p>", "1\\. a\n" }, { "<p>123456789) a</p>", "123456789\\) a\n" },
		{ "<p>1234567890. a</p>", "1234567890. a\n" }, { "<p>1</p>", "1\n" },
		{ "<p>12</p>", "12\n" }, { "<p>1, 2</p>", "1, 2\n" }, { "<p>. a</p>", ". a\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf out;

		buf_init(&out, 1000);
		html_to_markdown(&out, rows[i][0], strlen(rows[i][0]));
		assert_string_equal(buf_cstr(&out), rows[i][1]);
		buf_finish(&out);
	}
}

static void checks_sizes(void **state)
{
	static const struct {
		const char *width;
		bool good;
	} rows[] = { { "1", true }, { "12345", true }, { "50%", true }, { "123456", false }, { "", false },
		{ "1a", false }, { "-1", false }, { "1 2", false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[120];

		str_format_cut(text, sizeof(text),
			"<div><img src=\"https://a.example/1.png\" height=\"1\" width=\"%s\"></div>",
			rows[i].width);
		assert_int_equal(html_profile_check(text, strlen(text), NULL) == 0, rows[i].good);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_tokens),
		cmocka_unit_test(reads_attributes),
		cmocka_unit_test(decodes_entities),
		cmocka_unit_test(converts),
		cmocka_unit_test(checks_profile),
		cmocka_unit_test(escapes_addresses),
		cmocka_unit_test(escapes_numbers),
		cmocka_unit_test(checks_sizes),
		cmocka_unit_test(takes_soup),
		cmocka_unit_test(is_linear),
	};

	return cmocka_run_group_tests_name("html", tests, NULL, NULL);
}
