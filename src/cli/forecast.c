/* SPDX-License-Identifier: MIT */
#include "forecast.h"

#include <errno.h>

#include "hours.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)
/* Of a list: more than there are calls, for some are paused or cost none. */
#define KEYWORDS_LEAST 1000
#define KEYWORDS_MAX 10000
#define CALL_MS 1000
#define STEPS_MAX 200000

/* ---- reading ---------------------------------------------------------------------- */

static void take_keyword(struct forecast_keyword *k, const struct value *row)
{
	k->id = value_get_int(row, "id", 0);
	k->keyword = xstrdup(value_get_string(row, "keyword", ""));
	k->folded = xstrdup(value_get_string(row, "folded", ""));
	k->due_ms = value_get_int(row, "due_ms", 0);
	k->fresh_ms = value_get_int(row, "fresh_ms", 0);
	k->asked = value_get_int(row, "asked", 0) != 0;
	k->paused = value_get_int(row, "paused", 0) != 0;
}

static int load_list(
	struct forecast_list *l, struct store *s, const struct config_list *c, int limit)
{
	int64_t id;
	struct plan_list plan;
	struct value *rows = NULL;
	l->name = xstrdup(c->name);
	l->weight = c->weight;
	l->every_ms = c->every_ms;
	int r = store_list_id(s, c->name, &id);
	if (r == 0)
		r = store_list_load(s, id, &plan);
	if (r == 0)
		r = store_list_keywords(s, c->name, limit, &rows);
	if (r < 0)
		return r == -ENOENT ? 0
				    : r; /* new in the file; the daemon has not read it yet */
	l->paused = plan.paused;
	l->served = plan.served;
	l->count = value_len(rows);
	l->keywords = xcalloc(l->count + 1, sizeof(*l->keywords));
	for (size_t i = 0; i < l->count; i++)
		take_keyword(&l->keywords[i], value_at(rows, i));
	value_free(rows);
	return 0;
}

static int load_calls(struct forecast *f, struct store *s)
{
	size_t max = (size_t)f->rule.calls + 1;
	f->calls = xcalloc(max, sizeof(*f->calls));
	int r = store_calls_recent(s, f->calls, max, &f->call_count);
	/* One under way ends soon, so now is the best guess. */
	for (size_t i = 0; r == 0 && i < f->call_count; i++) {
		if (!f->calls[i].has_ended)
			f->calls[i].ended = f->now;
		f->calls[i].has_ended = true;
	}
	return r;
}

/* How many keywords of a list can matter in SPAN_MS. */
static int keywords_in(const struct config *c, int64_t span_ms)
{
	int64_t n = KEYWORDS_LEAST + 2 * c->budget.calls * (span_ms / c->budget.window_ms + 1);
	return n < KEYWORDS_MAX ? (int)n : KEYWORDS_MAX;
}

int forecast_load(struct forecast *f, struct store *s, const struct config *c,
	const struct instant *now, int64_t span_ms)
{
	struct store_account a;
	memset(f, 0, sizeof(*f));
	f->now = *now;
	f->rule = account_rule(c);
	f->ttl_ms = c->cache.ttl_ms;
	f->hours = c->hours.active;
	f->lists = xcalloc(c->list_count + 1, sizeof(*f->lists));
	f->list_count = c->list_count;
	int r = store_account_get(s, &a);
	if (r == 0)
		r = load_calls(f, s);
	for (size_t i = 0; r == 0 && i < c->list_count; i++)
		r = load_list(&f->lists[i], s, &c->lists[i], keywords_in(c, span_ms));
	if (r < 0)
		return r;
	f->block.hard = a.hard;
	f->block.boot_ms = a.blocked ? budget_moment(&a.block_at, now) + a.block_ms : 0;
	f->wait_until = account_wait_until(&a, now);
	return 0;
}

void forecast_finish(struct forecast *f)
{
	for (size_t i = 0; i < f->list_count; i++) {
		struct forecast_list *l = &f->lists[i];
		for (size_t k = 0; k < l->count; k++) {
			free(l->keywords[k].keyword);
			free(l->keywords[k].folded);
		}
		free(l->keywords);
		free(l->name);
	}
	free(f->lists);
	free(f->calls);
	memset(f, 0, sizeof(*f));
}

/* ---- going forward ---------------------------------------------------------------- */

static bool goes_before(const struct forecast_keyword *a, const struct forecast_keyword *b)
{
	if (a->asked != b->asked)
		return a->asked;
	if (a->due_ms != b->due_ms)
		return a->due_ms < b->due_ms;
	return a->id < b->id;
}

static struct forecast_keyword *head_of(const struct forecast_list *l)
{
	struct forecast_keyword *best = NULL;
	for (size_t i = 0; i < l->count; i++) {
		struct forecast_keyword *k = &l->keywords[i];
		if (!k->paused && (!best || goes_before(k, best)))
			best = k;
	}
	return best;
}

