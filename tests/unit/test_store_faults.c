/* SPDX-License-Identifier: MIT */
/*
 * Each call into SQLite fails once, in each operation of the store: it says so,
 * nothing of the operation is there then, and done again it succeeds.
 */
#include "unit.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store.h"

/* 2026-11-23 14:32 in Seoul */
#define NOW INT64_C(1795411920000)
#define HOUR INT64_C(3600000)

/* ---- the library, failing ---- */

static struct {
	int left;   /* calls until one fails; -1: none does */
	int code;
	bool fired, files;
} fault = { .left = -1 };

extern const char __executable_start[], etext[];

/* FROM: who called; the library within itself does not count. */
static bool fails_for(const char *from)
{
	if (from < __executable_start || from >= etext || fault.left < 0 || fault.left-- > 0)
		return false;
	fault.fired = true;
	return true;
}
#define fails() fails_for(__builtin_return_address(0))

static void *real(const char *name)
{
	void *fn = dlsym(RTLD_NEXT, name);

	if (!fn)
		abort();
	return fn;
}

#define REAL(name) ((__typeof__(&name))(uintptr_t)real(#name))

int sqlite3_step(sqlite3_stmt *st)
{
	return fails() ? fault.code : REAL(sqlite3_step)(st);
}

int sqlite3_prepare_v2(sqlite3 *db, const char *sql, int n, sqlite3_stmt **ret, const char **tail)
{
	return fails() ? fault.code : REAL(sqlite3_prepare_v2)(db, sql, n, ret, tail);
}

int sqlite3_prepare_v3(sqlite3 *db, const char *sql, int n, unsigned flags, sqlite3_stmt **ret,
	const char **tail)
{
	return fails() ? fault.code : REAL(sqlite3_prepare_v3)(db, sql, n, flags, ret, tail);
}

int sqlite3_exec(sqlite3 *db, const char *sql, int (*cb)(void *, int, char **, char **), void *ctx,
	char **why)
{
	return fails() ? fault.code : REAL(sqlite3_exec)(db, sql, cb, ctx, why);
}

int sqlite3_open_v2(const char *path, sqlite3 **ret, int flags, const char *vfs)
{
	return fails() ? fault.code : REAL(sqlite3_open_v2)(path, ret, flags, vfs);
}

int sqlite3_backup_step(sqlite3_backup *b, int pages)
{
	return fails() ? fault.code : REAL(sqlite3_backup_step)(b, pages);
}

#define file_fails() (fault.files && fails() && (errno = EIO, true))

int fsync(int fd)
{
	return file_fails() ? -1 : REAL(fsync)(fd);
}

int rename(const char *from, const char *to)
{
	return file_fails() ? -1 : REAL(rename)(from, to);
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	return file_fails() ? -1 : REAL(renameat2)(from_fd, from, to_fd, to, flags);
}

int link(const char *from, const char *to)
{
	return file_fails() ? -1 : REAL(link)(from, to);
}

int mkstemp(char *template)
{
	return file_fails() ? -1 : REAL(mkstemp)(template);
}

static const int codes[] = { SQLITE_IOERR, SQLITE_FULL, SQLITE_CORRUPT, SQLITE_NOMEM,
	SQLITE_READONLY, SQLITE_PERM, SQLITE_CANTOPEN, SQLITE_BUSY, SQLITE_TOOBIG, SQLITE_MISUSE,
	SQLITE_CONSTRAINT, SQLITE_SCHEMA, SQLITE_READONLY_ROLLBACK };

static void arm(int nth)
{
	fault.left = nth;
	fault.code = codes[(size_t)nth % ARRAY_LEN(codes)];
	fault.fired = false;
}

static bool disarm(void)
{
	fault.left = -1;
	return fault.fired;
}

/* ---- what there is ---- */

static char dir[64], cache[80], backup[80];
static struct store *s;

static uint64_t mix(uint64_t h, const char *text)
{
	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return (h ^ 0xff) * UINT64_C(0x100000001b3);
}

static uint64_t dump_rows(sqlite3 *db, const char *sql, uint64_t h)
{
	sqlite3_stmt *st = NULL;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	while (sqlite3_step(st) == SQLITE_ROW)
		for (int i = 0; i < sqlite3_column_count(st); i++) {
			const char *text = (const char *)sqlite3_column_text(st, i);

			h = mix(h, text ? text : "NULL");
		}
	sqlite3_finalize(st);
	return h;
}

