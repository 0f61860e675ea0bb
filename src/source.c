/* SPDX-License-Identifier: MIT */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

struct source_part {
	size_t out_line; /* of the text, from 1 */
	size_t file;
	size_t line; /* of the file, from 1 */
};

enum { IN_TEXT, IN_COMMENT };

struct reader {
	struct source *source;
	struct report *report;
	size_t out_line;
	int depth;
	size_t stack[SOURCE_DEPTH_MAX]; /* files being read */
};

char *source_resolve(const char *path, const char *beside)
{
	const char *slash = strrchr(beside, '/');

	if (path[0] == '/' || slash == NULL)
		return xstrdup(path);
	return xasprintf("%.*s/%s", (int)(slash - beside), beside, path);
}

static void explain_open(int err, const char *path, struct place at, struct report *r)
{
	if (err == ENOENT || err == ENOTDIR)
		report_error(r, at, "'%s' does not exist; correct the name or create the file",
			path);
	else if (err == EACCES)
		report_error(r, at,
			"no permission to read '%s'; 'chmod 640' and 'chgrp' it to the "
			"group of the service, or run this as root",
			path);
	else if (err == EISDIR)
		report_error(r, at, "'%s' is a folder; name a file", path);
	else if (err == EFBIG)
		report_error(r, at,
			"'%s' is too large; split it or move the keywords to a "
			"keywords_file",
			path);
	else if (err == EINVAL)
		report_error(r, at, "'%s' is no regular file; name one", path);
	else
		report_weather(r, at, -err, "'%s' cannot be read: %s", path, tr_errno(err));
}

static int check_kind(const struct stat *st, size_t max)
{
	if (S_ISDIR(st->st_mode))
		return -EISDIR;
	if (!S_ISREG(st->st_mode))
		return -EINVAL;
	return (size_t)st->st_size > max ? -EFBIG : 0;
}

int source_open(const char *path, size_t max, struct place at, struct report *r)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	int res = 0;

	if (fd < 0 || fstat(fd, &st) < 0)
		res = -errno;
	else
		res = check_kind(&st, max);
	if (res < 0) {
		explain_open(-res, path, at, r);
		return res;
	}
	if ((st.st_mode & S_IWOTH) != 0)
		report_warning(r, (struct place){ path, 0 },
			N_("everybody on this machine may change it; 'chmod o-w %s'"), path);
	res = fd;
	fd = -1;
	return res;
}

static int read_all(int fd, struct buf *b)
{
	char chunk[16384];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		buf_add(b, chunk, (size_t)n);
		if (buf_failed(b))
			return -EFBIG;
	}
}

static size_t line_length(const char *s, const char *end)
{
	const char *nl = memchr(s, '\n', (size_t)(end - s));
	return nl == NULL ? (size_t)(end - s) : (size_t)(nl - s) + 1;
}

static const char *bad_bytes(const char *s, size_t len)
{
	if (memchr(s, '\0', len) != NULL)
		return N_("holds a NUL byte; this is no text file");
	return N_("is not UTF-8; save the file as UTF-8 (not EUC-KR or CP949)");
}

/* The first thing that is no text: says so and returns -EILSEQ. */
static int check_bytes(const char *s, size_t len, const char *file, struct report *r)
{
	const char *end = s + len;

	if (len >= 2 && (memcmp(s, "\xff\xfe", 2) == 0 || memcmp(s, "\xfe\xff", 2) == 0)) {
		report_error(r, (struct place){ file, 1 }, N_("is UTF-16; save the file as UTF-8"));
		return -EILSEQ;
	}
	if (memchr(s, '\0', len) == NULL && text_valid(s, len))
		return 0;
	for (size_t line = 1; s < end; line++) {
		size_t n = line_length(s, end);
		if (memchr(s, '\0', n) != NULL || !text_valid(s, n)) {
			report_error(r, (struct place){ file, line }, "%s", tr(bad_bytes(s, n)));
			return -EILSEQ;
		}
		s += n;
	}
	return -EILSEQ;
}

static void add_part(struct reader *rd, size_t file, size_t line)
{
	struct source *s = rd->source;

	if (s->part_count == s->part_size) {
		s->part_size = s->part_size == 0 ? 8 : s->part_size * 2;
		s->parts = xreallocarray(s->parts, s->part_size, sizeof(*s->parts));
	}
	s->parts[s->part_count++] = (struct source_part){ rd->out_line, file, line };
}

static void add_text(struct reader *rd, const char *text, size_t len)
{
	/* Without the carriage returns of Windows: libconfig counts lines by \n. */
	size_t keep = len;
	if (keep >= 2 && text[keep - 1] == '\n' && text[keep - 2] == '\r')
		keep -= 2;
	else if (keep >= 1 && text[keep - 1] == '\n')
		keep -= 1;
	buf_add(&rd->source->text, text, keep);
	buf_char(&rd->source->text, '\n');
	rd->out_line++;
}

/* What state the next line begins in. */
static int scan_line(const char *s, size_t len, int state)
{
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		bool pair = i + 1 < len;
		if (state == IN_COMMENT) {
			if (s[i] == '*' && pair && s[i + 1] == '/') {
				state = IN_TEXT;
				i++;
			}
		} else if (quoted) {
			if (s[i] == '\\')
				i++;
			else if (s[i] == '"')
				quoted = false;
		} else if (s[i] == '"') {
			quoted = true;
		} else if (s[i] == '#' || (s[i] == '/' && pair && s[i + 1] == '/')) {
			break;
		} else if (s[i] == '/' && pair && s[i + 1] == '*') {
			state = IN_COMMENT;
			i++;
		}
	}
	return state;
}

