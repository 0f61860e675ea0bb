/* SPDX-License-Identifier: MIT */
#ifndef JUDGE_H
#define JUDGE_H

#include "world.h"

/* What became of the promises; each line of TEXT is one that was broken. */
enum promise { PROMISE_LIMIT, PROMISE_ONCE, PROMISE_STANDING, PROMISE_COUNT };

struct verdict {
	unsigned broken[PROMISE_COUNT];
	char text[4096];
};

struct wanted {
	int posts;   /* of each keyword */
	int updates; /* of posts that are out, of all keywords together */
	bool parked; /* may be: nobody can know */
	bool outbox; /* the folders are the truth; else the file that the publisher keeps */
};

/* A line for people; who says it counts it. */
void judge_say(struct verdict *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void judge_break(struct verdict *v, enum promise p, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Is everything done that will be: nothing is under way, nothing is due? */
bool judge_done(const struct world *w, const struct wanted *want);

/* Is there a picture that no row names? It may stay until the cache is next cleaned. */
bool judge_left(const struct world *w);

/* All of it, once everything is done and nothing runs. */
void judge_world(const struct world *w, const struct wanted *want, struct verdict *v);

/* The outbox alone: KEYS of COUNT posts, each whole, once, and in both lists. */
void judge_outbox(const struct world *w, const char *const *keys, size_t count, struct verdict *v);

/* The first column of the first row of a question to state.db in DIR; -1 if it cannot be asked. */
int64_t judge_number(const char *dir, const char *sql);

/* Changes state.db as SQL says: what a test makes up. */
void judge_edit(const struct world *w, const char *sql);

#endif
