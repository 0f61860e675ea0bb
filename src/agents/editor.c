/* SPDX-License-Identifier: MIT */
#include "editor.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>

#include "blocks.h"
#include "clock.h"
#include "kit.h"
#include "text.h"

#define TEXT_MAX (4u << 20)
#define PAUSE_MS 100
#define TRIES 4
#define SWEEPS 12 /* pop-ups that may lie upon each other */
#define SETTLE_MS 3000 /* until what was typed or pasted is in the page */
#define CALENDAR_MAX 13 /* months ahead */

/*
 * For the beginning of a script: plain(element) is its text without white
 * space and placeholders; the same white space as in blocks_squeeze().
 */
#define JS_PLAIN(placeholder) \
	"const squeeze = s => s.replace(" \
	"/[ \\n\\t\\r\\f\\u00a0\\u200b\\u200c\\u200d\\u2060\\ufeff]/g, '');" \
	"const plain = e => { const c = e.cloneNode(true);" \
	"  c.querySelectorAll(" placeholder ").forEach(p => p.remove());" \
	"  return squeeze(c.textContent); };"

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

static const char state_script[] = WD_SEEN JS_PLAIN("placeholder")
	"const [title, component, paragraph, body, placeholder, quotation, line, table, card,"
	"  image, picture, link] = arguments;"
	"const all = seen(component), texts = [], count = css => seen(css).length;"
	"for (const c of all) {"
	"  if (c.matches(card) || c.matches(image) || c.matches(line)) continue;"
	"  for (const p of c.querySelectorAll(paragraph)) {"
	"    const t = plain(p); if (t) texts.push(t);"
	"  }"
	"}"
	"const paragraphs = seen(body), last = paragraphs[paragraphs.length - 1];"
	"const end = all[all.length - 1];"
	"const final = i => /^https?:/.test(i.src) && i.complete && i.naturalWidth > 0;"
	"return { title: (t => t ? plain(t) : '')(seen(title)[0]), text: texts.join('\\n'),"
	"  quotes: count(quotation), lines: count(line), tables: count(table),"
	"  cards: count(card), pictures: count(image),"
	"  final: seen(picture).filter(final).length, paragraphs: paragraphs.length,"
	"  ends_in_text: !!end && !!last && end.contains(last),"
	"  fresh: !!last && !plain(last),"
	"  links: seen(link).map(l => ({ text: squeeze(l.textContent),"
	"    href: l.getAttribute('href') || l.getAttribute('data-href') || '' })) };";

static int64_t boot_ms(void)
{
	struct instant now;

	clock_now(&now);
	return now.boot_ms;
}

static void pause_ms(int ms)
{
	poll(NULL, 0, ms);
}

static void one_line(char *s)
{
	for (; *s; s++)
		if (*s == '\n' || *s == '\r' || *s == '\t')
			*s = ' ';
}

static enum editor_end PRINTF(3, 4) fail(struct editor *e, enum editor_end end,
	const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(e->why.text, sizeof(e->why.text), fmt, args);
	va_end(args);
	one_line(e->why.text);
	return end;
}

/* What the browser could not do, as an end of a step. */
static enum editor_end fail_wd(struct editor *e, enum wd_end end, const char *what)
{
	return end == WD_OK ? EDITOR_OK :
		fail(e, EDITOR_LATER, "%s did not work: %.200s", what, e->wd->why.text);
}

static enum editor_end fail_selector(struct editor *e, enum selector which)
{
	return fail(e, EDITOR_BROKEN, "the editor has no '%s' any more: mend that line in the "
		"file of selectors ('cpauto check' names all that are missing)",
		selector_name(which));
}

static struct value *selectors_of(const struct editor *e, const enum selector *which, size_t n)
{
	struct value *list = value_new_list();

	for (size_t i = 0; i < n; i++)
		value_append(list, value_new_string(e->sel->css[which[i]]));
	return list;
}

void editor_init(struct editor *e, struct wd *w, const struct selectors *s,
	const char *blog_id, int64_t step_ms)
{
	memset(e, 0, sizeof(*e));
	e->wd = w;
	e->sel = s;
	e->blog_id = blog_id;
	e->step_ms = step_ms;
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
		return fail(e, EDITOR_BROKEN, "Naver restricts this blog: \"%.300s\"; clear that "
			"first, then 'cpauto unblock'", e->said.text);
	return EDITOR_OK;
}

/* An alert is read, named, and only then accepted. */
static enum editor_end take_alert(struct editor *e)
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
	return fail_wd(e, WD_OTHER, "closing an alert");
}

static enum editor_end judge_page(struct editor *e, const struct value *v)
{
	const char *url = value_get_string(v, "url", "");

	if (editor_is_login(url))
		return fail(e, EDITOR_BROKEN, "Naver wants a login: run 'cpauto login', log in, "
			"then 'cpauto unblock'");
	if (value_get_bool(v, "captcha", false))
		return fail(e, EDITOR_BROKEN, "Naver shows a captcha: open the blog's editor in "
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
	enum wd_end r = wd_run(e->wd, sweep_script, selectors_of(e, which, ARRAY_LEN(which)), &v);

	*again = r == WD_ALERT;
	if (r == WD_ALERT)
		return take_alert(e);
	if (r != WD_OK)
		return fail_wd(e, r, "looking at the page");
	end = judge_page(e, v);
	if (end == EDITOR_OK && wd_take(value_get(v, "press"), &press)) {
		/* A restore pop-up is cancelled, never confirmed: that brings an old text back. */
		*again = e->disturbed = true;
		r = wd_click(e->wd, &press);
		if (r != WD_OK) {
			note(e, e->wd->why.text);
			pause_ms(PAUSE_MS);
		}
	} else if (end == EDITOR_OK && value_get_bool(v, "stuck", false)) {
		*again = true;
		pause_ms(PAUSE_MS);
	}
	value_free(v);
	return end;
}

/* From wherever we are. */
static enum editor_end to_top(struct editor *e)
{
	enum wd_end r = wd_frame(e->wd, NULL);

	if (r == WD_ALERT)
		return take_alert(e) == EDITOR_OK && wd_frame(e->wd, NULL) == WD_OK ? EDITOR_OK :
			fail_wd(e, WD_OTHER, "leaving the frame");
	return fail_wd(e, r, "leaving the frame");
}

static enum editor_end to_frame(struct editor *e)
{
	struct wd_element frame;
	enum wd_end r = wd_find_any(e->wd, e->sel->css[SEL_FRAME], &frame);

