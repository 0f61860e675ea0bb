/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <sqlite3.h>

#include "engine.h"
#include "json.h"
#include "log.h"

/* 2026-11-23 14:32 in Seoul, a Monday */
#define NOW INT64_C(1795411920000)
#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define SPAN (HOUR + MINUTE) /* window and margin of the settings below */
#define STARTS_MAX 20000

/* ---- a small world: a folder, a clock, and agents that the test plays ----------- */

struct call {
	int64_t start, end; /* on the true clock; end 0 = under way */
	int requests;
};

static struct world {
	char dir[64];
	struct store *store;
	struct engine *engine;
	struct instant now;
	int64_t true_ms;
	int boots;

	/* What was started and has not ended. */
	char op[16], agent[32], keyword[64], key[64];
	struct value *request;
	int refuse_starts, start_error;

	/* How agents answer when the test lets them. */
	int64_t latency;
	int set, price; /* which products, and at what price */
	bool no_images;
	bool look_for_keys; /* as the daemon does */
	const char *account;

	/* What is on the blog or soon will be, whatever the engine believes. */
	bool (*is_out)(const char *key);

	struct call calls[STARTS_MAX];
	size_t call_count;
	int searches, publishes, updates, finds, images;
} w;

static const char *path_of(const char *name)
{
	static char path[PATH_MAX];
	str_format_cut(path, sizeof(path), "%s/%s", w.dir, name);
	return path;
}

static void advance(int64_t ms)
{
	w.now.wall_ms += ms;
	w.now.boot_ms += ms;
	w.true_ms += ms;
}

static void new_boot(int64_t off_ms, bool synced)
{
	w.true_ms += off_ms;
	w.now.wall_ms += off_ms;
	w.now.boot_ms = 10 * SECOND;
	w.now.synced = synced;
	w.boots++;
	str_format_cut(
		w.now.boot_id, sizeof(w.now.boot_id), "11111111-2222-3333-4444-%012d", w.boots);
}

/* The statement of the store of this number, counted from 1, is refused; 0: none is. */
static struct {
	int at, n, code;
	bool paused; /* while the test itself looks */
	/* Which are to be refused, in a run that refuses none: the first few of each text. */
	bool noting;
	uint64_t seen[2048];
	size_t seen_count;
	int often, chosen[8192];
	size_t chosen_count;
} refusal;

