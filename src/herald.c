/* SPDX-License-Identifier: MIT */
#include "herald.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/random.h>

#include "digest.h"
#include "hours.h"
#include "notice.h"
#include "retry.h"
#include "secrets.h"

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

#define GIVE_UP_MS (3 * DAY_MS)       /* what is as old is told no more */
#define TOKEN_MS (3 * DAY_MS)         /* how long a reply counts */
#define STORE_RETRY_MS MINUTE_MS
#define BROKEN_MS HOUR_MS             /* until it is tried again without a word from anybody */
#define WAIT_MAX_MS DAY_MS
#define TOKEN_BYTES (HERALD_TOKEN_LEN / 2)

enum errand { ERRAND_NONE, ERRAND_TELL, ERRAND_HEAR };

/* What is known of a notifier in this process alone, in the order of the configuration. */
struct room {
	int64_t hear_boot; /* when replies are asked for next */
	int deaf;          /* how often in a row that failed */
};

struct herald {
	struct store *store;
	const struct config *config;
	struct engine_port port;
	char *credentials_dir;
	void (*clock)(struct instant *now);
	struct room *rooms;
	size_t first; /* whose turn it is */

	struct instant now;
	int64_t wake_ms;
	int64_t store_boot; /* the store failed: nothing until then */
	bool store_said;
	int64_t budget_boot; /* when it was last said that no call is left; 0: never */
	bool noting;         /* a line of our own is being kept */

	/* What is under way. */
	enum errand errand;
	char *name;
	struct value *ids; /* of the notices that are being told */
	int64_t more;      /* and of how many others it is said that they were */
};

/* ---- beginning and end ------------------------------------------------------------ */

static void failed(struct herald *h)
{
	h->store_boot = h->now.boot_ms + STORE_RETRY_MS;
	bool said = h->store_said;
	h->store_said = true;
	if (!said)
		log_event(LOG_LEVEL_WARNING, LOG_FIELDS(.event = EVENT_NOTICES_LATE),
			"%s; nobody is told anything for now, trying again in 1 min",
			store_error(h->store));
}

static void set_up(struct herald *h)
{
	size_t n = h->config->notifier_count;
	const char **names = xcalloc(n + 1, sizeof(*names));
	for (size_t i = 0; i < n; i++)
		names[i] = h->config->notifiers[i].name;
	free(h->rooms);
	h->rooms = n > 0 ? xcalloc(n, sizeof(*h->rooms)) : NULL;
	h->first = 0;
	if (store_notifiers_sync(h->store, names, n) < 0 || store_notifiers_clear(h->store) < 0)
		failed(h);
	free(names);
}

struct herald *herald_new(const struct herald_setup *setup, const struct instant *now)
{
	struct herald *h = xcalloc(1, sizeof(*h));
	h->store = setup->store;
	h->config = setup->config;
	h->port = setup->port;
	h->credentials_dir = xstrdup(setup->credentials_dir);
	h->clock = setup->clock;
	h->now = *now;
	set_up(h);
	return h;
}

void herald_free(struct herald *h)
{
	if (!h)
		return;
	free(h->credentials_dir);
	free(h->rooms);
	free(h->name);
	value_free(h->ids);
	free(h);
}

void herald_reload(struct herald *h, const struct config *config, const struct instant *now)
{
	h->config = config;
	h->now = *now;
	set_up(h);
}

bool herald_busy(const struct herald *h)
{
	return h->errand != ERRAND_NONE;
}

static struct room *room_of(const struct herald *h, const struct config_notifier *n)
{
	return &h->rooms[n - h->config->notifiers];
}

static void wake_in(struct herald *h, int64_t wait_ms)
{
	if (wait_ms < h->wake_ms)
		h->wake_ms = wait_ms > 0 ? wait_ms : 0;
}

/* ---- what happened ---------------------------------------------------------------- */

