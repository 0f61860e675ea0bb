/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "paths.h"

#include <unistd.h>

struct row {
	const char *state_env, *cache_env, *runtime_env; /* NULL: unset */
	struct paths_wish wish;
	const char *state, *cache, *runtime;
};

static const struct row rows[] = {
	{ NULL, NULL, NULL, { 0 }, "/var/lib/cpauto", "/var/cache/cpauto", "/run/cpauto" },
	{ "", "", "", { 0 }, "/var/lib/cpauto", "/var/cache/cpauto", "/run/cpauto" },
	{ "/s", "/c", "/r", { 0 }, "/s", "/c", "/r" },
	{ "/s:/t", "/c:/d", "/r:/q", { 0 }, "/s", "/c", "/r" },
	{ "/s", NULL, NULL, { 0 }, "/s", "/var/cache/cpauto", "/run/cpauto" },
	{ "/s", "/c", "/r", { .state = "/a", .cache = "/b" }, "/a", "/b", "/r" },
	{ NULL, NULL, NULL, { .state = "/a/" }, "/a", "/a", "/a" },
	{ NULL, NULL, NULL, { .state = "/var/lib/cpauto" }, "/var/lib/cpauto",
		"/var/cache/cpauto", "/run/cpauto" },
	{ NULL, NULL, NULL, { .state = "/var/lib/cpauto/two" }, "/var/lib/cpauto/two",
		"/var/cache/cpauto/two", "/run/cpauto/two" },
	{ NULL, NULL, NULL, { .state = "/var/lib/cpautox" }, "/var/lib/cpautox",
		"/var/lib/cpautox", "/var/lib/cpautox" },
	{ "/s", "/c", "/r", { .account = "two" }, "/var/lib/cpauto/two",
		"/var/cache/cpauto/two", "/run/cpauto/two" },
	{ "/s", "/c", "/r", { .account = "two", .cache = "/x" }, "/var/lib/cpauto/two", "/x",
		"/run/cpauto/two" },
};

static void set_env(const char *name, const char *value)
{
	if (value)
		assert_int_equal(setenv(name, value, 1), 0);
	else
		assert_int_equal(unsetenv(name), 0);
}

static void test_data(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct paths p;
		struct err e;
		set_env("STATE_DIRECTORY", rows[i].state_env);
		set_env("CACHE_DIRECTORY", rows[i].cache_env);
		set_env("RUNTIME_DIRECTORY", rows[i].runtime_env);
		assert_int_equal(paths_find(&p, &rows[i].wish, &e), 0);
		assert_string_equal(p.state, rows[i].state);
		assert_string_equal(p.cache, rows[i].cache);
		assert_string_equal(p.runtime, rows[i].runtime);
	}
}

static void test_relative(void **state)
{
	(void)state;
	struct paths p;
	struct err e;
	char here[PATH_MAX], want[PATH_MAX];
	assert_non_null(getcwd(here, sizeof(here)));
	struct paths_wish w = { .state = "some/where//", .agents = "ag" };
	assert_int_equal(paths_find(&p, &w, &e), 0);
	assert_int_equal(str_format(want, sizeof(want), "%s/some/where", here), 0);
	assert_string_equal(p.state, want);
	assert_int_equal(str_format(want, sizeof(want), "%s/ag", here), 0);
	assert_string_equal(p.agents, want);
}

/* This test does not stand beside a folder "agents", so it is like an installed program. */
static void test_installed(void **state)
{
	(void)state;
	struct paths p;
	struct err e;
	assert_int_equal(paths_find(&p, NULL, &e), 0);
	assert_false(p.in_tree);
	assert_string_equal(p.agents, LIBEXECDIR "/cpauto/agents");
	assert_string_equal(p.templates[0], SYSCONFDIR "/cpauto/templates");
	assert_string_equal(p.templates[1], DATADIR "/cpauto/templates");
}

static void test_too_long(void **state)
{
	(void)state;
	struct paths p;
	struct err e;
	char *s = xcalloc(1, PATH_MAX + 10);
	memset(s, 'x', PATH_MAX + 8);
	struct paths_wish w = { .state = s };
	assert_true(paths_find(&p, &w, &e) < 0);
	assert_non_null(strstr(e.text, "too long"));
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_relative),
		cmocka_unit_test(test_installed),
		cmocka_unit_test(test_too_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
