/* SPDX-License-Identifier: MIT */
#ifndef ALONE_H
#define ALONE_H

#include "judge.h"
#include "tracer.h"
#include "world.h"

/* The outbox agent without a daemon, killed before each of its own calls. */
struct alone {
	struct world *world;
};

void alone_init(struct alone *a, struct world *w);
/* An outbox with one post in it, and the wish to publish a second. */
void alone_prepare(struct alone *a);
/* Publishes the second unkilled; each call is told. */
void alone_explore(struct alone *a, void (*on_call)(void *ctx, const struct tracer_call *call),
	void *ctx);
/* Killed at AT: the post is there whole or not at all, find knows, and a second time makes it whole. */
void alone_point(struct alone *a, const struct tracer_point *at, struct verdict *v,
	struct tracer_end *end);

#endif
