/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "json.h"
#include "kit.h"

static void op_echo(const struct value *request, struct value *answer)
{
	value_set(answer, "text", value_copy(value_get(request, "text")));
	kit_log(6, "one %s\nforged", "line");
	kit_ok(answer);
}

static void op_later(const struct value *request UNUSED, struct value *answer)
{
	kit_later(answer, 90, "wait %d", 1);
}

static void op_blocked(const struct value *request UNUSED, struct value *answer)
{
	kit_blocked(answer, 1234567890123, 2, "stop");
}

static const struct kit_op ops[] = {
	{ "echo", op_echo },
	{ "later", op_later },
	{ "blocked", op_blocked },
};

struct run {
	int status;
	char out[4096], err[4096];
};

static void read_back(int fd, char *out, size_t size)
{
	ssize_t n = pread(fd, out, size - 1, 0);

	out[n > 0 ? n : 0] = '\0';
	close(fd);
}

static int scratch(void)
{
	char path[] = "/tmp/test_kit.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	return fd;
}

/* kit_main() in a child with files as its three streams. */
static void run(const char *input, size_t len, char *argument, struct run *ret)
{
	int in = scratch(), out = scratch(), err = scratch();
	pid_t pid;

	assert_int_equal(write(in, input, len), (ssize_t)len);
	lseek(in, 0, SEEK_SET);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		char name[] = "agent", *argv[] = { name, argument, NULL };

		alarm(10);
		if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
			_exit(99);
		in = kit_main(argument ? 2 : 1, argv, "agent", ops, ARRAY_LEN(ops));
		fflush(NULL);
		_exit(in);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &ret->status, 0), pid);
	assert_true(WIFEXITED(ret->status));
	ret->status = WEXITSTATUS(ret->status);
	close(in);
	read_back(out, ret->out, sizeof(ret->out));
	read_back(err, ret->err, sizeof(ret->err));
}

static void test_answers(void **state UNUSED)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "{\"v\":1,\"op\":\"echo\",\"text\":\"가\\n\"}",
			"{\"v\":1,\"text\":\"가\\n\",\"result\":\"ok\"}\n" },
		{ "{\"v\":1,\"op\":\"later\"}",
			"{\"v\":1,\"result\":\"later\",\"reason\":\"wait 1\",\"retry_after\":90}\n" },
		{ "{\"v\":1,\"op\":\"blocked\"}",
			"{\"v\":1,\"result\":\"blocked\",\"reason\":\"stop\","
			"\"until\":1234567890123,\"strikes\":2}\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct run r;

		run(rows[i].in, strlen(rows[i].in), NULL, &r);
		assert_int_equal(r.status, 0);
		assert_string_equal(r.out, rows[i].out);
	}
}

static void test_bad_requests(void **state UNUSED)
{
	static const char *const rows[] = {
		"", "x", "[]", "null", "{}", "{\"v\":2,\"op\":\"echo\"}", "{\"op\":\"echo\"}",
		"{\"v\":1}", "{\"v\":1,\"op\":7}", "{\"v\":1,\"op\":\"none\"}",
		"{\"v\":1,\"op\":\"echo\"", "{\"v\":1,\"op\":\"echo\"}{}", "{\"v\":1,\"op\":\"\\ud800\"}",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct value *answer = NULL;
		struct run r;

		run(rows[i], strlen(rows[i]), NULL, &r);
		assert_int_equal(r.status, 0);
		assert_int_equal(json_parse(r.out, strlen(r.out), &answer, NULL), 0);
		assert_string_equal(value_get_string(answer, "result", ""), "broken");
		assert_true(strlen(value_get_string(answer, "reason", "")) > 10);
		value_free(answer);
	}
}

static void test_too_long(void **state UNUSED)
{
	CLEANUP_FREE char *text = xmalloc(KIT_REQUEST_MAX + 1);
	struct run r;

	memset(text, ' ', KIT_REQUEST_MAX + 1);
	run(text, KIT_REQUEST_MAX + 1, NULL, &r);
	assert_int_equal(r.status, 0);
	assert_non_null(strstr(r.out, "\"broken\""));
	assert_non_null(strstr(r.out, "8 MiB"));
}

/* What comes from outside cannot start a line of the log. */
static void test_log(void **state UNUSED)
{
	struct run r;

	run("{\"v\":1,\"op\":\"echo\"}", 19, NULL, &r);
	assert_true(str_starts(r.err, "<6>one line"));
	assert_true(strchr(r.err, '\n') == r.err + strlen(r.err) - 1);
}

static void test_arguments(void **state UNUSED)
{
	char version[] = "--version", help[] = "--help", odd[] = "publish";
	struct run r;

	run("", 0, version, &r);
	assert_int_equal(r.status, 0);
	assert_string_equal(r.out, "agent " VERSION "\n");
	run("", 0, help, &r);
	assert_int_equal(r.status, 0);
	assert_non_null(strstr(r.out, "echo later blocked"));
	run("", 0, odd, &r);
	assert_int_equal(r.status, EX_USAGE);
	assert_string_equal(r.out, "");
}

static void test_secret(void **state UNUSED)
{
	char path[] = "/tmp/test_kit.XXXXXX";
	int fd = mkstemp(path);
	struct err e = { "" };
	char *secret = NULL;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "s3cret\n", 7), 7);
	unsetenv("CPAUTO_SECRET_ACCESS_KEY");
	assert_int_equal(kit_secret("access-key", &secret, &e), -ENOENT);
	assert_non_null(strstr(e.text, "access-key"));
	setenv("CPAUTO_SECRET_ACCESS_KEY", path, 1);
	assert_int_equal(kit_secret("access-key", &secret, &e), 0);
	assert_string_equal(secret, "s3cret");
	secret_free(secret);
	secret = NULL;
	assert_int_equal(fchmod(fd, 0644), 0);
	assert_true(kit_secret("access-key", &secret, &e) < 0);
	assert_null(secret);
	assert_null(strstr(e.text, "s3cret"));
	unlink(path);
	close(fd);
	unsetenv("CPAUTO_SECRET_ACCESS_KEY");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
