/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <sys/stat.h>

#include <turbojpeg.h>

#include "peer.h"
#include "runner.h"

#include "buf.h"
#include "json.h"
#include "sign.h"
#include "value.h"

/* The real program, as the daemon starts it, against a server that misbehaves. */
#define AGENT BUILD "/agents/coupang"
#define ACCESS "test-access"
#define SECRET "not-to-be-seen-anywhere"
#define PATH "/v2/providers/affiliate_open_api/apis/openapi/v1/products/search"
#define QUERY "keyword=%EB%AC%B4%EC%84%A0%20%EC%B2%AD%EC%86%8C%EA%B8%B0&limit=10"
#define KEYWORD "무선 청소기"

static char folder[] = "/tmp/test-coupang-XXXXXX";

static char *in_folder(const char *name)
{
	return run_path(folder, name);
}

static void write_file(const char *name, const char *text, unsigned mode)
{
	run_write(folder, name, text, strlen(text), mode);
}

static void run_agent(const char *request, struct run *run)
{
	static const char *const hidden[] = { SECRET, NULL };

	run_program(AGENT, folder, request, hidden, run);
	assert_null(strstr(run->err, "signature="));
}

static void search(int port, const char *config, struct run *run)
{
	CLEANUP_FREE char *request =
		xasprintf("{\"v\":1,\"op\":\"search\",\"config\":{\"endpoint\":"
		"\"http://127.0.0.1:%d\"%s},\"keyword\":\"" KEYWORD "\",\"limit\":10}", port,
			config);

	run_agent(request, run);
}

static const char *result_of(const struct run *run)
{
	return value_get_string(run->answer, "result", "");
}

/* The signature is made over the very bytes of the request line that came. */
static void check_signature(const char *last)
{
	const char *query = strchr(last, '?'), *end = strstr(last, " HTTP/1.1\r\n");
	const char *date = strstr(last, "signed-date=");
	CLEANUP_FREE char *sent = NULL, *header = NULL, *want = NULL, *day = NULL;

	assert_true(query && end && date && query < end);
	sent = xstrndup(query + 1, (size_t)(end - query - 1));
	day = xstrndup(date + 12, SIGN_DATE_LEN);
	header = sign_header(ACCESS, SECRET, day, "GET", PATH, sent);
	want = xasprintf("\r\nAuthorization: %s\r\n", header);
	assert_non_null(strstr(last, want));
	assert_non_null(strstr(last, "\r\nAccept: application/json\r\n"));
}

#define HTTP(status) "HTTP/1.1 " status "\r\nConnection: close\r\n"
#define LINK "https://link.coupang.com/re/AFFSDP?lptag=AF1"
#define ONE "{\"rCode\":\"0\",\"rMessage\":\"\",\"data\":{\"landingUrl\":\"" LINK "\",\"productData\":[" \
	"{\"productId\":6398790876,\"productName\":\"a\",\"productPrice\":1.5,\"productUrl\":\"" LINK "\"}]}}"
#define STRIKE "{\"rCode\":\"403\",\"rMessage\":\"시간당 사용 횟수 (현재 2회 초과)\",\"data\":null}"
#define EXPIRED "{\"code\":\"ERROR\",\"message\":\"Specified signature is expired.\",\"transactionId\":\"1\"}"

struct fault {
	const char *name;
	struct peer_reply reply;
	const char *result;
};

