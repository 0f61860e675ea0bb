/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <sys/stat.h>

#include "peer.h"
#include "runner.h"

#include "buf.h"
#include "json.h"
#include "value.h"

/* The real program, as the daemon starts it, against a server that misbehaves. */
#define AGENT BUILD "/agents/metaweblog"
#define SECRET "not-to-be-seen-anywhere"
#define KEY "8b1f6c0e2d4a97539b1e7f0c3a5d2846"

static char folder[] = "/tmp/test-metaweblog-XXXXXX";

static char *in_folder(const char *name)
{
	return run_path(folder, name);
}

static void write_file(const char *name, const void *data, size_t len)
{
	run_write(folder, name, data, len, 0600);
}

static void run_agent(const char *request, struct run *run)
{
	static const char *const hidden[] = { SECRET, NULL };

	run_program(AGENT, folder, request, hidden, run);
}

/* CONFIG, MORE: members with a comma before each; POST: the rest of the post's. */
static void ask(const char *op, int port, const char *config, const char *more, const char *post,
	struct run *run)
{
	CLEANUP_FREE char *request = xasprintf("{\"v\":1,\"op\":\"%s\",\"config\":{\"user\":\"w\","
		"\"endpoint\":\"http://127.0.0.1:%d/xmlrpc.php\"%s}%s,\"post\":{\"key\":\"" KEY "\","
		"\"marker\":\"" KEY "\",\"title\":\"A <제목>\",\"html\":\"<p>본문</p>\\n\"%s}}",
		op, port, config, more, post);

	run_agent(request, run);
}

static const char *text_of(const struct run *run, const char *name)
{
	return value_get_string(run->answer, name, "");
}

#define HTTP(status) "HTTP/1.1 " status "\r\nConnection: close\r\n"
#define OK HTTP("200 OK") "\r\n"
#define VALUE(v) "<?xml version=\"1.0\"?><methodResponse><params><param><value>" v \
	"</value></param></params></methodResponse>"
#define FAULT(c, t) "<?xml version=\"1.0\"?><methodResponse><fault><value><struct><member>" \
	"<name>faultCode</name><value><int>" c "</int></value></member><member><name>faultString" \
	"</name><value><string>" t "</string></value></member></struct></value></fault>" \
	"</methodResponse>"
#define MEMBER(n, v) "<member><name>" n "</name><value>" v "</value></member>"

/*
 * One server that says the same to everything, and what comes of it: of a post
 * that is to be published, of looking for it, of the question whether it works.
 */
struct reply_case {
	const char *name;
	struct peer_reply reply;
	const char *publish, *find, *check;
	const char *words; /* in the reason of publish; NULL: not looked at */
};

#define SLOW ",\"request_timeout\":\"300ms\""

