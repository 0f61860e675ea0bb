/* SPDX-License-Identifier: MIT */
#include "layer.h"

#include "blocks.h"

#define CALENDAR_MAX 13 /* months ahead */

enum editor_end layer_open(struct editor *e)
{
	struct wd_element layer;
	enum editor_end end = editor_sweep(e);

	/* The button would close one that is open. */
	if (end == EDITOR_OK && wd_find(e->wd, e->sel->css[SEL_LAYER], &layer) != WD_OK)
		end = editor_reveal(e, SEL_OPEN, SEL_LAYER, &layer);
	return end;
}

/* Clicks what a script finds; ends in BROKEN with WHAT where it finds a text instead. */
static enum editor_end click_found(struct editor *e, const char *script, struct value *args,
	const char *what)
{
	struct wd_element at;
	struct value *v;
	enum editor_end end = editor_look(e, script, args, &v);

	if (end == EDITOR_OK && wd_take(v, &at))
		end = editor_fail_wd(e, wd_click(e->wd, &at), what);
	else if (end == EDITOR_OK)
		end = editor_fail(e, EDITOR_BROKEN, "%s is not there; there are: %.300s",
			tr(what), value_string(v, "none"));
	value_free(v);
	return end;
}

/* ---- filling in ---- */

static enum editor_end choose_category(struct editor *e, const char *name)
{
	static const char script[] =
		"const plain = s => s.replace(/[\\s\\u00a0\\u200b]+/g, ' ').trim();"
		"const labels = [...document.querySelectorAll(arguments[0])].map(i =>"
		"  (i.labels && i.labels[0]) || i.parentNode).filter(is_seen);"
		"return labels.find(l => plain(l.textContent) === plain(arguments[1])) ||"
		"  labels.map(l => plain(l.textContent)).join(', ');";
	CLEANUP_FREE char *what = xasprintf(_("the category \"%.60s\""), name);
	struct value *args;
	enum editor_end end;

	if (!*name)
		return EDITOR_OK;
	end = editor_click(e, SEL_CATEGORY);
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

		end = editor_find(e, SEL_TAG_INPUT, &input);
		buf_init(&text, 1024);
		blocks_squeeze(value_string(value_at(tags, i), ""), &text);
		buf_str(&text, "\xee\x80\x87"); /* Enter */
		if (end == EDITOR_OK)
			end = editor_fail_wd(e, wd_keys(e->wd, &input, buf_cstr(&text)),
				"typing a tag");
		buf_finish(&text);
	}
	return end;
}

/* A radio button may be hidden behind its label. */
static enum editor_end choose_radio(struct editor *e, enum selector which)
{
	struct value *args = value_new_list();

	value_append(args, value_new_string(e->sel->css[which]));
	return click_found(e, "const i = document.querySelector(arguments[0]);"
		"const l = i && i.labels && i.labels[0];"
		"return l && is_seen(l) ? l : i || 'none';", args, selector_name(which));
}

static enum editor_end choose_option(struct editor *e, enum selector which, int n)
{
	struct wd_element at;
	char text[8];
	enum editor_end end = editor_find(e, which, &at);

	str_format_cut(text, sizeof(text), "%02d", n);
	return end != EDITOR_OK ? end :
		editor_fail_wd(e, wd_keys(e->wd, &at, text), selector_name(which));
}

static int number_at(struct editor *e, enum selector which)
{
	CLEANUP_FREE char *text = NULL;
	enum editor_end end = editor_text(e, which, &text);
	int64_t n;

	return end != EDITOR_OK || parse_int64(text, 0, 9999, &n) ? -1 : (int)n;
}

static enum editor_end choose_day(struct editor *e, const struct layer *l)
{
	struct value *args;
	enum editor_end end = editor_click(e, SEL_DATE);

	for (int i = 0; end == EDITOR_OK; i++) {
		if (number_at(e, SEL_DATE_YEAR) == l->year &&
			number_at(e, SEL_DATE_MONTH) == l->month)
			break;
		if (i >= CALENDAR_MAX)
			return editor_fail(e, EDITOR_LATER,
				"the calendar does not get to the day wanted");
		end = editor_click(e, SEL_DATE_NEXT);
	}
	if (end != EDITOR_OK)
		return end;
	args = value_new_list();
	value_append(args, value_new_string(e->sel->css[SEL_DATE_DAY]));
	value_append(args, value_new_int(l->day));
	return click_found(e,
		"return seen(arguments[0]).find(e => !e.disabled &&"
			"e.textContent.trim() === String(arguments[1])) || 'no such day';",
		args, "the day");
}

static enum editor_end choose_time(struct editor *e, const struct layer *l)
{
	enum editor_end end = choose_radio(e, l->later ? SEL_LATER : SEL_NOW);

	if (end != EDITOR_OK || !l->later)
		return end;
	end = choose_day(e, l);
	if (end == EDITOR_OK)
		end = choose_option(e, SEL_HOUR, l->hour);
	return end == EDITOR_OK ? choose_option(e, SEL_MINUTE, l->minute) : end;
}

/* ---- reading back ---- */

static enum editor_end read_layer(struct editor *e, struct value **ret)
{
	static const char script[] =
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

	return editor_look(e, script, editor_selectors(e, which, ARRAY_LEN(which)), ret);
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

static const char *check_tags(const struct layer *l, const struct value *have)
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

static const char *check_time(const struct layer *l, const struct value *v)
{
	if (value_get_bool(v, "now", false) == l->later ||
		value_get_bool(v, "later", false) != l->later)
		return N_("time");
	if (!l->later)
		return NULL;
	return digits(value_get_string(v, "date", "")) !=
		(l->year * 100 + l->month) * 100 + l->day ||
		digits(value_get_string(v, "hour", "-")) != l->hour ||
		digits(value_get_string(v, "minute", "-")) != l->minute ?
		N_("reserved time") : NULL;
}

/* The name of the first field that is not as it should be, or NULL. */
static const char *check_layer(const struct layer *l, const struct value *v)
{
	static const struct { enum selector which; const char *name; } table[] = {
		{ SEL_ALL, "all" }, { SEL_NEIGHBOR, "neighbor" }, { SEL_BOTH, "both" },
		{ SEL_PRIVATE, "private" },
	};
	const char *bad;

	if (value_get_int(v, "layer", 0) < 1 || value_get_int(v, "finals", 0) != 1)
		return N_("final button");
	if (*l->category && !blocks_same(value_get_string(v, "category", ""), l->category))
		return N_("category");
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (value_get_bool(v, table[i].name, false) != (table[i].which == l->visibility))
			return N_("visibility");
	bad = check_tags(l, value_get(v, "tags"));
	return bad ? bad : check_time(l, v);
}

enum editor_end layer_fill(struct editor *e, const struct layer *l)
{
	struct value *v = NULL;
	const char *bad;
	enum editor_end end = layer_open(e);

	if (end == EDITOR_OK)
		end = choose_category(e, l->category);
	if (end == EDITOR_OK)
		end = editor_click(e, l->visibility);
	if (end == EDITOR_OK)
		end = add_tags(e, l->tags);
	if (end == EDITOR_OK)
		end = choose_time(e, l);
	if (end == EDITOR_OK)
		end = read_layer(e, &v);
	bad = end == EDITOR_OK ? check_layer(l, v) : NULL;
	if (bad)
		end = editor_fail(e, EDITOR_LATER, "the editor does not keep the post's %s",
			tr(bad));
	value_free(v);
	return end;
}