	if (r == WD_OK)
		r = wd_frame(e->wd, &frame);
	return fail_wd(e, r, "entering the editor's frame");
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
	enum editor_end end;
	bool again;

	for (int i = 0; i < SWEEPS; i++) {
		end = sweep_round(e, &again);
		if (end != EDITOR_OK || !again)
			return end;
	}
	return fail(e, EDITOR_LATER, "something lies over the editor and does not go away: "
		"\"%.200s\"", e->said.text);
}

/* ---- finding and clicking ---- */

static bool is_missing(struct editor *e, enum selector which)
{
	struct wd_element any;

	return wd_find_any(e->wd, e->sel->css[which], &any) == WD_NOT_FOUND;
}

/* Waits for a visible match. */
static enum editor_end find(struct editor *e, enum selector which, struct wd_element *ret)
{
	int64_t end_ms = boot_ms() + e->step_ms;
	enum editor_end end;

	for (;;) {
		enum wd_end r = wd_find(e->wd, e->sel->css[which], ret);

		if (r == WD_OK)
			return EDITOR_OK;
		if (r != WD_NOT_FOUND && r != WD_ALERT)
			return fail_wd(e, r, selector_name(which));
		end = editor_sweep(e);
		if (end != EDITOR_OK)
			return end;
		if (boot_ms() >= end_ms)
			break;
		pause_ms(PAUSE_MS);
	}
	return is_missing(e, which) ? fail_selector(e, which) :
		fail(e, EDITOR_LATER, "'%s' is there but cannot be seen", selector_name(which));
}

/* What lay over it may be put away: such a click was not made, so it may be made again. */
static bool may_repeat(enum wd_end r)
{
	return r == WD_COVERED || r == WD_STALE || r == WD_ALERT;
}

/* The driver says so before it clicks. */
static bool was_not_made(enum wd_end r)
{
	return r == WD_COVERED || r == WD_STALE || r == WD_NOT_FOUND;
}

/* *MADE becomes true once the click was made, or may have been. */
static enum editor_end click_and_tell(struct editor *e, enum selector which, bool *made)
{
	struct wd_element at;
	enum wd_end r = WD_COVERED;

	for (int i = 0; i < TRIES && may_repeat(r); i++) {
		enum editor_end end = editor_sweep(e);

		if (end == EDITOR_OK)
			end = find(e, which, &at);
		if (end != EDITOR_OK)
			return end;
		r = wd_click(e->wd, &at);
		*made = *made || !was_not_made(r);
		if (may_repeat(r))
			pause_ms(PAUSE_MS);
	}
	return fail_wd(e, r, selector_name(which));
}

static enum editor_end click(struct editor *e, enum selector which)
{
	bool made = false;

	return click_and_tell(e, which, &made);
}

/* ---- what is in the editor ---- */

static enum editor_end read_state(struct editor *e, struct value **ret)
{
	static const enum selector which[] = { SEL_TITLE, SEL_COMPONENT, SEL_PARAGRAPH, SEL_BODY,
		SEL_PLACEHOLDER, SEL_QUOTATION, SEL_LINE, SEL_TABLE, SEL_CARD, SEL_IMAGE,
		SEL_PICTURE, SEL_LINK };
	enum wd_end r = WD_ALERT;
	enum editor_end end = EDITOR_OK;

	*ret = NULL;
	for (int i = 0; i < TRIES && r == WD_ALERT && end == EDITOR_OK; i++) {
		r = wd_run(e->wd, state_script, selectors_of(e, which, ARRAY_LEN(which)), ret);
		if (r == WD_ALERT)
			end = take_alert(e);
		else if (r != WD_OK && e->framed)
			end = editor_sweep(e); /* the frame may have gone to a login */
	}
	return end != EDITOR_OK ? end : fail_wd(e, r, "reading the editor");
}

static int number(const struct value *state, const char *name)
{
	return (int)value_get_int(state, name, -1);
}

/* Waits until NAME of the state is WANTED. */
static enum editor_end wait_number(struct editor *e, const char *name, int wanted, int64_t ms)
{
	int64_t end_ms = boot_ms() + ms;
	struct value *state;
	enum editor_end end;

	do {
		int got;

		end = read_state(e, &state);
		got = number(state, name);
		value_free(state);
		if (end != EDITOR_OK || got == wanted)
			return end;
		pause_ms(PAUSE_MS);
		end = editor_sweep(e);
	} while (end == EDITOR_OK && boot_ms() < end_ms);
	return end != EDITOR_OK ? end :
		fail(e, EDITOR_LATER, "the editor does not show what was put in (%s)", name);
}

/* TEXT's lines as the state has them. */
static void add_lines(struct buf *out, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n\t");
		CLEANUP_FREE char *line = xstrndup(text, n);
		size_t before = out->len;

		buf_str(out, before ? "\n" : "");
		blocks_squeeze(line, out);
		if (out->len == before + (before ? 1 : 0))
			buf_truncate(out, before);
		text += n + (text[n] != '\0');
	}
}