static void note_statement(sqlite3_stmt *st)
{
	uint64_t text = UINT64_C(0xcbf29ce484222325);
	int before = 0;
	for (const char *s = sqlite3_sql(st); s && *s; s++)
		text = (text ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	for (size_t i = 0; i < refusal.seen_count; i++)
		before += refusal.seen[i] == text;
	refusal.n++;
	if (before >= refusal.often)
		return;
	assert_true(refusal.seen_count < ARRAY_LEN(refusal.seen));
	refusal.seen[refusal.seen_count++] = text;
	refusal.chosen[refusal.chosen_count++] = refusal.n;
}

/* In the place of SQLite's own for all of the program but the library itself. */
int sqlite3_step(sqlite3_stmt *st)
{
	static int (*own)(sqlite3_stmt *);
	if (!own)
		own = (int (*)(sqlite3_stmt *))(uintptr_t)dlsym(RTLD_NEXT, "sqlite3_step");
	if (refusal.noting && !refusal.paused)
		note_statement(st);
	if (refusal.at && !refusal.paused && ++refusal.n == refusal.at)
		return refusal.code;
	return own(st);
}

/* The post with this key as another process sees it on the disk; an update has another's. */
static void assert_sending(struct store *disk)
{
	struct value *rows = NULL, *post = NULL;
	assert_int_equal(store_list_posts(disk, POST_SENDING, NULL, 0, &rows), 0);
	assert_int_equal(value_len(rows), 1);
	const struct value *row = value_at(rows, 0);
	assert_int_equal(store_post_get(disk, value_get_int(row, "id", 0), &post), 0);
	bool update = value_get_int(post, "updates", 0) > 0;
	assert_string_equal(w.op, update ? "update" : "publish");
	assert_string_equal(value_get_string(post, update ? "out_key" : "key", ""), w.key);
	assert_int_equal(value_get_int(post, "sending_ms", 0), w.now.wall_ms);
	value_free(post);
	value_free(rows);
}

static void assert_token_taken(struct store *disk)
{
	struct value *rows = NULL;
	assert_int_equal(store_list_calls(disk, 0, 2, &rows), 0);
	const struct value *row = value_at(rows, 0);
	assert_int_equal(value_kind(value_get(row, "ended_wall")), VALUE_NULL);
	assert_string_equal(value_get_string(row, "keyword", ""), w.keyword);
	assert_int_equal(value_get_int(row, "taken_boot", 0), w.now.boot_ms);
	value_free(rows);
}

/* In any hour of true time, whenever within a call the server counted it: no more than ten. */
static void assert_within_budget(void)
{
	int n = 1;
	for (size_t i = w.call_count; i-- > 0;) {
		if (w.calls[i].end <= w.true_ms - HOUR)
			break;
		n += w.calls[i].requests;
	}
	if (n > 10)
		fail_msg("call %zu at %" PRId64 " s is number %d of its hour", w.call_count,
			w.true_ms / SECOND, n);
	assert_true(w.call_count < STARTS_MAX);
	w.calls[w.call_count++] =
		(struct call){ .start = w.true_ms, .end = w.true_ms, .requests = 1 };
}

static int port_start(void *ctx, const struct agent_job *job, struct err *e)
{
	assert_ptr_equal(ctx, &w);
	assert_null(w.request);
	if (w.refuse_starts > 0) {
		w.refuse_starts--;
		return err_set(e, w.start_error ? w.start_error : -EAGAIN, "no process can be had");
	}
	const struct value *post = value_get(job->request, "post");
	str_format_cut(w.op, sizeof(w.op), "%s", value_get_string(job->request, "op", ""));
	str_format_cut(w.agent, sizeof(w.agent), "%s", job->name);
	str_format_cut(w.keyword, sizeof(w.keyword), "%s",
		value_get_string(job->request, "keyword", ""));
	str_format_cut(w.key, sizeof(w.key), "%s", value_get_string(post, "key", ""));
	assert_true(job->timeout_ms > 0);
	assert_int_equal(value_get_int(job->request, "v", 0), 1);
	w.request = value_copy(job->request);
	struct store *disk = NULL;
	struct err err;
	refusal.paused = true;
	assert_int_equal(store_open(w.dir, w.dir, STORE_READ, &disk, &err), 0);
	if (str_eq(w.op, "search")) {
		assert_token_taken(disk);
		w.searches++;
	} else if (str_eq(w.op, "publish")) {
		assert_sending(disk);
		w.publishes++;
		if (w.is_out && w.is_out(w.key))
			fail_msg("post %s is published twice", w.key);
	} else if (str_eq(w.op, "update")) {
		assert_sending(disk);
		w.updates++;
		/* Over what is out, by the blog's own id of it, and in one go. */
		assert_string_equal(value_get_string(job->request, "id", ""), "42");
		assert_null(value_get(job->request, "stage"));
		if (w.is_out && !w.is_out(w.key))
			fail_msg("post %s is updated, and was never out", w.key);
	} else {
		w.finds += str_eq(w.op, "find");
		w.images += str_eq(w.op, "images");
	}
	store_close(disk);
	refusal.paused = false;
	if (str_eq(w.op, "search"))
		assert_within_budget();
	return 0;
}

static struct value *read_json(const char *path)
{
	char *text;
	size_t len;
	struct value *v = NULL;
	assert_int_equal(file_read(path, 1 << 20, &text, &len), 0);
	assert_int_equal(json_parse(text, len, &v, NULL), 0);
	free(text);
	return v;
}

/* Ten products; SET changes which, PRICE what they cost, in percent. COUNT 0: none. */
static struct value *make_answer(int set, int price, size_t count)
{
	static struct value *sample;
	if (!sample)
		sample = read_json(TREE "/tests/data/answer-ten.json");
	const struct value *data = value_get(sample, "data");
	struct value *v = value_new_object(), *products = value_new_list();
	for (size_t i = 0; i < count; i++) {
		struct value *p = value_copy(value_at(value_get(data, "productData"), i));
		value_set_int(p, "productId", value_get_int(p, "productId", 0) + set * 100);
		value_set_int(p, "productPrice",
			(int64_t)value_double(value_get(p, "productPrice"), 0) * price / 100);
		value_append(products, p);
	}
	value_set(v, "products", products);
	value_set_string(v, "landing_url", value_get_string(data, "landingUrl", ""));
	return v;
}

static struct value *make_images(void)
{
	struct value *v = value_new_object(), *list = value_new_list();
	const struct value *urls = value_get(w.request, "urls");
	for (size_t i = 0; i < value_len(urls); i++) {
		struct value *img = value_new_object();
		value_set_string(img, "url", value_string(value_at(urls, i), ""));
		if (w.no_images) {
			value_set_string(img, "error", "404");
		} else {
			value_set_string(img, "path", path_of("images/one.jpg"));
			value_set_string(img, "mime", "image/jpeg");
			value_set_int(img, "width", 512);
			value_set_int(img, "height", 512);
		}
		value_append(list, img);
	}
	value_set(v, "images", list);
	return v;
}

/* The end of what is under way; ANSWER is taken. */
static void done(struct agent_result *res, struct value *answer, const char *reason)
{
	assert_non_null(w.request);
	if (str_eq(w.op, "search")) {
		w.calls[w.call_count - 1].end = w.true_ms;
		w.calls[w.call_count - 1].requests = res->calls > 1 ? res->calls : 1;
	}
	value_free(w.request);
	w.request = NULL;
	res->answer = answer;
	res->reason = reason ? xstrdup(reason) : NULL;
	engine_done(w.engine, res, &w.now);
	agent_result_finish(res);
}

static void reply(enum agent_verdict verdict, struct value *answer, const char *reason)
{
	struct agent_result res;
	agent_result_init(&res);
	res.verdict = verdict;
	done(&res, answer, reason);
}

static void reply_found(const char *found)
{
	struct value *v = value_new_object();
	value_set_string(v, "found", found);
	reply(AGENT_OK, v, NULL);
}

static void reply_published(void)
{
	struct value *v = value_new_object();
	value_set_string(v, "id", "42");
	value_set_string(v, "url", "https://blog.example/42");
	reply(AGENT_OK, v, NULL);
}

static void reply_well(void)
{
	if (str_eq(w.op, "search"))
		reply(AGENT_OK, make_answer(w.set, w.price, 10), NULL);
	else if (str_eq(w.op, "images"))
		reply(AGENT_OK, make_images(), NULL);
	else if (str_eq(w.op, "publish") || str_eq(w.op, "update"))
		reply_published();
	else
		reply_found("no");
}

/*
 * Steps and answers well until OP is under way (then 0), or nothing is due:
 * the wait.
 */
static int64_t go(const char *op)
{
	for (int i = 0; i < 5000; i++) {
		int64_t wait = engine_step(w.engine, &w.now);
		assert_true(wait >= 0);
		if (w.request && str_eq(w.op, op))
			return 0;
		if (w.request) {
			advance(w.latency);
			reply_well();
		} else if (wait > 0) {
			return wait;
		}
	}
	fail_msg("it does not come to rest");
	return -1;
}

/* The same for so long, sleeping as it is told; true once OP is under way. */
static bool go_for(const char *op, int64_t ms)
{
	int64_t until = w.true_ms + ms;
	for (int i = 0; i < 100000; i++) {
		int64_t wait = go(op);
		if (wait == 0)
			return true;
		if (wait > until - w.true_ms) {
			if (until > w.true_ms)
				advance(until - w.true_ms);
			return false;
		}
		advance(wait);
	}
	fail_msg("it wakes up all the time");
	return false;
}

/* ---- settings -------------------------------------------------------------------- */

#define BUDGET "budget: { pace = \"0s\"; };\n"
#define ALWAYS "hours: { active = \"00:00-24:00\"; };\n"
#define LIST(name, keywords, more)                                                             \
	"{ name = \"" name "\"; keywords = [" keywords "]; every = \"1d\";"                    \
	" publisher = \"blog\"; " more " }"
/* All posts here are of the same products: that is what similar would hold. */
#define BLOG(more) BLOG_SIMILAR("0", more)
#define BLOG_SIMILAR(percent, more)                                                            \
	"publishers = ( { name = \"blog\"; agent = \"outbox\"; directory = \"out\"; "            \
	"similar = " percent "; " more " } );\n"
#define SIMPLE(keywords, more)                                                                 \
	BUDGET ALWAYS "lists = ( " LIST("하나", keywords, more) " );\n" BLOG("")

static struct config *load(const char *text)
{
	struct value *errors = value_new_list();
	struct config *c = NULL;
	assert_int_equal(file_write_atomic(path_of("c.conf"), text, strlen(text), 0600), 0);
	if (config_load(path_of("c.conf"), &c, errors) < 0)
		fail_msg("%s", value_string(value_at(errors, 0), ""));
	value_free(errors);
	return c;
}

static struct render_templates *templates(void)
{
	char *own = xstrdup(path_of("templates"));
	const char *const dirs[] = { own, TREE "/etc/templates" };
	struct value *errors = value_new_list();
	struct render_templates *t = NULL;
	if (render_templates_load(dirs, 2, &t, errors) < 0)
		fail_msg("%s", value_string(value_at(errors, 0), ""));
	value_free(errors);
	free(own);
	return t;
}

static void start_up(const char *text)
{
	struct err e = { "" };
	char *images = xstrdup(path_of("images"));
	if (store_open(w.dir, w.dir, STORE_DAEMON, &w.store, &e) < 0)
		fail_msg("%s", e.text);
	struct engine_setup setup = {
		.store = w.store,
		.config = load(text),
		.templates = templates(),
		.port = { port_start, &w },
		.image_dir = images,
		.look_for_keys = w.look_for_keys,
		.account = w.account,
	};
	if (engine_new(&setup, &w.now, &w.engine, &e) < 0)
		fail_msg("%s", e.text);
	free(images);
}

/* kill -9: nothing is written, nothing is told. */
static void crash(void)
{
	value_free(w.request);
	w.request = NULL;
	engine_free(w.engine);
	store_close(w.store);
	w.engine = NULL;
	w.store = NULL;
}

/* How often each kind of line was written, and when the last block was said to end. */
static int told[EVENT_COUNT];
static char told_until[CLOCK_TEXT_MAX];

/* Every line has a kind, and carries what the explanation of its kind may name. */
static void on_log(enum log_level level, const struct log_fields *f, const char *text)
{
	(void)level;
	if (getenv("CPAUTO_TEST_LOG"))
		print_message("  %s\n", text);
	assert_non_null(f);
	const struct {
		unsigned bit;
		const char *value;
	} carried[] = {
		{ EVENT_F_KEYWORD, f->keyword },     { EVENT_F_LIST, f->list },
		{ EVENT_F_POST, f->post },           { EVENT_F_AGENT, f->agent },
		{ EVENT_F_PUBLISHER, f->publisher }, { EVENT_F_UNTIL, f->until },
	};
	if (f->event == EVENT_NONE)
		fail_msg("no kind: %s", text);
	for (size_t i = 0; i < ARRAY_LEN(carried); i++)
		if (event_carries(f->event) & carried[i].bit && str_empty(carried[i].value))
			fail_msg("%s lacks %#x: %s", event_name(f->event), carried[i].bit, text);
	told[f->event]++;
	if (f->until)
		str_format_cut(told_until, sizeof(told_until), "%s", f->until);
}

static int set_up(void **state)
{
	(void)state;
	memset(&w, 0, sizeof(w));
	/* Nothing here is about the disk itself: memory does, where there is some. */
	str_format_cut(w.dir, sizeof(w.dir), "%s/cpauto-engine-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(w.dir));
	assert_int_equal(dir_make(path_of("images"), 0700), 0);
	assert_int_equal(dir_make(path_of("templates"), 0700), 0);
	assert_int_equal(file_write_atomic(path_of("images/one.jpg"), "jpg", 3, 0600), 0);
	w.now.wall_ms = NOW;
	new_boot(0, true);
	w.now.boot_ms = 5 * HOUR;
	w.latency = SECOND;
	w.price = 100;
	memset(told, 0, sizeof(told));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	crash();
	return dir_remove(w.dir);
}

/* ---- looking at what is ------------------------------------------------------------ */

static int64_t posts_in(const char *state)
{
	int64_t n = -1;
	assert_int_equal(store_posts_count(w.store, state, &n), 0);
	return n;
}

static void assert_post(int64_t id, const char *name, const char *want)
{
	struct value *row = NULL;
	assert_int_equal(store_post_get(w.store, id, &row), 0);
	const char *is = value_get_string(row, name, "(none)");
	if (!str_eq(is, want) && !strstr(is, want))
		fail_msg("post %" PRId64 ": %s is '%s', not '%s' (%s)", id, name, is, want,
			value_get_string(row, "reason", ""));
	value_free(row);
}

static void assert_state(int64_t id, const char *want)
{
	assert_post(id, "state", want);
}

static int64_t ledger(const char *result)
{
	struct value *rows = NULL;
	int64_t n = 0;
	assert_int_equal(store_list_calls(w.store, 0, 0, &rows), 0);
	for (size_t i = 0; i < value_len(rows); i++)
		n += !result ||
			str_eq(value_get_string(value_at(rows, i), "result", ""), result);
	value_free(rows);
	return n;
}

static struct store_keyword keyword(const char *list, const char *folded)
{
	struct store_keyword k;
	if (store_keyword_find(w.store, list, folded, &k) < 0)
		fail_msg("no '%s' in '%s'", folded, list);
	return k;
}

/* A wish of the owner's: its outcome. */
static int ask(const char *kind, const char *name, const char *text, int64_t post)
{
	struct value *args = value_new_object(), *row = NULL;
	int64_t id;
	if (text)
		value_set_string(args, name, text);
	if (post)
		value_set_int(args, "post", post);
	assert_int_equal(store_request_add(w.store, kind, args, w.now.wall_ms, &id), 0);
	value_free(args);
	if (!w.request)
		(void)engine_step(w.engine, &w.now);
	assert_int_equal(store_request_get(w.store, id, &row), 0);
	int outcome = (int)value_get_int(row, "outcome", -1);
	value_free(row);
	return outcome;
}

static void assert_status(const char *want)
{
	char text[ENGINE_STATUS_MAX];
	engine_status(w.engine, &w.now, text);
	if (!strstr(text, want))
		fail_msg("'%s' is not in '%s'", want, text);
}

/* By the side of the daemon, what no part of it would write. */
static void sql(const char *text)
{
	sqlite3 *db = NULL;
	char *why = NULL;
	assert_int_equal(sqlite3_open(path_of("state.db"), &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", text, why);
	sqlite3_close(db);
}

/* ---- calls ---------------------------------------------------------------------------- */

#define TWELVE                                                                                 \
	"\"k01\",\"k02\",\"k03\",\"k04\",\"k05\",\"k06\",\"k07\",\"k08\",\"k09\",\"k10\",\"k11\",\"k12\""

static void test_from_keyword_to_post(void **state)
{
	(void)state;
	start_up(SIMPLE("\"에어프라이어\"", ""));
	assert_int_equal(go("search"), 0);
	assert_string_equal(w.agent, "coupang");
	assert_string_equal(w.keyword, "에어프라이어");
	assert_int_equal(value_get_int(w.request, "limit", 0), 10);
	assert_true(engine_busy(w.engine));
	assert_int_equal(engine_step(w.engine, &w.now), INT64_MAX);
	reply_well();
	assert_int_equal(go("images"), 0);
	assert_state(1, POST_RENDERED);
	reply_well();
	assert_int_equal(go("publish"), 0);
	assert_string_equal(w.agent, "outbox");
	const struct value *post = value_get(w.request, "post");
	static const char *const members[] = { "key", "marker", "title", "html", "text",
		"markdown" };
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		assert_true(value_get_string(post, members[i], "")[0]);
	assert_null(value_get(post, "answer"));
	assert_int_equal(value_len(value_get(post, "products")), 10);
	const struct value *img = value_at(value_get(post, "images"), 0);
	assert_string_equal(value_get_string(img, "path", ""), path_of("images/one.jpg"));
	reply_well();
	assert_state(1, POST_PUBLISHED);
	assert_post(1, "external_id", "42");
	assert_post(1, "url", "https://blog.example/42");
	struct engine_counts c = engine_counts(w.engine);
	assert_true(c.calls == 1 && c.posts_made == 1 && c.posts_published == 1 &&
		c.calls_failed == 0);
	int64_t wait = go(NULL);
	assert_true(wait > 20 * HOUR && wait <= DAY);
	assert_int_equal(w.images, 1);
}

static void test_lists_share_the_calls(void **state)
{
	(void)state;
	start_up(BUDGET ALWAYS "lists = ( " LIST("무거움", TWELVE, "weight = 2;") ", " LIST(
		"가벼움", "\"m1\",\"m2\",\"m3\",\"m4\",\"m5\"", "") " );\n" BLOG(""));
	int heavy = 0;
	for (int i = 0; i < 9; i++) {
		assert_int_equal(go("search"), 0);
		heavy += w.keyword[0] == 'k';
		reply_well();
	}
	assert_int_equal(heavy, 6);
}

static void test_ten_and_then_the_wait(void **state)
{
	(void)state;
	start_up(SIMPLE(TWELVE, ""));
	int64_t wait = go(NULL);
	assert_int_equal(w.searches, 10);
	assert_int_equal(w.calls[0].end + SPAN - w.true_ms, wait);
	advance(wait - 1);
	assert_int_equal(go("search"), 1);
	advance(1);
	assert_int_equal(go("search"), 0);
	assert_string_equal(w.keyword, "k11");
	reply_well();
	wait = go(NULL);
	assert_int_equal(w.calls[1].end + SPAN - w.true_ms, wait);
	assert_status("0 of 10 calls left, next at ");
	assert_status("for 'k12'");
}

static void test_even_pace(void **state)
{
	(void)state;
	start_up("budget: { pace = \"even\"; };\n" ALWAYS
		 "lists = ( " LIST("하나", TWELVE, "") " );\n" BLOG(""));
	assert_false(go_for(NULL, 8 * HOUR));
	assert_int_equal(w.searches, 12);
	for (size_t i = 1; i < w.call_count; i++)
		assert_int_equal(w.calls[i].start - w.calls[i - 1].end, SPAN / 10);
}

static void test_killed_in_a_call(void **state)
{
	(void)state;
	start_up(SIMPLE(TWELVE, ""));
	go("search");
	advance(5 * MINUTE);
	crash();
	start_up(SIMPLE(TWELVE, ""));
	int64_t again = w.true_ms;
	assert_int_equal(ledger("lost"), 1);
	(void)go(NULL);
	assert_int_equal(w.searches, 10);
	assert_int_equal(go(NULL), again + SPAN - w.true_ms);
	/* Killed again and again, no call is won. */
	for (int i = 0; i < 5; i++) {
		crash();
		start_up(SIMPLE(TWELVE, ""));
		assert_true(go("search") > 0);
	}
	assert_int_equal(w.searches, 10);
}

static void test_reboots(void **state)
{
	(void)state;
	static const struct {
		bool before, after;
		int64_t wait; /* 0: what is left of the hour */
	} cases[] = { { true, true, 0 }, { true, false, SPAN - 10 * SECOND },
		{ false, true, SPAN - 10 * SECOND } };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (i > 0) {
			tear_down(NULL);
			set_up(NULL);
		}
		w.now.synced = cases[i].before;
		start_up(SIMPLE(TWELVE, ""));
		(void)go(NULL);
		crash();
		new_boot(30 * MINUTE, cases[i].after);
		start_up(SIMPLE(TWELVE, ""));
		int64_t wait = go(NULL);
		assert_int_equal(w.searches, 10);
		assert_int_equal(wait,
			cases[i].wait ? cases[i].wait : w.calls[0].end + SPAN - w.true_ms);
		if (!cases[i].wait)
			continue;
		/* No wall clock that is not in step shortens it. */
		w.now.wall_ms += 2 * HOUR;
		assert_int_equal(go(NULL), wait);
		w.now.wall_ms -= 2 * HOUR;
	}
}

static void reply_blocked(int64_t until_ms, int strikes)
{
	struct agent_result res;
	agent_result_init(&res);
	res.verdict = AGENT_BLOCKED;
	res.until_ms = until_ms;
	res.strikes = strikes;
	done(&res, NULL, "호출 제한을 초과했습니다");
}

static void test_blocked_for_a_day(void **state)
{
	(void)state;
	start_up(SIMPLE(TWELVE, ""));
	go("search");
	reply_blocked(0, -1);
	assert_status("blocked by the server until");
	assert_int_equal(go(NULL), DAY);
	crash();
	start_up(SIMPLE(TWELVE, ""));
	assert_int_equal(go(NULL), DAY);
	assert_true(go_for("search", 2 * DAY));
	assert_int_equal(w.calls[1].start - w.calls[0].end, DAY);
	assert_string_equal(w.keyword, "k01");
	reply_well();
	/* The second strike is the owner's to lift, however long ago the first was. */
	go_for("search", 30 * DAY);
	reply_blocked(0, -1);
	assert_status("cpauto unblock");
	int before = w.searches;
	assert_false(go_for("search", 90 * DAY));
	assert_int_equal(w.searches, before);
	crash();
	start_up(SIMPLE(TWELVE, ""));
	assert_false(go_for("search", DAY));
	assert_int_equal(ask("unblock", NULL, NULL, 0), 0);
	assert_true(w.request || go("search") == 0);
	reply_well();
}

/* What a daemon that is killed does not write any more: a trigger refuses it. */
static void cut_off(sqlite3 *db, const char *trigger)
{
	assert_int_equal(sqlite3_exec(db, trigger, NULL, NULL, NULL), SQLITE_OK);
}

/* Killed while the end of a refused call is written down: the block is not forgotten. */
static void test_killed_after_a_block(void **state)
{
	(void)state;
	sqlite3 *db = NULL;
	start_up(SIMPLE(TWELVE, ""));
	go("search");
	assert_int_equal(sqlite3_open(path_of("state.db"), &db), SQLITE_OK);
	cut_off(db, "CREATE TRIGGER cut BEFORE UPDATE ON calls "
		"BEGIN SELECT RAISE(ABORT, 'cut'); END");
	reply_blocked(0, -1);
	assert_non_null(engine_fatal(w.engine));
	crash();
	cut_off(db, "DROP TRIGGER cut");
	sqlite3_close(db);
	start_up(SIMPLE(TWELVE, ""));
	assert_int_equal(go("search"), DAY);
	assert_int_equal(w.searches, 1);
}

static void test_blocked_until_a_named_time(void **state)
{
	(void)state;
	start_up(SIMPLE(TWELVE, ""));
	go("search");
	reply_blocked(w.now.wall_ms + 3 * HOUR, 1);
	assert_int_equal(go(NULL), 3 * HOUR + MINUTE);
	/* Two strikes by the server's own count. */
	assert_true(go_for("search", DAY));
	reply_blocked(w.now.wall_ms + HOUR, 2);
	assert_false(go_for("search", 3 * DAY));
	assert_int_equal(ask("unblock", NULL, NULL, 0), 0);
}

/* One line when it begins, with its end, and one when it is over, whatever happens between. */
static void test_block_is_told_of_twice(void **state)
{
	(void)state;
	char until[CLOCK_TEXT_MAX];
	start_up(SIMPLE(TWELVE, ""));
	go("search");
	reply_blocked(0, -1);
	clock_format_stamp(w.now.wall_ms + DAY, until);
	for (int hour = 0; hour < 24; hour++) {
		assert_true(told[EVENT_BLOCKED] == 1 && told[EVENT_BLOCK_OVER] == 0);
		assert_string_equal(told_until, until);
		crash();
		start_up(SIMPLE(TWELVE, ""));
		assert_false(go_for("search", HOUR - SECOND));
		advance(SECOND);
	}
	go("search");
	assert_int_equal(told[EVENT_BLOCK_OVER], 1);
	crash();
	start_up(SIMPLE(TWELVE, ""));
	go_for("search", DAY);
	reply_well();
	assert_true(told[EVENT_BLOCKED] == 1 && told[EVENT_BLOCK_OVER] == 1);
	/* From the second strike on it is the owner who ends it. */
	go_for("search", 2 * DAY);
	reply_blocked(0, -1);
	go_for("search", 3 * DAY);
	crash();
	start_up(SIMPLE(TWELVE, ""));
	go_for("search", 3 * DAY);
	assert_true(told[EVENT_STOPPED] == 1 && told[EVENT_UNBLOCKED] == 0);
	assert_int_equal(ask("unblock", NULL, NULL, 0), 0);
	assert_true(told[EVENT_BLOCKED] == 1 && told[EVENT_BLOCK_OVER] == 1 &&
		told[EVENT_STOPPED] == 1 && told[EVENT_UNBLOCKED] == 1);
}

/* With nothing to do its end is told at its time; else at the next start. */
static void test_the_end_of_a_block(void **state)
{
	(void)state;
	start_up(SIMPLE("\"하나\"", ""));
	go("search");
	reply_blocked(0, -1);
	assert_int_equal(ask("pause", NULL, NULL, 0), 0);
	assert_int_equal(go(NULL), DAY);
	advance(DAY - SECOND);
	assert_int_equal(go(NULL), SECOND);
	assert_int_equal(told[EVENT_BLOCK_OVER], 0);
	advance(SECOND);
	assert_int_equal(go(NULL), INT64_MAX);
	assert_int_equal(told[EVENT_BLOCK_OVER], 1);
	tear_down(NULL);
	set_up(NULL);
	start_up(SIMPLE("\"하나\"", ""));
	go("search");
	reply_blocked(0, -1);
	crash();
	advance(2 * DAY);
	new_boot(HOUR, true);
	start_up(SIMPLE("\"하나\"", ""));
	go(NULL);
	crash();
	start_up(SIMPLE("\"하나\"", ""));
	go(NULL);
	assert_true(told[EVENT_BLOCKED] == 1 && told[EVENT_BLOCK_OVER] == 1);
}

static void test_failures(void **state)
{
	(void)state;
	static const struct {
		enum agent_verdict verdict;
		int64_t retry_after;
		int64_t wait; /* until the next call of anything; 0 = at once */
		int64_t due;  /* until this keyword is due again */
	} cases[] = {
		{ AGENT_LATER, -1, MINUTE, 10 * MINUTE },
		{ AGENT_LATER, 7 * MINUTE, 7 * MINUTE, 10 * MINUTE },
		{ AGENT_UNKNOWN, -1, MINUTE, 10 * MINUTE },
		{ AGENT_BROKEN, -1, HOUR, 0 },
		{ AGENT_REFUSED, -1, 0, HOUR },
		{ AGENT_BLOCKED, -1, DAY, 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (i > 0) {
			tear_down(NULL);
			set_up(NULL);
		}
		start_up(SIMPLE(TWELVE, ""));
		go("search");
		struct agent_result res;
		agent_result_init(&res);
		res.verdict = cases[i].verdict;
		res.retry_after_ms = cases[i].retry_after;
		done(&res, NULL, "because");
		struct store_keyword k = keyword("하나", "k01");
		assert_int_equal(k.due_ms, w.now.wall_ms + cases[i].due);
		assert_int_equal(k.failures, 1);
		assert_string_equal(k.reason, "because");
		assert_int_equal(ledger(agent_verdict_word(cases[i].verdict)), 1);
		assert_int_equal(go("search"), cases[i].wait);
		assert_int_equal(engine_counts(w.engine).calls_failed, 1);
	}
}

static void test_the_source_is_left_alone_longer(void **state)
{
	(void)state;
	static const int64_t waits[] = { 1, 4, 9, 16, 25, 36, 49, 60, 60 };
	start_up(SIMPLE(TWELVE, ""));
	int64_t end = 0;
	for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
		assert_true(go_for("search", DAY));
		if (i > 0)
			assert_int_equal(w.true_ms - end, waits[i - 1] * MINUTE);
		reply(AGENT_LATER, NULL, "500");
		assert_status("the source failed");
		end = w.true_ms;
	}
	/* Over a reload at once, and over a success from the start. */
	struct err e;
	assert_int_equal(
		engine_reload(w.engine, load(SIMPLE(TWELVE, "")), templates(), &w.now, &e), 0);
	assert_true(go_for("search", SPAN));
	reply_well();
	assert_true(go_for("search", 3 * HOUR));
	reply(AGENT_LATER, NULL, "500");
	assert_int_equal(go(NULL), MINUTE);
}

static void test_a_bad_keyword_starves_nobody(void **state)
{
	(void)state;
	start_up(SIMPLE("\"나쁨\", " TWELVE, ""));
	int bad = 0;
	for (int i = 0; i < 20 && go_for("search", 6 * HOUR); i++) {
		bad += str_eq(w.keyword, "나쁨");
		if (str_eq(w.keyword, "나쁨"))
			reply(AGENT_REFUSED, NULL, "not this");
		else
			reply_well();
	}
	assert_int_equal(posts_in(POST_PUBLISHED), 12);
	assert_true(bad >= 2 && bad <= 4);
}

static void test_same_words_share_a_call(void **state)
{
	(void)state;
	start_up(BUDGET ALWAYS "lists = ( " LIST("하나", "\"무선 청소기\"", "") ", " LIST("둘",
		"\" 무선   청소기\"", "template = \"best3\"; limit = 3;") " );\n" BLOG(""));
	(void)go(NULL);
	assert_int_equal(w.searches, 1);
	assert_int_equal(posts_in(POST_PUBLISHED), 2);
}

static void test_a_fresh_answer_costs_nothing(void **state)
{
	(void)state;
	start_up(BUDGET ALWAYS
		"cache: { ttl = \"20h\"; };\nlists = ( { name = \"하나\"; keywords = [\"k\"];"
		" every = \"8h\"; publisher = \"blog\"; repost = \"always\"; } );\n" BLOG(""));
	assert_false(go_for(NULL, 17 * HOUR));
	assert_int_equal(w.searches, 1);
	assert_int_equal(posts_in(POST_PUBLISHED), 3);
	assert_false(go_for(NULL, 8 * HOUR));
	assert_int_equal(w.searches, 2);
}

static void test_several_requests_in_one_call(void **state)
{
	(void)state;
	start_up(SIMPLE(TWELVE, ""));
	go("search");
	struct agent_result res;
	agent_result_init(&res);
	res.verdict = AGENT_OK;
	res.calls = 3;
	done(&res, make_answer(0, 100, 10), NULL);
	assert_int_equal(ledger(NULL), 3);
	(void)go(NULL);
	assert_int_equal(w.searches, 8);
	assert_int_equal(ledger(NULL), 10);
}

static void test_an_agent_that_cannot_start(void **state)
{
	(void)state;
	start_up(SIMPLE(TWELVE, ""));
	w.refuse_starts = 1;
	assert_int_equal(go(NULL), MINUTE);
	assert_false(engine_busy(w.engine));
	/* No process could be had: nobody is needed for that. */
	assert_int_equal(ledger("later"), 1);
	assert_true(go_for("search", 10 * MINUTE));
	reply_well();
}

static void test_active_hours(void **state)
{
	(void)state;
	start_up(BUDGET "hours: { active = \"20:00-21:00\"; };\nlists = ( " LIST(
		"하나", TWELVE, "") " );\n" BLOG(""));
	/* 14:32 in Seoul. */
	assert_int_equal(go(NULL), 5 * HOUR + 28 * MINUTE);
	assert_int_equal(w.searches, 0);
	/* By hand means now; what it makes waits for the evening all the same. */
	(void)ask("keyword.now", "keyword", "k07", 0);
	assert_true(w.request && str_eq(w.keyword, "k07"));
	reply_well();
	(void)go(NULL);
	assert_int_equal(w.searches, 1);
	assert_int_equal(posts_in(POST_READY), 1);
	assert_true(go_for("publish", 6 * HOUR));
	struct date d;
	clock_date(w.now.wall_ms, &d);
	assert_true(d.hour == 20 && d.minute == 0);
	reply_well();
}

/* A clock that ran ahead wrote due times that lie far off. */
static void test_due_times_of_a_wrong_clock(void **state)
{
	(void)state;
	w.now.wall_ms += 4 * 365 * DAY;
	start_up(SIMPLE("\"k1\"", ""));
	(void)go(NULL);
	assert_int_equal(w.searches, 1);
	w.now.wall_ms -= 4 * 365 * DAY;
	assert_false(go_for(NULL, 12 * HOUR));
	assert_int_equal(w.searches, 2);
	assert_int_equal(keyword("하나", "k1").looked_ms / DAY, NOW / DAY);
}

/* ---- from answers to posts -------------------------------------------------------------- */

static void test_reposts(void **state)
{
	(void)state;
	static const struct {
		const char *repost;
		int set, price; /* of the second answer */
		int posts;
	} cases[] = {
		{ "repost = \"never\";", 1, 200, 1 },
		{ "repost = \"changed\";", 0, 100, 1 },
		{ "repost = \"changed\";", 0, 104, 1 },
		{ "repost = \"changed\";", 0, 107, 2 },
		{ "repost = \"changed\";", 0, 93, 2 },
		{ "repost = \"changed\"; repost_threshold = 10.0;", 0, 107, 1 },
		{ "repost = \"changed\";", 1, 100, 2 },
		{ "repost = \"always\";", 0, 100, 2 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (i > 0) {
			tear_down(NULL);
			set_up(NULL);
		}
		char *text =
			xasprintf(BUDGET ALWAYS "cache: { ttl = \"12h\"; };\nlists = ( " LIST(
					  "하나", "\"k\"", "%s") " );\n" BLOG(""),
				cases[i].repost);
		start_up(text);
		free(text);
		(void)go(NULL);
		w.set = cases[i].set;
		w.price = cases[i].price;
		assert_false(go_for(NULL, 36 * HOUR));
		assert_int_equal(w.searches, 2);
		if (posts_in(POST_PUBLISHED) != cases[i].posts)
			fail_msg("case %zu: %d posts", i, (int)posts_in(POST_PUBLISHED));
	}
}

static void test_one_post_a_period(void **state)
{
	(void)state;
	start_up(SIMPLE("\"k\"", "repost = \"always\";"));
	(void)go(NULL);
	(void)ask("keyword.now", "keyword", "k", 0);
	(void)go(NULL);
	assert_int_equal(posts_in(POST_PUBLISHED), 1);
	assert_int_equal(w.searches, 1);
	assert_non_null(strstr(keyword("하나", "k").reason, "2026-11-23"));
}

static void test_nothing_found(void **state)
{
	(void)state;
	start_up(SIMPLE("\"k\"", ""));
	go("search");
	reply(AGENT_OK, make_answer(0, 100, 0), NULL);
	int64_t wait = go(NULL);
	assert_true(wait > 20 * HOUR && wait <= DAY);
	assert_int_equal(engine_counts(w.engine).posts_made, 0);
	assert_non_null(strstr(keyword("하나", "k").reason, "nothing was found"));
}

#define MANUAL SIMPLE("\"k\"", "approve = \"manual\";")

static void test_approval(void **state)
{
	(void)state;
	start_up(MANUAL);
	(void)go(NULL);
	assert_state(1, POST_WAITING);
	assert_status("1 post waiting for approval");
	crash();
	start_up(MANUAL);
	assert_true(go("publish") > 0);
	assert_int_equal(ask("post.approve", NULL, NULL, 99), 65);
	assert_int_equal(ask("post.approve", NULL, NULL, 1), 0);
	assert_true(str_eq(w.op, "publish") || go("publish") == 0);
	reply_well();
	assert_state(1, POST_PUBLISHED);
	assert_int_equal(ask("post.approve", NULL, NULL, 1), 65);
}

static void test_rejection_and_another_try(void **state)
{
	(void)state;
	start_up(MANUAL);
	(void)go(NULL);
	assert_int_equal(ask("post.reject", "reason", "글이 이상함", 1), 0);
	(void)go(NULL);
	assert_state(1, POST_REFUSED);
	assert_post(1, "reason", "글이 이상함");
	assert_false(go_for("publish", HOUR));
	assert_int_equal(ask("post.retry", NULL, NULL, 1), 0);
	(void)go(NULL);
	assert_state(1, POST_WAITING);
	assert_int_equal(w.searches, 1);
	assert_int_equal(w.publishes, 0);
}

static void test_old_prices_are_had_anew(void **state)
{
	(void)state;
	start_up(MANUAL);
	(void)go(NULL);
	assert_state(1, POST_WAITING);
	w.price = 90;
	w.latency = MINUTE;
	advance(23 * HOUR);
	assert_int_equal(w.searches, 1);
	advance(2 * HOUR);
	(void)engine_step(w.engine, &w.now);
	assert_true(str_eq(w.op, "search"));
	reply(AGENT_LATER, NULL, "500");
	assert_int_equal(ask("post.approve", NULL, NULL, 1), 0);
	(void)go(NULL);
	assert_state(1, POST_PLANNED);
	assert_true(go_for("publish", DAY));
	assert_int_equal(w.searches, 3);
	struct value *p = value_at(value_get(value_get(w.request, "post"), "products"), 0);
	assert_int_equal(value_get_int(p, "price", 0), 89900 * 90 / 100);
	reply_well();
	assert_state(1, POST_PUBLISHED);
}

static void test_other_products_make_another_post(void **state)
{
	(void)state;
	start_up(MANUAL);
	(void)go(NULL);
	w.set = 1;
	advance(25 * HOUR);
	assert_int_equal(ask("post.approve", NULL, NULL, 1), 0);
	if (w.request)
		reply_well();
	(void)go(NULL);
	assert_state(1, POST_REFUSED);
	assert_state(2, POST_WAITING);
	assert_int_equal(w.publishes, 0);
}

/* Killed between the two steps of it, the old post is not refused for nothing. */
static void test_killed_while_replacing(void **state)
{
	(void)state;
	sqlite3 *db = NULL;
	start_up(MANUAL);
	(void)go(NULL);
	w.set = 1;
	advance(25 * HOUR);
	assert_int_equal(ask("post.approve", NULL, NULL, 1), 0);
	assert_int_equal(go("search"), 0);
	assert_int_equal(sqlite3_open(path_of("state.db"), &db), SQLITE_OK);
	cut_off(db, "CREATE TRIGGER cut BEFORE UPDATE OF due_ms ON keywords "
		"BEGIN SELECT RAISE(ABORT, 'cut'); END");
	reply_well();
	(void)engine_step(w.engine, &w.now);
	assert_non_null(engine_fatal(w.engine));
	crash();
	cut_off(db, "DROP TRIGGER cut");
	sqlite3_close(db);
	start_up(MANUAL);
	(void)go(NULL);
	assert_state(1, POST_REFUSED);
	assert_state(2, POST_WAITING);
}

static void test_gates_refuse(void **state)
{
	(void)state;
	static const char bare[] =
		"<h2>{{keyword}}</h2>{{#products}}<p>{{name}} {{price}}</p>{{/products}}";
	assert_int_equal(
		file_write_atomic(path_of("templates/bare.mustache"), bare, strlen(bare), 0600),
		0);
	start_up(SIMPLE("\"k\"", "template = \"bare\";"));
	(void)go(NULL);
	assert_state(1, POST_REFUSED);
	assert_post(1, "reason", "disclosure");
	assert_int_equal(w.publishes, 0);
	/* Mended, reloaded, tried again. */
	struct err e;
	assert_int_equal(
		engine_reload(w.engine, load(SIMPLE("\"k\"", "")), templates(), &w.now, &e), 0);
	assert_int_equal(ask("post.retry", NULL, NULL, 1), 0);
	(void)go(NULL);
	assert_state(1, POST_PUBLISHED);
	assert_int_equal(w.searches, 1);
}

/* ---- images -------------------------------------------------------------------------------- */

static void test_images_are_fetched_once(void **state)
{
	(void)state;
	start_up(SIMPLE("\"k1\", \"k2\"", ""));
	(void)go(NULL);
	assert_int_equal(w.images, 1);
	assert_int_equal(posts_in(POST_PUBLISHED), 2);
}

static void test_images_that_never_come(void **state)
{
	(void)state;
	start_up(SIMPLE("\"k1\", \"k2\"", ""));
	int64_t begin = w.true_ms;
	while (posts_in(POST_PUBLISHED) < 2) {
		if (go_for("images", 20 * MINUTE))
			reply(AGENT_LATER, NULL, "the host is down");
		if (w.true_ms - begin > HOUR)
			fail_msg("posts wait for their images for ever");
	}
	assert_int_equal(w.images, 6);
}

/* An agent that was killed while it wrote leaves nothing for ever. */
static void test_images_cut_short(void **state)
{
	(void)state;
	static const char left[] = "images/.cpauto-0123456789abcdef.tmp";
	static const char unnamed[] = "images/two.jpg"; /* of a row that is gone */
	assert_int_equal(file_write_atomic(path_of(left), "jp", 2, 0600), 0);
	start_up(SIMPLE("\"k\"", ""));
	assert_int_equal(access(path_of(left), F_OK), -1);
	(void)go(NULL);
	assert_int_equal(file_write_atomic(path_of(left), "jp", 2, 0600), 0);
	assert_int_equal(file_write_atomic(path_of(unnamed), "jpg", 3, 0600), 0);
	(void)go(NULL);
	assert_int_equal(access(path_of("images/one.jpg"), F_OK), 0);
	advance(25 * HOUR);
	(void)go(NULL);
	assert_int_equal(access(path_of(left), F_OK), -1);
	assert_int_equal(access(path_of(unnamed), F_OK), -1);
}

static void test_images_that_are_gone(void **state)
{
	(void)state;
	start_up(SIMPLE("\"k1\"", ""));
	w.no_images = true;
	(void)go(NULL);
	assert_int_equal(w.images, 1);
	assert_state(1, POST_PUBLISHED);
}

static void test_image_agent_that_cannot_start(void **state)
{
	(void)state;
	start_up(SIMPLE("\"k1\"", ""));
	go("search");
	reply_well();
	w.refuse_starts = 3;
	assert_int_equal(go("publish"), 0);
	assert_int_equal(w.refuse_starts, 0);
	reply_well();
}

/* ---- publishing -------------------------------------------------------------------------------- */

#define ONE SIMPLE("\"k\"", "")

static void test_unclear_then_found(void **state)
{
	(void)state;
	start_up(ONE);
	go("publish");
	reply(AGENT_UNKNOWN, NULL, "timed out");
	assert_state(1, POST_UNKNOWN);
	assert_status("1 post unclear");
	assert_int_equal(go("find"), MINUTE);
	assert_true(go_for("find", MINUTE));
	assert_string_equal(value_get_string(value_get(w.request, "post"), "key", ""), w.key);
	reply_found("yes");
	assert_state(1, POST_PUBLISHED);
	assert_int_equal(w.publishes, 1);
}

static void test_unclear_then_absent(void **state)
{
	(void)state;
	start_up(ONE);
	go("publish");
	int64_t sent = w.true_ms;
	reply(AGENT_UNKNOWN, NULL, "timed out");
	for (int i = 0; go_for("find", 50 * MINUTE) && w.true_ms - sent < 45 * MINUTE; i++) {
		reply_found("no");
		assert_state(1, POST_UNKNOWN);
	}
	assert_true(w.finds >= 2);
	reply_found("no");
	assert_state(1, POST_READY);
	assert_int_equal(go("publish"), 0);
	assert_true(w.true_ms - sent >= 45 * MINUTE);
	reply(AGENT_UNKNOWN, NULL, "timed out");
	/* The second time the looks start anew. */
	assert_true(go_for("find", HOUR));
	reply_found("no");
	assert_state(1, POST_UNKNOWN);
}

static void test_one_look_is_not_enough(void **state)
{
	(void)state;
	start_up(ONE);
	go("publish");
	reply(AGENT_UNKNOWN, NULL, "timed out");
	for (int i = 0; i < 4; i++) {
		assert_true(go_for("find", HOUR));
		reply(AGENT_LATER, NULL, "the blog is down");
		assert_state(1, POST_UNKNOWN);
	}
	assert_true(go_for("find", HOUR));
	reply_found("no");
	assert_state(1, POST_UNKNOWN);
	assert_true(go_for("find", HOUR));
	reply_found("no");
	assert_state(1, POST_READY);
}

static void park_it(void)
{
	start_up(ONE);
	go("publish");
	reply(AGENT_UNKNOWN, NULL, "timed out");
	assert_true(go_for("find", HOUR));
	reply_found("unknown");
	assert_state(1, POST_PARKED);
	assert_status("1 post for you to settle");
	assert_false(go_for("publish", HOUR));
}

static void test_parked_and_settled(void **state)
{
	(void)state;
	park_it();
	assert_int_equal(ask("post.settle", "as", "published", 1), 0);
	assert_state(1, POST_PUBLISHED);
	tear_down(NULL);
	set_up(NULL);
	park_it();
	assert_int_equal(ask("post.settle", "as", "absent", 1), 0);
	assert_true(w.request && str_eq(w.op, "publish"));
	reply_well();
	assert_state(1, POST_PUBLISHED);
}

static void test_day_of_no_word(void **state)
{
	(void)state;
	start_up(ONE);
	go("publish");
	reply(AGENT_UNKNOWN, NULL, "timed out");
	int64_t sent = w.true_ms;
	while (go_for("find", HOUR))
		reply(AGENT_LATER, NULL, "the blog is down");
	assert_state(1, POST_PARKED);
	assert_true(w.true_ms - sent >= DAY && w.true_ms - sent < DAY + 2 * HOUR);
}

static void test_killed_while_sending(void **state)
{
	(void)state;
	start_up(ONE);
	go("publish");
	advance(SECOND);
	crash();
	start_up(ONE);
	assert_state(1, POST_UNKNOWN);
	assert_int_equal(w.publishes, 1);
	assert_true(go_for("find", HOUR));
	crash();
	start_up(ONE);
	assert_true(go_for("find", HOUR));
	reply_found("yes");
	assert_int_equal(w.publishes, 1);
	assert_state(1, POST_PUBLISHED);
}

static void test_pace_of_a_publisher(void **state)
{
	(void)state;
	start_up(BUDGET ALWAYS "lists = ( " LIST("하나", "\"k1\",\"k2\",\"k3\",\"k4\"",
		"") " );\n" BLOG("per_day = 2; gap = \"30min\";"));
	assert_int_equal(go("publish"), 0);
	int64_t first = w.true_ms;
	reply(AGENT_LATER, NULL, "busy");
	/* What came back does not count; it goes when the publisher can. */
	assert_true(go_for("publish", HOUR));
	assert_int_equal(w.true_ms - first, MINUTE);
	first = w.true_ms;
	reply_well();
	assert_true(go_for("publish", HOUR));
	assert_int_equal(w.true_ms - first, 30 * MINUTE);
	reply_well();
	assert_true(go_for("publish", DAY));
	struct date d;
	clock_date(w.now.wall_ms, &d);
	assert_true(d.day == 24 && d.hour == 0 && d.minute == 0);
	reply_well();
	assert_int_equal(posts_in(POST_PUBLISHED), 3);
}

/* The gap and the day's posts outlast a restart, and a clock that ran ahead heals. */
static void test_pace_over_restarts_and_clocks(void **state)
{
	(void)state;
	static const char text[] = BUDGET ALWAYS "lists = ( " LIST("하나", "\"k1\",\"k2\",\"k3\"",
		"") " );\n" BLOG("per_day = 2; gap = \"2h\";");
	start_up(text);
	assert_int_equal(go("publish"), 0);
	int64_t first = w.true_ms;
	reply_well();
	crash();
	start_up(text);
	assert_true(go_for("publish", DAY));
	assert_int_equal(w.true_ms - first, 2 * HOUR);
	reply_well();
	crash();
	start_up(text);
	/* Both of the day are out: a restart wins none. */
	assert_false(go_for("publish", 5 * HOUR));
	/* Its clock a year ahead, the third goes; then the clock is set right. */
	w.now.synced = false;
	w.now.wall_ms += 365 * DAY;
	crash();
	start_up(text);
	assert_true(go_for("publish", DAY));
	reply_well();
	crash();
	new_boot(MINUTE, true);
	w.now.wall_ms = NOW + w.true_ms;
	start_up(BUDGET ALWAYS "lists = ( " LIST("둘", "\"k9\"", "") " );\n"
		BLOG("per_day = 2; gap = \"2h\";"));
	first = w.true_ms;
	assert_true(go_for("publish", 2 * DAY));
	assert_true(w.true_ms - first >= 2 * HOUR - MINUTE);
	reply_well();
}

static void test_hours_of_a_publisher(void **state)
{
	(void)state;
	start_up(BUDGET ALWAYS "lists = ( " LIST(
		"하나", "\"k1\"", "") " );\n" BLOG("hours = \"20:00-21:00\";"));
	/* 14:32 in Seoul: the call is made now, the post goes out in the evening. */
	assert_true(go_for("publish", 6 * HOUR));
	assert_int_equal(w.searches, 1);
	struct date d;
	clock_date(w.now.wall_ms, &d);
	assert_true(d.hour == 20 && d.minute == 0);
	reply_well();
}

/* The second post says the same of the same products: a person decides. */
static void test_much_alike(void **state)
{
	(void)state;
	start_up(BUDGET ALWAYS "lists = ( " LIST(
		"하나", "\"k1\",\"k2\"", "") " );\n" BLOG_SIMILAR("60", ""));
	(void)go(NULL);
	assert_int_equal(posts_in(POST_PUBLISHED), 1);
	assert_state(2, POST_WAITING);
	assert_post(2, "reason", "% like post 1");
	assert_int_equal(ask("post.approve", NULL, NULL, 2), 0);
	(void)go(NULL);
	assert_state(2, POST_PUBLISHED);
}

/* Of the last 90 days, and not of one day more. */
static void test_much_alike_long_ago(void **state)
{
	(void)state;
	for (int days = 89; days <= 91; days += 2) {
		tear_down(NULL);
		set_up(NULL);
		start_up(SIMPLE("\"k1\"", "repost = \"never\";"));
		(void)go(NULL);
		assert_state(1, POST_PUBLISHED);
		crash();
		advance(days * DAY);
		start_up(BUDGET ALWAYS "lists = ( " LIST("둘", "\"k2\"", "") " );\n"
			BLOG_SIMILAR("60", ""));
		(void)go(NULL);
		assert_state(2, days < 90 ? POST_WAITING : POST_PUBLISHED);
	}
}

static void reply_draft(const char *found)
{
	struct value *v = value_new_object();
	value_set_string(v, "found", found);
	value_set_string(v, "id", "d7");
	value_set_bool(v, "draft", true);
	reply(AGENT_OK, v, NULL);
}

static void assert_stage(const char *stage, const char *id)
{
	assert_string_equal(value_get_string(w.request, "stage", ""), stage);
	assert_string_equal(value_get_string(w.request, "id", ""), id);
}

/* Until the post comes to be sent again: looks that find but its draft. */
static int64_t looks_at_the_draft(void)
{
	int64_t since = w.true_ms;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(posts_in(POST_UNKNOWN), 1);
		assert_true(go_for("find", HOUR));
		reply_draft("yes");
		if (posts_in(POST_READY) > 0)
			break;
	}
	return w.true_ms - since;
}

/* A draft, then that draft by its id, as often as it takes: never a second post. */
static void test_drafts(void **state)
{
	(void)state;
	start_up(ONE);
	go("publish");
	assert_stage("draft", "");
	reply_draft(NULL);
	assert_post(1, "draft_id", "d7");
	assert_int_equal(go("publish"), 0);
	assert_stage("publish", "d7");
	/* It may come out any moment: nothing else happens to it until it surely does not. */
	reply(AGENT_UNKNOWN, NULL, "timed out");
	assert_int_equal(ask("post.reject", NULL, NULL, 1), 65);
	assert_true(looks_at_the_draft() >= 45 * MINUTE);
	assert_int_equal(go("publish"), 0);
	assert_stage("publish", "d7");
	crash();
	start_up(ONE);
	assert_true(looks_at_the_draft() >= 45 * MINUTE);
	assert_int_equal(go("publish"), 0);
	assert_stage("publish", "d7");
	reply_published();
	assert_state(1, POST_PUBLISHED);
	assert_int_equal(w.publishes, 4);
}

/* While a draft may be coming out, it counts for the pace of its publisher. */
static void test_an_unclear_draft_keeps_the_pace(void **state)
{
	(void)state;
	start_up(BUDGET ALWAYS
		"lists = ( " LIST("하나", "\"k1\",\"k2\"", "") " );\n" BLOG("gap = \"2h\";"));
	go("publish");
	reply_draft(NULL);
	assert_int_equal(go("publish"), 0);
	assert_stage("publish", "d7");
	int64_t sent = w.true_ms;
	reply(AGENT_UNKNOWN, NULL, "timed out");
	assert_true(go_for("find", HOUR));
	reply_found("yes");
	assert_true(go_for("publish", 3 * HOUR));
	assert_stage("draft", "");
	assert_true(w.true_ms - sent >= 2 * HOUR);
}

/* What counts is when its agent ended: until then it may have left, and half an hour more. */
static void test_absent_long_after_the_end(void **state)
{
	(void)state;
	for (int asleep = 0; asleep < 2; asleep++) {
		if (asleep) {
			tear_down(NULL);
			set_up(NULL);
		}
		start_up(ONE);
		go("publish");
		advance(2 * HOUR); /* a long time limit, or a machine that was suspended */
		if (asleep) {
			crash();
			start_up(ONE);
		} else {
			reply(AGENT_UNKNOWN, NULL, "timed out");
		}
		int64_t end = w.true_ms;
		while (posts_in(POST_UNKNOWN) > 0) {
			assert_true(go_for("find", HOUR));
			reply_found("no");
		}
		assert_true(w.true_ms - end >= 45 * MINUTE);
	}
}

static void test_a_draft_that_is_unclear(void **state)
{
	(void)state;
	start_up(ONE);
	go("publish");
	reply(AGENT_UNKNOWN, NULL, "timed out");
	assert_state(1, POST_UNKNOWN);
	assert_true(go_for("find", HOUR));
	reply_draft("yes");
	assert_post(1, "draft_id", "d7");
	assert_int_equal(go("publish"), 0);
	assert_stage("publish", "d7");
	reply_published();
	tear_down(NULL);
	set_up(NULL);

	start_up(ONE);
	go("publish");
	reply(AGENT_UNKNOWN, NULL, "timed out");
	struct value *v = value_new_object();
	value_set_string(v, "found", "yes");
	value_set_bool(v, "draft", true); /* an id is missing */
	assert_true(go_for("find", HOUR));
	reply(AGENT_OK, v, NULL);
	assert_state(1, POST_PARKED);
}

/* Its wait after a failure is over then, but not the distance to what may be out. */
static void test_an_unclear_post_keeps_the_pace(void **state)
{
	(void)state;
	start_up(BUDGET ALWAYS
		"lists = ( " LIST("하나", "\"k1\",\"k2\"", "") " );\n" BLOG("gap = \"2h\";"));
	go("publish");
	reply(AGENT_LATER, NULL, "busy");
	assert_true(go_for("publish", HOUR));
	int64_t sent = w.true_ms;
	reply(AGENT_UNKNOWN, NULL, "timed out");
	assert_true(go_for("find", HOUR));
	reply_found("unknown");
	assert_true(go_for("publish", 3 * HOUR));
	assert_true(w.true_ms - sent >= 2 * HOUR);
}

/* A publisher whose posts are all out holds nobody up. */
static void test_two_publishers(void **state)
{
	(void)state;
	start_up(BUDGET ALWAYS "lists = ( " LIST("하나", "\"k1\"", "") ", { name = \"둘\"; keywords = [ "
		"\"k2\" ]; every = \"1d\"; publisher = \"second\"; } );\n"
		"publishers = ( { name = \"blog\"; agent = \"outbox\"; directory = \"out\"; similar = 0; gap = "
		"\"5h\"; }, { name = \"second\"; agent = \"outbox\"; directory = \"out2\"; similar = 0; } );\n");
	(void)go_for(NULL, 10 * MINUTE);
	assert_int_equal(posts_in(POST_PUBLISHED), 2);
}

/* Two posts whose prices grew old behind the pace: one call for one post. */
static void test_stale_posts_one_by_one(void **state)
{
	(void)state;
	start_up(BUDGET ALWAYS "cache: { ttl = \"2h\"; };\nlists = ( " LIST("하나",
		"\"k1\",\"k2\",\"k3\"", "") " );\n" BLOG("gap = \"5h\";"));
	(void)go(NULL);
	assert_int_equal(posts_in(POST_PUBLISHED), 1);
	int before = w.searches;
	assert_true(go_for("publish", 6 * HOUR));
	assert_int_equal(w.searches, before + 1);
	reply_well();
	assert_int_equal(posts_in(POST_PUBLISHED), 2);
}

static void again(void)
{
	tear_down(NULL);
	set_up(NULL);
}

static void reload_to(const char *text)
{
	struct err e;
	assert_int_equal(engine_reload(w.engine, load(text), templates(), &w.now, &e), 0);
}

#define STALE(more)                                                                            \
	BUDGET ALWAYS "cache: { ttl = \"2h\"; };\nlists = ( " more " );\n" BLOG("gap = \"5h\";")
#define STALE_THREE STALE(LIST("하나", "\"k1\",\"k2\",\"k3\"", ""))

static int64_t renewed(void)
{
	int64_t id = 0;
	int r = store_post_renewed(w.store, "blog", w.now.wall_ms, &id);
	assert_true(r == 0 || r == -ENOENT);
	return id;
}

/* One whose keyword is paused holds nobody back, before it is renewed or while it is. */
static void test_paused_keyword_holds_nobody_back(void **state)
{
	(void)state;
	for (int early = 0; early < 3; early++) {
		again();
		start_up(STALE_THREE);
		(void)go(NULL);
		assert_state(1, POST_PUBLISHED);
		if (early == 0) {
			assert_int_equal(ask("pause", "keyword", "k2", 0), 0);
		} else {
			/* The keys are refused, so it waits, and the other with it. */
			assert_true(go_for("search", 6 * HOUR));
			assert_string_equal(w.keyword, "k2");
			reply(AGENT_BROKEN, NULL, "the keys are wrong");
			(void)go(NULL);
			assert_int_equal(renewed(), 2);
			assert_state(3, POST_READY);
			assert_post(3, "reason", "made anew before it goes out");
			assert_int_equal(ask("pause", "keyword", "k2", 0), 0);
			if (early == 2) {
				crash();
				start_up(STALE_THREE);
			}
		}
		assert_true(go_for("publish", 7 * HOUR));
		assert_int_equal(renewed(), 0);
		reply_well();
		assert_state(2, POST_PLANNED);
		assert_post(2, "reason", "waits for new prices");
		assert_state(3, POST_PUBLISHED);
		/* And it is not lost. */
		assert_false(go_for("publish", 9 * HOUR));
		assert_int_equal(ask("resume", "keyword", "k2", 0), 0);
		assert_true(w.request || go_for("publish", 7 * HOUR));
		if (str_eq(w.op, "search")) {
			reply_well();
			assert_true(go_for("publish", 7 * HOUR));
		}
		reply_well();
		assert_state(2, POST_PUBLISHED);
	}
}

/* The pause of a whole list is the same to one of another list. */
static void test_paused_list_holds_nobody_back(void **state)
{
	(void)state;
	start_up(STALE(LIST("하나", "\"k1\", \"k2\"", "") ", " LIST("둘", "\"k3\"", "")));
	(void)go(NULL);
	assert_int_equal(posts_in(POST_PUBLISHED), 1);
	assert_int_equal(ask("pause", "list", "하나", 0), 0);
	(void)go_for(NULL, 11 * HOUR);
	assert_int_equal(renewed(), 0);
	assert_int_equal(posts_in(POST_PUBLISHED), 2);
	assert_int_equal(posts_in(POST_PLANNED), 1);
	assert_int_equal(ask("resume", "list", "하나", 0), 0);
	(void)go_for(NULL, 6 * HOUR);
	assert_int_equal(posts_in(POST_PLANNED), 0);
	assert_true(posts_in(POST_PUBLISHED) >= 3);
}

/* Until OP is under way, while the source refuses this keyword. */
static bool go_refusing(const char *keyword, const char *op, int64_t ms)
{
	int64_t until = w.true_ms + ms;
	while (w.true_ms < until) {
		int64_t wait = engine_step(w.engine, &w.now);
		if (w.request && str_eq(w.op, op))
			return true;
		if (w.request && str_eq(w.keyword, keyword))
			reply(AGENT_REFUSED, NULL, "this word is not taken");
		else if (w.request)
			reply_well();
		else
			advance(wait < until - w.true_ms ? wait : until - w.true_ms);
	}
	return false;
}

/* The source refuses its keyword, again and again: it is asked ever more rarely. */
static void test_refused_keyword_holds_nobody_back(void **state)
{
	(void)state;
	start_up(STALE_THREE);
	(void)go(NULL);
	assert_state(1, POST_PUBLISHED);
	assert_true(go_refusing("k2", "publish", 9 * HOUR));
	reply_well();
	assert_state(3, POST_PUBLISHED);
	assert_state(2, POST_PLANNED);
	/* Taken in the end, it goes out; at the latest a week after it was refused last. */
	(void)go_for(NULL, 8 * DAY);
	assert_state(2, POST_PUBLISHED);
}

/* Its keyword or its list is gone: it is given up, and says why. */
static void test_renewed_without_a_keyword(void **state)
{
	(void)state;
	for (int list = 0; list < 2; list++) {
		again();
		start_up(STALE(LIST("하나", "\"k1\", \"k2\"", "") ", " LIST("둘", "\"k3\"", "")));
		(void)go(NULL);
		assert_int_equal(posts_in(POST_PUBLISHED), 1);
		assert_true(go_for("search", 6 * HOUR));
		reply(AGENT_BROKEN, NULL, "the keys are wrong");
		assert_true(renewed() > 0);
		reload_to(list ? STALE(LIST("둘", "\"k3\"", ""))
			       : STALE(LIST("하나", "\"k9\"", "") ", " LIST("둘", "\"k3\"", "")));
		(void)go_for(NULL, 22 * HOUR);
		struct value *rows = NULL;
		assert_int_equal(store_list_posts(w.store, NULL, NULL, 0, &rows), 0);
		for (size_t i = 0; i < value_len(rows); i++) {
			const struct value *row = value_at(rows, i);
			const char *k = value_get_string(row, "keyword", "");
			if (str_eq(k, "k3"))
				assert_state(value_get_int(row, "id", 0), POST_PUBLISHED);
			if (str_eq(k, "k2"))
				assert_post(value_get_int(row, "id", 0), "reason", "its keyword");
		}
		value_free(rows);
		assert_int_equal(posts_in(POST_PLANNED), 0);
	}
}

/*
 * A hundred keywords keep all calls busy, and more posts are made than go out:
 * the call for the one that waits goes before theirs, and once it has its prices
 * it goes before the newer ones, so that the next slot is its own.
 */
static void test_renewed_goes_before_a_long_queue(void **state)
{
	(void)state;
	struct buf b;
	if (getenv("CPAUTO_TEST_QUICK"))
		return;
	buf_init(&b, 65536);
	buf_str(&b, BUDGET ALWAYS "cache: { ttl = \"6h\"; };\n"
		"lists = ( { name = \"하나\"; keywords = [ \"k0\"");
	for (int i = 1; i < 100; i++)
		buf_printf(&b, ", \"k%d\"", i);
	buf_str(&b, " ]; every = \"6h\"; publisher = \"blog\"; } );\n" BLOG("gap = \"5h\";"));
	start_up(buf_cstr(&b));
	buf_finish(&b);
	(void)go(NULL);
	assert_state(1, POST_PUBLISHED);
	int calls = 0;
	for (int slot = 0; slot < 10; slot++) {
		assert_true(go_for("publish", 7 * HOUR));
		reply_well();
		int64_t id = renewed();
		if (id && go_for("search", HOUR)) {
			/* A newer one took this slot; the next call is for it. */
			assert_post(id, "keyword", w.keyword);
			reply_well();
			calls++;
		}
	}
	assert_true(calls > 0);
	for (int64_t id = 2; id <= 5; id++)
		assert_state(id, POST_PUBLISHED);
}

static void test_a_broken_publisher(void **state)
{
	(void)state;
	start_up(SIMPLE("\"k1\", \"k2\"", ""));
	go("publish");
	reply(AGENT_BROKEN, NULL, "the password is wrong");
	(void)go(NULL);
	assert_int_equal(posts_in(POST_READY), 2);
	assert_false(go_for("publish", 5 * HOUR));
	crash();
	start_up(SIMPLE("\"k1\", \"k2\"", ""));
	assert_false(go_for("publish", HOUR));
	assert_int_equal(told[EVENT_PUBLISHER_BACK], 0);
	assert_int_equal(ask("unblock", NULL, NULL, 0), 0);
	/* That is its end, said once, and not again when it works. */
	assert_int_equal(told[EVENT_PUBLISHER_BACK], 1);
	(void)go(NULL);
	assert_int_equal(posts_in(POST_PUBLISHED), 2);
	assert_int_equal(ask("unblock", NULL, NULL, 0), 0);
	assert_int_equal(told[EVENT_PUBLISHER_BACK], 1);
	reload_to(SIMPLE("\"k1\", \"k2\", \"k3\"", ""));
	assert_int_equal(told[EVENT_PUBLISHER_BACK], 1);
	assert_int_equal(go("publish"), 0);
	struct agent_result res;
	agent_result_init(&res);
	res.verdict = AGENT_BLOCKED;
	res.until_ms = w.now.wall_ms + DAY;
	done(&res, NULL, "too many posts");
	reload_to(SIMPLE("\"k1\", \"k2\", \"k3\"", ""));
	assert_int_equal(told[EVENT_PUBLISHER_BACK], 2);
	(void)go(NULL);
	assert_int_equal(posts_in(POST_PUBLISHED), 3);
}

static void reply_person(const char *reason)
{
	struct agent_result res;
	agent_result_init(&res);
	res.verdict = AGENT_UNKNOWN;
	res.person = true;
	done(&res, NULL, reason);
}

/* A captcha after the final click: the post is looked for, no other one starts. */
static void test_unclear_and_a_person_is_needed(void **state)
{
	(void)state;
	start_up(SIMPLE("\"k1\", \"k2\"", ""));
	go("publish");
	reply_person("a captcha after the final click");
	assert_int_equal(posts_in(POST_UNKNOWN), 1);
	assert_post(1, "reason", "a captcha");
	crash();
	start_up(SIMPLE("\"k1\", \"k2\"", ""));
	assert_true(go_for("find", 2 * MINUTE));
	assert_int_equal(w.publishes, 1);
	/* That it is found settles the post, not what lies in the way. */
	reply_found("yes");
	assert_state(1, POST_PUBLISHED);
	assert_false(go_for("publish", 5 * HOUR));
	assert_int_equal(posts_in(POST_PUBLISHED), 1);
	assert_int_equal(ask("unblock", NULL, NULL, 0), 0);
	assert_true(w.request || go_for("publish", 5 * HOUR));
	assert_int_equal(w.publishes, 2);
}

/* Absent, it is ready again, and waits for the person like all others. */
static void test_absent_and_a_person_is_needed(void **state)
{
	(void)state;
	struct err e;
	start_up(ONE);
	go("publish");
	reply_person("a restriction after the final click");
	for (int i = 0; i < 4; i++) {
		assert_true(go_for("find", HOUR));
		reply_found("no");
	}
	assert_state(1, POST_READY);
	assert_false(go_for("publish", 20 * HOUR));
	assert_int_equal(engine_reload(w.engine, load(ONE), templates(), &w.now, &e), 0);
	assert_true(go_for("publish", 20 * HOUR));
	assert_int_equal(w.publishes, 2);
}

/* A draft that may be repeated is not, either. */
static void test_draft_and_a_person_is_needed(void **state)
{
	(void)state;
	start_up(ONE);
	go("publish");
	reply_draft(NULL);
	go("publish");
	reply_person("a captcha");
	assert_state(1, POST_UNKNOWN);
	/* The draft is still one, so the post is not out: but only a person lets it go on. */
	for (int i = 0; i < 8 && go_for("find", 20 * HOUR); i++)
		reply_found("no");
	assert_state(1, POST_READY);
	assert_false(go_for("publish", 20 * HOUR));
	assert_int_equal(ask("unblock", NULL, NULL, 0), 0);
	assert_true(w.request || go_for("publish", HOUR));
}

static void test_publisher_refuses(void **state)
{
	(void)state;
	start_up(ONE);
	go("publish");
	reply(AGENT_REFUSED, NULL, "a forbidden word");
	assert_state(1, POST_REFUSED);
	assert_post(1, "reason", "a forbidden word");
	assert_false(go_for("publish", 5 * HOUR));
}

static void test_publisher_that_cannot_start(void **state)
{
	(void)state;
	start_up(ONE);
	go("images");
	reply_well();
	w.refuse_starts = 1;
	assert_int_equal(go(NULL), MINUTE);
	assert_state(1, POST_READY);
	assert_true(go_for("publish", 2 * MINUTE));
	w.refuse_starts = 1;
	reply(AGENT_UNKNOWN, NULL, "timed out");
	/* One that cannot be looked for now is not for a person yet. */
	assert_false(go_for("find", 10 * MINUTE));
	assert_int_equal(w.refuse_starts, 0);
	assert_state(1, POST_UNKNOWN);
	assert_true(go_for("find", 10 * MINUTE));
	reply_found("yes");
	assert_state(1, POST_PUBLISHED);
}

/* ---- the store, the settings, the status ------------------------------------------------------ */

static struct rlimit files;

static void break_disk(void)
{
	struct rlimit none;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &files), 0);
	none = files;
	none.rlim_cur = 8;
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
}

static void mend_disk(void)
{
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &files), 0);
}

