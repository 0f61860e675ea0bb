/* SPDX-License-Identifier: MIT */
#include "editor.h"

#include <poll.h>
#include <stdarg.h>

#include "clock.h"
#include "kit.h"

#define TEXT_MAX (4u << 20)
#define TRIES 4 /* at least */
#define SWEEPS 12 /* at least: pop-ups that may lie upon each other */

static const char sweep_script[] = WD_SEEN
	"const [restore, cancel, help, captcha, alert, confirm, on, title] = arguments;"
	/* Of several that lie upon each other, the one that a click would reach. */
	"const hit = e => { const r = e.getBoundingClientRect();"
	"  const h = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2);"
	"  return h && (h === e || e.contains(h)); };"
	"const reach = list => list.find(hit) || list[0] || null;"
	"const inside = (box, css) => reach(seen(css).filter(e => box.contains(e)));"
	"const first = css => seen(css)[0] || null;"
	"const words = box => { const c = box.cloneNode(true);"
	"  c.querySelectorAll('button').forEach(b => b.remove());"
	"  return c.textContent.trim().slice(0, 300); };"
	"const alerts = seen(alert).filter(b => !b.matches(restore));"
	"const presses = [...seen(restore).map(b => inside(b, cancel)),"
	"  ...alerts.map(b => inside(b, confirm) || inside(b, cancel)), ...seen(help)]"
	"  .filter(b => b);"
	"return { url: location.href, captcha: !!first(captcha),"
	"  said: alerts.length ? words(alerts[0]) : '', press: reach(presses),"
	"  stuck: !!first(restore) || alerts.length > 0, editor: !!first(title),"
	"  page: first(title) || !document.body ? '' : document.body.innerText.slice(0, 2000),"
	"  on: seen(on).filter(e => /^(bold|italic|underline|strikethrough)$/"
	"    .test(e.getAttribute('data-name')))[0] || null };";

int64_t editor_ms(void)
{
	struct instant now;

	clock_now(&now);
	return now.boot_ms;
}

int64_t editor_until(const struct editor *e, int64_t ms)
{
	int64_t until = editor_ms() + ms;

	return until < e->end_ms ? until : e->end_ms;
}

void editor_pause(int ms)
{
	poll(NULL, 0, ms);
}

static void one_line(char *s)
{
	for (; *s; s++)
		if (*s == '\n' || *s == '\r' || *s == '\t')
			*s = ' ';
}

enum editor_end editor_fail(struct editor *e, enum editor_end end,
	const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tr_vsnprintf(e->why.text, sizeof(e->why.text), fmt, args);
	va_end(args);
	one_line(e->why.text);
	return end;
}

/* What the browser could not do, as an end of a step. */
enum editor_end editor_fail_wd(struct editor *e, enum wd_end end, const char *what)
{
	return end == WD_OK ? EDITOR_OK :
		editor_fail(e, EDITOR_LATER, "%s did not work: %.200s", tr(what), e->wd->why.text);
}

enum editor_end editor_fail_selector(struct editor *e, enum selector which)
{
	return editor_fail(e, EDITOR_BROKEN,
		"the editor has no '%s' any more: mend that line in the "
		"file of selectors ('cpauto check' names all that are missing)",
		selector_name(which));
}

struct value *editor_selectors(const struct editor *e, const enum selector *which, size_t n)
{
	struct value *list = value_new_list();

	for (size_t i = 0; i < n; i++)
		value_append(list, value_new_string(e->sel->css[which[i]]));
	return list;
}

void editor_init(struct editor *e, struct wd *w, const struct selectors *s,
	const char *blog_id, int64_t step_ms, int64_t end_ms)
{
	memset(e, 0, sizeof(*e));
	e->wd = w;
	e->sel = s;
	e->blog_id = blog_id;
	e->step_ms = step_ms;
	e->end_ms = end_ms;
	e->fresh = true;
	buf_init(&e->text, TEXT_MAX);
	e->links = value_new_list();
	e->spots = value_new_list();
}

void editor_finish(struct editor *e)
{
	if (!e)
		return;
	buf_finish(&e->text);
	value_free(e->links);
	value_free(e->spots);
	e->links = e->spots = NULL;
}

/* ---- what lies in the way ---- */

bool editor_is_login(const char *url)
{
	const char *host = strstr(url, "://");

	return (host && str_starts(host + 3, "nid.naver.com")) || strstr(url, "nidlogin");
}

static bool is_restriction(const char *text)
{
	static const char *const words[] = { "이용 제한", "이용이 제한", "이용제한",
		"보호조치", "이용정지", "이용 정지" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strstr(text, words[i]))
			return true;
	return false;
}

static void note(struct editor *e, const char *text)
{
	err_set(&e->said, 0, "%.300s", text);
	one_line(e->said.text);
}

static enum editor_end judge_text(struct editor *e, const char *text)
{
	note(e, text);
	if (is_restriction(text))
		return editor_fail(e, EDITOR_BROKEN,
			"Naver restricts this blog: \"%.300s\"; clear that "
			"first, then 'cpauto unblock'", e->said.text);
	return EDITOR_OK;
}