/* Is the last call of the window spent? Said once an hour. */
static bool is_spent(struct herald *h, const struct log_fields *f, const struct instant *now)
{
	if (f->calls_left != 0 ||
		(h->budget_boot > 0 && now->boot_ms - h->budget_boot < HOUR_MS))
		return false;
	h->budget_boot = now->boot_ms;
	return true;
}

static void keep(struct herald *h, enum notice_class class, const struct store_notice *notice)
{
	int r = 0;
	for (size_t i = 0; i < h->config->notifier_count && r == 0; i++) {
		const struct config_notifier *n = &h->config->notifiers[i];
		if (n->classes & notice_bit(class))
			r = store_notice_add(h->store, n->name, notice);
	}
	if (r < 0)
		failed(h);
}

void herald_note(void *herald, enum log_level level, const struct log_fields *f, const char *text)
{
	struct herald *h = herald;
	enum notice_class class = notice_of_event(f->event);
	if (h->noting || h->config->notifier_count == 0)
		return;
	h->noting = true;
	struct store_notice notice = { .text = text, .level = (int)level };
	struct instant now;
	h->clock(&now);
	notice.at_ms = now.wall_ms;
	if (!f->post || parse_int64(f->post, 1, INT64_MAX, &notice.post) < 0)
		notice.post = 0;
	notice.class = notice_word(class);
	if (class != NOTICE_NONE)
		keep(h, class, &notice);
	notice.class = notice_word(NOTICE_BUDGET);
	if (is_spent(h, f, &now))
		keep(h, NOTICE_BUDGET, &notice);
	h->noting = false;
}

/* ---- starting an agent ------------------------------------------------------------ */

static int start(struct herald *h, const struct config_notifier *n, enum errand errand,
	const struct value *request, struct err *err)
{
	struct secrets secrets;
	secrets_init(&secrets);
	secrets_add_settings(&secrets, n->name, h->credentials_dir, n->settings);
	struct agent_job job = {
		.name = n->agent,
		.request = request,
		.timeout_ms = n->timeout_ms,
		.secrets = secrets.items,
	};
	int r = h->port.start(h->port.ctx, &job, err);
	secrets_finish(&secrets);
	if (r < 0)
		return r;
	h->errand = errand;
	free(h->name);
	h->name = xstrdup(n->name);
	return 0;
}

/* ---- telling ---------------------------------------------------------------------- */

/* Left alone for what was said, and no longer than it may be, whatever a clock says. */
static int64_t until_wait(const struct herald *h, const struct store_notifier *state)
{
	int64_t wait = state->until_ms - h->now.wall_ms;
	return wait > WAIT_MAX_MS ? 0 : wait;
}

static const char *chat_of(const struct config_notifier *n, char buf[32])
{
	const struct value *chat = value_get(n->settings, "chat");
	if (value_kind(chat) == VALUE_INT) {
		str_format_cut(buf, 32, "%" PRId64, value_int(chat, 0));
		return buf;
	}
	return value_string(chat, value_get_string(n->settings, "reply_topic", ""));
}

void herald_digest(const char *token, const char *notifier, const char *chat, char out[])
{
	const char *parts[] = { token, notifier, chat };
	digest_strings(parts, ARRAY_LEN(parts), out);
}

/* A new word for POST; 0, or a negative errno. */
static int make_token(struct herald *h, const struct config_notifier *n, int64_t post,
	char out[HERALD_TOKEN_LEN + 1])
{
	unsigned char bytes[TOKEN_BYTES];
	char digest[DIGEST_LEN + 1], chat[32];
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return -EAGAIN;
	for (size_t i = 0; i < sizeof(bytes); i++)
		str_format_cut(out + 2 * i, 3, "%02x", bytes[i]);
	herald_digest(out, n->name, chat_of(n, chat), digest);
	return store_token_add(h->store, digest, post, n->name, h->now.wall_ms,
		h->now.wall_ms + TOKEN_MS);
}

static bool is_approval(const struct value *row)
{
	return str_eq(value_get_string(row, "class", ""), notice_word(NOTICE_APPROVAL));
}

