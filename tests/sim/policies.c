/* SPDX-License-Identifier: MIT */
/* What other ways to keep a limit would come to, against every way to count. */
#include "sim.h"

#include <inttypes.h>

#include "budget.h"

#define N 10
#define CALLS 12

enum policy { OURS_EVEN, OURS_FREE, BUCKET, GCRA, WINDOW, SENDS, POLICY_END };

static const struct {
	const char *name;
	bool promised[RULE_END]; /* never rejected by this one */
} policies[POLICY_END] = {
	[OURS_EVEN] = { "ours, pace \"even\"", { [RULE_FIXED] = true, [RULE_LOG] = true,
		[RULE_BUCKET] = true, [RULE_LEAKY_1] = true, [RULE_LEAKY_2] = true } },
	[OURS_FREE] = { "ours, pace \"0s\"", { [RULE_FIXED] = true, [RULE_LOG] = true,
		[RULE_BUCKET] = true } },
	[BUCKET] = { "token bucket, refilled", { false } },
	[GCRA] = { "GCRA", { false } },
	[WINDOW] = { "fixed window", { false } },
	[SENDS] = { "log of sends", { false } },
};

struct client {
	enum policy policy;
	struct budget_call calls[CALLS]; /* ours */
	size_t next, count;
	int64_t sends[N];                /* the log of sends */
	int64_t credit, at;              /* the bucket */
	int64_t tat;                     /* GCRA: the theoretical arrival time */
	int64_t hour;
	int used;
};

static struct instant instant_at(int64_t ms)
{
	return (struct instant){ .boot_ms = ms, .wall_ms = ms, .boot_id = "b", .synced = true };
}

static int64_t wait_ours(struct client *c, int64_t now, int64_t gap)
{
	struct budget_rule rule = { .calls = N, .window_ms = HOUR, .margin_ms = MINUTE, .gap_ms = gap };
	struct instant i = instant_at(now);
	return budget_ask(&rule, c->calls, c->count, NULL, &i, false).wait_ms;
}

/* N tokens, one more each hour / N, all at once if you like. */
static int64_t wait_bucket(struct client *c, int64_t now)
{
	int64_t full = HOUR * N;
	c->credit += (now - c->at) * N;
	if (c->credit > full || c->at == 0)
		c->credit = full;
	c->at = now;
	if (c->credit < HOUR)
		return (HOUR - c->credit + N - 1) / N;
	c->credit -= HOUR;
	return 0;
}

static int64_t wait_gcra(struct client *c, int64_t now)
{
	if (now < c->tat)
		return c->tat - now;
	c->tat = (c->tat > now ? c->tat : now) + HOUR / N;
	return 0;
}

/* N in each hour by its own clock, which is a second behind the server's. */
static int64_t wait_window(struct client *c, int64_t now)
{
	int64_t own = now - SECOND;
	if (own / HOUR != c->hour)
		c->used = 0;
	c->hour = own / HOUR;
	if (c->used == N)
		return HOUR - own % HOUR;
	c->used++;
	return 0;
}

static int64_t wait_sends(struct client *c, int64_t now)
{
	if (c->sends[c->next % N] && now - c->sends[c->next % N] < HOUR)
		return c->sends[c->next % N] + HOUR - now;
	c->sends[c->next % N] = now;
	c->next++;
	return 0;
}

static int64_t wait_of(struct client *c, int64_t now)
{
	switch (c->policy) {
	case OURS_EVEN:
		return wait_ours(c, now, -1);
	case OURS_FREE:
		return wait_ours(c, now, 0);
	case BUCKET:
		return wait_bucket(c, now);
	case GCRA:
		return wait_gcra(c, now);
	case WINDOW:
		return wait_window(c, now);
	case SENDS:
		return wait_sends(c, now);
	case POLICY_END:
		break;
	}
	return 0;
}

static void note_call(struct client *c, int64_t start, int64_t end)
{
	if (c->policy != OURS_EVEN && c->policy != OURS_FREE)
		return;
	c->calls[c->next] = (struct budget_call){ .taken = instant_at(start),
		.ended = instant_at(end), .has_ended = true };
	c->next = (c->next + 1) % CALLS;
	if (c->count < CALLS)
		c->count++;
}

struct outcome {
	int64_t rejected, accepted;
};

/* Asks all the time; now and then there is nothing to ask for a while, as in life. */
static struct outcome pit(enum policy policy, enum rule_kind kind, uint64_t seed, int64_t days)
{
	struct client c = { .policy = policy };
	struct rule rule;
	struct dice d;
	struct outcome o = { 0, 0 };
	int64_t now = 1000 * DAY, end = now + days * DAY;
	dice_seed(&d, seed);
	rule_init(&rule, kind, N, HOUR);
	while (now < end) {
		int64_t wait = wait_of(&c, now);
		if (wait > 0) {
			now += wait;
			continue;
		}
		int64_t length = 100 + dice_below(&d, dice_below(&d, 10) ? 2 * SECOND : 30 * SECOND);
		if (rule_take(&rule, now + dice_below(&d, length)))
			o.accepted++;
		else
			o.rejected++;
		note_call(&c, now, now + length);
		now += length;
		if (dice_one_in(&d, 300))
			now += dice_below(&d, 3 * HOUR);
	}
	return o;
}

bool policies_run(uint64_t seed, int64_t days)
{
	bool good = true;
	printf("Rejected in a year of asking, and calls that got through, of %d an hour:\n\n%-24s", N,
		"a client that keeps");
	for (int k = 0; k < RULE_END; k++)
		printf("  %15s", rule_name((enum rule_kind)k));
	printf("\n");
	for (int p = 0; p < POLICY_END; p++) {
		printf("%-24s", policies[p].name);
		for (int k = 0; k < RULE_END; k++) {
			struct outcome o = pit((enum policy)p, (enum rule_kind)k, seed, days);
			double year = 365.25 / (double)days;
			printf("  %7.0f %5.1f %%", (double)o.rejected * year,
				(double)o.accepted * 100 / ((double)days * 24 * N));
			if (policies[p].promised[k] && o.rejected) {
				broken("limit", "%s is rejected by %s", policies[p].name,
					rule_name((enum rule_kind)k));
				good = false;
			}
		}
		printf("\n");
	}
	printf("\n");
	return good;
}
