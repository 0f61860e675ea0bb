/* SPDX-License-Identifier: MIT */
#include "workshop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "clock.h"
#include "json.h"

/* Fills in OUT, an object; runs in the child. */
typedef void work_fn(const void *job, struct value *out);

static _Noreturn void child(int fd, work_fn *fn, const void *job)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	struct value *out = value_new_object();
	fn(job, out);
	char *text = json_string(out, false);
	int code = EX_DATAERR;
	if (text)
		code = fd_write_all(fd, text, strlen(text)) < 0 ? EX_OSERR : EX_OK;
	free(text); /* for those who look for leaks */
	value_free(out);
	_exit(code);
}

static int64_t now_ms(void)
{
	struct instant now;
	clock_now(&now);
	return now.boot_ms;
}

/* All that the child says, until it closes its end. */
static int listen_to(int fd, struct buf *text)
{
	int64_t end = now_ms() + WORKSHOP_MS;
	for (;;) {
		char piece[16384];
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = end - now_ms();
		int r = left > 0 ? poll(&p, 1, (int)left) : 0;
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? -EAGAIN : -ETIMEDOUT;
		ssize_t n = read(fd, piece, sizeof(piece));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -EAGAIN;
		if (n == 0)
			return buf_failed(text) ? -E2BIG : 0;
		buf_add(text, piece, (size_t)n);
	}
}

/* -EAGAIN: it was killed, and by SIGKILL no fault of its own is punished. */
static int reap(pid_t pid)
{
	int status;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return -EAGAIN;
	if (!WIFEXITED(status))
		return -EIO;
	/* Out of memory ends so too (util.h). */
	return WEXITSTATUS(status) == EX_OK ? 0 : WEXITSTATUS(status) == EX_OSERR ? -EAGAIN : -EIO;
}

/* Is it the machine that could not, and not this post that is too much? */
static bool is_weather(int r)
{
	return r != -EIO && r != -ETIMEDOUT && r != -E2BIG;
}

static int failed(int r, struct err *e)
{
	if (is_weather(r))
		return err_set(e, -EAGAIN, "rendering could not be done now (%s): memory, "
			"processes or descriptors are short; it is tried again", tr_errno(-r));
	return err_set(e, r, "rendering failed (%s); its template or its answer is more than it "
		"can take", tr_errno(-r));
}

static int try_apart(work_fn *fn, const void *job, struct value **ret, struct err *e)
{
	int fds[2];
	if (pipe2(fds, O_CLOEXEC) < 0)
		return failed(-errno, e);
	pid_t pid = fork();
	if (pid == 0) {
		close(fds[0]);
		child(fds[1], fn, job);
	}
	close(fds[1]);
	int r = pid < 0 ? -errno : 0;
	struct buf text;
	buf_init(&text, JSON_TEXT_MAX);
	if (r == 0) {
		r = listen_to(fds[0], &text);
		if (r < 0)
			(void)kill(pid, SIGKILL);
		int end = reap(pid);
		r = r < 0 ? r : end;
	}
	close(fds[0]);
	/* Our own child wrote it whole: what cannot be read is for want of memory. */
	if (r == 0 && json_parse(buf_cstr(&text), text.len, ret, NULL) < 0)
		r = -ENOMEM;
	buf_finish(&text);
	return r < 0 ? failed(r, e) : 0;
}

/* What the machine killed for want of memory gets a second try; the post is not to blame. */
static int work_apart(work_fn *fn, const void *job, struct value **ret, struct err *e)
{
	int r = try_apart(fn, job, ret, e);
	return r == -EAGAIN ? try_apart(fn, job, ret, e) : r;
}

static int work(bool apart, work_fn *fn, const void *job, struct value **ret, struct err *e)
{
	if (apart)
		return work_apart(fn, job, ret, e);
	*ret = value_new_object();
	fn(job, *ret);
	return 0;
}

/* ---- the three kinds of work ------------------------------------------------------ */

struct render_job {
	const struct render_templates *templates;
	const struct render_input *in;
};

static void do_render(const void *job, struct value *out)
{
	const struct render_job *j = job;
	struct value *post = NULL;
	struct err e = { "" };
	int r = render_post(j->templates, j->in, &post, &e);
	value_set_int(out, "r", r);
	if (r == 0)
		value_set(out, "post", post);
	else
		value_set_string(out, "error", e.text);
}

int workshop_render(bool apart, const struct render_templates *t, const struct render_input *in,
	struct value **ret, struct err *e)
{
	struct render_job job = { .templates = t, .in = in };
	struct value *out = NULL;
	int r = work(apart, do_render, &job, &out, e);
	if (r < 0)
		return r;
	r = (int)value_get_int(out, "r", -EIO);
	if (r == 0)
		*ret = value_copy(value_get(out, "post"));
	else
		err_set(e, r, "%s", value_get_string(out, "error", _("it cannot be rendered")));
	value_free(out);
	return r;
}

static void do_gates(const void *job, struct value *out)
{
	struct gates_report report;
	value_set_bool(out, "pass", gates_check(job, &report));
	for (size_t i = 0; i < report.count; i++) {
		const struct gates_result *g = &report.results[i];
		if (g->pass)
			continue;
		char *line = xasprintf(
			"%s: %s%s%s", tr(g->rule), g->reason,
			g->remedy[0] ? "; " : "", tr(g->remedy));
		value_set_string(out, "error", line);
		free(line);
		return;
	}
}

int workshop_gates(bool apart, const struct gates_input *in, struct err *e)
{
	struct value *out = NULL;
	int r = work(apart, do_gates, in, &out, e);
	if (r < 0)
		return r;
	if (!value_get_bool(out, "pass", false))
		r = err_set(e, -EPERM, "%s", value_get_string(out, "error", _("a gate is shut")));
	value_free(out);
	return r;
}

struct check_job {
	const struct render_templates *templates;
	const struct config_list *lists;
	size_t n;
	int64_t now_ms;
};

static void do_check(const void *job, struct value *out)
{
	const struct check_job *j = job;
	struct value *errors = value_new_list();
	value_set_int(out, "r", render_check(j->templates, j->lists, j->n, j->now_ms, errors));
	value_set(out, "errors", errors);
}

int workshop_check(bool apart, const struct render_templates *t, const struct config_list *lists,
	size_t n, int64_t now_ms_wall, struct value *errors)
{
	struct check_job job = { .templates = t, .lists = lists, .n = n, .now_ms = now_ms_wall };
	struct value *out = NULL;
	struct err e;
	int r = work(apart, do_check, &job, &out, &e);
	if (r < 0) {
		value_append(errors, value_new_string(e.text));
		return r;
	}
	const struct value *lines = value_get(out, "errors");
	for (size_t i = 0; i < value_len(lines); i++)
		value_append(errors, value_copy(value_at(lines, i)));
	r = (int)value_get_int(out, "r", -EIO);
	value_free(out);
	return r;
}
