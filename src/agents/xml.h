/* SPDX-License-Identifier: MIT */
#ifndef XML_H
#define XML_H

#include <stddef.h>

#include "util.h"

/* A writer, and the door to libxml2: a reader for what strangers send. */

/*
 * A writer. What goes wrong is remembered and told by xml_writer_take(), so a
 * caller may write in sequence. Names are kept until the end. Text is checked to
 * be UTF-8 and loses what XML 1.0 cannot hold: control characters but tab
 * and line feed, U+FFFE and U+FFFF.
 */
struct xml_writer;

struct xml_writer *xml_writer_new(void);
void xml_writer_free(struct xml_writer *w); /* NULL is fine */

void xml_open(struct xml_writer *w, const char *name);
void xml_close(struct xml_writer *w);
void xml_text(struct xml_writer *w, const char *s, size_t len);
void xml_base64(struct xml_writer *w, const void *data, size_t len);
void xml_element(struct xml_writer *w, const char *name, const char *text);

/*
 * Closes what is open; the document as a string to free() in *RET. 0, -EILSEQ
 * if a text was no UTF-8, -E2BIG over 32 MiB.
 */
int xml_writer_take(struct xml_writer *w, char **ret, size_t *ret_len) MUST_CHECK;

/* Of a document that is read: bytes, and elements within elements. */
#define XML_BYTES_MAX (16u << 20)
#define XML_DEPTH_MAX 64

struct xml_doc;
struct xml_node; /* an element; belongs to its document */

/*
 * White space and a byte order mark before the document are passed over: real
 * WordPress plug-ins emit them. Refused is a DOCTYPE, so that no entity can
 * grow or name a file; the network is never asked. 0; -EINVAL with the reason
 * in E: no XML, a DOCTYPE, too deep; -EFBIG.
 */
int xml_parse(const char *data, size_t len, struct xml_doc **ret, struct err *e) MUST_CHECK;
void xml_doc_free(struct xml_doc *d); /* NULL is fine */

const struct xml_node *xml_root(const struct xml_doc *d);
const char *xml_name(const struct xml_node *n); /* without a prefix */

/* The first element in N, or the next beside it, of that NAME (NULL: any); NULL if none. */
const struct xml_node *xml_child(const struct xml_node *n, const char *name);
const struct xml_node *xml_next(const struct xml_node *n, const char *name);

/* All text in N and below, UTF-8, to free(); never NULL. */
char *xml_content(const struct xml_node *n);

#endif
