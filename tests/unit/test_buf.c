/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "buf.h"

static void test_add(void **state UNUSED)
{
	struct buf b;

	buf_init(&b, 10000);
	assert_string_equal(buf_cstr(&b), "");
	buf_str(&b, NULL);
	assert_null(b.data);
	buf_str(&b, "ab");
	buf_char(&b, 'c');
	buf_printf(&b, "%s-%03d", "x", 7);
	assert_string_equal(buf_cstr(&b), "abcx-007");
	assert_int_equal(b.len, 8);
	for (int i = 0; i < 999; i++)
		buf_printf(&b, "%08d", i);
	assert_int_equal(b.len, 8000);
	assert_memory_equal(b.data + 7992, "00000998", 9);
	buf_truncate(&b, 9000);
	assert_int_equal(b.len, 8000);
	buf_truncate(&b, 3);
	assert_string_equal(buf_cstr(&b), "abc");
	assert_false(buf_failed(&b));
	buf_reset(&b);
	assert_string_equal(buf_cstr(&b), "");
	buf_finish(&b);
	buf_finish(&b);
	buf_finish(NULL);
}

static void test_maximum(void **state UNUSED)
{
	struct buf b;

	buf_init(&b, 4);
	buf_str(&b, "abcd");
	assert_false(buf_failed(&b));
	buf_str(&b, "");
	assert_false(buf_failed(&b));
	buf_char(&b, 'e');
	assert_true(buf_failed(&b));
	assert_string_equal(buf_cstr(&b), "abcd");
	/* It stays failed, even for what would fit. */
	buf_truncate(&b, 1);
	buf_char(&b, 'x');
	buf_printf(&b, "y");
	assert_string_equal(buf_cstr(&b), "a");
	assert_null(buf_steal(&b));
	assert_true(buf_failed(&b));
	buf_reset(&b);
	buf_printf(&b, "%s", "12345");
	assert_true(buf_failed(&b));
	assert_string_equal(buf_cstr(&b), "");
	buf_finish(&b);

	buf_init(&b, 0);
	buf_char(&b, 'x');
	assert_true(buf_failed(&b));
	buf_finish(&b);
}

static void test_steal(void **state UNUSED)
{
	struct buf b;

	buf_init(&b, SIZE_MAX);
	char *empty = buf_steal(&b);

	assert_string_equal(empty, "");
	buf_str(&b, "text");
	char *text = buf_steal(&b);

	assert_string_equal(text, "text");
	assert_string_equal(buf_cstr(&b), "");
	buf_str(&b, "more");
	assert_string_equal(buf_cstr(&b), "more");
	buf_finish(&b);
	free(empty);
	free(text);
}

struct row {
	const char *in;
	size_t len;
	const char *want;
};
#define ROW(in, want) { in, sizeof(in) - 1, want }

static void check_rows(const struct row *rows, size_t n, void (*add)(struct buf *, const char *, size_t))
{
	for (size_t i = 0; i < n; i++) {
		struct buf b;

		buf_init(&b, 1000);
		/* A copy without a NUL, so that valgrind sees one byte too many. */
		char *in = xmalloc(rows[i].len);

		memcpy(in, rows[i].in, rows[i].len);
		add(&b, in, rows[i].len);
		free(in);
		assert_string_equal(buf_cstr(&b), rows[i].want);
		buf_finish(&b);
	}
}

static void test_html(void **state UNUSED)
{
	static const struct row rows[] = {
		ROW("", ""), ROW("plain 가", "plain 가"),
		ROW("<a href=\"x\">'&'</a>", "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;"),
		ROW("&amp;", "&amp;amp;"), ROW("a\tb\nc", "a\tb\nc"),
		ROW("a\0b\r\x1b[1m\x7f.", "ab[1m."),
		ROW("x\xc2\x80y\xc2\x9fz\xc2\xa0!", "xyz\xc2\xa0!"), ROW("\xc2", "\xc2"),
		ROW("<\xc2\x85>", "&lt;&gt;"), ROW("\xc2" "a", "\xc2" "a"),
		/* What follows one that is dropped, and what only looks like one. */
		ROW("\xc2\x9f\xc2\x80<\xc2\xa1", "&lt;\xc2\xa1"), ROW("\xc2z\xc2\x7f", "\xc2z\xc2"),
		ROW("\xc3\x80\xc3\x9f", "\xc3\x80\xc3\x9f"),
	};

	check_rows(rows, ARRAY_LEN(rows), buf_html);
}

/* What cannot be printed fails; it is not left out. */
static void test_printf_fails(void **state UNUSED)
{
	static const wchar_t none[] = { 0xd800, 0 };
	struct buf b;

	buf_init(&b, 100);
	buf_printf(&b, "%ls", none);
	assert_true(buf_failed(&b));
	buf_finish(&b);
}

/* Each of the bytes alone, against the list of those that are not as they are. */
static void test_html_bytes(void **state UNUSED)
{
	static const char special[] = "&<>\"'";
	static const char *const entities[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&#39;" };

	for (int c = 0; c < 256; c++) {
		char in = (char)c, want[8] = { in, '\0' };
		const char *at = c ? strchr(special, c) : NULL;
		struct buf b;

		if (at)
			str_format_cut(want, sizeof(want), "%s", entities[at - special]);
		else if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7f)
			want[0] = '\0';
		buf_init(&b, 100);
		buf_html(&b, &in, 1);
		assert_string_equal(buf_cstr(&b), want);
		buf_finish(&b);
	}
}

/* An entity is there whole or not at all. */
static void test_html_maximum(void **state UNUSED)
{
	struct buf b;

	buf_init(&b, 6);
	buf_html(&b, "a<<b", 4);
	assert_true(buf_failed(&b));
	assert_string_equal(buf_cstr(&b), "a&lt;");
	buf_finish(&b);
}

static void test_percent(void **state UNUSED)
{
	static const struct row rows[] = {
		ROW("AZaz09-._~", "AZaz09-._~"), ROW("a b+c/d", "a%20b%2Bc%2Fd"),
		ROW("가", "%EA%B0%80"), ROW("%\0\xff", "%25%00%FF"),
		ROW("!*'();:@&=$,?#[]", "%21%2A%27%28%29%3B%3A%40%26%3D%24%2C%3F%23%5B%5D"),
	};

	check_rows(rows, ARRAY_LEN(rows), buf_percent);
}

static void test_percent_bytes(void **state UNUSED)
{
	static const char kept[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (int c = 0; c < 256; c++) {
		char in = (char)c, want[8];
		struct buf b;

		buf_init(&b, 100);
		buf_percent(&b, &in, 1);
		str_format_cut(want, sizeof(want), c && strchr(kept, c) ? "%c" : "%%%02X", c);
		assert_string_equal(buf_cstr(&b), want);
		buf_finish(&b);
	}
}

static void test_base64(void **state)
{
	static const char *const rows[][2] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg==" }, { "\xff\xfe\xfb", "//77" } };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf b;
		buf_init(&b, 100);
		buf_base64(&b, rows[i][0], strlen(rows[i][0]));
		assert_string_equal(buf_cstr(&b), rows[i][1]);
		buf_finish(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_maximum),
		cmocka_unit_test(test_steal),
		cmocka_unit_test(test_html),
		cmocka_unit_test(test_printf_fails),
		cmocka_unit_test(test_html_bytes),
		cmocka_unit_test(test_html_maximum),
		cmocka_unit_test(test_percent),
		cmocka_unit_test(test_percent_bytes),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
