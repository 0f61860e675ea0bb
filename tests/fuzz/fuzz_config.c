/* SPDX-License-Identifier: MIT */
/* A configuration: what is printed of a good one loads again as the same; a bad one says why. */
#include "fuzz.h"

#include "config.h"
#include "show.h"
#include "syntax.h"

static struct config *load(const char *name, struct value *errors)
{
	char *path = xstrdup(fuzz_path(name));
	struct config *c = NULL;
	int r = config_load(path, &c, errors);

	MUST((r == 0) == (c != NULL) && r <= 0);
	MUST((r < 0) == (value_len(errors) > 0));
	for (size_t i = 0; i < value_len(errors); i++)
		MUST(fuzz_is_line(value_string(value_at(errors, i), NULL)));
	free(path);
	return c;
}

/* What C says, and its text as another file. */
static struct value *print(const struct config *c)
{
	struct value *v = show_value(c);
	struct buf out;

	buf_init(&out, 64 << 20);
	show_print(c, &out);
	MUST(!buf_failed(&out));
	fuzz_put("again.conf", buf_cstr(&out), out.len);
	buf_finish(&out);
	value_remove(v, "origins"); /* name the file */
	value_remove(v, "path");
	return v;
}

FUZZ(config)
{
	struct value *errors = value_new_list();
	char *text = fuzz_string(data, len);
	struct syntax_fault fault = { 0 };

	if (syntax_check(text, &fault) < 0)
		MUST(fault.line > 0 && *fault.text);
	free(text);
	fuzz_put("a.conf", data, len);
	struct config *c = load("a.conf", errors);

	if (c) {
		struct value *one = print(c);
		struct config *again = load("again.conf", errors);

		MUST(again);
		struct value *two = print(again);

		MUST(value_equal(one, two));
		MUST(c->budget.calls >= 1 && c->budget.window_ms > 0 && c->budget.margin_ms >= 0);
		MUST(c->budget.reserve >= 0 && c->budget.reserve < c->budget.calls);
		value_free(one);
		value_free(two);
		config_free(again);
		config_free(c);
	}
	value_free(errors);
}
