/* SPDX-License-Identifier: MIT */
/* The agent of Naver's blog, which has no API: the editor in the owner's browser. */
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocks.h"
#include "clock.h"
#include "content.h"
#include "draft.h"
#include "driver.h"
#include "editor.h"
#include "feed.h"
#include "final.h"
#include "http.h"
#include "image.h"
#include "kit.h"
#include "layer.h"
#include "pictures.h"
#include "selectors.h"
#include "text.h"
#include "webdriver.h"
#include "writing.h"

#define ENDPOINT "https://blog.naver.com"
#define FEED "https://rss.blog.naver.com"
#define DRIVER "/usr/bin/chromedriver"
#define SELECTORS "naver-selectors.conf"
#define STEP_MS 20000
#define START_MS 20000
#define LOGIN_MS 600000
#define LATER_S 1800
#define MARGIN_MS 15000 /* of the time limit, for closing the browser */
#define TITLE_MAX 100 /* characters; the editor takes no more */
#define TAGS_MAX 30
#define PICTURES_MAX 50
#define PAGE_MAX (4u << 20)
#define HREFS_MAX 200

#define TERMS_FILE "cpauto-terms" /* in the profile */
#define TERMS_FILE_MAX (64u << 10)
#define TERMS "Naver's terms of use forbid automated posting without its prior permission"

struct settings {
	const char *blog_id, *endpoint, *profile, *driver, *driver_url, *browser, *selectors_file;
	const char *category, *pictures;
	const struct value *args;
	struct http_url url;
	enum selector visibility;
	bool publish, unattended, headless, cards;
	bool timed;
	int hour, minute;
	int64_t step_ms, timeout_ms;
};

/* All that is open while a browser is. */
struct room {
	struct settings s;
	struct selectors sel;
	struct driver driver;
	struct wd wd;
	struct editor ed;
	bool open;
	int64_t end_ms; /* we end ourselves before cpautod does */
	struct value *steps; /* {NAME: ms}, how long each took */
	int64_t lap_ms;
};

/* ---- settings ---- */

static bool is_blog_id(const char *id)
{
	size_t len = strlen(id);

	return len >= 2 && len <= 40 && strspn(id,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == len;
}

static bool read_endpoint(const struct value *c, struct settings *s, struct value *answer)
{
	bool any = value_get_bool(c, "any_endpoint", false);

	s->endpoint = value_get_string(c, "endpoint", ENDPOINT);
	if (!http_url_parse(s->endpoint, false, &s->url) && s->url.bare &&
			!str_ends(s->endpoint, "/") &&
			(any || s->url.loopback || str_eq(s->endpoint, ENDPOINT)))
		return true;
	kit_broken(answer, "endpoint = \"%.100s\" is not Naver's blog: leave it out (or say "
		"any_endpoint = true for another https address)", s->endpoint);
	return false;
}

static bool read_visibility(const struct value *c, struct settings *s, struct value *answer)
{
	static const struct { const char *word; enum selector which; } words[] = {
		{ "all", SEL_ALL }, { "neighbor", SEL_NEIGHBOR }, { "both", SEL_BOTH },
		{ "private", SEL_PRIVATE },
	};
	const char *word = value_get_string(c, "visibility", "all");

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_eq(word, words[i].word)) {
			s->visibility = words[i].which;
			return true;
		}
	kit_broken(answer, "visibility = \"%.40s\": it is all, neighbor, both or private", word);
	return false;
}

static bool read_schedule(const struct value *c, struct settings *s, struct value *answer)
{
	const char *text = value_get_string(c, "schedule", "now");
	char hour[3] = "", minute[3] = "";
	int64_t h, m;

	if (str_eq(text, "now") || !*text)
		return true;
	if (strlen(text) == 5 && text[2] == ':') {
		memcpy(hour, text, 2);
		memcpy(minute, text + 3, 2);
		if (!parse_int64(hour, 0, 23, &h) && !parse_int64(minute, 0, 50, &m) &&
			m % 10 == 0) {
			s->timed = true;
			s->hour = (int)h;
			s->minute = (int)m;
			return true;
		}
	}
	kit_broken(answer, "schedule = \"%.40s\": it is \"now\" or a time like \"07:30\" whose "
		"minutes are 00, 10, … 50", text);
	return false;
}

static bool read_mode(const struct value *c, struct settings *s, struct value *answer)
{
	const char *mode = value_get_string(c, "mode", "draft");

	s->publish = str_eq(mode, "publish");
	s->unattended = value_get_bool(c, "unattended", false);
	if (!s->publish && !str_eq(mode, "draft")) {
		kit_broken(answer, "mode = \"%.40s\": it is draft or publish", mode);
		return false;
	}
	if (s->publish && !s->unattended) {
		kit_broken(answer, "Naver's terms of use forbid automated posting without its "
			"prior permission: mode = \"publish\" wants unattended = true, by which "
			"you say that you have it; mode = \"draft\" leaves the last button to you");
		return false;
	}
	return true;
}

