/* SPDX-License-Identifier: MIT */
#include "api.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "auth.h"
#include "catalog.h"
#include "json.h"
#include "picture.h"
#include "query.h"
#include "replay.h"
#include "seed.h"
#include "value.h"

#define API_BASE "/v2/providers/affiliate_open_api/apis/openapi"
#define CONTROL_BASE "/_sandbox/"
#define SEARCH_LIMIT 10
#define LIST_LIMIT 20
#define LIST_LIMIT_MAX 100
#define SIDE 512         /* of pictures where no imageSize is named */
#define KEYWORD_MAX 600  /* bytes; the real bound is not known */
#define KEYWORDS_MAX 10000 /* counted one by one */
#define PARAMETER_MAX 4096
#define TARGET_MAX (64u << 10)
#define DEEPLINKS_MAX 20
#define DAY_MS 86400000
#define KST_MS (9 * 3600 * 1000LL)

struct counts {
	int64_t total;    /* requests to the API, signed or not */
	int64_t accepted, refused, unauthorized, turned_away, not_found, pictures;
};

struct api {
	const struct api_config *c;
	char *base;
	struct replay *replay;
	int log;
	uint64_t serial; /* of requests of all kinds; not reset */
	struct limiter limiter;
	struct meter meter;
	struct strike strike;
	struct fault_set faults;
	struct counts counts;
	struct value *keywords;
	struct value *last;
};

/* A request taken apart. */
struct call {
	const struct api_request *q;
	char *path;
	const char *query;
	const char *tail; /* what follows the route in the path */
	struct buf keyword;
	enum fault_kind fault; /* of products */
};

static void start(struct api *a)
{
	limiter_init(&a->limiter, a->c->limiter, a->c->calls, a->c->window_ms);
	meter_init(&a->meter, a->c->window_ms);
	a->strike = (struct strike){ .strict = a->c->strict_block, .block_ms = a->c->block_ms };
	a->faults = a->c->faults;
	a->counts = (struct counts){ 0 };
	a->keywords = value_new_object();
	a->last = value_new_null();
}

static void finish(struct api *a)
{
	limiter_finish(&a->limiter);
	meter_finish(&a->meter);
	value_free(a->keywords);
	value_free(a->last);
}

static int open_log(const char *path, struct err *e)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	return fd < 0 ? err_set(e, -errno, "%s: %s", path, strerror(errno)) : fd;
}

struct api *api_new(const struct api_config *c, const char *base, struct err *e)
{
	struct api *a = xcalloc(1, sizeof(*a));

	a->c = c;
	a->base = xstrdup(base);
	a->log = -1;
	start(a);
	if ((c->replay && replay_load(c->replay, &a->replay, e)) ||
			(c->log && (a->log = open_log(c->log, e)) < 0)) {
		api_free(a);
		return NULL;
	}
	return a;
}

void api_free(struct api *a)
{
	if (!a)
		return;
	finish(a);
	replay_free(a->replay);
	if (a->log >= 0)
		close(a->log);
	free(a->base);
	free(a);
}

static void print(struct value *v, struct reply *r)
{
	reply_set(r, 200, NULL, NULL);
	json_print(v, false, &r->body);
	value_free(v);
}

/* An optional number; false if it is there and is none, or out of range. */
static bool read_limit(const struct call *c, int standard, int max, int *ret)
{
	struct buf text;
	int64_t n = standard;
	int r;

	buf_init(&text, PARAMETER_MAX);
	r = query_get(c->query, "limit", &text);
	if (r != -ENOENT)
		r = r ? r : parse_int64(buf_cstr(&text), 1, max, &n);
	buf_finish(&text);
	*ret = (int)n;
	return !r || r == -ENOENT;
}

static bool parse_size(char *s, int *width, int *height)
{
	char *x = strchr(s, 'x');
	int64_t w, h;

	if (!x)
		return false;
	*x = '\0';
	if (parse_int64(s, DRAW_SIDE_MIN, DRAW_SIDE_MAX, &w) ||
			parse_int64(x + 1, DRAW_SIDE_MIN, DRAW_SIDE_MAX, &h))
		return false;
	*width = (int)w;
	*height = (int)h;
	return true;
}

