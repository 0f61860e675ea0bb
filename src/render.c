/* SPDX-License-Identifier: MIT */
#include "render.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "clock.h"
#include "gates.h"
#include "html.h"
#include "korean.h"
#include "template.h"
#include "text.h"

#define SHORT_NAME_MAX 40
#define TABLE_NAME_MAX 14
/* Fits a phone of 360 px with its margins where a blog applies no style. */
#define IMAGE_SIDE "300"
#define SUFFIX ".mustache"

static const char default_title[] =
	"{{keyword}} 가격 비교, 쿠팡 검색 상위 {{count}}개 최저가와 배송 정리";

/* --- templates --- */

struct entry {
	char *name, *path;
	char *text; /* until it is parsed */
	size_t len;
	struct template *html, *title;
};

struct render_templates {
	struct entry *list;
	size_t n;
};

static void plain_escape(struct buf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf_char(out, (unsigned char)s[i] < 0x20 || s[i] == 0x7f ? ' ' : s[i]);
}

static const struct template_rules title_rules = { .escape = plain_escape };

static const struct entry *entry_find(const struct render_templates *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->list[i].name, name) == 0)
			return &t->list[i];
	return NULL;
}

static const struct template *partial_find(void *ctx, const char *name)
{
	const struct entry *e = entry_find(ctx, name);

	return e ? e->html : NULL;
}

/* "{{! title: … }}" at the very start; the text between, new, or NULL. */
static char *title_comment(const char *s)
{
	const char *end;

	if (!str_starts(s, "{{!"))
		return NULL;
	s += 3 + strspn(s + 3, " ");
	end = strstr(s, "}}");
	if (!str_starts(s, "title:") || !end)
		return NULL;
	s += strlen("title:");
	s += strspn(s, " ");
	while (end > s && end[-1] == ' ')
		end--;
	return xasprintf("{{=[[ ]]=}}%.*s", (int)(end - s), s);
}

static int entry_parse(struct entry *en, struct err *e)
{
	CLEANUP_FREE char *title = title_comment(en->text);
	int r = template_parse(en->path, en->text, en->len, NULL, &en->html, e);

	if (r == 0 && title)
		r = template_parse(en->path, title, strlen(title), &title_rules, &en->title, e);
	if (r < 0)
		return r;
	free(en->text);
	en->text = NULL;
	return 0;
}

static void entry_finish(struct entry *en)
{
	template_free(en->html);
	template_free(en->title);
	free(en->text);
	free(en->name);
	free(en->path);
}

static void add_error(struct value *errors, const char *line)
{
	value_append(errors, value_new_string(line));
}

static int load_file(struct render_templates *t, const char *dir, const char *file,
	struct value *errors)
{
	struct entry en = { 0 };
	struct err e = { "" };
	int r;

	en.name = xstrndup(file, strlen(file) - strlen(SUFFIX));
	en.path = xasprintf("%s/%s", dir, file);
	if (entry_find(t, en.name)) {
		entry_finish(&en);
		return 0;
	}
	r = file_read(en.path, TEMPLATE_TEXT_MAX, &en.text, &en.len);
	if (r < 0)
		err_set(&e, r, "%s: %s; make it a readable file of at most %u bytes", en.path,
			tr_errno(-r), TEMPLATE_TEXT_MAX);
	else if (t->n == RENDER_TEMPLATES_MAX)
		r = err_set(&e, -E2BIG, "%s: more than %d templates; remove some", en.path,
			RENDER_TEMPLATES_MAX);
	else if (!text_valid(en.text, en.len))
		r = err_set(&e, -EINVAL, "%s: not UTF-8; save it as UTF-8", en.path);
	if (r < 0) {
		add_error(errors, e.text);
		entry_finish(&en);
		return r;
	}
	t->list = xreallocarray(t->list, t->n + 1, sizeof(*t->list));
	t->list[t->n++] = en;
	return 0;
}

static int is_template(const struct dirent *d)
{
	return d->d_name[0] != '.' && str_ends(d->d_name, SUFFIX) &&
	       strlen(d->d_name) > strlen(SUFFIX) &&
	       strlen(d->d_name) < RENDER_NAME_MAX + strlen(SUFFIX);
}

