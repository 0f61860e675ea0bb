/* SPDX-License-Identifier: MIT */
/*
 * The disclosure gate on any page: what passes has the sentence to the letter in
 * its text; a long page takes no longer than a page of its length.
 */
#include "fuzz.h"

#include "gates.h"
#include "html.h"
#include "seen.h"

#define LONG (64 << 10)

static bool passes(const struct gates_report *r, const char *rule)
{
	for (size_t i = 0; i < r->count; i++)
		if (str_eq(r->results[i].rule, rule))
			return r->results[i].pass;
	fuzz_broken("a rule is missing", 0, rule);
}

static void check(const char *s, size_t len, bool is_html)
{
	struct gates_report r;
	bool pass = gates_lint(s, len, is_html, &r);
	bool all = true;

	for (size_t i = 0; i < r.count; i++) {
		all = all && r.results[i].pass;
		MUST(r.results[i].reason[0] && r.results[i].since);
		MUST(r.results[i].pass == !r.results[i].remedy[0]);
	}
	MUST(pass == all && pass == r.pass);
	if (!pass)
		return;
	MUST(passes(&r, "sentence"));
	/* It is there without any reading of ours: entities decoded, white space apart. */
	struct buf text;

	buf_init(&text, 4 * len + 64);
	html_decode(&text, s, len);
	char *flat = seen_squeeze(buf_cstr(&text), false);
	char *want = seen_squeeze("수수료를", false);

	MUST(strstr(flat, want));
	free(want);
	free(flat);
	buf_finish(&text);
}

FUZZ(lint)
{
	char *s = fuzz_string(data, len);

	check(s, len, true);
	check(s, len, false);
	gates_is_html(s, len);
	char *name = gates_name(s);

	MUST(name && fuzz_is_line(name));
	free(name);
	free(s);
	if (fuzz_is_one_in(data, len, 64)) {
		s = fuzz_repeat(data, len, LONG);
		check(s, LONG, true);
		free(s);
	}
}
