/* SPDX-License-Identifier: MIT */
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "budget.h"
#include "clock.h"
#include "plan.h"
#include "util.h"
#include "value.h"

/*
 * The door to SQLite, and where all SQL lives. state.db is what must never be
 * wrong (calls, strikes, posts, requests, keywords): every function that
 * changes it is one transaction, on disk when it returns 0. cache.db is what
 * can be had again (answers, images, prices): damaged, it is made anew.
 *
 * Functions return 0 or a negative errno and then leave their outputs alone;
 * store_error() has the reason for a person. -ENOSPC: the disk is full,
 * -EUCLEAN: the database is damaged, -EIO: the disk failed, -EBUSY: somebody
 * else writes for too long, -EEXIST: a unique row is there, -ENOENT: no such
 * row. Wall times are milliseconds since 1970.
 */
struct store;

enum store_mode {
	STORE_DAEMON,  /* creates, migrates, locks the folder: one at a time */
	STORE_REQUEST, /* may add requests, nothing else */
	STORE_READ,
};

/*
 * STATE_DIR and CACHE_DIR exist already. -EBUSY: a daemon holds the folder;
 * -ENOENT: no state yet (not in STORE_DAEMON mode); -EUCLEAN: damaged;
 * -EPROTO: made by a newer version. The line in E says what to do.
 */
int store_open(const char *state_dir, const char *cache_dir, enum store_mode mode,
	struct store **ret, struct err *e) MUST_CHECK;
void store_close(struct store *s);

/* Does a daemon hold the state folder? */
bool store_is_held(const char *state_dir);
const char *store_error(const struct store *s);
bool store_has_cache(const struct store *s);

/*
 * Gives back what SQLite keeps for speed (pages, statements), for a process
 * that is about to sleep; the next use makes it anew.
 */
void store_rest(struct store *s);

/* Looks at all of state.db; takes a while when there are many posts. -EUCLEAN: damaged. */
int store_verify(struct store *s) MUST_CHECK;

/* ---- backup and restore ----------------------------------------------------------- */

/*
 * Puts a copy of the state into FILE, whole or not at all, mode 0600, while a
 * daemon runs or not. -EEXIST: FILE is there and not FORCE. *RET is the caller's:
 * {calls, posts, published, keywords, last_ms}, last_ms the time of the last entry.
 */
int store_backup(const char *state_dir, const char *file, bool force, struct value **ret,
	struct err *e) MUST_CHECK;

/*
 * Puts the backup FILE in the place of the state, whole or not at all; what was
 * there is kept beside it. What the backup cannot know is taken as done: CALLS
 * calls count as made NOW, every post that may have gone out since is in doubt
 * (looked for before it is sent), wishes that were open are dropped. The account's
 * strikes and blocks stay as they were here, if that can be read; else one strike
 * is counted. *RET is the caller's: store_backup()'s members and {calls_counted,
 * doubted, requests_dropped, kept ("" if there was nothing), account_known}.
 * -EBUSY: a daemon holds the folder; -ENOENT: no FILE; -EUCLEAN: it is damaged or
 * no backup, or a write here cannot be undone; -EPROTO: made by a newer version.
 */
int store_restore(const char *state_dir, const char *file, const struct instant *now, int calls,
	struct value **ret, struct err *e) MUST_CHECK;

/* When this state was last restored; -ENOENT: never. */
int store_restored(struct store *s, struct instant *ret) MUST_CHECK;
/*
 * Several changes of state.db as one: all of them, or none. After store_begin()
 * gave 0 comes store_end() with 0, or with the errno of what failed; it commits
 * or rolls back and returns the outcome.
 */
int store_begin(struct store *s) MUST_CHECK;
int store_end(struct store *s, int r) MUST_CHECK;

/* ---- calls: the ledger of the budget ---------------------------------------------- */

/* The last COUNT calls, newest first, at most MAX; only these can matter (budget.h). */
int store_calls_recent(
	struct store *s, struct budget_call *calls, size_t max, size_t *ret_count) MUST_CHECK;

/* Takes a token: on disk before the request leaves. *RET_ID names the row. */
int store_call_begin(struct store *s, const struct instant *now, const char *op, const char *list,
	const char *keyword, int64_t *ret_id) MUST_CHECK;

/*
 * The request ended. REQUESTS is how many left the machine; more than one are
 * booked as so many calls, none gives no token back.
 */
int store_call_end(struct store *s, int64_t id, const struct instant *now, const char *result,
	const char *detail, int requests) MUST_CHECK;