/* A browser that denies what drives it is not started here. */
static bool args_ok(const struct value *args, struct value *answer)
{
	static const char *const hiding[] = { "AutomationControlled", "--user-agent",
		"--exclude-switches", "--disable-infobars", "--user-data-dir",
		"--remote-debugging" };

	for (size_t i = 0; i < value_len(args); i++) {
		const char *arg = value_string(value_at(args, i), "");

		for (size_t j = 0; j < ARRAY_LEN(hiding); j++)
			if (strcasestr(arg, hiding[j])) {
				kit_broken(answer, "browser_args: \"%.60s\" is not taken: nothing "
					"hides here that a program is at work", arg);
				return false;
			}
	}
	return true;
}

static bool read_places(const struct value *c, struct settings *s, struct value *answer)
{
	s->blog_id = value_get_string(c, "blog_id", "");
	s->profile = value_get_string(c, "profile", "");
	s->driver = value_get_string(c, "driver", DRIVER);
	s->driver_url = value_get_string(c, "driver_url", "");
	s->browser = value_get_string(c, "browser", NULL);
	s->selectors_file = value_get_string(c, "selectors_file",
		SYSCONFDIR "/cpauto/" SELECTORS);
	s->pictures = value_get_string(c, "screenshot_directory", "");
	s->args = value_get(c, "browser_args");
	if (!is_blog_id(s->blog_id))
		kit_broken(answer, "blog_id is missing or is none: it is what follows "
			"blog.naver.com/ in your blog's address");
	else if (*s->profile != '/')
		kit_broken(answer, "profile is missing: name the folder (from /) of the browser's "
			"profile, then log in there with 'cpauto login'");
	else if (*s->driver_url && !wd_address_ok(s->driver_url))
		kit_broken(answer, "driver_url = \"%.100s\": it is http://127.0.0.1:PORT",
			s->driver_url);
	else if (!*s->driver_url && *s->driver != '/')
		kit_broken(answer, "driver = \"%.100s\": name the whole path of chromedriver or "
			"geckodriver", s->driver);
	else
		return args_ok(s->args, answer);
	return false;
}

static bool read_times(const struct value *c, struct settings *s, struct value *answer)
{
	const char *step = value_get_string(c, "step_timeout", "20s");
	const char *all = value_get_string(c, "timeout", "5min");

	if (parse_duration(step, &s->step_ms) || s->step_ms < 1000 || s->step_ms > 300000)
		kit_broken(answer, "step_timeout = \"%.40s\": it is a time from 1s to 5min",
			step);
	else if (parse_duration(all, &s->timeout_ms) || s->timeout_ms < 1000)
		kit_broken(answer, "timeout = \"%.40s\": it is a time such as \"5min\"", all);
	else
		return true;
	return false;
}

static bool read_settings(const struct value *request, struct settings *s, struct value *answer)
{
	const struct value *c = value_get(request, "config");

	memset(s, 0, sizeof(*s));
	s->headless = value_get_bool(c, "headless", true);
	s->cards = value_get_bool(c, "link_card", false);
	s->category = value_get_string(c, "category", "");
	if (clock_set_zone(value_get_string(c, "timezone", "Asia/Seoul")))
		kit_log(4, "the time zone is not known here");
	return read_times(c, s, answer) && read_places(c, s, answer) &&
		read_endpoint(c, s, answer) &&
		read_visibility(c, s, answer) && read_schedule(c, s, answer) &&
		read_mode(c, s, answer);
}

/* The shipped file: of the tree that we were built in, else the installed one. */
static void shipped_selectors(char path[PATH_MAX])
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n > 0) {
		self[n] = '\0';
		if (!str_format(path, PATH_MAX, "%s/../../etc/" SELECTORS, dirname(self)) &&
				!access(path, R_OK))
			return;
	}
	str_format_cut(path, PATH_MAX, "%s", DATADIR "/cpauto/" SELECTORS);
}

static bool read_selectors(const struct value *request, struct room *r, struct value *answer)
{
	bool named = value_get(value_get(request, "config"), "selectors_file") != NULL;
	char shipped[PATH_MAX];
	struct err e = { "" };
	int rc;

	shipped_selectors(shipped);
	rc = selectors_read_file(&r->sel, shipped, &e);
	if (!rc) {
		rc = selectors_read_file(&r->sel, r->s.selectors_file, &e);
		if (rc == -ENOENT && !named)
			rc = 0;
	}
	if (!rc)
		rc = selectors_complete(&r->sel, shipped, &e);
	if (rc)
		kit_broken(answer, "%s", e.text);
	return !rc;
}

/* ---- the browser ---- */

/* What a window needs, from the request alone; each to free(). */
static void window_environment(const struct value *request, const char *env[8])
{
	static const char *const names[] = { "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY",
		"XDG_RUNTIME_DIR", "XDG_SESSION_TYPE", "DBUS_SESSION_BUS_ADDRESS" };
	const struct value *from = value_get(request, "environment");
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *value = value_get_string(from, names[i], NULL);

		if (value)
			env[n++] = xasprintf("%s=%s", names[i], value);
	}
	env[n] = NULL;
}