/* The rows that go into one message: a question alone, else all that are none. */
static struct value *take_batch(const struct value *rows)
{
	struct value *batch = value_new_list();
	bool question = is_approval(value_at(rows, 0));
	for (size_t i = 0; i < value_len(rows); i++) {
		const struct value *row = value_at(rows, i);
		if (is_approval(row) == question && (i == 0 || !question))
			value_append(batch, value_copy(row));
	}
	return batch;
}

/* The question as it is put, with a word for the answer; NULL if the store failed. */
static struct value *ask(struct herald *h, const struct config_notifier *n, const struct value *row)
{
	struct value *post = value_copy(row);
	char token[HERALD_TOKEN_LEN + 1];
	struct value *event = NULL;
	int64_t id = value_get_int(row, "post", 0);
	value_set_int(post, "id", id);
	bool replies = n->replies == REPLIES_APPROVE;
	if (!replies || make_token(h, n, id, token) == 0)
		event = notice_approval(n, post, replies ? token : NULL);
	explicit_bzero(token, sizeof(token));
	value_free(post);
	return event;
}

/* One row of the log for many messages that fail: the first, and then one a day. */
static void say_failed(const struct config_notifier *n, const struct store_notifier *state,
	int64_t wait_ms)
{
	char wait[32];
	format_wait(wait_ms, wait, sizeof(wait));
	if (state->failures % 24 == 1)
		log_event(LOG_LEVEL_WARNING,
			LOG_FIELDS(.event = EVENT_NOTIFIER_WAITS, .agent = n->agent),
			"'%s' cannot be told: %s; tried again in %s, what there is to tell waits",
			n->name, state->reason, wait);
}

/* It is left alone for a while. */
static int fail_notifier(struct herald *h, const struct config_notifier *n,
	struct store_notifier *state, enum agent_verdict verdict, int64_t retry_ms,
	const char *reason)
{
	state->failures++;
	int64_t wait = retry_delay(state->failures, MINUTE_MS, HOUR_MS);
	if (verdict == AGENT_BROKEN && wait < BROKEN_MS)
		wait = BROKEN_MS;
	if (retry_ms > wait)
		wait = retry_ms < WAIT_MAX_MS ? retry_ms : WAIT_MAX_MS;
	state->until_ms = h->now.wall_ms + wait;
	str_format_cut(state->reason, sizeof(state->reason), "%s", reason);
	say_failed(n, state, wait);
	return store_notifier_set(h->store, n->name, state);
}

/* The message under way is of BATCH; before it leaves its share of the pace is on the disk. */
static int tell(struct herald *h, const struct config_notifier *n, struct store_notifier *state,
	const struct value *batch)
{
	struct err err = { "" };
	bool question = is_approval(value_at(batch, 0));
	state->paced_ms = notice_paced(n, state->paced_ms, h->now.wall_ms);
	state->last_ms = h->now.wall_ms;
	int r = store_notifier_set(h->store, n->name, state);
	struct value *event = r < 0 ? NULL
		: question ? ask(h, n, value_at(batch, 0)) : notice_event(n, batch, state->more);
	if (!event)
		return r < 0 ? r : -EIO;
	struct value *request = agent_request("notify", value_copy(n->settings));
	value_set(request, "event", event);
	value_free(h->ids);
	h->ids = value_new_list();
	h->more = question ? 0 : state->more;
	for (size_t i = 0; i < value_len(batch); i++)
		value_append(h->ids, value_new_int(value_get_int(value_at(batch, i), "id", 0)));
	r = start(h, n, ERRAND_TELL, request, &err);
	value_free(request);
	if (r == 0)
		return 1;
	return fail_notifier(h, n, state, AGENT_LATER, -1, err.text);
}

