/* SPDX-License-Identifier: MIT */
/* A fault on purpose: nothing that is synced is on the disk. */
int fsync(int fd);
int fdatasync(int fd);

int fsync(int fd)
{
	(void)fd;
	return 0;
}

int fdatasync(int fd)
{
	(void)fd;
	return 0;
}
