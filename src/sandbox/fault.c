/* SPDX-License-Identifier: MIT */
#include "fault.h"

#include <errno.h>

#include "auth.h"
#include "seed.h"

#define HOUR_MS 3600000
#define SPEC_MAX 64
#define DEPTH 100000

/* The body of Akamai, which stands in front of the gateway. */
#define DENIED "<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n" \
	"<H1>Access Denied</H1>\n" \
	"You don't have permission to access the requested page on this server.<P>\n" \
	"Reference&#32;&#35;18&#46;2d5c3a17&#46;1795392000&#46;1a2b3c4d\n</BODY>\n</HTML>\n"
#define PAGE "<!DOCTYPE html>\n<title>점검 중</title>\n<p>잠시 후 다시 이용해 주세요.</p>\n"

struct row {
	const char *name;
	enum fault_place place;
	const char *text;            /* for --help */
	int status;                  /* 0 = the good answer stays */
	const char *type, *body;
	enum reply_way way;
	int64_t date_off_ms;
	void (*make)(struct reply *r, uint64_t serial); /* where a table does not do */
};

/* The five kinds and the five results stand in the same order. */
static void make_envelope(struct reply *r, enum fault_kind kind, uint64_t serial)
{
	enum auth_result why = (enum auth_result)
		(kind - FAULT_INVALID_SIGNATURE + AUTH_INVALID_SIGNATURE);

	reply_set(r, 401, NULL, NULL);
	auth_envelope(why, serial, &r->body);
}

static void make_signature(struct reply *r, uint64_t serial)
{
	make_envelope(r, FAULT_INVALID_SIGNATURE, serial);
}

static void make_expired(struct reply *r, uint64_t serial)
{
	make_envelope(r, FAULT_EXPIRED, serial);
}

static void make_format(struct reply *r, uint64_t serial)
{
	make_envelope(r, FAULT_HMAC_FORMAT, serial);
}

static void make_unknown(struct reply *r, uint64_t serial)
{
	make_envelope(r, FAULT_UNKNOWN_KEY, serial);
}

static void make_unauthorized(struct reply *r, uint64_t serial)
{
	make_envelope(r, FAULT_NOT_AUTHORIZED, serial);
}

static void make_429(struct reply *r, uint64_t serial)
{
	reply_set(r, 429, NULL, NULL);
	auth_error("Too many requests.", serial, &r->body);
}

static void make_500(struct reply *r, uint64_t serial)
{
	reply_set(r, 500, NULL, NULL);
	auth_error("Internal server error.", serial, &r->body);
}

static void make_rcode400(struct reply *r, uint64_t serial UNUSED)
{
	reply_refuse(r, "400", "The productid is in black list");
}

static void make_badjson(struct reply *r, uint64_t serial UNUSED)
{
	buf_truncate(&r->body, r->body.len / 2);
}

static void make_deepjson(struct reply *r, uint64_t serial UNUSED)
{
	reply_set(r, 200, NULL, "{\"rCode\":\"0\",\"rMessage\":\"\",\"data\":");
	for (int i = 0; i < DEPTH; i++)
		buf_char(&r->body, '[');
	for (int i = 0; i < DEPTH; i++)
		buf_char(&r->body, ']');
	buf_char(&r->body, '}');
}

/* 302 and 307 in turn: a client may treat them differently. */
static void make_redirect(struct reply *r, uint64_t serial)
{
	reply_set(r, serial % 2 ? 307 : 302, "text/html", NULL);
	str_format_cut(r->location, sizeof(r->location), "/redirected/%llu",
		(unsigned long long)serial);
}

/* Where to, only the caller knows: the request's own path. */
static void make_loop(struct reply *r, uint64_t serial UNUSED)
{
	reply_set(r, 302, "text/html", NULL);
}

#define FLOOD_JSON "{\"rCode\":\"0\",\"rMessage\":\""

