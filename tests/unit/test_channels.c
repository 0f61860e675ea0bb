/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <sys/stat.h>

#include "peer.h"
#include "runner.h"

#include "json.h"
#include "value.h"

/*
 * ntfy, telegram, webhook and mail as the daemon starts them: what they put on
 * the wire, to the byte where it matters, and what they make of the answers.
 */
#define TOKEN "tk_not-to-be-seen"
#define BOT "7654321:AAnot-to-be-seen_x"
#define WORD "0123456789abcdef0123456789abcdef"
#define HEAD(line) "HTTP/1.1 " line "\r\nContent-Type: application/json\r\nConnection: close\r\n"
#define GOOD HEAD("200 OK") "\r\n{\"ok\":true,\"result\":{},\"id\":\"x\"}"

/* Quotes, markup, line ends, a mention: whatever a product's name may hold. */
#define TITLE "한 <b>\\\"글\\\"</b> & 둘"
#define TEXT "첫 줄\\n<script>&amp; @everyone <!channel> `x` *y* [z](q)\\r\\nBcc: x@y"
#define EVENT "{\"class\":\"approval\",\"level\":5,\"title\":\"" TITLE "\",\"text\":\"" TEXT "\"," \
	"\"post\":7,\"approve\":{\"token\":\"" WORD "\",\"yes\":\"예\",\"no\":\"아니오\"}}"

static char folder[] = "/tmp/test-channels-XXXXXX";

static const char *const hidden[] = { TOKEN, BOT, "not-to-be-seen", NULL };

static void secret(const char *variable, const char *name, const char *text)
{
	CLEANUP_FREE char *path = run_path(folder, name);

	if (!text) {
		unsetenv(variable);
		return;
	}
	run_write(folder, name, text, strlen(text), 0600);
	setenv(variable, path, 1);
}

static void run_op(const char *agent, const char *op, const char *config, const char *more,
	struct run *run)
{
	CLEANUP_FREE char *program = xasprintf(BUILD "/agents/%s", agent);
	CLEANUP_FREE char *request = xasprintf("{\"v\":1,\"op\":\"%s\",\"config\":{%s},%s}", op,
		config, more);

	run_program(program, folder, request, hidden, run);
}

static const char *result(const struct run *r)
{
	return value_get_string(r->answer, "result", "");
}

static const char *reason(const struct run *r)
{
	return value_get_string(r->answer, "reason", "");
}

/* One request of AGENT, which is answered with DATA; P has it then. */
static void tell(const char *agent, const char *config, const char *data, struct peer *p,
	struct run *run)
{
	struct peer_reply reply = { .data = data };

	peer_start(p, &reply, 1);
	CLEANUP_FREE char *all = xasprintf("\"url\":\"http://127.0.0.1:%d/\",\"timeout\":\"8s\",%s",
		p->port, config);
	run_op(agent, "notify", all, "\"event\":" EVENT, run);
	peer_stop(p);
}

static struct value *body_of(const struct peer *p)
{
	const char *end = strstr(p->last, "\r\n\r\n");
	struct value *v = NULL;
	struct err e;

	assert_non_null(end);
	assert_int_equal(json_parse(end + 4, strlen(end + 4), &v, &e), 0);
	return v;
}

static void assert_body(const struct peer *p, const char *wanted)
{
	struct value *got = body_of(p), *v = NULL;
	CLEANUP_FREE char *text = json_string(got, false);
	struct err e;

	if (json_parse(wanted, strlen(wanted), &v, &e) < 0)
		fail_msg("%s", e.text);
	if (!value_equal(got, v))
		fail_msg("%s\ninstead of\n%s", text, wanted);
	value_free(got);
	value_free(v);
}

/* ---- the wire -------------------------------------------------------------- */

#define NTFY "\"topic\":\"my-topic\",\"reply_topic\":\"replies_1\""