/* What nobody heard for days is told no more. */
static int give_up(struct herald *h, const struct config_notifier *n,
	struct store_notifier *state, const struct value *rows, int64_t *ret_count)
{
	int r = 0;
	for (size_t i = 0; i < value_len(rows) && r == 0; i++) {
		const struct value *row = value_at(rows, i);
		if (value_get_int(row, "attempts", 0) == 0 ||
			h->now.wall_ms - value_get_int(row, "at_ms", 0) < GIVE_UP_MS)
			continue;
		r = store_notice_sent(h->store, value_get_int(row, "id", 0), h->now.wall_ms);
		++*ret_count;
	}
	if (r < 0 || *ret_count == 0)
		return r;
	state->lost += *ret_count;
	log_event(LOG_LEVEL_WARNING, LOG_FIELDS(.event = EVENT_NOTICES_LOST, .agent = n->agent),
		tr_n("'%s' could not be told of %" PRId64 " event for 3 days: given up, last "
			"for: %s",
			"'%s' could not be told of %" PRId64 " events for 3 days: given up, last "
			"for: %s", *ret_count),
		n->name, *ret_count, state->reason);
	return store_notifier_set(h->store, n->name, state);
}

static int try_tell(struct herald *h, const struct config_notifier *n,
	struct store_notifier *state)
{
	struct value *rows = NULL;
	int64_t gone = 0;
	int r = n->classes & notice_bit(NOTICE_APPROVAL)
		? store_notices_ask(h->store, n->name, h->now.wall_ms)
		: 0;
	if (r == 0)
		r = store_notices_open(h->store, n->name, 0, &rows);
	if (r == 0)
		r = give_up(h, n, state, rows, &gone);
	if (r == 0 && gone > 0) {
		wake_in(h, 0); /* the rest is looked at anew */
	} else if (r == 0 && value_len(rows) > 0) {
		int64_t wait = hours_wait(&n->hours, h->now.wall_ms);
		int64_t pace = notice_wait(n, state->paced_ms, state->last_ms, h->now.wall_ms);
		struct value *batch = take_batch(rows);
		wait = pace > wait ? pace : wait;
		if (wait > 0)
			wake_in(h, wait);
		else
			r = tell(h, n, state, batch);
		value_free(batch);
	}
	value_free(rows);
	return r;
}

/* ---- hearing ---------------------------------------------------------------------- */

static int try_hear(struct herald *h, const struct config_notifier *n,
	const struct store_notifier *state)
{
	struct room *room = room_of(h, n);
	struct err err = { "" };
	int64_t since;
	if (n->replies != REPLIES_APPROVE)
		return 0;
	int r = store_tokens_open(h->store, n->name, h->now.wall_ms, &since);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (room->hear_boot == 0)
		room->hear_boot = h->now.boot_ms + n->poll_ms;
	if (room->hear_boot > h->now.boot_ms) {
		wake_in(h, room->hear_boot - h->now.boot_ms);
		return 0;
	}
	room->hear_boot = h->now.boot_ms + n->poll_ms;
	struct value *request = agent_request("replies", value_copy(n->settings));
	value_set_string(request, "cursor", state->cursor);
	value_set_int(request, "since_ms", since);
	r = start(h, n, ERRAND_HEAR, request, &err);
	value_free(request);
	if (r < 0)
		wake_in(h, n->poll_ms);
	return r == 0 ? 1 : 0;
}

/* ---- the turn --------------------------------------------------------------------- */

static int try_notifier(struct herald *h, const struct config_notifier *n)
{
	struct store_notifier state;
	int r = store_notifier_get(h->store, n->name, &state);
	if (r < 0)
		return r;
	int64_t wait = until_wait(h, &state);
	if (wait <= 0)
		r = try_tell(h, n, &state);
	else
		wake_in(h, wait);
	return r == 0 ? try_hear(h, n, &state) : r;
}

int64_t herald_step(struct herald *h, const struct instant *now)
{
	size_t count = h->config->notifier_count;
	h->now = *now;
	h->wake_ms = INT64_MAX;
	if (herald_busy(h) || count == 0)
		return INT64_MAX;
	if (h->store_boot > now->boot_ms)
		return h->store_boot - now->boot_ms;
	for (size_t i = 0; i < count; i++) {
		size_t turn = (h->first + i) % count;
		int r = try_notifier(h, &h->config->notifiers[turn]);
		if (r < 0) {
			failed(h);
			return STORE_RETRY_MS;
		}
		h->store_said = false;
		if (r > 0) {
			h->first = (turn + 1) % count;
			return INT64_MAX;
		}
	}
	return h->wake_ms;
}

