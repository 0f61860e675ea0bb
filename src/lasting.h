/* SPDX-License-Identifier: MIT */
#ifndef LASTING_H
#define LASTING_H

#include "util.h"

/*
 * Does what is written into DIR outlast a reboot, or the container? True, also where
 * nobody can tell; false with what is lost and what to do in WHY.
 */
bool lasting_is(const char *dir, struct err *why);

#endif
