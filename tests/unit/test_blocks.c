/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "blocks.h"
#include "json.h"

static void check_json(struct value *v, const char *wanted)
{
	char *got = json_string(v, false);

	assert_string_equal(got, wanted);
	free(got);
	value_free(v);
}

static void html_becomes_blocks(void **state)
{
	static const struct {
		const char *html, *blocks;
	} rows[] = {
		{ "", "[]" },
		{ " \n <p> a \n b </p>\n<p></p>",
			"[{\"kind\":\"text\",\"lines\":[[{\"text\":\"a b\"}]]}]" },
		{ "<p>a<br>\n<b>b</b> &amp; c</p>",
			"[{\"kind\":\"text\",\"lines\":[[{\"text\":\"a\"}],"
			"[{\"text\":\"b\",\"bold\":true},{\"text\":\" & c\"}]]}]" },
		{ "<h2>x</h2>loose",
			"[{\"kind\":\"heading\",\"lines\":[[{\"text\":\"x\"}]]},"
			"{\"kind\":\"text\",\"lines\":[[{\"text\":\"loose\"}]]}]" },
		{ "<p>go <a href=\"https://h/?a=1&amp;b=2\"><b>x</b>y</a></p>",
			"[{\"kind\":\"text\",\"lines\":[[{\"text\":\"go \"},"
			"{\"text\":\"x\",\"bold\":true,\"href\":\"https://h/?a=1&b=2\"},"
			"{\"text\":\"y\",\"href\":\"https://h/?a=1&b=2\"}]]}]" },
		{ "<blockquote><p>a<br>b</p><p>c</p></blockquote><hr>",
			"[{\"kind\":\"quote\",\"lines\":[[{\"text\":\"a\"}],[{\"text\":\"b\"}],"
			"[{\"text\":\"c\"}]]},{\"kind\":\"line\"}]" },
		{ "<table border=\"1\"><thead><tr><th>a</th></tr></thead>"
			"<tbody><tr><td>b<br>c</td></tr></tbody></table>",
			"[{\"kind\":\"table\",\"rows\":[[[{\"text\":\"a\",\"bold\":true}]],"
			"[[{\"text\":\"b\"},{\"text\":\" c\"}]]]}]" },
		{ "<p>a</p><div align=\"center\"><a href=\"https://h/\"><img src=\"https://h/i\" "
			"alt=\"\"></a></div>",
			"[{\"kind\":\"text\",\"lines\":[[{\"text\":\"a\"}]]},"
			"{\"kind\":\"image\",\"src\":\"https://h/i\"}]" },
		{ "<script>bad</script><p>a<!-- no --></p>",
			"[{\"kind\":\"text\",\"lines\":[[{\"text\":\"a\"}]]}]" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_json(blocks_parse(rows[i].html, strlen(rows[i].html), false),
			rows[i].blocks);
}

static void one_card_for_a_lone_link(void **state)
{
	const char html[] = "<p>a <a href=\"https://h/1\">b</a></p><p><a href=\"https://h/2\">"
		"<b>c</b></a></p><p><a href=\"https://h/3\">d</a></p>";
	struct value *v = blocks_parse(html, strlen(html), true);

	(void)state;
	assert_int_equal(value_len(v), 4);
	assert_string_equal(value_get_string(value_at(v, 2), "kind", ""), "card");
	assert_string_equal(value_get_string(value_at(v, 2), "url", ""), "https://h/2");
	value_free(v);
}

static void blocks_go_to_the_clipboard(void **state)
{
	const char html[] = "<p>a &lt;<br><a href=\"https://h/?a&amp;b\">c</a></p>"
		"<table><tr><td>x</td><td><b>y</b></td></tr></table>";
	struct value *v = blocks_parse(html, strlen(html), false), *links;
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	blocks_html(value_at(v, 0), false, &b);
	assert_string_equal(buf_cstr(&b),
		"<p>a &lt;</p><p><a href=\"https://h/?a&amp;b\">c</a></p>");
	buf_reset(&b);
	blocks_html(value_at(v, 1), false, &b);
	assert_string_equal(buf_cstr(&b),
		"<table><tbody><tr><td>x</td><td><b>y</b></td></tr></tbody></table>");
	buf_reset(&b);
	blocks_text(value_at(v, 0), &b);
	assert_string_equal(buf_cstr(&b), "a <\nc");
	buf_reset(&b);
	blocks_text(value_at(v, 1), &b);
	assert_string_equal(buf_cstr(&b), "x\ty");
	buf_finish(&b);
	links = blocks_links(value_at(v, 0));
	check_json(links, "[{\"text\":\"c\",\"href\":\"https://h/?a&b\"}]");
	value_free(v);
}

static void white_space_does_not_count(void **state)
{
	(void)state;
	assert_true(blocks_same("쿠팡 추천", "쿠팡\xc2\xa0추천\xe2\x80\x8b\n"));
	assert_false(blocks_same("쿠팡 추천", "쿠팡 추전"));
	assert_true(blocks_same("", " \t"));
	assert_true(blocks_same("a\x01\x7f\xc2\x9d가", "a가"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(html_becomes_blocks),
		cmocka_unit_test(one_card_for_a_lone_link),
		cmocka_unit_test(blocks_go_to_the_clipboard),
		cmocka_unit_test(white_space_does_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
