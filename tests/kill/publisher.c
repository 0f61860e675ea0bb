/* SPDX-License-Identifier: MIT */
/*
 * A publisher that counts: each post that it puts out is a line "P KEY" in the
 * file "truth" of its directory, written at once, so that the file says what
 * happened, whatever anybody remembers of it. The file "mode" says how it behaves:
 *   l  the first of each key is put out, but the answer is lost
 *   d  the first of each key is lost before anything happened, without a word
 *   m  the first of all like l, the second like d
 *   b  like l, and it cannot find
 *   s  in two steps: a draft ("D KEY"), and that draft by its id, any number of times
 *   u  the first update of each key is done, but the answer is lost
 *   x  a fault on purpose: puts out everything twice
 * An update of a post that is out is a line "U KEY", of one that is not "? KEY".
 * Nothing but the C library, so that it starts in no time.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REQUEST_MAX (4u << 20)
#define TEXT_MAX 65536

static char request[REQUEST_MAX + 1], text[TEXT_MAX + 1];

/* The first member of that name with a string, anywhere: enough for what cpautod sends. */
static const char *member(const char *name, char *out, size_t size)
{
	char what[64];
	snprintf(what, sizeof(what), "\"%s\":\"", name);
	const char *p = strstr(request, what);
	size_t n = p ? strcspn(p + strlen(what), "\"") : 0;
	if (!p || n >= size)
		return NULL;
	memcpy(out, p + strlen(what), n);
	out[n] = '\0';
	return out;
}

static const char *slurp(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, TEXT_MAX);
	text[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
	return text;
}

static int lines(const char *name, const char *line)
{
	int n = 0;
	for (const char *p = slurp(name); (p = strstr(p, line)); p += strlen(line))
		n++;
	return n;
}

/* One line, in one write: it is there or not. */
static void append(const char *name, const char *line)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, line, strlen(line)) != (ssize_t)strlen(line))
		_exit(1);
	close(fd);
}

static void answer(const char *more)
{
	char out[256];
	int n = snprintf(out, sizeof(out), "{\"v\":1,\"result\":\"ok\"%s}\n", more);
	if (write(1, out, (size_t)n) != n)
		_exit(1);
}

static void find(char mode, const char *put, const char *drafted, const char *key)
{
	char more[200];
	if (mode == 'b')
		answer(",\"found\":\"unknown\"");
	else if (lines("truth", put) > 0)
		answer(",\"found\":\"yes\",\"id\":\"p\",\"url\":\"http://127.0.0.1/p\"");
	else if (lines("truth", drafted) > 0) {
		snprintf(more, sizeof(more), ",\"found\":\"yes\",\"draft\":true,\"id\":\"d-%s\"",
			key);
		answer(more);
	} else
		answer(",\"found\":\"no\"");
}

/* In two steps: only the second puts it out, and only once. */
static void publish_step(const char *put, const char *drafted, const char *key)
{
	char stage[32], more[200];
	if (member("stage", stage, sizeof(stage)) && !strcmp(stage, "draft")) {
		append("truth", drafted);
		snprintf(more, sizeof(more), ",\"draft\":true,\"id\":\"d-%s\"", key);
		answer(more);
		return;
	}
	if (lines("truth", put) == 0)
		append("truth", put);
	answer(",\"id\":\"p\",\"url\":\"http://127.0.0.1/p\"");
}

static void publish(char mode, const char *put, const char *tried)
{
	int all = lines("tries", "T "), mine = lines("tries", tried);
	append("tries", tried);
	if ((mode == 'd' && !mine) || (mode == 'm' && all == 1))
		_exit(0);
	append("truth", put);
	if (mode == 'x')
		append("truth", put);
	if (((mode == 'l' || mode == 'b') && !mine) || (mode == 'm' && !all))
		_exit(0);
	answer(",\"id\":\"p\",\"url\":\"http://127.0.0.1/p\"");
}

/* Another text in the place of the one that is out: any number of times. */
static void update(char mode, const char *put, const char *key)
{
	char line[160];
	snprintf(line, sizeof(line), "u %s\n", key);
	int mine = lines("tries", line);
	append("tries", line);
	snprintf(line, sizeof(line), "%c %s\n", lines("truth", put) ? 'U' : '?', key);
	append("truth", line);
	if (mode == 'u' && !mine)
		_exit(0);
	answer(",\"url\":\"http://127.0.0.1/p\"");
}

int main(void)
{
	char op[32], directory[512], key[128], put[160], drafted[160], tried[160];
	size_t len = 0;
	ssize_t n;
	while (len < REQUEST_MAX && (n = read(0, request + len, REQUEST_MAX - len)) > 0)
		len += (size_t)n;
	if (!member("op", op, sizeof(op)) || !member("directory", directory, sizeof(directory)) ||
		!member("key", key, sizeof(key)) || chdir(directory) < 0)
		return 1;
	char mode = slurp("mode")[0];
	snprintf(put, sizeof(put), "P %s\n", key);
	snprintf(drafted, sizeof(drafted), "D %s\n", key);
	snprintf(tried, sizeof(tried), "T %s\n", key);
	if (!strcmp(op, "find"))
		find(mode, put, drafted, key);
	else if (!strcmp(op, "update"))
		update(mode, put, key);
	else if (mode == 's')
		publish_step(put, drafted, key);
	else
		publish(mode, put, tried);
	return 0;
}
