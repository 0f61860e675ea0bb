/* SPDX-License-Identifier: MIT */
#ifndef LINKS_H
#define LINKS_H

#include "editor.h"

/*
 * The links of a BLOCK of blocks_parse() that was just written: those that did
 * not survive the paste are made again with the editor's own tool.
 */
enum editor_end links_check(struct editor *e, const struct value *block);

#endif
