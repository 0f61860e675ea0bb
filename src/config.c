/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <errno.h>
#include <libconfig.h>
#include <malloc.h>
#include <strings.h>
#include <unistd.h>

#include "keywords.h"
#include "notice.h"
#include "options.h"
#include "report.h"
#include "source.h"
#include "syntax.h"
#include "text.h"

/* The agent that drives Naver's editor, and the pace it keeps. */
#define NAVER "naver"
#define NAVER_PER_DAY_MAX 3
#define NAVER_GAP_MS (INT64_C(3) * 60 * 60 * 1000)

#define EXTRA_TEXT_MAX 4096 /* of a text for an agent */
#define GRANTED_PER_HOUR 10 /* searches; Coupang Partners, the strictest figure it gave */
#define HOUR_MS INT64_C(3600000)

struct loader {
	struct config *c;
	struct source source;
	struct report report;
	config_t tree;
	size_t keywords; /* in all lists so far */
};

static struct place place_of(const struct loader *l, const config_setting_t *s)
{
	return source_place(&l->source, config_setting_source_line(s));
}

static char *origin_of(struct place p)
{
	return xasprintf("%s:%zu", p.file, p.line);
}

/* ---- from libconfig's tree to plain values ---------------------------------------- */

static struct value *to_value(const config_setting_t *s)
{
	int n = config_setting_length(s);
	struct value *v;

	switch (config_setting_type(s)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return value_new_int(config_setting_get_int64(s));
	case CONFIG_TYPE_FLOAT:
		return value_new_double(config_setting_get_float(s));
	case CONFIG_TYPE_BOOL:
		return value_new_bool(config_setting_get_bool(s) != 0);
	case CONFIG_TYPE_STRING:
		return value_new_string(config_setting_get_string(s));
	case CONFIG_TYPE_ARRAY:
	case CONFIG_TYPE_LIST:
		v = value_new_list();
		for (int i = 0; i < n; i++)
			value_append(v, to_value(config_setting_get_elem(s, (unsigned)i)));
		return v;
	case CONFIG_TYPE_GROUP:
		v = value_new_object();
		for (int i = 0; i < n; i++) {
			const config_setting_t *m = config_setting_get_elem(s, (unsigned)i);
			value_set(v, config_setting_name(m), to_value(m));
		}
		return v;
	default:
		return value_new_null();
	}
}

/* The value with its path made absolute, if it is one that can be. */
static struct value *resolve(const struct loader *l, const config_setting_t *s, struct value *v)
{
	const char *path = value_string(v, "");

	if (path[0] == '\0' || path[0] == '~')
		return v;
	CLEANUP_FREE char *absolute = source_resolve(path, place_of(l, s).file);
	value_free(v);
	return value_new_string(absolute);
}

static bool names_path(const char *name)
{
	return str_eq(name, "file") || str_eq(name, "directory") || str_ends(name, "_file") ||
		str_ends(name, "_directory");
}

/* ---- what must not be in the file ------------------------------------------------- */

static bool names_secret(const char *name)
{
	static const char *const ends[] = { "password", "passwd", "passphrase", "secret",
		"token", "_key", "-key", "apikey", "accesskey", "secretkey" };
	size_t n = strlen(name);

	if (strcasecmp(name, "key") == 0)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		size_t m = strlen(ends[i]);
		if (n >= m && strcasecmp(name + n - m, ends[i]) == 0)
			return true;
	}
	return false;
}

/* "https://me:secret@host/" */
static bool holds_secret(const char *s)
{
	const char *host = strstr(s, "://");

	if (host == NULL)
		return false;
	host += 3;
	size_t n = strcspn(host, "/@");
	return host[n] == '@' && memchr(host, ':', n) != NULL;
}

