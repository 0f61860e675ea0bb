/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "account.h"
#include "budget.h"
#include "retry.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static const struct budget_rule ten_an_hour = {
	.calls = 10, .window_ms = HOUR, .margin_ms = MINUTE, .gap_ms = 0,
};

static struct instant at(int64_t boot_ms)
{
	return (struct instant){ .boot_ms = boot_ms, .wall_ms = 1700000000000 + boot_ms,
		.boot_id = "boot-one", .synced = true };
}

static struct budget_call call_at(int64_t from, int64_t to)
{
	return (struct budget_call){ .taken = at(from), .ended = at(to), .has_ended = true };
}

static void test_empty_ledger_is_free(void **state)
{
	(void)state;
	struct instant now = at(5);
	struct budget_answer a = budget_ask(&ten_an_hour, NULL, 0, NULL, &now, false);
	assert_int_equal(a.reason, BUDGET_FREE);
	assert_int_equal(a.wait_ms, 0);
	assert_int_equal(a.left, 10);
}

/* A token is back one window and margin after the END of its call, to the millisecond. */
static void test_token_returns_after_end(void **state)
{
	(void)state;
	struct budget_call calls[10];
	for (int i = 0; i < 10; i++)
		calls[i] = call_at(i * MINUTE, i * MINUTE + 30 * SECOND);
	struct instant now = at(30 * SECOND + HOUR + MINUTE - 1);
	struct budget_answer a = budget_ask(&ten_an_hour, calls, 10, NULL, &now, false);
	assert_int_equal(a.reason, BUDGET_TOKENS);
	assert_int_equal(a.wait_ms, 1);
	assert_int_equal(a.left, 0);
	now = at(30 * SECOND + HOUR + MINUTE);
	a = budget_ask(&ten_an_hour, calls, 10, NULL, &now, false);
	assert_int_equal(a.reason, BUDGET_FREE);
	assert_int_equal(a.left, 1);
}

static void test_open_call_stops_all(void **state)
{
	(void)state;
	struct budget_call c = { .taken = at(0) };
	struct instant now = at(DAY);
	struct budget_answer a = budget_ask(&ten_an_hour, &c, 1, NULL, &now, false);
	assert_int_equal(a.reason, BUDGET_OPEN);
	assert_true(a.wait_ms == INT64_MAX);
	assert_int_equal(a.left, 9);
}

static void test_even_pace(void **state)
{
	(void)state;
	struct budget_rule rule = ten_an_hour;
	rule.gap_ms = -1;
	assert_int_equal(budget_gap(&rule), 366 * SECOND);
	struct budget_call c = call_at(0, 10 * SECOND);
	struct instant now = at(10 * SECOND);
	struct budget_answer a = budget_ask(&rule, &c, 1, NULL, &now, true);
	assert_int_equal(a.reason, BUDGET_GAP);
	assert_int_equal(a.wait_ms, 366 * SECOND);
	now = at(376 * SECOND);
	assert_int_equal(budget_ask(&rule, &c, 1, NULL, &now, false).reason, BUDGET_FREE);
}

static void test_reserve_is_for_hands(void **state)
{
	(void)state;
	struct budget_rule rule = ten_an_hour;
	rule.reserve = 2;
	struct budget_call calls[8];
	for (int i = 0; i < 8; i++)
		calls[i] = call_at(i, i);
	struct instant now = at(MINUTE);
	struct budget_answer a = budget_ask(&rule, calls, 8, NULL, &now, false);
	assert_int_equal(a.reason, BUDGET_RESERVE);
	assert_int_equal(a.left, 2);
	assert_int_equal(a.wait_ms, HOUR);
	assert_int_equal(budget_ask(&rule, calls, 8, NULL, &now, true).reason, BUDGET_FREE);
}

static void test_blocks(void **state)
{
	(void)state;
	struct instant now = at(HOUR);
	struct budget_block until = { .boot_ms = HOUR + 5 };
	struct budget_answer a = budget_ask(&ten_an_hour, NULL, 0, &until, &now, true);
	assert_int_equal(a.reason, BUDGET_BLOCKED);
	assert_int_equal(a.wait_ms, 5);
	now = at(HOUR + 5);
	assert_int_equal(budget_ask(&ten_an_hour, NULL, 0, &until, &now, true).reason, BUDGET_FREE);
	struct budget_block hard = { .hard = true };
	a = budget_ask(&ten_an_hour, NULL, 0, &hard, &now, true);
	assert_int_equal(a.reason, BUDGET_HARD);
	assert_true(a.wait_ms == INT64_MAX);
}

