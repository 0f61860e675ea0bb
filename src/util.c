/* SPDX-License-Identifier: MIT */
#include "util.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

/* Cuts the last character off if only a part of it made it into S. */
static void trim_partial(char *s, size_t len)
{
	size_t tail = 0;

	while (tail < 3 && tail < len && ((unsigned char)s[len - 1 - tail] & 0xc0) == 0x80)
		tail++;
	if (tail == len)
		return;
	unsigned char lead = (unsigned char)s[len - 1 - tail];
	size_t want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;

	if (tail + 1 < want)
		s[len - 1 - tail] = '\0';
}

static void PRINTF(3, 0) format_cut(char *buf, size_t size, const char *fmt, va_list ap)
{
	if (size == 0)
		return;
	int n = vsnprintf(buf, size, fmt, ap);

	if (n < 0)
		buf[0] = '\0';
	else if ((size_t)n >= size)
		trim_partial(buf, size - 1);
}

/* What others sent may be quoted in a line: it stays one, and moves no cursor. */
static void make_line(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = ' ';
}

int err_set(struct err *e, int code, const char *fmt, ...)
{
	if (!e)
		return code;
	/* Not straight into E: its old text may be one of the arguments. */
	char text[ERR_MAX];
	va_list ap;

	va_start(ap, fmt);
	const char *format = tr(fmt);
	format_cut(text, sizeof(text), format, ap);
	va_end(ap);
	tr_polish(text, fmt, format);
	make_line(text);
	memcpy(e->text, text, sizeof(text));
	return code;
}

/* Memory */

_Noreturn void die_no_memory(void)
{
	/* In English: a catalogue may want memory; and no stdio or exit handlers for that. */
	static const char line[] = "out of memory: ending; free some memory and start again\n";
	int r = fd_write_all(STDERR_FILENO, line, sizeof(line) - 1);

	(void)r;
	_exit(EX_OSERR);
}

void *xmalloc(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (!p)
		die_no_memory();
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = n && size ? calloc(n, size) : calloc(1, 1);

	if (!p)
		die_no_memory();
	return p;
}

void *xrealloc(void *p, size_t n)
{
	p = realloc(p, n ? n : 1);
	if (!p)
		die_no_memory();
	return p;
}

void *xreallocarray(void *p, size_t n, size_t size)
{
	size_t all;

	if (__builtin_mul_overflow(n, size, &all))
		die_no_memory();
	return xrealloc(p, all);
}

char *xstrdup(const char *s)
{
	return s ? xstrndup(s, strlen(s)) : NULL;
}

char *xstrndup(const char *s, size_t n)
{
	if (!s)
		return NULL;
	size_t len = strnlen(s, n);
	char *p = xmalloc(len + 1);

	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *xvasprintf(const char *fmt, va_list ap)
{
	char *p = NULL;

	if (vasprintf(&p, fmt, ap) < 0)
		die_no_memory();
	return p;
}

char *xvasprintf_tr(const char *fmt, va_list ap)
{
	const char *format = tr(fmt);
	char *p = xvasprintf(format, ap);

	tr_polish(p, fmt, format);
	return p;
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *p = xvasprintf(fmt, ap);
	va_end(ap);
	return p;
}

/* Strings */

int str_format(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < size)
		return 0;
	if (size > 0)
		buf[0] = '\0';
	return -ENAMETOOLONG;
}

void str_format_cut(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	format_cut(buf, size, fmt, ap);
	va_end(ap);
}

