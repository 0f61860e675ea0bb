/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <sqlite3.h>

#include "json.h"
#include "memory.h"
#include "similar.h"

#define APPLICATION_ID 0x63706175 /* "cpau" */
#define STATE_VERSION 4
#define CACHE_VERSION 2
#define BUSY_MS 5000

/* ---- the schema ------------------------------------------------------------------- */

static const char state_schema[] =
	/* The ledger of the budget: one row for each request, written before it. */
	"CREATE TABLE calls ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" op TEXT NOT NULL,"
	" list TEXT, keyword TEXT,"
	" taken_wall INTEGER NOT NULL, taken_boot INTEGER NOT NULL,"
	" taken_boot_id TEXT NOT NULL, taken_synced INTEGER NOT NULL CHECK (taken_synced IN "
	"(0, 1)),"
	" ended_wall INTEGER, ended_boot INTEGER,"
	" ended_boot_id TEXT, ended_synced INTEGER CHECK (ended_synced IN (0, 1)),"
	" result TEXT, detail TEXT,"
	" CHECK ((ended_wall IS NULL) = (ended_boot IS NULL))) STRICT;"
	"CREATE INDEX calls_taken ON calls (taken_wall);"
	/* One row: what the server thinks of the account. */
	"CREATE TABLE account ("
	" id INTEGER PRIMARY KEY CHECK (id = 1),"
	" blocked INTEGER NOT NULL DEFAULT 0 CHECK (blocked IN (0, 1)),"
	" block_wall INTEGER NOT NULL DEFAULT 0, block_boot INTEGER NOT NULL DEFAULT 0,"
	" block_boot_id TEXT NOT NULL DEFAULT '', block_synced INTEGER NOT NULL DEFAULT 0,"
	" block_ms INTEGER NOT NULL DEFAULT 0,"
	" strikes INTEGER NOT NULL DEFAULT 0 CHECK (strikes >= 0),"
	" hard INTEGER NOT NULL DEFAULT 0 CHECK (hard IN (0, 1)),"
	" reason TEXT NOT NULL DEFAULT '',"
	" skew_ms INTEGER NOT NULL DEFAULT 0,"
	" failures INTEGER NOT NULL DEFAULT 0,"
	" wait_wall INTEGER NOT NULL DEFAULT 0, wait_boot INTEGER NOT NULL DEFAULT 0,"
	" wait_boot_id TEXT NOT NULL DEFAULT '', wait_synced INTEGER NOT NULL DEFAULT 0,"
	" wait_ms INTEGER NOT NULL DEFAULT 0,"
	" wait_reason TEXT NOT NULL DEFAULT '') STRICT;"
	"INSERT INTO account (id) VALUES (1);"
	"CREATE TABLE lists ("
	" id INTEGER PRIMARY KEY,"
	" name TEXT NOT NULL UNIQUE,"
	" fingerprint TEXT NOT NULL DEFAULT ''," /* of the keywords in the configuration */
	" served INTEGER NOT NULL DEFAULT 0,"
	" paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1))) STRICT;"
	"CREATE TABLE keywords ("
	" id INTEGER PRIMARY KEY,"
	" list_id INTEGER NOT NULL REFERENCES lists (id) ON DELETE CASCADE,"
	" folded TEXT NOT NULL," /* NFC, case and white space folded */
	" keyword TEXT NOT NULL,"
	" by_hand INTEGER NOT NULL DEFAULT 0 CHECK (by_hand IN (0, 1)),"
	" generation INTEGER NOT NULL DEFAULT 0,"
	" due_ms INTEGER NOT NULL,"
	" looked_ms INTEGER NOT NULL DEFAULT 0,"
	" fresh_ms INTEGER," /* an answer is cached and good until then */
	" failures INTEGER NOT NULL DEFAULT 0,"
	" asked INTEGER NOT NULL DEFAULT 0 CHECK (asked IN (0, 1)),"
	" paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),"
	" reason TEXT NOT NULL DEFAULT '',"
	" UNIQUE (list_id, folded)) STRICT;"
	"CREATE INDEX keywords_next ON keywords (list_id, asked DESC, due_ms, id) WHERE paused = 0;"
	"CREATE INDEX keywords_fresh ON keywords (fresh_ms) WHERE fresh_ms IS NOT NULL;"
	"CREATE TABLE posts ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" key TEXT NOT NULL UNIQUE," /* goes with the post wherever it goes */
	" state TEXT NOT NULL CHECK (state IN ('planned', 'rendered', 'waiting', 'ready',"
	"  'sending', 'published', 'unknown', 'parked', 'refused')),"
	" list TEXT NOT NULL, keyword TEXT NOT NULL, folded TEXT NOT NULL, publisher TEXT NOT NULL,"
	" products TEXT NOT NULL," /* sorted ids: the identity of the set */
	" period TEXT NOT NULL,"
	" title TEXT, html TEXT, text TEXT, markdown TEXT, post TEXT,"
	" facts_ms INTEGER," /* when its prices were seen */
	" created_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL,"
	" approved_ms INTEGER, published_ms INTEGER,"
	" sending_ms INTEGER, sending_boot INTEGER, sending_boot_id TEXT, sending_synced INTEGER,"
	" next_ms INTEGER NOT NULL,"
	" attempts INTEGER NOT NULL DEFAULT 0, finds INTEGER NOT NULL DEFAULT 0,"
	" external_id TEXT, url TEXT, reason TEXT,"
	" draft_id TEXT," /* made by its publisher; publishing it again by this id is harmless */
	" sketch TEXT,"   /* what it is like (similar.h) */
	" UNIQUE (list, folded, products, period),"
	" CHECK (state IN ('planned', 'refused') OR html IS NOT NULL),"
	" CHECK (state NOT IN ('sending', 'unknown') OR sending_ms IS NOT NULL)) STRICT;"
	"CREATE INDEX posts_next ON posts (state, next_ms);"
	"CREATE INDEX posts_keyword ON posts (folded, list, id);"
	"CREATE INDEX posts_sent ON posts (publisher, sending_ms) WHERE sending_ms IS NOT NULL;"
	"CREATE TABLE publishers ("
	" name TEXT PRIMARY KEY,"
	" broken INTEGER NOT NULL DEFAULT 0 CHECK (broken IN (0, 1)),"
	" until_ms INTEGER NOT NULL DEFAULT 0,"
	" failures INTEGER NOT NULL DEFAULT 0,"
	" reason TEXT NOT NULL DEFAULT '') STRICT;"
	/* What the CLI and the page ask of the daemon. */
	"CREATE TABLE requests ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" kind TEXT NOT NULL, args TEXT NOT NULL,"
	" at_ms INTEGER NOT NULL, done_ms INTEGER,"
	" outcome INTEGER, text TEXT,"
	" CHECK ((done_ms IS NULL) = (outcome IS NULL))) STRICT;"
	"CREATE INDEX requests_open ON requests (id) WHERE done_ms IS NULL;";

/* A post that is written over an older one, in its place on the blog. */
static const char state_updates[] =
	"ALTER TABLE posts ADD COLUMN updates INTEGER REFERENCES posts (id)";

static const char cache_schema[] =
	"CREATE TABLE answers ("
	" folded TEXT PRIMARY KEY, fetched_ms INTEGER NOT NULL, body TEXT NOT NULL) STRICT;"
	"CREATE INDEX answers_age ON answers (fetched_ms);"
	"CREATE TABLE images ("
	" url TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, path TEXT NOT NULL, image TEXT NOT "
	"NULL) STRICT;"
	"CREATE INDEX images_age ON images (at_ms);"
	"CREATE INDEX images_path ON images (path);"
	"CREATE TABLE prices ("
	" product_id INTEGER NOT NULL, at_ms INTEGER NOT NULL, price INTEGER NOT NULL,"
	" PRIMARY KEY (product_id, at_ms)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX prices_age ON prices (at_ms);";

/* ---- seals ------------------------------------------------------------------------ */

/*
 * A bit that falls over on the disk can leave a row that is well-formed and
 * wrong, and SQLite keeps no checksum. So each row that a promise hangs on has
 * one over all its columns. Triggers of each connection that writes make it, so
 * no statement can forget it; it is looked at when the database is opened and
 * when such a row is read. NULL was written by hand and is taken as it is: no
 * single bit makes a NULL of a seal.
 */
#define CALL_COLUMNS \
	"id, op, list, keyword, taken_wall, taken_boot, taken_boot_id, taken_synced," \
	" ended_wall, ended_boot, ended_boot_id, ended_synced, result, detail"
#define ACCOUNT_COLUMNS \
	"id, blocked, block_wall, block_boot, block_boot_id, block_synced, block_ms, strikes," \
	" hard, reason, skew_ms, failures, wait_wall, wait_boot, wait_boot_id, wait_synced," \
	" wait_ms, wait_reason, restored_wall, restored_boot, restored_boot_id, restored_synced"
#define POST_COLUMNS \
	"id, key, state, list, keyword, folded, publisher, products, period, title, html, text," \
	" markdown, post, facts_ms, created_ms, changed_ms, approved_ms, published_ms," \
	" sending_ms, sending_boot, sending_boot_id, sending_synced, next_ms, attempts, finds," \
	" external_id, url, reason, draft_id, sketch, doubt, updates"
#define REQUEST_COLUMNS "id, kind, args, at_ms, done_ms, outcome, text"
#define KEYWORD_SEAL "seal_of(list_id, folded, keyword)" /* set by its statements */
#define WHOLE(columns) "(seal IS NULL OR seal = seal_of(" columns "))"

#define SEAL_TRIGGERS(table, columns) \
	"CREATE TEMP TRIGGER " table "_added AFTER INSERT ON main." table \
	" BEGIN UPDATE " table " SET seal = 0 WHERE id = NEW.id; END;" \
	"CREATE TEMP TRIGGER " table "_changed AFTER UPDATE ON main." table \
	" BEGIN UPDATE " table " SET seal = seal_of(" columns ") WHERE id = NEW.id; END;"
static const char seal_triggers[] = SEAL_TRIGGERS("calls", CALL_COLUMNS)
	SEAL_TRIGGERS("account", ACCOUNT_COLUMNS) SEAL_TRIGGERS("posts", POST_COLUMNS)
	SEAL_TRIGGERS("requests", REQUEST_COLUMNS);

#define SEAL_BROKEN(table, columns) \
	"SELECT id FROM " table " WHERE NOT " WHOLE(columns) " LIMIT 1"
static const struct {
	const char *table, *sql;
} seal_checks[] = {
	{ "calls", SEAL_BROKEN("calls", CALL_COLUMNS) },
	{ "account", SEAL_BROKEN("account", ACCOUNT_COLUMNS) },
	{ "posts", SEAL_BROKEN("posts", POST_COLUMNS) },
	{ "requests", SEAL_BROKEN("requests", REQUEST_COLUMNS) },
};

static const char state_seals[] =
	"ALTER TABLE calls ADD COLUMN seal INTEGER;"
	"ALTER TABLE requests ADD COLUMN seal INTEGER;"
	"ALTER TABLE account ADD COLUMN seal INTEGER;"
	/* When the state was restored from a backup, which knows less than happened. */
	"ALTER TABLE account ADD COLUMN restored_wall INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE account ADD COLUMN restored_boot INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE account ADD COLUMN restored_boot_id TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE account ADD COLUMN restored_synced INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE posts ADD COLUMN seal INTEGER;"
	/* It may be out for all the backup knows: looked for before it is sent. */
	"ALTER TABLE posts ADD COLUMN doubt INTEGER NOT NULL DEFAULT 0 CHECK (doubt IN (0, 1));"
	"ALTER TABLE keywords ADD COLUMN doubt INTEGER NOT NULL DEFAULT 0"
	" CHECK (doubt IN (0, 1));"
	"ALTER TABLE keywords ADD COLUMN seal INTEGER;"
	"UPDATE keywords SET seal = " KEYWORD_SEAL ";"
	"UPDATE calls SET seal = seal_of(" CALL_COLUMNS ");"
	"UPDATE account SET seal = seal_of(" ACCOUNT_COLUMNS ");"
	"UPDATE posts SET seal = seal_of(" POST_COLUMNS ");"
	"UPDATE requests SET seal = seal_of(" REQUEST_COLUMNS ");";

/*
 * What people are to be told, and have been asked. A notice is kept until it is
 * delivered; that of a post that waits for approval until it waits no more. Of
 * the words with which a reply names a post only digests are here.
 */
static const char state_notices[] =
	"CREATE TABLE notifiers ("
	" name TEXT PRIMARY KEY,"
	" until_ms INTEGER NOT NULL DEFAULT 0,"  /* left alone until then */
	" failures INTEGER NOT NULL DEFAULT 0,"
	" reason TEXT NOT NULL DEFAULT '',"
	" paced_ms INTEGER NOT NULL DEFAULT 0, last_ms INTEGER NOT NULL DEFAULT 0,"
	" more INTEGER NOT NULL DEFAULT 0,"      /* for which there was no room */
	" lost INTEGER NOT NULL DEFAULT 0,"      /* given up, ever */
	" cursor TEXT NOT NULL DEFAULT '') STRICT;" /* up to where replies were heard */
	"CREATE TABLE notices ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" notifier TEXT NOT NULL REFERENCES notifiers (name) ON DELETE CASCADE,"
	" class TEXT NOT NULL, level INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
	" post INTEGER, text TEXT NOT NULL,"
	" attempts INTEGER NOT NULL DEFAULT 0, sent_ms INTEGER) STRICT;"
	"CREATE INDEX notices_open ON notices (notifier, id) WHERE sent_ms IS NULL;"
	"CREATE INDEX notices_post ON notices (post, notifier) WHERE class = 'approval';"
	"CREATE TABLE tokens ("
	" digest TEXT PRIMARY KEY,"
	" post INTEGER NOT NULL,"
	" notifier TEXT NOT NULL REFERENCES notifiers (name) ON DELETE CASCADE,"
	" at_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,"
	" seal INTEGER NOT NULL) STRICT;";

/* What the cache holds without a seal is only asked for again. */
static const char cache_seals[] =
	"ALTER TABLE answers ADD COLUMN seal INTEGER;"
	"ALTER TABLE images ADD COLUMN seal INTEGER;";

/* Step N brings version N to N + 1. */
static const char *const state_steps[] = { state_schema, state_updates, state_seals,
	state_notices };
static const char *const cache_steps[] = { cache_schema, cache_seals };

/* ---- the statements --------------------------------------------------------------- */

#define KEYWORD_COLUMNS \
	"k.id, k.list_id, l.name AS list, k.keyword, k.folded, k.due_ms, k.looked_ms," \
	" k.fresh_ms, k.failures, k.asked, k.paused, k.reason, k.doubt, k.seal IS NULL OR" \
	" k.seal = seal_of(k.list_id, k.folded, k.keyword) AS whole, k.by_hand," \
	" l.paused AS list_paused"
#define KEYWORD_FROM " FROM keywords k JOIN lists l ON l.id = k.list_id "
/* A look into each list costs less than an index of its own on a hundred thousand rows. */
#define KEYWORD_ANYWHERE " WHERE list_id IN (SELECT id FROM lists) AND folded = ?1"
/*
 * The posts of publisher ?1 that are being renewed: their prices grew old, and
 * new ones can be had. One whose keyword is paused, gone, or left alone for long
 * after it failed is none, or it would hold back all others for as long.
 */
#define RENEWED(now) \
	" FROM posts p CROSS JOIN lists l ON l.name = p.list" \
	" CROSS JOIN keywords k ON k.list_id = l.id AND k.folded = p.folded" \
	" WHERE p.state = 'planned' AND p.publisher = ?1 AND p.facts_ms IS NOT NULL" \
	" AND l.paused = 0 AND k.paused = 0" \
	" AND (k.failures = 0 OR k.due_ms <= " now " + 3600000)"