static void check_secrets(struct loader *l, const config_setting_t *s)
{
	const char *name = config_setting_name(s);
	int type = config_setting_type(s);

	if (name != NULL && names_secret(name)) {
		report_error(&l->report, place_of(l, s),
			"%s: no secret stands in this file; put "
			"it into a file of its own (chmod 600) and write %s_file = \"...\", or "
			"give it as a systemd credential",
			name, name);
	} else if (type == CONFIG_TYPE_STRING && holds_secret(config_setting_get_string(s))) {
		report_error(&l->report, place_of(l, s),
			"%s: a password stands in this address; "
			"take it out and put it into a file of its own (chmod 600)",
			name == NULL ? "address" : name);
	}
	if (type != CONFIG_TYPE_GROUP && type != CONFIG_TYPE_LIST)
		return;
	for (int i = 0; i < config_setting_length(s); i++)
		check_secrets(l, config_setting_get_elem(s, (unsigned)i));
}

static void report_unknown(struct loader *l, const char *group, const config_setting_t *s)
{
	const char *name = config_setting_name(s);
	const struct option *near = option_near(group, name);
	const struct option *other = option_find(NULL, name);
	struct place at = place_of(l, s);

	if (names_secret(name))
		return;
	if (near != NULL && (other == NULL || str_eq(other->group, group)))
		report_error(&l->report, at, "%s.%s: no such option; did you mean '%s'?", group,
			name, near->name);
	else if (other != NULL)
		report_error(&l->report, at, "%s.%s: no such option; '%s' belongs into '%s'",
			group, name, name, other->group);
	else
		report_error(&l->report, at,
			"%s.%s: no such option; 'man cpauto.conf' has them "
			"all",
			group, name);
}

static void report_unknown_group(struct loader *l, const config_setting_t *s)
{
	const char *name = config_setting_name(s);
	const struct option_group *near = option_group_near(name);
	const struct option *o = option_find(NULL, name);
	struct place at = place_of(l, s);

	if (names_secret(name))
		return;
	if (near != NULL)
		report_error(&l->report, at, "%s: no such group; did you mean '%s'?", name,
			near->name);
	else if (o != NULL)
		report_error(&l->report, at,
			"%s: stands outside its group; write %s%s %s = ...; "
			"%s",
			name, o->group, option_group_find(o->group)->many ? " = ( {" : ": {",
			name, option_group_find(o->group)->many ? "} );" : "};");
	else
		report_error(&l->report, at,
			"%s: no such group; there are coupang, budget, cache, hours, monitoring, "
			"daemon, lists, publishers and events",
			name);
}

/* ---- options ---------------------------------------------------------------------- */

static void load_option(struct loader *l, const struct option *o, const config_setting_t *s,
	void *base, struct value *origins)
{
	struct place at = place_of(l, s);
	struct value *v = to_value(s);
	struct err e;

	if (o->type == OPTION_FILE)
		v = resolve(l, s, v);
	if (option_parse(o, v, base, &e) < 0) {
		report_error(&l->report, at, "%s.%s: %s", o->group, o->name, e.text);
		option_default(o, base);
	}
	value_free(v);
	CLEANUP_FREE char *origin = origin_of(at);
	value_set_string(origins, o->name, origin);
}

/* All options of GROUP from S (NULL = none is given) into BASE. */
static void load_options(struct loader *l, const char *group, const config_setting_t *s,
	void *base, struct value *origins)
{
	for (size_t i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];
		if (!str_eq(o->group, group) || o->type == OPTION_KEYWORDS)
			continue;
		const config_setting_t *m =
			s == NULL ? NULL : config_setting_get_member(s, o->name);
		if (m != NULL) {
			load_option(l, o, m, base, origins);
			continue;
		}
		option_default(o, base);
		if (o->standard == NULL && s != NULL) {
			char example[120];
			option_example(o, example, sizeof(example));
			report_error(&l->report, place_of(l, s), "%s.%s: is missing; write %s",
				group, o->name, example);
		}
	}
}

static void check_known(struct loader *l, const char *group, const config_setting_t *s)
{
	for (int i = 0; i < config_setting_length(s); i++) {
		const config_setting_t *m = config_setting_get_elem(s, (unsigned)i);
		if (option_find(group, config_setting_name(m)) == NULL)
			report_unknown(l, group, m);
	}
}

