/* SPDX-License-Identifier: MIT */
#include "value.h"

#include "util.h"

/* From this many members on an object keeps an index of their names. */
#define INDEX_FROM 16

struct member {
	char *name;
	uint32_t hash;
	struct value *item;
};

struct value {
	enum value_kind kind;
	union {
		bool b;
		int64_t i;
		double d;
		struct {
			char *data;
			size_t len;
		} s;
		struct {
			struct value **items;
			size_t len, size;
		} l;
		struct {
			struct member *members;
			size_t len, size;
			uint32_t *slots; /* member number plus one, 0 is free */
			size_t slot_count; /* a power of two, at least twice len */
		} o;
	};
};

static struct value *new_of_kind(enum value_kind kind)
{
	struct value *v = xcalloc(1, sizeof(*v));

	v->kind = kind;
	return v;
}

struct value *value_new_null(void)
{
	return new_of_kind(VALUE_NULL);
}

struct value *value_new_bool(bool b)
{
	struct value *v = new_of_kind(VALUE_BOOL);

	v->b = b;
	return v;
}

struct value *value_new_int(int64_t i)
{
	struct value *v = new_of_kind(VALUE_INT);

	v->i = i;
	return v;
}

struct value *value_new_double(double d)
{
	struct value *v = new_of_kind(VALUE_DOUBLE);

	v->d = d;
	return v;
}

struct value *value_new_string_len(const char *s, size_t len)
{
	struct value *v = new_of_kind(VALUE_STRING);

	v->s.data = xmalloc(len + 1);
	if (len)
		memcpy(v->s.data, s, len);
	v->s.data[len] = '\0';
	v->s.len = len;
	return v;
}

struct value *value_new_string(const char *s)
{
	return s ? value_new_string_len(s, strlen(s)) : value_new_null();
}

struct value *value_new_list(void)
{
	return new_of_kind(VALUE_LIST);
}

struct value *value_new_object(void)
{
	return new_of_kind(VALUE_OBJECT);
}

static struct value *copy_list(const struct value *v)
{
	struct value *copy = value_new_list();

	for (size_t i = 0; i < v->l.len; i++)
		value_append(copy, value_copy(v->l.items[i]));
	return copy;
}

static struct value *copy_object(const struct value *v)
{
	struct value *copy = value_new_object();

	for (size_t i = 0; i < v->o.len; i++)
		value_set(copy, v->o.members[i].name, value_copy(v->o.members[i].item));
	return copy;
}

struct value *value_copy(const struct value *v)
{
	if (!v)
		return NULL;
	switch (v->kind) {
	case VALUE_NULL:
		return value_new_null();
	case VALUE_BOOL:
		return value_new_bool(v->b);
	case VALUE_INT:
		return value_new_int(v->i);
	case VALUE_DOUBLE:
		return value_new_double(v->d);
	case VALUE_STRING:
		return value_new_string_len(v->s.data, v->s.len);
	case VALUE_LIST:
		return copy_list(v);
	case VALUE_OBJECT:
		return copy_object(v);
	}
	return NULL;
}

static void finish_object(struct value *v)
{
	for (size_t i = 0; i < v->o.len; i++) {
		free(v->o.members[i].name);
		value_free(v->o.members[i].item);
	}
	free(v->o.members);
	free(v->o.slots);
}

void value_free(struct value *v)
{
	if (!v)
		return;
	if (v->kind == VALUE_STRING) {
		free(v->s.data);
	} else if (v->kind == VALUE_LIST) {
		for (size_t i = 0; i < v->l.len; i++)
			value_free(v->l.items[i]);
		free(v->l.items);
	} else if (v->kind == VALUE_OBJECT) {
		finish_object(v);
	}
	free(v);
}

enum value_kind value_kind(const struct value *v)
{
	return v ? v->kind : VALUE_NULL;
}

void value_append(struct value *list, struct value *item)
{
	if (list->l.len == list->l.size) {
		list->l.size = list->l.size ? list->l.size * 2 : 8;
		list->l.items = xreallocarray(list->l.items, list->l.size,
			sizeof(*list->l.items));
	}
	list->l.items[list->l.len++] = item ? item : value_new_null();
}

/*
 * Seeded with an address, which differs from run to run, so that no sender of
 * JSON can choose names that all fall into one slot.
 */
static uint32_t name_hash(const char *name)
{
	static char place;
	uint64_t h = 14695981039346656037u ^ ((uint64_t)(uintptr_t)&place >> 12);

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 1099511628211u;
	return (uint32_t)(h ^ (h >> 32));
}

static void index_put(struct value *v, size_t i)
{
	size_t slot = v->o.members[i].hash & (v->o.slot_count - 1);

	while (v->o.slots[slot])
		slot = (slot + 1) & (v->o.slot_count - 1);
	v->o.slots[slot] = (uint32_t)i + 1;
}

static void index_rebuild(struct value *v)
{
	free(v->o.slots);
	v->o.slots = NULL;
	v->o.slot_count = 0;
	if (v->o.len < INDEX_FROM)
		return;
	v->o.slot_count = 64;
	while (v->o.slot_count < v->o.len * 4)
		v->o.slot_count *= 2;
	v->o.slots = xcalloc(v->o.slot_count, sizeof(*v->o.slots));
	for (size_t i = 0; i < v->o.len; i++)
		index_put(v, i);
}

static struct member *find_by_index(const struct value *v, const char *name)
{
	uint32_t hash = name_hash(name);
	size_t slot = hash & (v->o.slot_count - 1);

	for (; v->o.slots[slot]; slot = (slot + 1) & (v->o.slot_count - 1)) {
		struct member *m = &v->o.members[v->o.slots[slot] - 1];

		if (m->hash == hash && strcmp(m->name, name) == 0)
			return m;
	}
	return NULL;
}