static void test_no_call_without_a_disk(void **state)
{
	(void)state;
	start_up(SIMPLE(TWELVE, ""));
	break_disk();
	(void)engine_step(w.engine, &w.now);
	mend_disk();
	assert_int_equal(w.searches, 0);
	assert_non_null(engine_fatal(w.engine));
	assert_status("no call and no post");
	assert_int_equal(engine_step(w.engine, &w.now), INT64_MAX);
	assert_int_equal(w.searches, 0);
	crash();
	start_up(SIMPLE(TWELVE, ""));
	assert_int_equal(go("search"), 0);
}

static void test_an_end_that_cannot_be_written(void **state)
{
	(void)state;
	static const char *const ops[] = { "search", "publish" };
	for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
		if (i > 0) {
			tear_down(NULL);
			set_up(NULL);
		}
		start_up(ONE);
		assert_int_equal(go(ops[i]), 0);
		break_disk();
		reply_well();
		mend_disk();
		assert_non_null(engine_fatal(w.engine));
		assert_int_equal(engine_step(w.engine, &w.now), INT64_MAX);
		crash();
		start_up(ONE);
		if (i == 0)
			assert_int_equal(ledger("lost"), 1);
		else
			assert_state(1, POST_UNKNOWN);
		assert_int_equal(w.publishes, (int)i);
	}
}

