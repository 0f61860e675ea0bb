/* SPDX-License-Identifier: MIT */
#ifndef SEEN_H
#define SEEN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What a reader sees of a page or a text, and where the disclosure stands in it.
 * Pure; linear in the text but for style sheets (at most 256 rules that hide).
 */

/* The programme's sentence, to the letter (rules for Coupang Partners members). */
#define SEEN_DISCLOSURE \
	"이 포스팅은 쿠팡 파트너스 활동의 일환으로, 이에 따른 일정액의 수수료를 제공받습니다."

struct seen {
	char *first;          /* the first visible block's text; NULL if none yet */
	unsigned first_line;
	bool first_picture;   /* a picture stands before it */
	char *title;
	unsigned later_line;  /* the sentence in a later visible block, or 0 */
	unsigned hidden_line; /* the sentence where nobody sees it, or 0 */
	const char *hidden_why; /* static */
	unsigned veiled_line; /* the sentence with invisible characters, or 0 */
	const char *maybe;    /* conditional wording found, static, and where */
	unsigned maybe_line;
};

/*
 * Reads HTML, whole or a part. Hidden is what a style, a sheet, an attribute or
 * an element hides, and text in the colour of its background. An h1 before all
 * else is the title; menus before <article> or <main> do not count. Never NULL.
 */
struct seen *seen_html(const char *s, size_t len);

/* Plain text or Markdown: paragraphs; a first "# …" is the title. Never NULL. */
struct seen *seen_text(const char *s, size_t len);
void seen_free(struct seen *s);

/* Wording in S that leaves open whether there was money, static; NULL if none. */
const char *seen_conditional(const char *s);

/* NFC with every run of white space (no-break too) one space. New, the caller's. */
char *seen_fold(const char *s);

/* Without white space, and without invisible characters if so wanted. New. */
char *seen_squeeze(const char *s, bool drop_invisible);

/* Bytes of the invisible character (zero width, direction) at S, or 0. */
size_t seen_invisible(const char *s);

#endif
