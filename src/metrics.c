/* SPDX-License-Identifier: MIT */
#include "metrics.h"

#include <inttypes.h>

#include "util.h"

enum metric {
	BUILD_INFO,
	UP,
	LAST_EVENT,
	CALLS_LIMIT,
	CALLS_USED,
	CALLS_LEFT,
	WINDOW,
	CALLS,
	NEXT_CALL,
	BLOCKED,
	BLOCKED_UNTIL,
	STOPPED,
	STRIKES,
	SOURCE_FAILURES,
	KEYS_MISSING,
	SKEW,
	SYNCED,
	KEYWORDS,
	POSTS,
	POSTS_OLDEST,
	BROKEN,
	FAILURES,
	WAIT_UNTIL,
	LAST_PUBLISHED,
	UNDELIVERED,
	UNDELIVERED_OLDEST,
	METRIC_END
};

static const struct {
	const char *name, *type, *help;
} table[METRIC_END] = {
	[BUILD_INFO] = { "cpauto_build_info", "gauge", "Always 1; its label is the version." },
	[UP] = { "cpauto_up", "gauge", "Whether cpautod holds the state folder." },
	[LAST_EVENT] = { "cpauto_last_event_timestamp_seconds", "gauge",
		"When one of these numbers changed last." },
	[CALLS_LIMIT] = { "cpauto_budget_calls_limit", "gauge",
		"Calls that may be made within the window." },
	[CALLS_USED] = { "cpauto_budget_calls_used", "gauge", "Calls that are spent." },
	[CALLS_LEFT] = { "cpauto_budget_calls_left", "gauge", "Calls that are left." },
	[WINDOW] = { "cpauto_budget_window_seconds", "gauge", "Length of the window." },
	[CALLS] = { "cpauto_calls_total", "counter", "Calls that ended, by what came of them." },
	[NEXT_CALL] = { "cpauto_next_call_timestamp_seconds", "gauge",
		"When the next call is made, if one is in sight." },
	[BLOCKED] = { "cpauto_account_blocked", "gauge",
		"Whether the server refuses calls until a time." },
	[BLOCKED_UNTIL] = { "cpauto_account_blocked_until_timestamp_seconds", "gauge",
		"Until when, while it is blocked." },
	[STOPPED] = { "cpauto_account_stopped", "gauge",
		"Whether all calls are stopped after strikes, until cpauto unblock." },
	[STRIKES] = { "cpauto_account_strikes", "gauge",
		"Times that the server said that the limit was exceeded." },
	[SOURCE_FAILURES] = { "cpauto_source_failures", "gauge",
		"Calls that failed in a row." },
	[KEYS_MISSING] = { "cpauto_source_keys_missing", "gauge",
		"Whether no call is made for want of a key." },
	[SKEW] = { "cpauto_server_clock_skew_seconds", "gauge",
		"The server's clock minus this one, as last seen." },
	[SYNCED] = { "cpauto_clock_synchronised", "gauge",
		"Whether this machine's clock is synchronised." },
	[KEYWORDS] = { "cpauto_keywords", "gauge", "Keywords, by list and state." },
	[POSTS] = { "cpauto_posts", "gauge", "Posts, by state." },
	[POSTS_OLDEST] = { "cpauto_posts_oldest_timestamp_seconds", "gauge",
		"Since when the oldest post is wanted that is in this state." },
	[BROKEN] = { "cpauto_publisher_broken", "gauge",
		"Whether the publisher waits for a person." },
	[FAILURES] = { "cpauto_publisher_failures", "gauge", "Failures in a row." },
	[WAIT_UNTIL] = { "cpauto_publisher_wait_until_timestamp_seconds", "gauge",
		"Until when it is left alone after a failure." },
	[LAST_PUBLISHED] = { "cpauto_publisher_last_published_timestamp_seconds", "gauge",
		"When it last had a post out." },
	[UNDELIVERED] = { "cpauto_publisher_undelivered_posts", "gauge",
		"Posts for it that are neither out nor refused." },
	[UNDELIVERED_OLDEST] = { "cpauto_publisher_undelivered_oldest_timestamp_seconds", "gauge",
		"Since when the oldest of them is wanted." },
};

/* What is told at 0 before it happened, so that a rate sees the first. */
static const char *const results[] = { "ok", "later", "unknown", "refused", "broken", "blocked" };
static const char *const states[] = { "planned", "rendered", "waiting", "ready", "sending",
	"published", "unknown", "parked", "refused" };

static void begin(struct buf *out, enum metric m)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", table[m].name, table[m].help,
		table[m].name, table[m].type);
}

/* {name="text"}: backslash, quote and line end are escaped. */
static void label(struct buf *out, char before, const char *name, const char *text)
{
	buf_printf(out, "%c%s=\"", before, name);
	for (; *text; text++) {
		if (*text == '\n')
			buf_str(out, "\\n");
		else if (*text == '\\' || *text == '"')
			buf_printf(out, "\\%c", *text);
		else
			buf_char(out, *text);
	}
	buf_char(out, '"');
}

static void sample(struct buf *out, enum metric m, const char *name, const char *text, int64_t n)
{
	buf_str(out, table[m].name);
	if (name) {
		label(out, '{', name, text);
		buf_char(out, '}');
	}
	buf_printf(out, " %" PRId64 "\n", n);
}

