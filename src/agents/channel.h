/* SPDX-License-Identifier: MIT */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "http.h"
#include "value.h"

/*
 * What the agents that tell people something share: the event of a request
 * (cpauto-agent(7)), a request with one answer over HTTP, and what that means.
 */
#define CHANNEL_TITLE_MAX 200  /* bytes that are passed on */
#define CHANNEL_TEXT_MAX 3000
#define CHANNEL_TOKEN_MAX 48   /* of a word that stands for one post */
#define CHANNEL_BODY_MAX (256u << 10)

struct channel_event {
	char title[CHANNEL_TITLE_MAX + 1];
	char text[CHANNEL_TEXT_MAX + 1];
	const char *kind;  /* "approval", "published", … */
	const char *link;  /* an address to open, or "" */
	const char *token; /* with which it may be replied to, or "" */
	const char *yes, *no; /* what the buttons say */
	int64_t level;     /* as in sd-daemon(3), 3 to 6 */
};

/* Strings belong to REQUEST. False with ANSWER filled in where there is no event in it. */
bool channel_event(const struct value *request, struct channel_event *ret, struct value *answer);

/* Letters, digits, '-' and '_', 1 to CHANNEL_TOKEN_MAX of them: what daemons make. */
bool channel_is_token(const char *text);

/*
 * CONFIG's address NAME, else STANDARD, without slashes at its end: the caller's.
 * NULL with ANSWER filled in where it is none that may be asked.
 */
char *channel_url(const struct value *config, const char *name, const char *standard,
	struct value *answer);

/*
 * The secret NAME. True with *RET the caller's to secret_free(), NULL where none
 * was given; false with ANSWER filled in where it cannot be read or is no one line.
 */
bool channel_secret(const char *name, char **ret, struct value *answer);

/* What is left of the option timeout, for the one request: its share of it. */
int64_t channel_timeout(const struct value *config);

/*
 * What came of a request to WHO ("ntfy"): true with 2xx; else ANSWER is filled
 * in, with the server's WORDS (may be ""). RETRY_S: how long it asks to be left
 * alone, -1 if it says nothing. A message may be delivered twice rather than
 * not at all, and asking changes nothing, so what may have arrived is "later".
 */
bool channel_judge(const struct http_answer *h, const char *who, const char *words,
	int64_t retry_s, struct value *answer);

/* The answer to op replies: a list to which channel_reply() adds, and where to go on. */
struct value *channel_replies(struct value *answer, const char *cursor);

/* TEXT is "approve TOKEN" or "reject TOKEN", in any case; else nothing is added. */
void channel_reply(struct value *replies, const char *text, const char *chat);

/* What an agent of this kind says of itself; ends with kit_ok(). */
void channel_describe(struct value *answer, const char *name, bool replies);

#endif
