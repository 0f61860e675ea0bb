/* SPDX-License-Identifier: MIT */
#include "answer.h"

#include "clock.h"
#include "hosts.h"
#include "json.h"
#include "kit.h"
#include "text.h"

#define KST_MS (9 * 3600 * 1000LL)
#define YEAR_MS (366 * 86400 * 1000LL)
#define STRIKES_MAX 1000
#define NAME_CLUSTERS_MAX 300
#define WORDS_MAX 280 /* bytes of the server's own words in a reason */
#define PRICE_MAX 10000000000.0 /* KRW */
#define EXACT_DOUBLE 9007199254740992.0 /* 2^53 */
#define RETRY_MAX_S 86400

enum verdict { LATER, REFUSED, BROKEN };

/* What to say and do about one kind of failure. */
struct row {
	const char *word;     /* in the server's text, any case; NULL = whatever it says */
	int from, to;         /* HTTP status; 0, 0 = any */
	enum verdict verdict;
	int wait_s;           /* LATER; a longer Retry-After wins */
	const char *reason;
};

/*
 * No whole answer. The index is enum http_end. What never left costs no call;
 * the rest is counted by `sent`.
 */
static const struct row transport_rows[] = {
	[HTTP_BAD_URL] = { .verdict = BROKEN,
		.reason = N_("coupang.endpoint cannot be asked: set it to "
			"https://api-gateway.coupang.com") },
	[HTTP_LOCAL] = { .verdict = BROKEN,
		.reason = N_("this machine cannot speak TLS: install ca-certificates and libcurl4 "
			"anew") },
	[HTTP_UNREACHED] = { .verdict = LATER, .wait_s = 60,
		.reason = N_("Coupang cannot be reached: check the network and the name server") },
	[HTTP_UNTRUSTED] = { .verdict = LATER, .wait_s = 900,
		.reason = N_("Coupang's certificate cannot be trusted: check this machine's clock, "
			"the package ca-certificates, and who stands in between") },
	[HTTP_TIMEOUT] = { .verdict = LATER, .wait_s = 300,
		.reason = N_("Coupang did not answer in time: it is asked again later") },
	[HTTP_CUT] = { .verdict = LATER, .wait_s = 300,
		.reason = N_("Coupang's answer broke off: it is asked again later") },
	[HTTP_GARBLED] = { .verdict = LATER, .wait_s = 900,
		.reason = N_("Coupang's answer is no usable HTTP: it is asked again later") },
	[HTTP_TOO_LARGE] = { .verdict = LATER, .wait_s = 3600,
		.reason = N_("Coupang's answer is far longer than any list of products: "
			"it is asked again later") },
};

/* The gateway's envelope {code, message, transactionId}; the first that fits. */
static const struct row gateway_rows[] = {
	{ NULL, 500, 599, LATER, 300, N_("Coupang's gateway has a failure of its own: "
		"it is asked again later") },
	{ "invalid signature", 0, 0, BROKEN, 0, N_("Coupang refuses the signature: the secret key "
		"does not belong to the access key; copy both anew from partners.coupang.com") },
	{ "signature is expired", 0, 0, BROKEN, 0, N_("Coupang says the signature is too old: "
		"this machine's clock is wrong; switch on its time synchronisation (NTP: "
		"timedatectl set-ntp true)") },
	{ "hmac format", 0, 0, BROKEN, 0, N_("Coupang cannot read our signature: see that the file "
		"of the access key holds the key and nothing else, and that the clock is right") },
	{ "unknown error occurred", 0, 0, BROKEN, 0, N_("Coupang does not know this access key: "
		"copy it anew from partners.coupang.com, or have a new one issued there") },
	{ "not authorized", 0, 0, BROKEN, 0, N_("this account may not use the API: see at "
		"partners.coupang.com whether it is approved and the key has not been withdrawn") },
	{ NULL, 401, 403, BROKEN, 0, N_("Coupang's gateway refuses this account: "
		"check the keys and the account at partners.coupang.com") },
	{ NULL, 404, 404, BROKEN, 0, N_("Coupang's gateway does not know this address: "
		"check coupang.endpoint, and whether a newer cpauto is out") },
	{ NULL, 0, 0, LATER, 3600,
		N_("Coupang's gateway refuses the request: it is asked again later") },
};