/* A call whose agent cannot be started, on a disk that cannot take its end. */
static int break_at_start(void *ctx, const struct agent_job *job, struct err *e)
{
	(void)ctx;
	(void)job;
	break_disk();
	return err_set(e, -EAGAIN, "no process can be had");
}

static void test_no_start_and_no_disk(void **state)
{
	(void)state;
	struct err e;
	assert_int_equal(store_open(w.dir, w.dir, STORE_DAEMON, &w.store, &e), 0);
	struct engine_setup setup = { .store = w.store,
		.config = load(ONE),
		.templates = templates(),
		.port = { break_at_start, &w },
		.image_dir = w.dir };
	assert_int_equal(engine_new(&setup, &w.now, &w.engine, &e), 0);
	(void)engine_step(w.engine, &w.now);
	mend_disk();
	assert_non_null(engine_fatal(w.engine));
}

/* A disk of our own in the world's folder, if this user may have one. */
static bool small_disk(void)
{
	if (unshare(CLONE_NEWNS) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return false;
	(void)mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL);
	if (mount("none", w.dir, "tmpfs", 0, "size=2m") < 0)
		return false;
	assert_int_equal(dir_make(path_of("images"), 0700), 0);
	assert_int_equal(dir_make(path_of("templates"), 0700), 0);
	return true;
}

