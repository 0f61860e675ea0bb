/* SPDX-License-Identifier: MIT */
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "util.h"

/*
 * The door to libcurl. One call here is at most one request on the wire: each
 * has a fresh connection that is not kept (libcurl resends by itself when a
 * kept one turns out dead), HTTP/1.1, no redirects, no cookies, no .netrc, no
 * proxy from the environment, no compression, total and connect time-outs.
 * https only; plain http where the host is a loopback address.
 */

/* How a request ended. What may have been sent is another question: see sent. */
enum http_end {
	HTTP_DONE,      /* a whole answer is here; status and body count */
	HTTP_BAD_URL,   /* not an URL that may be asked for; nothing was tried */
	HTTP_LOCAL,     /* this machine lacks something: certificates, sockets */
	HTTP_UNREACHED, /* no name, no route, refused, no TLS */
	HTTP_UNTRUSTED, /* the certificate is not the server's, or not now */
	HTTP_TIMEOUT,   /* connected, asked, and the time was up */
	HTTP_CUT,       /* closed or reset before the answer was whole */
	HTTP_GARBLED,   /* not HTTP, or headers over HTTP_HEADERS_MAX */
	HTTP_TOO_LARGE, /* the body went over body_max */
};

#define HTTP_HEADERS_MAX (64u << 10)
#define HTTP_CONNECT_MS 10000 /* at most; libcurl's own default is 300 s */

/* A field of a form that is sent as multipart/form-data. */
struct http_part {
	const char *name;
	const void *data;
	size_t len;
	const char *file_name; /* NULL = a field, no file */
	const char *type;      /* Content-Type of the part, or NULL */
};

struct http_request {
	const char *url;           /* percent-encoded; sent to the byte */
	const char *method;        /* instead of GET or POST: "DELETE"; or NULL */
	const char *authorization; /* the header's value or NULL; never logged */
	const char *accept;        /* "application/json" or NULL */
	const char *content_type;  /* of body */
	const char *disposition;   /* Content-Disposition of body, or NULL */
	const void *body;          /* http_post only */
	size_t body_len;
	const struct http_part *parts; /* http_post only, in place of body and content_type */
	size_t part_count;
	int64_t timeout_ms; /* of everything; 1 to 600,000 */
	size_t body_max;    /* of the answer */
};

struct http_answer {
	enum http_end end;
	bool sent;  /* the connection stood and the request may have left: it counts */
	int status; /* 0 where no status line came; trust it only with HTTP_DONE */
	struct buf body;
	char type[128];      /* Content-Type or "" */
	char *location;      /* of a redirect, made absolute; or NULL */
	int64_t date_ms;     /* the Date header, wall clock; 0 = none or senseless */
	int64_t head_ms;     /* our wall clock when the headers began; 0 = never */
	int64_t retry_after_s; /* -1 = not named */
	struct err error;    /* unless HTTP_DONE: one line, no secret in it */
	struct err why;      /* of which the library's own words: host, port, cause */
};

void http_answer_init(struct http_answer *a);
void http_answer_finish(struct http_answer *a);

/*
 * Fills in A (which was init'ed; an earlier content is dropped). 0 if
 * HTTP_DONE, whatever the status; else -EIO with end and error set.
 */
int http_get(const struct http_request *q, struct http_answer *a) MUST_CHECK;
int http_post(const struct http_request *q, struct http_answer *a) MUST_CHECK;

#define HTTP_HOST_MAX 254
struct http_url {
	bool secure; /* https */
	bool loopback;
	bool bare;   /* nothing after host and port but perhaps one slash */
	int port;    /* the scheme's own where none was named */
	char host[HTTP_HOST_MAX]; /* lower case, without brackets */
};

/*
 * Takes an absolute http or https URL apart. -EINVAL where it is none, holds
 * a user name, spaces, quotes, angle brackets, backslashes or control
 * characters, or is plain http to anything but loopback while not PLAIN_TOO.
 */
int http_url_parse(const char *url, bool plain_too, struct http_url *ret) MUST_CHECK;

/* "Mon, 23 Nov 2026 14:32:00 +0900" and what else RFC 9110 and 822 have; 0 = no date. */
int64_t http_date_ms(const char *text);

/* 127.0.0.0/8, ::1, localhost (libcurl resolves that one by itself). */
bool http_is_loopback(const char *host);

#endif
