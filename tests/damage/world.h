/* SPDX-License-Identifier: MIT */
#ifndef WORLD_H
#define WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "store.h"

/*
 * The real engine and store under a clock of ours, with a server that counts
 * calls by the true time and a blog that remembers what came out, whatever the
 * daemon believes. All chance is one seed's.
 */
enum world_end {
	WORLD_FINE,
	WORLD_STOPPED, /* the store says that it is damaged: nothing is called or sent any more */
	WORLD_OVER,    /* a call over the limit, as the server counts */
	WORLD_TWICE,   /* a post for the second time */
	WORLD_OTHER,   /* anything else that must not be; the line says what */
};

void world_seed(uint64_t seed);
unsigned world_random(unsigned n);

/* A new world with its own folder under DIR. */
void world_new(const char *dir);
void world_free(void);

/* The daemon starts. FINE, STOPPED (refused: the line says why), or OTHER. */
enum world_end world_start(void);
/* It dies, and with it what it had in mind; a REBOOT too. What was being sent may get out. */
void world_die(bool reboot);
bool world_runs(void);

/* One thing happens, and then all that the daemon does at once. */
enum world_end world_go(void);
/* An eventless time: the daemon does what is due, the agents answer well, for so many hours. */
enum world_end world_calm(int hours);

/* Are all the posts, and what is published, still known? Remembers them if FIRST. */
bool world_posts_kept(bool first);

/* Where cache.db lies, and its size. */
off_t world_cache(char *path, size_t size);
/* Is it open, and does it keep what it is given? */
bool world_cache_works(void);

const char *world_line(void);
int world_calls(void);
int world_publishes(void);
int64_t world_hours(void);

#endif
