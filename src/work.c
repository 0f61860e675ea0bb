/* SPDX-License-Identifier: MIT */
#include "work.h"

#include <errno.h>
#include <inttypes.h>

#include "gates.h"
#include "workshop.h"

void work_wake_in(struct engine *e, int64_t wait_ms)
{
	if (wait_ms < 0)
		wait_ms = 0;
	if (wait_ms < e->wake_ms)
		e->wake_ms = wait_ms;
}

void work_await(struct engine *e, const char *path)
{
	free(e->awaits);
	e->awaits = xstrdup(path);
}

const struct config_list *work_list(const struct engine *e, const char *name)
{
	return config_list_find(e->config, name);
}

const char *work_id(int64_t id, char buf[24])
{
	str_format_cut(buf, 24, "%" PRId64, id);
	return buf;
}

const struct log_fields *work_fields(
	struct work_fields *buf, enum event event, const struct value *row)
{
	buf->fields = (struct log_fields){
		.event = event,
		.keyword = value_get_string(row, "keyword", ""),
		.list = value_get_string(row, "list", ""),
		.post = work_id(value_get_int(row, "id", 0), buf->id),
		.publisher = value_get_string(row, "publisher", ""),
		.calls_left = -1,
	};
	return &buf->fields;
}

static int load_head(struct engine *e, size_t i)
{
	return store_list_head(e->store, e->lists[i].id, &e->plan[i].head);
}

/* Reads what the store knows of each list. */
int work_load_plan(struct engine *e)
{
	for (size_t i = 0; i < e->list_count; i++) {
		const struct config_list *c = e->lists[i].config;
		int r = store_list_load(e->store, e->lists[i].id, &e->plan[i]);
		if (r < 0)
			return r;
		e->plan[i].weight = c->weight;
		e->plan[i].horizon_ms =
			(c->every_ms > 7 * DAY_MS ? c->every_ms : 7 * DAY_MS) + DAY_MS;
	}
	return 0;
}

int work_load_head(struct engine *e, int64_t list_id)
{
	for (size_t i = 0; i < e->list_count; i++)
		if (e->lists[i].id == list_id)
			return load_head(e, i);
	return 0;
}

int work_start(struct engine *e, enum action action, const char *agent,
	const struct value *request, int64_t timeout_ms, const struct secrets *secrets,
	struct err *err)
{
	struct agent_job job = {
		.name = agent,
		.request = request,
		.timeout_ms = timeout_ms,
		.secrets = secrets ? secrets->items : NULL,
	};
	int r = e->port.start(e->port.ctx, &job, err);
	if (r == 0)
		e->action = action;
	return r;
}

enum agent_verdict work_not_started(int error)
{
	bool setup = error == -EINVAL || error == -ENAMETOOLONG || error == -E2BIG;
	return setup ? AGENT_BROKEN : AGENT_LATER;
}

struct value *work_source_config(const struct engine *e)
{
	struct value *v = value_new_object();
	value_set_string(v, "endpoint", e->config->coupang.endpoint);
	value_set_string(v, "sub_id", e->config->coupang.sub_id);
	value_set_string(v, "image_size", e->config->coupang.image_size);
	value_set_int(v, "timeout_ms", e->config->coupang.timeout_ms);
	return v;
}

/* The agent ends itself first; this is for one that does not. */
int64_t work_source_timeout(const struct engine *e)
{
	return e->config->coupang.timeout_ms + 5 * SECOND_MS;
}

/* The cached answer if it is not older than ttl (and not from the future); -ENOENT if not. */
int work_fresh_answer(
	struct engine *e, const char *folded, int64_t *ret_fetched_ms, struct value **ret)
{
	int64_t at = 0;
	struct value *v = NULL;
	int r = store_answer_get(e->store, folded, &at, &v);
	if (r < 0)
		return -ENOENT; /* whatever is wrong with the cache: ask again */
	if (at > e->now.wall_ms + MINUTE_MS || e->now.wall_ms - at > e->config->cache.ttl_ms) {
		value_free(v);
		return -ENOENT;
	}
	*ret_fetched_ms = at;
	*ret = v;
	return 0;
}

int work_next_post(struct engine *e, const char *state, const char *publisher, struct value **ret)
{
	int64_t id;
	int r = store_post_next(e->store, state, publisher, e->now.wall_ms, &id);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = store_post_get(e->store, id, ret);
	return r < 0 ? r : 1;
}

int work_restored_age(struct engine *e, int64_t *ret)
{
	struct instant at;
	int r = store_restored(e->store, &at);
	if (r < 0 && r != -ENOENT)
		return r;
	*ret = r == 0 ? e->now.boot_ms - budget_moment(&at, &e->now) : INT64_MAX;
	return 0;
}

int work_refuse(struct engine *e, const struct value *post, const char *why)
{
	struct work_fields f;
	e->counts.posts_refused++;
	log_event(LOG_LEVEL_WARNING, work_fields(&f, EVENT_POST_REFUSED, post),
		"post %s does not go out: %s; mend it, then: cpauto posts retry %s", f.id, why,
		f.id);
	return store_post_move(e->store, value_get_int(post, "id", 0),
		value_get_string(post, "state", ""), POST_REFUSED, e->now.wall_ms,
		e->now.wall_ms, why);
}

/* The post object as gates and publishers see it: the row's texts put back in. */
struct value *work_whole_post(const struct value *row)
{
	struct value *post = value_copy(value_get(row, "post"));
	if (value_kind(post) != VALUE_OBJECT) {
		value_free(post);
		post = value_new_object();
	}
	value_remove(post, "answer");
	value_remove(post, "image_tries");
	/* An update goes by the name of what stands on the blog. */
	const char *key = value_get_string(row, "out_key", value_get_string(row, "key", ""));
	value_set_string(post, "key", key);
	value_set_string(post, "marker", key);
	value_set_string(post, "keyword", value_get_string(row, "keyword", ""));
	value_set_string(post, "title", value_get_string(row, "title", ""));
	value_set_string(post, "html", value_get_string(row, "html", ""));
	value_set_string(post, "text", value_get_string(row, "text", ""));
	value_set_string(post, "markdown", value_get_string(row, "markdown", ""));
	return post;
}

/*
 * Every gate over the post as it stands in the database, against the answer
 * that it was made from. ERR gets the first that fails.
 */
int work_pass_gates(struct engine *e, const struct value *row, struct err *err)
{
	struct value *post = work_whole_post(row);
	const struct value *answer = value_get(value_get(row, "post"), "answer");
	struct gates_input in = {
		.post = post,
		.products = value_get(answer, "products"),
		.search_link = value_get_string(answer, "landing_url", ""),
		.keyword = value_get_string(row, "keyword", ""),
		.endpoint = e->config->coupang.endpoint,
		.fetched_ms = value_get_int(row, "facts_ms", 0),
		.now_ms = e->now.wall_ms,
		.ttl_ms = e->config->cache.ttl_ms,
	};
	int r = workshop_gates(e->apart, &in, err);
	value_free(post);
	return r;
}

/* The post does not go out, or, where it is not to blame, waits a minute. */
int work_stop(struct engine *e, const struct value *post, int error, const char *why)
{
	const char *state = value_get_string(post, "state", "");
	if (error != -EAGAIN)
		return work_refuse(e, post, why);
	struct work_fields f;
	log_event(LOG_LEVEL_WARNING, work_fields(&f, EVENT_POST_DELAYED, post), "post %s: %s", f.id,
		why);
	return store_post_move(e->store, value_get_int(post, "id", 0), state, state,
		e->now.wall_ms, e->now.wall_ms + MINUTE_MS, why);
}
