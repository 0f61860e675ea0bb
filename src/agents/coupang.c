/* SPDX-License-Identifier: MIT */
/* The agent of the Coupang Partners API: search, images (cpauto-agent(7)). */
#include <ctype.h>
#include <errno.h>
#include <locale.h>

#include "answer.h"
#include "buf.h"
#include "clock.h"
#include "fetch.h"
#include "http.h"
#include "image.h"
#include "kit.h"
#include "sign.h"

#define ENDPOINT "https://api-gateway.coupang.com"
#define SEARCH_PATH "/v2/providers/affiliate_open_api/apis/openapi/v1/products/search"
#define LIMIT_MAX 10 /* more is refused with rCode 400 */
#define KEYWORD_BYTES_MAX 200
#define BODY_MAX (2u << 20)
#define QUERY_MAX 4096
#define URLS_MAX 30
#define TIMEOUT_MS 30000
#define IMAGE_TIMEOUT_MS 15000
#define IMAGES_TIMEOUTS 2 /* all pictures of a request together, in time-outs of one */

struct settings {
	const char *endpoint, *sub_id, *image_size;
	struct http_url url;
	int64_t timeout_ms;
};

struct keys {
	char *access, *secret;
};

/* False with the answer given where the endpoint is no bare https://host[:port]. */
static bool read_settings(const struct value *request, struct settings *s, struct value *answer)
{
	const struct value *c = value_get(request, "config");

	s->endpoint = value_get_string(c, "endpoint", ENDPOINT);
	s->sub_id = value_get_string(c, "sub_id", "");
	s->image_size = value_get_string(c, "image_size", "");
	s->timeout_ms = value_get_int(c, "timeout_ms", TIMEOUT_MS);
	if (s->timeout_ms < 1000)
		s->timeout_ms = 1000;
	if (!http_url_parse(s->endpoint, false, &s->url) && s->url.bare &&
			!str_ends(s->endpoint, "/"))
		return true;
	value_set_int(answer, "calls", 0);
	kit_broken(answer, "coupang.endpoint = \"%.100s\" cannot be asked: it must be https://HOST "
		"with no path (plain http for loopback addresses only)", s->endpoint);
	return false;
}

/* What may stand in a header: printable ASCII without space, comma. */
static bool is_key(const char *key)
{
	for (const char *c = key; *c; c++)
		if (!isgraph((unsigned char)*c) || *c == ',')
			return false;
	return *key;
}

static void free_keys(struct keys *k)
{
	secret_free(k->access);
	secret_free(k->secret);
}

static bool read_key(const char *name, char **ret, struct value *answer)
{
	struct err e = { "" };

	if (kit_secret(name, ret, &e)) {
		kit_broken(answer, "%s", e.text);
		return false;
	}
	if (is_key(*ret))
		return true;
	kit_broken(answer, "the %s is no key: its file must hold the key alone, on one line", name);
	return false;
}

/* Both or none, the answer then given. */
static bool read_keys(struct keys *k, struct value *answer)
{
	if (read_key("access-key", &k->access, answer) &&
			read_key("secret-key", &k->secret, answer))
		return true;
	value_set_int(answer, "calls", 0);
	free_keys(k);
	return false;
}

static void add_parameter(struct buf *query, const char *name, const char *value)
{
	if (str_empty(value))
		return;
	buf_printf(query, "%s%s=", query->len ? "&" : "", name);
	buf_percent(query, value, strlen(value));
}

static void write_query(const struct settings *s, const char *keyword, int limit, struct buf *query)
{
	add_parameter(query, "keyword", keyword);
	buf_printf(query, "&limit=%d", limit);
	add_parameter(query, "subId", s->sub_id);
	add_parameter(query, "imageSize", s->image_size);
}

/* Signs and asks, in this order and with nothing in between: a signature ages. */
static int ask(const struct settings *s, const struct keys *k, const char *query,
	struct http_answer *h)
{
	CLEANUP_FREE char *url = xasprintf("%s" SEARCH_PATH "?%s", s->endpoint, query);
	struct http_request q = { .url = url, .accept = "application/json",
		.timeout_ms = s->timeout_ms, .body_max = BODY_MAX };
	char date[SIGN_DATE_LEN + 1];
	struct instant now;
	char *header;
	int r;

	clock_now(&now);
	sign_date(now.wall_ms, date);
	header = sign_header(k->access, k->secret, date, "GET", SEARCH_PATH, query);
	q.authorization = header;
	/* Good for some minutes, for whoever repeats the request. */
	if (header)
		kit_hide(strrchr(header, '=') + 1);
	r = header ? http_get(&q, h) : err_set(&h->error, -EIO, "the request cannot be signed");
	if (!header)
		h->end = HTTP_LOCAL;
	secret_free(header);
	return r;
}