static void load_group(struct loader *l, const char *group)
{
	config_setting_t *s = config_setting_get_member(config_root_setting(&l->tree), group);
	struct value *origins = value_new_object();

	if (s != NULL && config_setting_type(s) != CONFIG_TYPE_GROUP) {
		report_error(&l->report, place_of(l, s),
			"%s: this group stands in braces; write "
			"%s: { ... };",
			group, group);
		s = NULL;
	}
	if (s != NULL)
		check_known(l, group, s);
	load_options(l, group, s, l->c, origins);
	value_set(l->c->origins, group, origins);
}

/* ---- lists ------------------------------------------------------------------------ */

static void add_keywords(struct loader *l, struct keywords *k, const config_setting_t *s)
{
	int type = config_setting_type(s);

	if (type != CONFIG_TYPE_ARRAY && type != CONFIG_TYPE_LIST) {
		report_error(&l->report, place_of(l, s),
			"lists.keywords: a list stands in brackets; "
			"write keywords = [ \"%s\" ];",
			type == CONFIG_TYPE_STRING ? config_setting_get_string(s) : "...");
		return;
	}
	for (int i = 0; i < config_setting_length(s) && !k->full; i++) {
		const config_setting_t *e = config_setting_get_elem(s, (unsigned)i);
		if (config_setting_type(e) == CONFIG_TYPE_STRING)
			keywords_add(
				k, config_setting_get_string(e), place_of(l, e), &l->report);
		else
			report_error(&l->report, place_of(l, e),
				"lists.keywords: a keyword stands in "
				"quotes; write keywords = [ \"...\", \"...\" ];");
	}
}

static void load_keywords(struct loader *l, const config_setting_t *s, struct config_list *list,
	struct value *origins)
{
	const config_setting_t *m = config_setting_get_member(s, "keywords");
	const config_setting_t *f = config_setting_get_member(s, "keywords_file");
	struct keywords k;

	keywords_init(&k, CONFIG_KEYWORDS_MAX - l->keywords);
	if (m != NULL) {
		CLEANUP_FREE char *origin = origin_of(place_of(l, m));
		value_set_string(origins, "keywords", origin);
		add_keywords(l, &k, m);
	}
	if (f != NULL && list->keywords_file[0] != '\0')
		keywords_add_file(&k, list->keywords_file, place_of(l, f), &l->report);
	if (k.dropped > 0)
		report_warning(&l->report, k.first_dropped,
			tr_n("lists.keywords: %zu keyword of '%s' stands there already and is "
			     "dropped; the first is here",
				"lists.keywords: %zu keywords of '%s' stand there already and are "
				"dropped; the first is here", (long long)k.dropped),
			k.dropped, list->name);
	if (k.count == 0)
		report_warning(&l->report, place_of(l, s),
			"lists.keywords: the list '%s' has no "
			"keywords; write keywords = [ \"...\" ]; or keywords_file = \"...\";",
			list->name);
	l->keywords += k.count;
	list->keywords = keywords_steal(&k, &list->keyword_count);
	keywords_finish(&k);
}

static void load_list(
	struct loader *l, const config_setting_t *s, size_t i, struct value *origins)
{
	struct config_list *list = &l->c->lists[i];

	if (s != NULL)
		check_known(l, "lists", s);
	load_options(l, "lists", s, list, origins);
	if (s != NULL)
		load_keywords(l, s, list, origins);
}

/* ---- settings of agents ----------------------------------------------------------- */

