/* SPDX-License-Identifier: MIT */
#include "clock.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define DAY_S (24 * 60 * 60)

/* systemd-timesyncd's mark: systemd-timesyncd.service(8). */
#define SYNC_MARK "/run/systemd/timesync/synchronized"

static int64_t read_ms(clockid_t id)
{
	struct timespec ts;

	/* Both clocks exist since Linux 2.6.39; glibc asserts the same. */
	if (clock_gettime(id, &ts) < 0)
		abort();
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Whole milliseconds from the environment; 0 if there are none. */
static int64_t test_offset(const char *name)
{
	int64_t ms;
	/* A hundred years either way keeps all sums in range. */
	const int64_t far = INT64_C(36525) * DAY_S * 1000;

	return parse_int64(getenv(name), -far, far, &ms) == 0 ? ms : 0;
}

/* As the kernel writes it, from 32 digits with or without dashes; OUT is "" if it is none. */
static void take_boot_id(const char *text, char out[BOOT_ID_LEN + 1])
{
	size_t n = 0;

	for (; *text && *text != '\n'; text++) {
		bool dash = n == 8 || n == 13 || n == 18 || n == 23;

		if (dash && n < BOOT_ID_LEN)
			out[n++] = '-';
		if (dash && *text == '-')
			continue;
		if (!strchr("0123456789abcdef", *text) || n == BOOT_ID_LEN)
			break;
		out[n++] = *text;
	}
	out[*text && *text != '\n' ? 0 : n] = '\0';
	if (strlen(out) != BOOT_ID_LEN)
		out[0] = '\0';
}

/* "" if nobody says; it cannot change while we run. */
static const char *boot_id(void)
{
	static char id[BOOT_ID_LEN + 1];
	static bool known;

	if (known)
		return id;
	CLEANUP_FREE char *text = NULL;
	const char *told = getenv("CPAUTO_BOOT_ID");

	if (file_read("/proc/sys/kernel/random/boot_id", 256, &text, NULL) == 0)
		take_boot_id(text, id);
	else if (told)
		take_boot_id(told, id);
	known = true;
	return id;
}

static bool clock_synced(void)
{
	const char *test = getenv("CPAUTO_TEST_SYNCED");
	struct timex tx = { 0 };

	if (str_eq(test, "0") || str_eq(test, "1"))
		return test[0] == '1';
	if (adjtimex(&tx) >= 0)
		return !(tx.status & STA_UNSYNC);
	/* A sandbox (ProtectClock=) forbids even asking. */
	return access(SYNC_MARK, F_OK) == 0;
}

int64_t clock_boot_ms(void)
{
	return read_ms(CLOCK_BOOTTIME) + test_offset("CPAUTO_TEST_BOOT_OFFSET");
}

void clock_now(struct instant *now)
{
	const char *id = getenv("CPAUTO_TEST_BOOT_ID");

	now->wall_ms = read_ms(CLOCK_REALTIME) + test_offset("CPAUTO_TEST_WALL_OFFSET");
	now->boot_ms = clock_boot_ms();
	str_format_cut(now->boot_id, sizeof(now->boot_id), "%s", id ? id : boot_id());
	now->synced = clock_synced();
}

/* Letters, digits and single slashes, so that no name leads out of the folder. */
static bool is_zone_name(const char *s)
{
	size_t len = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789_+-/");

	return len > 0 && !s[len] && s[0] != '/' && s[len - 1] != '/';
}

static bool has_zone_file(const char *zone)
{
	const char *dir = getenv("TZDIR");
	char path[PATH_MAX];
	CLEANUP_FREE char *data = NULL;

	if (str_format(path, sizeof(path), "%s/%s",
		str_empty(dir) ? "/usr/share/zoneinfo" : dir, zone) < 0)
		return false;
	/* glibc takes a file that is none for UTC without a word: look for the magic. */
	return file_read(path, 1 << 20, &data, NULL) == 0 && str_starts(data, "TZif");
}

int clock_set_zone(const char *zone)
{
	/* What needs no file, and the blog's own zone, which must not hang on a package. */
	static const struct {
		const char *zone, *posix;
	} builtin[] = {
		{ "Asia/Seoul", "KST-9" },
		{ "UTC", "UTC0" },
	};
	const char *tz = NULL;

	if (!zone || !is_zone_name(zone))
		return -ENOENT;
	if (has_zone_file(zone))
		tz = zone;
	for (size_t i = 0; !tz && i < ARRAY_LEN(builtin); i++)
		if (str_eq(zone, builtin[i].zone))
			tz = builtin[i].posix;
	if (!tz)
		return -ENOENT;
	if (setenv("TZ", tz, 1) < 0)
		return -errno;
	tzset();
	return 0;
}

/* Towards minus infinity, for times before 1970. */
static time_t to_seconds(int64_t ms)
{
	return ms / 1000 - (ms % 1000 < 0);
}

static void fill_date(const struct tm *tm, struct date *ret)
{
	*ret = (struct date){
		.year = tm->tm_year + 1900, .month = tm->tm_mon + 1, .day = tm->tm_mday,
		.hour = tm->tm_hour, .minute = tm->tm_min, .second = tm->tm_sec,
		.weekday = tm->tm_wday, .offset_s = (int)tm->tm_gmtoff,
	};
}

/* The years that 64 bits of milliseconds reach fit an int, so these never fail. */
void clock_date(int64_t wall_ms, struct date *ret)
{
	time_t t = to_seconds(wall_ms);
	struct tm tm = { 0 };

	localtime_r(&t, &tm);
	fill_date(&tm, ret);
}

void clock_date_utc(int64_t wall_ms, struct date *ret)
{
	time_t t = to_seconds(wall_ms);
	struct tm tm = { 0 };

	gmtime_r(&t, &tm);
	fill_date(&tm, ret);
}

/* The date's fields, read as UTC, in seconds. */
static int64_t fields_seconds(const struct date *d)
{
	struct tm tm = {
		.tm_year = d->year - 1900, .tm_mon = d->month - 1, .tm_mday = d->day,
		.tm_hour = d->hour, .tm_min = d->minute, .tm_sec = d->second,
	};

	return timegm(&tm);
}

int64_t clock_wall_utc(const struct date *d)
{
	return fields_seconds(d) * 1000;
}

static int64_t zone_offset(int64_t utc_s)
{
	time_t t = utc_s;
	struct tm tm = { 0 };

	localtime_r(&t, &tm);
	return tm.tm_gmtoff;
}

/*
 * Not by mktime(): where a clock goes back, an hour comes twice, and only the
 * date's own offset can say which one is meant. Where it goes forward, a time
 * that is left out becomes the one as long after the step.
 */
int64_t clock_wall(const struct date *d)
{
	int64_t s = fields_seconds(d);
	/* No zone is a day from UTC, so the step, if any, is between these two. */
	int64_t before = zone_offset(s - DAY_S), after = zone_offset(s + DAY_S);
	bool before_ok = zone_offset(s - before) == before;
	bool after_ok = zone_offset(s - after) == after;

	if (after_ok && (!before_ok || d->offset_s == after))
		return (s - after) * 1000;
	return (s - before) * 1000;
}

void clock_format_time(int64_t wall_ms, char buf[CLOCK_TEXT_MAX])
{
	struct date d;

	clock_date(wall_ms, &d);
	str_format_cut(buf, CLOCK_TEXT_MAX, "%02d:%02d", d.hour, d.minute);
}

void clock_format_stamp(int64_t wall_ms, char buf[CLOCK_TEXT_MAX])
{
	struct date d;

	clock_date(wall_ms, &d);
	str_format_cut(buf, CLOCK_TEXT_MAX, "%04d-%02d-%02d %02d:%02d:%02d", d.year, d.month,
		d.day, d.hour, d.minute, d.second);
}

void clock_format_rfc3339(int64_t wall_ms, char buf[CLOCK_TEXT_MAX])
{
	struct date d;

	clock_date(wall_ms, &d);
	int minutes = abs(d.offset_s) / 60;

	str_format_cut(buf, CLOCK_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", d.year,
		d.month, d.day, d.hour, d.minute, d.second, d.offset_s < 0 ? '-' : '+',
		minutes / 60, minutes % 60);
}
