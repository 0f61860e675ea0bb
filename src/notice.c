/* SPDX-License-Identifier: MIT */
#include "notice.h"

#include <inttypes.h>

#include "buf.h"
#include "clock.h"
#include "tr.h"

#define HOUR_MS INT64_C(3600000)
#define TEXT_MAX 4096

/* Without a pointer in it: no page of it is ever written to. */
static const struct {
	char word[12], titles[2][48];
} classes[NOTICE_COUNT] = {
	[NOTICE_NONE] = { "none", { "", "" } },
	[NOTICE_APPROVAL] = { "approval", { "A post waits for you", "승인을 기다리는 글" } },
	[NOTICE_PUBLISHED] = { "published", { "Published", "발행했습니다" } },
	[NOTICE_REFUSED] = { "refused", { "Refused", "발행하지 않습니다" } },
	[NOTICE_UNKNOWN] = { "unknown", { "It may be out or not", "발행 여부를 확인 중" } },
	[NOTICE_PARKED] = { "parked", { "Look at the blog", "블로그를 확인해 주세요" } },
	[NOTICE_BLOCKED] = { "blocked", { "Blocked", "차단되었습니다" } },
	[NOTICE_BROKEN] = { "broken", { "It needs you", "조치가 필요합니다" } },
	[NOTICE_FAILED] = { "failed", { "Something failed", "실패했습니다" } },
	[NOTICE_BACK] = { "back", { "It works again", "다시 작동합니다" } },
	[NOTICE_BUDGET] = { "budget", { "No call is left", "남은 호출이 없습니다" } },
	[NOTICE_SERVICE] = { "service", { "cpautod", "cpautod" } },
	[NOTICE_REPLY] = { "reply", { "Your reply", "답장 처리" } },
	[NOTICE_TEST] = { "test", { "A test", "시험 메시지" } },
};

/* What the buttons say. */
static const char yes[][8] = { "Approve", "승인" }, no[][8] = { "Reject", "거절" };

bool notice_korean(const struct config_notifier *n)
{
	return n->language == LANGUAGE_AUTO ? str_eq(tr_language(), "ko") :
		n->language == LANGUAGE_KO;
}

/* What else is said in the reader's language. */
static void say_many(const struct config_notifier *n, size_t count, char out[NOTICE_LINE_MAX])
{
	if (notice_korean(n))
		str_format_cut(out, NOTICE_LINE_MAX, "cpauto: 알림 %zu건", count);
	else
		str_format_cut(out, NOTICE_LINE_MAX, "cpauto: %zu events", count);
}

static void add_more(const struct config_notifier *n, int64_t more, struct buf *b)
{
	if (notice_korean(n))
		buf_printf(b, "\n… 그 밖에 %" PRId64 "건: cpauto status", more);
	else
		buf_printf(b, "\n… and %" PRId64 " more: cpauto status", more);
}

static void add_question(const struct config_notifier *n, const struct value *post, struct buf *b)
{
	int64_t id = value_get_int(post, "id", 0);
	const char *keyword = value_get_string(post, "keyword", "");
	const char *list = value_get_string(post, "list", "");
	const char *publisher = value_get_string(post, "publisher", "");

	buf_printf(b, "%s\n", value_get_string(post, "title", ""));
	if (notice_korean(n))
		buf_printf(b, "글 %" PRId64 "번('%s', 목록 '%s', 발행처 '%s')이 승인을 기다립니다.\n"
			"읽기: cpauto posts show %" PRId64 "\n결정: cpauto posts approve %" PRId64
			" 또는 reject %" PRId64, id, keyword, list, publisher, id, id, id);
	else
		buf_printf(b, "Post %" PRId64 " for '%s' (list %s, publisher %s) waits for your "
			"approval.\nTo read it: cpauto posts show %" PRId64
			"\nTo decide: cpauto posts approve %" PRId64 ", or reject %" PRId64, id,
			keyword, list, publisher, id, id, id);
}

char *notice_replied(const struct config_notifier *n, int64_t post, bool approve)
{
	if (notice_korean(n))
		return xasprintf("답장대로 글 %" PRId64 "번을 %s했습니다.", post,
			approve ? yes[1] : no[1]);
	return xasprintf("Post %" PRId64 " is %s by your reply.", post,
		approve ? "approved" : "rejected");
}

