/* SPDX-License-Identifier: MIT */
#include "sending.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>

#include "hours.h"
#include "retry.h"
#include "work.h"

#define UPDATES_MAX 5                 /* of sending one update without a clear answer */
#define UPDATE_GAP_MS MINUTE_MS       /* at least, before an update */
#define FIND_EVERY_MS (15 * MINUTE_MS)
/* A publisher may still execute long after the end of its agent: absent is absent only then. */
#define FIND_SURE_MS (45 * MINUTE_MS)
#define FIND_GIVE_UP_MS DAY_MS

/* It goes in the place of a post that is out already. */
static bool is_update(const struct value *row)
{
	return value_get_int(row, "updates", 0) > 0;
}

static struct value *publisher_request(const struct engine *e, const struct config_publisher *p,
	const char *op, const struct value *row)
{
	struct value *config = value_copy(p->settings);
	value_set_string(config, "timezone", e->config->hours.timezone);
	struct value *request = agent_request(op, config);
	value_set(request, "post", work_whole_post(row));
	if (str_eq(op, "update")) {
		value_set_string(request, "id", value_get_string(row, "out_id", ""));
		return request;
	}
	/* In two steps where the agent can: a draft, then that draft by its id. */
	const char *draft = value_get_string(row, "draft_id", NULL);
	value_set_string(request, "stage", draft ? "publish" : "draft");
	value_set_string(request, "id", draft);
	return request;
}

static int start_publisher(struct engine *e, enum action action, const struct config_publisher *p,
	const char *op, const struct value *row, struct err *err)
{
	struct secrets secrets;
	secrets_init(&secrets);
	secrets_add_settings(&secrets, p->name, e->credentials_dir, p->settings);
	struct value *request = publisher_request(e, p, op, row);
	e->post_id = value_get_int(row, "id", 0);
	int r = work_start(e, action, p->agent, request, p->timeout_ms, &secrets, err);
	value_free(request);
	secrets_finish(&secrets);
	return r;
}

/* A file of its secrets that is not there: the line in ERR, and it is waited for. */
static int look_for_secrets(struct engine *e, const struct config_publisher *p, struct err *err)
{
	struct secrets secrets;
	size_t i;
	secrets_init(&secrets);
	secrets_add_settings(&secrets, p->name, e->credentials_dir, p->settings);
	int r = secrets_look(&secrets, &i, err);
	if (r < 0)
		work_await(e, secrets_file(&secrets, i));
	secrets_finish(&secrets);
	return r;
}

/* Nothing was sent, and no attempt is counted; its posts stay ready. */
static int wait_for_secrets(
	struct engine *e, const struct config_publisher *p, const struct err *why)
{
	struct store_publisher state = { .broken = true };
	str_format_cut(state.reason, sizeof(state.reason), "%s", why->text);
	log_event(LOG_LEVEL_ERR,
		LOG_FIELDS(.event = EVENT_SECRET_MISSING, .agent = p->agent, .publisher = p->name),
		"publisher '%s' lacks a secret: %s; its posts wait for that", p->name, why->text);
	return store_publisher_set(e->store, p->name, &state);
}

/* What it waited for has come? 1 if not. */
static int still_lacks(
	struct engine *e, const struct config_publisher *p, struct store_publisher *state)
{
	struct err why;
	if (state->failures > 0 || look_for_secrets(e, p, &why) < 0)
		return 1;
	log_event(LOG_LEVEL_NOTICE,
		LOG_FIELDS(.event = EVENT_SECRET_BACK, .agent = p->agent, .publisher = p->name),
		"publisher '%s' has its secrets; its posts go on", p->name);
	*state = (struct store_publisher){ .failures = 0 };
	return store_publisher_set(e->store, p->name, state);
}

/*
 * Milliseconds until this publisher may send again; INT64_MAX when a person is
 * needed. An update is no new post of the day, but keeps its distance.
 */
