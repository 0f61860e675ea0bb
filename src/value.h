/* SPDX-License-Identifier: MIT */
#ifndef VALUE_H
#define VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A tree of plain data: what JSON can say. Everything that crosses a border of
 * the program (agents, cache, templates, --json) is one of these, so that the
 * pure modules need no JSON library. A container owns what was put into it.
 */
enum value_kind {
	VALUE_NULL,
	VALUE_BOOL,
	VALUE_INT,
	VALUE_DOUBLE,
	VALUE_STRING,
	VALUE_LIST,
	VALUE_OBJECT,
};

struct value;

struct value *value_new_null(void);
struct value *value_new_bool(bool b);
struct value *value_new_int(int64_t i);
struct value *value_new_double(double d);
struct value *value_new_string(const char *s); /* NULL gives a null */
struct value *value_new_string_len(const char *s, size_t len);
struct value *value_new_list(void);
struct value *value_new_object(void);
struct value *value_copy(const struct value *v); /* deep; NULL gives NULL */
void value_free(struct value *v);                /* NULL is fine */

enum value_kind value_kind(const struct value *v); /* NULL counts as VALUE_NULL */

/* Takes ownership of ITEM. */
void value_append(struct value *list, struct value *item);

/* Takes ownership of ITEM; a member of that name is replaced; order is kept. */
void value_set(struct value *object, const char *name, struct value *item);
void value_set_string(struct value *object, const char *name, const char *s); /* NULL: no member */
void value_set_int(struct value *object, const char *name, int64_t i);
void value_set_bool(struct value *object, const char *name, bool b);
void value_remove(struct value *object, const char *name);

size_t value_len(const struct value *v); /* items or members, bytes of a string; else 0 */
struct value *value_at(const struct value *list, size_t i);          /* NULL outside */
struct value *value_get(const struct value *object, const char *name); /* NULL if none */
const char *value_name_at(const struct value *object, size_t i);
struct value *value_member_at(const struct value *object, size_t i);

/*
 * Readers that cannot fail: the fallback where V is NULL or of another kind.
 * Strings belong to the value. value_int takes a double with a whole value too.
 */
const char *value_string(const struct value *v, const char *fallback);
int64_t value_int(const struct value *v, int64_t fallback);
double value_double(const struct value *v, double fallback);
bool value_bool(const struct value *v, bool fallback);

const char *value_get_string(const struct value *object, const char *name, const char *fallback);
int64_t value_get_int(const struct value *object, const char *name, int64_t fallback);
bool value_get_bool(const struct value *object, const char *name, bool fallback);

bool value_equal(const struct value *a, const struct value *b);

#endif
