/* SPDX-License-Identifier: MIT */
#ifndef SETTINGS_SIM_H
#define SETTINGS_SIM_H

#include "blog.h"
#include "buf.h"

/* A configuration as an owner might write it, and what it promises. */
enum load { LOAD_LIGHT, LOAD_MEDIUM, LOAD_FULL };

struct settings {
	enum load load;
	int calls;
	bool even;          /* the pace of calls */
	int64_t timeout_ms; /* of a call */
	int lists;
	int keywords;       /* of each list */
	struct blog_pace pace[BLOG_PUBLISHERS];
	int64_t publish_timeout_ms[BLOG_PUBLISHERS];
};

/* The names of the publishers, which are those of their agents too. */
extern const char *const settings_publishers[BLOG_PUBLISHERS];
enum { PUBLISHER_PLAIN, PUBLISHER_DRAFTS, PUBLISHER_BLIND };

/* Throws one; what a life is about (load, pace) stays as it is in S unless FIRST. */
void settings_throw(struct settings *s, struct dice *d, bool first, bool calm);
void settings_write(const struct settings *s, struct dice *d, struct buf *out);
/* For the end of a life: no lists any more, and publishers without limits. */
void settings_write_last(const struct settings *s, struct buf *out);

#endif