static const struct fault faults[] = {
	{ "good", { .data = HTTP("200 OK") "\r\n" ONE }, "ok" },
	{ "good, left open", { .data = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
		.then = PEER_HANG }, "later" },
	{ "strike", { .data = HTTP("200 OK") "\r\n" STRIKE }, "blocked" },
	{ "429", { .data = HTTP("429 Slow") "Retry-After: 60\r\n\r\n" }, "blocked" },
	{ "expired", { .data = HTTP("401 x") "\r\n" EXPIRED }, "broken" },
	{ "500", { .data = HTTP("500 x") "\r\noops" }, "later" },
	{ "503, Retry-After", { .data = HTTP("503 x") "Retry-After: 60\r\n\r\noops" }, "later" },
	{ "Akamai", { .data = HTTP("403 x") "\r\n<HTML>Access Denied</HTML>" }, "later" },
	{ "307", { .data = HTTP("307 x") "Location: /again\r\n\r\n" }, "broken" },
	{ "301 to another host", { .data =
		HTTP("301 x") "Location: https://evil.invalid/\r\n\r\n" },
		"broken" },
	{ "{}", { .data = HTTP("200 OK") "\r\n{}" }, "later" },
	{ "closed after reading", { .data = "" }, "later" },
	{ "reset after reading", { .data = "", .then = PEER_RESET }, "later" },
	{ "half a header", { .data = "HTTP/1.1 200 OK\r\nConte" }, "later" },
	{ "half a body", { .data = HTTP("200 OK") "Content-Length: 900\r\n\r\n{\"rCode\":\"0\"" },
		"later" },
	{ "half a body, no length", { .data = HTTP("200 OK") "\r\n{\"rCode\":\"0\"" }, "later" },
	{ "half a strike", { .data = HTTP("200 OK") "Content-Length: 900\r\n\r\n{\"rCode\":\"403\","
		"\"rMessage\":\"시간당 사용 횟수" }, "blocked" },
	{ "hangs", { .data = "", .then = PEER_HANG }, "later" },
	{ "drips", { .data = HTTP("200 OK") "\r\n{", .then = PEER_DRIP }, "later" },
	{ "garbage", { .data = "\x01\x02\x03 nothing\r\n\r\n" }, "later" },
};

static void test_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		const struct fault *f = &faults[i];
		struct peer p;
		struct run run;

		peer_start(&p, &f->reply, 1);
		search(p.port, ",\"timeout_ms\":1000", &run);
		peer_stop(&p);
		if (!str_eq(result_of(&run), f->result) || value_get_int(run.answer, "calls",
				-1) != 1)
			fail_msg("%s: %s", f->name, run.out);
		if (p.connections != 1 || p.requests != 1)
			fail_msg("%s: %d connections, %d requests", f->name, p.connections,
				p.requests);
		if (!str_eq(f->result, "ok") && !value_get_string(run.answer, "reason", NULL))
			fail_msg("%s: no reason", f->name);
		check_signature(p.last);
		run_finish(&run);
	}
}

struct query_row {
	const char *config, *query;
};

static const struct query_row queries[] = {
	{ "", QUERY },
	{ ",\"sub_id\":\"\",\"image_size\":\"\"", QUERY },
	{ ",\"sub_id\":\"my&blog\",\"image_size\":\"512x512\"",
		QUERY "&subId=my%26blog&imageSize=512x512" },
};

static void test_query(void **state)
{
	static const struct peer_reply reply = { .data = HTTP("200 OK") "\r\n" ONE };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		CLEANUP_FREE char *line = xasprintf("GET " PATH "?%s HTTP/1.1\r\n",
			queries[i].query);
		struct peer p;
		struct run run;

		peer_start(&p, &reply, 1);
		search(p.port, queries[i].config, &run);
		peer_stop(&p);
		assert_string_equal(result_of(&run), "ok");
		assert_true(value_get_int(run.answer, "fetched_ms", 0) > 0);
		if (!str_starts(p.last, line))
			fail_msg("%s", p.last);
		run_finish(&run);
	}
}

/* A signature carries the corrected clock's day, and a wrong one is noticed. */
static void test_skew(void **state)
{
	static const struct peer_reply reply = { .data = HTTP("401 x")
		"Date: Sat, 29 Aug 2026 04:00:00 GMT\r\n\r\n" EXPIRED };
	struct peer p;
	struct run run;

	(void)state;
	peer_start(&p, &reply, 1);
	search(p.port, "", &run);
	peer_stop(&p);
	assert_non_null(value_get(run.answer, "skew_ms"));
	assert_non_null(strstr(value_get_string(run.answer, "reason", ""), "NTP"));
	run_finish(&run);
}

