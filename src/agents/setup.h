/* SPDX-License-Identifier: MIT */
#ifndef SETUP_H
#define SETUP_H

#include <stdbool.h>
#include <stdint.h>

#include "fit.h"
#include "http.h"
#include "selectors.h"
#include "value.h"

/* What the owner has set for the agent naver. Texts belong to the request. */
struct setup {
	const char *blog_id, *endpoint, *profile, *driver, *driver_url, *browser, *selectors_file;
	const char *category, *pictures;
	const struct value *args;
	struct http_url url;
	enum selector visibility;
	bool publish, unattended, headless, cards;
	bool timed;
	int hour, minute;
	int64_t step_ms, timeout_ms;
	struct fit fit; /* of pictures */
};

/* False with the answer given. Sets the time zone of clock.h too. */
bool setup_read(const struct value *request, struct setup *s, struct value *answer);

/*
 * The shipped selectors with the owner's over them, into SEL (zeroed at first),
 * which is the caller's to finish whatever comes. False with the answer given.
 */
bool setup_selectors(const struct value *request, const struct setup *s,
	struct selectors *sel, struct value *answer);

#endif
