/* SPDX-License-Identifier: MIT */
#include "writing.h"

#include "blocks.h"
#include "caret.h"
#include "content.h"
#include "kit.h"
#include "links.h"
#include "pictures.h"

#define TEXT_MAX (4u << 20)
#define TRIES 6
#define SOON_MS 2000  /* what a tool puts in is there long before */
#define TITLE_MS 5000 /* so are keys, or something took them */
#define TOGGLES_MAX 8

/* ---- an empty editor ---- */

/* One that is on is switched off; *ANY: there was one. */
static enum editor_end switch_off(struct editor *e, bool *any)
{
	static const enum selector which[] = { SEL_TOOL_ON };
	struct wd_element on;
	struct value *v;
	enum wd_end r = WD_OK;
	enum editor_end end = editor_look(e, "return seen(arguments[0]).filter(e =>"
		"/^(bold|italic|underline|strikethrough)$/"
		".test(e.getAttribute('data-name')))[0] || null;",
		editor_selectors(e, which, 1), &v);

	*any = wd_take(v, &on);
	value_free(v);
	if (*any)
		r = wd_click(e->wd, &on);
	return r == WD_OK || editor_may_repeat(r) ? end :
		editor_fail_wd(e, r, "switching a style off");
}

static enum editor_end toggles_off(struct editor *e)
{
	bool any = true;

	for (int i = 0; i < TOGGLES_MAX; i++) {
		enum editor_end end = switch_off(e, &any);

		if (end != EDITOR_OK || !any)
			return end;
	}
	return editor_fail(e, EDITOR_LATER,
		"a style of the editor's toolbar cannot be switched off");
}

enum editor_end writing_clean(struct editor *e)
{
	enum editor_end end = content_look(e);

	if (end != EDITOR_OK)
		return end;
	if (*content_text(e, "title") || *content_text(e, "text") ||
			content_number(e, "pictures") || content_number(e, "tables"))
		return editor_fail(e, EDITOR_LATER,
			"the new editor is not empty: nothing is written over "
			"another text");
	end = caret_to_end(e);
	return end == EDITOR_OK ? toggles_off(e) : end;
}

/* ---- the title ---- */

/*
 * Until TITLE is all that there is, in the title and in the body; no longer
 * once something has popped up that may have taken some of the keys.
 */
static enum editor_end wait_title(struct editor *e, const char *title)
{
	struct patience p = editor_patience_of(e, TITLE_MS);

	do {
		enum editor_end end;

		e->disturbed = false;
		end = content_look(e);
		if (end != EDITOR_OK || (blocks_same(content_text(e, "title"), title) &&
				!*content_text(e, "text")))
			return end;
	} while (!e->disturbed && editor_wait(&p));
	return EDITOR_UNCLEAR;
}

/* Takes N characters out, wherever the caret stands among them. */
static enum wd_end erase(struct editor *e, size_t n)
{
	struct buf keys;
	enum wd_end r;

	buf_init(&keys, 65536);
	for (size_t i = 0; i < n; i++)
		buf_str(&keys, "\xee\x80\x83"); /* Backspace */
	for (size_t i = 0; i < n; i++)
		buf_str(&keys, "\xee\x80\x97"); /* Delete */
	r = n ? wd_type(e->wd, buf_cstr(&keys)) : WD_OK;
	buf_finish(&keys);
	return r;
}

/* The editor was empty before: what is in it are keys of the title that got there. */
static enum editor_end clear_all(struct editor *e)
{
	size_t in_title, in_text;
	enum editor_end end = content_look(e);

	/* White space is not in what is read. */
	in_title = 2 * strlen(content_text(e, "title"));
	in_text = 2 * strlen(content_text(e, "text"));
	if (end == EDITOR_OK && in_text)
		end = caret_to_end(e);
	if (end == EDITOR_OK && in_text)
		end = editor_fail_wd(e, erase(e, in_text), "clearing the text");
	if (end == EDITOR_OK)
		end = editor_click(e, SEL_TITLE);
	return end != EDITOR_OK ? end : editor_fail_wd(e, erase(e, in_title), "clearing the title");
}

