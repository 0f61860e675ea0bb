/* SPDX-License-Identifier: MIT */
#include "draw.h"

#include <math.h>

#include "seed.h"
#include "util.h"

#define SIDE 1000.0f /* of the square in which the shapes are described */
#define FLOOR 836.0f /* where products stand */

struct rgb {
	float r, g, b;
};

enum form {
	OVAL, /* centre x, y; half axes a, b */
	SLAB, /* centre x, y; half width a, half height b; corners r */
	LINE, /* from x, y to a, b; half thickness r */
	RING, /* centre x, y; half axes a, b; half thickness r */
};

/* What a part is painted with. */
enum paint { BODY, DARK, LIGHT, ACCENT };

struct part {
	enum form form;
	enum paint paint;
	float x, y, a, b, r;
};

#define SHAPE(...) (const struct part[]){ __VA_ARGS__, { .a = -1 } }

/* Back to front. */
static const struct part *const shapes[DRAW_SHAPES] = {
	[DRAW_BOX] = SHAPE(
		{ SLAB, BODY, 500, 560, 250, 276, 46 }, { SLAB, LIGHT, 500, 360, 250, 76, 46 },
		{ SLAB, DARK, 500, 436, 250, 5, 3 }, { SLAB, LIGHT, 500, 620, 130, 90, 22 },
		{ OVAL, ACCENT, 500, 620, 46, 46, 0 }),
	[DRAW_FRYER] = SHAPE(
		{ SLAB, BODY, 500, 520, 258, 316, 120 }, { SLAB, DARK, 500, 640, 214, 148, 60 },
		{ SLAB, LIGHT, 500, 676, 40, 96, 30 }, { OVAL, DARK, 500, 350, 92, 92, 0 },
		{ RING, LIGHT, 500, 350, 92, 92, 7 }, { LINE, ACCENT, 500, 350, 540, 300, 8 }),
	[DRAW_KETTLE] = SHAPE(
		{ RING, DARK, 720, 560, 92, 160, 26 }, { LINE, BODY, 330, 460, 236, 400, 34 },
		{ SLAB, BODY, 490, 560, 200, 240, 96 }, { SLAB, DARK, 490, 812, 216, 24, 20 },
		{ SLAB, DARK, 490, 322, 130, 26, 22 }, { OVAL, ACCENT, 490, 282, 32, 28, 0 },
		{ SLAB, LIGHT, 400, 560, 14, 150, 14 }),
	[DRAW_COFFEE] = SHAPE(
		{ SLAB, BODY, 540, 520, 220, 316, 50 }, { SLAB, DARK, 500, 590, 210, 150, 24 },
		{ SLAB, LIGHT, 500, 400, 240, 56, 28 }, { LINE, DARK, 470, 440, 470, 500, 26 },
		{ LINE, DARK, 470, 500, 300, 512, 18 }, { SLAB, LIGHT, 470, 650, 70, 58, 24 },
		{ RING, LIGHT, 552, 646, 26, 26, 9 }, { SLAB, DARK, 510, 786, 260, 50, 24 },
		{ OVAL, ACCENT, 660, 400, 18, 18, 0 }, { OVAL, ACCENT, 610, 400, 18, 18, 0 }),
	[DRAW_BLENDER] = SHAPE(
		{ SLAB, LIGHT, 500, 420, 150, 210, 50 }, { SLAB, ACCENT, 500, 500, 128, 116, 40 },
		{ SLAB, DARK, 500, 206, 160, 30, 20 }, { SLAB, BODY, 500, 736, 180, 100, 46 },
		{ SLAB, DARK, 500, 632, 130, 18, 10 }, { OVAL, DARK, 500, 744, 44, 44, 0 },
		{ LINE, LIGHT, 500, 744, 500, 712, 7 }),
	[DRAW_POT] = SHAPE(
		{ SLAB, DARK, 500, 560, 356, 26, 26 }, { SLAB, BODY, 500, 640, 280, 196, 90 },
		{ SLAB, BODY, 500, 520, 280, 60, 10 }, { OVAL, LIGHT, 500, 448, 292, 66, 0 },
		{ OVAL, BODY, 500, 436, 262, 50, 0 }, { SLAB, DARK, 500, 384, 44, 26, 22 },
		{ SLAB, LIGHT, 346, 640, 14, 110, 14 }),
	[DRAW_PAN] = SHAPE(
		{ LINE, DARK, 640, 420, 880, 180, 30 }, { LINE, ACCENT, 640, 420, 690, 370, 32 },
		{ OVAL, BODY, 420, 620, 300, 216, 0 }, { OVAL, DARK, 420, 600, 268, 184, 0 },
		{ RING, LIGHT, 420, 600, 200, 132, 3 }, { OVAL, LIGHT, 350, 580, 96, 62, 0 },
		{ OVAL, ACCENT, 356, 576, 40, 28, 0 }),
	[DRAW_TUMBLER] = SHAPE(
		{ RING, DARK, 676, 470, 74, 120, 20 }, { SLAB, BODY, 500, 430, 158, 200, 60 },
		{ SLAB, BODY, 500, 650, 132, 186, 50 }, { SLAB, LIGHT, 420, 450, 14, 150, 14 },
		{ SLAB, DARK, 500, 206, 170, 32, 26 }, { LINE, ACCENT, 540, 190, 580, 60, 14 }),
	[DRAW_MUG] = SHAPE(
		{ RING, BODY, 712, 580, 96, 110, 30 }, { SLAB, BODY, 470, 600, 230, 236, 60 },
		{ OVAL, LIGHT, 470, 378, 230, 50, 0 }, { OVAL, DARK, 470, 384, 204, 38, 0 },
		{ OVAL, ACCENT, 470, 620, 84, 84, 0 }, { SLAB, LIGHT, 310, 600, 12, 130, 12 }),
	[DRAW_VACUUM] = SHAPE(
		{ LINE, LIGHT, 420, 300, 560, 760, 22 }, { SLAB, DARK, 580, 796, 190, 40, 36 },
		{ SLAB, ACCENT, 580, 770, 60, 26, 20 }, { LINE, BODY, 390, 210, 452, 410, 74 },
		{ RING, DARK, 320, 260, 86, 96, 24 }, { OVAL, DARK, 384, 196, 60, 60, 0 },
		{ OVAL, ACCENT, 384, 196, 26, 26, 0 }, { LINE, LIGHT, 430, 330, 448, 392, 30 }),
	[DRAW_ROBOT] = SHAPE(
		{ OVAL, DARK, 500, 680, 350, 156, 0 }, { OVAL, BODY, 500, 640, 350, 156, 0 },
		{ OVAL, LIGHT, 500, 632, 290, 120, 0 }, { OVAL, BODY, 500, 628, 280, 112, 0 },
		{ OVAL, DARK, 500, 590, 88, 46, 0 }, { OVAL, LIGHT, 500, 574, 88, 46, 0 },
		{ OVAL, ACCENT, 500, 706, 26, 12, 0 }),
	[DRAW_PURIFIER] = SHAPE(
		{ SLAB, BODY, 500, 500, 200, 336, 90 }, { OVAL, DARK, 500, 210, 170, 50, 0 },
		{ RING, ACCENT, 500, 210, 120, 32, 6 }, { SLAB, DARK, 500, 620, 140, 5, 4 },
		{ SLAB, DARK, 500, 660, 140, 5, 4 }, { SLAB, DARK, 500, 700, 140, 5, 4 },
		{ SLAB, DARK, 500, 740, 140, 5, 4 }, { OVAL, LIGHT, 500, 400, 56, 56, 0 },
		{ OVAL, ACCENT, 500, 400, 16, 16, 0 }),
	[DRAW_HUMIDIFIER] = SHAPE(
		{ OVAL, LIGHT, 470, 110, 60, 34, 0 }, { OVAL, LIGHT, 540, 170, 70, 40, 0 },
		{ OVAL, LIGHT, 500, 240, 44, 30, 0 }, { SLAB, BODY, 500, 560, 210, 276, 170 },
		{ SLAB, DARK, 500, 766, 210, 70, 50 }, { OVAL, DARK, 500, 296, 60, 20, 0 },
		{ OVAL, ACCENT, 500, 766, 22, 22, 0 }, { SLAB, LIGHT, 370, 530, 16, 120, 16 }),
	[DRAW_FAN] = SHAPE(
		{ LINE, DARK, 500, 560, 500, 790, 20 }, { OVAL, BODY, 500, 806, 170, 32, 0 },
		{ OVAL, LIGHT, 500, 370, 270, 270, 0 }, { OVAL, ACCENT, 500, 250, 60, 118, 0 },
		{ OVAL, ACCENT, 396, 430, 112, 66, 0 }, { OVAL, ACCENT, 604, 430, 112, 66, 0 },
		{ RING, BODY, 500, 370, 270, 270, 12 }, { RING, BODY, 500, 370, 190, 190, 3 },
		{ RING, BODY, 500, 370, 120, 120, 3 }, { OVAL, DARK, 500, 370, 50, 50, 0 }),
	[DRAW_DRYER] = SHAPE(
		{ LINE, BODY, 560, 420, 620, 780, 56 }, { SLAB, BODY, 480, 370, 250, 116, 80 },
		{ SLAB, DARK, 214, 370, 54, 84, 20 }, { OVAL, DARK, 706, 370, 56, 116, 0 },
		{ OVAL, LIGHT, 706, 370, 36, 84, 0 }, { SLAB, LIGHT, 590, 560, 16, 46, 14 },
		{ OVAL, ACCENT, 590, 536, 14, 14, 0 }),
	[DRAW_EARBUDS] = SHAPE(
		{ SLAB, BODY, 500, 660, 240, 176, 130 }, { SLAB, DARK, 500, 596, 240, 6, 4 },
		{ LINE, LIGHT, 376, 340, 396, 480, 34 }, { OVAL, LIGHT, 366, 300, 84, 76, 0 },
		{ OVAL, DARK, 326, 300, 30, 40, 0 }, { LINE, LIGHT, 624, 340, 604, 480, 34 },
		{ OVAL, LIGHT, 634, 300, 84, 76, 0 }, { OVAL, DARK, 674, 300, 30, 40, 0 },
		{ OVAL, ACCENT, 500, 700, 16, 16, 0 }),
	[DRAW_HEADPHONE] = SHAPE(
		{ LINE, DARK, 244, 560, 252, 420, 28 }, { LINE, DARK, 252, 420, 316, 292, 28 },
		{ LINE, DARK, 316, 292, 430, 222, 28 }, { LINE, DARK, 430, 222, 570, 222, 28 },
		{ LINE, DARK, 570, 222, 684, 292, 28 }, { LINE, DARK, 684, 292, 748, 420, 28 },
		{ LINE, DARK, 748, 420, 756, 560, 28 }, { SLAB, BODY, 250, 610, 76, 150, 66 },
		{ SLAB, BODY, 750, 610, 76, 150, 66 }, { SLAB, LIGHT, 316, 610, 30, 130, 30 },
		{ SLAB, LIGHT, 684, 610, 30, 130, 30 }, { OVAL, ACCENT, 230, 610, 18, 60, 0 },
		{ OVAL, ACCENT, 770, 610, 18, 60, 0 }),
	[DRAW_SPEAKER] = SHAPE(
		{ SLAB, BODY, 500, 580, 330, 200, 120 }, { OVAL, DARK, 330, 590, 116, 116, 0 },
		{ OVAL, LIGHT, 330, 590, 50, 50, 0 }, { OVAL, DARK, 670, 590, 116, 116, 0 },
		{ OVAL, LIGHT, 670, 590, 50, 50, 0 }, { SLAB, LIGHT, 500, 420, 110, 12, 10 },
		{ OVAL, ACCENT, 500, 590, 20, 20, 0 }),
	[DRAW_POWERBANK] = SHAPE(
		{ SLAB, BODY, 500, 520, 190, 316, 60 }, { SLAB, LIGHT, 380, 520, 10, 230, 10 },
		{ SLAB, DARK, 500, 234, 60, 14, 10 }, { OVAL, ACCENT, 440, 720, 14, 14, 0 },
		{ OVAL, ACCENT, 480, 720, 14, 14, 0 }, { OVAL, ACCENT, 520, 720, 14, 14, 0 },
		{ OVAL, LIGHT, 560, 720, 14, 14, 0 }),
	[DRAW_LAPTOP] = SHAPE(
		{ SLAB, DARK, 500, 480, 320, 220, 30 }, { SLAB, ACCENT, 500, 480, 294, 194, 12 },
		{ OVAL, LIGHT, 380, 420, 90, 90, 0 }, { SLAB, BODY, 500, 740, 420, 46, 34 },
		{ SLAB, DARK, 500, 710, 110, 12, 10 }),
	[DRAW_MONITOR] = SHAPE(
		{ LINE, DARK, 500, 640, 500, 790, 34 }, { SLAB, DARK, 500, 808, 170, 24, 20 },
		{ SLAB, BODY, 500, 430, 390, 246, 28 }, { SLAB, ACCENT, 500, 420, 364, 214, 10 },
		{ OVAL, LIGHT, 640, 350, 110, 110, 0 }, { SLAB, DARK, 400, 520, 200, 70, 60 }),
	[DRAW_KEYBOARD] = SHAPE(
		{ SLAB, BODY, 500, 650, 400, 176, 40 }, { SLAB, DARK, 500, 640, 372, 146, 24 },
		{ SLAB, LIGHT, 500, 550, 350, 30, 12 }, { SLAB, LIGHT, 470, 628, 320, 30, 12 },
		{ SLAB, ACCENT, 826, 628, 24, 30, 12 }, { SLAB, LIGHT, 530, 706, 290, 30, 12 },
		{ SLAB, ACCENT, 190, 706, 36, 30, 12 }, { SLAB, LIGHT, 500, 766, 180, 14, 10 }),
	[DRAW_MOUSE] = SHAPE(
		{ SLAB, BODY, 500, 560, 196, 276, 190 }, { LINE, DARK, 500, 292, 500, 500, 4 },
		{ SLAB, DARK, 500, 400, 28, 60, 26 }, { SLAB, ACCENT, 500, 400, 12, 40, 12 },
		{ SLAB, LIGHT, 380, 640, 12, 90, 12 }),
	[DRAW_LAMP] = SHAPE(
		{ OVAL, LIGHT, 640, 560, 220, 170, 0 }, { OVAL, BODY, 380, 806, 160, 32, 0 },
		{ LINE, DARK, 380, 790, 300, 460, 16 }, { LINE, DARK, 300, 460, 560, 250, 16 },
		{ OVAL, ACCENT, 300, 460, 28, 28, 0 }, { LINE, BODY, 520, 270, 700, 370, 60 },
		{ LINE, LIGHT, 560, 350, 690, 420, 14 }),
	[DRAW_CHAIR] = SHAPE(
		{ LINE, DARK, 500, 640, 500, 760, 24 }, { LINE, DARK, 500, 760, 330, 816, 16 },
		{ LINE, DARK, 500, 760, 670, 816, 16 }, { OVAL, DARK, 330, 818, 24, 20, 0 },
		{ OVAL, DARK, 670, 818, 24, 20, 0 }, { OVAL, DARK, 500, 818, 24, 20, 0 },
		{ SLAB, BODY, 500, 330, 180, 210, 80 }, { SLAB, LIGHT, 500, 330, 140, 166, 60 },
		{ SLAB, BODY, 500, 600, 230, 46, 40 }, { LINE, DARK, 272, 480, 272, 580, 18 },
		{ LINE, DARK, 728, 480, 728, 580, 18 }, { SLAB, ACCENT, 500, 440, 100, 30, 26 }),
	[DRAW_PILLOW] = SHAPE(
		{ SLAB, DARK, 500, 760, 350, 76, 60 }, { SLAB, BODY, 500, 660, 370, 110, 96 },
		{ SLAB, LIGHT, 500, 500, 340, 116, 104 }, { SLAB, ACCENT, 500, 600, 330, 6, 5 },
		{ SLAB, BODY, 500, 500, 250, 66, 60 }),
	[DRAW_TISSUE] = SHAPE(
		{ OVAL, BODY, 340, 480, 150, 66, 0 }, { SLAB, BODY, 340, 640, 150, 160, 20 },
		{ OVAL, LIGHT, 340, 480, 150, 60, 0 }, { OVAL, DARK, 340, 480, 46, 18, 0 },
		{ SLAB, BODY, 650, 680, 150, 140, 20 }, { OVAL, LIGHT, 650, 540, 150, 60, 0 },
		{ OVAL, DARK, 650, 540, 46, 18, 0 }, { SLAB, ACCENT, 650, 700, 150, 14, 4 },
		{ SLAB, ACCENT, 340, 660, 150, 14, 4 }),
	[DRAW_BOTTLE] = SHAPE(
		{ LINE, DARK, 500, 170, 420, 170, 24 }, { LINE, DARK, 500, 180, 500, 300, 26 },
		{ SLAB, BODY, 500, 570, 180, 266, 90 }, { SLAB, DARK, 500, 300, 70, 30, 14 },
		{ SLAB, LIGHT, 500, 600, 130, 140, 30 }, { OVAL, ACCENT, 500, 560, 50, 50, 0 },
		{ SLAB, ACCENT, 500, 670, 80, 8, 6 }),
};

