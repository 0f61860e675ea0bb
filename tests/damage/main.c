/* SPDX-License-Identifier: MIT */
/*
 * damage cuts|flips|cache COUNT SEED: so many power cuts, bits that fall over in
 * state.db, or spoiled cache.db, and what becomes of the promises. Each world
 * runs in a process of its own; one that crashes or does not end is counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "disk.h"
#include "log.h"
#include "world.h"

#define WORLD_SECONDS 60 /* of the processor: the machine may be busy */
#define CUTS_A_WORLD 25
#define FLIPS_A_WORLD 25

/* What all processes of a run count together. */
static struct tally {
	int tries, harmless, found;
	int over, twice, lost, other, crashed, changed;
	int calls, publishes, hours;
} *tally;

static char base[256];

static void no_log(enum log_level level, const struct log_fields *f, const char *text)
{
	(void)level;
	(void)f;
	if (getenv("DAMAGE_LOG"))
		fprintf(stderr, "  %s\n", text);
}

static void count_end(enum world_end how, uint64_t seed, const char *what)
{
	static const char *const words[] = { "fine", "found", "OVER", "TWICE", "OTHER" };
	tally->harmless += how == WORLD_FINE;
	tally->found += how == WORLD_STOPPED;
	tally->over += how == WORLD_OVER;
	tally->twice += how == WORLD_TWICE;
	tally->other += how == WORLD_OTHER;
	if (how > WORLD_STOPPED || getenv("DAMAGE_VERBOSE"))
		printf("seed %" PRIu64 ": %s: %s: %s\n", seed, what, words[how], world_line());
}

static void count_world(void)
{
	tally->calls += world_calls();
	tally->publishes += world_publishes();
	tally->hours += (int)world_hours();
}

/* Runs F(SEED) in a process of its own. */
static void apart(void (*f)(uint64_t seed), uint64_t seed)
{
	int status = 0;
	(void)fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		struct rlimit cpu = { WORLD_SECONDS, WORLD_SECONDS };
		(void)setrlimit(RLIMIT_CPU, &cpu);
		f(seed);
		(void)fflush(NULL);
		_exit(0);
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (status != 0) {
		tally->crashed++;
		printf("seed %" PRIu64 ": CRASHED: status %x\n", seed, status);
	}
}

/* ---- power cuts --------------------------------------------------------------------- */

/* Runs until the power goes, at any moment of any of the next writes. */
static enum world_end until_the_cut(void)
{
	enum world_end how = WORLD_FINE;
	disk_cut_in((int)world_random(world_random(4) ? 60 : 400));
	if (!world_runs())
		how = world_start();
	while (how == WORLD_FINE && !disk_is_cut())
		how = world_go();
	/* With the power gone whatever the daemon says is said to nobody. */
	return disk_is_cut() && how == WORLD_STOPPED ? WORLD_FINE : how;
}

static void cuts(uint64_t seed)
{
	world_seed(seed);
	world_new(base);
	for (int i = 0; i < CUTS_A_WORLD; i++) {
		enum world_end how = until_the_cut();
		if (world_runs())
			world_die(true);
		disk_recover(world_random);
		if (how == WORLD_FINE)
			how = world_start();
		/* After a cut a whole state must be there: nothing may be refused. */
		if (how == WORLD_STOPPED)
			how = WORLD_OTHER;
		for (int j = 0; j < 30 && how == WORLD_FINE; j++)
			how = world_go();
		tally->tries++;
		count_end(how, seed, "a cut");
		if (how != WORLD_FINE)
			break;
		if (world_random(3) == 0)
			world_die(false);
	}
	count_world();
	world_free();
}

/* ---- bits that fall over ------------------------------------------------------------ */

/* A bit of the file; half of the time of a page that holds rows or an index. */
static size_t choose_bit(const unsigned char *data, size_t len)
{
	size_t page = 4096, at = 0;
	bool dense = world_random(2);
	for (int i = 0; i < 1000; i++) {
		at = world_random((unsigned)len);
		unsigned char kind = data[at / page * page + (at < page ? 100 : 0)];
		if (!dense || ((kind == 13 || kind == 10 || kind == 2 || kind == 5) && data[at]))
			break;
	}
	return at * 8 + world_random(8);
}

static size_t the_bit;

/* In a process of its own: the bit falls over, the daemon starts, half a day passes. */
static void one_flip(uint64_t seed)
{
	size_t len, len_after;
	unsigned char *data = disk_state(&len);
	data[the_bit / 8] ^= (unsigned char)(1u << the_bit % 8);
	char *before = xmalloc(len);
	memcpy(before, data, len);
	disk_put_state(before, len);
	enum world_end how = world_start();
	if (how == WORLD_STOPPED) {
		data = disk_state(&len_after);
		if (len != len_after || memcmp(data, before, len) != 0) {
			tally->changed++;
			printf("seed %" PRIu64 ": bit %zu: found, but the FILE WAS CHANGED\n", seed,
				the_bit);
		}
	}
	if (how == WORLD_FINE && !world_posts_kept(false)) {
		tally->lost++;
		printf("seed %" PRIu64 ": bit %zu: a post is LOST\n", seed, the_bit);
	}
	if (how == WORLD_FINE)
		how = world_calm(12);
	char what[64];
	str_format_cut(what, sizeof(what), "bit %zu of %zu", the_bit, len * 8);
	count_end(how, seed, what);
	free(before);
}

