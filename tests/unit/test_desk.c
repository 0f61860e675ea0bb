/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "desk.h"

#include <errno.h>
#include <sysexits.h>
#include <unistd.h>

#include "account.h"

#define SENT(ms) (&(struct instant){ .wall_ms = (ms), .boot_ms = (ms), .boot_id = "boot" })

static const char config_text[] =
	"lists = ("
	" { name = \"kitchen\"; keywords = [ \"에어프라이어\", \"전기포트\" ]; publisher = "
	"\"out\"; },"
	" { name = \"desk\"; keywords = [ \"모니터\", \"전기포트\" ]; publisher = \"out\"; } );"
	"publishers = ( { name = \"out\"; agent = \"outbox\"; directory = \"/nonexistent\"; } "
	");";

struct desk_test {
	char dir[64];
	struct store *store;
	struct config *config;
	struct instant now;
	struct desk_outcome out;
};

static void sync_list(struct desk_test *t, const char *name, const char *a, const char *b)
{
	const char *words[] = { a, b };
	int64_t id;
	assert_int_equal(store_list_sync(t->store, name, words, words, 2, 1000, &id), 0);
}

static int setup(void **state)
{
	struct desk_test *t = xcalloc(1, sizeof(*t));
	struct err e;
	char path[128];
	assert_int_equal(str_format(t->dir, sizeof(t->dir), "/tmp/cpauto-desk-XXXXXX"), 0);
	assert_non_null(mkdtemp(t->dir));
	assert_int_equal(str_format(path, sizeof(path), "%s/c.conf", t->dir), 0);
	assert_int_equal(file_write_atomic(path, config_text, strlen(config_text), 0600), 0);
	struct value *errors = value_new_list();
	assert_int_equal(config_load(path, &t->config, errors), 0);
	value_free(errors);
	assert_int_equal(store_open(t->dir, t->dir, STORE_DAEMON, &t->store, &e), 0);
	clock_now(&t->now);
	sync_list(t, "kitchen", "에어프라이어", "전기포트");
	sync_list(t, "desk", "모니터", "전기포트");
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct desk_test *t = *state;
	store_close(t->store);
	config_free(t->config);
	int r = dir_remove(t->dir);
	free(t);
	return r;
}

/* ---- asking --------------------------------------------------------------------- */

/* NAME and VALUE pairs, NULL at the end; a post's id as "post". */
static void ask(struct desk_test *t, const char *kind, const char *const *pairs, int64_t post)
{
	struct value *args = value_new_object();
	if (post)
		value_set_int(args, "post", post);
	for (; pairs && pairs[0]; pairs += 2)
		value_set_string(args, pairs[0], pairs[1]);
	desk_handle(t->store, t->config, &t->now, kind, args, &t->out);
	value_free(args);
}

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

struct row {
	const char *kind;
	const char *pairs[6];
	int exit_code;
	const char *says;
};

static void run_rows(struct desk_test *t, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		ask(t, rows[i].kind, rows[i].pairs, 0);
		if (!strstr(t->out.text, rows[i].says) || t->out.exit_code != rows[i].exit_code)
			fail_msg("row %zu, %s: %d, '%s'", i, rows[i].kind, t->out.exit_code,
				t->out.text);
		assert_null(strchr(t->out.text, '\n'));
	}
}

