/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <sys/stat.h>

#include "peer.h"

#include "driver.h"
#include "json.h"
#include "webdriver.h"

#define OK "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
#define BAD "HTTP/1.1 404 x\r\nConnection: close\r\n\r\n"
#define ERROR(word) BAD "{\"value\":{\"error\":\"" word "\",\"message\":\"m\\nstack\"}}"
#define SESSION { "/session HTTP", OK "{\"value\":{\"sessionId\":\"s-1\",\"capabilities\":{}}}", \
	0, PEER_CLOSE }
#define ELEMENT "element-6066-11e4-a52e-4f735466cecf"

static void start(struct peer *p, struct wd *w, const struct peer_reply *replies, size_t n)
{
	char base[64];

	peer_start(p, replies, n);
	assert_int_equal(str_format(base, sizeof(base), "http://127.0.0.1:%d", p->port), 0);
	wd_init(w, base, 2000);
}

static const struct wd_wish wish = { .profile = "/p", .headless = true, .width = 10, .height = 20,
	.page_ms = 5, .script_ms = 6 };

static void addresses(void **state)
{
	static const struct {
		const char *url;
		bool ok;
	} rows[] = {
		{ "http://127.0.0.1:9515", true }, { "http://localhost:1", true },
		{ "http://[::1]:9515", true }, { "http://127.0.0.1:9515/", false },
		{ "https://127.0.0.1:9515", false }, { "http://192.0.2.1:9515", false },
		{ "http://127.0.0.1:9515/x", false }, { "http://u@127.0.0.1:1", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (wd_address_ok(rows[i].url) != rows[i].ok)
			fail_msg("%s", rows[i].url);
}

static void a_session_says_what_is_wanted(void **state)
{
	const struct peer_reply replies[] = { SESSION };
	struct value *body = NULL;
	const struct value *always, *args;
	struct peer p;
	struct wd w;

	(void)state;
	start(&p, &w, replies, 1);
	assert_int_equal(wd_open(&w, &wish), WD_OK);
	assert_string_equal(w.session, "s-1");
	peer_stop(&p);
	const char *text = strstr(p.last, "\r\n\r\n") + 4;
	assert_int_equal(json_parse(text, strlen(text), &body, NULL), 0);
	always = value_get(value_get(body, "capabilities"), "alwaysMatch");
	assert_string_equal(value_get_string(always, "unhandledPromptBehavior", ""), "ignore");
	args = value_get(value_get(always, "goog:chromeOptions"), "args");
	assert_non_null(strstr(text, "--user-data-dir=/p"));
	assert_non_null(strstr(text, "--headless"));
	/* It is not hidden that a program is at work. */
	assert_null(strstr(text, "AutomationControlled"));
	assert_null(strstr(text, "excludeSwitches"));
	assert_null(strstr(text, "--no-sandbox"));
	assert_true(value_len(args) > 3);
	value_free(body);
}

/* What geckodriver takes, to the letter: there is none here that could say so itself. */
static void a_session_of_firefox(void **state)
{
	static const char wanted[] = "{\"capabilities\":{\"alwaysMatch\":{"
		"\"browserName\":\"firefox\","
		"\"timeouts\":{\"implicit\":0,\"pageLoad\":5,\"script\":6},"
		"\"unhandledPromptBehavior\":\"ignore\","
		"\"moz:firefoxOptions\":{\"args\":[%s\"-width\",\"10\",\"-height\",\"20\"]%s}}}}";
	static const struct {
		bool headless;
		const char *profile, *binary, *args, *more;
	} rows[] = {
		{ true, "/p", NULL, "\"-headless\",\"-profile\",\"/p\",", "" },
		{ false, NULL, "/opt/firefox", "", ",\"binary\":\"/opt/firefox\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct peer_reply replies[] = { SESSION };
		const struct wd_wish firefox = { .firefox = true, .profile = rows[i].profile,
			.binary = rows[i].binary, .headless = rows[i].headless, .width = 10,
			.height = 20, .page_ms = 5, .script_ms = 6 };
		char want[600];
		struct peer p;
		struct wd w;

		start(&p, &w, replies, 1);
		assert_int_equal(wd_open(&w, &firefox), WD_OK);
		peer_stop(&p);
		assert_int_equal(
			str_format(want, sizeof(want), wanted, rows[i].args, rows[i].more), 0);
		assert_non_null(strstr(p.last, "POST /session HTTP"));
		assert_string_equal(strstr(p.last, "\r\n\r\n") + 4, want);
	}
}

static void errors_have_their_ends(void **state)
{
	static const struct {
		struct peer_reply reply;
		enum wd_end end;
	} rows[] = {
		{ { .data = OK "{\"value\":null}" }, WD_OK },
		{ { .data = ERROR("no such element") }, WD_NOT_FOUND },
		{ { .data = ERROR("stale element reference") }, WD_STALE },
		{ { .data = ERROR("element click intercepted") }, WD_COVERED },
		{ { .data = ERROR("element not interactable") }, WD_COVERED },
		{ { .data = ERROR("move target out of bounds") }, WD_COVERED },
		{ { .data = ERROR("unexpected alert open") }, WD_ALERT },
		{ { .data = ERROR("no such alert") }, WD_NO_ALERT },
		{ { .data = ERROR("script timeout") }, WD_TIMEOUT },
		{ { .data = ERROR("invalid session id") }, WD_NO_SESSION },
		{ { .data = ERROR("no such window") }, WD_NO_SESSION },
		{ { .data = ERROR("javascript error") }, WD_SCRIPT },
		{ { .data = ERROR("unknown error") }, WD_OTHER },
		{ { .data = BAD "{\"value\":null}" }, WD_LIED },
		{ { .data = BAD "<html>" }, WD_LIED },
		{ { .data = OK "{}" }, WD_LIED },
		{ { .data = OK "{\"value\":1}x" }, WD_LIED },
		{ { .data = OK "" }, WD_LIED },
		{ { .data = "hello\r\n" }, WD_LIED },
		{ { .data = OK "{\"val", .then = PEER_RESET }, WD_GONE },
		{ { .data = "", .then = PEER_DEAF }, WD_GONE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct wd_element e = { "e-1" };
		enum wd_end end;
		struct peer p;
		struct wd w;

		start(&p, &w, &rows[i].reply, 1);
		end = wd_click(&w, &e);
		peer_stop(&p);
		if (end != rows[i].end)
			fail_msg("row %zu: %d, not %d (%s)", i, end, rows[i].end, w.why.text);
		assert_null(strchr(w.why.text, '\n'));
		if (rows[i].reply.then != PEER_DEAF)
			assert_int_equal(p.requests, 1);
	}
}

/* The middle of the element, the button down and up: one request. */
static void a_tap(void **state)
{
	static const char wanted[] = "{\"actions\":[{\"type\":\"pointer\",\"id\":\"mouse\","
		"\"actions\":[{\"type\":\"pointerMove\",\"x\":0,\"y\":0,\"duration\":0,"
		"\"origin\":{\"" ELEMENT "\":\"e-1\"}},"
		"{\"type\":\"pointerDown\",\"button\":0},"
		"{\"type\":\"pointerUp\",\"button\":0}]}]}";
	const struct peer_reply reply = { .path = "/actions", .data = OK "{\"value\":null}" };
	struct wd_element e = { "e-1" };
	struct peer p;
	struct wd w;

	(void)state;
	start(&p, &w, &reply, 1);
	assert_int_equal(wd_tap(&w, &e), WD_OK);
	peer_stop(&p);
	assert_int_equal(p.requests, 1);
	assert_string_equal(strstr(p.last, "\r\n\r\n") + 4, wanted);
}

static void a_driver_that_hangs_or_is_gone(void **state)
{
	const struct peer_reply reply = { .data = "", .then = PEER_HANG };
	struct peer p;
	struct wd w;

	(void)state;
	start(&p, &w, &reply, 1);
	w.timeout_ms = 300;
	assert_int_equal(wd_navigate(&w, "http://x/"), WD_TIMEOUT);
	peer_stop(&p);
	assert_int_equal(wd_navigate(&w, "http://x/"), WD_GONE);
}

static void a_session_may_lie(void **state)
{
	static const char *const bodies[] = {
		OK "{\"value\":{}}", OK "{\"value\":{\"sessionId\":\"\"}}",
		OK "{\"value\":{\"sessionId\":\"../status\"}}", OK "{\"value\":{\"sessionId\":7}}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		const struct peer_reply reply = { .data = bodies[i] };
		struct peer p;
		struct wd w;

		start(&p, &w, &reply, 1);
		assert_int_equal(wd_open(&w, &wish), WD_LIED);
		assert_string_equal(w.session, "");
		wd_close(&w);
		peer_stop(&p);
		assert_int_equal(p.requests, 1);
	}
}

static void elements_are_found(void **state)
{
	const struct peer_reply replies[] = { SESSION,
		{ "/session/s-1/execute", OK "{\"value\":{\"" ELEMENT "\":\"e-7\"}}", 0, 0 },
		{ "/session/s-1/element ", OK "{\"value\":{\"" ELEMENT "\":\"../x\"}}", 0, 0 },
		{ "/session/s-1 ", OK "{\"value\":null}", 0, 0 },
	};
	struct wd_element e;
	struct peer p;
	struct wd w;

	(void)state;
	start(&p, &w, replies, ARRAY_LEN(replies));
	assert_int_equal(wd_open(&w, &wish), WD_OK);
	assert_int_equal(wd_find(&w, "a", &e), WD_OK);
	assert_string_equal(e.id, "e-7");
	assert_int_equal(wd_find_any(&w, "a", &e), WD_LIED);
	assert_string_equal(e.id, "");
	wd_close(&w);
	wd_close(&w);
	peer_stop(&p);
	assert_int_equal(p.requests, 4);
	assert_true(str_starts(p.last, "DELETE /session/s-1 "));
}

static void nothing_visible_is_not_found(void **state)
{
	const struct peer_reply reply = { .data = OK "{\"value\":null}" };
	struct wd_element e;
	struct peer p;
	struct wd w;

	(void)state;
	start(&p, &w, &reply, 1);
	assert_int_equal(wd_find(&w, "a", &e), WD_NOT_FOUND);
	peer_stop(&p);
}

static void only_whole_paths_are_uploaded(void **state)
{
	const struct peer_reply reply = { .data = OK "{\"value\":null}" };
	struct wd_element e = { "e" };
	struct peer p;
	struct wd w;

	(void)state;
	start(&p, &w, &reply, 1);
	assert_int_equal(wd_upload(&w, &e, "a.png"), WD_OTHER);
	assert_int_equal(wd_upload(&w, &e, "/a\n/etc/passwd"), WD_OTHER);
	assert_int_equal(wd_upload(&w, &e, "/사진/a b.png"), WD_OK);
	peer_stop(&p);
	assert_int_equal(p.requests, 1);
	assert_non_null(strstr(p.last, "/사진/a b.png"));
}

static void keys_go_one_by_one(void **state)
{
	const struct peer_reply reply = { .data = OK "{\"value\":null}" };
	struct peer p;
	struct wd w;

	(void)state;
	start(&p, &w, &reply, 1);
	assert_int_equal(wd_type(&w, "한😀"), WD_OK);
	assert_int_equal(wd_press(&w, WD_KEY_CONTROL, WD_KEY_END), WD_OK);
	peer_stop(&p);
	assert_non_null(strstr(p.last, "{\"type\":\"keyDown\",\"value\":\"\xee\x80\x89\"},"
		"{\"type\":\"keyDown\",\"value\":\"\xee\x80\x90\"},{\"type\":\"keyUp\""));
}

static void a_picture_of_the_page(void **state)
{
	const struct peer_reply good = { .data = OK "{\"value\":\"aGVsbG8=\"}" };
	const struct peer_reply bad = { .data = OK "{\"value\":\"*\"}" };
	char path[] = "/tmp/cpauto-wd-XXXXXX", *text = NULL;
	struct stat st;
	struct peer p;
	struct wd w;
	size_t len;

	(void)state;
	close(mkstemp(path));
	start(&p, &w, &good, 1);
	assert_int_equal(wd_screenshot(&w, path), WD_OK);
	peer_stop(&p);
	assert_int_equal(file_read(path, 100, &text, &len), 0);
	assert_string_equal(text, "hello");
	free(text);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	start(&p, &w, &bad, 1);
	assert_int_equal(wd_screenshot(&w, path), WD_LIED);
	peer_stop(&p);
	unlink(path);
}

static void alerts_are_read(void **state)
{
	const struct peer_reply replies[] = {
		{ "/alert/text", OK "{\"value\":\"점검\"}", 0, 0 },
		{ "/url", OK "{\"value\":7}", 0, 0 },
	};
	struct buf b;
	struct peer p;
	struct wd w;

	(void)state;
	buf_init(&b, 100);
	start(&p, &w, replies, 2);
	assert_int_equal(wd_alert_text(&w, &b), WD_OK);
	assert_string_equal(buf_cstr(&b), "점검");
	assert_int_equal(wd_url(&w, &b), WD_LIED);
	peer_stop(&p);
	buf_finish(&b);
}

static void drivers_that_are_none(void **state)
{
	struct driver_job job = { .path = "/nonexistent/driver", .timeout_ms = 5000 };
	struct driver d;
	struct err e;

	(void)state;
	assert_int_equal(driver_start(&d, &job, &e), -ENOENT);
	assert_non_null(strstr(e.text, "/nonexistent/driver"));
	job.path = "/bin/false";
	assert_int_equal(driver_start(&d, &job, &e), -ECHILD);
	assert_int_equal(d.pid, 0);
	driver_stop(&d);
}

static void a_driver_that_never_answers_is_ended(void **state)
{
	char path[] = "/tmp/cpauto-driver-XXXXXX";
	static const char script[] = "#!/bin/sh\nsleep 1000 &\nsleep 1000\n";
	struct driver_job job = { .path = path, .timeout_ms = 300 };
	struct driver d;
	struct err e;
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(fd_write_all(fd, script, strlen(script)), 0);
	assert_int_equal(fchmod(fd, 0700), 0);
	close(fd);
	assert_int_equal(driver_start(&d, &job, &e), -ETIMEDOUT);
	assert_int_equal(d.pid, 0);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(a_session_says_what_is_wanted),
		cmocka_unit_test(a_session_of_firefox),
		cmocka_unit_test(errors_have_their_ends),
		cmocka_unit_test(a_tap),
		cmocka_unit_test(a_driver_that_hangs_or_is_gone),
		cmocka_unit_test(a_session_may_lie),
		cmocka_unit_test(elements_are_found),
		cmocka_unit_test(nothing_visible_is_not_found),
		cmocka_unit_test(only_whole_paths_are_uploaded),
		cmocka_unit_test(keys_go_one_by_one),
		cmocka_unit_test(a_picture_of_the_page),
		cmocka_unit_test(alerts_are_read),
		cmocka_unit_test(drivers_that_are_none),
		cmocka_unit_test(a_driver_that_never_answers_is_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