static void test_ntfy(void **state)
{
	struct peer p;
	struct run r;

	(void)state;
	secret("CPAUTO_SECRET_TOKEN", "token", TOKEN "\n");
	tell("ntfy", NTFY, GOOD, &p, &r);
	assert_string_equal(result(&r), "ok");
	assert_int_equal(p.requests, 1);
	assert_true(str_starts(p.last, "POST / HTTP/1.1\r\n"));
	assert_non_null(strstr(p.last, "\r\nAuthorization: Bearer " TOKEN "\r\n"));
	assert_null(strstr(p.last, "\r\nBcc"));
	CLEANUP_FREE char *wanted = xasprintf("{\"topic\":\"my-topic\",\"title\":\"" TITLE
		"\",\"message\":\"" TEXT "\",\"priority\":3,\"tags\":[\"question\"],\"actions\":["
		"{\"action\":\"http\",\"label\":\"예\",\"url\":\"http://127.0.0.1:%d/replies_1\","
		"\"method\":\"POST\",\"body\":\"approve " WORD "\",\"clear\":true},"
		"{\"action\":\"http\",\"label\":\"아니오\",\"url\":\"http://127.0.0.1:%d/replies_1\","
		"\"method\":\"POST\",\"body\":\"reject " WORD "\",\"clear\":true}]}", p.port, p.port);
	assert_body(&p, wanted);
	run_finish(&r);
	/* Without a token and a second topic: no header, no buttons. */
	secret("CPAUTO_SECRET_TOKEN", "token", NULL);
	tell("ntfy", "\"topic\":\"my-topic\"", GOOD, &p, &r);
	assert_string_equal(result(&r), "ok");
	assert_null(strstr(p.last, "Authorization"));
	assert_null(strstr(p.last, WORD));
	run_finish(&r);
}

static void test_telegram(void **state)
{
	struct peer p;
	struct run r;

	(void)state;
	secret("CPAUTO_SECRET_TOKEN", "token", BOT "\n");
	tell("telegram", "\"chat\":-100123", GOOD, &p, &r);
	assert_string_equal(result(&r), "ok");
	assert_int_equal(p.requests, 1);
	assert_true(str_starts(p.last, "POST /bot" BOT "/sendMessage HTTP/1.1\r\n"));
	assert_body(&p, "{\"chat_id\":\"-100123\",\"text\":\"<b>한 &lt;b&gt;&quot;글&quot;&lt;/b&gt; "
		"&amp; 둘</b>\\n첫 줄\\n&lt;script&gt;&amp;amp; @everyone &lt;!channel&gt; `x` *y* "
		"[z](q)\\nBcc: x@y\",\"parse_mode\":\"HTML\",\"link_preview_options\":"
		"{\"is_disabled\":true},\"disable_notification\":false,\"reply_markup\":"
		"{\"inline_keyboard\":[[{\"text\":\"예\",\"callback_data\":\"approve " WORD "\"},"
		"{\"text\":\"아니오\",\"callback_data\":\"reject " WORD "\"}]]}}");
	run_finish(&r);
}

static void test_webhook(void **state)
{
	struct peer p;
	struct run r;

	(void)state;
	secret("CPAUTO_SECRET_TOKEN", "token", TOKEN "\n");
	tell("webhook", "\"x\":1", HEAD("204 No Content") "\r\n", &p, &r);
	assert_string_equal(result(&r), "ok");
	assert_non_null(strstr(p.last, "\r\nAuthorization: Bearer " TOKEN "\r\n"));
	assert_body(&p, "{\"class\":\"approval\",\"level\":5,\"title\":\"" TITLE "\",\"text\":\"" TEXT
		"\",\"post\":7,\"program\":\"cpauto\"}");
	run_finish(&r);
	secret("CPAUTO_SECRET_TOKEN", "token", NULL);
	tell("webhook", "\"format\":\"slack\"", GOOD, &p, &r);
	assert_string_equal(result(&r), "ok");
	assert_null(strstr(p.last, "Authorization"));
	assert_body(&p, "{\"text\":\"한 &lt;b&gt;\\\"글\\\"&lt;/b&gt; &amp; 둘\\n첫 줄\\n&lt;script&gt;"
		"&amp;amp; @everyone &lt;!channel&gt; `x` *y* [z](q)\\r\\nBcc: x@y\"}");
	run_finish(&r);
	tell("webhook", "\"format\":\"discord\"", GOOD, &p, &r);
	assert_string_equal(result(&r), "ok");
	assert_body(&p, "{\"content\":\"" TITLE "\\n" TEXT "\",\"allowed_mentions\":{\"parse\":[]}}");
	run_finish(&r);
	tell("webhook", "\"format\":\"other\"", GOOD, &p, &r);
	assert_string_equal(result(&r), "broken");
	assert_int_equal(p.requests, 0);
	run_finish(&r);
}

