/* SPDX-License-Identifier: MIT */
#include "family.h"

#include <errno.h>
#include <sysexits.h>
#include <unistd.h>

#include "ask.h"
#include "cli.h"

int tools_unblock(struct cli *c)
{
	return ask_and_say(c, "unblock", value_new_object());
}

int tools_sandbox(struct cli *c)
{
	char *argv[COMMAND_ARGS_MAX + 2] = { c->paths.sandbox };
	for (size_t i = 0; i < c->line.arg_count; i++)
		argv[i + 1] = xstrdup(c->line.args[i]);
	(void)fflush(NULL);
	execv(c->paths.sandbox, argv);
	int code = cli_fail(c, EX_UNAVAILABLE, "%s: %s; is cpauto installed as a whole?",
		c->paths.sandbox, tr_errno(errno));
	for (size_t i = 0; i < c->line.arg_count; i++)
		free(argv[i + 1]);
	return code;
}

int tools_completion(struct cli *c)
{
	struct buf b;
	if (!str_eq(c->line.args[0], "bash") && !str_eq(c->line.args[0], "zsh"))
		return cli_fail(c, EX_USAGE, "'%s': there is a completion for bash and for zsh",
			c->line.args[0]);
	buf_init(&b, 1u << 20);
	command_completion(c->set, c->line.args[0], &b);
	fputs(buf_cstr(&b), stdout);
	buf_finish(&b);
	return EX_OK;
}