static int load_dir(struct render_templates *t, const char *dir, struct value *errors)
{
	struct dirent **names = NULL;
	int n = scandir(dir, &names, is_template, alphasort), r = 0;

	if (n < 0 && errno != ENOENT) {
		struct err e;

		r = err_set(&e, -errno, "%s: %s; make the folder readable", dir, tr_errno(errno));
		add_error(errors, e.text);
	}
	for (int i = 0; i < n; i++) {
		int one = load_file(t, dir, names[i]->d_name, errors);

		r = r < 0 ? r : one;
		free(names[i]);
	}
	free(names);
	return r;
}

int render_templates_parse(const struct render_templates *t, struct value *errors)
{
	int r = 0;

	for (size_t i = 0; i < t->n; i++) {
		struct err e;
		int one = t->list[i].text ? entry_parse(&t->list[i], &e) : 0;

		if (one < 0)
			add_error(errors, e.text);
		r = r < 0 ? r : one;
	}
	return r;
}

static int parse_rest(const struct render_templates *t, struct err *e)
{
	struct value *errors = value_new_list();
	int r = render_templates_parse(t, errors);

	if (r < 0)
		err_set(e, r, "%s", value_string(value_at(errors, 0), ""));
	value_free(errors);
	return r;
}

int render_templates_load(const char *const *dirs, size_t n, struct render_templates **ret,
	struct value *errors)
{
	struct render_templates *t = NULL;
	int r = render_templates_read(dirs, n, &t, errors);

	if (r == 0)
		r = render_templates_parse(t, errors);
	if (r < 0)
		render_templates_free(t);
	else
		*ret = t;
	return r;
}

int render_templates_read(const char *const *dirs, size_t n, struct render_templates **ret,
	struct value *errors)
{
	struct render_templates *t = xcalloc(1, sizeof(*t));
	int r = 0;

	for (size_t i = 0; i < n; i++) {
		int one = load_dir(t, dirs[i], errors);

		r = r < 0 ? r : one;
	}
	if (r < 0)
		render_templates_free(t);
	else
		*ret = t;
	return r;
}

void render_templates_free(struct render_templates *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++)
		entry_finish(&t->list[i]);
	free(t->list);
	free(t);
}

bool render_templates_have(const struct render_templates *t, const char *name)
{
	return name[0] != '_' && entry_find(t, name);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct value *render_templates_names(const struct render_templates *t)
{
	struct value *list = value_new_list();
	const char **names = xcalloc(t->n + 1, sizeof(*names));

	for (size_t i = 0; i < t->n; i++)
		names[i] = t->list[i].name;
	qsort(names, t->n, sizeof(*names), by_name);
	for (size_t i = 0; i < t->n; i++)
		if (names[i][0] != '_')
			value_append(list, value_new_string(names[i]));
	free(names);
	return list;
}

const char *render_templates_path(const struct render_templates *t, const char *name)
{
	const struct entry *e = entry_find(t, name);

	return e ? e->path : NULL;
}

/* --- products --- */

struct item {
	int64_t id, price, rank; /* rank 0: not given */
	char *name, *short_name, *table_name, *category;
	const char *url, *image; /* the answer's; "" for no image */
	bool rocket, free_shipping;
	size_t order; /* by price, from 1; equal prices share one */
};

struct items {
	struct item list[RENDER_PRODUCTS_MAX];
	size_t n;
	int64_t average, median;
	size_t cheapest, dearest; /* indices */
	size_t rockets, frees;
};

/* The first N characters with "…", cut where a word ends if WORDS and one does. */
static char *cut_name(const char *name, size_t n, bool words)
{
	size_t len = text_prefix_count(name, n), cut;

	if (!name[len])
		return xstrdup(name);
	len = text_prefix_count(name, n - 1);
	for (cut = len; cut > len / 2 && name[cut] != ' '; cut--)
		;
	if (words && name[cut] == ' ')
		len = cut;
	while (len && strchr(" ,-/(", name[len - 1]))
		len--;
	return xasprintf("%.*s…", (int)len, name);
}

static int64_t round_price(const struct value *p)
{
	const struct value *v = value_get(p, "productPrice");
	double d = value_double(v, 0);

	if (value_kind(v) == VALUE_INT)
		return value_int(v, 0);
	return d > 0 && d < 1e12 ? (int64_t)(d + 0.5) : 0;
}

static void item_finish(struct item *it)
{
	free(it->name);
	free(it->short_name);
	free(it->table_name);
	free(it->category);
}

/* False if the product is of no use: no name, price or link, or seen already. */
static bool item_read(struct item *it, const struct value *p, const struct render_input *in,
	const struct items *before)
{
	*it = (struct item){ .id = value_get_int(p, "productId", 0), .price = round_price(p),
		.rank = value_get_int(p, "rank", 0),
		.url = value_get_string(p, "productUrl", ""),
		.image = value_get_string(p, "productImage", ""),
		.rocket = value_get_bool(p, "isRocket", false),
		.free_shipping = value_get_bool(p, "isFreeShipping", false) };

	for (size_t i = 0; i < before->n; i++)
		if (before->list[i].id == it->id)
			return false;
	it->name = gates_name(value_get_string(p, "productName", ""));
	it->category = gates_name(value_get_string(p, "categoryName", ""));
	/* No price is over a thousand million won; editors make a link of a URL in a name. */
	if (!it->name[0] || strstr(it->name, "://") || !it->url[0] || it->price <= 0 ||
	    it->price > 1000000000 || !it->id) {
		item_finish(it);
		return false;
	}
	it->short_name = cut_name(it->name, SHORT_NAME_MAX, true);
	it->table_name = cut_name(it->name, TABLE_NAME_MAX, false);
	if (!gates_url_ok(it->image, GATES_IMAGE, in->endpoint, NULL))
		it->image = "";
	return true;
}

static int by_price(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void items_measure(struct items *s)
{
	int64_t sorted[RENDER_PRODUCTS_MAX], sum = 0;
	size_t n = s->n;

	for (size_t i = 0; i < n; i++) {
		const struct item *it = &s->list[i];

		sorted[i] = it->price;
		sum += it->price;
		s->cheapest = it->price < s->list[s->cheapest].price ? i : s->cheapest;
		s->dearest = it->price > s->list[s->dearest].price ? i : s->dearest;
		s->rockets += it->rocket;
		s->frees += it->free_shipping;
	}
	qsort(sorted, n, sizeof(*sorted), by_price);
	s->average = (sum + (int64_t)n / 2) / (int64_t)n;
	s->median = n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2] + 1) / 2;
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (sorted[k] < s->list[i].price)
			k++;
		s->list[i].order = k + 1;
	}
}

