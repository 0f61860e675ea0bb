/* SPDX-License-Identifier: MIT */
/*
 * A post is written into an editor that fails at one request after the other, in
 * each way a browser can. Whatever goes wrong: what ends well stands there as it
 * should, nothing doubled or lost, and what ends badly says why. The browser is
 * played by this file, in place of webdriver.c; its time passes at once.
 */
#include "unit.h"

#include <poll.h>

#include "blocks.h"
#include "content.h"
#include "kit.h"
#include "layer.h"
#include "pictures.h"
#include "writing.h"

#define ELEMENT "element-6066-11e4-a52e-4f735466cecf"
#define LINES_MAX 400
#define LINE_MAX_BYTES 4000
#define REQUESTS_MAX 20000
#define STEP_MS 300
#define STEP 7 /* so many requests from one that fails to the next, each kind at others */

/* ---- what can go wrong ---- */

enum kind {
	NONE,
	ALERT,      /* opens before the request, which is not made */
	ALERT_LATE, /* opens once it was made */
	COVERED,
	STALE,
	NOT_FOUND,
	GONE,
	LOST,       /* said to be done, and was not */
	POPUP,      /* with a button that puts it away */
	STUCK,      /* without one */
	LOGIN,
	CAPTCHA,
	RESTRICTED,
	SAYS_RESTRICTED, /* in an alert */
	FRAME_LEFT, /* something over the frame: leaving and entering it helps */
	KINDS
};
static const struct {
	const char *name;
	enum wd_end end;
} kinds[KINDS] = {
	[NONE] = { "nothing", WD_OK },
	[ALERT] = { "an alert", WD_ALERT },
	[ALERT_LATE] = { "an alert after it", WD_OK },
	[COVERED] = { "covered", WD_COVERED },
	[STALE] = { "stale", WD_STALE },
	[NOT_FOUND] = { "not found", WD_NOT_FOUND },
	[GONE] = { "gone", WD_GONE },
	[LOST] = { "lost", WD_OK },
	[POPUP] = { "a pop-up", WD_OK },
	[STUCK] = { "a pop-up that stays", WD_OK },
	[LOGIN] = { "a login", WD_OK },
	[CAPTCHA] = { "a captcha", WD_OK },
	[RESTRICTED] = { "a restriction", WD_OK },
	[SAYS_RESTRICTED] = { "an alert with a restriction", WD_ALERT },
	[FRAME_LEFT] = { "something over the frame", WD_OK },
};

/* ---- the page ---- */

static struct page {
	int requests;
	enum kind kind;
	int at;       /* which request; with FOR_GOOD from it on */
	bool for_good;
	bool alert, popup, stuck, login, captcha, restricted, over_frame, framed, in_frame;
	bool style_on, no_links, no_paste, no_table, slow_card;
	char title[LINE_MAX_BYTES];
	struct {
		char text[LINE_MAX_BYTES];
		bool body; /* a paragraph, not a cell or a quotation */
	} line[LINES_MAX];
	int lines, caret;  /* -1: in the title, -2: nowhere */
	bool ends_in_text;
	int quotes, rules, tables, cards, pictures, spot;
	char selected[LINE_MAX_BYTES], typed[LINE_MAX_BYTES];
	struct value *links;
	/* the layer */
	bool layer, later;
	char category[100], date[40], hour[8], minute[8];
	char visible[40];
	int year, month;
	struct value *tags;
} page;

static char offset[64] = "CPAUTO_TEST_BOOT_OFFSET=0"; /* in the environment itself */

static void pass(int ms)
{
	static int64_t passed_ms;

	passed_ms += ms;
	str_format_cut(offset, sizeof(offset), "CPAUTO_TEST_BOOT_OFFSET=%lld",
		(long long)passed_ms);
}

/* A pause of the code under test passes at once. */
int poll(struct pollfd *fds, nfds_t n, int ms)
{
	(void)fds;
	(void)n;
	pass(ms);
	return 0;
}

void kit_log(int level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}

