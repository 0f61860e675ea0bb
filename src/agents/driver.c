/* SPDX-License-Identifier: MIT */
#include "driver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "webdriver.h"

#define STEP_MS 50
#define TRIES 3
#define END_MS 3000 /* from SIGTERM to SIGKILL */

static int64_t boot_ms(void)
{
	struct instant now;

	clock_now(&now);
	return now.boot_ms;
}

/* A port that was free a moment ago: drivers take a number only. */
static int free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	CLEANUP_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) ||
			getsockname(fd, (struct sockaddr *)&a, &len))
		return -errno;
	return ntohs(a.sin_port);
}

/* In the child; says nothing to our own output, which is the answer. */
static void become(const struct driver_job *job, const char *port, pid_t parent)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char *argv[] = { (char *)(uintptr_t)job->path, (char *)(uintptr_t)port, NULL };

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL);
	if (getppid() != parent || null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
			dup2(null, 2) < 0)
		_exit(126);
	if (job->home)
		setenv("HOME", job->home, 1);
	for (const char *const *v = job->env; v && *v; v++)
		putenv((char *)(uintptr_t)*v);
	execv(job->path, argv);
	_exit(127);
}

/* 0 while it runs. */
static int has_ended(struct driver *d)
{
	if (waitpid(d->pid, NULL, WNOHANG) == 0)
		return 0;
	d->pid = 0;
	return -ECHILD;
}

static int wait_ready(struct driver *d, const struct driver_job *job, struct err *e)
{
	int64_t end = boot_ms() + job->timeout_ms;
	struct wd w;

	wd_init(&w, d->url, 1000);
	while (!has_ended(d)) {
		if (wd_ready(&w) == WD_OK)
			return 0;
		if (boot_ms() >= end)
			return err_set(e, -ETIMEDOUT, "%s did not get ready in time", job->path);
		poll(NULL, 0, STEP_MS);
	}
	return err_set(e, -ECHILD, "%s ended as soon as it was started: try it by hand",
		job->path);
}

static int start_once(struct driver *d, const struct driver_job *job, struct err *e)
{
	CLEANUP_FREE char *argument = NULL;
	pid_t parent = getpid();
	int port, r;

	d->pid = 0;
	if (access(job->path, X_OK))
		return err_set(e, -ENOENT, "%s is not there: install it (on Debian the package "
			"chromium-driver) or name another in \"driver\"", job->path);
	port = free_port();
	if (port < 0)
		return err_set(e, port, "no port for %s: %s", job->path, tr_errno(-port));
	argument = xasprintf("--port=%d", port);
	str_format_cut(d->url, sizeof(d->url), "http://127.0.0.1:%d", port);
	/* What the browser leaves behind becomes our child, to be found and ended. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	d->pid = fork();
	if (d->pid == 0)
		become(job, argument, parent);
	if (d->pid < 0) {
		r = -errno;
		d->pid = 0;
		return err_set(e, r, "%s cannot be started: %s", job->path, tr_errno(-r));
	}
	setpgid(d->pid, d->pid);
	r = wait_ready(d, job, e);
	if (r)
		driver_stop(d);
	return r;
}

int driver_start(struct driver *d, const struct driver_job *job, struct err *e)
{
	int r = -ECHILD;

	/* Another may have taken its port meanwhile: then it ends at once. */
	for (int i = 0; i < TRIES && r == -ECHILD; i++)
		r = start_once(d, job, e);
	return r;
}

static bool wait_end(pid_t pid, int64_t ms)
{
	for (int64_t end = boot_ms() + ms; boot_ms() < end; poll(NULL, 0, 10))
		if (waitpid(pid, NULL, WNOHANG) != 0)
			return true;
	return false;
}

/* Kills the children that we were given when their parents ended. True while there were any. */
static bool kill_children(void)
{
	CLEANUP_FREE char *path = xasprintf("/proc/self/task/%d/children", (int)getpid());
	CLEANUP_FREE char *list = NULL;
	size_t len;
	bool any = false;

	if (file_read(path, 1u << 16, &list, &len))
		return false;
	for (char *at = list; *at;) {
		long pid = strtol(at, &at, 10);

		if (pid > 1 && !kill((pid_t)pid, SIGKILL)) {
			any = true;
			waitpid((pid_t)pid, NULL, 0);
		}
		while (*at == ' ')
			at++;
	}
	return any;
}

void driver_stop(struct driver *d)
{
	if (d->pid > 0) {
		kill(d->pid, SIGTERM);
		if (!wait_end(d->pid, END_MS)) {
			kill(d->pid, SIGKILL);
			waitpid(d->pid, NULL, 0);
		}
		kill(-d->pid, SIGKILL);
		d->pid = 0;
		/* Each round may orphan the next generation. */
		for (int i = 0; i < 20 && kill_children(); i++)
			continue;
	}
}
