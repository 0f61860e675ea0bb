/* SPDX-License-Identifier: MIT */
#include "webdriver.h"

#include <errno.h>

#include "http.h"
#include "json.h"

/* The protocol's name for "this is an element". */
#define ELEMENT "element-6066-11e4-a52e-4f735466cecf"

#define OPEN_MS 60000 /* a browser that starts on a busy machine */

static const struct {
	const char *error;
	enum wd_end end;
} errors[] = {
	{ "no such element", WD_NOT_FOUND },
	{ "no such frame", WD_NOT_FOUND },
	{ "no such shadow root", WD_NOT_FOUND },
	{ "stale element reference", WD_STALE },
	{ "detached shadow root", WD_STALE },
	{ "element click intercepted", WD_COVERED },
	{ "element not interactable", WD_COVERED },
	{ "invalid element state", WD_COVERED },
	{ "move target out of bounds", WD_COVERED },
	{ "unexpected alert open", WD_ALERT },
	{ "no such alert", WD_NO_ALERT },
	{ "timeout", WD_TIMEOUT },
	{ "script timeout", WD_TIMEOUT },
	{ "invalid session id", WD_NO_SESSION },
	{ "no such window", WD_NO_SESSION },
	{ "session not created", WD_REFUSED },
	{ "javascript error", WD_SCRIPT },
};

bool wd_address_ok(const char *url)
{
	struct http_url u;

	return !http_url_parse(url, false, &u) && !u.secure && u.loopback && u.bare &&
		!str_ends(url, "/") && strlen(url) < sizeof(((struct wd *)0)->base);
}

void wd_init(struct wd *w, const char *base, int64_t timeout_ms)
{
	memset(w, 0, sizeof(*w));
	str_format_cut(w->base, sizeof(w->base), "%s", base);
	w->timeout_ms = timeout_ms;
}

static enum wd_end fail(struct wd *w, enum wd_end end, const char *text)
{
	/* The first line: what follows is a stack of the driver's. */
	err_set(&w->why, -EIO, "%.*s", (int)strcspn(tr(text), "\r\n"), tr(text));
	return end;
}

static enum wd_end error_end(struct wd *w, const struct value *value)
{
	const char *error = value_get_string(value, "error", NULL);
	const char *message = value_get_string(value, "message", "");
	CLEANUP_FREE char *text = NULL;

	if (!error)
		return fail(w, WD_LIED, "the browser's driver answered with an error that is none");
	text = xasprintf("%s: %s", error, message);
	for (size_t i = 0; i < ARRAY_LEN(errors); i++)
		if (str_eq(error, errors[i].error))
			return fail(w, errors[i].end, text);
	return fail(w, WD_OTHER, text);
}

static enum wd_end transport_end(struct wd *w, const struct http_answer *a)
{
	switch (a->end) {
	case HTTP_TIMEOUT:
		return fail(w, WD_TIMEOUT, "the browser's driver did not answer in time");
	case HTTP_GARBLED:
	case HTTP_TOO_LARGE:
		return fail(w, WD_LIED, "the browser's driver gave an answer that cannot be read");
	default:
		return fail(w, WD_GONE, "the browser's driver cannot be reached any more");
	}
}

enum wd_end wd_answer(struct wd *w, const struct http_answer *a, struct value **ret)
{
	struct value *whole = NULL;
	enum wd_end end = WD_OK;
	struct err why;

	if (json_parse(buf_cstr(&a->body), a->body.len, &whole, &why) ||
			!value_get(whole, "value"))
		end = fail(w, WD_LIED,
			"the browser's driver gave an answer that is not WebDriver's");
	else if (a->status != 200)
		end = error_end(w, value_get(whole, "value"));
	else if (ret)
		*ret = value_copy(value_get(whole, "value"));
	value_free(whole);
	return end;
}

struct verb {
	bool post, remove;
};
static const struct verb get = { false, false }, post = { true, false },
	delete = { false, true };

/* PATH begins with a slash, behind the session's own where there is one. BODY is taken over. */
static enum wd_end ask(struct wd *w, struct verb verb, const char *path, struct value *body,
	struct value **ret)
{
	CLEANUP_FREE char *url = *w->session ?
		xasprintf("%s/session/%s%s", w->base, w->session, path) :
		xasprintf("%s%s", w->base, path);
	CLEANUP_FREE char *text = verb.post ? json_string(body, false) : NULL;
	struct http_request q = { .url = url, .accept = "application/json",
		.content_type = verb.post ? "application/json; charset=utf-8" : NULL,
		.method = verb.remove ? "DELETE" : NULL, .body = text,
		.body_len = text ? strlen(text) : 0, .timeout_ms = w->timeout_ms,
		.body_max = JSON_TEXT_MAX };
	struct http_answer a;
	enum wd_end end;

