/* SPDX-License-Identifier: MIT */
#include "wprest.h"

#include <errno.h>

#include "clock.h"
#include "html.h"
#include "json.h"
#include "kit.h"

#define BODY_MAX (4u << 20)
#define URL_MAX 16384
#define TIMEOUT_MS 300000 /* the option's default */
#define TIMEOUT_RESERVE_MS 3000 /* to say what happened before we are killed */
#define READ_TIMEOUT_MS 30000
#define WRITE_TIMEOUT_MS 90000 /* WordPress makes six sizes of a picture before it answers */
#define USER_MAX 200
#define PASSWORD_MAX 500
#define WORDS_MAX 300
#define RETRY_S 600
#define RETRY_BUSY_S 300

/* One line of text that fits into a header once it is encoded. */
static bool is_word(const char *s, size_t max)
{
	for (const char *c = s; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	return *s && strlen(s) <= max;
}

/* The length of the blog's own address in what may be that of its API or log-in. */
static size_t address_len(const char *endpoint)
{
	static const char *const ends[] = { "/", "/wp-json", "/wp-admin", "/wp-login.php",
		"/xmlrpc.php", "/index.php" };
	size_t len = strlen(endpoint);

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		size_t n = strlen(ends[i]);

		if (len > n && memcmp(endpoint + len - n, ends[i], n) == 0) {
			len -= n;
			i = (size_t)-1;
		}
	}
	return len;
}

static bool read_address(struct wprest *s, const struct value *config, struct value *answer)
{
	const char *endpoint = value_get_string(config, "endpoint", "");
	struct http_url url;

	if (!*endpoint) {
		kit_broken(answer, "the publisher has no endpoint: write the blog's address, "
			"endpoint = \"https://blog.example\";");
		return false;
	}
	if (http_url_parse(endpoint, false, &url) || strpbrk(endpoint, "?#") ||
			strlen(endpoint) > URL_MAX / 8) {
		kit_broken(answer, "endpoint = \"%.100s\" cannot be asked: it must be the blog's "
			"https:// address without ? and # (plain http would show the password; "
			"it is taken for loopback addresses only)", endpoint);
		return false;
	}
	s->base = xstrndup(endpoint, address_len(endpoint));
	return true;
}

static bool read_password(struct wprest *s, const struct value *config, struct value *answer)
{
	const char *user = value_get_string(config, "user", "");
	char *password = NULL, *both;
	struct err e = { "" };
	struct buf header;
	bool good;

	if (!is_word(user, USER_MAX) || strchr(user, ':')) {
		kit_broken(answer, "the publisher has no usable user: write the name that you log "
			"in to WordPress with, user = \"...\";");
		return false;
	}
	if (kit_secret("password", &password, &e)) {
		kit_broken(answer, "%s", e.text);
		return false;
	}
	good = is_word(password, PASSWORD_MAX);
	if (good) {
		both = xasprintf("%s:%s", user, password);
		buf_init(&header, 4096);
		buf_str(&header, "Basic ");
		buf_base64(&header, both, strlen(both));
		s->authorization = buf_steal(&header);
		kit_hide(s->authorization + strlen("Basic "));
		secret_free(both);
	} else {
		kit_broken(answer, "the file of the password must hold the application password "
			"alone, on one line");
	}
	secret_free(password);
	return good;
}

/* False with the answer given where the setting is no time. */
static bool read_time(const struct value *config, const char *name, int64_t fallback,
	int64_t *ret, struct value *answer)
{
	const char *text = value_get_string(config, name, "");

	*ret = fallback;
	if (!*text || (!parse_duration(text, ret) && *ret > 0))
		return true;
	kit_broken(answer, "%s = \"%.40s\" is no time: write it as in \"30s\"", name, text);
	return false;
}

