/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <limits.h>

#include "json.h"
#include "xmlrpc.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

static struct value *json(const char *text)
{
	struct value *v = NULL;
	struct err e = { "" };

	if (json_parse(text, strlen(text), &v, &e))
		fail_msg("%s: %s", text, e.text);
	return v;
}

static void check_written(const char *params, const struct xmlrpc_bits *bits, const char *wanted)
{
	CLEANUP_FREE char *out = NULL, *whole = NULL;
	struct value *v = json(params);
	size_t len;

	assert_int_equal(xmlrpc_write("m.x", v, bits, &out, &len), 0);
	whole = xasprintf(HEAD "<methodCall><methodName>m.x</methodName><params>%s</params>"
		"</methodCall>\n", wanted);
	assert_string_equal(out, whole);
	assert_int_equal(len, strlen(whole));
	value_free(v);
}

static void test_write(void **state)
{
	struct xmlrpc_bits bits = { "bits", "\xff\xd8", 2 };
	struct value *bad = value_new_list();
	CLEANUP_FREE char *out = NULL;
	size_t len;

	(void)state;
	check_written("[]", NULL, "");
	check_written("[\"1\", 30, true, false, -5]", NULL,
		"<param><value><string>1</string></value></param>"
		"<param><value><int>30</int></value></param>"
		"<param><value><boolean>1</boolean></value></param>"
		"<param><value><boolean>0</boolean></value></param>"
		"<param><value><int>-5</int></value></param>");
	check_written("[\"\", {\"title\": \"<무선 🫖>\", \"categories\": [\"주방\", \"a\"]}]", NULL,
		"<param><value><string></string></value></param><param><value><struct>"
		"<member><name>title</name><value><string>&lt;무선 🫖&gt;</string></value></member>"
		"<member><name>categories</name><value><array><data>"
		"<value><string>주방</string></value><value><string>a</string></value>"
		"</data></array></value></member></struct></value></param>");
	check_written("[\"1\", {\"name\": \"a.jpg\"}]", &bits,
		"<param><value><string>1</string></value></param><param><value><struct>"
		"<member><name>name</name><value><string>a.jpg</string></value></member>"
		"<member><name>bits</name><value><base64>/9g=</base64></value></member>"
		"</struct></value></param>");
	value_append(bad, value_new_string("\xff"));
	assert_int_equal(xmlrpc_write("m", bad, NULL, &out, &len), -EILSEQ);
	value_free(bad);
}

struct response {
	const char *value, *json;
};

/* What stands in <value>, and what it is. */
static const struct response responses[] = {
	{ "9", "\"9\"" },
	{ "", "\"\"" },
	{ "<string>무선 &lt;🫖&gt;</string>", "\"무선 <🫖>\"" },
	{ "<string/>", "\"\"" },
	{ "<int>7</int>", "7" },
	{ "<i4> -7 </i4>", "-7" },
	{ "<i8>+99999999999</i8>", "99999999999" },
	{ "<int>x</int>", "null" },
	{ "<boolean>1</boolean>", "true" },
	{ "<boolean>0</boolean>", "false" },
	{ "<nil/>", "null" },
	{ "<double>1.5</double>", "\"1.5\"" },
	{ "<dateTime.iso8601>20261123T10:00:00</dateTime.iso8601>", "\"20261123T10:00:00\"" },
	{ "<base64>/9g=</base64>", "\"/9g=\"" },
	{ "\n <array>\n <data>\n<value>a</value> <value><int>1</int></value></data></array>\n",
		"[\"a\", 1]" },
	{ "<array><data/></array>", "[]" },
	{ "<array/>", "[]" },
	{ "<struct><member><name>a</name><value>1</value></member>"
		"<member><name>b</name></member><member><value>x</value></member>"
		"<member><name>c</name><value><struct/></value></member></struct>",
		"{\"a\": \"1\", \"c\": {}}" },
};

static void test_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(responses); i++) {
		CLEANUP_FREE char *text = xasprintf("\n" HEAD "<methodResponse><params><param>"
			"<value>%s</value></param></params></methodResponse>", responses[i].value);
		struct value *got = NULL, *wanted = json(responses[i].json);
		struct xmlrpc_fault fault;
		struct err e = { "" };

		if (xmlrpc_read(text, strlen(text), &got, &fault, &e) || !value_equal(got, wanted))
			fail_msg("%s: %s", responses[i].value, e.text);
		value_free(got);
		value_free(wanted);
	}
}

