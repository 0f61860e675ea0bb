/* SPDX-License-Identifier: MIT */

/*
 * Tells people something through ntfy, ntfy.sh or a server of one's own. What is
 * published goes as one JSON object, never in headers; buttons publish a reply
 * to a second topic, which is asked for what is new.
 */
#include "channel.h"
#include "json.h"
#include "kit.h"
#include "log.h"

#define WHO "ntfy"
#define SERVER "https://ntfy.sh"
#define TOPIC_MAX 64
#define CURSOR_MAX 40
#define WORDS_MAX 240

struct ntfy {
	char *url, *token, *authorization;
	const char *topic, *replies; /* "" = none */
	int64_t timeout_ms;
};

static bool is_topic(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

	return n > 0 && n <= TOPIC_MAX && !s[n];
}

static void ntfy_finish(struct ntfy *n)
{
	free(n->url);
	secret_free(n->token);
	secret_free(n->authorization);
}

/* False with ANSWER filled in; NTFY is to be finished either way. */
static bool ntfy_read(const struct value *config, struct ntfy *n, struct value *answer)
{
	memset(n, 0, sizeof(*n));
	n->topic = value_get_string(config, "topic", "");
	n->replies = value_get_string(config, "reply_topic", "");
	n->timeout_ms = channel_timeout(config);
	n->url = channel_url(config, "url", SERVER, answer);
	if (!n->url || !channel_secret("token", &n->token, answer))
		return false;
	if (!is_topic(n->topic) || (n->replies[0] && !is_topic(n->replies))) {
		kit_broken(answer, "%s: a topic is a word of letters, digits, '-' and '_', at most "
			"%d; on ntfy.sh it is as good as a password: make it long",
			is_topic(n->topic) ? "reply_topic" : "topic", TOPIC_MAX);
		return false;
	}
	if (str_eq(n->topic, n->replies)) {
		kit_broken(answer, "reply_topic must not be the topic itself: give it another "
			"name that nobody can guess");
		return false;
	}
	if (n->token) {
		n->authorization = xasprintf("Bearer %s", n->token);
		kit_hide(n->authorization);
	}
	return true;
}

/* ---- telling --------------------------------------------------------------- */

static struct value *button(const struct ntfy *n, const char *label, const char *word,
	const struct channel_event *e)
{
	struct value *v = value_new_object();
	CLEANUP_FREE char *url = xasprintf("%s/%s", n->url, n->replies);
	CLEANUP_FREE char *body = xasprintf("%s %s", word, e->token);

	value_set_string(v, "action", "http");
	value_set_string(v, "label", label);
	value_set_string(v, "url", url);
	value_set_string(v, "method", "POST");
	value_set_string(v, "body", body);
	value_set_bool(v, "clear", true);
	return v;
}

static const char *tag_of(const struct channel_event *e)
{
	if (str_eq(e->kind, "approval"))
		return "question";
	if (str_eq(e->kind, "published"))
		return "white_check_mark";
	return e->level <= 3 ? "rotating_light" : e->level == 4 ? "warning" : "information_source";
}

static char *message(const struct ntfy *n, const struct channel_event *e)
{
	struct value *v = value_new_object(), *tags = value_new_list();
	char *text;

	value_set_string(v, "topic", n->topic);
	value_set_string(v, "title", e->title);
	value_set_string(v, "message", e->text);
	value_set_int(v, "priority", e->level <= 3 ? 4 : 3);
	value_append(tags, value_new_string(tag_of(e)));
	value_set(v, "tags", tags);
	if (*e->link)
		value_set_string(v, "click", e->link);
	if (*e->token && n->replies[0]) {
		struct value *actions = value_new_list();

		value_append(actions, button(n, e->yes, "approve", e));
		value_append(actions, button(n, e->no, "reject", e));
		value_set(v, "actions", actions);
	}
	text = json_string(v, false);
	value_free(v);
	return text;
}

/* What the server said, for people: {"code":…,"http":…,"error":"…"}. */
static void words_of(const struct http_answer *h, char out[WORDS_MAX])
{
	struct value *v = NULL;
	struct err e;

	out[0] = '\0';
	if (h->end != HTTP_DONE || json_parse(buf_cstr(&h->body), h->body.len, &v, &e) < 0)
		return;
	str_format_cut(out, WORDS_MAX, "%s", value_get_string(v, "error", ""));
	value_free(v);
}

/* The message as it was taken. A page says nothing, though it comes with 200. */
static bool is_receipt(const struct http_answer *h)
{
	struct value *v = NULL;
	struct err e;
	bool is = json_parse(buf_cstr(&h->body), h->body.len, &v, &e) == 0 &&
		value_get(v, "id") != NULL;

	value_free(v);
	return is;
}

