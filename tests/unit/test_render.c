/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "gates.h"
#include "html.h"
#include "json.h"
#include "render.h"
#include "text.h"

/* 2026-11-23 14:32 in Seoul */
#define FETCHED 1795411920000
#define DATA TREE "/tests/data/"
#define RECORDED TREE "/../shared/data/coupang/"
#define DAY 86400000

static const char *const shipped[] = { "roundup", "best3", "single" };

static struct render_templates *templates;

static struct value *read_answer(const char *path)
{
	struct value *v = NULL;
	char *text = NULL;
	size_t len = 0;

	if (file_read(path, 1 << 20, &text, &len) < 0)
		return NULL;
	assert_int_equal(json_parse(text, len, &v, NULL), 0);
	free(text);
	return v;
}

static struct value *render(const struct value *answer, const char *template, int limit,
	const char *keyword, struct gates_report *report, struct err *e)
{
	struct config_list list = { .name = (char[]){ "k" }, .limit = limit };
	const struct value *data = value_get(answer, "data");
	struct render_input in = { .keyword = keyword, .list = &list, .template = template,
		.products = value_get(data, "productData"),
		.search_link = value_get_string(data, "landingUrl", ""), .fetched_ms = FETCHED,
		.now_ms = FETCHED + 60000 };
	struct value *post = NULL;

	if (render_post(templates, &in, &post, e) < 0)
		return NULL;
	if (report) {
		struct gates_input gi = { .post = post, .products = in.products,
			.search_link = in.search_link, .keyword = keyword, .fetched_ms = FETCHED,
			.now_ms = in.now_ms, .ttl_ms = DAY };

		gates_check(&gi, report);
	}
	return post;
}

static void passes(const struct gates_report *report, const char *where)
{
	for (size_t i = 0; i < report->count; i++)
		if (!report->results[i].pass)
			fail_msg("%s: %s: %s", where, report->results[i].rule,
				report->results[i].reason);
}

/* Characters that a reader sees: URLs in brackets do not count. */
static size_t reading_length(const char *text)
{
	struct buf b;
	size_t n;

	buf_init(&b, 1 << 20);
	for (; *text; text++) {
		if (str_starts(text, " (http"))
			text += strcspn(text, ")");
		else
			buf_char(&b, *text);
	}
	n = text_count(buf_cstr(&b));
	buf_finish(&b);
	return n;
}

/* For looking at: CPAUTO_TEST_POSTS names a folder. */
static void keep(const struct value *post, const char *name)
{
	const char *dir = getenv("CPAUTO_TEST_POSTS");
	static const char *const form[] = { "html", "text", "markdown" };

	for (size_t i = 0; dir && i < ARRAY_LEN(form); i++) {
		char *path = xasprintf("%s/%s.%s", dir, name, form[i]);
		const char *s = value_get_string(post, form[i], "");

		assert_int_equal(file_write_atomic(path, s, strlen(s), 0644), 0);
		free(path);
	}
}

static void check_shipped(const char *path, const char *keyword, size_t limit, size_t least)
{
	struct value *answer = read_answer(path);

	if (!answer)
		skip();
	for (size_t i = 0; i < ARRAY_LEN(shipped); i++) {
		struct gates_report report;
		struct err e = { "" };
		struct value *post = render(answer, shipped[i], (int)limit, keyword, &report, &e);
		char *name = xasprintf("%s-%zu-%zu", shipped[i], limit, least);
		size_t n;

		assert_string_equal(e.text, "");
		assert_non_null(post);
		keep(post, name);
		passes(&report, shipped[i]);
		n = text_count(value_get_string(post, "title", ""));
		if (n < 25 || n > 40 || !strstr(value_get_string(post, "title", ""), keyword))
			fail_msg("%zu: %s", n, value_get_string(post, "title", ""));
		n = reading_length(value_get_string(post, "text", ""));
		if (n < least)
			fail_msg("%s: %zu characters of %zu", name, n, least);
		print_message("%s: %zu characters, title %zu: %s\n", name, n,
			text_count(value_get_string(post, "title", "")),
			value_get_string(post, "title", ""));
		assert_null(strstr(value_get_string(post, "html", ""), "{{"));
		assert_true(value_len(value_get(post, "images")) > 0);
		free(name);
		value_free(post);
	}
	value_free(answer);
}

