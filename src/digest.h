/* SPDX-License-Identifier: MIT */
#ifndef DIGEST_H
#define DIGEST_H

#include <stddef.h>

/* SHA-256 (FIPS 180-4), for what must be known again but not read. Pure. */
#define DIGEST_LEN 64

/* Over the strings and their ends, as hex digits. */
void digest_strings(const char *const *parts, size_t n, char out[DIGEST_LEN + 1]);

/* The same of some bytes alone. */
void digest_bytes(const void *data, size_t len, char out[DIGEST_LEN + 1]);

#endif
