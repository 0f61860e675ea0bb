/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "peer.h"

#include "http.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define HELLO OK "Content-Length: 5\r\n\r\nhello"
#define TIMEOUT_MS 400 /* where it is meant to run out */

struct fault {
	const char *name;
	struct peer_reply reply;
	enum http_end end;
	int status;
	bool sent;
	const char *body; /* NULL: not looked at */
};

static const struct fault faults[] = {
	{ "good", { .data = HELLO }, HTTP_DONE, 200, true, "hello" },
	{ "good, then hangs", { .data = HELLO, .then = PEER_HANG }, HTTP_DONE, 200, true, "hello" },
	{ "without a length", { .data = OK "\r\nhello" }, HTTP_DONE, 200, true, "hello" },
	{ "in chunks", { .data = OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" },
		HTTP_DONE, 200, true, "hello" },
	{ "after 100", { .data = "HTTP/1.1 100 Continue\r\n\r\n" HELLO }, HTTP_DONE, 200, true,
		"hello" },
	{ "404", { .data = "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n" }, HTTP_DONE, 404, true,
		"" },
	{ "redirect", { .data = "HTTP/1.1 307 x\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n" },
		HTTP_DONE, 307, true, "" },
	{ "redirect to a file", { .data = "HTTP/1.1 302 x\r\nLocation: file:///etc/passwd\r\n"
		"Content-Length: 0\r\n\r\n" }, HTTP_DONE, 302, true, "" },
	{ "asks for a password", { .data = "HTTP/1.1 401 x\r\nWWW-Authenticate: Basic\r\n"
		"Content-Length: 0\r\n\r\n" }, HTTP_DONE, 401, true, "" },
	{ "closed unread", { .data = "", .then = PEER_DEAF }, HTTP_CUT, 0, true, NULL },
	{ "closed after reading", { .data = "" }, HTTP_CUT, 0, true, NULL },
	{ "reset after reading", { .data = "", .then = PEER_RESET }, HTTP_CUT, 0, true, NULL },
	{ "half a header", { .data = "HTTP/1.1 200 OK\r\nConte" }, HTTP_CUT, 200, true, NULL },
	{ "half a body", { .data = OK "Content-Length: 9\r\n\r\nhello" }, HTTP_CUT, 200, true,
		"hello" },
	{ "half a body, reset", { .data = OK "Content-Length: 9\r\n\r\nhello", .then = PEER_RESET },
		HTTP_CUT, 200, true, NULL },
	{ "chunks cut", { .data = OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhel" }, HTTP_CUT,
		200, true,
		NULL },
	{ "bad chunk", { .data = OK "Transfer-Encoding: chunked\r\n\r\nzz\r\nhel" }, HTTP_CUT,
		200, true,
		NULL },
	{ "no answer", { .data = "", .then = PEER_HANG }, HTTP_TIMEOUT, 0, true, NULL },
	{ "stalls", { .data = OK "Content-Length: 9\r\n\r\nhello", .then = PEER_HANG },
		HTTP_TIMEOUT, 200,
		true, NULL },
	{ "drips", { .data = OK "\r\n", .then = PEER_DRIP }, HTTP_TIMEOUT, 200, true, NULL },
	{ "no HTTP", { .data = "hello\r\n\r\n" }, HTTP_GARBLED, 0, true, NULL },
	{ "too long", { .data = OK "\r\n0123456789012345678901234567890123456789" },
		HTTP_TOO_LARGE, 200,
		true, NULL },
	{ "too long, said before", { .data = OK "Content-Length: 99999999999\r\n\r\n"
		"0123456789012345678901234567890123456789", .then = PEER_HANG }, HTTP_TOO_LARGE,
			200, true,
		NULL },
};

static const char *url_of(const struct peer *p, char *buf, size_t size)
{
	assert_int_equal(str_format(buf, size, "http://127.0.0.1:%d/a?b=%%20c", p->port), 0);
	return buf;
}

static void check_fault(const struct fault *f)
{
	struct http_request q = { .authorization = "CEA top-secret", .accept = "application/json",
		.timeout_ms = f->end == HTTP_TIMEOUT ? TIMEOUT_MS : 20000, .body_max = 30 };
	struct http_answer a;
	struct peer p;
	char url[100];
	int r;

	peer_start(&p, &f->reply, 1);
	q.url = url_of(&p, url, sizeof(url));
	http_answer_init(&a);
	r = http_get(&q, &a);
	peer_stop(&p);
	if (a.end != f->end || a.status != f->status || a.sent != f->sent ||
			(r == 0) != (a.end == HTTP_DONE))
		fail_msg("%s: end %d status %d sent %d: %s", f->name, a.end, a.status, a.sent,
			a.error.text);
	if (p.connections != 1 || p.requests != (f->reply.then != PEER_DEAF))
		fail_msg("%s: %d connections, %d requests", f->name, p.connections, p.requests);
	if (f->body)
		assert_string_equal(buf_cstr(&a.body), f->body);
	if ((a.end == HTTP_DONE) != !*a.error.text || strstr(a.error.text, "top-secret"))
		fail_msg("%s: error '%s'", f->name, a.error.text);
	http_answer_finish(&a);
}

static void test_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(faults); i++)
		check_fault(&faults[i]);
}