static void op_notify(const struct value *request, struct value *answer)
{
	struct channel_event e;
	struct http_answer h;
	struct ntfy n = { 0 };
	char words[WORDS_MAX];

	if (channel_event(request, &e, answer) &&
			ntfy_read(value_get(request, "config"), &n, answer)) {
		CLEANUP_FREE char *body = message(&n, &e);
		struct http_request q = { .url = n.url, .authorization = n.authorization,
			.accept = "application/json", .content_type = "application/json",
			.body = body, .body_len = strlen(body), .timeout_ms = n.timeout_ms,
			.body_max = CHANNEL_BODY_MAX };

		http_answer_init(&h);
		if (http_post(&q, &h))
			kit_log(LOG_LEVEL_DEBUG, "%s", h.error.text);
		words_of(&h, words);
		if (!channel_judge(&h, WHO, words, -1, answer))
			; /* said */
		else if (is_receipt(&h))
			kit_ok(answer);
		else
			kit_later(answer, 60, "what answers is no ntfy: look at 'url'");
		http_answer_finish(&h);
	}
	ntfy_finish(&n);
}

/* ---- hearing --------------------------------------------------------------- */

/* One line of the answer is one message. False for what is none. */
static bool take_line(const char *line, size_t len, const struct ntfy *n, struct value *replies,
	char cursor[CURSOR_MAX])
{
	struct value *v = NULL;
	struct err e;
	const char *id;

	if (json_parse(line, len, &v, &e) < 0)
		return len == 0;
	id = value_get_string(v, "id", "");
	if (str_eq(value_get_string(v, "event", ""), "message")) {
		channel_reply(replies, value_get_string(v, "message", ""), n->replies);
		if (channel_is_token(id) && strlen(id) < CURSOR_MAX)
			str_format_cut(cursor, CURSOR_MAX, "%s", id);
	}
	value_free(v);
	return true;
}

static void take_lines(const struct http_answer *h, const struct ntfy *n, const char *since,
	struct value *answer)
{
	const char *at = buf_cstr(&h->body);
	char cursor[CURSOR_MAX];
	struct value *replies = channel_replies(answer, since);
	bool good = !*at;

	str_format_cut(cursor, sizeof(cursor), "%s", since);
	while (*at) {
		size_t len = strcspn(at, "\n");

		good |= take_line(at, len, n, replies, cursor) && len > 0;
		at += len + (at[len] != '\0');
	}
	value_set_string(answer, "cursor", cursor);
	if (!good)
		kit_later(answer, 60, "what answers is no ntfy: look at 'url'");
}

/* From where: the last message seen, or the second in which the first was told. */
static void read_since(const struct value *request, char out[CURSOR_MAX])
{
	const char *cursor = value_get_string(request, "cursor", "");
	int64_t s = value_get_int(request, "since_ms", 0) / 1000;

	if (channel_is_token(cursor) && strlen(cursor) < CURSOR_MAX)
		str_format_cut(out, CURSOR_MAX, "%s", cursor);
	else
		str_format_cut(out, CURSOR_MAX, "%lld", (long long)(s > 0 ? s : 0));
}

static void ask(const struct value *request, const struct ntfy *n, struct value *answer)
{
	char since[CURSOR_MAX], words[WORDS_MAX];
	struct http_answer h;

	read_since(request, since);
	CLEANUP_FREE char *url = xasprintf("%s/%s/json?poll=1&since=%s", n->url, n->replies,
		since);
	struct http_request q = { .url = url, .authorization = n->authorization,
		.timeout_ms = n->timeout_ms, .body_max = CHANNEL_BODY_MAX };

	http_answer_init(&h);
	if (http_get(&q, &h))
		kit_log(LOG_LEVEL_DEBUG, "%s", h.error.text);
	words_of(&h, words);
	if (h.end == HTTP_TOO_LARGE) {
		/* Whoever floods the topic must not keep later replies from being heard. */
		char now[CURSOR_MAX];

		kit_log(LOG_LEVEL_WARNING, "more than %u KiB were written to the reply topic; "
			"they are left out", CHANNEL_BODY_MAX >> 10);
		str_format_cut(now, sizeof(now), "%lld", (long long)(h.head_ms / 1000));
		channel_replies(answer, now);
	} else if (channel_judge(&h, WHO, words, -1, answer)) {
		take_lines(&h, n, since, answer);
	}
	http_answer_finish(&h);
}

static void op_replies(const struct value *request, struct value *answer)
{
	struct ntfy n;

	if (!ntfy_read(value_get(request, "config"), &n, answer))
		; /* said */
	else if (!n.replies[0])
		kit_broken(answer, "replies need a second topic: write reply_topic = \"...\", a "
			"name that nobody can guess");
	else
		ask(request, &n, answer);
	ntfy_finish(&n);
}

/* ---- the rest -------------------------------------------------------------- */

static void op_check(const struct value *request, struct value *answer)
{
	const struct value *config = value_get(request, "config");
	struct ntfy n;

	if (ntfy_read(config, &n, answer)) {
		if (str_eq(value_get_string(config, "replies", ""), "approve") && !n.replies[0])
			kit_broken(answer, "replies need a second topic: write reply_topic = "
				"\"...\", a name that nobody can guess");
		else
			kit_ok(answer);
	}
	ntfy_finish(&n);
}

static void op_describe(const struct value *request UNUSED, struct value *answer)
{
	channel_describe(answer, WHO, true);
}

int main(int argc, char **argv)
{
	static const struct kit_op ops[] = {
		{ "notify", op_notify },
		{ "replies", op_replies },
		{ "check", op_check },
		{ "describe", op_describe },
	};

	return kit_main(argc, argv, WHO, ops, ARRAY_LEN(ops));
}
