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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_rest_gives_pages_back_and_changes_nothing),
	};
	memory_limit();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
