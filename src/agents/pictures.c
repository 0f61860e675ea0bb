/* SPDX-License-Identifier: MIT */
#include "pictures.h"

#include "caret.h"
#include "content.h"
#include "kit.h"

static const char *path_of(const struct editor *e, const char *src)
{
	for (size_t i = 0; i < value_len(e->images); i++)
		if (str_eq(value_get_string(value_at(e->images, i), "src", NULL), src))
			return value_get_string(value_at(e->images, i), "path", NULL);
	return NULL;
}

/* A place for a picture: an empty paragraph. It comes when the text is there. */
enum editor_end pictures_keep(struct editor *e, const char *src)
{
	const char *path = path_of(e, src);
	enum editor_end end;
	struct value *spot;

	if (!path) {
		kit_log(4, "a picture was not fetched and is left out: %.300s", src);
		return EDITOR_OK;
	}
	end = caret_begin_block(e, false);
	if (end != EDITOR_OK)
		return end;
	spot = value_new_object();
	value_set_string(spot, "path", path);
	value_set_int(spot, "at", content_paragraphs(e) - 1);
	value_append(e->spots, spot);
	return caret_enter(e);
}

static enum editor_end click_spot(struct editor *e, int at)
{
	static const enum selector which[] = { SEL_BODY };
	struct value *args = editor_selectors(e, which, 1), *v;
	struct wd_element p;
	enum wd_end r;

	value_append(args, value_new_int(at));
	/* The tool would open a window for files, which nobody could close. */
	r = wd_run(e->wd, WD_SEEN "const p = seen(arguments[0])[arguments[1]] || null;"
		"HTMLInputElement.prototype.click = function () {"
		"  if (this.type !== 'file') HTMLElement.prototype.click.call(this); };"
		"if (p) p.scrollIntoView({ block: 'center' }); return p;", args, &v);
	if (r == WD_OK)
		r = wd_take(v, &p) ? wd_click(e->wd, &p) : WD_NOT_FOUND;
	value_free(v);
	return editor_may_repeat(r) ? EDITOR_UNCLEAR :
		editor_fail_wd(e, r, "going to a picture's place");
}

/* The image is in when there is one more and its address is the final one. */
static enum editor_end wait_picture(struct editor *e, int wanted)
{
	int64_t until = editor_until(e, e->step_ms);
	struct value *state;
	enum editor_end end;

	e->said.text[0] = '\0';
	do {
		bool there;

		end = content_read(e, &state);
		there = content_number(state, "pictures") == wanted &&
			content_number(state, "final") == wanted;
		value_free(state);
		if (end != EDITOR_OK || there)
			return end;
		editor_pause(EDITOR_PAUSE_MS);
		end = editor_sweep(e);
	} while (end == EDITOR_OK && !*e->said.text && editor_ms() < until);
	if (end != EDITOR_OK)
		return end;
	return *e->said.text ?
		editor_fail(e, EDITOR_LATER, "a picture was not taken: %.200s", e->said.text) :
		editor_fail(e, EDITOR_LATER, "a picture was not taken in time");
}

static enum editor_end add_picture(struct editor *e, const struct value *spot)
{
	struct wd_element input;
	enum editor_end end = EDITOR_UNCLEAR;

	for (int64_t until = editor_until(e, e->step_ms); end == EDITOR_UNCLEAR;) {
		if (editor_ms() > until)
			return editor_fail(e, EDITOR_LATER, "a picture's place cannot be reached");
		end = editor_sweep(e);
		e->disturbed = false;
		if (end == EDITOR_OK)
			end = click_spot(e, (int)value_get_int(spot, "at", -1));
	}
	if (end == EDITOR_OK)
		end = editor_click(e, SEL_TOOL_IMAGE);
	if (end == EDITOR_OK && e->disturbed)
		end = click_spot(e, (int)value_get_int(spot, "at", -1));
	for (int64_t until = editor_until(e, e->step_ms); end == EDITOR_OK;) {
		if (wd_find_any(e->wd, e->sel->css[SEL_IMAGE_INPUT], &input) == WD_OK)
			break;
		if (editor_ms() > until)
			return editor_fail_selector(e, SEL_IMAGE_INPUT);
		editor_pause(EDITOR_PAUSE_MS);
	}
	if (end == EDITOR_OK)
		end = editor_fail_wd(e, wd_upload(e->wd, &input,
			value_get_string(spot, "path", "")), "sending a picture");
	return end == EDITOR_OK ? wait_picture(e, ++e->pictures) : end;
}

enum editor_end pictures_add(struct editor *e)
{
	enum editor_end end = EDITOR_OK;

	/* From the last to the first: so the places before stay where they are. */
	for (size_t i = value_len(e->spots); i-- > 0 && end == EDITOR_OK;)
		end = add_picture(e, value_at(e->spots, i));
	return end;
}