bool str_eq(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool str_starts(const char *s, const char *prefix)
{
	if (!s || !prefix)
		return false;
	while (*prefix)
		if (*s++ != *prefix++)
			return false;
	return true;
}

bool str_ends(const char *s, const char *suffix)
{
	if (!s || !suffix)
		return false;
	size_t len = strlen(s), end = strlen(suffix);

	return len >= end && memcmp(s + len - end, suffix, end) == 0;
}

bool str_empty(const char *s)
{
	return !s || !*s;
}

/* Numbers and times */

/*
 * Digits from *S on, at least one; *S moves behind them. The sign goes into
 * every step so that INT64_MIN can be read. 0, -EINVAL or -ERANGE.
 */
static int take_digits(const char **s, int sign, int64_t *ret)
{
	const char *p = *s;
	int64_t n = 0;
	bool over = false;

	for (; *p >= '0' && *p <= '9'; p++)
		over |= __builtin_mul_overflow(n, 10, &n) ||
			__builtin_add_overflow(n, sign * (*p - '0'), &n);
	if (p == *s)
		return -EINVAL;
	*s = p;
	*ret = n;
	return over ? -ERANGE : 0;
}

int parse_int64(const char *s, int64_t min, int64_t max, int64_t *ret)
{
	int64_t n;

	if (!s)
		return -EINVAL;
	int sign = *s == '-' ? -1 : 1;

	s += sign < 0;
	int r = take_digits(&s, sign, &n);

	if (*s)
		return -EINVAL;
	if (r == 0 && (n < min || n > max))
		r = -ERANGE;
	if (r == 0)
		*ret = n;
	return r;
}

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* Longest first, as format_duration() wants them. */
static const struct unit {
	const char *name;
	int64_t ms;
} units[] = {
	{ "w", 7 * DAY }, { "d", DAY }, { "h", HOUR },
	{ "min", MINUTE }, { "s", SECOND }, { "ms", 1 },
};

/* The unit that *S starts with, to the end of its letters; NULL if none. */
static const struct unit *take_unit(const char **s)
{
	size_t len = strspn(*s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (strlen(units[i].name) == len && memcmp(units[i].name, *s, len) == 0) {
			*s += len;
			return &units[i];
		}
	}
	return NULL;
}

int parse_duration(const char *s, int64_t *ret)
{
	int64_t sum = 0;
	bool over = false;

	if (str_eq(s, "0")) {
		*ret = 0;
		return 0;
	}
	if (str_empty(s))
		return -EINVAL;
	while (*s) {
		int64_t n;
		int r = take_digits(&s, 1, &n);
		const struct unit *u = r == -EINVAL ? NULL : take_unit(&s);

		if (!u)
			return -EINVAL;
		over |= r < 0 || __builtin_mul_overflow(n, u->ms, &n) ||
			__builtin_add_overflow(sum, n, &sum);
		size_t gap = strspn(s, " ");

		if (gap > 0 && !s[gap])
			return -EINVAL;
		s += gap;
	}
	if (over)
		return -ERANGE;
	*ret = sum;
	return 0;
}

void format_duration(int64_t ms, char *buf, size_t size)
{
	/* Every part at its longest, with room to spare. */
	char text[96] = "0";
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_LEN(units) && ms > 0; i++) {
		const struct unit *u = &units[i];

		/* People say 90s and 1500ms, but 1h 30min. */
		if (len == 0 && u->ms <= MINUTE && ms < 2 * u->ms && ms % u->ms != 0)
			continue;
		if (ms < u->ms)
			continue;
		str_format_cut(text + len, sizeof(text) - len, "%s%" PRId64 "%s",
			len ? " " : "", ms / u->ms, u->name);
		len += strlen(text + len);
		ms %= u->ms;
	}
	str_format_cut(buf, size, "%s", text);
}

static int64_t div_up(int64_t n, int64_t by)
{
	return n / by + (n % by > 0);
}

void format_wait(int64_t ms, char *buf, size_t size)
{
	if (ms < 0)
		ms = 0;
	int64_t s = div_up(ms, SECOND), min = div_up(ms, MINUTE), h = div_up(ms, HOUR);

	if (s < 60)
		str_format_cut(buf, size, _("%" PRId64 " s"), s);
	else if (min < 60)
		str_format_cut(buf, size, _("%" PRId64 " min"), min);
	else if (min < 24 * 60 && min % 60 == 0)
		str_format_cut(buf, size, _("%" PRId64 " h"), min / 60);
	else if (min < 24 * 60)
		str_format_cut(buf, size, _("%" PRId64 " h %" PRId64 " min"), min / 60, min % 60);
	else if (h % 24 == 0)
		str_format_cut(buf, size, _("%" PRId64 " d"), h / 24);
	else
		str_format_cut(buf, size, _("%" PRId64 " d %" PRId64 " h"), h / 24, h % 24);
}

/* Files */

bool errno_is_weather(int error)
{
	static const int weather[] = { -EIO, -ENOMEM, -EMFILE, -ENFILE, -EAGAIN, -EINTR, -ENOSPC };

	for (size_t i = 0; i < ARRAY_LEN(weather); i++)
		if (error == weather[i])
			return true;
	return false;
}

