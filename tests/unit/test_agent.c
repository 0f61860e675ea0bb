/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"
#include "log.h"

#define ODD TREE "/tests/agents/odd"

/* What no test should need; reaching it fails the test. */
#define LONG_MS 60000

/* Short, for agents that hang. */
#define SHORT_MS 300

#define PIDS_MAX 8

static char dir[] = "/tmp/test_agent.XXXXXX";
static char pids_path[64];

/* What was logged. */
static char lines[AGENT_LINES_MAX + 8][AGENT_LINE_MAX + 64];
static enum log_level levels[AGENT_LINES_MAX + 8];
static char last_agent[32];
static size_t line_count;

static void keep(enum log_level level, const struct log_fields *f, const char *text)
{
	assert_true(line_count < ARRAY_LEN(lines));
	levels[line_count] = level;
	str_format_cut(lines[line_count++], sizeof(lines[0]), "%s", text);
	str_format_cut(last_agent, sizeof(last_agent), "%s", f && f->agent ? f->agent : "");
}

static int start(void **state UNUSED)
{
	log_set_sink(keep);
	log_set_max(LOG_LEVEL_DEBUG);
	line_count = 0;
	unlink(pids_path);
	assert_int_equal(setenv("CPAUTO_TEST_PIDS", pids_path, 1), 0);
	return 0;
}

static int stop(void **state UNUSED)
{
	static const char *const names[] = { "CPAUTO_TEST_ODD", "CPAUTO_TEST_ANSWER",
		"CPAUTO_TEST_STATUS", "CPAUTO_TEST_LOOK", "CPAUTO_TEST_PIDS" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unsetenv(names[i]);
	return 0;
}

/* A request with BYTES of text in it. */
static struct value *request_new(size_t bytes)
{
	struct value *v = value_new_object();
	CLEANUP_FREE char *text = xmalloc(bytes + 1);

	memset(text, 'r', bytes);
	text[bytes] = '\0';
	value_set_int(v, "v", 1);
	value_set_string(v, "op", "publish");
	value_set_string(v, "text", text);
	return v;
}

static void run_path(const char *path, size_t bytes, int64_t timeout_ms, struct agent_result *r)
{
	struct value *request = request_new(bytes);
	const struct agent_job job = { .name = "odd", .path = path, .request = request,
		.timeout_ms = timeout_ms };

	agent_run(&job, r);
	value_free(request);
}

static void run_odd(const char *behaviour, int64_t timeout_ms, struct agent_result *r)
{
	setenv("CPAUTO_TEST_ODD", behaviour, 1);
	run_path(ODD, 10, timeout_ms, r);
}

static struct agent *start_odd(const char *behaviour, int64_t timeout_ms)
{
	struct value *request = request_new(10);
	const struct agent_job job = { .name = "odd", .path = ODD, .request = request,
		.timeout_ms = timeout_ms };
	struct agent *a = NULL;
	struct err e;

	setenv("CPAUTO_TEST_ODD", behaviour, 1);
	assert_int_equal(agent_start(&job, &a, &e), 0);
	value_free(request);
	return a;
}

static void finish_odd(struct agent *a, struct agent_result *r)
{
	struct pollfd ready = { .fd = agent_fd(a), .events = POLLIN };

	while (!agent_dispatch(a))
		assert_int_equal(poll(&ready, 1, LONG_MS), 1);
	agent_take_result(a, r);
	agent_free(a);
}

static size_t read_pids(pid_t *pids)
{
	CLEANUP_FREE char *text = NULL;
	size_t n = 0;

	if (file_read(pids_path, 4096, &text, NULL) < 0)
		return 0;
	char *end, *line = text;

	for (; n < PIDS_MAX && (end = strchr(line, '\n')); line = end + 1)
		pids[n++] = (pid_t)strtol(line, NULL, 10);
	return n;
}

static void nap(void)
{
	poll(NULL, 0, 5);
}

static void wait_for_pids(size_t want, pid_t *pids)
{
	for (int i = 0; i < LONG_MS / 5 && read_pids(pids) < want; i++)
		nap();
	assert_int_equal(read_pids(pids), want);
}

static void assert_gone(const pid_t *pids, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert_true(pids[i] > 1);
		for (int j = 0; j < LONG_MS / 5 && kill(pids[i], 0) == 0; j++)
			nap();
		assert_int_equal(kill(pids[i], 0), -1);
		assert_int_equal(errno, ESRCH);
	}
}

