/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>

#include "gates.h"
#include "korean.h"
#include "tr.h"
#include "util.h"

/* NULL takes the variable out; afterwards the language is the environment's. */
static void say(const char *locale, const char *list)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unsetenv(names[i]);
	if (locale)
		setenv("LANG", locale, 1);
	if (list)
		setenv("LANGUAGE", list, 1);
	tr_init("auto", BUILD "/locale");
}

/* As gettext has it; whether the locale is there makes no difference. */
static void test_the_environment(void **state UNUSED)
{
	static const struct {
		const char *locale, *list, *want;
	} rows[] = {
		{ NULL, NULL, "en" },
		{ NULL, "ko", "en" },
		{ "C", "ko", "en" },
		{ "POSIX", "ko", "en" },
		{ "C.UTF-8", NULL, "en" },
		{ "C.UTF-8", "ko", "ko" },
		{ "ko_KR.UTF-8", NULL, "ko" },
		{ "ko", NULL, "ko" },
		{ "ko_KR.UTF-8", "en", "en" },
		{ "ko_KR.UTF-8", "de:ko:en", "ko" },
		{ "en_US.UTF-8", "en:ko", "en" },
		{ "de_DE.UTF-8", NULL, "en" },
		{ "de_DE.UTF-8", "ko_KR", "ko" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		say(rows[i].locale, rows[i].list);
		if (!str_eq(tr_language(), rows[i].want))
			fail_msg("row %zu: %s", i, tr_language());
	}
}

static void test_texts(void **state UNUSED)
{
	say("ko_KR.UTF-8", NULL);
	assert_string_equal(tr("nothing is due"), "차례가 된 것이 없음");
	assert_string_equal(tr("no text of this program"), "no text of this program");
	assert_string_equal(tr(""), "");
	assert_null(tr(NULL));
	assert_string_equal(tr_n("%zu error", "%zu errors", 1), "오류 %zu개");
	assert_string_equal(tr_errno(-ENOENT), "그런 파일이나 폴더가 없습니다");
	say(NULL, NULL);
	assert_string_equal(tr("nothing is due"), "nothing is due");
	assert_string_equal(tr_n("%zu error", "%zu errors", 1), "%zu error");
	assert_string_equal(tr_n("%zu error", "%zu errors", 0), "%zu errors");
	assert_string_equal(tr_errno(ENOENT), "No such file or directory");
}

/* The functions that take a format for people translate it themselves. */
static void test_formats(void **state UNUSED)
{
	struct err e;
	char wait[64];

	say("ko_KR.UTF-8", NULL);
	tr_set_polish(korean_polish);
	err_set(&e, 0, "the folder %.200s cannot be made: %s", "/tmp/a(b)", "x");
	assert_string_equal(e.text, "/tmp/a(b) 폴더를 만들 수 없습니다: x");
	err_set(&e, 0, "'%s' is out of range", "3d");
	assert_string_equal(e.text, "'3d'는 범위를 벗어납니다");
	err_set(&e, 0, "'%s' is out of range", "열흘");
	assert_string_equal(e.text, "'열흘'은 범위를 벗어납니다");
	err_set(&e, 0, "%s", "물을(를)");
	assert_string_equal(e.text, "물을(를)");
	format_wait(INT64_C(3) * 3600 * 1000, wait, sizeof(wait));
	assert_string_equal(wait, "3시간");
	format_wait(INT64_C(200) * 60 * 1000, wait, sizeof(wait));
	assert_string_equal(wait, "3시간 20분");
	say(NULL, NULL);
	format_wait(INT64_C(3) * 3600 * 1000, wait, sizeof(wait));
	assert_string_equal(wait, "3 h");
}

/* What is to be put in stands in it to the letter, in either language. */
static void test_the_disclosure(void **state UNUSED)
{
	struct gates_report report;

	say("ko_KR.UTF-8", NULL);
	assert_false(gates_lint("글", strlen("글"), false, &report));
	assert_string_equal(report.results[0].rule, "sentence");
	assert_non_null(strstr(report.results[0].remedy, GATES_DISCLOSURE));
	assert_non_null(strstr(tr(report.results[0].remedy), GATES_DISCLOSURE));
	assert_string_not_equal(tr(report.results[0].remedy), report.results[0].remedy);
	say(NULL, NULL);
}

/* "ko" and "en" hold against the environment, and are handed on in it. */
static void test_the_configuration(void **state UNUSED)
{
	say("en_US.UTF-8", NULL);
	tr_init("ko", BUILD "/locale");
	assert_string_equal(tr_language(), "ko");
	assert_string_equal(getenv("LANGUAGE"), "ko");
	assert_string_equal(getenv("LC_ALL"), "C.UTF-8");
	tr_init("auto", BUILD "/locale");
	assert_string_equal(tr_language(), "en");
	assert_string_equal(getenv("LANGUAGE"), "en");
	tr_init("ko", "/nonexistent");
	assert_string_equal(tr("nothing is due too"), "nothing is due too");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_environment),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_the_disclosure),
		cmocka_unit_test(test_the_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
