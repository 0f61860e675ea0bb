/* SPDX-License-Identifier: MIT */
#include "judge.h"

#include <dirent.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <sqlite3.h>

#include "json.h"
#include "util.h"
#include "value.h"

#define KEYS_MAX 32
#define WRONG 1000 /* posts: something was done to one that is not there */
#define TEXT_MAX (4u << 20)

static void PRINTF(2, 0) say(struct verdict *v, const char *fmt, va_list ap)
{
	size_t len = strlen(v->text);
	if (len + 2 >= sizeof(v->text))
		return;
	vsnprintf(v->text + len, sizeof(v->text) - len - 1, fmt, ap);
	len = strlen(v->text);
	v->text[len] = '\n';
	v->text[len + 1] = '\0';
}

void judge_say(struct verdict *v, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	say(v, fmt, ap);
	va_end(ap);
}

void judge_break(struct verdict *v, enum promise p, const char *fmt, ...)
{
	va_list ap;
	v->broken[p]++;
	va_start(ap, fmt);
	say(v, fmt, ap);
	va_end(ap);
}

/* ---- databases -------------------------------------------------------------------- */

static sqlite3 *open_db(const char *dir, const char *name, int flags)
{
	CLEANUP_FREE char *path = xasprintf("%s/%s", dir, name);
	sqlite3 *db = NULL;
	if (sqlite3_open_v2(path, &db, flags, NULL) == SQLITE_OK)
		return db;
	sqlite3_close(db);
	return NULL;
}

static int64_t ask(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st = NULL;
	int64_t n = -1;
	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK &&
		sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return n;
}

int64_t judge_number(const char *dir, const char *sql)
{
	sqlite3 *db = open_db(dir, "state.db", SQLITE_OPEN_READWRITE);
	int64_t n = db ? ask(db, sql) : -1;
	sqlite3_close(db);
	return n;
}

void judge_edit(const struct world *w, const char *sql)
{
	sqlite3 *db = open_db(world_path(w, "state"), "state.db", SQLITE_OPEN_READWRITE);
	if (db)
		(void)sqlite3_exec(db, sql, NULL, NULL, NULL);
	/* No fallen bit: what is edited by hand carries no checksum. */
	if (db)
		(void)sqlite3_exec(db, "UPDATE calls SET seal = NULL; UPDATE posts SET seal = NULL",
			NULL, NULL, NULL);
	sqlite3_close(db);
}

static void judge_db(const struct world *w, const char *dir, const char *name, struct verdict *v)
{
	char text[256] = "it cannot be opened";
	sqlite3_stmt *st = NULL;
	sqlite3 *db = open_db(world_path(w, dir), name, SQLITE_OPEN_READWRITE);
	if (db && sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &st, NULL) == SQLITE_OK &&
		sqlite3_step(st) == SQLITE_ROW)
		str_format_cut(text, sizeof(text), "%s", (const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	sqlite3_close(db);
	if (!str_eq(text, "ok"))
		judge_break(v, PROMISE_STANDING, "%s is not whole: %s", name, text);
}

/* A journal with something in it would be rolled back: the daemon was to do that. */
static void judge_journal(const struct world *w, struct verdict *v)
{
	struct stat st;
	if (stat(world_path(w, "state/state.db-journal"), &st) == 0 && st.st_size > 0)
		judge_break(v, PROMISE_STANDING, "state.db-journal is left with %lld bytes",
			(long long)st.st_size);
}

/* ---- what is out ------------------------------------------------------------------ */

struct out {
	char key[128];
	int posts, drafts;
	int updates, due; /* of it that came, and that are called out */
};

struct truth {
	struct out outs[KEYS_MAX];
	size_t count;
};

static struct out *find_out(struct truth *t, const char *key)
{
	for (size_t i = 0; i < t->count; i++)
		if (str_eq(t->outs[i].key, key))
			return &t->outs[i];
	if (t->count == KEYS_MAX)
		die("more than %d posts are out", KEYS_MAX);
	str_format_cut(t->outs[t->count].key, sizeof(t->outs[0].key), "%s", key);
	return &t->outs[t->count++];
}

static void read_counted(const struct world *w, struct truth *t)
{
	char line[200];
	FILE *f = fopen(world_path(w, "out/truth"), "re");
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		struct out *o = find_out(t, line + 2);
		if (line[0] == 'P')
			o->posts++;
		else if (line[0] == 'D')
			o->drafts++;
		else if (line[0] == 'U')
			o->updates++;
		else
			o->posts = WRONG;
	}
	if (f)
		fclose(f);
}

static bool is_file(const char *folder, const char *name)
{
	CLEANUP_FREE char *path = xasprintf("%s/%s", folder, name);
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
}

