/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "json.h"
#include "util.h"
#include "value.h"

#define ENV_MAX 16
#define ARGS_MAX 12
#define LINE_MAX_BYTES 4096

void die(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fprintf(stderr, "kill: ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\n");
	va_end(ap);
	exit(2);
}

static void must(int r, const char *what, const char *path)
{
	if (r < 0)
		die("%s %s: %s", what, path, strerror(-r));
}

static void join(char out[PATH_MAX], const char *dir, const char *name)
{
	must(str_format(out, PATH_MAX, "%s/%s", dir, name), "path", dir);
}

const char *world_path(const struct world *w, const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned next;
	char *p = paths[next++ % ARRAY_LEN(paths)];
	join(p, w->root, name);
	return p;
}

/* ---- folders ---------------------------------------------------------------------- */

static void link_agent(const struct world *w, const char *build, const char *name, const char *to)
{
	char at[PATH_MAX], target[PATH_MAX], agents[PATH_MAX];
	join(agents, w->base, "agents");
	join(at, agents, name);
	join(target, build, to);
	if (symlink(target, at) < 0 && errno != EEXIST)
		must(-errno, "link", at);
}

void world_init(struct world *w, const char *base, const char *build)
{
	char path[PATH_MAX];
	str_format_cut(w->base, sizeof(w->base), "%s", base);
	join(w->root, base, "world");
	join(w->program, build, "cpautod");
	join(w->cli, build, "cpauto");
	join(path, base, "agents");
	must(dir_make(path, 0700), "make", path);
	join(path, base, "keys");
	must(dir_make(path, 0700), "make", path);
	link_agent(w, build, "coupang", "agents/coupang");
	link_agent(w, build, "outbox", "agents/outbox");
	link_agent(w, build, "counting", "kill/publisher");
	join(path, base, "keys/access");
	must(file_write_atomic(path, "test-access\n", 12, 0600), "write", path);
	join(path, base, "keys/secret");
	must(file_write_atomic(path, "test-secret\n", 12, 0600), "write", path);
}

static void remove_tree(const char *path)
{
	int r = dir_remove(path);
	if (r < 0 && r != -ENOENT)
		must(r, "remove", path);
}

static void copy_file(const char *from, const char *to, mode_t mode)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode & 0777);
	ssize_t n = in < 0 || out < 0 ? -1 : 1;
	while (n > 0)
		n = copy_file_range(in, NULL, out, NULL, 1 << 30, 0);
	if (n < 0)
		die("copy %s to %s: %s", from, to, strerror(errno));
	close(in);
	close(out);
}

static void copy_tree(const char *from, const char *to)
{
	struct dirent *e;
	must(dir_make(to, 0755), "make", to);
	DIR *dir = opendir(from);
	while (dir && (e = readdir(dir))) {
		char a[PATH_MAX], b[PATH_MAX];
		struct stat st;
		if (str_eq(e->d_name, ".") || str_eq(e->d_name, ".."))
			continue;
		join(a, from, e->d_name);
		join(b, to, e->d_name);
		if (lstat(a, &st) == 0 && S_ISDIR(st.st_mode))
			copy_tree(a, b);
		else if (S_ISREG(st.st_mode))
			copy_file(a, b, st.st_mode);
	}
	if (dir)
		closedir(dir);
}

void world_copy(const char *from, const char *to)
{
	remove_tree(to);
	copy_tree(from, to);
}

static void start_anew(struct world *w)
{
	w->off_ms = 0;
	w->boot_off_ms = 0;
	w->again = false;
	w->call_count = 0;
}

void world_clear(struct world *w)
{
	static const char *const dirs[] = { "state", "cache", "run", "out" };
	remove_tree(w->root);
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		must(dir_make(world_path(w, dirs[i]), 0755), "make", w->root);
	start_anew(w);
}

void world_keep(const struct world *w, const char *name)
{
	char path[PATH_MAX];
	join(path, w->base, name);
	world_copy(w->root, path);
}

void world_restore(struct world *w, const char *name)
{
	char path[PATH_MAX];
	join(path, w->base, name);
	world_copy(path, w->root);
	start_anew(w);
}

