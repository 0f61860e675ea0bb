/* SPDX-License-Identifier: MIT */
#ifndef WORK_H
#define WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "clock.h"
#include "config.h"
#include "log.h"
#include "plan.h"
#include "port.h"
#include "render.h"
#include "secrets.h"
#include "store.h"

/*
 * What the parts of the engine share: the engine itself, and what each of them
 * needs. Only engine.c, asking.c, making.c and sending.c include this. A try_
 * function returns 1 if it did something, 0 if there is nothing to do now, or
 * a negative errno of the store's; a _done function 0 or such an errno.
 */
#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

/* How soon an unclear post is looked for. */
#define FIND_FIRST_MS MINUTE_MS

enum action {
	ACTION_NONE,
	ACTION_SEARCH,
	ACTION_IMAGES,
	ACTION_PUBLISH,
	ACTION_FIND,
};

struct engine_list {
	int64_t id;
	const struct config_list *config;
};

struct engine {
	struct store *store;
	struct config *config;
	struct render_templates *templates;
	struct engine_port port;
	char *image_dir, *credentials_dir, *account;
	bool apart, look_for_keys;

	/* The lists as the plan sees them, and beside each what it is. */
	struct plan_list *plan;
	struct engine_list *lists;
	size_t list_count;

	struct instant now; /* of this turn */
	int64_t wake_ms;    /* the least wait that anybody asked for in this turn */

	/* What is under way. */
	enum action action;
	int64_t call_id, post_id;
	struct store_keyword keyword;

	/* A full disk or a busy database: nothing until then. */
	int64_t store_wait_until;
	char store_trouble[ERR_MAX];
	bool fatal;

	/* What a person was told in this process already. */
	bool told_keys, told_clock;
	/* Of this turn, the file of a secret that is waited for; NULL if none. */
	char *awaits;

	int64_t expire_boot_ms, clamp_boot_ms;
	bool block_watched; /* a block may be there whose end is to be told */

	/* For the status: the next call, on the wall clock; 0 = none in sight. */
	int64_t next_call_ms;
	char next_keyword[256];
	int64_t next_due_ms; /* while nothing is due: when something is; 0 = never */

	struct engine_counts counts;
};

/* In so many milliseconds there will be something to do. */
void work_wake_in(struct engine *e, int64_t wait_ms);

/* The list's configuration, or NULL if it has none any more. */
const struct config_list *work_list(const struct engine *e, const char *name);

const char *work_id(int64_t id, char buf[24]);

/* For the log: what ROW of a post tells, in BUF, which it must not outlive; nor ROW. */
struct work_fields {
	struct log_fields fields;
	char id[24];
};
const struct log_fields *work_fields(
	struct work_fields *buf, enum event event, const struct value *row);

/* Reads what the store knows of each list; of one list, its head. */
int work_load_plan(struct engine *e) MUST_CHECK;
int work_load_head(struct engine *e, int64_t list_id) MUST_CHECK;

/* The file that has to come, or to be mended. */
void work_await(struct engine *e, const char *path);

/* Hands an operation to the port; ACTION is under way then. REQUEST stays the caller's. */
int work_start(struct engine *e, enum action action, const char *agent,
	const struct value *request, int64_t timeout_ms, const struct secrets *secrets,
	struct err *err) MUST_CHECK;

/*
 * What it means that work_start() failed with ERROR: AGENT_BROKEN where a person
 * must mend it, AGENT_LATER where the machine was short of something.
 */
enum agent_verdict work_not_started(int error);
struct value *work_source_config(const struct engine *e);
int64_t work_source_timeout(const struct engine *e);

/* The cached answer, new, if it is not older than ttl (and not from the future); -ENOENT if not. */
int work_fresh_answer(struct engine *e, const char *folded, int64_t *ret_fetched_ms,
	struct value **ret) MUST_CHECK;

/*
 * The row of the post in STATE whose turn it is, of one PUBLISHER unless NULL: 1
 * with *RET the caller's, 0 if there is none, or a negative errno.
 */
int work_next_post(struct engine *e, const char *state, const char *publisher, struct value **ret)
	MUST_CHECK;

/* How long ago the state was restored from a backup, by the clock of budget.h; INT64_MAX: never. */
int work_restored_age(struct engine *e, int64_t *ret) MUST_CHECK;

/* The post does not go out, for WHY; POST is its row. */
int work_refuse(struct engine *e, const struct value *post, const char *why) MUST_CHECK;

/* Refused for an ERROR of its own; with -EAGAIN the post stays, and waits a minute. */
int work_stop(struct engine *e, const struct value *post, int error, const char *why) MUST_CHECK;
/* The post object as gates and publishers see it, new: the row's texts put back in. */
struct value *work_whole_post(const struct value *row);

/* Every gate; 0, or as workshop_gates() with the reason in ERR. */
int work_pass_gates(struct engine *e, const struct value *row, struct err *err) MUST_CHECK;

#endif
