/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "sign.h"

#define BASE "/v2/providers/affiliate_open_api/apis/openapi/v1"
#define DATE "260409T080706Z"
#define DATE_MS 1775722026000 /* 2026-04-09 08:07:06 UTC */

/* The published vectors; secret "test-secret". */
static const struct {
	const char *method, *path, *query, *signature;
} vectors[] = {
	{ "GET", BASE "/products/search", "keyword=good&page=1",
		"544e7297177cffa96a5fc4541a0c86d46f9ab26642f78972c3691c46ee04776b" },
	{ "GET", BASE "/products/search",
		"keyword=%EB%AC%B4%EC%84%A0%20%EC%B2%AD%EC%86%8C%EA%B8%B0&limit=5",
		"69f89c8bc4f19378729191dd0eeff83f1a214b430a10d8f59afccb30ae5a690a" },
	{ "POST", BASE "/deeplink", "",
		"5e14b14baa8994a5bbaeaf44055077c336fb09540ff6c12744b322ed2e5b4a2b" },
};

static void test_vectors(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		char out[SIGN_HEX_LEN + 1];

		assert_int_equal(sign_message("test-secret", DATE, vectors[i].method,
			vectors[i].path, vectors[i].query, out), 0);
		assert_string_equal(out, vectors[i].signature);
		assert_int_equal(sign_message("test-secreT", DATE, vectors[i].method,
			vectors[i].path, vectors[i].query, out), 0);
		assert_false(sign_equal(out, vectors[i].signature));
	}
}

static void test_null_query(void **state UNUSED)
{
	char out[SIGN_HEX_LEN + 1];

	assert_int_equal(sign_message("test-secret", DATE, "POST", BASE "/deeplink", NULL, out), 0);
	assert_string_equal(out, vectors[2].signature);
}

static void test_header(void **state UNUSED)
{
	CLEANUP_FREE char *header = sign_header("test-access", "test-secret", DATE,
		vectors[0].method, vectors[0].path, vectors[0].query);

	assert_string_equal(header, "CEA algorithm=HmacSHA256, access-key=test-access, "
		"signed-date=" DATE ", signature="
		"544e7297177cffa96a5fc4541a0c86d46f9ab26642f78972c3691c46ee04776b");
}

static void test_date(void **state UNUSED)
{
	static const struct {
		int64_t ms;
		const char *text;
	} rows[] = {
		{ DATE_MS, DATE },
		{ DATE_MS + 999, DATE },
		{ 0, "700101T000000Z" },
		{ 1798761599999, "261231T235959Z" },
		{ 1709164800000, "240229T000000Z" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char out[SIGN_DATE_LEN + 1];

		sign_date(rows[i].ms, out);
		assert_string_equal(out, rows[i].text);
	}
}

static void test_equal(void **state UNUSED)
{
	assert_true(sign_equal("", ""));
	assert_true(sign_equal("abc", "abc"));
	assert_false(sign_equal("abc", "abd"));
	assert_false(sign_equal("abc", "ab"));
	assert_false(sign_equal("", "a"));
}

static void test_sha256(void **state UNUSED)
{
	char out[SIGN_HEX_LEN + 1];

	sign_sha256("abc", 3, out); /* FIPS 180-2, B.1 */
	assert_string_equal(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sign_sha256("", 0, out);
	assert_string_equal(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_null_query),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_date),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_sha256),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
