/* SPDX-License-Identifier: MIT */
#ifndef HOURS_H
#define HOURS_H

#include "settings.h"

/* Milliseconds from WALL_MS until H begin, in the time zone in force; 0 within them. */
int64_t hours_wait(const struct config_hours *h, int64_t wall_ms);

#endif
