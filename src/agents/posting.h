/* SPDX-License-Identifier: MIT */
#ifndef POSTING_H
#define POSTING_H

#include "room.h"
#include "value.h"

/* Can POST, whose html is BLOCKS, be taken at all? Told without a browser; else it is refused. */
bool posting_ok(const struct value *post, const struct value *blocks, struct value *answer);

/* Writes it into the editor of an entered room, saves it, and publishes it where that is set. */
void posting_run(struct room *r, const struct value *post, const struct value *blocks,
	struct value *answer);

#endif