bool wprest_open(struct wprest *s, const struct value *request, struct value *answer)
{
	const struct value *config = value_get(request, "config");
	int64_t timeout_ms;
	struct instant now;

	memset(s, 0, sizeof(*s));
	if (!read_time(config, "timeout", TIMEOUT_MS, &timeout_ms, answer) ||
			!read_time(config, "request_timeout", 0, &s->request_ms, answer))
		return false;
	timeout_ms -= timeout_ms > 3 * TIMEOUT_RESERVE_MS ? TIMEOUT_RESERVE_MS : timeout_ms / 4;
	clock_now(&now);
	s->deadline_ms = now.boot_ms + timeout_ms;
	return read_address(s, config, answer) && read_password(s, config, answer);
}

void wprest_close(struct wprest *s)
{
	free(s->base);
	secret_free(s->authorization);
	memset(s, 0, sizeof(*s));
}

/* WordPress' own words, which have markup in them, as one short line. */
static void words_of(const struct value *body, char out[WORDS_MAX])
{
	const char *message = value_get_string(body, "message", "");
	struct buf plain;

	buf_init(&plain, JSON_TEXT_MAX);
	html_to_text(&plain, message, strlen(message));
	for (size_t i = 0; i < plain.len; i++)
		if ((unsigned char)plain.data[i] < ' ')
			plain.data[i] = ' ';
	while (plain.len && plain.data[plain.len - 1] == ' ')
		buf_truncate(&plain, plain.len - 1);
	str_format_cut(out, WORDS_MAX, "%s", plain.len ? buf_cstr(&plain) : _("no reason"));
	buf_finish(&plain);
}

/* No whole answer came. */
static void judge_end(const struct wprest_call *c, const struct http_answer *h,
	struct value *answer)
{
	if (h->sent && c->kind == WPREST_POST)
		kit_unknown(answer, "the post was sent, but %s", h->error.text);
	else if (h->end == HTTP_BAD_URL || h->end == HTTP_LOCAL)
		kit_broken(answer, "%s", h->error.text);
	else if (h->end == HTTP_UNTRUSTED)
		kit_later(answer, RETRY_S, "%s: renew the blog's certificate, or set this "
			"machine's clock", h->error.text);
	else
		kit_later(answer, RETRY_BUSY_S, "%s", h->error.text);
}

/* The blog's address out of that of a request that was sent on. */
static void judge_redirect(const struct wprest *s, const struct http_answer *h,
	struct value *answer)
{
	CLEANUP_FREE char *to = xstrdup(h->location ? h->location : "");
	struct http_url url;

	if (http_url_parse(to, true, &url)) {
		kit_broken(answer, "%.120s sends requests on (status %d) to no usable address: "
			"write the address that your browser shows as endpoint", s->base,
			h->status);
		return;
	}
	to[strcspn(to, "?#")] = '\0';
	to[address_len(to)] = '\0';
	kit_broken(answer, "%.120s sends requests on to another address (status %d): write "
		"endpoint = \"%.150s\";", s->base, h->status, to);
}

/* Is it about one post, "/wp/v2/posts/5"? */
static bool is_single(const struct wprest_call *c)
{
	char last = c->route[strlen(c->route) - 1];

	return last >= '0' && last <= '9';
}

/*
 * 401 or 403 where the answer means that. WordPress looks at the arguments
 * first: who is not logged in is told with 400 that the argument is forbidden.
 */
static int denial(const struct http_answer *h, const struct value *body)
{
	const struct value *details = value_get(value_get(body, "data"), "details");

	if (h->status == 401 || h->status == 403)
		return h->status;
	for (size_t i = 0; i < value_len(details); i++) {
		const struct value *detail = value_member_at(details, i);

		if (str_starts(value_get_string(detail, "code", ""), "rest_forbidden"))
			return value_get_int(value_get(detail, "data"), "status", 0) == 403 ?
				403 : 401;
	}
	return 0;
}