/* The address of such a hook is the secret. */
static void test_webhook_secret_url(void **state)
{
	struct peer_reply reply = { .data = HEAD("403 No") "\r\nno" };
	struct peer p;
	struct run r;

	(void)state;
	peer_start(&p, &reply, 1);
	CLEANUP_FREE char *url = xasprintf("http://127.0.0.1:%d/services/not-to-be-seen", p.port);
	secret("CPAUTO_SECRET_URL", "url", url);
	run_op("webhook", "notify", "\"format\":\"slack\"", "\"event\":" EVENT, &r);
	peer_stop(&p);
	secret("CPAUTO_SECRET_URL", "url", NULL);
	assert_string_equal(result(&r), "broken");
	assert_true(str_starts(p.last, "POST /services/not-to-be-seen HTTP/1.1\r\n"));
	run_finish(&r);
}

/* ---- what answers mean ----------------------------------------------------- */

static const struct {
	const char *agent, *config, *data;
	enum peer_then then;
	const char *result, *words;
	int retry;
} answers[] = {
	{ "ntfy", NTFY, HEAD("401 No") "\r\n{\"error\":\"unauthorized\"}", PEER_CLOSE, "broken",
		"unauthorized", 0 },
	{ "ntfy", NTFY, HEAD("404 No") "\r\n{}", PEER_CLOSE, "broken", "404", 0 },
	{ "ntfy", NTFY, HEAD("413 No") "\r\n{\"error\":\"too large\"}", PEER_CLOSE, "refused",
		"too large", 0 },
	{ "ntfy", NTFY, HEAD("429 No") "Retry-After: 77\r\n\r\n{}", PEER_CLOSE, "later", "429", 77 },
	{ "ntfy", NTFY, HEAD("502 No") "\r\n<html>", PEER_CLOSE, "later", "502", 60 },
	{ "ntfy", NTFY, HEAD("301 No") "Location: http://127.0.0.1:1/\r\n\r\n", PEER_CLOSE, "broken",
		"elsewhere", 0 },
	{ "ntfy", NTFY, HEAD("200 OK") "\r\n<html>", PEER_CLOSE, "later", "no ntfy", 60 },
	{ "ntfy", NTFY, "\x16\x03\x01 nonsense", PEER_CLOSE, "later", "", 60 },
	{ "ntfy", NTFY, HEAD("200 OK") "Content-Length: 99\r\n\r\n{", PEER_CLOSE, "later", "", 60 },
	{ "ntfy", NTFY, HEAD("200 OK") "\r\n", PEER_DRIP, "later", "", 60 },
	{ "ntfy", NTFY, "", PEER_HANG, "later", "", 60 },
	{ "telegram", "\"chat\":\"42\"", HEAD("401 No") "\r\n{\"ok\":false,\"description\":"
		"\"Unauthorized\"}", PEER_CLOSE, "broken", "Unauthorized", 0 },
	{ "telegram", "\"chat\":\"42\"", HEAD("400 No") "\r\n{\"ok\":false,\"description\":"
		"\"chat not found\"}", PEER_CLOSE, "refused", "chat not found", 0 },
	{ "telegram", "\"chat\":\"42\"", HEAD("429 No") "\r\n{\"ok\":false,\"description\":\"flood\","
		"\"parameters\":{\"retry_after\":33}}", PEER_CLOSE, "later", "flood", 33 },
	{ "telegram", "\"chat\":\"42\"", HEAD("200 OK") "\r\nnonsense", PEER_CLOSE, "later", "read",
		60 },
	{ "telegram", "\"chat\":\"42\"", HEAD("500 No") "\r\n", PEER_CLOSE, "later", "500", 60 },
	{ "webhook", "\"a\":1", HEAD("410 Gone") "\r\n", PEER_CLOSE, "broken", "410", 0 },
	{ "webhook", "\"a\":1", HEAD("400 No") "\r\n", PEER_CLOSE, "refused", "400", 0 },
};

