/* SPDX-License-Identifier: MIT */
/* One life: events in the order of true time, until its days are over. */
#include "life.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include <sqlite3.h>

#include "disk.h"
#include "log.h"
#include "render.h"

#define BEGIN INT64_C(1767193200000) /* 2026-01-01 00:00 in Seoul */
#define LAST_DAYS 12
#define RESTART_MS (10 * SECOND)

static struct life *current; /* for the log's sink */
static int64_t last_writes;

/* ---- chance --------------------------------------------------------------------- */

int64_t life_chance(struct life *l, int64_t n)
{
	return dice_below(&l->dice, n);
}

bool life_wrong(struct life *l, int percent)
{
	return life_chance(l, 10000) < (int64_t)percent * l->level;
}

/* In about MEAN milliseconds. */
static void in_about(struct life *l, enum happening ev, int64_t mean)
{
	l->due[ev] = l->world.now_ms + 1 + life_chance(l, 2 * mean);
}

/* ---- what is broken on purpose ----------------------------------------------------- */

/*
 * In a harsh life: what shows this one in days, where chance alone would take
 * years to bring it about.
 */
static const struct roughness {
	int64_t trouble_ms; /* between two accidents, about; 0: as in any life */
	bool crashes;       /* and there are no others than these */
	bool slow;          /* agents may take long, and things go wrong as often as they can */
	bool shared;        /* other programs call with the same keys */
	int64_t gap_ms;     /* between posts; -1: none, and no other limit */
	bool hours;         /* posts go out in the daytime only */
} roughs[BREAK_END] = {
	[BREAK_SEND_TIME] = { .slow = true },
	[BREAK_RECORD_AFTER] = { 30 * MINUTE, true, true, false, 0, false },
	[BREAK_FORGET_CALLS] = { 2 * HOUR, true, false, false, 0, false },
	[BREAK_RETRY_BLOCKED] = { .shared = true },
	[BREAK_FORGET_BLOCK] = { 2 * HOUR, true, false, true, 0, false },
	[BREAK_SEND_AGAIN] = { 30 * MINUTE, true, true, false, -1, false },
	[BREAK_UNKNOWN_IS_NO] = { .slow = true, .gap_ms = -1 },
	[BREAK_LOSE_POST] = { 3 * HOUR, true, false, false, HOUR, false },
	[BREAK_WRONG_HOURS] = { .hours = true },
	[BREAK_NO_PACE] = { 2 * HOUR, true, false, false, 3 * HOUR, false },
};

static const struct roughness *roughness_of(const struct life *l)
{
	return &roughs[l->plan->harsh ? l->plan->sabotage : BREAK_NONE];
}

/* What a program that does not write this down would find on its disk. */
static void spoil_store(struct life *l)
{
	static const char *const sql[BREAK_END] = {
		[BREAK_RECORD_AFTER] = "DELETE FROM calls WHERE ended_wall IS NULL",
		[BREAK_FORGET_CALLS] = "DELETE FROM calls",
		[BREAK_FORGET_BLOCK] = "UPDATE account SET blocked = 0, hard = 0",
		[BREAK_SEND_AGAIN] = "UPDATE posts SET state = 'ready' WHERE state = 'sending'",
		[BREAK_LOSE_POST] = "DELETE FROM posts WHERE id IN (SELECT id FROM posts "
				    "WHERE state = 'ready' LIMIT 1)",
		[BREAK_NO_PACE] = "UPDATE posts SET sending_ms = 1 WHERE state = 'published'",
	};
	sqlite3 *db = NULL;
	if (!sql[l->plan->sabotage] || access("state/state.db", F_OK) < 0)
		return;
	if (sqlite3_open("state/state.db", &db) == SQLITE_OK)
		(void)sqlite3_exec(db, sql[l->plan->sabotage], NULL, NULL, NULL);
	/* Nothing that the checksums would find. */
	if (db)
		(void)sqlite3_exec(db, "UPDATE calls SET seal = NULL; UPDATE posts SET seal = NULL;"
			"UPDATE account SET seal = NULL", NULL, NULL, NULL);
	sqlite3_close(db);
}

