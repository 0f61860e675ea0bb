/* SPDX-License-Identifier: MIT */
#include "strike.h"

#include <errno.h>

#include "clock.h"
#include "util.h"

#define KST_MS (9 * 3600 * 1000LL)

int strike_parse(const char *word, enum strike_form *ret)
{
	static const char *const words[] = {
		[STRIKE_Z] = "z", [STRIKE_NONE] = "none", [STRIKE_NANO] = "nano",
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_eq(word, words[i])) {
			*ret = (enum strike_form)i;
			return 0;
		}
	}
	return -EINVAL;
}

bool strike_blocked(const struct strike *s, int64_t boot_ms)
{
	return s->count >= STRIKE_LAST || boot_ms < s->until_boot_ms;
}

void strike_excess(struct strike *s, int64_t boot_ms, int64_t wall_ms)
{
	if (strike_blocked(s, boot_ms) && !s->strict)
		return;
	s->count++;
	s->until_boot_ms = boot_ms + s->block_ms;
	s->until_wall_ms = wall_ms + s->block_ms;
}

static void add_time(int64_t wall_ms, enum strike_form form, struct buf *out)
{
	struct date d;

	clock_date_utc(form == STRIKE_Z ? wall_ms : wall_ms + KST_MS, &d);
	buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d", d.year, d.month, d.day, d.hour, d.minute,
		d.second);
	if (form == STRIKE_Z)
		buf_printf(out, ".%03dZ", (int)(wall_ms % 1000));
	else if (form == STRIKE_NANO)
		buf_printf(out, ".%03d%06d", (int)(wall_ms % 1000), 456789);
}

void strike_text(const struct strike *s, enum strike_form form, struct buf *out)
{
	if (s->count >= STRIKE_LAST) {
		buf_printf(out, "검색 API의 시간당 사용 횟수를 %d회 초과하여 파트너스 이용이 제한되었습니다. "
			"(현재 %d회 초과)", STRIKE_LAST, s->count);
		return;
	}
	buf_str(out, "검색 API의 시간당 사용 횟수를 초과했습니다. ");
	add_time(s->until_wall_ms, form, out);
	buf_printf(out, " 이후에 다시 시도해 주시기 바랍니다. 총 %d회 초과시 파트너스 이용이 제한됩니다 "
		"(현재 %d회 초과)", STRIKE_LAST, s->count);
}
