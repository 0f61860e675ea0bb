/* SPDX-License-Identifier: MIT */

/*
 * The publisher "outbox": a folder for each post, under config.directory, from
 * which a person pastes. A folder is made under a hidden name, synced, and
 * renamed: it is there whole or not at all. Its name ends in the post's key, so
 * that a post sent again is found again.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "image.h"
#include "json.h"
#include "kit.h"
#include "log.h"
#include "page.h"
#include "text.h"

#define FOLDER_MODE 0755
#define FILE_MODE 0644
#define MANIFEST_MAX JSON_TEXT_MAX
#define KEY_MAX 200
#define SUFFIX_MAX 32
#define SLUG_MAX 72 /* bytes: 24 syllables */
#define FEED_MAX 100
#define INDEX_MAX 2000 /* the newest; older folders stay where they are */
#define SUMMARY_MAX 240
#define LOCK_TRIES 100
#define LOCK_STEP_MS 50
#define RETRY_DISK_S 900
#define RETRY_BUSY_S 30
#define FREE_LEAST (16u << 20)

/* The outbox while we work in it. */
struct place {
	char *path; /* absolute, links resolved */
	int fd;
};

static void place_finish(struct place *p)
{
	free(p->path);
	if (p->fd >= 0)
		close(p->fd); /* and unlocks */
}

/* What a failed step before the rename means for the post. */
static void answer_failure(struct value *answer, int r, const char *path)
{
	switch (-r) {
	case ENOSPC:
	case EDQUOT:
		kit_later(answer, RETRY_DISK_S, "no space is left for %s: free some, "
			"the post is then written by itself", path);
		break;
	case EACCES:
	case EPERM:
		kit_broken(answer, "%s may not be written: give the folder to the user "
			"that cpautod runs as, and name it in ReadWritePaths= of its unit",
			path);
		break;
	case EROFS:
		kit_broken(answer, "%s lies on a file system that is read-only: mount it "
			"for writing, or name it in ReadWritePaths= of the unit", path);
		break;
	case ENOENT:
		kit_broken(answer, "%s does not exist: make it with mkdir -p, or correct "
			"'directory' of the publisher", path);
		break;
	case ENOTDIR:
		kit_broken(answer, "%s is no folder: correct 'directory' of the publisher",
			path);
		break;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case EWOULDBLOCK:
		kit_later(answer, RETRY_BUSY_S, "%s: %s; it is tried again", path, tr_errno(-r));
		break;
	default:
		kit_broken(answer, "%s cannot be written: %s; look at the disk", path,
			tr_errno(-r));
	}
}

static const char *directory_of(const struct value *request)
{
	return value_get_string(value_get(request, "config"), "directory", NULL);
}

/* 0 or negative errno; -EINVAL if no directory was named. */
static int place_open(struct place *p, const char *directory)
{
	p->fd = -1;
	p->path = NULL;
	if (str_empty(directory))
		return -EINVAL;
	p->path = realpath(directory, NULL);
	if (!p->path)
		return -errno;
	p->fd = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return p->fd < 0 ? -errno : 0;
}

/* One at a time: two agents must not sweep each other's work away. */
static int place_lock(const struct place *p)
{
	const struct timespec step = { .tv_nsec = LOCK_STEP_MS * 1000000L };

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(p->fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		nanosleep(&step, NULL);
	}
	return -EWOULDBLOCK;
}

/* Under the lock nobody else is at work: hidden names of ours are leftovers. */
static void sweep(const struct place *p)
{
	int n = dir_sweep(p->path);

	if (n > 0)
		kit_log(LOG_LEVEL_NOTICE,
			tr_n("removed %d unfinished file or folder from %s, left by a run that "
			     "was cut short",
				"removed %d unfinished files or folders from %s, left by a run "
				"that was cut short", n), n, p->path);
}

/* The end of a folder's name: the key itself if it is short and plain. */
static void key_suffix(const char *key, char out[SUFFIX_MAX + 1])
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789-";
	char hex[FINGERPRINT_LEN + 1];

	if (strlen(key) <= 20 && strspn(key, plain) == strlen(key)) {
		str_format_cut(out, SUFFIX_MAX + 1, "%s", key);
		return;
	}
	fingerprint(&key, 1, hex);
	str_format_cut(out, SUFFIX_MAX + 1, "%.16s", hex);
}

