/* SPDX-License-Identifier: MIT */
#include "dice.h"

void dice_seed(struct dice *d, uint64_t seed)
{
	d->state = seed;
	(void)dice_bits(d);
}

/* splitmix64 */
uint64_t dice_bits(struct dice *d)
{
	uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

int64_t dice_below(struct dice *d, int64_t n)
{
	return n > 0 ? (int64_t)(dice_bits(d) % (uint64_t)n) : 0;
}

int64_t dice_from(struct dice *d, int64_t from, int64_t to)
{
	return from + dice_below(d, to - from + 1);
}

bool dice_one_in(struct dice *d, int64_t n)
{
	return n > 0 && dice_below(d, n) == 0;
}
