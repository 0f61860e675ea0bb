/* SPDX-License-Identifier: MIT */
#ifndef DICE_H
#define DICE_H

#include <stdbool.h>
#include <stdint.h>

/* Chance, all of it from one seed: the same seed throws the same. */
struct dice {
	uint64_t state;
};

void dice_seed(struct dice *d, uint64_t seed);
uint64_t dice_bits(struct dice *d);

/* 0 to N - 1; 0 for an N of 0 or less. */
int64_t dice_below(struct dice *d, int64_t n);
/* FROM to TO, both included. */
int64_t dice_from(struct dice *d, int64_t from, int64_t to);
/* True once in N throws; never for 0. */
bool dice_one_in(struct dice *d, int64_t n);

#endif