/* Letters that every file system and every shell takes as they are. */
static bool is_name_letter(uint32_t c)
{
	static const struct {
		uint32_t from, to;
	} letters[] = {
		{ '0', '9' }, { 'A', 'Z' }, { 'a', 'z' }, { 0xC0, 0xD6 }, { 0xD8, 0xF6 },
		{ 0xF8, 0x24F }, { 0x3041, 0x3096 }, { 0x30A1, 0x30FA }, { 0x3131, 0x318E },
		{ 0x4E00, 0x9FFF }, { 0xAC00, 0xD7A3 },
	};

	for (size_t i = 0; i < ARRAY_LEN(letters); i++)
		if (c >= letters[i].from && c <= letters[i].to)
			return true;
	return false;
}

/* Well-formed UTF-8 only. */
static size_t decode(const char *s, uint32_t *c)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n = u[0] < 0x80 ? 1 : u[0] < 0xE0 ? 2 : u[0] < 0xF0 ? 3 : 4;

	*c = n == 1 ? u[0] : u[0] & (0xFFu >> (n + 1));
	for (size_t i = 1; i < n; i++)
		*c = *c << 6 | (u[i] & 0x3F);
	return n;
}

/* The title as a part of a file name: letters, with one dash between words. */
static void slug(const char *title, char out[SLUG_MAX + 1])
{
	CLEANUP_FREE char *clean = NULL;
	size_t len = 0, n;
	bool gap = false;
	uint32_t c;

	if (!text_clean(title, &clean))
		title = clean;
	else if (!text_valid(title, strlen(title)))
		title = "";
	for (; *title; title += n) {
		n = decode(title, &c);
		if (!is_name_letter(c)) {
			gap = len > 0;
			continue;
		}
		if (len + gap + n > SLUG_MAX)
			break;
		if (gap)
			out[len++] = '-';
		gap = false;
		memcpy(out + len, title, n);
		len += n;
	}
	out[len] = '\0';
	if (!len)
		memcpy(out, "post", sizeof("post"));
}

/* "2026-11-23_무선-청소기-추천_KEY"; the caller free()s it. */
static char *folder_name(const struct value *post, const char *published_at)
{
	const char *keyword = value_get_string(post, "keyword", "");
	char clean[SLUG_MAX + 1], suffix[SUFFIX_MAX + 1];

	slug(*keyword ? keyword : value_get_string(post, "title", ""), clean);
	key_suffix(value_get_string(post, "key", ""), suffix);
	return xasprintf("%.10s_%s_%s", published_at, clean, suffix);
}

/*
 * The manifest of a folder, to value_free(); NULL if it is none of ours. 0, or a
 * negative errno where this machine cannot tell for now.
 */
static int read_manifest(const struct place *p, const char *folder, struct value **ret)
{
	CLEANUP_FREE char *path = xasprintf("%s/%s/manifest.json", p->path, folder);
	CLEANUP_FREE char *text = NULL;
	struct err e = { "" };
	struct stat st;
	size_t len;
	int r = stat(path, &st) < 0 ? -errno : 0;

	*ret = NULL;
	if (r || !S_ISREG(st.st_mode))
		return errno_is_weather(r) ? r : 0;
	r = file_read(path, MANIFEST_MAX, &text, &len);
	if (r)
		kit_log(LOG_LEVEL_WARNING, "%s is left out: %s", path, tr_errno(-r));
	else if (json_parse(text, len, ret, &e))
		kit_log(LOG_LEVEL_WARNING, "%s is left out: %s", path, e.text);
	return errno_is_weather(r) ? r : 0;
}

/*
 * The folder that holds the post of this key, NULL if none does; the caller
 * free()s *RET. 0 or negative errno: then nobody knows (-EBADMSG: a folder of
 * its name has no manifest that can be read).
 */