static const struct reply_case cases[] = {
	{ "an id", { .data = OK VALUE("<string>9</string>") }, "ok", "ok", "ok", NULL },
	{ "an id as number", { .data = OK VALUE("<int>9</int>") }, "ok", "ok", "ok", NULL },
	{ "blank lines first", { .data = OK "\n\xef\xbb\xbf\n" VALUE("9") }, "ok", "ok", "ok",
		NULL },
	{ "no id", { .data = OK VALUE("") }, "unknown", "ok", "ok", "no id" },
	{ "id 0", { .data = OK VALUE("<int>0</int>") }, "unknown", "ok", "ok", "no id" },
	{ "a list for an id", { .data = OK VALUE("<array><data/></array>") }, "unknown", "ok", "ok",
		"no id" },
	{ "wrong password", { .data = OK FAULT("403", "틀렸습니다") }, "broken", "broken",
		"broken", "application password" },
	{ "no rights", { .data = OK FAULT("401", "Sorry") }, "broken", "broken", "broken",
		"author" },
	{ "switched off", { .data = OK FAULT("405", "XML-RPC services are disabled") }, "broken",
		"broken", "broken", "switched off" },
	{ "no such method", { .data = OK FAULT("-32601", "x") }, "broken", "broken", "broken",
		"MetaWeblog" },
	{ "bad parameters", { .data = OK FAULT("-32602", "x") }, "broken", "broken", "broken",
		"blog_id" },
	{ "not well formed", { .data = OK FAULT("-32700", "parse error") }, "refused", "refused",
		"refused", "parse error" },
	{ "not found", { .data = OK FAULT("404", "Invalid post ID.") }, "refused", "refused",
		"refused", "Invalid post ID." },
	{ "could not", { .data = OK FAULT("500", "The post could not be\ncreated") }, "refused",
		"refused", "refused", "could not be created" },
	{ "without a reason", { .data = OK FAULT("500", "") }, "refused", "refused", "refused",
		"no reason given" },
	{ "a crash with a fault", { .data = HTTP("500 x") "\r\n" FAULT("500", "critical error") },
		"unknown", "later", "later", "HTTP 500" },
	{ "500", { .data = HTTP("500 x") "\r\noops" }, "unknown", "later", "later", "HTTP 500" },
	{ "502", { .data = HTTP("502 x") "\r\noops" }, "unknown", "later", "later", "HTTP 502" },
	{ "503", { .data = HTTP("503 x") "Retry-After: 60\r\n\r\n" }, "unknown", "later", "later",
		NULL },
	{ "504", { .data = HTTP("504 x") "\r\n" }, "unknown", "later", "later", NULL },
	{ "408", { .data = HTTP("408 x") "\r\n" }, "unknown", "later", "later", NULL },
	{ "429", { .data = HTTP("429 x") "Retry-After: 77\r\n\r\n" }, "later", "later", "later",
		"429" },
	{ "413", { .data = HTTP("413 x") "\r\n" }, "refused", "broken", "broken", "413" },
	{ "401", { .data = HTTP("401 x") "WWW-Authenticate: Basic\r\n\r\n" }, "broken", "broken",
		"broken", "firewall" },
	{ "403", { .data = HTTP("403 x") "\r\n<html>" }, "broken", "broken", "broken", "HTTP 403" },
	{ "404", { .data = HTTP("404 x") "\r\n<html>" }, "broken", "broken", "broken", "HTTP 404" },
	{ "405", { .data = HTTP("405 x") "\r\n" }, "broken", "broken", "broken", NULL },
	{ "301", { .data = HTTP("301 x") "Location: https://www.blog.invalid/xmlrpc.php\r\n\r\n" },
		"broken", "broken", "broken", "https://www.blog.invalid/xmlrpc.php" },
	{ "304", { .data = HTTP("304 x") "\r\n" }, "broken", "broken", "broken", NULL },
	{ "nothing in it", { .data = OK }, "unknown", "later", "broken", "empty" },
	{ "a page", { .data = OK "<!DOCTYPE html><html><body>hi</body></html>" }, "unknown",
		"later", "broken", "not understood" },
	{ "a page as XML", { .data = OK "<html><body/></html>" }, "unknown", "later", "broken",
		"no XML-RPC" },
	{ "a warning first", { .data = OK "<b>Warning</b>: x\n" VALUE("9") }, "unknown", "later",
		"broken", NULL },
	{ "XML cut in the middle", { .data = OK "<?xml version=\"1.0\"?><methodResponse><params>" },
		"unknown", "later", "broken", NULL },
	{ "an entity", { .data = OK "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>"
		VALUE("&x;") }, "unknown", "later", "broken", NULL },
	{ "half a header", { .data = "HTTP/1.1 200 OK\r\nConte" }, "unknown", "later", "later",
		NULL },
	{ "half a body", { .data = HTTP("200 OK") "Content-Length: 900\r\n\r\n" VALUE("9") },
		"unknown", "later", "later", NULL },
	{ "closed after reading", { .data = "" }, "unknown", "later", "later", NULL },
	{ "reset after reading", { .data = "", .then = PEER_RESET }, "unknown", "later", "later",
		NULL },
	{ "closed unread", { .data = "", .then = PEER_DEAF }, "unknown", "later", "later", NULL },
	{ "hangs", { .data = "", .then = PEER_HANG }, "unknown", "later", "later", "in time" },
	{ "drips", { .data = OK "<", .then = PEER_DRIP }, "unknown", "later", "later", NULL },
	{ "no HTTP", { .data = "hello\r\n\r\n" }, "unknown", "later", "later", NULL },
};

static void check_op(const struct reply_case *c, const char *op, const char *wanted, const char *words,
	int requests)
{
	struct run run;
	struct peer p;

	peer_start(&p, &c->reply, 1);
	ask(op, p.port, c->reply.then == PEER_HANG || c->reply.then == PEER_DRIP ? SLOW : "", "", "",
		&run);
	peer_stop(&p);
	if (!str_eq(text_of(&run, "result"), wanted) ||
			(words && !strstr(text_of(&run, "reason"), words)) ||
			strchr(text_of(&run, "reason"), '\n'))
		fail_msg("%s: %s: %s", c->name, op, run.out);
	if (!str_eq(wanted, "ok") == str_empty(text_of(&run, "reason")))
		fail_msg("%s: %s: %s", c->name, op, run.out);
	if (p.connections != requests)
		fail_msg("%s: %s: %d requests", c->name, op, p.connections);
	run_finish(&run);
}

