/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent.h"
#include "credstore.h"
#include "errand.h"
#include "lasting.h"
#include "render.h"
#include "secrets.h"
#include "store.h"
#include "workshop.h"

struct check {
	const struct check_input *in;
	struct config *config;
	struct render_templates *templates;
	struct value *findings;
};

static void found(struct check *c, const char *level, const char *thing, const char *fmt, ...)
	PRINTF(4, 5);
static void found(struct check *c, const char *level, const char *thing, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	CLEANUP_FREE char *text = xvasprintf_tr(fmt, ap);
	va_end(ap);
	struct value *v = value_new_object();
	value_set_string(v, "level", level);
	value_set_string(v, "thing", thing);
	value_set_string(v, "text", text);
	value_append(c->findings, v);
}

static void found_all(
	struct check *c, const char *level, const char *thing, const struct value *lines)
{
	for (size_t i = 0; i < value_len(lines); i++)
		found(c, level, thing, "%s", value_string(value_at(lines, i), ""));
}

/* ---- configuration and templates -------------------------------------------------- */

static void check_config(struct check *c)
{
	struct value *errors = value_new_list();
	int r = config_load(c->in->config_path, &c->config, errors);
	found_all(c, "error", "configuration", errors);
	value_free(errors);
	if (r < 0)
		return;
	size_t keywords = 0;
	for (size_t i = 0; i < c->config->list_count; i++)
		keywords += c->config->lists[i].keyword_count;
	if (clock_set_zone(c->config->hours.timezone) < 0)
		found(c, "error", "configuration",
			"hours.timezone: %s is not known here; install tzdata",
			c->config->hours.timezone);
	for (size_t i = 0; i < c->config->warning_count; i++)
		found(c, "warning", "configuration", "%s", c->config->warnings[i]);
	found(c, "ok", "configuration", "%s: lists %zu, keywords %zu, publishers %zu",
		c->config->path, c->config->list_count, keywords, c->config->publisher_count);
}

static void check_templates(struct check *c)
{
	const char *dirs[] = { c->in->paths->templates[0], c->in->paths->templates[1] };
	bool own = dirs[0][0] != '\0';
	struct value *errors = value_new_list();
	int r = render_templates_load(
		own ? dirs : dirs + 1, own ? 2 : 1, &c->templates, errors);
	if (r == 0 && c->config)
		r = workshop_check(false, c->templates, c->config->lists, c->config->list_count,
			c->in->now->wall_ms, errors);
	found_all(c, "error", "templates", errors);
	value_free(errors);
	if (r < 0)
		return;
	struct value *names = render_templates_names(c->templates);
	found(c, value_len(names) ? "ok" : "error", "templates",
		value_len(names) ? N_("%zu, and every list's renders and passes the gates")
				 : N_("%zu; there are none: install cpauto as a whole"),
		value_len(names));
	value_free(names);
}

/* ---- secrets ---------------------------------------------------------------------- */

/*
 * Outside of the service nobody sees its credentials, but where they come from. True
 * if that is all there is to say: a credential goes before a file that is named.
 */
static bool check_credential(
	struct check *c, const char *name, const char *credential, bool loads, bool named)
{
	struct err e = { "" };
	if (c->in->paths->in_service)
		return false;
	switch (credstore_look(c->in->paths, credential, loads, &e)) {
	case CREDSTORE_GOOD:
		found(c, "ok", "secrets", "%s: %s", name, e.text);
		return true;
	case CREDSTORE_BAD:
		found(c, "error", "secrets", "%s: %s", name, e.text);
		return true;
	case CREDSTORE_UNUSED:
	case CREDSTORE_HIDDEN:
		if (!named)
			found(c, "warning", "secrets", "%s: %s", name, e.text);
		return !named;
	default:
		return false;
	}
}

