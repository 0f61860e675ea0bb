/* SPDX-License-Identifier: MIT */
#include "keywords.h"

#include <errno.h>
#include <unistd.h>

#include "settings.h"
#include "source.h"
#include "text.h"

struct keyword_slot {
	uint64_t hash;
	uint32_t item; /* index + 1; 0 = free */
};

void keywords_init(struct keywords *k, size_t limit)
{
	*k = (struct keywords){ .limit = limit };
}

void keywords_finish(struct keywords *k)
{
	if (k == NULL)
		return;
	for (size_t i = 0; i < k->count; i++)
		free(k->items[i]);
	free(k->items);
	free(k->slots);
	*k = (struct keywords){ 0 };
}

static uint64_t hash_of(const char *s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	return h;
}

static void grow_slots(struct keywords *k)
{
	size_t n = k->slot_count == 0 ? 64 : k->slot_count * 2;
	struct keyword_slot *slots = xcalloc(n, sizeof(*slots));

	for (size_t i = 0; i < k->slot_count; i++) {
		if (k->slots[i].item == 0)
			continue;
		size_t at = k->slots[i].hash & (n - 1);
		while (slots[at].item != 0)
			at = (at + 1) & (n - 1);
		slots[at] = k->slots[i];
	}
	free(k->slots);
	k->slots = slots;
	k->slot_count = n;
}

/* Whether the item at INDEX folds to FOLDED too: only asked where the hashes agree. */
static bool is_same(const struct keywords *k, uint32_t index, const char *folded)
{
	CLEANUP_FREE char *other = NULL;

	return text_fold(k->items[index], &other) == 0 && str_eq(other, folded);
}

/* The slot where FOLDED is, or the free one where it belongs. */
static struct keyword_slot *find_slot(struct keywords *k, const char *folded, uint64_t hash)
{
	size_t at = hash & (k->slot_count - 1);

	while (k->slots[at].item != 0) {
		if (k->slots[at].hash == hash && is_same(k, k->slots[at].item - 1, folded))
			break;
		at = (at + 1) & (k->slot_count - 1);
	}
	return &k->slots[at];
}

/* Takes CLEAN over. */
static void add_clean(struct keywords *k, char *clean, const char *folded, struct place at)
{
	uint64_t hash = hash_of(folded);

	if (2 * (k->count + 1) > k->slot_count)
		grow_slots(k);
	struct keyword_slot *slot = find_slot(k, folded, hash);
	if (slot->item != 0) {
		if (k->dropped++ == 0)
			k->first_dropped = at;
		free(clean);
		return;
	}
	if (k->count == k->size) {
		k->size = k->size == 0 ? 16 : k->size * 2;
		k->items = xreallocarray(k->items, k->size, sizeof(*k->items));
	}
	k->items[k->count++] = clean;
	*slot = (struct keyword_slot){ hash, (uint32_t)k->count };
}

void keywords_add(struct keywords *k, const char *s, struct place at, struct report *r)
{
	CLEANUP_FREE char *folded = NULL;
	char *clean = NULL;
	int res = text_clean(s, &clean);

	if (res == 0)
		res = text_fold(clean, &folded);
	if (res == 0 && strlen(clean) > CONFIG_KEYWORD_BYTES_MAX)
		res = -E2BIG;
	if (res == 0 && k->count == k->limit)
		res = -ENOSPC;
	if (res == 0) {
		add_clean(k, clean, folded, at);
		return;
	}
	free(clean);
	char begin[41];
	str_format_cut(begin, sizeof(begin), "%.200s", s);
	if (res == -E2BIG)
		report_error(r, at,
			"keywords: the keyword '%s...' has %zu bytes; at most %d are "
			"taken",
			begin, strlen(s), CONFIG_KEYWORD_BYTES_MAX);
	else if (res == -EINVAL)
		report_error(r, at, "keywords: an empty keyword; delete it");
	else if (res != -ENOSPC)
		report_error(r, at,
			"keywords: the keyword '%s' is not UTF-8 or holds a control "
			"character; type it again",
			begin);
	else if (!k->full)
		report_error(r, at,
			"keywords: more than %d keywords in all lists; leave some "
			"away",
			CONFIG_KEYWORDS_MAX);
	k->full |= res == -ENOSPC;
}

static void add_line(
	struct keywords *k, char *line, size_t len, struct place at, struct report *r)
{
	while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		line[--len] = '\0';
	const char *s = line + strspn(line, " \t");
	if (strlen(line) != len)
		report_error(r, at, "keywords_file: holds a NUL byte; this is no text file");
	else if (!text_valid(line, len))
		report_error(r, at,
			"keywords_file: is not UTF-8; save the file as UTF-8 "
			"(not EUC-KR, CP949 or UTF-16)");
	else if (*s != '\0' && *s != '#')
		keywords_add(k, s, at, r);
}

void keywords_add_file(struct keywords *k, const char *path, struct place at, struct report *r)
{
	CLEANUP_CLOSE int fd = source_open(path, KEYWORDS_FILE_MAX, at, r);
	CLEANUP_FCLOSE FILE *f = NULL;
	CLEANUP_FREE char *line = NULL;
	size_t size = 0;
	ssize_t len;

	if (fd < 0)
		return;
	f = fdopen(fd, "r");
	if (f == NULL) {
		report_weather(r, at, -errno, "keywords_file: cannot be read: %s", tr_errno(errno));
		return;
	}
	fd = -1;
	at = (struct place){ path, 1 };
	for (; (len = getline(&line, &size, f)) >= 0 && !k->full; at.line++) {
		bool bom = at.line == 1 && str_starts(line, "\xef\xbb\xbf");
		size_t skip = bom ? 3 : 0;
		add_line(k, line + skip, (size_t)len - skip, at, r);
		/* Not a text at all: each further line would say the same. */
		if (r->count > REPORT_MAX)
			break;
	}
	/* Half a list would take the other half's keywords away. */
	if (len < 0 && feof(f) == 0)
		report_weather(r, at, -errno, "keywords_file: cannot be read: %s", tr_errno(errno));
}

char **keywords_steal(struct keywords *k, size_t *count)
{
	char **items = k->items;

	*count = k->count;
	k->items = NULL;
	k->count = k->size = 0;
	return items;
}
