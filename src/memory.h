/* SPDX-License-Identifier: MIT */
#ifndef MEMORY_H
#define MEMORY_H

/* What a process that lives for years asks of the allocator: one arena, no hoarding. */
void memory_limit(void);

/* Gives back what a load or a reload left behind. */
void memory_trim(void);

/*
 * For a process that is about to sleep for long: the heap is trimmed, and the
 * stack below the caller and the pages of program and libraries that nothing
 * has written to are let go. These stay in the kernel's page cache as long as
 * there is room, and the next use maps them again (about 0.3 ms for a whole turn
 * of the engine). Breakpoints of a debugger stand in such pages and go with
 * them. For the main thread alone.
 */
void memory_rest(void);

#endif
