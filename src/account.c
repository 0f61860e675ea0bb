/* SPDX-License-Identifier: MIT */
#include "account.h"

#include "retry.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define STRIKES_HARD 2 /* three restrict the account: stop for good before */
#define CALLS_MAX 10000

struct budget_rule account_rule(const struct config *c)
{
	return (struct budget_rule){
		.calls = c->budget.calls,
		.window_ms = c->budget.window_ms,
		.margin_ms = c->budget.margin_ms,
		.gap_ms = c->budget.pace_ms,
		.reserve = c->budget.reserve,
	};
}

int64_t account_wait_until(const struct store_account *a, const struct instant *now)
{
	if (a->wait_ms <= 0)
		return 0;
	int64_t until = budget_moment(&a->wait_at, now) + a->wait_ms;
	return until > now->boot_ms ? until : 0;
}

int64_t account_block_until(const struct store_account *a, const struct instant *now)
{
	return a->blocked ? budget_moment(&a->block_at, now) + a->block_ms : 0;
}

/*
 * Only the last N calls can matter: a token is free exactly when the Nth call
 * back has returned its own.
 */
static int ask_budget(struct store *s, const struct budget_rule *rule,
	const struct budget_block *block, const struct instant *now, bool by_hand,
	struct budget_answer *ret)
{
	size_t max = (size_t)rule->calls < CALLS_MAX ? (size_t)rule->calls + 1 : CALLS_MAX;
	struct budget_call *calls = xcalloc(max, sizeof(*calls));
	size_t count = 0;
	int r = store_calls_recent(s, calls, max, &count);
	if (r == 0)
		*ret = budget_ask(rule, calls, count, block, now, by_hand);
	free(calls);
	return r;
}

int account_ask(struct store *s, const struct config *c, const struct instant *now, bool by_hand,
	struct account_gate *ret)
{
	struct account_gate gate = { 0 };
	int r = store_account_get(s, &gate.account);
	if (r < 0)
		return r;
	const struct store_account *a = &gate.account;
	struct budget_block block = { .hard = a->hard, .boot_ms = account_block_until(a, now) };
	struct budget_rule rule = account_rule(c);
	r = ask_budget(s, &rule, &block, now, by_hand, &gate.budget);
	if (r < 0)
		return r;
	int64_t wait = account_wait_until(a, now);
	if (wait > 0 && wait - now->boot_ms > gate.budget.wait_ms) {
		gate.waiting = true;
		gate.budget.wait_ms = wait - now->boot_ms;
	}
	*ret = gate;
	return 0;
}

void account_block(struct store_account *a, const struct instant *now, int64_t until_ms,
	int strikes, const char *reason)
{
	int64_t length = DAY_MS;
	int64_t server_now = now->wall_ms + a->skew_ms;
	/* A time that lies behind, or years ahead, is no time to trust. */
	if (until_ms > server_now && until_ms - server_now < 366 * DAY_MS)
		length = until_ms - server_now + MINUTE_MS;
	if (length < HOUR_MS)
		length = HOUR_MS;
	a->blocked = true;
	a->block_at = *now;
	a->block_ms = length;
	a->strikes = strikes > a->strikes ? strikes : a->strikes + 1;
	a->hard = a->strikes >= STRIKES_HARD;
	str_format_cut(a->reason, sizeof(a->reason), "%s", reason);
}

void account_failed(struct store_account *a, const struct instant *now, int64_t at_least_ms,
	const char *reason)
{
	a->failures++;
	a->wait_at = *now;
	a->wait_ms = retry_delay(a->failures, MINUTE_MS, HOUR_MS);
	if (a->wait_ms < at_least_ms)
		a->wait_ms = at_least_ms < DAY_MS ? at_least_ms : DAY_MS;
	str_format_cut(a->wait_reason, sizeof(a->wait_reason), "%s", reason);
}

bool account_lacks_keys(const struct store_account *a)
{
	return a->wait_ms > 0 && a->failures == 0;
}

void account_keys_missing(struct store_account *a, const struct instant *now, int64_t wait_ms,
	const char *reason)
{
	a->failures = 0;
	a->wait_at = *now;
	a->wait_ms = wait_ms;
	str_format_cut(a->wait_reason, sizeof(a->wait_reason), "%s", reason);
}

void account_keys_found(struct store_account *a)
{
	a->wait_ms = 0;
	a->wait_reason[0] = '\0';
}

void account_worked(struct store_account *a)
{
	a->failures = 0;
	a->wait_ms = 0;
	a->wait_reason[0] = '\0';
	a->blocked = false;
	a->reason[0] = '\0';
}

void account_unblock(struct store_account *a)
{
	account_worked(a);
	a->block_ms = 0;
	a->strikes = 0;
	a->hard = false;
}
