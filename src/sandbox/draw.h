/* SPDX-License-Identifier: MIT */
#ifndef DRAW_H
#define DRAW_H

#include <stdint.h>

/* Small calm pictures of made-up products. Pure: the same bytes for the same seed. */
enum draw_shape {
	DRAW_BOX,
	DRAW_FRYER,
	DRAW_KETTLE,
	DRAW_COFFEE,
	DRAW_BLENDER,
	DRAW_POT,
	DRAW_PAN,
	DRAW_TUMBLER,
	DRAW_MUG,
	DRAW_VACUUM,
	DRAW_ROBOT,
	DRAW_PURIFIER,
	DRAW_HUMIDIFIER,
	DRAW_FAN,
	DRAW_DRYER,
	DRAW_EARBUDS,
	DRAW_HEADPHONE,
	DRAW_SPEAKER,
	DRAW_POWERBANK,
	DRAW_LAPTOP,
	DRAW_MONITOR,
	DRAW_KEYBOARD,
	DRAW_MOUSE,
	DRAW_LAMP,
	DRAW_CHAIR,
	DRAW_PILLOW,
	DRAW_TISSUE,
	DRAW_BOTTLE,
	DRAW_SHAPES,
};

#define DRAW_SIDE_MIN 16
#define DRAW_SIDE_MAX 1500

/*
 * RGB, three bytes a pixel, rows without padding; the caller free()s it. NULL
 * if a side is out of range or there is no such shape.
 */
unsigned char *draw_product(enum draw_shape shape, uint64_t seed, int width, int height);

#endif
