/* SPDX-License-Identifier: MIT */
/* The agent of MetaWeblog, WordPress's XML-RPC and others': cpauto-agent(7). */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <locale.h>

#include "buf.h"
#include "clock.h"
#include "fit.h"
#include "html.h"
#include "http.h"
#include "image.h"
#include "kit.h"
#include "page.h"
#include "sign.h"
#include "xmlrpc.h"

#define TIMEOUT_MS 300000     /* of the daemon for one run, where it names none */
#define REQUEST_MS 60000      /* for one request */
#define REQUEST_MIN_MS 100
#define ANSWER_MAX (16u << 20)
#define ID_MAX 64
#define RETRY_S 300
#define PICTURE_DIGITS 20
/*
 * How many posts find looks at. The server counts those of other authors too
 * before it leaves them out.
 */
#define RECENT 100

/* ---- what is asked -------------------------------------------------------- */

struct blog {
	const char *endpoint, *user, *blog_id;
	char *password;
	bool drafts_only; /* publish = "draft" */
	struct fit fit;
	int64_t request_ms;
	int64_t end_ms; /* of the whole run, by the boot clock */
};

static int64_t now_ms(void)
{
	struct instant now;

	clock_now(&now);
	return now.boot_ms;
}

static int64_t read_time(const struct value *c, const char *name, int64_t fallback)
{
	int64_t ms;

	return parse_duration(value_get_string(c, name, ""), &ms) || ms < REQUEST_MIN_MS ?
		fallback : ms;
}

static bool check_mode(const struct value *c, struct blog *b, struct value *answer)
{
	const char *mode = value_get_string(c, "publish", "publish");

	b->drafts_only = str_eq(mode, "draft");
	if (b->drafts_only || str_eq(mode, "publish"))
		return true;
	kit_broken(answer, "publish = \"%.40s\" is neither \"publish\" nor \"draft\"", mode);
	return false;
}

static bool check_limits(const struct value *c, struct blog *b, struct value *answer)
{
	struct err e = { "" };

	b->fit = fit_of_blogs;
	if (fit_read_over(c, &b->fit, &e))
		return true;
	kit_broken(answer, "%s", e.text);
	return false;
}

/* All but the password. */
static bool read_settings(const struct value *c, struct blog *b, struct value *answer)
{
	struct http_url url;

	b->endpoint = value_get_string(c, "endpoint", "");
	b->user = value_get_string(c, "user", "");
	b->blog_id = value_get_string(c, "blog_id", "1");
	b->request_ms = read_time(c, "request_timeout", REQUEST_MS);
	/* A little less than the daemon grants: an answer is better than a kill. */
	b->end_ms = now_ms() + read_time(c, "timeout", TIMEOUT_MS) * 9 / 10;
	if (!*b->endpoint)
		kit_broken(answer, "the publisher has no endpoint: for WordPress it is "
			"\"https://YOUR.BLOG/xmlrpc.php\"");
	else if (http_url_parse(b->endpoint, false, &url))
		kit_broken(answer, "endpoint = \"%.100s\" cannot be asked: it must be an https:// "
			"address (http:// for this machine only)", b->endpoint);
	else if (!*b->user)
		kit_broken(answer, "the publisher has no user: name the blog's account");
	else
		return check_mode(c, b, answer) && check_limits(c, b, answer);
	return false;
}

static void blog_finish(struct blog *b)
{
	secret_free(b->password);
}

/* False with the answer given. */
static bool blog_init(const struct value *request, struct blog *b, struct value *answer)
{
	struct err e = { "" };

	memset(b, 0, sizeof(*b));
	if (!read_settings(value_get(request, "config"), b, answer))
		return false;
	if (!kit_secret("password", &b->password, &e))
		return true;
	kit_broken(answer, "%s", e.text);
	return false;
}

/* ---- one call ------------------------------------------------------------- */