/* What only the agent knows: passed on, but nothing broken in it. */
static void check_extra(struct loader *l, const char *group, const config_setting_t *s)
{
	const char *text = config_setting_type(s) == CONFIG_TYPE_STRING
		? config_setting_get_string(s)
		: NULL;
	int type = config_setting_type(s);

	if (text != NULL && (strlen(text) > EXTRA_TEXT_MAX || !text_valid(text, strlen(text))))
		report_error(&l->report, place_of(l, s),
			"%s.%s: is not UTF-8 or has more than %d bytes", group,
			config_setting_name(s), EXTRA_TEXT_MAX);
	if (type != CONFIG_TYPE_GROUP && type != CONFIG_TYPE_LIST && type != CONFIG_TYPE_ARRAY)
		return;
	for (int i = 0; i < config_setting_length(s); i++)
		check_extra(l, group, config_setting_get_elem(s, (unsigned)i));
}

static struct value *load_setting(
	struct loader *l, const char *group, const config_setting_t *s)
{
	const char *name = config_setting_name(s);
	struct value *v = to_value(s);

	if (value_kind(v) == VALUE_STRING && names_path(name))
		v = resolve(l, s, v);
	if (option_find(group, name) != NULL)
		return v;
	const struct option *near = option_near(group, name);
	if (near != NULL)
		report_warning(&l->report, place_of(l, s),
			"%s.%s: is passed on to the agent as it is; did you mean '%s'?", group,
			name, near->name);
	check_extra(l, group, s);
	return v;
}

/* All of the group S as it is written, new; where each stands goes into ORIGINS. */
static struct value *load_settings(struct loader *l, const char *group, const config_setting_t *s,
	struct value *origins)
{
	struct value *settings = value_new_object();

	for (int n = 0; s != NULL && n < config_setting_length(s); n++) {
		const config_setting_t *m = config_setting_get_elem(s, (unsigned)n);
		const char *name = config_setting_name(m);
		value_set(settings, name, load_setting(l, group, m));
		if (value_get(origins, name) == NULL) {
			CLEANUP_FREE char *origin = origin_of(place_of(l, m));
			value_set_string(origins, name, origin);
		}
	}
	return settings;
}

/* ---- publishers ------------------------------------------------------------------- */

/*
 * What an editor that is meant for people bears: one post a day, hours apart.
 * Only what the owner did not set.
 */
static void default_pace(struct config_publisher *p, const struct value *origins)
{
	if (!str_eq(p->agent, NAVER))
		return;
	if (value_get(origins, "per_day") == NULL)
		p->per_day = 1;
	if (value_get(origins, "gap") == NULL)
		p->gap_ms = NAVER_GAP_MS;
}

bool config_can_update(const struct config_publisher *p)
{
	/* Of the agents that come with cpauto; another one is asked by cpauto check. */
	static const char *const cannot[] = { "outbox", NAVER, "naver-openapi", "naver-cafe" };

	for (size_t i = 0; i < ARRAY_LEN(cannot); i++) {
		if (str_eq(p->agent, cannot[i]))
			return false;
	}
	return true;
}

static void load_publisher(
	struct loader *l, const config_setting_t *s, size_t i, struct value *origins)
{
	struct config_publisher *p = &l->c->publishers[i];

	load_options(l, "publishers", s, p, origins);
	p->settings = load_settings(l, "publishers", s, origins);
	default_pace(p, origins);
}

/* ---- events ----------------------------------------------------------------------- */

/* "approval, published, …" */
static char *class_words(void)
{
	struct buf b;

	buf_init(&b, 4096);
	for (int i = NOTICE_NONE + 1; i < NOTICE_OWN; i++)
		buf_printf(&b, "%s%s", b.len > 0 ? ", " : "", notice_word((enum notice_class)i));
	return buf_steal(&b);
}

static void load_notifier(
	struct loader *l, const config_setting_t *s, size_t i, struct value *origins)
{
	struct config_notifier *n = &l->c->notifiers[i];

	load_options(l, "events", s, n, origins);
	n->settings = load_settings(l, "events", s, origins);
	n->classes = n->on_count == 0 ? NOTICE_USUAL : 0;
	for (size_t k = 0; k < n->on_count; k++) {
		enum notice_class class = notice_find(n->on[k]);
		if (class == NOTICE_NONE) {
			CLEANUP_FREE char *words = class_words();
			report_error(&l->report,
				place_of(l, config_setting_get_member(s, "on")),
				"events.on: there is no '%s'; there are %s", n->on[k], words);
		}
		n->classes |= notice_bit(class);
	}
}

