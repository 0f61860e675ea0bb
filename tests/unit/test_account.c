/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <unistd.h>

#include <sqlite3.h>

#include "account.h"

#define NOW INT64_C(1795411920000)
#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static struct instant at(int64_t ms)
{
	struct instant t = { .wall_ms = NOW + ms, .boot_ms = DAY + ms, .synced = true };
	str_format_cut(t.boot_id, sizeof(t.boot_id), "11111111-2222-3333-4444-555555555555");
	return t;
}

static void test_blocks(void **state)
{
	(void)state;
	static const struct {
		int64_t until; /* after now; 0 = not said */
		int64_t skew;
		int strikes, had;
		int64_t want_ms;
		int want_strikes;
		bool want_hard;
	} cases[] = {
		{ 0, 0, -1, 0, DAY, 1, false },
		{ 0, 0, -1, 1, DAY, 2, true },
		{ 3 * HOUR, 0, 1, 0, 3 * HOUR + MINUTE, 1, false },
		/* The server's clock is ahead: its time is sooner than ours says. */
		{ 3 * HOUR, HOUR, 1, 0, 2 * HOUR + MINUTE, 1, false },
		{ 3 * HOUR, -HOUR, 1, 0, 4 * HOUR + MINUTE, 1, false },
		/* A time that lies behind, or years ahead, is none. */
		{ -HOUR, 0, 1, 0, DAY, 1, false },
		{ 400 * DAY, 0, 1, 0, DAY, 1, false },
		{ MINUTE, 0, 1, 0, HOUR, 1, false },
		{ 30 * DAY, 0, 3, 0, 30 * DAY + MINUTE, 3, true },
		{ 0, 0, 1, 1, DAY, 2, true },
		{ 0, 0, 0, 0, DAY, 1, false },
		/* The edges: now is no time, a year is too far, an hour is the least. */
		{ 366 * DAY, 0, 1, 0, DAY, 1, false },
		{ 366 * DAY - 1, 0, 1, 0, 366 * DAY - 1 + MINUTE, 1, false },
		{ HOUR, HOUR, 1, 0, DAY, 1, false },
		{ HOUR + 1, HOUR, 1, 0, HOUR, 1, false },
		{ HOUR - MINUTE + 1, 0, 1, 0, HOUR + 1, 1, false },
		{ 0, 0, 2, 2, DAY, 3, true },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct store_account a = { .strikes = cases[i].had, .skew_ms = cases[i].skew };
		struct instant now = at(0);
		account_block(&a, &now, cases[i].until ? NOW + cases[i].until : 0,
			cases[i].strikes, "why");
		if (a.block_ms != cases[i].want_ms || a.strikes != cases[i].want_strikes ||
			a.hard != cases[i].want_hard)
			fail_msg("case %zu: %d min, %d strikes, hard %d", i,
				(int)(a.block_ms / MINUTE), a.strikes, a.hard);
		assert_true(a.blocked);
		assert_string_equal(a.reason, "why");
		assert_int_equal(a.block_at.boot_ms, now.boot_ms);
	}
}

static void test_failures_grow(void **state)
{
	(void)state;
	static const int64_t minutes[] = { 1, 4, 9, 16, 25, 36, 49, 60, 60 };
	struct store_account a = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(minutes); i++) {
		struct instant now = at((int64_t)i);
		account_failed(&a, &now, -1, "500");
		assert_int_equal(a.wait_ms, minutes[i] * MINUTE);
		assert_int_equal(a.failures, i + 1);
		assert_int_equal(account_wait_until(&a, &now), now.boot_ms + a.wait_ms);
	}
	struct instant now = at(0);
	account_failed(&a, &now, 2 * HOUR, "429");
	assert_int_equal(a.wait_ms, 2 * HOUR);
	account_failed(&a, &now, 1000 * DAY, "429");
	assert_int_equal(a.wait_ms, DAY);
	assert_string_equal(a.wait_reason, "429");
	account_failed(&a, &now, DAY - 1, "429");
	assert_int_equal(a.wait_ms, DAY - 1);
	/* It is over at its moment, not before and not later. */
	now = at(DAY - 2);
	assert_int_equal(account_wait_until(&a, &now), at(DAY - 1).boot_ms);
	now = at(DAY - 1);
	assert_int_equal(account_wait_until(&a, &now), 0);
	now = at(0);
	account_worked(&a);
	assert_true(a.failures == 0 && a.wait_ms == 0 && !a.wait_reason[0]);
	assert_int_equal(account_wait_until(&a, &now), 0);
	account_failed(&a, &now, -1, "500");
	assert_int_equal(a.wait_ms, MINUTE);
}

static void test_success_lifts_no_strike(void **state)
{
	(void)state;
	struct store_account a = { 0 };
	struct instant now = at(0);
	account_block(&a, &now, 0, -1, "one");
	account_worked(&a);
	assert_false(a.blocked);
	assert_int_equal(a.strikes, 1);
	account_block(&a, &now, 0, -1, "two");
	account_worked(&a);
	assert_true(a.hard);
	account_unblock(&a);
	assert_true(!a.hard && !a.blocked && a.strikes == 0 && a.block_ms == 0 && !a.reason[0]);
}

