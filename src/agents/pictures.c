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
	if (end == EDITOR_OK)
		end = content_be_seen(e);
	if (end != EDITOR_OK)
		return end;
	spot = value_new_object();
	value_set_string(spot, "path", path);
	value_set_int(spot, "at", content_number(e, "paragraphs") - 1);
	value_append(e->spots, spot);
	return caret_enter(e, 1);
}

/* EDITOR_UNCLEAR where something lay over it. */
static enum editor_end click_spot(struct editor *e, int at)
{
	static const enum selector which[] = { SEL_BODY };
	struct value *args = editor_selectors(e, which, 1);

	value_append(args, value_new_int(at));
	/* The tool would open a window for files, which nobody could close. */
	return editor_tap(e, "HTMLInputElement.prototype.click = function () {"
		"  if (this.type !== 'file') HTMLElement.prototype.click.call(this); };"
		"return seen(arguments[0])[arguments[1]] || null;", args,
		"going to a picture's place");
}

/* The image is in when there is one more and its address is the final one. */
static enum editor_end wait_picture(struct editor *e, int wanted)
{
	struct patience p = editor_patience(e);

	e->said.text[0] = '\0';
	do {
		enum editor_end end = content_look(e);

		if (end != EDITOR_OK || (content_number(e, "pictures") == wanted &&
				content_number(e, "final") == wanted))
			return end;
	} while (!*e->said.text && editor_wait(&p));
	return *e->said.text ?
		editor_fail(e, EDITOR_LATER, "a picture was not taken: %.200s", e->said.text) :
		editor_fail(e, EDITOR_LATER, "a picture was not taken in time");
}

/* The caret at the spot, and the tool pressed with nothing popping up in between. */
static enum editor_end press_tool(struct editor *e, int at)
{
	struct patience p = editor_patience(e);
	enum editor_end end;

	do {
		e->disturbed = false;
		end = click_spot(e, at);
		if (end == EDITOR_OK)
			end = editor_click(e, SEL_TOOL_IMAGE);
		if (end == EDITOR_OK && e->disturbed)
			end = click_spot(e, at);
	} while (end == EDITOR_UNCLEAR && editor_wait(&p));
	return end != EDITOR_UNCLEAR ? end :
		editor_fail(e, EDITOR_LATER, "a picture's place cannot be reached");
}

static enum editor_end find_input(struct editor *e, struct wd_element *ret)
{
	struct patience p = editor_patience(e);
	enum wd_end r;

	do {
		enum editor_end end = EDITOR_OK;

		r = wd_find_any(e->wd, e->sel->css[SEL_IMAGE_INPUT], ret);
		if (r == WD_ALERT)
			end = editor_take_alert(e);
		if (r == WD_OK || end != EDITOR_OK)
			return end;
	} while (editor_wait(&p));
	/* A browser that is gone says nothing about the selector. */
	return r == WD_NOT_FOUND ? editor_fail_selector(e, SEL_IMAGE_INPUT) :
		editor_fail_wd(e, r, selector_name(SEL_IMAGE_INPUT));
}

static enum editor_end add_picture(struct editor *e, const struct value *spot)
{
	struct wd_element input;
	enum editor_end end = press_tool(e, (int)value_get_int(spot, "at", -1));

	if (end == EDITOR_OK)
		end = find_input(e, &input);
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
