/* SPDX-License-Identifier: MIT */
/* The state of each version before, as tests/data/state-N.sql keeps it, is brought up. */
#include "unit.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store.h"

static char dir[64];
static struct store *s;

static const char *path_of(const char *name)
{
	static char paths[4][PATH_MAX];
	static int n;
	char *path = paths[n++ % 4];
	str_format_cut(path, PATH_MAX, "%s/%s", dir, name);
	return path;
}

static int set_up(void **state)
{
	(void)state;
	str_format_cut(dir, sizeof(dir), "/tmp/cpauto-upgrade-XXXXXX");
	assert_non_null(mkdtemp(dir));
	return dir_make(path_of("fresh"), 0700);
}

static int tear_down(void **state)
{
	(void)state;
	store_close(s);
	s = NULL;
	return dir_remove(dir);
}

static void open_in(const char *where)
{
	struct err e = { "" };
	store_close(s);
	s = NULL;
	if (store_open(where, where, STORE_DAEMON, &s, &e) < 0)
		fail_msg("%s: %s", where, e.text);
}

static void run(sqlite3 *db, const char *sql)
{
	char *why = NULL;
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %.200s", why, sql);
}

/* The whole number that SQL gives. */
static int number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st = NULL;
	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		fail_msg("%s: %.200s", sqlite3_errmsg(db), sql);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	int n = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return n;
}

/* The kept state of VERSION as the database NAME; false if none is kept. */
static bool unpack(int version, const char *name)
{
	char path[PATH_MAX], *text = NULL;
	size_t len;
	sqlite3 *db = NULL;
	str_format_cut(path, sizeof(path), TREE "/tests/data/state-%d.sql", version);
	if (file_read(path, 1 << 20, &text, &len) < 0)
		return false;
	assert_int_equal(sqlite3_open(path_of(name), &db), SQLITE_OK);
	run(db, text);
	free(text);
	assert_int_equal(number(db, "PRAGMA user_version"), version);
	sqlite3_close(db);
	return true;
}

static int current_version(void)
{
	sqlite3 *db = NULL;
	open_in(path_of("fresh"));
	store_close(s);
	s = NULL;
	assert_int_equal(sqlite3_open(path_of("fresh/state.db"), &db), SQLITE_OK);
	int version = number(db, "PRAGMA user_version");
	sqlite3_close(db);
	return version;
}

/* Tables, columns, indexes and rules are those of a state that this version made. */
static void assert_schema_as_fresh(sqlite3 *db)
{
	int fresh = number(db, "SELECT count(*) FROM fresh.sqlite_schema WHERE name NOT LIKE"
			       " 'sqlite_%'");
	assert_true(fresh > 10);
	assert_int_equal(number(db, "SELECT count(*) FROM main.sqlite_schema JOIN"
			" fresh.sqlite_schema f USING (type, name, sql) WHERE name NOT LIKE"
			" 'sqlite_%'"), fresh);
	assert_int_equal(number(db, "SELECT count(*) FROM main.sqlite_schema WHERE name NOT LIKE"
			" 'sqlite_%'"), fresh);
}

/* Each row that was there is there, with all that it said; a seal may be new. */
static void assert_rows_kept(sqlite3 *db)
{
	sqlite3_stmt *tables = NULL;
	int rows = 0;
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT t.name, group_concat(c.name) FROM"
			" old.sqlite_schema t, pragma_table_info(t.name, 'old') c"
			" WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND c.name != 'seal'"
			" GROUP BY t.name", -1, &tables, NULL), SQLITE_OK);
	while (sqlite3_step(tables) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(tables, 0);
		const char *columns = (const char *)sqlite3_column_text(tables, 1);
		char *sql = xasprintf("SELECT count(*) FROM (SELECT %s FROM old.%s EXCEPT"
				      " SELECT %s FROM main.%s)", columns, name, columns, name);
		if (number(db, sql) != 0)
			fail_msg("rows of %s are not as they were", name);
		free(sql);
		sql = xasprintf("SELECT (SELECT count(*) FROM old.%s) - (SELECT count(*) FROM"
				" main.%s)", name, name);
		assert_int_equal(number(db, sql), 0);
		free(sql);
		rows++;
	}
	sqlite3_finalize(tables);
	assert_true(rows >= 7);
}