/* Calls that a dead daemon left open ended NOW. *RET_COUNT of them. */
int store_calls_close(struct store *s, const struct instant *now, int *ret_count) MUST_CHECK;

/* ---- the account ------------------------------------------------------------------ */

struct store_account {
	bool blocked;            /* a block was told; see block_at and block_ms */
	struct instant block_at; /* when we learned of it */
	int64_t block_ms;        /* how long it lasts from then */
	int strikes; /* the highest the server named or we counted since the last unblock */
	bool hard;               /* until the owner unblocks */
	char reason[ERR_MAX];    /* the server's own words */
	int64_t skew_ms;         /* the server's clock minus ours, last seen */
	/*
	 * The source failed FAILURES times in a row; leave it alone until then. With
	 * none it did not fail: a file of its keys is missing, and is looked for.
	 */
	int failures;
	struct instant wait_at;
	int64_t wait_ms;
	char wait_reason[ERR_MAX];
};
int store_account_get(struct store *s, struct store_account *ret) MUST_CHECK;
int store_account_set(struct store *s, const struct store_account *a) MUST_CHECK;

/* ---- lists and keywords ----------------------------------------------------------- */

struct store_keyword {
	int64_t id;
	int64_t list_id;
	char list[256];
	char keyword[256];
	char folded[512];
	int64_t due_ms, looked_ms; /* looked_ms 0 = never */
	int64_t fresh_ms;          /* an answer is cached and good until then; 0 = none */
	int failures;
	bool asked, paused;
	bool doubt;                /* it may have been posted after the backup that was restored */
	char reason[ERR_MAX];      /* why it failed or waits; "" */
};

/*
 * Makes the stored list NAME hold exactly these keywords (beside those that
 * were added by hand), each with its folded key; due times of those that stay
 * are kept, new ones are due at NOW_MS. Costs nothing when nothing changed.
 */
int store_list_sync(struct store *s, const char *name, const char *const *keywords,
	const char *const *folded, size_t count, int64_t now_ms, int64_t *ret_list_id) MUST_CHECK;

/* Forgets the lists that are not among NAMES. Posts stay. */
int store_lists_prune(struct store *s, const char *const *names, size_t count) MUST_CHECK;

/* Fills in served and paused; HEAD is the list's next keyword. */
int store_list_load(struct store *s, int64_t list_id, struct plan_list *ret) MUST_CHECK;
int store_list_head(struct store *s, int64_t list_id, struct plan_head *ret) MUST_CHECK;
int store_list_served(struct store *s, int64_t list_id, int64_t served) MUST_CHECK;
int store_list_id(struct store *s, const char *name, int64_t *ret) MUST_CHECK;

/* One that is due and has a fresh answer cached; -ENOENT if there is none. */
int store_keyword_free(struct store *s, int64_t now_ms, int64_t *ret_id) MUST_CHECK;
int store_keyword_get(struct store *s, int64_t id, struct store_keyword *ret) MUST_CHECK;
int store_keyword_find(struct store *s, const char *list, const char *folded,
	struct store_keyword *ret) MUST_CHECK;

/* Looked at: next due then; failures, reason and the wish by hand are cleared. */
int store_keyword_looked(struct store *s, int64_t id, int64_t now_ms, int64_t due_ms,
	const char *reason) MUST_CHECK;
/* Failed: one failure more, due again then. */
int store_keyword_failed(
	struct store *s, int64_t id, int64_t due_ms, const char *reason) MUST_CHECK;
/* An answer for FOLDED is cached and good until FRESH_MS, in whichever list. */
int store_keywords_fresh(struct store *s, const char *folded, int64_t fresh_ms) MUST_CHECK;
/* Due now, if its due time lies ahead. */
int store_keyword_due(struct store *s, int64_t id, int64_t now_ms) MUST_CHECK;
/* The same, and the next of its list but for those asked for by hand. */
int store_keyword_first(struct store *s, int64_t id, int64_t now_ms) MUST_CHECK;
/* By hand: as soon as the budget allows, before all others. */
int store_keyword_ask(struct store *s, int64_t id, int64_t now_ms) MUST_CHECK;
int store_keyword_add(struct store *s, int64_t list_id, const char *keyword, const char *folded,
	int64_t now_ms) MUST_CHECK;
/* Only what was added by hand; -EPERM if it stands in the configuration. */
int store_keyword_remove(struct store *s, int64_t id) MUST_CHECK;
int store_keyword_pause(struct store *s, int64_t id, bool paused) MUST_CHECK;
/* LIST NULL: all lists. */
int store_list_pause(struct store *s, const char *list, bool paused) MUST_CHECK;

/* ---- posts ------------------------------------------------------------------------ */