/* Background above and below, then what the paints are. */
static const struct palette {
	uint32_t top, bottom, paints[4];
} palettes[] = {
	{ 0xf8f4ee, 0xe6dccf, { 0xf4efe6, 0x5b5148, 0xfffdf8, 0xd98c5f } },
	{ 0xeef4f3, 0xcfe0dd, { 0x8fb8ad, 0x2f4a46, 0xe9f5f1, 0xf2b872 } },
	{ 0xf1f4fa, 0xd3ddee, { 0x7f97c4, 0x2a3550, 0xe8effb, 0xf6a5a0 } },
	{ 0xfbf1f0, 0xf0d6d3, { 0xe3a7a0, 0x5a3b3c, 0xfff3f0, 0x7fa6a0 } },
	{ 0xf3f3f5, 0xd9dade, { 0x4a4e57, 0x23252b, 0xb9bec9, 0x62c6b4 } },
	{ 0xf7f5e9, 0xe5e1c3, { 0xd8c26e, 0x54502f, 0xfdf8dc, 0x6d9a75 } },
	{ 0xf4f0fa, 0xdcd2ee, { 0xa795cf, 0x3d3358, 0xf2ecff, 0xf0c36a } },
	{ 0xeff5ea, 0xd2e3c6, { 0xfafaf5, 0x4c5a44, 0xffffff, 0x86ad6b } },
	{ 0xf2f6f8, 0xcfe0e8, { 0xfbfdfe, 0x3c4d58, 0xffffff, 0x4f9bc0 } },
};

