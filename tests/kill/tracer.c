/* SPDX-License-Identifier: MIT */
#include "tracer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util.h"

#define TASKS_MAX 256
#define NUMBERS_MAX 512

struct task {
	pid_t pid;
	char name[TRACER_NAME_MAX]; /* "" until its parent told of it */
	unsigned forks;
	unsigned counts[NUMBERS_MAX];
	bool held; /* its first stop came before its parent told of it */
};

struct tracer {
	const struct tracer_job *job;
	struct tracer_end *end;
	struct task tasks[TASKS_MAX];
	size_t count;
	pid_t main;
	bool let_go; /* nothing more is to be seen: whoever stops is let go */
};

static volatile sig_atomic_t alarmed;

static void on_alarm(int sig)
{
	(void)sig;
	alarmed = 1;
}

static void set_alarm(unsigned seconds)
{
	const struct sigaction act = { .sa_handler = on_alarm };
	sigaction(SIGALRM, &act, NULL);
	alarmed = 0;
	alarm(seconds);
}

/* ---- the names of calls ----------------------------------------------------------- */

/* Those that can be seen from outside; of all others only the number is told. */
static const struct {
	long nr;
	const char *name;
	bool shows;
} calls[] = {
#define SHOWS(n) { SYS_##n, #n, true }
#define HIDES(n) { SYS_##n, #n, false }
	SHOWS(write), SHOWS(pwrite64), SHOWS(writev), SHOWS(fsync), SHOWS(fdatasync),
	SHOWS(ftruncate), SHOWS(fallocate), SHOWS(openat), SHOWS(mkdirat), SHOWS(renameat),
	SHOWS(renameat2), SHOWS(unlinkat), SHOWS(linkat), SHOWS(symlinkat), SHOWS(fchmod),
	SHOWS(fchmodat), SHOWS(fchown), SHOWS(clone), SHOWS(execve),
	SHOWS(kill), SHOWS(sendto), SHOWS(sendmsg), SHOWS(connect), SHOWS(bind), SHOWS(shutdown),
	SHOWS(exit_group),
#ifdef SYS_open
	SHOWS(open), SHOWS(mkdir), SHOWS(rename), SHOWS(unlink), SHOWS(rmdir), SHOWS(chmod),
	SHOWS(fork), SHOWS(vfork), HIDES(access), HIDES(poll), HIDES(epoll_wait), HIDES(stat),
	HIDES(readlink), HIDES(getdents),
#endif
#ifdef SYS_clone3
	SHOWS(clone3),
#endif
	HIDES(fcntl), HIDES(flock), HIDES(prctl), HIDES(read), HIDES(wait4), HIDES(waitid),
	HIDES(close), HIDES(mmap), HIDES(munmap), HIDES(mprotect), HIDES(brk), HIDES(pread64),
	HIDES(fstat), HIDES(newfstatat), HIDES(lseek), HIDES(epoll_pwait), HIDES(epoll_ctl),
	HIDES(epoll_create1), HIDES(pipe2), HIDES(dup), HIDES(dup3), HIDES(getpid), HIDES(geteuid),
	HIDES(rt_sigaction), HIDES(rt_sigprocmask), HIDES(rt_sigpending), HIDES(clock_adjtime),
	HIDES(madvise), HIDES(timerfd_create), HIDES(timerfd_settime), HIDES(signalfd4),
	HIDES(socket), HIDES(setsockopt), HIDES(getsockopt), HIDES(getsockname), HIDES(recvfrom),
	HIDES(recvmsg), HIDES(ppoll), HIDES(getrandom), HIDES(getcwd), HIDES(umask), HIDES(futex),
	HIDES(prlimit64), HIDES(set_tid_address), HIDES(set_robust_list), HIDES(rseq),
	HIDES(readlinkat), HIDES(getdents64), HIDES(faccessat), HIDES(setpgid), HIDES(close_range),
	HIDES(statfs), HIDES(fstatfs), HIDES(uname), HIDES(sysinfo), HIDES(nanosleep),
};