static const struct row rows[FAULT_COUNT] = {
	[FAULT_INVALID_SIGNATURE] = { "invalid-signature", FAULT_AT_GATE, "401 Invalid signature.",
		.make = make_signature },
	[FAULT_EXPIRED] = { "expired", FAULT_AT_GATE, "401 Specified signature is expired.",
		.make = make_expired },
	[FAULT_HMAC_FORMAT] = { "hmac-format", FAULT_AT_GATE, "401 HMAC format is invalid.",
		.make = make_format },
	[FAULT_UNKNOWN_KEY] = { "unknown-key", FAULT_AT_GATE, "401 Unknown error occurred",
		.make = make_unknown },
	[FAULT_NOT_AUTHORIZED] = { "not-authorized", FAULT_AT_GATE,
		"401 Request is not authorized.", .make = make_unauthorized },
	[FAULT_HTML403] = { "html403", FAULT_AT_GATE, "403 Access Denied, in HTML",
		.status = 403, .type = "text/html", .body = DENIED },
	[FAULT_CLOSE] = { "close", FAULT_AT_GATE, "reads the request and closes; not counted",
		.way = REPLY_CLOSE },
	[FAULT_429] = { "429", FAULT_AT_API, "429 Too many requests", .make = make_429 },
	[FAULT_500] = { "500", FAULT_AT_API, "500 in the gateway's envelope", .make = make_500 },
	[FAULT_503] = { "503", FAULT_AT_API, "503 with a page of HTML",
		.status = 503, .type = "text/html", .body = PAGE },
	[FAULT_RCODE400] = { "rcode400", FAULT_AT_API, "200 with rCode 400",
		.make = make_rcode400 },
	[FAULT_EMPTYOBJECT] = { "emptyobject", FAULT_AT_API, "200 with {}",
		.status = 200, .body = "{}" },
	[FAULT_NOTJSON] = { "notjson", FAULT_AT_API, "200 with HTML said to be JSON",
		.status = 200, .body = PAGE },
	[FAULT_BADJSON] = { "badjson", FAULT_AT_API, "half a JSON text, its length right",
		.make = make_badjson },
	[FAULT_DEEPJSON] = { "deepjson", FAULT_AT_API, "100,000 lists in one another",
		.make = make_deepjson },
	[FAULT_HUGEBODY] = { "hugebody", FAULT_AT_API, "64 MiB of JSON",
		.status = 200, .body = FLOOD_JSON, .way = REPLY_FLOOD },
	[FAULT_TRUNCATED] = { "truncated", FAULT_AT_API, "Content-Length longer than the body",
		.way = REPLY_CUT },
	[FAULT_SLOW] = { "slow", FAULT_AT_API, "ten bytes a second", .way = REPLY_DRIP },
	[FAULT_STALL] = { "stall", FAULT_AT_API, "counted, never answered", .way = REPLY_NEVER },
	[FAULT_CLOSE_AFTER] = { "close-after", FAULT_AT_API, "counted, closed without an answer",
		.way = REPLY_CLOSE },
	[FAULT_BADDATE] = { "baddate", FAULT_AT_API, "a Date one hour ahead",
		.date_off_ms = HOUR_MS },
	[FAULT_REDIRECT] = { "redirect", FAULT_AT_API, "302, then 307, to another path",
		.make = make_redirect },
	[FAULT_EMPTY] = { "empty", FAULT_AT_PRODUCTS, "nothing found", .way = REPLY_WHOLE },
	[FAULT_DUPLICATES] = { "duplicates", FAULT_AT_PRODUCTS,
		"one productId, several itemIds", .way = REPLY_WHOLE },
	[FAULT_NOFIELDS] = { "nofields", FAULT_AT_PRODUCTS,
		"isFreeShipping, categoryName missing", .way = REPLY_WHOLE },
	[FAULT_FLOATPRICE] = { "floatprice", FAULT_AT_PRODUCTS, "prices like 12900.0",
		.way = REPLY_WHOLE },
	[FAULT_HOSTILE] = { "hostile", FAULT_AT_PRODUCTS,
		"names with quotes, tags, controls, braces", .way = REPLY_WHOLE },
	[FAULT_BIGID] = { "bigid", FAULT_AT_PRODUCTS, "ids above 2^53", .way = REPLY_WHOLE },
	[FAULT_HTTPIMAGES] = { "httpimages", FAULT_AT_PRODUCTS,
		"pictures on http://static.coupangcdn.com", .way = REPLY_WHOLE },
	[FAULT_IMAGEHTML] = { "imagehtml", FAULT_AT_PICTURE, "a page of HTML said to be JPEG",
		.status = 200, .type = "image/jpeg", .body = PAGE },
	[FAULT_IMAGEHUGE] = { "imagehuge", FAULT_AT_PICTURE, "64 MiB that begin like a JPEG",
		.status = 200, .type = "image/jpeg", .body = "\xff\xd8\xff\xe0",
		.way = REPLY_FLOOD },
	[FAULT_IMAGETRUNCATED] = { "imagetruncated", FAULT_AT_PICTURE, "half of it, then closed",
		.way = REPLY_CUT },
	[FAULT_IMAGE404] = { "image404", FAULT_AT_PICTURE, "404",
		.status = 404, .type = "text/html", .body = PAGE },
	[FAULT_IMAGELOOP] = { "imageloop", FAULT_AT_HOP, "redirects to itself", .make = make_loop },
};

