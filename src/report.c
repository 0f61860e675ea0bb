/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <stdarg.h>

#define TEXT_MAX 1024

static void defuse(char *s)
{
	for (; *s != '\0'; s++) {
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
	}
}

static void add(struct value *list, struct place at, const char *text)
{
	CLEANUP_FREE char *line = at.line > 0 ? xasprintf("%s:%zu: %s", at.file, at.line, text)
					      : xasprintf("%s: %s", at.file, text);

	defuse(line);
	value_append(list, value_new_string(line));
}

static void PRINTF(3, 0) add_error(struct report *r, struct place at, const char *fmt, va_list ap)
{
	char text[TEXT_MAX];

	if (r->count++ >= REPORT_MAX)
		return;
	tr_vsnprintf(text, sizeof(text), fmt, ap);
	add(r->errors, at, text);
}

void report_error(struct report *r, struct place at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_error(r, at, fmt, ap);
	va_end(ap);
}

void report_weather(struct report *r, struct place at, int error, const char *fmt, ...)
{
	va_list ap;

	r->weather = error;
	va_start(ap, fmt);
	add_error(r, at, fmt, ap);
	va_end(ap);
}

void report_warning(struct report *r, struct place at, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	if (value_len(r->warnings) >= REPORT_MAX)
		return;
	va_start(ap, fmt);
	tr_vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	add(r->warnings, at, text);
}

void report_close(struct report *r)
{
	if (r->count <= REPORT_MAX)
		return;
	CLEANUP_FREE char *line =
		xasprintf(_("and %zu more; mend these first"), r->count - REPORT_MAX);
	value_append(r->errors, value_new_string(line));
}
