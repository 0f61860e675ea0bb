/* SPDX-License-Identifier: MIT */
#ifndef SIM_H
#define SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "clock.h"
#include "dice.h"
#include "limits.h"
#include "util.h"

/*
 * The simulator. One seed makes one chain of lives; a life is a year of one
 * daemon in a world of accidents. Everything is decided by the seed's dice, so
 * what happened once happens again.
 */

/* ---- what is deliberately broken, to see that it is noticed (--break=) ------------ */

enum sabotage {
	BREAK_NONE,
	BREAK_SEND_TIME,      /* a token counts from the send, not from the end */
	BREAK_RECORD_AFTER,   /* a call is on disk only after it was made */
	BREAK_FORGET_CALLS,   /* the ledger does not survive a restart */
	BREAK_TRUST_CLOCK,    /* any clock counts as synchronised */
	BREAK_RETRY_BLOCKED,  /* a refusal for too many calls is tried again like an error */
	BREAK_FORGET_BLOCK,   /* a block does not survive a restart */
	BREAK_STALE_DATE,     /* requests are signed with a date of an hour ago */
	BREAK_SEND_AGAIN,     /* what was being sent in a crash is sent again */
	BREAK_UNKNOWN_IS_NO,  /* a time-out of a publisher counts as "nothing happened" */
	BREAK_LOSE_POST,      /* a post that is ready does not survive a restart */
	BREAK_NO_DISCLOSURE,  /* the sentence is left out on the way */
	BREAK_WRONG_HOURS,    /* the engine's time of day is eight hours off */
	BREAK_NO_PACE,        /* when a publisher last published is forgotten */
	BREAK_END,
};
const char *sabotage_name(enum sabotage s);
enum sabotage sabotage_find(const char *name); /* BREAK_END: no such name */

/* ---- the story: what happened, line by line --------------------------------------- */

struct story {
	FILE *file;      /* every line goes there, or NULL */
	bool verbose;    /* and to standard output */
	uint64_t digest; /* FNV-1a over all lines */
	uint64_t seed;
	int life;
	int64_t step;
	int64_t at_ms;
	const char *replay; /* the options that choose the same again */
	bool broken;        /* a promise was, in this life */
	char promise[16];
};
extern struct story story;

/* One line: "life.step seconds text". */
void tell(const char *fmt, ...) PRINTF(1, 2);

/*
 * A promise (limit, once, disclosure, standing) is broken: says so with the
 * seed, the step and the way to see it again. The first of a life counts.
 */
void broken(const char *promise, const char *fmt, ...) PRINTF(2, 3);

/* ---- time -------------------------------------------------------------------------- */

struct world {
	int64_t now_ms;    /* the truth: the server's clock */
	int64_t booted_ms; /* when this boot began, in truth */
	int64_t boot_base_ms;
	int drift_ppm;     /* how fast this machine's clocks run */
	int64_t wall_error_ms;
	bool synced;
	int boots;
	int64_t odd_ms;    /* when the wall clock was last wrong or stepped; 0 = never */
};

void world_init(struct world *w, int64_t now_ms, struct dice *d);
void world_instant(const struct world *w, struct instant *now);
int64_t world_wall(const struct world *w);
/* A new boot at this moment, with a clock that is right and in step, or wrong, or neither. */
void world_boot(struct world *w, struct dice *d);
/* The wall clock jumps by up to a day either way; it is not in step then. */
void world_step(struct world *w, struct dice *d);
/* Time service is back. */
void world_sync(struct world *w, struct dice *d);
/* True if the wall clock told the truth all the time since then. */
bool world_true_since(const struct world *w, int64_t since_ms);

/* ---- the parts ----------------------------------------------------------------------- */

struct totals {
	int64_t lives, steps, broken;
	int64_t days;
	int64_t calls, rejections, blocks, others, crashes, boots, suspends, clock_steps;
	int64_t reloads, disk_days, publishes, late, posts_out, parked, refused, finds, drafts;
	int64_t conflicts, lost_answers, expired, owner;
};

struct life_plan {
	uint64_t seed;
	int life;
	int64_t days;
	enum sabotage sabotage;
	int64_t until_step; /* 0 = to the end */
	int64_t crash_at;   /* the one store write at which it dies; 0 = by chance */
	bool calm;          /* no other accidents than that */
	bool harsh;         /* as much demand and as many accidents as there can be */
};

/* One life of the whole daemon; false if a promise broke. */
bool life_run(const struct life_plan *plan, struct totals *sum);
/* Writes to the store in the last life: the steps at which crash_at can be. */
int64_t life_writes(void);

/* The pure budget alone; false if the limit broke. *RET_CALLS were made. */
bool pure_run(uint64_t seed, int64_t years, enum sabotage sabotage, int64_t *ret_calls);

/* The table of limiters against servers; false if ours is rejected where it must not be. */
bool policies_run(uint64_t seed, int64_t days);

#endif
