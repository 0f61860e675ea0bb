/* SPDX-License-Identifier: MIT */
#include "look.h"

#include <inttypes.h>

#include "clock.h"
#include "util.h"

#define DAY_MS INT64_C(86400000)
#define SET_MAX 32

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

void look_set(const struct value *products, int limit, char out[LOOK_SET_MAX])
{
	int64_t ids[SET_MAX];
	size_t n = 0;
	for (size_t i = 0; i < value_len(products) && n < SET_MAX && n < (size_t)limit; i++) {
		int64_t id = value_get_int(value_at(products, i), "productId", 0);
		bool known = false;
		for (size_t j = 0; j < n; j++)
			known |= ids[j] == id;
		if (!known && id != 0)
			ids[n++] = id;
	}
	qsort(ids, n, sizeof(ids[0]), by_number);
	struct buf b;
	buf_init(&b, LOOK_SET_MAX - 1);
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s%" PRId64, i ? "," : "", ids[i]);
	str_format_cut(out, LOOK_SET_MAX, "%s", buf_cstr(&b));
	buf_finish(&b);
}

static int64_t price_of(const struct value *products, int64_t id)
{
	for (size_t i = 0; i < value_len(products); i++) {
		const struct value *p = value_at(products, i);
		if (value_get_int(p, "productId", 0) == id)
			return value_get_int(p, "productPrice", 0);
	}
	return 0;
}

double look_price_change(const struct value *before, const struct value *after)
{
	double most = 0;
	for (size_t i = 0; i < value_len(before); i++) {
		const struct value *p = value_at(before, i);
		int64_t was = value_get_int(p, "productPrice", 0);
		int64_t is = price_of(after, value_get_int(p, "productId", 0));
		if (was <= 0 || is <= 0)
			continue;
		double change = (double)(is > was ? is - was : was - is) * 100 / (double)was;
		if (change > most)
			most = change;
	}
	return most;
}

void look_period(int64_t wall_ms, int64_t every_ms, char out[LOOK_PERIOD_MAX])
{
	if (every_ms < DAY_MS) {
		str_format_cut(out, LOOK_PERIOD_MAX, "slot %" PRId64, wall_ms / every_ms);
		return;
	}
	struct date d;
	clock_date(wall_ms, &d);
	str_format_cut(out, LOOK_PERIOD_MAX, "%04d-%02d-%02d", d.year, d.month, d.day);
}
