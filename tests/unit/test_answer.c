/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <sys/stat.h>

#include "answer.h"
#include "clock.h"
#include "hosts.h"
#include "json.h"

#define NOW 1787976000000LL /* 2026-08-29T04:00:00Z = 13:00 in Korea */
#define HOUR 3600000LL
#define KEYWORD "무선 청소기"
#define LINK "https://link.coupang.com/re/AFFSDP?lptag=AF1&pageKey=1"
#define GATEWAY(m) "{\"code\":\"ERROR\",\"message\":\"" m "\",\"transactionId\":\"x\"}"
#define API(c, m) "{\"rCode\":\"" c "\",\"rMessage\":\"" m "\",\"data\":null}"
#define OK_EMPTY "{\"rCode\":\"0\",\"rMessage\":\"\",\"data\":{\"landingUrl\":\"\",\"productData\":[]}}"

static const struct http_url public_api = { .secure = true, .port = 443,
	.host = "api-gateway.coupang.com" };
static const struct http_url stand_in = { .loopback = true, .port = 8080, .host = "127.0.0.1" };

/* What answer_search says to BODY with STATUS. */
static struct value *said(enum http_end end, int status, const char *body, int64_t retry_after_s,
	int limit)
{
	struct answer_query q = { .keyword = KEYWORD, .limit = limit, .endpoint = &public_api,
		.now_ms = NOW };
	struct value *answer = value_new_object();
	struct http_answer h;

	http_answer_init(&h);
	buf_init(&h.body, 1 << 20);
	h.end = end;
	h.sent = end != HTTP_BAD_URL && end != HTTP_LOCAL && end != HTTP_UNREACHED &&
		end != HTTP_UNTRUSTED;
	h.status = status;
	h.retry_after_s = retry_after_s;
	if (h.sent) {
		h.date_ms = NOW + 90000;
		h.head_ms = NOW;
	}
	buf_str(&h.body, body);
	answer_search(&h, &q, answer);
	http_answer_finish(&h);
	return answer;
}

static struct value *said_200(const char *body)
{
	return said(HTTP_DONE, 200, body, -1, 10);
}

struct row {
	const char *name;
	enum http_end end;
	int status;
	const char *body;
	int64_t retry_after_s; /* 0 = not named */
	const char *result;
	int wait_s;      /* of later */
	const char *word; /* in the reason */
};

