/* SPDX-License-Identifier: MIT */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "settings.h"
#include "util.h"
#include "value.h"

/*
 * The one table of options: it parses, checks, prints and documents. A new
 * option is one row here and one member of struct config.
 */
enum option_type {
	OPTION_INT,
	OPTION_FLOAT,
	OPTION_STRING,
	OPTION_NAME,     /* of a list, a publisher, a template, an agent */
	OPTION_FILE,     /* made absolute, from the folder of the file it stands in */
	OPTION_URL,
	OPTION_SIZE,     /* "512x512" */
	OPTION_DURATION,
	OPTION_PACE,     /* a duration or "even" */
	OPTION_HOURS,
	OPTION_ZONE,
	OPTION_CHOICE,   /* of words; stored as their index, as the enums in config.h */
	OPTION_STRINGS,
	OPTION_KEYWORDS, /* strings too, cleaned by keywords.c */
};

struct option {
	const char *group, *name;
	enum option_type type;
	const char *standard; /* the default as text; NULL = must be given */
	const char *text;     /* one line for the manual, the sample and errors */
	size_t at, count_at;  /* in the struct of the group */
	int64_t min, max;     /* ms for times, bytes for texts */
	const char *choices;  /* "auto|manual" */
	const char *example;  /* where the default shows little */
	const char *unit;
	bool agent; /* kept in the publisher's settings alone */
};

struct option_group {
	const char *name;
	bool many; /* ( { … }, { … } ) */
};

extern const struct option option_table[];
extern const size_t option_count;
extern const struct option_group option_groups[];
extern const size_t option_group_count;

const struct option *option_find(const char *group, const char *name);
const struct option_group *option_group_find(const char *name);

/* The option of GROUP that NAME was likely meant to be, or NULL. */
const struct option *option_near(const char *group, const char *name);
const struct option_group *option_group_near(const char *name);

const char *option_type_name(enum option_type type);

/* "a whole number from 1 to 10000" and `calls = 10`, for people. */
void option_wanted(const struct option *o, char *buf, size_t size);
void option_example(const struct option *o, char *buf, size_t size);

/*
 * Checks V and stores it in the struct of the group, BASE, where nothing of
 * this option may be yet. 0, or -EINVAL with what is right in E and nothing
 * stored. Not for OPTION_KEYWORDS and the agents' own.
 */
int option_parse(const struct option *o, const struct value *v, void *base, struct err *e)
	MUST_CHECK;

/* Stores the default, or what is empty where none exists. */
void option_default(const struct option *o, void *base);

/* The default as a value; NULL if there is none. The caller's. */
struct value *option_standard(const struct option *o);

/* What BASE holds, as it would be written; the caller's. */
struct value *option_read(const struct option *o, const void *base);

void option_free(const struct option *o, void *base);

#endif
