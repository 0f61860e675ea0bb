/* SPDX-License-Identifier: MIT */
#ifndef DESK_H
#define DESK_H

#include <stdbool.h>

#include "clock.h"
#include "config.h"
#include "store.h"
#include "util.h"
#include "value.h"

/*
 * Where the wishes of the CLI and the page are granted or declined. Nothing but
 * the store is touched. The kinds and their arguments:
 *
 *   keyword.add, keyword.remove   {keyword, list}
 *   keyword.now                   {keyword, list?}
 *   pause, resume                 {} all, {list} or {keyword, list?}
 *   post.approve, post.retry      {post}
 *   post.reject                   {post, reason?}
 *   post.settle                   {post, as: "published" | "absent", url?}
 *   unblock                       {}
 *
 * LIST may be left out where only one list comes into question.
 */
struct desk_outcome {
	int exit_code;       /* of sysexits.h */
	char text[ERR_MAX];  /* one line for whoever asked */
	bool heads_changed;  /* the plan must be read again */
	bool source_cleared; /* blocks and waits were lifted */
};

void desk_handle(struct store *s, const struct config *c, const struct instant *now,
	const char *kind, const struct value *args, struct desk_outcome *ret);

/* What a post in STATE waits for, or what there is to do about it; static. */
const char *desk_advice(const char *state);

#endif
