/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "json.h"
#include "options.h"
#include "show.h"

#define DATA TREE "/tests/data/config"
#define PUBLISHER "publishers = ( { name = \"outbox\"; agent = \"outbox\"; } );\n"
#define LIST(more) PUBLISHER "lists = ( { name = \"a\"; keywords = [ \"b\" ]; " more " } );"

static char folder[] = "/tmp/cpauto-config-XXXXXX";
static struct value *errors;

static char *in_folder(const char *name)
{
	return xasprintf("%s/%s", folder, name);
}

static void write_bytes(const char *name, const char *data, size_t len)
{
	CLEANUP_FREE char *path = in_folder(name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0644), 0);
}

static void write_text(const char *name, const char *text)
{
	write_bytes(name, text, strlen(text));
}

static int load(const char *path, struct config **ret)
{
	value_free(errors);
	errors = value_new_list();
	*ret = NULL;
	int res = config_load(path, ret, errors);
	if (res == 0) {
		assert_non_null(*ret);
		assert_int_equal(value_len(errors), 0);
	} else {
		assert_null(*ret);
		assert_true(value_len(errors) > 0);
	}
	return res;
}

static int load_text(const char *text, struct config **ret)
{
	CLEANUP_FREE char *path = in_folder("t.conf");

	write_text("t.conf", text);
	return load(path, ret);
}

static struct config *must_load(const char *path)
{
	struct config *c;

	if (load(path, &c) != 0)
		fail_msg("%s: %s", path, value_string(value_at(errors, 0), ""));
	return c;
}

static bool one_says(const struct value *list, const char *what)
{
	for (size_t i = 0; i < value_len(list); i++) {
		if (strstr(value_string(value_at(list, i), ""), what) != NULL)
			return true;
	}
	return false;
}

static bool warns(const struct config *c, const char *what)
{
	for (size_t i = 0; i < c->warning_count; i++) {
		if (strstr(c->warnings[i], what) != NULL)
			return true;
	}
	return false;
}

/* ---- one wrong thing, one line that says where and what is right ---- */

