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
	{ "config", "FILE", "this configuration instead of the usual one", WORD_FILE, NULL, 'c' },
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
		.help = "Budget, daemon, lists, posts and publishers" },

	{ .name = "queue", .sub = "list", .is_default = true, .args = "", .run = queue_list,
		.help = "The keywords, the next first", .options = { LIST, LIMIT(50) } },
	{ .name = "queue", .sub = "add", .args = "KEYWORD...", .args_min = 1, .args_max = COMMAND_MANY,
		.run = queue_add, .help = "Put keywords into a list",
		.more = "They stand beside those of the configuration, which stays as it is, and outlast a reload. "
			"Equal spellings (Unicode, case, spaces) are one keyword.",
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
		.more = "They go as soon as the budget allows, outside the active hours too, and may use "
			"budget.reserve. A fresh cached answer is used without a call.",
		.run = queue_now, .help = "Let keywords go before all others",
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
		.run = posts_settle, .help = "Say whether a post that nobody can know about is out",
		.more = "A post is parked when it was sent, no clear answer came and its publisher cannot look. "
			"Nothing is sent again until you have looked at the blog and say how it is.",
		.options = { { "published", NULL, "they are on the blog", WORD_NONE, NULL, 0 },
			{ "absent", NULL, "they are not; send them again", WORD_NONE, NULL, 0 },
			{ "url", "URL", "where it is, with --published", WORD_NONE, NULL, 0 } } },

	{ .name = "calls", .args = "", .run = calls_run, .help = "The calls made, and how many are left",
		.options = { { "hours", "N", "how far back (default 24)", WORD_NONE, NULL, 0 } } },
	{ .name = "plan", .args = "", .run = ahead_run, .help = "The calls to come, as things are now",
		.options = { { "hours", "N", "how far ahead, up to 168 (default 24)", WORD_NONE, NULL, 0 } } },
	{ .name = "explain", .args = "KEYWORD|POST-ID", .args_min = 1, .args_max = 1, .run = explain_run,
		.help = "Why nothing happens with it, and when it will" },

	{ .name = "preview", .args = "KEYWORD", .args_min = 1, .args_max = 1, .run = preview_run,
		.more = "From the cached answer; without one and without a key, or with --sandbox, from made-up "
			"products. Only --fetch spends a call, and cpautod makes it, within the limit. "
			"Gates that would refuse the post are named.",
		.help = "The post as it would be",
		.options = { { "template", "NAME", "instead of the list's", WORD_NONE, NULL, 0 },
			{ "list", "NAME", "as this list makes it", WORD_NONE, NULL, 0 },
			{ "fetch", NULL, "spend a call if no fresh answer is cached", WORD_NONE, NULL, 0 },
			{ "sandbox", NULL, "from made-up products", WORD_NONE, NULL, 0 },
			{ "open", NULL, "in the browser", WORD_NONE, NULL, 0 },
			{ "output", "FILE", "into a file; .html, .md and .txt decide the form", WORD_FILE, NULL, 'o' },
			HTML, TEXT, MARKDOWN } },
	{ .name = "lint", .args = "FILE", .args_min = 1, .args_max = 1, .run = inspect_lint, .word = WORD_FILE,
		.help = "Does a text disclose as it must? \"-\" is standard input" },

	{ .name = "check", .args = "", .run = inspect_check,
		.more = "Configuration, templates, secrets, agents, state folder and clock; nothing is created or called. "
			"The exit code is 78 if there is an error.",
		.help = "Look for all that would keep cpautod from its work",
		.options = { { "agents", NULL, "also ask each publisher's agent whether it can work", WORD_NONE, NULL, 0 } } },
	{ .name = "show-config", .args = "", .run = inspect_config,
		.help = "The configuration, with the origin of each value" },
	{ .name = "unblock", .args = "", .run = tools_unblock,
		.help = "Lift a block, forget strikes, retry broken publishers" },
	{ .name = "sandbox", .args = "[ARGUMENT...]", .args_max = COMMAND_MANY, .run = tools_sandbox,
		.passes_all = true, .help = "A stand-in for the API's server, for those without a key" },
	{ .name = "completion", .args = "bash|zsh", .args_min = 1, .args_max = 1, .run = tools_completion,
		.word = WORD_CHOICE, .choices = "bash zsh", .help = "Print the completion for a shell" },
	{ .name = NULL },
};

const struct command_set commands = { table, globals };
