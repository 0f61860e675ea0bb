/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "agent.h"
#include "bell.h"
#include "check.h"
#include "clock.h"
#include "config.h"
#include "engine.h"
#include "exporter.h"
#include "herald.h"
#include "journal.h"
#include "korean.h"
#include "lasting.h"
#include "log.h"
#include "loop.h"
#include "memory.h"
#include "paths.h"
#include "render.h"
#include "store.h"
#include "util.h"
#include "watch.h"
#include "workshop.h"

/* Wake-ups may be this late, so that they fall together with others. */
#define TIMER_ACCURACY_MS 250
/* With nothing to do for so long, what was kept for speed is given back. */
#define REST_MS 5000
/* On SIGTERM an agent's last words may take so long. */
#define STOP_MS 3000

struct options {
	const char *config;
	const char *agents;
	bool once, check;
};

struct daemon;

/* Room for one agent: the engine has one, and the herald, so that neither waits for the other. */
struct slot {
	struct daemon *daemon;
	struct agent *agent; /* the one that is under way */
	struct loop_source *source;
};

struct daemon {
	struct options options;
	struct paths paths;
	struct store *store;
	struct engine *engine;
	struct herald *herald;
	struct loop *loop;
	struct loop_source *timer, *bell_source, *stop_timer;
	int bell;
	/* Where a secret is waited for that is not there; -1 if none is. */
	int watch;
	struct loop_source *watch_source;
	struct exporter exporter;
	bool forgetful; /* the state will not outlast a reboot */
	struct slot work, news;
	bool stopping;
	int exit_code;
	char zone[64]; /* of the configuration in force */
	char bad[ERR_MAX]; /* the first thing that is wrong with the one that was read last */
	enum language language; /* the same */
};

/* ---- agents ----------------------------------------------------------------------- */

static void turn(struct daemon *d);

static void agent_over(struct daemon *d, struct slot *slot)
{
	struct instant now;
	struct agent_result result;
	agent_take_result(slot->agent, &result);
	loop_source_free(slot->source);
	agent_free(slot->agent);
	slot->source = NULL;
	slot->agent = NULL;
	clock_now(&now);
	if (slot == &d->work)
		engine_done(d->engine, &result, &now);
	else
		herald_done(d->herald, &result, &now);
	agent_result_finish(&result);
}

static void on_agent(void *ctx)
{
	struct slot *slot = ctx;
	struct daemon *d = slot->daemon;
	if (!agent_dispatch(slot->agent))
		return;
	agent_over(d, slot);
	if (!d->stopping)
		turn(d);
	else if (!d->work.agent && !d->news.agent)
		loop_exit(d->loop, d->exit_code);
}

/* The port of engine and herald: a real process. */
static int start_agent(void *ctx, const struct agent_job *wish, struct err *e)
{
	struct slot *slot = ctx;
	struct daemon *d = slot->daemon;
	char path[PATH_MAX];
	struct agent_job job = *wish;
	int r = agent_path(d->paths.agents, wish->name, path, sizeof(path));
	if (r < 0)
		return err_set(e, r,
			"agent '%s': the name is no file's name; mend it in the configuration",
			wish->name);
	job.path = path;
	r = agent_start(&job, &slot->agent, e);
	if (r < 0)
		return r;
	r = loop_io(d->loop, agent_fd(slot->agent), on_agent, slot, &slot->source);
	if (r < 0) {
		agent_free(slot->agent);
		slot->agent = NULL;
		return err_set(e, r, "agent '%s': %s", wish->name, tr_errno(-r));
	}
	return 0;
}

/* ---- the turn --------------------------------------------------------------------- */

static void show_status(struct daemon *d, const struct instant *now)
{
	char text[ENGINE_STATUS_MAX];
	engine_status(d->engine, now, text);
	const char *more = d->forgetful
		? _("; a reboot forgets calls and posts: put the state on a disk")
		: "";
	loop_notify_status(d->loop, "%s%s", text, more);
}

static void export_metrics(struct daemon *d, const struct instant *now, bool up)
{
	struct exporter_input in = {
		.store = d->store,
		.config = engine_config(d->engine),
		.now = now,
		.next_call_ms = engine_next_call(d->engine),
		.up = up,
	};
	exporter_update(&d->exporter, &in);
}

/* ---- a secret that is waited for ---------------------------------------------------- */

