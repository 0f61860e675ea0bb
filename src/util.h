/* SPDX-License-Identifier: MIT */
#ifndef UTIL_H
#define UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "banned.h"
#include "tr.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))
#define MUST_CHECK __attribute__((warn_unused_result))
#define UNUSED __attribute__((unused))

/* One line for a person: the thing, the reason, the remedy. */
#define ERR_MAX 512
struct err {
	char text[ERR_MAX];
};

/*
 * Writes the line into E (which may be NULL), cut at a character, control
 * characters as spaces; returns CODE.
 */
int err_set(struct err *e, int code, const char *fmt, ...) PRINTF(3, 4);

/*
 * Memory: these never return NULL. When memory is gone the program prints one
 * line and ends with EX_OSERR; what is committed in state.db is enough to go on.
 */
_Noreturn void die_no_memory(void);
void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n);
void *xreallocarray(void *p, size_t n, size_t size);
char *xstrdup(const char *s); /* NULL gives NULL */
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) PRINTF(1, 2);
char *xvasprintf(const char *fmt, va_list ap) PRINTF(1, 0);
char *xvasprintf_tr(const char *fmt, va_list ap) PRINTF(1, 0); /* a text for people: tr.h */

/*
 * Formats into BUF. 0, or -ENAMETOOLONG if it did not fit (BUF then holds "").
 */
int str_format(char *buf, size_t size, const char *fmt, ...) PRINTF(3, 4) MUST_CHECK;

/* Formats into BUF for display, cut at a whole UTF-8 character if it must be. */
void str_format_cut(char *buf, size_t size, const char *fmt, ...) PRINTF(3, 4);

bool str_eq(const char *a, const char *b); /* both may be NULL */
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
bool str_empty(const char *s); /* NULL or "" */

/* Whole decimal numbers only, range included. 0, -EINVAL or -ERANGE. */
int parse_int64(const char *s, int64_t min, int64_t max, int64_t *ret) MUST_CHECK;

/*
 * "500ms" "90s" "15min" "1h" "3d" "2w", or "0"; sums like "1h 30min" too.
 * *RET in milliseconds. 0, -EINVAL (no or unknown unit) or -ERANGE.
 */
int parse_duration(const char *s, int64_t *ret) MUST_CHECK;

/* The shortest exact form that parse_duration reads back: "90s", "1h 30min". */
void format_duration(int64_t ms, char *buf, size_t size);

/* For people: "14 min", "3 h 20 min", at most two parts, rounded up. */
void format_wait(int64_t ms, char *buf, size_t size);

/*
 * Is ERROR, a negative errno, one of the machine's, for which neither a file nor
 * what is in it is to blame? Another try may then do.
 */
bool errno_is_weather(int error);

/*
 * A whole file, at most MAX bytes, NUL-terminated; *RET is the caller's to
 * free(). 0 or negative errno; -EFBIG over MAX, *RET untouched on failure.
 */
int file_read(const char *path, size_t max, char **ret, size_t *ret_len) MUST_CHECK;

/*
 * Replaces PATH whole or not at all: temporary file beside it, fsync, rename,
 * fsync of the folder. 0 or negative errno; nothing stays behind on failure.
 */
int file_write_atomic(const char *path, const void *data, size_t len, unsigned mode) MUST_CHECK;

/*
 * Removes from a folder what file_write_atomic(), or who names his own work with
 * these, left there when it was killed: nobody may be at work in it. How many.
 */
#define TEMP_PREFIX ".cpauto-"
#define TEMP_SUFFIX ".tmp"
int dir_sweep(const char *path);

/* mkdir -p. 0 or negative errno. */
int dir_make(const char *path, unsigned mode) MUST_CHECK;

/* fsync() of a folder, so that a rename in it survives a power cut. */
int dir_sync(const char *path) MUST_CHECK;

/* rm -r, without following links. 0 or negative errno. */
int dir_remove(const char *path) MUST_CHECK;

/* All of LEN, through EINTR and short writes. 0 or negative errno. */
int fd_write_all(int fd, const void *data, size_t len) MUST_CHECK;

/*
 * A file with a secret in it: a regular file of ours or root's, mode 0600 or
 * stricter, in folders that nobody else can write to. Trailing line ends are
 * cut. *RET is the caller's to secret_free(). 0 or negative errno with the
 * remedy in E.
 */
int secret_read(const char *path, char **ret, struct err *e) MUST_CHECK;
/* The same checks without reading the content into memory for longer than needed. */
int secret_check(const char *path, struct err *e) MUST_CHECK;
/* The same for who only hands its name on: whether it is fit, without what is in it. */
int secret_look(const char *path, struct err *e) MUST_CHECK;
void secret_free(char *s); /* wipes, NULL is fine */

/* 128-bit FNV-1a over the strings and their ends, as 32 hex digits: an identity, no secret. */
#define FINGERPRINT_LEN 32
void fingerprint(const char *const *parts, size_t n, char out[FINGERPRINT_LEN + 1]);

/* Cleanup by attribute: CLEANUP(free) char *x = NULL; */
void cleanup_free(void *p);
void cleanup_close(int *fd);
void cleanup_fclose(FILE **f);
#define CLEANUP_FREE __attribute__((cleanup(cleanup_free)))
#define CLEANUP_CLOSE __attribute__((cleanup(cleanup_close)))
#define CLEANUP_FCLOSE __attribute__((cleanup(cleanup_fclose)))

#endif
