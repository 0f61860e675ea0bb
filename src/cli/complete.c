/* SPDX-License-Identifier: MIT */
#include "command.h"
#include "paths.h"

/* ---- bash ------------------------------------------------------------------------- */

static size_t count(const struct command_option *o)
{
	size_t n = 0;
	while (n < COMMAND_OPTIONS_MAX && o[n].name)
		n++;
	return n;
}

static bool is_first(const struct command_set *set, const struct command *c)
{
	for (const struct command *i = set->commands; i != c; i++)
		if (str_eq(i->name, c->name))
			return false;
	return true;
}

static void add_names(const struct command_set *set, struct buf *out)
{
	const char *gap = "";
	for (const struct command *c = set->commands; c->name; c++) {
		if (!is_first(set, c))
			continue;
		buf_printf(out, "%s%s", gap, c->name);
		gap = " ";
	}
}

static void add_subs(const struct command_set *set, const char *name, struct buf *out)
{
	const char *gap = "";
	for (const struct command *c = set->commands; c->name; c++) {
		if (!str_eq(c->name, name) || !c->sub)
			continue;
		buf_printf(out, "%s%s", gap, c->sub);
		gap = " ";
	}
}

/* One line of the case that completes what follows an option, of C or of any command. */
static void bash_value(const struct command *c, const struct command_option *o, struct buf *out)
{
	if (!o->arg || o->word == WORD_NONE)
		return;
	const char *gap = "\t";
	for (int form = 0; form < 4; form++) {
		bool is_long = form < 2, with_sub = form % 2 == 0;
		if ((!is_long && !o->letter) ||
			(with_sub ? !c || !c->sub : c && c->sub && !c->is_default))
			continue;
		buf_printf(out, "%s%s%s%s%s%s", gap, c ? "'" : "*' ", c ? c->name : "",
			with_sub ? " " : "", with_sub ? c->sub : "", c ? " " : "");
		if (is_long)
			buf_printf(out, "--%s'", o->name);
		else
			buf_printf(out, "-%c'", o->letter);
		gap = "|";
	}
	if (o->word == WORD_CHOICE)
		buf_printf(out, ") _cpauto_reply -W '%s'; return ;;\n", o->choices);
	else if (o->word == WORD_ACCOUNT)
		buf_str(out, ") _cpauto_reply -W \"$(_cpauto_accounts)\"; return ;;\n");
	else
		buf_printf(out, ") compopt -o filenames; _cpauto_reply -%c; return ;;\n",
			o->word == WORD_DIR ? 'd' : 'f');
}

/* A command's own option goes before one of all commands. */
static void bash_values(const struct command_set *set, struct buf *out)
{
	buf_str(out, "\tcase \"$command $prev\" in\n");
	for (const struct command *c = set->commands; c->name; c++)
		for (size_t i = 0; i < count(c->options); i++)
			bash_value(c, &c->options[i], out);
	for (size_t i = 0; i < count(set->globals); i++)
		bash_value(NULL, &set->globals[i], out);
	buf_str(out, "\tesac\n");
}

static void bash_options(const struct command *c, struct buf *out)
{
	for (size_t i = 0; i < count(c->options); i++)
		buf_printf(out, " --%s", c->options[i].name);
}

/* What may follow each command: its subs, its options, its words. */
static void bash_commands(const struct command_set *set, struct buf *out)
{
	buf_str(out, "\tcase $command in\n");
	for (const struct command *c = set->commands; c->name; c++) {
		if (!c->sub)
			buf_printf(out, "\t%s) words='", c->name);
		else
			buf_printf(out, "\t'%s %s'%s%s%s) words='", c->name, c->sub,
				c->is_default ? "|" : "", c->is_default ? c->name : "", "");
		if (c->is_default) {
			add_subs(set, c->name, out);
		} else if (c->choices) {
			buf_str(out, c->choices);
		}
		bash_options(c, out);
		buf_printf(out, "'%s ;;\n", c->word == WORD_FILE ? "; files=1" : "");
	}
	buf_str(out, "\tesac\n");
}

