/* SPDX-License-Identifier: MIT */
/*
 * The budget alone: budget.c and the account's block, over many years. Most of
 * a year nobody asks; what is there are hours of asking as fast as may be, with
 * accidents in them, because only within a window of an accident can it matter.
 * One year in a thousand is asked through from end to end.
 */
#include "sim.h"

#include <inttypes.h>

#include "account.h"
#include "budget.h"

#define RING 12
#define COUNTED 24

struct pure {
	struct dice dice;
	struct world world;
	struct budget_rule rule;
	enum sabotage sabotage;
	struct budget_call ring[RING]; /* the last calls, oldest overwritten */
	size_t next, count;
	int64_t counted[COUNTED]; /* when the server counted the last ones, in order */
	int counted_len;
	struct store_account account;
	int64_t blocked_until_ms;
	bool hard;
	int64_t calls;
};

static void instant(const struct pure *p, struct instant *now)
{
	world_instant(&p->world, now);
	if (p->sabotage == BREAK_TRUST_CLOCK)
		now->synced = true;
}

static void throw_rule(struct pure *p)
{
	static const int64_t gaps[] = { 0, -1, 2 * MINUTE };
	static const int64_t margins[] = { MINUTE, MINUTE, 90 * SECOND, 5 * MINUTE };
	struct dice *d = &p->dice;
	p->rule = (struct budget_rule){
		.calls = dice_below(d, 4) ? 10 : (int)dice_from(d, 1, 10),
		.window_ms = HOUR,
		.margin_ms = margins[dice_below(d, 4)],
		.gap_ms = gaps[dice_below(d, 3)],
		.reserve = 0,
	};
	if (p->rule.calls > 2)
		p->rule.reserve = (int)dice_below(d, 3);
	p->counted_len = 0;
	p->count = 0;
	p->next = 0;
}

/* In the order of the server's time; no window of an hour may hold more than N. */
static void count_it(struct pure *p, int64_t at_ms)
{
	if (p->counted_len == COUNTED) {
		p->counted_len = COUNTED / 2;
		memmove(p->counted, p->counted + COUNTED / 2, sizeof(p->counted) / 2);
	}
	int i = p->counted_len++, n = p->rule.calls;
	for (; i > 0 && p->counted[i - 1] > at_ms; i--)
		p->counted[i] = p->counted[i - 1];
	p->counted[i] = at_ms;
	for (int k = i - n > 0 ? i - n : 0; k <= i && k + n < p->counted_len; k++)
		if (p->counted[k + n] - p->counted[k] < HOUR)
			broken("limit", "%d calls within an hour (call %" PRId64 ")", n + 1,
				p->calls);
}

static struct budget_answer ask(struct pure *p, const struct instant *now)
{
	/* As account_ask() does. */
	struct budget_block block = { .hard = p->account.hard };
	if (p->account.blocked)
		block.boot_ms = budget_moment(&p->account.block_at, now) + p->account.block_ms;
	return budget_ask(&p->rule, p->ring, p->count, &block, now, dice_one_in(&p->dice, 8));
}

static void reboot(struct pure *p)
{
	struct dice *d = &p->dice;
	p->world.now_ms += 20 * SECOND + dice_below(d, dice_below(d, 3) ? 3 * MINUTE : DAY);
	world_boot(&p->world, d);
}

/* What a restart finds if it was broken on purpose. */
static void restart(struct pure *p, bool in_call)
{
	if (p->sabotage == BREAK_FORGET_CALLS)
		p->count = p->next = 0;
	if (p->sabotage == BREAK_FORGET_BLOCK)
		p->account.blocked = p->account.hard = false;
	if (p->sabotage == BREAK_RECORD_AFTER && in_call && p->count > 0) {
		p->next = (p->next + RING - 1) % RING;
		p->count = p->next; /* the ring is young enough in this case */
	}
}

static void be_blocked(struct pure *p, const struct instant *now)
{
	struct dice *d = &p->dice;
	int64_t length = dice_below(d, 3) ? DAY : dice_from(d, 1, 72) * HOUR;
	bool named = p->world.synced;
	account_block(&p->account, now, named ? now->wall_ms + length : 0, -1, "too many");
	p->blocked_until_ms = p->world.now_ms + (named ? length - 4 * SECOND : DAY - MINUTE);
	p->hard = p->account.strikes >= 2;
}