/* How far A and B are the same. */
static size_t common(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] && a[n] == b[n])
		n++;
	while (n && ((unsigned char)a[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static enum editor_end differs(struct editor *e, const char *got, const char *wanted)
{
	size_t n = common(got, wanted);
	enum editor_end end = editor_sweep(e);

	/* A login that ended shows in this way too. */
	return end != EDITOR_OK ? end : fail(e, EDITOR_LATER, "the editor does not hold what "
		"was written: \"%.*s\" where \"%.*s\" belongs",
		(int)text_prefix_count(got + n, 20), got + n,
		(int)text_prefix_count(wanted + n, 20), wanted + n);
}

/* ---- the caret and keys ---- */

static enum editor_end click_last_paragraph(struct editor *e)
{
	static const enum selector which[] = { SEL_BODY };
	struct value *v;
	struct wd_element at;
	enum wd_end r = wd_run(e->wd, WD_SEEN "const p = seen(arguments[0]).pop() || null;"
		"if (p) p.scrollIntoView({ block: 'center' }); return p;",
		selectors_of(e, which, 1), &v);

	if (r == WD_OK)
		r = wd_take(v, &at) ? wd_click(e->wd, &at) : WD_NOT_FOUND;
	value_free(v);
	if (r == WD_OK)
		r = wd_press(e->wd, WD_KEY_CONTROL, WD_KEY_END);
	return r == WD_OK ? EDITOR_OK : r == WD_NOT_FOUND ? fail_selector(e, SEL_BODY) :
		may_repeat(r) ? EDITOR_UNCLEAR : fail_wd(e, r, "going to the end of the text");
}

/* Behind everything, in a paragraph of text. */
static enum editor_end focus_end(struct editor *e)
{
	struct value *state;
	enum editor_end end = EDITOR_UNCLEAR;
	bool in_text;

	for (int i = 0; i < TRIES && end == EDITOR_UNCLEAR; i++) {
		end = editor_sweep(e);
		if (end == EDITOR_OK)
			end = read_state(e, &state);
		if (end != EDITOR_OK)
			return end;
		in_text = value_get_bool(state, "ends_in_text", false);
		e->fresh = value_get_bool(state, "fresh", false);
		value_free(state);
		e->disturbed = false;
		end = in_text ? click_last_paragraph(e) : click(e, SEL_BOTTOM);
		if (end == EDITOR_OK && !in_text)
			end = EDITOR_UNCLEAR;
		if (end == EDITOR_UNCLEAR)
			pause_ms(PAUSE_MS);
	}
	return end == EDITOR_UNCLEAR ? fail(e, EDITOR_LATER, "the caret cannot be put behind the "
		"text (\"%.200s\")", e->said.text) : end;
}

static int count_paragraphs(struct editor *e)
{
	struct value *state;
	int n = read_state(e, &state) == EDITOR_OK ? number(state, "paragraphs") : -1;

	value_free(state);
	return n;
}

static bool wait_paragraphs(struct editor *e, int n)
{
	for (int i = 0; i < 10; i++) {
		if (count_paragraphs(e) == n)
			return true;
		pause_ms(30);
	}
	return false;
}

/* A new paragraph, seen to be there: a key may get lost in a pop-up. */
static enum editor_end enter(struct editor *e)
{
	enum editor_end end;

	for (int i = 0; i < TRIES; i++) {
		int before;

		end = editor_sweep(e);
		if (end == EDITOR_OK && (e->disturbed || i))
			end = focus_end(e);
		if (end != EDITOR_OK)
			return end;
		before = count_paragraphs(e);
		if (wd_press(e->wd, 0, WD_KEY_ENTER) == WD_OK && wait_paragraphs(e, before + 1)) {
			e->fresh = true;
			return EDITOR_OK;
		}
	}
	return fail(e, EDITOR_LATER, "the editor takes no new paragraph (\"%.200s\")",
		e->said.text);
}

/* As often as it takes to stand in an empty paragraph with an empty one before it. */
static enum editor_end begin_block(struct editor *e, bool gap)
{
	enum editor_end end = editor_sweep(e);

	if (end == EDITOR_OK && e->disturbed)
		end = focus_end(e);
	if (end == EDITOR_OK && !e->fresh) {
		end = enter(e);
		if (end == EDITOR_OK && gap)
			end = enter(e);
	}
	return end;
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

/* Waits until the body's text is WANTED; *GOT is what it is then, the caller's. */
static enum editor_end wait_text(struct editor *e, const char *wanted, char **got)
{
	int64_t end_ms = boot_ms() + SETTLE_MS;
	struct value *state;
	enum editor_end end;

	*got = NULL;
	do {
		end = read_state(e, &state);
		free(*got);
		*got = xstrdup(value_get_string(state, "text", ""));
		value_free(state);
		if (end != EDITOR_OK || str_eq(*got, wanted))
			return end;
		pause_ms(PAUSE_MS);
	} while (boot_ms() < end_ms);
	return EDITOR_UNCLEAR;
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
	return fail_wd(e, r, "typing");
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

	if (paste(e, html, text))
		end = wait_text(e, wanted, &got);
	else
		got = xstrdup(buf_cstr(&e->text));
	if (end != EDITOR_UNCLEAR)
		return end;
	if (!str_eq(got, buf_cstr(&e->text)))
		return differs(e, got, wanted);
	if (table)
		return EDITOR_UNCLEAR;
	end = type_lines(e, text);
	free(got);
	got = NULL;
	if (end == EDITOR_OK)
		end = wait_text(e, wanted, &got);
	return end == EDITOR_UNCLEAR ? differs(e, got, wanted) : end;
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
	add_lines(&wanted, buf_cstr(&text));
	end = put_text(e, buf_cstr(&html), buf_cstr(&text), buf_cstr(&wanted), table);
	if (end == EDITOR_OK)
		took(e, buf_cstr(&wanted));
	buf_finish(&html);
	buf_finish(&text);
	buf_finish(&wanted);
	return end;
}

/* ---- links ---- */

static bool same_link(const struct value *have, const struct value *want)
{
	const char *href = value_get_string(have, "href", "");
	const char *wanted = value_get_string(want, "href", "");

	return blocks_same(value_get_string(have, "text", ""), value_get_string(want, "text", ""))
		&& (!*href || str_eq(href, wanted));
}

static int count_links(const struct value *list, const struct value *link)
{
	int n = 0;

	for (size_t i = 0; i < value_len(list); i++)
		n += same_link(value_at(list, i), link);
	return n;
}

/* Of the links that should be there, is LINK there as often as it should be? */
static bool has_link(struct editor *e, const struct value *link)
{
	struct value *state;
	bool there = read_state(e, &state) == EDITOR_OK &&
		count_links(value_get(state, "links"), link) >= count_links(e->links, link);

	value_free(state);
	return there;
}

/* Selects the last place where TEXT stands without a link, with the mouse. */
static enum editor_end select_text(struct editor *e, const char *text)
{
	static const char script[] = WD_SEEN
		"const [component, paragraph, link, text] = arguments;"
		"const fold = s => s.replace(/\\u00a0/g, ' ');"
		"for (const c of seen(component).reverse()) {"
		"  for (const p of [...c.querySelectorAll(paragraph)].reverse()) {"
		"    const w = document.createTreeWalker(p, NodeFilter.SHOW_TEXT), at = [];"
		"    let all = '';"
		"    while (w.nextNode()) {"
		"      const n = w.currentNode, linked = n.parentNode.closest(link);"
		"      for (let i = 0; i < n.data.length; i++) {"
		"        if (/[\\u200b\\ufeff]/.test(n.data[i])) continue;"
		"        at.push([n, i]); all += linked ? '\\u0000' : fold(n.data[i]);"
		"      }"
		"    }"
		"    const k = all.lastIndexOf(fold(text));"
		"    if (k < 0) continue;"
		"    p.scrollIntoView({ block: 'center' });"
		"    const r = document.createRange(), z = at[k + text.length - 1];"
		"    r.setStart(at[k][0], at[k][1]); r.setEnd(z[0], z[1] + 1);"
		"    const b = [...r.getClientRects()].filter(x => x.width > 0);"
		"    if (!b.length) continue;"
		"    const f = b[0], l = b[b.length - 1];"
		"    return [f.left, f.top + f.height / 2, l.right, l.top + l.height / 2]"
		"      .map(Math.round);"
		"  }"
		"}"
		"return null;";
	static const enum selector which[] = { SEL_COMPONENT, SEL_PARAGRAPH, SEL_LINK };
	struct value *args = selectors_of(e, which, ARRAY_LEN(which)), *v;
	enum wd_end r;

	value_append(args, value_new_string(text));
	r = wd_run(e->wd, script, args, &v);
	if (r == WD_OK && value_len(v) == 4)
		r = wd_drag(e->wd, (int)value_int(value_at(v, 0), 0),
			(int)value_int(value_at(v, 1), 0), (int)value_int(value_at(v, 2), 0),
			(int)value_int(value_at(v, 3), 0));
	else if (r == WD_OK)
		r = WD_NOT_FOUND;
	value_free(v);
	return r == WD_NOT_FOUND ? fail(e, EDITOR_LATER, "a link's text is not in the editor any "
		"more: \"%.100s\"", text) : fail_wd(e, r, "selecting a link's text");
}

static enum editor_end make_link(struct editor *e, const struct value *link)
{
	const char *href = value_get_string(link, "href", "");
	struct wd_element input;
	enum editor_end end = editor_sweep(e);

	if (end == EDITOR_OK)
		end = select_text(e, value_get_string(link, "text", ""));
	if (end == EDITOR_OK)
		end = click(e, SEL_TOOL_LINK);
	if (end == EDITOR_OK)
		end = find(e, SEL_LINK_INPUT, &input);
	if (end == EDITOR_OK)
		end = fail_wd(e, wd_keys(e->wd, &input, href), "typing a link's address");
	if (end == EDITOR_OK)
		end = click(e, SEL_LINK_APPLY);
	return end;
}

static enum editor_end mend_link(struct editor *e, const struct value *link)
{
	enum editor_end end;

	for (int i = 0; i < 2; i++) {
		end = make_link(e, link);
		if (end != EDITOR_OK)
			return end;
		if (has_link(e, link))
			return EDITOR_OK;
	}
	return fail(e, EDITOR_LATER, "the editor loses the link of \"%.100s\"",
		value_get_string(link, "text", ""));
}

/* Those that did not survive the paste are made again with the editor's own tool. */
static enum editor_end check_links(struct editor *e, const struct value *block)
{
	struct value *links = blocks_links(block);
	enum editor_end end = EDITOR_OK;
	bool mended = false;

	for (size_t i = 0; i < value_len(links) && end == EDITOR_OK; i++) {
		value_append(e->links, value_copy(value_at(links, i)));
		if (has_link(e, value_at(links, i)))
			continue;
		end = mend_link(e, value_at(links, i));
		mended = true;
	}
	value_free(links);
	return end == EDITOR_OK && mended ? focus_end(e) : end;
}

/* ---- the blocks ---- */

static enum editor_end write_text(struct editor *e, const struct value *block)
{
	bool heading = str_eq(value_get_string(block, "kind", ""), "heading");
	enum editor_end end = begin_block(e, true);

	if (end == EDITOR_OK)
		end = put_block(e, block, heading, false);
	if (end == EDITOR_OK)
		end = check_links(e, block);
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
		selectors_of(e, which, ARRAY_LEN(which)), &v);

	if (r == WD_OK)
		r = wd_take(v, &at) ? wd_click(e->wd, &at) : WD_NOT_FOUND;
	value_free(v);
	return fail_wd(e, r, "going into the quotation");
}

static enum editor_end write_quote(struct editor *e, const struct value *block)
{
	enum editor_end end = begin_block(e, false);

	if (end == EDITOR_OK)
		end = click(e, SEL_TOOL_QUOTATION);
	if (end == EDITOR_OK)
		end = wait_number(e, "quotes", ++e->quotes, e->step_ms);
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
		end = check_links(e, block);
	return end == EDITOR_OK ? focus_end(e) : end;
}

static enum editor_end write_line(struct editor *e)
{
	enum editor_end end = begin_block(e, false);

	if (end == EDITOR_OK)
		end = click(e, SEL_TOOL_LINE);
	if (end == EDITOR_OK)
		end = wait_number(e, "lines", ++e->lines, e->step_ms);
	return end == EDITOR_OK ? focus_end(e) : end;
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
	enum editor_end end = begin_block(e, false);

	if (end == EDITOR_OK)
		end = put_block(e, block, false, true);
	if (end == EDITOR_UNCLEAR)
		return write_rows(e, block);
	if (end == EDITOR_OK)
		end = wait_number(e, "tables", ++e->tables, SETTLE_MS);
	if (end == EDITOR_OK)
		end = check_links(e, block);
	return end == EDITOR_OK ? focus_end(e) : end;
}

static enum editor_end write_card(struct editor *e, const char *url)
{
	struct wd_element input;
	enum editor_end end = begin_block(e, false);

	if (end == EDITOR_OK)
		end = click(e, SEL_TOOL_CARD);
	if (end == EDITOR_OK)
		end = find(e, SEL_CARD_INPUT, &input);
	if (end == EDITOR_OK)
		end = fail_wd(e, wd_keys(e->wd, &input, url), "typing a link card's address");
	if (end == EDITOR_OK)
		end = click(e, SEL_CARD_SEARCH);
	for (int64_t end_ms = boot_ms() + e->step_ms; end == EDITOR_OK;) {
		struct wd_element confirm;
		CLEANUP_FREE char *css = xasprintf("%s:not([disabled])", e->sel->css[SEL_CONFIRM]);

		if (wd_find(e->wd, css, &confirm) == WD_OK && wd_click(e->wd, &confirm) == WD_OK)
			break;
		if (boot_ms() > end_ms)
			return fail(e, EDITOR_LATER, "the link card did not come: %.200s", url);
		pause_ms(PAUSE_MS);
	}
	if (end == EDITOR_OK)
		end = wait_number(e, "cards", ++e->cards, e->step_ms);
	return end == EDITOR_OK ? focus_end(e) : end;
}

static const char *path_of(const struct editor *e, const char *src)
{
	for (size_t i = 0; i < value_len(e->images); i++)
		if (str_eq(value_get_string(value_at(e->images, i), "src", NULL), src))
			return value_get_string(value_at(e->images, i), "path", NULL);
	return NULL;
}

/* A place for a picture: an empty paragraph. It comes when the text is there. */
static enum editor_end keep_spot(struct editor *e, const char *src)
{
	const char *path = path_of(e, src);
	enum editor_end end;
	struct value *spot;

	if (!path) {
		kit_log(4, "a picture was not fetched and is left out: %.300s", src);
		return EDITOR_OK;
	}
	end = begin_block(e, false);
	if (end != EDITOR_OK)
		return end;
	spot = value_new_object();
	value_set_string(spot, "path", path);
	value_set_int(spot, "at", count_paragraphs(e) - 1);
	value_append(e->spots, spot);
	return enter(e);
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
		return keep_spot(e, value_get_string(block, "src", ""));
	return write_text(e, block);
}

enum editor_end editor_write(struct editor *e, const struct value *blocks)
{
	enum editor_end end = focus_end(e);

	for (size_t i = 0; i < value_len(blocks) && end == EDITOR_OK; i++)
		end = write_block(e, value_at(blocks, i));
	return end;
}

/* ---- pictures ---- */

static enum editor_end click_spot(struct editor *e, int at)
{
	static const enum selector which[] = { SEL_BODY };
	struct value *args = selectors_of(e, which, 1), *v;
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
	return may_repeat(r) ? EDITOR_UNCLEAR : fail_wd(e, r, "going to a picture's place");
}

/* The image is in when there is one more and its address is the final one. */
static enum editor_end wait_picture(struct editor *e, int wanted)
{
	int64_t end_ms = boot_ms() + e->step_ms;
	struct value *state;
	enum editor_end end;

	e->said.text[0] = '\0';
	do {
		bool there;

		end = read_state(e, &state);
		there = number(state, "pictures") == wanted && number(state, "final") == wanted;
		value_free(state);
		if (end != EDITOR_OK || there)
			return end;
		pause_ms(PAUSE_MS);
		end = editor_sweep(e);
	} while (end == EDITOR_OK && !*e->said.text && boot_ms() < end_ms);
	return end != EDITOR_OK ? end : fail(e, EDITOR_LATER, "a picture was not taken%s%.200s",
		*e->said.text ? ": " : " in time", e->said.text);
}

static enum editor_end add_picture(struct editor *e, const struct value *spot)
{
	struct wd_element input;
	enum editor_end end = EDITOR_UNCLEAR;

	for (int i = 0; i < TRIES && end == EDITOR_UNCLEAR; i++) {
		end = editor_sweep(e);
		e->disturbed = false;
		if (end == EDITOR_OK)
			end = click_spot(e, (int)value_get_int(spot, "at", -1));
	}
	if (end == EDITOR_OK)
		end = click(e, SEL_TOOL_IMAGE);
	if (end == EDITOR_OK && e->disturbed)
		end = click_spot(e, (int)value_get_int(spot, "at", -1));
	for (int64_t end_ms = boot_ms() + e->step_ms; end == EDITOR_OK;) {
		if (wd_find_any(e->wd, e->sel->css[SEL_IMAGE_INPUT], &input) == WD_OK)
			break;
		if (boot_ms() > end_ms)
			return fail_selector(e, SEL_IMAGE_INPUT);
		pause_ms(PAUSE_MS);
	}
	if (end == EDITOR_OK)
		end = fail_wd(e, wd_upload(e->wd, &input, value_get_string(spot, "path", "")),
			"sending a picture");
	return end == EDITOR_OK ? wait_picture(e, ++e->pictures) : end;
}

enum editor_end editor_add_pictures(struct editor *e)
{
	enum editor_end end = EDITOR_OK;

	/* From the last to the first: so the places before stay where they are. */
	for (size_t i = value_len(e->spots); i-- > 0 && end == EDITOR_OK;)
		end = add_picture(e, value_at(e->spots, i));
	return end;
}

/* ---- the whole ---- */

static enum editor_end wait_editor(struct editor *e)
{
	int64_t end_ms = boot_ms() + e->step_ms;
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
		pause_ms(PAUSE_MS);
	} while (boot_ms() < end_ms);
	if (end != EDITOR_OK)
		return end;
	return is_missing(e, SEL_TITLE) ? fail_selector(e, SEL_TITLE) :
		fail(e, EDITOR_LATER, "the editor did not open in time");
}

enum editor_end editor_open(struct editor *e, const char *url)
{
	enum wd_end r = wd_navigate(e->wd, url);
	enum editor_end end;

	if (r != WD_OK && r != WD_ALERT)
		return fail_wd(e, r, "opening the editor");
	e->framed = false;
	end = wait_editor(e);
	/* The frame may come late, or go on to another page: what counts is seen twice. */
	pause_ms(PAUSE_MS * 3);
	return end == EDITOR_OK ? wait_editor(e) : end;
}

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
			selectors_of(e, which, 1), &v);
		any = wd_take(v, &on);
		value_free(v);
		if (r == WD_OK && !any)
			return EDITOR_OK;
		if (any)
			r = wd_click(e->wd, &on);
		if (r != WD_OK && !may_repeat(r))
			return fail_wd(e, r, "switching a style off");
		if (editor_sweep(e) != EDITOR_OK)
			return EDITOR_LATER;
	}
	return fail(e, EDITOR_LATER, "a style of the editor's toolbar cannot be switched off");
}

