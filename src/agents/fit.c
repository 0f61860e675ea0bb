/* SPDX-License-Identifier: MIT */
#include "fit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <spawn.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "buf.h"

#define PROGRAM "cpauto-picture"
#define SIDE_MAX 16384
#define BYTES_MAX (64u << 20)
#define OPTION_MAX 40
#define CHUNK 65536

static bool read_number(const struct value *config, const char *name, int64_t max, int64_t *ret,
	struct err *e)
{
	const struct value *v = value_get(config, name);

	if (!v)
		return true;
	*ret = value_int(v, -1);
	if (*ret >= 0 && *ret <= max)
		return true;
	err_set(e, -EINVAL, "%s is a whole number from 1 to %" PRId64 ", or 0 for no limit", name,
		max);
	return false;
}

const struct fit fit_of_blogs = {
	.max_width = 1200, .max_height = 1200, .max_bytes = 2 << 20,
};

bool fit_read_over(const struct value *config, struct fit *ret, struct err *e)
{
	if (!read_number(config, "image_max_width", SIDE_MAX, &ret->max_width, e) ||
			!read_number(config, "image_max_height", SIDE_MAX, &ret->max_height, e) ||
			!read_number(config, "image_max_bytes", BYTES_MAX, &ret->max_bytes, e))
		return false;
	ret->format = value_get_string(config, "image_format", ret->format);
	if (!value_get(config, "image_format") || str_eq(ret->format, "jpeg") ||
			str_eq(ret->format, "png"))
		return true;
	err_set(e, -EINVAL, "image_format is \"jpeg\" or \"png\"");
	return false;
}

bool fit_read(const struct value *config, struct fit *ret, struct err *e)
{
	memset(ret, 0, sizeof(*ret));
	return fit_read_over(config, ret, e);
}

bool fit_wanted(const struct fit *f)
{
	return f->max_width || f->max_height || f->max_bytes || f->format;
}

/* Beside the folder that this program lies in; the caller's, or NULL. */
static char *find_program(void)
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len < 0)
		return NULL;
	self[len] = '\0';
	return xasprintf("%s/../" PROGRAM, dirname(self));
}

static void add_option(char *argv[], int *n, char text[OPTION_MAX], const char *name,
	int64_t value)
{
	if (!value)
		return;
	str_format_cut(text, OPTION_MAX, "--%s=%" PRId64, name, value);
	argv[(*n)++] = text;
}

/* What it prints, the picture or a line about what is wrong, comes from *RET. 0 or -errno. */
static int start(char *argv[], pid_t *pid, int *ret)
{
	posix_spawn_file_actions_t files;
	int ends[2], r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, ends[1], STDERR_FILENO);
	r = posix_spawn(pid, argv[0], &files, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	close(ends[1]);
	if (r)
		close(ends[0]);
	else
		*ret = ends[0];
	return -r;
}

static void read_all(int fd, struct buf *out)
{
	CLEANUP_FREE char *data = xmalloc(CHUNK);
	ssize_t n;

	while ((n = read(fd, data, CHUNK)) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			buf_add(out, data, (size_t)n);
}

/* The program's exit code, or a negative errno. OUT is what it said. */
static int run(char *argv[], struct buf *out)
{
	int fd = -1, status = 0, r;
	pid_t pid;

	r = start(argv, &pid, &fd);
	if (r)
		return r;
	read_all(fd, out);
	close(fd);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	/* The bound of its time is a signal too: such a picture is none for us. */
	return WIFEXITED(status) ? WEXITSTATUS(status) : EX_DATAERR;
}

/* Its one line without its name and the end of line. */
static int judge(int code, const char *path, const struct buf *out, struct err *e)
{
	const char *text = buf_cstr(out), *start = PROGRAM ": ";

	if (code < 0)
		return err_set(e, -EIO, "%s cannot be started: %s; reinstall it", path,
			tr_errno(-code));
	if (str_starts(text, start))
		text += strlen(start);
	return err_set(e, code == EX_DATAERR || code == EX_NOINPUT ? -EINVAL : -EIO, "%.*s",
		(int)strcspn(text, "\n"), *text ? text : _("the picture cannot be converted"));
}

int fit_image(const struct fit *f, const char *path, char **data, size_t *len, struct err *e)
{
	CLEANUP_FREE char *program = find_program();
	CLEANUP_FREE char *in = xstrdup(path);
	char options[4][OPTION_MAX], out_name[] = "-", dashes[] = "--", *argv[9] = { program };
	struct buf out;
	int n = 1, code;

	if (!program)
		return err_set(e, -EIO, "/proc is not there: it tells where %s lies", PROGRAM);
	add_option(argv, &n, options[0], "max-width", f->max_width);
	add_option(argv, &n, options[1], "max-height", f->max_height);
	add_option(argv, &n, options[2], "max-bytes", f->max_bytes);
	if (f->format) {
		str_format_cut(options[3], OPTION_MAX, "--format=%s", f->format);
		argv[n++] = options[3];
	}
	argv[n++] = dashes;
	argv[n++] = in;
	argv[n] = out_name;
	buf_init(&out, BYTES_MAX);
	code = run(argv, &out);
	if (code == EX_OK && out.len && !buf_failed(&out)) {
		*len = out.len;
		*data = buf_steal(&out);
		return 0;
	}
	code = judge(code, program, &out, e);
	buf_finish(&out);
	return code;
}

static bool within(const struct fit *f, size_t len, const struct image *kind)
{
	return (!f->max_width || kind->width <= f->max_width) &&
		(!f->max_height || kind->height <= f->max_height) &&
		(!f->max_bytes || (int64_t)len <= f->max_bytes) && !f->format;
}

static bool can_be_made(const struct image *kind)
{
	return str_eq(kind->ext, "jpg") || str_eq(kind->ext, "png");
}

/* 0, or a negative errno with nothing in *DATA. */
static int read_kind(const char *path, char **data, size_t *len, struct image *kind,
	struct err *e)
{
	struct err why = { "" };
	int r = file_read(path, BYTES_MAX, data, len);

	if (r)
		return err_set(e, r, "the picture %.200s cannot be read: %s", path, r == -EFBIG ?
			_("it is larger than 64 MiB") : tr_errno(-r));
	r = image_look(*data, *len, kind, &why);
	if (r) {
		free(*data);
		*data = NULL;
		err_set(e, -EINVAL, "%.200s cannot be sent as a picture: %s", path, why.text);
	}
	return r ? -EINVAL : 0;
}

int fit_load(const struct fit *f, const char *path, char **data, size_t *len,
	struct image *kind, struct err *e)
{
	char *made = NULL;
	size_t made_len = 0;
	int r;

	*data = NULL;
	r = read_kind(path, data, len, kind, e);
	if (r)
		return r;
	if (can_be_made(kind)) {
		r = fit_image(f, path, &made, &made_len, e);
		free(*data);
		*data = made;
		*len = made_len;
		return r ? r : image_look(*data, *len, kind, e);
	}
	if (within(f, *len, kind))
		return 0;
	free(*data);
	*data = NULL;
	return err_set(e, -EINVAL, "%.200s is larger than image_max_... says, and only JPEG and "
		"PNG can be made smaller", path);
}
