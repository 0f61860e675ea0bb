/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "json.h"

#define AGENT BUILD "/agents/outbox"
#define SRC "https://img.invalid/1?a=1&b=2"
#define SRC_HTML "https://img.invalid/1?a=1&amp;b=2"
#define DISCLOSURE "이 포스팅은 쿠팡 파트너스 활동의 일환으로, 이에 따른 일정액의 수수료를 제공받습니다."

/* One pixel. */
static const unsigned char png[] = {
	0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R', 0, 0, 0, 1,
	0, 0, 0, 1, 8, 0, 0, 0, 0, 0x3a, 0x7e, 0x9b, 0x55, 0, 0, 0, 10, 'I', 'D', 'A', 'T', 0x78,
	0x9c, 0x63, 0x60, 0, 0, 0, 2, 0, 1, 0x48, 0xaf, 0xa4, 0x71, 0, 0, 0, 0, 'I', 'E', 'N', 'D',
	0xae, 0x42, 0x60, 0x82,
};

static char scratch[64], outbox[96], picture[96];

static int setup(void **state UNUSED)
{
	str_format_cut(scratch, sizeof(scratch), "/tmp/test_outbox.XXXXXX");
	if (!mkdtemp(scratch))
		return -1;
	str_format_cut(outbox, sizeof(outbox), "%s/out", scratch);
	str_format_cut(picture, sizeof(picture), "%s/p.img", scratch);
	return file_write_atomic(picture, png, sizeof(png), 0600);
}

static int teardown(void **state UNUSED)
{
	return dir_remove(scratch);
}

struct child {
	pid_t pid;
	int out;
};

/* Gives the request to ARGV's program; its log is thrown away. */
static void start(char *const argv[], const char *request, struct child *c)
{
	extern char **environ;
	posix_spawn_file_actions_t actions;
	int in[2], out[2];

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in[0], 0);
	posix_spawn_file_actions_adddup2(&actions, out[1], 1);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&c->pid, argv[0], &actions, NULL, argv, environ))
		fail_msg("%s cannot be started: make it first", argv[0]);
	posix_spawn_file_actions_destroy(&actions);
	close(in[0]);
	close(out[1]);
	assert_int_equal(fd_write_all(in[1], request, strlen(request)), 0);
	close(in[1]);
	c->out = out[0];
}

/* The answer, or NULL if the child was killed before it gave one. */
static struct value *finish(struct child *c)
{
	struct value *answer = NULL;
	struct buf text;
	char chunk[4096];
	ssize_t n;
	int status;

	buf_init(&text, JSON_TEXT_MAX);
	while ((n = read(c->out, chunk, sizeof(chunk))) > 0)
		buf_add(&text, chunk, (size_t)n);
	close(c->out);
	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		assert_int_equal(json_parse(buf_cstr(&text), text.len, &answer, NULL), 0);
	buf_finish(&text);
	return answer;
}

static char *request_text(const char *op, const char *directory, const struct value *post)
{
	struct value *request = value_new_object(), *config = value_new_object();
	char *text;

	value_set_int(request, "v", 1);
	value_set_string(request, "op", op);
	value_set_string(config, "directory", directory);
	value_set(request, "config", config);
	if (post)
		value_set(request, "post", value_copy(post));
	text = json_string(request, false);
	value_free(request);
	return text;
}

static struct value *ask_in(const char *op, const char *directory, const struct value *post)
{
	char agent[] = AGENT, *argv[] = { agent, NULL };
	CLEANUP_FREE char *request = request_text(op, directory, post);
	struct value *answer;
	struct child c;

	start(argv, request, &c);
	answer = finish(&c);
	assert_non_null(answer);
	return answer;
}

static struct value *ask(const char *op, const struct value *post)
{
	return ask_in(op, outbox, post);
}

static void assert_result(struct value *answer, const char *result)
{
	const char *got = value_get_string(answer, "result", "");

	if (!str_eq(got, result))
		fail_msg("%s: %s", got, value_get_string(answer, "reason", ""));
	if (!str_eq(got, "ok"))
		assert_true(strlen(value_get_string(answer, "reason", "")) > 15);
	value_free(answer);
}

static struct value *new_post(const char *key, const char *title, const char *path)
{
	struct value *post = value_new_object(), *images = value_new_list(), *image;