static bool read_size(const struct call *c, int *width, int *height)
{
	struct buf text;
	int r;
	bool good = true;

	buf_init(&text, PARAMETER_MAX);
	*width = *height = SIDE;
	r = query_get(c->query, "imageSize", &text);
	if (r != -ENOENT)
		good = !r && text.len && parse_size(text.data, width, height);
	buf_finish(&text);
	return good;
}

/* Left out is fine; empty is an error, as with the real one. */
static bool read_sub_id(const struct call *c, struct buf *ret)
{
	int r = query_get(c->query, "subId", ret);

	return r == -ENOENT || (!r && ret->len);
}

/* What all calls for products have in common; false with the refusal in R. */
static bool read_common(const struct call *c, int standard, int max, struct buf *sub_id,
	struct catalog_query *q, struct reply *r)
{
	const char *wrong = NULL;

	if (!read_limit(c, standard, max, &q->limit))
		wrong = "limit is out of range";
	else if (!read_size(c, &q->width, &q->height))
		wrong = "imageSize is invalid";
	else if (!read_sub_id(c, sub_id))
		wrong = "subId is invalid";
	q->sub_id = buf_cstr(sub_id);
	if (wrong)
		reply_refuse(r, "400", wrong);
	return !wrong;
}

static void fill(const struct api *a, const struct call *c, struct catalog_query *q)
{
	q->base = a->base;
	q->day = (c->q->at.wall_ms + KST_MS) / DAY_MS;
	q->drift_percent = a->c->drift_percent;
	q->call = value_get_int(a->keywords, q->keyword, 0);
	q->fault = c->fault;
}

static void answer_recorded(const struct api *a, const struct call *c, struct reply *r)
{
	size_t len = 0;
	const char *body = c->fault == FAULT_EMPTY ? replay_empty(a->replay, &len) : NULL;

	if (!body)
		body = replay_find(a->replay, buf_cstr(&c->keyword), &len);
	reply_set(r, 200, NULL, NULL);
	buf_add(&r->body, body, len);
}

static void answer_search(struct api *a, const struct call *c, struct reply *r)
{
	struct catalog_query q = { .keyword = buf_cstr(&c->keyword) };
	struct buf sub_id;

	buf_init(&sub_id, PARAMETER_MAX);
	if (!c->keyword.len || c->keyword.len > KEYWORD_MAX) {
		reply_refuse(r, "400",
			c->keyword.len ? "keyword is too long" : "keyword is required");
	} else if (read_common(c, SEARCH_LIMIT, SEARCH_LIMIT, &sub_id, &q, r)) {
		fill(a, c, &q);
		if (a->replay)
			answer_recorded(a, c, r);
		else
			print(catalog_search(&q), r);
	}
	buf_finish(&sub_id);
}

struct named {
	int id;
	const char *name;
};

static const struct named categories[] = {
	{ 1001, "여성패션" }, { 1002, "남성패션" }, { 1010, "뷰티" }, { 1011, "출산/유아동" },
	{ 1012, "식품" }, { 1013, "주방용품" }, { 1014, "생활용품" }, { 1015, "홈인테리어" },
	{ 1016, "가전디지털" }, { 1017, "스포츠/레저" }, { 1018, "자동차용품" }, { 1019, "도서/음반/DVD" },
	{ 1020, "완구/취미" }, { 1021, "문구/오피스" }, { 1024, "헬스/건강식품" }, { 1025, "국내여행" },
	{ 1026, "해외여행" }, { 1029, "반려동물용품" }, { 1030, "유아동패션" },
};

static const struct named brands[] = {
	{ 1001, "탐사" }, { 1002, "코멧" }, { 1003, "Gomgom" }, { 1004, "줌" }, { 1006, "곰곰" },
	{ 1007, "꼬리별" }, { 1008, "베이스알파에센셜" }, { 1010, "비타할로" }, { 1011, "비지엔젤" },
};