enum editor_end editor_clean(struct editor *e)
{
	struct value *state;
	enum editor_end end = editor_sweep(e);

	if (end == EDITOR_OK)
		end = read_state(e, &state);
	if (end != EDITOR_OK)
		return end;
	if (*value_get_string(state, "title", "") || *value_get_string(state, "text", "") ||
			number(state, "pictures") || number(state, "tables"))
		end = fail(e, EDITOR_LATER, "the new editor is not empty: nothing is written over "
			"another text");
	value_free(state);
	if (end == EDITOR_OK)
		end = focus_end(e);
	return end == EDITOR_OK ? toggles_off(e) : end;
}

static bool title_is(struct editor *e, const char *title)
{
	for (int i = 0; i < 10; i++) {
		struct value *state;
		bool same = read_state(e, &state) == EDITOR_OK &&
			blocks_same(value_get_string(state, "title", ""), title);

		value_free(state);
		if (same)
			return true;
		pause_ms(PAUSE_MS);
	}
	return false;
}

/* Takes all out of the title, wherever the caret stands in it. */
static enum wd_end clear_title(struct editor *e)
{
	struct value *state;
	struct buf keys;
	enum wd_end r;
	size_t n;

	if (read_state(e, &state) != EDITOR_OK)
		return WD_OTHER;
	n = 2 * strlen(value_get_string(state, "title", ""));
	value_free(state);
	buf_init(&keys, 65536);
	for (size_t i = 0; i < n; i++)
		buf_str(&keys, "\xee\x80\x83"); /* Backspace */
	for (size_t i = 0; i < n; i++)
		buf_str(&keys, "\xee\x80\x97"); /* Delete */
	r = n ? wd_type(e->wd, buf_cstr(&keys)) : WD_OK;
	buf_finish(&keys);
	return r;
}