static void stop_watch(struct daemon *d)
{
	loop_source_free(d->watch_source);
	d->watch_source = NULL;
	if (d->watch >= 0)
		close(d->watch);
	d->watch = -1;
}

static void on_watch(void *ctx)
{
	struct daemon *d = ctx;
	stop_watch(d);
	if (!engine_busy(d->engine))
		turn(d);
}

/* True where the watch is new: what came before it was there is to be looked at now. */
static bool keep_watch(struct daemon *d)
{
	const char *path = engine_awaits(d->engine);
	if (!path || d->options.once)
		stop_watch(d);
	if (!path || d->options.once || d->watch >= 0)
		return false;
	d->watch = watch_open(path);
	int r = d->watch < 0 ? d->watch
			     : loop_io(d->loop, d->watch, on_watch, d, &d->watch_source);
	if (r < 0)
		stop_watch(d);
	return r == 0;
}

static bool busy(const struct daemon *d)
{
	return engine_busy(d->engine) || herald_busy(d->herald);
}

/* The engine comes first; what it did is told then. */
static int64_t step(struct daemon *d, const struct instant *now)
{
	int64_t work = engine_busy(d->engine) ? INT64_MAX : engine_step(d->engine, now);
	int64_t news = engine_fatal(d->engine) ? INT64_MAX : herald_step(d->herald, now);
	return work < news ? work : news;
}

/* Does what is due; sets the timer for what is not. */
static void turn(struct daemon *d)
{
	struct instant now;
	if (d->stopping)
		return;
	clock_now(&now);
	int64_t wait = step(d, &now);
	show_status(d, &now);
	export_metrics(d, &now, true);
	if (engine_fatal(d->engine)) {
		d->exit_code = EX_IOERR;
		loop_exit(d->loop, d->exit_code);
		return;
	}
	if (d->options.once && !busy(d) && wait > 0) {
		loop_exit(d->loop, d->exit_code);
		return;
	}
	if (keep_watch(d))
		wait = 0;
	loop_timer_in(d->timer, wait);
	if (wait >= REST_MS && !busy(d)) {
		store_rest(d->store);
		memory_rest();
	}
}

static void on_timer(void *ctx)
{
	turn(ctx);
}

static void on_bell(void *ctx)
{
	struct daemon *d = ctx;
	(void)bell_answer(d->bell);
	if (!engine_busy(d->engine))
		turn(d);
}

/* ---- configuration ---------------------------------------------------------------- */

/* What is wrong with the configuration; the first of it is kept. */
static void log_errors(struct daemon *d, const struct value *lines)
{
	str_format_cut(d->bad, sizeof(d->bad), "%s", value_string(value_at(lines, 0), ""));
	for (size_t i = 0; i < value_len(lines); i++)
		log_event(LOG_LEVEL_ERR, LOG_FIELDS(.event = EVENT_CONFIG_BAD), "%s",
			value_string(value_at(lines, i), ""));
}

static int load_templates(
	const struct daemon *d, struct render_templates **ret, struct value *errors)
{
	const char *dirs[] = { d->paths.templates[0], d->paths.templates[1] };
	return render_templates_read(dirs, ARRAY_LEN(dirs), ret, errors);
}

static void set_language(enum language language)
{
	static const char *const names[] = {
		[LANGUAGE_AUTO] = "auto", [LANGUAGE_EN] = "en", [LANGUAGE_KO] = "ko"
	};
	tr_init(names[language], NULL);
}

/* The configuration and the templates, read and checked; nothing else is touched. */
static int load(
	struct daemon *d, struct config **ret_config, struct render_templates **ret_templates)
{
	struct config *config = NULL;
	struct render_templates *templates = NULL;
	struct instant now;
	struct value *errors = value_new_list();
	clock_now(&now);
	int r = config_load(d->options.config, &config, errors);
	if (r == 0) {
		set_language(config->daemon.language);
		r = clock_set_zone(config->hours.timezone);
	}
	if (r == 0)
		r = load_templates(d, &templates, errors);
	if (r == 0)
		r = workshop_check(true, templates, config->lists, config->list_count,
			now.wall_ms, errors);
	for (size_t i = 0; r == 0 && i < config->warning_count; i++)
		log_event(LOG_LEVEL_WARNING, LOG_FIELDS(.event = EVENT_CONFIG_ODD), "%s",
			config->warnings[i]);
	log_errors(d, errors);
	value_free(errors);
	if (r < 0) {
		config_free(config);
		render_templates_free(templates);
		return r;
	}
	*ret_config = config;
	*ret_templates = templates;
	return 0;
}