/* The states of a post, as text in the database and everywhere. */
#define POST_PLANNED "planned"     /* wanted; no text yet, or its facts grew old */
#define POST_RENDERED "rendered"   /* text is there; images, then gates */
#define POST_WAITING "waiting"     /* for the owner's approval */
#define POST_READY "ready"
#define POST_SENDING "sending"
#define POST_PUBLISHED "published"
#define POST_UNKNOWN "unknown"     /* it may be out; find will tell */
#define POST_PARKED "parked"       /* nobody can know; the owner settles it */
#define POST_REFUSED "refused"     /* by a gate, a publisher or the owner */

struct store_post_new {
	const char *key, *list, *keyword, *folded, *publisher;
	const char *products; /* the sorted product ids, the identity of the set */
	const char *period;
	int64_t now_ms;
	int64_t updates; /* the post in whose place on the blog it goes; 0: a new one */
	bool doubt; /* a post of this key may be out: it is looked for before it is sent */
};
/* A planned post. -EEXIST if the same list, keyword, set and period has one. */
int store_post_add(struct store *s, const struct store_post_new *p, int64_t *ret_id) MUST_CHECK;

/*
 * All columns of one post as an object (id, key, list, …); the caller's. Of one
 * that updates another also that one's out_key, out_id and out_url.
 */
int store_post_get(struct store *s, int64_t id, struct value **ret) MUST_CHECK;

/* The oldest post in STATE whose next_ms has come; of one PUBLISHER unless NULL. -ENOENT: none. */
int store_post_next(struct store *s, const char *state, const char *publisher, int64_t now_ms,
	int64_t *ret_id) MUST_CHECK;
/* The earliest next_ms of posts in STATE; INT64_MAX if none. */
int store_post_when(
	struct store *s, const char *state, const char *publisher, int64_t *ret_ms) MUST_CHECK;

/*
 * Of PUBLISHER's posts that are ready, updates or new ones, the one due first;
 * -ENOENT: none. While one of its posts is renewed (store_post_renewed()), only
 * those whose prices were seen from FROM_MS to TO_MS, and those in doubt.
 */
int store_post_ready(struct store *s, const char *publisher, bool update, int64_t from_ms,
	int64_t to_ms, int64_t *ret_id, int64_t *ret_ms) MUST_CHECK;

/*
 * The last post of (list, folded) that was not refused, and its products with
 * prices; -ENOENT. FIRST is the one that stands on the blog: its own id, or of
 * an update that of the post in whose place it went.
 */
int store_post_last(
	struct store *s, const char *list, const char *folded, struct value **ret) MUST_CHECK;

/* An update that is planned takes the set of products that is found when it is made. */
int store_post_products(struct store *s, int64_t id, const char *products) MUST_CHECK;
/* planned -> rendered: POST is the post object (its html, text, markdown, title are columns). */
int store_post_rendered(struct store *s, int64_t id, const struct value *post, int64_t facts_ms,
	int64_t now_ms) MUST_CHECK;
/* The post object again, with its images filled in. State stays. */
int store_post_object(
	struct store *s, int64_t id, const struct value *post, int64_t now_ms) MUST_CHECK;

/*
 * FROM -> TO, only if it is still FROM (-ENOENT otherwise), due at NEXT_MS, with
 * a reason for people (NULL: none).
 */
int store_post_move(struct store *s, int64_t id, const char *from, const char *to, int64_t now_ms,
	int64_t next_ms, const char *reason) MUST_CHECK;
/* ready -> sending, attempts + 1, with the moment; committed before the agent starts. */
int store_post_sending(struct store *s, int64_t id, const struct instant *now) MUST_CHECK;
/* ready -> unknown, as if sent NOW, only if it is in doubt: it is looked for first. */
int store_post_doubted(struct store *s, int64_t id, const struct instant *now) MUST_CHECK;
/* sending or unknown -> ready: its publisher made a draft, which is published by this id. */
int store_post_draft(struct store *s, int64_t id, int64_t now_ms, const char *draft_id) MUST_CHECK;
/*
 * {id, title, sending_ms, sketch} of what went or goes through PUBLISHER since
 * then, but one and its updates.
 */
int store_post_sketches(struct store *s, const char *publisher, int64_t since_ms, int64_t but_id,
	struct value **ret) MUST_CHECK;
/* Says of PUBLISHER's ready posts whose prices were seen before BEFORE_MS why they wait. */
int store_posts_stale(struct store *s, const char *publisher, int64_t before_ms, int64_t now_ms,
	const char *reason) MUST_CHECK;
