/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "clock.h"

#define CONNECTIONS_MAX 500
#define IDLE_S 120            /* a connection on which nothing moves */
#define UPLOAD_MAX (256u << 10)
#define DRIP_MS 100
#define NEVER_MS (3600 * 1000)
#define BLOCK (64u << 10)     /* handed over at once of a flood */
#define DATE_MAX 40

enum phase {
	PHASE_HEADERS, /* being read */
	PHASE_BODY,
	PHASE_DELAYED, /* the reply is there and waits */
	PHASE_SENDING,
};

struct request {
	struct server *server;
	struct MHD_Connection *connection;
	char *target;
	enum phase phase;
	struct buf upload;
	struct reply reply;
	int64_t wake_ms;        /* on this boot's clock; while among the sleepers */
	bool dripped;           /* a byte went out; the next one waits */
	struct request *before, *after; /* sleepers */
};

struct server {
	struct MHD_Daemon *daemon;
	struct api *api;
	int port;
	int64_t delay_ms;
	bool stopping;
	struct request *sleepers;
};

static int64_t now_ms(void)
{
	struct instant now;

	clock_now(&now);
	return now.boot_ms;
}

static void fall_asleep(struct request *q, int64_t ms)
{
	struct server *s = q->server;

	q->wake_ms = now_ms() + ms;
	q->before = NULL;
	q->after = s->sleepers;
	if (q->after)
		q->after->before = q;
	s->sleepers = q;
	MHD_suspend_connection(q->connection);
}

static void wake(struct request *q)
{
	if (q->before)
		q->before->after = q->after;
	else
		q->server->sleepers = q->after;
	if (q->after)
		q->after->before = q->before;
	MHD_resume_connection(q->connection);
}

/* Wakes who is due by NOW; how long the next one still sleeps, or -1. */
static int64_t wake_due(struct server *s, int64_t now)
{
	int64_t next = -1;

	for (struct request *q = s->sleepers, *after; q; q = after) {
		after = q->after;
		if (s->stopping || q->wake_ms <= now)
			wake(q);
		else if (next < 0 || q->wake_ms - now < next)
			next = q->wake_ms - now;
	}
	return next;
}

static ssize_t read_cut(void *cls, uint64_t at, char *out, size_t max)
{
	struct request *q = cls;
	size_t half = q->reply.body.len / 2, n;

	if (at >= half)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	n = half - at < max ? half - at : max;
	memcpy(out, q->reply.body.data + at, n);
	return (ssize_t)n;
}

static ssize_t read_drip(void *cls, uint64_t at, char *out, size_t max UNUSED)
{
	struct request *q = cls;

	if (q->server->stopping || at >= q->reply.body.len)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	q->dripped = !q->dripped;
	if (!q->dripped) {
		fall_asleep(q, DRIP_MS);
		return 0;
	}
	*out = q->reply.body.data[at];
	return 1;
}

static ssize_t read_flood(void *cls, uint64_t at, char *out, size_t max)
{
	struct request *q = cls;
	size_t n = 0;

	if (at >= REPLY_FLOOD_BYTES)
		return MHD_CONTENT_READER_END_OF_STREAM;
	for (; n < max && n < BLOCK; n++, at++)
		out[n] = at < q->reply.body.len ? q->reply.body.data[at] : 'a';
	return (ssize_t)n;
}

static struct MHD_Response *make_response(struct request *q)
{
	struct reply *r = &q->reply;

	switch (r->way) {
	case REPLY_CUT:
		return MHD_create_response_from_callback(r->body.len, BLOCK, read_cut, q, NULL);
	case REPLY_DRIP:
		return MHD_create_response_from_callback(r->body.len, BLOCK, read_drip, q, NULL);
	case REPLY_FLOOD:
		return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_flood, q,
			NULL);
	default:
		return MHD_create_response_from_buffer(r->body.len, r->body.data,
			MHD_RESPMEM_MUST_COPY);
	}
}

/* RFC 9110, 5.6.7. */
static void write_date(int64_t wall_ms, char out[DATE_MAX])
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec" };
	struct date d;

	clock_date_utc(wall_ms, &d);
	str_format_cut(out, DATE_MAX, "%s, %02d %s %04d %02d:%02d:%02d GMT",
		days[d.weekday % 7], d.day,
		months[(d.month - 1) % 12], d.year, d.hour, d.minute, d.second);
}

static enum MHD_Result send_reply(struct request *q)
{
	struct MHD_Response *response = make_response(q);
	char date[DATE_MAX];
	struct instant now;
	enum MHD_Result r;

	if (!response)
		return MHD_NO;
	clock_now(&now);
	write_date(now.wall_ms + q->reply.date_off_ms, date);
	MHD_add_response_header(response, "Date", date);
	MHD_add_response_header(response, "Content-Type", q->reply.type);
	if (q->reply.location[0])
		MHD_add_response_header(response, "Location", q->reply.location);
	q->phase = PHASE_SENDING;
	r = MHD_queue_response(q->connection, (unsigned)q->reply.status, response);
	MHD_destroy_response(response);
	return r;
}

static void answer(struct request *q, const char *method)
{
	struct api_request a = { .method = method, .target = q->target, .body = q->upload.data,
		.body_len = q->upload.len };

	a.authorization = MHD_lookup_connection_value(q->connection, MHD_HEADER_KIND,
		"Authorization");
	clock_now(&a.at);
	api_answer(q->server->api, &a, &q->reply);
}

