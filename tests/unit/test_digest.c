/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "digest.h"
#include "util.h"

static void assert_digest(const char *text, size_t len, const char *wanted)
{
	char got[DIGEST_LEN + 1];

	digest_bytes(text, len, got);
	assert_string_equal(got, wanted);
}

/* The examples of FIPS 180-4, and each way in which the last block can fill up. */
static void test_known(void **state)
{
	char *million = xmalloc(1000000);

	(void)state;
	assert_digest("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_digest("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	memset(million, 'a', 1000000);
	assert_digest(million, 1000000,
		"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	assert_digest(million, 55,
		"9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
	assert_digest(million, 64,
		"ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
	free(million);
}

static void test_strings(void **state)
{
	const char *a[] = { "ab", "c" }, *b[] = { "a", "bc" }, *c[] = { "ab", "c", NULL };
	char one[DIGEST_LEN + 1], other[DIGEST_LEN + 1];

	(void)state;
	digest_strings(a, 2, one);
	digest_bytes("ab\0c\0", 5, other);
	assert_string_equal(one, other);
	digest_strings(b, 2, other);
	assert_string_not_equal(one, other);
	digest_strings(c, 3, other);
	assert_string_not_equal(one, other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