const char *fault_name(enum fault_kind kind)
{
	return kind > FAULT_NONE && kind < FAULT_COUNT ? rows[kind].name : "none";
}

static enum fault_kind find(const char *name)
{
	for (int i = FAULT_NONE + 1; i < FAULT_COUNT; i++)
		if (str_eq(name, rows[i].name))
			return (enum fault_kind)i;
	return FAULT_NONE;
}

/* Cuts the text at the last C and reads the number behind it; VALUE stays if there is none. */
static bool cut_number(char *s, char c, int64_t min, int64_t max, int64_t *value)
{
	char *at = strrchr(s, c);

	if (!at)
		return true;
	*at = '\0';
	return !parse_int64(at + 1, min, max, value);
}

int fault_arm(struct fault_set *s, const char *spec, struct err *e)
{
	char name[SPEC_MAX];
	int64_t times = FAULT_FOR_EVER, percent = 100;
	enum fault_kind kind;

	if (s->count == FAULT_ARMED_MAX)
		return err_set(e, -E2BIG, "fault \"%.60s\": more than %d at once; reset first",
			spec, FAULT_ARMED_MAX);
	if (str_format(name, sizeof(name), "%s", spec) ||
			!cut_number(name, '@', 1, 100, &percent) ||
			!cut_number(name, '=', 1, INT32_MAX, &times))
		return err_set(e, -EINVAL,
			"fault \"%.60s\": write it as KIND[=TIMES][@PERCENT]", spec);
	kind = find(name);
	if (kind == FAULT_NONE)
		return err_set(e, -EINVAL,
			"fault \"%.60s\": there is no such kind; --help lists them", name);
	s->armed[s->count++] = (struct fault_armed){ kind, times, (int)percent };
	return 0;
}

static void disarm(struct fault_set *s, size_t i)
{
	s->count--;
	memmove(&s->armed[i], &s->armed[i + 1], (s->count - i) * sizeof(s->armed[0]));
}

static bool strikes(struct fault_set *s, const struct fault_armed *f)
{
	return f->percent == 100 || (int)(seed_mix(0, s->drawn++) % 100) < f->percent;
}

enum fault_kind fault_next(struct fault_set *s, enum fault_place place)
{
	for (size_t i = 0; i < s->count; i++) {
		enum fault_kind kind = s->armed[i].kind;

		if (rows[kind].place != place || !strikes(s, &s->armed[i]))
			continue;
		if (s->armed[i].left != FAULT_FOR_EVER && --s->armed[i].left == 0)
			disarm(s, i);
		s->fired++;
		return kind;
	}
	return FAULT_NONE;
}

void fault_apply(enum fault_kind kind, uint64_t serial, struct reply *r)
{
	const struct row *row = &rows[kind];

	if (kind == FAULT_NONE)
		return;
	if (row->status)
		reply_set(r, row->status, row->type, row->body);
	if (row->make)
		row->make(r, serial);
	r->way = row->way;
	r->date_off_ms = row->date_off_ms;
	r->outcome = row->name;
}

void fault_list(FILE *out)
{
	for (int i = FAULT_NONE + 1; i < FAULT_COUNT; i++)
		fprintf(out, "  %-18s %s\n", rows[i].name, rows[i].text);
}