static void test_the_gate(void **state)
{
	(void)state;
	char dir[] = "/tmp/cpauto-account-XXXXXX";
	struct store *s;
	struct err e;
	struct account_gate g;
	struct config c = {
		.budget = { .calls = 2, .window_ms = HOUR, .margin_ms = MINUTE, .reserve = 1 }
	};
	assert_non_null(mkdtemp(dir));
	assert_int_equal(store_open(dir, dir, STORE_DAEMON, &s, &e), 0);
	struct instant now = at(0);
	assert_int_equal(account_ask(s, &c, &now, false, &g), 0);
	assert_true(g.budget.wait_ms == 0 && g.budget.left == 2 && !g.waiting);
	int64_t id;
	assert_int_equal(store_call_begin(s, &now, "search", "l", "k", &id), 0);
	assert_int_equal(account_ask(s, &c, &now, true, &g), 0);
	assert_int_equal(g.budget.reason, BUDGET_OPEN);
	assert_int_equal(store_call_end(s, id, &now, "ok", NULL, 1), 0);
	/* The one that is left is kept for calls by hand. */
	assert_int_equal(account_ask(s, &c, &now, false, &g), 0);
	assert_int_equal(g.budget.reason, BUDGET_RESERVE);
	assert_int_equal(g.budget.wait_ms, HOUR + MINUTE);
	assert_int_equal(account_ask(s, &c, &now, true, &g), 0);
	assert_int_equal(g.budget.wait_ms, 0);
	/* A source that failed binds calls by hand too, and a block more than a wait. */
	account_failed(&g.account, &now, 10 * MINUTE, "500");
	assert_int_equal(store_account_set(s, &g.account), 0);
	assert_int_equal(account_ask(s, &c, &now, true, &g), 0);
	assert_true(g.waiting && g.budget.wait_ms == 10 * MINUTE);
	account_block(&g.account, &now, 0, -1, "no");
	assert_int_equal(store_account_set(s, &g.account), 0);
	assert_int_equal(account_ask(s, &c, &now, true, &g), 0);
	assert_true(!g.waiting && g.budget.reason == BUDGET_BLOCKED && g.budget.wait_ms == DAY);
	/* With the most calls that may be set it is the same. */
	c.budget.calls = 10000;
	assert_int_equal(account_ask(s, &c, &now, true, &g), 0);
	assert_true(g.budget.reason == BUDGET_BLOCKED && g.budget.wait_ms == DAY);
	c.budget.calls = 2;
	account_block(&g.account, &now, 0, -1, "no");
	assert_int_equal(store_account_set(s, &g.account), 0);
	assert_int_equal(account_ask(s, &c, &now, true, &g), 0);
	assert_true(g.budget.reason == BUDGET_HARD && g.budget.wait_ms == INT64_MAX);
	store_close(s);
	assert_int_equal(dir_remove(dir), 0);
}

static void sql(const char *dir, const char *text)
{
	CLEANUP_FREE char *path = xasprintf("%s/state.db", dir);
	sqlite3 *db = NULL;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* A ledger or an account that cannot be read is no permission. */
static void test_no_answer_without_a_store(void **state)
{
	(void)state;
	static const char *const tables[] = { "calls", "account" };
	char dir[] = "/tmp/cpauto-account-XXXXXX";
	struct config c = { .budget = { .calls = 2, .window_ms = HOUR, .margin_ms = MINUTE } };
	struct account_gate g = { .waiting = true };
	struct instant now = at(0);
	struct store *s;
	struct err e;
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		char broken[] = "/tmp/cpauto-account-XXXXXX";
		CLEANUP_FREE char *off = xasprintf("ALTER TABLE %s RENAME TO x", tables[i]);
		assert_non_null(mkdtemp(broken));
		assert_int_equal(store_open(broken, broken, STORE_DAEMON, &s, &e), 0);
		sql(broken, off);
		assert_true(account_ask(s, &c, &now, true, &g) < 0);
		assert_true(g.waiting); /* untouched */
		store_close(s);
		assert_int_equal(dir_remove(broken), 0);
	}
	assert_non_null(mkdtemp(dir));
	/* A block that an answer lifted is over, whatever its length was. */
	assert_int_equal(store_open(dir, dir, STORE_DAEMON, &s, &e), 0);
	assert_int_equal(account_ask(s, &c, &now, true, &g), 0);
	account_block(&g.account, &now, 0, -1, "no");
	account_worked(&g.account);
	assert_int_equal(store_account_set(s, &g.account), 0);
	assert_int_equal(account_ask(s, &c, &now, true, &g), 0);
	assert_int_equal(g.budget.reason, BUDGET_FREE);
	/* The owner lifts all of it at once. */
	account_failed(&g.account, &now, DAY, "500");
	account_block(&g.account, &now, 0, 2, "no");
	account_unblock(&g.account);
	assert_true(!g.account.blocked && !g.account.hard && g.account.failures == 0 &&
		g.account.wait_ms == 0 && !g.account.reason[0]);
	store_close(s);
	assert_int_equal(dir_remove(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_failures_grow),
		cmocka_unit_test(test_success_lifts_no_strike),
		cmocka_unit_test(test_the_gate),
		cmocka_unit_test(test_no_answer_without_a_store),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