static struct member *find_member(const struct value *v, const char *name)
{
	if (!v || v->kind != VALUE_OBJECT)
		return NULL;
	if (v->o.slots)
		return find_by_index(v, name);
	for (size_t i = 0; i < v->o.len; i++)
		if (strcmp(v->o.members[i].name, name) == 0)
			return &v->o.members[i];
	return NULL;
}

static void add_member(struct value *v, const char *name, struct value *item)
{
	if (v->o.len == v->o.size) {
		v->o.size = v->o.size ? v->o.size * 2 : 8;
		v->o.members = xreallocarray(v->o.members, v->o.size,
			sizeof(*v->o.members));
	}
	v->o.members[v->o.len++] = (struct member){
		.name = xstrdup(name), .hash = name_hash(name), .item = item };
	if (v->o.len >= INDEX_FROM && v->o.len * 2 > v->o.slot_count)
		index_rebuild(v);
	else if (v->o.slots)
		index_put(v, v->o.len - 1);
}

void value_set(struct value *object, const char *name, struct value *item)
{
	struct member *m = find_member(object, name);

	if (!item)
		item = value_new_null();
	if (!m) {
		add_member(object, name, item);
		return;
	}
	if (m->item != item)
		value_free(m->item);
	m->item = item;
}

void value_set_string(struct value *object, const char *name, const char *s)
{
	if (s)
		value_set(object, name, value_new_string(s));
}

void value_set_int(struct value *object, const char *name, int64_t i)
{
	value_set(object, name, value_new_int(i));
}

void value_set_bool(struct value *object, const char *name, bool b)
{
	value_set(object, name, value_new_bool(b));
}

void value_remove(struct value *object, const char *name)
{
	struct member *m = find_member(object, name);
	size_t at;

	if (!m)
		return;
	at = (size_t)(m - object->o.members);
	free(m->name);
	value_free(m->item);
	memmove(m, m + 1, (object->o.len - at - 1) * sizeof(*m));
	object->o.len--;
	index_rebuild(object);
}

size_t value_len(const struct value *v)
{
	switch (value_kind(v)) {
	case VALUE_STRING:
		return v->s.len;
	case VALUE_LIST:
		return v->l.len;
	case VALUE_OBJECT:
		return v->o.len;
	default:
		return 0;
	}
}

struct value *value_at(const struct value *list, size_t i)
{
	if (value_kind(list) != VALUE_LIST || i >= list->l.len)
		return NULL;
	return list->l.items[i];
}

struct value *value_get(const struct value *object, const char *name)
{
	const struct member *m = find_member(object, name);

	return m ? m->item : NULL;
}

const char *value_name_at(const struct value *object, size_t i)
{
	if (value_kind(object) != VALUE_OBJECT || i >= object->o.len)
		return NULL;
	return object->o.members[i].name;
}

struct value *value_member_at(const struct value *object, size_t i)
{
	if (value_kind(object) != VALUE_OBJECT || i >= object->o.len)
		return NULL;
	return object->o.members[i].item;
}

const char *value_string(const struct value *v, const char *fallback)
{
	return value_kind(v) == VALUE_STRING ? v->s.data : fallback;
}

int64_t value_int(const struct value *v, int64_t fallback)
{
	if (value_kind(v) == VALUE_INT)
		return v->i;
	/* 2^63 itself is a double but no int64_t. */
	if (value_kind(v) == VALUE_DOUBLE && v->d >= -0x1p63 && v->d < 0x1p63 &&
			v->d == (double)(int64_t)v->d)
		return (int64_t)v->d;
	return fallback;
}

double value_double(const struct value *v, double fallback)
{
	if (value_kind(v) == VALUE_DOUBLE)
		return v->d;
	return value_kind(v) == VALUE_INT ? (double)v->i : fallback;
}

bool value_bool(const struct value *v, bool fallback)
{
	return value_kind(v) == VALUE_BOOL ? v->b : fallback;
}

const char *value_get_string(const struct value *object, const char *name, const char *fallback)
{
	return value_string(value_get(object, name), fallback);
}

int64_t value_get_int(const struct value *object, const char *name, int64_t fallback)
{
	return value_int(value_get(object, name), fallback);
}

bool value_get_bool(const struct value *object, const char *name, bool fallback)
{
	return value_bool(value_get(object, name), fallback);
}

static bool lists_equal(const struct value *a, const struct value *b)
{
	if (a->l.len != b->l.len)
		return false;
	for (size_t i = 0; i < a->l.len; i++)
		if (!value_equal(a->l.items[i], b->l.items[i]))
			return false;
	return true;
}

/* The order of members does not matter, as in JSON. */
static bool objects_equal(const struct value *a, const struct value *b)
{
	if (a->o.len != b->o.len)
		return false;
	for (size_t i = 0; i < a->o.len; i++) {
		const struct member *m = find_member(b, a->o.members[i].name);

		if (!m || !value_equal(a->o.members[i].item, m->item))
			return false;
	}
	return true;
}

bool value_equal(const struct value *a, const struct value *b)
{
	if (value_kind(a) != value_kind(b))
		return false;
	switch (value_kind(a)) {
	case VALUE_NULL:
		return true;
	case VALUE_BOOL:
		return a->b == b->b;
	case VALUE_INT:
		return a->i == b->i;
	case VALUE_DOUBLE:
		return a->d == b->d;
	case VALUE_STRING:
		return a->s.len == b->s.len && memcmp(a->s.data, b->s.data, a->s.len) == 0;
	case VALUE_LIST:
		return lists_equal(a, b);
	case VALUE_OBJECT:
		return objects_equal(a, b);
	}
	return false;
}