static void items_free(struct items *s)
{
	for (size_t i = 0; i < s->n; i++)
		item_finish(&s->list[i]);
	free(s);
}

/* NULL if none is usable. */
static struct items *items_new(const struct render_input *in)
{
	struct items *s = xcalloc(1, sizeof(*s));
	size_t limit = in->list->limit > 0 ? (size_t)in->list->limit : 10;

	for (size_t i = 0; i < value_len(in->products); i++) {
		if (s->n == limit || s->n == RENDER_PRODUCTS_MAX)
			break;
		if (item_read(&s->list[s->n], value_at(in->products, i), in, s))
			s->n++;
	}
	if (!s->n) {
		items_free(s);
		return NULL;
	}
	items_measure(s);
	return s;
}

/* --- fields --- */

static const struct {
	const char *suffix;
	enum korean_particle particle;
} particles[] = {
	{ "eul", KOREAN_EUL }, { "i", KOREAN_I }, { "eun", KOREAN_EUN }, { "euro", KOREAN_EURO },
	{ "gwa", KOREAN_GWA }, { "ina", KOREAN_INA }, { "ira", KOREAN_IRA },
};

/* NAME, and NAME_eul, NAME_i … with the particle behind it. */
static void set_word(struct value *o, const char *name, const char *word)
{
	value_set_string(o, name, word);
	for (size_t i = 0; i < ARRAY_LEN(particles); i++) {
		CLEANUP_FREE char *key = xasprintf("%s_%s", name, particles[i].suffix);
		CLEANUP_FREE char *text = xasprintf("%s%s", word,
			korean_josa(word, particles[i].particle));

		value_set_string(o, key, text);
	}
}

static void set_price(struct value *o, const char *name, int64_t won)
{
	char text[KOREAN_TEXT_MAX];

	korean_price(won, text);
	value_set_string(o, name, text);
}

static const char *delivery(const struct item *it)
{
	if (it->rocket)
		return it->free_shipping ? "로켓배송 · 무료배송" : "로켓배송";
	return it->free_shipping ? "무료배송" : "배송비는 상품 페이지에서 확인";
}

static const char *delivery_short(const struct item *it)
{
	return it->rocket ? "로켓배송" : it->free_shipping ? "무료배송" : "페이지 확인";
}

