/* SPDX-License-Identifier: MIT */
#include "order.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "util.h"

#define HEAD_MAX 80

void order_init(struct order *o, const struct world *w, struct verdict *v)
{
	memset(o, 0, sizeof(*o));
	o->world = w;
	o->verdict = v;
}

/* What the daemon's descriptor is, if it lies in the state folder or is that folder. */
static bool state_path(const struct order *o, pid_t pid, uint64_t fd, char path[PATH_MAX])
{
	char link[64];
	str_format_cut(link, sizeof(link), "/proc/%d/fd/%d", (int)pid, (int)fd);
	ssize_t n = readlink(link, path, PATH_MAX - 1);
	path[n > 0 ? n : 0] = '\0';
	return str_starts(path, world_path(o->world, "state"));
}

static char *find_dirty(struct order *o, const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(o->dirty); i++)
		if (str_eq(o->dirty[i], path))
			return o->dirty[i];
	return NULL;
}

static void soil(struct order *o, const char *path)
{
	char *free_one = find_dirty(o, "");
	if (find_dirty(o, path))
		return;
	if (!free_one)
		die("more than %d files are written at once", ORDER_DIRTY_MAX);
	str_format_cut(free_one, PATH_MAX, "%s", path);
}

static size_t count_dirty(const struct order *o)
{
	size_t n = 0;
	for (size_t i = 0; i < ARRAY_LEN(o->dirty); i++)
		n += o->dirty[i][0] != '\0';
	return n;
}

static void read_head(pid_t pid, uint64_t at, char out[HEAD_MAX])
{
	struct iovec here = { out, HEAD_MAX - 1 }, there = { (void *)(uintptr_t)at, HEAD_MAX - 1 };
	ssize_t n = process_vm_readv(pid, &here, 1, &there, 1, 0);
	out[n > 0 ? n : 0] = '\0';
}

/* A name that is made in the state folder lasts once the folder is synced. */
static void on_open(struct order *o, const struct tracer_call *call)
{
	char path[PATH_MAX], *slash;
	struct iovec here = { path, 0 }, there = { (void *)(uintptr_t)call->args[1], 0 };
	struct stat st;
	/* To the end of the page: the text may end right before one that is not there. */
	here.iov_len = there.iov_len = 4096 - (call->args[1] & 4095);
	ssize_t n = call->args[2] & O_CREAT ? process_vm_readv(call->pid, &here, 1, &there, 1, 0)
					   : 0;
	if (n <= 0 || !memchr(path, '\0', (size_t)n) || stat(path, &st) == 0 ||
		!str_starts(path, world_path(o->world, "state/")) || str_ends(path, ".lock"))
		return;
	slash = strrchr(path, '/');
	*slash = '\0';
	soil(o, path);
}

/* The daemon is stopped here, so its files stand still. */
static void on_fork(struct order *o)
{
	const char *state = world_path(o->world, "state");
	char at[PATH_MAX];
	str_format_cut(at, sizeof(at), "%s-peek", state);
	world_copy(state, at);
	o->dirty_then = count_dirty(o);
	o->open_then = judge_number(at, "SELECT count(*) FROM calls WHERE ended_wall IS NULL");
	o->sending_then = judge_number(at, "SELECT count(*) FROM posts WHERE state = 'sending'");
}

static void on_act(struct order *o, const char *op, bool recorded)
{
	o->acts++;
	o->broken += !recorded || o->dirty_then > 0;
	if (!recorded)
		judge_say(o->verdict, "%s began before it was recorded", op);
	if (o->dirty_then > 0)
		judge_say(o->verdict, "%s began with %zu files of the state not synced", op,
			o->dirty_then);
}

static void on_write(struct order *o, const struct tracer_call *call)
{
	char path[PATH_MAX], head[HEAD_MAX];
	if (state_path(o, call->pid, call->args[0], path)) {
		soil(o, path);
		return;
	}
	if (call->nr != SYS_write)
		return;
	read_head(call->pid, call->args[1], head);
	if (str_starts(head, "{\"v\":1,\"op\":\"search\""))
		on_act(o, "a call", o->open_then == 1);
	else if (str_starts(head, "{\"v\":1,\"op\":\"publish\"") ||
		str_starts(head, "{\"v\":1,\"op\":\"update\""))
		on_act(o, "publishing", o->sending_then == 1);
}

static void on_sync(struct order *o, const struct tracer_call *call)
{
	char path[PATH_MAX];
	char *dirty = state_path(o, call->pid, call->args[0], path) ? find_dirty(o, path) : NULL;
	o->syncs++;
	if (dirty)
		dirty[0] = '\0';
}

void order_call(struct order *o, const struct tracer_call *call)
{
	switch (call->nr) {
	case SYS_write:
	case SYS_pwrite64:
	case SYS_ftruncate:
		on_write(o, call);
		break;
	case SYS_fsync:
	case SYS_fdatasync:
		on_sync(o, call);
		break;
	case SYS_openat:
		on_open(o, call);
		break;
#ifdef SYS_clone3
	case SYS_clone3:
#endif
	case SYS_clone:
		on_fork(o);
		break;
	default:
		break;
	}
}
