/* SPDX-License-Identifier: MIT */
#include "family.h"

#include <inttypes.h>
#include <sysexits.h>

#include "cli.h"
#include "forecast.h"
#include "table.h"

static void add_json(struct value *calls, const struct forecast_call *call)
{
	struct value *v = value_new_object();
	value_set_int(v, "at_ms", call->at_ms);
	value_set_string(v, "list", call->list->name);
	value_set_string(v, "keyword", call->keyword->keyword);
	value_set_bool(v, "call", !call->free);
	value_append(calls, v);
}

static void add_row(const struct cli *c, struct table *t, const struct forecast_call *call)
{
	char at[CLOCK_TEXT_MAX];
	cli_due(c, call->at_ms, at);
	table_cell(t, TERM_PLAIN, at);
	table_cell(t, TERM_PLAIN, call->list->name);
	table_cell(t, TERM_PLAIN, call->keyword->keyword);
	table_cell(t, TERM_DIM, call->free ? _("no call: its answer is fresh") : "");
}

static void say_end(int64_t calls, int64_t hours, enum budget_reason reason, bool ended_early)
{
	bool stopped = ended_early && reason != BUDGET_FREE;
	term_fact("", 0, TERM_BOLD,
		tr_n("%" PRId64 " call in the next %" PRId64 " h%s%s",
			"%" PRId64 " calls in the next %" PRId64 " h%s%s", calls),
		calls, hours, stopped ? "; " : "", stopped ? tr(budget_reason_text(reason)) : "");
}

int ahead_run(struct cli *c)
{
	static const struct table_column columns[] = {
		{ N_("TIME"), true, false },
		{ N_("LIST"), false, true },
		{ N_("KEYWORD"), false, true },
		{ N_("NOTE"), false, true },
	};
	int64_t hours = 24, n = 0;
	int code = cli_option_int(c, "hours", 1, 168, &hours);
	if (code == EX_OK)
		code = cli_config(c);
	if (code == EX_OK)
		code = cli_store(c, STORE_READ);
	if (code != EX_OK)
		return code;
	struct forecast f;
	struct forecast_call call;
	enum budget_reason reason = BUDGET_FREE;
	struct value *calls = value_new_list();
	struct table *t = table_new(columns, ARRAY_LEN(columns));
	int64_t until = c->now.wall_ms + hours * 3600000;
	int r = forecast_load(&f, c->store, c->config, &c->now, hours * 3600000);
	while (r == 0 && forecast_next(&f, until, &call, &reason)) {
		add_json(calls, &call);
		add_row(c, t, &call);
		n += !call.free;
	}
	bool early = f.now.wall_ms < until;
	forecast_finish(&f);
	if (r < 0 || c->json) {
		table_free(t);
		if (r == 0)
			return cli_json_list("plan", calls);
		value_free(calls);
		return cli_store_failed(c, r);
	}
	table_end(t);
	value_free(calls);
	say_end(n, hours, reason, early);
	return EX_OK;
}
