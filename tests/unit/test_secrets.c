/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <unistd.h>

#include "secrets.h"

static char dir[] = "/tmp/cpauto-secrets-XXXXXX";

static void put(const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);
	assert_int_equal(file_write_atomic(path, "x", 1, 0600), 0);
	free(path);
}

static void test_which_file(void **state)
{
	(void)state;
	put("coupang.access-key");
	const struct {
		const char *dir, *credential, *fallback;
		const char *want; /* "+" = the credential's file */
	} cases[] = {
		{ dir, "coupang.access-key", "/etc/key", "+" },
		{ dir, "coupang.access-key", "", "+" },
		{ dir, "coupang.secret-key", "/etc/key", "/etc/key" },
		{ dir, "coupang.secret-key", "", "" },
		{ dir, "coupang.secret-key", NULL, "" },
		{ NULL, "coupang.access-key", "/etc/key", "/etc/key" },
		{ "", "coupang.access-key", "/etc/key", "/etc/key" },
		{ "/nonexistent", "coupang.access-key", "/etc/key", "/etc/key" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *path = secrets_path(cases[i].dir, cases[i].credential, cases[i].fallback);
		if (str_eq(cases[i].want, "+")) {
			assert_true(str_starts(path, dir));
			assert_true(str_ends(path, "/coupang.access-key"));
		} else {
			assert_string_equal(path, cases[i].want);
		}
		free(path);
	}
}

static void test_a_list_for_an_agent(void **state)
{
	(void)state;
	struct secrets s;
	secrets_init(&s);
	secrets_add(&s, "access-key", dir, "coupang.access-key", "");
	secrets_add(&s, "secret-key", dir, "coupang.secret-key", "");
	secrets_add(&s, "other", NULL, "x", "/etc/other");
	assert_int_equal(s.count, 2);
	assert_true(str_starts(s.items[0], "access-key=/"));
	assert_string_equal(s.items[1], "other=/etc/other");
	assert_null(s.items[2]);
	/* More than there is room for are left out, and the list still ends. */
	for (int i = 0; i < 2 * SECRETS_MAX; i++)
		secrets_add(&s, "more", NULL, "x", "/etc/more");
	assert_int_equal(s.count, SECRETS_MAX);
	assert_null(s.items[SECRETS_MAX]);
	secrets_finish(&s);
	assert_int_equal(s.count, 0);
	assert_null(s.items[0]);
	secrets_finish(&s);
}

static void test_of_a_publisher(void **state)
{
	(void)state;
	struct value *settings = value_new_object();
	value_set_string(settings, "directory", "/var/out");
	value_set_string(settings, "password_file", "/etc/password");
	value_set_string(settings, "token_file", "/etc/token");
	value_set_string(settings, "empty_file", "");
	value_set_int(settings, "number_file", 5);
	put("blog.token");
	struct secrets s;
	secrets_init(&s);
	secrets_add_settings(&s, "blog", dir, settings);
	assert_int_equal(s.count, 2);
	assert_string_equal(s.items[0], "password=/etc/password");
	assert_true(str_starts(s.items[1], "token=/tmp/"));
	assert_true(str_ends(s.items[1], "/blog.token"));
	secrets_finish(&s);
	secrets_add_settings(&s, "blog", dir, NULL);
	assert_int_equal(s.count, 0);
	secrets_finish(&s);
	value_free(settings);
}

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	return dir_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which_file),
		cmocka_unit_test(test_a_list_for_an_agent),
		cmocka_unit_test(test_of_a_publisher),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
