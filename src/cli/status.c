/* SPDX-License-Identifier: MIT */
#include "family.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sysexits.h>

#include "account.h"
#include "cli.h"
#include "forecast.h"
#include "survey.h"
#include "table.h"

#define LABEL 11
#define LOOK_AHEAD_MS (INT64_C(14) * 24 * 3600 * 1000)

struct status {
	struct cli *c;
	bool runs;
	struct account_gate gate;
	struct value *lists, *posts, *publishers, *notifiers, *calls, *last;
	/* The next call, if one is in sight. */
	int64_t next_ms;
	char next_keyword[256], next_list[256];
};

static void status_finish(struct status *s)
{
	value_free(s->lists);
	value_free(s->posts);
	value_free(s->publishers);
	value_free(s->notifiers);
	value_free(s->calls);
	value_free(s->last);
}

static int find_next(struct status *s)
{
	struct forecast f;
	struct forecast_call call;
	enum budget_reason reason;
	int r = forecast_load(&f, s->c->store, s->c->config, &s->c->now, 0);
	int64_t until = s->c->now.wall_ms + LOOK_AHEAD_MS;
	while (r == 0 && forecast_next(&f, until, &call, &reason)) {
		if (call.free)
			continue;
		s->next_ms = call.at_ms;
		str_format_cut(
			s->next_keyword, sizeof(s->next_keyword), "%s", call.keyword->keyword);
		str_format_cut(s->next_list, sizeof(s->next_list), "%s", call.list->name);
		break;
	}
	forecast_finish(&f);
	return r;
}

static int gather(struct status *s)
{
	struct store *store = s->c->store;
	s->runs = cli_daemon_runs(s->c);
	int r = account_ask(store, s->c->config, &s->c->now, false, &s->gate);
	if (r == 0)
		r = store_list_lists(store, &s->lists);
	if (r == 0)
		r = store_post_counts(store, &s->posts);
	if (r == 0)
		r = store_list_publishers(store, &s->publishers);
	if (r == 0)
		r = store_list_notifiers(store, &s->notifiers);
	if (r == 0)
		r = store_list_calls(store, 0, 1, &s->calls);
	if (r == 0)
		r = store_list_posts(store, NULL, NULL, 1, &s->last);
	return r == 0 ? find_next(s) : r;
}

/* ---- as JSON ---------------------------------------------------------------------- */

static struct value *account_value(const struct status *s)
{
	const struct store_account *a = &s->gate.account;
	struct value *v = value_new_object();
	bool blocked =
		s->gate.budget.reason == BUDGET_BLOCKED || s->gate.budget.reason == BUDGET_HARD;
	value_set_bool(v, "blocked", blocked);
	value_set_bool(v, "until_unblock", a->hard);
	value_set_int(v, "strikes", a->strikes);
	value_set_string(v, "reason", a->reason);
	value_set_int(v, "skew_ms", a->skew_ms);
	value_set_bool(v, "waiting", s->gate.waiting);
	value_set_int(v, "failures", a->failures);
	value_set_string(v, "wait_reason", a->wait_reason);
	return v;
}

static struct value *budget_value(const struct status *s)
{
	const struct budget_answer *b = &s->gate.budget;
	struct value *v = value_new_object();
	value_set_int(v, "left", b->left);
	value_set_int(v, "calls", s->c->config->budget.calls);
	value_set_int(v, "window_ms", s->c->config->budget.window_ms);
	value_set_string(v, "reason", budget_reason_text(b->reason));
	if (b->wait_ms != INT64_MAX)
		value_set_int(v, "may_leave_ms", s->c->now.wall_ms + b->wait_ms);
	return v;
}

static struct value *next_value(const struct status *s)
{
	struct value *v = value_new_object();
	value_set_int(v, "at_ms", s->next_ms);
	value_set_string(v, "keyword", s->next_keyword);
	value_set_string(v, "list", s->next_list);
	return v;
}

