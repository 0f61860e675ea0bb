/* SPDX-License-Identifier: MIT */
/*
 * make bench: the figures that README.md names, measured on this machine. Two
 * starts and two sizes in one run; nothing here passes or fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "budget.h"
#include "plan.h"
#include "store.h"
#include "util.h"

#define IDLE_SECONDS 20

static char dir[] = "/tmp/cpauto-bench.XXXXXX";
static const char *build;

static double now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void in_dir(char *out, size_t size, const char *name)
{
	str_format_cut(out, size, "%s/%s", dir, name);
}

static void write_config(int keywords)
{
	char path[256];
	in_dir(path, sizeof(path), "words");
	FILE *f = fopen(path, "w");
	for (int i = 0; i < keywords; i++)
		fprintf(f, "무선 청소기 %d\n", i);
	fclose(f);
	in_dir(path, sizeof(path), "cpauto.conf");
	f = fopen(path, "w");
	fprintf(f, "coupang: { endpoint = \"http://127.0.0.1:1\"; };\n"
		"hours: { active = \"03:00-03:01\"; };\n"
		"lists = ( { name = \"a\"; keywords_file = \"words\"; every = \"300d\"; publisher = \"outbox\"; } );\n"
		"publishers = ( { name = \"outbox\"; agent = \"outbox\"; directory = \"%s/out\"; } );\n", dir);
	fclose(f);
}

static int notify_socket(char *path, size_t size)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	in_dir(path, size, "notify");
	str_format_cut(a.sun_path, sizeof(a.sun_path), "%s", path);
	(void)unlink(path);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		perror(path);
		exit(1);
	}
	return fd;
}

static pid_t start(void)
{
	char program[512], config[256];
	str_format_cut(program, sizeof(program), "%s/cpautod", build);
	in_dir(config, sizeof(config), "cpauto.conf");
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, 1);
		dup2(null, 2);
		execl(program, program, "-c", config, (char *)NULL);
		_exit(127);
	}
	return pid;
}

static bool wait_ready(int fd)
{
	char text[4096];
	for (;;) {
		ssize_t n = recv(fd, text, sizeof(text) - 1, 0);
		if (n < 0)
			return false;
		text[n] = '\0';
		if (strstr(text, "READY=1"))
			return true;
	}
}

static long field(pid_t pid, const char *file, const char *name)
{
	char path[64], line[256];
	long value = -1;
	str_format_cut(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (str_starts(line, name))
			value = strtol(line + strlen(name), NULL, 10);
	if (f)
		fclose(f);
	return value;
}

static void end(pid_t pid)
{
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}

static void measure_start(int keywords, int fd, bool idle)
{
	double times[5];
	char state[256];
	in_dir(state, sizeof(state), "state");
	write_config(keywords);
	for (int i = 0; i < 5; i++) {
		if (i == 0 && dir_remove(state) < 0 && errno != ENOENT)
			perror(state);
		double from = now_ms();
		pid_t pid = start();
		if (!wait_ready(fd)) {
			fprintf(stderr, "the daemon did not get ready\n");
			exit(1);
		}
		times[i] = now_ms() - from;
		if (idle && i == 4) {
			sleep(2);
			long before = field(pid, "status", "voluntary_ctxt_switches:");
			sleep(IDLE_SECONDS);
			printf("idle with %d keywords: %ld kB RSS, %ld kB private dirty; %ld wake-ups in %d s\n",
				keywords, field(pid, "smaps_rollup", "Rss:"),
				field(pid, "smaps_rollup", "Private_Dirty:"),
				field(pid, "status", "voluntary_ctxt_switches:") - before, IDLE_SECONDS);
		}
		end(pid);
	}
	printf("ready with %d keywords: first start %.0f ms, then %.0f %.0f %.0f %.0f ms\n", keywords,
		times[0], times[1], times[2], times[3], times[4]);
}

static void measure_choice(int lists, int keywords)
{
	struct store *s;
	struct err e;
	char state[256];
	int64_t ids[64];
	struct plan_list plan[64];
	in_dir(state, sizeof(state), "million");
	if (dir_make(state, 0700) < 0 || store_open(state, state, STORE_DAEMON, &s, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		exit(1);
	}
	int each = keywords / lists;
	char **words = xcalloc((size_t)each, sizeof(*words));
	for (int l = 0; l < lists; l++) {
		char name[16];
		str_format_cut(name, sizeof(name), "list%d", l);
		for (int i = 0; i < each; i++)
			words[i] = xasprintf("무선 청소기 %d %d", l, i);
		const char *const *w = (const char *const *)words;
		if (store_list_sync(s, name, w, w, (size_t)each, 1000, &ids[l]) < 0 ||
			store_list_load(s, ids[l], &plan[l]) < 0) {
			fprintf(stderr, "%s\n", store_error(s));
			exit(1);
		}
		plan[l].weight = l + 1;
		plan[l].horizon_ms = INT64_MAX / 4;
		for (int i = 0; i < each; i++)
			free(words[i]);
	}
	free(words);
	enum { TURNS = 200000 };
	double from = now_ms();
	for (int i = 0; i < TURNS; i++) {
		struct plan_choice c = plan_choose(plan, (size_t)lists, 2000);
		plan_book(plan, (size_t)lists, c.list, 2000);
		if (store_list_head(s, ids[c.list], &plan[c.list].head) < 0)
			exit(1);
	}
	printf("next action among %d keywords in %d lists: %.2f µs\n", keywords, lists,
		(now_ms() - from) * 1e3 / TURNS);
	store_close(s);
}

/* A queue that is never empty, answers in a second: calls made of what N per window + margin allows. */
static void measure_use(void)
{
	struct budget_rule rule = { .calls = 10, .window_ms = 3600000, .margin_ms = 60000, .gap_ms = -1 };
	struct budget_call calls[11] = { 0 };
	struct instant now = { .boot_id = "bench" };
	const int64_t length = INT64_C(30) * 86400000;
	size_t n = 0;
	int64_t made = 0;
	while (now.boot_ms < length) {
		struct budget_answer a = budget_ask(&rule, calls, n, NULL, &now, false);
		now.boot_ms += a.wait_ms;
		if (a.wait_ms > 0)
			continue;
		memmove(calls + 1, calls, sizeof(calls) - sizeof(calls[0]));
		calls[0].taken = now;
		now.boot_ms += 1000;
		calls[0].ended = now;
		calls[0].has_ended = true;
		n = n < 11 ? n + 1 : n;
		made++;
	}
	printf("a full queue: %" PRId64 " calls in 30 days, %.2f an hour, %.2f %% of the ceiling\n", made,
		(double)made / 720, (double)made * 100 / ((double)length / 3660000 * 10));
}

int main(int argc, char **argv)
{
	char path[256];
	build = argc > 1 ? argv[1] : "build";
	if (!mkdtemp(dir)) {
		perror(dir);
		return 1;
	}
	int fd = notify_socket(path, sizeof(path));
	setenv("NOTIFY_SOCKET", path, 1);
	in_dir(path, sizeof(path), "state");
	setenv("STATE_DIRECTORY", path, 1);
	setenv("CACHE_DIRECTORY", path, 1);
	setenv("RUNTIME_DIRECTORY", path, 1);
	sync(); /* a program that was just linked has pages that count as dirty */
	measure_start(100, fd, true);
	measure_start(100000, fd, false);
	measure_choice(10, 1000000);
	measure_use();
	if (dir_remove(dir) < 0)
		perror(dir);
	return 0;
}
