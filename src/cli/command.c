/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <errno.h>

#include "text.h"

/* ---- parsing ---------------------------------------------------------------------- */

static size_t option_count(const struct command_option *o)
{
	size_t n = 0;
	while (n < COMMAND_OPTIONS_MAX && o && o[n].name)
		n++;
	return n;
}

static size_t find_long(const struct command_option *o, const char *name, size_t len)
{
	for (size_t i = 0; i < option_count(o); i++)
		if (strlen(o[i].name) == len && strncmp(o[i].name, name, len) == 0)
			return i;
	return SIZE_MAX;
}

static size_t find_letter(const struct command_option *o, char letter)
{
	for (size_t i = 0; i < option_count(o); i++)
		if (o[i].letter == letter)
			return i;
	return SIZE_MAX;
}

struct parser {
	const struct command_set *set;
	struct command_line *line;
	int argc, at;
	char **argv;
	const char *name; /* the command's word, while its sub is not known yet */
	bool only_args;   /* behind "--" */
	struct err *e;
};

static bool is_choice(const char *choices, const char *value)
{
	size_t len = strlen(value);
	for (const char *p = choices; *p;) {
		size_t n = strcspn(p, " ");
		if (n == len && strncmp(p, value, n) == 0)
			return true;
		p += n + strspn(p + n, " ");
	}
	return false;
}

static int set_value(
	struct parser *p, const struct command_option *o, const char **slot, const char *value)
{
	if (!o->arg && value)
		return err_set(p->e, -EINVAL, "--%s takes no value", o->name);
	if (o->arg && !value && p->at + 1 >= p->argc)
		return err_set(
			p->e, -EINVAL, "--%s wants a value: --%s %s", o->name, o->name, o->arg);
	if (o->arg && !value)
		value = p->argv[++p->at];
	if (o->choices && !is_choice(o->choices, value))
		return err_set(
			p->e, -EINVAL, "--%s: '%s' is none of: %s", o->name, value, o->choices);
	*slot = value ? value : "";
	return 0;
}

static int unknown_option(struct parser *p, const char *word)
{
	const struct command *c = p->line->command;
	if (!c)
		return err_set(
			p->e, -EINVAL, "there is no option %s; see: cpauto --help", word);
	return err_set(p->e, -EINVAL, "%s has no option %s; see: cpauto %s --help", c->name,
		word, c->name);
}

static int parse_option(struct parser *p, const char *word)
{
	const struct command_option *own = p->line->command ? p->line->command->options : NULL;
	bool is_long = word[1] == '-';
	size_t len = is_long ? strcspn(word + 2, "=") : 1;
	const char *value = NULL;
	if (is_long && word[2 + len] == '=')
		value = word + 3 + len;
	else if (!is_long && word[2])
		value = word + 2;
	size_t i = is_long ? find_long(own, word + 2, len) : find_letter(own, word[1]);
	if (i != SIZE_MAX)
		return set_value(p, &own[i], &p->line->values[i], value);
	const struct command_option *all = p->set->globals;
	i = is_long ? find_long(all, word + 2, len) : find_letter(all, word[1]);
	if (i != SIZE_MAX)
		return set_value(p, &all[i], &p->line->globals[i], value);
	return unknown_option(p, word);
}

static const struct command *find_command(
	const struct command_set *set, const char *name, const char *sub)
{
	for (const struct command *c = set->commands; c->name; c++) {
		if (!str_eq(c->name, name))
			continue;
		if (sub ? str_eq(c->sub, sub) : !c->sub || c->is_default)
			return c;
	}
	return NULL;
}

static bool has_subs(const struct command_set *set, const char *name)
{
	for (const struct command *c = set->commands; c->name; c++)
		if (str_eq(c->name, name) && c->sub)
			return true;
	return false;
}

/* One letter too many, too few, wrong, or two exchanged. */
static bool is_near(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	if (!*a && !*b)
		return true;
	return str_eq(*a ? a + 1 : a, *b ? b + 1 : b) || str_eq(a, *b ? b + 1 : b) ||
		str_eq(*a ? a + 1 : a, b) ||
		(*a && *b && a[1] && a[0] == b[1] && a[1] == b[0] && str_eq(a + 2, b + 2));
}

