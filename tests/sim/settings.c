/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include <inttypes.h>

const char *const settings_publishers[BLOG_PUBLISHERS] = { "plain", "drafts", "blind" };

static const char *const words[] = { "무선 청소기", "에어프라이어", "전기포트", "캠핑 의자", "노트북 거치대",
	"기계식 키보드", "강아지 간식", "요가 매트", "여행용 가방", "블루투스 이어폰" };

static const int64_t gaps[] = { 0, 0, 10 * MINUTE, HOUR, 3 * HOUR };
static const int per_days[] = { 0, 0, 2, 5, 10 };
static const int64_t timeouts[] = { MINUTE, 5 * MINUTE, 5 * MINUTE, 20 * MINUTE, 2 * HOUR };
static const struct {
	int from, to;
} hours[] = { { 0, 0 }, { 0, 0 }, { 480, 1380 }, { 540, 1080 }, { 1200, 120 } };

static void throw_publisher(struct settings *s, int i, struct dice *d, bool calm)
{
	struct blog_pace *p = &s->pace[i];
	int active = (int)dice_below(d, 3), own = (int)dice_below(d, 5);
	p->per_day = calm ? 0 : per_days[dice_below(d, 5)];
	p->gap_ms = calm ? 0 : gaps[dice_below(d, 5)];
	if (i == 0) {
		p->active[0] = hours[active].from;
		p->active[1] = hours[active].to;
	} else {
		memcpy(p->active, s->pace[0].active, sizeof(p->active));
	}
	p->hours[0] = hours[own].from;
	p->hours[1] = hours[own].to;
	if (calm)
		memset(p->hours, 0, sizeof(p->hours));
	s->publish_timeout_ms[i] = timeouts[dice_below(d, 5)];
}

void settings_throw(struct settings *s, struct dice *d, bool first, bool calm)
{
	static const int64_t call_timeouts[] = { 10 * SECOND, 30 * SECOND, 30 * SECOND, 2 * MINUTE };
	if (first) {
		int64_t load = dice_below(d, 100);
		s->load = load == 0 ? LOAD_FULL : load < 4 ? LOAD_MEDIUM : LOAD_LIGHT;
		s->even = dice_below(d, 2);
		s->lists = (int)dice_from(d, 1, 3);
	} else if (dice_one_in(d, 2)) {
		s->lists = (int)dice_from(d, 1, 3);
	}
	s->calls = dice_below(d, 4) ? 10 : (int)dice_from(d, 1, 10);
	s->timeout_ms = call_timeouts[dice_below(d, 4)];
	s->keywords = s->load == LOAD_LIGHT ? (int)dice_from(d, 2, 5)
		: s->load == LOAD_MEDIUM ? (int)dice_from(d, 10, 20)
					 : 60;
	for (int i = 0; i < BLOG_PUBLISHERS; i++)
		throw_publisher(s, i, d, calm);
}

static void write_hours(struct buf *out, const int h[2])
{
	if (h[0] == h[1])
		buf_str(out, "\"00:00-24:00\"");
	else
		buf_printf(out, "\"%02d:%02d-%02d:%02d\"", h[0] / 60, h[0] % 60, h[1] / 60,
			h[1] % 60);
}

static void write_publishers(const struct settings *s, struct buf *out)
{
	buf_str(out, "publishers = (\n");
	for (int i = 0; i < BLOG_PUBLISHERS; i++) {
		const char *name = settings_publishers[i];
		buf_printf(out, "%s { name = \"%s\"; agent = \"%s\"; per_day = %d; "
			"gap = \"%" PRId64 "s\"; similar = 0; timeout = \"%" PRId64 "s\"; hours = ",
			i ? ",\n" : "", name, name, s->pace[i].per_day,
			s->pace[i].gap_ms / SECOND, s->publish_timeout_ms[i] / SECOND);
		write_hours(out, s->pace[i].hours);
		buf_str(out, "; }");
	}
	buf_str(out, "\n);\n");
}

static void write_list(const struct settings *s, int i, struct dice *d, struct buf *out)
{
	static const char *const every[] = { "1d", "3d", "7d", "7d" };
	static const char *const reposts[] = { "changed", "changed", "always", "never" };
	static const char *const templates[] = { "roundup", "best3", "single" };
	int skip = (int)dice_below(d, 2);
	buf_printf(out, "%s { name = \"list%d\"; weight = %d; limit = %d; every = \"%s\";\n"
		"  repost = \"%s\"; template = \"%s\"; approve = \"%s\"; publisher = \"%s\";\n"
		"  keywords = [ ",
		i ? ",\n" : "", i + 1, (int)dice_from(d, 1, 5), (int)dice_from(d, 3, 6),
		s->load == LOAD_FULL ? "6h" : every[dice_below(d, 4)], reposts[dice_below(d, 4)],
		templates[dice_below(d, 3)], dice_below(d, 3) ? "auto" : "manual",
		settings_publishers[dice_below(d, BLOG_PUBLISHERS)]);
	for (int k = 0; k < s->keywords; k++)
		buf_printf(out, "%s\"%s %d\"", k ? ", " : "",
			words[(k + i) % (int)ARRAY_LEN(words)], k / 3 + skip + i);
	buf_str(out, " ]; }");
}

static void write_head(const struct settings *s, struct dice *d, struct buf *out)
{
	static const char *const paces[] = { "0s", "2min" };
	static const char *const ttls[] = { "6h", "24h", "48h" };
	static const char *const margins[] = { "60s", "60s", "90s" };
	buf_printf(out, "coupang: { timeout = \"%" PRId64 "s\"; };\n", s->timeout_ms / SECOND);
	buf_printf(out, "budget: { calls = %d; margin = \"%s\"; pace = \"%s\"; reserve = %d; };\n",
		s->calls, d ? margins[dice_below(d, 3)] : "60s",
		s->even ? "even" : d ? paces[dice_below(d, 2)] : "0s",
		d && s->calls > 4 ? (int)dice_below(d, 3) : 0);
	buf_printf(out, "cache: { ttl = \"%s\"; history = \"%s\"; };\nhours: { active = ",
		d ? ttls[dice_below(d, 3)] : "24h", d && dice_below(d, 2) ? "7d" : "0");
	write_hours(out, s->pace[0].active);
	buf_str(out, "; timezone = \"Asia/Seoul\"; };\n");
}

void settings_write(const struct settings *s, struct dice *d, struct buf *out)
{
	write_head(s, d, out);
	buf_str(out, "lists = (\n");
	for (int i = 0; i < s->lists; i++)
		write_list(s, i, d, out);
	buf_str(out, "\n);\n");
	write_publishers(s, out);
}

void settings_write_last(const struct settings *s, struct buf *out)
{
	write_head(s, NULL, out);
	buf_str(out, "lists = ( );\n");
	write_publishers(s, out);
}
