/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "log.h"

#define TEXT_MAX 4096 /* of one event, with the NUL */

static char last[20000];
static enum log_level last_level;
static char last_keyword[32];
static enum event last_event;
#define BLOGS 40
static long shown[BLOGS];
static int events;

static void keep(enum log_level level, const struct log_fields *f, const char *text)
{
	str_format_cut(last, sizeof(last), "%s", text);
	str_format_cut(last_keyword, sizeof(last_keyword), "%s", f ? f->keyword : "none");
	last_level = level;
	last_event = f ? f->event : EVENT_NONE;
	/* Each line of these tests' blog stands for one, or for as many as it says. */
	const char *blog = strstr(text, "publisher '");

	if (blog)
		shown[strtol(blog + strlen("publisher '"), NULL, 10) % BLOGS] +=
			last_event == EVENT_REPEATED ? strtol(text, NULL, 10) : 1;
	events++;
	errno = EBADF;
}

static int start(void **state UNUSED)
{
	log_set_sink(keep);
	log_set_max(LOG_LEVEL_INFO);
	events = 0;
	memset(shown, 0, sizeof(shown));
	return 0;
}

static void test_escape(void **state UNUSED)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{ "plain 가나 \xf0\x9f\x98\x80", "plain 가나 \xf0\x9f\x98\x80" },
		{ "a\nfake: line\r\n", "a\\x0afake: line\\x0d\\x0a" },
		{ "\x1b[2J\x1b]0;t\x07", "\\x1b[2J\\x1b]0;t\\x07" },
		{ "tab\tdel\x7f", "tab\\x09del\\x7f" },
		/* CSI as one character, next line, line separator, writing direction */
		{ "\xc2\x9b" "2J", "\\xc2\\x9b2J" },
		{ "\xc2\x85\xe2\x80\xa8", "\\xc2\\x85\\xe2\\x80\\xa8" },
		{ "\xe2\x80\xae" "x", "\\xe2\\x80\\xaex" },
		/* cut short, stray, overlong, surrogate, over U+10FFFF */
		{ "\xea\xb0", "\\xea\\xb0" }, { "\xea\xb0z", "\\xea\\xb0z" },
		{ "\x80z\xff", "\\x80z\\xff" }, { "\xc0\xaf", "\\xc0\\xaf" },
		{ "\xe0\x80\xaf", "\\xe0\\x80\\xaf" }, { "\xed\xa0\x80", "\\xed\\xa0\\x80" },
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
		{ "\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf" },
		{ "\xc2\xa0\xef\xbf\xbd\xf4\x8f\xbf\xbf", "\xc2\xa0\xef\xbf\xbd\xf4\x8f\xbf\xbf" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		log_info("<%s>", rows[i].in);
		CLEANUP_FREE char *want = xasprintf("<%s>", rows[i].want);

		assert_string_equal(last, want);
	}
}

/* Bytes of the character as UTF-8 has them, also of one that may not be. */
static void encode(uint32_t c, char out[5])
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n; i-- > 0; c >>= 6)
		out[i] = (char)((i || n > 1 ? 0x80u : 0) | (i ? c & 0x3f : c));
	out[0] = (char)((unsigned char)out[0] | first[n]);
	out[n] = '\0';
}

static bool is_shown(uint32_t c)
{
	static const uint32_t not[][2] = { { 0, 0x1f }, { 0x7f, 0x9f }, { 0x61c, 0x61c },
		{ 0x200e, 0x200f }, { 0x2028, 0x202e }, { 0x2066, 0x2069 }, { 0xd800, 0xdfff },
		{ 0x110000, 0x1fffff } };

	for (size_t i = 0; i < ARRAY_LEN(not); i++)
		if (c >= not[i][0] && c <= not[i][1])
			return false;
	return true;
}