/* ---- the end of a message --------------------------------------------------------- */

/* Those of the message went, or go nowhere. */
static int settle_notices(struct herald *h)
{
	int r = 0;
	for (size_t i = 0; i < value_len(h->ids) && r == 0; i++)
		r = store_notice_sent(h->store, value_int(value_at(h->ids, i), 0),
			h->now.wall_ms);
	return r;
}

static int told(struct herald *h, const struct config_notifier *n, struct store_notifier *state)
{
	if (state->failures > 0)
		log_event(LOG_LEVEL_NOTICE,
			LOG_FIELDS(.event = EVENT_NOTIFIER_BACK, .agent = n->agent),
			"'%s' can be told again", n->name);
	state->failures = 0;
	state->reason[0] = '\0';
	state->more -= h->more < state->more ? h->more : state->more;
	int r = store_notifier_set(h->store, n->name, state);
	return r == 0 ? settle_notices(h) : r;
}

/* This message, never: the others may fare better. */
static int refused(struct herald *h, const struct config_notifier *n,
	struct store_notifier *state, const char *reason)
{
	log_event(LOG_LEVEL_WARNING, LOG_FIELDS(.event = EVENT_NOTICES_LOST, .agent = n->agent),
		"'%s' does not take a message, which is given up: %s", n->name, reason);
	state->lost += (int64_t)value_len(h->ids);
	int r = store_notifier_set(h->store, n->name, state);
	return r == 0 ? settle_notices(h) : r;
}

static int not_told(struct herald *h, const struct config_notifier *n,
	struct store_notifier *state, const struct agent_result *res)
{
	int r = 0;
	for (size_t i = 0; i < value_len(h->ids) && r == 0; i++)
		r = store_notice_tried(h->store, value_int(value_at(h->ids, i), 0));
	int64_t retry = res->retry_after_ms;
	if (res->verdict == AGENT_BLOCKED && res->until_ms > h->now.wall_ms)
		retry = res->until_ms - h->now.wall_ms;
	return r == 0 ? fail_notifier(h, n, state, res->verdict, retry, res->reason) : r;
}

static int tell_done(struct herald *h, const struct config_notifier *n,
	struct store_notifier *state, const struct agent_result *res)
{
	int r = store_begin(h->store);
	if (r < 0)
		return r;
	if (res->verdict == AGENT_OK)
		r = told(h, n, state);
	else if (res->verdict == AGENT_REFUSED)
		r = refused(h, n, state, res->reason);
	else
		r = not_told(h, n, state, res);
	return store_end(h->store, r);
}

/* ---- the end of a look for replies ------------------------------------------------ */

/* The wish of the owner, as if he had typed it. */
static int wish(struct herald *h, const struct config_notifier *n, int64_t post, bool approve)
{
	struct value *args = value_new_object();
	int64_t id;
	CLEANUP_FREE char *reason = xasprintf(_("by a reply through %s"), n->name);
	CLEANUP_FREE char *text = notice_replied(n, post, approve);
	struct store_notice notice = { .class = notice_word(NOTICE_REPLY), .text = text,
		.level = LOG_LEVEL_NOTICE, .at_ms = h->now.wall_ms, .post = post };
	value_set_int(args, "post", post);
	if (!approve)
		value_set_string(args, "reason", reason);
	int r = store_request_add(h->store, approve ? "post.approve" : "post.reject", args,
		h->now.wall_ms, &id);
	value_free(args);
	return r == 0 ? store_notice_add(h->store, n->name, &notice) : r;
}

