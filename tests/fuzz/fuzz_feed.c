/* SPDX-License-Identifier: MIT */
/* What a blog answers: a feed, XML-RPC, or the JSON of Naver's; the first byte says which. */
#include "fuzz.h"

#include <limits.h>

#include "feed.h"
#include "naver-form.h"
#include "text.h"
#include "xml.h"
#include "xmlrpc.h"

#define MARKER "cpauto-4f2a"

static void feed(const char *s, size_t len)
{
	char *link = NULL;
	enum feed_found found = feed_find(s, len, "무선 청소기 비교", MARKER, FUZZ_NOW, &link);
	struct feed f;
	struct feed_item item;

	MUST(found == FEED_YES || !link);
	if (found == FEED_YES)
		MUST(memmem(s, len, MARKER, strlen(MARKER)) || memmem(s, len, "pubDate", 7));
	/* One that shows the marker in a whole item is never taken for absent. */
	if (feed_open(&f, s, len)) {
		while (feed_next(&f, &item)) {
			char *text = feed_field(&item, "description");
			if (found == FEED_NO)
				MUST(!text || !strstr(text, MARKER));
			free(text);
		}
	}
	free(link);
}

static void xmlrpc(const char *s, size_t len)
{
	struct xmlrpc_fault fault = { 0 };
	struct err e = { "" };
	struct value *v = NULL;
	int r = xmlrpc_read(s, len, &v, &fault, &e);
	struct xml_doc *d = NULL;

	MUST((r == 0) == (v != NULL));
	if (v) {
		struct value *params = value_new_list();
		char *text = NULL;
		size_t n;

		value_append(params, v);
		/* What was read is UTF-8, so it can be written. */
		MUST(xmlrpc_write("m", params, NULL, &text, &n) == 0);
		MUST(xml_parse(text, n, &d, &e) == 0);
		xml_doc_free(d);
		free(text);
		value_free(params);
	} else {
		MUST(*e.text ? fuzz_is_plain(e.text) : fuzz_is_line(fault.text));
	}
}

static void naver(const char *s, size_t len)
{
	struct value *v = fuzz_value(s, len);
	struct naver_error e;

	naver_form_error(v, &e);
	MUST(text_valid(e.code, strlen(e.code)) && text_valid(e.text, strlen(e.text)));
	value_free(v);
}

FUZZ(feed)
{
	if (len == 0)
		return;
	char *s = fuzz_string(data + 1, len - 1);

	(data[0] == 'f' ? feed : data[0] == 'n' ? naver : xmlrpc)(s, len - 1);
	free(s);
}
