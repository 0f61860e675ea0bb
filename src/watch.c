/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include <errno.h>
#include <sys/inotify.h>
#include <unistd.h>

#define CHANGES (IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | \
		 IN_MOVE_SELF | IN_ONLYDIR)

int watch_open(const char *path)
{
	CLEANUP_FREE char *dir = xstrdup(path);
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (fd < 0)
		return -errno;
	int r = -ENOENT;
	for (char *slash; r < 0 && (slash = strrchr(dir, '/'));) {
		*slash = '\0';
		if (inotify_add_watch(fd, dir[0] ? dir : "/", CHANGES) >= 0)
			r = 0;
		else if ((r = -errno) != -ENOENT && r != -ENOTDIR && r != -EACCES)
			break;
	}
	if (r == 0)
		return fd;
	close(fd);
	return r;
}