static void fill_disk(void)
{
	static const char block[4096];
	int fd = open(path_of("ballast"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	while (write(fd, block, sizeof(block)) > 0)
		;
	close(fd);
}

static int fill_at_start(void *ctx, const struct agent_job *job, struct err *e)
{
	(void)ctx;
	(void)job;
	fill_disk();
	return err_set(e, -EAGAIN, "no process can be had");
}

static int64_t boot_ms(void)
{
	return w.now.boot_ms;
}

static void test_a_full_disk_is_weather(void **state)
{
	(void)state;
	if (!small_disk()) {
		print_message("skipped: this user may not mount a small disk\n");
		skip();
	}
	start_up(SIMPLE(TWELVE, ""));
	fill_disk();
	log_limit(boot_ms);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(go(NULL), MINUTE);
		advance(MINUTE);
	}
	assert_int_equal(told[EVENT_STORE_WAITS], 1);
	log_flush();
	log_limit(NULL);
	assert_int_equal(told[EVENT_REPEATED], 1);
	assert_int_equal(w.searches, 0);
	assert_null(engine_fatal(w.engine));
	assert_status("the disk is full");
	assert_int_equal(unlink(path_of("ballast")), 0);
	assert_int_equal(go("search"), 0);
	assert_int_equal(ledger(NULL), 1);
	crash();

	/* But an end that found no room is made up for by nothing but a new start. */
	struct err e;
	assert_int_equal(store_open(w.dir, w.dir, STORE_DAEMON, &w.store, &e), 0);
	struct engine_setup setup = { .store = w.store,
		.config = load(SIMPLE(TWELVE, "")),
		.templates = templates(),
		.port = { fill_at_start, &w },
		.image_dir = w.dir };
	assert_int_equal(engine_new(&setup, &w.now, &w.engine, &e), 0);
	(void)engine_step(w.engine, &w.now);
	bool fatal = engine_fatal(w.engine);
	crash();
	assert_int_equal(umount2(w.dir, MNT_DETACH), 0);
	assert_true(fatal);
}

static void test_reload(void **state)
{
	(void)state;
	start_up(SIMPLE(TWELVE, ""));
	go("search");
	struct err e;
	/* In the middle of a call, to lists that do not know it. */
	assert_int_equal(engine_reload(w.engine,
				 load(BUDGET ALWAYS "lists = ( " LIST(
					 "다른", "\"z1\", \"k05\"", "") " );\n" BLOG("")),
				 templates(), &w.now, &e),
		0);
	reply_well();
	assert_null(engine_fatal(w.engine));
	(void)go(NULL);
	assert_int_equal(w.searches, 3);
	assert_int_equal(posts_in(POST_PUBLISHED), 2);
	struct store_keyword k;
	assert_int_equal(store_keyword_find(w.store, "하나", "k01", &k), -ENOENT);
	assert_int_equal(ledger(NULL), 3);
}

static int count_of(const char *query)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;
	assert_int_equal(sqlite3_open(path_of("state.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, query, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	int n = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}

#define OLD_LISTS                                                                              \
	BUDGET ALWAYS "lists = ( " LIST("하나", "\"k1\", \"k2\"", "") ", "                       \
		LIST("둘", "\"k3\"", "") " );\n" BLOG("")
#define NEW_LISTS                                                                              \
	BUDGET ALWAYS "lists = ( " LIST("셋", "\"z1\", \"z2\"", "") ", "                         \
		LIST("하나", "\"k1\", \"z3\"", "") " );\n" BLOG("")
#define KEPT "SELECT count(*) FROM keywords k JOIN lists l ON l.id = k.list_id WHERE"          \
	" l.name || k.keyword IN ('하나k1', '하나k2', '둘k3')"
#define CAME "SELECT count(*) FROM keywords k JOIN lists l ON l.id = k.list_id WHERE"          \
	" l.name || k.keyword IN ('셋z1', '셋z2', '하나k1', '하나z3')"
#define WAITS "SELECT (SELECT wait_ms > 0 FROM account) + (SELECT count(*) FROM publishers)"

static void assert_reload(bool works, const char *what)
{
	struct config *c = load(NEW_LISTS);
	struct render_templates *t = templates();
	struct err e = { "" };
	int r = engine_reload(w.engine, c, t, &w.now, &e);
	if ((r == 0) != works)
		fail_msg("%s: %d, %s", what, r, e.text);
	if (r < 0) {
		assert_true(e.text[0]);
		config_free(c);
		render_templates_free(t);
	}
	if (count_of(KEPT) != (works ? 1 : 3) || count_of(CAME) != (works ? 4 : 1) ||
		count_of(WAITS) != (works ? 0 : 2) ||
		count_of("SELECT count(*) FROM keywords") != (works ? 4 : 3))
		fail_msg("%s: half of it is in the store", what);
}

/* A publisher and the source wait for a person; no call and no post is under way. */
static void waiting_world(void)
{
	start_up(OLD_LISTS);
	go("search");
	reply(AGENT_BROKEN, NULL, "the key is wrong");
	assert_int_equal(store_publisher_set(w.store, "blog",
				 &(struct store_publisher){ .broken = true, .failures = 1 }), 0);
	assert_int_equal(count_of(WAITS), 2);
}

/* A reload that fails at any of its steps is none: the old lists go on, in the store too. */
static void test_reload_is_whole_or_nothing(void **state)
{
	(void)state;
	static const char *const steps[] = {
		"BEFORE INSERT ON lists WHEN new.name = '셋'",
		"BEFORE INSERT ON keywords WHEN new.keyword = 'z2'",
		"BEFORE UPDATE OF fingerprint ON lists WHEN old.name = '셋'",
		"BEFORE INSERT ON keywords WHEN new.keyword = 'z3'",
		"BEFORE DELETE ON keywords WHEN old.keyword = 'k2'",
		"BEFORE UPDATE OF fingerprint ON lists WHEN old.name = '하나'",
		"BEFORE DELETE ON lists WHEN old.name = '둘'",
		"BEFORE UPDATE OF wait_ms ON account",
		"BEFORE DELETE ON publishers",
	};
	waiting_world();
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		CLEANUP_FREE char *trap = xasprintf("CREATE TRIGGER trap %s BEGIN SELECT"
			" RAISE(ABORT, 'trapped'); END", steps[i]);
		sql(trap);
		assert_reload(false, steps[i]);
		sql("DROP TRIGGER trap");
		/* And the engine goes on with what it had: nothing, for it waits. */
		assert_true(go(NULL) > MINUTE);
		assert_null(engine_fatal(w.engine));
	}
	assert_reload(true, "no trap");
	assert_int_equal(go("search"), 0);
	assert_true(str_eq(w.keyword, "z1") || str_eq(w.keyword, "k1"));
}

/* The same on a disk that ends after ever more bytes. */
static void test_reload_on_a_failing_disk(void **state)
{
	(void)state;
	int failures = 0;
	waiting_world();
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &files), 0);
	for (rlim_t most = 0; most < 1 << 20; most += 2048) {
		struct config *c = load(NEW_LISTS);
		struct render_templates *t = templates();
		struct rlimit some = { most, files.rlim_max };
		struct err e = { "" };
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &some), 0);
		int r = engine_reload(w.engine, c, t, &w.now, &e);
		mend_disk();
		if (r == 0)
			break;
		failures++;
		config_free(c);
		render_templates_free(t);
		assert_int_equal(count_of(KEPT), 3);
		assert_int_equal(count_of(WAITS), 2);
		assert_true(go(NULL) > MINUTE);
	}
	assert_true(failures > 5);
	assert_int_equal(count_of(CAME), 4);
	assert_int_equal(count_of(WAITS), 0);
	assert_int_equal(go("search"), 0);
}

/* Every write is a flush to the disk: the account's row only where it changed. */
static void test_the_account_is_written_when_it_changed(void **state)
{
	(void)state;
	static const struct {
		enum agent_verdict verdict;
		int64_t skew_ms;
		int writes;
	} calls[] = {
		{ AGENT_OK, 300, 0 }, { AGENT_OK, -700, 0 }, { AGENT_OK, 90000, 1 },
		{ AGENT_OK, 90900, 0 }, { AGENT_LATER, 0, 1 }, { AGENT_OK, 0, 1 },
		{ AGENT_OK, 0, 0 },
	};
	start_up(SIMPLE(TWELVE, ""));
	sql("CREATE TABLE counted (n); CREATE TRIGGER counter AFTER UPDATE OF strikes ON account"
		" BEGIN INSERT INTO counted VALUES (1); END");
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		assert_true(w.request || go_for("search", DAY));
		sql("DELETE FROM counted");
		bool good = calls[i].verdict == AGENT_OK;
		struct value *v = good ? make_answer(0, 100, 10) : value_new_object();
		value_set_int(v, "skew_ms", calls[i].skew_ms);
		reply(calls[i].verdict, v, good ? NULL : "the server is down");
		if (count_of("SELECT count(*) FROM counted") != calls[i].writes)
			fail_msg("call %zu: %d writes", i,
				count_of("SELECT count(*) FROM counted"));
	}
}

static void test_status(void **state)
{
	(void)state;
	start_up(SIMPLE("\"무선 청소기\"", "approve = \"manual\";"));
	assert_status("10 of 10 calls left");
	go("search");
	assert_status("9 of 10 calls left, asking about '무선 청소기'");
	reply_well();
	(void)go(NULL);
	assert_status("9 of 10 calls left, nothing is due before 2026-11-24 14:32; "
		      "1 post waiting for approval");
	/* On the day itself the time is enough. */
	advance(20 * HOUR);
	(void)go(NULL);
	assert_status(" calls left, nothing is due before 14:32; 1 post");
	assert_int_equal(ask("pause", "list", "하나", 0), 0);
	(void)go(NULL);
	assert_status(" calls left, nothing is due; 1 post");
	w.now.synced = false;
	(void)go(NULL);
	assert_status("; clock not synchronised: timedatectl set-ntp true");
}

/* ---- secrets that are not there ------------------------------------------------------ */

#define KEYS "coupang: { access_key_file = \"access\"; secret_key_file = \"secret\"; };\n"
#define WITH_KEYS KEYS SIMPLE("\"무선 청소기\"", "")

static void put_secret(const char *name, unsigned mode)
{
	assert_int_equal(file_write_atomic(path_of(name), "k\n", 2, 0600), 0);
	assert_int_equal(chmod(path_of(name), mode), 0);
}

static void assert_awaits(const char *name)
{
	const char *path = engine_awaits(w.engine);
	if (name)
		assert_string_equal(path, path_of(name));
	else
		assert_null(path);
}

static struct store_account account(void)
{
	struct store_account a;
	assert_int_equal(store_account_get(w.store, &a), 0);
	return a;
}

static void reload(const char *text)
{
	struct err e;
	assert_int_equal(engine_reload(w.engine, load(text), templates(), &w.now, &e), 0);
}

static void test_no_keys_no_call(void **state)
{
	(void)state;
	w.look_for_keys = true;
	start_up(WITH_KEYS);
	/* No token, no call, and no wake-up but the one an hour. */
	assert_int_equal(go("search"), HOUR);
	assert_int_equal(ledger(NULL), 0);
	assert_status("10 of 10 calls left, no call: no access key: ");
	assert_status("chmod 600");
	assert_awaits("access");
	/* What is not fit is not there. */
	put_secret("access", 0644);
	assert_true(go("search") > 0);
	assert_status("is open to other users");
	put_secret("access", 0600);
	assert_int_equal(go("search"), HOUR);
	assert_status("no secret key: ");
	assert_awaits("secret");
	assert_int_equal(file_write_atomic(path_of("secret"), "", 0, 0600), 0);
	assert_true(go("search") > 0);
	assert_status("is empty");
	/* Nothing was written in vain: the account only at the changes, and once an hour. */
	int64_t since = account().wait_at.boot_ms;
	advance(10 * MINUTE);
	assert_true(go("search") > 0);
	assert_int_equal(account().wait_at.boot_ms, since);
	advance(HOUR);
	assert_true(go("search") > 0);
	assert_int_equal(account().wait_at.boot_ms, w.now.boot_ms);
	assert_int_equal(ledger(NULL), 0);
	/* They appear: no reload, no wait. */
	put_secret("secret", 0600);
	assert_int_equal(go("search"), 0);
	assert_awaits(NULL);
	assert_int_equal(account().wait_ms, 0);
	assert_int_equal(ledger(NULL), 1);
	reply_well();
}

static void test_keys_after_a_new_start(void **state)
{
	(void)state;
	w.look_for_keys = true;
	start_up(SIMPLE("\"무선 청소기\"", ""));
	assert_int_equal(go("search"), HOUR);
	/* Nothing can be watched for: the unit hands credentials over when it starts. */
	assert_status("sudo install -m 0600 /dev/stdin /etc/credstore/coupang.access-key && "
		      "sudo systemctl restart cpauto;");
	assert_awaits(NULL);
	put_secret("access", 0600);
	put_secret("secret", 0600);
	reload(WITH_KEYS);
	assert_int_equal(account().wait_ms, 0);
	assert_int_equal(go("search"), 0);
	crash();
	assert_int_equal(unlink(path_of("access")), 0);
	start_up(WITH_KEYS);
	advance(DAY);
	assert_int_equal(go("search"), HOUR);
	assert_true(account().wait_ms > 0);
	put_secret("access", 0600);
	crash();
	start_up(WITH_KEYS);
	assert_int_equal(account().wait_ms, 0);
	assert_int_equal(go("search"), 0);
	reply_well();
}

static void test_keys_of_an_account(void **state)
{
	(void)state;
	w.look_for_keys = true;
	w.account = "shop";
	start_up(SIMPLE("\"무선 청소기\"", ""));
	assert_int_equal(go("search"), HOUR);
	assert_status("/etc/credstore/shop.coupang.access-key && "
		      "sudo systemctl restart cpauto@shop;");
}

/* What was told of them is taken back though nothing is due that waits for them. */
static void test_keys_come_while_nothing_is_due(void **state)
{
	(void)state;
	w.look_for_keys = true;
	start_up(WITH_KEYS);
	assert_int_equal(go("search"), HOUR);
	assert_int_equal(ask("pause", NULL, NULL, 0), 0);
	(void)go("search");
	assert_true(account().wait_ms > 0);
	put_secret("access", 0600);
	put_secret("secret", 0600);
	(void)go("search");
	assert_int_equal(account().wait_ms, 0);
	assert_int_equal(told[EVENT_KEYS_BACK], 1);
	(void)go("search");
	assert_int_equal(told[EVENT_KEYS_BACK], 1);
	assert_int_equal(ledger(NULL), 0);
}

/* From one refused statement to the next; CPAUTO_TEST_SWEEP: each. */
static int refusal_step(void)
{
	return getenv("CPAUTO_TEST_SWEEP") ? 1 : getenv("CPAUTO_TEST_QUICK") ? 31 : 13;
}

/* Missing and there again while one statement of the store is refused: no call is counted. */
static void test_keys_whatever_statement_fails(void **state)
{
	(void)state;
	bool refused = true;
	for (int at = 1; refused; at += refusal_step()) {
		tear_down(NULL);
		set_up(NULL);
		w.look_for_keys = true;
		start_up(WITH_KEYS);
		refusal.at = at;
		refusal.n = 0;
		refusal.code = SQLITE_IOERR;
		for (int i = 0; i < 6; i++) {
			int64_t wait = engine_step(w.engine, &w.now);
			assert_null(w.request);
			advance(wait > 0 && wait < 2 * HOUR ? wait : SECOND);
		}
		put_secret("access", 0600);
		put_secret("secret", 0600);
		for (int i = 0; i < 6 && !w.request; i++)
			advance(engine_step(w.engine, &w.now) ? SECOND : 0);
		refused = refusal.n >= at;
		refusal.at = 0;
		assert_true(ledger(NULL) <= 1);
		if (!w.request && !engine_fatal(w.engine) && !go_for("search", DAY))
			fail_msg("statement %d was refused, and no call is made", at);
	}
}

/* ---- each statement of one act refused ---- */

static void act_block(void)
{
	reply_blocked(w.now.wall_ms + HOUR, 1);
	for (int i = 0; i < 4; i++)
		advance(HOUR / 3 + (engine_step(w.engine, &w.now) ? SECOND : 0));
}

static void act_vanish(void)
{
	reply_well();
	refusal.paused = true;
	sql("DELETE FROM keywords WHERE folded = 'l'");
	refusal.paused = false;
	for (int i = 0; i < 4 && !w.request; i++)
		advance(engine_step(w.engine, &w.now) ? SECOND : 0);
}

static void act_recover(void)
{
	reply(AGENT_LATER, NULL, "no way");
	for (int i = 0; i < 9 && !w.request; i++)
		advance(engine_step(w.engine, &w.now) ? 10 * MINUTE : 0);
	if (w.request && str_eq(w.op, "search"))
		reply_well();
	(void)engine_step(w.engine, &w.now);
}

/* What is refused stops the engine or is tried again: the next life goes on in any case. */
static void test_an_act_whatever_statement_fails(void **state)
{
	static void (*const acts[])(void) = { act_block, act_vanish, act_recover };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
		bool refused = true;
		for (int at = 1; refused; at += refusal_step()) {
			tear_down(NULL);
			set_up(NULL);
			start_up(SIMPLE("\"k\", \"l\"", ""));
			assert_int_equal(go("search"), 0);
			refusal.at = at;
			refusal.n = 0;
			refusal.code = at % 2 ? SQLITE_IOERR : SQLITE_FULL;
			acts[i]();
			refused = refusal.n >= at;
			refusal.at = 0;
			int64_t calls = ledger(NULL);
			assert_true(calls >= w.searches);
			crash();
			start_up(SIMPLE("\"k\", \"l\"", ""));
			if (!go_for("search", 10 * DAY))
				fail_msg("act %zu, statement %d: no call is made any more", i, at);
			assert_true(ledger(NULL) > calls);
		}
	}
}

/* What the source said of keys that are there still waits as before. */
static void test_wrong_keys_wait(void **state)
{
	(void)state;
	w.look_for_keys = true;
	put_secret("access", 0600);
	put_secret("secret", 0600);
	start_up(WITH_KEYS);
	assert_int_equal(go("search"), 0);
	reply(AGENT_BROKEN, NULL, "the key is refused");
	assert_true(go("search") > 0);
	assert_int_equal(ledger(NULL), 1);
	assert_status("the source failed");
	assert_int_equal(unlink(path_of("access")), 0);
	assert_true(go("search") > 0);
	assert_status("the source failed");
}

static void test_publisher_without_its_secret(void **state)
{
	static const char text[] = BUDGET ALWAYS "lists = ( " LIST("하나", "\"k\"", "")
		" );\npublishers = ( { name = \"blog\"; agent = \"wordpress\"; "
		"password_file = \"password\"; } );\n";
	struct store_publisher p;
	(void)state;
	start_up(text);
	(void)go("publish");
	assert_null(w.request);
	assert_state(1, POST_READY);
	assert_post(1, "sending_ms", "(none)");
	assert_awaits("password");
	assert_int_equal(store_publisher_get(w.store, "blog", &p), 0);
	assert_true(p.broken);
	assert_int_equal(p.failures, 0);
	assert_non_null(strstr(p.reason, "no such file"));
	(void)go("publish");
	assert_null(w.request);
	/* Whether it is fit is the agent's to say; no wish and no reload is needed. */
	put_secret("password", 0644);
	assert_int_equal(go("publish"), 0);
	assert_awaits(NULL);
	assert_int_equal(store_publisher_get(w.store, "blog", &p), 0);
	assert_false(p.broken);
	/* One that is broken for another reason still waits for a person. */
	reply(AGENT_BROKEN, NULL, "log in first");
	(void)go("publish");
	assert_null(w.request);
}

static void test_pausing(void **state)
{
	(void)state;
	start_up(SIMPLE(TWELVE, ""));
	assert_int_equal(ask("pause", NULL, NULL, 0), 0);
	if (w.request)
		reply_well();
	int before = w.searches;
	assert_false(go_for("search", DAY / 2));
	assert_int_equal(w.searches, before);
	assert_int_equal(ask("resume", NULL, NULL, 0), 0);
	assert_true(w.request || go("search") == 0);
	reply_well();
}

/* ---- updates of what is out --------------------------------------------------------- */