static int publisher_wait(
	struct engine *e, const struct config_publisher *p, bool update, int64_t *ret)
{
	int64_t gap = update && p->gap_ms < UPDATE_GAP_MS ? UPDATE_GAP_MS : p->gap_ms;
	struct store_publisher state;
	int r = store_publisher_get(e->store, p->name, &state);
	if (r < 0)
		return r;
	if (state.broken && (r = still_lacks(e, p, &state)) != 0) {
		*ret = INT64_MAX;
		return r < 0 ? r : 0;
	}
	struct date d;
	clock_date(e->now.wall_ms, &d);
	d.hour = d.minute = d.second = 0;
	int64_t midnight = clock_wall(&d);
	d.day++;
	int64_t tomorrow = clock_wall(&d);
	int today = 0;
	int64_t last = 0;
	r = store_publisher_pace(e->store, p->name, midnight, &today, &last);
	if (r < 0)
		return r;
	int64_t restored = INT64_MAX;
	r = work_restored_age(e, &restored);
	if (r < 0)
		return r;
	/* What it sent before a backup was restored is not known: its last counts as sent then. */
	if (restored != INT64_MAX && e->now.wall_ms - restored > last)
		last = e->now.wall_ms - restored;
	if (restored <= e->now.wall_ms - midnight)
		today = INT_MAX;
	int64_t until = state.until_ms;
	if (last > 0 && gap > 0 && last + gap > until)
		until = last + gap;
	if (!update && p->per_day > 0 && today >= p->per_day && tomorrow > until)
		until = tomorrow;
	*ret = until > e->now.wall_ms ? until - e->now.wall_ms : 0;
	int64_t closed = hours_wait(&e->config->hours.active, e->now.wall_ms);
	int64_t closed_too = hours_wait(&p->hours, e->now.wall_ms);
	if (closed > *ret)
		*ret = closed;
	if (closed_too > *ret)
		*ret = closed_too;
	return 0;
}

static void log_publisher_block(
	const struct config_publisher *p, int64_t until_ms, const char *reason)
{
	char until[CLOCK_TEXT_MAX];
	clock_format_stamp(until_ms, until);
	log_event(LOG_LEVEL_ERR,
		LOG_FIELDS(.event = EVENT_PUBLISHER_BLOCKED, .agent = p->agent,
			.publisher = p->name, .until = until),
		"publisher '%s' is blocked: %s; its posts wait until %s", p->name, reason, until);
}

/* Its posts wait: for a while, or until a person has cleared what is in its way. */
static int fail_publisher(
	struct engine *e, const struct config_publisher *p, const struct agent_result *res)
{
	struct store_publisher state;
	int r = store_publisher_get(e->store, p->name, &state);
	if (r < 0)
		return r;
	state.failures++;
	int64_t wait = retry_delay(state.failures, MINUTE_MS, HOUR_MS);
	if (res->retry_after_ms > wait)
		wait = res->retry_after_ms;
	state.until_ms = e->now.wall_ms + wait;
	if (res->verdict == AGENT_BLOCKED)
		state.until_ms = res->until_ms > e->now.wall_ms ? res->until_ms
								: e->now.wall_ms + DAY_MS;
	state.broken = res->verdict == AGENT_BROKEN || res->person;
	str_format_cut(state.reason, sizeof(state.reason), "%s", res->reason);
	if (state.broken)
		log_event(LOG_LEVEL_ERR,
			LOG_FIELDS(.event = EVENT_PUBLISHER_BROKEN, .agent = p->agent,
				.publisher = p->name),
			"publisher '%s' needs you: %s; its posts "
			"wait until you run: cpauto unblock",
			p->name, res->reason);
	else if (res->verdict == AGENT_BLOCKED)
		log_publisher_block(p, state.until_ms, res->reason);
	else
		log_event(LOG_LEVEL_WARNING,
			LOG_FIELDS(.event = EVENT_PUBLISHER_WAITS, .agent = p->agent,
				.publisher = p->name),
			"publisher '%s': %s; its posts wait", p->name, res->reason);
	return store_publisher_set(e->store, p->name, &state);
}

int sending_held(struct engine *e, struct value **ret)
{
	struct value *rows = NULL;
	*ret = value_new_list();
	int r = store_list_publishers(e->store, &rows);
	for (size_t i = 0; r == 0 && i < value_len(rows); i++) {
		const struct value *row = value_at(rows, i);
		if (value_get_int(row, "broken", 0) ||
			value_get_int(row, "until_ms", 0) > e->now.wall_ms)
			value_append(*ret, value_copy(row));
	}
	value_free(rows);
	return r;
}

void sending_tell_released(const struct value *held)
{
	for (size_t i = 0; i < value_len(held); i++) {
		const char *name = value_get_string(value_at(held, i), "name", "");
		log_event(LOG_LEVEL_NOTICE,
			LOG_FIELDS(.event = EVENT_PUBLISHER_BACK, .publisher = name),
			"publisher '%s' is tried again; its posts go on", name);
	}
}

