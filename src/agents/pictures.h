/* SPDX-License-Identifier: MIT */
#ifndef PICTURES_H
#define PICTURES_H

#include "editor.h"

/* The pictures: each is given its place in the text, and comes in when that is all there. */

/* A place for the post's image SRC: an empty paragraph. One that was not fetched is left out. */
enum editor_end pictures_keep(struct editor *e, const char *src);

/* The pictures, all of them, each until the editor shows its final address. */
enum editor_end pictures_add(struct editor *e);

#endif
