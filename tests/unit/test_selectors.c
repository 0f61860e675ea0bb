/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>

#include "selectors.h"

static int read_text(struct selectors *s, const char *text, struct err *e)
{
	return selectors_read(s, "mine.conf", text, strlen(text), e);
}

static void the_shipped_file_is_whole(void **state)
{
	struct selectors s = { { NULL } };
	struct err e = { "" };

	(void)state;
	assert_int_equal(selectors_read_file(&s, TREE "/etc/naver-selectors.conf", &e), 0);
	assert_int_equal(selectors_complete(&s, "f", &e), 0);
	assert_string_equal(s.css[SEL_IMAGE_INPUT], "input[type=file]#hidden-file");
	assert_string_equal(s.css[SEL_CAPTCHA],
		"iframe[id^=\"ncaptcha-iframe\"], iframe[src*=\"captcha\"]");
	assert_int_equal(selector_when(SEL_TITLE), SELECTOR_ALWAYS);
	assert_int_equal(selector_when(SEL_FINAL), SELECTOR_LAYER);
	selectors_finish(&s);
	selectors_finish(NULL);
}

static void a_file_is_laid_over_another(void **state)
{
	struct selectors s = { { NULL } };
	struct err e = { "" };

	(void)state;
	assert_int_equal(read_text(&s, "captcha = a\neditor.title=b", &e), 0);
	assert_int_equal(read_text(&s, "# mine\n\n \t editor.title \t=  #x = [a=\"b\"] \r\n", &e), 0);
	assert_string_equal(s.css[SEL_CAPTCHA], "a");
	assert_string_equal(s.css[SEL_TITLE], "#x = [a=\"b\"]");
	assert_int_equal(selectors_complete(&s, "base.conf", &e), -ENOENT);
	assert_non_null(strstr(e.text, "base.conf"));
	assert_non_null(strstr(e.text, "editor.body"));
	assert_null(strstr(e.text, "editor.title"));
	selectors_finish(&s);
}

static void what_is_wrong_is_named_with_its_line(void **state)
{
	static const struct {
		const char *text, *place, *word;
	} rows[] = {
		{ "captcha = a\n\nhello\n", "mine.conf:3:", "NAME = SELECTOR" },
		{ "editor.titel = a\n", "mine.conf:1:", "'editor.titel'" },
		{ " = a\n", "mine.conf:1:", "''" },
		{ "captcha = a\ncaptcha = b", "mine.conf:2:", "twice" },
		{ "captcha =\n", "mine.conf:1:", "1 to 500" },
		{ "captcha = \xff\n", "mine.conf:", "UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct selectors s = { { NULL } };
		struct err e = { "" };

		assert_int_equal(read_text(&s, rows[i].text, &e), -EINVAL);
		if (!strstr(e.text, rows[i].place) || !strstr(e.text, rows[i].word))
			fail_msg("%s: %s", rows[i].text, e.text);
		selectors_finish(&s);
	}
}

static void a_long_selector_and_a_lost_file(void **state)
{
	struct selectors s = { { NULL } };
	struct err e = { "" };
	char text[SELECTOR_MAX + 20];
	int n;

	(void)state;
	n = snprintf(text, sizeof(text), "captcha = %0*d", SELECTOR_MAX, 0);
	assert_int_equal(selectors_read(&s, "f", text, (size_t)n, &e), 0);
	n = snprintf(text, sizeof(text), "captcha = %0*d", SELECTOR_MAX + 1, 0);
	assert_int_equal(selectors_read(&s, "f", text, (size_t)n, &e), -EINVAL);
	assert_int_equal(selectors_read(&s, "f", "captcha = a\0b", 13, &e), -EINVAL);
	assert_int_equal(selectors_read_file(&s, "/nonexistent/x", &e), -ENOENT);
	assert_non_null(strstr(e.text, "/nonexistent/x"));
	selectors_finish(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shipped_file_is_whole),
		cmocka_unit_test(a_file_is_laid_over_another),
		cmocka_unit_test(what_is_wrong_is_named_with_its_line),
		cmocka_unit_test(a_long_selector_and_a_lost_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
