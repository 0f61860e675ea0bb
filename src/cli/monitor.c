/* SPDX-License-Identifier: MIT */
#include "family.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <sysexits.h>

#include "cli.h"
#include "survey.h"
#include "tr.h"

/* As the guidelines of Nagios' plugins have it: one line, numbers behind a bar, four codes. */
enum level { LEVEL_OK, LEVEL_WARNING, LEVEL_CRITICAL, LEVEL_UNKNOWN };

struct verdict {
	struct cli *c;
	enum level level;
	struct buf text, numbers;
	int64_t warn_ms, crit_ms; /* 0: not asked for */
};

/* What is wrong; the worst decides. */
static void wrong(struct verdict *v, enum level level, const char *fmt, ...) PRINTF(3, 4);
static void wrong(struct verdict *v, enum level level, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	CLEANUP_FREE char *text = xvasprintf(tr(fmt), ap);
	va_end(ap);
	buf_printf(&v->text, "%s%s", v->text.len ? "; " : "", text);
	if (level > v->level)
		v->level = level;
}

/* The line is one, and a bar in it would begin the numbers. */
static void clean(struct buf *out, const char *text)
{
	struct buf b;
	buf_init(&b, 1u << 16);
	term_clean(&b, text);
	for (const char *p = buf_cstr(&b); *p; p++)
		buf_char(out, *p == '|' ? '/' : *p == '\n' ? ' ' : *p);
	buf_finish(&b);
}

static int say(struct verdict *v)
{
	static const char *const words[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };
	struct buf line;
	buf_init(&line, 1u << 17);
	clean(&line, buf_cstr(&v->text));
	if (v->c->json) {
		struct value *o = value_new_object();
		value_set_string(o, "status", words[v->level]);
		value_set_int(o, "exit", v->level);
		value_set_string(o, "text", buf_cstr(&line));
		value_set_string(o, "numbers", buf_cstr(&v->numbers));
		(void)cli_json(o);
	} else {
		printf("CPAUTO %s - %s%s%s\n", words[v->level], buf_cstr(&line),
			v->numbers.len ? "|" : "", buf_cstr(&v->numbers));
	}
	buf_finish(&line);
	return v->level;
}

static bool take_limit(struct verdict *v, const char *option, int64_t *ret)
{
	const char *text = cli_option(v->c, option);
	if (!text || (parse_duration(text, ret) == 0 && *ret > 0))
		return true;
	wrong(v, LEVEL_UNKNOWN, "--%s: '%s' is no time like 24h", option, text);
	return false;
}

/* Without the lines on standard error of cli_config(): a monitor reads one line. */
static bool take_config(struct verdict *v)
{
	struct cli *c = v->c;
	struct value *errors = value_new_list();
	int r = config_load(c->config_path, &c->config, errors);
	if (r < 0)
		wrong(v, LEVEL_UNKNOWN, "%s", value_string(value_at(errors, 0), ""));
	else
		(void)!clock_set_zone(c->config->hours.timezone);
	value_free(errors);
	return r == 0;
}

static bool take_store(struct verdict *v)
{
	struct cli *c = v->c;
	struct err e;
	int r = store_open(c->paths.state, c->paths.cache, STORE_READ, &c->store, &e);
	if (r < 0)
		wrong(v, r == -EUCLEAN ? LEVEL_CRITICAL : LEVEL_UNKNOWN, "%s", e.text);
	return r == 0;
}

static void judge_account(struct verdict *v, const struct metrics *m)
{
	char until[CLOCK_TEXT_MAX];
	cli_time(v->c, m->blocked_until_ms, until);
	if (!m->up)
		wrong(v, LEVEL_CRITICAL, "cpautod does not run");
	if (m->stopped)
		wrong(v, LEVEL_CRITICAL, "calls are stopped after %d strikes: cpauto unblock",
			m->strikes);
	else if (m->blocked)
		wrong(v, LEVEL_WARNING, "blocked by the server until %s", until);
	if (m->keys_missing)
		wrong(v, LEVEL_WARNING, "no call is made for want of a key: cpauto status");
	else if (m->source_failures > 0)
		wrong(v, LEVEL_WARNING, tr_n("the source failed %d time in a row",
			"the source failed %d times in a row", m->source_failures),
			m->source_failures);
}

