/* SPDX-License-Identifier: MIT */
#ifndef ERRAND_H
#define ERRAND_H

#include <stdint.h>

#include "agent.h"
#include "config.h"
#include "paths.h"

/*
 * One operation of a publisher's agent that is about no post (check, login), for
 * tools that can wait for it. The members of MORE (NULL: none) go into the request.
 * RET is always filled in, the caller's.
 */
void errand_run(const struct paths *paths, const struct config_publisher *p, const char *op,
	int64_t timeout_ms, const struct value *more, struct agent_result *ret);

#endif