enum editor_end editor_write_title(struct editor *e, const char *title)
{
	enum editor_end end;

	for (int i = 0; i < TRIES; i++) {
		end = click(e, SEL_TITLE);
		if (end != EDITOR_OK)
			return end;
		/* A pop-up may have taken some of the keys: once more from the beginning. */
		if (i && (clear_title(e) != WD_OK || !title_is(e, "")))
			continue;
		end = fail_wd(e, wd_type(e->wd, title), "typing the title");
		if (end == EDITOR_OK && title_is(e, title))
			return EDITOR_OK;
		end = editor_sweep(e);
		if (end != EDITOR_OK)
			return end;
	}
	return fail(e, EDITOR_LATER, "the title does not stand in the editor as it was typed");
}

static enum editor_end check_numbers(struct editor *e, const struct value *state)
{
	const struct { const char *name; int wanted; } table[] = {
		{ "quotes", e->quotes }, { "lines", e->lines }, { "tables", e->tables },
		{ "cards", e->cards }, { "pictures", e->pictures }, { "final", e->pictures },
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (number(state, table[i].name) != table[i].wanted)
			return fail(e, EDITOR_LATER, "the editor holds %d %s where %d belong",
				number(state, table[i].name), table[i].name, table[i].wanted);
	for (size_t i = 0; i < value_len(e->links); i++) {
		const struct value *link = value_at(e->links, i);

		if (count_links(value_get(state, "links"), link) < count_links(e->links, link))
			return fail(e, EDITOR_LATER, "the link of \"%.100s\" got lost",
				value_get_string(link, "text", ""));
	}
	return EDITOR_OK;
}

enum editor_end editor_verify(struct editor *e, const char *title)
{
	struct value *state = NULL;
	enum editor_end end = editor_sweep(e);
	const char *text;