static void test_path(void **state UNUSED)
{
	static const struct {
		const char *name;
		int want;
	} rows[] = {
		{ "coupang", 0 }, { "a.b", 0 }, { "", -EINVAL }, { NULL, -EINVAL },
		{ ".", -EINVAL }, { "..", -EINVAL }, { ".hidden", -EINVAL }, { "a/b", -EINVAL },
		{ "/bin/sh", -EINVAL }, { "../x", -EINVAL },
		{ "a-name-that-is-much-too-long-for-the-room", -ENAMETOOLONG },
	};
	char buf[32];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(agent_path("/lib/agents", rows[i].name, buf, sizeof(buf)), rows[i].want);
		if (rows[i].want < 0)
			assert_string_equal(buf, "");
	}
	assert_int_equal(agent_path("/d", "n", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "/d/n");
}

static void test_ten_lines(void **state UNUSED)
{
	struct agent_result r;

	run_path(TREE "/tests/agents/ten-lines", 0, LONG_MS, &r);
	assert_int_equal(r.verdict, AGENT_OK);
	assert_string_equal(value_get_string(r.answer, "url", ""), "http://127.0.0.1/1");
	assert_null(r.reason);
	assert_int_equal(r.calls, -1);
	assert_int_equal(line_count, 1);
	assert_int_equal(levels[0], LOG_LEVEL_NOTICE);
	assert_string_equal(lines[0], "odd: a request of 32 bytes");
	assert_string_equal(last_agent, "odd");
	agent_result_finish(&r);
}