static void test_answers(void **state)
{
	(void)state;
	secret("CPAUTO_SECRET_TOKEN", "token", BOT "\n");
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		struct peer_reply reply = { .data = answers[i].data, .then = answers[i].then };
		struct peer p;
		struct run r;

		peer_start(&p, &reply, 1);
		CLEANUP_FREE char *config = xasprintf("\"url\":\"http://127.0.0.1:%d\","
			"\"timeout\":\"%s\",%s", p.port, answers[i].then == PEER_CLOSE ? "20s" : "1s",
			answers[i].config);
		run_op(answers[i].agent, "notify", config, "\"event\":" EVENT, &r);
		peer_stop(&p);
		if (!str_eq(result(&r), answers[i].result) ||
				!strstr(reason(&r), answers[i].words) || p.requests != 1 ||
				value_get_int(r.answer, "retry_after", 0) != answers[i].retry)
			fail_msg("answer %zu: %s after %d requests", i, r.out, p.requests);
		run_finish(&r);
	}
}

/* What is set up wrongly is said before anything leaves. */
static void test_setup(void **state)
{
	static const struct {
		const char *agent, *config, *words;
	} wrong[] = {
		{ "ntfy", "\"topic\":\"a/b\"", "topic" },
		{ "ntfy", "\"topic\":\"\"", "topic" },
		{ "ntfy", "\"topic\":\"a\",\"reply_topic\":\"a\"", "reply_topic" },
		{ "ntfy", "\"topic\":\"a\",\"url\":\"http://ntfy.example\"", "https" },
		{ "ntfy", "\"topic\":\"a\",\"replies\":\"approve\"", "reply_topic" },
		{ "telegram", "\"chat\":\"me\"", "chat" },
		{ "telegram", "\"chat\":\"@me\",\"replies\":\"approve\"", "number" },
		{ "webhook", "\"url\":\"file:///etc/passwd\"", "https" },
		{ "mail", "\"to\":\"a@b\\nBcc: c@d\",\"sendmail\":\"/bin/true\"", "to:" },
		{ "mail", "\"to\":\"-oQ/tmp@b\",\"sendmail\":\"/bin/true\"", "to:" },
		{ "mail", "\"to\":\"a@b\",\"from\":\"x> <y@z\",\"sendmail\":\"/bin/true\"", "from:" },
		{ "mail", "\"to\":\"a@b\",\"sendmail\":\"true\"", "whole path" },
		{ "mail", "\"to\":\"a@b\",\"sendmail\":\"/nonexistent\"", "install" },
	};

	(void)state;
	secret("CPAUTO_SECRET_TOKEN", "token", BOT "\n");
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct run r;

		run_op(wrong[i].agent, "check", wrong[i].config, "\"x\":1", &r);
		if (!str_eq(result(&r), "broken") || !strstr(reason(&r), wrong[i].words))
			fail_msg("setup %zu: %s", i, r.out);
		run_finish(&r);
	}
}

