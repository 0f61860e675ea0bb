/* SPDX-License-Identifier: MIT */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>

#include "clock.h"
#include "command.h"
#include "config.h"
#include "paths.h"
#include "store.h"
#include "term.h"
#include "util.h"
#include "value.h"

/*
 * What every command has at hand, and how it ends. Commands return an exit code
 * of sysexits.h; whatever goes wrong was said when a function here returns one.
 */
struct cli {
	const struct command_set *set;
	struct command_line line;
	bool json;
	const char *config_path;
	char *account_config; /* what config_path is with --account; NULL without */
	struct paths paths;
	struct instant now;
	struct config *config; /* NULL until cli_config() */
	struct store *store;   /* NULL until cli_store() */
	enum store_mode store_mode;
};

int cli_init(struct cli *c, const struct command_set *set, int argc, char **argv) MUST_CHECK;
void cli_finish(struct cli *c);

/* Loads the configuration and sets its time zone. EX_OK, or EX_CONFIG after saying why. */
int cli_config(struct cli *c) MUST_CHECK;
/* The same for those that can do without: says nothing, c->config may stay NULL. */
void cli_config_try(struct cli *c);

/* Opens the store in MODE (STORE_READ or STORE_REQUEST). */
int cli_store(struct cli *c, enum store_mode mode) MUST_CHECK;

/* The store's last error, as an exit code; R is the negative errno. */
int cli_store_failed(struct cli *c, int r);

/* Says the line on standard error (and with --json as an object); returns EXIT_CODE. */
int cli_fail(const struct cli *c, int exit_code, const char *fmt, ...) PRINTF(3, 4);

/* "version": 1 before the rest of V, which is freed; printed. Returns EX_OK. */
int cli_json(struct value *v);

/* The same with LIST as member NAME. */
int cli_json_list(const char *name, struct value *list);

/* The value of an option of this command, NULL if not given; and as a number or a duration. */
const char *cli_option(const struct cli *c, const char *name);
int cli_option_int(const struct cli *c, const char *name, int64_t min, int64_t max,
	int64_t *ret) MUST_CHECK;

/* Does a cpautod hold the state folder? */
bool cli_daemon_runs(const struct cli *c);

/* "14:32" today, "11-24 08:00" this year, else "2027-01-02"; "" for 0. */
void cli_time(const struct cli *c, int64_t wall_ms, char buf[CLOCK_TEXT_MAX]);
/* The same, but "now" for what has passed. */
void cli_due(const struct cli *c, int64_t wall_ms, char buf[CLOCK_TEXT_MAX]);

/* What a post's state, a call's result or a rule is called before people; tr(), for words. */
const char *cli_word(const char *word);

#endif
