/* SPDX-License-Identifier: MIT */

/*
 * Tells people something through a bot of Telegram. The bot's token stands in the
 * address of each request, so the address is a secret. Buttons come back as
 * callback queries, which are asked for.
 */
#include <inttypes.h>

#include "channel.h"
#include "json.h"
#include "kit.h"
#include "log.h"

#define WHO "Telegram"
#define SERVER "https://api.telegram.org"
#define WORDS_MAX 240
#define UPDATES_MAX 100
#define CHAT_MAX 64

struct telegram {
	char *server, *token;
	char chat[CHAT_MAX];
	int64_t timeout_ms;
};

/* What one request brought. */
struct said {
	struct http_answer http;
	struct value *body;
	char words[WORDS_MAX];
	int64_t retry_s;
};

static void telegram_finish(struct telegram *t)
{
	free(t->server);
	secret_free(t->token);
}

/* "123456:ABC-def_…": it goes into an address. */
static bool is_bot_token(const char *s)
{
	size_t digits = strspn(s, "0123456789");

	return digits > 0 && s[digits] == ':' && strlen(s + digits + 1) >= 8 &&
		strspn(s + digits + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"0123456789-_") == strlen(s + digits + 1);
}

/* A number, in quotes or not, or "@channel". */
static bool read_chat(const struct value *config, char out[CHAT_MAX])
{
	const struct value *v = value_get(config, "chat");
	const char *s;

	if (value_kind(v) == VALUE_INT)
		str_format_cut(out, CHAT_MAX, "%" PRId64, value_int(v, 0));
	else
		str_format_cut(out, CHAT_MAX, "%s", value_string(v, ""));
	s = out[0] == '@' || out[0] == '-' ? out + 1 : out;
	if (out[0] == '@')
		return channel_is_token(s);
	return *s && strspn(s, "0123456789") == strlen(s);
}

static bool telegram_read(const struct value *config, struct telegram *t, struct value *answer)
{
	memset(t, 0, sizeof(*t));
	t->timeout_ms = channel_timeout(config);
	t->server = channel_url(config, "url", SERVER, answer);
	if (!t->server || !channel_secret("token", &t->token, answer))
		return false;
	if (!t->token) {
		kit_broken(answer, "no token was given: @BotFather gives one; put it into a file "
			"(chmod 600) and write token_file = \"...\", or give it as a credential");
		return false;
	}
	if (!is_bot_token(t->token)) {
		kit_broken(answer, "the token is none of a bot, 123456:ABC...; copy it from "
			"@BotFather as it is");
		return false;
	}
	if (!read_chat(config, t->chat)) {
		kit_broken(answer, "chat: this is no chat; write its number, chat = \"123456789\", "
			"or a channel's name, \"@name\"");
		return false;
	}
	return true;
}

/* ---- one request ----------------------------------------------------------- */

static void said_finish(struct said *s)
{
	http_answer_finish(&s->http);
	value_free(s->body);
}

/* Calls METHOD with ARGS, which is freed. True with an "ok" in S; else ANSWER is filled in. */
static bool call(const struct telegram *t, const char *method, struct value *args, struct said *s,
	struct value *answer)
{
	char *url = xasprintf("%s/bot%s/%s", t->server, t->token, method);
	CLEANUP_FREE char *body = json_string(args, false);
	struct http_request q = { .url = url, .accept = "application/json",
		.content_type = "application/json", .body = body, .body_len = strlen(body),
		.timeout_ms = t->timeout_ms, .body_max = 4 * CHANNEL_BODY_MAX };
	struct err e;

	memset(s, 0, sizeof(*s));
	http_answer_init(&s->http);
	if (http_post(&q, &s->http))
		kit_log(LOG_LEVEL_DEBUG, "%s", s->http.error.text);
	secret_free(url);
	value_free(args);
	if (s->http.end != HTTP_DONE ||
			json_parse(buf_cstr(&s->http.body), s->http.body.len, &s->body, &e) < 0)
		s->body = NULL;
	str_format_cut(s->words, sizeof(s->words), "%s",
		value_get_string(s->body, "description", ""));
	s->retry_s = value_get_int(value_get(s->body, "parameters"), "retry_after", -1);
	if (!channel_judge(&s->http, WHO, s->words, s->retry_s, answer))
		return false;
	if (value_get_bool(s->body, "ok", false))
		return true;
	kit_later(answer, 60, "the answer of %s cannot be read: it may be down", WHO);
	return false;
}

/* ---- telling --------------------------------------------------------------- */

static void add_html(struct buf *b, const char *s)
{
	buf_html(b, s, strlen(s));
}

static struct value *button(const char *label, const char *word, const char *token)
{
	struct value *v = value_new_object();
	CLEANUP_FREE char *data = xasprintf("%s %s", word, token);

	value_set_string(v, "text", label);
	value_set_string(v, "callback_data", data);
	return v;
}

static struct value *keyboard(const struct channel_event *e)
{
	struct value *v = value_new_object(), *rows = value_new_list(), *row = value_new_list();

	value_append(row, button(e->yes, "approve", e->token));
	value_append(row, button(e->no, "reject", e->token));
	value_append(rows, row);
	value_set(v, "inline_keyboard", rows);
	return v;
}

static struct value *message(const struct telegram *t, const struct channel_event *e)
{
	struct value *v = value_new_object(), *preview = value_new_object();
	struct buf text;

