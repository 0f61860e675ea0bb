/* SPDX-License-Identifier: MIT */
#include "caret.h"

#include "content.h"

#define TRIES 4
#define ENTERS_MAX 4 /* at once */

static enum editor_end click_last_paragraph(struct editor *e)
{
	static const enum selector which[] = { SEL_BODY };
	enum editor_end end = editor_tap(e, "return seen(arguments[0]).pop() || null;",
		editor_selectors(e, which, 1), "going to the end of the text");
	enum wd_end r;

	if (end != EDITOR_OK)
		return end;
	r = wd_press(e->wd, WD_KEY_CONTROL, WD_KEY_END);
	return editor_may_repeat(r) ? EDITOR_UNCLEAR :
		editor_fail_wd(e, r, "going to the end of the text");
}

/* Behind everything, in a paragraph of text. */
enum editor_end caret_to_end(struct editor *e)
{
	struct patience p = editor_patience(e);
	enum editor_end end = EDITOR_UNCLEAR;
	bool in_text;

	for (int i = 0; end == EDITOR_UNCLEAR && (!i || editor_wait(&p) || i < TRIES); i++) {
		end = content_look(e);
		if (end != EDITOR_OK)
			return end;
		in_text = value_get_bool(e->state, "ends_in_text", false);
		e->fresh = value_get_bool(e->state, "fresh", false);
		e->disturbed = false;
		end = in_text ? click_last_paragraph(e) : editor_click(e, SEL_BOTTOM);
		if (end == EDITOR_OK && !in_text)
			end = EDITOR_UNCLEAR;
	}
	return end != EDITOR_UNCLEAR ? end : editor_fail(e, EDITOR_LATER,
		"the caret cannot be put behind the text (\"%.200s\")", e->said.text);
}

/* Until there are N; no longer once something has popped up that may have taken a key. */
static enum editor_end wait_paragraphs(struct editor *e, int n)
{
	struct patience p = editor_patience(e);

	e->disturbed = false;
	do {
		enum editor_end end = content_look(e);

		if (end != EDITOR_OK || content_number(e, "paragraphs") == n)
			return end;
	} while (!e->disturbed && editor_wait(&p));
	return EDITOR_UNCLEAR;
}

/* In one request. EDITOR_UNCLEAR: not all of them, it may be. */
static enum editor_end press_enter(struct editor *e, int n)
{
	char keys[3 * ENTERS_MAX + 1] = "";

	for (int i = 0; i < n && i < ENTERS_MAX; i++)
		memcpy(keys + 3 * i, "\xee\x80\x87", 4);
	return !*keys || wd_type(e->wd, keys) == WD_OK ? EDITOR_OK : EDITOR_UNCLEAR;
}

/* New paragraphs, seen to be there: a key may get lost in a pop-up. */
enum editor_end caret_enter(struct editor *e, int n)
{
	int wanted = -1;

	for (int i = 0; i < TRIES; i++) {
		enum editor_end end = content_be_seen(e);

		if (end == EDITOR_OK && wanted < 0)
			wanted = content_number(e, "paragraphs") + n;
		if (end == EDITOR_OK && (e->disturbed || i))
			end = caret_to_end(e);
		if (end != EDITOR_OK)
			return end;
		end = press_enter(e, wanted - content_number(e, "paragraphs"));
		if (end == EDITOR_OK)
			end = wait_paragraphs(e, wanted);
		if (end == EDITOR_OK)
			e->fresh = true;
		if (end != EDITOR_UNCLEAR)
			return end;
	}
	return editor_fail(e, EDITOR_LATER, "the editor takes no new paragraph (\"%.200s\")",
		e->said.text);
}

/* As often as it takes to stand in an empty paragraph with an empty one before it. */
enum editor_end caret_begin_block(struct editor *e, bool gap)
{
	enum editor_end end = content_be_seen(e);

	if (end == EDITOR_OK && e->disturbed)
		end = caret_to_end(e);
	if (end == EDITOR_OK && !e->fresh)
		end = caret_enter(e, gap ? 2 : 1);
	return end;
}
