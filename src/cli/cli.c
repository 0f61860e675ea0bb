/* SPDX-License-Identifier: MIT */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <sysexits.h>
#include <unistd.h>

#include "json.h"

/* ---- saying things ---------------------------------------------------------------- */

int cli_json(struct value *v)
{
	struct value *out = value_new_object();
	value_set_int(out, "version", 1);
	for (size_t i = 0; i < value_len(v); i++)
		value_set(out, value_name_at(v, i), value_copy(value_member_at(v, i)));
	value_free(v);
	CLEANUP_FREE char *text = json_string(out, true);
	value_free(out);
	if (!text) {
		fputs(_("cpauto: the answer is too large for JSON; ask for less with --limit\n"),
			stderr);
		return EX_SOFTWARE;
	}
	puts(text);
	return EX_OK;
}

int cli_json_list(const char *name, struct value *list)
{
	struct value *v = value_new_object();
	value_set(v, name, list);
	return cli_json(v);
}

int cli_fail(const struct cli *c, int exit_code, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	CLEANUP_FREE char *text = xvasprintf_tr(fmt, ap);
	va_end(ap);
	struct buf b;
	buf_init(&b, 1u << 16);
	term_clean(&b, text);
	fprintf(stderr, "cpauto: %s\n", buf_cstr(&b));
	if (c->json) {
		struct value *v = value_new_object();
		value_set_string(v, "error", buf_cstr(&b));
		value_set_int(v, "exit", exit_code);
		(void)cli_json(v);
	}
	buf_finish(&b);
	return exit_code;
}

/* ---- beginning and end ------------------------------------------------------------ */

static const char *global(const struct cli *c, const char *name)
{
	return command_global(c->set, &c->line, name);
}

/* The configuration that was named, the account's, or the usual one. */
static int find_config(struct cli *c, const char *account)
{
	c->config_path = global(c, "config") ? global(c, "config") : CONFIG_PATH;
	if (!account || global(c, "config"))
		return EX_OK;
	c->account_config = xasprintf(PATHS_ACCOUNTS "/%s.conf", account);
	c->config_path = c->account_config;
	if (access(c->config_path, F_OK) < 0 && errno == ENOENT)
		return cli_fail(c, EX_NOINPUT,
			"there is no account '%s': %s does not exist; write it, as %s is written, "
			"or see what is there: ls %s",
			account, c->config_path, CONFIG_PATH, PATHS_ACCOUNTS);
	return EX_OK;
}

int cli_init(struct cli *c, const struct command_set *set, int argc, char **argv)
{
	struct err e;
	memset(c, 0, sizeof(*c));
	c->set = set;
	int r = command_parse(set, argc, argv, &c->line, &e);
	const char *color = global(c, "color");
	c->json = global(c, "json") != NULL;
	term_init(str_eq(color, "always")        ? TERM_ALWAYS
			: str_eq(color, "never") ? TERM_NEVER
						 : TERM_AUTO);
	clock_now(&c->now);
	if (r < 0)
		return cli_fail(c, EX_USAGE, "%s", e.text);
	struct paths_wish wish = {
		.state = global(c, "state"), .cache = global(c, "cache"),
		.account = global(c, "account"),
	};
	if (paths_find(&c->paths, &wish, &e) < 0)
		return cli_fail(c, EX_USAGE, "%s", e.text);
	return find_config(c, wish.account);
}

void cli_finish(struct cli *c)
{
	store_close(c->store);
	config_free(c->config);
	free(c->account_config);
	c->account_config = NULL;
	c->store = NULL;
	c->config = NULL;
}

static int load_config(struct cli *c, struct value *errors)
{
	int r = config_load(c->config_path, &c->config, errors);
	if (r == 0 && clock_set_zone(c->config->hours.timezone) < 0)
		fprintf(stderr,
			_("cpauto: the time zone %s is not known here; times are shown in UTC\n"),
			c->config->hours.timezone);
	return r;
}

int cli_config(struct cli *c)
{
	if (c->config)
		return EX_OK;
	struct value *errors = value_new_list();
	int r = load_config(c, errors);
	int code = r < 0 ? EX_CONFIG : EX_OK;
	for (size_t i = 0; r < 0 && i < value_len(errors); i++) {
		const char *line = value_string(value_at(errors, i), "");
		if (i == 0)
			(void)cli_fail(c, code, "%s", line);
		else
			fprintf(stderr, "cpauto: %s\n", line);
	}
	value_free(errors);
	return code;
}