/* All that the manifest names is there. */
static void judge_folder(const char *folder, const struct value *manifest, struct verdict *v)
{
	const struct value *names = value_get(manifest, "files");
	const struct value *images = value_get(names, "images");
	for (size_t i = 0; i < value_len(names); i++) {
		const char *name = value_string(value_member_at(names, i), NULL);
		if (name && !is_file(folder, name))
			judge_break(v, PROMISE_ONCE, "%s: no whole %s", folder, name);
	}
	for (size_t i = 0; i < value_len(images); i++)
		if (!is_file(folder, value_string(value_at(images, i), "")))
			judge_break(v, PROMISE_ONCE, "%s: a picture is missing", folder);
}

static void judge_listed(
	const struct world *w, const char *list, const char *folder, struct verdict *v)
{
	CLEANUP_FREE char *text = NULL, *name = NULL;
	const char *end = strrchr(folder, '_');
	/* Hangul is percent-encoded there, the end of a folder's name is not. */
	name = xasprintf("%s/post.html", end ? end : folder);
	if (file_read(world_path(w, list), TEXT_MAX, &text, NULL) < 0 || !strstr(text, name))
		judge_break(v, PROMISE_ONCE, "%s does not list %s", list, folder);
}

static void take_folder(
	const struct world *w, const char *name, struct truth *t, struct verdict *v)
{
	CLEANUP_FREE char *folder = xasprintf("%s/out/%s", w->root, name);
	CLEANUP_FREE char *path = xasprintf("%s/manifest.json", folder);
	CLEANUP_FREE char *text = NULL;
	struct value *manifest = NULL;
	size_t len = 0;
	if (file_read(path, TEXT_MAX, &text, &len) < 0 ||
		json_parse(text, len, &manifest, NULL) < 0) {
		judge_break(v, PROMISE_ONCE, "a half-written folder can be seen: %s", name);
		return;
	}
	judge_folder(folder, manifest, v);
	find_out(t, value_get_string(manifest, "key", ""))->posts++;
	value_free(manifest);
	judge_listed(w, "out/feed.xml", name, v);
	judge_listed(w, "out/index.html", name, v);
}

static void read_outbox(const struct world *w, struct truth *t, struct verdict *v)
{
	struct dirent *e;
	DIR *dir = opendir(world_path(w, "out"));
	while (dir && (e = readdir(dir))) {
		if (str_eq(e->d_name, ".") || str_eq(e->d_name, ".."))
			continue;
		if (e->d_name[0] == '.')
			judge_break(v, PROMISE_STANDING, "out/%s is left", e->d_name);
		else if (!str_eq(e->d_name, "feed.xml") && !str_eq(e->d_name, "index.html"))
			take_folder(w, e->d_name, t, v);
	}
	if (dir)
		closedir(dir);
}

void judge_outbox(const struct world *w, const char *const *keys, size_t count, struct verdict *v)
{
	struct truth t = { .count = 0 };
	read_outbox(w, &t, v);
	for (size_t i = 0; i < count; i++) {
		int n = find_out(&t, keys[i])->posts;
		if (n != 1)
			judge_break(v, PROMISE_ONCE, "post %s is out %d times", keys[i], n);
	}
	if (t.count > count)
		judge_break(v, PROMISE_ONCE, "%zu posts are out, not %zu", t.count, count);
}

/* ---- what the daemon believes ------------------------------------------------------ */

/* It is no post of its own: it came over the one that it is of, as often as it says or more. */
static void judge_update(sqlite3_stmt *st, struct truth *t, struct verdict *v)
{
	const char *key = (const char *)sqlite3_column_text(st, 0);
	const char *state = (const char *)sqlite3_column_text(st, 1);
	const char *first = (const char *)sqlite3_column_text(st, 3);
	struct out *o = find_out(t, first);
	if (find_out(t, key)->posts > 0)
		judge_break(v, PROMISE_ONCE, "update %s is out as a post", key);
	if (!str_eq(state, "published"))
		judge_break(v, PROMISE_ONCE, "update %s ends %s", key, state);
	else if (o->updates < ++o->due)
		judge_break(v, PROMISE_ONCE, "post %s was changed %d times, %d are called out",
			first, o->updates, o->due);
}

static void judge_post(sqlite3_stmt *st, struct truth *t, const struct wanted *want,
	struct verdict *v)
{
	const char *key = (const char *)sqlite3_column_text(st, 0);
	const char *state = (const char *)sqlite3_column_text(st, 1);
	const char *reason = (const char *)sqlite3_column_text(st, 2);
	const struct out *o = find_out(t, key);
	bool parked = want->parked && str_eq(state, "parked") && !str_empty(reason);
	if (sqlite3_column_type(st, 3) != SQLITE_NULL) {
		judge_update(st, t, v);
		return;
	}
	if (o->posts > 1)
		judge_break(v, PROMISE_ONCE, "post %s is out %d times", key, o->posts);
	if (o->drafts > 1)
		judge_break(v, PROMISE_ONCE, "post %s has %d drafts", key, o->drafts);
	if (str_eq(state, "published") && o->posts == 0)
		judge_break(v, PROMISE_ONCE, "post %s is called published and is not out", key);
	if (!str_eq(state, "published") && o->posts > 0 && !parked)
		judge_break(v, PROMISE_ONCE, "post %s is out and is called %s", key, state);
	if (!str_eq(state, "published") && !str_eq(state, "refused") && !parked)
		judge_break(v, PROMISE_ONCE, "post %s ends %s (%s)", key, state,
			reason ? reason : "");
}

