/* SPDX-License-Identifier: MIT */
#include "alone.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "util.h"

static const char *const keys[] = { "k-one", "k-two" };

static const struct world_run first = { .agent = "outbox", .request = "first.json" };
static const struct world_run second = { .agent = "outbox", .request = "second.json" };
static const struct world_run look = { .agent = "outbox", .request = "find.json" };

/* The smallest PNG there is. */
static const unsigned char picture[] = {
	0x89, 'P', 'N', 'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 'I', 'H', 'D', 'R', 0, 0, 0, 1,
	0, 0, 0, 1, 8, 6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 13, 'I', 'D', 'A', 'T', 0x78,
	0x9c, 0x63, 0x60, 0x60, 0x60, 0xf8, 0x0f, 0, 0x01, 0x04, 0x01, 0, 0x5f, 0xe5, 0xc3, 0x4b,
	0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82,
};

static void write_request(const struct world *w, const char *file, const char *op, const char *key)
{
	CLEANUP_FREE char *text = xasprintf(
		"{\"v\":1,\"op\":\"%s\",\"config\":{\"directory\":\"%s/out\"},\"post\":{"
		"\"key\":\"%s\",\"keyword\":\"무선 청소기\",\"title\":\"무선 청소기 추천\","
		"\"html\":\"<p>본문</p>\",\"text\":\"본문\\n\",\"markdown\":\"본문\\n\","
		"\"images\":[{\"src\":\"http://127.0.0.1/a.png\",\"path\":\"%s/a.png\"}]}}",
		op, w->root, key, w->root);
	world_write(w, file, text);
}

void alone_init(struct alone *a, struct world *w)
{
	a->world = w;
}

void alone_prepare(struct alone *a)
{
	struct world *w = a->world;
	world_clear(w);
	write_request(w, "first.json", "publish", keys[0]);
	write_request(w, "second.json", "publish", keys[1]);
	write_request(w, "find.json", "find", keys[1]);
	if (file_write_atomic(world_path(w, "a.png"), picture, sizeof(picture), 0600) < 0 ||
		world_run(w, &first) != 0)
		die("the outbox agent does not publish, see %s", world_path(w, "log"));
	world_keep(w, "alone");
}

/* Of the call before which it is killed nothing is done: the counting one's first write. */
static void test_tracer(struct world *w)
{
	const struct tracer_point at = { .process = "0", .nr = SYS_write, .count = 1,
		.victim = VICTIM_SELF };
	const struct world_run run = { .agent = "counting", .request = "second.json" };
	struct tracer_job job = { .kill = &at };
	struct tracer_end end;
	struct stat st;
	world_trace(w, &run, &job, &end);
	if (!end.killed || !WIFSIGNALED(end.status) || stat(world_path(w, "out/tries"), &st) < 0 ||
		st.st_size != 0)
		die("the tracer does not kill before a call, but in or after it");
}

void alone_explore(struct alone *a, void (*on_call)(void *ctx, const struct tracer_call *call),
	void *ctx)
{
	struct tracer_job job = { .on_call = on_call, .ctx = ctx };
	struct tracer_end end;
	alone_prepare(a);
	test_tracer(a->world);
	world_restore(a->world, "alone");
	world_trace(a->world, &second, &job, &end);
}

static bool said(const struct world *w, const char *what)
{
	CLEANUP_FREE char *text = NULL;
	return file_read(world_path(w, "answer"), 65536, &text, NULL) == 0 && strstr(text, what);
}

void alone_point(struct alone *a, const struct tracer_point *at, struct verdict *v,
	struct tracer_end *end)
{
	struct world *w = a->world;
	struct tracer_job job = { .kill = at };
	world_restore(w, "alone");
	world_trace(w, &second, &job, end);
	if (world_run(w, &look) != 0 || !said(w, "\"result\":\"ok\""))
		judge_break(v, PROMISE_ONCE, "find does not work");
	/* Found, it is never sent again: then it must be all there, lists and all. */
	if (said(w, "\"found\":\"yes\""))
		judge_outbox(w, keys, 2, v);
	else if (!said(w, "\"found\":\"no\""))
		judge_break(v, PROMISE_ONCE, "find does not know");
	if (world_run(w, &second) != 0 || !said(w, "\"result\":\"ok\""))
		judge_break(v, PROMISE_ONCE, "it is not published the second time");
	judge_outbox(w, keys, 2, v);
}
