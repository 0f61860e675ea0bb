/* SPDX-License-Identifier: MIT */
#include "sign.h"

#include <errno.h>
#include <sysexits.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "buf.h"
#include "clock.h"

#define MESSAGE_MAX (64u << 10)
#define DIGEST_LEN 32

static void to_hex(const unsigned char digest[DIGEST_LEN], char out[SIGN_HEX_LEN + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST_LEN; i++) {
		out[2 * i] = digits[digest[i] >> 4];
		out[2 * i + 1] = digits[digest[i] & 15];
	}
	out[SIGN_HEX_LEN] = '\0';
}

int sign_message(const char *secret, const char *date, const char *method, const char *path,
	const char *query, char out[SIGN_HEX_LEN + 1])
{
	unsigned char digest[DIGEST_LEN];
	size_t digest_len = 0;
	struct buf message;
	int r = -EIO;

	buf_init(&message, MESSAGE_MAX);
	buf_str(&message, date);
	buf_str(&message, method);
	buf_str(&message, path);
	buf_str(&message, query);
	if (!buf_failed(&message) &&
			EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, secret, strlen(secret),
				(const unsigned char *)buf_cstr(&message), message.len,
				digest, sizeof(digest), &digest_len) &&
			digest_len == sizeof(digest)) {
		to_hex(digest, out);
		r = 0;
	}
	buf_finish(&message);
	return r;
}

void sign_date(int64_t wall_ms, char out[SIGN_DATE_LEN + 1])
{
	struct date d;
	char text[SIGN_DATE_LEN + 1];

	clock_date_utc(wall_ms, &d);
	if (str_format(text, sizeof(text), "%02u%02u%02uT%02u%02u%02uZ",
			(unsigned)d.year % 100, (unsigned)d.month % 100, (unsigned)d.day % 100,
			(unsigned)d.hour % 100, (unsigned)d.minute % 100, (unsigned)d.second % 100))
		text[0] = '\0';
	memcpy(out, text, sizeof(text));
}

char *sign_header(const char *access_key, const char *secret, const char *date,
	const char *method, const char *path, const char *query)
{
	char signature[SIGN_HEX_LEN + 1];

	if (sign_message(secret, date, method, path, query, signature))
		return NULL;
	return xasprintf("CEA algorithm=HmacSHA256, access-key=%s, signed-date=%s, signature=%s",
		access_key, date, signature);
}

bool sign_equal(const char *a, const char *b)
{
	size_t len = strlen(a);

	return len == strlen(b) && CRYPTO_memcmp(a, b, len) == 0;
}

void sign_sha256(const void *data, size_t len, char out[SIGN_HEX_LEN + 1])
{
	unsigned char digest[DIGEST_LEN] = { 0 };

	/* This fails only without memory or without OpenSSL's own provider. */
	if (!EVP_Q_digest(NULL, "SHA256", NULL, data, len, digest, NULL)) {
		fprintf(stderr, _("<3>OpenSSL made no SHA-256: memory is short, or libssl3 must be "
			"installed anew\n"));
		_exit(EX_OSERR);
	}
	to_hex(digest, out);
}
