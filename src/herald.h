/* SPDX-License-Identifier: MIT */
#ifndef HERALD_H
#define HERALD_H

#include <stdbool.h>
#include <stdint.h>

#include "agent.h"
#include "clock.h"
#include "config.h"
#include "log.h"
#include "port.h"
#include "store.h"

/*
 * Tells people what happens, and hears what they reply, beside the engine and
 * without ever being in its way: one agent at a time through a port of its own,
 * and what fails here is a line in the log. What is to be told is kept in the
 * store until it was delivered, which may be twice. It never waits.
 */
struct herald;

struct herald_setup {
	struct store *store;         /* borrowed */
	const struct config *config; /* borrowed, until herald_reload() */
	struct engine_port port;
	const char *credentials_dir; /* NULL: none; copied */
	void (*clock)(struct instant *now); /* clock_now(), or a test's */
};

struct herald *herald_new(const struct herald_setup *setup, const struct instant *now);
void herald_free(struct herald *h);

/* CONFIG is in force from now on; nobody is left alone any more. */
void herald_reload(struct herald *h, const struct config *config, const struct instant *now);

/* Keeps a line of the log for those who want to be told of it; a log_watch. */
void herald_note(void *herald, enum log_level level, const struct log_fields *f,
	const char *text);

/*
 * Starts what is due, if nothing of it is under way. Returns after how many
 * milliseconds there will be something to do, INT64_MAX for "when something happens".
 */
int64_t herald_step(struct herald *h, const struct instant *now);
bool herald_busy(const struct herald *h);

/* The operation that was started has ended. RESULT stays the caller's. */
void herald_done(struct herald *h, const struct agent_result *result, const struct instant *now);

/* 32 hex digits for one post, and what of them is kept; for tests. */
#define HERALD_TOKEN_LEN 32
void herald_digest(const char *token, const char *notifier, const char *chat,
	char out[]);

#endif
