/* SPDX-License-Identifier: MIT */
#ifndef REPLY_H
#define REPLY_H

#include <stdint.h>

#include "buf.h"

/* What is to be sent back, and in which manner. */
enum reply_way {
	REPLY_WHOLE,
	REPLY_CUT,   /* all of the length promised, half of it sent, closed */
	REPLY_DRIP,  /* a byte at a time */
	REPLY_NEVER, /* the connection stays open and silent */
	REPLY_CLOSE, /* closed without a byte */
	REPLY_FLOOD, /* the body, then filler up to REPLY_FLOOD_BYTES, chunked */
};

#define REPLY_BODY_MAX (16u << 20)
#define REPLY_FLOOD_BYTES (64u << 20)
#define REPLY_LOCATION_MAX 512

struct reply {
	int status;
	const char *type;    /* Content-Type; static */
	char location[REPLY_LOCATION_MAX]; /* "" = none */
	struct buf body;
	enum reply_way way;
	int64_t date_off_ms; /* added to the Date header */
	const char *outcome; /* a word for the log; static */
};

void reply_init(struct reply *r); /* 200, JSON, empty */
void reply_finish(struct reply *r);

/* Drops the body and the rest and answers STATUS with TYPE (NULL: JSON) and TEXT. */
void reply_set(struct reply *r, int status, const char *type, const char *text);

/* {"rCode": "400", "rMessage": …, "data": null} with HTTP 200, as the API refuses. */
void reply_refuse(struct reply *r, const char *code, const char *message);

#endif