/* What a stamp of another boot is worth, whatever the wall clock claims. */
static void test_moments_over_a_boot(void **state)
{
	(void)state;
	struct instant now = at(10 * MINUTE);
	const struct {
		const char *what;
		int64_t wall_ago;
		bool synced;
		int64_t want;
	} rows[] = {
		{ "synchronised, an hour ago", HOUR, true, 10 * MINUTE - HOUR },
		{ "not synchronised: as at boot", HOUR, false, 0 },
		{ "younger than this boot: the clock lies", MINUTE, true, 0 },
		{ "in the future", -DAY, true, 0 },
		{ "as old as the boot", 10 * MINUTE, true, 0 },
		{ "a moment older than the boot", 10 * MINUTE + 1, true, -1 },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct instant s = { .wall_ms = now.wall_ms - rows[i].wall_ago, .boot_ms = 77,
			.boot_id = "boot-zero", .synced = rows[i].synced };
		if (budget_moment(&s, &now) != rows[i].want)
			fail_msg("%s: %lld", rows[i].what, (long long)budget_moment(&s, &now));
	}
	/* Our own clock of now may be the wrong one. */
	struct instant before = { .wall_ms = now.wall_ms - HOUR, .boot_id = "boot-zero",
		.synced = true }, unsure = now;
	unsure.synced = false;
	assert_int_equal(budget_moment(&before, &unsure), 0);
	struct instant same = at(9 * MINUTE);
	assert_int_equal(budget_moment(&same, &now), 9 * MINUTE);
	struct instant unknown = now;
	unknown.boot_id[0] = '\0';
	unknown.synced = false;
	assert_int_equal(budget_moment(&unknown, &unknown), 0);
	struct instant ahead = at(11 * MINUTE);
	assert_int_equal(budget_moment(&ahead, &now), now.boot_ms);
	struct instant wild = { .wall_ms = INT64_MIN, .boot_id = "boot-zero", .synced = true };
	assert_int_equal(budget_moment(&wild, &now), 0);
}

/* ---- against a reckoning of its own ------------------------------------------------- */

/* May a call leave at T, by the words of budget.h alone? GAP: of the pace only; TOKENS: the rest. */
static bool may_leave(const struct budget_rule *rule, const struct budget_call *calls, int count,
	int64_t t, int keep, bool gap, bool tokens)
{
	int out = 0;
	for (int i = 0; i < count; i++) {
		int64_t end = calls[i].ended.boot_ms;
		out += end + rule->window_ms + rule->margin_ms > t;
		if (gap && t < end + rule->gap_ms)
			return false;
	}
	return !tokens || rule->calls - out > keep;
}

static int64_t reckon(const struct budget_rule *rule, const struct budget_call *calls, int count,
	int64_t now, int keep, bool gap, bool tokens)
{
	for (int64_t t = now; t < now + 200; t++)
		if (may_leave(rule, calls, count, t, keep, gap, tokens))
			return t - now;
	return INT64_MAX;
}

static enum budget_reason reason_for(int64_t gap, int64_t tokens, int left)
{
	if (gap == 0 && tokens == 0)
		return BUDGET_FREE;
	if (tokens < gap)
		return BUDGET_GAP;
	return left > 0 ? BUDGET_RESERVE : BUDGET_TOKENS;
}