/* What is wrong with a file of secrets is the file's; that there is none may be meant. */
static void check_secret(
	struct check *c, const char *name, const char *credential, const char *setting)
{
	struct err e;
	const struct paths *p = c->in->paths;
	if (check_credential(c, name, credential, true, setting[0] != '\0'))
		return;
	CLEANUP_FREE char *path = secrets_path(c->in->paths->credentials, credential, setting);
	if (!path[0])
		found(c, "warning", "secrets",
			"no %s: put it in %s/%s%s%s (mode 0600, root's) for the unit, or in a "
			"file of mode 0600 and name that in the configuration",
			name, p->credstore, p->account, p->account[0] ? "." : "", credential);
	else if (secret_check(path, &e) < 0)
		found(c, "error", "secrets", "%s", e.text);
	else
		found(c, "ok", "secrets", "%s: %s", name, path);
}

static void check_settings(
	struct check *c, const char *what, const char *name, const struct value *settings)
{
	struct secrets s;
	secrets_init(&s);
	secrets_add_settings(&s, name, c->in->paths->credentials, settings);
	for (size_t i = 0; i < s.count; i++) {
		struct err e;
		const char *path = secrets_file(&s, i);
		CLEANUP_FREE char *credential = xasprintf("%s.%.*s", name,
			(int)strcspn(s.items[i], "="), s.items[i]);
		if (check_credential(c, credential, credential, false, true))
			continue;
		if (secret_check(path, &e) < 0)
			found(c, "error", "secrets", "%s '%s': %s", tr(what), name, e.text);
		else
			found(c, "ok", "secrets", "%s '%s': %s", tr(what), name, path);
	}
	secrets_finish(&s);
}

static void check_secrets(struct check *c)
{
	check_secret(c, _("access key"), "coupang.access-key", c->config->coupang.access_key_file);
	check_secret(c, _("secret key"), "coupang.secret-key", c->config->coupang.secret_key_file);
	for (size_t i = 0; i < c->config->publisher_count; i++)
		check_settings(c, N_("publisher"), c->config->publishers[i].name,
			c->config->publishers[i].settings);
	for (size_t i = 0; i < c->config->notifier_count; i++)
		check_settings(c, "events", c->config->notifiers[i].name,
			c->config->notifiers[i].settings);
}

/* ---- agents ----------------------------------------------------------------------- */

static bool check_agent(struct check *c, const char *name)
{
	char path[PATH_MAX];
	struct stat st;
	if (agent_path(c->in->paths->agents, name, path, sizeof(path)) < 0) {
		found(c, "error", "agents",
			"'%s' is no name of an agent; it must be a file's name", name);
		return false;
	}
	if (stat(path, &st) < 0)
		found(c, "error", "agents", "%s: %s; install it, or mend the publisher's agent",
			path, tr_errno(errno));
	else if (!S_ISREG(st.st_mode) || access(path, X_OK) < 0)
		found(c, "error", "agents", "%s cannot be executed; chmod +x it", path);
	else
		return true;
	return false;
}

static void ask_agent(
	struct check *c, const char *thing, const struct errand_whom *whom, int64_t timeout_ms)
{
	struct agent_result result;
	errand_run(c->in->paths, whom, "check", timeout_ms, NULL, &result);
	if (result.verdict == AGENT_OK)
		found(c, "ok", thing, "'%s' says that it can work", whom->name);
	else
		found(c, "error", thing, "'%s': %s", whom->name,
			result.reason ? result.reason : "");
	agent_result_finish(&result);
}

/* One of the owner's own that a list wants to change posts with. */
static void ask_update(struct check *c, const struct config_publisher *p)
{
	struct agent_result result;
	bool wanted = false;
	for (size_t i = 0; i < c->config->list_count; i++)
		wanted |= c->config->lists[i].repost == REPOST_UPDATE &&
			str_eq(c->config->lists[i].publisher, p->name);
	if (!wanted)
		return;
	errand_run(c->in->paths, ERRAND_WHOM(p), "describe", p->timeout_ms, NULL, &result);
	if (!value_get_bool(result.answer, "update", false))
		found(c, "error", "publishers",
			"'%s' does not say that it can update, which repost = \"update\" needs; "
			"write repost = \"changed\"",
			p->name);
	agent_result_finish(&result);
}

