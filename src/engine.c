/* SPDX-License-Identifier: MIT */
#include "engine.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <inttypes.h>
#include <unistd.h>

#include "account.h"
#include "asking.h"
#include "desk.h"
#include "log.h"
#include "making.h"
#include "sending.h"
#include "text.h"
#include "work.h"

#define STORE_RETRY_MS MINUTE_MS /* a full disk or a busy database */
#define CLAMP_MS (400 * DAY_MS) /* over the longest "every" */
#define SYNC_ACTIONS_MAX 64 /* then the loop gets a turn: signals, watchdog */

/*
 * The store failed. A full disk or a long lock is weather: wait, change
 * nothing. Damage and a failing disk are not: what SQLite believes to be on
 * disk may not be there, so nothing may leave any more.
 */
static void store_failed(struct engine *e, int r)
{
	bool weather = r == -ENOSPC || r == -EBUSY;
	str_format_cut(e->store_trouble, sizeof(e->store_trouble), "%s", store_error(e->store));
	e->store_wait_until = e->now.boot_ms + STORE_RETRY_MS;
	e->fatal = e->fatal || !weather;
	if (e->fatal)
		log_event(LOG_LEVEL_ERR, LOG_FIELDS(.event = EVENT_STORE_FAILED),
			"%s; no call and no post until a new start", e->store_trouble);
	else
		log_event(LOG_LEVEL_ERR, LOG_FIELDS(.event = EVENT_STORE_WAITS),
			"%s; no call and no post for now, trying again in 1 min",
			e->store_trouble);
}

/* ---- lists ------------------------------------------------------------------------ */

/* The configuration in force and what was made of it, to have it back. */
struct in_force {
	struct config *config;
	struct plan_list *plan;
	struct engine_list *lists;
	size_t list_count;
};

static struct in_force take_out(struct engine *e)
{
	struct in_force old = { e->config, e->plan, e->lists, e->list_count };
	e->plan = NULL;
	e->lists = NULL;
	e->list_count = 0;
	return old;
}

static void free_lists(struct engine *e)
{
	struct in_force old = take_out(e);
	free(old.plan);
	free(old.lists);
}

static void put_back(struct engine *e, const struct in_force *old)
{
	free_lists(e);
	e->config = old->config;
	e->plan = old->plan;
	e->lists = old->lists;
	e->list_count = old->list_count;
}

static int sync_list(struct engine *e, const struct config_list *c)
{
	int64_t id;
	char **folded = xcalloc(c->keyword_count + 1, sizeof(*folded));
	char **clean = xcalloc(c->keyword_count + 1, sizeof(*clean));
	size_t n = 0;
	for (size_t i = 0; i < c->keyword_count; i++) {
		if (text_fold(c->keywords[i], &folded[n]) < 0)
			continue; /* config_load refused such; nothing to lose */
		clean[n++] = c->keywords[i];
	}
	int r = store_list_sync(e->store, c->name, (const char *const *)clean,
		(const char *const *)folded, n, e->now.wall_ms, &id);
	for (size_t i = 0; i < n; i++)
		free(folded[i]);
	free(folded);
	free(clean);
	return r;
}

/* Brings the store in line with the configuration. */
static int sync_lists(struct engine *e, const struct config *config)
{
	size_t n = config->list_count;
	const char **names = xcalloc(n + 1, sizeof(*names));
	int r = 0;
	for (size_t i = 0; i < n && r == 0; i++) {
		names[i] = config->lists[i].name;
		r = sync_list(e, &config->lists[i]);
	}
	if (r == 0)
		r = store_lists_prune(e->store, names, n);
	free(names);
	return r;
}

/* Sets up the plan for the configuration in force. */
static int link_lists(struct engine *e)
{
	size_t n = e->config->list_count;
	e->plan = xcalloc(n + 1, sizeof(*e->plan));
	e->lists = xcalloc(n + 1, sizeof(*e->lists));
	e->list_count = n;
	for (size_t i = 0; i < n; i++) {
		e->lists[i].config = &e->config->lists[i];
		int r = store_list_id(e->store, e->lists[i].config->name, &e->lists[i].id);
		if (r < 0)
			return r;
	}
	return work_load_plan(e);
}