void world_write(const struct world *w, const char *name, const char *text)
{
	const char *path = world_path(w, name);
	FILE *f = fopen(path, "we");
	if (!f || fputs(text, f) < 0 || fclose(f) != 0 || chmod(path, 0600) < 0)
		die("write %s: %s", path, strerror(errno));
}

void world_configure(const struct world *w, const char *file, const char *agent,
	const char *lists)
{
	CLEANUP_FREE char *text = xasprintf(
		"coupang: { endpoint = \"%s\"; access_key_file = \"%s/keys/access\";"
		" secret_key_file = \"%s/keys/secret\"; timeout = \"5s\"; };\n"
		"budget: { calls = %d; window = \"1h\"; margin = \"60s\"; pace = \"0s\"; };\n"
		"cache: { ttl = \"24h\"; };\n"
		"hours: { active = \"00:00-24:00\"; };\n"
		"publishers = ( { name = \"p\"; agent = \"%s\"; directory = \"%s/out\";"
		" timeout = \"20s\"; similar = 0; } );\n%s\n",
		w->servers[w->server].url, w->base, w->base, WORLD_CALLS, agent, w->root, lists);
	world_write(w, file, text);
}

/* ---- time ------------------------------------------------------------------------- */

int64_t world_now(const struct world *w)
{
	struct instant now;
	clock_now(&now);
	return now.wall_ms + w->off_ms;
}

void world_boot(struct world *w)
{
	struct instant now;
	if (w->boot == BOOT_SAME)
		return;
	clock_now(&now);
	w->again = true;
	w->boot_off_ms = 5000 - now.boot_ms - w->off_ms;
}

/* ---- running ---------------------------------------------------------------------- */

struct command {
	char *argv[ARGS_MAX], *envp[ENV_MAX];
};

static void add_words(struct command *c, const struct world *w, const struct world_run *run)
{
	size_t n = 0;
	if (run->agent) {
		c->argv[0] = xasprintf("%s/agents/%s", w->base, run->agent);
		return;
	}
	c->argv[n++] = xstrdup(run->words ? w->cli : w->program);
	c->argv[n++] = xstrdup("-c");
	c->argv[n++] = xstrdup(world_path(w, "cpauto.conf"));
	if (!run->words) {
		c->argv[n++] = xstrdup("--agents");
		c->argv[n++] = xasprintf("%s/agents", w->base);
		if (run->once)
			c->argv[n++] = xstrdup("--once");
	}
	for (size_t i = 0; run->words && run->words[i] && n + 1 < ARGS_MAX; i++)
		c->argv[n++] = xstrdup(run->words[i]);
}

static void command_init(struct command *c, const struct world *w, const struct world_run *run)
{
	size_t k = 0;
	memset(c, 0, sizeof(*c));
	add_words(c, w, run);
	c->envp[k++] = xstrdup("PATH=/usr/bin:/bin");
	c->envp[k++] = xstrdup("CPAUTO_LOG=stderr");
	c->envp[k++] = xasprintf("STATE_DIRECTORY=%s/state", w->root);
	c->envp[k++] = xasprintf("CACHE_DIRECTORY=%s/cache", w->root);
	c->envp[k++] = xasprintf("RUNTIME_DIRECTORY=%s/run", w->root);
	c->envp[k++] = xasprintf("CPAUTO_TEST_WALL_OFFSET=%lld", (long long)w->off_ms);
	c->envp[k++] = xasprintf("CPAUTO_TEST_BOOT_OFFSET=%lld",
		(long long)(w->off_ms + w->boot_off_ms));
	c->envp[k++] = xasprintf("CPAUTO_TEST_BOOT_ID=%08x-0000-4000-8000-000000000000", w->again);
	c->envp[k++] = xasprintf("CPAUTO_TEST_SYNCED=%d", !(w->again && w->boot == BOOT_UNSYNCED));
	if (w->preload && !run->words)
		c->envp[k++] = xasprintf("LD_PRELOAD=%s", w->preload);
}

static void command_finish(struct command *c)
{
	for (size_t i = 0; c->argv[i]; i++)
		free(c->argv[i]);
	for (size_t i = 0; c->envp[i]; i++)
		free(c->envp[i]);
}

