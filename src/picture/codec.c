/* SPDX-License-Identifier: MIT */
#include "codec.h"

#include <errno.h>

#include <cairo.h>
#include <turbojpeg.h>

#define SOI_LEN 2

/* A pixel of cairo's is a number: its bytes lie as this machine has them. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NATIVE TJPF_BGRX
#else
#define NATIVE TJPF_XRGB
#endif

/* What a JPEG's header says, and the scale it is decoded at. */
struct plan {
	int width, height, space;
};

/* The smallest that is enough for WIDTH x HEIGHT twice over. */
static void choose_scale(struct plan *p, int width, int height)
{
	int count = 0, full_width = p->width, full_height = p->height;
	const tjscalingfactor *all = tjGetScalingFactors(&count);

	for (int i = 0; all && i < count; i++) {
		int w = TJSCALED(full_width, all[i]), h = TJSCALED(full_height, all[i]);

		if (w >= 2 * (int64_t)width && h >= 2 * (int64_t)height && w < p->width) {
			p->width = w;
			p->height = h;
		}
	}
}

/* Adobe writes ink as 255 less what it is. */
static void cmyk_to_rgb(struct pixels *p, bool inverted)
{
	size_t count = (size_t)p->width * (size_t)p->height;

	for (size_t i = 0; i < count; i++) {
		unsigned char v[4];
		uint32_t rgb = 0xff;

		memcpy(v, &p->data[i], sizeof(v));
		for (int c = 0; c < 3; c++) {
			uint32_t ink = inverted ? v[c] : 255u - v[c];
			uint32_t black = inverted ? v[3] : 255u - v[3];

			rgb = rgb << 8 | (ink * black + 127) / 255;
		}
		p->data[i] = rgb;
	}
}

static int check_header(tjhandle h, const void *data, size_t len, struct plan *p, struct err *e)
{
	int sampling;

	if (tjDecompressHeader3(h, data, len, &p->width, &p->height, &sampling, &p->space))
		return err_set(e, -EINVAL, "the picture is damaged or cut short (%.100s)",
			tjGetErrorStr2(h));
	/* Again: the header that counts is the one that the decoder goes by. */
	if (p->width < 1 || p->height < 1 || p->width > CODEC_SIDE_MAX ||
			p->height > CODEC_SIDE_MAX ||
			(int64_t)p->width * p->height > CODEC_PIXELS_MAX)
		return err_set(e, -EFBIG, "the picture is %d x %d pixels, more than can be taken",
			p->width, p->height);
	return 0;
}

struct pixels *codec_read_jpeg(const void *data, size_t len, const struct exif *x, int width,
	int height, bool *rgb, struct err *e)
{
	/* Without the first a picture cut short counts as whole, its rest grey. */
	const int flags = TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT;
	tjhandle h = tjInitDecompress();
	struct pixels *p = NULL;
	struct plan plan = { 0, 0, 0 };
	bool cmyk;

	if (!h || check_header(h, data, len, &plan, e))
		goto out;
	cmyk = plan.space == TJCS_CMYK || plan.space == TJCS_YCCK;
	*rgb = !cmyk && plan.space != TJCS_GRAY;
	choose_scale(&plan, width, height);
	p = pixels_new(plan.width, plan.height, false);
	if (tjDecompress2(h, data, len, (unsigned char *)p->data, p->width, p->width * 4,
			p->height, cmyk ? TJPF_CMYK : NATIVE, flags)) {
		err_set(e, -EINVAL, "the picture is damaged or cut short (%.100s)",
			tjGetErrorStr2(h));
		pixels_free(p);
		p = NULL;
	} else if (cmyk) {
		cmyk_to_rgb(p, x->adobe);
	}
out:
	if (h)
		tjDestroy(h);
	return p;
}

static cairo_surface_t *surface_of(struct pixels *p)
{
	return cairo_image_surface_create_for_data((unsigned char *)p->data,
		p->alpha ? CAIRO_FORMAT_ARGB32 : CAIRO_FORMAT_RGB24, p->width, p->height,
		p->width * 4);
}

/* Paints FROM over the whole of TO. 0 or -1. */
static int paint(struct pixels *from, struct pixels *to)
{
	cairo_surface_t *source = surface_of(from), *target = surface_of(to);
	cairo_t *c = cairo_create(target);
	cairo_status_t status;

	cairo_scale(c, (double)to->width / from->width, (double)to->height / from->height);
	cairo_set_source_surface(c, source, 0, 0);
	/* GOOD looks at every pixel of the source when it shrinks, since cairo 1.14. */
	cairo_pattern_set_filter(cairo_get_source(c), CAIRO_FILTER_GOOD);
	/* Without it the edges would fade into what is not there. */
	cairo_pattern_set_extend(cairo_get_source(c), CAIRO_EXTEND_PAD);
	cairo_set_operator(c, CAIRO_OPERATOR_SOURCE);
	cairo_paint(c);
	status = cairo_status(c);
	cairo_destroy(c);
	cairo_surface_finish(target);
	cairo_surface_destroy(target);
	cairo_surface_destroy(source);
	return status == CAIRO_STATUS_SUCCESS ? 0 : -1;
}