static bool start_driver(const struct value *request, struct room *r, struct value *answer)
{
	const char *env[8];
	struct driver_job job = { .path = r->s.driver, .home = r->s.profile, .env = env,
		.timeout_ms = START_MS };
	struct err e = { "" };
	int rc;

	if (*r->s.driver_url) {
		wd_init(&r->wd, r->s.driver_url, r->s.step_ms * 3);
		return true;
	}
	window_environment(request, env);
	rc = driver_start(&r->driver, &job, &e);
	for (size_t i = 0; env[i]; i++)
		free((char *)(uintptr_t)env[i]);
	if (rc == -ENOENT)
		kit_broken(answer, "%s", e.text);
	else if (rc)
		kit_later(answer, LATER_S, "%s", e.text);
	else
		wd_init(&r->wd, r->driver.url, r->s.step_ms * 3);
	return !rc;
}

static bool open_browser(const struct value *request, struct room *r, bool headless,
	struct value *answer)
{
	struct wd_wish wish = { .binary = r->s.browser, .profile = r->s.profile,
		.headless = headless, .width = 1280, .height = 1000, .page_ms = r->s.step_ms * 2,
		.script_ms = r->s.step_ms, .args = r->s.args };

	wish.firefox = strstr(r->s.driver, "gecko") != NULL;
	if (!start_driver(request, r, answer))
		return false;
	if (wd_open(&r->wd, &wish) != WD_OK) {
		kit_later(answer, LATER_S, "the browser cannot be opened (is a window of this "
			"profile still open?): %.250s", r->wd.why.text);
		return false;
	}
	r->open = true;
	return true;
}

static void room_finish(struct room *r)
{
	if (r->open)
		wd_close(&r->wd);
	driver_stop(&r->driver);
	editor_finish(&r->ed);
	selectors_finish(&r->sel);
}

/* A picture of what is on the screen, if there is a folder for it. */
static void keep_screenshot(struct room *r)
{
	struct instant now;
	CLEANUP_FREE char *path = NULL;

	if (!r->open || !*r->s.pictures || dir_make(r->s.pictures, 0700))
		return;
	clock_now(&now);
	path = xasprintf("%s/naver-%" PRId64 ".png", r->s.pictures, now.wall_ms);
	if (wd_screenshot(&r->wd, path) == WD_OK)
		kit_log(5, "what was on the screen then: %s", path);
}

/* An end that is none of a post that is out; where it may be out all the same: unknown. */
static void give(struct room *r, enum editor_end end, struct value *answer)
{
	bool maybe = r->s.publish ? r->ed.final_click : r->ed.save_click;
	const char *why = r->ed.why.text;

	keep_screenshot(r);
	if (maybe || end == EDITOR_UNCLEAR)
		kit_unknown(answer, "%s", why);
	else if (end == EDITOR_BROKEN)
		kit_broken(answer, "%s", why);
	else
		kit_later(answer, LATER_S, "%s", why);
	if (maybe && end == EDITOR_BROKEN)
		value_set_bool(answer, "person", true);
}

/* ---- login ---- */

/* Whose blog URL is a page of, into OUT; "" if it does not say. */
static void blog_of(const struct settings *s, const char *url, char out[64])
{
	const char *at = strstr(url, "blogId=");
	size_t n;

	out[0] = '\0';
	if (at)
		at += strlen("blogId=");
	else if (str_starts(url, s->endpoint) && url[strlen(s->endpoint)] == '/')
		at = url + strlen(s->endpoint) + 1;
	else
		return;
	n = strcspn(at, "/?#&");
	if (n && n < 64 && !memchr(at, '.', n)) {
		memcpy(out, at, n);
		out[n] = '\0';
	}
}

enum login { LOGIN_OK, LOGIN_NONE, LOGIN_OTHER, LOGIN_UNSEEN, LOGIN_CLOSED };

/* Where the browser stands now; ID of OTHER. */
static enum login look_login(struct room *r, char id[64])
{
	enum login state = LOGIN_UNSEEN;
	enum wd_end end;
	struct buf url;

	id[0] = '\0';
	buf_init(&url, 16384);
	end = wd_url(&r->wd, &url);
	if (end == WD_NO_SESSION || end == WD_GONE) {
		state = LOGIN_CLOSED;
	} else if (end == WD_OK) {
		blog_of(&r->s, buf_cstr(&url), id);
		if (editor_is_login(buf_cstr(&url)))
			state = LOGIN_NONE;
		else if (*id)
			state = strcasecmp(id, r->s.blog_id) == 0 ? LOGIN_OK : LOGIN_OTHER;
	}
	buf_finish(&url);
	return state;
}

static int64_t boot_ms(void)
{
	struct instant now;

	clock_now(&now);
	return now.boot_ms;
}