static void page_reset(enum kind kind, int at, bool for_good)
{
	value_free(page.links);
	value_free(page.tags);
	memset(&page, 0, sizeof(page));
	page.kind = kind;
	page.at = at;
	page.for_good = for_good;
	page.lines = 1;
	page.line[0].body = true;
	page.ends_in_text = true;
	page.caret = -2;
	page.links = value_new_list();
	page.tags = value_new_list();
	page.year = 2026;
	page.month = 11;
	str_format_cut(page.visible, sizeof(page.visible), "all");
}

static void meddle(enum kind kind)
{
	page.alert |= kind == ALERT || kind == ALERT_LATE || kind == SAYS_RESTRICTED;
	page.popup |= kind == POPUP;
	page.stuck |= kind == STUCK;
	page.login |= kind == LOGIN;
	page.captcha |= kind == CAPTCHA;
	page.restricted |= kind == RESTRICTED;
	page.over_frame |= kind == FRAME_LEFT;
}

/* One request: *DO it, and what the driver says of it. */
static enum wd_end request(struct wd *w, bool *do_it)
{
	bool now = page.kind != NONE && (page.for_good ? page.requests >= page.at :
		page.requests == page.at);

	if (++page.requests > REQUESTS_MAX)
		fail_msg("it does not come to an end");
	w->requests++;
	pass(5);
	*do_it = true;
	err_set(&w->why, 0, "%s", now ? kinds[page.kind].name : "an alert is open");
	if (now)
		meddle(page.kind);
	if (now && page.kind == ALERT_LATE)
		return WD_OK;
	*do_it = !page.alert;
	if (page.alert)
		return WD_ALERT;
	if (now && (page.kind == LOST || kinds[page.kind].end != WD_OK)) {
		*do_it = false;
		return kinds[page.kind].end;
	}
	return WD_OK;
}

/* ---- what is typed and pasted ---- */

static struct value *element(const char *css)
{
	struct value *v = value_new_object();

	value_set_string(v, ELEMENT, css);
	return v;
}

static void add_line(bool body)
{
	assert_true(page.lines < LINES_MAX);
	page.line[page.lines].text[0] = '\0';
	page.line[page.lines].body = body;
	page.caret = page.lines++;
}

static void append(char *to, const char *text, size_t n)
{
	size_t len = strlen(to);

	assert_true(len + n < LINE_MAX_BYTES);
	memcpy(to + len, text, n);
	to[len + n] = '\0';
}

static void backspace(char *text)
{
	size_t n = strlen(text);

	while (n && ((unsigned char)text[n - 1] & 0xc0) == 0x80)
		n--;
	text[n ? n - 1 : 0] = '\0';
}

static void erase_one(void)
{
	if (page.caret == -1) {
		backspace(page.title);
	} else if (page.line[page.caret].text[0]) {
		backspace(page.line[page.caret].text);
	} else if (page.caret > 0 && page.caret == page.lines - 1) {
		page.lines--;
		page.caret--;
	}
}

static void type(const char *s)
{
	while (*s) {
		size_t n = 1;

		while (((unsigned char)s[n] & 0xc0) == 0x80)
			n++;
		if (page.caret == -2)
			return;
		if (!strncmp(s, "\xee\x80\x83", 3))
			erase_one();
		else if (!strncmp(s, "\xee\x80\x87", 3) && page.caret >= 0)
			add_line(page.line[page.caret].body);
		else if (strncmp(s, "\xee\x80", 2) != 0)
			append(page.caret == -1 ? page.title : page.line[page.caret].text, s, n);
		s += n;
	}
}

static void add_link(const char *text, size_t text_len, const char *href, size_t href_len)
{
	struct value *v = value_new_object();

	value_set(v, "text", value_new_string_len(text, text_len));
	value_set(v, "href", value_new_string_len(href, href_len));
	value_append(page.links, v);
}

static void paste_links(const char *html)
{
	const char *at = html;

	while (!page.no_links && (at = strstr(at, "<a href=\"")) != NULL) {
		const char *href = at + 9, *end = strchr(href, '"'), *text = strchr(end, '>') + 1;

		at = strstr(text, "</a>");
		add_link(text, (size_t)(at - text), href, (size_t)(end - href));
	}
}

