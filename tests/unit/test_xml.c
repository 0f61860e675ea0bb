/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>

#include "buf.h"
#include "xml.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

struct written {
	const char *name, *text, *xml; /* xml NULL: refused */
	size_t len; /* of text; 0: a string */
};

static const struct written written[] = {
	{ "plain", "text", "text", 0 },
	{ "nothing", "", "", 0 },
	{ "Korean", "무선 전기포트", "무선 전기포트", 0 },
	{ "outside the BMP", "🫖👩‍💻", "🫖👩‍💻", 0 },
	{ "markup", "<b a=\"1\">&amp;", "&lt;b a=&quot;1&quot;&gt;&amp;amp;", 0 },
	{ "the end of CDATA", "a]]>b", "a]]&gt;b", 0 },
	{ "tab and line feed", "a\tb\nc", "a\tb\nc", 0 },
	{ "control characters", "a\x01\x1f\x0b\x0c\rb\x7f", "ab\x7f", 0 },
	{ "no characters", "a\xef\xbf\xbe\xef\xbf\xbf" "b", "ab", 0 },
	{ "their neighbour", "a\xef\xbf\xbd", "a\xef\xbf\xbd", 0 },
	{ "ends in the middle of it", "a\xef\xbf", NULL, 0 },
	{ "no UTF-8", "a\xff", NULL, 0 },
	{ "a surrogate", "\xed\xa0\x80", NULL, 0 },
	{ "overlong", "\xc0\xaf", NULL, 0 },
	{ "NUL", "a\0b", NULL, 3 },
};

static void test_write(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(written); i++) {
		const struct written *t = &written[i];
		struct xml_writer *w = xml_writer_new();
		CLEANUP_FREE char *out = NULL, *wanted = NULL;
		size_t len = 0;
		int r;

		xml_open(w, "a");
		xml_text(w, t->text, t->len ? t->len : strlen(t->text));
		xml_close(w);
		r = xml_writer_take(w, &out, &len);
		xml_writer_free(w);
		wanted = xasprintf(HEAD "<a>%s</a>\n", t->xml ? t->xml : "");
		if (r != (t->xml ? 0 : -EILSEQ) || (!r && (!str_eq(out, wanted) ||
				len != strlen(wanted))))
			fail_msg("%s: %d '%s'", t->name, r, out ? out : "");
	}
}

static void test_write_more(void **state)
{
	struct xml_writer *w = xml_writer_new();
	CLEANUP_FREE char *out = NULL;
	size_t len;

	(void)state;
	xml_open(w, "a");
	xml_element(w, "b", "x&y");
	xml_open(w, "c");
	xml_base64(w, "\x89PNG\0\xff", 6);
	/* What is open is closed by the end. */
	assert_int_equal(xml_writer_take(w, &out, &len), 0);
	assert_string_equal(out, HEAD "<a><b>x&amp;y</b><c>iVBORwD/</c></a>\n");
	xml_writer_free(w);
	xml_writer_free(NULL);
}

struct read_case {
	const char *name, *xml, *content; /* content NULL: refused */
	size_t len;
};

#define LAUGHS "<!DOCTYPE a [<!ENTITY b \"ha\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">" \
	"<!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\"><!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;\">]>"

