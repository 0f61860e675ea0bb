/* SPDX-License-Identifier: MIT */
#include "writing.h"

#include "blocks.h"
#include "caret.h"
#include "content.h"
#include "kit.h"
#include "links.h"
#include "pictures.h"

#define TEXT_MAX (4u << 20)
#define TRIES 4

/* ---- an empty editor ---- */

static enum editor_end toggles_off(struct editor *e)
{
	static const enum selector which[] = { SEL_TOOL_ON };
	struct wd_element on;
	struct value *v;
	enum wd_end r;

	for (int i = 0; i < 8; i++) {
		bool any;

		r = wd_run(e->wd, WD_SEEN "return seen(arguments[0]).filter(e =>"
			"/^(bold|italic|underline|strikethrough)$/"
			".test(e.getAttribute('data-name')))[0] || null;",
			editor_selectors(e, which, 1), &v);
		any = wd_take(v, &on);
		value_free(v);
		if (r == WD_OK && !any)
			return EDITOR_OK;
		if (any)
			r = wd_click(e->wd, &on);
		if (r != WD_OK && !editor_may_repeat(r))
			return editor_fail_wd(e, r, "switching a style off");
		if (editor_sweep(e) != EDITOR_OK)
			return EDITOR_LATER;
	}
	return editor_fail(e, EDITOR_LATER,
		"a style of the editor's toolbar cannot be switched off");
}

enum editor_end writing_clean(struct editor *e)
{
	struct value *state;
	enum editor_end end = editor_sweep(e);

	if (end == EDITOR_OK)
		end = content_read(e, &state);
	if (end != EDITOR_OK)
		return end;
	if (*value_get_string(state, "title", "") || *value_get_string(state, "text", "") ||
			content_number(state, "pictures") || content_number(state, "tables"))
		end = editor_fail(e, EDITOR_LATER,
			"the new editor is not empty: nothing is written over "
			"another text");
	value_free(state);
	if (end == EDITOR_OK)
		end = caret_to_end(e);
	return end == EDITOR_OK ? toggles_off(e) : end;
}

/* ---- the title ---- */

/* Is TITLE all that there is, in the title and in the body? */
static bool only_title(struct editor *e, const char *title)
{
	struct value *state;
	bool same = content_read(e, &state) == EDITOR_OK &&
		blocks_same(value_get_string(state, "title", ""), title) &&
		str_eq(value_get_string(state, "text", "-"), "");

	value_free(state);
	return same;
}

/* Until it is; no longer once something has popped up that may have taken some of the keys. */
static bool wait_title(struct editor *e, const char *title)
{
	int64_t until = editor_until(e, e->step_ms);

	do {
		if (only_title(e, title))
			return true;
		editor_pause(EDITOR_PAUSE_MS);
		e->disturbed = false;
	} while (editor_sweep(e) == EDITOR_OK && !e->disturbed && editor_ms() < until);
	return only_title(e, title);
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
	struct value *state;
	enum editor_end end = content_read(e, &state);

	/* White space is not in what is read. */
	in_title = 2 * strlen(value_get_string(state, "title", ""));
	in_text = 2 * strlen(value_get_string(state, "text", ""));
	value_free(state);
	if (end == EDITOR_OK && in_text)
		end = caret_to_end(e);
	if (end == EDITOR_OK && in_text)
		end = editor_fail_wd(e, erase(e, in_text), "clearing the text");
	if (end == EDITOR_OK)
		end = editor_click(e, SEL_TITLE);
	return end != EDITOR_OK ? end : editor_fail_wd(e, erase(e, in_title), "clearing the title");
}

enum editor_end writing_title(struct editor *e, const char *title)
{
	enum editor_end end;

	for (int i = 0; i < TRIES; i++) {
		end = i ? clear_all(e) : editor_click(e, SEL_TITLE);
		if (end != EDITOR_OK)
			return end;
		/* A pop-up may have taken some of the keys: once more from the beginning. */
		if (i && !wait_title(e, ""))
			continue;
		end = editor_fail_wd(e, wd_type(e->wd, title), "typing the title");
		if (end == EDITOR_OK && wait_title(e, title))
			return EDITOR_OK;
		end = editor_sweep(e);
		if (end != EDITOR_OK)
			return end;
	}
	return editor_fail(e, EDITOR_LATER,
		"the title does not stand in the editor as it was typed");
}

/* ---- text ---- */

