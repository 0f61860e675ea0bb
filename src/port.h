/* SPDX-License-Identifier: MIT */
#ifndef PORT_H
#define PORT_H

#include "agent.h"
#include "util.h"

/* Where the engine ends and the outside begins. */

struct engine_port {
	/*
	 * Starts an operation of agent JOB->name and returns at once; its end
	 * comes through engine_done(). 0, or a negative errno with the reason
	 * in E if nothing was started.
	 */
	int (*start)(void *ctx, const struct agent_job *job, struct err *e);
	void *ctx;
};

/* What was done so far, for --once and for tests. */
struct engine_counts {
	int calls, calls_failed;
	int posts_made, posts_published, posts_updated, posts_waiting, posts_refused;
};

#endif