	value_set_string(post, "key", key);
	value_set_string(post, "title", title);
	value_set_string(post, "html", "<p>" DISCLOSURE "</p><p><img src=\"" SRC_HTML
		"\"></p><script>no</script>");
	value_set_string(post, "text", DISCLOSURE "\n\n본문");
	value_set_string(post, "markdown", DISCLOSURE "\n\n![](" SRC ")");
	value_set_string(post, "disclosure", DISCLOSURE);
	value_set_string(post, "marker", "m1");
	if (path) {
		image = value_new_object();
		value_set_string(image, "src", SRC);
		value_set_string(image, "path", path);
		value_append(images, image);
	}
	value_set(post, "images", images);
	return post;
}

/* Folders in the outbox; one of them into NAME. Nothing hidden may be there. */
static size_t folders(char name[256])
{
	DIR *dir = opendir(outbox);
	const struct dirent *e;
	size_t n = 0;

	while (dir && (e = readdir(dir))) {
		if (str_eq(e->d_name, ".") || str_eq(e->d_name, ".."))
			continue;
		if (e->d_name[0] == '.')
			fail_msg("%s was left behind", e->d_name);
		if (e->d_type != DT_DIR)
			continue;
		str_format_cut(name, 256, "%s", e->d_name);
		n++;
	}
	if (dir)
		closedir(dir);
	return n;
}

static void clear_outbox(void)
{
	if (access(outbox, F_OK) == 0)
		assert_int_equal(dir_remove(outbox), 0);
}

static char *read_in(const char *folder, const char *name)
{
	CLEANUP_FREE char *path = xasprintf("%s/%s/%s", outbox, folder, name);
	char *text = NULL;

	if (file_read(path, JSON_TEXT_MAX, &text, NULL))
		fail_msg("%s cannot be read", path);
	return text;
}

static void assert_whole(const char *folder)
{
	static const char *const names[] = { "post.html", "post.md", "post.txt", "copy.html",
		"manifest.json", "images/1.png" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		CLEANUP_FREE char *text = read_in(folder, names[i]);

		assert_true(strlen(text) > 0);
	}
}

static void test_publish(void **state UNUSED)
{
	struct value *post = new_post("k1", "무선 청소기 추천", picture), *answer = ask("publish", post);
	struct value *manifest = NULL;
	CLEANUP_FREE char *html = NULL, *text = NULL, *markdown = NULL, *feed = NULL;
	char name[256];

	assert_string_equal(value_get_string(answer, "id", ""), "k1");
	assert_true(str_starts(value_get_string(answer, "url", ""), "file:///tmp/test_outbox."));
	assert_true(str_ends(value_get_string(answer, "url", ""), "_k1/post.html"));
	assert_result(answer, "ok");
	assert_int_equal(folders(name), 1);
	assert_true(str_ends(name, "_무선-청소기-추천_k1"));
	assert_whole(name);
	html = read_in(name, "post.html");
	assert_non_null(strstr(html, "<img src=\"images/1.png\">"));
	assert_non_null(strstr(html, DISCLOSURE));
	assert_non_null(strstr(html, "default-src &#39;none&#39;"));
	markdown = read_in(name, "post.md");
	assert_string_equal(markdown, "# 무선 청소기 추천\n\n" DISCLOSURE "\n\n![](images/1.png)\n");
	text = read_in(name, "manifest.json");
	assert_int_equal(json_parse(text, strlen(text), &manifest, NULL), 0);
	assert_null(value_get(manifest, "html"));
	assert_null(value_get(manifest, "text"));
	assert_string_equal(value_get_string(manifest, "marker", ""), "m1");
	assert_int_equal(strlen(value_get_string(manifest, "published_at", "")), 25);
	assert_string_equal(value_get_string(value_get(manifest, "files"), "html", ""), "post.html");
	value_free(manifest);
	feed = read_in(".", "feed.xml");
	assert_non_null(strstr(feed, "<title>무선 청소기 추천</title>"));
	assert_non_null(strstr(feed, "<summary>" DISCLOSURE " 본문</summary>"));
	value_free(post);
}

/* The same key again is the same post, whatever else was changed. */
static void test_repeat(void **state UNUSED)
{
	struct value *a = new_post("../../k", "하나", NULL), *b = new_post("../../k", "둘", NULL);
	struct value *first = ask("publish", a), *again = ask("publish", b), *found = ask("find", b);
	char name[256];

	assert_string_equal(value_get_string(first, "id", ""), "../../k");
	assert_true(value_equal(first, again));
	assert_string_equal(value_get_string(found, "found", ""), "yes");
	assert_string_equal(value_get_string(found, "url", "x"), value_get_string(first, "url", ""));
	assert_int_equal(folders(name), 1);
	assert_result(first, "ok");
	assert_result(again, "ok");
	assert_result(found, "ok");
	value_free(a);
	value_free(b);
}