/* True once the sink took a paste. */
static bool paste(struct editor *e, const char *html, const char *text)
{
	static const char script[] =
		"const f = document.querySelector(arguments[0]);"
		"if (!f || !f.contentDocument || !f.contentDocument.body) return false;"
		"const w = f.contentWindow, d = new w.DataTransfer();"
		"d.setData('text/html', arguments[1]); d.setData('text/plain', arguments[2]);"
		"f.contentDocument.body.dispatchEvent(new w.ClipboardEvent('paste',"
		"  { clipboardData: d, bubbles: true, cancelable: true }));"
		"return true;";
	struct value *args = value_new_list(), *v;
	bool taken;

	value_append(args, value_new_string(e->sel->css[SEL_SINK]));
	value_append(args, value_new_string(html));
	value_append(args, value_new_string(text));
	taken = wd_run(e->wd, script, args, &v) == WD_OK && value_bool(v, false);
	value_free(v);
	return taken;
}

/* By keys, a line each; it is read back by the caller. */
static enum editor_end type_lines(struct editor *e, const char *text)
{
	enum wd_end r = WD_OK;

	while (*text && r == WD_OK) {
		size_t n = strcspn(text, "\n");
		CLEANUP_FREE char *line = xstrndup(text, n);

		if (*line)
			r = wd_type(e->wd, line);
		text += n + (text[n] != '\0');
		if (*text && r == WD_OK)
			r = wd_press(e->wd, 0, WD_KEY_ENTER);
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
	CLEANUP_FREE char *got = NULL;
	enum editor_end end = EDITOR_UNCLEAR;

	if (!e->no_paste && paste(e, html, text))
		end = content_wait_text(e, wanted, &got);
	else
		got = xstrdup(buf_cstr(&e->text));
	if (end != EDITOR_UNCLEAR)
		return end;
	if (!str_eq(got, buf_cstr(&e->text)))
		return content_differs(e, got, wanted);
	e->no_paste = true;
	if (table)
		return EDITOR_UNCLEAR;
	end = type_lines(e, text);
	free(got);
	got = NULL;
	if (end == EDITOR_OK)
		end = content_wait_text(e, wanted, &got);
	return end == EDITOR_UNCLEAR ? content_differs(e, got, wanted) : end;
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

static enum editor_end click_last_quote(struct editor *e)
{
	static const enum selector which[] = { SEL_QUOTATION, SEL_PARAGRAPH };
	struct value *v;
	struct wd_element at;
	enum wd_end r = wd_run(e->wd, WD_SEEN "const q = seen(arguments[0]).pop();"
		"const p = q && q.querySelector(arguments[1]) || null;"
		"if (p) p.scrollIntoView({ block: 'center' }); return p;",
		editor_selectors(e, which, ARRAY_LEN(which)), &v);

	if (r == WD_OK)
		r = wd_take(v, &at) ? wd_click(e->wd, &at) : WD_NOT_FOUND;
	value_free(v);
	return editor_fail_wd(e, r, "going into the quotation");
}

static enum editor_end write_quote(struct editor *e, const struct value *block)
{
	enum editor_end end = caret_begin_block(e, false);

	if (end == EDITOR_OK)
		end = editor_click(e, SEL_TOOL_QUOTATION);
	if (end == EDITOR_OK)
		end = content_wait(e, "quotes", ++e->quotes);
	for (int i = 0; i < TRIES && end == EDITOR_OK; i++) {
		e->disturbed = false;
		end = click_last_quote(e);
		if (end == EDITOR_OK)
			end = editor_sweep(e);
		if (!e->disturbed)
			break;
	}
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
		end = editor_click(e, SEL_TOOL_LINE);
	if (end == EDITOR_OK)
		end = content_wait(e, "lines", ++e->lines);
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

static enum editor_end write_card(struct editor *e, const char *url)
{
	struct wd_element input;
	enum editor_end end = caret_begin_block(e, false);

	if (end == EDITOR_OK)
		end = editor_click(e, SEL_TOOL_CARD);
	if (end == EDITOR_OK)
		end = editor_find(e, SEL_CARD_INPUT, &input);
	if (end == EDITOR_OK)
		end = editor_fail_wd(e, wd_keys(e->wd, &input, url),
			"typing a link card's address");
	if (end == EDITOR_OK)
		end = editor_click(e, SEL_CARD_SEARCH);
	for (int64_t until = editor_until(e, e->step_ms); end == EDITOR_OK;) {
		struct wd_element confirm;
		CLEANUP_FREE char *css = xasprintf("%s:not([disabled])", e->sel->css[SEL_CONFIRM]);

		if (wd_find(e->wd, css, &confirm) == WD_OK && wd_click(e->wd, &confirm) == WD_OK)
			break;
		if (editor_ms() > until)
			return editor_fail(e, EDITOR_LATER,
				"the link card did not come: %.200s", url);
		editor_pause(EDITOR_PAUSE_MS);
	}
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
