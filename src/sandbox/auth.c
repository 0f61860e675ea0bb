/* SPDX-License-Identifier: MIT */
#include "auth.h"

#include <ctype.h>

#include "clock.h"
#include "seed.h"
#include "sign.h"
#include "util.h"

#define KEY_MAX 128

static const char *const messages[] = {
	[AUTH_INVALID_SIGNATURE] = "Invalid signature.",
	[AUTH_EXPIRED] = "Specified signature is expired.",
	[AUTH_HMAC_FORMAT] = "HMAC format is invalid.",
	[AUTH_UNKNOWN_KEY] =
		"Unknown error occurred, please contact api-gateway channel for the details.",
	[AUTH_NOT_AUTHORIZED] = "Request is not authorized.",
};

static const char unauthorized_texts[] = ",\n"
	"  \"messages\": {\n"
	"    \"korean\": \"미인증된 요청은 허용되지 않습니다. 클라이언트의 정보가 정상적으로 설정되어 있는지 "
	"확인 부탁드립니다. (CMDB, 컨수머 토큰 또는 HMAC)\",\n"
	"    \"english\": \"Unauthorized request is denied. Check if the client's credential "
	"meets the requirements (CMDB, consumer token or HMAC).\"\n"
	"  }";

static void add_envelope(const char *message, const char *more, uint64_t serial, struct buf *out)
{
	uint64_t a = seed_mix(serial, 1), b = seed_mix(serial, 2);

	buf_printf(out, "{\n  \"code\": \"ERROR\",\n  \"message\": \"%s\",\n"
		"  \"transactionId\": \"%08x-%04x-4%03x-%04x-%012llx\"%s\n}\n", message,
		(unsigned)(a >> 32), (unsigned)(a >> 16) & 0xffff, (unsigned)a & 0xfff,
		(unsigned)(b >> 48 & 0x3fff) | 0x8000, (unsigned long long)(b & 0xffffffffffff),
		more);
}

void auth_error(const char *message, uint64_t serial, struct buf *out)
{
	add_envelope(message, "", serial, out);
}

void auth_envelope(enum auth_result why, uint64_t serial, struct buf *out)
{
	add_envelope(messages[why], why == AUTH_NOT_AUTHORIZED ? unauthorized_texts : "",
		serial, out);
}

/* Cuts `NAME=value` off the front of *S; a comma and one space part the fields. */
static bool take_field(const char **s, const char *name, char *value, size_t size, bool last)
{
	const char *start = *s, *end;

	if (!str_starts(start, name))
		return false;
	start += strlen(name);
	end = last ? start + strlen(start) : strstr(start, ", ");
	if (!end || (size_t)(end - start) >= size)
		return false;
	memcpy(value, start, (size_t)(end - start));
	value[end - start] = '\0';
	*s = last ? end : end + 2;
	return *value && !strpbrk(value, ", ");
}

struct fields {
	char algorithm[16], access[KEY_MAX], date[SIGN_DATE_LEN + 1], signature[SIGN_HEX_LEN + 1];
};

static bool read_fields(const char *s, struct fields *f)
{
	return take_field(&s, "CEA algorithm=", f->algorithm, sizeof(f->algorithm), false) &&
		take_field(&s, "access-key=", f->access, sizeof(f->access), false) &&
		take_field(&s, "signed-date=", f->date, sizeof(f->date), false) &&
		take_field(&s, "signature=", f->signature, sizeof(f->signature), true) &&
		str_eq(f->algorithm, "HmacSHA256");
}

static int two_digits(const char *s)
{
	return (s[0] - '0') * 10 + s[1] - '0';
}

/* yyMMddTHHmmssZ; false if it has another form or names no moment. */
static bool read_date(const char *s, int64_t *ret)
{
	struct date d = { 0 };
	char again[SIGN_DATE_LEN + 1];

	if (strlen(s) != SIGN_DATE_LEN)
		return false;
	for (int i = 0; i < SIGN_DATE_LEN; i++)
		if (i == 6 ? s[i] != 'T' : i == 13 ? s[i] != 'Z' : !isdigit((unsigned char)s[i]))
			return false;
	d.year = 2000 + two_digits(s);
	d.month = two_digits(s + 2);
	d.day = two_digits(s + 4);
	d.hour = two_digits(s + 7);
	d.minute = two_digits(s + 9);
	d.second = two_digits(s + 11);
	*ret = clock_wall_utc(&d);
	/* "32 January" was normalised, so it does not read back the same. */
	sign_date(*ret, again);
	return str_eq(s, again);
}

/* Raw Korean in the request line never fits: the gateway signs what it encodes itself. */
static bool is_ascii(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

enum auth_result auth_check(const struct auth_keys *k, const struct auth_request *q,
	int64_t wall_ms)
{
	char want[SIGN_HEX_LEN + 1];
	struct fields f;
	int64_t at;

	if (!q->header)
		return AUTH_NOT_AUTHORIZED;
	if (!read_fields(q->header, &f) || !read_date(f.date, &at))
		return AUTH_HMAC_FORMAT;
	if (!sign_equal(f.access, k->access))
		return AUTH_UNKNOWN_KEY;
	if (at - wall_ms > k->tolerance_ms || wall_ms - at > k->tolerance_ms)
		return AUTH_EXPIRED;
	if (!is_ascii(q->path) || !is_ascii(q->query) ||
			sign_message(k->secret, f.date, q->method, q->path, q->query, want) ||
			!sign_equal(want, f.signature))
		return AUTH_INVALID_SIGNATURE;
	return AUTH_OK;
}
