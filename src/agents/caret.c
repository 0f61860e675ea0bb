/* SPDX-License-Identifier: MIT */
#include "caret.h"

#include "content.h"

#define TRIES 4

static enum editor_end click_last_paragraph(struct editor *e)
{
	static const enum selector which[] = { SEL_BODY };
	struct value *v;
	struct wd_element at;
	enum wd_end r = wd_run(e->wd, WD_SEEN "const p = seen(arguments[0]).pop() || null;"
		"if (p) p.scrollIntoView({ block: 'center' }); return p;",
		editor_selectors(e, which, 1), &v);

	if (r == WD_OK)
		r = wd_take(v, &at) ? wd_click(e->wd, &at) : WD_NOT_FOUND;
	value_free(v);
	if (r == WD_OK)
		r = wd_press(e->wd, WD_KEY_CONTROL, WD_KEY_END);
	if (r == WD_NOT_FOUND)
		return editor_fail_selector(e, SEL_BODY);
	return editor_may_repeat(r) ? EDITOR_UNCLEAR :
		editor_fail_wd(e, r, "going to the end of the text");
}

/* Behind everything, in a paragraph of text. */
enum editor_end caret_to_end(struct editor *e)
{
	struct value *state;
	enum editor_end end = EDITOR_UNCLEAR;
	int64_t until = editor_until(e, e->step_ms);
	bool in_text;

	for (int i = 0; end == EDITOR_UNCLEAR && (i < TRIES || editor_ms() < until); i++) {
		end = editor_sweep(e);
		if (end == EDITOR_OK)
			end = content_read(e, &state);
		if (end != EDITOR_OK)
			return end;
		in_text = value_get_bool(state, "ends_in_text", false);
		e->fresh = value_get_bool(state, "fresh", false);
		value_free(state);
		e->disturbed = false;
		end = in_text ? click_last_paragraph(e) : editor_click(e, SEL_BOTTOM);
		if (end == EDITOR_OK && !in_text)
			end = EDITOR_UNCLEAR;
		if (end == EDITOR_UNCLEAR)
			editor_pause(EDITOR_PAUSE_MS);
	}
	return end != EDITOR_UNCLEAR ? end : editor_fail(e, EDITOR_LATER,
		"the caret cannot be put behind the text (\"%.200s\")", e->said.text);
}

/* Until there are N; no longer once something has popped up that may have taken the key. */
static bool wait_paragraphs(struct editor *e, int n)
{
	int64_t until = editor_until(e, e->step_ms);

	do {
		if (content_paragraphs(e) == n)
			return true;
		editor_pause(30);
		e->disturbed = false;
	} while (editor_sweep(e) == EDITOR_OK && !e->disturbed && editor_ms() < until);
	return content_paragraphs(e) == n;
}

/* A new paragraph, seen to be there: a key may get lost in a pop-up. */
enum editor_end caret_enter(struct editor *e)
{
	enum editor_end end;

	for (int i = 0; i < TRIES; i++) {
		int before;

		end = editor_sweep(e);
		if (end == EDITOR_OK && (e->disturbed || i))
			end = caret_to_end(e);
		if (end != EDITOR_OK)
			return end;
		before = content_paragraphs(e);
		if (wd_press(e->wd, 0, WD_KEY_ENTER) == WD_OK && wait_paragraphs(e, before + 1)) {
			e->fresh = true;
			return EDITOR_OK;
		}
	}
	return editor_fail(e, EDITOR_LATER, "the editor takes no new paragraph (\"%.200s\")",
		e->said.text);
}

/* As often as it takes to stand in an empty paragraph with an empty one before it. */
enum editor_end caret_begin_block(struct editor *e, bool gap)
{
	enum editor_end end = editor_sweep(e);

	if (end == EDITOR_OK && e->disturbed)
		end = caret_to_end(e);
	if (end == EDITOR_OK && !e->fresh) {
		end = caret_enter(e);
		if (end == EDITOR_OK && gap)
			end = caret_enter(e);
	}
	return end;
}