static const struct {
	const char *text;
	const char *says[3];
} wrong[] = {
	{ "\nbudget: { cals = 1; };", { "t.conf:2: budget.cals: ", "did you mean 'calls'?" } },
	{ LIST("evry = \"1d\";"), { "lists.evry", "did you mean 'every'?" } },
	{ LIST("calls = 5;"), { "lists.calls", "belongs into 'budget'" } },
	{ LIST("colour = 5;"), { "lists.colour", "man cpauto.conf" } },
	{ "calls = 10;", { "t.conf:1: calls: stands outside its group; write budget: {" } },
	{ "every = \"3d\";", { "write lists = ( { every = ...; } );" } },
	{ "bugdet: { };", { "did you mean 'budget'?" } },
	{ "foo = 1;", { "foo: no such group; there are coupang, budget" } },
	{ "budget = 5;", { "write budget: { ... };" } },
	{ "lists = { name = \"a\"; };", { "write lists = ( { ... }, { ... } );" } },
	{ "lists = ( \"a\" );", { "here stands no group" } },
	/* wrong types */
	{ "budget: { calls = \"10\"; };", { "without quotes: calls = 10;" } },
	{ "budget: { calls = \"many\"; };", { "a whole number from 1 to 10000: calls = 10;" } },
	{ "budget: { reserve = 3.5; };", { "a whole number from 0 to 9999" } },
	{ "budget: { calls = true; };", { "no whole number" } },
	{ "budget: { window = 3; };", { "no unit", "window = \"3h\";" } },
	{ "budget: { margin = \"60\"; };", { "no unit", "margin = \"60s\";" } },
	{ LIST("every = 3;"), { "t.conf:2: lists.every: 3 has no unit", "every = \"3d\";" } },
	{ LIST("tags = \"c\";"), { "tags = [ \"c\" ];" } },
	{ LIST("tags = [ 5 ];"), { "lists.tags", "no quotes" } },
	{ LIST("title = 5;"), { "lists.title", "text in quotes" } },
	{ LIST("repost_threshold = \"5\";"), { "without quotes" } },
	{ "hours: { active = [ \"a\" ]; };", { "this is a list" } },
	{ "coupang: { timeout = true; };", { "coupang.timeout", "timeout = \"30s\";" } },
	/* out of range */
	{ "budget: { calls = 0; };", { "0 is out of range; write a whole number from 1 to 10000" } },
	{ "budget: { calls = 5000000000L; };", { "5000000000 is out of range" } },
	{ "budget: { calls = 5000000000; };", { "too large" } },
	{ "budget: { window = \"1ms\"; };", { "'1ms' is out of range", "from \"1s\" to \"31d\"" } },
	{ "budget: { pace = \"fast\"; };", { "write \"even\" or a time" } },
	{ "budget: { calls = 3; reserve = 3; };", { "budget.reserve: 3 of 3", "below 3" } },
	{ LIST("weight = 0;"), { "from 1 to 1000" } },
	{ LIST("limit = 11;"), { "from 1 to 10" } },
	{ LIST("every = \"30s\";"), { "lists.every", "from \"1min\" to \"366d\"" } },
	{ LIST("repost_threshold = 100.5;"), { "100.5 is out of range" } },
	{ LIST("approve = \"yes\";"), { "'yes' is not known; write \"auto\" or \"manual\"" } },
	{ LIST("repost = \"x\";"), { "\"never\", \"changed\", \"update\" or \"always\"" } },
	{ LIST("repost = \"update\";"), { "t.conf:2: lists.repost: the agent outbox of publisher "
		"'outbox' cannot change", "repost = \"changed\";" } },
	{ LIST("template = \"a/b\";"), { "'a/b' is no name" } },
	{ LIST("template = \"..\";"), { "'..' is no name" } },
	{ LIST("category = \"a\\x01\";"), { "control character" } },
	{ LIST("category = \"\\xff\";"), { "not UTF-8" } },
	{ "hours: { active = \"8-23\"; };", { "HH:MM-HH:MM" } },
	{ "hours: { active = \"24:00-08:00\"; };", { "no span of hours" } },
	{ "hours: { active = \"08:00-24:01\"; };", { "no span of hours" } },
	{ "hours: { active = \"08:60-09:00\"; };", { "no span of hours" } },
	{ "hours: { active = \"08:00-08:00\"; };", { "always is \"00:00-24:00\"" } },
	{ "hours: { timezone = \"Asia/Soul\"; };", { "'Asia/Soul' is not known", "Asia/Seoul" } },
	{ "hours: { timezone = \"../../../etc/passwd\"; };", { "is not known" } },
	{ "coupang: { image_size = \"512\"; };", { "WIDTHxHEIGHT" } },
	{ "coupang: { image_size = \"2001x10\"; };", { "from 1 to 2000" } },
	{ "coupang: { access_key_file = \"~/x\"; };", { "access_key_file = \"/home/me/x\"" } },
	{ "coupang: { endpoint = \"http://a.b\"; };", { "loopback" } },
	{ "coupang: { endpoint = \"http://127.evil.com\"; };", { "loopback" } },
	{ "coupang: { endpoint = \"http://127.0.0.1.evil.com\"; };", { "loopback" } },
	{ "coupang: { endpoint = \"http://localhost.evil.com\"; };", { "loopback" } },
	{ "coupang: { endpoint = \"http://127.0.0.1\\\\@a.b\"; };", { "user name" } },
	{ "coupang: { endpoint = \"https://a.b/\"; };", { "ends in '/'" } },
	{ "coupang: { endpoint = \"https://a.b?c\"; };", { "holds a sign" } },
	{ "coupang: { endpoint = \"https://\"; };", { "host is no name" } },
	{ "coupang: { endpoint = \"ftp://a\"; };", { "does not begin with https://" } },
	{ "coupang: { endpoint = \"https://a.b:0\"; };", { "port" } },
	{ "coupang: { endpoint = \"https://a.b:65536\"; };", { "port" } },
	/* secrets */
	{ "coupang: { secret_key = \"abc\"; };", { "secret_key: no secret stands", "secret_key_file" } },
	{ "publishers = ( { name = \"a\"; agent = \"b\"; password = \"x\"; } );", { "password_file" } },
	{ "publishers = ( { name = \"a\"; agent = \"b\"; n: { API_KEY = \"x\"; }; } );",
	  { "API_KEY: no secret" } },
	{ "publishers = ( { name = \"a\"; agent = \"b\"; url = \"https://u:p@h/\"; } );",
	  { "a password stands in this address" } },
	/* lists and publishers */
	{ PUBLISHER "lists = ( { } );", { "t.conf:2: lists.name: is missing; write name = \"kitchen\";" } },
	{ "publishers = ( { name = \"a\"; } );", { "publishers.agent: is missing" } },
	{ PUBLISHER "lists = ( { name = \"a\"; },\n{ name = \"a\"; } );",
	  { "t.conf:3: lists.name: a list 'a' is there already" } },
	{ "publishers = ( { name = \"a\"; agent = \"b\"; },\n{ name = \"a\"; agent = \"c\"; } );",
	  { "t.conf:2: publishers.name: a publisher 'a' is there already" } },
	{ "lists = ( { name = \"a\"; } );", { "no publisher 'outbox'; write publishers = (" } },
	{ LIST("publisher = \"x\";"), { "no publisher 'x'", "publisher = \"outbox\";" } },
	{ PUBLISHER "lists = ( { name = \"a b\"; } );", { "'a b' is no name" } },
	{ PUBLISHER "lists = ( { name = \"\"; } );", { "this is empty" } },
	{ PUBLISHER "lists = ( { name = \"a\"; keywords = \"b\"; } );", { "keywords = [ \"b\" ];" } },
	{ PUBLISHER "lists = ( { name = \"a\"; keywords = [ 5 ]; } );", { "keyword stands in quotes" } },
	{ PUBLISHER "lists = ( { name = \"a\"; keywords = [ \" \" ]; } );", { "empty keyword" } },
	{ PUBLISHER "lists = ( { name = \"a\"; keywords = [\n\"b\",\n\"c\\x01\", \"d\" ]; } );",
	  { "t.conf:4: keywords: the keyword 'c?' " } },
	{ LIST("keywords_file = \"nix.txt\";"), { "t.conf:2: ", "nix.txt' does not exist" } },
	{ LIST("keywords_file = \"/tmp\";"), { "'/tmp' is a folder" } },
	{ LIST("keywords_file = \"" DATA "/euckr.txt\";"), { "euckr.txt:2: ", "save the file as UTF-8" } },
	/* files */
	{ "\n@include \"nix.conf\"", { "t.conf:2: ", "nix.conf' does not exist" } },
	{ "@include \"t.conf\"", { "t.conf:1: ", "includes itself" } },
	{ "@include \"/tmp\"", { "t.conf:1: ", "is a folder" } },
	{ "@include \"/dev/zero\"", { "no regular file" } },
	{ "@include", { "needs a file name" } },
	{ "\nbudget: { calls = 10; };\nx = \"\xff\";", { "t.conf:3: ", "not UTF-8" } },
	{ "\xff\xfe" "b", { "UTF-16" } },
	{ "budget: { calls = 10 ", { "t.conf:1: ", "never closed" } },
	{ "budget: {\ncalls = 1;\n\ncalls = 2; };", { "t.conf:4: ", "(first in line 2)" } },
};

