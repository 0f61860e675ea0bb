/* SPDX-License-Identifier: MIT */
#ifndef TEMPLATE_H
#define TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "util.h"
#include "value.h"

/*
 * Mustache (the specification of mustache.github.io with inheritance, without
 * lambdas and dynamic names) over a tree of values. Parsed once, rendered often.
 *
 * Where the specification leaves a choice:
 * - null, false, 0, "" and the empty list are false, as in mustache.js;
 * - a list or an object as a variable prints nothing;
 * - a name has no white space and no empty part ("a..b"); a block is given once
 *   in a parent; both are errors, for they are always slips of the pen;
 * - an empty line of a partial is not indented;
 * - a block's content sees the overrides of the template it was written in.
 */
#define TEMPLATE_TEXT_MAX (256u << 10) /* bytes of a template */
#define TEMPLATE_NEST_MAX 64           /* open sections, blocks and parents */
#define TEMPLATE_NAME_MAX 255          /* bytes of a name */
#define TEMPLATE_DEPTH_MAX 32          /* partials, parents and overrides in one another */
#define TEMPLATE_STEPS_MAX 4000000u    /* tags rendered and places looked for a name */

struct template;

typedef void template_escape(struct buf *out, const char *s, size_t len);

struct template_rules {
	template_escape *escape; /* NULL: buf_html */
	/*
	 * {{{x}}} and {{&x}} are errors unless x stands here (NULL at the end): names
	 * whose values the program itself builds as safe text. NULL: none.
	 */
	const char *const *raw_names;
	bool raw_all; /* every name; for plain text and for tests */
};

/*
 * Parses LEN bytes. NAME is the file's name in messages. RULES may be NULL: HTML
 * and no raw tags. The text is copied, RULES need not last. *RET is the
 * caller's to template_free(). -EINVAL (or -E2BIG: over TEMPLATE_TEXT_MAX) with
 * "name:line:column: what is wrong; what to do" in E, *RET untouched.
 */
int template_parse(const char *name, const char *text, size_t len,
	const struct template_rules *rules, struct template **ret, struct err *e) MUST_CHECK;
void template_free(struct template *t); /* NULL is fine */

/* The name it was parsed under; belongs to the template. */
const char *template_name(const struct template *t);

/* Finds a partial or parent by its name; NULL prints nothing, as specified. */
struct template_partials {
	const struct template *(*find)(void *ctx, const char *name);
	void *ctx;
};

/*
 * Adds the text to OUT, whose max holds. DATA and PARTIALS may be NULL. On
 * failure OUT holds a part of the text and E the line: -E2BIG over out's max or
 * TEMPLATE_STEPS_MAX, -ELOOP over TEMPLATE_DEPTH_MAX.
 */
int template_render(const struct template *t, const struct value *data,
	const struct template_partials *partials, struct buf *out, struct err *e) MUST_CHECK;

enum template_use {
	TEMPLATE_VARIABLE, /* {{x}} */
	TEMPLATE_RAW,      /* {{{x}}} {{&x}} */
	TEMPLATE_SECTION,  /* {{#x}} */
	TEMPLATE_INVERTED, /* {{^x}} */
	TEMPLATE_PARTIAL,  /* {{>x}} */
	TEMPLATE_PARENT,   /* {{<x}} */
	TEMPLATE_BLOCK,    /* {{$x}} */
};

/* A name that a template uses; the strings belong to the template. */
struct template_mention {
	const char *name; /* "product.name" */
	const char *section; /* the nearest {{#section}} around it, or NULL */
	enum template_use use;
	unsigned line;
};

/*
 * All names in the order of the text:
 *	for (size_t i = 0; template_names(t, &i, &m);)
 * False at the end.
 */
bool template_names(const struct template *t, size_t *i, struct template_mention *ret);

#endif