static const struct row rows[] = {
	/* The gateway's envelope. */
	{ "bad signature", HTTP_DONE, 401, GATEWAY("Invalid signature."), 0, "broken", 0,
		"secret key" },
	{ "expired", HTTP_DONE, 401, GATEWAY("Specified signature is expired."), 0, "broken", 0,
		"NTP" },
	{ "expired, by how much", HTTP_DONE, 401, GATEWAY("Specified signature is expired."), 0,
		"broken", 0, "differ by 90 s" },
	{ "form", HTTP_DONE, 401, GATEWAY("HMAC format is invalid."), 0, "broken", 0,
		"access key" },
	{ "unknown key", HTTP_DONE, 401,
		GATEWAY("Unknown error occurred, please contact api-gateway "
		"channel for the details."), 0, "broken", 0, "access key" },
	{ "not authorised", HTTP_DONE, 401, GATEWAY("Request is not authorized."), 0, "broken", 0,
		"approved" },
	{ "another gateway 401", HTTP_DONE, 401, GATEWAY("Whatever."), 0, "broken", 0,
		"Whatever." },
	{ "gateway 200 with code", HTTP_DONE, 200, GATEWAY("Whatever."), 0, "later", 3600,
		"Whatever." },
	{ "gateway 500", HTTP_DONE, 500, GATEWAY("Unknown error occurred"), 0, "later", 300,
		"failure" },
	{ "gateway 404", HTTP_DONE, 404, GATEWAY("No route"), 0, "broken", 0, "endpoint" },
	{ "gateway limit", HTTP_DONE, 200, GATEWAY("Too many requests"), 0, "blocked", 0,
		"too many" },
	{ "code wins over rCode 0", HTTP_DONE, 200,
		"{\"rCode\":\"0\",\"code\":\"ERROR\",\"message\":"
		"\"Invalid signature.\",\"data\":{\"productData\":[]}}", 0, "broken", 0, "secret" },
	/* Limits: always blocked, never asked again. */
	{ "403", HTTP_DONE, 200, API("403", ""), 0, "blocked", 0, "too many" },
	{ "403 as a number", HTTP_DONE, 200, "{\"rCode\":403,\"rMessage\":\"x\"}", 0, "blocked", 0,
		"too many" },
	{ "an hour's use", HTTP_DONE, 200, API("400", "검색 API의 시간당 사용 횟수를 넘었습니다"), 0,
		"blocked", 0, "시간당" },
	{ "a minute's", HTTP_DONE, 200, API("9", "1분당 50회"), 0, "blocked", 0, "1분당" },
	{ "restricted", HTTP_DONE, 200, API("9", "이용이 제한됩니다"), 0, "blocked", 0, "제한" },
	{ "times over", HTTP_DONE, 200, API("9", "2회 초과"), 0, "blocked", 0, "초과" },
	{ "try later", HTTP_DONE, 200, API("9", "내일 이후에 다시 시도"), 0, "blocked", 0, "이후에" },
	{ "429", HTTP_DONE, 429, "", 0, "blocked", 0, "too many" },
	{ "429 with rCode 0", HTTP_DONE, 429, OK_EMPTY, 0, "blocked", 0, "too many" },
	{ "429 of the gateway", HTTP_DONE, 429, GATEWAY("x"), 0, "blocked", 0, "too many" },
	{ "429 and cut", HTTP_CUT, 429, "", 0, "blocked", 0, "too many" },
	{ "a strike cut short", HTTP_CUT, 200, "{\"rCode\":\"403\",\"rMessage\":\"총 3회 초과시", 0,
		"blocked", 0, "too many" },
	{ "limit words as text", HTTP_DONE, 503, "<html>Rate limit exceeded", 0, "blocked", 0,
		"too many" },
	{ "with rCode 0 they are no error", HTTP_DONE, 200,
		"{\"rCode\":\"0\",\"rMessage\":\"1분당 50회\","
		"\"data\":{\"productData\":[]}}", 0, "ok", 0, NULL },
	/* The API's own codes. */
	{ "limit", HTTP_DONE, 200, API("400", "limit is out of range"), 0, "refused", 0,
		"out of range" },
	{ "category", HTTP_DONE, 200, API("400", "category id is not active"), 0, "refused", 0,
		"not active" },
	{ "keyword", HTTP_DONE, 200, API("400", "keyword is empty"), 0, "refused", 0, "keyword" },
	{ "black list", HTTP_DONE, 200, API("400", "The productid is in black list"), 0,
		"refused", 0,
		"black list" },
	{ "subId", HTTP_DONE, 200, API("400", "subId is invalid"), 0, "broken", 0, "sub_id" },
	{ "imageSize", HTTP_DONE, 200, API("400", "imageSize is wrong"), 0, "broken", 0,
		"image_size" },
	{ "rCode 401", HTTP_DONE, 200, API("401", "x"), 0, "broken", 0, "keys" },
	{ "rCode 500", HTTP_DONE, 200, API("500", "x"), 0, "later", 300, "failure" },
	{ "rCode ERROR", HTTP_DONE, 200, API("ERROR", "x"), 0, "later", 3600, "does not know" },
	{ "500 with rCode 400", HTTP_DONE, 500, API("400", "x"), 0, "later", 300, "failure" },
	/* What says nothing. */
	{ "{}", HTTP_DONE, 200, "{}", 0, "later", 900, "understood" },
	{ "[]", HTTP_DONE, 200, "[]", 0, "later", 900, "understood" },
	{ "nothing", HTTP_DONE, 200, "", 0, "later", 900, "understood" },
	{ "not JSON", HTTP_DONE, 200, "hello", 0, "later", 900, "understood" },
	{ "half JSON", HTTP_DONE, 200, "{\"rCode\":\"0\",\"data\":{", 0, "later", 900,
		"understood" },
	{ "no data", HTTP_DONE, 200, API("0", ""), 0, "later", 900, "understood" },
	{ "data is a list", HTTP_DONE, 200, "{\"rCode\":\"0\",\"data\":[]}", 0, "later", 900,
		"understood" },
	{ "rCode null", HTTP_DONE, 200, "{\"rCode\":null,\"data\":{\"productData\":[]}}", 0,
		"later", 900,
		"understood" },
	{ "Akamai", HTTP_DONE, 403, "<HTML><TITLE>Access Denied</TITLE>", 0, "later", 3600,
		"Access Denied" },
	{ "a bare 403", HTTP_DONE, 403, "no", 0, "later", 3600, "403" },
	{ "401", HTTP_DONE, 401, "no", 0, "broken", 0, "keys" },
	{ "307", HTTP_DONE, 307, "", 0, "broken", 0, "redirect" },
	{ "404", HTTP_DONE, 404, "", 0, "broken", 0, "endpoint" },
	{ "400", HTTP_DONE, 400, "", 0, "later", 3600, "unexpected" },
	{ "500", HTTP_DONE, 500, "oops", 0, "later", 300, "failure" },
	{ "503, Retry-After", HTTP_DONE, 503, "oops", 1234, "later", 1234, "failure" },
	{ "503, too long", HTTP_DONE, 503, "oops", 99999999, "later", 86400, "failure" },
	{ "500 with a good body", HTTP_DONE, 500, OK_EMPTY, 0, "later", 300, "failure" },
	/* No whole answer. */
	{ "bad URL", HTTP_BAD_URL, 0, "", 0, "broken", 0, "endpoint" },
	{ "no CA file", HTTP_LOCAL, 0, "", 0, "broken", 0, "ca-certificates" },
	{ "no name", HTTP_UNREACHED, 0, "", 0, "later", 60, "network" },
	{ "certificate", HTTP_UNTRUSTED, 0, "", 0, "later", 900, "clock" },
	{ "time-out", HTTP_TIMEOUT, 0, "", 0, "later", 300, "in time" },
	{ "cut", HTTP_CUT, 200, OK_EMPTY, 0, "later", 300, "broke off" },
	{ "garbled", HTTP_GARBLED, 0, "", 0, "later", 900, "HTTP" },
	{ "too large", HTTP_TOO_LARGE, 200, "", 0, "later", 3600, "longer" },
	{ "nothing found", HTTP_DONE, 200, OK_EMPTY, 0, "ok", 0, NULL },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		struct value *a = said(r->end, r->status, r->body,
			r->retry_after_s ? r->retry_after_s : -1, 10);
		const char *reason = value_get_string(a, "reason", NULL);
		bool sent = r->end == HTTP_DONE || r->end >= HTTP_TIMEOUT;

		if (!str_eq(value_get_string(a, "result", ""), r->result) ||
				(r->word && (!reason || !strstr(reason, r->word))))
			fail_msg("%s: %s, %s", r->name, value_get_string(a, "result", ""), reason);
		if (value_get_int(a, "calls", -1) != (sent ? 1 : 0) ||
				(value_get(a, "skew_ms") != NULL) != sent)
			fail_msg("%s: calls %d", r->name, (int)value_get_int(a, "calls", -1));
		if (value_get_int(a, "retry_after", 0) != r->wait_s)
			fail_msg("%s: retry_after %d", r->name, (int)value_get_int(a,
				"retry_after", 0));
		if (sent && value_get_int(a, "skew_ms", 0) != 90000)
			fail_msg("%s: skew", r->name);
		value_free(a);
	}
}