static void paste(const char *html, const char *text)
{
	bool table = strstr(html, "<table") != NULL;

	if (page.no_paste || page.caret < 0 || (table && page.no_table))
		return;
	for (bool first = true; *text; first = false) {
		size_t n = strcspn(text, "\n\t");

		if (!first || table)
			add_line(!table && page.line[page.caret].body);
		append(page.line[page.caret].text, text, n);
		text += n + (text[n] != '\0');
	}
	page.tables += table;
	if (table)
		page.ends_in_text = false;
	paste_links(html);
}

/* ---- what is clicked ---- */

static void to_body(int nth)
{
	page.caret = -2;
	for (int i = 0; i < page.lines; i++)
		if (page.line[i].body && (nth < 0 || nth-- == 0))
			page.caret = i;
}

static void go_on_below(void)
{
	page.ends_in_text = true;
	add_line(true);
}

static void press_tool(const char *name)
{
	int *const counts[] = { &page.quotes, &page.rules };
	static const char *const names[] = { "tool.quotation", "tool.line" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!str_eq(name, names[i]))
			continue;
		(*counts[i])++;
		page.ends_in_text = false;
		if (i == 0)
			add_line(false);
	}
}

static int number(const char *s)
{
	int64_t n = -1;

	return parse_int64(s, 0, INT32_MAX, &n) == 0 ? (int)n : -1;
}

static void pick(const char *css)
{
	if (str_eq(css, "publish.open"))
		page.layer = true;
	else if (str_eq(css, "publish.later") || str_eq(css, "publish.now"))
		page.later = str_eq(css, "publish.later");
	else if (str_eq(css, "publish.date_next") && page.month++ == 12)
		page.month = 1, page.year++;
	else if (str_starts(css, "publish.open_"))
		str_format_cut(page.visible, sizeof(page.visible), "%s", css + 13);
	else if (str_starts(css, "category "))
		str_format_cut(page.category, sizeof(page.category), "%s", css + 9);
	else if (str_starts(css, "day "))
		str_format_cut(page.date, sizeof(page.date), "%d. %02d. %02d", page.year, page.month,
			number(css + 4));
}

static void clicked(const char *css)
{
	if (str_eq(css, "editor.title"))
		page.caret = -1;
	else if (str_eq(css, "editor.bottom"))
		go_on_below();
	else if (str_starts(css, "editor.body"))
		to_body(number(css + strlen("editor.body") + (css[11] == ' ')));
	else if (str_eq(css, "quote"))
		page.caret = page.lines - 1;
	else if (str_eq(css, "style"))
		page.style_on = false;
	else if (str_eq(css, "popup"))
		page.popup = false;
	else if (str_eq(css, "link.apply"))
		add_link(page.selected, strlen(page.selected), page.typed, strlen(page.typed));
	else if (str_eq(css, "tool.image"))
		page.spot = page.caret;
	else if (str_eq(css, "popup.confirm") && *page.typed)
		page.cards++, page.ends_in_text = false, page.typed[0] = '\0';
	press_tool(css);
	pick(css);
}

/* ---- what a script sees ---- */

static struct value *see_state(void)
{
	struct value *v = value_new_object();
	struct buf text, one;
	int body = 0;
	bool fresh = false;

	buf_init(&text, 1u << 20);
	buf_init(&one, 1u << 20);
	blocks_squeeze(page.title, &one);
	value_set_string(v, "title", buf_cstr(&one));
	for (int i = 0; i < page.lines; i++) {
		buf_reset(&one);
		blocks_squeeze(page.line[i].text, &one);
		body += page.line[i].body;
		fresh = page.line[i].body ? one.len == 0 : fresh;
		if (one.len)
			buf_printf(&text, "%s%s", text.len ? "\n" : "", buf_cstr(&one));
	}
	value_set_string(v, "text", buf_cstr(&text));
	value_set_int(v, "quotes", page.quotes);
	value_set_int(v, "lines", page.rules);
	value_set_int(v, "tables", page.tables);
	value_set_int(v, "cards", page.cards);
	value_set_int(v, "pictures", page.pictures);
	value_set_int(v, "final", page.pictures);
	value_set_int(v, "paragraphs", body);
	value_set_bool(v, "ends_in_text", page.ends_in_text);
	value_set_bool(v, "fresh", fresh);
	value_set(v, "links", value_copy(page.links));
	buf_finish(&text);
	buf_finish(&one);
	return v;
}