static void fill_plan(const struct forecast *f, struct plan_list *plan)
{
	for (size_t i = 0; i < f->list_count; i++) {
		const struct forecast_list *l = &f->lists[i];
		const struct forecast_keyword *k = head_of(l);
		plan[i] = (struct plan_list){
			.weight = l->weight,
			.paused = l->paused,
			.served = l->served,
			.horizon_ms =
				(l->every_ms > 7 * DAY_MS ? l->every_ms : 7 * DAY_MS) + DAY_MS,
		};
		if (k)
			plan[i].head = (struct plan_head){ k->id, k->due_ms, k->asked };
	}
}

static void advance(struct forecast *f, int64_t ms)
{
	f->now.wall_ms += ms;
	f->now.boot_ms += ms;
}

/* A look costs nothing: the first keyword that is due and whose answer is fresh. */
static bool look(struct forecast *f, struct forecast_call *ret)
{
	for (size_t i = 0; i < f->list_count; i++) {
		struct forecast_list *l = &f->lists[i];
		for (size_t n = 0; n < l->count && !l->paused; n++) {
			struct forecast_keyword *k = &l->keywords[n];
			if (k->paused || k->due_ms > f->now.wall_ms ||
				k->fresh_ms <= f->now.wall_ms)
				continue;
			*ret = (struct forecast_call){ f->now.wall_ms, l, k, true };
			k->due_ms = f->now.wall_ms + l->every_ms;
			k->asked = false;
			return true;
		}
	}
	return false;
}

static void note_call(struct forecast *f)
{
	size_t max = (size_t)f->rule.calls + 1;
	if (f->call_count < max)
		f->call_count++;
	memmove(&f->calls[1], &f->calls[0], (f->call_count - 1) * sizeof(*f->calls));
	f->calls[0] =
		(struct budget_call){ .taken = f->now, .ended = f->now, .has_ended = true };
	f->calls[0].ended.wall_ms += CALL_MS;
	f->calls[0].ended.boot_ms += CALL_MS;
}

static void make_call(
	struct forecast *f, struct plan_list *plan, int list, struct forecast_call *ret)
{
	struct forecast_list *l = &f->lists[list];
	struct forecast_keyword *k = head_of(l);
	plan_book(plan, f->list_count, list, f->now.wall_ms);
	for (size_t i = 0; i < f->list_count; i++)
		f->lists[i].served = plan[i].served;
	*ret = (struct forecast_call){ f->now.wall_ms, l, k, false };
	note_call(f);
	advance(f, CALL_MS);
	k->due_ms = f->now.wall_ms + l->every_ms;
	k->asked = false;
	for (size_t i = 0; i < f->list_count; i++)
		for (size_t n = 0; n < f->lists[i].count; n++)
			if (str_eq(f->lists[i].keywords[n].folded, k->folded))
				f->lists[i].keywords[n].fresh_ms = f->now.wall_ms + f->ttl_ms;
}

/* How long until the choice may be called about; INT64_MAX: no telling. */
static int64_t call_wait(const struct forecast *f, bool asked, enum budget_reason *reason)
{
	struct budget_answer a =
		budget_ask(&f->rule, f->calls, f->call_count, &f->block, &f->now, asked);
	*reason = a.reason;
	int64_t wait = a.wait_ms;
	if (f->wait_until - f->now.boot_ms > wait)
		wait = f->wait_until - f->now.boot_ms;
	int64_t closed = hours_wait(&f->hours, f->now.wall_ms);
	if (!asked && closed > wait)
		wait = closed;
	return wait;
}

/* One step: 1 with something in RET, 0 to go on, -1 for the end. */
static int step(struct forecast *f, struct plan_list *plan, struct forecast_call *ret,
	enum budget_reason *reason)
{
	*reason = BUDGET_FREE;
	if (look(f, ret))
		return 1;
	fill_plan(f, plan);
	struct plan_choice choice = plan_choose(plan, f->list_count, f->now.wall_ms);
	if (choice.list < 0) {
		if (choice.wait_ms == INT64_MAX)
			return -1;
		advance(f, choice.wait_ms);
		return 0;
	}
	int64_t wait = call_wait(f, plan[choice.list].head.asked, reason);
	if (wait == INT64_MAX)
		return -1;
	if (wait > 0) {
		advance(f, wait);
		return 0;
	}
	make_call(f, plan, choice.list, ret);
	return 1;
}

bool forecast_next(struct forecast *f, int64_t until_ms, struct forecast_call *ret,
	enum budget_reason *ret_reason)
{
	struct plan_list *plan = xcalloc(f->list_count + 1, sizeof(*plan));
	int r = 0;
	for (int i = 0; i < STEPS_MAX && r == 0 && f->now.wall_ms < until_ms; i++)
		r = step(f, plan, ret, ret_reason);
	free(plan);
	return r > 0;
}
