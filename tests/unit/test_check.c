/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "check.h"

#include <sys/stat.h>
#include <unistd.h>

static const char good[] =
	"coupang: { endpoint = \"http://127.0.0.1:1\"; access_key_file = \"key\";"
	" secret_key_file = \"key\"; };"
	"lists = ( { name = \"a\"; keywords = [ \"전기포트\" ]; publisher = \"out\"; } );"
	"publishers = ( { name = \"out\"; agent = \"outbox\"; directory = \"posts\"; } );";

struct check_test {
	char dir[64];
	struct paths paths;
	struct instant now;
};

static void write_file(
	const struct check_test *t, const char *name, const char *text, unsigned mode)
{
	char path[PATH_MAX];
	assert_int_equal(str_format(path, sizeof(path), "%s/%s", t->dir, name), 0);
	assert_int_equal(file_write_atomic(path, text, strlen(text), mode), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void set(char out[PATH_MAX], const struct check_test *t, const char *name)
{
	assert_int_equal(str_format(out, PATH_MAX, "%s/%s", t->dir, name), 0);
}

static int setup(void **state)
{
	struct check_test *t = xcalloc(1, sizeof(*t));
	assert_int_equal(str_format(t->dir, sizeof(t->dir), "/tmp/cpauto-check-XXXXXX"), 0);
	assert_non_null(mkdtemp(t->dir));
	set(t->paths.state, t, "state");
	set(t->paths.cache, t, "cache");
	set(t->paths.agents, t, "agents");
	assert_int_equal(
		str_format(t->paths.templates[1], PATH_MAX, "%s", TREE "/etc/templates"), 0);
	assert_int_equal(dir_make(t->paths.agents, 0700), 0);
	assert_int_equal(dir_make(t->paths.state, 0700), 0);
	write_file(t, "c.conf", good, 0600);
	write_file(t, "key", "k\n", 0600);
	write_file(t, "agents/coupang", "#!/bin/sh\n", 0700);
	write_file(t, "agents/outbox",
		"#!/bin/sh\ncat >/dev/null\necho "
		"'{\"v\":1,\"result\":\"broken\",\"reason\":\"log in first\"}'\n",
		0700);
	clock_now(&t->now);
	t->now.synced = true;
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct check_test *t = *state;
	int r = dir_remove(t->dir);
	free(t);
	return r;
}

static struct value *check(struct check_test *t, bool ask_agents)
{
	char path[PATH_MAX];
	set(path, t, "c.conf");
	struct check_input in = {
		.config_path = path,
		.paths = &t->paths,
		.now = &t->now,
		.ask_agents = ask_agents,
	};
	return check_run(&in);
}

/* Exactly one finding of LEVEL, about THING, whose text has PART in it. */
static void assert_one(
	struct check_test *t, const char *level, const char *thing, const char *part)
{
	struct value *findings = check(t, false);
	size_t n = 0;
	for (size_t i = 0; i < value_len(findings); i++) {
		const struct value *f = value_at(findings, i);
		if (!str_eq(value_get_string(f, "level", ""), level))
			continue;
		n++;
		if (!str_eq(value_get_string(f, "thing", ""), thing) ||
			!strstr(value_get_string(f, "text", ""), part))
			fail_msg("%s: %s", value_get_string(f, "thing", ""),
				value_get_string(f, "text", ""));
	}
	assert_int_equal(n, 1);
	assert_int_equal(check_count(findings, level), 1);
	value_free(findings);
}

static void test_all_is_well(void **state)
{
	struct check_test *t = *state;
	struct value *findings = check(t, false);
	assert_int_equal(check_count(findings, "error"), 0);
	assert_true(check_count(findings, "ok") >= 6);
	value_free(findings);
	/* And nothing was made. */
	assert_int_equal(rmdir(t->paths.state), 0);
	assert_int_equal(access(t->paths.cache, F_OK), -1);
}

static void test_one_fault_each(void **state)
{
	struct check_test *t = *state;
	write_file(t, "key", "k\n", 0644);
	struct value *findings = check(t, false);
	assert_int_equal(check_count(findings, "error"), 2);
	value_free(findings);
	write_file(t, "key", "k\n", 0600);
	write_file(t, "agents/outbox", "x", 0600);
	assert_one(t, "error", "agents", "cannot be executed");
	write_file(t, "agents/outbox", "x", 0700);
	write_file(t, "state/state.db", "this is no database, but long enough to look like one",
		0600);
	assert_one(t, "error", "state", "state.db");
	write_file(t, "state/state.db", "", 0600);
	write_file(t, "c.conf", "budget: { calls = 0; };", 0600);
	findings = check(t, false);
	assert_true(check_count(findings, "error") >= 1);
	value_free(findings);
}

static void test_warnings(void **state)
{
	struct check_test *t = *state;
	struct value *findings = check(t, false);
	size_t before = check_count(findings, "warning");
	value_free(findings);
	t->now.synced = false;
	findings = check(t, false);
	assert_int_equal(check_count(findings, "warning"), before + 1);
	value_free(findings);
}

static void test_agents_are_asked_only_if_wished(void **state)
{
	struct check_test *t = *state;
	struct value *findings = check(t, true);
	assert_int_equal(check_count(findings, "error"), 1);
	bool said = false;
	for (size_t i = 0; i < value_len(findings); i++)
		said = said ||
			strstr(value_get_string(value_at(findings, i), "text", ""),
				"log in first");
	assert_true(said);
	value_free(findings);
}

#define WITH_CHECK(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_CHECK(test_all_is_well),
		WITH_CHECK(test_one_fault_each),
		WITH_CHECK(test_warnings),
		WITH_CHECK(test_agents_are_asked_only_if_wished),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
