/* SPDX-License-Identifier: MIT */
#include "asking.h"

#include <errno.h>
#include <inttypes.h>

#include "account.h"
#include "hours.h"
#include "look.h"
#include "paths.h"
#include "retry.h"
#include "work.h"

#define KEYWORD_RETRY_MS (10 * MINUTE_MS)
#define KEYS_AGAIN_MS HOUR_MS
#define SEARCH_LIMIT 10 /* what the API gives at most; lists cut their own */

static int calls_left(struct engine *e)
{
	struct account_gate gate;
	if (account_ask(e->store, e->config, &e->now, false, &gate) < 0)
		return -1;
	return gate.budget.left;
}

static void source_secrets(const struct engine *e, struct secrets *s)
{
	secrets_init(s);
	secrets_add(s, "access-key", e->credentials_dir, "coupang.access-key",
		e->config->coupang.access_key_file);
	secrets_add(s, "secret-key", e->credentials_dir, "coupang.secret-key",
		e->config->coupang.secret_key_file);
}

static int start_search(struct engine *e, struct err *err)
{
	struct value *request = agent_request("search", work_source_config(e));
	value_set_string(request, "keyword", e->keyword.keyword);
	value_set_int(request, "limit", SEARCH_LIMIT);
	struct secrets secrets;
	source_secrets(e, &secrets);
	int r = work_start(
		e, ACTION_SEARCH, "coupang", request, work_source_timeout(e), &secrets, err);
	secrets_finish(&secrets);
	value_free(request);
	return r;
}

/* ---- the keys, before anything is counted for an agent without them --------------------- */

/* Of a credential nothing can be seen but that it is not there: the unit takes it at a start. */
static int no_key(const struct engine *e, const char *what, const char *credential,
	const char *option, struct err *err)
{
	const char *account = e->account;
	const char *dot = account[0] ? "." : "", *at = account[0] ? "@" : "";
	return err_set(err, -ENOENT,
		"no %s: run: sudo install -m 0600 /dev/stdin %s/%s%s%s && "
		"sudo systemctl restart cpauto%s%s; or name its file in %s",
		tr(what), PATHS_CREDSTORE, account, dot, credential, at, account, option);
}

static int look_for_key(struct engine *e, const char *what, const char *credential,
	const char *option, const char *setting, struct err *err)
{
	CLEANUP_FREE char *path = secrets_path(e->credentials_dir, credential, setting);
	if (!path[0])
		return no_key(e, what, credential, option, err);
	struct err why;
	int r = secret_look(path, &why);
	if (r == 0)
		return 0;
	work_await(e, path);
	return err_set(err, r, "no %s: %s", tr(what), why.text);
}

static int look_for_keys(struct engine *e, struct err *err)
{
	int r = look_for_key(e, N_("access key"), "coupang.access-key", "coupang.access_key_file",
		e->config->coupang.access_key_file, err);
	if (r < 0)
		return r;
	return look_for_key(e, N_("secret key"), "coupang.secret-key", "coupang.secret_key_file",
		e->config->coupang.secret_key_file, err);
}

static int keys_are_there(struct engine *e, struct store_account *a)
{
	account_keys_found(a);
	e->told_keys = false;
	log_event(LOG_LEVEL_NOTICE, LOG_FIELDS(.event = EVENT_KEYS_BACK, .agent = "coupang"),
		"the keys are there; calls are made");
	return store_account_set(e->store, a);
}

/* Says it once in a process, and writes it down for the CLI: now, and each hour. */
static int keys_are_missing(struct engine *e, struct store_account *a, const struct err *why)
{
	bool known = account_lacks_keys(a) && str_eq(a->wait_reason, why->text);
	if (!known || !e->told_keys)
		log_event(LOG_LEVEL_ERR,
			LOG_FIELDS(.event = EVENT_KEYS_MISSING, .agent = "coupang"),
			"no call is made, and none is counted: %s", why->text);
	e->told_keys = true;
	work_wake_in(e, KEYS_AGAIN_MS);
	if (known && account_wait_until(a, &e->now) > 0)
		return 0;
	account_keys_missing(a, &e->now, KEYS_AGAIN_MS, why->text);
	return store_account_set(e->store, a);
}

