/* SPDX-License-Identifier: MIT */
#include "plan.h"

#define DAY_S (24 * 60 * 60)

static bool is_due(const struct plan_list *l, int64_t now_ms)
{
	if (l->paused || l->head.keyword_id == 0)
		return false;
	return l->head.due_ms <= now_ms || l->head.due_ms - now_ms > l->horizon_ms;
}

/* Does A go before B? Both are due. */
static bool goes_before(const struct plan_list *a, const struct plan_list *b)
{
	if (a->head.asked != b->head.asked)
		return a->head.asked;
	if (a->served != b->served)
		return a->served < b->served;
	return a->head.due_ms < b->head.due_ms;
}

struct plan_choice plan_choose(const struct plan_list *lists, size_t count, int64_t now_ms)
{
	struct plan_choice choice = { .list = -1, .wait_ms = INT64_MAX };
	for (size_t i = 0; i < count; i++) {
		const struct plan_list *l = &lists[i];
		if (l->paused || l->head.keyword_id == 0)
			continue;
		if (!is_due(l, now_ms)) {
			if (l->head.due_ms - now_ms < choice.wait_ms)
				choice.wait_ms = l->head.due_ms - now_ms;
		} else if (choice.list < 0 || goes_before(l, &lists[choice.list])) {
			choice.list = (int)i;
		}
	}
	if (choice.list >= 0)
		choice.wait_ms = 0;
	return choice;
}

void plan_book(struct plan_list *lists, size_t count, int list, int64_t now_ms)
{
	int64_t least = lists[list].served;
	for (size_t i = 0; i < count; i++)
		if (is_due(&lists[i], now_ms) && lists[i].served < least)
			least = lists[i].served;
	for (size_t i = 0; i < count; i++)
		if (!is_due(&lists[i], now_ms) && lists[i].served < least)
			lists[i].served = least;
	lists[list].served += PLAN_STRIDE / lists[list].weight;
}

int64_t plan_hours_wait(int from_min, int to_min, int hour, int minute, int second)
{
	int from = from_min * 60;
	int to = to_min * 60;
	int at = hour * 3600 + minute * 60 + second;
	if (from == to)
		return 0;
	bool inside = from < to ? at >= from && at < to : at >= from || at < to;
	if (inside)
		return 0;
	int wait = from - at;
	return (int64_t)(wait < 0 ? wait + DAY_S : wait) * 1000;
}
