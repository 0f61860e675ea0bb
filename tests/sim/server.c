/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <inttypes.h>

#include "sign.h"

#define DATE_TOLERANCE (5 * MINUTE)
#define PRODUCTS 10

void server_init(struct server *s, struct dice *d)
{
	memset(s, 0, sizeof(*s));
	rule_init(&s->rule, (enum rule_kind)dice_below(d, RULE_END), SERVER_CALLS, HOUR);
	s->form = (enum strike_form)dice_below(d, 3);
	s->strike.block_ms = dice_below(d, 5) ? DAY : dice_from(d, 1, 72) * HOUR;
	s->strike.strict = dice_below(d, 2);
	s->shared = dice_one_in(d, 3);
}

void server_budget(struct server *s, int calls, int64_t now_ms)
{
	memmove(s->allowed + 1, s->allowed, sizeof(s->allowed) - sizeof(s->allowed[0]));
	memmove(s->allowed_ms + 1, s->allowed_ms, sizeof(s->allowed_ms) - sizeof(s->allowed_ms[0]));
	s->allowed[0] = calls;
	s->allowed_ms[0] = now_ms;
}

/* The largest budget that was in force in the last two hours. */
static int allowed_at(const struct server *s, int64_t now_ms)
{
	int most = s->allowed[0];
	for (size_t i = 1; i < ARRAY_LEN(s->allowed); i++)
		if (s->allowed_ms[i - 1] > now_ms - 2 * HOUR && s->allowed[i] > most)
			most = s->allowed[i];
	return most;
}

/* Promise 1: never more than N in any window, at the server's own time. */
static void judge_limit(struct server *s, const struct server_request *q, int64_t now_ms)
{
	int allowed = allowed_at(s, now_ms);
	meter_log_add(&s->ours, now_ms);
	int most = meter_log_most(&s->ours, now_ms, HOUR);
	if (most > allowed)
		broken("limit", "%d calls of ours within an hour, %d are allowed", most, allowed);
	if (q->left_ms > s->told_ms && (now_ms < s->told_until_ms || s->told_hard))
		broken("limit", "a call while blocked: told %" PRId64 " min ago, for %" PRId64
				" min more%s",
			(now_ms - s->told_ms) / MINUTE, (s->told_until_ms - now_ms) / MINUTE,
			s->told_hard ? ", until the owner unblocks" : "");
}

/* "…signed-date=D, signature=S" into D and S. */
static bool take_apart(const char *header, char date[SIGN_DATE_LEN + 1], char sig[SIGN_HEX_LEN + 1])
{
	static const char begin[] =
		"CEA algorithm=HmacSHA256, access-key=" SERVER_ACCESS ", signed-date=";
	static const char middle[] = ", signature=";
	const char *d = header + strlen(begin), *m = d + SIGN_DATE_LEN;
	if (strlen(header) != strlen(begin) + SIGN_DATE_LEN + strlen(middle) + SIGN_HEX_LEN ||
		!str_starts(header, begin) || !str_starts(m, middle))
		return false;
	memcpy(date, d, SIGN_DATE_LEN);
	date[SIGN_DATE_LEN] = '\0';
	memcpy(sig, m + strlen(middle), SIGN_HEX_LEN);
	sig[SIGN_HEX_LEN] = '\0';
	return true;
}

/* "yyMMddTHHmmssZ" as the server reads it. */
static int64_t read_date(const char *t)
{
	static const int at[] = { 0, 2, 4, 7, 9, 11 };
	int n[6];
	for (size_t i = 0; i < ARRAY_LEN(at); i++)
		n[i] = (t[at[i]] - '0') * 10 + t[at[i] + 1] - '0';
	struct date d = { .year = 2000 + n[0], .month = n[1], .day = n[2], .hour = n[3],
		.minute = n[4], .second = n[5] };
	return clock_wall_utc(&d);
}

/* Is it signed, and dated within the tolerance? A wrong one is broken if the clock was right. */
static bool judge_signature(const struct server_request *q, int64_t now_ms)
{
	char date[SIGN_DATE_LEN + 1], given[SIGN_HEX_LEN + 1], right[SIGN_HEX_LEN + 1];
	if (!take_apart(q->authorization, date, given)) {
		broken("limit", "a call is not signed: %s", q->authorization);
		return false;
	}
	if (sign_message(SERVER_SECRET, date, "GET", SERVER_PATH, q->query, right) < 0 ||
		!sign_equal(given, right)) {
		broken("limit", "a call is signed wrong: %s", q->query);
		return false;
	}
	int64_t off = read_date(date) - now_ms;
	bool fresh = off < DATE_TOLERANCE && off > -DATE_TOLERANCE;
	/* A slow call may be old when it comes; one that left just now may not. */
	if (!fresh && q->clock_true && now_ms - q->left_ms < MINUTE)
		broken("limit", "a call is dated %" PRId64 " s off", off / SECOND);
	return fresh;
}

