/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <sys/stat.h>

#include <turbojpeg.h>

#include "peer.h"
#include "runner.h"

#include "image.h"
#include "json.h"
#include "value.h"

/*
 * naver-openapi and naver-cafe as the daemon starts them, against two servers
 * on loopback: the API, and the one that gives tokens.
 */
#define ACCESS "AAAAold-access"
#define REFRESH "RRRRold-refresh"
#define SECRET "not-to-be-seen"
#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
#define POSTED HEAD "{\"message\":{\"result\":{\"blogId\":\"me\",\"logNo\":223344," \
	"\"postUrl\":\"https://blog.example/me/223344\"}}}"
#define ARTICLE HEAD "{\"message\":{\"status\":\"200\",\"result\":{\"msg\":\"Success\"," \
	"\"articleId\":77,\"articleUrl\":\"https://cafe.example/77\"}}}"
#define TOKENS HEAD "{\"access_token\":\"AAAAnew-access\",\"token_type\":\"bearer\"," \
	"\"expires_in\":\"3600\"}"

enum agent { OPENAPI, CAFE };
static const char *const programs[] = { BUILD "/agents/naver-openapi", BUILD "/agents/naver-cafe" };

static char folder[] = "/tmp/test-openapi-XXXXXX";

static char *in_folder(const char *name)
{
	return run_path(folder, name);
}

static void write_bytes(const char *name, const void *data, size_t len)
{
	run_write(folder, name, data, len, 0600);
}

static void write_file(const char *name, const char *text)
{
	write_bytes(name, text, strlen(text));
}

static char *read_back(const char *name)
{
	return run_read(folder, name);
}