static void test_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct config *c;
		int res = load_text(wrong[i].text, &c);
		const char *line = value_string(value_at(errors, 0), "none");

		if (res >= 0)
			fail_msg("row %zu: taken: %s", i, wrong[i].text);
		for (size_t k = 0; k < 3 && wrong[i].says[k] != NULL; k++) {
			if (strstr(line, wrong[i].says[k]) == NULL)
				fail_msg("row %zu: %s: says: %s; wanted: %s", i, wrong[i].text, line,
					wrong[i].says[k]);
		}
		assert_null(strpbrk(line, "\n\r\t"));
		assert_true(str_starts(line, folder) || strstr(line, "euckr") != NULL);
	}
}

/* A secret that was put into the file by mistake is not shown to the log as well. */
static void test_secret_unsaid(void **state)
{
	struct config *c;

	(void)state;
	assert_true(load_text("coupang: { secret_key = \"hunter2\"; };\n"
		"publishers = ( { name = \"a\"; agent = \"b\"; url = \"http://me:hunter2@h\"; } );",
		&c) < 0);
	assert_false(one_says(errors, "hunter2"));
}

static void test_several(void **state)
{
	struct config *c;
	struct buf b;

	(void)state;
	assert_int_equal(load_text("budget: { calls = 0; window = 5; };\nfoo = 1;\n", &c), -EINVAL);
	assert_int_equal(value_len(errors), 3);
	buf_init(&b, 100000);
	for (int i = 0; i < 50; i++)
		buf_printf(&b, "foo%d = 1;\n", i);
	assert_int_equal(load_text(buf_cstr(&b), &c), -EINVAL);
	assert_int_equal(value_len(errors), 21);
	assert_string_equal(value_string(value_at(errors, 20), ""),
		"and 30 more; mend these first");
	buf_finish(&b);
}