/* {rCode, rMessage} with an rCode of its own; "0" and the limits are not in here. */
static const struct row api_rows[] = {
	{ "subid", 0, 0, BROKEN, 0, N_("Coupang refuses coupang.sub_id: "
		"register it at partners.coupang.com or leave it empty") },
	{ "imagesize", 0, 0, BROKEN, 0, N_("Coupang refuses coupang.image_size: "
		"use the form \"512x512\"") },
	{ "image size", 0, 0, BROKEN, 0, N_("Coupang refuses coupang.image_size: "
		"use the form \"512x512\"") },
	{ NULL, 500, 599, LATER, 300,
		N_("Coupang has a failure of its own: it is asked again later") },
};
static const struct row api_400 = { NULL, 0, 0, REFUSED, 0,
	N_("Coupang refuses this search: change or remove the keyword") };
static const struct row api_401 = { NULL, 0, 0, BROKEN, 0,
	N_("Coupang refuses this account: check the keys and the account at "
	   "partners.coupang.com") };
static const struct row api_5xx = { NULL, 0, 0, LATER, 300,
	N_("Coupang has a failure of its own: it is asked again later") };
static const struct row api_other = { NULL, 0, 0, LATER, 3600,
	N_("Coupang answered with a failure that this program does not know: it is asked again "
		"later") };

/* No JSON that says more. */
static const struct row status_rows[] = {
	{ "access denied", 403, 403, LATER, 3600,
		N_("the guard in front of Coupang's API turned us away "
		"(Access Denied): if it lasts, ask from another network address") },
	{ NULL, 403, 403, LATER, 3600, N_("Coupang's API turned us away (HTTP 403): "
		"it is asked again later") },
	{ NULL, 401, 401, BROKEN, 0, N_("Coupang refuses this account (HTTP 401): "
		"check the keys and the account at partners.coupang.com") },
	{ NULL, 300, 399, BROKEN, 0, N_("the API answers with a redirect, which is not followed: "
		"check coupang.endpoint") },
	{ NULL, 404, 404, BROKEN, 0, N_("there is no API at this address (HTTP 404): "
		"check coupang.endpoint") },
	{ NULL, 500, 599, LATER, 300, N_("Coupang has a failure of its own (HTTP 5xx): "
		"it is asked again later") },
	{ NULL, 200, 299, LATER, 900, N_("Coupang's answer cannot be understood: "
		"it is asked again later") },
	{ NULL, 0, 0, LATER, 3600, N_("Coupang answered with an unexpected HTTP status: "
		"it is asked again later") },
};

/* Words of a refusal for too many calls, whatever code comes with them. */
static const char *const limit_words[] = {
	"시간당 사용 횟수", "1분당", "이용이 제한", "회 초과", "이후에 다시 시도",
	"too many requests", "rate limit",
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* N digits at S as a number, or -1. */
static int digits(const char *s, int n)
{
	int v = 0;

	for (int i = 0; i < n; i++) {
		if (!is_digit(s[i]))
			return -1;
		v = v * 10 + (s[i] - '0');
	}
	return v;
}

/* "Z", "+09:00", "+0900" or nothing (Korean time): what is to be taken off. */
static int64_t zone_ms(const char *s)
{
	int hours, minutes;

	if (*s == 'Z' || *s == 'z')
		return 0;
	if (*s != '+' && *s != '-')
		return KST_MS;
	hours = digits(s + 1, 2);
	if (hours < 0)
		return KST_MS;
	minutes = digits(s + (s[3] == ':' ? 4 : 3), 2);
	return (*s == '+' ? 1 : -1) * (hours * 60 + (minutes > 0 ? minutes : 0)) * 60000LL;
}

/* ":SS" and ".fraction" where they are; the ms, rounded up, and what follows. */
static int64_t seconds_ms(const char *s, const char **end)
{
	int64_t ms = 0, scale = 100;
	bool more = false;

	if (*s == ':' && digits(s + 1, 2) >= 0) {
		ms = digits(s + 1, 2) * 1000LL;
		s += 3;
		if ((*s == '.' || *s == ',') && is_digit(s[1])) {
			for (s++; is_digit(*s); s++, scale /= 10) {
				ms += (*s - '0') * scale;
				more = more || (!scale && *s != '0');
			}
		}
	}
	*end = s;
	return ms + more;
}

/* The moment that is written at S, or 0. */
static int64_t moment_at(const char *s)
{
	struct date d = { .year = digits(s, 4) };
	int64_t ms;

	if (d.year < 2000 || s[4] != '-' || (d.month = digits(s + 5, 2)) < 1 || d.month > 12 ||
			s[7] != '-' || (d.day = digits(s + 8, 2)) < 1 || d.day > 31 ||
			(s[10] != 'T' && s[10] != ' ') ||
			(d.hour = digits(s + 11, 2)) < 0 || d.hour > 24 || s[13] != ':' ||
			(d.minute = digits(s + 14, 2)) < 0 || d.minute > 59)
		return 0;
	ms = seconds_ms(s + 16, &s);
	return clock_wall_utc(&d) + ms - zone_ms(s);
}

int64_t answer_strike_time(const char *text, int64_t now_ms)
{
	int64_t latest = 0;

	for (const char *s = text; s && *s; s++) {
		int64_t at = is_digit(*s) && (s == text || !is_digit(s[-1])) ? moment_at(s) : 0;

		if (at > now_ms && at - now_ms <= YEAR_MS && at > latest)
			latest = at;
	}
	return latest;
}

int answer_strike_count(const char *text)
{
	static const char now_word[] = "현재", times_word[] = "회";

	for (const char *s = text; s && (s = strstr(s, now_word)); ) {
		int n = 0;

		s += sizeof(now_word) - 1;
		while (*s == ' ' || *s == ':')
			s++;
		if (!is_digit(*s))
			continue;
		for (; is_digit(*s); s++)
			n = n > STRIKES_MAX ? n : n * 10 + (*s - '0');
		while (*s == ' ')
			s++;
		if (str_starts(s, times_word) && n <= STRIKES_MAX)
			return n;
	}
	return -1;
}

static bool is_limit(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(limit_words); i++)
		if (strcasestr(text, limit_words[i]))
			return true;
	return false;
}

