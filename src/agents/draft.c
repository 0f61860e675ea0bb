/* SPDX-License-Identifier: MIT */
#include "draft.h"

enum editor_end draft_save(struct editor *e)
{
	CLEANUP_FREE char *before = NULL;
	enum editor_end end = editor_sweep(e);
	int64_t end_ms;

	if (end != EDITOR_OK)
		return end;
	before = editor_text(e, SEL_DRAFTS);
	e->said.text[0] = '\0';
	end = editor_click_and_tell(e, SEL_SAVE, &e->save_click);
	end_ms = editor_ms() + e->step_ms;
	while (end == EDITOR_OK) {
		CLEANUP_FREE char *now = editor_text(e, SEL_DRAFTS);

		if (*now && !str_eq(now, before))
			return EDITOR_OK;
		end = editor_sweep(e);
		if (end == EDITOR_OK && (*e->said.text || editor_ms() >= end_ms))
			return editor_fail(e, EDITOR_UNCLEAR,
				"the editor did not say that the draft is saved%s%.200s",
				*e->said.text ? ": " : "", e->said.text);
		editor_pause(EDITOR_PAUSE_MS);
	}
	return end;
}

struct value *draft_titles(struct editor *e)
{
	static const enum selector which[] = { SEL_DRAFT_LIST, SEL_DRAFT };
	struct value *v = NULL;

	if (editor_click(e, SEL_DRAFTS) != EDITOR_OK)
		return NULL;
	/* An empty list that is seen is an answer, but not the first one: it may be on its way. */
	for (int i = 0; i < 15 && !value_len(v); i++) {
		value_free(v);
		editor_pause(EDITOR_PAUSE_MS);
		if (wd_run(e->wd, WD_SEEN "return seen(arguments[0]).length ?"
				"seen(arguments[1]).map(e => e.textContent) : null;",
				editor_selectors(e, which, ARRAY_LEN(which)), &v) != WD_OK)
			v = NULL;
	}
	if (editor_click(e, SEL_DRAFTS) == EDITOR_OK && value_kind(v) == VALUE_LIST)
		return v;
	value_free(v);
	return NULL;
}
