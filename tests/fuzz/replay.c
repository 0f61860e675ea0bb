/* SPDX-License-Identifier: MIT */
/*
 * Runs the kept inputs of the targets, as TAP:
 *   replay [-n MAX] CORPUS [TARGET...]    CORPUS/TARGET/ has them
 * One that hangs is ended by an alarm, one that breaks a promise by abort(); its
 * name stands in the line before.
 */
#include "fuzz.h"

#include <dirent.h>
#include <limits.h>
#include <unistd.h>

#define HANG_S 60
#define INPUT_MAX (1u << 20)

static int visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static void run_one(const struct fuzz_target *t, const char *path)
{
	char *text;
	size_t len;

	MUST(file_read(path, INPUT_MAX, &text, &len) == 0);
	/* Exactly as long as it is: what reads on is seen. */
	uint8_t *data = xmalloc(len ? len : 1);

	memcpy(data, text, len);
	free(text);
	alarm(HANG_S);
	t->run(data, len);
	alarm(0);
	free(data);
}

/* How many inputs there were. */
static int run_target(const struct fuzz_target *t, const char *corpus, int max)
{
	char dir[PATH_MAX], path[PATH_MAX + NAME_MAX + 2];
	struct dirent **entries;
	int done = 0;

	str_format_cut(dir, sizeof(dir), "%s/%s", corpus, t->name);
	int n = scandir(dir, &entries, visible, alphasort);

	for (int i = 0; i < n; i++) {
		str_format_cut(path, sizeof(path), "%s/%s", dir, entries[i]->d_name);
		if (done < max) {
			printf("# %s\n", path);
			fflush(stdout);
			run_one(t, path);
			done++;
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return done;
}

static bool is_wanted(const char *name, char **names)
{
	bool any = *names;

	for (; *names; names++)
		if (str_eq(*names, name))
			return true;
	return !any;
}

int main(int argc, char **argv)
{
	int64_t max = INT_MAX;
	int n = 0, bad = 0;

	if (argc > 2 && str_eq(argv[1], "-n")) {
		if (parse_int64(argv[2], 1, INT_MAX, &max) < 0)
			return 64;
		argv += 2;
		argc -= 2;
	}
	if (argc < 2)
		return 64;
	for (size_t i = 0; i < fuzz_target_count; i++) {
		const struct fuzz_target *t = &fuzz_targets[i];

		if (!is_wanted(t->name, argv + 2))
			continue;
		int done = run_target(t, argv[1], (int)max);

		bad += done == 0;
		printf("%sok %d - %s: %d kept inputs\n", done ? "" : "not ", ++n, t->name, done);
	}
	printf("1..%d\n", n);
	return bad > 0 || n == 0;
}
