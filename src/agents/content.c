/* SPDX-License-Identifier: MIT */
#include "content.h"

#include "blocks.h"
#include "text.h"

#define TRIES 4

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

enum editor_end content_read(struct editor *e, struct value **ret)
{
	static const enum selector which[] = { SEL_TITLE, SEL_COMPONENT, SEL_PARAGRAPH, SEL_BODY,
		SEL_PLACEHOLDER, SEL_QUOTATION, SEL_LINE, SEL_TABLE, SEL_CARD, SEL_IMAGE,
		SEL_PICTURE, SEL_LINK };
	enum wd_end r = WD_ALERT;
	enum editor_end end = EDITOR_OK;

	*ret = NULL;
	for (int i = 0; i < TRIES && r == WD_ALERT && end == EDITOR_OK; i++) {
		r = wd_run(e->wd, state_script, editor_selectors(e, which, ARRAY_LEN(which)), ret);
		if (r == WD_ALERT)
			end = editor_take_alert(e);
		else if (r != WD_OK && e->framed)
			end = editor_sweep(e); /* the frame may have gone to a login */
	}
	return end != EDITOR_OK ? end : editor_fail_wd(e, r, "reading the editor");
}

int content_number(const struct value *state, const char *name)
{
	return (int)value_get_int(state, name, -1);
}

/* Waits until NAME of the state is WANTED. */
enum editor_end content_wait(struct editor *e, const char *name, int wanted)
{
	int64_t until = editor_until(e, e->step_ms);
	struct value *state;
	enum editor_end end;

	do {
		int got;

		end = content_read(e, &state);
		got = content_number(state, name);
		value_free(state);
		if (end != EDITOR_OK || got == wanted)
			return end;
		editor_pause(EDITOR_PAUSE_MS);
		end = editor_sweep(e);
	} while (end == EDITOR_OK && editor_ms() < until);
	return end != EDITOR_OK ? end :
		editor_fail(e, EDITOR_LATER,
			"the editor does not show what was put in (%s)", name);
}

int content_paragraphs(struct editor *e)
{
	struct value *state;
	int n = content_read(e, &state) == EDITOR_OK ? content_number(state, "paragraphs") : -1;

	value_free(state);
	return n;
}

/* TEXT's lines as the state has them. */
void content_add_lines(struct buf *out, const char *text)
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

enum editor_end content_differs(struct editor *e, const char *got, const char *wanted)
{
	size_t n = common(got, wanted);
	enum editor_end end = editor_sweep(e);

	/* A login that ended shows in this way too. */
	return end != EDITOR_OK ? end : editor_fail(e, EDITOR_LATER,
		"the editor does not hold what was written: \"%.*s\" where \"%.*s\" belongs",
		(int)text_prefix_count(got + n, 20), got + n,
		(int)text_prefix_count(wanted + n, 20), wanted + n);
}

/* Waits until the body's text is WANTED; *GOT is what it is then, the caller's. */
enum editor_end content_wait_text(struct editor *e, const char *wanted, char **got)
{
	int64_t until = editor_until(e, e->step_ms);
	struct value *state;
	enum editor_end end;

	*got = NULL;
	do {
		end = content_read(e, &state);
		free(*got);
		*got = xstrdup(value_get_string(state, "text", ""));
		value_free(state);
		if (end != EDITOR_OK || str_eq(*got, wanted))
			return end;
		editor_pause(EDITOR_PAUSE_MS);
	} while (editor_ms() < until);
	return EDITOR_UNCLEAR;
}

/* ---- the whole ---- */

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

bool content_has_link(const struct editor *e, const struct value *state, const struct value *link)
{
	return count_links(value_get(state, "links"), link) >= count_links(e->links, link);
}

static enum editor_end check_numbers(struct editor *e, const struct value *state)
{
	const struct { const char *name; int wanted; } table[] = {
		{ N_("quotes"), e->quotes }, { N_("lines"), e->lines }, { N_("tables"), e->tables },
		{ N_("cards"), e->cards }, { N_("pictures"), e->pictures },
		{ N_("final"), e->pictures },
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		int n = content_number(state, table[i].name);

		if (n != table[i].wanted)
			return editor_fail(e, EDITOR_LATER,
				"the editor holds %d %s where %d belong",
				n, tr(table[i].name), table[i].wanted);
	}
	for (size_t i = 0; i < value_len(e->links); i++) {
		const struct value *link = value_at(e->links, i);

		if (!content_has_link(e, state, link))
			return editor_fail(e, EDITOR_LATER, "the link of \"%.100s\" got lost",
				value_get_string(link, "text", ""));
	}
	return EDITOR_OK;
}

enum editor_end content_verify(struct editor *e, const char *title)
{
	struct value *state = NULL;
	enum editor_end end = editor_sweep(e);
	const char *text;

	if (end == EDITOR_OK)
		end = content_read(e, &state);
	text = value_get_string(state, "text", "");
	if (end == EDITOR_OK && !blocks_same(value_get_string(state, "title", ""), title))
		end = editor_fail(e, EDITOR_LATER,
			"the title in the editor is not the post's any more");
	else if (end == EDITOR_OK && !str_eq(text, buf_cstr(&e->text)))
		end = content_differs(e, text, buf_cstr(&e->text));
	else if (end == EDITOR_OK)
		end = check_numbers(e, state);
	value_free(state);
	return end;
}
