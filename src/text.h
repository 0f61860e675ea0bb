/* SPDX-License-Identifier: MIT */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "util.h"

/* The door to libunistring: what only Unicode's own tables can say. */

/* Well-formed UTF-8 without NUL. */
bool text_valid(const char *s, size_t len);

/*
 * The key under which two spellings are one keyword: NFC, case folded, white
 * space trimmed and runs of it made one space. The caller free()s *RET.
 * 0; -EILSEQ if S is no UTF-8 or holds control characters; -EINVAL if nothing is left.
 */
int text_fold(const char *s, char **ret) MUST_CHECK;

/* NFC, trimmed, runs of white space made one; same failures; for display and for the API. */
int text_clean(const char *s, char **ret) MUST_CHECK;

/* Columns on a terminal: wide Korean counts two, combining marks none. */
size_t text_width(const char *s);

/* Bytes of the longest prefix of S that is whole grapheme clusters and at most COLUMNS wide. */
size_t text_prefix(const char *s, size_t columns);

/* Grapheme clusters, what a person calls characters. */
size_t text_count(const char *s);

/* Bytes of the first N grapheme clusters. */
size_t text_prefix_count(const char *s, size_t n);

#endif
