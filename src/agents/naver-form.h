/* SPDX-License-Identifier: MIT */
#ifndef NAVER_FORM_H
#define NAVER_FORM_H

#include "fit.h"
#include "http.h"
#include "naver-token.h"
#include "value.h"

/*
 * A post in the shape of Naver's write APIs: text fields, and pictures as
 * repeated parts "image" whose places in the text are <img src='#0'/>, '#1'
 * and so on. Without pictures it is an urlencoded form, percent-encoded once;
 * with any it is multipart/form-data with the text as it is.
 */
#define NAVER_FORM_FIELDS 24
#define NAVER_FORM_IMAGES 50 /* more stay what they are: links to where they lie */
#define NAVER_FORM_BODY_MAX (64u << 20) /* a request of 8 MiB, each byte at most 5 */

struct naver_image {
	const char *src; /* as it stands in the post */
	char *data;
	size_t len;
	const char *mime;
	char name[24]; /* "0.jpg" */
};

struct naver_form {
	/*
	 * The text of each field is percent-encoded once before it is put into
	 * the form, urlencoded or multipart: so the guide of the cafe API.
	 */
	bool twice;
	struct fit fit; /* of pictures; none at first */
	struct {
		const char *name;
		char *text;
	} fields[NAVER_FORM_FIELDS];
	size_t field_count;
	struct naver_image images[NAVER_FORM_IMAGES];
	size_t image_count;
};

void naver_form_init(struct naver_form *f, bool twice);
void naver_form_finish(struct naver_form *f);

/* NAME must last; TEXT is copied, NULL adds nothing. */
void naver_form_add(struct naver_form *f, const char *name, const char *text);

/*
 * The html of POST as field NAME, its pictures that were fetched as parts
 * unless CONFIG says images = false, made to fit if it says how. False with
 * ANSWER filled in: nothing was sent. POST and CONFIG must last.
 */
bool naver_form_add_post(struct naver_form *f, const char *name, const struct value *post,
	const struct value *config, struct value *answer);

/* Sends it: exactly one request. H says how it ended. 0 or -EIO as http_post(). */
int naver_form_send(const struct naver_form *f, const char *url, const char *access,
	int64_t timeout_ms, struct http_answer *h) MUST_CHECK;

/*
 * What a server says is wrong, in any of the shapes that were seen:
 * errorCode and errorMessage, error_code and message, and error.code and
 * error.msg, alone or in message. Empty where it says nothing.
 */
struct naver_error {
	char code[24];
	char text[240];
};
void naver_form_error(const struct value *body, struct naver_error *ret);

/*
 * Fills in ANSWER for what is the same with every one of these APIs. SENT
 * means that a post was on its way. False if it is none of these: a whole
 * answer that the caller must judge.
 */
bool naver_form_judge(const struct http_answer *h, const struct naver_error *error, bool sent,
	const struct value *config, const struct naver_token *t, struct value *answer);

/* Seconds to wait: LEAST, or as long as the server asks for if that is longer. */
int naver_form_wait(const struct http_answer *h, int least);

/* A member of CONFIG as true, false or what an API calls it; NULL if not given. */
const char *naver_form_flag(const struct value *config, const char *name);

#endif