void life_instant(const struct life *l, struct instant *now)
{
	world_instant(&l->world, now);
	if (l->plan->sabotage == BREAK_TRUST_CLOCK)
		now->synced = true;
	if (l->plan->sabotage == BREAK_WRONG_HOURS)
		now->wall_ms += 8 * HOUR;
}

/* ---- the daemon --------------------------------------------------------------------- */

static struct config *load_config(void)
{
	struct value *errors = value_new_list();
	struct config *c = NULL;
	if (config_load("cpauto.conf", &c, errors) < 0)
		broken("standing", "%s", value_string(value_at(errors, 0), ""));
	value_free(errors);
	return c;
}

static struct render_templates *load_templates(void)
{
	const char *const dirs[] = { "templates", TREE "/etc/templates" };
	struct value *errors = value_new_list();
	struct render_templates *t = NULL;
	if (render_templates_read(dirs, 2, &t, errors) < 0)
		broken("standing", "%s", value_string(value_at(errors, 0), ""));
	value_free(errors);
	return t;
}

static void write_config(struct life *l)
{
	struct buf b;
	buf_init(&b, 1u << 20);
	if (l->last_days)
		settings_write_last(&l->settings, &b);
	else
		settings_write(&l->settings, &l->dice, &b);
	FILE *f = fopen("cpauto.conf", "w");
	if (!f || fputs(buf_cstr(&b), f) < 0 || fclose(f) != 0)
		abort();
	buf_finish(&b);
}

static void take_down(struct life *l)
{
	engine_free(l->engine);
	store_close(l->store);
	l->engine = NULL;
	l->store = NULL;
	l->up = false;
	l->due[EV_WAKE] = INT64_MAX;
	disk.dead = false;
	disk.die_at = 0;
}

/* kill -9, at whichever write to the store, or between two: nothing more is done. */
static void crash(struct life *l, int64_t back_in_ms)
{
	tell("crash, %s", disk.dead ? "in a write" : "between two writes");
	l->sum->crashes++;
	disk.dead = true; /* what closing would write is not written */
	agents_kill(l);
	take_down(l);
	l->due[EV_START] = l->world.now_ms + back_in_ms;
}

/* It ends by itself: systemd starts it again. */
static void exit_and_restart(struct life *l, const char *why)
{
	tell("cpautod ends: %s", why);
	agents_kill(l);
	take_down(l);
	l->due[EV_START] = l->world.now_ms + RESTART_MS;
}

/* Its timer counts on the boot clock, a quarter of a second late at most. */
static void set_timer(struct life *l, int64_t wait)
{
	if (wait < YEAR)
		l->due[EV_WAKE] = l->world.now_ms + wait - wait / 1000 * l->world.drift_ppm / 1000 +
			life_chance(l, 250);
}

void life_turn(struct life *l)
{
	struct instant now;
	if (!l->up || l->job.op != JOB_NONE)
		return;
	l->due[EV_WAKE] = INT64_MAX;
	life_instant(l, &now);
	int64_t wait = engine_step(l->engine, &now);
	if (disk.dead) {
		crash(l, RESTART_MS);
	} else if (engine_fatal(l->engine)) {
		exit_and_restart(l, engine_fatal(l->engine));
	} else if (l->job.op == JOB_NONE) {
		set_timer(l, wait);
		if (life_chance(l, 64) == 0) {
			char text[ENGINE_STATUS_MAX];
			engine_status(l->engine, &now, text);
			tell("status: %s", text);
			store_rest(l->store);
		}
	}
}

static int open_engine(struct life *l, struct err *e)
{
	struct instant now;
	struct config *config = load_config();
	struct render_templates *templates = load_templates();
	if (!config || !templates)
		return -EINVAL;
	life_instant(l, &now);
	struct engine_setup setup = { .config = config,
		.templates = templates,
		.port = { agents_start, l },
		.image_dir = "images" };
	int r = store_open("state", "cache", STORE_DAEMON, &l->store, e);
	setup.store = l->store;
	if (r == 0)
		r = engine_new(&setup, &now, &l->engine, e);
	if (r < 0) {
		config_free(config);
		render_templates_free(templates);
	}
	return r;
}

