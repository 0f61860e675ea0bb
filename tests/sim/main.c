/* SPDX-License-Identifier: MIT */
#include "sim.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "disk.h"

#define DAYS 365 /* of a life */

struct options {
	int64_t seed, lives, life, days, until, pure, steps;
	enum sabotage sabotage;
	bool policies, selftest, harsh;
};

static char folder[64];

static void usage(FILE *f)
{
	fputs("usage: sim [--seed N] [--lives N] [--days N] [--log FILE]\n"
	      "       sim --seed N --life K [--until STEP] [--verbose]   one life, or a part\n"
	      "       sim --pure YEARS                                    the budget alone\n"
	      "       sim --policies                                      a table of limiters\n"
	      "       sim --every-step N        three days, killed at each Nth write to the store\n"
	      "       sim --harsh               more demand and accidents than in any life\n"
	      "       sim --break NAME          breaks something on purpose, to see it noticed\n"
	      "       sim --selftest            all of that, one after the other\n", f);
}

static int64_t number(const char *text)
{
	int64_t n;
	if (parse_int64(text, 0, INT64_MAX, &n) == 0)
		return n;
	fprintf(stderr, "sim: '%s' is no number\n", text);
	exit(64);
}

static enum sabotage read_sabotage(const char *name)
{
	enum sabotage s = sabotage_find(name);
	if (s != BREAK_END)
		return s;
	fprintf(stderr, "sim: nothing is called '%s'; there are:", name);
	for (int i = 0; i < BREAK_END; i++)
		fprintf(stderr, " %s", sabotage_name((enum sabotage)i));
	fprintf(stderr, "\n");
	exit(64);
}

static void open_log(const char *path)
{
	story.file = fopen(path, "w");
	if (!story.file) {
		fprintf(stderr, "sim: %s: %s\n", path, strerror(errno));
		exit(73);
	}
}

static void parse(int argc, char **argv, struct options *o)
{
	static const struct option table[] = { { "seed", 1, NULL, 's' }, { "lives", 1, NULL, 'n' },
		{ "life", 1, NULL, 'k' }, { "days", 1, NULL, 'd' }, { "until", 1, NULL, 'u' },
		{ "pure", 1, NULL, 'p' }, { "every-step", 1, NULL, 'e' },
		{ "break", 1, NULL, 'b' }, { "log", 1, NULL, 'l' }, { "policies", 0, NULL, 'P' },
		{ "selftest", 0, NULL, 'S' }, { "harsh", 0, NULL, 'H' }, { "verbose", 0, NULL, 'v' }, { "help", 0, NULL, 'h' },
		{ NULL, 0, NULL, 0 } };
	int c;
	*o = (struct options){ .seed = 20261126, .lives = 1, .life = -1, .days = DAYS };
	while ((c = getopt_long(argc, argv, "", table, NULL)) != -1) {
		switch (c) {
		case 's': o->seed = number(optarg); break;
		case 'n': o->lives = number(optarg); break;
		case 'k': o->life = number(optarg); break;
		case 'd': o->days = number(optarg); break;
		case 'u': o->until = number(optarg); break;
		case 'p': o->pure = number(optarg); break;
		case 'e': o->steps = number(optarg); break;
		case 'b': o->sabotage = read_sabotage(optarg); break;
		case 'l': open_log(optarg); break;
		case 'P': o->policies = true; break;
		case 'S': o->selftest = true; break;
		case 'H': o->harsh = true; break;
		case 'v': story.verbose = true; break;
		case 'h': usage(stdout); exit(0);
		default: usage(stderr); exit(64);
		}
	}
}

static void leave_folder(void)
{
	if (chdir("/") < 0 || dir_remove(folder) < 0)
		fprintf(stderr, "sim: %s stays behind\n", folder);
}

