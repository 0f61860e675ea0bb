/* SPDX-License-Identifier: MIT */
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <strings.h>

#include <curl/curl.h>

#include "clock.h"

#define TIMEOUT_MAX_MS 600000
#define URL_MAX 16384

/* What the callbacks of one transfer share. */
struct transfer {
	CURL *curl;
	struct curl_slist *headers;
	curl_mime *form;
	struct http_answer *answer;
	size_t header_bytes;
	bool headers_over, headers_whole;
	bool short_of; /* memory, for something of the request */
	char why[CURL_ERROR_SIZE];
};

void http_answer_init(struct http_answer *a)
{
	memset(a, 0, sizeof(*a));
	buf_init(&a->body, 0);
	a->retry_after_s = -1;
}

void http_answer_finish(struct http_answer *a)
{
	if (!a)
		return;
	buf_finish(&a->body);
	free(a->location);
	a->location = NULL;
}

bool http_is_loopback(const char *host)
{
	struct in6_addr six;
	struct in_addr four;

	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, host, &six) == 1)
		return IN6_IS_ADDR_LOOPBACK(&six);
	return strcasecmp(host, "localhost") == 0;
}

/* What follows "https://" or "http://", or NULL. libcurl alone takes any number of slashes. */
static const char *after_scheme(const char *url)
{
	if (strncasecmp(url, "https://", 8) == 0)
		url += 8;
	else if (strncasecmp(url, "http://", 7) == 0)
		url += 7;
	else
		return NULL;
	return *url == '/' ? NULL : url;
}

static bool clean_url(const char *url)
{
	if (strlen(url) > URL_MAX || !after_scheme(url))
		return false;
	for (const unsigned char *c = (const unsigned char *)url; *c; c++)
		if (*c <= ' ' || *c >= 0x7f || strchr("\"'<>\\^`{|}", *c))
			return false;
	return true;
}

/* A part of H as libcurl's own string, or NULL. */
static char *url_part(CURLU *h, CURLUPart part, unsigned flags)
{
	char *text = NULL;
	CURLUcode code = curl_url_get(h, part, &text, flags);

	if (code == CURLUE_OUT_OF_MEMORY)
		die_no_memory();
	return code == CURLUE_OK ? text : NULL;
}

static bool part_absent(CURLU *h, CURLUPart part)
{
	char *text = url_part(h, part, 0);
	bool absent = !text;

	curl_free(text);
	return absent;
}

/* Lower case, no brackets, no dot at the end. */
static int copy_host(const char *host, char out[HTTP_HOST_MAX])
{
	size_t len = strlen(host);

	if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	}
	if (len > 1 && host[len - 1] == '.')
		len--;
	if (len == 0 || len >= HTTP_HOST_MAX)
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		out[i] = host[i] >= 'A' && host[i] <= 'Z' ? (char)(host[i] + 32) : host[i];
	out[len] = '\0';
	return 0;
}

