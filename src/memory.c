/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util.h"

/* What glibc hoards: so many freed pieces of each size, and no larger ones (16 bytes apart). */
#define HOARDED 7
#define HOARDED_MAX 1032
#define SMALLEST 24
/* More than the deepest calls of a turn take. */
#define STACK_MAX (256 * 1024)

void memory_limit(void)
{
	(void)mallopt(M_ARENA_MAX, 1);
	(void)mallopt(M_MXFAST, 0); /* what is freed joins what is free beside it */
	(void)mallopt(M_TRIM_THRESHOLD, 64 * 1024);
	(void)mallopt(M_MMAP_THRESHOLD, 16 * 1024);
}

/*
 * glibc keeps the last freed pieces of each small size where they lay, and one
 * of them holds a whole page. It gives them up in no other way than this: had
 * once more, cut down to the smallest size and freed, their rest joins what is
 * free around it. With another allocator this does nothing, and does no harm.
 */
static void unhoard(void)
{
	void *held[HOARDED + 1];
	for (size_t size = HOARDED_MAX; size > SMALLEST; size -= 16) {
		for (size_t i = 0; i < ARRAY_LEN(held); i++)
			held[i] = malloc(size);
		for (size_t i = 0; i < ARRAY_LEN(held); i++) {
			void *cut = held[i] ? realloc(held[i], SMALLEST) : NULL;
			free(cut ? cut : held[i]);
		}
	}
}

void memory_trim(void)
{
	unhoard();
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

/*
 * What deeper calls wrote below is never read again. One page stays for this
 * frame and the calls from here; past the stack's end nothing is mapped.
 */
static __attribute__((noinline)) void forget_stack(uintptr_t page)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	uintptr_t end = (here & ~(page - 1)) - page;
	(void)madvise((void *)(end - STACK_MAX), STACK_MAX, MADV_DONTNEED);
}

void memory_rest(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	memory_trim();
	forget_stack(page);
	(void)dl_iterate_phdr(forget_object, &page);
}
