/* SPDX-License-Identifier: MIT */
#ifndef LOOK_H
#define LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "value.h"

/*
 * What an answer means for a blog: is it another set of products than the one
 * last posted, or have its prices moved? Pure.
 */

#define LOOK_SET_MAX 512

/*
 * The identity of the first LIMIT products: their sorted, distinct ids with
 * commas between. Empty if there are none.
 */
void look_set(const struct value *products, int limit, char out[LOOK_SET_MAX]);

/*
 * The largest change of a price in percent of the old one, over the products
 * that are in both; 0 if none is.
 */
double look_price_change(const struct value *before, const struct value *after);

/*
 * The period of a look: the local day where EVERY is a day or more, else the
 * number of the time slot of EVERY. One post for (list, keyword, set, period).
 */
#define LOOK_PERIOD_MAX 32
void look_period(int64_t wall_ms, int64_t every_ms, char out[LOOK_PERIOD_MAX]);

#endif