struct never {
	const char *name, *request, *result, *word;
};

#define SEARCH(config, rest) "{\"v\":1,\"op\":\"search\",\"config\":{" config "}" rest "}"
#define LABEL "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define NOBODY "\"endpoint\":\"http://127.0.0.1:1\""
static const struct never nevers[] = {
	{ "refused connection", SEARCH(NOBODY, ",\"keyword\":\"a\""), "later", "network" },
	{ "no TLS there", SEARCH("\"endpoint\":\"https://127.0.0.1:1\"", ",\"keyword\":\"a\""),
		"later",
		"network" },
	/* A label over 63 bytes: the resolver refuses it without asking anybody. */
	{ "no such name", SEARCH("\"endpoint\":\"https://" LABEL ".invalid\"",
		",\"keyword\":\"a\""),
		"later", "name server" },
	{ "plain http", SEARCH("\"endpoint\":\"http://api.invalid\"", ",\"keyword\":\"a\""),
		"broken",
		"endpoint" },
	{ "with a path", SEARCH("\"endpoint\":\"https://api.invalid/x\"", ",\"keyword\":\"a\""),
		"broken",
		"endpoint" },
	{ "with a slash", SEARCH("\"endpoint\":\"https://api.invalid/\"", ",\"keyword\":\"a\""),
		"broken",
		"endpoint" },
	{ "no URL", SEARCH("\"endpoint\":\"x\"", ",\"keyword\":\"a\""), "broken", "endpoint" },
	{ "no keyword", SEARCH(NOBODY, ""), "refused", "keyword" },
	{ "empty keyword", SEARCH(NOBODY, ",\"keyword\":\"\""), "refused", "keyword" },
	{ "a number", SEARCH(NOBODY, ",\"keyword\":5"), "refused", "keyword" },
	{ "check", "{\"v\":1,\"op\":\"check\",\"config\":{}}", "ok", NULL },
	{ "check, endpoint", "{\"v\":1,\"op\":\"check\",\"config\":{\"endpoint\":\"ftp://a\"}}",
		"broken",
		"endpoint" },
};

static void test_nothing_left(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(nevers); i++) {
		struct run run;

		run_agent(nevers[i].request, &run);
		if (!str_eq(result_of(&run), nevers[i].result) || value_get_int(run.answer,
				"calls", -1) != 0)
			fail_msg("%s: %s", nevers[i].name, run.out);
		if (nevers[i].word && !strstr(value_get_string(run.answer, "reason", ""),
				nevers[i].word))
			fail_msg("%s: %s", nevers[i].name, run.out);
		run_finish(&run);
	}
}

struct secret_row {
	const char *text;
	unsigned mode;
	const char *result;
};

static const struct secret_row secrets[] = {
	{ SECRET "\n", 0600, "ok" },
	{ SECRET, 0400, "ok" },
	{ SECRET "\n", 0644, "broken" },
	{ "", 0600, "broken" },
	{ SECRET "\nX-Other: header\n", 0600, "broken" },
	{ "two " SECRET, 0600, "broken" },
	{ SECRET ", a=b", 0600, "broken" },
};

static void test_secrets(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
		struct run run;

		write_file("access", secrets[i].text, secrets[i].mode);
		run_agent("{\"v\":1,\"op\":\"check\",\"config\":{}}", &run);
		if (!str_eq(result_of(&run), secrets[i].result))
			fail_msg("secret %zu: %s", i, run.out);
		run_finish(&run);
	}
	write_file("access", ACCESS "\n", 0600);
}

#define PNG "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\2\0\0\0\1\x2c\x08\x02\0\0\0crc!"
#define EXIF "\xff\xe1\0\x0c" "Exif\0\0GPS!"

