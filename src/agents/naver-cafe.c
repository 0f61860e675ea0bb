/* SPDX-License-Identifier: MIT */

/*
 * The publisher "naver-cafe": articles in a board of a Naver cafe, by the one
 * write API that Naver still documents. At most 200 articles a day.
 */
#include "json.h"
#include "kit.h"
#include "log.h"
#include "naver-form.h"

#define ENDPOINT "https://openapi.naver.com"
#define PER_DAY 200
#define SPAM "AP005"

static const char *const flags[] = { "openyn", "searchopen", "replyyn", "scrapyn", "metoo",
	"autosourcing", "rclick", "ccl" };

/* ENDPOINT/v1/cafe/CLUB/menu/MENU/articles; the caller's, NULL with ANSWER filled in. */
static char *address(const struct value *config, struct value *answer)
{
	const char *endpoint = value_get_string(config, "endpoint", ENDPOINT);
	int64_t club = value_get_int(config, "clubid", 0);
	int64_t menu = value_get_int(config, "menuid", 0);
	size_t len = strlen(endpoint);
	struct http_url u;
	char *url;

	/* Digits in quotes are as good. */
	if (!club && parse_int64(value_get_string(config, "clubid", ""), 1, INT64_MAX, &club))
		club = 0;
	if (!menu && parse_int64(value_get_string(config, "menuid", ""), 1, INT64_MAX, &menu))
		menu = 0;
	if (club < 1 || menu < 1) {
		kit_broken(answer, "clubid and menuid must be given, the numbers of the cafe and "
			"of its board, such as clubid = 12345678; menuid = 3");
		return NULL;
	}
	while (len > 0 && endpoint[len - 1] == '/')
		len--;
	url = xasprintf("%.*s/v1/cafe/%lld/menu/%lld/articles", (int)len, endpoint,
		(long long)club, (long long)menu);
	if (!http_url_parse(url, false, &u))
		return url;
	kit_broken(answer, "endpoint: this is no https address "
		"(plain http is taken for loopback addresses only)");
	free(url);
	return NULL;
}

/* Whether the text is percent-encoded twice; false with ANSWER filled in if it is said wrongly. */
static bool read_encoding(const struct value *config, bool *twice, struct value *answer)
{
	const char *word = value_get_string(config, "encoding", "twice");

	*twice = str_eq(word, "twice");
	if (*twice || str_eq(word, "once"))
		return true;
	kit_broken(answer, "encoding is \"twice\" or \"once\"");
	return false;
}

static bool make_form(const struct value *request, struct naver_form *f, struct value *answer)
{
	const struct value *config = value_get(request, "config");
	const struct value *post = value_get(request, "post");

	naver_form_add(f, "subject", value_get_string(post, "title", ""));
	if (!naver_form_add_post(f, "content", post, config, answer))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		naver_form_add(f, flags[i], naver_form_flag(config, flags[i]));
	return true;
}

static void judge_failure(const struct http_answer *h, const struct naver_error *error,
	struct value *answer)
{
	if (str_eq(error->code, SPAM))
		kit_refused(answer, "the cafe moved the article to its spam box (%s): it is "
			"never sent again; look there, and write to the cafe's manager", SPAM);
	else if (str_eq(error->code, "999"))
		kit_unknown(answer, "the cafe failed (999 %s): the article may be out",
			error->text);
	else if (h->status == 403 && (!*error->code || error->code[0] == '0'))
		kit_broken(answer, "the application may not write to cafes (HTTP 403 %s %s): "
			"enable the cafe API at developers.naver.com, then: cpauto unblock",
			error->code, error->text);
	else if (h->status == 404 || h->status == 405 || h->status == 410)
		kit_broken(answer, "there is no such address (HTTP %d %s): correct 'endpoint', "
			"'clubid' or 'menuid'", h->status, error->code);
	else if (h->status == 200 && !*error->code)
		kit_unknown(answer, "the answer to the article cannot be read: it may be out");
	else
		kit_refused(answer, "the cafe refuses the article (HTTP %d %s %s)", h->status,
			error->code, error->text);
}