/* ---- groups that are there many times --------------------------------------------- */

static config_setting_t *many_setting(struct loader *l, const char *group)
{
	config_setting_t *s = config_setting_get_member(config_root_setting(&l->tree), group);

	if (s == NULL)
		return NULL;
	/* "[ ]" is an empty list too. */
	if (config_setting_type(s) != CONFIG_TYPE_LIST && config_setting_length(s) > 0) {
		report_error(&l->report, place_of(l, s),
			"%s: groups stand in parentheses; write "
			"%s = ( { ... }, { ... } );",
			group, group);
		return NULL;
	}
	if (config_setting_length(s) > CONFIG_LISTS_MAX) {
		report_error(&l->report, place_of(l, s),
			"%s: %d groups are too many; at most %d", group,
			config_setting_length(s), CONFIG_LISTS_MAX);
		return NULL;
	}
	return s;
}

static void load_many(struct loader *l, const char *group, const config_setting_t *s,
	void (*load)(struct loader *, const config_setting_t *, size_t, struct value *))
{
	struct value *all = value_new_list();

	for (int i = 0; s != NULL && i < config_setting_length(s); i++) {
		const config_setting_t *e = config_setting_get_elem(s, (unsigned)i);
		struct value *origins = value_new_object();
		if (config_setting_type(e) != CONFIG_TYPE_GROUP) {
			report_error(&l->report, place_of(l, e),
				"%s: here stands no group; write "
				"{ name = \"...\"; ... }",
				group);
			e = NULL;
		}
		load(l, e, (size_t)i, origins);
		value_append(all, origins);
	}
	value_set(l->c->origins, group, all);
}

static size_t count_of(const config_setting_t *s)
{
	return s == NULL ? 0 : (size_t)config_setting_length(s);
}

/* ---- what belongs together -------------------------------------------------------- */

static struct place member_place(
	const struct loader *l, const config_setting_t *many, size_t i, const char *name)
{
	const config_setting_t *e = config_setting_get_elem(many, (unsigned)i);
	const config_setting_t *m = config_setting_type(e) == CONFIG_TYPE_GROUP
		? config_setting_get_member(e, name)
		: NULL;

	return place_of(l, m == NULL ? e : m);
}

static struct place option_place(const struct loader *l, const char *path)
{
	const config_setting_t *s = config_lookup(&l->tree, path);

	return s == NULL ? (struct place){ l->c->path, 0 } : place_of(l, s);
}

static void check_budget(struct loader *l)
{
	const struct config *c = l->c;
	bool loopback = str_starts(c->coupang.endpoint, "http://");

	if (c->budget.reserve >= c->budget.calls)
		report_error(&l->report, option_place(l, "budget.reserve"),
			"budget.reserve: %d of "
			"%d calls kept back leaves none; write a number below %d",
			c->budget.reserve, c->budget.calls, c->budget.calls);
	if (!loopback && c->budget.calls * HOUR_MS > GRANTED_PER_HOUR * c->budget.window_ms) {
		char window[64];
		format_duration(c->budget.window_ms, window, sizeof(window));
		report_warning(&l->report, option_place(l, "budget.calls"),
			"budget.calls: %d in "
			"%s is more than the %d an hour that the programme grants; more can "
			"cost "
			"the account",
			c->budget.calls, window, GRANTED_PER_HOUR);
	}
}

static void report_publisher(struct loader *l, const char *name, struct place at)
{
	if (l->c->publisher_count > 0)
		report_error(&l->report, at,
			"lists.publisher: there is no publisher '%s'; write the "
			"name of one that is there, like publisher = \"%s\";",
			name, l->c->publishers[0].name);
	else
		report_error(&l->report, at,
			"lists.publisher: there is no publisher '%s'; write "
			"publishers = ( { name = \"%s\"; agent = \"outbox\"; directory = "
			"\"...\"; } );",
			name, name);
}

