/* SPDX-License-Identifier: MIT */
#include "naver-token.h"

#include <errno.h>
#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "http.h"
#include "json.h"
#include "kit.h"
#include "log.h"

#define ANSWER_MAX (64u << 10)
#define TOKEN_MAX 4096
#define FILE_MODE 0600
#define YOUNG_S 300
#define RETRY_S 300
#define RETRY_SOON_S 5
#define TIMEOUT_MS 60000
#define FORM_TYPE "application/x-www-form-urlencoded"
/* What only a person can do then. */
#define AGAIN N_("get new ones at developers.naver.com and put them into the files of " \
	"access_token_file and refresh_token_file, then: cpauto unblock")

/* What a refresh needs. */
struct keys {
	char *id, *secret, *refresh;
};

void naver_token_init(struct naver_token *t)
{
	memset(t, 0, sizeof(*t));
}

void naver_token_finish(struct naver_token *t)
{
	if (!t)
		return;
	secret_free(t->access);
	t->access = NULL;
}

static void keys_finish(struct keys *k)
{
	secret_free(k->id);
	secret_free(k->secret);
	secret_free(k->refresh);
}

int64_t naver_token_timeout(const struct value *config)
{
	int64_t ms;

	if (parse_duration(value_get_string(config, "request_timeout", ""), &ms) || ms < 1)
		return TIMEOUT_MS;
	return ms;
}

static bool is_given(const char *variable)
{
	return !str_empty(getenv(variable));
}

/* Printable ASCII without spaces: what may stand in a header. */
static bool is_token(const char *s)
{
	size_t len = s ? strlen(s) : 0;

	for (size_t i = 0; i < len; i++)
		if (s[i] <= ' ' || s[i] >= 0x7f)
			return false;
	return len > 0 && len <= TOKEN_MAX;
}

static int broken(struct value *answer, const struct err *e)
{
	kit_broken(answer, "%s", e->text);
	return -EIO;
}

/* Seconds since the file was written; -1 if it is not known or lies ahead. */
static int64_t age_of(const char *variable)
{
	const char *path = getenv(variable);
	struct instant now;
	struct stat st;
	int64_t age;

	clock_now(&now);
	if (str_empty(path) || stat(path, &st) < 0)
		return -1;
	age = now.wall_ms / 1000 - (int64_t)st.st_mtime;
	return age < 0 ? -1 : age;
}

/* A refresh whose answer cannot be kept would lose the tokens: looked at before. */
static int check_writable(const char *variable, struct err *e)
{
	const char *path = getenv(variable);
	CLEANUP_FREE char *copy = xstrdup(path ? path : ".");

	if (access(dirname(copy), W_OK) < 0)
		return err_set(e, -EACCES, "%s cannot be replaced when the token is refreshed: "
			"put it into a folder of the user that cpautod runs as, such as "
			"/var/lib/cpauto", path ? path : variable);
	return 0;
}

static int keys_read(struct keys *k, struct err *e)
{
	int r = kit_secret("client-id", &k->id, e);

	if (!r)
		r = kit_secret("client-secret", &k->secret, e);
	if (!r)
		r = kit_secret("refresh-token", &k->refresh, e);
	if (!r && (!is_token(k->id) || !is_token(k->secret) || !is_token(k->refresh)))
		r = err_set(e, -EINVAL, "the client id, the client secret or the refresh token "
			"holds spaces or other letters: each file has one word");
	if (!r)
		r = check_writable("CPAUTO_SECRET_REFRESH_TOKEN", e);
	return r ? r : check_writable("CPAUTO_SECRET_ACCESS_TOKEN", e);
}

static void add_pair(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "%s%s=", out->len ? "&" : "", name);
	buf_percent(out, value, strlen(value));
}

static void ask(const struct value *config, const struct keys *k, struct http_answer *h)
{
	struct http_request q = { .accept = "application/json", .content_type = FORM_TYPE,
		.url = value_get_string(config, "token_endpoint", NAVER_TOKEN_ENDPOINT),
		.timeout_ms = naver_token_timeout(config), .body_max = ANSWER_MAX };
	struct buf body;

	buf_init(&body, 8 * TOKEN_MAX * 3);
	add_pair(&body, "grant_type", "refresh_token");
	add_pair(&body, "client_id", k->id);
	add_pair(&body, "client_secret", k->secret);
	add_pair(&body, "refresh_token", k->refresh);
	q.body = buf_cstr(&body);
	q.body_len = body.len;
	/* How it ended stands in H. */
	if (http_post(&q, h))
		kit_log(LOG_LEVEL_NOTICE, "the token was not refreshed: %s", h->error.text);
	if (body.data)
		explicit_bzero(body.data, body.len);
	buf_finish(&body);
}

/* 0 or negative errno with the line in E. */
static int keep(const char *variable, const char *token, struct err *e)
{
	const char *path = getenv(variable);
	CLEANUP_FREE char *line = xasprintf("%s\n", token);
	int r = path ? file_write_atomic(path, line, strlen(line), FILE_MODE) : -ENOENT;

	explicit_bzero(line, strlen(line));
	if (r)
		return err_set(e, r, "the new token cannot be written to %s: %s; mend that, "
			"then %s", path ? path : variable, tr_errno(-r), tr(AGAIN));
	return 0;
}

/* The new tokens out of a good answer. The refresh token first: it cannot be had again. */
static int take(const struct value *v, const struct keys *k, struct naver_token *t,
	struct value *answer)
{
	const char *access = value_get_string(v, "access_token", "");
	const char *refresh = value_get_string(v, "refresh_token", "");
	struct err e = { "" };

