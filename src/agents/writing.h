/* SPDX-License-Identifier: MIT */
#ifndef WRITING_H
#define WRITING_H

#include "editor.h"

/* The post's title and blocks, each read back before the next. */

/* Is it empty? Switches bold and the like off. */
enum editor_end writing_clean(struct editor *e);

enum editor_end writing_title(struct editor *e, const char *title);

/* BLOCKS of blocks_parse(); pictures are only given their places. */
enum editor_end writing_blocks(struct editor *e, const struct value *blocks);

#endif