static const struct read_case read_cases[] = {
	{ "plain", "<a>x</a>", "x", 0 },
	{ "with a head", HEAD "<a>무선 🫖</a>", "무선 🫖", 0 },
	{ "blank lines first", "\n\r\n \t" HEAD "<a>x</a>", "x", 0 },
	{ "a mark first", "\xef\xbb\xbf" HEAD "<a>x</a>", "x", 0 },
	{ "mark, blank, mark", "\xef\xbb\xbf\n\xef\xbb\xbf" HEAD "<a>x</a>\n\n", "x", 0 },
	{ "entities of XML", "<a>&lt;&amp;&#x1f600;&#44032;</a>", "<&😀가", 0 },
	{ "CDATA", "<a><![CDATA[<b>&amp;]]></a>", "<b>&amp;", 0 },
	{ "a comment", "<a>x<!-- y -->z</a>", "xz", 0 },
	{ "Latin 1", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xe9</a>", "é", 0 },
	{ "a doctype", "<!DOCTYPE a><a>x</a>", NULL, 0 },
	{ "a doctype of a file", "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a>x</a>", NULL, 0 },
	{ "an entity of a file", "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>"
		"<a>&x;</a>", NULL, 0 },
	{ "laughs", LAUGHS "<a>&e;</a>", NULL, 0 },
	{ "laughs in an attribute", LAUGHS "<a b=\"&e;\"/>", NULL, 0 },
	{ "an unknown entity", "<a>&nbsp;</a>", NULL, 0 },
	{ "nothing", "", NULL, 0 },
	{ "white space", " \n ", NULL, 0 },
	{ "half a mark", "\xef\xbb", NULL, 0 },
	{ "no XML", "Warning: foo & bar", NULL, 0 },
	{ "a page", "<html><body><br></body></html>", NULL, 0 },
	{ "cut", "<a><b>x</b>", NULL, 0 },
	{ "cut in a tag", "<a><b", NULL, 0 },
	{ "two roots", "<a/><a/>", NULL, 0 },
	{ "text behind it", "<a/>x", NULL, 0 },
	{ "text before it", "x<a/>", NULL, 0 },
	{ "no UTF-8", HEAD "<a>\xff</a>", NULL, 0 },
	{ "a control character", "<a>\x01</a>", NULL, 0 },
	{ "NUL", "<a>\0</a>", NULL, 8 },
	{ "an encoding that is none", "<?xml version=\"1.0\" encoding=\"x-none\"?><a>\xb0</a>", NULL,
		0 },
};

static void test_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(read_cases); i++) {
		const struct read_case *t = &read_cases[i];
		struct xml_doc *doc = NULL;
		struct err e = { "" };
		int r = xml_parse(t->xml, t->len ? t->len : strlen(t->xml), &doc, &e);
		CLEANUP_FREE char *content = r ? NULL : xml_content(xml_root(doc));

		xml_doc_free(doc);
		if (r != (t->content ? 0 : -EINVAL) || (r && !*e.text) ||
				strpbrk(e.text, "\r\n") || !str_eq(content, t->content))
			fail_msg("%s: %d '%s': %s", t->name, r, content ? content : "", e.text);
	}
}

static int parse_nested(int depth)
{
	struct xml_doc *doc = NULL;
	struct err e = { "" };
	struct buf b;
	int r;

	buf_init(&b, 1u << 20);
	for (int i = 0; i < depth; i++)
		buf_str(&b, "<a>");
	buf_str(&b, "<!-- -->");
	for (int i = 0; i < depth; i++)
		buf_str(&b, "</a>");
	r = xml_parse(buf_cstr(&b), b.len, &doc, &e);
	xml_doc_free(doc);
	buf_finish(&b);
	return r;
}

static void test_limits(void **state)
{
	CLEANUP_FREE char *large = xcalloc(XML_BYTES_MAX + 1, 1);
	struct xml_doc *doc = NULL;
	struct err e = { "" };

	(void)state;
	assert_int_equal(parse_nested(XML_DEPTH_MAX - 1), 0);
	assert_int_equal(parse_nested(XML_DEPTH_MAX + 1), -EINVAL);
	assert_int_equal(parse_nested(100000), -EINVAL);
	memset(large, ' ', XML_BYTES_MAX);
	memcpy(large, "<a>", 3);
	memcpy(large + XML_BYTES_MAX - 3, "</a>", 4);
	assert_int_equal(xml_parse(large, XML_BYTES_MAX + 1, &doc, &e), -EFBIG);
	assert_string_equal(e.text, "it is longer than 16 MiB");
}

static void test_walk(void **state)
{
	static const char text[] = "<r xmlns:x=\"urn:x\">t<i n=\"1\">one</i><!-- c --><x:j/>"
		"<i>two<k>!</k></i></r>";
	const struct xml_node *root, *i;
	struct xml_doc *doc = NULL;
	CLEANUP_FREE char *one = NULL, *two = NULL;

	(void)state;
	assert_int_equal(xml_parse(text, strlen(text), &doc, NULL), 0);
	root = xml_root(doc);
	assert_string_equal(xml_name(root), "r");
	i = xml_child(root, NULL);
	one = xml_content(i);
	assert_string_equal(one, "one");
	assert_string_equal(xml_name(xml_next(i, NULL)), "j");
	i = xml_next(i, "i");
	two = xml_content(i);
	assert_string_equal(two, "two!");
	assert_null(xml_next(i, NULL));
	assert_null(xml_child(root, "none"));
	assert_null(xml_child(NULL, NULL));
	assert_null(xml_next(NULL, "i"));
	xml_doc_free(doc);
	xml_doc_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_write_more),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