#define V1 "{\"v\":1,\"result\":"
/* That a person is needed counts where something may have left, and in no other answer. */
static void test_a_person_is_needed(void **state UNUSED)
{
	static const struct {
		const char *answer;
		bool want;
	} rows[] = {
		{ V1 "\"unknown\",\"person\":true,\"reason\":\"a captcha\"}", true },
		{ V1 "\"unknown\",\"person\":false}", false },
		{ V1 "\"unknown\",\"person\":\"true\"}", false },
		{ V1 "\"unknown\"}", false },
		{ V1 "\"ok\",\"person\":true}", false },
		{ V1 "\"later\",\"person\":true}", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct agent_result r;

		setenv("CPAUTO_TEST_ANSWER", rows[i].answer, 1);
		run_odd("answer", LONG_MS, &r);
		if (r.person != rows[i].want)
			fail_msg("row %zu: %s", i, rows[i].answer);
		agent_result_finish(&r);
	}
}

static void test_answers(void **state UNUSED)
{
	static const struct {
		const char *answer;
		enum agent_verdict want;
		const char *reason; /* a part of it */
		int64_t retry_ms, until_ms;
		int strikes, calls;
		bool kept;
	} rows[] = {
		{ V1 "\"ok\",\"calls\":3}", AGENT_OK, NULL, -1, 0, -1, 3, true },
		{ V1 "\"ok\",\"reason\":\"r\"}\n\n", AGENT_OK, NULL, -1, 0, -1, -1, true },
		{ V1 "\"later\",\"retry_after\":90,\"reason\":\"busy\"}", AGENT_LATER, "busy",
			90000, 0, -1, -1, true },
		{ V1 "\"later\",\"retry_after\":0.5}", AGENT_LATER, "gave no reason", 500, 0, -1, -1, true },
		{ V1 "\"later\",\"retry_after\":1e300}", AGENT_LATER, "'odd'", 2592000000, 0, -1, -1, true },
		{ V1 "\"later\",\"retry_after\":-5}", AGENT_LATER, "'odd'", -1, 0, -1, -1, true },
		{ V1 "\"later\",\"retry_after\":\"soon\"}", AGENT_LATER, "'odd'", -1, 0, -1, -1, true },
		{ V1 "\"unknown\",\"reason\":\"a\\nb\\u001b[2J\"}", AGENT_UNKNOWN, "a b [2J",
			-1, 0, -1, -1, true },
		{ V1 "\"refused\",\"reason\":\" \"}", AGENT_REFUSED, "refused it", -1, 0, -1, -1, true },
		{ V1 "\"broken\",\"reason\":7}", AGENT_BROKEN, "repairs", -1, 0, -1, -1, true },
		{ V1 "\"blocked\",\"until\":1790000000000,\"strikes\":2,\"calls\":1}", AGENT_BLOCKED,
			"blocked", -1, 1790000000000, 2, 1, true },
		{ V1 "\"blocked\",\"until\":-1,\"strikes\":-9,\"calls\":99999999999}", AGENT_BLOCKED,
			"blocked", -1, 0, -1, INT32_MAX, true },
		{ V1 "\"fine\"}", AGENT_UNKNOWN, "\"v\": 1", -1, 0, -1, -1, false },
		{ V1 "1}", AGENT_UNKNOWN, "\"v\": 1", -1, 0, -1, -1, false },
		{ "{\"v\":2,\"result\":\"ok\"}", AGENT_UNKNOWN, "version", -1, 0, -1, -1, false },
		{ "{\"result\":\"ok\"}", AGENT_UNKNOWN, "version", -1, 0, -1, -1, false },
		{ "[]", AGENT_UNKNOWN, "version", -1, 0, -1, -1, false },
		{ "null", AGENT_UNKNOWN, "version", -1, 0, -1, -1, false },
		{ "", AGENT_UNKNOWN, "without an answer", -1, 0, -1, -1, false },
		{ "Traceback: oh", AGENT_UNKNOWN, "cannot be read", -1, 0, -1, -1, false },
		{ V1 "\"ok\"} x", AGENT_UNKNOWN, "cannot be read", -1, 0, -1, -1, false },
		{ V1 "\"ok\",\"t\":\"\xff\"}", AGENT_UNKNOWN, "cannot be read", -1, 0, -1, -1, false },
		{ V1 "\"ok\"", AGENT_UNKNOWN, "cannot be read", -1, 0, -1, -1, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct agent_result r;

		setenv("CPAUTO_TEST_ANSWER", rows[i].answer, 1);
		run_odd("answer", LONG_MS, &r);
		assert_int_equal(r.verdict, rows[i].want);
		if (rows[i].reason && !strstr(r.reason, rows[i].reason))
			fail_msg("row %zu: '%s' lacks '%s'", i, r.reason, rows[i].reason);
		assert_int_equal(r.reason != NULL, rows[i].want != AGENT_OK);
		assert_int_equal(r.retry_after_ms, rows[i].retry_ms);
		assert_int_equal(r.until_ms, rows[i].until_ms);
		assert_int_equal(r.strikes, rows[i].strikes);
		assert_int_equal(r.calls, rows[i].calls);
		assert_int_equal(r.answer != NULL, rows[i].kept);
		assert_false(r.timed_out);
		agent_result_finish(&r);
	}
}

static void test_words(void **state UNUSED)
{
	static const char *const words[] = { "ok", "later", "unknown", "refused", "broken",
		"blocked" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		assert_string_equal(agent_verdict_word((enum agent_verdict)i), words[i]);
}

static void test_failures(void **state UNUSED)
{
	static const struct {
		const char *behaviour, *answer, *status, *reason;
		int calls;
	} rows[] = {
		{ "fail", "", "3", "exit status 3", -1 },
		{ "fail", V1 "\"ok\",\"calls\":2}", "1", "exit status 1", 2 },
		{ "fail", "no", "255", "exit status 255", -1 },
		{ "crash", "", "", "signal 11 (SIGSEGV)", 1 },
		{ "mute", "", "", "without an answer", -1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct agent_result r;

		setenv("CPAUTO_TEST_ANSWER", rows[i].answer, 1);
		setenv("CPAUTO_TEST_STATUS", rows[i].status, 1);
		run_odd(rows[i].behaviour, LONG_MS, &r);
		assert_int_equal(r.verdict, AGENT_UNKNOWN);
		assert_non_null(strstr(r.reason, rows[i].reason));
		assert_int_equal(r.calls, rows[i].calls);
		assert_false(r.timed_out);
		agent_result_finish(&r);
	}
}

static void put_file(const char *name, const char *text, unsigned mode, char *path, size_t size)
{
	assert_int_equal(str_format(path, size, "%s/%s", dir, name), 0);
	assert_int_equal(file_write_atomic(path, text, strlen(text), mode), 0);
}

/* It takes a failing exec of what looks like a program for done, and dies. */
static bool has_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload && strstr(preload, "vgpreload");
}

static void test_not_started(void **state UNUSED)
{
	static const struct {
		const char *name, *text;
		unsigned mode;
		const char *reason;
		bool late;
	} rows[] = {
		{ "missing", NULL, 0, "is not there", false },
		{ "plain", "#!/bin/sh\n", 0644, "chmod 755", false },
		{ "shebang", "#!/no/such/interpreter\n", 0755, "interpreter", true },
		{ "text", "hello\n", 0755, "is no program", true },
		{ "", NULL, 0, "chmod 755", false }, /* the folder itself */
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct agent_result r;
		char path[128];

		if (rows[i].late && has_valgrind())
			continue;
		assert_int_equal(str_format(path, sizeof(path), "%s/%s", dir, rows[i].name), 0);
		if (rows[i].text)
			put_file(rows[i].name, rows[i].text, rows[i].mode, path, sizeof(path));
		run_path(path, 10, LONG_MS, &r);
		assert_int_equal(r.verdict, AGENT_BROKEN);
		assert_non_null(strstr(r.reason, rows[i].reason));
		assert_non_null(strstr(r.reason, dir));
		assert_null(r.answer);
		agent_result_finish(&r);
	}
}

static void limit_files(rlim_t limit)
{
	static struct rlimit usual;
	struct rlimit now;

	if (usual.rlim_cur == 0)
		assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
	now = usual;
	now.rlim_cur = limit ? limit : usual.rlim_cur;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
}

/* With room for no descriptor more, for one, for two, … until there is enough. */
static void test_no_descriptors(void **state UNUSED)
{
	struct value *request = request_new(1);
	const struct agent_job job = { .name = "odd", .path = ODD, .request = request,
		.timeout_ms = LONG_MS };
	struct agent *a = NULL;
	int first = dup(STDERR_FILENO), failures = 0;

	close(first);
	setenv("CPAUTO_TEST_ODD", "unread", 1);
	for (int spare = 0; spare < 32 && !a; spare++) {
		struct err e;

		limit_files((rlim_t)(first + spare));
		int r = agent_start(&job, &a, &e);

		limit_files(0);
		if (r == 0)
			break;
		failures++;
		assert_int_equal(r, -EMFILE);
		assert_non_null(strstr(e.text, "'odd'"));
		/* No child and no descriptor stays behind. */
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
		int again = dup(STDERR_FILENO);

		assert_int_equal(again, first);
		close(again);
	}
	value_free(request);
	assert_non_null(a);
	assert_true(failures > 5);
	agent_free(a);
}

static void test_huge_request(void **state UNUSED)
{
	struct agent_result r;

	run_path(ODD, AGENT_TEXT_MAX, LONG_MS, &r);
	assert_int_equal(r.verdict, AGENT_LATER);
	assert_non_null(strstr(r.reason, "larger than 8 MiB"));
	agent_result_finish(&r);
}

static void test_sizes(void **state UNUSED)
{
	static const struct {
		const char *behaviour;
		size_t request;
		enum agent_verdict want;
		const char *reason;
	} rows[] = {
		{ "count", 4 << 20, AGENT_OK, NULL },
		/* Neither reads what it gets: it answers all the same. */
		{ "unread", 4 << 20, AGENT_OK, NULL },
		{ "deaf", 4 << 20, AGENT_OK, NULL },
		{ "big", 10, AGENT_OK, NULL },
		{ "huge", 10, AGENT_UNKNOWN, "more than 8 MiB" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct agent_result r;

		setenv("CPAUTO_TEST_ODD", rows[i].behaviour, 1);
		run_path(ODD, rows[i].request, LONG_MS, &r);
		assert_int_equal(r.verdict, rows[i].want);
		if (rows[i].reason)
			assert_non_null(strstr(r.reason, rows[i].reason));
		if (str_eq(rows[i].behaviour, "count"))
			assert_true(value_get_int(r.answer, "bytes", 0) > (4 << 20));
		if (str_eq(rows[i].behaviour, "big"))
			assert_int_equal(value_len(value_get(r.answer, "text")), 5000000);
		assert_false(r.timed_out);
		agent_result_finish(&r);
	}
}

static void test_log(void **state UNUSED)
{
	static const struct {
		enum log_level level;
		const char *text;
	} rows[] = {
		{ LOG_LEVEL_ERR, "odd: bad" }, { LOG_LEVEL_ERR, "odd: worse" },
		{ LOG_LEVEL_DEBUG, "odd: fine" }, { LOG_LEVEL_INFO, "odd: <9>odd" },
		{ LOG_LEVEL_INFO, "odd: plain" }, { LOG_LEVEL_INFO, "odd: \\x1b[2Jesc?nul" },
		{ LOG_LEVEL_INFO, "odd: last" },
	};
	struct agent_result r;

	run_odd("levels", LONG_MS, &r);
	assert_int_equal(r.verdict, AGENT_OK);
	assert_int_equal(line_count, ARRAY_LEN(rows));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(levels[i], rows[i].level);
		assert_string_equal(lines[i], rows[i].text);
	}
	agent_result_finish(&r);
}

static void test_log_bounds(void **state UNUSED)
{
	struct agent_result r;

	run_odd("long", LONG_MS, &r);
	assert_int_equal(r.verdict, AGENT_OK);
	assert_int_equal(line_count, 1);
	assert_int_equal(strlen(lines[0]), strlen("odd: ") + AGENT_LINE_MAX + strlen("…"));
	assert_true(str_ends(lines[0], "x…"));
	agent_result_finish(&r);

	line_count = 0;
	run_odd("lines", LONG_MS, &r);
	assert_int_equal(line_count, AGENT_LINES_MAX + 1);
	assert_string_equal(lines[199], "odd: line 199");
	assert_string_equal(lines[200], "odd: … 800 more lines left out");
	agent_result_finish(&r);

	line_count = 0;
	run_odd("noisy", SHORT_MS, &r);
	assert_int_equal(r.verdict, AGENT_UNKNOWN);
	assert_true(r.timed_out);
	assert_true(line_count <= AGENT_LINES_MAX + 1);
	agent_result_finish(&r);
}

static void test_log_cut(void **state UNUSED)
{
	char path[128];
	struct agent_result r;

	/* 2000 is not a multiple of 3: the last character would be cut in two. */
	put_file("korean", "#!/bin/sh\ni=0; while [ $i -lt 100 ]; do "
		"printf 가나다라마바사아자차가나다라마바사아자차; i=$((i + 1)); done >&2\n"
		"echo '{\"v\":1,\"result\":\"ok\"}'\n", 0755, path, sizeof(path));
	run_path(path, 10, LONG_MS, &r);
	assert_int_equal(line_count, 1);
	assert_null(strstr(lines[0], "\\x"));
	assert_int_equal(strlen(lines[0]), strlen("odd: ") + 1998 + strlen("…"));
	agent_result_finish(&r);
}

static void test_time_limit(void **state UNUSED)
{
	struct agent_result r;
	pid_t pids[PIDS_MAX];

	run_odd("hang", SHORT_MS, &r);
	assert_int_equal(r.verdict, AGENT_UNKNOWN);
	assert_true(r.timed_out);
	assert_string_equal(r.reason, "the agent 'odd' did not answer within 1 s and was ended");
	agent_result_finish(&r);
	assert_gone(pids, read_pids(pids));
}

static void test_cancel(void **state UNUSED)
{
	struct agent *a = start_odd("hang", LONG_MS);
	struct agent_result r;
	pid_t pids[PIDS_MAX];

	wait_for_pids(3, pids);
	assert_int_equal(read_pids(pids), 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(kill(pids[i], 0), 0);
	assert_false(agent_dispatch(a));
	agent_cancel(a);
	finish_odd(a, &r);
	assert_int_equal(r.verdict, AGENT_UNKNOWN);
	assert_false(r.timed_out);
	assert_non_null(strstr(r.reason, "stopping"));
	agent_result_finish(&r);
	/* At once: when it is over, all of it is. */
	for (int i = 0; i < 3; i++)
		assert_int_equal(kill(pids[i], 0), -1);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_free_running(void **state UNUSED)
{
	struct agent *a = start_odd("hang", LONG_MS);
	pid_t pids[PIDS_MAX];

	wait_for_pids(3, pids);
	agent_free(a);
	assert_gone(pids, 3);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	agent_free(NULL);
}

/* It ends well, but leaves processes that hold its output open. */
static void test_leftovers(void **state UNUSED)
{
	struct agent_result r;
	pid_t pids[PIDS_MAX];

	run_odd("leave", LONG_MS, &r);
	assert_int_equal(r.verdict, AGENT_OK);
	assert_int_equal(read_pids(pids), 2);
	assert_gone(pids, 2);
	agent_result_finish(&r);
}

/* We die by kill -9, and nobody is there to clean up. */
static void test_our_death(void **state UNUSED)
{
	pid_t pids[PIDS_MAX];
	pid_t daemon = fork();

	assert_true(daemon >= 0);
	if (daemon == 0) {
		start_odd("hang", LONG_MS);
		for (;;)
			pause();
	}
	wait_for_pids(3, pids);
	assert_int_equal(kill(daemon, SIGKILL), 0);
	assert_int_equal(waitpid(daemon, NULL, 0), daemon);
	assert_gone(pids, 3);
}

/* The guard is killed: at least the agent goes with it, and nobody waits for ever. */
static void test_guard_death(void **state UNUSED)
{
	struct agent *a = start_odd("hang", LONG_MS);
	struct agent_result r;
	pid_t pids[PIDS_MAX], group = 0;
	char path[64];

	wait_for_pids(3, pids);
	/* One of the three is the agent itself, and its parent is the guard. */
	for (int i = 0; i < 3; i++) {
		CLEANUP_FREE char *stat = NULL;

		str_format_cut(path, sizeof(path), "/proc/%d/stat", (int)pids[i]);
		assert_int_equal(file_read(path, 4096, &stat, NULL), 0);
		pid_t parent = (pid_t)strtol(strrchr(stat, ')') + 4, NULL, 10);

		if (!str_starts(strchr(stat, '('), "(odd)"))
			continue;
		group = pids[i];
		assert_int_equal(kill(parent, SIGKILL), 0);
	}
	assert_true(group > 1);
	finish_odd(a, &r);
	assert_int_equal(r.verdict, AGENT_UNKNOWN);
	assert_non_null(strstr(r.reason, "lost"));
	agent_result_finish(&r);
	assert_gone(&group, 1);
	kill(-group, SIGKILL);
	for (int i = 0; i < 3; i++)
		kill(pids[i], SIGKILL);
	assert_gone(pids, 3);
}

/* This program as an agent: says in what world it finds itself. */
static int look(void)
{
	struct stat st;
	sigset_t mask;
	struct sigaction action;
	int blocked = 0, ignored = 0;
	char here[64] = "";

	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (int sig = 1; sig < 32; sig++) {
		blocked += sigismember(&mask, sig);
		sigaction(sig, NULL, &action);
		ignored += action.sa_handler == SIG_IGN;
	}
	printf("{\"v\":1,\"result\":\"ok\",\"fds\":[");
	for (int fd = 0, n = 0; fd < 1024; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			printf("%s%d", n++ ? "," : "", fd);
	}
	printf("],\"env\":[");
	for (char **e = environ; *e; e++)
		printf("%s\"%s\"", e == environ ? "" : ",", *e);
	printf("],\"fifo\":%s,\"blocked\":%d,\"ignored\":%d,\"umask\":%d,\"leader\":%s,\"cwd\":\"%s\"}",
		fstat(0, &st) == 0 && S_ISFIFO(st.st_mode) && !(fcntl(0, F_GETFL) & O_NONBLOCK) &&
		!(fcntl(1, F_GETFL) & O_NONBLOCK) ? "true" : "false",
		blocked, ignored, (int)umask(0), getpgrp() == getpid() ? "true" : "false",
		getcwd(here, sizeof(here)));
	return 0;
}

static bool has_string(const struct value *list, const char *s)
{
	for (size_t i = 0; i < value_len(list); i++) {
		if (str_eq(value_string(value_at(list, i), ""), s))
			return true;
	}
	return false;
}

static void run_look(const char *const *secrets, struct agent_result *r)
{
	char self[512];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	assert_true(n > 0);
	self[n] = '\0';
	struct value *request = request_new(10);
	const struct agent_job job = { .name = "look", .path = self, .request = request,
		.timeout_ms = LONG_MS, .secrets = secrets };

	setenv("CPAUTO_TEST_LOOK", "1", 1);
	agent_run(&job, r);
	unsetenv("CPAUTO_TEST_LOOK");
	value_free(request);
	if (r->verdict != AGENT_OK)
		fail_msg("%s", r->reason);
}

static void test_world(void **state UNUSED)
{
	static const char *const secrets[] = { "access-key=/run/a", "SECRET_KEY=b/c=d", NULL };
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
	sigset_t some, before;
	struct agent_result r;
	char here[256], relative[512];
	/* What a careless program might leave open and blocked. */
	int leak = dup2(STDERR_FILENO, 57);

	setenv("CREDENTIALS_DIRECTORY", "/run/credentials", 1); /* a name, no secret */
	setenv("NOTIFY_SOCKET", "/run/notify", 1);
	setenv("HOME", "/root", 1);
	setenv("TZ", "Asia/Seoul", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	sigaction(SIGPIPE, &ignore, &old);
	sigemptyset(&some);
	sigaddset(&some, SIGTERM);
	sigprocmask(SIG_BLOCK, &some, &before);
	run_look(secrets, &r);
	sigprocmask(SIG_SETMASK, &before, NULL);
	sigaction(SIGPIPE, &old, NULL);
	close(leak);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("CREDENTIALS_DIRECTORY");

	const struct value *fds = value_get(r.answer, "fds"), *env = value_get(r.answer, "env");

	assert_int_equal(value_len(fds), 3);
	assert_int_equal(value_int(value_at(fds, 2), -1), 2);
	assert_true(value_get_bool(r.answer, "fifo", false));
	assert_int_equal(value_get_int(r.answer, "blocked", -1), 0);
	assert_int_equal(value_get_int(r.answer, "ignored", -1), 0);
	assert_int_equal(value_get_int(r.answer, "umask", -1), 077);
	assert_true(value_get_bool(r.answer, "leader", false));
	assert_string_equal(value_get_string(r.answer, "cwd", ""), "/");
	assert_non_null(getcwd(here, sizeof(here)));
	str_format_cut(relative, sizeof(relative), "CPAUTO_SECRET_SECRET_KEY=%s/b/c=d", here);
	assert_true(has_string(env, "CPAUTO_SECRET_ACCESS_KEY=/run/a"));
	assert_true(has_string(env, relative));
	assert_true(has_string(env, "TZ=Asia/Seoul"));
	assert_true(has_string(env, "LC_ALL=C.UTF-8"));
	for (size_t i = 0; i < value_len(env); i++) {
		const char *e = value_string(value_at(env, i), "");

		if (!str_starts(e, "PATH=") && !str_starts(e, "LANG=") && !str_starts(e, "LC_ALL=") &&
			!str_starts(e, "TZ=") && !str_starts(e, "CPAUTO_TEST_") &&
			!str_starts(e, "CPAUTO_SECRET_") && !str_starts(e, "CREDENTIALS_DIRECTORY="))
			fail_msg("'%s' was passed on", e);
	}
	agent_result_finish(&r);
}

/* The program's own standard files closed: ours must not land there. */
static void test_closed_standard_files(void **state UNUSED)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct agent_result r;

		close(STDIN_FILENO);
		close(STDOUT_FILENO);
		close(STDERR_FILENO);
		run_look(NULL, &r);
		size_t n = value_len(value_get(r.answer, "fds"));

		agent_result_finish(&r);
		_exit(n == 3 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Nothing of ours stays behind after many runs, and two at a time do not meet. */
static void test_two(void **state UNUSED)
{
	int first = dup(STDERR_FILENO);

	close(first);
	for (int i = 0; i < 10; i++) {
		struct agent *a = start_odd("hang", LONG_MS), *b = start_odd("unread", LONG_MS);
		struct agent_result r;

		finish_odd(b, &r);
		assert_int_equal(r.verdict, AGENT_OK);
		agent_result_finish(&r);
		agent_cancel(a);
		finish_odd(a, &r);
		assert_int_equal(r.verdict, AGENT_UNKNOWN);
		agent_result_finish(&r);
	}
	int again = dup(STDERR_FILENO);

	assert_int_equal(again, first);
	close(again);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_path), TEST(test_ten_lines), TEST(test_answers),
		TEST(test_a_person_is_needed), TEST(test_words),
		TEST(test_failures), TEST(test_not_started), TEST(test_no_descriptors),
		TEST(test_huge_request), TEST(test_sizes), TEST(test_log), TEST(test_log_bounds),
		TEST(test_log_cut), TEST(test_time_limit), TEST(test_cancel),
		TEST(test_free_running), TEST(test_leftovers), TEST(test_our_death),
		TEST(test_guard_death), TEST(test_world), TEST(test_closed_standard_files),
		TEST(test_two),
	};

	if (getenv("CPAUTO_TEST_LOOK"))
		return look();
	if (!mkdtemp(dir) || str_format(pids_path, sizeof(pids_path), "%s/pids", dir) < 0)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	if (dir_remove(dir) < 0)
		return 1;
	return failed;
}