static int status_json(const struct status *s)
{
	struct value *v = value_new_object();
	struct value *daemon = value_new_object();
	value_set_bool(daemon, "running", s->runs);
	value_set_string(daemon, "state_directory", s->c->paths.state);
	value_set(v, "daemon", daemon);
	value_set(v, "budget", budget_value(s));
	value_set(v, "account", account_value(s));
	value_set(v, "next", s->next_ms ? next_value(s) : value_new_null());
	value_set(v, "lists", value_copy(s->lists));
	value_set(v, "posts", value_copy(s->posts));
	value_set(v, "publishers", value_copy(s->publishers));
	value_set(v, "events", value_copy(s->notifiers));
	value_set(v, "last_call", value_copy(value_at(s->calls, 0)));
	value_set(v, "last_post", value_copy(value_at(s->last, 0)));
	return cli_json(v);
}

/* ---- for people ------------------------------------------------------------------- */

static void say_daemon(const struct status *s)
{
	char unit[PATHS_UNIT_MAX];
	paths_unit(s->c->paths.account, unit, sizeof(unit));
	if (s->runs)
		term_fact("Daemon", LABEL, TERM_GOOD, "running");
	else
		term_fact("Daemon", LABEL, TERM_WARN,
			"not running; start it: systemctl start %s", unit);
}

static void say_account(const struct status *s)
{
	const struct account_gate *g = &s->gate;
	const struct store_account *a = &g->account;
	char until[CLOCK_TEXT_MAX];
	cli_time(s->c,
		g->budget.wait_ms == INT64_MAX ? 0 : s->c->now.wall_ms + g->budget.wait_ms,
		until);
	if (g->budget.reason == BUDGET_HARD)
		term_fact("Account", LABEL, TERM_BAD,
			"stopped after %d strikes, until you run: cpauto unblock; "
			"the server said: %s",
			a->strikes, a->reason);
	else if (g->budget.reason == BUDGET_BLOCKED)
		term_fact("Account", LABEL, TERM_BAD,
			"blocked until %s, strike %d; the server said: %s", until, a->strikes,
			a->reason);
	else if (a->strikes > 0)
		term_fact("Account", LABEL, TERM_WARN,
			tr_n("%d strike so far; one more stops all calls until you run: "
			     "cpauto unblock",
				"%d strikes so far; one more stops all calls until you run: "
				"cpauto unblock", a->strikes),
			a->strikes);
	if (account_lacks_keys(a))
		term_fact("Keys", LABEL, TERM_BAD, "%s", a->wait_reason);
	else if (g->waiting)
		term_fact("Source", LABEL, TERM_WARN,
			tr_n("left alone until %s after %d failure: %s",
				"left alone until %s after %d failures: %s", a->failures),
			until, a->failures, a->wait_reason);
	if (llabs(a->skew_ms) > 60000)
		term_fact("Clock", LABEL, TERM_WARN,
			"%" PRId64 " s off the server's; timedatectl set-ntp true",
			a->skew_ms / 1000);
}

/* Beyond what was looked ahead, or nothing at all. */
static void say_nothing_due(const struct status *s)
{
	int64_t next = INT64_MAX;
	char at[CLOCK_TEXT_MAX];
	for (size_t i = 0; i < value_len(s->lists); i++) {
		const struct value *l = value_at(s->lists, i);
		int64_t due = value_get_int(l, "due_ms", 0);
		if (due && !value_get_int(l, "paused", 0) && due < next)
			next = due;
	}
	cli_due(s->c, next, at);
	if (next == INT64_MAX)
		term_fact("Next", LABEL, TERM_PLAIN, "nothing is due");
	else
		term_fact("Next", LABEL, TERM_PLAIN, "nothing is due before %s", at);
}

