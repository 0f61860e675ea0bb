/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "util.h"
#include "value.h"

/*
 * A target takes one input and looks at what the program makes of it; each
 * stands in a file of its own, fuzz_NAME.c, and in the table of targets.c. The
 * same function is driven by libFuzzer (driver.c) and by the replay of the
 * kept inputs (replay.c), which every compiler and valgrind can run.
 */
#define FUZZ(name)                                                                             \
	void target_##name(const uint8_t *data, size_t len);                                     \
	void target_##name(const uint8_t *data, size_t len)

/* What must hold for every input: else the reason is printed and the program aborts. */
#define MUST(holds)                                                                            \
	do {                                                                                   \
		if (!(holds))                                                                  \
			fuzz_broken(__FILE__, __LINE__, #holds);                               \
	} while (0)
void fuzz_broken(const char *file, int line, const char *what) __attribute__((noreturn));

/* Between the parts of an input that has some: ASCII's record separator. */
#define FUZZ_PART 0x1e

/*
 * The next part of what is left, as a string of exactly its length to free(), so
 * that a read past its end is seen. "" at the end.
 */
char *fuzz_part(const uint8_t **data, size_t *len, size_t *ret_len);

/* All of the input as such a string. */
char *fuzz_string(const uint8_t *data, size_t len);

/* A folder of this process's own, gone when it ends; and the path of NAME in it. */
const char *fuzz_dir(void);
const char *fuzz_path(const char *name);
void fuzz_put(const char *name, const void *data, size_t len);

/* The input again and again until it is SIZE bytes long; what is not linear shows. To free(). */
char *fuzz_repeat(const uint8_t *data, size_t len, size_t size);

/* For what costs much: one input in N, always the same ones. */
bool fuzz_is_one_in(const uint8_t *data, size_t len, unsigned n);

/* One line for people: well-formed UTF-8 without control characters. */
bool fuzz_is_line(const char *s);
/* Without control characters; what is quoted in it may be broken UTF-8 (json.h, log.h mend that). */
bool fuzz_is_plain(const char *s);

/* The templates that are shipped, parsed; and the text parsed as JSON, or NULL. */
struct render_templates *fuzz_templates(void);
struct value *fuzz_value(const char *text, size_t len);

/* 2026-11-23 14:32 in Seoul. */
#define FUZZ_NOW INT64_C(1795411920000)

struct fuzz_target {
	const char *name;
	void (*run)(const uint8_t *data, size_t len);
};
extern const struct fuzz_target fuzz_targets[];
extern const size_t fuzz_target_count;

#endif
