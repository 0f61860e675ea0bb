/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>

#include "buf.h"
#include "config.h"
#include "json.h"
#include "options.h"

/* Room for the struct of each group. */
static union {
	struct config config;
	struct config_list list;
	struct config_publisher publisher;
	struct config_notifier notifier;
} base;

static const struct option *find(const char *group, const char *name)
{
	const struct option *o = option_find(group, name);

	if (!o)
		fail_msg("there is no %s.%s", group, name);
	return o;
}

static struct value *from_json(const char *text)
{
	struct value *v = NULL;

	if (json_parse(text, strlen(text), &v, NULL) < 0)
		fail_msg("%s is no JSON", text);
	return v;
}

/* What is stored reads back as something that is stored as the same. */
static void check_back(const struct option *o, const struct value *v)
{
	struct err e = { "" };
	struct value *once, *twice;

	if (o->agent)
		return;
	once = option_read(o, &base);
	option_free(o, &base);
	if (option_parse(o, once, &base, &e) < 0)
		fail_msg("%s.%s does not take what it said: %s", o->group, o->name, e.text);
	twice = option_read(o, &base);
	option_free(o, &base);
	CLEANUP_FREE char *a = json_string(once, false), *b = json_string(twice, false);
	assert_string_equal(a, b);
	assert_int_equal(value_kind(v) == VALUE_LIST, value_kind(once) == VALUE_LIST);
	value_free(once);
	value_free(twice);
}

/* SAYS NULL: it is taken. */
static void try(const char *group, const char *name, const struct value *v, const char *says)
{
	const struct option *o = find(group, name);
	struct err e = { "" };
	int r;

	memset(&base, 0, sizeof(base));
	r = option_parse(o, v, &base, &e);
	CLEANUP_FREE char *text = json_string(v, false);
	if ((r == 0) != (says == NULL))
		fail_msg("%s.%s = %.200s: %d, %s", group, name, text, r, e.text);
	if (r == 0) {
		check_back(o, v);
		return;
	}
	assert_int_equal(r, -EINVAL);
	if (!strstr(e.text, says))
		fail_msg("%s.%s = %.200s: \"%s\", not \"%s\"", group, name, text, e.text, says);
}