/* What waits for a person may be mended by what was just reloaded. */
static int clear_waits(struct engine *e)
{
	struct store_account a;
	int r = store_account_get(e->store, &a);
	if (r == 0 && a.wait_ms > 0) {
		a.wait_ms = 0;
		a.failures = 0;
		a.wait_reason[0] = '\0';
		r = store_account_set(e->store, &a);
	}
	return r == 0 ? store_publishers_clear(e->store) : r;
}

/*
 * Takes CONFIG, whose keywords are then the store's: all of it or nothing, in
 * the store and here. The configuration before stays the caller's to free.
 */
static int take_config(struct engine *e, struct config *config, bool clear)
{
	struct in_force old = take_out(e);
	struct value *held = NULL;
	int r = clear ? sending_held(e, &held) : 0;
	if (r == 0)
		r = store_begin(e->store);
	if (r == 0) {
		e->config = config;
		r = sync_lists(e, config);
		if (r == 0 && clear)
			r = clear_waits(e);
		if (r == 0)
			r = link_lists(e);
		r = store_end(e->store, r);
	}
	if (r < 0) {
		value_free(held);
		put_back(e, &old);
		return r;
	}
	sending_tell_released(held);
	value_free(held);
	free(old.plan);
	free(old.lists);
	config_drop_keywords(config);
	return 0;
}

/* ---- requests from the CLI and the page ------------------------------------------- */

static int try_request(struct engine *e)
{
	int64_t id;
	char *kind = NULL;
	struct value *args = NULL;
	int r = store_request_next(e->store, &id, &kind, &args);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	struct desk_outcome out = { 0 };
	struct value *held = NULL;
	if (str_eq(kind, "unblock"))
		r = sending_held(e, &held);
	if (r == 0) {
		desk_handle(e->store, e->config, &e->now, kind, args, &out);
		log_event(LOG_LEVEL_INFO,
			LOG_FIELDS(.event = out.source_cleared ? EVENT_UNBLOCKED : EVENT_REQUEST),
			"%s: %s", kind, out.text);
	}
	if (r == 0)
		r = store_request_done(e->store, id, e->now.wall_ms, out.exit_code, out.text);
	if (r == 0 && out.heads_changed)
		r = work_load_plan(e);
	if (r == 0 && out.source_cleared)
		sending_tell_released(held);
	value_free(held);
	free(kind);
	value_free(args);
	return r < 0 ? r : 1;
}

/* ---- keeping house ---------------------------------------------------------------- */

static void wake_at(struct engine *e, int64_t wall_ms)
{
	if (wall_ms != INT64_MAX)
		work_wake_in(e, wall_ms - e->now.wall_ms);
}

/* What an agent was writing when it was killed; none is under way now. */
static void sweep_images(const struct engine *e)
{
	int n = dir_sweep(e->image_dir);
	if (n > 0)
		log_event(LOG_LEVEL_INFO, LOG_FIELDS(.event = EVENT_PICTURES_SWEPT),
			tr_n("%s: removed %d picture that was cut short",
				"%s: removed %d pictures that were cut short", n),
			e->image_dir, n);
}

static bool is_kept(const struct value *paths, const char *path)
{
	size_t low = 0, high = value_len(paths);
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = strcmp(path, value_get_string(value_at(paths, mid), "path", ""));
		if (c == 0)
			return true;
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return false;
}

/*
 * Every file that no row names goes, and not those of the rows just deleted:
 * killed in between, or with another picture at the same address, a file would
 * be left that no row names any more.
 */
static void remove_images(const struct engine *e, const struct value *kept)
{
	DIR *dir = opendir(e->image_dir);
	const struct dirent *d;
	while (dir && (d = readdir(dir))) {
		CLEANUP_FREE char *path = xasprintf("%s/%s", e->image_dir, d->d_name);
		if (!is_kept(kept, path))
			(void)unlink(path); /* a folder stays */
	}
	if (dir)
		closedir(dir);
}

/* Nothing is kept longer than the owner said; files go with their rows. */
static void expire(struct engine *e)
{
	struct value *kept = NULL;
	int64_t before = e->now.wall_ms - e->config->cache.ttl_ms;
	if (store_cache_expire(e->store, before, e->now.wall_ms - e->config->cache.history_ms,
		    &kept) < 0) {
		log_event(LOG_LEVEL_WARNING, LOG_FIELDS(.event = EVENT_HOUSE_LATE),
			"%s; the cache is cleaned in an hour, ignoring", store_error(e->store));
		return;
	}
	remove_images(e, kept);
	value_free(kept);
}

