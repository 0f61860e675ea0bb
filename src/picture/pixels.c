/* SPDX-License-Identifier: MIT */
#include "pixels.h"

#include "util.h"

struct pixels *pixels_new(int width, int height, bool alpha)
{
	struct pixels *p = xcalloc(1, sizeof(*p));
	size_t count = (size_t)width * (size_t)height;

	p->width = width;
	p->height = height;
	p->alpha = alpha;
	p->data = xcalloc(count, sizeof(*p->data));
	if (!alpha)
		memset(p->data, 0xff, count * sizeof(*p->data));
	return p;
}

void pixels_free(struct pixels *p)
{
	if (!p)
		return;
	free(p->data);
	free(p);
}

/* Where the pixel of the result at X, Y comes from: TIFF 6.0, tag 274. */
static size_t source_of(const struct pixels *from, int orientation, int x, int y)
{
	bool turned = orientation >= 5;
	int column = turned ? y : x, row = turned ? x : y;
	bool flip_column = orientation == 2 || orientation == 3 || orientation == 7 ||
		orientation == 8;
	bool flip_row = orientation == 3 || orientation == 4 || orientation == 6 ||
		orientation == 7;

	if (flip_column)
		column = from->width - 1 - column;
	if (flip_row)
		row = from->height - 1 - row;
	return (size_t)row * (size_t)from->width + (size_t)column;
}

struct pixels *pixels_orient(struct pixels *p, int orientation)
{
	struct pixels *to;
	bool turned = orientation >= 5;

	if (orientation < 2 || orientation > 8)
		return p;
	to = pixels_new(turned ? p->height : p->width, turned ? p->width : p->height, p->alpha);
	for (int y = 0; y < to->height; y++)
		for (int x = 0; x < to->width; x++)
			to->data[(size_t)y * (size_t)to->width + (size_t)x] =
				p->data[source_of(p, orientation, x, y)];
	pixels_free(p);
	return to;
}

/* One channel over white; PREMULTIPLIED is at most ALPHA in a sane picture. */
static uint32_t over_white(uint32_t premultiplied, uint32_t alpha)
{
	uint32_t sum = premultiplied + 255 - alpha;

	return sum > 255 ? 255 : sum;
}

void pixels_flatten(struct pixels *p)
{
	size_t count = (size_t)p->width * (size_t)p->height;

	for (size_t i = 0; p->alpha && i < count; i++) {
		uint32_t v = p->data[i], a = v >> 24;

		p->data[i] = 0xff000000u | over_white(v >> 16 & 255, a) << 16 |
			over_white(v >> 8 & 255, a) << 8 | over_white(v & 255, a);
	}
	p->alpha = false;
}
