/* SPDX-License-Identifier: MIT */
#include "replay.h"

#include <errno.h>
#include <glob.h>

#include "json.h"
#include "seed.h"
#include "value.h"

#define BODY_MAX (8u << 20)

struct body {
	char *text;
	size_t len;
	char *keyword; /* of its first product; NULL if there is none */
	bool empty;
};

struct replay {
	struct body *bodies; /* in the order of their names */
	size_t count;
};

static char *keyword_of(const struct body *b)
{
	struct value *v = NULL;
	const struct value *products;
	char *keyword;

	/* What is no JSON is served all the same: somebody wants to see what happens. */
	if (json_parse(b->text, b->len, &v, NULL))
		return NULL;
	products = value_get(value_get(v, "data"), "productData");
	keyword = xstrdup(value_get_string(value_at(products, 0), "keyword", NULL));
	value_free(v);
	return keyword;
}

static int add_body(struct replay *r, const char *path, struct err *e)
{
	struct body b = { .empty = str_ends(path, ".reconstructed.json") };
	int code = file_read(path, BODY_MAX, &b.text, &b.len);

	if (code)
		return err_set(e, code, "%s: %s", path, strerror(-code));
	b.keyword = keyword_of(&b);
	r->bodies = xreallocarray(r->bodies, r->count + 1, sizeof(*r->bodies));
	r->bodies[r->count++] = b;
	return 0;
}

static size_t count_real(const struct replay *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->count; i++)
		n += !r->bodies[i].empty;
	return n;
}

int replay_load(const char *directory, struct replay **ret, struct err *e)
{
	CLEANUP_FREE char *pattern = xasprintf("%s/search-*.json", directory);
	struct replay *r = xcalloc(1, sizeof(*r));
	glob_t found;
	int code = 0;

	if (!glob(pattern, 0, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc && !code; i++)
			code = add_body(r, found.gl_pathv[i], e);
	globfree(&found);
	if (!code && !count_real(r))
		code = err_set(e, -ENOENT, "%s: no search-*.json in there to replay", directory);
	if (code)
		replay_free(r);
	else
		*ret = r;
	return code;
}

void replay_free(struct replay *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++) {
		free(r->bodies[i].text);
		free(r->bodies[i].keyword);
	}
	free(r->bodies);
	free(r);
}

static const char *text_of(const struct body *b, size_t *len)
{
	*len = b->len;
	return b->text;
}

const char *replay_find(const struct replay *r, const char *keyword, size_t *len)
{
	uint64_t turn = seed_of(keyword, strlen(keyword)) % count_real(r);

	for (size_t i = 0; i < r->count; i++)
		if (!r->bodies[i].empty && str_eq(r->bodies[i].keyword, keyword))
			return text_of(&r->bodies[i], len);
	for (size_t i = 0; i < r->count; i++)
		if (!r->bodies[i].empty && turn-- == 0)
			return text_of(&r->bodies[i], len);
	return NULL;
}

const char *replay_empty(const struct replay *r, size_t *len)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->bodies[i].empty)
			return text_of(&r->bodies[i], len);
	return NULL;
}
