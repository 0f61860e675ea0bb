/* SPDX-License-Identifier: MIT */
#ifndef MEMORY_H
#define MEMORY_H

/* What a process that lives for years asks of the allocator: one arena, no hoarding. */
void memory_limit(void);

/* Gives back what a load or a reload left behind. */
void memory_trim(void);

#endif