/* A post that waits is asked about as long as it does (store.h), not when its line is written. */
static const unsigned char of_event[EVENT_COUNT] = {
	[EVENT_POST_PUBLISHED] = NOTICE_PUBLISHED,
	[EVENT_POST_UPDATED] = NOTICE_PUBLISHED,
	[EVENT_POST_REFUSED] = NOTICE_REFUSED,
	[EVENT_KEYWORD_REFUSED] = NOTICE_REFUSED,
	[EVENT_POST_UNCLEAR] = NOTICE_UNKNOWN,
	[EVENT_POST_DOUBTED] = NOTICE_UNKNOWN,
	[EVENT_POSTS_OPEN] = NOTICE_UNKNOWN,
	[EVENT_POST_PARKED] = NOTICE_PARKED,
	[EVENT_BLOCKED] = NOTICE_BLOCKED,
	[EVENT_STOPPED] = NOTICE_BLOCKED,
	[EVENT_PUBLISHER_BLOCKED] = NOTICE_BLOCKED,
	[EVENT_SOURCE_BROKEN] = NOTICE_BROKEN,
	[EVENT_PUBLISHER_BROKEN] = NOTICE_BROKEN,
	[EVENT_CACHE_MISSING] = NOTICE_BROKEN,
	[EVENT_NO_ANSWER] = NOTICE_FAILED,
	[EVENT_PUBLISHER_WAITS] = NOTICE_FAILED,
	[EVENT_STORE_WAITS] = NOTICE_FAILED,
	[EVENT_CLOCK_OFF] = NOTICE_FAILED,
	[EVENT_BLOCK_OVER] = NOTICE_BACK,
	[EVENT_SOURCE_BACK] = NOTICE_BACK,
	[EVENT_PUBLISHER_BACK] = NOTICE_BACK,
	[EVENT_READY] = NOTICE_SERVICE,
	[EVENT_CONFIG_BAD] = NOTICE_SERVICE,
	[EVENT_RELOAD_REFUSED] = NOTICE_SERVICE,
};

enum notice_class notice_of_event(enum event event)
{
	return (enum notice_class)of_event[event];
}

const char *notice_word(enum notice_class class)
{
	return classes[class].word;
}

enum notice_class notice_of_word(const char *word)
{
	for (int i = NOTICE_NONE + 1; i < NOTICE_COUNT; i++)
		if (str_eq(classes[i].word, word))
			return (enum notice_class)i;
	return NOTICE_NONE;
}

enum notice_class notice_find(const char *word)
{
	enum notice_class class = notice_of_word(word);

	return class < NOTICE_OWN ? class : NOTICE_NONE;
}

/* ---- the message ------------------------------------------------------------------ */

static struct value *new_event(const char *class, const char *title, const char *text)
{
	struct value *v = value_new_object();

	value_set_string(v, "class", class);
	value_set_string(v, "title", title);
	value_set_string(v, "text", text);
	return v;
}

static void set_post(const struct config_notifier *n, struct value *event, int64_t post,
	const struct value *row)
{
	static const char *const names[] = { "keyword", "list", "publisher", "url" };

	if (post <= 0)
		return;
	value_set_int(event, "post", post);
	value_set_string(event, "post_title", value_get_string(row, "title", NULL));
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		value_set_string(event, names[i], value_get_string(row, names[i], NULL));
	const char *url = value_get_string(row, "url", "");
	CLEANUP_FREE char *page = n->page[0] ? xasprintf("%s/%" PRId64, n->page, post) : NULL;
	if (page || url[0])
		value_set_string(event, "link", page ? page : url);
}

static void set_time(struct value *event, int64_t at_ms)
{
	char text[CLOCK_TEXT_MAX];

	value_set_int(event, "at_ms", at_ms);
	clock_format_rfc3339(at_ms, text);
	value_set_string(event, "time", text);
}

/* One class has its heading; several are counted. */
static void make_title(const struct config_notifier *n, const struct value *rows, int64_t more,
	char out[NOTICE_LINE_MAX])
{
	const char *first = value_get_string(value_at(rows, 0), "class", "");
	size_t count = value_len(rows) + (size_t)more;
	bool same = true;

	for (size_t i = 1; i < value_len(rows); i++)
		same &= str_eq(value_get_string(value_at(rows, i), "class", ""), first);
	const char *title = classes[notice_of_word(first)].titles[notice_korean(n)];
	if (count == 1)
		str_format_cut(out, NOTICE_LINE_MAX, "cpauto: %s", title);
	else if (same)
		str_format_cut(out, NOTICE_LINE_MAX, "cpauto: %s (%zu)", title, count);
	else
		say_many(n, count, out);
}