static struct value *see_layer(void)
{
	static const char *const names[] = { "all", "neighbor", "both", "private" };
	struct value *v = value_new_object();

	value_set_int(v, "layer", page.layer);
	value_set_int(v, "finals", 1);
	value_set_string(v, "category", page.category);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		value_set_bool(v, names[i], str_eq(names[i], page.visible));
	value_set(v, "tags", value_copy(page.tags));
	value_set_bool(v, "now", !page.later);
	value_set_bool(v, "later", page.later);
	value_set_string(v, "date", page.date);
	value_set_string(v, "hour", page.hour);
	value_set_string(v, "minute", page.minute);
	return v;
}

static const char *argument(const struct value *args, size_t i)
{
	return value_string(value_at(args, i), "");
}

/* The element that a click is for. */
static struct value *see_target(const char *script, const struct value *args)
{
	char name[100];

	if (strstr(script, "q.querySelector"))
		return page.quotes ? element("quote") : NULL;
	if (strstr(script, "seen(arguments[0])[arguments[1]]")) {
		str_format_cut(name, sizeof(name), "editor.body %d",
			(int)value_int(value_at(args, 1), 0));
		return element(name);
	}
	return element(argument(args, 0));
}

static struct value *see_choice(const char *script, const struct value *args)
{
	char name[100];

	if (strstr(script, "no such day"))
		str_format_cut(name, sizeof(name), "day %d", (int)value_int(value_at(args, 1), 0));
	else
		str_format_cut(name, sizeof(name), "category %s", argument(args, 1));
	return element(name);
}

static struct value *see_number(const char *css)
{
	char text[16];

	str_format_cut(text, sizeof(text), "%d", str_eq(css, "publish.date_year") ? page.year :
		page.month);
	return value_new_string(text);
}

static struct value *see(const char *script, const struct value *args)
{
	if (strstr(script, "ClipboardEvent")) {
		const struct value *own = value_at(args, 1);

		paste(argument(own, 1), argument(own, 2));
		return see_state();
	}
	if (strstr(script, "ends_in_text"))
		return see_state();
	if (strstr(script, "return { at: e")) {
		struct value *v = value_new_object(), *at = see_target(script, args);

		value_set_bool(v, "hit", page.requests % 3 != 0);
		value_set(v, "at", at ? at : value_new_null());
		return v;
	}
	if (strstr(script, "bold|italic"))
		return page.style_on ? element("style") : NULL;
	if (strstr(script, "createTreeWalker")) {
		struct value *v = value_new_list();

		str_format_cut(page.selected, sizeof(page.selected), "%s", argument(args, 3));
		for (int i = 0; i < 4; i++)
			value_append(v, value_new_int(i));
		return v;
	}
	if (strstr(script, "finals: seen"))
		return see_layer();
	if (strstr(script, "no such day") || strstr(script, "labels.map"))
		return see_choice(script, args);
	if (strstr(script, "\\u200b\\ufeff"))
		return see_number(argument(args, 0));
	return value_len(args) ? element(argument(args, 0)) : NULL;
}

static struct value *see_way(void)
{
	struct value *here = value_new_object();

	value_set_string(here, "url", page.login ? "https://nid.naver.com/nidlogin.login" :
		"https://blog.naver.com/me/postwrite");
	value_set_bool(here, "captcha", page.captcha);
	value_set_string(here, "said", page.restricted ? "이용이 제한된\n블로그입니다" :
		page.popup || page.stuck ? "잠시 기다려 주세요" : "");
	if (page.popup)
		value_set(here, "press", element("popup"));
	value_set_bool(here, "stuck", page.popup || page.stuck);
	return here;
}

/* ---- in place of webdriver.c ---- */

enum wd_end wd_run(struct wd *w, const char *script, struct value *args, struct value **ret)
{
	bool do_it;
	enum wd_end r = request(w, &do_it);
	bool ready = !page.login && !page.captcha && !page.restricted && !page.popup &&
		!page.stuck && !page.over_frame && (!page.framed || page.in_frame);

