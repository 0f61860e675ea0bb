/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "workshop.h"

static struct rlimit files;
static struct value *post; /* not lost in the child, which ends without a way back */

/* Not one descriptor more can be had. */
static void take_files(void)
{
	struct rlimit none;
	int next = fcntl(STDIN_FILENO, F_DUPFD, 3);

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	none = files;
	none.rlim_cur = (rlim_t)(next < 0 ? 3 : next);
	if (next >= 0)
		close(next);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
}

static void give_files(void)
{
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
}

/* That the machine is short of something is no fault of the post's. */
static void test_short_of_descriptors(void **state UNUSED)
{
	post = value_new_object();
	struct gates_input in = { .post = post, .search_link = "", .keyword = "k", .endpoint = "" };
	struct err e = { "" };

	take_files();
	int r = workshop_gates(true, &in, &e);
	give_files();
	assert_int_equal(r, -EAGAIN);
	assert_non_null(strstr(e.text, "are short"));
	/* With them it is judged, and an empty post does not pass. */
	assert_int_equal(workshop_gates(true, &in, &e), -EPERM);
	assert_true(strlen(e.text) > 0);
	value_free(post);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short_of_descriptors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