static void start(struct life *l)
{
	struct err e = { "" };
	l->due[EV_START] = INT64_MAX;
	spoil_store(l);
	int r = open_engine(l, &e);
	if (disk.dead) {
		crash(l, RESTART_MS);
		return;
	}
	if (r < 0) {
		if (!disk.full)
			broken("standing", "cpautod does not start: %s", e.text);
		exit_and_restart(l, e.text);
		l->due[EV_START] = l->world.now_ms + 5 * MINUTE;
		return;
	}
	l->up = true;
	tell("cpautod starts");
	server_budget(&l->server, l->settings.calls, l->world.now_ms);
	life_turn(l);
}

/* The server's refusal is known to the engine and on its disk: from now on it must obey. */
static void note_told(struct life *l, const struct job *j, const struct agent_result *res)
{
	struct server *s = &l->server;
	/* By what came back, whatever is made of it. */
	if (!j->blocked || j->op != JOB_SEARCH)
		return;
	int strikes = res->strikes > 0 ? res->strikes : 0;
	s->told_strikes = strikes > s->told_strikes ? strikes : s->told_strikes + 1;
	s->told_ms = l->world.now_ms;
	s->told_until_ms = j->reply.rejected && j->fate == FATE_DONE ? j->reply.until_ms
								     : s->told_ms + DAY - MINUTE;
	s->told_hard = s->told_strikes >= 2;
	tell("told: blocked, strike %d", s->told_strikes);
}

static void end_job(struct life *l)
{
	struct agent_result res;
	struct instant now;
	agent_result_init(&res);
	agents_end(l, &res);
	life_instant(l, &now);
	if (l->plan->sabotage == BREAK_SEND_TIME && l->job.op == JOB_SEARCH)
		now = l->job.started;
	engine_done(l->engine, &res, &now);
	if (!disk.dead && !engine_fatal(l->engine))
		note_told(l, &l->job, &res);
	agent_result_finish(&res);
	agents_forget(l);
	if (disk.dead)
		crash(l, RESTART_MS);
	else
		life_turn(l);
}

/* ---- the owner's hand ----------------------------------------------------------------- */

int life_ask(struct life *l, const char *kind, const char *name, const char *text, int64_t post)
{
	struct value *args = value_new_object(), *row = NULL;
	int64_t id;
	int outcome = -1;
	if (text)
		value_set_string(args, name, text);
	if (post)
		value_set_int(args, "post", post);
	tell("owner: %s %s%" PRId64, kind, text ? text : "", post);
	l->sum->owner++;
	int r = store_request_add(l->store, kind, args, world_wall(&l->world), &id);
	value_free(args);
	if (r == 0)
		life_turn(l);
	if (r == 0 && l->up && store_request_get(l->store, id, &row) == 0)
		outcome = (int)value_get_int(row, "outcome", -1);
	value_free(row);
	return outcome;
}

/* As much demand as there can be, and what the break needs. */
static void harden_settings(struct life *l)
{
	const struct roughness *r = roughness_of(l);
	struct settings *s = &l->settings;
	s->load = LOAD_FULL;
	s->lists = 1;
	s->keywords = 60;
	s->even = false;
	if (r->slow)
		s->timeout_ms = 2 * MINUTE;
	for (int i = 0; i < BLOG_PUBLISHERS; i++) {
		if (r->slow)
			s->publish_timeout_ms[i] = HOUR;
		if (r->gap_ms)
			s->pace[i] = (struct blog_pace){ .gap_ms = r->gap_ms > 0 ? r->gap_ms : 0 };
		if (r->hours)
			s->pace[i] = (struct blog_pace){ .active = { 540, 1080 } };
	}
}

static void reload(struct life *l)
{
	struct instant now;
	struct err e;
	if (!l->last_days)
		settings_throw(&l->settings, &l->dice, false, l->plan->calm);
	if (!l->last_days && l->plan->harsh)
		harden_settings(l);
	write_config(l);
	tell("a new configuration: %d calls, %d lists", l->settings.calls, l->settings.lists);
	l->sum->reloads++;
	if (!l->up)
		return;
	struct config *config = load_config();
	struct render_templates *templates = load_templates();
	life_instant(l, &now);
	if (config && templates && engine_reload(l->engine, config, templates, &now, &e) == 0) {
		server_budget(&l->server, l->settings.calls, l->world.now_ms);
	} else {
		config_free(config);
		render_templates_free(templates);
		/* The old one goes on; the file is read at the next start. */
		if (!disk.full && !disk.dead)
			broken("standing", "the reload fails");
		exit_and_restart(l, "the owner restarts it after a reload that failed");
		return;
	}
	if (disk.dead)
		crash(l, RESTART_MS);
	else
		life_turn(l);
}

