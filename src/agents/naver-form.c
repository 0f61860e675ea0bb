/* SPDX-License-Identifier: MIT */
#include "naver-form.h"

#include <errno.h>
#include <limits.h>

#include "html.h"
#include "image.h"
#include "kit.h"

#define FORM_TYPE "application/x-www-form-urlencoded; charset=UTF-8"
#define ANSWER_MAX (1u << 20)
#define PLACE_NONE INT_MIN /* no errno */
#define RETRY_S 600
#define RETRY_QUOTA_S 3600

void naver_form_init(struct naver_form *f, bool twice)
{
	memset(f, 0, sizeof(*f));
	f->twice = twice;
}

void naver_form_finish(struct naver_form *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->field_count; i++)
		free(f->fields[i].text);
	for (size_t i = 0; i < f->image_count; i++)
		free(f->images[i].data);
	f->field_count = f->image_count = 0;
}

/*
 * The second pass sees nothing but ASCII, in which MS949 and UTF-8 are the same
 * bytes: that the guide names MS949 for it changes nothing on the wire.
 */
static char *percent(const char *text)
{
	struct buf out;

	buf_init(&out, NAVER_FORM_BODY_MAX);
	buf_percent(&out, text, strlen(text));
	return buf_failed(&out) ? NULL : buf_steal(&out);
}

void naver_form_add(struct naver_form *f, const char *name, const char *text)
{
	char *copy;

	if (!text || f->field_count == NAVER_FORM_FIELDS)
		return;
	copy = f->twice ? percent(text) : xstrdup(text);
	f->fields[f->field_count].name = name;
	f->fields[f->field_count++].text = copy ? copy : xstrdup("");
}

/* The entry of the post's images whose file takes the place of SRC, or NULL. */
static const struct value *find_image(const struct value *post, const char *src)
{
	const struct value *images = value_get(post, "images");

	for (size_t i = 0; i < value_len(images); i++) {
		const struct value *v = value_at(images, i);

		if (str_eq(value_get_string(v, "src", NULL), src) &&
				!str_empty(value_get_string(v, "path", NULL)))
			return v;
	}
	return NULL;
}

static int read_image(const struct naver_form *f, const char *path, struct naver_image *i,
	struct err *e)
{
	int r;

	if (fit_wanted(&f->fit))
		return fit_image(&f->fit, path, &i->data, &i->len, e);
	r = file_read(path, IMAGE_BYTES_MAX, &i->data, &i->len);
	if (r)
		err_set(e, r, "the picture %s cannot be read: %s", path, tr_errno(-r));
	return r;
}

/* Reads the picture's file into the next place. 0 or negative errno. */
static int load_image(struct naver_form *f, const struct value *from, struct err *e)
{
	const char *path = value_get_string(from, "path", "");
	struct naver_image *i = &f->images[f->image_count];
	struct err why = { "" };
	struct image kind;
	int r = read_image(f, path, i, e);

	if (r)
		return r;
	r = image_sniff(i->data, i->len, &kind, &why);
	if (r) {
		free(i->data);
		i->data = NULL;
		return err_set(e, r, "the picture %s cannot be sent: %s", path, why.text);
	}
	i->src = value_get_string(from, "src", "");
	i->mime = kind.mime;
	str_format_cut(i->name, sizeof(i->name), "%zu.%s", f->image_count, kind.ext);
	f->image_count++;
	return 0;
}

/* The number of the part that SRC is sent as, PLACE_NONE, or another negative errno. */
static int place_of(struct naver_form *f, const struct value *post, const char *src, struct err *e)
{
	const struct value *image;
	int r;

	for (size_t i = 0; i < f->image_count; i++)
		if (str_eq(f->images[i].src, src))
			return (int)i;
	image = find_image(post, src);
	if (!image || f->image_count == NAVER_FORM_IMAGES)
		return PLACE_NONE;
	r = load_image(f, image, e);
	return r ? r : (int)f->image_count - 1;
}

