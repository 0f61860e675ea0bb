/* SPDX-License-Identifier: MIT */
#ifndef TR_H
#define TR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * The language in which people are spoken to. English stands in the program;
 * src/po/ko.po has the Korean, compiled into locale/ko/LC_MESSAGES/cpauto.mo.
 * Functions that take a format for people (err_set(), log_event(), kit_broken(),
 * cli_fail() …) translate it themselves: src/po/keywords names them. All other
 * texts are marked: _() translates here and now, N_() only marks.
 *
 * What programs read (JSON, states, exit codes, numbers) is the same everywhere:
 * only LC_MESSAGES is set, never LC_NUMERIC or LC_CTYPE. What is said is UTF-8.
 */
#define TR_DOMAIN "cpauto"

#define _(text) tr(text)
#define N_(text) text

/*
 * LANGUAGE is "ko", "en", or "auto" (NULL too): as LANGUAGE, LC_ALL, LC_MESSAGES
 * and LANG say, the way gettext reads them. The locale itself need not have been
 * made on this machine. DIR holds the catalogues; NULL: beside the program in a
 * build tree, else $(DATADIR)/locale. May be called again. In English nothing is
 * loaded. With "ko" or "en" the environment is set too, for the agents.
 */
void tr_init(const char *language, const char *dir);

/*
 * vsnprintf() with FMT in the language. What was translated is then brought into
 * order by POLISH, in place: korean_polish() chooses between 은 and 는.
 */
int tr_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));
void tr_set_polish(void (*polish)(char *text));
/* The same for what was formatted already, by FORMAT, which FMT became. */
void tr_polish(char *text, const char *fmt, const char *format);

/* "ko" or "en". */
const char *tr_language(void);

/* Speaks "ko" or "en" from here on, to whom asks in it; NULL changes nothing. What was. */
const char *tr_switch(const char *language);

/* TEXT in the language, or TEXT itself; static. NULL gives NULL. */
const char *tr(const char *text) __attribute__((format_arg(1)));

/* The form for N of them. */
const char *tr_n(const char *one, const char *many, long long n)
	__attribute__((format_arg(1), format_arg(2)));

/* As strerror(), for ERROR or -ERROR, in the language. */
const char *tr_errno(int error);

#endif