/* An alert is read, named, and only then accepted. */
enum editor_end editor_take_alert(struct editor *e)
{
	enum editor_end end;
	struct buf text;

	buf_init(&text, ERR_MAX);
	if (wd_alert_text(e->wd, &text) != WD_OK)
		buf_reset(&text);
	end = judge_text(e, buf_cstr(&text));
	buf_finish(&text);
	kit_log(5, "the page said: \"%s\"", e->said.text);
	e->disturbed = true;
	if (wd_alert_accept(e->wd) == WD_OK || end != EDITOR_OK)
		return end;
	return editor_fail_wd(e, WD_OTHER, "closing an alert");
}

static enum editor_end judge_page(struct editor *e, const struct value *v)
{
	const char *url = value_get_string(v, "url", "");

	if (editor_is_login(url))
		return editor_fail(e, EDITOR_BROKEN,
			"Naver wants a login: run 'cpauto login', log in, "
			"then 'cpauto unblock'");
	if (value_get_bool(v, "captcha", false))
		return editor_fail(e, EDITOR_BROKEN,
			"Naver shows a captcha: open the blog's editor in "
			"the profile yourself, clear it, then 'cpauto unblock'");
	if (is_restriction(value_get_string(v, "page", "")))
		return judge_text(e, value_get_string(v, "page", ""));
	if (*value_get_string(v, "said", ""))
		return judge_text(e, value_get_string(v, "said", ""));
	return EDITOR_OK;
}

/* Looks at the current document. *AGAIN: something was put away, or moved. */
static enum editor_end sweep_here(struct editor *e, bool *again)
{
	static const enum selector which[] = { SEL_RESTORE, SEL_CANCEL, SEL_HELP, SEL_CAPTCHA,
		SEL_ALERT, SEL_CONFIRM, SEL_TOOL_ON, SEL_TITLE };
	struct wd_element press;
	struct value *v;
	enum editor_end end;
	enum wd_end r = wd_run(e->wd, sweep_script,
		editor_selectors(e, which, ARRAY_LEN(which)), &v);

	*again = r == WD_ALERT;
	if (r == WD_ALERT)
		return editor_take_alert(e);
	if (r != WD_OK)
		return editor_fail_wd(e, r, "looking at the page");
	end = judge_page(e, v);
	if (end == EDITOR_OK && wd_take(value_get(v, "press"), &press)) {
		/* A restore pop-up is cancelled, never confirmed: that brings an old text back. */
		*again = e->disturbed = true;
		r = wd_click(e->wd, &press);
		if (r != WD_OK) {
			note(e, e->wd->why.text);
			editor_pause(EDITOR_PAUSE_MS);
		}
	} else if (end == EDITOR_OK && value_get_bool(v, "stuck", false)) {
		*again = true;
		editor_pause(EDITOR_PAUSE_MS);
	}
	value_free(v);
	return end;
}

/* From wherever we are. */
static enum editor_end to_top(struct editor *e)
{
	enum wd_end r = wd_frame(e->wd, NULL);

	if (r == WD_ALERT)
		return editor_take_alert(e) == EDITOR_OK && wd_frame(e->wd, NULL) == WD_OK ?
			EDITOR_OK : editor_fail_wd(e, WD_OTHER, "leaving the frame");
	return editor_fail_wd(e, r, "leaving the frame");
}

static enum editor_end to_frame(struct editor *e)
{
	struct wd_element frame;
	enum wd_end r = wd_find_any(e->wd, e->sel->css[SEL_FRAME], &frame);

	if (r == WD_OK)
		r = wd_frame(e->wd, &frame);
	return editor_fail_wd(e, r, "entering the editor's frame");
}

static enum editor_end sweep_round(struct editor *e, bool *again)
{
	enum editor_end end = e->framed ? to_top(e) : EDITOR_OK;

	*again = false;
	if (end == EDITOR_OK)
		end = sweep_here(e, again);
	if (end != EDITOR_OK || *again || !e->framed)
		return end;
	end = to_frame(e);
	return end == EDITOR_OK ? sweep_here(e, again) : end;
}

enum editor_end editor_sweep(struct editor *e)
{
	int64_t until = editor_until(e, e->step_ms);
	enum editor_end end;
	bool again;

	for (int i = 0; i < SWEEPS || editor_ms() < until; i++) {
		end = sweep_round(e, &again);
		if (end != EDITOR_OK)
			return end;
		if (editor_ms() >= e->end_ms && !e->final_click)
			return editor_fail(e, EDITOR_LATER, "the time for one post was over before "
				"it was written: give the publisher a longer timeout");
		if (!again)
			return EDITOR_OK;
	}
	return editor_fail(e, EDITOR_LATER,
		"something lies over the editor and does not go away: "
		"\"%.200s\"", e->said.text);
}

/* ---- finding and clicking ---- */

static bool is_missing(struct editor *e, enum selector which)
{
	struct wd_element any;

	return wd_find_any(e->wd, e->sel->css[which], &any) == WD_NOT_FOUND;
}

/* Waits for a visible match. */
enum editor_end editor_find(struct editor *e, enum selector which, struct wd_element *ret)
{
	int64_t until = editor_until(e, e->step_ms);
	enum editor_end end;