static void make_folder(void)
{
	bool memory = access("/dev/shm", W_OK) == 0;
	str_format_cut(folder, sizeof(folder), "%s/cpauto-sim-XXXXXX", memory ? "/dev/shm" : "/tmp");
	if (!mkdtemp(folder) || chdir(folder) < 0) {
		fprintf(stderr, "sim: %s: %s\n", folder, strerror(errno));
		exit(73);
	}
	atexit(leave_folder);
}

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void print_totals(const struct totals *t)
{
	printf("%" PRId64 " lives, %" PRId64 " days, %" PRId64 " steps: %" PRId64 " calls (%" PRId64
	       " refused in %" PRId64 " blocks, %" PRId64 " expired, %" PRId64 " answers lost), %"
	       PRId64 " calls of others\n",
		t->lives, t->days, t->steps, t->calls, t->rejections, t->blocks, t->expired,
		t->lost_answers, t->others);
	printf("  %" PRId64 " crashes, %" PRId64 " reboots, %" PRId64 " suspends, %" PRId64
	       " clock steps, %" PRId64 " reloads, %" PRId64 " wishes\n",
		t->crashes, t->boots, t->suspends, t->clock_steps, t->reloads, t->owner);
	printf("  %" PRId64 " attempts to publish, %" PRId64 " looks, %" PRId64 " posts out (%" PRId64
	       " late), %" PRId64 " drafts, %" PRId64 " answers 409, %" PRId64 " parked, %" PRId64
	       " refused\n",
		t->publishes, t->finds, t->posts_out, t->late, t->drafts, t->conflicts, t->parked,
		t->refused);
	printf("  log digest %016" PRIx64 "\n", story.digest);
}

/* What else than seed and life chose what happened: it is said with what broke. */
static const char *replay_options(const struct options *o)
{
	static char text[64];
	if (o->harsh || o->days != DAYS || o->sabotage)
		str_format_cut(text, sizeof(text), "%s --days %" PRId64 " --break %s",
			o->harsh ? " --harsh" : "", o->days, sabotage_name(o->sabotage));
	return text;
}

static int run_lives(const struct options *o)
{
	struct totals sum = { 0 };
	story.replay = replay_options(o);
	double start = seconds();
	int64_t first = o->life >= 0 ? o->life : 0;
	int64_t last = o->life >= 0 ? o->life : o->lives - 1;
	for (int64_t i = first; i <= last; i++) {
		struct life_plan plan = { .seed = (uint64_t)o->seed, .life = (int)i,
			.days = o->days, .sabotage = o->sabotage, .until_step = o->until,
			.harsh = o->harsh };
		(void)life_run(&plan, &sum);
	}
	print_totals(&sum);
	printf("%" PRId64 " lives, %" PRId64 " broken, %.1f s\n", sum.lives, sum.broken,
		seconds() - start);
	printf("TRIED\tlimit\t%" PRId64 "\t%" PRId64 "\n", sum.calls, sum.broken);
	printf("TRIED\tonce\t%" PRId64 "\n", sum.publishes);
	return sum.broken > 0;
}

/* Three quiet days again and again, each time killed at another write. */
static int run_every_step(const struct options *o)
{
	struct totals sum = { 0 };
	struct life_plan plan = { .seed = (uint64_t)o->seed, .days = 3, .calm = true,
		.sabotage = o->sabotage, .life = (int)(o->life >= 0 ? o->life : 0) };
	int64_t tried = 0, writes;
	(void)life_run(&plan, &sum);
	writes = life_writes();
	for (int64_t at = 1; at <= writes; at += o->steps, tried++) {
		plan.crash_at = at;
		if (!life_run(&plan, &sum))
			printf("  killed at write %" PRId64 "\n", at);
	}
	printf("%" PRId64 " of %" PRId64 " writes, killed at each: %" PRId64 " broken\n", tried,
		writes, sum.broken);
	return sum.broken > 0 || tried == 0;
}

