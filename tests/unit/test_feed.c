/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "feed.h"
#include "util.h"

#define ITEM(title, date, text) "<item><title>" title "</title><link>https://b/1</link>" \
	date "<description>" text "</description></item>"
#define NEW "<pubDate>Mon, 23 Nov 2026 14:32:00 +0900</pubDate>"
#define NEW_MS INT64_C(1795411920000)
#define OLD "<pubDate>Mon, 02 Nov 2026 14:32:00 +0900</pubDate>"
#define FEED(items) "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>가 나</title>" \
	items "</channel></rss>"

static void test_feed(void **state)
{
	(void)state;
	static const struct {
		const char *feed;
		enum feed_found found;
	} rows[] = {
		{ FEED(ITEM("가 나", NEW, "")), FEED_YES },
		{ FEED(ITEM("<![CDATA[ 가\u00a0 나 ]]>", NEW, "")), FEED_YES },
		{ FEED(ITEM("가 나", OLD, "")), FEED_NO },
		{ FEED(ITEM("가 나", OLD, "") ITEM("가 나", NEW, "")), FEED_YES },
		{ FEED(ITEM("가 나", "", "")), FEED_UNCLEAR },
		{ FEED(ITEM("가 나 다", NEW, "")), FEED_NO },
		{ FEED(ITEM("다른 것", OLD, "<p>8b1f6c0e</p>")), FEED_YES },
		{ FEED(""), FEED_NO },
		{ "<?xml version=\"1.0\"?><rss><channel>" ITEM("다", NEW, ""), FEED_UNCLEAR },
		{ "<html>login</html>", FEED_UNCLEAR },
		{ "", FEED_UNCLEAR },
		{ "<rss><item><title>가 나</rss>", FEED_UNCLEAR },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t len = strlen(rows[i].feed);
		char *link, *copy = xmalloc(len + 1);

		/* A copy of just that size, for valgrind and the sanitizers. */
		memcpy(copy, rows[i].feed, len + 1);
		if (feed_find(copy, len, "가 나", "8b1f6c0e", NEW_MS - 1000, &link) != rows[i].found)
			fail_msg("row %zu", i);
		if (rows[i].found == FEED_YES)
			assert_string_equal(link, "https://b/1");
		else
			assert_null(link);
		free(copy);
		free(link);
	}
}

/* No prefix of a feed crashes, and none says "no". */
static void test_feed_cut(void **state)
{
	(void)state;
	static const char feed[] = FEED(ITEM("<![CDATA[가 나]]>", NEW, "&amp;<b>x</b>"));

	for (size_t len = 0; len < sizeof(feed) - 1; len++) {
		char *copy = xstrndup(feed, len), *link;

		if (feed_find(copy, len, "없음", "", 0, &link) == FEED_NO)
			fail_msg("cut at %zu", len);
		free(link);
		free(copy);
	}
}

/* Entities and CDATA, also both in one; an element that only begins like the name is another. */
static void test_fields(void **state)
{
	(void)state;
	static const char text[] = FEED("<items><item><title>no</title></item></items>"
		"<item x=\"1\"><titles>t</titles><title type=\"a\">a &lt; <![CDATA[b & <c>]]> d</title>"
		"<link>https://h/1?x=1&amp;y=2</link></item>"
		"<item><title>" "<![CDATA[]]>" "</title></item>");
	static const struct {
		const char *title, *link;
	} rows[] = { { "no", NULL }, { "a < b & <c> d", "https://h/1?x=1&y=2" }, { "", NULL } };
	struct feed_item item;
	struct feed f;

	assert_true(feed_open(&f, text, strlen(text)));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(feed_next(&f, &item));
		char *title = feed_field(&item, "title"), *link = feed_field(&item, "link");

		assert_string_equal(title, rows[i].title);
		assert_int_equal(link != NULL, rows[i].link != NULL);
		if (link)
			assert_string_equal(link, rows[i].link);
		assert_null(feed_field(&item, "pubDate"));
		free(title);
		free(link);
	}
	assert_false(feed_next(&f, &item));
	assert_false(f.cut);
}

/* An item that does not end is told from the end of the items. */
static void test_whole_or_not(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int items;
		bool cut;
	} rows[] = {
		{ "<html></html>", 0, true },
		{ "", 0, true },
		{ "<rss></rss>", 0, false },
		{ "<rss><item></item>", 0, true },
		{ "<rss><item></item></rss>", 1, false },
		{ "<rss><item></item><item><title>x</rss>", 1, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct feed_item item;
		struct feed f;
		int n = 0;

		feed_open(&f, rows[i].text, strlen(rows[i].text));
		while (feed_next(&f, &item))
			n++;
		if (n != rows[i].items || f.cut != rows[i].cut)
			fail_msg("row %zu: %d items, cut %d", i, n, f.cut);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_feed),
		cmocka_unit_test(test_feed_cut),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_whole_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
