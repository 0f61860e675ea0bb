/* SPDX-License-Identifier: MIT */
/*
 * Products as a source gave them, the keyword before them: what the shipped
 * templates make of them is in the safe profile and has the disclosure in front.
 */
#include "fuzz.h"

#include "clock.h"
#include "gates.h"
#include "html.h"
#include "render.h"
#include "text.h"

/* The agent passes on nothing else; where it does all the same, the gate of hosts stands. */
static bool are_ours(const struct render_input *in)
{
	struct err e;
	bool ours = str_empty(in->search_link) ||
		gates_url_ok(in->search_link, GATES_LINK, NULL, &e);

	for (size_t i = 0; i < value_len(in->products); i++) {
		const struct value *p = value_at(in->products, i);
		const char *image = value_get_string(p, "productImage", "");

		ours = ours && gates_url_ok(value_get_string(p, "productUrl", ""), GATES_LINK, NULL,
			&e) && (!*image || gates_url_ok(image, GATES_IMAGE, NULL, &e));
	}
	return ours;
}

static void check(const struct value *post, const struct render_input *in)
{
	const char *html = value_get_string(post, "html", "");
	struct gates_input gi = { .post = post, .products = in->products,
		.search_link = in->search_link, .keyword = in->keyword, .fetched_ms = FUZZ_NOW,
		.now_ms = FUZZ_NOW + 60000, .ttl_ms = 86400000 };
	struct gates_report report;
	struct err e = { "" };

	int r = html_profile_check(html, strlen(html), &e);

	gates_check(&gi, &report);
	if (!are_ours(in)) {
		MUST(r == 0 || !report.pass);
		return;
	}
	if (r < 0)
		fuzz_broken("safe profile", 0, e.text);
	for (size_t i = 0; i < report.count; i++) {
		const struct gates_result *g = &report.results[i];

		/* A name may hold what a post must not claim, or a price: that is for the gate. */
		if (!g->pass && !str_eq(g->rule, "claims") && !str_eq(g->rule, "facts"))
			fuzz_broken(g->rule, 0, g->reason);
	}
	MUST(strstr(value_get_string(post, "title", ""), "\n") == NULL);
	MUST(text_valid(value_get_string(post, "markdown", ""),
		strlen(value_get_string(post, "markdown", ""))));
}

FUZZ(render)
{
	static const char *const names[] = { "roundup", "best3", "single" };
	struct config_list list = { .name = (char[]){ "k" }, .limit = 10 };
	char *raw = fuzz_part(&data, &len, NULL), *keyword = NULL;
	struct value *answer = fuzz_value((const char *)data, len);
	struct err e = { "" };

	MUST(clock_set_zone("Asia/Seoul") == 0);
	/* As config.c and keywords.c have them. */
	if (answer && text_clean(raw, &keyword) == 0 && strlen(keyword) <= 200) {
		struct render_input in = { .keyword = keyword, .list = &list,
			.template = names[strlen(keyword) % ARRAY_LEN(names)],
			.products = value_get(answer, "products"),
			.search_link = value_get_string(answer, "landing_url", ""),
			.fetched_ms = FUZZ_NOW, .now_ms = FUZZ_NOW + 60000 };
		struct value *post = NULL;

		if (render_post(fuzz_templates(), &in, &post, &e) == 0)
			check(post, &in);
		else
			MUST(*e.text);
		value_free(post);
	}
	free(keyword);
	free(raw);
	value_free(answer);
}
