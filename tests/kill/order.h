/* SPDX-License-Identifier: MIT */
#ifndef ORDER_H
#define ORDER_H

#include "judge.h"
#include "tracer.h"
#include "world.h"

/*
 * What a power cut would leave: follows the writes and syncs of the daemon, and
 * looks, whenever an agent is about to be told to act, whether the record of the
 * act had been on the disk before the agent's process was even made.
 */
#define ORDER_DIRTY_MAX 8

struct order {
	const struct world *world;
	struct verdict *verdict;
	char dirty[ORDER_DIRTY_MAX][PATH_MAX]; /* written and not synced */
	/* As it was when the daemon last forked. */
	size_t dirty_then;
	int64_t open_then, sending_then;
	unsigned long syncs;
	unsigned acts, broken; /* that were looked at; too early */
};

void order_init(struct order *o, const struct world *w, struct verdict *v);
/* Each call of the daemon, before it is made. */
void order_call(struct order *o, const struct tracer_call *call);

#endif
