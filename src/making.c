/* SPDX-License-Identifier: MIT */
#include "making.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "look.h"
#include "similar.h"
#include "work.h"
#include "workshop.h"

#define IMAGE_TRIES 3
#define SIMILAR_DAYS 90

/*
 * Another set of products than was planned: this post will not be, another may.
 * The keyword is due first: killed in between, we find both as they were.
 */
static int replace(struct engine *e, const struct value *row)
{
	struct store_keyword k;
	int r = store_keyword_find(e->store, value_get_string(row, "list", ""),
		value_get_string(row, "folded", ""), &k);
	if (r == 0)
		r = store_keyword_due(e->store, k.id, e->now.wall_ms);
	if (r < 0 && r != -ENOENT)
		return r;
	return work_refuse(e, row,
		_("the products changed before it went out; a new post is made"));
}

/* Its facts must be had anew: asks for its keyword before all others. */
static int want_answer(struct engine *e, const struct value *post)
{
	struct store_keyword k;
	int r = store_keyword_find(e->store, value_get_string(post, "list", ""),
		value_get_string(post, "folded", ""), &k);
	if (r == -ENOENT)
		return work_refuse(e, post, _("its keyword is in no list any more"));
	/* One that failed keeps its patience: its own due time brings the answer. */
	if (r == 0 && k.failures == 0)
		r = store_keyword_first(e->store, k.id, e->now.wall_ms);
	/* The answer makes it due at once; this is for one that never comes or grows old. */
	if (r == 0)
		r = store_post_move(e->store, value_get_int(post, "id", 0), POST_PLANNED,
			POST_PLANNED, e->now.wall_ms, e->now.wall_ms + HOUR_MS,
			_("waits for new prices"));
	return r < 0 ? r : work_load_head(e, k.list_id);
}

static int render_one(struct engine *e, const struct value *row, const struct value *answer,
	int64_t fetched_ms)
{
	const struct config_list *c = work_list(e, value_get_string(row, "list", ""));
	if (!c)
		return work_refuse(e, row, _("its list is not in the configuration any more"));
	char set[LOOK_SET_MAX];
	look_set(value_get(answer, "products"), c->limit, set);
	bool same = str_eq(set, value_get_string(row, "products", ""));
	if (!same && value_get_int(row, "updates", 0) == 0)
		return replace(e, row);
	if (!same) {
		int r = set[0] ? store_post_products(e->store, value_get_int(row, "id", 0), set)
			       : -EEXIST;
		if (r == -EEXIST)
			return work_refuse(e, row,
				_("nothing is found for it, or this update was made already"));
		if (r < 0)
			return r;
	}
	struct render_input in = {
		.keyword = value_get_string(row, "keyword", ""),
		.list = c,
		.products = value_get(answer, "products"),
		.search_link = value_get_string(answer, "landing_url", ""),
		.endpoint = e->config->coupang.endpoint,
		.fetched_ms = fetched_ms,
		.now_ms = e->now.wall_ms,
	};
	struct value *post = NULL;
	struct err err;
	int r = workshop_render(e->apart, e->templates, &in, &post, &err);
	if (r < 0)
		return work_stop(e, row, r, err.text);
	/* The gates judge by what the post was made from, whenever they do. */
	value_set(post, "answer", value_copy(answer));
	r = store_post_rendered(
		e->store, value_get_int(row, "id", 0), post, fetched_ms, e->now.wall_ms);
	value_free(post);
	return r;
}

int making_try_render(struct engine *e)
{
	int64_t fetched;
	struct value *row = NULL, *answer = NULL;
	int r = work_next_post(e, POST_PLANNED, NULL, &row);
	if (r <= 0)
		return r;
	if (work_fresh_answer(e, value_get_string(row, "folded", ""), &fetched, &answer) == 0)
		r = render_one(e, row, answer, fetched);
	else
		r = want_answer(e, row);
	value_free(answer);
	value_free(row);
	return r < 0 ? r : 1;
}

/* 1 with the reason if a post of the last weeks is much like this one. */
static int find_similar(struct engine *e, const struct value *row, char reason[ERR_MAX])
{
	const char *publisher = value_get_string(row, "publisher", "");
	const struct config_publisher *p = config_publisher_find(e->config, publisher);
	struct value *others = NULL;
	if (!p || p->similar == 0)
		return 0;
	int r = store_post_sketches(e->store, publisher, e->now.wall_ms - SIMILAR_DAYS * DAY_MS,
		value_get_int(row, "updates", value_get_int(row, "id", 0)), &others);
	for (size_t i = 0; r == 0 && i < value_len(others); i++) {
		const struct value *o = value_at(others, i);
		int percent = similar_percent(value_get_string(row, "sketch", ""),
			value_get_string(o, "sketch", ""));
		if (percent < p->similar)
			continue;
		str_format_cut(reason, ERR_MAX,
			_("is %d %% like post %" PRId64 " and waits for your approval"), percent,
			value_get_int(o, "id", 0));
		r = 1;
	}
	value_free(others);
	return r;
}

