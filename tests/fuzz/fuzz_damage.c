/* SPDX-License-Identifier: MIT */
/*
 * A database with damage: an S or C for the file (state.db, cache.db), then four
 * bytes for each place, where (three) and what is flipped there; nothing flipped
 * means that the file ends there. Or, behind s or c, the whole file itself. Then a
 * daemon starts on it and works: never a crash, never a call more than the ledger
 * it reads allows, never a post twice that it knows as published.
 */
#include "fuzz.h"

#include <unistd.h>

#include "account.h"
#include "engine.h"
#include "log.h"

#define FILE_MAX (4u << 20)
#define CALLS 7 /* of 10, in the last hour */

static const char settings[] =
	"coupang: { endpoint = \"http://127.0.0.1:1\"; };\n"
	"budget: { pace = \"0s\"; };\nhours: { active = \"00:00-24:00\"; };\n"
	"lists = ( { name = \"a\"; keywords = [ \"청소기\", \"가습기\" ]; publisher = \"blog\"; } );\n"
	"publishers = ( { name = \"blog\"; agent = \"outbox\"; directory = \"out\"; } );\n";

static struct {
	char *state, *cache; /* the files before the damage */
	size_t state_len, cache_len;
	bool sealed; /* its rows carry check sums */
	int free; /* tokens that the ledger has left */
	int calls, published;
	char key[FINGERPRINT_LEN + 1]; /* of the post that is out */
} base;

static void no_log(enum log_level level, const struct log_fields *f, const char *text)
{
	(void)level;
	(void)f;
	MUST(*text);
}

static struct instant at(int64_t ms)
{
	struct instant t = { .wall_ms = FUZZ_NOW + ms, .boot_ms = 5 * 3600000 + ms, .synced = true };

	str_format_cut(t.boot_id, sizeof(t.boot_id), "11111111-2222-3333-4444-555555555555");
	return t;
}

static int start(void *ctx, const struct agent_job *job, struct err *e)
{
	const char *op = value_get_string(job->request, "op", "");
	const char *key = value_get_string(value_get(job->request, "post"), "key", "");

	(void)ctx;
	(void)e;
	base.calls += str_eq(op, "search");
	base.published += str_eq(op, "publish") && str_eq(key, base.key);
	return 0;
}

static struct config *load(void)
{
	struct value *errors = value_new_list();
	struct config *c = NULL;

	if (access(fuzz_path("c.conf"), F_OK) < 0)
		fuzz_put("c.conf", settings, sizeof(settings) - 1);
	if (config_load(fuzz_path("c.conf"), &c, errors) < 0)
		fuzz_broken("config", 0, value_string(value_at(errors, 0), ""));
	value_free(errors);
	return c;
}

static void add_post(struct store *s, const char *products, bool out)
{
	struct instant now = at(-60000);
	struct value *post = value_new_object();
	char key[FINGERPRINT_LEN + 1];
	const char *const parts[] = { products };
	int64_t id;

	fingerprint(parts, 1, key);
	const struct store_post_new p = { .key = key, .list = "a", .keyword = "청소기",
		.folded = "청소기", .publisher = "blog", .products = products, .period = "2026",
		.now_ms = now.wall_ms };

	value_set_string(post, "title", "청소기");
	value_set_string(post, "html", "<p>가</p>");
	MUST(store_post_add(s, &p, &id) == 0);
	MUST(store_post_rendered(s, id, post, now.wall_ms, now.wall_ms) == 0);
	if (out) {
		MUST(store_post_move(s, id, POST_RENDERED, POST_READY, 0, 0, NULL) == 0);
		MUST(store_post_sending(s, id, &now) == 0);
		MUST(store_post_published(s, id, now.wall_ms, "7", "https://b.example/7") == 0);
		str_format_cut(base.key, sizeof(base.key), "%s", key);
	}
	value_free(post);
}

static void make_base(void)
{
	struct store *s = NULL;
	struct err e;
	struct value *answer = value_new_object();
	int64_t id;

	log_set_sink(no_log);
	MUST(store_open(fuzz_dir(), fuzz_dir(), STORE_DAEMON, &s, &e) == 0);
	for (int i = 0; i < CALLS; i++) {
		struct instant t = at(-60000 * (i + 1));

		MUST(store_call_begin(s, &t, "search", "a", "청소기", &id) == 0);
		MUST(store_call_end(s, id, &t, "ok", NULL, 1) == 0);
	}
	add_post(s, "1,2", true);
	add_post(s, "3,4", false);
	value_set(answer, "products", value_new_list());
	MUST(store_answer_put(s, "청소기", FUZZ_NOW, answer) == 0);
	value_free(answer);
	store_close(s);
	MUST(file_read(fuzz_path("state.db"), FILE_MAX, &base.state, &base.state_len) == 0);
	MUST(file_read(fuzz_path("cache.db"), FILE_MAX, &base.cache, &base.cache_len) == 0);
	base.free = 10 - CALLS;
	base.sealed = memmem(base.state, base.state_len, "seal INTEGER", 12);
}

