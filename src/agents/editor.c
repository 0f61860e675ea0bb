/* SPDX-License-Identifier: MIT */
#include "editor.h"

#include <poll.h>
#include <stdarg.h>

#include "clock.h"
#include "kit.h"

#define TEXT_MAX (4u << 20)
#define TRIES 4 /* at least */
#define SWEEPS 12 /* at least: pop-ups that may lie upon each other */
#define PAUSE_MIN_MS 10
#define PAUSE_MAX_MS 100
#define TWICE_MS 100 /* between two looks at a page that has come */

/*
 * Looks at this document and the one around it, if that can be seen. An element
 * of that one is none for us while we are in this one.
 */
static const char look_script[] = WD_SEEN
	"const [[restore, cancel, help, captcha, alert, confirm, title], rest, here_is_right,"
	"  blind_is_right] = arguments;"
	/* Would a click reach it? */
	"const hit = e => { const r = e.getBoundingClientRect();"
	"  const h = e.ownerDocument.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2);"
	"  return h && (h === e || e.contains(h)); };"
	"const look = d => {"
	"  const all = css => seen(css, d), first = css => all(css)[0] || null;"
	/* Of several that lie upon each other, the one that a click would reach. */
	"  const reach = list => list.find(hit) || list[0] || null;"
	"  const inside = (box, css) => reach(all(css).filter(e => box.contains(e)));"
	"  const words = box => { const c = box.cloneNode(true);"
	"    c.querySelectorAll('button').forEach(b => b.remove());"
	"    return c.textContent.trim().slice(0, 300); };"
	"  const restores = all(restore);"
	"  const alerts = all(alert).filter(b => !b.matches(restore));"
	"  const presses = [...restores.map(b => inside(b, cancel)),"
	"    ...alerts.map(b => inside(b, confirm) || inside(b, cancel)), ...all(help)]"
	"    .filter(b => b);"
	"  return { url: d.location.href, captcha: !!first(captcha),"
	"    said: alerts.length ? words(alerts[0]) : '', press: reach(presses),"
	"    stuck: restores.length > 0 || alerts.length > 0,"
	"    page: first(title) || !d.body ? '' : d.body.innerText.slice(0, 2000) };"
	"};"
	"const here = look(document);"
	"let above = null, blind = parent !== window;"
	"if (blind)"
	"  try { above = look(parent.document); above.press = !!above.press; blind = false; }"
	"  catch (x) {}"
	"const clear = [here, above].every(l => !l || !l.captcha && !l.press && !l.stuck);"
	"const ready = clear && here_is_right && (!blind || blind_is_right);";

int64_t editor_ms(void)
{
	struct instant now;

	clock_now(&now);
	return now.boot_ms;
}

struct patience editor_patience_of(const struct editor *e, int64_t ms)
{
	struct patience p = { .until = editor_ms() + (ms < e->step_ms ? ms : e->step_ms),
		.pause_ms = PAUSE_MIN_MS };

	if (p.until > e->end_ms)
		p.until = e->end_ms;
	return p;
}

struct patience editor_patience(const struct editor *e)
{
	return editor_patience_of(e, e->step_ms);
}