static void renders_ten(void **state)
{
	(void)state;
	check_shipped(DATA "answer-ten.json", "에어프라이어", 10, 1500);
}

static void renders_few(void **state)
{
	(void)state;
	for (size_t n = 1; n <= 3; n++)
		check_shipped(DATA "answer-ten.json", "에어프라이어", n, 600 + n);
}

static void renders_recorded(void **state)
{
	(void)state;
	check_shipped(RECORDED "search-2022.json", "노트북", 10, 1501);
}

static void renders_documented(void **state)
{
	(void)state;
	check_shipped(RECORDED "search-documented.json", "롤화장지", 10, 601);
}

static void takes_hostile(void **state)
{
	struct value *answer = read_answer(DATA "answer-hostile.json");

	(void)state;
	assert_non_null(answer);
	for (size_t i = 0; i < ARRAY_LEN(shipped); i++) {
		struct gates_report report;
		struct err e = { "" };
		struct value *post = render(answer, shipped[i], 10, "<b>{{x}}</b> \"'& 키워드",
			&report, &e);
		const char *html;

		assert_non_null(post);
		html = value_get_string(post, "html", "");
		keep(post, shipped[i]);
		passes(&report, shipped[i]);
		assert_null(strstr(html, "<script"));
		assert_null(strstr(html, "onerror=\""));
		assert_null(strstr(html, "\u202e"));
		assert_non_null(strstr(html, "{{"));
		/* 10 given: one twice, one free, one without a link or a name, one with a URL in it. */
		assert_int_equal(value_len(value_get(post, "products")), 5);
		value_free(post);
	}
	value_free(answer);
}

static void computes_fields(void **state)
{
	struct value *answer = read_answer(DATA "answer-ten.json"), *c;
	struct config_list list = { .limit = 3 };
	struct render_input in = { .keyword = "무선 청소기", .list = &list,
		.products = value_get(value_get(answer, "data"), "productData"),
		.fetched_ms = FETCHED, .now_ms = FETCHED + DAY };
	static const struct {
		const char *name, *want;
	} rows[] = {
		{ "keyword_eul", "무선 청소기를" }, { "keyword_i", "무선 청소기가" },
		{ "keyword_eun", "무선 청소기는" }, { "keyword_euro", "무선 청소기로" },
		{ "price_as_of", "11월 23일 14:32 기준" }, { "price_time", "14:32" },
		{ "date", "2026년 11월 24일" }, { "price_date", "2026년 11월 23일" },
		{ "lowest_price", "59,900원" }, { "highest_price", "129,000원" },
		{ "price_range", "59,900원~129,000원" }, { "price_gap", "69,100원" },
		{ "average_price", "92,933원" }, { "median_price", "89,900원" },
	};
	const struct value *p;

	(void)state;
	c = render_context(&in);
	assert_non_null(c);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(value_get_string(c, rows[i].name, "-"), rows[i].want);
	assert_int_equal(value_get_int(c, "count", 0), 3);
	p = value_at(value_get(c, "products"), 1);
	assert_string_equal(value_get_string(p, "compare_average", ""), "평균보다 33,033원 저렴");
	assert_true(value_get_bool(p, "is_cheapest", false));
	assert_int_equal(value_get_int(p, "price_order", 0), 1);
	assert_int_equal(value_get_int(p, "position", 0), 2);
	value_free(c);
	value_free(answer);
}

/* Every field of the manual's table exists, so the table cannot rot. */
static void documents_fields(void **state)
{
	struct value *answer = read_answer(DATA "answer-ten.json"), *c, *fields = render_fields();
	struct config_list list = { .limit = 10 };
	const struct value *data = value_get(answer, "data");
	struct render_input in = { .keyword = "a", .list = &list, .fetched_ms = FETCHED,
		.products = value_get(data, "productData"), .now_ms = FETCHED,
		.search_link = value_get_string(data, "landingUrl", "") };

	(void)state;
	c = render_context(&in);
	for (size_t i = 0; i < value_len(fields); i++) {
		const struct value *f = value_at(fields, i);
		const char *name = value_get_string(f, "name", "");
		bool product = str_eq(value_get_string(f, "where", ""), "product");

		if (!value_get(product ? value_get(c, "first") : c, name))
			fail_msg("%s is documented but not there", name);
	}
	value_free(fields);
	value_free(c);
	value_free(answer);
}

