/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util.h"

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

/* Read-only segments only: what relocation or the program wrote to has no file to come from. */
static int forget_object(struct dl_phdr_info *info, size_t size UNUSED, void *page)
{
	uintptr_t mask = *(const uintptr_t *)page - 1;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		if (p->p_type != PT_LOAD || p->p_flags & PF_W)
			continue;
		uintptr_t from = (info->dlpi_addr + p->p_vaddr) & ~mask;
		uintptr_t to = (info->dlpi_addr + p->p_vaddr + p->p_filesz + mask) & ~mask;
		(void)madvise((void *)from, to - from, MADV_DONTNEED);
	}
	return 0;
}

void memory_rest(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	memory_trim();
	(void)dl_iterate_phdr(forget_object, &page);
}