/* 1 if a call has to wait for the keys; GATE is as it is then. */
static int hold_for_keys(struct engine *e, bool by_hand, struct account_gate *gate)
{
	bool lacked = account_lacks_keys(&gate->account);
	if (!e->look_for_keys || (!lacked && gate->budget.wait_ms > 0))
		return 0;
	struct err why;
	if (look_for_keys(e, &why) < 0) {
		int r = keys_are_missing(e, &gate->account, &why);
		return r < 0 ? r : 1;
	}
	if (!lacked)
		return 0;
	int r = keys_are_there(e, &gate->account);
	return r < 0 ? r : account_ask(e->store, e->config, &e->now, by_hand, gate);
}

int asking_forget_keys(struct engine *e)
{
	struct store_account a;
	int r = store_account_get(e->store, &a);
	if (r < 0 || !account_lacks_keys(&a))
		return r;
	account_keys_found(&a);
	return store_account_set(e->store, &a);
}

/* Nothing is due, so nothing waits for them; but what was said about them holds no more? */
static int look_again(struct engine *e)
{
	struct account_gate gate;
	int r = account_ask(e->store, e->config, &e->now, false, &gate);
	if (r == 0 && account_lacks_keys(&gate.account))
		r = hold_for_keys(e, false, &gate);
	return r < 0 ? r : 0;
}

/* The account as the call found it, and as the call leaves it. */
struct accounts {
	struct store_account was, is;
};

/* One write for a call, and none where nothing changed; both were read into zeroed memory. */
static int save_account(struct engine *e, const struct accounts *a)
{
	if (memcmp(&a->was, &a->is, sizeof(a->is)) == 0)
		return 0;
	return store_account_set(e->store, &a->is);
}

static int search_failed(struct engine *e, const struct agent_result *res, struct accounts *both)
{
	struct store_account *a = &both->is;
	struct log_fields f = { .keyword = e->keyword.keyword, .list = e->keyword.list,
		.agent = "coupang", .calls_left = calls_left(e) };
	int64_t delay = retry_delay(e->keyword.failures + 1, KEYWORD_RETRY_MS, DAY_MS);
	e->counts.calls_failed++;
	switch (res->verdict) {
	case AGENT_BLOCKED: /* noted and told of before the call was ended */
		delay = 0; /* the keyword is not to blame */
		break;
	case AGENT_REFUSED:
		delay = retry_delay(e->keyword.failures + 1, HOUR_MS, 7 * DAY_MS);
		f.event = EVENT_KEYWORD_REFUSED;
		log_event(LOG_LEVEL_WARNING, &f, "'%s' is refused: %s", e->keyword.keyword,
			res->reason);
		break;
	case AGENT_BROKEN:
		account_failed(a, &e->now, HOUR_MS, res->reason);
		f.event = EVENT_SOURCE_BROKEN;
		log_event(LOG_LEVEL_ERR, &f,
			"a person is needed: %s; the next try is in %" PRId64 " min, or after "
			"a reload",
			res->reason, a->wait_ms / MINUTE_MS);
		delay = 0;
		break;
	default:
		account_failed(a, &e->now, res->retry_after_ms, res->reason);
		f.event = EVENT_NO_ANSWER;
		log_event(LOG_LEVEL_WARNING, &f,
			"no answer about '%s': %s; trying again in %" PRId64 " min",
			e->keyword.keyword, res->reason, a->wait_ms / MINUTE_MS);
		break;
	}
	int r = save_account(e, both);
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
		log_event(LOG_LEVEL_WARNING,
			LOG_FIELDS(.event = EVENT_ANSWER_LOST, .keyword = k->keyword,
				.list = k->list),
			"%s; the answer about '%s' cannot be kept, trying again later",
			store_error(e->store), k->keyword);
		return store_keyword_failed(
			e->store, k->id, e->now.wall_ms + HOUR_MS, store_error(e->store));
	}
	r = store_keywords_fresh(e->store, k->folded, e->now.wall_ms + e->config->cache.ttl_ms);
	return r < 0 ? r : store_posts_answered(e->store, k->folded, e->now.wall_ms);
}

