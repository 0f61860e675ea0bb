/* SPDX-License-Identifier: MIT */
/*
 * A publisher whose whole blog is one file, CPAUTO_TEST_BLOG: a line for each
 * post, its key, written in one go before it answers. It finds what is there.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char request[8 << 20], blog[1 << 20];

static size_t read_all(int fd, char *to, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len + 1 < size && (n = read(fd, to + len, size - 1 - len)) > 0)
		len += (size_t)n;
	to[len] = '\0';
	return len;
}

/* The first string of this name, up to its quote; a key has no escapes. */
static void string_of(const char *name, char *out, size_t size)
{
	const char *at = strstr(request, name);
	size_t len;

	*out = '\0';
	if (!at)
		return;
	at += strlen(name);
	len = strcspn(at, "\"");
	if (len + 2 > size)
		return;
	memcpy(out, at, len);
	out[len] = '\0';
}

int main(void)
{
	const char *path = getenv("CPAUTO_TEST_BLOG");
	char op[32], key[128], line[160];
	int fd = path ? open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;

	if (fd < 0)
		return 78;
	read_all(0, request, sizeof(request));
	read_all(fd, blog, sizeof(blog));
	string_of("\"op\":\"", op, sizeof(op));
	string_of("\"key\":\"", key, sizeof(key));
	snprintf(line, sizeof(line), "%s\n", key);
	if (strcmp(op, "publish") == 0) {
		if (!strstr(request, "쿠팡 파트너스 활동의 일환"))
			snprintf(line, sizeof(line), "%s bare\n", key);
		if (!*key || write(fd, line, strlen(line)) != (ssize_t)strlen(line))
			return 74;
		printf("{\"v\":1,\"result\":\"ok\",\"id\":\"%s\"}\n", key);
	} else if (strcmp(op, "find") == 0) {
		printf("{\"v\":1,\"result\":\"ok\",\"found\":\"%s\",\"id\":\"%s\"}\n",
			strstr(blog, line) ? "yes" : "no", key);
	} else if (strcmp(op, "check") && strcmp(op, "describe")) {
		return 65; /* half a request, or none */
	} else {
		printf("{\"v\":1,\"result\":\"ok\",\"name\":\"blog\",\"findable\":true}\n");
	}
	return fflush(stdout) == 0 ? 0 : 74;
}