	if (end == EDITOR_OK)
		end = read_state(e, &state);
	text = value_get_string(state, "text", "");
	if (end == EDITOR_OK && !blocks_same(value_get_string(state, "title", ""), title))
		end = fail(e, EDITOR_LATER, "the title in the editor is not the post's any more");
	else if (end == EDITOR_OK && !str_eq(text, buf_cstr(&e->text)))
		end = differs(e, text, buf_cstr(&e->text));
	else if (end == EDITOR_OK)
		end = check_numbers(e, state);
	value_free(state);
	return end;
}

/* ---- drafts ---- */

/* The text of the first visible match without white space; "" if there is none. The caller's. */
static char *text_of(struct editor *e, enum selector which)
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

enum editor_end editor_save(struct editor *e)
{
	CLEANUP_FREE char *before = NULL;
	enum editor_end end = editor_sweep(e);
	int64_t end_ms;

	if (end != EDITOR_OK)
		return end;
	before = text_of(e, SEL_DRAFTS);
	e->said.text[0] = '\0';
	end = click_and_tell(e, SEL_SAVE, &e->save_click);
	end_ms = boot_ms() + e->step_ms;
	while (end == EDITOR_OK) {
		CLEANUP_FREE char *now = text_of(e, SEL_DRAFTS);

		if (*now && !str_eq(now, before))
			return EDITOR_OK;
		end = editor_sweep(e);
		if (end == EDITOR_OK && (*e->said.text || boot_ms() >= end_ms))
			return fail(e, EDITOR_UNCLEAR, "the editor did not say that the draft is "
				"saved%s%.200s", *e->said.text ? ": " : "", e->said.text);
		pause_ms(PAUSE_MS);
	}
	return end;
}

struct value *editor_drafts(struct editor *e)
{
	static const enum selector which[] = { SEL_DRAFT_LIST, SEL_DRAFT };
	struct value *v = NULL;

	if (click(e, SEL_DRAFTS) != EDITOR_OK)
		return NULL;
	/* An empty list that is seen is an answer, but not the first one: it may be on its way. */
	for (int i = 0; i < 15 && !value_len(v); i++) {
		value_free(v);
		pause_ms(PAUSE_MS);
		if (wd_run(e->wd, WD_SEEN "return seen(arguments[0]).length ?"
				"seen(arguments[1]).map(e => e.textContent) : null;",
				selectors_of(e, which, ARRAY_LEN(which)), &v) != WD_OK)
			v = NULL;
	}
	if (click(e, SEL_DRAFTS) == EDITOR_OK && value_kind(v) == VALUE_LIST)
		return v;
	value_free(v);
	return NULL;
}

/* ---- the layer ---- */

enum editor_end editor_open_layer(struct editor *e)
{
	struct wd_element layer;
	enum editor_end end = editor_sweep(e);

