/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"
#include "engine.h"
#include "json.h"
#include "log.h"

/* 2026-11-23 14:32 in Seoul */
#define NOW INT64_C(1795411920000)
#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define EVENTS_MAX 20000
#define LIMIT 10

static struct world {
	char dir[PATH_MAX];
	struct store *store;
	struct engine *engine;
	struct instant now;
	int64_t true_ms;
	int boots;
	uint64_t seed;

	/* What was started and has not ended. */
	char op[16], key[64];
	struct value *request;

	struct {
		int64_t end; /* on the true clock */
		int requests;
	} calls[EVENTS_MAX];
	size_t call_count;
	struct {
		char key[40];
		int64_t at; /* when it comes out, on the true clock */
	} blog[EVENTS_MAX];
	size_t blog_count;
	int publishes;

	struct value *posts; /* as they were remembered */
	enum world_end end;
	char line[ERR_MAX];
} w;

void world_seed(uint64_t seed)
{
	w.seed = seed;
}

unsigned world_random(unsigned n)
{
	w.seed = w.seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(w.seed >> 33) % n;
}

static const char *path_of(const char *name)
{
	static char path[2 * PATH_MAX];
	str_format_cut(path, sizeof(path), "%s/%s", w.dir, name);
	return path;
}

static enum world_end end(enum world_end how, const char *fmt, ...) PRINTF(2, 3);
static enum world_end end(enum world_end how, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	CLEANUP_FREE char *text = xvasprintf(fmt, ap);
	va_end(ap);
	if (w.end == WORLD_FINE) {
		w.end = how;
		str_format_cut(w.line, sizeof(w.line), "%s", text);
	}
	return w.end;
}

const char *world_line(void)
{
	return w.line;
}

int world_calls(void)
{
	return (int)w.call_count;
}

int world_publishes(void)
{
	return w.publishes;
}

int64_t world_hours(void)
{
	return w.true_ms / HOUR;
}

static void advance(int64_t ms)
{
	w.now.wall_ms += ms;
	w.now.boot_ms += ms;
	w.true_ms += ms;
}

/* ---- the server and the blog -------------------------------------------------------- */

/* In any hour, whenever within a call the server counted it: no more than ten. */
static void count_call(void)
{
	int n = 1;
	for (size_t i = w.call_count; i-- > 0;) {
		if (w.calls[i].end <= w.true_ms - HOUR)
			break;
		n += w.calls[i].requests;
	}
	if (n > LIMIT)
		end(WORLD_OVER, "call %zu is number %d of its hour", w.call_count, n);
	if (w.call_count == EVENTS_MAX)
		abort();
	w.calls[w.call_count].end = w.true_ms;
	w.calls[w.call_count++].requests = 1;
}

static bool out_before(const char *key, int64_t when)
{
	for (size_t i = 0; i < w.blog_count; i++)
		if (str_eq(w.blog[i].key, key) && w.blog[i].at <= when)
			return true;
	return false;
}

static void put_out(int64_t delay)
{
	if (w.blog_count == EVENTS_MAX)
		abort();
	str_format_cut(w.blog[w.blog_count].key, sizeof(w.blog[0].key), "%s", w.key);
	w.blog[w.blog_count++].at = w.true_ms + delay;
}

static int port_start(void *ctx, const struct agent_job *job, struct err *e)
{
	(void)ctx;
	if (disk_is_cut()) /* the machine has no power: nothing starts */
		return err_set(e, -EIO, "no power");
	const struct value *post = value_get(job->request, "post");
	str_format_cut(w.op, sizeof(w.op), "%s", value_get_string(job->request, "op", ""));
	str_format_cut(w.key, sizeof(w.key), "%s", value_get_string(post, "key", ""));
	w.request = value_copy(job->request);
	if (str_eq(w.op, "search"))
		count_call();
	if (str_eq(w.op, "publish")) {
		w.publishes++;
		if (out_before(w.key, INT64_MAX))
			end(WORLD_TWICE, "post %s is published twice", w.key);
		if (!strstr(value_get_string(post, "html", ""), "쿠팡 파트너스"))
			end(WORLD_OTHER, "post %s goes out without the disclosure", w.key);
	}
	return 0;
}