/* EDITOR_UNCLEAR: once more from the beginning. */
static enum editor_end type_title(struct editor *e, const char *title, bool again)
{
	enum editor_end end = again ? clear_all(e) : editor_click(e, SEL_TITLE);

	if (end == EDITOR_OK && again)
		end = wait_title(e, "");
	if (end != EDITOR_OK)
		return end;
	/* Keys that an alert took, and the like, are seen to be missing. */
	return wd_type(e->wd, title) == WD_OK ? wait_title(e, title) : EDITOR_UNCLEAR;
}

enum editor_end writing_title(struct editor *e, const char *title)
{
	enum editor_end end = EDITOR_UNCLEAR;

	for (int i = 0; i < TRIES && end == EDITOR_UNCLEAR; i++)
		end = type_title(e, title, i > 0);
	return end != EDITOR_UNCLEAR ? end : editor_fail(e, EDITOR_LATER,
		"the title does not stand in the editor as it was typed");
}

/* ---- text ---- */

/* The text, as far as the sink takes it, is then in the state. As content_act(). */
static enum editor_end paste_once(struct editor *e, const char *html, const char *text)
{
	static const char script[] =
		"const f = document.querySelector(arguments[0]);"
		"if (!f || !f.contentDocument || !f.contentDocument.body) return;"
		"const w = f.contentWindow, d = new w.DataTransfer();"
		"const put = to => { to.setData('text/html', arguments[1]);"
		"  to.setData('text/plain', arguments[2]); };"
		"put(d);"
		/* Firefox makes its own of the last two, and leaves ours out. */
		"const e = new w.ClipboardEvent('paste', { clipboardData: d, bubbles: true,"
		"  cancelable: true, dataType: 'text/html', data: arguments[1] });"
		"if (e.clipboardData && !e.clipboardData.getData('text/plain'))"
		"  put(e.clipboardData);"
		"f.contentDocument.body.dispatchEvent(e);";
	struct value *args = value_new_list();

	value_append(args, value_new_string(e->sel->css[SEL_SINK]));
	value_append(args, value_new_string(html));
	value_append(args, value_new_string(text));
	return content_act(e, script, args);
}

static enum editor_end paste(struct editor *e, const char *html, const char *text)
{
	struct patience p = editor_patience(e);
	enum editor_end end;

	do {
		end = paste_once(e, html, text);
		if (end == EDITOR_OK && e->state)
			return end;
		if (end == EDITOR_OK)
			continue;
		/* An alert may have come before it or with it: the text tells. */
		if (end == EDITOR_UNCLEAR)
			end = content_look(e);
		if (end != EDITOR_OK || !str_eq(content_text(e, "text"), buf_cstr(&e->text)))
			return end;
	} while (editor_wait(&p));
	return end;
}

/* By keys, a request for a line; it is read back by the caller. */
static enum editor_end type_lines(struct editor *e, const char *text)
{
	enum wd_end r = WD_OK;

	while (*text && r == WD_OK) {
		size_t n = strcspn(text, "\n");
		CLEANUP_FREE char *line = xasprintf("%.*s%s", (int)n, text,
			text[n] ? "\xee\x80\x87" : ""); /* Enter */

		r = wd_type(e->wd, line);
		text += n + (text[n] != '\0');
	}
	return editor_fail_wd(e, r, "typing");
}

/*
 * Pastes, else types, and sees it in the page. WANTED: all of the text then.
 * TABLE: it cannot be typed; EDITOR_UNCLEAR where nothing of it was taken.
 */
static enum editor_end put_text(struct editor *e, const char *html, const char *text,
	const char *wanted, bool table)
{
	enum editor_end end = EDITOR_UNCLEAR;

	if (!e->no_paste) {
		end = paste(e, html, text);
		if (end == EDITOR_OK)
			end = content_wait_text(e, wanted);
		if (end != EDITOR_UNCLEAR)
			return end;
		if (!str_eq(content_text(e, "text"), buf_cstr(&e->text)))
			return content_differs(e, wanted);
	}
	e->no_paste = true;
	if (table)
		return EDITOR_UNCLEAR;
	end = type_lines(e, text);
	if (end == EDITOR_OK)
		end = content_wait_text(e, wanted);
	return end == EDITOR_UNCLEAR ? content_differs(e, wanted) : end;
}

