/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <ctype.h>

#include "metrics.h"
#include "util.h"

/* A parser of the text format that takes nothing it need not take. */

struct sample {
	char name[96], labels[256];
	double value;
};

struct text {
	struct sample samples[200];
	size_t count;
	char family[96], type[16]; /* of the lines that follow */
	char families[64][96];
	size_t family_count;
};

static size_t name_length(const char *s)
{
	size_t n = 0;
	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return isdigit((unsigned char)s[0]) ? 0 : n;
}

/* {name="text",…}: the length, or the test fails. */
static size_t labels_length(const char *s)
{
	const char *p = s;
	if (*p != '{')
		return 0;
	do {
		size_t n = name_length(++p);
		assert_true(n > 0);
		p += n;
		assert_true(str_starts(p, "=\""));
		for (p += 2; *p != '"'; p++) {
			assert_true(*p && *p != '\n');
			if (*p == '\\')
				assert_non_null(strchr("\\\"n", *++p));
		}
		p++;
	} while (*p == ',');
	assert_int_equal(*p, '}');
	return (size_t)(p + 1 - s);
}

static void take_sample(struct text *t, const char *line)
{
	struct sample *s = &t->samples[t->count++];
	assert_true(t->count < ARRAY_LEN(t->samples));
	size_t n = name_length(line), l = labels_length(line + n);
	str_format_cut(s->name, sizeof(s->name), "%.*s", (int)n, line);
	str_format_cut(s->labels, sizeof(s->labels), "%.*s", (int)l, line + n);
	assert_int_equal(line[n + l], ' ');
	char *end;
	s->value = strtod(line + n + l + 1, &end);
	assert_int_equal(*end, '\0');
	/* All of a family stand together, below its two lines; no sample comes twice. */
	assert_string_equal(s->name, t->family);
	assert_true(str_eq(t->type, "counter") == str_ends(s->name, "_total"));
	for (size_t i = 0; i + 1 < t->count; i++)
		assert_false(str_eq(t->samples[i].name, s->name) &&
			str_eq(t->samples[i].labels, s->labels));
}

static void take_help(struct text *t, const char *line)
{
	size_t n = name_length(line);
	assert_int_equal(line[n], ' ');
	assert_true(line[n + 1] != '\0');
	str_format_cut(t->family, sizeof(t->family), "%.*s", (int)n, line);
	for (size_t i = 0; i < t->family_count; i++)
		assert_string_not_equal(t->families[i], t->family);
	str_format_cut(t->families[t->family_count++], sizeof(t->families[0]), "%s", t->family);
	t->type[0] = '\0';
}

static void take_type(struct text *t, const char *line)
{
	CLEANUP_FREE char *head = xasprintf("%s ", t->family);
	assert_true(str_starts(line, head));
	str_format_cut(t->type, sizeof(t->type), "%s", line + strlen(head));
	assert_true(str_eq(t->type, "gauge") || str_eq(t->type, "counter"));
}

static void parse(struct text *t, const char *text)
{
	CLEANUP_FREE char *copy = xstrdup(text);
	memset(t, 0, sizeof(*t));
	assert_true(str_ends(text, "\n"));
	for (char *line = copy, *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		if (str_starts(line, "# HELP "))
			take_help(t, line + strlen("# HELP "));
		else if (str_starts(line, "# TYPE "))
			take_type(t, line + strlen("# TYPE "));
		else
			take_sample(t, line);
	}
}

static void assert_sample(const struct text *t, const char *name, const char *labels, double value)
{
	for (size_t i = 0; i < t->count; i++) {
		if (!str_eq(t->samples[i].name, name) || !str_eq(t->samples[i].labels, labels))
			continue;
		assert_true(t->samples[i].value == value);
		return;
	}
	fail_msg("no %s%s", name, labels);
}

static bool has(const struct text *t, const char *name)
{
	for (size_t i = 0; i < t->family_count; i++)
		if (str_eq(t->families[i], name))
			return true;
	return false;
}

/* ---- a snapshot with everything in it ------------------------------------------------- */

static void fill(struct metrics *m)
{
	*m = (struct metrics){ .version = "1.2\"3", .up = true, .event_ms = 1795411920123,
		.calls_limit = 10, .calls_left = 7, .window_ms = 3600000,
		.calls = value_new_object(), .next_call_ms = 1795411925000, .blocked = true,
		.blocked_until_ms = 1795412000500, .stopped = true, .strikes = 2,
		.source_failures = 3, .keys_missing = true, .skew_ms = -250, .synced = true,
		.keywords = value_new_list(), .posts = value_new_object(),
		.oldest = value_new_object(), .publishers = value_new_list() };
	value_set_int(m->calls, "ok", 40);
	value_set_int(m->calls, "lost", 2);
	struct value *row = value_new_object();
	value_set_string(row, "list", "주방");
	value_set_int(row, "due", 5);
	value_append(m->keywords, row);
	value_set_int(m->posts, "parked", 1);
	value_set_int(m->oldest, "parked", 1795000000000);
	struct value *p = value_new_object();
	value_set_string(p, "name", "a\\b\"c\nd");
	value_set_int(p, "broken", 1);
	value_set_int(p, "failures", 4);
	value_set_int(p, "until_ms", 1795411920001);
	value_set_int(p, "last_ms", 1795411000000);
	value_set_int(p, "undelivered", 6);
	value_set_int(p, "oldest_ms", 1795000000000);
	value_append(m->publishers, p);
}

