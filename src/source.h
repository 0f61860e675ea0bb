/* SPDX-License-Identifier: MIT */
#ifndef SOURCE_H
#define SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "report.h"
#include "util.h"

/*
 * The text of a configuration with its includes put in place, and where each
 * line came from. libconfig's own @include ends the process when it is given a
 * folder, knows no absolute paths and no cycles; so it never sees one.
 */
#define SOURCE_BYTES_MAX ((size_t)64 << 20)
#define SOURCE_DEPTH_MAX 10
#define SOURCE_FILES_MAX 1000

struct source {
	struct buf text;
	struct source_part *parts;
	size_t part_count, part_size;
	char **files; /* absolute */
	size_t file_count;
};

/* Reads PATH (absolute). 0, or a negative errno with the reason in R. */
int source_load(struct source *s, const char *path, struct report *r) MUST_CHECK;
void source_finish(struct source *s);

/* Where line LINE (from 1) of the text stands; the file name belongs to S. */
struct place source_place(const struct source *s, size_t line);

/*
 * Opens a regular file for reading: no folder, no pipe that would make us wait.
 * A descriptor, or a negative errno with the remedy in R for AT. World-writable
 * is a warning.
 */
int source_open(const char *path, size_t max, struct place at, struct report *r) MUST_CHECK;

/* PATH, absolute, taken from the folder of the file BESIDE; the caller's to free(). */
char *source_resolve(const char *path, const char *beside);

#endif