struct strike {
	const char *text;
	int64_t at; /* ms after NOW; 0 = none */
	int count;
};

#define TAIL " 이후에 다시 시도해 주시기 바랍니다. 총 3회 초과시 파트너스 이용이 제한됩니다 "
static const struct strike strikes[] = {
	{ "2026-08-29T08:00:00.000Z" TAIL "(현재 1회 초과)", 4 * HOUR, 1 },
	{ "2026-08-29T08:00:00Z" TAIL "(현재 2회 초과)", 4 * HOUR, 2 },
	{ "2026-08-29T17:00:00" TAIL "(현재 3회 초과)", 4 * HOUR, 3 },
	{ "2026-08-29 17:00:00" TAIL "(현재 12 회 초과)", 4 * HOUR, 12 },
	{ "2026-08-29 17:00" TAIL "(현재: 1회 초과)", 4 * HOUR, 1 },
	{ "2026-08-29T17:00:00.123456789" TAIL, 4 * HOUR + 124, -1 },
	{ "2026-08-29T08:00:00.123456789Z" TAIL, 4 * HOUR + 124, -1 },
	{ "2026-08-29T08:00:00.123000000Z" TAIL, 4 * HOUR + 123, -1 },
	{ "2026-08-29T08:00:00.5Z" TAIL, 4 * HOUR + 500, -1 },
	{ "2026-08-29T17:00:00+09:00" TAIL, 4 * HOUR, -1 },
	{ "2026-08-29T17:00:00+0900" TAIL, 4 * HOUR, -1 },
	{ "2026-08-29T03:00:00-05:00" TAIL, 4 * HOUR, -1 },
	{ "2026-08-29T05:00:00Z, 2026-08-29T06:00:00Z" TAIL, 2 * HOUR, -1 },
	{ "2026-08-30T04:00:00Z" TAIL, 24 * HOUR, -1 },
	/* Over, beyond reason, or no time at all: not named. */
	{ "2026-08-29T08:00:00" TAIL, 0, -1 },
	{ "2026-08-28T08:00:00Z" TAIL, 0, -1 },
	{ "2036-08-29T08:00:00Z" TAIL, 0, -1 },
	{ "2026-13-29T08:00:00Z", 0, -1 },
	{ "2026-08-32T08:00:00Z", 0, -1 },
	{ "2026-08-29T25:00:00Z", 0, -1 },
	{ "2026-08-29T08:61:00Z", 0, -1 },
	{ "2026-08-29T08:", 0, -1 },
	{ "2026-08-2", 0, -1 },
	{ "12026-08-29T08:00:00Z", 0, -1 },
	{ "", 0, -1 },
	{ "현재", 0, -1 },
	{ "현재 회 초과", 0, -1 },
	{ "현재 99999999999999999999회 초과", 0, -1 },
	{ "현재 시각 2026, 현재 2회 초과", 0, 2 },
};