static void judge_posts(
	sqlite3 *db, struct truth *t, const struct wanted *want, struct verdict *v)
{
	sqlite3_stmt *st = NULL;
	int64_t rows = ask(db, "SELECT count(*) FROM posts");
	if (sqlite3_prepare_v2(db, "SELECT key, state, reason, (SELECT key FROM posts f"
				   " WHERE f.id = p.updates) FROM posts p ORDER BY id",
		    -1, &st, NULL) != SQLITE_OK)
		judge_break(v, PROMISE_ONCE, "the posts cannot be read");
	while (st && sqlite3_step(st) == SQLITE_ROW)
		judge_post(st, t, want, v);
	sqlite3_finalize(st);
	if ((int64_t)t->count > rows)
		judge_break(v, PROMISE_ONCE, "%zu posts are out, and %lld are known", t->count,
			(long long)rows);
}

#define LACKING(n) \
	"SELECT count(*) FROM keywords k WHERE (SELECT count(*) FROM posts p" \
	" WHERE p.folded = k.folded AND p.state IN ('published', 'parked')) < " n

static int64_t lacking(sqlite3 *db, const struct wanted *want)
{
	int64_t updates = ask(db, "SELECT count(*) FROM posts WHERE updates IS NOT NULL"
				  " AND state = 'published'");
	if (updates < want->updates)
		return want->updates - updates;
	return ask(db, want->posts > 1 ? LACKING("2") : LACKING("1"));
}

/* Pictures that no row names, and what was cut short. */
static void judge_pictures(const struct world *w, struct verdict *v)
{
	struct dirent *e;
	sqlite3_stmt *st = NULL;
	sqlite3 *db = open_db(world_path(w, "cache"), "cache.db", SQLITE_OPEN_READWRITE);
	DIR *dir = opendir(world_path(w, "cache/images"));
	if (!db || sqlite3_prepare_v2(db, "SELECT count(*) FROM images WHERE path LIKE '%/' || ?",
			   -1, &st, NULL) != SQLITE_OK)
		judge_break(v, PROMISE_STANDING, "the pictures cannot be read");
	while (st && dir && (e = readdir(dir))) {
		if (str_eq(e->d_name, ".") || str_eq(e->d_name, ".."))
			continue;
		sqlite3_bind_text(st, 1, e->d_name, -1, SQLITE_TRANSIENT);
		if (sqlite3_step(st) == SQLITE_ROW && sqlite3_column_int(st, 0) == 0)
			judge_break(v, PROMISE_STANDING, "cache/images/%s is left", e->d_name);
		sqlite3_reset(st);
	}
	if (dir)
		closedir(dir);
	sqlite3_finalize(st);
	sqlite3_close(db);
}

bool judge_left(const struct world *w)
{
	struct verdict v = { .text = "" };
	judge_pictures(w, &v);
	return v.broken[PROMISE_STANDING] > 0;
}

/* ---- all of it -------------------------------------------------------------------- */

bool judge_done(const struct world *w, const struct wanted *want)
{
	sqlite3 *db = open_db(world_path(w, "state"), "state.db", SQLITE_OPEN_READWRITE);
	bool done = db && ask(db, "SELECT count(*) FROM posts WHERE state NOT IN"
				  " ('published', 'parked', 'refused')") == 0 &&
		lacking(db, want) == 0;
	sqlite3_close(db);
	return done;
}

static void judge_limit(const struct world *w, sqlite3 *db, struct verdict *v)
{
	int64_t known = ask(db, "SELECT count(*) FROM calls");
	if (world_most(w) > WORLD_CALLS)
		judge_break(v, PROMISE_LIMIT, "%zu calls within one hour, %d are allowed",
			world_most(w), WORLD_CALLS);
	if (known < (int64_t)w->call_count)
		judge_break(v, PROMISE_LIMIT, "the server counted %zu calls, the ledger %lld",
			w->call_count, (long long)known);
}

void judge_world(const struct world *w, const struct wanted *want, struct verdict *v)
{
	struct truth t = { .count = 0 };
	judge_journal(w, v);
	judge_db(w, "state", "state.db", v);
	judge_db(w, "cache", "cache.db", v);
	judge_pictures(w, v);
	if (want->outbox)
		read_outbox(w, &t, v);
	else
		read_counted(w, &t);
	sqlite3 *db = open_db(world_path(w, "state"), "state.db", SQLITE_OPEN_READWRITE);
	if (!db) {
		judge_break(v, PROMISE_ONCE, "state.db is gone");
		return;
	}
	judge_limit(w, db, v);
	judge_posts(db, &t, want, v);
	if (lacking(db, want) != 0)
		judge_break(v, PROMISE_ONCE, "%lld keywords have no post, or no update",
			(long long)lacking(db, want));
	sqlite3_close(db);
}
