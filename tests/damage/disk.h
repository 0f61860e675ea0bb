/* SPDX-License-Identifier: MIT */
#ifndef DISK_H
#define DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A disk for state.db and its journal that forgets, as SQLite's default VFS;
 * all other files go to the real one. What was written and not yet synced is
 * kept apart. After a cut each sector holds any of the versions that it had
 * since the last sync, the file any of its sizes, the folder its entries or
 * not, and what a file grew by may be noise.
 */
void disk_register(void);

/* An empty disk. */
void disk_reset(void);

/* The power goes before event number N from now (write, truncate, sync, create, delete). */
void disk_cut_in(int n);
bool disk_is_cut(void);
int disk_events(void);

/* The power is back; RANDOM(n) is below n and decides what survived. */
void disk_recover(unsigned (*random)(unsigned n));

/* The content of state.db as it lies there, to be looked at or spoiled; NULL if there is none. */
unsigned char *disk_state(size_t *ret_len);
/* Replaces it. */
void disk_put_state(const void *data, size_t len);

#endif
