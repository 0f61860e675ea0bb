/* SPDX-License-Identifier: MIT */
#include "catalog.h"

#include "buf.h"
#include "picture.h"
#include "seed.h"
#include "words.h"

#define NAME_MAX_BYTES 1024
#define DAILY_PERCENT 3
#define TWO_TO_53 9007199254740992
#define KIND_SEARCH 153 /* in traceid, as recorded */
#define KIND_LIST 113

const char catalog_notice[] = "게시글 작성 시, \"파트너스 활동을 통해 일정액의 수수료를 제공받을 수 있음\"을 "
	"기재하셔야 합니다";

/* Words that people search with and that no product is called by. */
static const char *const fillers[] = { "추천", "후기", "비교", "순위", "가격", "가성비", "인기", "베스트",
	"best", "리뷰", "사용법" };

/* Each goes behind a good name; JSON has them escaped, a post must have them harmless. */
static const char *const hostile[] = {
	" \"인용\" 'quote' `tick` \\ 역슬래시",
	" <script>alert(1)</script><b onclick=x>굵게</b> & &amp; <!-- -->",
	" 제어\x01\x02\x1b[31m문자\x7f\t탭\n줄",
	" 😀👨‍👩‍👧‍👦🇰🇷 이모지",
	" {{name}} {{{raw}}} {{#list}}{{/list}} {{> part}}",
	" \xe2\x80\xae거꾸로\xe2\x80\xac \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xd8\xb3\xd9\x84",
	" ](javascript:alert(1)) [링크](http://example.invalid) *굵게* _밑줄_ # 제목",
	" 가\xcc\x81\xcc\x82\xcc\x83\xe2\x80\x8b\xe2\x80\x8d\xef\xbb\xbf 결합",
	" $(reboot) ; rm -rf / | %s%n%x ../../etc/passwd",
	" ]]> <![CDATA[ <?xml?> </html>",
};

static bool is_filler(const char *word, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(fillers); i++)
		if (strlen(fillers[i]) == len && !strncasecmp(word, fillers[i], len))
			return true;
	return false;
}

/* The keyword as products are called; itself where nothing else is left. */
static void add_noun(struct buf *out, const char *keyword)
{
	size_t start = out->len;

	for (const char *s = keyword; *s; ) {
		size_t len = strcspn(s, " ");

		if (len && !is_filler(s, len)) {
			if (out->len > start)
				buf_char(out, ' ');
			buf_add(out, s, len);
		}
		s += len + strspn(s + len, " ");
	}
	if (out->len == start)
		buf_str(out, keyword);
}

static void add_item(struct buf *out, const char *list, uint64_t n)
{
	size_t len;
	const char *item = words_item(list, n, &len);

	buf_add(out, item, len);
}

struct product {
	const struct catalog_query *q;
	const struct words *words;
	uint64_t start; /* of the keyword */
	uint64_t seed;  /* of this product */
	int rank;       /* from 1 */
};

/* A maker appears again only when all had their turn. */
static void add_name(struct buf *out, const struct product *p)
{
	const struct words *w = p->words;
	uint64_t turn = p->start + (uint64_t)p->rank;

	add_item(out, w->makers, turn);
	buf_char(out, ' ');
	add_item(out, w->traits, seed_mix(p->seed, 1));
	buf_char(out, ' ');
	add_noun(out, p->q->keyword);
	buf_printf(out, " %c%c-%d, ", (char)('A' + p->start % 26), (char)('A' + turn % 26),
		(int)seed_between(seed_mix(p->seed, 3), 1, 89) * 10 + p->rank % 10);
	add_item(out, w->variants, seed_mix(p->seed, 4));
	buf_str(out, ", ");
	add_item(out, w->facts, seed_mix(p->seed, 5));
	if (p->q->fault == FAULT_HOSTILE)
		buf_str(out, hostile[(size_t)(p->rank - 1) % ARRAY_LEN(hostile)]);
}

/* PRICE moved by at most PERCENT, either way. */
static int64_t move(int64_t price, int percent, uint64_t n)
{
	return price + price * seed_between(n, -percent * 100, percent * 100) / 10000;
}

static int64_t price_of(const struct product *p)
{
	int64_t price = seed_between(seed_mix(p->seed, 6), p->words->low, p->words->high);

	/* More products at the lower end than at the upper. */
	if (seed_mix(p->seed, 7) % 3)
		price = (price + p->words->low) / 2;
	price = move(price, DAILY_PERCENT, seed_mix(p->seed ^ (uint64_t)p->q->day, 8));
	if (p->q->drift_percent)
		price = move(price, p->q->drift_percent,
			seed_mix(p->seed, 100 + (uint64_t)p->q->call));
	return price < 10000 ? price / 10 * 10 : price / 100 * 100;
}

static int64_t id_of(const struct product *p)
{
	if (p->q->fault == FAULT_BIGID)
		return TWO_TO_53 + 1 + 2 * seed_between(seed_mix(p->seed, 10), 0, TWO_TO_53);
	return seed_between(seed_mix(p->seed, 10), 100000000, 8999999999);
}