	for (;;) {
		enum wd_end r = wd_find(e->wd, e->sel->css[which], ret);

		if (r == WD_OK)
			return EDITOR_OK;
		if (r != WD_NOT_FOUND && r != WD_ALERT)
			return editor_fail_wd(e, r, selector_name(which));
		end = editor_sweep(e);
		if (end != EDITOR_OK)
			return end;
		if (editor_ms() >= until)
			break;
		editor_pause(EDITOR_PAUSE_MS);
	}
	return is_missing(e, which) ? editor_fail_selector(e, which) :
		editor_fail(e, EDITOR_LATER,
			"'%s' is there but cannot be seen", selector_name(which));
}

/* What lay over it may be put away: such a click was not made, so it may be made again. */
bool editor_may_repeat(enum wd_end r)
{
	return r == WD_COVERED || r == WD_STALE || r == WD_ALERT;
}

/* The driver says so before it clicks. */
bool editor_was_not_made(enum wd_end r)
{
	return r == WD_COVERED || r == WD_STALE || r == WD_NOT_FOUND;
}

/* *MADE becomes true once the click was made, or may have been. */
enum editor_end editor_click_and_tell(struct editor *e, enum selector which, bool *made)
{
	struct wd_element at;
	int64_t until = editor_until(e, e->step_ms);
	enum wd_end r = WD_COVERED;

	for (int i = 0; editor_may_repeat(r) && (i < TRIES || editor_ms() < until); i++) {
		enum editor_end end = editor_sweep(e);

		if (end == EDITOR_OK)
			end = editor_find(e, which, &at);
		if (end != EDITOR_OK)
			return end;
		r = wd_click(e->wd, &at);
		*made = *made || !editor_was_not_made(r);
		if (editor_may_repeat(r))
			editor_pause(EDITOR_PAUSE_MS);
	}
	return editor_fail_wd(e, r, selector_name(which));
}

enum editor_end editor_click(struct editor *e, enum selector which)
{
	bool made = false;

	return editor_click_and_tell(e, which, &made);
}

/* The text of the first visible match without white space; "" if there is none. The caller's. */
char *editor_text(struct editor *e, enum selector which)
{
	struct value *args = value_new_list(), *v;
	char *text;

	value_append(args, value_new_string(e->sel->css[which]));
	if (wd_run(e->wd, WD_SEEN "const e = seen(arguments[0])[0];"
			"return e ? e.textContent.replace(/[\\s\\u200b\\ufeff]/g, '') : '';", args,
			&v) != WD_OK)
		v = NULL;
	text = xstrdup(value_string(v, ""));
	value_free(v);
	return text;
}

/* ---- opening ---- */

static enum editor_end wait_editor(struct editor *e)
{
	int64_t until = editor_until(e, e->step_ms);
	struct wd_element title;
	enum editor_end end;

	do {
		end = editor_sweep(e);
		if (end == EDITOR_OK && wd_find(e->wd, e->sel->css[SEL_TITLE], &title) == WD_OK)
			return EDITOR_OK;
		/* Which of the two layouts it is shows only now. */
		if (end == EDITOR_OK && !e->framed &&
				wd_find_any(e->wd, e->sel->css[SEL_FRAME], &title) == WD_OK) {
			e->framed = true;
			continue;
		}
		if (end == EDITOR_BROKEN)
			return end;
		editor_pause(EDITOR_PAUSE_MS);
	} while (editor_ms() < until);
	if (end != EDITOR_OK)
		return end;
	return is_missing(e, SEL_TITLE) ? editor_fail_selector(e, SEL_TITLE) :
		editor_fail(e, EDITOR_LATER, "the editor did not open in time");
}

enum editor_end editor_open(struct editor *e, const char *url)
{
	enum wd_end r = wd_navigate(e->wd, url);
	enum editor_end end;

	if (r != WD_OK && r != WD_ALERT)
		return editor_fail_wd(e, r, "opening the editor");
	e->framed = false;
	end = wait_editor(e);
	/* The frame may come late, or go on to another page: what counts is seen twice. */
	editor_pause(EDITOR_PAUSE_MS * 3);
	return end == EDITOR_OK ? wait_editor(e) : end;
}

/* ---- check ---- */

struct value *editor_survey(struct editor *e)
{
	static const char *const whens[] = { "always", "layer", "at times" };
	struct value *list = value_new_list();

	for (int i = 0; i < SEL_COUNT; i++) {
		struct wd_element at;
		struct value *one = value_new_object();
		const char *css = e->sel->css[i];
		enum wd_end r = i == SEL_FRAME && e->framed ? WD_OK : wd_find(e->wd, css, &at);
		const char *state = r == WD_OK ? "found" :
			wd_find_any(e->wd, css, &at) == WD_OK ? "hidden" : "missing";

		value_set_string(one, "name", selector_name((enum selector)i));
		value_set_string(one, "selector", css);
		value_set_string(one, "state", state);
		value_set_string(one, "when", whens[selector_when((enum selector)i)]);
		value_append(list, one);
	}
	return list;
}
