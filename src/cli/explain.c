/* SPDX-License-Identifier: MIT */
#include "family.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <sysexits.h>

#include "account.h"
#include "cli.h"
#include "desk.h"
#include "forecast.h"
#include "hours.h"
#include "text.h"

#define LOOK_AHEAD_MS (INT64_C(7) * 24 * 3600 * 1000)

/* What was found out: each a rule, and what it says; gathered, then shown. */
struct findings {
	struct cli *c;
	struct value *lines; /* of {rule, holds, text} */
};

/* HOLDS: this is what keeps it from happening. */
static void find(struct findings *f, const char *rule, bool holds, const char *fmt, ...)
	PRINTF(4, 5);
static void find(struct findings *f, const char *rule, bool holds, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	CLEANUP_FREE char *text = xvasprintf_tr(fmt, ap);
	va_end(ap);
	struct value *v = value_new_object();
	value_set_string(v, "rule", rule);
	value_set_bool(v, "holds", holds);
	value_set_string(v, "text", text);
	value_append(f->lines, v);
}

static void show(const struct findings *f)
{
	for (size_t i = 0; i < value_len(f->lines); i++) {
		const struct value *l = value_at(f->lines, i);
		term_fact(cli_word(value_get_string(l, "rule", "")), 11,
			value_get_bool(l, "holds", false) ? TERM_WARN : TERM_PLAIN, "%s",
			value_get_string(l, "text", ""));
	}
}

static void find_daemon(struct findings *f)
{
	if (!cli_daemon_runs(f->c))
		find(f, "daemon", true,
			"cpautod does not run; nothing happens until it is started");
}

static void find_hours(struct findings *f)
{
	char at[CLOCK_TEXT_MAX];
	int64_t wait = hours_wait(&f->c->config->hours.active, f->c->now.wall_ms);
	if (wait == 0)
		return;
	cli_time(f->c, f->c->now.wall_ms + wait, at);
	find(f, "hours", true, "outside the active hours (hours.active); they begin at %s", at);
}

/* ---- a keyword -------------------------------------------------------------------- */

static int find_budget(struct findings *f, bool asked)
{
	struct account_gate g;
	char at[CLOCK_TEXT_MAX];
	int r = account_ask(f->c->store, f->c->config, &f->c->now, asked, &g);
	if (r < 0)
		return r;
	cli_time(f->c, g.budget.wait_ms == INT64_MAX ? 0 : f->c->now.wall_ms + g.budget.wait_ms,
		at);
	if (g.budget.reason == BUDGET_HARD || g.budget.reason == BUDGET_BLOCKED)
		find(f, "account", true, "%s%s%s; the server said: %s",
			tr(budget_reason_text(g.budget.reason)), at[0] ? ": " : "", at,
			g.account.reason);
	else if (account_lacks_keys(&g.account))
		find(f, "keys", true, "%s", g.account.wait_reason);
	else if (g.waiting)
		find(f, "source", true,
			tr_n("left alone until %s after %d failure: %s",
				"left alone until %s after %d failures: %s",
				g.account.failures),
			at, g.account.failures, g.account.wait_reason);
	else if (g.budget.reason != BUDGET_FREE && at[0])
		find(f, "budget", true, "%d of %d calls left; %s, until %s", g.budget.left,
			f->c->config->budget.calls, tr(budget_reason_text(g.budget.reason)), at);
	else if (g.budget.reason != BUDGET_FREE)
		find(f, "budget", true, "%d of %d calls left; %s", g.budget.left,
			f->c->config->budget.calls, tr(budget_reason_text(g.budget.reason)));
	else
		find(f, "budget", false, "%d of %d calls left; a call may leave now",
			g.budget.left, f->c->config->budget.calls);
	return 0;
}

