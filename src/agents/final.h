/* SPDX-License-Identifier: MIT */
#ifndef FINAL_H
#define FINAL_H

#include "editor.h"

/*
 * The one final click. EDITOR_OK: the post's number and address in ID and URL.
 * Any other end with final_click set: it is out or not, it cannot be seen;
 * EDITOR_BROKEN where a login, a captcha or a restriction has come up since.
 */
enum editor_end final_press(struct editor *e, struct buf *id, struct buf *url);

#endif
