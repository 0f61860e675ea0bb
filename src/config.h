/* SPDX-License-Identifier: MIT */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "settings.h"
#include "util.h"
#include "value.h"

/*
 * The door to libconfig. One table of options parses, checks, prints and
 * documents; a loaded struct config is handed down, nobody pulls from here.
 */
#define CONFIG_PATH SYSCONFDIR "/cpauto.conf"

/*
 * Reads and checks PATH with its includes and keyword files. No side effects.
 * *RET is new and the caller's. On failure a negative errno, *RET untouched,
 * and in ERRORS a list of lines, "file:line: key: what is wrong; what is right",
 * as many as were found (at least one). Paths in the file are taken from the
 * folder of the file they stand in.
 */
int config_load(const char *path, struct config **ret, struct value *errors) MUST_CHECK;
void config_free(struct config *c);

/* Frees the keywords alone: the daemon keeps them in state.db. */
void config_drop_keywords(struct config *c);

const struct config_list *config_list_find(const struct config *c, const char *name);
const struct config_publisher *config_publisher_find(const struct config *c, const char *name);
const struct config_notifier *config_notifier_find(const struct config *c, const char *name);

/* Whether a post that is out through P can be changed there, as far as is known here. */
bool config_can_update(const struct config_publisher *p);

#endif
