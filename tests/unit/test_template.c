/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <unistd.h>

#include "json.h"
#include "template.h"
#include "util.h"

#define SPEC TREE "/../shared/data/mustache-spec"
#define OUT_MAX (1u << 20)

static const struct template_rules all_raw = { .raw_all = true };

/* Partials from an object {name: text}, parsed when they are asked for. */
struct partials {
	const struct value *texts;
	const struct template_rules *rules;
	struct template *parsed[16];
};

static const struct template *find_partial(void *ctx, const char *name)
{
	struct partials *p = ctx;
	struct value *text = p->texts ? value_get(p->texts, name) : NULL;
	struct err e;
	size_t i;

	if (!text)
		return NULL;
	for (i = 0; i < ARRAY_LEN(p->parsed) && p->parsed[i]; i++)
		if (str_eq(template_name(p->parsed[i]), name))
			return p->parsed[i];
	assert_in_range(i, 0, ARRAY_LEN(p->parsed) - 1);
	if (template_parse(name, value_string(text, ""), value_len(text), p->rules,
		&p->parsed[i], &e))
		fail_msg("partial: %s", e.text);
	return p->parsed[i];
}

static void partials_finish(struct partials *p)
{
	for (size_t i = 0; i < ARRAY_LEN(p->parsed); i++)
		template_free(p->parsed[i]);
}

static struct value *from_json(const char *text)
{
	struct value *v = NULL;
	struct err e;

	if (text && json_parse(text, strlen(text), &v, &e))
		fail_msg("%s: %s", text, e.text);
	return v;
}

/* Renders TEXT whole; returns the result and leaves the output or the error in BUF. */
static int run(const char *text, size_t len, const struct template_rules *rules,
	const struct value *data, const struct value *partial_texts, struct buf *out,
	struct err *e)
{
	struct partials p = { .texts = partial_texts, .rules = rules };
	struct template_partials find = { find_partial, &p };
	struct template *t = NULL;
	int r = template_parse("t", text, len, rules, &t, e);

	if (!r)
		r = template_render(t, data, &find, out, e);
	template_free(t);
	partials_finish(&p);
	return r;
}

/* The official cases. */

static void run_spec_case(const char *file, const struct value *test)
{
	struct value *data = value_get(test, "data");
	const char *text = value_get_string(test, "template", "");
	struct buf out;
	struct err e;

	buf_init(&out, OUT_MAX);
	if (run(text, strlen(text), &all_raw, data, value_get(test, "partials"), &out, &e))
		fail_msg("%s, %s: %s", file, value_get_string(test, "name", "?"), e.text);
	if (strcmp(buf_cstr(&out), value_get_string(test, "expected", "")))
		fail_msg("%s, %s (%s)\n--- template\n%s\n--- expected\n%s\n--- got\n%s", file,
			value_get_string(test, "name", "?"), value_get_string(test, "desc", ""),
			text, value_get_string(test, "expected", ""), buf_cstr(&out));
	buf_finish(&out);
}

/*
 * The expected text is compared as it is: the escape differs from the
 * specification's only in ' (&#39;), and none of its cases prints one.
 */
static void test_spec(void **state)
{
	static const struct {
		const char *file;
		size_t cases; /* at least */
	} rows[] = {
		{ "comments", 12 }, { "delimiters", 14 }, { "interpolation", 40 },
		{ "inverted", 22 }, { "partials", 12 }, { "sections", 34 },
		{ "inheritance", 27 },
	};
	const char *folder = getenv("MUSTACHE_SPEC") ? getenv("MUSTACHE_SPEC") : SPEC;
	size_t count = 0;

	(void)state;
	if (access(folder, R_OK)) {
		print_message("no folder %s: the official cases are skipped\n", folder);
		skip();
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *path = xasprintf("%s/%s.json", folder, rows[i].file), *text;
		struct value *v = NULL, *tests;
		size_t len;
		struct err e;

		assert_int_equal(file_read(path, 1u << 20, &text, &len), 0);
		if (json_parse(text, len, &v, &e))
			fail_msg("%s: %s", path, e.text);
		tests = value_get(v, "tests");
		assert_true(value_len(tests) >= rows[i].cases);
		for (size_t j = 0; j < value_len(tests); j++, count++)
			run_spec_case(rows[i].file, value_at(tests, j));
		value_free(v);
		free(text);
		free(path);
	}
	print_message("%zu official cases pass\n", count);
}

