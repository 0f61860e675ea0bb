/* SPDX-License-Identifier: MIT */
#include "scenes.h"

#include <sysexits.h>

#include "util.h"

/* Over the 15 minutes between two looks for a post; two of them are under the hour. */
#define STEP_MS (16 * WORLD_MINUTE)
#define ROUNDS_MAX 14
#define DAY_AND_MORE_MS (25 * WORLD_HOUR) /* a block is over, the cache is cleaned */

#define LIST(more, words) "{ name = \"가\"; keywords = [ " words " ]; limit = 1; publisher = " \
	"\"p\"; " more " }"
#define LISTS(more) \
	"lists = ( " LIST(more, "\"에어프라이어\", \"전기포트\", \"가습기\"") " );"

static const struct world_run once = { .once = true };
static const char *const approve_1[] = { "posts", "approve", "1", NULL };
static const char *const approve_2[] = { "posts", "approve", "2", NULL };
static const char *const update_1[] = { "posts", "update", "1", NULL };

static void run_at(struct world *w, int64_t off_ms)
{
	w->off_ms = off_ms;
	int r = world_run(w, &once);
	if (r != 0)
		die("preparing: cpautod ended with %d, see %s", r, world_path(w, "log"));
}

static void prepare_once(struct world *w)
{
	run_at(w, 0);
}

static void prepare_looked(struct world *w)
{
	run_at(w, 0);
	run_at(w, 2 * WORLD_MINUTE);
	run_at(w, 18 * WORLD_MINUTE);
}

static void prepare_all(struct world *w)
{
	run_at(w, 0);
	run_at(w, 62 * WORLD_MINUTE);
}

/* What was said while no daemon ran is done by the next one. */
static void prepare_approved(struct world *w)
{
	const struct world_run first = { .words = approve_1 }, second = { .words = approve_2 };
	run_at(w, 0);
	(void)world_run(w, &first);
	(void)world_run(w, &second);
	if (judge_number(world_path(w, "state"), "SELECT count(*) FROM requests") != 2)
		die("preparing: cpauto posts approve did not leave its wish");
}

static void prepare_changed(struct world *w)
{
	prepare_approved(w);
	judge_edit(w, "UPDATE posts SET products = '1'");
}

/* Each of them stands on the blog with other products than are found now. */
static void prepare_outdated(struct world *w)
{
	prepare_all(w);
	judge_edit(w, "UPDATE posts SET products = '1'");
}

/* A person wants the first brought up to date. */
static void prepare_wished(struct world *w)
{
	const struct world_run run = { .words = update_1 };
	prepare_all(w);
	(void)world_run(w, &run);
	if (judge_number(world_path(w, "state"), "SELECT count(*) FROM requests") != 1)
		die("preparing: cpauto posts update did not leave its wish");
}

/* The daemon dies between the call and the answer: the call is open, a post may be out. */
static void prepare_dead(struct world *w)
{
	run_at(w, 0);
	judge_edit(w, "UPDATE posts SET state = 'sending', published_ms = NULL, url = NULL,"
		      " external_id = NULL WHERE id = 1;"
		      "UPDATE calls SET ended_wall = NULL, ended_boot = NULL, result = NULL"
		      " WHERE id = 2");
}

/* And was started again, so that the post is unclear and will be looked for. */
static void prepare_unclear(struct world *w)
{
	prepare_dead(w);
	run_at(w, 2 * WORLD_MINUTE);
}