static void say_calls(const struct status *s)
{
	const struct budget_answer *b = &s->gate.budget;
	char at[CLOCK_TEXT_MAX], window[32];
	enum term_style style = b->left > 0 ? TERM_PLAIN : TERM_WARN;
	format_wait(s->c->config->budget.window_ms, window, sizeof(window));
	cli_due(s->c, s->c->now.wall_ms + (b->wait_ms == INT64_MAX ? 0 : b->wait_ms), at);
	if (b->wait_ms == INT64_MAX)
		term_fact("Calls", LABEL, style, "%d of %d left in %s; %s", b->left,
			s->c->config->budget.calls, window, tr(budget_reason_text(b->reason)));
	else if (b->wait_ms == 0 || s->gate.waiting)
		term_fact("Calls", LABEL, style, "%d of %d left in %s", b->left,
			s->c->config->budget.calls, window);
	else
		term_fact("Calls", LABEL, style,
			"%d of %d left in %s; the next may leave at %s (%s)", b->left,
			s->c->config->budget.calls, window, at,
			tr(budget_reason_text(b->reason)));
	cli_due(s->c, s->next_ms, at);
	if (s->next_ms)
		term_fact("Next", LABEL, TERM_PLAIN, "%s, '%s' of list '%s'", at,
			s->next_keyword, s->next_list);
	else if (b->wait_ms != INT64_MAX && !account_lacks_keys(&s->gate.account))
		say_nothing_due(s);
}

static void say_last(const struct status *s)
{
	char at[CLOCK_TEXT_MAX];
	const struct value *call = value_at(s->calls, 0), *post = value_at(s->last, 0);
	if (call) {
		const char *result = value_get_string(call, "result", "under way");
		const char *detail = value_get_string(call, "detail", "");
		/* It stands above already. */
		if (str_eq(detail, s->gate.account.reason) ||
			str_eq(detail, s->gate.account.wait_reason))
			detail = "";
		cli_time(s->c, value_get_int(call, "taken_wall", 0), at);
		term_fact("Last call", LABEL, TERM_PLAIN, "%s, '%s': %s%s%s", at,
			value_get_string(call, "keyword", ""), cli_word(result),
			detail[0] ? ", " : "", detail);
	}
	if (post) {
		const char *title =
			value_get_string(post, "title", value_get_string(post, "keyword", ""));
		cli_time(s->c, value_get_int(post, "changed_ms", 0), at);
		/* TRANSLATORS: when, a post's number, its state and title */
		term_fact("Last post", LABEL, TERM_PLAIN, "%s, %" PRId64 " %s: %s", at,
			value_get_int(post, "id", 0),
			cli_word(value_get_string(post, "state", "")), title);
	}
}

static void say_posts(const struct status *s)
{
	static const struct {
		const char *state, *words;
	} order[] = {
		{ POST_WAITING, N_("waiting for your approval") },
		{ POST_PARKED, N_("for you to settle") },
		{ POST_UNKNOWN, N_("unclear, being looked for") },
		{ POST_SENDING, N_("being sent") },
		{ POST_READY, N_("ready") },
		{ POST_RENDERED, N_("being checked") },
		{ POST_PLANNED, N_("planned") },
		{ POST_PUBLISHED, N_("published") },
		{ POST_REFUSED, N_("refused") },
	};
	struct buf b;
	buf_init(&b, 4096);
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		int64_t n = value_get_int(s->posts, order[i].state, 0);
		if (n > 0 && b.len)
			buf_str(&b, ", ");
		if (n > 0)
			/* TRANSLATORS: how many posts, and how they are: "3 ready" */
			buf_printf(&b, _("%" PRId64 " %s"), n, tr(order[i].words));
	}
	bool wants_you = value_get_int(s->posts, POST_WAITING, 0) ||
		value_get_int(s->posts, POST_PARKED, 0);
	term_fact("Posts", LABEL, wants_you ? TERM_WARN : TERM_PLAIN, "%s",
		b.len ? buf_cstr(&b) : _("none yet"));
	buf_finish(&b);
}

static void say_publishers(const struct status *s)
{
	char until[CLOCK_TEXT_MAX];
	for (size_t i = 0; i < value_len(s->publishers); i++) {
		const struct value *p = value_at(s->publishers, i);
		int64_t until_ms = value_get_int(p, "until_ms", 0);
		bool broken = value_get_int(p, "broken", 0) != 0;
		cli_time(s->c, until_ms, until);
		if (broken)
			term_fact("Publisher", LABEL, TERM_BAD,
				"'%s' needs you: %s; then: cpauto unblock",
				value_get_string(p, "name", ""),
				value_get_string(p, "reason", ""));
		else if (until_ms > s->c->now.wall_ms)
			term_fact("Publisher", LABEL, TERM_WARN, "'%s' waits until %s: %s",
				value_get_string(p, "name", ""), until,
				value_get_string(p, "reason", ""));
	}
}