enum call_end {
	CALL_OK,
	CALL_FAULT,      /* the server says no, in XML-RPC */
	CALL_STATUS,     /* an HTTP status that is no success */
	CALL_UNREADABLE, /* a success that cannot be read */
	CALL_NO_ANSWER,  /* see http.end and http.sent */
	CALL_NOT_MADE,   /* the text is no UTF-8 */
};

struct call {
	enum call_end end;
	struct value *value;
	struct xmlrpc_fault fault;
	struct http_answer http;
	struct err error;
};

static void call_init(struct call *c)
{
	memset(c, 0, sizeof(*c));
	http_answer_init(&c->http);
}

static void call_finish(struct call *c)
{
	value_free(c->value);
	http_answer_finish(&c->http);
}

/* FIRST, user, password: how the parameters of every method begin. */
static struct value *params(const struct blog *b, const char *first)
{
	struct value *p = value_new_list();

	value_append(p, value_new_string(first));
	value_append(p, value_new_string(b->user));
	value_append(p, value_new_string(b->password));
	return p;
}

static enum call_end read_answer(struct call *c)
{
	int r;

	/* WordPress sends a fault for a crash in it, with status 500: the status counts. */
	if (c->http.status < 200 || c->http.status > 299)
		return CALL_STATUS;
	r = xmlrpc_read(buf_cstr(&c->http.body), c->http.body.len, &c->value, &c->fault,
		&c->error);
	return r == -EREMOTEIO ? CALL_FAULT : r ? CALL_UNREADABLE : CALL_OK;
}

/* Takes P. Exactly one request, or none. */
static bool call(const struct blog *b, const char *method, struct value *p,
	const struct xmlrpc_bits *bits, struct call *c)
{
	int64_t left = b->end_ms - now_ms();
	struct http_request q = { .url = b->endpoint, .accept = "text/xml",
		.content_type = "text/xml; charset=utf-8", .body_max = ANSWER_MAX,
		.timeout_ms = left < b->request_ms ? left : b->request_ms };
	char *text = NULL;

	call_init(c);
	if (left < REQUEST_MIN_MS) {
		c->end = CALL_NO_ANSWER;
		err_set(&c->http.error, -ETIME, "the time of this run is over");
		c->http.end = HTTP_UNREACHED;
	} else if (xmlrpc_write(method, p, bits, &text, &q.body_len)) {
		c->end = CALL_NOT_MADE;
	} else {
		q.body = text;
		c->end = http_post(&q, &c->http) ? CALL_NO_ANSWER : read_answer(c);
	}
	if (text)
		explicit_bzero(text, q.body_len);
	free(text);
	value_free(p);
	return c->end == CALL_OK;
}

/* ---- what a failed call means --------------------------------------------- */

/* A fault says that nothing was done. Codes of WordPress; others use them too. */
static void answer_fault(const struct xmlrpc_fault *f, struct value *answer)
{
	const char *text = *f->text ? f->text : _("no reason given");

	switch (f->code) {
	case 403:
		kit_broken(answer, "the blog does not take user and password (%s): put a new "
			"application password into password_file", text);
		break;
	case 401:
		kit_broken(answer, "the user may not do this on the blog (%s): give it the role "
			"of an author", text);
		break;
	case 405:
		kit_broken(answer, "the blog has XML-RPC switched off (%s): allow it, or use the "
			"agent wordpress", text);
		break;
	case -32601:
		kit_broken(answer, "the server does not know the method (%s): endpoint must be "
			"one of MetaWeblog", text);
		break;
	case -32602:
		kit_broken(answer, "the server does not take these parameters (%s): look at "
			"blog_id and endpoint", text);
		break;
	default:
		kit_refused(answer, "the blog refused (%d): %s", f->code, text);
	}
}

