/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <limits.h>
#include <unistd.h>

#include "json.h"
#include "render.h"
#include "text.h"

void fuzz_broken(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

char *fuzz_string(const uint8_t *data, size_t len)
{
	char *s = xmalloc(len + 1);

	if (len > 0)
		memcpy(s, data, len);
	s[len] = '\0';
	return s;
}

char *fuzz_part(const uint8_t **data, size_t *len, size_t *ret_len)
{
	const uint8_t *end = *len ? memchr(*data, FUZZ_PART, *len) : NULL;
	size_t n = end ? (size_t)(end - *data) : *len;
	char *s = fuzz_string(*data, n);

	if (ret_len)
		*ret_len = n;
	n += end != NULL;
	if (n > 0)
		*data += n;
	*len -= n;
	return s;
}

static char dir[PATH_MAX];

static void remove_dir(void)
{
	if (dir_remove(dir) < 0)
		fprintf(stderr, "%s stays behind\n", dir);
}

const char *fuzz_dir(void)
{
	const char *under = getenv("TMPDIR");

	if (*dir)
		return dir;
	if (!under)
		under = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	str_format_cut(dir, sizeof(dir), "%s/cpauto-fuzz-XXXXXX", under);
	MUST(mkdtemp(dir));
	atexit(remove_dir);
	return dir;
}

const char *fuzz_path(const char *name)
{
	static char path[PATH_MAX];

	str_format_cut(path, sizeof(path), "%s/%s", fuzz_dir(), name);
	return path;
}

void fuzz_put(const char *name, const void *data, size_t len)
{
	FILE *f = fopen(fuzz_path(name), "w");

	MUST(f);
	MUST(len == 0 || fwrite(data, 1, len, f) == len);
	MUST(fclose(f) == 0);
}

char *fuzz_repeat(const uint8_t *data, size_t len, size_t size)
{
	char *s = xmalloc(size + 1);

	for (size_t i = 0; i < size; i++)
		s[i] = len ? (char)data[i % len] : ' ';
	s[size] = '\0';
	return s;
}

bool fuzz_is_one_in(const uint8_t *data, size_t len, unsigned n)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ data[i]) * 16777619u;
	return (hash >> 8) % n == 0;
}

bool fuzz_is_plain(const char *s)
{
	for (const char *p = s; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	return true;
}

bool fuzz_is_line(const char *s)
{
	return fuzz_is_plain(s) && text_valid(s, strlen(s));
}

struct render_templates *fuzz_templates(void)
{
	static struct render_templates *t;
	const char *const dirs[] = { TREE "/etc/templates" };

	if (!t) {
		struct value *errors = value_new_list();

		MUST(render_templates_load(dirs, 1, &t, errors) == 0);
		value_free(errors);
	}
	return t;
}

struct value *fuzz_value(const char *text, size_t len)
{
	struct value *v = NULL;

	return json_parse(text, len, &v, NULL) == 0 ? v : NULL;
}