#define TOKEN_SEAL "seal_of(digest, post, notifier, expires_ms)"
/* Rows that wait at most, of one notifier: a storm of events fills no disk. */
#define NOTICES_MAX "100"
#define NOTICES_COUNT \
	"(SELECT count(*) FROM notices WHERE notifier = ?1 AND sent_ms IS NULL)"
#define NOT_ASKED \
	"p.state = 'waiting' AND NOT EXISTS (SELECT 1 FROM notices n WHERE n.post = p.id" \
	" AND n.notifier = ?1 AND n.class = 'approval')"
#define SETTLED \
	"notifier = ?1 AND class = 'approval' AND NOT EXISTS (SELECT 1 FROM posts p" \
	" WHERE p.id = notices.post AND p.state = 'waiting')"
#define POST_SHORT \
	"id, key, state, list, keyword, publisher, title, created_ms, changed_ms, approved_ms," \
	" sending_ms, published_ms, next_ms, attempts, external_id, url, reason, facts_ms, updates"

enum stmt_id {
	BEGIN,
	COMMIT,
	ROLLBACK,
	CALLS_RECENT,
	CALL_BEGIN,
	CALL_END,
	CALL_EXTRA,
	CALLS_CLOSE,
	ACCOUNT_GET,
	ACCOUNT_SET,
	LIST_ADD,
	LIST_GET,
	LIST_BY_ID,
	LIST_FINGERPRINT,
	LIST_SERVED,
	LIST_PAUSE,
	LISTS_ALL,
	LIST_DELETE,
	KEYWORD_UPSERT,
	KEYWORDS_GENERATION,
	KEYWORDS_SWEEP,
	KEYWORD_HEAD,
	KEYWORD_FREE,
	KEYWORD_GET,
	KEYWORD_FIND,
	KEYWORD_LOOKED,
	KEYWORD_FAILED,
	KEYWORDS_FRESH,
	KEYWORD_DUE,
	KEYWORD_FIRST,
	KEYWORD_ASK,
	KEYWORD_ADD,
	KEYWORD_REMOVE,
	KEYWORD_PAUSE,
	POST_ADD,
	POST_GET,
	POST_NEXT,
	POST_WHEN,
	POST_READIED,
	POST_LAST,
	POST_PRODUCTS,
	POST_RENDER,
	POST_OBJECT,
	POST_MOVE,
	POST_SEND,
	POST_PUBLISH,
	POST_LOOKED,
	POST_APPROVE,
	POST_DRAFT,
	POST_SKETCHES,
	POSTS_STALE,
	POST_RENEWED,
	POSTS_ANSWERED,
	KEYWORDS_CLAMP,
	POSTS_CLAMP,
	PUBLISHERS_CLAMP,
	SENT_CLAMP,
	UPDATES_RECOVER,
	POST_UNCLEAR,
	POSTS_RECOVER,
	PACE,
	POSTS_COUNT,
	PUBLISHER_GET,
	PUBLISHER_SET,
	PUBLISHERS_CLEAR,
	REQUEST_NEXT,
	REQUEST_DONE,
	REQUEST_GET,
	REQUEST_ADD,
	NOTIFIER_ADD,
	NOTIFIERS_ALL,
	NOTIFIER_DELETE,
	NOTIFIER_GET,
	NOTIFIER_SET,
	NOTIFIERS_CLEAR,
	NOTICE_ADD,
	NOTICE_MORE,
	NOTICES_DUE,
	NOTICES_WAITING,
	NOTICES_SETTLED,
	NOTICES_OPEN,
	NOTICE_SENT,
	NOTICE_DROP,
	NOTICE_TRIED,
	TOKENS_EXPIRE,
	TOKEN_ADD,
	TOKENS_OPEN,
	TOKEN_FIND,
	TOKENS_SPENT,
	POST_DOUBTED,
	RESTORED_GET,
	RESTORED_SET,
	RESTORE_CALL,
	RESTORE_POSTS,
	RESTORE_SENDING,
	RESTORE_KEYWORDS,
	RESTORE_REQUESTS,
	RESTORE_CACHE,
	RESTORE_NOTICES,
	RESTORE_TOKENS,
	CONTENT,
	Q_CALLS,
	Q_POSTS,
	Q_KEYWORDS,
	Q_LISTS,
	Q_PUBLISHERS,
	Q_NOTIFIERS,
	Q_REQUESTS,
	Q_COUNTS,
	Q_FIND,
	Q_TALLY,
	Q_STATES,
	Q_UNDELIVERED,
	LAST_OUT,
	STATE_END,
	ANSWER_PUT = STATE_END,
	ANSWER_GET,
	IMAGE_PUT,
	IMAGE_GET,
	PRICE_PUT,
	CACHE_OLDEST,
	ANSWERS_EXPIRE,
	IMAGES_KEPT,
	IMAGES_EXPIRE,
	PRICES_EXPIRE,
	STMT_END,
};

