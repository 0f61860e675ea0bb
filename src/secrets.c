/* SPDX-License-Identifier: MIT */
#include "secrets.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#define SUFFIX "_file"

void secrets_init(struct secrets *s)
{
	memset(s, 0, sizeof(*s));
}

void secrets_finish(struct secrets *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->owned[i]);
	secrets_init(s);
}

char *secrets_path(const char *credentials_dir, const char *credential, const char *fallback)
{
	char path[PATH_MAX];
	if (!str_empty(credentials_dir) &&
		str_format(path, sizeof(path), "%s/%s", credentials_dir, credential) == 0 &&
		access(path, F_OK) == 0)
		return xstrdup(path);
	return xstrdup(fallback ? fallback : "");
}

void secrets_add(struct secrets *s, const char *name, const char *credentials_dir,
	const char *credential, const char *fallback)
{
	CLEANUP_FREE char *path = secrets_path(credentials_dir, credential, fallback);
	if (!path[0] || s->count == SECRETS_MAX)
		return;
	s->owned[s->count] = xasprintf("%s=%s", name, path);
	s->items[s->count] = s->owned[s->count];
	s->count++;
}

const char *secrets_file(const struct secrets *s, size_t i)
{
	return strchr(s->items[i], '=') + 1;
}

int secrets_look(const struct secrets *s, size_t *ret, struct err *e)
{
	for (size_t i = 0; i < s->count; i++) {
		int r = secret_look(secrets_file(s, i), e);
		if (r != -ENOENT && r != -EACCES && r != -ENODATA)
			continue;
		*ret = i;
		return r;
	}
	return 0;
}

void secrets_add_settings(struct secrets *s, const char *publisher, const char *credentials_dir,
	const struct value *settings)
{
	for (size_t i = 0; i < value_len(settings); i++) {
		const char *name = value_name_at(settings, i);
		if (!name || !str_ends(name, SUFFIX))
			continue;
		CLEANUP_FREE char *secret = xstrndup(name, strlen(name) - strlen(SUFFIX));
		CLEANUP_FREE char *credential = xasprintf("%s.%s", publisher, secret);
		secrets_add(s, secret, credentials_dir, credential,
			value_string(value_member_at(settings, i), ""));
	}
}