/* When its turn comes, by doing it all on a copy. */
static int find_turn(struct findings *f, int64_t id)
{
	struct forecast fc;
	struct forecast_call call;
	enum budget_reason reason;
	char at[CLOCK_TEXT_MAX];
	char order[96];
	int before = 0;
	bool found = false;
	int64_t until = f->c->now.wall_ms + LOOK_AHEAD_MS;
	int r = forecast_load(&fc, f->c->store, f->c->config, &f->c->now, LOOK_AHEAD_MS);
	while (r == 0 && !found && forecast_next(&fc, until, &call, &reason)) {
		found = call.keyword->id == id;
		before += !found && !call.free;
	}
	if (r == 0 && found) {
		cli_due(f->c, call.at_ms, at);
		str_format_cut(order, sizeof(order), "%s", _("before all others"));
		if (before > 0)
			str_format_cut(order, sizeof(order),
				tr_n("after %d call", "after %d calls", before), before);
		find(f, "next", false, call.free ? N_("%s, without a call, %s") : "%s, %s", at,
			order);
	} else if (r == 0) {
		find(f, "next", true, "not within a week as things are");
	}
	forecast_finish(&fc);
	return r;
}

static int find_last_post(struct findings *f, const struct value *k)
{
	struct value *last = NULL;
	char at[CLOCK_TEXT_MAX];
	int r = store_post_last(f->c->store, value_get_string(k, "list", ""),
		value_get_string(k, "folded", ""), &last);
	if (r == -ENOENT) {
		find(f, "post", false, "none was made yet");
		return 0;
	}
	if (r < 0)
		return r;
	int64_t id = value_get_int(last, "id", 0);
	cli_time(f->c, value_get_int(last, "created_ms", 0), at);
	find(f, "post", false,
		"the last is %" PRId64 ", %s, made at %s; cpauto explain %" PRId64, id,
		cli_word(value_get_string(last, "state", "")), at, id);
	value_free(last);
	return 0;
}

static void find_paused(struct findings *f, const struct value *k)
{
	if (value_get_int(k, "list_paused", 0))
		find(f, "paused", true, "its list is paused; cpauto queue resume --list '%s'",
			value_get_string(k, "list", ""));
	if (value_get_int(k, "paused", 0))
		find(f, "paused", true, "it is paused; cpauto queue resume '%s'",
			value_get_string(k, "keyword", ""));
}

/* The states of the keyword itself; true if it is due and may go on. */
static bool find_own(struct findings *f, const struct value *k, const struct config_list *l)
{
	char due[CLOCK_TEXT_MAX], looked[CLOCK_TEXT_MAX], every[32];
	const char *reason = value_get_string(k, "reason", "");
	int64_t failures = value_get_int(k, "failures", 0);
	bool later = value_get_int(k, "due_ms", 0) > f->c->now.wall_ms;
	cli_due(f->c, value_get_int(k, "due_ms", 0), due);
	cli_time(f->c, value_get_int(k, "looked_ms", 0), looked);
	if (!l)
		find(f, "list", true,
			"the list is not in %s any more; it goes with the next reload",
			f->c->config_path);
	find_paused(f, k);
	if (failures > 0 && later)
		find(f, "backoff", true,
			tr_n("it failed %" PRId64 " time: %s; not again before %s",
				"it failed %" PRId64 " times in a row: %s; not again before %s",
				failures),
			failures, reason, due);
	else if (failures > 0)
		find(f, "backoff", false,
			tr_n("it failed %" PRId64 " time: %s",
				"it failed %" PRId64 " times in a row: %s", failures),
			failures, reason);
	else if (reason[0])
		find(f, "last look", false, "%s%s%s", looked, looked[0] ? ": " : "", reason);
	if (later && failures == 0 && l) {
		format_wait(l->every_ms, every, sizeof(every));
		find(f, "due", true, "looked at %s; its list looks every %s, so again at %s",
			looked[0] ? looked : _("never"), every, due);
	}
	if (value_get_int(k, "asked", 0))
		find(f, "asked", false, "it was asked for by hand and goes before all others");
	return l && !later && !value_get_int(k, "list_paused", 0) &&
		!value_get_int(k, "paused", 0);
}

/* What keeps its answer from coming. */
static int find_answer(struct findings *f, const struct value *k, const struct config_list *l)
{
	char at[CLOCK_TEXT_MAX];
	int64_t fresh = value_get_int(k, "fresh_ms", 0);
	bool asked = value_get_int(k, "asked", 0) != 0;
	int r = 0;
	find(f, "keyword", false, "'%s' of list '%s'", value_get_string(k, "keyword", ""),
		value_get_string(k, "list", ""));
	bool due = find_own(f, k, l);
	cli_time(f->c, fresh, at);
	if (fresh > f->c->now.wall_ms)
		find(f, "cache", false,
			"its answer is fresh until %s; a look until then costs no call", at);
	else if (due) {
		if (!asked)
			find_hours(f);
		r = find_budget(f, asked);
	}
	return r;
}