static const char *const stmt_sql[STMT_END] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[CALLS_RECENT] = "SELECT taken_wall, taken_boot, taken_boot_id, taken_synced,"
			 " ended_wall, ended_boot, ended_boot_id, ended_synced, "
			 WHOLE(CALL_COLUMNS)
			 " FROM calls ORDER BY id DESC LIMIT ?1",
	[CALL_BEGIN] =
		"INSERT INTO calls (op, list, keyword, taken_wall, taken_boot, taken_boot_id,"
		" taken_synced) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[CALL_END] =
		"UPDATE calls SET ended_wall = ?2, ended_boot = ?3, ended_boot_id = ?4,"
		" ended_synced = ?5, result = ?6, detail = ?7 WHERE id = ?1 AND ended_wall IS NULL",
	[CALL_EXTRA] =
		"INSERT INTO calls (op, list, keyword, taken_wall, taken_boot, taken_boot_id,"
		" taken_synced, ended_wall, ended_boot, ended_boot_id, ended_synced, result, "
		"detail)"
		" SELECT op, list, keyword, taken_wall, taken_boot, taken_boot_id, taken_synced,"
		" ended_wall, ended_boot, ended_boot_id, ended_synced, result,"
		" 'a further request of call ' || id FROM calls WHERE id = ?1",
	[CALLS_CLOSE] =
		"UPDATE calls SET ended_wall = ?1, ended_boot = ?2, ended_boot_id = ?3,"
		" ended_synced = ?4, result = 'lost', detail = 'the daemon ended during the call'"
		" WHERE ended_wall IS NULL",
	[ACCOUNT_GET] =
		"SELECT blocked, block_wall, block_boot, block_boot_id, block_synced, block_ms,"
		" strikes, hard, reason, skew_ms, failures, wait_wall, wait_boot, wait_boot_id,"
		" wait_synced, wait_ms, wait_reason, " WHOLE(ACCOUNT_COLUMNS)
		" FROM account WHERE id = 1",
	[ACCOUNT_SET] =
		"UPDATE account SET blocked = ?1, block_wall = ?2, block_boot = ?3,"
		" block_boot_id = ?4, block_synced = ?5, block_ms = ?6, strikes = ?7, hard = ?8,"
		" reason = ?9, skew_ms = ?10, failures = ?11, wait_wall = ?12, wait_boot = ?13,"
		" wait_boot_id = ?14, wait_synced = ?15, wait_ms = ?16, wait_reason = ?17 "
		"WHERE id = 1",
	[LIST_ADD] = "INSERT INTO lists (name) VALUES (?1) ON CONFLICT (name) DO NOTHING",
	[LIST_GET] = "SELECT id, fingerprint FROM lists WHERE name = ?1",
	[LIST_BY_ID] = "SELECT served, paused FROM lists WHERE id = ?1",
	[LIST_FINGERPRINT] = "UPDATE lists SET fingerprint = ?2 WHERE id = ?1",
	[LIST_SERVED] = "UPDATE lists SET served = ?2 WHERE id = ?1",
	[LIST_PAUSE] = "UPDATE lists SET paused = ?2 WHERE ?1 IS NULL OR name = ?1",
	[LISTS_ALL] = "SELECT id, name FROM lists",
	[LIST_DELETE] = "DELETE FROM lists WHERE id = ?1",
	[KEYWORD_UPSERT] =
		"INSERT INTO keywords (list_id, folded, keyword, generation, due_ms, seal)"
		" VALUES (?1, ?2, ?3, ?4, ?5, seal_of(?1, ?2, ?3)) ON CONFLICT (list_id, folded)"
		" DO UPDATE SET keyword = excluded.keyword, generation = "
		"excluded.generation, by_hand = 0, seal = excluded.seal",
	[KEYWORDS_GENERATION] =
		"SELECT coalesce(max(generation), 0) + 1 FROM keywords WHERE list_id = ?1",
	[KEYWORDS_SWEEP] =
		"DELETE FROM keywords WHERE list_id = ?1 AND by_hand = 0 AND generation < ?2",
	[KEYWORD_HEAD] =
		"SELECT id, due_ms, asked FROM keywords WHERE list_id = ?1 AND paused = 0"
		" ORDER BY asked DESC, due_ms, id LIMIT 1",
	[KEYWORD_FREE] =
		"SELECT k.id FROM keywords k JOIN lists l ON l.id = k.list_id"
		" WHERE k.fresh_ms > ?1 AND k.due_ms <= ?1 AND k.paused = 0 AND l.paused = 0"
		" ORDER BY k.fresh_ms LIMIT 1",
	[KEYWORD_GET] = "SELECT " KEYWORD_COLUMNS KEYWORD_FROM "WHERE k.id = ?1",
	[KEYWORD_FIND] =
		"SELECT " KEYWORD_COLUMNS KEYWORD_FROM "WHERE l.name = ?1 AND k.folded = ?2",
	[KEYWORD_LOOKED] =
		"UPDATE keywords SET looked_ms = ?2, due_ms = ?3, failures = 0, asked = 0,"
		" doubt = 0, reason = ?4 WHERE id = ?1",
	[KEYWORD_FAILED] =
		"UPDATE keywords SET due_ms = ?2, failures = failures + 1, asked = 0,"
		" reason = ?3 WHERE id = ?1",
	[KEYWORDS_FRESH] = "UPDATE keywords SET fresh_ms = ?2" KEYWORD_ANYWHERE,
	[KEYWORD_DUE] = "UPDATE keywords SET due_ms = min(due_ms, ?2) WHERE id = ?1",
	[KEYWORD_FIRST] =
		"UPDATE keywords SET due_ms = min(due_ms, ?2, coalesce((SELECT min(o.due_ms) - 1"
		" FROM keywords o WHERE o.list_id = keywords.list_id AND o.asked = 0"
		" AND o.paused = 0 AND o.id <> keywords.id), ?2)) WHERE id = ?1",
	[KEYWORD_ASK] =
		"UPDATE keywords SET asked = 1, paused = 0, due_ms = min(due_ms, ?2) WHERE id = ?1",
	[KEYWORD_ADD] = "INSERT INTO keywords (list_id, keyword, folded, by_hand, due_ms, seal)"
			" VALUES (?1, ?2, ?3, 1, ?4, seal_of(?1, ?3, ?2))",
	[KEYWORD_REMOVE] = "DELETE FROM keywords WHERE id = ?1 AND by_hand = 1",
	[KEYWORD_PAUSE] = "UPDATE keywords SET paused = ?2 WHERE id = ?1",
	[POST_ADD] =
		"INSERT INTO posts (key, state, list, keyword, folded, publisher, products, period,"
		" created_ms, changed_ms, next_ms, updates, doubt) VALUES (?1, 'planned', ?2, ?3, "
		"?4, ?5, ?6, ?7, ?8, ?8, ?8, nullif(?9, 0), ?10)",
	[POST_GET] = "SELECT p.*, o.key AS out_key, o.external_id AS out_id, o.url AS out_url,"
		     " (SELECT " WHOLE(POST_COLUMNS) " FROM posts WHERE id = ?1) AS whole"
		     " FROM posts p LEFT JOIN posts o ON o.id = p.updates WHERE p.id = ?1",
	[POST_NEXT] = "SELECT id FROM posts WHERE state = ?1 AND next_ms <= ?3"
		      " AND (?2 IS NULL OR publisher = ?2) ORDER BY next_ms, id LIMIT 1",
	[POST_WHEN] =
		"SELECT min(next_ms) FROM posts WHERE state = ?1 AND (?2 IS NULL OR "
		"publisher = ?2)",
	[POST_READIED] =
		"SELECT id, next_ms FROM posts WHERE state = 'ready' AND publisher = ?1"
		" AND (updates IS NOT NULL) = ?2 AND (NOT EXISTS (SELECT 1" RENEWED("?4")
		") OR facts_ms BETWEEN ?3 AND ?4 OR doubt = 1) ORDER BY next_ms, id LIMIT 1",
	[POST_LAST] =
		"SELECT id, state, products, post, created_ms, facts_ms, publisher, external_id,"
		" coalesce(updates, id) AS first FROM posts"
		" WHERE folded = ?2 AND list = ?1 AND state <> 'refused' ORDER BY id DESC LIMIT 1",
	[POST_PRODUCTS] = "UPDATE posts SET products = ?2 WHERE id = ?1 AND state = 'planned'"
			  " AND updates IS NOT NULL",
	[POST_RENDER] =
		"UPDATE posts SET state = 'rendered', title = ?2, html = ?3, text = ?4,"
		" markdown = ?5, post = ?6, facts_ms = ?7, changed_ms = ?8, next_ms = ?8,"
		" sketch = ?9, reason = NULL"
		" WHERE id = ?1 AND state IN ('planned', 'rendered')",
	[POST_OBJECT] = "UPDATE posts SET post = ?2, changed_ms = ?3 WHERE id = ?1",
	[POST_MOVE] = "UPDATE posts SET state = ?3, changed_ms = ?4, next_ms = ?5, reason = ?6,"
		      /* Who looked, or the owner, found that it is not out. */
		      " doubt = iif(?3 = 'ready' AND ?2 IN ('unknown', 'parked'), 0, doubt)"
		      " WHERE id = ?1 AND state = ?2",
	[POST_SEND] =
		"UPDATE posts SET state = 'sending', changed_ms = ?2, sending_ms = ?2,"
		" sending_boot = ?3, sending_boot_id = ?4, sending_synced = ?5,"
		" attempts = attempts + 1, finds = 0, reason = NULL WHERE id = ?1 AND state "
		"= 'ready'",
	[POST_PUBLISH] =
		"UPDATE posts SET state = 'published', changed_ms = ?2, published_ms = ?2,"
		" external_id = ?3, url = ?4, reason = NULL, doubt = 0"
		" WHERE id = ?1 AND state IN ('sending', 'unknown', 'parked')",
	[POST_LOOKED] = "UPDATE posts SET finds = finds + ?4, changed_ms = ?2, next_ms = ?3"
			" WHERE id = ?1 AND state = 'unknown' RETURNING finds",
	[POST_APPROVE] = "UPDATE posts SET state = 'ready', approved_ms = ?2, changed_ms = ?2,"
			 " next_ms = ?2, reason = NULL WHERE id = ?1 AND state = 'waiting'",
	[POST_DRAFT] = "UPDATE posts SET draft_id = ?3, state = 'ready', changed_ms = ?2,"
		       " next_ms = ?2, doubt = 0, reason = 'its draft is made'"
		       " WHERE id = ?1 AND state IN ('sending', 'unknown')",
	[POST_SKETCHES] = "SELECT id, title, sending_ms, sketch FROM posts WHERE publisher = ?1"
			  " AND sending_ms >= ?2 AND id <> ?3 AND updates IS NOT ?3"
			  " AND sketch IS NOT NULL"
			  " AND state IN ('ready', 'sending', 'published', 'unknown', 'parked')",
	[POSTS_STALE] = "UPDATE posts SET changed_ms = ?3, reason = ?4 WHERE publisher = ?1"
			" AND state = 'ready' AND facts_ms < ?2 AND reason IS NOT ?4",
	[POST_RENEWED] = "SELECT p.id" RENEWED("?2") " ORDER BY p.next_ms, p.id LIMIT 1",
	[POSTS_ANSWERED] = "UPDATE posts SET next_ms = ?2 WHERE folded = ?1"
			   " AND state = 'planned' AND next_ms > ?2",
	/* Over the same post again, which is no second one. */
	[UPDATES_RECOVER] = "UPDATE posts SET state = 'ready', changed_ms = ?1, next_ms = ?2,"
			    " reason = 'the daemon ended while it was being sent'"
			    " WHERE state = 'sending' AND updates IS NOT NULL",
	[POST_UNCLEAR] = "UPDATE posts SET state = 'unknown', next_ms = ?2, reason = ?3,"
			 " changed_ms = ?4, sending_ms = ?4, sending_boot = ?5,"
			 " sending_boot_id = ?6, sending_synced = ?7"
			 " WHERE id = ?1 AND state = 'sending'",
	[POSTS_RECOVER] = "UPDATE posts SET state = 'unknown', next_ms = ?1,"
			  " reason = 'the daemon ended while it was being published',"
			  " changed_ms = ?2, sending_ms = ?2, sending_boot = ?3,"
			  " sending_boot_id = ?4, sending_synced = ?5 WHERE state = 'sending'",
	[PACE] = "SELECT count(*) FILTER (WHERE sending_ms >= ?2 AND updates IS NULL),"
		 " coalesce(max(sending_ms), 0) FROM posts"
		 " WHERE publisher = ?1 AND sending_ms IS NOT NULL"
		 " AND state IN ('sending', 'published', 'unknown', 'parked')",
	[POSTS_COUNT] = "SELECT count(*) FROM posts WHERE state = ?1",
	[KEYWORDS_CLAMP] = "UPDATE keywords SET due_ms = ?1 WHERE due_ms > ?2",
	/* Looked for in the indexes: these columns lie behind the texts of a row. */
	[POSTS_CLAMP] = "UPDATE posts SET next_ms = ?1 WHERE id IN"
			" (SELECT id FROM posts INDEXED BY posts_next WHERE next_ms > ?2)",
	[SENT_CLAMP] = "UPDATE posts SET sending_ms = ?1 WHERE id IN (SELECT id FROM posts"
		       " INDEXED BY posts_sent WHERE sending_ms > ?1 + 60000)",
	[PUBLISHERS_CLAMP] = "UPDATE publishers SET until_ms = ?1 WHERE until_ms > ?2",
	[PUBLISHER_GET] =
		"SELECT broken, until_ms, failures, reason FROM publishers WHERE name = ?1",
	[PUBLISHER_SET] =
		"INSERT INTO publishers (name, broken, until_ms, failures, reason)"
		" VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (name) DO UPDATE SET broken = "
		"excluded.broken,"
		" until_ms = excluded.until_ms, failures = excluded.failures, reason = "
		"excluded.reason",
	[PUBLISHERS_CLEAR] = "DELETE FROM publishers",
	[REQUEST_NEXT] =
		"SELECT id, kind, args, " WHOLE(REQUEST_COLUMNS)
		" FROM requests WHERE done_ms IS NULL ORDER BY id LIMIT 1",
	[REQUEST_DONE] = "UPDATE requests SET done_ms = ?2, outcome = ?3, text = ?4"
			 " WHERE id = ?1 AND done_ms IS NULL",
	[REQUEST_GET] = "SELECT * FROM requests WHERE id = ?1",
	[REQUEST_ADD] = "INSERT INTO requests (kind, args, at_ms) VALUES (?1, ?2, ?3)",
	[NOTIFIER_ADD] = "INSERT INTO notifiers (name) VALUES (?1) ON CONFLICT DO NOTHING",
	[NOTIFIERS_ALL] = "SELECT name FROM notifiers",
	[NOTIFIER_DELETE] = "DELETE FROM notifiers WHERE name = ?1",
	[NOTIFIER_GET] = "SELECT until_ms, failures, reason, paced_ms, last_ms, more, lost, cursor"
			 " FROM notifiers WHERE name = ?1",
	[NOTIFIER_SET] =
		"UPDATE notifiers SET until_ms = ?2, failures = ?3, reason = ?4, paced_ms = ?5,"
		" last_ms = ?6, more = ?7, lost = ?8, cursor = ?9 WHERE name = ?1",
	[NOTIFIERS_CLEAR] = "UPDATE notifiers SET until_ms = 0 WHERE until_ms <> 0",
	[NOTICE_ADD] =
		"INSERT INTO notices (notifier, class, level, at_ms, post, text)"
		" SELECT ?1, ?2, ?3, ?4, nullif(?5, 0), ?6 WHERE " NOTICES_COUNT " < " NOTICES_MAX,
	[NOTICE_MORE] = "UPDATE notifiers SET more = more + 1 WHERE name = ?1",
	/* What there is to do for the next two, so that nothing is written where there is not. */
	[NOTICES_DUE] =
		"SELECT EXISTS (SELECT 1 FROM posts p WHERE " NOT_ASKED ")"
		" OR EXISTS (SELECT 1 FROM notices WHERE " SETTLED ")",
	[NOTICES_WAITING] =
		"INSERT INTO notices (notifier, class, level, at_ms, post, text)"
		" SELECT ?1, 'approval', 5, ?2, p.id, '' FROM posts p WHERE " NOT_ASKED
		" ORDER BY p.id LIMIT max(0, " NOTICES_MAX " - " NOTICES_COUNT ")",
	[NOTICES_SETTLED] = "DELETE FROM notices WHERE " SETTLED,
	[NOTICES_OPEN] =
		"SELECT n.id, n.class, n.level, n.at_ms, n.post, n.text, n.attempts, p.title,"
		" p.keyword, p.list, p.publisher, p.url, p.changed_ms FROM notices n"
		" LEFT JOIN posts p ON p.id = n.post WHERE n.notifier = ?1 AND n.sent_ms IS NULL"
		" ORDER BY n.id LIMIT ?2",
	[NOTICE_SENT] = "UPDATE notices SET sent_ms = ?2 WHERE id = ?1 AND class = 'approval'",
	[NOTICE_DROP] = "DELETE FROM notices WHERE id = ?1 AND class <> 'approval'",
	[NOTICE_TRIED] = "UPDATE notices SET attempts = attempts + 1 WHERE id = ?1",
	[TOKENS_EXPIRE] = "DELETE FROM tokens WHERE expires_ms <= ?1",
	[TOKEN_ADD] = "INSERT INTO tokens (digest, post, notifier, at_ms, expires_ms, seal)"
		      " VALUES (?1, ?2, ?3, ?4, ?5, seal_of(?1, ?2, ?3, ?5))",
	[TOKENS_OPEN] =
		"SELECT min(t.at_ms) FROM tokens t JOIN posts p ON p.id = t.post"
		" WHERE t.notifier = ?1 AND t.expires_ms > ?2 AND p.state = 'waiting'",
	[TOKEN_FIND] =
		"SELECT t.post FROM tokens t JOIN posts p ON p.id = t.post WHERE t.digest = ?1"
		" AND t.expires_ms > ?2 AND p.state = 'waiting'"
		" AND t.seal = seal_of(t.digest, t.post, t.notifier, t.expires_ms)",
	[TOKENS_SPENT] = "DELETE FROM tokens WHERE post = ?1",
	[POST_DOUBTED] =
		"UPDATE posts SET state = 'unknown', changed_ms = ?2, next_ms = ?2,"
		" sending_ms = ?2, sending_boot = ?3, sending_boot_id = ?4, sending_synced = ?5,"
		" finds = 0, reason = 'it may have gone out after the backup that was restored'"
		" WHERE id = ?1 AND state = 'ready' AND doubt = 1",
	[RESTORED_GET] = "SELECT restored_wall, restored_boot, restored_boot_id, restored_synced"
			 " FROM account WHERE id = 1 AND restored_boot_id <> ''",
	[RESTORED_SET] = "UPDATE account SET restored_wall = ?1, restored_boot = ?2,"
			 " restored_boot_id = ?3, restored_synced = ?4 WHERE id = 1",
	[RESTORE_CALL] =
		"INSERT INTO calls (op, taken_wall, taken_boot, taken_boot_id, taken_synced,"
		" ended_wall, ended_boot, ended_boot_id, ended_synced, result, detail)"
		" VALUES ('restore', ?1, ?2, ?3, ?4, ?1, ?2, ?3, ?4, 'counted',"
		" 'counts as made: a backup was restored, which does not know the last calls')",
	[RESTORE_POSTS] =
		"UPDATE posts SET doubt = 1, changed_ms = ?1, reason = CASE state"
		" WHEN 'refused' THEN reason"
		" WHEN 'waiting' THEN 'waits for your approval; it may have gone out after the"
		" backup that was restored: look at the blog'"
		" ELSE 'it may have gone out after the backup that was restored; it is looked"
		" for before it is sent' END"
		" WHERE state IN ('planned', 'rendered', 'waiting', 'ready', 'refused')"
		" AND updates IS NULL",
	[RESTORE_SENDING] =
		"UPDATE posts SET state = 'unknown', changed_ms = ?1, next_ms = ?1,"
		" sending_ms = ?1, sending_boot = ?2, sending_boot_id = ?3, sending_synced = ?4,"
		" finds = 0, reason = 'it may have gone out; a backup was restored since'"
		" WHERE state IN ('sending', 'unknown') AND updates IS NULL",
	[RESTORE_KEYWORDS] = "UPDATE keywords SET doubt = 1 WHERE due_ms <= ?1",
	[RESTORE_REQUESTS] = "UPDATE requests SET done_ms = ?1, outcome = ?2, text = 'not done:"
			     " a backup was restored; say it again if you still want it'"
			     " WHERE done_ms IS NULL",
	/* The cache that lies here may not be the one that this state knew. */
	[RESTORE_CACHE] = "UPDATE keywords SET fresh_ms = NULL WHERE fresh_ms IS NOT NULL",
	[RESTORE_NOTICES] = "DELETE FROM notices",
	/* It may name a post that was decided about since. */
	[RESTORE_TOKENS] = "DELETE FROM tokens",
	[CONTENT] = "SELECT (SELECT count(*) FROM calls) AS calls,"
		    " (SELECT count(*) FROM posts) AS posts,"
		    " (SELECT count(*) FROM keywords) AS keywords,"
		    " (SELECT count(*) FROM posts WHERE state = 'published') AS published,"
		    " max((SELECT coalesce(max(taken_wall), 0) FROM calls),"
		    " (SELECT coalesce(max(changed_ms), 0) FROM posts),"
		    " (SELECT coalesce(max(at_ms), 0) FROM requests)) AS last_ms",
	[Q_CALLS] = "SELECT * FROM calls WHERE taken_wall >= ?1 ORDER BY id DESC LIMIT ?2",
	[Q_POSTS] = "SELECT " POST_SHORT " FROM posts WHERE (?1 IS NULL OR state = ?1)"
		    " AND (?2 IS NULL OR list = ?2) ORDER BY id DESC LIMIT ?3",
	[Q_KEYWORDS] = "SELECT " KEYWORD_COLUMNS KEYWORD_FROM "WHERE ?1 IS NULL OR l.name = ?1"
		       " ORDER BY k.asked DESC, k.due_ms, k.id LIMIT ?2",
	[Q_LISTS] =
		"SELECT l.id, l.name, l.served, l.paused, count(k.id) AS keywords,"
		" count(k.id) FILTER (WHERE k.paused = 1) AS keywords_paused,"
		" count(k.id) FILTER (WHERE k.failures > 0) AS keywords_failing,"
		" min(k.due_ms) FILTER (WHERE k.paused = 0) AS due_ms"
		" FROM lists l LEFT JOIN keywords k ON k.list_id = l.id GROUP BY l.id ORDER "
		"BY l.id",
	[Q_PUBLISHERS] = "SELECT * FROM publishers ORDER BY name",
	[Q_NOTIFIERS] =
		"SELECT f.name, f.until_ms, f.failures, f.reason, f.more, f.lost,"
		" count(n.id) + f.more AS undelivered, min(n.at_ms) AS oldest_ms"
		" FROM notifiers f LEFT JOIN notices n ON n.notifier = f.name"
		" AND n.sent_ms IS NULL GROUP BY f.name ORDER BY f.name",
	[Q_REQUESTS] = "SELECT * FROM requests ORDER BY id DESC LIMIT ?1",
	[Q_COUNTS] = "SELECT state, count(*) AS count FROM posts GROUP BY state",
	[Q_FIND] = "SELECT " KEYWORD_COLUMNS KEYWORD_FROM KEYWORD_ANYWHERE " ORDER BY k.id",
	[Q_TALLY] = "SELECT coalesce(result, 'lost') AS result, count(*) AS count, max(id) AS last"
		    " FROM calls WHERE id > ?1 AND ended_wall IS NOT NULL GROUP BY 1 ORDER BY 1",
	[Q_STATES] =
		"SELECT list, count(*) FILTER (WHERE state = 1) AS paused,"
		" count(*) FILTER (WHERE state = 2) AS failing,"
		" count(*) FILTER (WHERE state = 3) AS due,"
		" count(*) FILTER (WHERE state = 4) AS waiting"
		" FROM (SELECT l.id AS id, l.name AS list, CASE WHEN k.id IS NULL THEN 0"
		" WHEN l.paused + k.paused > 0 THEN 1 WHEN k.failures > 0 THEN 2"
		" WHEN k.due_ms <= ?1 THEN 3 ELSE 4 END AS state"
		" FROM lists l LEFT JOIN keywords k ON k.list_id = l.id) GROUP BY id ORDER BY id",
	[Q_UNDELIVERED] =
		"SELECT publisher, state, count(*) AS count, min(created_ms) AS oldest_ms"
		" FROM posts WHERE state IN ('planned', 'rendered', 'waiting', 'ready', 'sending',"
		" 'unknown', 'parked') GROUP BY publisher, state ORDER BY publisher, state",
	[LAST_OUT] = "SELECT coalesce(published_ms, 0) FROM posts WHERE publisher = ?1"
		     " AND sending_ms IS NOT NULL AND state = 'published'"
		     " ORDER BY sending_ms DESC LIMIT 1",

	[ANSWER_PUT] =
		"INSERT INTO answers (folded, fetched_ms, body, seal)"
		" VALUES (?1, ?2, ?3, seal_of(?1, ?2, ?3))"
		" ON CONFLICT (folded) DO UPDATE SET fetched_ms = excluded.fetched_ms, body "
		"= excluded.body, seal = excluded.seal",
	[ANSWER_GET] = "SELECT fetched_ms, body FROM answers WHERE folded = ?1"
		       " AND seal = seal_of(folded, fetched_ms, body)",
	[IMAGE_PUT] =
		"INSERT INTO images (url, at_ms, path, image, seal)"
		" VALUES (?1, ?2, ?3, ?4, seal_of(?1, ?4))"
		" ON CONFLICT (url) DO UPDATE SET at_ms = excluded.at_ms, path = excluded.path,"
		" image = excluded.image, seal = excluded.seal",
	[IMAGE_GET] = "SELECT image FROM images WHERE url = ?1 AND seal = seal_of(url, image)",
	[PRICE_PUT] = "INSERT INTO prices (product_id, at_ms, price) VALUES (?1, ?2, ?3)"
		      " ON CONFLICT DO NOTHING",
	[CACHE_OLDEST] = "SELECT min(at) FROM (SELECT min(fetched_ms) AS at FROM answers"
			 " UNION ALL SELECT min(at_ms) FROM images)",
	[ANSWERS_EXPIRE] = "DELETE FROM answers WHERE fetched_ms < ?1",
	[IMAGES_KEPT] = "SELECT DISTINCT path FROM images ORDER BY path",
	[IMAGES_EXPIRE] = "DELETE FROM images WHERE at_ms < ?1",
	[PRICES_EXPIRE] = "DELETE FROM prices WHERE at_ms < ?1",
};

