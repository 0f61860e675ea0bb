/* SPDX-License-Identifier: MIT */
#include "show.h"

#include <inttypes.h>
#include <limits.h>

#include "options.h"

/* ---- as values ------------------------------------------------------------------- */

static struct value *group_value(const char *group, const void *base)
{
	struct value *v = value_new_object();

	for (size_t i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];
		if (str_eq(o->group, group) && !o->agent)
			value_set(v, o->name, option_read(o, base));
	}
	return v;
}

/* The known options, then what only the agent knows. */
static struct value *agent_value(
	const char *group, const void *base, const struct value *settings)
{
	struct value *v = group_value(group, base);

	for (size_t i = 0; i < value_len(settings); i++) {
		const char *name = value_name_at(settings, i);
		if (value_get(v, name) == NULL)
			value_set(v, name, value_copy(value_member_at(settings, i)));
	}
	return v;
}

/* Without the origins. */
static struct value *whole_value(const struct config *c)
{
	struct value *v = value_new_object();
	struct value *lists = value_new_list(), *publishers = value_new_list();
	struct value *events = value_new_list();

	for (size_t i = 0; i < option_group_count; i++) {
		const struct option_group *g = &option_groups[i];
		if (!g->many)
			value_set(v, g->name, group_value(g->name, c));
	}
	for (size_t i = 0; i < c->list_count; i++)
		value_append(lists, group_value("lists", &c->lists[i]));
	for (size_t i = 0; i < c->publisher_count; i++)
		value_append(publishers,
			agent_value("publishers", &c->publishers[i],
				c->publishers[i].settings));
	for (size_t i = 0; i < c->notifier_count; i++)
		value_append(events,
			agent_value("events", &c->notifiers[i], c->notifiers[i].settings));
	value_set(v, "lists", lists);
	value_set(v, "publishers", publishers);
	value_set(v, "events", events);
	return v;
}

struct value *show_value(const struct config *c)
{
	struct value *v = whole_value(c);

	value_set(v, "origins", value_copy(c->origins));
	return v;
}

/* ---- as text --------------------------------------------------------------------- */

static void print_string(struct buf *out, const char *s)
{
	buf_char(out, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			buf_printf(out, "\\%c", *s);
		else if ((unsigned char)*s < ' ' || *s == 0x7f)
			buf_printf(out, "\\x%02X", (unsigned)*s);
		else
			buf_char(out, *s);
	}
	buf_char(out, '"');
}

static void print_double(struct buf *out, double d)
{
	char text[40];

	for (int digits = 6; digits <= 17; digits++) {
		str_format_cut(text, sizeof(text), "%.*g", digits, d);
		if (strtod(text, NULL) == d)
			break;
	}
	buf_printf(out, "%s%s", text, text[strcspn(text, ".e")] == '\0' ? ".0" : "");
}

static void print_item(struct buf *out, const struct value *v);

/* [ ] for texts, as in the sample; ( ) for the rest. */
static void print_list(struct buf *out, const struct value *v)
{
	bool texts = true, wide = value_len(v) > 8;

	for (size_t i = 0; i < value_len(v); i++)
		texts &= value_kind(value_at(v, i)) == VALUE_STRING;
	buf_str(out, texts ? "[" : "(");
	for (size_t i = 0; i < value_len(v); i++) {
		buf_str(out, i > 0 ? "," : "");
		buf_str(out, wide ? "\n\t\t\t" : " ");
		print_item(out, value_at(v, i));
	}
	buf_str(out, texts ? " ]" : " )");
}

static void print_item(struct buf *out, const struct value *v)
{
	int64_t n = value_int(v, 0);

	switch (value_kind(v)) {
	case VALUE_BOOL:
		buf_str(out, value_bool(v, false) ? "true" : "false");
		break;
	case VALUE_INT:
		buf_printf(out, "%" PRId64 "%s", n, n < INT_MIN || n > INT_MAX ? "L" : "");
		break;
	case VALUE_DOUBLE:
		print_double(out, value_double(v, 0));
		break;
	case VALUE_LIST:
		print_list(out, v);
		break;
	case VALUE_OBJECT:
		buf_str(out, "{ ");
		for (size_t i = 0; i < value_len(v); i++) {
			buf_printf(out, "%s = ", value_name_at(v, i));
			print_item(out, value_member_at(v, i));
			buf_str(out, "; ");
		}
		buf_str(out, "}");
		break;
	default:
		print_string(out, value_string(v, ""));
	}
}

static void print_members(struct buf *out, const struct value *group,
	const struct value *origins, const char *indent)
{
	for (size_t i = 0; i < value_len(group); i++) {
		const char *name = value_name_at(group, i);
		buf_printf(out, "%s%s = ", indent, name);
		print_item(out, value_member_at(group, i));
		buf_printf(out, "; # %s\n", value_get_string(origins, name, "default"));
	}
}

static void print_many(
	struct buf *out, const char *name, const struct value *all, const struct value *origins)
{
	buf_printf(out, "%s = (\n", name);
	for (size_t i = 0; i < value_len(all); i++) {
		buf_str(out, "\t{\n");
		print_members(out, value_at(all, i), value_at(origins, i), "\t\t");
		buf_str(out, i + 1 < value_len(all) ? "\t},\n" : "\t}\n");
	}
	buf_str(out, ");\n");
}

void show_print(const struct config *c, struct buf *out)
{
	struct value *v = whole_value(c);

	buf_printf(out, "# %s\n", c->path);
	for (size_t i = 0; i < value_len(v); i++) {
		const char *name = value_name_at(v, i);
		const struct value *group = value_member_at(v, i);
		const struct value *origins = value_get(c->origins, name);
		if (value_kind(group) == VALUE_LIST) {
			print_many(out, name, group, origins);
			continue;
		}
		buf_printf(out, "%s: {\n", name);
		print_members(out, group, origins, "\t");
		buf_str(out, "};\n");
	}
	value_free(v);
}

/* ---- the table, for the manual ---------------------------------------------------- */

static void describe_range(const struct option *o, struct value *v)
{
	char text[64];

	if (o->max == 0)
		return;
	if (o->type != OPTION_DURATION && o->type != OPTION_PACE) {
		value_set_int(v, "min", o->min);
		value_set_int(v, "max", o->max);
		return;
	}
	format_duration(o->min, text, sizeof(text));
	value_set_string(v, "min", text);
	format_duration(o->max, text, sizeof(text));
	value_set_string(v, "max", text);
}

struct value *show_options(void)
{
	struct value *all = value_new_list();

	for (size_t i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];
		struct value *v = value_new_object(), *standard = option_standard(o);
		CLEANUP_FREE char *path = xasprintf("%s.%s%s", o->group,
			option_group_find(o->group)->many ? "[]." : "", o->name);
		value_set_string(v, "path", path);
		value_set_string(v, "type", option_type_name(o->type));
		if (standard != NULL)
			value_set(v, "default", standard);
		describe_range(o, v);
		value_set_string(v, "unit", o->unit);
		value_set_string(v, "choices", o->choices);
		value_set_string(v, "example", o->example);
		value_set_string(v, "text", o->text);
		value_append(all, v);
	}
	return all;
}