/* ---- what is taken but likely not meant ---- */

static const struct {
	const char *text, *says; /* NULL = no warning at all */
} odd[] = {
	{ LIST(""), NULL },
	{ LIST("every = \"1d\";"), NULL },
	{ "", "no lists" },
	{ "lists = [ ];", "no lists" },
	{ "budget: { calls = 11; };", "t.conf:1: budget.calls: 11 in 1h is more than the 10" },
	{ "budget: { window = \"59min\"; };", "can cost the account" },
	{ LIST("every = \"1h\";"), "t.conf:2: lists.every: is shorter than cache.ttl" },
	{ "cache: { ttl = \"1min\"; };\n" LIST("every = \"1min\";"), "60.0 calls an hour and the budget" },
	{ PUBLISHER "lists = ( { name = \"a\"; keywords = [ ]; } );", "has no keywords" },
	{ PUBLISHER "lists = ( { name = \"a\"; } );", "has no keywords" },
	{ PUBLISHER "lists = ( { name = \"a\"; keywords = [ \"B  c\",\n\" b C\", \"d\", \"D\" ]; } );",
	  "t.conf:3: lists.keywords: 2 keywords of 'a' stand there already" },
	{ "publishers = ( { name = \"a\"; agent = \"b\"; gpa = \"3s\"; } );", "did you mean 'gap'?" },
};

static void test_warnings(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		struct config *c;

		if (load_text(odd[i].text, &c) != 0)
			fail_msg("row %zu: %s", i, value_string(value_at(errors, 0), ""));
		if (odd[i].says == NULL ? c->warning_count > 0 : !warns(c, odd[i].says))
			fail_msg("row %zu: warnings: %zu: %s", i, c->warning_count,
				c->warning_count > 0 ? c->warnings[0] : "");
		config_free(c);
	}
	/* Against the stand-in server any pace is fine. */
	struct config *c;
	assert_int_equal(load_text("coupang: { endpoint = \"http://[::1]:8080\"; };\n"
		"budget: { calls = 1000; };", &c), 0);
	assert_false(warns(c, "programme"));
	config_free(c);
}

/* ---- what is read ---- */

