/* SPDX-License-Identifier: MIT */
#ifndef REPORT_H
#define REPORT_H

#include <stddef.h>

#include "util.h"
#include "value.h"

/* What was found wrong in a configuration, line by line, each with its place. */
#define REPORT_MAX 20

struct place {
	const char *file;
	size_t line; /* from 1; 0 = the file as a whole */
};

struct report {
	struct value *errors; /* a list, the caller's */
	struct value *warnings;
	size_t count; /* of errors, also of those that were not kept */
	int weather;  /* a negative errno where the machine is to blame and no file; else 0 */
};

/*
 * Adds "file:line: text". Control characters show as '?'. Errors beyond
 * REPORT_MAX are only counted, as are warnings.
 */
void report_error(struct report *r, struct place at, const char *fmt, ...) PRINTF(3, 4);
/* The same where reading failed with ERROR, a negative errno. */
void report_weather(struct report *r, struct place at, int error, const char *fmt, ...)
	PRINTF(4, 5);
void report_warning(struct report *r, struct place at, const char *fmt, ...) PRINTF(3, 4);

/* Says how many errors were not kept, if any. */
void report_close(struct report *r);

#endif