/* Headers over the cap, in many lines and in one. */
static void test_header_cap(void **state)
{
	static const size_t steps[] = { 1000, 90000, 400000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct fault f = { "long headers", { .then = PEER_HANG }, HTTP_GARBLED, 200, true,
			NULL };
		CLEANUP_FREE char *line = xmalloc(steps[i] + 1);
		struct buf data;

		memset(line, 'x', steps[i]);
		line[steps[i]] = '\0';
		buf_init(&data, 1 << 20);
		buf_str(&data, OK);
		for (size_t n = 0; n < 401000; n += steps[i])
			buf_printf(&data, "X: %s\r\n", line);
		f.reply.data = buf_cstr(&data);
		check_fault(&f);
		buf_finish(&data);
	}
}

/* What the request looks like on the wire, whatever the environment says. */
static void test_request(void **state)
{
	static const struct peer_reply reply = { .data = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
		"Content-Type: text/x\r\nSet-Cookie: a=b\r\nDate: Sat, 29 Aug 2026 04:00:00 GMT\r\n"
		"Retry-After: 77\r\n\r\n{}" };
	struct http_request q = { .authorization = "CEA k", .accept = "application/json",
		.timeout_ms = 20000, .body_max = 2 };
	struct http_answer a;
	struct peer p;
	char url[100];

	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1/", 1);
	setenv("all_proxy", "http://127.0.0.1:1/", 1);
	peer_start(&p, &reply, 1);
	q.url = url_of(&p, url, sizeof(url));
	http_answer_init(&a);
	for (int i = 0; i < 3; i++)
		assert_int_equal(http_get(&q, &a), 0);
	peer_stop(&p);
	unsetenv("http_proxy");
	unsetenv("all_proxy");
	assert_int_equal(p.connections, 3);
	assert_int_equal(p.requests, 3);
	assert_true(str_starts(p.last, "GET /a?b=%20c HTTP/1.1\r\nHost: 127.0.0.1:"));
	assert_non_null(strstr(p.last, "\r\nAuthorization: CEA k\r\n"));
	assert_non_null(strstr(p.last, "\r\nAccept: application/json\r\n"));
	assert_non_null(strstr(p.last, "\r\nUser-Agent: cpauto/"));
	assert_null(strcasestr(p.last, "\r\nCookie:"));
	assert_null(strcasestr(p.last, "\r\nAccept-Encoding:"));
	assert_null(strcasestr(p.last, "\r\nExpect:"));
	assert_string_equal(a.type, "text/x");
	assert_int_equal(a.date_ms, 1787976000000LL);
	assert_int_equal(a.retry_after_s, 77);
	assert_true(a.head_ms > 1600000000000LL);
	http_answer_finish(&a);
}

static void test_post(void **state)
{
	static const struct peer_reply reply = { .data = HELLO };
	struct http_request q = { .content_type = "application/json", .body = "a\0b", .body_len = 3,
		.timeout_ms = 20000, .body_max = 5 };
	struct http_answer a;
	struct peer p;
	char url[100];
	const char *body;

	(void)state;
	peer_start(&p, &reply, 1);
	q.url = url_of(&p, url, sizeof(url));
	http_answer_init(&a);
	assert_int_equal(http_post(&q, &a), 0);
	peer_stop(&p);
	assert_true(str_starts(p.last, "POST /a?b=%20c HTTP/1.1\r\n"));
	assert_non_null(strstr(p.last, "\r\nContent-Type: application/json\r\n"));
	body = strstr(p.last, "\r\n\r\n");
	assert_non_null(body);
	assert_memory_equal(body + 4, "a\0b", 3);
	http_answer_finish(&a);
}