/* Milliseconds as seconds. */
static void sample_ms(
	struct buf *out, enum metric m, const char *name, const char *text, int64_t ms)
{
	int64_t rest = ms % 1000;
	buf_str(out, table[m].name);
	if (name) {
		label(out, '{', name, text);
		buf_char(out, '}');
	}
	buf_printf(out, " %s%" PRId64 ".%03d\n", ms < 0 && ms > -1000 ? "-" : "", ms / 1000,
		(int)(rest < 0 ? -rest : rest));
}

static void one(struct buf *out, enum metric m, int64_t n)
{
	begin(out, m);
	sample(out, m, NULL, NULL, n);
}

static void one_ms(struct buf *out, enum metric m, int64_t ms)
{
	begin(out, m);
	sample_ms(out, m, NULL, NULL, ms);
}

static bool is_among(const char *const *words, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(words[i], word))
			return true;
	return false;
}

/* COUNTS by NAME: the known WORDS first, all of them, then what else there is. */
static void by_word(struct buf *out, enum metric m, const char *name, const struct value *counts,
	const char *const *words, size_t n)
{
	begin(out, m);
	for (size_t i = 0; i < n; i++)
		sample(out, m, name, words[i], value_get_int(counts, words[i], 0));
	for (size_t i = 0; i < value_len(counts); i++)
		if (!is_among(words, n, value_name_at(counts, i)))
			sample(out, m, name, value_name_at(counts, i),
				value_int(value_member_at(counts, i), 0));
}

static void write_account(const struct metrics *m, struct buf *out)
{
	one(out, BLOCKED, m->blocked);
	if (m->blocked)
		one_ms(out, BLOCKED_UNTIL, m->blocked_until_ms);
	one(out, STOPPED, m->stopped);
	one(out, STRIKES, m->strikes);
	one(out, SOURCE_FAILURES, m->source_failures);
	one(out, KEYS_MISSING, m->keys_missing);
	one_ms(out, SKEW, m->skew_ms);
	one(out, SYNCED, m->synced);
}

static void write_keywords(const struct metrics *m, struct buf *out)
{
	static const char *const words[] = { "due", "waiting", "failing", "paused" };
	begin(out, KEYWORDS);
	for (size_t i = 0; i < value_len(m->keywords); i++) {
		const struct value *row = value_at(m->keywords, i);
		for (size_t k = 0; k < ARRAY_LEN(words); k++) {
			buf_str(out, table[KEYWORDS].name);
			label(out, '{', "list", value_get_string(row, "list", ""));
			label(out, ',', "state", words[k]);
			buf_printf(out, "} %" PRId64 "\n", value_get_int(row, words[k], 0));
		}
	}
}

static void write_oldest(const struct metrics *m, struct buf *out)
{
	if (value_len(m->oldest) > 0)
		begin(out, POSTS_OLDEST);
	for (size_t i = 0; i < value_len(m->oldest); i++)
		sample_ms(out, POSTS_OLDEST, "state", value_name_at(m->oldest, i),
			value_int(value_member_at(m->oldest, i), 0));
}

/* One number of each publisher; times that are 0 are none. */
static void write_publishers(const struct metrics *m, struct buf *out)
{
	static const struct {
		enum metric metric;
		const char *member;
		bool time;
	} columns[] = {
		{ BROKEN, "broken", false },
		{ FAILURES, "failures", false },
		{ WAIT_UNTIL, "until_ms", true },
		{ LAST_PUBLISHED, "last_ms", true },
		{ UNDELIVERED, "undelivered", false },
		{ UNDELIVERED_OLDEST, "oldest_ms", true },
	};
	for (size_t c = 0; c < ARRAY_LEN(columns); c++) {
		bool begun = false;
		for (size_t i = 0; i < value_len(m->publishers); i++) {
			const struct value *p = value_at(m->publishers, i);
			const char *name = value_get_string(p, "name", "");
			int64_t n = value_get_int(p, columns[c].member, 0);
			if (columns[c].time && n == 0)
				continue;
			if (!begun)
				begin(out, columns[c].metric);
			begun = true;
			if (columns[c].time)
				sample_ms(out, columns[c].metric, "publisher", name, n);
			else
				sample(out, columns[c].metric, "publisher", name, n);
		}
	}
}

void metrics_write(const struct metrics *m, struct buf *out)
{
	begin(out, BUILD_INFO);
	sample(out, BUILD_INFO, "version", m->version, 1);
	one(out, UP, m->up);
	if (m->event_ms)
		one_ms(out, LAST_EVENT, m->event_ms);
	one(out, CALLS_LIMIT, m->calls_limit);
	one(out, CALLS_USED, m->calls_limit - m->calls_left);
	one(out, CALLS_LEFT, m->calls_left);
	one_ms(out, WINDOW, m->window_ms);
	by_word(out, CALLS, "result", m->calls, results, ARRAY_LEN(results));
	if (m->next_call_ms)
		one_ms(out, NEXT_CALL, m->next_call_ms);
	write_account(m, out);
	write_keywords(m, out);
	by_word(out, POSTS, "state", m->posts, states, ARRAY_LEN(states));
	write_oldest(m, out);
	write_publishers(m, out);
}

void metrics_finish(struct metrics *m)
{
	value_free(m->calls);
	value_free(m->keywords);
	value_free(m->posts);
	value_free(m->oldest);
	value_free(m->publishers);
}

const char *metrics_name(size_t i)
{
	return i < METRIC_END ? table[i].name : NULL;
}