/* A call: counted at any moment from the send to shortly after the end. */
static void make_call(struct pure *p)
{
	struct dice *d = &p->dice;
	struct budget_call *c = &p->ring[p->next];
	struct instant begin, end;
	int64_t length = dice_below(d, 4) ? dice_below(d, 3 * SECOND) : dice_below(d, 10 * MINUTE);
	int64_t linger = dice_below(d, 8) ? 0 : dice_below(d, p->rule.margin_ms - 5 * SECOND);
	bool killed = dice_one_in(d, 20);
	instant(p, &begin);
	if (p->world.now_ms < p->blocked_until_ms || p->hard)
		broken("limit", "a call while blocked, %" PRId64 " min before its end",
			(p->blocked_until_ms - p->world.now_ms) / MINUTE);
	p->calls++;
	count_it(p, p->world.now_ms + dice_below(d, length + linger));
	p->world.now_ms += length;
	*c = (struct budget_call){ .taken = begin, .has_ended = true };
	p->next = (p->next + 1) % RING;
	if (p->count < RING)
		p->count++;
	if (killed) {
		if (dice_below(d, 3) == 0)
			reboot(p);
		else
			p->world.now_ms += dice_below(d, MINUTE);
		restart(p, true);
	} else if (dice_one_in(d, 50)) {
		p->world.now_ms += dice_below(d, 3 * HOUR); /* suspended in it */
	}
	instant(p, &end);
	c->ended = p->sabotage == BREAK_SEND_TIME ? begin : end;
	if (!killed && dice_one_in(d, 400))
		be_blocked(p, &end);
}

static void disturb(struct pure *p)
{
	struct dice *d = &p->dice;
	switch (dice_below(d, 40)) {
	case 0:
		reboot(p);
		restart(p, false);
		break;
	case 1:
		world_step(&p->world, d);
		break;
	case 2:
	case 3:
		world_sync(&p->world, d);
		break;
	case 4:
		p->world.now_ms += dice_below(d, 3 * HOUR);
		break;
	default:
		break;
	}
}

static void unblock(struct pure *p)
{
	if (p->world.now_ms < p->blocked_until_ms)
		p->world.now_ms = p->blocked_until_ms;
	account_unblock(&p->account);
	p->hard = false;
	p->blocked_until_ms = 0;
}

/* Asks as fast as it may until then. */
static void busy_hours(struct pure *p, int64_t until_ms)
{
	while (p->world.now_ms < until_ms && !story.broken) {
		struct instant now;
		disturb(p);
		instant(p, &now);
		struct budget_answer a = ask(p, &now);
		story.step++;
		if (a.reason == BUDGET_HARD)
			unblock(p);
		else if (a.wait_ms == INT64_MAX)
			broken("standing", "the budget waits for ever: %s",
				budget_reason_text(a.reason));
		else if (a.wait_ms > 0)
			p->world.now_ms += a.wait_ms;
		else
			make_call(p);
	}
}

static void one_year(struct pure *p, int64_t year)
{
	int64_t end = p->world.now_ms + YEAR;
	throw_rule(p);
	while (p->world.now_ms < end && !story.broken) {
		bool whole = year % 1000 == 0;
		int64_t busy = whole ? 30 * DAY : dice_from(&p->dice, 1, 4 * HOUR);
		busy_hours(p, p->world.now_ms + busy);
		if (!whole)
			p->world.now_ms += dice_below(&p->dice, 10 * DAY);
	}
}

bool pure_run(uint64_t seed, int64_t years, enum sabotage sabotage, int64_t *ret_calls)
{
	struct pure *p = xcalloc(1, sizeof(*p));
	dice_seed(&p->dice, seed);
	p->sabotage = sabotage;
	story.broken = false;
	story.step = 0;
	world_init(&p->world, INT64_C(1767193200000), &p->dice);
	for (int64_t year = 0; year < years && !story.broken; year++) {
		/* The years begin anew, or the calendar would run out. */
		p->world.now_ms = INT64_C(1767193200000) + year % 50 * YEAR;
		p->world.booted_ms = p->world.now_ms;
		story.life = (int)year;
		p->account = (struct store_account){ 0 };
		p->blocked_until_ms = 0;
		p->hard = false;
		one_year(p, year);
	}
	*ret_calls = p->calls;
	free(p);
	return !story.broken;
}