static void on_reload(void *ctx)
{
	struct daemon *d = ctx;
	struct config *config;
	struct render_templates *templates;
	struct instant now;
	struct err e;
	loop_notify_reloading(d->loop);
	clock_now(&now);
	if (load(d, &config, &templates) < 0) {
		set_language(d->language); /* reading may have changed it, */
		if (clock_set_zone(d->zone) < 0) /* and this */
			log_event(LOG_LEVEL_WARNING, LOG_FIELDS(.event = EVENT_ZONE_GONE),
				"time zone %s is gone; times are in UTC, ignoring", d->zone);
		log_event(LOG_LEVEL_ERR, LOG_FIELDS(.event = EVENT_RELOAD_REFUSED),
			"%s: not taken, the configuration in force stays; mend it and reload again",
			d->options.config);
	} else if (engine_reload(d->engine, config, templates, &now, &e) < 0) {
		log_event(LOG_LEVEL_ERR, LOG_FIELDS(.event = EVENT_RELOAD_REFUSED),
			"%s; the configuration in force stays", e.text);
		config_free(config);
		render_templates_free(templates);
	} else {
		herald_reload(d->herald, config, &now);
		str_format_cut(d->zone, sizeof(d->zone), "%s", config->hours.timezone);
		d->language = config->daemon.language;
		log_event(LOG_LEVEL_NOTICE, LOG_FIELDS(.event = EVENT_RELOADED),
			"%s is in force", d->options.config);
	}
	memory_trim();
	loop_notify_ready(d->loop);
	if (!engine_busy(d->engine))
		turn(d);
}

/* ---- the end ---------------------------------------------------------------------- */

static void on_stop_late(void *ctx)
{
	struct daemon *d = ctx;
	loop_exit(d->loop, d->exit_code);
}

/* An agent under way is ended; what it may have done is written down as unknown. */
static void on_stop(void *ctx)
{
	struct daemon *d = ctx;
	if (d->stopping)
		return;
	d->stopping = true;
	loop_notify_stopping(d->loop);
	if (!d->work.agent && !d->news.agent) {
		loop_exit(d->loop, d->exit_code);
		return;
	}
	if (d->work.agent)
		agent_cancel(d->work.agent);
	if (d->news.agent)
		agent_cancel(d->news.agent);
	loop_timer_in(d->stop_timer, STOP_MS);
}

/* ---- the beginning ---------------------------------------------------------------- */

static void usage(FILE *f)
{
	fprintf(f, _("usage: cpautod [-c FILE] [--agents DIR] [--once] [--check] [--version]\n"
	      "Posts what the lists in the configuration name, within the API's limit.\n\n"
	      "  -c, --config FILE  the configuration (default %s)\n"
	      "      --agents DIR   where the agents are\n"
	      "      --once         do what is due now, then end\n"
	      "      --check        read and check everything, then end\n"
	      "  -v, --verbose      log more\n"
	      "      --version      show the version, then end\n"
	      "  -h, --help         show this, then end\n\n"
	      "Signals: HUP reloads, TERM and INT end. See cpautod(8).\n"), CONFIG_PATH);
}

/* -1 to go on, else the exit code. */
static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option table[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "agents", required_argument, NULL, 'a' },
		{ "once", no_argument, NULL, 'o' },
		{ "check", no_argument, NULL, 'k' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;
	o->config = CONFIG_PATH;
	while ((c = getopt_long(argc, argv, "c:vh", table, NULL)) != -1) {
		switch (c) {
		case 'c': o->config = optarg; break;
		case 'a': o->agents = optarg; break;
		case 'o': o->once = true; break;
		case 'k': o->check = true; break;
		case 'v': log_set_max(LOG_LEVEL_DEBUG); break;
		case 'V': puts("cpautod " VERSION); return EX_OK;
		case 'h': usage(stdout); return EX_OK;
		default: usage(stderr); return EX_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, _("cpautod: '%s' is one word too many; see cpautod --help\n"),
			argv[optind]);
		return EX_USAGE;
	}
	return -1;
}