static int search_worked(struct engine *e, const struct agent_result *res, struct accounts *both)
{
	account_worked(&both->is);
	int r = save_account(e, both);
	if (r == 0 && both->was.failures > 0)
		log_event(LOG_LEVEL_NOTICE,
			LOG_FIELDS(.event = EVENT_SOURCE_BACK, .agent = "coupang"),
			"the API answers again");
	if (r == 0)
		r = keep_answer(e, res->answer);
	int left = calls_left(e);
	log_event(LOG_LEVEL_INFO,
		LOG_FIELDS_CALLS(left, .event = EVENT_ANSWER, .keyword = e->keyword.keyword,
			.list = e->keyword.list, .agent = "coupang"),
		"'%s': %zu products; %d of %d calls left", e->keyword.keyword,
		value_len(value_get(res->answer, "products")), left, e->config->budget.calls);
	return r;
}

/* The server's clock, as its answers tell it; worth a line once it is off. */
static void note_skew(const struct value *answer, struct store_account *a)
{
	const struct value *skew = value_get(answer, "skew_ms");
	if (value_kind(skew) != VALUE_INT)
		return;
	int64_t was = a->skew_ms;
	/* A Date of whole seconds tells less apart than that; the row is not written for it. */
	if (llabs(value_int(skew, 0) - was) < 2 * SECOND_MS)
		return;
	a->skew_ms = value_int(skew, 0);
	bool off = llabs(a->skew_ms) > MINUTE_MS;
	if (off && llabs(was) <= MINUTE_MS)
		log_event(LOG_LEVEL_WARNING, LOG_FIELDS(.event = EVENT_CLOCK_OFF),
			"this clock and the server's differ by %" PRId64
			" s; synchronise the clock "
			"(timedatectl set-ntp true), or calls will be refused",
			a->skew_ms / SECOND_MS);
}

/* The one line about a block that begins. */
static void log_block(struct engine *e, const struct store_account *a)
{
	char until[CLOCK_TEXT_MAX];
	struct log_fields f = { .event = EVENT_STOPPED, .keyword = e->keyword.keyword,
		.list = e->keyword.list, .agent = "coupang", .calls_left = calls_left(e) };
	if (a->hard) {
		log_event(LOG_LEVEL_ERR, &f,
			"the server refuses calls (strike %d): %s; stopped until you run: "
			"cpauto unblock",
			a->strikes, a->reason);
		return;
	}
	clock_format_stamp(e->now.wall_ms + a->block_ms, until);
	f.event = EVENT_BLOCKED;
	f.until = until;
	log_event(LOG_LEVEL_ERR, &f, "the server refuses calls (strike %d): %s; no call until %s",
		a->strikes, a->reason, until);
}

static int note_block(struct engine *e, const struct agent_result *res)
{
	struct store_account a;
	int r = store_account_get(e->store, &a);
	if (r < 0)
		return r;
	account_block(&a, &e->now, res->until_ms, res->strikes, res->reason);
	r = store_account_set(e->store, &a);
	if (r < 0)
		return r;
	log_block(e, &a);
	e->block_watched = true;
	return 0;
}

/*
 * The one line about a block that is over: it is written down as over before,
 * so that neither a restart nor another step says so again.
 */
int asking_try_unblock(struct engine *e)
{
	struct store_account a;
	if (!e->block_watched)
		return 0;
	int r = store_account_get(e->store, &a);
	if (r < 0)
		return r;
	e->block_watched = a.blocked && !a.hard;
	if (!e->block_watched)
		return 0;
	int64_t left = account_block_until(&a, &e->now) - e->now.boot_ms;
	if (left > 0) {
		work_wake_in(e, left);
		return 0;
	}
	a.blocked = false;
	r = store_account_set(e->store, &a);
	if (r < 0)
		return r;
	log_event(LOG_LEVEL_NOTICE, LOG_FIELDS(.event = EVENT_BLOCK_OVER),
		"the server's block is over; calls are made again");
	return 1;
}

/*
 * A block is written down before its call is ended: killed in between, we come
 * back to a call that is open and an account that is blocked. The other way
 * round the next call would go out to a server that has forbidden it.
 */
