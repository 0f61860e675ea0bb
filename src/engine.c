/* SPDX-License-Identifier: MIT */
#include "engine.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <unistd.h>

#include "account.h"
#include "desk.h"
#include "gates.h"
#include "log.h"
#include "look.h"
#include "retry.h"
#include "secrets.h"
#include "similar.h"
#include "text.h"
#include "workshop.h"

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

#define STORE_RETRY_MS MINUTE_MS      /* a full disk or a busy database */
#define KEYWORD_RETRY_MS (10 * MINUTE_MS)
#define CLAMP_MS (400 * DAY_MS)        /* over the longest "every" */
#define SEARCH_LIMIT 10               /* what the API gives at most; lists cut their own */
#define IMAGE_TRIES 3
#define REPEATS_MAX 5                 /* of publishing one draft */
#define SIMILAR_DAYS 90
#define FIND_FIRST_MS MINUTE_MS
#define FIND_EVERY_MS (15 * MINUTE_MS)
/* A publisher may still execute long after its time-out: absent is absent only then. */
#define FIND_SURE_MS (45 * MINUTE_MS)
#define FIND_GIVE_UP_MS DAY_MS
#define SYNC_ACTIONS_MAX 64           /* then the loop gets a turn: signals, watchdog */

enum action {
	ACTION_NONE,
	ACTION_SEARCH,
	ACTION_IMAGES,
	ACTION_PUBLISH,
	ACTION_FIND,
};

struct engine_list {
	int64_t id;
	const struct config_list *config;
};

struct engine {
	struct store *store;
	struct config *config;
	struct render_templates *templates;
	struct engine_port port;
	char *image_dir, *credentials_dir;
	bool apart;

	/* The lists as the plan sees them, and beside each what it is. */
	struct plan_list *plan;
	struct engine_list *lists;
	size_t list_count;

	struct instant now; /* of this turn */
	int64_t wake_ms;    /* the least wait that anybody asked for in this turn */

	/* What is under way. */
	enum action action;
	int64_t call_id, post_id;
	struct store_keyword keyword;

	/* A full disk or a busy database: nothing until then. */
	int64_t store_wait_until;
	char store_trouble[ERR_MAX];
	bool fatal;

	int64_t expire_boot_ms, clamp_boot_ms;

	/* For the status: the next call, on the wall clock; 0 = none in sight. */
	int64_t next_call_ms;
	char next_keyword[256];

	struct engine_counts counts;
};

/* ---- small help ------------------------------------------------------------------- */

static void wake_in(struct engine *e, int64_t wait_ms)
{
	if (wait_ms < 0)
		wait_ms = 0;
	if (wait_ms < e->wake_ms)
		e->wake_ms = wait_ms;
}

static void wake_at(struct engine *e, int64_t wall_ms)
{
	if (wall_ms != INT64_MAX)
		wake_in(e, wall_ms - e->now.wall_ms);
}

static const struct config_list *list_config(const struct engine *e, const char *name)
{
	return config_list_find(e->config, name);
}

/* Milliseconds until these hours begin; 0 within them. */
static int64_t hours_wait(const struct engine *e, const struct config_hours *h)
{
	if (h->always)
		return 0;
	struct date d;
	clock_date(e->now.wall_ms, &d);
	return plan_hours_wait(h->from_min, h->to_min, d.hour, d.minute, d.second);
}

static int calls_left(struct engine *e)
{
	struct account_gate gate;
	if (account_ask(e->store, e->config, &e->now, false, &gate) < 0)
		return -1;
	return gate.budget.left;
}

static const char *id_text(int64_t id, char buf[24])
{
	str_format_cut(buf, 24, "%" PRId64, id);
	return buf;
}

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
	log_err("%s; no call and no post %s", e->store_trouble,
		!e->fatal ? "for now, trying again in 1 min" : "until a new start");
}

/* ---- lists ------------------------------------------------------------------------ */

static void free_lists(struct engine *e)
{
	free(e->plan);
	free(e->lists);
	e->plan = NULL;
	e->lists = NULL;
	e->list_count = 0;
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

static int load_head(struct engine *e, size_t i)
{
	return store_list_head(e->store, e->lists[i].id, &e->plan[i].head);
}

/* Reads what the store knows of each list. */
static int load_plan(struct engine *e)
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

/* Brings the store in line with the configuration, whose keywords are then let go. */
static int sync_lists(struct engine *e, struct config *config)
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
	if (r == 0)
		config_drop_keywords(config);
	return r;
}

/* Sets up the plan for the configuration in force. */
static int link_lists(struct engine *e)
{
	size_t n = e->config->list_count;
	free_lists(e);
	e->plan = xcalloc(n + 1, sizeof(*e->plan));
	e->lists = xcalloc(n + 1, sizeof(*e->lists));
	e->list_count = n;
	for (size_t i = 0; i < n; i++) {
		e->lists[i].config = &e->config->lists[i];
		int r = store_list_id(e->store, e->lists[i].config->name, &e->lists[i].id);
		if (r < 0)
			return r;
	}
	return load_plan(e);
}

static int reload_head_of(struct engine *e, int64_t list_id)
{
	for (size_t i = 0; i < e->list_count; i++)
		if (e->lists[i].id == list_id)
			return load_head(e, i);
	return 0;
}

/* All heads again: a request may have changed any. */
static int reload_heads(struct engine *e)
{
	return load_plan(e);
}

/* ---- starting agents -------------------------------------------------------------- */