static void test_location(void **state)
{
	static const struct peer_reply reply = { .data = "HTTP/1.1 302 x\r\nLocation: ../x y\r\n"
		"Content-Length: 0\r\n\r\n" };
	struct http_request q = { .timeout_ms = 20000, .body_max = 5 };
	CLEANUP_FREE char *want = NULL;
	struct http_answer a;
	struct peer p;
	char url[100];

	(void)state;
	peer_start(&p, &reply, 1);
	want = xasprintf("http://127.0.0.1:%d/x%%20y", p.port);
	q.url = url_of(&p, url, sizeof(url));
	http_answer_init(&a);
	assert_int_equal(http_get(&q, &a), 0);
	peer_stop(&p);
	assert_string_equal(a.location, want);
	assert_int_equal(p.requests, 1);
	http_answer_finish(&a);
}

struct never {
	const char *url, *authorization;
	enum http_end end;
};

/* Nothing of these leaves the machine. Names ending in .invalid never resolve (RFC 6761). */
static const struct never nevers[] = {
	{ "", NULL, HTTP_BAD_URL },
	{ "no url", NULL, HTTP_BAD_URL },
	{ "http://api-gateway.coupang.com/", NULL, HTTP_BAD_URL },
	{ "http://127.evil.invalid/", NULL, HTTP_BAD_URL },
	{ "http://localhost.invalid/", NULL, HTTP_BAD_URL },
	{ "http://[::2]/", NULL, HTTP_BAD_URL },
	{ "file:///etc/passwd", NULL, HTTP_BAD_URL },
	{ "ftp://127.0.0.1/", NULL, HTTP_BAD_URL },
	{ "gopher://127.0.0.1/", NULL, HTTP_BAD_URL },
	{ "http://user@127.0.0.1/", NULL, HTTP_BAD_URL },
	{ "http://127.0.0.1:70000/", NULL, HTTP_BAD_URL },
	{ "http://127.0.0.1:1/\r\nX: y", NULL, HTTP_BAD_URL },
	{ "http://127.0.0.1:1/", "CEA\r\nX: y", HTTP_LOCAL },
	{ "http://127.0.0.1:1/", NULL, HTTP_UNREACHED },
	{ "https://127.0.0.1:1/", NULL, HTTP_UNREACHED },
};

static void test_never_sent(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(nevers); i++) {
		struct http_request q = { .url = nevers[i].url, .authorization =
			nevers[i].authorization,
			.timeout_ms = 5000, .body_max = 5 };
		struct http_answer a;

		http_answer_init(&a);
		assert_int_equal(http_get(&q, &a), -EIO);
		if (a.end != nevers[i].end || a.sent || !*a.error.text)
			fail_msg("%s: end %d, sent %d: %s", nevers[i].url, a.end, a.sent,
				a.error.text);
		http_answer_finish(&a);
	}
}

/* No TLS, no request: the other side speaks something else, or nothing at all. */
static void test_no_tls(void **state)
{
	static const struct peer_reply replies[] = {
		{ .data = HELLO, .then = PEER_DEAF },
		{ .data = HELLO, .then = PEER_HANG }, /* waits for the end of a header */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(replies); i++) {
		struct http_request q = { .timeout_ms = TIMEOUT_MS, .body_max = 5 };
		struct http_answer a;
		struct peer p;
		char url[100];

		peer_start(&p, &replies[i], 1);
		assert_int_equal(str_format(url, sizeof(url), "https://127.0.0.1:%d/", p.port), 0);
		q.url = url;
		http_answer_init(&a);
		assert_int_equal(http_get(&q, &a), -EIO);
		peer_stop(&p);
		if (a.end != HTTP_UNREACHED || a.sent || p.requests)
			fail_msg("%zu: end %d, sent %d: %s", i, a.end, a.sent, a.error.text);
		http_answer_finish(&a);
	}
}

/* Runs COMMAND in FOLDER, its output in the file "out"; its pid. */
static pid_t start_in(const char *folder, const char *command)
{
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC), out;

		if (chdir(folder))
			_exit(99);
		out = open("out", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		dup2(null, 0);
		dup2(out, 1);
		dup2(null, 2);
		alarm(60);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(99);
	}
	return pid;
}

/* The port that s_server says it accepts on, or 0 after ten seconds. */
static int port_of_server(const char *folder)
{
	CLEANUP_FREE char *path = xasprintf("%s/out", folder);

	for (int i = 0; i < 1000; i++) {
		CLEANUP_FREE char *text = NULL;
		char *at = NULL;
		size_t len;

		if (!file_read(path, 1 << 16, &text, &len))
			at = strstr(text, "ACCEPT 127.0.0.1:");
		if (at && strchr(at, '\n'))
			return (int)strtol(at + strlen("ACCEPT 127.0.0.1:"), NULL, 10);
		poll(NULL, 0, 10);
	}
	return 0;
}