#define WORDPRESS(similar, more)                                                               \
	"publishers = ( { name = \"blog\"; agent = \"wordpress\"; similar = " similar "; " more     \
	" } );\n"
#define UPDATED_BY(list, publisher)                                                            \
	BUDGET ALWAYS "cache: { ttl = \"12h\"; };\nlists = ( " LIST("하나", "\"k\"",           \
		"repost = \"update\"; " list) " );\n" publisher
#define UPDATED UPDATED_BY("", WORDPRESS("0", ""))

static char first_key[64];

/* Whatever else comes first. */
static void until(const char *op)
{
	if (w.request && str_eq(w.op, op))
		return;
	if (w.request)
		reply_well();
	assert_true(go_for(op, DAY));
}

/* The first post is out; from then on prices are PERCENT of what they were. */
static void one_out(const char *text, int percent)
{
	start_up(text);
	assert_int_equal(go("publish"), 0);
	str_format_cut(first_key, sizeof(first_key), "%s", w.key);
	reply_well();
	assert_state(1, POST_PUBLISHED);
	w.price = percent;
}

static void test_updates(void **state)
{
	(void)state;
	one_out(UPDATED_BY("", WORDPRESS("90", "per_day = 1;")), 104);
	assert_false(go_for("update", 36 * HOUR));
	assert_int_equal(w.searches, 2);
	/* By the old post's name and id, through everything, and not held as a copy of it. */
	w.price = 110;
	assert_true(go_for("update", 2 * DAY));
	assert_string_equal(w.key, first_key);
	const struct value *post = value_get(w.request, "post");
	assert_string_equal(value_get_string(post, "marker", ""), first_key);
	assert_true(strstr(value_get_string(post, "html", ""), "쿠팡 파트너스") != NULL);
	reply_well();
	assert_state(2, POST_PUBLISHED);
	assert_post(2, "external_id", "42");
	/* What counts from now on is what stands there now. */
	assert_false(go_for("update", 3 * DAY));
	assert_int_equal(posts_in(POST_PUBLISHED), 2);
	/* Other products are an update too, of the same post. */
	w.set = 1;
	assert_true(go_for("update", 2 * DAY));
	assert_string_equal(w.key, first_key);
	reply_well();
	assert_int_equal(w.publishes, 1);
	assert_int_equal(w.updates, 2);
	struct engine_counts c = engine_counts(w.engine);
	assert_int_equal(c.posts_published, 1);
	assert_int_equal(c.posts_updated, 2);
}

static void test_an_update_waits_for_approval(void **state)
{
	(void)state;
	start_up(UPDATED_BY("approve = \"manual\";", WORDPRESS("0", "")));
	(void)go(NULL);
	assert_int_equal(ask("post.approve", NULL, NULL, 1), 0);
	assert_true(w.request || go("publish") == 0);
	reply_well();
	w.price = 120;
	assert_false(go_for("update", 2 * DAY));
	assert_state(2, POST_WAITING);
	assert_state(1, POST_PUBLISHED);
	/* Its prices grew old in the meantime: new ones are had, and it stays approved. */
	assert_int_equal(ask("post.approve", NULL, NULL, 2), 0);
	until("update");
	reply_well();
	assert_state(2, POST_PUBLISHED);
	assert_int_equal(w.publishes, 1);
}

/* A refused one, by a gate or by the blog, leaves the post as it stands. */
static void test_an_update_that_is_refused(void **state)
{
	(void)state;
	one_out(UPDATED, 120);
	assert_true(go_for("update", 2 * DAY));
	reply(AGENT_REFUSED, NULL, "the blog has no post 42: it was deleted there");
	assert_state(2, POST_REFUSED);
	assert_state(1, POST_PUBLISHED);
	(void)go(NULL);
	assert_int_equal(w.updates, 1);
	/* What still differs is tried again at the next look, never as a new post. */
	assert_true(go_for("update", 2 * DAY));
	reply_well();
	assert_state(3, POST_PUBLISHED);
	assert_int_equal(w.publishes, 1);
}

static void test_an_update_that_is_unclear(void **state)
{
	(void)state;
	one_out(UPDATED, 120);
	assert_true(go_for("update", 2 * DAY));
	int64_t last = w.true_ms;
	for (int i = 1; i < 5; i++) {
		reply(AGENT_UNKNOWN, NULL, "no answer came");
		assert_state(2, POST_READY);
		assert_true(go_for("update", 20 * MINUTE));
		assert_int_equal(w.true_ms - last, i * i * MINUTE);
		last = w.true_ms;
	}
	reply(AGENT_UNKNOWN, NULL, "no answer came");
	assert_state(2, POST_REFUSED);
	assert_post(2, "reason", "sent 5 times without a clear answer: no answer came");
	/* Looked for is nothing, and what the owner tries again is that update. */
	assert_int_equal(w.finds, 0);
	assert_int_equal(ask("post.retry", NULL, NULL, 2), 0);
	until("update");
	reply_well();
	assert_state(2, POST_PUBLISHED);
	assert_int_equal(w.publishes, 1);
}

/* Killed before and after each step of an update: the same end, and one post. */
static void test_killed_in_an_update(void **state)
{
	(void)state;
	static const char *const at[] = { "search", "images", "update" };
	for (int steps = 0; steps < 60; steps++) {
		tear_down(NULL);
		set_up(NULL);
		one_out(UPDATED, 120);
		assert_false(go_for("search", 12 * HOUR));
		advance(13 * HOUR);
		int n = 0, ended = 0;
		while (n < steps) {
			int64_t wait = engine_step(w.engine, &w.now);
			n++;
			if (w.request && n < steps) {
				advance(SECOND);
				ended += str_eq(w.op, "update");
				reply_well();
				n++;
			} else if (!w.request && wait > 0) {
				advance(MINUTE);
			}
		}
		crash();
		advance(MINUTE);
		start_up(UPDATED);
		assert_int_equal(posts_in(POST_UNKNOWN), 0);
		for (size_t i = 0; i < ARRAY_LEN(at); i++)
			(void)go_for(NULL, 90 * MINUTE);
		assert_int_equal(posts_in(POST_PUBLISHED), 2);
		assert_int_equal(w.publishes, 1);
		assert_true(w.updates >= 1 && w.updates <= 2 && ended <= w.updates);
		assert_int_equal(w.finds, 0);
	}
}

static void test_pace_of_updates(void **state)
{
	(void)state;
	/* Three keywords: all updates of the day, though the blog takes one post a day. */
	one_out(BUDGET ALWAYS "cache: { ttl = \"12h\"; };\nlists = ( " LIST("하나",
			"\"k1\", \"k2\", \"k3\"", "repost = \"update\";") " );\n"
			WORDPRESS("0", "per_day = 1;"), 100);
	assert_false(go_for("update", 3 * DAY));
	assert_int_equal(posts_in(POST_PUBLISHED), 3);
	w.price = 130;
	int64_t last = 0;
	for (int i = 0; i < 3; i++) {
		assert_true(go_for("update", 2 * DAY));
		assert_true(!last || w.true_ms - last >= MINUTE);
		assert_true(!last || w.true_ms - last < 10 * MINUTE);
		last = w.true_ms;
		reply_well();
	}
	/* And none of them is a post of the day that a new one has to wait for. */
	int today = -1;
	int64_t at = 0;
	assert_int_equal(store_publisher_pace(w.store, "blog", w.now.wall_ms - HOUR, &today, &at),
		0);
	assert_int_equal(today, 0);
	assert_int_equal(w.true_ms - last, w.now.wall_ms - at);
	/* A gap of the owner's holds for both. */
	struct err e;
	assert_int_equal(engine_reload(w.engine,
				 load(BUDGET ALWAYS "cache: { ttl = \"12h\"; };\nlists = ( "
					LIST("하나", "\"k1\", \"k2\", \"k3\"",
						"repost = \"update\";") " );\n"
					WORDPRESS("0", "gap = \"3h\";")),
				 templates(), &w.now, &e),
		0);
	w.price = 90;
	for (int i = 0; i < 3; i++) {
		assert_true(go_for("update", 2 * DAY));
		assert_true(w.true_ms - last >= 3 * HOUR);
		last = w.true_ms;
		reply_well();
	}
	assert_int_equal(w.publishes, 3);
}

static void test_updates_by_hand(void **state)
{
	(void)state;
	one_out(BUDGET ALWAYS "lists = ( " LIST("하나", "\"k\"", "repost = \"never\";") " );\n"
		WORDPRESS("0", ""), 100);
	advance(HOUR);
	assert_int_equal(ask("post.update", NULL, NULL, 7), EX_DATAERR);
	/* The answer in the cache is good for it: no call. And one at a time. */
	struct value *args = value_new_object();
	int64_t wish;
	value_set_int(args, "post", 1);
	assert_int_equal(store_request_add(w.store, "post.update", args, w.now.wall_ms, &wish), 0);
	value_free(args);
	assert_int_equal(ask("post.update", NULL, NULL, 1), EX_DATAERR);
	until("update");
	assert_string_equal(w.key, first_key);
	reply_well();
	assert_state(2, POST_PUBLISHED);
	assert_int_equal(w.searches, 1);
	/* Later it needs one; the set of then is the one that goes. */
	(void)go_for(NULL, 30 * HOUR);
	int before = w.searches;
	w.set = 1;
	advance(20 * HOUR);
	assert_int_equal(ask("post.update", NULL, NULL, 2), EX_OK);
	until("update");
	reply_well();
	assert_true(w.searches <= before + 1);
	assert_post(3, "state", POST_PUBLISHED);
	assert_int_equal(w.publishes, 1);
	/* One whose id nobody knows is changed at the blog. */
	sql("UPDATE posts SET external_id = NULL, seal = NULL");
	assert_int_equal(ask("post.update", NULL, NULL, 3), EX_DATAERR);
}

/* Where the blog's id is unknown another post follows, as with "changed". */
static void test_an_update_without_an_id(void **state)
{
	(void)state;
	one_out(UPDATED, 130);
	sql("UPDATE posts SET external_id = NULL, seal = NULL");
	assert_true(go_for("publish", 2 * DAY));
	reply_well();
	w.price = 100;
	assert_true(go_for("update", 2 * DAY));
	reply_well();
	assert_int_equal(w.publishes, 2);
	assert_post(3, "state", POST_PUBLISHED);
}

/* ---- a long life of accidents --------------------------------------------------------------- */

/* ---- an older state is put back ---------------------------------------------------- */

static void back_up(void)
{
	struct value *v = NULL;
	struct err e = { "" };
	char *file = xstrdup(path_of("backup.db"));
	if (store_backup(w.dir, file, true, &v, &e) < 0)
		fail_msg("%s", e.text);
	value_free(v);
	free(file);
}

/* Puts the last backup back and starts anew; how many posts are in doubt. */
static int64_t put_back(const char *settings)
{
	struct value *v = NULL;
	struct err e = { "" };
	char *file = xstrdup(path_of("backup.db"));
	crash();
	if (store_restore(w.dir, file, &w.now, 10, &v, &e) < 0)
		fail_msg("%s", e.text);
	int64_t doubted = value_get_int(v, "doubted", -1);
	assert_int_equal(unlink(value_get_string(v, "kept", "")), 0);
	value_free(v);
	free(file);
	start_up(settings);
	return doubted;
}

/* What was called since the backup counts, to the last call. */
static void test_backup_gives_no_call_back(void **state)
{
	(void)state;
	start_up(SIMPLE(TWELVE, ""));
	back_up();
	int64_t wait = go(NULL);
	assert_int_equal(w.searches, 10);
	assert_true(wait > 0);
	put_back(SIMPLE(TWELVE, ""));
	assert_status("0 of 10 calls left");
	assert_false(go_for("search", SPAN - MINUTE));
	assert_int_equal(ledger("counted"), 10);
	assert_true(go_for("search", 2 * MINUTE));
}

static void test_what_went_out_since_a_backup(void **state)
{
	(void)state;
	static const char *const settings = SIMPLE("\"에어프라이어\"", "repost = \"always\";");
	/* Where the post stood when the backup was made, and what find says later. */
	static const struct {
		const char *at, *found, *end;
		int publishes;
		int64_t doubted;
	} cases[] = {
		{ "search", "yes", POST_PUBLISHED, 1, 0 },
		{ "search", "no", POST_PUBLISHED, 2, 0 },
		{ "search", "unknown", POST_PARKED, 1, 0 },
		{ "images", "yes", POST_PUBLISHED, 1, 1 },
		{ "images", "no", POST_PUBLISHED, 2, 1 },
		{ "publish", "yes", POST_PUBLISHED, 1, 1 },
		{ "publish", "no", POST_PUBLISHED, 2, 1 },
		{ "publish", "unknown", POST_PARKED, 1, 1 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		tear_down(NULL);
		set_up(NULL);
		start_up(settings);
		assert_int_equal(go(cases[i].at), 0);
		back_up();
		advance(w.latency);
		reply_well();
		(void)go(NULL);
		assert_state(1, POST_PUBLISHED);
		assert_int_equal(w.publishes, 1);
		assert_int_equal(put_back(settings), cases[i].doubted);
		assert_true(go_for("find", 3 * HOUR));
		assert_int_equal(w.publishes, 1);
		assert_state(1, POST_UNKNOWN);
		reply_found(cases[i].found);
		(void)go_for("none", 20 * HOUR);
		assert_state(1, cases[i].end);
		if (w.publishes != cases[i].publishes)
			fail_msg("%s, %s: published %d times", cases[i].at, cases[i].found,
				w.publishes);
	}
}

/* An approval that the backup does not know: asked for again, and looked for all the same. */
static void test_approved_since_a_backup(void **state)
{
	(void)state;
	start_up(SIMPLE("\"에어프라이어\"", "approve = \"manual\";"));
	(void)go(NULL);
	assert_state(1, POST_WAITING);
	back_up();
	assert_int_equal(ask("post.approve", NULL, NULL, 1), 0);
	(void)go(NULL);
	assert_state(1, POST_PUBLISHED);
	put_back(SIMPLE("\"에어프라이어\"", "approve = \"manual\";"));
	assert_state(1, POST_WAITING);
	assert_post(1, "reason", "look at the blog");
	assert_int_equal(ask("post.approve", NULL, NULL, 1), 0);
	assert_int_equal(go("find"), 0);
	reply_found("yes");
	assert_state(1, POST_PUBLISHED);
	assert_int_equal(w.publishes, 1);
}

/* One that must never be posted again waits, whatever its key is by now. */
static void test_never_again_after_a_backup(void **state)
{
	(void)state;
	static const char *const settings = SIMPLE("\"에어프라이어\"", "repost = \"never\";");
	start_up(settings);
	back_up();
	(void)go(NULL);
	assert_state(1, POST_PUBLISHED);
	advance(5 * DAY);
	put_back(settings);
	(void)go_for("none", 2 * HOUR);
	assert_state(1, POST_WAITING);
	assert_post(1, "reason", "may have been posted");
	assert_int_equal(w.publishes, 1);
}

static void test_wishes_and_pace_after_a_backup(void **state)
{
	(void)state;
	static const char *const settings =
		BUDGET ALWAYS "lists = ( " LIST("하나", "\"가\", \"나\"", "") " );\n" BLOG(
			"per_day = 2; gap = \"30min\";");
	start_up(settings);
	struct value *args = value_new_object(), *row = NULL;
	int64_t id;
	value_set_int(args, "post", 1);
	value_set_string(args, "as", "absent");
	assert_int_equal(store_request_add(w.store, "post.settle", args, w.now.wall_ms, &id), 0);
	value_free(args);
	back_up();
	(void)go_for("none", 2 * HOUR);
	assert_int_equal(w.publishes, 2);
	put_back(settings);
	assert_int_equal(store_request_get(w.store, id, &row), 0);
	assert_int_equal(value_get_int(row, "outcome", 0), 75);
	value_free(row);
	/* Two a day, and it is not known that two went out: nothing until tomorrow. */
	assert_false(go_for("find", 7 * HOUR));
	assert_true(go_for("find", 5 * HOUR));
	assert_int_equal(w.publishes, 2);
}

#define BLOG_MAX 4000

/* What is out there, whatever the engine believes. */
static struct blog {
	struct {
		char key[40];
		int64_t at; /* when it comes out, on the true clock */
	} posts[BLOG_MAX];
	size_t count;
} blog;

static uint64_t seed;

static unsigned dice(unsigned sides)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % sides;
}

static bool out_before(const char *key, int64_t when)
{
	for (size_t i = 0; i < blog.count; i++)
		if (str_eq(blog.posts[i].key, key) && blog.posts[i].at <= when)
			return true;
	return false;
}

static bool is_or_will_be_out(const char *key)
{
	return out_before(key, INT64_MAX);
}

static void put_out(int64_t delay)
{
	assert_true(blog.count < BLOG_MAX);
	str_format_cut(blog.posts[blog.count].key, sizeof(blog.posts[0].key), "%s", w.key);
	blog.posts[blog.count++].at = w.true_ms + delay;
}

/* Every way a publisher can end, the post being out, or soon, or not. */
static void end_publish(void)
{
	switch (dice(8)) {
	case 0:
		reply(AGENT_LATER, NULL, "later");
		break;
	case 1:
		reply(AGENT_UNKNOWN, NULL, "unknown, not out");
		break;
	case 2:
		put_out(0);
		reply(AGENT_UNKNOWN, NULL, "unknown, out");
		break;
	case 3:
		put_out(30 * MINUTE);
		reply(AGENT_UNKNOWN, NULL, "unknown, out later");
		break;
	case 4:
		reply(dice(4) ? AGENT_LATER : AGENT_REFUSED, NULL, "no");
		break;
	default:
		put_out(0);
		reply_published();
	}
}

static void end_update(void)
{
	static const enum agent_verdict ends[] = { AGENT_UNKNOWN, AGENT_LATER, AGENT_REFUSED };
	unsigned n = dice(8);
	if (n < ARRAY_LEN(ends))
		reply(ends[n], NULL, "an accident");
	else
		reply_published();
}

static void end_find(void)
{
	if (dice(6) == 0)
		reply(AGENT_LATER, NULL, "the blog is down");
	else if (dice(15) == 0)
		reply_found("unknown");
	else
		reply_found(out_before(w.key, w.true_ms) ? "yes" : "no");
}

static void end_search(void)
{
	struct agent_result res;
	agent_result_init(&res);
	res.calls = dice(20) ? 1 : (int)dice(2);
	res.verdict = dice(6) ? AGENT_OK : AGENT_LATER + dice(4);
	bool ok = res.verdict == AGENT_OK;
	done(&res, ok ? make_answer((int)dice(3), 80 + (int)dice(40), dice(12) ? 10 : 0) : NULL,
		ok ? NULL : "an accident");
}

static void end_something(void)
{
	advance(dice(3) ? dice(3000) : dice(120000));
	if (str_eq(w.op, "search"))
		end_search();
	else if (str_eq(w.op, "publish"))
		end_publish();
	else if (str_eq(w.op, "update"))
		end_update();
	else if (str_eq(w.op, "find"))
		end_find();
	else
		reply(dice(4) ? AGENT_OK : AGENT_LATER, make_images(), "images");
}