static void refuses_useless(void **state)
{
	struct value *answer = NULL, *post;
	static const char empty[] = "{\"data\":{\"productData\":[]}}";
	struct err e = { "" };

	(void)state;
	assert_int_equal(json_parse(empty, strlen(empty), &answer, NULL), 0);
	post = render(answer, "roundup", 10, "a", NULL, &e);
	assert_null(post);
	assert_non_null(strstr(e.text, "no product"));
	post = render(answer, "nosuch", 10, "a", NULL, &e);
	assert_null(post);
	assert_non_null(strstr(e.text, "no template \"nosuch\""));
	post = render(answer, "_notice", 10, "a", NULL, &e);
	assert_null(post);
	value_free(answer);
}

static void write_template(const char *dir, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);

	assert_int_equal(file_write_atomic(path, text, strlen(text), 0644), 0);
	free(path);
}

static void loads_and_checks(void **state)
{
	char dir[] = "/tmp/cpauto-render-XXXXXX";
	const char *dirs[] = { dir, "/nonexistent", TREE "/etc/templates" };
	struct render_templates *t = NULL;
	struct value *errors = value_new_list(), *names;
	struct config_list lists[] = {
		{ .name = (char[]){ "good" }, .template = (char[]){ "best3" }, .limit = 10 },
		{ .name = (char[]){ "bare" }, .template = (char[]){ "mine" }, .limit = 10 },
		{ .name = (char[]){ "titled" }, .template = (char[]){ "best3" }, .limit = 10,
			.title = (char[]){ "{{keyword} 비교" } },
	};

	(void)state;
	assert_non_null(mkdtemp(dir));
	write_template(dir, "mine.mustache", "<p>{{keyword}}</p>\n");
	write_template(dir, "roundup.mustache", "{{> _disclosure}}<p>{{price_as_of}}</p>\n");
	assert_int_equal(render_templates_load(dirs, 3, &t, errors), 0);
	assert_non_null(strstr(render_templates_path(t, "roundup"), dir));
	assert_non_null(strstr(render_templates_path(t, "single"), TREE));
	assert_true(render_templates_have(t, "mine"));
	assert_false(render_templates_have(t, "_notice"));
	names = render_templates_names(t);
	assert_int_equal(value_len(names), 4);
	value_free(names);
	assert_true(render_check(t, lists, 3, FETCHED, errors) < 0);
	assert_int_equal(value_len(errors), 2);
	assert_non_null(strstr(value_string(value_at(errors, 0), ""), "disclosure"));
	assert_non_null(strstr(value_string(value_at(errors, 0), ""), "mine.mustache"));
	assert_non_null(strstr(value_string(value_at(errors, 1), ""), "titled"));
	render_templates_free(t);
	t = NULL;
	write_template(dir, "bad.mustache", "<p>\n{{#a}}");
	assert_true(render_templates_load(dirs, 3, &t, errors) < 0);
	assert_null(t);
	assert_non_null(strstr(value_string(value_at(errors, 2), ""), "bad.mustache:2:"));
	value_free(errors);
	assert_int_equal(dir_remove(dir), 0);
}

static int set_up(void **state)
{
	const char *dirs[] = { TREE "/etc/templates" };
	struct value *errors = value_new_list();
	int r = clock_set_zone("Asia/Seoul");

	(void)state;
	if (r == 0)
		r = render_templates_load(dirs, 1, &templates, errors);
	for (size_t i = 0; i < value_len(errors); i++)
		print_error("%s\n", value_string(value_at(errors, i), ""));
	value_free(errors);
	return r;
}

static int tear_down(void **state)
{
	(void)state;
	render_templates_free(templates);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(renders_ten),
		cmocka_unit_test(renders_few),
		cmocka_unit_test(renders_recorded),
		cmocka_unit_test(renders_documented),
		cmocka_unit_test(takes_hostile),
		cmocka_unit_test(computes_fields),
		cmocka_unit_test(documents_fields),
		cmocka_unit_test(refuses_useless),
		cmocka_unit_test(loads_and_checks),
	};

	return cmocka_run_group_tests_name("render", tests, set_up, tear_down);
}
