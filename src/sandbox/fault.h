/* SPDX-License-Identifier: MIT */
#ifndef FAULT_H
#define FAULT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "reply.h"
#include "util.h"

/* How the server can be told to misbehave. Pure. */
enum fault_kind {
	FAULT_NONE,
	/* at the gate: the call is turned away before it is counted */
	FAULT_INVALID_SIGNATURE,
	FAULT_EXPIRED,
	FAULT_HMAC_FORMAT,
	FAULT_UNKNOWN_KEY,
	FAULT_NOT_AUTHORIZED,
	FAULT_HTML403,
	FAULT_CLOSE,
	/* of the API: the call is counted, then answered like this */
	FAULT_429,
	FAULT_500,
	FAULT_503,
	FAULT_RCODE400,
	FAULT_EMPTYOBJECT,
	FAULT_NOTJSON,
	FAULT_BADJSON,
	FAULT_DEEPJSON,
	FAULT_HUGEBODY,
	FAULT_TRUNCATED,
	FAULT_SLOW,
	FAULT_STALL,
	FAULT_CLOSE_AFTER,
	FAULT_BADDATE,
	FAULT_REDIRECT,
	/* of the products: a good answer with something odd in it */
	FAULT_EMPTY,
	FAULT_DUPLICATES,
	FAULT_NOFIELDS,
	FAULT_FLOATPRICE,
	FAULT_HOSTILE,
	FAULT_BIGID,
	FAULT_HTTPIMAGES,
	/* of pictures */
	FAULT_IMAGEHTML,
	FAULT_IMAGEHUGE,
	FAULT_IMAGETRUNCATED,
	FAULT_IMAGE404,
	FAULT_IMAGELOOP,
	FAULT_COUNT,
};

enum fault_place {
	FAULT_AT_GATE,
	FAULT_AT_API,
	FAULT_AT_PRODUCTS,
	FAULT_AT_HOP,     /* /image1/TOKEN, which redirects */
	FAULT_AT_PICTURE, /* /cdn/TOKEN */
};

#define FAULT_ARMED_MAX 64
#define FAULT_FOR_EVER (-1)

/* Faults that are armed; the first of a place that fires, in order of arming. */
struct fault_set {
	struct fault_armed {
		enum fault_kind kind;
		int64_t left; /* FAULT_FOR_EVER, or how many times still */
		int percent;
	} armed[FAULT_ARMED_MAX];
	size_t count;
	uint64_t drawn;  /* numbers drawn for the percentages: the same on every run */
	uint64_t fired;
};

const char *fault_name(enum fault_kind kind);

/* "KIND[=N][@PERCENT]". 0 or -EINVAL, -E2BIG with the remedy in E. */
int fault_arm(struct fault_set *s, const char *spec, struct err *e) MUST_CHECK;

/* The fault that strikes this time at PLACE, or FAULT_NONE. Uses one up. */
enum fault_kind fault_next(struct fault_set *s, enum fault_place place);

/*
 * Makes R what the fault wants; for faults of products, which the catalogue
 * knows, nothing. R already holds the good answer. SERIAL varies what may vary.
 */
void fault_apply(enum fault_kind kind, uint64_t serial, struct reply *r);

/* The table for --help: one line for each kind. */
void fault_list(FILE *out);

#endif