/*
 * The post of PUBLISHER that is being renewed and holds back its others whose
 * prices grew old; -ENOENT: none. One whose keyword cannot be asked, or not
 * within the hour, is none.
 */
int store_post_renewed(
	struct store *s, const char *publisher, int64_t now_ms, int64_t *ret_id) MUST_CHECK;
/* An answer about FOLDED is here: the planned posts that wait for it are due. */
int store_posts_answered(struct store *s, const char *folded, int64_t now_ms) MUST_CHECK;
/*
 * Due times that lie more than MOST_MS ahead were written by a clock that ran
 * ahead: they become now, and so does the time of what was sent tomorrow. Only
 * for a clock that is synchronised.
 */
int store_clamp(struct store *s, int64_t now_ms, int64_t most_ms) MUST_CHECK;
/* -> published, from sending, unknown or parked. */
int store_post_published(struct store *s, int64_t id, int64_t now_ms, const char *external_id,
	const char *url) MUST_CHECK;
/* One look more for an unknown post, that did not find it. *RET_FINDS so far. */
int store_post_looked(struct store *s, int64_t id, int64_t now_ms, int64_t next_ms, bool absent,
	int *ret_finds) MUST_CHECK;
int store_post_approve(struct store *s, int64_t id, int64_t now_ms) MUST_CHECK;
/*
 * sending -> unknown, due at NEXT_MS. NOW is kept as the moment of sending: its
 * request may have left at any time until then.
 */
int store_post_unclear(struct store *s, int64_t id, const struct instant *now, int64_t next_ms,
	const char *reason) MUST_CHECK;
/*
 * The same for all that were sending when the daemon died, *RET_COUNT of them; an
 * update, which may be repeated, becomes ready.
 */
int store_posts_recover(struct store *s, const struct instant *now, int64_t next_ms,
	int *ret_count) MUST_CHECK;
/*
 * How many new posts were sent through PUBLISHER since SINCE_MS, and when the
 * last of all was, updates too (0: never).
 */
int store_publisher_pace(struct store *s, const char *publisher, int64_t since_ms,
	int *ret_count, int64_t *ret_last_ms) MUST_CHECK;
int store_posts_count(struct store *s, const char *state, int64_t *ret) MUST_CHECK;

/*
 * A publisher that is broken, or told us to wait. Broken without a failure: a file
 * of its secrets is missing, and is looked for.
 */
struct store_publisher {
	bool broken;
	int64_t until_ms;
	int failures;
	char reason[ERR_MAX];
};
int store_publisher_get(struct store *s, const char *name, struct store_publisher *ret) MUST_CHECK;
int store_publisher_set(
	struct store *s, const char *name, const struct store_publisher *p) MUST_CHECK;
int store_publishers_clear(struct store *s) MUST_CHECK;

/* ---- notices: what people are told ------------------------------------------------ */

/* One who tells: until when it is left alone, and what was not told. */
struct store_notifier {
	int64_t until_ms;
	int failures;
	char reason[ERR_MAX];
	int64_t paced_ms, last_ms; /* its pace (notice.h), and its last message */
	int64_t more;              /* events for which there was no room */
	int64_t lost;              /* given up, ever */
	char cursor[128];          /* up to where replies were heard */
};

/* There is one row for each of NAMES; those of others go, with all that they were to tell. */
int store_notifiers_sync(struct store *s, const char *const *names, size_t count) MUST_CHECK;
int store_notifier_get(
	struct store *s, const char *name, struct store_notifier *ret) MUST_CHECK;
int store_notifier_set(
	struct store *s, const char *name, const struct store_notifier *n) MUST_CHECK;
/* None is left alone any more. */
int store_notifiers_clear(struct store *s) MUST_CHECK;

struct store_notice {
	const char *class, *text;
	int level;
	int64_t at_ms, post; /* 0: about no post */
};
/* Kept until it is delivered; over a hundred they are only counted. */
int store_notice_add(
	struct store *s, const char *notifier, const struct store_notice *n) MUST_CHECK;
/* Each post that waits for approval has one notice "approval", and no other post has one. */
int store_notices_ask(struct store *s, const char *notifier, int64_t now_ms) MUST_CHECK;
/* Those not delivered, oldest first: its columns and title, keyword, … of its post. */
int store_notices_open(
	struct store *s, const char *notifier, int limit, struct value **ret) MUST_CHECK;
/* Delivered, or given up. */
int store_notice_sent(struct store *s, int64_t id, int64_t now_ms) MUST_CHECK;
int store_notice_tried(struct store *s, int64_t id) MUST_CHECK;