/* How many places are damaged; the file is then on the disk. */
static size_t damage(const char *name, const char *good, size_t good_len, const uint8_t *data,
	size_t len)
{
	char *bad = xmalloc(good_len);
	size_t n = good_len, places = 0;

	memcpy(bad, good, good_len);
	for (; len >= 4; data += 4, len -= 4, places++) {
		size_t where = (data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16) % good_len;

		if (data[3])
			bad[where] = (char)(bad[where] ^ data[3]);
		else
			n = where;
	}
	fuzz_put(name, bad, n);
	free(bad);
	return places;
}

static void work(struct store *s, const struct instant *now)
{
	struct engine_setup setup = { .store = s, .config = load(), .port = { start, NULL },
		.image_dir = "/nonexistent" };
	struct engine *engine = NULL;
	struct value *errors = value_new_list();
	const char *const dirs[] = { TREE "/etc/templates" };
	struct agent_result res;
	struct err e = { "" };
	struct instant t = *now;

	MUST(render_templates_read(dirs, 1, &setup.templates, errors) == 0);
	if (engine_new(&setup, now, &engine, &e) < 0) {
		MUST(*e.text);
		config_free(setup.config);
		render_templates_free(setup.templates);
	}
	for (int i = 0; engine && i < 20; i++) {
		char status[ENGINE_STATUS_MAX];
		int64_t wait = engine_step(engine, &t);

		MUST(wait >= 0);
		engine_status(engine, &t, status);
		if (!engine_busy(engine))
			break;
		agent_result_init(&res);
		res.verdict = AGENT_LATER;
		res.reason = xstrdup("later");
		t.wall_ms += 1000;
		t.boot_ms += 1000;
		engine_done(engine, &res, &t);
		agent_result_finish(&res);
	}
	engine_free(engine);
	value_free(errors);
}

static void look(struct store *s)
{
	struct value *v = NULL;

	if (store_list_calls(s, 0, 0, &v) == 0)
		value_free(v);
	if (store_list_posts(s, NULL, NULL, 0, &v) == 0)
		value_free(v);
	if (store_list_keywords(s, NULL, 0, &v) == 0)
		value_free(v);
	if (store_post_counts(s, &v) == 0)
		value_free(v);
}

static void run(bool state, size_t places)
{
	struct account_gate gate;
	struct instant now = at(0);
	struct config *c = load();
	struct store *s = NULL;
	struct err e = { "" };
	int r = store_open(fuzz_dir(), fuzz_dir(), STORE_DAEMON, &s, &e);

	base.calls = base.published = 0;
	if (r < 0)
		MUST(*e.text && !s);
	/* A cache is made anew, whatever is in it; nothing else is touched. */
	if (!state)
		MUST(r == 0 && store_has_cache(s));
	if (r == 0) {
		r = account_ask(s, c, &now, false, &gate);
		if (!state)
			MUST(r == 0 && gate.budget.left == base.free);
		/* One place, as a disk or a bit would have it: the ledger gives nothing away. */
		if (r == 0 && places <= 1 && base.sealed)
			MUST(gate.budget.left <= base.free);
		look(s);
		work(s, &now);
		if (places <= 1) {
			MUST(base.calls <= base.free || !base.sealed);
			MUST(base.published == 0);
		}
	}
	store_close(s);
	config_free(c);
}

FUZZ(damage)
{
	if (!base.state)
		make_base();
	if (len == 0 || len > FILE_MAX || !strchr("SCsc", data[0]))
		return;
	static const char *const side[] = { "state.db-journal", "state.db-wal", "cache.db-wal",
		"cache.db-shm", "cache.db-journal" };
	bool state = data[0] == 'S' || data[0] == 's';
	size_t places = 0;

	for (size_t i = 0; i < ARRAY_LEN(side); i++)
		if (unlink(fuzz_path(side[i])) < 0)
			continue;
	fuzz_put("state.db", base.state, base.state_len);
	fuzz_put("cache.db", base.cache, base.cache_len);
	if (data[0] == 'S')
		places = damage("state.db", base.state, base.state_len, data + 1, len - 1);
	else if (data[0] == 'C')
		places = damage("cache.db", base.cache, base.cache_len, data + 1, len - 1);
	else
		fuzz_put(state ? "state.db" : "cache.db", data + 1, len - 1);
	run(state, places + 2 * (data[0] == 's'));
}