/* A status of 300 and more; WRITES: the request was to change something. */
static void answer_status(const struct call *c, bool writes, struct value *answer)
{
	int status = c->http.status;
	int64_t wait = c->http.retry_after_s;

	if (status == 429)
		kit_later(answer, wait < 0 || wait > INT_MAX ? RETRY_S : (int)wait,
			"the blog's server asks for patience (HTTP 429)");
	else if (status == 303 && writes)
		/* RFC 9110: it was taken, and what came of it is shown elsewhere. */
		kit_unknown(answer, "the blog's server took it and points to another page "
			"(HTTP 303): it may be out");
	else if ((status >= 500 || status == 408) && writes)
		kit_unknown(answer, "the blog's server failed after it was asked (HTTP %d)",
			status);
	else if (status >= 500 || status == 408)
		kit_later(answer, RETRY_S, "the blog's server fails (HTTP %d)", status);
	else if (status == 413 && writes)
		kit_refused(answer, "the blog's server takes no post of this length (HTTP 413)");
	else if (status >= 300 && status < 400)
		kit_broken(answer, "the endpoint has moved to %.200s: change endpoint if that is "
			"your blog", c->http.location ? c->http.location : _("an address it does "
			"not name"));
	else
		kit_broken(answer, "the blog's server does not let XML-RPC in (HTTP %d): look at "
			"endpoint, and whether a plug-in or firewall shuts it", status);
}

static void answer_no_answer(const struct call *c, bool writes, struct value *answer)
{
	const struct http_answer *h = &c->http;

	if (h->sent && writes)
		kit_unknown(answer, "%s", h->error.text);
	else if (h->end == HTTP_BAD_URL || h->end == HTTP_LOCAL || h->end == HTTP_UNTRUSTED)
		kit_broken(answer, "%s: look at endpoint and at this machine's certificates",
			h->error.text);
	else
		kit_later(answer, RETRY_S, "%s", h->error.text);
}

/* Nothing is known to be done by C, which did not end well. */
static void answer_failure(const struct call *c, bool writes, struct value *answer)
{
	switch (c->end) {
	case CALL_FAULT:
		answer_fault(&c->fault, answer);
		break;
	case CALL_STATUS:
		answer_status(c, writes, answer);
		break;
	case CALL_NO_ANSWER:
		answer_no_answer(c, writes, answer);
		break;
	case CALL_NOT_MADE:
		kit_refused(answer, "the post, user or password is no UTF-8");
		break;
	default:
		if (writes)
			kit_unknown(answer, "the blog's answer is not understood: %s",
				c->error.text);
		else
			kit_later(answer, RETRY_S, "the blog's answer is not understood: %s; is "
				"endpoint its XML-RPC address?", c->error.text);
	}
}

/* ---- pictures ------------------------------------------------------------- */

/* Percent-encodes what a server left raw: Korean, spaces, quotes. */
static void encode_url(const char *url, struct buf *out)
{
	for (const char *c = url; *c; c++) {
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f ||
				strchr("\"'<>\\^`{|}", *c))
			buf_percent(out, c, 1);
		else
			buf_char(out, *c);
	}
}

/* The address that a server gave to a picture, or NULL if it is none for a post. */
static char *picture_url(const struct value *v)
{
	struct http_url parsed;
	struct buf out;
	char *url;

	buf_init(&out, 4096);
	encode_url(value_get_string(v, "url", ""), &out);
	url = buf_steal(&out);
	if (url && http_url_parse(url, true, &parsed)) {
		free(url);
		url = NULL;
	}
	return url;
}

/* One picture, one name: by it an update finds what the post has already. */
static char *picture_name(const void *data, size_t len)
{
	char digest[SIGN_HEX_LEN + 1];

	sign_sha256(data, len, digest);
	return xasprintf("cp-img-%.*s", PICTURE_DIGITS, digest);
}

/* The address in the body OLD that has NAME in it, or NULL. */
static char *picture_there(const char *old, const char *name)
{
	const char *at = old ? strstr(old, name) : NULL, *start = at;
	struct http_url parsed;
	struct buf plain;
	char *url;

	while (start && start > old && !strchr("\"'<> \n", start[-1]))
		start--;
	if (!start)
		return NULL;
	buf_init(&plain, 4096);
	html_decode(&plain, start, strcspn(start, "\"'<> \n"));
	url = buf_steal(&plain);
	if (url && http_url_parse(url, true, &parsed)) {
		free(url);
		url = NULL;
	}
	return url;
}