/* A few looks: a redirect may be a script's. */
static enum login wait_login(struct room *r, int64_t ms, bool patient, char id[64])
{
	int64_t end = boot_ms() + ms;
	enum login state;

	do {
		state = look_login(r, id);
		if (state == LOGIN_OK || state == LOGIN_OTHER || state == LOGIN_CLOSED ||
				(state == LOGIN_NONE && !patient))
			return state;
		poll(NULL, 0, 200);
	} while (boot_ms() < end);
	return state;
}

static bool visit_my_blog(struct room *r, struct value *answer)
{
	CLEANUP_FREE char *url = xasprintf("%s/MyBlog.naver", r->s.endpoint);

	if (wd_navigate(&r->wd, url) == WD_OK)
		return true;
	kit_later(answer, LATER_S, "%.100s cannot be opened: %.250s", url, r->wd.why.text);
	return false;
}

static bool say_login(struct room *r, enum login state, const char *id, struct value *answer)
{
	if (state == LOGIN_OK)
		return true;
	keep_screenshot(r);
	if (state == LOGIN_NONE)
		kit_broken(answer, "the browser's profile is not logged in: run 'cpauto login', "
			"log in there, then 'cpauto unblock'");
	else if (state == LOGIN_OTHER)
		kit_broken(answer, "the profile is logged in as %s, not as %s: run 'cpauto login'",
			id, r->s.blog_id);
	else
		kit_later(answer, LATER_S, "it cannot be seen who is logged in");
	return false;
}

/* What was done since the last call took so long. */
static void lap(struct room *r, const char *name)
{
	int64_t now = boot_ms();

	if (name && r->steps)
		value_set_int(r->steps, name, now - r->lap_ms);
	r->lap_ms = now;
}

static bool probe_login(struct room *r, struct value *answer)
{
	char id[64];

	return visit_my_blog(r, answer) &&
		say_login(r, wait_login(r, r->s.step_ms, false, id), id, answer);
}

/* Settings, selectors and an open browser that is logged in; else the answer is given. */
static bool enter_room(const struct value *request, struct room *r, struct value *answer)
{
	int64_t margin_ms = r->s.timeout_ms / 4 < MARGIN_MS ? r->s.timeout_ms / 4 : MARGIN_MS;
	struct stat st;

	r->end_ms = boot_ms() + r->s.timeout_ms - margin_ms;
	if (!read_selectors(request, r, answer))
		return false;
	if (stat(r->s.profile, &st) || !S_ISDIR(st.st_mode)) {
		kit_broken(answer, "the profile %s is not there: run 'cpauto login' first",
			r->s.profile);
		return false;
	}
	if (!open_browser(request, r, r->s.headless, answer) || !probe_login(r, answer))
		return false;
	editor_init(&r->ed, &r->wd, &r->sel, r->s.blog_id, r->s.step_ms, r->end_ms);
	return true;
}

static enum editor_end open_editor(struct room *r)
{
	CLEANUP_FREE char *url = xasprintf("%s/%s?Redirect=Write", r->s.endpoint, r->s.blog_id);

	return editor_open(&r->ed, url);
}

/* ---- looking for a post ---- */

struct wanted {
	const char *title;
	struct value *hrefs; /* each link of the post once */
};

static bool has_string(const struct value *list, const char *s)
{
	for (size_t i = 0; i < value_len(list); i++)
		if (str_eq(value_string(value_at(list, i), NULL), s))
			return true;
	return false;
}

static struct value *hrefs_of(const struct value *blocks)
{
	struct value *all = value_new_list();

	for (size_t i = 0; i < value_len(blocks); i++) {
		struct value *links = blocks_links(value_at(blocks, i));

		for (size_t j = 0; j < value_len(links) && value_len(all) < HREFS_MAX; j++) {
			const char *href = value_get_string(value_at(links, j), "href", "");

			if (!has_string(all, href))
				value_append(all, value_new_string(href));
		}
		value_free(links);
	}
	return all;
}

/* 0 with the body in A, which is the caller's to finish. */
static int fetch(const struct settings *s, const char *url, struct http_answer *a)
{
	struct http_request q = { .url = url, .timeout_ms = s->step_ms, .body_max = PAGE_MAX };
	int r = http_get(&q, a);

	return r ? r : a->status == 200 ? 0 : -EIO;
}

static bool page_has(const char *page, const char *href)
{
	struct buf escaped;
	bool there = strstr(page, href) != NULL;

	buf_init(&escaped, 65536);
	buf_html(&escaped, href, strlen(href));
	if (!there)
		there = strstr(page, buf_cstr(&escaped)) != NULL;
	buf_finish(&escaped);
	return there;
}

/* DOUBTFUL: what was seen speaks against it, but was not all. */
enum seen { SEEN_NO, SEEN_YES, SEEN_UNKNOWN, SEEN_DOUBTFUL };

