/* SPDX-License-Identifier: MIT */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long guard_finish() waits for what was killed to be gone. */
#define PATIENCE_MS 2000

/* Between two looks at children that were killed and are not gone yet. */
#define LOOK_MS 5

/* What the guard and the program write to us; whole, being shorter than PIPE_BUF. */
struct note {
	int outcome;
	int code;
};

void guard_init(struct guard *g)
{
	*g = (struct guard){ .pid = -1, .lifeline = -1, .notes = -1, .outcome = GUARD_LOST };
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/*
 * From here to guard_main() all runs between fork and exec: only calls that
 * are async-signal-safe, and no memory from the heap.
 */
static void send_note(int fd, int outcome, int code)
{
	const struct note n = { outcome, code };
	/* If nobody reads it, nobody wants to know. */
	ssize_t r = write(fd, &n, sizeof(n));

	(void)r;
}

static void close_range_between(int first, int last)
{
	if (first <= last)
		close_range((unsigned)first, (unsigned)last, 0);
}

/* Closes all but A and B. */
static void close_all_but(int a, int b)
{
	int low = a < b ? a : b, high = a < b ? b : a;

	close_range_between(0, low - 1);
	close_range_between(low + 1, high - 1);
	close_range((unsigned)high + 1, ~0u, 0);
}

static void reset_signals(void)
{
	const struct sigaction fresh = { .sa_handler = SIG_DFL };
	sigset_t none;

	/* Fails for SIGKILL, SIGSTOP and the C library's own: those need none. */
	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &fresh, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the program's process; comes back only with the errno of a failure. */
static int become(const struct guard_job *job, pid_t guard)
{
	/* Copies first: one of the three may lie where another is to go. */
	int in = fcntl(job->in, F_DUPFD_CLOEXEC, 3);
	int out = fcntl(job->out, F_DUPFD_CLOEXEC, 3);
	int err = fcntl(job->err, F_DUPFD_CLOEXEC, 3);

	setpgid(0, 0);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return errno;
	/* The guard may have gone before that was set. */
	if (getppid() != guard)
		return ESRCH;
	if (in < 0 || out < 0 || err < 0 || dup2(in, STDIN_FILENO) < 0 ||
		dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0)
		return errno;
	/* The notes stay open until exec succeeds. */
	if (close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) < 0 || chdir("/") < 0)
		return errno;
	umask(077);
	/* Agents hold secrets, and of whatever kind they are: no core of them. */
	setrlimit(RLIMIT_CORE, &(const struct rlimit){ 0, 0 });
	reset_signals();
	execve(job->path, job->argv, job->envp);
	return errno;
}

/* Kills every process that is a child of ours at this moment. */
static void kill_children(void)
{
	int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	char text[1024];
	ssize_t n;
	pid_t pid = 0;

	if (fd < 0)
		return;
	/* Decimal numbers, a space after each; one may go over the border of a read. */
	while ((n = read(fd, text, sizeof(text))) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (text[i] >= '0' && text[i] <= '9') {
				pid = pid * 10 + (text[i] - '0');
				continue;
			}
			if (pid > 1)
				kill(pid, SIGKILL);
			pid = 0;
		}
	}
	close(fd);
}

/*
 * Kills and reaps until no child is left; those of a killed one become ours
 * and have their turn. Returns the status of PROGRAM.
 */
static int kill_all(pid_t program)
{
	int status, ret = 0;

	/* Nobody has reaped the program yet, so this group is its and no other. */
	kill(-program, SIGKILL);
	for (;;) {
		kill_children();
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid == program)
			ret = status;
		if (pid < 0 && errno == ECHILD)
			return ret;
		/* The kernel's list may miss one while another leaves: look again. */
		if (pid == 0)
			poll(NULL, 0, LOOK_MS);
	}
}

static void on_child(int sig UNUSED)
{
}

static bool has_ended(pid_t pid)
{
	siginfo_t info = { .si_pid = 0 };

	/* It stays a zombie, so that its number stays its own. */
	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
		info.si_pid == pid;
}

/* SIGCHLD comes through during the wait only, so none is missed. */
static void wait_for_either(pid_t pid, int lifeline)
{
	struct pollfd life = { .fd = lifeline };
	sigset_t mask;

	sigfillset(&mask);
	sigdelset(&mask, SIGCHLD);
	while (!has_ended(pid) && ppoll(&life, 1, NULL, &mask) <= 0)
		;
}