static int start(struct engine *e, enum action action, const char *agent,
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

static struct value *new_request(const char *op, struct value *config)
{
	struct value *v = value_new_object();
	value_set_int(v, "v", 1);
	value_set_string(v, "op", op);
	value_set(v, "config", config);
	return v;
}

static struct value *source_config(const struct engine *e)
{
	struct value *v = value_new_object();
	value_set_string(v, "endpoint", e->config->coupang.endpoint);
	value_set_string(v, "sub_id", e->config->coupang.sub_id);
	value_set_string(v, "image_size", e->config->coupang.image_size);
	value_set_int(v, "timeout_ms", e->config->coupang.timeout_ms);
	return v;
}

/* The agent ends itself first; this is for one that does not. */
static int64_t source_timeout(const struct engine *e)
{
	return e->config->coupang.timeout_ms + 5 * SECOND_MS;
}

static void source_secrets(const struct engine *e, struct secrets *s)
{
	secrets_init(s);
	secrets_add(s, "access-key", e->credentials_dir, "coupang.access-key",
		e->config->coupang.access_key_file);
	secrets_add(s, "secret-key", e->credentials_dir, "coupang.secret-key",
		e->config->coupang.secret_key_file);
}

/* ---- the life of a call ----------------------------------------------------------- */

static int start_search(struct engine *e, struct err *err)
{
	struct value *request = new_request("search", source_config(e));
	value_set_string(request, "keyword", e->keyword.keyword);
	value_set_int(request, "limit", SEARCH_LIMIT);
	struct secrets secrets;
	source_secrets(e, &secrets);
	int r = start(e, ACTION_SEARCH, "coupang", request, source_timeout(e), &secrets, err);
	secrets_finish(&secrets);
	value_free(request);
	return r;
}

static int set_account(struct engine *e, const struct store_account *a)
{
	return store_account_set(e->store, a);
}

static int search_failed(struct engine *e, const struct agent_result *res)
{
	struct store_account a;
	int r = store_account_get(e->store, &a);
	if (r < 0)
		return r;
	const struct log_fields *f = LOG_FIELDS_CALLS(calls_left(e),
		.keyword = e->keyword.keyword, .list = e->keyword.list, .agent = "coupang");
	int64_t delay = retry_delay(e->keyword.failures + 1, KEYWORD_RETRY_MS, DAY_MS);
	e->counts.calls_failed++;
	switch (res->verdict) {
	case AGENT_BLOCKED:
		account_block(&a, &e->now, res->until_ms, res->strikes, res->reason);
		log_event(LOG_LEVEL_ERR, f, "the server refuses calls (strike %d): %s; %s",
			a.strikes, res->reason,
			a.hard ? "stopped until you run: cpauto unblock"
			       : "no call until the block is over");
		delay = 0; /* the keyword is not to blame */
		break;
	case AGENT_REFUSED:
		delay = retry_delay(e->keyword.failures + 1, HOUR_MS, 7 * DAY_MS);
		log_event(LOG_LEVEL_WARNING, f, "'%s' is refused: %s", e->keyword.keyword,
			res->reason);
		break;
	case AGENT_BROKEN:
		account_failed(&a, &e->now, HOUR_MS, res->reason);
		log_event(LOG_LEVEL_ERR, f,
			"a person is needed: %s; the next try is in %" PRId64 " min, or after "
			"a reload",
			res->reason, a.wait_ms / MINUTE_MS);
		delay = 0;
		break;
	default:
		account_failed(&a, &e->now, res->retry_after_ms, res->reason);
		log_event(LOG_LEVEL_WARNING, f,
			"no answer about '%s': %s; trying again in %" PRId64 " min",
			e->keyword.keyword, res->reason, a.wait_ms / MINUTE_MS);
		break;
	}
	r = set_account(e, &a);
	if (r == 0)
		r = store_keyword_failed(
			e->store, e->keyword.id, e->now.wall_ms + delay, res->reason);
	return r;
}

static int keep_answer(struct engine *e, const struct value *answer)
{
	struct store_keyword *k = &e->keyword;
	int r = store_answer_put(e->store, k->folded, e->now.wall_ms, answer);
	if (r == 0 && e->config->cache.history_ms > 0)
		r = store_prices_put(e->store, value_get(answer, "products"), e->now.wall_ms);
	if (r < 0) {
		log_event(LOG_LEVEL_WARNING, LOG_FIELDS(.keyword = k->keyword, .list = k->list),
			"%s; the answer about '%s' cannot be kept, trying again later",
			store_error(e->store), k->keyword);
		return store_keyword_failed(
			e->store, k->id, e->now.wall_ms + HOUR_MS, store_error(e->store));
	}
	return store_keywords_fresh(e->store, k->folded, e->now.wall_ms + e->config->cache.ttl_ms);
}

static int search_worked(struct engine *e, const struct agent_result *res)
{
	struct store_account a;
	int r = store_account_get(e->store, &a);
	if (r < 0)
		return r;
	account_worked(&a);
	r = set_account(e, &a);
	if (r == 0)
		r = keep_answer(e, res->answer);
	int left = calls_left(e);
	log_event(LOG_LEVEL_INFO,
		LOG_FIELDS_CALLS(left, .keyword = e->keyword.keyword, .list = e->keyword.list,
			.agent = "coupang"),
		"'%s': %zu products; %d of %d calls left", e->keyword.keyword,
		value_len(value_get(res->answer, "products")), left, e->config->budget.calls);
	return r;
}

/* The server's clock, as its answers tell it; worth a line once it is off. */
static int note_skew(struct engine *e, const struct value *answer)
{
	const struct value *skew = value_get(answer, "skew_ms");
	if (value_kind(skew) != VALUE_INT)
		return 0;
	struct store_account a;
	int r = store_account_get(e->store, &a);
	if (r < 0)
		return r;
	int64_t was = a.skew_ms;
	a.skew_ms = value_int(skew, 0);
	bool off = llabs(a.skew_ms) > MINUTE_MS;
	if (off && llabs(was) <= MINUTE_MS)
		log_warning("this clock and the server's differ by %" PRId64
			    " s; synchronise the clock "
			    "(timedatectl set-ntp true), or calls will be refused",
			a.skew_ms / SECOND_MS);
	return a.skew_ms == was ? 0 : set_account(e, &a);
}

static const char *verdict_word(const struct agent_result *res)
{
	return agent_verdict_word(res->verdict);
}

static int search_done(struct engine *e, const struct agent_result *res)
{
	int requests = res->calls >= 0 ? res->calls : 1;
	int r = store_call_end(
		e->store, e->call_id, &e->now, verdict_word(res), res->reason, requests);
	if (r == 0)
		r = note_skew(e, res->answer);
	if (r == 0)
		r = res->verdict == AGENT_OK ? search_worked(e, res) : search_failed(e, res);
	if (r == 0)
		r = reload_head_of(e, e->keyword.list_id);
	return r;
}

/* An agent that could not even be started: nothing left the machine. */
static int search_not_started(struct engine *e, const struct err *why)
{
	char reason[ERR_MAX];
	str_format_cut(reason, sizeof(reason), "%s", why->text);
	struct agent_result res = {
		.verdict = AGENT_BROKEN, .reason = reason, .calls = 0, .strikes = -1
	};
	return search_done(e, &res);
}

/* Remembers for the status when which keyword is next. */
static void note_next(struct engine *e, const char *keyword, int64_t wait_ms)
{
	if (wait_ms == INT64_MAX)
		return;
	int64_t at = e->now.wall_ms + wait_ms;
	if (e->next_call_ms && e->next_call_ms <= at)
		return;
	e->next_call_ms = at;
	str_format_cut(e->next_keyword, sizeof(e->next_keyword), "%s", keyword);
}

/* Takes the token, on disk, and only then starts the agent. */
static int begin_call(struct engine *e, int list)
{
	plan_book(e->plan, e->list_count, list, e->now.wall_ms);
	int r = store_list_served(e->store, e->lists[list].id, e->plan[list].served);
	/* A clock that ran ahead wrote its due time: unmended, the look never comes. */
	if (r == 0 && e->keyword.due_ms > e->now.wall_ms)
		r = store_keyword_due(e->store, e->keyword.id, e->now.wall_ms);
	if (r == 0)
		r = store_call_begin(e->store, &e->now, "search", e->keyword.list,
			e->keyword.keyword, &e->call_id);
	if (r < 0)
		return r;
	e->counts.calls++;
	struct err err;
	if (start_search(e, &err) == 0)
		return 1;
	r = search_not_started(e, &err);
	e->fatal = r < 0; /* as in engine_done(): the call stays open */
	return r < 0 ? r : 1;
}

/*
 * The next keyword that needs a call, if one may leave. By hand means now, so
 * the active hours do not hold it; the budget does.
 */
static int try_call(struct engine *e)
{
	e->next_call_ms = 0;
	if (!store_has_cache(e->store)) {
		/* An answer that cannot be kept is a call thrown away. */
		wake_in(e, INT64_MAX);
		return 0;
	}
	struct plan_choice choice = plan_choose(e->plan, e->list_count, e->now.wall_ms);
	if (choice.list < 0) {
		if (choice.wait_ms != INT64_MAX)
			wake_in(e, choice.wait_ms);
		return 0;
	}
	const struct plan_head *head = &e->plan[choice.list].head;
	int r = store_keyword_get(e->store, head->keyword_id, &e->keyword);
	if (r == -ENOENT) {
		r = reload_heads(e);
		return r < 0 ? r : 1;
	}
	if (r < 0)
		return r;
	struct account_gate gate;
	r = account_ask(e->store, e->config, &e->now, head->asked, &gate);
	if (r < 0)
		return r;
	int64_t wait = gate.budget.wait_ms;
	int64_t closed = hours_wait(e, &e->config->hours.active);
	if (!head->asked && closed > wait)
		wait = closed;
	note_next(e, e->keyword.keyword, wait);
	if (wait > 0) {
		if (wait != INT64_MAX)
			wake_in(e, wait);
		return 0;
	}
	return begin_call(e, choice.list);
}

/* ---- from an answer to a planned post --------------------------------------------- */

/* Why this look makes no post; "" if it does. */
static int look_verdict(struct engine *e, const struct config_list *c, const char *set,
	const struct value *products, char reason[ERR_MAX])
{
	reason[0] = '\0';
	if (!set[0]) {
		str_format_cut(reason, ERR_MAX, "nothing was found for it");
		return 0;
	}
	struct value *last = NULL;
	int r = store_post_last(e->store, e->keyword.list, e->keyword.folded, &last);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	int64_t id = value_get_int(last, "id", 0);
	const char *state = value_get_string(last, "state", "");
	const struct value *before =
		value_get(value_get(value_get(last, "post"), "answer"), "products");
	bool same = str_eq(value_get_string(last, "products", ""), set);
	/* One that waited for this very answer goes on now. */
	if (str_eq(state, POST_PLANNED))
		r = store_post_move(e->store, id, POST_PLANNED, POST_PLANNED, e->now.wall_ms,
			e->now.wall_ms, NULL);
	if (!str_eq(state, POST_PUBLISHED))
		str_format_cut(
			reason, ERR_MAX, "its post %" PRId64 " is not out yet (%s)", id, state);
	else if (c->repost == REPOST_NEVER)
		str_format_cut(reason, ERR_MAX,
			"it was posted (post %" PRId64 "), and repost is \"never\"", id);
	else if (c->repost == REPOST_CHANGED && same &&
		look_price_change(before, products) <= c->repost_threshold)
		str_format_cut(reason, ERR_MAX,
			"the same products at much the same prices as in post %" PRId64, id);
	value_free(last);
	return r;
}

static int plan_post(
	struct engine *e, const struct config_list *c, const char *set, char reason[ERR_MAX])
{
	char period[LOOK_PERIOD_MAX], key[FINGERPRINT_LEN + 1];
	look_period(e->now.wall_ms, c->every_ms, period);
	const char *parts[] = { c->name, e->keyword.folded, set, period };
	fingerprint(parts, ARRAY_LEN(parts), key);
	struct store_post_new p = {
		.key = key,
		.list = c->name,
		.keyword = e->keyword.keyword,
		.folded = e->keyword.folded,
		.publisher = c->publisher,
		.products = set,
		.period = period,
		.now_ms = e->now.wall_ms,
	};
	int64_t id;
	int r = store_post_add(e->store, &p, &id);
	if (r == -EEXIST) {
		str_format_cut(reason, ERR_MAX,
			"there is a post of the same products in this period (%s)", period);
		return 0;
	}
	if (r == 0)
		e->counts.posts_made++;
	return r;
}

/* A look at the keyword in E, with its answer in hand. */
static int look(struct engine *e, const struct value *answer)
{
	const struct config_list *c = list_config(e, e->keyword.list);
	if (!c) /* left over from a reload that could not be finished */
		return store_keyword_failed(e->store, e->keyword.id, e->now.wall_ms + DAY_MS,
			"its list is not in the configuration");
	char set[LOOK_SET_MAX], reason[ERR_MAX];
	const struct value *products = value_get(answer, "products");
	look_set(products, c->limit, set);
	int r = look_verdict(e, c, set, products, reason);
	if (r == 0 && !reason[0])
		r = plan_post(e, c, set, reason);
	if (r < 0)
		return r;
	if (reason[0])
		log_event(LOG_LEVEL_INFO,
			LOG_FIELDS(.keyword = e->keyword.keyword, .list = c->name),
			"no post for '%s': %s", e->keyword.keyword, reason);
	return store_keyword_looked(e->store, e->keyword.id, e->now.wall_ms,
		e->now.wall_ms + c->every_ms, reason);
}

/* The cached answer if it is not older than ttl (and not from the future); -ENOENT if not. */
static int fresh_answer(
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

/* A keyword that is due and whose answer is cached costs no call. */
static int try_look(struct engine *e)
{
	int64_t id, fetched;
	int r = store_keyword_free(e->store, e->now.wall_ms, &id);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = store_keyword_get(e->store, id, &e->keyword);
	if (r < 0)
		return r;
	struct value *answer = NULL;
	if (fresh_answer(e, e->keyword.folded, &fetched, &answer) == 0)
		r = look(e, answer);
	else
		r = store_keywords_fresh(e->store, e->keyword.folded, 0);
	value_free(answer);
	if (r == 0)
		r = reload_head_of(e, e->keyword.list_id);
	return r < 0 ? r : 1;
}

/* ---- from a planned post to a ready one ------------------------------------------- */

static int refuse(struct engine *e, const struct value *post, const char *why)
{
	char id[24];
	id_text(value_get_int(post, "id", 0), id);
	e->counts.posts_refused++;
	log_event(LOG_LEVEL_WARNING, LOG_FIELDS(.keyword = value_get_string(post, "keyword", ""),
		.list = value_get_string(post, "list", ""), .post = id),
		"post %s does not go out: %s; mend it, then: cpauto posts retry %s", id, why, id);
	return store_post_move(e->store, value_get_int(post, "id", 0),
		value_get_string(post, "state", ""), POST_REFUSED, e->now.wall_ms,
		e->now.wall_ms, why);
}

/* Another set of products than was planned: this post will not be, another may. */
static int replace(struct engine *e, const struct value *row)
{
	struct store_keyword k;
	int r = refuse(e, row, "the products changed before it went out; a new post is made");
	if (r == 0)
		r = store_keyword_find(e->store, value_get_string(row, "list", ""),
			value_get_string(row, "folded", ""), &k);
	if (r == 0)
		r = store_keyword_due(e->store, k.id, e->now.wall_ms);
	return r == -ENOENT ? 0 : r;
}

/* Its facts must be had anew: asks for its keyword before all others. */
static int want_answer(struct engine *e, const struct value *post)
{
	struct store_keyword k;
	int r = store_keyword_find(e->store, value_get_string(post, "list", ""),
		value_get_string(post, "folded", ""), &k);
	if (r == -ENOENT)
		return refuse(e, post, "its keyword is in no list any more");
	/* One that failed keeps its patience: its own due time brings the answer. */
	if (r == 0 && k.failures == 0)
		r = store_keyword_due(e->store, k.id, e->now.wall_ms);
	if (r == 0)
		r = store_post_move(e->store, value_get_int(post, "id", 0), POST_PLANNED,
			POST_PLANNED, e->now.wall_ms, e->now.wall_ms + 10 * MINUTE_MS,
			"waits for new prices");
	return r < 0 ? r : reload_head_of(e, k.list_id);
}

static int render_one(struct engine *e, const struct value *row, const struct value *answer,
	int64_t fetched_ms)
{
	const struct config_list *c = list_config(e, value_get_string(row, "list", ""));
	if (!c)
		return refuse(e, row, "its list is not in the configuration any more");
	char set[LOOK_SET_MAX];
	look_set(value_get(answer, "products"), c->limit, set);
	if (!str_eq(set, value_get_string(row, "products", "")))
		return replace(e, row);
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
	if (workshop_render(e->apart, e->templates, &in, &post, &err) < 0)
		return refuse(e, row, err.text);
	/* The gates judge by what the post was made from, whenever they do. */
	value_set(post, "answer", value_copy(answer));
	int r = store_post_rendered(
		e->store, value_get_int(row, "id", 0), post, fetched_ms, e->now.wall_ms);
	value_free(post);
	return r;
}

static int try_render(struct engine *e)
{
	int64_t id, fetched;
	int r = store_post_next(e->store, POST_PLANNED, NULL, e->now.wall_ms, &id);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	struct value *row = NULL, *answer = NULL;
	r = store_post_get(e->store, id, &row);
	if (r < 0)
		return r;
	if (fresh_answer(e, value_get_string(row, "folded", ""), &fetched, &answer) == 0)
		r = render_one(e, row, answer, fetched);
	else
		r = want_answer(e, row);
	value_free(answer);
	value_free(row);
	return r < 0 ? r : 1;
}

/* The post object as gates and publishers see it: the row's texts put back in. */
static struct value *whole_post(const struct value *row)
{
	struct value *post = value_copy(value_get(row, "post"));
	if (value_kind(post) != VALUE_OBJECT) {
		value_free(post);
		post = value_new_object();
	}
	value_remove(post, "answer");
	value_remove(post, "image_tries");
	value_remove(post, "image_tries");
	value_set_string(post, "key", value_get_string(row, "key", ""));
	value_set_string(post, "marker", value_get_string(row, "key", ""));
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
static bool pass_gates(struct engine *e, const struct value *row, struct err *err)
{
	struct value *post = whole_post(row);
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
	bool pass = workshop_gates(e->apart, &in, err);
	value_free(post);
	return pass;
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
		value_get_int(row, "id", 0), &others);
	for (size_t i = 0; r == 0 && i < value_len(others); i++) {
		const struct value *o = value_at(others, i);
		int percent = similar_percent(value_get_string(row, "sketch", ""),
			value_get_string(o, "sketch", ""));
		if (percent < p->similar)
			continue;
		str_format_cut(reason, ERR_MAX,
			"is %d %% like post %" PRId64 " and waits for your approval", percent,
			value_get_int(o, "id", 0));
		r = 1;
	}
	value_free(others);
	return r;
}

static int judge(struct engine *e, const struct value *row)
{
	char idt[24];
	struct err err;
	int64_t id = value_get_int(row, "id", 0);
	const struct config_list *c = list_config(e, value_get_string(row, "list", ""));
	if (!pass_gates(e, row, &err))
		return refuse(e, row, err.text);
	bool approved = value_get_int(row, "approved_ms", 0) > 0;
	char reason[ERR_MAX] = "waits for your approval";
	bool wait = c && c->approve == APPROVE_MANUAL && !approved;
	if (!approved) {
		int r = find_similar(e, row, reason);
		if (r < 0)
			return r;
		wait |= r > 0;
	}
	if (wait) {
		e->counts.posts_waiting++;
		log_event(LOG_LEVEL_NOTICE,
			LOG_FIELDS(.keyword = value_get_string(row, "keyword", ""),
				.list = value_get_string(row, "list", ""),
				.post = id_text(id, idt)),
			"post %s %s: cpauto posts show %s, then approve or reject it", idt, reason,
			idt);
	}
	return store_post_move(e->store, id, POST_RENDERED, wait ? POST_WAITING : POST_READY,
		e->now.wall_ms, e->now.wall_ms, wait ? reason : NULL);
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
	struct value *request = new_request("images", source_config(e));
	value_set(request, "urls", urls);
	value_set_string(request, "directory", e->image_dir);
	e->post_id = post_id;
	int r = start(e, ACTION_IMAGES, "coupang", request, source_timeout(e) * 2, NULL, err);
	value_free(request);
	return r;
}

static int try_finish(struct engine *e)
{
	int64_t id;
	int r = store_post_next(e->store, POST_RENDERED, NULL, e->now.wall_ms, &id);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	struct value *row = NULL;
	r = store_post_get(e->store, id, &row);
	if (r < 0)
		return r;
	struct value *post = value_copy(value_get(row, "post"));
	struct value *urls = missing_images(e, post);
	int64_t tries = value_get_int(post, "image_tries", 0);
	struct err err;
	if (urls)
		value_set_int(post, "image_tries", tries + 1);
	r = store_post_object(e->store, id, post, e->now.wall_ms);
	if (r == 0 && urls && tries < IMAGE_TRIES) {
		if (start_images(e, id, urls, &err) < 0)
			log_warning("%s; post %" PRId64
				    " keeps its images' addresses, ignoring",
				err.text, id);
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

static int images_done(struct engine *e, const struct agent_result *res)
{
	const struct value *images = value_get(res->answer, "images");
	int got = 0;
	for (size_t i = 0; i < value_len(images); i++) {
		const struct value *img = value_at(images, i);
		const char *why = value_get_string(img, "error", NULL);
		if (why) {
			log_event(LOG_LEVEL_WARNING, LOG_FIELDS(.agent = "coupang"),
				"an image is left out: %s", why);
			continue;
		}
		got++;
		if (store_image_put(e->store, value_get_string(img, "url", ""), img,
			    e->now.wall_ms) < 0)
			log_warning("%s; an image is fetched again next time, ignoring",
				store_error(e->store));
	}
	if (res->verdict != AGENT_OK)
		log_event(LOG_LEVEL_WARNING, LOG_FIELDS(.agent = "coupang"), "images: %s",
			res->reason);
	if (res->verdict == AGENT_OK && got > 0)
		return 0;
	if (res->verdict == AGENT_OK || res->verdict == AGENT_REFUSED ||
		res->verdict == AGENT_BROKEN)
		return give_up_images(e);
	return store_post_move(e->store, e->post_id, POST_RENDERED, POST_RENDERED, e->now.wall_ms,
		e->now.wall_ms + MINUTE_MS, "its images could not be fetched yet");
}

/* ---- publishing ------------------------------------------------------------------- */

static struct value *publisher_request(const struct engine *e, const struct config_publisher *p,
	const char *op, const struct value *row)
{
	struct value *config = value_copy(p->settings);
	value_set_string(config, "timezone", e->config->hours.timezone);
	struct value *request = new_request(op, config);
	value_set(request, "post", whole_post(row));
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
	int r = start(e, action, p->agent, request, p->timeout_ms, &secrets, err);
	value_free(request);
	secrets_finish(&secrets);
	return r;
}

/* Milliseconds until this publisher may send again; INT64_MAX when a person is needed. */
static int publisher_wait(struct engine *e, const struct config_publisher *p, int64_t *ret)
{
	struct store_publisher state;
	int r = store_publisher_get(e->store, p->name, &state);
	if (r < 0)
		return r;
	if (state.broken) {
		*ret = INT64_MAX;
		return 0;
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
	int64_t until = state.until_ms;
	if (last > 0 && p->gap_ms > 0 && last + p->gap_ms > until)
		until = last + p->gap_ms;
	if (p->per_day > 0 && today >= p->per_day && tomorrow > until)
		until = tomorrow;
	*ret = until > e->now.wall_ms ? until - e->now.wall_ms : 0;
	int64_t closed = hours_wait(e, &e->config->hours.active);
	int64_t closed_too = hours_wait(e, &p->hours);
	if (closed > *ret)
		*ret = closed;
	if (closed_too > *ret)
		*ret = closed_too;
	return 0;
}

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
	state.broken = res->verdict == AGENT_BROKEN;
	str_format_cut(state.reason, sizeof(state.reason), "%s", res->reason);
	if (state.broken)
		log_event(LOG_LEVEL_ERR, LOG_FIELDS(.agent = p->agent),
			"publisher '%s' needs you: %s; its posts "
			"wait until you run: cpauto unblock",
			p->name, res->reason);
	else
		log_event(LOG_LEVEL_WARNING, LOG_FIELDS(.agent = p->agent),
			"publisher '%s': %s; its posts wait", p->name, res->reason);
	return store_publisher_set(e->store, p->name, &state);
}

static int mend_publisher(struct engine *e, const char *name)
{
	struct store_publisher state;
	int r = store_publisher_get(e->store, name, &state);
	if (r == 0 && state.failures > 0)
		r = store_publisher_set(e->store, name, &(struct store_publisher){ .failures = 0 });
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
 * grow old again.
 */
static int renew(struct engine *e, const struct config_publisher *p, int64_t id)
{
	int64_t stale = 0;
	int r = store_posts_stale(e->store, p->name, &stale);
	if (r < 0)
		return r;
	if (stale > 0)
		return store_post_move(e->store, id, POST_READY, POST_READY, e->now.wall_ms,
			e->now.wall_ms + 10 * MINUTE_MS,
			"its prices grew old; another post's come first");
	return store_post_move(e->store, id, POST_READY, POST_PLANNED, e->now.wall_ms,
		e->now.wall_ms, "its prices grew old; it is made anew");
}

static int send(struct engine *e, const struct config_publisher *p, const struct value *row)
{
	struct err err;
	int64_t id = value_get_int(row, "id", 0);
	if (!facts_fresh(e, row))
		return renew(e, p, id);
	if (!pass_gates(e, row, &err))
		return refuse(e, row, err.text);
	int r = store_post_sending(e->store, id, &e->now);
	if (r < 0)
		return r;
	if (start_publisher(e, ACTION_PUBLISH, p, "publish", row, &err) == 0)
		return 0;
	/* Nothing was started, so nothing left. */
	struct agent_result res = { .verdict = AGENT_BROKEN, .reason = err.text, .strikes = -1 };
	r = store_post_move(e->store, id, POST_SENDING, POST_READY, e->now.wall_ms,
		e->now.wall_ms, err.text);
	if (r == 0)
		r = fail_publisher(e, p, &res);
	e->fatal = r < 0; /* as in engine_done(): the post may stay sending */
	return r;
}

/* One publisher: 1 if something was done. */
static int try_send(struct engine *e, const struct config_publisher *p)
{
	int64_t id, wait, when;
	int r = store_post_when(e->store, POST_READY, p->name, &when);
	if (r < 0 || when == INT64_MAX)
		return r;
	r = publisher_wait(e, p, &wait);
	if (r < 0)
		return r;
	if (when - e->now.wall_ms > wait)
		wait = when - e->now.wall_ms;
	if (wait > 0) {
		if (wait != INT64_MAX)
			wake_in(e, wait);
		return 0;
	}
	r = store_post_next(e->store, POST_READY, p->name, e->now.wall_ms, &id);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	struct value *row = NULL;
	r = store_post_get(e->store, id, &row);
	if (r == 0)
		r = send(e, p, row);
	value_free(row);
	return r < 0 ? r : 1;
}

static int try_publish(struct engine *e)
{
	for (size_t i = 0; i < e->config->publisher_count; i++) {
		int r = try_send(e, &e->config->publishers[i]);
		if (r != 0)
			return r;
	}
	return 0;
}

static int published(struct engine *e, const struct value *row, const struct value *answer)
{
	char id[24];
	int r = store_post_published(e->store, e->post_id, e->now.wall_ms,
		value_get_string(answer, "id", NULL), value_get_string(answer, "url", NULL));
	if (r < 0)
		return r;
	e->counts.posts_published++;
	log_event(LOG_LEVEL_NOTICE,
		LOG_FIELDS(.keyword = value_get_string(row, "keyword", ""),
			.list = value_get_string(row, "list", ""),
			.post = id_text(e->post_id, id),
			.agent = value_get_string(row, "publisher", "")),
		"post %s is out through '%s': %s", id, value_get_string(row, "publisher", ""),
		value_get_string(row, "title", ""));
	return mend_publisher(e, value_get_string(row, "publisher", ""));
}

static int unclear(struct engine *e, const char *reason)
{
	char id[24];
	log_event(LOG_LEVEL_WARNING, LOG_FIELDS(.post = id_text(e->post_id, id)),
		"post %s may be out or not: %s; looking for it from %" PRId64
		" min on, nothing is sent again before",
		id, reason, FIND_FIRST_MS / MINUTE_MS);
	return store_post_move(e->store, e->post_id, POST_SENDING, POST_UNKNOWN, e->now.wall_ms,
		e->now.wall_ms + FIND_FIRST_MS, reason);
}

static int park(struct engine *e, int64_t id, const char *reason)
{
	char idt[24];
	log_event(LOG_LEVEL_ERR, LOG_FIELDS(.post = id_text(id, idt)),
		"post %s: %s; look at the blog, then: "
		"cpauto posts settle %s --published or --absent",
		idt, reason, idt);
	return store_post_move(e->store, id, POST_UNKNOWN, POST_PARKED, e->now.wall_ms,
		e->now.wall_ms, reason);
}

/* A draft is no post yet: its id is kept, and with it the next step can be repeated. */
static int drafted(struct engine *e, const struct value *row, const struct value *answer)
{
	const char *draft = value_get_string(answer, "id", "");
	if (draft[0])
		return store_post_draft(e->store, e->post_id, e->now.wall_ms, draft);
	if (str_eq(value_get_string(row, "state", ""), POST_UNKNOWN))
		return park(e, e->post_id, "its draft was found, but has no id");
	return unclear(e, "its draft has no id");
}

/* Publishing a draft by its id twice is publishing it once; a few times, then find must tell. */
static bool can_repeat(const struct value *row)
{
	return value_get_string(row, "draft_id", NULL) &&
	       value_get_int(row, "attempts", 0) < REPEATS_MAX;
}

static int publish_done(struct engine *e, const struct value *row, const struct config_publisher *p,
	const struct agent_result *res)
{
	switch (res->verdict) {
	case AGENT_OK:
		if (value_get_bool(res->answer, "draft", false))
			return drafted(e, row, res->answer);
		return published(e, row, res->answer);
	case AGENT_REFUSED:
		return refuse(e, row, res->reason);
	case AGENT_UNKNOWN:
		if (can_repeat(row))
			return store_post_move(e->store, e->post_id, POST_SENDING, POST_READY,
				e->now.wall_ms, e->now.wall_ms + FIND_FIRST_MS, res->reason);
		return unclear(e, res->reason);
	default:
		break;
	}
	/* later, broken, blocked: nothing happened, it goes when the publisher can. */
	int r = store_post_move(e->store, e->post_id, POST_SENDING, POST_READY, e->now.wall_ms,
		e->now.wall_ms, res->reason);
	if (r == 0 && p)
		r = fail_publisher(e, p, res);
	return r;
}

/* ---- settling what nobody knows --------------------------------------------------- */

static int try_settle(struct engine *e)
{
	int64_t id;
	int r = store_post_next(e->store, POST_UNKNOWN, NULL, e->now.wall_ms, &id);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	struct value *row = NULL;
	r = store_post_get(e->store, id, &row);
	if (r < 0)
		return r;
	struct err err;
	const struct config_publisher *p =
		config_publisher_find(e->config, value_get_string(row, "publisher", ""));
	if (!p)
		r = park(e, id, "its publisher is not in the configuration any more");
	else if (start_publisher(e, ACTION_FIND, p, "find", row, &err) < 0)
		r = park(e, id, err.text);
	value_free(row);
	return r < 0 ? r : 1;
}

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

static int not_found(struct engine *e, const struct value *row)
{
	int finds = 0;
	int r = store_post_looked(e->store, e->post_id, e->now.wall_ms,
		e->now.wall_ms + FIND_EVERY_MS, true, &finds);
	if (r < 0)
		return r;
	if (finds < 2 || sending_age(e, row) < FIND_SURE_MS)
		return 0;
	log_event(LOG_LEVEL_NOTICE, NULL,
		"post %" PRId64 " is not there after %d looks; it is sent again", e->post_id,
		finds);
	return store_post_move(e->store, e->post_id, POST_UNKNOWN, POST_READY, e->now.wall_ms,
		e->now.wall_ms, "it was looked for and is not there");
}

static int find_done(struct engine *e, const struct value *row, const struct agent_result *res)
{
	const char *found = value_get_string(res->answer, "found", "unknown");
	if (res->verdict == AGENT_OK && str_eq(found, "yes") &&
		value_get_bool(res->answer, "draft", false))
		return drafted(e, row, res->answer);
	if (res->verdict == AGENT_OK && str_eq(found, "yes"))
		return published(e, row, res->answer);
	if (res->verdict == AGENT_OK && str_eq(found, "no"))
		return not_found(e, row);
	if (res->verdict == AGENT_OK || res->verdict == AGENT_REFUSED)
		return park(e, e->post_id, "its publisher cannot tell whether it is out");
	if (sending_age(e, row) > FIND_GIVE_UP_MS)
		return park(e, e->post_id, res->reason);
	int finds = 0;
	return store_post_looked(e->store, e->post_id, e->now.wall_ms,
		e->now.wall_ms + FIND_EVERY_MS, false, &finds);
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
	desk_handle(e->store, e->config, &e->now, kind, args, &out);
	log_info("%s: %s", kind, out.text);
	r = store_request_done(e->store, id, e->now.wall_ms, out.exit_code, out.text);
	if (r == 0 && out.heads_changed)
		r = reload_heads(e);
	free(kind);
	value_free(args);
	return r < 0 ? r : 1;
}

/* ---- keeping house ---------------------------------------------------------------- */

/* Nothing is kept longer than the owner said; files go with their rows. */
static void expire(struct engine *e)
{
	struct value *paths = NULL;
	int64_t before = e->now.wall_ms - e->config->cache.ttl_ms;
	if (store_cache_expire(e->store, before, e->now.wall_ms - e->config->cache.history_ms,
		    &paths) < 0) {
		log_warning("%s; the cache is cleaned in an hour, ignoring", store_error(e->store));
		return;
	}
	for (size_t i = 0; i < value_len(paths); i++) {
		const char *path = value_get_string(value_at(paths, i), "path", "");
		if (str_starts(path, e->image_dir))
			(void)unlink(path);
	}
	value_free(paths);
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
		wake_in(e, wait > MINUTE_MS ? wait : MINUTE_MS);
	}
	if (e->now.synced && e->now.boot_ms >= e->clamp_boot_ms) {
		e->clamp_boot_ms = e->now.boot_ms + HOUR_MS;
		if (store_clamp(e->store, e->now.wall_ms, CLAMP_MS) == 0)
			(void)reload_heads(e);
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
	try_request, try_settle, try_publish, try_finish, try_render, try_look, try_call,
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

int64_t engine_step(struct engine *e, const struct instant *now)
{
	e->now = *now;
	e->wake_ms = INT64_MAX;
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
	r = action == ACTION_PUBLISH ? publish_done(e, row, p, res) : find_done(e, row, res);
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
		r = search_done(e, result);
	else if (action == ACTION_IMAGES)
		r = images_done(e, result);
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

struct engine_counts engine_counts(const struct engine *e)
{
	return e->counts;
}

/* ---- status ----------------------------------------------------------------------- */

static void status_next(struct engine *e, const struct account_gate *gate, struct buf *b)
{
	char time[CLOCK_TEXT_MAX];
	clock_format_time(e->next_call_ms, time);
	if (gate->account.hard)
		buf_str(b, ", stopped after strikes: cpauto unblock");
	else if (gate->budget.reason == BUDGET_BLOCKED)
		buf_printf(b, ", blocked by the server until %s", time);
	else if (gate->waiting)
		buf_printf(b, ", the source failed, next try at %s", time);
	else if (e->action == ACTION_SEARCH)
		buf_printf(b, ", asking about '%s'", e->keyword.keyword);
	else if (e->next_call_ms)
		buf_printf(b, ", next at %s for '%s'", time, e->next_keyword);
	else
		buf_str(b, ", nothing is due");
}

static void status_posts(struct engine *e, struct buf *b)
{
	static const struct {
		const char *state, *one, *many;
	} words[] = {
		{ POST_WAITING, "post waiting for approval", "posts waiting for approval" },
		{ POST_READY, "post ready", "posts ready" },
		{ POST_UNKNOWN, "post unclear", "posts unclear" },
		{ POST_PARKED, "post for you to settle", "posts for you to settle" },
	};
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		int64_t n = 0;
		if (store_posts_count(e->store, words[i].state, &n) == 0 && n > 0)
			buf_printf(b, "; %" PRId64 " %s", n, n == 1 ? words[i].one : words[i].many);
	}
}

void engine_status(struct engine *e, const struct instant *now, char out[ENGINE_STATUS_MAX])
{
	struct buf b;
	struct account_gate gate;
	buf_init(&b, 4096);
	if (e->fatal || e->store_trouble[0]) {
		buf_printf(&b, "no call and no post: %s", e->store_trouble);
	} else if (account_ask(e->store, e->config, now, false, &gate) < 0) {
		buf_printf(&b, "no call and no post: %s", store_error(e->store));
	} else {
		buf_printf(&b, "%d of %d calls left", gate.budget.left, e->config->budget.calls);
		status_next(e, &gate, &b);
		status_posts(e, &b);
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
			e->store, e->now.wall_ms, e->now.wall_ms + FIND_FIRST_MS, &posts);
	if (calls > 0)
		log_warning(
			"%d call%s under way when the daemon last ended; counted as made now",
			calls, calls == 1 ? " was" : "s were");
	if (posts > 0)
		log_warning(
			"%d post%s being published when the daemon last ended; looking for "
			"%s before "
			"anything is sent again",
			posts, posts == 1 ? " was" : "s were", posts == 1 ? "it" : "them");
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
	e->apart = setup->apart;
	e->now = *now;
	int r = recover(e);
	if (r == 0)
		r = sync_lists(e, e->config);
	if (r == 0)
		r = link_lists(e);
	if (r < 0) {
		err_set(err, r, "%s", store_error(e->store));
		e->config = NULL;
		e->templates = NULL;
		engine_free(e);
		return r;
	}
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
	free(e);
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
		r = set_account(e, &a);
	}
	return r == 0 ? store_publishers_clear(e->store) : r;
}

int engine_reload(struct engine *e, struct config *config, struct render_templates *templates,
	const struct instant *now, struct err *err)
{
	struct config *old = e->config;
	e->now = *now;
	int r = sync_lists(e, config);
	if (r == 0)
		r = clear_waits(e);
	if (r < 0)
		return err_set(err, r, "%s", store_error(e->store));
	e->config = config;
	r = link_lists(e);
	if (r < 0) {
		err_set(err, r, "%s", store_error(e->store));
		e->config = old;
		if (link_lists(e) < 0)
			e->fatal = true;
		return r;
	}
	config_free(old);
	render_templates_free(e->templates);
	e->templates = templates;
	return 0;
}