struct fault_case {
	const char *members;
	int code;
	const char *text;
};

#define MEMBER(n, v) "<member><name>" n "</name><value>" v "</value></member>"

static const struct fault_case fault_cases[] = {
	{ MEMBER("faultCode", "<int>403</int>") MEMBER("faultString", "<string>아이디\n또는</string>"),
		403, "아이디 또는" },
	{ MEMBER("faultString", "x") MEMBER("faultCode", "<i4>-32601</i4>"), -32601, "x" },
	{ MEMBER("faultCode", "404") MEMBER("faultString", ""), 404, "" },
	{ MEMBER("faultCode", "Client"), INT_MIN, "" },
	{ MEMBER("faultCode", "<i8>99999999999</i8>"), INT_MIN, "" },
	{ "", INT_MIN, "" },
};

static void test_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fault_cases); i++) {
		CLEANUP_FREE char *text = xasprintf("<methodResponse><fault><value><struct>%s"
			"</struct></value></fault></methodResponse>", fault_cases[i].members);
		struct xmlrpc_fault fault = { 1, "?" };
		struct value *got = NULL;
		struct err e = { "" };
		int r = xmlrpc_read(text, strlen(text), &got, &fault, &e);

		if (r != -EREMOTEIO || got || fault.code != fault_cases[i].code ||
				!str_eq(fault.text, fault_cases[i].text))
			fail_msg("%zu: %d %d '%s'", i, r, fault.code, fault.text);
	}
}

static void test_no_response(void **state)
{
	static const char *const texts[] = { "", "<html/>", "no XML", "<methodResponse/>",
		"<methodResponse><params/></methodResponse>",
		"<methodResponse><params><param/></params></methodResponse>",
		"<methodResponse><fault/></methodResponse>",
		"<methodCall><methodName>m</methodName></methodCall>",
		"<!DOCTYPE a><methodResponse><params/></methodResponse>" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct xmlrpc_fault fault;
		struct value *got = NULL;
		struct err e = { "" };

		if (xmlrpc_read(texts[i], strlen(texts[i]), &got, &fault, &e) != -EBADMSG ||
				got || !*e.text)
			fail_msg("%s: %s", texts[i], e.text);
	}
}

/* A response of each kind with bytes changed, cut out or repeated: an answer or a reason. */
static void test_mutations(void **state)
{
	static const char text[] = HEAD "<methodResponse><params><param><value><array><data>"
		"<value><struct><member><name>제목</name><value><string>a&amp;b&#x1f600;</string>"
		"</value></member><member><name>n</name><value><int>-7</int></value></member></struct>"
		"</value><value><boolean>1</boolean></value></data></array></value></param></params>"
		"<fault><value><struct><member><name>faultCode</name><value><i4>403</i4></value>"
		"</member></struct></value></fault></methodResponse>";
	int rounds = getenv("CPAUTO_TEST_QUICK") ? 2000 : 50000;
	const char *given = getenv("SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : 20261123;

	(void)state;
	printf("SEED=%u\n", seed);
	for (int i = 0; i < rounds; i++) {
		CLEANUP_FREE char *copy = xstrndup(text, sizeof(text) - 1);
		size_t len = sizeof(text) - 1;
		struct xmlrpc_fault fault = { 0, "" };
		struct value *v = NULL;
		struct err e = { "" };
		int r;

		for (int n = 1 + rand_r(&seed) % 4; n > 0; n--) {
			size_t at = (size_t)rand_r(&seed) % len, to = (size_t)rand_r(&seed) % len;

			if (rand_r(&seed) % 2)
				copy[at] = (char)(rand_r(&seed) % 256);
			else if (rand_r(&seed) % 8)
				memmove(copy + at, copy + to, len - (at > to ? at : to));
			else
				len = at + 1;
		}
		r = xmlrpc_read(copy, len, &v, &fault, &e);
		if ((r == 0) != (v != NULL) || (r == -EBADMSG) != (*e.text != '\0') ||
				(r && r != -EBADMSG && r != -EREMOTEIO))
			fail_msg("round %d: %d %s", i, r, e.text);
		value_free(v);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_no_response),
		cmocka_unit_test(test_mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
