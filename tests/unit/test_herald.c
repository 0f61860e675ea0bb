/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <unistd.h>

#include "digest.h"
#include "herald.h"
#include "json.h"
#include "notice.h"

/*
 * The herald over a real store, with a clock of the test's and a port that keeps
 * what would have been started.
 */
#define NOW INT64_C(1795320720000) /* 2026-11-22 13:12 in Seoul */
#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

struct fixture {
	char dir[64];
	struct store *store;
	struct config *config;
	struct herald *herald;
	struct instant now;
	struct value *asked; /* the last request */
	char agent[32];
	char secret[128];
	int starts;
	int port_error;
	int64_t post;
};

static const struct instant *clock_of_test;

static void tell_time(struct instant *now)
{
	*now = *clock_of_test;
}

static int port_start(void *ctx, const struct agent_job *job, struct err *e)
{
	struct fixture *t = ctx;

	if (t->port_error)
		return err_set(e, t->port_error, "the port says no");
	assert_false(herald_busy(t->herald));
	value_free(t->asked);
	t->asked = value_copy(job->request);
	str_format_cut(t->agent, sizeof(t->agent), "%s", job->name);
	str_format_cut(t->secret, sizeof(t->secret), "%s",
		job->secrets && job->secrets[0] ? job->secrets[0] : "");
	t->starts++;
	return 0;
}

static void configure(struct fixture *t, const char *events)
{
	char path[128];
	struct value *errors = value_new_list();
	CLEANUP_FREE char *text = xasprintf("lists = ( { name = \"kitchen\"; keywords = [ \"a\" ];"
		" publisher = \"out\"; } ); publishers = ( { name = \"out\"; agent = \"outbox\"; } );"
		" events = ( %s );", events);

	assert_int_equal(str_format(path, sizeof(path), "%s/c.conf", t->dir), 0);
	assert_int_equal(file_write_atomic(path, text, strlen(text), 0600), 0);
	config_free(t->config);
	t->config = NULL;
	if (config_load(path, &t->config, errors))
		fail_msg("%s", value_string(value_at(errors, 0), ""));
	value_free(errors);
}

static void start(struct fixture *t)
{
	struct herald_setup setup = { .store = t->store, .config = t->config,
		.port = { port_start, t }, .clock = tell_time };

	clock_of_test = &t->now;
	t->herald = herald_new(&setup, &t->now);
}

#define PHONE(more) "{ name = \"phone\"; agent = \"ntfy\"; topic = \"t\"; reply_topic = \"r\";" \
	" token_file = \"/tmp/none\"; " more " }"

