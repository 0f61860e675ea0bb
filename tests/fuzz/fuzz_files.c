/* SPDX-License-Identifier: MIT */
/* Files that an owner writes by hand: keywords, a token or key, selectors; and the texts in them. */
#include "fuzz.h"

#include <sys/stat.h>

#include "keywords.h"
#include "korean.h"
#include "naver-token.h"
#include "selectors.h"
#include "settings.h"
#include "similar.h"
#include "text.h"

static void keywords(const char *path)
{
	struct keywords k;
	struct report r = { .errors = value_new_list(), .warnings = value_new_list() };
	size_t count;

	keywords_init(&k, 100);
	keywords_add_file(&k, path, (struct place){ "c.conf", 1 }, &r);
	char **items = keywords_steal(&k, &count);

	MUST(count <= 100);
	for (size_t i = 0; i < count; i++) {
		char *clean = NULL, *fold = NULL, *twice = NULL;

		MUST(strlen(items[i]) <= CONFIG_KEYWORD_BYTES_MAX && fuzz_is_line(items[i]));
		MUST(text_clean(items[i], &clean) == 0 && str_eq(clean, items[i]));
		MUST(text_fold(items[i], &fold) == 0 && text_fold(fold, &twice) == 0);
		MUST(str_eq(fold, twice));
		free(clean);
		free(fold);
		free(twice);
		free(items[i]);
	}
	free(items);
	keywords_finish(&k);
	value_free(r.errors);
	value_free(r.warnings);
}

static void token(const char *path)
{
	struct value *config = value_new_object(), *answer = value_new_object();
	struct naver_token t;

	MUST(chmod(path, 0600) == 0 && setenv("CPAUTO_SECRET_ACCESS_TOKEN", path, 1) == 0);
	naver_token_init(&t);
	/* It becomes a header: no other line can be hidden in it. */
	if (naver_token_get(config, &t, answer) == 0)
		MUST(*t.access && !strpbrk(t.access, " \t\r\n") && strlen(t.access) <= 4096);
	else
		MUST(fuzz_is_line(value_get_string(answer, "reason", "\n")));
	naver_token_finish(&t);
	value_free(config);
	value_free(answer);
}

static void durations(const char *s)
{
	char text[64];
	int64_t ms, again;

	if (parse_duration(s, &ms) < 0)
		return;
	format_duration(ms, text, sizeof(text));
	MUST(ms >= 0 && parse_duration(text, &again) == 0 && again == ms);
}

static void texts(const char *s, size_t len)
{
	char sketch[SIMILAR_SKETCH_LEN + 1];

	durations(s);
	similar_sketch(s, len, sketch);
	MUST(strlen(sketch) <= SIMILAR_SKETCH_LEN);
	if (strlen(sketch) == SIMILAR_SKETCH_LEN)
		MUST(similar_percent(sketch, sketch) == 100);
	for (int p = 0; p < KOREAN_PARTICLES; p++)
		MUST(*korean_josa(s, (enum korean_particle)p));
	if (text_valid(s, len)) {
		MUST(text_prefix_count(s, text_count(s)) == len);
		MUST(text_prefix(s, 10) <= len);
	}
}

FUZZ(files)
{
	char *path = xstrdup(fuzz_path("file")), *s = fuzz_string(data, len);
	struct selectors sel = { { NULL } };
	struct err e = { "" };

	fuzz_put("file", data, len);
	keywords(path);
	token(path);
	if (selectors_read(&sel, "f", s, len, &e) < 0)
		MUST(str_starts(e.text, "f:") && text_valid(e.text, strlen(e.text)));
	selectors_finish(&sel);
	texts(s, strlen(s));
	free(s);
	free(path);
}
