/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "clock.h"
#include "look.h"
#include "plan.h"
#include "util.h"

#define DAY INT64_C(86400000)
#define HORIZON (8 * DAY)

static struct plan_list list(int weight, int64_t due, int64_t id)
{
	return (struct plan_list){ .weight = weight, .horizon_ms = HORIZON,
		.head = { .keyword_id = id, .due_ms = due } };
}

static void test_nothing_due(void **state)
{
	(void)state;
	struct plan_list l[] = { list(1, 500, 1), list(1, 300, 2), list(1, 0, 0) };
	struct plan_choice c = plan_choose(l, 3, 100);
	assert_int_equal(c.list, -1);
	assert_int_equal(c.wait_ms, 200);
	assert_true(plan_choose(l, 0, 100).wait_ms == INT64_MAX);
	l[1].paused = true;
	assert_int_equal(plan_choose(l, 3, 100).wait_ms, 400);
}

static void test_order(void **state)
{
	(void)state;
	struct plan_list l[] = { list(1, 50, 1), list(1, 20, 2), list(1, 90, 3) };
	assert_int_equal(plan_choose(l, 3, 100).list, 1); /* the most overdue */
	l[1].served = 1;
	assert_int_equal(plan_choose(l, 3, 100).list, 0); /* unless it had its share */
	l[2].head.asked = true;
	assert_int_equal(plan_choose(l, 3, 100).list, 2); /* by hand goes first */
}

/* A due time beyond any that could be right was written by a clock that ran ahead. */
static void test_clock_that_ran_ahead(void **state)
{
	(void)state;
	struct plan_list l[] = { list(1, 365 * DAY, 1) };
	assert_int_equal(plan_choose(l, 1, 0).list, 0);
	l[0].head.due_ms = HORIZON;
	assert_int_equal(plan_choose(l, 1, 0).list, -1);
}

/* Does A go before B, by the words of plan.h? Both are due. */
static bool is_first(const struct plan_list *a, int i, const struct plan_list *b, int k)
{
	if (a->head.asked != b->head.asked)
		return a->head.asked;
	if (a->served != b->served)
		return a->served < b->served;
	if (a->head.due_ms != b->head.due_ms)
		return a->head.due_ms < b->head.due_ms;
	return i < k;
}

static bool is_due(const struct plan_list *l, int64_t now)
{
	return !l->paused && l->head.keyword_id != 0 &&
	       (l->head.due_ms <= now || l->head.due_ms > now + l->horizon_ms);
}

/* Small numbers, so that every tie and edge is met. */
static void test_against_a_reckoning(void **state)
{
	(void)state;
	uint32_t x = 20261123;
#define PICK(n) ((int)((x = x * 1664525u + 1013904223u) >> 16) % (n))
	for (int round = 0; round < 20000; round++) {
		struct plan_list l[4], before[4];
		int n = 1 + PICK(4), want = -1;
		int64_t wait = INT64_MAX, least = INT64_MAX;
		for (int i = 0; i < n; i++) {
			l[i] = (struct plan_list){ .weight = 1 + PICK(3), .paused = PICK(5) == 0,
				.horizon_ms = 1 + PICK(4), .served = PICK(4),
				.head = { .keyword_id = PICK(5), .due_ms = PICK(12),
					.asked = PICK(4) == 0 } };
			if (is_due(&l[i], 5) && (want < 0 || is_first(&l[i], i, &l[want], want)))
				want = i;
		}
		for (int i = 0; want < 0 && i < n; i++)
			if (!l[i].paused && l[i].head.keyword_id && l[i].head.due_ms - 5 < wait)
				wait = l[i].head.due_ms - 5;
		struct plan_choice c = plan_choose(l, (size_t)n, 5);
		if (c.list != want || c.wait_ms != (want < 0 ? wait : 0))
			fail_msg("round %d: list %d, %d ms", round, c.list, (int)c.wait_ms);
		int book = want < 0 ? 0 : want;
		memcpy(before, l, sizeof(l));
		plan_book(l, (size_t)n, book, 5);
		/* The least of the busy ones and of the one that is served. */
		for (int i = 0; i < n; i++)
			if ((is_due(&before[i], 5) || i == book) && before[i].served < least)
				least = before[i].served;
		for (int i = 0; i < n; i++) {
			int64_t served = before[i].served;
			if (!is_due(&before[i], 5) && served < least)
				served = least;
			served += i == book ? PLAN_STRIDE / before[i].weight : 0;
			if (l[i].served != served)
				fail_msg("round %d: list %d has %d", round, i, (int)l[i].served);
		}
	}
#undef PICK
}

/* Second by second: inside is 0, outside it is counted down to the opening. */
static void test_every_second_of_a_day(void **state)
{
	(void)state;
	static const int windows[][2] = { { 480, 1380 }, { 1320, 360 }, { 0, 1 }, { 1439, 0 },
		{ 0, 1440 }, { 1, 0 }, { 700, 700 } };
	for (size_t i = 0; i < ARRAY_LEN(windows); i++) {
		int from = windows[i][0], to = windows[i][1];
		for (int s = 0; s < 86400; s += 1 + (s % 60 == 1) * 57) {
			int m = s / 60, open = 0;
			while (from != to && !(from < to ? (m + open) % 1440 >= from && (m + open) % 1440 < to
						: (m + open) % 1440 >= from || (m + open) % 1440 < to))
				open++;
			int64_t want = open ? (int64_t)(open * 60 - s % 60) * 1000 : 0;
			if (plan_hours_wait(from, to, m / 60, m % 60, s % 60) != want)
				fail_msg("%d to %d at %d s", from, to, s);
		}
	}
}