static void flips(uint64_t seed)
{
	size_t len;
	world_seed(seed);
	world_new(base);
	enum world_end how = world_start();
	for (int i = 0; i < FLIPS_A_WORLD && how == WORLD_FINE; i++) {
		for (int j = 20 + (int)world_random(40); j > 0 && how == WORLD_FINE; j--)
			how = world_go();
		if (!world_posts_kept(true))
			how = WORLD_OTHER;
		world_die(false);
		unsigned char *data = disk_state(&len);
		the_bit = choose_bit(data, len);
		tally->tries++;
		apart(one_flip, seed);
		if (how == WORLD_FINE)
			how = world_start();
	}
	if (how != WORLD_FINE)
		count_end(WORLD_OTHER, seed, "without damage");
	count_world();
	world_free();
}

/* ---- the cache ---------------------------------------------------------------------- */

static void spoil_cache(const char *path, size_t size)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	unsigned char b;
	off_t at = world_random((unsigned)size);
	static const char foreign[] = "#!/bin/sh\necho not a database\n";
	if (fd < 0)
		abort();
	switch (world_random(10)) {
	case 0:
		if (ftruncate(fd, world_random((unsigned)size)) < 0)
			abort();
		break;
	case 1:
		if (ftruncate(fd, 0) < 0 || write(fd, foreign, sizeof(foreign)) < 0)
			abort();
		break;
	default:
		if (pread(fd, &b, 1, at) != 1)
			abort();
		b ^= (unsigned char)(1u << world_random(8));
		if (pwrite(fd, &b, 1, at) != 1)
			abort();
	}
	close(fd);
}

static void cache(uint64_t seed)
{
	char path[PATH_MAX];
	world_seed(seed);
	world_new(base);
	enum world_end how = world_start();
	for (int i = 0; i < FLIPS_A_WORLD && how == WORLD_FINE; i++) {
		for (int j = 20 + (int)world_random(30); j > 0 && how == WORLD_FINE; j--)
			how = world_go();
		world_die(world_random(2));
		off_t size = world_cache(path, sizeof(path));
		spoil_cache(path, (size_t)size);
		tally->tries++;
		if (how == WORLD_FINE)
			how = world_start();
		if (how == WORLD_FINE && !world_cache_works())
			how = WORLD_OTHER;
		if (how == WORLD_FINE)
			how = world_calm(3);
		/* What the cache does must never stop the daemon. */
		count_end(how == WORLD_STOPPED ? WORLD_OTHER : how, seed, "the cache");
	}
	count_world();
	world_free();
}

/* ---- the table ---------------------------------------------------------------------- */

static const struct lab {
	const char *name, *text;
	void (*run)(uint64_t seed);
	int a_world;
} tables[] = {
	{ "cuts", "power cuts", cuts, CUTS_A_WORLD },
	{ "flips", "bits fallen over in state.db", flips, FLIPS_A_WORLD },
	{ "cache", "cache.db spoiled", cache, FLIPS_A_WORLD },
};

static int report(const struct lab *lab)
{
	const struct tally *t = tally;
	int standing = t->other + t->crashed + t->changed;
	printf("SOAK\tlimit\t%s: no call over\t%d\t%d\n", lab->text, t->tries, t->over);
	printf("SOAK\tonce\t%s: no post twice or lost\t%d\t%d\n", lab->text, t->tries,
		t->twice + t->lost);
	printf("SOAK\tstanding\t%s: whole or refused\t%d\t%d\n", lab->text, t->tries, standing);
	printf("# %d tried: %d harmless, %d found, %d over, %d twice, %d lost, %d else, %d crashed, "
	       "%d changed; %d calls, %d times published, %d h\n",
		t->tries, t->harmless, t->found, t->over, t->twice, t->lost, t->other, t->crashed,
		t->changed, t->calls, t->publishes, t->hours);
	return t->tries > 0 && standing + t->over + t->twice + t->lost == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	const struct lab *lab = NULL;
	int64_t count = 0, seed = 0;
	for (size_t i = 0; argc == 4 && i < ARRAY_LEN(tables); i++)
		if (str_eq(tables[i].name, argv[1]))
			lab = &tables[i];
	if (!lab || parse_int64(argv[2], 1, 1000000, &count) < 0 ||
		parse_int64(argv[3], 0, INT64_MAX, &seed) < 0) {
		fputs("usage: damage cuts|flips|cache COUNT SEED\n", stderr);
		return 64;
	}
	log_set_sink(no_log);
	const char *dir = getenv("TMPDIR");
	str_format_cut(base, sizeof(base), "%s/cpauto-damage-XXXXXX", dir ? dir : "/tmp");
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tally == MAP_FAILED || !mkdtemp(base) || clock_set_zone("Asia/Seoul") < 0)
		abort();
	disk_register();
	for (int64_t i = 0; i < (count + lab->a_world - 1) / lab->a_world; i++)
		apart(lab->run, (uint64_t)(seed + i));
	(void)!dir_remove(base);
	return report(lab);
}