static int setup_with(void **state, const char *events)
{
	struct fixture *t = xcalloc(1, sizeof(*t));
	struct err e;

	str_format_cut(t->dir, sizeof(t->dir), "/tmp/cpauto-herald-XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	assert_int_equal(clock_set_zone("Asia/Seoul"), 0);
	assert_int_equal(store_open(t->dir, t->dir, STORE_DAEMON, &t->store, &e), 0);
	t->now = (struct instant){ .wall_ms = NOW, .boot_ms = HOUR, .boot_id = "boot" };
	configure(t, events);
	start(t);
	*state = t;
	return 0;
}

static int setup(void **state)
{
	return setup_with(state, PHONE("on = [ \"approval\", \"published\", \"broken\" ];"
		" replies = \"approve\"; page = \"https://me.example/p\";"));
}

static int teardown(void **state)
{
	struct fixture *t = *state;

	log_set_watch(NULL, NULL);
	herald_free(t->herald);
	store_close(t->store);
	config_free(t->config);
	value_free(t->asked);
	int r = dir_remove(t->dir);
	free(t);
	return r;
}

static int64_t later(struct fixture *t, int64_t ms)
{
	t->now.wall_ms += ms;
	t->now.boot_ms += ms;
	return herald_step(t->herald, &t->now);
}

static int64_t step(struct fixture *t)
{
	return later(t, 0);
}

static void done(struct fixture *t, enum agent_verdict verdict, const char *answer)
{
	char reason[] = "as the test says";
	struct agent_result r = { .verdict = verdict, .retry_after_ms = -1, .strikes = -1,
		.reason = verdict == AGENT_OK ? NULL : reason };
	struct err e;

	if (answer && json_parse(answer, strlen(answer), &r.answer, &e))
		fail_msg("%s", e.text);
	assert_true(herald_busy(t->herald));
	herald_done(t->herald, &r, &t->now);
	assert_false(herald_busy(t->herald));
	value_free(r.answer);
}

static void note(struct fixture *t, enum event event, const char *post, const char *text)
{
	herald_note(t->herald, LOG_LEVEL_NOTICE, LOG_FIELDS(.event = event, .post = post), text);
}

static const char *asked(const struct fixture *t, const char *name)
{
	return value_get_string(value_get(t->asked, "event"), name, "");
}

static const char *word(const struct fixture *t)
{
	return value_get_string(value_get(value_get(t->asked, "event"), "approve"), "token", "");
}

/* A post that waits for approval. */
static int64_t waiting(struct fixture *t, const char *key)
{
	struct store_post_new n = { .key = key, .list = "kitchen", .keyword = key, .folded = key,
		.publisher = "out", .products = "1", .period = key, .now_ms = t->now.wall_ms };
	struct value *post = value_new_object();
	int64_t id;

	value_set_string(post, "title", "제목");
	value_set_string(post, "html", "<p>");
	assert_int_equal(store_post_add(t->store, &n, &id), 0);
	assert_int_equal(store_post_rendered(t->store, id, post, NOW, NOW), 0);
	assert_int_equal(store_post_move(t->store, id, POST_RENDERED, POST_WAITING, NOW, NOW,
		NULL), 0);
	value_free(post);
	return id;
}

static int64_t undelivered(struct fixture *t)
{
	struct value *all = NULL;

	assert_int_equal(store_list_notifiers(t->store, &all), 0);
	int64_t n = value_get_int(value_at(all, 0), "undelivered", -1);
	value_free(all);
	return n;
}

/* The kind of the wish that waits for the daemon, "" if none does. */
static void assert_wish(struct fixture *t, const char *kind, int64_t post)
{
	struct value *args = NULL;
	char *have = NULL;
	int64_t id;
	int r = store_request_next(t->store, &id, &have, &args);

	if (!kind) {
		assert_int_equal(r, -ENOENT);
		return;
	}
	assert_int_equal(r, 0);
	assert_string_equal(have, kind);
	assert_int_equal(value_get_int(args, "post", 0), post);
	assert_int_equal(store_request_done(t->store, id, NOW, 0, ""), 0);
	free(have);
	value_free(args);
}

/* ---- telling --------------------------------------------------------------- */

static void test_only_what_is_wanted(void **state)
{
	struct fixture *t = *state;

	note(t, EVENT_ANSWER, NULL, "an answer");
	note(t, EVENT_POST_PARKED, "1", "parked");
	assert_true(step(t) == INT64_MAX);
	assert_int_equal(t->starts, 0);
	note(t, EVENT_POST_PUBLISHED, "1", "post 1 is out");
	step(t);
	assert_int_equal(t->starts, 1);
	assert_string_equal(t->agent, "ntfy");
	assert_string_equal(t->secret, "token=/tmp/none");
	assert_string_equal(value_get_string(t->asked, "op", ""), "notify");
	assert_string_equal(asked(t, "class"), "published");
	assert_string_equal(asked(t, "title"), "cpauto: Published");
	assert_string_equal(asked(t, "text"), "post 1 is out");
	assert_string_equal(asked(t, "link"), "https://me.example/p/1");
	assert_int_equal(undelivered(t), 1);
	done(t, AGENT_OK, NULL);
	assert_int_equal(undelivered(t), 0);
	assert_true(step(t) == INT64_MAX);
}

static void test_many_in_one(void **state)
{
	struct fixture *t = *state;

	for (int i = 0; i < 13; i++)
		note(t, i ? EVENT_POST_PUBLISHED : EVENT_PUBLISHER_BROKEN, NULL, "line");
	step(t);
	assert_string_equal(asked(t, "title"), "cpauto: 13 events");
	assert_non_null(strstr(asked(t, "text"), "13:12 line\n"));
	assert_non_null(strstr(asked(t, "text"), "\n… and 3 more: cpauto status"));
	assert_int_equal(value_get_int(value_get(t->asked, "event"), "count", 0), 13);
	/* What comes meanwhile is another message. */
	note(t, EVENT_POST_PUBLISHED, NULL, "late");
	done(t, AGENT_OK, NULL);
	assert_int_equal(undelivered(t), 1);
	step(t);
	assert_string_equal(asked(t, "text"), "late");
	done(t, AGENT_OK, NULL);
}

/* A storm is counted, not kept. */
static void test_storm(void **state)
{
	struct fixture *t = *state;
	struct value *rows = NULL;

	for (int i = 0; i < 150; i++)
		note(t, EVENT_POST_PUBLISHED, NULL, "line");
	assert_int_equal(store_notices_open(t->store, "phone", 0, &rows), 0);
	assert_int_equal(value_len(rows), 100);
	value_free(rows);
	assert_int_equal(undelivered(t), 150);
	step(t);
	assert_string_equal(asked(t, "title"), "cpauto: Published (150)");
	assert_non_null(strstr(asked(t, "text"), "and 140 more"));
	done(t, AGENT_OK, NULL);
	assert_int_equal(undelivered(t), 0);
}

/* As many at once as in an hour, then one at a time; never more than that. */
static void test_pace(void **state)
{
	struct fixture *t = *state;
	int sent = 0;

	configure(t, PHONE("on = [ \"published\" ]; per_hour = 4;"));
	herald_reload(t->herald, t->config, &t->now);
	for (int minute = 0; minute < 600; minute++) {
		note(t, EVENT_POST_PUBLISHED, NULL, "line");
		later(t, MINUTE);
		if (!herald_busy(t->herald))
			continue;
		sent++;
		done(t, AGENT_OK, NULL);
		if (minute == 4)
			assert_int_equal(sent, 4);
	}
	assert_in_range(sent, 4 + 38, 4 + 40);
	/* A clock that was set back a year is not waited for. */
	note(t, EVENT_POST_PUBLISHED, NULL, "line");
	t->now.wall_ms -= 365 * DAY;
	step(t);
	assert_true(herald_busy(t->herald));
	done(t, AGENT_OK, NULL);
}

static void test_gap_and_hours(void **state)
{
	struct fixture *t = *state;

	configure(t, PHONE("on = [ \"published\" ]; gap = \"10min\"; hours = \"08:00-14:00\";"));
	herald_reload(t->herald, t->config, &t->now);
	note(t, EVENT_POST_PUBLISHED, NULL, "one");
	step(t);
	done(t, AGENT_OK, NULL);
	note(t, EVENT_POST_PUBLISHED, NULL, "two");
	assert_int_equal(step(t), 10 * MINUTE);
	note(t, EVENT_POST_PUBLISHED, NULL, "three");
	later(t, 10 * MINUTE);
	assert_string_equal(asked(t, "text"), "13:12 two\n13:12 three");
	done(t, AGENT_OK, NULL);
	/* At 14:00 it is quiet until the morning. */
	note(t, EVENT_POST_PUBLISHED, NULL, "four");
	assert_int_equal(later(t, 50 * MINUTE), 18 * HOUR - 12 * MINUTE);
	assert_int_equal(t->starts, 2);
	later(t, 18 * HOUR);
	assert_int_equal(t->starts, 3);
	done(t, AGENT_OK, NULL);
}

/* ---- failing --------------------------------------------------------------- */

static int warnings;

static void count_warnings(enum log_level level, const struct log_fields *f, const char *text)
{
	(void)f;
	(void)text;
	warnings += level <= LOG_LEVEL_WARNING;
}

/* Tried again, at longer and longer waits, and given up after three days, with two lines. */
static void test_backoff_and_giving_up(void **state)
{
	struct fixture *t = *state;
	int64_t last = 0, wait = 0;

	warnings = 0;
	log_set_sink(count_warnings);
	note(t, EVENT_POST_PUBLISHED, NULL, "line");
	for (int i = 0; i < 8; i++) {
		last = wait;
		step(t);
		assert_true(herald_busy(t->herald));
		done(t, AGENT_UNKNOWN, NULL);
		wait = step(t);
		assert_true(wait > last && wait <= HOUR);
		t->now.wall_ms += wait;
		t->now.boot_ms += wait;
	}
	assert_int_equal(warnings, 1);
	for (int i = 0; i < 200 && undelivered(t) > 0; i++) {
		wait = step(t);
		if (herald_busy(t->herald)) {
			done(t, AGENT_LATER, NULL);
			wait = step(t);
		}
		t->now.wall_ms += wait;
		t->now.boot_ms += wait;
	}
	log_set_sink(NULL);
	assert_int_equal(undelivered(t), 0);
	assert_in_range(t->now.wall_ms - NOW, 3 * DAY, 3 * DAY + 2 * HOUR);
	assert_in_range(warnings, 3, 6);
	assert_true(step(t) == INT64_MAX);
}

/* What is refused is no reason to hold back the next. */
static void test_refused(void **state)
{
	struct fixture *t = *state;

	note(t, EVENT_POST_PUBLISHED, NULL, "line");
	step(t);
	done(t, AGENT_REFUSED, NULL);
	assert_int_equal(undelivered(t), 0);
	note(t, EVENT_POST_PUBLISHED, NULL, "next");
	step(t);
	assert_string_equal(asked(t, "text"), "next");
	done(t, AGENT_OK, NULL);
}

/* One that is broken keeps no other from being told; a reload tries it again. */
static void test_broken(void **state)
{
	struct fixture *t = *state;

	configure(t, PHONE("on = [ \"published\" ];") ", { name = \"bot\"; agent = \"telegram\";"
		" chat = 1; on = [ \"published\" ]; }");
	herald_reload(t->herald, t->config, &t->now);
	note(t, EVENT_POST_PUBLISHED, NULL, "line");
	step(t);
	assert_string_equal(t->agent, "ntfy");
	done(t, AGENT_BROKEN, NULL);
	step(t);
	assert_string_equal(t->agent, "telegram");
	done(t, AGENT_OK, NULL);
	assert_int_equal(step(t), HOUR);
	herald_reload(t->herald, t->config, &t->now);
	step(t);
	assert_string_equal(t->agent, "ntfy");
	/* Taken out of the configuration meanwhile, its end says nothing. */
	configure(t, "");
	herald_reload(t->herald, t->config, &t->now);
	done(t, AGENT_OK, NULL);
	assert_true(step(t) == INT64_MAX);
}

static void test_cannot_start(void **state)
{
	struct fixture *t = *state;

	t->port_error = -EAGAIN;
	note(t, EVENT_POST_PUBLISHED, NULL, "line");
	step(t);
	assert_false(herald_busy(t->herald));
	assert_int_equal(undelivered(t), 1);
	t->port_error = 0;
	later(t, MINUTE);
	assert_int_equal(t->starts, 1);
	done(t, AGENT_OK, NULL);
}

/* Killed in between, it is told again. */
static void test_new_start(void **state)
{
	struct fixture *t = *state;
	struct err e;

	note(t, EVENT_POST_PUBLISHED, NULL, "line");
	step(t);
	herald_free(t->herald);
	store_close(t->store);
	assert_int_equal(store_open(t->dir, t->dir, STORE_DAEMON, &t->store, &e), 0);
	start(t);
	step(t);
	assert_int_equal(t->starts, 2);
	assert_string_equal(asked(t, "text"), "line");
	done(t, AGENT_OK, NULL);
	assert_int_equal(undelivered(t), 0);
}

static void test_spent(void **state)
{
	struct fixture *t = *state;

	configure(t, PHONE("on = [ \"budget\" ];"));
	herald_reload(t->herald, t->config, &t->now);
	for (int i = 0; i < 3; i++)
		herald_note(t->herald, LOG_LEVEL_INFO,
			LOG_FIELDS_CALLS(0, .event = EVENT_ANSWER), "10 products");
	herald_note(t->herald, LOG_LEVEL_INFO, LOG_FIELDS_CALLS(1, .event = EVENT_ANSWER), "x");
	assert_int_equal(undelivered(t), 1);
}

/* ---- approval -------------------------------------------------------------- */

/* Asks about a post and has the question delivered; its word in OUT. */
static void ask(struct fixture *t, char out[HERALD_TOKEN_LEN + 1])
{
	t->post = waiting(t, "가");
	step(t);
	assert_true(herald_busy(t->herald));
	assert_string_equal(asked(t, "class"), "approval");
	str_format_cut(out, HERALD_TOKEN_LEN + 1, "%s", word(t));
	assert_int_equal(strlen(word(t)), HERALD_TOKEN_LEN);
	done(t, AGENT_OK, NULL);
}

/* The next look for replies brings REPLIES. */
static void hear(struct fixture *t, const char *word_, const char *token, const char *chat)
{
	CLEANUP_FREE char *answer = xasprintf("{\"v\":1,\"result\":\"ok\",\"cursor\":\"c1\","
		"\"replies\":[{\"word\":\"%s\",\"token\":\"%s\",\"chat\":\"%s\"}]}", word_, token,
		chat);

	step(t);
	later(t, 5 * MINUTE);
	assert_true(herald_busy(t->herald));
	assert_string_equal(value_get_string(t->asked, "op", ""), "replies");
	done(t, AGENT_OK, answer);
}

static void test_approve(void **state)
{
	struct fixture *t = *state;
	char token[HERALD_TOKEN_LEN + 1];

	ask(t, token);
	assert_int_equal(undelivered(t), 0);
	assert_string_equal(asked(t, "link"), "https://me.example/p/1");
	assert_int_equal(step(t), 5 * MINUTE);
	hear(t, "approve", token, "r");
	assert_wish(t, "post.approve", t->post);
	/* Once: the same word again is nothing, though the post still waits. */
	waiting(t, "나");
	while (step(t), herald_busy(t->herald))
		done(t, AGENT_OK, NULL);
	hear(t, "approve", token, "r");
	assert_wish(t, NULL, 0);
	assert_string_equal(value_get_string(t->asked, "cursor", ""), "c1");
}

static void test_reject(void **state)
{
	struct fixture *t = *state;
	char token[HERALD_TOKEN_LEN + 1];

	ask(t, token);
	hear(t, "reject", token, "r");
	assert_wish(t, "post.reject", t->post);
	/* What came of it is told. */
	step(t);
	assert_string_equal(asked(t, "class"), "reply");
	done(t, AGENT_OK, NULL);
}

/* From elsewhere, of nobody, for nothing, or with another verb. */
static void test_wrong_replies(void **state)
{
	struct fixture *t = *state;
	char token[HERALD_TOKEN_LEN + 1];

	ask(t, token);
	hear(t, "approve", token, "elsewhere");
	hear(t, "approve", "00000000000000000000000000000000", "r");
	hear(t, "approve", "", "r");
	hear(t, "publish", token, "r");
	assert_wish(t, NULL, 0);
	hear(t, "approve", token, "r");
	assert_wish(t, "post.approve", t->post);
}

/* A digest that fell onto another post, or lives on: a word counts for its post alone. */
static void test_late_replies(void **state)
{
	struct fixture *t = *state;
	char token[HERALD_TOKEN_LEN + 1], digest[DIGEST_LEN + 1];
	int64_t post;

	ask(t, token);
	herald_digest(token, "phone", "r", digest);
	assert_int_equal(store_token_take(t->store, digest, NOW + 3 * DAY, &post), -ENOENT);
	assert_true(later(t, 3 * DAY) == INT64_MAX); /* nobody asks for replies any more */
	t->now.wall_ms = NOW;
	/* Decided about elsewhere. */
	assert_int_equal(store_post_approve(t->store, t->post, NOW), 0);
	assert_int_equal(store_token_take(t->store, digest, NOW, &post), -ENOENT);
	assert_true(step(t) == INT64_MAX);
}

/* Each try has a word of its own, and any of them counts, for any may have arrived. */
static void test_each_try(void **state)
{
	struct fixture *t = *state;
	char first[HERALD_TOKEN_LEN + 1];

	t->post = waiting(t, "가");
	step(t);
	str_format_cut(first, sizeof(first), "%s", word(t));
	done(t, AGENT_UNKNOWN, NULL);
	later(t, MINUTE);
	assert_string_not_equal(word(t), first);
	done(t, AGENT_OK, NULL);
	hear(t, "approve", first, "r");
	assert_wish(t, "post.approve", t->post);
}

/* Nobody wants replies: the question names the command, and nothing is asked for. */
static void test_without_replies(void **state)
{
	struct fixture *t = *state;

	configure(t, PHONE("language = \"ko\";"));
	herald_reload(t->herald, t->config, &t->now);
	waiting(t, "가");
	step(t);
	assert_string_equal(word(t), "");
	assert_string_equal(asked(t, "title"), "cpauto: 승인을 기다리는 글");
	assert_non_null(strstr(asked(t, "text"), "cpauto posts approve 1"));
	done(t, AGENT_OK, NULL);
	assert_true(step(t) == INT64_MAX);
	assert_true(later(t, DAY) == INT64_MAX);
}

/* A channel from which nothing can be heard is asked less and less often. */
static void test_deaf(void **state)
{
	struct fixture *t = *state;
	char token[HERALD_TOKEN_LEN + 1];

	ask(t, token);
	step(t);
	later(t, 5 * MINUTE);
	done(t, AGENT_LATER, NULL);
	assert_int_equal(step(t), 5 * MINUTE);
	later(t, 5 * MINUTE);
	done(t, AGENT_LATER, NULL);
	assert_int_equal(step(t), 20 * MINUTE);
	note(t, EVENT_POST_PUBLISHED, NULL, "told all the same");
	step(t);
	assert_string_equal(value_get_string(t->asked, "op", ""), "notify");
	done(t, AGENT_OK, NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_only_what_is_wanted),
		TEST(test_many_in_one),
		TEST(test_storm),
		TEST(test_pace),
		TEST(test_gap_and_hours),
		TEST(test_backoff_and_giving_up),
		TEST(test_refused),
		TEST(test_broken),
		TEST(test_cannot_start),
		TEST(test_new_start),
		TEST(test_spent),
		TEST(test_approve),
		TEST(test_reject),
		TEST(test_wrong_replies),
		TEST(test_late_replies),
		TEST(test_each_try),
		TEST(test_without_replies),
		TEST(test_deaf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
