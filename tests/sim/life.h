/* SPDX-License-Identifier: MIT */
#ifndef LIFE_H
#define LIFE_H

#include "agent.h"
#include "blog.h"
#include "engine.h"
#include "server.h"
#include "settings.h"
#include "sim.h"
#include "store.h"

/* What the parts of one life share: life.c, agents.c, owner.c. */

enum happening {
	EV_START,   /* systemd starts the daemon (again) */
	EV_WAKE,    /* its timer */
	EV_END,     /* the agent under way ends */
	EV_OWNER,   /* somebody looks after it */
	EV_RELOAD,  /* and changes the configuration */
	EV_SYNC,    /* time service comes back */
	EV_TROUBLE,
	EV_OTHER,   /* another program calls */
	EV_DISK,    /* there is room again */
	EV_ERA,     /* other products are found */
	EV_COUNT,
};

enum job_op { JOB_NONE, JOB_SEARCH, JOB_IMAGES, JOB_PUBLISH, JOB_FIND };

/* The agent under way. */
struct job {
	enum job_op op;
	int64_t start_ms, timeout_ms;
	struct instant started;
	struct value *request;
	/* A search: how it ends, and what came back if it did. */
	enum http_fate {
		FATE_DONE, FATE_TIMEOUT, FATE_CUT, FATE_UNREACHED, FATE_5XX, FATE_429, FATE_HTML,
		FATE_DIED,
	} fate;
	bool arrived, blocked;
	struct server_reply reply;
	int64_t reply_ms;
	/* Publishing: what the engine is told, and when it comes out (0: not at all). */
	enum agent_verdict verdict;
	int64_t exec_ms;
	bool by_id, timed_out;
	struct blog_post *post;
};

/* A request on its way to the server; JOB: the agent under way waits for the answer. */
struct arrival {
	int64_t at_ms, left_ms;
	char *authorization, *query, *keyword;
	bool clock_true, job;
};
#define ARRIVALS_MAX 16

struct life {
	const struct life_plan *plan;
	struct totals *sum;
	struct dice dice;
	struct world world;
	struct server server;
	struct blog *blog;
	struct settings settings;
	int level;       /* how often things go wrong, 0 to 100 */
	int64_t linger_ms; /* a request is counted at most so long after its agent ended */
	bool last_days;  /* no trouble any more: everything must come to its end */

	struct store *store;
	struct engine *engine;
	bool up;
	int64_t due[EV_COUNT];
	struct job job;
	struct arrival arrivals[ARRIVALS_MAX];
	int arrival_count;
	char image[256];
};

int64_t life_chance(struct life *l, int64_t n); /* dice_below() */
/* Does this go wrong, with a chance of PERCENT at the level of 100? */
bool life_wrong(struct life *l, int percent);
void life_instant(const struct life *l, struct instant *now);
/* The engine's turn: what is due now; then the timer. */
void life_turn(struct life *l);
/* Writes down a wish as the CLI does, and has it granted if the daemon can; its outcome or -1. */
int life_ask(struct life *l, const char *kind, const char *name, const char *text, int64_t post);

int agents_start(void *ctx, const struct agent_job *job, struct err *e);
/* The request reaches the server. */
void agents_arrive(struct life *l, struct arrival *a);
/* What the engine gets to hear; RET is init'ed. What the blog does is done. */
void agents_end(struct life *l, struct agent_result *ret);
/* It is killed: what is under way may still happen. */
void agents_kill(struct life *l);
void agents_forget(struct life *l);

void owner_visit(struct life *l);
/* Everything has come to its end? */
void owner_judge(struct life *l);

#endif