static int unknown_command(struct parser *p, const char *word)
{
	for (const struct command *c = p->set->commands; c->name; c++) {
		const char *have = p->name ? c->sub : c->name;
		if ((!p->name || str_eq(c->name, p->name)) && have && is_near(have, word))
			return err_set(p->e, -EINVAL,
				"there is no command '%s%s%s'; did you mean '%s'?",
				p->name ? p->name : "", p->name ? " " : "", word, have);
	}
	return err_set(p->e, -EINVAL, "there is no command '%s%s%s'; see: cpauto %s%s--help",
		p->name ? p->name : "", p->name ? " " : "", word, p->name ? p->name : "",
		p->name ? " " : "");
}

/* Options that stood between a command and its sub are the sub's. */
static int hand_over(struct parser *p, const struct command *to)
{
	struct command_line *l = p->line;
	const char *values[COMMAND_OPTIONS_MAX] = { 0 };
	for (size_t i = 0; i < option_count(l->command->options); i++) {
		if (!l->values[i])
			continue;
		const char *name = l->command->options[i].name;
		size_t k = find_long(to->options, name, strlen(name));
		if (k == SIZE_MAX)
			return err_set(p->e, -EINVAL,
				"%s %s has no option --%s; see: cpauto %s --help", to->name,
				to->sub, name, to->name);
		values[k] = l->values[i];
	}
	memcpy(l->values, values, sizeof(values));
	l->command = to;
	return 0;
}

/* The first word is the command, the second may be its sub. */
static int parse_name(struct parser *p, const char *word)
{
	if (p->name) {
		const struct command *c = find_command(p->set, p->name, word);
		if (!c)
			return unknown_command(p, word);
		p->name = NULL;
		return hand_over(p, c);
	}
	const struct command *c = find_command(p->set, word, NULL);
	if (!c)
		return unknown_command(p, word);
	p->line->command = c;
	p->name = has_subs(p->set, word) ? c->name : NULL;
	p->only_args = c->passes_all;
	return 0;
}

static int parse_word(struct parser *p, const char *word)
{
	if (!p->only_args && str_eq(word, "--")) {
		p->only_args = true;
		return 0;
	}
	if (!p->only_args && word[0] == '-' && word[1])
		return parse_option(p, word);
	if (!p->line->command || (p->name && !p->only_args))
		return parse_name(p, word);
	if (p->line->arg_count == COMMAND_ARGS_MAX)
		return err_set(p->e, -EINVAL,
			"more than %d arguments; give some of them in a second run",
			COMMAND_ARGS_MAX);
	p->line->args[p->line->arg_count++] = word;
	return 0;
}

static int check_count(const struct parser *p)
{
	const struct command *c = p->line->command;
	int n = (int)p->line->arg_count;
	if (n >= c->args_min && n <= c->args_max)
		return 0;
	return err_set(p->e, -EINVAL, "usage: cpauto %s%s%s%s%s", c->name, c->sub ? " " : "",
		c->sub ? c->sub : "", c->args[0] ? " " : "", c->args);
}

int command_parse(const struct command_set *set, int argc, char **argv,
	struct command_line *ret, struct err *e)
{
	struct parser p = { .set = set, .line = ret, .argc = argc, .argv = argv, .e = e };
	memset(ret, 0, sizeof(*ret));
	for (p.at = 1; p.at < argc; p.at++) {
		int r = parse_word(&p, argv[p.at]);
		if (r < 0)
			return r;
	}
	if (!ret->command || command_global(set, ret, "help") ||
		command_global(set, ret, "version"))
		return 0;
	return check_count(&p);
}

const char *command_value(const struct command_line *l, const char *name)
{
	size_t i = l->command ? find_long(l->command->options, name, strlen(name)) : SIZE_MAX;
	return i == SIZE_MAX ? NULL : l->values[i];
}