/* It worked. A person's word is not taken back by it: a look finds a post behind a captcha too. */
static int mend_publisher(struct engine *e, const char *name)
{
	struct store_publisher state;
	int r = store_publisher_get(e->store, name, &state);
	if (r < 0 || state.failures == 0 || state.broken)
		return r;
	r = store_publisher_set(e->store, name, &(struct store_publisher){ .failures = 0 });
	if (r == 0)
		log_event(LOG_LEVEL_NOTICE,
			LOG_FIELDS(.event = EVENT_PUBLISHER_BACK, .publisher = name),
			"publisher '%s' works again", name);
	return r;
}

/* Is what it says still true enough to go out? If not it is made anew, and stays approved. */
static bool facts_fresh(const struct engine *e, const struct value *row)
{
	int64_t age = e->now.wall_ms - value_get_int(row, "facts_ms", 0);
	return age >= -MINUTE_MS && age <= e->config->cache.ttl_ms;
}

/*
 * Its prices grew old: it is made anew, which may cost a call. One at a time for
 * a publisher, or a queue behind a slow pace would spend calls on posts that
 * grow old again: until it has its prices, store_post_ready() leaves the others.
 */
static int renew(struct engine *e, const struct config_publisher *p, int64_t id)
{
	int r = store_post_move(e->store, id, POST_READY, POST_PLANNED, e->now.wall_ms,
		e->now.wall_ms, _("its prices grew old; it is made anew"));
	return r < 0 ? r : store_posts_stale(e->store, p->name,
		e->now.wall_ms - e->config->cache.ttl_ms, e->now.wall_ms,
		_("its prices grew old; it is made anew before it goes out"));
}

/* It may be out for all the restored backup knows: found, absent or parked, then it goes on. */
static int look_first(struct engine *e, const struct value *row)
{
	struct work_fields f;
	log_event(LOG_LEVEL_NOTICE, work_fields(&f, EVENT_POST_DOUBTED, row),
		"post %s may have gone out after the backup that was restored; it is looked for "
		"first",
		f.id);
	return store_post_doubted(e->store, value_get_int(row, "id", 0), &e->now);
}

static int send(struct engine *e, const struct config_publisher *p, const struct value *row)
{
	struct err err;
	int64_t id = value_get_int(row, "id", 0);
	if (value_get_int(row, "doubt", 0))
		return look_first(e, row);
	if (!facts_fresh(e, row))
		return renew(e, p, id);
	int r = work_pass_gates(e, row, &err);
	if (r < 0)
		return work_stop(e, row, r, err.text);
	if (look_for_secrets(e, p, &err) < 0)
		return wait_for_secrets(e, p, &err);
	r = store_post_sending(e->store, id, &e->now);
	if (r < 0)
		return r;
	const char *op = is_update(row) ? "update" : "publish";
	r = start_publisher(e, ACTION_PUBLISH, p, op, row, &err);
	if (r == 0)
		return 0;
	/* Nothing was started, so nothing left. */
	struct agent_result res = { .verdict = work_not_started(r), .reason = err.text,
		.retry_after_ms = -1, .strikes = -1 };
	r = store_post_move(e->store, id, POST_SENDING, POST_READY, e->now.wall_ms,
		e->now.wall_ms, err.text);
	if (r == 0)
		r = fail_publisher(e, p, &res);
	e->fatal = r < 0; /* as in engine_done(): the post may stay sending */
	return r;
}

/* One publisher: 1 if something was done. */
static int try_send(struct engine *e, const struct config_publisher *p, bool update)
{
	int64_t id, wait, when;
	int r = store_post_ready(e->store, p->name, update,
		e->now.wall_ms - e->config->cache.ttl_ms, e->now.wall_ms + MINUTE_MS, &id, &when);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = publisher_wait(e, p, update, &wait);
	if (r < 0)
		return r;
	if (when - e->now.wall_ms > wait)
		wait = when - e->now.wall_ms;
	if (wait > 0) {
		if (wait != INT64_MAX)
			work_wake_in(e, wait);
		return 0;
	}
	struct value *row = NULL;
	r = store_post_get(e->store, id, &row);
	if (r == 0)
		r = send(e, p, row);
	value_free(row);
	return r < 0 ? r : 1;
}

int sending_try_publish(struct engine *e)
{
	for (size_t i = 0; i < e->config->publisher_count; i++) {
		const struct config_publisher *p = &e->config->publishers[i];
		int r = try_send(e, p, false);
		if (r == 0)
			r = try_send(e, p, true);
		if (r != 0)
			return r;
	}
	return 0;
}