static void test_at_once(void **state UNUSED)
{
	char agent[] = AGENT, *argv[] = { agent, NULL };
	struct value *post = new_post("same", "동시에", picture);
	CLEANUP_FREE char *request = request_text("publish", outbox, post);
	struct child c[8];
	char name[256];

	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		start(argv, request, &c[i]);
	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		assert_result(finish(&c[i]), "ok");
	assert_int_equal(folders(name), 1);
	assert_whole(name);
	value_free(post);
}

static void test_hostile_titles(void **state UNUSED)
{
	CLEANUP_FREE char *long_title = xcalloc(3001, 1);
	const char *const rows[] = {
		"../../../etc/passwd", "/", ".", "..", "-rf *", "a\nb\tc\x01\x1b[31m", "$(id) `id`",
		"</title><script>alert(1)</script>", "\" onload='x'", "a\\b:c|d?e", "\xE2\x80\xAE txt",
		"😀😀", "\xEF\xBF\xBF", "CON", "%2e%2e%2f", long_title,
	};

	for (size_t i = 0; i < 1000; i++)
		memcpy(long_title + 3 * i, "긴", 3);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char key[8], name[256];
		CLEANUP_FREE char *html = NULL, *list = NULL;
		struct value *post;

		str_format_cut(key, sizeof(key), "h%zu", i);
		post = new_post(key, rows[i], NULL);
		clear_outbox();
		assert_result(ask("publish", post), "ok");
		assert_int_equal(folders(name), 1);
		assert_true(strlen(name) < 120);
		assert_null(strpbrk(name, "/\\:|?*<>\"'`$ \n\t\x01\x1b"));
		assert_true(name[0] == '2' && name[10] == '_');
		html = read_in(name, "post.html");
		assert_null(strstr(html, "<script>alert"));
		assert_null(strstr(html, "\x1b"));
		list = read_in(".", "index.html");
		assert_null(strstr(list, "<script"));
		value_free(post);
	}
}

static void test_find(void **state UNUSED)
{
	struct value *post = new_post("k1", "제목", NULL), *answer;
	CLEANUP_FREE char *far = xasprintf("%s/none/out", scratch), *manifest = NULL;
	char name[256];

	/* The outbox is not there yet, its parent is: nothing was ever published. */
	answer = ask("find", post);
	assert_string_equal(value_get_string(answer, "found", ""), "no");
	assert_result(answer, "ok");
	/* A disk that is not mounted: nobody knows. */
	answer = ask_in("find", far, post);
	assert_string_equal(value_get_string(answer, "found", ""), "unknown");
	value_free(answer);
	answer = ask_in("find", picture, post);
	assert_string_equal(value_get_string(answer, "found", ""), "unknown");
	value_free(answer);
	assert_result(ask("publish", post), "ok");
	assert_int_equal(folders(name), 1);
	/* A damaged manifest: neither found, nor absent, nor written a second time. */
	manifest = xasprintf("%s/%s/manifest.json", outbox, name);
	assert_int_equal(truncate(manifest, 10), 0);
	answer = ask("find", post);
	assert_string_equal(value_get_string(answer, "found", ""), "unknown");
	value_free(answer);
	assert_result(ask("publish", post), "broken");
	assert_int_equal(folders(name), 1);
	value_free(post);
}

static void test_refused(void **state UNUSED)
{
	static const char *const needed[] = { "key", "title", "html" };
	CLEANUP_FREE char *far = xasprintf("%s/none/out", scratch);
	struct value *post = new_post("k1", "제목", NULL);
	char name[256];

	for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
		struct value *part = value_copy(post);

		value_remove(part, needed[i]);
		assert_result(ask("publish", part), "refused");
		value_free(part);
	}
	assert_result(ask("publish", NULL), "refused");
	assert_result(ask_in("publish", NULL, post), "broken");
	assert_result(ask_in("publish", far, post), "broken");
	assert_result(ask_in("publish", picture, post), "broken");
	assert_result(ask_in("check", far, NULL), "broken");
	assert_result(ask_in("check", picture, NULL), "broken");
	assert_result(ask_in("check", NULL, NULL), "broken");
	assert_result(ask("check", NULL), "ok");
	assert_int_equal(folders(name), 0);
	assert_int_equal(access(outbox, F_OK), -1);
	value_free(post);
}