/* Bytes of the character at S that must not reach a screen or a post; 0 = fine. */
static size_t unfit(const unsigned char *s, size_t left)
{
	if (s[0] < 0x20 || s[0] == 0x7f)
		return 1;
	if (left >= 2 && s[0] == 0xc2 && s[1] >= 0x80 && s[1] <= 0x9f) /* C1 */
		return 2;
	if (left < 3)
		return 0;
	if (s[0] == 0xe2 && s[1] == 0x80 && s[2] >= 0xa8 && s[2] <= 0xae) /* line ends, bidi */
		return 3;
	if (s[0] == 0xe2 && s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9) /* bidi isolates */
		return 3;
	return s[0] == 0xef && s[1] == 0xbb && s[2] == 0xbf ? 3 : 0; /* BOM */
}

/* S with every unfit character as a space, trimmed, NFC; to free(), NULL if nothing is left. */
static char *clean(const char *s, size_t len)
{
	CLEANUP_FREE char *spaced = xmalloc(len + 1);
	char *out = NULL;
	size_t n = 0;

	for (size_t i = 0; i < len; ) {
		size_t skip = unfit((const unsigned char *)s + i, len - i);

		spaced[n++] = skip ? ' ' : s[i];
		i += skip ? skip : 1;
	}
	spaced[n] = '\0';
	return text_clean(spaced, &out) ? NULL : out;
}

static char *clean_value(const struct value *v)
{
	return value_kind(v) == VALUE_STRING ? clean(value_string(v, ""), value_len(v)) : NULL;
}

static void add_calls(const struct http_answer *h, struct value *answer)
{
	value_set_int(answer, "calls", h->sent ? 1 : 0);
	if (h->date_ms && h->head_ms)
		value_set_int(answer, "skew_ms", h->date_ms - h->head_ms);
}

/* " (Coupang: …)", or without the name where the words are not its own; "" for no words. */
static void quote(const char *who, const char *words, char *out, size_t size)
{
	CLEANUP_FREE char *fit = words ? clean(words, strlen(words)) : NULL;
	char cut[WORDS_MAX];

	str_format_cut(cut, sizeof(cut), "%s", fit ? fit : "");
	out[0] = '\0';
	if (*cut)
		str_format_cut(out, size, " (%s%s)", who, cut);
}

static void apply(const struct row *row, const struct http_answer *h, const char *words,
	struct value *answer)
{
	char said[WORDS_MAX + 32];
	int wait = row->wait_s;

	quote(h->end == HTTP_DONE ? "Coupang: " : "", words, said, sizeof(said));
	switch (row->verdict) {
	case LATER:
		if (h->retry_after_s > wait)
			wait = h->retry_after_s < RETRY_MAX_S ? (int)h->retry_after_s : RETRY_MAX_S;
		kit_later(answer, wait, "%s%s", tr(row->reason), said);
		break;
	case REFUSED:
		kit_refused(answer, "%s%s", tr(row->reason), said);
		break;
	case BROKEN:
		kit_broken(answer, "%s%s", tr(row->reason), said);
		break;
	}
}