static struct value *picture_params(const struct blog *b, const char *stem,
	const struct image *kind)
{
	struct value *p = params(b, b->blog_id), *object = value_new_object();
	CLEANUP_FREE char *name = xasprintf("%s.%s", stem, kind->ext);

	value_set_string(object, "name", name);
	value_set_string(object, "type", kind->mime);
	value_append(p, object);
	return p;
}

/* In a person's words, for the log. */
static const char *call_why(const struct call *c, char *buf, size_t size)
{
	if (c->end == CALL_FAULT)
		str_format_cut(buf, size, "%s", c->fault.text);
	else if (c->end == CALL_STATUS)
		str_format_cut(buf, size, "HTTP %d", c->http.status);
	else if (c->end == CALL_OK)
		str_format_cut(buf, size, _("it names no address for it"));
	else
		str_format_cut(buf, size, "%s%s", c->error.text, c->http.error.text);
	return buf;
}

/*
 * What of a failed upload stops the post: nobody there, or the login is wrong.
 * For all else a post with the shop's own picture is better than none.
 */
static bool stops_post(const struct call *c)
{
	return (c->end == CALL_NO_ANSWER && !c->http.sent) ||
		(c->end == CALL_FAULT && (c->fault.code == 403 || c->fault.code == 405));
}

/*
 * Sets "file" of IMAGE to its address on the blog, where OLD, the body of the
 * post that is there, may have it already. False with the answer given.
 */
static bool upload(const struct blog *b, const char *old, size_t number, struct value *image,
	bool *go_on, struct value *answer)
{
	const char *path = value_get_string(image, "path", NULL);
	struct xmlrpc_bits bits = { .name = "bits" };
	CLEANUP_FREE char *data = NULL, *url = NULL, *name = NULL;
	struct err e = { "" };
	struct image kind;
	struct call c;
	char why[300];
	bool stop;

	if (!path)
		return true;
	if (fit_load(&b->fit, path, &data, &bits.len, &kind, &e)) {
		kit_log(4, "the picture %.200s stays where it was: %s", path, e.text);
		return true;
	}
	bits.data = data;
	name = picture_name(data, bits.len);
	url = picture_there(old, name);
	if (url) {
		value_set_string(image, "file", url);
		return true;
	}
	if (call(b, "metaWeblog.newMediaObject", picture_params(b, name, &kind), &bits, &c))
		url = picture_url(c.value);
	stop = !url && stops_post(&c);
	if (url)
		value_set_string(image, "file", url);
	else if (stop)
		answer_failure(&c, false, answer);
	else
		kit_log(4, "the blog takes no picture %zu, the post shows it from %.200s: %s",
			number + 1, value_get_string(image, "src", ""),
			call_why(&c, why, sizeof(why)));
	/* One that hung would hang again, and the post needs the time. */
	*go_on = c.end != CALL_NO_ANSWER;
	call_finish(&c);
	return !stop;
}

/* In at most half of the time that is left. */
static bool upload_all(const struct blog *b, const char *old, struct value *post,
	struct value *answer)
{
	struct value *images = value_get(post, "images");
	int64_t end = now_ms() + (b->end_ms - now_ms()) / 2;
	bool go_on = true;

	for (size_t i = 0; i < value_len(images); i++) {
		if (!go_on || now_ms() >= end) {
			kit_log(4, "pictures from number %zu on stay where they were: "
				"no time is left for them", i + 1);
			return true;
		}
		if (!upload(b, old, i, value_at(images, i), &go_on, answer))
			return false;
	}
	return true;
}

/* ---- the post ------------------------------------------------------------- */

/* A comment is kept by the filter for authors and shown to nobody. */
static char *marker_of(const struct value *post)
{
	return xasprintf("<!-- cpauto %s -->", value_get_string(post, "marker",
		value_get_string(post, "key", "")));
}

/*
 * The body with the pictures' new addresses. The marker goes into the last
 * paragraph: behind it WordPress would make an empty one of it.
 */