static void judge_denied(const struct wprest_call *c, const struct http_answer *h,
	const struct value *body, struct value *answer)
{
	int status = denial(h, body);
	const char *code = value_get_string(body, "code", "");
	char words[WORDS_MAX];

	words_of(body, words);
	if (status == 403 && is_single(c) && (str_eq(code, "rest_forbidden_context") ||
			str_eq(code, "rest_cannot_edit")))
		kit_refused(answer, "the post is another user's: %s", words);
	else if (!*code)
		kit_broken(answer, "something before WordPress refuses (status %d): "
			"a firewall or security plug-in must let this machine use the REST API",
			h->status);
	else if (str_eq(code, "incorrect_password") || str_eq(code, "invalid_username") ||
			str_eq(code, "invalid_email"))
		kit_broken(answer, "WordPress does not take user and password (%.150s): make an "
			"application password under Users, Profile, and put it into the file of "
			"password_file", words);
	else if (status == 401 || str_starts(code, "application_passwords"))
		kit_broken(answer, "WordPress did not take user and password (%.120s): see that "
			"both are right; application passwords work with https only (or "
			"WP_ENVIRONMENT_TYPE local), must not be switched off, and the web server "
			"must hand on the Authorization header", words);
	else
		kit_broken(answer, "WordPress does not allow it to this user (%.200s): give the "
			"user the role of an author or editor", words);
}

static void judge_absent(const struct wprest *s, const struct value *body, struct value *answer)
{
	const char *code = value_get_string(body, "code", "");
	char words[WORDS_MAX];

	words_of(body, words);
	if (*code && !str_eq(code, "rest_no_route"))
		kit_refused(answer, "WordPress: %s", words);
	else
		kit_broken(answer, "%.150s has no REST API of WordPress: endpoint must be the "
			"address of the blog itself, WordPress 5.6 or newer, with its REST API "
			"not switched off", s->base);
}

static void judge_failed(const struct wprest_call *c, const struct http_answer *h,
	const struct value *body, struct value *answer)
{
	const char *code = value_get_string(body, "code", "");
	char words[WORDS_MAX];
	int wait_s = h->retry_after_s > 0 ? (int)(h->retry_after_s < 86400 ?
		h->retry_after_s : 86400) : RETRY_S;

	words_of(body, words);
	if (h->status == 429 || h->status == 408 || (h->status == 503 && h->retry_after_s > 0))
		kit_later(answer, wait_s, "the blog has no time now (status %d)", h->status);
	else if (h->status >= 500 && str_starts(code, "rest_upload"))
		kit_refused(answer, "WordPress does not take the picture: %s", words);
	else if (h->status >= 500 && c->kind == WPREST_POST)
		kit_unknown(answer, "the post was sent, but the blog failed (status %d): %s",
			h->status, words);
	else if (h->status >= 500)
		kit_later(answer, wait_s, "the blog failed (status %d): %s", h->status, words);
	else if (h->status == 413)
		kit_refused(answer, "the web server takes nothing as large (status 413): raise "
			"upload_max_filesize, post_max_size and the web server's own limit");
	else if (*code)
		kit_refused(answer, "WordPress: %s (%.60s)", words, code);
	else
		kit_broken(answer, "the blog answers with status %d and no REST answer: write the "
			"address of a WordPress blog as endpoint", h->status);
}

/* A status that says well and a body that says nothing. */
static void judge_unreadable(const struct wprest_call *c, const struct http_answer *h,
	const struct err *e, struct value *answer)
{
	if (c->kind == WPREST_POST)
		kit_unknown(answer, "the post was sent, but the answer cannot be read: %.200s",
			e->text);
	else
		kit_broken(answer, "the blog's answer (status %d, %.40s) is no REST answer "
			"(%.150s): endpoint must be a WordPress blog, and its PHP must not print "
			"warnings (WP_DEBUG_DISPLAY false)", h->status, h->type, e->text);
}

static struct value *read_body(const struct http_answer *h, struct err *e)
{
	const char *text = buf_cstr(&h->body);
	size_t len = h->body.len;
	struct value *body = NULL;