static const struct {
	const char *group, *name, *json, *says;
} rows[] = {
	{ "budget", "calls", "10", NULL },
	{ "budget", "calls", "0", "0 is out of range" },
	{ "budget", "calls", "10001", "10001 is out of range" },
	{ "budget", "calls", "1.5", "no whole number" },
	{ "budget", "calls", "\"10\"", "without quotes" },
	{ "lists", "repost_threshold", "5", NULL },
	{ "lists", "repost_threshold", "0.5", NULL },
	{ "lists", "repost_threshold", "-1", "out of range" },
	{ "lists", "repost_threshold", "1e9", "out of range" },
	{ "lists", "repost_threshold", "\"5\"", "without quotes" },
	{ "lists", "repost_threshold", "true", "no number" },
	{ "coupang", "sub_id", "\"a\"", NULL },
	{ "coupang", "sub_id", "\"a\\tb\"", "control character" },
	{ "coupang", "sub_id", "\"a\\u007fb\"", "control character" },
	{ "coupang", "sub_id", "[ \"a\" ]", "this is a list" },
	{ "coupang", "sub_id", "7", "no quotes" },
	{ "lists", "name", "\"부엌-ㅋㅎ_1.Z\"", NULL },
	{ "lists", "name", "\"\"", "this is empty" },
	{ "lists", "name", "\".a\"", "is no name" },
	{ "lists", "name", "\"a/b\"", "is no name" },
	{ "lists", "name", "\"a:b\"", "is no name" },
	{ "lists", "name", "\"a@b\"", "is no name" },
	{ "lists", "name", "\"a[b\"", "is no name" },
	{ "lists", "name", "\"a{b\"", "is no name" },
	{ "lists", "name", "\"é\"", "is no name" },
	{ "lists", "name", "\"一\"", "is no name" },
	{ "lists", "name", "\"㄰\"", "is no name" },
	{ "lists", "name", "\"㆏\"", "is no name" },
	{ "lists", "name", "\"힤\"", "is no name" },
	{ "lists", "name", "3", "no quotes" },
	{ "coupang", "access_key_file", "\"keys/~a\"", NULL },
	{ "coupang", "access_key_file", "\"~a/b\"", NULL },
	{ "coupang", "access_key_file", "\"~\"", "~ is not known here" },
	{ "coupang", "access_key_file", "\"~/key\"", "/home/me/key" },
	{ "coupang", "access_key_file", "1", "no quotes" },
	{ "publishers", "directory", "\"out\"", NULL },
	{ "publishers", "directory", "1", "no quotes" },
	{ "coupang", "endpoint", "\"https://a.example\"", NULL },
	{ "coupang", "endpoint", "\"https://a.example:8443\"", NULL },
	{ "coupang", "endpoint", "\"https://[2001:db8::1]:1\"", NULL },
	{ "coupang", "endpoint", "\"http://localhost\"", NULL },
	{ "coupang", "endpoint", "\"http://[::1]:80\"", NULL },
	{ "coupang", "endpoint", "\"http://127.0.0.1:8080\"", NULL },
	{ "coupang", "endpoint", "\"http://127.1\"", "loopback" },
	{ "coupang", "endpoint", "\"http://127.0.0.\"", "loopback" },
	{ "coupang", "endpoint", "\"http://127.0.0.1234\"", "loopback" },
	{ "coupang", "endpoint", "\"http://128.0.0.1\"", "loopback" },
	{ "coupang", "endpoint", "\"http://127.evil.example\"", "loopback" },
	{ "coupang", "endpoint", "\"http://127-0-0-1\"", "loopback" },
	{ "coupang", "endpoint", "\"ftp://a.example\"", "begin with https" },
	{ "coupang", "endpoint", "\"\"", "begin with https" },
	{ "coupang", "endpoint", "\"https://\"", "its host is no name" },
	{ "coupang", "endpoint", "\"https://a_b.example\"", "its host is no name" },
	{ "coupang", "endpoint", "\"https://[::1\"", "its host is no name" },
	{ "coupang", "endpoint", "\"https://[x]\"", "its host is no name" },
	{ "coupang", "endpoint", "\"https://u@a.example\"", "user name" },
	{ "coupang", "endpoint", "\"https://a.example?q\"", "sign that no endpoint has" },
	{ "coupang", "endpoint", "\"https://a.example/\"", "ends in '/'" },
	{ "coupang", "endpoint", "\"https://a.example:0\"", "its port" },
	{ "coupang", "endpoint", "\"https://a.example:99999\"", "its port" },
	{ "coupang", "endpoint", "\"https://a.example:123456789\"", "its port" },
	{ "coupang", "endpoint", "7", "no quotes" },
	{ "events", "page", "\"\"", NULL },
	{ "coupang", "image_size", "\"300x400\"", NULL },
	{ "coupang", "image_size", "\"300\"", "is no size" },
	{ "coupang", "image_size", "\"x300\"", "is no size" },
	{ "coupang", "image_size", "\"300x\"", "is no size" },
	{ "coupang", "image_size", "\"123456789x1\"", "is no size" },
	{ "coupang", "image_size", "300", "no quotes" },
	{ "cache", "ttl", "\"1h\"", NULL },
	{ "cache", "ttl", "3", "\"3h\"" },
	{ "cache", "ttl", "\"3\"", "\"3h\"" },
	{ "cache", "history", "3", "\"3d\"" },
	{ "budget", "pace", "3", "\"3s\"" },
	{ "cache", "ttl", "\"\"", "is no time" },
	{ "cache", "ttl", "\"1y\"", "is no time" },
	{ "cache", "ttl", "\"99999999999999999999d\"", "out of range" },
	{ "cache", "ttl", "\"1ms\"", "out of range" },
	{ "cache", "ttl", "\"9999d\"", "out of range" },
	{ "cache", "ttl", "true", "no quotes" },
	{ "budget", "pace", "\"even\"", NULL },
	{ "budget", "pace", "\"5s\"", NULL },
	{ "hours", "active", "\"08:00-23:30\"", NULL },
	{ "hours", "active", "\"00:00-24:00\"", NULL },
	{ "hours", "active", "\"00:00-23:00\"", NULL },
	{ "hours", "active", "\"22:00-06:00\"", NULL },
	{ "hours", "active", "\"08:00-08:00\"", "no time at all" },
	{ "hours", "active", "\"24:00-08:00\"", "no span of hours" },
	{ "hours", "active", "\"08:00-24:01\"", "no span of hours" },
	{ "hours", "active", "\"08:60-23:00\"", "no span of hours" },
	{ "hours", "active", "\"0800--23:00\"", "no span of hours" },
	{ "hours", "active", "\"08.00-23:00\"", "no span of hours" },
	{ "hours", "active", "\"08:0x-23:00\"", "no span of hours" },
	{ "hours", "active", "\"08:0/-23:00\"", "no span of hours" },
	{ "hours", "active", "\"08:00-23;00\"", "no span of hours" },
	{ "hours", "active", "\"08:00\"", "no span of hours" },
	{ "hours", "active", "8", "no quotes" },
	{ "hours", "timezone", "\"UTC\"", NULL },
	{ "hours", "timezone", "\"Mars/Base\"", "not known" },
	{ "hours", "timezone", "\"/etc/passwd\"", "not known" },
	{ "hours", "timezone", "\"../../../etc/passwd\"", "not known" },
	{ "hours", "timezone", "\"\"", "not known" },
	{ "hours", "timezone", "\".\"", "not known" },
	{ "hours", "timezone", "9", "no quotes" },
	{ "lists", "approve", "\"manual\"", NULL },
	{ "lists", "approve", "\"man\"", "not known" },
	{ "lists", "approve", "\"\"", "not known" },
	{ "lists", "approve", "1", "no quotes" },
	{ "lists", "tags", "[]", NULL },
	{ "lists", "tags", "[ \"a\", \"b\" ]", NULL },
	{ "lists", "tags", "\"a\"", "stands in brackets" },
	{ "lists", "tags", "{}", "no list" },
	{ "lists", "tags", "[ \"a\", 7 ]", "no quotes" },
	{ "lists", "tags", "[ \"\" ]", "one text is empty" },
};