static int run_pure(const struct options *o)
{
	int64_t calls = 0;
	double start = seconds();
	bool good = pure_run((uint64_t)o->seed, o->pure, o->sabotage, &calls);
	printf("%" PRId64 " years of the budget alone: %" PRId64 " calls, %s, %.1f s\n", o->pure,
		calls, good ? "none over the limit" : "BROKEN", seconds() - start);
	return !good;
}

/* ---- can it fail? -------------------------------------------------------------------- */

#define SELFTEST_LIVES 40
#define SELFTEST_DAYS 3

static const struct {
	enum sabotage sabotage;
	const char *promise; /* that must be found broken */
	bool pure;
} selftests[] = {
	{ BREAK_SEND_TIME, "limit", true },      { BREAK_RECORD_AFTER, "limit", true },
	{ BREAK_FORGET_CALLS, "limit", true },   { BREAK_TRUST_CLOCK, "limit", true },
	{ BREAK_FORGET_BLOCK, "limit", true },   { BREAK_SEND_TIME, "limit", false },
	{ BREAK_RECORD_AFTER, "limit", false },  { BREAK_FORGET_CALLS, "limit", false },
	{ BREAK_TRUST_CLOCK, "limit", false },   { BREAK_RETRY_BLOCKED, "limit", false },
	{ BREAK_FORGET_BLOCK, "limit", false },  { BREAK_STALE_DATE, "limit", false },
	{ BREAK_SEND_AGAIN, "once", false },     { BREAK_UNKNOWN_IS_NO, "once", false },
	{ BREAK_LOSE_POST, "once", false },      { BREAK_NO_DISCLOSURE, "disclosure", false },
	{ BREAK_WRONG_HOURS, "once", false },    { BREAK_NO_PACE, "once", false },
};

static bool find_it(enum sabotage s, bool pure, uint64_t seed)
{
	struct totals sum = { 0 };
	int64_t calls;
	if (pure)
		return !pure_run(seed, 200, s, &calls);
	for (int i = 0; i < SELFTEST_LIVES; i++) {
		struct life_plan plan = { .seed = seed, .life = i, .days = SELFTEST_DAYS,
			.sabotage = s, .harsh = true };
		if (!life_run(&plan, &sum))
			return true;
	}
	return false;
}

static int run_selftest(const struct options *o)
{
	int missed = 0;
	for (size_t i = 0; i < ARRAY_LEN(selftests); i++) {
		enum sabotage s = selftests[i].sabotage;
		double start = seconds();
		char again[64];
		if (o->sabotage && o->sabotage != s)
			continue;
		str_format_cut(again, sizeof(again), " --harsh --days %d --break %s", SELFTEST_DAYS,
			sabotage_name(s));
		story.replay = again;
		bool found = find_it(s, selftests[i].pure, (uint64_t)o->seed);
		bool right = found && str_eq(story.promise, selftests[i].promise);
		missed += !right;
		printf("%s %s%s: %s, in life %d, %.1f s\n", right ? "found" : "MISSED",
			sabotage_name(s), selftests[i].pure ? " (budget alone)" : "",
			found ? story.promise : "nothing broke", story.life, seconds() - start);
	}
	printf("%d missed\n", missed);
	return missed > 0;
}

int main(int argc, char **argv)
{
	struct options o;
	int code;
	parse(argc, argv, &o);
	setvbuf(stdout, NULL, _IOLBF, 0);
	story.seed = (uint64_t)o.seed;
	if (clock_set_zone("Asia/Seoul") < 0)
		return 70;
	disk_install();
	make_folder();
	printf("seed %" PRId64 "\n", o.seed);
	if (o.policies)
		code = policies_run((uint64_t)o.seed, o.days) ? 0 : 1;
	else if (o.pure)
		code = run_pure(&o);
	else if (o.selftest)
		code = run_selftest(&o);
	else if (o.steps)
		code = run_every_step(&o);
	else
		code = run_lives(&o);
	if (story.file && fclose(story.file) != 0)
		code = 74;
	return code;
}
