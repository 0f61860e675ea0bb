/* SPDX-License-Identifier: MIT */
#ifndef LOOP_H
#define LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "util.h"

/*
 * The door to sd-event and sd_notify: what the daemon waits for, and what it
 * tells the service manager. Nothing here wakes the machine on its own but the
 * watchdog, where the unit asks for one.
 */
struct loop;
struct loop_source;

/* A callback may free any source, its own too, and may end the loop. */
typedef void loop_fn(void *ctx);

/* 0 with *RET the caller's, or a negative errno with the line in E. */
int loop_new(struct loop **ret, struct err *e) MUST_CHECK;

/* Frees the sources that are left, too; NULL is fine. */
void loop_free(struct loop *l);

/* Runs until loop_exit(); its CODE, or a negative errno of the loop's own. */
int loop_run(struct loop *l) MUST_CHECK;
void loop_exit(struct loop *l, int code);

/*
 * A timer, off at first, that fires once each time it is set. It may be up to
 * ACCURACY_MS late so that wake-ups fall together; 0 is as exact as can be. It
 * counts on CLOCK_BOOTTIME, so that time in suspend counts too; that needs no
 * privilege, and does not wake a suspended machine. The source is the
 * caller's to loop_source_free(). Negative errno on failure.
 */
int loop_timer(struct loop *l, int64_t accuracy_ms, loop_fn *fn, void *ctx,
	struct loop_source **ret) MUST_CHECK;

/* In so many milliseconds; 0 or less: as soon as the loop runs; INT64_MAX: never. */
void loop_timer_in(struct loop_source *timer, int64_t ms);

/* When CLOCK_BOOTTIME (struct instant's boot_ms, where no test shifts it) is there. */
void loop_timer_at(struct loop_source *timer, int64_t boot_ms);
void loop_timer_off(struct loop_source *timer);

/* FN whenever FD is readable, or hung up. FD stays the caller's and outlives the source. */
int loop_io(struct loop *l, int fd, loop_fn *fn, void *ctx, struct loop_source **ret) MUST_CHECK;

/*
 * FN for each signal SIG (SIGTERM, SIGHUP, …), which is blocked from now on.
 * The source is the loop's.
 */
int loop_signal(struct loop *l, int sig, loop_fn *fn, void *ctx) MUST_CHECK;

void loop_source_free(struct loop_source *s); /* NULL is fine */

/*
 * Answers the service manager's watchdog, if it set one for us, as long as the
 * loop turns. 1 if so, 0 if there is none, or a negative errno.
 */
int loop_watchdog(struct loop *l) MUST_CHECK;

/*
 * What systemd is told: nothing is sent if it is not there. A status goes out
 * only when it differs from the last one. loop_notify_reloading() is to be
 * followed by loop_notify_ready().
 */
void loop_notify_ready(struct loop *l);
void loop_notify_status(struct loop *l, const char *fmt, ...) PRINTF(2, 3);
void loop_notify_reloading(struct loop *l);
/* Why it does not work, from a program that ends for it, and may have no loop yet. */
void loop_notify_failure(const char *why);
void loop_notify_stopping(struct loop *l);

#endif
