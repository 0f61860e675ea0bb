/* SPDX-License-Identifier: MIT */
#include "disk.h"

#include <string.h>

#include <sqlite3.h>

#include "util.h"

struct disk disk;

static sqlite3_vfs *real;

struct file {
	sqlite3_file base;
	sqlite3_file *inner; /* behind this struct */
};

static sqlite3_file *inner(sqlite3_file *f)
{
	return ((struct file *)f)->inner;
}

/* One operation that changes something; false from the one on at which the process dies. */
static bool alive(void)
{
	if (disk.dead)
		return false;
	disk.ops++;
	if (disk.die_at && disk.ops >= disk.die_at)
		disk.dead = true;
	return !disk.dead;
}

static int on_close(sqlite3_file *f)
{
	return inner(f)->pMethods->xClose(inner(f));
}

static int on_read(sqlite3_file *f, void *buf, int n, sqlite3_int64 at)
{
	return inner(f)->pMethods->xRead(inner(f), buf, n, at);
}

static int on_write(sqlite3_file *f, const void *buf, int n, sqlite3_int64 at)
{
	bool was_dead = disk.dead;
	if (!alive()) {
		/* Killed in the middle of it: a part is there. */
		if (!was_dead && n > 1)
			(void)inner(f)->pMethods->xWrite(inner(f), buf, n / 2, at);
		return SQLITE_IOERR_WRITE;
	}
	if (disk.full && dice_below(&disk.dice, 4) > 0)
		return SQLITE_FULL;
	return inner(f)->pMethods->xWrite(inner(f), buf, n, at);
}

static int on_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	return alive() ? inner(f)->pMethods->xTruncate(inner(f), size) : SQLITE_IOERR_TRUNCATE;
}

static int on_sync(sqlite3_file *f, int flags)
{
	return alive() ? inner(f)->pMethods->xSync(inner(f), flags) : SQLITE_IOERR_FSYNC;
}

static int on_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return inner(f)->pMethods->xFileSize(inner(f), size);
}

static int on_lock(sqlite3_file *f, int level)
{
	return inner(f)->pMethods->xLock(inner(f), level);
}

static int on_unlock(sqlite3_file *f, int level)
{
	return inner(f)->pMethods->xUnlock(inner(f), level);
}

static int on_check_lock(sqlite3_file *f, int *out)
{
	return inner(f)->pMethods->xCheckReservedLock(inner(f), out);
}

static int on_control(sqlite3_file *f, int op, void *arg)
{
	return inner(f)->pMethods->xFileControl(inner(f), op, arg);
}

static int on_sector(sqlite3_file *f)
{
	return inner(f)->pMethods->xSectorSize(inner(f));
}

static int on_traits(sqlite3_file *f)
{
	return inner(f)->pMethods->xDeviceCharacteristics(inner(f));
}

static int on_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **ret)
{
	return inner(f)->pMethods->xShmMap(inner(f), page, size, extend, ret);
}

static int on_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return inner(f)->pMethods->xShmLock(inner(f), offset, n, flags);
}

static void on_shm_barrier(sqlite3_file *f)
{
	inner(f)->pMethods->xShmBarrier(inner(f));
}

static int on_shm_unmap(sqlite3_file *f, int delete)
{
	return inner(f)->pMethods->xShmUnmap(inner(f), delete);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = on_close,
	.xRead = on_read,
	.xWrite = on_write,
	.xTruncate = on_truncate,
	.xSync = on_sync,
	.xFileSize = on_size,
	.xLock = on_lock,
	.xUnlock = on_unlock,
	.xCheckReservedLock = on_check_lock,
	.xFileControl = on_control,
	.xSectorSize = on_sector,
	.xDeviceCharacteristics = on_traits,
	.xShmMap = on_shm_map,
	.xShmLock = on_shm_lock,
	.xShmBarrier = on_shm_barrier,
	.xShmUnmap = on_shm_unmap,
};

static int on_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
	struct file *own = (struct file *)f;
	(void)vfs;
	own->inner = (sqlite3_file *)(own + 1);
	int rc = real->xOpen(real, name, own->inner, flags, out);
	own->base.pMethods = own->inner->pMethods ? &methods : NULL;
	return rc;
}

static int on_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	(void)vfs;
	return alive() ? real->xDelete(real, name, sync) : SQLITE_IOERR_DELETE;
}

/* Nothing in the world may come from outside the dice: SQLite's chance and time neither. */
static int on_chance(sqlite3_vfs *vfs, int n, char *out)
{
	(void)vfs;
	for (int i = 0; i < n; i++)
		out[i] = (char)dice_bits(&disk.dice);
	return n;
}

static int on_time(sqlite3_vfs *vfs, double *out)
{
	(void)vfs;
	*out = 2460000.5;
	return SQLITE_OK;
}

static int on_time_64(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
	(void)vfs;
	*out = INT64_C(212544000000000);
	return SQLITE_OK;
}

void disk_install(void)
{
	static sqlite3_vfs vfs;
	real = sqlite3_vfs_find(NULL);
	vfs = *real;
	vfs.zName = "sim";
	vfs.szOsFile = (int)sizeof(struct file) + real->szOsFile;
	vfs.xOpen = on_open;
	vfs.xDelete = on_delete;
	vfs.xRandomness = on_chance;
	vfs.xCurrentTime = on_time;
	vfs.xCurrentTimeInt64 = on_time_64;
	if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK)
		abort();
}
