/* SPDX-License-Identifier: MIT */
#ifndef API_H
#define API_H

#include <stdbool.h>
#include <stdint.h>

#include "clock.h"
#include "fault.h"
#include "limiter.h"
#include "reply.h"
#include "strike.h"
#include "util.h"

/*
 * The stand-in for the Coupang Partners API: requests and the time in, replies
 * out; no socket in here. What counts: every request with a valid signature to
 * a call that exists, when it is received, whatever is then answered.
 */
struct api_config {
	const char *access_key, *secret;
	int64_t tolerance_ms;       /* of signed-date */
	enum limiter_kind limiter;
	int calls;
	int64_t window_ms;
	int64_t block_ms;           /* from a strike until the time in its text */
	bool strict_block;
	enum strike_form form;
	int drift_percent;
	const char *replay;         /* a folder, or NULL */
	const char *log;            /* a file to append to, or NULL */
	struct fault_set faults;    /* armed from the start */
};

struct api_request {
	const char *method;
	const char *target; /* path and query as they stood in the request line */
	const char *authorization; /* or NULL */
	const char *body;
	size_t body_len;
	struct instant at;
};

struct api;

/* C must outlive it. BASE is "http://127.0.0.1:PORT". NULL with the line in E. */
struct api *api_new(const struct api_config *c, const char *base, struct err *e);
void api_free(struct api *a);

/* R was init'ed. */
void api_answer(struct api *a, const struct api_request *q, struct reply *r);

/* Is the target one of the API's own (and not a picture or a control)? */
bool api_is_call(const char *target);

#endif