int asking_done(struct engine *e, const struct agent_result *res)
{
	int requests = res->calls >= 0 ? res->calls : 1;
	struct accounts both = { 0 };
	int r = res->verdict == AGENT_BLOCKED ? note_block(e, res) : 0;
	if (r == 0)
		r = store_call_end(e->store, e->call_id, &e->now,
			agent_verdict_word(res->verdict), res->reason, requests);
	if (r == 0)
		r = store_account_get(e->store, &both.was);
	memcpy(&both.is, &both.was, sizeof(both.is));
	if (r == 0)
		note_skew(res->answer, &both.is);
	if (r == 0)
		r = res->verdict == AGENT_OK ? search_worked(e, res, &both)
					     : search_failed(e, res, &both);
	if (r == 0)
		r = work_load_head(e, e->keyword.list_id);
	return r;
}

/* An agent that could not even be started: nothing left the machine. */
static int search_not_started(struct engine *e, int error, const struct err *why)
{
	char reason[ERR_MAX];
	str_format_cut(reason, sizeof(reason), "%s", why->text);
	struct agent_result res = {
		.verdict = work_not_started(error), .reason = reason, .retry_after_ms = -1,
		.calls = 0, .strikes = -1
	};
	return asking_done(e, &res);
}

/* Remembers for the status when which keyword is next. */
static void note_next(struct engine *e, const char *keyword, int64_t wait_ms)
{
	if (wait_ms == INT64_MAX)
		return;
	e->next_call_ms = e->now.wall_ms + wait_ms;
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
	r = start_search(e, &err);
	if (r == 0)
		return 1;
	r = search_not_started(e, r, &err);
	e->fatal = r < 0; /* as in engine_done(): the call stays open */
	return r < 0 ? r : 1;
}

/*
 * The next keyword that needs a call, if one may leave. By hand means now, so
 * the active hours do not hold it; the budget does.
 */
int asking_try_call(struct engine *e)
{
	e->next_call_ms = e->next_due_ms = 0;
	if (!store_has_cache(e->store))
		return 0; /* an answer that cannot be kept is a call thrown away */
	struct plan_choice choice = plan_choose(e->plan, e->list_count, e->now.wall_ms);
	if (choice.list < 0) {
		if (choice.wait_ms != INT64_MAX) {
			work_wake_in(e, choice.wait_ms);
			e->next_due_ms = e->now.wall_ms + choice.wait_ms;
		}
		return e->told_keys ? look_again(e) : 0;
	}
	const struct plan_head *head = &e->plan[choice.list].head;
	int r = store_keyword_get(e->store, head->keyword_id, &e->keyword);
	if (r == -ENOENT) {
		r = work_load_plan(e);
		return r < 0 ? r : 1;
	}
	if (r < 0)
		return r;
	struct account_gate gate;
	r = account_ask(e->store, e->config, &e->now, head->asked, &gate);
	if (r == 0)
		r = hold_for_keys(e, head->asked, &gate);
	if (r != 0)
		return r < 0 ? r : 0;
	int64_t wait = gate.budget.wait_ms;
	int64_t closed = hours_wait(&e->config->hours.active, e->now.wall_ms);
	if (!head->asked && closed > wait)
		wait = closed;
	note_next(e, e->keyword.keyword, wait);
	if (wait > 0) {
		if (wait != INT64_MAX)
			work_wake_in(e, wait);
		return 0;
	}
	return begin_call(e, choice.list);
}

/* ---- from an answer to a planned post --------------------------------------------- */

/*
 * The post that a new one would take the place of on the blog; 0 where it would
 * stand beside it: on another blog, or where the blog's id of it is not known.
 */
static int64_t stands_as(const struct config_list *c, const struct value *last)
{
	if (c->repost != REPOST_UPDATE || !value_get_string(last, "external_id", "")[0] ||
		!str_eq(value_get_string(last, "publisher", ""), c->publisher))
		return 0;
	return value_get_int(last, "first", 0);
}

