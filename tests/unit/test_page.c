/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "json.h"
#include "page.h"

static struct value *parse(const char *text)
{
	struct value *v = NULL;
	struct err e = { "" };

	if (json_parse(text, strlen(text), &v, &e))
		fail_msg("%s", e.text);
	return v;
}

static size_t count(const char *text, const char *part)
{
	size_t n = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		n++;
	return n;
}

#define IMAGES "[{\"src\":\"https://a.invalid/1?x=1&y='2'\",\"file\":\"images/1.jpg\"}," \
	"{\"src\":\"https://a.invalid/2\"},{\"src\":\"\",\"file\":\"images/3.jpg\"},7," \
	"{\"src\":\"s\",\"file\":\"images/5.png\"}]"

static void test_body(void **state UNUSED)
{
	static const struct {
		const char *html, *body;
	} rows[] = {
		{ "", "" },
		{ "<p>글</p>", "<p>글</p>" },
		{ "<img src=\"s\" alt=\"s\">", "<img src=\"images/5.png\" alt=\"s\">" },
		{ "<IMG\nalt=s SRC = 's'/>", "<IMG\nalt=s SRC = 'images/5.png'/>" },
		{ "<img/src=s>", "<img/src=images/5.png>" },
		{ "<img src=s><img src=s>", "<img src=images/5.png><img src=images/5.png>" },
		{ "<img src=\"https://a.invalid/1?x=1&amp;y=&#39;2&#39;\">",
			"<img src=\"images/1.jpg\">" },
		{ "<img src=\"https://a.invalid/1?x=1&amp;y='2'\">", "<img src=\"images/1.jpg\">" },
		{ "<img src=\"https://a.invalid/1?x=1&y='2'\">", "<img src=\"images/1.jpg\">" },
		/* No file: the address stays. */
		{ "<img src=\"https://a.invalid/2\">", "<img src=\"https://a.invalid/2\">" },
		{ "<img src=\"\"><img src><img>", "<img src=\"\"><img src><img>" },
		/* Only the src of an img. */
		{ "<img data-src=\"s\" alt='src=s'>", "<img data-src=\"s\" alt='src=s'>" },
		{ "<img alt='>' src=s>", "<img alt='>' src=images/5.png>" },
		{ "<imgx src=s><a src=s>src=\"s\"</a>", "<imgx src=s><a src=s>src=\"s\"</a>" },
		/* Cut short. */
		{ "<img src=\"s", "<img src=\"images/5.png" },
		{ "<img src=", "<img src=" },
		{ "<img", "<img" },
		{ "<img ", "<img " },
		{ "a<", "a<" },
		{ "<img = = src=s>", "<img = = src=s>" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct value *post = value_new_object();
		struct buf out;

		value_set(post, "images", parse(IMAGES));
		value_set_string(post, "html", rows[i].html);
		buf_init(&out, PAGE_MAX);
		page_body(post, &out);
		assert_string_equal(buf_cstr(&out), rows[i].body);
		buf_finish(&out);
		value_free(post);
	}
}

#define HOSTILE "</title></script><script>alert(1)</script>&\\\"'"

static struct value *hostile_post(void)
{
	return parse("{\"key\":\"" HOSTILE "\",\"title\":\"" HOSTILE "\",\"category\":\"" HOSTILE "\","
		"\"tags\":[\"" HOSTILE "\",\"두 낱말\",7],\"html\":\"<p>본문</p>\",\"text\":\"" HOSTILE "\","
		"\"summary\":\"" HOSTILE "\\uffff\",\"folder\":\"" HOSTILE "\","
		"\"images\":[{\"src\":\"s\",\"file\":\"" HOSTILE "\"}],"
		"\"published_at\":\"2026-11-03T04:05:06+09:00\"}");
}

/* Nothing of a title, tag, category or name is markup in any page. */
static void test_escaped(void **state UNUSED)
{
	struct value *post = hostile_post(), *list = value_new_list();
	struct buf out;

	value_append(list, value_copy(post));
	buf_init(&out, PAGE_MAX);
	page_post(post, &out);
	assert_int_equal(count(buf_cstr(&out), "<script"), 0);
	assert_int_equal(count(buf_cstr(&out), "</title>"), 1);
	assert_non_null(strstr(buf_cstr(&out), "2026년 11월 3일 04:05"));
	buf_reset(&out);
	page_copy(post, &out);
	assert_int_equal(count(buf_cstr(&out), "<script"), 2);
	assert_int_equal(count(buf_cstr(&out), "</script"), 2);
	assert_int_equal(count(buf_cstr(&out), "</title>"), 1);
	buf_reset(&out);
	page_index(list, &out);
	assert_int_equal(count(buf_cstr(&out), "<script"), 0);
	buf_reset(&out);
	page_feed(list, "id", "2026-11-03T04:05:06+09:00", &out);
	assert_int_equal(count(buf_cstr(&out), "<script"), 0);
	assert_int_equal(count(buf_cstr(&out), "</title>"), 2);
	assert_null(strstr(buf_cstr(&out), "\xEF\xBF\xBF"));
	buf_finish(&out);
	value_free(list);
	value_free(post);
}

/* The script gets back exactly what the post holds. */
static void test_copy_data(void **state UNUSED)
{
	struct value *post = hostile_post(), *data;
	CLEANUP_FREE char *json = NULL;
	const char *from, *to;
	struct buf out;

	buf_init(&out, PAGE_MAX);
	page_copy(post, &out);
	from = strstr(buf_cstr(&out), "id=\"data\">");
	assert_non_null(from);
	from += strlen("id=\"data\">");
	to = strstr(from, "</script>");
	json = xstrndup(from, (size_t)(to - from));
	data = parse(json);
	assert_string_equal(value_get_string(data, "title", ""), value_get_string(post, "title", ""));
	assert_string_equal(value_get_string(data, "html", ""), "<p>본문</p>");
	assert_true(str_ends(value_get_string(data, "tags", ""), " #두낱말 #"));
	value_free(data);
	buf_finish(&out);
	value_free(post);
}

static void test_markdown(void **state UNUSED)
{
	struct value *post = parse("{\"markdown\":\"![a](s) ![b](https://a.invalid/2) (s) [x](ss)\","
		"\"images\":" IMAGES "}");
	struct buf out;

	buf_init(&out, PAGE_MAX);
	page_markdown(post, &out);
	assert_string_equal(buf_cstr(&out),
		"![a](images/5.png) ![b](https://a.invalid/2) (s) [x](ss)");
	buf_finish(&out);
	value_free(post);
}

/* An empty post, and one of the wrong kinds: poor pages, no crash. */
static void test_poor(void **state UNUSED)
{
	static const char wrong_kinds[] = "{\"title\":7,\"tags\":\"x\","
		"\"images\":{},\"html\":[],\"published_at\":\"x\",\"category\":1}";
	static const char *const rows[] = { "{}", "[]", "null", wrong_kinds };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct value *post = parse(rows[i]), *list = value_new_list();
		struct buf out;

		value_append(list, value_copy(post));
		buf_init(&out, PAGE_MAX);
		page_post(post, &out);
		page_copy(post, &out);
		page_markdown(post, &out);
		page_index(list, &out);
		page_feed(list, "", "", &out);
		assert_false(buf_failed(&out));
		buf_finish(&out);
		value_free(list);
		value_free(post);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_body),
		cmocka_unit_test(test_escaped),
		cmocka_unit_test(test_copy_data),
		cmocka_unit_test(test_markdown),
		cmocka_unit_test(test_poor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