void cli_config_try(struct cli *c)
{
	struct value *errors = value_new_list();
	if (!c->config && load_config(c, errors) < 0 && clock_set_zone("Asia/Seoul") < 0)
		c->config = NULL;
	value_free(errors);
}

static int store_exit(int r)
{
	switch (r) {
	case -ENOENT:
		return EX_UNAVAILABLE;
	case -EUCLEAN:
	case -EPROTO:
		return EX_DATAERR;
	case -EBUSY:
	case -ENOSPC:
		return EX_TEMPFAIL;
	case -EACCES:
	case -EPERM:
		return EX_NOPERM;
	default:
		return EX_IOERR;
	}
}

int cli_store(struct cli *c, enum store_mode mode)
{
	struct err e;
	if (c->store && (c->store_mode == mode || mode == STORE_READ))
		return EX_OK;
	store_close(c->store);
	c->store = NULL;
	c->store_mode = mode;
	int r = store_open(c->paths.state, c->paths.cache, mode, &c->store, &e);
	/* What a killed daemon left half-written is rolled back by whoever may write. */
	if (r < 0 && r != -ENOENT && r != -EPROTO && mode == STORE_READ)
		r = store_open(c->paths.state, c->paths.cache, STORE_REQUEST, &c->store, &e);
	if (r < 0)
		return cli_fail(c, store_exit(r), "%s", e.text);
	return EX_OK;
}

int cli_store_failed(struct cli *c, int r)
{
	return cli_fail(c, store_exit(r), "%s", store_error(c->store));
}

/* ---- options ---------------------------------------------------------------------- */

const char *cli_option(const struct cli *c, const char *name)
{
	return command_value(&c->line, name);
}

int cli_option_int(
	const struct cli *c, const char *name, int64_t min, int64_t max, int64_t *ret)
{
	const char *s = cli_option(c, name);
	if (!s || parse_int64(s, min, max, ret) == 0)
		return EX_OK;
	return cli_fail(c, EX_USAGE,
		"--%s: '%s' is no whole number from %" PRId64 " to %" PRId64, name, s, min,
		max);
}

/* ---- the daemon ------------------------------------------------------------------- */

bool cli_daemon_runs(const struct cli *c)
{
	return store_is_held(c->paths.state);
}

/* ---- words ------------------------------------------------------------------------ */

static const char *const words[] UNUSED = {
	/* states of posts */
	N_("planned"), N_("rendered"), N_("waiting"), N_("ready"), N_("sending"), N_("published"),
	N_("unknown"), N_("parked"), N_("refused"),
	/* what came of a call, an agent or a check; "unknown" and "refused" too */
	N_("ok"), N_("later"), N_("broken"), N_("blocked"), N_("under way"), N_("error"),
	N_("warning"), N_("found"), N_("missing"), N_("hidden"),
	/* rules that explain knows */
	N_("daemon"), N_("hours"), N_("account"), N_("source"), N_("budget"), N_("next"),
	N_("post"), N_("list"), N_("paused"), N_("backoff"), N_("last look"), N_("due"),
	N_("asked"), N_("keyword"), N_("cache"), N_("gap"), N_("per_day"), N_("publisher"),
	N_("state"), N_("reason"), N_("prices"),
	/* rules of lint, which a preview names as well */
	N_("sentence"), N_("place"), N_("visible"), N_("wording"), N_("size"),
};

const char *cli_word(const char *word)
{
	return tr(word);
}

/* ---- times ------------------------------------------------------------------------ */

void cli_time(const struct cli *c, int64_t wall_ms, char buf[CLOCK_TEXT_MAX])
{
	struct date d, today;
	if (wall_ms == 0 || wall_ms == INT64_MAX) {
		buf[0] = '\0';
		return;
	}
	clock_date(wall_ms, &d);
	clock_date(c->now.wall_ms, &today);
	if (d.year == today.year && d.month == today.month && d.day == today.day)
		str_format_cut(buf, CLOCK_TEXT_MAX, "%02d:%02d", d.hour, d.minute);
	else if (d.year == today.year)
		str_format_cut(buf, CLOCK_TEXT_MAX, "%02d-%02d %02d:%02d", d.month, d.day,
			d.hour, d.minute);
	else
		str_format_cut(buf, CLOCK_TEXT_MAX, "%04d-%02d-%02d", d.year, d.month, d.day);
}

void cli_due(const struct cli *c, int64_t wall_ms, char buf[CLOCK_TEXT_MAX])
{
	if (wall_ms <= c->now.wall_ms)
		str_format_cut(buf, CLOCK_TEXT_MAX, "%s", _("now"));
	else
		cli_time(c, wall_ms, buf);
}