static void assert_file(const char *name, const char *wanted)
{
	CLEANUP_FREE char *text = read_back(name);
	CLEANUP_FREE char *path = in_folder(name);
	struct stat st;

	assert_string_equal(text, wanted);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

/* The file's age in seconds. */
static void set_age(const char *name, int seconds)
{
	CLEANUP_FREE char *path = in_folder(name);
	struct timespec times[2];
	struct stat st;

	write_file("now", "");
	CLEANUP_FREE char *now = in_folder("now");
	assert_int_equal(stat(now, &st), 0);
	times[0] = times[1] = (struct timespec){ .tv_sec = st.st_mtime - seconds };
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void secrets(int age)
{
	write_file("access", ACCESS "\n");
	write_file("refresh", REFRESH "\n");
	write_file("id", "client&id\n");
	write_file("secret", SECRET "\n");
	set_age("access", age);
}

static void give(const char *variable, const char *name)
{
	CLEANUP_FREE char *path = in_folder(name);

	setenv(variable, path, 1);
}

static void run_agent(enum agent which, const char *request, struct run *run)
{
	static const char *const hidden[] = { SECRET, ACCESS, REFRESH, "AAAAnew", "RRRRnew", NULL };

	run_program(programs[which], folder, request, hidden, run);
}

static const char *result_of(const struct run *run)
{
	return value_get_string(run->answer, "result", "");
}

static const char *reason_of(const struct run *run)
{
	return value_get_string(run->answer, "reason", "");
}

/* Asks for OP with CONFIG's members behind the endpoints; POST is the post's members. */
static void ask(enum agent which, const char *op, const struct peer *api, const struct peer *tokens,
	const char *config, const char *post, struct run *run)
{
	CLEANUP_FREE char *request = xasprintf("{\"v\":1,\"op\":\"%s\",\"config\":{"
		"\"endpoint\":\"http://127.0.0.1:%d/\",\"clubid\":123,\"menuid\":\"4\","
		"\"token_endpoint\":\"http://127.0.0.1:%d/oauth2.0/token\","
		"\"request_timeout\":\"3s\"%s},\"post\":{%s}}",
		op, api ? api->port : 1, tokens ? tokens->port : 1, config, post);

	run_agent(which, request, run);
}

static void start(struct peer *p, struct peer_reply *reply, const char *data)
{
	*reply = (struct peer_reply){ .data = data };
	peer_start(p, reply, 1);
}

/* The body of the last request, at most PEER_REQUEST_MAX bytes of it. */
static const char *body_of(const struct peer *p)
{
	const char *end = strstr(p->last, "\r\n\r\n");

	assert_non_null(end);
	return end + 4;
}

#define PLAIN_POST "\"title\":\"가 & 나+다\",\"html\":\"<p>한 줄 100%</p>\"," \
	"\"category\":\"\",\"images\":[]"
#define ONCE_TITLE "%EA%B0%80%20%26%20%EB%82%98%2B%EB%8B%A4"
#define ONCE_HTML "%3Cp%3E%ED%95%9C%20%EC%A4%84%20100%25%3C%2Fp%3E"
#define TWICE_TITLE "%25EA%25B0%2580%2520%2526%2520%25EB%2582%2598%252B%25EB%258B%25A4"
#define TWICE_HTML "%253Cp%253E%25ED%2595%259C%2520%25EC%25A4%2584%2520100%2525%253C%252Fp%253E"

/* The very bytes of an urlencoded form; the row of the request too. */
static void test_form_bytes(void **state UNUSED)
{
	static const struct {
		enum agent which;
		const char *config, *line, *body, *reply, *id;
	} rows[] = {
		{ OPENAPI, "", "POST /blog/writePost.json HTTP/1.1\r\n",
			"title=" ONCE_TITLE "&contents=" ONCE_HTML, POSTED, "223344" },
		{ OPENAPI, ",\"open_type\":\"closed\",\"allow_comment\":false,"
			"\"allow_search\":true,\"scrap_type\":\"link\",\"category_no\":7",
			"POST /blog/writePost.json HTTP/1.1\r\n",
			"title=" ONCE_TITLE "&contents=" ONCE_HTML "&options.openType=closed"
			"&options.allowComment=false&options.allowSearch=true"
			"&options.scrapType=link&categoryNo=7", POSTED, "223344" },
		{ CAFE, "", "POST /v1/cafe/123/menu/4/articles HTTP/1.1\r\n",
			"subject=" TWICE_TITLE "&content=" TWICE_HTML, ARTICLE, "77" },
		{ CAFE, ",\"encoding\":\"once\",\"openyn\":true,\"ccl\":\"CCBY\"",
			"POST /v1/cafe/123/menu/4/articles HTTP/1.1\r\n",
			"subject=" ONCE_TITLE "&content=" ONCE_HTML "&openyn=true&ccl=CCBY",
			ARTICLE, "77" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct peer_reply reply;
		struct peer api;
		struct run run;

		secrets(0);
		start(&api, &reply, rows[i].reply);
		ask(rows[i].which, "publish", &api, NULL, rows[i].config, PLAIN_POST, &run);
		peer_stop(&api);
		assert_string_equal(result_of(&run), "ok");
		assert_string_equal(value_get_string(run.answer, "id", ""), rows[i].id);
		assert_int_equal(api.requests, 1);
		assert_int_equal(api.connections, 1);
		assert_true(str_starts(api.last, rows[i].line));
		assert_non_null(strstr(api.last, "\r\nAuthorization: Bearer " ACCESS "\r\n"));
		assert_non_null(strstr(api.last, "\r\nContent-Type: "
			"application/x-www-form-urlencoded; charset=UTF-8\r\n"));
		assert_string_equal(body_of(&api), rows[i].body);
		run_finish(&run);
	}
}

static const unsigned char png[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\2\0\0\0\3"
	"\10\2\0\0\0\0\0\0\0rest\r\n--\xff";
static const unsigned char jpeg[] = "\xff\xd8\xff\xc0\0\x0b\x08\0\2\0\2\1\1\x11\0\xff\xd9";

/* A post with two pictures that were fetched, one that was not, one shown twice. */
static char *picture_post(void)
{
	write_bytes("a.png", png, sizeof(png) - 1);
	write_bytes("b.jpg", jpeg, sizeof(jpeg) - 1);
	return xasprintf("\"title\":\"가 & 나\",\"html\":\"<p>하나</p>"
		"<div align=\\\"center\\\"><img src=\\\"https://x/b.jpg?a=1&amp;b=2\\\" alt=\\\"\\\"></div>"
		"<img src=\\\"https://x/none.jpg\\\"><img src=\\\"https://x/a.png\\\">"
		"<img src=\\\"https://x/b.jpg?a=1&amp;b=2\\\">\",\"images\":["
		"{\"src\":\"https://x/a.png\",\"path\":\"%s/a.png\"},"
		"{\"src\":\"https://x/none.jpg\"},"
		"{\"src\":\"https://x/b.jpg?a=1&b=2\",\"path\":\"%s/b.jpg\"}]", folder, folder);
}

#define PLACED "<p>하나</p><div align=\"center\"><img src='#0'/></div>" \
	"<img src=\"https://x/none.jpg\"><img src='#1'/><img src='#0'/>"

static void add_field(struct buf *b, const char *boundary, const char *name, const char *text)
{
	buf_printf(b, "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n",
		boundary, name, text);
}

static void add_image(struct buf *b, const char *boundary, const char *file, const char *type,
	const void *data, size_t len)
{
	buf_printf(b, "--%s\r\nContent-Disposition: form-data; name=\"image\"; filename=\"%s\"\r\n"
		"Content-Type: %s\r\n\r\n", boundary, file, type);
	buf_add(b, data, len);
	buf_str(b, "\r\n");
}

/* Raw UTF-8 and the pictures as they are; for the cafe with the text encoded once. */
static void test_multipart_bytes(void **state UNUSED)
{
	static const struct {
		enum agent which;
		const char *config, *reply, *names[2];
		bool encoded;
	} rows[] = {
		{ OPENAPI, "", POSTED, { "title", "contents" }, false },
		{ CAFE, ",\"encoding\":\"once\"", ARTICLE, { "subject", "content" }, false },
		{ CAFE, "", ARTICLE, { "subject", "content" }, true },
	};
	CLEANUP_FREE char *post = picture_post();

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct peer_reply reply;
		struct buf want, text;
		char boundary[100];
		const char *at;
		struct peer api;
		struct run run;

		secrets(0);
		start(&api, &reply, rows[i].reply);
		ask(rows[i].which, "publish", &api, NULL, rows[i].config, post, &run);
		peer_stop(&api);
		assert_string_equal(result_of(&run), "ok");
		assert_int_equal(api.requests, 1);
		at = strstr(api.last, "\r\nContent-Type: multipart/form-data; boundary=");
		assert_non_null(at);
		at = strchr(at, '=') + 1;
		str_format_cut(boundary, sizeof(boundary), "%.*s", (int)strcspn(at, "\r"), at);
		buf_init(&want, PEER_REQUEST_MAX);
		buf_init(&text, PEER_REQUEST_MAX);
		if (rows[i].encoded)
			buf_percent(&text, PLACED, strlen(PLACED));
		else
			buf_str(&text, PLACED);
		add_field(&want, boundary, rows[i].names[0],
			rows[i].encoded ? "%EA%B0%80%20%26%20%EB%82%98" : "가 & 나");
		add_field(&want, boundary, rows[i].names[1], buf_cstr(&text));
		add_image(&want, boundary, "0.jpg", "image/jpeg", jpeg, sizeof(jpeg) - 1);
		add_image(&want, boundary, "1.png", "image/png", png, sizeof(png) - 1);
		buf_printf(&want, "--%s--\r\n", boundary);
		CLEANUP_FREE char *length = xasprintf("\r\nContent-Length: %zu\r\n", want.len);
		assert_non_null(strstr(api.last, length));
		assert_memory_equal(body_of(&api), buf_cstr(&want), want.len);
		buf_finish(&want);
		buf_finish(&text);
		run_finish(&run);
	}
}

/* A JPEG of 64 x 32 pixels. */
static void write_picture(const char *name)
{
	unsigned char pixels[32][64][3];
	tjhandle h = tjInitCompress();
	unsigned char *data = NULL;
	unsigned long len = 0;

	memset(pixels, 200, sizeof(pixels));
	assert_non_null(h);
	assert_int_equal(tjCompress2(h, pixels[0][0], 64, 0, 32, TJPF_RGB, &data, &len, TJSAMP_444,
		90, 0), 0);
	write_bytes(name, data, len);
	tjFree(data);
	tjDestroy(h);
}

/* Pictures are made to fit what the other side takes. */
static void test_fit(void **state UNUSED)
{
	static const struct {
		const char *config, *result, *part;
		int width, height;
	} rows[] = {
		{ ",\"image_max_width\":16", "ok", "filename=\"0.jpg\"\r\n"
			"Content-Type: image/jpeg\r\n\r\n", 16, 8 },
		{ ",\"image_max_height\":8,\"image_max_bytes\":2000,\"image_format\":\"png\"", "ok",
			"filename=\"0.png\"\r\nContent-Type: image/png\r\n\r\n", 16, 8 },
		{ ",\"image_max_bytes\":60", "refused", "max-bytes", 0, 0 },
		{ ",\"image_max_width\":-1", "broken", "image_max_width", 0, 0 },
		{ ",\"image_max_bytes\":\"1M\"", "broken", "image_max_bytes", 0, 0 },
		{ ",\"image_format\":\"gif\"", "broken", "image_format", 0, 0 },
	};
	CLEANUP_FREE char *post = xasprintf("\"title\":\"가\",\"html\":\"<img src=\\\"https://x/a\\\">\","
		"\"images\":[{\"src\":\"https://x/a\",\"path\":\"%s/a.jpg\"}]", folder);

	secrets(0);
	write_picture("a.jpg");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct peer_reply reply;
		struct image kind;
		struct peer api;
		struct run run;
		const char *at;

		start(&api, &reply, POSTED);
		ask(OPENAPI, "publish", &api, NULL, rows[i].config, post, &run);
		peer_stop(&api);
		if (!str_eq(result_of(&run), rows[i].result))
			fail_msg("row %zu: %s", i, run.out);
		assert_int_equal(api.requests, rows[i].width > 0);
		if (!rows[i].width) {
			assert_non_null(strstr(reason_of(&run), rows[i].part));
		} else {
			at = strstr(api.last, rows[i].part);
			assert_non_null(at);
			at += strlen(rows[i].part);
			assert_int_equal(image_sniff(at, (size_t)(api.last + sizeof(api.last) - at),
				&kind, NULL), 0);
			assert_int_equal(kind.width, rows[i].width);
			assert_int_equal(kind.height, rows[i].height);
		}
		run_finish(&run);
	}
}

/* Without pictures wanted they stay where they are, and the form is urlencoded. */
static void test_images_off(void **state UNUSED)
{
	CLEANUP_FREE char *post = picture_post();
	struct peer_reply reply;
	struct peer api;
	struct run run;

	secrets(0);
	start(&api, &reply, POSTED);
	ask(OPENAPI, "publish", &api, NULL, ",\"images\":false", post, &run);
	peer_stop(&api);
	assert_string_equal(result_of(&run), "ok");
	assert_non_null(strstr(body_of(&api), "https%3A%2F%2Fx%2Fa.png"));
	assert_null(strstr(body_of(&api), "%23"));
	run_finish(&run);
}

static void test_bad_images(void **state UNUSED)
{
	CLEANUP_FREE char *post = picture_post();
	struct peer_reply reply;
	struct peer api;

	secrets(0);
	start(&api, &reply, POSTED);
	for (int i = 0; i < 4; i++) {
		CLEANUP_FREE char *path = in_folder("a.png");
		struct run run;

		if (i == 0)
			write_file("a.png", "<html>no picture</html>");
		else if (i == 2)
			assert_int_equal(unlink(path), 0);
		ask(i % 2 ? CAFE : OPENAPI, "publish", &api, NULL, "", post, &run);
		assert_string_equal(result_of(&run), "refused");
		assert_non_null(strstr(reason_of(&run), "a.png"));
		run_finish(&run);
	}
	peer_stop(&api);
	assert_int_equal(api.connections, 0);
}

/* ---- tokens ---- */

#define REFRESH_BODY "grant_type=refresh_token&client_id=client%26id&client_secret=" SECRET \
	"&refresh_token=" REFRESH

static void test_refresh(void **state UNUSED)
{
	static const struct {
		int age;
		const char *config, *reply;
		int refreshes;
		const char *access, *refresh;
	} rows[] = {
		/* Young enough: no refresh. */
		{ 3200, "", TOKENS, 0, ACCESS "\n", REFRESH "\n" },
		{ 3400, "", TOKENS, 1, "AAAAnew-access\n", REFRESH "\n" },
		{ 3400, ",\"token_life\":86400", TOKENS, 0, ACCESS "\n", REFRESH "\n" },
		/* From the future: the clock was set; its age is not known. */
		{ -5000, "", TOKENS, 1, "AAAAnew-access\n", REFRESH "\n" },
		{ 90000, "", HEAD "{\"access_token\":\"AAAAnew-access\",\"refresh_token\":"
			"\"RRRRnew-refresh\",\"expires_in\":3600}", 1, "AAAAnew-access\n",
			"RRRRnew-refresh\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct peer_reply api_reply, token_reply;
		struct peer api, tokens;
		struct run run;

		secrets(rows[i].age);
		start(&api, &api_reply, POSTED);
		start(&tokens, &token_reply, rows[i].reply);
		ask(OPENAPI, "publish", &api, &tokens, rows[i].config, PLAIN_POST, &run);
		peer_stop(&api);
		peer_stop(&tokens);
		assert_string_equal(result_of(&run), "ok");
		assert_int_equal(api.requests, 1);
		assert_int_equal(tokens.requests, rows[i].refreshes);
		assert_non_null(strstr(api.last, rows[i].refreshes ?
			"\r\nAuthorization: Bearer AAAAnew-access\r\n" :
			"\r\nAuthorization: Bearer " ACCESS "\r\n"));
		if (rows[i].refreshes) {
			assert_true(str_starts(tokens.last, "POST /oauth2.0/token HTTP/1.1\r\n"));
			assert_string_equal(body_of(&tokens), REFRESH_BODY);
		}
		assert_file("access", rows[i].access);
		assert_file("refresh", rows[i].refresh);
		run_finish(&run);
	}
}

/* The file is replaced by a rename, never written in place. */
static void test_refresh_renames(void **state UNUSED)
{
	CLEANUP_FREE char *path = in_folder("access");
	struct peer_reply api_reply, token_reply;
	struct peer api, tokens;
	struct stat before, after;
	struct run run;

	secrets(9999);
	assert_int_equal(stat(path, &before), 0);
	int held = open(path, O_RDONLY | O_CLOEXEC); /* its number is not given away again */
	assert_true(held >= 0);
	start(&api, &api_reply, POSTED);
	start(&tokens, &token_reply, TOKENS);
	ask(OPENAPI, "publish", &api, &tokens, "", PLAIN_POST, &run);
	peer_stop(&api);
	peer_stop(&tokens);
	assert_string_equal(result_of(&run), "ok");
	assert_int_equal(stat(path, &after), 0);
	assert_true(before.st_ino != after.st_ino);
	close(held);
	run_finish(&run);
}

/* A refresh that fails: nothing is sent, nothing is lost. */
static void test_refresh_fails(void **state UNUSED)
{
	static const struct {
		const char *reply, *result;
	} rows[] = {
		{ HEAD "{\"error\":\"invalid_request\",\"error_description\":\"no\"}", "broken" },
		{ "HTTP/1.1 401 No\r\n\r\n{\"error\":\"invalid_client\"}", "broken" },
		{ "HTTP/1.1 503 No\r\n\r\n", "later" },
		{ "HTTP/1.1 429 No\r\nRetry-After: 900\r\n\r\n", "later" },
		{ HEAD "{\"error\":\"server_error\"}", "later" },
		{ HEAD "{\"access_token\":\"two words\"}", "broken" },
		{ HEAD "{\"access_token\":\"AAAAnew\",\"refresh_token\":\"a\\nb\"}", "broken" },
		{ HEAD "<html>", "broken" },
		{ "HTTP/1.1 302 Found\r\nLocation: https://x/\r\n\r\n", "broken" },
		{ "nonsense", "later" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct peer_reply api_reply, token_reply;
		struct peer api, tokens;
		struct run run;

		secrets(9999);
		start(&api, &api_reply, POSTED);
		start(&tokens, &token_reply, rows[i].reply);
		ask(i % 2 ? CAFE : OPENAPI, "publish", &api, &tokens, "", PLAIN_POST, &run);
		peer_stop(&api);
		peer_stop(&tokens);
		if (!str_eq(result_of(&run), rows[i].result))
			fail_msg("row %zu: %s", i, run.out);
		assert_int_equal(api.connections, 0);
		assert_int_equal(tokens.requests, 1);
		assert_file("access", ACCESS "\n");
		assert_file("refresh", REFRESH "\n");
		run_finish(&run);
	}
}

/* Missing, readable to others, or where nothing may be written: known before any request. */
static void test_token_files(void **state UNUSED)
{
	static const char *const names[] = { "access", "refresh", "id", "secret" };
	struct peer_reply api_reply, token_reply;
	struct peer api, tokens;

	start(&api, &api_reply, POSTED);
	start(&tokens, &token_reply, TOKENS);
	for (size_t i = 0; i < 2 * ARRAY_LEN(names); i++) {
		CLEANUP_FREE char *path = in_folder(names[i / 2]);
		const char *ops[] = { "check", "publish" };

		for (size_t o = 0; o < 2; o++) {
			struct run run;

			secrets(9999);
			assert_int_equal(i % 2 ? chmod(path, 0644) : unlink(path), 0);
			if (i / 2 == 0 && i % 2)
				set_age("access", 9999);
			ask(OPENAPI, ops[o], &api, &tokens, "", PLAIN_POST, &run);
			if (!str_eq(result_of(&run), "broken"))
				fail_msg("%s, %s: %s", names[i / 2], ops[o], run.out);
			run_finish(&run);
		}
	}
	peer_stop(&api);
	peer_stop(&tokens);
	assert_int_equal(api.connections + tokens.connections, 0);
}

/* 401: the token is refreshed, the post waits for the next operation. */
static void test_rejected(void **state UNUSED)
{
	static const struct {
		int age;
		const char *reply, *result;
		int refreshes;
	} rows[] = {
		{ 1000, "HTTP/1.1 401 No\r\n\r\n{\"errorMessage\":\"Authentication failed\","
			"\"errorCode\":\"024\"}", "later", 1 },
		{ 1000, "HTTP/1.1 401 No\r\n\r\n{\"message\":\"Authentication failed\","
			"\"error_code\":\"024\"}", "later", 1 },
		{ 10, "HTTP/1.1 401 No\r\n\r\n{\"errorCode\":\"024\"}", "broken", 0 },
		/* Refreshed in this very operation: a new one is no better. */
		{ 9999, "HTTP/1.1 401 No\r\n\r\n{\"errorCode\":\"024\"}", "broken", 1 },
		{ 1000, "HTTP/1.1 401 No\r\n\r\n{\"errorCode\":\"028\"}", "broken", 0 },
	};

	for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
		struct peer_reply api_reply, token_reply;
		struct peer api, tokens;
		struct run run;

		secrets(rows[i / 2].age);
		start(&api, &api_reply, rows[i / 2].reply);
		start(&tokens, &token_reply, TOKENS);
		ask(i % 2 ? CAFE : OPENAPI, "publish", &api, &tokens, "", PLAIN_POST, &run);
		peer_stop(&api);
		peer_stop(&tokens);
		if (!str_eq(result_of(&run), rows[i / 2].result))
			fail_msg("row %zu: %s", i / 2, run.out);
		assert_int_equal(api.requests, 1);
		assert_int_equal(tokens.requests, rows[i / 2].refreshes);
		run_finish(&run);
	}
}

/* ---- what the servers say ---- */

struct answer_row {
	enum agent which;
	const char *reply;
	enum peer_then then;
	const char *result, *reason;
};

static const struct answer_row answer_rows[] = {
	{ OPENAPI, "HTTP/1.1 403 No\r\n\r\n{\"errorMessage\":\"Not allowed\",\"errorCode\":"
		"\"030\"}", PEER_CLOSE, "broken", "030 Not allowed" },
	{ OPENAPI, "HTTP/1.1 429 No\r\n\r\n{\"errorMessage\":\"quota\",\"errorCode\":\"012\"}",
		PEER_CLOSE, "later", "quota" },
	{ OPENAPI, "HTTP/1.1 400 No\r\n\r\n{\"message\":\"title too long\",\"error_code\":"
		"\"100\"}", PEER_CLOSE, "refused", "100 title too long" },
	{ OPENAPI, "HTTP/1.1 404 No\r\n\r\n{\"errorCode\":\"051\"}", PEER_CLOSE, "broken",
		"endpoint" },
	{ OPENAPI, "HTTP/1.1 500 No\r\n\r\n{\"errorCode\":\"099\"}", PEER_CLOSE, "unknown",
		"may be out" },
	{ OPENAPI, "HTTP/1.1 307 Go\r\nLocation: https://x/\r\n\r\n", PEER_CLOSE, "broken",
		"elsewhere" },
	{ OPENAPI, HEAD "<html>welcome</html>", PEER_CLOSE, "unknown", "cannot be read" },
	{ OPENAPI, HEAD "{\"message\":{\"result\":{}}}", PEER_CLOSE, "unknown", "cannot be read" },
	{ OPENAPI, HEAD "{\"errorMessage\":\"no\",\"errorCode\":\"100\"}", PEER_CLOSE, "refused",
		"100 no" },
	{ OPENAPI, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{", PEER_CLOSE, "unknown",
		"may be out" },
	{ OPENAPI, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{", PEER_HANG, "unknown",
		"in time" },
	{ OPENAPI, "x", PEER_RESET, "unknown", "may be out" },
	{ CAFE, "HTTP/1.1 403 No\r\n\r\n{\"message\":{\"@type\":\"response\",\"status\":\"500\","
		"\"error\":{\"code\":\"AP005\",\"msg\":\"spam\"}}}", PEER_CLOSE, "refused",
		"never sent again" },
	{ CAFE, "HTTP/1.1 500 No\r\n\r\n{\"status\":\"500\",\"error\":{\"code\":\"AP005\","
		"\"msg\":\"spam\"}}", PEER_CLOSE, "refused", "spam box" },
	{ CAFE, "HTTP/1.1 403 No\r\n\r\n{\"message\":{\"status\":\"500\",\"error\":{\"code\":"
		"\"AP001\",\"msg\":\"not a member\"}}}", PEER_CLOSE, "refused",
		"AP001 not a member" },
	{ CAFE, "HTTP/1.1 403 No\r\n\r\n{\"message\":{\"status\":\"500\",\"error\":{\"code\":"
		"999,\"msg\":\"system\"}}}", PEER_CLOSE, "unknown", "may be out" },
	{ CAFE, "HTTP/1.1 403 No\r\n\r\n{\"errorMessage\":\"Scope\",\"errorCode\":\"024\"}",
		PEER_CLOSE, "broken", "enable the cafe API" },
	{ CAFE, "HTTP/1.1 403 Forbidden\r\n\r\n", PEER_CLOSE, "broken", "403" },
	{ CAFE, "HTTP/1.1 429 No\r\n\r\n", PEER_CLOSE, "later", "quota" },
	{ CAFE, HEAD "{\"message\":{\"status\":\"200\"}}", PEER_CLOSE, "unknown", "may be out" },
	{ CAFE, "HTTP/1.1 502 No\r\n\r\n", PEER_CLOSE, "unknown", "may be out" },
};

static void test_answers(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(answer_rows); i++) {
		const struct answer_row *row = &answer_rows[i];
		struct peer_reply reply = { .data = row->reply, .then = row->then };
		struct peer api;
		struct run run;

		secrets(1000);
		peer_start(&api, &reply, 1);
		ask(row->which, "publish", &api, NULL, "", PLAIN_POST, &run);
		peer_stop(&api);
		if (!str_eq(result_of(&run), row->result) || !strstr(reason_of(&run), row->reason))
			fail_msg("row %zu: %s", i, run.out);
		assert_int_equal(api.requests, 1);
		run_finish(&run);
	}
}

/* Nobody listens: nothing was sent. */
static void test_unreached(void **state UNUSED)
{
	struct run run;

	secrets(0);
	for (int i = 0; i < 2; i++) {
		ask(i ? CAFE : OPENAPI, "publish", NULL, NULL, "", PLAIN_POST, &run);
		assert_string_equal(result_of(&run), "later");
		run_finish(&run);
	}
}

#define CATEGORIES HEAD "{\"message\":{\"result\":[{\"name\":\"일상\",\"categoryNo\":1," \
	"\"subCategories\":[{\"name\":\"주방\u00a0용품\",\"categoryNo\":42," \
	"\"subCategories\":[]}]},{\"name\":\"끝\",\"categoryNo\":\"9\"}]}}"

static void test_category(void **state UNUSED)
{
	static const struct {
		const char *list, *category, *config, *result, *field;
		int requests;
	} rows[] = {
		{ CATEGORIES, "주방 용품", "", "ok", "&categoryNo=42", 2 },
		{ CATEGORIES, "끝", "", "ok", "&categoryNo=9", 2 },
		{ CATEGORIES, "", ",\"category\":\"일상\"", "ok", "&categoryNo=1", 2 },
		{ CATEGORIES, "일상", ",\"category_no\":\"5\"", "ok", "&categoryNo=5", 1 },
		{ CATEGORIES, "없는 것", "", "refused", NULL, 1 },
		{ HEAD "{\"message\":{}}", "일상", "", "broken", NULL, 1 },
		{ "HTTP/1.1 500 No\r\n\r\n", "일상", "", "later", NULL, 1 },
		{ "HTTP/1.1 403 No\r\n\r\n", "일상", "", "broken", NULL, 1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct peer_reply replies[] = {
			{ .path = "/blog/listCategory.json", .data = rows[i].list },
			{ .path = "/blog/writePost.json", .data = POSTED },
		};
		CLEANUP_FREE char *post = xasprintf("\"title\":\"가\",\"html\":\"<p>a</p>\","
			"\"category\":\"%s\"", rows[i].category);
		struct peer api;
		struct run run;

		secrets(0);
		peer_start(&api, replies, 2);
		ask(OPENAPI, "publish", &api, NULL, rows[i].config, post, &run);
		peer_stop(&api);
		if (!str_eq(result_of(&run), rows[i].result))
			fail_msg("row %zu: %s", i, run.out);
		assert_int_equal(api.requests, rows[i].requests);
		if (rows[i].field)
			assert_true(str_ends(api.last, rows[i].field));
		run_finish(&run);
	}
}

/* Naver's own hosts, settings that are none: said before anything is sent. */
static void test_settings(void **state UNUSED)
{
	static const struct {
		enum agent which;
		const char *config, *reason;
	} rows[] = {
		{ OPENAPI, "", "2020-05-06" },
		{ OPENAPI, "\"endpoint\":\"https://openapi.naver.com\"", "2020-05-06" },
		{ OPENAPI, "\"endpoint\":\"https://OPENAPI.Naver.COM./\"", "2020-05-06" },
		{ OPENAPI, "\"endpoint\":\"https://naver.com\"", "2020-05-06" },
		{ OPENAPI, "\"endpoint\":\"https://api.blog.naver.com\",\"force\":false", "2020" },
		{ OPENAPI, "\"endpoint\":\"http://blog.example\"", "https" },
		{ OPENAPI, "\"endpoint\":\"http://127.0.0.1:1\",\"open_type\":\"friends\"",
			"open_type is one of all, closed, neighbor, agreedNeighbor" },
		{ OPENAPI, "\"endpoint\":\"http://127.0.0.1:1\",\"allow_send\":1",
			"allow_send is one of true, false" },
		{ CAFE, "\"endpoint\":\"http://127.0.0.1:1\",\"clubid\":1", "menuid" },
		{ CAFE, "\"endpoint\":\"http://127.0.0.1:1\",\"clubid\":\"1/2\",\"menuid\":1",
			"clubid" },
		{ CAFE, "\"endpoint\":\"ftp://x\",\"clubid\":1,\"menuid\":1", "https" },
		{ CAFE, "\"endpoint\":\"http://127.0.0.1:1\",\"clubid\":1,\"menuid\":1,"
			"\"encoding\":\"thrice\"", "twice" },
	};
	static const char *const ops[] = { "check", "publish" };

	secrets(0);
	for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
		CLEANUP_FREE char *request = xasprintf("{\"v\":1,\"op\":\"%s\",\"config\":{%s},"
			"\"post\":{%s}}",
			ops[i % 2], rows[i / 2].config, PLAIN_POST);
		struct run run;

		run_agent(rows[i / 2].which, request, &run);
		if (!str_eq(result_of(&run), "broken") ||
				!strstr(reason_of(&run), rows[i / 2].reason))
			fail_msg("row %zu: %s", i / 2, run.out);
		run_finish(&run);
	}
}

static void test_check_and_describe(void **state UNUSED)
{
	static const struct {
		enum agent which;
		const char *config, *note;
		bool findable;
	} rows[] = {
		{ OPENAPI, "", "2020-05-06", false },
		{ OPENAPI, ",\"feed\":\"https://rss.example/me.xml\"", "2020-05-06", true },
		{ CAFE, "", "200 articles a day", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct run run;

		secrets(9999);
		ask(rows[i].which, "check", NULL, NULL, rows[i].config, "", &run);
		assert_string_equal(result_of(&run), "ok");
		assert_non_null(strstr(run.err, i < 2 ? "2020-05-06" : "200"));
		run_finish(&run);
		ask(rows[i].which, "describe", NULL, NULL, rows[i].config, "", &run);
		assert_string_equal(result_of(&run), "ok");
		assert_int_equal(value_get_bool(run.answer, "findable", !rows[i].findable),
			rows[i].findable);
		assert_non_null(strstr(value_get_string(run.answer, "note", ""), rows[i].note));
		run_finish(&run);
	}
	assert_file("access", ACCESS "\n");
}

/* force = true is the only way past the refusal: seen by what check says then. */
static void test_force(void **state UNUSED)
{
	struct run run;

	secrets(0);
	run_agent(OPENAPI, "{\"v\":1,\"op\":\"check\",\"config\":{\"force\":true}}", &run);
	assert_string_equal(result_of(&run), "ok");
	run_finish(&run);
}

/* ---- finding ---- */

#define ITEM(title, date, text) "<item><title>" title "</title><link>https://b/1</link>" \
	date "<description>" text "</description></item>"
#define NEW "<pubDate>Mon, 23 Nov 2026 14:32:00 +0900</pubDate>"
#define FEED(items) "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>가 나</title>" \
	items "</channel></rss>"

static void test_find(void **state UNUSED)
{
	static const struct {
		const char *reply, *result, *found;
	} rows[] = {
		{ "HTTP/1.1 200 OK\r\n\r\n" FEED(ITEM("다", NEW, "")), "ok", "no" },
		{ "HTTP/1.1 200 OK\r\n\r\n" FEED(ITEM("다", NEW, "k1k1k1")), "ok", "yes" },
		{ "HTTP/1.1 200 OK\r\n\r\n<html>", "ok", "unknown" },
		{ "HTTP/1.1 500 No\r\n\r\n", "later", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct peer_reply reply;
		struct peer api;
		struct run run;

		start(&api, &reply, rows[i].reply);
		CLEANUP_FREE char *feed = xasprintf(",\"feed\":\"http://127.0.0.1:%d/f.xml\"",
			api.port);
		ask(OPENAPI, "find", &api, NULL, feed, "\"title\":\"가\",\"marker\":\"k1k1k1\"",
			&run);
		peer_stop(&api);
		assert_string_equal(result_of(&run), rows[i].result);
		assert_string_equal(value_get_string(run.answer, "found", ""), rows[i].found);
		assert_int_equal(api.requests, 1);
		run_finish(&run);
	}
	for (int i = 0; i < 2; i++) {
		struct run run;

		ask(i ? CAFE : OPENAPI, "find", NULL, NULL, "", "\"title\":\"가\"", &run);
		assert_string_equal(result_of(&run), "ok");
		assert_string_equal(value_get_string(run.answer, "found", ""), "unknown");
		run_finish(&run);
	}
}

static int make_folder(void **state UNUSED)
{
	if (!mkdtemp(folder))
		return -1;
	give("CPAUTO_SECRET_ACCESS_TOKEN", "access");
	give("CPAUTO_SECRET_REFRESH_TOKEN", "refresh");
	give("CPAUTO_SECRET_CLIENT_ID", "id");
	give("CPAUTO_SECRET_CLIENT_SECRET", "secret");
	return 0;
}

static int remove_folder(void **state UNUSED)
{
	return dir_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form_bytes),
		cmocka_unit_test(test_multipart_bytes),
		cmocka_unit_test(test_fit),
		cmocka_unit_test(test_images_off),
		cmocka_unit_test(test_bad_images),
		cmocka_unit_test(test_refresh),
		cmocka_unit_test(test_refresh_renames),
		cmocka_unit_test(test_refresh_fails),
		cmocka_unit_test(test_token_files),
		cmocka_unit_test(test_rejected),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_unreached),
		cmocka_unit_test(test_category),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_check_and_describe),
		cmocka_unit_test(test_force),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
