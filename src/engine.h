/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_H
#define ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent.h"
#include "clock.h"
#include "config.h"
#include "port.h"
#include "render.h"
#include "store.h"
#include "util.h"

/*
 * The life of a call and of a post. One action at a time, each recorded before
 * and after; what talks to the outside is handed to a port, which the daemon
 * fills with real agents and a test with whatever it likes. The engine never
 * waits and never asks for the time.
 */
struct engine;

struct engine_setup {
	struct store *store;          /* borrowed */
	struct config *config;        /* the engine's from then on */
	struct render_templates *templates; /* the engine's from then on */
	struct engine_port port;
	const char *image_dir;        /* exists; copied */
	const char *credentials_dir;  /* NULL: none; copied */
	const char *account;          /* whose keys they are (paths.h); NULL: ""; copied */
	bool apart;                   /* render and judge in children (workshop.h) */
	bool look_for_keys;           /* before a call is counted for an agent without them */
};

/*
 * Brings the stored lists in line with the configuration and ends what a dead
 * daemon left open: its calls ended now, its posts are unknown. 0 or a
 * negative errno of the store's with the line in E; SETUP's objects are the
 * engine's only on success.
 */
int engine_new(const struct engine_setup *setup, const struct instant *now, struct engine **ret,
	struct err *e) MUST_CHECK;
void engine_free(struct engine *e);

/*
 * Does all that is due now, until an agent is under way or nothing is left.
 * Returns after how many milliseconds there will be something to do, INT64_MAX
 * for "when something happens".
 */
int64_t engine_step(struct engine *e, const struct instant *now);

/* The operation that was started has ended. RESULT stays the caller's. */
void engine_done(struct engine *e, const struct agent_result *result, const struct instant *now);

/* An operation is under way. */
bool engine_busy(const struct engine *e);

/*
 * The store is lost to us (damaged, or the disk failed): nothing more will be
 * called or published, and only a new start can help. The line for the log.
 */
const char *engine_fatal(const struct engine *e);

/*
 * Takes the new configuration and templates in place of the old ones, and
 * clears what was waiting for a person (a wrong key, a broken publisher).
 * On failure the old ones stay and the new ones are the caller's.
 */
int engine_reload(struct engine *e, struct config *config, struct render_templates *templates,
	const struct instant *now, struct err *err) MUST_CHECK;

/* The configuration in force, the engine's, until the next reload. */
const struct config *engine_config(const struct engine *e);

/* When the next call is made, as far as can be told; 0: none is in sight. */
int64_t engine_next_call(const struct engine *e);

/*
 * The file that a call or a publisher waits for, NULL if none: step again once it
 * is there or has changed. The engine's, until the next step.
 */
const char *engine_awaits(const struct engine *e);

/*
 * One line for systemctl status: "4 of 10 calls left, next at 14:32 for
 * '무선 청소기'; 3 posts waiting for approval".
 */
#define ENGINE_STATUS_MAX 480
void engine_status(struct engine *e, const struct instant *now, char out[ENGINE_STATUS_MAX]);

/* What was done so far, for --once and for tests. */
struct engine_counts engine_counts(const struct engine *e);

#endif
