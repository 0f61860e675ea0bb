/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "commands.h"
#include "text.h"

#include <errno.h>
#include <sys/stat.h>

#define WORDS_MAX 8

struct row {
	const char *words[WORDS_MAX]; /* behind the program's name */
	const char *name, *sub;       /* NULL name: refused, and SUB is in the message */
	size_t args;
	const char *option, *value; /* one of the command's, or NULL */
};

static const struct row rows[] = {
	{ { "status" }, "status", NULL, 0, NULL, NULL },
	{ { "--json", "status" }, "status", NULL, 0, NULL, NULL },
	{ { "queue" }, "queue", "list", 0, "list", NULL },
	{ { "queue", "--list", "a" }, "queue", "list", 0, "list", "a" },
	{ { "queue", "list", "--list=a" }, "queue", "list", 0, "list", "a" },
	{ { "queue", "add", "x", "y z" }, "queue", "add", 2, NULL, NULL },
	{ { "queue", "--list", "a", "add", "x" }, "queue", "add", 1, "list", "a" },
	{ { "queue", "add", "--", "--list" }, "queue", "add", 1, "list", NULL },
	{ { "posts", "--state", "waiting" }, "posts", "list", 0, "state", "waiting" },
	{ { "posts", "settle", "3", "--absent" }, "posts", "settle", 1, "absent", "" },
	{ { "lint", "-" }, "lint", NULL, 1, NULL, NULL },
	{ { "sandbox", "--port", "1", "--help" }, "sandbox", NULL, 3, NULL, NULL },
	{ { "preview", "-ofile", "x" }, "preview", NULL, 1, "output", "file" },
	{ { "preview", "x", "-o", "file", "-c", "f" }, "preview", NULL, 1, "output", "file" },
	{ { "queue", "add", "--help" }, "queue", "add", 0, NULL, NULL },
	{ { "statsu" }, NULL, "did you mean 'status'", 0, NULL, NULL },
	{ { "statu" }, NULL, "did you mean 'status'", 0, NULL, NULL },
	{ { "frobnicate" }, NULL, "no command 'frobnicate'", 0, NULL, NULL },
	{ { "queue", "ad" }, NULL, "did you mean 'add'", 0, NULL, NULL },
	{ { "queue", "frob" }, NULL, "no command 'queue frob'", 0, NULL, NULL },
	{ { "queue", "add" }, NULL, "usage: cpauto queue add KEYWORD...", 0, NULL, NULL },
	{ { "queue", "--limit", "3", "add", "x" }, NULL, "no option --limit", 0, NULL, NULL },
	{ { "status", "x" }, NULL, "usage: cpauto status", 0, NULL, NULL },
	{ { "status", "--foo" }, NULL, "no option --foo", 0, NULL, NULL },
	{ { "--foo" }, NULL, "no option --foo", 0, NULL, NULL },
	{ { "status", "--json=1" }, NULL, "takes no value", 0, NULL, NULL },
	{ { "queue", "--list" }, NULL, "wants a value: --list NAME", 0, NULL, NULL },
	{ { "posts", "--state", "odd" }, NULL, "none of: planned", 0, NULL, NULL },
	{ { "status", "--color", "blue" }, NULL, "none of: auto", 0, NULL, NULL },
	{ { "posts", "show", "1", "2" }, NULL, "usage: cpauto posts show ID", 0, NULL, NULL },
};

static int parse(const struct row *r, struct command_line *l, struct err *e)
{
	char *argv[WORDS_MAX + 2] = { xstrdup("cpauto") };
	int argc = 1;
	for (; argc <= WORDS_MAX && r->words[argc - 1]; argc++)
		argv[argc] = xstrdup(r->words[argc - 1]);
	int result = command_parse(&commands, argc, argv, l, e);
	/* Values point into argv: what is compared must live on. */
	for (size_t i = 0; i < COMMAND_OPTIONS_MAX; i++)
		l->values[i] = xstrdup(l->values[i]);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	return result;
}

static void test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		struct command_line l;
		struct err e = { "" };
		int result = parse(r, &l, &e);
		if ((result == 0) != (r->name != NULL))
			fail_msg("row %zu: %d %s", i, result, e.text);
		if (!r->name) {
			if (!strstr(e.text, r->sub))
				fail_msg("row %zu: %s", i, e.text);
		} else {
			assert_string_equal(l.command->name, r->name);
			assert_true(str_eq(l.command->sub, r->sub));
			assert_int_equal(l.arg_count, r->args);
			assert_true(
				!r->option || str_eq(command_value(&l, r->option), r->value));
		}
		for (size_t k = 0; k < COMMAND_OPTIONS_MAX; k++)
			free((char *)(uintptr_t)l.values[k]);
	}
}

static void test_too_many_words(void **state)
{
	(void)state;
	struct command_line l;
	struct err e;
	static char *argv[COMMAND_ARGS_MAX + 4];
	char cpauto[] = "cpauto", queue[] = "queue", add[] = "add", word[] = "x";
	argv[0] = cpauto;
	argv[1] = queue;
	argv[2] = add;
	for (int i = 3; i < COMMAND_ARGS_MAX + 4; i++)
		argv[i] = word;
	assert_int_equal(command_parse(&commands, COMMAND_ARGS_MAX + 3, argv, &l, &e), 0);
	assert_int_equal(l.arg_count, COMMAND_ARGS_MAX);
	assert_int_equal(command_parse(&commands, COMMAND_ARGS_MAX + 4, argv, &l, &e), -EINVAL);
}

/* ---- the table itself -------------------------------------------------------------- */

static void test_table(void **state)
{
	(void)state;
	for (const struct command *c = commands.commands; c->name; c++) {
		assert_non_null(c->run);
		assert_non_null(c->args);
		assert_true(strlen(c->help) > 10 && c->help[strlen(c->help) - 1] != '.');
		assert_true(c->args_min <= c->args_max && c->args_max <= COMMAND_ARGS_MAX);
		assert_true((c->args_max > 0) == (c->args[0] != '\0'));
		assert_true(!c->is_default || c->sub);
		/* The last slot ends the options. */
		assert_null(c->options[COMMAND_OPTIONS_MAX - 1].name);
	}
}

static void test_help_fits(void **state)
{
	(void)state;
	for (const struct command *c = commands.commands;; c++) {
		struct buf b;
		buf_init(&b, 1u << 16);
		command_help(&commands, c->name ? c : NULL, &b);
		assert_false(buf_failed(&b));
		CLEANUP_FREE char *text = buf_steal(&b);
		for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
			*end = '\0';
			if (strlen(line) > 80)
				fail_msg("%s", line);
			assert_true(!line[0] || line[strlen(line) - 1] != ' ');
		}
		if (!c->name)
			break;
	}
}

/* ---- completions: the files that are installed are what the program prints ------------- */

static void compare(const char *shell, const char *path)
{
	struct buf b;
	CLEANUP_FREE char *have = NULL;
	size_t len;
	buf_init(&b, 1u << 20);
	command_completion(&commands, shell, &b);
	assert_false(buf_failed(&b));
	if (file_read(path, 1u << 20, &have, &len) < 0 || !str_eq(have, buf_cstr(&b)))
		fail_msg("%s is out of date; run: build/cpauto completion %s >%s", path, shell,
			path);
	buf_finish(&b);
}

static void test_completions(void **state)
{
	(void)state;
	compare("bash", TREE "/etc/completion/cpauto.bash");
	compare("zsh", TREE "/etc/completion/_cpauto");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_too_many_words),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_help_fits),
		cmocka_unit_test(test_completions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
