/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store.h"

#define SENT(ms) (&(struct instant){ .wall_ms = (ms), .boot_ms = (ms), .boot_id = "boot" })

/* 2026-11-23 14:32 in Seoul */
#define NOW INT64_C(1795411920000)
#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define MARK INT64_C(-77) /* what a failing function must leave alone */

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
	static char path[PATH_MAX];
	str_format_cut(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static struct store *open_as(enum store_mode mode)
{
	struct store *ret = NULL;
	struct err e = { "" };
	if (store_open(dir, dir, mode, &ret, &e) < 0)
		fail_msg("%s", e.text);
	return ret;
}

static int set_up(void **state)
{
	(void)state;
	str_format_cut(dir, sizeof(dir), "/tmp/cpauto-store-XXXXXX");
	assert_non_null(mkdtemp(dir));
	s = open_as(STORE_DAEMON);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	store_close(s);
	s = NULL;
	return dir_remove(dir);
}

static void reopen(void)
{
	store_close(s);
	s = open_as(STORE_DAEMON);
}

/* ---- opening ------------------------------------------------------------------ */

static void test_one_daemon_a_folder(void **state)
{
	(void)state;
	struct store *mark = (struct store *)dir, *other = mark;
	struct err e = { "" };
	assert_int_equal(store_open(dir, dir, STORE_DAEMON, &other, &e), -EBUSY);
	assert_ptr_equal(other, mark);
	assert_non_null(strstr(e.text, dir));
	assert_non_null(strstr(e.text, "stop it first"));
	store_close(s);
	s = NULL;
	assert_int_equal(store_open(dir, dir, STORE_DAEMON, &s, &e), 0);
}

static void test_no_state_yet(void **state)
{
	(void)state;
	struct err e = { "" };
	struct store *other = NULL;
	store_close(s);
	s = NULL;
	assert_int_equal(unlink(path_of("state.db")), 0);
	assert_int_equal(store_open(dir, dir, STORE_READ, &other, &e), -ENOENT);
	assert_int_equal(store_open(dir, dir, STORE_REQUEST, &other, &e), -ENOENT);
	assert_null(other);
	assert_non_null(strstr(e.text, "cpautod"));
	assert_int_not_equal(access(path_of("state.db"), F_OK), 0);
}

static void test_readers_cannot_write(void **state)
{
	(void)state;
	struct store *r = open_as(STORE_READ);
	struct instant now = at(0);
	int64_t id = MARK;
	assert_true(store_call_begin(r, &now, "search", "l", "k", &id) < 0);
	assert_true(store_error(r)[0]);
	struct value *args = value_new_object();
	assert_true(store_request_add(r, "unblock", args, NOW, &id) < 0);
	assert_int_equal(id, MARK);
	store_close(r);
	r = open_as(STORE_REQUEST);
	assert_int_equal(store_request_add(r, "unblock", args, NOW, &id), 0);
	assert_int_not_equal(id, MARK);
	/* The cache is only read. */
	assert_true(store_answer_put(r, "k", NOW, args) < 0);
	value_free(args);
	store_close(r);
}

static void read_header(const char *name, unsigned char head[100])
{
	int fd = open(path_of(name), O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, head, 100), 100);
	close(fd);
}

static void patch(const char *name, off_t where, const void *bytes, size_t len)
{
	int fd = open(path_of(name), O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, len, where), (ssize_t)len);
	close(fd);
}

static void copy_file(const char *from, const char *to)
{
	char *data, *source = xstrdup(path_of(from));
	size_t len;
	assert_int_equal(file_read(source, 64 << 20, &data, &len), 0);
	assert_int_equal(file_write_atomic(path_of(to), data, len, 0600), 0);
	free(data);
	free(source);
}

static bool same_file(const char *a, const char *b)
{
	char *x, *y, *name = xstrdup(path_of(a));
	size_t n, m;
	assert_int_equal(file_read(name, 64 << 20, &x, &n), 0);
	assert_int_equal(file_read(path_of(b), 64 << 20, &y, &m), 0);
	bool same = n == m && memcmp(x, y, n) == 0;
	free(x);
	free(y);
	free(name);
	return same;
}

