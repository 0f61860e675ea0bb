/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>

#include "text.h"

/* Three people joined: one cluster. */
#define FAMILY "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7"
#define GA_JAMO "\xE1\x84\x80\xE1\x85\xA1" /* consonant and vowel apart */
#define E_ACUTE "e\xCC\x81"

static void test_valid(void **state UNUSED)
{
	static const struct {
		const char *s;
		size_t len;
		bool valid;
	} rows[] = {
		{ "", 0, true }, { "abc", 3, true }, { "가😀", 7, true },
		{ "a\0b", 3, false }, { "\xff", 1, false }, { "\xc0\x80", 2, false },
		{ "\xed\xa0\x80", 3, false }, { "\xf4\x90\x80\x80", 4, false },
		{ "가", 2, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(text_valid(rows[i].s, rows[i].len), rows[i].valid);
}

static void test_fold_clean(void **state UNUSED)
{
	static const struct {
		const char *in, *folded, *cleaned;
		int r;
	} rows[] = {
		{ "무선 청소기", "무선 청소기", "무선 청소기", 0 },
		{ " \t무선\xC2\xA0\xE3\x80\x80 청소기\r\n", "무선 청소기", "무선 청소기", 0 },
		{ GA_JAMO, "가", "가", 0 },
		{ "LG 올레드 TV", "lg 올레드 tv", "LG 올레드 TV", 0 },
		{ "STRASSE Straße", "strasse strasse", "STRASSE Straße", 0 },
		{ E_ACUTE, "\xC3\xA9", "\xC3\xA9", 0 },
		{ FAMILY, FAMILY, FAMILY, 0 },
		{ "", NULL, NULL, -EINVAL },
		{ " \n\t ", NULL, NULL, -EINVAL },
		{ "a\x01", NULL, NULL, -EILSEQ },
		{ "\xea\x20\x80", NULL, NULL, -EILSEQ }, { "\xea\xb0", NULL, NULL, -EILSEQ },
		{ "\xea\xb0\x20", NULL, NULL, -EILSEQ },
		{ "a\x1b[31m", NULL, NULL, -EILSEQ },
		{ "a\x7f", NULL, NULL, -EILSEQ },
		{ "a\xC2\x85", NULL, NULL, -EILSEQ },
		{ "\xff", NULL, NULL, -EILSEQ },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP_FREE char *folded = NULL, *again = NULL;
		CLEANUP_FREE char *cleaned = NULL;

		assert_int_equal(text_fold(rows[i].in, &folded), rows[i].r);
		assert_int_equal(text_clean(rows[i].in, &cleaned), rows[i].r);
		if (rows[i].r) {
			assert_null(folded);
			assert_null(cleaned);
			continue;
		}
		assert_string_equal(folded, rows[i].folded);
		assert_string_equal(cleaned, rows[i].cleaned);
		assert_int_equal(text_fold(folded, &again), 0);
		assert_string_equal(again, folded);
	}
}

/* The short way for plain text says what the library says. */
static void test_plain_as_library(void **state UNUSED)
{
	static const char *const rows[] = { "무선 청소기", "  LG  올레드 TV ", "A", "가힣 Z z", "10만원 선물" };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP_FREE char *longer = xasprintf("%s x" E_ACUTE, rows[i]);
		CLEANUP_FREE char *plain = NULL, *library = NULL, *want = NULL;

		assert_int_equal(text_fold(rows[i], &plain), 0);
		assert_int_equal(text_fold(longer, &library), 0);
		want = xasprintf("%s x\xC3\xA9", plain);
		assert_string_equal(library, want);
	}
}

static void test_width(void **state UNUSED)
{
	assert_int_equal(text_width(""), 0);
	assert_int_equal(text_width("abc"), 3);
	assert_int_equal(text_width("가나"), 4);
	assert_int_equal(text_width(GA_JAMO), 2);
	assert_int_equal(text_width(E_ACUTE), 1);
	assert_int_equal(text_width("가a"), 3);
}

static void test_prefix(void **state UNUSED)
{
	static const struct {
		const char *s;
		size_t columns, bytes;
	} rows[] = {
		{ "", 5, 0 }, { "abc", 0, 0 }, { "abc", 2, 2 }, { "abc", 9, 3 },
		{ "가나", 3, 3 }, { "가나", 4, 6 }, { "가나", 1, 0 },
		{ E_ACUTE "x", 1, 3 }, /* the accent stays with its letter */
		{ "a" FAMILY, 2, 1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(text_prefix(rows[i].s, rows[i].columns), rows[i].bytes);
}

static void test_count(void **state UNUSED)
{
	assert_int_equal(text_count(""), 0);
	assert_int_equal(text_count("가나다"), 3);
	assert_int_equal(text_count(FAMILY "🇰🇷" E_ACUTE), 3);
	assert_int_equal(text_prefix_count("가나다", 2), 6);
	assert_int_equal(text_prefix_count("가나다", 9), 9);
	assert_int_equal(text_prefix_count("가나다", 0), 0);
	assert_int_equal(text_prefix_count(FAMILY "x", 1), strlen(FAMILY));
}

/* Input of any sort: no crash, no endless loop, never past the end. */
static void test_broken(void **state UNUSED)
{
	static const char *const rows[] = { "\xff\xfe", "a\xe2\x82", "\xf0\x9f\x98", "\xcc\x81" };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(text_count(rows[i]) <= strlen(rows[i]));
		assert_true(text_prefix(rows[i], 9) <= strlen(rows[i]));
		assert_true(text_prefix_count(rows[i], 99) == strlen(rows[i]));
		assert_true(text_width(rows[i]) <= strlen(rows[i]));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_fold_clean),
		cmocka_unit_test(test_plain_as_library),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
