/* SPDX-License-Identifier: MIT */
#ifndef ASKING_H
#define ASKING_H

#include "agent.h"

struct engine;

/* The life of a call: from a keyword that is due to a planned post (work.h). */

/* A block whose time is over: says so, once. */
int asking_try_unblock(struct engine *e) MUST_CHECK;

/* The next keyword that needs a call, if one may leave. */
int asking_try_call(struct engine *e) MUST_CHECK;

/* A keyword that is due and whose answer is cached: it costs no call. */
int asking_try_look(struct engine *e) MUST_CHECK;

/* The search that was under way has ended. */
int asking_done(struct engine *e, const struct agent_result *res) MUST_CHECK;

#endif
