/* SPDX-License-Identifier: MIT */
#include "fetch.h"

#include <errno.h>

#include "clock.h"
#include "hosts.h"
#include "image.h"
#include "sign.h"

#define TYPES "image/jpeg, image/png, image/webp, image/gif"

static bool is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* One request, within what is left of the time. 0 or -EIO. */
static int ask(struct fetch *f, const char *address, struct http_answer *h, struct err *e)
{
	struct http_request q = { .url = address, .accept = TYPES,
		.timeout_ms = f->timeout_ms, .body_max = IMAGE_BYTES_MAX };
	struct instant now;
	int64_t left;

	clock_now(&now);
	left = f->deadline_ms - now.boot_ms;
	if (left <= 0)
		return err_set(e, -EIO, "the time for pictures was up before this one's turn");
	if (left < q.timeout_ms)
		q.timeout_ms = left;
	f->requests++;
	if (http_get(&q, h))
		return err_set(e, -EIO, "%s", h->error.text);
	return 0;
}

/* From URL along at most FETCH_REDIRECTS_MAX redirects, each address checked. */
static int follow(struct fetch *f, const char *url, struct http_answer *h, struct err *e)
{
	CLEANUP_FREE char *address = hosts_image_address(url, f->endpoint);

	if (!address)
		return err_set(e, -EACCES,
			"not asked for: this is no address of the programme's pictures");
	for (int hop = 0; hop <= FETCH_REDIRECTS_MAX; hop++) {
		char *next;

		if (ask(f, address, h, e))
			return -EIO;
		if (h->status == 200)
			return 0;
		if (!is_redirect(h->status) || !h->location)
			return err_set(e, -EIO, "the server answers HTTP %d", h->status);
		next = hosts_image_address(h->location, f->endpoint);
		if (!next)
			return err_set(e, -EACCES,
				"not followed: it redirects away from the programme's pictures");
		free(address);
		address = next;
	}
	return err_set(e, -ELOOP, "it redirects more than %d times", FETCH_REDIRECTS_MAX);
}

/* Writes the picture and describes it in ITEM. 0 or negative errno. */
static int keep(const struct fetch *f, const void *data, size_t len, const struct image *image,
	struct value *item, struct err *e)
{
	CLEANUP_FREE char *path = NULL;
	char hash[SIGN_HEX_LEN + 1];
	int r;

	sign_sha256(data, len, hash);
	path = xasprintf("%s/%s.%s", f->directory, hash, image->ext);
	r = file_write_atomic(path, data, len, FETCH_FILE_MODE);
	if (r)
		return err_set(e, r, "%s cannot be written: %s", path, tr_errno(-r));
	value_set_string(item, "path", path);
	value_set_string(item, "mime", image->mime);
	value_set_int(item, "width", image->width);
	value_set_int(item, "height", image->height);
	value_set_int(item, "bytes", (int64_t)len);
	return 0;
}

static int take(const struct fetch *f, const struct buf *body, struct value *item, struct err *e)
{
	struct image image;
	struct buf stripped;
	int r;

	r = image_sniff(buf_cstr(body), body->len, &image, e);
	if (r)
		return r;
	if (!str_eq(image.ext, "jpg"))
		return keep(f, buf_cstr(body), body->len, &image, item, e);
	buf_init(&stripped, body->len);
	r = image_strip_jpeg(buf_cstr(body), body->len, &stripped);
	if (r)
		err_set(e, r, "this JPEG is damaged or cut short");
	else
		r = keep(f, buf_cstr(&stripped), stripped.len, &image, item, e);
	buf_finish(&stripped);
	return r;
}

struct value *fetch_image(struct fetch *f, const char *url)
{
	struct value *item = value_new_object();
	struct http_answer h;
	struct err e = { "" };

	http_answer_init(&h);
	value_set_string(item, "url", url);
	if (follow(f, url, &h, &e) || take(f, &h.body, item, &e))
		value_set_string(item, "error", e.text);
	http_answer_finish(&h);
	return item;
}
