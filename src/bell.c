/* SPDX-License-Identifier: MIT */
#include "bell.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int bell_address(const char *dir, struct sockaddr_un *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->sun_family = AF_UNIX;
	return str_format(ret->sun_path, sizeof(ret->sun_path), "%s/bell", dir);
}

static int bind_fresh(int fd, const struct sockaddr_un *a)
{
	if (unlink(a->sun_path) < 0 && errno != ENOENT)
		return -errno;
	/* Who may write into state.db may ring; nobody else needs to. */
	mode_t old = umask(0177);
	int r = bind(fd, (const struct sockaddr *)a, sizeof(*a)) < 0 ? -errno : 0;
	umask(old);
	return r;
}

int bell_listen(const char *runtime_dir, struct err *e)
{
	struct sockaddr_un a;
	if (bell_address(runtime_dir, &a) < 0)
		return err_set(e, -ENAMETOOLONG,
			"%s: too long for a socket; set RUNTIME_DIRECTORY to a shorter path",
			runtime_dir);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_set(e, -errno, "a Unix socket cannot be made: %s", tr_errno(errno));
	int r = bind_fresh(fd, &a);
	if (r < 0) {
		close(fd);
		return err_set(e, r, "%s: %s; the folder must be there and writable",
			a.sun_path, tr_errno(-r));
	}
	return fd;
}

int bell_answer(int fd)
{
	char c[8];
	int n = 0;
	while (recv(fd, c, sizeof(c), MSG_DONTWAIT) >= 0)
		n++;
	return n;
}

void bell_close(int fd, const char *runtime_dir)
{
	struct sockaddr_un a;
	if (fd < 0)
		return;
	if (bell_address(runtime_dir, &a) == 0)
		(void)unlink(a.sun_path);
	close(fd);
}

bool bell_ring(const char *runtime_dir)
{
	struct sockaddr_un a;
	if (bell_address(runtime_dir, &a) < 0)
		return false;
	CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	ssize_t n = sendto(fd, "!", 1, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&a,
		sizeof(a));
	/* A full queue is a bell that rings already. */
	return n == 1 || errno == EAGAIN;
}
