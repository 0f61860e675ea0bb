/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <limits.h>
#include <strings.h>
#include <sys/stat.h>

#include "text.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define YEAR (366 * DAY)

#define NAME_MAX_BYTES 192 /* 64 Hangul syllables */
#define STRINGS_MAX 100

#define IN_CONFIG(m) .at = offsetof(struct config, m)
#define IN_LIST(m) .at = offsetof(struct config_list, m)
#define IN_PUBLISHER(m) .at = offsetof(struct config_publisher, m)
#define IN_NOTIFIER(m) .at = offsetof(struct config_notifier, m)

const struct option_group option_groups[] = {
	{ "coupang", false }, { "budget", false }, { "cache", false }, { "hours", false },
	{ "monitoring", false }, { "daemon", false }, { "lists", true }, { "publishers", true },
	{ "events", true },
};
const size_t option_group_count = ARRAY_LEN(option_groups);

const struct option option_table[] = {
	{ "coupang", "access_key_file", OPTION_FILE, "", IN_CONFIG(coupang.access_key_file),
	  .example = "coupang.access-key",
	  .text = "File (mode 0600) with the access key; \"\" = the systemd credential "
		  "coupang.access-key." },
	{ "coupang", "secret_key_file", OPTION_FILE, "", IN_CONFIG(coupang.secret_key_file),
	  .example = "coupang.secret-key",
	  .text = "File (mode 0600) with the secret key; \"\" = the systemd credential "
		  "coupang.secret-key." },
	{ "coupang", "endpoint", OPTION_URL, "https://api-gateway.coupang.com",
	  IN_CONFIG(coupang.endpoint),
	  .text = "Where the API is; plain http is taken for loopback addresses only." },
	{ "coupang", "sub_id", OPTION_STRING, "", IN_CONFIG(coupang.sub_id), .max = 64,
	  .example = "myblog",
	  .text = "Channel id (subId) as registered with Coupang Partners; one that is not "
		  "registered there is left out of the settlement." },
	{ "coupang", "image_size", OPTION_SIZE, "512x512", IN_CONFIG(coupang.image_size),
	  .min = 1, .max = 2000, .unit = "pixels",
	  .text = "Width and height of product images." },
	{ "coupang", "timeout", OPTION_DURATION, "30s", IN_CONFIG(coupang.timeout_ms),
	  .min = SECOND, .max = 10 * MINUTE,
	  .text = "How long one call of the API may take." },

	{ "budget", "calls", OPTION_INT, "10", IN_CONFIG(budget.calls), .min = 1, .max = 10000,
	  .unit = "calls",
	  .text = "Calls within any window; more than the programme grants can cost the "
		  "account." },
	{ "budget", "window", OPTION_DURATION, "1h", IN_CONFIG(budget.window_ms),
	  .min = SECOND, .max = 31 * DAY,
	  .text = "Length of the sliding window." },
	{ "budget", "margin", OPTION_DURATION, "60s", IN_CONFIG(budget.margin_ms),
	  .min = 0, .max = DAY,
	  .text = "Added to the window, for clocks that differ and answers that are slow." },
	{ "budget", "pace", OPTION_PACE, "even", IN_CONFIG(budget.pace_ms),
	  .min = 0, .max = 31 * DAY,
	  .text = "\"even\" spreads the calls over the window; a time is the shortest gap "
		  "between two; \"0s\" is none." },
	{ "budget", "reserve", OPTION_INT, "0", IN_CONFIG(budget.reserve), .min = 0, .max = 9999,
	  .unit = "calls",
	  .text = "Calls of each window kept back for yourself (cpauto preview --fetch)." },

	{ "cache", "ttl", OPTION_DURATION, "24h", IN_CONFIG(cache.ttl_ms),
	  .min = MINUTE, .max = 31 * DAY,
	  .text = "How long an answer is used again; no post shows prices older than this." },
	{ "cache", "history", OPTION_DURATION, "0", IN_CONFIG(cache.history_ms),
	  .min = 0, .max = 10 * YEAR, .example = "90d",
	  .text = "How long prices are kept; \"0\" keeps none." },

	{ "hours", "active", OPTION_HOURS, "08:00-23:00", IN_CONFIG(hours.active),
	  .text = "When calls are made and posts are sent; may go over midnight; "
		  "\"00:00-24:00\" is always." },
	{ "hours", "timezone", OPTION_ZONE, "Asia/Seoul", IN_CONFIG(hours.timezone),
	  .text = "The zone of all times of day and dates." },

	{ "daemon", "language", OPTION_CHOICE, "auto", IN_CONFIG(daemon.language),
	  .choices = "auto|en|ko",
	  .text = "What the journal, reasons and the outbox's pages are written in; auto: as "
		  "the environment says." },
	{ "monitoring", "metrics_file", OPTION_FILE, "", IN_CONFIG(monitoring.metrics_file),
	  .example = "cpauto.prom",
	  .text = "File for Prometheus, written anew when something changed; \"\" = none." },

	{ "lists", "name", OPTION_NAME, NULL, IN_LIST(name), .example = "kitchen",
	  .text = "What the list is called; Hangul, letters, digits, '-', '_' and '.'." },
	{ "lists", "keywords", OPTION_KEYWORDS, "", IN_LIST(keywords),
	  .count_at = offsetof(struct config_list, keyword_count),
	  .max = CONFIG_KEYWORD_BYTES_MAX, .example = "\"에어프라이어\", \"무선 청소기\"",
	  .text = "What is searched for." },
	{ "lists", "keywords_file", OPTION_FILE, "", IN_LIST(keywords_file),
	  .example = "kitchen.txt",
	  .text = "More keywords, one a line, '#' begins a comment; from the folder of this "
		  "file." },
	{ "lists", "every", OPTION_DURATION, "3d", IN_LIST(every_ms), .min = MINUTE, .max = YEAR,
	  .text = "How often each keyword is looked at." },
	{ "lists", "weight", OPTION_INT, "1", IN_LIST(weight), .min = 1, .max = 1000,
	  .text = "Share of the calls when there are too few for all lists." },
	{ "lists", "limit", OPTION_INT, "10", IN_LIST(limit), .min = 1, .max = 10,
	  .unit = "products",
	  .text = "Products in a post; the API gives 10 at most." },
	{ "lists", "template", OPTION_NAME, "roundup", IN_LIST(template),
	  .text = "How a post looks: roundup, best3, single or one of your own." },
	{ "lists", "title", OPTION_STRING, "", IN_LIST(title), .max = 1000,
	  .example = "{{keyword}} 추천",
	  .text = "Title of the posts, a template's text; \"\" = the title of the template." },
	{ "lists", "tags", OPTION_STRINGS, "", IN_LIST(tags),
	  .count_at = offsetof(struct config_list, tag_count), .max = 100,
	  .example = "\"추천\", \"주방\"",
	  .text = "Tags of the posts." },
	{ "lists", "category", OPTION_STRING, "", IN_LIST(category), .max = 200,
	  .example = "주방",
	  .text = "Category of the blog." },
	{ "lists", "publisher", OPTION_NAME, "outbox", IN_LIST(publisher),
	  .text = "Which of the publishers gets the posts." },
	{ "lists", "approve", OPTION_CHOICE, "auto", IN_LIST(approve), .choices = "auto|manual",
	  .text = "\"manual\" waits for 'cpauto posts approve' before a post is sent." },
	{ "lists", "repost", OPTION_CHOICE, "changed", IN_LIST(repost),
	  .choices = "never|changed|update|always",
	  .text = "Whether a keyword gets another post: never, when products or prices have "
		  "changed, or always; with update its post is changed in place." },
	{ "lists", "repost_threshold", OPTION_FLOAT, "5.0", IN_LIST(repost_threshold),
	  .min = 0, .max = 100, .unit = "percent",
	  .text = "By how many percent a price must move to count as changed." },

	{ "publishers", "name", OPTION_NAME, NULL, IN_PUBLISHER(name), .example = "outbox",
	  .text = "What the lists call it." },
	{ "publishers", "agent", OPTION_NAME, NULL, IN_PUBLISHER(agent), .example = "outbox",
	  .text = "The program that does the work: outbox or another agent." },
	{ "publishers", "directory", OPTION_FILE, "", .agent = true, .example = "outbox",
	  .text = "outbox: the folder for the posts; from the folder of this file." },
	{ "publishers", "per_day", OPTION_INT, "0", IN_PUBLISHER(per_day), .min = 0, .max = 10000,
	  .unit = "posts",
	  .text = "Posts a day at most; 0 = no limit." },
	{ "publishers", "gap", OPTION_DURATION, "0s", IN_PUBLISHER(gap_ms), .min = 0,
	  .max = 31 * DAY,
	  .text = "The shortest time between two posts." },
	{ "publishers", "hours", OPTION_HOURS, "00:00-24:00", IN_PUBLISHER(hours),
	  .text = "When it may publish, within hours.active." },
	{ "publishers", "similar", OPTION_INT, "90", IN_PUBLISHER(similar), .min = 0, .max = 100,
	  .unit = "percent",
	  .text = "A post that is so much like one of the last 90 days waits for your "
		  "approval; 0 = never." },
	{ "publishers", "timeout", OPTION_DURATION, "5min", IN_PUBLISHER(timeout_ms),
	  .min = SECOND, .max = DAY,
	  .text = "How long the agent may take for one post." },

	{ "events", "name", OPTION_NAME, NULL, IN_NOTIFIER(name), .example = "phone",
	  .text = "What it is called, in the log and in cpauto notify." },
	{ "events", "agent", OPTION_NAME, NULL, IN_NOTIFIER(agent), .example = "ntfy",
	  .text = "The program that tells: ntfy, telegram, webhook, mail, exec or another "
		  "agent." },
	{ "events", "on", OPTION_STRINGS, "", IN_NOTIFIER(on),
	  .count_at = offsetof(struct config_notifier, on_count), .max = 20,
	  .example = "\"approval\", \"published\"",
	  .text = "What is told; empty is approval, parked, blocked and broken." },
	{ "events", "language", OPTION_CHOICE, "auto", IN_NOTIFIER(language),
	  .choices = "auto|en|ko",
	  .text = "The language of headings and buttons; auto: that of the daemon." },
	{ "events", "hours", OPTION_HOURS, "00:00-24:00", IN_NOTIFIER(hours),
	  .text = "When it may tell; what comes outside waits until then." },
	{ "events", "gap", OPTION_DURATION, "0s", IN_NOTIFIER(gap_ms), .min = 0, .max = DAY,
	  .text = "The shortest time between two messages; what comes meanwhile goes into "
		  "one." },
	{ "events", "per_hour", OPTION_INT, "20", IN_NOTIFIER(per_hour), .min = 1, .max = 1000,
	  .unit = "messages",
	  .text = "Messages an hour, on average; so many may come at once." },
	{ "events", "replies", OPTION_CHOICE, "no", IN_NOTIFIER(replies),
	  .choices = "no|approve",
	  .text = "\"approve\": a post that waits for approval may be approved or rejected "
		  "by a reply, where the agent brings replies." },
	{ "events", "poll", OPTION_DURATION, "5min", IN_NOTIFIER(poll_ms), .min = SECOND,
	  .max = DAY,
	  .text = "How often replies are asked for while a post waits for one." },
	{ "events", "page", OPTION_URL, "", IN_NOTIFIER(page),
	  .example = "https://home.example/posts",
	  .text = "Where your own page shows a post; '/' and its number are put behind it." },
	{ "events", "timeout", OPTION_DURATION, "30s", IN_NOTIFIER(timeout_ms), .min = SECOND,
	  .max = 10 * MINUTE,
	  .text = "How long the agent may take for one message." },
};
const size_t option_count = ARRAY_LEN(option_table);

