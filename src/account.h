/* SPDX-License-Identifier: MIT */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include "budget.h"
#include "config.h"
#include "store.h"

/*
 * The one gate for calls: what the ledger, the strikes and the configuration
 * together say. The daemon asks it before each call; the CLI asks it to tell.
 */

/* Until when the source is to be left alone, on this boot's clock; 0 if not. */
int64_t account_wait_until(const struct store_account *a, const struct instant *now);

/* Until when the server's block holds, on this boot's clock; 0 without one. */
int64_t account_block_until(const struct store_account *a, const struct instant *now);
/* It is not the source that failed: the files of its keys are missing. */
bool account_lacks_keys(const struct store_account *a);

/* They are, for this REASON; looked for again after WAIT_MS at the latest. */
void account_keys_missing(struct store_account *a, const struct instant *now, int64_t wait_ms,
	const char *reason);
/* They are no more: that wait is over. */
void account_keys_found(struct store_account *a);

struct account_gate {
	struct budget_answer budget;
	bool waiting;      /* the source failed and is left alone for budget.wait_ms */
	struct store_account account;
};

/* 0 or a negative errno of the store's: then no call may be made. */
int account_ask(struct store *s, const struct config *c, const struct instant *now, bool by_hand,
	struct account_gate *ret) MUST_CHECK;

/* The rule of the budget as the configuration has it. */
struct budget_rule account_rule(const struct config *c);

/*
 * A block was told: until UNTIL_MS by the server's wall clock (0: no time was
 * named, then 24 hours), with STRIKES as the server counts them (below 0: it
 * did not say). From the second strike on only the owner lifts it.
 */
void account_block(struct store_account *a, const struct instant *now, int64_t until_ms,
	int strikes, const char *reason);

/* The source failed; leave it alone for a while that grows, at least AT_LEAST_MS. */
void account_failed(struct store_account *a, const struct instant *now, int64_t at_least_ms,
	const char *reason);
void account_worked(struct store_account *a);

/* All of it lifted by the owner: strikes, block, waits. */
void account_unblock(struct store_account *a);

#endif
