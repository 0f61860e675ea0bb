/* SPDX-License-Identifier: MIT */
#include "family.h"

#include <errno.h>
#include <inttypes.h>
#include <sysexits.h>
#include <unistd.h>

#include "account.h"
#include "ask.h"
#include "cli.h"
#include "gates.h"
#include "json.h"
#include "render.h"
#include "sample.h"
#include "secrets.h"
#include "text.h"
#include "workshop.h"

#define PAGE_MAX (4u << 20)
#define FETCH_MAX_MS 120000 /* a wait longer than this is for another day */
#define FETCH_POLL_MS 200

struct preview {
	struct cli *c;
	char *keyword, *folded;
	const struct config_list *list;
	struct value *answer;
	int64_t fetched_ms;
	bool sample;
	struct value *post;
	struct gates_report report;
};

/* ---- where the facts come from ---------------------------------------------------- */

static bool holds(const struct config_list *l, const char *folded)
{
	for (size_t i = 0; i < l->keyword_count; i++) {
		CLEANUP_FREE char *f = NULL;
		if (text_fold(l->keywords[i], &f) == 0 && str_eq(f, folded))
			return true;
	}
	return false;
}

/* The list asked for, else the first that holds the keyword, else the first. */
static int find_list(struct preview *p)
{
	const struct config *config = p->c->config;
	const char *name = cli_option(p->c, "list");
	if (name) {
		p->list = config_list_find(config, name);
		return p->list ? EX_OK
			       : cli_fail(p->c, EX_DATAERR, "there is no list '%s' in %s", name,
					 config->path);
	}
	for (size_t i = 0; i < config->list_count && !p->list; i++)
		if (holds(&config->lists[i], p->folded))
			p->list = &config->lists[i];
	if (!p->list && config->list_count)
		p->list = &config->lists[0];
	return p->list ? EX_OK
		       : cli_fail(p->c, EX_CONFIG,
				 "%s has no list, so nothing says how a post looks; "
				 "add one",
				 config->path);
}

static void read_cache(struct preview *p)
{
	struct value *answer = NULL;
	if (p->c->store &&
		store_answer_get(p->c->store, p->folded, &p->fetched_ms, &answer) == 0) {
		value_free(p->answer);
		p->answer = answer;
	}
}

/* No state yet is no fault here: then nothing is cached. */
static void open_quietly(struct cli *c)
{
	struct err e;
	if (!c->store &&
		store_open(c->paths.state, c->paths.cache, STORE_READ, &c->store, &e) == 0)
		c->store_mode = STORE_READ;
}

static bool has_key(const struct cli *c)
{
	CLEANUP_FREE char *path = secrets_path(
		c->paths.credentials, "coupang.access-key", c->config->coupang.access_key_file);
	return path[0] != '\0';
}

static void use_sample(struct preview *p)
{
	p->sample = true;
	p->answer = sample_answer(p->keyword);
	p->fetched_ms = p->c->now.wall_ms;
}

static int from_cache(struct preview *p)
{
	open_quietly(p->c);
	read_cache(p);
	if (p->answer)
		return EX_OK;
	if (has_key(p->c))
		return cli_fail(p->c, EX_UNAVAILABLE,
			"nothing is cached about '%s'; --fetch asks for it (one call), "
			"--sandbox shows made-up products",
			p->keyword);
	use_sample(p);
	return EX_OK;
}

/* ---- a call, made by the daemon alone --------------------------------------------- */

static bool is_fresh(const struct preview *p)
{
	return p->answer && p->c->now.wall_ms - p->fetched_ms <= p->c->config->cache.ttl_ms;
}

/* A call for it that has ended since without an answer: says so. */
static int call_failed(struct preview *p, int64_t since_ms)
{
	struct value *calls = NULL;
	int code = EX_OK;
	if (store_list_calls(p->c->store, since_ms, 1, &calls) < 0)
		return EX_OK; /* the next look will tell */
	const struct value *call = value_at(calls, 0);
	const char *result = value_get_string(call, "result", "ok");
	if (call && str_eq(value_get_string(call, "keyword", ""), p->keyword) &&
		!str_eq(result, "ok"))
		code = cli_fail(p->c, EX_TEMPFAIL,
			"no answer about '%s': %s; see: cpauto explain '%s'", p->keyword,
			value_get_string(call, "detail", cli_word(result)), p->keyword);
	value_free(calls);
	return code;
}

/* Until the daemon has an answer newer than SINCE, or its call has failed. */
static int await_answer(struct preview *p, int64_t since_ms)
{
	struct instant now = p->c->now;
	char note[128];
	while (now.boot_ms - p->c->now.boot_ms < FETCH_MAX_MS) {
		read_cache(p);
		if (p->answer && p->fetched_ms >= since_ms)
			return EX_OK;
		int code = call_failed(p, since_ms);
		if (code != EX_OK)
			return code;
		int64_t waited = (now.boot_ms - p->c->now.boot_ms) / 1000;
		str_format_cut(
			note, sizeof(note), _("waiting for the answer … %" PRId64 " s"), waited);
		if (waited >= 1)
			ask_progress(note);
		ask_pause(FETCH_POLL_MS);
		clock_now(&now);
	}
	return cli_fail(p->c, EX_TEMPFAIL,
		"no answer about '%s' yet; it stays first in line: cpauto explain '%s'",
		p->keyword, p->keyword);
}