/* How A stands to B in words: "평균보다 3,200원 저렴". */
static void set_gap(struct value *o, const char *name, const char *than, int64_t a, int64_t b)
{
	CLEANUP_FREE char *text = NULL, *gap = xasprintf("%s_gap", name);
	CLEANUP_FREE char *lower = xasprintf("is_below_%s", name);
	CLEANUP_FREE char *higher = xasprintf("is_above_%s", name);
	CLEANUP_FREE char *key = xasprintf("compare_%s", name);
	char won[KOREAN_TEXT_MAX];

	korean_price(a > b ? a - b : b - a, won);
	if (a == b)
		text = xasprintf("%s %s 같음", than, korean_josa(than, KOREAN_GWA));
	else
		text = xasprintf("%s보다 %s %s", than, won, a < b ? "저렴" : "비쌈");
	value_set_string(o, key, text);
	value_set_string(o, gap, won);
	value_set_bool(o, lower, a < b);
	value_set_bool(o, higher, a > b);
}

static void set_place(struct value *o, const struct items *s, size_t i)
{
	const struct item *it = &s->list[i];

	value_set_int(o, "position", (int64_t)i + 1);
	value_set_int(o, "price_order", (int64_t)it->order);
	value_set_bool(o, "is_first", i == 0);
	value_set_bool(o, "is_last", i + 1 == s->n);
	value_set_bool(o, "is_cheapest", s->n > 1 && it->order == 1);
	value_set_bool(o, "is_most_expensive", s->n > 1 && it->price == s->list[s->dearest].price &&
		it->order > 1);
	set_gap(o, "average", "평균", it->price, s->average);
	set_gap(o, "cheapest", "최저가", it->price, s->list[s->cheapest].price);
	set_gap(o, "first", "첫 상품", it->price, s->list[0].price);
}

static struct value *product_fields(const struct items *s, size_t i)
{
	const struct item *it = &s->list[i];
	struct value *o = value_new_object();

	set_word(o, "name", it->name);
	set_word(o, "short_name", it->short_name);
	value_set_string(o, "table_name", it->table_name);
	set_price(o, "price", it->price);
	value_set_int(o, "price_number", it->price);
	value_set_string(o, "url", it->url);
	if (it->image[0]) {
		value_set_string(o, "image", it->image);
		value_set_string(o, "image_width", IMAGE_SIDE);
		value_set_string(o, "image_height", IMAGE_SIDE);
	}
	if (it->category[0])
		value_set_string(o, "category", it->category);
	if (it->rank > 0)
		value_set_int(o, "rank", it->rank);
	value_set_bool(o, "is_rocket", it->rocket);
	value_set_bool(o, "is_free_shipping", it->free_shipping);
	value_set_string(o, "delivery", delivery(it));
	value_set_string(o, "delivery_short", delivery_short(it));
	set_place(o, s, i);
	return o;
}

enum pick { PICK_ALL, PICK_TOP, PICK_REST, PICK_OTHERS, PICK_ROCKET, PICK_FREE, PICK_CHEAP };

static bool picked(const struct items *s, size_t i, enum pick pick)
{
	const struct item *it = &s->list[i];

	switch (pick) {
	case PICK_ALL:
		return true;
	case PICK_TOP:
		return i < 3;
	case PICK_REST:
		return i >= 3;
	case PICK_OTHERS:
		return i > 0;
	case PICK_ROCKET:
		return it->rocket;
	case PICK_FREE:
		return it->free_shipping;
	case PICK_CHEAP:
		return it->price < s->average;
	}
	return false;
}

static void set_pick(struct value *o, const char *name, const struct items *s, enum pick pick)
{
	CLEANUP_FREE char *count = xasprintf("%s_count", name);
	CLEANUP_FREE char *has = xasprintf("has_%s", name);
	struct value *list = value_new_list();

	for (size_t i = 0; i < s->n; i++)
		if (picked(s, i, pick))
			value_append(list, product_fields(s, i));
	value_set_int(o, count, (int64_t)value_len(list));
	value_set_bool(o, has, value_len(list) > 0);
	value_set(o, name, list);
}