static char *description_of(const struct value *post)
{
	CLEANUP_FREE char *marker = marker_of(post);
	CLEANUP_FREE char *tail = NULL;
	struct buf out;
	size_t len;

	buf_init(&out, PAGE_MAX);
	page_body(post, &out);
	len = out.len;
	while (len && strchr(" \t\r\n", out.data[len - 1]))
		len--;
	buf_truncate(&out, len);
	if (str_ends(buf_cstr(&out), "</p>")) {
		tail = xstrdup("</p>");
		buf_truncate(&out, len - strlen(tail));
	}
	buf_str(&out, marker);
	buf_str(&out, tail);
	return buf_steal(&out);
}

static char *keywords_of(const struct value *post)
{
	const struct value *tags = value_get(post, "tags");
	struct buf out;

	buf_init(&out, 8192);
	for (size_t i = 0; i < value_len(tags); i++)
		buf_printf(&out, "%s%s", i ? ", " : "", value_string(value_at(tags, i), ""));
	return buf_steal(&out);
}

/* "&lt;" and the like at S: as many bytes as it has, else 0. */
static size_t entity_len(const char *s)
{
	size_t n = 1 + (s[1] == '#');

	while (isalnum((unsigned char)s[n]))
		n++;
	return n > 2 && s[n] == ';' ? n + 1 : 0;
}

/*
 * A title is HTML to WordPress, which drops <1.7L> as a tag; a lone "&" it takes
 * as it is, and so do servers that want plain text.
 */
static char *title_of(const struct value *post)
{
	struct buf out;

	buf_init(&out, 65536);
	for (const char *c = value_get_string(post, "title", ""); *c; c++) {
		if (*c == '<' || *c == '>' || (*c == '&' && entity_len(c)))
			buf_html(&out, c, 1);
		else
			buf_char(&out, *c);
	}
	return buf_steal(&out);
}

/* Does the server's TITLE, which may be escaped or not, say the same as the post's? */
static bool same_title(const char *title, const struct value *post)
{
	static const struct {
		const char *entity;
		char c;
	} table[] = { { "&lt;", '<' }, { "&gt;", '>' }, { "&amp;", '&' }, { "&quot;", '"' },
		{ "&#039;", '\'' }, { "&#39;", '\'' } };
	const char *ours = value_get_string(post, "title", "");

	if (str_eq(title, ours))
		return true;
	for (; title && *title && *ours; ours++) {
		size_t i = 0, n = 1;
		char c = *title;

		while (i < ARRAY_LEN(table) && !str_starts(title, table[i].entity))
			i++;
		if (i < ARRAY_LEN(table)) {
			n = strlen(table[i].entity);
			c = table[i].c;
		}
		if (c != *ours)
			return false;
		title += n;
	}
	return title && !*title && !*ours;
}

static struct value *content_of(const struct value *post)
{
	CLEANUP_FREE char *description = description_of(post), *keywords = keywords_of(post);
	CLEANUP_FREE char *title = title_of(post);
	const char *category = value_get_string(post, "category", "");
	struct value *content = value_new_object(), *categories;

	value_set_string(content, "title", title);
	value_set_string(content, "description", description);
	if (!str_empty(keywords))
		value_set_string(content, "mt_keywords", keywords);
	if (*category) {
		categories = value_new_list();
		value_append(categories, value_new_string(category));
		value_set(content, "categories", categories);
	}
	return content;
}

/* The id that newPost answers: a string, of some servers a number. */
static bool read_id(const struct value *v, char id[ID_MAX])
{
	const char *text = value_string(v, NULL);
	int64_t number = value_int(v, 0);
	int r;

	if (text)
		r = str_format(id, ID_MAX, "%s", text);
	else
		r = number > 0 ? str_format(id, ID_MAX, "%lld", (long long)number) : -EINVAL;
	return r == 0 && *id && !str_eq(id, "0");
}

static const char *link_of(const struct value *v)
{
	const char *link = value_get_string(v, "permaLink", "");

	return *link ? link : value_get_string(v, "link", "");
}