const char *command_global(
	const struct command_set *set, const struct command_line *l, const char *name)
{
	size_t i = find_long(set->globals, name, strlen(name));
	return i == SIZE_MAX ? NULL : l->globals[i];
}

#define HELP_WIDTH 80

/* ---- help ------------------------------------------------------------------------- */

/* Words of TEXT behind what stands on the line already, folded at HELP_WIDTH. */
static void fold(struct buf *out, size_t at, size_t indent, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, " ");
		CLEANUP_FREE char *word = xstrndup(text, n);
		size_t width = text_width(word);
		if (at > indent && at + 1 + width > HELP_WIDTH) {
			buf_printf(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (at > indent) {
			buf_char(out, ' ');
			at++;
		}
		buf_add(out, text, n);
		at += width;
		text += n + strspn(text + n, " ");
	}
	buf_char(out, '\n');
}

static void help_entry(struct buf *out, const char *left, size_t column, const char *text)
{
	size_t n = strlen(left) + 2;
	buf_printf(out, "  %s", left);
	if (n + 1 > column)
		buf_printf(out, "\n%*s", (int)column, "");
	else
		buf_printf(out, "%*s", (int)(column - n), "");
	fold(out, column, column, tr(text));
}

static void help_options(struct buf *out, const struct command_option *o)
{
	for (size_t i = 0; i < option_count(o); i++) {
		char left[80];
		str_format_cut(left, sizeof(left), "%s%.1s%s--%s%s%s",
			o[i].letter ? "-" : "    ", o[i].letter ? &o[i].letter : "",
			o[i].letter ? ", " : "", o[i].name, o[i].arg ? " " : "",
			o[i].arg ? o[i].arg : "");
		help_entry(out, left, 24, o[i].help);
	}
}

static void usage_line(struct buf *out, const struct command *c)
{
	buf_printf(out, "cpauto %s", c->name);
	if (c->sub)
		buf_printf(out, c->is_default ? " [%s]" : " %s", c->sub);
	if (c->args[0])
		buf_printf(out, " %s", c->args);
	if (c->options[0].name)
		buf_str(out, " [OPTION...]");
	buf_char(out, '\n');
}

/* All there is about a command: each of its subs, or the one that was named. */
static void help_command(
	const struct command_set *set, const struct command *c, struct buf *out)
{
	for (const struct command *i = set->commands; i->name; i++) {
		bool family = c->is_default && str_eq(i->name, c->name);
		if (i != c && !family)
			continue;
		if (i != c && family && out->len)
			buf_char(out, '\n');
		usage_line(out, i);
		buf_printf(out, "  %s.\n", tr(i->help));
		if (i->more) {
			buf_str(out, "\n  ");
			fold(out, 2, 2, tr(i->more));
			buf_char(out, '\n');
		}
		help_options(out, i->options);
	}
	buf_str(out, _("\nOptions of every command:\n"));
	help_options(out, set->globals);
}

void command_help(const struct command_set *set, const struct command *c, struct buf *out)
{
	if (c) {
		help_command(set, c, out);
		return;
	}
	buf_str(out, _("usage: cpauto [OPTION...] COMMAND [ARGUMENT...]\n\n"));
	for (const struct command *i = set->commands; i->name; i++) {
		char left[80];
		const char *sub = i->sub && !i->is_default ? i->sub : NULL;
		str_format_cut(left, sizeof(left), "%s%s%s%s%s", i->name, sub ? " " : "",
			sub ? sub : "", i->args[0] ? " " : "", i->args);
		help_entry(out, left, 28, i->help);
	}
	buf_str(out, _("\nOptions of every command:\n"));
	help_options(out, set->globals);
	buf_char(out, '\n');
	buf_printf(out, _("The usual configuration is %s.\n"), SYSCONFDIR "/cpauto.conf");
	buf_str(out,
		_("Exit codes: 0 done, 64 usage, 65 bad data, 66 no such file, 69 unavailable,\n"
		  "70 a bug, 73 and 74 files, 75 try later, 77 permission, 78 configuration.\n"
		  "See cpauto(1).\n"));
}