/* The attribute src of an <img>, decoded; NULL for everything else. */
static char *source_of(const struct html_token *t)
{
	struct html_attr a;
	struct buf out;

	if (t->kind != HTML_START || !str_eq(t->name, "img") || !html_attr(t, "src", &a))
		return NULL;
	buf_init(&out, 64u << 10);
	html_decode(&out, a.s, a.len);
	return buf_failed(&out) ? NULL : buf_steal(&out);
}

static int place_images(struct naver_form *f, const struct value *post, const char *html,
	struct buf *out, struct err *e)
{
	struct html_reader reader;
	const char *from = html;
	struct html_token t;

	html_init(&reader, html, strlen(html));
	for (; html_next(&reader, &t); from = reader.p) {
		CLEANUP_FREE char *src = source_of(&t);
		int at = src ? place_of(f, post, src, e) : PLACE_NONE;

		if (at < 0 && at != PLACE_NONE)
			return at;
		if (at >= 0)
			buf_printf(out, "<img src='#%d'/>", at);
		else
			buf_add(out, from, (size_t)(reader.p - from));
	}
	return 0;
}

/* 0 or negative errno with the line in E. */
static int make_html(struct naver_form *f, const struct value *post, bool with_images,
	struct buf *out, struct err *e)
{
	const char *html = value_get_string(post, "html", "");
	int r = 0;

	if (with_images)
		r = place_images(f, post, html, out, e);
	else
		buf_str(out, html);
	if (!r && buf_failed(out))
		r = err_set(e, -E2BIG, "the text is longer than 8 MiB");
	return r;
}

bool naver_form_add_post(struct naver_form *f, const char *name, const struct value *post,
	const struct value *config, struct value *answer)
{
	struct err e = { "" };
	struct buf out;
	int r;

	if (!fit_read(config, &f->fit, &e)) {
		kit_broken(answer, "%s", e.text);
		return false;
	}
	buf_init(&out, KIT_REQUEST_MAX);
	r = make_html(f, post, value_get_bool(config, "images", true), &out, &e);
	if (!r)
		naver_form_add(f, name, buf_cstr(&out));
	else if (r == -EIO)
		kit_broken(answer, "%s", e.text);
	else if (errno_is_weather(r))
		kit_later(answer, RETRY_S, "%s", e.text);
	else
		kit_refused(answer, "%s", e.text);
	buf_finish(&out);
	return !r;
}

static int send_urlencoded(const struct naver_form *f, struct http_request *q,
	struct http_answer *h)
{
	struct buf body;
	int r;

	buf_init(&body, NAVER_FORM_BODY_MAX);
	for (size_t i = 0; i < f->field_count; i++) {
		const char *text = f->fields[i].text;

		buf_printf(&body, "%s%s=", i ? "&" : "", f->fields[i].name);
		buf_percent(&body, text, strlen(text));
	}
	if (buf_failed(&body)) {
		h->end = HTTP_LOCAL;
		r = err_set(&h->error, -EIO, "the post is longer than %u MiB in this form",
			NAVER_FORM_BODY_MAX >> 20);
	} else {
		q->content_type = FORM_TYPE;
		q->body = buf_cstr(&body);
		q->body_len = body.len;
		r = http_post(q, h);
	}
	buf_finish(&body);
	return r;
}

static int send_multipart(const struct naver_form *f, struct http_request *q,
	struct http_answer *h)
{
	struct http_part parts[NAVER_FORM_FIELDS + NAVER_FORM_IMAGES];
	size_t n = 0;

	for (size_t i = 0; i < f->field_count; i++)
		parts[n++] = (struct http_part){ .name = f->fields[i].name,
			.data = f->fields[i].text, .len = strlen(f->fields[i].text) };
	for (size_t i = 0; i < f->image_count; i++)
		parts[n++] = (struct http_part){ .name = "image", .data = f->images[i].data,
			.len = f->images[i].len, .file_name = f->images[i].name,
			.type = f->images[i].mime };
	q->parts = parts;
	q->part_count = n;
	return http_post(q, h);
}

