/* SPDX-License-Identifier: MIT */
#ifndef SIGN_H
#define SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "util.h"

/* The door to OpenSSL: the signature of the Coupang Partners API (HMAC-SHA256). */

#define SIGN_HEX_LEN 64
#define SIGN_DATE_LEN 14 /* yyMMddTHHmmssZ */

/*
 * Lower-case hex of HMAC-SHA256(secret, date + METHOD + path + query), the
 * query without its question mark. 0 or -EIO.
 */
int sign_message(const char *secret, const char *date, const char *method, const char *path,
	const char *query, char out[SIGN_HEX_LEN + 1]) MUST_CHECK;

/* The signed-date form of a moment: UTC, two-digit year. */
void sign_date(int64_t wall_ms, char out[SIGN_DATE_LEN + 1]);

/*
 * The value of the Authorization header; the caller free()s it after wiping.
 * NULL on failure.
 */
char *sign_header(const char *access_key, const char *secret, const char *date,
	const char *method, const char *path, const char *query);

/* Equal in constant time? */
bool sign_equal(const char *a, const char *b);

/* Lower-case hex of SHA-256. */
void sign_sha256(const void *data, size_t len, char out[SIGN_HEX_LEN + 1]);

#endif