/*
 * What is due for the house: the cache when its oldest row grows too old, and
 * once an hour, if we are awake, due times that a wrong clock wrote.
 */
static void keep_house(struct engine *e)
{
	int64_t oldest = INT64_MAX;
	if (store_has_cache(e->store) && store_cache_oldest(e->store, &oldest) == 0 &&
		oldest != INT64_MAX) {
		int64_t wait = oldest + e->config->cache.ttl_ms + SECOND_MS - e->now.wall_ms;
		if (wait <= 0 && e->now.boot_ms >= e->expire_boot_ms) {
			e->expire_boot_ms = e->now.boot_ms + MINUTE_MS;
			expire(e);
		}
		work_wake_in(e, wait > MINUTE_MS ? wait : MINUTE_MS);
	}
	if (e->now.synced && e->now.boot_ms >= e->clamp_boot_ms) {
		e->clamp_boot_ms = e->now.boot_ms + HOUR_MS;
		if (store_clamp(e->store, e->now.wall_ms, CLAMP_MS) < 0 || work_load_plan(e) < 0)
			log_event(LOG_LEVEL_WARNING, LOG_FIELDS(.event = EVENT_HOUSE_LATE),
				"%s; due times are looked at in an hour, ignoring",
				store_error(e->store));
	}
}

static void wake_for_posts(struct engine *e)
{
	static const char *const states[] = { POST_PLANNED, POST_RENDERED, POST_UNKNOWN };
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		int64_t when;
		if (store_post_when(e->store, states[i], NULL, &when) == 0)
			wake_at(e, when);
	}
}

/* ---- the turn --------------------------------------------------------------------- */

/* In this order: what people asked for, what is owed, what is new. */
static int (*const tries[])(struct engine *) = {
	try_request,       sending_try_settle, sending_try_publish, making_try_finish,
	making_try_render, asking_try_look,    asking_try_unblock,  asking_try_call,
};

static int one_action(struct engine *e)
{
	for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
		int r = tries[i](e);
		if (r != 0)
			return r;
	}
	return 0;
}

static bool store_out(const struct engine *e)
{
	return e->fatal || e->store_wait_until > e->now.boot_ms;
}

/* What hangs on the clock goes on; it is said once that it is not to be trusted. */
static void note_clock(struct engine *e)
{
	if (e->told_clock == !e->now.synced)
		return;
	e->told_clock = !e->now.synced;
	if (e->now.synced)
		log_event(LOG_LEVEL_NOTICE, LOG_FIELDS(.event = EVENT_CLOCK_SURE),
			"the clock is synchronised");
	else
		log_event(LOG_LEVEL_WARNING, LOG_FIELDS(.event = EVENT_CLOCK_UNSURE),
			"the clock is not synchronised: the server refuses calls whose time is "
			"off, and after a reboot old calls count as new; run: timedatectl set-ntp "
			"true (with chrony see CLOCKS in cpautod(8))");
}

int64_t engine_step(struct engine *e, const struct instant *now)
{
	e->now = *now;
	e->wake_ms = INT64_MAX;
	free(e->awaits);
	e->awaits = NULL;
	note_clock(e);
	if (store_out(e))
		return e->fatal ? INT64_MAX : e->store_wait_until - now->boot_ms;
	for (int i = 0; e->action == ACTION_NONE; i++) {
		if (i == SYNC_ACTIONS_MAX)
			return 0;
		e->wake_ms = INT64_MAX;
		int r = one_action(e);
		if (r < 0) {
			store_failed(e, r);
			return STORE_RETRY_MS;
		}
		e->store_trouble[0] = '\0';
		if (r == 0)
			break;
	}
	if (e->action != ACTION_NONE)
		return INT64_MAX;
	keep_house(e);
	wake_for_posts(e);
	return e->wake_ms;
}

