/* SPDX-License-Identifier: MIT */
#include "album.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "kit.h"

#define FOLDER "cpauto-pictures"
#define LATER_S 600

static bool give(struct value *answer, int error, const char *text)
{
	if (error == -EIO)
		kit_broken(answer, "%s", text);
	else if (errno_is_weather(error) || error == -EWOULDBLOCK)
		kit_later(answer, LATER_S, "%s", text);
	else
		kit_refused(answer, "%s", text);
	return false;
}

/* Ours alone; what a killed process left in it goes with it in the end. */
static int open_folder(struct album *a, const char *parent)
{
	char *folder = xasprintf("%s/" FOLDER, parent);
	int r = dir_make(folder, 0700);

	a->lock = r ? -1 : open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (!r && (a->lock < 0 || flock(a->lock, LOCK_EX | LOCK_NB)))
		r = -errno;
	if (r && a->lock >= 0)
		close(a->lock);
	if (r) {
		free(folder);
		return r;
	}
	a->folder = folder;
	return 0;
}

static int write_file(const char *path, const char *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r = fd < 0 ? -errno : fd_write_all(fd, data, len);

	if (fd >= 0 && close(fd) && !r)
		r = -errno;
	return r;
}

static bool add(struct album *a, const struct fit *f, const struct value *image,
	struct value *answer)
{
	CLEANUP_FREE char *data = NULL, *path = NULL;
	struct err e = { "" };
	struct image kind;
	struct value *one;
	size_t len;
	int r = fit_load(f, value_get_string(image, "path", ""), &data, &len, &kind, &e);

	if (r)
		return give(answer, r, e.text);
	path = xasprintf("%s/%zu.%s", a->folder, value_len(a->images) + 1, kind.ext);
	r = write_file(path, data, len);
	if (r) {
		err_set(&e, r, "%s cannot be written: %s", path, tr_errno(-r));
		kit_later(answer, LATER_S, "%s", e.text);
		return false;
	}
	one = value_new_object();
	value_set_string(one, "src", value_get_string(image, "src", ""));
	value_set_string(one, "path", path);
	value_append(a->images, one);
	return true;
}

bool album_fill(struct album *a, const struct fit *f, const struct value *images,
	const char *parent, struct value *answer)
{
	struct err e = { "" };
	int r = open_folder(a, parent);

	a->images = value_new_list();
	if (r == -EWOULDBLOCK)
		err_set(&e, r, "another post is being written in the profile %s", parent);
	else if (r)
		err_set(&e, r, "the folder %s/%s cannot be made: %s", parent, FOLDER,
			tr_errno(-r));
	if (r) {
		kit_later(answer, LATER_S, "%s", e.text);
		return false;
	}
	for (size_t i = 0; i < value_len(images); i++)
		if (value_get(value_at(images, i), "path") &&
				!add(a, f, value_at(images, i), answer))
			return false;
	return true;
}

void album_finish(struct album *a)
{
	if (a->folder) {
		int r = dir_remove(a->folder);

		if (r)
			kit_log(4, "%s: %s", a->folder, tr_errno(-r));
		close(a->lock);
	}
	free(a->folder);
	value_free(a->images);
	a->folder = NULL;
	a->images = NULL;
}