/* Over many calls each busy list gets its weight's share; an idle one saves up nothing. */
static void test_fair_shares(void **state)
{
	(void)state;
	struct plan_list l[] = { list(1, 0, 1), list(3, 0, 2), list(6, 0, 3) };
	int got[3] = { 0 };
	for (int i = 0; i < 1000; i++) {
		int pick = plan_choose(l, 3, 100).list;
		plan_book(l, 3, pick, 100);
		got[pick]++;
	}
	assert_in_range(got[0], 99, 101);
	assert_in_range(got[1], 299, 301);
	assert_in_range(got[2], 599, 601);
	l[0].head.due_ms = 10000; /* idle for a long time */
	for (int i = 0; i < 900; i++)
		plan_book(l, 3, plan_choose(l, 3, 100).list, 100);
	l[0].head.due_ms = 0;
	int first = 0;
	for (int i = 0; i < 100; i++) {
		int pick = plan_choose(l, 3, 100).list;
		plan_book(l, 3, pick, 100);
		first += pick == 0;
	}
	assert_in_range(first, 9, 12);
}

/* A keyword that fails is put off; the others of its list and of other lists go on. */
static void test_failing_head_does_not_starve(void **state)
{
	(void)state;
	struct plan_list l[] = { list(1000, 0, 1), list(1, 0, 2) };
	int second = 0;
	for (int now = 0; now < 1000; now++) {
		int pick = plan_choose(l, 2, now).list;
		if (pick < 0)
			continue;
		plan_book(l, 2, pick, now);
		if (pick == 0)
			l[0].head.due_ms = now + 10;
		second += pick == 1;
	}
	assert_true(second > 800);
}

static void test_hours(void **state)
{
	(void)state;
	const struct {
		int from, to, h, m, s;
		int64_t want;
	} rows[] = {
		{ 8 * 60, 23 * 60, 8, 0, 0, 0 },
		{ 8 * 60, 23 * 60, 22, 59, 59, 0 },
		{ 8 * 60, 23 * 60, 23, 0, 0, 9 * 3600000 },
		{ 8 * 60, 23 * 60, 7, 59, 59, 1000 },
		{ 22 * 60, 6 * 60, 23, 0, 0, 0 },
		{ 22 * 60, 6 * 60, 5, 59, 59, 0 },
		{ 22 * 60, 6 * 60, 6, 0, 0, 16 * 3600000 },
		{ 0, 24 * 60, 0, 0, 0, 0 },
		{ 600, 600, 3, 0, 0, 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(plan_hours_wait(rows[i].from, rows[i].to, rows[i].h, rows[i].m, rows[i].s),
			rows[i].want);
}

static struct value *products(size_t n, const int64_t (*p)[2])
{
	struct value *l = value_new_list();
	for (size_t i = 0; i < n; i++) {
		struct value *o = value_new_object();
		value_set_int(o, "productId", p[i][0]);
		value_set_int(o, "productPrice", p[i][1]);
		value_append(l, o);
	}
	return l;
}

static void test_sets_and_prices(void **state)
{
	(void)state;
	const int64_t a[][2] = { { 9007199254740993, 1000 }, { 7, 500 }, { 7, 500 }, { 0, 3 }, { 3, 200 } };
	const int64_t b[][2] = { { 3, 220 }, { 7, 490 }, { 8, 1 } };
	struct value *x = products(5, a), *y = products(3, b);
	char set[LOOK_SET_MAX];
	look_set(x, 10, set);
	assert_string_equal(set, "3,7,9007199254740993");
	look_set(x, 2, set);
	assert_string_equal(set, "7,9007199254740993");
	look_set(NULL, 10, set);
	assert_string_equal(set, "");
	assert_true(look_price_change(x, y) > 9.99 && look_price_change(x, y) < 10.01);
	assert_true(look_price_change(x, x) == 0);
	assert_true(look_price_change(NULL, x) == 0);
	value_free(x);
	value_free(y);
}

static void test_periods(void **state)
{
	(void)state;
	char p[LOOK_PERIOD_MAX];
	assert_int_equal(clock_set_zone("Asia/Seoul"), 0);
	look_period(INT64_C(1795444800000), 3 * DAY, p); /* 2026-11-23 23:40 in Seoul */
	assert_string_equal(p, "2026-11-23");
	look_period(7200001, 3600000, p);
	assert_string_equal(p, "slot 2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_due),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_clock_that_ran_ahead),
		cmocka_unit_test(test_against_a_reckoning),
		cmocka_unit_test(test_every_second_of_a_day),
		cmocka_unit_test(test_fair_shares),
		cmocka_unit_test(test_failing_head_does_not_starve),
		cmocka_unit_test(test_hours),
		cmocka_unit_test(test_sets_and_prices),
		cmocka_unit_test(test_periods),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