/* A token that others may read, or that is none, goes nowhere. */
static void test_secrets(void **state)
{
	CLEANUP_FREE char *path = run_path(folder, "token");
	struct peer p;
	struct run r;

	(void)state;
	secret("CPAUTO_SECRET_TOKEN", "token", BOT "\n");
	assert_int_equal(chmod(path, 0644), 0);
	tell("telegram", "\"chat\":\"42\"", GOOD, &p, &r);
	assert_string_equal(result(&r), "broken");
	assert_non_null(strstr(reason(&r), "chmod 600"));
	assert_int_equal(p.connections, 0);
	run_finish(&r);
	secret("CPAUTO_SECRET_TOKEN", "token", "1:../../x?y=12345678\n");
	tell("telegram", "\"chat\":\"42\"", GOOD, &p, &r);
	assert_string_equal(result(&r), "broken");
	assert_int_equal(p.connections, 0);
	run_finish(&r);
	secret("CPAUTO_SECRET_TOKEN", "token", "a\r\nX: y\n");
	tell("ntfy", NTFY, GOOD, &p, &r);
	assert_string_equal(result(&r), "broken");
	assert_int_equal(p.connections, 0);
	run_finish(&r);
}

/* ---- replies --------------------------------------------------------------- */

static void hear(const char *agent, const char *config, const char *cursor, const char *data,
	struct peer *p, struct run *run)
{
	struct peer_reply reply = { .data = data };

	peer_start(p, &reply, 1);
	CLEANUP_FREE char *all = xasprintf("\"url\":\"http://127.0.0.1:%d\",\"timeout\":\"8s\",%s",
		p->port, config);
	CLEANUP_FREE char *more = xasprintf("\"cursor\":\"%s\",\"since_ms\":1700000000999", cursor);
	run_op(agent, "replies", all, more, run);
	peer_stop(p);
}

static void assert_replies(const struct run *r, const char *wanted)
{
	CLEANUP_FREE char *got = json_string(value_get(r->answer, "replies"), false);

	assert_string_equal(result(r), "ok");
	assert_string_equal(got, wanted);
}

#define REPLY(word, chat) "{\"word\":\"" word "\",\"token\":\"" WORD "\",\"chat\":\"" chat "\"}"

static void test_ntfy_replies(void **state)
{
	struct peer p;
	struct run r;

	(void)state;
	secret("CPAUTO_SECRET_TOKEN", "token", TOKEN "\n");
	hear("ntfy", NTFY, "", HEAD("200 OK") "\r\n"
		"{\"id\":\"aa1\",\"event\":\"open\"}\n"
		"{\"id\":\"aa2\",\"event\":\"message\",\"message\":\"Approve " WORD "\"}\n"
		"nonsense\n{\"id\":\"../x\",\"event\":\"message\",\"message\":\"approve a b\"}\n"
		"{\"id\":\"aa3\",\"event\":\"message\",\"message\":\"reject " WORD "\"}", &p, &r);
	assert_true(str_starts(p.last, "GET /replies_1/json?poll=1&since=1700000000 HTTP/1.1\r\n"));
	assert_non_null(strstr(p.last, "\r\nAuthorization: Bearer " TOKEN "\r\n"));
	assert_replies(&r, "[" REPLY("approve", "replies_1") "," REPLY("reject", "replies_1") "]");
	assert_string_equal(value_get_string(r.answer, "cursor", ""), "aa3");
	run_finish(&r);
	hear("ntfy", NTFY, "aa3", HEAD("200 OK") "\r\n", &p, &r);
	assert_true(str_starts(p.last, "GET /replies_1/json?poll=1&since=aa3 HTTP/1.1\r\n"));
	assert_replies(&r, "[]");
	assert_string_equal(value_get_string(r.answer, "cursor", ""), "aa3");
	run_finish(&r);
	hear("ntfy", NTFY, "a&b=c", HEAD("403 No") "\r\n{}", &p, &r);
	assert_non_null(strstr(p.last, "since=1700000000 "));
	assert_string_equal(result(&r), "broken");
	run_finish(&r);
}

