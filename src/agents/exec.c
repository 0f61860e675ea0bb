/* SPDX-License-Identifier: MIT */

/*
 * The publisher "exec": a program of the owner's, wherever it lies, that speaks
 * the contract of cpauto-agent(7). It gets the request as it came, without
 * 'program' and 'args'; its standard error is ours; its answer is looked at and
 * passed on.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "json.h"
#include "kit.h"

#define ARGS_MAX 64
#define CHUNK 16384
/* Enough to empty a pipe of the largest size, 1 MiB: pipe(7). */
#define DRAIN_CHUNKS 64

struct child {
	char *request;
	size_t len, sent;
	struct buf answer;
	pid_t pid;
	int in, out, watch; /* pidfd */
	int status;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void child_finish(struct child *c)
{
	close_fd(&c->in);
	close_fd(&c->out);
	close_fd(&c->watch);
	buf_finish(&c->answer);
	free(c->request);
}

/* May only root and we change what is there? */
static bool is_ours(const struct stat *st)
{
	return (st->st_uid == 0 || st->st_uid == geteuid()) &&
		(st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static int check_file(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_set(e, -errno, "the program %s: %s", path, tr_errno(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(e, -EINVAL, "the program %s is no file", path);
	if (!is_ours(&st))
		return err_set(e, -EPERM, "the program %s can be changed by others: it must belong "
			"to root or to the user that cpautod runs as; chmod go-w %s", path, path);
	if (access(path, X_OK) < 0)
		return err_set(e, -EACCES, "the program %s may not be executed: chmod 755 %s", path,
			path);
	return 0;
}

/* Who may write to a folder can put another file there; not where the sticky bit is set. */
static int check_folder(const char *path, struct err *e)
{
	CLEANUP_FREE char *copy = xstrdup(path);
	const char *dir = dirname(copy);
	struct stat st;

	if (stat(dir, &st) < 0)
		return err_set(e, -errno, "the folder %s: %s", dir, tr_errno(errno));
	if (!is_ours(&st) && !(st.st_mode & S_ISVTX))
		return err_set(e, -EPERM, "the folder %s can be changed by others: chmod go-w %s, "
			"or put the program elsewhere", dir, dir);
	return 0;
}

/* *RET: the program's path without links, the caller's. 0 or negative errno. */
static int find_program(const struct value *config, char **ret, struct err *e)
{
	const char *name = value_get_string(config, "program", "");
	char *path;
	int r;

	if (name[0] != '/')
		return err_set(e, -EINVAL, "name your program with its whole path: "
			"program = \"/usr/local/bin/my-blog\"");
	path = realpath(name, NULL);
	if (!path)
		return err_set(e, -errno, "the program %s: %s; install it or correct 'program'",
			name, tr_errno(errno));
	r = check_file(path, e);
	if (!r)
		r = check_folder(path, e);
	if (r)
		free(path);
	else
		*ret = path;
	return r;
}

/* argv[0] is the program; strings belong to CONFIG. 0 or -EINVAL. */
static int read_args(const struct value *config, char *path, char *argv[ARGS_MAX + 2],
	struct err *e)
{
	const struct value *args = value_get(config, "args");
	size_t n = value_len(args);

	if (args && (value_kind(args) != VALUE_LIST || n > ARGS_MAX))
		return err_set(e, -EINVAL, "args is a list of at most %d texts: "
			"args = [ \"--blog\", \"2\" ]", ARGS_MAX);
	argv[0] = path;
	for (size_t i = 0; i < n; i++) {
		const char *text = value_string(value_at(args, i), NULL);

		if (!text)
			return err_set(e, -EINVAL, "args: number %zu is no text; put it in quotes",
				i + 1);
		/* posix_spawn() takes what is not const and leaves it as it is. */
		argv[i + 1] = (char *)(uintptr_t)text;
	}
	argv[n + 1] = NULL;
	return 0;
}

static char *make_request(const struct value *request)
{
	struct value *copy = value_copy(request);
	struct value *config = value_copy(value_get(request, "config"));
	char *text;

	value_remove(config, "program");
	value_remove(config, "args");
	value_set(copy, "config", config);
	text = json_string(copy, false);
	value_free(copy);
	return text;
}

static int start(struct child *c, char *const argv[])
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, r;

	if (pipe2(in, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(out, O_CLOEXEC) < 0) {
		r = -errno;
		close(in[0]);
		close(in[1]);
		return r;
	}
	r = kit_spawn(argv, in[0], out[1], &c->pid);
	close(in[0]);
	close(out[1]);
	c->in = in[1];
	c->out = out[0];
	if (r)
		return r;
	c->watch = (int)syscall(SYS_pidfd_open, c->pid, 0);
	if (c->watch < 0 || fcntl(c->in, F_SETFL, O_NONBLOCK) < 0 ||
			fcntl(c->out, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

static void feed(struct child *c)
{
	ssize_t n = write(c->in, c->request + c->sent, c->len - c->sent);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		c->sent += (size_t)n;
	/* A program may end its input early: that says nothing about its answer. */
	if (n < 0 || c->sent == c->len)
		close_fd(&c->in);
}

/* False when there is nothing more to read, for now or for ever. */
static bool take(struct child *c)
{
	char data[CHUNK];
	ssize_t n = c->out < 0 ? 0 : read(c->out, data, sizeof(data));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		close_fd(&c->out);
		return false;
	}
	buf_add(&c->answer, data, (size_t)n);
	if (buf_failed(&c->answer))
		close_fd(&c->out);
	return !buf_failed(&c->answer);
}

/*
 * Until the program has ended; what it left behind may hold the pipe for ever,
 * so the pipe's end is not waited for. Our own time is cpautod's to watch.
 */
static void talk(struct child *c)
{
	struct pollfd fds[3] = { { .fd = -1 } };

	do {
		fds[0] = (struct pollfd){ .fd = c->in, .events = POLLOUT };
		fds[1] = (struct pollfd){ .fd = c->out, .events = POLLIN };
		fds[2] = (struct pollfd){ .fd = c->watch, .events = POLLIN };
		if (poll(fds, ARRAY_LEN(fds), -1) < 0)
			continue;
		if (fds[0].revents)
			feed(c);
		if (fds[1].revents)
			take(c);
	} while (!fds[2].revents);
	waitpid(c->pid, &c->status, 0);
	for (int i = 0; i < DRAIN_CHUNKS && take(c); i++)
		;
}

static bool is_result(const char *word)
{
	static const char *const words[] = { "ok", "later", "unknown", "refused", "broken",
		"blocked" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_eq(word, words[i]))
			return true;
	return false;
}

static void copy_members(const struct value *from, struct value *answer)
{
	for (size_t i = 0; i < value_len(from); i++)
		value_set(answer, value_name_at(from, i), value_copy(value_member_at(from, i)));
}

/* What the program made of it. It ran, so what is not clear is unknown. */
static void judge(const struct child *c, const char *path, struct value *answer)
{
	struct value *v = NULL;
	struct err e = { "" };

	if (WIFSIGNALED(c->status))
		kit_unknown(answer, "%s was killed by signal %d", path, WTERMSIG(c->status));
	else if (WEXITSTATUS(c->status))
		kit_unknown(answer, "%s failed with exit status %d", path, WEXITSTATUS(c->status));
	else if (buf_failed(&c->answer))
		kit_unknown(answer, "%s answered with more than %u MiB", path, JSON_TEXT_MAX >> 20);
	else if (!c->answer.len)
		kit_unknown(answer, "%s ended without an answer", path);
	else if (json_parse(buf_cstr(&c->answer), c->answer.len, &v, &e))
		kit_unknown(answer, "the answer of %s cannot be read: %.200s", path, e.text);
	else if (value_get_int(v, "v", 0) != 1 ||
			!is_result(value_get_string(v, "result", NULL)))
		kit_unknown(answer, "the answer of %s has no \"v\": 1 or no known \"result\" "
			"(cpauto-agent(7))", path);
	else
		copy_members(v, answer);
	value_free(v);
}

static void say_not_started(const char *path, int r, struct value *answer)
{
	switch (-r) {
	case EAGAIN:
	case ENOMEM:
	case EMFILE:
	case ENFILE:
	case ETXTBSY:
		kit_later(answer, 60, "%s could not be started for now: %s", path, tr_errno(-r));
		break;
	case E2BIG:
		kit_refused(answer, "the request is too large for %s", path);
		break;
	default:
		kit_broken(answer, "%s could not be started: %s; a script needs a first line such "
			"as #!/bin/sh and the program that it names", path, tr_errno(-r));
	}
}

static void run(const struct value *request, char *const argv[], struct value *answer)
{
	struct child c = { .in = -1, .out = -1, .watch = -1 };
	int r;

	buf_init(&c.answer, JSON_TEXT_MAX);
	c.request = make_request(request);
	c.len = c.request ? strlen(c.request) : 0;
	r = c.request ? start(&c, argv) : -E2BIG;
	if (r && c.pid) {
		kit_unknown(answer, "%s was started but cannot be watched: %s", argv[0],
			tr_errno(-r));
	} else if (r) {
		say_not_started(argv[0], r, answer);
	} else {
		talk(&c);
		judge(&c, argv[0], answer);
	}
	child_finish(&c);
}

/* Every operation: which there are is the program's affair. */
static void op_any(const struct value *request, struct value *answer)
{
	const struct value *config = value_get(request, "config");
	CLEANUP_FREE char *path = NULL;
	char *argv[ARGS_MAX + 2];
	struct err e = { "" };

	if (find_program(config, &path, &e) || read_args(config, path, argv, &e))
		kit_broken(answer, "%s", e.text);
	else
		run(request, argv, answer);
}

int main(int argc, char **argv)
{
	static const struct kit_op ops[] = {
		{ "publish", op_any },
		{ "find", op_any },
		{ "notify", op_any },
		{ "replies", op_any },
		{ "check", op_any },
		{ "describe", op_any },
	};

	return kit_main(argc, argv, "exec", ops, ARRAY_LEN(ops));
}
