/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <malloc.h>

void memory_limit(void)
{
	(void)mallopt(M_ARENA_MAX, 1);
	(void)mallopt(M_TRIM_THRESHOLD, 64 * 1024);
	(void)mallopt(M_MMAP_THRESHOLD, 16 * 1024);
}

void memory_trim(void)
{
	(void)malloc_trim(0);
}