static void test_replies(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct reply_case *c = &cases[i];

		/* What was made is looked at once more, for its address. */
		check_op(c, "publish", c->publish, c->words, str_eq(c->publish, "ok") ? 2 : 1);
		check_op(c, "find", c->find, NULL, 1);
		check_op(c, "check", c->check, NULL, 1);
	}
}

static void check_config(const char *request, const char *words)
{
	struct run run;

	run_agent(request, &run);
	if (!str_eq(text_of(&run, "result"), "broken") || !strstr(text_of(&run, "reason"), words))
		fail_msg("%s: %s", request, run.out);
	run_finish(&run);
}

#define CHECK(config) "{\"v\":1,\"op\":\"check\",\"config\":{" config "}}"
#define HERE "\"endpoint\":\"http://127.0.0.1:1/\""

static void test_config(void **state)
{
	(void)state;
	check_config(CHECK(""), "no endpoint");
	check_config(CHECK("\"endpoint\":\"http://blog.invalid/xmlrpc.php\",\"user\":\"w\""),
		"https://");
	check_config(CHECK("\"endpoint\":\"https://w:pw@blog.invalid/\",\"user\":\"w\""),
		"cannot be asked");
	check_config(CHECK("\"endpoint\":\"blog.invalid\",\"user\":\"w\""), "cannot be asked");
	check_config(CHECK("\"endpoint\":\"file:///etc/passwd\",\"user\":\"w\""),
		"cannot be asked");
	check_config(CHECK(HERE), "no user");
	check_config(CHECK(HERE ",\"user\":\"w\",\"publish\":\"maybe\""), "\"draft\"");
	setenv("CPAUTO_SECRET_PASSWORD", "/nowhere/at/all", 1);
	check_config(CHECK(HERE ",\"user\":\"w\""), "/nowhere/at/all");
	unsetenv("CPAUTO_SECRET_PASSWORD");
	check_config(CHECK(HERE ",\"user\":\"w\""), "no password");
}

static void test_unreachable(void **state)
{
	struct run run;

	(void)state;
	ask("publish", 1, "", "", "", &run);
	assert_string_equal(text_of(&run, "result"), "later");
	assert_int_equal(value_get_int(run.answer, "retry_after", 0), 300);
	run_finish(&run);
	ask("publish", 1, ",\"timeout\":\"100ms\"", "", "", &run);
	assert_string_equal(text_of(&run, "result"), "later");
	assert_non_null(strstr(text_of(&run, "reason"), "over"));
	run_finish(&run);
}

/* With the CONFIG, what is made in this stage: is it said to be a draft only? */
static void check_draft(const char *config, const char *stage, bool draft)
{
	static const struct peer_reply made = { .data = OK VALUE("9") };
	struct run run;
	struct peer p;

	peer_start(&p, &made, 1);
	ask("publish", p.port, config, stage, "", &run);
	peer_stop(&p);
	if (!str_eq(text_of(&run, "result"), "ok") || !str_eq(text_of(&run, "id"), "9") ||
			value_get_bool(run.answer, "draft", false) != draft)
		fail_msg("%s %s: %s", config, stage, run.out);
	run_finish(&run);
}

static void test_draft(void **state)
{
	(void)state;
	check_draft("", "", false);
	check_draft("", ",\"stage\":\"draft\"", true);
	check_draft(",\"publish\":\"draft\"", ",\"stage\":\"draft\"", false);
	check_draft(",\"publish\":\"draft\"", "", false);
}

static void test_stages(void **state)
{
	static const struct peer_reply ours = { .data = OK VALUE("<struct>"
		MEMBER("title", "A &amp;lt;제목&amp;gt;") MEMBER("post_status", "publish")
		MEMBER("permaLink", "https://b.invalid/a/") "</struct>") };
	static const struct peer_reply other = { .data = OK VALUE("<struct>"
		MEMBER("title", "B") MEMBER("description", "B") "</struct>") };
	struct run run;
	struct peer p;

	(void)state;
	peer_start(&p, &ours, 1);
	ask("publish", p.port, "", ",\"stage\":\"publish\",\"id\":\"9\"", "", &run);
	peer_stop(&p);
	assert_string_equal(text_of(&run, "result"), "ok");
	assert_string_equal(text_of(&run, "id"), "9");
	assert_string_equal(text_of(&run, "url"), "https://b.invalid/a/");
	assert_int_equal(p.requests, 1);
	assert_non_null(strstr(p.last, "<methodName>metaWeblog.getPost</methodName>"));
	run_finish(&run);
	peer_start(&p, &other, 1);
	ask("publish", p.port, "", ",\"stage\":\"publish\",\"id\":\"9\"", "", &run);
	peer_stop(&p);
	assert_string_equal(text_of(&run, "result"), "refused");
	assert_int_equal(p.requests, 1);
	run_finish(&run);
	ask("publish", 1, "", ",\"stage\":\"publish\"", "", &run);
	assert_string_equal(text_of(&run, "result"), "refused");
	run_finish(&run);
}

