/* SPDX-License-Identifier: MIT */
/* A picture's header; and a JPEG without its EXIF is the same picture without EXIF. */
#include "fuzz.h"

#include "exif.h"
#include "image.h"

static void strip(const void *data, size_t len)
{
	struct image before, after;
	struct buf once, twice;
	struct err e;

	buf_init(&once, IMAGE_BYTES_MAX);
	buf_init(&twice, IMAGE_BYTES_MAX);
	if (image_strip_jpeg(data, len, &once) == 0) {
		MUST(once.len <= len);
		MUST(image_strip_jpeg(once.data, once.len, &twice) == 0);
		MUST(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
		if (image_look(data, len, &before, &e) == 0) {
			MUST(image_look(once.data, once.len, &after, &e) == 0);
			MUST(before.width == after.width && before.height == after.height);
		}
	}
	buf_finish(&once);
	buf_finish(&twice);
}

FUZZ(image)
{
	struct image look, sniff;
	struct exif x;
	struct err e = { "" };
	int r = image_look(data, len, &look, &e);

	if (r == 0)
		MUST(look.width > 0 && look.height > 0 && look.mime && look.ext);
	else
		MUST(fuzz_is_line(e.text) && *e.text);
	if (image_sniff(data, len, &sniff, &e) == 0)
		MUST(r == 0 && sniff.width <= IMAGE_SIDE_MAX && sniff.height <= IMAGE_SIDE_MAX);
	exif_read(data, len, &x);
	MUST(x.orientation >= 1 && x.orientation <= 8);
	exif_finish(&x);
	strip(data, len);
}
