/* SPDX-License-Identifier: MIT */
/* JSON: what is printed is read back as the same, compact and indented. */
#include "fuzz.h"

#include "json.h"
#include "text.h"

static void read_back(const struct value *v, bool pretty)
{
	char *text = json_string(v, pretty);

	if (!text)
		return;
	struct value *again = fuzz_value(text, strlen(text));

	MUST(text_valid(text, strlen(text)));
	MUST(again && value_equal(v, again));
	value_free(again);
	free(text);
}

FUZZ(json)
{
	struct value *v = NULL;
	struct err e = { "" };
	int r = json_parse((const char *)data, len, &v, &e);

	MUST((r < 0) == (v == NULL) || (r == 0 && len >= 4));
	if (r < 0)
		MUST(*e.text && fuzz_is_line(e.text));
	if (r == 0) {
		struct value *copy = value_copy(v);

		MUST(v == NULL || value_equal(v, copy));
		read_back(v, false);
		read_back(v, true);
		value_free(copy);
	}
	value_free(v);
}