/* A notice, a page cut short or an empty one may come in place of a post: it shows no title. */
static bool is_post_page(const char *page, const char *title)
{
	return page_has(page, title) && strstr(page, "</html>");
}

/*
 * Are half of the post's links on its page? An owner may have cut some. NO only
 * of a whole page with that title and none of them: who is told so posts again.
 */
static enum seen is_ours(const struct settings *s, const struct wanted *w, const char *no)
{
	CLEANUP_FREE char *url = xasprintf("%s/PostView.naver?blogId=%s&logNo=%s", s->endpoint,
		s->blog_id, no);
	struct http_answer a;
	enum seen seen = SEEN_UNKNOWN;
	size_t there = 0, all = value_len(w->hrefs);

	http_answer_init(&a);
	if (!fetch(s, url, &a)) {
		for (size_t i = 0; i < all; i++)
			there += page_has(
				buf_cstr(&a.body), value_string(value_at(w->hrefs, i), ""));
		seen = there * 2 >= all && (all || *w->title) ? SEEN_YES :
			there || !is_post_page(buf_cstr(&a.body), w->title) ? SEEN_UNKNOWN :
			SEEN_NO;
	}
	http_answer_finish(&a);
	return seen;
}

/* The number at the end of a post's address, or "". */
static void number_of(const struct settings *s, const char *link, char out[32])
{
	CLEANUP_FREE char *path = xasprintf("/%s/", s->blog_id);
	const char *at = strstr(link, "logNo=");
	size_t n;

	out[0] = '\0';
	if (at)
		at += strlen("logNo=");
	else if ((at = strstr(link, path)))
		at += strlen(path);
	n = at ? strspn(at, "0123456789") : 0;
	if (n && n < 32)
		str_format_cut(out, 32, "%.*s", (int)n, at);
}

static enum seen look_item(const struct settings *s, const struct wanted *w,
	const struct feed_item *item, struct value *answer)
{
	CLEANUP_FREE char *title = feed_field(item, "title");
	CLEANUP_FREE char *link = feed_field(item, "link");
	enum seen seen;
	char no[32];

	if (!title || !blocks_same(title, w->title))
		return SEEN_NO;
	number_of(s, link ? link : "", no);
	seen = *no ? is_ours(s, w, no) : SEEN_UNKNOWN;
	if (seen == SEEN_YES) {
		CLEANUP_FREE char *url = xasprintf("%s/%s/%s", s->endpoint, s->blog_id, no);

		value_set_string(answer, "id", no);
		value_set_string(answer, "url", url);
	}
	return seen;
}

static enum seen look_items(const struct settings *s, const struct wanted *w,
	const struct buf *text, struct value *answer)
{
	enum seen seen = SEEN_NO, one;
	struct feed_item item;
	struct feed f;

	feed_open(&f, buf_cstr(text), text->len);
	while (feed_next(&f, &item)) {
		one = look_item(s, w, &item, answer);
		if (one == SEEN_YES)
			return one;
		if (one == SEEN_UNKNOWN)
			seen = one;
	}
	return f.cut ? SEEN_UNKNOWN : seen;
}

/* With YES, id and url are in ANSWER. NO: a whole feed is there, and the post is not in it. */
static enum seen look_feed(const struct settings *s, const struct wanted *w, struct value *answer)
{
	CLEANUP_FREE char *url = s->url.loopback ?
		xasprintf("%s/rss/%s.xml", s->endpoint, s->blog_id) :
		xasprintf(FEED "/%s.xml", s->blog_id);
	struct http_answer a;
	enum seen seen = SEEN_UNKNOWN;

	http_answer_init(&a);
	if (!fetch(s, url, &a))
		seen = look_items(s, w, &a.body, answer);
	http_answer_finish(&a);
	return seen;
}

/* Is a draft with the post's title there? A list that is cut short cannot deny it. */
static enum seen look_drafts(struct room *r, const char *title)
{
	bool whole;
	struct value *drafts = draft_titles(&r->ed, &whole);
	enum seen seen = !drafts ? SEEN_UNKNOWN : whole ? SEEN_NO : SEEN_DOUBTFUL;
	struct buf wanted;

	buf_init(&wanted, 4096);
	blocks_squeeze(title, &wanted);
	for (size_t i = 0; i < value_len(drafts) && seen != SEEN_YES; i++) {
		struct buf one;

		buf_init(&one, 65536);
		blocks_squeeze(value_string(value_at(drafts, i), ""), &one);
		if (strstr(buf_cstr(&one), buf_cstr(&wanted)))
			seen = SEEN_YES;
		buf_finish(&one);
	}
	buf_finish(&wanted);
	value_free(drafts);
	return seen;
}

/* ---- publish ---- */