	buf_init(&text, 8 * (CHANNEL_TITLE_MAX + CHANNEL_TEXT_MAX));
	buf_str(&text, "<b>");
	add_html(&text, e->title);
	buf_str(&text, "</b>\n");
	add_html(&text, e->text);
	if (*e->link) {
		buf_str(&text, "\n");
		add_html(&text, e->link);
	}
	value_set_string(v, "chat_id", t->chat);
	value_set_string(v, "text", buf_cstr(&text));
	value_set_string(v, "parse_mode", "HTML");
	value_set_bool(preview, "is_disabled", true);
	value_set(v, "link_preview_options", preview);
	value_set_bool(v, "disable_notification", e->level > 5);
	if (*e->token)
		value_set(v, "reply_markup", keyboard(e));
	buf_finish(&text);
	return v;
}

static void op_notify(const struct value *request, struct value *answer)
{
	struct channel_event e;
	struct telegram t = { 0 };

	if (channel_event(request, &e, answer) &&
			telegram_read(value_get(request, "config"), &t, answer)) {
		struct said s;

		if (call(&t, "sendMessage", message(&t, &e), &s, answer))
			kit_ok(answer);
		said_finish(&s);
	}
	telegram_finish(&t);
}

/* ---- hearing --------------------------------------------------------------- */

/* The chat of a message as text; "" if it is another's. */
static bool is_our_chat(const struct telegram *t, const struct value *message)
{
	char id[CHAT_MAX];

	str_format_cut(id, sizeof(id), "%" PRId64,
		value_get_int(value_get(message, "chat"), "id", 0));
	return str_eq(id, t->chat);
}

/* So that the button stops turning; that it fails changes nothing. */
static void answer_button(const struct telegram *t, const char *id)
{
	struct value *args = value_new_object(), *ignored = value_new_object();
	struct said s;

	value_set_string(args, "callback_query_id", id);
	if (!call(t, "answerCallbackQuery", args, &s, ignored))
		kit_log(LOG_LEVEL_DEBUG, "%s", value_get_string(ignored, "reason", ""));
	said_finish(&s);
	value_free(ignored);
}

static void take_update(const struct telegram *t, const struct value *update,
	struct value *replies)
{
	const struct value *query = value_get(update, "callback_query");
	const struct value *message = query ? value_get(query, "message")
					    : value_get(update, "message");
	const char *text = query ? value_get_string(query, "data", "")
				 : value_get_string(message, "text", "");
	size_t before = value_len(replies);

	if (!is_our_chat(t, message))
		return;
	channel_reply(replies, text, t->chat);
	if (query && value_len(replies) > before)
		answer_button(t, value_get_string(query, "id", ""));
}

static void take_updates(const struct telegram *t, const struct value *body, int64_t from,
	struct value *answer)
{
	const struct value *updates = value_get(body, "result");
	struct value *replies;
	char cursor[24];

	str_format_cut(cursor, sizeof(cursor), "%" PRId64, from);
	replies = channel_replies(answer, cursor);
	for (size_t i = 0; i < value_len(updates) && i < UPDATES_MAX; i++) {
		int64_t id = value_get_int(value_at(updates, i), "update_id", -1);

		if (id >= from && id < INT64_MAX)
			from = id + 1;
		take_update(t, value_at(updates, i), replies);
	}
	str_format_cut(cursor, sizeof(cursor), "%" PRId64, from);
	value_set_string(answer, "cursor", cursor);
}

static struct value *asked(int64_t from)
{
	struct value *v = value_new_object(), *kinds = value_new_list();

	value_set_int(v, "offset", from);
	value_set_int(v, "limit", UPDATES_MAX);
	value_set_int(v, "timeout", 0);
	value_append(kinds, value_new_string("message"));
	value_append(kinds, value_new_string("callback_query"));
	value_set(v, "allowed_updates", kinds);
	return v;
}

static void op_replies(const struct value *request, struct value *answer)
{
	struct telegram t;
	struct said s;
	int64_t from;

	if (parse_int64(value_get_string(request, "cursor", ""), 0, INT64_MAX - 1, &from) < 0)
		from = 0;
	if (telegram_read(value_get(request, "config"), &t, answer)) {
		if (call(&t, "getUpdates", asked(from), &s, answer))
			take_updates(&t, s.body, from, answer);
		else if (s.http.end == HTTP_DONE && s.http.status == 409)
			kit_broken(answer, "something else takes the replies of this bot (%.200s): "
				"give cpauto a bot of its own, without a webhook", s.words);
		said_finish(&s);
	}
	telegram_finish(&t);
}

/* ---- the rest -------------------------------------------------------------- */

static void op_check(const struct value *request, struct value *answer)
{
	const struct value *config = value_get(request, "config");
	struct telegram t;
	struct said s;

	if (!telegram_read(config, &t, answer)) {
		; /* said */
	} else if (t.chat[0] == '@' && str_eq(value_get_string(config, "replies", ""), "approve")) {
		kit_broken(answer, "replies need the number of the chat, for it is by that that a "
			"reply is known: chat = \"123456789\"");
	} else {
		if (call(&t, "getMe", value_new_object(), &s, answer))
			kit_ok(answer);
		said_finish(&s);
	}
	telegram_finish(&t);
}

static void op_describe(const struct value *request UNUSED, struct value *answer)
{
	channel_describe(answer, "telegram", true);
}

int main(int argc, char **argv)
{
	static const struct kit_op ops[] = {
		{ "notify", op_notify },
		{ "replies", op_replies },
		{ "check", op_check },
		{ "describe", op_describe },
	};

	return kit_main(argc, argv, "telegram", ops, ARRAY_LEN(ops));
}
