/* SPDX-License-Identifier: MIT */
#ifndef DRAFT_H
#define DRAFT_H

#include "editor.h"

/*
 * Saves it as a draft; seen by the count of drafts. Any other end with
 * save_click set: saved or not, it cannot be seen.
 */
enum editor_end draft_save(struct editor *e);

/*
 * The titles of the drafts, a list of texts, the caller's; NULL if they cannot
 * be seen. *WHOLE: they are as many as the editor says there are.
 */
struct value *draft_titles(struct editor *e, bool *whole);

#endif