static _Noreturn void guard_main(const struct guard_job *job, int lifeline, int notes)
{
	const struct sigaction wake = { .sa_handler = on_child };
	pid_t self = getpid();

	/* All signals stay blocked: an interrupt from the terminal is not for us. */
	setpgid(0, 0);
	sigaction(SIGCHLD, &wake, NULL);
	prctl(PR_SET_NAME, "cpauto-guard");
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) {
		send_note(notes, GUARD_NOT_STARTED, errno);
		_exit(1);
	}
	pid_t pid = fork();

	if (pid == 0) {
		send_note(notes, GUARD_NOT_STARTED, become(job, self));
		_exit(127);
	}
	if (pid < 0) {
		send_note(notes, GUARD_NOT_STARTED, errno);
		_exit(1);
	}
	setpgid(pid, pid);
	close_all_but(lifeline, notes);
	wait_for_either(pid, lifeline);
	send_note(notes, GUARD_ENDED, kill_all(pid));
	_exit(0);
}

/* A pipe with both ends above the three standard files, whether those are open or not. */
static int make_pipe(int ends[2])
{
	int low[2];

	if (pipe2(low, O_CLOEXEC) < 0)
		return -errno;
	int r = 0;

	for (int i = 0; i < 2; i++) {
		ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, 3);
		if (ends[i] < 0)
			r = -errno;
		close(low[i]);
	}
	if (r < 0) {
		close_fd(&ends[0]);
		close_fd(&ends[1]);
	}
	return r;
}

static int fork_guard(const struct guard_job *job, struct guard *g, int lifeline, int notes)
{
	sigset_t all, old;

	/* So that no handler of ours runs in the guard. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	g->pid = fork();
	int r = g->pid < 0 ? -errno : 0;

	if (g->pid == 0) {
		/* Else the guard itself would keep the lifeline up. */
		close(g->lifeline);
		close(g->notes);
		guard_main(job, lifeline, notes);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return r;
}

int guard_start(const struct guard_job *job, struct guard *ret)
{
	int life[2] = { -1, -1 }, notes[2] = { -1, -1 };

	guard_init(ret);
	int r = make_pipe(life);

	if (r < 0)
		return r;
	r = make_pipe(notes);
	if (r < 0)
		goto finish;
	ret->lifeline = life[1];
	ret->notes = notes[0];
	r = fcntl(notes[0], F_SETFL, O_NONBLOCK) < 0 ? -errno :
		fork_guard(job, ret, life[0], notes[1]);
finish:
	close_fd(&life[0]);
	close_fd(&notes[1]);
	if (ret->lifeline < 0)
		close_fd(&life[1]);
	if (r < 0)
		guard_finish(ret);
	return r;
}

void guard_cut(struct guard *g)
{
	close_fd(&g->lifeline);
}

bool guard_over(struct guard *g)
{
	struct note n;
	ssize_t len;

	while ((len = read(g->notes, &n, sizeof(n))) == (ssize_t)sizeof(n)) {
		/* That it could not be executed comes first and says more than the rest. */
		if (g->outcome != GUARD_LOST)
			continue;
		g->outcome = n.outcome;
		g->code = n.code;
	}
	/*
	 * Only the guard has the other end once the program was executed. What
	 * cannot be read will not be read better: it counts as the end.
	 */
	return len == 0 || (len < 0 && errno != EAGAIN && errno != EINTR);
}

struct guard_end guard_take(const struct guard *g)
{
	return (struct guard_end){ (enum guard_outcome)g->outcome, g->code };
}

/* Waits until it is over, but not for ever. */
static bool wait_until_over(struct guard *g)
{
	struct pollfd note = { .fd = g->notes, .events = POLLIN };

	while (!guard_over(g)) {
		int r = poll(&note, 1, PATIENCE_MS);

		if (r == 0 || (r < 0 && errno != EINTR))
			return false;
	}
	return true;
}

void guard_finish(struct guard *g)
{
	if (!g)
		return;
	guard_cut(g);
	if (g->pid > 0) {
		if (!wait_until_over(g))
			kill(g->pid, SIGKILL);
		while (waitpid(g->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close_fd(&g->notes);
	guard_init(g);
}