/* A wait that is too long to sit through is told at once. */
static int too_long(struct preview *p, const char *text)
{
	struct account_gate gate;
	int r = account_ask(p->c->store, p->c->config, &p->c->now, true, &gate);
	if (r < 0)
		return cli_store_failed(p->c, r);
	/* One that is open is this one, or will end before long. */
	if (gate.budget.reason == BUDGET_OPEN || gate.budget.wait_ms <= FETCH_MAX_MS)
		return EX_OK;
	return cli_fail(p->c, EX_TEMPFAIL, "%s; then: cpauto preview '%s'", text, p->keyword);
}

/* The budget has one gate and the daemon stands in it, so the daemon makes the call. */
static int from_server(struct preview *p)
{
	struct ask_answer a;
	open_quietly(p->c);
	read_cache(p);
	if (is_fresh(p))
		return EX_OK;
	if (!cli_daemon_runs(p->c))
		return cli_fail(p->c, EX_UNAVAILABLE,
			"--fetch is done by cpautod, which keeps the limit; start it, "
			"or preview with --sandbox");
	int64_t since = p->c->now.wall_ms;
	struct value *args = value_new_object();
	value_set_string(args, "keyword", p->keyword);
	value_set_string(args, "list", cli_option(p->c, "list"));
	int code = ask(p->c, "keyword.now", args, &a);
	if (code == EX_OK && a.exit_code != EX_OK)
		code = cli_fail(p->c, a.exit_code, "%s", a.text);
	if (code != EX_OK)
		return code;
	code = too_long(p, a.text);
	if (code != EX_OK)
		return code;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "%s\n", a.text);
	code = await_answer(p, since);
	ask_progress("");
	return code;
}

/* ---- the post --------------------------------------------------------------------- */

static int load_templates(struct preview *p, struct render_templates **ret)
{
	const char *dirs[] = { p->c->paths.templates[0], p->c->paths.templates[1] };
	bool own = dirs[0][0] != '\0';
	struct value *errors = value_new_list();
	int r = render_templates_load(own ? dirs : dirs + 1, own ? 2 : 1, ret, errors);
	if (r < 0)
		(void)cli_fail(p->c, EX_CONFIG, "%s",
			value_string(value_at(errors, 0), _("the templates cannot be read")));
	value_free(errors);
	return r < 0 ? EX_CONFIG : EX_OK;
}

static void judge(struct preview *p)
{
	struct gates_input in = {
		.post = p->post,
		.products = value_get(p->answer, "products"),
		.search_link = value_get_string(p->answer, "landing_url", ""),
		.keyword = p->keyword,
		.endpoint = p->c->config->coupang.endpoint,
		.fetched_ms = p->fetched_ms,
		.now_ms = p->c->now.wall_ms,
		.ttl_ms = p->c->config->cache.ttl_ms,
	};
	(void)gates_check(&in, &p->report);
}

static int render(struct preview *p)
{
	struct render_templates *t = NULL;
	struct err e;
	int code = load_templates(p, &t);
	if (code != EX_OK)
		return code;
	struct render_input in = {
		.keyword = p->keyword,
		.list = p->list,
		.template = cli_option(p->c, "template"),
		.products = value_get(p->answer, "products"),
		.search_link = value_get_string(p->answer, "landing_url", ""),
		.endpoint = p->c->config->coupang.endpoint,
		.fetched_ms = p->fetched_ms,
		.now_ms = p->c->now.wall_ms,
	};
	int r = render_post(t, &in, &p->post, &e);
	if (r < 0)
		code = cli_fail(p->c, EX_DATAERR, "%s", e.text);
	else
		judge(p);
	render_templates_free(t);
	return code;
}

/* ---- showing ---------------------------------------------------------------------- */

static void add_page(const struct value *post, struct buf *out)
{
	const char *title = value_get_string(post, "title", "");
	buf_str(out,
		"<!doctype html>\n<html lang=\"ko\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, "
		"initial-scale=1\">\n<title>");
	buf_html(out, title, strlen(title));
	buf_str(out,
		"</title>\n<style>body { max-width: 44em; margin: 2em auto; padding: 0 1em; "
		"line-height: 1.7;"
		" font-family: sans-serif; word-break: keep-all }\nimg { max-width: 100%; "
		"height: auto;"
		" background: #eee }\ntable { border-collapse: collapse; width: 100% }\n"
		"td, th { border: 1px solid #ccc; padding: .4em .6em "
		"}</style>\n</head>\n<body>\n<h1>");
	buf_html(out, title, strlen(title));
	buf_printf(out, "</h1>\n%s\n</body>\n</html>\n", value_get_string(post, "html", ""));
}

