/* SPDX-License-Identifier: MIT */
/* The owner: approves, settles, unblocks, now and then; and the last judge. */
#include <inttypes.h>

#include <sqlite3.h>

#include "life.h"

/* ---- visits --------------------------------------------------------------------------- */

/* Posts in STATE, newest first; an empty list if the store cannot say. */
static struct value *posts_in(struct life *l, const char *state)
{
	struct value *rows = NULL;
	if (!l->up || store_list_posts(l->store, state, NULL, 20, &rows) < 0)
		return value_new_list();
	return rows;
}

static void look_at_waiting(struct life *l)
{
	struct value *rows = posts_in(l, POST_WAITING);
	for (size_t i = 0; i < value_len(rows) && l->up && l->job.op == JOB_NONE; i++) {
		int64_t id = value_get_int(value_at(rows, i), "id", 0);
		int64_t mind = life_chance(l, 10);
		if (mind < 7)
			(void)life_ask(l, "post.approve", NULL, NULL, id);
		else if (mind < 8)
			(void)life_ask(l, "post.reject", NULL, NULL, id);
	}
	value_free(rows);
}

/* Looks at the blog, and says how it is. */
static void settle(struct life *l)
{
	struct value *rows = posts_in(l, POST_PARKED);
	for (size_t i = 0; i < value_len(rows) && l->up && l->job.op == JOB_NONE; i++) {
		const struct value *row = value_at(rows, i);
		const struct blog_post *p = blog_find(l->blog, value_get_string(row, "key", ""));
		(void)life_ask(l, "post.settle", "as",
			blog_will_be_out(p) ? "published" : "absent", value_get_int(row, "id", 0));
	}
	value_free(rows);
}

static void try_again(struct life *l)
{
	struct value *rows = posts_in(l, POST_REFUSED);
	if (value_len(rows) > 0)
		(void)life_ask(l, "post.retry", NULL, NULL,
			value_get_int(value_at(rows, (size_t)life_chance(l,
							 (int64_t)value_len(rows))),
				"id", 0));
	value_free(rows);
}

static bool a_publisher_is_broken(struct life *l)
{
	struct value *rows = NULL;
	bool is = false;
	if (store_list_publishers(l->store, &rows) < 0)
		return false;
	for (size_t i = 0; i < value_len(rows); i++)
		is |= value_get_int(value_at(rows, i), "broken", 0) != 0;
	value_free(rows);
	return is;
}

/* Unblocks once the server's block is over, which the owner asks of the programme. */
static void unblock(struct life *l)
{
	struct server *s = &l->server;
	int64_t now = l->world.now_ms;
	bool told = s->told_hard || now < s->told_until_ms;
	if (!(s->told_hard || a_publisher_is_broken(l)))
		return;
	if (told && (now < s->told_until_ms || now < s->strike.until_boot_ms))
		return;
	if (s->strike.count >= STRIKE_LAST)
		s->strike.count = 0; /* pardoned */
	/* Even where it dies in it: the wish may be on disk, and is granted at the next start. */
	(void)life_ask(l, "unblock", NULL, NULL, 0);
	s->told_hard = false;
	s->told_until_ms = 0;
	s->told_strikes = 0;
}

void owner_visit(struct life *l)
{
	bool tidy = l->last_days;
	if (tidy || life_chance(l, 2))
		look_at_waiting(l);
	if (l->up && l->job.op == JOB_NONE && (tidy || life_chance(l, 2)))
		settle(l);
	if (l->up && l->job.op == JOB_NONE)
		unblock(l);
	if (l->up && l->job.op == JOB_NONE && !tidy && life_chance(l, 5) == 0)
		try_again(l);
	if (l->up && l->job.op == JOB_NONE && !tidy && life_chance(l, 5) == 0)
		(void)life_ask(l, "keyword.now", "keyword", "무선 청소기 0", 0);
	if (l->up && l->job.op == JOB_NONE && !tidy && life_chance(l, 20) == 0) {
		(void)life_ask(l, "pause", NULL, NULL, 0);
	} else if (l->up && l->job.op == JOB_NONE) {
		(void)life_ask(l, "resume", NULL, NULL, 0);
	}
}

/* ---- the last judgement ------------------------------------------------------------------ */

static int64_t count_of(const char *sql)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;
	int64_t n = -1;
	if (sqlite3_open("state/state.db", &db) == SQLITE_OK &&
		sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK &&
		sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}

static void judge_row(struct life *l, const struct value *row)
{
	const char *key = value_get_string(row, "key", ""), *state = value_get_string(row, "state", "");
	const char *reason = value_get_string(row, "reason", "");
	const struct blog_post *p = blog_find(l->blog, key);
	bool published = str_eq(state, POST_PUBLISHED), parked = str_eq(state, POST_PARKED);
	bool refused = str_eq(state, POST_REFUSED), waiting = str_eq(state, POST_WAITING);
	l->sum->parked += parked;
	l->sum->refused += refused;
	if (!published && !parked && !refused && !waiting)
		broken("once", "post %s is left %s (%s)", key, state, reason);
	else if (!published && !reason[0])
		broken("once", "post %s is %s without a reason", key, state);
	else if (published && !blog_will_be_out(p))
		broken("once", "post %s is published, but not on the blog", key);
	else if ((refused || waiting) && blog_will_be_out(p))
		broken("once", "post %s is %s (%s), but it is on the blog", key, state, reason);
}

/* Posts that are on a blog or were sent, and that the store does not know. */
static void judge_lost(struct life *l, const struct value *rows)
{
	for (size_t i = 0; i < value_len(rows); i++) {
		struct blog_post *p = blog_find(
			l->blog, value_get_string(value_at(rows, i), "key", ""));
		if (p)
			p->in_store = true;
	}
	for (int i = 0; i < BLOG_MAX; i++)
		if (l->blog->posts[i].key[0] && !l->blog->posts[i].in_store)
			broken("once", "post %s is gone from the store", l->blog->posts[i].key);
}

void owner_judge(struct life *l)
{
	struct value *rows = NULL;
	if (!l->up || store_list_posts(l->store, NULL, NULL, 0, &rows) < 0) {
		broken("standing", "the daemon is not up at the end");
		return;
	}
	for (size_t i = 0; i < value_len(rows); i++)
		judge_row(l, value_at(rows, i));
	judge_lost(l, rows);
	/* Rows are numbered without a gap, so none can vanish unseen. */
	int64_t posts = count_of("SELECT count(*) FROM posts");
	int64_t last = count_of("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'posts'");
	if (posts != last)
		broken("once", "%" PRId64 " posts were made, %" PRId64 " are there", last, posts);
	int64_t calls = count_of("SELECT count(*) FROM calls");
	if (calls < l->server.ours.total)
		broken("limit", "%d requests left, %" PRId64 " are recorded", l->server.ours.total,
			calls);
	value_free(rows);
}
