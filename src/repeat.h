/* SPDX-License-Identifier: MIT */
#ifndef REPEAT_H
#define REPEAT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Which lines of a log say what was just said. Of those with the same key the
 * first is written; those in the ten minutes after it are counted, and told of
 * in one line. While it goes on the time grows, up to an hour. Nothing here
 * wakes anybody: a count is told when somebody asks.
 */

/* May the line go out at NOW_MS? If not it is counted; TEXT is copied as the latest. */
bool repeat_pass(uint64_t key, int level, const char *text, int64_t now_ms);

struct repeat_told {
	int count, level; /* the worst one's */
	int64_t span_ms; /* since the line that was written */
	char *text; /* of the latest, the caller's to free() */
};

/* Takes out a count whose time is over at NOW_MS, or, with ALL, any; false if there is none. */
bool repeat_take(int64_t now_ms, bool all, struct repeat_told *ret);

/* Forgets all. */
void repeat_clear(void);

#endif