/* Small numbers, so that every edge is met; all calls have ended, in any order. */
static void test_against_a_reckoning(void **state)
{
	(void)state;
	uint32_t x = 20261123;
#define PICK(n) ((int)((x = x * 1664525u + 1013904223u) >> 16) % (n))
	for (int round = 0; round < 20000; round++) {
		struct budget_rule rule = { .calls = 1 + PICK(5), .window_ms = 1 + PICK(40),
			.margin_ms = PICK(8), .gap_ms = PICK(3) ? PICK(12) : 0 };
		rule.reserve = PICK(rule.calls + 2);
		struct instant now = at(100);
		struct budget_call calls[8];
		int count = PICK(9), left = rule.calls;
		bool by_hand = PICK(2);
		for (int i = 0; i < count; i++) {
			int64_t end = 100 - PICK(60);
			calls[i] = call_at(end - PICK(5), end);
			left -= end + rule.window_ms + rule.margin_ms > 100;
		}
		left = left < 0 ? 0 : left;
		int keep = by_hand ? 0 : rule.reserve;
		int64_t gap = reckon(&rule, calls, count, 100, keep, true, false);
		int64_t tokens = reckon(&rule, calls, count, 100, keep, false, true);
		int64_t both = reckon(&rule, calls, count, 100, keep, true, true);
		struct budget_answer a =
			budget_ask(&rule, calls, (size_t)count, NULL, &now, by_hand);
		if (a.wait_ms != both || a.left != left ||
			a.reason != reason_for(gap, tokens, left))
			fail_msg("round %d: %lld ms, %d left, %s; not %lld, %d, %s", round,
				(long long)a.wait_ms, a.left, budget_reason_text(a.reason),
				(long long)both, left,
				budget_reason_text(reason_for(gap, tokens, left)));
	}
#undef PICK
}

/* The pace counts from the last call, and from no moment where there was none. */
static void test_pace_after_a_boot(void **state)
{
	(void)state;
	struct budget_rule even = ten_an_hour;
	even.gap_ms = -1;
	struct instant now = at(5);
	assert_int_equal(budget_ask(&even, NULL, 0, NULL, &now, false).reason, BUDGET_FREE);
	/* Six minutes before this boot began, by clocks that can be trusted. */
	struct instant then = { .wall_ms = now.wall_ms - 5 - 360 * SECOND, .boot_ms = DAY,
		.boot_id = "boot-zero", .synced = true };
	struct budget_call calls[2] = { { then, then, true }, { then, then, true } };
	calls[0].ended.wall_ms -= HOUR;
	struct budget_answer a = budget_ask(&even, calls, 2, NULL, &now, false);
	assert_int_equal(a.reason, BUDGET_GAP);
	assert_int_equal(a.wait_ms, 6 * SECOND - 5);
	assert_int_equal(a.left, 9);
	now = at(6 * SECOND);
	assert_int_equal(budget_ask(&even, calls, 2, NULL, &now, false).reason, BUDGET_FREE);
}

/* Which of two reasons is told when both hold, and the words for each. */
static void test_reasons(void **state)
{
	(void)state;
	struct instant now = at(HOUR);
	struct budget_call calls[2] = { call_at(0, HOUR), { .taken = at(1) } };
	struct budget_block hard = { .hard = true, .boot_ms = DAY }, until = { .boot_ms = DAY };
	assert_int_equal(budget_ask(&ten_an_hour, calls, 2, &hard, &now, false).reason, BUDGET_HARD);
	assert_int_equal(budget_ask(&ten_an_hour, calls, 2, &hard, &now, false).left, 8);
	assert_int_equal(budget_ask(&ten_an_hour, calls, 2, &until, &now, false).reason, BUDGET_OPEN);
	assert_int_equal(
		budget_ask(&ten_an_hour, calls, 1, &until, &now, false).wait_ms, DAY - HOUR);
	until.boot_ms = HOUR + 1;
	assert_int_equal(budget_ask(&ten_an_hour, calls, 1, &until, &now, false).wait_ms, 1);
	for (int r = BUDGET_FREE; r <= BUDGET_HARD; r++)
		for (int other = BUDGET_FREE; other < r; other++)
			assert_string_not_equal(budget_reason_text((enum budget_reason)r),
				budget_reason_text((enum budget_reason)other));
	struct budget_rule even = { .calls = 7, .window_ms = 100, .margin_ms = 10, .gap_ms = -1 };
	assert_int_equal(budget_gap(&even), 16); /* 110 / 7, rounded up: never one too many */
	even.gap_ms = 0;
	assert_int_equal(budget_gap(&even), 0);
}

/* ---- a simulated year ---------------------------------------------------------------- */

static uint64_t rng_state;

static uint64_t rng(void)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return rng_state;
}

static int64_t below(int64_t n)
{
	return (int64_t)(rng() % (uint64_t)n);
}

struct world {
	int64_t true_ms;      /* the server's time */
	int64_t booted_ms;    /* when this boot began */
	int64_t wall_error_ms;
	int boot;
	bool synced;
};

