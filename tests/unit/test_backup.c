/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store.h"

/* 2026-11-23 14:32 in Seoul */
#define NOW INT64_C(1795411920000)
#define HOUR INT64_C(3600000)

static char dir[64];
static struct store *s;

static struct instant at(int64_t ms)
{
	struct instant t = { .wall_ms = NOW + ms, .boot_ms = 1000000 + ms, .synced = true };
	str_format_cut(t.boot_id, sizeof(t.boot_id), "11111111-2222-3333-4444-555555555555");
	return t;
}

static const char *path_of(const char *name)
{
	static char paths[4][PATH_MAX];
	static int n;
	char *path = paths[n++ % 4];
	str_format_cut(path, PATH_MAX, "%s/%s", dir, name);
	return path;
}

static void open_it(void)
{
	struct err e = { "" };
	if (store_open(dir, path_of("cache"), STORE_DAEMON, &s, &e) < 0)
		fail_msg("%s", e.text);
}

static void close_it(void)
{
	store_close(s);
	s = NULL;
}

static int set_up(void **state)
{
	(void)state;
	str_format_cut(dir, sizeof(dir), "/tmp/cpauto-backup-XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(dir_make(path_of("cache"), 0700), 0);
	open_it();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	close_it();
	return dir_remove(dir);
}

/* Statements on a file, as a person with sqlite3 would. */
static void sql(const char *file, const char *text)
{
	sqlite3 *db = NULL;
	char *why = NULL;
	assert_int_equal(sqlite3_open(path_of(file), &db), SQLITE_OK);
	if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s", why);
	sqlite3_close(db);
}

static size_t files_in_dir(void)
{
	size_t n = 0;
	DIR *d = opendir(dir);
	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void call(int64_t ms)
{
	struct instant now = at(ms);
	int64_t id;
	assert_int_equal(store_call_begin(s, &now, "search", "l", "k", &id), 0);
	assert_int_equal(store_call_end(s, id, &now, "ok", NULL, 1), 0);
}

static int64_t post(const char *key, const char *state)
{
	int64_t id;
	struct instant now = at(0);
	struct store_post_new p = { .key = key, .list = "l", .keyword = key, .folded = key,
		.publisher = "blog", .products = "1", .period = "today", .now_ms = NOW };
	assert_int_equal(store_post_add(s, &p, &id), 0);
	if (str_eq(state, POST_PLANNED))
		return id;
	struct value *v = value_new_object();
	value_set_string(v, "title", key);
	value_set_string(v, "html", "<p>x</p>");
	assert_int_equal(store_post_rendered(s, id, v, NOW, NOW), 0);
	value_free(v);
	if (str_eq(state, POST_SENDING)) {
		assert_int_equal(
			store_post_move(s, id, POST_RENDERED, POST_READY, NOW, NOW, NULL), 0);
		assert_int_equal(store_post_sending(s, id, &now), 0);
	} else if (!str_eq(state, POST_RENDERED)) {
		assert_int_equal(store_post_move(s, id, POST_RENDERED, state, NOW, NOW, "why"), 0);
	}
	return id;
}

static int back_up(bool force, struct value **ret, struct err *e)
{
	struct value *v = NULL;
	int r = store_backup(dir, path_of("b.db"), force, ret ? ret : &v, e);
	value_free(v);
	return r;
}

static int put_back(const char *file, struct value **ret, struct err *e)
{
	struct value *v = NULL;
	struct instant now = at(HOUR);
	int r = store_restore(dir, path_of(file), &now, 10, ret ? ret : &v, e);
	value_free(v);
	return r;
}

/* ---- backup ----------------------------------------------------------------------- */

static void test_a_backup_of_a_running_state(void **state)
{
	(void)state;
	struct err e = { "" };
	struct stat st;
	struct value *v = NULL;
	call(0);
	call(1000);
	post("a", POST_READY);
	assert_int_equal(back_up(false, &v, &e), 0);
	assert_int_equal(value_get_int(v, "calls", -1), 2);
	assert_int_equal(value_get_int(v, "posts", -1), 1);
	assert_int_equal(value_get_int(v, "published", -1), 0);
	assert_int_equal(value_get_int(v, "last_ms", -1), NOW + 1000);
	value_free(v);
	assert_int_equal(stat(path_of("b.db"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	/* What comes after is not in it. */
	call(2000);
	size_t files = files_in_dir();
	assert_int_equal(back_up(false, NULL, &e), -EEXIST);
	assert_non_null(strstr(e.text, "--force"));
	assert_int_equal(back_up(true, &v, &e), 0);
	assert_int_equal(value_get_int(v, "calls", -1), 3);
	value_free(v);
	assert_int_equal(files_in_dir(), files);
}

static void test_a_backup_that_cannot_be(void **state)
{
	(void)state;
	struct err e = { "" };
	struct value *v = NULL;
	assert_int_equal(store_backup(dir, path_of("no/b.db"), false, &v, &e), -ENOENT);
	assert_int_equal(store_backup(dir, path_of("state.db"), true, &v, &e), -EEXIST);
	assert_int_equal(store_backup(path_of("cache"), path_of("b.db"), false, &v, &e), -ENOENT);
	/* One that is damaged is no backup, and what was there before stays. */
	call(0);
	assert_int_equal(back_up(false, NULL, &e), 0);
	close_it();
	sql("state.db", "UPDATE calls SET taken_wall = taken_wall + 1");
	size_t files = files_in_dir();
	assert_int_equal(back_up(true, NULL, &e), -EUCLEAN);
	assert_non_null(strstr(e.text, "cpauto restore"));
	assert_int_equal(files_in_dir(), files);
	assert_int_equal(put_back("b.db", NULL, &e), 0);
	open_it();
	assert_null(v);
}

/* ---- restore ---------------------------------------------------------------------- */

static void test_nothing_is_restored_under_a_daemon(void **state)
{
	(void)state;
	struct err e = { "" };
	assert_int_equal(back_up(false, NULL, &e), 0);
	size_t files = files_in_dir();
	assert_int_equal(put_back("b.db", NULL, &e), -EBUSY);
	assert_non_null(strstr(e.text, "systemctl stop cpauto"));
	assert_int_equal(files_in_dir(), files);
}

static void test_what_is_no_backup(void **state)
{
	(void)state;
	static const struct {
		const char *what, *sql;
		int want;
	} cases[] = {
		{ "another program's", "PRAGMA application_id = 1", -EUCLEAN },
		{ "a newer version's", "PRAGMA user_version = 99", -EPROTO },
		{ "a call that fell over", "UPDATE calls SET ended_boot = ended_boot - 1024",
			-EUCLEAN },
		{ "a post that fell over", "UPDATE posts SET key = 'b' WHERE key = 'a'", -EUCLEAN },
		{ "a table less", "DROP TABLE requests", -EUCLEAN },
		{ "another index", "CREATE INDEX more ON posts (title)", -EUCLEAN },
	};
	struct err e = { "" };
	call(0);
	post("a", POST_READY);
	close_it();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		open_it();
		assert_int_equal(back_up(true, NULL, &e), 0);
		close_it();
		sql("b.db", cases[i].sql);
		size_t files = files_in_dir();
		int r = put_back("b.db", NULL, &e);
		if (r != cases[i].want)
			fail_msg("%s: %d, %s", cases[i].what, r, e.text);
		assert_non_null(strstr(e.text, "nothing was changed"));
		assert_null(strchr(e.text, '\n'));
		assert_int_equal(files_in_dir(), files);
	}
	assert_int_equal(put_back("none.db", NULL, &e), -ENOENT);
	assert_int_equal(put_back("state.db", NULL, &e), -EEXIST);
	assert_int_equal(file_write_atomic(path_of("text"), "hello", 5, 0600), 0);
	assert_int_equal(put_back("text", NULL, &e), -EUCLEAN);
	assert_int_equal(file_write_atomic(path_of("empty"), "", 0, 0600), 0);
	assert_int_equal(put_back("empty", NULL, &e), -EUCLEAN);
}

static void test_every_state_of_a_post(void **state)
{
	(void)state;
	static const struct {
		const char *before, *after;
		int doubt;
	} cases[] = {
		{ POST_PLANNED, POST_PLANNED, 1 },
		{ POST_RENDERED, POST_RENDERED, 1 },
		{ POST_WAITING, POST_WAITING, 1 },
		{ POST_READY, POST_READY, 1 },
		{ POST_SENDING, POST_UNKNOWN, 0 },
		{ POST_PARKED, POST_PARKED, 0 },
		{ POST_REFUSED, POST_REFUSED, 1 },
	};
	struct err e = { "" };
	struct value *v = NULL;
	struct instant now = at(HOUR), when;
	int64_t ids[ARRAY_LEN(cases)], request;
	assert_int_equal(store_restored(s, &when), -ENOENT);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ids[i] = post(cases[i].before, cases[i].before);
	struct value *args = value_new_object();
	assert_int_equal(store_request_add(s, "unblock", args, NOW, &request), 0);
	value_free(args);
	assert_int_equal(back_up(false, NULL, &e), 0);
	close_it();
	assert_int_equal(put_back("b.db", &v, &e), 0);
	assert_int_equal(value_get_int(v, "doubted", -1), 6);
	assert_int_equal(value_get_int(v, "requests_dropped", -1), 1);
	assert_int_equal(value_get_int(v, "calls_counted", -1), 10);
	value_free(v);
	open_it();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(store_post_get(s, ids[i], &v), 0);
		assert_string_equal(value_get_string(v, "state", ""), cases[i].after);
		assert_int_equal(value_get_int(v, "doubt", -1), cases[i].doubt);
		/* Sent as late as it can have been: the time until it is surely absent counts anew. */
		if (str_eq(cases[i].after, POST_UNKNOWN))
			assert_int_equal(value_get_int(v, "sending_ms", -1), now.wall_ms);
		value_free(v);
	}
	struct budget_call calls[20];
	size_t count = 0;
	assert_int_equal(store_calls_recent(s, calls, 20, &count), 0);
	assert_int_equal(count, 10);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(calls[i].ended.boot_ms, now.boot_ms);
	assert_int_equal(store_restored(s, &when), 0);
	assert_int_equal(when.boot_ms, now.boot_ms);
	assert_int_equal(store_request_next(s, &request, NULL, NULL), -ENOENT);
}

/* What the server said since the backup is not forgotten where it can still be read. */
static void test_strikes_outlast_a_backup(void **state)
{
	(void)state;
	struct err e = { "" };
	struct store_account a;
	assert_int_equal(back_up(false, NULL, &e), 0);
	assert_int_equal(store_account_get(s, &a), 0);
	a.strikes = 2;
	a.hard = true;
	assert_int_equal(store_account_set(s, &a), 0);
	close_it();
	assert_int_equal(put_back("b.db", NULL, &e), 0);
	open_it();
	assert_int_equal(store_account_get(s, &a), 0);
	assert_true(a.hard && a.strikes == 2);
	close_it();
	/* And where it cannot, there may have been one. */
	assert_int_equal(file_write_atomic(path_of("state.db"), "ruined", 6, 0600), 0);
	struct value *v = NULL;
	assert_int_equal(put_back("b.db", &v, &e), 0);
	assert_false(value_get_bool(v, "account_known", true));
	char *text;
	size_t len;
	assert_int_equal(file_read(value_get_string(v, "kept", ""), 100, &text, &len), 0);
	assert_string_equal(text, "ruined");
	free(text);
	value_free(v);
	open_it();
	assert_int_equal(store_account_get(s, &a), 0);
	assert_true(!a.hard && a.strikes == 1);
}

/* A write that was cut off: its journal must not be undone into the backup. */
static void test_a_journal_that_was_left(void **state)
{
	(void)state;
	struct err e = { "" };
	struct value *v = NULL;
	char *journal = NULL, *db = NULL;
	size_t journal_len = 0, db_len = 0;
	call(0);
	assert_int_equal(back_up(false, NULL, &e), 0);
	for (int i = 0; i < 50; i++)
		post("p", POST_READY), sql("state.db", "UPDATE posts SET key = 'q' || id, period = id");
	close_it();
	/* In the middle of a transaction whose pages are on the disk already. */
	sqlite3 *other = NULL;
	assert_int_equal(sqlite3_open(path_of("state.db"), &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "PRAGMA cache_size = 1; PRAGMA cache_spill = 1;"
					     "BEGIN; UPDATE posts SET title = hex(zeroblob(4000))",
				 NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(file_read(path_of("state.db"), 64 << 20, &db, &db_len), 0);
	assert_int_equal(
		file_read(path_of("state.db-journal"), 64 << 20, &journal, &journal_len), 0);
	assert_true(journal_len > 4096);
	assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	assert_int_equal(file_write_atomic(path_of("state.db"), db, db_len, 0600), 0);
	assert_int_equal(
		file_write_atomic(path_of("state.db-journal"), journal, journal_len, 0600), 0);
	free(db);
	free(journal);
	assert_int_equal(put_back("b.db", &v, &e), 0);
	value_free(v);
	open_it();
	assert_int_equal(store_verify(s), 0);
	assert_int_equal(store_list_posts(s, NULL, NULL, 0, &v), 0);
	assert_int_equal(value_len(v), 0);
	value_free(v);
}

/* ---- versions and damage ---------------------------------------------------------- */

static void make_v1(const char *file)
{
	char *text;
	size_t len;
	assert_int_equal(file_read(TREE "/tests/data/state-1.sql", 1 << 20, &text, &len), 0);
	(void)unlink(path_of(file));
	sql(file, text);
	free(text);
}

static void assert_as_v1(void)
{
	struct value *v = NULL;
	struct store_keyword k;
	struct store_account a;
	assert_int_equal(store_verify(s), 0);
	assert_int_equal(store_post_get(s, 1, &v), 0);
	assert_string_equal(value_get_string(v, "url", ""), "https://blog.example/42");
	assert_int_equal(value_get_int(v, "doubt", -1), 0);
	assert_null(value_get(v, "seal"));
	value_free(v);
	assert_int_equal(store_keyword_find(s, "주방", "에어프라이어", &k), 0);
	assert_int_equal(store_account_get(s, &a), 0);
	assert_true(a.strikes == 1 && a.skew_ms == -250);
}

static void test_version_1_is_brought_up(void **state)
{
	(void)state;
	struct err e = { "" };
	struct store *r = NULL;
	close_it();
	make_v1("state.db");
	assert_int_equal(store_open(dir, dir, STORE_READ, &r, &e), -EPROTO);
	assert_non_null(strstr(e.text, "older"));
	open_it();
	assert_as_v1();
	struct budget_call calls[3];
	size_t count = 0;
	assert_int_equal(store_calls_recent(s, calls, 3, &count), 0);
	assert_true(count == 2 && !calls[0].has_ended && calls[1].has_ended);
	/* From now on it is sealed. */
	close_it();
	sql("state.db", "UPDATE posts SET external_id = '43' WHERE id = 1");
	assert_int_equal(store_open(dir, dir, STORE_DAEMON, &s, &e), -EUCLEAN);
	assert_non_null(strstr(e.text, "row 1 of posts"));
	sql("state.db", "UPDATE posts SET seal = NULL WHERE id = 1");
	open_it();
}

static void test_a_backup_of_version_1(void **state)
{
	(void)state;
	struct err e = { "" };
	make_v1("old.db");
	close_it();
	if (put_back("old.db", NULL, &e) < 0)
		fail_msg("%s", e.text);
	open_it();
	struct value *v = NULL;
	assert_int_equal(store_post_get(s, 2, &v), 0);
	assert_string_equal(value_get_string(v, "state", ""), POST_UNKNOWN);
	value_free(v);
}

/* What one bit can do in a row, found when the row is read and when the file is opened. */
static void test_seals(void **state)
{
	(void)state;
	static const struct {
		const char *sql, *where;
	} cases[] = {
		{ "UPDATE calls SET ended_wall = ended_wall - 33554432", "calls" },
		{ "UPDATE account SET hard = 1", "account" },
		{ "UPDATE posts SET folded = 'b'", "posts" },
		{ "UPDATE posts SET seal = seal + 1", "posts" },
		{ "UPDATE requests SET args = '{\"post\":6}'", "requests" },
	};
	struct err e = { "" };
	struct value *args = value_new_object(), *v = NULL;
	struct budget_call calls[3];
	struct store_account a;
	char *kind;
	int64_t id;
	size_t count;
	call(0);
	post("a", POST_READY);
	value_set_int(args, "post", 7);
	assert_int_equal(store_request_add(s, "post.settle", args, NOW, &id), 0);
	value_free(args);
	assert_int_equal(back_up(false, NULL, &e), 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		sql("state.db", cases[i].sql);
		bool found = store_calls_recent(s, calls, 3, &count) == -EUCLEAN ||
			store_account_get(s, &a) == -EUCLEAN ||
			store_post_get(s, 1, &v) == -EUCLEAN ||
			store_request_next(s, &id, &kind, &v) == -EUCLEAN;
		if (!found)
			fail_msg("%s: not found", cases[i].sql);
		assert_int_equal(store_verify(s), -EUCLEAN);
		assert_non_null(strstr(store_error(s), cases[i].where));
		close_it();
		assert_int_equal(store_open(dir, dir, STORE_DAEMON, &s, &e), -EUCLEAN);
		assert_non_null(strstr(e.text, "cpauto restore FILE"));
		assert_int_equal(rename(path_of("b.db"), path_of("state.db")), 0);
		open_it();
		assert_int_equal(back_up(false, NULL, &e), 0);
		value_free(v);
		v = NULL;
	}
}

/* Rows of all four tables that have no seal, or one that does not fit, as the file has them. */
static void assert_all_sealed(void)
{
	struct err e = { "" };
	sqlite3 *db = NULL;
	static const char *const tables[] = { "calls", "account", "posts", "requests" };
	assert_int_equal(sqlite3_open(path_of("state.db"), &db), SQLITE_OK);
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		CLEANUP_FREE char *query = xasprintf("SELECT count(*) FILTER (WHERE seal IS NULL OR"
			" seal = 0), count(*) FROM %s", tables[i]);
		sqlite3_stmt *st = NULL;
		assert_int_equal(sqlite3_prepare_v2(db, query, -1, &st, NULL), SQLITE_OK);
		assert_int_equal(sqlite3_step(st), SQLITE_ROW);
		if (sqlite3_column_int(st, 0) > 0 || sqlite3_column_int(st, 1) == 0)
			fail_msg("%s: %d of %d rows without a seal", tables[i],
				sqlite3_column_int(st, 0), sqlite3_column_int(st, 1));
		sqlite3_finalize(st);
	}
	sqlite3_close(db);
	if (store_verify(s) < 0)
		fail_msg("%s", store_error(s));
	close_it();
	if (store_open(dir, dir, STORE_DAEMON, &s, &e) < 0)
		fail_msg("%s", e.text);
}

/* At rest SQLite forgets the schema, and not the triggers of this connection that seal. */
static void test_seals_after_a_rest(void **state)
{
	(void)state;
	struct value *args = value_new_object(), *v = NULL;
	struct store_account a = { 0 };
	int64_t id;
	for (int i = 0; i < 3; i++) {
		char key[8], words[24];
		str_format_cut(key, sizeof(key), "k%d", i);
		str_format_cut(words, sizeof(words), "after rest %d", i);
		store_rest(s);
		call(i * HOUR);
		store_rest(s);
		post(key, POST_READY);
		store_rest(s);
		assert_int_equal(store_account_get(s, &a), 0);
		a.failures = i + 1;
		str_format_cut(a.reason, sizeof(a.reason), "%s", words);
		store_rest(s);
		assert_int_equal(store_account_set(s, &a), 0);
		assert_int_equal(store_request_add(s, "post.settle", args, NOW, &id), 0);
		store_rest(s);
		assert_int_equal(store_request_done(s, id, NOW, 0, words), 0);
		/* And twice in a row, with nothing in between. */
		store_rest(s);
		store_rest(s);
		if (i < 2)
			assert_all_sealed();
	}
	value_free(args);
	assert_all_sealed();
	/* They guard: what another hand changed is found, after a rest as before. */
	store_rest(s);
	sql("state.db", "UPDATE posts SET folded = 'b' WHERE id = 1");
	assert_int_equal(store_post_get(s, 1, &v), -EUCLEAN);
	assert_int_equal(store_verify(s), -EUCLEAN);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_backup_of_a_running_state),
		TEST(test_a_backup_that_cannot_be),
		TEST(test_nothing_is_restored_under_a_daemon),
		TEST(test_what_is_no_backup),
		TEST(test_every_state_of_a_post),
		TEST(test_strikes_outlast_a_backup),
		TEST(test_a_journal_that_was_left),
		TEST(test_version_1_is_brought_up),
		TEST(test_a_backup_of_version_1),
		TEST(test_seals),
		TEST(test_seals_after_a_rest),
	};
	if (getenv("CPAUTO_TEST_FILTER"))
		cmocka_set_test_filter(getenv("CPAUTO_TEST_FILTER"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
