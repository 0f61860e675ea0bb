/* SPDX-License-Identifier: MIT */
#include "links.h"

#include "blocks.h"
#include "caret.h"
#include "content.h"

/* Selects the last place where TEXT stands without a link, with the mouse. */
static enum editor_end select_text(struct editor *e, const char *text)
{
	static const char script[] =
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
	struct value *args = editor_selectors(e, which, ARRAY_LEN(which)), *v;
	enum editor_end end;

	value_append(args, value_new_string(text));
	end = editor_look(e, script, args, &v);
	if (end == EDITOR_OK && value_len(v) == 4)
		end = editor_fail_wd(e, wd_drag(e->wd, (int)value_int(value_at(v, 0), 0),
			(int)value_int(value_at(v, 1), 0), (int)value_int(value_at(v, 2), 0),
			(int)value_int(value_at(v, 3), 0)), "selecting a link's text");
	else if (end == EDITOR_OK)
		end = editor_fail(e, EDITOR_LATER,
			"a link's text is not in the editor any more: \"%.100s\"", text);
	value_free(v);
	return end;
}

static enum editor_end make_link(struct editor *e, const struct value *link)
{
	const char *href = value_get_string(link, "href", "");
	struct wd_element input;
	enum editor_end end = select_text(e, value_get_string(link, "text", ""));

	if (end == EDITOR_OK)
		end = editor_reveal(e, SEL_TOOL_LINK, SEL_LINK_INPUT, &input);
	if (end == EDITOR_OK)
		end = editor_fail_wd(e, wd_keys(e->wd, &input, href), "typing a link's address");
	if (end == EDITOR_OK)
		end = editor_click(e, SEL_LINK_APPLY);
	return end;
}

static enum editor_end mend_link(struct editor *e, const struct value *link)
{
	enum editor_end end;

	for (int i = 0; i < 2; i++) {
		end = make_link(e, link);
		if (end == EDITOR_OK)
			end = content_look(e);
		if (end != EDITOR_OK || content_has_link(e, link))
			return end;
	}
	return editor_fail(e, EDITOR_LATER, "the editor loses the link of \"%.100s\"",
		value_get_string(link, "text", ""));
}

enum editor_end links_check(struct editor *e, const struct value *block)
{
	struct value *links = blocks_links(block);
	enum editor_end end = EDITOR_OK;
	bool mended = false;

	for (size_t i = 0; i < value_len(links) && end == EDITOR_OK; i++) {
		value_append(e->links, value_copy(value_at(links, i)));
		end = content_be_seen(e);
		if (end == EDITOR_OK && !content_has_link(e, value_at(links, i)))
			end = content_look(e);
		if (end != EDITOR_OK || content_has_link(e, value_at(links, i)))
			continue;
		end = mend_link(e, value_at(links, i));
		mended = true;
	}
	value_free(links);
	return end == EDITOR_OK && mended ? caret_to_end(e) : end;
}
