/* SPDX-License-Identifier: MIT */
#include "disk.h"

#include <assert.h>

#include <sqlite3.h>

#include "util.h"

#define OPS_MAX 100000

struct op {
	bool truncates;
	size_t where, len; /* a truncation's new size is WHERE */
	unsigned char *data;
};

struct content {
	unsigned char *data;
	size_t size, room;
};

struct file {
	const char *name;
	bool there, there_durably;
	bool folder_due; /* its next sync syncs the folder, too */
	struct content now, durable;
	struct op *ops;
	size_t op_count, op_room;
};

static struct file files[] = { { .name = "state.db" }, { .name = "state.db-journal" } };
static sqlite3_vfs *real;
static sqlite3_vfs ours;
static int countdown = -1, events;
static bool dead;

struct handle {
	sqlite3_file base;
	struct file *file;
};

/* ---- contents --------------------------------------------------------------------- */

static void resize(struct content *c, size_t size)
{
	if (size > c->room) {
		c->room = size * 2;
		c->data = xrealloc(c->data, c->room);
	}
	if (size > c->size)
		memset(c->data + c->size, 0, size - c->size);
	c->size = size;
}

static void put(struct content *c, size_t where, const void *data, size_t len)
{
	if (len == 0)
		return;
	if (where + len > c->size)
		resize(c, where + len);
	memcpy(c->data + where, data, len);
}

static void copy(struct content *to, const struct content *from)
{
	resize(to, 0);
	put(to, 0, from->data, from->size);
}

static void forget_ops(struct file *f)
{
	for (size_t i = 0; i < f->op_count; i++)
		free(f->ops[i].data);
	f->op_count = 0;
}

static void add_op(struct file *f, struct op op)
{
	assert(f->op_count < OPS_MAX);
	if (f->op_count == f->op_room) {
		f->op_room = f->op_room ? 2 * f->op_room : 64;
		f->ops = xreallocarray(f->ops, f->op_room, sizeof(*f->ops));
	}
	f->ops[f->op_count++] = op;
}

void disk_reset(void)
{
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		forget_ops(&files[i]);
		resize(&files[i].now, 0);
		resize(&files[i].durable, 0);
		files[i].there = files[i].there_durably = false;
	}
	countdown = -1;
	dead = false;
}

/* ---- the cut ---------------------------------------------------------------------- */

void disk_cut_in(int n)
{
	countdown = n;
}

bool disk_is_cut(void)
{
	return dead;
}

int disk_events(void)
{
	return events;
}

/* Before each thing that leaves a trace; false once the power is gone. */
static bool powered(void)
{
	events++;
	if (countdown >= 0 && countdown-- == 0)
		dead = true;
	return !dead;
}

/* The sector at AT after the first K of what was done and not synced. */
static void replay(const struct file *f, size_t at, size_t sector, size_t k, unsigned char *out)
{
	memset(out, 0, sector);
	size_t size = f->durable.size;
	if (at < size)
		memcpy(out, f->durable.data + at, size - at < sector ? size - at : sector);
	for (size_t i = 0; i < k; i++) {
		const struct op *o = &f->ops[i];
		if (o->truncates) {
			if (o->where < at + sector) {
				size_t from = o->where > at ? o->where - at : 0;
				memset(out + from, 0, sector - from);
			}
			continue;
		}
		size_t from = o->where > at ? o->where : at;
		size_t to = o->where + o->len < at + sector ? o->where + o->len : at + sector;
		if (from < to)
			memcpy(out + (from - at), o->data + (from - o->where), to - from);
	}
}

static size_t size_after(const struct file *f, size_t k)
{
	size_t size = f->durable.size;
	for (size_t i = 0; i < k; i++) {
		const struct op *o = &f->ops[i];
		if (o->truncates)
			size = o->where;
		else if (o->where + o->len > size)
			size = o->where + o->len;
	}
	return size;
}

/*
 * A truncation is the file system's own, whole or not at all: with a size from the
 * first K operations go only contents from between the truncations around them.
 */
static void between_truncations(const struct file *f, size_t k, size_t *low, size_t *high)
{
	*low = k;
	*high = k;
	while (*low > 0 && !f->ops[*low - 1].truncates)
		(*low)--;
	while (*high < f->op_count && !f->ops[*high].truncates)
		(*high)++;
}