static size_t call_index(long nr)
{
	size_t i = 0;
	while (i < ARRAY_LEN(calls) && calls[i].nr != nr)
		i++;
	return i;
}

const char *tracer_call_name(long nr)
{
	static char text[32];
	size_t i = call_index(nr);
	if (i < ARRAY_LEN(calls))
		return calls[i].name;
	str_format_cut(text, sizeof(text), "call-%ld", nr);
	return text;
}

long tracer_call_number(const char *name)
{
	int64_t nr;
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		if (str_eq(calls[i].name, name))
			return calls[i].nr;
	if (!str_starts(name, "call-") || parse_int64(name + 5, 0, NUMBERS_MAX - 1, &nr) < 0)
		return -1;
	return (long)nr;
}

bool tracer_call_shows(const struct tracer_call *call)
{
	size_t i = call_index(call->nr);
	if (call->nr == SYS_openat)
		return call->args[2] & O_CREAT;
#ifdef SYS_open
	if (call->nr == SYS_open)
		return call->args[1] & O_CREAT;
#endif
	return i < ARRAY_LEN(calls) && calls[i].shows;
}

/* ---- tasks ------------------------------------------------------------------------ */

static struct task *find_task(struct tracer *t, pid_t pid)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->tasks[i].pid == pid)
			return &t->tasks[i];
	return NULL;
}

static struct task *add_task(struct tracer *t, pid_t pid)
{
	if (t->count == TASKS_MAX) {
		fprintf(stderr, "tracer: more than %d processes at once\n", TASKS_MAX);
		abort();
	}
	struct task *task = &t->tasks[t->count++];
	memset(task, 0, sizeof(*task));
	task->pid = pid;
	return task;
}

static void drop_task(struct tracer *t, struct task *task)
{
	*task = t->tasks[--t->count];
}

/* On to the next call; SIG is delivered. One that was killed meanwhile is no matter. */
static void go_on(const struct tracer *t, const struct task *task, int sig)
{
	(void)ptrace(t->let_go ? PTRACE_DETACH : PTRACE_SYSCALL, task->pid, NULL, (long)sig);
}

static void note_fork(struct tracer *t, struct task *parent)
{
	unsigned long pid = 0;
	if (ptrace(PTRACE_GETEVENTMSG, parent->pid, NULL, &pid) < 0)
		return;
	struct task *child = find_task(t, (pid_t)pid);
	if (!child)
		child = add_task(t, (pid_t)pid);
	str_format_cut(child->name, sizeof(child->name), "%s.%u", parent->name, ++parent->forks);
	if (child->held)
		go_on(t, child, 0);
	child->held = false;
}

/* ---- calls ------------------------------------------------------------------------ */

static bool is_point(const struct tracer_point *p, const struct task *task, long nr)
{
	return p && p->nr == nr && task->counts[nr] == p->count && str_eq(p->process, task->name);
}

static void strike(struct tracer *t, const struct task *task)
{
	t->end->killed = true;
	/* Who still leads the program by its calls goes on seeing them. */
	t->let_go = t->job->kill->victim != VICTIM_SELF || !t->job->on_call;
	if (t->job->kill->victim == VICTIM_SELF)
		(void)kill(task->pid, SIGKILL);
	else
		(void)kill(t->main, SIGKILL);
	for (size_t i = 0; t->job->kill->victim == VICTIM_ALL && i < t->count; i++)
		(void)kill(t->tasks[i].pid, SIGKILL);
}

static void on_call(struct tracer *t, struct task *task)
{
	struct __ptrace_syscall_info info;
	if (ptrace(PTRACE_GET_SYSCALL_INFO, task->pid, sizeof(info), &info) <= 0 ||
		info.op != PTRACE_SYSCALL_INFO_ENTRY || info.entry.nr >= NUMBERS_MAX)
		return;
	struct tracer_call call = { .process = task->name, .pid = task->pid,
		.nr = (long)info.entry.nr, .count = ++task->counts[info.entry.nr] };
	memcpy(call.args, info.entry.args, sizeof(call.args));
	if (t->job->on_call)
		t->job->on_call(t->job->ctx, &call);
	if (!t->end->killed && is_point(t->job->kill, task, call.nr))
		strike(t, task);
}