/* A picture that cannot be used stays at its address; the post goes out. */
static void test_pictures(void **state UNUSED)
{
	CLEANUP_FREE char *pipe_path = xasprintf("%s/pipe", scratch);
	CLEANUP_FREE char *html_path = xasprintf("%s/x.png", scratch);
	const char *const rows[] = { "/nonexistent", pipe_path, html_path, scratch, "" };

	assert_int_equal(mkfifo(pipe_path, 0600), 0);
	assert_int_equal(file_write_atomic(html_path, "<html>", 6, 0600), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct value *post = new_post("k1", "제목", rows[i]);
		CLEANUP_FREE char *html = NULL;
		char name[256];

		assert_result(ask("publish", post), "ok");
		assert_int_equal(folders(name), 1);
		html = read_in(name, "post.html");
		assert_non_null(strstr(html, "<img src=\"" SRC_HTML "\">"));
		assert_int_equal(dir_remove(outbox), 0);
		value_free(post);
	}
}

static void add_old_post(int i)
{
	CLEANUP_FREE char *folder = xasprintf("%s/2025-01-01_old_o%d", outbox, i);
	CLEANUP_FREE char *path = xasprintf("%s/manifest.json", folder);
	CLEANUP_FREE char *text = xasprintf("{\"key\":\"o%d\",\"title\":\"old %d\","
		"\"published_at\":\"2025-01-01T00:%02d:%02d+09:00\"}", i, i, i / 60, i % 60);

	assert_int_equal(dir_make(folder, 0700), 0);
	assert_int_equal(file_write_atomic(path, text, strlen(text), 0600), 0);
}

static void test_lists(void **state UNUSED)
{
	struct value *post = new_post("new", "새 글", NULL);
	CLEANUP_FREE char *feed = NULL, *list = NULL;
	const char *at;
	size_t n = 0;

	for (int i = 0; i < 105; i++)
		add_old_post(i);
	assert_result(ask("publish", post), "ok");
	feed = read_in(".", "feed.xml");
	for (at = feed; (at = strstr(at, "<entry>")); at++)
		n++;
	assert_int_equal(n, 100);
	at = strstr(feed, "<title>새 글</title>");
	assert_non_null(at);
	assert_true(at < strstr(feed, "<title>old 104<"));
	assert_true(strstr(feed, "<title>old 104<") < strstr(feed, "<title>old 103<"));
	assert_null(strstr(feed, "<title>old 5<"));
	list = read_in(".", "index.html");
	assert_non_null(strstr(list, ">old 0<"));
	assert_non_null(strstr(list, "106 posts"));
	value_free(post);
}

/* One folder, nothing hidden beside it, and both lists name it. */
static void assert_listed(const char *title)
{
	static const char *const lists[] = { "feed.xml", "index.html" };
	char name[256];

	assert_int_equal(folders(name), 1);
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		CLEANUP_FREE char *text = read_in(".", lists[i]);

		assert_non_null(strstr(text, title));
	}
}

static struct value *run_killed(const char *inject, const char *request)
{
	char strace[] = "strace", quiet[] = "-qq", to[] = "-o", null[] = "/dev/null", e[] = "-e",
		set[] = "-E", leaks[] = "ASAN_OPTIONS=detect_leaks=0", agent[] = AGENT;
	CLEANUP_FREE char *what = xasprintf("inject=%s", inject);
	/* The leak check cannot work in a traced program. */
	char *argv[] = { strace, quiet, to, null, set, leaks, e, what, agent, NULL };
	struct child c;

	start(argv, request, &c);
	return finish(&c);
}