/* What the editor would refuse again and again, told from the bytes. */
static bool picture_ok(const char *path, struct value *answer)
{
	CLEANUP_FREE char *data = NULL;
	struct err e = { "" };
	struct image image;
	size_t len;
	int r = file_read(path, IMAGE_BYTES_MAX, &data, &len);

	if (r == -EFBIG)
		kit_refused(answer, "the picture %.200s has over %u MiB", path,
			IMAGE_BYTES_MAX >> 20);
	else if (r)
		kit_refused(answer, "the picture %.200s cannot be read: %s", path, tr_errno(-r));
	else if (image_look(data, len, &image, &e))
		kit_refused(answer, "%.200s cannot be sent as a picture: %s", path, e.text);
	else
		return true;
	return false;
}

static bool pictures_ok(const struct value *images, struct value *answer)
{
	for (size_t i = 0; i < value_len(images); i++) {
		const char *path = value_get_string(value_at(images, i), "path", NULL);

		if (path && !picture_ok(path, answer))
			return false;
	}
	return true;
}

static bool post_ok(const struct value *post, const struct value *blocks, struct value *answer)
{
	const struct value *images = value_get(post, "images");
	const char *title = value_get_string(post, "title", "");

	if (!*title || !value_len(blocks))
		kit_refused(answer, "the post has no title or no text");
	else if (text_count(title) > TITLE_MAX)
		kit_refused(answer, "the title has %zu characters, Naver takes %d: shorten it",
			text_count(title), TITLE_MAX);
	else if (value_len(value_get(post, "tags")) > TAGS_MAX)
		kit_refused(answer, "the post has %zu tags, Naver takes %d",
			value_len(value_get(post, "tags")), TAGS_MAX);
	else if (value_len(images) > PICTURES_MAX)
		kit_refused(answer, "the post has %zu pictures, at most %d are taken",
			value_len(images), PICTURES_MAX);
	else
		return pictures_ok(images, answer);
	return false;
}

static enum editor_end write_post(struct room *r, const struct value *post,
	const struct value *blocks)
{
	const char *title = value_get_string(post, "title", "");
	enum editor_end end = open_editor(r);

	lap(r, "editor");
	r->ed.images = value_get(post, "images");
	if (end == EDITOR_OK)
		end = writing_clean(&r->ed);
	if (end == EDITOR_OK)
		end = writing_title(&r->ed, title);
	lap(r, "title");
	if (end == EDITOR_OK)
		end = writing_blocks(&r->ed, blocks);
	lap(r, "text");
	if (end == EDITOR_OK)
		end = pictures_add(&r->ed);
	lap(r, "pictures");
	return end == EDITOR_OK ? content_verify(&r->ed, title) : end;
}

/* The draft is there when the count says so and the list does not deny it. */
static enum editor_end save_draft(struct room *r, const char *title)
{
	enum editor_end end = draft_save(&r->ed);
	enum seen seen;

	if (end == EDITOR_BROKEN || !r->ed.save_click)
		return end;
	seen = look_drafts(r, title);
	if (seen == SEEN_YES || (seen == SEEN_UNKNOWN && end == EDITOR_OK))
		return content_verify(&r->ed, title);
	if (seen == SEEN_UNKNOWN)
		return end;
	if (seen == SEEN_DOUBTFUL) {
		err_set(&r->ed.why, 0, "the list of drafts does not show the one that was saved");
		return EDITOR_UNCLEAR;
	}
	err_set(&r->ed.why, 0, "the editor did not save the draft%s%.200s",
		*r->ed.said.text ? ": " : "", r->ed.said.text);
	r->ed.save_click = false;
	return EDITOR_LATER;
}

/* The next such time of day that is at least 20 minutes away. */
static void next_time(const struct settings *s, struct layer *l)
{
	struct instant now;
	struct date d;

	l->later = s->timed;
	if (!s->timed)
		return;
	clock_now(&now);
	clock_date(now.wall_ms, &d);
	d.hour = s->hour;
	d.minute = s->minute;
	d.second = 0;
	if (clock_wall(&d) < now.wall_ms + INT64_C(20) * 60 * 1000)
		d.day++;
	clock_date(clock_wall(&d), &d);
	l->year = d.year;
	l->month = d.month;
	l->day = d.day;
	l->hour = d.hour;
	l->minute = d.minute;
}

static void publish_now(struct room *r, const struct value *post, const struct wanted *w,
	struct value *answer)
{
	const char *category = value_get_string(post, "category", "");
	struct layer l = { .category = *category ? category : r->s.category,
		.visibility = r->s.visibility, .tags = value_get(post, "tags") };
	struct buf id, url;
	enum editor_end end;

	buf_init(&id, 64);
	buf_init(&url, 4096);
	next_time(&r->s, &l);
	end = layer_fill(&r->ed, &l);
	if (end == EDITOR_OK)
		end = content_verify(&r->ed, w->title);
	if (end == EDITOR_OK)
		end = final_press(&r->ed, &id, &url);
	if (end == EDITOR_OK) {
		value_set_string(answer, "id", buf_cstr(&id));
		value_set_string(answer, "url", buf_cstr(&url));
		kit_ok(answer);
	} else if (r->ed.final_click && end == EDITOR_UNCLEAR &&
			look_feed(&r->s, w, answer) == SEEN_YES) {
		kit_ok(answer);
	} else {
		give(r, end, answer);
	}
	buf_finish(&id);
	buf_finish(&url);
}

