/* SPDX-License-Identifier: MIT */
#ifndef POSTING_H
#define POSTING_H

#include "room.h"
#include "value.h"

/* Is POST, whose html is BLOCKS, within the editor's limits? Else it is refused. */
bool posting_ok(const struct value *post, const struct value *blocks, struct value *answer);

/*
 * Writes it, with the pictures of the room's album, into the editor of an entered
 * room, saves it, and publishes it where that is set.
 */
void posting_run(struct room *r, const struct value *post, const struct value *blocks,
	struct value *answer);

#endif
