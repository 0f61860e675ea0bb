/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <fcntl.h>
#include <unistd.h>

#include "clock.h"
#include "memory.h"
#include "util.h"

/* Kilobytes of files' pages that this process has mapped in. */
static long file_pages(void)
{
	char text[4096];
	CLEANUP_CLOSE int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	assert_true(n > 0);
	text[n] = '\0';
	const char *field = strstr(text, "RssFile:");
	assert_non_null(field);
	return strtol(field + strlen("RssFile:"), NULL, 10);
}

static int written = 1;
static int (*const relocated)(const void *, const void *, size_t) = memcmp;

static void test_a_rest_gives_pages_back_and_changes_nothing(void **state)
{
	(void)state;
	struct instant now;
	char *heap = xstrdup("무선 청소기");
	written = 42;
	clock_now(&now);
	long before = file_pages();
	memory_rest();
	long after = file_pages();
	/* A sanitizer's or valgrind's own pages are not ours to give. */
	if (before - after < 100)
		print_message("# %ld kB, then %ld kB\n", before, after);
	assert_true(after <= before);
	assert_int_equal(written, 42);
	assert_int_equal(relocated(heap, "무선 청소기", strlen(heap)), 0);
	clock_now(&now);
	assert_true(now.wall_ms > 0);
	for (int i = 0; i < 100; i++)
		memory_rest();
	assert_string_equal(heap, "무선 청소기");
	free(heap);
}

/* Pieces of all sizes that glibc hoards, some freed and some in use, keep what is in them. */
static void test_a_trim_changes_nothing(void **state)
{
	(void)state;
	enum { PIECES = 4000 };
	static unsigned char *pieces[PIECES];
	static size_t sizes[PIECES];
	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < PIECES; i++) {
			if (pieces[i])
				continue;
			sizes[i] = (i * 37 + (size_t)round * 11) % 2100 + 1;
			pieces[i] = malloc(sizes[i]);
			assert_non_null(pieces[i]);
			memset(pieces[i], (int)(i & 0xff), sizes[i]);
		}
		for (size_t i = (size_t)round % 3; i < PIECES; i += 3) {
			free(pieces[i]);
			pieces[i] = NULL;
		}
		if (round % 2)
			memory_trim();
		else
			memory_rest();
		for (size_t i = 0; i < PIECES; i++)
			for (size_t k = 0; pieces[i] && k < sizes[i]; k++)
				if (pieces[i][k] != (i & 0xff))
					fail_msg("round %d: piece %zu, byte %zu", round, i, k);
	}
	for (size_t i = 0; i < PIECES; i++)
		free(pieces[i]);
}

/* What a rest of the stack below leaves alone: all that its caller and theirs hold. */
static __attribute__((noinline)) unsigned deep(int depth, unsigned char seed)
{
	volatile unsigned char frame[3000];
	unsigned sum = 0;
	for (size_t i = 0; i < sizeof(frame); i++)
		frame[i] = (unsigned char)(seed + i);
	if (depth > 0)
		sum = deep(depth - 1, (unsigned char)(seed + 1));
	else
		memory_rest();
	for (size_t i = 0; i < sizeof(frame); i++)
		if (frame[i] != (unsigned char)(seed + i))
			fail_msg("%d frames above: byte %zu", depth, i);
	return sum + 1;
}

static void test_a_rest_keeps_the_stack(void **state)
{
	(void)state;
	for (int depth = 0; depth < 60; depth++)
		assert_int_equal(deep(depth, 7), (unsigned)depth + 1);
	for (int depth = 59; depth >= 0; depth--)
		assert_int_equal(deep(depth, 9), (unsigned)depth + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_rest_gives_pages_back_and_changes_nothing),
		cmocka_unit_test(test_a_trim_changes_nothing),
		cmocka_unit_test(test_a_rest_keeps_the_stack),
	};
	memory_limit();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