/* Walks the words before the cursor to the command and its sub. */
static void bash_walk(const struct command_set *set, struct buf *out)
{
	buf_str(out,
		"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
		"\t\tw=${COMP_WORDS[i]}\n"
		"\t\tcase $w in\n");
	for (size_t i = 0; i < count(set->globals); i++) {
		const struct command_option *o = &set->globals[i];
		if (!o->arg)
			continue;
		buf_printf(out, "\t\t--%s", o->name);
		if (o->letter)
			buf_printf(out, "|-%c", o->letter);
		buf_str(out, ") ((i++)) ;;\n");
	}
	buf_str(out,
		"\t\t-*) ;;\n"
		"\t\t*)\n\t\t\tif [[ -z $command ]]; then command=$w\n"
		"\t\t\telse\n\t\t\t\tcase \"$command $w\" in\n");
	for (const struct command *c = set->commands; c->name; c++)
		if (c->sub)
			buf_printf(out, "\t\t\t\t'%s %s') command=\"$command $w\" ;;\n",
				c->name, c->sub);
	buf_str(out, "\t\t\t\tesac\n\t\t\t\tbreak\n\t\t\tfi ;;\n\t\tesac\n\tdone\n");
}

static void bash(const struct command_set *set, struct buf *out)
{
	buf_str(out,
		"# bash completion for cpauto; made by: cpauto completion bash\n"
		"_cpauto_reply()\n{\n"
		"\tmapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(compgen \"$@\" -- "
		"\"${COMP_WORDS[COMP_CWORD]}\")\n"
		"}\n\n"
		"_cpauto_accounts()\n{\n"
		"\tlocal f\n"
		"\tfor f in " PATHS_ACCOUNTS "/*.conf; do\n"
		"\t\tf=${f##*/}\n"
		"\t\t[[ $f == '*.conf' ]] || printf '%s\\n' \"${f%.conf}\"\n"
		"\tdone\n"
		"}\n\n"
		"_cpauto()\n{\n"
		"\tlocal prev=${COMP_WORDS[COMP_CWORD-1]} command='' words='' files='' w i\n"
		"\tlocal globals='");
	for (size_t i = 0; i < count(set->globals); i++)
		buf_printf(out, "%s--%s", i ? " " : "", set->globals[i].name);
	buf_str(out, "'\n\tCOMPREPLY=()\n");
	bash_walk(set, out);
	bash_values(set, out);
	buf_str(out, "\tif [[ -z $command ]]; then\n\t\twords='");
	add_names(set, out);
	buf_str(out, "'\n\tfi\n");
	bash_commands(set, out);
	buf_str(out,
		"\tif [[ $files ]]; then\n"
		"\t\tcompopt -o filenames\n"
		"\t\t_cpauto_reply -f\n"
		"\tfi\n"
		"\t_cpauto_reply -W \"$words $globals\"\n"
		"}\n"
		"complete -F _cpauto cpauto\n");
}

/* ---- zsh -------------------------------------------------------------------------- */

/* Within '[…]' of an _arguments specification, in single quotes. */
static void zsh_text(struct buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '\'')
			buf_str(out, "'\\''");
		else if (strchr("[]:\\", *s))
			buf_printf(out, "\\%c", *s);
		else
			buf_char(out, *s);
	}
}

static void zsh_value(struct buf *out, enum command_word word, const char *choices)
{
	if (word == WORD_FILE)
		buf_str(out, "_files");
	else if (word == WORD_DIR)
		buf_str(out, "_files -/");
	else if (word == WORD_CHOICE)
		buf_printf(out, "(%s)", choices);
	else if (word == WORD_ACCOUNT)
		buf_str(out, "_cpauto_accounts");
}

static void zsh_option(struct buf *out, const struct command_option *o, const char *indent)
{
	if (o->letter)
		buf_printf(out, "%s'(-%c --%s)'{-%c%s,--%s%s}'[", indent, o->letter, o->name,
			o->letter, o->arg ? "+" : "", o->name, o->arg ? "=" : "");
	else
		buf_printf(out, "%s'--%s%s[", indent, o->name, o->arg ? "=" : "");
	zsh_text(out, o->help);
	buf_char(out, ']');
	if (o->arg) {
		buf_printf(out, ":%s:", o->arg);
		zsh_value(out, o->word, o->choices);
	}
	buf_str(out, "' \\\n");
}