/* Our own cases. */

static const struct {
	const char *template, *data, *partials, *expected;
} own_cases[] = {
	{ "", NULL, NULL, "" },
	{ "{{a}}", NULL, NULL, "" },
	{ "\xef\xbb\xbf" "a", NULL, NULL, "a" },
	{ "가{{이름}}나", "{\"이름\":\"값\"}", NULL, "가값나" },
	/* Numbers. */
	{ "{{a}}", "{\"a\":-9223372036854775808}", NULL, "-9223372036854775808" },
	{ "{{a}}", "{\"a\":12900.0}", NULL, "12900" },
	{ "{{a}}", "{\"a\":0.1}", NULL, "0.1" },
	{ "{{a}}", "{\"a\":-4.85}", NULL, "-4.85" },
	{ "{{a}}", "{\"a\":0.000001}", NULL, "0.000001" },
	{ "{{a}}", "{\"a\":0.0000001}", NULL, "1e-7" },
	{ "{{a}}", "{\"a\":0.0000000123}", NULL, "1.23e-8" },
	{ "{{a}}", "{\"a\":1e20}", NULL, "100000000000000000000" },
	{ "{{a}}", "{\"a\":1.5e300}", NULL, "1.5e+300" },
	{ "{{a}}", "{\"a\":0.30000000000000004}", NULL, "0.30000000000000004" },
	{ "{{a}}", "{\"a\":123456.789}", NULL, "123456.789" },
	{ "{{a}}", "{\"a\":5e-324}", NULL, "5e-324" },
	{ "{{a}}{{b}}", "{\"a\":true,\"b\":false}", NULL, "truefalse" },
	{ "[{{a}}{{b}}{{c}}]", "{\"a\":{\"x\":1},\"b\":[1],\"c\":null}", NULL, "[]" },
	/* Escaping. */
	{ "{{a}}", "{\"a\":\"<b a='1' c=\\\"2\\\">&amp;\"}", NULL,
		"&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;amp;" },
	{ "{{{a}}}{{&a}}{{& a }}", "{\"a\":\"<'>\"}", NULL, "<'><'><'>" },
	{ "{{=<% %>=}}<%{a}%>", "{\"a\":\"<\"}", NULL, "<" },
	{ "{{a}}", "{\"a\":\"{{b}}\",\"b\":\"no\"}", NULL, "{{b}}" },
	/* False and true. */
	{ "{{#a}}x{{/a}}{{^a}}y{{/a}}", "{\"a\":0}", NULL, "y" },
	{ "{{#a}}x{{/a}}{{^a}}y{{/a}}", "{\"a\":0.0}", NULL, "y" },
	{ "{{#a}}x{{/a}}{{^a}}y{{/a}}", "{\"a\":\"\"}", NULL, "y" },
	{ "{{#a}}x{{/a}}{{^a}}y{{/a}}", "{\"a\":\"0\"}", NULL, "x" },
	{ "{{#a}}x{{/a}}{{^a}}y{{/a}}", "{\"a\":[]}", NULL, "y" },
	{ "{{#a}}x{{/a}}{{^a}}y{{/a}}", "{\"a\":{}}", NULL, "x" },
	{ "{{#a}}x{{/a}}{{^a}}y{{/a}}", "{\"a\":null}", NULL, "y" },
	{ "{{#a}}{{.}}{{/a}}", "{\"a\":7}", NULL, "7" },
	{ "{{#a}}{{#.}}{{.}},{{/.}};{{/a}}", "{\"a\":[[1,2],[3]]}", NULL, "1,2,;3,;" },
	{ "{{#a}}{{b}}{{/a}}", "{\"a\":[{\"b\":1},{},{\"b\":null}],\"b\":9}", NULL, "19" },
	{ "{{#a.b}}{{c}}{{d.e}}{{/a.b}}", "{\"a\":{\"b\":[{\"c\":1}]},\"d\":{\"e\":2}}", NULL,
		"12" },
	{ "{{#a}}{{b.c}}{{/a}}", "{\"a\":{\"b\":1},\"b\":{\"c\":2}}", NULL, "" },
	/* White space in tags and lines of their own. */
	{ "{{ # a }}x{{ / a }}", "{\"a\":1}", NULL, "x" },
	{ "{{\na\n}}", "{\"a\":1}", NULL, "1" },
	{ "a\n \t{{#x}} \t\nb\n{{/x}}\nc", "{\"x\":1}", NULL, "a\nb\nc" },
	{ "{{! a\n b }}  \nx", NULL, NULL, "x" },
	{ "a {{! b }}\nx", NULL, NULL, "a \nx" },
	{ "{{#x}}{{/x}}\n", NULL, NULL, "\n" },
	{ "{{=| |=}}\n|={{ }}=|\n{{a}}", "{\"a\":1}", NULL, "1" },
	{ "{{=« »=}}«a»«b»«={{ }}=»{{a}}", "{\"a\":1,\"b\":2}", NULL, "121" },
	/* Partials. */
	{ "{{>p}}", NULL, NULL, "" },
	{ " {{>p}}\n", NULL, NULL, "" },
	{ "  {{>p}}\nx", "{\"v\":\"1\\n2\"}", "{\"p\":\"a\\n{{v}}\\n\\n{{#v}}\\nb\\n{{/v}}\\n\"}",
		"  a\n  1\n2\n\n  b\nx" },
	{ "  {{>p}}", NULL, "{\"p\":\"a\\n  {{>q}}\\nb\",\"q\":\"c\\nd\\n\"}",
		"  a\n    c\n    d\n  b" },
	{ "  {{>p}}", NULL, "{\"p\":\"a{{>q}}\\nb\",\"q\":\"c\\nd\"}", "  ac\nd\n  b" },
	{ "  {{>p}}", NULL, "{\"p\":\"{{#x}}{{/x}}a\"}", "  a" },
	{ "{{=| |=}}|>p|", "{\"a\":1}", "{\"p\":\"{{a}}|a|\"}", "1|a|" },
	/* Inheritance. */
	{ "{{<p}}{{$a}}1{{/a}}{{$b}}2{{/b}}{{/p}}", NULL, "{\"p\":\"{{$b}}{{/b}}{{$a}}{{/a}}\"}",
		"21" },
	{ "{{<p}}{{/p}}", NULL, NULL, "" },
	{ "{{<p}}{{$a}}x{{$a}}y{{/a}}{{/a}}{{/p}}", NULL, "{\"p\":\"{{$a}}d{{/a}}\"}", "xy" },
	{ "{{<p}}{{#x}}{{$a}}no{{/a}}{{/x}}{{/p}}", "{\"x\":1}", "{\"p\":\"{{$a}}d{{/a}}\"}", "d" },
	{ "{{<p}}{{$a}}1{{/a}}{{/p}}", NULL, "{\"p\":\"{{>q}}\",\"q\":\"{{$a}}d{{/a}}\"}", "1" },
	{ "{{#l}}{{<p}}{{$a}}{{.}}{{/a}}{{/p}}{{/l}}", "{\"l\":[1,2]}",
		"{\"p\":\"({{$a}}{{/a}})\"}", "(1)(2)" },
	{ "<\n  {{<p}}\n  {{$a}}\n    one\n      two\n  {{/a}}\n  {{/p}}\n>\n", NULL,
		"{\"p\":\"<ul>\\n  {{$a}}\\n  {{/a}}\\n</ul>\\n\"}",
		"<\n  <ul>\n    one\n      two\n  </ul>\n>\n" },
	{ "  {{<p}}{{/p}} x\n", NULL, "{\"p\":\"a\\nb\"}", "  a\nb x\n" },
	{ "{{<p}}{{$a}}x{{/a}}{{/p}}", NULL, "{\"p\":\"a\\n  {{$a}}\\n  d\\n  {{/a}}\\nb\"}",
		"a\n  xb" },
	{ "{{<p}}{{$a}}{{#l}}\n{{.}}\n{{/l}}\n{{/a}}{{/p}}", "{\"l\":[1,2]}",
		"{\"p\":\"  {{$a}}d{{/a}}\\n\"}", "  \n  1\n\n  2\n\n" },
};