static int open_file(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	return fd;
}

static int open_in(const struct world *w, const struct world_run *run)
{
	return open_file(run->agent ? world_path(w, run->request) : "/dev/null", O_RDONLY);
}

static int open_out(const struct world *w, const struct world_run *run)
{
	return run->agent ? open_file(world_path(w, "answer"), O_WRONLY | O_CREAT | O_TRUNC)
			  : open_file(world_path(w, "log"), O_WRONLY | O_CREAT | O_APPEND);
}

void world_trace(struct world *w, const struct world_run *run, struct tracer_job *job,
	struct tracer_end *end)
{
	struct command c;
	CLEANUP_CLOSE int in = open_in(w, run);
	CLEANUP_CLOSE int out = open_out(w, run);
	command_init(&c, w, run);
	job->argv = c.argv;
	job->envp = c.envp;
	job->in = in;
	job->out = out;
	tracer_run(job, end);
	command_finish(&c);
	world_count(w);
}

int world_run(struct world *w, const struct world_run *run)
{
	struct command c;
	CLEANUP_CLOSE int in = open_in(w, run);
	CLEANUP_CLOSE int out = open_out(w, run);
	int status = -1;
	command_init(&c, w, run);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(in, 0);
		dup2(out, 1);
		dup2(out, 2);
		close_range(3, ~0u, 0);
		/* One that hangs ends by this; the tests' own clock is not shifted. */
		alarm(TRACER_SECONDS);
		execve(c.argv[0], c.argv, c.envp);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		die("%s: %s", c.argv[0], strerror(errno));
	command_finish(&c);
	world_count(w);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- the server ------------------------------------------------------------------- */

/* A line of its log: a call of the API counts, a picture does not. */
static void take_line(struct world *w, const char *line)
{
	struct value *v = NULL;
	if (!strstr(line, "\"/v2/") || json_parse(line, strlen(line), &v, NULL) < 0)
		return;
	if (w->call_count == WORLD_CALLS_MAX)
		w->call_count--; /* far more than any run makes: only when a log is skipped */
	w->calls[w->call_count++] = (struct world_call){
		.at_ms = value_get_int(v, "wall_ms", 0) + w->off_ms,
		.refused = !str_eq(value_get_string(v, "outcome", ""), "ok"),
	};
	value_free(v);
}

void world_count(struct world *w)
{
	struct world_server *s = &w->servers[w->server];
	char line[LINE_MAX_BYTES];
	FILE *f = fopen(s->log, "re");
	if (!f)
		return;
	if (fseek(f, s->read, SEEK_SET) < 0)
		die("%s: %s", s->log, strerror(errno));
	while (fgets(line, sizeof(line), f) && str_ends(line, "\n")) {
		take_line(w, line);
		s->read = ftell(f);
	}
	fclose(f);
}

void world_skip(struct world *w)
{
	size_t n = w->call_count;
	world_count(w);
	w->call_count = n;
}

void world_reset_server(struct world *w)
{
	static const char ask[] = "POST /_sandbox/reset HTTP/1.0\r\nContent-Length: 0\r\n\r\n";
	const char *colon = strrchr(w->servers[w->server].url, ':');
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int64_t port = 0;
	char got[4096];
	CLEANUP_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (!colon || parse_int64(colon + 1, 1, 65535, &port) < 0)
		die("%s: no port", w->servers[w->server].url);
	to.sin_port = htons((uint16_t)port);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ||
		write(fd, ask, sizeof(ask) - 1) < 0)
		die("the stand-in server: %s", strerror(errno));
	while (read(fd, got, sizeof(got)) > 0)
		;
}

size_t world_most(const struct world *w)
{
	size_t most = 0;
	for (size_t i = 0; i < w->call_count; i++) {
		size_t n = 0;
		for (size_t k = 0; k < w->call_count; k++)
			n += w->calls[k].at_ms >= w->calls[i].at_ms &&
			     w->calls[k].at_ms < w->calls[i].at_ms + WORLD_HOUR;
		most = n > most ? n : most;
	}
	return most;
}