const struct scene scenes[] = {
	{ .name = "first", .agent = "outbox", .lists = LISTS("every = \"30d\";"),
		.want = { .posts = 1, .outbox = true } },
	{ .name = "dead", .agent = "outbox", .lists = LISTS("every = \"30d\";"),
		.prepare = prepare_dead, .at_ms = 2 * WORLD_MINUTE,
		.want = { .posts = 1, .outbox = true } },
	{ .name = "found", .agent = "outbox", .lists = LISTS("every = \"30d\";"),
		.prepare = prepare_unclear, .at_ms = 4 * WORLD_MINUTE,
		.want = { .posts = 1, .outbox = true } },
	{ .name = "lost", .agent = "counting", .mode = 'm', .lists = LISTS("every = \"30d\";"),
		.want = { .posts = 1 } },
	{ .name = "settle", .agent = "counting", .mode = 'm', .lists = LISTS("every = \"30d\";"),
		.prepare = prepare_once, .at_ms = 2 * WORLD_MINUTE, .want = { .posts = 1 } },
	{ .name = "absent", .agent = "counting", .mode = 'd', .lists = LISTS("every = \"30d\";"),
		.prepare = prepare_looked, .at_ms = 63 * WORLD_MINUTE, .want = { .posts = 1 } },
	{ .name = "blind", .agent = "counting", .mode = 'b', .lists = LISTS("every = \"30d\";"),
		.prepare = prepare_once, .at_ms = 2 * WORLD_MINUTE,
		.want = { .posts = 1, .parked = true } },
	{ .name = "draft", .agent = "counting", .mode = 's', .lists = LISTS("every = \"30d\";"),
		.want = { .posts = 1 } },
	{ .name = "reload", .agent = "outbox", .how = HOW_RELOAD,
		.lists = "lists = ( " LIST("every = \"30d\";", "\"에어프라이어\"") " );",
		.lists_after = "lists = ( "
			LIST("every = \"30d\";", "\"에어프라이어\", \"전기포트\"") ","
			"{ name = \"나\"; keywords = [ \"가습기\" ]; every = \"30d\"; limit = 1;"
			" publisher = \"p\"; } );",
		.want = { .posts = 1, .outbox = true } },
	{ .name = "approve", .agent = "counting", .lists = LISTS("every = \"30d\"; approve = "
		"\"manual\";"), .prepare = prepare_approved, .at_ms = WORLD_MINUTE,
		.approve = true, .want = { .posts = 1 } },
	{ .name = "cli", .agent = "counting", .how = HOW_CLI, .lists = LISTS("every = \"30d\"; "
		"approve = \"manual\";"), .prepare = prepare_once, .at_ms = WORLD_MINUTE,
		.approve = true, .want = { .posts = 1 } },
	{ .name = "expiry", .agent = "outbox", .lists = LISTS("every = \"30d\"; approve = "
		"\"manual\";"), .prepare = prepare_approved, .at_ms = 25 * WORLD_HOUR,
		.approve = true, .want = { .posts = 1, .outbox = true } },
	{ .name = "changed", .agent = "counting", .lists = LISTS("every = \"30d\"; approve = "
		"\"manual\";"), .prepare = prepare_changed, .at_ms = 25 * WORLD_HOUR,
		.approve = true, .want = { .posts = 1 } },
	{ .name = "repost", .agent = "outbox", .lists = LISTS("every = \"1d\"; repost = "
		"\"always\";"), .prepare = prepare_all, .at_ms = 27 * WORLD_HOUR,
		.want = { .posts = 2, .outbox = true } },
	{ .name = "update", .agent = "counting", .mode = 'u', .lists = LISTS("every = \"1d\"; "
		"repost = \"update\";"), .prepare = prepare_outdated, .at_ms = 27 * WORLD_HOUR,
		.want = { .posts = 2, .updates = 3 } },
	{ .name = "rewrite", .agent = "counting", .lists = LISTS("every = \"30d\";"),
		.prepare = prepare_wished, .at_ms = 27 * WORLD_HOUR,
		.want = { .posts = 1, .updates = 1 } },
	{ .name = "strike", .agent = "counting", .lists = LISTS("every = \"30d\";"),
		.strike = true, .want = { .posts = 1 } },
};
const size_t scene_count = ARRAY_LEN(scenes);

/* What the preparing was, to go on from: the same time and the same calls at every point. */
static struct {
	int64_t wall_ms;
	struct world_call calls[WORLD_CALLS_MAX];
	size_t call_count;
} kept[ARRAY_LEN(scenes)];

static bool twice;

void scenes_set_twice(void)
{
	twice = true;
}

static void set_mode(struct world *w, const struct scene *s)
{
	const char mode[2] = { twice ? 'x' : s->mode ? s->mode : 'n', '\0' };
	if (!s->want.outbox)
		world_write(w, "out/mode", mode);
}