static bool get_post(const struct blog *b, const char *id, struct call *c)
{
	return call(b, "metaWeblog.getPost", params(b, id), NULL, c);
}

/* All that the server says of the body of V, wherever it cuts it. */
static bool holds(const struct value *v, const char *text)
{
	return strstr(value_get_string(v, "description", ""), text) ||
		strstr(value_get_string(v, "mt_text_more", ""), text);
}

/* What is out is out: a failure from here on costs only the address. */
static void answer_made(const struct blog *b, const struct value *post, const char *id,
	struct value *answer)
{
	CLEANUP_FREE char *marker = marker_of(post);
	struct call c;
	char why[300];

	value_set_string(answer, "id", id);
	if (!get_post(b, id, &c))
		kit_log(5, "post %s is made, its address cannot be read: %s", id,
			call_why(&c, why, sizeof(why)));
	value_set_string(answer, "url", link_of(c.value));
	if (c.value && !holds(c.value, marker))
		kit_log(4, "the blog took the comment out by which cpauto finds its posts: "
			"what is unclear will have to be settled by hand");
	call_finish(&c);
	kit_ok(answer);
}

static void make_post(const struct blog *b, const struct value *post, bool publish,
	struct value *answer)
{
	struct value *p = params(b, b->blog_id);
	char id[ID_MAX];
	struct call c;

	value_append(p, content_of(post));
	value_append(p, value_new_bool(publish));
	if (!call(b, "metaWeblog.newPost", p, NULL, &c))
		answer_failure(&c, true, answer);
	else if (!read_id(c.value, id))
		kit_unknown(answer, "the blog names no id for the post");
	else
		answer_made(b, post, id, answer);
	call_finish(&c);
}

/* ---- drafts --------------------------------------------------------------- */

static bool is_draft(const struct value *v)
{
	const char *status = value_get_string(v, "post_status", "publish");

	return str_eq(status, "draft") || str_eq(status, "pending") || str_eq(status, "auto-draft");
}

/*
 * What editPost is told: the server's own words, so that what the owner changed
 * in the draft stays. WordPress drops tags and the part behind "more" when they
 * are not named.
 */
static struct value *content_again(const struct value *post, const struct value *there)
{
	static const char *const kept[] = { "title", "description", "mt_text_more", "mt_excerpt",
		"mt_keywords", "wp_slug", "categories" };
	struct value *ours = content_of(post), *content = value_new_object();

	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		const struct value *v = value_get(there, kept[i]);

		if (!v || str_eq(value_string(v, NULL), ""))
			v = value_get(ours, kept[i]);
		if (v)
			value_set(content, kept[i], value_copy(v));
	}
	value_free(ours);
	return content;
}

static void publish_there(const struct blog *b, const struct value *post, const char *id,
	const struct value *there, struct value *answer)
{
	struct value *p = params(b, id);
	struct call c;

	value_append(p, content_again(post, there));
	value_append(p, value_new_bool(true));
	/* The draft's own address is another one: it is asked for anew. */
	if (call(b, "metaWeblog.editPost", p, NULL, &c))
		answer_made(b, post, id, answer);
	else
		answer_failure(&c, true, answer);
	call_finish(&c);
}

static bool is_ours(const struct value *post, const struct value *there)
{
	CLEANUP_FREE char *marker = marker_of(post);

	return holds(there, marker) || same_title(value_get_string(there, "title", NULL), post);
}

/* By its id, so as often as one likes: what is out already is left alone. */
static void publish_draft(const struct blog *b, const struct value *post, const char *id,
	struct value *answer)
{
	struct call c;

	if (!get_post(b, id, &c)) {
		if (c.end == CALL_FAULT && c.fault.code == 404)
			kit_refused(answer, "the draft %.40s is no longer in the blog", id);
		else
			answer_failure(&c, false, answer);
	} else if (!is_ours(post, c.value)) {
		kit_refused(answer, "number %.40s in the blog is another post by now", id);
	} else if (!is_draft(c.value)) {
		value_set_string(answer, "id", id);
		value_set_string(answer, "url", link_of(c.value));
		kit_ok(answer);
	} else {
		publish_there(b, post, id, c.value, answer);
	}
	call_finish(&c);
}