	value_free(body);
	if (ret)
		*ret = NULL;
	if (verb.post && !text)
		return fail(w, WD_OTHER, "too much for one request to the browser");
	http_answer_init(&a);
	w->requests++;
	if (verb.post ? http_post(&q, &a) : http_get(&q, &a))
		end = transport_end(w, &a);
	else
		end = wd_answer(w, &a, ret);
	http_answer_finish(&a);
	return end;
}

static struct value *one_member(const char *name, struct value *item)
{
	struct value *v = value_new_object();

	value_set(v, name, item);
	return v;
}

static struct value *one_string(const char *name, const char *text)
{
	return one_member(name, value_new_string(text));
}

enum wd_end wd_ready(struct wd *w)
{
	struct value *v;
	enum wd_end end = ask(w, get, "/status", NULL, &v);

	if (end == WD_OK && !value_get_bool(v, "ready", false))
		end = fail(w, WD_REFUSED, "the browser's driver is not ready");
	value_free(v);
	return end;
}

/* ---- a session ---- */

/* An option of Firefox and its value, if it has one. */
static void add_pair(struct value *args, const char *name, const char *item)
{
	if (!item)
		return;
	value_append(args, value_new_string(name));
	value_append(args, value_new_string(item));
}

static struct value *browser_args(const struct wd_wish *wish)
{
	struct value *args = value_new_list();
	char text[64];

	if (wish->headless)
		value_append(
			args, value_new_string(wish->firefox ? "-headless" : "--headless=new"));
	if (wish->firefox) {
		add_pair(args, "-profile", wish->profile);
		str_format_cut(text, sizeof(text), "%d", wish->width);
		add_pair(args, "-width", text);
		str_format_cut(text, sizeof(text), "%d", wish->height);
		add_pair(args, "-height", text);
	} else {
		static const char *const plain[] = { "--no-first-run", "--disable-sync",
			"--disable-component-update", "--disable-background-networking" };

		for (size_t i = 0; i < ARRAY_LEN(plain); i++)
			value_append(args, value_new_string(plain[i]));
		str_format_cut(
			text, sizeof(text), "--window-size=%d,%d", wish->width, wish->height);
		value_append(args, value_new_string(text));
		if (wish->profile) {
			CLEANUP_FREE char *dir = xasprintf("--user-data-dir=%s", wish->profile);
			value_append(args, value_new_string(dir));
		}
	}
	for (size_t i = 0; i < value_len(wish->args); i++)
		value_append(args, value_copy(value_at(wish->args, i)));
	return args;
}

static struct value *capabilities(const struct wd_wish *wish)
{
	struct value *timeouts = value_new_object();
	struct value *options = one_member("args", browser_args(wish));
	struct value *always = one_string("browserName", wish->firefox ? "firefox" : "chrome");

	value_set_int(timeouts, "implicit", 0);
	value_set_int(timeouts, "pageLoad", wish->page_ms);
	value_set_int(timeouts, "script", wish->script_ms);
	value_set_string(options, "binary", wish->binary);
	value_set(always, "timeouts", timeouts);
	value_set_string(always, "unhandledPromptBehavior", "ignore");
	value_set(always, wish->firefox ? "moz:firefoxOptions" : "goog:chromeOptions", options);
	return one_member("capabilities", one_member("alwaysMatch", always));
}

/* It becomes part of an address. */
static bool is_id(const char *s)
{
	return s && *s && strlen(s) < WD_ID_MAX &&
		strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
		strlen(s) && *s != '.';
}

enum wd_end wd_open(struct wd *w, const struct wd_wish *wish)
{
	int64_t timeout_ms = w->timeout_ms;
	struct value *v;
	enum wd_end end;
	const char *id;

	w->session[0] = '\0';
	w->timeout_ms = timeout_ms > OPEN_MS ? timeout_ms : OPEN_MS;
	end = ask(w, post, "/session", capabilities(wish), &v);
	w->timeout_ms = timeout_ms;
	id = value_get_string(v, "sessionId", NULL);
	if (end == WD_OK && is_id(id))
		str_format_cut(w->session, sizeof(w->session), "%s", id);
	else if (end == WD_OK)
		end = fail(w, WD_LIED, "the browser's driver opened a session without a name");
	value_free(v);
	return end;
}