	if (end == EDITOR_OK && wd_find(e->wd, e->sel->css[SEL_LAYER], &layer) == WD_OK)
		return EDITOR_OK;
	if (end == EDITOR_OK)
		end = click(e, SEL_OPEN);
	return end == EDITOR_OK ? find(e, SEL_LAYER, &layer) : end;
}

/* Clicks what a script finds; ends in BROKEN with WHAT where it finds a text instead. */
static enum editor_end click_found(struct editor *e, const char *script, struct value *args,
	const char *what)
{
	struct wd_element at;
	struct value *v;
	enum wd_end r = wd_run(e->wd, script, args, &v);
	enum editor_end end;

	if (r == WD_OK && wd_take(v, &at))
		end = fail_wd(e, wd_click(e->wd, &at), what);
	else if (r == WD_OK)
		end = fail(e, EDITOR_BROKEN, "%s is not there; there are: %.300s", what,
			value_string(v, "none"));
	else
		end = fail_wd(e, r, what);
	value_free(v);
	return end;
}

static enum editor_end choose_category(struct editor *e, const char *name)
{
	static const char script[] = WD_SEEN
		"const plain = s => s.replace(/[\\s\\u00a0\\u200b]+/g, ' ').trim();"
		"const labels = [...document.querySelectorAll(arguments[0])].map(i =>"
		"  (i.labels && i.labels[0]) || i.parentNode).filter(is_seen);"
		"return labels.find(l => plain(l.textContent) === plain(arguments[1])) ||"
		"  labels.map(l => plain(l.textContent)).join(', ');";
	CLEANUP_FREE char *what = xasprintf("the category \"%.60s\"", name);
	struct value *args;
	enum editor_end end;

	if (!*name)
		return EDITOR_OK;
	end = click(e, SEL_CATEGORY);
	args = value_new_list();
	value_append(args, value_new_string(e->sel->css[SEL_CATEGORY_ITEM]));
	value_append(args, value_new_string(name));
	if (end != EDITOR_OK)
		value_free(args);
	return end == EDITOR_OK ? click_found(e, script, args, what) : end;
}

static enum editor_end add_tags(struct editor *e, const struct value *tags)
{
	struct wd_element input;
	enum editor_end end = EDITOR_OK;

	for (size_t i = 0; i < value_len(tags) && end == EDITOR_OK; i++) {
		struct buf text;

		end = editor_sweep(e);
		if (end == EDITOR_OK)
			end = find(e, SEL_TAG_INPUT, &input);
		buf_init(&text, 1024);
		blocks_squeeze(value_string(value_at(tags, i), ""), &text);
		buf_str(&text, "\xee\x80\x87"); /* Enter */
		if (end == EDITOR_OK)
			end = fail_wd(e, wd_keys(e->wd, &input, buf_cstr(&text)), "typing a tag");
		buf_finish(&text);
	}
	return end;
}

/* A radio button may be hidden behind its label. */
static enum editor_end choose_radio(struct editor *e, enum selector which)
{
	struct value *args = value_new_list();

	value_append(args, value_new_string(e->sel->css[which]));
	return click_found(e, WD_SEEN "const i = document.querySelector(arguments[0]);"
		"const l = i && i.labels && i.labels[0];"
		"return l && is_seen(l) ? l : i || 'none';", args, selector_name(which));
}

static enum editor_end choose_option(struct editor *e, enum selector which, int n)
{
	struct wd_element at;
	char text[8];
	enum editor_end end = find(e, which, &at);

	str_format_cut(text, sizeof(text), "%02d", n);
	return end == EDITOR_OK ? fail_wd(e, wd_keys(e->wd, &at, text), selector_name(which)) : end;
}

static int number_at(struct editor *e, enum selector which)
{
	CLEANUP_FREE char *text = text_of(e, which);
	int64_t n;

	return parse_int64(text, 0, 9999, &n) ? -1 : (int)n;
}

static enum editor_end choose_day(struct editor *e, const struct editor_layer *l)
{
	struct value *args;
	enum editor_end end = click(e, SEL_DATE);

	for (int i = 0; end == EDITOR_OK; i++) {
		if (number_at(e, SEL_DATE_YEAR) == l->year &&
			number_at(e, SEL_DATE_MONTH) == l->month)
			break;
		if (i >= CALENDAR_MAX)
			return fail(e, EDITOR_LATER, "the calendar does not get to the day wanted");
		end = click(e, SEL_DATE_NEXT);
	}
	if (end != EDITOR_OK)
		return end;
	args = value_new_list();
	value_append(args, value_new_string(e->sel->css[SEL_DATE_DAY]));
	value_append(args, value_new_int(l->day));
	return click_found(e,
		WD_SEEN "return seen(arguments[0]).find(e => !e.disabled &&"
			"e.textContent.trim() === String(arguments[1])) || 'no such day';",
		args, "the day");
}

static enum editor_end choose_time(struct editor *e, const struct editor_layer *l)
{
	enum editor_end end = choose_radio(e, l->later ? SEL_LATER : SEL_NOW);

	if (end != EDITOR_OK || !l->later)
		return end;
	end = choose_day(e, l);
	if (end == EDITOR_OK)
		end = choose_option(e, SEL_HOUR, l->hour);
	return end == EDITOR_OK ? choose_option(e, SEL_MINUTE, l->minute) : end;
}

static enum editor_end read_layer(struct editor *e, struct value **ret)
{
	static const char script[] = WD_SEEN
		"const [layer, category, all, neighbor, both, own, tag, now, later, date, hour,"
		"  minute, final] = arguments;"
		"const q = css => document.querySelector(css);"
		"const checked = css => { const l = q(css);"
		" return !!(l && l.control && l.control.checked); };"
		"const text = css => (e => e ? e.textContent.trim() : '')(seen(css)[0]);"
		"const value = css => (e => e ? e.value : '')(seen(css)[0]);"
		"const on = css => (e => !!(e && e.checked))(q(css));"
		"return { layer: seen(layer).length, category: text(category),"
		"  all: checked(all), neighbor: checked(neighbor), both: checked(both),"
		"  private: checked(own), now: on(now), later: on(later), date: value(date),"
		"  hour: value(hour), minute: value(minute), finals: seen(final).length,"
		"  tags: seen(tag).map(e => (e.querySelector('span') || e).textContent) };";
	static const enum selector which[] = { SEL_LAYER, SEL_CATEGORY, SEL_ALL, SEL_NEIGHBOR,
		SEL_BOTH, SEL_PRIVATE, SEL_TAG, SEL_NOW, SEL_LATER, SEL_DATE, SEL_HOUR, SEL_MINUTE,
		SEL_FINAL };