/* ---- finding ---------------------------------------------------------------------- */

const struct option *option_find(const char *group, const char *name)
{
	for (size_t i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];
		if ((group == NULL || str_eq(o->group, group)) && str_eq(o->name, name))
			return o;
	}
	return NULL;
}

const struct option_group *option_group_find(const char *name)
{
	for (size_t i = 0; i < option_group_count; i++) {
		if (str_eq(option_groups[i].name, name))
			return &option_groups[i];
	}
	return NULL;
}

#define DISTANCE_MAX 32

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;
	return m < c ? m : c;
}

/* Letters to insert, delete, replace or swap with the next one. */
static size_t distance(const char *a, const char *b)
{
	size_t d[DISTANCE_MAX + 1][DISTANCE_MAX + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > DISTANCE_MAX || m > DISTANCE_MAX)
		return SIZE_MAX;
	for (size_t i = 0; i <= n; i++) {
		for (size_t j = 0; j <= m; j++) {
			if (i == 0 || j == 0) {
				d[i][j] = i + j;
				continue;
			}
			bool same = strncasecmp(a + i - 1, b + j - 1, 1) == 0;
			d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + !same);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	}
	return d[n][m];
}

/* One slip in a short word, up to three in a long one. */
static size_t slips(const char *name)
{
	size_t n = strlen(name) / 3;

	return n < 1 ? 1 : n > 3 ? 3 : n;
}