struct canvas {
	struct rgb *pixels;
	int width, height;
	float scale, left, top; /* from the square of SIDE to pixels */
};

static struct rgb rgb_of(uint32_t c)
{
	return (struct rgb){ (float)(c >> 16 & 255), (float)(c >> 8 & 255), (float)(c & 255) };
}

static struct rgb mix(struct rgb a, struct rgb b, float t)
{
	return (struct rgb){ a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t };
}

static float clamp(float v, float min, float max)
{
	return v < min ? min : v > max ? max : v;
}

/* How far a point is outside (below 0: inside); after Quilez, "2D distance functions". */
static float oval_distance(float x, float y, float a, float b)
{
	float k = hypotf(x / a, y / b), l = hypotf(x / (a * a), y / (b * b));

	return l > 0 ? k * (k - 1) / l : -(a < b ? a : b);
}

static float slab_distance(float x, float y, float a, float b, float r)
{
	float dx, dy, inside;

	r = fminf(r, fminf(a, b));
	dx = fabsf(x) - a + r;
	dy = fabsf(y) - b + r;
	inside = fminf(fmaxf(dx, dy), 0);
	return hypotf(fmaxf(dx, 0), fmaxf(dy, 0)) + inside - r;
}

static float line_distance(float x, float y, float dx, float dy, float r)
{
	float t = clamp((x * dx + y * dy) / (dx * dx + dy * dy), 0, 1);

	return hypotf(x - t * dx, y - t * dy) - r;
}