static void check_list(struct loader *l, const config_setting_t *lists, size_t i)
{
	const struct config_list *list = &l->c->lists[i];

	for (size_t j = 0; j < i; j++) {
		if (list->name[0] != '\0' && str_eq(list->name, l->c->lists[j].name)) {
			report_error(&l->report, member_place(l, lists, i, "name"),
				"lists.name: a "
				"list '%s' is there already; give this one another name",
				list->name);
			break;
		}
	}
	const struct config_publisher *p = config_publisher_find(l->c, list->publisher);
	if (list->name[0] != '\0' && p == NULL)
		report_publisher(l, list->publisher, member_place(l, lists, i, "publisher"));
	if (p != NULL && list->repost == REPOST_UPDATE && !config_can_update(p))
		report_error(&l->report, member_place(l, lists, i, "repost"),
			"lists.repost: the agent %s of publisher '%s' cannot change a post that is "
			"out; wordpress and metaweblog can, else write repost = \"changed\";",
			p->agent, p->name);
	if (list->every_ms < l->c->cache.ttl_ms)
		report_warning(&l->report, member_place(l, lists, i, "every"),
			"lists.every: is "
			"shorter than cache.ttl; what is looked at again before that is the "
			"same "
			"answer");
}

static void check_publisher(struct loader *l, const config_setting_t *publishers, size_t i)
{
	const struct config_publisher *p = &l->c->publishers[i];
	const char *name = p->name;

	if (str_eq(p->agent, NAVER) && (p->per_day < 1 || p->per_day > NAVER_PER_DAY_MAX))
		report_error(&l->report, member_place(l, publishers, i, "per_day"),
			"publishers.per_day: %d is more than the editor of Naver bears without "
			"risk to the blog; write 1 to %d",
			p->per_day, NAVER_PER_DAY_MAX);
	for (size_t j = 0; j < i; j++) {
		if (name[0] != '\0' && str_eq(name, l->c->publishers[j].name)) {
			report_error(&l->report, member_place(l, publishers, i, "name"),
				"publishers.name: a publisher '%s' is there already; give this "
				"one "
				"another name",
				name);
			return;
		}
	}
}

static void check_notifier(struct loader *l, const config_setting_t *events, size_t i)
{
	const struct config_notifier *n = &l->c->notifiers[i];

	if (n->replies != REPLIES_NO && !(n->classes & notice_bit(NOTICE_APPROVAL)))
		report_error(&l->report, member_place(l, events, i, "replies"),
			"events.replies: nothing is asked, so nothing can be replied to; write "
			"\"approval\" into 'on', or leave 'replies' out");
	if (n->replies != REPLIES_NO && (str_eq(n->agent, "mail") || str_eq(n->agent, "webhook")))
		report_error(&l->report, member_place(l, events, i, "replies"),
			"events.replies: the agent %s brings no replies; ntfy and telegram do",
			n->agent);
	for (size_t j = 0; j < i; j++) {
		if (n->name[0] != '\0' && str_eq(n->name, l->c->notifiers[j].name))
			report_error(&l->report, member_place(l, events, i, "name"),
				"events.name: there is a '%s' already; give this one another "
				"name",
				n->name);
	}
	if (n->name[0] != '\0' && config_publisher_find(l->c, n->name))
		report_error(&l->report, member_place(l, events, i, "name"),
			"events.name: a publisher has the name '%s', and with it the secrets of "
			"that name; give this one another",
			n->name);
}

