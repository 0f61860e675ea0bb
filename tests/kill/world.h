/* SPDX-License-Identifier: MIT */
#ifndef WORLD_H
#define WORLD_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracer.h"

/*
 * All that one run of the daemon touches: its folders, its configuration, the
 * stand-in server, and the time, which is shifted instead of waited for.
 */
#define WORLD_MINUTE INT64_C(60000)
#define WORLD_HOUR (60 * WORLD_MINUTE)
#define WORLD_CALLS 2 /* of the budget, in one hour: scarce, so that one too many shows */
#define WORLD_CALLS_MAX 256

enum boot {
	BOOT_SAME,
	BOOT_SYNCED,   /* the machine was started anew, and knows the time */
	BOOT_UNSYNCED, /* it does not */
	BOOT_COUNT,
};

struct world_server {
	const char *url, *log;
	long read; /* bytes of the log that were counted */
};

struct world_call {
	int64_t at_ms; /* as the shifted clock had it */
	bool refused;
};

struct world {
	char base[PATH_MAX], root[PATH_MAX]; /* root is base/world */
	char program[PATH_MAX], cli[PATH_MAX];
	struct world_server servers[2];
	int server;
	const char *preload; /* into the daemon; NULL: nothing */
	int64_t off_ms, boot_off_ms;
	enum boot boot;
	bool again; /* after the first run: another boot, if it is one */
	struct world_call calls[WORLD_CALLS_MAX];
	size_t call_count;
};

/* Makes the folders; BUILD is where the programs are, absolute. */
void world_init(struct world *w, const char *base, const char *build);
/* A path in it; static, the last four stay. */
const char *world_path(const struct world *w, const char *name);

/* Empties the world, and sets the time. */
void world_clear(struct world *w);
/* The world is kept under NAME, or is again as it was kept. */
void world_keep(const struct world *w, const char *name);
void world_restore(struct world *w, const char *name);

/* A folder and all in it, anew. */
void world_copy(const char *from, const char *to);

/* The configuration: AGENT publishes, LISTS as it stands in the file. */
void world_configure(const struct world *w, const char *file, const char *agent,
	const char *lists);
void world_write(const struct world *w, const char *name, const char *text);

/* The machine goes down and up; what the clocks say is by w->boot. */
void world_boot(struct world *w);

/* What is run: the daemon, with --once or without, or cpauto with words, or an agent. */
struct world_run {
	bool once;
	const char *const *words;    /* of cpauto; NULL: another program */
	const char *agent, *request; /* its name, and a file; it says its answer into another */
};

/* A run that is traced, and perhaps killed. What it asked of the server is counted. */
void world_trace(struct world *w, const struct world_run *run, struct tracer_job *job,
	struct tracer_end *end);
/* One that is left alone. Its exit status, -1 if a signal ended it or it never ended. */
int world_run(struct world *w, const struct world_run *run);
/* Counts what the server got since. */
void world_count(struct world *w);
/* What the server got by now is not ours. */
void world_skip(struct world *w);
/* The server forgets what it counted. */
void world_reset_server(struct world *w);

/* The most calls in any window of one hour. */
size_t world_most(const struct world *w);

/* Now, by the shifted clock. */
int64_t world_now(const struct world *w);

void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
