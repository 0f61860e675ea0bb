/* SPDX-License-Identifier: MIT */
#include "content.h"

#include "blocks.h"
#include "text.h"

/*
 * For the beginning of a script: plain(element) is its text without white
 * space and placeholders; the same white space as in blocks_squeeze().
 */
#define JS_PLAIN(placeholder) \
	"const squeeze = s => s.replace(" \
	"/[ \\n\\t\\r\\f\\u00a0\\u200b\\u200c\\u200d\\u2060\\ufeff]/g, '');" \
	"const plain = e => {" \
	"  if (!e.querySelector(" placeholder ")) return squeeze(e.textContent);" \
	"  const c = e.cloneNode(true);" \
	"  c.querySelectorAll(" placeholder ").forEach(p => p.remove());" \
	"  return squeeze(c.textContent); };"

static const char state_script[] = JS_PLAIN("placeholder")
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

static struct value *state_arguments(const struct editor *e)
{
	static const enum selector which[] = { SEL_TITLE, SEL_COMPONENT, SEL_PARAGRAPH, SEL_BODY,
		SEL_PLACEHOLDER, SEL_QUOTATION, SEL_LINE, SEL_TABLE, SEL_CARD, SEL_IMAGE,
		SEL_PICTURE, SEL_LINK };

	return editor_selectors(e, which, ARRAY_LEN(which));
}

static enum editor_end keep_state(struct editor *e, enum editor_end end)
{
	e->state_at = e->wd->requests;
	return end;
}

enum editor_end content_look(struct editor *e)
{
	value_free(e->state);
	return keep_state(e, editor_look(e, state_script, state_arguments(e), &e->state));
}

enum editor_end content_act(struct editor *e, const char *script, struct value *args)
{
	CLEANUP_FREE char *text = xasprintf("const [first, second] = arguments;"
		"(function () { %s }).apply(null, second);"
		"return (function () { %s }).apply(null, first);", script, state_script);
	struct value *all = value_new_list();

	value_append(all, state_arguments(e));
	value_append(all, args);
	value_free(e->state);
	return keep_state(e, editor_act(e, text, all, &e->state));
}

enum editor_end content_be_seen(struct editor *e)
{
	return e->state && e->state_at == e->wd->requests ? EDITOR_OK : content_look(e);
}

int content_number(const struct editor *e, const char *name)
{
	return (int)value_get_int(e->state, name, -1);
}

const char *content_text(const struct editor *e, const char *name)
{
	return value_get_string(e->state, name, "");
}

enum editor_end content_wait_for(struct editor *e, const char *name, int wanted, int64_t ms)
{
	struct patience p = editor_patience_of(e, ms);

	do {
		enum editor_end end = content_look(e);

		if (end != EDITOR_OK || content_number(e, name) == wanted)
			return end;
	} while (editor_wait(&p));
	return EDITOR_UNCLEAR;
}

enum editor_end content_wait(struct editor *e, const char *name, int wanted)
{
	enum editor_end end = content_wait_for(e, name, wanted, e->step_ms);

	return end != EDITOR_UNCLEAR ? end : editor_fail(e, EDITOR_LATER,
		"the editor does not show what was put in (%s)", name);
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

enum editor_end content_differs(struct editor *e, const char *wanted)
{
	const char *got;
	size_t n;
	/* A login that ended shows in this way too. */
	enum editor_end end = content_be_seen(e);

	if (end != EDITOR_OK)
		return end;
	got = content_text(e, "text");
	n = common(got, wanted);
	return editor_fail(e, EDITOR_LATER,
		"the editor does not hold what was written: \"%.*s\" where \"%.*s\" belongs",
		(int)text_prefix_count(got + n, 20), got + n,
		(int)text_prefix_count(wanted + n, 20), wanted + n);
}

/* Waits until the body's text is WANTED. */
enum editor_end content_wait_text(struct editor *e, const char *wanted)
{
	struct patience p = editor_patience(e);
	enum editor_end end = content_be_seen(e);

	while (end == EDITOR_OK && !str_eq(content_text(e, "text"), wanted)) {
		if (!editor_wait(&p))
			return EDITOR_UNCLEAR;
		end = content_look(e);
	}
	return end;
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

bool content_has_link(const struct editor *e, const struct value *link)
{
	return count_links(value_get(e->state, "links"), link) >= count_links(e->links, link);
}

static enum editor_end check_numbers(struct editor *e)
{
	const struct { const char *name; int wanted; } table[] = {
		{ N_("quotes"), e->quotes }, { N_("lines"), e->lines }, { N_("tables"), e->tables },
		{ N_("cards"), e->cards }, { N_("pictures"), e->pictures },
		{ N_("final"), e->pictures },
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		int n = content_number(e, table[i].name);

		if (n != table[i].wanted)
			return editor_fail(e, EDITOR_LATER,
				"the editor holds %d %s where %d belong",
				n, tr(table[i].name), table[i].wanted);
	}
	for (size_t i = 0; i < value_len(e->links); i++) {
		const struct value *link = value_at(e->links, i);

		if (!content_has_link(e, link))
			return editor_fail(e, EDITOR_LATER, "the link of \"%.100s\" got lost",
				value_get_string(link, "text", ""));
	}
	return EDITOR_OK;
}

enum editor_end content_verify(struct editor *e, const char *title)
{
	enum editor_end end = content_look(e);

	if (end != EDITOR_OK)
		return end;
	if (!blocks_same(content_text(e, "title"), title))
		return editor_fail(e, EDITOR_LATER,
			"the title in the editor is not the post's any more");
	if (!str_eq(content_text(e, "text"), buf_cstr(&e->text)))
		return content_differs(e, buf_cstr(&e->text));
	return check_numbers(e);
}