static void ask_and_answer(const struct settings *s, const struct keys *k, const char *keyword,
	int limit, struct value *answer)
{
	struct answer_query q = { .keyword = keyword, .limit = limit, .endpoint = &s->url };
	struct http_answer h;
	struct instant now;
	struct buf query;

	buf_init(&query, QUERY_MAX);
	http_answer_init(&h);
	write_query(s, keyword, limit, &query);
	if (buf_failed(&query)) {
		value_set_int(answer, "calls", 0);
		kit_broken(answer, "coupang.sub_id and coupang.image_size are too long: shorten "
			"them");
	} else {
		if (ask(s, k, buf_cstr(&query), &h))
			kit_log(5, "%s", h.error.text);
		clock_now(&now);
		q.now_ms = now.wall_ms;
		answer_search(&h, &q, answer);
	}
	http_answer_finish(&h);
	buf_finish(&query);
}

/* Also a limit of 0 (not named) means all. */
static int read_limit(const struct value *request)
{
	int64_t limit = value_get_int(request, "limit", LIMIT_MAX);

	return limit < 1 || limit > LIMIT_MAX ? LIMIT_MAX : (int)limit;
}

static void run_search(const struct value *request, struct value *answer)
{
	const struct value *keyword = value_get(request, "keyword");
	const char *text = value_string(keyword, "");
	struct keys k = { NULL, NULL };
	struct settings s;

	if (!read_settings(request, &s, answer) || !read_keys(&k, answer))
		return;
	if (!*text || value_len(keyword) > KEYWORD_BYTES_MAX ||
			strlen(text) != value_len(keyword)) {
		value_set_int(answer, "calls", 0);
		kit_refused(answer, "a keyword has 1 to %d bytes and no NUL: change it",
			KEYWORD_BYTES_MAX);
	} else {
		ask_and_answer(&s, &k, text, read_limit(request), answer);
	}
	free_keys(&k);
}

static bool is_listed(const struct value *images, const char *url)
{
	for (size_t i = 0; i < value_len(images); i++)
		if (str_eq(value_get_string(value_at(images, i), "url", NULL), url))
			return true;
	return false;
}

static struct value *fetch_all(struct fetch *f, const struct value *urls)
{
	struct value *images = value_new_list();

	for (size_t i = 0; i < value_len(urls); i++) {
		const char *url = value_string(value_at(urls, i), "");

		if (!is_listed(images, url))
			value_append(images, fetch_image(f, url));
	}
	return images;
}

static void run_images(const struct value *request, struct value *answer)
{
	const struct value *urls = value_get(request, "urls");
	const char *directory = value_get_string(request, "directory", "");
	struct settings s;
	struct instant now;
	int r;

	/* Pictures are no calls of the API. */
	value_set_int(answer, "calls", 0);
	if (!read_settings(request, &s, answer))
		return;
	if (value_kind(urls) != VALUE_LIST || value_len(urls) > URLS_MAX || directory[0] != '/') {
		kit_refused(answer, "a request for images has \"urls\", at most %d, "
			"and an absolute \"directory\" (cpauto-agent(7))", URLS_MAX);
		return;
	}
	r = dir_make(directory, 0700);
	if (r) {
		kit_broken(answer, "the folder %.200s cannot be made: %s", directory, tr_errno(-r));
		return;
	}
	clock_now(&now);
	struct fetch f = { .endpoint = &s.url, .directory = directory,
		.timeout_ms = s.timeout_ms < IMAGE_TIMEOUT_MS ? s.timeout_ms : IMAGE_TIMEOUT_MS,
		.deadline_ms = now.boot_ms + IMAGES_TIMEOUTS * s.timeout_ms };
	value_set(answer, "images", fetch_all(&f, urls));
	value_set_int(answer, "requests", f.requests);
	kit_ok(answer);
}

/* What can be told without a call. */
static void run_check(const struct value *request, struct value *answer)
{
	struct keys k = { NULL, NULL };
	struct settings s;

	if (!read_settings(request, &s, answer) || !read_keys(&k, answer))
		return;
	free_keys(&k);
	value_set_int(answer, "calls", 0);
	kit_ok(answer);
}

static void run_describe(const struct value *request, struct value *answer)
{
	(void)request;
	value_set_string(answer, "name", "coupang");
	value_set_string(answer, "kind", "source");
	value_set_int(answer, "limit_max", LIMIT_MAX);
	value_set_int(answer, "urls_max", URLS_MAX);
	kit_ok(answer);
}

static const struct kit_op ops[] = {
	{ "search", run_search },
	{ "images", run_images },
	{ "check", run_check },
	{ "describe", run_describe },
};

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	return kit_main(argc, argv, "coupang", ops, ARRAY_LEN(ops));
}
