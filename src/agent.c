/* SPDX-License-Identifier: MIT */
#include "agent.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "guard.h"
#include "json.h"
#include "log.h"

/* How long what was killed may take to be gone before we stop waiting for it. */
#define GRACE_MS 5000

#define CHUNK 16384
/* Enough to empty a pipe of the largest size, 1 MiB: pipe(7). */
#define DRAIN_CHUNKS 64

/* Secrets and what is passed on: far more than anybody needs. */
#define ENV_MAX 64

enum slot { SLOT_IN, SLOT_OUT, SLOT_ERR, SLOT_TIMER, SLOT_GUARD, SLOT_COUNT };

/* Why we ended it; CAUSE_NONE: we did not. */
enum cause { CAUSE_NONE, CAUSE_TIME, CAUSE_SIZE, CAUSE_CANCEL };

struct agent {
	char *name, *path;
	int64_t timeout_ms;
	int epoll;
	int fds[SLOT_COUNT]; /* of SLOT_GUARD: never, it is the guard's */
	struct guard guard;
	char *request;
	size_t request_len, sent;
	struct buf answer;
	char line[AGENT_LINE_MAX + 1];
	size_t line_len;
	bool line_cut;
	int64_t lines;
	enum cause cause;
	bool over;
	struct agent_result result;
};

int agent_path(const char *dir, const char *name, char *buf, size_t size)
{
	if (str_empty(name) || name[0] == '.' || strchr(name, '/')) {
		if (size > 0)
			buf[0] = '\0';
		return -EINVAL;
	}
	return str_format(buf, size, "%s/%s", dir, name);
}

/* The environment */

/* The agent runs in another folder. */
static char *absolute(const char *path)
{
	CLEANUP_FREE char *here = path[0] == '/' ? NULL : getcwd(NULL, 0);

	return here ? xasprintf("%s/%s", here, path) : xstrdup(path);
}

static char *secret_entry(const char *secret)
{
	const char *equals = strchr(secret, '=');

	assert(equals);
	CLEANUP_FREE char *file = absolute(equals + 1);
	char *entry = xasprintf("CPAUTO_SECRET_%.*s=%s", (int)(equals - secret), secret, file);

	for (char *p = entry; *p != '='; p++)
		*p = isalnum((unsigned char)*p) ? (char)toupper((unsigned char)*p) : '_';
	return entry;
}

static bool is_passed_on(const char *entry)
{
	return str_starts(entry, "LANG=") || str_starts(entry, "LC_ALL=") ||
		str_starts(entry, "LC_MESSAGES=") || str_starts(entry, "LANGUAGE=") ||
		str_starts(entry, "TZ=") || str_starts(entry, "CPAUTO_TEST_") ||
		/* a folder's name: whose files in it may be readable to our group (util.h) */
		str_starts(entry, "CREDENTIALS_DIRECTORY=");
}

static void free_environment(char **env)
{
	for (char **p = env; *p; p++)
		free(*p);
	free(env);
}

static char **make_environment(const struct agent_job *job)
{
	char **env = xcalloc(ENV_MAX + 1, sizeof(*env));
	size_t n = 0;
	const char *path = getenv("PATH");

	env[n++] = xasprintf("PATH=%s", str_empty(path) ? "/usr/local/bin:/usr/bin:/bin" : path);
	for (const char *const *s = job->secrets; s && *s; s++) {
		assert(n < ENV_MAX);
		env[n++] = secret_entry(*s);
	}
	for (char **e = environ; *e && n < ENV_MAX; e++) {
		if (is_passed_on(*e))
			env[n++] = xstrdup(*e);
	}
	return env;
}

/* Descriptors */

static void close_slot(struct agent *a, enum slot slot)
{
	if (a->fds[slot] < 0)
		return;
	/* Closing is not enough: until the guard has closed its copy, it would go on waking us. */
	(void)epoll_ctl(a->epoll, EPOLL_CTL_DEL, a->fds[slot], NULL);
	close(a->fds[slot]);
	a->fds[slot] = -1;
}