void scene_prepare(struct world *w, const struct scene *s)
{
	w->server = s->strike;
	w->boot = BOOT_SAME;
	world_skip(w);
	world_clear(w);
	if (s->strike)
		world_reset_server(w);
	world_configure(w, "cpauto.conf", s->agent, s->lists);
	if (s->lists_after)
		world_configure(w, "after.conf", s->agent, s->lists_after);
	set_mode(w, s);
	kept[s - scenes].wall_ms = world_now(w);
	if (s->prepare)
		s->prepare(w);
	if (!tracer_reap(5))
		die("preparing '%s' left something running", s->name);
	world_count(w);
	kept[s - scenes].call_count = w->call_count;
	memcpy(kept[s - scenes].calls, w->calls, sizeof(w->calls));
	world_keep(w, s->name);
}

void scene_enter(struct world *w, const struct scene *s)
{
	w->server = s->strike;
	world_skip(w);
	world_restore(w, s->name);
	if (s->strike)
		world_reset_server(w);
	w->off_ms = kept[s - scenes].wall_ms + s->at_ms - world_now(w);
	w->call_count = kept[s - scenes].call_count;
	memcpy(w->calls, kept[s - scenes].calls, sizeof(w->calls));
}

struct world_run scene_run(const struct scene *s)
{
	return (struct world_run){ .once = s->how == HOW_ONCE,
		.words = s->how == HOW_CLI ? approve_1 : NULL };
}

/* What a person does who sees a post wait. */
static void approve(struct world *w)
{
	for (int i = 0; i < 4; i++) {
		char text[24];
		int64_t id = judge_number(world_path(w, "state"),
			"SELECT id FROM posts WHERE state = 'waiting' AND NOT EXISTS (SELECT 1 FROM"
			" requests WHERE done_ms IS NULL AND args LIKE '%:' || posts.id || '}')"
			" ORDER BY id LIMIT 1");
		if (id < 0)
			return;
		str_format_cut(text, sizeof(text), "%lld", (long long)id);
		const char *const words[] = { "posts", "approve", text, NULL };
		const struct world_run run = { .words = words };
		(void)world_run(w, &run);
	}
}

/* With nothing to look for, straight to when the calls come back; once it is looked before. */
static int64_t step(const struct world *w, int round)
{
	bool unknown = judge_number(world_path(w, "state"),
		"SELECT count(*) FROM posts WHERE state IN ('unknown', 'rendered')") > 0;
	return unknown || round == 0 ? STEP_MS : 3 * STEP_MS - WORLD_MINUTE;
}

/* The block is over, and whoever used the same key has stopped: a server with room. */
static void end_block(struct world *w, const struct scene *s, int64_t start)
{
	w->off_ms = start + DAY_AND_MORE_MS;
	w->server = 0;
	world_skip(w);
	world_configure(w, "cpauto.conf", s->agent, s->lists);
}

static int settle(struct world *w, const struct scene *s)
{
	int64_t start = w->off_ms;
	int r = 0;
	for (int i = 0; i < ROUNDS_MAX; i++) {
		r = world_run(w, &once);
		/* Nothing of the old run goes on over a step of the clock. */
		if (i == 0 && !tracer_reap(5))
			r = -2;
		/* While a child of the old one is still dying: as systemd would, later. */
		if (i == 0 && r == EX_TEMPFAIL)
			r = world_run(w, &once);
		if (r != 0 || judge_done(w, &s->want))
			break;
		if (s->approve)
			approve(w);
		w->off_ms += step(w, i);
		if (s->strike && i == 4)
			end_block(w, s, start);
	}
	return r;
}

int scene_settle(struct world *w, const struct scene *s)
{
	int r = settle(w, s);
	/* What is done stays done. */
	w->off_ms += STEP_MS;
	if (r == 0)
		r = world_run(w, &once);
	if (r == 0 && judge_left(w)) {
		w->off_ms += DAY_AND_MORE_MS;
		r = settle(w, s);
	}
	return r;
}