static int explain_row(struct findings *f, const struct value *k)
{
	const struct config_list *l =
		config_list_find(f->c->config, value_get_string(k, "list", ""));
	int r = find_answer(f, k, l);
	if (r == 0)
		r = find_last_post(f, k);
	if (r == 0 && l)
		r = find_turn(f, value_get_int(k, "id", 0));
	return r;
}

static int explain_keyword(struct findings *f, const char *word)
{
	char *folded = NULL;
	struct value *rows = NULL;
	if (text_fold(word, &folded) < 0)
		return cli_fail(
			f->c, EX_DATAERR, "that is no keyword: it is empty or no UTF-8 text");
	int r = store_find_keywords(f->c->store, folded, &rows);
	free(folded);
	if (r < 0)
		return cli_store_failed(f->c, r);
	if (value_len(rows) == 0) {
		value_free(rows);
		return cli_fail(f->c, EX_DATAERR,
			"'%s' stands in no list that cpautod has read; add it to %s and "
			"reload, or: cpauto queue add",
			word, f->c->config_path);
	}
	for (size_t i = 0; r == 0 && i < value_len(rows); i++)
		r = explain_row(f, value_at(rows, i));
	value_free(rows);
	return r < 0 ? cli_store_failed(f->c, r) : EX_OK;
}

/* ---- a post ----------------------------------------------------------------------- */

static int64_t midnight(int64_t now_ms)
{
	struct date d;
	clock_date(now_ms, &d);
	d.hour = d.minute = d.second = 0;
	return clock_wall(&d);
}

static int find_pace(struct findings *f, const struct config_publisher *p, bool update)
{
	int today = 0;
	int64_t last = 0;
	char at[CLOCK_TEXT_MAX];
	int r = store_publisher_pace(
		f->c->store, p->name, midnight(f->c->now.wall_ms), &today, &last);
	if (r < 0)
		return r;
	cli_time(f->c, last + p->gap_ms, at);
	if (last > 0 && last + p->gap_ms > f->c->now.wall_ms)
		find(f, "gap", true, "'%s' keeps its posts apart (gap); the next may go at %s",
			p->name, at);
	if (!update && p->per_day > 0 && today >= p->per_day)
		find(f, "per_day", true,
			"'%s' has sent its %d of today; the next goes tomorrow", p->name,
			p->per_day);
	return 0;
}

static int find_publisher(struct findings *f, const char *name, bool update)
{
	struct store_publisher state;
	char at[CLOCK_TEXT_MAX];
	const struct config_publisher *p = config_publisher_find(f->c->config, name);
	if (!p) {
		find(f, "publisher", true, "'%s' is not in %s any more", name,
			f->c->config_path);
		return 0;
	}
	int r = store_publisher_get(f->c->store, name, &state);
	if (r < 0)
		return r;
	cli_time(f->c, state.until_ms, at);
	if (state.broken)
		find(f, "publisher", true, "'%s' needs you: %s; then: cpauto unblock", name,
			state.reason);
	else if (state.until_ms > f->c->now.wall_ms)
		find(f, "publisher", true, "'%s' waits until %s: %s", name, at, state.reason);
	r = find_pace(f, p, update);
	find_hours(f);
	return r;
}

/* The keyword of this post in its list; NULL where it stands there no more. */
static int load_keyword(
	struct findings *f, const struct value *post, struct value **rows, const struct value **ret)
{
	*ret = NULL;
	int r = store_find_keywords(f->c->store, value_get_string(post, "folded", ""), rows);
	for (size_t i = 0; r == 0 && i < value_len(*rows); i++)
		if (str_eq(value_get_string(value_at(*rows, i), "list", ""),
			    value_get_string(post, "list", "")))
			*ret = value_at(*rows, i);
	return r;
}