/* ---- accidents -------------------------------------------------------------------------- */

/* Nothing of the machine happens for so long; the world goes on. */
static void freeze(struct life *l, int64_t length)
{
	static const enum happening machine[] = { EV_START, EV_WAKE, EV_END, EV_OWNER, EV_RELOAD,
		EV_SYNC, EV_DISK };
	int64_t until = l->world.now_ms + length;
	for (size_t i = 0; i < ARRAY_LEN(machine); i++)
		if (l->due[machine[i]] < until)
			l->due[machine[i]] = until + 200 + life_chance(l, 3000);
	/* A request may leave before, or just after. */
	for (int i = 0; i < l->arrival_count; i++) {
		struct arrival *a = &l->arrivals[i];
		if (a->job && a->at_ms < until && life_chance(l, 2) && l->due[EV_END] > until)
			a->at_ms = until + life_chance(l, l->due[EV_END] - until);
	}
}

static void suspend(struct life *l)
{
	int64_t length = life_chance(l, 2) ? life_chance(l, HOUR) : life_chance(l, 12 * HOUR);
	tell("suspend for %" PRId64 " s", length / SECOND);
	l->sum->suspends++;
	/* What it was about to publish leaves after waking up as well. */
	if (l->job.op == JOB_PUBLISH && l->job.exec_ms > l->world.now_ms && life_chance(l, 2))
		l->job.exec_ms += length;
	freeze(l, length);
}

static void reboot(struct life *l)
{
	int64_t off = 20 * SECOND + (life_chance(l, 2) ? life_chance(l, 3 * MINUTE)
		: life_chance(l, 2) ? life_chance(l, 2 * HOUR) : life_chance(l, 3 * DAY));
	if (l->up)
		crash(l, 0);
	l->sum->boots++;
	l->world.now_ms += 0;
	freeze(l, off);
	l->due[EV_START] = l->world.now_ms + off;
	/* The clock is set when it is up again. */
	l->world.booted_ms = INT64_MAX;
	tell("power off for %" PRId64 " s", off / SECOND);
}

/* In the middle of what it writes next, or wherever it is. */
static void kill_it(struct life *l)
{
	if (life_chance(l, 2))
		disk.die_at = disk.ops + 1 + life_chance(l, 80);
	else if (l->up)
		crash(l, RESTART_MS);
}

static void trouble(struct life *l)
{
	const struct roughness *rough = roughness_of(l);
	int64_t mean = l->level > 50 ? 8 * HOUR : 40 * HOUR;
	in_about(l, EV_TROUBLE, rough->trouble_ms ? rough->trouble_ms : mean);
	if (rough->crashes) {
		kill_it(l);
		return;
	}
	switch (life_chance(l, 10)) {
	case 0:
		if (l->up)
			crash(l, life_chance(l, 4) ? RESTART_MS : life_chance(l, 2 * HOUR));
		break;
	case 1:
	case 2:
	case 3: /* in the middle of what it writes next */
		disk.die_at = disk.ops + 1 + life_chance(l, 80);
		break;
	case 4:
	case 5:
		if (l->world.booted_ms != INT64_MAX)
			reboot(l);
		break;
	case 6:
		suspend(l);
		break;
	case 7:
		world_step(&l->world, &l->dice);
		tell("the clock jumps, it is now %" PRId64 " s off",
			l->world.wall_error_ms / SECOND);
		l->sum->clock_steps++;
		break;
	case 8:
		world_sync(&l->world, &l->dice);
		break;
	default:
		disk.full = true;
		l->due[EV_DISK] = l->world.now_ms +
			(life_chance(l, 4) ? life_chance(l, 20 * MINUTE) : life_chance(l, 5 * HOUR));
		tell("the disk is full");
	}
	if (!l->world.synced)
		in_about(l, EV_SYNC, DAY);
}