struct pixels *codec_scale(struct pixels *p, int width, int height)
{
	struct pixels *to;

	if (p->width == width && p->height == height)
		return p;
	to = pixels_new(width, height, p->alpha);
	if (paint(p, to)) {
		pixels_free(to);
		to = NULL;
	}
	pixels_free(p);
	return to;
}

struct reading {
	const unsigned char *p;
	size_t left;
};

static cairo_status_t read_more(void *user, unsigned char *data, unsigned len)
{
	struct reading *r = user;

	if (len > r->left)
		return CAIRO_STATUS_READ_ERROR;
	memcpy(data, r->p, len);
	r->p += len;
	r->left -= len;
	return CAIRO_STATUS_SUCCESS;
}

/* Out of cairo's rows, which may have gaps. NULL if it is a format of another kind. */
static struct pixels *copy_surface(cairo_surface_t *s)
{
	cairo_format_t format = cairo_image_surface_get_format(s);
	const unsigned char *from = cairo_image_surface_get_data(s);
	size_t stride = (size_t)cairo_image_surface_get_stride(s), row;
	struct pixels *p;

	if (format != CAIRO_FORMAT_ARGB32 && format != CAIRO_FORMAT_RGB24)
		return NULL;
	p = pixels_new(cairo_image_surface_get_width(s), cairo_image_surface_get_height(s),
		format == CAIRO_FORMAT_ARGB32);
	row = (size_t)p->width * sizeof(*p->data);
	for (size_t y = 0; y < (size_t)p->height; y++)
		memcpy((unsigned char *)p->data + y * row, from + y * stride, row);
	return p;
}

struct pixels *codec_read_png(const void *data, size_t len, struct err *e)
{
	struct reading r = { data, len };
	cairo_surface_t *s = cairo_image_surface_create_from_png_stream(read_more, &r);
	cairo_status_t status = cairo_surface_status(s);
	struct pixels *p = NULL;

	if (status == CAIRO_STATUS_SUCCESS)
		p = copy_surface(s);
	if (!p)
		err_set(e, -EINVAL, "the picture is damaged or cut short (%s)",
			status == CAIRO_STATUS_SUCCESS ?
			_("a depth of colour that is not known") :
			cairo_status_to_string(status));
	cairo_surface_destroy(s);
	return p;
}

/* Behind JFIF's segment, which must be the first if it is there. */
static void insert_icc(const unsigned char *data, size_t len, const struct buf *icc,
	struct buf *out)
{
	size_t at = SOI_LEN;

	if (len > 6 && data[2] == 0xff && data[3] == 0xe0)
		at += 2 + ((size_t)data[4] << 8 | data[5]);
	if (at > len)
		at = SOI_LEN;
	buf_add(out, data, at);
	if (icc)
		buf_add(out, buf_cstr(icc), icc->len);
	buf_add(out, data + at, len - at);
}

int codec_write_jpeg(const struct pixels *p, int quality, const struct buf *icc, struct buf *out)
{
	tjhandle h = tjInitCompress();
	unsigned char *data = NULL;
	unsigned long len = 0;
	int r = -EIO;

	if (h && !tjCompress2(h, (const unsigned char *)p->data, p->width, p->width * 4, p->height,
			NATIVE, &data, &len, quality >= 90 ? TJSAMP_444 : TJSAMP_420, quality,
			TJFLAG_ACCURATEDCT | TJFLAG_PROGRESSIVE)) {
		insert_icc(data, len, icc, out);
		r = buf_failed(out) ? -EIO : 0;
	}
	tjFree(data);
	if (h)
		tjDestroy(h);
	return r;
}

static cairo_status_t write_more(void *user, const unsigned char *data, unsigned len)
{
	struct buf *out = user;

	buf_add(out, data, len);
	return buf_failed(out) ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

int codec_write_png(struct pixels *p, struct buf *out)
{
	cairo_surface_t *s = surface_of(p);
	cairo_status_t status = cairo_surface_write_to_png_stream(s, write_more, out);

	cairo_surface_destroy(s);
	return status == CAIRO_STATUS_SUCCESS ? 0 : -EIO;
}