/* The first row that fits; the last one of a table may fit all. NULL if none. */
static const struct row *find_row(const struct row *rows, size_t count, int status,
	const char *text)
{
	for (size_t i = 0; i < count; i++) {
		if (rows[i].from && (status < rows[i].from || status > rows[i].to))
			continue;
		if (!rows[i].word || strcasestr(text, rows[i].word))
			return &rows[i];
	}
	return NULL;
}

/* Never to be asked again before the time is over. */
static void block(const struct http_answer *h, const struct answer_query *q, const char *words,
	struct value *answer)
{
	int64_t until = answer_strike_time(words, q->now_ms);
	int strikes = answer_strike_count(words);
	char said[WORDS_MAX + 32];

	if (!until && h->retry_after_s > 0 && h->retry_after_s <= YEAR_MS / 1000)
		until = q->now_ms + h->retry_after_s * 1000;
	quote("Coupang: ", words, said, sizeof(said));
	if (strikes > 0)
		kit_blocked(answer, until, strikes,
			"Coupang counts too many calls, strike %d of 3: "
			"nothing is asked until the time is over%s", strikes, said);
	else
		kit_blocked(answer, until, strikes, "Coupang counts too many calls: "
			"nothing is asked until the time is over%s", said);
}

/* "403" also where it came as a number; "" if there is none. */
static void code_text(const struct value *v, char *out, size_t size)
{
	if (value_kind(v) == VALUE_INT)
		str_format_cut(out, size, "%lld", (long long)value_int(v, 0));
	else
		str_format_cut(out, size, "%s", value_string(v, ""));
}

static void answer_gateway(const struct http_answer *h, const struct answer_query *q,
	const struct value *body, struct value *answer)
{
	const char *message = value_get_string(body, "message", "");
	char words[WORDS_MAX];

	if (h->status == 429 || is_limit(message)) {
		block(h, q, message, answer);
		return;
	}
	str_format_cut(words, sizeof(words), "%s", message);
	if (strcasestr(message, "expired") && value_get(answer, "skew_ms"))
		str_format_cut(words, sizeof(words), _("%s Its clock and ours differ by %lld s."),
			message,
			(long long)value_get_int(answer, "skew_ms", 0) / 1000);
	apply(find_row(gateway_rows, ARRAY_LEN(gateway_rows), h->status, message), h, words,
		answer);
}

static void answer_code(const struct http_answer *h, const struct answer_query *q,
	const char *code, const char *message, struct value *answer)
{
	const struct row *row;

	if (h->status == 429 || str_eq(code, "403") || str_eq(code, "429") || is_limit(message)) {
		block(h, q, message, answer);
		return;
	}
	row = find_row(api_rows, ARRAY_LEN(api_rows), h->status, message);
	if (!row && str_eq(code, "400"))
		row = &api_400;
	if (!row && str_eq(code, "401"))
		row = &api_401;
	if (!row && code[0] == '5' && strlen(code) == 3)
		row = &api_5xx;
	apply(row ? row : &api_other, h, message, answer);
}

/* What came is no JSON object that says anything: the status, and words in the text, decide. */
static void answer_status(const struct http_answer *h, const struct answer_query *q,
	const char *why, struct value *answer)
{
	const char *body = buf_cstr(&h->body);

	/* A cut or odd body may still carry the one text that must not be missed. */
	if (h->status == 429 || (is_limit(body) && !strstr(body, "productId")))
		block(h, q, body, answer);
	else if (h->end != HTTP_DONE)
		apply(&transport_rows[h->end], h, why, answer);
	else
		apply(find_row(status_rows, ARRAY_LEN(status_rows), h->status, body), h, why,
			answer);
}

static int64_t product_id(const struct value *v)
{
	int64_t id = 0;

	if (value_kind(v) == VALUE_STRING)
		return parse_int64(value_string(v, ""), 1, INT64_MAX, &id) ? 0 : id;
	if (value_kind(v) == VALUE_DOUBLE && value_double(v, 0) > EXACT_DOUBLE)
		return 0;
	return value_int(v, 0);
}

/* KRW, rounded; 0 if it is none. */
static int64_t product_price(const struct value *v)
{
	double price = value_kind(v) == VALUE_INT ? (double)value_int(v, 0) : value_double(v, 0);

	return price >= 0.5 && price <= PRICE_MAX ? (int64_t)(price + 0.5) : 0;
}

