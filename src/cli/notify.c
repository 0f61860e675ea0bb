/* SPDX-License-Identifier: MIT */
#include "family.h"

#include <sysexits.h>

#include "cli.h"
#include "table.h"

static void show(const struct cli *c, const struct value *notifiers)
{
	static const struct table_column columns[] = {
		{ N_("EVENTS"), false, true },
		{ N_("UNDELIVERED"), true, false },
		{ N_("OLDEST"), true, false },
		{ N_("GIVEN UP"), true, false },
		{ N_("NEXT TRY"), true, false },
		{ N_("LAST FAILURE"), false, true },
	};
	struct table *t = table_new(columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < value_len(notifiers); i++) {
		const struct value *n = value_at(notifiers, i);
		int64_t open = value_get_int(n, "undelivered", 0);
		char since[CLOCK_TEXT_MAX], next[CLOCK_TEXT_MAX];
		cli_time(c, value_get_int(n, "oldest_ms", 0), since);
		cli_due(c, value_get_int(n, "until_ms", 0), next);
		table_cell(t, TERM_PLAIN, value_get_string(n, "name", ""));
		table_int(t, open);
		table_cell(t, TERM_PLAIN, since);
		table_int(t, value_get_int(n, "lost", 0));
		table_cell(t, TERM_PLAIN, open > 0 ? next : "");
		table_cell(t, TERM_WARN, value_get_string(n, "reason", ""));
	}
	table_end(t);
}

int notify_list(struct cli *c)
{
	struct value *notifiers = NULL;
	int code = cli_config(c);
	if (code == EX_OK)
		code = cli_store(c, STORE_READ);
	if (code != EX_OK)
		return code;
	int r = store_list_notifiers(c->store, &notifiers);
	if (r < 0)
		return cli_store_failed(c, r);
	if (c->json)
		return cli_json_list("events", notifiers);
	if (value_len(notifiers) == 0)
		term_say(TERM_PLAIN, "nobody is told anything: see 'events' in cpauto.conf(5)\n");
	else
		show(c, notifiers);
	value_free(notifiers);
	return EX_OK;
}