const struct option *option_near(const char *group, const char *name)
{
	const struct option *best = NULL;
	size_t least = slips(name) + 1;

	for (size_t i = 0; i < option_count; i++) {
		if (!str_eq(option_table[i].group, group))
			continue;
		size_t d = distance(name, option_table[i].name);
		if (d < least) {
			least = d;
			best = &option_table[i];
		}
	}
	return best;
}

const struct option_group *option_group_near(const char *name)
{
	const struct option_group *best = NULL;
	size_t least = slips(name) + 1;

	for (size_t i = 0; i < option_group_count; i++) {
		size_t d = distance(name, option_groups[i].name);
		if (d < least) {
			least = d;
			best = &option_groups[i];
		}
	}
	return best;
}

/* ---- saying what is right --------------------------------------------------------- */

static void show_time(int64_t ms, char *buf, size_t size)
{
	if (ms > 0 && ms % DAY == 0)
		str_format_cut(buf, size, "%lldd", (long long)(ms / DAY));
	else if (ms == 0)
		str_format_cut(buf, size, "0s");
	else
		format_duration(ms, buf, size);
}

void option_example(const struct option *o, char *buf, size_t size)
{
	const char *s = o->example != NULL ? o->example : o->standard;

	if (o->type == OPTION_INT || o->type == OPTION_FLOAT)
		str_format_cut(buf, size, "%s = %s;", o->name, s);
	else if (o->type == OPTION_STRINGS || o->type == OPTION_KEYWORDS)
		str_format_cut(buf, size, "%s = [ %s ];", o->name, s);
	else
		str_format_cut(buf, size, "%s = \"%s\";", o->name, s);
}

