/* SPDX-License-Identifier: MIT */

/*
 * The publisher "naver-openapi": the wire shape of Naver's blog API, which
 * Naver ended on 2020-05-06. It serves gateways of one's own that kept the
 * shape; Naver's own hosts are refused unless force = true.
 */
#include <errno.h>

#include "clock.h"
#include "feed.h"
#include "json.h"
#include "kit.h"
#include "log.h"
#include "naver-form.h"
#include "text.h"

#define ENDPOINT "https://openapi.naver.com"
#define FEED_MAX (4u << 20)
#define FEED_DAYS 2
#define FEED_WAIT_S 600
#define DAY_MS (24 * 3600 * INT64_C(1000))
#define LIST_MAX (1u << 20)

/* One publish on its way. */
struct work {
	const struct value *config, *post;
	struct naver_form form;
	struct naver_token token;
};

/* Settings that become options of the post, and what each may say; NULL = true or false. */
static const struct {
	const char *setting, *field;
	const char *words[5];
} options[] = {
	{ "open_type", "options.openType", { "all", "closed", "neighbor", "agreedNeighbor" } },
	{ "allow_comment", "options.allowComment", { "true", "false" } },
	{ "allow_sympathy", "options.allowSympathy", { "true", "false" } },
	{ "allow_send", "options.allowSend", { "true", "false" } },
	{ "allow_search", "options.allowSearch", { "true", "false" } },
	{ "scrap_type", "options.scrapType", { "content", "link", "closed" } },
};

/* ENDPOINT/PATH; the caller's. */
static char *address(const struct value *config, const char *path)
{
	const char *endpoint = value_get_string(config, "endpoint", ENDPOINT);
	size_t len = strlen(endpoint);

	while (len > 0 && endpoint[len - 1] == '/')
		len--;
	return xasprintf("%.*s%s", (int)len, endpoint, path);
}

static bool is_naver(const struct http_url *u)
{
	return str_eq(u->host, "naver.com") || str_ends(u->host, ".naver.com");
}

static bool may_ask(const struct value *config, struct value *answer)
{
	CLEANUP_FREE char *url = address(config, "/");
	struct http_url u;

	if (http_url_parse(url, false, &u))
		kit_broken(answer, "endpoint: this is no https address "
			"(plain http is taken for loopback addresses only)");
	else if (is_naver(&u) && !value_get_bool(config, "force", false))
		kit_broken(answer, "Naver ended this API on 2020-05-06: name a gateway of your own "
			"as 'endpoint', or use another agent (force = true tries it all the same)");
	else
		return true;
	return false;
}

static bool is_word(const char *text, const char *const words[5])
{
	for (size_t i = 0; i < 5 && words[i]; i++)
		if (str_eq(text, words[i]))
			return true;
	return false;
}

/* Adds them to FORM (may be NULL: only looks). */
static bool take_options(const struct value *config, struct naver_form *form,
	struct value *answer)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		const char *const *w = options[i].words;
		const char *text = naver_form_flag(config, options[i].setting);

		if (!value_get(config, options[i].setting))
			continue;
		if (!is_word(text, w)) {
			kit_broken(answer, "%s is one of %s, %s%s%s%s%s", options[i].setting, w[0],
				w[1], w[2] ? ", " : "", w[2] ? w[2] : "", w[2] && w[3] ? ", " : "",
				w[2] && w[3] ? w[3] : "");
			return false;
		}
		if (form)
			naver_form_add(form, options[i].field, text);
	}
	return true;
}

/* Category names hold no-break spaces now and then: compared without white space's kind. */
static bool same_name(const char *a, const char *b)
{
	CLEANUP_FREE char *one = NULL;
	CLEANUP_FREE char *two = NULL;

	return a && b && !text_fold(a, &one) && !text_fold(b, &two) && str_eq(one, two);
}

/* The entry of LIST, or below it, that is called NAME. */
static const struct value *find_category(const struct value *list, const char *name)
{
	for (size_t i = 0; i < value_len(list); i++) {
		const struct value *v = value_at(list, i), *below;

		if (same_name(value_get_string(v, "name", NULL), name))
			return v;
		below = find_category(value_get(v, "subCategories"), name);
		if (below)
			return below;
	}
	return NULL;
}

static void add_number(struct naver_form *f, const struct value *number)
{
	char text[24];

	str_format_cut(text, sizeof(text), "%lld", (long long)value_int(number, 0));
	naver_form_add(f, "categoryNo", value_string(number, text));
}