void wd_close(struct wd *w)
{
	if (!*w->session)
		return;
	if (ask(w, delete, "", NULL, NULL) != WD_OK)
		w->why.text[0] = '\0';
	w->session[0] = '\0';
}

/* ---- pages, frames, elements ---- */

static enum wd_end ask_text(struct wd *w, const char *path, struct buf *out)
{
	struct value *v;
	enum wd_end end = ask(w, get, path, NULL, &v);

	if (end == WD_OK && value_kind(v) != VALUE_STRING)
		end = fail(w, WD_LIED, "the browser's driver gave no text where one belongs");
	if (end == WD_OK)
		buf_str(out, value_string(v, ""));
	value_free(v);
	return end;
}

enum wd_end wd_navigate(struct wd *w, const char *url)
{
	return ask(w, post, "/url", one_string("url", url), NULL);
}

enum wd_end wd_url(struct wd *w, struct buf *out)
{
	return ask_text(w, "/url", out);
}

bool wd_take(const struct value *v, struct wd_element *ret)
{
	const char *id = value_get_string(v, ELEMENT, NULL);

	ret->id[0] = '\0';
	if (!is_id(id))
		return false;
	str_format_cut(ret->id, sizeof(ret->id), "%s", id);
	return true;
}

static struct value *wd_argument(const struct wd_element *e)
{
	return one_string(ELEMENT, e->id);
}

enum wd_end wd_run(struct wd *w, const char *script, struct value *args, struct value **ret)
{
	struct value *body = one_string("script", script);

	value_set(body, "args", args ? args : value_new_list());
	return ask(w, post, "/execute/sync", body, ret);
}

enum wd_end wd_find(struct wd *w, const char *css, struct wd_element *ret)
{
	struct value *args = value_new_list(), *v;
	enum wd_end end;

	value_append(args, value_new_string(css));
	end = wd_run(w, WD_SEEN "return seen(arguments[0])[0] || null;", args, &v);
	ret->id[0] = '\0';
	if (end == WD_OK && value_kind(v) == VALUE_NULL)
		end = fail(w, WD_NOT_FOUND, "nothing visible is there");
	else if (end == WD_OK && !wd_take(v, ret))
		end = fail(w, WD_LIED, "the browser's driver gave no element where one belongs");
	value_free(v);
	return end;
}

enum wd_end wd_find_any(struct wd *w, const char *css, struct wd_element *ret)
{
	struct value *body = one_string("using", "css selector"), *v;
	enum wd_end end;

	value_set_string(body, "value", css);
	end = ask(w, post, "/element", body, &v);
	ret->id[0] = '\0';
	if (end == WD_OK && !wd_take(v, ret))
		end = fail(w, WD_LIED, "the browser's driver gave no element where one belongs");
	value_free(v);
	return end;
}

static enum wd_end ask_element(struct wd *w, const struct wd_element *e, const char *what,
	struct value *body)
{
	CLEANUP_FREE char *path = xasprintf("/element/%s/%s", e->id, what);

	return ask(w, post, path, body, NULL);
}

enum wd_end wd_click(struct wd *w, const struct wd_element *e)
{
	return ask_element(w, e, "click", value_new_object());
}

enum wd_end wd_keys(struct wd *w, const struct wd_element *e, const char *text)
{
	return ask_element(w, e, "value", one_string("text", text));
}

enum wd_end wd_upload(struct wd *w, const struct wd_element *e, const char *path)
{
	/* A line end would be two files, and a name without a slash one of the driver's folder. */
	if (*path != '/' || strchr(path, '\n'))
		return fail(w, WD_OTHER, "a picture's file has no usable name");
	return wd_keys(w, e, path);
}

enum wd_end wd_frame(struct wd *w, const struct wd_element *e)
{
	return ask(w, post, "/frame", one_member("id", e ? wd_argument(e) : value_new_null()),
		NULL);
}

/* ---- keys and the mouse ---- */

static void add_key(struct value *list, const char *type, const char *character)
{
	struct value *a = one_string("type", type);

	value_set_string(a, "value", character);
	value_append(list, a);
}

