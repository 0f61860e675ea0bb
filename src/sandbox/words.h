/* SPDX-License-Identifier: MIT */
#ifndef WORDS_H
#define WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "draw.h"

/*
 * What is known of a keyword: how such products are called, what they cost and
 * look like. Lists are texts with | between the items. All makers are made up.
 */
struct words {
	const char *word;       /* to be found in the keyword, spaces left out; NULL = fallback */
	const char *category;   /* as the programme's categories are called */
	const char *makers;
	const char *traits;     /* before the keyword in a name: "저소음" */
	const char *facts;      /* behind it: "1.7L" */
	const char *variants;   /* colours and the like */
	int low, high;          /* KRW */
	enum draw_shape shape;
};

/* The row with the longest word in KEYWORD; the fallback if none fits. */
const struct words *words_find(const char *keyword);

/* Item N of a list (N wraps around), not NUL-terminated. */
const char *words_item(const char *list, uint64_t n, size_t *len);
size_t words_count(const char *list);

#endif
