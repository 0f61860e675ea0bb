/* SPDX-License-Identifier: MIT */
#ifndef SHOW_H
#define SHOW_H

#include "buf.h"
#include "settings.h"
#include "value.h"

/*
 * The effective configuration: as libconfig text with "# file:line" or
 * "# default" behind each value, or as JSON (with "origins"). The text can be
 * loaded again and gives the same. No secret is in it: config_load() refuses
 * secrets in the file itself.
 */
void show_print(const struct config *c, struct buf *out);
struct value *show_value(const struct config *c);

/*
 * The table itself, for the manual, the sample and the tests: a list of
 * {path, type, default, min, max, unit, choices, example, text}; a path is
 * "budget.calls" or "lists.[].every"; no default = must be given. Caller's.
 */
struct value *show_options(void);

#endif