static void write_product(struct buf *b, uint64_t set, int i, int price, const char *keyword)
{
	uint64_t id = 7000000000 + set * 100 + (uint64_t)i;
	buf_printf(b,
		"%s{\"productId\":%" PRIu64 ",\"productName\":\"%s 상품 %d호, 대용량 %d.%dL\","
		"\"productPrice\":%d,"
		"\"productImage\":\"https://ads-partners.coupang.com/image1/s%d\","
		"\"productUrl\":\"https://link.coupang.com/re/AFFSDP?lptag=AF0000000&"
		"pageKey=%" PRIu64 "&itemId=1&vendorItemId=2&traceid=V0-153-0\","
		"\"keyword\":\"%s\",\"rank\":%d,\"isRocket\":%s,\"isFreeShipping\":false,"
		"\"categoryName\":\"가전디지털\"}",
		i ? "," : "", id, keyword, i + 1, i + 1, (int)(set % 10),
		(19900 + i * 7100) / 100 * price, i % 4, id, keyword, i + 1,
		i % 2 ? "true" : "false");
}

/* Ten products; which they are changes with the eras, what they cost every day. */
static void write_products(struct server *s, const char *keyword, int64_t now_ms, struct buf *b)
{
	uint64_t hash = 5381;
	for (const char *c = keyword; *c; c++)
		hash = hash * 33 + (unsigned char)*c;
	uint64_t set = hash % 1000 * 50 + (uint64_t)(now_ms / (30 * DAY) + s->eras) % 50;
	int price = 94 + (int)((hash + (uint64_t)(now_ms / DAY)) * 7 % 13);
	int count = hash % 17 == 3 && now_ms / DAY % 5 == 0 ? 0 : PRODUCTS;
	buf_str(b, "{\"rCode\":\"0\",\"rMessage\":\"\",\"data\":{\"landingUrl\":"
		"\"https://link.coupang.com/re/AFFSRP?lptag=AF0000000&pageKey=x\","
		"\"productData\":[");
	for (int i = 0; i < count; i++)
		write_product(b, set, i, price, keyword);
	buf_str(b, "]}}");
}

static void refuse(struct server *s, int64_t now_ms, struct server_reply *ret)
{
	ret->rejected = true;
	ret->until_ms = s->strike.until_wall_ms;
	ret->strikes = s->strike.count;
	if (s->strike.count >= STRIKE_LAST)
		ret->until_ms = now_ms + DAY;
	buf_str(&ret->body, "{\"rCode\":\"403\",\"rMessage\":\"");
	strike_text(&s->strike, s->form, &ret->body);
	buf_str(&ret->body, "\",\"data\":{}}");
}

/* Counts, strikes and blocks; false: over the limit. */
static bool count_call(struct server *s, int64_t now_ms, struct totals *sum)
{
	bool blocked = strike_blocked(&s->strike, now_ms);
	if (!blocked && rule_take(&s->rule, now_ms))
		return true;
	if (!blocked)
		sum->blocks++;
	strike_excess(&s->strike, now_ms, now_ms);
	return false;
}

void server_receive(struct server *s, const struct server_request *q, int64_t now_ms,
	struct server_reply *ret, struct totals *sum)
{
	memset(ret, 0, sizeof(*ret));
	buf_init(&ret->body, 64u << 10);
	ret->status = 200;
	sum->calls++;
	judge_limit(s, q, now_ms);
	bool within = count_call(s, now_ms, sum);
	bool fresh = judge_signature(q, now_ms);
	tell("server: '%s' %s", q->keyword, !fresh ? "expired" : within ? "ok" : "over the limit");
	if (!within) {
		sum->rejections++;
		if (s->promised && !s->shared)
			broken("limit", "a server that counts by %s rejects our even pace",
				rule_name(s->rule.kind));
	}
	if (!fresh) {
		sum->expired++;
		ret->status = 401;
		buf_str(&ret->body, "{\"code\":\"ERROR\",\"message\":\"Specified signature is "
			"expired.\",\"transactionId\":\"1\"}");
	} else if (!within) {
		refuse(s, now_ms, ret);
	} else {
		write_products(s, q->keyword, now_ms, &ret->body);
	}
}

void server_other(struct server *s, int64_t now_ms, struct totals *sum)
{
	sum->others++;
	bool within = count_call(s, now_ms, sum);
	tell("another program calls: %s", within ? "ok" : "over the limit");
}