/* One number over all rows of a database; 0 where there is none. */
static uint64_t dump(const char *folder, const char *name)
{
	static const char *const state[] = { "calls", "account", "lists", "keywords", "posts",
		"publishers", "requests", "notifiers", "notices", "tokens", NULL };
	static const char *const cached[] = { "answers", "images", "prices", NULL };
	CLEANUP_FREE char *path = xasprintf("%s/%s", folder, name);
	sqlite3 *db = NULL;
	uint64_t h = 1;

	if (access(path, F_OK) < 0)
		return 0;
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	for (const char *const *t = str_eq(name, "state.db") ? state : cached; *t; t++) {
		CLEANUP_FREE char *sql = xasprintf("SELECT * FROM %s ORDER BY 1", *t);

		h = dump_rows(db, sql, mix(h, *t));
	}
	sqlite3_close(db);
	return h;
}

static uint64_t dump_all(void)
{
	return dump(dir, "state.db") * 3 + dump(cache, "cache.db");
}

static int files_in(const char *folder)
{
	DIR *d = opendir(folder);
	int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static int set_up(void **state)
{
	struct err e = { "" };

	(void)state;
	str_format_cut(dir, sizeof(dir), "/tmp/cpauto-storefaults-XXXXXX");
	assert_non_null(mkdtemp(dir));
	str_format_cut(cache, sizeof(cache), "%s/cache", dir);
	str_format_cut(backup, sizeof(backup), "%s/cache/backup", dir);
	assert_int_equal(dir_make(cache, 0700), 0);
	if (store_open(dir, cache, STORE_DAEMON, &s, &e) < 0)
		fail_msg("%s", e.text);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	disarm();
	store_close(s);
	s = NULL;
	return dir_remove(dir);
}

/* ---- every operation, in the order of a life ---- */

static struct instant now = { .wall_ms = NOW, .boot_ms = 1000000, .synced = true,
	.boot_id = "11111111-2222-3333-4444-555555555555" };
static int64_t list, word, call, first, second, id, ms, request;
static int count;
static struct value *out, *object;
static struct store_keyword keyword;
static struct store_publisher publisher = { .until_ms = NOW + HOUR, .failures = 1,
	.reason = "r" };
static struct store_notifier notifier = { .until_ms = NOW, .failures = 2, .reason = "r" };
static struct store_account account = { .reason = "r", .strikes = 1, .wait_reason = "w" };

static int add_post(const char *key, int64_t updates, int64_t *ret)
{
	struct store_post_new p = { .key = key, .list = "l", .keyword = "난로", .folded = "난로",
		.publisher = "blog", .products = key, .period = "p", .now_ms = NOW,
		.updates = updates };

	return store_post_add(s, &p, ret);
}

static int requested(void)
{
	char *kind = NULL;
	struct value *args = NULL;
	int r = store_request_next(s, &request, &kind, &args);

	free(kind);
	value_free(args);
	return r;
}

static int calls_recent(void)
{
	struct budget_call calls[8];
	size_t n;

	return store_calls_recent(s, calls, ARRAY_LEN(calls), &n);
}

static int sync_list(void)
{
	static const char *const words[] = { "난로", "이불" };

	return store_list_sync(s, "l", words, words, 2, NOW, &list);
}

static int other_list(void)
{
	static const char *const words[] = { "솥" };

	return store_list_sync(s, "m", words, words, 1, NOW, &id);
}

static int prune(void)
{
	static const char *const names[] = { "l" };

	return store_lists_prune(s, names, 1);
}

static int notifiers(void)
{
	static const char *const names[] = { "me", "you" };

	return store_notifiers_sync(s, names, 2);
}

static int one_notifier(void)
{
	static const char *const names[] = { "me" };

	return store_notifiers_sync(s, names, 1);
}

static int load_list(void)
{
	struct plan_list l;

	return store_list_load(s, list, &l);
}

static int whole(void)
{
	int r = store_begin(s);

	if (r < 0)
		return r;
	r = store_publishers_clear(s);
	if (r == 0)
		r = store_keyword_due(s, word, NOW - 1);
	return store_end(s, r);
}

#define OPERATIONS(X) \
	X(sync_list()) X(other_list()) X(prune()) X(store_list_id(s, "l", &list)) \
	X(load_list()) X(store_list_served(s, list, 3)) \
	X(store_keyword_find(s, "l", "난로", &keyword)) \
	X((word = keyword.id, store_keyword_get(s, word, &keyword))) \
	X(store_keyword_add(s, list, "솥", "솥", NOW)) \
	X(store_keyword_find(s, "l", "솥", &keyword)) X(store_keyword_remove(s, keyword.id)) \
	X(store_keyword_pause(s, word, true)) X(store_keyword_pause(s, word, false)) \
	X(store_list_pause(s, NULL, true)) X(store_list_pause(s, "l", false)) \
	X(store_keyword_failed(s, word, NOW + 5, "no")) \
	X(store_keyword_looked(s, word, NOW, NOW + HOUR, "yes")) \
	X(store_keyword_ask(s, word, NOW)) X(store_keyword_due(s, word, NOW)) \
	X(store_keywords_fresh(s, "난로", NOW + HOUR)) X(store_keyword_free(s, NOW + 1, &id)) \
	X(store_call_begin(s, &now, "search", "l", "난로", &call)) \
	X(store_call_end(s, call, &now, "ok", NULL, 3)) X(calls_recent()) \
	X(store_call_begin(s, &now, "search", "l", "난로", &call)) \
	X(store_calls_close(s, &now, &count)) \
	X(store_account_set(s, &account)) X(store_account_get(s, &account)) \
	X(add_post("a", 0, &first)) X(add_post("b", 0, &second)) \
	X(store_post_next(s, POST_PLANNED, "blog", NOW, &id)) \
	X(store_post_when(s, POST_PLANNED, NULL, &ms)) \
	X(store_posts_answered(s, "난로", NOW)) \
	X(store_post_rendered(s, first, object, NOW, NOW)) \
	X(store_post_rendered(s, second, object, NOW, NOW)) \
	X(store_post_object(s, first, object, NOW)) \
	X(store_post_move(s, first, POST_RENDERED, POST_WAITING, NOW, NOW, "w")) \
	X(notifiers()) X(store_notices_ask(s, "me", NOW)) \
	X(store_notice_add(s, "me", &(struct store_notice){ .class = "state", .text = "t" })) \
	X(store_notices_open(s, "me", 5, &out)) X(store_notice_tried(s, 1)) \
	X(store_token_add(s, "digest", first, "me", NOW, NOW + HOUR)) \
	X(store_tokens_open(s, "me", NOW, &ms)) X(store_token_take(s, "digest", NOW, &id)) \
	X(store_notice_sent(s, 1, NOW)) X(store_notifier_set(s, "me", &notifier)) \
	X(store_notifier_get(s, "me", &notifier)) X(store_notifiers_clear(s)) \
	X(store_post_approve(s, first, NOW)) \
	X(store_post_ready(s, "blog", false, 0, NOW, &id, &ms)) \
	X(store_posts_stale(s, "blog", NOW + 1, NOW, "old")) \
	X(store_post_sending(s, first, &now)) X(store_publisher_pace(s, "blog", 0, &count, &ms)) \
	X(store_post_unclear(s, first, &now, NOW, "u")) \
	X(store_post_looked(s, first, NOW, NOW, true, &count)) \
	X(store_post_draft(s, first, NOW, "d")) X(store_post_sending(s, first, &now)) \
	X(store_post_published(s, first, NOW, "e", "https://b.example/e")) \
	X(store_post_last(s, "l", "난로", &out)) X(store_post_get(s, first, &out)) \
	X(store_post_sketches(s, "blog", 0, second, &out)) \
	X(store_last_out(s, "blog", &ms)) \
	X(add_post("c", first, &id)) X(store_post_products(s, id, "c2")) \
	X(store_post_rendered(s, id, object, NOW, NOW)) \
	X(store_post_move(s, id, POST_RENDERED, POST_READY, NOW, NOW, NULL)) \
	X(store_post_sending(s, id, &now)) \
	X(store_post_move(s, second, POST_RENDERED, POST_READY, NOW, NOW, NULL)) \
	X(store_post_sending(s, second, &now)) \
	X(store_posts_recover(s, &now, NOW, &count)) X(store_posts_count(s, POST_UNKNOWN, &ms)) \
	X(store_clamp(s, NOW - HOUR, 1000)) \
	X(store_publisher_set(s, "blog", &publisher)) \
	X(store_publisher_get(s, "blog", &publisher)) X(whole()) \
	X(store_request_add(s, "keyword.now", object, NOW, &request)) X(requested()) \
	X(store_request_done(s, request, NOW, 0, "done")) X(store_request_get(s, request, &out)) \
	X(store_answer_put(s, "난로", NOW, object)) X(store_answer_get(s, "난로", &ms, &out)) \
	X(store_image_put(s, "https://i.example/1", object, NOW)) \
	X(store_image_get(s, "https://i.example/1", &out)) \
	X(store_prices_put(s, value_get(object, "products"), NOW)) \
	X(store_cache_oldest(s, &ms)) X(store_cache_expire(s, NOW + 1, NOW + 1, &out)) \
	X(store_list_calls(s, 0, 0, &out)) X(store_list_posts(s, NULL, NULL, 0, &out)) \
	X(store_list_keywords(s, NULL, 0, &out)) X(store_list_lists(s, &out)) \
	X(store_list_publishers(s, &out)) X(store_list_notifiers(s, &out)) \
	X(store_list_requests(s, 0, &out)) X(store_post_counts(s, &out)) \
	X(store_calls_tally(s, 0, &out)) X(store_keyword_states(s, NOW, &out)) \
	X(store_undelivered(s, &out)) X(store_find_keywords(s, "난로", &out)) \
	X(one_notifier()) X(store_verify(s))

/*
 * Of several statements that may each be repeated; and where SQLite itself would
 * take back what it has begun, which it does not know to have failed.
 */
static bool may_be_half_done(const char *what)
{
	static const char *const names[] = { "store_notice_sent(", "store_clamp(",
		"store_posts_recover(", "store_cache_expire(", "store_post_looked(" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_starts(what, names[i]))
			return true;
	return false;
}

/* Until it succeeds with no call of it failing. */
static void sweep(const char *what, int (*op)(void))
{
	for (int nth = 0;; nth++) {
		uint64_t before = dump_all();
		int r;

		store_rest(s); /* so that its statements are prepared again */
		out = NULL;
		arm(nth);
		r = op();
		if (!disarm()) {
			if (r < 0)
				fail_msg("%s: %d, %s", what, r, store_error(s));
			value_free(out);
			return;
		}
		if (r >= 0)
			fail_msg("%s: its call %d failed, and %d came back", what, nth, r);
		if (!*store_error(s))
			fail_msg("%s: its call %d failed, and nothing is said", what, nth);
		if (out)
			fail_msg("%s: its call %d failed, and there is an answer", what, nth);
		if (dump_all() != before && !may_be_half_done(what))
			fail_msg("%s: its call %d failed, and something is left", what, nth);
	}
}

static int which;
static int one_operation(void)
{
	int n = 0;

#define X(expr) if (n++ == which) return (expr);
	OPERATIONS(X)
#undef X
	return INT_MIN;
}

static void test_each_operation_is_whole_or_not_there(void **state)
{
	static const char *const names[] = {
#define X(expr) #expr,
		OPERATIONS(X)
#undef X
	};
	struct value *product = value_new_object(), *products = value_new_list();

	(void)state;
	value_set_int(product, "id", 7);
	value_set_int(product, "price", 1000);
	value_append(products, product);
	object = value_new_object();
	value_set_string(object, "title", "t");
	value_set_string(object, "html", "<p>x</p>");
	value_set_string(object, "text", "x");
	value_set_string(object, "path", "/tmp/x.jpg");
	value_set(object, "products", products);
	for (which = 0; which < (int)ARRAY_LEN(names); which++)
		sweep(names[which], one_operation);
	value_free(object);
}

/* ---- opening, backup, restore ---- */

/* All of the first calls, of the many that follow some. */
static int next_of(int nth)
{
	return nth < 30 ? nth + 1 : nth + 7;
}

static void test_opening_fails(void **state)
{
	static const enum store_mode modes[] = { STORE_DAEMON, STORE_READ, STORE_REQUEST };
	uint64_t before;

	(void)state;
	store_close(s);
	s = NULL;
	before = dump_all();
	for (size_t i = 0; i < ARRAY_LEN(modes); i++)
		for (int nth = 0;; nth = next_of(nth)) {
			struct err e = { "" };
			int r;

			arm(nth);
			r = store_open(dir, cache, modes[i], &s, &e);
			bool fired = disarm();
			if (r == 0)
				store_close(s);
			s = NULL;
			if (!fired && r < 0)
				fail_msg("%s", e.text);
			if (!fired)
				break;
			/* Without its cache it opens. */
			if (r < 0 && !*e.text)
				fail_msg("call %d failed, and nothing is said", nth);
			assert_true(dump(dir, "state.db") * 3 == before - dump(cache, "cache.db"));
		}
}

static void test_a_new_state_is_made_or_not(void **state)
{
	(void)state;
	store_close(s);
	s = NULL;
	for (int nth = 0;; nth = next_of(nth)) {
		struct err e = { "" };
		int r;

		assert_int_equal(dir_remove(dir), 0);
		assert_int_equal(dir_make(cache, 0700), 0);
		arm(nth);
		r = store_open(dir, cache, STORE_DAEMON, &s, &e);
		bool fired = disarm();
		if (r == 0)
			store_close(s);
		s = NULL;
		if (!fired)
			assert_int_equal(r, 0);
		if (!fired)
			return;
		if (r < 0 && !*e.text)
			fail_msg("call %d failed, and nothing is said", nth);
		/* What was begun is no obstacle. */
		e.text[0] = '\0';
		if (r < 0 && nth % 3 == 0) {
			if (store_open(dir, cache, STORE_DAEMON, &s, &e) < 0)
				fail_msg("after call %d: %s", nth, e.text);
			store_close(s);
			s = NULL;
		}
	}
}

static void fill(void)
{
	assert_int_equal(sync_list(), 0);
	assert_int_equal(store_call_begin(s, &now, "search", "l", "난로", &call), 0);
	assert_int_equal(store_call_end(s, call, &now, "ok", NULL, 1), 0);
	assert_int_equal(add_post("a", 0, &first), 0);
}

static void test_backup_is_whole_or_not_there(void **state)
{
	struct value *what = NULL;
	int files;

	(void)state;
	fill();
	fault.files = true;
	files = files_in(cache);
	for (int nth = 0;; nth++) {
		struct err e = { "" };
		int r;

		arm(nth);
		r = store_backup(dir, backup, false, &what, &e);
		if (!disarm()) {
			assert_int_equal(r, 0);
			break;
		}
		/* Busy is waited for; and what has its name stays. */
		if (r == 0)
			value_free(what);
		what = NULL;
		if (r < 0 && !*e.text)
			fail_msg("call %d failed, and nothing is said", nth);
		(void)unlink(backup);
		assert_int_equal(files_in(cache), files);
	}
	fault.files = false;
	value_free(what);
}

static void test_restore_is_whole_or_not_there(void **state)
{
	struct value *what = NULL;
	struct err e = { "" };
	uint64_t first_of_all;

	(void)state;
	fill();
	assert_int_equal(store_backup(dir, backup, false, &what, &e), 0);
	value_free(what);
	assert_int_equal(add_post("b", 0, &second), 0);
	store_close(s);
	s = NULL;
	first_of_all = dump(dir, "state.db");
	CLEANUP_FREE char *file = xasprintf("%s/state.db", dir), *bytes = NULL;
	size_t len;
	assert_int_equal(file_read(file, 1u << 24, &bytes, &len), 0);
	fault.files = true;
	for (int nth = 0;; nth++) {
		int files, r;

		assert_int_equal(file_write_atomic(file, bytes, len, 0600), 0);
		files = files_in(dir);
		now.wall_ms += 1000; /* what is kept has its name by the second */
		e.text[0] = '\0';
		what = NULL;
		arm(nth);
		r = store_restore(dir, backup, &now, 2, &what, &e);
		if (!disarm()) {
			assert_int_equal(r, 0);
			assert_true(dump(dir, "state.db") != first_of_all);
			break;
		}
		if (r == 0) /* what stands here could not be read, and is kept aside */
			value_free(what);
		if (r < 0 && !*e.text)
			fail_msg("call %d failed, and nothing is said", nth);
		/* Once it has its name, what failed is only to make sure of that. */
		if (dump(dir, "state.db") == first_of_all && files_in(dir) != files)
			fail_msg("call %d failed, and a file is left", nth);
	}
	fault.files = false;
	value_free(what);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_each_operation_is_whole_or_not_there),
		TEST(test_opening_fails),
		TEST(test_a_new_state_is_made_or_not),
		TEST(test_backup_is_whole_or_not_there),
		TEST(test_restore_is_whole_or_not_there),
	};
	if (getenv("CPAUTO_TEST_FILTER"))
		cmocka_set_test_filter(getenv("CPAUTO_TEST_FILTER"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