static void judge_posts(struct verdict *v, const struct metrics *m)
{
	int64_t parked = value_get_int(m->posts, POST_PARKED, 0);
	if (parked > 0)
		wrong(v, LEVEL_WARNING,
			tr_n("%d post for you to settle: cpauto posts --state parked",
				"%d posts for you to settle: cpauto posts --state parked", parked),
			(int)parked);
	for (size_t i = 0; i < value_len(m->publishers); i++) {
		const struct value *p = value_at(m->publishers, i);
		if (value_get_int(p, "broken", 0))
			wrong(v, LEVEL_WARNING, "publisher '%s' needs you: cpauto status",
				value_get_string(p, "name", ""));
	}
}

/* How long the post has been wanted that is not out for the longest time; and its state. */
static int64_t unposted(const struct verdict *v, const struct metrics *m, const char **ret_state)
{
	int64_t oldest = v->c->now.wall_ms;
	*ret_state = NULL;
	for (size_t i = 0; i < value_len(m->oldest); i++) {
		int64_t at = value_int(value_member_at(m->oldest, i), 0);
		if (*ret_state && at >= oldest)
			continue;
		oldest = at;
		*ret_state = value_name_at(m->oldest, i);
	}
	return v->c->now.wall_ms > oldest ? v->c->now.wall_ms - oldest : 0;
}

static int64_t judge_age(struct verdict *v, const struct metrics *m)
{
	const char *state;
	char age[32];
	int64_t ms = unposted(v, m, &state);
	format_wait(ms, age, sizeof(age));
	bool crit = v->crit_ms && ms >= v->crit_ms, warn = v->warn_ms && ms >= v->warn_ms;
	if (state && (crit || warn))
		wrong(v, crit ? LEVEL_CRITICAL : LEVEL_WARNING, "a post is not out after %s (%s)",
			age, cli_word(state));
	return ms / 1000;
}

static void add_limit(struct buf *b, int64_t ms)
{
	if (ms)
		buf_printf(b, "%" PRId64, ms / 1000);
	buf_char(b, ';');
}

static void add_numbers(struct verdict *v, const struct metrics *m, int64_t age_s)
{
	static const char *const states[] = { POST_WAITING, POST_READY, POST_UNKNOWN, POST_PARKED };
	struct buf *b = &v->numbers;
	buf_printf(b, "unposted=%" PRId64 "s;", age_s);
	add_limit(b, v->warn_ms);
	add_limit(b, v->crit_ms);
	buf_printf(b, "0 calls_left=%d;;;0;%d strikes=%d;;;0", m->calls_left, m->calls_limit,
		m->strikes);
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		buf_printf(b, " %s=%" PRId64 ";;;0", states[i],
			value_get_int(m->posts, states[i], 0));
}

static void judge(struct verdict *v)
{
	struct survey_tally tally = { 0 };
	struct metrics m;
	int r = survey_take(v->c->store, v->c->config, &v->c->now, &tally, &m);
	survey_tally_finish(&tally);
	if (r < 0) {
		wrong(v, r == -EUCLEAN ? LEVEL_CRITICAL : LEVEL_UNKNOWN, "%s",
			store_error(v->c->store));
		return;
	}
	m.up = cli_daemon_runs(v->c);
	judge_account(v, &m);
	int64_t age = judge_age(v, &m);
	judge_posts(v, &m);
	if (!v->text.len)
		buf_printf(&v->text, _("%d of %d calls left, posts published: %d"), m.calls_left,
			m.calls_limit, (int)value_get_int(m.posts, POST_PUBLISHED, 0));
	add_numbers(v, &m, age);
	metrics_finish(&m);
}

int monitor_run(struct cli *c)
{
	struct verdict v = { .c = c };
	buf_init(&v.text, 1u << 16);
	buf_init(&v.numbers, 4096);
	bool good = take_limit(&v, "warn-unposted", &v.warn_ms) &&
		take_limit(&v, "crit-unposted", &v.crit_ms);
	if (good && take_config(&v) && take_store(&v))
		judge(&v);
	int code = say(&v);
	buf_finish(&v.text);
	buf_finish(&v.numbers);
	return code;
}
