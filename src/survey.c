/* SPDX-License-Identifier: MIT */
#include "survey.h"

#include "account.h"

void survey_tally_finish(struct survey_tally *t)
{
	value_free(t->counts);
	t->counts = NULL;
	t->last = 0;
}

static int take_calls(struct store *s, struct survey_tally *t, struct metrics *m)
{
	struct value *rows = NULL;
	int r = store_calls_tally(s, t->last, &rows);
	if (r < 0)
		return r;
	if (!t->counts)
		t->counts = value_new_object();
	for (size_t i = 0; i < value_len(rows); i++) {
		const struct value *row = value_at(rows, i);
		const char *result = value_get_string(row, "result", "");
		int64_t last = value_get_int(row, "last", 0);
		value_set_int(t->counts, result, value_get_int(t->counts, result, 0) +
			value_get_int(row, "count", 0));
		if (last > t->last)
			t->last = last;
	}
	value_free(rows);
	m->calls = value_copy(t->counts);
	return 0;
}

static int take_account(struct store *s, const struct config *c, const struct instant *now,
	struct metrics *m)
{
	struct account_gate gate;
	int r = account_ask(s, c, now, false, &gate);
	if (r < 0)
		return r;
	const struct store_account *a = &gate.account;
	int64_t wait = 0;
	if (a->blocked)
		wait = budget_moment(&a->block_at, now) + a->block_ms - now->boot_ms;
	m->calls_limit = c->budget.calls;
	m->calls_left = gate.budget.left;
	m->window_ms = c->budget.window_ms;
	m->blocked = wait > 0;
	m->blocked_until_ms = now->wall_ms + wait;
	m->stopped = a->hard;
	m->strikes = a->strikes;
	m->source_failures = a->failures;
	m->keys_missing = account_lacks_keys(a);
	m->skew_ms = a->skew_ms;
	m->synced = now->synced;
	return 0;
}

/* Adds the rows of store_undelivered() of publisher NAME to P, its own metrics. */
static void add_undelivered(struct value *p, const char *name, const struct value *rows)
{
	int64_t count = 0, oldest = 0;
	for (size_t i = 0; i < value_len(rows); i++) {
		const struct value *row = value_at(rows, i);
		int64_t at = value_get_int(row, "oldest_ms", 0);
		if (!str_eq(value_get_string(row, "publisher", ""), name))
			continue;
		count += value_get_int(row, "count", 0);
		if (!oldest || at < oldest)
			oldest = at;
	}
	value_set_int(p, "undelivered", count);
	value_set_int(p, "oldest_ms", oldest);
}

static int add_publisher(
	struct store *s, const char *name, const struct value *undelivered, struct metrics *m)
{
	struct store_publisher state;
	int64_t last = 0;
	int r = store_publisher_get(s, name, &state);
	if (r == 0)
		r = store_last_out(s, name, &last);
	if (r < 0)
		return r;
	struct value *p = value_new_object();
	value_set_string(p, "name", name);
	value_set_int(p, "broken", state.broken);
	value_set_int(p, "failures", state.failures);
	value_set_int(p, "until_ms", state.until_ms);
	value_set_int(p, "last_ms", last);
	add_undelivered(p, name, undelivered);
	value_append(m->publishers, p);
	return 0;
}

static bool is_told(const struct metrics *m, const char *name)
{
	for (size_t i = 0; i < value_len(m->publishers); i++)
		if (str_eq(value_get_string(value_at(m->publishers, i), "name", ""), name))
			return true;
	return false;
}

/* Those of the configuration, and those that posts still wait for. */
static int take_publishers(
	struct store *s, const struct config *c, const struct value *undelivered, struct metrics *m)
{
	int r = 0;
	m->publishers = value_new_list();
	for (size_t i = 0; r == 0 && i < c->publisher_count; i++)
		r = add_publisher(s, c->publishers[i].name, undelivered, m);
	for (size_t i = 0; r == 0 && i < value_len(undelivered); i++) {
		const char *name = value_get_string(value_at(undelivered, i), "publisher", "");
		if (!is_told(m, name))
			r = add_publisher(s, name, undelivered, m);
	}
	return r;
}

static int take_posts(struct store *s, const struct config *c, struct metrics *m)
{
	struct value *rows = NULL;
	int r = store_post_counts(s, &m->posts);
	if (r == 0)
		r = store_undelivered(s, &rows);
	if (r < 0)
		return r;
	m->oldest = value_new_object();
	for (size_t i = 0; i < value_len(rows); i++) {
		const struct value *row = value_at(rows, i);
		const char *state = value_get_string(row, "state", "");
		int64_t at = value_get_int(row, "oldest_ms", 0);
		if (at < value_get_int(m->oldest, state, INT64_MAX))
			value_set_int(m->oldest, state, at);
	}
	r = take_publishers(s, c, rows, m);
	value_free(rows);
	return r;
}

int survey_take(struct store *s, const struct config *c, const struct instant *now,
	struct survey_tally *tally, struct metrics *ret)
{
	struct metrics m = { .version = VERSION };
	int r = take_account(s, c, now, &m);
	if (r == 0)
		r = take_calls(s, tally, &m);
	if (r == 0)
		r = store_keyword_states(s, now->wall_ms, &m.keywords);
	if (r == 0)
		r = take_posts(s, c, &m);
	if (r < 0) {
		metrics_finish(&m);
		return r;
	}
	*ret = m;
	return 0;
}
