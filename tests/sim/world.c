/* SPDX-License-Identifier: MIT */
#include "sim.h"

#define SYNC_ERROR_MS 2000 /* what "synchronised" may still be off by */

int64_t world_wall(const struct world *w)
{
	return w->now_ms + w->wall_error_ms;
}

void world_instant(const struct world *w, struct instant *now)
{
	int64_t up = w->now_ms - w->booted_ms;
	memset(now, 0, sizeof(*now));
	now->wall_ms = world_wall(w);
	now->boot_ms = w->boot_base_ms + up + up / 1000 * w->drift_ppm / 1000;
	now->synced = w->synced;
	str_format_cut(now->boot_id, sizeof(now->boot_id),
		"00000000-0000-4000-8000-%012d", w->boots);
}

/* So much is a crystal off, and no more does time service slew it over days. */
static void new_drift(struct world *w, struct dice *d)
{
	w->drift_ppm = (int)dice_from(d, -200, 200);
}

void world_sync(struct world *w, struct dice *d)
{
	if (!w->synced)
		w->odd_ms = w->now_ms;
	w->synced = true;
	w->wall_error_ms = dice_from(d, -SYNC_ERROR_MS, SYNC_ERROR_MS);
}

void world_step(struct world *w, struct dice *d)
{
	w->synced = false;
	w->wall_error_ms += dice_from(d, -DAY, DAY);
	if (world_wall(w) < DAY)
		w->wall_error_ms = DAY - w->now_ms;
	w->odd_ms = w->now_ms;
}

void world_boot(struct world *w, struct dice *d)
{
	w->booted_ms = w->now_ms;
	w->boot_base_ms = dice_below(d, 2) ? 0 : dice_below(d, 20 * SECOND);
	w->boots++;
	new_drift(w, d);
	w->synced = false;
	switch (dice_below(d, 6)) {
	case 0: /* no clock of its own: it begins where the last shutdown was, or in 1970 */
		w->wall_error_ms = dice_below(d, 3) ? -dice_below(d, 30 * DAY) : -w->now_ms;
		break;
	case 1: /* a clock that runs on, but wrong */
		w->wall_error_ms = dice_from(d, -DAY, DAY);
		break;
	case 2: /* right, but nobody vouches for it */
		w->wall_error_ms = dice_from(d, -SYNC_ERROR_MS, SYNC_ERROR_MS);
		break;
	default:
		world_sync(w, d);
	}
	if (!w->synced)
		w->odd_ms = w->now_ms;
}

void world_init(struct world *w, int64_t now_ms, struct dice *d)
{
	memset(w, 0, sizeof(*w));
	w->now_ms = now_ms;
	w->booted_ms = now_ms;
	w->boot_base_ms = dice_below(d, DAY);
	w->boots = 1;
	new_drift(w, d);
	world_sync(w, d);
	w->odd_ms = 0;
}

bool world_true_since(const struct world *w, int64_t since_ms)
{
	return w->synced && w->odd_ms < since_ms;
}