static int published(struct engine *e, const struct value *row, const struct value *answer)
{
	struct work_fields f;
	int r = store_post_published(e->store, e->post_id, e->now.wall_ms,
		value_get_string(answer, "id", NULL), value_get_string(answer, "url", NULL));
	if (r < 0)
		return r;
	e->counts.posts_published++;
	log_event(LOG_LEVEL_NOTICE,
		work_fields(&f, EVENT_POST_PUBLISHED, row),
		"post %s is out through '%s': %s", f.id, value_get_string(row, "publisher", ""),
		value_get_string(row, "title", ""));
	return mend_publisher(e, value_get_string(row, "publisher", ""));
}

static int unclear(struct engine *e, const struct value *row, const char *reason)
{
	struct work_fields f;
	log_event(LOG_LEVEL_WARNING, work_fields(&f, EVENT_POST_UNCLEAR, row),
		"post %s may be out or not: %s; looking for it from %" PRId64
		" min on, nothing is sent again before",
		f.id, reason, FIND_FIRST_MS / MINUTE_MS);
	return store_post_unclear(
		e->store, e->post_id, &e->now, e->now.wall_ms + FIND_FIRST_MS, reason);
}

static int park(struct engine *e, const struct value *row, const char *reason)
{
	struct work_fields f;
	log_event(LOG_LEVEL_ERR, work_fields(&f, EVENT_POST_PARKED, row),
		"post %s: %s; look at the blog, then: "
		"cpauto posts settle %s --published or --absent",
		f.id, reason, f.id);
	return store_post_move(e->store, value_get_int(row, "id", 0), POST_UNKNOWN, POST_PARKED,
		e->now.wall_ms, e->now.wall_ms, reason);
}

/* A draft is no post yet: its id is kept, and with it the next step can be repeated. */
static int drafted(struct engine *e, const struct value *row, const struct value *answer)
{
	const char *draft = value_get_string(answer, "id", "");
	if (draft[0])
		return store_post_draft(e->store, e->post_id, e->now.wall_ms, draft);
	if (str_eq(value_get_string(row, "state", ""), POST_UNKNOWN))
		return park(e, row, _("its draft was found, but has no id"));
	return unclear(e, row, _("its draft has no id"));
}

static int updated(struct engine *e, const struct value *row, const struct value *answer)
{
	struct work_fields f;
	char first[24];
	int r = store_post_published(e->store, e->post_id, e->now.wall_ms,
		value_get_string(row, "out_id", NULL),
		value_get_string(answer, "url", value_get_string(row, "out_url", NULL)));
	if (r < 0)
		return r;
	e->counts.posts_updated++;
	log_event(LOG_LEVEL_NOTICE,
		work_fields(&f, EVENT_POST_UPDATED, row),
		"post %s is out through '%s', in the place of post %s: %s", f.id,
		value_get_string(row, "publisher", ""),
		work_id(value_get_int(row, "updates", 0), first),
		value_get_string(row, "title", ""));
	return mend_publisher(e, value_get_string(row, "publisher", ""));
}

/* To write the same over the same post once more harms nothing; but not for ever. */
static int update_unclear(struct engine *e, const struct value *row, const char *reason)
{
	char why[ERR_MAX];
	int tries = (int)value_get_int(row, "attempts", 0);
	if (tries < UPDATES_MAX)
		return store_post_move(e->store, e->post_id, POST_SENDING, POST_READY,
			e->now.wall_ms,
			e->now.wall_ms + retry_delay(tries, FIND_FIRST_MS, HOUR_MS), reason);
	str_format_cut(why, sizeof(why), _("sent %d times without a clear answer: %s"), tries,
		reason);
	return work_refuse(e, row, why);
}

int sending_publish_done(struct engine *e, const struct value *row,
	const struct config_publisher *p, const struct agent_result *res)
{
	/* Before the post leaves its state: a crash between the two must not let others out. */
	int r = res->person && p ? fail_publisher(e, p, res) : 0;
	if (r < 0)
		return r;
	switch (res->verdict) {
	case AGENT_OK:
		if (is_update(row))
			return updated(e, row, res->answer);
		if (value_get_bool(res->answer, "draft", false))
			return drafted(e, row, res->answer);
		return published(e, row, res->answer);
	case AGENT_REFUSED:
		return work_refuse(e, row, res->reason);
	case AGENT_UNKNOWN:
		if (is_update(row))
			return update_unclear(e, row, res->reason);
		return unclear(e, row, res->reason);
	default:
		break;
	}
	/* later, broken, blocked: nothing happened, it goes when the publisher can. */
	r = store_post_move(e->store, e->post_id, POST_SENDING, POST_READY, e->now.wall_ms,
		e->now.wall_ms, res->reason);
	if (r == 0 && p)
		r = fail_publisher(e, p, res);
	return r;
}