static const char *find_name(const struct named *list, size_t count, const char *id)
{
	int64_t n;

	if (*id == '/' && !parse_int64(id + 1, 0, 9999, &n))
		for (size_t i = 0; i < count; i++)
			if (list[i].id == n)
				return list[i].name;
	return NULL;
}

static void answer_list(struct api *a, const struct call *c, const char *name, struct reply *r)
{
	struct catalog_query q = { .keyword = name };
	struct buf sub_id;

	buf_init(&sub_id, PARAMETER_MAX);
	if (read_common(c, LIST_LIMIT, LIST_LIMIT_MAX, &sub_id, &q, r)) {
		fill(a, c, &q);
		print(catalog_list(&q), r);
	}
	buf_finish(&sub_id);
}

static void answer_category(struct api *a, const struct call *c, struct reply *r)
{
	const char *name = find_name(categories, ARRAY_LEN(categories), c->tail);

	if (name)
		answer_list(a, c, name, r);
	else
		reply_refuse(r, "400", "category id is not active");
}

static void answer_brand(struct api *a, const struct call *c, struct reply *r)
{
	const char *name = *c->tail ? find_name(brands, ARRAY_LEN(brands), c->tail) : "Coupang PL";

	if (name)
		answer_list(a, c, name, r);
	else
		reply_refuse(r, "400", "brand id is not active");
}

static void answer_goldbox(struct api *a, const struct call *c, struct reply *r)
{
	answer_list(a, c, "골드박스", r);
}

static struct value *make_deeplink(const char *url)
{
	uint64_t seed = seed_of(url, strlen(url));
	char *short_url = xasprintf("https://coupa.ng/bl%04llx", (unsigned long long)seed & 0xffff);
	char *landing = xasprintf("https://link.coupang.com/re/AFFSDP?lptag=AF0000000&pageKey=%llu"
		"&traceid=V0-183-%016llx", (unsigned long long)seed % 9000000000,
		(unsigned long long)seed);
	struct value *v = value_new_object();

	value_set_string(v, "originalUrl", url);
	value_set_string(v, "shortenUrl", short_url);
	value_set_string(v, "landingUrl", landing);
	free(short_url);
	free(landing);
	return v;
}

/* NULL if one of them is no plain address of the shop. */
static struct value *make_deeplinks(const struct value *urls)
{
	struct value *data = value_new_list();

	for (size_t i = 0; i < value_len(urls); i++) {
		const char *url = value_string(value_at(urls, i), "");

		if (!str_starts(url, "https://www.coupang.com/")) {
			value_free(data);
			return NULL;
		}
		value_append(data, make_deeplink(url));
	}
	return data;
}

static void answer_deeplink(struct api *a UNUSED, const struct call *c, struct reply *r)
{
	struct value *body = NULL, *data = NULL, *answer;
	const struct value *urls;

	if (!json_parse(c->q->body ? c->q->body : "", c->q->body_len, &body, NULL)) {
		urls = value_get(body, "coupangUrls");
		if (value_kind(urls) == VALUE_LIST && value_len(urls) &&
				value_len(urls) <= DEEPLINKS_MAX)
			data = make_deeplinks(urls);
	}
	value_free(body);
	if (!data) {
		reply_refuse(r, "400", "url convert failed");
		return;
	}
	answer = value_new_object();
	value_set_string(answer, "rCode", "0");
	value_set_string(answer, "rMessage", "");
	value_set(answer, "data", data);
	print(answer, r);
}

struct route {
	const char *method, *path;
	bool needs_v1, has_tail;
	void (*answer)(struct api *a, const struct call *c, struct reply *r);
};

static const struct route routes[] = {
	{ "GET", "/products/search", false, false, answer_search },
	{ "GET", "/products/bestcategories", false, true, answer_category },
	{ "GET", "/products/goldbox", false, false, answer_goldbox },
	{ "GET", "/products/coupangPL", false, true, answer_brand },
	{ "POST", "/deeplink", true, false, answer_deeplink },
};