static void test_strikes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(strikes); i++) {
		int64_t at = answer_strike_time(strikes[i].text, NOW);
		int count = answer_strike_count(strikes[i].text);

		if (at != (strikes[i].at ? NOW + strikes[i].at : 0) || count != strikes[i].count)
			fail_msg("%s: %lld ms, %d", strikes[i].text, (long long)(at ?
				at - NOW : 0), count);
	}
	assert_int_equal(answer_strike_time(NULL, NOW), 0);
	assert_int_equal(answer_strike_count(NULL), -1);
}

static void test_blocked(void **state)
{
	struct value *a;

	(void)state;
	a = said_200(API("403", "2026-08-29T08:00:00.000Z" TAIL "(현재 2회 초과)"));
	assert_string_equal(value_get_string(a, "result", ""), "blocked");
	assert_int_equal(value_get_int(a, "until", 0), NOW + 4 * HOUR);
	assert_int_equal(value_get_int(a, "strikes", 0), 2);
	assert_non_null(strstr(value_get_string(a, "reason", ""), "strike 2 of 3"));
	value_free(a);
	a = said(HTTP_DONE, 429, "", 600, 10);
	assert_int_equal(value_get_int(a, "until", 0), NOW + 600000);
	assert_null(value_get(a, "strikes"));
	value_free(a);
	a = said(HTTP_DONE, 429, "", -1, 10);
	assert_null(value_get(a, "until"));
	value_free(a);
}

