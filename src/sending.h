/* SPDX-License-Identifier: MIT */
#ifndef SENDING_H
#define SENDING_H

#include "agent.h"
#include "config.h"

struct engine;

/* From a ready post to one that is out, and what is between (work.h). */

/* The next post of a publisher that may publish now. */
int sending_try_publish(struct engine *e) MUST_CHECK;

/* Looks for a post of which nobody knows whether it is out. */
int sending_try_settle(struct engine *e) MUST_CHECK;

/* Publishing has ended, or finding has; ROW is the post's, P NULL if it is gone. */
int sending_publish_done(struct engine *e, const struct value *row,
	const struct config_publisher *p, const struct agent_result *res) MUST_CHECK;
int sending_find_done(struct engine *e, const struct value *row, const struct agent_result *res)
	MUST_CHECK;

/*
 * The publishers that are left alone for a while or until a person comes, new;
 * and, once that is taken back for all of them, a line for each.
 */
int sending_held(struct engine *e, struct value **ret) MUST_CHECK;
void sending_tell_released(const struct value *held);

#endif