static void test_defaults(void **state)
{
	struct config *c;

	(void)state;
	assert_int_equal(load_text(LIST(""), &c), 0);
	assert_string_equal(c->coupang.endpoint, "https://api-gateway.coupang.com");
	assert_string_equal(c->coupang.access_key_file, "");
	assert_string_equal(c->coupang.image_size, "512x512");
	assert_int_equal(c->coupang.timeout_ms, 30000);
	assert_int_equal(c->budget.calls, 10);
	assert_int_equal(c->budget.window_ms, 3600000);
	assert_int_equal(c->budget.margin_ms, 60000);
	assert_int_equal(c->budget.pace_ms, -1);
	assert_int_equal(c->budget.reserve, 0);
	assert_int_equal(c->cache.ttl_ms, 86400000);
	assert_int_equal(c->cache.history_ms, 0);
	assert_false(c->hours.active.always);
	assert_int_equal(c->hours.active.from_min, 480);
	assert_int_equal(c->hours.active.to_min, 1380);
	assert_string_equal(c->hours.timezone, "Asia/Seoul");
	const struct config_list *l = config_list_find(c, "a");
	assert_non_null(l);
	assert_int_equal(l->every_ms, 259200000);
	assert_int_equal(l->weight, 1);
	assert_int_equal(l->limit, 10);
	assert_string_equal(l->template, "roundup");
	assert_string_equal(l->publisher, "outbox");
	assert_int_equal(l->approve, APPROVE_AUTO);
	assert_int_equal(l->repost, REPOST_CHANGED);
	assert_true(fabs(l->repost_threshold - 5) < 1e-9);
	const struct config_publisher *p = config_publisher_find(c, "outbox");
	assert_non_null(p);
	assert_int_equal(p->timeout_ms, 300000);
	assert_null(config_list_find(c, "x"));
	assert_null(config_publisher_find(c, "x"));
	config_free(c);
}

static void check_all_lists(const struct config *c)
{
	const struct config_list *l = &c->lists[0];

	assert_int_equal(c->list_count, 2);
	assert_string_equal(l->name, "주방.1");
	/* "무선 청소기" stands in the list and in the file. */
	assert_int_equal(l->keyword_count, 4);
	assert_string_equal(l->keywords[0], "에어프라이어");
	assert_string_equal(l->keywords[1], "무선 청소기");
	assert_string_equal(l->keywords[2], "커피 머신");
	assert_string_equal(l->keywords[3], "USB 허브");
	assert_string_equal(l->keywords_file, DATA "/parts/kitchen.txt");
	assert_int_equal(l->every_ms, 172800000);
	assert_string_equal(l->title, "{{keyword}} \"추천\"");
	assert_int_equal(l->tag_count, 2);
	assert_string_equal(l->tags[1], "주방");
	assert_int_equal(l->approve, APPROVE_MANUAL);
	assert_int_equal(l->repost, REPOST_NEVER);
	assert_string_equal(c->lists[1].keywords[0], "전기포트");
	assert_true(warns(c, "parts/kitchen.txt:5: lists.keywords: 1 keyword of '주방.1'"));
}

static void check_all_settings(const struct value *s)
{
	assert_string_equal(value_get_string(s, "directory", ""), DATA "/posts");
	assert_string_equal(value_get_string(s, "token_file", ""), DATA "/keys/token");
	assert_string_equal(value_get_string(s, "blog_id", ""), "me");
	assert_string_equal(value_get_string(s, "gap", ""), "20min");
	assert_true(value_get_int(s, "big", 0) == INT64_C(5000000000));
	assert_true(value_get_bool(s, "draft", false));
	const struct value *nested = value_get(s, "nested");
	assert_string_equal(value_string(value_at(value_get(nested, "words"), 1), ""), "b\n");
	assert_int_equal(value_len(value_get(nested, "mixed")), 3);
}

static void test_all(void **state)
{
	struct config *c = must_load(DATA "/all.conf");

	(void)state;
	assert_string_equal(c->path, DATA "/all.conf");
	assert_string_equal(c->coupang.access_key_file, DATA "/keys/access");
	assert_string_equal(c->coupang.secret_key_file, "/run/keys/secret");
	assert_int_equal(c->budget.pace_ms, 120000);
	assert_int_equal(c->hours.active.from_min, 22 * 60 + 30);
	assert_int_equal(c->hours.active.to_min, 360);
	check_all_lists(c);
	check_all_settings(c->publishers[0].settings);
	const struct value *o = c->origins;
	assert_string_equal(value_get_string(value_get(o, "budget"), "calls", ""),
		DATA "/all.conf:6");
	assert_string_equal(value_get_string(value_at(value_get(o, "lists"), 0), "title", ""),
		DATA "/parts/lists.conf:2");
	config_drop_keywords(c);
	assert_int_equal(c->lists[0].keyword_count, 0);
	config_free(c);
}

