/* SPDX-License-Identifier: MIT */
#ifndef CARET_H
#define CARET_H

#include "editor.h"

/* Where the next thing goes: behind all that is there. */

/* Behind everything, in a paragraph of text. */
enum editor_end caret_to_end(struct editor *e);

/* N new paragraphs, at most 4, seen to be there: a key may get lost in a pop-up. */
enum editor_end caret_enter(struct editor *e, int n);

/* Into an empty paragraph at the end, with GAP behind another empty one. */
enum editor_end caret_begin_block(struct editor *e, bool gap);

#endif
