/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "forecast.h"

#include <unistd.h>

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)
/* 2026-11-24 00:00 in Seoul. */
#define MIDNIGHT_MS INT64_C(1795446000000)

/* A forecast of LISTS lists with KEYWORDS keywords each, all due. */
static struct forecast *new_forecast(size_t lists, size_t keywords)
{
	struct forecast *f = xcalloc(1, sizeof(*f));
	f->now.wall_ms = MIDNIGHT_MS;
	f->now.boot_ms = DAY_MS;
	str_format_cut(f->now.boot_id, sizeof(f->now.boot_id), "boot");
	f->rule = (struct budget_rule){
		.calls = 10, .window_ms = HOUR_MS, .margin_ms = 60000, .gap_ms = 0
	};
	f->calls = xcalloc(11, sizeof(*f->calls));
	f->ttl_ms = DAY_MS;
	f->hours.always = true;
	f->lists = xcalloc(lists, sizeof(*f->lists));
	f->list_count = lists;
	for (size_t i = 0; i < lists; i++) {
		struct forecast_list *l = &f->lists[i];
		*l = (struct forecast_list){ .name = xasprintf("list%zu", i),
			.weight = 1,
			.every_ms = 3 * DAY_MS,
			.keywords = xcalloc(keywords, sizeof(*l->keywords)),
			.count = keywords };
		for (size_t k = 0; k < keywords; k++)
			l->keywords[k] =
				(struct forecast_keyword){ .id = (int64_t)(1000 * i + k + 1),
					.keyword = xasprintf("word %zu %zu", i, k),
					.folded = xasprintf("word %zu %zu", i, k),
					.due_ms = MIDNIGHT_MS - 1 };
	}
	return f;
}

static void free_forecast(struct forecast *f)
{
	forecast_finish(f);
	free(f);
}

/* Calls (free looks apart) within HOURS, their times in AT. */
static size_t run(
	struct forecast *f, int hours, int64_t *at, size_t max, enum budget_reason *reason)
{
	size_t n = 0;
	struct forecast_call call;
	int64_t until = f->now.wall_ms + hours * HOUR_MS;
	while (forecast_next(f, until, &call, reason)) {
		if (call.free)
			continue;
		assert_true(n < max);
		at[n++] = call.at_ms;
	}
	return n;
}

static void test_the_limit_holds(void **state)
{
	(void)state;
	int64_t at[1000];
	enum budget_reason reason;
	struct forecast *f = new_forecast(3, 200);
	size_t n = run(f, 24, at, ARRAY_LEN(at), &reason);
	/* Ten at once, and again whenever window and margin are over. */
	assert_in_range(n, 225, 240);
	for (size_t i = 10; i < n; i++)
		assert_true(at[i] - at[i - 10] > HOUR_MS + 60000);
	free_forecast(f);
}

static void test_even_pace(void **state)
{
	(void)state;
	int64_t at[1000];
	enum budget_reason reason;
	struct forecast *f = new_forecast(1, 100);
	f->rule.gap_ms = -1;
	size_t n = run(f, 2, at, ARRAY_LEN(at), &reason);
	assert_in_range(n, 18, 20);
	for (size_t i = 1; i < n; i++)
		assert_true(at[i] - at[i - 1] >= 366000);
	free_forecast(f);
}

static void test_weights(void **state)
{
	(void)state;
	struct forecast_call call;
	enum budget_reason reason;
	int counts[2] = { 0 };
	struct forecast *f = new_forecast(2, 100);
	f->lists[1].weight = 3;
	for (int i = 0; i < 40; i++) {
		assert_true(forecast_next(f, MIDNIGHT_MS + DAY_MS, &call, &reason));
		counts[call.list - f->lists]++;
	}
	assert_in_range(counts[1], 29, 31);
	free_forecast(f);
}

static void test_hours(void **state)
{
	(void)state;
	struct forecast_call call;
	enum budget_reason reason;
	struct forecast *f = new_forecast(1, 3);
	f->hours = (struct config_hours){ .from_min = 8 * 60, .to_min = 23 * 60 };
	f->lists[0].keywords[2].asked = true;
	assert_int_equal(clock_set_zone("Asia/Seoul"), 0);
	/* By hand means now; the others wait for the morning. */
	assert_true(forecast_next(f, MIDNIGHT_MS + DAY_MS, &call, &reason));
	assert_int_equal(call.keyword->id, 3);
	assert_int_equal(call.at_ms, MIDNIGHT_MS);
	assert_true(forecast_next(f, MIDNIGHT_MS + DAY_MS, &call, &reason));
	assert_int_equal(call.at_ms / 1000, (MIDNIGHT_MS + 8 * HOUR_MS) / 1000);
	free_forecast(f);
}