static void wanted_range(const struct option *o, const char *what, char *buf, size_t size)
{
	char min[40], max[40];

	show_time(o->min, min, sizeof(min));
	show_time(o->max, max, sizeof(max));
	str_format_cut(buf, size, _("%s from \"%s\" to \"%s\""), tr(what), min, max);
}

static void wanted_choice(const struct option *o, char *buf, size_t size)
{
	size_t len = 0;

	for (const char *s = o->choices; *s != '\0' && len + 8 < size;) {
		size_t n = strcspn(s, "|");
		bool last = s[n] == '\0';
		const char *join = s == o->choices ? "" : last ? _(" or ") : ", ";
		str_format_cut(buf + len, size - len, "%s\"%.*s\"", join, (int)n, s);
		len += strlen(buf + len);
		s += n + !last;
	}
}

void option_wanted(const struct option *o, char *buf, size_t size)
{
	switch (o->type) {
	case OPTION_INT:
		str_format_cut(buf, size, _("a whole number from %lld to %lld"), (long long)o->min,
			(long long)o->max);
		break;
	case OPTION_FLOAT:
		str_format_cut(buf, size, _("a number from %lld to %lld"), (long long)o->min,
			(long long)o->max);
		break;
	case OPTION_STRING:
		str_format_cut(buf, size, _("a text in quotes, at most %lld bytes"),
			(long long)o->max);
		break;
	case OPTION_NAME:
		str_format_cut(buf, size, "%s", _("a name of 1 to 64 Hangul, letters, digits, '-', "
			"'_' or '.' in quotes"));
		break;
	case OPTION_FILE:
		str_format_cut(buf, size, "%s", _("the name of a file or folder in quotes"));
		break;
	case OPTION_URL:
		str_format_cut(buf, size, "%s", _("an https address without '/' at the end"));
		break;
	case OPTION_SIZE:
		str_format_cut(buf, size, _("WIDTHxHEIGHT, each from %lld to %lld"),
			(long long)o->min, (long long)o->max);
		break;
	case OPTION_DURATION:
		wanted_range(o, "a time with its unit (ms s min h d w)", buf, size);
		break;
	case OPTION_PACE:
		wanted_range(o, "\"even\" or a time with its unit", buf, size);
		break;
	case OPTION_HOURS:
		str_format_cut(buf, size, "%s", _("two times of day, \"HH:MM-HH:MM\""));
		break;
	case OPTION_ZONE:
		str_format_cut(buf, size, "%s", _("a time zone of this system"));
		break;
	case OPTION_CHOICE:
		wanted_choice(o, buf, size);
		break;
	case OPTION_STRINGS:
	case OPTION_KEYWORDS:
		str_format_cut(buf, size, "%s", _("a list of texts in quotes"));
		break;
	}
}

static int wrong(const struct option *o, struct err *e, const char *what)
{
	char wanted[200], example[200];

	option_wanted(o, wanted, sizeof(wanted));
	option_example(o, example, sizeof(example));
	return err_set(e, -EINVAL, "%s; write %s: %s", tr(what), wanted, example);
}

#define BRIEF_MAX 100 /* 24 characters of four bytes, "…" and the end */

/* So much of S that what is wrong with it still has its place in the line. */
static const char *brief(const char *s, char buf[BRIEF_MAX])
{
	size_t n = text_prefix_count(s, 24);

	str_format_cut(buf, BRIEF_MAX, "%.*s%s", (int)n, s, s[n] ? "…" : "");
	return buf;
}

/* "every = 3" is easily said: the unit is the one of the default. */
static int wrong_unit(const struct option *o, struct err *e, const char *number)
{
	static const char *const units[] = { "ms", "s", "min", "h", "d", "w" };
	const char *s = o->standard + strspn(o->standard, "0123456789");
	const char *unit = str_eq(o->group, "cache") ? "d" : "s";

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (str_eq(s, units[i]))
			unit = s;
	}
	return err_set(e, -EINVAL, "%.20s has no unit; write it with one (ms s min h d w): "
		"%s = \"%.20s%s\";", number, o->name, number, unit);
}