static struct instant world_now(const struct world *w)
{
	struct instant i = { .boot_ms = w->true_ms - w->booted_ms,
		.wall_ms = 1700000000000 + w->true_ms + w->wall_error_ms, .synced = w->synced };
	snprintf(i.boot_id, sizeof(i.boot_id), "boot-%d", w->boot);
	return i;
}

#define LEDGER 4096
static struct budget_call ledger[LEDGER]; /* newest last */
static int64_t counted[LEDGER];           /* when the server counted each */
static size_t ledger_len;

/* The most calls that the server counted in any window that ends now. */
static int in_window(int64_t now_ms, int64_t window_ms)
{
	int n = 0;
	for (size_t i = ledger_len; i-- > 0 && i + 200 > ledger_len;)
		if (counted[i] > now_ms - window_ms && counted[i] <= now_ms)
			n++;
	return n;
}

static struct budget_answer ask(const struct budget_rule *rule, const struct world *w)
{
	struct instant now = world_now(w);
	struct budget_call last[16];
	size_t n = 0;
	while (n < 11 && n < ledger_len) {
		last[n] = ledger[ledger_len - 1 - n];
		n++;
	}
	return budget_ask(rule, last, n, NULL, &now, false);
}

/* A call of up to two minutes; the server counts it at any moment within. */
static void make_call(struct world *w, bool killed)
{
	if (ledger_len == LEDGER) {
		memmove(ledger, ledger + LEDGER / 2, sizeof(ledger) / 2);
		memmove(counted, counted + LEDGER / 2, sizeof(counted) / 2);
		ledger_len = LEDGER / 2;
	}
	int64_t length = below(4) ? below(3 * SECOND) : below(2 * MINUTE);
	struct budget_call *c = &ledger[ledger_len];
	memset(c, 0, sizeof(*c));
	c->taken = world_now(w);
	counted[ledger_len] = w->true_ms + (length ? below(length) : 0);
	w->true_ms += length;
	ledger_len++;
	if (killed)
		w->true_ms += below(MINUTE); /* and comes back */
	c->ended = world_now(w);
	c->has_ended = true;
}

static void reboot(struct world *w)
{
	w->true_ms += 20 * SECOND + below(below(2) ? MINUTE : DAY);
	w->booted_ms = w->true_ms;
	w->boot++;
	w->synced = below(2);
	w->wall_error_ms = w->synced ? below(2 * SECOND) - SECOND : below(40 * DAY) - 20 * DAY;
}

static void disturb(struct world *w)
{
	switch (below(400)) {
	case 0:
		reboot(w);
		break;
	case 1: /* a clock step */
		w->synced = false;
		w->wall_error_ms = below(2 * DAY) - DAY;
		break;
	case 2: /* time service back */
		w->synced = true;
		w->wall_error_ms = 0;
		break;
	case 3: /* suspend, or nothing to do for a while */
		w->true_ms += below(3 * HOUR);
		break;
	default:
		break;
	}
}

static void simulate(uint64_t seed, int64_t gap_ms, int64_t length_ms)
{
	struct budget_rule rule = ten_an_hour;
	rule.gap_ms = gap_ms;
	rng_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	ledger_len = 0;
	struct world w = { .synced = true };
	int64_t calls = 0;
	while (w.true_ms < length_ms) {
		disturb(&w);
		struct budget_answer a = ask(&rule, &w);
		if (a.wait_ms > 0) {
			assert_true(a.wait_ms < INT64_MAX);
			w.true_ms += a.wait_ms;
			continue;
		}
		make_call(&w, below(20) == 0);
		calls++;
		for (size_t i = ledger_len > 12 ? ledger_len - 12 : 0; i < ledger_len; i++)
			if (in_window(counted[i], HOUR) > 10)
				fail_msg("seed %llu: %d calls in a window at call %lld", (unsigned long long)seed,
					in_window(counted[i], HOUR), (long long)calls);
	}
	assert_true(calls > length_ms / HOUR * 4); /* it did something */
}

static void test_never_over_the_limit(void **state)
{
	(void)state;
	const char *seed_text = getenv("CPAUTO_SEED");
	uint64_t seed = seed_text ? strtoull(seed_text, NULL, 10) : 20261123;
	/* Under valgrind a year takes a minute: a slice of it will do there. */
	bool quick = getenv("CPAUTO_TEST_QUICK") != NULL;
	print_message("seed %llu\n", (unsigned long long)seed);
	for (int i = 0; i < (quick ? 2 : 20); i++) {
		simulate(seed + (uint64_t)i, 0, quick ? 60 * DAY : 365 * DAY);
		simulate(seed + (uint64_t)i, -1, quick ? 60 * DAY : 365 * DAY);
	}
}