static void set_clean(struct value *product, const char *name, char *text)
{
	if (text)
		text[text_prefix_count(text, NAME_CLUSTERS_MAX)] = '\0';
	value_set_string(product, name, text);
	free(text);
}

/* The product in our types, or NULL where a part that a post needs is missing or senseless. */
static struct value *read_product(const struct value *raw, int place, const struct answer_query *q)
{
	int64_t id = product_id(value_get(raw, "productId"));
	int64_t price = product_price(value_get(raw, "productPrice"));
	int64_t rank = value_get_int(raw, "rank", 0);
	const char *url = value_get_string(raw, "productUrl", "");
	const char *image = value_get_string(raw, "productImage", "");
	char *name = clean_value(value_get(raw, "productName"));
	char *keyword = clean_value(value_get(raw, "keyword"));
	struct value *product;

	if (id <= 0 || price <= 0 || !name || !hosts_link_ok(url, q->endpoint)) {
		free(name);
		free(keyword);
		return NULL;
	}
	product = value_new_object();
	value_set_int(product, "productId", id);
	set_clean(product, "productName", name);
	value_set_int(product, "productPrice", price);
	if (hosts_image_ok(image, q->endpoint))
		value_set_string(product, "productImage", image);
	value_set_string(product, "productUrl", url);
	value_set_bool(product, "isRocket", value_get_bool(raw, "isRocket", false));
	value_set_bool(product, "isFreeShipping", value_get_bool(raw, "isFreeShipping", false));
	set_clean(product, "categoryName", clean_value(value_get(raw, "categoryName")));
	value_set_int(product, "rank", rank > 0 && rank < INT32_MAX ? rank : place);
	set_clean(product, "keyword", keyword ? keyword : xstrdup(q->keyword));
	return product;
}

static void answer_products(const struct http_answer *h, const struct answer_query *q,
	const struct value *body, struct value *answer)
{
	static const struct row unreadable = { NULL, 0, 0, LATER, 3600,
		N_("none of the products in Coupang's answer can be read: its form may have "
			"changed; see whether a newer cpauto is out") };
	const struct value *data = value_get(body, "data"), *raw = value_get(data, "productData");
	const char *landing = value_get_string(data, "landingUrl", "");
	struct value *products = value_new_list();
	int dropped = 0;

	for (size_t i = 0; i < value_len(raw) && value_len(products) < (size_t)q->limit; i++) {
		struct value *product = read_product(value_at(raw, i), (int)i + 1, q);

		if (product)
			value_append(products, product);
		else
			dropped++;
	}
	if (dropped && !value_len(products)) {
		value_free(products);
		apply(&unreadable, h, NULL, answer);
		return;
	}
	kit_ok(answer);
	value_set_int(answer, "fetched_ms", q->now_ms);
	if (hosts_link_ok(landing, q->endpoint))
		value_set_string(answer, "landing_url", landing);
	set_clean(answer, "message", clean_value(value_get(body, "rMessage")));
	value_set(answer, "products", products);
	value_set_int(answer, "dropped", dropped);
}

static bool has_products(const struct value *body)
{
	return value_kind(value_get(value_get(body, "data"), "productData")) == VALUE_LIST;
}

static void answer_body(const struct http_answer *h, const struct answer_query *q,
	const struct value *body, struct value *answer)
{
	char code[40], message[1024];

	str_format_cut(message, sizeof(message), "%s", value_get_string(body, "rMessage", ""));
	code_text(value_get(body, "rCode"), code, sizeof(code));
	if (value_kind(value_get(body, "code")) != VALUE_NULL)
		answer_gateway(h, q, body, answer);
	else if (*code && !str_eq(code, "0"))
		answer_code(h, q, code, message, answer);
	else if (*code && h->status >= 200 && h->status <= 299 && has_products(body))
		answer_products(h, q, body, answer);
	else
		answer_status(h, q, *code ? message : NULL, answer);
}

void answer_search(const struct http_answer *h, const struct answer_query *q,
	struct value *answer)
{
	struct value *body = NULL;
	struct err e = { "" };

	add_calls(h, answer);
	if (h->end != HTTP_DONE) {
		answer_status(h, q, h->why.text, answer);
	} else if (json_parse(buf_cstr(&h->body), h->body.len, &body, &e)) {
		answer_status(h, q, NULL, answer);
	} else if (value_kind(body) != VALUE_OBJECT) {
		answer_status(h, q, NULL, answer);
	} else {
		answer_body(h, q, body, answer);
	}
	value_free(body);
}