	*ret = NULL;
	if (r == WD_OK) {
		*ret = value_new_object();
		value_set(*ret, "here", see_way());
		value_set_bool(*ret, "ready", ready);
		/* Lost: the script finds nothing that it looks for. */
		struct value *v = ready && do_it ? see(script, value_at(args, 1)) : NULL;
		value_set(*ret, "value", v ? v : value_new_null());
	}
	value_free(args);
	return r;
}

bool wd_take(const struct value *v, struct wd_element *ret)
{
	const char *id = value_get_string(v, ELEMENT, "");

	str_format_cut(ret->id, sizeof(ret->id), "%s", id);
	return *id != '\0';
}

enum wd_end wd_click(struct wd *w, const struct wd_element *e)
{
	bool do_it;
	enum wd_end r = request(w, &do_it);

	if (do_it && (!page.popup || str_eq(e->id, "popup")))
		clicked(e->id);
	return r;
}

enum wd_end wd_tap(struct wd *w, const struct wd_element *e)
{
	return wd_click(w, e);
}

/* A pop-up takes the keys. */
enum wd_end wd_type(struct wd *w, const char *text)
{
	bool do_it;
	enum wd_end r = request(w, &do_it);

	if (do_it && !page.popup && !page.stuck)
		type(text);
	return r;
}

enum wd_end wd_press(struct wd *w, unsigned modifier, unsigned key)
{
	bool do_it;
	enum wd_end r = request(w, &do_it);

	assert_int_equal(modifier, WD_KEY_CONTROL);
	assert_int_equal(key, WD_KEY_END);
	if (do_it)
		to_body(-1);
	return r;
}

enum wd_end wd_keys(struct wd *w, const struct wd_element *e, const char *text)
{
	bool do_it;
	enum wd_end r = request(w, &do_it);

	if (!do_it)
		return r;
	if (str_eq(e->id, "publish.tag_input"))
		value_append(page.tags, value_new_string_len(text, strlen(text) - 3));
	else if (str_eq(e->id, "publish.hour"))
		str_format_cut(page.hour, sizeof(page.hour), "%s", text);
	else if (str_eq(e->id, "publish.minute"))
		str_format_cut(page.minute, sizeof(page.minute), "%s", text);
	else
		str_format_cut(page.typed, sizeof(page.typed), "%s", text);
	return r;
}

enum wd_end wd_upload(struct wd *w, const struct wd_element *e, const char *path)
{
	bool do_it;
	enum wd_end r = request(w, &do_it);

	assert_string_equal(e->id, "image.input");
	assert_string_equal(path, "/tmp/one.jpg");
	page.pictures += do_it;
	return r;
}

enum wd_end wd_drag(struct wd *w, int x1, int y1, int x2, int y2)
{
	bool do_it;

	assert_true(x1 == 0 && y1 == 1 && x2 == 2 && y2 == 3);
	return request(w, &do_it);
}

enum wd_end wd_frame(struct wd *w, const struct wd_element *e)
{
	bool do_it;
	enum wd_end r = request(w, &do_it);

	if (do_it)
		page.in_frame = e != NULL;
	if (do_it && !e)
		page.over_frame = false;
	return r;
}

enum wd_end wd_find_any(struct wd *w, const char *css, struct wd_element *ret)
{
	bool do_it;
	enum wd_end r = request(w, &do_it);

	str_format_cut(ret->id, sizeof(ret->id), "%s", css);
	return r;
}

enum wd_end wd_find(struct wd *w, const char *css, struct wd_element *ret)
{
	enum wd_end r = wd_find_any(w, css, ret);

	return r == WD_OK && str_eq(css, "publish.layer") && !page.layer ? WD_NOT_FOUND : r;
}

enum wd_end wd_navigate(struct wd *w, const char *url)
{
	bool do_it;

	(void)url;
	return request(w, &do_it);
}

enum wd_end wd_alert_text(struct wd *w, struct buf *out)
{
	w->requests++;
	if (!page.alert)
		return WD_NO_ALERT;
	buf_str(out, page.kind == SAYS_RESTRICTED ? "보호조치 중입니다" : "잠시 후\n다시");
	return WD_OK;
}

enum wd_end wd_alert_accept(struct wd *w)
{
	w->requests++;
	if (!page.alert)
		return WD_NO_ALERT;
	page.alert = false;
	return WD_OK;
}

