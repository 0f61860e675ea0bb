/* SPDX-License-Identifier: MIT */
#include "hours.h"

#include "clock.h"
#include "plan.h"

int64_t hours_wait(const struct config_hours *h, int64_t wall_ms)
{
	struct date d;
	if (h->always)
		return 0;
	clock_date(wall_ms, &d);
	return plan_hours_wait(h->from_min, h->to_min, d.hour, d.minute, d.second);
}