/* One product with MEMBERS in place of the named ones; the answer. */
static struct value *with_product(const char *members)
{
	CLEANUP_FREE char *body =
		xasprintf("{\"rCode\":\"0\",\"rMessage\":\"\",\"data\":{\"productData\":["
		"{\"productId\":1,\"productName\":\"good\",\"productPrice\":1000,\"productUrl\":\"" LINK "\"},"
		"{%s}]}}", members);

	return said_200(body);
}

#define P_ID "\"productId\":6398790876"
#define P_NAME "\"productName\":\"이름\""
#define P_PRICE "\"productPrice\":12900"
#define P_URL "\"productUrl\":\"" LINK "\""

struct product_row {
	const char *members;
	const char *json; /* what it becomes; NULL = dropped */
};

#define FLAGS "\"isRocket\":false,\"isFreeShipping\":false"
#define REST "\"rank\":2,\"keyword\":\"" KEYWORD "\"}"
#define MADE(id, name, price) "{\"productId\":" id ",\"productName\":\"" name "\",\"productPrice\":" price "," \
	P_URL "," FLAGS "," REST

static const struct product_row products[] = {
	{ P_ID "," P_NAME "," P_PRICE "," P_URL, MADE("6398790876", "이름", "12900") },
	{ P_URL "," P_PRICE "," P_NAME "," P_ID, MADE("6398790876", "이름", "12900") },
	{ "\"productId\":9223372036854775807," P_NAME "," P_PRICE "," P_URL,
		MADE("9223372036854775807", "이름", "12900") },
	{ "\"productId\":\"6398790876\"," P_NAME "," P_PRICE "," P_URL,
		MADE("6398790876", "이름", "12900") },
	{ "\"productId\":6398790876.0," P_NAME "," P_PRICE "," P_URL,
		MADE("6398790876", "이름", "12900") },
	{ "\"productId\":9007199254740993.0e1," P_NAME "," P_PRICE "," P_URL, NULL },
	{ "\"productId\":0," P_NAME "," P_PRICE "," P_URL, NULL },
	{ "\"productId\":-5," P_NAME "," P_PRICE "," P_URL, NULL },
	{ "\"productId\":1.5," P_NAME "," P_PRICE "," P_URL, NULL },
	{ "\"productId\":\"x\"," P_NAME "," P_PRICE "," P_URL, NULL },
	{ P_NAME "," P_PRICE "," P_URL, NULL },
	{ P_ID "," P_NAME ",\"productPrice\":12900.0," P_URL, MADE("6398790876", "이름", "12900") },
	{ P_ID "," P_NAME ",\"productPrice\":12899.5," P_URL, MADE("6398790876", "이름", "12900") },
	{ P_ID "," P_NAME ",\"productPrice\":1.29e4," P_URL, MADE("6398790876", "이름", "12900") },
	{ P_ID "," P_NAME ",\"productPrice\":0," P_URL, NULL },
	{ P_ID "," P_NAME ",\"productPrice\":-1," P_URL, NULL },
	{ P_ID "," P_NAME ",\"productPrice\":1e300," P_URL, NULL },
	{ P_ID "," P_NAME ",\"productPrice\":\"12900\"," P_URL, NULL },
	{ P_ID "," P_NAME ",\"productPrice\":null," P_URL, NULL },
	{ P_ID "," P_NAME "," P_URL, NULL },
	{ P_ID ",\"productName\":\"<b>\\\"A&B'</b> 😀\"," P_PRICE "," P_URL,
		MADE("6398790876", "<b>\\\"A&B'</b> 😀", "12900") },
	{ P_ID ",\"productName\":\" a\\u0001b\\n\\u001b\\u0085c\\u202e \\u2066d\\ufeff "
		"\"," P_PRICE "," P_URL,
		MADE("6398790876", "a b c d", "12900") },
	{ P_ID ",\"productName\":\"\\u110b\\u1175\\u1105\\u1173\\u11b7\"," P_PRICE "," P_URL,
		MADE("6398790876", "이름", "12900") },
	{ P_ID ",\"productName\":\" \\n \"," P_PRICE "," P_URL, NULL },
	{ P_ID ",\"productName\":17," P_PRICE "," P_URL, NULL },
	{ P_ID "," P_PRICE "," P_URL, NULL },
	{ P_ID "," P_NAME "," P_PRICE ",\"productUrl\":\"javascript:alert(1)\"", NULL },
	{ P_ID "," P_NAME "," P_PRICE ",\"productUrl\":\"https://evil.example/\"", NULL },
	{ P_ID "," P_NAME "," P_PRICE ",\"productUrl\":\"" LINK "\\u0001x\"", NULL },
	{ P_ID "," P_NAME "," P_PRICE, NULL },
	{ P_ID "," P_NAME "," P_PRICE "," P_URL ",\"isRocket\":true,\"isFreeShipping\":true,"
		"\"categoryName\":\"가전\",\"rank\":7,\"keyword\":\"k\",\"productImage\":"
		"\"http://thumbnail9.coupangcdn.com/a.jpg\"",
		"{\"productId\":6398790876,\"productName\":\"이름\",\"productPrice\":12900,\"productImage\":"
		"\"http://thumbnail9.coupangcdn.com/a.jpg\"," P_URL ",\"isRocket\":true,"
		"\"isFreeShipping\":true,\"categoryName\":\"가전\",\"rank\":7,\"keyword\":\"k\"}" },
	{ P_ID "," P_NAME "," P_PRICE "," P_URL ",\"isRocket\":\"yes\",\"categoryName\":5,\"rank\":-1,"
		"\"productImage\":\"https://evil.example/a.jpg\"", MADE("6398790876", "이름",
			"12900") },
};