/* A JPEG of 8 x 8 as an answer, with EXIF inside. */
static void make_jpeg(struct buf *out)
{
	tjhandle h = tjInitCompress();
	unsigned char pixels[8 * 8 * 3] = { 0 }, *jpeg = NULL;
	unsigned long len = 0;

	assert_int_equal(tjCompress2(h, pixels, 8, 0, 8, TJPF_RGB, &jpeg, &len, TJSAMP_444, 90,
		0), 0);
	buf_str(out, HTTP("200 OK") "Content-Type: text/html\r\n\r\n");
	buf_add(out, jpeg, 2);
	buf_add(out, EXIF, sizeof(EXIF) - 1);
	buf_add(out, jpeg + 2, len - 2);
	tjFree(jpeg);
	tjDestroy(h);
}

struct image_row {
	const char *path;  /* on the server; or a whole address */
	const char *error; /* a word of it; NULL = it is fetched */
	int requests;
	const char *mime;
	int width;
};

static const struct image_row images[] = {
	{ "/good.jpg", NULL, 1, "image/jpeg", 8 },
	{ "/good.png", NULL, 1, "image/png", 512 },
	{ "/hop1", NULL, 2, "image/png", 512 },
	{ "/hop3", NULL, 4, "image/png", 512 },
	{ "/hop4", "more than 3", 4, NULL, 0 },
	{ "/loop", "more than 3", 4, NULL, 0 },
	{ "/to-evil", "redirects away", 1, NULL, 0 },
	{ "/to-click", "redirects away", 1, NULL, 0 },
	{ "/to-port", "redirects away", 1, NULL, 0 },
	{ "/to-file", "redirects away", 1, NULL, 0 },
	{ "/to-cdn", "redirects away", 1, NULL, 0 },
	{ "/html", "no JPEG", 1, NULL, 0 },
	{ "/empty", "no JPEG", 1, NULL, 0 },
	{ "/cut.jpg", "cut short", 1, NULL, 0 },
	{ "/half.png", "whole", 1, NULL, 0 },
	{ "/missing", "HTTP 404", 1, NULL, 0 },
	{ "/huge", "longer than allowed", 1, NULL, 0 },
	{ "/wide", "5000", 1, NULL, 0 },
	{ "/hang", "in time", 1, NULL, 0 },
	{ "https://link.coupang.com/a/b", "not asked", 0, NULL, 0 },
	{ "https://static.coupangcdn.com/a.jpg", "not asked", 0, NULL, 0 },
	{ "http://169.254.169.254/latest", "not asked", 0, NULL, 0 },
	{ "file:///etc/passwd", "not asked", 0, NULL, 0 },
};