/* No option of all.conf is at its default: so each row of the table is read. */
static void test_all_differ(void **state)
{
	struct config *c = must_load(DATA "/all.conf");
	struct value *v = show_value(c);

	(void)state;
	for (size_t i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];
		const struct value *group = value_get(v, o->group);
		if (value_kind(group) == VALUE_LIST)
			group = value_at(group, 0);
		const struct value *now = value_get(group, o->name);
		struct value *standard = option_standard(o);
		if (now == NULL || value_equal(now, standard))
			fail_msg("%s.%s is at its default", o->group, o->name);
		value_free(standard);
	}
	value_free(v);
	config_free(c);
}

/* What is printed can be loaded and says the same; JSON says it too. */
static void test_print(void **state)
{
	static const char *const files[] = { DATA "/all.conf", TREE "/etc/demo.conf",
		TREE "/etc/cpauto.conf" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct config *c = must_load(files[i]), *again;
		struct buf b;
		buf_init(&b, 1 << 20);
		show_print(c, &b);
		assert_non_null(strstr(buf_cstr(&b), "reserve = "));
		assert_non_null(strstr(buf_cstr(&b), "; # default\n"));
		if (load_text(buf_cstr(&b), &again) != 0)
			fail_msg("%s: %s", files[i], value_string(value_at(errors, 0), ""));
		struct value *one = show_value(c), *two = show_value(again);
		assert_non_null(value_get(one, "origins"));
		value_remove(one, "origins");
		value_remove(two, "origins");
		assert_true(value_equal(one, two));
		value_free(one);
		value_free(two);
		buf_finish(&b);
		config_free(c);
		config_free(again);
	}
}

/* ---- the sample ---- */

/* "#name = value;" without the "#"; "# prose" stays. */
static char *uncomment(char *text)
{
	char *out = text;

	for (char *s = text; *s != '\0'; s++) {
		bool begins = s == text || s[-1] == '\n' || s[-1] == '\t';
		if (*s == '#' && begins && s[1] != ' ' && s[1] != '\n')
			continue;
		*out++ = *s;
	}
	*out = '\0';
	return text;
}

static void test_sample(void **state)
{
	CLEANUP_FREE char *text = NULL;
	size_t len;
	struct config *c;

	(void)state;
	config_free(must_load(TREE "/etc/cpauto.conf"));
	assert_int_equal(file_read(TREE "/etc/cpauto.conf", 1 << 20, &text, &len), 0);
	if (load_text(uncomment(text), &c) != 0)
		fail_msg("%s", value_string(value_at(errors, 0), ""));
	struct value *v = show_value(c);
	for (size_t i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];
		const struct value *group = value_get(v, o->group);
		const struct value *origins = value_get(c->origins, o->group);
		if (value_kind(group) == VALUE_LIST) {
			group = value_at(group, 0);
			origins = value_at(origins, 0);
		}
		if (value_get(origins, o->name) == NULL)
			fail_msg("etc/cpauto.conf lacks %s.%s", o->group, o->name);
		/* What must be given, and what alone would do nothing, is an example. */
		struct value *standard = option_standard(o);
		if (standard != NULL && o->type != OPTION_KEYWORDS && !o->agent) {
			/* Compared as they are read: "24h" is "1d". */
			CLEANUP_FREE char *base = xcalloc(1, sizeof(struct config) +
				sizeof(struct config_list) + sizeof(struct config_publisher));
			option_default(o, base);
			struct value *plain = option_read(o, base);
			if (!value_equal(plain, value_get(group, o->name)))
				fail_msg("etc/cpauto.conf: %s.%s is not at its default", o->group, o->name);
			value_free(plain);
			option_free(o, base);
		}
		value_free(standard);
	}
	assert_int_equal(c->warning_count, 0);
	value_free(v);
	config_free(c);
}

static void test_demo(void **state)
{
	struct config *c = must_load(TREE "/etc/demo.conf");

	(void)state;
	assert_int_equal(c->warning_count, 0);
	assert_int_equal(c->list_count, 3);
	assert_true(c->hours.active.always);
	assert_int_equal(c->budget.pace_ms, 0);
	config_free(c);
}

