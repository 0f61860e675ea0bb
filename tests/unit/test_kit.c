/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
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

/* What a server does that echoes what it was sent. */
static void op_tell(const struct value *request, struct value *answer)
{
	const char *text = value_get_string(request, "text", "");
	struct value *list = value_new_list();
	struct err e = { "" };
	char *secret = NULL;

	assert_int_equal(kit_secret("word", &secret, &e), 0);
	secret_free(secret);
	kit_hide("bWU6UzNjcjN0IHc=");
	kit_log(4, "it says: %s", text);
	value_append(list, value_new_string(text));
	value_set(answer, "list", list);
	value_set_int(answer, "dumpable", prctl(PR_GET_DUMPABLE));
	kit_refused(answer, "no: %.300s", text);
}

static const struct kit_op ops[] = {
	{ "tell", op_tell },
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
	assert_non_null(strstr(r.out, "tell echo later blocked"));
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

/* A secret that a server echoes, whole, encoded or cut, is in nothing that is said. */
static void test_hidden(void **state UNUSED)
{
	static const struct {
		const char *secret, *text;
		const char *said; /* in log and reason, the texts for people */
		const char *data; /* in the answer's other texts */
	} rows[] = {
		{ "S3cr3t w&rd 99", "bad: S3cr3t w&rd 99!", "bad: (hidden)!", "bad: (hidden)!" },
		{ "S3cr3t w&rd 99", "S3cr3t%20w%26rd%2099", "(hidden)", "(hidden)" },
		{ "S3cr3t w&rd 99", "<p>S3cr3t w&amp;rd 99</p>", "<p>(hidden)</p>",
			"<p>(hidden)</p>" },
		{ "S3cr3t w&rd 99", "S3cr3tw&rd99", "(hidden)", "(hidden)" },
		{ "S3cr3t w&rd 99", "cut: S3cr3t w…", "cut: (hidden)…", "cut: (hidden)…" },
		{ "S3cr3t w&rd 99", "no: S3cr3t", "no: S3cr3t", "no: S3cr3t" },
		{ "S3cr3t w&rd 99", "Basic bWU6UzNjcjN0IHc=", "Basic (hidden)", "Basic (hidden)" },
		{ "S3cr3t w&rd 99", "S3S3cr3t w&rd 99", "S3(hidden)", "S3(hidden)" },
		{ "비밀번호 일이삼", "'비밀번호 일이삼'이 아님", "'(hidden)'이 아님", "'(hidden)'이 아님" },
		/* A short one may be part of an address or an id, which must stay whole. */
		{ "1234", "PIN 1234 is wrong", "PIN (hidden) is wrong", "PIN 1234 is wrong" },
		{ "no", "no reason", "no reason", "no reason" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char path[] = "/tmp/test_kit.XXXXXX", in[300];
		int fd = mkstemp(path);
		struct value *answer = NULL;
		struct run r;

		assert_true(write(fd, rows[i].secret, strlen(rows[i].secret)) > 0);
		close(fd);
		setenv("CPAUTO_SECRET_WORD", path, 1);
		str_format_cut(in, sizeof(in), "{\"v\":1,\"op\":\"tell\",\"text\":\"%s\"}",
			rows[i].text);
		run(in, strlen(in), NULL, &r);
		unsetenv("CPAUTO_SECRET_WORD");
		unlink(path);
		assert_int_equal(json_parse(r.out, strlen(r.out), &answer, NULL), 0);
		assert_string_equal(value_get_string(answer, "reason", "") + 4, rows[i].said);
		assert_string_equal(value_string(value_at(value_get(answer, "list"), 0), ""),
			rows[i].data);
		assert_non_null(strstr(r.err, rows[i].said));
		/* Nor is there a core of a process that has read one. */
		assert_int_equal(value_get_int(answer, "dumpable", -1), 0);
		value_free(answer);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
