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
static int events;

static void keep(enum log_level level, const struct log_fields *f, const char *text)
{
	str_format_cut(last, sizeof(last), "%s", text);
	str_format_cut(last_keyword, sizeof(last_keyword), "%s", f ? f->keyword : "none");
	last_level = level;
	events++;
	errno = EBADF;
}

static int start(void **state UNUSED)
{
	log_set_sink(keep);
	log_set_max(LOG_LEVEL_INFO);
	events = 0;
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
			bool shown = good && is_shown((a & 0x1f) << 6 | (b & 0x3f));

			if (shown)
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
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