static void say_done(const struct value *result, struct value *answer)
{
	const struct value *id = value_get(result, "articleId");
	char text[24];

	kit_ok(answer);
	str_format_cut(text, sizeof(text), "%lld", (long long)value_int(id, 0));
	value_set_string(answer, "id", value_string(id, text));
	value_set_string(answer, "url", value_get_string(result, "articleUrl",
		value_get_string(result, "cafeUrl", "")));
}

static void judge(const struct http_answer *h, const struct value *config,
	const struct naver_token *t, struct value *answer)
{
	struct value *body = NULL;
	const struct value *result;
	struct naver_error error;
	struct err e;

	if (h->end == HTTP_DONE && json_parse(buf_cstr(&h->body), h->body.len, &body, &e))
		body = NULL;
	naver_form_error(body, &error);
	result = value_get(value_get(body, "message"), "result");
	/* The one code that must be known whatever comes with it. */
	if (h->end == HTTP_DONE && str_eq(error.code, SPAM))
		judge_failure(h, &error, answer);
	else if (naver_form_judge(h, &error, true, config, t, answer))
		; /* said */
	else if (h->status == 200 && value_get(result, "articleId"))
		say_done(result, answer);
	else
		judge_failure(h, &error, answer);
	value_free(body);
}

static void send_article(const struct value *config, const struct naver_form *f, const char *url,
	struct value *answer)
{
	struct naver_token token;
	struct http_answer h;

	naver_token_init(&token);
	if (naver_token_get(config, &token, answer)) {
		naver_token_finish(&token);
		return;
	}
	http_answer_init(&h);
	if (naver_form_send(f, url, token.access, naver_token_timeout(config), &h))
		kit_log(LOG_LEVEL_NOTICE, "the article: %s", h.error.text);
	judge(&h, config, &token, answer);
	http_answer_finish(&h);
	naver_token_finish(&token);
}

static void op_publish(const struct value *request, struct value *answer)
{
	const struct value *config = value_get(request, "config");
	CLEANUP_FREE char *url = address(config, answer);
	struct naver_form form;
	bool twice;

	if (!url || !read_encoding(config, &twice, answer))
		return;
	naver_form_init(&form, twice);
	if (make_form(request, &form, answer))
		send_article(config, &form, url, answer);
	naver_form_finish(&form);
}

/* There is no way to ask a cafe. */
static void op_find(const struct value *request UNUSED, struct value *answer)
{
	kit_ok(answer);
	value_set_string(answer, "found", "unknown");
}

static void op_check(const struct value *request, struct value *answer)
{
	const struct value *config = value_get(request, "config");
	CLEANUP_FREE char *url = address(config, answer);
	int64_t per_day = value_get_int(config, "per_day", 0);
	struct err e = { "" };
	struct fit fit;
	bool twice;

	if (!url || !read_encoding(config, &twice, answer))
		return;
	if (!fit_read(config, &fit, &e)) {
		kit_broken(answer, "%s", e.text);
		return;
	}
	if (naver_token_check(config, answer))
		return;
	if (per_day < 1 || per_day > PER_DAY)
		kit_log(LOG_LEVEL_WARNING, "Naver takes %d articles a day: set per_day to at most "
			"that", PER_DAY);
	kit_log(LOG_LEVEL_NOTICE, "look at the first article: if it shows %%EC%%95%%88 and the "
		"like, set encoding = \"%s\"", twice ? "once" : "twice");
	kit_ok(answer);
}

static void op_describe(const struct value *request UNUSED, struct value *answer)
{
	value_set_string(answer, "name", "naver-cafe");
	value_set_bool(answer, "findable", false);
	value_set_bool(answer, "idempotent", false);
	value_set_bool(answer, "drafts", false);
	value_set_bool(answer, "unattended", true);
	value_set_bool(answer, "images", true);
	value_set_string(answer, "html_profile", "safe");
	value_set_string(answer, "note", _("at most 200 articles a day; what the cafe moves to "
		"its spam box is never sent again"));
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

	return kit_main(argc, argv, "naver-cafe", ops, ARRAY_LEN(ops));
}