static char *link_to(const struct product *p, int64_t id, int kind)
{
	struct buf url;

	buf_init(&url, 4096);
	buf_printf(&url,
		"https://link.coupang.com/re/AFFSDP?lptag=AF0000000&pageKey=%lld&itemId=%lld"
		"&vendorItemId=%lld&traceid=V0-%d-%016llx", (long long)id,
		(long long)seed_between(seed_mix(p->seed, 11), 1000000000, 29999999999),
		(long long)seed_between(seed_mix(p->seed, 12), 3000000000, 94999999999), kind,
		(unsigned long long)seed_mix(p->seed, 13));
	if (!str_empty(p->q->sub_id)) {
		buf_str(&url, "&subid=");
		buf_percent(&url, p->q->sub_id, strlen(p->q->sub_id));
	}
	return buf_steal(&url);
}

static char *picture_of(const struct product *p)
{
	struct picture picture = { .seed = p->seed, .shape = p->words->shape,
		.width = p->q->width, .height = p->q->height, .png = p->seed % 4 == 0 };
	char token[PICTURE_TOKEN_LEN + 1];

	picture_token(&picture, token);
	if (p->q->fault == FAULT_HTTPIMAGES)
		return xasprintf("http://static.coupangcdn.com/image/retail/images/%s.jpg", token);
	return xasprintf("%s/image1/%s", p->q->base, token);
}

static void set_text(struct value *v, const char *name, char *text)
{
	value_set_string(v, name, text);
	free(text);
}

static void set_name_and_price(struct value *v, const struct product *p)
{
	struct buf name;

	buf_init(&name, NAME_MAX_BYTES);
	add_name(&name, p);
	value_set_string(v, "productName", buf_cstr(&name));
	buf_finish(&name);
	if (p->q->fault == FAULT_FLOATPRICE)
		value_set(v, "productPrice", value_new_double((double)price_of(p)));
	else
		value_set_int(v, "productPrice", price_of(p));
}

static void set_delivery(struct value *v, const struct product *p)
{
	bool rocket = seed_mix(p->seed, 14) % 5 < 3;

	value_set_bool(v, "isRocket", rocket);
	if (p->q->fault != FAULT_NOFIELDS)
		value_set_bool(v, "isFreeShipping", !rocket && seed_mix(p->seed, 15) % 2);
}

/* Members in the order of a recorded answer. */
static struct value *make_found(const struct product *p, int64_t id)
{
	struct value *v = value_new_object();

	value_set_int(v, "productId", id);
	set_name_and_price(v, p);
	set_text(v, "productImage", picture_of(p));
	set_text(v, "productUrl", link_to(p, id, KIND_SEARCH));
	value_set_string(v, "keyword", p->q->keyword);
	value_set_int(v, "rank", p->rank);
	set_delivery(v, p);
	return v;
}

static struct value *make_listed(const struct product *p, int64_t id)
{
	struct value *v = value_new_object();

	if (p->q->fault != FAULT_NOFIELDS)
		value_set_string(v, "categoryName", p->words->category);
	set_delivery(v, p);
	value_set_int(v, "productId", id);
	set_text(v, "productImage", picture_of(p));
	set_name_and_price(v, p);
	set_text(v, "productUrl", link_to(p, id, KIND_LIST));
	return v;
}

/* With duplicates, three products in a row share the id of the first of them. */
static struct value *make_products(const struct catalog_query *q,
	struct value *(*make)(const struct product *p, int64_t id))
{
	struct value *list = value_new_list();
	struct product p = { .q = q, .words = words_find(q->keyword),
		.start = seed_of(q->keyword, strlen(q->keyword)) };
	int64_t id = 0;

	for (p.rank = 1; p.rank <= q->limit && q->fault != FAULT_EMPTY; p.rank++) {
		p.seed = seed_mix(p.start, (uint64_t)p.rank);
		if (q->fault != FAULT_DUPLICATES || p.rank % 3 == 1)
			id = id_of(&p);
		value_append(list, make(&p, id));
	}
	return list;
}

static struct value *make_body(const char *message, struct value *data)
{
	struct value *body = value_new_object();

	value_set_string(body, "rCode", "0");
	value_set_string(body, "rMessage", message);
	value_set(body, "data", data);
	return body;
}

static char *landing_url(const char *keyword)
{
	struct buf url;

	buf_init(&url, 4096);
	buf_str(&url, "https://link.coupang.com/re/AFFSRP?lptag=AF0000000&pageKey=");
	buf_percent(&url, keyword, strlen(keyword));
	buf_printf(&url, "&traceid=V0-%d-%016llx", KIND_SEARCH,
		(unsigned long long)seed_of(keyword, strlen(keyword)));
	return buf_steal(&url);
}

struct value *catalog_search(const struct catalog_query *q)
{
	struct value *data = value_new_object();

	set_text(data, "landingUrl", landing_url(q->keyword));
	value_set(data, "productData", make_products(q, make_found));
	return make_body(q->fault == FAULT_EMPTY ? "" : catalog_notice, data);
}

struct value *catalog_list(const struct catalog_query *q)
{
	return make_body("", make_products(q, make_listed));
}
