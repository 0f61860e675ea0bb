/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "bell.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];

static void test_ring_is_heard(void **state)
{
	(void)state;
	struct err e;
	assert_false(bell_ring(dir));
	int fd = bell_listen(dir, &e);
	assert_true(fd >= 0);
	assert_int_equal(bell_answer(fd), 0);
	assert_true(bell_ring(dir));
	assert_true(bell_ring(dir));
	assert_int_equal(bell_answer(fd), 2);
	bell_close(fd, dir);
	assert_false(bell_ring(dir));
}

static void test_a_full_queue_does_not_block(void **state)
{
	(void)state;
	struct err e;
	int fd = bell_listen(dir, &e);
	assert_true(fd >= 0);
	for (int i = 0; i < 5000; i++)
		assert_true(bell_ring(dir));
	assert_true(bell_answer(fd) >= 1);
	bell_close(fd, dir);
}

static void test_what_a_dead_daemon_left(void **state)
{
	(void)state;
	struct err e;
	struct stat st;
	char path[96];
	int dead = bell_listen(dir, &e);
	close(dead);
	assert_false(bell_ring(dir));
	int fd = bell_listen(dir, &e);
	assert_true(fd >= 0);
	assert_true(bell_ring(dir));
	assert_int_equal(str_format(path, sizeof(path), "%s/bell", dir), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	bell_close(fd, dir);
	assert_int_equal(access(path, F_OK), -1);
}

static void test_refusals(void **state)
{
	(void)state;
	struct err e;
	char longer[200];
	memset(longer, 'x', sizeof(longer));
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(bell_listen(longer, &e), -ENAMETOOLONG);
	assert_non_null(strstr(e.text, "RUNTIME_DIRECTORY"));
	assert_int_equal(bell_listen("/nonexistent/folder", &e), -ENOENT);
	assert_false(bell_ring(longer));
	bell_close(-1, dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ring_is_heard),
		cmocka_unit_test(test_a_full_queue_does_not_block),
		cmocka_unit_test(test_what_a_dead_daemon_left),
		cmocka_unit_test(test_refusals),
	};
	if (str_format(dir, sizeof(dir), "/tmp/cpauto-bell-XXXXXX") < 0 || !mkdtemp(dir))
		return 1;
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	if (dir_remove(dir) < 0)
		r = 1;
	return r;
}
