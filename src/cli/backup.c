/* SPDX-License-Identifier: MIT */
#include "family.h"

#include <errno.h>
#include <inttypes.h>
#include <sysexits.h>

#include "account.h"
#include "cli.h"

static int exit_of(int r)
{
	switch (r) {
	case -ENOENT:
		return EX_NOINPUT;
	case -EUCLEAN:
	case -EPROTO:
		return EX_DATAERR;
	case -EEXIST:
	case -EROFS:
		return EX_CANTCREAT;
	case -EACCES:
	case -EPERM:
		return EX_NOPERM;
	case -EBUSY:
	case -ENOSPC:
		return EX_TEMPFAIL;
	default:
		return EX_IOERR;
	}
}

/* "1234 calls, 56 posts (50 published), 12 keywords; its last entry is of …" */
static void say_content(const struct value *v)
{
	char last[CLOCK_TEXT_MAX];
	int64_t calls = value_get_int(v, "calls", 0), posts = value_get_int(v, "posts", 0);
	int64_t keywords = value_get_int(v, "keywords", 0);
	clock_format_stamp(value_get_int(v, "last_ms", 0), last);
	term_say(TERM_PLAIN, tr_n("%" PRId64 " call, ", "%" PRId64 " calls, ", calls), calls);
	term_say(TERM_PLAIN,
		tr_n("%" PRId64 " post (%" PRId64 " published), ",
			"%" PRId64 " posts (%" PRId64 " published), ", posts),
		posts, value_get_int(v, "published", 0));
	term_say(TERM_PLAIN, tr_n("%" PRId64 " keyword; ", "%" PRId64 " keywords; ", keywords),
		keywords);
	if (value_get_int(v, "last_ms", 0))
		term_say(TERM_PLAIN, "its last entry is of %s\n", last);
	else
		term_say(TERM_PLAIN, "nothing has happened in it yet\n");
}

int backup_run(struct cli *c)
{
	struct value *what = NULL;
	struct err e;
	const char *file = c->line.args[0];
	cli_config_try(c);
	int r = store_backup(c->paths.state, file, cli_option(c, "force"), &what, &e);
	if (r < 0)
		return cli_fail(c, exit_of(r), "%s", e.text);
	if (c->json) {
		value_set_string(what, "file", file);
		return cli_json(what);
	}
	term_say(TERM_PLAIN, "%s: ", file);
	say_content(what);
	value_free(what);
	return EX_OK;
}

static void say_kept(const struct value *v)
{
	const char *kept = value_get_string(v, "kept", "");
	if (kept[0])
		term_say(TERM_PLAIN, "what was here is kept as %s\n", kept);
}

/* What is assumed, since nobody can know. */
static void say_assumed(struct cli *c, const struct value *v)
{
	char wait[64];
	int64_t calls = value_get_int(v, "calls_counted", 0);
	int64_t posts = value_get_int(v, "doubted", 0);
	int64_t wishes = value_get_int(v, "requests_dropped", 0);
	format_wait(c->config->budget.window_ms + c->config->budget.margin_ms, wait, sizeof(wait));
	term_say(TERM_PLAIN,
		tr_n("the backup does not know the last calls: %" PRId64
		     " counts as made now, so none is made for %s\n",
			"the backup does not know the last calls: %" PRId64
			" count as made now, so none is made for %s\n", calls),
		calls, wait);
	if (posts)
		term_say(TERM_PLAIN,
			tr_n("%" PRId64 " post may have gone out since: looked for before "
			     "anything is sent; where the publisher cannot look, you are asked "
			     "(cpauto posts --state parked)\n",
				"%" PRId64 " posts may have gone out since: looked for before "
				"anything is sent; where the publisher cannot look, you are "
				"asked (cpauto posts --state parked)\n", posts),
			posts);
	term_say(TERM_PLAIN, "the next post of each keyword that was due is looked for too\n");
	if (wishes)
		term_say(TERM_PLAIN,
			tr_n("%" PRId64 " wish was not yet done; say it again if you still want "
			     "it\n",
				"%" PRId64 " wishes were not yet done; say them again if you still "
				"want them\n", wishes),
			wishes);
	if (!value_get_bool(v, "account_known", false))
		term_say(TERM_WARN, "strikes since the backup are not known: the next one stops "
			"all calls until you run cpauto unblock\n");
}

int restore_run(struct cli *c)
{
	struct value *what = NULL;
	struct err e;
	const char *file = c->line.args[0];
	/* How many calls there are to count as made. */
	int code = cli_config(c);
	if (code != EX_OK)
		return code;
	int r = store_restore(c->paths.state, file, &c->now, c->config->budget.calls, &what, &e);
	if (r < 0)
		return cli_fail(c, exit_of(r), "%s", e.text);
	if (c->json) {
		value_set_string(what, "file", file);
		return cli_json(what);
	}
	term_say(TERM_GOOD, "restored from %s: ", file);
	say_content(what);
	say_kept(what);
	say_assumed(c, what);
	value_free(what);
	return EX_OK;
}