struct store {
	sqlite3 *state, *cache;
	sqlite3_stmt *stmts[STMT_END];
	int lock_fd;
	enum store_mode mode;
	int depth; /* of transactions within one another */
	char error[ERR_MAX];
};

/* ---- SQLite's ways, once ---------------------------------------------------------- */

static int code_errno(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EUCLEAN;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_CONSTRAINT:
		return rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY
			? -EEXIST
			: -EINVAL;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_TOOBIG:
		return -E2BIG;
	default:
		return -EIO;
	}
}

/*
 * The same; that a file cannot be opened may be the machine's fault. Where one
 * cannot be made SQLite tries to read it, which leaves ENOENT.
 */
static int db_errno(sqlite3 *db, int rc)
{
	int system = (rc & 0xff) == SQLITE_CANTOPEN && db ? -sqlite3_system_errno(db) : 0;
	return system == -ENOENT ? -EIO : errno_is_weather(system) ? system : code_errno(rc);
}

static const char *errno_words(int r)
{
	switch (r) {
	case -ENOSPC:
		return _("the disk is full; make room (df -h shows which disk)");
	case -EUCLEAN:
		return _("the database is damaged and left as it is; with cpautod stopped, put a"
		       " backup in its place: cpauto restore FILE");
	case -EBUSY:
		return _("another program holds the database; try again");
	case -EROFS:
		return _("the folder is read-only; it must be writable (findmnt -T FOLDER shows "
			 "what is mounted there)");
	case -EACCES:
		return _("no permission; check who owns the folder");
	case -EIO:
		return _("the disk failed; look at the kernel's log");
	default:
		return _("try again");
	}
}

#define SEAL_START UINT64_C(0xcbf29ce484222325)

/* FNV-1a: two contents that differ in one byte never have one seal. */
static uint64_t seal_bytes(uint64_t h, const void *data, size_t len)
{
	const unsigned char *p = data; /* NULL where LEN is 0 */
	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* seal_of(COLUMN...) in SQL: over kinds, values and ends of all of them. */
static void seal_of(sqlite3_context *ctx, int count, sqlite3_value **values)
{
	uint64_t h = SEAL_START;
	for (int i = 0; i < count; i++) {
		int kind = sqlite3_value_type(values[i]);
		int64_t number = 0;
		h = seal_bytes(h, &kind, sizeof(kind));
		if (kind == SQLITE_INTEGER) {
			number = sqlite3_value_int64(values[i]);
			h = seal_bytes(h, &number, sizeof(number));
		} else if (kind != SQLITE_NULL) {
			const void *bytes = sqlite3_value_blob(values[i]);
			h = seal_bytes(h, bytes, (size_t)sqlite3_value_bytes(values[i]));
		}
	}
	sqlite3_result_int64(ctx, (int64_t)h);
}

static bool is_cache(enum stmt_id id)
{
	return id >= ANSWER_PUT;
}

static int fail(struct store *s, bool cache, int rc)
{
	sqlite3 *db = cache ? s->cache : s->state;
	int r = db_errno(db, rc);
	str_format_cut(s->error, sizeof(s->error), "%s.db: %s: %s", cache ? "cache" : "state",
		db ? sqlite3_errmsg(db) : sqlite3_errstr(rc), errno_words(r));
	return r;
}

static const char *const table_words[] UNUSED = {
	N_("account"), N_("calls"), N_("keywords"), N_("posts"), N_("requests"),
};

/* A row of table WHAT is well-formed, but not what was written. */
static int damaged(struct store *s, const char *what, int64_t id)
{
	str_format_cut(s->error, sizeof(s->error),
		_("state.db: row %" PRId64 " of %s is not as it was written: %s"), id, tr(what),
		errno_words(-EUCLEAN));
	return -EUCLEAN;
}

const char *store_error(const struct store *s)
{
	return s->error;
}

bool store_has_cache(const struct store *s)
{
	return s->cache != NULL;
}

static int prepare(struct store *s, sqlite3 *db, int id)
{
	return sqlite3_prepare_v3(
		db, stmt_sql[id], -1, SQLITE_PREPARE_PERSISTENT, &s->stmts[id], NULL);
}

/*
 * Binds by TYPES: i = int64_t, s = const char * (NULL is NULL), f = const struct
 * value * as JSON text. The statement is reset by finish().
 */
static int bind_args(struct store *s, enum stmt_id id, const char *types, va_list ap)
{
	sqlite3_stmt *st = s->stmts[id];
	int rc = SQLITE_OK;
	for (int i = 1; *types && rc == SQLITE_OK; types++, i++) {
		if (*types == 'i') {
			rc = sqlite3_bind_int64(st, i, va_arg(ap, int64_t));
		} else if (*types == 's') {
			const char *text = va_arg(ap, const char *);
			rc = text ? sqlite3_bind_text(st, i, text, -1, SQLITE_TRANSIENT)
				  : sqlite3_bind_null(st, i);
		} else {
			char *json = json_string(va_arg(ap, const struct value *), false);
			rc = json ? sqlite3_bind_text(st, i, json, -1, SQLITE_TRANSIENT)
				  : SQLITE_TOOBIG;
			free(json);
		}
	}
	return rc;
}

static void finish(struct store *s, enum stmt_id id)
{
	if (!s->stmts[id])
		return;
	sqlite3_reset(s->stmts[id]);
	sqlite3_clear_bindings(s->stmts[id]);
}

/* Runs to the first row: 1 with a row (then call finish), 0 without, or negative errno. */
static int first_row(struct store *s, enum stmt_id id, const char *types, ...)
{
	sqlite3 *db = is_cache(id) ? s->cache : s->state;
	if (!db) {
		str_format_cut(s->error, sizeof(s->error), _("%s.db is not open"),
			is_cache(id) ? "cache" : "state");
		return -ENODEV;
	}
	int rc = s->stmts[id] ? SQLITE_OK : prepare(s, db, id);
	va_list ap;
	va_start(ap, types);
	if (rc == SQLITE_OK)
		rc = bind_args(s, id, types, ap);
	va_end(ap);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s->stmts[id]);
	if (rc == SQLITE_ROW)
		return 1;
	int r = rc == SQLITE_DONE ? 0 : fail(s, is_cache(id), rc);
	finish(s, id);
	return r;
}

/* For statements without rows: 0 or negative errno. */
#define run(s, id, ...) run_result((s), (id), first_row((s), (id), __VA_ARGS__))
static int run_result(struct store *s, enum stmt_id id, int r)
{
	if (r == 1)
		finish(s, id);
	return r < 0 ? r : 0;
}

/* The same, -ENOENT if no row was changed. */
#define change(s, ...) change_result((s), run((s), __VA_ARGS__))
static int change_result(struct store *s, int r)
{
	if (r < 0)
		return r;
	return sqlite3_changes(s->state) > 0 ? 0 : -ENOENT;
}

static int64_t col_int(struct store *s, enum stmt_id id, int i)
{
	return sqlite3_column_int64(s->stmts[id], i);
}

static const char *col_text(struct store *s, enum stmt_id id, int i)
{
	const char *t = (const char *)sqlite3_column_text(s->stmts[id], i);
	return t ? t : "";
}

static bool col_null(struct store *s, enum stmt_id id, int i)
{
	return sqlite3_column_type(s->stmts[id], i) == SQLITE_NULL;
}

static void copy_text(char *dst, size_t size, const char *src)
{
	str_format_cut(dst, size, "%s", src);
}

static struct value *row_value(sqlite3_stmt *st)
{
	struct value *row = value_new_object();
	for (int i = 0; i < sqlite3_column_count(st); i++) {
		struct value *v;
		if (str_eq(sqlite3_column_name(st, i), "seal"))
			continue;
		if (sqlite3_column_type(st, i) == SQLITE_INTEGER)
			v = value_new_int(sqlite3_column_int64(st, i));
		else
			v = value_new_string((const char *)sqlite3_column_text(st, i));
		value_set(row, sqlite3_column_name(st, i), v);
	}
	return row;
}

/* All rows as a list of objects. */
#define rows(s, id, ret, ...) rows_result((s), (id), (ret), first_row((s), (id), __VA_ARGS__))
static int rows_result(struct store *s, enum stmt_id id, struct value **ret, int r)
{
	if (r < 0)
		return r;
	struct value *list = value_new_list();
	int rc = r == 1 ? SQLITE_ROW : SQLITE_DONE;
	while (rc == SQLITE_ROW) {
		value_append(list, row_value(s->stmts[id]));
		rc = sqlite3_step(s->stmts[id]);
	}
	if (rc != SQLITE_DONE) {
		r = fail(s, is_cache(id), rc);
		finish(s, id);
		value_free(list);
		return r;
	}
	finish(s, id);
	*ret = list;
	return 0;
}

/* ---- opening ---------------------------------------------------------------------- */

