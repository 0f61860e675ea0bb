/* SPDX-License-Identifier: MIT */
#include "login.h"

#include <poll.h>
#include <strings.h>

#include "kit.h"

/* Whose blog URL is a page of, into OUT; "" if it does not say. */
static void blog_of(const struct setup *s, const char *url, char out[64])
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

enum login login_wait(struct room *r, int64_t ms, bool patient, char id[64])
{
	int64_t end = editor_ms() + ms;
	enum login state;

	do {
		state = look_login(r, id);
		if (state == LOGIN_OK || state == LOGIN_OTHER || state == LOGIN_CLOSED ||
				(state == LOGIN_NONE && !patient))
			return state;
		poll(NULL, 0, 200);
	} while (editor_ms() < end);
	return state;
}

bool login_visit(struct room *r, struct value *answer)
{
	CLEANUP_FREE char *url = xasprintf("%s/MyBlog.naver", r->s.endpoint);

	if (wd_navigate(&r->wd, url) == WD_OK)
		return true;
	kit_later(answer, ROOM_LATER_S, "%.100s cannot be opened: %.250s", url, r->wd.why.text);
	return false;
}

bool login_say(struct room *r, enum login state, const char *id, struct value *answer)
{
	if (state == LOGIN_OK)
		return true;
	room_keep_screenshot(r);
	if (state == LOGIN_NONE)
		kit_broken(answer, "the browser's profile is not logged in: run 'cpauto login', "
			"log in there, then 'cpauto unblock'");
	else if (state == LOGIN_OTHER)
		kit_broken(answer, "the profile is logged in as %s, not as %s: run 'cpauto login'",
			id, r->s.blog_id);
	else
		kit_later(answer, ROOM_LATER_S, "it cannot be seen who is logged in");
	return false;
}

static bool probe_login(struct room *r, struct value *answer)
{
	char id[64];

	return login_visit(r, answer) &&
		login_say(r, login_wait(r, r->s.step_ms, false, id), id, answer);
}

bool login_enter(const struct value *request, struct room *r, struct value *answer)
{
	if (!room_open(request, r, r->s.headless, answer) || !probe_login(r, answer))
		return false;
	editor_init(&r->ed, &r->wd, &r->sel, r->s.blog_id, r->s.step_ms, r->end_ms);
	return true;
}