/* ---- checking and storing --------------------------------------------------------- */

/* A text that can go anywhere: UTF-8, no control characters. NULL with E set if not. */
static const char *plain_text(const struct option *o, const struct value *v, struct err *e)
{
	const char *s = value_string(v, NULL);

	if (s == NULL) {
		wrong(o, e, value_kind(v) == VALUE_LIST ? N_("this is a list") :
			N_("this has no quotes"));
		return NULL;
	}
	if (strlen(s) != value_len(v) || !text_valid(s, strlen(s))) {
		err_set(e, -EINVAL, "is not UTF-8; write the characters themselves, not \\x");
		return NULL;
	}
	for (const char *c = s; *c != '\0'; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f) {
			err_set(e, -EINVAL, "holds a control character; a text is one line "
				"without tabs");
			return NULL;
		}
	}
	return s;
}

static int parse_int(const struct option *o, const struct value *v, void *at, struct err *e)
{
	const char *s = value_string(v, NULL);
	int64_t n;

	if (s != NULL && parse_int64(s, o->min, o->max, &n) == 0)
		return err_set(e, -EINVAL, "a number stands without quotes: %s = %lld;", o->name,
			(long long)n);
	if (value_kind(v) != VALUE_INT)
		return wrong(o, e, "this is no whole number");
	n = value_int(v, 0);
	if (n < o->min || n > o->max) {
		char what[60];
		str_format_cut(what, sizeof(what), _("%lld is out of range"), (long long)n);
		return wrong(o, e, what);
	}
	*(int *)at = (int)n;
	return 0;
}

static int parse_float(const struct option *o, const struct value *v, void *at, struct err *e)
{
	double d = value_double(v, (double)value_int(v, 0));

	if (value_kind(v) != VALUE_INT && value_kind(v) != VALUE_DOUBLE)
		return wrong(o, e, value_kind(v) == VALUE_STRING ?
			N_("a number stands without quotes") : N_("this is no number"));
	if (!(d >= (double)o->min && d <= (double)o->max)) {
		char what[60];
		str_format_cut(what, sizeof(what), _("%g is out of range"), d);
		return wrong(o, e, what);
	}
	*(double *)at = d;
	return 0;
}

static int store_text(const char *s, void *at)
{
	*(char **)at = xstrdup(s);
	return 0;
}

static int parse_string(const struct option *o, const struct value *v, void *at, struct err *e)
{
	const char *s = plain_text(o, v, e);

	if (s == NULL)
		return -EINVAL;
	if (strlen(s) > (size_t)o->max)
		return wrong(o, e, N_("this text is too long"));
	return store_text(s, at);
}

/* Bytes of the character at S if it may stand in a name, else 0. */
static size_t name_char(const char *s)
{
	unsigned char c = (unsigned char)s[0];

	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    c == '-' || c == '_' || c == '.')
		return 1;
	/* Hangul syllables U+AC00 to U+D7A3 and the letters U+3131 to U+318E. */
	if ((c & 0xf0) != 0xe0)
		return 0;
	unsigned u = (c & 0x0fu) << 12 | ((unsigned char)s[1] & 0x3fu) << 6 |
		((unsigned char)s[2] & 0x3fu);
	return (u >= 0xac00 && u <= 0xd7a3) || (u >= 0x3131 && u <= 0x318e) ? 3 : 0;
}

static int parse_name(const struct option *o, const struct value *v, void *at, struct err *e)
{
	const char *s = plain_text(o, v, e);
	size_t count = 0;

	if (s == NULL)
		return -EINVAL;
	for (const char *c = s; *c != '\0'; count++) {
		size_t n = name_char(c);
		char what[200], cut[BRIEF_MAX];
		if (n == 0 || s[0] == '.') {
			str_format_cut(what, sizeof(what), _("'%s' is no name"), brief(s, cut));
			return wrong(o, e, what);
		}
		c += n;
	}
	if (count == 0 || count > 64 || strlen(s) > NAME_MAX_BYTES)
		return wrong(o, e, count == 0 ? N_("this is empty") : N_("this name is too long"));
	return store_text(s, at);
}

static int parse_file(const struct option *o, const struct value *v, void *at, struct err *e)
{
	const char *s = plain_text(o, v, e);

	if (s == NULL)
		return -EINVAL;
	if (s[0] == '~' && (s[1] == '/' || s[1] == '\0'))
		return err_set(e, -EINVAL, "~ is not known here; write the whole path, like "
			"%s = \"/home/me%.100s\";", o->name, s + 1);
	if (strlen(s) >= 4096)
		return wrong(o, e, N_("this path is too long"));
	return store_text(s, at);
}