static int post_done(struct engine *e, enum action action, const struct agent_result *res)
{
	struct value *row = NULL;
	int r = store_post_get(e->store, e->post_id, &row);
	if (r < 0)
		return r;
	const struct config_publisher *p =
		config_publisher_find(e->config, value_get_string(row, "publisher", ""));
	r = action == ACTION_PUBLISH ? sending_publish_done(e, row, p, res)
				     : sending_find_done(e, row, res);
	value_free(row);
	return r;
}

void engine_done(struct engine *e, const struct agent_result *result, const struct instant *now)
{
	enum action action = e->action;
	e->action = ACTION_NONE;
	e->now = *now;
	int r = 0;
	if (action == ACTION_SEARCH)
		r = asking_done(e, result);
	else if (action == ACTION_IMAGES)
		r = making_done(e, result);
	else if (action == ACTION_PUBLISH || action == ACTION_FIND)
		r = post_done(e, action, result);
	/*
	 * What could not be written down about an end cannot be made up for in
	 * this process: the call stays open, the post stays sending, and the
	 * next start closes both the safe way.
	 */
	if (r < 0) {
		e->fatal = true;
		store_failed(e, r);
	}
}

bool engine_busy(const struct engine *e)
{
	return e->action != ACTION_NONE;
}

const char *engine_fatal(const struct engine *e)
{
	return e->fatal ? e->store_trouble : NULL;
}

const struct config *engine_config(const struct engine *e)
{
	return e->config;
}

int64_t engine_next_call(const struct engine *e)
{
	return e->next_call_ms ? e->next_call_ms : e->next_due_ms;
}

const char *engine_awaits(const struct engine *e)
{
	return e->awaits;
}

struct engine_counts engine_counts(const struct engine *e)
{
	return e->counts;
}

/* ---- status ----------------------------------------------------------------------- */

/* When something is due: of another day with its date. */
static bool format_due(const struct engine *e, char buf[CLOCK_TEXT_MAX])
{
	struct date now, due;
	if (!e->next_due_ms)
		return false;
	clock_date(e->now.wall_ms, &now);
	clock_date(e->next_due_ms, &due);
	if (due.year == now.year && due.month == now.month && due.day == now.day)
		clock_format_time(e->next_due_ms, buf);
	else
		str_format_cut(buf, CLOCK_TEXT_MAX, "%04d-%02d-%02d %02d:%02d", due.year,
			due.month, due.day, due.hour, due.minute);
	return true;
}

static void status_next(struct engine *e, const struct account_gate *gate, struct buf *b)
{
	char time[CLOCK_TEXT_MAX], due[CLOCK_TEXT_MAX];
	clock_format_time(e->next_call_ms, time);
	if (!store_has_cache(e->store))
		buf_str(b, _(", no call without cache.db: see to the cache folder"));
	else if (gate->account.hard)
		buf_str(b, _(", stopped after strikes: cpauto unblock"));
	else if (gate->budget.reason == BUDGET_BLOCKED)
		buf_printf(b, _(", blocked by the server until %s"), time);
	else if (account_lacks_keys(&gate->account))
		buf_printf(b, _(", no call: %s"), gate->account.wait_reason);
	else if (gate->waiting)
		buf_printf(b, _(", the source failed, next try at %s"), time);
	else if (e->action == ACTION_SEARCH)
		buf_printf(b, _(", asking about '%s'"), e->keyword.keyword);
	else if (e->next_call_ms)
		buf_printf(b, _(", next at %s for '%s'"), time, e->next_keyword);
	else if (format_due(e, due))
		buf_printf(b, _(", nothing is due before %s"), due);
	else
		buf_str(b, _(", nothing is due"));
}

/* How many posts are in STATE; 0 where nobody can tell. */
static int count_posts(struct engine *e, const char *state)
{
	int64_t n = 0;
	if (store_posts_count(e->store, state, &n) < 0)
		return 0;
	return n < INT_MAX ? (int)n : INT_MAX;
}

static void status_posts(struct engine *e, struct buf *b)
{
	int n = count_posts(e, POST_WAITING);
	if (n > 0)
		buf_printf(b, tr_n("; %d post waiting for approval",
			"; %d posts waiting for approval", n), n);
	n = count_posts(e, POST_READY);
	if (n > 0)
		buf_printf(b, tr_n("; %d post ready", "; %d posts ready", n), n);
	n = count_posts(e, POST_UNKNOWN);
	if (n > 0)
		buf_printf(b, tr_n("; %d post unclear", "; %d posts unclear", n), n);
	n = count_posts(e, POST_PARKED);
	if (n > 0)
		buf_printf(b, tr_n("; %d post for you to settle",
			"; %d posts for you to settle", n), n);
}