/* Whether the calls are enough for what the lists ask. */
static void check_load(struct loader *l)
{
	const struct config *c = l->c;
	double wanted = 0;
	double granted = (double)(c->budget.calls - c->budget.reserve) * (double)HOUR_MS /
		(double)(c->budget.window_ms + c->budget.margin_ms);

	for (size_t i = 0; i < c->list_count; i++)
		wanted += (double)c->lists[i].keyword_count * (double)HOUR_MS /
			(double)c->lists[i].every_ms;
	if (wanted > granted)
		report_warning(&l->report, (struct place){ c->path, 0 },
			N_("the lists ask for %.1f calls an hour and the budget gives %.1f; "
			   "keywords will be looked at later than asked: a longer 'every' or "
			   "fewer keywords"),
			wanted, granted);
}

static void check_together(struct loader *l, const config_setting_t *lists,
	const config_setting_t *publishers, const config_setting_t *events)
{
	check_budget(l);
	for (size_t i = 0; i < l->c->notifier_count; i++)
		check_notifier(l, events, i);
	for (size_t i = 0; i < l->c->publisher_count; i++)
		check_publisher(l, publishers, i);
	for (size_t i = 0; i < l->c->list_count; i++)
		check_list(l, lists, i);
	check_load(l);
	if (l->c->list_count == 0)
		report_warning(&l->report, (struct place){ l->c->path, 0 },
			N_("no lists, so there is nothing to do; write "
			   "lists = ( { name = \"...\"; keywords = [ \"...\" ]; } );"));
}

/* ---- loading ---------------------------------------------------------------------- */

static void load_tree(struct loader *l)
{
	config_setting_t *root = config_root_setting(&l->tree);
	struct config *c = l->c;

	check_secrets(l, root);
	for (int i = 0; i < config_setting_length(root); i++) {
		const config_setting_t *s = config_setting_get_elem(root, (unsigned)i);
		if (option_group_find(config_setting_name(s)) == NULL)
			report_unknown_group(l, s);
	}
	for (size_t i = 0; i < option_group_count; i++) {
		if (!option_groups[i].many)
			load_group(l, option_groups[i].name);
	}
	const config_setting_t *lists = many_setting(l, "lists");
	const config_setting_t *publishers = many_setting(l, "publishers");
	const config_setting_t *events = many_setting(l, "events");
	c->list_count = count_of(lists);
	c->lists = xcalloc(c->list_count + 1, sizeof(*c->lists));
	c->publisher_count = count_of(publishers);
	c->publishers = xcalloc(c->publisher_count + 1, sizeof(*c->publishers));
	load_many(l, "lists", lists, load_list);
	c->notifier_count = count_of(events);
	c->notifiers = xcalloc(c->notifier_count + 1, sizeof(*c->notifiers));
	load_many(l, "publishers", publishers, load_publisher);
	load_many(l, "events", events, load_notifier);
	check_together(l, lists, publishers, events);
}

static void report_fault(struct loader *l, const struct syntax_fault *f)
{
	struct place at = source_place(&l->source, f->line);

	if (f->other == 0) {
		report_error(&l->report, at, "%s", f->text);
		return;
	}
	struct place other = source_place(&l->source, f->other);
	if (str_eq(other.file, at.file))
		report_error(&l->report, at, "%s (%s in line %zu)", f->text, tr(f->other_what),
			other.line);
	else
		report_error(&l->report, at, "%s (%s in %s:%zu)", f->text, tr(f->other_what),
			other.file, other.line);
}

/* Where memory failed libconfig leaves names and texts out. */
static bool is_whole(const config_setting_t *s)
{
	if (config_setting_type(s) == CONFIG_TYPE_STRING)
		return config_setting_get_string(s) != NULL;
	for (int i = 0; config_setting_is_aggregate(s) && i < config_setting_length(s); i++) {
		const config_setting_t *m = config_setting_get_elem(s, (unsigned)i);

		if (m == NULL || (config_setting_is_group(s) && config_setting_name(m) == NULL) ||
			!is_whole(m))
			return false;
	}
	return true;
}

