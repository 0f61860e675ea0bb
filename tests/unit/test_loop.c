/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "loop.h"

static struct loop *loop;
static char order[32];
static size_t order_len;

static void note(char c)
{
	assert_true(order_len + 1 < sizeof(order));
	order[order_len++] = c;
	order[order_len] = '\0';
}

static int start(void **state UNUSED)
{
	struct err e;

	order_len = 0;
	order[0] = '\0';
	return loop_new(&loop, &e);
}

static int stop(void **state UNUSED)
{
	loop_free(loop);
	loop = NULL;
	return 0;
}

static char names[] = "abnot";

static void on_note(void *ctx)
{
	note(*(const char *)ctx);
}

static void on_end(void *ctx)
{
	note('.');
	loop_exit(loop, *(int *)ctx);
}

static void test_timers(void **state UNUSED)
{
	struct loop_source *a, *b, *never, *off, *end;
	struct instant before, after;
	int code = 7;

	assert_int_equal(loop_timer(loop, 0, on_note, &names[0], &a), 0);
	assert_int_equal(loop_timer(loop, 0, on_note, &names[1], &b), 0);
	assert_int_equal(loop_timer(loop, 0, on_note, &names[2], &never), 0);
	assert_int_equal(loop_timer(loop, 0, on_note, &names[3], &off), 0);
	assert_int_equal(loop_timer(loop, 0, on_end, &code, &end), 0);
	clock_now(&before);
	loop_timer_in(end, 60);
	loop_timer_in(b, 30);
	loop_timer_at(a, before.boot_ms - 5); /* gone by: at once */
	loop_timer_in(never, INT64_MAX);
	loop_timer_at(never, INT64_MAX);
	loop_timer_in(off, 1);
	loop_timer_off(off);
	assert_int_equal(loop_run(loop), 7);
	clock_now(&after);
	/* "n" and "o" are off. */
	assert_string_equal(order, "ab.");
	/* Never early. */
	assert_true(after.boot_ms - before.boot_ms >= 59);
	loop_source_free(a);
	loop_source_free(NULL);
}

static struct loop_source *again;
static int rounds;

static void on_again(void *ctx UNUSED)
{
	note('r');
	if (++rounds < 3)
		loop_timer_in(again, -1);
	else
		loop_exit(loop, 0);
}

static void test_rearm(void **state UNUSED)
{
	rounds = 0;
	assert_int_equal(loop_timer(loop, 1000, on_again, NULL, &again), 0);
	loop_timer_in(again, 0);
	assert_int_equal(loop_run(loop), 0);
	assert_string_equal(order, "rrr");
}

static void test_absolute(void **state UNUSED)
{
	struct loop_source *end;
	struct instant now, after;
	int code = 0;

	assert_int_equal(loop_timer(loop, 0, on_end, &code, &end), 0);
	clock_now(&now);
	loop_timer_at(end, now.boot_ms + 20);
	assert_int_equal(loop_run(loop), 0);
	clock_now(&after);
	assert_true(after.boot_ms >= now.boot_ms + 20);
}

static int pipe_fds[2];
static struct loop_source *io, *other;

static void on_input(void *ctx UNUSED)
{
	char c;

	assert_int_equal(read(pipe_fds[0], &c, 1), 1);
	note(c);
	/* Its own source and one that is due as well. */
	if (c == 'y') {
		loop_source_free(io);
		loop_source_free(other);
		loop_exit(loop, 3);
	}
}

static void test_io(void **state UNUSED)
{
	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(loop_io(loop, pipe_fds[0], on_input, NULL, &io), 0);
	assert_int_equal(loop_timer(loop, 0, on_note, &names[4], &other), 0);
	assert_int_equal(write(pipe_fds[1], "xy", 2), 2);
	assert_int_equal(loop_run(loop), 3);
	assert_string_equal(order, "xy");
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	assert_int_equal(loop_io(loop, -1, on_input, NULL, &io), -EBADF);
}

static void on_hangup(void *ctx UNUSED)
{
	note('h');
	raise(SIGTERM);
}