static void took(struct editor *e, const char *wanted)
{
	buf_reset(&e->text);
	buf_str(&e->text, wanted);
	e->fresh = false;
}

/* The same for a block's text at the caret. */
static enum editor_end put_block(struct editor *e, const struct value *block, bool bold,
	bool table)
{
	struct buf html, text, wanted;
	enum editor_end end;

	buf_init(&html, TEXT_MAX);
	buf_init(&text, TEXT_MAX);
	buf_init(&wanted, TEXT_MAX);
	blocks_html(block, bold, &html);
	blocks_text(block, &text);
	buf_str(&wanted, buf_cstr(&e->text));
	content_add_lines(&wanted, buf_cstr(&text));
	end = put_text(e, buf_cstr(&html), buf_cstr(&text), buf_cstr(&wanted), table);
	if (end == EDITOR_OK)
		took(e, buf_cstr(&wanted));
	buf_finish(&html);
	buf_finish(&text);
	buf_finish(&wanted);
	return end;
}

/* ---- the blocks ---- */

static enum editor_end write_text(struct editor *e, const struct value *block)
{
	bool heading = str_eq(value_get_string(block, "kind", ""), "heading");
	enum editor_end end = caret_begin_block(e, true);

	if (end == EDITOR_OK)
		end = put_block(e, block, heading, false);
	if (end == EDITOR_OK)
		end = links_check(e, block);
	e->fresh = false;
	return end;
}

/* By a tool of the editor; again where something that popped up took the click. */
static enum editor_end put_in(struct editor *e, enum selector tool, const char *name, int wanted)
{
	enum editor_end end = EDITOR_UNCLEAR;

	for (int i = 0; i < TRIES && end == EDITOR_UNCLEAR; i++) {
		e->disturbed = false;
		end = i > 0 ? caret_to_end(e) : EDITOR_OK;
		if (end == EDITOR_OK)
			end = editor_click(e, tool);
		if (end == EDITOR_OK)
			end = content_wait_for(e, name, wanted, SOON_MS);
		if (end == EDITOR_UNCLEAR && !e->disturbed)
			break;
	}
	return end == EDITOR_UNCLEAR ? content_wait(e, name, wanted) : end;
}

static enum editor_end click_last_quote(struct editor *e)
{
	static const enum selector which[] = { SEL_QUOTATION, SEL_PARAGRAPH };

	return editor_tap(e, "const q = seen(arguments[0]).pop();"
		"return q && q.querySelector(arguments[1]) || null;",
		editor_selectors(e, which, ARRAY_LEN(which)), "going into the quotation");
}

/* Again where something has popped up that may have taken the caret. */
static enum editor_end caret_into_quote(struct editor *e)
{
	struct patience p = editor_patience(e);
	enum editor_end end;

	do {
		e->disturbed = false;
		end = click_last_quote(e);
		if (end == EDITOR_OK)
			end = content_look(e);
		if (end == EDITOR_OK && e->disturbed)
			end = EDITOR_UNCLEAR;
	} while (end == EDITOR_UNCLEAR && editor_wait(&p));
	return end != EDITOR_UNCLEAR ? end :
		editor_fail(e, EDITOR_LATER, "the caret cannot be put into a quotation");
}

static enum editor_end write_quote(struct editor *e, const struct value *block)
{
	enum editor_end end = caret_begin_block(e, false);

	if (end == EDITOR_OK)
		end = put_in(e, SEL_TOOL_QUOTATION, "quotes", ++e->quotes);
	if (end == EDITOR_OK)
		end = caret_into_quote(e);
	if (end == EDITOR_OK)
		end = put_block(e, block, false, false);
	if (end == EDITOR_OK)
		end = links_check(e, block);
	return end == EDITOR_OK ? caret_to_end(e) : end;
}

static enum editor_end write_line(struct editor *e)
{
	enum editor_end end = caret_begin_block(e, false);