static void test_keywords(void **state)
{
	struct desk_test *t = *state;
	static const struct row rows[] = {
		{ "keyword.add", { "keyword", "토스터", "list", "kitchen" }, EX_OK,
			"added to list 'kitchen'" },
		{ "keyword.add", { "keyword", " 토스터 ", "list", "kitchen" }, EX_DATAERR,
			"already" },
		{ "keyword.add", { "keyword", "에어프라이어", "list", "kitchen" }, EX_DATAERR,
			"already" },
		{ "keyword.add", { "keyword", "토스터" }, EX_USAGE, "--list" },
		{ "keyword.add", { "keyword", "토스터", "list", "garden" }, EX_DATAERR,
			"no list 'garden'" },
		{ "keyword.add", { "keyword", "  ", "list", "kitchen" }, EX_DATAERR,
			"is empty" },
		{ "keyword.add", { "list", "kitchen" }, EX_DATAERR, "is empty" },
		{ "keyword.add", { "keyword", "a\033[2J", "list", "kitchen" }, EX_DATAERR,
			"control characters" },
		{ "keyword.add", { "keyword", "\xff", "list", "kitchen" }, EX_DATAERR,
			"UTF-8" },
		{ "keyword.remove", { "keyword", "에어프라이어" }, EX_NOPERM,
			"comes from the configuration" },
		{ "keyword.remove", { "keyword", "토스터", "list", "desk" }, EX_DATAERR,
			"no list 'desk'" },
		{ "keyword.remove", { "keyword", "토스터" }, EX_OK, "removed from 'kitchen'" },
		{ "keyword.remove", { "keyword", "토스터" }, EX_DATAERR, "stands in no list" },
		{ "keyword.now", { "keyword", "모니터" }, EX_OK, "looked at now" },
		{ "keyword.now", { "keyword", "없는 것" }, EX_DATAERR, "stands in no list" },
		{ "no.such.wish", { NULL }, EX_USAGE, "no wish" },
	};
	run_rows(t, rows, ARRAY_LEN(rows));
}

static void test_a_long_keyword(void **state)
{
	struct desk_test *t = *state;
	char longer[CONFIG_KEYWORD_BYTES_MAX + 2];
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	ask(t, "keyword.add", ARGS("keyword", longer, "list", "desk"), 0);
	assert_int_equal(t->out.exit_code, EX_DATAERR);
	longer[CONFIG_KEYWORD_BYTES_MAX] = '\0';
	ask(t, "keyword.add", ARGS("keyword", longer, "list", "desk"), 0);
	assert_int_equal(t->out.exit_code, EX_OK);
}

static void test_now_goes_first(void **state)
{
	struct desk_test *t = *state;
	struct store_keyword k;
	ask(t, "keyword.now", ARGS("keyword", "전기포트", "list", "desk"), 0);
	assert_true(t->out.heads_changed);
	assert_int_equal(store_keyword_find(t->store, "desk", "전기포트", &k), 0);
	assert_true(k.asked);
	assert_int_equal(store_keyword_find(t->store, "kitchen", "전기포트", &k), 0);
	assert_false(k.asked);
	ask(t, "keyword.now", ARGS("keyword", "전기포트"), 0);
	assert_int_equal(store_keyword_find(t->store, "kitchen", "전기포트", &k), 0);
	assert_true(k.asked);
}

static void test_now_says_why_not(void **state)
{
	struct desk_test *t = *state;
	struct store_account a = { 0 };
	ask(t, "pause", ARGS("list", "desk"), 0);
	ask(t, "keyword.now", ARGS("keyword", "모니터"), 0);
	assert_non_null(strstr(t->out.text, "cpauto queue resume --list 'desk'"));
	ask(t, "resume", ARGS("list", "desk"), 0);
	assert_int_equal(store_keywords_fresh(t->store, "모니터", t->now.wall_ms + 1000), 0);
	ask(t, "keyword.now", ARGS("keyword", "모니터"), 0);
	assert_non_null(strstr(t->out.text, "costs no call"));
	account_block(&a, &t->now, 0, 2, "too many");
	assert_int_equal(store_account_set(t->store, &a), 0);
	ask(t, "keyword.now", ARGS("keyword", "에어프라이어"), 0);
	assert_int_equal(t->out.exit_code, EX_OK);
	assert_non_null(strstr(t->out.text, "cpauto unblock"));
}

static void test_pause(void **state)
{
	struct desk_test *t = *state;
	struct store_keyword k;
	struct plan_list l;
	int64_t id;
	ask(t, "pause", ARGS("keyword", "전기포트"), 0);
	assert_non_null(strstr(t->out.text, "'kitchen', 'desk' is paused"));
	assert_int_equal(store_keyword_find(t->store, "desk", "전기포트", &k), 0);
	assert_true(k.paused);
	ask(t, "resume", ARGS("keyword", "전기포트", "list", "desk"), 0);
	assert_int_equal(store_keyword_find(t->store, "desk", "전기포트", &k), 0);
	assert_false(k.paused);
	assert_int_equal(store_keyword_find(t->store, "kitchen", "전기포트", &k), 0);
	assert_true(k.paused);
	ask(t, "pause", NULL, 0);
	assert_int_equal(store_list_id(t->store, "kitchen", &id), 0);
	assert_int_equal(store_list_load(t->store, id, &l), 0);
	assert_true(l.paused);
	ask(t, "resume", ARGS("list", "kitchen"), 0);
	assert_int_equal(store_list_load(t->store, id, &l), 0);
	assert_false(l.paused);
	ask(t, "pause", ARGS("list", "garden"), 0);
	assert_int_equal(t->out.exit_code, EX_DATAERR);
}

