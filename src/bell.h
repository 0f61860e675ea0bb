/* SPDX-License-Identifier: MIT */
#ifndef BELL_H
#define BELL_H

#include "util.h"

/*
 * The doorbell: a datagram on a Unix socket, RUNTIME/bell, that says "look into
 * the database". It carries nothing, and a ring that nobody hears is no loss.
 */

/*
 * The daemon's end, non-blocking. A socket that an earlier daemon left is
 * replaced, so the caller holds the lock of the state folder. The file
 * descriptor, or a negative errno with the line in E.
 */
int bell_listen(const char *runtime_dir, struct err *e) MUST_CHECK;

/* Takes all rings that came; how many. */
int bell_answer(int fd);

/* Closes FD and takes the socket away. */
void bell_close(int fd, const char *runtime_dir);

/* Never blocks. True if somebody listens. */
bool bell_ring(const char *runtime_dir);

#endif