static int pragma_text(sqlite3 *db, const char *sql, char *out, size_t size)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		copy_text(out, size, (const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	return rc == SQLITE_ROW ? SQLITE_OK : rc == SQLITE_DONE ? SQLITE_ERROR : rc;
}

struct pragma {
	const char *set;
	const char *get;
	const char *want; /* as it reads back: a misspelt PRAGMA is silently ignored */
};

static const struct pragma state_pragmas[] = {
	{ "PRAGMA journal_mode = TRUNCATE", "PRAGMA journal_mode", "truncate" },
	{ "PRAGMA synchronous = EXTRA", "PRAGMA synchronous", "3" },
	{ "PRAGMA foreign_keys = ON", "PRAGMA foreign_keys", "1" },
	{ "PRAGMA trusted_schema = OFF", "PRAGMA trusted_schema", "0" },
	{ "PRAGMA cache_size = -256", "PRAGMA cache_size", "-256" },
	{ "PRAGMA secure_delete = OFF", "PRAGMA secure_delete", "0" },
	{ NULL, NULL, NULL },
};

static const struct pragma cache_pragmas[] = {
	{ "PRAGMA journal_mode = WAL", "PRAGMA journal_mode", "wal" },
	{ "PRAGMA synchronous = NORMAL", "PRAGMA synchronous", "1" },
	{ "PRAGMA trusted_schema = OFF", "PRAGMA trusted_schema", "0" },
	{ "PRAGMA cache_size = -256", "PRAGMA cache_size", "-256" },
	{ NULL, NULL, NULL },
};

static int set_pragmas(sqlite3 *db, const struct pragma *p, bool may_write)
{
	for (; p->set; p++) {
		char got[32] = "";
		if (!may_write && strstr(p->set, "journal_mode"))
			continue;
		int rc = sqlite3_exec(db, p->set, NULL, NULL, NULL);
		if (rc == SQLITE_OK)
			rc = pragma_text(db, p->get, got, sizeof(got));
		if (rc != SQLITE_OK)
			return rc;
		if (strcmp(got, p->want) != 0)
			return SQLITE_MISUSE;
	}
	return SQLITE_OK;
}

static int pragma_int(sqlite3 *db, const char *sql, int64_t *ret)
{
	char text[32] = "";
	int rc = pragma_text(db, sql, text, sizeof(text));
	if (rc != SQLITE_OK)
		return rc;
	return parse_int64(text, INT64_MIN, INT64_MAX, ret) < 0 ? SQLITE_ERROR : SQLITE_OK;
}

/* Brings a database from its version to VERSION, all or nothing. */
static int migrate(sqlite3 *db, const char *const *steps, int version)
{
	int64_t have = 0;
	int rc = pragma_int(db, "PRAGMA user_version", &have);
	if (rc != SQLITE_OK || have == version)
		return rc;
	if (have > version || have < 0)
		return SQLITE_SCHEMA;
	rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	for (; rc == SQLITE_OK && have < version; have++)
		rc = sqlite3_exec(db, steps[have], NULL, NULL, NULL);
	char sql[96];
	str_format_cut(sql, sizeof(sql),
		"PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", APPLICATION_ID,
		version);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
	/* Only where one is open: the error's own words must stay. */
	if (rc != SQLITE_OK && !sqlite3_get_autocommit(db))
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

static int check_version(sqlite3 *db, int version)
{
	int64_t id = 0, have = 0;
	int rc = pragma_int(db, "PRAGMA application_id", &id);
	if (rc == SQLITE_OK)
		rc = pragma_int(db, "PRAGMA user_version", &have);
	if (rc != SQLITE_OK)
		return rc;
	if (id != APPLICATION_ID)
		return SQLITE_NOTADB;
	return have == version ? SQLITE_OK : SQLITE_SCHEMA;
}

static int quick_check(sqlite3 *db)
{
	char text[64] = "";
	int rc = pragma_text(db, "PRAGMA quick_check(1)", text, sizeof(text));
	if (rc == SQLITE_OK && strcmp(text, "ok") != 0)
		return SQLITE_CORRUPT;
	return rc;
}

/* Its indexes too, which the quick check takes on trust: what is due, what is out. */
static int check_posts(sqlite3 *db)
{
	char text[64] = "";
	int rc = pragma_text(db, "PRAGMA integrity_check(posts)", text, sizeof(text));
	if (rc == SQLITE_OK && strcmp(text, "ok") != 0)
		return SQLITE_CORRUPT;
	return rc;
}

/* SQLITE_CORRUPT and a line about the first row whose seal is broken. */
static int check_seals(struct store *s)
{
	int rc = SQLITE_OK;
	for (size_t i = 0; i < ARRAY_LEN(seal_checks) && rc == SQLITE_OK; i++) {
		sqlite3_stmt *st = NULL;
		rc = sqlite3_prepare_v2(s->state, seal_checks[i].sql, -1, &st, NULL);
		if (rc == SQLITE_OK)
			rc = sqlite3_step(st);
		if (rc == SQLITE_ROW) {
			(void)damaged(s, seal_checks[i].table, sqlite3_column_int64(st, 0));
			rc = SQLITE_CORRUPT;
		} else if (rc == SQLITE_DONE) {
			rc = SQLITE_OK;
		}
		sqlite3_finalize(st);
	}
	return rc;
}

/* One number over the whole schema. */
static int schema_seal(sqlite3 *db, uint64_t *ret)
{
	sqlite3_stmt *st = NULL;
	uint64_t h = SEAL_START;
	int rc = sqlite3_prepare_v2(db,
		"SELECT seal_of(sql) FROM sqlite_schema ORDER BY type DESC, name", -1, &st, NULL);
	while (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		int64_t one = sqlite3_column_int64(st, 0);
		h = seal_bytes(h, &one, sizeof(one));
		rc = SQLITE_OK;
	}
	sqlite3_finalize(st);
	*ret = h;
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static void drop_statements(struct store *s, int from, int to)
{
	for (int i = from; i < to; i++) {
		sqlite3_finalize(s->stmts[i]);
		s->stmts[i] = NULL;
	}
}

/*
 * Every statement is prepared at open, so that a broken one stops the program
 * at its start and not at night; each is let go at once until it is used: all of
 * them together would spread the heap over half a megabyte.
 */
static int check_statements(struct store *s, sqlite3 *db, int from, int to)
{
	int rc = SQLITE_OK;
	for (int i = from; i < to && rc == SQLITE_OK; i++) {
		rc = prepare(s, db, i);
		drop_statements(s, i, i + 1);
	}
	return rc;
}

static int open_file(const char *path, enum store_mode mode, sqlite3 **ret)
{
	int flags = mode == STORE_DAEMON ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
		: mode == STORE_REQUEST ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
	int rc = sqlite3_open_v2(
		path, ret, flags | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_busy_timeout(*ret, BUSY_MS);
	sqlite3_db_config(*ret, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(*ret, SQLITE_DBCONFIG_LOOKASIDE, NULL, 0, 0);
	return sqlite3_create_function_v2(*ret, "seal_of", -1,
		SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL, seal_of, NULL, NULL,
		NULL);
}

/* A file of another program or of chance is left alone. */
static int check_foreign(sqlite3 *db)
{
	int64_t id = 0, tables = 0;
	int rc = pragma_int(db, "PRAGMA application_id", &id);
	if (rc == SQLITE_OK)
		rc = pragma_int(db, "SELECT count(*) FROM sqlite_schema", &tables);
	if (rc == SQLITE_OK && id != APPLICATION_ID && tables > 0)
		return SQLITE_NOTADB;
	return rc;
}

/* What the schema is when it is made anew; the same for as long as we run. */
static int fresh_seal(uint64_t *ret)
{
	static uint64_t known;
	sqlite3 *fresh = NULL;
	int rc = known ? SQLITE_OK : open_file(":memory:", STORE_DAEMON, &fresh);
	if (rc == SQLITE_OK && !known)
		rc = migrate(fresh, state_steps, STATE_VERSION);
	if (rc == SQLITE_OK && !known)
		rc = schema_seal(fresh, &known);
	sqlite3_close(fresh);
	*ret = known;
	return rc;
}

/* A CHECK that fell over checks nothing. */
static int check_schema(sqlite3 *db)
{
	uint64_t want = 0, have = 0;
	int rc = fresh_seal(&want);
	if (rc == SQLITE_OK)
		rc = schema_seal(db, &have);
	return rc == SQLITE_OK && have != want ? SQLITE_CORRUPT : rc;
}

/* What the quick check does not look at: indexes of posts, schema, seals. */
static int check_contents(struct store *s)
{
	int rc = check_posts(s->state);
	if (rc == SQLITE_OK)
		rc = check_schema(s->state);
	return rc == SQLITE_OK ? check_seals(s) : rc;
}

/* All that can be looked at. */
static int check_whole(struct store *s)
{
	int rc = quick_check(s->state);
	return rc == SQLITE_OK ? check_contents(s) : rc;
}

/* Who asks of the daemon reads all and adds requests; by SQLite's own refusal nothing else. */
static int only_requests(void *ctx, int action, const char *what, const char *second,
	const char *db, const char *trigger)
{
	(void)ctx;
	(void)db;
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_READ:
	case SQLITE_FUNCTION:
	case SQLITE_TRANSACTION:
		return SQLITE_OK;
	case SQLITE_INSERT:
		return str_eq(what, "requests") && !trigger ? SQLITE_OK : SQLITE_DENY;
	case SQLITE_UPDATE: /* its seal, by the trigger alone */
		return str_eq(what, "requests") && str_eq(second, "seal") && trigger ? SQLITE_OK
										     : SQLITE_DENY;
	default:
		return SQLITE_DENY;
	}
}

static int open_state(struct store *s, const char *path)
{
	int64_t was = 0;
	int rc = open_file(path, s->mode, &s->state);
	if (rc == SQLITE_OK && s->mode == STORE_DAEMON)
		rc = check_foreign(s->state);
	if (rc == SQLITE_OK)
		rc = set_pragmas(s->state, state_pragmas, s->mode == STORE_DAEMON);
	if (rc == SQLITE_OK && s->mode == STORE_DAEMON)
		rc = quick_check(s->state);
	if (rc == SQLITE_OK)
		rc = pragma_int(s->state, "PRAGMA user_version", &was);
	if (rc == SQLITE_OK)
		rc = s->mode == STORE_DAEMON ? migrate(s->state, state_steps, STATE_VERSION)
					     : check_version(s->state, STATE_VERSION);
	/* The pages were looked at above, and are the same unless they were migrated. */
	if (rc == SQLITE_OK && s->mode == STORE_DAEMON)
		rc = was == STATE_VERSION ? check_contents(s) : check_whole(s);
	if (rc == SQLITE_OK && s->mode != STORE_READ)
		rc = sqlite3_exec(s->state, seal_triggers, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = check_statements(s, s->state, 0, STATE_END);
	/* What stays shall not lie scattered among what the checks left. */
	if (s->mode == STORE_DAEMON)
		memory_trim();
	if (rc == SQLITE_OK && s->mode == STORE_REQUEST)
		rc = sqlite3_set_authorizer(s->state, only_requests, NULL);
	return rc;
}

static void close_db(struct store *s, sqlite3 **db, int from, int to)
{
	drop_statements(s, from, to);
	sqlite3_close(*db);
	*db = NULL;
}

static int open_cache_once(struct store *s, const char *path)
{
	bool write = s->mode == STORE_DAEMON;
	int rc = open_file(path, write ? STORE_DAEMON : STORE_READ, &s->cache);
	if (rc == SQLITE_OK)
		rc = set_pragmas(s->cache, cache_pragmas, write);
	if (rc == SQLITE_OK && write)
		rc = quick_check(s->cache);
	if (rc == SQLITE_OK)
		rc = write ? migrate(s->cache, cache_steps, CACHE_VERSION)
			   : check_version(s->cache, CACHE_VERSION);
	if (rc == SQLITE_OK)
		rc = check_statements(s, s->cache, STATE_END, STMT_END);
	if (rc != SQLITE_OK) {
		(void)fail(s, true, rc);
		close_db(s, &s->cache, STATE_END, STMT_END);
	}
	return rc;
}

static void remove_cache(const char *path)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		char name[PATH_MAX];
		if (str_format(name, sizeof(name), "%s%s", path, suffixes[i]) == 0)
			(void)unlink(name);
	}
}

/* What is in the cache can be had again: a damaged or strange one is made anew. */
static void open_cache(struct store *s, const char *path)
{
	int rc = open_cache_once(s, path);
	if (rc != SQLITE_OK && s->mode == STORE_DAEMON) {
		remove_cache(path);
		(void)open_cache_once(s, path);
	}
}

static int lock_dir(struct store *s, const char *dir, struct err *e)
{
	char path[PATH_MAX];
	if (str_format(path, sizeof(path), "%s/state.lock", dir) < 0)
		return err_set(e, -ENAMETOOLONG, "%s: the path is too long", dir);
	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock_fd < 0 && (errno == EROFS || errno == ENOSPC)) {
		int r = -errno;
		return err_set(e, r, "%s: %s", path, errno_words(r));
	}
	if (s->lock_fd < 0)
		return err_set(e, -errno, "%s: %s; the state folder must be writable", path,
			tr_errno(errno));
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	if (fcntl(s->lock_fd, F_OFD_SETLK, &lock) < 0) {
		if (errno != EAGAIN && errno != EACCES)
			return err_set(e, -errno, "%s: %s", path, tr_errno(errno));
		return err_set(e, -EBUSY,
			"%s: another cpautod runs on this state folder; "
			"stop it first, or give this one a folder of its own",
			dir);
	}
	return 0;
}

static int open_failed(struct store *s, const char *path, int rc, struct err *e)
{
	int64_t version = 0;
	if (rc == SQLITE_SCHEMA && pragma_int(s->state, "PRAGMA user_version", &version) ==
			SQLITE_OK && version > 0 && version < STATE_VERSION)
		return err_set(e, -EPROTO, "%s is of an older version; start cpautod anew, which "
			"brings it up to date", path);
	if (rc == SQLITE_SCHEMA)
		return err_set(e, -EPROTO, "%s: its version is not the one of this program; "
			"run the cpautod that made it, or a newer one", path);
	if (rc == SQLITE_READONLY_ROLLBACK || rc == SQLITE_READONLY_RECOVERY)
		return err_set(e, -EBUSY, "%s: the last run of cpautod was cut short; start it, "
			"which puts this right", path);
	int r = db_errno(s->state, rc);
	if (s->error[0])
		return err_set(e, r, "%s", s->error);
	bool told = s->state && sqlite3_errcode(s->state) == rc;
	return err_set(e, r, "%s: %s: %s", path,
		told ? sqlite3_errmsg(s->state) : sqlite3_errstr(rc), errno_words(r));
}

/*
 * SQLite's first pages come in blocks of 87 kB for each cache, which stay as
 * long as one page of them does: here pages come one by one.
 */
static void set_up_library(void)
{
	static bool done;
	if (!done)
		(void)sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
	done = true;
}

/*
 * A file that lost all that was in it: SQLite would begin a new one there, with
 * all calls left and no post known. At the first start there is no cache yet.
 */
static bool is_emptied(const char *state, const char *cache)
{
	struct stat st;
	return stat(state, &st) == 0 && st.st_size == 0 && access(cache, F_OK) == 0;
}

int store_open(const char *state_dir, const char *cache_dir, enum store_mode mode,
	struct store **ret, struct err *e)
{
	set_up_library();
	char state[PATH_MAX], cache[PATH_MAX];
	if (str_format(state, sizeof(state), "%s/state.db", state_dir) < 0 ||
		str_format(cache, sizeof(cache), "%s/cache.db", cache_dir) < 0)
		return err_set(e, -ENAMETOOLONG, "%s: the path is too long", state_dir);
	if (mode != STORE_DAEMON && access(state, F_OK) < 0)
		return err_set(e, -errno, "%s: %s", state, errno == ENOENT
			? _("no state yet; it is made when cpautod starts") : tr_errno(errno));
	struct store *s = xcalloc(1, sizeof(*s));
	s->lock_fd = -1;
	s->mode = mode;
	int r = mode == STORE_DAEMON ? lock_dir(s, state_dir, e) : 0;
	if (r == 0 && is_emptied(state, cache))
		r = err_set(e, -EUCLEAN, "%s: is empty, so its calls and posts are lost; "
			"restore a backup, or remove the file to begin anew", state);
	if (r == 0) {
		mode_t old = umask(0077);
		int rc = open_state(s, state);
		if (rc == SQLITE_OK)
			open_cache(s, cache);
		umask(old);
		r = rc == SQLITE_OK ? 0 : open_failed(s, state, rc, e);
	}
	if (r < 0) {
		store_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

/* Asks without taking: a daemon that starts at this moment is not in the way of it. */
bool store_is_held(const char *state_dir)
{
	char path[PATH_MAX];
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	if (str_format(path, sizeof(path), "%s/state.lock", state_dir) < 0)
		return false;
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	close_db(s, &s->state, 0, STATE_END);
	close_db(s, &s->cache, STATE_END, STMT_END);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	free(s);
}

void store_rest(struct store *s)
{
	drop_statements(s, 0, STMT_END);
	sqlite3 *const dbs[] = { s->state, s->cache };
	for (size_t i = 0; i < ARRAY_LEN(dbs); i++) {
		if (!dbs[i])
			continue;
		/* Only forgets the schema; the next statement reads it, triggers and all. */
		(void)sqlite3_exec(dbs[i], "PRAGMA writable_schema = RESET", NULL, NULL, NULL);
		(void)sqlite3_db_release_memory(dbs[i]);
	}
}

int store_verify(struct store *s)
{
	s->error[0] = '\0';
	int rc = check_whole(s);
	if (rc == SQLITE_OK || s->error[0])
		return code_errno(rc);
	str_format_cut(s->error, sizeof(s->error), "state.db: %s: %s", sqlite3_errstr(rc),
		errno_words(code_errno(rc)));
	return code_errno(rc);
}

int store_restored(struct store *s, struct instant *ret)
{
	int r = first_row(s, RESTORED_GET, "");
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	memset(ret, 0, sizeof(*ret));
	ret->wall_ms = col_int(s, RESTORED_GET, 0);
	ret->boot_ms = col_int(s, RESTORED_GET, 1);
	copy_text(ret->boot_id, sizeof(ret->boot_id), col_text(s, RESTORED_GET, 2));
	ret->synced = col_int(s, RESTORED_GET, 3);
	finish(s, RESTORED_GET);
	return 0;
}

/* One within another is a part of it: what fails there must fail the whole. */
static int begin(struct store *s)
{
	int r = s->depth > 0 ? 0 : run(s, BEGIN, "");
	if (r == 0)
		s->depth++;
	return r;
}

/* Commits if R is 0, else rolls back; the outcome. */
static int end(struct store *s, int r)
{
	if (--s->depth > 0)
		return r;
	if (r == 0)
		r = run(s, COMMIT, "");
	if (r < 0 && !sqlite3_get_autocommit(s->state)) {
		char keep[ERR_MAX];
		copy_text(keep, sizeof(keep), s->error);
		(void)run(s, ROLLBACK, "");
		copy_text(s->error, sizeof(s->error), keep);
	}
	return r;
}

int store_begin(struct store *s)
{
	return begin(s);
}

int store_end(struct store *s, int r)
{
	return end(s, r);
}

/* ---- calls ------------------------------------------------------------------------ */

static void col_instant(struct store *s, enum stmt_id id, int i, struct instant *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->wall_ms = col_int(s, id, i);
	ret->boot_ms = col_int(s, id, i + 1);
	copy_text(ret->boot_id, sizeof(ret->boot_id), col_text(s, id, i + 2));
	ret->synced = col_int(s, id, i + 3);
}

int store_calls_recent(struct store *s, struct budget_call *calls, size_t max, size_t *ret_count)
{
	size_t n = 0;
	int r = first_row(s, CALLS_RECENT, "i", (int64_t)max);
	if (r < 0)
		return r;
	int rc = r == 1 ? SQLITE_ROW : SQLITE_DONE;
	while (rc == SQLITE_ROW && n < max) {
		struct budget_call *c = &calls[n++];
		memset(c, 0, sizeof(*c));
		col_instant(s, CALLS_RECENT, 0, &c->taken);
		if (!col_int(s, CALLS_RECENT, 8)) {
			finish(s, CALLS_RECENT);
			return damaged(s, "calls", (int64_t)n);
		}
		c->has_ended = !col_null(s, CALLS_RECENT, 4);
		if (c->has_ended)
			col_instant(s, CALLS_RECENT, 4, &c->ended);
		rc = sqlite3_step(s->stmts[CALLS_RECENT]);
	}
	r = rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : fail(s, false, rc);
	finish(s, CALLS_RECENT);
	if (r == 0)
		*ret_count = n;
	return r;
}

int store_call_begin(struct store *s, const struct instant *now, const char *op, const char *list,
	const char *keyword, int64_t *ret_id)
{
	int r = run(s, CALL_BEGIN, "sssiisi", op, list, keyword, now->wall_ms, now->boot_ms,
		now->boot_id, (int64_t)now->synced);
	if (r == 0)
		*ret_id = sqlite3_last_insert_rowid(s->state);
	return r;
}

int store_call_end(struct store *s, int64_t id, const struct instant *now, const char *result,
	const char *detail, int requests)
{
	int r = begin(s);
	if (r < 0)
		return r;
	r = run(s, CALL_END, "iiisiss", id, now->wall_ms, now->boot_ms, now->boot_id,
		(int64_t)now->synced, result, detail);
	for (int i = 1; r == 0 && i < requests && i < 100; i++)
		r = run(s, CALL_EXTRA, "i", id);
	return end(s, r);
}

int store_calls_close(struct store *s, const struct instant *now, int *ret_count)
{
	int r = run(s, CALLS_CLOSE, "iisi", now->wall_ms, now->boot_ms, now->boot_id,
		(int64_t)now->synced);
	if (r == 0)
		*ret_count = sqlite3_changes(s->state);
	return r;
}

/* ---- the account ------------------------------------------------------------------ */

int store_account_get(struct store *s, struct store_account *ret)
{
	int r = first_row(s, ACCOUNT_GET, "");
	if (r <= 0)
		return r < 0 ? r : damaged(s, "account", 1);
	if (!col_int(s, ACCOUNT_GET, 17)) {
		finish(s, ACCOUNT_GET);
		return damaged(s, "account", 1);
	}
	memset(ret, 0, sizeof(*ret));
	ret->blocked = col_int(s, ACCOUNT_GET, 0);
	col_instant(s, ACCOUNT_GET, 1, &ret->block_at);
	ret->block_ms = col_int(s, ACCOUNT_GET, 5);
	ret->strikes = (int)col_int(s, ACCOUNT_GET, 6);
	ret->hard = col_int(s, ACCOUNT_GET, 7);
	copy_text(ret->reason, sizeof(ret->reason), col_text(s, ACCOUNT_GET, 8));
	ret->skew_ms = col_int(s, ACCOUNT_GET, 9);
	ret->failures = (int)col_int(s, ACCOUNT_GET, 10);
	col_instant(s, ACCOUNT_GET, 11, &ret->wait_at);
	ret->wait_ms = col_int(s, ACCOUNT_GET, 15);
	copy_text(ret->wait_reason, sizeof(ret->wait_reason), col_text(s, ACCOUNT_GET, 16));
	finish(s, ACCOUNT_GET);
	return 0;
}

int store_account_set(struct store *s, const struct store_account *a)
{
	return run(s, ACCOUNT_SET, "iiisiiiisiiiisiis", (int64_t)a->blocked,
		a->block_at.wall_ms, a->block_at.boot_ms, a->block_at.boot_id,
		(int64_t)a->block_at.synced, a->block_ms, (int64_t)a->strikes, (int64_t)a->hard,
		a->reason, a->skew_ms, (int64_t)a->failures, a->wait_at.wall_ms,
		a->wait_at.boot_ms, a->wait_at.boot_id, (int64_t)a->wait_at.synced, a->wait_ms,
		a->wait_reason);
}

/* ---- lists and keywords ----------------------------------------------------------- */

static int list_get(struct store *s, const char *name, int64_t *ret_id, char *print, size_t size)
{
	int r = first_row(s, LIST_GET, "s", name);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret_id = col_int(s, LIST_GET, 0);
	if (print)
		copy_text(print, size, col_text(s, LIST_GET, 1));
	finish(s, LIST_GET);
	return 0;
}

int store_list_id(struct store *s, const char *name, int64_t *ret)
{
	return list_get(s, name, ret, NULL, 0);
}

static int sync_keywords(struct store *s, int64_t list_id, const char *const *keywords,
	const char *const *folded, size_t count, int64_t now_ms)
{
	int r = first_row(s, KEYWORDS_GENERATION, "i", list_id);
	if (r <= 0)
		return r < 0 ? r : -EUCLEAN;
	int64_t generation = col_int(s, KEYWORDS_GENERATION, 0);
	finish(s, KEYWORDS_GENERATION);
	for (size_t i = 0; i < count; i++) {
		r = run(s, KEYWORD_UPSERT, "issii", list_id, folded[i], keywords[i], generation,
			now_ms);
		if (r < 0)
			return r;
	}
	return run(s, KEYWORDS_SWEEP, "ii", list_id, generation);
}

int store_list_sync(struct store *s, const char *name, const char *const *keywords,
	const char *const *folded, size_t count, int64_t now_ms, int64_t *ret_list_id)
{
	char print[FINGERPRINT_LEN + 1], have[FINGERPRINT_LEN + 1] = "";
	fingerprint(keywords, count, print);
	int r = list_get(s, name, ret_list_id, have, sizeof(have));
	if (r == 0 && strcmp(print, have) == 0)
		return 0;
	if (r < 0 && r != -ENOENT)
		return r;
	r = begin(s);
	if (r < 0)
		return r;
	int64_t id = 0;
	r = run(s, LIST_ADD, "s", name);
	if (r == 0)
		r = list_get(s, name, &id, NULL, 0);
	if (r == 0)
		r = sync_keywords(s, id, keywords, folded, count, now_ms);
	if (r == 0)
		r = run(s, LIST_FINGERPRINT, "is", id, print);
	r = end(s, r);
	if (r == 0)
		*ret_list_id = id;
	return r;
}

static bool among(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

int store_lists_prune(struct store *s, const char *const *names, size_t count)
{
	struct value *all = NULL;
	int r = rows(s, LISTS_ALL, &all, "");
	for (size_t i = 0; r == 0 && i < value_len(all); i++) {
		const struct value *l = value_at(all, i);
		if (!among(value_get_string(l, "name", ""), names, count))
			r = run(s, LIST_DELETE, "i", value_get_int(l, "id", 0));
	}
	value_free(all);
	return r;
}

int store_list_head(struct store *s, int64_t list_id, struct plan_head *ret)
{
	int r = first_row(s, KEYWORD_HEAD, "i", list_id);
	if (r < 0)
		return r;
	memset(ret, 0, sizeof(*ret));
	if (r == 0)
		return 0;
	ret->keyword_id = col_int(s, KEYWORD_HEAD, 0);
	ret->due_ms = col_int(s, KEYWORD_HEAD, 1);
	ret->asked = col_int(s, KEYWORD_HEAD, 2);
	finish(s, KEYWORD_HEAD);
	return 0;
}

int store_list_load(struct store *s, int64_t list_id, struct plan_list *ret)
{
	int r = first_row(s, LIST_BY_ID, "i", list_id);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	ret->served = col_int(s, LIST_BY_ID, 0);
	ret->paused = col_int(s, LIST_BY_ID, 1);
	finish(s, LIST_BY_ID);
	return store_list_head(s, list_id, &ret->head);
}

int store_list_served(struct store *s, int64_t list_id, int64_t served)
{
	return run(s, LIST_SERVED, "ii", list_id, served);
}

int store_list_pause(struct store *s, const char *list, bool paused)
{
	return change(s, LIST_PAUSE, "si", list, (int64_t)paused);
}

int store_keyword_free(struct store *s, int64_t now_ms, int64_t *ret_id)
{
	int r = first_row(s, KEYWORD_FREE, "i", now_ms);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret_id = col_int(s, KEYWORD_FREE, 0);
	finish(s, KEYWORD_FREE);
	return 0;
}

static int keyword_row(struct store *s, enum stmt_id id, int r, struct store_keyword *ret)
{
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	memset(ret, 0, sizeof(*ret));
	ret->id = col_int(s, id, 0);
	ret->list_id = col_int(s, id, 1);
	copy_text(ret->list, sizeof(ret->list), col_text(s, id, 2));
	copy_text(ret->keyword, sizeof(ret->keyword), col_text(s, id, 3));
	copy_text(ret->folded, sizeof(ret->folded), col_text(s, id, 4));
	ret->due_ms = col_int(s, id, 5);
	ret->looked_ms = col_int(s, id, 6);
	ret->fresh_ms = col_int(s, id, 7);
	ret->failures = (int)col_int(s, id, 8);
	ret->asked = col_int(s, id, 9);
	ret->paused = col_int(s, id, 10);
	copy_text(ret->reason, sizeof(ret->reason), col_text(s, id, 11));
	ret->doubt = col_int(s, id, 12);
	bool whole = col_int(s, id, 13);
	finish(s, id);
	if (!whole)
		return damaged(s, "keywords", ret->id);
	return 0;
}

int store_keyword_get(struct store *s, int64_t id, struct store_keyword *ret)
{
	return keyword_row(s, KEYWORD_GET, first_row(s, KEYWORD_GET, "i", id), ret);
}

int store_keyword_find(
	struct store *s, const char *list, const char *folded, struct store_keyword *ret)
{
	return keyword_row(s, KEYWORD_FIND, first_row(s, KEYWORD_FIND, "ss", list, folded), ret);
}

int store_keyword_looked(
	struct store *s, int64_t id, int64_t now_ms, int64_t due_ms, const char *reason)
{
	return run(s, KEYWORD_LOOKED, "iiis", id, now_ms, due_ms, reason ? reason : "");
}

int store_keyword_failed(struct store *s, int64_t id, int64_t due_ms, const char *reason)
{
	return run(s, KEYWORD_FAILED, "iis", id, due_ms, reason ? reason : "");
}

int store_keywords_fresh(struct store *s, const char *folded, int64_t fresh_ms)
{
	return run(s, KEYWORDS_FRESH, "si", folded, fresh_ms);
}

int store_keyword_due(struct store *s, int64_t id, int64_t now_ms)
{
	return change(s, KEYWORD_DUE, "ii", id, now_ms);
}

int store_keyword_first(struct store *s, int64_t id, int64_t now_ms)
{
	return change(s, KEYWORD_FIRST, "ii", id, now_ms);
}

int store_keyword_ask(struct store *s, int64_t id, int64_t now_ms)
{
	return change(s, KEYWORD_ASK, "ii", id, now_ms);
}

int store_keyword_add(struct store *s, int64_t list_id, const char *keyword, const char *folded,
	int64_t now_ms)
{
	return run(s, KEYWORD_ADD, "issi", list_id, keyword, folded, now_ms);
}

int store_keyword_remove(struct store *s, int64_t id)
{
	struct store_keyword k;
	int r = store_keyword_get(s, id, &k);
	if (r == 0)
		r = change(s, KEYWORD_REMOVE, "i", id);
	else
		return r;
	return r == -ENOENT ? -EPERM : r;
}

int store_keyword_pause(struct store *s, int64_t id, bool paused)
{
	return change(s, KEYWORD_PAUSE, "ii", id, (int64_t)paused);
}

/* ---- posts ------------------------------------------------------------------------ */

int store_post_add(struct store *s, const struct store_post_new *p, int64_t *ret_id)
{
	int r = run(s, POST_ADD, "sssssssiii", p->key, p->list, p->keyword, p->folded, p->publisher,
		p->products, p->period, p->now_ms, p->updates, (int64_t)p->doubt);
	if (r == 0)
		*ret_id = sqlite3_last_insert_rowid(s->state);
	return r;
}

/* Replaces the JSON text of member NAME by what it says. */
static int unfold_json(struct store *s, struct value *row, const char *name)
{
	const char *text = value_get_string(row, name, NULL);
	if (!text)
		return 0;
	struct value *v = NULL;
	if (json_parse(text, strlen(text), &v, NULL) < 0) {
		str_format_cut(s->error, sizeof(s->error),
			_("state.db: a stored object cannot be read: %s"), errno_words(-EUCLEAN));
		return -EUCLEAN;
	}
	value_set(row, name, v);
	return 0;
}

static int one_row(
	struct store *s, enum stmt_id id, int r, const char *json_member, struct value **ret)
{
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	struct value *row = row_value(s->stmts[id]);
	finish(s, id);
	r = unfold_json(s, row, json_member);
	if (r < 0)
		value_free(row);
	else
		*ret = row;
	return r;
}

int store_post_get(struct store *s, int64_t id, struct value **ret)
{
	struct value *row = NULL;
	int r = one_row(s, POST_GET, first_row(s, POST_GET, "i", id), "post", &row);
	if (r < 0)
		return r;
	if (!value_get_int(row, "whole", 0)) {
		value_free(row);
		return damaged(s, "posts", id);
	}
	value_remove(row, "whole");
	*ret = row;
	return 0;
}

int store_post_doubted(struct store *s, int64_t id, const struct instant *now)
{
	return change(s, POST_DOUBTED, "iiisi", id, now->wall_ms, now->boot_ms, now->boot_id,
		(int64_t)now->synced);
}

int store_post_next(struct store *s, const char *state, const char *publisher, int64_t now_ms,
	int64_t *ret_id)
{
	int r = first_row(s, POST_NEXT, "ssi", state, publisher, now_ms);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret_id = col_int(s, POST_NEXT, 0);
	finish(s, POST_NEXT);
	return 0;
}

int store_post_when(struct store *s, const char *state, const char *publisher, int64_t *ret_ms)
{
	int r = first_row(s, POST_WHEN, "ss", state, publisher);
	if (r < 0)
		return r;
	*ret_ms = r == 1 && !col_null(s, POST_WHEN, 0) ? col_int(s, POST_WHEN, 0) : INT64_MAX;
	if (r == 1)
		finish(s, POST_WHEN);
	return 0;
}

int store_post_ready(struct store *s, const char *publisher, bool update, int64_t from_ms,
	int64_t to_ms, int64_t *ret_id, int64_t *ret_ms)
{
	int r = first_row(s, POST_READIED, "siii", publisher, (int64_t)update, from_ms, to_ms);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret_id = col_int(s, POST_READIED, 0);
	*ret_ms = col_int(s, POST_READIED, 1);
	finish(s, POST_READIED);
	return 0;
}

int store_post_last(struct store *s, const char *list, const char *folded, struct value **ret)
{
	return one_row(s, POST_LAST, first_row(s, POST_LAST, "ss", list, folded), "post", ret);
}

int store_post_products(struct store *s, int64_t id, const char *products)
{
	return change(s, POST_PRODUCTS, "is", id, products);
}

int store_post_rendered(
	struct store *s, int64_t id, const struct value *post, int64_t facts_ms, int64_t now_ms)
{
	struct value *rest = value_copy(post);
	value_remove(rest, "html");
	value_remove(rest, "text");
	value_remove(rest, "markdown");
	char sketch[SIMILAR_SKETCH_LEN + 1];
	const char *text = value_get_string(post, "text", "");
	similar_sketch(text, strlen(text), sketch);
	int r = change(s, POST_RENDER, "issssfiis", id, value_get_string(post, "title", ""),
		value_get_string(post, "html", ""), value_get_string(post, "text", ""),
		value_get_string(post, "markdown", ""), rest, facts_ms, now_ms, sketch);
	value_free(rest);
	return r;
}

int store_post_object(struct store *s, int64_t id, const struct value *post, int64_t now_ms)
{
	return change(s, POST_OBJECT, "ifi", id, post, now_ms);
}

int store_post_move(struct store *s, int64_t id, const char *from, const char *to, int64_t now_ms,
	int64_t next_ms, const char *reason)
{
	return change(s, POST_MOVE, "issiis", id, from, to, now_ms, next_ms, reason);
}

int store_post_sending(struct store *s, int64_t id, const struct instant *now)
{
	return change(s, POST_SEND, "iiisi", id, now->wall_ms, now->boot_ms, now->boot_id,
		(int64_t)now->synced);
}

int store_post_draft(struct store *s, int64_t id, int64_t now_ms, const char *draft_id)
{
	return change(s, POST_DRAFT, "iis", id, now_ms, draft_id);
}

int store_post_sketches(struct store *s, const char *publisher, int64_t since_ms, int64_t but_id,
	struct value **ret)
{
	return rows(s, POST_SKETCHES, ret, "sii", publisher, since_ms, but_id);
}

int store_posts_stale(struct store *s, const char *publisher, int64_t before_ms, int64_t now_ms,
	const char *reason)
{
	return run(s, POSTS_STALE, "siis", publisher, before_ms, now_ms, reason);
}

int store_post_renewed(struct store *s, const char *publisher, int64_t now_ms, int64_t *ret_id)
{
	int r = first_row(s, POST_RENEWED, "si", publisher, now_ms);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret_id = col_int(s, POST_RENEWED, 0);
	finish(s, POST_RENEWED);
	return 0;
}

int store_posts_answered(struct store *s, const char *folded, int64_t now_ms)
{
	return run(s, POSTS_ANSWERED, "si", folded, now_ms);
}

int store_clamp(struct store *s, int64_t now_ms, int64_t most_ms)
{
	int r = run(s, KEYWORDS_CLAMP, "ii", now_ms, now_ms + most_ms);
	if (r == 0)
		r = run(s, POSTS_CLAMP, "ii", now_ms, now_ms + most_ms);
	if (r == 0)
		r = run(s, PUBLISHERS_CLAMP, "ii", now_ms, now_ms + most_ms);
	if (r == 0)
		r = run(s, SENT_CLAMP, "i", now_ms);
	return r;
}

int store_post_published(
	struct store *s, int64_t id, int64_t now_ms, const char *external_id, const char *url)
{
	return change(s, POST_PUBLISH, "iiss", id, now_ms, external_id, url);
}

int store_post_looked(struct store *s, int64_t id, int64_t now_ms, int64_t next_ms, bool absent,
	int *ret_finds)
{
	int r = first_row(s, POST_LOOKED, "iiii", id, now_ms, next_ms, (int64_t)absent);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	int finds = (int)col_int(s, POST_LOOKED, 0);
	/* RETURNING hands its row out first; the write is done when it is. */
	int rc = sqlite3_step(s->stmts[POST_LOOKED]);
	r = rc == SQLITE_DONE ? 0 : fail(s, false, rc);
	finish(s, POST_LOOKED);
	if (r == 0)
		*ret_finds = finds;
	return r;
}

int store_post_approve(struct store *s, int64_t id, int64_t now_ms)
{
	return change(s, POST_APPROVE, "ii", id, now_ms);
}

int store_post_unclear(struct store *s, int64_t id, const struct instant *now, int64_t next_ms,
	const char *reason)
{
	return change(s, POST_UNCLEAR, "iisiisi", id, next_ms, reason, now->wall_ms, now->boot_ms,
		now->boot_id, (int64_t)now->synced);
}

int store_posts_recover(
	struct store *s, const struct instant *now, int64_t next_ms, int *ret_count)
{
	int r = run(s, UPDATES_RECOVER, "ii", now->wall_ms, next_ms);
	if (r == 0)
		r = run(s, POSTS_RECOVER, "iiisi", next_ms, now->wall_ms, now->boot_ms,
			now->boot_id, (int64_t)now->synced);
	if (r == 0)
		*ret_count = sqlite3_changes(s->state);
	return r;
}

int store_publisher_pace(struct store *s, const char *publisher, int64_t since_ms,
	int *ret_count, int64_t *ret_last_ms)
{
	int r = first_row(s, PACE, "si", publisher, since_ms);
	if (r <= 0)
		return r < 0 ? r : -EUCLEAN;
	*ret_count = (int)col_int(s, PACE, 0);
	*ret_last_ms = col_int(s, PACE, 1);
	finish(s, PACE);
	return 0;
}

int store_posts_count(struct store *s, const char *state, int64_t *ret)
{
	int r = first_row(s, POSTS_COUNT, "s", state);
	if (r <= 0)
		return r < 0 ? r : -EUCLEAN;
	*ret = col_int(s, POSTS_COUNT, 0);
	finish(s, POSTS_COUNT);
	return 0;
}

int store_publisher_get(struct store *s, const char *name, struct store_publisher *ret)
{
	int r = first_row(s, PUBLISHER_GET, "s", name);
	if (r < 0)
		return r;
	memset(ret, 0, sizeof(*ret));
	if (r == 0)
		return 0;
	ret->broken = col_int(s, PUBLISHER_GET, 0);
	ret->until_ms = col_int(s, PUBLISHER_GET, 1);
	ret->failures = (int)col_int(s, PUBLISHER_GET, 2);
	copy_text(ret->reason, sizeof(ret->reason), col_text(s, PUBLISHER_GET, 3));
	finish(s, PUBLISHER_GET);
	return 0;
}

int store_publisher_set(struct store *s, const char *name, const struct store_publisher *p)
{
	return run(s, PUBLISHER_SET, "siiis", name, (int64_t)p->broken, p->until_ms,
		(int64_t)p->failures, p->reason);
}

int store_publishers_clear(struct store *s)
{
	return run(s, PUBLISHERS_CLEAR, "");
}

/* ---- requests --------------------------------------------------------------------- */

int store_request_add(struct store *s, const char *kind, const struct value *args,
	int64_t now_ms, int64_t *ret_id)
{
	int r = run(s, REQUEST_ADD, "sfi", kind, args, now_ms);
	if (r == 0)
		*ret_id = sqlite3_last_insert_rowid(s->state);
	return r;
}

int store_request_next(struct store *s, int64_t *ret_id, char **ret_kind, struct value **ret_args)
{
	int r = first_row(s, REQUEST_NEXT, "");
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	if (!col_int(s, REQUEST_NEXT, 3)) {
		int64_t id = col_int(s, REQUEST_NEXT, 0);
		finish(s, REQUEST_NEXT);
		return damaged(s, "requests", id);
	}
	const char *text = col_text(s, REQUEST_NEXT, 2);
	struct value *args = NULL;
	if (json_parse(text, strlen(text), &args, NULL) < 0)
		args = value_new_object(); /* who wrote it is told what is missing */
	*ret_id = col_int(s, REQUEST_NEXT, 0);
	*ret_kind = xstrdup(col_text(s, REQUEST_NEXT, 1));
	*ret_args = args;
	finish(s, REQUEST_NEXT);
	return 0;
}

int store_request_done(struct store *s, int64_t id, int64_t now_ms, int outcome, const char *text)
{
	return change(s, REQUEST_DONE, "iiis", id, now_ms, (int64_t)outcome, text ? text : "");
}

int store_request_get(struct store *s, int64_t id, struct value **ret)
{
	return one_row(s, REQUEST_GET, first_row(s, REQUEST_GET, "i", id), "args", ret);
}

/* ---- notices ---------------------------------------------------------------------- */

static int64_t limit_or_all(int limit)
{
	return limit > 0 ? limit : -1;
}

static int notifiers_prune(struct store *s, const char *const *names, size_t count)
{
	struct value *all = NULL;
	int r = rows(s, NOTIFIERS_ALL, &all, "");
	for (size_t i = 0; r == 0 && i < value_len(all); i++) {
		const char *name = value_get_string(value_at(all, i), "name", "");
		if (!among(name, names, count))
			r = run(s, NOTIFIER_DELETE, "s", name);
	}
	value_free(all);
	return r;
}

int store_notifiers_sync(struct store *s, const char *const *names, size_t count)
{
	int r = begin(s);
	if (r < 0)
		return r;
	r = notifiers_prune(s, names, count);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = run(s, NOTIFIER_ADD, "s", names[i]);
	return end(s, r);
}

int store_notifier_get(struct store *s, const char *name, struct store_notifier *ret)
{
	int r = first_row(s, NOTIFIER_GET, "s", name);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	memset(ret, 0, sizeof(*ret));
	ret->until_ms = col_int(s, NOTIFIER_GET, 0);
	ret->failures = (int)col_int(s, NOTIFIER_GET, 1);
	copy_text(ret->reason, sizeof(ret->reason), col_text(s, NOTIFIER_GET, 2));
	ret->paced_ms = col_int(s, NOTIFIER_GET, 3);
	ret->last_ms = col_int(s, NOTIFIER_GET, 4);
	ret->more = col_int(s, NOTIFIER_GET, 5);
	ret->lost = col_int(s, NOTIFIER_GET, 6);
	copy_text(ret->cursor, sizeof(ret->cursor), col_text(s, NOTIFIER_GET, 7));
	finish(s, NOTIFIER_GET);
	return 0;
}

int store_notifier_set(struct store *s, const char *name, const struct store_notifier *n)
{
	return change(s, NOTIFIER_SET, "siisiiiis", name, n->until_ms, (int64_t)n->failures,
		n->reason, n->paced_ms, n->last_ms, n->more, n->lost, n->cursor);
}

int store_notifiers_clear(struct store *s)
{
	return run(s, NOTIFIERS_CLEAR, "");
}

int store_notice_add(struct store *s, const char *notifier, const struct store_notice *n)
{
	int r = change(s, NOTICE_ADD, "ssiiis", notifier, n->class, (int64_t)n->level, n->at_ms,
		n->post, n->text);
	return r == -ENOENT ? change(s, NOTICE_MORE, "s", notifier) : r;
}

int store_notices_ask(struct store *s, const char *notifier, int64_t now_ms)
{
	int r = first_row(s, NOTICES_DUE, "s", notifier);
	if (r <= 0)
		return r;
	bool due = col_int(s, NOTICES_DUE, 0);
	finish(s, NOTICES_DUE);
	if (!due)
		return 0;
	r = run(s, NOTICES_SETTLED, "s", notifier);
	return r == 0 ? run(s, NOTICES_WAITING, "si", notifier, now_ms) : r;
}

int store_notices_open(struct store *s, const char *notifier, int limit, struct value **ret)
{
	return rows(s, NOTICES_OPEN, ret, "si", notifier, limit_or_all(limit));
}

int store_notice_sent(struct store *s, int64_t id, int64_t now_ms)
{
	int r = run(s, NOTICE_SENT, "ii", id, now_ms);
	return r == 0 ? run(s, NOTICE_DROP, "i", id) : r;
}

int store_notice_tried(struct store *s, int64_t id)
{
	return run(s, NOTICE_TRIED, "i", id);
}

int store_token_add(struct store *s, const char *digest, int64_t post, const char *notifier,
	int64_t now_ms, int64_t expires_ms)
{
	int r = run(s, TOKENS_EXPIRE, "i", now_ms);
	return r == 0 ? run(s, TOKEN_ADD, "sisii", digest, post, notifier, now_ms, expires_ms)
		      : r;
}

int store_tokens_open(struct store *s, const char *notifier, int64_t now_ms, int64_t *ret_at_ms)
{
	int r = first_row(s, TOKENS_OPEN, "si", notifier, now_ms);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	r = col_null(s, TOKENS_OPEN, 0) ? -ENOENT : 0;
	if (r == 0)
		*ret_at_ms = col_int(s, TOKENS_OPEN, 0);
	finish(s, TOKENS_OPEN);
	return r;
}

int store_token_take(struct store *s, const char *digest, int64_t now_ms, int64_t *ret_post)
{
	int r = first_row(s, TOKEN_FIND, "si", digest, now_ms);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	int64_t post = col_int(s, TOKEN_FIND, 0);
	finish(s, TOKEN_FIND);
	r = run(s, TOKENS_SPENT, "i", post);
	if (r == 0)
		*ret_post = post;
	return r;
}

/* ---- cache ------------------------------------------------------------------------ */

int store_answer_put(
	struct store *s, const char *folded, int64_t fetched_ms, const struct value *answer)
{
	return run(s, ANSWER_PUT, "sif", folded, fetched_ms, answer);
}

int store_answer_get(
	struct store *s, const char *folded, int64_t *ret_fetched_ms, struct value **ret)
{
	int r = first_row(s, ANSWER_GET, "s", folded);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	int64_t at = col_int(s, ANSWER_GET, 0);
	const char *body = col_text(s, ANSWER_GET, 1);
	struct value *v = NULL;
	r = json_parse(body, strlen(body), &v, NULL);
	finish(s, ANSWER_GET);
	if (r < 0)
		return -ENOENT; /* what cannot be read is asked for again */
	*ret_fetched_ms = at;
	*ret = v;
	return 0;
}

int store_image_put(struct store *s, const char *url, const struct value *image, int64_t now_ms)
{
	return run(s, IMAGE_PUT, "sisf", url, now_ms, value_get_string(image, "path", ""), image);
}

int store_image_get(struct store *s, const char *url, struct value **ret)
{
	int r = first_row(s, IMAGE_GET, "s", url);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	const char *text = col_text(s, IMAGE_GET, 0);
	struct value *v = NULL;
	r = json_parse(text, strlen(text), &v, NULL);
	finish(s, IMAGE_GET);
	if (r < 0)
		return -ENOENT;
	*ret = v;
	return 0;
}

int store_prices_put(struct store *s, const struct value *products, int64_t fetched_ms)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < value_len(products); i++) {
		const struct value *p = value_at(products, i);
		r = run(s, PRICE_PUT, "iii", value_get_int(p, "productId", 0), fetched_ms,
			value_get_int(p, "productPrice", 0));
	}
	return r;
}

int store_cache_oldest(struct store *s, int64_t *ret_ms)
{
	int r = first_row(s, CACHE_OLDEST, "");
	if (r < 0)
		return r;
	*ret_ms = r == 1 && !col_null(s, CACHE_OLDEST, 0) ? col_int(s, CACHE_OLDEST, 0) : INT64_MAX;
	if (r == 1)
		finish(s, CACHE_OLDEST);
	return 0;
}

int store_cache_expire(
	struct store *s, int64_t before_ms, int64_t prices_before_ms, struct value **ret_paths)
{
	int r = run(s, IMAGES_EXPIRE, "i", before_ms);
	if (r == 0)
		r = run(s, ANSWERS_EXPIRE, "i", before_ms);
	if (r == 0)
		r = run(s, PRICES_EXPIRE, "i", prices_before_ms);
	return r < 0 ? r : rows(s, IMAGES_KEPT, ret_paths, "");
}

/* ---- questions ------------------------------------------------------------ */

int store_list_calls(struct store *s, int64_t since_ms, int limit, struct value **ret)
{
	return rows(s, Q_CALLS, ret, "ii", since_ms, limit_or_all(limit));
}

int store_list_posts(
	struct store *s, const char *state, const char *list, int limit, struct value **ret)
{
	return rows(s, Q_POSTS, ret, "ssi", state, list, limit_or_all(limit));
}

int store_list_keywords(struct store *s, const char *list, int limit, struct value **ret)
{
	return rows(s, Q_KEYWORDS, ret, "si", list, limit_or_all(limit));
}

int store_list_lists(struct store *s, struct value **ret)
{
	return rows(s, Q_LISTS, ret, "");
}

int store_list_publishers(struct store *s, struct value **ret)
{
	return rows(s, Q_PUBLISHERS, ret, "");
}

int store_list_notifiers(struct store *s, struct value **ret)
{
	return rows(s, Q_NOTIFIERS, ret, "");
}

int store_list_requests(struct store *s, int limit, struct value **ret)
{
	return rows(s, Q_REQUESTS, ret, "i", limit_or_all(limit));
}

int store_find_keywords(struct store *s, const char *folded, struct value **ret)
{
	return rows(s, Q_FIND, ret, "s", folded);
}

int store_calls_tally(struct store *s, int64_t after, struct value **ret)
{
	return rows(s, Q_TALLY, ret, "i", after);
}

int store_keyword_states(struct store *s, int64_t now_ms, struct value **ret)
{
	return rows(s, Q_STATES, ret, "i", now_ms);
}

int store_undelivered(struct store *s, struct value **ret)
{
	return rows(s, Q_UNDELIVERED, ret, "");
}

int store_last_out(struct store *s, const char *publisher, int64_t *ret_ms)
{
	int r = first_row(s, LAST_OUT, "s", publisher);
	if (r < 0)
		return r;
	*ret_ms = r ? col_int(s, LAST_OUT, 0) : 0;
	finish(s, LAST_OUT);
	return 0;
}

int store_post_counts(struct store *s, struct value **ret)
{
	struct value *list = NULL;
	int r = rows(s, Q_COUNTS, &list, "");
	if (r < 0)
		return r;
	struct value *counts = value_new_object();
	for (size_t i = 0; i < value_len(list); i++) {
		const struct value *row = value_at(list, i);
		value_set_int(counts, value_get_string(row, "state", ""),
			value_get_int(row, "count", 0));
	}
	value_free(list);
	*ret = counts;
	return 0;
}

/* ---- backup and restore ----------------------------------------------------------- */

#define COPY_PAGES 256    /* at a time; between them the daemon may write */
#define COPY_ROUNDS 100   /* of waiting or beginning anew */
#define COPY_WAIT_MS 50

/* Copies the pages as they are; holds the daemon up for no longer than some of them take. */
static int copy_pages(sqlite3 *from, sqlite3 *to)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
	int rc = b ? SQLITE_OK : sqlite3_errcode(to);
	int left = INT_MAX;
	for (int rounds = 0; b && rc == SQLITE_OK;) {
		rc = sqlite3_backup_step(b, COPY_PAGES);
		bool busy = rc == SQLITE_BUSY || rc == SQLITE_LOCKED;
		/* Somebody wrote: SQLite begins anew by itself. */
		if (busy || (rc == SQLITE_OK && sqlite3_backup_remaining(b) >= left)) {
			rc = ++rounds < COPY_ROUNDS ? SQLITE_OK : SQLITE_BUSY;
			(void)sqlite3_sleep(COPY_WAIT_MS);
		}
		left = sqlite3_backup_remaining(b);
	}
	(void)sqlite3_backup_finish(b);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* A database of one process, which is thrown away if anything goes wrong. */
static int open_draft(struct store *s, const char *path)
{
	s->mode = STORE_REQUEST;
	int rc = open_file(path, STORE_REQUEST, &s->state);
	if (rc != SQLITE_OK)
		return rc;
	return sqlite3_exec(s->state, "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF",
		NULL, NULL, NULL);
}

/* Is it ours, whole, and of this version or an older one, which is brought up? */
static int check_draft(struct store *s)
{
	int64_t id = 0;
	int rc = pragma_int(s->state, "PRAGMA application_id", &id);
	if (rc == SQLITE_OK && id != APPLICATION_ID)
		rc = SQLITE_NOTADB;
	if (rc == SQLITE_OK)
		rc = quick_check(s->state);
	if (rc == SQLITE_OK)
		rc = migrate(s->state, state_steps, STATE_VERSION);
	if (rc == SQLITE_OK)
		rc = check_whole(s);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(s->state, seal_triggers, NULL, NULL, NULL);
	return rc;
}

static int make_draft(const char *beside, char *path, size_t size, struct err *e)
{
	if (str_format(path, size, "%s.XXXXXX", beside) < 0)
		return err_set(e, -ENAMETOOLONG, "%s: the path is too long", beside);
	CLEANUP_CLOSE int fd = mkstemp(path); /* 0600 */
	return fd < 0 ? err_set(e, -errno, "%s: %s; the folder must be writable", path,
				tr_errno(errno))
		      : 0;
}

static int sync_file(const char *path)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int sync_folder_of(const char *path)
{
	CLEANUP_FREE char *dir = xstrdup(path);
	char *slash = strrchr(dir, '/');
	if (!slash)
		return dir_sync(".");
	slash[slash == dir] = '\0';
	return dir_sync(dir);
}

static int content(struct store *s, struct value **ret)
{
	struct value *rows_ = NULL;
	int r = rows(s, CONTENT, &rows_, "");
	if (r == 0)
		*ret = value_copy(value_at(rows_, 0));
	value_free(rows_);
	return r;
}

static bool is_same_file(const char *a, const char *b)
{
	struct stat x, y;
	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
		x.st_ino == y.st_ino;
}

static int put_backup(const char *draft, const char *file, bool force, struct err *e)
{
	int r = sync_file(draft);
	if (r == 0 && renameat2(AT_FDCWD, draft, AT_FDCWD, file, force ? 0 : RENAME_NOREPLACE) < 0)
		r = -errno;
	/* A file system that cannot refuse by itself. */
	if (r == -EINVAL && !force)
		r = access(file, F_OK) == 0 ? -EEXIST : rename(draft, file) < 0 ? -errno : 0;
	if (r == 0)
		r = sync_folder_of(file);
	return r == 0 ? 0 : err_set(e, r, "%s: %s", file, tr_errno(-r));
}

static int copy_state(const char *state, const char *draft, struct value **ret, struct err *e)
{
	struct store from = { .mode = STORE_REQUEST, .lock_fd = -1 };
	struct store to = { .lock_fd = -1 };
	int rc = open_file(state, STORE_REQUEST, &from.state);
	if (rc == SQLITE_OK)
		rc = check_version(from.state, STATE_VERSION);
	if (rc == SQLITE_OK)
		rc = open_draft(&to, draft);
	if (rc == SQLITE_OK)
		rc = copy_pages(from.state, to.state);
	if (rc == SQLITE_OK)
		rc = check_draft(&to);
	int r = rc == SQLITE_OK ? content(&to, ret) : 0;
	if (rc != SQLITE_OK)
		r = open_failed(to.error[0] ? &to : &from, state, rc, e);
	else if (r < 0)
		err_set(e, r, "%s", to.error);
	close_db(&to, &to.state, 0, STATE_END);
	close_db(&from, &from.state, 0, STATE_END);
	return r;
}

int store_backup(const char *state_dir, const char *file, bool force, struct value **ret,
	struct err *e)
{
	set_up_library();
	char state[PATH_MAX], draft[PATH_MAX];
	struct value *what = NULL;
	if (str_format(state, sizeof(state), "%s/state.db", state_dir) < 0)
		return err_set(e, -ENAMETOOLONG, "%s: the path is too long", state_dir);
	if (access(state, F_OK) < 0)
		return err_set(e, -errno, "%s: %s", state, errno == ENOENT
			? _("no state yet; there is nothing to back up") : tr_errno(errno));
	if (is_same_file(state, file))
		return err_set(e, -EEXIST, "%s is the state itself; name another file", file);
	if (!force && access(file, F_OK) == 0)
		return err_set(e, -EEXIST,
			"%s is there already; name another file, or --force to replace it", file);
	int r = make_draft(file, draft, sizeof(draft), e);
	if (r < 0)
		return r;
	r = copy_state(state, draft, &what, e);
	if (r == 0)
		r = put_backup(draft, file, force, e);
	if (r < 0) {
		(void)unlink(draft);
		value_free(what);
		return r;
	}
	*ret = what;
	return 0;
}

/* ---- restore: what the backup does not know is counted as done -------------------- */

struct restore {
	const struct instant *now;
	int calls;
	struct store draft, present;
	bool has_present, present_whole;
	char state[PATH_MAX], path[PATH_MAX], kept[PATH_MAX];
	struct value *report;
};

/* The server's word on the account is newer here than in the backup, if it can be read. */
static int restore_account(struct restore *rs)
{
	struct store_account a;
	bool newer = rs->present_whole && store_account_get(&rs->present, &a) == 0;
	if (newer)
		return store_account_set(&rs->draft, &a);
	int r = store_account_get(&rs->draft, &a);
	/* There may have been one since: the next stops all calls. */
	if (r == 0 && a.strikes < 1)
		a.strikes = 1;
	return r == 0 ? store_account_set(&rs->draft, &a) : r;
}

static int restore_posts(struct restore *rs)
{
	const struct instant *now = rs->now;
	int r = run(&rs->draft, RESTORE_SENDING, "iisi", now->wall_ms, now->boot_ms, now->boot_id,
		(int64_t)now->synced);
	int64_t doubted = r == 0 ? sqlite3_changes(rs->draft.state) : 0;
	if (r == 0)
		r = run(&rs->draft, RESTORE_POSTS, "i", now->wall_ms);
	if (r == 0)
		doubted += sqlite3_changes(rs->draft.state);
	if (r == 0)
		r = run(&rs->draft, RESTORE_KEYWORDS, "i", now->wall_ms);
	value_set_int(rs->report, "doubted", doubted);
	return r;
}

static int restore_calls(struct restore *rs)
{
	const struct instant *now = rs->now;
	int r = 0;
	for (int i = 0; i < rs->calls && r == 0; i++)
		r = run(&rs->draft, RESTORE_CALL, "iisi", now->wall_ms, now->boot_ms,
			now->boot_id, (int64_t)now->synced);
	if (r == 0)
		r = run(&rs->draft, RESTORED_SET, "iisi", now->wall_ms, now->boot_ms,
			now->boot_id, (int64_t)now->synced);
	value_set_int(rs->report, "calls_counted", rs->calls);
	return r;
}

static int restore_requests(struct restore *rs)
{
	int r = run(&rs->draft, RESTORE_REQUESTS, "ii", rs->now->wall_ms, (int64_t)EX_TEMPFAIL);
	if (r == 0)
		value_set_int(rs->report, "requests_dropped", sqlite3_changes(rs->draft.state));
	if (r == 0)
		r = run(&rs->draft, RESTORE_NOTICES, "");
	if (r == 0)
		r = run(&rs->draft, RESTORE_TOKENS, "");
	return r == 0 ? run(&rs->draft, RESTORE_CACHE, "") : r;
}

/* All or nothing, in the draft. */
static int make_safe(struct restore *rs, struct err *e)
{
	struct store *s = &rs->draft;
	int r = content(s, &rs->report);
	if (r == 0)
		r = begin(s);
	if (r == 0) {
		r = restore_account(rs);
		if (r == 0)
			r = restore_posts(rs);
		if (r == 0)
			r = restore_requests(rs);
		if (r == 0)
			r = restore_calls(rs);
		r = end(s, r);
	}
	return r == 0 ? 0 : err_set(e, r, "%s", s->error);
}

static int read_backup(struct restore *rs, const char *file, struct err *e)
{
	struct store from = { .mode = STORE_READ, .lock_fd = -1 };
	int rc = open_file(file, STORE_READ, &from.state);
	if (rc == SQLITE_OK)
		rc = open_draft(&rs->draft, rs->path);
	if (rc == SQLITE_OK)
		rc = copy_pages(from.state, rs->draft.state);
	if (rc == SQLITE_OK)
		rc = check_draft(&rs->draft);
	close_db(&from, &from.state, 0, STATE_END);
	int r = code_errno(rc);
	if (rc == SQLITE_SCHEMA)
		return err_set(e, -EPROTO,
			"%s is of a newer version of cpauto; nothing was changed", file);
	if (r == -EUCLEAN)
		return err_set(e, r, "%s is damaged or no backup of cpauto (%s); nothing was "
			"changed", file, rs->draft.error[0] ? rs->draft.error : sqlite3_errstr(rc));
	return r == 0 ? 0 : err_set(e, r, "%s: %s; nothing was changed", file, sqlite3_errstr(rc));
}

/*
 * Takes the present database from everybody, and lets SQLite bring a write that
 * was cut off to its end: its journal beside another database would ruin that.
 */
static int hold_present(struct restore *rs, struct err *e)
{
	char journal[PATH_MAX];
	struct stat st;
	struct store *s = &rs->present;
	rs->has_present = access(rs->state, F_OK) == 0;
	if (!rs->has_present)
		return 0;
	int rc = open_file(rs->state, STORE_REQUEST, &s->state);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(s->state, "PRAGMA journal_mode = TRUNCATE; BEGIN EXCLUSIVE",
			NULL, NULL, NULL);
	if (code_errno(rc) == -EBUSY)
		return err_set(e, -EBUSY, "%s: another program writes there; try again", rs->state);
	if (rc == SQLITE_OK)
		rc = check_version(s->state, STATE_VERSION);
	rs->present_whole = rc == SQLITE_OK && check_whole(s) == SQLITE_OK;
	if (str_format(journal, sizeof(journal), "%s-journal", rs->state) < 0 ||
		(stat(journal, &st) == 0 && st.st_size > 0))
		return err_set(e, -EUCLEAN,
			"%s-journal is of a write that was cut off and cannot be undone; move it "
			"and state.db away together, then restore again", rs->state);
	return 0;
}

static int keep_present(struct restore *rs, struct err *e)
{
	char stamp[CLOCK_TEXT_MAX];
	struct date d;
	if (!rs->has_present)
		return 0;
	clock_date(rs->now->wall_ms, &d);
	str_format_cut(stamp, sizeof(stamp), "%04d%02d%02d-%02d%02d%02d", d.year, d.month, d.day,
		d.hour, d.minute, d.second);
	for (int i = 0; i < 100; i++) {
		char more[16] = "";
		if (i > 0)
			str_format_cut(more, sizeof(more), "-%d", i + 1);
		if (str_format(rs->kept, sizeof(rs->kept), "%s.before-%s%s", rs->state, stamp,
			    more) < 0)
			return err_set(e, -ENAMETOOLONG, "%s: the path is too long", rs->state);
		if (link(rs->state, rs->kept) == 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	return err_set(e, -errno, "%s: it cannot be kept under another name: %s; nothing was "
		"changed", rs->state, tr_errno(errno));
}

/* Whole or not at all; run by root the file still belongs to whom the folder does. */
static int put_restored(struct restore *rs, const char *dir, int lock_fd, struct err *e)
{
	struct stat st;
	int r = stat(dir, &st) < 0 ? -errno : 0;
	if (r == 0 && geteuid() == 0 &&
		(chown(rs->path, st.st_uid, st.st_gid) < 0 ||
			fchown(lock_fd, st.st_uid, st.st_gid) < 0))
		r = -errno;
	if (r == 0)
		r = sync_file(rs->path);
	if (r == 0)
		r = dir_sync(dir); /* the name of what was here comes first */
	if (r == 0 && rename(rs->path, rs->state) < 0)
		r = -errno;
	if (r == 0)
		r = dir_sync(dir);
	return r == 0 ? 0 : err_set(e, r, "%s: %s", rs->state, tr_errno(-r));
}

static int restore_steps(struct restore *rs, const char *dir, const char *file, struct err *e)
{
	struct store lock = { .lock_fd = -1 };
	int r = lock_dir(&lock, dir, e);
	if (r == -EBUSY)
		err_set(e, r, "cpautod runs on %s; stop it first: systemctl stop cpauto", dir);
	if (r == 0)
		r = make_draft(rs->state, rs->path, sizeof(rs->path), e);
	if (r == 0)
		r = read_backup(rs, file, e);
	if (r == 0)
		r = hold_present(rs, e);
	if (r == 0)
		r = make_safe(rs, e);
	close_db(&rs->draft, &rs->draft.state, 0, STATE_END);
	if (r == 0)
		r = keep_present(rs, e);
	if (r == 0)
		r = put_restored(rs, dir, lock.lock_fd, e);
	if (r < 0 && rs->path[0])
		(void)unlink(rs->path);
	if (r < 0 && rs->kept[0] && is_same_file(rs->kept, rs->state))
		(void)unlink(rs->kept);
	close_db(&rs->present, &rs->present.state, 0, STATE_END);
	if (lock.lock_fd >= 0)
		close(lock.lock_fd);
	return r;
}

int store_restore(const char *state_dir, const char *file, const struct instant *now, int calls,
	struct value **ret, struct err *e)
{
	set_up_library();
	struct restore rs = { .now = now, .calls = calls, .draft.lock_fd = -1,
		.present.lock_fd = -1 };
	if (str_format(rs.state, sizeof(rs.state), "%s/state.db", state_dir) < 0)
		return err_set(e, -ENAMETOOLONG, "%s: the path is too long", state_dir);
	if (access(file, R_OK) < 0)
		return err_set(e, errno == ENOENT ? -ENOENT : -EACCES, "%s: %s", file,
			tr_errno(errno));
	if (is_same_file(rs.state, file))
		return err_set(e, -EEXIST, "%s is the state itself; name a backup", file);
	mode_t old = umask(0077);
	int r = restore_steps(&rs, state_dir, file, e);
	umask(old);
	if (r < 0) {
		value_free(rs.report);
		return r;
	}
	value_set_string(rs.report, "kept", rs.kept);
	value_set_bool(rs.report, "account_known", rs.present_whole);
	*ret = rs.report;
	return 0;
}