static const struct route *find_route(const char *method, const char *path, const char **tail)
{
	bool v1 = str_starts(path, API_BASE "/v1/");

	path += strlen(API_BASE) + (v1 ? strlen("/v1") : 0);
	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		const struct route *route = &routes[i];

		if (!str_eq(route->method, method) || !str_starts(path, route->path) ||
				(route->needs_v1 && !v1))
			continue;
		*tail = path + strlen(route->path);
		if (!**tail || (route->has_tail && **tail == '/'))
			return route;
	}
	return NULL;
}

static void count_keyword(struct api *a, const char *keyword)
{
	if (value_len(a->keywords) >= KEYWORDS_MAX && !value_get(a->keywords, keyword))
		keyword = "…";
	value_set_int(a->keywords, keyword, value_get_int(a->keywords, keyword, 0) + 1);
}

/* True if the call may be answered; else R says why not. */
static bool pass_gate(struct api *a, const struct call *c, struct reply *r)
{
	struct auth_keys keys = { a->c->access_key, a->c->secret, a->c->tolerance_ms };
	struct auth_request auth = { c->q->authorization, c->q->method, c->path, c->query };
	enum fault_kind fault = fault_next(&a->faults, FAULT_AT_GATE);
	enum auth_result result;

	if (fault != FAULT_NONE) {
		a->counts.turned_away++;
		fault_apply(fault, a->serial, r);
		return false;
	}
	result = auth_check(&keys, &auth, c->q->at.wall_ms);
	if (result == AUTH_OK)
		return true;
	a->counts.unauthorized++;
	reply_set(r, 401, NULL, NULL);
	auth_envelope(result, a->serial, &r->body);
	r->outcome = "unauthorized";
	return false;
}

/* A fixed window is one of the clock on the wall. */
static bool is_within_limit(struct api *a, const struct instant *at)
{
	if (strike_blocked(&a->strike, at->boot_ms))
		return false;
	return limiter_take(&a->limiter,
		a->c->limiter == LIMITER_FIXED ? at->wall_ms : at->boot_ms);
}

static bool pass_limit(struct api *a, const struct call *c, struct reply *r)
{
	struct buf text;

	meter_add(&a->meter, c->q->at.boot_ms);
	if (c->keyword.len)
		count_keyword(a, buf_cstr(&c->keyword));
	if (is_within_limit(a, &c->q->at)) {
		a->counts.accepted++;
		return true;
	}
	a->counts.refused++;
	strike_excess(&a->strike, c->q->at.boot_ms, c->q->at.wall_ms);
	buf_init(&text, PARAMETER_MAX);
	strike_text(&a->strike, a->c->form, &text);
	reply_refuse(r, "403", buf_cstr(&text));
	buf_finish(&text);
	r->outcome = "refused";
	return false;
}

static void answer_route(struct api *a, const struct route *route, struct call *c, struct reply *r)
{
	enum fault_kind fault = fault_next(&a->faults, FAULT_AT_API);

	if (fault == FAULT_NONE)
		c->fault = fault_next(&a->faults, FAULT_AT_PRODUCTS);
	route->answer(a, c, r);
	fault_apply(fault != FAULT_NONE ? fault : c->fault, a->serial, r);
}

static void answer_call(struct api *a, struct call *c, struct reply *r)
{
	const struct route *route = find_route(c->q->method, c->path, &c->tail);

	a->counts.total++;
	if (query_get(c->query, "keyword", &c->keyword))
		buf_reset(&c->keyword);
	if (!pass_gate(a, c, r))
		return;
	if (!route) {
		a->counts.not_found++;
		reply_set(r, 404, NULL, NULL);
		auth_error("Not found.", a->serial, &r->body);
		r->outcome = "not found";
	} else if (pass_limit(a, c, r)) {
		answer_route(a, route, c, r);
	}
}