/* Bytes 18 and 19 of the header: 1 for a rollback journal, 2 for WAL. */
static int64_t sum_of(const char *table)
{
	CLEANUP_FREE char *query = xasprintf("SELECT count(*) FROM %s", table);
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;
	assert_int_equal(sqlite3_open(path_of("state.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, query, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	int64_t n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}

static void change(const char *statement)
{
	sqlite3 *db = NULL;
	assert_int_equal(sqlite3_open(path_of("state.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, statement, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* Who asks of the daemon can do nothing else, even by mistake: SQLite refuses it. */
static void test_askers_only_ask(void **state)
{
	(void)state;
	const char *const words[] = { "가" };
	int64_t list, id = MARK, k;
	struct instant now = at(0);
	struct store_account a;
	struct plan_head head;
	assert_int_equal(store_list_sync(s, "l", words, words, 1, NOW, &list), 0);
	assert_int_equal(store_list_head(s, list, &head), 0);
	k = head.keyword_id;
	int64_t post = 0, call = 0;
	struct store_post_new p = { "key", "l", "가", "가", "blog", "1", "p", NOW, 0, false };
	assert_int_equal(store_post_add(s, &p, &post), 0);
	assert_int_equal(store_call_begin(s, &now, "search", "l", "가", &call), 0);
	assert_int_equal(store_account_get(s, &a), 0);
	a.strikes = 2;
	struct store *r = open_as(STORE_REQUEST);
	struct value *args = value_new_object();
	p.key = "other";
	p.products = "2";
	int count;
	const int tries[] = {
		store_call_begin(r, &now, "search", "l", "가", &id),
		store_call_end(r, call, &now, "ok", NULL, 1),
		store_calls_close(r, &now, &count),
		store_account_set(r, &a),
		store_list_sync(r, "m", words, words, 1, NOW, &id),
		store_lists_prune(r, NULL, 0),
		store_list_pause(r, "l", true),
		store_list_served(r, list, 9),
		store_keyword_pause(r, k, true),
		store_keyword_add(r, list, "나", "나", NOW),
		store_keyword_looked(r, k, NOW, NOW, NULL),
		store_post_add(r, &p, &id),
		store_post_move(r, post, POST_PLANNED, POST_REFUSED, NOW, NOW, NULL),
		store_posts_recover(r, SENT(NOW), NOW, &count),
		store_publisher_set(r, "blog", &(struct store_publisher){ .broken = true }),
		store_publishers_clear(r),
		store_request_done(r, 1, NOW, 0, ""),
	};
	for (size_t i = 0; i < ARRAY_LEN(tries); i++)
		if (tries[i] != -EACCES)
			fail_msg("write %zu of one who may only ask: %d", i, tries[i]);
	assert_true(store_error(r)[0]);
	assert_int_equal(id, MARK);
	/* It reads, and asks, many times, and within a transaction too. */
	struct value *row = NULL;
	assert_int_equal(store_post_get(r, post, &row), 0);
	value_free(row);
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(store_request_add(r, "unblock", args, NOW, &id), 0);
		assert_int_equal(sum_of("requests"), i);
	}
	assert_int_equal(store_begin(r), 0);
	assert_int_equal(store_request_add(r, "unblock", args, NOW, &id), 0);
	assert_int_equal(store_end(r, -ECANCELED), -ECANCELED);
	assert_int_equal(sum_of("requests"), 3);
	assert_true(sum_of("calls") == 1 && sum_of("lists") == 1 && sum_of("keywords") == 1 &&
		sum_of("posts") == 1 && sum_of("account WHERE strikes = 0") == 1 &&
		sum_of("publishers") == 0);
	value_free(args);
	store_close(r);
}

/* Several changes as one, those of a whole in it too. */
static void test_all_or_none(void **state)
{
	(void)state;
	const char *const words[] = { "가", "나" };
	int64_t id;
	assert_int_equal(store_begin(s), 0);
	assert_int_equal(store_list_sync(s, "a", words, words, 2, NOW, &id), 0);
	assert_int_equal(store_list_sync(s, "b", words, words, 2, NOW, &id), 0);
	assert_int_equal(store_end(s, -EIO), -EIO);
	assert_int_equal(sum_of("keywords"), 0);
	assert_int_equal(store_begin(s), 0);
	assert_int_equal(store_list_sync(s, "a", words, words, 2, NOW, &id), 0);
	assert_int_equal(store_end(s, 0), 0);
	assert_int_equal(sum_of("keywords"), 2);
	/* Afterwards each is its own again. */
	assert_int_equal(store_list_sync(s, "b", words, words, 2, NOW, &id), 0);
	assert_int_equal(sum_of("keywords"), 4);
}

static void test_files_and_modes(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int format;
	} files[] = { { "state.db", 1 }, { "cache.db", 2 } };
	struct instant now = at(0);
	int64_t id;
	assert_int_equal(store_call_begin(s, &now, "search", "l", "k", &id), 0);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		unsigned char head[100];
		struct stat st;
		read_header(files[i].name, head);
		assert_int_equal(head[18], files[i].format);
		assert_int_equal(stat(path_of(files[i].name), &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		/* The cache's is still in its log. */
		if (i == 0)
			assert_memory_equal(head + 68, "cpau", 4);
	}
	/* TRUNCATE: the journal stays, empty, once a transaction is over. */
	struct stat st;
	assert_int_equal(stat(path_of("state.db-journal"), &st), 0);
	assert_int_equal(st.st_size, 0);
}

static void test_damage_is_refused_and_kept(void **state)
{
	(void)state;
	unsigned char bad[4096];
	memset(bad, 0xa5, sizeof(bad));
	static const struct {
		const char *what;
		off_t where;
		size_t len;
		const char *bytes; /* NULL: noise */
		int want;
	} cases[] = {
		{ "no header", 0, 100, NULL, -EUCLEAN },
		{ "a page of noise", 4096, 4096, NULL, -EUCLEAN },
		{ "the schema page torn", 100, 400, NULL, -EUCLEAN },
		{ "another program's id", 68, 4, "xyzw", -EUCLEAN },
		{ "a newer version", 60, 4, "\0\0\0\x63", -EPROTO },
		{ "a version below zero", 60, 4, NULL, -EPROTO },
	};
	store_close(s);
	s = NULL;
	copy_file("state.db", "whole");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = { "" };
		copy_file("whole", "state.db");
		patch("state.db", cases[i].where,
			cases[i].bytes ? (const void *)cases[i].bytes : bad, cases[i].len);
		copy_file("state.db", "before");
		int r = store_open(dir, dir, STORE_DAEMON, &s, &e);
		if (r != cases[i].want || s)
			fail_msg("%s: %d, %s", cases[i].what, r, e.text);
		assert_non_null(strstr(e.text, "state.db"));
		assert_null(strchr(e.text, '\n'));
		if (!same_file("state.db", "before"))
			fail_msg("%s: the file was changed", cases[i].what);
	}
	copy_file("whole", "state.db");
	s = open_as(STORE_DAEMON);
}

/* An empty file is what a file system may leave of one; SQLite takes it for a new database. */
static void test_an_emptied_state_is_refused(void **state)
{
	(void)state;
	struct err e = { "" };
	struct stat st;
	store_close(s);
	s = NULL;
	assert_int_equal(truncate(path_of("state.db"), 0), 0);
	assert_int_equal(store_open(dir, dir, STORE_DAEMON, &s, &e), -EUCLEAN);
	assert_null(s);
	assert_non_null(strstr(e.text, "is empty"));
	assert_int_equal(stat(path_of("state.db"), &st), 0);
	assert_int_equal(st.st_size, 0);
	/* Killed in the middle of the very first start: nothing is lost. */
	assert_int_equal(unlink(path_of("cache.db")), 0);
	s = open_as(STORE_DAEMON);
}

static void test_readers_refuse_strangers(void **state)
{
	(void)state;
	struct err e = { "" };
	struct store *r = NULL;
	store_close(s);
	s = NULL;
	copy_file("state.db", "whole");
	patch("state.db", 60, "\0\0\0\x63", 4);
	assert_int_equal(store_open(dir, dir, STORE_READ, &r, &e), -EPROTO);
	assert_int_equal(store_open(dir, dir, STORE_REQUEST, &r, &e), -EPROTO);
	copy_file("whole", "state.db");
	patch("state.db", 68, "xyzw", 4);
	assert_int_equal(store_open(dir, dir, STORE_READ, &r, &e), -EUCLEAN);
	assert_null(r);
}

static void test_a_damaged_cache_is_made_anew(void **state)
{
	(void)state;
	unsigned char bad[4096];
	memset(bad, 0xa5, sizeof(bad));
	static const struct {
		off_t where;
		size_t len;
	} cases[] = { { 0, 100 }, { 4096, 4096 }, { 60, 4 }, { 68, 4 } };
	struct value *v = value_new_object(), *got = NULL;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t when = MARK;
		assert_int_equal(store_answer_put(s, "k", NOW, v), 0);
		store_close(s);
		patch("cache.db", cases[i].where, bad, cases[i].len);
		s = open_as(STORE_DAEMON);
		assert_true(store_has_cache(s));
		if (cases[i].where == 68) /* only a name; the content is ours */
			break;
		assert_int_equal(store_answer_get(s, "k", &when, &got), -ENOENT);
		assert_int_equal(when, MARK);
		assert_null(got);
	}
	value_free(v);
}

static void test_no_cache_at_all(void **state)
{
	(void)state;
	store_close(s);
	struct err e = { "" };
	assert_int_equal(store_open(dir, "/nonexistent", STORE_DAEMON, &s, &e), 0);
	assert_false(store_has_cache(s));
	struct value *v = value_new_object(), *got = NULL;
	int64_t when;
	assert_int_equal(store_answer_put(s, "k", NOW, v), -ENODEV);
	assert_int_equal(store_answer_get(s, "k", &when, &got), -ENODEV);
	assert_int_equal(store_image_put(s, "u", v, NOW), -ENODEV);
	assert_int_equal(store_cache_expire(s, NOW, NOW, &got), -ENODEV);
	assert_null(got);
	assert_true(store_error(s)[0]);
	value_free(v);
}

/* ---- a full disk ---------------------------------------------------------------- */

/* In a process of its own; says with its exit status at which line it failed. */
#define EXIT_SKIP 255
#define CHECK(x)                                                                               \
	do {                                                                                   \
		if (!(x)) {                                                                    \
			print_error("line %d: %s\n", __LINE__, #x);                            \
			return 1;                                                              \
		}                                                                              \
	} while (0)

static bool mount_small(void)
{
	if (unshare(CLONE_NEWNS) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return false;
	(void)mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL);
	return mount("none", dir, "tmpfs", 0, "size=256k") == 0;
}

static int64_t count_calls(struct store *st)
{
	struct value *v = NULL;
	if (store_list_calls(st, 0, 0, &v) < 0)
		return -1;
	int64_t n = (int64_t)value_len(v);
	value_free(v);
	return n;
}

static int fill_up(struct store *st, int64_t *good)
{
	struct instant now = at(0);
	char word[2000];
	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	for (*good = 0; *good < 10000; (*good)++) {
		int64_t id = MARK;
		int r = store_call_begin(st, &now, "search", "list", word, &id);
		if (r < 0) {
			CHECK(id == MARK);
			return r;
		}
	}
	return 0;
}

static int on_a_full_disk(void)
{
	if (!mount_small())
		return EXIT_SKIP;
	struct err e;
	struct store *st;
	int64_t good, id;
	struct instant now = at(0);
	CHECK(file_write_atomic(path_of("ballast"),
		      "0123456789012345678901234567890123456789"
		      "0123456789012345678901234567890123456789",
		      80, 0600) == 0);
	CHECK(store_open(dir, "/nonexistent", STORE_DAEMON, &st, &e) == 0);
	CHECK(fill_up(st, &good) == -ENOSPC);
	CHECK(strstr(store_error(st), "full"));
	CHECK(good > 0 && count_calls(st) == good);
	/* All or nothing, also where one change is several rows. */
	CHECK(store_call_end(st, 1, &now, "ok", "", 90) == -ENOSPC);
	CHECK(count_calls(st) == good);
	store_close(st);
	CHECK(mount("none", dir, "tmpfs", MS_REMOUNT, "size=2m") == 0);
	CHECK(store_open(dir, "/nonexistent", STORE_DAEMON, &st, &e) == 0);
	CHECK(count_calls(st) == good);
	CHECK(store_call_begin(st, &now, "search", "l", "k", &id) == 0);
	CHECK(store_call_end(st, 1, &now, "ok", "", 3) == 0);
	CHECK(count_calls(st) == good + 3);
	store_close(st);
	return 0;
}

static int with_small_files(void)
{
	struct err e;
	struct store *st;
	int64_t good, id;
	struct instant now = at(0);
	CHECK(store_open(dir, "/nonexistent", STORE_DAEMON, &st, &e) == 0);
	struct rlimit old, small;
	CHECK(getrlimit(RLIMIT_FSIZE, &old) == 0);
	small = old;
	small.rlim_cur = 300 * 1024;
	CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR && setrlimit(RLIMIT_FSIZE, &small) == 0);
	int r = fill_up(st, &good);
	CHECK(r == -ENOSPC || r == -EIO);
	CHECK(good > 0 && count_calls(st) == good);
	CHECK(setrlimit(RLIMIT_FSIZE, &old) == 0);
	CHECK(store_call_begin(st, &now, "search", "l", "k", &id) == 0);
	CHECK(count_calls(st) == good + 1);
	store_close(st);
	return 0;
}

static int in_a_child(int (*test)(void))
{
	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(test());
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_full_disk(void **state)
{
	(void)state;
	store_close(s);
	s = NULL;
	int code = in_a_child(on_a_full_disk);
	if (code == EXIT_SKIP) {
		print_message("skipped: this user may not mount a small disk\n");
		skip();
	}
	assert_int_equal(code, 0);
}

static void test_failing_disk(void **state)
{
	(void)state;
	store_close(s);
	s = NULL;
	assert_int_equal(in_a_child(with_small_files), 0);
}

/* ---- calls ------------------------------------------------------------------------ */

static void test_calls(void **state)
{
	(void)state;
	struct budget_call calls[20];
	size_t n = 99;
	int64_t id;
	assert_int_equal(store_calls_recent(s, calls, 20, &n), 0);
	assert_int_equal(n, 0);
	struct instant t = at(5);
	assert_int_equal(store_call_begin(s, &t, "search", "l", "k", &id), 0);
	reopen();
	assert_int_equal(store_calls_recent(s, calls, 20, &n), 0);
	assert_int_equal(n, 1);
	assert_false(calls[0].has_ended);
	assert_int_equal(calls[0].taken.wall_ms, t.wall_ms);
	assert_int_equal(calls[0].taken.boot_ms, t.boot_ms);
	assert_string_equal(calls[0].taken.boot_id, t.boot_id);
	assert_true(calls[0].taken.synced);
	struct instant end = at(900);
	end.synced = false;
	assert_int_equal(store_call_end(s, id, &end, "ok", NULL, 3), 0);
	/* A second end changes nothing about the first. */
	struct instant later = at(5000);
	assert_int_equal(store_call_end(s, id, &later, "later", "no", 0), 0);
	assert_int_equal(store_calls_recent(s, calls, 20, &n), 0);
	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++) {
		assert_true(calls[i].has_ended);
		assert_int_equal(calls[i].ended.boot_ms, end.boot_ms);
		assert_false(calls[i].ended.synced);
	}
	assert_int_equal(store_calls_recent(s, calls, 2, &n), 0);
	assert_int_equal(n, 2);
}

static void test_calls_left_open(void **state)
{
	(void)state;
	struct budget_call calls[4];
	size_t n;
	int64_t id;
	int count = -1;
	struct instant t = at(0), end = at(HOUR);
	assert_int_equal(store_call_begin(s, &t, "search", "l", "k", &id), 0);
	assert_int_equal(store_calls_close(s, &end, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(store_calls_close(s, &end, &count), 0);
	assert_int_equal(count, 0);
	assert_int_equal(store_calls_recent(s, calls, 4, &n), 0);
	assert_true(n == 1 && calls[0].has_ended);
	assert_int_equal(calls[0].ended.wall_ms, end.wall_ms);
}

static void test_account_round_trip(void **state)
{
	(void)state;
	struct store_account a, b;
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	assert_int_equal(store_account_get(s, &b), 0);
	assert_memory_equal(&a, &b, sizeof(a));
	a.blocked = a.hard = true;
	a.block_at = at(3);
	a.block_ms = 4;
	a.strikes = 2;
	str_format_cut(a.reason, sizeof(a.reason), "차단 'x'; --");
	a.skew_ms = -5;
	a.failures = 7;
	a.wait_at = at(9);
	a.wait_ms = 10;
	str_format_cut(a.wait_reason, sizeof(a.wait_reason), "why");
	assert_int_equal(store_account_set(s, &a), 0);
	reopen();
	assert_int_equal(store_account_get(s, &b), 0);
	assert_int_equal(b.blocked && b.hard, 1);
	assert_int_equal(b.block_at.boot_ms, a.block_at.boot_ms);
	assert_string_equal(b.block_at.boot_id, a.block_at.boot_id);
	assert_int_equal(b.block_ms, 4);
	assert_int_equal(b.strikes, 2);
	assert_string_equal(b.reason, a.reason);
	assert_int_equal(b.skew_ms, -5);
	assert_int_equal(b.failures, 7);
	assert_int_equal(b.wait_at.wall_ms, a.wait_at.wall_ms);
	assert_int_equal(b.wait_ms, 10);
	assert_string_equal(b.wait_reason, "why");
}

/* ---- lists -------------------------------------------------------------------------- */

static const char *const words[] = { "가", "나", "다" };

static int64_t sync_words(const char *list, size_t first, size_t count, int64_t now)
{
	int64_t id = MARK;
	assert_int_equal(
		store_list_sync(s, list, words + first, words + first, count, now, &id), 0);
	return id;
}

static int64_t keyword(const char *list, const char *folded, struct store_keyword *ret)
{
	struct store_keyword k;
	assert_int_equal(store_keyword_find(s, list, folded, ret ? ret : &k), 0);
	return ret ? ret->id : k.id;
}

static void test_lists_follow_the_configuration(void **state)
{
	(void)state;
	struct store_keyword k;
	struct stat before, after;
	int64_t list = sync_words("l", 0, 2, NOW);
	int64_t first = keyword("l", "가", NULL);
	assert_int_equal(store_keyword_looked(s, first, NOW, NOW + DAY, "why"), 0);
	assert_int_equal(store_keyword_add(s, list, "손", "손", NOW), 0);

	/* Unchanged: not a byte is written. */
	assert_int_equal(stat(path_of("state.db"), &before), 0);
	assert_int_equal(sync_words("l", 0, 2, NOW + 5), list);
	assert_int_equal(stat(path_of("state.db"), &after), 0);
	assert_int_equal(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
	assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);

	/* Another one: who stays keeps its due time, who is new is due now. */
	assert_int_equal(sync_words("l", 0, 3, NOW + 10), list);
	assert_int_equal(keyword("l", "가", &k), first);
	assert_int_equal(k.due_ms, NOW + DAY);
	assert_int_equal(k.looked_ms, NOW);
	assert_string_equal(k.reason, "why");
	keyword("l", "다", &k);
	assert_int_equal(k.due_ms, NOW + 10);
	keyword("l", "나", &k);
	assert_int_equal(k.due_ms, NOW);

	/* Fewer: the rest is forgotten, what a hand added is not. */
	assert_int_equal(sync_words("l", 0, 1, NOW + 20), list);
	assert_int_equal(store_keyword_find(s, "l", "나", &k), -ENOENT);
	keyword("l", "손", NULL);
	assert_int_equal(keyword("l", "가", NULL), first);

	/* Pruned, with its keywords. */
	sync_words("other", 0, 3, NOW);
	const char *const keep[] = { "other" };
	assert_int_equal(store_lists_prune(s, keep, 1), 0);
	assert_int_equal(store_keyword_get(s, first, &k), -ENOENT);
	int64_t id = MARK;
	assert_int_equal(store_list_id(s, "l", &id), -ENOENT);
	assert_int_equal(id, MARK);
	assert_int_equal(store_list_id(s, "other", &id), 0);
}

static void test_heads(void **state)
{
	(void)state;
	struct plan_list l = { .weight = 3, .horizon_ms = 4 };
	int64_t id = sync_words("l", 0, 3, NOW);
	int64_t a = keyword("l", "가", NULL), b = keyword("l", "나", NULL),
		c = keyword("l", "다", NULL);
	assert_int_equal(store_list_load(s, id, &l), 0);
	assert_int_equal(l.head.keyword_id, a);
	assert_int_equal(l.weight, 3);
	assert_int_equal(store_keyword_failed(s, a, NOW + 50, "no"), 0);
	assert_int_equal(store_keyword_looked(s, b, NOW, NOW + 40, NULL), 0);
	assert_int_equal(store_list_head(s, id, &l.head), 0);
	assert_int_equal(l.head.keyword_id, c);
	assert_int_equal(store_keyword_pause(s, c, true), 0);
	assert_int_equal(store_list_head(s, id, &l.head), 0);
	assert_int_equal(l.head.keyword_id, b);
	assert_int_equal(l.head.due_ms, NOW + 40);
	assert_int_equal(store_keyword_ask(s, a, NOW), 0);
	assert_int_equal(store_list_head(s, id, &l.head), 0);
	assert_int_equal(l.head.keyword_id, a);
	assert_true(l.head.asked);
	assert_int_equal(l.head.due_ms, NOW);
	assert_int_equal(store_list_served(s, id, 123), 0);
	assert_int_equal(store_list_pause(s, NULL, true), 0);
	assert_int_equal(store_list_load(s, id, &l), 0);
	assert_int_equal(l.served, 123);
	assert_true(l.paused);
	assert_int_equal(store_list_pause(s, "none", true), -ENOENT);
	assert_int_equal(store_list_load(s, 999, &l), -ENOENT);
	struct plan_head h;
	assert_int_equal(store_list_head(s, 999, &h), 0);
	assert_int_equal(h.keyword_id, 0);
}

static void test_keywords(void **state)
{
	(void)state;
	struct store_keyword k;
	int64_t id = MARK, list = sync_words("l", 0, 2, NOW);
	int64_t a = keyword("l", "가", NULL);
	/* Failures count up, a look clears them. */
	assert_int_equal(store_keyword_ask(s, a, NOW), 0);
	assert_int_equal(store_keyword_failed(s, a, NOW + 5, "one"), 0);
	assert_int_equal(store_keyword_failed(s, a, NOW + 6, "two"), 0);
	assert_int_equal(store_keyword_get(s, a, &k), 0);
	assert_true(k.failures == 2 && !k.asked && k.due_ms == NOW + 6 && k.list_id == list);
	assert_string_equal(k.reason, "two");
	assert_string_equal(k.list, "l");
	assert_int_equal(store_keyword_looked(s, a, NOW, NOW + DAY, NULL), 0);
	assert_int_equal(store_keyword_get(s, a, &k), 0);
	assert_true(
		k.failures == 0 && k.due_ms == NOW + DAY && k.looked_ms == NOW && !k.reason[0]);

	/* Fresh in whichever list, once it is due and nothing is paused. */
	sync_words("m", 0, 1, NOW);
	assert_int_equal(store_keyword_free(s, NOW, &id), -ENOENT);
	assert_int_equal(id, MARK);
	assert_int_equal(store_keywords_fresh(s, "가", NOW + HOUR), 0);
	assert_int_equal(store_keyword_free(s, NOW, &id), 0);
	assert_int_equal(id, keyword("m", "가", &k));
	assert_int_equal(k.fresh_ms, NOW + HOUR);
	assert_int_equal(store_list_pause(s, "m", true), 0);
	assert_int_equal(store_keyword_free(s, NOW, &id), -ENOENT);
	assert_int_equal(store_list_pause(s, "m", false), 0);
	assert_int_equal(store_keyword_free(s, NOW + HOUR, &id), -ENOENT);

	/* By hand in and out; what stands in the configuration stays. */
	assert_int_equal(store_keyword_add(s, list, "가", "가", NOW), -EEXIST);
	assert_int_equal(store_keyword_add(s, list, "손", "손", NOW), 0);
	assert_int_equal(store_keyword_remove(s, keyword("l", "손", NULL)), 0);
	assert_int_equal(store_keyword_find(s, "l", "손", &k), -ENOENT);
	assert_int_equal(store_keyword_remove(s, a), -EPERM);
	assert_int_equal(store_keyword_remove(s, 999), -ENOENT);
	assert_int_equal(store_keyword_ask(s, 999, NOW), -ENOENT);
	assert_int_equal(store_keyword_pause(s, 999, true), -ENOENT);
	struct value *rows = NULL;
	assert_int_equal(store_find_keywords(s, "가", &rows), 0);
	assert_int_equal(value_len(rows), 2);
	value_free(rows);
}

static void test_many_keywords(void **state)
{
	(void)state;
	const int count = getenv("CPAUTO_TEST_QUICK") ? 1000 : 100000;
	char **many = xcalloc((size_t)count, sizeof(*many));
	for (int i = 0; i < count; i++)
		many[i] = xasprintf("낱말 %06d", i);
	int64_t list, first = 0;
	assert_int_equal(store_list_sync(s, "l", (const char *const *)many,
				 (const char *const *)many, (size_t)count, NOW, &list),
		0);
	/* Each is the head once, in the order of the list. */
	for (int i = 0; i < 1000; i++) {
		struct plan_head h;
		assert_int_equal(store_list_head(s, list, &h), 0);
		first = i ? first + 1 : h.keyword_id;
		assert_int_equal(h.keyword_id, first);
		if (i % 2)
			assert_int_equal(
				store_keyword_failed(s, h.keyword_id, NOW + DAY, ""), 0);
		else
			assert_int_equal(
				store_keyword_looked(s, h.keyword_id, NOW, NOW + DAY, ""), 0);
	}
	for (int i = 0; i < count; i++)
		free(many[i]);
	free(many);
}

/* ---- posts ------------------------------------------------------------------------------ */

static int add_post(const char *key, const char *products, const char *period, int64_t *ret)
{
	struct store_post_new p = { .key = key,
		.list = "l",
		.keyword = "가",
		.folded = "가",
		.publisher = "blog",
		.products = products,
		.period = period,
		.now_ms = NOW };
	return store_post_add(s, &p, ret);
}

static int64_t new_post(const char *key)
{
	int64_t id;
	assert_int_equal(add_post(key, key, "p", &id), 0);
	return id;
}

static void render(int64_t id)
{
	struct value *post = value_new_object();
	value_set_string(post, "title", "제목");
	value_set_string(post, "html", "<p>글</p>");
	value_set_string(post, "text", "글");
	value_set_string(post, "markdown", "글");
	value_set_int(post, "more", 42);
	assert_int_equal(store_post_rendered(s, id, post, NOW - 5, NOW), 0);
	value_free(post);
}

static int move(int64_t id, const char *from, const char *to)
{
	return store_post_move(s, id, from, to, NOW, NOW, NULL);
}

/* A post that is in STATE. */
static int64_t post_in(const char *key, const char *state)
{
	int64_t id = new_post(key);
	if (str_eq(state, POST_PLANNED))
		return id;
	render(id);
	if (str_eq(state, POST_RENDERED))
		return id;
	assert_int_equal(move(id, POST_RENDERED, POST_READY), 0);
	if (str_eq(state, POST_READY))
		return id;
	assert_int_equal(store_post_sending(s, id, SENT(NOW)), 0);
	if (!str_eq(state, POST_SENDING))
		assert_int_equal(move(id, POST_SENDING, state), 0);
	return id;
}

static void assert_post(int64_t id, const char *name, const char *want)
{
	struct value *row = NULL;
	assert_int_equal(store_post_get(s, id, &row), 0);
	assert_string_equal(value_get_string(row, name, "(none)"), want);
	value_free(row);
}

static int64_t post_int(int64_t id, const char *name)
{
	struct value *row = NULL;
	assert_int_equal(store_post_get(s, id, &row), 0);
	int64_t n = value_get_int(row, name, MARK);
	value_free(row);
	return n;
}

static void test_posts_are_unique(void **state)
{
	(void)state;
	int64_t id = MARK, other;
	assert_int_equal(add_post("k1", "1,2", "2026-11-23", &id), 0);
	other = MARK;
	assert_int_equal(add_post("k2", "1,2", "2026-11-23", &other), -EEXIST);
	assert_int_equal(add_post("k1", "3", "2026-11-23", &other), -EEXIST);
	assert_int_equal(other, MARK);
	assert_int_equal(add_post("k2", "1,2", "2026-11-24", &other), 0);
	assert_int_equal(add_post("k3", "3", "2026-11-23", &other), 0);
	assert_post(id, "state", POST_PLANNED);
	assert_int_equal(post_int(id, "next_ms"), NOW);
}

static void test_moves_are_conditional(void **state)
{
	(void)state;
	int64_t id = new_post("k");
	assert_int_equal(move(id, POST_READY, POST_PUBLISHED), -ENOENT);
	assert_int_equal(store_post_sending(s, id, SENT(NOW)), -ENOENT);
	assert_int_equal(store_post_approve(s, id, NOW), -ENOENT);
	assert_int_equal(store_post_published(s, id, NOW, "x", "u"), -ENOENT);
	int finds = 99;
	assert_int_equal(store_post_looked(s, id, NOW, NOW, true, &finds), -ENOENT);
	assert_int_equal(finds, 99);
	/* No text, no way on; no state that is none. */
	assert_true(move(id, POST_PLANNED, POST_READY) < 0);
	assert_true(move(id, POST_PLANNED, POST_UNKNOWN) < 0);
	assert_true(move(id, POST_PLANNED, "lost") < 0);
	assert_post(id, "state", POST_PLANNED);

	render(id);
	assert_post(id, "title", "제목");
	assert_int_equal(post_int(id, "facts_ms"), NOW - 5);
	assert_int_equal(move(id, POST_RENDERED, POST_WAITING), 0);
	struct value *post = value_new_object();
	assert_int_equal(store_post_rendered(s, id, post, NOW, NOW), -ENOENT);
	value_set_int(post, "other", 1);
	assert_int_equal(store_post_object(s, id, post, NOW), 0);
	assert_int_equal(store_post_object(s, 999, post, NOW), -ENOENT);
	value_free(post);
	assert_int_equal(store_post_approve(s, id, NOW + 1), 0);
	assert_int_equal(store_post_approve(s, id, NOW + 2), -ENOENT);
	assert_int_equal(post_int(id, "approved_ms"), NOW + 1);
	assert_int_equal(store_post_sending(s, id, SENT(NOW + 3)), 0);
	assert_int_equal(store_post_sending(s, id, SENT(NOW + 4)), -ENOENT);
	assert_int_equal(post_int(id, "sending_ms"), NOW + 3);
	assert_int_equal(post_int(id, "attempts"), 1);
	assert_int_equal(store_post_published(s, id, NOW + 5, "id7", "http://x/"), 0);
	assert_int_equal(store_post_published(s, id, NOW + 6, "id8", NULL), -ENOENT);
	assert_post(id, "external_id", "id7");
	assert_int_equal(post_int(id, "published_ms"), NOW + 5);
	struct value *row = (struct value *)dir;
	assert_int_equal(store_post_get(s, 999, &row), -ENOENT);
	assert_ptr_equal(row, dir);
}

static void test_unknown_posts(void **state)
{
	(void)state;
	int64_t a = post_in("a", POST_SENDING), b = post_in("b", POST_SENDING);
	int64_t c = post_in("c", POST_READY), id = MARK, when = MARK;
	int count = -1, finds = -1;
	assert_int_equal(store_posts_recover(s, SENT(NOW + 1), NOW + MINUTE, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(store_posts_recover(s, SENT(NOW + 2), NOW + MINUTE, &count), 0);
	assert_int_equal(count, 0);
	assert_int_equal(post_int(a, "sending_ms"), NOW + 1);
	assert_post(c, "state", POST_READY);
	assert_post(a, "state", POST_UNKNOWN);
	assert_int_equal(store_post_next(s, POST_UNKNOWN, NULL, NOW, &id), -ENOENT);
	assert_int_equal(id, MARK);
	assert_int_equal(store_post_next(s, POST_UNKNOWN, NULL, NOW + MINUTE, &id), 0);
	assert_int_equal(id, a);
	assert_int_equal(store_post_next(s, POST_UNKNOWN, "other", NOW + MINUTE, &id), -ENOENT);
	assert_int_equal(store_post_looked(s, a, NOW, NOW + HOUR, false, &finds), 0);
	assert_int_equal(finds, 0);
	assert_int_equal(store_post_looked(s, a, NOW, NOW + HOUR, true, &finds), 0);
	assert_int_equal(store_post_looked(s, a, NOW, NOW + HOUR, true, &finds), 0);
	assert_int_equal(finds, 2);
	assert_int_equal(store_post_when(s, POST_UNKNOWN, NULL, &when), 0);
	assert_int_equal(when, NOW + MINUTE);
	assert_int_equal(store_post_published(s, b, NOW, NULL, NULL), 0);
	assert_int_equal(store_post_when(s, POST_UNKNOWN, "blog", &when), 0);
	assert_int_equal(when, NOW + HOUR);
	assert_int_equal(store_post_when(s, POST_PARKED, NULL, &when), 0);
	assert_int_equal(when, INT64_MAX);
	/* Sent again, the looks start from none. */
	assert_int_equal(move(a, POST_UNKNOWN, POST_READY), 0);
	assert_int_equal(store_post_sending(s, a, SENT(NOW)), 0);
	assert_int_equal(post_int(a, "finds"), 0);
	assert_int_equal(post_int(a, "attempts"), 2);
}

static void test_last_post(void **state)
{
	(void)state;
	struct value *row = NULL;
	assert_int_equal(store_post_last(s, "l", "가", &row), -ENOENT);
	assert_null(row);
	int64_t a = post_in("a", POST_READY), b = new_post("b");
	assert_int_equal(move(b, POST_PLANNED, POST_REFUSED), 0);
	assert_int_equal(store_post_last(s, "l", "가", &row), 0);
	assert_int_equal(value_get_int(row, "id", 0), a);
	assert_int_equal(value_get_int(value_get(row, "post"), "more", 0), 42);
	value_free(row);
	assert_int_equal(store_post_last(s, "m", "가", &row), -ENOENT);
}

/* ID's update, planned. */
static int64_t new_update(int64_t id, const char *key, const char *products)
{
	struct store_post_new p = { .key = key,
		.list = "l",
		.keyword = "가",
		.folded = "가",
		.publisher = "blog",
		.products = products,
		.period = key,
		.now_ms = NOW,
		.updates = id };
	int64_t ret = 0;
	assert_int_equal(store_post_add(s, &p, &ret), 0);
	return ret;
}

static int64_t ready_at(int64_t from, int64_t to)
{
	int64_t id = MARK, when = MARK;
	int r = store_post_ready(s, "blog", false, from, to, &id, &when);
	assert_true(r == 0 || r == -ENOENT);
	assert_true((id == MARK) == (r == -ENOENT));
	return id;
}

/* Its prices grew old, and it is made anew: rendered once, planned again. */
static int64_t post_renewed(const char *key)
{
	int64_t id = post_in(key, POST_READY);
	assert_int_equal(move(id, POST_READY, POST_PLANNED), 0);
	return id;
}

/* While one post is renewed the others wait whose prices are old; not for one that cannot be. */
static void test_ready_while_one_is_renewed(void **state)
{
	(void)state;
	int64_t list, id = MARK, k;
	struct plan_head head;
	struct store_keyword row;
	assert_int_equal(store_list_sync(s, "l", words, words, 1, NOW, &list), 0);
	assert_int_equal(store_list_head(s, list, &head), 0);
	k = head.keyword_id;
	/* Prices of NOW - 5: old from NOW on, good from NOW - DAY on. */
	int64_t waits = post_in("waits", POST_READY);
	assert_int_equal(ready_at(NOW, NOW + MINUTE), waits);
	(void)post_in("planned for the first time", POST_PLANNED);
	assert_int_equal(ready_at(NOW, NOW + MINUTE), waits);
	assert_int_equal(store_post_renewed(s, "blog", NOW, &id), -ENOENT);
	int64_t other = post_renewed("other");
	assert_int_equal(store_post_renewed(s, "blog", NOW, &id), 0);
	assert_int_equal(id, other);
	assert_int_equal(ready_at(NOW, NOW + MINUTE), MARK);
	assert_int_equal(ready_at(NOW - DAY, NOW + MINUTE), waits);
	/* Prices of the future are none, nor does another publisher's post hold it. */
	assert_int_equal(ready_at(NOW - DAY, NOW - 6), MARK);
	assert_int_equal(store_post_renewed(s, "elsewhere", NOW, &id), -ENOENT);
	/* One that is looked for first needs no prices for that. */
	change("UPDATE posts SET doubt = 1, seal = NULL WHERE key = 'waits'");
	assert_int_equal(ready_at(NOW, NOW + MINUTE), waits);
	change("UPDATE posts SET doubt = 0, seal = NULL WHERE key = 'waits'");
	/* One whose keyword is paused, with its list or alone, left alone, or gone. */
	assert_int_equal(store_keyword_pause(s, k, true), 0);
	assert_int_equal(ready_at(NOW, NOW + MINUTE), waits);
	assert_int_equal(store_keyword_pause(s, k, false), 0);
	assert_int_equal(ready_at(NOW, NOW + MINUTE), MARK);
	assert_int_equal(store_list_pause(s, "l", true), 0);
	assert_int_equal(ready_at(NOW, NOW + MINUTE), waits);
	assert_int_equal(store_list_pause(s, "l", false), 0);
	assert_int_equal(store_keyword_failed(s, k, NOW + 2 * HOUR, "refused"), 0);
	assert_int_equal(ready_at(NOW, NOW + MINUTE), waits);
	assert_int_equal(ready_at(NOW + HOUR, NOW + HOUR), MARK);
	assert_int_equal(store_keyword_looked(s, k, NOW, NOW + 2 * HOUR, NULL), 0);
	assert_int_equal(ready_at(NOW, NOW + MINUTE), MARK);
	assert_int_equal(store_list_sync(s, "l", words + 1, words + 1, 1, NOW, &list), 0);
	assert_int_equal(ready_at(NOW, NOW + MINUTE), waits);
	assert_int_equal(store_list_sync(s, "l", words, words, 2, NOW, &list), 0);
	assert_int_equal(ready_at(NOW, NOW + MINUTE), MARK);
	assert_int_equal(store_lists_prune(s, NULL, 0), 0);
	assert_int_equal(ready_at(NOW, NOW + MINUTE), waits);
	assert_int_equal(store_keyword_find(s, "l", "가", &row), -ENOENT);
}

/* Before all that are overdue, but not before what was asked for; and once is enough. */
static void test_a_keyword_goes_first(void **state)
{
	(void)state;
	int64_t list;
	struct plan_head head;
	struct store_keyword k, was;
	assert_int_equal(store_list_sync(s, "l", words, words, 3, NOW - DAY, &list), 0);
	assert_int_equal(store_keyword_find(s, "l", "다", &k), 0);
	assert_int_equal(store_keyword_looked(s, k.id, NOW, NOW + DAY, NULL), 0);
	assert_int_equal(store_keyword_first(s, k.id, NOW), 0);
	assert_int_equal(store_list_head(s, list, &head), 0);
	assert_int_equal(head.keyword_id, k.id);
	assert_int_equal(store_keyword_get(s, k.id, &was), 0);
	assert_int_equal(store_keyword_first(s, k.id, NOW + HOUR), 0);
	assert_int_equal(store_keyword_get(s, k.id, &k), 0);
	assert_int_equal(k.due_ms, was.due_ms);
	assert_int_equal(store_keyword_find(s, "l", "가", &was), 0);
	assert_int_equal(store_keyword_ask(s, was.id, NOW), 0);
	assert_int_equal(store_list_head(s, list, &head), 0);
	assert_int_equal(head.keyword_id, was.id);
	assert_int_equal(store_keyword_first(s, 4711, NOW), -ENOENT);
	/* Alone in its list it is due, and no more. */
	assert_int_equal(store_list_sync(s, "l", words, words, 1, NOW, &list), 0);
	assert_int_equal(store_keyword_looked(s, was.id, NOW, NOW + DAY, NULL), 0);
	assert_int_equal(store_keyword_first(s, was.id, NOW), 0);
	assert_int_equal(store_keyword_get(s, was.id, &was), 0);
	assert_int_equal(was.due_ms, NOW);
}

static void test_updates(void **state)
{
	(void)state;
	int64_t first = post_in("first", POST_SENDING), when = MARK, id = MARK;
	assert_int_equal(store_post_published(s, first, NOW, "42", "https://b.example/42"), 0);
	assert_int_equal(post_int(first, "updates"), MARK);
	int64_t next = new_update(first, "next", "1,2");
	assert_post(next, "out_key", "first");
	assert_post(next, "out_id", "42");
	assert_post(next, "out_url", "https://b.example/42");
	/* Its set is the one that is found; that of a post of its own is what it is. */
	assert_int_equal(store_post_products(s, next, "1,3"), 0);
	assert_post(next, "products", "1,3");
	assert_int_equal(store_post_products(s, new_post("own"), "9"), -ENOENT);
	render(next);
	assert_int_equal(store_post_products(s, next, "1,4"), -ENOENT);
	/* Updates and new ones are two queues. */
	assert_int_equal(store_post_ready(s, "blog", true, 0, NOW, &id, &when), -ENOENT);
	assert_int_equal(move(next, POST_RENDERED, POST_READY), 0);
	assert_int_equal(store_post_ready(s, "blog", false, 0, NOW, &id, &when), -ENOENT);
	assert_int_equal(store_post_ready(s, "other", true, 0, NOW, &id, &when), -ENOENT);
	assert_true(id == MARK && when == MARK);
	assert_int_equal(store_post_ready(s, "blog", true, 0, NOW, &id, &when), 0);
	assert_true(id == next && when == NOW);
	/* It is no post of the day, but the last that was sent. */
	int count = -1;
	int64_t last = MARK;
	assert_int_equal(store_post_sending(s, next, SENT(NOW + MINUTE)), 0);
	assert_int_equal(store_publisher_pace(s, "blog", NOW, &count, &last), 0);
	assert_true(count == 1 && last == NOW + MINUTE);
	/* Dead in the middle of it: it comes again, and nothing is looked for. */
	assert_int_equal(store_posts_recover(s, SENT(NOW + HOUR), NOW + DAY, &count), 0);
	assert_int_equal(count, 0);
	assert_post(next, "state", POST_READY);
	assert_int_equal(post_int(next, "next_ms"), NOW + DAY);
	/* The newest stands for the first. */
	struct value *row = NULL;
	assert_int_equal(store_post_last(s, "l", "가", &row), 0);
	value_free(row);
	assert_int_equal(move(next, POST_READY, POST_REFUSED), 0);
	int64_t third = new_update(first, "third", "1,2");
	assert_int_equal(store_post_last(s, "l", "가", &row), 0);
	assert_int_equal(value_get_int(row, "id", 0), third);
	assert_int_equal(value_get_int(row, "first", 0), first);
	value_free(row);
	/* There must be a post to update. */
	struct store_post_new none = { "k", "l", "가", "가", "blog", "1", "p", NOW, 4711, false };
	assert_true(store_post_add(s, &none, &id) < 0);
}

static void test_pace(void **state)
{
	(void)state;
	int count = -1;
	int64_t last = MARK, n = MARK;
	assert_int_equal(store_publisher_pace(s, "blog", NOW, &count, &last), 0);
	assert_true(count == 0 && last == 0);
	/* What was sent and did not go out takes no place of another. */
	int64_t back = post_in("back", POST_SENDING);
	assert_int_equal(move(back, POST_SENDING, POST_READY), 0);
	assert_int_equal(store_publisher_pace(s, "blog", NOW, &count, &last), 0);
	assert_true(count == 0 && last == 0);
	static const char *const sent[] = { POST_SENDING, POST_PUBLISHED, POST_UNKNOWN,
		POST_PARKED };
	for (size_t i = 0; i < ARRAY_LEN(sent); i++) {
		post_in(sent[i], sent[i]);
		assert_int_equal(store_publisher_pace(s, "blog", NOW, &count, &last), 0);
		assert_int_equal(count, (int)i + 1);
		assert_int_equal(last, NOW);
	}
	assert_int_equal(store_publisher_pace(s, "blog", NOW + 1, &count, &last), 0);
	assert_true(count == 0 && last == NOW);
	assert_int_equal(store_publisher_pace(s, "other", NOW, &count, &last), 0);
	assert_true(count == 0 && last == 0);
	assert_int_equal(store_posts_count(s, POST_READY, &n), 0);
	assert_int_equal(n, 1);
	struct value *counts = NULL;
	assert_int_equal(store_post_counts(s, &counts), 0);
	assert_int_equal(value_get_int(counts, POST_PARKED, 0), 1);
	assert_int_equal(value_get_int(counts, POST_WAITING, 0), 0);
	value_free(counts);
}

static void test_publishers(void **state)
{
	(void)state;
	struct store_publisher p = { .broken = true,
		.until_ms = 5,
		.failures = 6,
		.reason = "key" },
			       q;
	assert_int_equal(store_publisher_get(s, "blog", &q), 0);
	assert_true(!q.broken && q.failures == 0 && !q.reason[0]);
	assert_int_equal(store_publisher_set(s, "blog", &p), 0);
	reopen();
	assert_int_equal(store_publisher_get(s, "blog", &q), 0);
	assert_true(q.broken && q.failures == 6 && q.until_ms == 5);
	assert_string_equal(q.reason, "key");
	struct value *rows = NULL;
	assert_int_equal(store_list_publishers(s, &rows), 0);
	assert_int_equal(value_len(rows), 1);
	value_free(rows);
	assert_int_equal(store_publishers_clear(s), 0);
	assert_int_equal(store_publisher_get(s, "blog", &q), 0);
	assert_false(q.broken);
}

/* ---- requests ------------------------------------------------------------------------------ */

static void test_requests(void **state)
{
	(void)state;
	struct store *cli = open_as(STORE_REQUEST);
	struct value *args = value_new_object(), *got = NULL;
	char *kind = NULL;
	int64_t first = 0, second = 0, id = MARK;
	assert_int_equal(store_request_next(s, &id, &kind, &got), -ENOENT);
	assert_true(id == MARK && !kind && !got);
	value_set_string(args, "keyword", "무선 '청소기'\n");
	assert_int_equal(store_request_add(cli, "keyword.now", args, NOW, &first), 0);
	assert_int_equal(store_request_add(cli, "unblock", args, NOW, &second), 0);
	assert_int_equal(store_request_next(s, &id, &kind, &got), 0);
	assert_int_equal(id, first);
	assert_string_equal(kind, "keyword.now");
	assert_true(value_equal(got, args));
	free(kind);
	value_free(got);
	assert_int_equal(store_request_get(cli, first, &got), 0);
	assert_int_equal(value_kind(value_get(got, "done_ms")), VALUE_NULL);
	value_free(got);
	assert_int_equal(store_request_done(s, first, NOW + 9, 65, "no"), 0);
	assert_int_equal(store_request_done(s, first, NOW + 9, 0, "yes"), -ENOENT);
	assert_int_equal(store_request_get(cli, first, &got), 0);
	assert_int_equal(value_get_int(got, "done_ms", 0), NOW + 9);
	assert_int_equal(value_get_int(got, "outcome", 0), 65);
	assert_string_equal(value_get_string(got, "text", ""), "no");
	value_free(got);
	assert_int_equal(store_request_next(s, &id, &kind, &got), 0);
	assert_int_equal(id, second);
	free(kind);
	value_free(got);
	got = NULL;
	assert_int_equal(store_request_get(cli, 999, &got), -ENOENT);
	assert_null(got);
	value_free(args);
	store_close(cli);
}

/* ---- cache ------------------------------------------------------------------------------------ */

static void put_image(const char *url, const char *path, int64_t now)
{
	struct value *v = value_new_object();
	value_set_string(v, "path", path);
	assert_int_equal(store_image_put(s, url, v, now), 0);
	value_free(v);
}

static void test_cache(void **state)
{
	(void)state;
	static const char *const kept[] = { "/new", "/shared" };
	struct value *v = value_new_object(), *got = NULL, *paths = NULL;
	int64_t when = MARK;
	value_set_string(v, "이름", "<&\">");
	assert_int_equal(store_answer_put(s, "old", NOW - DAY, v), 0);
	assert_int_equal(store_answer_put(s, "k", NOW - DAY, v), 0);
	assert_int_equal(store_answer_put(s, "k", NOW, v), 0);
	assert_int_equal(store_answer_get(s, "k", &when, &got), 0);
	assert_int_equal(when, NOW);
	assert_true(value_equal(v, got));
	value_free(got);
	got = NULL;

	/* A file is kept as long as a row names it. */
	put_image("u1", "/only-old", NOW - DAY);
	put_image("u2", "/shared", NOW - DAY);
	put_image("u3", "/shared", NOW);
	put_image("u4", "/new", NOW);
	put_image("u5", "/twice", NOW - DAY);
	put_image("u6", "/twice", NOW - DAY);
	assert_int_equal(store_cache_expire(s, NOW - HOUR, NOW - HOUR, &paths), 0);
	assert_int_equal(value_len(paths), ARRAY_LEN(kept));
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		assert_string_equal(
			value_get_string(value_at(paths, i), "path", ""), kept[i]);
	value_free(paths);
	assert_int_equal(store_image_get(s, "u2", &got), -ENOENT);
	assert_int_equal(store_image_get(s, "u3", &got), 0);
	value_free(got);
	got = NULL;
	assert_int_equal(store_answer_get(s, "old", &when, &got), -ENOENT);
	assert_int_equal(store_answer_get(s, "k", &when, &got), 0);
	value_free(got);

	struct value *products = value_new_list(), *p = value_new_object();
	value_set_int(p, "productId", INT64_C(9007199254740993));
	value_set_int(p, "productPrice", 1000);
	value_append(products, p);
	assert_int_equal(store_prices_put(s, products, NOW), 0);
	assert_int_equal(store_prices_put(s, products, NOW), 0);
	value_free(products);
	value_free(v);
}

static void test_questions(void **state)
{
	(void)state;
	struct value *v = NULL;
	sync_words("l", 0, 3, NOW);
	sync_words("m", 0, 1, NOW);
	assert_int_equal(store_keyword_failed(s, keyword("l", "나", NULL), NOW + 1, "x"), 0);
	assert_int_equal(store_list_lists(s, &v), 0);
	assert_int_equal(value_len(v), 2);
	assert_int_equal(value_get_int(value_at(v, 0), "keywords", 0), 3);
	assert_int_equal(value_get_int(value_at(v, 0), "keywords_failing", 0), 1);
	value_free(v);
	assert_int_equal(store_list_keywords(s, "l", 2, &v), 0);
	assert_int_equal(value_len(v), 2);
	value_free(v);
	assert_int_equal(store_list_keywords(s, NULL, 0, &v), 0);
	assert_int_equal(value_len(v), 4);
	value_free(v);
	int64_t a = post_in("a", POST_READY), b = new_post("b");
	assert_int_equal(store_list_posts(s, NULL, NULL, 0, &v), 0);
	assert_int_equal(value_len(v), 2);
	assert_int_equal(value_get_int(value_at(v, 0), "id", 0), b);
	assert_null(value_get(value_at(v, 0), "html"));
	value_free(v);
	assert_int_equal(store_list_posts(s, POST_READY, "l", 0, &v), 0);
	assert_int_equal(value_len(v), 1);
	assert_int_equal(value_get_int(value_at(v, 0), "id", 0), a);
	value_free(v);
	struct instant now = at(0);
	int64_t id;
	assert_int_equal(store_call_begin(s, &now, "search", "l", "k", &id), 0);
	assert_int_equal(store_list_calls(s, NOW + 1, 0, &v), 0);
	assert_int_equal(value_len(v), 0);
	value_free(v);
	assert_int_equal(store_list_requests(s, 5, &v), 0);
	assert_int_equal(value_len(v), 0);
	value_free(v);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_daemon_a_folder),
		TEST(test_no_state_yet),
		TEST(test_readers_cannot_write),
		TEST(test_askers_only_ask),
		TEST(test_all_or_none),
		TEST(test_files_and_modes),
		TEST(test_damage_is_refused_and_kept),
		TEST(test_readers_refuse_strangers),
		TEST(test_an_emptied_state_is_refused),
		TEST(test_a_damaged_cache_is_made_anew),
		TEST(test_no_cache_at_all),
		TEST(test_full_disk),
		TEST(test_failing_disk),
		TEST(test_calls),
		TEST(test_calls_left_open),
		TEST(test_account_round_trip),
		TEST(test_lists_follow_the_configuration),
		TEST(test_heads),
		TEST(test_keywords),
		TEST(test_many_keywords),
		TEST(test_posts_are_unique),
		TEST(test_moves_are_conditional),
		TEST(test_unknown_posts),
		TEST(test_last_post),
		TEST(test_ready_while_one_is_renewed),
		TEST(test_a_keyword_goes_first),
		TEST(test_updates),
		TEST(test_pace),
		TEST(test_publishers),
		TEST(test_requests),
		TEST(test_cache),
		TEST(test_questions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