static void set_times(struct value *o, const struct render_input *in)
{
	char text[KOREAN_TEXT_MAX], minute[CLOCK_TEXT_MAX];
	CLEANUP_FREE char *as_of = NULL;
	struct date seen, today;

	clock_date(in->fetched_ms, &seen);
	clock_date(in->now_ms, &today);
	korean_date_time(&seen, text);
	as_of = xasprintf("%s 기준", text);
	value_set_string(o, "price_as_of", as_of);
	korean_date(&seen, text);
	value_set_string(o, "price_date", text);
	clock_format_time(in->fetched_ms, minute);
	value_set_string(o, "price_time", minute);
	korean_date(&today, text);
	value_set_string(o, "date", text);
	value_set_int(o, "year", today.year);
	value_set_int(o, "month", today.month);
	value_set_int(o, "day", today.day);
}

static void set_prices(struct value *o, const struct items *s)
{
	int64_t low = s->list[s->cheapest].price, high = s->list[s->dearest].price;
	char a[KOREAN_TEXT_MAX], b[KOREAN_TEXT_MAX];
	CLEANUP_FREE char *range = NULL;

	korean_price(low, a);
	korean_price(high, b);
	range = low == high ? xstrdup(a) : xasprintf("%s~%s", a, b);
	value_set_string(o, "price_range", range);
	value_set_string(o, "lowest_price", a);
	value_set_string(o, "highest_price", b);
	set_price(o, "price_gap", high - low);
	set_price(o, "average_price", s->average);
	set_price(o, "median_price", s->median);
	value_set_bool(o, "has_price_gap", high > low);
}

static struct value *context(const struct render_input *in, const struct items *s)
{
	struct value *o = value_new_object();
	CLEANUP_FREE char *keyword = gates_name(in->keyword);

	set_word(o, "keyword", keyword);
	value_set_string(o, "disclosure", GATES_DISCLOSURE);
	value_set_int(o, "count", (int64_t)s->n);
	value_set_bool(o, "has_many", s->n > 1);
	value_set_bool(o, "is_single", s->n == 1);
	if (!str_empty(in->search_link))
		value_set_string(o, "search_link", in->search_link);
	set_times(o, in);
	set_prices(o, s);
	value_set(o, "first", product_fields(s, 0));
	value_set(o, "cheapest", product_fields(s, s->cheapest));
	value_set(o, "most_expensive", product_fields(s, s->dearest));
	set_pick(o, "products", s, PICK_ALL);
	set_pick(o, "top", s, PICK_TOP);
	set_pick(o, "rest", s, PICK_REST);
	set_pick(o, "others", s, PICK_OTHERS);
	set_pick(o, "rocket_only", s, PICK_ROCKET);
	set_pick(o, "free_shipping", s, PICK_FREE);
	set_pick(o, "below_average", s, PICK_CHEAP);
	value_set_bool(o, "all_rocket", s->rockets == s->n);
	return o;
}

struct value *render_context(const struct render_input *in)
{
	struct items *s = items_new(in);
	struct value *o = s ? context(in, s) : NULL;

	if (s)
		items_free(s);
	return o;
}