/* The picture that the path names behind PREFIX; false if it names none of ours. */
static bool read_token(const char *path, const char *prefix, const char *end, struct picture *ret)
{
	size_t start = strlen(prefix);

	return str_starts(path, prefix) &&
		strlen(path) == start + PICTURE_TOKEN_LEN + strlen(end) &&
		str_ends(path, end) && !picture_parse(path + start, ret);
}

static void answer_hop(struct api *a, const struct call *c, const struct picture *p,
	struct reply *r)
{
	enum fault_kind fault = fault_next(&a->faults, FAULT_AT_HOP);
	char token[PICTURE_TOKEN_LEN + 1];

	picture_token(p, token);
	reply_set(r, 302, "text/html", NULL);
	fault_apply(fault, a->serial, r);
	str_format_cut(r->location, sizeof(r->location), "%s%s%s%s", a->base,
		fault == FAULT_IMAGELOOP ? c->path : "/cdn/", fault == FAULT_IMAGELOOP ? "" : token,
		fault == FAULT_IMAGELOOP ? "" : p->png ? ".png" : ".jpg");
}

static void answer_picture(struct api *a, const struct picture *p, struct reply *r)
{
	reply_set(r, 200, p->png ? "image/png" : "image/jpeg", NULL);
	if (picture_write(p, &r->body))
		reply_set(r, 404, "text/plain", "no such picture\n");
	fault_apply(fault_next(&a->faults, FAULT_AT_PICTURE), a->serial, r);
}

static void answer_other(struct api *a, const struct call *c, struct reply *r)
{
	struct picture p;

	r->outcome = "picture";
	if (read_token(c->path, "/image1/", "", &p)) {
		answer_hop(a, c, &p, r);
	} else if (read_token(c->path, "/cdn/", ".jpg", &p) ||
			read_token(c->path, "/cdn/", ".png", &p)) {
		answer_picture(a, &p, r);
	} else {
		a->counts.not_found++;
		reply_set(r, 404, "text/plain", "nothing here\n");
		r->outcome = "not found";
		return;
	}
	a->counts.pictures++;
}

static void control_stats(struct api *a, const struct call *c, struct reply *r)
{
	struct value *v = value_new_object();
	int64_t now = c->q->at.boot_ms;

	value_set_int(v, "total", a->counts.total);
	value_set_int(v, "accepted", a->counts.accepted);
	value_set_int(v, "refused", a->counts.refused);
	value_set_int(v, "requests_unsigned", a->counts.unauthorized);
	value_set_int(v, "turned_away", a->counts.turned_away);
	value_set_int(v, "not_found", a->counts.not_found);
	value_set_int(v, "images", a->counts.pictures);
	value_set_int(v, "faults", (int64_t)a->faults.fired);
	value_set_int(v, "in_window", (int64_t)meter_count(&a->meter, now));
	value_set_int(v, "max_in_window", (int64_t)a->meter.most);
	value_set_int(v, "strikes", a->strike.count);
	value_set_bool(v, "blocked", strike_blocked(&a->strike, now));
	value_set_int(v, "blocked_until", a->strike.until_wall_ms);
	value_set(v, "by_keyword", value_copy(a->keywords));
	value_set(v, "last", value_copy(a->last));
	print(v, r);
}

static void control_reset(struct api *a, const struct call *c UNUSED, struct reply *r)
{
	finish(a);
	start(a);
	reply_set(r, 200, NULL, "{}\n");
}

/* fault?kind=stall&n=2, or kind=stall=2@50 as on the command line. */
static void control_fault(struct api *a, const struct call *c, struct reply *r)
{
	struct err e = { "" };
	struct buf kind, times;
	char *spec;

	buf_init(&kind, PARAMETER_MAX);
	buf_init(&times, PARAMETER_MAX);
	if (query_get(c->query, "kind", &kind))
		buf_reset(&kind);
	if (query_get(c->query, "n", &times))
		buf_reset(&times);
	spec = xasprintf("%s%s%s", buf_cstr(&kind), times.len ? "=" : "", buf_cstr(&times));
	if (fault_arm(&a->faults, spec, &e))
		reply_set(r, 400, "text/plain", e.text);
	else
		reply_set(r, 200, NULL, "{}\n");
	free(spec);
	buf_finish(&kind);
	buf_finish(&times);
}

