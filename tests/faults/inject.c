/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into a program (LD_PRELOAD), makes one of its calls to the C library
 * fail, or all from that one on. Told by the environment, which is then cleaned,
 * so that what the program starts is left alone:
 *   FAULT_WHAT   name of a call ("write"), or "memory" for allocations, "full" or
 *                "dead" for all that a full or a broken disk refuses
 *   FAULT_AT     number of the call that fails, from 1, counted from main() on
 *   FAULT_HOW    number of an errno, or "short" for half a read or write
 *   FAULT_ON     1: all further ones fail too
 *   FAULT_DEPTH  0 (the program), 1 or 2 (what it forked, and so on; a count goes
 *                over all that are as deep)
 *   FAULT_REST   1: none fails once exit() was called (the coverage build writes then)
 *   FAULT_LOG    file for what happened, a line each:
 *     call NAME NUMBER       with FAULT_TRACE=1, each call that could fail
 *     failed NAME NUMBER WHO the modules that asked, the nearest first
 *     synced PATH            what was to be synced
 *     fork                   a process was started after a failure
 *     crash SIGNAL WHO ...   the modules in which it was, the nearest first
 *     counts memory N        at the end of a program that ends by itself
 *     open N                 descriptors still open then
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEPTHS 3
#define FRAMES 24
#define LINE 1500
#define SHORT (-1)

/* X(name, who refuses it: FULL a full disk, DEAD one that is broken) */
#define FULL 1
#define DEAD 2
#define CALLS(X) \
	X(memory, 0) X(open, DEAD) X(read, DEAD) X(pread, DEAD) X(write, FULL | DEAD) \
	X(pwrite, FULL | DEAD) X(fsync, FULL | DEAD) X(fdatasync, FULL | DEAD) \
	X(ftruncate, DEAD) X(rename, FULL | DEAD) X(unlink, DEAD) X(mkdir, FULL | DEAD) \
	X(create, FULL) X(close, 0) X(stat, DEAD) X(access, 0) X(fcntl, 0) X(lock, 0) X(fchmod, 0) X(mmap, 0) X(opendir, 0) X(readdir, 0) \
	X(readlink, 0) X(getrandom, 0) X(flock, 0) X(socket, 0) X(bind, 0) X(connect, 0) \
	X(send, 0) X(recv, 0) X(poll, 0) X(getsockopt, 0) X(fork, 0) X(spawn, 0) X(pipe, 0) \
	X(epoll_create, 0) X(epoll_ctl, 0) X(epoll_wait, 0) X(timerfd, 0) X(signalfd, 0) \
	X(waitpid, 0) X(exec, 0) X(dup, 0) X(prctl, 0) X(chdir, 0) X(getcwd, 0)

enum what {
#define X(name, disk) W_##name,
	CALLS(X)
#undef X
	W_END,
	W_FULL = W_END, /* groups */
	W_DEAD,
	W_NONE,
};

static const struct {
	const char *name;
	int disk;
} table[] = {
#define X(name, disk) { #name, disk },
	CALLS(X)
#undef X
};

static enum what wanted = W_NONE;
static long fault_at;
static int fault_how, fault_on, fault_depth, trace;
static char log_path[512];
static int armed, depth;
static int sanitized; /* backtrace() loads a library that ASan takes for a leak */
static atomic_long *counts; /* [DEPTHS][W_NONE], shared with what was forked */
static char last_failed[LINE];
static __thread int inside, which = -1; /* the file that is synced */
static int failed;

/* ---- saying it ------------------------------------------------------------------- */

static void put_line(const char *text)
{
	if (!*log_path)
		return;
	long fd = syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
		0600);

	if (fd < 0)
		return;
	syscall(SYS_write, (int)fd, text, strlen(text));
	syscall(SYS_close, (int)fd);
}

/* "module+offset" of each frame but our own, behind what is in LINE already. */
static void add_modules(char *line, void *const *frames, int n)
{
	Dl_info self = { .dli_fname = NULL }, at;

	dladdr((void *)(uintptr_t)put_line, &self);
	for (int i = 0; i < n; i++) {
		size_t len = strlen(line);
		const char *name;

		if (!dladdr(frames[i], &at) || !at.dli_fname || at.dli_fbase == self.dli_fbase)
			continue;
		name = strrchr(at.dli_fname, '/');
		snprintf(line + len, LINE - 2 - len, " %s+%lx", name ? name + 1 : at.dli_fname,
			(unsigned long)((char *)frames[i] - (char *)at.dli_fbase));
	}
	strcat(line, "\n");
}