static int find_folder(const struct place *p, const char *key, char **ret)
{
	char suffix[SUFFIX_MAX + 1];
	CLEANUP_FREE char *end = NULL;
	DIR *dir = opendir(p->path);
	const struct dirent *e;
	int r = 0, one;

	*ret = NULL;
	if (!dir)
		return -errno;
	key_suffix(key, suffix);
	end = xasprintf("_%s", suffix);
	while (!*ret && (errno = 0, e = readdir(dir))) {
		struct value *manifest;

		if (e->d_name[0] == '.' || !str_ends(e->d_name, end))
			continue;
		one = read_manifest(p, e->d_name, &manifest);
		if (str_eq(value_get_string(manifest, "key", NULL), key))
			*ret = xstrdup(e->d_name);
		else if (!value_get_string(manifest, "key", NULL))
			r = one ? one : -EBADMSG;
		value_free(manifest);
	}
	if (!*ret && errno)
		r = -errno;
	closedir(dir);
	if (*ret)
		return 0;
	return r;
}

/* A new file, on the disk before we go on. */
static int write_file(const char *folder, const char *name, const void *data, size_t len)
{
	CLEANUP_FREE char *path = xasprintf("%s/%s", folder, name);
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		FILE_MODE);
	int r;

	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, data, len);
	if (!r && fsync(fd) < 0)
		r = -errno;
	return r;
}

