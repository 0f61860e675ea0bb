/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "journal.h"
#include "log.h"

/*
 * A journal of ours: in a mount namespace of its own, /run is empty but for
 * our socket in the journal's place. Each test runs in a child that has it.
 */
static int journal = -1;

/* Where the children's standard error goes. */
static int errors = -1;

#define CANNOT 77

static void write_text(const char *path, const char *text)
{
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);

	/* Without it the mount below fails, and the test is skipped. */
	if (fd >= 0 && fd_write_all(fd, text, strlen(text)) < 0)
		_exit(CANNOT);
}

static bool enter_namespace(void)
{
	CLEANUP_FREE char *uids = xasprintf("0 %u 1", (unsigned)getuid());
	CLEANUP_FREE char *gids = xasprintf("0 %u 1", (unsigned)getgid());
	bool root = getuid() == 0;

	if (unshare(CLONE_NEWNS | (root ? 0 : CLONE_NEWUSER)) < 0)
		return false;
	if (!root) {
		write_text("/proc/self/setgroups", "deny");
		write_text("/proc/self/uid_map", uids);
		write_text("/proc/self/gid_map", gids);
	}
	return mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
		mount("none", "/run", "tmpfs", 0, NULL) == 0;
}

static void make_journal(void)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX,
		.sun_path = "/run/systemd/journal/socket" };

	if (mkdir("/run/systemd", 0755) < 0 || mkdir("/run/systemd/journal", 0755) < 0)
		_exit(CANNOT);
	journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (bind(journal, (const struct sockaddr *)&address, sizeof(address)) < 0)
		_exit(CANNOT);
}