static ssize_t read_retry(int fd, void *data, size_t len)
{
	ssize_t n;

	do
		n = read(fd, data, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int file_read(const char *path, size_t max, char **ret, size_t *ret_len)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISREG(st.st_mode) && (uintmax_t)st.st_size > max)
		return -EFBIG;
	/* The size is a hint only: files of /proc have none, others may grow. */
	size_t len = 0,
	       size = S_ISREG(st.st_mode) && st.st_size > 0 ? (size_t)st.st_size + 2 : 4096;
	CLEANUP_FREE char *data = xmalloc(size);

	for (;;) {
		ssize_t n = read_retry(fd, data + len, size - len - 1);

		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > max)
			return -EFBIG;
		if (size - len - 1 == 0)
			data = xreallocarray(data, size *= 2, 1);
	}
	data[len] = '\0';
	*ret = data;
	data = NULL;
	if (ret_len)
		*ret_len = len;
	return 0;
}

int fd_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Opens the folder that PATH is in; *NAME is its last part. A descriptor or negative errno. */
static int open_parent(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	CLEANUP_FREE char *dir = NULL;

	if (slash)
		dir = xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
	*name = slash ? slash + 1 : path;
	if (str_empty(*name) || str_eq(*name, ".") || str_eq(*name, ".."))
		return -EINVAL;
	int fd = open(dir ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

#define TEMP_NAME_MAX 40

/* A new file in DIR that nobody else has; its name goes to NAME. */
static int open_temp(int dir, char name[TEMP_NAME_MAX])
{
	for (int tries = 0; tries < 16; tries++) {
		uint64_t mark;

		if (getrandom(&mark, sizeof(mark), 0) != (ssize_t)sizeof(mark))
			return -EIO;
		str_format_cut(name, TEMP_NAME_MAX, TEMP_PREFIX "%016" PRIx64 TEMP_SUFFIX, mark);
		int fd = openat(
			dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

		if (fd >= 0)
			return fd;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

/* Writes, syncs and closes FD; close() may be the first to tell of a full disk. */
static int fill_and_close(int fd, const void *data, size_t len, unsigned mode)
{
	int r = fd_write_all(fd, data, len);

	if (r == 0 && (fchmod(fd, mode) < 0 || fsync(fd) < 0))
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

int file_write_atomic(const char *path, const void *data, size_t len, unsigned mode)
{
	const char *name;
	char temp[TEMP_NAME_MAX];
	CLEANUP_CLOSE int dir = open_parent(path, &name);

	if (dir < 0)
		return dir;
	int fd = open_temp(dir, temp);

	if (fd < 0)
		return fd;
	int r = fill_and_close(fd, data, len, mode);

	if (r == 0 && renameat(dir, temp, dir, name) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(dir, temp, 0);
		return r;
	}
	return fsync(dir) < 0 ? -errno : 0;
}

int dir_sweep(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *e;
	int n = 0;

	while (dir && (e = readdir(dir))) {
		if (!str_starts(e->d_name, TEMP_PREFIX) || !str_ends(e->d_name, TEMP_SUFFIX))
			continue;
		CLEANUP_FREE char *left = xasprintf("%s/%s", path, e->d_name);
		n += unlink(left) == 0 || dir_remove(left) == 0;
	}
	if (dir)
		closedir(dir);
	return n;
}

static int make_one(const char *path, unsigned mode)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return 0;
	int r = -errno;

	/* A folder that is there is fine, whatever mkdir() says (EEXIST, EROFS, EACCES). */
	if (stat(path, &st) < 0)
		return r;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int dir_make(const char *path, unsigned mode)
{
	CLEANUP_FREE char *copy = xstrdup(path);

	if (str_empty(copy))
		return -ENOENT;
	for (char *p = strchr(copy + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		int r = make_one(copy, mode);

		if (r < 0)
			return r;
		*p = '/';
	}
	return make_one(copy, mode);
}

int dir_sync(const char *path)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return fsync(fd) < 0 ? -errno : 0;
}

static int remove_at(int dir, const char *name);

static int remove_content(DIR *d)
{
	for (;;) {
		errno = 0;
		const struct dirent *e = readdir(d);

		if (!e)
			return -errno;
		if (str_eq(e->d_name, ".") || str_eq(e->d_name, ".."))
			continue;
		int r = remove_at(dirfd(d), e->d_name);

		if (r < 0)
			return r;
	}
}

static int remove_at(int dir, const char *name)
{
	if (unlinkat(dir, name, 0) == 0)
		return 0;
	/* Linux says EISDIR for a folder, POSIX EPERM. */
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	DIR *d = fdopendir(fd);

	if (!d) {
		int r = -errno;

		close(fd);
		return r;
	}
	int r = remove_content(d);

	closedir(d);
	if (r == 0 && unlinkat(dir, name, AT_REMOVEDIR) < 0)
		r = -errno;
	return r;
}

int dir_remove(const char *path)
{
	return remove_at(AT_FDCWD, path);
}

/* Secrets */

#define SECRET_MAX 65536

/*
 * systemd lends a credential to the service's user by an ACL where the file
 * system has them; the ACL's mask then shows as the group's read bit.
 */
static bool is_credential(const char *path)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");

	return !str_empty(dir) && str_starts(path, dir) && path[strlen(dir)] == '/' &&
		!strstr(path, "/../");
}

static int secret_open_failed(const char *path, int r, struct err *e)
{
	CLEANUP_FREE char *real = r == -ELOOP ? realpath(path, NULL) : NULL;

	if (r == -ELOOP)
		return real ? err_set(e, r, "%s: is a symbolic link; name the file itself, %s",
				path, real)
			    : err_set(e, r, "%s: is a symbolic link; name the file itself", path);
	if (r == -EACCES)
		return err_set(e, r, "%s: may not be read by user %u; run: chown %u %s", path,
			(unsigned)geteuid(), (unsigned)geteuid(), path);
	if (r == -ENOENT)
		return err_set(e, r, "%s: no such file; write the secret into it and run: "
			"chmod 600 %s", path, path);
	return err_set(e, r, "%s: cannot be opened: %s; name a plain file with the secret",
		path, tr_errno(-r));
}

/* Is this open file fit to hold a secret? */
static int secret_judge(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return secret_open_failed(path, -errno, e);
	if (!S_ISREG(st.st_mode))
		return err_set(e, -EINVAL, "%s: is no regular file; name a plain file "
			"with the secret", path);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return err_set(e, -EPERM, "%s: belongs to user %u, who could change it; run: "
			"chown %u %s", path, (unsigned)st.st_uid, (unsigned)geteuid(), path);
	if (st.st_mode & (is_credential(path) ? 0037 : 0077))
		return err_set(e, -EPERM, "%s: is open to other users (mode %04o); run: "
			"chmod 600 %s", path, (unsigned)st.st_mode & 07777, path);
	if (st.st_size > SECRET_MAX)
		return err_set(e, -EFBIG, "%s: is larger than %d bytes, too long for a secret; "
			"leave only the secret in it", path, SECRET_MAX);
	return 0;
}

static int secret_empty(const char *path, struct err *e)
{
	return err_set(e, -ENODATA, "%s: is empty; write the secret into it", path);
}

/* The text in DATA without its line ends, as a copy of its own. */
static int secret_take(const char *data, size_t len, const char *path, char **ret, struct err *e)
{
	while (len > 0 && (data[len - 1] == '\n' || data[len - 1] == '\r'))
		len--;
	if (len == 0)
		return secret_empty(path, e);
	if (len > SECRET_MAX)
		return err_set(e, -EFBIG, "%s: is larger than %d bytes, too long for a secret; "
			"leave only the secret in it", path, SECRET_MAX);
	if (memchr(data, '\0', len))
		return err_set(e, -EINVAL, "%s: has a zero byte in it; write the secret "
			"as plain text", path);
	*ret = xstrndup(data, len);
	return 0;
}

/* DIR is on the way to PATH. Who may write to it can put another file there. */
static int secret_judge_folder(const char *dir, const char *path, struct err *e)
{
	struct stat st, top;

	if (stat(dir, &st) < 0 || stat("/", &top) < 0)
		return secret_open_failed(path, -errno, e);
	/* With the sticky bit each file is safe from all but its owner. */
	if ((st.st_mode & 0022) && !(st.st_mode & S_ISVTX))
		return err_set(e, -EPERM, "%s: others can write to its folder %s (mode %04o) and "
			"put another file there; run: chmod go-w %s", path, dir,
			(unsigned)st.st_mode & 07777, dir);
	/* Who owns the root can do everything anyway; in a container it may be anybody. */
	if (geteuid() != 0 && st.st_uid != geteuid() && st.st_uid != top.st_uid)
		return err_set(e, -EPERM, "%s: its folder %s belongs to user %u, who could put "
			"another file there; run: chown %u %s", path, dir, (unsigned)st.st_uid,
			(unsigned)geteuid(), dir);
	return 0;
}

/* Each folder above WHERE, which is absolute, from the top. */
static int secret_judge_folders(const char *where, const char *path, struct err *e)
{
	int r = 0;

	for (const char *slash = where; r == 0 && (slash = strchr(slash, '/')); slash++) {
		CLEANUP_FREE char *dir = xstrndup(where, slash == where ? 1 :
			(size_t)(slash - where));

		r = secret_judge_folder(dir, path, e);
	}
	return r;
}

/*
 * The folders as they are named and as they are without links: who can change
 * either can change what is read. systemd looks after its own.
 */
static int secret_judge_place(const char *path, struct err *e)
{
	CLEANUP_FREE char *real = realpath(path, NULL);
	int r;

	if (is_credential(path))
		return 0;
	if (!real)
		return secret_open_failed(path, -errno, e);
	r = path[0] == '/' ? secret_judge_folders(path, path, e) : 0;
	return r ? r : secret_judge_folders(real, path, e);
}

/* A descriptor of a file that is fit to hold a secret, as far as can be seen from outside. */
static int secret_open(const char *path, struct err *e)
{
	/* O_NONBLOCK: a FIFO must not hang us before it is refused. */
	CLEANUP_CLOSE int fd =
		open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return secret_open_failed(path, -errno, e);
	int r = secret_judge(fd, path, e);

	if (r == 0)
		r = secret_judge_place(path, e);
	if (r < 0)
		return r;
	r = fd;
	fd = -1;
	return r;
}

int secret_look(const char *path, struct err *e)
{
	CLEANUP_CLOSE int fd = secret_open(path, e);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) == 0 && st.st_size == 0)
		return secret_empty(path, e);
	return 0;
}

int secret_read(const char *path, char **ret, struct err *e)
{
	CLEANUP_CLOSE int fd = secret_open(path, e);

	if (fd < 0)
		return fd;
	int r = 0;
	/* One buffer that never moves, so that one wipe catches every copy. */
	CLEANUP_FREE char *data = xmalloc(SECRET_MAX + 1);
	size_t len = 0;
	ssize_t n = 0;

	while (len <= SECRET_MAX && (n = read_retry(fd, data + len, SECRET_MAX + 1 - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		r = err_set(e, (int)n, "%s: cannot be read: %s; check the disk", path,
			tr_errno((int)-n));
	else
		r = secret_take(data, len, path, ret, e);
	explicit_bzero(data, len);
	return r;
}

int secret_check(const char *path, struct err *e)
{
	char *secret = NULL;
	int r = secret_read(path, &secret, e);

	secret_free(secret);
	return r;
}

void secret_free(char *s)
{
	if (s)
		explicit_bzero(s, strlen(s));
	free(s);
}

/* Identity */

void fingerprint(const char *const *parts, size_t n, char out[FINGERPRINT_LEN + 1])
{
	/* Offset basis and prime (2^88 + 0x13b): www.isthe.com/chongo/tech/comp/fnv */
	const unsigned __int128 prime = ((unsigned __int128)1 << 88) + 0x13b;
	unsigned __int128 hash = (unsigned __int128)UINT64_C(0x6c62272e07bb0142) << 64 |
		UINT64_C(0x62b821756295c58d);

	for (size_t i = 0; i < n; i++) {
		const char *s = parts[i] ? parts[i] : "";

		/* With the NUL, so that "ab","c" and "a","bc" differ. */
		for (size_t k = 0, len = strlen(s); k <= len; k++)
			hash = (hash ^ (unsigned char)s[k]) * prime;
	}
	str_format_cut(out, FINGERPRINT_LEN + 1, "%016" PRIx64 "%016" PRIx64,
		(uint64_t)(hash >> 64), (uint64_t)hash);
}

/* Cleanup */

void cleanup_free(void *p)
{
	void *mine;

	memcpy(&mine, p, sizeof(mine));
	free(mine);
}

void cleanup_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

void cleanup_fclose(FILE **f)
{
	int saved = errno;

	if (*f)
		fclose(*f);
	errno = saved;
}
