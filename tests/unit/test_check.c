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
	set(t->paths.credstore, t, "credstore");
	set(t->paths.units, t, "units");
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

/* What the unit will have, seen from outside of it. */
static const char no_keys[] =
	"lists = ( { name = \"a\"; keywords = [ \"전기포트\" ]; publisher = \"out\"; } );"
	"publishers = ( { name = \"out\"; agent = \"outbox\"; directory = \"posts\"; } );";

static void make_dirs(const struct check_test *t)
{
	static const char *const dirs[] = { "credstore", "credstore.encrypted", "units",
		"units/cpauto.service.d", "units/cpauto@two.service.d" };
	char path[PATH_MAX];
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		set(path, t, dirs[i]);
		assert_int_equal(dir_make(path, 0700), 0);
	}
}

static void assert_counts(struct check_test *t, size_t errors, size_t warnings)
{
	struct value *findings = check(t, false);
	assert_int_equal(check_count(findings, "error"), errors);
	assert_int_equal(check_count(findings, "warning"), warnings);
	value_free(findings);
}

static void test_credstore(void **state)
{
	struct check_test *t = *state;
	make_dirs(t);
	write_file(t, "c.conf", no_keys, 0600);
	write_file(t, "credstore/coupang.secret-key", "k\n", 0600);
	assert_one(t, "warning", "secrets", "no access key: put it in ");
	assert_one(t, "warning", "secrets", "/credstore/coupang.access-key (mode 0600, root's)");
	write_file(t, "credstore/coupang.access-key", "k\n", 0600);
	assert_counts(t, 0, 0);
	/* It goes before a file that is named, also where that is bad. */
	write_file(t, "c.conf", good, 0600);
	write_file(t, "key", "k\n", 0644);
	assert_counts(t, 0, 0);
	write_file(t, "credstore/coupang.access-key", "k\n", 0640);
	assert_one(t, "error", "secrets", "chmod 600");
	write_file(t, "credstore/coupang.access-key", "", 0600);
	assert_one(t, "error", "secrets", "is empty");
	/* In the service what it was given is all there is. */
	write_file(t, "c.conf", no_keys, 0600);
	t->paths.in_service = true;
	assert_counts(t, 0, 2);
}

static void test_encrypted_credentials(void **state)
{
	struct check_test *t = *state;
	make_dirs(t);
	write_file(t, "c.conf", no_keys, 0600);
	write_file(t, "credstore/coupang.secret-key", "k\n", 0600);
	write_file(t, "credstore.encrypted/coupang.access-key", "k\n", 0600);
	/* The unit has to be told to decrypt it. */
	assert_one(t, "warning", "secrets", "encrypted-keys.conf");
	CLEANUP_FREE char *dropin = xasprintf("[Service]\n LoadCredentialEncrypted="
		"coupang.access-key:%s.encrypted/coupang.access-key\n", t->paths.credstore);
	write_file(t, "units/cpauto.service.d/keys.conf", dropin, 0600);
	assert_counts(t, 0, 0);
}

static void test_credentials_of_an_account(void **state)
{
	struct check_test *t = *state;
	make_dirs(t);
	write_file(t, "c.conf", no_keys, 0600);
	write_file(t, "credstore/coupang.access-key", "k\n", 0600);
	write_file(t, "credstore/coupang.secret-key", "k\n", 0600);
	assert_counts(t, 0, 0);
	str_format_cut(t->paths.account, sizeof(t->paths.account), "two");
	assert_counts(t, 0, 2);
	write_file(t, "credstore/two.coupang.access-key", "k\n", 0600);
	assert_one(t, "warning", "secrets", "/credstore/two.coupang.secret-key");
	write_file(t, "units/cpauto@two.service.d/keys.conf",
		"LoadCredential=coupang.secret-key:%i.other", 0600);
	assert_one(t, "error", "secrets", "/credstore/two.other: No such file");
	write_file(t, "credstore/two.other", "k\n", 0600);
	assert_counts(t, 0, 0);
}

static void test_a_publishers_credential(void **state)
{
	struct check_test *t = *state;
	make_dirs(t);
	CLEANUP_FREE char *text = xasprintf("%.*s password_file = \"nowhere\"; } );",
		(int)(strlen(good) - strlen(" } );")), good);
	write_file(t, "c.conf", text, 0600);
	assert_one(t, "error", "secrets", "nowhere: no such file");
	write_file(t, "credstore/out.password", "k\n", 0600);
	/* The unit does not look for it by itself. */
	assert_one(t, "error", "secrets", "nowhere: no such file");
	write_file(t, "units/cpauto.service.d/blog.conf",
		"[Service]\nLoadCredential=out.password:out.password\n", 0600);
	assert_counts(t, 0, 0);
}

static void test_metrics_file(void **state)
{
	struct check_test *t = *state;
	CLEANUP_FREE char *text =
		xasprintf("%s monitoring: { metrics_file = \"no/x.prom\"; };", good);
	write_file(t, "c.conf", text, 0600);
	assert_one(t, "warning", "monitoring", "/no; make it");
	CLEANUP_FREE char *other =
		xasprintf("%s monitoring: { metrics_file = \"x.txt\"; };", good);
	write_file(t, "c.conf", other, 0600);
	assert_one(t, "warning", "monitoring", "end in .prom");
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
		WITH_CHECK(test_credstore),
		WITH_CHECK(test_encrypted_credentials),
		WITH_CHECK(test_credentials_of_an_account),
		WITH_CHECK(test_a_publishers_credential),
		WITH_CHECK(test_metrics_file),
		WITH_CHECK(test_agents_are_asked_only_if_wished),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