/* The next datagram; "" if there is none. */
static const char *heard(void)
{
	static char text[65536];
	ssize_t n = recv(journal, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static const char *on_stderr(void)
{
	static char text[4096];
	ssize_t n = pread(errors, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* In the child: the first check that fails is its exit status. */
#define CHECK(what) \
	do { \
		if (!(what)) \
			_exit(__LINE__ % 70 + 1); \
	} while (0)

static void in_child(void (*body)(void), bool with_journal)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		if (!enter_namespace() || dup2(errors, STDERR_FILENO) < 0)
			_exit(CANNOT);
		if (with_journal)
			make_journal();
		body();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == CANNOT)
		skip();
	/* Else a check failed: this is its line modulo 70, plus 1. */
	assert_int_equal(WEXITSTATUS(status), 0);
}

static bool has_line(const char *text, const char *line)
{
	size_t len = strlen(line);

	for (const char *p = strstr(text, line); p; p = strstr(p + 1, line)) {
		if ((p == text || p[-1] == '\n') && p[len] == '\n')
			return true;
	}
	return false;
}

static void body_fields(void)
{
	setenv("CPAUTO_LOG", "journal", 1);
	CHECK(journal_init("cpautod"));
	log_event(LOG_LEVEL_WARNING, LOG_FIELDS_CALLS(4, .event = EVENT_BLOCKED, .keyword = "무선 청소기",
		.list = "kitchen", .post = "12", .agent = "coupang", .publisher = "blog",
		.until = "2026-11-24 14:32:00"), "one %s", "event");
	const char *text = heard();

	CHECK(has_line(text, "MESSAGE=one event"));
	CHECK(has_line(text, "PRIORITY=4"));
	CHECK(has_line(text, "SYSLOG_IDENTIFIER=cpautod"));
	CHECK(has_line(text, "CPAUTO_KEYWORD=무선 청소기"));
	CHECK(has_line(text, "CPAUTO_LIST=kitchen"));
	CHECK(has_line(text, "CPAUTO_POST=12"));
	CHECK(has_line(text, "CPAUTO_AGENT=coupang"));
	CHECK(has_line(text, "CPAUTO_PUBLISHER=blog"));
	CHECK(has_line(text, "CPAUTO_UNTIL=2026-11-24 14:32:00"));
	CHECK(has_line(text, "CPAUTO_CALLS_LEFT=4"));
	CHECK(has_line(text, "CPAUTO_EVENT=blocked"));
	CHECK(has_line(text, "MESSAGE_ID=818b01c81e344de09bd81a5fc3314cc1"));
	CHECK(!strstr(text, "CODE_FILE"));

	log_info("bare");
	text = heard();
	CHECK(has_line(text, "MESSAGE=bare") && !strstr(text, "CPAUTO_"));
	CHECK(!strstr(text, "MESSAGE_ID="));
	log_event(LOG_LEVEL_ERR, LOG_FIELDS_CALLS(0, .list = NULL), "none left");
	CHECK(has_line(heard(), "CPAUTO_CALLS_LEFT=0"));
	/* A line end in a field, or in a message, forges no other field. */
	log_event(LOG_LEVEL_INFO, LOG_FIELDS(.list = "a\nPRIORITY=0"), "b\nPRIORITY=0");
	CHECK(!str_starts(heard(), "PRIORITY=0") && str_eq(heard(), ""));
	CHECK(str_eq(on_stderr(), ""));
}

static void body_binary(void)
{
	setenv("CPAUTO_LOG", "journal", 1);
	CHECK(journal_init("cpautod"));
	log_event(LOG_LEVEL_INFO, LOG_FIELDS(.list = "a\nX=1"), "m\nX=1");
	const char *text = heard();

	CHECK(has_line(text, "MESSAGE=m\\x0aX=1"));
	/* Its length in binary follows the bare name. */
	CHECK(strstr(text, "\nCPAUTO_LIST\n") && !strstr(text, "CPAUTO_LIST="));
}

static void body_stream(void)
{
	struct stat st;
	char stream[64];

	unsetenv("CPAUTO_LOG");
	unsetenv("JOURNAL_STREAM");
	CHECK(!journal_init("cpauto"));
	setenv("JOURNAL_STREAM", "1:1", 1);
	CHECK(!journal_init("cpauto"));
	CHECK(fstat(STDERR_FILENO, &st) == 0);
	str_format_cut(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
		(uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	setenv("CPAUTO_LOG", "stderr", 1);
	CHECK(!journal_init("cpauto"));
	unsetenv("CPAUTO_LOG");
	CHECK(journal_init("cpauto"));
	log_info("to the journal");
	CHECK(has_line(heard(), "SYSLOG_IDENTIFIER=cpauto"));
	CHECK(str_eq(on_stderr(), ""));
}

static void body_none(void)
{
	setenv("CPAUTO_LOG", "journal", 1);
	CHECK(!journal_init("cpautod"));
	log_info("nobody there");
	CHECK(str_eq(on_stderr(), "cpautod: nobody there\n"));
}

/* It was there at the start, and is gone. */
static void body_gone(void)
{
	setenv("CPAUTO_LOG", "journal", 1);
	CHECK(journal_init("cpautod"));
	close(journal);
	log_info("where are you");
	CHECK(str_ends(on_stderr(), "cpautod: where are you\n"));
}

static int start(void **state UNUSED)
{
	char path[] = "/tmp/test_journal.XXXXXX";

	errors = mkstemp(path);
	if (errors < 0)
		return -1;
	return unlink(path);
}

static int stop(void **state UNUSED)
{
	return close(errors);
}

static void test_fields(void **state UNUSED)
{
	in_child(body_fields, true);
}

static void test_binary(void **state UNUSED)
{
	in_child(body_binary, true);
}

static void test_stream(void **state UNUSED)
{
	in_child(body_stream, true);
}

static void test_none(void **state UNUSED)
{
	in_child(body_none, false);
}

static void test_gone(void **state UNUSED)
{
	in_child(body_gone, true);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(test_fields), TEST(test_binary), TEST(test_stream), TEST(test_none),
		TEST(test_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