/* Whoever floods the topic keeps nobody from being heard for ever. */
static void test_ntfy_flood(void **state)
{
	size_t len = (1u << 20);
	char *data = xmalloc(len + 1);
	struct peer p;
	struct run r;

	(void)state;
	memset(data, 'x', len);
	data[len] = '\0';
	memcpy(data, HEAD("200 OK") "\r\n", strlen(HEAD("200 OK") "\r\n"));
	hear("ntfy", NTFY, "aa3", data, &p, &r);
	assert_replies(&r, "[]");
	assert_string_not_equal(value_get_string(r.answer, "cursor", ""), "aa3");
	run_finish(&r);
	free(data);
}

static void test_telegram_replies(void **state)
{
	struct peer p;
	struct run r;

	(void)state;
	secret("CPAUTO_SECRET_TOKEN", "token", BOT "\n");
	hear("telegram", "\"chat\":\"42\"", "700", HEAD("200 OK") "\r\n{\"ok\":true,\"result\":["
		"{\"update_id\":700,\"message\":{\"chat\":{\"id\":42},\"text\":\"approve " WORD "\"}},"
		"{\"update_id\":701,\"callback_query\":{\"id\":\"9\",\"data\":\"reject " WORD
		"\",\"message\":{\"chat\":{\"id\":43}}}},"
		"{\"update_id\":705,\"message\":{\"chat\":{\"id\":42},\"text\":\"hello\"}}]}", &p, &r);
	assert_int_equal(p.requests, 1);
	assert_true(str_starts(p.last, "POST /bot" BOT "/getUpdates HTTP/1.1\r\n"));
	assert_body(&p, "{\"offset\":700,\"limit\":100,\"timeout\":0,\"allowed_updates\":"
		"[\"message\",\"callback_query\"]}");
	assert_replies(&r, "[" REPLY("approve", "42") "]");
	assert_string_equal(value_get_string(r.answer, "cursor", ""), "706");
	run_finish(&r);
	hear("telegram", "\"chat\":\"42\"", "", HEAD("409 No") "\r\n{\"ok\":false,\"description\":"
		"\"webhook is active\"}", &p, &r);
	assert_string_equal(result(&r), "broken");
	assert_non_null(strstr(reason(&r), "of its own"));
	run_finish(&r);
}

/* A button is let go with a second request; that it fails changes nothing. */
static void test_telegram_button(void **state)
{
	struct peer_reply replies[] = {
		{ .path = "/bot" BOT "/getUpdates", .data = HEAD("200 OK") "\r\n{\"ok\":true,"
			"\"result\":[{\"update_id\":1,\"callback_query\":{\"id\":\"9\",\"data\":"
			"\"approve " WORD "\",\"message\":{\"chat\":{\"id\":42}}}}]}" },
		{ .path = "/bot" BOT "/answerCallbackQuery", .data = HEAD("400 No") "\r\n{}" },
	};
	struct peer p;
	struct run r;

	(void)state;
	peer_start(&p, replies, ARRAY_LEN(replies));
	CLEANUP_FREE char *config = xasprintf("\"url\":\"http://127.0.0.1:%d\",\"chat\":42", p.port);
	run_op("telegram", "replies", config, "\"cursor\":\"\"", &r);
	peer_stop(&p);
	assert_int_equal(p.requests, 2);
	assert_body(&p, "{\"callback_query_id\":\"9\"}");
	assert_replies(&r, "[" REPLY("approve", "42") "]");
	run_finish(&r);
}

/* ---- mail ------------------------------------------------------------------ */

static void sendmail(const char *script)
{
	CLEANUP_FREE char *text = xasprintf("#!/bin/sh\necho \"$@\" >%s/args\ncat >%s/mail\necho said\n"
		"%s\n", folder, folder, script);

	run_write(folder, "sendmail", text, strlen(text), 0700);
}

static void mail(const char *more, struct run *run)
{
	CLEANUP_FREE char *config = xasprintf("\"to\":\"me@example.org, you@example.org\","
		"\"from\":\"cp@example.org\",\"sendmail\":\"%s/sendmail\"", folder);

	run_op("mail", "notify", config, more, run);
}

