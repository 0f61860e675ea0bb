/* SPDX-License-Identifier: MIT */
#include "family.h"

#include <errno.h>
#include <sysexits.h>
#include <unistd.h>

#include "check.h"
#include "cli.h"
#include "gates.h"
#include "show.h"

/* ---- check ------------------------------------------------------------------------ */

static enum term_style level_style(const char *level)
{
	if (str_eq(level, "error"))
		return TERM_BAD;
	return str_eq(level, "warning") ? TERM_WARN : TERM_PLAIN;
}

static void show_findings(const struct value *findings)
{
	for (size_t i = 0; i < value_len(findings); i++) {
		const struct value *f = value_at(findings, i);
		const char *level = value_get_string(f, "level", "");
		bool ok = str_eq(level, "ok");
		term_fact(value_get_string(f, "thing", ""), 15, level_style(level), "%s%s%s",
			ok ? "" : cli_word(level), ok ? "" : ": ",
			value_get_string(f, "text", ""));
	}
}

int inspect_check(struct cli *c)
{
	if (cli_option(c, "warn-unposted") || cli_option(c, "crit-unposted"))
		return monitor_run(c);
	if (c->line.arg_count > 0)
		return publisher_check(c);
	struct check_input in = {
		.config_path = c->config_path,
		.paths = &c->paths,
		.now = &c->now,
		.ask_agents = cli_option(c, "agents"),
	};
	struct value *findings = check_run(&in);
	size_t errors = check_count(findings, "error"),
	       warnings = check_count(findings, "warning");
	int code = errors ? EX_CONFIG : EX_OK;
	if (c->json) {
		(void)cli_json_list("findings", findings);
		return code;
	}
	show_findings(findings);
	value_free(findings);
	char error_count[64], warning_count[64];
	str_format_cut(error_count, sizeof(error_count),
		tr_n("%zu error", "%zu errors", (long long)errors), errors);
	str_format_cut(warning_count, sizeof(warning_count),
		tr_n("%zu warning", "%zu warnings", (long long)warnings), warnings);
	term_say(errors            ? TERM_BAD
			: warnings ? TERM_WARN
				   : TERM_GOOD,
		"%s, %s\n", error_count, warning_count);
	return code;
}

/* ---- show-config ------------------------------------------------------------------ */

int inspect_config(struct cli *c)
{
	struct buf b;
	int code = cli_config(c);
	if (code != EX_OK)
		return code;
	if (c->json)
		return cli_json_list("config", show_value(c->config));
	buf_init(&b, 256u << 20);
	show_print(c->config, &b);
	if (isatty(STDOUT_FILENO))
		term_say(TERM_PLAIN, "%s", buf_cstr(&b));
	else
		fputs(buf_cstr(&b), stdout);
	buf_finish(&b);
	return EX_OK;
}

/* ---- lint ------------------------------------------------------------------------- */

static int read_input(struct cli *c, const char *path, char **ret, size_t *ret_len)
{
	int r = file_read(
		str_eq(path, "-") ? "/dev/stdin" : path, GATES_LINT_MAX, ret, ret_len);
	if (r == -EFBIG)
		return cli_fail(c, EX_DATAERR, "%s: larger than %u MiB; that is no post", path,
			GATES_LINT_MAX >> 20);
	if (r < 0)
		return cli_fail(c, EX_NOINPUT, "%s: %s", path, tr_errno(-r));
	return EX_OK;
}

static void show_report(const struct gates_report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		const struct gates_result *g = &report->results[i];
		term_fact(cli_word(g->rule), 11, g->pass ? TERM_GOOD : TERM_BAD, "%s: %s",
			g->pass ? _("passed") : _("FAILED"), g->reason);
		if (g->pass)
			continue;
		term_fact("", 11, TERM_PLAIN, "%s", tr(g->since));
		if (g->remedy[0])
			term_fact("", 11, TERM_PLAIN, "%s", tr(g->remedy));
	}
}

int inspect_lint(struct cli *c)
{
	char *text = NULL;
	size_t len = 0;
	struct gates_report report;
	int code = read_input(c, c->line.args[0], &text, &len);
	if (code != EX_OK)
		return code;
	bool pass = gates_lint(text, len, gates_is_html(text, len), &report);
	if (c->json)
		(void)cli_json(gates_value(&report));
	else
		show_report(&report);
	free(text);
	return pass ? EX_OK : EX_DATAERR;
}
