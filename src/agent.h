/* SPDX-License-Identifier: MIT */
#ifndef AGENT_H
#define AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "result.h"
#include "util.h"
#include "value.h"

/*
 * One operation of one agent: a process that reads one JSON object, prints one
 * and ends (cpauto-agent(7)). What it writes to standard error goes to the log,
 * line by line, with its name. It has a time limit, and when it is over, for
 * whatever reason, our own death included, nothing of it is left running.
 */

/* Bytes of a line of its log that are kept, and lines in one run. */
#define AGENT_LINE_MAX 2000
#define AGENT_LINES_MAX 200

/* What an answer may take; a request too. */
#define AGENT_TEXT_MAX (8u << 20)

struct agent_job {
	const char *name;            /* for people and the log */
	const char *path;            /* the program; relative to our folder, or absolute */
	const struct value *request; /* with v, op, config, … */
	int64_t timeout_ms;          /* at least 1 */
	/*
	 * "NAME=FILE" ending with NULL, or NULL for none: the agent finds FILE
	 * in its environment as CPAUTO_SECRET_NAME. "access-key=/run/x" makes
	 * CPAUTO_SECRET_ACCESS_KEY=/run/x.
	 */
	const char *const *secrets;
};

/*
 * The program of agent NAME in DIR. 0; -EINVAL for a name that is empty, starts
 * with a dot or holds a slash; -ENAMETOOLONG. It need not exist.
 */
int agent_path(const char *dir, const char *name, char *buf, size_t size) MUST_CHECK;

/* {v, op, config} as cpauto-agent(7) has it, new; takes CONFIG. */
struct value *agent_request(const char *op, struct value *config);

struct agent;

/*
 * Starts JOB, of which nothing is needed afterwards. 0 with *RET the caller's;
 * or a negative errno with the line in E: nothing was started. A program that
 * is missing or cannot be executed is no failure here: the operation ends at
 * once with AGENT_BROKEN.
 */
int agent_start(const struct agent_job *job, struct agent **ret, struct err *e) MUST_CHECK;

/* One descriptor, readable when agent_dispatch() has something to do; the agent's. */
int agent_fd(const struct agent *a);

/* Does what there is to do, never waits. True once it is over. */
bool agent_dispatch(struct agent *a);

/*
 * Has everything killed now; it is over a moment later, with AGENT_UNKNOWN
 * unless it had ended well before.
 */
void agent_cancel(struct agent *a);

/* After it is over: hands the result over to the caller, to agent_result_finish(). */
void agent_take_result(struct agent *a, struct agent_result *ret);

/* NULL is fine. Kills it first if it still runs, and then may take up to 2 s. */
void agent_free(struct agent *a);

/*
 * The whole of it for those who can wait. RET is always filled in, the
 * caller's; what could not be started is AGENT_LATER.
 */
void agent_run(const struct agent_job *job, struct agent_result *ret);

#endif
