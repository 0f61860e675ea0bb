/* SPDX-License-Identifier: MIT */
#ifndef BUF_H
#define BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util.h"

/*
 * A growing string with a declared maximum. Going over it is remembered: the
 * buffer then keeps what it has, takes no more, and buf_failed() says so, so a
 * caller may add in sequence and look once at the end.
 */
struct buf {
	char *data;   /* NUL-terminated once anything was added; else NULL */
	size_t len;   /* without the NUL */
	size_t size;  /* allocated */
	size_t max;   /* of len */
	bool failed;
};

void buf_init(struct buf *b, size_t max);
void buf_finish(struct buf *b);
void buf_reset(struct buf *b);

void buf_add(struct buf *b, const void *data, size_t len);
void buf_str(struct buf *b, const char *s); /* NULL adds nothing */
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);

/* & < > " ' as entities; control characters other than tab and newline dropped. */
void buf_html(struct buf *b, const char *s, size_t len);

/* RFC 3986 percent-encoding: all but A-Z a-z 0-9 - . _ ~ (space is %20). */
void buf_percent(struct buf *b, const char *s, size_t len);

/* RFC 4648 base64, padded, on one line. */
void buf_base64(struct buf *b, const void *data, size_t len);

void buf_truncate(struct buf *b, size_t len);
bool buf_failed(const struct buf *b);

/* The text, never NULL; belongs to the buffer. */
const char *buf_cstr(const struct buf *b);

/* Hands the text over (free() it) and empties the buffer; NULL if it failed. */
char *buf_steal(struct buf *b);

#endif