/* A code of the protocol's own keys, all of three bytes. */
static void key_text(unsigned key, char out[4])
{
	out[0] = (char)(0xe0 | key >> 12);
	out[1] = (char)(0x80 | (key >> 6 & 0x3f));
	out[2] = (char)(0x80 | (key & 0x3f));
	out[3] = '\0';
}

bool wd_has_key(const char *text)
{
	/* U+E000 to U+E07F: three bytes, of which the first two are these. */
	return strstr(text, "\xee\x80") || strstr(text, "\xee\x81");
}

static enum wd_end act(struct wd *w, const char *type, const char *id, struct value *actions)
{
	struct value *source = one_string("type", type), *list = value_new_list();

	value_set_string(source, "id", id);
	value_set(source, "actions", actions);
	value_append(list, source);
	return ask(w, post, "/actions", one_member("actions", list), NULL);
}

static size_t character_len(const char *s)
{
	size_t n = 1;

	while (((unsigned char)s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

enum wd_end wd_type(struct wd *w, const char *text)
{
	struct value *actions = value_new_list();

	while (*text) {
		size_t n = character_len(text);
		CLEANUP_FREE char *one = xstrndup(text, n);

		add_key(actions, "keyDown", one);
		add_key(actions, "keyUp", one);
		text += n;
	}
	return act(w, "key", "keyboard", actions);
}

enum wd_end wd_press(struct wd *w, unsigned modifier, unsigned key)
{
	struct value *actions = value_new_list();
	char one[4], held[4];

	key_text(key, one);
	key_text(modifier, held);
	if (modifier)
		add_key(actions, "keyDown", held);
	add_key(actions, "keyDown", one);
	add_key(actions, "keyUp", one);
	if (modifier)
		add_key(actions, "keyUp", held);
	return act(w, "key", "keyboard", actions);
}

static void add_move(struct value *list, int x, int y)
{
	struct value *a = one_string("type", "pointerMove");

	value_set_int(a, "x", x);
	value_set_int(a, "y", y);
	value_set_int(a, "duration", 0);
	value_append(list, a);
}

static void add_button(struct value *list, const char *type)
{
	struct value *a = one_string("type", type);

	value_set_int(a, "button", 0);
	value_append(list, a);
}

enum wd_end wd_tap(struct wd *w, const struct wd_element *e)
{
	struct value *actions = value_new_list();

	add_move(actions, 0, 0);
	value_set(value_at(actions, 0), "origin", wd_argument(e));
	add_button(actions, "pointerDown");
	add_button(actions, "pointerUp");
	return act(w, "pointer", "mouse", actions);
}

enum wd_end wd_drag(struct wd *w, int x1, int y1, int x2, int y2)
{
	struct value *actions = value_new_list();

	add_move(actions, x1, y1);
	add_button(actions, "pointerDown");
	add_move(actions, (x1 + x2) / 2, y2);
	add_move(actions, x2, y2);
	add_button(actions, "pointerUp");
	return act(w, "pointer", "mouse", actions);
}

/* ---- alerts and pictures ---- */

enum wd_end wd_alert_text(struct wd *w, struct buf *out)
{
	return ask_text(w, "/alert/text", out);
}

enum wd_end wd_alert_accept(struct wd *w)
{
	return ask(w, post, "/alert/accept", value_new_object(), NULL);
}

static int digit_of(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* False where S is no base64. */
static bool decode(const char *s, struct buf *out)
{
	unsigned bits = 0, count = 0;

	for (; *s && *s != '='; s++) {
		int d = digit_of(*s);

		if (d < 0)
			return false;
		bits = bits << 6 | (unsigned)d;
		count += 6;
		if (count >= 8) {
			count -= 8;
			buf_char(out, (char)(bits >> count & 0xff));
		}
	}
	return !buf_failed(out);
}

enum wd_end wd_screenshot(struct wd *w, const char *path)
{
	struct value *v;
	enum wd_end end = ask(w, get, "/screenshot", NULL, &v);
	struct buf png;

	buf_init(&png, JSON_TEXT_MAX);
	if (end == WD_OK && (!decode(value_string(v, "?"), &png) || !png.len))
		end = fail(w, WD_LIED, "the browser's driver gave no picture");
	if (end == WD_OK && file_write_atomic(path, png.data, png.len, 0600))
		end = fail(w, WD_OTHER, "the picture of the page cannot be written");
	buf_finish(&png);
	value_free(v);
	return end;
}
