/* SPDX-License-Identifier: MIT */
#ifndef SELECTORS_H
#define SELECTORS_H

#include "util.h"

/*
 * Where things are in a web page, kept in a file that an owner can mend:
 * "NAME = CSS selector" by lines, # at the beginning of a line for remarks.
 */
#define SELECTORS_FILE_MAX (64u << 10)
#define SELECTOR_MAX 500 /* bytes of one */

enum selector {
	SEL_FRAME, SEL_TITLE, SEL_BODY, SEL_PARAGRAPH, SEL_PLACEHOLDER, SEL_BOTTOM, SEL_COMPONENT,
	SEL_SINK,
	SEL_RESTORE, SEL_CANCEL, SEL_CONFIRM, SEL_ALERT, SEL_HELP, SEL_CAPTCHA,
	SEL_TOOL_IMAGE, SEL_TOOL_QUOTATION, SEL_TOOL_LINE, SEL_TOOL_CARD, SEL_TOOL_TABLE,
	SEL_TOOL_BOLD, SEL_TOOL_LINK, SEL_TOOL_ON,
	SEL_IMAGE_INPUT, SEL_IMAGE, SEL_PICTURE, SEL_QUOTATION, SEL_LINE,
	SEL_TABLE, SEL_CARD, SEL_LINK_INPUT, SEL_LINK_APPLY, SEL_LINK, SEL_CARD_INPUT,
	SEL_CARD_SEARCH,
	SEL_SAVE, SEL_DRAFTS, SEL_DRAFT_LIST, SEL_DRAFT,
	SEL_OPEN, SEL_LAYER, SEL_CATEGORY, SEL_CATEGORY_ITEM, SEL_ALL, SEL_NEIGHBOR, SEL_BOTH,
	SEL_PRIVATE, SEL_TAG_INPUT, SEL_TAG, SEL_NOW, SEL_LATER, SEL_DATE, SEL_DATE_YEAR,
	SEL_DATE_MONTH, SEL_DATE_NEXT, SEL_DATE_DAY, SEL_HOUR, SEL_MINUTE,
	SEL_FINAL,
	SEL_COUNT
};

/* When it can be seen. */
enum selector_when {
	SELECTOR_ALWAYS, /* in the empty editor */
	SELECTOR_LAYER,  /* once the publish layer is open */
	SELECTOR_AT_TIMES,
};

struct selectors {
	char *css[SEL_COUNT];
};

/*
 * Reads TEXT over what S has (zeroed at first); later files are laid over
 * earlier ones. 0; -EINVAL with "FILE:LINE: …" in E, S then partly changed.
 */
int selectors_read(struct selectors *s, const char *file, const char *text, size_t len,
	struct err *e) MUST_CHECK;

/* The same for a file; -ENOENT and the like with the line in E. */
int selectors_read_file(struct selectors *s, const char *file, struct err *e) MUST_CHECK;

/* 0; -ENOENT with every name that FILE (the last resort) should have had in E. */
int selectors_complete(const struct selectors *s, const char *file, struct err *e) MUST_CHECK;

void selectors_finish(struct selectors *s);

const char *selector_name(enum selector which); /* "editor.title" */
enum selector_when selector_when(enum selector which);

#endif