static const char *random_settings(void)
{
	if (dice(3) == 0)
		return BUDGET ALWAYS "cache: { ttl = \"6h\"; };\nlists = ( "
				     "{ name = \"하나\"; keywords = [" TWELVE
				     "]; every = \"3h\"; publisher = \"blog\"; "
				     "repost = \"update\"; } );\n" WORDPRESS("0", "");
	return dice(2) ? BUDGET ALWAYS "cache: { ttl = \"6h\"; };\nlists = ( "
				       "{ name = \"하나\"; keywords = [" TWELVE
				       "]; every = \"3h\"; publisher = \"blog\"; "
				       "repost = \"always\"; }, " LIST("둘", "\"k03\", \"z\"",
					       "approve = \"manual\";") " );\n" BLOG("")
		       : SIMPLE(TWELVE, "");
}

static void die_and_rise(bool reboot)
{
	if (w.request && str_eq(w.op, "publish") && dice(2))
		put_out(0);
	crash();
	if (reboot)
		new_boot(dice(90) * MINUTE, dice(2));
	else
		advance(dice(60) * SECOND);
	/* In step means right: the truth is what the synchronised clock says. */
	if (w.now.synced)
		w.now.wall_ms = NOW + w.true_ms;
	start_up(random_settings());
}

/* The wall clock jumps while it is not in step; what was to come out is out by then. */
static void step_clock(void)
{
	if (w.now.synced)
		return;
	for (size_t i = 0; i < blog.count; i++)
		if (blog.posts[i].at > w.true_ms)
			blog.posts[i].at = w.true_ms;
	w.now.wall_ms += ((int64_t)dice(240) - 120) * MINUTE;
}

static void settle_truly(void)
{
	struct value *rows = NULL;
	assert_int_equal(store_list_posts(w.store, POST_PARKED, NULL, 1, &rows), 0);
	const struct value *row = value_at(rows, 0);
	if (row)
		(void)ask("post.settle", "as",
			is_or_will_be_out(value_get_string(row, "key", "")) ? "published"
									    : "absent",
			value_get_int(row, "id", 0));
	value_free(rows);
}

static void wish(void)
{
	switch (dice(6)) {
	case 0:
		(void)ask("keyword.now", "keyword", "k03", 0);
		break;
	case 1:
		(void)ask("post.approve", NULL, NULL, 1 + dice(200));
		break;
	case 2:
		(void)ask("post.retry", NULL, NULL, 1 + dice(200));
		break;
	case 3:
		(void)ask("post.reject", NULL, NULL, 1 + dice(200));
		break;
	case 4:
		(void)ask("unblock", NULL, NULL, 0);
		break;
	default:
		settle_truly();
	}
}

/* A backup is made now and then, and once in a while an old one put back. */
static void restore_something(void)
{
	static const char *const settings = SIMPLE(TWELVE, "");
	if (dice(3) || access(path_of("backup.db"), F_OK) < 0) {
		back_up();
		return;
	}
	if (w.request && str_eq(w.op, "publish") && dice(2))
		put_out(0);
	put_back(settings);
}

static void one_accident(void)
{
	unsigned n = dice(100);
	if (n < 3)
		die_and_rise(n == 0);
	else if (n < 5)
		step_clock();
	else if (n < 12 && !w.request)
		wish();
	else if (w.request)
		end_something();
	else if (n < 13)
		restore_something();
	else
		advance(dice(10) * MINUTE);
	assert_null(engine_fatal(w.engine));
	int64_t wait = engine_step(w.engine, &w.now);
	if (!w.request && wait > 0 && wait < INT64_MAX && dice(2))
		advance(wait);
}

static void test_accidents(void **state)
{
	(void)state;
	const char *given = getenv("CPAUTO_SEED");
	int64_t n = 20261123;
	if (given)
		assert_int_equal(parse_int64(given, 0, INT64_MAX, &n), 0);
	seed = (uint64_t)n;
	memset(&blog, 0, sizeof(blog));
	w.is_out = is_or_will_be_out;
	print_message("CPAUTO_SEED=%" PRId64 "\n", n);
	start_up(SIMPLE(TWELVE, ""));
	bool quick = getenv("CPAUTO_TEST_QUICK"); /* under valgrind and the like */
	for (int i = 0; i < (quick ? 150 : 3000); i++)
		one_accident();
	print_message("%d calls, %d times published, %d updates, %d looks, %" PRId64 " h\n",
		w.searches, w.publishes, w.updates, w.finds, w.true_ms / HOUR);
	assert_true(quick || (w.searches > 50 && w.publishes > 20 && w.finds > 10 &&
		w.updates > 5));
}

/* ---- at the edges of a post's life ------------------------------------------------------------ */

/* A publisher that waits by itself: how long until it is asked again. */
static void test_how_long_a_publisher_waits(void **state)
{
	(void)state;
	static const struct {
		enum agent_verdict verdict;
		int64_t retry_after, until, wait;
	} cases[] = {
		{ AGENT_LATER, -1, 0, MINUTE },
		{ AGENT_LATER, 10 * MINUTE, 0, 10 * MINUTE },
		{ AGENT_LATER, -1, 0, 9 * MINUTE },
		{ AGENT_BLOCKED, -1, 3 * HOUR, 3 * HOUR },
		{ AGENT_BLOCKED, -1, 0, DAY },
		{ AGENT_BLOCKED, -1, -HOUR, DAY },
		{ AGENT_LATER, -1, 0, 49 * MINUTE },
		{ AGENT_LATER, -1, 0, HOUR },
		{ AGENT_LATER, 59 * MINUTE, 0, HOUR },
	};
	start_up(BUDGET ALWAYS "cache: { ttl = \"10d\"; };\nlists = ( " LIST("하나", "\"k\",\"l\"",
		"") " );\n" BLOG("gap = \"1s\";"));
	assert_int_equal(go("publish"), 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct agent_result res;
		struct store_publisher p;
		int64_t from = w.true_ms;
		agent_result_init(&res);
		res.verdict = cases[i].verdict;
		res.retry_after_ms = cases[i].retry_after;
		res.until_ms = cases[i].until ? w.now.wall_ms + cases[i].until : 0;
		done(&res, NULL, "busy");
		assert_int_equal(store_publisher_get(w.store, "blog", &p), 0);
		assert_int_equal(p.failures, i + 1);
		assert_false(p.broken);
		assert_string_equal(p.reason, "busy");
		assert_true(go_for("publish", 2 * DAY));
		if (w.true_ms - from != cases[i].wait)
			fail_msg("case %zu: %d min", i, (int)((w.true_ms - from) / MINUTE));
	}
	/* What works is forgiven at once. */
	reply_well();
	assert_true(go_for("publish", DAY));
	reply(AGENT_LATER, NULL, "busy");
	int64_t from = w.true_ms;
	assert_true(go_for("publish", DAY));
	assert_int_equal(w.true_ms - from, MINUTE);
	reply_well();
	assert_int_equal(posts_in(POST_PUBLISHED), 2);
}

#define STAND_IN "http://127.0.0.1:9"
#define AT_STAND_IN "coupang: { endpoint = \"" STAND_IN "\"; };\n"

/* The gates are asked when it is made and again when it goes: the settings changed between. */
static void test_gates_at_the_last_moment(void **state)
{
	(void)state;
	struct err e;
	start_up(AT_STAND_IN BUDGET ALWAYS "lists = ( " LIST("하나", "\"k\"", "") " );\n" BLOG(
		"hours = \"20:00-21:00\";"));
	go("search");
	struct value *answer = make_answer(0, 100, 10);
	value_set_string(value_at(value_get(answer, "products"), 0), "productUrl", STAND_IN "/p/1");
	reply(AGENT_OK, answer, NULL);
	(void)go(NULL);
	assert_state(1, POST_READY);
	assert_int_equal(engine_reload(w.engine, load(SIMPLE("\"k\"", "")), templates(), &w.now, &e),
		0);
	assert_false(go_for("publish", HOUR));
	assert_state(1, POST_REFUSED);
	assert_post(1, "reason", "hosts");
	assert_int_equal(w.publishes, 0);
}

static void reply_draft_without_id(const char *found)
{
	struct value *v = value_new_object();
	value_set_string(v, "found", found);
	value_set_bool(v, "draft", true);
	reply(AGENT_OK, v, NULL);
}

static void test_draft_without_a_name(void **state)
{
	(void)state;
	start_up(ONE);
	go("publish");
	reply_draft_without_id(NULL);
	assert_state(1, POST_UNKNOWN);
	assert_post(1, "reason", "no id");
	assert_true(go_for("find", HOUR));
	reply_draft_without_id("yes");
	assert_state(1, POST_PARKED);
	assert_int_equal(w.publishes, 1);
}

#define OTHER_BLOG BUDGET ALWAYS "lists = ( { name = \"하나\"; keywords = [\"k\"]; every = \"1d\";"  \
	" publisher = \"new\"; } );\npublishers = ( { name = \"new\"; agent = \"outbox\";"       \
	" directory = \"out\"; } );\n"

/* Its publisher went out of the configuration while it was on its way, or unclear. */
static void test_a_publisher_that_is_gone(void **state)
{
	(void)state;
	struct err e;
	start_up(ONE);
	go("publish");
	assert_int_equal(engine_reload(w.engine, load(OTHER_BLOG), templates(), &w.now, &e), 0);
	reply(AGENT_LATER, NULL, "busy");
	assert_null(engine_fatal(w.engine));
	assert_state(1, POST_READY);
	assert_false(go_for("publish", 2 * HOUR));
	assert_state(1, POST_READY);
	tear_down(NULL);
	set_up(NULL);
	start_up(ONE);
	go("publish");
	reply(AGENT_UNKNOWN, NULL, "timed out");
	assert_int_equal(engine_reload(w.engine, load(OTHER_BLOG), templates(), &w.now, &e), 0);
	assert_false(go_for("publish", 2 * HOUR));
	assert_state(1, POST_PARKED);
	assert_post(1, "reason", "its publisher is not in the configuration any more");
	assert_int_equal(w.finds, 0);
}

/* Nobody can look: then a person must, and nothing is sent meanwhile. */
static void test_look_that_cannot_be(void **state)
{
	(void)state;
	start_up(ONE);
	go("publish");
	reply(AGENT_UNKNOWN, NULL, "timed out");
	assert_true(go_for("find", HOUR));
	reply(AGENT_REFUSED, NULL, "cannot look");
	assert_state(1, POST_PARKED);
	assert_false(go_for("publish", DAY / 2));
	assert_int_equal(w.publishes, 1);
}

/* What a waiting post was made from is not there any more when its prices grew old. */
static void test_what_became_of_the_list(void **state)
{
	(void)state;
	struct err e;
	start_up(MANUAL);
	(void)go(NULL);
	assert_state(1, POST_WAITING);
	assert_int_equal(ask("post.approve", NULL, NULL, 99), 65);
	assert_int_equal(
		engine_reload(w.engine, load(SIMPLE("\"m\"", "")), templates(), &w.now, &e), 0);
	advance(25 * HOUR);
	assert_int_equal(ask("post.approve", NULL, NULL, 1), 0);
	if (w.request)
		reply_well();
	(void)go(NULL);
	assert_state(1, POST_REFUSED);
	assert_post(1, "reason", "its keyword is in no list any more");
	/* The keyword is still looked for, but by another list. */
	tear_down(NULL);
	set_up(NULL);
	start_up(MANUAL);
	(void)go(NULL);
	advance(25 * HOUR);
	assert_int_equal(ask("post.approve", NULL, NULL, 1), 0);
	assert_true(w.request && str_eq(w.op, "search"));
	assert_int_equal(engine_reload(w.engine, load(BUDGET ALWAYS "lists = ( " LIST("둘", "\"k\"",
		"") " );\n" BLOG("")), templates(), &w.now, &e), 0);
	reply_well();
	(void)go_for("never", HOUR);
	assert_state(1, POST_REFUSED);
	assert_post(1, "reason", "its list is not in the configuration any more");
	assert_int_equal(posts_in(POST_PUBLISHED), 1); /* the other list's own */
}

static void test_a_template_that_is_gone(void **state)
{
	(void)state;
	start_up(SIMPLE("\"k\"", "template = \"nosuch\";"));
	(void)go(NULL);
	assert_state(1, POST_REFUSED);
	assert_post(1, "reason", "nosuch");
	assert_int_equal(w.publishes, 0);
}

static void test_images_that_are_refused(void **state)
{
	(void)state;
	static const enum agent_verdict verdicts[] = { AGENT_REFUSED, AGENT_BROKEN };
	for (size_t i = 0; i < ARRAY_LEN(verdicts); i++) {
		if (i > 0) {
			tear_down(NULL);
			set_up(NULL);
		}
		start_up(ONE);
		assert_int_equal(go("images"), 0);
		reply(verdicts[i], NULL, "no pictures");
		assert_int_equal(go("publish"), 0);
		assert_int_equal(w.images, 1);
		reply_well();
		assert_state(1, POST_PUBLISHED);
	}
}

/* A file that is named and gone is fetched again; one that is there is taken from the cache. */
static void test_an_image_that_was_deleted(void **state)
{
	(void)state;
	start_up(SIMPLE("\"k1\", \"k2\"", ""));
	assert_int_equal(go("publish"), 0);
	reply_well();
	assert_int_equal(unlink(path_of("images/one.jpg")), 0);
	assert_int_equal(go("images"), 0);
	assert_int_equal(w.images, 2);
	assert_int_equal(file_write_atomic(path_of("images/one.jpg"), "jpg", 3, 0600), 0);
	reply_well();
	assert_int_equal(go("publish"), 0);
	const struct value *img =
		value_at(value_get(value_get(w.request, "post"), "images"), 0);
	assert_string_equal(value_get_string(img, "path", ""), path_of("images/one.jpg"));
	assert_string_equal(value_get_string(img, "mime", ""), "image/jpeg");
	assert_int_equal(value_get_int(img, "width", 0), 512);
	assert_int_equal(value_get_int(img, "height", 0), 512);
	reply_well();
}

/* ---- a store that fails at one place ----------------------------------------------------------- */

#define NO_MOVE_TO(state)                                                                      \
	"CREATE TRIGGER broken BEFORE UPDATE ON posts WHEN NEW.state = '" state                \
	"' BEGIN SELECT RAISE(ABORT, 'a test'); END"
#define NO(what)                                                                               \
	"CREATE TRIGGER broken BEFORE " what " BEGIN SELECT RAISE(ABORT, 'a test'); END"
#define MEND "DROP TRIGGER broken"

static const struct {
	const char *fault, *mend;
} faults[] = {
	{ NO("INSERT ON posts"), MEND },
	{ NO("UPDATE ON posts"), MEND },
	{ NO_MOVE_TO("rendered"), MEND },
	{ NO_MOVE_TO("ready"), MEND },
	{ NO_MOVE_TO("sending"), MEND },
	{ NO_MOVE_TO("published"), MEND },
	{ NO_MOVE_TO("unknown"), MEND },
	{ NO("INSERT ON publishers"), MEND },
	{ NO("UPDATE ON publishers"), MEND },
	{ NO("UPDATE ON keywords"), MEND },
	{ NO("UPDATE ON calls"), MEND },
};

/* How a publisher ends in a run: the first time as it says, then well. */
static void end_of(int variant)
{
	if (str_eq(w.op, "find")) {
		reply_found(out_before(w.key, w.true_ms) ? "yes" : "no");
	} else if (!str_eq(w.op, "publish")) {
		reply_well();
	} else if (variant == 0 || w.publishes > 1) {
		put_out(0);
		reply_published();
	} else if (variant == 1) {
		put_out(0);
		reply(AGENT_UNKNOWN, NULL, "timed out");
	} else {
		reply(variant == 2 ? AGENT_LATER : AGENT_UNKNOWN, NULL, "not now");
	}
}

static void run_for(int variant, int64_t ms)
{
	int64_t until = w.true_ms + ms;
	for (int i = 0; i < 2000 && w.true_ms < until; i++) {
		int64_t wait = engine_step(w.engine, &w.now);
		if (w.request) {
			advance(SECOND);
			end_of(variant);
		} else if (wait == INT64_MAX) {
			break;
		} else {
			advance(wait > HOUR ? HOUR : wait);
		}
	}
}

static void one_fault(size_t fault, const char *during, int variant)
{
	start_up(ONE);
	(void)go_for(during, during[0] == 'f' ? HOUR : MINUTE);
	if (!w.request)
		return;
	sql(faults[fault].fault);
	end_of(variant);
	run_for(variant, 2 * HOUR);
	crash();
	sql(faults[fault].mend);
	advance(SECOND);
	start_up(ONE);
	run_for(variant, 3 * HOUR);
	/* Once, whatever was refused: is_out() would have cried at a second time. */
	if (blog.count != 1 || posts_in(POST_PUBLISHED) != 1)
		fail_msg("%s during %s, %d: %zu out, %d known", faults[fault].fault, during,
			variant, blog.count, (int)posts_in(POST_PUBLISHED));
}

static void test_once_whatever_the_store_refuses(void **state)
{
	(void)state;
	static const char *const during[] = { "search", "images", "publish" };
	bool quick = getenv("CPAUTO_TEST_QUICK");
	for (size_t f = 0; f < ARRAY_LEN(faults); f++)
		for (size_t d = 0; d < ARRAY_LEN(during); d++)
			for (int v = 0; v < 4; v++) {
				if (quick && (f + d + (size_t)v) % 4 != 0)
					continue;
				tear_down(NULL);
				set_up(NULL);
				memset(&blog, 0, sizeof(blog));
				w.is_out = is_or_will_be_out;
				one_fault(f, during[d], v);
			}
}

/* ---- every statement of the store, refused once ------------------------------------------------ */

/*
 * How a life goes. ENDS of publishings and SEARCHES, a letter each, then all is
 * well: (o)k, (u)nknown and out, (n)ot out and unknown, (l)ater, (d)raft,
 * (r)efused, a (p)erson is needed, (b)locked, br(x)oken.
 */
struct tale {
	const char *settings, *ends, *searches;
	bool moves, no_images, wishes;
	int refused_start; /* of the agent after so many */
};

static char letter(const char *letters, int i)
{
	return letters && i < (int)strlen(letters) ? letters[i] : 'o';
}

static void end_badly(char how)
{
	struct agent_result res;
	agent_result_init(&res);
	res.person = how == 'p';
	res.verdict = how == 'r' ? AGENT_REFUSED : how == 'b' ? AGENT_BLOCKED
		: how == 'x' ? AGENT_BROKEN : how == 'u' || how == 'n' ? AGENT_UNKNOWN : AGENT_LATER;
	done(&res, NULL, "an accident");
}

static void end_as_told(const struct tale *t)
{
	int sent = w.publishes + w.updates;
	char how = str_eq(w.op, "search") ? letter(t->searches, w.searches - 1)
		: letter(t->ends, sent > 0 ? sent - 1 : 0);
	bool sends = str_eq(w.op, "publish");
	advance(SECOND);
	if (str_eq(w.op, "find")) {
		reply_found(out_before(w.key, w.true_ms) ? "yes" : "no");
	} else if (str_eq(w.op, "images")) {
		reply(t->no_images ? AGENT_REFUSED : AGENT_OK, make_images(), "no");
	} else if (how == 'd' && sends) {
		reply_draft(NULL);
	} else if (how == 'o' || how == 'd') {
		if (sends)
			put_out(0);
		if (t->moves && !sends) {
			w.price += 10;
			w.set += !str_eq(w.op, "update") && strstr(t->settings, "20:00");
		}
		reply_well();
	} else {
		if (how == 'u' && sends)
			put_out(0);
		end_badly(how);
	}
}

