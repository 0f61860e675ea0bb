/* SPDX-License-Identifier: MIT */
/* Does wrong on purpose, so that the laboratory can show that it sees it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Does not look at what malloc() says. */
static int crash(void)
{
	char *volatile p = malloc(100);

	memset(p, 1, 100);
	printf("%d\n", p[7]);
	free(p);
	return 0;
}

/* Forgets a descriptor where fsync() fails. */
static int leak(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 74;
	if (fsync(fd) < 0 && errno != EINVAL && errno != EROFS)
		return 0;
	close(fd);
	return 0;
}

/* Ends badly and says nothing. */
static int silent(void)
{
	return malloc(10) ? 0 : 1;
}

/* Never gives up. */
static int hang(void)
{
	while (!malloc(10))
		;
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(void);
	} ways[] = { { "crash", crash }, { "leak", leak }, { "silent", silent }, { "hang", hang } };

	for (size_t i = 0; argc > 1 && i < sizeof(ways) / sizeof(*ways); i++)
		if (strcmp(argv[1], ways[i].name) == 0)
			return ways[i].run();
	return 64;
}