/* Why this look makes no post; "" if it does, and then in whose place (0: a new one). */
static int look_verdict(struct engine *e, const struct config_list *c, const char *set,
	const struct value *products, int64_t *updates, char reason[ERR_MAX])
{
	reason[0] = '\0';
	*updates = 0;
	if (!set[0]) {
		str_format_cut(reason, ERR_MAX, "%s", _("nothing was found for it"));
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
		str_format_cut(reason, ERR_MAX, _("its post %" PRId64 " is not out yet (%s)"), id,
			tr(state));
	else if (c->repost == REPOST_NEVER)
		str_format_cut(reason, ERR_MAX,
			_("it was posted (post %" PRId64 "), and repost is \"never\""), id);
	else if (c->repost != REPOST_ALWAYS && same &&
		look_price_change(before, products) <= c->repost_threshold)
		str_format_cut(reason, ERR_MAX,
			_("the same products at much the same prices as in post %" PRId64), id);
	else
		*updates = stands_as(c, last);
	value_free(last);
	return r;
}

static int plan_post(struct engine *e, const struct config_list *c, const char *set,
	int64_t updates, char reason[ERR_MAX])
{
	char day[LOOK_PERIOD_MAX], period[2 * LOOK_PERIOD_MAX], key[FINGERPRINT_LEN + 1];
	look_period(e->now.wall_ms, c->every_ms, day);
	str_format_cut(period, sizeof(period), "%s", day);
	if (updates)
		str_format_cut(period, sizeof(period), "%" PRId64 " again, %s", updates, day);
	const char *parts[] = { c->name, e->keyword.folded, set, period };
	fingerprint(parts, ARRAY_LEN(parts), key);
	int64_t age = 0;
	int r = work_restored_age(e, &age);
	if (r < 0)
		return r;
	struct store_post_new p = {
		.key = key,
		.list = c->name,
		.keyword = e->keyword.keyword,
		.folded = e->keyword.folded,
		.publisher = c->publisher,
		.products = set,
		.period = period,
		.now_ms = e->now.wall_ms,
		.updates = updates,
		/* No period is longer than a day: an older key cannot be this one. */
		.doubt = !updates && (e->keyword.doubt || age < 2 * DAY_MS),
	};
	int64_t id;
	r = store_post_add(e->store, &p, &id);
	if (r == -EEXIST) {
		str_format_cut(reason, ERR_MAX,
			_("there is a post of the same products in this period (%s)"), period);
		return 0;
	}
	if (r == 0)
		e->counts.posts_made++;
	return r;
}

/* A look at the keyword in E, with its answer in hand. */
static int look(struct engine *e, const struct value *answer)
{
	const struct config_list *c = work_list(e, e->keyword.list);
	if (!c) /* left over from a reload that could not be finished */
		return store_keyword_failed(e->store, e->keyword.id, e->now.wall_ms + DAY_MS,
			_("its list is not in the configuration"));
	char set[LOOK_SET_MAX], reason[ERR_MAX];
	const struct value *products = value_get(answer, "products");
	int64_t updates;
	look_set(products, c->limit, set);
	int r = look_verdict(e, c, set, products, &updates, reason);
	if (r == 0 && !reason[0])
		r = plan_post(e, c, set, updates, reason);
	if (r < 0)
		return r;
	if (reason[0])
		log_event(LOG_LEVEL_INFO,
			LOG_FIELDS(.event = EVENT_NO_POST, .keyword = e->keyword.keyword,
				.list = c->name),
			"no post for '%s': %s", e->keyword.keyword, reason);
	return store_keyword_looked(e->store, e->keyword.id, e->now.wall_ms,
		e->now.wall_ms + c->every_ms, reason);
}

/* A keyword that is due and whose answer is cached costs no call. */
int asking_try_look(struct engine *e)
{
	int64_t id, fetched;
	int r = store_keyword_free(e->store, e->now.wall_ms, &id);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = store_keyword_get(e->store, id, &e->keyword);
	if (r < 0)
		return r;
	struct value *answer = NULL;
	if (work_fresh_answer(e, e->keyword.folded, &fetched, &answer) == 0)
		r = look(e, answer);
	else
		r = store_keywords_fresh(e->store, e->keyword.folded, 0);
	value_free(answer);
	if (r == 0)
		r = work_load_head(e, e->keyword.list_id);
	return r < 0 ? r : 1;
}