static const struct {
	const char *where, *name, *example, *text;
} fields[] = {
	{ "post", "keyword", "무선 청소기", "the keyword" },
	{ "post", "keyword_eul", "무선 청소기를",
		"with a particle by its last sound; also _i (이/가), _eun (은/는), "
		"_euro (으로/로), _gwa (과/와), _ina (이나/나), _ira (이라/라)" },
	{ "post", "disclosure", "이 포스팅은 …", "the programme's sentence, to the letter" },
	{ "post", "count", "10", "products in the post" },
	{ "post", "has_many", "true", "more than one product" },
	{ "post", "is_single", "false", "exactly one product" },
	{ "post", "search_link", "https://link.coupang.com/…",
		"the search's own affiliate link; may be absent" },
	{ "post", "price_as_of", "11월 23일 14:32 기준",
		"when the prices were seen; every post must show it" },
	{ "post", "price_date", "2026년 11월 23일", "the day of that" },
	{ "post", "price_time", "14:32", "the time of that" },
	{ "post", "date", "2026년 11월 23일", "today; year, month, day apart too" },
	{ "post", "price_range", "12,900원~59,000원", "lowest to highest" },
	{ "post", "lowest_price", "12,900원", "the lowest price" },
	{ "post", "highest_price", "59,000원", "the highest price" },
	{ "post", "price_gap", "46,100원", "highest less lowest" },
	{ "post", "has_price_gap", "true", "the prices are not all the same" },
	{ "post", "average_price", "31,240원", "mean, rounded to a won" },
	{ "post", "median_price", "29,800원", "median, rounded to a won" },
	{ "post", "first", "(product)", "the first of the search" },
	{ "post", "cheapest", "(product)", "the cheapest; the first one if several" },
	{ "post", "most_expensive", "(product)", "the dearest" },
	{ "post", "products", "(list)", "all, in the order of the search; with "
		"products_count and has_products, as each list below" },
	{ "post", "top", "(list)", "the first three" },
	{ "post", "rest", "(list)", "all but the first three" },
	{ "post", "others", "(list)", "all but the first" },
	{ "post", "rocket_only", "(list)", "those with rocket delivery" },
	{ "post", "free_shipping", "(list)", "those with free shipping" },
	{ "post", "below_average", "(list)", "those below the average price" },
	{ "post", "all_rocket", "false", "every product has rocket delivery" },
	{ "product", "name", "…", "the whole name; with particles as keyword" },
	{ "product", "short_name", "…", "at most 40 characters; with particles too" },
	{ "product", "table_name", "…", "at most 14 characters, for tables" },
	{ "product", "price", "12,900원", "the price" },
	{ "product", "price_number", "12900", "the price as a number" },
	{ "product", "url", "https://link.coupang.com/…", "the affiliate link" },
	{ "product", "image", "https://ads-partners.coupang.com/…",
		"the picture; may be absent; image_width and image_height go with it" },
	{ "product", "category", "가전디지털", "may be absent" },
	{ "product", "rank", "3", "the shop's rank in the search; may be absent" },
	{ "product", "position", "3", "the place in the post, from 1" },
	{ "product", "price_order", "2", "the place by price, from 1 = cheapest" },
	{ "product", "is_rocket", "true", "rocket delivery" },
	{ "product", "is_free_shipping", "true", "free shipping" },
	{ "product", "delivery", "로켓배송 · 무료배송", "both in words" },
	{ "product", "delivery_short", "로켓배송", "the same for tables" },
	{ "product", "is_cheapest", "false", "the lowest price of several" },
	{ "product", "is_most_expensive", "false", "the highest price of several" },
	{ "product", "is_first", "true", "the first in the post; is_last likewise" },
	{ "product", "compare_average", "평균보다 3,200원 저렴",
		"against the average; also compare_cheapest, compare_first" },
	{ "product", "average_gap", "3,200원", "the bare distance; also cheapest_gap, "
		"first_gap" },
	{ "product", "is_below_average", "true", "also is_above_average, …_cheapest, …_first" },
};

struct value *render_fields(void)
{
	struct value *list = value_new_list();

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		struct value *o = value_new_object();

		value_set_string(o, "where", fields[i].where);
		value_set_string(o, "name", fields[i].name);
		value_set_string(o, "example", fields[i].example);
		value_set_string(o, "text", fields[i].text);
		value_append(list, o);
	}
	return list;
}

/* --- the post --- */

static struct value *post_products(const struct items *s)
{
	struct value *list = value_new_list();

	for (size_t i = 0; i < s->n; i++) {
		const struct item *it = &s->list[i];
		struct value *o = value_new_object();

		value_set_int(o, "id", it->id);
		value_set_string(o, "name", it->name);
		value_set_string(o, "short_name", it->short_name);
		value_set_string(o, "table_name", it->table_name);
		value_set_int(o, "price", it->price);
		value_set_string(o, "url", it->url);
		if (it->image[0])
			value_set_string(o, "image", it->image);
		value_set_bool(o, "rocket", it->rocket);
		value_set_bool(o, "free_shipping", it->free_shipping);
		if (it->category[0])
			value_set_string(o, "category", it->category);
		value_set_int(o, "position", (int64_t)i + 1);
		if (it->rank > 0)
			value_set_int(o, "rank", it->rank);
		value_append(list, o);
	}
	return list;
}

static char *attr_text(const struct html_token *t, const char *name)
{
	struct html_attr a;
	struct buf b;
	char *text;

	buf_init(&b, t->len * 3 + 16);
	if (html_attr(t, name, &a) && a.len)
		html_decode(&b, a.s, a.len);
	text = xstrdup(buf_cstr(&b));
	buf_finish(&b);
	return text;
}

static bool has_image(const struct value *list, const char *src)
{
	for (size_t i = 0; i < value_len(list); i++)
		if (str_eq(value_get_string(value_at(list, i), "src", ""), src))
			return true;
	return false;
}