/* ---- settling what nobody knows --------------------------------------------------- */

/* How long ago it was sent, by the clock that no step moves (budget.h). */
static int64_t sending_age(const struct engine *e, const struct value *row)
{
	struct instant sent = {
		.wall_ms = value_get_int(row, "sending_ms", 0),
		.boot_ms = value_get_int(row, "sending_boot", 0),
		.synced = value_get_int(row, "sending_synced", 0) != 0,
	};
	str_format_cut(sent.boot_id, sizeof(sent.boot_id), "%s",
		value_get_string(row, "sending_boot_id", ""));
	return e->now.boot_ms - budget_moment(&sent, &e->now);
}

/* Where only the machine was short of something it is looked for later. */
static int find_not_started(
	struct engine *e, const struct value *row, int error, const char *reason)
{
	int finds = 0;
	if (work_not_started(error) == AGENT_BROKEN || sending_age(e, row) > FIND_GIVE_UP_MS)
		return park(e, row, reason);
	struct work_fields f;
	log_event(LOG_LEVEL_WARNING, work_fields(&f, EVENT_LOOK_LATE, row),
		"post %s is looked for later: %s", f.id, reason);
	return store_post_looked(e->store, e->post_id, e->now.wall_ms,
		e->now.wall_ms + FIND_EVERY_MS, false, &finds);
}

int sending_try_settle(struct engine *e)
{
	struct value *row = NULL;
	int r = work_next_post(e, POST_UNKNOWN, NULL, &row);
	if (r <= 0)
		return r;
	struct err err;
	const struct config_publisher *p =
		config_publisher_find(e->config, value_get_string(row, "publisher", ""));
	if (!p)
		r = park(e, row, _("its publisher is not in the configuration any more"));
	else if ((r = start_publisher(e, ACTION_FIND, p, "find", row, &err)) < 0)
		r = find_not_started(e, row, r, err.text);
	value_free(row);
	return r < 0 ? r : 1;
}

static int not_found(struct engine *e, const struct value *row)
{
	int finds = 0;
	int r = store_post_looked(e->store, e->post_id, e->now.wall_ms,
		e->now.wall_ms + FIND_EVERY_MS, true, &finds);
	if (r < 0)
		return r;
	if (finds < 2 || sending_age(e, row) < FIND_SURE_MS)
		return 0;
	struct work_fields f;
	log_event(LOG_LEVEL_NOTICE, work_fields(&f, EVENT_POST_ABSENT, row),
		"post %s is not there after %d looks; it is sent again", f.id, finds);
	return store_post_move(e->store, e->post_id, POST_UNKNOWN, POST_READY, e->now.wall_ms,
		e->now.wall_ms, _("it was looked for and is not there"));
}

int sending_find_done(struct engine *e, const struct value *row, const struct agent_result *res)
{
	const char *found = value_get_string(res->answer, "found", "unknown");
	/*
	 * A draft that was asked for: now it can be published. One that was being
	 * published is not out yet, which is a look that did not find it.
	 */
	if (res->verdict == AGENT_OK && str_eq(found, "yes") &&
		value_get_bool(res->answer, "draft", false))
		return value_get_string(row, "draft_id", NULL) ? not_found(e, row)
							       : drafted(e, row, res->answer);
	if (res->verdict == AGENT_OK && str_eq(found, "yes"))
		return published(e, row, res->answer);
	if (res->verdict == AGENT_OK && str_eq(found, "no"))
		return not_found(e, row);
	if (res->verdict == AGENT_OK || res->verdict == AGENT_REFUSED)
		return park(e, row, _("its publisher cannot tell whether it is out"));
	if (sending_age(e, row) > FIND_GIVE_UP_MS)
		return park(e, row, res->reason);
	int finds = 0;
	return store_post_looked(e->store, e->post_id, e->now.wall_ms,
		e->now.wall_ms + FIND_EVERY_MS, false, &finds);
}
