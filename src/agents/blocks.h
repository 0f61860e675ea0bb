/* SPDX-License-Identifier: MIT */
#ifndef BLOCKS_H
#define BLOCKS_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "value.h"

/*
 * A post's html (safe profile) as the blocks that an editor is given one by
 * one. Pure. A list of objects:
 *   {kind: "text"|"heading"|"quote", lines: [LINE…]}
 *   {kind: "table", rows: [[LINE…]…]}   one LINE a cell
 *   {kind: "line"}
 *   {kind: "image", src}
 *   {kind: "card", url}
 * A LINE is a list of runs {text, bold, href}, the last two where they are so.
 * White space is collapsed as a browser does it; lines are never empty.
 */

/* CARDS: a card follows the first paragraph that is nothing but one link. The caller's. */
struct value *blocks_parse(const char *html, size_t len, bool cards);

/* What a reader sees of a block, a line end between lines and a tab between cells. */
void blocks_text(const struct value *block, struct buf *out);

/* As HTML for the clipboard: a <p> a line, or the <table>. BOLD: all of it. */
void blocks_html(const struct value *block, bool bold, struct buf *out);

/*
 * S without any white space, no-break and zero-width spaces and control
 * characters included: the form in which what was written and what was read back are compared.
 */
void blocks_squeeze(const char *s, struct buf *out);
bool blocks_same(const char *a, const char *b);

/* The links of BLOCK, a list of {text, href}; of runs that follow each other, one. The caller's. */
struct value *blocks_links(const struct value *block);

#endif
