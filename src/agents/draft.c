/* SPDX-License-Identifier: MIT */
#include "draft.h"

enum editor_end draft_save(struct editor *e)
{
	CLEANUP_FREE char *before = NULL;
	enum editor_end end = editor_sweep(e);
	int64_t until;

	if (end != EDITOR_OK)
		return end;
	before = editor_text(e, SEL_DRAFTS);
	e->said.text[0] = '\0';
	end = editor_click_and_tell(e, SEL_SAVE, &e->save_click);
	until = editor_until(e, e->step_ms);
	while (end == EDITOR_OK) {
		CLEANUP_FREE char *now = editor_text(e, SEL_DRAFTS);

		if (*now && !str_eq(now, before))
			return EDITOR_OK;
		end = editor_sweep(e);
		if (end == EDITOR_OK && (*e->said.text || editor_ms() >= until))
			return editor_fail(e, EDITOR_UNCLEAR,
				"the editor did not say that the draft is saved%s%.200s",
				*e->said.text ? ": " : "", e->said.text);
		editor_pause(EDITOR_PAUSE_MS);
	}
	return end;
}

/* How many the editor says there are; -1 if it cannot be seen. */
static int64_t count_drafts(struct editor *e)
{
	CLEANUP_FREE char *text = editor_text(e, SEL_DRAFTS);
	int64_t n;

	return parse_int64(text, 0, 100000, &n) ? -1 : n;
}

static struct value *read_list(struct editor *e)
{
	static const enum selector which[] = { SEL_DRAFT_LIST, SEL_DRAFT };
	struct value *v = NULL;

	if (wd_run(e->wd, WD_SEEN "return seen(arguments[0]).length ?"
			"seen(arguments[1]).map(e => e.textContent) : null;",
			editor_selectors(e, which, ARRAY_LEN(which)), &v) != WD_OK)
		return NULL;
	return v;
}

struct value *draft_titles(struct editor *e, bool *whole)
{
	int64_t until, count = count_drafts(e);
	struct value *v = NULL;

	*whole = false;
	if (editor_click(e, SEL_DRAFTS) != EDITOR_OK)
		return NULL;
	/* The list may be seen before what is in it. */
	until = editor_until(e, e->step_ms);
	do {
		value_free(v);
		editor_pause(EDITOR_PAUSE_MS);
		v = read_list(e);
		*whole = value_kind(v) == VALUE_LIST && count >= 0 &&
			(int64_t)value_len(v) >= count;
	} while (!*whole && editor_ms() < until);
	if (editor_click(e, SEL_DRAFTS) == EDITOR_OK && value_kind(v) == VALUE_LIST)
		return v;
	value_free(v);
	return NULL;
}
