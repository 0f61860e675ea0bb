/* SPDX-License-Identifier: MIT */
#ifndef GATES_H
#define GATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "seen.h"
#include "util.h"
#include "value.h"

/*
 * What a post must pass before it leaves. Pure: a post and the answer it was
 * made from in, every rule's outcome with its reason out.
 */

/* The programme's sentence, to the letter (rules for Coupang Partners members). */
#define GATES_DISCLOSURE SEEN_DISCLOSURE

/*
 * Since this day the Fair Trade Commission's guideline on endorsements wants the
 * disclosure in the title or the first part of a text, and in words without "may".
 */
#define GATES_PLACE_SINCE "2024-12-01"

#define GATES_REASON_MAX 320
#define GATES_RULES_MAX 8
struct gates_result {
	const char *rule;   /* "disclosure", "facts", …: static */
	bool pass;
	char reason[GATES_REASON_MAX]; /* why; also why it passed */
	const char *since;  /* who demands it and since when: static, never NULL */
	const char *remedy; /* what to do: static, "" when it passed */
};

struct gates_report {
	bool pass; /* all of them */
	size_t count;
	struct gates_result results[GATES_RULES_MAX];
};

struct gates_input {
	const struct value *post;     /* {title, html, text, markdown, products[], images[]} */
	const struct value *products; /* the answer it came from, as the source gave it */
	const char *search_link;      /* the answer's landingUrl; NULL or "" for none */
	const char *keyword;          /* may hold a price ("10만원 선물"); NULL for none */
	const char *endpoint;         /* the API's, counts as a host if loopback; NULL for none */
	int64_t fetched_ms;           /* wall clock: when the answer came */
	int64_t now_ms;
	int64_t ttl_ms;
};

/*
 * All gates: disclosure, facts, hosts, claims, profile. REPORT is filled in
 * whole whatever fails. True if all passed. The time of the prices is looked
 * for in the zone of clock_set_zone().
 */
bool gates_check(const struct gates_input *in, struct gates_report *report);

/* A URL of the programme: link (or image), or on the endpoint's own loopback host. */
enum gates_url { GATES_LINK, GATES_IMAGE };
bool gates_url_ok(const char *url, enum gates_url what, const char *endpoint, struct err *e);

/*
 * The disclosure gate alone for any text of up to LINT_MAX bytes: HTML (a page
 * or a part), or plain text and Markdown. Rules: "sentence", "place", "visible",
 * "wording". True if all passed.
 */
#define GATES_LINT_MAX (4u << 20)
bool gates_lint(const char *text, size_t len, bool is_html, struct gates_report *report);

/*
 * A product's name as it is shown: NFC, at most GATES_NAME_MAX characters; control,
 * direction and zero-width characters and broken UTF-8 taken out, white space
 * made single spaces. New, the caller's; may be "".
 */
#define GATES_NAME_MAX 200
char *gates_name(const char *raw);

/* How a text looks to gates_lint's caller: true if it holds a tag. */
bool gates_is_html(const char *text, size_t len);

/* {pass, rules: [{rule, pass, reason, since, remedy}]}, the caller's. */
struct value *gates_value(const struct gates_report *report);

#endif