/* What survives: nothing, all, the first few, or of each sector whatever it likes. */
static void survive(struct file *f, unsigned (*random)(unsigned n))
{
	unsigned char buf[4096];
	size_t sector = random(2) ? 512 : 4096;
	unsigned n = (unsigned)f->op_count + 1, way = random(6);
	size_t together = way == 0 ? 0 : way == 1 ? n - 1 : random(n);
	bool noise = random(4) == 0;
	struct content image = { 0 };
	size_t k = way < 3 ? together : random(n), low, high;
	size_t size = size_after(f, k);
	between_truncations(f, k, &low, &high);
	for (size_t at = 0; at < size; at += sector) {
		size_t len = size - at < sector ? size - at : sector;
		if (way >= 3)
			k = low + random((unsigned)(high - low) + 1);
		replay(f, at, sector, k, buf);
		/* Only what was never synced can be noise: the file grew here. */
		if (noise && way >= 3 && at >= f->durable.size && random(3) == 0)
			for (size_t i = 0; i < len; i++)
				buf[i] = (unsigned char)random(256);
		put(&image, at, buf, len);
	}
	resize(&image, size);
	copy(&f->durable, &image);
	free(image.data);
}

void disk_recover(unsigned (*random)(unsigned n))
{
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct file *f = &files[i];
		survive(f, random);
		if (f->there != f->there_durably)
			f->there_durably = random(2);
		f->there = f->there_durably;
		if (!f->there)
			resize(&f->durable, 0);
		copy(&f->now, &f->durable);
		forget_ops(f);
	}
	countdown = -1;
	dead = false;
}

unsigned char *disk_state(size_t *ret_len)
{
	*ret_len = files[0].now.size;
	return files[0].there ? files[0].now.data : NULL;
}

void disk_put_state(const void *data, size_t len)
{
	forget_ops(&files[0]);
	resize(&files[0].now, 0);
	put(&files[0].now, 0, data, len);
	copy(&files[0].durable, &files[0].now);
	files[0].there = files[0].there_durably = true;
}

/* ---- the VFS ---------------------------------------------------------------------- */

static int close_file(sqlite3_file *h)
{
	(void)h;
	return SQLITE_OK;
}

static int read_file(sqlite3_file *h, void *buf, int len, sqlite3_int64 where)
{
	const struct content *c = &((struct handle *)h)->file->now;
	size_t at = (size_t)where, want = (size_t)len;
	if (dead)
		return SQLITE_IOERR_READ;
	size_t have = at < c->size ? c->size - at : 0;
	if (have > want)
		have = want;
	if (have)
		memcpy(buf, c->data + at, have);
	if (have == want)
		return SQLITE_OK;
	memset((char *)buf + have, 0, want - have);
	return SQLITE_IOERR_SHORT_READ;
}

static int write_file(sqlite3_file *h, const void *data, int len, sqlite3_int64 where)
{
	struct file *f = ((struct handle *)h)->file;
	struct op op = { .where = (size_t)where, .len = (size_t)len };
	/* What is under way when the power goes may have got through. */
	bool on = powered();
	if (!on && countdown < -1)
		return SQLITE_IOERR_WRITE;
	op.data = xmalloc(op.len + 1);
	memcpy(op.data, data, op.len);
	add_op(f, op);
	put(&f->now, op.where, data, op.len);
	if (!on)
		countdown = -2;
	return on ? SQLITE_OK : SQLITE_IOERR_WRITE;
}

static int truncate_file(sqlite3_file *h, sqlite3_int64 size)
{
	struct file *f = ((struct handle *)h)->file;
	if (!powered())
		return SQLITE_IOERR_TRUNCATE;
	add_op(f, (struct op){ .truncates = true, .where = (size_t)size });
	resize(&f->now, (size_t)size);
	return SQLITE_OK;
}