static void on_stop(struct tracer *t, struct task *task, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;
	if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
		event == PTRACE_EVENT_CLONE)
		note_fork(t, task);
	if (sig == (SIGTRAP | 0x80))
		on_call(t, task);
	/* Only a signal proper is delivered, and no stop of our own making. */
	if (event || sig == (SIGTRAP | 0x80) || sig == SIGSTOP)
		sig = 0;
	go_on(t, task, sig);
}

/* ---- the run ---------------------------------------------------------------------- */

static _Noreturn void become(const struct tracer_job *job)
{
	dup2(job->in, 0);
	dup2(job->out, 1);
	dup2(job->out, 2);
	close_range(3, ~0u, 0);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(126);
	(void)raise(SIGSTOP);
	execve(job->argv[0], job->argv, job->envp);
	_exit(127);
}

static void begin(struct tracer *t)
{
	long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC;
	int status;
	if (t->job->family)
		options |= PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;
	t->main = fork();
	if (t->main == 0)
		become(t->job);
	struct task *task = add_task(t, t->main);
	str_format_cut(task->name, sizeof(task->name), "0");
	if (t->main < 0 || waitpid(t->main, &status, __WALL) < 0 || !WIFSTOPPED(status) ||
		ptrace(PTRACE_SETOPTIONS, t->main, NULL, options) < 0) {
		fprintf(stderr, "tracer: the program cannot be traced: %s\n", strerror(errno));
		exit(2);
	}
	go_on(t, task, 0);
}

/* One change of one process; false once the program is gone. */
static bool on_change(struct tracer *t, pid_t pid, int status)
{
	struct task *task = find_task(t, pid);
	if (!WIFSTOPPED(status)) {
		if (task)
			drop_task(t, task);
		if (pid != t->main)
			return true;
		t->end->status = status;
		return false;
	}
	if (task && task->name[0]) {
		on_stop(t, task, status);
	} else if (!task) {
		/* Its parent will tell what it is. */
		add_task(t, pid)->held = true;
	}
	return true;
}

void tracer_run(const struct tracer_job *job, struct tracer_end *ret)
{
	static struct tracer t;
	memset(&t, 0, sizeof(t));
	*ret = (struct tracer_end){ 0 };
	t.job = job;
	t.end = ret;
	begin(&t);
	set_alarm(TRACER_SECONDS);
	for (bool on = true; on;) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL);
		if (pid > 0) {
			on = on_change(&t, pid, status);
		} else if (alarmed && !ret->timed_out) {
			ret->timed_out = true;
			(void)kill(t.main, SIGKILL);
		} else if (errno != EINTR) {
			break;
		}
	}
	/* A child whose parent died before it could tell of it. */
	for (size_t i = 0; i < t.count; i++)
		if (t.tasks[i].held)
			(void)ptrace(PTRACE_DETACH, t.tasks[i].pid, NULL, NULL);
	alarm(0);
}

static void kill_children(void)
{
	char path[64];
	CLEANUP_FREE char *text = NULL;
	str_format_cut(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	if (file_read(path, 65536, &text, NULL) < 0)
		return;
	for (char *p = text, *end; *p; p = end) {
		long pid = strtol(p, &end, 10);
		if (end == p)
			return;
		(void)kill((pid_t)pid, SIGKILL);
		end += *end == ' ';
	}
}

bool tracer_reap(unsigned seconds)
{
	bool clean = true;
	set_alarm(seconds);
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL);
		/* One that was still traced: it is let go. */
		if (pid > 0 && WIFSTOPPED(status))
			(void)ptrace(PTRACE_DETACH, pid, NULL, NULL);
		if (pid < 0 && errno == ECHILD)
			break;
		if (pid < 0 && alarmed) {
			if (!clean)
				break;
			clean = false;
			kill_children();
			set_alarm(5);
		}
	}
	alarm(0);
	return clean;
}