static void add_image(struct value *list, const struct html_token *t, const struct items *s)
{
	CLEANUP_FREE char *src = attr_text(t, "src");
	CLEANUP_FREE char *alt = attr_text(t, "alt");
	CLEANUP_FREE char *width = attr_text(t, "width");
	CLEANUP_FREE char *height = attr_text(t, "height");
	struct value *o;
	int64_t n;

	if (has_image(list, src))
		return;
	o = value_new_object();
	value_set_string(o, "src", src);
	value_set_string(o, "alt", alt);
	if (parse_int64(width, 1, 10000, &n) == 0)
		value_set_int(o, "width", n);
	if (parse_int64(height, 1, 10000, &n) == 0)
		value_set_int(o, "height", n);
	for (size_t i = 0; i < s->n; i++) {
		if (strcmp(s->list[i].image, src) == 0) {
			value_set_int(o, "product_id", s->list[i].id);
			break;
		}
	}
	value_append(list, o);
}

/* The pictures that the HTML shows, in its order, each once. */
static struct value *post_images(const char *html, const struct items *s)
{
	struct value *list = value_new_list();
	struct html_reader r;
	struct html_token t;

	html_init(&r, html, strlen(html));
	while (html_next(&r, &t))
		if (t.kind == HTML_START && strcmp(t.name, "img") == 0)
			add_image(list, &t, s);
	return list;
}

static struct value *post_tags(const struct render_input *in, const char *keyword)
{
	struct value *list = value_new_list();

	for (size_t i = 0; i < in->list->tag_count; i++)
		value_append(list, value_new_string(in->list->tags[i]));
	if (!in->list->tag_count)
		value_append(list, value_new_string(keyword));
	return list;
}

static int render_text(const struct render_templates *t, const struct template *template,
	const struct value *data, struct buf *out, struct err *e)
{
	/* find() only reads; the interface has one context for all. */
	struct template_partials partials = { .find = partial_find };
	const void *ctx = t;

	memcpy(&partials.ctx, &ctx, sizeof(ctx));
	return template_render(template, data, &partials, out, e);
}

/* The list's title, else the template's, else ours; one line. */
static int render_title(const struct render_templates *t, const struct entry *en,
	const struct render_input *in, const struct value *data, char **ret, struct err *e)
{
	struct template *own = NULL;
	struct buf b;
	int r = 0;

	buf_init(&b, 16 * 1024);
	if (!str_empty(in->list->title))
		r = template_parse("title", in->list->title, strlen(in->list->title), &title_rules,
			&own, e);
	else if (!en->title)
		r = template_parse("title", default_title, strlen(default_title), &title_rules,
			&own, e);
	if (r == 0)
		r = render_text(t, own ? own : en->title, data, &b, e);
	if (r == 0) {
		*ret = gates_name(buf_cstr(&b));
		if (!**ret)
			r = err_set(e, -EINVAL, "the title of list \"%s\" is empty; write one",
				in->list->name ? in->list->name : "");
	}
	template_free(own);
	buf_finish(&b);
	return r;
}

static int set_form(struct value *post, const char *name, const char *html,
	void (*convert)(struct buf *, const char *, size_t), struct err *e)
{
	struct buf b;
	int r = 0;

	buf_init(&b, 4 * RENDER_HTML_MAX);
	convert(&b, html, strlen(html));
	if (buf_failed(&b))
		r = err_set(e, -E2BIG, "the post as %s is over %u bytes; make the template shorter",
			name, 4 * RENDER_HTML_MAX);
	else
		value_set_string(post, name, buf_cstr(&b));
	buf_finish(&b);
	return r;
}

static int fill_post(const struct render_templates *t, const struct entry *en,
	const struct render_input *in, const struct items *s, struct value *post, struct err *e)
{
	struct value *data = context(in, s);
	CLEANUP_FREE char *title = NULL;
	struct buf html;
	int r;

	buf_init(&html, RENDER_HTML_MAX);
	r = render_title(t, en, in, data, &title, e);
	if (r == 0)
		r = render_text(t, en->html, data, &html, e);
	if (r == 0) {
		value_set_string(post, "title", title);
		value_set_string(post, "html", buf_cstr(&html));
		r = set_form(post, "text", buf_cstr(&html), html_to_text, e);
	}
	if (r == 0)
		r = set_form(post, "markdown", buf_cstr(&html), html_to_markdown, e);
	if (r == 0) {
		value_set(post, "tags", post_tags(in, value_get_string(data, "keyword", "")));
		value_set_string(post, "category", in->list->category ? in->list->category : "");
		value_set(post, "images", post_images(buf_cstr(&html), s));
		value_set(post, "products", post_products(s));
		value_set_string(post, "disclosure", GATES_DISCLOSURE);
	}
	buf_finish(&html);
	value_free(data);
	return r;
}

