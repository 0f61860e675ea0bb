/* SPDX-License-Identifier: MIT */
/*
 * Kills the real cpautod before each of its system calls in turn, and its
 * children before theirs; starts it again; and looks at what became of the
 * promises. See --help.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "alone.h"
#include "order.h"
#include "scenes.h"
#include "util.h"

#define SPEC_MAX 128
#define REPORTS_MAX 10
#define WAITS_MAX 300 /* a dozen agents, and each says no more than a few things */
#define OTHERS 8 /* one in so many points follows a call that changed nothing */

struct options {
	const char *build, *base, *replay, *only, *fault;
	int64_t seed, points, seconds, scenes;
	bool list, verbose;
};

/* One place to kill at. */
struct point {
	const struct scene *scene; /* NULL: the outbox agent alone */
	struct tracer_point at;
	bool shows; /* the call before it did something that lasts */
};

struct tally {
	unsigned long points, missed;
	unsigned long broken[PROMISE_COUNT];
	unsigned acts, acts_broken;
};

struct lab {
	struct options options;
	struct world world;
	struct alone alone;
	struct point *points;
	size_t count, size;
	struct tally tally;
	uint64_t random;
	bool forget; /* a fault on purpose: as if the record came after the act */
};

/* ---- chance ----------------------------------------------------------------------- */

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static size_t below(struct lab *l, size_t n)
{
	return (size_t)(next_random(&l->random) % n);
}

/* Of a processor, by us and all that ended; of the server nothing. */
static double worked(void)
{
	struct rusage own, others;
	getrusage(RUSAGE_SELF, &own);
	getrusage(RUSAGE_CHILDREN, &others);
	return (double)(own.ru_utime.tv_sec + own.ru_stime.tv_sec + others.ru_utime.tv_sec +
		others.ru_stime.tv_sec) + (double)(own.ru_utime.tv_usec + own.ru_stime.tv_usec +
		others.ru_utime.tv_usec + others.ru_stime.tv_usec) / 1e6;
}

