/* SPDX-License-Identifier: MIT */
#include "retry.h"

int64_t retry_delay(int failures, int64_t base_ms, int64_t max_ms)
{
	if (failures < 1)
		return 0;
	int64_t n = failures;
	int64_t delay;
	if (__builtin_mul_overflow(n * n, base_ms, &delay) || delay > max_ms)
		return max_ms;
	return delay;
}
