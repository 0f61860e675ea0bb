/* SPDX-License-Identifier: MIT */
#include "setup.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <unistd.h>

#include "clock.h"
#include "kit.h"
#include "webdriver.h"

#define ENDPOINT "https://blog.naver.com"
#define DRIVER "/usr/bin/chromedriver"
#define SELECTORS "naver-selectors.conf"

static bool is_blog_id(const char *id)
{
	size_t len = strlen(id);

	return len >= 2 && len <= 40 && strspn(id,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == len;
}

static bool read_endpoint(const struct value *c, struct setup *s, struct value *answer)
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

static bool read_visibility(const struct value *c, struct setup *s, struct value *answer)
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

static bool read_schedule(const struct value *c, struct setup *s, struct value *answer)
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

static bool read_mode(const struct value *c, struct setup *s, struct value *answer)
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

static bool read_places(const struct value *c, struct setup *s, struct value *answer)
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

static bool read_times(const struct value *c, struct setup *s, struct value *answer)
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

static bool read_limits(const struct value *c, struct setup *s, struct value *answer)
{
	struct err e = { "" };

	s->fit = fit_of_blogs;
	if (fit_read_over(c, &s->fit, &e))
		return true;
	kit_broken(answer, "%s", e.text);
	return false;
}

bool setup_read(const struct value *request, struct setup *s, struct value *answer)
{
	const struct value *c = value_get(request, "config");

	memset(s, 0, sizeof(*s));
	s->headless = value_get_bool(c, "headless", true);
	s->cards = value_get_bool(c, "link_card", false);
	s->category = value_get_string(c, "category", "");
	if (clock_set_zone(value_get_string(c, "timezone", "Asia/Seoul")))
		kit_log(4, "the time zone is not known here");
	return read_times(c, s, answer) && read_places(c, s, answer) &&
		read_endpoint(c, s, answer) && read_limits(c, s, answer) &&
		read_visibility(c, s, answer) && read_schedule(c, s, answer) &&
		read_mode(c, s, answer);
}

/* ---- selectors ---- */

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

bool setup_selectors(const struct value *request, const struct setup *s,
	struct selectors *sel, struct value *answer)
{
	bool named = value_get(value_get(request, "config"), "selectors_file") != NULL;
	char shipped[PATH_MAX];
	struct err e = { "" };
	int rc;

	shipped_selectors(shipped);
	rc = selectors_read_file(sel, shipped, &e);
	if (!rc) {
		rc = selectors_read_file(sel, s->selectors_file, &e);
		if (rc == -ENOENT && !named)
			rc = 0;
	}
	if (!rc)
		rc = selectors_complete(sel, shipped, &e);
	if (rc)
		kit_broken(answer, "%s", e.text);
	return !rc;
}
