/* SPDX-License-Identifier: MIT */
/* The pure parts of the stand-in server. */
#include "unit.h"

#include <errno.h>

#include "api.h"
#include "auth.h"
#include "catalog.h"
#include "draw.h"
#include "image.h"
#include "json.h"
#include "picture.h"
#include "query.h"
#include "replay.h"
#include "sign.h"
#include "value.h"
#include "words.h"

#define SEARCH "/v2/providers/affiliate_open_api/apis/openapi/v1/products/search"
#define HOUR 3600000
#define BASE "http://127.0.0.1:1"

static const struct {
	enum limiter_kind kind;
	const char *name;
	const struct {
		int64_t at; /* ms after T0, which begins an hour of the clock */
		bool good;
	} calls[12];
} limiter_rows[] = {
	{ LIMITER_SLIDING, "sliding", { { 0, true }, { 1000, true }, { 2000, true }, { 3000, false },
		{ HOUR - 1, false }, { HOUR, true }, { HOUR + 1, false }, { HOUR + 999, false },
		{ HOUR + 1000, true }, { 9 * HOUR, true }, { 9 * HOUR, true }, { 9 * HOUR, true } } },
	{ LIMITER_FIXED, "fixed", { { HOUR - 3, true }, { HOUR - 2, true }, { HOUR - 1, true },
		{ HOUR - 1, false }, { HOUR, true }, { HOUR, true }, { HOUR, true }, { HOUR, false },
		{ 2 * HOUR - 1, false }, { 2 * HOUR, true }, { 5 * HOUR, true }, { 5 * HOUR, true } } },
	{ LIMITER_BUCKET, "bucket", { { 0, true }, { 0, true }, { 0, true }, { 0, false },
		{ HOUR / 3 - 1, false }, { HOUR / 3, true }, { HOUR / 3, false }, { 2 * HOUR / 3, true },
		{ 99 * HOUR, true }, { 99 * HOUR, true }, { 99 * HOUR, true }, { 99 * HOUR, false } } },
	{ LIMITER_LEAKY, "leaky", { { 0, true }, { 0, false }, { HOUR / 3 - 1, false },
		{ HOUR / 3, true }, { HOUR / 3 + 5, false }, { 2 * HOUR / 3, true }, { 8 * HOUR, true },
		{ 8 * HOUR, false }, { 8 * HOUR + HOUR / 3, true }, { 9 * HOUR, true },
		{ 9 * HOUR + 1, false }, { 9 * HOUR + 2, false } } },
};

static void test_limiters(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(limiter_rows); i++) {
		enum limiter_kind kind;
		struct limiter l;

		assert_int_equal(limiter_parse(limiter_rows[i].name, &kind), 0);
		assert_int_equal(kind, limiter_rows[i].kind);
		limiter_init(&l, kind, 3, HOUR);
		for (size_t n = 0; n < ARRAY_LEN(limiter_rows[i].calls); n++)
			if (limiter_take(&l, 1000 * (int64_t)HOUR + limiter_rows[i].calls[n].at) !=
					limiter_rows[i].calls[n].good)
				fail_msg("%s: call %zu", limiter_rows[i].name, n);
		limiter_finish(&l);
	}
	assert_int_equal(limiter_parse("", &(enum limiter_kind){ 0 }), -EINVAL);
}

/* Against the plain definition: never more than N in any window, and never fewer than could be. */
static void test_sliding_is_exact(void **state UNUSED)
{
	unsigned seed = 4711;
	int64_t now = 0, times[4000];
	size_t count = 0;
	struct limiter l;
	struct meter m;
	size_t most = 0;

	limiter_init(&l, LIMITER_SLIDING, 7, 1000);
	meter_init(&m, 1000);
	for (int i = 0; i < 4000; i++) {
		size_t in_window = 0;

		now += rand_r(&seed) % 200;
		for (size_t n = 0; n < count; n++)
			in_window += times[n] > now - 1000;
		if (limiter_take(&l, now) != (in_window < 7))
			fail_msg("seed 4711, step %d", i);
		if (in_window < 7) {
			times[count++] = now;
			meter_add(&m, now);
			assert_int_equal(meter_count(&m, now), in_window + 1);
			most = in_window + 1 > most ? in_window + 1 : most;
		}
	}
	assert_int_equal(m.most, most);
	assert_int_equal(most, 7);
	limiter_finish(&l);
	meter_finish(&m);
}

