/* SPDX-License-Identifier: MIT */
#ifndef KEYWORDS_H
#define KEYWORDS_H

#include <stddef.h>
#include <stdint.h>

#include "report.h"
#include "util.h"

/* The keywords of one list while they are gathered: cleaned, each once. */
#define KEYWORDS_FILE_MAX ((size_t)256 << 20)

struct keywords {
	char **items;
	size_t count, size;
	struct keyword_slot *slots; /* hash table of their folded forms */
	size_t slot_count;
	size_t limit; /* no more than these */
	size_t dropped; /* duplicates */
	struct place first_dropped; /* its file must outlive this */
	bool full;
};

void keywords_init(struct keywords *k, size_t limit);
void keywords_finish(struct keywords *k);

/* Adds S; what is wrong with it goes to R, a duplicate is dropped and counted. */
void keywords_add(struct keywords *k, const char *s, struct place at, struct report *r);

/*
 * Adds the lines of PATH; '#' begins a comment line; a BOM and the line ends of
 * Windows are no matter. AT is where the file was named. PATH must outlive K.
 */
void keywords_add_file(struct keywords *k, const char *path, struct place at, struct report *r);

/* Hands the list over: free() each and the list. */
char **keywords_steal(struct keywords *k, size_t *count);

#endif
