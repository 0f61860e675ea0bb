/* SPDX-License-Identifier: MIT */
#ifndef BLOG_H
#define BLOG_H

#include "sim.h"
#include "value.h"

/* The blogs, and our second judge: what is out, what will be, what was sent when. */
#define BLOG_MAX 32768
#define BLOG_SEEN_MAX (BLOG_MAX / 2)
#define BLOG_PUBLISHERS 3
#define BLOG_RECENT 64

struct blog_post {
	char key[40];
	int publisher;
	int64_t out_ms;    /* when it came out or will; 0 = it is not */
	int64_t draft_ms;  /* when its draft came or will; 0 = none */
	int64_t sent_ms;   /* when the last attempt began that may have put it out */
	int64_t sent_wall_ms; /* the same on the machine's own clock */
	int times_out;
	bool in_store;
};

struct blog {
	struct blog_post posts[BLOG_MAX]; /* a hash table */
	int count;
	struct blog_post *recent[BLOG_PUBLISHERS][BLOG_RECENT]; /* that came out, newest first */
};

struct blog *blog_new(void);
struct blog_post *blog_find(struct blog *b, const char *key); /* NULL: never seen */
struct blog_post *blog_get(struct blog *b, const char *key);

/* It comes out then; a second time is a broken promise. */
void blog_put(struct blog *b, struct blog_post *p, int64_t at_ms, struct totals *sum);
bool blog_is_out(const struct blog_post *p, int64_t now_ms);
bool blog_will_be_out(const struct blog_post *p);

/* Promise 3: the sentence, in the title or before all that is sold. */
void blog_judge_disclosure(const struct value *post);

/* What a publisher may do. */
struct blog_pace {
	int per_day;
	int64_t gap_ms;
	int active[2], hours[2]; /* minutes of the day; alike = always */
};
/* An attempt with KEY begins at the machine's wall clock WALL_MS. */
void blog_judge_pace(const struct blog *b, const struct blog_post *p, const struct blog_pace *pace,
	const struct world *w);

#endif