static int watch(struct agent *a, enum slot slot, int fd)
{
	struct epoll_event ev = { .events = slot == SLOT_IN ? EPOLLOUT : EPOLLIN,
		.data = { .u32 = slot } };

	return epoll_ctl(a->epoll, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

static void arm(struct agent *a, int64_t ms)
{
	const struct itimerspec when = { .it_value = { .tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000 } };

	/* Fails for a descriptor or a time that is none only. */
	if (timerfd_settime(a->fds[SLOT_TIMER], 0, &when, NULL) < 0)
		abort();
}

/* Our end goes into SLOT and never blocks; *RET is the agent's end and does. */
static int make_channel(struct agent *a, enum slot slot, int *ret)
{
	int ends[2], ours = slot == SLOT_IN ? 1 : 0;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	a->fds[slot] = ends[ours];
	*ret = ends[1 - ours];
	if (fcntl(a->fds[slot], F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	return watch(a, slot, a->fds[slot]);
}

static int start_guard(struct agent *a, const struct agent_job *job)
{
	CLEANUP_CLOSE int in = -1;
	CLEANUP_CLOSE int out = -1;
	CLEANUP_CLOSE int err = -1;
	int r = make_channel(a, SLOT_IN, &in);

	if (r == 0)
		r = make_channel(a, SLOT_OUT, &out);
	if (r == 0)
		r = make_channel(a, SLOT_ERR, &err);
	if (r < 0)
		return r;
	char *argv[] = { a->name, NULL };
	char **env = make_environment(job);
	const struct guard_job guard = { .path = a->path, .argv = argv, .envp = env,
		.in = in, .out = out, .err = err };

	r = guard_start(&guard, &a->guard);
	free_environment(env);
	if (r < 0)
		return r;
	return watch(a, SLOT_GUARD, a->guard.notes);
}

static int set_up(struct agent *a, const struct agent_job *job)
{
	a->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (a->epoll < 0)
		return -errno;
	a->fds[SLOT_TIMER] = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (a->fds[SLOT_TIMER] < 0)
		return -errno;
	int r = watch(a, SLOT_TIMER, a->fds[SLOT_TIMER]);

	if (r < 0)
		return r;
	arm(a, a->timeout_ms);
	return start_guard(a, job);
}

struct value *agent_request(const char *op, struct value *config)
{
	struct value *v = value_new_object();
	value_set_int(v, "v", 1);
	value_set_string(v, "op", op);
	value_set(v, "config", config);
	return v;
}

int agent_start(const struct agent_job *job, struct agent **ret, struct err *e)
{
	assert(job->timeout_ms > 0);
	char *request = json_string(job->request, false);

	if (!request)
		return err_set(e, -E2BIG, "the request for agent '%s' is larger than %u MiB; "
			"make the post smaller", job->name, AGENT_TEXT_MAX >> 20);
	struct agent *a = xcalloc(1, sizeof(*a));

	a->name = xstrdup(job->name);
	a->path = absolute(job->path);
	a->timeout_ms = job->timeout_ms;
	a->request = request;
	a->request_len = strlen(request);
	buf_init(&a->answer, AGENT_TEXT_MAX);
	a->epoll = -1;
	for (int i = 0; i < SLOT_COUNT; i++)
		a->fds[i] = -1;
	guard_init(&a->guard);
	agent_result_init(&a->result);
	int r = set_up(a, job);

	if (r < 0) {
		err_set(e, r, "the agent '%s' could not be started: %s; it is tried again later",
			a->name, tr_errno(-r));
		agent_free(a);
		return r;
	}
	*ret = a;
	return 0;
}

int agent_fd(const struct agent *a)
{
	return a->epoll;
}

/* The log */

/* "<4>text" as sd-daemon(3) has it; what is worse than an error is one here. */
static enum log_level take_level(const char **text)
{
	const char *s = *text;

	if (s[0] != '<' || s[1] < '0' || s[1] > '7' || s[2] != '>')
		return LOG_LEVEL_INFO;
	*text += 3;
	return s[1] < '3' ? LOG_LEVEL_ERR : (enum log_level)(s[1] - '0');
}

static void end_line(struct agent *a)
{
	const char *text = a->line;
	size_t len = a->line_len;

	/* Not in the middle of a character: UTF-8 has at most three bytes after the first. */
	for (int i = 0; a->line_cut && i < 3 && len > 0 && (a->line[len] & 0xc0) == 0x80; i++)
		len--;
	a->line[len] = '\0';
	enum log_level level = take_level(&text);

	if (*text && ++a->lines <= AGENT_LINES_MAX)
		log_event(level, LOG_FIELDS(.event = EVENT_AGENT_SAID, .agent = a->name),
			"%s: %s%s", a->name, text,
			a->line_cut ? "…" : "");
	a->line_len = 0;
	a->line_cut = false;
}

static void take_log(struct agent *a, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n') {
			end_line(a);
		} else if (a->line_len < AGENT_LINE_MAX) {
			a->line[a->line_len++] = data[i] ? data[i] : '?';
		} else if (!a->line_cut) {
			/* Kept to see whether a character is cut in two here. */
			a->line[AGENT_LINE_MAX] = data[i];
			a->line_cut = true;
		}
	}
}

static void end_log(struct agent *a)
{
	if (a->line_len > 0)
		end_line(a);
	if (a->lines > AGENT_LINES_MAX)
		log_event(LOG_LEVEL_WARNING, LOG_FIELDS(.event = EVENT_AGENT_CUT, .agent = a->name),
			"%s: … %" PRId64 " more lines left out", a->name,
			a->lines - AGENT_LINES_MAX);
}

/* Talking */

static void end_now(struct agent *a, enum cause cause)
{
	if (a->cause == CAUSE_NONE)
		a->cause = cause;
	guard_cut(&a->guard);
	arm(a, GRACE_MS);
}

/* write() without a SIGPIPE, whatever the program does about that signal. */
static ssize_t write_quietly(int fd, const void *data, size_t len)
{
	const struct timespec now = { 0 };
	sigset_t pipe, old, pending;

	sigpending(&pending);
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	sigprocmask(SIG_BLOCK, &pipe, &old);
	ssize_t n = write(fd, data, len);
	int saved = errno;

	if (n < 0 && saved == EPIPE && !sigismember(&pending, SIGPIPE))
		sigtimedwait(&pipe, NULL, &now);
	sigprocmask(SIG_SETMASK, &old, NULL);
	errno = saved;
	return n;
}

static void send_request(struct agent *a)
{
	ssize_t n = write_quietly(a->fds[SLOT_IN], a->request + a->sent, a->request_len - a->sent);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		a->sent += (size_t)n;
	/* An agent may end its input early: EPIPE says nothing about its answer. */
	if (n < 0 || a->sent == a->request_len) {
		close_slot(a, SLOT_IN);
		free(a->request);
		a->request = NULL;
	}
}

/* False once there is nothing to read, for now or for ever. */
static bool receive(struct agent *a, enum slot slot)
{
	char data[CHUNK];

	if (a->fds[slot] < 0)
		return false;
	ssize_t n = read(a->fds[slot], data, sizeof(data));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		close_slot(a, slot);
		return false;
	}
	if (slot == SLOT_ERR) {
		take_log(a, data, (size_t)n);
		return true;
	}
	buf_add(&a->answer, data, (size_t)n);
	if (!buf_failed(&a->answer))
		return true;
	close_slot(a, SLOT_OUT);
	end_now(a, CAUSE_SIZE);
	return false;
}

/* The end */

static void PRINTF(3, 4) conclude(struct agent *a, enum agent_verdict verdict, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	agent_result_say(&a->result, a->name, verdict, fmt, ap);
	va_end(ap);
}

static void conclude_not_started(struct agent *a, int error)
{
	switch (error) {
	case ENOENT:
		if (access(a->path, F_OK) == 0)
			conclude(a, AGENT_BROKEN,
				"cannot run: the interpreter that the first line of "
				"%s names is not there; install it or correct that line",
				a->path);
		else
			conclude(a, AGENT_BROKEN,
				"is not there: no %s; install it or correct the name", a->path);
		break;
	case EACCES:
	case EPERM:
		conclude(a, AGENT_BROKEN, "may not be executed: make %s a program that everybody "
			"may run (chmod 755)", a->path);
		break;
	case ENOEXEC:
		conclude(a, AGENT_BROKEN, "is no program: %s needs a first line such as #!/bin/sh, "
			"or to be built for this machine", a->path);
		break;
	case ESRCH: /* the guard was killed before the program began (guard.c) */
	case EAGAIN:
	case ENOMEM:
	case EMFILE:
	case ENFILE:
	case ETXTBSY:
	case EIO:
		conclude(a, AGENT_LATER, "could not be started for now: %s", tr_errno(error));
		break;
	default:
		conclude(a, AGENT_BROKEN, "could not be started: %s: %s; repair or reinstall it",
			a->path, tr_errno(error));
	}
}

static void conclude_ended_by_us(struct agent *a)
{
	char wait[32];

	switch (a->cause) {
	case CAUSE_TIME:
		a->result.timed_out = true;
		format_wait(a->timeout_ms, wait, sizeof(wait));
		conclude(a, AGENT_UNKNOWN, "did not answer within %s and was ended", wait);
		break;
	case CAUSE_SIZE:
		conclude(a, AGENT_UNKNOWN, "answered with more than %u MiB and was ended",
			AGENT_TEXT_MAX >> 20);
		break;
	default:
		conclude(a, AGENT_UNKNOWN,
			"was ended before it answered, because cpauto is stopping");
	}
}

static void conclude_ended(struct agent *a, int status)
{
	bool clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;

	/* What ended well at the last moment, ended well. */
	if (a->cause == CAUSE_SIZE || (a->cause != CAUSE_NONE && !clean)) {
		conclude_ended_by_us(a);
		return;
	}
	if (!agent_result_read(&a->result, a->name, buf_cstr(&a->answer), a->answer.len) && clean)
		return;
	if (WIFSIGNALED(status)) {
		const char *name = sigabbrev_np(WTERMSIG(status));

		conclude(a, AGENT_UNKNOWN, "was killed by signal %d (SIG%s)", WTERMSIG(status),
			name ? name : "?");
	} else if (!clean) {
		conclude(a, AGENT_UNKNOWN, "failed with exit status %d", WEXITSTATUS(status));
	}
}

static void finish(struct agent *a)
{
	/* All that could write is dead; a bound all the same. */
	for (int i = 0; i < DRAIN_CHUNKS && receive(a, SLOT_OUT); i++)
		;
	for (int i = 0; i < DRAIN_CHUNKS && receive(a, SLOT_ERR); i++)
		;
	end_log(a);
	struct guard_end end = guard_take(&a->guard);

	if (end.outcome == GUARD_NOT_STARTED)
		conclude_not_started(a, end.code);
	else if (end.outcome == GUARD_ENDED)
		conclude_ended(a, end.code);
	else if (a->cause != CAUSE_NONE)
		conclude_ended_by_us(a);
	else
		conclude(a, AGENT_UNKNOWN, "was lost: the process that watches over it was killed");
	guard_finish(&a->guard);
	for (int i = 0; i < SLOT_COUNT; i++)
		close_slot(a, (enum slot)i);
	a->over = true;
}

static void on_timer(struct agent *a)
{
	uint64_t count;

	if (read(a->fds[SLOT_TIMER], &count, sizeof(count)) < 0)
		return;
	if (a->guard.lifeline >= 0)
		end_now(a, CAUSE_TIME);
	else
		/* Killed, and not gone yet: something hangs in the kernel. */
		finish(a);
}

static void on_event(struct agent *a, enum slot slot)
{
	switch (slot) {
	case SLOT_IN:
		send_request(a);
		break;
	case SLOT_OUT:
	case SLOT_ERR:
		receive(a, slot);
		break;
	case SLOT_TIMER:
		on_timer(a);
		break;
	default:
		if (guard_over(&a->guard))
			finish(a);
	}
}

bool agent_dispatch(struct agent *a)
{
	struct epoll_event events[SLOT_COUNT];
	int n = a->over ? 0 : epoll_wait(a->epoll, events, SLOT_COUNT, 0);

	for (int i = 0; i < n && !a->over; i++) {
		enum slot slot = (enum slot)events[i].data.u32;

		/* One before it in this round may have closed it. */
		if (slot == SLOT_GUARD || a->fds[slot] >= 0)
			on_event(a, slot);
	}
	return a->over;
}

void agent_cancel(struct agent *a)
{
	if (!a->over)
		end_now(a, CAUSE_CANCEL);
}

void agent_take_result(struct agent *a, struct agent_result *ret)
{
	assert(a->over);
	*ret = a->result;
	agent_result_init(&a->result);
}

void agent_free(struct agent *a)
{
	if (!a)
		return;
	guard_finish(&a->guard);
	for (int i = 0; i < SLOT_COUNT; i++)
		close_slot(a, (enum slot)i);
	if (a->epoll >= 0)
		close(a->epoll);
	buf_finish(&a->answer);
	agent_result_finish(&a->result);
	free(a->request);
	free(a->name);
	free(a->path);
	free(a);
}

void agent_run(const struct agent_job *job, struct agent_result *ret)
{
	struct agent *a;
	struct err e;

	agent_result_init(ret);
	if (agent_start(job, &a, &e) < 0) {
		ret->verdict = AGENT_LATER;
		ret->reason = xstrdup(e.text);
		return;
	}
	struct pollfd ready = { .fd = agent_fd(a), .events = POLLIN };

	while (!agent_dispatch(a))
		poll(&ready, 1, -1);
	agent_take_result(a, ret);
	agent_free(a);
}