static void test_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(own_cases); i++) {
		const char *text = own_cases[i].template;
		struct value *data = from_json(own_cases[i].data);
		struct value *partials = from_json(own_cases[i].partials);
		struct buf out;
		struct err e;

		buf_init(&out, OUT_MAX);
		if (run(text, strlen(text), &all_raw, data, partials, &out, &e))
			fail_msg("case %zu %s: %s", i, text, e.text);
		if (strcmp(buf_cstr(&out), own_cases[i].expected))
			fail_msg("case %zu %s\n--- expected\n%s\n--- got\n%s", i, text,
				own_cases[i].expected, buf_cstr(&out));
		buf_finish(&out);
		value_free(data);
		value_free(partials);
	}
}

#define TEXT(s) (s), sizeof(s) - 1

static const struct {
	const char *text;
	size_t len;
	const char *message; /* the error begins so, without the file's name */
} wrong[] = {
	{ TEXT("a\n  {{#products}}\nx"),
		"2:3: section 'products' is not closed; add {{/products}}" },
	{ TEXT("{{^a}}"), "1:1: section 'a' is not closed" },
	{ TEXT("{{<a}}"), "1:1: parent 'a' is not closed" },
	{ TEXT("{{$a}}"), "1:1: block 'a' is not closed" },
	{ TEXT("{{#a}}\n{{#b}}\n{{/a}}"), "3:1: 'b' of line 2 is closed as 'a'; write {{/b}}" },
	{ TEXT("가나{{/a}}"), "1:3: nothing is open that 'a' could close" },
	{ TEXT("x {{a"), "1:3: the tag is not closed; add }}" },
	{ TEXT("x {{{a}}"), "1:3: the tag is not closed; add }}}" },
	{ TEXT("{{=<% %>=}}\n<%a"), "2:1: the tag is not closed; add %>" },
	{ TEXT("{{! a"), "1:1: the tag is not closed" },
	{ TEXT("{{"), "1:1: the tag is not closed" },
	{ TEXT("{{}}"), "1:1: the tag is empty" },
	{ TEXT("{{# }}"), "1:1: the tag is empty" },
	{ TEXT("{{a b}}"), "1:1: the name holds white space" },
	{ TEXT("{{a\n{{b}}"), "1:1: the name holds white space" },
	{ TEXT("{{a\x01}}"), "1:1: the name holds white space" },
	{ TEXT("{{a..b}}"), "1:1: 'a..b' has an empty part" },
	{ TEXT("{{.a}}"), "1:1: '.a' has an empty part" },
	{ TEXT("{{#a.}}{{/a.}}"), "1:1: 'a.' has an empty part" },
	{ TEXT("{{>*a}}"), "1:1: names of partials cannot be made from data" },
	{ TEXT("{{<*a}}{{/*a}}"), "1:1: names of parents cannot be made from data" },
	{ TEXT("{{=a=}}"), "1:1: new delimiters are two words" },
	{ TEXT("{{=a b c=}}"), "1:1: new delimiters are two words" },
	{ TEXT("{{==a b==}}"), "1:1: new delimiters are two words" },
	{ TEXT("{{=aaaaaaaaaaaaaaaaa b=}}"), "1:1: new delimiters are two words" },
	{ TEXT("{{<p}}{{$a}}{{/a}}\n {{$a}}{{/a}}{{/p}}"), "2:2: block 'a' is given twice" },
	{ TEXT("ab\n\0"), "2:1: a NUL byte is no text; remove it" },
	{ TEXT("가\xff"), "1:2: byte 0xff is not UTF-8; save the file as UTF-8" },
	{ TEXT("a\n{{x}}\xc0\xaf"), "2:6: byte 0xc0 is not UTF-8" },
	{ TEXT("\xed\xa0\x80"), "1:1: byte 0xed is not UTF-8" },
	{ TEXT("ab\xe3\x80"), "1:3: byte 0xe3 is not UTF-8" },
	{ TEXT("{{{a}}}"), "1:1: 'a' may hold text from outside and cannot be put in raw;"
		" write {{a}}" },
	{ TEXT("\n {{& a.b }}"), "2:2: 'a.b' may hold text from outside" },
	{ TEXT("{{{.}}}"), "1:1: '.' may hold text from outside" },
	{ TEXT("{{{safe.x}}}"), "1:1: 'safe.x' may hold text from outside" },
};