/* Every character of the first pages and around each border: as it is, or as bytes. */
static void test_characters(void **state UNUSED)
{
	static const uint32_t borders[] = { 0x7ff, 0x800, 0xfff, 0x1000, 0xd7ff, 0xd800, 0xdbff,
		0xdfff, 0xe000, 0xfffd, 0xffff, 0x10000, 0x3ffff, 0x40000, 0x10fffe, 0x10ffff,
		0x110000, 0x13ffff, 0x140000, 0x1fffff };

	for (uint32_t i = 1; i < 0x2100 + ARRAY_LEN(borders); i++) {
		uint32_t c = i < 0x2100 ? i : borders[i - 0x2100];
		struct buf want;
		char text[5];

		encode(c, text);
		buf_init(&want, 100);
		for (size_t k = 0; text[k]; k++)
			buf_printf(&want, is_shown(c) ? "%c" : "\\x%02x", (unsigned char)text[k]);
		log_info("%s", text);
		assert_string_equal(last, buf_cstr(&want));
		buf_finish(&want);
	}
}

/* Every pair of a first byte and another: well-formed as a whole, or none of it. */
static void test_pairs(void **state UNUSED)
{
	for (unsigned a = 0x80; a < 0x100; a++)
		for (unsigned b = 0x70; b < 0xd0; b++) {
			char text[3] = { (char)a, (char)b, '\0' }, want[16];
			bool good = a >= 0xc2 && a <= 0xdf && b >= 0x80 && b <= 0xbf;
			bool plain = good && is_shown((a & 0x1f) << 6 | (b & 0x3f));

			if (plain)
				str_format_cut(want, sizeof(want), "%s", text);
			else if (b >= 0x80 || b == 0x7f)
				str_format_cut(want, sizeof(want), "\\x%02x\\x%02x", a, b);
			else
				str_format_cut(want, sizeof(want), "\\x%02x%c", a, b);
			log_info("%s", text);
			assert_string_equal(last, want);
		}
}

/* Up to the maximum nothing is missing. */
static void test_just_fits(void **state UNUSED)
{
	char text[TEXT_MAX + 1];

	memset(text, 'a', sizeof(text));
	text[TEXT_MAX - 1] = '\0';
	log_info("%s", text);
	assert_string_equal(last, text);
	text[TEXT_MAX - 1] = 'a';
	text[TEXT_MAX] = '\0';
	log_info("%s", text);
	assert_true(str_ends(last, "a…"));
	assert_int_equal(strlen(last), TEXT_MAX - 1);
}