/* The yardstick has teeth: the usual bucket, 10 tokens refilled at 10 an hour, breaks it. */
static void test_usual_bucket_breaks(void **state)
{
	(void)state;
	int64_t sent[64];
	int n = 0, most = 0;
	double tokens = 10;
	for (int64_t t = 0; t < HOUR && n < 64; t += SECOND) {
		tokens += 10.0 / 3600;
		if (tokens > 10)
			tokens = 10;
		if (tokens >= 1) {
			tokens -= 1;
			sent[n++] = t;
		}
	}
	for (int i = 0; i < n; i++)
		most += sent[i] < HOUR;
	assert_int_equal(most, 19);
}

/* A queue that is never empty uses at least 98 % of N calls per (window + margin). */
static void test_saturated_use(void **state)
{
	(void)state;
	struct budget_rule rule = ten_an_hour;
	rule.gap_ms = -1;
	ledger_len = 0;
	struct world w = { .synced = true };
	int64_t calls = 0;
	while (w.true_ms < 30 * DAY) {
		struct budget_answer a = ask(&rule, &w);
		w.true_ms += a.wait_ms;
		if (a.wait_ms == 0) {
			make_call(&w, false);
			/* an ordinary answer, not a slow one */
			int64_t excess = w.true_ms - ledger[ledger_len - 1].taken.boot_ms - SECOND;
			if (excess > 0) {
				w.true_ms -= excess;
				ledger[ledger_len - 1].ended = world_now(&w);
			}
			calls++;
		}
	}
	double ceiling = 30.0 * (double)DAY / (61.0 * (double)MINUTE) * 10;
	print_message("%.2f %% of the ceiling\n", (double)calls * 100 / ceiling);
	assert_true((double)calls >= 0.98 * ceiling);
}

static void test_retry_delay(void **state)
{
	(void)state;
	assert_int_equal(retry_delay(0, MINUTE, HOUR), 0);
	assert_int_equal(retry_delay(1, MINUTE, HOUR), MINUTE);
	assert_int_equal(retry_delay(3, MINUTE, HOUR), 9 * MINUTE);
	assert_int_equal(retry_delay(8, MINUTE, HOUR), HOUR);
	assert_int_equal(retry_delay(INT32_MAX, MINUTE, HOUR), HOUR);
	assert_int_equal(retry_delay(INT32_MAX, INT64_MAX, INT64_MAX), INT64_MAX);
	assert_int_equal(retry_delay(2, 10, 40), 40);
	assert_int_equal(retry_delay(2, 10, 39), 39);
	assert_int_equal(retry_delay(-1, MINUTE, HOUR), 0);
}

static void test_strikes(void **state)
{
	(void)state;
	struct instant now = at(HOUR);
	struct store_account a = { 0 };
	account_block(&a, &now, now.wall_ms + 2 * HOUR, 1, "one");
	assert_true(a.blocked && !a.hard);
	assert_int_equal(a.block_ms, 2 * HOUR + MINUTE);
	account_block(&a, &now, 0, -1, "two, and no time named");
	assert_true(a.hard);
	assert_int_equal(a.strikes, 2);
	assert_int_equal(a.block_ms, DAY);
	account_worked(&a);
	assert_true(a.hard); /* an answer does not pardon; the owner does */
	account_unblock(&a);
	assert_false(a.hard || a.blocked || a.strikes);
	account_block(&a, &now, now.wall_ms - DAY, 0, "a time that is over");
	assert_int_equal(a.block_ms, DAY);
	assert_int_equal(a.strikes, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_ledger_is_free),
		cmocka_unit_test(test_token_returns_after_end),
		cmocka_unit_test(test_open_call_stops_all),
		cmocka_unit_test(test_even_pace),
		cmocka_unit_test(test_reserve_is_for_hands),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_moments_over_a_boot),
		cmocka_unit_test(test_against_a_reckoning),
		cmocka_unit_test(test_pace_after_a_boot),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_never_over_the_limit),
		cmocka_unit_test(test_usual_bucket_breaks),
		cmocka_unit_test(test_saturated_use),
		cmocka_unit_test(test_retry_delay),
		cmocka_unit_test(test_strikes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
