/* SPDX-License-Identifier: MIT */
/* An answer of the Coupang API, its status in the first byte: our verdict keeps the contract. */
#include "fuzz.h"

#include "answer.h"
#include "hosts.h"
#include "json.h"
#include "text.h"

static const int statuses[] = { 200, 200, 200, 204, 301, 400, 401, 403, 404, 417, 429, 500, 503 };

static void check_product(const struct value *p)
{
	const char *name = value_get_string(p, "productName", "");

	MUST(value_get_int(p, "productId", 0) > 0 && value_get_int(p, "productPrice", 0) > 0);
	MUST(*name && fuzz_is_line(name) && text_count(name) <= 300);
	MUST(hosts_link_ok(value_get_string(p, "productUrl", ""), NULL));
	if (value_get(p, "productImage"))
		MUST(hosts_image_ok(value_get_string(p, "productImage", ""), NULL));
}

static void check(const struct value *answer, int limit)
{
	const char *result = value_get_string(answer, "result", "");
	const struct value *products = value_get(answer, "products");
	const char *landing = value_get_string(answer, "landing_url", NULL);
	int64_t until = value_get_int(answer, "until", 0);

	MUST(value_get_int(answer, "calls", -1) == 1);
	MUST(str_eq(result, "ok") || str_eq(result, "later") || str_eq(result, "refused") ||
		str_eq(result, "broken") || str_eq(result, "blocked"));
	MUST(str_eq(result, "ok") == (value_get(answer, "reason") == NULL));
	MUST(fuzz_is_line(value_get_string(answer, "reason", "")));
	MUST(str_eq(result, "ok") == (value_kind(products) == VALUE_LIST));
	MUST(value_len(products) <= (size_t)limit);
	for (size_t i = 0; i < value_len(products); i++)
		check_product(value_at(products, i));
	MUST(!landing || hosts_link_ok(landing, NULL));
	MUST(until == 0 || (until > FUZZ_NOW && until - FUZZ_NOW <= INT64_C(366) * 86400000));
	if (str_eq(result, "later"))
		MUST(value_get_int(answer, "retry_after", 0) > 0);
}

FUZZ(answer)
{
	struct answer_query q = { .keyword = "무선 청소기", .limit = 10, .now_ms = FUZZ_NOW };
	struct value *answer = value_new_object();
	struct http_answer h;

	if (len == 0) {
		value_free(answer);
		return;
	}
	http_answer_init(&h);
	h.end = HTTP_DONE;
	h.sent = true;
	h.status = statuses[data[0] % ARRAY_LEN(statuses)];
	buf_init(&h.body, 2u << 20);
	buf_add(&h.body, data + 1, len - 1);
	MUST(h.body.len == len - 1);
	answer_search(&h, &q, answer);
	check(answer, q.limit);
	char *text = json_string(answer, false);
	struct value *again = fuzz_value(text, strlen(text));

	MUST(again && value_equal(answer, again));
	value_free(again);
	free(text);
	http_answer_finish(&h);
	value_free(answer);
}