static struct peer_reply image_replies[] = {
	{ .path = "/good.jpg" },
	{ .path = "/good.png", .data = HTTP("200 OK") "\r\n" PNG,
		.len = sizeof(HTTP("200 OK") "\r\n" PNG) - 1 },
	{ .path = "/hop1", .data = HTTP("302 x") "Location: /good.png\r\n\r\n" },
	{ .path = "/hop2", .data = HTTP("301 x") "Location: /hop1\r\n\r\n" },
	{ .path = "/hop3", .data = HTTP("307 x") "Location: hop2\r\n\r\n" },
	{ .path = "/hop4", .data = HTTP("308 x") "Location: /hop3\r\n\r\n" },
	{ .path = "/loop", .data = HTTP("302 x") "Location: /loop\r\n\r\n" },
	{ .path = "/to-evil", .data =
		HTTP("302 x") "Location: https://evil.invalid/a.png\r\n\r\n" },
	{ .path = "/to-click", .data =
		HTTP("302 x") "Location: https://link.coupang.com/a\r\n\r\n" },
	{ .path = "/to-port", .data = HTTP("302 x") "Location: http://127.0.0.1:1/a\r\n\r\n" },
	{ .path = "/to-file", .data = HTTP("302 x") "Location: file:///etc/passwd\r\n\r\n" },
	{ .path = "/to-cdn", .data =
		HTTP("302 x") "Location: https://static.coupangcdn.com/a\r\n\r\n" },
	{ .path = "/html", .data = HTTP("200 OK") "Content-Type: image/jpeg\r\n\r\n<html>" },
	{ .path = "/empty", .data = HTTP("200 OK") "Content-Length: 0\r\n\r\n" },
	{ .path = "/cut.jpg" },
	{ .path = "/half.png", .data = HTTP("200 OK") "Content-Length: 9999\r\n\r\n\x89PNG" },
	{ .path = "/missing", .data = HTTP("404 x") "\r\n" },
	{ .path = "/huge" },
	{ .path = "/wide", .data = HTTP("200 OK") "\r\nGIF89a\x88\x13\1\0\xf7\0\0\x3b",
		.len = sizeof(HTTP("200 OK") "\r\nGIF89a\x88\x13\1\0\xf7\0\0\x3b") - 1 },
	{ .path = "/hang", .data = "", .then = PEER_HANG },
	{ .path = NULL, .data = HTTP("500 x") "\r\n" },
};

static void fill_replies(struct buf *jpeg, struct buf *huge)
{
	buf_init(jpeg, 1 << 20);
	buf_init(huge, 8 << 20);
	make_jpeg(jpeg);
	buf_str(huge, HTTP("200 OK") "\r\n");
	for (int i = 0; i < 6 << 10; i++)
		buf_printf(huge, "%01024d", i);
	for (size_t i = 0; i < ARRAY_LEN(image_replies); i++) {
		struct peer_reply *r = &image_replies[i];

		if (str_eq(r->path, "/good.jpg") || str_eq(r->path, "/cut.jpg")) {
			r->data = jpeg->data;
			r->len = jpeg->len - (r->path[1] == 'c' ? 2 : 0);
		} else if (str_eq(r->path, "/huge")) {
			r->data = huge->data;
			r->len = huge->len;
		}
	}
}

static char *address(const struct peer *p, const char *path)
{
	return *path == '/' ? xasprintf("http://127.0.0.1:%d%s", p->port, path) : xstrdup(path);
}

static void fetch(const struct peer *p, const char *path, struct run *run)
{
	CLEANUP_FREE char *url = address(p, path);
	CLEANUP_FREE char *request =
		xasprintf("{\"v\":1,\"op\":\"images\",\"config\":{\"endpoint\":"
		"\"http://127.0.0.1:%d\",\"timeout_ms\":1000},\"urls\":[\"%s\",\"%s\"],"
		"\"directory\":\"%s/images/deep\"}", p->port, url, url, folder);

	run_agent(request, run);
}

/* The file is what its name says, ours alone, and has lost its EXIF. */
static void check_file(const struct value *image)
{
	const char *path = value_get_string(image, "path", "");
	CLEANUP_FREE char *data = NULL;
	char hash[SIGN_HEX_LEN + 1];
	struct stat st;
	size_t len;

	assert_int_equal(file_read(path, RUN_OUT_MAX, &data, &len), 0);
	assert_int_equal(len, value_get_int(image, "bytes", -1));
	sign_sha256(data, len, hash);
	assert_true(str_starts(strrchr(path, '/') + 1, hash));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_null(memmem(data, len, "Exif", 4));
}

static void check_image(const struct image_row *w, const struct run *run)
{
	const struct value *list = value_get(run->answer, "images"), *image = value_at(list, 0);
	const char *error = value_get_string(image, "error", NULL);

	if (!str_eq(result_of(run), "ok") || value_len(list) != 1)
		fail_msg("%s: %s", w->path, run->out);
	if (value_get_int(run->answer, "requests", -1) != w->requests ||
			value_get_int(run->answer, "calls", -1) != 0)
		fail_msg("%s: %s", w->path, run->out);
	if (w->error ? !error || !strstr(error, w->error) || value_get(image,
			"path") : error != NULL)
		fail_msg("%s: %s", w->path, run->out);
	if (!w->error) {
		assert_string_equal(value_get_string(image, "mime", ""), w->mime);
		assert_int_equal(value_get_int(image, "width", 0), w->width);
		check_file(image);
	}
}