static int load_text(struct loader *l)
{
	const char *text = buf_cstr(&l->source.text);
	struct syntax_fault fault;

	if (syntax_check(text, &fault) < 0) {
		report_fault(l, &fault);
		return -EINVAL;
	}
	if (config_read_string(&l->tree, text) != CONFIG_TRUE) {
		report_error(&l->report,
			source_place(&l->source, (size_t)config_error_line(&l->tree)),
			"%s; see 'man cpauto.conf' for the form of the file",
			config_error_text(&l->tree));
		return -EINVAL;
	}
	if (!is_whole(config_root_setting(&l->tree))) {
		report_weather(&l->report, source_place(&l->source, 1), -ENOMEM,
			"memory is short for it");
		return -ENOMEM;
	}
	load_tree(l);
	return l->report.count > 0 ? -EINVAL : 0;
}

static void keep_warnings(struct config *c, const struct value *warnings)
{
	c->warning_count = value_len(warnings);
	c->warnings = xcalloc(c->warning_count + 1, sizeof(*c->warnings));
	for (size_t i = 0; i < c->warning_count; i++)
		c->warnings[i] = xstrdup(value_string(value_at(warnings, i), ""));
}

static char *absolute_path(const char *path)
{
	char *real = realpath(path, NULL);
	CLEANUP_FREE char *folder = NULL;

	if (real != NULL || path[0] == '/')
		return real != NULL ? real : xstrdup(path);
	folder = getcwd(NULL, 0);
	return folder == NULL ? xstrdup(path) : xasprintf("%s/%s", folder, path);
}

int config_load(const char *path, struct config **ret, struct value *errors)
{
	struct loader l = { .report.errors = errors };

	l.report.warnings = value_new_list();
	l.c = xcalloc(1, sizeof(*l.c));
	l.c->path = absolute_path(path);
	l.c->origins = value_new_object();
	config_init(&l.tree);
	int res = source_load(&l.source, l.c->path, &l.report);
	if (res == 0)
		res = load_text(&l);
	config_destroy(&l.tree);
	source_finish(&l.source);
	report_close(&l.report);
	if (res < 0 && l.report.weather < 0)
		res = l.report.weather;
	if (res == 0) {
		keep_warnings(l.c, l.report.warnings);
		*ret = l.c;
	} else {
		config_free(l.c);
	}
	value_free(l.report.warnings);
	malloc_trim(0);
	return res;
}

static void free_options(const char *group, void *base)
{
	for (size_t i = 0; i < option_count; i++) {
		if (str_eq(option_table[i].group, group))
			option_free(&option_table[i], base);
	}
}

void config_free(struct config *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < option_group_count; i++) {
		if (!option_groups[i].many)
			free_options(option_groups[i].name, c);
	}
	for (size_t i = 0; i < c->list_count; i++)
		free_options("lists", &c->lists[i]);
	for (size_t i = 0; i < c->publisher_count; i++) {
		free_options("publishers", &c->publishers[i]);
		value_free(c->publishers[i].settings);
	}
	for (size_t i = 0; i < c->notifier_count; i++) {
		free_options("events", &c->notifiers[i]);
		value_free(c->notifiers[i].settings);
	}
	for (size_t i = 0; i < c->warning_count; i++)
		free(c->warnings[i]);
	free(c->warnings);
	free(c->lists);
	free(c->publishers);
	free(c->notifiers);
	value_free(c->origins);
	free(c->path);
	free(c);
}

void config_drop_keywords(struct config *c)
{
	for (size_t i = 0; i < c->list_count; i++)
		option_free(option_find("lists", "keywords"), &c->lists[i]);
	malloc_trim(0);
}

const struct config_list *config_list_find(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->list_count; i++) {
		if (str_eq(c->lists[i].name, name))
			return &c->lists[i];
	}
	return NULL;
}

const struct config_publisher *config_publisher_find(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->publisher_count; i++) {
		if (str_eq(c->publishers[i].name, name))
			return &c->publishers[i];
	}
	return NULL;
}

const struct config_notifier *config_notifier_find(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->notifier_count; i++) {
		if (str_eq(c->notifiers[i].name, name))
			return &c->notifiers[i];
	}
	return NULL;
}