static void test_a_value_is_taken_or_told_what_is_right(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct value *v = from_json(rows[i].json);

		try(rows[i].group, rows[i].name, v, rows[i].says);
		value_free(v);
	}
}

/* N times S, in quotes. */
static struct value *many(const char *s, size_t n)
{
	struct buf b;
	struct value *v;

	buf_init(&b, 1u << 20);
	for (size_t i = 0; i < n; i++)
		buf_str(&b, s);
	v = value_new_string_len(buf_cstr(&b), b.len);
	buf_finish(&b);
	return v;
}

static void test_a_text_may_be_so_long(void **state)
{
	static const struct {
		const char *group, *name, *one, *says;
		size_t n;
	} texts[] = {
		{ "coupang", "sub_id", "a", NULL, 64 },
		{ "coupang", "sub_id", "a", "too long", 65 },
		{ "lists", "name", "가", NULL, 64 },
		{ "lists", "name", "가", "this name is too long", 65 },
		{ "coupang", "access_key_file", "a", NULL, 4095 },
		{ "coupang", "access_key_file", "a", "this path is too long", 4096 },
		{ "coupang", "endpoint", "https://a", "it is too long", 60 },
		{ "hours", "timezone", "a", "not known", 400 },
		{ "cache", "ttl", "0", "no unit", 300 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct value *v = many(texts[i].one, texts[i].n);

		try(texts[i].group, texts[i].name, v, texts[i].says);
		value_free(v);
	}
}

static void test_a_host_may_be_so_long(void **state)
{
	(void)state;
	for (size_t n = 60; n < 260; n += 97) {
		CLEANUP_FREE char *host = xasprintf("%0*d", (int)n, 0);
		CLEANUP_FREE char *url = xasprintf("http%s://%s", n > 100 ? "s" : "", host);
		struct value *v = value_new_string(url);

		try("coupang", "endpoint", v, n < 100 ? "loopback" : n > 253 ? "no name" : NULL);
		value_free(v);
	}
}

static void test_a_list_may_be_so_long(void **state)
{
	struct value *list = value_new_list(), *one;

	(void)state;
	for (int i = 0; i < 100; i++)
		value_append(list, value_new_string("a"));
	try("lists", "tags", list, NULL);
	value_append(list, value_new_string("a"));
	try("lists", "tags", list, "101 texts are too many");
	value_free(list);
	one = value_new_list();
	value_append(one, many("a", 5000));
	try("lists", "tags", one, "too long");
	value_free(one);
}

static void test_what_is_no_text_is_refused_by_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];
		struct value *bad[] = { value_new_string_len("a\0b", 3), value_new_string("\xff\xfe"),
			value_new_bool(true), value_new_null(), value_new_object() };

		for (size_t j = 0; j < ARRAY_LEN(bad); j++) {
			if (o->type != OPTION_KEYWORDS)
				try(o->group, o->name, bad[j], "");
			value_free(bad[j]);
		}
	}
}