static void test_images(void **state)
{
	struct buf jpeg, huge;

	(void)state;
	fill_replies(&jpeg, &huge);
	for (size_t i = 0; i < ARRAY_LEN(images); i++) {
		struct peer p;
		struct run run;

		peer_start(&p, image_replies, ARRAY_LEN(image_replies));
		fetch(&p, images[i].path, &run);
		peer_stop(&p);
		check_image(&images[i], &run);
		if (p.connections != images[i].requests)
			fail_msg("%s: %d connections", images[i].path, p.connections);
		assert_null(strstr(p.last, "Authorization"));
		run_finish(&run);
	}
	buf_finish(&jpeg);
	buf_finish(&huge);
}

/* Every picture hangs: the whole op ends all the same, and says so for each. */
static void test_images_deadline(void **state)
{
	static const struct peer_reply hang = { .data = "", .then = PEER_HANG };
	struct peer p;
	struct run run;
	struct buf request;
	const struct value *list;

	(void)state;
	peer_start(&p, &hang, 1);
	buf_init(&request, 1 << 16);
	buf_printf(&request, "{\"v\":1,\"op\":\"images\",\"config\":{\"endpoint\":\"http://127.0.0.1:%d\","
		"\"timeout_ms\":1000},\"directory\":\"%s/images\",\"urls\":[", p.port, folder);
	for (int i = 0; i < 30; i++)
		buf_printf(&request, "%s\"http://127.0.0.1:%d/%d\"", i ? "," : "", p.port, i);
	buf_str(&request, "]}");
	run_agent(buf_cstr(&request), &run);
	peer_stop(&p);
	list = value_get(run.answer, "images");
	assert_int_equal(value_len(list), 30);
	assert_true(value_get_int(run.answer, "requests", -1) <= 3);
	assert_non_null(strstr(value_get_string(value_at(list, 29), "error", ""),
		"time for pictures"));
	run_finish(&run);
	buf_finish(&request);
}

#define IMAGES(rest) "{\"v\":1,\"op\":\"images\",\"config\":{" NOBODY "}," rest "}"
static const struct never bad_images[] = {
	{ "no folder", IMAGES("\"urls\":[]"), "refused", "directory" },
	{ "relative folder", IMAGES("\"urls\":[],\"directory\":\"x\""), "refused", "directory" },
	{ "no urls", IMAGES("\"directory\":\"/tmp\""), "refused", "urls" },
	{ "impossible folder", IMAGES("\"urls\":[],\"directory\":\"/dev/null/x\""), "broken",
		"/dev/null" },
};

static void test_bad_images(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad_images); i++) {
		struct run run;

		run_agent(bad_images[i].request, &run);
		if (!str_eq(result_of(&run), bad_images[i].result) ||
				!strstr(value_get_string(run.answer, "reason", ""),
					bad_images[i].word))
			fail_msg("%s: %s", bad_images[i].name, run.out);
		run_finish(&run);
	}
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	write_file("access", ACCESS "\n", 0600);
	write_file("secret", SECRET "\n", 0600);
	CLEANUP_FREE char *access_path = in_folder("access");
	CLEANUP_FREE char *secret_path = in_folder("secret");
	setenv("CPAUTO_SECRET_ACCESS_KEY", access_path, 1);
	setenv("CPAUTO_SECRET_SECRET_KEY", secret_path, 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return dir_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_skew),
		cmocka_unit_test(test_nothing_left),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_images_deadline),
		cmocka_unit_test(test_bad_images),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