/* What leaves the machine, to the byte. */
static void test_request(void **state)
{
	static const struct peer_reply fault = { .data = OK FAULT("500", "no") };
	struct run run;
	struct peer p;

	(void)state;
	peer_start(&p, &fault, 1);
	ask("publish", p.port, ",\"blog_id\":\"7\"", ",\"stage\":\"draft\"",
		",\"tags\":[\"주방\",\"a b\"],\"category\":\"주방 & <b>\"", &run);
	peer_stop(&p);
	assert_string_equal(text_of(&run, "result"), "refused");
	assert_non_null(strstr(p.last, "POST /xmlrpc.php HTTP/1.1\r\n"));
	assert_non_null(strstr(p.last, "Content-Type: text/xml; charset=utf-8\r\n"));
	assert_null(strcasestr(p.last, "Expect:"));
	assert_non_null(strstr(p.last, "<methodName>metaWeblog.newPost</methodName><params>"
		"<param><value><string>7</string></value></param>"
		"<param><value><string>w</string></value></param>"
		"<param><value><string>" SECRET " &amp; &lt;x&gt;</string></value></param>"
		"<param><value><struct><member><name>title</name><value><string>"
		"A &amp;lt;제목&amp;gt;</string></value></member><member><name>description</name>"
		"<value><string>&lt;p&gt;본문&lt;!-- cpauto " KEY " --&gt;&lt;/p&gt;</string></value>"
		"</member><member><name>mt_keywords</name><value><string>주방, a b</string></value>"
		"</member><member><name>categories</name><value><array><data><value><string>"
		"주방 &amp; &lt;b&gt;</string></value></data></array></value></member></struct>"
		"</value></param><param><value><boolean>0</boolean></value></param></params>"));
	run_finish(&run);
}

struct found_case {
	const char *name, *posts, *found, *id;
	bool draft;
};

#define POST(id, status, title, text) "<value><struct>" MEMBER("postid", id) \
	MEMBER("post_status", status) MEMBER("title", title) MEMBER("description", text) \
	"</struct></value>"
#define MARK "&lt;p&gt;x&lt;!-- cpauto " KEY " --&gt;&lt;/p&gt;"
#define OTHER_MARK "x&lt;!-- cpauto 00000000000000000000000000000000 --&gt;"

static const struct found_case found_cases[] = {
	{ "none", "", "no", "", false },
	{ "others", POST("1", "publish", "B", "x") POST("2", "draft", "C", ""), "no", "", false },
	{ "out", POST("1", "publish", "B", "x") POST("2", "publish", "C", MARK), "yes", "2", false },
	{ "a draft", POST("3", "draft", "A", MARK), "yes", "3", true },
	{ "waiting for review", POST("3", "pending", "A", MARK), "yes", "3", true },
	{ "without a status", "<value><struct>" MEMBER("postid", "<int>4</int>")
		MEMBER("description", MARK) "</struct></value>", "yes", "4", false },
	{ "behind more", "<value><struct>" MEMBER("postid", "5") MEMBER("description", "x")
		MEMBER("mt_text_more", MARK) "</struct></value>", "yes", "5", false },
	{ "a draft and one that is out", POST("6", "draft", "A", MARK) POST("7", "publish", "A", MARK),
		"yes", "7", false },
	{ "the same title without a mark", POST("8", "publish", "A &amp;lt;제목&amp;gt;", "x"),
		"unknown", "", false },
	{ "the same title, of another key", POST("8", "publish", "A &amp;lt;제목&amp;gt;",
		OTHER_MARK), "no", "", false },
	{ "what is no list of posts", "<value>x</value><value><array><data/></array></value>", "no",
		"", false },
};

