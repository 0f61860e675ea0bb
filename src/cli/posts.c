/* SPDX-License-Identifier: MIT */
#include "family.h"

#include <errno.h>
#include <inttypes.h>
#include <sysexits.h>
#include <unistd.h>

#include "ask.h"
#include "cli.h"
#include "table.h"

static enum term_style state_style(const char *state)
{
	static const struct {
		const char *state;
		enum term_style style;
	} styles[] = {
		{ POST_PUBLISHED, TERM_GOOD },
		{ POST_WAITING, TERM_WARN },
		{ POST_UNKNOWN, TERM_WARN },
		{ POST_PARKED, TERM_BAD },
		{ POST_REFUSED, TERM_BAD },
	};
	for (size_t i = 0; i < ARRAY_LEN(styles); i++)
		if (str_eq(styles[i].state, state))
			return styles[i].style;
	return TERM_PLAIN;
}

/* ---- the list --------------------------------------------------------------------- */

static void show_list(const struct cli *c, const struct value *rows)
{
	static const struct table_column columns[] = {
		{ N_("ID"), true, false },
		{ N_("STATE"), false, false },
		{ N_("SINCE"), true, false },
		{ N_("LIST"), false, true },
		{ N_("TITLE"), false, true },
		{ N_("NOTE"), false, true },
	};
	struct table *t = table_new(columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < value_len(rows); i++) {
		const struct value *p = value_at(rows, i);
		const char *state = value_get_string(p, "state", "");
		char note[ERR_MAX];
		int64_t first = value_get_int(p, "updates", 0);
		str_format_cut(note, sizeof(note), "%s", value_get_string(p, "reason", ""));
		if (!note[0] && first)
			str_format_cut(note, sizeof(note), _("in the place of post %" PRId64),
				first);
		char since[CLOCK_TEXT_MAX];
		cli_time(c, value_get_int(p, "changed_ms", 0), since);
		table_int(t, value_get_int(p, "id", 0));
		table_cell(t, state_style(state), cli_word(state));
		table_cell(t, TERM_PLAIN, since);
		table_cell(t, TERM_PLAIN, value_get_string(p, "list", ""));
		table_cell(t, TERM_PLAIN,
			value_get_string(p, "title", value_get_string(p, "keyword", "")));
		table_cell(t, TERM_PLAIN, note);
	}
	table_end(t);
}

int posts_list(struct cli *c)
{
	int64_t limit = 30;
	struct value *rows = NULL;
	const char *state = cli_option(c, "state"), *list = cli_option(c, "list");
	int code = cli_option_int(c, "limit", 0, 1000000, &limit);
	cli_config_try(c);
	if (code == EX_OK)
		code = cli_store(c, STORE_READ);
	if (code != EX_OK)
		return code;
	int r = store_list_posts(c->store, state, list, (int)limit, &rows);
	if (r < 0)
		return cli_store_failed(c, r);
	if (c->json)
		return cli_json_list("posts", rows);
	show_list(c, rows);
	if (value_len(rows) == 0)
		term_say(TERM_PLAIN,
			state || list ? N_("no posts like that\n") : N_("no posts yet\n"));
	else if (limit && value_len(rows) == (size_t)limit)
		term_say(TERM_DIM, "the newest %" PRId64 "; for all: cpauto posts --limit 0\n",
			limit);
	value_free(rows);
	return EX_OK;
}

/* ---- one post --------------------------------------------------------------------- */

static int read_id(struct cli *c, const char *word, int64_t *ret)
{
	if (parse_int64(word[0] == '#' ? word + 1 : word, 1, INT64_MAX, ret) == 0)
		return EX_OK;
	return cli_fail(c, EX_USAGE, "'%s' is no post's number; cpauto posts shows them", word);
}

static int fetch(struct cli *c, struct value **ret)
{
	int64_t id;
	int code = read_id(c, c->line.args[0], &id);
	cli_config_try(c);
	if (code == EX_OK)
		code = cli_store(c, STORE_READ);
	if (code != EX_OK)
		return code;
	int r = store_post_get(c->store, id, ret);
	if (r == -ENOENT)
		return cli_fail(c, EX_DATAERR,
			"there is no post %" PRId64 "; cpauto posts shows those there are", id);
	return r < 0 ? cli_store_failed(c, r) : EX_OK;
}

