/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "syntax.h"

static const struct {
	const char *text;
	size_t line;
	const char *says; /* NULL = nothing is wrong */
	size_t other;
} rows[] = {
	/* what libconfig takes */
	{ "", 0, NULL, 0 },
	{ "#a\n//b\n/* c\n*/", 0, NULL, 0 },
	{ "a = 1\nb: { c = \"d\"; };\ne = [ 1, 2 ], f = ( );", 0, NULL, 0 },
	{ "a = 0x1F; b = 10L; c = -1.5e3; d = TRUE; e = .5; f = +1;", 0, NULL, 0 },
	{ "a = \"x\" \"y\";\nb = \"\\\"q\\\"\";", 0, NULL, 0 },
	{ "a = 1 b = 2\nc=\"d\"e=3", 0, NULL, 0 },
	{ "a = ( { b = 1; }, [ \"c\" ], ( ), 5 );", 0, NULL, 0 },
	{ "a = 5000000000L; b = 2147483647; c = -2147483648;", 0, NULL, 0 },
	/* what is missing */
	{ "\na = [ \"b\"\n\t\"c\" ];", 2, "a comma is missing after \"b\"", 0 },
	{ "a = ( { b = 1; }\n{ b = 2; } );", 1, "a comma is missing after }", 0 },
	{ "a = [ 1 2 ];", 1, "a comma is missing after 1", 0 },
	{ "a = ( \"b\" \"c\" );", 1, "a comma is missing after \"b\"", 0 },
	{ "a = [ \"b\", \"c\" ;\n", 1, "write ',' between values, and ']' before ';'", 1 },
	{ "a = [ \"b\",\n\"c\"\nevery = 1;", 2, "']' is missing after \"c\"", 1 },
	{ "\na = [ \"b\",\n\"c\"\n", 2, "the '[' that opens here is never closed", 0 },
	{ "\nb: {\n a = 1;\n\nc: { };\n", 2, "the '{' that opens here is never closed", 0 },
	{ "\na = ( { b = 1;\n\n) ;", 4, "'}' is missing before this ')'", 2 },
	{ "a: { b = 1 ];", 1, "'}' is missing before this ']'", 1 },
	{ "a = \"b;\nc = \"d\";", 1, "no closing quote", 0 },
	{ "a = [ \"b, \"c\" ];", 1, "a quote is missing or too many before 'c'", 0 },
	{ "a", 1, "the value is missing", 0 },
	{ "a =\n\n", 1, "the value is missing at the end", 0 },
	{ "a = ;", 1, "a value is missing before ';'", 0 },
	{ "a: { b = };", 1, "the value is missing before '}'", 0 },
	{ "a = [ , 1 ];", 1, "a value is missing before ','", 0 },
	{ "a 5;", 1, "'=' is missing after 'a'", 0 },
	{ "budget {\n};", 1, "':' is missing after 'budget'", 0 },
	{ "= 5;", 1, "a name is missing before '='", 0 },
	{ "{ a = 1; };", 1, "a name is missing before '{'", 0 },
	{ "\n\n/* x", 3, "never ends; add */", 0 },
	/* what is too many */
	{ "a = [ \"b\", ];", 1, "delete the comma", 0 },
	{ "a: { } };", 1, "'}' closes nothing", 0 },
	{ "a == 5;", 1, "one '=' too many", 0 },
	{ "a = 1;;", 1, "one ';' too many", 0 },
	{ "a = 1;\n a = 2;", 2, "'a' stands here a second time", 1 },
	{ "a: { b = 1;\n\n b = 2; };", 3, "'b' stands here a second time", 1 },
	/* what needs quotes or none */
	{ "a = 'b';", 1, "double quotes", 0 },
	{ "a = every day;", 1, "write \"every day\"", 0 },
	{ "a = 3d;", 1, "write \"3d\"", 0 },
	{ "a = 08:00-23:00;", 1, "write \"08:00-23:00\"", 0 },
	{ "a = 12:30;", 1, "write \"12:30\"", 0 },
	{ "a = https://b.c;", 1, "write \"https://b.c\"", 0 },
	{ "a = 무선 청소기;", 1, "write \"무선 청소기\"", 0 },
	{ "a = 1.5.2;", 1, "write \"1.5.2\"", 0 },
	{ "a = 0x;", 1, "write \"0x\"", 0 },
	{ "a = -;", 1, "write \"-\"", 0 },
	{ "a = yes;", 1, "write true", 0 },
	{ "a = Off;", 1, "write false", 0 },
	{ "\"a\" = 5;", 1, "a name stands without quotes: a = ...", 0 },
	{ "a = \"그는 \"최고\" 라고\";", 1, "before '최고'; one inside a text is written \\\"", 0 },
	/* signs of a Korean keyboard or a word processor */
	{ "a = \xe2\x80\x9c" "b\xe2\x80\x9d;", 1, "a curly quote; type a plain \"", 0 },
	{ "a = \xe2\x80\x98" "b\xe2\x80\x99;", 1, "a curly quote", 0 },
	{ "a = [ \"b\"\xef\xbc\x8c \"c\" ];", 1, "a full-width comma; type a plain ,", 0 },
	{ "a = \"b\"\xef\xbc\x9b", 1, "a full-width semicolon; type a plain ;", 0 },
	{ "a\xef\xbc\x9d" "1", 1, "a full-width equals sign", 0 },
	{ "a = 1\xef\xbc\x9b", 1, "a full-width semicolon", 0 },
	{ "a = 1\xe3\x80\x80;", 1, "a full-width space; type a plain space", 0 },
	{ "a = 1\xc2\xa0;", 1, "a no-break space", 0 },
	{ "a\xef\xbc\x9a { };", 1, "a full-width colon", 0 },
	/* what libconfig would take and nobody means */
	{ "a = 5000000000;", 1, "write 5000000000L", 0 },
	{ "a = 99999999999999999999L;", 1, "too large", 0 },
	{ "a = [ 1, \"b\" ];", 1, "of one kind", 0 },
	{ "a = [ [1] ];", 1, "plain values only", 0 },
	{ "@foo", 1, "@include", 0 },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct syntax_fault f = { 0 };
		int res = syntax_check(rows[i].text, &f);

		if (rows[i].says == NULL) {
			if (res != 0)
				fail_msg("row %zu: %s: %s", i, rows[i].text, f.text);
			continue;
		}
		if (res != -22 || strstr(f.text, rows[i].says) == NULL ||
		    f.line != rows[i].line || f.other != rows[i].other)
			fail_msg("row %zu: %s: %d, line %zu, other %zu: %s", i, rows[i].text, res,
				f.line, f.other, f.text);
	}
}

/* Brackets by the million and names by the thousand end in a word, not a crash. */
static void test_limits(void **state)
{
	struct syntax_fault f;
	char *text = malloc(2000001);

	(void)state;
	memset(text, '(', 2000000);
	text[0] = 'a';
	text[1] = '=';
	text[2000000] = '\0';
	assert_int_equal(syntax_check(text, &f), -22);
	assert_non_null(strstr(f.text, "deep"));
	size_t n = 0;
	for (int i = 0; i <= SYNTAX_NAMES_MAX; i++)
		n += (size_t)snprintf(text + n, 100, "a%d=1;", i);
	assert_int_equal(syntax_check(text, &f), -22);
	assert_non_null(strstr(f.text, "more than 200 names"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
