/* SPDX-License-Identifier: MIT */
#ifndef NOTICE_H
#define NOTICE_H

#include <stdint.h>

#include "event.h"
#include "settings.h"
#include "value.h"

/* What people are told: the classes of events, and the message made of some. Pure. */
enum notice_class {
	NOTICE_NONE,
	NOTICE_APPROVAL,  /* a post waits for approval */
	NOTICE_PUBLISHED, /* out, or brought up to date there */
	NOTICE_REFUSED,   /* a post or keyword that goes no further */
	NOTICE_UNKNOWN,   /* a post may be out or not, and is looked for */
	NOTICE_PARKED,    /* nobody but the owner can tell */
	NOTICE_BLOCKED,   /* the account, here or at a publisher */
	NOTICE_BROKEN,    /* source or publisher need a person */
	NOTICE_FAILED,    /* something failed and is tried again */
	NOTICE_BACK,      /* what was blocked or failed works again */
	NOTICE_BUDGET,    /* the last call of the window is spent */
	NOTICE_SERVICE,   /* the daemon itself: its start, a bad configuration */
	/* From here on told to whom it concerns, whatever he asked for. */
	NOTICE_OWN,
	NOTICE_REPLY = NOTICE_OWN, /* what came of a reply */
	NOTICE_TEST,
	NOTICE_COUNT
};

#define notice_bit(class) (1u << (class))
#define NOTICE_USUAL                                                                          \
	(notice_bit(NOTICE_APPROVAL) | notice_bit(NOTICE_PARKED) |                            \
		notice_bit(NOTICE_BLOCKED) | notice_bit(NOTICE_BROKEN))

/* "approval"; static. */
const char *notice_word(enum notice_class class);
/* NOTICE_NONE for a word that is none, and for those that nobody may ask for. */
enum notice_class notice_find(const char *word);
/* What lines of EVENT are told as; NOTICE_NONE: not at all. */
enum notice_class notice_of_event(enum event event);
/* Of whichever class, as it is stored. */
enum notice_class notice_of_word(const char *word);

/* Lines of one message; more are counted. */
#define NOTICE_LINES 10
#define NOTICE_LINE_MAX 300

/*
 * The event of a request (cpauto-agent(7)), new: ROWS are what the store has,
 * {class, level, at_ms, text, post, title, keyword, list, url}, at least one;
 * MORE were left out beside them.
 */
struct value *notice_event(const struct config_notifier *n, const struct value *rows,
	int64_t more);

/*
 * The same of a post that waits for approval, POST being its row; TOKEN (NULL:
 * none) is what a reply must name.
 */
struct value *notice_approval(const struct config_notifier *n, const struct value *post,
	const char *token);

/* What is said of a reply that counts; the caller's. */
char *notice_replied(const struct config_notifier *n, int64_t post, bool approve);

/* The event of a test, new. */
struct value *notice_test(const struct config_notifier *n, int64_t now_ms);

/*
 * How long until another message may leave, and what PACED_MS is once it has:
 * per_hour of them on average, as many at once, with the gap between two. Wall clock.
 */
int64_t notice_wait(const struct config_notifier *n, int64_t paced_ms, int64_t last_ms,
	int64_t now_ms);
int64_t notice_paced(const struct config_notifier *n, int64_t paced_ms, int64_t now_ms);

/* Whether its reader is spoken to in Korean. */
bool notice_korean(const struct config_notifier *n);

#endif