static void test_each_option_takes_its_default_and_its_example(void **state)
{
	char text[300];

	(void)state;
	for (size_t i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];

		memset(&base, 0, sizeof(base));
		option_default(o, &base);
		option_free(o, &base);
		option_wanted(o, text, sizeof(text));
		assert_true(*text && *option_type_name(o->type));
		option_example(o, text, sizeof(text));
		assert_true(str_starts(text, o->name) && str_ends(text, ";"));
		if (!o->example || o->type == OPTION_STRINGS || o->type == OPTION_KEYWORDS)
			continue;
		struct value *v = value_new_string(o->example);
		try(o->group, o->name, v, NULL);
		value_free(v);
	}
}

/* Of as many choices as there are, what has no room is left out. */
static void test_what_is_wanted_fits(void **state)
{
	char text[40];

	(void)state;
	for (size_t i = 0; i < option_count; i++) {
		memset(text, 'x', sizeof(text));
		option_wanted(&option_table[i], text, 20);
		assert_true(strlen(text) < 20 && text[20] == 'x');
	}
}

static void test_a_slip_is_understood(void **state)
{
	static const struct {
		const char *group, *said, *meant;
	} slips[] = {
		{ "budget", "cals", "calls" }, { "budget", "acll", NULL },
		{ "budget", "clals", "calls" }, { "budget", "CALLS", "calls" },
		{ "budget", "x", NULL }, { "cache", "tt", "ttl" },
		{ "budget", "a-word-that-is-longer-than-every-option-there-is", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(slips); i++) {
		const struct option *o = option_near(slips[i].group, slips[i].said);

		if (!str_eq(o ? o->name : NULL, slips[i].meant) && (o || slips[i].meant))
			fail_msg("'%s' was taken for %s", slips[i].said, o ? o->name : "nothing");
	}
	assert_string_equal(option_group_near("bugdet")->name, "budget");
	assert_null(option_group_near("zzz"));
	assert_null(option_group_find("zzz"));
	assert_non_null(option_find(NULL, "ttl"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_value_is_taken_or_told_what_is_right),
		cmocka_unit_test(test_a_text_may_be_so_long),
		cmocka_unit_test(test_a_host_may_be_so_long),
		cmocka_unit_test(test_a_list_may_be_so_long),
		cmocka_unit_test(test_what_is_no_text_is_refused_by_all),
		cmocka_unit_test(test_each_option_takes_its_default_and_its_example),
		cmocka_unit_test(test_what_is_wanted_fits),
		cmocka_unit_test(test_a_slip_is_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