static bool take_category(struct work *w, const struct value *body, const char *name,
	struct value *answer)
{
	const struct value *list = value_get(value_get(body, "message"), "result");
	const struct value *number;

	if (value_kind(list) != VALUE_LIST) {
		kit_broken(answer, "the server's list of categories cannot be read: look at the "
			"endpoint, or name the number as category_no");
		return false;
	}
	number = value_get(find_category(list, name), "categoryNo");
	if (!number) {
		kit_refused(answer, "the blog has no category '%.100s': make it there, or correct "
			"'category'", name);
		return false;
	}
	add_number(&w->form, number);
	return true;
}

static bool judge_list(struct work *w, const struct http_answer *h, const struct value *body,
	const char *name, struct value *answer)
{
	struct naver_error error;

	naver_form_error(body, &error);
	if (naver_form_judge(h, &error, false, w->config, &w->token, answer))
		return false;
	if (h->status == 200)
		return take_category(w, body, name, answer);
	kit_broken(answer, "the categories cannot be asked for (HTTP %d %s %s)", h->status,
		error.code, error.text);
	return false;
}

/* The body as an object, or NULL; the caller's. */
static struct value *parse_body(const struct http_answer *h)
{
	struct value *v = NULL;
	struct err e;

	if (h->end != HTTP_DONE || json_parse(buf_cstr(&h->body), h->body.len, &v, &e))
		return NULL;
	return v;
}

/* A read-only request of its own. */
static bool ask_category(struct work *w, const char *name, struct value *answer)
{
	CLEANUP_FREE char *url = address(w->config, "/blog/listCategory.json");
	char *bearer = xasprintf("Bearer %s", w->token.access);
	struct http_request q = { .url = url, .authorization = bearer,
		.accept = "application/json", .body_max = LIST_MAX,
		.timeout_ms = naver_token_timeout(w->config) };
	struct http_answer h;
	struct value *body;
	bool good;

	http_answer_init(&h);
	if (http_get(&q, &h))
		kit_log(LOG_LEVEL_NOTICE, "the categories: %s", h.error.text);
	secret_free(bearer);
	body = parse_body(&h);
	good = judge_list(w, &h, body, name, answer);
	value_free(body);
	http_answer_finish(&h);
	return good;
}

static bool set_category(struct work *w, struct value *answer)
{
	const struct value *number = value_get(w->config, "category_no");
	const char *name = value_get_string(w->post, "category", "");

	if (number) {
		add_number(&w->form, number);
		return true;
	}
	if (!*name)
		name = value_get_string(w->config, "category", "");
	return !*name || ask_category(w, name, answer);
}

static void judge_failure(const struct http_answer *h, const struct naver_error *error,
	struct value *answer)
{
	if (h->status == 403)
		kit_broken(answer, "the server does not let this application write (HTTP 403 %s "
			"%s): enable it there, then: cpauto unblock", error->code, error->text);
	else if (h->status == 404 || h->status == 405 || h->status == 410)
		kit_broken(answer, "the endpoint has no blog/writePost.json (HTTP %d %s): "
			"correct 'endpoint'", h->status, error->code);
	else if (h->status == 200 && !*error->code && !*error->text)
		kit_unknown(answer,
			"the server's answer to the post cannot be read: it may be out");
	else
		kit_refused(answer, "the server refuses the post (HTTP %d %s %s)", h->status,
			error->code, error->text);
}

static void set_id(const struct value *v, struct value *answer)
{
	char text[24];

	str_format_cut(text, sizeof(text), "%lld", (long long)value_int(v, 0));
	value_set_string(answer, "id", value_string(v, text));
}

static void judge_post(const struct work *w, const struct http_answer *h,
	const struct value *body, struct value *answer)
{
	const struct value *result = value_get(value_get(body, "message"), "result");
	struct naver_error error;

	naver_form_error(body, &error);
	if (naver_form_judge(h, &error, true, w->config, &w->token, answer))
		return;
	if (h->status != 200 || !value_get(result, "logNo")) {
		judge_failure(h, &error, answer);
		return;
	}
	kit_ok(answer);
	set_id(value_get(result, "logNo"), answer);
	value_set_string(answer, "url", value_get_string(result, "postUrl", ""));
}

static bool make_form(struct work *w, struct value *answer)
{
	naver_form_add(&w->form, "title", value_get_string(w->post, "title", ""));
	return naver_form_add_post(&w->form, "contents", w->post, w->config, answer) &&
		take_options(w->config, &w->form, answer);
}