void engine_status(struct engine *e, const struct instant *now, char out[ENGINE_STATUS_MAX])
{
	struct buf b;
	struct account_gate gate;
	buf_init(&b, 4096);
	if (e->fatal || e->store_trouble[0]) {
		buf_printf(&b, _("no call and no post: %s"), e->store_trouble);
	} else if (account_ask(e->store, e->config, now, false, &gate) < 0) {
		buf_printf(&b, _("no call and no post: %s"), store_error(e->store));
	} else {
		buf_printf(&b, _("%d of %d calls left"), gate.budget.left, e->config->budget.calls);
		status_next(e, &gate, &b);
		status_posts(e, &b);
		if (!now->synced)
			buf_str(&b, _("; clock not synchronised: timedatectl set-ntp true"));
	}
	str_format_cut(out, ENGINE_STATUS_MAX, "%s", buf_cstr(&b));
	buf_finish(&b);
}

/* ---- beginning and end ------------------------------------------------------------ */

/* What a dead daemon left behind, the safe way round. */
static int recover(struct engine *e)
{
	int calls = 0, posts = 0;
	int r = store_calls_close(e->store, &e->now, &calls);
	if (r == 0)
		r = store_posts_recover(
			e->store, &e->now, e->now.wall_ms + FIND_FIRST_MS, &posts);
	if (calls > 0)
		log_event(LOG_LEVEL_WARNING, LOG_FIELDS(.event = EVENT_CALLS_OPEN),
			tr_n("%d call was under way when the daemon last ended; counted as made "
			     "now",
				"%d calls were under way when the daemon last ended; counted as "
				"made now", calls),
			calls);
	if (posts > 0)
		log_event(LOG_LEVEL_WARNING, LOG_FIELDS(.event = EVENT_POSTS_OPEN),
			tr_n("%d post was being published when the daemon last ended; looking for "
			     "it before anything is sent again",
				"%d posts were being published when the daemon last ended; looking "
				"for them before anything is sent again", posts),
			posts);
	return r;
}

int engine_new(const struct engine_setup *setup, const struct instant *now, struct engine **ret,
	struct err *err)
{
	struct engine *e = xcalloc(1, sizeof(*e));
	e->store = setup->store;
	e->config = setup->config;
	e->templates = setup->templates;
	e->port = setup->port;
	e->image_dir = xstrdup(setup->image_dir);
	e->credentials_dir = xstrdup(setup->credentials_dir);
	e->account = xstrdup(setup->account ? setup->account : "");
	e->apart = setup->apart;
	e->look_for_keys = setup->look_for_keys;
	e->now = *now;
	e->block_watched = true;
	int r = recover(e);
	if (r == 0)
		r = asking_forget_keys(e);
	if (r == 0)
		r = take_config(e, e->config, false);
	if (r < 0) {
		err_set(err, r, "%s", store_error(e->store));
		e->config = NULL;
		e->templates = NULL;
		engine_free(e);
		return r;
	}
	sweep_images(e);
	if (!store_has_cache(e->store))
		log_event(LOG_LEVEL_ERR, LOG_FIELDS(.event = EVENT_CACHE_MISSING),
			"%s; without it answers cannot be kept and no call is made: see to the "
			"cache folder, then start again", store_error(e->store));
	*ret = e;
	return 0;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	free_lists(e);
	config_free(e->config);
	render_templates_free(e->templates);
	free(e->image_dir);
	free(e->credentials_dir);
	free(e->account);
	free(e->awaits);
	free(e);
}

int engine_reload(struct engine *e, struct config *config, struct render_templates *templates,
	const struct instant *now, struct err *err)
{
	struct config *old = e->config;
	e->now = *now;
	int r = take_config(e, config, true);
	if (r < 0)
		return err_set(err, r, "%s", store_error(e->store));
	config_free(old);
	render_templates_free(e->templates);
	e->templates = templates;
	return 0;
}