static void test_mail(void **state)
{
	struct run r;

	(void)state;
	sendmail("exit 0");
	mail("\"event\":" EVENT, &r);
	assert_string_equal(result(&r), "ok");
	CLEANUP_FREE char *args = run_read(folder, "args");
	CLEANUP_FREE char *text = run_read(folder, "mail");
	assert_string_equal(args, "-i -t\n");
	assert_true(str_starts(text, "From: cpauto <cp@example.org>\n"
		"To: me@example.org, you@example.org\n"
		"Subject: =?UTF-8?B?7ZWcIDxiPiLquIAiPC9iPiAmIOuRmA==?=\nDate: "));
	assert_non_null(strstr(text, "\nMIME-Version: 1.0\n"
		"Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: base64\n"
		"Auto-Submitted: auto-generated\n\n7LKrIOykhAo8c2NyaXB0"));
	assert_null(strstr(text, "Bcc"));
	assert_null(strstr(text, WORD));
	run_finish(&r);
}

/* Nothing in a title becomes a header, and a long one is cut between characters. */
static void test_mail_headers(void **state)
{
	struct buf title;
	struct run r;

	(void)state;
	sendmail("exit 0");
	buf_init(&title, 4096);
	buf_str(&title, "\"event\":{\"title\":\"x\\nBcc: evil@example.org\\n\\nbody ");
	for (int i = 0; i < 60; i++)
		buf_str(&title, "가");
	buf_str(&title, "\",\"text\":\"t\"}");
	mail(buf_cstr(&title), &r);
	buf_finish(&title);
	assert_string_equal(result(&r), "ok");
	CLEANUP_FREE char *text = run_read(folder, "mail");
	assert_non_null(strstr(text, "\n\n"));
	assert_string_equal(strstr(text, "\n\n") + 2, "dAo=\n");
	*strstr(text, "\n\n") = '\0';
	int fields = 0;
	for (const char *line = text, *next; *line; line = next) {
		next = line + strcspn(line, "\n");
		assert_true(next - line <= 78);
		next += *next != '\0';
		fields += *line != ' ';
		assert_false(str_starts(line, "Bcc"));
	}
	assert_int_equal(fields, 8);
	run_finish(&r);
}

static void test_mail_fails(void **state)
{
	static const struct {
		const char *script, *result;
	} ends[] = {
		{ "exit 75", "later" },
		{ "exit 67", "broken" },
		{ "exit 78", "broken" },
		{ "exit 1", "later" },
		{ "kill -9 $$", "later" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		struct run r;

		sendmail(ends[i].script);
		mail("\"event\":" EVENT, &r);
		assert_string_equal(result(&r), ends[i].result);
		run_finish(&r);
	}
}

static void test_no_event(void **state)
{
	static const char *const agents[] = { "ntfy", "telegram", "webhook", "mail" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(agents); i++) {
		struct run r;

		run_op(agents[i], "notify", "\"topic\":\"a\"", "\"event\":{\"title\":\"\"}", &r);
		assert_string_equal(result(&r), "refused");
		run_finish(&r);
		run_op(agents[i], "describe", "\"x\":1", "\"x\":1", &r);
		assert_true(value_get_bool(r.answer, "notifies", false));
		assert_int_equal(value_get_bool(r.answer, "replies", false), i < 2);
		run_finish(&r);
	}
}

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	return dir_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ntfy),
		cmocka_unit_test(test_telegram),
		cmocka_unit_test(test_webhook),
		cmocka_unit_test(test_webhook_secret_url),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_setup),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_ntfy_replies),
		cmocka_unit_test(test_ntfy_flood),
		cmocka_unit_test(test_telegram_replies),
		cmocka_unit_test(test_telegram_button),
		cmocka_unit_test(test_mail),
		cmocka_unit_test(test_mail_headers),
		cmocka_unit_test(test_mail_fails),
		cmocka_unit_test(test_no_event),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
