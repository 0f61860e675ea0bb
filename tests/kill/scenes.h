/* SPDX-License-Identifier: MIT */
#ifndef SCENES_H
#define SCENES_H

#include "judge.h"
#include "world.h"

/* What the killed program is in the middle of. */
enum how {
	HOW_ONCE,   /* cpautod --once */
	HOW_RELOAD, /* cpautod, SIGHUP with another configuration, SIGTERM */
	HOW_CLI,    /* cpauto posts approve 1 */
};

struct scene {
	const char *name;
	const char *agent; /* the publisher: outbox or counting */
	char mode;         /* of the counting one */
	enum how how;
	const char *lists, *lists_after; /* the second after the reload */
	int64_t at_ms;     /* when the killed run is */
	void (*prepare)(struct world *w); /* from the empty world, unkilled; NULL: nothing */
	bool approve;      /* a person approves what waits */
	bool strike;       /* the server's limit is lower than ours */
	struct wanted want;
};

extern const struct scene scenes[];
extern const size_t scene_count;

/* A fault on purpose: the counting publisher puts out everything twice. */
void scenes_set_twice(void);

/* The world as it is before the killed run; kept under the scene's name. */
void scene_prepare(struct world *w, const struct scene *s);
/* As it was kept, at the time of the killed run. */
void scene_enter(struct world *w, const struct scene *s);
struct world_run scene_run(const struct scene *s);

/* Runs until everything is done, as a person and systemd would; the daemon's last exit status. */
int scene_settle(struct world *w, const struct scene *s);

#endif
