/* SPDX-License-Identifier: MIT */
#ifndef SEED_H
#define SEED_H

#include <stddef.h>
#include <stdint.h>

/* Numbers that look random and are the same on every run and machine. Pure. */

uint64_t seed_of(const void *data, size_t len);    /* FNV-1a, then mixed */
uint64_t seed_mix(uint64_t seed, uint64_t step);   /* the STEP-th number of SEED */
int64_t seed_between(uint64_t n, int64_t min, int64_t max); /* N folded into [MIN, MAX] */

#endif
