/* SPDX-License-Identifier: MIT */
#ifndef UNIT_H
#define UNIT_H

/* What cmocka wants before its own header, once for all tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#endif
