/* SPDX-License-Identifier: MIT */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util.h"

/*
 * The only door to the clocks. Everything else is handed a struct instant.
 * Durations and ages within a boot use boot_ms (CLOCK_BOOTTIME: it goes on in
 * suspend and no clock step moves it); wall_ms is for dates and for people.
 */
#define BOOT_ID_LEN 36
struct instant {
	int64_t wall_ms; /* since 1970, UTC */
	int64_t boot_ms; /* since boot */
	char boot_id[BOOT_ID_LEN + 1];
	bool synced; /* the kernel's clock was synchronised */
};

/*
 * Fills in NOW. Where /proc does not tell the boot's id (ProcSubset=pid), it is
 * $CPAUTO_BOOT_ID, which the unit sets (%b of systemd.unit(5)). For tests, the
 * environment may shift the clocks by whole milliseconds: CPAUTO_TEST_WALL_OFFSET,
 * CPAUTO_TEST_BOOT_OFFSET, and replace CPAUTO_TEST_BOOT_ID and CPAUTO_TEST_SYNCED
 * (0 or 1).
 */
void clock_now(struct instant *now);

/* Its boot_ms alone. */
int64_t clock_boot_ms(void);

/* A date in the zone that clock_set_zone() chose. */
struct date {
	int year, month, day; /* month and day from 1 */
	int hour, minute, second;
	int weekday; /* 0 = Sunday */
	int offset_s; /* east of UTC */
};

/*
 * "Asia/Seoul" and the like. 0, or -ENOENT if the system does not know the zone
 * (Asia/Seoul is known without the tzdata package).
 */
int clock_set_zone(const char *zone) MUST_CHECK;

void clock_date(int64_t wall_ms, struct date *ret);
/* The inverse; day and hour may overflow ("day 32") and are normalised. */
int64_t clock_wall(const struct date *d);
void clock_date_utc(int64_t wall_ms, struct date *ret);
int64_t clock_wall_utc(const struct date *d);

/* Room for the longest of the formats below. */
#define CLOCK_TEXT_MAX 40
void clock_format_time(int64_t wall_ms, char buf[CLOCK_TEXT_MAX]);  /* 14:32 */
void clock_format_stamp(int64_t wall_ms, char buf[CLOCK_TEXT_MAX]); /* 2026-11-23 14:32:05 */
void clock_format_rfc3339(
	int64_t wall_ms, char buf[CLOCK_TEXT_MAX]); /* 2026-11-23T14:32:05+09:00 */

#endif