static void test_products(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(products); i++) {
		struct value *a = with_product(products[i].members);
		const struct value *list = value_get(a, "products");
		CLEANUP_FREE char *json = json_string(value_at(list, 1), false);

		if (!str_eq(value_get_string(a, "result", ""), "ok"))
			fail_msg("%s: %s", products[i].members, value_get_string(a, "reason", ""));
		assert_int_equal(value_get_int(a, "dropped", -1), products[i].json ? 0 : 1);
		assert_int_equal(value_len(list), products[i].json ? 2 : 1);
		if (products[i].json)
			assert_string_equal(json, products[i].json);
		value_free(a);
	}
}

static void test_long_name(void **state)
{
	CLEANUP_FREE char *name = xmalloc(100001);
	CLEANUP_FREE char *body = NULL;
	struct value *a;

	(void)state;
	memset(name, 'x', 100000);
	name[100000] = '\0';
	body = xasprintf(P_ID ",\"productName\":\"%s\"," P_PRICE "," P_URL, name);
	a = with_product(body);
	assert_int_equal(strlen(value_get_string(value_at(value_get(a, "products"), 1),
		"productName", "")), 300);
	value_free(a);
}

static void test_limit_and_duplicates(void **state)
{
	struct buf body;
	struct value *a;

	(void)state;
	buf_init(&body, 1 << 20);
	buf_str(&body, "{\"rCode\":\"0\",\"data\":{\"productData\":[{},");
	for (int i = 0; i < 20; i++)
		buf_printf(&body, "%s{" P_ID "," P_NAME "," P_PRICE "," P_URL "}", i ? "," : "");
	buf_str(&body, "]}}");
	a = said(HTTP_DONE, 200, buf_cstr(&body), -1, 5);
	assert_int_equal(value_len(value_get(a, "products")), 5);
	assert_int_equal(value_get_int(a, "dropped", -1), 1);
	assert_int_equal(value_get_int(value_at(value_get(a, "products"), 0), "rank", 0), 2);
	value_free(a);
	buf_finish(&body);
}

