/* SPDX-License-Identifier: MIT */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "value.h"

#define JSON_DEPTH_MAX 16
#define JSON_TEXT_MAX (8u << 20)

/*
 * Strict RFC 8259: one document, nothing after it, UTF-8 checked, no comments,
 * no NaN, no single quotes, depth at most JSON_DEPTH_MAX, no duplicate member.
 * *RET is the caller's. 0, -EINVAL with the reason and place in E, -E2BIG.
 */
int json_parse(const char *text, size_t len, struct value **ret, struct err *e) MUST_CHECK;

/* One line, or indented by two when PRETTY. Korean stays readable; control characters escaped. */
void json_print(const struct value *v, bool pretty, struct buf *out);

/* The same as a string to free(); NULL only if over JSON_TEXT_MAX. */
char *json_string(const struct value *v, bool pretty);

#endif