static void test_strike_text(void **state UNUSED)
{
	/* 2026-08-29T08:00:00.123Z */
	static const int64_t until = 1787990400123;
	static const struct {
		const char *form, *time;
	} rows[] = {
		{ "z", "2026-08-29T08:00:00.123Z" },
		{ "none", "2026-08-29T17:00:00" },
		{ "nano", "2026-08-29T17:00:00.123456789" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct strike s = { .count = 1, .until_wall_ms = until };
		CLEANUP_FREE char *want = xasprintf("검색 API의 시간당 사용 횟수를 초과했습니다. %s 이후에 다시 "
			"시도해 주시기 바랍니다. 총 3회 초과시 파트너스 이용이 제한됩니다 (현재 1회 초과)", rows[i].time);
		enum strike_form form;
		struct buf text;

		buf_init(&text, 1024);
		assert_int_equal(strike_parse(rows[i].form, &form), 0);
		strike_text(&s, form, &text);
		assert_string_equal(buf_cstr(&text), want);
		buf_finish(&text);
	}
}

static void test_strikes(void **state UNUSED)
{
	struct strike s = { .block_ms = HOUR }, strict = { .block_ms = HOUR, .strict = true };
	struct buf text;

	assert_false(strike_blocked(&s, 0));
	strike_excess(&s, 10, 1010);
	assert_int_equal(s.count, 1);
	assert_int_equal(s.until_wall_ms, 1010 + HOUR);
	assert_true(strike_blocked(&s, 10 + HOUR - 1));
	strike_excess(&s, 11, 1011);
	assert_int_equal(s.count, 1);
	assert_int_equal(s.until_wall_ms, 1010 + HOUR);
	assert_false(strike_blocked(&s, 10 + HOUR));
	strike_excess(&s, 2 * HOUR, 2 * HOUR);
	strike_excess(&s, 4 * HOUR, 4 * HOUR);
	assert_int_equal(s.count, STRIKE_LAST);
	assert_true(strike_blocked(&s, 1000 * (int64_t)HOUR));
	buf_init(&text, 1024);
	strike_text(&s, STRIKE_Z, &text);
	assert_non_null(strstr(buf_cstr(&text), "이용이 제한"));
	assert_non_null(strstr(buf_cstr(&text), "현재 3회 초과"));
	buf_finish(&text);
	for (int i = 0; i < 3; i++)
		strike_excess(&strict, i, i);
	assert_int_equal(strict.count, 3);
}

static void test_fault_words(void **state UNUSED)
{
	static const struct {
		const char *spec;
		int result;
		enum fault_kind kind;
		int64_t left;
		int percent;
	} rows[] = {
		{ "stall", 0, FAULT_STALL, FAULT_FOR_EVER, 100 },
		{ "429=3", 0, FAULT_429, 3, 100 },
		{ "close-after=2@50", 0, FAULT_CLOSE_AFTER, 2, 50 },
		{ "empty@1", 0, FAULT_EMPTY, FAULT_FOR_EVER, 1 },
		{ "", -EINVAL, 0, 0, 0 }, { "none", -EINVAL, 0, 0, 0 }, { "stall=", -EINVAL, 0, 0, 0 },
		{ "stall=0", -EINVAL, 0, 0, 0 }, { "stall@101", -EINVAL, 0, 0, 0 },
		{ "stall@5=2", -EINVAL, 0, 0, 0 }, { "stall=x", -EINVAL, 0, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fault_set s = { .count = 0 };
		struct err e = { "" };

		assert_int_equal(fault_arm(&s, rows[i].spec, &e), rows[i].result);
		assert_int_equal(!*e.text, !rows[i].result);
		if (rows[i].result)
			continue;
		assert_int_equal(s.armed[0].kind, rows[i].kind);
		assert_int_equal(s.armed[0].left, rows[i].left);
		assert_int_equal(s.armed[0].percent, rows[i].percent);
	}
}

static void test_faults_fire(void **state UNUSED)
{
	struct fault_set s = { .count = 0 };
	int fired = 0;

	assert_int_equal(fault_arm(&s, "stall=2", NULL), 0);
	assert_int_equal(fault_arm(&s, "500=1", NULL), 0);
	assert_int_equal(fault_next(&s, FAULT_AT_GATE), FAULT_NONE);
	assert_int_equal(fault_next(&s, FAULT_AT_API), FAULT_STALL);
	assert_int_equal(fault_next(&s, FAULT_AT_API), FAULT_STALL);
	assert_int_equal(fault_next(&s, FAULT_AT_API), FAULT_500);
	assert_int_equal(fault_next(&s, FAULT_AT_API), FAULT_NONE);
	assert_int_equal(s.count, 0);
	assert_int_equal(fault_arm(&s, "empty@30", NULL), 0);
	for (int i = 0; i < 1000; i++)
		fired += fault_next(&s, FAULT_AT_PRODUCTS) != FAULT_NONE;
	assert_in_range(fired, 250, 350);
	for (size_t i = 1; i < FAULT_ARMED_MAX; i++)
		assert_int_equal(fault_arm(&s, "slow", NULL), 0);
	assert_int_equal(fault_arm(&s, "slow", NULL), -E2BIG);
}

/* Every kind has a name that arms it, and does what the table says without a crash. */
static void test_fault_table(void **state UNUSED)
{
	for (int kind = FAULT_NONE + 1; kind < FAULT_COUNT; kind++) {
		struct fault_set s = { .count = 0 };
		struct reply r;

		assert_int_equal(fault_arm(&s, fault_name((enum fault_kind)kind), NULL), 0);
		assert_int_equal(s.armed[0].kind, kind);
		reply_init(&r);
		reply_set(&r, 200, NULL, "{\"rCode\":\"0\"}");
		fault_apply((enum fault_kind)kind, 1, &r);
		assert_string_equal(r.outcome, fault_name((enum fault_kind)kind));
		assert_false(buf_failed(&r.body));
		reply_finish(&r);
	}
}

static void test_auth(void **state UNUSED)
{
	/* 2026-04-09T08:07:06Z, the date of the published vectors. */
	static const int64_t now = 1775722026000;
	static const char query[] = "keyword=%EB%AC%B4%EC%84%A0%20%EC%B2%AD%EC%86%8C%EA%B8%B0&limit=5";
	static const struct auth_keys keys = { "test-access", "test-secret", 300000 };
#define SIGNATURE "69f89c8bc4f19378729191dd0eeff83f1a214b430a10d8f59afccb30ae5a690a"
#define HEADER(algorithm, key, date, signature) \
	"CEA algorithm=" algorithm ", access-key=" key ", signed-date=" date ", signature=" signature
#define GOOD HEADER("HmacSHA256", "test-access", "260409T080706Z", SIGNATURE)
	static const struct {
		const char *header;
		int64_t off;
		enum auth_result result;
	} rows[] = {
		{ GOOD, 0, AUTH_OK },
		{ GOOD, 300000, AUTH_OK }, { GOOD, -300000, AUTH_OK },
		{ GOOD, 300001, AUTH_EXPIRED }, { GOOD, -300001, AUTH_EXPIRED },
		{ GOOD, 9 * HOUR, AUTH_EXPIRED },
		{ NULL, 0, AUTH_NOT_AUTHORIZED },
		{ "", 0, AUTH_HMAC_FORMAT }, { "Bearer x", 0, AUTH_HMAC_FORMAT },
		{ GOOD " ", 0, AUTH_HMAC_FORMAT }, { " " GOOD, 0, AUTH_HMAC_FORMAT },
		{ "CEA algorithm=HmacSHA256,access-key=test-access,signed-date=260409T080706Z,signature="
			SIGNATURE, 0, AUTH_HMAC_FORMAT },
		{ HEADER("HmacSHA1", "test-access", "260409T080706Z", SIGNATURE), 0, AUTH_HMAC_FORMAT },
		{ HEADER("HmacSHA256", "", "260409T080706Z", SIGNATURE), 0, AUTH_HMAC_FORMAT },
		{ HEADER("HmacSHA256", "other", "260409T080706Z", SIGNATURE), 0, AUTH_UNKNOWN_KEY },
		{ HEADER("HmacSHA256", "test-access", "20260409T080706Z", SIGNATURE), 0, AUTH_HMAC_FORMAT },
		{ HEADER("HmacSHA256", "test-access", "260409T080706", SIGNATURE), 0, AUTH_HMAC_FORMAT },
		{ HEADER("HmacSHA256", "test-access", "260439T080706Z", SIGNATURE), 0, AUTH_HMAC_FORMAT },
		{ HEADER("HmacSHA256", "test-access", "260409 080706Z", SIGNATURE), 0, AUTH_HMAC_FORMAT },
		{ HEADER("HmacSHA256", "test-access", "260409T080707Z", SIGNATURE), 0,
			AUTH_INVALID_SIGNATURE },
		{ HEADER("HmacSHA256", "test-access", "260409T080706Z", "x"), 0, AUTH_INVALID_SIGNATURE },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct auth_request q = { rows[i].header, "GET", SEARCH, query };

		if (auth_check(&keys, &q, now + rows[i].off) != rows[i].result)
			fail_msg("row %zu", i);
	}
}

/* The envelopes are the recorded ones but for the number of the transaction. */
static void test_envelopes(void **state UNUSED)
{
	static const struct {
		enum auth_result result;
		const char *file;
	} rows[] = {
		{ AUTH_INVALID_SIGNATURE, "invalid-signature" }, { AUTH_EXPIRED, "signature-expired" },
		{ AUTH_HMAC_FORMAT, "hmac-format" }, { AUTH_UNKNOWN_KEY, "unknown-key" },
		{ AUTH_NOT_AUTHORIZED, "not-authorized" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP_FREE char *path = xasprintf(TREE "/../shared/data/coupang/error-%s.json", rows[i].file);
		CLEANUP_FREE char *text = NULL;
		struct value *ours = NULL, *theirs = NULL;
		struct buf body;
		size_t len;

		buf_init(&body, 4096);
		auth_envelope(rows[i].result, i, &body);
		assert_int_equal(json_parse(buf_cstr(&body), body.len, &ours, NULL), 0);
		assert_int_equal(value_len(value_get(ours, "transactionId")), 36);
		if (!file_read(path, 1 << 20, &text, &len)) {
			assert_int_equal(json_parse(text, len, &theirs, NULL), 0);
			value_set_string(ours, "transactionId", "");
			value_set_string(theirs, "transactionId", "");
			assert_true(value_equal(ours, theirs));
		}
		value_free(ours);
		value_free(theirs);
		buf_finish(&body);
	}
}

static void test_query(void **state UNUSED)
{
	static const struct {
		const char *query, *name;
		int result;
		const char *value;
	} rows[] = {
		{ "keyword=good&page=1", "keyword", 0, "good" },
		{ "keyword=good&page=1", "page", 0, "1" },
		{ "keyword=%EB%AC%B4%20a+b", "keyword", 0, "무 a b" },
		{ "a=1&a=2", "a", 0, "1" },
		{ "a=", "a", 0, "" },
		{ "", "a", -ENOENT, "" }, { "ab=1", "a", -ENOENT, "" }, { "a", "a", -ENOENT, "" },
		{ "a=%", "a", -EILSEQ, NULL }, { "a=%2", "a", -EILSEQ, NULL },
		{ "a=%zz", "a", -EILSEQ, NULL }, { "a=%00", "a", -EILSEQ, NULL },
		{ "a=%EB", "a", -EILSEQ, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf out;

		buf_init(&out, 100);
		if (query_get(rows[i].query, rows[i].name, &out) != rows[i].result)
			fail_msg("row %zu", i);
		if (rows[i].value)
			assert_string_equal(buf_cstr(&out), rows[i].value);
		buf_finish(&out);
	}
}

static struct value *search(const char *keyword, enum fault_kind fault, int64_t day, int drift,
	int64_t call)
{
	struct catalog_query q = { .keyword = keyword, .base = BASE, .limit = 10, .width = 64,
		.height = 64, .day = day, .drift_percent = drift, .call = call, .fault = fault };

	return catalog_search(&q);
}

static const struct value *products_of(const struct value *body)
{
	return value_get(value_get(body, "data"), "productData");
}

/* Member by member in the order of the recorded answer. */
static void test_shape_is_the_recorded(void **state UNUSED)
{
	static const char *const names[] = { "productId", "productName", "productPrice", "productImage",
		"productUrl", "keyword", "rank", "isRocket", "isFreeShipping" };
	struct value *body = search("무선 청소기", FAULT_NONE, 0, 0, 1);
	const struct value *products = products_of(body);

	assert_string_equal(value_get_string(body, "rCode", NULL), "0");
	assert_int_equal(value_len(products), 10);
	for (size_t i = 0; i < 10; i++) {
		const struct value *p = value_at(products, i);

		assert_int_equal(value_len(p), ARRAY_LEN(names));
		for (size_t n = 0; n < ARRAY_LEN(names); n++)
			assert_string_equal(value_name_at(p, n), names[n]);
		assert_non_null(strstr(value_get_string(p, "productName", ""), "무선 청소기"));
		assert_in_range(value_get_int(p, "productPrice", 0), 60000, 420000);
		assert_true(str_starts(value_get_string(p, "productUrl", ""),
			"https://link.coupang.com/re/AFFSDP?lptag=AF0000000&pageKey="));
		assert_true(str_starts(value_get_string(p, "productImage", ""), BASE "/image1/"));
		for (size_t other = 0; other < i; other++) {
			assert_string_not_equal(value_get_string(p, "productName", ""),
				value_get_string(value_at(products, other), "productName", ""));
			assert_int_not_equal(value_get_int(p, "productId", 0),
				value_get_int(value_at(products, other), "productId", 0));
		}
	}
	value_free(body);
}

/* How many of ten prices differ between two answers, all else being equal. */
static size_t prices_moved(struct value *a, struct value *b)
{
	size_t n = 0;

	for (size_t i = 0; i < 10; i++) {
		struct value *p = value_at(products_of(a), i), *q = value_at(products_of(b), i);

		n += value_get_int(p, "productPrice", 0) != value_get_int(q, "productPrice", 0);
		value_remove(p, "productPrice");
		value_remove(q, "productPrice");
	}
	assert_true(value_equal(a, b));
	value_free(a);
	value_free(b);
	return n;
}

static void test_prices_move(void **state UNUSED)
{
	const char *k = "전기포트";

	assert_int_equal(prices_moved(search(k, 0, 5, 0, 1), search(k, 0, 5, 0, 2)), 0);
	assert_true(prices_moved(search(k, 0, 5, 0, 1), search(k, 0, 6, 0, 1)) >= 5);
	assert_true(prices_moved(search(k, 0, 5, 20, 1), search(k, 0, 5, 20, 2)) >= 5);
	assert_int_equal(prices_moved(search(k, 0, 5, 20, 2), search(k, 0, 5, 20, 2)), 0);
}

static void test_odd_products(void **state UNUSED)
{
	struct value *b = search("텀블러", FAULT_EMPTY, 0, 0, 1);
	const struct value *first, *second;

	assert_int_equal(value_kind(products_of(b)), VALUE_LIST);
	assert_int_equal(value_len(products_of(b)), 0);
	value_free(b);

	b = search("텀블러", FAULT_DUPLICATES, 0, 0, 1);
	first = value_at(products_of(b), 0);
	second = value_at(products_of(b), 1);
	assert_int_equal(value_get_int(first, "productId", 0), value_get_int(second, "productId", 1));
	assert_string_not_equal(value_get_string(first, "productUrl", ""),
		value_get_string(second, "productUrl", ""));
	value_free(b);

	b = search("텀블러", FAULT_NOFIELDS, 0, 0, 1);
	assert_null(value_get(value_at(products_of(b), 0), "isFreeShipping"));
	value_free(b);

	b = search("텀블러", FAULT_FLOATPRICE, 0, 0, 1);
	assert_int_equal(value_kind(value_get(value_at(products_of(b), 0), "productPrice")), VALUE_DOUBLE);
	value_free(b);

	b = search("텀블러", FAULT_BIGID, 0, 0, 1);
	for (size_t i = 0; i < 10; i++)
		assert_true(value_get_int(value_at(products_of(b), i), "productId", 0) > 9007199254740992);
	value_free(b);

	b = search("텀블러", FAULT_HTTPIMAGES, 0, 0, 1);
	assert_true(str_starts(value_get_string(value_at(products_of(b), 0), "productImage", ""),
		"http://static.coupangcdn.com/image/"));
	value_free(b);
}

/* Whatever is in the names, the body is JSON that reads back the same. */
static void test_hostile_names(void **state UNUSED)
{
	static const char *const needles[] = { "\"인용\"", "<script>", "\x1b[31m", "😀", "{{{raw}}}",
		"\xe2\x80\xae", "\\ 역슬래시" };
	struct value *body = search("무선 청소기", FAULT_HOSTILE, 0, 0, 1), *again = NULL;
	CLEANUP_FREE char *text = json_string(body, false);
	struct buf names;

	assert_int_equal(json_parse(text, strlen(text), &again, NULL), 0);
	assert_true(value_equal(body, again));
	buf_init(&names, 1 << 16);
	for (size_t i = 0; i < 10; i++)
		buf_str(&names, value_get_string(value_at(products_of(again), i), "productName", ""));
	for (size_t i = 0; i < ARRAY_LEN(needles); i++)
		assert_non_null(strstr(buf_cstr(&names), needles[i]));
	buf_finish(&names);
	value_free(body);
	value_free(again);
}

static void test_words(void **state UNUSED)
{
	static const struct {
		const char *keyword, *word;
	} rows[] = {
		{ "무선 청소기", "무선청소기" }, { "가성비 무선청소기 추천", "무선청소기" },
		{ "무선 물걸레 청소기", "물걸레청소기" }, { "에어프라이어 5L", "에어프라이어" },
		{ "게이밍 노트북", "노트북" }, { "듣도 보도 못한 것", NULL }, { "x", NULL },
	};
	size_t len;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_true(str_eq(words_find(rows[i].keyword)->word, rows[i].word));
	assert_int_equal(words_count("a|bc|d"), 3);
	assert_memory_equal(words_item("a|bc|d", 4, &len), "bc", 2);
	assert_int_equal(len, 2);
}

static void test_fillers_are_dropped(void **state UNUSED)
{
	static const struct {
		const char *keyword, *has;
	} rows[] = {
		{ "가성비 로봇청소기 추천", " 로봇청소기 " }, { "추천", " 추천 " }, { "  쿠션   커버 ", " 쿠션 커버 " },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct value *b = search(rows[i].keyword, FAULT_NONE, 0, 0, 1);
		const char *name = value_get_string(value_at(products_of(b), 0), "productName", "");

		assert_non_null(strstr(name, rows[i].has));
		assert_null(strstr(name, "가성비"));
		value_free(b);
	}
}

static void test_tokens(void **state UNUSED)
{
	struct picture p = { 0x0123456789abcdef, DRAW_KETTLE, 640, 480, true }, q;
	char token[PICTURE_TOKEN_LEN + 1];

	picture_token(&p, token);
	assert_int_equal(strlen(token), PICTURE_TOKEN_LEN);
	assert_int_equal(picture_parse(token, &q), 0);
	assert_true(q.seed == p.seed);
	assert_int_equal(q.shape, DRAW_KETTLE);
	assert_int_equal(q.width, 640);
	assert_int_equal(q.height, 480);
	assert_true(q.png);
	for (size_t i = 0; i < PICTURE_TOKEN_LEN; i++) {
		char c = token[i];

		token[i] = c == '0' ? '1' : '0';
		assert_int_equal(picture_parse(token, &q), -EINVAL);
		token[i] = c;
	}
}

/* Every shape, both kinds: a file of the sides asked for, the same each time. */
static void test_pictures(void **state UNUSED)
{
	for (int shape = 0; shape < DRAW_SHAPES; shape++) {
		struct picture p = { (uint64_t)shape * 31, (enum draw_shape)shape, 48, 32, shape % 2 };
		struct buf a, b;
		struct image i;

		buf_init(&a, 1 << 20);
		buf_init(&b, 1 << 20);
		assert_int_equal(picture_write(&p, &a), 0);
		assert_int_equal(picture_write(&p, &b), 0);
		assert_int_equal(a.len, b.len);
		assert_memory_equal(a.data, b.data, a.len);
		assert_int_equal(image_sniff(a.data, a.len, &i, NULL), 0);
		assert_string_equal(i.ext, p.png ? "png" : "jpg");
		assert_int_equal(i.width, 48);
		assert_int_equal(i.height, 32);
		buf_finish(&a);
		buf_finish(&b);
	}
}

/* The product is there: the middle differs from the ground, and shapes from one another. */
static void test_something_is_drawn(void **state UNUSED)
{
	CLEANUP_FREE unsigned char *box = draw_product(DRAW_BOX, 4, 100, 100);
	CLEANUP_FREE unsigned char *mug = draw_product(DRAW_MUG, 4, 100, 100);
	size_t different = 0;

	for (size_t i = 0; i < 30000; i++)
		different += box[i] != mug[i];
	assert_true(different > 1000);
	assert_true(abs(box[(60 * 100 + 40) * 3] - box[3]) > 20);
	assert_null(draw_product(DRAW_BOX, 4, DRAW_SIDE_MAX + 1, 100));
	assert_null(draw_product(DRAW_BOX, 4, 100, DRAW_SIDE_MIN - 1));
	assert_null(draw_product(DRAW_SHAPES, 4, 100, 100));
}

static const struct api_config config = { .access_key = "test-access", .secret = "test-secret",
	.tolerance_ms = 300000, .calls = 10, .window_ms = HOUR, .block_ms = 24 * HOUR };

/* A signed request at a moment; the body belongs to R. */
static void ask(struct api *a, const char *method, const char *path, const char *query,
	const char *body, int64_t ms, struct reply *r)
{
	CLEANUP_FREE char *target = xasprintf("%s%s%s", path, *query ? "?" : "", query);
	CLEANUP_FREE char *header = NULL;
	char date[SIGN_DATE_LEN + 1];
	struct api_request q = { .method = method, .target = target, .body = body,
		.body_len = body ? strlen(body) : 0,
		.at = { .wall_ms = 1775722026000 + ms, .boot_ms = 1000 + ms } };

	sign_date(q.at.wall_ms, date);
	header = sign_header("test-access", "test-secret", date, method, path, query);
	q.authorization = header;
	reply_init(r);
	api_answer(a, &q, r);
}

static void test_refusals(void **state UNUSED)
{
	static const struct {
		const char *method, *path, *query, *body, *has;
		int status;
	} rows[] = {
		{ "GET", SEARCH, "keyword=a", NULL, "\"rCode\":\"0\"", 200 },
		{ "GET", SEARCH, "", NULL, "keyword is required", 200 },
		{ "GET", SEARCH, "keyword=", NULL, "keyword is required", 200 },
		{ "GET", SEARCH, "keyword=%ff", NULL, "keyword is required", 200 },
		{ "GET", SEARCH, "keyword=a&limit=11", NULL, "limit is out of range", 200 },
		{ "GET", SEARCH, "keyword=a&limit=0", NULL, "limit is out of range", 200 },
		{ "GET", SEARCH, "keyword=a&limit=x", NULL, "limit is out of range", 200 },
		{ "GET", SEARCH, "keyword=a&subId=", NULL, "subId", 200 },
		{ "GET", SEARCH, "keyword=a&subId=blog", NULL, "&subid=blog\"", 200 },
		{ "GET", SEARCH, "keyword=a&imageSize=512", NULL, "imageSize", 200 },
		{ "GET", SEARCH, "keyword=a&imageSize=9999x1", NULL, "imageSize", 200 },
		{ "GET", "/v2/providers/affiliate_open_api/apis/openapi/products/search", "keyword=a", NULL,
			"\"rCode\":\"0\"", 200 },
		{ "GET", "/v2/providers/affiliate_open_api/apis/openapi/v1/products/bestcategories/1013", "",
			NULL, "categoryName", 200 },
		{ "GET", "/v2/providers/affiliate_open_api/apis/openapi/v1/products/bestcategories/7", "",
			NULL, "category id is not active", 200 },
		{ "GET", "/v2/providers/affiliate_open_api/apis/openapi/v1/products/goldbox", "", NULL,
			"categoryName", 200 },
		{ "GET", "/v2/providers/affiliate_open_api/apis/openapi/v1/products/coupangPL/1001", "", NULL,
			"탐사", 200 },
		{ "POST", "/v2/providers/affiliate_open_api/apis/openapi/v1/deeplink", "",
			"{\"coupangUrls\":[\"https://www.coupang.com/vp/products/1\"]}", "shortenUrl", 200 },
		{ "POST", "/v2/providers/affiliate_open_api/apis/openapi/v1/deeplink", "",
			"{\"coupangUrls\":[\"https://link.coupang.com/a/b\"]}", "url convert failed", 200 },
		{ "POST", "/v2/providers/affiliate_open_api/apis/openapi/v1/deeplink", "", NULL,
			"url convert failed", 200 },
		{ "POST", "/v2/providers/affiliate_open_api/apis/openapi/deeplink", "", "{}", "ERROR", 404 },
		{ "POST", SEARCH, "keyword=a", NULL, "ERROR", 404 },
		{ "GET", SEARCH "es", "keyword=a", NULL, "ERROR", 404 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct api *a = api_new(&config, BASE, NULL);
		struct reply r;

		ask(a, rows[i].method, rows[i].path, rows[i].query, rows[i].body, 0, &r);
		if (r.status != rows[i].status || !strstr(buf_cstr(&r.body), rows[i].has))
			fail_msg("row %zu: %d %.200s", i, r.status, buf_cstr(&r.body));
		reply_finish(&r);
		api_free(a);
	}
}

static void control(struct api *a, const char *method, const char *target, struct value **ret)
{
	struct api_request q = { .method = method, .target = target,
		.at = { .wall_ms = 1, .boot_ms = 1000 } };
	struct reply r;

	reply_init(&r);
	api_answer(a, &q, &r);
	assert_int_equal(r.status, 200);
	if (ret)
		assert_int_equal(json_parse(buf_cstr(&r.body), r.body.len, ret, NULL), 0);
	reply_finish(&r);
}

static void expect(struct api *a, int64_t ms, const char *code, const char *has)
{
	struct reply r;
	struct value *v = NULL;

	ask(a, "GET", SEARCH, "keyword=a&limit=1", NULL, ms, &r);
	assert_int_equal(r.status, 200);
	assert_int_equal(json_parse(buf_cstr(&r.body), r.body.len, &v, NULL), 0);
	assert_string_equal(value_get_string(v, "rCode", NULL), code);
	if (has)
		assert_non_null(strstr(value_get_string(v, "rMessage", ""), has));
	value_free(v);
	reply_finish(&r);
}

/* Ten, then the block, a strike for each block, and no way back after the third. */
static void test_the_eleventh_call(void **state UNUSED)
{
	struct api *a = api_new(&config, BASE, NULL);
	int64_t day = 24 * HOUR;
	struct value *v = NULL;

	for (int i = 0; i < 10; i++)
		expect(a, i, "0", NULL);
	expect(a, 20, "403", "현재 1회 초과");
	expect(a, 21, "403", "현재 1회 초과");
	expect(a, HOUR + 30, "403", "현재 1회 초과");
	for (int round = 1; round < 3; round++) {
		for (int i = 0; i < 10; i++)
			expect(a, round * day + 1000 * round, "0", NULL);
		expect(a, round * day + 1000 * round, "403",
			round == 1 ? "현재 2회 초과" : "이용이 제한되었습니다");
	}
	expect(a, 99 * day, "403", "이용이 제한");
	control(a, "GET", "/_sandbox/stats", &v);
	assert_int_equal(value_get_int(v, "accepted", 0), 30);
	assert_int_equal(value_get_int(v, "refused", 0), 6);
	assert_int_equal(value_get_int(v, "total", 0), 36);
	assert_int_equal(value_get_int(v, "strikes", 0), 3);
	assert_int_equal(value_get_int(v, "max_in_window", 0), 12);
	assert_int_equal(value_get_int(value_get(v, "by_keyword"), "a", 0), 36);
	value_free(v);
	control(a, "POST", "/_sandbox/reset", NULL);
	expect(a, 100 * day, "0", NULL);
	api_free(a);
}

/* What is turned away at the gate costs nothing. */
static void test_what_counts(void **state UNUSED)
{
	static const struct {
		const char *fault;
		int accepted;
	} rows[] = {
		{ "invalid-signature", 0 }, { "html403", 0 }, { "close", 0 }, { "close-after", 1 },
		{ "500", 1 }, { "stall", 1 }, { "rcode400", 1 }, { "empty", 1 }, { "image404", 1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct api *a = api_new(&config, BASE, NULL);
		CLEANUP_FREE char *arm = xasprintf("/_sandbox/fault?kind=%s&n=1", rows[i].fault);
		struct value *v = NULL;
		struct reply r;

		control(a, "POST", arm, NULL);
		ask(a, "GET", SEARCH, "keyword=a", NULL, 0, &r);
		reply_finish(&r);
		control(a, "GET", "/_sandbox/stats", &v);
		assert_int_equal(value_get_int(v, "total", 0), 1);
		assert_int_equal(value_get_int(v, "accepted", 9), rows[i].accepted);
		value_free(v);
		expect(a, 1, "0", NULL);
		api_free(a);
	}
}

static void write_file(const char *directory, const char *name, const char *text)
{
	CLEANUP_FREE char *path = xasprintf("%s/%s", directory, name);

	assert_int_equal(file_write_atomic(path, text, strlen(text), 0600), 0);
}

static void test_replay(void **state UNUSED)
{
	static const char one[] = "{\"data\":{\"productData\":[{\"keyword\":\"노트북\"}]}}  ";
	char directory[] = "/tmp/test_sandbox.XXXXXX";
	struct replay *r = NULL;
	struct err e = { "" };
	size_t len;

	assert_non_null(mkdtemp(directory));
	assert_int_equal(replay_load(directory, &r, &e), -ENOENT);
	assert_string_not_equal(e.text, "");
	write_file(directory, "search-empty.reconstructed.json", "empty");
	assert_int_equal(replay_load(directory, &r, &e), -ENOENT);
	write_file(directory, "search-one.json", one);
	write_file(directory, "search-two.json", "no JSON at all");
	write_file(directory, "other.json", "{}");
	assert_int_equal(replay_load(directory, &r, &e), 0);
	assert_string_equal(replay_find(r, "노트북", &len), one);
	assert_int_equal(len, sizeof(one) - 1);
	assert_ptr_equal(replay_find(r, "가", &len), replay_find(r, "가", &len));
	assert_string_equal(replay_empty(r, &len), "empty");
	replay_free(r);
	assert_int_equal(dir_remove(directory), 0);
}

/* An API that replays hands out what is in the file, to the byte. */
static void test_replay_is_verbatim(void **state UNUSED)
{
	struct api_config c = config;
	CLEANUP_FREE char *text = NULL;
	struct reply r;
	struct api *a;
	size_t len;

	c.replay = TREE "/../shared/data/coupang";
	if (file_read(TREE "/../shared/data/coupang/search-2022.json", 1 << 20, &text, &len))
		skip();
	a = api_new(&c, BASE, NULL);
	assert_non_null(a);
	ask(a, "GET", SEARCH, "keyword=%EB%85%B8%ED%8A%B8%EB%B6%81", NULL, 0, &r);
	assert_int_equal(r.body.len, len);
	assert_memory_equal(r.body.data, text, len);
	reply_finish(&r);
	api_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limiters), cmocka_unit_test(test_sliding_is_exact),
		cmocka_unit_test(test_strike_text), cmocka_unit_test(test_strikes),
		cmocka_unit_test(test_fault_words), cmocka_unit_test(test_faults_fire),
		cmocka_unit_test(test_fault_table), cmocka_unit_test(test_auth),
		cmocka_unit_test(test_envelopes), cmocka_unit_test(test_query),
		cmocka_unit_test(test_shape_is_the_recorded), cmocka_unit_test(test_prices_move),
		cmocka_unit_test(test_odd_products), cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_words), cmocka_unit_test(test_fillers_are_dropped),
		cmocka_unit_test(test_tokens), cmocka_unit_test(test_pictures),
		cmocka_unit_test(test_something_is_drawn), cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_the_eleventh_call), cmocka_unit_test(test_what_counts),
		cmocka_unit_test(test_replay), cmocka_unit_test(test_replay_is_verbatim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