static void test_one_call_for_two_lists(void **state)
{
	(void)state;
	struct forecast_call call;
	enum budget_reason reason;
	struct forecast *f = new_forecast(2, 1);
	free(f->lists[1].keywords[0].folded);
	f->lists[1].keywords[0].folded = xstrdup(f->lists[0].keywords[0].folded);
	assert_true(forecast_next(f, MIDNIGHT_MS + DAY_MS, &call, &reason));
	assert_false(call.free);
	assert_true(forecast_next(f, MIDNIGHT_MS + DAY_MS, &call, &reason));
	assert_true(call.free);
	assert_ptr_equal(call.list, &f->lists[1]);
	/* Both were looked at; nothing is due for three days. */
	assert_false(forecast_next(f, MIDNIGHT_MS + DAY_MS, &call, &reason));
	assert_int_equal(reason, BUDGET_FREE);
	free_forecast(f);
}

static void test_what_stops_it(void **state)
{
	(void)state;
	struct forecast_call call;
	enum budget_reason reason;
	struct forecast *f = new_forecast(2, 2);
	f->lists[0].paused = true;
	f->lists[1].keywords[0].paused = true;
	assert_true(forecast_next(f, MIDNIGHT_MS + HOUR_MS, &call, &reason));
	assert_int_equal(call.keyword->id, 1002);
	assert_false(forecast_next(f, MIDNIGHT_MS + HOUR_MS, &call, &reason));
	free_forecast(f);
	f = new_forecast(1, 2);
	f->block.hard = true;
	assert_false(forecast_next(f, MIDNIGHT_MS + DAY_MS, &call, &reason));
	assert_int_equal(reason, BUDGET_HARD);
	free_forecast(f);
	f = new_forecast(1, 2);
	f->block.boot_ms = f->now.boot_ms + 2 * HOUR_MS;
	assert_true(forecast_next(f, MIDNIGHT_MS + DAY_MS, &call, &reason));
	assert_int_equal(call.at_ms, MIDNIGHT_MS + 2 * HOUR_MS);
	free_forecast(f);
	f = new_forecast(1, 2);
	f->wait_until = f->now.boot_ms + HOUR_MS;
	assert_true(forecast_next(f, MIDNIGHT_MS + DAY_MS, &call, &reason));
	assert_int_equal(call.at_ms, MIDNIGHT_MS + HOUR_MS);
	free_forecast(f);
}

/* A list that is always due again must not keep the look-ahead from ending. */
static void test_it_ends(void **state)
{
	(void)state;
	int64_t at[1000];
	enum budget_reason reason;
	struct forecast *f = new_forecast(1, 1);
	f->lists[0].every_ms = 60000;
	f->ttl_ms = HOUR_MS;
	(void)run(f, 24, at, ARRAY_LEN(at), &reason);
	free_forecast(f);
	f = new_forecast(0, 0);
	assert_int_equal(run(f, 24, at, ARRAY_LEN(at), &reason), 0);
	free_forecast(f);
}

/* ---- from a store ------------------------------------------------------------------ */

static void test_load(void **state)
{
	(void)state;
	char dir[64];
	struct err e;
	struct store *s;
	struct forecast f;
	struct forecast_call call;
	enum budget_reason reason;
	struct instant now;
	int64_t id;
	const char *words[] = { "에어프라이어", "전기포트" };
	char name[] = "kitchen", gone[] = "not read yet";
	struct config_list lists[] = {
		{ .name = name, .weight = 2, .every_ms = DAY_MS },
		{ .name = gone, .weight = 1, .every_ms = DAY_MS },
	};
	struct config c = { .lists = lists,
		.list_count = 2,
		.cache.ttl_ms = DAY_MS,
		.budget = { .calls = 10,
			.window_ms = HOUR_MS,
			.margin_ms = 60000,
			.pace_ms = 0 },
		.hours.active.always = true };
	assert_int_equal(str_format(dir, sizeof(dir), "/tmp/cpauto-forecast-XXXXXX"), 0);
	assert_non_null(mkdtemp(dir));
	assert_int_equal(store_open(dir, dir, STORE_DAEMON, &s, &e), 0);
	clock_now(&now);
	assert_int_equal(store_list_sync(s, name, words, words, 2, now.wall_ms, &id), 0);
	/* One call under way: it counts, and is taken to end now. */
	assert_int_equal(store_call_begin(s, &now, "search", name, "x", &id), 0);
	assert_int_equal(forecast_load(&f, s, &c, &now, HOUR_MS), 0);
	assert_int_equal(f.call_count, 1);
	assert_int_equal(f.lists[0].count, 2);
	assert_int_equal(f.lists[1].count, 0);
	assert_true(forecast_next(&f, now.wall_ms + HOUR_MS, &call, &reason));
	assert_string_equal(call.keyword->keyword, "에어프라이어");
	assert_true(forecast_next(&f, now.wall_ms + HOUR_MS, &call, &reason));
	assert_string_equal(call.keyword->keyword, "전기포트");
	forecast_finish(&f);
	store_close(s);
	assert_int_equal(dir_remove(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_limit_holds),
		cmocka_unit_test(test_even_pace),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_hours),
		cmocka_unit_test(test_one_call_for_two_lists),
		cmocka_unit_test(test_what_stops_it),
		cmocka_unit_test(test_it_ends),
		cmocka_unit_test(test_load),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
