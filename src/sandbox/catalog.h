/* SPDX-License-Identifier: MIT */
#ifndef CATALOG_H
#define CATALOG_H

#include <stdint.h>

#include "fault.h"
#include "value.h"

/* Products of our own making, the same for a keyword on every machine. Pure. */
struct catalog_query {
	const char *keyword;   /* or the name of a category */
	const char *sub_id;    /* or NULL */
	const char *base;      /* "http://127.0.0.1:8080": where pictures are */
	int limit;
	int width, height;     /* of pictures */
	int64_t day;           /* prices move by up to 3 % from one day to the next */
	int drift_percent;     /* how far prices move from one call to the next; 0 = not */
	int64_t call;          /* number of the call with this keyword */
	enum fault_kind fault; /* of products, or FAULT_NONE */
};

/* The notice that came with a real answer of 2022. */
extern const char catalog_notice[];

/* The whole body of products/search. */
struct value *catalog_search(const struct catalog_query *q);

/* The whole body of the calls that answer a bare list: bestcategories and so on. */
struct value *catalog_list(const struct catalog_query *q);

#endif