static bool can_strace(void)
{
	int status = 1;
	pid_t pid = fork();

	if (pid == 0) {
		execlp("strace", "strace", "-qq", "-o", "/dev/null", "true", (char *)NULL);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/*
 * Killed at each step that changes the disk: a folder is there whole or not at
 * all, find says which, and the next run makes it one and clears up.
 */
static void test_killed(void **state UNUSED)
{
	static const char *const calls[] = { "fsync", "rename", "renameat", "mkdir", "write" };
	struct value *post = new_post("k1", "제목", picture), *found;
	CLEANUP_FREE char *request = request_text("publish", outbox, post);
	unsigned kills = 0;

	if (!can_strace()) {
		print_message("strace cannot trace here: test_killed is left out\n");
		skip();
	}
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		for (int when = 1; when < 40; when++) {
			CLEANUP_FREE char *inject = xasprintf("%s:signal=KILL:when=%d",
				calls[i], when);
			struct value *answer = run_killed(inject, request);
			char name[256];
			bool done = answer;

			value_free(answer);
			kills += !done;
			found = ask("find", post);
			assert_string_not_equal(value_get_string(found, "found", ""), "unknown");
			/* What is found is not sent again, so now all of it is there. */
			if (str_eq(value_get_string(found, "found", ""), "yes"))
				assert_listed("제목");
			assert_result(ask("publish", post), "ok");
			assert_int_equal(folders(name), 1);
			assert_whole(name);
			if (str_eq(value_get_string(found, "found", ""), "yes"))
				assert_non_null(strstr(value_get_string(found, "url", ""), "_k1/"));
			value_free(found);
			assert_int_equal(dir_remove(outbox), 0);
			if (done)
				break;
			assert_true(when < 39);
		}
	}
	assert_true(kills > 15);
	value_free(post);
}

static bool own_mounts(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
		mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0;
}

/* In a child with mounts of its own; its status is the number of the first failure. */
static int with_full_disk(void)
{
	struct value *post = new_post("k1", "제목", picture), *answer;
	CLEANUP_FREE char *filler = xasprintf("%s/filler", outbox);
	char name[256];
	int fd;

	if (!own_mounts() || mkdir(outbox, 0700) < 0 ||
			mount("none", outbox, "tmpfs", 0, "size=256k") < 0)
		return 77;
	fd = open(filler, O_WRONLY | O_CREAT, 0600);
	while (write(fd, scratch, sizeof(scratch)) > 0)
		continue;
	close(fd);
	answer = ask("publish", post);
	if (!str_eq(value_get_string(answer, "result", ""), "later") ||
			value_get_int(answer, "retry_after", 0) <= 0)
		return 1;
	if (folders(name) != 0)
		return 2;
	value_free(answer);
	answer = ask("check", NULL);
	if (!str_eq(value_get_string(answer, "result", ""), "later"))
		return 3;
	value_free(answer);
	unlink(filler);
	answer = ask("publish", post);
	if (!str_eq(value_get_string(answer, "result", ""), "ok") || folders(name) != 1)
		return 4;
	value_free(answer);
	/* And one that may only be read. */
	if (mount("none", outbox, "none", MS_REMOUNT | MS_RDONLY, NULL) < 0)
		return 5;
	value_set_string(post, "key", "k2");
	answer = ask("publish", post);
	if (!str_eq(value_get_string(answer, "result", ""), "broken"))
		return 6;
	value_free(answer);
	value_free(post);
	return 0;
}

static void test_full_disk(void **state UNUSED)
{
	pid_t pid;
	int status;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(with_full_disk());
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77) {
		print_message("mounting is not permitted here: test_full_disk is left out\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* A disk that fails to sync: before the rename nothing happened, after it nobody knows. */
static void test_sync_fails(void **state UNUSED)
{
	struct value *post = new_post("k1", "제목", picture);
	CLEANUP_FREE char *request = request_text("publish", outbox, post);
	unsigned broken = 0, unknown = 0;

	if (!can_strace()) {
		print_message("strace cannot trace here: test_sync_fails is left out\n");
		skip();
	}
	for (int when = 1; when < 40; when++) {
		CLEANUP_FREE char *inject = xasprintf("fsync:error=EIO:when=%d", when);
		struct value *answer = run_killed(inject, request);
		char name[256];
		const char *result = value_get_string(answer, "result", "none");
		bool ok = str_eq(result, "ok");

		broken += str_eq(result, "broken");
		unknown += str_eq(result, "unknown");
		assert_int_equal(folders(name), str_eq(result, "broken") ? 0 : 1);
		value_free(answer);
		clear_outbox();
		if (ok)
			break;
	}
	assert_true(broken > 5);
	assert_int_equal(unknown, 1);
	value_free(post);
}

static void test_describe(void **state UNUSED)
{
	struct value *answer = ask("describe", NULL);

	assert_string_equal(value_get_string(answer, "name", ""), "outbox");
	assert_true(value_get_bool(answer, "findable", false));
	assert_true(value_get_bool(answer, "idempotent", false));
	assert_false(value_get_bool(answer, "drafts", true));
	assert_true(value_get_bool(answer, "unattended", false));
	assert_result(answer, "ok");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_publish),
		TEST(test_repeat),
		TEST(test_at_once),
		TEST(test_hostile_titles),
		TEST(test_find),
		TEST(test_refused),
		TEST(test_pictures),
		TEST(test_lists),
		TEST(test_killed),
		TEST(test_full_disk),
		TEST(test_sync_fails),
		TEST(test_describe),
	};

	/* A hang is a failure: nothing here takes a minute. */
	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