	/* A file of some plug-in that begins with a byte order mark puts one here. */
	while (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	if (json_parse(text, len, &body, e))
		return NULL;
	return body;
}

static struct value *judge(const struct wprest *s, const struct wprest_call *c,
	const struct http_answer *h, struct value *answer)
{
	struct err e;
	struct value *body = NULL;

	err_set(&e, 0, "it is of another kind");
	if (h->end != HTTP_DONE) {
		judge_end(c, h, answer);
		return NULL;
	}
	body = read_body(h, &e);
	if (h->status >= 200 && h->status < 300) {
		if (body && value_kind(body) == c->wanted)
			return body;
		judge_unreadable(c, h, &e, answer);
	} else if (h->status == 303 && c->kind == WPREST_POST) {
		/* RFC 9110: it was taken, and what came of it is shown elsewhere. */
		kit_unknown(answer, "the post was sent, and the blog points to another page "
			"(status 303): it may be there");
	} else if (h->status >= 300 && h->status < 400) {
		judge_redirect(s, h, answer);
	} else if (c->tolerate && str_eq(value_get_string(body, "code", ""), c->tolerate)) {
		return body;
	} else if (denial(h, body)) {
		judge_denied(c, h, body, answer);
	} else if (h->status == 404) {
		judge_absent(s, body, answer);
	} else {
		judge_failed(c, h, body, answer);
	}
	value_free(body);
	return NULL;
}

static void write_url(const struct wprest *s, const struct wprest_call *c, int64_t wall_ms,
	struct buf *url)
{
	buf_printf(url, "%s/?rest_route=%s", s->base, c->route);
	buf_str(url, c->query);
	/* No cache between us and the blog may answer with what was. */
	if (!c->send && !c->file)
		buf_printf(url, "&_=%lld", (long long)wall_ms);
}

/* The body, and what is said of it; TEXT owns it. */
static void write_body(const struct wprest_call *c, struct http_request *q, char **text,
	char disposition[128])
{
	if (c->file) {
		q->body = c->file;
		q->body_len = c->file_len;
		q->content_type = c->file_type;
		str_format_cut(disposition, 128, "attachment; filename=\"%s\"", c->file_name);
		q->disposition = disposition;
	} else if (c->send) {
		*text = json_string(c->send, false);
		q->body = *text ? *text : "";
		q->body_len = *text ? strlen(*text) : 0;
		q->content_type = "application/json";
	}
}

struct value *wprest_ask(const struct wprest *s, const struct wprest_call *c,
	struct value *answer)
{
	struct http_request q = { .authorization = s->authorization,
		.accept = "application/json", .body_max = BODY_MAX };
	CLEANUP_FREE char *text = NULL;
	struct value *body = NULL;
	struct http_answer h;
	struct instant now;
	char disposition[128];
	struct buf url;

	clock_now(&now);
	q.timeout_ms = s->request_ms ? s->request_ms :
		c->kind == WPREST_READ ? READ_TIMEOUT_MS : WRITE_TIMEOUT_MS;
	if (q.timeout_ms > s->deadline_ms - now.boot_ms)
		q.timeout_ms = s->deadline_ms - now.boot_ms;
	if (q.timeout_ms <= 0) {
		kit_later(answer, RETRY_BUSY_S, "the time was over before the post was sent: the "
			"blog is slow, or raise timeout");
		return NULL;
	}
	buf_init(&url, URL_MAX);
	http_answer_init(&h);
	write_url(s, c, now.wall_ms, &url);
	write_body(c, &q, &text, disposition);
	q.url = buf_cstr(&url);
	if (buf_failed(&url))
		kit_refused(answer, "a name in the post is too long to be asked for");
	else {
		if (c->send || c->file ? http_post(&q, &h) : http_get(&q, &h))
			kit_log(5, "%s", h.error.text);
		body = judge(s, c, &h, answer);
	}
	http_answer_finish(&h);
	buf_finish(&url);
	return body;
}