/* As the unix VFS does it: the first sync of a journal that was opened syncs its folder too. */
static int sync_file(sqlite3_file *h, int flags)
{
	struct file *f = ((struct handle *)h)->file;
	(void)flags;
	if (!powered())
		return SQLITE_IOERR_FSYNC;
	copy(&f->durable, &f->now);
	forget_ops(f);
	if (f->folder_due)
		for (size_t i = 0; i < ARRAY_LEN(files); i++)
			files[i].there_durably = files[i].there;
	f->folder_due = false;
	return SQLITE_OK;
}

static int size_of_file(sqlite3_file *h, sqlite3_int64 *ret)
{
	*ret = (sqlite3_int64)((struct handle *)h)->file->now.size;
	return dead ? SQLITE_IOERR_FSTAT : SQLITE_OK;
}

static int lock_file(sqlite3_file *h, int level)
{
	(void)h;
	(void)level;
	return SQLITE_OK;
}

static int is_reserved(sqlite3_file *h, int *ret)
{
	(void)h;
	*ret = 0;
	return SQLITE_OK;
}

static int control_file(sqlite3_file *h, int op, void *arg)
{
	(void)h;
	(void)op;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static int sector_size(sqlite3_file *h)
{
	(void)h;
	return 4096;
}

static int characteristics(sqlite3_file *h)
{
	(void)h;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods methods = {
	.iVersion = 1,
	.xClose = close_file,
	.xRead = read_file,
	.xWrite = write_file,
	.xTruncate = truncate_file,
	.xSync = sync_file,
	.xFileSize = size_of_file,
	.xLock = lock_file,
	.xUnlock = lock_file,
	.xCheckReservedLock = is_reserved,
	.xFileControl = control_file,
	.xSectorSize = sector_size,
	.xDeviceCharacteristics = characteristics,
};

static struct file *find(const char *path)
{
	const char *name = path ? strrchr(path, '/') : NULL;
	for (size_t i = 0; name && i < ARRAY_LEN(files); i++)
		if (str_eq(files[i].name, name + 1))
			return &files[i];
	return NULL;
}

static int open_file(sqlite3_vfs *v, const char *path, sqlite3_file *h, int flags, int *out)
{
	struct file *f = find(path);
	(void)v;
	if (!f)
		return real->xOpen(real, path, h, flags, out);
	struct handle *mine = (struct handle *)h;
	mine->base.pMethods = NULL;
	if (dead || (!f->there && !(flags & SQLITE_OPEN_CREATE)))
		return SQLITE_CANTOPEN;
	if (!f->there) {
		if (!powered())
			return SQLITE_CANTOPEN;
		f->there = true;
		resize(&f->now, 0);
		resize(&f->durable, 0);
		forget_ops(f);
	}
	f->folder_due = f != &files[0];
	mine->file = f;
	mine->base.pMethods = &methods;
	if (out)
		*out = flags;
	return SQLITE_OK;
}

static int delete_file(sqlite3_vfs *v, const char *path, int sync_dir)
{
	struct file *f = find(path);
	(void)v;
	if (!f)
		return real->xDelete(real, path, sync_dir);
	if (!f->there)
		return SQLITE_IOERR_DELETE_NOENT;
	if (!powered())
		return SQLITE_IOERR_DELETE;
	f->there = false;
	if (sync_dir)
		for (size_t i = 0; i < ARRAY_LEN(files); i++)
			files[i].there_durably = files[i].there;
	f->folder_due = false;
	return SQLITE_OK;
}

static int access_file(sqlite3_vfs *v, const char *path, int flags, int *ret)
{
	struct file *f = find(path);
	(void)v;
	if (!f)
		return real->xAccess(real, path, flags, ret);
	*ret = f->there && (flags != SQLITE_ACCESS_EXISTS || f->now.size > 0);
	return SQLITE_OK;
}

void disk_register(void)
{
	if (sqlite3_initialize() != SQLITE_OK)
		abort();
	real = sqlite3_vfs_find(NULL);
	ours = *real;
	ours.zName = "cut";
	ours.pNext = NULL;
	if (ours.szOsFile < (int)sizeof(struct handle))
		ours.szOsFile = (int)sizeof(struct handle);
	ours.xOpen = open_file;
	ours.xDelete = delete_file;
	ours.xAccess = access_file;
	if (sqlite3_vfs_register(&ours, 1) != SQLITE_OK)
		abort();
}
