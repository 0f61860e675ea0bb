/* SPDX-License-Identifier: MIT */
#ifndef WATCH_H
#define WATCH_H

#include "util.h"

/*
 * Waits for one file without looking at it time and again: the door to inotify(7).
 *
 * A descriptor, the caller's to close, that becomes readable when something
 * changes where PATH is or will be: in its folder, or in the nearest one above it
 * that is there. Once it is readable, look at PATH, close it and open another.
 * Negative errno if it cannot be watched for.
 */
int watch_open(const char *path) MUST_CHECK;

#endif