/*
 * The name in '@include "name"'; its length in *USED. NULL if the line is none;
 * an empty string if it is one but cannot be read.
 */
static char *include_name(const char *s, size_t len, size_t *used)
{
	static const char word[] = "@include";
	size_t i = 0;

	while (i < len && (s[i] == ' ' || s[i] == '\t'))
		i++;
	if (len - i < sizeof(word) - 1 || memcmp(s + i, word, sizeof(word) - 1) != 0)
		return NULL;
	i += sizeof(word) - 1;
	while (i < len && (s[i] == ' ' || s[i] == '\t'))
		i++;
	const char *quote = i < len && s[i] == '"' ? memchr(s + i + 1, '"', len - i - 1) : NULL;
	if (quote == NULL)
		return xstrdup("");
	*used = (size_t)(quote - s) + 1;
	return xstrndup(s + i + 1, *used - i - 2);
}

static int read_file(struct reader *rd, const char *path, struct place at);

static int include(struct reader *rd, const char *name, struct place at)
{
	if (name[0] == '\0') {
		report_error(rd->report, at,
			"@include needs a file name in quotes: "
			"@include \"lists.conf\"");
		return -EINVAL;
	}
	CLEANUP_FREE char *path = source_resolve(name, at.file);
	return read_file(rd, path, at);
}

static int expand(struct reader *rd, size_t file, const char *s, size_t len)
{
	const char *end = s + len;
	int state = IN_TEXT, res = 0;
	size_t line = 1;

	if (len >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0)
		s += 3;
	add_part(rd, file, line);
	for (; s < end && res == 0; line++) {
		size_t n = line_length(s, end), used = 0;
		CLEANUP_FREE char *name = state == IN_TEXT ? include_name(s, n, &used) : NULL;
		if (name != NULL) {
			res = include(
				rd, name, (struct place){ rd->source->files[file], line });
			add_part(rd, file, line);
		}
		state = scan_line(s + used, n - used, state);
		add_text(rd, s + used, n - used);
		s += n;
	}
	return res;
}

static bool being_read(const struct reader *rd, const char *path)
{
	struct stat a, b;

	for (int i = 0; i < rd->depth; i++) {
		if (stat(rd->source->files[rd->stack[i]], &a) == 0 && stat(path, &b) == 0 &&
			a.st_ino == b.st_ino && a.st_dev == b.st_dev)
			return true;
	}
	return false;
}

static int may_read(struct reader *rd, const char *path, struct place at)
{
	if (being_read(rd, path)) {
		report_error(rd->report, at, "'%s' includes itself; remove this line", path);
		return -ELOOP;
	}
	if (rd->depth == SOURCE_DEPTH_MAX || rd->source->file_count == SOURCE_FILES_MAX) {
		report_error(rd->report, at,
			"too many files include each other; the limit is "
			"%d deep and %d in all",
			SOURCE_DEPTH_MAX, SOURCE_FILES_MAX);
		return -ELOOP;
	}
	return 0;
}

static int read_text(struct reader *rd, const char *path, struct place at, struct buf *b)
{
	size_t left = SOURCE_BYTES_MAX - rd->source->text.len;
	int res;

	CLEANUP_CLOSE int fd = source_open(path, left, at, rd->report);
	if (fd < 0)
		return fd;
	buf_init(b, left);
	res = read_all(fd, b);
	if (res < 0) {
		explain_open(-res, path, at, rd->report);
		return res;
	}
	return check_bytes(buf_cstr(b), b->len, path, rd->report);
}

static int read_file(struct reader *rd, const char *path, struct place at)
{
	struct source *s = rd->source;
	struct buf b = { 0 };
	int res = may_read(rd, path, at);

	if (res == 0)
		res = read_text(rd, path, at, &b);
	if (res == 0) {
		s->files = xreallocarray(s->files, s->file_count + 1, sizeof(*s->files));
		s->files[s->file_count] = xstrdup(path);
		rd->stack[rd->depth++] = s->file_count++;
		res = expand(rd, s->file_count - 1, buf_cstr(&b), b.len);
		rd->depth--;
	}
	buf_finish(&b);
	return res;
}

int source_load(struct source *s, const char *path, struct report *r)
{
	struct reader rd = { .source = s, .report = r, .out_line = 1 };

	*s = (struct source){ 0 };
	/* A line end more for each file than was read. */
	buf_init(&s->text, SOURCE_BYTES_MAX + SOURCE_FILES_MAX * 2);
	return read_file(&rd, path, (struct place){ path, 0 });
}

void source_finish(struct source *s)
{
	if (s == NULL)
		return;
	buf_finish(&s->text);
	for (size_t i = 0; i < s->file_count; i++)
		free(s->files[i]);
	free(s->files);
	free(s->parts);
	*s = (struct source){ 0 };
}

struct place source_place(const struct source *s, size_t line)
{
	size_t low = 0, high = s->part_count;

	/* The last part that begins at or before LINE. */
	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;
		if (s->parts[mid].out_line <= line)
			low = mid;
		else
			high = mid;
	}
	if (s->part_count == 0 || line < s->parts[low].out_line)
		return (struct place){ s->file_count > 0 ? s->files[0] : "", 0 };
	const struct source_part *p = &s->parts[low];
	return (struct place){ s->files[p->file], p->line + (line - p->out_line) };
}
