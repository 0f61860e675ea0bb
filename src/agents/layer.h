/* SPDX-License-Identifier: MIT */
#ifndef LAYER_H
#define LAYER_H

#include "editor.h"

/* The layer with the settings of the post, which lies before the final button. */
struct layer {
	const char *category;   /* "" = as it is */
	enum selector visibility; /* SEL_ALL, … */
	const struct value *tags;
	bool later; /* else now */
	int year, month, day, hour, minute;
};

enum editor_end layer_open(struct editor *e);

/* Opens it, fills it in, and reads every field of it back. */
enum editor_end layer_fill(struct editor *e, const struct layer *l);

#endif
