/* SPDX-License-Identifier: MIT */
#ifndef WPREST_H
#define WPREST_H

#include <stdbool.h>

#include "http.h"
#include "value.h"

/*
 * A WordPress blog's REST API, asked with an application password. Routes go
 * in ?rest_route=, which works without pretty permalinks too. A call here is at
 * most one request on the wire, and its failure is put into the contract's words.
 */
struct wprest {
	char *base; /* the blog's address without a slash at its end */
	char *authorization;
	int64_t deadline_ms; /* CLOCK_BOOTTIME: nothing is asked after it */
	int64_t request_ms;  /* of one request; 0 = as long as its kind takes */
};

enum wprest_kind {
	WPREST_READ,
	WPREST_ASIDE, /* writes what no reader sees by itself: pictures, categories */
	WPREST_POST,  /* writes a post: where its end is unclear, it is "unknown" */
};

struct wprest_call {
	enum wprest_kind kind;
	const char *route; /* "/wp/v2/posts/5" */
	const char *query; /* "&slug=a", percent-encoded, or NULL */
	const struct value *send; /* sent as JSON; NULL with no file either: a GET */
	const void *file;
	size_t file_len;
	const char *file_name, *file_type; /* ASCII without quotes */
	const char *tolerate; /* an error code of WordPress' that is an answer too */
	enum value_kind wanted; /* VALUE_OBJECT or VALUE_LIST */
};

/*
 * From "config" of REQUEST and the secret "password". False with the reason in
 * ANSWER; S is to be closed either way.
 */
bool wprest_open(struct wprest *s, const struct value *request, struct value *answer);
void wprest_close(struct wprest *s);

/*
 * What was answered (the error's object where its code is the tolerated one),
 * to be freed; or NULL, ANSWER then has result and reason.
 */
struct value *wprest_ask(const struct wprest *s, const struct wprest_call *c,
	struct value *answer);

#endif