static void note_failed(enum what w, long number)
{
	void *frames[FRAMES];

	/* Those that ask again and again are told by the first few. */
	if (number > fault_at + 200)
		return;
	snprintf(last_failed, sizeof(last_failed), "failed %s %ld", table[w].name, number);
	add_modules(last_failed, frames, sanitized ? 0 : backtrace(frames, FRAMES));
	if (number < fault_at + 20)
		put_line(last_failed);
	if (which >= 0) {
		char link[64], path[512], line[600];
		snprintf(link, sizeof(link), "/proc/self/fd/%d", which);
		long n = syscall(SYS_readlink, link, path, sizeof(path) - 1);
		snprintf(line, sizeof(line), "synced %.*s\n", n < 0 ? 0 : (int)n, path);
		put_line(line);
	}
}

static void on_crash(int sig, siginfo_t *info, void *context)
{
	void *frames[FRAMES];
	char line[LINE];

	(void)info;
	(void)context;
	inside++;
	put_line(last_failed);
	snprintf(line, sizeof(line), "crash %d", sig);
	add_modules(line, frames, backtrace(frames, FRAMES));
	put_line(line);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void watch_crashes(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };
	static char stack[65536];
	stack_t alt = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction sa = { .sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK };

	sigaltstack(&alt, NULL);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &sa, NULL);
}

/* ---- whether --------------------------------------------------------------------- */

/* The next number of W; it is said where all calls are. */
static long count(enum what w, const char *name)
{
	long n = 1 + atomic_fetch_add(&counts[depth * W_NONE + (int)w], 1);
	char line[64];

	if (trace && w != W_memory) {
		snprintf(line, sizeof(line), "call %s %d %ld\n", name, depth, n);
		put_line(line);
	}
	return n;
}

/* What is to happen to this call: 0 nothing, SHORT, or an errno. */
static int due_in(enum what w, int groups)
{
	long n, full = 0, dead = 0;
	int hit;

	if (!armed || inside || depth >= DEPTHS)
		return 0;
	inside++;
	n = count(w, table[w].name);
	if (groups & FULL)
		full = count(W_FULL, "full");
	if (groups & DEAD)
		dead = count(W_DEAD, "dead");
	n = wanted == w ? n : wanted == W_FULL ? full : wanted == W_DEAD ? dead : 0;
	hit = depth == fault_depth && n > 0 && (n == fault_at || (fault_on && n > fault_at));
	if (hit) {
		failed = 1;
		note_failed(w, n);
	}
	inside--;
	return hit ? fault_how : 0;
}

static int due(enum what w)
{
	return due_in(w, table[w].disk);
}

/* A pipe and a socket are on no disk. */
static int due_on(enum what w, int fd)
{
	struct stat st;
	int regular = table[w].disk && syscall(SYS_fstat, fd, &st) == 0 && S_ISREG(st.st_mode);

	return due_in(w, regular ? table[w].disk : 0);
}