static bool is_loopback(const char *host, size_t len)
{
	char name[64];

	if (str_format(name, sizeof(name), "%.*s", (int)len, host) < 0)
		return false;
	if (str_eq(name, "localhost") || str_eq(name, "[::1]"))
		return true;
	/* A literal of 127.0.0.0/8: "127.evil.example" is none. */
	int dots = 0, digits = 0;
	for (const char *c = name; *c != '\0'; c++) {
		if (*c == '.')
			dots++;
		else if (*c < '0' || *c > '9')
			return false;
		digits = *c == '.' ? 0 : digits + 1;
		if (digits > 3)
			return false;
	}
	return str_starts(name, "127.") && dots == 3 && digits > 0;
}

static bool host_is_good(const char *host, size_t len)
{
	if (len == 0 || len > 253)
		return false;
	if (host[0] == '[')
		return len <= strspn(host, "[]:0123456789abcdefABCDEF") && host[len - 1] == ']';
	return len <= strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789.-");
}

static const char *fault_in_port(const char *s)
{
	int64_t port;
	char digits[8];
	size_t n = strcspn(s, "/");

	if (str_format(digits, sizeof(digits), "%.*s", (int)n, s) < 0 ||
	    parse_int64(digits, 1, 65535, &port) < 0)
		return _("its port is no number from 1 to 65535");
	return NULL;
}

/* What is wrong with an endpoint, or NULL. */
static const char *fault_in_url(const char *s)
{
	bool plain = str_starts(s, "http://");

	if (!plain && !str_starts(s, "https://"))
		return _("it does not begin with https://");
	const char *host = strstr(s, "://") + 3;
	size_t len = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#");
	if (host[strcspn(host, "@")] == '@')
		return _("it holds a user name; secrets stand in files of their own");
	if (len > strlen(host) || !host_is_good(host, len))
		return _("its host is no name");
	if (plain && !is_loopback(host, len))
		return _("plain http would show the key to others; it is taken for loopback "
			"addresses only");
	if (s[strcspn(s, "?# \\\"<>")] != '\0')
		return _("it holds a sign that no endpoint has");
	if (str_ends(s, "/"))
		return _("it ends in '/'; leave that away");
	return host[len] == ':' ? fault_in_port(host + len + 1) : NULL;
}

static int parse_url(const struct option *o, const struct value *v, void *at, struct err *e)
{
	const char *s = plain_text(o, v, e);

	if (s == NULL)
		return -EINVAL;
	/* None, where that is the default. */
	if (s[0] == '\0' && str_eq(o->standard, ""))
		return store_text(s, at);
	const char *fault = strlen(s) > 500 ? _("it is too long") : fault_in_url(s);
	if (fault != NULL)
		return err_set(e, -EINVAL, "'%.100s' cannot be used: %s; write an https address: "
			"%s = \"%s\";", s, fault, o->name, o->example ? o->example : o->standard);
	return store_text(s, at);
}

static int parse_size(const struct option *o, const struct value *v, void *at, struct err *e)
{
	const char *s = plain_text(o, v, e);

	if (s == NULL)
		return -EINVAL;
	char width[8];
	const char *x = strchr(s, 'x');
	int64_t n;
	if (x == NULL || str_format(width, sizeof(width), "%.*s", (int)(x - s), s) < 0 ||
	    parse_int64(width, o->min, o->max, &n) < 0 ||
	    parse_int64(x + 1, o->min, o->max, &n) < 0) {
		char what[200], cut[BRIEF_MAX];
		str_format_cut(what, sizeof(what), _("'%s' is no size"), brief(s, cut));
		return wrong(o, e, what);
	}
	return store_text(s, at);
}

static int parse_time(const struct option *o, const struct value *v, void *at, struct err *e)
{
	char what[200], cut[BRIEF_MAX];
	int64_t ms;

	if (value_kind(v) == VALUE_INT) {
		str_format_cut(what, sizeof(what), "%lld", (long long)value_int(v, 0));
		return wrong_unit(o, e, what);
	}
	const char *s = plain_text(o, v, e);
	if (s == NULL)
		return -EINVAL;
	int res = parse_duration(s, &ms);
	if (res < 0 && s[0] != '\0' && s[strspn(s, "0123456789")] == '\0')
		return wrong_unit(o, e, s);
	if (res == 0 && ms >= o->min && ms <= o->max) {
		*(int64_t *)at = ms;
		return 0;
	}
	str_format_cut(what, sizeof(what), res == 0 || res == -ERANGE ?
		_("'%s' is out of range") : _("'%s' is no time"), brief(s, cut));
	return wrong(o, e, what);
}

static int parse_pace(const struct option *o, const struct value *v, void *at, struct err *e)
{
	if (!str_eq(value_string(v, ""), "even"))
		return parse_time(o, v, at, e);
	*(int64_t *)at = -1;
	return 0;
}

