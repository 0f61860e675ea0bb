/* SPDX-License-Identifier: MIT */
#include "seed.h"

/* splitmix64, Steele et al. 2014. */
uint64_t seed_mix(uint64_t seed, uint64_t step)
{
	uint64_t z = seed + (step + 1) * 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint64_t seed_of(const void *data, size_t len)
{
	const unsigned char *bytes = data;
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ bytes[i]) * 0x100000001b3u;
	return seed_mix(h, 0);
}

int64_t seed_between(uint64_t n, int64_t min, int64_t max)
{
	return min + (int64_t)(n % (uint64_t)(max - min + 1));
}