int naver_form_send(const struct naver_form *f, const char *url, const char *access,
	int64_t timeout_ms, struct http_answer *h)
{
	char *bearer = xasprintf("Bearer %s", access);
	struct http_request q = { .url = url, .authorization = bearer,
		.accept = "application/json", .timeout_ms = timeout_ms, .body_max = ANSWER_MAX };
	int r = f->image_count ? send_multipart(f, &q, h) : send_urlencoded(f, &q, h);

	secret_free(bearer);
	return r;
}

/* Text or a whole number, as text. */
static void copy_text(const struct value *v, char *out, size_t size)
{
	if (value_kind(v) == VALUE_INT)
		str_format_cut(out, size, "%lld", (long long)value_int(v, 0));
	else
		str_format_cut(out, size, "%s", value_string(v, ""));
}

static const struct value *first_of(const struct value *v, const char *a, const char *b)
{
	const struct value *found = value_get(v, a);

	return found ? found : value_get(v, b);
}

void naver_form_error(const struct value *body, struct naver_error *ret)
{
	const struct value *message = value_get(body, "message");
	const struct value *inner = value_get(
		value_kind(message) == VALUE_OBJECT ? message : body, "error");

	memset(ret, 0, sizeof(*ret));
	if (value_kind(inner) == VALUE_OBJECT) {
		copy_text(value_get(inner, "code"), ret->code, sizeof(ret->code));
		copy_text(first_of(inner, "msg", "message"), ret->text, sizeof(ret->text));
		return;
	}
	copy_text(first_of(body, "errorCode", "error_code"), ret->code, sizeof(ret->code));
	copy_text(first_of(body, "errorMessage", "message"), ret->text, sizeof(ret->text));
}

/* There is no whole answer. */
static void judge_transport(const struct http_answer *h, bool sent, struct value *answer)
{
	if (h->end == HTTP_BAD_URL)
		kit_broken(answer, "endpoint: %s", h->error.text);
	else if (h->end == HTTP_LOCAL && !h->sent)
		kit_broken(answer, "%s", h->error.text);
	else if (h->end == HTTP_UNTRUSTED)
		kit_broken(answer, "%s: nothing was sent; look at the endpoint and the clock",
			h->error.text);
	else if (h->sent && sent)
		kit_unknown(answer, "%s: the post may be out", h->error.text);
	else
		kit_later(answer, RETRY_S, "%s", h->error.text);
}

int naver_form_wait(const struct http_answer *h, int least)
{
	return h->retry_after_s > least ? (int)(h->retry_after_s < INT32_MAX ?
		h->retry_after_s : INT32_MAX) : least;
}

bool naver_form_judge(const struct http_answer *h, const struct naver_error *error, bool sent,
	const struct value *config, const struct naver_token *t, struct value *answer)
{
	if (h->end != HTTP_DONE)
		judge_transport(h, sent, answer);
	else if (h->status == 401 && str_eq(error->code, "028"))
		kit_broken(answer, "the server saw no token (028): something on the way drops the "
			"header Authorization; look at the endpoint");
	else if (h->status == 401)
		naver_token_rejected(config, t, answer);
	else if (h->status == 429)
		kit_later(answer, naver_form_wait(h, RETRY_QUOTA_S),
			"the quota of this API is used up (HTTP 429 %s)", error->code);
	else if (h->status >= 500 && sent)
		kit_unknown(answer, "the server failed with HTTP %d %s: the post may be out",
			h->status, error->text);
	else if (h->status >= 500)
		kit_later(answer, naver_form_wait(h, RETRY_S), "the server fails with HTTP %d %s",
			h->status, error->text);
	else if (sent && (h->status == 303 || (h->status > 200 && h->status < 300)))
		/* RFC 9110: it was taken; only what came of it is not told. */
		kit_unknown(answer, "the server took it without saying what came of it (HTTP %d): "
			"the post may be out", h->status);
	else if (h->status >= 300 && h->status < 400)
		kit_broken(answer, "the endpoint points elsewhere (HTTP %d): name the address "
			"itself", h->status);
	else
		return false;
	return true;
}

const char *naver_form_flag(const struct value *config, const char *name)
{
	const struct value *v = value_get(config, name);

	if (value_kind(v) == VALUE_BOOL)
		return value_bool(v, false) ? "true" : "false";
	return value_string(v, NULL);
}
