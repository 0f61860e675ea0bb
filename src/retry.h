/* SPDX-License-Identifier: MIT */
#ifndef RETRY_H
#define RETRY_H

#include <stdint.h>

/*
 * How long to leave something alone after it failed FAILURES times in a row
 * (1 = the first): base * failures², at most max. Milliseconds. Quadratic like
 * a mail queue's: quick at first, patient later, and it never explodes.
 */
int64_t retry_delay(int failures, int64_t base_ms, int64_t max_ms);

#endif