#define NEXT(name) \
	static __typeof__(&name) next; \
	if (!next) \
		next = (__typeof__(&name))(uintptr_t)dlsym(RTLD_NEXT, #name)

#define FAIL(w, bad) \
	do { \
		int how_ = due(W_##w); \
		if (how_ > 0) { \
			errno = how_; \
			return bad; \
		} \
	} while (0)

/* ---- memory ---------------------------------------------------------------------- */

/* dlsym() itself may want some before it can tell who has it. */
static char early[65536];
static size_t early_used;

static int is_early(const void *p)
{
	return (const char *)p >= early && (const char *)p < early + sizeof(early);
}

static void *take_early(size_t n)
{
	void *p = early + early_used;

	n = (n + 15) & ~(size_t)15;
	if (early_used + n > sizeof(early))
		abort();
	early_used += n;
	return p;
}

static void *(*next_malloc)(size_t);
static void *(*next_calloc)(size_t, size_t);
static void *(*next_realloc)(void *, size_t);
static void (*next_free)(void *);

static int ready(void)
{
	static int looking;

	if (next_free)
		return 1;
	if (looking)
		return 0;
	looking = 1;
	next_malloc = (void *(*)(size_t))(uintptr_t)dlsym(RTLD_NEXT, "malloc");
	next_calloc = (void *(*)(size_t, size_t))(uintptr_t)dlsym(RTLD_NEXT, "calloc");
	next_realloc = (void *(*)(void *, size_t))(uintptr_t)dlsym(RTLD_NEXT, "realloc");
	next_free = (void (*)(void *))(uintptr_t)dlsym(RTLD_NEXT, "free");
	looking = 0;
	return 1;
}

void *malloc(size_t n)
{
	if (!ready())
		return take_early(n);
	FAIL(memory, NULL);
	return next_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	if (!ready())
		return take_early(n * size); /* zeroes already */
	FAIL(memory, NULL);
	return next_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	if (!ready() || is_early(p))
		abort(); /* dlsym() does not */
	/* To make it smaller always works. */
	if (n)
		FAIL(memory, NULL);
	return next_realloc(p, n);
}

void free(void *p)
{
	if (!is_early(p) && ready())
		next_free(p);
}

int posix_memalign(void **ret, size_t align, size_t n)
{
	NEXT(posix_memalign);
	int how = due(W_memory);

	return how ? how : next(ret, align, n);
}

void *aligned_alloc(size_t align, size_t n)
{
	NEXT(aligned_alloc);
	FAIL(memory, NULL);
	return next(align, n);
}

/* ---- files ----------------------------------------------------------------------- */

#define OPEN(name, ...) \
	NEXT(name); \
	mode_t mode = 0; \
	if (flags & (O_CREAT | O_TMPFILE)) { \
		va_list ap; \
		va_start(ap, flags); \
		mode = va_arg(ap, mode_t); \
		va_end(ap); \
	} \
	if (flags & O_CREAT) \
		FAIL(create, -1); \
	FAIL(open, -1); \
	return next(__VA_ARGS__, flags, mode)

int open(const char *path, int flags, ...) { OPEN(open, path); }
int open64(const char *path, int flags, ...) { OPEN(open64, path); }
int openat(int at, const char *path, int flags, ...) { OPEN(openat, at, path); }
int openat64(int at, const char *path, int flags, ...) { OPEN(openat64, at, path); }

#define TRANSFER(w, name, len, ...) \
	NEXT(name); \
	int how = due_on(W_##w, fd); \
	if (how > 0) { \
		errno = how; \
		return -1; \
	} \
	if (how == SHORT && len > 1) \
		len /= 2; \
	return next(__VA_ARGS__)

ssize_t read(int fd, void *p, size_t n) { TRANSFER(read, read, n, fd, p, n); }
ssize_t write(int fd, const void *p, size_t n) { TRANSFER(write, write, n, fd, p, n); }
ssize_t pread(int fd, void *p, size_t n, off_t at) { TRANSFER(pread, pread, n, fd, p, n, at); }
ssize_t pread64(int fd, void *p, size_t n, off64_t at) { TRANSFER(pread, pread64, n, fd, p, n, at); }
ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
	TRANSFER(pwrite, pwrite, n, fd, p, n, at);
}
ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	TRANSFER(pwrite, pwrite64, n, fd, p, n, at);
}
ssize_t send(int fd, const void *p, size_t n, int f) { TRANSFER(send, send, n, fd, p, n, f); }
ssize_t sendto(int fd, const void *p, size_t n, int f, const struct sockaddr *to, socklen_t len)
{
	TRANSFER(send, sendto, n, fd, p, n, f, to, len);
}
ssize_t recv(int fd, void *p, size_t n, int f) { TRANSFER(recv, recv, n, fd, p, n, f); }
ssize_t recvfrom(int fd, void *p, size_t n, int f, struct sockaddr *from, socklen_t *len)
{
	TRANSFER(recv, recvfrom, n, fd, p, n, f, from, len);
}

#define SIMPLE(w, bad, ret, name, params, ...) \
	ret name params \
	{ \
		NEXT(name); \
		FAIL(w, bad); \
		return next(__VA_ARGS__); \
	}

SIMPLE(write, -1, ssize_t, writev, (int fd, const struct iovec *v, int n), fd, v, n)
SIMPLE(read, -1, ssize_t, readv, (int fd, const struct iovec *v, int n), fd, v, n)
SIMPLE(send, -1, ssize_t, sendmsg, (int fd, const struct msghdr *m, int f), fd, m, f)
SIMPLE(recv, -1, ssize_t, recvmsg, (int fd, struct msghdr *m, int f), fd, m, f)
#define SYNC(name) \
	int name(int fd) \
	{ \
		NEXT(name); \
		which = fd; \
		int how = due(W_##name); \
		which = -1; \
		if (how <= 0) \
			return next(fd); \
		errno = how; \
		return -1; \
	}

SYNC(fsync)
SYNC(fdatasync)
SIMPLE(ftruncate, -1, int, ftruncate, (int fd, off_t n), fd, n)
SIMPLE(ftruncate, -1, int, ftruncate64, (int fd, off64_t n), fd, n)
SIMPLE(rename, -1, int, rename, (const char *a, const char *b), a, b)
SIMPLE(rename, -1, int, renameat, (int d, const char *a, int e, const char *b), d, a, e, b)
SIMPLE(unlink, -1, int, unlink, (const char *p), p)
SIMPLE(unlink, -1, int, unlinkat, (int d, const char *p, int f), d, p, f)
SIMPLE(mkdir, -1, int, mkdir, (const char *p, mode_t m), p, m)
SIMPLE(mkdir, -1, int, mkdirat, (int d, const char *p, mode_t m), d, p, m)
SIMPLE(stat, -1, int, stat, (const char *p, struct stat *s), p, s)
SIMPLE(stat, -1, int, lstat, (const char *p, struct stat *s), p, s)
SIMPLE(stat, -1, int, fstat, (int fd, struct stat *s), fd, s)
SIMPLE(stat, -1, int, stat64, (const char *p, struct stat64 *s), p, s)
SIMPLE(stat, -1, int, lstat64, (const char *p, struct stat64 *s), p, s)
SIMPLE(stat, -1, int, fstat64, (int fd, struct stat64 *s), fd, s)
SIMPLE(access, -1, int, access, (const char *p, int m), p, m)
SIMPLE(access, -1, int, faccessat, (int d, const char *p, int m, int f), d, p, m, f)
SIMPLE(fchmod, -1, int, fchmod, (int fd, mode_t m), fd, m)
SIMPLE(mmap, MAP_FAILED, void *, mmap, (void *p, size_t n, int a, int f, int fd, off_t at),
	p, n, a, f, fd, at)
SIMPLE(mmap, MAP_FAILED, void *, mmap64, (void *p, size_t n, int a, int f, int fd, off64_t at),
	p, n, a, f, fd, at)
SIMPLE(opendir, NULL, DIR *, opendir, (const char *p), p)
SIMPLE(opendir, NULL, DIR *, fdopendir, (int fd), fd)
SIMPLE(readdir, NULL, struct dirent *, readdir, (DIR *d), d)
SIMPLE(readdir, NULL, struct dirent64 *, readdir64, (DIR *d), d)
SIMPLE(readlink, -1, ssize_t, readlink, (const char *p, char *b, size_t n), p, b, n)
SIMPLE(getrandom, -1, ssize_t, getrandom, (void *p, size_t n, unsigned f), p, n, f)
SIMPLE(getcwd, NULL, char *, getcwd, (char *p, size_t n), p, n)
SIMPLE(chdir, -1, int, chdir, (const char *p), p)

SIMPLE(flock, -1, int, flock, (int fd, int op), fd, op)

/* Closed it is, whatever is said of it. */
int close(int fd)
{
	NEXT(close);
	int how = due(W_close), r = next(fd);

	if (how <= 0)
		return r;
	errno = how;
	return -1;
}

#define FCNTL(name) \
	va_list ap; \
	va_start(ap, cmd); \
	void *arg = va_arg(ap, void *); \
	va_end(ap); \
	NEXT(name); \
	if (cmd == F_SETLK || cmd == F_SETLKW || cmd == F_OFD_SETLK) \
		FAIL(lock, -1); \
	else \
		FAIL(fcntl, -1); \
	return next(fd, cmd, arg)

int fcntl(int fd, int cmd, ...) { FCNTL(fcntl); }
int fcntl64(int fd, int cmd, ...) { FCNTL(fcntl64); }

/* ---- the net, processes, waiting ------------------------------------------------- */

SIMPLE(socket, -1, int, socket, (int d, int t, int p), d, t, p)
SIMPLE(bind, -1, int, bind, (int fd, const struct sockaddr *a, socklen_t n), fd, a, n)
SIMPLE(connect, -1, int, connect, (int fd, const struct sockaddr *a, socklen_t n), fd, a, n)
SIMPLE(getsockopt, -1, int, getsockopt, (int fd, int l, int o, void *v, socklen_t *n),
	fd, l, o, v, n)
SIMPLE(poll, -1, int, poll, (struct pollfd *p, nfds_t n, int ms), p, n, ms)
SIMPLE(poll, -1, int, ppoll, (struct pollfd *p, nfds_t n, const struct timespec *t,
	const sigset_t *m), p, n, t, m)
SIMPLE(pipe, -1, int, pipe2, (int fds[2], int f), fds, f)
SIMPLE(epoll_create, -1, int, epoll_create1, (int f), f)
SIMPLE(epoll_ctl, -1, int, epoll_ctl, (int e, int op, int fd, struct epoll_event *v), e, op, fd, v)
SIMPLE(epoll_wait, -1, int, epoll_wait, (int e, struct epoll_event *v, int n, int ms), e, v, n, ms)
SIMPLE(timerfd, -1, int, timerfd_create, (int c, int f), c, f)
SIMPLE(signalfd, -1, int, signalfd, (int fd, const sigset_t *m, int f), fd, m, f)
SIMPLE(waitpid, -1, pid_t, waitpid, (pid_t p, int *s, int o), p, s, o)
SIMPLE(exec, -1, int, execve, (const char *p, char *const *a, char *const *e), p, a, e)
SIMPLE(dup, -1, int, dup2, (int a, int b), a, b)

int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *files,
	const posix_spawnattr_t *how, char *const argv[], char *const env[])
{
	NEXT(posix_spawn);
	int e = due(W_spawn);

	return e > 0 ? e : next(pid, path, files, how, argv, env);
}

int prctl(int op, ...)
{
	static int (*next)(int, ...);
	unsigned long a[4];
	va_list ap;

	va_start(ap, op);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(ap, unsigned long);
	va_end(ap);
	if (!next)
		next = (int (*)(int, ...))(uintptr_t)dlsym(RTLD_NEXT, "prctl");
	FAIL(prctl, -1);
	return next(op, a[0], a[1], a[2], a[3]);
}

pid_t fork(void)
{
	NEXT(fork);
	FAIL(fork, -1);
	if (failed && depth == 0)
		put_line("fork\n");
	pid_t pid = next();

	if (pid == 0)
		depth++;
	return pid;
}

/* ---- the beginning and the end --------------------------------------------------- */

/* Asked for by tests/coverage/dump.h. */
void inject_rest(int rest);
void inject_rest(int rest)
{
	inside += rest ? 1 : -1;
}

static void rest_at_exit(void)
{
	inject_rest(1);
}

static void read_orders(void)
{
	static const char *const names[] = { "FAULT_WHAT", "FAULT_AT", "FAULT_HOW", "FAULT_ON",
		"FAULT_DEPTH", "FAULT_TRACE", "FAULT_LOG", "FAULT_REST", "LD_PRELOAD" };
	const char *v[8];

	for (int i = 0; i < 8; i++)
		v[i] = getenv(names[i]) ? getenv(names[i]) : "";
	for (int i = 0; i < W_END; i++)
		if (strcmp(v[0], table[i].name) == 0)
			wanted = (enum what)i;
	if (strcmp(v[0], "full") == 0)
		wanted = W_FULL;
	if (strcmp(v[0], "dead") == 0)
		wanted = W_DEAD;
	fault_at = atol(v[1]);
	fault_how = strcmp(v[2], "short") == 0 ? SHORT : atoi(v[2]);
	fault_on = atoi(v[3]);
	fault_depth = atoi(v[4]);
	trace = atoi(v[5]);
	snprintf(log_path, sizeof(log_path), "%s", v[6]);
	if (atoi(v[7]) && atexit(rest_at_exit) != 0)
		abort();
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unsetenv(names[i]);
}

static int count_open(void)
{
	int n = 0;

	for (int fd = 3; fd < 1024; fd++)
		n += syscall(SYS_fcntl, fd, F_GETFD) >= 0;
	return n;
}

__attribute__((destructor)) static void say_end(void)
{
	char line[128];

	if (!armed || depth > 0)
		return;
	armed = 0;
	snprintf(line, sizeof(line), "counts memory %ld\nopen %d\n",
		atomic_load(&counts[W_memory]), count_open());
	put_line(line);
}

static int (*real_main)(int, char **, char **);

static int our_main(int argc, char **argv, char **env)
{
	void *frames[FRAMES];

	sanitized = getenv("ASAN_OPTIONS") != NULL;
	/* It loads a library the first time. */
	if (!sanitized)
		(void)backtrace(frames, FRAMES);
	read_orders();
	counts = mmap(NULL, sizeof(*counts) * DEPTHS * W_NONE, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counts == MAP_FAILED)
		abort();
	if (!sanitized)
		watch_crashes();
	armed = 1;
	return real_main(argc, argv, env);
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv,
	void (*init)(void), void (*fini)(void), void (*rtld_fini)(void), void *stack_end);
int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv,
	void (*init)(void), void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
	int (*next)(int (*)(int, char **, char **), int, char **, void (*)(void), void (*)(void),
		void (*)(void), void *);

	next = (__typeof__(next))(uintptr_t)dlsym(RTLD_NEXT, "__libc_start_main");
	real_main = main;
	return next(our_main, argc, argv, init, fini, rtld_fini, stack_end);
}