static void test_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(found_cases); i++) {
		const struct found_case *c = &found_cases[i];
		CLEANUP_FREE char *data = xasprintf(OK VALUE("<array><data>%s</data></array>"),
			c->posts);
		struct peer_reply reply = { .data = data };
		struct run run;
		struct peer p;

		peer_start(&p, &reply, 1);
		ask("find", p.port, "", "", "", &run);
		peer_stop(&p);
		if (!str_eq(text_of(&run, "found"), c->found) ||
				!str_eq(text_of(&run, "id"), c->id) ||
				value_get_bool(run.answer, "draft", false) != c->draft)
			fail_msg("%s: %s", c->name, run.out);
		run_finish(&run);
	}
}

/* A GIF of one pixel, and addresses that a server may give to it. */
static const unsigned char gif[] = "GIF89a\1\0\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;";

struct picture_case {
	const char *url, *src; /* src NULL: it stays where it was */
};

static const struct picture_case picture_cases[] = {
	{ "https://b.invalid/a.gif", "https://b.invalid/a.gif" },
	{ "http://b.invalid/a.gif?x=1&amp;y=2", "http://b.invalid/a.gif?x=1&amp;amp;y=2" },
	{ "https://b.invalid/한 글\".gif", "https://b.invalid/%ED%95%9C%20%EA%B8%80%22.gif" },
	{ "https://b.invalid/a\"onerror=\"x", "https://b.invalid/a%22onerror=%22x" },
	{ "/wp-content/a.gif", NULL },
	{ "javascript:alert(1)", NULL },
	{ "", NULL },
};

static void check_picture(const struct picture_case *c)
{
	CLEANUP_FREE char *data = xasprintf(OK VALUE("<struct>" MEMBER("url", "%s") "</struct>"),
		c->url);
	CLEANUP_FREE char *path = in_folder("a.gif"), *wanted = NULL, *images = NULL;
	struct peer_reply reply = { .data = data };
	struct run run;
	struct peer p;

	images = xasprintf(",\"html\":\"<p><img src=\\\"https://shop.invalid/a\\\"></p>\","
		"\"images\":[{\"src\":\"https://shop.invalid/a\",\"path\":\"%s\"}]", path);
	wanted = xasprintf("&lt;img src=&quot;%s&quot;&gt;", c->src ? c->src :
		"https://shop.invalid/a");
	peer_start(&p, &reply, 1);
	{
		CLEANUP_FREE char *request = xasprintf("{\"v\":1,\"op\":\"publish\",\"config\":{"
			"\"user\":\"w\",\"endpoint\":\"http://127.0.0.1:%d/\"},\"post\":{\"key\":\""
			KEY "\",\"title\":\"A\"%s}}", p.port, images);

		run_agent(request, &run);
	}
	peer_stop(&p);
	/* A struct is no id: the post is the last that was asked for. */
	if (p.requests != 2 || !strstr(p.last, wanted) || !strstr(run.err, "picture") != !!c->src)
		fail_msg("%s: %d requests, '%s' in %s", c->url, p.requests, run.err, p.last);
	run_finish(&run);
}

static void test_pictures(void **state)
{
	(void)state;
	write_file("a.gif", gif, sizeof(gif) - 1);
	for (size_t i = 0; i < ARRAY_LEN(picture_cases); i++)
		check_picture(&picture_cases[i]);
}

static void test_describe(void **state)
{
	struct run run;

	(void)state;
	run_agent("{\"v\":1,\"op\":\"describe\",\"config\":{}}", &run);
	assert_true(value_get_bool(run.answer, "drafts", false));
	assert_true(value_get_bool(run.answer, "findable", false));
	assert_false(value_get_bool(run.answer, "idempotent", true));
	run_finish(&run);
	run_agent("{\"v\":1,\"op\":\"describe\",\"config\":{\"publish\":\"draft\"}}", &run);
	assert_false(value_get_bool(run.answer, "drafts", true));
	run_finish(&run);
}

static int give_password(void **state)
{
	CLEANUP_FREE char *path = in_folder("password");

	(void)state;
	write_file("password", SECRET " & <x>\n", strlen(SECRET " & <x>\n"));
	return setenv("CPAUTO_SECRET_PASSWORD", path, 1);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
	(void)state;
	return dir_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_replies, give_password),
		cmocka_unit_test_setup(test_config, give_password),
		cmocka_unit_test_setup(test_unreachable, give_password),
		cmocka_unit_test_setup(test_draft, give_password),
		cmocka_unit_test_setup(test_stages, give_password),
		cmocka_unit_test_setup(test_request, give_password),
		cmocka_unit_test_setup(test_found, give_password),
		cmocka_unit_test_setup(test_pictures, give_password),
		cmocka_unit_test_setup(test_describe, give_password),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
