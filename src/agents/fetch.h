/* SPDX-License-Identifier: MIT */
#ifndef FETCH_H
#define FETCH_H

#include <stdint.h>

#include "http.h"
#include "value.h"

/* Pictures from the programme's hosts into files. */
#define FETCH_REDIRECTS_MAX 3
#define FETCH_FILE_MODE 0600

struct fetch {
	const struct http_url *endpoint; /* for hosts_image_address() */
	const char *directory;
	int64_t timeout_ms;  /* of one request */
	int64_t deadline_ms; /* CLOCK_BOOTTIME: nothing is asked after it */
	int requests;        /* counted up: how many were tried */
};

/*
 * {url, path, mime, width, height, bytes}, or {url, error} with a line for
 * people. The file is DIRECTORY/<sha256 of its bytes>.<ext>, whole or not
 * there. Never NULL; the caller's.
 */
struct value *fetch_image(struct fetch *f, const char *url);

#endif