/* Not one readable product is no empty result: the form has changed. */
static void test_nothing_readable(void **state)
{
	struct value *a = said_200("{\"rCode\":\"0\",\"data\":{\"productData\":[{\"id\":1},7,null]}}");

	(void)state;
	assert_string_equal(value_get_string(a, "result", ""), "later");
	assert_null(value_get(a, "products"));
	value_free(a);
}

struct recorded {
	const char *file;
	const char *result;
	int products; /* -1: none given */
};

static const struct recorded recorded[] = {
	{ "search-2022.json", "ok", 10 },
	{ "search-documented.json", "ok", 1 },
	{ "search-empty.reconstructed.json", "ok", 0 },
	{ "error-rate-limit.reconstructed.json", "blocked", -1 },
	{ "error-hmac-format.json", "broken", -1 },
	{ "error-invalid-signature.json", "broken", -1 },
	{ "error-not-authorized.json", "broken", -1 },
	{ "error-signature-expired.json", "broken", -1 },
	{ "error-unknown-key.json", "broken", -1 },
};

/* The recorded bodies, where the folder is there. */
static void test_recorded(void **state)
{
	const char *folder = TREE "/../shared/data/coupang";
	const char *named = getenv("CPAUTO_RECORDED");
	struct stat st;

	(void)state;
	if (named)
		folder = named;
	if (stat(folder, &st))
		skip();
	for (size_t i = 0; i < ARRAY_LEN(recorded); i++) {
		CLEANUP_FREE char *path = xasprintf("%s/%s", folder, recorded[i].file);
		CLEANUP_FREE char *body = NULL;
		struct value *a;
		size_t len;

		assert_int_equal(file_read(path, 1 << 20, &body, &len), 0);
		a = said(HTTP_DONE, recorded[i].products < 0 && !strstr(path, "rate") ? 401 : 200,
			body, -1, 10);
		assert_string_equal(value_get_string(a, "result", ""), recorded[i].result);
		assert_int_equal(value_get(a, "products") ? (int)value_len(value_get(a,
			"products")) : -1,
			recorded[i].products);
		assert_int_equal(value_get_int(a, "dropped", 0), 0);
		value_free(a);
	}
}

/* Random damage to good bodies: never a crash, always one of the results. */
static void test_damage(void **state)
{
	unsigned seed = 20261123;

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	for (int i = 0; i < 20000; i++) {
		CLEANUP_FREE char *body = xstrdup(rows[(size_t)rand() % ARRAY_LEN(rows)].body);
		size_t len = strlen(body);
		struct value *a;

		for (int n = rand() % 4; len && n > 0; n--)
			body[(size_t)rand() % len] = (char)(rand() % 255 + 1);
		if (len && rand() % 3 == 0)
			body[(size_t)rand() % len] = '\0';
		a = said(HTTP_DONE, 200, body, -1, 10);
		assert_non_null(value_get_string(a, "result", NULL));
		assert_string_not_equal(value_get_string(a, "result", NULL), "unknown");
		value_free(a);
	}
}

struct host_row {
	const char *url;
	bool link, image, link_here, image_here; /* with the public endpoint, with the stand-in */
	const char *ask, *ask_here; /* address to ask for the picture; NULL = never */
};