/* The request is all here: decided now, as it is counted now; sent now or later. */
static enum MHD_Result take(struct request *q, const char *method)
{
	int64_t delay = api_is_call(q->target) ? q->server->delay_ms : 0;

	answer(q, method);
	q->phase = PHASE_DELAYED;
	if (q->reply.way == REPLY_NEVER)
		delay = NEVER_MS;
	if (q->reply.way == REPLY_CLOSE)
		return MHD_NO;
	if (!delay)
		return send_reply(q);
	fall_asleep(q, delay);
	return MHD_YES;
}

static enum MHD_Result on_request(void *cls UNUSED, struct MHD_Connection *connection,
	const char *url UNUSED, const char *method, const char *version UNUSED, const char *data,
	size_t *len, void **context)
{
	struct request *q = *context;

	switch (q->phase) {
	case PHASE_HEADERS:
		q->connection = connection;
		q->phase = PHASE_BODY;
		return MHD_YES;
	case PHASE_BODY:
		if (!*len)
			return take(q, method);
		buf_add(&q->upload, data, *len);
		*len = 0;
		return buf_failed(&q->upload) ? MHD_NO : MHD_YES;
	case PHASE_DELAYED:
		return q->server->stopping || q->reply.way == REPLY_NEVER ? MHD_NO : send_reply(q);
	case PHASE_SENDING:
		break;
	}
	return MHD_NO;
}

/* The only place where the request line is seen as it was sent. */
static void *on_target(void *cls, const char *target, struct MHD_Connection *connection UNUSED)
{
	struct request *q = xcalloc(1, sizeof(*q));

	q->server = cls;
	q->target = xstrdup(target);
	buf_init(&q->upload, UPLOAD_MAX);
	reply_init(&q->reply);
	return q;
}

static void on_completed(void *cls UNUSED, struct MHD_Connection *connection UNUSED, void **context,
	enum MHD_RequestTerminationCode why UNUSED)
{
	struct request *q = *context;

	if (!q)
		return;
	buf_finish(&q->upload);
	reply_finish(&q->reply);
	free(q->target);
	free(q);
	*context = NULL;
}

/* A listening socket on 127.0.0.1 and its port; or a negative errno. */
static int listen_on(int port, int *ret_port, struct err *e)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

	if (fd < 0)
		return err_set(e, -errno, "no socket can be had: %s", strerror(errno));
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
			bind(fd, (struct sockaddr *)&address, len) || listen(fd, SOMAXCONN) ||
			getsockname(fd, (struct sockaddr *)&address, &len)) {
		int r = err_set(e, -errno,
			"port %d cannot be used: %s; choose another with --port, "
			"or 0 for a free one", port, strerror(errno));

		close(fd);
		return r;
	}
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static struct MHD_Daemon *start_daemon(struct server *s, int fd)
{
	return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME |
			MHD_USE_SUPPRESS_DATE_NO_CLOCK, 0, NULL, NULL, on_request, s,
		MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_URI_LOG_CALLBACK, on_target, s,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
		MHD_OPTION_END);
}

struct server *server_new(const struct api_config *c, int port, int64_t delay_ms, struct err *e)
{
	struct server *s = xcalloc(1, sizeof(*s));
	int fd = listen_on(port, &s->port, e);
	char base[64];

	s->delay_ms = delay_ms;
	if (fd >= 0) {
		str_format_cut(base, sizeof(base), "http://127.0.0.1:%d", s->port);
		s->api = api_new(c, base, e);
		if (s->api)
			s->daemon = start_daemon(s, fd);
		if (s->api && !s->daemon)
			err_set(e, -EIO, "the HTTP server does not start: %s", strerror(errno));
	}
	if (s->daemon)
		return s;
	if (fd >= 0)
		close(fd);
	server_free(s);
	return NULL;
}

int server_port(const struct server *s)
{
	return s->port;
}

static int wait_ms(struct server *s, int64_t sleep)
{
	MHD_UNSIGNED_LONG_LONG own;

	if (MHD_get_timeout(s->daemon, &own) == MHD_YES && (sleep < 0 || own < (uint64_t)sleep))
		sleep = (int64_t)own;
	return sleep > INT32_MAX ? INT32_MAX : (int)sleep;
}

int server_run(struct server *s, int stop_fd)
{
	int epoll = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	struct pollfd fds[] = { { stop_fd, POLLIN, 0 }, { epoll, POLLIN, 0 } };

	while (!fds[0].revents) {
		int64_t sleep = wake_due(s, now_ms());

		if (MHD_run(s->daemon) != MHD_YES)
			return -EIO;
		if (s->sleepers && sleep < 0)
			sleep = 0;
		if (poll(fds, ARRAY_LEN(fds), wait_ms(s, sleep)) < 0 && errno != EINTR)
			return -errno;
	}
	return 0;
}

void server_free(struct server *s)
{
	if (!s)
		return;
	s->stopping = true;
	/* libmicrohttpd must not be stopped while a connection is suspended. */
	wake_due(s, 0);
	if (s->daemon) {
		MHD_run(s->daemon);
		MHD_stop_daemon(s->daemon);
	}
	api_free(s->api);
	free(s);
}
