/* SPDX-License-Identifier: MIT */
#ifndef JOURNAL_H
#define JOURNAL_H

#include <stdbool.h>

/*
 * The door to sd-journal. Names the log NAME and sends its events to the
 * journal with their fields (MESSAGE_ID and CPAUTO_EVENT as event.h has them,
 * CPAUTO_KEYWORD, CPAUTO_LIST, CPAUTO_POST, CPAUTO_AGENT, CPAUTO_PUBLISHER,
 * CPAUTO_UNTIL, CPAUTO_CALLS_LEFT) if the journal is there and standard error
 * leads to it ($JOURNAL_STREAM), or CPAUTO_LOG=journal says so; else, and with
 * CPAUTO_LOG=stderr, they stay on standard error. True if the journal it is.
 */
bool journal_init(const char *name);

#endif