	if (!is_token(access) || (*refresh && !is_token(refresh))) {
		kit_broken(answer, "the token server's answer holds no usable token: look at "
			"token_endpoint");
		return -EIO;
	}
	kit_hide(access);
	kit_hide(refresh);
	/* Without a new refresh token the old one goes on to be good. */
	if (*refresh && !str_eq(refresh, k->refresh) &&
			keep("CPAUTO_SECRET_REFRESH_TOKEN", refresh, &e))
		return broken(answer, &e);
	if (keep("CPAUTO_SECRET_ACCESS_TOKEN", access, &e))
		return broken(answer, &e);
	secret_free(t->access);
	t->access = xstrdup(access);
	t->young = true;
	kit_log(LOG_LEVEL_INFO, "%s", *refresh ?
		_("the access token was refreshed, with a new refresh token") :
		_("the access token was refreshed"));
	return 0;
}

/* What a bad answer means; none of them published anything. */
static int refuse(const struct http_answer *h, const struct value *v, struct value *answer)
{
	const char *word = value_get_string(v, "error", "");
	const char *text = value_get_string(v, "error_description", word);

	if (h->end == HTTP_BAD_URL)
		kit_broken(answer, "token_endpoint: %s", h->error.text);
	else if (h->end != HTTP_DONE)
		kit_later(answer, RETRY_S, "the token could not be refreshed: %s", h->error.text);
	else if (h->status == 429 || h->status >= 500 || str_eq(word, "server_error") ||
			str_eq(word, "temporarily_unavailable"))
		kit_later(answer, h->retry_after_s > RETRY_S ? (int)h->retry_after_s : RETRY_S,
			"the token server answers HTTP %d %.100s", h->status, word);
	else
		kit_broken(answer, "the token server does not refresh the token (HTTP %d %.100s): "
			"%s", h->status, text, tr(AGAIN));
	return -EIO;
}

static int refresh(const struct value *config, struct naver_token *t, struct value *answer)
{
	struct keys k = { NULL, NULL, NULL };
	struct value *v = NULL;
	struct http_answer h;
	struct err e = { "" };
	int r;

	if (keys_read(&k, &e)) {
		keys_finish(&k);
		return broken(answer, &e);
	}
	http_answer_init(&h);
	ask(config, &k, &h);
	if (h.end == HTTP_DONE && json_parse(buf_cstr(&h.body), h.body.len, &v, &e))
		v = NULL;
	if (h.end == HTTP_DONE && h.status == 200 && value_get(v, "access_token"))
		r = take(v, &k, t, answer);
	else
		r = refuse(&h, v, answer);
	if (h.body.data)
		explicit_bzero(h.body.data, h.body.len);
	http_answer_finish(&h);
	value_free(v);
	keys_finish(&k);
	return r;
}

static bool is_old(const struct value *config)
{
	int64_t age = age_of("CPAUTO_SECRET_ACCESS_TOKEN");
	int64_t life = value_get_int(config, "token_life", NAVER_TOKEN_SECONDS);

	return age < 0 || age >= life - NAVER_TOKEN_EARLY_S;
}

int naver_token_get(const struct value *config, struct naver_token *t, struct value *answer)
{
	struct err e = { "" };
	int64_t age;

	if (kit_secret("access-token", &t->access, &e))
		return broken(answer, &e);
	if (is_given("CPAUTO_SECRET_REFRESH_TOKEN") && is_old(config))
		return refresh(config, t, answer);
	if (!is_token(t->access)) {
		kit_broken(answer, "the access token holds spaces or other letters: its file has "
			"one word");
		return -EIO;
	}
	age = age_of("CPAUTO_SECRET_ACCESS_TOKEN");
	t->young = age >= 0 && age < YOUNG_S;
	return 0;
}

void naver_token_rejected(const struct value *config, const struct naver_token *t,
	struct value *answer)
{
	struct naver_token next;

	if (!is_given("CPAUTO_SECRET_REFRESH_TOKEN")) {
		kit_broken(answer, "the access token is not taken and no refresh_token_file was "
			"named: %s", tr(AGAIN));
		return;
	}
	if (t->young) {
		kit_broken(answer, "the access token is not taken although it is new: %s",
			tr(AGAIN));
		return;
	}
	naver_token_init(&next);
	if (!refresh(config, &next, answer))
		kit_later(answer, RETRY_SOON_S,
			"the access token was not taken; it is refreshed now");
	naver_token_finish(&next);
}

static bool is_endpoint(const struct value *config)
{
	struct http_url u;

	return !http_url_parse(value_get_string(config, "token_endpoint", NAVER_TOKEN_ENDPOINT),
		false, &u);
}

int naver_token_check(const struct value *config, struct value *answer)
{
	struct keys k = { NULL, NULL, NULL };
	struct naver_token t = { NULL, false };
	struct err e = { "" };
	int r = kit_secret("access-token", &t.access, &e);

	naver_token_finish(&t);
	if (r)
		return broken(answer, &e);
	if (!is_endpoint(config)) {
		kit_broken(answer, "token_endpoint: this is no https address");
		return -EIO;
	}
	if (!is_given("CPAUTO_SECRET_REFRESH_TOKEN"))
		return 0;
	r = keys_read(&k, &e);
	keys_finish(&k);
	return r ? broken(answer, &e) : 0;
}
