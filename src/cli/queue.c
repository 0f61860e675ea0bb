/* SPDX-License-Identifier: MIT */
#include "family.h"

#include <inttypes.h>
#include <sysexits.h>

#include "ask.h"
#include "cli.h"
#include "table.h"

/* ---- showing ---------------------------------------------------------------------- */

static enum term_style keyword_state(const struct cli *c, const struct value *k, char out[256])
{
	int64_t failures = value_get_int(k, "failures", 0);
	const char *reason = value_get_string(k, "reason", "");
	bool fresh = value_get_int(k, "fresh_ms", 0) > c->now.wall_ms;
	if (value_get_int(k, "list_paused", 0) || value_get_int(k, "paused", 0)) {
		str_format_cut(out, 256, "%s",
			value_get_int(k, "list_paused", 0) ? _("paused with its list")
							   : _("paused"));
		return TERM_WARN;
	}
	if (failures > 0) {
		str_format_cut(out, 256, _("failed %" PRId64 "×: %s"), failures, reason);
		return TERM_BAD;
	}
	if (value_get_int(k, "asked", 0)) {
		str_format_cut(out, 256, _("goes first"));
		return TERM_GOOD;
	}
	str_format_cut(out, 256, "%s", reason[0] ? reason : fresh ? _("its answer is fresh") : "");
	return TERM_PLAIN;
}

static void show(const struct cli *c, const struct value *rows)
{
	static const struct table_column columns[] = {
		{ N_("DUE"), true, false },
		{ N_("LIST"), false, true },
		{ N_("KEYWORD"), false, true },
		{ N_("LOOKED AT"), true, false },
		{ N_("NOTE"), false, true },
	};
	struct table *t = table_new(columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < value_len(rows); i++) {
		const struct value *k = value_at(rows, i);
		char due[CLOCK_TEXT_MAX], looked[CLOCK_TEXT_MAX], note[256];
		enum term_style style = keyword_state(c, k, note);
		cli_due(c, value_get_int(k, "due_ms", 0), due);
		cli_time(c, value_get_int(k, "looked_ms", 0), looked);
		table_cell(t, TERM_PLAIN, due);
		table_cell(t, TERM_PLAIN, value_get_string(k, "list", ""));
		table_cell(t, TERM_PLAIN, value_get_string(k, "keyword", ""));
		table_cell(t, TERM_PLAIN, looked[0] ? looked : _("never"));
		table_cell(t, style, note);
	}
	table_end(t);
}

static bool list_exists(struct cli *c, const char *name)
{
	int64_t id;
	return store_list_id(c->store, name, &id) == 0;
}

int queue_list(struct cli *c)
{
	int64_t limit = 50;
	struct value *rows = NULL;
	const char *list = cli_option(c, "list");
	int code = cli_option_int(c, "limit", 0, 1000000, &limit);
	cli_config_try(c);
	if (code == EX_OK)
		code = cli_store(c, STORE_READ);
	if (code != EX_OK)
		return code;
	if (list && !list_exists(c, list))
		return cli_fail(c, EX_DATAERR,
			"there is no list '%s'; cpauto status shows the lists", list);
	/* One more than shown tells whether there are more. */
	int r = store_list_keywords(c->store, list, limit ? (int)limit + 1 : 0, &rows);
	if (r < 0)
		return cli_store_failed(c, r);
	bool more = limit && value_len(rows) > (size_t)limit;
	struct value *shown = value_new_list();
	for (size_t i = 0; i < value_len(rows) && (!limit || i < (size_t)limit); i++)
		value_append(shown, value_copy(value_at(rows, i)));
	value_free(rows);
	if (c->json)
		return cli_json_list("keywords", shown);
	show(c, shown);
	if (value_len(shown) == 0)
		term_say(TERM_PLAIN, "no keywords; put some into %s, or: cpauto queue add\n",
			c->config_path);
	else if (more)
		term_say(TERM_DIM, "… and more: cpauto queue --limit 0\n");
	value_free(shown);
	return EX_OK;
}

/* ---- asking ----------------------------------------------------------------------- */

/* Each keyword is a wish of its own; the worst outcome is the exit code. */
static int ask_keywords(struct cli *c, const char *kind)
{
	int worst = EX_OK;
	for (size_t i = 0; i < c->line.arg_count; i++) {
		struct value *args = value_new_object();
		value_set_string(args, "keyword", c->line.args[i]);
		value_set_string(args, "list", cli_option(c, "list"));
		int code = ask_and_say(c, kind, args);
		if (code != EX_OK)
			worst = code;
	}
	return worst;
}

int queue_add(struct cli *c)
{
	return ask_keywords(c, "keyword.add");
}

int queue_remove(struct cli *c)
{
	return ask_keywords(c, "keyword.remove");
}

int queue_now(struct cli *c)
{
	return ask_keywords(c, "keyword.now");
}

static int pause_or_resume(struct cli *c, const char *kind)
{
	const char *list = cli_option(c, "list");
	bool all = cli_option(c, "all") ||
		(c->line.arg_count == 1 && str_eq(c->line.args[0], "all"));
	if (all && !list) {
		return ask_and_say(c, kind, value_new_object());
	}
	if (c->line.arg_count > 0)
		return ask_keywords(c, kind);
	if (!list)
		return cli_fail(c, EX_USAGE, "say what: a KEYWORD, --list NAME, or all");
	struct value *args = value_new_object();
	value_set_string(args, "list", list);
	return ask_and_say(c, kind, args);
}

int queue_pause(struct cli *c)
{
	return pause_or_resume(c, "pause");
}

int queue_resume(struct cli *c)
{
	return pause_or_resume(c, "resume");
}
