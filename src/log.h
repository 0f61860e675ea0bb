/* SPDX-License-Identifier: MIT */
#ifndef LOG_H
#define LOG_H

#include <stdarg.h>
#include <stddef.h>

#include "event.h"
#include "util.h"

enum log_level { LOG_LEVEL_ERR = 3, LOG_LEVEL_WARNING = 4, LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6, LOG_LEVEL_DEBUG = 7 };

/* What the line is about; NULL, EVENT_NONE and negative values are left out. */
struct log_fields {
	enum event event;
	const char *keyword;
	const char *list;
	const char *post; /* its id as text */
	const char *agent;
	const char *publisher;
	const char *until; /* when it ends by itself, as text */
	int calls_left; /* -1: unknown */
};
#define LOG_FIELDS(...) LOG_FIELDS_CALLS(-1, __VA_ARGS__)
#define LOG_FIELDS_CALLS(n, ...) (&(const struct log_fields){ .calls_left = (n), __VA_ARGS__ })

/* Where lines go; the default writes "cpautod: text" to standard error. */
typedef void log_sink(enum log_level level, const struct log_fields *f, const char *text);
void log_set_sink(log_sink *sink);
void log_set_name(const char *name);
void log_set_max(enum log_level max); /* default LOG_LEVEL_INFO */
void log_to_stderr(enum log_level level, const struct log_fields *f, const char *text);

/*
 * One event, one line. Control characters and broken UTF-8 in the text are
 * shown as \xNN, so that nothing from outside can forge a line or move a
 * terminal's cursor. errno survives. F may be NULL.
 */
void log_event(enum log_level level, const struct log_fields *f, const char *fmt, ...) PRINTF(3, 4);

#define log_err(...) log_event(LOG_LEVEL_ERR, NULL, __VA_ARGS__)
#define log_warning(...) log_event(LOG_LEVEL_WARNING, NULL, __VA_ARGS__)
#define log_notice(...) log_event(LOG_LEVEL_NOTICE, NULL, __VA_ARGS__)
#define log_info(...) log_event(LOG_LEVEL_INFO, NULL, __VA_ARGS__)
#define log_debug(...) log_event(LOG_LEVEL_DEBUG, NULL, __VA_ARGS__)

#endif
