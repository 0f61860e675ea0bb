/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "json.h"
#include "peer.h"
#include "wppost.h"

#define AGENT BUILD "/agents/wordpress"
#define KEY "8b1f6c0e2d4a97539b1e7f0c3a5d2846"
#define SLUG "cp-8b1f6c0e2d4a9753"
#define SRC "https://img.invalid/1?a=1&b=2"
#define DISCLOSURE "이 포스팅은 쿠팡 파트너스 활동의 일환으로, 일정액의 수수료를 제공받습니다."

static const unsigned char png[] = {
	0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R', 0, 0, 0, 1,
	0, 0, 0, 1, 8, 0, 0, 0, 0, 0x3a, 0x7e, 0x9b, 0x55, 0, 0, 0, 10, 'I', 'D', 'A', 'T', 0x78,
	0x9c, 0x63, 0x60, 0, 0, 0, 2, 0, 1, 0x48, 0xaf, 0xa4, 0x71, 0, 0, 0, 0, 'I', 'E', 'N', 'D',
	0xae, 0x42, 0x60, 0x82,
};

static char scratch[64], picture[96], junk[96], password[96];

static int setup(void **state UNUSED)
{
	static const char secret[] = "abcd EFGH 1234\n";

	str_format_cut(scratch, sizeof(scratch), "/tmp/test_wordpress.XXXXXX");
	if (!mkdtemp(scratch))
		return -1;
	str_format_cut(picture, sizeof(picture), "%s/p.img", scratch);
	str_format_cut(junk, sizeof(junk), "%s/j.img", scratch);
	str_format_cut(password, sizeof(password), "%s/password", scratch);
	setenv("CPAUTO_SECRET_PASSWORD", password, 1);
	return file_write_atomic(picture, png, sizeof(png), 0600) |
		file_write_atomic(junk, "<html>", 6, 0600) |
		file_write_atomic(password, secret, sizeof(secret) - 1, 0600);
}

static int teardown(void **state UNUSED)
{
	return dir_remove(scratch);
}

/* ---- what is pure ------------------------------------------------------------ */

static void test_slug(void **state UNUSED)
{
	static const struct { const char *key, *slug; } makes[] = {
		{ KEY, SLUG },
		{ "0123456789abcdef", "cp-0123456789abcdef" },
		{ "0123456789abcde", NULL },
		{ "0123456789ABCDEF0123456789ABCDEF", NULL },
		{ "../../../../../../etc", NULL },
		{ "", NULL },
	};
	static const struct { const char *got; bool is; } knows[] = {
		{ SLUG, true },
		{ SLUG "-2", true },
		{ SLUG "-13__trashed", true },
		{ SLUG "__trashed", true },
		{ SLUG "-", false },
		{ SLUG "-2x", false },
		{ SLUG "5", false },
		{ "cp-8b1f6c0e2d4a975", false },
		{ "", false },
	};
	char slug[WPPOST_SLUG_LEN + 1];

	for (size_t i = 0; i < ARRAY_LEN(makes); i++) {
		int r = wppost_slug(makes[i].key, slug);

		if (makes[i].slug)
			assert_string_equal(slug, makes[i].slug);
		assert_int_equal(!r, makes[i].slug != NULL);
	}
	for (size_t i = 0; i < ARRAY_LEN(knows); i++)
		if (wppost_slug_is(knows[i].got, SLUG) != knows[i].is)
			fail_msg("slug \"%s\"", knows[i].got);
}