static int parse_clock(const char *s, int *ret)
{
	if (strlen(s) < 5 || s[2] != ':')
		return -EINVAL;
	for (int i = 0; i < 5; i++) {
		if (i != 2 && (s[i] < '0' || s[i] > '9'))
			return -EINVAL;
	}
	int hour = (s[0] - '0') * 10 + s[1] - '0', minute = (s[3] - '0') * 10 + s[4] - '0';
	if (minute > 59 || hour * 60 + minute > 24 * 60)
		return -ERANGE;
	*ret = hour * 60 + minute;
	return 0;
}

static int parse_hours(const struct option *o, const struct value *v, void *at, struct err *e)
{
	const char *s = plain_text(o, v, e);
	struct config_hours h = { 0 };

	if (s == NULL)
		return -EINVAL;
	if (strlen(s) != 11 || s[5] != '-' || parse_clock(s, &h.from_min) < 0 ||
	    parse_clock(s + 6, &h.to_min) < 0 || h.from_min == 24 * 60) {
		char what[200], cut[BRIEF_MAX];
		str_format_cut(what, sizeof(what), _("'%s' is no span of hours"), brief(s, cut));
		return wrong(o, e, what);
	}
	if (h.from_min == h.to_min)
		return err_set(e, -EINVAL, "'%s' is no time at all; always is \"00:00-24:00\"", s);
	h.always = h.from_min == 0 && h.to_min == 24 * 60;
	*(struct config_hours *)at = h;
	return 0;
}

