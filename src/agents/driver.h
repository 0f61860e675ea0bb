/* SPDX-License-Identifier: MIT */
#ifndef DRIVER_H
#define DRIVER_H

#include <sys/types.h>

#include "util.h"

/*
 * The browser's driver (chromedriver, geckodriver) as a child of ours: on a
 * free loopback port, ended with everything that descends from it.
 */
struct driver {
	pid_t pid; /* 0 = none */
	char url[64];
};

/* The folder HOME of the child, where its caches go. */
struct driver_job {
	const char *path, *home;
	const char *const *env; /* "NAME=VALUE" to add, ending with NULL; or NULL */
	int64_t timeout_ms;
};

/* 0 once it answers; -ENOENT and the like with the line in E, nothing left running. */
int driver_start(struct driver *d, const struct driver_job *job, struct err *e) MUST_CHECK;

/* Takes at most some seconds. Nothing of it runs afterwards. */
void driver_stop(struct driver *d);

#endif