/* ---- files ---- */

static void test_files(void **state)
{
	CLEANUP_FREE char *path = in_folder("f.conf");
	struct config *c;

	(void)state;
	assert_int_equal(load("/nonexistent/cpauto.conf", &c), -ENOENT);
	assert_true(one_says(errors, "does not exist"));
	assert_int_equal(load(folder, &c), -EISDIR);
	assert_true(one_says(errors, "is a folder"));
	write_bytes("f.conf", "budget: { };\0x", 14);
	assert_int_equal(load(path, &c), -EILSEQ);
	assert_true(one_says(errors, "f.conf:1: holds a NUL byte"));
	write_text("f.conf", "\xef\xbb\xbf" "budget: {\r\n\tcalls = 7;\r\n};\r\n");
	c = must_load(path);
	assert_int_equal(c->budget.calls, 7);
	config_free(c);
	assert_int_equal(chmod(path, 0666), 0);
	c = must_load(path);
	assert_true(warns(c, "chmod o-w"));
	config_free(c);
	assert_int_equal(truncate(path, (64 << 20) + 1), 0);
	assert_int_equal(load(path, &c), -EFBIG);
	assert_true(one_says(errors, "too large"));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(load(path, &c), -EINVAL);
	assert_int_equal(unlink(path), 0);
	if (geteuid() == 0)
		return;
	write_text("f.conf", "");
	assert_int_equal(chmod(path, 0), 0);
	assert_int_equal(load(path, &c), -EACCES);
	assert_true(one_says(errors, "no permission"));
}

/* Lines are those of the file they stand in, before and after an include. */
static void test_include_lines(void **state)
{
	struct config *c;

	(void)state;
	write_text("part.conf", "# one\nhours: { active = \"bad\"; };");
	assert_true(load_text("foo = 1;\n@include \"part.conf\"\nbar = 1;\n"
		"/* @include \"nix\"\n@include \"nix\" */ baz = \"\\\"#\"; x = 1;\n", &c) < 0);
	assert_true(one_says(errors, "t.conf:1: foo"));
	assert_true(one_says(errors, "part.conf:2: hours.active"));
	assert_true(one_says(errors, "t.conf:3: bar"));
	assert_true(one_says(errors, "t.conf:5: baz"));
	assert_true(one_says(errors, "t.conf:5: x"));
	write_text("part.conf", "budget: {\n calls = 1;\n");
	assert_true(load_text("\n@include \"part.conf\"\nlists = ( ];\n", &c) < 0);
	assert_true(one_says(errors, "t.conf:3: ')' is missing before this ']' (opened in line 3)"));
	assert_true(load_text("\n@include \"part.conf\"\n calls = 2;\n};\n", &c) < 0);
	assert_true(one_says(errors, "t.conf:3: 'calls' stands here a second time"));
	assert_true(one_says(errors, "part.conf:2)"));
}

static void test_keyword_limits(void **state)
{
	struct config *c;
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 24);
	for (int i = 0; i < 100000; i++)
		buf_printf(&b, "무선 청소기 %d\n", i % 99999);
	write_text("many.txt", buf_cstr(&b));
	assert_int_equal(load_text(PUBLISHER "lists = ( { name = \"a\"; "
		"keywords_file = \"many.txt\"; } );", &c), 0);
	assert_int_equal(c->lists[0].keyword_count, 99999);
	assert_true(warns(c, "many.txt:100000: lists.keywords: 1 keyword of 'a' stands"));
	config_free(c);
	buf_reset(&b);
	buf_str(&b, "# fine\n");
	for (int i = 0; i < 66; i++)
		buf_str(&b, "가");
	buf_str(&b, "ab\n");
	write_text("long.txt", buf_cstr(&b));
	assert_int_equal(load_text(PUBLISHER "lists = ( { name = \"a\"; "
		"keywords_file = \"long.txt\"; } );", &c), 0);
	config_free(c);
	buf_truncate(&b, b.len - 1);
	buf_str(&b, "c\n");
	write_text("long.txt", buf_cstr(&b));
	assert_true(load_text(PUBLISHER "lists = ( { name = \"a\"; "
		"keywords_file = \"long.txt\"; } );", &c) < 0);
	assert_true(one_says(errors, "long.txt:2: keywords: the keyword"));
	assert_true(one_says(errors, "has 201 bytes; at most 200"));
	buf_finish(&b);
}