/* ---- writing ---- */

static const char title[] = "겨울 난로 고르기";
static const char html[] =
	"<h2>무엇을 보나</h2>"
	"<p>글 하나 <b>굵은 말</b> 그리고 <a href=\"https://a.example/1\">가는 곳</a></p>"
	"<p><a href=\"https://a.example/2\">https://a.example/2</a></p>"
	"<blockquote><p>남의 말 <a href=\"https://a.example/3\">그 글</a></p></blockquote>"
	"<table><tr><td>이름</td><td>값</td></tr><tr><td>난로</td>"
	"<td><a href=\"https://a.example/4\">1만원</a></td></tr></table>"
	"<hr><p><img src=\"https://i.example/1.jpg\"></p>"
	"<p><img src=\"https://i.example/none.jpg\"></p><p>끝</p>";

static struct selectors sel;
static struct wd driver;
static struct value *blocks, *images;

static int set_up(void **state)
{
	struct value *image = value_new_object();

	(void)state;
	assert_int_equal(putenv(offset), 0);
	for (int i = 0; i < SEL_COUNT; i++)
		sel.css[i] = xstrdup(selector_name((enum selector)i));
	blocks = blocks_parse(html, strlen(html), true);
	images = value_new_list();
	value_set_string(image, "src", "https://i.example/1.jpg");
	value_set_string(image, "path", "/tmp/one.jpg");
	value_append(images, image);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	selectors_finish(&sel);
	value_free(blocks);
	value_free(images);
	value_free(page.links);
	value_free(page.tags);
	page.links = page.tags = NULL;
	return 0;
}

static void begin(struct editor *e)
{
	memset(&driver, 0, sizeof(driver));
	editor_init(e, &driver, &sel, "me", STEP_MS, editor_ms() + 1000000000);
	e->images = images;
}

static enum editor_end write_post(struct editor *e)
{
	enum editor_end end = writing_clean(e);

	if (end == EDITOR_OK)
		end = writing_title(e, title);
	if (end == EDITOR_OK)
		end = writing_blocks(e, blocks);
	if (end == EDITOR_OK)
		end = pictures_add(e);
	return end == EDITOR_OK ? content_verify(e, title) : end;
}

/* Of tables that were written as lines the text is another. */
static void check_page(const char *what, int at)
{
	struct value *v = see_state();
	const char *text = value_get_string(v, "text", "");
	const char *rows = page.tables ? "이름\n값\n난로\n1만원" : "이름|값\n난로|1만원";
	CLEANUP_FREE char *wanted = xasprintf("무엇을보나\n글하나굵은말그리고가는곳\n"
		"https://a.example/2\n남의말그글\n%s\n끝", rows);

	if (!blocks_same(page.title, title) || !str_eq(text, wanted) || page.quotes != 1 ||
		page.rules != 1 || page.cards != 1 || page.pictures != 1 || page.tables > 1 ||
		value_len(page.links) < 4)
		fail_msg("%s at %d, and this was called good:\n%s\n%s", what, at, page.title, text);
	value_free(v);
}

/* A person is asked for where nothing else helps. */
static const bool may_be_broken[KINDS] = { [NOT_FOUND] = true, [LOST] = true,
	[LOGIN] = true, [CAPTCHA] = true, [RESTRICTED] = true, [SAYS_RESTRICTED] = true };

/* The number of requests it took; 0: it ended badly. */
static int one(enum kind kind, int at, bool for_good, void (*with)(struct editor *))
{
	struct editor e;
	enum editor_end end;

	page_reset(kind, at, for_good);
	begin(&e);
	if (with)
		with(&e);
	end = write_post(&e);
	if (end == EDITOR_OK)
		check_page(kinds[kind].name, at);
	else if (!*e.why.text)
		fail_msg("%s at %d: it does not say why", kinds[kind].name, at);
	if (end == EDITOR_OK && (kind == LOGIN || kind == CAPTCHA || kind == RESTRICTED))
		assert_true(page.requests <= at); /* after the last request */
	if (end == EDITOR_BROKEN && !may_be_broken[kind])
		fail_msg("%s at %d: %s", kinds[kind].name, at, e.why.text);
	editor_finish(&e);
	return end == EDITOR_OK ? page.requests : 0;
}