/* ---- agents --------------------------------------------------------------------------- */

static struct value *make_answer(int set, int price)
{
	static struct value *sample;
	char *text;
	size_t len;
	if (!sample && (file_read(TREE "/tests/data/answer-ten.json", 1 << 20, &text, &len) < 0 ||
			       json_parse(text, len, &sample, NULL) < 0))
		abort();
	const struct value *data = value_get(sample, "data");
	struct value *v = value_new_object(), *products = value_new_list();
	for (size_t i = 0; i < 1; i++) {
		struct value *p = value_copy(value_at(value_get(data, "productData"), i));
		value_set_int(p, "productId", value_get_int(p, "productId", 0) + set * 100);
		value_set_int(p, "productPrice",
			(int64_t)value_double(value_get(p, "productPrice"), 0) * price / 100);
		value_append(products, p);
	}
	value_set(v, "products", products);
	value_set_string(v, "landing_url", value_get_string(data, "landingUrl", ""));
	return v;
}

static void done(enum agent_verdict verdict, struct value *answer, int calls)
{
	struct agent_result res;
	agent_result_init(&res);
	if (str_eq(w.op, "search")) {
		w.calls[w.call_count - 1].end = w.true_ms;
		w.calls[w.call_count - 1].requests = calls > 1 ? calls : 1;
		res.calls = calls;
	}
	value_free(w.request);
	w.request = NULL;
	res.verdict = verdict;
	res.answer = answer;
	res.reason = verdict == AGENT_OK ? NULL : xstrdup("an accident");
	engine_done(w.engine, &res, &w.now);
	agent_result_finish(&res);
}

static void done_publish(bool well)
{
	struct value *v;
	switch (well ? 7 : world_random(8)) {
	case 0:
		done(AGENT_LATER, NULL, 0);
		break;
	case 1:
		done(AGENT_UNKNOWN, NULL, 0);
		break;
	case 2:
		put_out(world_random(2) ? 0 : 30 * MINUTE);
		done(AGENT_UNKNOWN, NULL, 0);
		break;
	case 3:
		done(AGENT_REFUSED, NULL, 0);
		break;
	default:
		put_out(0);
		v = value_new_object();
		value_set_string(v, "id", "42");
		value_set_string(v, "url", "https://blog.example/42");
		done(AGENT_OK, v, 0);
	}
}

static void done_find(bool well)
{
	if (!well && world_random(6) == 0) {
		done(AGENT_LATER, NULL, 0);
		return;
	}
	struct value *v = value_new_object();
	const char *found = out_before(w.key, w.true_ms) ? "yes" : "no";
	value_set_string(v, "found", !well && world_random(15) == 0 ? "unknown" : found);
	done(AGENT_OK, v, 0);
}

static void agent_ends(bool well)
{
	advance(well ? SECOND : world_random(3) ? world_random(3000) : world_random(120000));
	if (str_eq(w.op, "publish")) {
		done_publish(well);
	} else if (str_eq(w.op, "find")) {
		done_find(well);
	} else if (str_eq(w.op, "search") && (well || world_random(6))) {
		done(AGENT_OK, make_answer((int)world_random(3), 80 + (int)world_random(40)),
			!well && world_random(20) == 0 ? 2 : 1);
	} else {
		/* Pictures are left out: they are no part of this. */
		done(str_eq(w.op, "search") ? AGENT_LATER : AGENT_REFUSED, NULL, 1);
	}
}

/* ---- the daemon ------------------------------------------------------------------------ */

