/* SPDX-License-Identifier: MIT */
#ifndef HOSTS_H
#define HOSTS_H

#include <stdbool.h>

#include "http.h"

/*
 * Whose addresses this agent takes. Pure. ENDPOINT is the API's; where it is a
 * loopback address it is a stand-in, whose own host and port count as the
 * programme's too. NULL: none.
 */

/* May a post link to URL? https to the programme's link hosts. */
bool hosts_link_ok(const char *url, const struct http_url *endpoint);

/* Is URL a picture of the programme's? Plain http is taken: it is asked as https. */
bool hosts_image_ok(const char *url, const struct http_url *endpoint);

/*
 * The address to ask for the picture at URL (a first one, or where a redirect
 * points), to free(); NULL if it must not be asked. Never link.coupang.com: a
 * request there is a click. With a stand-in endpoint nothing else is asked, so
 * that trials and tests send nothing off this machine.
 */
char *hosts_image_address(const char *url, const struct http_url *endpoint);

#endif
