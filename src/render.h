/* SPDX-License-Identifier: MIT */
#ifndef RENDER_H
#define RENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "util.h"
#include "value.h"

/*
 * From an answer of the API to a post. A template is NAME.mustache in HTML, in
 * the safe profile (html.h). Its first line may be a comment with the title:
 *
 *	{{! title: [[keyword]] 가격 비교 }}
 *
 * which is Mustache with [[ and ]] for {{ and }}. Files whose names start with
 * "_" are partials only. A list's own `title` is ordinary Mustache.
 *
 * The fields are in render_fields(), the table that the manual is made from.
 */
#define RENDER_TEMPLATES_MAX 200
#define RENDER_NAME_MAX 64
#define RENDER_HTML_MAX (1u << 20)
#define RENDER_PRODUCTS_MAX 100

struct render_templates;

/*
 * Reads every *.mustache of DIRS; a file in an earlier folder replaces one of
 * the same name in a later, and a folder that does not exist is empty. *RET is
 * the caller's. On failure a negative errno and in ERRORS a list of lines
 * "file:line:column: what is wrong; remedy"; *RET untouched.
 */
int render_templates_load(const char *const *dirs, size_t n, struct render_templates **ret,
	struct value *errors) MUST_CHECK;
void render_templates_free(struct render_templates *t);

/*
 * The same in two steps, for who keeps templates for years and renders in a
 * child process: the files as they are, at a tenth of the memory; and then all
 * that is not parsed yet. render_post() and render_check() do the second step
 * where it was not done.
 */
int render_templates_read(const char *const *dirs, size_t n, struct render_templates **ret,
	struct value *errors) MUST_CHECK;
int render_templates_parse(const struct render_templates *t, struct value *errors) MUST_CHECK;

bool render_templates_have(const struct render_templates *t, const char *name);
/* The names that lists may use (no partials), sorted: a list of strings, the caller's. */
struct value *render_templates_names(const struct render_templates *t);
/* The file a template came from, or NULL. */
const char *render_templates_path(const struct render_templates *t, const char *name);

struct render_input {
	const char *keyword;
	const struct config_list *list; /* limit, template, title, tags, category */
	const char *template;           /* instead of the list's; NULL for the list's */
	const struct value *products;   /* as the source agent gave them */
	const char *search_link;        /* landingUrl; NULL or "" for none */
	const char *endpoint;           /* images on its loopback host are kept; may be NULL */
	int64_t fetched_ms, now_ms;     /* wall clock */
};

/*
 * The post: {title, html, text, markdown, tags[], category, images[{src, alt,
 * width, height, product_id}], products[{id, name, short_name, table_name, price,
 * url, image?, rocket, free_shipping, category?, position, rank?}], disclosure}.
 * *RET is the caller's. -ENOENT: no such template; -ENODATA: no usable product;
 * else what the template's rendering says; the line is in E.
 */
int render_post(const struct render_templates *t, const struct render_input *in,
	struct value **ret, struct err *e) MUST_CHECK;

/* What a template sees, new; NULL if no product is usable. */
struct value *render_context(const struct render_input *in);

/* The fields for the manual: a list of {where, name, example, text}. */
struct value *render_fields(void);

/*
 * Renders every template that LISTS use, with each list's title, from sample
 * products and puts the posts through the gates. 0, or -EINVAL and in ERRORS one
 * line for each list that would never get a post out.
 */
int render_check(const struct render_templates *t, const struct config_list *lists, size_t n,
	int64_t now_ms, struct value *errors) MUST_CHECK;

#endif
