/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <math.h>

#include "json.h"

#define DEEP16 "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"

static struct value *parse(const char *text)
{
	struct value *v = NULL;
	struct err e = { "" };

	if (json_parse(text, strlen(text), &v, &e))
		fail_msg("%s: %s", text, e.text);
	return v;
}

/* What is taken, and how it is printed again. */
static void test_round_trip(void **state UNUSED)
{
	static const struct {
		const char *text, *printed;
	} rows[] = {
		{ "null", "null" },
		{ " true\r\n\t", "true" },
		{ "false", "false" },
		{ "0", "0" },
		{ "-0.0", "-0.0" },
		{ "12", "12" },
		{ "9223372036854775807", "9223372036854775807" },
		{ "-9223372036854775808", "-9223372036854775808" },
		{ "9223372036854775808", "9.223372036854776e+18" },
		{ "1.5", "1.5" },
		{ "0.1", "0.1" },
		{ "3.0", "3.0" },
		{ "1e2", "100.0" },
		{ "1E+300", "1e+300" },
		{ "\"\"", "\"\"" },
		{ "\"무선 청소기 😀\"", "\"무선 청소기 😀\"" },
		{ "\"\\ud83d\\ude00\"", "\"😀\"" },
		{ "\"\\uAC00\\/\\\"\\\\\\b\\f\\n\\r\\t\"", "\"가/\\\"\\\\\\b\\f\\n\\r\\t\"" },
		{ "\"\\u0001\\u007f\\u0085\\u2028\\u2029\"",
			"\"\\u0001\\u007f\\u0085\\u2028\\u2029\"" },
		{ "[]", "[]" },
		{ "{}", "{}" },
		{ " [ 1 , [ ] , { \"a\" : { } } ] ", "[1,[],{\"a\":{}}]" },
		{ "{\"z\":1,\"a\":[null]}", "{\"z\":1,\"a\":[null]}" },
		{ "{\"a:b\":{\"a:b\":\":\"}}", "{\"a:b\":{\"a:b\":\":\"}}" },
		{ DEEP16, DEEP16 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct value *v = parse(rows[i].text);
		CLEANUP_FREE char *printed = json_string(v, false);

		assert_string_equal(printed, rows[i].printed);
		value_free(v);
	}
}

static void test_refused(void **state UNUSED)
{
	static const char *const rows[] = {
		"", " ", "nul", "nullx", "NULL", "True", "NaN", "[NaN]", "Infinity", "-Infinity",
		"[1,]", "{\"a\":1,}", "[,1]", "[1 2]", "{\"a\" 1}", "{a:1}", "{\"a\"}", "{1:2}",
		"['a']", "{'a':1}", "\"a", "\"a\\", "\"\\", "\"\\u12", "\"\\x41\"", "\"\\'\"",
		"\"a\nb\"", "\"a\tb\"", "\"\x01\"", "\"\\u0000\"", "\"a\\u0000b\"",
		"\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\ud800\"", "\"\\ud800x\"", "\"\\ud83d\\u0041\"",
		"\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xe2\x82\"", "\xff", "\xef\xbb\xbf{}",
		"01", "-", "-a", "+1", ".5", "1.", "1.e5", "1e", "1e+", "0x10", "--1", "1-",
		"1e999", "18446744073709551616", "-9223372036854775809",
		"123456789012345678901234567890",
		"1 2", "{} {}", "[] x", "{}]", "[}", "{]", "]", "}", "[", "{", "{\"a\":", "[1",
		"// c\n1", "/* c */ 1", "[1] // c", "# c\n1", "\v1", "[1]\f", "[1]\v",
		"{\"a\":1,\"a\":1}", "[{\"b\":{\"a\":1,\"\\u0061\":2}}]",
		"[" DEEP16 "]", "{\"a\":" DEEP16 "}", ":", ",", "\"a\":1",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct value *v = NULL;
		struct err e = { "" };
		int r = json_parse(rows[i], strlen(rows[i]), &v, &e);

		if (r != -EINVAL || v)
			fail_msg("taken, or another error %d: %s", r, rows[i]);
		assert_true(e.text[0] && !strchr(e.text, '\n'));
	}
}

/* Every start of a document is refused, wherever it was cut. */
static void test_truncated(void **state UNUSED)
{
	static const char text[] = "{\"a\":[1.5e3,true,\"가\\ud83d\\ude00\"],\"b\":{\"c\":null}}";

	for (size_t len = 0; len < strlen(text); len++) {
		CLEANUP_FREE char *part = xstrndup(text, len);
		struct value *v = NULL;

		assert_int_equal(json_parse(part, len, &v, NULL), -EINVAL);
		assert_null(v);
	}
}

static void test_limits(void **state UNUSED)
{
	CLEANUP_FREE char *long_text = xmalloc(JSON_TEXT_MAX + 2);
	struct value *v = NULL;
	struct err e = { "" };

	memset(long_text, ' ', JSON_TEXT_MAX + 2);
	long_text[0] = '7';
	assert_int_equal(json_parse(long_text, JSON_TEXT_MAX + 1, &v, &e), -E2BIG);
	assert_int_equal(json_parse(long_text, JSON_TEXT_MAX, &v, &e), 0);
	assert_int_equal(value_int(v, 0), 7);
	value_free(v);
	assert_int_equal(json_parse("1\0", 2, &v, &e), -EINVAL);
	assert_int_equal(json_parse("\"a\0b\"", 5, &v, &e), -EINVAL);
	/* A text without its NUL: nothing after LEN is looked at. */
	assert_int_equal(json_parse("123456", 3, &v, &e), 0);
	assert_int_equal(value_int(v, 0), 123);
	value_free(v);
	assert_int_equal(json_parse("[1,\n 'x']", 9, &v, &e), -EINVAL);
	assert_non_null(strstr(e.text, "line 2, byte 2"));
}

static void test_print(void **state UNUSED)
{
	struct value *v = parse("{\"a\":[1,{\"b\":[]}],\"c\":{}}");
	CLEANUP_FREE char *pretty = json_string(v, true);
	struct value *odd = value_new_list();
	CLEANUP_FREE char *text = NULL;

	assert_string_equal(pretty, "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n"
		"  \"c\": {}\n}");
	value_free(v);
	value_append(odd, value_new_double(NAN));
	value_append(odd, value_new_double(INFINITY));
	value_append(odd, value_new_string("a\xff" "b\xe2\x82"));
	text = json_string(odd, false);
	assert_string_equal(text, "[null,null,\"a\xEF\xBF\xBD" "b\xEF\xBF\xBD\xEF\xBF\xBD\"]");
	value_free(odd);
}

/* Each character of the first pages as the standard has it, and what a script or terminal minds. */
static void test_print_characters(void **state UNUSED)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";

	for (unsigned c = 1; c < 0x2100; c++) {
		char in[4], want[12];
		const char *at = c < 0x80 ? strchr(from, (int)c) : NULL;

		if (c < 0x80)
			str_format_cut(in, sizeof(in), "%c", c);
		else if (c < 0x800)
			str_format_cut(in, sizeof(in), "%c%c", 0xc0 | c >> 6, 0x80 | (c & 0x3f));
		else
			str_format_cut(in, sizeof(in), "%c%c%c", 0xe0 | c >> 12,
				0x80 | (c >> 6 & 0x3f), 0x80 | (c & 0x3f));
		if (at)
			str_format_cut(want, sizeof(want), "\"\\%c\"", to[at - from]);
		else if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029)
			str_format_cut(want, sizeof(want), "\"\\u%04x\"", c);
		else
			str_format_cut(want, sizeof(want), "\"%s\"", in);
		struct value *v = value_new_string(in);
		CLEANUP_FREE char *text = json_string(v, false);

		assert_string_equal(text, want);
		value_free(v);
	}
}