/* ---- updates ---------------------------------------------------------------- */

/* Title and body are ours, all else stays as the owner has it on the blog. */
static struct value *content_over(const struct value *post, const struct value *there)
{
	static const char *const kept[] = { "mt_excerpt", "mt_keywords", "wp_slug", "categories" };
	struct value *content = content_of(post);

	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		const struct value *v = value_get(there, kept[i]);

		if (v)
			value_set(content, kept[i], value_copy(v));
	}
	return content;
}

static void write_over(const struct blog *b, const struct value *post, const char *id,
	const struct value *there, struct value *answer)
{
	struct value *mine = value_copy(post), *p;
	struct call c;

	if (upload_all(b, value_get_string(there, "description", ""), mine, answer)) {
		p = params(b, id);
		value_append(p, content_over(mine, there));
		value_append(p, value_new_bool(!is_draft(there)));
		if (call(b, "metaWeblog.editPost", p, NULL, &c))
			answer_made(b, post, id, answer);
		else
			answer_failure(&c, true, answer);
		call_finish(&c);
	}
	value_free(mine);
}

/* Only over what has our marker in it: a person's post must not be written over. */
static void update(const struct blog *b, const struct value *post, const char *id,
	struct value *answer)
{
	CLEANUP_FREE char *marker = marker_of(post);
	struct call c;

	if (!get_post(b, id, &c)) {
		if (c.end == CALL_FAULT && c.fault.code == 404)
			kit_refused(answer, "the blog has no post %.40s: it was deleted there", id);
		else
			answer_failure(&c, false, answer);
	} else if (str_eq(value_get_string(c.value, "post_status", ""), "trash")) {
		kit_refused(answer, "the post %.40s is in the blog's trash", id);
	} else if (!holds(c.value, marker)) {
		kit_refused(answer, "the post %.40s of the blog is not this one (the mark of it is "
			"not there): it was left as it is", id);
	} else {
		write_over(b, post, id, c.value, answer);
	}
	call_finish(&c);
}

/* ---- operations ----------------------------------------------------------- */

static void publish(const struct blog *b, const struct value *request, const struct value *post,
	struct value *answer)
{
	const char *stage = value_get_string(request, "stage", "");
	const char *id = value_get_string(request, "id", "");
	struct value *mine;

	if (str_eq(stage, "publish") && !*id) {
		kit_refused(answer, "the stage \"publish\" needs the id of a draft");
	} else if (str_eq(stage, "publish") && b->drafts_only) {
		value_set_string(answer, "id", id);
		kit_ok(answer);
	} else if (str_eq(stage, "publish")) {
		publish_draft(b, post, id, answer);
	} else {
		mine = value_copy(post);
		if (upload_all(b, NULL, mine, answer))
			make_post(b, mine, !*stage && !b->drafts_only, answer);
		/* Where a draft is all that is wanted, it is the post. */
		if (*stage && !b->drafts_only &&
				str_eq(value_get_string(answer, "result", ""), "ok"))
			value_set_bool(answer, "draft", true);
		value_free(mine);
	}
}

/* False with the answer given. */
static bool is_whole(const struct value *post, struct value *answer)
{
	if (!str_empty(value_get_string(post, "key", NULL)) &&
			!str_empty(value_get_string(post, "title", NULL)) &&
			!str_empty(value_get_string(post, "html", NULL)))
		return true;
	kit_refused(answer, "a post has a key, a title and html (cpauto-agent(7))");
	return false;
}

static void run_publish(const struct value *request, struct value *answer)
{
	const struct value *post = value_get(request, "post");
	struct blog b;

	if (!blog_init(request, &b, answer))
		return;
	if (is_whole(post, answer))
		publish(&b, request, post, answer);
	blog_finish(&b);
}

