/* SPDX-License-Identifier: MIT */
#ifndef ERRAND_H
#define ERRAND_H

#include <stdint.h>

#include "agent.h"
#include "config.h"
#include "paths.h"

/* Whose agent is asked: a publisher's, or that of one of the events. Borrowed. */
struct errand_whom {
	const char *name, *agent;
	const struct value *settings;
};

#define ERRAND_WHOM(p) (&(const struct errand_whom){ (p)->name, (p)->agent, (p)->settings })

/*
 * One operation of an agent that is about no post (check, login, notify), for
 * tools that can wait for it. The members of MORE (NULL: none) go into the request.
 * RET is always filled in, the caller's.
 */
void errand_run(const struct paths *paths, const struct errand_whom *whom, const char *op,
	int64_t timeout_ms, const struct value *more, struct agent_result *ret);

#endif