static void test_html(void **state UNUSED)
{
	static const struct { const char *in, *out; } rows[] = {
		{ "<p>글</p>\n<p>둘</p>\n", "<p>글</p>\n<p>둘</p>\n" },
		{ "<p>한\n줄\r\n</p>", "<p>한 줄  </p>" },
		{ "<img alt=\"x\" src=\"https://a/1?x=1&amp;y=2\">",
			"<img alt=\"x\" src=\"https://blog/u/1.png\">" },
		{ "<IMG SRC='https://a/1?x=1&y=2' width=5 />",
			"<IMG SRC='https://blog/u/1.png' width=5 />" },
		{ "<img src=https://a/2>", "<img src=\"https://blog/2?a&amp;&quot;\">" },
		{ "<img src=\"https://a/3\">", "<img src=\"https://a/3\">" },
		{ "<img src=\"https://a/none\"><img><img src>",
			"<img src=\"https://a/none\"><img><img src>" },
		{ "<a href=\"https://a/1?x=1&amp;y=2\">https://a/2</a>",
			"<a href=\"https://a/1?x=1&amp;y=2\">https://a/2</a>" },
		{ "<!--\n<img src=\"https://a/2\">\n-->", "<!--\n<img src=\"https://a/2\">\n-->" },
		{ "<img src=\"https://a/2", "<img src=\"https://a/2" },
		{ "", "" },
	};
	struct value *images = NULL;
	static const char text[] = "[{\"src\":\"https://a/1?x=1&y=2\",\"url\":\"https://blog/u/1.png\"},"
		"{\"src\":\"https://a/2\",\"url\":\"https://blog/2?a&\\\"\"},{\"src\":\"https://a/3\"}]";

	assert_int_equal(json_parse(text, strlen(text), &images, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf out;

		buf_init(&out, 4096);
		wppost_html(rows[i].in, images, &out);
		assert_string_equal(buf_cstr(&out), rows[i].out);
		buf_finish(&out);
	}
	value_free(images);
}

static void test_shows(void **state UNUSED)
{
	static const struct { const char *html, *text; bool shows; } rows[] = {
		{ "<p><b>" DISCLOSURE "</b></p>", DISCLOSURE, true },
		{ "<p>A &amp; B\n 글</p>", "A & B 글", true },
		{ "<p>글</p><script>" DISCLOSURE "</script>", DISCLOSURE, false },
		{ "<!-- " DISCLOSURE " -->", DISCLOSURE, false },
		{ "", DISCLOSURE, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (wppost_shows(rows[i].html, rows[i].text) != rows[i].shows)
			fail_msg("row %zu", i);
}

/* ---- the agent against a server that says anything ---------------------------- */

static struct value *run_agent(const char *request)
{
	extern char **environ;
	char agent[] = AGENT, *argv[] = { agent, NULL };
	posix_spawn_file_actions_t actions;
	struct value *answer = NULL;
	int in[2], out[2], status;
	struct buf text;
	char chunk[4096];
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in[0], 0);
	posix_spawn_file_actions_adddup2(&actions, out[1], 1);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	if (posix_spawn(&pid, agent, &actions, NULL, argv, environ))
		fail_msg("%s cannot be started: make it first", agent);
	posix_spawn_file_actions_destroy(&actions);
	close(in[0]);
	close(out[1]);
	assert_int_equal(fd_write_all(in[1], request, strlen(request)), 0);
	close(in[1]);
	buf_init(&text, JSON_TEXT_MAX);
	while ((n = read(out[0], chunk, sizeof(chunk))) > 0)
		buf_add(&text, chunk, (size_t)n);
	close(out[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(json_parse(buf_cstr(&text), text.len, &answer, NULL), 0);
	buf_finish(&text);
	return answer;
}

#define OK(type, body) "HTTP/1.1 200 OK\r\nContent-Type: " type "\r\nConnection: close\r\n\r\n" body
#define JSON(body) OK("application/json", body)
#define FAIL(status, body) "HTTP/1.1 " status " x\r\nContent-Type: application/json\r\n" \
	"Connection: close\r\n\r\n" body
#define ERROR(status, code) FAIL(status, "{\"code\":\"" code "\",\"message\":" \
	"\"<strong>Error<\\/strong>: words of its own\",\"data\":{\"term_id\":31}}")
#define POST(id, status, slug) "{\"id\":" id ",\"status\":\"" status "\",\"slug\":\"" slug "\"," \
	"\"link\":\"http:\\/\\/127.0.0.1\\/x\\/\",\"content\":{\"raw\":\"<p>" DISCLOSURE "<\\/p>\"}}"

#define AT "/?rest_route=/wp/v2/"
#define LOOK AT "posts&slug="
#define MAKE AT "posts&_fields="
#define READ7 AT "posts/7&context="
#define CHANGE7 AT "posts/7&_fields="
#define CATEGORIES AT "categories&per_page="
#define NEW_CATEGORY AT "categories&_fields="
#define TAGS AT "tags&per_page="
#define NEW_TAG AT "tags&_fields="
#define MEDIA AT "media&slug="
#define UPLOAD AT "media&_fields="
#define ME AT "users/me&"

/* A blog on which all goes well; a row's own reply goes before these. */
static const struct peer_reply well[] = {
	{ .path = LOOK, .data = JSON("[]") },
	{ .path = MAKE, .data = FAIL("201", POST("7", "draft", SLUG)) },
	{ .path = READ7, .data = JSON(POST("7", "draft", SLUG)) },
	{ .path = CHANGE7, .data = JSON(POST("7", "publish", SLUG)) },
	{ .path = CATEGORIES, .data = JSON("[{\"id\":4,\"name\":\"주방 &amp; 욕실\"}]") },
	{ .path = NEW_CATEGORY, .data = ERROR("400", "term_exists") },
	{ .path = TAGS, .data = JSON("[]") },
	{ .path = NEW_TAG, .data = FAIL("201", "{\"id\":9}") },
	{ .path = MEDIA, .data = JSON("[]") },
	{ .path = UPLOAD, .data = FAIL("201", "{\"id\":5,\"slug\":\"s\",\"source_url\":"
		"\"http:\\/\\/127.0.0.1\\/그림.png\"}") },
	{ .path = ME, .data = JSON("{\"id\":2,\"name\":\"나\",\"capabilities\":{\"edit_posts\":true,"
		"\"upload_files\":true,\"publish_posts\":true}}") },
	{ .path = NULL, .data = FAIL("599", "") },
};

static struct value *new_post(const char *path)
{
	struct value *post = value_new_object(), *images = value_new_list(), *tags = value_new_list();
	struct value *image = value_new_object();

	value_set_string(post, "key", KEY);
	value_set_string(post, "title", "전기포트 😀");
	value_set_string(post, "html", "<p>" DISCLOSURE "</p><p><img src=\"https://img.invalid/1?a=1"
		"&amp;b=2\"></p>");
	value_set_string(post, "disclosure", DISCLOSURE);
	value_set_string(post, "category", "주방 & 욕실");
	value_append(tags, value_new_string("전기포트"));
	value_set(post, "tags", tags);
	value_set_string(image, "src", SRC);
	value_set_string(image, "path", path);
	value_set_string(image, "alt", "주전자 \"1\" & 2");
	value_append(images, image);
	value_set(post, "images", images);
	return post;
}

/* MORE: members of the request ("stage") or, after a dot, of its config. */
static void set_more(struct value *request, struct value *config, const char *more)
{
	const char *equal = more ? strchr(more, '=') : NULL;

	if (!equal)
		return;
	bool inside = *more == '.';
	CLEANUP_FREE char *name = xstrndup(more + inside, (size_t)(equal - more - inside));
	if (str_eq(equal + 1, "true") || str_eq(equal + 1, "false"))
		value_set_bool(inside ? config : request, name, equal[1] == 't');
	else
		value_set_string(inside ? config : request, name, equal + 1);
}

/* POST is taken over. */
static struct value *ask_of(int port, const char *op, struct value *post, const char *const *more)
{
	struct value *request = value_new_object(), *config = value_new_object(), *answer;
	CLEANUP_FREE char *endpoint = xasprintf("http://127.0.0.1:%d/", port);
	CLEANUP_FREE char *text = NULL;

	value_set_int(request, "v", 1);
	value_set_string(request, "op", op);
	value_set_string(config, "endpoint", endpoint);
	value_set_string(config, "user", "글쓴이");
	value_set_string(config, "timeout", "20s");
	for (; more && *more; more++)
		set_more(request, config, *more);
	value_set(request, "config", config);
	value_set(request, "post", post);
	text = json_string(request, false);
	answer = run_agent(text);
	value_free(request);
	return answer;
}

static struct value *ask(int port, const char *op, const char *path, const char *const *more)
{
	return ask_of(port, op, new_post(path), more);
}

struct row {
	const char *name, *op;
	struct peer_reply reply; /* goes before those of a blog that is well */
	const char *result, *wants; /* WANTS stands in the answer's text */
	int requests; /* how many came, 0 = not looked at */
	const char *more[4];
};

static void run_row(const struct row *row)
{
	struct peer_reply replies[ARRAY_LEN(well) + 1];
	CLEANUP_FREE char *text = NULL;
	struct value *answer;
	struct peer p;

	replies[0] = row->reply;
	if (!replies[0].path)
		replies[0].path = "/none";
	memcpy(replies + 1, well, sizeof(well));
	peer_start(&p, replies, ARRAY_LEN(replies));
	answer = ask(p.port, row->op, picture, row->more);
	peer_stop(&p);
	text = json_string(answer, false);
	if (!str_eq(value_get_string(answer, "result", ""), row->result) ||
			!strstr(text, row->wants) ||
			(row->requests && row->requests != p.requests))
		fail_msg("%s: after %d requests %s", row->name, p.requests, text);
	if (!str_eq(row->result, "ok"))
		assert_true(strlen(value_get_string(answer, "reason", "")) > 20);
	value_free(answer);
}

static void run_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		run_row(&rows[i]);
}

#define OUT "\"id\":\"7\",\"url\":\"http://127.0.0.1/x/\",\"result\":\"ok\""
#define DRAFT "post=7&action=edit\",\"draft\":true,\"result\":\"ok\""
#define STAGE2 { "stage=publish", "id=7" }

static void test_steps(void **state UNUSED)
{
	static const struct row rows[] = {
		{ "both in one", "publish", { 0 }, "ok", OUT, 9, { 0 } },
		{ "draft", "publish", { 0 }, "ok", DRAFT, 7, { "stage=draft" } },
		{ "draft published", "publish", { 0 }, "ok", OUT, 2, STAGE2 },
		{ "draft is there", "publish", { .path = LOOK, .data = JSON("["
			POST("7", "draft", SLUG) "]") }, "ok", DRAFT, 1, { "stage=draft" } },
		{ "draft is there, both", "publish", { .path = LOOK, .data = JSON("["
			POST("7", "draft", SLUG) "]") }, "ok", OUT, 3, { 0 } },
		{ "is out already", "publish", { .path = LOOK, .data = JSON("["
			POST("8", "draft", SLUG) "," POST("7", "publish", SLUG "-2") "]") },
			"ok", OUT, 1, { 0 } },
		{ "is out already, by id", "publish", { .path = READ7, .data =
			JSON(POST("7", "publish", "my-own-slug")) }, "ok", OUT, 1, STAGE2 },
		{ "in the trash", "publish", { .path = LOOK, .data = JSON("["
			POST("7", "trash", SLUG "__trashed") "]") }, "refused", "trash", 1, { 0 } },
		{ "another's slug", "publish", { .path = LOOK, .data = JSON("["
			POST("8", "publish", SLUG "5") "]") }, "ok", OUT, 9, { 0 } },
		{ "draft wanted", "publish", { 0 }, "ok", "action=edit\",\"result\":\"ok\"", 8,
			{ ".status=draft" } },
		{ "status of no sense", "publish", { 0 }, "broken", "pubish", 0,
			{ ".status=pubish" } },
		{ "draft was deleted", "publish", { .path = READ7, .data =
			ERROR("404", "rest_post_invalid_id") }, "refused", "deleted", 1, STAGE2 },
		{ "draft in the trash", "publish", { .path = READ7, .data =
			JSON(POST("7", "trash", SLUG)) }, "refused", "trash", 1, STAGE2 },
		{ "no id", "publish", { 0 }, "refused", "id", 0, { "stage=publish", "id=x" } },
		{ "update", "update", { 0 }, "ok", OUT, 4, { "id=7" } },
		{ "update of another's", "update", { .path = READ7, .data =
			JSON(POST("7", "publish", "hello-world")) }, "refused", "left as it is", 1,
			{ "id=7" } },
		{ "find none", "find", { 0 }, "ok", "\"found\":\"no\"", 1, { 0 } },
		{ "find draft", "find", { .path = LOOK, .data = JSON("["
			POST("7", "pending", SLUG) "]") }, "ok", DRAFT, 1, { 0 } },
		{ "find post", "find", { .path = LOOK, .data = JSON("["
			POST("7", "future", SLUG "-2") "]") }, "ok", "\"found\":\"yes\"," OUT, 1,
			{ 0 } },
		{ "find trash", "find", { .path = LOOK, .data = JSON("["
			POST("7", "trash", SLUG "__trashed") "]") }, "ok", "\"found\":\"unknown\"",
			1, { 0 } },
		{ "check", "check", { 0 }, "ok", "", 1, { 0 } },
		{ "check without a right", "check", { 0 }, "broken", "manage_categories", 1,
			{ ".create_categories=true" } },
		{ "describe", "describe", { 0 }, "ok", "\"drafts\":true", 0, { 0 } },
	};

	run_rows(rows, ARRAY_LEN(rows));
}

static void test_refusals(void **state UNUSED)
{
	static const struct row rows[] = {
		{ "sent on", "find", { .path = LOOK, .data = "HTTP/1.1 301 x\r\nLocation: "
			"https://blog.example/sub/?rest_route=/wp/v2/posts\r\n\r\n" }, "broken",
			"endpoint = \\\"https://blog.example/sub\\\"", 1, { 0 } },
		{ "sent on while making", "publish", { .path = MAKE, .data = "HTTP/1.1 308 x\r\n"
			"Location: https://blog.example/\r\n\r\n" }, "broken",
			"\\\"https://blog.example\\\"", 7, { 0 } },
		{ "sent on to nowhere", "find", { .path = LOOK, .data =
			"HTTP/1.1 302 x\r\nLocation: javascript:alert(1)\r\n\r\n" }, "broken",
			"endpoint", 1, { 0 } },
		{ "no REST", "find", { .path = LOOK, .data = FAIL("404", "<html>") }, "broken",
			"no REST API", 1, { 0 } },
		{ "old WordPress", "find", { .path = LOOK, .data = ERROR("404", "rest_no_route") },
			"broken", "5.6", 1, { 0 } },
		{ "a page", "find", { .path = LOOK, .data = OK("text/html", "<html>") }, "broken",
			"no REST answer", 1, { 0 } },
		{ "an object", "find", { .path = LOOK, .data = JSON("{}") }, "broken",
			"no REST answer", 1, { 0 } },
		{ "a notice before it", "find", { .path = LOOK, .data = JSON("<br>Notice: []") },
			"broken", "WP_DEBUG_DISPLAY", 1, { 0 } },
		{ "a byte order mark", "find", { .path = LOOK, .data =
			JSON("\xef\xbb\xbf\xef\xbb\xbf\n []") }, "ok", "\"no\"", 1, { 0 } },
		{ "too deep", "find", { .path = LOOK, .data =
			JSON("[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]") }, "broken", "REST", 1, { 0 } },
		{ "wrong password", "check", { .path = ME, .data =
			ERROR("401", "incorrect_password") }, "broken", "words of its own", 1, { 0 } },
		{ "lost header", "check", { .path = ME, .data =
			ERROR("401", "rest_not_logged_in") }, "broken", "https only", 1, { 0 } },
		{ "not logged in, said of an argument", "find", { .path = LOOK, .data =
			FAIL("400", "{\"code\":\"rest_invalid_param\",\"message\":\"m\",\"data\":"
			"{\"details\":{\"status\":{\"code\":\"rest_forbidden_status\","
			"\"data\":{\"status\":401}}}}}") }, "broken", "https only", 1, { 0 } },
		{ "no right, said of an argument", "find", { .path = LOOK, .data =
			FAIL("400", "{\"code\":\"rest_invalid_param\",\"message\":\"m\",\"data\":"
			"{\"details\":{\"status\":{\"code\":\"rest_forbidden_status\","
			"\"data\":{\"status\":403}}}}}") }, "broken", "role", 1, { 0 } },
		{ "a role", "publish", { .path = CHANGE7, .data =
			ERROR("403", "rest_cannot_publish") }, "broken", "role", 2, STAGE2 },
		{ "another's post", "publish", { .path = READ7, .data =
			ERROR("403", "rest_forbidden_context") }, "refused", "another", 1, STAGE2 },
		{ "a firewall", "publish", { .path = MAKE, .data = FAIL("403", "<html>no") },
			"broken", "firewall", 7, { 0 } },
		{ "invalid", "publish", { .path = MAKE, .data = ERROR("400", "rest_invalid_param") },
			"refused", "words of its own (rest_invalid_param)", 7, { 0 } },
		{ "held for review", "publish", { .path = CHANGE7, .data =
			JSON(POST("7", "pending", SLUG)) }, "broken", "review", 2, STAGE2 },
		{ "another post", "publish", { .path = READ7, .data =
			JSON(POST("8", "draft", SLUG)) }, "broken", "another", 1, STAGE2 },
		{ "no disclosure left", "publish", { .path = MAKE, .data =
			FAIL("201", "{\"id\":7,\"status\":\"draft\",\"slug\":\"" SLUG "\","
			"\"content\":{\"raw\":\"<p>글<\\/p>\"}}") }, "refused", "disclosure", 7, { 0 } },
		{ "no category", "publish", { .path = CATEGORIES, .data = JSON("[]") }, "refused",
			"create_categories", 3, { 0 } },
		{ "it exists by another spelling", "publish", { .path = CATEGORIES, .data =
			JSON("[]") }, "ok", OUT, 10, { ".create_categories=true" } },
		{ "case differs", "publish", { .path = CATEGORIES, .data =
			JSON("[{\"id\":3,\"name\":\"주방 욕실\"},{\"id\":4,\"name\":\"주방  &amp; 욕실\"}]") },
			"ok", OUT, 9, { 0 } },
		{ "no tag, not made", "publish", { 0 }, "ok", OUT, 9, { ".create_tags=false" } },
		{ "tag without id", "publish", { .path = NEW_TAG, .data = FAIL("201", "{}") },
			"broken", "no id", 4, { 0 } },
		{ "picture refused", "publish", { .path = UPLOAD, .data =
			ERROR("500", "rest_upload_sideload_error") }, "refused", "picture", 6, { 0 } },
		{ "picture too large", "publish", { .path = UPLOAD, .data = FAIL("413", "<html>") },
			"refused", "upload_max_filesize", 6, { 0 } },
		{ "picture without address", "publish", { .path = UPLOAD, .data =
			FAIL("201", "{\"id\":5}") }, "broken", "address", 6, { 0 } },
		{ "picture with a bad one", "publish", { .path = UPLOAD, .data =
			FAIL("201", "{\"id\":5,\"source_url\":\"javascript:alert(1)\"}") }, "broken",
			"address", 6, { 0 } },
		{ "picture not refused for good", "publish", { .path = UPLOAD, .data =
			FAIL("500", "oops") }, "later", "failed", 6, { 0 } },
	};

	run_rows(rows, ARRAY_LEN(rows));
}

/* A post of over 60 pictures, of a title over 4096 bytes: given up, nothing is made. */
static void test_limits(void **state UNUSED)
{
	static const char *const wants[] = { "at most 60 pictures", "title over 4096 bytes" };

	for (size_t i = 0; i < ARRAY_LEN(wants); i++) {
		struct value *post = new_post(picture), *images = value_new_list(), *answer;
		char title[5001];
		struct peer p;

		for (int k = 0; k < 61; k++)
			value_append(images, value_new_object());
		memset(title, 'a', sizeof(title) - 1);
		title[sizeof(title) - 1] = '\0';
		if (i)
			value_set_string(post, "title", title);
		else
			value_set(post, "images", value_copy(images));
		value_free(images);
		peer_start(&p, well, ARRAY_LEN(well));
		answer = ask_of(p.port, "publish", post, NULL);
		peer_stop(&p);
		assert_string_equal(value_get_string(answer, "result", ""), "refused");
		assert_non_null(strstr(value_get_string(answer, "reason", ""), wants[i]));
		assert_null(strstr(p.last, MAKE));
		value_free(answer);
	}
}

#define BEGUN "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{\"id\":7"

/* What is sent and not answered is unknown; what only reads or prepares is not. */
static void test_unclear(void **state UNUSED)
{
	static const struct row rows[] = {
		{ "500 at look", "publish", { .path = LOOK, .data = FAIL("500", "") }, "later",
			"failed", 1, { 0 } },
		{ "500 at draft", "publish", { .path = MAKE, .data = FAIL("500", "<html>") },
			"unknown", "status 500", 7, { 0 } },
		{ "500 at draft, in words", "publish", { .path = MAKE, .data =
			ERROR("500", "internal_server_error") }, "unknown", "words of its own", 7,
			{ 0 } },
		{ "500 at publish", "publish", { .path = CHANGE7, .data = FAIL("500", "") },
			"unknown", "status 500", 2, STAGE2 },
		{ "502 at publish", "publish", { .path = CHANGE7, .data = FAIL("502", "") },
			"unknown", "status 502", 2, STAGE2 },
		{ "503 without a time", "publish", { .path = CHANGE7, .data = FAIL("503", "") },
			"unknown", "status 503", 2, STAGE2 },
		{ "maintenance", "publish", { .path = CHANGE7, .data =
			"HTTP/1.1 503 x\r\nRetry-After: 700\r\n\r\nBriefly unavailable" }, "later",
			"\"retry_after\":700", 2, STAGE2 },
		{ "too many", "publish", { .path = MAKE, .data =
			"HTTP/1.1 429 x\r\nRetry-After: 99999999\r\n\r\n" }, "later",
			"\"retry_after\":86400", 7, { 0 } },
		{ "too many, no time", "find", { .path = LOOK, .data = FAIL("429", "") }, "later",
			"\"retry_after\":600", 1, { 0 } },
		{ "cut at draft", "publish", { .path = MAKE, .data = BEGUN }, "unknown", "sent", 7,
			{ 0 } },
		{ "reset at publish", "publish", { .path = CHANGE7, .data = "HTTP/1.1 2",
			.then = PEER_RESET }, "unknown", "sent", 2, STAGE2 },
		{ "cut at look", "publish", { .path = LOOK, .data = BEGUN }, "later", "ended", 1,
			{ 0 } },
		{ "cut at upload", "publish", { .path = UPLOAD, .data = BEGUN }, "later", "ended", 6,
			{ 0 } },
		{ "garbage after publish", "publish", { .path = CHANGE7, .data =
			JSON("<br>Warning") }, "unknown", "cannot be read", 2, STAGE2 },
		{ "nothing after publish", "publish", { .path = CHANGE7, .data = JSON("") },
			"unknown", "cannot be read", 2, STAGE2 },
		{ "a draft of no id", "publish", { .path = MAKE, .data = JSON("{\"id\":-1}") },
			"unknown", "no id", 7, { 0 } },
		{ "another post at publish", "publish", { .path = CHANGE7, .data =
			JSON(POST("8", "publish", SLUG)) }, "unknown", "another", 2, STAGE2 },
		{ "silent at publish", "publish", { .path = CHANGE7, .data = "HTTP/1.1 ",
			.then = PEER_HANG }, "unknown", "in time", 2,
			{ "stage=publish", "id=7", ".timeout=2s" } },
		{ "drips at draft", "publish", { .path = MAKE, .data = JSON("{"),
			.then = PEER_DRIP }, "unknown", "in time", 7, { ".timeout=2s" } },
		{ "silent at look", "publish", { .path = LOOK, .data = "HTTP/1.1 ",
			.then = PEER_HANG }, "later", "in time", 1, { ".timeout=2s" } },
	};

	run_rows(rows, ARRAY_LEN(rows));
}

static void test_unreached(void **state UNUSED)
{
	struct value *answer;
	struct peer p;

	peer_start(&p, well, ARRAY_LEN(well));
	peer_stop(&p);
	answer = ask(p.port, "publish", picture, NULL);
	assert_string_equal(value_get_string(answer, "result", ""), "later");
	value_free(answer);
}

static void test_settings(void **state UNUSED)
{
	static const struct row rows[] = {
		{ "no endpoint", "check", { 0 }, "broken", "blog.example", 0, { ".endpoint=" } },
		{ "plain http", "check", { 0 }, "broken", "https", 0,
			{ ".endpoint=http://blog.example" } },
		{ "a query", "check", { 0 }, "broken", "without ?", 0,
			{ ".endpoint=https://blog.example/?p=1" } },
		{ "a user in it", "check", { 0 }, "broken", "cannot be asked", 0,
			{ ".endpoint=https://a:b@blog.example" } },
		{ "no user", "check", { 0 }, "broken", "user", 0, { ".user=" } },
		{ "a colon", "check", { 0 }, "broken", "user", 0, { ".user=a:b" } },
	};
	static const char two[] = "a\r\nX-Other: b";

	run_rows(rows, ARRAY_LEN(rows));
	assert_int_equal(file_write_atomic(password, two, strlen(two), 0600), 0);
	run_row(&(struct row){ "two lines", "check", { 0 }, "broken", "one line", 0, { 0 } });
	assert_int_equal(file_write_atomic(password, "x", 1, 0644), 0);
	run_row(&(struct row){ "open to all", "check", { 0 }, "broken", "chmod", 0, { 0 } });
	unsetenv("CPAUTO_SECRET_PASSWORD");
	run_row(&(struct row){ "no password", "check", { 0 }, "broken", "no password", 0, { 0 } });
	setenv("CPAUTO_SECRET_PASSWORD", password, 1);
	assert_int_equal(file_write_atomic(password, "abcd EFGH 1234\n", 15, 0600), 0);
}

static void assert_sent(const struct peer *p, const char *needle)
{
	if (!memmem(p->last, sizeof(p->last), needle, strlen(needle)))
		fail_msg("\"%s\" was not in %s", needle, p->last);
}

/* What leaves the machine, to the byte. */
static void test_wire(void **state UNUSED)
{
	struct peer_reply last[ARRAY_LEN(well) + 1];
	struct value *answer;
	struct peer p;

	last[0] = (struct peer_reply){ .path = UPLOAD, .data = FAIL("413", "") };
	memcpy(last + 1, well, sizeof(well));
	peer_start(&p, last, ARRAY_LEN(last));
	answer = ask(p.port, "publish", picture, NULL);
	peer_stop(&p);
	value_free(answer);
	assert_sent(&p, "&title=%EC%A3%BC%EC%A0%84%EC%9E%90%20%221%22%20%26%202&alt_text=");
	assert_sent(&p, "\r\nContent-Type: image/png\r\n");
	assert_sent(&p, "\r\nContent-Disposition: attachment; filename=\"cp-img-");
	assert_sent(&p, "\r\nAuthorization: Basic 6riA7JO07J20OmFiY2QgRUZHSCAxMjM0\r\n");
	assert_sent(&p, "\x89PNG\r\n");
	last[0] = (struct peer_reply){ .path = MAKE, .data = FAIL("400", "") };
	peer_start(&p, last, ARRAY_LEN(last));
	answer = ask(p.port, "publish", picture, NULL);
	peer_stop(&p);
	value_free(answer);
	assert_sent(&p, "{\"status\":\"draft\",\"slug\":\"" SLUG "\",\"categories\":[4],\"tags\":[9],"
		"\"title\":\"전기포트 😀\",\"content\":\"<p>" DISCLOSURE);
	assert_sent(&p, "<img src=\\\"http://127.0.0.1/%EA%B7%B8%EB%A6%BC.png\\\">");
	assert_sent(&p, "\"featured_media\":5}");
}

static void test_pictures(void **state UNUSED)
{
	struct { const char *path, *result; int requests; } rows[] = {
		{ junk, "refused", 4 },
		{ "/nowhere/p.png", "refused", 4 },
		{ "", "ok", 7 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct value *answer;
		struct peer p;

		peer_start(&p, well, ARRAY_LEN(well));
		answer = ask(p.port, "publish", rows[i].path, NULL);
		peer_stop(&p);
		assert_string_equal(value_get_string(answer, "result", ""), rows[i].result);
		assert_int_equal(p.requests, rows[i].requests);
		value_free(answer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slug),
		cmocka_unit_test(test_html),
		cmocka_unit_test(test_shows),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_unclear),
		cmocka_unit_test(test_unreached),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_wire),
		cmocka_unit_test(test_pictures),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
