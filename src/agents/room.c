/* SPDX-License-Identifier: MIT */
#include "room.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "clock.h"
#include "kit.h"

#define START_MS 20000
#define MARGIN_MS 15000 /* of the time limit, for closing the browser */

bool room_prepare(const struct value *request, struct room *r, struct value *answer)
{
	int64_t margin_ms = r->s.timeout_ms / 4 < MARGIN_MS ? r->s.timeout_ms / 4 : MARGIN_MS;
	struct stat st;

	r->end_ms = editor_ms() + r->s.timeout_ms - margin_ms;
	if (!setup_selectors(request, &r->s, &r->sel, answer))
		return false;
	if (!stat(r->s.profile, &st) && S_ISDIR(st.st_mode))
		return true;
	kit_broken(answer, "the profile %s is not there: run 'cpauto login' first",
		r->s.profile);
	return false;
}

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
		kit_later(answer, ROOM_LATER_S, "%s", e.text);
	else
		wd_init(&r->wd, r->driver.url, r->s.step_ms * 3);
	return !rc;
}

bool room_open(const struct value *request, struct room *r, bool headless, struct value *answer)
{
	struct wd_wish wish = { .binary = r->s.browser, .profile = r->s.profile,
		.headless = headless, .width = 1280, .height = 1000, .page_ms = r->s.step_ms * 2,
		.script_ms = r->s.step_ms, .args = r->s.args };

	wish.firefox = strstr(r->s.driver, "gecko") != NULL;
	if (!start_driver(request, r, answer))
		return false;
	if (wd_open(&r->wd, &wish) != WD_OK) {
		kit_later(answer, ROOM_LATER_S, "the browser cannot be opened (is a window of this "
			"profile still open?): %.250s", r->wd.why.text);
		return false;
	}
	r->open = true;
	return true;
}

void room_finish(struct room *r)
{
	if (r->open)
		wd_close(&r->wd);
	driver_stop(&r->driver);
	editor_finish(&r->ed);
	album_finish(&r->album);
	selectors_finish(&r->sel);
}

enum editor_end room_open_editor(struct room *r)
{
	CLEANUP_FREE char *url = xasprintf("%s/%s?Redirect=Write", r->s.endpoint, r->s.blog_id);

	return editor_open(&r->ed, url);
}

void room_keep_screenshot(struct room *r)
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

void room_give(struct room *r, enum editor_end end, struct value *answer)
{
	bool maybe = r->s.publish ? r->ed.final_click : r->ed.save_click;
	const char *why = r->ed.why.text;

	room_keep_screenshot(r);
	if (maybe || end == EDITOR_UNCLEAR)
		kit_unknown(answer, "%s", why);
	else if (end == EDITOR_BROKEN)
		kit_broken(answer, "%s", why);
	else
		kit_later(answer, ROOM_LATER_S, "%s", why);
	if (maybe && end == EDITOR_BROKEN)
		value_set_bool(answer, "person", true);
}

void room_lap(struct room *r, const char *name)
{
	int64_t now = editor_ms();

	if (name && r->steps)
		value_set_int(r->steps, name, now - r->lap_ms);
	r->lap_ms = now;
}