static void send_post(struct work *w, struct value *answer)
{
	CLEANUP_FREE char *url = address(w->config, "/blog/writePost.json");
	struct http_answer h;
	struct value *body;

	http_answer_init(&h);
	if (naver_form_send(&w->form, url, w->token.access, naver_token_timeout(w->config), &h))
		kit_log(LOG_LEVEL_NOTICE, "the post: %s", h.error.text);
	body = parse_body(&h);
	judge_post(w, &h, body, answer);
	value_free(body);
	http_answer_finish(&h);
}

static void op_publish(const struct value *request, struct value *answer)
{
	struct work w = { value_get(request, "config"), value_get(request, "post"), { 0 }, { 0 } };

	naver_form_init(&w.form, false);
	naver_token_init(&w.token);
	if (may_ask(w.config, answer) && make_form(&w, answer) &&
			!naver_token_get(w.config, &w.token, answer) && set_category(&w, answer))
		send_post(&w, answer);
	naver_token_finish(&w.token);
	naver_form_finish(&w.form);
}

static void look(const struct value *post, const struct http_answer *h, struct value *answer)
{
	CLEANUP_FREE char *link = NULL;
	enum feed_found found;
	struct instant now;

	clock_now(&now);
	found = feed_find(buf_cstr(&h->body), h->body.len, value_get_string(post, "title", ""),
		value_get_string(post, "marker", ""), now.wall_ms - FEED_DAYS * DAY_MS, &link);
	kit_ok(answer);
	value_set_string(answer, "found", found == FEED_YES ? "yes" :
		found == FEED_NO ? "no" : "unknown");
	if (found == FEED_YES) {
		value_set_string(answer, "id", "");
		value_set_string(answer, "url", link ? link : "");
	}
}

static void op_find(const struct value *request, struct value *answer)
{
	const struct value *config = value_get(request, "config");
	const char *feed = value_get_string(config, "feed", "");
	struct http_request q = { .url = feed, .accept = "application/rss+xml, application/xml",
		.timeout_ms = naver_token_timeout(config), .body_max = FEED_MAX };
	struct http_answer h;

	if (!*feed) {
		kit_ok(answer);
		value_set_string(answer, "found", "unknown");
		return;
	}
	http_answer_init(&h);
	if (!http_get(&q, &h) && h.status == 200)
		look(value_get(request, "post"), &h, answer);
	else if (h.end == HTTP_DONE)
		kit_later(answer, naver_form_wait(&h, FEED_WAIT_S), "the feed answers HTTP %d",
			h.status);
	else
		kit_later(answer, FEED_WAIT_S, "the feed: %s", h.error.text);
	http_answer_finish(&h);
}

static void op_check(const struct value *request, struct value *answer)
{
	const struct value *config = value_get(request, "config");
	const char *feed = value_get_string(config, "feed", NULL);
	struct err e = { "" };
	struct http_url u;
	struct fit fit;

	if (!may_ask(config, answer) || !take_options(config, NULL, answer))
		return;
	if (!fit_read(config, &fit, &e)) {
		kit_broken(answer, "%s", e.text);
		return;
	}
	if (feed && http_url_parse(feed, false, &u)) {
		kit_broken(answer, "feed: this is no https address");
		return;
	}
	if (naver_token_check(config, answer))
		return;
	kit_log(LOG_LEVEL_NOTICE, "Naver ended this API on 2020-05-06; this publisher is for a "
		"gateway of your own");
	if (!feed)
		kit_log(LOG_LEVEL_NOTICE, "without 'feed' a post whose end is not known must be "
			"settled by hand");
	kit_ok(answer);
}

static void op_describe(const struct value *request, struct value *answer)
{
	const struct value *config = value_get(request, "config");

	value_set_string(answer, "name", "naver-openapi");
	value_set_bool(answer, "findable", !str_empty(value_get_string(config, "feed", NULL)));
	value_set_bool(answer, "idempotent", false);
	value_set_bool(answer, "drafts", false);
	value_set_bool(answer, "unattended", true);
	value_set_bool(answer, "images", true);
	value_set_string(answer, "html_profile", "safe");
	value_set_string(answer, "note", _("Naver ended this API on 2020-05-06; "
		"the wire shape serves gateways of one's own"));
	kit_ok(answer);
}

int main(int argc, char **argv)
{
	static const struct kit_op ops[] = {
		{ "publish", op_publish },
		{ "find", op_find },
		{ "check", op_check },
		{ "describe", op_describe },
	};

	return kit_main(argc, argv, "naver-openapi", ops, ARRAY_LEN(ops));
}