static double seconds(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* ---- which points there are ------------------------------------------------------- */

struct watch {
	struct lab *lab;
	const struct scene *scene;
	bool record;         /* every call becomes points */
	struct order *order; /* NULL: not looked at */
	char last[TRACER_NAME_MAX]; /* whose call was the last that lasts; "" if none */
	bool hup, opened, term;
	unsigned waits; /* of the daemon */
};

static void add_point(struct lab *l, const struct scene *s, const struct tracer_call *call,
	enum victim victim, bool shows)
{
	if (l->count == l->size) {
		l->size = l->size ? l->size * 2 : 4096;
		l->points = xreallocarray(l->points, l->size, sizeof(*l->points));
	}
	struct point *p = &l->points[l->count++];
	*p = (struct point){ .scene = s, .shows = shows,
		.at = { .nr = call->nr, .count = call->count, .victim = victim } };
	str_format_cut(p->at.process, sizeof(p->at.process), "%s", call->process);
}

static void record(struct watch *w, const struct tracer_call *call)
{
	bool shows = str_eq(w->last, call->process);
	struct lab *l = w->lab;
	if (str_eq(call->process, "0")) {
		add_point(l, w->scene, call, VICTIM_DAEMON, shows);
	} else {
		add_point(l, w->scene, call, VICTIM_SELF, shows);
		add_point(l, w->scene, call, VICTIM_ALL, shows);
		add_point(l, w->scene, call, VICTIM_DAEMON, false);
	}
	str_format_cut(w->last, sizeof(w->last), "%s",
		tracer_call_shows(call) ? call->process : "");
}

static bool has_children(pid_t pid)
{
	char path[64];
	CLEANUP_FREE char *text = NULL;
	str_format_cut(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	return file_read(path, 65536, &text, NULL) < 0 || text[0] != '\0';
}

/* The daemon is about to sleep with nothing under way: another configuration, then the end. */
static void lead(struct watch *w, const struct tracer_call *call)
{
	struct world *world = &w->lab->world;
	if (call->nr == SYS_openat)
		w->opened = w->hup;
	if ((call->nr != SYS_epoll_wait && call->nr != SYS_epoll_pwait) || has_children(call->pid))
		return;
	if (!w->hup) {
		w->hup = true;
		if (rename(world_path(world, "after.conf"), world_path(world, "cpauto.conf")) < 0)
			die("after.conf: %s", strerror(errno));
		(void)kill(call->pid, SIGHUP);
	} else if (w->opened && !w->term) {
		w->term = true;
		(void)kill(call->pid, SIGTERM);
	}
}

static void on_call(void *ctx, const struct tracer_call *call)
{
	struct watch *w = ctx;
	bool daemon = str_eq(call->process, "0");
	if (w->record)
		record(w, call);
	if (daemon && (call->nr == SYS_epoll_wait || call->nr == SYS_epoll_pwait))
		w->waits = call->count;
	if (daemon && w->scene->how == HOW_RELOAD)
		lead(w, call);
	if (daemon && w->order)
		order_call(w->order, call);
}

static void report(struct lab *l, const char *spec, const struct verdict *v)
{
	static unsigned reports;
	for (int i = 0; i < PROMISE_COUNT; i++)
		l->tally.broken[i] += v->broken[i] > 0;
	if (!v->text[0] || (reports++ >= REPORTS_MAX && !l->options.verbose))
		return;
	printf("broken at %s (seed %lld)\n%s", spec, (long long)l->options.seed, v->text);
	fflush(stdout);
}

/* One run that nobody kills: its calls are the points, its order is looked at. */
static void explore(struct lab *l, const struct scene *s)
{
	struct verdict v = { .text = "" };
	struct order order;
	struct watch watch = { .lab = l, .scene = s, .record = true, .order = &order };
	struct tracer_job job = { .family = true, .on_call = on_call, .ctx = &watch };
	struct tracer_end end;
	struct world_run run = scene_run(s);
	scene_enter(&l->world, s);
	order_init(&order, &l->world, &v);
	world_trace(&l->world, &run, &job, &end);
	if (end.timed_out || !tracer_reap(5))
		die("'%s' does not end by itself, see %s", s->name, world_path(&l->world, "log"));
	if (watch.waits > WAITS_MAX)
		judge_break(&v, PROMISE_STANDING, "cpautod turned in circles, %u times",
			watch.waits);
	if (s->how != HOW_RELOAD) { /* of the rest a run without a kill is none */
		int r = scene_settle(&l->world, s);
		if (r != 0)
			judge_break(&v, PROMISE_STANDING, "cpautod ended with %d", r);
		judge_world(&l->world, &s->want, &v);
	}
	if (l->options.verbose)
		fprintf(stderr, "%s: %u waits\n", s->name, watch.waits);
	l->tally.acts += order.acts;
	l->tally.acts_broken += order.broken;
	report(l, s->name, &v);
}

/* ---- one point -------------------------------------------------------------------- */

static const char *const victim_words[] = { "daemon", "all", "self" };

static void print_spec(const struct lab *l, const struct point *p, char out[SPEC_MAX])
{
	str_format_cut(out, SPEC_MAX, "%s:%s:%s:%u:%s:%d", p->scene ? p->scene->name : "alone",
		p->at.process, tracer_call_name(p->at.nr), p->at.count,
		victim_words[p->at.victim], (int)l->world.boot);
}

/* No call while the account is blocked, once the daemon knew. */
static void judge_block(const struct world *w, bool known, size_t killed_at, struct verdict *v)
{
	size_t first = 0, extra = 0;
	while (first < w->call_count && !w->calls[first].refused)
		first++;
	for (size_t i = first + 1; i < w->call_count; i++)
		extra += w->calls[i].at_ms < w->calls[first].at_ms + 23 * WORLD_HOUR;
	if (extra > 0 && (known || first >= killed_at))
		judge_break(v, PROMISE_LIMIT, "%zu calls while the account was blocked", extra);
}

/*
 * Did it write down that a call was refused? Where it, or the agent with the answer,
 * was killed before, nobody could know. Looked at in a copy: to mend the files is
 * the daemon's.
 */
static bool knows_block(const struct world *w)
{
	char at[PATH_MAX];
	str_format_cut(at, sizeof(at), "%s-peek", world_path(w, "state"));
	world_copy(world_path(w, "state"), at);
	return judge_number(at, "SELECT (SELECT count(*) FROM calls WHERE result = 'blocked')"
				" + (SELECT blocked FROM account)") > 0;
}

static void after_kill(struct lab *l, const struct scene *s)
{
	if (s->how == HOW_RELOAD) /* if it was not there yet: the owner had written it */
		(void)rename(world_path(&l->world, "after.conf"),
			world_path(&l->world, "cpauto.conf"));
	if (l->forget)
		judge_edit(&l->world,
			"DELETE FROM calls WHERE ended_wall IS NULL;"
			"UPDATE posts SET state = 'ready' WHERE state = 'sending'");
	world_boot(&l->world);
}

static void run_scene_point(struct lab *l, const struct point *p, struct verdict *v,
	struct tracer_end *end)
{
	struct world *w = &l->world;
	struct watch watch = { .lab = l, .scene = p->scene };
	struct tracer_job job = { .family = p->at.process[1] != '\0', .kill = &p->at,
		.on_call = p->scene->how == HOW_RELOAD ? on_call : NULL, .ctx = &watch };
	struct world_run run = scene_run(p->scene);
	scene_enter(w, p->scene);
	world_trace(w, &run, &job, end);
	if (end->timed_out)
		judge_break(v, PROMISE_STANDING, "it hangs");
	/* A stopped process of the old run would be in the way; else nobody waits. */
	if (job.family && !tracer_reap(5))
		judge_break(v, PROMISE_STANDING, "something of it goes on");
	world_count(w);
	bool known = p->scene->strike && knows_block(w);
	size_t killed_at = w->call_count;
	after_kill(l, p->scene);
	int r = scene_settle(w, p->scene);
	if (r != 0)
		judge_break(v, PROMISE_STANDING, r == -2 ? "something of it goes on" :
			"cpautod, started again, ends with %d", r);
	judge_world(w, &p->scene->want, v);
	if (p->scene->strike)
		judge_block(w, known, killed_at, v);
}

static void run_point(struct lab *l, const struct point *p)
{
	struct verdict v = { .text = "" };
	struct tracer_end end = { .killed = false };
	char spec[SPEC_MAX];
	print_spec(l, p, spec);
	if (l->options.verbose)
		fprintf(stderr, "%s\n", spec);
	if (p->scene)
		run_scene_point(l, p, &v, &end);
	else
		alone_point(&l->alone, &p->at, &v, &end);
	if (end.killed)
		l->tally.points++;
	else
		l->tally.missed++;
	report(l, spec, &v);
}

/* ---- which of them ---------------------------------------------------------------- */

static void swap(struct lab *l, size_t a, size_t b)
{
	struct point p = l->points[a];
	l->points[a] = l->points[b];
	l->points[b] = p;
}

/*
 * By chance, but most of those that differ from the point before come first: a
 * kill after a call that changed nothing finds the world as it was.
 */
static void shuffle(struct lab *l)
{
	for (size_t i = l->count; i > 1; i--)
		swap(l, below(l, i), i - 1);
	for (size_t i = 0, next = 0; i < l->count; i++) {
		if (i % OTHERS == OTHERS - 1)
			continue;
		next = next > i ? next : i;
		while (next < l->count && !l->points[next].shows)
			next++;
		if (next == l->count)
			return;
		swap(l, i, next);
	}
}

static void add_alone(void *ctx, const struct tracer_call *call)
{
	static bool shows;
	add_point(ctx, NULL, call, VICTIM_SELF, shows);
	shows = tracer_call_shows(call);
}

static const struct scene *find_scene(const char *name)
{
	for (size_t i = 0; i < scene_count; i++)
		if (str_eq(scenes[i].name, name))
			return &scenes[i];
	die("there is no scene '%s'", name);
}

/* All scenes, or as many as were asked for, by chance. */
static void explore_all(struct lab *l)
{
	size_t order[64], n = scene_count;
	for (size_t i = 0; i < n; i++)
		order[i] = i;
	for (size_t i = n; i > 1; i--) {
		size_t k = below(l, i), t = order[k];
		order[k] = order[i - 1];
		order[i - 1] = t;
	}
	if (l->options.scenes > 0 && (size_t)l->options.scenes < n)
		n = (size_t)l->options.scenes;
	for (size_t i = 0; i < n; i++) {
		const struct scene *s = &scenes[order[i]];
		if (l->options.only && !str_eq(l->options.only, s->name))
			continue;
		scene_prepare(&l->world, s);
		explore(l, s);
	}
	if (!l->options.only || str_eq(l->options.only, "alone"))
		alone_explore(&l->alone, add_alone, l);
}

static void run_all(struct lab *l, double start)
{
	size_t all = 0, shown = 0, done = 0;
	for (size_t i = 0; i < l->count; i++)
		all += l->points[i].shows;
	for (; done < l->count; done++) {
		if (l->options.points > 0 && l->tally.points >= (unsigned long)l->options.points)
			break;
		if (l->options.seconds > 0 && seconds() - start > (double)l->options.seconds)
			break;
		l->world.boot = (enum boot)below(l, BOOT_COUNT);
		shown += l->points[done].shows;
		run_point(l, &l->points[done]);
	}
	printf("%zu of %zu calls that follow a change, %zu of %zu others\n", shown, all,
		done - shown, l->count - all);
}

static void list_points(const struct lab *l)
{
	char spec[SPEC_MAX];
	for (size_t i = 0; i < l->count; i++) {
		print_spec(l, &l->points[i], spec);
		printf("%s%s\n", spec, l->points[i].shows ? " *" : "");
	}
}

/* SCENE:PROCESS:CALL:COUNT:VICTIM:BOOT */
static void replay(struct lab *l, const char *spec)
{
	CLEANUP_FREE char *copy = xstrdup(spec);
	char *part[6], *rest = copy;
	int64_t count, boot;
	struct point p = { .shows = false };
	for (size_t i = 0; i < ARRAY_LEN(part); i++)
		part[i] = strsep(&rest, ":");
	if (!part[5] || rest || parse_int64(part[3], 1, UINT32_MAX, &count) < 0 ||
		parse_int64(part[5], 0, BOOT_COUNT - 1, &boot) < 0 ||
		(p.at.nr = tracer_call_number(part[2])) < 0)
		die("%s: not SCENE:PROCESS:CALL:COUNT:VICTIM:BOOT", spec);
	str_format_cut(p.at.process, sizeof(p.at.process), "%s", part[0] ? part[1] : "");
	p.at.count = (unsigned)count;
	while (p.at.victim < VICTIM_SELF && !str_eq(part[4], victim_words[p.at.victim]))
		p.at.victim++;
	if (str_eq(part[0], "alone")) {
		alone_prepare(&l->alone);
	} else {
		p.scene = find_scene(part[0]);
		scene_prepare(&l->world, p.scene);
	}
	l->world.boot = (enum boot)boot;
	run_point(l, &p);
}

/* ---- main ------------------------------------------------------------------------- */

static void set_fault(struct lab *l, const char *fault)
{
	static char path[PATH_MAX];
	if (!fault)
		return;
	l->forget = str_eq(fault, "forget");
	if (str_eq(fault, "twice"))
		scenes_set_twice();
	else if (str_eq(fault, "nosync")) {
		str_format_cut(path, sizeof(path), "%s/kill/nosync.so", l->options.build);
		l->world.preload = path;
	} else if (!l->forget)
		die("there is no fault '%s'", fault);
}

static void usage(FILE *f)
{
	fputs("usage: kill --build DIR --base DIR --url URL --log FILE --strike-url URL"
	      " --strike-log FILE [OPTION]...\n"
	      "  --seed N      chooses what is left to chance\n"
	      "  --points N    at most so many; --seconds N  at most so long\n"
	      "  --scenes N    only so many of the scenes; --only NAME  this one\n"
	      "  --replay SCENE:PROCESS:CALL:COUNT:VICTIM:BOOT\n"
	      "  --list        the points only\n"
	      "  --fault forget|twice|nosync   a fault on purpose: it must be found\n"
	      "  --verbose\n", f);
}

static int64_t number(const char *text)
{
	int64_t n;
	if (parse_int64(text, 0, INT64_MAX, &n) < 0)
		die("%s: no number", text);
	return n;
}

static void parse(int argc, char **argv, struct lab *l)
{
	static const struct option table[] = {
		{ "build", 1, NULL, 'b' }, { "base", 1, NULL, 'd' }, { "url", 1, NULL, 'u' },
		{ "log", 1, NULL, 'l' }, { "strike-url", 1, NULL, 'U' },
		{ "strike-log", 1, NULL, 'L' }, { "seed", 1, NULL, 's' },
		{ "points", 1, NULL, 'p' }, { "seconds", 1, NULL, 't' },
		{ "scenes", 1, NULL, 'n' }, { "only", 1, NULL, 'o' }, { "replay", 1, NULL, 'r' },
		{ "list", 0, NULL, 'i' }, { "fault", 1, NULL, 'f' }, { "verbose", 0, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	struct options *o = &l->options;
	int c;
	while ((c = getopt_long(argc, argv, "", table, NULL)) != -1) {
		switch (c) {
		case 'b': o->build = optarg; break;
		case 'd': o->base = optarg; break;
		case 'u': l->world.servers[0].url = optarg; break;
		case 'l': l->world.servers[0].log = optarg; break;
		case 'U': l->world.servers[1].url = optarg; break;
		case 'L': l->world.servers[1].log = optarg; break;
		case 's': o->seed = number(optarg); break;
		case 'p': o->points = number(optarg); break;
		case 't': o->seconds = number(optarg); break;
		case 'n': o->scenes = number(optarg); break;
		case 'o': o->only = optarg; break;
		case 'r': o->replay = optarg; break;
		case 'i': o->list = true; break;
		case 'f': o->fault = optarg; break;
		case 'v': o->verbose = true; break;
		default: usage(stderr); exit(64);
		}
	}
	if (!o->build || !o->base || !l->world.servers[0].url || !l->world.servers[1].url) {
		usage(stderr);
		exit(64);
	}
}

static int conclude(const struct lab *l, double start)
{
	const struct tally *t = &l->tally;
	static const char *const rows[PROMISE_COUNT] = { "limit", "once", "standing" };
	unsigned long broken = 0;
	for (int i = 0; i < PROMISE_COUNT; i++) {
		printf("SOAK\t%s\tkilled before a system call, started again\t%lu\t%lu\n", rows[i],
			t->points, t->broken[i]);
		broken += t->broken[i];
	}
	if (t->acts > 0)
		printf("SOAK\tlimit\tacts whose record was synced before they began\t%u\t%u\n",
			t->acts, t->acts_broken);
	broken += t->acts_broken;
	printf("%lu points killed at in %.0f s, %.0f s of a processor (%.3f s each), %lu not "
	       "reached, %lu broken, seed %lld\n", t->points, seconds() - start, worked(),
		worked() / (double)(t->points ? t->points : 1), t->missed, broken,
		(long long)l->options.seed);
	return broken > 0 ? 1 : t->points == 0 ? 3 : 0;
}

int main(int argc, char **argv)
{
	static struct lab lab;
	double start = seconds();
	parse(argc, argv, &lab);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		die("prctl: %s", strerror(errno));
	lab.random = (uint64_t)lab.options.seed;
	world_init(&lab.world, lab.options.base, lab.options.build);
	alone_init(&lab.alone, &lab.world);
	set_fault(&lab, lab.options.fault);
	if (lab.options.replay) {
		replay(&lab, lab.options.replay);
	} else {
		explore_all(&lab);
		shuffle(&lab);
		if (lab.options.list) {
			list_points(&lab);
			return 0;
		}
		run_all(&lab, start);
	}
	return conclude(&lab, start);
}