static const char settings[] =
	"budget: { pace = \"0s\"; };\nhours: { active = \"00:00-24:00\"; };\n"
	"cache: { ttl = \"6h\"; };\nlists = (\n"
	" { name = \"하나\"; keywords = [ \"k1\", \"k2\", \"k3\", \"k4\", \"k5\", \"k6\","
	" \"k7\", \"k8\", \"k9\", \"k10\", \"k11\", \"k12\" ]; every = \"6h\";"
	" publisher = \"blog\"; repost = \"always\"; limit = 1; template = \"single\"; },\n"
	" { name = \"둘\"; keywords = [ \"k3\", \"z\" ]; every = \"1d\"; publisher = \"blog\";"
	" approve = \"manual\"; limit = 1; template = \"single\"; } );\n"
	"publishers = ( { name = \"blog\"; agent = \"outbox\"; directory = \"out\";"
	" similar = 0; gap = \"2min\"; } );\n";

static void die_of(const struct value *errors)
{
	fprintf(stderr, "damage: %s\n", value_string(value_at(errors, 0), ""));
	abort();
}

static struct config *load(void)
{
	struct value *errors = value_new_list();
	struct config *c = NULL;
	if (config_load(path_of("c.conf"), &c, errors) < 0)
		die_of(errors);
	value_free(errors);
	return c;
}

static struct render_templates *templates(void)
{
	const char *const dirs[] = { TREE "/etc/templates" };
	struct value *errors = value_new_list();
	struct render_templates *t = NULL;
	if (render_templates_load(dirs, 1, &t, errors) < 0)
		die_of(errors);
	value_free(errors);
	return t;
}

enum world_end world_start(void)
{
	struct err e = { "" };
	w.end = WORLD_FINE;
	int r = store_open(w.dir, w.dir, STORE_DAEMON, &w.store, &e);
	if (r == 0) {
		char images[PATH_MAX];
		str_format_cut(images, sizeof(images), "%s", path_of("images"));
		struct engine_setup setup = { .store = w.store,
			.config = load(),
			.templates = templates(),
			.port = { port_start, NULL },
			.image_dir = images };
		struct config *config = setup.config;
		r = engine_new(&setup, &w.now, &w.engine, &e);
		if (r < 0) {
			config_free(config);
			render_templates_free(setup.templates);
			store_close(w.store);
			w.store = NULL;
		}
	}
	if (r == 0)
		return WORLD_FINE;
	bool line = e.text[0] && !strchr(e.text, '\n');
	return end(line ? WORLD_STOPPED : WORLD_OTHER, "%s", e.text);
}

bool world_runs(void)
{
	return w.engine;
}

static void new_boot(bool synced)
{
	w.now.boot_ms = 10 * SECOND;
	w.now.synced = synced;
	str_format_cut(w.now.boot_id, sizeof(w.now.boot_id), "11111111-2222-3333-4444-%012d",
		++w.boots);
}

void world_die(bool reboot)
{
	if (w.request && str_eq(w.op, "publish") && world_random(2))
		put_out(0);
	value_free(w.request);
	w.request = NULL;
	engine_free(w.engine);
	store_close(w.store);
	w.engine = NULL;
	w.store = NULL;
	advance((reboot ? world_random(90) : 0) * MINUTE + world_random(60) * SECOND);
	if (!reboot)
		return;
	new_boot(world_random(2));
	/* In step means right; else the battery of the clock may be empty. */
	if (w.now.synced)
		w.now.wall_ms = NOW + w.true_ms;
	else if (world_random(3) == 0)
		w.now.wall_ms += ((int64_t)world_random(240) - 120) * MINUTE;
}

void world_new(const char *dir)
{
	str_format_cut(w.dir, sizeof(w.dir), "%s/world-XXXXXX", dir);
	if (!mkdtemp(w.dir) ||
		file_write_atomic(path_of("c.conf"), settings, strlen(settings), 0600) < 0)
		abort();
	w.now.wall_ms = NOW;
	w.true_ms = 0;
	new_boot(true);
	w.now.boot_ms = 5 * HOUR;
	disk_reset();
}

void world_free(void)
{
	if (w.engine || w.store)
		world_die(false);
	if (dir_remove(w.dir) < 0)
		abort();
	value_free(w.posts);
	memset(&w, 0, sizeof(w));
}

/* ---- what happens ---------------------------------------------------------------------- */

