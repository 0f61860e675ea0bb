/* SPDX-License-Identifier: MIT */
#ifndef DISK_H
#define DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "dice.h"

/*
 * The disk under SQLite: a VFS over the real one that counts every write,
 * truncation, sync and deletion, can be full for a while, and can stop at one
 * of them for good. After that nothing reaches the files any more: what a
 * killed process had still to do is not done, whatever it believes.
 */
struct disk {
	int64_t ops;    /* of this life so far */
	int64_t die_at; /* the operation that is cut off in its middle; 0 = none */
	bool dead;
	bool full;      /* most writes find no room */
	struct dice dice;
};
extern struct disk disk;

void disk_install(void);

#endif