/* 0 with "file" set in IMAGE, or without if the picture is not usable. */
static int write_image(const char *folder, struct value *image, size_t number)
{
	const char *path = value_get_string(image, "path", NULL);
	CLEANUP_FREE char *data = NULL;
	struct image kind;
	struct err e = { "" };
	char name[40];
	struct stat st;
	size_t len = 0;
	int r;

	value_remove(image, "file");
	if (str_empty(path))
		return 0;
	/* A pipe would hold us up for good. */
	r = stat(path, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;
	if (!r)
		r = file_read(path, IMAGE_BYTES_MAX, &data, &len);
	if (r)
		err_set(&e, r, "%s", tr_errno(-r));
	if (r || image_sniff(data, len, &kind, &e)) {
		kit_log(LOG_LEVEL_WARNING, "the picture %s is left at its address: %s", path,
			e.text);
		return 0;
	}
	str_format_cut(name, sizeof(name), "images/%zu.%s", number, kind.ext);
	r = write_file(folder, name, data, len);
	if (!r)
		value_set_string(image, "file", name);
	return r;
}

static int write_images(const char *folder, struct value *post)
{
	CLEANUP_FREE char *path = xasprintf("%s/images", folder);
	struct value *images = value_get(post, "images");

	if (mkdir(path, FOLDER_MODE) < 0)
		return -errno;
	for (size_t i = 0; i < value_len(images); i++) {
		int r = 0;

		if (value_kind(value_at(images, i)) == VALUE_OBJECT)
			r = write_image(folder, value_at(images, i), i + 1);
		if (r)
			return r;
	}
	return dir_sync(path);
}

/* In Markdown a title is no link, no tag and no emphasis, whatever it looks like. */
static void add_title(struct buf *out, bool markdown, const char *title)
{
	for (; *title; title++) {
		if (markdown && strchr("\\`*_[]<>&", *title))
			buf_char(out, '\\');
		buf_char(out, *title);
	}
}

/* The title above TEXT, unless it begins with it already. */
static void print_titled(const struct value *post, const char *mark, const char *text,
	struct buf *out)
{
	const char *title = value_get_string(post, "title", "");

	if (!str_starts(text + (str_starts(text, mark) ? strlen(mark) : 0), title)) {
		CLEANUP_FREE char *line = NULL;

		buf_str(out, mark);
		add_title(out, mark[0], text_clean(title, &line) ? title : line);
		buf_str(out, "\n\n");
	}
	buf_str(out, text);
	if (!str_ends(text, "\n"))
		buf_char(out, '\n');
}

static void print_markdown(const struct value *post, struct buf *out)
{
	struct buf text;

	buf_init(&text, PAGE_MAX);
	page_markdown(post, &text);
	print_titled(post, "# ", buf_cstr(&text), out);
	buf_finish(&text);
}

static void print_text(const struct value *post, struct buf *out)
{
	print_titled(post, "", value_get_string(post, "text", ""), out);
}

static void print_manifest(const struct value *post, struct buf *out);

/* The files of a folder; the manifest last, it names the others. */
static const struct {
	const char *kind, *name;
	void (*print)(const struct value *post, struct buf *out);
} files[] = {
	{ "html", "post.html", page_post },
	{ "markdown", "post.md", print_markdown },
	{ "text", "post.txt", print_text },
	{ "copy", "copy.html", page_copy },
	{ "manifest", "manifest.json", print_manifest },
};

static void print_manifest(const struct value *post, struct buf *out)
{
	struct value *manifest = value_copy(post), *names = value_new_object();
	struct value *pictures = value_new_list(), *images = value_get(post, "images");

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		value_set_string(names, files[i].kind, files[i].name);
	for (size_t i = 0; i < value_len(images); i++) {
		const char *file = value_get_string(value_at(images, i), "file", NULL);

		if (file)
			value_append(pictures, value_new_string(file));
	}
	value_set(names, "images", pictures);
	value_remove(manifest, "html");
	value_remove(manifest, "text");
	value_set(manifest, "files", names);
	json_print(manifest, true, out);
	buf_char(out, '\n');
	value_free(manifest);
}

static int write_folder(const char *folder, struct value *post)
{
	int r = mkdir(folder, FOLDER_MODE) < 0 ? -errno : write_images(folder, post);

	for (size_t i = 0; !r && i < ARRAY_LEN(files); i++) {
		struct buf out;

		buf_init(&out, PAGE_MAX);
		files[i].print(post, &out);
		r = buf_failed(&out) ? -EFBIG :
			write_file(folder, files[i].name, buf_cstr(&out), out.len);
		buf_finish(&out);
	}
	return r ? r : dir_sync(folder);
}

/*
 * *RET is the new folder's name, the caller's to free(). *PLACED says whether
 * it got its name: a failure after that leaves open whether it stays.
 */
static int write_post(const struct place *p, const struct value *post, char **ret, bool *placed)
{
	char published_at[CLOCK_TEXT_MAX], suffix[SUFFIX_MAX + 1];
	struct value *whole = value_copy(post);
	struct instant now;
	int r;

	clock_now(&now);
	clock_format_rfc3339(now.wall_ms, published_at);
	value_set_string(whole, "published_at", published_at);
	key_suffix(value_get_string(post, "key", ""), suffix);
	CLEANUP_FREE char *name = folder_name(post, published_at);
	CLEANUP_FREE char *temp = xasprintf("%s/" TEMP_PREFIX "%s" TEMP_SUFFIX, p->path, suffix);
	CLEANUP_FREE char *path = xasprintf("%s/%s", p->path, name);

	r = write_folder(temp, whole);
	if (!r && rename(temp, path) < 0)
		r = -errno;
	*placed = !r;
	if (r && dir_remove(temp))
		kit_log(LOG_LEVEL_WARNING, "%s stays until the next run", temp);
	if (!r)
		r = dir_sync(p->path);
	if (!r) {
		*ret = name;
		name = NULL;
	}
	value_free(whole);
	return r;
}

/* Names in which the date comes first: the newest first. */
static int by_name_down(const void *a, const void *b)
{
	return -strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t list_folders(const struct place *p, char ***ret)
{
	DIR *dir = opendir(p->path);
	const struct dirent *e;
	char **names = NULL;
	size_t n = 0, size = 0;

	while (dir && (e = readdir(dir))) {
		if (e->d_name[0] == '.' || e->d_type == DT_REG)
			continue;
		if (n == size) {
			size = size ? size * 2 : 64;
			names = xreallocarray(names, size, sizeof(*names));
		}
		names[n++] = xstrdup(e->d_name);
	}
	if (dir)
		closedir(dir);
	if (n)
		qsort(names, n, sizeof(*names), by_name_down);
	*ret = names;
	return n;
}

struct entry {
	int64_t at;
	size_t order;
	struct value *post;
};

static int by_time_down(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? 1 : -1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* A part of a time; -1 if it is no number. */
static int digits(const char *s, size_t from, size_t n)
{
	CLEANUP_FREE char *part = xstrndup(s + from, n);
	int64_t i;

	return parse_int64(part, 0, 9999, &i) ? -1 : (int)i;
}

/* Our own RFC 3339 form, "2026-11-23T14:32:05+09:00", in milliseconds; else 0. */
static int64_t parse_stamp(const char *s)
{
	struct date d = { 0 };
	int offset;

	if (strlen(s) != 25 || s[10] != 'T' || !strchr("+-", s[19]))
		return 0;
	d.year = digits(s, 0, 4);
	d.month = digits(s, 5, 2);
	d.day = digits(s, 8, 2);
	d.hour = digits(s, 11, 2);
	d.minute = digits(s, 14, 2);
	d.second = digits(s, 17, 2);
	offset = digits(s, 20, 2) * 60 + digits(s, 23, 2);
	if (d.year < 1970 || d.month < 1 || d.day < 1)
		return 0;
	return clock_wall_utc(&d) + (s[19] == '-' ? 1 : -1) * (int64_t)offset * 60000;
}

/* Only what the lists show: thousands of posts must not fill the memory. */
static struct value *entry_new(const struct place *p, const char *folder)
{
	static const char *const wanted[] = { "key", "title", "tags", "category", "images",
		"published_at" };
	struct value *manifest, *entry;

	if (read_manifest(p, folder, &manifest) || !value_get_string(manifest, "key", NULL) ||
			!parse_stamp(value_get_string(manifest, "published_at", ""))) {
		value_free(manifest);
		return NULL;
	}
	entry = value_new_object();
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		value_set(entry, wanted[i], value_copy(value_get(manifest, wanted[i])));
	value_set_string(entry, "folder", folder);
	value_free(manifest);
	return entry;
}

/* The first lines of post.txt, without its title. */
static void add_summary(const struct place *p, struct value *entry)
{
	CLEANUP_FREE char *path = xasprintf("%s/%s/post.txt", p->path,
		value_get_string(entry, "folder", ""));
	CLEANUP_FREE char *text = NULL, *clean = NULL;
	const char *body;
	struct buf out;
	size_t n;

	if (file_read(path, JSON_TEXT_MAX, &text, NULL))
		return;
	body = strstr(text, "\n\n");
	if (text_clean(body ? body : text, &clean))
		return;
	n = text_prefix_count(clean, SUMMARY_MAX);
	buf_init(&out, JSON_TEXT_MAX);
	buf_add(&out, clean, n);
	buf_str(&out, clean[n] ? "…" : "");
	value_set_string(entry, "summary", buf_cstr(&out));
	buf_finish(&out);
}

/* All posts, the newest first; value_free() it. */
static struct value *list_entries(const struct place *p)
{
	struct value *list = value_new_list();
	char **names;
	size_t n = list_folders(p, &names), count = 0;
	struct entry *entries = xcalloc(n + 1, sizeof(*entries));

	for (size_t i = 0; i < n && count < INDEX_MAX; i++) {
		struct value *post = entry_new(p, names[i]);

		if (!post)
			continue;
		entries[count].at = parse_stamp(value_get_string(post, "published_at", ""));
		entries[count].order = i;
		entries[count++].post = post;
	}
	qsort(entries, count, sizeof(*entries), by_time_down);
	for (size_t i = 0; i < count; i++)
		value_append(list, entries[i].post);
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
	free(entries);
	return list;
}

static void write_list(const struct place *p, const char *name, const struct buf *out)
{
	CLEANUP_FREE char *path = xasprintf("%s/%s", p->path, name);
	CLEANUP_FREE char *old = NULL;
	size_t old_len = 0;
	int r;

	if (buf_failed(out)) {
		kit_log(LOG_LEVEL_WARNING, "%s is not renewed: it would be too long", path);
		return;
	}
	if (!file_read(path, PAGE_MAX, &old, &old_len) && old_len == out->len &&
			memcmp(old, buf_cstr(out), old_len) == 0)
		return;
	r = file_write_atomic(path, buf_cstr(out), out->len, FILE_MODE);
	if (r)
		kit_log(LOG_LEVEL_WARNING, "%s is not renewed: %s; the next post renews it",
			path, tr_errno(-r));
}

/* The lists only help: a post is there without them. */
static void write_lists(const struct place *p)
{
	struct value *entries = list_entries(p), *recent = value_new_list();
	struct buf out;

	buf_init(&out, PAGE_MAX);
	page_index(entries, &out);
	write_list(p, "index.html", &out);
	for (size_t i = 0; i < value_len(entries) && i < FEED_MAX; i++) {
		struct value *entry = value_copy(value_at(entries, i));

		add_summary(p, entry);
		value_append(recent, entry);
	}
	buf_reset(&out);
	page_feed(recent, p->path, value_get_string(value_at(recent, 0), "published_at",
		"1970-01-01T00:00:00Z"), &out);
	write_list(p, "feed.xml", &out);
	buf_finish(&out);
	value_free(recent);
	value_free(entries);
}

/* file:///srv/outbox/…/post.html */
static void set_place_of(struct value *answer, const struct place *p, const char *key,
	const char *folder)
{
	CLEANUP_FREE char *path = xasprintf("%s/%s/post.html", p->path, folder);
	struct buf url;

	buf_init(&url, 4 * PATH_MAX);
	buf_str(&url, "file://");
	for (const char *part = path; *part;) {
		size_t n = strcspn(part, "/");

		buf_percent(&url, part, n);
		part += n;
		if (*part == '/') {
			buf_char(&url, '/');
			part++;
		}
	}
	value_set_string(answer, "id", key);
	value_set_string(answer, "url", buf_cstr(&url));
	buf_finish(&url);
}

/* False with the answer filled in if this can never be a post. */
static bool check_post(const struct value *post, struct value *answer)
{
	static const char *const needed[] = { "key", "title", "html" };

	for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
		if (!str_empty(value_get_string(post, needed[i], NULL)))
			continue;
		kit_refused(answer, "the post has no %s", needed[i]);
		return false;
	}
	if (strlen(value_get_string(post, "key", "")) > KEY_MAX) {
		kit_refused(answer, "the post's key is longer than %d bytes", KEY_MAX);
		return false;
	}
	return true;
}

/* The run that made the folder may have ended before the disk had it for good. */
static int confirm(const struct place *p, const char *folder, bool *placed)
{
	kit_log(LOG_LEVEL_INFO, "the post is there already: %s", folder);
	*placed = true;
	return dir_sync(p->path);
}

static void publish_in(const struct place *p, const struct value *post, struct value *answer)
{
	const char *key = value_get_string(post, "key", "");
	CLEANUP_FREE char *folder = NULL;
	bool placed = false;
	int r = find_folder(p, key, &folder);

	if (!r && folder)
		r = confirm(p, folder, &placed);
	else if (!r)
		r = write_post(p, post, &folder, &placed);
	if (r && placed) {
		kit_unknown(answer, "%s: the post was written, but the disk did not confirm it: "
			"%s", p->path, tr_errno(-r));
		return;
	}
	if (r == -EFBIG) {
		kit_refused(answer, "the post is too long for one page");
		return;
	}
	if (r == -EEXIST || r == -ENOTEMPTY || r == -EBADMSG) {
		kit_broken(answer, "%s holds a folder with the post's name, but its "
			"manifest.json cannot be read: move that folder away", p->path);
		return;
	}
	if (r) {
		answer_failure(answer, r, p->path);
		return;
	}
	set_place_of(answer, p, key, folder);
	kit_ok(answer);
}

/* The last part only: a missing disk is not to be hidden by a new folder. */
static int make_directory(const char *directory)
{
	CLEANUP_FREE char *copy = xstrdup(directory);

	if (mkdir(directory, FOLDER_MODE) < 0 && errno != EEXIST)
		return -errno;
	return dir_sync(dirname(copy));
}

static void set_zone(const struct value *request)
{
	const char *zone = value_get_string(value_get(request, "config"), "timezone",
		"Asia/Seoul");

	if (clock_set_zone(zone))
		kit_log(LOG_LEVEL_WARNING, "the time zone %s is not known here; UTC is used", zone);
}

static void op_publish(const struct value *request, struct value *answer)
{
	const struct value *post = value_get(request, "post");
	const char *directory = directory_of(request);
	struct place p = { .fd = -1 };
	int r;

	if (str_empty(directory)) {
		kit_broken(answer, "the publisher has no 'directory': "
			"name one in the configuration");
		return;
	}
	if (!check_post(post, answer))
		return;
	set_zone(request);
	r = place_open(&p, directory);
	if (r == -ENOENT) {
		r = make_directory(directory);
		if (!r)
			r = place_open(&p, directory);
	}
	if (!r)
		r = place_lock(&p);
	if (r) {
		answer_failure(answer, r, directory);
	} else {
		sweep(&p);
		publish_in(&p, post, answer);
		if (str_eq(value_get_string(answer, "result", ""), "ok"))
			write_lists(&p);
	}
	place_finish(&p);
}

/* Is the folder above there, and this one not? Then nothing was ever put in. */
static bool surely_absent(const char *directory)
{
	CLEANUP_FREE char *copy = xstrdup(directory);
	struct stat st;

	if (lstat(directory, &st) == 0 || errno != ENOENT)
		return false;
	return stat(dirname(copy), &st) == 0 && S_ISDIR(st.st_mode);
}

/*
 * A post that is found is never sent again, so what the run that was cut short
 * still had to do is done here: the folder kept for good, the lists, the tidying.
 */
static int complete(const struct place *p)
{
	int r = dir_sync(p->path);

	if (r)
		return r;
	sweep(p);
	write_lists(p);
	return 0;
}

static void op_find(const struct value *request, struct value *answer)
{
	const char *key = value_get_string(value_get(request, "post"), "key", NULL);
	const char *directory = directory_of(request), *found = "unknown";
	CLEANUP_FREE char *folder = NULL;
	struct place p = { .fd = -1 };
	int r;

	if (str_empty(key)) {
		kit_refused(answer, "the post has no key");
		return;
	}
	r = place_open(&p, directory);
	/* Another run may be about to rename: wait until it is over. */
	if (!r)
		r = place_lock(&p);
	if (!r)
		r = find_folder(&p, key, &folder);
	if (!r && folder)
		r = complete(&p);
	if (errno_is_weather(r)) {
		answer_failure(answer, r, directory);
		place_finish(&p);
		return;
	}
	if (!r)
		found = folder ? "yes" : "no";
	else if (r == -ENOENT && surely_absent(directory))
		found = "no";
	else
		value_set_string(answer, "reason", r == -EBADMSG ?
			_("a folder of that name has no readable manifest.json") : tr_errno(-r));
	if (folder && !r)
		set_place_of(answer, &p, key, folder);
	value_set_string(answer, "found", found);
	kit_ok(answer);
	place_finish(&p);
}

/* No side effects. */
static void op_check(const struct value *request, struct value *answer)
{
	const char *directory = directory_of(request);
	struct place p = { .fd = -1 };
	struct statvfs fs;
	int r = place_open(&p, directory);

	if (str_empty(directory)) {
		kit_broken(answer, "the publisher has no 'directory': "
			"name one in the configuration");
	} else if (r == -ENOENT && surely_absent(directory)) {
		kit_ok(answer);
	} else if (r) {
		answer_failure(answer, r, directory);
	} else if (faccessat(AT_FDCWD, p.path, R_OK | W_OK | X_OK, AT_EACCESS) < 0) {
		answer_failure(answer, -errno, p.path);
	} else if (fstatvfs(p.fd, &fs) == 0 &&
			(uint64_t)fs.f_bavail * fs.f_frsize < FREE_LEAST) {
		kit_later(answer, RETRY_DISK_S, "less than %u MiB are left for %s: free some",
			FREE_LEAST >> 20, p.path);
	} else {
		kit_ok(answer);
	}
	place_finish(&p);
}

static void op_describe(const struct value *request UNUSED, struct value *answer)
{
	value_set_string(answer, "name", "outbox");
	value_set_bool(answer, "findable", true);
	value_set_bool(answer, "idempotent", true);
	value_set_bool(answer, "drafts", false);
	value_set_bool(answer, "unattended", true);
	value_set_bool(answer, "images", true);
	value_set_string(answer, "html_profile", "any");
	kit_ok(answer);
}

int main(int argc, char **argv)
{
	static const struct kit_op ops[] = {
		{ "publish", op_publish },
		{ "find", op_find },
		{ "check", op_check },
		{ "describe", op_describe },
	};

	/* Posts are for people to open; agents start with a mask that hides all. */
	(void)umask(022);
	return kit_main(argc, argv, "outbox", ops, ARRAY_LEN(ops));
}
