/* SPDX-License-Identifier: MIT */
#ifndef LOGIN_H
#define LOGIN_H

#include "room.h"

/* Who is logged in, seen from where the browser is led to. */
enum login { LOGIN_OK, LOGIN_NONE, LOGIN_OTHER, LOGIN_UNSEEN, LOGIN_CLOSED };

/* Opens the page that leads to the blog of whoever is logged in; false with the answer given. */
bool login_visit(struct room *r, struct value *answer);

/* A few looks for MS: a redirect may be a script's. PATIENT: a login page is waited for too. */
enum login login_wait(struct room *r, int64_t ms, bool patient, char id[64]);

/* True for LOGIN_OK; else the answer is given. ID: whose blog it is, of OTHER. */
bool login_say(struct room *r, enum login state, const char *id, struct value *answer);

/* An open browser that is logged in, in a prepared room; else the answer is given. */
bool login_enter(const struct value *request, struct room *r, struct value *answer);

#endif
