/* SPDX-License-Identifier: MIT */
/* The agent of Naver's blog, which has no API: the editor in the owner's browser. */
#include "blocks.h"
#include "kit.h"
#include "layer.h"
#include "login.h"
#include "lookup.h"
#include "posting.h"
#include "room.h"
#include "setup.h"

#define LOGIN_MS 600000

#define TERMS_FILE "cpauto-terms" /* in the profile */
#define TERMS_FILE_MAX (64u << 10)

static const char terms[] =
	N_("Naver's terms of use forbid automated posting without its prior permission.");

/* ---- publish ---- */

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
	CLEANUP_FREE char *line = xasprintf("publisher '%s': Naver's terms of use forbid "
		"automated posting without its prior permission; by unattended = true you say that "
		"you have it\n", publisher);
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

static bool fit_pictures(const struct value *request, struct room *r, struct value *answer)
{
	bool done = room_prepare(request, r, answer) && album_fill(&r->album, &r->s.fit,
		value_get(value_get(request, "post"), "images"), r->s.profile, answer);

	room_lap(r, "fit");
	return done;
}

static void run_publish(const struct value *request, struct value *answer)
{
	const struct value *post = value_get(request, "post");
	const struct value *html = value_get(post, "html");
	struct room r = { .open = false };
	struct value *blocks;

	if (!setup_read(request, &r.s, answer))
		return;
	blocks = blocks_parse(value_string(html, ""), value_len(html), r.s.cards);
	r.steps = value_new_object();
	room_lap(&r, NULL);
	if (posting_ok(post, blocks, answer) && fit_pictures(request, &r, answer) &&
			login_enter(request, &r, answer)) {
		room_lap(&r, "browser");
		if (r.s.publish)
			tell_terms(&r, value_get_string(value_get(request, "config"), "name", ""));
		posting_run(&r, post, blocks, answer);
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

	if (!room_prepare(request, r, answer) || !login_enter(request, r, answer))
		return;
	end = room_open_editor(r);
	if (end != EDITOR_OK) {
		room_give(r, end, answer);
		return;
	}
	answer_found(lookup_drafts(&r->ed, title), answer);
}

static void run_find(const struct value *request, struct value *answer)
{
	const struct value *post = value_get(request, "post");
	const struct value *html = value_get(post, "html");
	struct room r = { .open = false };
	struct lookup w = { .title = value_get_string(post, "title", "") };
	struct value *blocks;
	enum seen seen;

	if (!setup_read(request, &r.s, answer))
		return;
	blocks = blocks_parse(value_string(html, ""), value_len(html), false);
	w.hrefs = lookup_hrefs(blocks);
	seen = lookup_feed(&r.s, &w, answer);
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
	enum editor_end end = room_open_editor(r);
	struct value *selectors;
	struct buf names;

	/* Without its title no editor opens; all that is there is told nevertheless. */
	if (end != EDITOR_OK && !r->ed.lacks) {
		room_give(r, end, answer);
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
		room_give(r, end, answer);
	else
		kit_ok(answer);
	buf_finish(&names);
}

static void run_check(const struct value *request, struct value *answer)
{
	struct room r = { .open = false };

	value_set_string(answer, "notice", tr(terms));
	if (!setup_read(request, &r.s, answer))
		return;
	if (room_prepare(request, &r, answer) && login_enter(request, &r, answer))
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

	if (!setup_read(request, &r.s, answer))
		return;
	if (dir_make(r.s.profile, 0700)) {
		kit_broken(answer, "the folder %s cannot be made", r.s.profile);
		return;
	}
	if (room_open(request, &r, value_get_bool(request, "headless", false), answer) &&
			login_visit(&r, answer)) {
		state = login_wait(&r, wait_ms, true, id);
		if (state == LOGIN_OK) {
			value_set_string(answer, "blog_id", r.s.blog_id);
			kit_ok(answer);
		} else if (state == LOGIN_OTHER) {
			login_say(&r, state, id, answer);
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
	value_set_string(answer, "notice", tr(terms));
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