static enum world_end look_at(int64_t wait)
{
	const char *why = engine_fatal(w.engine);
	if (wait < 0)
		end(WORLD_OTHER, "a wait of %" PRId64 " ms", wait);
	if (why && !disk_is_cut())
		end(WORLD_STOPPED, "%s", why);
	return w.end;
}

static void settle(void)
{
	struct value *rows = NULL, *args = value_new_object();
	int64_t id;
	if (store_list_posts(w.store, POST_PARKED, NULL, 1, &rows) == 0 && value_len(rows) > 0) {
		const struct value *row = value_at(rows, 0);
		bool out = out_before(value_get_string(row, "key", ""), INT64_MAX);
		value_set_int(args, "post", value_get_int(row, "id", 0));
		value_set_string(args, "as", out ? "published" : "absent");
		(void)!store_request_add(w.store, "post.settle", args, w.now.wall_ms, &id);
	}
	value_free(rows);
	value_free(args);
}

static void wish(void)
{
	static const char *const kinds[] = { "post.approve", "post.retry", "post.reject" };
	struct value *args = value_new_object();
	int64_t id;
	value_set_int(args, "post", 1 + world_random(60));
	(void)!store_request_add(w.store, kinds[world_random(3)], args, w.now.wall_ms, &id);
	value_free(args);
}

enum world_end world_go(void)
{
	unsigned n = world_random(100);
	if (n < 3 && !w.request)
		settle();
	else if (n < 8 && !w.request)
		wish();
	else if (w.request)
		agent_ends(false);
	else
		advance(world_random(10) * MINUTE);
	int64_t wait = engine_step(w.engine, &w.now);
	if (!w.request && wait > 0 && wait < INT64_MAX && world_random(2))
		advance(wait);
	return look_at(wait);
}

enum world_end world_calm(int hours)
{
	int64_t until = w.true_ms + hours * HOUR;
	int idle = 0;
	while (w.true_ms < until && w.end == WORLD_FINE) {
		int64_t wait = engine_step(w.engine, &w.now);
		/* Turns without an end: what does nothing must say when it will. */
		idle = w.request || wait > 0 ? 0 : idle + 1;
		if (idle > 10000)
			return end(WORLD_OTHER, "it does not come to rest");
		if (look_at(wait) != WORLD_FINE)
			break;
		if (w.request)
			agent_ends(true);
		else if (world_random(20) == 0)
			settle();
		else if (wait > 0)
			advance(wait < until - w.true_ms ? wait : until - w.true_ms);
	}
	return w.end;
}

static bool still_there(const struct value *was, const struct value *rows)
{
	int64_t id = value_get_int(was, "id", 0);
	for (size_t i = 0; i < value_len(rows); i++) {
		const struct value *is = value_at(rows, i);
		if (value_get_int(is, "id", 0) != id)
			continue;
		return str_eq(value_get_string(is, "key", ""), value_get_string(was, "key", "")) &&
			(!str_eq(value_get_string(was, "state", ""), POST_PUBLISHED) ||
				str_eq(value_get_string(is, "state", ""), POST_PUBLISHED));
	}
	return false;
}

bool world_posts_kept(bool first)
{
	struct value *rows = NULL;
	bool kept = true;
	if (store_list_posts(w.store, NULL, NULL, 0, &rows) < 0)
		return false;
	if (first) {
		value_free(w.posts);
		w.posts = rows;
		return true;
	}
	for (size_t i = 0; kept && i < value_len(w.posts); i++)
		kept = still_there(value_at(w.posts, i), rows);
	value_free(rows);
	return kept;
}

off_t world_cache(char *path, size_t size)
{
	struct stat st;
	str_format_cut(path, size, "%s/cache.db", w.dir);
	return stat(path, &st) == 0 ? st.st_size : 0;
}

bool world_cache_works(void)
{
	struct value *v = value_new_object(), *got = NULL;
	int64_t at = 0;
	bool works = store_has_cache(w.store) &&
		store_answer_put(w.store, "just looking", w.now.wall_ms, v) == 0 &&
		store_answer_get(w.store, "just looking", &at, &got) == 0 && at == w.now.wall_ms;
	value_free(v);
	value_free(got);
	return works;
}
