/* SPDX-License-Identifier: MIT */
#include "credstore.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#define DROPIN_MAX (1u << 20)

/* Where a credential comes from. */
struct source {
	char path[PATH_MAX]; /* "": from nowhere */
	bool encrypted;
	bool said; /* by a drop-in */
};

/* WHERE as a line of a unit has it: %i is the account, a relative one lies in the store. */
static void set_source(const struct paths *p, struct source *s, const char *where, bool encrypted)
{
	const char *mark = strstr(where, "%i");
	CLEANUP_FREE char *full = mark ? xasprintf("%.*s%s%s", (int)(mark - where), where,
						 p->account, mark + 2)
				       : xstrdup(where);
	s->encrypted = encrypted;
	if (full[0] == '/')
		str_format_cut(s->path, sizeof(s->path), "%s", full);
	else
		str_format_cut(s->path, sizeof(s->path), "%s%s/%s", p->credstore,
			encrypted ? ".encrypted" : "", full);
}

/* LINE of a drop-in, if it is "KEY=NAME:PATH" or "KEY=NAME". */
static void read_line(const struct paths *p, const char *line, const char *name, struct source *s)
{
	static const char *const keys[] = { "LoadCredential=", "LoadCredentialEncrypted=" };
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		size_t n = strlen(name);
		if (!str_starts(line, keys[i]))
			continue;
		const char *rest = line + strlen(keys[i]);
		if (strncmp(rest, name, n) != 0 || (rest[n] && rest[n] != ':'))
			continue;
		set_source(p, s, rest[n] ? rest + n + 1 : name, i == 1);
		s->said = true;
	}
}

static void read_dropin(
	const struct paths *p, const char *path, const char *name, struct source *s)
{
	CLEANUP_FREE char *text = NULL;
	if (file_read(path, DROPIN_MAX, &text, NULL) < 0)
		return;
	for (char *line = text, *next; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line += strspn(line, " \t");
		line[strcspn(line, " \t\r")] = '\0';
		read_line(p, line, name, s);
	}
}

static int is_conf(const struct dirent *d)
{
	return str_ends(d->d_name, ".conf");
}

/* In the order of their names, as systemd does; the last that names it holds. */
static void read_dropins(
	const struct paths *p, const char *unit, const char *name, struct source *s)
{
	struct dirent **list;
	CLEANUP_FREE char *dir = xasprintf("%s/%s.service.d", p->units, unit);
	int n = scandir(dir, &list, is_conf, alphasort);
	for (int i = 0; i < n; i++) {
		CLEANUP_FREE char *path = xasprintf("%s/%s", dir, list[i]->d_name);
		read_dropin(p, path, name, s);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

static struct source find_source(const struct paths *p, const char *name, bool loads)
{
	char unit[PATHS_UNIT_MAX];
	struct source s = { .path = "" };
	CLEANUP_FREE char *own =
		xasprintf("%s%s%s", p->account, p->account[0] ? "." : "", name);
	if (loads)
		set_source(p, &s, own, false);
	if (p->account[0])
		read_dropins(p, "cpauto@", name, &s);
	paths_unit(p->account, unit, sizeof(unit));
	read_dropins(p, unit, name, &s);
	return s;
}

/* Encrypted in its folder, while the unit only looks for a plain one. */
static enum credstore_state look_encrypted(
	const struct paths *p, const char *name, struct err *e)
{
	struct stat st;
	CLEANUP_FREE char *path = xasprintf("%s.encrypted/%s%s%s", p->credstore, p->account,
		p->account[0] ? "." : "", name);
	if (stat(path, &st) < 0)
		return errno == EACCES ? CREDSTORE_HIDDEN : CREDSTORE_NONE;
	err_set(e, 0,
		"%s is encrypted, and the unit does not decrypt it: it needs the drop-in "
		"encrypted-keys.conf of %s/doc/cpauto/examples; then: systemctl daemon-reload",
		path, DATADIR);
	return CREDSTORE_UNUSED;
}

enum credstore_state credstore_look(
	const struct paths *p, const char *name, bool loads, struct err *e)
{
	struct stat st;
	struct source s = find_source(p, name, loads);
	if (!s.path[0])
		return CREDSTORE_NONE;
	int r = stat(s.path, &st) < 0 ? -errno : 0;
	if (r == -ENOENT && !s.said) {
		enum credstore_state state = look_encrypted(p, name, e);
		if (state != CREDSTORE_HIDDEN)
			return state;
		r = -EACCES;
	}
	if (r == -EACCES) {
		err_set(e, 0, "%s: you may not look there; the unit may: sudo cpauto check",
			s.path);
		return CREDSTORE_HIDDEN;
	}
	if (r < 0)
		err_set(e, 0, "%s: %s; the unit takes it from there: put it there, then: "
			"systemctl restart cpauto%s%s", s.path, tr_errno(-r),
			p->account[0] ? "@" : "", p->account);
	else if (!S_ISREG(st.st_mode))
		err_set(e, 0,
			"%s: is no regular file; write the secret into one there, and nothing else",
			s.path);
	else if (st.st_size == 0)
		err_set(e, 0, "%s: is empty; write the secret into it, and nothing else", s.path);
	else if (st.st_mode & 0077)
		err_set(e, 0, "%s: is open to other users (mode %04o); run: chmod 600 %s", s.path,
			(unsigned)st.st_mode & 07777, s.path);
	else {
		err_set(e, 0, s.encrypted ? N_("the unit takes it from %s, encrypted")
					  : N_("the unit takes it from %s"), s.path);
		return CREDSTORE_GOOD;
	}
	return CREDSTORE_BAD;
}