#define SAME ((const char *)-1)
static const struct host_row host_rows[] = {
	{ "https://link.coupang.com/a/b", true, false, true, false, NULL, NULL },
	{ "https://coupa.ng/abc", true, false, true, false, NULL, NULL },
	{ "https://www.coupang.com/vp/products/1", true, false, true, false, NULL, NULL },
	{ "http://link.coupang.com/a/b", false, false, false, false, NULL, NULL },
	{ "https://link.coupang.com:444/a", false, false, false, false, NULL, NULL },
	{ "https://ads-partners.coupang.com/image1/x", false, true, false, true, SAME, NULL },
	{ "https://static.coupangcdn.com/a.jpg", false, true, false, true, SAME, NULL },
	{ "https://STATIC.CoupangCDN.com/a.jpg", false, true, false, true, SAME, NULL },
	{ "http://thumbnail7.coupangcdn.com/a.jpg?x=1", false, true, false, true,
		"https://thumbnail7.coupangcdn.com/a.jpg?x=1", NULL },
	{ "http://static.coupangcdn.com:80/a.jpg", false, true, false, true, NULL, NULL },
	{ "http://static.coupangcdn.com:8080/a.jpg", false, false, false, false, NULL, NULL },
	{ "https://coupangcdn.com/a.jpg", false, false, false, false, NULL, NULL },
	{ "https://.coupangcdn.com/a.jpg", false, false, false, false, NULL, NULL },
	{ "https://evilcoupangcdn.com/a.jpg", false, false, false, false, NULL, NULL },
	{ "https://static.coupangcdn.com.evil.example/a", false, false, false, false, NULL, NULL },
	{ "https://static.coupangcdn.com@evil.example/a", false, false, false, false, NULL, NULL },
	{ "https://evil.example@static.coupangcdn.com/a", false, false, false, false, NULL, NULL },
	{ "https://evil.example\\@static.coupangcdn.com/a", false, false, false, false, NULL,
		NULL },
	{ "https://evil.example#@static.coupangcdn.com/a", false, false, false, false, NULL, NULL },
	{ "https://evil.example/?.coupangcdn.com", false, false, false, false, NULL, NULL },
	{ "//static.coupangcdn.com/a.jpg", false, false, false, false, NULL, NULL },
	{ "static.coupangcdn.com/a.jpg", false, false, false, false, NULL, NULL },
	{ "file:///etc/passwd", false, false, false, false, NULL, NULL },
	{ "ftp://static.coupangcdn.com/a", false, false, false, false, NULL, NULL },
	{ "javascript:alert(1)", false, false, false, false, NULL, NULL },
	{ "data:image/png;base64,AAAA", false, false, false, false, NULL, NULL },
	{ "https://static.coupangcdn.com/a b", false, false, false, false, NULL, NULL },
	{ "https://static.coupangcdn.com/\"", false, false, false, false, NULL, NULL },
	{ "", false, false, false, false, NULL, NULL },
	{ "http://127.0.0.1:8080/image/1.jpg", false, false, true, true, NULL, SAME },
	{ "http://127.0.0.1:8081/image/1.jpg", false, false, false, false, NULL, NULL },
	{ "https://127.0.0.1:8080/image/1.jpg", false, false, false, false, NULL, NULL },
	{ "http://localhost:8080/image/1.jpg", false, false, false, false, NULL, NULL },
	{ "http://169.254.169.254/latest", false, false, false, false, NULL, NULL },
};

static void check_address(const struct host_row *r, const struct http_url *endpoint,
	const char *want)
{
	CLEANUP_FREE char *got = hosts_image_address(r->url, endpoint);

	if (want == SAME)
		want = r->url;
	if (!str_eq(got, want))
		fail_msg("%s: would ask %s, not %s", r->url, got ? got : "-", want ? want : "-");
}

static void test_hosts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(host_rows); i++) {
		const struct host_row *r = &host_rows[i];

		if (hosts_link_ok(r->url, &public_api) != r->link || hosts_link_ok(r->url,
				NULL) != r->link ||
				hosts_link_ok(r->url, &stand_in) != r->link_here)
			fail_msg("link: %s", r->url);
		if (hosts_image_ok(r->url, &public_api) != r->image ||
				hosts_image_ok(r->url, &stand_in) != r->image_here)
			fail_msg("image: %s", r->url);
		check_address(r, &public_api, r->ask);
		check_address(r, &stand_in, r->ask_here);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_strikes),
		cmocka_unit_test(test_blocked),
		cmocka_unit_test(test_products),
		cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_limit_and_duplicates),
		cmocka_unit_test(test_nothing_readable),
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