static void test_wrong(void **state)
{
	static const char *const names[] = { "safe", NULL };
	static const struct template_rules rules = { .raw_names = names };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct template *t = NULL;
		struct err e = { "" };
		int r = template_parse("dir/x.mustache", wrong[i].text, wrong[i].len, &rules, &t,
			&e);

		if (r != -EINVAL || t || !str_starts(e.text, "dir/x.mustache:") ||
			!str_starts(e.text + strlen("dir/x.mustache:"), wrong[i].message))
			fail_msg("row %zu: got %d, \"%s\"; expected \"%s\"", i, r, e.text,
				wrong[i].message);
		assert_null(strchr(e.text, '\n'));
		/* Nobody has to want the words. */
		assert_int_equal(template_parse("x", wrong[i].text, wrong[i].len, &rules, &t,
			NULL), -EINVAL);
	}
}

static void upper_x(struct buf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf_char(out, s[i] == 'x' ? 'X' : s[i]);
}

static void test_rules(void **state)
{
	static const char *const names[] = { "other", "safe.html", NULL };
	static const struct template_rules safe = { .raw_names = names };
	static const struct template_rules other = { .escape = upper_x };
	struct value *data = from_json("{\"safe\":{\"html\":\"<b>x\"}}");
	static const char raw[] = "{{{safe.html}}}{{& safe.html}}{{safe.html}}";
	struct buf out;
	struct err e;

	(void)state;
	buf_init(&out, OUT_MAX);
	assert_int_equal(run(raw, strlen(raw), &safe, data, NULL, &out, &e), 0);
	assert_string_equal(buf_cstr(&out), "<b>x<b>x&lt;b&gt;x");
	buf_reset(&out);
	assert_int_equal(run("{{safe.html}}", 13, &other, data, NULL, &out, &e), 0);
	assert_string_equal(buf_cstr(&out), "<b>X");
	buf_reset(&out);
	assert_int_equal(run("{{safe.html}}", 13, NULL, data, NULL, &out, &e), 0);
	assert_string_equal(buf_cstr(&out), "&lt;b&gt;x");
	assert_int_equal(run("{{{safe.html}}}", 15, NULL, data, NULL, &out, &e), -EINVAL);
	buf_finish(&out);
	value_free(data);
}