/* It waits for an answer about its keyword: what that waits for. */
static int find_wait(struct findings *f, const struct value *post)
{
	struct value *rows = NULL;
	const struct value *k;
	int r = load_keyword(f, post, &rows, &k);
	if (r == 0 && !k)
		find(f, "keyword", true,
			"'%s' is in list '%s' no more; the post is given up when its turn comes",
			value_get_string(post, "keyword", ""), value_get_string(post, "list", ""));
	const struct config_list *l =
		config_list_find(f->c->config, value_get_string(post, "list", ""));
	if (r == 0 && k)
		r = find_answer(f, k, l);
	if (r == 0 && k && l)
		r = find_turn(f, value_get_int(k, "id", 0));
	value_free(rows);
	return r;
}

/* It could go out, but for its prices: they grew old, and are had anew one post at a time. */
static int find_prices(struct findings *f, const struct value *post)
{
	struct value *rows = NULL;
	const struct value *k = NULL;
	char seen[CLOCK_TEXT_MAX];
	int64_t at = value_get_int(post, "facts_ms", 0), first, now = f->c->now.wall_ms;
	if (now - at <= f->c->config->cache.ttl_ms)
		return 0;
	cli_time(f->c, at, seen);
	int r = store_post_renewed(
		f->c->store, value_get_string(post, "publisher", ""), now, &first);
	if (r == 0)
		find(f, "prices", true,
			"they are of %s, too old to go out; those of post %" PRId64
			" are had first: cpauto explain %" PRId64,
			seen, first, first);
	else if (r == -ENOENT)
		find(f, "prices", true,
			"they are of %s, too old to go out; new ones are had once it may go",
			seen);
	else
		return r;
	r = load_keyword(f, post, &rows, &k);
	if (r == 0 && k)
		find_paused(f, k);
	value_free(rows);
	return r;
}

static int find_ready(struct findings *f, const struct value *post)
{
	int r = find_prices(f, post);
	return r < 0 ? r : find_publisher(f, value_get_string(post, "publisher", ""),
				   value_get_int(post, "updates", 0) > 0);
}

static int explain_post(struct findings *f, const struct value *post)
{
	char at[CLOCK_TEXT_MAX];
	const char *state = value_get_string(post, "state", ""),
		   *reason = value_get_string(post, "reason", "");
	bool is_ready = str_eq(state, POST_READY);
	bool is_out = str_eq(state, POST_PUBLISHED);
	find(f, "post", false, "%" PRId64 " '%s' of list '%s'", value_get_int(post, "id", 0),
		value_get_string(post, "keyword", ""), value_get_string(post, "list", ""));
	cli_time(f->c, value_get_int(post, "changed_ms", 0), at);
	find(f, "state", !is_ready && !is_out, "%s since %s: %s", cli_word(state), at,
		tr(desk_advice(state)));
	if (reason[0])
		find(f, "reason", !is_out, "%s", reason);
	int64_t next = value_get_int(post, "next_ms", 0);
	cli_time(f->c, next, at);
	if (next > f->c->now.wall_ms && !is_out)
		find(f, "next", false, "at %s", at);
	if (str_eq(state, POST_PLANNED))
		return find_wait(f, post);
	return is_ready ? find_ready(f, post) : 0;
}

/* A number is a post, unless there is none and a keyword of that name. */
static int explain_word(struct findings *f, const char *word)
{
	int64_t id;
	struct value *post = NULL;
	int r = parse_int64(word[0] == '#' ? word + 1 : word, 1, INT64_MAX, &id);
	if (r < 0)
		return explain_keyword(f, word);
	r = store_post_get(f->c->store, id, &post);
	if (r == -ENOENT)
		return explain_keyword(f, word);
	if (r == 0)
		r = explain_post(f, post);
	value_free(post);
	return r < 0 ? cli_store_failed(f->c, r) : EX_OK;
}

int explain_run(struct cli *c)
{
	struct findings f = { .c = c };
	int code = cli_config(c);
	if (code == EX_OK)
		code = cli_store(c, STORE_READ);
	if (code != EX_OK)
		return code;
	f.lines = value_new_list();
	find_daemon(&f);
	code = explain_word(&f, c->line.args[0]);
	if (code == EX_OK && c->json)
		return cli_json_list("findings", f.lines);
	if (code == EX_OK)
		show(&f);
	value_free(f.lines);
	return code;
}
