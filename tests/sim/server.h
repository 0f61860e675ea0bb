/* SPDX-License-Identifier: MIT */
#ifndef SERVER_SIM_H
#define SERVER_SIM_H

#include "buf.h"
#include "sim.h"
#include "strike.h"

#define SERVER_CALLS 10
#define SERVER_ACCESS "test-access"
#define SERVER_SECRET "test-secret"
#define SERVER_PATH "/v2/providers/affiliate_open_api/apis/openapi/v1/products/search"

/* The API's server: counts at its own time, refuses, blocks; and our judge. */
struct server {
	struct rule rule;        /* how it counts: our calls and those of other programs */
	struct strike strike;
	enum strike_form form;
	struct meter_log ours;   /* every request of ours, whatever was said to it */
	int allowed[8];          /* the budgets in force lately, newest first, */
	int64_t allowed_ms[8];   /* and since when */
	bool shared;             /* other programs use the key */
	bool promised;           /* of this kind of counting we promise no rejection */
	int eras;                /* how often its products changed */
	/* What our engine was told and has on disk. */
	int64_t told_ms, told_until_ms;
	int told_strikes;
	bool told_hard;
};

/* One request of ours, as it comes in over the wire. */
struct server_request {
	const char *authorization;
	const char *query;
	const char *keyword;
	int64_t left_ms;  /* when it left the machine, in truth */
	bool clock_true;  /* that machine's clock told the truth */
};

struct server_reply {
	int status;
	struct buf body; /* the caller's to finish */
	bool rejected;   /* for too many calls */
	int64_t until_ms; /* of a block; 0 = none */
	int strikes;
};

void server_init(struct server *s, struct dice *d);
void server_budget(struct server *s, int calls, int64_t now_ms);
void server_receive(struct server *s, const struct server_request *q, int64_t now_ms,
	struct server_reply *ret, struct totals *sum);
/* A call of another program on the same key. */
void server_other(struct server *s, int64_t now_ms, struct totals *sum);

#endif
