/* SPDX-License-Identifier: MIT */
#ifndef PATHS_H
#define PATHS_H

#include <limits.h>
#include <stdbool.h>

#include "util.h"

/*
 * Where everything lies, for all the programs alike. Nothing is created here.
 *
 *   state    --state, $STATE_DIRECTORY, /var/lib/cpauto
 *   cache    --cache, $CACHE_DIRECTORY, /var/cache/cpauto
 *   runtime  $RUNTIME_DIRECTORY, /run/cpauto
 *
 * With --state DIR and no variable, cache and runtime follow: /var/lib/cpauto/X
 * has its own in /var/cache/cpauto/X and /run/cpauto/X, any other DIR is all three.
 * An account of its own (cpauto@NAME.service) is the same as --state /var/lib/cpauto/NAME,
 * whatever the variables say.
 *
 * A program that stands beside a folder "agents" runs from a build tree, TREE/build:
 * then the agents, templates and the stand-in server are the tree's.
 */
#define PATHS_STATE "/var/lib/cpauto"
#define PATHS_CACHE "/var/cache/cpauto"
#define PATHS_RUNTIME "/run/cpauto"
#define PATHS_ACCOUNTS SYSCONFDIR "/cpauto" /* NAME.conf */
#define PATHS_CREDSTORE "/etc/credstore"   /* and PATHS_CREDSTORE.encrypted: systemd.exec(5) */
#define PATHS_UNITS "/etc/systemd/system"
#define PATHS_NAME_MAX 64
#define PATHS_UNIT_MAX (PATHS_NAME_MAX + 8)

struct paths {
	char state[PATH_MAX], cache[PATH_MAX], runtime[PATH_MAX];
	char images[PATH_MAX]; /* cache/images */
	char agents[PATH_MAX];
	char templates[2][PATH_MAX]; /* the owner's first, then the shipped ones; "" = none */
	char sandbox[PATH_MAX];      /* the stand-in server's program */
	char daemon[PATH_MAX];       /* cpautod */
	char credentials[PATH_MAX];  /* $CREDENTIALS_DIRECTORY; "" if none */
	char credstore[PATH_MAX];    /* where the unit takes the credentials from */
	char units[PATH_MAX];        /* where drop-ins of units are */
	char account[PATHS_NAME_MAX + 1]; /* whose state it is; "": the one of cpauto.service */
	bool in_service;             /* systemd started us, with the unit's own folders */
	bool in_tree;
};

/* What the command line says; NULL where it says nothing. */
struct paths_wish {
	const char *state, *cache, *agents, *account;
};

/* 0 or a negative errno with the line in E. WISH may be NULL. All paths are absolute. */
int paths_find(struct paths *p, const struct paths_wish *wish, struct err *e) MUST_CHECK;

/* Can an account be called so? Letters, digits and "-_.:", as in the name of a unit. */
bool paths_is_account(const char *name);

/* The unit whose state it is: "cpauto", or "cpauto@NAME". */
void paths_unit(const char *account, char *buf, size_t size);

/* Is it a folder? */
bool paths_is_dir(const char *path);

#endif