static void test_long(void **state UNUSED)
{
	char text[9000];

	memset(text, '\n', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	log_info("%s", text);
	assert_true(strlen(last) > 10000 && strlen(last) % 4 == 3);
	assert_true(str_ends(last, "\\x0a…"));
	/* One of three beginnings puts the cut inside of a character. */
	for (int i = 0; i < 3; i++) {
		memset(text, 'a', 3);
		for (size_t k = (size_t)i; k + 3 < sizeof(text); k += 3)
			memcpy(text + k, "가", 4);
		log_info("%s", text);
		assert_true(str_ends(last, "가…"));
		assert_null(strchr(last, '\\'));
		assert_true(strlen(last) < 4096 && strlen(last) > 4088);
	}
}

static void test_levels(void **state UNUSED)
{
	log_debug("no");
	assert_int_equal(events, 0);
	log_set_max(LOG_LEVEL_DEBUG);
	log_debug("yes");
	assert_int_equal(last_level, LOG_LEVEL_DEBUG);
	log_set_max(LOG_LEVEL_ERR);
	log_warning("no");
	log_err("yes");
	assert_int_equal(events, 2);
	assert_string_equal(last_keyword, "none");
	log_event(LOG_LEVEL_ERR, LOG_FIELDS(.keyword = "k"), "x");
	assert_string_equal(last_keyword, "k");
}

static void test_errno(void **state UNUSED)
{
	errno = ENOENT;
	log_info("file: %m");
	assert_int_equal(errno, ENOENT);
	assert_string_equal(last, "file: No such file or directory");
	errno = ENOENT;
	log_debug("left out");
	assert_int_equal(errno, ENOENT);
}

/* What the default sink writes to standard error; TEXT goes to a file in /tmp. */
static void capture(char *text, size_t size, bool journal)
{
	char path[] = "/tmp/test_log.XXXXXX";
	int fd = mkstemp(path), old = dup(STDERR_FILENO);
	struct stat st;

	assert_true(fd >= 0 && old >= 0 && fstat(fd, &st) == 0);
	CLEANUP_FREE char *stream = xasprintf("%ju:%ju", (uintmax_t)st.st_dev,
		(uintmax_t)st.st_ino + !journal);

	assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
	dup2(fd, STDERR_FILENO);
	log_set_sink(NULL);
	log_warning("one\ntwo");
	dup2(old, STDERR_FILENO);
	close(old);
	unsetenv("JOURNAL_STREAM");
	ssize_t n = pread(fd, text, size - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	close(fd);
	unlink(path);
}

static void test_stderr(void **state UNUSED)
{
	char text[100];

	capture(text, sizeof(text), false);
	assert_string_equal(text, "cpautod: one\\x0atwo\n");
	log_set_name("cpauto");
	capture(text, sizeof(text), true);
	assert_string_equal(text, "<4>cpauto: one\\x0atwo\n");
}

/* One write for one event, so that lines of several processes do not mix: packets show it. */
static void test_one_write(void **state UNUSED)
{
	int fds[2], old = dup(STDERR_FILENO);
	char text[200];

	assert_int_equal(pipe2(fds, O_DIRECT | O_NONBLOCK), 0);
	dup2(fds[1], STDERR_FILENO);
	log_set_sink(NULL);
	log_set_name("n");
	log_info("first");
	log_info("second");
	dup2(old, STDERR_FILENO);
	close(old);
	ssize_t n = read(fds[0], text, sizeof(text));

	assert_int_equal(n, 9);
	assert_memory_equal(text, "n: first\n", 9);
	close(fds[0]);
	close(fds[1]);
}

/* ---- what is said again and again --------------------------------------------------- */

#define MINUTE INT64_C(60000)

static int64_t now_ms;

static int64_t tell_time(void)
{
	return now_ms;
}

static int start_limited(void **state)
{
	start(state);
	now_ms = 5 * MINUTE;
	log_limit(tell_time);
	return 0;
}

static int stop_limited(void **state UNUSED)
{
	log_limit(NULL);
	return 0;
}

static void fail_blog(const char *publisher, int n)
{
	log_event(LOG_LEVEL_WARNING,
		LOG_FIELDS(.event = EVENT_PUBLISHER_WAITS, .publisher = publisher),
		"publisher '%s': failed (%d)", publisher, n);
}

/* The first at once, those after it in one line, with the first after ten minutes. */
static void test_repeats(void **state UNUSED)
{
	for (int i = 0; i < 10; i++, now_ms += MINUTE) {
		fail_blog("a", i);
		assert_int_equal(events, 1);
		assert_string_equal(last, "publisher 'a': failed (0)");
	}
	fail_blog("a", 10);
	assert_int_equal(events, 3);
	assert_string_equal(last, "publisher 'a': failed (10)");
	/* The time has doubled, and any line may bring the count. */
	now_ms += 7 * MINUTE;
	fail_blog("a", 11);
	now_ms += 12 * MINUTE;
	fail_blog("a", 12);
	log_info("something else");
	assert_int_equal(events, 4);
	now_ms += MINUTE;
	log_info("something else");
	assert_int_equal(events, 6);
	assert_string_equal(last, "something else");
}

static void test_repeats_in_words(void **state UNUSED)
{
	for (int i = 0; i < 5; i++, now_ms += MINUTE)
		fail_blog("a", i);
	now_ms += 5 * MINUTE;
	log_flush();
	assert_int_equal(events, 2);
	assert_string_equal(last, "4 more of these in the last 10 min: publisher 'a': failed (4)");
	assert_int_equal(last_level, LOG_LEVEL_WARNING);
	assert_int_equal(last_event, EVENT_REPEATED);
	log_flush();
	assert_int_equal(events, 2);
}

/* Twice as long each time while it goes on, an hour at most, and from the start after a rest. */
static void test_repeats_for_long(void **state UNUSED)
{
	int day = 0;

	for (int i = 0; i < 24 * 60; i++, now_ms += MINUTE)
		fail_blog("a", i);
	day = events;
	/* At 0, 10, 30, 70, 130, … min, with a count before each but the first. */
	assert_int_equal(day, 1 + 2 * 25);
	now_ms += 61 * MINUTE;
	fail_blog("a", 0);
	assert_int_equal(events, day + 2);
	now_ms += 61 * MINUTE;
	fail_blog("a", 0);
	assert_int_equal(events, day + 3);
	now_ms += 10 * MINUTE;
	fail_blog("a", 0);
	assert_int_equal(events, day + 4);
}

static void test_what_is_no_repeat(void **state UNUSED)
{
	fail_blog("a", 0);
	fail_blog("b", 0);
	assert_int_equal(events, 2);
	/* Another level is the same, a step of the work is not. */
	log_event(LOG_LEVEL_ERR, LOG_FIELDS(.event = EVENT_PUBLISHER_WAITS, .publisher = "a"), "x");
	assert_int_equal(events, 2);
	for (int i = 0; i < 3; i++) {
		log_event(LOG_LEVEL_INFO, LOG_FIELDS(.event = EVENT_AGENT_SAID, .agent = "a"), "x");
		log_event(LOG_LEVEL_ERR, LOG_FIELDS(.event = EVENT_POST_PARKED, .post = "1"), "x");
		log_event(LOG_LEVEL_ERR, LOG_FIELDS(.event = EVENT_BLOCKED), "x");
		log_warning("x");
	}
	assert_int_equal(events, 14);
	/* An agent's own words count as the same only where they are. */
	log_event(LOG_LEVEL_ERR, LOG_FIELDS(.event = EVENT_AGENT_SAID, .agent = "a"), "x");
	log_event(LOG_LEVEL_ERR, LOG_FIELDS(.event = EVENT_AGENT_SAID, .agent = "a"), "y");
	log_event(LOG_LEVEL_ERR, LOG_FIELDS(.event = EVENT_AGENT_SAID, .agent = "a"), "x");
	assert_int_equal(events, 16);
}

/* Of many, at all times: each line was written, or is counted with those of its own kind. */
static void test_no_line_is_lost(void **state UNUSED)
{
	uint64_t seed = (uint64_t)getpid();
	long said[BLOGS] = { 0 };

	print_message("seed %ju\n", (uintmax_t)seed);
	for (int i = 0; i < 20000; i++) {
		char name[16];
		unsigned blog;

		seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		blog = (unsigned)(seed >> 40) % BLOGS;
		str_format_cut(name, sizeof(name), "%u", blog);
		now_ms += (int64_t)(seed >> 33) % (seed >> 63 ? 1000 : 5 * MINUTE);
		fail_blog(name, i);
		said[blog]++;
	}
	assert_true(events < 20000);
	log_flush();
	assert_memory_equal(shown, said, sizeof(said));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_escape, start),
		cmocka_unit_test_setup(test_characters, start),
		cmocka_unit_test_setup(test_pairs, start),
		cmocka_unit_test_setup(test_just_fits, start),
		cmocka_unit_test_setup(test_long, start),
		cmocka_unit_test_setup(test_levels, start),
		cmocka_unit_test_setup(test_errno, start),
		cmocka_unit_test_setup(test_stderr, start),
		cmocka_unit_test_setup(test_one_write, start),
		cmocka_unit_test_setup_teardown(test_repeats, start_limited, stop_limited),
		cmocka_unit_test_setup_teardown(test_repeats_in_words, start_limited, stop_limited),
		cmocka_unit_test_setup_teardown(test_repeats_for_long, start_limited, stop_limited),
		cmocka_unit_test_setup_teardown(test_what_is_no_repeat, start_limited, stop_limited),
		cmocka_unit_test_setup_teardown(test_no_line_is_lost, start_limited, stop_limited),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