static float distance(const struct part *p, float x, float y)
{
	x -= p->x;
	y -= p->y;
	switch (p->form) {
	case OVAL:
		return oval_distance(x, y, p->a, p->b);
	case SLAB:
		return slab_distance(x, y, p->a, p->b, p->r);
	case LINE:
		return line_distance(x, y, p->a - p->x, p->b - p->y, p->r);
	case RING:
		return fabsf(oval_distance(x, y, p->a, p->b)) - p->r;
	}
	return SIDE;
}

struct box {
	float left, top, right, bottom;
};

static struct box box_of(const struct part *p)
{
	if (p->form == LINE)
		return (struct box){ fminf(p->x, p->a) - p->r, fminf(p->y, p->b) - p->r,
			fmaxf(p->x, p->a) + p->r, fmaxf(p->y, p->b) + p->r };
	float more = p->form == RING ? p->r : 0;

	return (struct box){ p->x - p->a - more, p->y - p->b - more, p->x + p->a + more,
		p->y + p->b + more };
}

/* A pixel further out than the box on each side, for the soft edge. */
static int to_pixel(float v, float origin, float scale, int more, int max)
{
	float at = floorf(origin + v * scale) + (float)more;

	return (int)clamp(at, 0, (float)max);
}

/* Light from the upper left, a darker edge on the right. */
static struct rgb shade(struct rgb c, const struct box *b, float x, float y)
{
	static const struct rgb white = { 255, 255, 255 }, ink = { 30, 28, 40 };
	float across = (x - b->left) / (b->right - b->left + 1);
	float down = (y - b->top) / (b->bottom - b->top + 1);
	float light = 0.62f - 0.75f * across - 0.25f * down;