/* A certificate that nobody vouches for: the request with its key stays here. */
static void test_untrusted(void **state)
{
	static const char make[] =
		"exec openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
		"-nodes -keyout key -out cert -days 2 -subj /CN=127.0.0.1 "
		"-addext subjectAltName=IP:127.0.0.1";
	static const char serve[] =
		"exec openssl s_server -accept 127.0.0.1:0 -cert cert -key key -www";
	struct http_request q = { .authorization = "CEA k", .timeout_ms = 20000, .body_max =
		99999 };
	char folder[] = "/tmp/test-http-XXXXXX", url[100];
	struct http_answer a;
	int status, port;
	pid_t pid;

	(void)state;
	assert_non_null(mkdtemp(folder));
	pid = start_in(folder, make);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status) {
		assert_int_equal(dir_remove(folder), 0);
		skip();
	}
	pid = start_in(folder, serve);
	port = port_of_server(folder);
	assert_int_equal(str_format(url, sizeof(url), "https://127.0.0.1:%d/", port), 0);
	q.url = url;
	http_answer_init(&a);
	assert_int_equal(http_get(&q, &a), -EIO);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	assert_int_equal(dir_remove(folder), 0);
	assert_true(port > 0);
	if (a.end != HTTP_UNTRUSTED || a.sent || !strstr(a.error.text, "certificate"))
		fail_msg("end %d, sent %d: %s", a.end, a.sent, a.error.text);
	http_answer_finish(&a);
}

struct url_row {
	const char *url;
	bool ok, plain_ok;
	struct http_url parts;
};

static const struct url_row urls[] = {
	{ "https://api-gateway.coupang.com", true, true, { true, false, true, 443,
		"api-gateway.coupang.com" } },
	{ "https://A.Example./", true, true, { true, false, true, 443, "a.example" } },
	{ "https://a.example:8443/x", true, true, { true, false, false, 8443, "a.example" } },
	{ "https://a.example?x", true, true, { true, false, false, 443, "a.example" } },
	{ "http://a.example/", false, true, { false, false, true, 80, "a.example" } },
	{ "http://127.0.0.1:80", true, true, { false, true, true, 80, "127.0.0.1" } },
	{ "http://127.255.0.9:81", true, true, { false, true, true, 81, "127.255.0.9" } },
	{ "http://[::1]:81/", true, true, { false, true, true, 81, "::1" } },
	{ "http://LOCALHOST:81/", true, true, { false, true, true, 81, "localhost" } },
	{ "http://0x7f.1/", true, true, { false, true, true, 80, "127.0.0.1" } },
	{ "http://128.0.0.1/", false, true, { false, false, true, 80, "128.0.0.1" } },
	{ "http://127.0.0.1.evil.example/", false, true, { false, false, true, 80,
		"127.0.0.1.evil.example" } },
	{ "https://u:p@a.example/", false, false, { .port = 0 } },
	{ "https://a.example/\x7f", false, false, { .port = 0 } },
	{ "https://a.example/\xea\xb0\x80", false, false, { .port = 0 } },
	{ "HTTPS:/a.example", false, false, { .port = 0 } },
	{ "https://", false, false, { .port = 0 } },
	{ "https:///x", false, false, { .port = 0 } },
};

static void test_urls(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		struct http_url u;
		bool ok = !http_url_parse(urls[i].url, false, &u);
		bool plain_ok = !http_url_parse(urls[i].url, true, &u);

		if (ok != urls[i].ok || plain_ok != urls[i].plain_ok)
			fail_msg("%s: %d %d", urls[i].url, ok, plain_ok);
		if (plain_ok && (u.secure != urls[i].parts.secure ||
				u.loopback != urls[i].parts.loopback ||
				u.bare != urls[i].parts.bare || u.port != urls[i].parts.port ||
				!str_eq(u.host, urls[i].parts.host)))
			fail_msg("%s: host %s port %d bare %d", urls[i].url, u.host, u.port,
				u.bare);
	}
	assert_int_equal(http_url_parse(NULL, true, &(struct http_url){ .port = 0 }), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_header_cap),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_post),
		cmocka_unit_test(test_location),
		cmocka_unit_test(test_never_sent),
		cmocka_unit_test(test_no_tls),
		cmocka_unit_test(test_untrusted),
		cmocka_unit_test(test_urls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
