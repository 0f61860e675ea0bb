/* SPDX-License-Identifier: MIT */
#include "family.h"

#include <inttypes.h>
#include <sysexits.h>

#include "account.h"
#include "cli.h"
#include "table.h"

static enum term_style result_style(const char *result)
{
	if (str_eq(result, "ok"))
		return TERM_GOOD;
	if (str_eq(result, "under way"))
		return TERM_PLAIN;
	return str_eq(result, "later") ? TERM_WARN : TERM_BAD;
}

static void show(const struct cli *c, const struct value *rows)
{
	static const struct table_column columns[] = {
		{ N_("TIME"), true, false },
		{ N_("TOOK"), true, false },
		{ N_("LIST"), false, true },
		{ N_("KEYWORD"), false, true },
		{ N_("RESULT"), false, false },
		{ N_("DETAIL"), false, true },
	};
	struct table *t = table_new(columns, ARRAY_LEN(columns));
	for (size_t i = value_len(rows); i-- > 0;) {
		const struct value *call = value_at(rows, i);
		char at[CLOCK_TEXT_MAX], took[32] = "";
		int64_t taken = value_get_int(call, "taken_wall", 0),
			ended = value_get_int(call, "ended_wall", 0);
		const char *result = value_get_string(call, "result", "under way");
		cli_time(c, taken, at);
		if (ended >= taken)
			str_format_cut(
				took, sizeof(took), _("%.1f s"), (double)(ended - taken) / 1000);
		table_cell(t, TERM_PLAIN, at);
		table_cell(t, TERM_PLAIN, took);
		table_cell(t, TERM_PLAIN, value_get_string(call, "list", ""));
		table_cell(t, TERM_PLAIN, value_get_string(call, "keyword", ""));
		table_cell(t, result_style(result), cli_word(result));
		table_cell(t, TERM_PLAIN, value_get_string(call, "detail", ""));
	}
	table_end(t);
}

static void say_left(struct cli *c)
{
	struct account_gate gate;
	char at[CLOCK_TEXT_MAX];
	cli_config_try(c);
	if (!c->config || account_ask(c->store, c->config, &c->now, false, &gate) < 0)
		return;
	const struct budget_answer *b = &gate.budget;
	const char *why =
		gate.waiting ? gate.account.wait_reason : tr(budget_reason_text(b->reason));
	if (b->wait_ms == 0 || b->wait_ms == INT64_MAX) {
		term_fact("", 0, TERM_BOLD, "%d of %d calls left; %s", b->left,
			c->config->budget.calls, why);
		return;
	}
	cli_time(c, c->now.wall_ms + b->wait_ms, at);
	term_fact("", 0, TERM_BOLD, "%d of %d calls left; the next may leave at %s: %s",
		b->left, c->config->budget.calls, at, why);
}

int calls_run(struct cli *c)
{
	int64_t hours = 24;
	struct value *rows = NULL;
	int code = cli_option_int(c, "hours", 1, 24 * 366, &hours);
	if (code == EX_OK)
		code = cli_store(c, STORE_READ);
	if (code != EX_OK)
		return code;
	int r = store_list_calls(c->store, c->now.wall_ms - hours * 3600000, 0, &rows);
	if (r < 0)
		return cli_store_failed(c, r);
	if (c->json)
		return cli_json_list("calls", rows);
	cli_config_try(c);
	show(c, rows);
	if (value_len(rows) == 0)
		term_say(TERM_PLAIN, tr_n("no calls in the last %" PRId64 " hour\n",
			"no calls in the last %" PRId64 " hours\n", hours), hours);
	say_left(c);
	value_free(rows);
	return EX_OK;
}
