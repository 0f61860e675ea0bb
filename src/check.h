/* SPDX-License-Identifier: MIT */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>

#include "clock.h"
#include "config.h"
#include "paths.h"
#include "value.h"

/*
 * Everything that would keep cpautod from its work, found without doing any of
 * it: nothing is created, no call is made.
 */
struct check_input {
	const char *config_path;
	const struct paths *paths;
	const struct instant *now;
	bool ask_agents; /* also start each publisher's agent with its op "check" */
};

/*
 * Findings in the order they were made, a list of {level: "ok" | "warning" |
 * "error", thing, text}; the caller's. Sets the zone of the configuration.
 */
struct value *check_run(const struct check_input *in);

/* How many findings of LEVEL there are. */
size_t check_count(const struct value *findings, const char *level);

#endif
