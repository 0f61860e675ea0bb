/* SPDX-License-Identifier: MIT */

/*
 * Tells a server of the owner's something: one JSON object by POST. The address
 * may be the secret itself, as with Slack, Discord and the like.
 */
#include "buf.h"
#include "channel.h"
#include "json.h"
#include "kit.h"
#include "log.h"

#define WHO N_("the webhook")
#define DISCORD_MAX 1900 /* bytes; it takes 2000 characters */

struct hook {
	char *url, *secret_url, *token, *authorization;
	int64_t timeout_ms;
};

static void hook_finish(struct hook *h)
{
	free(h->url);
	secret_free(h->secret_url);
	secret_free(h->token);
	secret_free(h->authorization);
}

static bool hook_read(const struct value *config, struct hook *h, struct value *answer)
{
	struct http_url u;

	memset(h, 0, sizeof(*h));
	h->timeout_ms = channel_timeout(config);
	if (!channel_secret("url", &h->secret_url, answer) ||
			!channel_secret("token", &h->token, answer))
		return false;
	if (h->secret_url && http_url_parse(h->secret_url, false, &u) < 0) {
		kit_broken(answer, "the file of url_file holds no https address: put the address "
			"alone into it");
		return false;
	}
	h->url = h->secret_url ? xstrdup(h->secret_url)
			       : channel_url(config, "url", "", answer);
	if (!h->url)
		return false;
	if (h->token) {
		h->authorization = xasprintf("Bearer %s", h->token);
		kit_hide(h->authorization);
	}
	return true;
}

/* ---- the message ------------------------------------------------------------ */

/* "title", "text" and the link below one another. */
static void add_whole(struct buf *b, const struct channel_event *e)
{
	buf_printf(b, "%s\n%s", e->title, e->text);
	if (*e->link)
		buf_printf(b, "\n%s", e->link);
}

/* What Slack asks for, so that no text calls a channel or makes a link. */
static void add_slack(struct buf *b, const char *text)
{
	for (const char *c = text; *c; c++)
		if (*c == '&')
			buf_str(b, "&amp;");
		else if (*c == '<')
			buf_str(b, "&lt;");
		else if (*c == '>')
			buf_str(b, "&gt;");
		else
			buf_char(b, *c);
}

/* The event as it came, but what a reply would need. */
static struct value *as_event(const struct value *request, const char *whole UNUSED)
{
	const struct value *event = value_get(request, "event");
	struct value *v = event ? value_copy(event) : value_new_object();

	value_remove(v, "approve");
	value_set_string(v, "program", "cpauto");
	return v;
}

static struct value *as_slack(const struct value *request UNUSED, const char *whole)
{
	struct value *v = value_new_object();
	struct buf b;

	buf_init(&b, 8 * CHANNEL_TEXT_MAX);
	add_slack(&b, whole);
	value_set_string(v, "text", buf_cstr(&b));
	buf_finish(&b);
	return v;
}

static struct value *as_discord(const struct value *request UNUSED, const char *whole)
{
	struct value *v = value_new_object(), *mentions = value_new_object();
	char text[DISCORD_MAX + 1];

	str_format_cut(text, sizeof(text), "%s", whole);
	value_set_string(v, "content", text);
	value_set(mentions, "parse", value_new_list());
	value_set(v, "allowed_mentions", mentions);
	return v;
}

static const struct {
	const char *name;
	struct value *(*make)(const struct value *request, const char *whole);
} formats[] = {
	{ "event", as_event },
	{ "slack", as_slack },
	{ "discord", as_discord },
};

/* The caller's; NULL with ANSWER filled in. */
static char *message(const struct value *request, const struct channel_event *e,
	struct value *answer)
{
	const char *name = value_get_string(value_get(request, "config"), "format", "event");
	char *text = NULL;
	struct buf whole;

	buf_init(&whole, 2 * CHANNEL_TEXT_MAX);
	add_whole(&whole, e);
	for (size_t i = 0; i < ARRAY_LEN(formats) && !text; i++) {
		struct value *v = str_eq(formats[i].name, name)
			? formats[i].make(request, buf_cstr(&whole)) : NULL;

		text = v ? json_string(v, false) : NULL;
		value_free(v);
	}
	buf_finish(&whole);
	if (!text)
		kit_broken(answer, "format is \"event\", \"slack\" or \"discord\"");
	return text;
}

static void send_message(const struct hook *h, const char *body, struct value *answer)
{
	struct http_request q = { .url = h->url, .authorization = h->authorization,
		.content_type = "application/json", .body = body, .body_len = strlen(body),
		.timeout_ms = h->timeout_ms, .body_max = CHANNEL_BODY_MAX };
	struct http_answer a;

	http_answer_init(&a);
	if (http_post(&q, &a))
		kit_log(LOG_LEVEL_DEBUG, "%s", a.error.text);
	if (channel_judge(&a, WHO, "", -1, answer))
		kit_ok(answer);
	http_answer_finish(&a);
}

static void op_notify(const struct value *request, struct value *answer)
{
	struct channel_event e;
	struct hook h = { 0 };

	if (channel_event(request, &e, answer) &&
			hook_read(value_get(request, "config"), &h, answer)) {
		CLEANUP_FREE char *body = message(request, &e, answer);

		if (body)
			send_message(&h, body, answer);
	}
	hook_finish(&h);
}

static void op_check(const struct value *request, struct value *answer)
{
	struct channel_event e = { .title = "-", .text = "-", .link = "" };
	struct hook h;

	if (hook_read(value_get(request, "config"), &h, answer)) {
		CLEANUP_FREE char *body = message(request, &e, answer);

		if (body)
			kit_ok(answer);
	}
	hook_finish(&h);
}

static void op_describe(const struct value *request UNUSED, struct value *answer)
{
	channel_describe(answer, "webhook", false);
}

int main(int argc, char **argv)
{
	static const struct kit_op ops[] = {
		{ "notify", op_notify },
		{ "check", op_check },
		{ "describe", op_describe },
	};

	return kit_main(argc, argv, "webhook", ops, ARRAY_LEN(ops));
}
