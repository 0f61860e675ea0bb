/* SPDX-License-Identifier: MIT */
#ifndef SERVER_H
#define SERVER_H

#include <stdint.h>

#include "api.h"
#include "util.h"

/* The door to libmicrohttpd: one thread, 127.0.0.1 only. */
struct server;

/* PORT 0 takes a free one. DELAY_MS goes before each answer of the API. NULL with the line in E. */
struct server *server_new(const struct api_config *c, int port, int64_t delay_ms, struct err *e);
int server_port(const struct server *s);

/* Serves until STOP_FD can be read. 0 or negative errno. */
int server_run(struct server *s, int stop_fd);
void server_free(struct server *s);

#endif