	return light > 0 ? mix(c, white, 0.22f * light) : mix(c, ink, -0.32f * light);
}

static void paint_part(struct canvas *c, const struct part *p, struct rgb colour)
{
	struct box b = box_of(p);
	int x0 = to_pixel(b.left, c->left, c->scale, -1, c->width);
	int x1 = to_pixel(b.right, c->left, c->scale, 2, c->width);
	int y0 = to_pixel(b.top, c->top, c->scale, -1, c->height);
	int y1 = to_pixel(b.bottom, c->top, c->scale, 2, c->height);

	for (int y = y0; y < y1; y++) {
		for (int x = x0; x < x1; x++) {
			float u = ((float)x + 0.5f - c->left) / c->scale;
			float v = ((float)y + 0.5f - c->top) / c->scale;
			float cover = clamp(0.5f - distance(p, u, v) * c->scale, 0, 1);
			struct rgb *pixel = &c->pixels[y * c->width + x];

			if (cover > 0)
				*pixel = mix(*pixel, shade(colour, &b, u, v), cover);
		}
	}
}

/* A gradient, a glow behind the product, its shadow on the floor. */
static void paint_ground(struct canvas *c, const struct palette *p)
{
	static const struct rgb white = { 255, 255, 255 };
	struct rgb top = rgb_of(p->top), bottom = rgb_of(p->bottom), dark = rgb_of(p->paints[DARK]);

	for (int y = 0; y < c->height; y++) {
		for (int x = 0; x < c->width; x++) {
			float u = ((float)x + 0.5f - c->left) / c->scale;
			float v = ((float)y + 0.5f - c->top) / c->scale;
			float glow = expf(-(powf(u - 500, 2) + powf(v - 430, 2)) / 110000);
			float shadow = expf(-powf((u - 510) / 300, 2) - powf((v - FLOOR) / 34, 2));
			struct rgb colour = mix(top, bottom, clamp(v / SIDE, 0, 1));

			colour = mix(colour, white, 0.6f * glow);
			c->pixels[y * c->width + x] = mix(colour, dark, 0.34f * shadow);
		}
	}
}