int render_post(const struct render_templates *t, const struct render_input *in,
	struct value **ret, struct err *e)
{
	const char *name = in->template ? in->template : in->list->template;
	const struct entry *en = name && name[0] != '_' ? entry_find(t, name) : NULL;
	struct items *s;
	struct value *post;
	int r;

	if (!en)
		return err_set(e, -ENOENT,
			"no template \"%s\"; put %s%s into the templates folder",
			name ? name : "", name ? name : "NAME", SUFFIX);
	r = parse_rest(t, e);
	if (r < 0)
		return r;
	s = items_new(in);
	if (!s)
		return err_set(e, -ENODATA, "no product with name, price and link for \"%s\"; "
			"try another keyword", in->keyword);
	post = value_new_object();
	r = fill_post(t, en, in, s, post, e);
	if (r == 0)
		*ret = post;
	else
		value_free(post);
	items_free(s);
	return r;
}

/* --- the trial --- */

#define SAMPLES 10

/* Products as the API gives them, the last half without what is optional. */
static struct value *sample_products(void)
{
	struct value *list = value_new_list();

	for (int i = 1; i <= SAMPLES; i++) {
		struct value *p = value_new_object();
		CLEANUP_FREE char *name = xasprintf("견본 상품 %d호 <화이트> & 블랙", i);
		CLEANUP_FREE char *url = xasprintf(
			"https://link.coupang.com/re/AFFSDP?pageKey=%d", i);
		CLEANUP_FREE char *image = xasprintf(
			"https://ads-partners.coupang.com/image1/%d", i);

		value_set_int(p, "productId", i);
		value_set_string(p, "productName", name);
		value_set_int(p, "productPrice", 10000 + i * 1370);
		value_set_string(p, "productUrl", url);
		value_set_string(p, "productImage", image);
		if (i <= SAMPLES / 2) {
			value_set_int(p, "rank", i);
			value_set_bool(p, "isRocket", i % 2);
			value_set_bool(p, "isFreeShipping", i % 3 == 0);
		}
		value_append(list, p);
	}
	return list;
}

static int check_list(const struct render_templates *t, const struct config_list *list,
	const struct value *products, int64_t now_ms, struct err *e)
{
	struct render_input in = { .list = list, .products = products,
		.keyword = list->keyword_count ? list->keywords[0] : "견본",
		.search_link = "https://link.coupang.com/re/AFFSRP?pageKey=1",
		.fetched_ms = now_ms, .now_ms = now_ms };
	struct gates_input gi = { .products = products, .search_link = in.search_link,
		.keyword = in.keyword, .fetched_ms = now_ms, .now_ms = now_ms, .ttl_ms = 1000 };
	struct gates_report report;
	struct value *post = NULL;
	int r = render_post(t, &in, &post, e);

	if (r < 0)
		return r;
	gi.post = post;
	if (!gates_check(&gi, &report)) {
		const struct gates_result *bad = report.results;

		while (bad->pass)
			bad++;
		r = err_set(e, -EINVAL, "its posts would be held back (%s): %s; %s",
			tr(bad->rule), bad->reason, tr(bad->remedy));
	}
	value_free(post);
	return r;
}

int render_check(const struct render_templates *t, const struct config_list *lists, size_t n,
	int64_t now_ms, struct value *errors)
{
	int r = render_templates_parse(t, errors);
	struct value *products;

	if (r < 0)
		return r;
	products = sample_products();
	for (size_t i = 0; i < n; i++) {
		struct err e = { "" };

		if (check_list(t, &lists[i], products, now_ms, &e) < 0) {
			const char *path = render_templates_path(t, lists[i].template);
			CLEANUP_FREE char *line = xasprintf(_("%s: list \"%s\": %s"),
				path ? path : lists[i].template, lists[i].name, e.text);

			add_error(errors, line);
			r = -EINVAL;
		}
	}
	value_free(products);
	return r;
}