/* For tests: no signature, no count. */
static void answer_control(struct api *a, const struct call *c, struct reply *r)
{
	static const struct {
		const char *method, *path;
		void (*run)(struct api *a, const struct call *c, struct reply *r);
	} controls[] = {
		{ "GET", CONTROL_BASE "stats", control_stats },
		{ "POST", CONTROL_BASE "fault", control_fault },
		{ "POST", CONTROL_BASE "reset", control_reset },
	};

	r->outcome = "control";
	for (size_t i = 0; i < ARRAY_LEN(controls); i++) {
		if (str_eq(c->path, controls[i].path) && str_eq(c->q->method, controls[i].method)) {
			controls[i].run(a, c, r);
			return;
		}
	}
	reply_set(r, 404, "text/plain", "GET stats, POST fault?kind=KIND&n=TIMES, POST reset\n");
}

/* One line; bytes that are no UTF-8 in the request line must not spoil it. */
static struct value *describe(struct api *a, const struct call *c, const struct reply *r)
{
	struct value *v = value_new_object();
	struct buf path;

	buf_init(&path, TARGET_MAX);
	for (const char *s = c->path; *s; s++)
		buf_char(&path, (unsigned char)*s < 0x80 ? *s : '?');
	value_set_int(v, "boot_ms", c->q->at.boot_ms);
	value_set_int(v, "wall_ms", c->q->at.wall_ms);
	value_set_string(v, "method", c->q->method);
	value_set_string(v, "path", buf_cstr(&path));
	buf_reset(&path);
	for (const char *s = c->query; *s; s++)
		buf_char(&path, (unsigned char)*s < 0x80 ? *s : '?');
	value_set_string(v, "query", buf_cstr(&path));
	value_set_string(v, "keyword", c->keyword.len ? buf_cstr(&c->keyword) : NULL);
	value_set_string(v, "outcome", r->outcome);
	value_set_int(v, "status", r->way == REPLY_CLOSE || r->way == REPLY_NEVER ? 0 : r->status);
	value_set_int(v, "in_window", (int64_t)meter_count(&a->meter, c->q->at.boot_ms));
	buf_finish(&path);
	return v;
}

static void write_log(struct api *a, struct value *v)
{
	struct buf line;
	int r;

	if (a->log < 0)
		return;
	buf_init(&line, JSON_TEXT_MAX);
	json_print(v, false, &line);
	buf_char(&line, '\n');
	r = fd_write_all(a->log, buf_cstr(&line), line.len);
	if (r)
		fprintf(stderr, "cpauto-sandbox: the log cannot be written: %s\n", strerror(-r));
	buf_finish(&line);
}

static void note(struct api *a, const struct call *c, const struct reply *r)
{
	struct value *v = describe(a, c, r);

	write_log(a, v);
	if (api_is_call(c->path)) {
		value_free(a->last);
		a->last = v;
	} else {
		value_free(v);
	}
}

bool api_is_call(const char *target)
{
	return str_starts(target, API_BASE "/");
}

void api_answer(struct api *a, const struct api_request *q, struct reply *r)
{
	struct call c = { .q = q };
	size_t path_len = strcspn(q->target, "?");

	c.path = xstrndup(q->target, path_len);
	c.query = q->target + path_len + (q->target[path_len] == '?');
	buf_init(&c.keyword, PARAMETER_MAX);
	a->serial++;
	if (str_starts(c.path, CONTROL_BASE)) {
		answer_control(a, &c, r);
	} else {
		if (api_is_call(c.path))
			answer_call(a, &c, r);
		else
			answer_other(a, &c, r);
		note(a, &c, r);
	}
	buf_finish(&c.keyword);
	free(c.path);
}