/* What the owner does every other hour. */
static void wishes(void)
{
	struct value *args = value_new_object();
	int64_t id;
	refusal.paused = true;
	assert_int_equal(store_request_add(w.store, "unblock", args, w.now.wall_ms, &id), 0);
	for (int i = 1; i < 4; i++) {
		value_set_int(args, "post", i);
		assert_int_equal(
			store_request_add(w.store, "post.approve", args, w.now.wall_ms, &id), 0);
	}
	value_free(args);
	refusal.paused = false;
}

/* As cpautod does it: it ends where the engine cannot go on. */
static void live(const struct tale *t, int64_t ms)
{
	int64_t until = w.true_ms + ms, wish_at = w.true_ms + 2 * HOUR;
	int started = 0;
	while (w.true_ms < until && !engine_fatal(w.engine)) {
		int64_t wait = engine_step(w.engine, &w.now);
		if (w.request) {
			end_as_told(t);
			w.refuse_starts = t->refused_start && ++started == t->refused_start;
			continue;
		}
		if (t->wishes && w.true_ms >= wish_at) {
			wish_at = w.true_ms + 2 * HOUR;
			wishes();
		}
		advance(wait > HOUR ? HOUR : wait);
	}
}

static const struct tale tales[] = {
	{ .settings = BUDGET ALWAYS "cache: { history = \"9d\"; };\nlists = ( "
		LIST("하나", "\"k\"", "") " );\n" BLOG(""), .refused_start = 1 },
	{ .settings = ONE, .ends = "u", .refused_start = 2 },
	{ .settings = ONE, .ends = "nl", .refused_start = 3 },
	{ .settings = ONE, .ends = "dld", .searches = "lb", .wishes = true },
	{ .settings = ONE, .ends = "pb", .searches = "xr", .no_images = true, .wishes = true },
	{ .settings = UPDATED, .ends = "olu", .moves = true },
	{ .settings = SIMPLE("\"k\", \"l\"", "approve = \"manual\";"), .wishes = true },
	{ .settings = BUDGET ALWAYS "cache: { ttl = \"2h\"; };\nlists = ( " LIST("하나", "\"k\"",
		"") " );\n" BLOG_SIMILAR("90", "hours = \"20:00-21:00\";"), .moves = true,
		.wishes = true },
};

/* Every post that is out is known to be, and once at that: is_out() cries at a second time. */
static void assert_told_well(const struct tale *t, int at)
{
	struct value *rows = NULL;
	size_t known = 0;
	assert_int_equal(store_list_posts(w.store, POST_PUBLISHED, NULL, 0, &rows), 0);
	for (size_t i = 0; i < value_len(rows); i++) {
		struct value *post = NULL;
		int64_t id = value_get_int(value_at(rows, i), "id", 0);
		assert_int_equal(store_post_get(w.store, id, &post), 0);
		known += value_get_int(post, "updates", 0) == 0;
		value_free(post);
	}
	value_free(rows);
	if (known != blog.count || known == 0 || posts_in(POST_PARKED) > 0)
		fail_msg("tale %d, statement %d: %zu out, %zu known", (int)(t - tales), at,
			blog.count, known);
}

/* With the statement AT refused; 0: none. */
static void tell(const struct tale *t, int at)
{
	tear_down(NULL);
	set_up(NULL);
	memset(&blog, 0, sizeof(blog));
	w.is_out = is_or_will_be_out;
	start_up(t->settings);
	refusal.at = at;
	refusal.noting = at == 0;
	refusal.n = 0;
	refusal.code = at % 3 == 0 ? SQLITE_IOERR : at % 3 == 1 ? SQLITE_FULL : SQLITE_BUSY;
	live(t, 8 * HOUR);
	refusal.noting = false;
	refusal.at = 0;
	crash();
	advance(SECOND);
	start_up(t->settings);
	live(t, 30 * HOUR);
	assert_told_well(t, at);
}

/* A sample; CPAUTO_TEST_SWEEP: all of the first three of each text. */
static void test_once_whatever_statement_fails(void **state)
{
	(void)state;
	bool all = getenv("CPAUTO_TEST_SWEEP");
	size_t stride = all ? 1 : getenv("CPAUTO_TEST_QUICK") ? 50 : 12;
	int64_t n = 20261126;
	if (getenv("CPAUTO_SEED"))
		assert_int_equal(parse_int64(getenv("CPAUTO_SEED"), 0, INT64_MAX, &n), 0);
	print_message("CPAUTO_SEED=%" PRId64 "\n", n);
	size_t lives = 0;
	for (size_t i = 0; i < ARRAY_LEN(tales); i++) {
		memset(&refusal, 0, sizeof(refusal));
		refusal.often = 3;
		tell(&tales[i], 0);
		for (size_t k = ((size_t)n + i * 7) % stride; k < refusal.chosen_count;
			k += stride, lives++)
			tell(&tales[i], refusal.chosen[k]);
	}
	print_message("%zu lives\n", lives);
}

/* ---- what is gone, and what cannot be written, at one place ------------------------------------ */

/* An answer that cannot be kept is a call thrown away: none is made. */
static void test_no_call_without_a_cache(void **state)
{
	(void)state;
	assert_int_equal(dir_make(path_of("cache.db"), 0700), 0);
	start_up(ONE);
	assert_false(store_has_cache(w.store));
	assert_false(go_for("search", DAY));
	assert_int_equal(w.searches, 0);
}

static void test_keyword_that_vanished(void **state)
{
	(void)state;
	start_up(SIMPLE("\"k1\", \"k2\"", ""));
	sql("DELETE FROM keywords WHERE folded = 'k1'");
	assert_int_equal(go("search"), 0);
	assert_string_equal(w.keyword, "k2");
	assert_null(engine_fatal(w.engine));
}

static void test_an_answer_that_vanished(void **state)
{
	(void)state;
	sqlite3 *db = NULL;
	start_up(BUDGET ALWAYS "cache: { ttl = \"5d\"; };\nlists = ( " LIST("하나", "\"k\"", "") " );\n"
		BLOG(""));
	(void)go(NULL);
	assert_int_equal(w.searches, 1);
	assert_int_equal(sqlite3_open(path_of("cache.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "DELETE FROM answers", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	/* It is asked for again, and nothing is looked at that is not there. */
	assert_true(go_for("search", 2 * DAY));
	assert_int_equal(w.searches, 2);
}

static void test_look_at_a_list_that_vanished(void **state)
{
	(void)state;
	start_up(BUDGET ALWAYS "cache: { ttl = \"5d\"; };\nlists = ( " LIST("하나", "\"k\"", "") " );\n"
		BLOG(""));
	(void)go(NULL);
	sql("UPDATE lists SET name = 'x'");
	assert_false(go_for("publish", 2 * DAY));
	assert_int_equal(w.publishes, 1);
	assert_null(engine_fatal(w.engine));
}

/* What stands on another blog is not updated by this one. */
static void test_an_update_of_another_blog(void **state)
{
	(void)state;
	one_out(UPDATED, 150);
	reload_to(BUDGET ALWAYS "cache: { ttl = \"12h\"; };\nlists = ( { name = \"하나\"; keywords = "
		"[\"k\"]; every = \"1d\"; publisher = \"new\"; repost = \"update\"; } );\n"
		"publishers = ( { name = \"new\"; agent = \"wordpress\"; similar = 0; } );\n");
	assert_true(go_for("publish", 2 * DAY));
	assert_int_equal(w.updates, 0);
	assert_int_equal(w.publishes, 2);
}

static void test_long_after_a_backup(void **state)
{
	(void)state;
	static const char *const settings =
		SIMPLE("\"k1\", \"k2\"", "repost = \"always\";");
	start_up(settings);
	(void)go(NULL);
	back_up();
	put_back(settings);
	w.set = 1;
	(void)go_for("none", 5 * DAY);
	assert_true(posts_in(POST_PUBLISHED) >= 6);
	/* The third day after, no key can be one that was used before. */
	assert_true(go_for("publish", 2 * DAY));
	struct value *rows = NULL;
	assert_int_equal(store_list_posts(w.store, POST_SENDING, NULL, 1, &rows), 0);
	assert_int_equal(value_get_int(value_at(rows, 0), "doubt", 0), 0);
	value_free(rows);
}

static void reply_with_skew(int64_t ms)
{
	struct value *v = make_answer(0, 100, 10);
	value_set_int(v, "skew_ms", ms);
	reply(AGENT_OK, v, NULL);
}

static void test_the_server_clock(void **state)
{
	(void)state;
	static const struct {
		int64_t said, kept;
	} rows[] = { { 500, 0 }, { 90 * SECOND, 90 * SECOND }, { 100 * SECOND, 100 * SECOND },
		{ -100 * SECOND, -100 * SECOND }, { -101 * SECOND, -100 * SECOND },
		{ 3 * SECOND, 3 * SECOND }, { -90 * SECOND, -90 * SECOND } };
	start_up(SIMPLE(TWELVE, ""));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct store_account a;
		assert_true(go_for("search", DAY));
		reply_with_skew(rows[i].said);
		assert_int_equal(store_account_get(w.store, &a), 0);
		assert_int_equal(a.skew_ms, rows[i].kept);
	}
}

/* Between making a post and judging it, what it hangs on is gone. */
static void test_gone_while_images_come(void **state)
{
	(void)state;
	start_up(ONE);
	assert_int_equal(go("images"), 0);
	reload_to(OTHER_BLOG);
	reply_well();
	(void)go(NULL);
	assert_state(1, POST_READY);
	assert_int_equal(w.publishes, 0);
	again();
	start_up(SIMPLE("\"k\"", "approve = \"manual\"; repost = \"never\";"));
	assert_int_equal(go("images"), 0);
	reload_to(BUDGET ALWAYS "lists = ( " LIST("둘", "\"m\"", "") " );\n" BLOG(""));
	reply_well();
	assert_int_equal(go("publish"), 0);
}

static void test_never_again_and_approved(void **state)
{
	(void)state;
	static const char *const settings = SIMPLE("\"에어프라이어\"", "repost = \"never\";");
	start_up(settings);
	back_up();
	(void)go(NULL);
	advance(5 * DAY);
	put_back(settings);
	(void)go_for("none", 2 * HOUR);
	assert_state(1, POST_WAITING);
	/* Its prices grow old; made anew it needs no second word. */
	advance(25 * HOUR);
	assert_int_equal(ask("post.approve", NULL, NULL, 1), 0);
	assert_true(w.request || go_for("publish", DAY));
	until("publish");
	reply_well();
	assert_state(1, POST_PUBLISHED);
}

static void test_less_alike_than_wanted(void **state)
{
	(void)state;
	start_up(BUDGET ALWAYS "lists = ( " LIST("하나", "\"k1\",\"에어프라이어 추천\"", "") " );\n"
		BLOG_SIMILAR("100", ""));
	(void)go(NULL);
	assert_int_equal(posts_in(POST_PUBLISHED), 2);
}

/* Judged a second time, its pictures are there already, or are not any more. */
static void test_judged_twice(void **state)
{
	(void)state;
	for (int gone = 0; gone < 2; gone++) {
		again();
		start_up(ONE);
		assert_int_equal(go("images"), 0);
		sql("CREATE TRIGGER broken BEFORE UPDATE ON posts WHEN NEW.state = 'ready' BEGIN "
		    "SELECT RAISE(ABORT, 'a test'); END");
		reply_well();
		(void)engine_step(w.engine, &w.now);
		assert_state(1, POST_RENDERED);
		crash();
		sql("DROP TRIGGER broken");
		if (gone)
			assert_int_equal(unlink(path_of("images/one.jpg")), 0);
		start_up(ONE);
		assert_int_equal(go("publish"), 0);
		assert_int_equal(w.images > 1, gone);
	}
}

static void test_a_start_and_a_state_that_fail(void **state)
{
	(void)state;
	start_up(ONE);
	assert_int_equal(go("images"), 0);
	sql("CREATE TRIGGER broken BEFORE UPDATE ON posts WHEN OLD.state = 'sending' "
	    "AND NEW.state = 'ready' BEGIN SELECT RAISE(ABORT, 'a test'); END");
	reply_well();
	w.refuse_starts = 1;
	while (!engine_fatal(w.engine) && !w.request)
		(void)engine_step(w.engine, &w.now);
	assert_null(w.request);
	assert_state(1, POST_SENDING);
	/* Written down as sending, it is looked for, and not sent again at once. */
	crash();
	sql("DROP TRIGGER broken");
	start_up(ONE);
	assert_state(1, POST_UNKNOWN);
	assert_int_equal(w.publishes, 0);
}

static void test_person_and_no_publisher(void **state)
{
	(void)state;
	start_up(ONE);
	assert_int_equal(go("publish"), 0);
	reload_to(OTHER_BLOG);
	reply_person("a captcha");
	assert_true(posts_in(POST_UNKNOWN) + posts_in(POST_READY) + posts_in(POST_PARKED) == 1);
	again();
	start_up(ONE);
	assert_int_equal(go("publish"), 0);
	sql("CREATE TRIGGER broken BEFORE INSERT ON publishers BEGIN SELECT RAISE(ABORT, 'a test'); END");
	reply_person("a captcha");
	assert_non_null(engine_fatal(w.engine));
	assert_state(1, POST_SENDING);
}

/* The look itself cannot be started: for a while, for a day, or ever. */
static void test_look_that_cannot_start(void **state)
{
	(void)state;
	static const int errors[] = { 0, -EINVAL, -EAGAIN };
	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		again();
		start_up(ONE);
		assert_int_equal(go("publish"), 0);
		reply(AGENT_UNKNOWN, NULL, "timed out");
		w.start_error = errors[i];
		w.refuse_starts = errors[i] == -EAGAIN ? 500 : 1;
		if (errors[i]) {
			assert_false(go_for("find", 3 * DAY));
			assert_state(1, POST_PARKED);
		} else {
			assert_true(go_for("find", HOUR));
		}
		assert_int_equal(w.publishes, 1);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_from_keyword_to_post),
		TEST(test_lists_share_the_calls),
		TEST(test_ten_and_then_the_wait),
		TEST(test_even_pace),
		TEST(test_killed_in_a_call),
		TEST(test_reboots),
		TEST(test_blocked_for_a_day),
		TEST(test_killed_after_a_block),
		TEST(test_blocked_until_a_named_time),
		TEST(test_block_is_told_of_twice),
		TEST(test_the_end_of_a_block),
		TEST(test_failures),
		TEST(test_the_source_is_left_alone_longer),
		TEST(test_a_bad_keyword_starves_nobody),
		TEST(test_same_words_share_a_call),
		TEST(test_a_fresh_answer_costs_nothing),
		TEST(test_several_requests_in_one_call),
		TEST(test_an_agent_that_cannot_start),
		TEST(test_active_hours),
		TEST(test_due_times_of_a_wrong_clock),
		TEST(test_reposts),
		TEST(test_one_post_a_period),
		TEST(test_nothing_found),
		TEST(test_approval),
		TEST(test_rejection_and_another_try),
		TEST(test_old_prices_are_had_anew),
		TEST(test_other_products_make_another_post),
		TEST(test_killed_while_replacing),
		TEST(test_gates_refuse),
		TEST(test_images_are_fetched_once),
		TEST(test_images_that_never_come),
		TEST(test_images_cut_short),
		TEST(test_images_that_are_gone),
		TEST(test_image_agent_that_cannot_start),
		TEST(test_unclear_then_found),
		TEST(test_unclear_then_absent),
		TEST(test_one_look_is_not_enough),
		TEST(test_parked_and_settled),
		TEST(test_day_of_no_word),
		TEST(test_killed_while_sending),
		TEST(test_pace_of_a_publisher),
		TEST(test_pace_over_restarts_and_clocks),
		TEST(test_hours_of_a_publisher),
		TEST(test_much_alike),
		TEST(test_much_alike_long_ago),
		TEST(test_drafts),
		TEST(test_a_draft_that_is_unclear),
		TEST(test_an_unclear_draft_keeps_the_pace),
		TEST(test_an_unclear_post_keeps_the_pace),
		TEST(test_two_publishers),
		TEST(test_absent_long_after_the_end),
		TEST(test_stale_posts_one_by_one),
		TEST(test_paused_keyword_holds_nobody_back),
		TEST(test_paused_list_holds_nobody_back),
		TEST(test_refused_keyword_holds_nobody_back),
		TEST(test_renewed_without_a_keyword),
		TEST(test_renewed_goes_before_a_long_queue),
		TEST(test_a_broken_publisher),
		TEST(test_unclear_and_a_person_is_needed),
		TEST(test_absent_and_a_person_is_needed),
		TEST(test_draft_and_a_person_is_needed),
		TEST(test_publisher_refuses),
		TEST(test_publisher_that_cannot_start),
		TEST(test_how_long_a_publisher_waits),
		TEST(test_gates_at_the_last_moment),
		TEST(test_draft_without_a_name),
		TEST(test_a_publisher_that_is_gone),
		TEST(test_look_that_cannot_be),
		TEST(test_what_became_of_the_list),
		TEST(test_a_template_that_is_gone),
		TEST(test_images_that_are_refused),
		TEST(test_an_image_that_was_deleted),
		TEST(test_once_whatever_the_store_refuses),
		TEST(test_once_whatever_statement_fails),
		TEST(test_no_call_without_a_cache),
		TEST(test_keyword_that_vanished),
		TEST(test_an_answer_that_vanished),
		TEST(test_look_at_a_list_that_vanished),
		TEST(test_an_update_of_another_blog),
		TEST(test_long_after_a_backup),
		TEST(test_the_server_clock),
		TEST(test_gone_while_images_come),
		TEST(test_never_again_and_approved),
		TEST(test_less_alike_than_wanted),
		TEST(test_judged_twice),
		TEST(test_a_start_and_a_state_that_fail),
		TEST(test_person_and_no_publisher),
		TEST(test_look_that_cannot_start),
		TEST(test_no_call_without_a_disk),
		TEST(test_an_end_that_cannot_be_written),
		TEST(test_no_start_and_no_disk),
		TEST(test_a_full_disk_is_weather),
		TEST(test_reload),
		TEST(test_reload_is_whole_or_nothing),
		TEST(test_reload_on_a_failing_disk),
		TEST(test_the_account_is_written_when_it_changed),
		TEST(test_status),
		TEST(test_no_keys_no_call),
		TEST(test_keys_of_an_account),
		TEST(test_keys_come_while_nothing_is_due),
		TEST(test_keys_whatever_statement_fails),
		TEST(test_an_act_whatever_statement_fails),
		TEST(test_keys_after_a_new_start),
		TEST(test_wrong_keys_wait),
		TEST(test_publisher_without_its_secret),
		TEST(test_pausing),
		TEST(test_backup_gives_no_call_back),
		TEST(test_what_went_out_since_a_backup),
		TEST(test_approved_since_a_backup),
		TEST(test_never_again_after_a_backup),
		TEST(test_wishes_and_pace_after_a_backup),
		TEST(test_updates),
		TEST(test_an_update_waits_for_approval),
		TEST(test_an_update_that_is_refused),
		TEST(test_an_update_that_is_unclear),
		TEST(test_killed_in_an_update),
		TEST(test_pace_of_updates),
		TEST(test_updates_by_hand),
		TEST(test_an_update_without_an_id),
		TEST(test_accidents),
	};
	log_set_sink(on_log);
	if (clock_set_zone("Asia/Seoul") < 0)
		return 1;
	/* Some of them are enough for valgrind, which takes minutes for all. */
	if (getenv("CPAUTO_TEST_FILTER"))
		cmocka_set_test_filter(getenv("CPAUTO_TEST_FILTER"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