	if (end == EDITOR_OK)
		end = put_in(e, SEL_TOOL_LINE, "lines", ++e->lines);
	return end == EDITOR_OK ? caret_to_end(e) : end;
}

/* A table that the editor does not take as one: a line for each row. */
static enum editor_end write_rows(struct editor *e, const struct value *block)
{
	const struct value *rows = value_get(block, "rows");
	struct value *text = value_new_object(), *lines = value_new_list();
	enum editor_end end;

	for (size_t i = 0; i < value_len(rows); i++) {
		const struct value *row = value_at(rows, i);
		struct value *line = value_new_list();

		for (size_t j = 0; j < value_len(row); j++) {
			struct value *bar = value_new_object();

			value_set_string(bar, "text", " | ");
			if (j)
				value_append(line, bar);
			else
				value_free(bar);
			for (size_t k = 0; k < value_len(value_at(row, j)); k++)
				value_append(line, value_copy(value_at(value_at(row, j), k)));
		}
		value_append(lines, line);
	}
	value_set_string(text, "kind", "text");
	value_set(text, "lines", lines);
	kit_log(5, "the editor took no table: its rows are written as lines");
	end = write_text(e, text);
	value_free(text);
	return end;
}

static enum editor_end write_table(struct editor *e, const struct value *block)
{
	enum editor_end end = caret_begin_block(e, false);

	if (end == EDITOR_OK)
		end = put_block(e, block, false, true);
	if (end == EDITOR_UNCLEAR)
		return write_rows(e, block);
	if (end == EDITOR_OK)
		end = content_wait(e, "tables", ++e->tables);
	if (end == EDITOR_OK)
		end = links_check(e, block);
	return end == EDITOR_OK ? caret_to_end(e) : end;
}

/* The button is there from the beginning, and can be pressed once the card has come. */
static enum editor_end confirm_card(struct editor *e, const char *url)
{
	static const enum selector which[] = { SEL_CONFIRM };
	struct patience p = editor_patience(e);

	do {
		struct wd_element confirm;
		struct value *v;
		enum editor_end end = editor_look(e, "return seen(arguments[0]).filter(b =>"
			"!b.disabled)[0] || null;", editor_selectors(e, which, 1), &v);
		bool there = wd_take(v, &confirm);

		value_free(v);
		if (end != EDITOR_OK || (there && wd_click(e->wd, &confirm) == WD_OK))
			return end;
	} while (editor_wait(&p));
	return editor_fail(e, EDITOR_LATER, "the link card did not come: %.200s", url);
}

static enum editor_end write_card(struct editor *e, const char *url)
{
	struct wd_element input;
	enum editor_end end = caret_begin_block(e, false);

	if (end == EDITOR_OK)
		end = editor_reveal(e, SEL_TOOL_CARD, SEL_CARD_INPUT, &input);
	if (end == EDITOR_OK)
		end = editor_fail_wd(e, wd_keys(e->wd, &input, url),
			"typing a link card's address");
	if (end == EDITOR_OK)
		end = editor_click(e, SEL_CARD_SEARCH);
	if (end == EDITOR_OK)
		end = confirm_card(e, url);
	if (end == EDITOR_OK)
		end = content_wait(e, "cards", ++e->cards);
	return end == EDITOR_OK ? caret_to_end(e) : end;
}

static enum editor_end write_block(struct editor *e, const struct value *block)
{
	const char *kind = value_get_string(block, "kind", "");

	if (str_eq(kind, "quote"))
		return write_quote(e, block);
	if (str_eq(kind, "line"))
		return write_line(e);
	if (str_eq(kind, "table"))
		return write_table(e, block);
	if (str_eq(kind, "card"))
		return write_card(e, value_get_string(block, "url", ""));
	if (str_eq(kind, "image"))
		return pictures_keep(e, value_get_string(block, "src", ""));
	return write_text(e, block);
}

enum editor_end writing_blocks(struct editor *e, const struct value *blocks)
{
	enum editor_end end = caret_to_end(e);

	for (size_t i = 0; i < value_len(blocks) && end == EDITOR_OK; i++)
		end = write_block(e, value_at(blocks, i));
	return end;
}