static void other_program(struct life *l)
{
	int burst = life_chance(l, 30) ? 1 : 12;
	for (int i = 0; i < burst; i++)
		server_other(&l->server, l->world.now_ms, l->sum);
	in_about(l, EV_OTHER, 5 * HOUR);
}

/* ---- the course of time ----------------------------------------------------------------- */

static void handle(struct life *l, enum happening ev)
{
	l->due[ev] = INT64_MAX;
	switch (ev) {
	case EV_START:
		if (l->world.booted_ms == INT64_MAX) {
			world_boot(&l->world, &l->dice);
			if (!l->world.synced)
				in_about(l, EV_SYNC, 6 * HOUR);
		}
		start(l);
		break;
	case EV_WAKE:
		life_turn(l);
		break;
	case EV_END:
		end_job(l);
		break;
	case EV_OWNER:
		if (l->up && l->job.op == JOB_NONE && !disk.full) {
			in_about(l, EV_OWNER, 20 * HOUR);
			owner_visit(l);
		} else {
			in_about(l, EV_OWNER, 5 * MINUTE);
		}
		break;
	case EV_RELOAD:
		in_about(l, EV_RELOAD, 20 * DAY);
		reload(l);
		break;
	case EV_SYNC:
		world_sync(&l->world, &l->dice);
		tell("the clock is in step");
		break;
	case EV_TROUBLE:
		trouble(l);
		break;
	case EV_OTHER:
		other_program(l);
		break;
	case EV_DISK:
		disk.full = false;
		break;
	case EV_ERA:
		l->server.eras++;
		in_about(l, EV_ERA, 20 * DAY);
		break;
	case EV_COUNT:
		break;
	}
}

/* The next thing that happens before END; false if nothing does. */
static bool one_step(struct life *l, int64_t end)
{
	int64_t at = INT64_MAX;
	int ev = EV_COUNT;
	struct arrival *arrival = NULL;
	for (int i = 0; i < l->arrival_count; i++)
		if (l->arrivals[i].at_ms < at) {
			arrival = &l->arrivals[i];
			at = arrival->at_ms;
		}
	for (int i = 0; i < EV_COUNT; i++)
		if (l->due[i] < at) {
			ev = i;
			at = l->due[i];
			arrival = NULL;
		}
	if (at >= end)
		return false;
	if (at > l->world.now_ms)
		l->world.now_ms = at;
	story.step++;
	story.at_ms = l->world.now_ms - BEGIN;
	if (arrival)
		agents_arrive(l, arrival);
	else
		handle(l, (enum happening)ev);
	return true;
}

static void run_until(struct life *l, int64_t end)
{
	while (!story.broken && one_step(l, end))
		if (l->plan->until_step && story.step >= l->plan->until_step)
			return;
	l->world.now_ms = end;
}

static void engine_line(enum log_level level, const struct log_fields *f, const char *text)
{
	(void)level;
	(void)f;
	if (current)
		tell("  %s", text);
}

/* ---- beginning and end -------------------------------------------------------------------- */

/* For --selftest: as much demand and as many accidents as there can be. */
static void be_harsh(struct life *l)
{
	l->level = life_chance(l, 2) && !roughness_of(l)->slow ? 30 : 100;
	l->server.shared |= roughness_of(l)->shared;
	harden_settings(l);
}

