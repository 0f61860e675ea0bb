/* SPDX-License-Identifier: MIT */
#ifndef SECRETS_H
#define SECRETS_H

#include <stddef.h>

#include "util.h"
#include "value.h"

/*
 * Which files hold the secrets of an agent. Only their names are handled here:
 * an agent gets them in its environment (CPAUTO_SECRET_ACCESS_KEY=/path) and
 * reads them itself, so no secret is ever in this process.
 */
#define SECRETS_MAX 8
struct secrets {
	char *owned[SECRETS_MAX];
	const char *items[SECRETS_MAX + 1]; /* "name=path", NULL-terminated, as agent_job has it */
	size_t count;
};

void secrets_init(struct secrets *s);
void secrets_finish(struct secrets *s);

/*
 * The file of one secret: CREDENTIAL in CREDENTIALS_DIR (systemd's, may be
 * NULL) if it is there, else FALLBACK from the configuration; "" if neither.
 * The caller free()s it.
 */
char *secrets_path(const char *credentials_dir, const char *credential, const char *fallback);

/* Adds NAME ("access-key") if it has a file. */
void secrets_add(struct secrets *s, const char *name, const char *credentials_dir,
	const char *credential, const char *fallback);

/*
 * The first of S that an agent could not have: -errno with the line in E and its
 * index in *RET; 0 if there is none. Only what cannot be opened or is empty counts:
 * whether the file is fit is for the agent to judge.
 */
int secrets_look(const struct secrets *s, size_t *ret, struct err *e) MUST_CHECK;

/* The file of item I. */
const char *secrets_file(const struct secrets *s, size_t i);

/*
 * All of a publisher's: for each setting X_file the secret X, and the
 * credential PUBLISHER.X before it.
 */
void secrets_add_settings(struct secrets *s, const char *publisher, const char *credentials_dir,
	const struct value *settings);

#endif