/* As it is into a file or a pipe; to a terminal without what would move its cursor. */
static int print_text(struct cli *c, const struct value *post, const char *member)
{
	const char *text = value_get_string(post, member, NULL);
	if (!text)
		return cli_fail(c, EX_DATAERR, "post %" PRId64 " has no text yet: it is %s",
			value_get_int(post, "id", 0),
			cli_word(value_get_string(post, "state", "")));
	if (isatty(STDOUT_FILENO))
		term_say(TERM_PLAIN, "%s\n", text);
	else
		printf("%s%s", text, text[0] && text[strlen(text) - 1] == '\n' ? "" : "\n");
	return EX_OK;
}

static void fact_time(
	const struct cli *c, const struct value *post, const char *label, const char *member)
{
	char at[CLOCK_TEXT_MAX];
	cli_time(c, value_get_int(post, member, 0), at);
	if (at[0])
		term_fact(label, 12, TERM_PLAIN, "%s", at);
}

static void fact_text(const struct value *post, const char *label, const char *member)
{
	const char *text = value_get_string(post, member, "");
	if (text[0])
		term_fact(label, 12, TERM_PLAIN, "%s", text);
}

static void show_post(struct cli *c, const struct value *post)
{
	const char *state = value_get_string(post, "state", "");
	term_fact("Post", 12, TERM_PLAIN, "%" PRId64, value_get_int(post, "id", 0));
	term_fact("State", 12, state_style(state), "%s", cli_word(state));
	fact_text(post, "Reason", "reason");
	fact_text(post, "Title", "title");
	fact_text(post, "Keyword", "keyword");
	fact_text(post, "List", "list");
	fact_text(post, "Publisher", "publisher");
	fact_text(post, "Address", "url");
	if (value_get_int(post, "updates", 0))
		term_fact("In place of", 12, TERM_PLAIN, "post %" PRId64,
			value_get_int(post, "updates", 0));
	fact_time(c, post, "Planned", "created_ms");
	fact_time(c, post, "Prices of", "facts_ms");
	fact_time(c, post, "Approved", "approved_ms");
	fact_time(c, post, "Sent", "sending_ms");
	fact_time(c, post, "Published", "published_ms");
	const char *text = value_get_string(post, "text", "");
	if (text[0])
		term_say(TERM_PLAIN, "\n%s\n", text);
}

int posts_show(struct cli *c)
{
	static const char *const texts[] = { "html", "text", "markdown" };
	struct value *post = NULL;
	int code = fetch(c, &post);
	if (code != EX_OK)
		return code;
	if (c->json)
		return cli_json(post);
	const char *want = NULL;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (cli_option(c, texts[i]))
			want = texts[i];
	if (want)
		code = print_text(c, post, want);
	else
		show_post(c, post);
	value_free(post);
	return code;
}

/* ---- wishes ----------------------------------------------------------------------- */

static int ask_posts(struct cli *c, const char *kind, const char *name, const char *value,
	const char *name2, const char *value2)
{
	int worst = EX_OK;
	for (size_t i = 0; i < c->line.arg_count; i++) {
		int64_t id;
		int code = read_id(c, c->line.args[i], &id);
		if (code != EX_OK)
			return code;
		struct value *args = value_new_object();
		value_set_int(args, "post", id);
		if (name)
			value_set_string(args, name, value);
		if (name2)
			value_set_string(args, name2, value2);
		code = ask_and_say(c, kind, args);
		if (code != EX_OK)
			worst = code;
	}
	return worst;
}

int posts_approve(struct cli *c)
{
	return ask_posts(c, "post.approve", NULL, NULL, NULL, NULL);
}

int posts_reject(struct cli *c)
{
	return ask_posts(c, "post.reject", "reason", cli_option(c, "reason"), NULL, NULL);
}

int posts_retry(struct cli *c)
{
	return ask_posts(c, "post.retry", NULL, NULL, NULL, NULL);
}

int posts_update(struct cli *c)
{
	return ask_posts(c, "post.update", NULL, NULL, NULL, NULL);
}

int posts_settle(struct cli *c)
{
	bool published = cli_option(c, "published"), absent = cli_option(c, "absent");
	if (published == absent)
		return cli_fail(c, EX_USAGE,
			"say how it is: --published if it is on the blog, --absent if it is "
			"not");
	if (absent && cli_option(c, "url"))
		return cli_fail(c, EX_USAGE, "--url goes with --published");
	return ask_posts(c, "post.settle", "as", published ? "published" : "absent", "url",
		cli_option(c, "url"));
}
