/* SPDX-License-Identifier: MIT */
#include "family.h"

#include <sysexits.h>

#include "cli.h"
#include "errand.h"
#include "notice.h"
#include "table.h"

/* A person logs in meanwhile, with a telephone at hand perhaps. */
#define LOGIN_MS (15 * 60 * INT64_C(1000))

static int exit_code_of(const struct agent_result *r)
{
	switch (r->verdict) {
	case AGENT_OK:
		return EX_OK;
	case AGENT_LATER:
	case AGENT_BLOCKED:
		return EX_TEMPFAIL;
	case AGENT_REFUSED:
		return EX_UNAVAILABLE;
	default:
		return EX_CONFIG;
	}
}

/* What the agent looked for, if it says: {name, state, text}. */
static void show_selectors(const struct value *list)
{
	for (size_t i = 0; i < value_len(list); i++) {
		const struct value *s = value_at(list, i);
		const char *state = value_get_string(s, "state", "");
		term_fact(value_get_string(s, "name", ""), 24,
			str_eq(state, "found")             ? TERM_GOOD
				: str_eq(state, "missing") ? TERM_BAD
							   : TERM_WARN,
			"%s", cli_word(state));
	}
}

static void show(const char *name, const char *op, const struct agent_result *r)
{
	const char *good = str_eq(op, "notify") ? _("the message is delivered")
						: _("it can work");

	show_selectors(value_get(r->answer, "selectors"));
	if (r->verdict == AGENT_OK)
		term_fact(name, 15, TERM_GOOD, "%s%s%s", good, str_empty(r->reason) ? "" : ": ",
			r->reason ? r->reason : "");
	else
		term_fact(name, 15, TERM_BAD, "%s: %s", cli_word(agent_verdict_word(r->verdict)),
			r->reason ? r->reason : "");
	const char *notice = value_get_string(r->answer, "notice", NULL);
	if (notice)
		term_fact("", 15, TERM_WARN, "%s", notice);
}

static struct value *as_value(const char *name, const struct agent_result *r)
{
	struct value *v = r->answer ? value_copy(r->answer) : value_new_object();
	value_remove(v, "v");
	value_set_string(v, "publisher", name);
	value_set_string(v, "result", agent_verdict_word(r->verdict));
	value_set_string(v, "reason", r->reason);
	return v;
}

/* What a window needs, which no agent gets otherwise; and how long a person may take. */
static struct value *window(void)
{
	static const char *const names[] = { "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY",
		"XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "HOME" };
	struct value *more = value_new_object(), *environment = value_new_object();
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		value_set_string(environment, names[i], getenv(names[i]));
	value_set(more, "environment", environment);
	value_set_int(more, "timeout_ms", LOGIN_MS);
	return more;
}

static int run_errand(struct cli *c, const struct errand_whom *whom, const char *op,
	int64_t limit_ms, const struct value *more, struct value *all)
{
	struct agent_result r;
	errand_run(&c->paths, whom, op, limit_ms, more, &r);
	if (c->json)
		value_append(all, as_value(whom->name, &r));
	else
		show(whom->name, op, &r);
	int code = exit_code_of(&r);
	agent_result_finish(&r);
	return code;
}

static int run_one(struct cli *c, const char *name, const char *op, const struct value *more,
	struct value *all)
{
	const struct config_publisher *p = config_publisher_find(c->config, name);
	if (!p)
		return cli_fail(
			c, EX_USAGE, "there is no publisher '%s' in %s", name, c->config_path);
	int64_t limit = more ? LOGIN_MS + 30000 : p->timeout_ms;
	return run_errand(c, ERRAND_WHOM(p), op, limit, more, all);
}

/* Of a publisher, or of one of the events. */
static int check_one(struct cli *c, const char *name, struct value *all)
{
	const struct config_notifier *n = config_notifier_find(c->config, name);
	if (!n)
		return run_one(c, name, "check", NULL, all);
	return run_errand(c, ERRAND_WHOM(n), "check", n->timeout_ms, NULL, all);
}

/* A message that says what it is. */
static struct value *test_event(const struct cli *c, const struct config_notifier *n)
{
	struct value *more = value_new_object();
	value_set(more, "event", notice_test(n, c->now.wall_ms));
	return more;
}

static int test_one(struct cli *c, const char *name, struct value *all)
{
	const struct config_notifier *n = config_notifier_find(c->config, name);
	if (!n)
		return cli_fail(c, EX_USAGE, "nobody is called '%s' in the events of %s", name,
			c->config_path);
	struct value *more = test_event(c, n);
	int code = run_errand(c, ERRAND_WHOM(n), "notify", n->timeout_ms, more, all);
	value_free(more);
	return code;
}

static int for_each_name(struct cli *c, const char *member,
	int (*run)(struct cli *, const char *, struct value *))
{
	int code = cli_config(c);
	struct value *all = value_new_list();
	for (size_t i = 0; code == EX_OK && i < c->line.arg_count; i++)
		code = run(c, c->line.args[i], all);
	if (c->json)
		(void)cli_json_list(member, all);
	else
		value_free(all);
	return code;
}

int publisher_check(struct cli *c)
{
	return for_each_name(c, "publishers", check_one);
}

int notify_test(struct cli *c)
{
	return for_each_name(c, "events", test_one);
}

int publisher_login(struct cli *c)
{
	int code = cli_config(c);
	struct value *all = value_new_list();
	if (code == EX_OK && !c->json)
		term_say(TERM_PLAIN, "a window opens; log in there, nothing is typed for you\n");
	struct value *more = window();
	if (code == EX_OK)
		code = run_one(c, c->line.args[0], "login", more, all);
	value_free(more);
	if (c->json)
		(void)cli_json_list("publishers", all);
	else
		value_free(all);
	return code;
}
