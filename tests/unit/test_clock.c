/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

/* 2026-11-23 05:32:05 UTC */
#define NOVEMBER INT64_C(1795411925000)
#define HOUR_MS INT64_C(3600000)

static int clean(void **state UNUSED)
{
	static const char *const names[] = { "TZDIR", "CPAUTO_TEST_WALL_OFFSET",
		"CPAUTO_TEST_BOOT_OFFSET", "CPAUTO_TEST_BOOT_ID", "CPAUTO_TEST_SYNCED" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unsetenv(names[i]);
	return clock_set_zone("UTC");
}

static void test_now(void **state UNUSED)
{
	struct instant a, b;

	clock_now(&a);
	clock_now(&b);
	assert_int_equal(strlen(a.boot_id), BOOT_ID_LEN);
	assert_string_equal(a.boot_id, b.boot_id);
	assert_true(b.boot_ms >= a.boot_ms && a.boot_ms > 0);
	assert_true(llabs(a.wall_ms / 1000 - (int64_t)time(NULL)) <= 2);
}

static void test_now_shifted(void **state UNUSED)
{
	struct instant a, b;

	clock_now(&a);
	setenv("CPAUTO_TEST_WALL_OFFSET", "-86400000", 1);
	setenv("CPAUTO_TEST_BOOT_OFFSET", "7200000", 1);
	setenv("CPAUTO_TEST_BOOT_ID", "other", 1);
	setenv("CPAUTO_TEST_SYNCED", "0", 1);
	clock_now(&b);
	/* A minute is more than any machine takes from there to here. */
	assert_in_range(b.wall_ms - a.wall_ms + 86400000, 0, 60000);
	assert_in_range(b.boot_ms - a.boot_ms - 7200000, 0, 60000);
	assert_string_equal(b.boot_id, "other");
	assert_false(b.synced);
	setenv("CPAUTO_TEST_SYNCED", "1", 1);
	setenv("CPAUTO_TEST_WALL_OFFSET", "1h", 1);
	clock_now(&b);
	assert_true(b.synced);
	assert_in_range(b.wall_ms - a.wall_ms, 0, 60000);
}

/* From here on, adjtimex() is answered with EPERM, as under ProtectClock=. */
static int forbid_adjtimex(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_adjtimex, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clock_adjtime, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_LEN(filter), filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -errno : 0;
}

static void test_synced_fallback(void **state UNUSED)
{
	bool mark = access("/run/systemd/timesync/synchronized", F_OK) == 0;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct instant now;

		if (forbid_adjtimex() < 0)
			_exit(77);
		clock_now(&now);
		_exit(now.synced == mark ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_zone_names(void **state UNUSED)
{
	static const char *const bad[] = { "", "Asia", "Asia/Nowhere", "KST-9", "/etc/localtime",
		"../zoneinfo/Asia/Seoul", "Asia/Seoul/", ":Asia/Seoul", "Asia/Seoul\n", "tzdata.zi" };
	char text[CLOCK_TEXT_MAX];

	assert_int_equal(clock_set_zone("Asia/Seoul"), 0);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(clock_set_zone(bad[i]), -ENOENT);
	assert_int_equal(clock_set_zone(NULL), -ENOENT);
	/* The zone of before stays. */
	clock_format_time(NOVEMBER, text);
	assert_string_equal(text, "14:32");
}

static void check_seoul(void)
{
	static const struct {
		int64_t wall_ms;
		const char *stamp;
		int weekday;
	} rows[] = {
		{ NOVEMBER, "2026-11-23 14:32:05", 1 },
		{ NOVEMBER + 999, "2026-11-23 14:32:05", 1 },
		{ INT64_C(1795359600000), "2026-11-23 00:00:00", 1 },
		{ INT64_C(1795359599999), "2026-11-22 23:59:59", 0 },
		{ INT64_C(1709132400000), "2024-02-29 00:00:00", 4 },
		{ 0, "1970-01-01 09:00:00", 4 },
		{ -1, "1970-01-01 08:59:59", 4 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[CLOCK_TEXT_MAX];
		struct date d;

		clock_format_stamp(rows[i].wall_ms, text);
		assert_string_equal(text, rows[i].stamp);
		clock_date(rows[i].wall_ms, &d);
		assert_int_equal(d.weekday, rows[i].weekday);
		assert_int_equal(d.offset_s, 9 * 3600);
		assert_int_equal(clock_wall(&d), rows[i].wall_ms -
			((rows[i].wall_ms % 1000) + 1000) % 1000);
	}
	char text[CLOCK_TEXT_MAX];

	clock_format_rfc3339(NOVEMBER, text);
	assert_string_equal(text, "2026-11-23T14:32:05+09:00");
	struct date d = { .year = 2026, .month = 11, .day = 32, .hour = 25 };

	clock_format_stamp(clock_wall(&d), text);
	assert_string_equal(text, "2026-12-03 01:00:00");
}

static void test_seoul(void **state UNUSED)
{
	/* Both ways must work here; the first needs the files. */
	if (access("/usr/share/zoneinfo/Asia/Seoul", F_OK) == 0) {
		assert_int_equal(clock_set_zone("Asia/Seoul"), 0);
		assert_string_equal(getenv("TZ"), "Asia/Seoul");
		check_seoul();
	}
	setenv("TZDIR", "/nonexistent", 1);
	assert_int_equal(clock_set_zone("Europe/Berlin"), -ENOENT);
	assert_int_equal(clock_set_zone("Asia/Seoul"), 0);
	assert_string_equal(getenv("TZ"), "KST-9");
	check_seoul();
}

static void test_utc(void **state UNUSED)
{
	struct date d;

	assert_int_equal(clock_set_zone("Asia/Seoul"), 0);
	clock_date_utc(NOVEMBER, &d);
	assert_int_equal(d.hour, 5);
	assert_int_equal(d.day, 23);
	assert_int_equal(d.offset_s, 0);
	assert_int_equal(clock_wall_utc(&d), NOVEMBER);
	/* Neither side's state is touched by the other. */
	clock_date(NOVEMBER, &d);
	assert_int_equal(d.hour, 14);
	assert_int_equal(clock_wall(&d), NOVEMBER);
	clock_date_utc(-1, &d);
	assert_int_equal(d.year, 1969);
	assert_int_equal(d.second, 59);
}

/* Every half hour over two years comes back, the doubled hour of autumn too. */
static void test_dst_round_trip(void **state UNUSED)
{
	static const char *const zones[] = { "America/New_York", "Europe/Berlin",
		"Australia/Lord_Howe", "Asia/Kathmandu", "Europe/London" };

	for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
		if (clock_set_zone(zones[i]) < 0)
			skip();
		for (int64_t ms = NOVEMBER; ms < NOVEMBER + 2 * 366 * 24 * HOUR_MS; ms += HOUR_MS / 2) {
			struct date d;

			clock_date(ms, &d);
			assert_int_equal(clock_wall(&d), ms);
		}
	}
}

static void test_dst_steps(void **state UNUSED)
{
	static const struct {
		struct date d;
		const char *want;
	} rows[] = {
		/* Forward at 02:00 on 8 March 2026: half past two does not exist. */
		{ { .year = 2026, .month = 3, .day = 8, .hour = 1, .minute = 59 },
			"2026-03-08T01:59:00-05:00" },
		{ { .year = 2026, .month = 3, .day = 8, .hour = 2, .minute = 30 },
			"2026-03-08T03:30:00-04:00" },
		{ { .year = 2026, .month = 3, .day = 8, .hour = 3 }, "2026-03-08T03:00:00-04:00" },
		/* Back at 02:00 on 1 November 2026: half past one comes twice. */
		{ { .year = 2026, .month = 11, .day = 1, .hour = 1, .minute = 30 },
			"2026-11-01T01:30:00-04:00" },
		{ { .year = 2026, .month = 11, .day = 1, .hour = 1, .minute = 30,
			.offset_s = -18000 }, "2026-11-01T01:30:00-05:00" },
		{ { .year = 2026, .month = 11, .day = 1, .hour = 2 }, "2026-11-01T02:00:00-05:00" },
		/* The offset of another season does not mislead. */
		{ { .year = 2026, .month = 7, .day = 1, .offset_s = -18000 },
			"2026-07-01T00:00:00-04:00" },
	};

	if (clock_set_zone("America/New_York") < 0)
		skip();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[CLOCK_TEXT_MAX];

		clock_format_rfc3339(clock_wall(&rows[i].d), text);
		assert_string_equal(text, rows[i].want);
	}
}

static void test_extremes(void **state UNUSED)
{
	static const int64_t times[] = { INT64_MIN, INT64_MAX, INT64_MIN + 1 };

	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		char text[CLOCK_TEXT_MAX];
		struct date d;

		clock_format_rfc3339(times[i], text);
		assert_true(str_ends(text, "+00:00"));
		clock_date_utc(times[i], &d);
		assert_true(d.month >= 1 && d.month <= 12);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_now, clean),
		cmocka_unit_test_setup(test_now_shifted, clean),
		cmocka_unit_test_setup(test_synced_fallback, clean),
		cmocka_unit_test_setup(test_zone_names, clean),
		cmocka_unit_test_setup(test_seoul, clean),
		cmocka_unit_test_setup(test_utc, clean),
		cmocka_unit_test_setup(test_dst_round_trip, clean),
		cmocka_unit_test_setup(test_dst_steps, clean),
		cmocka_unit_test_setup(test_extremes, clean),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