/* ---- posts -------------------------------------------------------------------------- */

static int64_t new_post(struct desk_test *t, const char *products)
{
	static int count;
	char key[40];
	int64_t id;
	str_format_cut(key, sizeof(key), "key%d", ++count);
	struct store_post_new p = {
		.key = key,
		.list = "kitchen",
		.keyword = "전기포트",
		.folded = "전기포트",
		.publisher = "out",
		.products = products,
		.period = "2026-11-23",
		.now_ms = 1000,
	};
	assert_int_equal(store_post_add(t->store, &p, &id), 0);
	return id;
}

/* A post brought to STATE the way the engine does it. */
static int64_t post_in(struct desk_test *t, const char *state, const char *products)
{
	int64_t id = new_post(t, products);
	if (str_eq(state, POST_PLANNED))
		return id;
	struct value *post = value_new_object();
	value_set_string(post, "title", "전기포트");
	value_set_string(post, "html", "<p>x</p>");
	assert_int_equal(store_post_rendered(t->store, id, post, 1000, 1000), 0);
	value_free(post);
	if (str_eq(state, POST_RENDERED))
		return id;
	bool sent = str_eq(state, POST_SENDING) || str_eq(state, POST_UNKNOWN) ||
		str_eq(state, POST_PARKED) || str_eq(state, POST_PUBLISHED);
	assert_int_equal(store_post_move(t->store, id, POST_RENDERED, sent ? POST_READY : state,
				 1000, 1000, NULL),
		0);
	if (sent)
		assert_int_equal(store_post_sending(t->store, id, SENT(1000)), 0);
	if (str_eq(state, POST_PUBLISHED))
		assert_int_equal(
			store_post_published(t->store, id, 1000, "1", "https://example.org/"),
			0);
	else if (sent && !str_eq(state, POST_SENDING))
		assert_int_equal(
			store_post_move(t->store, id, POST_SENDING, state, 1000, 1000, NULL),
			0);
	return id;
}

static void assert_state(struct desk_test *t, int64_t id, const char *want)
{
	struct value *post = NULL;
	assert_int_equal(store_post_get(t->store, id, &post), 0);
	assert_string_equal(value_get_string(post, "state", ""), want);
	value_free(post);
}

/* Every wish in every state: the new state, or NULL where the wish is declined. */
static const struct {
	const char *from, *approve, *reject, *retry, *published, *absent;
} moves[] = {
	{ POST_PLANNED, NULL, POST_REFUSED, NULL, NULL, NULL },
	{ POST_RENDERED, NULL, POST_REFUSED, NULL, NULL, NULL },
	{ POST_WAITING, POST_READY, POST_REFUSED, NULL, NULL, NULL },
	{ POST_READY, NULL, POST_REFUSED, NULL, NULL, NULL },
	{ POST_SENDING, NULL, NULL, NULL, NULL, NULL },
	{ POST_PUBLISHED, NULL, NULL, NULL, NULL, NULL },
	{ POST_UNKNOWN, NULL, NULL, NULL, POST_PUBLISHED, POST_READY },
	{ POST_PARKED, NULL, NULL, NULL, POST_PUBLISHED, POST_READY },
	{ POST_REFUSED, NULL, NULL, POST_PLANNED, NULL, NULL },
};

static void try_move(struct desk_test *t, size_t row, const char *kind,
	const char *const *pairs, const char *to)
{
	char products[40];
	str_format_cut(
		products, sizeof(products), "%s-%zu-%s", kind, row, pairs ? pairs[1] : "");
	int64_t id = post_in(t, moves[row].from, products);
	ask(t, kind, pairs, id);
	assert_int_equal(t->out.exit_code, to ? EX_OK : EX_DATAERR);
	assert_state(t, id, to ? to : moves[row].from);
	assert_true(t->out.text[0]);
}