static void write_text(const struct metrics *m, struct text *t)
{
	struct buf b;
	buf_init(&b, 1u << 20);
	metrics_write(m, &b);
	parse(t, buf_cstr(&b));
	buf_finish(&b);
}

static void test_all(void **state)
{
	(void)state;
	static struct text t;
	struct metrics m;
	fill(&m);
	write_text(&m, &t);
	assert_sample(&t, "cpauto_build_info", "{version=\"1.2\\\"3\"}", 1);
	assert_sample(&t, "cpauto_last_event_timestamp_seconds", "", 1795411920.123);
	assert_sample(&t, "cpauto_budget_calls_used", "", 3);
	assert_sample(&t, "cpauto_budget_window_seconds", "", 3600);
	assert_sample(&t, "cpauto_calls_total", "{result=\"ok\"}", 40);
	assert_sample(&t, "cpauto_calls_total", "{result=\"blocked\"}", 0);
	assert_sample(&t, "cpauto_calls_total", "{result=\"lost\"}", 2);
	assert_sample(&t, "cpauto_server_clock_skew_seconds", "", -0.25);
	assert_sample(&t, "cpauto_keywords", "{list=\"주방\",state=\"due\"}", 5);
	assert_sample(&t, "cpauto_keywords", "{list=\"주방\",state=\"paused\"}", 0);
	assert_sample(&t, "cpauto_posts", "{state=\"parked\"}", 1);
	assert_sample(&t, "cpauto_posts", "{state=\"ready\"}", 0);
	assert_sample(&t, "cpauto_posts_oldest_timestamp_seconds", "{state=\"parked\"}", 1795000000);
	assert_sample(&t, "cpauto_publisher_undelivered_posts",
		"{publisher=\"a\\\\b\\\"c\\nd\"}", 6);
	/* Everything that can be told is told here, and nothing else. */
	size_t n = 0;
	for (; metrics_name(n); n++)
		if (!has(&t, metrics_name(n)))
			fail_msg("%s is not there", metrics_name(n));
	assert_int_equal(n, t.family_count);
	metrics_finish(&m);
}

/* What there is none of is left out, as is the time of the event for who compares. */
static void test_nothing(void **state)
{
	(void)state;
	static struct text t;
	struct metrics m = { .version = "1" };
	write_text(&m, &t);
	assert_false(has(&t, "cpauto_last_event_timestamp_seconds"));
	assert_false(has(&t, "cpauto_next_call_timestamp_seconds"));
	assert_false(has(&t, "cpauto_account_blocked_until_timestamp_seconds"));
	assert_false(has(&t, "cpauto_publisher_broken"));
	assert_sample(&t, "cpauto_up", "", 0);
	assert_sample(&t, "cpauto_posts", "{state=\"published\"}", 0);
}

/* ---- the alerts and the manual know the same names ------------------------------------- */

static char *read_tree(const char *name)
{
	CLEANUP_FREE char *path = xasprintf(TREE "/%s", name);
	char *text = NULL;
	if (file_read(path, 1 << 20, &text, NULL) < 0)
		fail_msg("%s cannot be read", path);
	return text;
}

static bool is_metric(const char *name, size_t n)
{
	for (size_t i = 0; metrics_name(i); i++)
		if (strlen(metrics_name(i)) == n && strncmp(metrics_name(i), name, n) == 0)
			return true;
	return false;
}

/* Every word that begins like a metric is one. */
static size_t assert_known(const char *file, const char *prefix)
{
	CLEANUP_FREE char *text = read_tree(file);
	size_t found = 0;
	for (const char *p = text; (p = strstr(p, prefix)); found++) {
		p += strlen(prefix) - strlen("cpauto_");
		size_t n = name_length(p);
		if (!is_metric(p, n))
			fail_msg("%s: there is no metric %.*s", file, (int)n, p);
		p += n;
	}
	return found;
}

static void test_alerts_are_about_what_is(void **state)
{
	(void)state;
	assert_true(assert_known("etc/monitoring/cpauto.rules.yml", "cpauto_") > 10);
	assert_true(assert_known("tests/data/cpauto.rules.test.yml", "cpauto_") > 10);
}

static void test_manual(void **state)
{
	(void)state;
	CLEANUP_FREE char *page = read_tree("man/cpautod.8");
	size_t n = 0;
	for (; metrics_name(n); n++) {
		CLEANUP_FREE char *item = xasprintf("\n.It Li %s\n", metrics_name(n));
		if (!strstr(page, item))
			fail_msg("man/cpautod.8 lacks:%s", item);
	}
	assert_int_equal(assert_known("man/cpautod.8", "\n.It Li cpauto_"), n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_alerts_are_about_what_is),
		cmocka_unit_test(test_manual),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