/* ---- the table ---- */

static void test_table(void **state)
{
	struct value *all = show_options();

	(void)state;
	assert_int_equal(value_len(all), option_count);
	for (size_t i = 0; i < value_len(all); i++) {
		const struct value *v = value_at(all, i);
		const char *path = value_get_string(v, "path", "");
		assert_non_null(strchr(path, '.'));
		assert_true(strlen(value_get_string(v, "type", "")) > 0);
		assert_true(str_ends(value_get_string(v, "text", ""), "."));
		for (size_t j = 0; j < i; j++)
			assert_false(str_eq(path, value_get_string(value_at(all, j), "path", "")));
		assert_ptr_equal(option_find(option_table[i].group, option_table[i].name),
			&option_table[i]);
		assert_non_null(option_group_find(option_table[i].group));
	}
	assert_string_equal(value_get_string(value_at(all, 0), "path", ""),
		"coupang.access_key_file");
	value_free(all);
}

/* ---- anything ---- */

static uint64_t random_state;

static size_t random_below(size_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (size_t)(random_state % n);
}

static void mutate(struct buf *b, const char *text, size_t len)
{
	static const char *const bits[] = { "\"", "{", "}", "(", ")", "[", "]", ";", ",", "=", ":",
		"#", "/*", "*/", "\\", "\n", "@include \"", "5000000000", "-", "1e", "\xff", "가",
		"\xe2\x80\x9c", "true", "key", "\x01", "L", "0x" };

	buf_reset(b);
	size_t cuts = 1 + random_below(4), at = 0;
	for (size_t i = 0; i < cuts; i++) {
		size_t to = at + random_below(len - at + 1);
		buf_add(b, text + at, to - at);
		size_t what = random_below(3);
		if (what == 0)
			to += random_below(8);
		if (what == 1)
			buf_str(b, bits[random_below(ARRAY_LEN(bits))]);
		if (what == 2)
			to = random_below(len);
		at = to < len ? to : len;
	}
	buf_add(b, text + at, len - at);
}

static void test_mutations(void **state)
{
	const char *given = getenv("SEED"), *rounds = getenv("ROUNDS");
	int64_t seed = 20261123, count = 2000;
	CLEANUP_FREE char *text = NULL;
	size_t len, taken = 0;
	struct buf b;

	(void)state;
	if (given != NULL)
		assert_int_equal(parse_int64(given, 1, INT64_MAX, &seed), 0);
	if (rounds != NULL)
		assert_int_equal(parse_int64(rounds, 1, 100000000, &count), 0);
	print_message("SEED=%lld\n", (long long)seed);
	random_state = (uint64_t)seed;
	assert_int_equal(file_read(TREE "/etc/cpauto.conf", 1 << 20, &text, &len), 0);
	uncomment(text);
	len = strlen(text);
	buf_init(&b, 1 << 20);
	CLEANUP_FREE char *path = in_folder("m.conf");
	for (int64_t i = 0; i < count; i++) {
		struct config *c;
		mutate(&b, text, len);
		write_bytes("m.conf", buf_cstr(&b), b.len);
		if (load(path, &c) != 0) {
			/* Own words, never only libconfig's. */
			if (one_says(errors, "syntax error"))
				fail_msg("round %lld: %s", (long long)i,
					value_string(value_at(errors, 0), ""));
			continue;
		}
		taken++;
		config_free(c);
	}
	buf_finish(&b);
	assert_true(taken > 0 && (int64_t)taken < count);
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	value_free(errors);
	errors = NULL;
	return dir_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_secret_unsaid),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_all_differ),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_demo),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_include_lines),
		cmocka_unit_test(test_keyword_limits),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_mutations),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