static void test_posts(void **state)
{
	struct desk_test *t = *state;
	for (size_t i = 0; i < ARRAY_LEN(moves); i++) {
		try_move(t, i, "post.approve", NULL, moves[i].approve);
		try_move(t, i, "post.reject", ARGS("reason", "재미없음"), moves[i].reject);
		try_move(t, i, "post.retry", NULL, moves[i].retry);
		try_move(t, i, "post.settle",
			ARGS("as", "published", "url", "https://example.org/1"),
			moves[i].published);
		try_move(t, i, "post.settle", ARGS("as", "absent"), moves[i].absent);
		/* A folder of files is nothing that is brought up to date. */
		try_move(t, i, "post.update", NULL, NULL);
	}
}

static void test_no_such_post(void **state)
{
	struct desk_test *t = *state;
	static const char *const kinds[] = { "post.approve", "post.reject", "post.retry",
		"post.settle", "post.update" };
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		ask(t, kinds[i], NULL, 4711);
		assert_int_equal(t->out.exit_code, EX_DATAERR);
		assert_non_null(strstr(t->out.text, "no post 4711"));
	}
	ask(t, "post.settle", ARGS("as", "perhaps"), post_in(t, POST_PARKED, "a"));
	assert_int_equal(t->out.exit_code, EX_USAGE);
}

static void test_reason_and_url_are_kept(void **state)
{
	struct desk_test *t = *state;
	struct value *post = NULL;
	int64_t id = post_in(t, POST_WAITING, "a");
	ask(t, "post.reject", ARGS("reason", "사진이 없음"), id);
	assert_int_equal(store_post_get(t->store, id, &post), 0);
	assert_string_equal(
		value_get_string(post, "reason", ""), "rejected by you: 사진이 없음");
	value_free(post);
	id = post_in(t, POST_PARKED, "b");
	ask(t, "post.settle", ARGS("as", "published", "url", "https://example.org/7"), id);
	assert_int_equal(store_post_get(t->store, id, &post), 0);
	assert_string_equal(value_get_string(post, "url", ""), "https://example.org/7");
	value_free(post);
}

/* A refused post is not tried again when another took its place: that would be two. */
static void test_no_retry_beside_a_later_post(void **state)
{
	struct desk_test *t = *state;
	int64_t old = post_in(t, POST_REFUSED, "a");
	int64_t later = post_in(t, POST_PUBLISHED, "b");
	ask(t, "post.retry", NULL, old);
	assert_int_equal(t->out.exit_code, EX_DATAERR);
	assert_non_null(strstr(t->out.text, "since"));
	assert_state(t, old, POST_REFUSED);
	assert_state(t, later, POST_PUBLISHED);
}

/* ---- the account --------------------------------------------------------------------- */

static void test_unblock(void **state)
{
	struct desk_test *t = *state;
	struct store_account a = { 0 };
	struct store_publisher p = { .broken = true, .reason = "log in" };
	account_block(&a, &t->now, 0, 2, "too many");
	assert_int_equal(store_account_set(t->store, &a), 0);
	assert_int_equal(store_publisher_set(t->store, "out", &p), 0);
	ask(t, "unblock", NULL, 0);
	assert_int_equal(t->out.exit_code, EX_OK);
	assert_true(t->out.source_cleared);
	assert_non_null(strstr(t->out.text, "strikes are forgotten"));
	assert_int_equal(store_account_get(t->store, &a), 0);
	assert_false(a.hard || a.blocked || a.strikes);
	assert_int_equal(store_publisher_get(t->store, "out", &p), 0);
	assert_false(p.broken);
	ask(t, "unblock", NULL, 0);
	assert_non_null(strstr(t->out.text, "was not blocked"));
}

#define WITH_DESK(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DESK(test_keywords),
		WITH_DESK(test_a_long_keyword),
		WITH_DESK(test_now_goes_first),
		WITH_DESK(test_now_says_why_not),
		WITH_DESK(test_pause),
		WITH_DESK(test_posts),
		WITH_DESK(test_no_such_post),
		WITH_DESK(test_reason_and_url_are_kept),
		WITH_DESK(test_no_retry_beside_a_later_post),
		WITH_DESK(test_unblock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
