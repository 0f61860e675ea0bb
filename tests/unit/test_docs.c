/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "config.h"
#include "options.h"
#include "render.h"
#include "show.h"
#include "util.h"

/* What the manual says against the tables that the program runs on. */

static char *read_tree(const char *name)
{
	CLEANUP_FREE char *path = xasprintf(TREE "/%s", name);
	char *text = NULL;
	size_t len;

	if (file_read(path, 1 << 20, &text, &len) < 0)
		fail_msg("%s cannot be read", path);
	return text;
}

/* "budget.calls" and "lists.[].every": the group and the name. */
static void split(const char *path, char group[64], const char **name)
{
	str_format_cut(group, 64, "%.*s", (int)strcspn(path, "."), path);
	*name = strrchr(path, '.') + 1;
}

/* The default as it is written in the file; NULL if there is none. New. */
static char *written(const struct value *o)
{
	const struct value *v = value_get(o, "default");

	switch (value_kind(v)) {
	case VALUE_STRING:
		return xasprintf("\"%s\"", value_string(v, ""));
	case VALUE_INT:
		return xasprintf("%lld", (long long)value_int(v, 0));
	case VALUE_DOUBLE:
		return xasprintf("%.1f", value_double(v, 0));
	case VALUE_LIST:
		return xstrdup("[ ]");
	default:
		return NULL;
	}
}

/* The part of the manual from the line that begins with HEAD to the next such. */
static char *part(const char *page, const char *macro, const char *head)
{
	CLEANUP_FREE char *line = xasprintf("\n%s %s\n", macro, head);
	CLEANUP_FREE char *next = xasprintf("\n%s ", macro);
	const char *from = strstr(page, line);

	if (!from)
		fail_msg("the manual has no '%s %s'", macro, head);
	from += strlen(line) - 1;
	const char *end = strstr(from, next);
	return end ? xstrndup(from, (size_t)(end - from)) : xstrdup(from);
}

/* "\(dq" is a quote. */
static char *plain(const char *s)
{
	char *out = xmalloc(strlen(s) + 1), *to = out;

	while (*s) {
		if (str_starts(s, "\\(dq")) {
			*to++ = '"';
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
	return out;
}

static void test_options_in_manual(void **state)
{
	CLEANUP_FREE char *raw = read_tree("man/cpauto.conf.5");
	CLEANUP_FREE char *page = plain(raw);
	struct value *options = show_options();
	int missing = 0;

	(void)state;
	assert_true(value_len(options) > 0);
	for (size_t i = 0; i < value_len(options); i++) {
		const struct value *o = value_at(options, i);
		const char *name;
		char group[64];
		split(value_get_string(o, "path", ""), group, &name);
		CLEANUP_FREE char *standard = written(o);
		CLEANUP_FREE char *here = part(page, ".Ss", group);
		CLEANUP_FREE char *line = standard ? xasprintf("\n.It Cm %s = %s\n", name, standard)
			: xasprintf("\n.It Cm %s\n", name);
		if (strstr(here, line))
			continue;
		print_error("man/cpauto.conf.5 lacks, under '%s':%s", group, line);
		missing++;
	}
	value_free(options);
	assert_int_equal(missing, 0);
}

/* And nothing that does not exist. */
static void test_manual_has_no_other_options(void **state)
{
	CLEANUP_FREE char *page = read_tree("man/cpauto.conf.5");

	(void)state;
	for (size_t g = 0; g < option_group_count; g++) {
		CLEANUP_FREE char *here = part(page, ".Ss", option_groups[g].name);
		size_t n = 0, have = 0;
		for (const char *s = here; (s = strstr(s, "\n.It Cm ")); n++) {
			char name[64];
			s += strlen("\n.It Cm ");
			str_format_cut(name, sizeof(name), "%.*s", (int)strcspn(s, " \n"), s);
			if (!option_find(option_groups[g].name, name))
				fail_msg("man/cpauto.conf.5: there is no %s.%s", option_groups[g].name, name);
		}
		for (size_t i = 0; i < option_count; i++)
			have += str_eq(option_table[i].group, option_groups[g].name);
		assert_int_equal(n, have);
	}
}

/* The sample shows each option at its default; of those without one, an example. */
static void test_options_in_sample(void **state)
{
	CLEANUP_FREE char *sample = read_tree("etc/cpauto.conf");
	struct value *options = show_options();
	int missing = 0;

	(void)state;
	for (size_t i = 0; i < value_len(options); i++) {
		const struct value *o = value_at(options, i);
		const char *name;
		char group[64];
		split(value_get_string(o, "path", ""), group, &name);
		CLEANUP_FREE char *standard = written(o);
		/* Empty ones that say nothing without an example may show one. */
		bool shown = str_eq(name, "keywords") || str_eq(name, "directory");
		CLEANUP_FREE char *line = standard && !shown ? xasprintf("\n\t#%s = %s;\n", name, standard)
			: xasprintf("\n\t#%s = ", name);
		if (strstr(sample, line))
			continue;
		print_error("etc/cpauto.conf lacks:%s\n", line);
		missing++;
	}
	value_free(options);
	assert_int_equal(missing, 0);
}

static bool names_field(const char *page, const char *name)
{
	CLEANUP_FREE char *item = xasprintf("\n.It Va %s\n", name);
	CLEANUP_FREE char *word = xasprintf("\n.Va %s", name);

	if (strstr(page, item))
		return true;
	for (const char *s = page; (s = strstr(s, word)); s++) {
		char c = s[strlen(word)];
		if (c == ' ' || c == '\n')
			return true;
	}
	return false;
}

static void test_fields_in_manual(void **state)
{
	CLEANUP_FREE char *page = read_tree("man/cpauto.conf.5");
	CLEANUP_FREE char *of_post = part(page, ".Ss", "Fields of the post");
	CLEANUP_FREE char *of_product = part(page, ".Ss", "Fields of a product");
	struct value *fields = render_fields();
	int missing = 0;

	(void)state;
	assert_true(value_len(fields) > 0);
	for (size_t i = 0; i < value_len(fields); i++) {
		const struct value *f = value_at(fields, i);
		const char *name = value_get_string(f, "name", "");
		bool product = str_eq(value_get_string(f, "where", ""), "product");
		if (names_field(product ? of_product : of_post, name))
			continue;
		print_error("man/cpauto.conf.5 lacks the field %s of the %s\n", name,
			product ? "product" : "post");
		missing++;
	}
	value_free(fields);
	assert_int_equal(missing, 0);
}

/* Each result and operation of the contract. */
static void test_contract_in_manual(void **state)
{
	static const char *const words[] = {
		"\n.It ok Ta ", "\n.It later Ta ", "\n.It unknown Ta ", "\n.It refused Ta ",
		"\n.It broken Ta ", "\n.It blocked Ta ", "\n.It Ic publish\n", "\n.It Ic find\n",
		"\n.It Ic check\n", "\n.It Ic describe\n", "\n.It Ic search\n", "\n.It Ic images\n",
	};
	CLEANUP_FREE char *page = read_tree("man/cpauto-agent.7");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!strstr(page, words[i]))
			fail_msg("man/cpauto-agent.7 lacks:%s", words[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options_in_manual),
		cmocka_unit_test(test_manual_has_no_other_options),
		cmocka_unit_test(test_options_in_sample),
		cmocka_unit_test(test_fields_in_manual),
		cmocka_unit_test(test_contract_in_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
