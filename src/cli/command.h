/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "util.h"

/*
 * Commands and their options as one table, which parses the command line, says
 * how it is used, and makes the shells' completions.
 */
struct cli;

#define COMMAND_OPTIONS_MAX 10
#define COMMAND_ARGS_MAX 256
#define COMMAND_MANY COMMAND_ARGS_MAX

/* What a word stands for, for completion. */
enum command_word { WORD_NONE, WORD_FILE, WORD_DIR, WORD_CHOICE, WORD_ACCOUNT };

struct command_option {
	const char *name; /* without the dashes */
	const char *arg;  /* what to write behind it, "NAME"; NULL for a flag */
	const char *help;
	enum command_word word;
	const char *choices; /* "a b c": the only ones taken; NULL: anything */
	char letter;         /* 0: none */
};

struct command {
	const char *name;
	const char *sub;  /* "add" of "queue add"; NULL: has none */
	bool is_default;  /* of several subs, the one meant by the name alone */
	const char *args; /* "KEYWORD..." for the usage */
	int args_min, args_max;
	const char *help; /* one line, no full stop */
	const char *more; /* a paragraph for its own --help; NULL for none */
	struct command_option options[COMMAND_OPTIONS_MAX]; /* name NULL ends */
	int (*run)(struct cli *);
	bool passes_all;        /* its arguments are another program's, options included */
	enum command_word word; /* of its arguments */
	const char *choices;
};

struct command_set {
	const struct command *commands;       /* name NULL ends */
	const struct command_option *globals; /* name NULL ends */
};

struct command_line {
	const struct command *command; /* NULL with --help or --version alone */
	const char *args[COMMAND_ARGS_MAX];
	size_t arg_count;
	const char *values[COMMAND_OPTIONS_MAX]; /* of the command's options; NULL: not given */
	const char *globals[COMMAND_OPTIONS_MAX];
};

/* Strings in RET are ARGV's. 0, or -EINVAL with the line in E. */
int command_parse(const struct command_set *set, int argc, char **argv,
	struct command_line *ret, struct err *e) MUST_CHECK;

/* The value of the command's option, "" for a flag that is given, NULL if it is not. */
const char *command_value(const struct command_line *l, const char *name);
const char *command_global(
	const struct command_set *set, const struct command_line *l, const char *name);

/* The help of one command, or of all; 80 columns at most. */
void command_help(const struct command_set *set, const struct command *c, struct buf *out);

/* SHELL is "bash" or "zsh". */
void command_completion(const struct command_set *set, const char *shell, struct buf *out);

#endif