static void check_version(int version)
{
	struct err e = { "" };
	sqlite3 *db = NULL;
	struct store *reader = NULL;
	(void)unlink(path_of("state.db"));
	(void)unlink(path_of("old.db"));
	if (!unpack(version, "state.db"))
		fail_msg("tests/data/state-%d.sql: every version needs one", version);
	assert_true(unpack(version, "old.db"));
	/* Who only reads or asks changes nothing. */
	assert_int_equal(store_open(dir, dir, STORE_READ, &reader, &e), -EPROTO);
	assert_int_equal(store_open(dir, dir, STORE_REQUEST, &reader, &e), -EPROTO);
	open_in(dir);
	assert_int_equal(store_verify(s), 0);
	store_close(s);
	s = NULL;

	assert_int_equal(sqlite3_open(path_of("state.db"), &db), SQLITE_OK);
	char *attach = xasprintf("ATTACH '%s' AS fresh; ATTACH '%s' AS old",
		path_of("fresh/state.db"), path_of("old.db"));
	run(db, attach);
	free(attach);
	assert_schema_as_fresh(db);
	assert_rows_kept(db);
	assert_int_equal(number(db, "PRAGMA user_version"),
		number(db, "PRAGMA fresh.user_version"));
	assert_int_equal(number(db, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
	sqlite3_close(db);
	/* The next start finds nothing more to do, and nothing damaged. */
	open_in(dir);
	assert_int_equal(store_verify(s), 0);
}

static void test_a_each_version_is_brought_up(void **state)
{
	(void)state;
	int current = current_version();
	assert_true(current >= 3);
	for (int version = 1; version < current; version++)
		check_version(version);
}

/* One that the daemon of this version made, kept for the day that it is an old one. */
static void test_the_newest_dump_is_read(void **state)
{
	(void)state;
	int current = current_version(), kept = 1;
	struct err e = { "" };
	while (kept < current && unpack(kept + 1, "newest.db")) {
		kept++;
		assert_int_equal(rename(path_of("newest.db"), path_of("state.db")), 0);
	}
	assert_true(kept >= current - 1);
	if (store_open(dir, dir, STORE_DAEMON, &s, &e) < 0)
		fail_msg("%s", e.text);
	struct store_account a;
	assert_int_equal(store_account_get(s, &a), 0);
	struct value *counts = NULL;
	assert_int_equal(store_post_counts(s, &counts), 0);
	assert_int_equal(value_get_int(counts, "published", 0), 2);
	assert_int_equal(value_get_int(counts, "refused", 0), 1);
	assert_int_equal(value_get_int(counts, "waiting", 0), 1);
	value_free(counts);
}

/* A version that is not known yet is left as it is. */
static void test_a_later_version_is_left_alone(void **state)
{
	(void)state;
	int current = current_version();
	struct err e = { "" };
	sqlite3 *db = NULL;
	char sql[64];
	assert_true(unpack(1, "state.db"));
	assert_int_equal(sqlite3_open(path_of("state.db"), &db), SQLITE_OK);
	str_format_cut(sql, sizeof(sql), "PRAGMA user_version = %d", current + 1);
	run(db, sql);
	sqlite3_close(db);
	assert_true(store_open(dir, dir, STORE_DAEMON, &s, &e) < 0);
	assert_non_null(strstr(e.text, "newer"));
	assert_int_equal(sqlite3_open(path_of("state.db"), &db), SQLITE_OK);
	assert_int_equal(number(db, "SELECT count(*) FROM posts"), 2);
	assert_int_equal(number(db, "PRAGMA user_version"), current + 1);
	sqlite3_close(db);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_each_version_is_brought_up),
		TEST(test_the_newest_dump_is_read),
		TEST(test_a_later_version_is_left_alone),
	};
	if (getenv("CPAUTO_TEST_FILTER"))
		cmocka_set_test_filter(getenv("CPAUTO_TEST_FILTER"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