bool editor_wait(struct patience *p)
{
	if (editor_ms() >= p->until)
		return false;
	poll(NULL, 0, p->pause_ms);
	p->pause_ms += p->pause_ms / 2;
	if (p->pause_ms > PAUSE_MAX_MS)
		p->pause_ms = PAUSE_MAX_MS;
	return true;
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
	e->lacks = false;
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
	editor_fail(e, EDITOR_BROKEN,
		"the editor has no '%s' any more: mend that line in the "
		"file of selectors ('cpauto check' names all that are missing)",
		selector_name(which));
	e->lacks = true;
	return EDITOR_BROKEN;
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
	value_free(e->state);
	value_free(e->links);
	value_free(e->spots);
	e->state = e->links = e->spots = NULL;
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

/* ---- looking ---- */

static enum editor_end leave_frame(struct editor *e)
{
	enum wd_end r = wd_frame(e->wd, NULL);

	if (r == WD_ALERT) {
		enum editor_end end = editor_take_alert(e);

		if (end != EDITOR_OK)
			return end;
		r = wd_frame(e->wd, NULL);
	}
	e->outside = true;
	return editor_fail_wd(e, r, "leaving the frame");
}

static enum editor_end enter_frame(struct editor *e)
{
	struct wd_element frame;
	enum wd_end r = wd_find_any(e->wd, e->sel->css[SEL_FRAME], &frame);

	if (r == WD_OK)
		r = wd_frame(e->wd, &frame);
	e->outside = r != WD_OK;
	return editor_fail_wd(e, r, "entering the editor's frame");
}

/* What one look has come to. */
enum look {
	LOOK_CLEAR,
	LOOK_AGAIN, /* something was put away, or the browser led elsewhere */
	LOOK_PAUSE, /* there is nothing to do but to wait */
};

static enum look press(struct editor *e, const struct wd_element *at)
{
	/* A restore pop-up is cancelled, never confirmed: that brings an old text back. */
	enum wd_end r = wd_click(e->wd, at);

	e->disturbed = true;
	if (r != WD_OK)
		note(e, e->wd->why.text);
	return r == WD_OK ? LOOK_AGAIN : LOOK_PAUSE;
}

/* V: what the script saw. */
static enum editor_end judge_look(struct editor *e, const struct value *v, enum look *look)
{
	const struct value *here = value_get(v, "here");
	struct wd_element at;
	enum editor_end end = judge_page(e, here);

	if (end == EDITOR_OK)
		end = judge_page(e, value_get(v, "above"));
	if (end != EDITOR_OK)
		return end;
	*look = LOOK_AGAIN;
	if (value_get_bool(v, "ready", false)) {
		*look = LOOK_CLEAR;
	} else if (wd_take(value_get(here, "press"), &at)) {
		*look = press(e, &at);
	} else if (value_get_bool(here, "stuck", false)) {
		*look = LOOK_PAUSE;
	} else if (e->framed && e->outside) {
		/* It may be gone to a login or a post: the next look tells. */
		e->entered = enter_frame(e) == EDITOR_OK;
		*look = e->entered ? LOOK_AGAIN : LOOK_PAUSE;
	} else {
		/* What lies over the frame is put away from outside. */
		return leave_frame(e);
	}
	return EDITOR_OK;
}

static struct value *look_arguments(const struct editor *e, const struct value *args)
{
	static const enum selector which[] = { SEL_RESTORE, SEL_CANCEL, SEL_HELP, SEL_CAPTCHA,
		SEL_ALERT, SEL_CONFIRM, SEL_TITLE };
	struct value *all = value_new_list();

	value_append(all, editor_selectors(e, which, ARRAY_LEN(which)));
	value_append(all, args ? value_copy(args) : value_new_list());
	value_append(all, value_new_bool(!e->framed || !e->outside));
	value_append(all, value_new_bool(e->entered));
	return all;
}

static enum editor_end look_once(struct editor *e, const char *text, const struct value *args,
	struct value **v, enum look *look)
{
	enum wd_end r = wd_run(e->wd, text, look_arguments(e, args), v);

	*look = LOOK_AGAIN;
	if (r == WD_OK)
		return judge_look(e, *v, look);
	if (r == WD_ALERT)
		return editor_take_alert(e);
	*look = LOOK_PAUSE;
	return e->framed && !e->outside ? leave_frame(e) :
		editor_fail_wd(e, r, "looking at the page");
}

/* What ends the looks though nothing is clear. */
static enum editor_end judge_time(struct editor *e, enum look look)
{
	if (editor_ms() >= e->end_ms && !e->final_click)
		return editor_fail(e, EDITOR_LATER, "the time for one post was over before "
			"it was written: give the publisher a longer timeout");
	/* After the final click a frame that is gone is what is hoped for. */
	if (look == LOOK_PAUSE && e->final_click && e->outside)
		return EDITOR_LATER;
	return EDITOR_OK;
}

static enum editor_end look_until_clear(struct editor *e, const char *text,
	const struct value *args, struct value **ret)
{
	struct patience p = editor_patience(e);
	enum look look = LOOK_AGAIN;

	e->entered = false;
	for (int i = 0; i < SWEEPS || editor_ms() < p.until; i++) {
		struct value *v = NULL;
		enum editor_end end = look_once(e, text, args, &v, &look);

		if (end == EDITOR_OK)
			end = judge_time(e, look);
		if (end == EDITOR_OK && look == LOOK_CLEAR)
			*ret = value_copy(value_get(v, "value"));
		value_free(v);
		if (end != EDITOR_OK || look == LOOK_CLEAR)
			return end;
		if (look == LOOK_PAUSE)
			editor_wait(&p);
	}
	return editor_fail(e, EDITOR_LATER,
		"something lies over the editor and does not go away: "
		"\"%.200s\"", e->said.text);
}

/* SCRIPT in the script that looks, to free(). */
static char *look_text(const char *script)
{
	return xasprintf("%s return { here, above, ready,"
		"value: ready ? (function () { %s }).apply(null, rest) : null };", look_script,
		script);
}

enum editor_end editor_look(struct editor *e, const char *script, struct value *args,
	struct value **ret)
{
	CLEANUP_FREE char *text = look_text(script);
	struct value *v = NULL;
	enum editor_end end = look_until_clear(e, text, args, &v);

	value_free(args);
	if (ret)
		*ret = v;
	else
		value_free(v);
	return end;
}

enum editor_end editor_act(struct editor *e, const char *script, struct value *args,
	struct value **ret)
{
	CLEANUP_FREE char *text = look_text(script);
	enum editor_end end = EDITOR_UNCLEAR;
	enum look look;
	struct value *v;

	*ret = NULL;
	e->entered = false;
	if (wd_run(e->wd, text, look_arguments(e, args), &v) == WD_OK)
		end = judge_look(e, v, &look);
	if (end == EDITOR_OK && look == LOOK_CLEAR)
		*ret = value_copy(value_get(v, "value"));
	value_free(v);
	value_free(args);
	return end;
}

enum editor_end editor_sweep(struct editor *e)
{
	return editor_look(e, "return null;", NULL, NULL);
}

/* ---- finding and clicking ---- */

static bool is_missing(struct editor *e, enum selector which)
{
	struct wd_element any;

	return wd_find_any(e->wd, e->sel->css[which], &any) == WD_NOT_FOUND;
}

static enum editor_end fail_unseen(struct editor *e, enum selector which)
{
	return is_missing(e, which) ? editor_fail_selector(e, which) :
		editor_fail(e, EDITOR_LATER,
			"'%s' is there but cannot be seen", selector_name(which));
}

static struct value *one_selector(const struct editor *e, enum selector which)
{
	return editor_selectors(e, &which, 1);
}

enum editor_end editor_find(struct editor *e, enum selector which, struct wd_element *ret)
{
	struct patience p = editor_patience(e);

	do {
		struct value *v;
		enum editor_end end = editor_look(e, "return seen(arguments[0])[0] || null;",
			one_selector(e, which), &v);
		bool there = wd_take(v, ret);

		value_free(v);
		if (end != EDITOR_OK || there)
			return end;
	} while (editor_wait(&p));
	return fail_unseen(e, which);
}

enum editor_end editor_reveal(struct editor *e, enum selector button, enum selector layer,
	struct wd_element *ret)
{
	enum editor_end end = editor_click(e, button);

	return end == EDITOR_OK ? editor_find(e, layer, ret) : end;
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
	struct patience p = editor_patience(e);
	struct wd_element at;
	enum wd_end r = WD_COVERED;

	for (int i = 0; editor_may_repeat(r) && (!i || editor_wait(&p) || i < TRIES); i++) {
		enum editor_end end = editor_find(e, which, &at);

		if (end != EDITOR_OK)
			return end;
		r = wd_click(e->wd, &at);
		*made = *made || !editor_was_not_made(r);
	}
	return editor_fail_wd(e, r, selector_name(which));
}

/*
 * What SCRIPT finds is clicked, with the mouse alone where nothing lay over it
 * just now. *MADE is what came of that click.
 */
static enum editor_end tap_found(struct editor *e, const char *script, struct value *args,
	enum wd_end *made)
{
	CLEANUP_FREE char *text = xasprintf("const e = (function () { %s }).apply(null, arguments);"
		"if (e && !hit(e)) e.scrollIntoView({ block: 'center' });"
		"return { at: e, hit: !!e && hit(e) };", script);
	struct value *v;
	struct wd_element at;
	enum editor_end end = editor_look(e, text, args, &v);

	*made = WD_NOT_FOUND;
	if (wd_take(value_get(v, "at"), &at))
		*made = value_get_bool(v, "hit", false) ? wd_tap(e->wd, &at) :
			wd_click(e->wd, &at);
	value_free(v);
	return end;
}

enum editor_end editor_tap(struct editor *e, const char *script, struct value *args,
	const char *what)
{
	enum wd_end made;
	enum editor_end end = tap_found(e, script, args, &made);

	if (end != EDITOR_OK || made == WD_OK)
		return end;
	if (made == WD_NOT_FOUND)
		return editor_fail(e, EDITOR_LATER, "%s did not work: it is not there", tr(what));
	return editor_may_repeat(made) ? EDITOR_UNCLEAR : editor_fail_wd(e, made, what);
}

enum editor_end editor_click(struct editor *e, enum selector which)
{
	struct patience p = editor_patience(e);
	enum wd_end made;

	do {
		enum editor_end end = tap_found(e, "return seen(arguments[0])[0] || null;",
			one_selector(e, which), &made);

		if (end != EDITOR_OK || made == WD_OK)
			return end;
	} while ((made == WD_NOT_FOUND || editor_may_repeat(made)) && editor_wait(&p));
	return made == WD_NOT_FOUND ? fail_unseen(e, which) :
		editor_fail_wd(e, made, selector_name(which));
}

enum editor_end editor_text(struct editor *e, enum selector which, char **ret)
{
	struct value *v;
	enum editor_end end = editor_look(e, "const e = seen(arguments[0])[0];"
		"return e ? e.textContent.replace(/[\\s\\u200b\\ufeff]/g, '') : '';",
		one_selector(e, which), &v);

	*ret = xstrdup(value_string(v, ""));
	value_free(v);
	return end;
}

/* ---- opening ---- */

/* One look: *THERE, once its title can be seen. */
static enum editor_end see_editor(struct editor *e, bool *there)
{
	static const enum selector which[] = { SEL_TITLE, SEL_FRAME };
	struct value *v;
	enum editor_end end = editor_look(e, "return { title: !!seen(arguments[0])[0],"
		"  frame: !!document.querySelector(arguments[1]) };",
		editor_selectors(e, which, ARRAY_LEN(which)), &v);

	*there = value_get_bool(v, "title", false);
	/* Which of the two layouts it is shows only now. */
	if (end == EDITOR_OK && !*there && !e->framed)
		e->framed = e->outside = value_get_bool(v, "frame", false);
	value_free(v);
	return end;
}

static enum editor_end wait_editor(struct editor *e)
{
	struct patience p = editor_patience(e);
	enum editor_end end;
	bool there;

	do {
		end = see_editor(e, &there);
		if (end == EDITOR_BROKEN || (end == EDITOR_OK && there))
			return end;
	} while (editor_wait(&p));
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
	e->framed = e->outside = false;
	end = wait_editor(e);
	/* The frame may come late, or go on to another page: what counts is seen twice. */
	poll(NULL, 0, TWICE_MS);
	return end == EDITOR_OK ? wait_editor(e) : end;
}

/* ---- check ---- */

struct value *editor_survey(struct editor *e)
{
	static const char *const whens[] = { "always", "layer", "at times" };
	enum selector which[SEL_COUNT];
	struct value *list = value_new_list(), *v;

	for (int i = 0; i < SEL_COUNT; i++)
		which[i] = (enum selector)i;
	editor_look(e, "return [...arguments].map(css => { try {"
		"  return seen(css).length ? 'found' :"
		"    document.querySelector(css) ? 'hidden' : 'missing';"
		"} catch (x) { return 'missing'; } });",
		editor_selectors(e, which, SEL_COUNT), &v);
	for (int i = 0; i < SEL_COUNT; i++) {
		struct value *one = value_new_object();
		const char *state = i == SEL_FRAME && e->framed ? "found" :
			value_string(value_at(v, (size_t)i), "missing");

		value_set_string(one, "name", selector_name((enum selector)i));
		value_set_string(one, "selector", e->sel->css[i]);
		value_set_string(one, "state", state);
		value_set_string(one, "when", whens[selector_when((enum selector)i)]);
		value_append(list, one);
	}
	value_free(v);
	return list;
}
