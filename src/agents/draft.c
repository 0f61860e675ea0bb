/* SPDX-License-Identifier: MIT */
#include "draft.h"

enum editor_end draft_save(struct editor *e)
{
	CLEANUP_FREE char *before = NULL;
	enum editor_end end = editor_text(e, SEL_DRAFTS, &before);
	struct patience p;

	if (end != EDITOR_OK)
		return end;
	e->said.text[0] = '\0';
	end = editor_click_and_tell(e, SEL_SAVE, &e->save_click);
	if (end != EDITOR_OK)
		return end;
	p = editor_patience(e);
	do {
		CLEANUP_FREE char *now = NULL;

		end = editor_text(e, SEL_DRAFTS, &now);
		if (end != EDITOR_OK || (*now && !str_eq(now, before)))
			return end;
	} while (!*e->said.text && editor_wait(&p));
	return editor_fail(e, EDITOR_UNCLEAR,
		"the editor did not say that the draft is saved%s%.200s",
		*e->said.text ? ": " : "", e->said.text);
}

/* How many the editor says there are; -1 if it cannot be seen. */
static int64_t count_drafts(struct editor *e)
{
	CLEANUP_FREE char *text = NULL;
	enum editor_end end = editor_text(e, SEL_DRAFTS, &text);
	int64_t n;

	return end != EDITOR_OK || parse_int64(text, 0, 100000, &n) ? -1 : n;
}

static struct value *read_list(struct editor *e)
{
	static const enum selector which[] = { SEL_DRAFT_LIST, SEL_DRAFT };
	struct value *v;

	editor_look(e, "return seen(arguments[0]).length ?"
		"seen(arguments[1]).map(e => e.textContent) : null;",
		editor_selectors(e, which, ARRAY_LEN(which)), &v);
	return v;
}

struct value *draft_titles(struct editor *e, bool *whole)
{
	int64_t count = count_drafts(e);
	struct value *v = NULL;
	struct patience p;

	*whole = false;
	if (editor_click(e, SEL_DRAFTS) != EDITOR_OK)
		return NULL;
	/* The list may be seen before what is in it. */
	p = editor_patience(e);
	do {
		value_free(v);
		v = read_list(e);
		*whole = value_kind(v) == VALUE_LIST && count >= 0 &&
			(int64_t)value_len(v) >= count;
	} while (!*whole && editor_wait(&p));
	if (editor_click(e, SEL_DRAFTS) == EDITOR_OK && value_kind(v) == VALUE_LIST)
		return v;
	value_free(v);
	return NULL;
}
