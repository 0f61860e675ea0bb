/* SPDX-License-Identifier: MIT */
/* A post's html as an editor's blocks: as clipboard HTML they read back as the same text. */
#include "fuzz.h"

#include "blocks.h"
#include "text.h"

static void check_block(const struct value *b)
{
	const char *kind = value_get_string(b, "kind", "");
	struct value *links = blocks_links(b);
	struct buf text, html, again;

	buf_init(&text, 1 << 20);
	buf_init(&html, 1 << 20);
	buf_init(&again, 1 << 20);
	blocks_text(b, &text);
	blocks_html(b, false, &html);
	if (str_eq(kind, "text") || str_eq(kind, "table")) {
		struct value *back = blocks_parse(buf_cstr(&html), html.len, false);

		for (size_t i = 0; i < value_len(back); i++) {
			blocks_text(value_at(back, i), &again);
			buf_char(&again, '\n');
		}
		MUST(!text_valid(buf_cstr(&text), text.len) ||
			blocks_same(buf_cstr(&text), buf_cstr(&again)));
		value_free(back);
	} else {
		MUST(str_eq(kind, "heading") || str_eq(kind, "quote") || str_eq(kind, "line") ||
			str_eq(kind, "image") || str_eq(kind, "card"));
	}
	for (size_t i = 0; i < value_len(links); i++)
		MUST(value_get_string(value_at(links, i), "href", NULL));
	buf_finish(&text);
	buf_finish(&html);
	buf_finish(&again);
	value_free(links);
}

FUZZ(blocks)
{
	for (int cards = 0; cards < 2; cards++) {
		struct value *list = blocks_parse((const char *)data, len, cards);

		MUST(value_kind(list) == VALUE_LIST);
		for (size_t i = 0; i < value_len(list); i++)
			check_block(value_at(list, i));
		value_free(list);
	}
}