static int make_dirs(const struct daemon *d, struct err *e)
{
	const char *dirs[] = { d->paths.state, d->paths.cache, d->paths.images, d->paths.runtime };
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		int r = dir_make(dirs[i], 0700);
		if (r < 0)
			return err_set(e, r, "%s: %s; make it, owned by the daemon's user",
				dirs[i], tr_errno(-r));
	}
	return 0;
}

static void open_herald(struct daemon *d, const struct config *config, const struct instant *now)
{
	struct herald_setup setup = {
		.store = d->store, .config = config,
		.port = { .start = start_agent, .ctx = &d->news },
		.credentials_dir = d->paths.credentials,
		.clock = clock_now,
	};
	d->herald = herald_new(&setup, now);
	log_set_watch(herald_note, d->herald);
}

static void close_herald(struct daemon *d)
{
	log_set_watch(NULL, NULL);
	herald_free(d->herald);
	d->herald = NULL;
}

static int open_engine(struct daemon *d, struct err *e)
{
	struct config *config;
	struct render_templates *templates;
	struct instant now;
	int r = load(d, &config, &templates);
	/* A new start may well do. */
	if (errno_is_weather(r))
		return err_set(e, -EBUSY, "%s: could not be read and checked for now; start again",
			d->options.config);
	if (r < 0)
		return err_set(e, -ENOEXEC,
			"%s: mend what is said above, and try with: cpauto check",
			d->options.config);
	str_format_cut(d->zone, sizeof(d->zone), "%s", config->hours.timezone);
	d->language = config->daemon.language;
	memory_trim();
	r = make_dirs(d, e);
	if (r == 0)
		r = store_open(d->paths.state, d->paths.cache, STORE_DAEMON, &d->store, e);
	if (r == 0) {
		clock_now(&now);
		open_herald(d, config, &now);
		struct engine_setup setup = {
			.store = d->store, .config = config, .templates = templates,
			.port = { .start = start_agent, .ctx = &d->work },
			.image_dir = d->paths.images,
			.credentials_dir = d->paths.credentials,
			.account = d->paths.account,
			.apart = true,
			.look_for_keys = true,
		};
		r = engine_new(&setup, &now, &d->engine, e);
	}
	if (r < 0) {
		close_herald(d);
		config_free(config);
		render_templates_free(templates);
	}
	return r;
}

static int open_loop(struct daemon *d, struct err *e)
{
	int r = loop_new(&d->loop, e);
	if (r < 0)
		return r;
	d->bell = bell_listen(d->paths.runtime, e);
	if (d->bell < 0)
		return d->bell;
	if ((r = loop_timer(d->loop, TIMER_ACCURACY_MS, on_timer, d, &d->timer)) < 0 ||
		(r = loop_timer(d->loop, TIMER_ACCURACY_MS, on_stop_late, d, &d->stop_timer)) < 0 ||
		(r = loop_io(d->loop, d->bell, on_bell, d, &d->bell_source)) < 0 ||
		(r = loop_signal(d->loop, SIGTERM, on_stop, d)) < 0 ||
		(r = loop_signal(d->loop, SIGINT, on_stop, d)) < 0 ||
		(r = loop_signal(d->loop, SIGHUP, on_reload, d)) < 0 ||
		(r = loop_watchdog(d->loop)) < 0)
		return err_set(e, r, "the event loop: %s; start again", tr_errno(-r));
	return 0;
}

static void close_all(struct daemon *d)
{
	agent_free(d->work.agent); /* they take their children along */
	agent_free(d->news.agent);
	loop_source_free(d->work.source);
	loop_source_free(d->news.source);
	stop_watch(d);
	loop_source_free(d->bell_source);
	loop_source_free(d->stop_timer);
	loop_source_free(d->timer);
	if (d->bell >= 0)
		bell_close(d->bell, d->paths.runtime);
	loop_free(d->loop);
	close_herald(d);
	exporter_finish(&d->exporter);
	engine_free(d->engine);
	store_close(d->store);
}

static int exit_code_of(int r)
{
	switch (r) {
	case -ENOEXEC:
		return EX_CONFIG;
	case -EBUSY:
		return EX_TEMPFAIL;
	case -EACCES:
	case -EPERM:
		return EX_NOPERM;
	case -EUCLEAN:
	case -EPROTO:
		return EX_DATAERR;
	case -EROFS:
		return EX_CANTCREAT;
	case -ENOSPC:
	case -EIO:
		return EX_IOERR;
	default:
		return EX_SOFTWARE;
	}
}