static void check_agents(struct check *c)
{
	bool good = check_agent(c, "coupang");
	for (size_t i = 0; i < c->config->publisher_count; i++) {
		const struct config_publisher *p = &c->config->publishers[i];
		bool there = check_agent(c, p->agent);
		good = good && there;
		if (there && c->in->ask_agents) {
			ask_agent(c, "publishers", ERRAND_WHOM(p), p->timeout_ms);
			ask_update(c, p);
		}
	}
	for (size_t i = 0; i < c->config->notifier_count; i++) {
		const struct config_notifier *n = &c->config->notifiers[i];
		bool there = check_agent(c, n->agent);
		good = good && there;
		if (there && c->in->ask_agents)
			ask_agent(c, "events", ERRAND_WHOM(n), n->timeout_ms);
	}
	if (good)
		found(c, "ok", "agents", "all in %s", c->in->paths->agents);
}

/* ---- the machine ------------------------------------------------------------------ */

/* A state that a reboot or a new container forgets lets the limit be exceeded. */
static void check_lasting(struct check *c, const char *dir)
{
	struct err why;
	if (lasting_is(dir, &why))
		found(c, "ok", "state", "%s", dir);
	else
		found(c, "warning", "state", "%s", why.text);
}

static void check_database(struct check *c)
{
	struct store *s = NULL;
	struct err e;
	/* Opened to read, without the cache, for SQLite makes files beside that one. */
	int r = store_open(c->in->paths->state, "/nonexistent", STORE_READ, &s, &e);
	if (r == -EUCLEAN || r == -EPROTO)
		found(c, "error", "state", "%s", e.text);
	else if (r == 0 && store_verify(s) == -EUCLEAN)
		found(c, "error", "state", "%s", store_error(s));
	store_close(s);
}

static void check_state(struct check *c)
{
	const char *dir = c->in->paths->state;
	struct stat st;
	if (stat(dir, &st) < 0 && errno == ENOENT) {
		found(c, "warning", "state", "%s is not there yet; cpautod makes it if it may",
			dir);
		return;
	}
	if (!paths_is_dir(dir)) {
		found(c, "error", "state", "%s: %s; it must be a folder of the daemon's user",
			dir, errno == ENOENT ? _("no folder") : tr_errno(errno ? errno : ENOTDIR));
		return;
	}
	if (access(dir, W_OK | X_OK) < 0)
		found(c, "warning", "state",
			"%s is not writable for you; it must be for the daemon's user", dir);
	check_lasting(c, dir);
	check_database(c);
}

/* The daemon goes on without its file, so it is a warning. */
static void check_metrics(struct check *c)
{
	const char *path = c->config->monitoring.metrics_file;
	CLEANUP_FREE char *dir = xstrdup(path);
	char *slash = strrchr(dir, '/');
	if (!slash)
		return;
	slash[slash == dir] = '\0';
	if (!paths_is_dir(dir))
		found(c, "warning", "monitoring", "%s: no folder %s; make it, or mend "
			"monitoring.metrics_file", path, dir);
	else if (access(dir, W_OK | X_OK) < 0)
		found(c, "warning", "monitoring",
			"%s is not writable for you; it must be for the daemon's user", dir);
	else if (!str_ends(path, ".prom"))
		found(c, "warning", "monitoring",
			"%s: node_exporter reads only files that end in .prom", path);
	else
		found(c, "ok", "monitoring", "%s", path);
}

static void check_clock(struct check *c)
{
	if (c->in->now->synced)
		found(c, "ok", "clock", "synchronised");
	else
		found(c, "warning", "clock",
			"not synchronised: the server refuses calls whose time is off, and "
			"after a "
			"reboot old calls count as new; timedatectl set-ntp true");
}

struct value *check_run(const struct check_input *in)
{
	struct check c = { .in = in, .findings = value_new_list() };
	check_config(&c);
	check_templates(&c);
	if (c.config) {
		check_secrets(&c);
		check_agents(&c);
		check_metrics(&c);
	}
	check_state(&c);
	check_clock(&c);
	render_templates_free(c.templates);
	config_free(c.config);
	return c.findings;
}

size_t check_count(const struct value *findings, const char *level)
{
	size_t n = 0;
	for (size_t i = 0; i < value_len(findings); i++)
		n += str_eq(value_get_string(value_at(findings, i), "level", ""), level);
	return n;
}
