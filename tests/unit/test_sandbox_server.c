/* SPDX-License-Identifier: MIT */
/* build/cpauto-sandbox itself, over sockets; skipped where it is not built. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <turbojpeg.h>
#include <zlib.h>

#include "buf.h"
#include "clock.h"
#include "json.h"
#include "sign.h"
#include "util.h"
#include "value.h"

#define PROGRAM BUILD "/cpauto-sandbox"
#define SEARCH "/v2/providers/affiliate_open_api/apis/openapi/v1/products/search"
#define VACUUM "keyword=%EB%AC%B4%EC%84%A0%20%EC%B2%AD%EC%86%8C%EA%B8%B0"
#define PATIENCE_MS 10000
#define ANSWER_MAX (4u << 20)
#define ARGUMENTS_MAX 16

struct server {
	char directory[32], port_file[64], log[64];
	pid_t pid;
	int port;
};

static void nap(void)
{
	poll(NULL, 0, 10);
}

static int read_port(const char *path)
{
	char *text = NULL;
	int64_t port = 0;
	size_t len;

	for (int i = 0; i < PATIENCE_MS / 10 && !port; i++) {
		if (!file_read(path, 64, &text, &len)) {
			if (len && text[len - 1] == '\n')
				text[len - 1] = '\0';
			assert_int_equal(parse_int64(text, 1, 65535, &port), 0);
			free(text);
		} else {
			nap();
		}
	}
	assert_int_not_equal(port, 0);
	return (int)port;
}

static void exec_program(const struct server *s, char *const *more)
{
	char port_file[] = "--port-file", log[] = "--log", quiet[] = "--quiet", name[] = "cpauto-sandbox";
	char tie[] = "--die-with-parent";
	char *file = xstrdup(s->port_file), *log_file = xstrdup(s->log);
	char *argv[ARGUMENTS_MAX] = { name, port_file, file, log, log_file, quiet, tie };
	size_t n = 7;

	for (; more && *more; more++)
		argv[n++] = *more;
	execv(PROGRAM, argv);
	_exit(127);
}

#define WITH(...) ((char *[]){ __VA_ARGS__, NULL })

static void start(struct server *s, char *const *more)
{
	if (access(PROGRAM, X_OK))
		skip();
	memcpy(s->directory, "/tmp/test_server.XXXXXX", sizeof("/tmp/test_server.XXXXXX"));
	assert_non_null(mkdtemp(s->directory));
	assert_int_equal(str_format(s->port_file, sizeof(s->port_file), "%s/port", s->directory), 0);
	assert_int_equal(str_format(s->log, sizeof(s->log), "%s/log", s->directory), 0);
	fflush(NULL);
	s->pid = fork();
	if (s->pid == 0)
		exec_program(s, more);
	assert_true(s->pid > 0);
	s->port = read_port(s->port_file);
}

/* It ends by itself with 0, soon, whatever is still open. */
static void stop(struct server *s)
{
	int status = -1, r = 0;

	assert_int_equal(kill(s->pid, SIGTERM), 0);
	for (int i = 0; i < PATIENCE_MS / 10 && !r; i++) {
		r = waitpid(s->pid, &status, WNOHANG);
		if (!r)
			nap();
	}
	if (!r) {
		kill(s->pid, SIGKILL);
		waitpid(s->pid, &status, 0);
	}
	assert_int_equal(dir_remove(s->directory), 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int dial(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Until the other side closes or MAX bytes are here. */
static void drain(int fd, struct buf *out, size_t max)
{
	struct pollfd p = { fd, POLLIN, 0 };
	char block[16384];
	ssize_t n;

	while (out->len < max && poll(&p, 1, PATIENCE_MS) == 1 &&
			(n = read(fd, block, sizeof(block))) > 0)
		buf_add(out, block, (size_t)n);
}

static int send_request(const struct server *s, const char *method, const char *target,
	const char *header)
{
	CLEANUP_FREE char *text = xasprintf("%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
		"%s%s%s\r\n", method, target, header ? "Authorization: " : "", header ? header : "",
		header ? "\r\n" : "");
	int fd = dial(s->port);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	return fd;
}

/* Header and body; the caller finishes OUT. */
static void fetch(const struct server *s, const char *method, const char *target,
	const char *header, struct buf *out)
{
	int fd = send_request(s, method, target, header);

	buf_init(out, ANSWER_MAX);
	drain(fd, out, ANSWER_MAX);
	close(fd);
}

static char *sign_at(int64_t wall_ms, const char *key, const char *path, const char *query)
{
	char date[SIGN_DATE_LEN + 1];

	sign_date(wall_ms, date);
	return sign_header(key, "test-secret", date, "GET", path, query);
}

static char *sign_now(const char *query)
{
	struct instant now;

	clock_now(&now);
	return sign_at(now.wall_ms, "test-access", SEARCH, query);
}

static int open_search(const struct server *s)
{
	CLEANUP_FREE char *header = sign_now(VACUUM);

	return send_request(s, "GET", SEARCH "?" VACUUM, header);
}

static void search(const struct server *s, struct buf *out)
{
	int fd = open_search(s);

	buf_init(out, ANSWER_MAX);
	drain(fd, out, ANSWER_MAX);
	close(fd);
}

static const char *body_of(const struct buf *answer)
{
	const char *body = strstr(buf_cstr(answer), "\r\n\r\n");

	return body ? body + 4 : "";
}

static int status_of(const struct buf *answer)
{
	CLEANUP_FREE char *word = xstrndup(buf_cstr(answer) + (answer->len > 9 ? 9 : 0), 3);
	int64_t status = 0;

	if (!str_starts(buf_cstr(answer), "HTTP/1.1 ") || parse_int64(word, 100, 599, &status))
		return 0;
	return (int)status;
}

/* The value of a header line; "" if there is none. The caller frees it. */
static char *header_of(const struct buf *answer, const char *name)
{
	CLEANUP_FREE char *line = xasprintf("\r\n%s: ", name);
	const char *at = strcasestr(buf_cstr(answer), line);

	at = at ? at + strlen(line) : "";
	return xstrndup(at, strcspn(at, "\r"));
}

static void arm(const struct server *s, const char *kind)
{
	CLEANUP_FREE char *target = xasprintf("/_sandbox/fault?kind=%s&n=1", kind);
	struct buf answer;

	fetch(s, "POST", target, NULL, &answer);
	assert_int_equal(status_of(&answer), 200);
	buf_finish(&answer);
}

static int64_t stat_of(const struct server *s, const char *name)
{
	struct value *v = NULL;
	struct buf answer;
	int64_t n;

	fetch(s, "GET", "/_sandbox/stats", NULL, &answer);
	assert_int_equal(json_parse(body_of(&answer), strlen(body_of(&answer)), &v, NULL), 0);
	n = value_get_int(v, name, -1);
	value_free(v);
	buf_finish(&answer);
	return n;
}

#define KOREAN "keyword=무선청소기"
#define ENCODED "keyword=%EB%AC%B4%EC%84%A0%EC%B2%AD%EC%86%8C%EA%B8%B0"

static void test_signatures(void **state UNUSED)
{
	static const struct {
		const char *what, *sent, *key, *path, *query;
		int64_t off_ms;
		int status;
		const char *has;
	} rows[] = {
		{ "good", ENCODED, "test-access", SEARCH, ENCODED, 0, 200, "\"rCode\":\"0\"" },
		{ "good, a space", VACUUM, "test-access", SEARCH, VACUUM, 0, 200, "무선 청소기" },
		{ "raw Korean signed", ENCODED, "test-access", SEARCH, KOREAN, 0, 401, "Invalid signature." },
		{ "raw Korean signed and sent", KOREAN, "test-access", SEARCH, KOREAN, 0, 401,
			"Invalid signature." },
		{ "with the ?", ENCODED, "test-access", SEARCH "?", ENCODED, 0, 401, "Invalid signature." },
		{ "lower-case hex", "keyword=%eb%ac%b4", "test-access", SEARCH, "keyword=%EB%AC%B4", 0, 401,
			"Invalid signature." },
		{ "local time", ENCODED, "test-access", SEARCH, ENCODED, 9 * 3600000, 401,
			"Specified signature is expired." },
		{ "old", ENCODED, "test-access", SEARCH, ENCODED, -600000, 401,
			"Specified signature is expired." },
		{ "wrong key", ENCODED, "other", SEARCH, ENCODED, 0, 401, "Unknown error occurred" },
	};
	struct server s;

	start(&s, NULL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP_FREE char *target = xasprintf(SEARCH "?%s", rows[i].sent);
		CLEANUP_FREE char *header = NULL;
		struct instant now;
		struct buf answer;

		clock_now(&now);
		header = sign_at(now.wall_ms + rows[i].off_ms, rows[i].key, rows[i].path, rows[i].query);
		fetch(&s, "GET", target, header, &answer);
		if (status_of(&answer) != rows[i].status || !strstr(body_of(&answer), rows[i].has))
			fail_msg("%s: %.300s", rows[i].what, buf_cstr(&answer));
		buf_finish(&answer);
	}
	assert_int_equal(stat_of(&s, "requests_unsigned"), 7);
	assert_int_equal(stat_of(&s, "accepted"), 2);
	stop(&s);
}

static void test_headers(void **state UNUSED)
{
	static const struct {
		const char *header, *has;
	} rows[] = {
		{ NULL, "Request is not authorized." },
		{ "garbage", "HMAC format is invalid." },
		{ "CEA algorithm=HmacSHA256, access-key=test-access, signed-date=x, signature=y",
			"HMAC format is invalid." },
	};
	struct server s;

	start(&s, NULL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf answer;

		fetch(&s, "GET", SEARCH "?" VACUUM, rows[i].header, &answer);
		assert_int_equal(status_of(&answer), 401);
		assert_non_null(strstr(body_of(&answer), rows[i].has));
		buf_finish(&answer);
	}
	stop(&s);
}

static void test_eleventh_call(void **state UNUSED)
{
	struct server s;
	struct buf answer;

	start(&s, NULL);
	for (int i = 0; i < 12; i++) {
		search(&s, &answer);
		assert_int_equal(status_of(&answer), 200);
		assert_non_null(strstr(body_of(&answer), i < 10 ? "\"rCode\":\"0\"" : "\"rCode\":\"403\""));
		if (i >= 10)
			assert_non_null(strstr(body_of(&answer), "(현재 1회 초과)\",\"data\":null}"));
		buf_finish(&answer);
	}
	assert_int_equal(stat_of(&s, "max_in_window"), 12);
	assert_int_equal(stat_of(&s, "strikes"), 1);
	stop(&s);
}

static uint32_t get_32(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Signature, each chunk's CRC, the rows inflated to the length they must have. */
static void check_png(const unsigned char *data, size_t len)
{
	CLEANUP_FREE unsigned char *rows = NULL;
	uLongf rows_len = 0;
	size_t at = 8;

	assert_memory_equal(data, "\x89PNG\r\n\x1a\n", 8);
	while (at + 12 <= len) {
		uint32_t n = get_32(data + at);

		assert_true(n <= len - at - 12);
		assert_int_equal(crc32(crc32(0, NULL, 0), data + at + 4, n + 4), get_32(data + at + 8 + n));
		if (!memcmp(data + at + 4, "IHDR", 4)) {
			rows_len = (get_32(data + at + 8) * 3ul + 1) * get_32(data + at + 12);
			rows = xmalloc(rows_len);
		} else if (!memcmp(data + at + 4, "IDAT", 4)) {
			uLongf got = rows_len;

			assert_int_equal(uncompress(rows, &got, data + at + 8, n), Z_OK);
			assert_int_equal(got, rows_len);
		}
		at += 12 + n;
	}
	assert_int_equal(at, len);
	assert_memory_equal(data + len - 8, "IEND", 4);
}

static void check_jpeg(const unsigned char *data, size_t len)
{
	tjhandle h = tjInitDecompress();
	CLEANUP_FREE unsigned char *rgb = NULL;
	int width, height, sampling, space;

	assert_memory_equal(data, "\xff\xd8", 2);
	assert_memory_equal(data + len - 2, "\xff\xd9", 2);
	assert_int_equal(tjDecompressHeader3(h, data, len, &width, &height, &sampling, &space), 0);
	rgb = xreallocarray(NULL, (size_t)width * (size_t)height, 3);
	assert_int_equal(tjDecompress2(h, data, len, rgb, width, 0, height, TJPF_RGB,
		TJFLAG_STOPONWARNING), 0);
	assert_int_equal(width, 512);
	assert_int_equal(height, 512);
	tjDestroy(h);
}

static struct value *get_products(const struct server *s)
{
	struct value *v = NULL;
	struct buf answer;

	search(s, &answer);
	assert_int_equal(json_parse(body_of(&answer), strlen(body_of(&answer)), &v, NULL), 0);
	buf_finish(&answer);
	return v;
}

static const char *image_at(const struct value *body, size_t i)
{
	return value_get_string(value_at(value_get(value_get(body, "data"), "productData"), i),
		"productImage", "");
}

/* The path of an address on the server under test. */
static const char *path_of(const struct server *s, const char *url)
{
	CLEANUP_FREE char *base = xasprintf("http://127.0.0.1:%d/", s->port);

	assert_true(str_starts(url, base));
	return url + strlen(base) - 1;
}

/* True for PNG. */
static bool check_image(const struct server *s, const char *url)
{
	CLEANUP_FREE char *location = NULL, *type = NULL;
	struct buf hop, answer;
	const char *body;
	size_t len;
	bool png;

	fetch(s, "GET", path_of(s, url), NULL, &hop);
	assert_int_equal(status_of(&hop), 302);
	location = header_of(&hop, "Location");
	fetch(s, "GET", path_of(s, location), NULL, &answer);
	assert_int_equal(status_of(&answer), 200);
	type = header_of(&answer, "Content-Type");
	body = body_of(&answer);
	len = answer.len - (size_t)(body - answer.data);
	png = str_eq(type, "image/png");
	if (png)
		check_png((const unsigned char *)body, len);
	else
		check_jpeg((const unsigned char *)body, len);
	assert_true(str_ends(location, png ? ".png" : ".jpg"));
	buf_finish(&hop);
	buf_finish(&answer);
	return png;
}

static void test_images(void **state UNUSED)
{
	struct value *body;
	struct server s;
	int png = 0;

	start(&s, NULL);
	body = get_products(&s);
	for (size_t i = 0; i < 10; i++)
		png += check_image(&s, image_at(body, i));
	assert_in_range(png, 1, 9);
	assert_int_equal(stat_of(&s, "images"), 20);
	assert_int_equal(stat_of(&s, "total"), 1);
	value_free(body);
	stop(&s);
}

static void test_image_faults(void **state UNUSED)
{
	CLEANUP_FREE char *location = NULL, *again = NULL;
	struct value *body;
	struct server s;
	struct buf answer;
	const char *hop;

	start(&s, NULL);
	body = get_products(&s);
	hop = path_of(&s, image_at(body, 0));
	arm(&s, "imageloop");
	fetch(&s, "GET", hop, NULL, &answer);
	location = header_of(&answer, "Location");
	assert_string_equal(location, image_at(body, 0));
	buf_finish(&answer);
	fetch(&s, "GET", hop, NULL, &answer);
	again = header_of(&answer, "Location");
	buf_finish(&answer);

	arm(&s, "image404");
	fetch(&s, "GET", path_of(&s, again), NULL, &answer);
	assert_int_equal(status_of(&answer), 404);
	buf_finish(&answer);
	arm(&s, "imagehtml");
	fetch(&s, "GET", path_of(&s, again), NULL, &answer);
	assert_true(str_starts(body_of(&answer), "<!DOCTYPE"));
	buf_finish(&answer);
	value_free(body);
	stop(&s);
}

/* What comes over the wire where a client cannot tell it from the bytes alone. */
static void test_answers_that_break_off(void **state UNUSED)
{
	CLEANUP_FREE char *length = NULL;
	int64_t promised;
	struct server s;
	struct buf answer;

	start(&s, NULL);
	arm(&s, "close");
	search(&s, &answer);
	assert_int_equal(answer.len, 0);
	buf_finish(&answer);
	assert_int_equal(stat_of(&s, "accepted"), 0);
	arm(&s, "close-after");
	search(&s, &answer);
	assert_int_equal(answer.len, 0);
	buf_finish(&answer);
	assert_int_equal(stat_of(&s, "accepted"), 1);
	arm(&s, "truncated");
	search(&s, &answer);
	length = header_of(&answer, "Content-Length");
	assert_int_equal(parse_int64(length, 1, ANSWER_MAX, &promised), 0);
	assert_in_range(strlen(body_of(&answer)), 1, promised - 1);
	buf_finish(&answer);
	arm(&s, "hugebody");
	search(&s, &answer);
	assert_true(answer.len >= ANSWER_MAX - 65536);
	buf_finish(&answer);
	arm(&s, "redirect");
	search(&s, &answer);
	assert_true(status_of(&answer) == 302 || status_of(&answer) == 307);
	buf_finish(&answer);
	stop(&s);
}

/* Silent, or a few bytes at a time; it serves others meanwhile and ends in spite of them. */
static void test_slow_answers(void **state UNUSED)
{
	struct pollfd silent = { -1, POLLIN, 0 };
	struct server s;
	struct buf answer;
	int slow;

	start(&s, NULL);
	arm(&s, "stall");
	silent.fd = open_search(&s);
	/* Only once it was counted was it surely that one which met the fault. */
	for (int i = 0; i < PATIENCE_MS / 10 && stat_of(&s, "accepted") < 1; i++)
		nap();
	arm(&s, "slow");
	slow = open_search(&s);
	buf_init(&answer, ANSWER_MAX);
	drain(slow, &answer, 1);
	assert_int_equal(status_of(&answer), 200);
	assert_true(strlen(body_of(&answer)) < 100);
	buf_finish(&answer);
	search(&s, &answer);
	assert_non_null(strstr(body_of(&answer), "\"rCode\":\"0\""));
	buf_finish(&answer);
	assert_int_equal(poll(&silent, 1, 0), 0);
	stop(&s);
	close(silent.fd);
	close(slow);
}

static void test_date(void **state UNUSED)
{
	CLEANUP_FREE char *good = NULL, *bad = NULL;
	struct tm a = { 0 }, b = { 0 };
	struct server s;
	struct buf answer;

	start(&s, NULL);
	search(&s, &answer);
	good = header_of(&answer, "Date");
	buf_finish(&answer);
	arm(&s, "baddate");
	search(&s, &answer);
	bad = header_of(&answer, "Date");
	buf_finish(&answer);
	stop(&s);
	assert_string_equal(strptime(good, "%a, %d %b %Y %H:%M:%S GMT", &a), "");
	assert_string_equal(strptime(bad, "%a, %d %b %Y %H:%M:%S GMT", &b), "");
	assert_in_range(timegm(&b) - timegm(&a), 3600, 3620);
}

/* Nothing that a socket can send makes it fall over. */
static void test_bad_requests(void **state UNUSED)
{
	static const char *const rows[] = {
		"", "\r\nGARBAGE\r\n\r\n", "GARBAGE\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
		"GET /%zz?%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		"GET /image1/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		"GET /cdn/../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		"GET " SEARCH "?keyword=%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		"POST " SEARCH " HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
		"POST /_sandbox/fault?kind=none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	};
	struct server s;

	start(&s, NULL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int fd = dial(s.port);
		struct buf answer;

		assert_true(fd >= 0);
		buf_init(&answer, ANSWER_MAX);
		assert_int_equal(fd_write_all(fd, rows[i], strlen(rows[i])), 0);
		shutdown(fd, SHUT_WR);
		drain(fd, &answer, ANSWER_MAX);
		assert_int_not_equal(status_of(&answer), 200);
		buf_finish(&answer);
		close(fd);
	}
	assert_int_equal(stat_of(&s, "accepted"), 0);
	stop(&s);
}

static void test_options(void **state UNUSED)
{
	char calls[] = "--calls=2", window[] = "--window=2h", fault[] = "--fault=500=1@100";
	char limiter[] = "--limiter=sliding", key[] = "--access-key=other", delay[] = "--delay=50ms";
	struct server s;
	struct buf answer;
	struct instant before, after;
	CLEANUP_FREE char *header = NULL;

	start(&s, WITH(calls, window, fault, limiter, key, delay));
	clock_now(&before);
	header = sign_at(before.wall_ms, "other", SEARCH, VACUUM);
	for (int i = 0; i < 3; i++) {
		fetch(&s, "GET", SEARCH "?" VACUUM, header, &answer);
		assert_int_equal(status_of(&answer), i == 0 ? 500 : 200);
		assert_non_null(strstr(body_of(&answer), i == 0 ? "\"ERROR\"" :
			i == 1 ? "\"rCode\":\"0\"" : "\"rCode\":\"403\""));
		buf_finish(&answer);
	}
	clock_now(&after);
	assert_true(after.boot_ms - before.boot_ms >= 150);
	stop(&s);
}

/* One line of JSON for each request but the controls. */
static void test_log(void **state UNUSED)
{
	CLEANUP_FREE char *text = NULL;
	struct value *v = NULL;
	struct server s;
	struct buf answer;
	size_t len;

	start(&s, NULL);
	search(&s, &answer);
	buf_finish(&answer);
	fetch(&s, "GET", "/nothing?a=\xff", NULL, &answer);
	assert_int_equal(status_of(&answer), 404);
	buf_finish(&answer);
	assert_int_equal(stat_of(&s, "total"), 1);
	assert_int_equal(file_read(s.log, 1 << 20, &text, &len), 0);
	stop(&s);
	assert_non_null(strchr(text, '\n'));
	assert_int_equal(json_parse(text, strcspn(text, "\n"), &v, NULL), 0);
	assert_string_equal(value_get_string(v, "keyword", ""), "무선 청소기");
	assert_string_equal(value_get_string(v, "outcome", ""), "ok");
	assert_int_equal(value_get_int(v, "in_window", 0), 1);
	value_free(v);
	v = NULL;
	memmove(text, strchr(text, '\n') + 1, strlen(strchr(text, '\n')));
	assert_int_equal(json_parse(text, strcspn(text, "\n"), &v, NULL), 0);
	assert_string_equal(value_get_string(v, "outcome", ""), "not found");
	value_free(v);
	assert_null(strchr(strchr(text, '\n') + 1, '\n'));
}

static void test_bad_options(void **state UNUSED)
{
	static const char *const rows[] = { "--port=65536", "--port=x", "--nonsense", "--window=5",
		"--calls=0", "--limiter=none", "--fault=none", "extra", "--port" };

	if (access(PROGRAM, X_OK))
		skip();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char name[] = "cpauto-sandbox", *argv[] = { name, xstrdup(rows[i]), NULL };
		int status, out[2];
		struct buf line;
		pid_t pid;

		assert_int_equal(pipe(out), 0);
		fflush(NULL);
		pid = fork();
		if (pid == 0) {
			dup2(out[1], STDERR_FILENO);
			execv(PROGRAM, argv);
			_exit(127);
		}
		close(out[1]);
		buf_init(&line, 4096);
		drain(out[0], &line, 4096);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(WEXITSTATUS(status), EX_USAGE);
		assert_ptr_equal(strchr(buf_cstr(&line), '\n'), buf_cstr(&line) + line.len - 1);
		buf_finish(&line);
		close(out[0]);
		free(argv[1]);
	}
}

/* The server is a grandchild; when the child between is killed it goes too. */
static void test_dies_with_parent(void **state UNUSED)
{
	char directory[] = "/tmp/test_server.XXXXXX";
	struct server s = { .pid = 0 };
	int status, fd = 0;
	pid_t middle;

	if (access(PROGRAM, X_OK))
		skip();
	assert_non_null(mkdtemp(directory));
	assert_int_equal(str_format(s.port_file, sizeof(s.port_file), "%s/port", directory), 0);
	assert_int_equal(str_format(s.log, sizeof(s.log), "%s/log", directory), 0);
	fflush(NULL);
	middle = fork();
	if (middle == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (fork() == 0)
			exec_program(&s, NULL);
		pause();
		_exit(0);
	}
	s.port = read_port(s.port_file);
	assert_int_equal(kill(middle, SIGKILL), 0);
	assert_int_equal(waitpid(middle, &status, 0), middle);
	for (int i = 0; i < PATIENCE_MS / 10 && fd >= 0; i++) {
		fd = dial(s.port);
		if (fd >= 0)
			close(fd);
		nap();
	}
	assert_true(fd < 0);
	assert_int_equal(dir_remove(directory), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signatures), cmocka_unit_test(test_headers),
		cmocka_unit_test(test_eleventh_call), cmocka_unit_test(test_images),
		cmocka_unit_test(test_image_faults), cmocka_unit_test(test_answers_that_break_off),
		cmocka_unit_test(test_slow_answers), cmocka_unit_test(test_date),
		cmocka_unit_test(test_bad_requests), cmocka_unit_test(test_options),
		cmocka_unit_test(test_log), cmocka_unit_test(test_bad_options),
		cmocka_unit_test(test_dies_with_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