/* Who was not told of all that he wants to be told. */
static void say_notifiers(const struct status *s)
{
	char at[CLOCK_TEXT_MAX];
	for (size_t i = 0; i < value_len(s->notifiers); i++) {
		const struct value *n = value_at(s->notifiers, i);
		int64_t open = value_get_int(n, "undelivered", 0);
		const char *name = value_get_string(n, "name", "");
		const char *reason = value_get_string(n, "reason", "");
		if (open == 0)
			continue;
		cli_due(s->c, value_get_int(n, "until_ms", 0), at);
		if (reason[0])
			term_fact("Events", LABEL, TERM_WARN,
				"'%s': %" PRId64 " undelivered, next try %s: %s", name, open,
				at[0] ? at : _("now"), reason);
		else
			term_fact("Events", LABEL, TERM_PLAIN, "'%s': %" PRId64 " to deliver", name,
				open);
	}
}

static void say_lists(const struct status *s)
{
	static const struct table_column columns[] = {
		{ N_("LIST"), false, true },
		{ N_("KEYWORDS"), true, false },
		{ N_("PAUSED"), true, false },
		{ N_("FAILING"), true, false },
		{ N_("NEXT LOOK"), true, false },
	};
	struct table *t = table_new(columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < value_len(s->lists); i++) {
		const struct value *l = value_at(s->lists, i);
		bool paused = value_get_int(l, "paused", 0) != 0;
		int64_t due = value_get_int(l, "due_ms", 0),
			failing = value_get_int(l, "keywords_failing", 0);
		char at[CLOCK_TEXT_MAX], number[24];
		cli_due(s->c, due, at);
		str_format_cut(number, sizeof(number), "%" PRId64, failing);
		table_cell(t, TERM_PLAIN, value_get_string(l, "name", ""));
		table_int(t, value_get_int(l, "keywords", 0));
		table_int(t, value_get_int(l, "keywords_paused", 0));
		table_cell(t, failing ? TERM_WARN : TERM_PLAIN, number);
		table_cell(t, paused ? TERM_WARN : TERM_PLAIN,
			paused        ? _("paused")
				: due ? at
				      : _("never"));
	}
	if (table_rows(t) > 0)
		printf("\n");
	table_end(t);
}

/* ---- for a monitor ------------------------------------------------------------------ */

static int status_prometheus(const struct status *s)
{
	struct survey_tally tally = { 0 };
	struct metrics m;
	struct buf b;
	int r = survey_take(s->c->store, s->c->config, &s->c->now, &tally, &m);
	survey_tally_finish(&tally);
	if (r < 0)
		return cli_store_failed(s->c, r);
	m.up = s->runs;
	m.event_ms = s->c->now.wall_ms;
	m.next_call_ms = s->next_ms;
	buf_init(&b, 4u << 20);
	metrics_write(&m, &b);
	fputs(buf_cstr(&b), stdout);
	buf_finish(&b);
	metrics_finish(&m);
	return EX_OK;
}

int status_run(struct cli *c)
{
	struct status s = { .c = c };
	int code = cli_config(c);
	if (code == EX_OK)
		code = cli_store(c, STORE_READ);
	if (code != EX_OK)
		return code;
	/* A daemon that runs has looked at all of it; without one nobody has. */
	int r = cli_daemon_runs(c) ? 0 : store_verify(c->store);
	if (r == 0)
		r = gather(&s);
	if (r < 0) {
		code = cli_store_failed(c, r);
	} else if (cli_option(c, "prometheus")) {
		code = status_prometheus(&s);
	} else if (c->json) {
		code = status_json(&s);
	} else {
		say_daemon(&s);
		say_account(&s);
		say_calls(&s);
		say_last(&s);
		say_posts(&s);
		say_publishers(&s);
		say_notifiers(&s);
		say_lists(&s);
	}
	status_finish(&s);
	return code;
}