static int judge(struct engine *e, const struct value *row)
{
	struct work_fields f;
	struct err err;
	int64_t id = value_get_int(row, "id", 0);
	const struct config_list *c = work_list(e, value_get_string(row, "list", ""));
	int closed = work_pass_gates(e, row, &err);
	if (closed < 0)
		return work_stop(e, row, closed, err.text);
	bool approved = value_get_int(row, "approved_ms", 0) > 0;
	char reason[ERR_MAX];
	str_format_cut(reason, sizeof(reason), "%s", _("waits for your approval"));
	bool wait = c && c->approve == APPROVE_MANUAL && !approved;
	if (c && c->repost == REPOST_NEVER && value_get_int(row, "doubt", 0) && !approved) {
		wait = true;
		str_format_cut(reason, sizeof(reason),
			_("waits for your approval: its keyword may have been posted after the "
			"backup that was restored"));
	}
	if (!approved) {
		int r = find_similar(e, row, reason);
		if (r < 0)
			return r;
		wait |= r > 0;
	}
	if (wait) {
		e->counts.posts_waiting++;
		log_event(LOG_LEVEL_NOTICE,
			work_fields(&f, EVENT_POST_WAITING, row),
			"post %s %s: cpauto posts show %s, then approve or reject it", f.id, reason,
			f.id);
	}
	/* In the order in which they were made: one that was renewed has waited longest. */
	int64_t since = value_get_int(row, "created_ms", 0);
	if (wait || since > e->now.wall_ms)
		since = e->now.wall_ms;
	return store_post_move(e->store, id, POST_RENDERED, wait ? POST_WAITING : POST_READY,
		e->now.wall_ms, since, wait ? reason : NULL);
}

/* Fills in what the cache has; the URLs that are still wanted, or NULL. */
static struct value *missing_images(struct engine *e, struct value *post)
{
	struct value *want = value_new_list();
	struct value *images = value_get(post, "images");
	for (size_t i = 0; i < value_len(images); i++) {
		struct value *img = value_at(images, i);
		const char *src = value_get_string(img, "src", "");
		const char *path = value_get_string(img, "path", "");
		if (path[0] && access(path, R_OK) == 0)
			continue;
		struct value *have = NULL;
		if (store_image_get(e->store, src, &have) == 0 &&
			access(value_get_string(have, "path", ""), R_OK) == 0) {
			value_set_string(img, "path", value_get_string(have, "path", ""));
			value_set_string(img, "mime", value_get_string(have, "mime", ""));
			value_set_int(img, "width", value_get_int(have, "width", 0));
			value_set_int(img, "height", value_get_int(have, "height", 0));
		} else {
			value_append(want, value_new_string(src));
		}
		value_free(have);
	}
	if (value_len(want) > 0)
		return want;
	value_free(want);
	return NULL;
}

static int start_images(struct engine *e, int64_t post_id, struct value *urls, struct err *err)
{
	struct value *request = agent_request("images", work_source_config(e));
	value_set(request, "urls", urls);
	value_set_string(request, "directory", e->image_dir);
	e->post_id = post_id;
	int r = work_start(
		e, ACTION_IMAGES, "coupang", request, work_source_timeout(e) * 2, NULL, err);
	value_free(request);
	return r;
}

int making_try_finish(struct engine *e)
{
	struct value *row = NULL;
	int r = work_next_post(e, POST_RENDERED, NULL, &row);
	if (r <= 0)
		return r;
	int64_t id = value_get_int(row, "id", 0);
	struct value *post = value_copy(value_get(row, "post"));
	struct value *urls = missing_images(e, post);
	int64_t tries = value_get_int(post, "image_tries", 0);
	struct work_fields f;
	struct err err;
	if (urls)
		value_set_int(post, "image_tries", tries + 1);
	r = store_post_object(e->store, id, post, e->now.wall_ms);
	if (r == 0 && urls && tries < IMAGE_TRIES) {
		if (start_images(e, id, urls, &err) < 0)
			log_event(LOG_LEVEL_WARNING, work_fields(&f, EVENT_IMAGE_MISSING, row),
				"%s; post %s keeps its images' addresses, ignoring", err.text,
				f.id);
		urls = NULL;
	} else if (r == 0) {
		r = judge(e, row);
	}
	value_free(urls);
	value_free(post);
	value_free(row);
	return r < 0 ? r : 1;
}

/* The post goes on with the images it has. */
static int give_up_images(struct engine *e)
{
	struct value *row = NULL;
	int r = store_post_get(e->store, e->post_id, &row);
	if (r < 0)
		return r;
	struct value *post = value_copy(value_get(row, "post"));
	value_set_int(post, "image_tries", IMAGE_TRIES);
	r = store_post_object(e->store, e->post_id, post, e->now.wall_ms);
	value_free(post);
	value_free(row);
	return r;
}

int making_done(struct engine *e, const struct agent_result *res)
{
	const struct value *images = value_get(res->answer, "images");
	char idt[24];
	const char *id = work_id(e->post_id, idt);
	int got = 0;
	for (size_t i = 0; i < value_len(images); i++) {
		const struct value *img = value_at(images, i);
		const char *why = value_get_string(img, "error", NULL);
		if (why) {
			log_event(LOG_LEVEL_WARNING,
				LOG_FIELDS(.event = EVENT_IMAGE_MISSING, .post = id,
					.agent = "coupang"),
				"an image is left out: %s", why);
			continue;
		}
		got++;
		if (store_image_put(e->store, value_get_string(img, "url", ""), img,
			    e->now.wall_ms) < 0)
			log_event(LOG_LEVEL_WARNING, LOG_FIELDS(.event = EVENT_HOUSE_LATE),
				"%s; an image is fetched again next time, ignoring",
				store_error(e->store));
	}
	if (res->verdict != AGENT_OK)
		log_event(LOG_LEVEL_WARNING,
			LOG_FIELDS(.event = EVENT_IMAGE_MISSING, .post = id, .agent = "coupang"),
			"images: %s", res->reason);
	if (res->verdict == AGENT_OK && got > 0)
		return 0;
	if (res->verdict == AGENT_OK || res->verdict == AGENT_REFUSED ||
		res->verdict == AGENT_BROKEN)
		return give_up_images(e);
	return store_post_move(e->store, e->post_id, POST_RENDERED, POST_RENDERED, e->now.wall_ms,
		e->now.wall_ms + MINUTE_MS, _("its images could not be fetched yet"));
}