/* Text that repeats PART, N times. */
static char *repeat(const char *part, size_t n)
{
	struct buf b;

	buf_init(&b, SIZE_MAX / 2);
	for (size_t i = 0; i < n; i++)
		buf_str(&b, part);
	return buf_steal(&b);
}

static void test_huge(void **state)
{
	static const struct {
		const char *part;
		size_t n;
		int result;
		const char *message;
	} rows[] = {
		{ "{{", 512 << 10, -E2BIG, "t:1:1: the template is over 256 KiB" },
		{ "{{", 128 << 10, -EINVAL, "t:1:1: the tag is not closed" },
		{ "{{{", 80 << 10, -EINVAL, "t:1:1: the tag is not closed" },
		{ "{{#a}}", 40 << 10, -EINVAL, "t:1:385: over 64 tags are open here" },
		{ "{{#a}}", 64, -EINVAL, "t:1:379: section 'a' is not closed" },
		{ "{{/a}}", 40 << 10, -EINVAL, "t:1:1: nothing is open" },
		{ "{{<a}}{{$a}}", 20 << 10, -EINVAL, "t:1:385: over 64 tags are open here" },
		{ "{{a}}", 50 << 10, 0, "" },
		{ "{{#a}}{{/a}}", 20 << 10, 0, "" },
		{ "{{$a}}\n{{/a}}\n", 18 << 10, 0, "" },
		{ "{{<a}}{{/a}}", 20 << 10, 0, "" },
		{ " {{!a}} ", 30 << 10, 0, "" },
		{ " ", 256 << 10, 0, "" },
		{ "\n", 256 << 10, 0, "" },
		{ "{", 256 << 10, -EINVAL, "t:1:1: the tag is not closed" },
		{ "}", 256 << 10, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *text = repeat(rows[i].part, rows[i].n);
		struct err e = { "" };
		struct buf out;
		int r;

		buf_init(&out, OUT_MAX);
		r = run(text, strlen(text), &all_raw, NULL, NULL, &out, &e);
		if (r != rows[i].result || !str_starts(e.text, rows[i].message))
			fail_msg("%zu x %s: %d, %s", rows[i].n, rows[i].part, r, e.text);
		buf_finish(&out);
		free(text);
	}
}

static void test_render_limits(void **state)
{
	static const struct {
		const char *template, *data, *partials;
		size_t max;
		int result;
		const char *message;
	} rows[] = {
		{ "{{>p}}", NULL, "{\"p\":\"x\\n{{>p}}\"}", OUT_MAX, -ELOOP,
			"p:2: 'p' is more than 32 partials deep" },
		{ "{{>p}}", NULL, "{\"p\":\" {{>p}}\\n {{>p}}\"}", OUT_MAX, -ELOOP, "p:1: 'p' is" },
		{ "{{<p}}{{$b}}{{<p}}{{/p}}{{/b}}{{/p}}", NULL,
			"{\"p\":\"{{<p}}{{$a}}{{/a}}{{/p}}\"}", OUT_MAX, -ELOOP, "p:1: 'p' is" },
		{ "12345", NULL, NULL, 4, -E2BIG, "t: the text grows over 4 bytes" },
		{ "12345{{a}}", NULL, NULL, 4, -E2BIG, "t:1: the text grows over 4 bytes" },
		{ "{{a}}", "{\"a\":\"<<\"}", NULL, 7, -E2BIG, "t: the text grows over 7 bytes" },
		{ "{{a}}", "{\"a\":\"<<\"}", NULL, 8, 0, "" },
		{ "{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}"
			"{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}",
			"{\"l\":[1,1,1,1,1,1,1,1,1,1]}", NULL, OUT_MAX, -E2BIG,
			"t:1: over 4000000 steps" },
		{ "{{>p}}", NULL, "{\"p\":\"{{>q}}{{>q}}{{>q}}{{>q}}\","
			"\"q\":\"{{>r}}{{>r}}{{>r}}{{>r}}\","
			"\"r\":\"{{>s}}{{>s}}{{>s}}{{>s}}\",\"s\":\"x\"}", 60, -E2BIG,
			"r:1: the text grows over 60 bytes" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct value *data = from_json(rows[i].data);
		struct value *partials = from_json(rows[i].partials);
		struct err e = { "" };
		struct buf out;
		int r;

		buf_init(&out, rows[i].max);
		r = run(rows[i].template, strlen(rows[i].template), NULL, data, partials, &out,
			&e);
		if (r != rows[i].result || !str_starts(e.text, rows[i].message))
			fail_msg("row %zu: %d, %s", i, r, e.text);
		assert_true(out.len <= rows[i].max);
		buf_finish(&out);
		value_free(data);
		value_free(partials);
	}
}

/* 31 partials in one another are fine; a wide indentation is not multiplied without end. */
static void test_depth(void **state)
{
	struct value *data =
		from_json("{\"n\":{\"v\":1,\"n\":{\"v\":2,\"n\":{\"v\":3,\"n\":null}}}}");
	struct value *deep = value_new_object();
	char *spaces = repeat(" ", 40 << 10);
	char *text = xasprintf("%s{{>p}}", spaces);
	struct buf out;
	struct err e;

	(void)state;
	buf_init(&out, OUT_MAX);
	value_set_string(deep, "p", "{{#n}}{{v}}{{>p}}{{/n}}");
	assert_int_equal(run("{{>p}}", 6, NULL, data, deep, &out, &e), 0);
	assert_string_equal(buf_cstr(&out), "123");
	value_set_string(deep, "p", "{{>q}}");
	value_set(deep, "q", value_new_string(text));
	assert_int_equal(run(text, strlen(text), NULL, NULL, deep, &out, &e), -E2BIG);
	assert_non_null(strstr(e.text, "lines are indented by over 64 KiB"));
	buf_finish(&out);
	value_free(data);
	value_free(deep);
	free(text);
	free(spaces);
}

/* The deepest tree in the deepest partials: the stack holds it, and an error ends it. */
static void test_deepest(void **state)
{
	struct value *data = from_json("{\"a\":1}"), *partials = value_new_object();
	char *open = repeat("{{#a}}", TEMPLATE_NEST_MAX);
	char *close = repeat("{{/a}}", TEMPLATE_NEST_MAX);
	char *text = xasprintf("%s{{>p}}%s", open, close);
	struct buf out;
	struct err e;

	(void)state;
	buf_init(&out, OUT_MAX);
	value_set_string(partials, "p", text);
	assert_int_equal(run(text, strlen(text), NULL, data, partials, &out, &e), -ELOOP);
	buf_finish(&out);
	value_free(data);
	value_free(partials);
	free(open);
	free(close);
	free(text);
}

static void test_names(void **state)
{
	static const char text[] = "{{a}}\n{{#list}}{{b.c}}{{^d}}{{>e}}{{/d}}\n{{/list}}"
		"{{<p}}{{$blk}}{{{x}}}{{/blk}}{{/p}}{{! c }}";
	static const struct template_mention rows[] = {
		{ "a", NULL, TEMPLATE_VARIABLE, 1 },
		{ "list", NULL, TEMPLATE_SECTION, 2 },
		{ "b.c", "list", TEMPLATE_VARIABLE, 2 },
		{ "d", "list", TEMPLATE_INVERTED, 2 },
		{ "e", "list", TEMPLATE_PARTIAL, 2 },
		{ "p", NULL, TEMPLATE_PARENT, 3 },
		{ "blk", NULL, TEMPLATE_BLOCK, 3 },
		{ "x", NULL, TEMPLATE_RAW, 3 },
	};
	struct template_mention m;
	struct template *t = NULL;
	struct err e;
	size_t i = 0, n = 0;

	(void)state;
	assert_int_equal(template_parse("t", text, strlen(text), &all_raw, &t, &e), 0);
	for (; template_names(t, &i, &m); n++) {
		assert_in_range(n, 0, ARRAY_LEN(rows) - 1);
		assert_string_equal(m.name, rows[n].name);
		assert_true(str_eq(m.section, rows[n].section));
		assert_int_equal(m.use, rows[n].use);
		assert_int_equal(m.line, rows[n].line);
	}
	assert_int_equal(n, ARRAY_LEN(rows));
	template_free(t);
	template_free(NULL);
}

/* Names at and over the limit; data that is no object; a text of its own buffer only. */
static void test_edges(void **state)
{
	char *name = repeat("n", TEMPLATE_NAME_MAX);
	char *good = xasprintf("{{%s}}", name), *bad = xasprintf("{{%sn}}", name);
	struct value *data = value_new_object(), *list = from_json("[1]");
	struct buf out;
	struct err e;

	(void)state;
	buf_init(&out, OUT_MAX);
	value_set_int(data, name, 5);
	assert_int_equal(run(good, strlen(good), NULL, data, NULL, &out, &e), 0);
	assert_string_equal(buf_cstr(&out), "5");
	assert_int_equal(run(bad, strlen(bad), NULL, data, NULL, &out, &e), -EINVAL);
	assert_non_null(strstr(e.text, "t:1:1: the name is over 255 bytes"));
	buf_reset(&out);
	assert_int_equal(run("{{#.}}{{.}}{{a}}{{/.}}", 22, NULL, list, NULL, &out, &e), 0);
	assert_string_equal(buf_cstr(&out), "1");
	buf_finish(&out);
	value_free(data);
	value_free(list);
	free(name);
	free(good);
	free(bad);
}

static uint64_t random_state;

static uint32_t random_next(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 33);
}

/* Scraps of templates in any order are parsed or refused with a place, never more. */
static void test_scraps(void **state)
{
	static const char *const scraps[] = { "{{", "}}", "{{#a}}", "{{/a}}", "{{^a}}", "{{<p}}",
		"{{/p}}", "{{$a}}", "{{>p}}", "{{{a}}}", "{{&a}}", "{{=| |=}}", "|={{ }}=|", "|a|",
		"\n", "\r\n", "  ", "\t", "x", "가", "{{! c\n }}", "{{a.b}}", "{{.}}", "\xff",
		"=", "{{#l}}", "{{/l}}" };
	struct value *data = from_json("{\"a\":{\"b\":\"<\"},\"l\":[1,\"2\"]}");
	const char *seed = getenv("SEED");
	int64_t number = 20261123;

	(void)state;
	if (seed && parse_int64(seed, 0, INT64_MAX, &number))
		fail_msg("SEED is no number");
	random_state = (uint64_t)number;
	print_message("seed %lld\n", (long long)number);
	for (int i = 0; i < 20000; i++) {
		struct value *partials = value_new_object();
		struct buf text, out;
		struct err e = { "" };
		int r;

		buf_init(&text, 4096);
		buf_init(&out, 65536);
		for (uint32_t n = random_next() % 24; n; n--)
			buf_str(&text, scraps[random_next() % ARRAY_LEN(scraps)]);
		value_set_string(partials, "p", "{{$a}}\n  d\n{{/a}}\n|");
		r = run(buf_cstr(&text), text.len, &all_raw, data, partials, &out, &e);
		if (r && (r != -EINVAL || !str_starts(e.text, "t:")))
			fail_msg("%s: %d, %s", buf_cstr(&text), r, e.text);
		buf_finish(&text);
		buf_finish(&out);
		value_free(partials);
	}
	value_free(data);
}

/*
 * With a file in $TEMPLATE_CASES this program does nothing else than to render
 * each {template, data, partials} of its list and to write the texts to
 * $TEMPLATE_RESULTS, for tests/oracle/run.sh to compare.
 */
static void test_cases_file(void **state)
{
	const char *path = getenv("TEMPLATE_CASES"), *results = getenv("TEMPLATE_RESULTS");
	struct value *cases = NULL, *list;
	char *text, *printed;
	struct err e;
	size_t len;

	(void)state;
	assert_non_null(path);
	assert_non_null(results);
	assert_int_equal(file_read(path, 64u << 20, &text, &len), 0);
	if (json_parse(text, len, &cases, &e))
		fail_msg("%s: %s", path, e.text);
	list = value_new_list();
	for (size_t i = 0; i < value_len(cases); i++) {
		const struct value *c = value_at(cases, i);
		const char *t = value_get_string(c, "template", "");
		struct buf out;

		buf_init(&out, OUT_MAX);
		if (run(t, strlen(t), &all_raw, value_get(c, "data"), value_get(c, "partials"),
			&out, &e))
			value_append(list, value_new_string(e.text));
		else
			value_append(list, value_new_string(buf_cstr(&out)));
		buf_finish(&out);
	}
	printed = json_string(list, false);
	assert_non_null(printed);
	assert_int_equal(file_write_atomic(results, printed, strlen(printed), 0644), 0);
	free(printed);
	free(text);
	value_free(list);
	value_free(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spec),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_huge),
		cmocka_unit_test(test_render_limits),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_deepest),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_scraps),
	};
	const struct CMUnitTest oracle[] = { cmocka_unit_test(test_cases_file) };

	if (getenv("TEMPLATE_CASES"))
		return cmocka_run_group_tests_name("template oracle", oracle, NULL, NULL);
	return cmocka_run_group_tests_name("template", tests, NULL, NULL);
}
