/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

/* Each test works in a folder of its own, which is the current one. */
static char folder[64];

static int enter(void **state UNUSED)
{
	str_format_cut(folder, sizeof(folder), "/tmp/test_util.XXXXXX");
	return mkdtemp(folder) ? chdir(folder) : -1;
}

static int leave(void **state UNUSED)
{
	return chdir("/") < 0 ? -1 : dir_remove(folder);
}

static void write_file(const char *path, const char *text, unsigned mode)
{
	assert_int_equal(file_write_atomic(path, text, strlen(text), mode), 0);
}

static void assert_content(const char *path, const char *want)
{
	CLEANUP_FREE char *text = NULL;
	size_t len = 0;

	assert_int_equal(file_read(path, 1 << 20, &text, &len), 0);
	assert_int_equal(len, strlen(want));
	assert_string_equal(text, want);
}

static int count_files(const char *path)
{
	DIR *d = opendir(path);
	int n = -2; /* the two dots */

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* Strings */

static void test_err_set(void **state UNUSED)
{
	struct err e;
	char big[ERR_MAX + 10];

	assert_int_equal(err_set(NULL, -5, "x %d", 1), -5);
	assert_int_equal(err_set(&e, -EINVAL, "key %s", "bad"), -EINVAL);
	/* The old text may be part of the new. */
	err_set(&e, 0, "line 3: %s", e.text);
	assert_string_equal(e.text, "line 3: key bad");

	/* "가" has three bytes; 511 is not a multiple of three. */
	for (size_t i = 0; i + 3 < sizeof(big); i += 3)
		memcpy(big + i, "가", 4);
	err_set(&e, 0, "%s", big);
	assert_int_equal(strlen(e.text), 510);
	err_set(&e, 0, "a%s", big);
	assert_int_equal(strlen(e.text), 511);

	/* One line, whatever is quoted in it. */
	err_set(&e, 0, "it says \"%s\"", "a\nb\x1b[31m\x7f가");
	assert_string_equal(e.text, "it says \"a b [31m 가\"");
}

static void test_format(void **state UNUSED)
{
	static const struct {
		size_t size;
		const char *in, *cut;
		int r;
	} rows[] = {
		{ 5, "abcd", "abcd", 0 },
		{ 4, "abcd", "abc", -ENAMETOOLONG },
		{ 1, "abcd", "", -ENAMETOOLONG },
		{ 6, "ab가나", "ab가", -ENAMETOOLONG },
		{ 5, "ab가", "ab", -ENAMETOOLONG },
		{ 4, "ab가", "ab", -ENAMETOOLONG },
		{ 4, "ab가나", "ab", -ENAMETOOLONG },
		{ 5, "a\xf0\x9f\x98\x80", "a", -ENAMETOOLONG },
		{ 6, "a\xf0\x9f\x98\x80", "a\xf0\x9f\x98\x80", 0 },
		{ 4, "\x80\x80\x80\x80", "\x80\x80\x80", -ENAMETOOLONG },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char buf[16];

		assert_int_equal(str_format(buf, rows[i].size, "%s", rows[i].in), rows[i].r);
		assert_string_equal(buf, rows[i].r ? "" : rows[i].in);
		str_format_cut(buf, rows[i].size, "%s", rows[i].in);
		assert_string_equal(buf, rows[i].cut);
	}
	char untouched = 'x';

	str_format_cut(&untouched, 0, "abc");
	assert_int_equal(str_format(&untouched, 0, "abc"), -ENAMETOOLONG);
	assert_int_equal(untouched, 'x');
}

static void test_strings(void **state UNUSED)
{
	assert_true(str_eq(NULL, NULL));
	assert_false(str_eq(NULL, ""));
	assert_true(str_eq("a", "a"));
	assert_true(str_starts("abc", "ab"));
	assert_false(str_starts("a", "ab"));
	assert_false(str_starts(NULL, "a"));
	assert_true(str_ends("abc", "bc"));
	assert_false(str_ends("c", "bc"));
	assert_true(str_empty(NULL) && str_empty("") && !str_empty(" "));
	assert_null(xstrdup(NULL));
	CLEANUP_FREE char *a = xstrndup("abc", 2);
	CLEANUP_FREE char *b = xasprintf("%s-%d", a, 7);

	assert_string_equal(b, "ab-7");
}

static void test_no_memory(void **state UNUSED)
{
	int fds[2], status;
	char line[128] = "";

	assert_int_equal(pipe(fds), 0);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		volatile size_t n = SIZE_MAX / 2;
		void *p = xreallocarray(NULL, n, 3);

		_exit(p ? 1 : 2);
	}
	close(fds[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(read(fds[0], line, sizeof(line) - 1) > 0);
	close(fds[0]);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EX_OSERR);
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

/* Numbers and times */

static void test_parse_int64(void **state UNUSED)
{
	static const struct {
		const char *s;
		int64_t min, max;
		int r;
		int64_t want;
	} rows[] = {
		{ "0", 0, 9, 0, 0 }, { "-0", 0, 9, 0, 0 }, { "007", 0, 9, 0, 7 },
		{ "9223372036854775807", INT64_MIN, INT64_MAX, 0, INT64_MAX },
		{ "-9223372036854775808", INT64_MIN, INT64_MAX, 0, INT64_MIN },
		{ "9223372036854775808", INT64_MIN, INT64_MAX, -ERANGE, 0 },
		{ "-9223372036854775809", INT64_MIN, INT64_MAX, -ERANGE, 0 },
		{ "10", 0, 9, -ERANGE, 0 }, { "-1", 0, 9, -ERANGE, 0 },
		{ "", 0, 9, -EINVAL, 0 }, { NULL, 0, 9, -EINVAL, 0 },
		{ " 1", 0, 9, -EINVAL, 0 }, { "1 ", 0, 9, -EINVAL, 0 },
		{ "+1", 0, 9, -EINVAL, 0 }, { "--1", -9, 9, -EINVAL, 0 },
		{ "-", 0, 9, -EINVAL, 0 }, { "1.5", 0, 9, -EINVAL, 0 },
		{ "0x1", 0, 9, -EINVAL, 0 }, { "1e3", 0, 9999, -EINVAL, 0 },
		{ "99999999999999999999x", 0, 9, -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t n = 42;
		int r = parse_int64(rows[i].s, rows[i].min, rows[i].max, &n);

		assert_int_equal(r, rows[i].r);
		assert_int_equal(n, r ? 42 : rows[i].want);
	}
}

#define MIN INT64_C(60000)

static void test_parse_duration(void **state UNUSED)
{
	static const struct {
		const char *s;
		int r;
		int64_t want;
	} rows[] = {
		{ "0", 0, 0 }, { "0s", 0, 0 }, { "500ms", 0, 500 }, { "90s", 0, 90000 },
		{ "15min", 0, 15 * MIN }, { "1h", 0, 60 * MIN }, { "3d", 0, 3 * 1440 * MIN },
		{ "2w", 0, 14 * 1440 * MIN }, { "1h 30min", 0, 90 * MIN },
		{ "1h30min", 0, 90 * MIN }, { "30min 1h", 0, 90 * MIN },
		{ "9223372036854775807ms", 0, INT64_MAX },
		{ "9223372036854775808ms", -ERANGE, 0 },
		{ "9223372036854775807ms 1ms", -ERANGE, 0 },
		{ "15250284453w", -ERANGE, 0 }, { "99999999999999999999s", -ERANGE, 0 },
		{ "", -EINVAL, 0 }, { NULL, -EINVAL, 0 }, { "5", -EINVAL, 0 },
		{ "00", -EINVAL, 0 }, { "s", -EINVAL, 0 }, { "5m", -EINVAL, 0 },
		{ "5 s", -EINVAL, 0 }, { "5S", -EINVAL, 0 }, { "5sec", -EINVAL, 0 },
		{ "-5s", -EINVAL, 0 }, { "1.5h", -EINVAL, 0 }, { " 5s", -EINVAL, 0 },
		{ "5s ", -EINVAL, 0 }, { "5s 6", -EINVAL, 0 }, { "5s,6s", -EINVAL, 0 },
		{ "99999999999999999999x", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t ms = 42;
		int r = parse_duration(rows[i].s, &ms);

		assert_int_equal(r, rows[i].r);
		assert_int_equal(ms, r ? 42 : rows[i].want);
	}
}

static void test_format_duration(void **state UNUSED)
{
	static const struct {
		int64_t ms;
		const char *want;
	} rows[] = {
		{ 0, "0" }, { -1, "0" }, { 1, "1ms" }, { 1000, "1s" }, { 1500, "1500ms" },
		{ 60000, "1min" }, { 90000, "90s" }, { 119999, "119s 999ms" },
		{ 150000, "2min 30s" }, { 90 * MIN, "1h 30min" }, { 1440 * MIN, "1d" },
		{ 3 * 1440 * MIN, "3d" }, { 14 * 1440 * MIN, "2w" },
	};
	char buf[96];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		format_duration(rows[i].ms, buf, sizeof(buf));
		assert_string_equal(buf, rows[i].want);
	}
	format_duration(150000, buf, 5);
	assert_string_equal(buf, "2min");
}

static void assert_round_trip(int64_t ms)
{
	char buf[96];
	int64_t back = -1;

	format_duration(ms, buf, sizeof(buf));
	assert_int_equal(parse_duration(buf, &back), 0);
	assert_int_equal(back, ms);
}

static void test_duration_round_trip(void **state UNUSED)
{
	unsigned seed = (unsigned)time(NULL);

	print_message("seed %u\n", seed);
	srandom(seed);
	assert_round_trip(INT64_MAX);
	for (int64_t ms = 0; ms < 200000; ms += 499)
		assert_round_trip(ms);
	for (int i = 0; i < 10000; i++) {
		uint64_t r = (uint64_t)random() << 32 ^ (uint64_t)random() << 16 ^ (uint64_t)random();

		assert_round_trip((int64_t)(r >> 1 >> random() % 62));
	}
}

static void test_format_wait(void **state UNUSED)
{
	static const struct {
		int64_t ms;
		const char *want;
	} rows[] = {
		{ -5, "0 s" }, { 0, "0 s" }, { 1, "1 s" }, { 59000, "59 s" }, { 59001, "1 min" },
		{ 60001, "2 min" }, { 14 * MIN, "14 min" }, { 59 * MIN + 1, "1 h" },
		{ 60 * MIN, "1 h" }, { 200 * MIN, "3 h 20 min" }, { 1439 * MIN, "23 h 59 min" },
		{ 1439 * MIN + 1, "1 d" }, { 1440 * MIN + 1, "1 d 1 h" },
		{ 2 * 1440 * MIN - 1, "2 d" }, { INT64_MAX, "106751991167 d 8 h" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char buf[40];

		format_wait(rows[i].ms, buf, sizeof(buf));
		assert_string_equal(buf, rows[i].want);
	}
}

/* Files */

static void test_file_read(void **state UNUSED)
{
	char *text = NULL;
	char big[10000];
	size_t len;

	memset(big, 'x', sizeof(big));
	assert_int_equal(file_write_atomic("big", big, sizeof(big), 0600), 0);
	assert_int_equal(file_read("big", sizeof(big), &text, &len), 0);
	assert_int_equal(len, sizeof(big));
	assert_memory_equal(text, big, len);
	assert_int_equal(text[len], '\0');
	free(text);
	text = NULL;
	assert_int_equal(file_read("big", sizeof(big) - 1, &text, NULL), -EFBIG);
	assert_int_equal(file_read("none", 10, &text, NULL), -ENOENT);
	assert_int_equal(file_read(".", 10, &text, NULL), -EISDIR);
	/* Says size 0 and has more than one page. */
	assert_int_equal(file_read("/proc/self/status", 10, &text, NULL), -EFBIG);
	assert_null(text);
	assert_int_equal(file_read("/proc/self/status", 1 << 20, &text, &len), 0);
	assert_int_equal(len, strlen(text));
	free(text);
	write_file("empty", "", 0600);
	assert_content("empty", "");
}

static void test_write_atomic(void **state UNUSED)
{
	struct stat st;
	CLEANUP_FREE char *absolute = xasprintf("%s/a", folder);

	write_file("a", "one", 0640);
	assert_int_equal(stat("a", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	write_file(absolute, "two", 0600);
	assert_content("a", "two");
	assert_int_equal(stat("a", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	/* A link is replaced, not written through. */
	assert_int_equal(symlink("a", "link"), 0);
	write_file("link", "three", 0600);
	assert_content("a", "two");
	assert_content("link", "three");
	assert_int_equal(count_files("."), 2);
}

static void test_write_atomic_refused(void **state UNUSED)
{
	static const struct {
		const char *path;
		int r;
	} rows[] = {
		{ "none/a", -ENOENT }, { "full", -EISDIR }, { "file/a", -ENOTDIR },
		{ "full/", -EINVAL }, { "", -EINVAL }, { "..", -EINVAL },
	};

	assert_int_equal(mkdir("full", 0700), 0);
	write_file("full/x", "x", 0600);
	write_file("file", "old", 0600);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(file_write_atomic(rows[i].path, "new", 3, 0600), rows[i].r);
	assert_int_equal(count_files("."), 2);
	assert_int_equal(count_files("full"), 1);
	assert_content("file", "old");
}

/* As on a full disk: the write fails in the middle. */
static void test_write_atomic_full(void **state UNUSED)
{
	struct rlimit old, small;
	char data[8192];

	memset(data, 'n', sizeof(data));
	write_file("a", "old", 0600);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 4096;
	void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int r = file_write_atomic("a", data, sizeof(data), 0600);

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	signal(SIGXFSZ, handler);
	assert_int_equal(r, -EFBIG);
	assert_content("a", "old");
	assert_int_equal(count_files("."), 1);
}

static void test_write_atomic_unwritable(void **state UNUSED)
{
	write_file("a", "old", 0600);
	assert_int_equal(chmod(folder, 0555), 0);
	/* Root may write anywhere: be somebody else for a moment. */
	bool root = geteuid() == 0;

	if (root)
		assert_int_equal(seteuid(65534), 0);
	int r = file_write_atomic("a", "new", 3, 0600);

	if (root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(folder, 0700), 0);
	assert_int_equal(r, -EACCES);
	assert_content("a", "old");
	assert_int_equal(count_files("."), 1);
}

static void test_dir_make(void **state UNUSED)
{
	struct stat st;
	CLEANUP_FREE char *absolute = xasprintf("%s/x//y/z/", folder);
	mode_t mask = umask(0022);

	assert_int_equal(dir_make(absolute, 0750), 0);
	assert_int_equal(dir_make(absolute, 0750), 0);
	assert_int_equal(dir_make("r/s", 0700), 0);
	umask(mask);
	assert_int_equal(stat("x/y/z", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	assert_int_equal(dir_sync("r/s"), 0);
	write_file("file", "", 0600);
	assert_int_equal(dir_make("file", 0700), -ENOTDIR);
	assert_int_equal(dir_make("file/a", 0700), -ENOTDIR);
	assert_int_equal(dir_make("", 0700), -ENOENT);
	assert_int_equal(dir_make("/", 0700), 0);
	assert_int_equal(dir_sync("none"), -ENOENT);
	assert_int_equal(dir_sync("file"), -ENOTDIR);
}

static void test_dir_remove(void **state UNUSED)
{
	assert_int_equal(dir_make("keep/sub", 0700), 0);
	write_file("keep/sub/file", "x", 0600);
	assert_int_equal(dir_make("gone/a/b/c", 0700), 0);
	write_file("gone/a/file", "x", 0600);
	write_file("gone/a/b/c/.hidden", "x", 0600);
	assert_int_equal(symlink("../../keep", "gone/a/link"), 0);
	assert_int_equal(symlink("nowhere", "gone/dangling"), 0);
	assert_int_equal(symlink("keep", "link"), 0);
	assert_int_equal(dir_remove("gone"), 0);
	assert_int_equal(access("gone", F_OK), -1);
	assert_int_equal(dir_remove("link"), 0);
	assert_content("keep/sub/file", "x");
	assert_int_equal(dir_remove("none"), -ENOENT);
	assert_int_equal(count_files("."), 1);
}

static void test_fd_write_all(void **state UNUSED)
{
	int fds[2];
	char data[4096] = "";

	assert_int_equal(fd_write_all(-1, "x", 1), -EBADF);
	assert_int_equal(fd_write_all(-1, "", 0), 0);
	/* A pipe takes less than all of it, then nothing. */
	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	int r = 0;

	for (int i = 0; i < 100000 && r == 0; i++)
		r = fd_write_all(fds[1], data, sizeof(data) - 1);
	assert_int_equal(r, -EAGAIN);
	close(fds[0]);
	close(fds[1]);
}

/* Secrets */

static void assert_secret(const char *path, int want, const char *text)
{
	char *secret = NULL;
	struct err e = { "" };

	assert_int_equal(secret_check(path, &e), want);
	assert_int_equal(secret_read(path, &secret, &e), want);
	assert_int_equal(secret_read("none", &secret, NULL), -ENOENT);
	if (want == 0) {
		assert_string_equal(secret, text);
		secret_free(secret);
		return;
	}
	assert_null(secret);
	if (!strstr(e.text, text) || !str_starts(e.text, path) || strchr(e.text, '\n'))
		fail_msg("%s", e.text);
}

static void test_secret(void **state UNUSED)
{
	static const struct {
		unsigned mode;
		const char *content;
		int r;
		const char *text; /* the secret, or a part of the error */
	} rows[] = {
		{ 0600, "key\n", 0, "key" }, { 0400, "key", 0, "key" },
		{ 0600, "key\r\n\n", 0, "key" }, { 0600, " k\ney ", 0, " k\ney " },
		{ 0644, "key", -EPERM, "chmod 600 s" }, { 0640, "key", -EPERM, "chmod 600 s" },
		{ 0601, "key", -EPERM, "(mode 0601)" }, { 0602, "key", -EPERM, "chmod 600 s" },
		{ 0600, "", -ENODATA, "write the secret" }, { 0600, "\n\n", -ENODATA, "is empty" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		write_file("s", rows[i].content, rows[i].mode);
		assert_secret("s", rows[i].r, rows[i].text);
	}
	secret_free(NULL);
}

static void test_secret_refused(void **state UNUSED)
{
	CLEANUP_FREE char *big = xcalloc(70000, 1);

	write_file("s", "key", 0600);
	assert_int_equal(symlink("s", "link"), 0);
	assert_int_equal(mkdir("dir", 0700), 0);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(file_write_atomic("zero", "a\0b", 3, 0600), 0);
	memset(big, 'x', 69999);
	write_file("big", big, 0600);
	assert_secret("link", -ELOOP, "symbolic link");
	assert_secret("dir", -EINVAL, "no regular file");
	assert_secret("fifo", -EINVAL, "no regular file");
	assert_secret("none", -ENOENT, "chmod 600 none");
	assert_secret("zero", -EINVAL, "zero byte");
	assert_secret("big", -EFBIG, "too long");
	if (geteuid() == 0) {
		assert_int_equal(chown("s", 12345, 0), 0);
		assert_secret("s", -EPERM, "chown 0 s");
		assert_int_equal(chmod(folder, 0755), 0);
		assert_int_equal(seteuid(12345), 0);
		int r = secret_check("s", NULL), other = secret_check("big", NULL);

		assert_int_equal(seteuid(0), 0);
		assert_int_equal(r, 0);
		assert_int_equal(other, -EACCES);
	}
}

/* Who can write to a folder on the way, as it is named or as it is, can put another file there. */
static void test_secret_folder(void **state UNUSED)
{
	CLEANUP_FREE char *s = xasprintf("%s/a/b/s", folder);
	CLEANUP_FREE char *linked = xasprintf("%s/loose/link/s", folder);
	static const struct {
		const char *dir;
		unsigned mode;
		int r;
		const char *text;
	} rows[] = {
		{ "a/b", 0700, 0, "key" }, { "a/b", 0755, 0, "key" },
		{ "a/b", 0770, -EPERM, "chmod go-w " }, { "a/b", 0702, -EPERM, "(mode 0702)" },
		{ "a/b", 01777, 0, "key" }, { "a/b", 0700, 0, "key" },
		{ "a", 0777, -EPERM, "/a (mode 0777)" }, { "a", 0750, 0, "key" },
	};

	assert_int_equal(mkdir("a", 0700), 0);
	assert_int_equal(mkdir("a/b", 0700), 0);
	assert_int_equal(mkdir("loose", 0700), 0);
	assert_int_equal(symlink("../a/b", "loose/link"), 0);
	write_file(s, "key", 0600);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(chmod(rows[i].dir, rows[i].mode), 0);
		assert_secret(s, rows[i].r, rows[i].text);
		assert_secret(linked, rows[i].r, rows[i].text);
	}
	/* The folder of the link, then the one that it leads to. */
	assert_int_equal(chmod("loose", 0777), 0);
	assert_secret(linked, -EPERM, "/loose (mode 0777)");
	assert_int_equal(chmod("loose", 0700), 0);
	assert_secret(linked, 0, "key");
	if (geteuid() == 0) {
		struct err e = { "" };

		assert_int_equal(chmod(folder, 0755), 0);
		assert_int_equal(chmod("a", 0755), 0);
		assert_int_equal(chown("a/b", 12345, 0), 0);
		assert_int_equal(chown(s, 23456, 0), 0);
		assert_int_equal(chmod("a/b", 0755), 0);
		assert_int_equal(seteuid(23456), 0);
		int r = secret_check(s, &e);

		assert_int_equal(seteuid(0), 0);
		assert_int_equal(r, -EPERM);
		assert_non_null(strstr(e.text, "run: chown 23456 "));
		assert_true(str_ends(e.text, "/a/b"));
	}
}

/* A credential lent by an ACL shows the group's read bit; others still may not. */
static void test_secret_credential(void **state UNUSED)
{
	CLEANUP_FREE char *in = xasprintf("%s/in", folder);
	CLEANUP_FREE char *s = xasprintf("%s/in/s", folder);
	CLEANUP_FREE char *out = xasprintf("%s/inner", folder);

	assert_int_equal(mkdir("in", 0700), 0);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", in, 1), 0);
	write_file(s, "key", 0440);
	assert_secret(s, 0, "key");
	write_file(s, "key", 0444);
	assert_secret(s, -EPERM, "chmod 600");
	write_file(out, "key", 0440);
	assert_secret(out, -EPERM, "chmod 600");
	unsetenv("CREDENTIALS_DIRECTORY");
	write_file(s, "key", 0440);
	assert_secret(s, -EPERM, "chmod 600");
}

/* Identity */

static void test_fingerprint(void **state UNUSED)
{
	/* Worked out apart from this code, by FNV-1a over the parts and their NULs. */
	static const struct {
		const char *parts[2];
		size_t n;
		const char *want;
	} rows[] = {
		{ { NULL }, 0, "6c62272e07bb014262b821756295c58d" },
		{ { "a" }, 1, "0880954519ab1be95aa0733055b70e0c" },
		{ { "ab", "c" }, 2, "3275330bec83d94f708144878a7ef76d" },
		{ { "a", "bc" }, 2, "35336b6d0a83d94f7081455fbb9aa611" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char out[FINGERPRINT_LEN + 1];

		fingerprint(rows[i].parts, rows[i].n, out);
		assert_string_equal(out, rows[i].want);
	}
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_err_set),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_parse_int64),
		cmocka_unit_test(test_parse_duration),
		cmocka_unit_test(test_format_duration),
		cmocka_unit_test(test_duration_round_trip),
		cmocka_unit_test(test_format_wait),
		IN_FOLDER(test_file_read),
		IN_FOLDER(test_write_atomic),
		IN_FOLDER(test_write_atomic_refused),
		IN_FOLDER(test_write_atomic_full),
		IN_FOLDER(test_write_atomic_unwritable),
		IN_FOLDER(test_dir_make),
		IN_FOLDER(test_dir_remove),
		cmocka_unit_test(test_fd_write_all),
		IN_FOLDER(test_secret),
		IN_FOLDER(test_secret_refused),
		IN_FOLDER(test_secret_folder),
		IN_FOLDER(test_secret_credential),
		cmocka_unit_test(test_fingerprint),
	};

	return cmocka_run_group_tests_name("util", tests, NULL, NULL);
}