static void run_update(const struct value *request, struct value *answer)
{
	const struct value *post = value_get(request, "post");
	const char *id = value_get_string(request, "id", "");
	struct blog b;

	if (!blog_init(request, &b, answer))
		return;
	if (!*id)
		kit_refused(answer, "the request names no id of a post");
	else if (is_whole(post, answer))
		update(&b, post, id, answer);
	blog_finish(&b);
}

/* The one with the marker; of several one that is out. */
static const struct value *find_marked(const struct value *posts, const char *marker)
{
	const struct value *found = NULL;

	for (size_t i = 0; i < value_len(posts); i++) {
		const struct value *v = value_at(posts, i);

		if (holds(v, marker) && (!found || is_draft(found)))
			found = v;
	}
	return found;
}

/* One of that title without any mark of ours: by hand, or of a blog that took it out. */
static bool has_twin(const struct value *posts, const struct value *post)
{
	for (size_t i = 0; i < value_len(posts); i++)
		if (same_title(value_get_string(value_at(posts, i), "title", NULL), post) &&
				!holds(value_at(posts, i), "<!-- cpauto "))
			return true;
	return false;
}

static void answer_found(const struct blog *b, const struct value *post, const struct value *posts,
	struct value *answer)
{
	CLEANUP_FREE char *marker = marker_of(post);
	const struct value *found = find_marked(posts, marker);
	char id[ID_MAX];

	kit_ok(answer);
	if (!found) {
		value_set_string(answer, "found", value_kind(posts) != VALUE_LIST ||
			has_twin(posts, post) ? "unknown" : "no");
		return;
	}
	value_set_string(answer, "found", "yes");
	value_set_string(answer, "id", read_id(value_get(found, "postid"), id) ? id : "");
	value_set_string(answer, "url", link_of(found));
	/* Where a draft is all that is wanted, it is the post. */
	if (is_draft(found) && !b->drafts_only)
		value_set_bool(answer, "draft", true);
}

static void run_find(const struct value *request, struct value *answer)
{
	const struct value *post = value_get(request, "post");
	struct value *p;
	struct call c;
	struct blog b;

	if (!blog_init(request, &b, answer))
		return;
	if (str_empty(value_get_string(post, "key", NULL))) {
		kit_refused(answer, "a post has a key (cpauto-agent(7))");
	} else {
		p = params(&b, b.blog_id);
		value_append(p, value_new_int(RECENT));
		if (call(&b, "metaWeblog.getRecentPosts", p, NULL, &c))
			answer_found(&b, post, c.value, answer);
		else
			answer_failure(&c, false, answer);
		call_finish(&c);
	}
	blog_finish(&b);
}

/* Only one who may write posts is told the categories. */
static void run_check(const struct value *request, struct value *answer)
{
	struct call c;
	struct blog b;

	if (!blog_init(request, &b, answer))
		return;
	if (call(&b, "metaWeblog.getCategories", params(&b, b.blog_id), NULL, &c))
		kit_ok(answer);
	else if (c.end == CALL_UNREADABLE)
		kit_broken(answer, "what endpoint answers is not understood: %s; is it the "
			"blog's XML-RPC address?", c.error.text);
	else
		answer_failure(&c, false, answer);
	call_finish(&c);
	blog_finish(&b);
}

static void run_describe(const struct value *request, struct value *answer)
{
	const char *mode = value_get_string(value_get(request, "config"), "publish", "publish");

	value_set_string(answer, "name", "metaweblog");
	value_set_bool(answer, "findable", true);
	value_set_bool(answer, "idempotent", false);
	/* Where a draft is the end, there is no second stage. */
	value_set_bool(answer, "drafts", !str_eq(mode, "draft"));
	value_set_bool(answer, "unattended", true);
	value_set_bool(answer, "images", true);
	value_set_bool(answer, "update", true);
	value_set_string(answer, "html_profile", "safe");
	kit_ok(answer);
}

static const struct kit_op ops[] = {
	{ "publish", run_publish },
	{ "find", run_find },
	{ "update", run_update },
	{ "check", run_check },
	{ "describe", run_describe },
};

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	return kit_main(argc, argv, "metaweblog", ops, ARRAY_LEN(ops));
}