static void add_line(struct buf *b, const struct value *row, bool with_time)
{
	char line[NOTICE_LINE_MAX + 1], time[CLOCK_TEXT_MAX];

	str_format_cut(line, sizeof(line), "%s", value_get_string(row, "text", ""));
	clock_format_time(value_get_int(row, "at_ms", 0), time);
	buf_printf(b, "%s%s%s%s", b->len > 0 ? "\n" : "", with_time ? time : "",
		with_time ? " " : "", line);
}

/* The most urgent: 3 is an error. */
static int64_t level_of(const struct value *rows)
{
	int64_t level = 6;

	for (size_t i = 0; i < value_len(rows); i++) {
		int64_t l = value_get_int(value_at(rows, i), "level", 6);
		level = l < level ? l : level;
	}
	return level;
}

struct value *notice_event(const struct config_notifier *n, const struct value *rows,
	int64_t more)
{
	size_t count = value_len(rows), shown = count > NOTICE_LINES ? NOTICE_LINES : count;
	const struct value *first = value_at(rows, 0);
	char title[NOTICE_LINE_MAX];
	struct buf text;

	buf_init(&text, TEXT_MAX);
	for (size_t i = 0; i < shown; i++)
		add_line(&text, value_at(rows, i), count > 1);
	more += (int64_t)(count - shown);
	if (more > 0)
		add_more(n, more, &text);
	make_title(n, rows, more - (int64_t)(count - shown), title);
	struct value *event = new_event(value_get_string(first, "class", ""), title,
		buf_cstr(&text));
	buf_finish(&text);
	value_set_int(event, "level", level_of(rows));
	value_set_int(event, "count", (int64_t)shown + more);
	set_time(event, value_get_int(first, "at_ms", 0));
	if (count == 1)
		set_post(n, event, value_get_int(first, "post", 0), first);
	return event;
}

struct value *notice_approval(const struct config_notifier *n, const struct value *post,
	const char *token)
{
	int64_t id = value_get_int(post, "id", 0);
	char title[NOTICE_LINE_MAX];
	struct buf text;

	buf_init(&text, TEXT_MAX);
	str_format_cut(title, sizeof(title), "cpauto: %s",
		classes[NOTICE_APPROVAL].titles[notice_korean(n)]);
	add_question(n, post, &text);
	struct value *event = new_event(classes[NOTICE_APPROVAL].word, title, buf_cstr(&text));
	buf_finish(&text);
	value_set_int(event, "level", 5);
	value_set_int(event, "count", 1);
	set_time(event, value_get_int(post, "changed_ms", 0));
	set_post(n, event, id, post);
	if (token) {
		struct value *approve = value_new_object();
		value_set_string(approve, "token", token);
		value_set_string(approve, "yes", yes[notice_korean(n)]);
		value_set_string(approve, "no", no[notice_korean(n)]);
		value_set(event, "approve", approve);
	}
	return event;
}

struct value *notice_test(const struct config_notifier *n, int64_t now_ms)
{
	struct value *rows = value_new_list(), *row = value_new_object();

	value_set_string(row, "class", notice_word(NOTICE_TEST));
	value_set_string(row, "text", notice_korean(n)
		? "cpauto가 보낸 시험 메시지입니다. 알림이 여기로 옵니다."
		: "This is a test from cpauto: its messages come here.");
	value_set_int(row, "level", 5);
	value_set_int(row, "at_ms", now_ms);
	value_append(rows, row);
	struct value *event = notice_event(n, rows, 0);
	value_free(rows);
	return event;
}

/* ---- the pace --------------------------------------------------------------------- */

/*
 * Each message costs its share of an hour; who is in debt for more than the
 * hour waits (the generic cell rate algorithm). A clock that was set back is
 * not waited for.
 */
static int64_t debt(const struct config_notifier *n, int64_t paced_ms, int64_t now_ms)
{
	int64_t most = HOUR_MS + HOUR_MS / n->per_hour, owed = paced_ms - now_ms;

	return owed < 0 || owed > most ? 0 : owed;
}

int64_t notice_wait(const struct config_notifier *n, int64_t paced_ms, int64_t last_ms,
	int64_t now_ms)
{
	int64_t share = HOUR_MS / n->per_hour;
	int64_t wait = debt(n, paced_ms, now_ms) + share - HOUR_MS;
	int64_t since = now_ms - last_ms;

	if (last_ms > 0 && since >= 0 && n->gap_ms - since > wait)
		wait = n->gap_ms - since;
	return wait > 0 ? wait : 0;
}

int64_t notice_paced(const struct config_notifier *n, int64_t paced_ms, int64_t now_ms)
{
	return now_ms + debt(n, paced_ms, now_ms) + HOUR_MS / n->per_hour;
}