static void begin(struct life *l)
{
	static const int levels[] = { 3, 10, 30, 100 };
	dice_seed(&l->dice, l->plan->seed * UINT64_C(1000003) + (uint64_t)l->plan->life);
	memset(&disk, 0, sizeof(disk));
	dice_seed(&disk.dice, dice_bits(&l->dice));
	l->level = l->plan->calm ? 0 : levels[life_chance(l, 4)];
	world_init(&l->world, BEGIN + life_chance(l, DAY), &l->dice);
	server_init(&l->server, &l->dice);
	settings_throw(&l->settings, &l->dice, true, l->plan->calm);
	if (l->plan->calm)
		l->settings.load = LOAD_LIGHT;
	if (l->plan->harsh)
		be_harsh(l);
	bool leaky = l->server.rule.kind == RULE_LEAKY_1 || l->server.rule.kind == RULE_LEAKY_2;
	l->server.promised = l->server.rule.kind == RULE_FIXED || l->server.rule.kind == RULE_LOG ||
		l->server.rule.kind == RULE_BUCKET || (leaky && l->settings.even);
	/* The margin pays for requests that linger; the pace's smaller one for few of them. */
	l->linger_ms = leaky ? SECOND : 55 * SECOND;
	l->blog = blog_new();
	for (int i = 0; i < EV_COUNT; i++)
		l->due[i] = INT64_MAX;
	l->due[EV_START] = l->world.now_ms;
	in_about(l, EV_OWNER, 20 * HOUR);
	in_about(l, EV_ERA, 20 * DAY);
	if (!l->plan->calm) {
		in_about(l, EV_TROUBLE, 10 * HOUR);
		in_about(l, EV_RELOAD, 20 * DAY);
		if (l->server.shared)
			in_about(l, EV_OTHER, 5 * HOUR);
	}
	tell("a life: level %d, load %d, pace %s, %d calls; server: %s%s", l->level,
		(int)l->settings.load, l->settings.even ? "even" : "free", l->settings.calls,
		rule_name(l->server.rule.kind), l->server.shared ? ", shared" : "");
}

/* Peace: a clock that is right, room on the disk, and no new keywords. */
static void last_days(struct life *l)
{
	tell("the last days");
	l->last_days = true;
	l->level = 0;
	disk.full = false;
	disk.die_at = 0;
	world_sync(&l->world, &l->dice);
	l->due[EV_TROUBLE] = l->due[EV_OTHER] = l->due[EV_SYNC] = l->due[EV_DISK] = INT64_MAX;
	if (l->world.booted_ms == INT64_MAX)
		world_boot(&l->world, &l->dice);
	world_sync(&l->world, &l->dice);
	for (int i = 0; i < BLOG_PUBLISHERS; i++)
		l->settings.pace[i] = (struct blog_pace){ 0 };
	l->due[EV_RELOAD] = INT64_MAX;
	reload(l);
	if (!l->up && l->due[EV_START] > l->world.now_ms + MINUTE)
		l->due[EV_START] = l->world.now_ms + MINUTE;
	in_about(l, EV_OWNER, HOUR);
}

static void enter_folder(struct life *l)
{
	static const char *const dirs[] = { "state", "cache", "images", "templates" };
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		if (dir_remove(dirs[i]) < 0 && access(dirs[i], F_OK) == 0)
			abort();
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		if (dir_make(dirs[i], 0700) < 0)
			abort();
	str_format_cut(l->image, sizeof(l->image), "images/one.jpg");
	FILE *f = fopen(l->image, "w");
	if (!f || fclose(f) != 0)
		abort();
}

bool life_run(const struct life_plan *plan, struct totals *sum)
{
	struct life *l = xcalloc(1, sizeof(*l));
	l->plan = plan;
	l->sum = sum;
	story.life = plan->life;
	story.step = 0;
	story.at_ms = 0;
	story.broken = false;
	current = l;
	log_set_sink(engine_line);
	enter_folder(l);
	begin(l);
	disk.die_at = plan->crash_at;
	write_config(l);
	int64_t end = l->world.now_ms + plan->days * DAY;
	run_until(l, end);
	if (!story.broken && !plan->until_step) {
		last_days(l);
		run_until(l, l->world.now_ms + LAST_DAYS * DAY);
		if (!story.broken)
			owner_judge(l);
	}
	last_writes = disk.ops;
	sum->lives++;
	sum->steps += story.step;
	sum->days += plan->days;
	sum->broken += story.broken;
	disk.dead = true;
	agents_kill(l);
	take_down(l);
	while (l->arrival_count > 0) {
		struct arrival *a = &l->arrivals[--l->arrival_count];
		free(a->authorization);
		free(a->query);
		free(a->keyword);
	}
	free(l->blog);
	free(l);
	current = NULL;
	return !story.broken;
}

int64_t life_writes(void)
{
	return last_writes;
}
