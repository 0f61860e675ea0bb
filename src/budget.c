/* SPDX-License-Identifier: MIT */
#include "budget.h"

#include "util.h"

int64_t budget_gap(const struct budget_rule *rule)
{
	if (rule->gap_ms >= 0)
		return rule->gap_ms;
	int64_t span = rule->window_ms + rule->margin_ms;
	return (span + rule->calls - 1) / rule->calls;
}

static bool same_boot(const struct instant *a, const struct instant *b)
{
	return a->boot_id[0] && strcmp(a->boot_id, b->boot_id) == 0;
}

int64_t budget_moment(const struct instant *s, const struct instant *now)
{
	if (same_boot(s, now))
		return s->boot_ms > now->boot_ms ? now->boot_ms : s->boot_ms;
	/*
	 * An earlier boot: it is at least as old as this one is. A wall clock
	 * that says less than that is wrong about one of the two moments.
	 */
	int64_t age;
	if (!s->synced || !now->synced ||
		__builtin_sub_overflow(now->wall_ms, s->wall_ms, &age) || age < now->boot_ms)
		return 0;
	return now->boot_ms - age;
}

/* When the token of C is back, on this boot's clock. */
static int64_t token_back(const struct budget_rule *rule, const struct budget_call *c,
	const struct instant *now)
{
	return budget_moment(&c->ended, now) + rule->window_ms + rule->margin_ms;
}

static struct budget_answer wait_for(enum budget_reason reason, int64_t wait_ms, int left)
{
	return (struct budget_answer){ .reason = reason, .wait_ms = wait_ms, .left = left };
}

/*
 * The wait until NEED more tokens are back: the NEEDth smallest return, by
 * repeated selection, because there are ten of them and not a thousand.
 */
static int64_t wait_tokens(const struct budget_rule *rule, const struct budget_call *calls,
	size_t count, const struct instant *now, int need)
{
	int64_t last = INT64_MIN;
	int found = 0;
	while (found < need) {
		int64_t best = INT64_MAX;
		int ties = 0;
		for (size_t i = 0; i < count; i++) {
			int64_t back = token_back(rule, &calls[i], now);
			if (back <= now->boot_ms || back <= last || back > best)
				continue;
			ties = back == best ? ties + 1 : 1;
			best = back;
		}
		if (best == INT64_MAX)
			return INT64_MAX;
		last = best;
		found += ties;
	}
	return last - now->boot_ms;
}

struct budget_answer budget_ask(const struct budget_rule *rule, const struct budget_call *calls,
	size_t count, const struct budget_block *block, const struct instant *now, bool by_hand)
{
	int out = 0;
	bool open = false;
	bool any = false;
	int64_t last_end = 0;
	for (size_t i = 0; i < count; i++) {
		if (!calls[i].has_ended) {
			open = true;
			out++;
			continue;
		}
		int64_t end = budget_moment(&calls[i].ended, now);
		if (!any || end > last_end)
			last_end = end;
		any = true;
		if (token_back(rule, &calls[i], now) > now->boot_ms)
			out++;
	}
	int left = rule->calls > out ? rule->calls - out : 0;

	if (block && block->hard)
		return wait_for(BUDGET_HARD, INT64_MAX, left);
	if (open)
		return wait_for(BUDGET_OPEN, INT64_MAX, left);
	if (block && block->boot_ms > now->boot_ms)
		return wait_for(BUDGET_BLOCKED, block->boot_ms - now->boot_ms, left);

	int keep = by_hand ? 0 : rule->reserve;
	int64_t tokens = 0;
	if (left <= keep)
		tokens = wait_tokens(rule, calls, count, now, keep + 1 - (rule->calls - out));
	int64_t gap = 0;
	if (any && last_end + budget_gap(rule) > now->boot_ms)
		gap = last_end + budget_gap(rule) - now->boot_ms;

	if (tokens > 0 && tokens >= gap)
		return wait_for(left > 0 ? BUDGET_RESERVE : BUDGET_TOKENS, tokens, left);
	if (gap > 0)
		return wait_for(BUDGET_GAP, gap, left);
	return wait_for(BUDGET_FREE, 0, left);
}

const char *budget_reason_text(enum budget_reason reason)
{
	static const char *const text[] = {
		[BUDGET_FREE] = N_("a call may leave now"),
		[BUDGET_GAP] = N_("the pace keeps calls apart"),
		[BUDGET_TOKENS] = N_("all calls of this window are spent"),
		[BUDGET_RESERVE] = N_("the calls left are kept for calls by hand (budget.reserve)"),
		[BUDGET_OPEN] = N_("a call is under way"),
		[BUDGET_BLOCKED] = N_("the server refuses calls until a time it named"),
		[BUDGET_HARD] = N_("stopped after repeated strikes, until you run: cpauto unblock"),
	};
	return text[reason];
}