/* A character is nothing but its own bytes, also as the last. */
static void test_print_wide(void **state UNUSED)
{
	static const char *const rows[][2] = {
		{ "\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf", "\"\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\"" },
		{ "\xf4\x90\x80\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"" },
		{ "\xe2\x80\xa7\xe2\x80\xaa", "\"\xe2\x80\xa7\xe2\x80\xaa\"" },
		{ "\xe2\x80\xa8x\xe2\x80\xa9x", "\"\\u2028x\\u2029x\"" },
		{ "\xc2", "\"\xEF\xBF\xBD\"" }, { "\x80x", "\"\xEF\xBF\xBDx\"" },
		{ "\xe3\x80\xa8", "\"\xe3\x80\xa8\"" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct value *v = value_new_string(rows[i][0]);
		CLEANUP_FREE char *text = json_string(v, false);

		assert_string_equal(text, rows[i][1]);
		value_free(v);
	}
}

/* Fixed seed: damaged documents never crash, and what is taken reads back. */
static void test_damage(void **state UNUSED)
{
	static const char text[] = "{\"a\":[1.5e3,-7,true,\"가\\ud83d\\ude00\\n\"],\"b\":{\"c\":null}}";
	static const char noise[] = "\"\\{}[]:,'0e.-u\xff\x01 n";
	uint32_t seed = 20261123;
	unsigned taken = 0;

	for (int round = 0; round < 20000; round++) {
		char copy[sizeof(text)];
		struct value *v = NULL, *again = NULL;
		CLEANUP_FREE char *printed = NULL;

		memcpy(copy, text, sizeof(text));
		for (int n = 0; n < 2; n++) {
			seed = seed * 1664525 + 1013904223;
			copy[(seed >> 8) % (sizeof(text) - 1)] =
				noise[(seed >> 24) % (sizeof(noise) - 1)];
		}
		if (json_parse(copy, strlen(copy), &v, NULL))
			continue;
		taken++;
		printed = json_string(v, round & 1);
		assert_int_equal(json_parse(printed, strlen(printed), &again, NULL), 0);
		assert_true(value_equal(v, again));
		value_free(v);
		value_free(again);
	}
	assert_in_range(taken, 1, 19999);
}

/* The names of a hostile object must not cost quadratic time. */
static void test_many_members(void **state UNUSED)
{
	struct buf text;
	struct value *v = NULL;

	buf_init(&text, JSON_TEXT_MAX);
	buf_char(&text, '{');
	for (int i = 0; i < 100000; i++)
		buf_printf(&text, "%s\"%d\":%d", i ? "," : "", i, i);
	buf_char(&text, '}');
	assert_int_equal(json_parse(buf_cstr(&text), text.len, &v, NULL), 0);
	assert_int_equal(value_len(v), 100000);
	assert_int_equal(value_get_int(v, "99999", 0), 99999);
	value_free(v);
	buf_finish(&text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_print_characters),
		cmocka_unit_test(test_print_wide),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_many_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