/* The word with this digest decides about POST once, until EXPIRES_MS. */
int store_token_add(struct store *s, const char *digest, int64_t post, const char *notifier,
	int64_t now_ms, int64_t expires_ms) MUST_CHECK;
/* When the first that can still decide was made; -ENOENT: there is none. */
int store_tokens_open(
	struct store *s, const char *notifier, int64_t now_ms, int64_t *ret_at_ms) MUST_CHECK;
/* The post that it decides about, and that still waits; all its words are gone. -ENOENT: none. */
int store_token_take(
	struct store *s, const char *digest, int64_t now_ms, int64_t *ret_post) MUST_CHECK;

/* ---- requests: how the CLI and the page speak to the daemon ----------------------- */

int store_request_add(struct store *s, const char *kind, const struct value *args,
	int64_t now_ms, int64_t *ret_id) MUST_CHECK;
/* The oldest one not done; -ENOENT. *RET_KIND and *RET_ARGS are the caller's to free. */
int store_request_next(
	struct store *s, int64_t *ret_id, char **ret_kind, struct value **ret_args) MUST_CHECK;
/* OUTCOME: 0 done, else sysexits code; TEXT for the person who asked. */
int store_request_done(
	struct store *s, int64_t id, int64_t now_ms, int outcome, const char *text) MUST_CHECK;
/* {done_ms (null: not yet), outcome, text}; the caller's. */
int store_request_get(struct store *s, int64_t id, struct value **ret) MUST_CHECK;

/* ---- cache ------------------------------------------------------------------------ */

/* A failing cache is no failure of the caller's: an answer that cannot be kept is only not kept. */
int store_answer_put(struct store *s, const char *folded, int64_t fetched_ms,
	const struct value *answer) MUST_CHECK;
/* -ENOENT if none. *RET is the caller's. */
int store_answer_get(struct store *s, const char *folded, int64_t *ret_fetched_ms,
	struct value **ret) MUST_CHECK;
int store_image_put(
	struct store *s, const char *url, const struct value *image, int64_t now_ms) MUST_CHECK;
int store_image_get(struct store *s, const char *url, struct value **ret) MUST_CHECK;
/* Prices seen in an answer, where the owner keeps a history. */
int store_prices_put(struct store *s, const struct value *products, int64_t fetched_ms) MUST_CHECK;
/* When the oldest answer or image was fetched; INT64_MAX if there is none. */
int store_cache_oldest(struct store *s, int64_t *ret_ms) MUST_CHECK;
/* Deletes what is older; *RET_PATHS lists the image files that are still named, by their bytes. */
int store_cache_expire(struct store *s, int64_t before_ms, int64_t prices_before_ms,
	struct value **ret_paths) MUST_CHECK;

/* ---- questions of the CLI and the page: lists of objects, newest or next first ---- */

/* LIMIT 0: all. Filters may be NULL. The caller's. */
int store_list_calls(struct store *s, int64_t since_ms, int limit, struct value **ret) MUST_CHECK;
int store_list_posts(struct store *s, const char *state, const char *list, int limit,
	struct value **ret) MUST_CHECK;
int store_list_keywords(
	struct store *s, const char *list, int limit, struct value **ret) MUST_CHECK;
int store_list_lists(struct store *s, struct value **ret) MUST_CHECK;
int store_list_publishers(struct store *s, struct value **ret) MUST_CHECK;
/* {name, undelivered, oldest_ms, more, lost, until_ms, failures, reason}. */
int store_list_notifiers(struct store *s, struct value **ret) MUST_CHECK;
int store_list_requests(struct store *s, int limit, struct value **ret) MUST_CHECK;
/* {state: count}. */
int store_post_counts(struct store *s, struct value **ret) MUST_CHECK;
/*
 * For the metrics. Calls after the id AFTER that have ended, {result, count, last (the
 * highest id)}; keywords of each list, {list, paused, failing, due, waiting}, each in one
 * of them; posts that are not out nor refused, {publisher, state, count, oldest_ms}.
 */
int store_calls_tally(struct store *s, int64_t after, struct value **ret) MUST_CHECK;
int store_keyword_states(struct store *s, int64_t now_ms, struct value **ret) MUST_CHECK;
int store_undelivered(struct store *s, struct value **ret) MUST_CHECK;
/* When PUBLISHER last had a post out, 0 for never. */
int store_last_out(struct store *s, const char *publisher, int64_t *ret_ms) MUST_CHECK;
/* Every keyword row with this folded key, in whichever list. */
int store_find_keywords(struct store *s, const char *folded, struct value **ret) MUST_CHECK;

#endif