static bool zone_exists(const char *s)
{
	char path[300];
	struct stat st;

	/* These two are known without the package tzdata. */
	if (str_eq(s, "Asia/Seoul") || str_eq(s, "UTC"))
		return true;
	if (s[0] == '/' || s[0] == '\0' || strstr(s, "..") != NULL)
		return false;
	if (str_format(path, sizeof(path), "/usr/share/zoneinfo/%s", s) < 0)
		return false;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static int parse_zone(const struct option *o, const struct value *v, void *at, struct err *e)
{
	const char *s = plain_text(o, v, e);

	if (s == NULL)
		return -EINVAL;
	if (!zone_exists(s)) {
		char what[200], cut[BRIEF_MAX];
		str_format_cut(what, sizeof(what), _("'%s' is not known (see timedatectl "
			"list-timezones)"), brief(s, cut));
		return wrong(o, e, what);
	}
	return store_text(s, at);
}

static int parse_choice(const struct option *o, const struct value *v, void *at, struct err *e)
{
	const char *s = plain_text(o, v, e);
	int index = 0;

	if (s == NULL)
		return -EINVAL;
	for (const char *c = o->choices; *c != '\0'; index++) {
		size_t n = strcspn(c, "|");
		if (n == strlen(s) && memcmp(c, s, n) == 0) {
			*(int *)at = index;
			return 0;
		}
		c += n + (c[n] == '|');
	}
	char what[200], cut[BRIEF_MAX];
	str_format_cut(what, sizeof(what), _("'%s' is not known"), brief(s, cut));
	return wrong(o, e, what);
}

static int parse_strings(const struct option *o, const struct value *v, void *at, struct err *e)
{
	size_t n = value_len(v);

	if (value_kind(v) == VALUE_STRING)
		return err_set(e, -EINVAL, "a list stands in brackets: %s = [ \"%.100s\" ];",
			o->name, value_string(v, ""));
	if (value_kind(v) != VALUE_LIST)
		return wrong(o, e, "this is no list");
	if (n > STRINGS_MAX)
		return err_set(e, -EINVAL, "%zu texts are too many; at most %d", n, STRINGS_MAX);
	for (size_t i = 0; i < n; i++) {
		const char *s = plain_text(o, value_at(v, i), e);
		if (s == NULL)
			return -EINVAL;
		if (s[0] == '\0' || strlen(s) > (size_t)o->max)
			return wrong(o, e, s[0] == '\0' ? N_("one text is empty") :
				"one text is too long");
	}
	char **list = xcalloc(n + 1, sizeof(*list));
	for (size_t i = 0; i < n; i++)
		list[i] = xstrdup(value_string(value_at(v, i), ""));
	*(char ***)at = list;
	return 0;
}

/* ---- reading back ----------------------------------------------------------------- */

static struct value *read_int(const struct option *o UNUSED, const void *at)
{
	return value_new_int(*(const int *)at);
}

static struct value *read_float(const struct option *o UNUSED, const void *at)
{
	return value_new_double(*(const double *)at);
}

static struct value *read_string(const struct option *o UNUSED, const void *at)
{
	const char *s = *(char *const *)at;
	return value_new_string(s == NULL ? "" : s);
}

static struct value *read_time(const struct option *o UNUSED, const void *at)
{
	int64_t ms = *(const int64_t *)at;
	char buf[64];

	if (ms < 0)
		return value_new_string("even");
	show_time(ms, buf, sizeof(buf));
	return value_new_string(buf);
}

static struct value *read_hours(const struct option *o UNUSED, const void *at)
{
	const struct config_hours *h = at;
	char buf[64];

	str_format_cut(buf, sizeof(buf), "%02d:%02d-%02d:%02d", h->from_min / 60,
		h->from_min % 60, h->to_min / 60, h->to_min % 60);
	return value_new_string(buf);
}

static struct value *read_choice(const struct option *o, const void *at)
{
	const char *c = o->choices;

	for (int i = *(const int *)at; i > 0; i--)
		c += strcspn(c, "|") + 1;
	return value_new_string_len(c, strcspn(c, "|"));
}

static const struct {
	const char *name;
	int (*parse)(const struct option *o, const struct value *v, void *at, struct err *e);
	struct value *(*read)(const struct option *o, const void *at);
} types[] = {
	[OPTION_INT] = { "int", parse_int, read_int },
	[OPTION_FLOAT] = { "float", parse_float, read_float },
	[OPTION_STRING] = { "string", parse_string, read_string },
	[OPTION_NAME] = { "name", parse_name, read_string },
	[OPTION_FILE] = { "path", parse_file, read_string },
	[OPTION_URL] = { "url", parse_url, read_string },
	[OPTION_SIZE] = { "size", parse_size, read_string },
	[OPTION_DURATION] = { "duration", parse_time, read_time },
	[OPTION_PACE] = { "duration or \"even\"", parse_pace, read_time },
	[OPTION_HOURS] = { "hours", parse_hours, read_hours },
	[OPTION_ZONE] = { "zone", parse_zone, read_string },
	[OPTION_CHOICE] = { "choice", parse_choice, read_choice },
	[OPTION_STRINGS] = { "list of strings", parse_strings, NULL },
	[OPTION_KEYWORDS] = { "list of strings", NULL, NULL },
};

const char *option_type_name(enum option_type type)
{
	return types[type].name;
}

static bool is_strings(const struct option *o)
{
	return o->type == OPTION_STRINGS || o->type == OPTION_KEYWORDS;
}

static bool is_text(const struct option *o)
{
	return types[o->type].read == read_string;
}

int option_parse(const struct option *o, const struct value *v, void *base, struct err *e)
{
	struct config_list unused = { 0 }; /* where an agent's own is checked */
	char *at = o->agent ? (char *)&unused : (char *)base + o->at;
	int res = types[o->type].parse(o, v, at, e);

	if (res == 0 && o->agent && is_text(o))
		free(*(char **)(void *)at);
	if (res == 0 && o->type == OPTION_STRINGS)
		*(size_t *)(void *)((char *)base + o->count_at) = value_len(v);
	return res;
}

struct value *option_standard(const struct option *o)
{
	if (o->standard == NULL)
		return NULL;
	if (is_strings(o))
		return value_new_list();
	if (o->type == OPTION_FLOAT)
		return value_new_double(strtod(o->standard, NULL));
	if (o->type != OPTION_INT)
		return value_new_string(o->standard);
	int64_t n = 0;
	if (parse_int64(o->standard, INT_MIN, INT_MAX, &n) < 0)
		abort(); /* a wrong row in the table */
	return value_new_int(n);
}

void option_default(const struct option *o, void *base)
{
	struct value *v = option_standard(o);

	if (o->agent || o->type == OPTION_KEYWORDS) {
		value_free(v);
		return;
	}
	if (v == NULL)
		*(char **)(void *)((char *)base + o->at) = xstrdup("");
	else if (option_parse(o, v, base, NULL) < 0)
		abort(); /* a wrong row in the table */
	value_free(v);
}

struct value *option_read(const struct option *o, const void *base)
{
	const char *at = (const char *)base + o->at;

	if (!is_strings(o))
		return types[o->type].read(o, at);
	char *const *list = *(char **const *)(const void *)at;
	size_t n = *(const size_t *)(const void *)((const char *)base + o->count_at);
	struct value *v = value_new_list();
	for (size_t i = 0; i < n; i++)
		value_append(v, value_new_string(list[i]));
	return v;
}

void option_free(const struct option *o, void *base)
{
	char *at = (char *)base + o->at;

	if (o->agent)
		return;
	if (is_strings(o)) {
		size_t *n = (size_t *)(void *)((char *)base + o->count_at);
		char ***list = (char ***)(void *)at;
		for (size_t i = 0; i < *n; i++)
			free((*list)[i]);
		free(*list);
		*list = NULL;
		*n = 0;
	} else if (is_text(o)) {
		free(*(char **)(void *)at);
		*(char **)(void *)at = NULL;
	}
}
