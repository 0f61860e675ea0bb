/* SPDX-License-Identifier: MIT */
#include "lasting.h"

#include <linux/magic.h>
#include <sys/vfs.h>

bool lasting_is(const char *dir, struct err *why)
{
	struct statfs fs;
	if (statfs(dir, &fs) < 0)
		return true;
	if (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC)
		err_set(why, 0,
			"%s is in memory: after a reboot nobody knows which calls were made and "
			"what was posted; use a folder on a disk (findmnt -T %s shows what is "
			"mounted there)",
			dir, dir);
	else if (fs.f_type == OVERLAYFS_SUPER_MAGIC)
		err_set(why, 0,
			"%s is in a container's own layer, which ends with the container, and with "
			"it the book of calls and posts; mount a volume there",
			dir);
	else
		return true;
	return false;
}