static void with_frame(struct editor *e)
{
	e->framed = page.framed = page.in_frame = true;
}

static void with_style(struct editor *e)
{
	(void)e;
	page.style_on = page.no_links = true;
}

static void with_keys(struct editor *e)
{
	(void)e;
	page.no_paste = true;
}

static void (*const withs[])(struct editor *) = { NULL, with_frame, with_style, with_keys };

static void test_a_post_is_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(withs); i++)
		assert_true(one(NONE, 0, false, withs[i]) > 0);
}

static void test_it_fails_at_each_request(void **state)
{
	int good = 0, bad = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(withs); i++) {
		int all = one(NONE, 0, false, withs[i]);

		for (int kind = NONE + 1; kind < KINDS; kind++)
			for (int at = (kind + (int)i) % STEP; at < all; at += STEP) {
				*(one((enum kind)kind, at, false, withs[i]) ? &good : &bad) += 1;
				if (at / STEP % 4 == 0)
					one((enum kind)kind, at, true, withs[i]);
			}
	}
	print_message("# %d were written all the same, %d were not\n", good, bad);
	assert_true(good > bad / 2);
}

static void test_an_editor_with_another_text_is_left_alone(void **state)
{
	struct editor e;

	(void)state;
	page_reset(NONE, 0, false);
	str_format_cut(page.line[0].text, sizeof(page.line[0].text), "남의 글");
	begin(&e);
	assert_int_equal(write_post(&e), EDITOR_LATER);
	assert_non_null(strstr(e.why.text, "not empty"));
	assert_string_equal(page.line[0].text, "남의 글");
	assert_string_equal(page.title, "");
	editor_finish(&e);
}

/* ---- the layer ---- */

static char said[ERR_MAX];

static int fill_layer(const struct layer *l, enum kind kind, int at, bool for_good)
{
	struct editor e;
	enum editor_end end;

	page_reset(kind, at, for_good);
	begin(&e);
	end = layer_fill(&e, l);
	str_format_cut(said, sizeof(said), "%s", e.why.text);
	if (end != EDITOR_OK && !*e.why.text)
		fail_msg("%s at %d: it does not say why", kinds[kind].name, at);
	if (end == EDITOR_OK && (!str_eq(page.visible, "neighbor") || page.later != l->later ||
		!str_eq(page.category, "살림") || value_len(page.tags) != 2 ||
		(l->later && (!str_eq(page.date, "2027. 01. 05") || !str_eq(page.hour, "09") ||
			!str_eq(page.minute, "30")))))
		fail_msg("%s at %d, and this was called good: %s, %s, %s", kinds[kind].name, at,
			page.visible, page.category, page.date);
	editor_finish(&e);
	return end == EDITOR_OK ? page.requests : 0;
}

static void test_the_settings_fail_at_each_request(void **state)
{
	struct value *tags = value_new_list();

	(void)state;
	value_append(tags, value_new_string("난로"));
	value_append(tags, value_new_string("겨울 추천"));
	for (int later = 0; later < 2; later++) {
		struct layer l = { .category = "살림", .visibility = SEL_NEIGHBOR, .tags = tags,
			.later = later, .year = 2027, .month = 1, .day = 5, .hour = 9,
			.minute = 30 };
		int all = fill_layer(&l, NONE, 0, false);

		if (!all)
			fail_msg("nothing went wrong, and: %s", said);
		for (int kind = NONE + 1; kind < KINDS; kind++)
			for (int at = kind % 2; at < all; at += 2) {
				fill_layer(&l, (enum kind)kind, at, false);
				fill_layer(&l, (enum kind)kind, at, true);
			}
	}
	value_free(tags);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_post_is_written),
		cmocka_unit_test(test_it_fails_at_each_request),
		cmocka_unit_test(test_an_editor_with_another_text_is_left_alone),
		cmocka_unit_test(test_the_settings_fail_at_each_request),
	};
	if (getenv("CPAUTO_TEST_FILTER"))
		cmocka_set_test_filter(getenv("CPAUTO_TEST_FILTER"));
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