	return fail_wd(e, wd_run(e->wd, script, selectors_of(e, which, ARRAY_LEN(which)), ret),
		"reading the settings of the post");
}

static bool has_tag(const struct value *tags, const char *tag)
{
	for (size_t i = 0; i < value_len(tags); i++) {
		const char *one = value_string(value_at(tags, i), "");

		one += strspn(one, "# \n");
		if (blocks_same(one, tag))
			return true;
	}
	return false;
}

static const char *check_tags(const struct editor_layer *l, const struct value *have)
{
	for (size_t i = 0; i < value_len(l->tags); i++)
		if (!has_tag(have, value_string(value_at(l->tags, i), "")))
			return "tags";
	for (size_t i = 0; i < value_len(have); i++) {
		const char *one = value_string(value_at(have, i), "");

		if (!has_tag(l->tags, one + strspn(one, "# \n")))
			return "tags";
	}
	return NULL;
}

/* The digits of "2026. 11. 24" as 20261124. */
static int64_t digits(const char *s)
{
	int64_t n = 0;

	for (; *s; s++)
		if (*s >= '0' && *s <= '9' && n < 100000000)
			n = n * 10 + (*s - '0');
	return n;
}

static const char *check_time(const struct editor_layer *l, const struct value *v)
{
	if (value_get_bool(v, "now", false) == l->later ||
		value_get_bool(v, "later", false) != l->later)
		return "time";
	if (!l->later)
		return NULL;
	return digits(value_get_string(v, "date", "")) !=
		(l->year * 100 + l->month) * 100 + l->day ||
		digits(value_get_string(v, "hour", "-")) != l->hour ||
		digits(value_get_string(v, "minute", "-")) != l->minute ? "reserved time" : NULL;
}

/* The name of the first field that is not as it should be, or NULL. */
static const char *check_layer(const struct editor_layer *l, const struct value *v)
{
	static const struct { enum selector which; const char *name; } table[] = {
		{ SEL_ALL, "all" }, { SEL_NEIGHBOR, "neighbor" }, { SEL_BOTH, "both" },
		{ SEL_PRIVATE, "private" },
	};
	const char *bad;

	if (value_get_int(v, "layer", 0) < 1 || value_get_int(v, "finals", 0) != 1)
		return "final button";
	if (*l->category && !blocks_same(value_get_string(v, "category", ""), l->category))
		return "category";
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (value_get_bool(v, table[i].name, false) != (table[i].which == l->visibility))
			return "visibility";
	bad = check_tags(l, value_get(v, "tags"));
	return bad ? bad : check_time(l, v);
}

enum editor_end editor_fill_layer(struct editor *e, const struct editor_layer *l)
{
	struct value *v = NULL;
	const char *bad;
	enum editor_end end = editor_open_layer(e);

	if (end == EDITOR_OK)
		end = choose_category(e, l->category);
	if (end == EDITOR_OK)
		end = click(e, l->visibility);
	if (end == EDITOR_OK)
		end = add_tags(e, l->tags);
	if (end == EDITOR_OK)
		end = choose_time(e, l);
	if (end == EDITOR_OK)
		end = editor_sweep(e);
	if (end == EDITOR_OK)
		end = read_layer(e, &v);
	bad = end == EDITOR_OK ? check_layer(l, v) : NULL;
	if (bad)
		end = fail(e, EDITOR_LATER, "the editor does not keep the post's %s", bad);
	value_free(v);
	return end;
}

/* ---- the final click ---- */

/* The number in an address of a post of ours, or NULL. */
static const char *log_no(const struct editor *e, const char *url, size_t *len)
{
	CLEANUP_FREE char *path = xasprintf("/%s/", e->blog_id);
	const char *at = strstr(url, "logNo=");

	if (at)
		at += strlen("logNo=");
	else if ((at = strstr(url, path)))
		at += strlen(path);
	if (!at)
		return NULL;
	*len = strspn(at, "0123456789");
	return *len >= 6 ? at : NULL;
}

static bool see_post(struct editor *e, struct buf *id, struct buf *url)
{
	struct value *v;
	bool found = false;

	if (wd_frame(e->wd, NULL) != WD_OK || wd_run(e->wd, "const all = [location.href];"
			"for (let i = 0; i < frames.length; i++)"
			"  try { all.push(frames[i].location.href); } catch (x) {}"
			"return all;", NULL, &v) != WD_OK)
		return false;
	for (size_t i = 0; i < value_len(v) && !found; i++) {
		const char *one = value_string(value_at(v, i), "");
		size_t len;
		const char *no = log_no(e, one, &len);

		found = no != NULL;
		if (found) {
			buf_add(id, no, len);
			buf_str(url, one);
		}
	}
	value_free(v);
	return found;
}

/* After the final click: what is in the way is named, nothing is done about it. */
static enum editor_end see_trouble(struct editor *e)
{
	enum editor_end end = editor_sweep(e);

	if (end == EDITOR_BROKEN)
		return end;
	return *e->said.text ? fail(e, EDITOR_UNCLEAR, "after the final click the page said "
		"\"%.300s\"", e->said.text) : EDITOR_OK;
}

static enum editor_end wait_post(struct editor *e, struct buf *id, struct buf *url)
{
	int64_t end_ms = boot_ms() + e->step_ms;
	enum editor_end trouble;

	e->said.text[0] = '\0';
	do {
		if (see_post(e, id, url))
			return EDITOR_OK;
		trouble = see_trouble(e);
		if (trouble != EDITOR_OK)
			return see_post(e, id, url) ? EDITOR_OK : trouble;
		pause_ms(PAUSE_MS);
	} while (boot_ms() < end_ms);
	return fail(e, EDITOR_UNCLEAR, "the final button was pressed and no post came in sight");
}

enum editor_end editor_publish(struct editor *e, struct buf *id, struct buf *url)
{
	struct wd_element final;
	enum editor_end end = editor_sweep(e);
	enum wd_end r;

	if (end == EDITOR_OK)
		end = find(e, SEL_FINAL, &final);
	if (end != EDITOR_OK)
		return end;
	e->final_click = true;
	r = wd_click(e->wd, &final);
	if (was_not_made(r)) {
		e->final_click = false;
		return fail_wd(e, r, "pressing the final button");
	}
	return wait_post(e, id, url);
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