static int fill_url(CURLU *h, struct http_url *ret)
{
	char *scheme = url_part(h, CURLUPART_SCHEME, 0);
	char *host = url_part(h, CURLUPART_HOST, 0);
	char *port = url_part(h, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	char *path = url_part(h, CURLUPART_PATH, 0);
	int64_t number = 0;
	int r = -EINVAL;

	if (scheme && host && port && !copy_host(host, ret->host) &&
			!parse_int64(port, 1, 65535, &number) &&
			(str_eq(scheme, "https") || str_eq(scheme, "http")) &&
			part_absent(h, CURLUPART_USER) && part_absent(h, CURLUPART_PASSWORD)) {
		ret->secure = str_eq(scheme, "https");
		ret->loopback = http_is_loopback(ret->host);
		ret->port = (int)number;
		ret->bare = (!path || str_eq(path, "/")) && part_absent(h, CURLUPART_QUERY) &&
			part_absent(h, CURLUPART_FRAGMENT);
		r = 0;
	}
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_free(path);
	return r;
}

int http_url_parse(const char *url, bool plain_too, struct http_url *ret)
{
	CURLU *h;
	int r = -EINVAL;

	memset(ret, 0, sizeof(*ret));
	if (!url || !clean_url(url))
		return -EINVAL;
	h = curl_url();
	CURLUcode code = h ? curl_url_set(h, CURLUPART_URL, url, 0) : CURLUE_OUT_OF_MEMORY;

	/* It is not the address that is wrong then. */
	if (code == CURLUE_OUT_OF_MEMORY)
		die_no_memory();
	if (code == CURLUE_OK)
		r = fill_url(h, ret);
	curl_url_cleanup(h);
	if (!r && !ret->secure && !ret->loopback && !plain_too)
		r = -EINVAL;
	return r;
}

static size_t take_body(char *data, size_t size, size_t count, void *user)
{
	struct transfer *t = user;

	buf_add(&t->answer->body, data, size * count);
	return buf_failed(&t->answer->body) ? 0 : size * count;
}

static size_t take_header(char *data, size_t size, size_t count, void *user)
{
	struct transfer *t = user;
	struct instant now;

	if (!t->answer->head_ms) {
		clock_now(&now);
		t->answer->head_ms = now.wall_ms;
	}
	/* The empty line; a head that follows another (100 Continue) begins anew. */
	t->headers_whole = t->headers_whole ? size * count < 5 || memcmp(data, "HTTP/", 5) != 0 :
		*data == '\r' || *data == '\n';
	t->header_bytes += size * count;
	if (t->header_bytes > HTTP_HEADERS_MAX) {
		t->headers_over = true;
		return 0;
	}
	return size * count;
}

/* libcurl calls this when the connection (and TLS) stands, before the first byte of the request. */
static int before_request(void *user, char *local, char *peer, int local_port, int peer_port)
{
	struct transfer *t = user;

	(void)local;
	(void)peer;
	(void)local_port;
	(void)peer_port;
	t->answer->sent = true;
	return CURL_PREREQFUNC_OK;
}

/*
 * Which end a code of libcurl's is. A code that may come both before and after
 * the request left is told apart by what before_request saw.
 */
static enum http_end end_of(CURLcode code, const struct transfer *t)
{
	bool sent = t->answer->sent;

	switch (code) {
	case CURLE_OK: /* also: closed in the middle of the header, measured */
		return t->headers_whole ? HTTP_DONE : HTTP_CUT;
	case CURLE_URL_MALFORMAT:
		return HTTP_BAD_URL;
	case CURLE_UNSUPPORTED_PROTOCOL: /* also: HTTP/0.9 in answer */
		return sent ? HTTP_GARBLED : HTTP_BAD_URL;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return HTTP_UNTRUSTED;
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ENGINE_NOTFOUND:
	case CURLE_FAILED_INIT:
		return HTTP_LOCAL;
	case CURLE_WRITE_ERROR:
		return t->headers_over ? HTTP_GARBLED : HTTP_TOO_LARGE;
	case CURLE_OUT_OF_MEMORY: /* measured: a header of 400 KB in the answer */
		return sent ? HTTP_GARBLED : HTTP_UNREACHED;
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
		return HTTP_GARBLED;
	case CURLE_OPERATION_TIMEDOUT:
		return sent ? HTTP_TIMEOUT : HTTP_UNREACHED;
	default:
		return sent ? HTTP_CUT : HTTP_UNREACHED;
	}
}

static void set_error(struct transfer *t, CURLcode code)
{
	/* Each line ends in libcurl's own words, which name host and port. */
	static const char *const texts[] = {
		[HTTP_BAD_URL] = N_("this address cannot be asked"),
		[HTTP_LOCAL] = N_("this machine cannot speak to the server"),
		[HTTP_UNREACHED] = N_("the server cannot be reached"),
		[HTTP_UNTRUSTED] = N_("the server's certificate cannot be trusted"),
		[HTTP_TIMEOUT] = N_("the server did not answer in time"),
		[HTTP_CUT] = N_("the connection ended before the answer was whole"),
		[HTTP_GARBLED] = N_("the answer is no usable HTTP"),
		[HTTP_TOO_LARGE] = N_("the answer is longer than allowed"),
	};
	struct http_answer *a = t->answer;

	if (a->end == HTTP_DONE)
		return;
	err_set(&a->why, -EIO, "%.250s", *t->why ? t->why :
		code == CURLE_OK ? _("the header was not whole") : curl_easy_strerror(code));
	err_set(&a->error, -EIO, "%s (%s)", tr(texts[a->end]), a->why.text);
}

int64_t http_date_ms(const char *text)
{
	time_t at = text ? curl_getdate(text, NULL) : -1;

	return at > 0 ? (int64_t)at * 1000 : 0;
}

static void read_headers(struct transfer *t)
{
	struct http_answer *a = t->answer;
	struct curl_header *date = NULL;
	curl_off_t wait = 0;
	char *text = NULL;
	long status = 0;
	bool named = false;

	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	a->status = (int)status;
	curl_easy_getinfo(t->curl, CURLINFO_CONTENT_TYPE, &text);
	str_format_cut(a->type, sizeof(a->type), "%s", text ? text : "");
	text = NULL;
	curl_easy_getinfo(t->curl, CURLINFO_REDIRECT_URL, &text);
	a->location = xstrdup(text);
	if (curl_easy_header(t->curl, "Date", 0, CURLH_HEADER, -1, &date) == CURLHE_OK)
		a->date_ms = http_date_ms(date->value);
	named = curl_easy_header(t->curl, "Retry-After", 0, CURLH_HEADER, -1, &date) == CURLHE_OK;
	curl_easy_getinfo(t->curl, CURLINFO_RETRY_AFTER, &wait);
	/* Zero is also what libcurl says where it cannot read the value. */
	a->retry_after_s = named && wait > 0 ? (int64_t)wait : -1;
}

/* False without memory. */
static bool add_header(struct transfer *t, const char *name, const char *value)
{
	struct curl_slist *grown;
	char *line;

	if (!value)
		return true;
	line = *value ? xasprintf("%s: %s", name, value) : xasprintf("%s:", name);
	grown = curl_slist_append(t->headers, line);
	if (grown)
		t->headers = grown;
	explicit_bzero(line, strlen(line));
	free(line);
	return grown != NULL;
}

/* Takes note of an option that could not be set. */
#define set_option(t, ...) ((t)->short_of |= curl_easy_setopt((t)->curl, __VA_ARGS__) != CURLE_OK)

static void set_headers(struct transfer *t, const struct http_request *q)
{
	bool good = add_header(t, "Authorization", q->authorization) &&
		add_header(t, "Accept", q->accept) &&
		add_header(t, "Content-Type", q->content_type) &&
		add_header(t, "Content-Disposition", q->disposition) &&
		/* Without this a long POST would wait for "100 Continue". */
		add_header(t, "Expect", "");

	t->short_of |= !good;
	set_option(t, CURLOPT_HTTPHEADER, t->headers);
}

static void drop_headers(struct transfer *t)
{
	for (struct curl_slist *h = t->headers; h; h = h->next)
		explicit_bzero(h->data, strlen(h->data));
	curl_slist_free_all(t->headers);
}

static void set_manners(struct transfer *t, const struct http_request *q, bool secure)
{
	int64_t total = q->timeout_ms < 1 ? 1 : q->timeout_ms;

	if (total > TIMEOUT_MAX_MS)
		total = TIMEOUT_MAX_MS;
	set_option(t, CURLOPT_URL, q->url);
	set_option(t, CURLOPT_PATH_AS_IS, 1L);
	set_option(t, CURLOPT_PROTOCOLS_STR, secure ? "https" : "http");
	set_option(t, CURLOPT_FOLLOWLOCATION, 0L);
	set_option(t, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	set_option(t, CURLOPT_FRESH_CONNECT, 1L);
	set_option(t, CURLOPT_FORBID_REUSE, 1L);
	set_option(t, CURLOPT_NOSIGNAL, 1L);
	set_option(t, CURLOPT_TIMEOUT_MS, (long)total);
	set_option(t, CURLOPT_CONNECTTIMEOUT_MS,
		(long)(total < HTTP_CONNECT_MS ? total : HTTP_CONNECT_MS));
	set_option(t, CURLOPT_PROXY, "");
	set_option(t, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	set_option(t, CURLOPT_SSL_VERIFYPEER, 1L);
	set_option(t, CURLOPT_SSL_VERIFYHOST, 2L);
	set_option(t, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	set_option(t, CURLOPT_USERAGENT, "cpauto/" VERSION);
}

static void set_callbacks(struct transfer *t)
{
	set_option(t, CURLOPT_ERRORBUFFER, t->why);
	set_option(t, CURLOPT_WRITEFUNCTION, take_body);
	set_option(t, CURLOPT_WRITEDATA, t);
	set_option(t, CURLOPT_HEADERFUNCTION, take_header);
	set_option(t, CURLOPT_HEADERDATA, t);
	set_option(t, CURLOPT_PREREQFUNCTION, before_request);
	set_option(t, CURLOPT_PREREQDATA, t);
}

static CURL *new_handle(void)
{
	static bool ready;

	if (!ready) {
		if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
			return NULL;
		atexit(curl_global_cleanup);
		ready = true;
	}
	return curl_easy_init();
}

/* A value that could start a header of its own must not go out. */
static bool one_line(const char *value)
{
	return !value || !strpbrk(value, "\r\n");
}

static int refuse(struct http_answer *a, enum http_end end, const char *why)
{
	a->end = end;
	return err_set(&a->error, -EIO, "%s", tr(why));
}

/* The form's parts as curl's own; the data is copied. False when it cannot be made. */
static bool set_form(struct transfer *t, const struct http_request *q)
{
	t->form = curl_mime_init(t->curl);
	for (size_t i = 0; t->form && i < q->part_count; i++) {
		const struct http_part *from = &q->parts[i];
		curl_mimepart *part = curl_mime_addpart(t->form);

		if (!part || !one_line(from->type) || curl_mime_name(part, from->name) ||
				curl_mime_data(part, from->data, from->len) ||
				curl_mime_filename(part, from->file_name) ||
				curl_mime_type(part, from->type))
			return false;
	}
	return t->form && !curl_easy_setopt(t->curl, CURLOPT_MIMEPOST, t->form);
}

static bool set_body(struct transfer *t, const struct http_request *q)
{
	if (q->part_count)
		return set_form(t, q);
	set_option(t, CURLOPT_POST, 1L);
	set_option(t, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body_len);
	set_option(t, CURLOPT_POSTFIELDS, q->body ? q->body : "");
	return true;
}

static void clean_up(struct transfer *t)
{
	curl_easy_cleanup(t->curl);
	curl_mime_free(t->form);
	drop_headers(t);
}

static int perform(const struct http_request *q, bool post, struct http_answer *a)
{
	struct transfer t = { .answer = a };
	struct http_url url;
	CURLcode code;

	http_answer_finish(a);
	http_answer_init(a);
	buf_init(&a->body, q->body_max);
	if (http_url_parse(q->url, false, &url))
		return refuse(a, HTTP_BAD_URL, "this is no https address "
			"(plain http is taken for loopback addresses only)");
	if (!one_line(q->authorization) || !one_line(q->accept) || !one_line(q->content_type) ||
			!one_line(q->disposition))
		return refuse(a, HTTP_LOCAL, "a header's value holds a line end");
	t.curl = new_handle();
	if (!t.curl)
		return refuse(a, HTTP_UNREACHED, "libcurl cannot start: memory is short, or "
			"libcurl4 must be installed anew");
	set_manners(&t, q, url.secure);
	set_callbacks(&t);
	set_headers(&t, q);
	if (post && !set_body(&t, q)) {
		clean_up(&t);
		return refuse(a, HTTP_UNREACHED, "the form cannot be made: memory is short");
	}
	if (q->method)
		set_option(&t, CURLOPT_CUSTOMREQUEST, q->method);
	/* A request that lacks a part of what was wanted must not leave. */
	if (t.short_of) {
		clean_up(&t);
		return refuse(a, HTTP_UNREACHED, "the request cannot be made: memory is short");
	}
	code = curl_easy_perform(t.curl);
	a->end = end_of(code, &t);
	read_headers(&t);
	set_error(&t, code);
	clean_up(&t);
	return a->end == HTTP_DONE ? 0 : -EIO;
}

int http_get(const struct http_request *q, struct http_answer *a)
{
	return perform(q, false, a);
}

int http_post(const struct http_request *q, struct http_answer *a)
{
	return perform(q, true, a);
}
