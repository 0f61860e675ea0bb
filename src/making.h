/* SPDX-License-Identifier: MIT */
#ifndef MAKING_H
#define MAKING_H

#include "agent.h"

struct engine;

/* From a planned post to one that is ready or waits for its owner (work.h). */

/* Renders a planned post, or asks for its answer anew. */
int making_try_render(struct engine *e) MUST_CHECK;

/* Images, then the gates, of a rendered one. */
int making_try_finish(struct engine *e) MUST_CHECK;

/* The fetching of images has ended. */
int making_done(struct engine *e, const struct agent_result *res) MUST_CHECK;

#endif
