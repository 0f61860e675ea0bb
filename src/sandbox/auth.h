/* SPDX-License-Identifier: MIT */
#ifndef AUTH_H
#define AUTH_H

#include <stdint.h>

#include "buf.h"

/*
 * The gateway's door: who may come in, and the five envelopes with which the
 * real gateway turns others away (all HTTP 401).
 */
enum auth_result {
	AUTH_OK,
	AUTH_INVALID_SIGNATURE,
	AUTH_EXPIRED,
	AUTH_HMAC_FORMAT,
	AUTH_UNKNOWN_KEY,
	AUTH_NOT_AUTHORIZED, /* no Authorization header at all */
};

struct auth_keys {
	const char *access, *secret;
	int64_t tolerance_ms; /* of signed-date, either way; 5 min is what users report */
};

struct auth_request {
	const char *header; /* Authorization, or NULL */
	const char *method;
	const char *path;   /* the bytes of the request line, percent-encoding kept */
	const char *query;  /* the same, without the question mark; "" if none */
};

/* The checks in the gateway's order: form, key, date, signature. */
enum auth_result auth_check(const struct auth_keys *k, const struct auth_request *q,
	int64_t wall_ms);

/* The envelope of a refusal; SERIAL makes the transactionId. */
void auth_envelope(enum auth_result why, uint64_t serial, struct buf *out);

/* {code, message, transactionId} with a message of one's own. */
void auth_error(const char *message, uint64_t serial, struct buf *out);

#endif
