/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <sysexits.h>

#include "cli.h"
#include "commands.h"
#include "korean.h"
#include "log.h"

static int help(const struct cli *c, FILE *f, int code)
{
	struct buf b;
	buf_init(&b, 64u << 10);
	command_help(c->set, c->line.command, &b);
	fputs(buf_cstr(&b), f);
	buf_finish(&b);
	return code;
}

static int run(struct cli *c)
{
	if (command_global(c->set, &c->line, "version")) {
		puts("cpauto " VERSION);
		return EX_OK;
	}
	if (command_global(c->set, &c->line, "help"))
		return help(c, stdout, EX_OK);
	if (!c->line.command)
		return help(c, stderr, EX_USAGE);
	return c->line.command->run(c);
}

static bool wants_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (str_eq(argv[i], "--json"))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	struct cli c;
	log_set_name("cpauto");
	tr_set_polish(korean_polish);
	/* What programs read is in one language. */
	tr_init(wants_json(argc, argv) ? "en" : "auto", NULL);
	int code = cli_init(&c, &commands, argc, argv);
	if (code == EX_OK)
		code = run(&c);
	cli_finish(&c);
	if (fflush(stdout) != 0 && code == EX_OK)
		return EX_IOERR;
	return code;
}
