/* SPDX-License-Identifier: MIT */
#ifndef STRIKE_H
#define STRIKE_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

/*
 * What becomes of an account that goes over the limit: a block, and a strike;
 * with the third the account is restricted for good. Pure.
 */
#define STRIKE_LAST 3

/* How the time in the text is written; users saw all three. */
enum strike_form {
	STRIKE_Z,    /* 2026-08-29T08:00:00.000Z */
	STRIKE_NONE, /* 2026-08-29T17:00:00: Korean time, no zone named */
	STRIKE_NANO, /* 2026-08-29T17:00:00.123456789 */
};

struct strike {
	int count;
	bool strict;           /* each call during a block is a strike of its own */
	int64_t block_ms;
	int64_t until_boot_ms; /* 0 = never blocked */
	int64_t until_wall_ms; /* the same moment for the text */
};

int strike_parse(const char *word, enum strike_form *ret); /* "z" "none" "nano" or -EINVAL */

bool strike_blocked(const struct strike *s, int64_t boot_ms);

/* A call went over the limit, or came while blocked. */
void strike_excess(struct strike *s, int64_t boot_ms, int64_t wall_ms);

/*
 * The rMessage of the refusal, as users quote it; after the third strike the
 * text says that the account is restricted and names no time.
 */
void strike_text(const struct strike *s, enum strike_form form, struct buf *out);

#endif
