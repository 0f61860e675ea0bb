/* SPDX-License-Identifier: MIT */
#ifndef CREDSTORE_H
#define CREDSTORE_H

#include <stdbool.h>

#include "paths.h"

/*
 * What the unit will hand to the service as credentials, seen from outside of it:
 * the folders and drop-ins are read as systemd reads them at a start (systemd.exec(5)).
 */
enum credstore_state {
	CREDSTORE_NONE,   /* the service will not have it */
	CREDSTORE_GOOD,
	CREDSTORE_BAD,    /* there, but to be mended */
	CREDSTORE_UNUSED, /* encrypted, but no drop-in has the unit decrypt it */
	CREDSTORE_HIDDEN, /* whoever asks may not look there */
};

/*
 * The credential NAME ("coupang.access-key") of the account in P, which the unit
 * LOADS by itself, or else only where a drop-in says so. E gets the line that tells
 * where it is and, if something is to be mended, how; nothing with CREDSTORE_NONE.
 */
enum credstore_state credstore_look(
	const struct paths *p, const char *name, bool loads, struct err *e);

#endif
