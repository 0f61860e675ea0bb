/* SPDX-License-Identifier: MIT */
#include "channel.h"

#include <errno.h>
#include <strings.h>

#include "kit.h"
#include "log.h"

#define TIMEOUT_MS 30000
#define MARGIN_MS 3000 /* the agent's own, to say what happened */
#define LATER_MAX_S 86400

bool channel_is_token(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789-_");

	return n > 0 && n <= CHANNEL_TOKEN_MAX && !text[n];
}

bool channel_event(const struct value *request, struct channel_event *ret, struct value *answer)
{
	const struct value *event = value_get(request, "event");
	const struct value *approve = value_get(event, "approve");

	memset(ret, 0, sizeof(*ret));
	str_format_cut(ret->title, sizeof(ret->title), "%s", value_get_string(event, "title", ""));
	str_format_cut(ret->text, sizeof(ret->text), "%s", value_get_string(event, "text", ""));
	ret->kind = value_get_string(event, "class", "");
	ret->link = value_get_string(event, "link", "");
	ret->token = value_get_string(approve, "token", "");
	ret->yes = value_get_string(approve, "yes", "Approve");
	ret->no = value_get_string(approve, "no", "Reject");
	ret->level = value_get_int(event, "level", 6);
	if (!channel_is_token(ret->token))
		ret->token = "";
	if (ret->title[0] && ret->text[0])
		return true;
	kit_refused(answer, "the request has no event with a title and a text in it");
	return false;
}

char *channel_url(const struct value *config, const char *name, const char *standard,
	struct value *answer)
{
	const char *url = value_get_string(config, name, standard);
	size_t len = strlen(url);
	struct http_url u;

	while (len > 0 && url[len - 1] == '/')
		len--;
	CLEANUP_FREE char *bare = xstrndup(url, len);
	if (http_url_parse(bare, false, &u) == 0)
		return xstrdup(bare);
	kit_broken(answer, "%s: this is no https address (plain http is taken for loopback "
		"addresses only); write %s = \"https://...\"", name, name);
	return NULL;
}

bool channel_secret(const char *name, char **ret, struct value *answer)
{
	struct err e = { "" };
	int r;

	*ret = NULL;
	/* None at all may be meant; a file that is named and not there is not. */
	if (!kit_has_secret(name))
		return true;
	r = kit_secret(name, ret, &e);
	if (r < 0) {
		*ret = NULL;
		kit_broken(answer, "%s", e.text);
		return false;
	}
	for (const char *c = *ret; *c; c++) {
		if ((unsigned char)*c > ' ' && (unsigned char)*c < 0x7f)
			continue;
		kit_broken(answer, "the file with the %s holds more than one word: put the %s "
			"alone into it, on one line", name, name);
		secret_free(*ret);
		*ret = NULL;
		return false;
	}
	return true;
}

int64_t channel_timeout(const struct value *config)
{
	int64_t ms;

	if (parse_duration(value_get_string(config, "timeout", ""), &ms) < 0)
		ms = TIMEOUT_MS;
	return ms > 2 * MARGIN_MS ? ms - MARGIN_MS : ms / 2 + 1;
}

static int wait_of(const struct http_answer *h, int64_t retry_s)
{
	int64_t s = retry_s >= 0 ? retry_s : h->retry_after_s;

	return s < 0 ? 60 : s > LATER_MAX_S ? LATER_MAX_S : (int)s;
}

/* An answer came, and it is no good one. */
static void judge_status(const struct http_answer *h, const char *who, const char *words,
	int64_t retry_s, struct value *answer)
{
	const char *join = *words ? ": " : "";

	who = tr(who);
	if (h->status == 401 || h->status == 403)
		kit_broken(answer, "%s does not let us in (HTTP %d%s%.200s): look at the secret "
			"that it was given, and at what it may do there", who, h->status, join,
			words);
	else if (h->status == 404 || h->status == 405 || h->status == 410)
		kit_broken(answer, "%s has no such address (HTTP %d%s%.200s): correct it in the "
			"configuration", who, h->status, join, words);
	else if (h->status >= 300 && h->status < 400)
		kit_broken(answer, "%s points elsewhere (HTTP %d), and no redirect is followed: "
			"write the address that it points to", who, h->status);
	else if (h->status == 429 || h->status == 503)
		kit_later(answer, wait_of(h, retry_s), "%s wants to be left alone for now "
			"(HTTP %d%s%.200s)", who, h->status, join, words);
	else if (h->status >= 500 || h->status == 408)
		kit_later(answer, 60, "%s failed (HTTP %d%s%.200s)", who, h->status, join, words);
	else
		kit_refused(answer, "%s refuses it (HTTP %d%s%.200s)", who, h->status, join, words);
}

bool channel_judge(const struct http_answer *h, const char *who, const char *words,
	int64_t retry_s, struct value *answer)
{
	switch (h->end) {
	case HTTP_DONE:
		if (h->status >= 200 && h->status < 300)
			return true;
		judge_status(h, who, words, retry_s, answer);
		return false;
	case HTTP_BAD_URL:
		kit_broken(answer, "%s: %s", tr(who), h->error.text);
		return false;
	default:
		kit_later(answer, 60, "%s: %s", tr(who), h->error.text);
		return false;
	}
}

struct value *channel_replies(struct value *answer, const char *cursor)
{
	struct value *list = value_new_list();

	kit_ok(answer);
	value_set_string(answer, "cursor", cursor);
	value_set(answer, "replies", list);
	return list;
}

void channel_reply(struct value *replies, const char *text, const char *chat)
{
	static const char *const words[] = { "approve", "reject" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		size_t n = strlen(words[i]);
		struct value *v;

		if (strncasecmp(text, words[i], n) != 0 || text[n] != ' ' ||
				!channel_is_token(text + n + 1))
			continue;
		v = value_new_object();
		value_set_string(v, "word", words[i]);
		value_set_string(v, "token", text + n + 1);
		value_set_string(v, "chat", chat);
		value_append(replies, v);
		return;
	}
}

void channel_describe(struct value *answer, const char *name, bool replies)
{
	value_set_string(answer, "name", name);
	value_set_bool(answer, "notifies", true);
	value_set_bool(answer, "replies", replies);
	kit_ok(answer);
}