static void finish_draft(struct room *r, enum editor_end end, struct value *answer)
{
	CLEANUP_FREE char *url = xasprintf("%s/%s/postwrite", r->s.endpoint, r->s.blog_id);

	if (end == EDITOR_OK) {
		value_set_string(answer, "id", "draft");
		value_set_string(answer, "url", url);
		value_set_bool(answer, "draft", true);
		kit_ok(answer);
	} else {
		give(r, end, answer);
	}
}

static void write_and_publish(struct room *r, const struct value *post,
	const struct value *blocks, struct value *answer)
{
	struct wanted w = { .title = value_get_string(post, "title", "") };
	enum editor_end end = write_post(r, post, blocks);

	if (end == EDITOR_OK)
		end = save_draft(r, w.title);
	lap(r, "draft");
	if (!r->s.publish) {
		finish_draft(r, end, answer);
	} else if (end == EDITOR_OK) {
		w.hrefs = hrefs_of(blocks);
		publish_now(r, post, &w, answer);
		lap(r, "publish");
		value_free(w.hrefs);
	} else {
		/* Whatever became of the draft: nothing is out. */
		give(r, end == EDITOR_UNCLEAR ? EDITOR_LATER : end, answer);
	}
}

static bool has_line(const char *text, const char *line)
{
	const char *at = text;

	while ((at = strstr(at, line)) && at != text && at[-1] != '\n')
		at++;
	return at != NULL;
}

/*
 * In the log once for each publisher and wording. Noted in the profile: what
 * the owner says of it holds for the account that is logged in there.
 */
static void tell_terms(const struct room *r, const char *publisher)
{
	CLEANUP_FREE char *path = xasprintf("%s/" TERMS_FILE, r->s.profile);
	CLEANUP_FREE char *line = xasprintf("publisher '%s': " TERMS "; by unattended = true you "
		"say that you have it\n", publisher);
	CLEANUP_FREE char *noted = NULL;
	CLEANUP_FREE char *text = NULL;
	int rc;

	if (file_read(path, TERMS_FILE_MAX, &noted, NULL))
		noted = NULL;
	if (noted && has_line(noted, line))
		return;
	kit_log(5, "publisher '%s': Naver's terms of use forbid automated posting without its "
		"prior permission; by unattended = true you say that you have it", publisher);
	text = xasprintf("%s%s", noted ? noted : "", line);
	rc = file_write_atomic(path, text, strlen(text), 0600);
	if (rc)
		kit_log(4, "%s: %s; the above is told with the next post again", path,
			tr_errno(-rc));
}

static void run_publish(const struct value *request, struct value *answer)
{
	const struct value *post = value_get(request, "post");
	const struct value *html = value_get(post, "html");
	struct room r = { .open = false };
	struct value *blocks;

	if (!read_settings(request, &r.s, answer))
		return;
	blocks = blocks_parse(value_string(html, ""), value_len(html), r.s.cards);
	r.steps = value_new_object();
	lap(&r, NULL);
	if (post_ok(post, blocks, answer) && enter_room(request, &r, answer)) {
		lap(&r, "browser");
		if (r.s.publish)
			tell_terms(&r, value_get_string(value_get(request, "config"), "name", ""));
		write_and_publish(&r, post, blocks, answer);
	}
	value_set(answer, "steps", r.steps);
	value_free(blocks);
	room_finish(&r);
}

/* ---- find ---- */

static void answer_found(enum seen seen, struct value *answer)
{
	static const char *const words[] = { [SEEN_NO] = "no", [SEEN_YES] = "yes",
		[SEEN_UNKNOWN] = "unknown", [SEEN_DOUBTFUL] = "unknown" };

	value_set_string(answer, "found", words[seen]);
	kit_ok(answer);
}

/* A draft: it may have been published by its owner since, or wait still. */
static void find_draft(const struct value *request, struct room *r, const char *title,
	struct value *answer)
{
	enum editor_end end;

	if (!enter_room(request, r, answer))
		return;
	end = open_editor(r);
	if (end != EDITOR_OK) {
		give(r, end, answer);
		return;
	}
	answer_found(look_drafts(r, title), answer);
}

static void run_find(const struct value *request, struct value *answer)
{
	const struct value *post = value_get(request, "post");
	const struct value *html = value_get(post, "html");
	struct room r = { .open = false };
	struct wanted w = { .title = value_get_string(post, "title", "") };
	struct value *blocks;
	enum seen seen;

	if (!read_settings(request, &r.s, answer))
		return;
	blocks = blocks_parse(value_string(html, ""), value_len(html), false);
	w.hrefs = hrefs_of(blocks);
	seen = look_feed(&r.s, &w, answer);
	if (seen == SEEN_YES || r.s.publish) {
		/* A feed tells nothing of posts that are not for all, or not out yet. */
		if (seen == SEEN_NO && (r.s.visibility != SEL_ALL || r.s.timed))
			seen = SEEN_UNKNOWN;
		answer_found(seen, answer);
	} else {
		find_draft(request, &r, w.title, answer);
	}
	value_free(w.hrefs);
	value_free(blocks);
	room_finish(&r);
}