/* Half a step of noise from the place breaks up bands in the gradient. */
static unsigned char to_byte(float v, uint32_t at)
{
	float noise = (float)(at * 2654435761u >> 24) / 256 - 0.5f;

	return (unsigned char)clamp(v + 0.5f + noise, 0, 255);
}

static unsigned char *to_bytes(const struct canvas *c)
{
	size_t n = (size_t)c->width * (size_t)c->height;
	unsigned char *bytes = xreallocarray(NULL, n, 3);

	for (size_t i = 0; i < n; i++) {
		bytes[3 * i] = to_byte(c->pixels[i].r, (uint32_t)i);
		bytes[3 * i + 1] = to_byte(c->pixels[i].g, (uint32_t)i);
		bytes[3 * i + 2] = to_byte(c->pixels[i].b, (uint32_t)i);
	}
	return bytes;
}

static bool in_range(int side)
{
	return side >= DRAW_SIDE_MIN && side <= DRAW_SIDE_MAX;
}

unsigned char *draw_product(enum draw_shape shape, uint64_t seed, int width, int height)
{
	const struct palette *p = &palettes[seed % ARRAY_LEN(palettes)];
	struct canvas c = { .width = width, .height = height };
	unsigned char *bytes;
	/* Some are a little smaller than others. */
	float zoom = 0.84f + 0.02f * (float)(seed_mix(seed, 9) % 5);
	int side = width < height ? width : height;

	if (!in_range(width) || !in_range(height) || (unsigned)shape >= DRAW_SHAPES)
		return NULL;
	c.pixels = xcalloc((size_t)width * (size_t)height, sizeof(*c.pixels));
	c.scale = (float)side / SIDE * zoom;
	c.left = (float)width / 2 - c.scale * SIDE / 2;
	c.top = (float)height / 2 - c.scale * SIDE / 2;
	paint_ground(&c, p);
	for (const struct part *part = shapes[shape]; part->a >= 0; part++)
		paint_part(&c, part, rgb_of(p->paints[part->paint]));
	bytes = to_bytes(&c);
	free(c.pixels);
	return bytes;
}