/* systemctl status then shows why the unit does not start, or was not reloaded. */
static void tell_first(const struct value *findings)
{
	for (size_t i = 0; i < value_len(findings); i++) {
		const struct value *f = value_at(findings, i);
		if (!str_eq(value_get_string(f, "level", ""), "error"))
			continue;
		loop_notify_failure(value_get_string(f, "text", ""));
		return;
	}
}

/* Reads and checks all that a start would read; touches nothing. */
static int check(const struct daemon *d)
{
	struct instant now;
	clock_now(&now);
	struct check_input in = {
		.config_path = d->options.config, .paths = &d->paths, .now = &now
	};
	struct value *findings = check_run(&in);
	for (size_t i = 0; i < value_len(findings); i++) {
		const struct value *f = value_at(findings, i);
		const char *level = value_get_string(f, "level", "");
		const char *text = value_get_string(f, "text", "");
		if (str_eq(level, "error"))
			log_event(LOG_LEVEL_ERR, LOG_FIELDS(.event = EVENT_CONFIG_BAD), "%s: %s",
				tr(value_get_string(f, "thing", "")), text);
		else if (str_eq(level, "warning"))
			log_event(LOG_LEVEL_WARNING, LOG_FIELDS(.event = EVENT_CONFIG_ODD),
				"%s: %s", tr(value_get_string(f, "thing", "")), text);
	}
	int code = check_count(findings, "error") > 0 ? EX_CONFIG : EX_OK;
	tell_first(findings);
	value_free(findings);
	return code;
}

static int run(struct daemon *d)
{
	struct engine_counts n;
	struct instant now;
	struct err why;
	memory_trim();
	d->forgetful = !lasting_is(d->paths.state, &why);
	if (d->forgetful)
		log_event(LOG_LEVEL_WARNING, LOG_FIELDS(.event = EVENT_STATE_FORGETFUL), "%s",
			why.text);
	log_event(LOG_LEVEL_NOTICE, LOG_FIELDS(.event = EVENT_READY),
		"cpautod %s is ready: %s, state in %s", VERSION, d->options.config,
		d->paths.state);
	loop_notify_ready(d->loop);
	turn(d);
	int r = loop_run(d->loop);
	if (r < 0) {
		log_event(LOG_LEVEL_ERR, LOG_FIELDS(.event = EVENT_LOOP_FAILED),
			"the event loop: %s", tr_errno(-r));
		return EX_SOFTWARE;
	}
	clock_now(&now);
	export_metrics(d, &now, false);
	log_flush();
	n = engine_counts(d->engine);
	log_event(LOG_LEVEL_NOTICE, LOG_FIELDS(.event = EVENT_ENDED),
		"cpautod ends: %d calls, %d posts made, %d published, %d updated, %d waiting, "
		"%d refused in this run",
		n.calls, n.posts_made, n.posts_published, n.posts_updated, n.posts_waiting,
		n.posts_refused);
	return r;
}

/* The status has one line: what is to be mended goes before that it is. */
static void fail_start(const struct daemon *d, const struct err *e)
{
	log_event(LOG_LEVEL_ERR, LOG_FIELDS(.event = EVENT_START_FAILED), "%s", e->text);
	loop_notify_failure(d->bad[0] ? d->bad : e->text);
}

int main(int argc, char **argv)
{
	struct daemon d = { .bell = -1, .watch = -1, .work.daemon = &d, .news.daemon = &d };
	struct err e = { "" };
	tr_set_polish(korean_polish);
	tr_init("auto", NULL);
	int code = parse_options(argc, argv, &d.options);
	if (code >= 0)
		return code;
	memory_limit();
	journal_init("cpautod");
	log_limit(clock_boot_ms);
	struct paths_wish wish = { .agents = d.options.agents };
	int r = paths_find(&d.paths, &wish, &e);
	if (r == 0 && d.options.check)
		return check(&d);
	if (r == 0)
		r = open_engine(&d, &e);
	if (r == 0)
		r = open_loop(&d, &e);
	if (r == 0)
		code = run(&d);
	else
		fail_start(&d, &e);
	close_all(&d);
	return r < 0 ? exit_code_of(r) : code;
}
