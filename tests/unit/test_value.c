/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "util.h"
#include "value.h"

static void test_readers(void **state UNUSED)
{
	struct value *s = value_new_string("가나"), *i = value_new_int(INT64_MIN);
	struct value *d = value_new_double(3.0), *half = value_new_double(2.5);
	struct value *huge = value_new_double(0x1p63), *b = value_new_bool(true);

	assert_string_equal(value_string(s, "x"), "가나");
	assert_int_equal(value_len(s), 6);
	assert_true(value_int(i, 7) == INT64_MIN);
	assert_int_equal(value_int(d, 7), 3);
	assert_int_equal(value_int(half, 7), 7);
	assert_int_equal(value_int(huge, 7), 7);
	assert_int_equal(value_int(s, 7), 7);
	assert_int_equal(value_int(NULL, 7), 7);
	assert_true(value_double(d, 0) == 3.0);
	assert_true(value_bool(b, false));
	assert_true(value_bool(NULL, true));
	assert_null(value_string(i, NULL));
	assert_int_equal(value_kind(NULL), VALUE_NULL);
	value_free(s);
	value_free(i);
	value_free(d);
	value_free(half);
	value_free(huge);
	value_free(b);
	value_free(NULL);
}

static void test_list(void **state UNUSED)
{
	struct value *l = value_new_list();

	for (int i = 0; i < 100; i++)
		value_append(l, value_new_int(i));
	value_append(l, NULL);
	assert_int_equal(value_len(l), 101);
	assert_int_equal(value_int(value_at(l, 99), -1), 99);
	assert_int_equal(value_kind(value_at(l, 100)), VALUE_NULL);
	assert_non_null(value_at(l, 100));
	assert_null(value_at(l, 101));
	assert_null(value_at(NULL, 0));
	assert_null(value_get(l, "x"));
	value_free(l);
}

/* The index comes and goes with the number of members: both sides of it. */
static void test_object(void **state UNUSED)
{
	static const int sizes[] = { 0, 1, 15, 16, 17, 33, 1000 };

	for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
		struct value *o = value_new_object();
		char name[20];

		for (int i = 0; i < sizes[s]; i++) {
			assert_int_equal(str_format(name, sizeof(name), "m%d", i), 0);
			value_set_int(o, name, i);
			value_set_int(o, name, i * 2);
		}
		assert_int_equal(value_len(o), sizes[s]);
		for (int i = 0; i < sizes[s]; i++) {
			assert_int_equal(str_format(name, sizeof(name), "m%d", i), 0);
			assert_int_equal(value_get_int(o, name, -1), i * 2);
			assert_string_equal(value_name_at(o, (size_t)i), name);
			assert_int_equal(value_int(value_member_at(o, (size_t)i), -1), i * 2);
		}
		value_remove(o, "m0");
		value_remove(o, "none");
		assert_null(value_get(o, "m0"));
		assert_int_equal(value_get_int(o, "m1", -1), sizes[s] > 1 ? 2 : -1);
		assert_null(value_name_at(o, value_len(o)));
		assert_null(value_get(o, "m"));
		value_free(o);
	}
}

static void test_setters(void **state UNUSED)
{
	struct value *o = value_new_object();

	value_set_string(o, "gone", NULL);
	assert_int_equal(value_len(o), 0);
	value_set_string(o, "s", "x");
	value_set_bool(o, "b", true);
	value_set(o, "n", NULL);
	assert_string_equal(value_get_string(o, "s", ""), "x");
	assert_true(value_get_bool(o, "b", false));
	assert_non_null(value_get(o, "n"));
	assert_string_equal(value_get_string(o, "b", "other"), "other");
	value_free(o);
}

static struct value *sample(void)
{
	struct value *o = value_new_object(), *l = value_new_list();

	value_append(l, value_new_double(1.5));
	value_append(l, value_new_string_len("a\0b", 3));
	value_append(l, value_new_null());
	value_set(o, "l", l);
	value_set_bool(o, "b", false);
	return o;
}

static void test_copy_equal(void **state UNUSED)
{
	struct value *a = sample(), *b = value_copy(a), *other;

	assert_true(value_equal(a, b));
	assert_ptr_not_equal(value_get(a, "l"), value_get(b, "l"));
	value_set_bool(b, "b", true);
	assert_false(value_equal(a, b));
	value_remove(b, "b");
	assert_false(value_equal(a, b));
	/* Order of members is no difference. */
	other = value_new_object();
	value_set_bool(other, "b", false);
	value_set(other, "l", value_copy(value_get(a, "l")));
	assert_true(value_equal(a, other));
	value_append(value_get(other, "l"), value_new_int(1));
	assert_false(value_equal(a, other));
	assert_true(value_equal(NULL, NULL));
	assert_null(value_copy(NULL));
	value_free(a);
	value_free(b);
	value_free(other);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_readers),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_object),
		cmocka_unit_test(test_setters),
		cmocka_unit_test(test_copy_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
