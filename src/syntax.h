/* SPDX-License-Identifier: MIT */
#ifndef SYNTAX_H
#define SYNTAX_H

#include <stddef.h>

#include "util.h"

/*
 * Whether a text has the form that libconfig takes, and if not, what to type:
 * libconfig itself only says "syntax error". It also refuses what libconfig
 * takes in silence and nobody means: a comma missing between two texts (they
 * become one), whole numbers beyond 32 bits (they are cut), a text over two
 * lines (its quote is missing), names by the thousand (quadratic).
 */
#define SYNTAX_DEPTH_MAX 32
#define SYNTAX_NAMES_MAX 200

struct syntax_fault {
	size_t line;  /* from 1 */
	size_t other; /* the line where it began or stood first; 0 = none */
	const char *other_what; /* "opened" or "first" */
	char text[256];
};

/* TEXT is NUL-terminated UTF-8. 0, or -EINVAL with the first fault in *RET. */
int syntax_check(const char *text, struct syntax_fault *ret) MUST_CHECK;

#endif
