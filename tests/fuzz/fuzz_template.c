/* SPDX-License-Identifier: MIT */
/* A template and its data (JSON): nothing of the data reaches HTML unescaped. */
#include "fuzz.h"

#include "template.h"

static const struct template *find(void *ctx, const char *name)
{
	(void)name;
	return *(const struct template **)ctx;
}

static void look_at_names(const struct template *t)
{
	struct template_mention m;

	for (size_t i = 0; template_names(t, &i, &m);)
		MUST(m.name && m.line > 0 && strlen(m.name) <= TEMPLATE_NAME_MAX);
}

/* True if it was rendered; every template is its own partial. */
static bool render(const char *text, size_t len, const struct value *v, struct buf *out)
{
	struct template *t = NULL;
	struct err e = { "" };
	int r = template_parse("t", text, len, NULL, &t, &e);

	MUST((r == 0) == (t != NULL));
	if (r == 0) {
		const struct template_partials partials = { find, &t };

		look_at_names(t);
		r = template_render(t, v, &partials, out, &e);
	}
	if (r < 0)
		MUST(*e.text);
	template_free(t);
	return r == 0;
}

FUZZ(template)
{
	size_t n;
	char *text = fuzz_part(&data, &len, &n);
	struct value *v = fuzz_value((const char *)data, len);
	struct buf out;

	buf_init(&out, 1 << 16);
	render(text, n, v, &out);
	buf_finish(&out);
	/* Where the template has no < and no quote of its own, the page has none either. */
	for (size_t i = 0; i < n; i++)
		if (strchr("<\"'", text[i]))
			text[i] = '_';
	buf_init(&out, 1 << 16);
	if (render(text, n, v, &out))
		MUST(!strpbrk(buf_cstr(&out), "<\"'"));
	buf_finish(&out);
	value_free(v);
	free(text);
}
