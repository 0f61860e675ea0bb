/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "table.h"
#include "text.h"

static const struct table_column columns[] = {
	{ "ID", true, false },
	{ "KEYWORD", false, true },
	{ "NOTE", false, true },
};

static struct table *new_table(void)
{
	struct table *t = table_new(columns, ARRAY_LEN(columns));
	table_int(t, 7);
	table_cell(t, TERM_PLAIN, "무선 청소기");
	table_cell(t, TERM_GOOD, "좋음");
	table_int(t, 123);
	table_cell(t, TERM_PLAIN, "air fryer");
	table_cell(t, TERM_PLAIN, "");
	return t;
}

static char *print(struct table *t)
{
	struct buf b;
	buf_init(&b, 1u << 20);
	table_print(t, &b);
	table_free(t);
	return buf_steal(&b);
}

static void test_as_wide_as_need_be(void **state)
{
	(void)state;
	term_set(0, false);
	CLEANUP_FREE char *text = print(new_table());
	assert_string_equal(text,
		" ID  KEYWORD      NOTE\n"
		"  7  무선 청소기  좋음\n"
		"123  air fryer\n");
}

static void test_cut(void **state)
{
	(void)state;
	term_set(19, false);
	CLEANUP_FREE char *text = print(new_table());
	assert_string_equal(text,
		" ID  KEYWORD   NOTE\n"
		"  7  무선 청…  좋음\n"
		"123  air fry…\n");
}

static void test_colours(void **state)
{
	(void)state;
	term_set(0, true);
	CLEANUP_FREE char *text = print(new_table());
	assert_non_null(strstr(text, "\033[32m좋음\033[0m"));
	assert_non_null(strstr(text, "\033[1mKEYWORD\033[0m      "));
}

static void test_an_empty_column_is_left_out(void **state)
{
	(void)state;
	term_set(0, false);
	struct table *t = table_new(columns, ARRAY_LEN(columns));
	table_int(t, 1);
	table_cell(t, TERM_PLAIN, "a");
	table_cell(t, TERM_PLAIN, "");
	CLEANUP_FREE char *text = print(t);
	assert_string_equal(text, "ID  KEYWORD\n 1  a\n");
	t = table_new(columns, ARRAY_LEN(columns));
	CLEANUP_FREE char *none = print(t);
	assert_true(str_empty(none));
}

static void test_nothing_moves_the_cursor(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "a\033[2Jb", "a\\x1b[2Jb" },
		{ "a\nb\tc\x7f", "a\\x0ab\\x09c\\x7f" },
		{ "a\xc2\x9b"
		  "2Jb",
			"a\\xc2\\x9b2Jb" },
		{ "a\xe2\x80\xae"
		  "b",
			"a\\xe2\\x80\\xaeb" },
		{ "a\xe2\x81\xa6"
		  "b",
			"a\\xe2\\x81\\xa6b" },
		{ "\xff가", "\\xff\\xea\\xb0\\x80" },
		{ "가…나", "가…나" },
		{ NULL, "" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf b;
		buf_init(&b, 1000);
		term_clean(&b, rows[i].in);
		assert_string_equal(buf_cstr(&b), rows[i].out);
		buf_finish(&b);
	}
}

/* Whatever stands in it, no line is wider than the terminal, and all columns begin where they should. */
static void test_any_text_fits(void **state)
{
	(void)state;
	static const char *const parts[] = { "가", "a", "👨‍👩‍👧", "é", " ", "…",
		"긴 낱말", "x\u0301", "\u200b", "🇰🇷" };
	unsigned seed = 20261123;
	print_message("seed %u\n", seed);
	for (int round = 0; round < 500; round++) {
		size_t room = 40 + (size_t)rand_r(&seed) % 60;
		struct table *t = table_new(columns, ARRAY_LEN(columns));
		term_set(room, false);
		for (int cell = 0; cell < 15; cell++) {
			struct buf b;
			buf_init(&b, 4000);
			for (int n = rand_r(&seed) % 40; n > 0 && cell % 3; n--)
				buf_str(&b, parts[(size_t)rand_r(&seed) % ARRAY_LEN(parts)]);
			table_cell(t, TERM_PLAIN, buf_cstr(&b));
			buf_finish(&b);
		}
		CLEANUP_FREE char *text = print(t);
		for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
			*end = '\0';
			assert_true(text_width(line) <= room);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_wide_as_need_be),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_colours),
		cmocka_unit_test(test_an_empty_column_is_left_out),
		cmocka_unit_test(test_nothing_moves_the_cursor),
		cmocka_unit_test(test_any_text_fits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