static void zsh_command(const struct command *c, struct buf *out)
{
	if (c->sub)
		buf_printf(out, "\t\t'%s %s'%s%s)\n", c->name, c->sub, c->is_default ? "|" : "",
			c->is_default ? c->name : "");
	else
		buf_printf(out, "\t\t%s)\n", c->name);
	buf_str(out, "\t\t\t_arguments -s \\\n");
	for (size_t i = 0; i < count(c->options); i++)
		zsh_option(out, &c->options[i], "\t\t\t\t");
	buf_str(out, "\t\t\t\t$globals '*:");
	zsh_text(out, c->args[0] ? c->args : "nothing");
	buf_char(out, ':');
	zsh_value(out, c->word, c->choices);
	buf_str(out, "' ;;\n");
}

static void zsh_names(const struct command_set *set, struct buf *out)
{
	buf_str(out, "\tlocal -a names=(\n");
	for (const struct command *c = set->commands; c->name; c++) {
		if (!is_first(set, c))
			continue;
		buf_printf(out, "\t\t'%s:", c->name);
		zsh_text(out, c->help);
		buf_str(out, "'\n");
	}
	buf_str(out, "\t)\n");
}

static void zsh_subs(const struct command_set *set, struct buf *out)
{
	buf_str(out, "\tcase $line[1] in\n");
	for (const struct command *c = set->commands; c->name; c++) {
		if (!c->sub || !is_first(set, c))
			continue;
		buf_printf(out, "\t%s) subs=(", c->name);
		add_subs(set, c->name, out);
		buf_str(out, ") ;;\n");
	}
	buf_str(out, "\tesac\n");
}

static void zsh(const struct command_set *set, struct buf *out)
{
	buf_str(out,
		"#compdef cpauto\n"
		"# zsh completion for cpauto; made by: cpauto completion zsh\n"
		"_cpauto_accounts()\n{\n"
		"\tlocal -a accounts=(" PATHS_ACCOUNTS "/*.conf(N:t:r))\n"
		"\tcompadd -a accounts\n"
		"}\n"
		"_cpauto()\n{\n"
		"\tlocal command state\n\tlocal -a line subs globals\n"
		"\tglobals=(\n");
	for (size_t i = 0; i < count(set->globals); i++) {
		struct buf b;
		buf_init(&b, 4096);
		zsh_option(&b, &set->globals[i], "\t\t");
		buf_truncate(&b, b.len - 3); /* " \" and the line end */
		buf_printf(out, "%s\n", buf_cstr(&b));
		buf_finish(&b);
	}
	buf_str(out, "\t)\n");
	zsh_names(set, out);
	buf_str(out,
		"\t_arguments -C -A '-*' $globals '1:command:->command' "
		"'*::argument:->argument' && return\n"
		"\tif [[ $state == command ]]; then\n"
		"\t\t_describe command names\n\t\treturn\n\tfi\n");
	zsh_subs(set, out);
	buf_str(out,
		"\tif (( $#subs && CURRENT == 2 )); then\n"
		"\t\tcompadd -a subs\n"
		"\tfi\n"
		"\tcommand=$line[1]\n"
		"\tif (( $subs[(Ie)${line[2]:-}] )); then\n"
		"\t\tcommand=\"$line[1] $line[2]\"\n"
		"\t\tshift words\n\t\t(( CURRENT-- ))\n"
		"\tfi\n"
		"\tcase $command in\n");
	for (const struct command *c = set->commands; c->name; c++)
		zsh_command(c, out);
	buf_str(out, "\tesac\n}\n_cpauto \"$@\"\n");
}

void command_completion(const struct command_set *set, const char *shell, struct buf *out)
{
	if (str_eq(shell, "zsh"))
		zsh(set, out);
	else
		bash(set, out);
}
