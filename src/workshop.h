/* SPDX-License-Identifier: MIT */
#ifndef WORKSHOP_H
#define WORKSHOP_H

#include <stdbool.h>

#include "gates.h"
#include "render.h"
#include "util.h"
#include "value.h"

/*
 * Where posts are made and judged. What reads the outside's text does it in a
 * child process of a moment, so that a fault in there costs one post and not
 * the daemon, and so that the tables it needs are not kept for years. With
 * APART false all of it happens in this process, for tools and tests.
 */
#define WORKSHOP_MS 10000 /* longer than any honest post takes */

/*
 * As render_post(); -EIO, -ETIMEDOUT or -E2BIG if it was too much for the child,
 * -EAGAIN if the machine had no process or memory for it: the post is not to blame.
 */
int workshop_render(bool apart, const struct render_templates *t, const struct render_input *in,
	struct value **ret, struct err *e) MUST_CHECK;

/*
 * All gates; -EPERM with the first that failed in E, else as workshop_render(). A
 * child that dies passes nothing.
 */
int workshop_gates(bool apart, const struct gates_input *in, struct err *e) MUST_CHECK;

/* As render_check(). */
int workshop_check(bool apart, const struct render_templates *t, const struct config_list *lists,
	size_t n, int64_t now_ms, struct value *errors) MUST_CHECK;

#endif
