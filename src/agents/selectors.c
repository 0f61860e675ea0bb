/* SPDX-License-Identifier: MIT */
#include "selectors.h"

#include <errno.h>

#include "buf.h"
#include "text.h"

static const struct {
	const char *name;
	enum selector_when when;
} table[SEL_COUNT] = {
	[SEL_FRAME] = { "editor.frame", SELECTOR_AT_TIMES },
	[SEL_TITLE] = { "editor.title", SELECTOR_ALWAYS },
	[SEL_BODY] = { "editor.body", SELECTOR_ALWAYS },
	[SEL_PARAGRAPH] = { "editor.paragraph", SELECTOR_ALWAYS },
	[SEL_PLACEHOLDER] = { "editor.placeholder", SELECTOR_AT_TIMES },
	[SEL_BOTTOM] = { "editor.bottom", SELECTOR_AT_TIMES },
	[SEL_COMPONENT] = { "editor.component", SELECTOR_ALWAYS },
	[SEL_SINK] = { "editor.sink", SELECTOR_AT_TIMES },
	[SEL_RESTORE] = { "popup.restore", SELECTOR_AT_TIMES },
	[SEL_CANCEL] = { "popup.cancel", SELECTOR_AT_TIMES },
	[SEL_CONFIRM] = { "popup.confirm", SELECTOR_AT_TIMES },
	[SEL_ALERT] = { "popup.alert", SELECTOR_AT_TIMES },
	[SEL_HELP] = { "help.close", SELECTOR_AT_TIMES },
	[SEL_CAPTCHA] = { "captcha", SELECTOR_AT_TIMES },
	[SEL_TOOL_IMAGE] = { "tool.image", SELECTOR_ALWAYS },
	[SEL_TOOL_QUOTATION] = { "tool.quotation", SELECTOR_ALWAYS },
	[SEL_TOOL_LINE] = { "tool.line", SELECTOR_ALWAYS },
	[SEL_TOOL_CARD] = { "tool.oglink", SELECTOR_ALWAYS },
	[SEL_TOOL_TABLE] = { "tool.table", SELECTOR_ALWAYS },
	[SEL_TOOL_BOLD] = { "tool.bold", SELECTOR_ALWAYS },
	[SEL_TOOL_LINK] = { "tool.link", SELECTOR_ALWAYS },
	[SEL_TOOL_ON] = { "tool.on", SELECTOR_AT_TIMES },
	[SEL_IMAGE_INPUT] = { "image.input", SELECTOR_AT_TIMES },
	[SEL_IMAGE] = { "image.component", SELECTOR_AT_TIMES },
	[SEL_PICTURE] = { "image.picture", SELECTOR_AT_TIMES },
	[SEL_QUOTATION] = { "quotation.component", SELECTOR_AT_TIMES },
	[SEL_LINE] = { "line.component", SELECTOR_AT_TIMES },
	[SEL_TABLE] = { "table.component", SELECTOR_AT_TIMES },
	[SEL_CARD] = { "card.component", SELECTOR_AT_TIMES },
	[SEL_LINK_INPUT] = { "link.input", SELECTOR_AT_TIMES },
	[SEL_LINK_APPLY] = { "link.apply", SELECTOR_AT_TIMES },
	[SEL_LINK] = { "link.text", SELECTOR_AT_TIMES },
	[SEL_CARD_INPUT] = { "card.input", SELECTOR_AT_TIMES },
	[SEL_CARD_SEARCH] = { "card.search", SELECTOR_AT_TIMES },
	[SEL_SAVE] = { "draft.save", SELECTOR_ALWAYS },
	[SEL_DRAFTS] = { "draft.count", SELECTOR_AT_TIMES },
	[SEL_DRAFT_LIST] = { "draft.list", SELECTOR_AT_TIMES },
	[SEL_DRAFT] = { "draft.item", SELECTOR_AT_TIMES },
	[SEL_OPEN] = { "publish.open", SELECTOR_ALWAYS },
	[SEL_LAYER] = { "publish.layer", SELECTOR_LAYER },
	[SEL_CATEGORY] = { "publish.category", SELECTOR_LAYER },
	[SEL_CATEGORY_ITEM] = { "publish.category_item", SELECTOR_AT_TIMES },
	[SEL_ALL] = { "publish.open_all", SELECTOR_LAYER },
	[SEL_NEIGHBOR] = { "publish.open_neighbor", SELECTOR_LAYER },
	[SEL_BOTH] = { "publish.open_both", SELECTOR_LAYER },
	[SEL_PRIVATE] = { "publish.open_private", SELECTOR_LAYER },
	[SEL_TAG_INPUT] = { "publish.tag_input", SELECTOR_LAYER },
	[SEL_TAG] = { "publish.tag", SELECTOR_AT_TIMES },
	[SEL_NOW] = { "publish.now", SELECTOR_LAYER },
	[SEL_LATER] = { "publish.later", SELECTOR_LAYER },
	[SEL_DATE] = { "publish.date", SELECTOR_AT_TIMES },
	[SEL_DATE_YEAR] = { "publish.date_year", SELECTOR_AT_TIMES },
	[SEL_DATE_MONTH] = { "publish.date_month", SELECTOR_AT_TIMES },
	[SEL_DATE_NEXT] = { "publish.date_next", SELECTOR_AT_TIMES },
	[SEL_DATE_DAY] = { "publish.date_day", SELECTOR_AT_TIMES },
	[SEL_HOUR] = { "publish.hour", SELECTOR_AT_TIMES },
	[SEL_MINUTE] = { "publish.minute", SELECTOR_AT_TIMES },
	[SEL_FINAL] = { "publish.final", SELECTOR_LAYER },
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void trim(const char **s, size_t *len)
{
	while (*len && is_space(**s)) {
		(*s)++;
		(*len)--;
	}
	while (*len && is_space((*s)[*len - 1]))
		(*len)--;
}

static int find_name(const char *s, size_t len)
{
	for (int i = 0; i < SEL_COUNT; i++)
		if (strlen(table[i].name) == len && memcmp(table[i].name, s, len) == 0)
			return i;
	return -ENOENT;
}

/* SEEN: what this file has named before. */
static int read_line(struct selectors *s, const char *line, size_t len, bool seen[SEL_COUNT],
	struct err *e)
{
	const char *equals, *css;
	size_t name_len, css_len;
	int which;

	trim(&line, &len);
	if (!len || *line == '#')
		return 0;
	equals = memchr(line, '=', len);
	if (!equals)
		return err_set(
			e, -EINVAL, "this is no \"NAME = SELECTOR\"; a remark begins with #");
	name_len = (size_t)(equals - line);
	css = equals + 1;
	css_len = len - name_len - 1;
	trim(&line, &name_len);
	trim(&css, &css_len);
	which = find_name(line, name_len);
	if (which < 0)
		return err_set(e, -EINVAL,
			"there is no selector called '%.*s': take the names of %s",
			(int)(name_len < 60 ? name_len : 60), line,
			DATADIR "/cpauto/naver-selectors.conf");
	if (seen[which])
		return err_set(e, -EINVAL, "'%s' is named twice: keep one", table[which].name);
	if (!css_len || css_len > SELECTOR_MAX || memchr(css, '\0', css_len))
		return err_set(e, -EINVAL, "'%s' must have a selector of 1 to %d bytes",
			table[which].name, SELECTOR_MAX);
	seen[which] = true;
	free(s->css[which]);
	s->css[which] = xstrndup(css, css_len);
	return 0;
}

int selectors_read(struct selectors *s, const char *file, const char *text, size_t len,
	struct err *e)
{
	bool seen[SEL_COUNT] = { false };
	const char *end = text + len;
	struct err why;

	if (!text_valid(text, len))
		return err_set(e, -EINVAL, "%s: is not UTF-8: save it as such", file);
	for (unsigned number = 1; text < end; number++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((stop ? stop : end) - text);

		if (read_line(s, text, n, seen, &why))
			return err_set(e, -EINVAL, "%s:%u: %s", file, number, why.text);
		text += n + 1;
	}
	return 0;
}

int selectors_read_file(struct selectors *s, const char *file, struct err *e)
{
	CLEANUP_FREE char *text = NULL;
	size_t len;
	int r = file_read(file, SELECTORS_FILE_MAX, &text, &len);

	if (r)
		return err_set(e, r, "%s: cannot be read (%s)", file, tr_errno(-r));
	return selectors_read(s, file, text, len, e);
}

int selectors_complete(const struct selectors *s, const char *file, struct err *e)
{
	struct buf names;
	int r = 0;

	buf_init(&names, ERR_MAX);
	for (int i = 0; i < SEL_COUNT; i++)
		if (!s->css[i])
			buf_printf(&names, "%s%s", names.len ? ", " : "", table[i].name);
	if (names.len)
		r = err_set(e, -ENOENT, "%s: has no line for %.300s: install the package anew or "
			"add them", file, buf_cstr(&names));
	buf_finish(&names);
	return r;
}

void selectors_finish(struct selectors *s)
{
	if (!s)
		return;
	for (int i = 0; i < SEL_COUNT; i++) {
		free(s->css[i]);
		s->css[i] = NULL;
	}
}

const char *selector_name(enum selector which)
{
	return table[which].name;
}

enum selector_when selector_when(enum selector which)
{
	return table[which].when;
}