static void say_heard(const struct config_notifier *n, int64_t post, bool approve)
{
	char id[24];
	str_format_cut(id, sizeof(id), "%" PRId64, post);
	log_event(LOG_LEVEL_NOTICE,
		LOG_FIELDS(.event = EVENT_REPLY, .post = id, .agent = n->agent),
		approve ? N_("post %s is approved by a reply through '%s'")
			: N_("post %s is rejected by a reply through '%s'"),
		id, n->name);
}

/* One reply: 1 if it counts, 0 if it does not. */
static int hear(struct herald *h, const struct config_notifier *n, const struct value *reply)
{
	char digest[DIGEST_LEN + 1];
	const char *word = value_get_string(reply, "word", "");
	const char *token = value_get_string(reply, "token", "");
	bool approve = str_eq(word, "approve");
	int64_t post;
	if (strlen(token) != HERALD_TOKEN_LEN || (!approve && !str_eq(word, "reject")))
		return 0;
	herald_digest(token, n->name, value_get_string(reply, "chat", ""), digest);
	int r = store_token_take(h->store, digest, h->now.wall_ms, &post);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = wish(h, n, post, approve);
	if (r < 0)
		return r;
	say_heard(n, post, approve);
	return 1;
}

#define REPLIES_MAX 200 /* of one look; nobody decides about as many in minutes */

/* All replies and the place to go on from, or none of it. */
static int hear_all(struct herald *h, const struct config_notifier *n,
	struct store_notifier *state, const struct value *answer)
{
	const struct value *replies = value_get(answer, "replies");
	size_t count = value_len(replies), ignored = 0;
	int r = 0;
	for (size_t i = 0; i < count && i < REPLIES_MAX && r >= 0; i++) {
		r = hear(h, n, value_at(replies, i));
		ignored += r == 0;
	}
	if (r < 0)
		return r;
	if (ignored > 0)
		log_event(LOG_LEVEL_WARNING,
			LOG_FIELDS(.event = EVENT_REPLY_IGNORED, .agent = n->agent),
			tr_n("%zu reply through '%s' ignored: wrong, late or given before",
				"%zu replies through '%s' ignored: wrong, late or given before",
				(long long)ignored),
			ignored, n->name);
	const char *cursor = value_get_string(answer, "cursor", "");
	if (strlen(cursor) < sizeof(state->cursor))
		str_format_cut(state->cursor, sizeof(state->cursor), "%s", cursor);
	return store_notifier_set(h->store, n->name, state);
}

static int hear_done(struct herald *h, const struct config_notifier *n,
	struct store_notifier *state, const struct agent_result *res)
{
	struct room *room = room_of(h, n);
	if (res->verdict == AGENT_OK) {
		room->deaf = 0;
		int r = store_begin(h->store);
		if (r < 0)
			return r;
		return store_end(h->store, hear_all(h, n, state, res->answer));
	}
	int64_t wait = retry_delay(++room->deaf, n->poll_ms, HOUR_MS);
	if (res->retry_after_ms > wait)
		wait = res->retry_after_ms < WAIT_MAX_MS ? res->retry_after_ms : WAIT_MAX_MS;
	room->hear_boot = h->now.boot_ms + wait;
	if (room->deaf % 24 == 1)
		log_event(LOG_LEVEL_WARNING,
			LOG_FIELDS(.event = EVENT_NOTIFIER_WAITS, .agent = n->agent),
			"no replies can be had through '%s': %s; posts can be approved here: "
			"cpauto posts",
			n->name, res->reason);
	return 0;
}

void herald_done(struct herald *h, const struct agent_result *result, const struct instant *now)
{
	enum errand errand = h->errand;
	const struct config_notifier *n = config_notifier_find(h->config, h->name);
	struct store_notifier state;
	h->errand = ERRAND_NONE;
	h->now = *now;
	if (!n)
		return; /* it is not in the configuration any more */
	int r = store_notifier_get(h->store, n->name, &state);
	if (r == 0)
		r = errand == ERRAND_TELL ? tell_done(h, n, &state, result)
					  : hear_done(h, n, &state, result);
	if (r < 0)
		failed(h);
}
