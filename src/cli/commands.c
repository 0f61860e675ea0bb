/* SPDX-License-Identifier: MIT */
#include "commands.h"

#include "family.h"

#define LIST { "list", "NAME", "only this list", WORD_NONE, NULL, 0 }
#define LIMIT(n) { "limit", "N", "how many at most, 0 for all (default " #n ")", WORD_NONE, NULL, 0 }
#define HTML { "html", NULL, "as HTML", WORD_NONE, NULL, 0 }
#define TEXT { "text", NULL, "as plain text", WORD_NONE, NULL, 0 }
#define MARKDOWN { "markdown", NULL, "as Markdown", WORD_NONE, NULL, 0 }

#define STATES "planned rendered waiting ready sending published unknown parked refused"

static const struct command_option globals[] = {
	{ "config", "FILE", "the configuration (default " SYSCONFDIR "/cpauto.conf)", WORD_FILE, NULL, 'c' },
	{ "json", NULL, "print JSON, an object with \"version\": 1", WORD_NONE, NULL, 0 },
	{ "color", "WHEN", "auto, always or never", WORD_CHOICE, "auto always never", 0 },
	{ "state", "DIR", "the state folder", WORD_DIR, NULL, 0 },
	{ "cache", "DIR", "the cache folder", WORD_DIR, NULL, 0 },
	{ "help", NULL, "show this, then end", WORD_NONE, NULL, 'h' },
	{ "version", NULL, "show the version, then end", WORD_NONE, NULL, 'V' },
	{ NULL, NULL, NULL, WORD_NONE, NULL, 0 },
};

static const struct command table[] = {
	{ .name = "status", .args = "", .run = status_run,
		.help = "Budget, daemon, lists, posts and publishers at a glance" },

	{ .name = "queue", .sub = "list", .is_default = true, .args = "", .run = queue_list,
		.help = "The keywords, the next first", .options = { LIST, LIMIT(50) } },
	{ .name = "queue", .sub = "add", .args = "KEYWORD...", .args_min = 1, .args_max = COMMAND_MANY,
		.run = queue_add, .help = "Put keywords into a list, beside those of the configuration",
		.options = { { "list", "NAME", "into which list", WORD_NONE, NULL, 0 } } },
	{ .name = "queue", .sub = "remove", .args = "KEYWORD...", .args_min = 1, .args_max = COMMAND_MANY,
		.run = queue_remove, .help = "Take out keywords that were added", .options = { LIST } },
	{ .name = "queue", .sub = "pause", .args = "[KEYWORD...|all]", .args_max = COMMAND_MANY,
		.run = queue_pause, .help = "Make no calls for keywords, for a list, or for all",
		.options = { LIST, { "all", NULL, "all lists", WORD_NONE, NULL, 0 } } },
	{ .name = "queue", .sub = "resume", .args = "[KEYWORD...|all]", .args_max = COMMAND_MANY,
		.run = queue_resume, .help = "End a pause",
		.options = { LIST, { "all", NULL, "all lists", WORD_NONE, NULL, 0 } } },
	{ .name = "queue", .sub = "now", .args = "KEYWORD...", .args_min = 1, .args_max = COMMAND_MANY,
		.run = queue_now, .help = "Let keywords go first, as soon as the budget allows",
		.options = { LIST } },

	{ .name = "posts", .sub = "list", .is_default = true, .args = "", .run = posts_list,
		.help = "The posts, the newest first",
		.options = { { "state", "STATE", "only those in this state", WORD_CHOICE, STATES, 0 }, LIST, LIMIT(30) } },
	{ .name = "posts", .sub = "show", .args = "ID", .args_min = 1, .args_max = 1, .run = posts_show,
		.help = "One post, as it is or will be", .options = { HTML, TEXT, MARKDOWN } },
	{ .name = "posts", .sub = "approve", .args = "ID...", .args_min = 1, .args_max = COMMAND_MANY,
		.run = posts_approve, .help = "Let posts that wait for you go out" },
	{ .name = "posts", .sub = "reject", .args = "ID...", .args_min = 1, .args_max = COMMAND_MANY,
		.run = posts_reject, .help = "Keep posts from going out",
		.options = { { "reason", "TEXT", "why, for your own memory", WORD_NONE, NULL, 0 } } },
	{ .name = "posts", .sub = "retry", .args = "ID...", .args_min = 1, .args_max = COMMAND_MANY,
		.run = posts_retry, .help = "Make refused posts anew" },
	{ .name = "posts", .sub = "settle", .args = "ID...", .args_min = 1, .args_max = COMMAND_MANY,
		.run = posts_settle, .help = "Say of posts that nobody can know about whether they are out",
		.options = { { "published", NULL, "they are on the blog", WORD_NONE, NULL, 0 },
			{ "absent", NULL, "they are not; send them again", WORD_NONE, NULL, 0 },
			{ "url", "URL", "where it is, with --published", WORD_NONE, NULL, 0 } } },

	{ .name = "calls", .args = "", .run = calls_run, .help = "The calls made, and how many are left",
		.options = { { "hours", "N", "how far back (default 24)", WORD_NONE, NULL, 0 } } },
	{ .name = "plan", .args = "", .run = ahead_run, .help = "The calls to come, as things are now",
		.options = { { "hours", "N", "how far ahead, up to 168 (default 24)", WORD_NONE, NULL, 0 } } },
	{ .name = "explain", .args = "KEYWORD|POST-ID", .args_min = 1, .args_max = 1, .run = explain_run,
		.help = "Why nothing happens with it, by which rule, and when it will" },

	{ .name = "preview", .args = "KEYWORD", .args_min = 1, .args_max = 1, .run = preview_run,
		.help = "The post as it would be, from the cache or from made-up products",
		.options = { { "template", "NAME", "instead of the list's", WORD_NONE, NULL, 0 },
			{ "list", "NAME", "as this list makes it", WORD_NONE, NULL, 0 },
			{ "fetch", NULL, "spend a call if no fresh answer is cached", WORD_NONE, NULL, 0 },
			{ "sandbox", NULL, "from made-up products", WORD_NONE, NULL, 0 },
			{ "open", NULL, "in the browser", WORD_NONE, NULL, 0 },
			{ "output", "FILE", "into a file; .html, .md and .txt decide the form", WORD_FILE, NULL, 'o' },
			HTML, TEXT, MARKDOWN } },
	{ .name = "lint", .args = "FILE", .args_min = 1, .args_max = 1, .run = inspect_lint, .word = WORD_FILE,
		.help = "Does a text disclose as the law wants it? \"-\" is standard input" },

	{ .name = "check", .args = "", .run = inspect_check,
		.help = "Configuration, templates, secrets, agents and state, without touching them",
		.options = { { "agents", NULL, "also ask each publisher's agent whether it can work", WORD_NONE, NULL, 0 } } },
	{ .name = "show-config", .args = "", .run = inspect_config,
		.help = "The configuration in force, with the origin of each value" },
	{ .name = "unblock", .args = "", .run = tools_unblock,
		.help = "Lift a block, forget strikes, try broken publishers again" },
	{ .name = "sandbox", .args = "[ARGUMENT...]", .args_max = COMMAND_MANY, .run = tools_sandbox,
		.passes_all = true, .help = "Run a stand-in for the API's server; see cpauto sandbox --help" },
	{ .name = "completion", .args = "bash|zsh", .args_min = 1, .args_max = 1, .run = tools_completion,
		.word = WORD_CHOICE, .choices = "bash zsh", .help = "Print the completion for a shell" },
	{ .name = NULL },
};

const struct command_set commands = { table, globals };