/* ---- check, login, describe ---- */

/* Of what is seen only in the layer, the second look counts. */
static struct value *survey(struct room *r)
{
	struct value *first = editor_survey(&r->ed), *second, *all;

	if (layer_open(&r->ed) != EDITOR_OK)
		return first;
	second = editor_survey(&r->ed);
	all = value_new_list();
	for (size_t i = 0; i < value_len(first); i++) {
		bool found = str_eq(value_get_string(value_at(first, i), "state", ""), "found");

		value_append(all, value_copy(value_at(found ? first : second, i)));
	}
	value_free(first);
	value_free(second);
	return all;
}

/* In the layer a radio button may be hidden behind its label: that is no fault. */
static bool is_fault(const struct value *one)
{
	const char *state = value_get_string(one, "state", "");
	const char *when = value_get_string(one, "when", "");

	return str_eq(when, "always") ? !str_eq(state, "found") :
		str_eq(when, "layer") && str_eq(state, "missing");
}

static void name_missing(const struct value *selectors, struct buf *names)
{
	for (size_t i = 0; i < value_len(selectors); i++)
		if (is_fault(value_at(selectors, i)))
			buf_printf(names, "%s%s", names->len ? ", " : "",
				value_get_string(value_at(selectors, i), "name", ""));
}

static void check_selectors(struct room *r, struct value *answer)
{
	enum editor_end end = open_editor(r);
	struct value *selectors;
	struct buf names;

	/* Without its title no editor opens; all that is there is told nevertheless. */
	if (end != EDITOR_OK && !strstr(r->ed.why.text, "has no '")) {
		give(r, end, answer);
		return;
	}
	selectors = survey(r);
	buf_init(&names, 300);
	name_missing(selectors, &names);
	value_set(answer, "selectors", selectors);
	if (names.len)
		kit_broken(answer, "the editor has changed; missing or hidden: %s; write better "
			"selectors into %s", buf_cstr(&names), r->s.selectors_file);
	else if (end != EDITOR_OK)
		give(r, end, answer);
	else
		kit_ok(answer);
	buf_finish(&names);
}

static void run_check(const struct value *request, struct value *answer)
{
	struct room r = { .open = false };

	value_set_string(answer, "notice", TERMS ".");
	if (!read_settings(request, &r.s, answer))
		return;
	if (enter_room(request, &r, answer))
		check_selectors(&r, answer);
	room_finish(&r);
}

/* Opens a window and waits; every key in it is the owner's. */
static void run_login(const struct value *request, struct value *answer)
{
	int64_t wait_ms = value_get_int(request, "timeout_ms", LOGIN_MS);
	struct room r = { .open = false };
	enum login state;
	char id[64];

	if (!read_settings(request, &r.s, answer))
		return;
	if (dir_make(r.s.profile, 0700)) {
		kit_broken(answer, "the folder %s cannot be made", r.s.profile);
		return;
	}
	if (open_browser(request, &r, value_get_bool(request, "headless", false), answer) &&
			visit_my_blog(&r, answer)) {
		state = wait_login(&r, wait_ms, true, id);
		if (state == LOGIN_OK) {
			value_set_string(answer, "blog_id", r.s.blog_id);
			kit_ok(answer);
		} else if (state == LOGIN_OTHER) {
			say_login(&r, state, id, answer);
		} else if (state == LOGIN_CLOSED) {
			kit_later(answer, 1, "the window was closed before anybody was seen to be "
				"logged in: try again");
		} else {
			kit_later(answer, 1, "nobody logged in in time: try again");
		}
	}
	room_finish(&r);
}

static void run_describe(const struct value *request, struct value *answer)
{
	const struct value *c = value_get(request, "config");
	bool publish = str_eq(value_get_string(c, "mode", "draft"), "publish");

	value_set_string(answer, "name", "naver");
	value_set_bool(answer, "findable", true);
	value_set_bool(answer, "idempotent", false);
	value_set_bool(answer, "drafts", true);
	value_set_bool(answer, "unattended", publish && value_get_bool(c, "unattended", false));
	value_set_bool(answer, "images", true);
	value_set_string(answer, "html_profile", "safe");
	value_set_string(answer, "notice", TERMS ".");
	kit_ok(answer);
}

int main(int argc, char **argv)
{
	static const struct kit_op ops[] = {
		{ "publish", run_publish }, { "find", run_find }, { "check", run_check },
		{ "describe", run_describe }, { "login", run_login },
	};

	return kit_main(argc, argv, "naver", ops, ARRAY_LEN(ops));
}