static void test_signals(void **state UNUSED)
{
	sigset_t before, now;
	int code = 5;

	sigprocmask(SIG_SETMASK, NULL, &before);
	assert_int_equal(loop_signal(loop, SIGTERM, on_end, &code), 0);
	assert_int_equal(loop_signal(loop, SIGHUP, on_hangup, NULL), 0);
	sigprocmask(SIG_SETMASK, NULL, &now);
	assert_true(sigismember(&now, SIGHUP));
	raise(SIGHUP);
	assert_int_equal(loop_run(loop), 5);
	assert_string_equal(order, "h.");
	assert_true(loop_signal(loop, -4, on_end, &code) < 0);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* A socket of ours in place of the service manager's. */
static char socket_path[] = "/tmp/test_loop.XXXXXX/notify";
static int manager = -1;

static int listen_start(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char *slash = strrchr(socket_path, '/');

	*slash = '\0';
	memcpy(slash - 6, "XXXXXX", 6);
	assert_non_null(mkdtemp(socket_path));
	*slash = '/';
	memcpy(address.sun_path, socket_path, sizeof(socket_path));
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(manager >= 0);
	assert_int_equal(bind(manager, (const struct sockaddr *)&address, sizeof(address)), 0);
	setenv("NOTIFY_SOCKET", socket_path, 1);
	return start(state);
}

static int listen_stop(void **state)
{
	char *slash = strrchr(socket_path, '/');

	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	close(manager);
	unlink(socket_path);
	*slash = '\0';
	rmdir(socket_path);
	*slash = '/';
	return stop(state);
}

/* The next datagram, which has been sent already; "" if there is none. */
static const char *heard(void)
{
	static char text[2048];
	ssize_t n = recv(manager, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void test_notify(void **state UNUSED)
{
	char expected[64];

	loop_notify_ready(loop);
	assert_string_equal(heard(), "READY=1");
	loop_notify_status(loop, "%d of %d calls left", 4, 10);
	assert_string_equal(heard(), "STATUS=4 of 10 calls left");
	loop_notify_status(loop, "4 of 10 calls left");
	assert_string_equal(heard(), "");
	loop_notify_status(loop, "next for '%s'", "무선\nREADY=0\r청소기");
	assert_string_equal(heard(), "STATUS=next for '무선 READY=0 청소기'");
	loop_notify_reloading(loop);
	str_format_cut(expected, sizeof(expected), "RELOADING=1\nMONOTONIC_USEC=");
	const char *text = heard();

	assert_true(str_starts(text, expected));
	assert_true(strlen(text) > strlen(expected));
	loop_notify_stopping(loop);
	assert_string_equal(heard(), "STOPPING=1");
	assert_string_equal(heard(), "");
}

static void test_long_status(void **state UNUSED)
{
	char text[3001] = "";

	for (size_t i = 0; i < 1000; i++)
		memcpy(text + 3 * i, "가", 3);
	loop_notify_status(loop, "%s", text);
	const char *got = heard();

	/* Whole characters after "STATUS=". */
	assert_true(strlen(got) > 400 && strlen(got) < 1024);
	assert_int_equal((strlen(got) - strlen("STATUS=")) % 3, 0);
}

static void test_no_manager(void **state UNUSED)
{
	unsetenv("NOTIFY_SOCKET");
	loop_notify_ready(loop);
	loop_notify_status(loop, "nobody listens");
	setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
	loop_notify_stopping(loop);
	assert_string_equal(heard(), "");
	assert_int_equal(loop_watchdog(loop), 0);
}

static void on_manager(void *ctx UNUSED)
{
	if (str_eq(heard(), "WATCHDOG=1"))
		note('w');
	if (order_len == 3)
		loop_exit(loop, 0);
}

static void test_watchdog(void **state UNUSED)
{
	struct loop_source *source;
	char pid[16];

	str_format_cut(pid, sizeof(pid), "%d", (int)getpid());
	setenv("WATCHDOG_USEC", "100000", 1);
	setenv("WATCHDOG_PID", "1", 1); /* not for us */
	assert_int_equal(loop_watchdog(loop), 0);
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(loop_watchdog(loop), 1);
	assert_int_equal(loop_io(loop, manager, on_manager, NULL, &source), 0);
	assert_int_equal(loop_run(loop), 0);
	assert_string_equal(order, "www");
}

static void test_nothing(void **state UNUSED)
{
	loop_free(NULL);
	loop_source_free(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
#define LISTEN(name) cmocka_unit_test_setup_teardown(name, listen_start, listen_stop)
	const struct CMUnitTest tests[] = {
		TEST(test_timers), TEST(test_rearm), TEST(test_absolute), TEST(test_io),
		TEST(test_signals), LISTEN(test_notify), LISTEN(test_long_status),
		LISTEN(test_no_manager), LISTEN(test_watchdog), TEST(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