/* "html", "markdown" or "text": as asked for, by the file's name, or what reads well. */
static const char *format_of(const struct cli *c)
{
	const char *file = cli_option(c, "output");
	if (cli_option(c, "html") ||
		(file && (str_ends(file, ".html") || str_ends(file, ".htm"))))
		return "html";
	if (cli_option(c, "markdown") || (file && str_ends(file, ".md")))
		return "markdown";
	return "text";
}

static void fill(const struct preview *p, const char *format, struct buf *out)
{
	if (str_eq(format, "html")) {
		add_page(p->post, out);
		return;
	}
	if (str_eq(format, "text"))
		buf_printf(out, "%s\n\n", value_get_string(p->post, "title", ""));
	buf_str(out, value_get_string(p->post, format, ""));
	if (out->len && out->data[out->len - 1] != '\n')
		buf_char(out, '\n');
}

static int write_file(struct preview *p, const char *path, const char *format)
{
	struct buf b;
	buf_init(&b, PAGE_MAX);
	fill(p, format, &b);
	int r = file_write_atomic(path, buf_cstr(&b), b.len, 0644);
	buf_finish(&b);
	return r < 0 ? cli_fail(p->c, EX_CANTCREAT, "%s: %s", path, tr_errno(-r)) : EX_OK;
}

/* Into a file of its own that stays, for the browser reads it after we have ended. */
static int open_in_browser(struct preview *p)
{
	char path[PATH_MAX];
	const char *tmp = getenv("TMPDIR");
	if (str_format(path, sizeof(path), "%s/cpauto-preview-XXXXXX.html",
		    str_empty(tmp) ? "/tmp" : tmp) < 0)
		return cli_fail(p->c, EX_CANTCREAT, "TMPDIR: the path is too long");
	int fd = mkstemps(path, (int)strlen(".html"));
	if (fd < 0)
		return cli_fail(p->c, EX_CANTCREAT, "%s: %s", path, tr_errno(errno));
	close(fd);
	int code = write_file(p, path, "html");
	if (code != EX_OK)
		return code;
	term_say(TERM_PLAIN, "%s\n", path);
	(void)fflush(NULL);
	execlp("xdg-open", "xdg-open", path, (char *)NULL);
	return cli_fail(p->c, EX_UNAVAILABLE, "xdg-open: %s; open %s in a browser",
		tr_errno(errno), path);
}

static int show_json(struct preview *p)
{
	struct value *v = value_new_object();
	value_set_string(v, "source", p->sample ? "sample" : "cache");
	value_set_int(v, "fetched_ms", p->fetched_ms);
	value_set_string(v, "list", p->list->name);
	value_set(v, "gates", gates_value(&p->report));
	value_set(v, "post", value_copy(p->post));
	return cli_json(v);
}

/* On standard error, so that the post itself can go into a pipe. */
static void say_notes(const struct preview *p)
{
	char at[CLOCK_TEXT_MAX];
	cli_time(p->c, p->fetched_ms, at);
	if (p->sample)
		fprintf(stderr, _("cpauto: made-up products; no call was made\n"));
	else
		fprintf(stderr, _("cpauto: from the answer of %s; no further call was made\n"),
			at);
	for (size_t i = 0; i < p->report.count; i++)
		if (!p->report.results[i].pass)
			fprintf(stderr, _("cpauto: this post would be refused: %s: %s\n"),
				cli_word(p->report.results[i].rule), p->report.results[i].reason);
}

static int show(struct preview *p)
{
	const char *file = cli_option(p->c, "output"), *format = format_of(p->c);
	struct buf b;
	if (p->c->json)
		return show_json(p);
	say_notes(p);
	if (cli_option(p->c, "open"))
		return open_in_browser(p);
	if (file && !str_eq(file, "-"))
		return write_file(p, file, format);
	buf_init(&b, PAGE_MAX);
	fill(p, format, &b);
	if (isatty(STDOUT_FILENO))
		term_say(TERM_PLAIN, "%s", buf_cstr(&b));
	else
		fputs(buf_cstr(&b), stdout);
	buf_finish(&b);
	return EX_OK;
}

int preview_run(struct cli *c)
{
	struct preview p = { .c = c };
	int code = cli_config(c);
	if (code != EX_OK)
		return code;
	if (text_clean(c->line.args[0], &p.keyword) < 0 ||
		text_fold(c->line.args[0], &p.folded) < 0)
		code = cli_fail(
			c, EX_DATAERR, "that is no keyword: it is empty or no UTF-8 text");
	if (code == EX_OK)
		code = find_list(&p);
	if (code == EX_OK && cli_option(c, "sandbox"))
		use_sample(&p);
	else if (code == EX_OK)
		code = cli_option(c, "fetch") ? from_server(&p) : from_cache(&p);
	if (code == EX_OK)
		code = render(&p);
	if (code == EX_OK)
		code = show(&p);
	value_free(p.answer);
	value_free(p.post);
	free(p.keyword);
	free(p.folded);
	return code;
}
