/* SPDX-License-Identifier: MIT */
#ifndef PEER_H
#define PEER_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util.h"

/*
 * A server of one thread on a free loopback port that answers with the bytes it
 * was given and then misbehaves as told. It counts connections and requests.
 */
enum peer_then {
	PEER_CLOSE, /* in order, after the last byte */
	PEER_RESET, /* with RST */
	PEER_HANG,  /* says nothing more until the other side leaves */
	PEER_DRIP,  /* a byte now and then, for ever */
	PEER_DEAF,  /* closes without having read the request */
};

struct peer_reply {
	const char *path; /* how the request target starts; NULL = any */
	const char *data;
	size_t len; /* 0 = a string */
	enum peer_then then;
};

#define PEER_REQUEST_MAX 16384
struct peer {
	int fd, port, stop[2];
	const struct peer_reply *replies;
	size_t count;
	pthread_t thread;
	/* To be read after peer_stop(). */
	int connections, requests;
	char last[PEER_REQUEST_MAX];
};

/* True if FD has something to say before the server is stopped. */
static inline bool peer_wait(const struct peer *p, int fd, int timeout_ms)
{
	struct pollfd fds[] = { { fd, POLLIN, 0 }, { p->stop[0], POLLIN, 0 } };

	return poll(fds, 2, timeout_ms) > 0 && !fds[1].revents && fds[0].revents;
}

/* Reads to the end of the header and its body. */
static inline bool peer_read(struct peer *p, int fd)
{
	size_t len = 0, want = 0;

	while (len + 1 < sizeof(p->last) && peer_wait(p, fd, -1)) {
		ssize_t n = read(fd, p->last + len, sizeof(p->last) - 1 - len);
		char *end, *length;

		if (n <= 0)
			return false;
		len += (size_t)n;
		p->last[len] = '\0';
		end = strstr(p->last, "\r\n\r\n");
		if (!end)
			continue;
		length = strcasestr(p->last, "\r\nContent-Length:");
		want = (size_t)(end + 4 - p->last) +
			(length && length < end ? strtoul(length + 17, NULL, 10) : 0);
		if (len >= want)
			return true;
	}
	return false;
}

static inline const struct peer_reply *peer_find(const struct peer *p)
{
	const char *target = strchr(p->last, ' ');

	for (size_t i = 0; i < p->count; i++)
		if (!p->replies[i].path || (target && str_starts(target + 1, p->replies[i].path)))
			return &p->replies[i];
	return &p->replies[p->count - 1];
}

static inline void peer_say(const struct peer *p, int fd, const struct peer_reply *r)
{
	size_t left = r->len ? r->len : strlen(r->data);
	const char *at = r->data;
	struct linger hard = { 1, 0 };
	char sink[256];

	while (left) {
		ssize_t n = send(fd, at, left, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		at += n;
		left -= (size_t)n;
	}
	if (r->then == PEER_RESET)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	while (r->then == PEER_HANG && peer_wait(p, fd, -1) && read(fd, sink, sizeof(sink)) > 0)
		continue;
	while (r->then == PEER_DRIP && send(fd, " ", 1, MSG_NOSIGNAL) == 1) {
		struct pollfd stop = { p->stop[0], POLLIN, 0 };

		if (poll(&stop, 1, 20) > 0)
			break;
	}
}

static inline void *peer_run(void *user)
{
	struct peer *p = user;

	while (peer_wait(p, p->fd, -1)) {
		int fd = accept4(p->fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			continue;
		p->connections++;
		if (p->replies[0].then != PEER_DEAF && peer_read(p, fd)) {
			p->requests++;
			peer_say(p, fd, peer_find(p));
		}
		close(fd);
	}
	return NULL;
}

static inline void peer_start(struct peer *p, const struct peer_reply *replies, size_t count)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);

	memset(p, 0, sizeof(*p));
	p->replies = replies;
	p->count = count;
	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p->fd < 0 || bind(p->fd, (struct sockaddr *)&a, len) || listen(p->fd, 16) ||
			getsockname(p->fd, (struct sockaddr *)&a, &len) || pipe2(p->stop,
				O_CLOEXEC) ||
			pthread_create(&p->thread, NULL, peer_run, p))
		fail_msg("no server on loopback");
	p->port = ntohs(a.sin_port);
}

static inline void peer_stop(struct peer *p)
{
	close(p->stop[1]);
	pthread_join(p->thread, NULL);
	close(p->stop[0]);
	close(p->fd);
}

#endif
