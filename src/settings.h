/* SPDX-License-Identifier: MIT */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct value;

/* What a configuration holds once it is read: config.c fills it, options.c has its table. */
#define CONFIG_LISTS_MAX 1000
#define CONFIG_KEYWORDS_MAX 1000000
#define CONFIG_KEYWORD_BYTES_MAX 200

enum repost { REPOST_NEVER, REPOST_CHANGED, REPOST_UPDATE, REPOST_ALWAYS };
enum language { LANGUAGE_AUTO, LANGUAGE_EN, LANGUAGE_KO };
enum approve { APPROVE_AUTO, APPROVE_MANUAL };

struct config_hours {
	bool always; /* "00:00-24:00" */
	int from_min, to_min; /* minutes of the local day; from > to goes over midnight */
};

struct config_list {
	char *name;
	char **keywords; /* cleaned (text_clean), duplicates within the list dropped */
	size_t keyword_count;
	char *keywords_file; /* "" if none; its keywords are in keywords already */
	int64_t every_ms;
	int weight;
	int limit; /* products in a post */
	char *template; /* a template's name, "roundup" */
	char *title; /* a template's text; "" = the template's own */
	char **tags;
	size_t tag_count;
	char *category;
	char *publisher; /* a publisher's name, checked to exist */
	enum approve approve;
	enum repost repost;
	double repost_threshold; /* percent */
};

struct config_publisher {
	char *name;
	char *agent;
	int per_day; /* 0 = no limit */
	int64_t gap_ms;
	struct config_hours hours; /* beside hours.active */
	int similar; /* percent; 0 = never held for it */
	int64_t timeout_ms;
	/* Everything in the group as written, for the agent: {"directory": …};
	   file and directory, and what ends in _file or _directory, made absolute. */
	struct value *settings;
};

enum replies { REPLIES_NO, REPLIES_APPROVE };

/* Who is told of what: a member of "events". */
struct config_notifier {
	char *name;
	char *agent;
	char **on; /* as written; empty: the usual ones */
	size_t on_count;
	unsigned classes; /* bits 1 << enum notice_class (notice.h) */
	enum language language;
	struct config_hours hours;
	int64_t gap_ms;
	int per_hour;
	enum replies replies;
	int64_t poll_ms;
	char *page; /* where the owner's page shows a post, without "/ID"; "" = none */
	int64_t timeout_ms;
	struct value *settings; /* as of a publisher */
};

struct config {
	char *path; /* absolute */
	struct {
		char *access_key_file, *secret_key_file; /* "" = credentials only */
		char *endpoint; /* no slash at the end */
		char *sub_id, *image_size;
		int64_t timeout_ms;
	} coupang;
	struct {
		int calls;
		int64_t window_ms, margin_ms;
		int64_t pace_ms; /* the shortest gap; -1 = "even" */
		int reserve;
	} budget;
	struct {
		int64_t ttl_ms, history_ms;
	} cache;
	struct {
		struct config_hours active;
		char *timezone;
	} hours;
	struct {
		char *metrics_file; /* "" if none */
	} monitoring;
	struct {
		enum language language;
	} daemon;
	struct config_list *lists;
	size_t list_count;
	struct config_publisher *publishers;
	size_t publisher_count;
	struct config_notifier *notifiers;
	size_t notifier_count;
	/* Lines about what works but is likely not meant, for check and the log. */
	char **warnings;
	size_t warning_count;
	/* For show-config: {"budget": {"calls": "file:line"}, "lists": [{…}], …};
	   what is not in it is the default. */
	struct value *origins;
};

#endif
