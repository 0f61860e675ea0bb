/* SPDX-License-Identifier: MIT */
#include "xml.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "buf.h"
#include "text.h"

/*
 * The writer is our own: libxml2's leaves out what finds no memory, now and then
 * without a word, and a part of a post would go out for the whole.
 */
#define WRITER_DEPTH_MAX 64
#define WRITER_BYTES_MAX (32u << 20)

struct xml_writer {
	struct buf text;
	const char *open[WRITER_DEPTH_MAX];
	size_t depth;
	int error;
};

struct xml_writer *xml_writer_new(void)
{
	struct xml_writer *w = xcalloc(1, sizeof(*w));

	buf_init(&w->text, WRITER_BYTES_MAX);
	buf_str(&w->text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	return w;
}

void xml_writer_free(struct xml_writer *w)
{
	if (!w)
		return;
	if (w->text.data)
		explicit_bzero(w->text.data, w->text.len);
	buf_finish(&w->text);
	free(w);
}

void xml_open(struct xml_writer *w, const char *name)
{
	assert(w->depth < WRITER_DEPTH_MAX);
	w->open[w->depth++] = name;
	buf_printf(&w->text, "<%s>", name);
}

void xml_close(struct xml_writer *w)
{
	assert(w->depth > 0);
	/* The full form: some readers do not know <value/>. */
	buf_printf(&w->text, "</%s>", w->open[--w->depth]);
}

/* Bytes of the character at S that XML 1.0 cannot hold; 0 if it can. S is UTF-8. */
static size_t unfit(const unsigned char *s, size_t len)
{
	if (*s < 0x20 && *s != '\t' && *s != '\n')
		return 1;
	return len >= 3 && s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xbe ? 3 : 0;
}

static void put_char(struct buf *out, char c)
{
	if (c == '&')
		buf_str(out, "&amp;");
	else if (c == '<')
		buf_str(out, "&lt;");
	else if (c == '>')
		buf_str(out, "&gt;");
	else if (c == '"')
		buf_str(out, "&quot;");
	else
		buf_char(out, c);
}

void xml_text(struct xml_writer *w, const char *s, size_t len)
{
	if (!text_valid(s, len)) {
		w->error = -EILSEQ;
		return;
	}
	for (size_t i = 0; i < len;) {
		size_t skip = unfit((const unsigned char *)s + i, len - i);

		i += skip;
		if (!skip)
			put_char(&w->text, s[i++]);
	}
}

void xml_base64(struct xml_writer *w, const void *data, size_t len)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t bits = (uint32_t)p[i] << 16 | (n > 1 ? (uint32_t)p[i + 1] << 8 : 0) |
			(n > 2 ? p[i + 2] : 0);
		char four[4];

		for (size_t k = 0; k < 4; k++)
			four[k] = k <= n ? letters[bits >> (18 - 6 * k) & 63] : '=';
		buf_add(&w->text, four, sizeof(four));
	}
}

void xml_element(struct xml_writer *w, const char *name, const char *text)
{
	xml_open(w, name);
	xml_text(w, text, strlen(text));
	xml_close(w);
}

int xml_writer_take(struct xml_writer *w, char **ret, size_t *ret_len)
{
	while (w->depth > 0)
		xml_close(w);
	buf_char(&w->text, '\n');
	if (!w->error && buf_failed(&w->text))
		w->error = -E2BIG;
	if (w->error)
		return w->error;
	*ret_len = w->text.len;
	*ret = buf_steal(&w->text);
	return 0;
}

static bool is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Past byte order marks and white space, in any order. */
static void trim(const char **data, size_t *len)
{
	for (;;) {
		size_t skip = *len >= 3 && memcmp(*data, "\xef\xbb\xbf", 3) == 0 ? 3 :
			*len && is_white(**data);

		if (!skip)
			return;
		*data += skip;
		*len -= skip;
	}
}

/* Deeper than XML_DEPTH_MAX; without recursion, which is what it protects. */
static bool too_deep(const xmlNode *root)
{
	const xmlNode *n = root;
	int depth = 1;

	while (n) {
		if (depth > XML_DEPTH_MAX)
			return true;
		if (n->type == XML_ELEMENT_NODE && n->children) {
			n = n->children;
			depth++;
			continue;
		}
		while (n && n != root && !n->next) {
			n = n->parent;
			depth--;
		}
		n = !n || n == root ? NULL : n->next;
	}
	return false;
}

static int check_doc(const xmlDoc *doc, struct err *e)
{
	if (doc->intSubset || doc->extSubset)
		return err_set(e, -EINVAL, "it has a DOCTYPE");
	if (!xmlDocGetRootElement(doc))
		return err_set(e, -EINVAL, "it has no element");
	if (too_deep(xmlDocGetRootElement(doc)))
		return err_set(e, -EINVAL, "it is nested more than %d deep", XML_DEPTH_MAX);
	return 0;
}

/* libxml2's words end in a line end. */
static int parse_error(const xmlParserCtxt *c, struct err *e)
{
	const char *text = c && c->lastError.message ? c->lastError.message : "";
	int len = (int)strcspn(text, "\r\n");

	return err_set(e, -EINVAL, "line %d: %.*s", c ? c->lastError.line : 0,
		len > 200 ? 200 : len, text);
}

/* What libxml2 says past its context, of encodings, would go to standard error. */
static void say_nothing(void *user, const char *fmt, ...)
{
	(void)user;
	(void)fmt;
}

int xml_parse(const char *data, size_t len, struct xml_doc **ret, struct err *e)
{
	xmlParserCtxtPtr context;
	xmlDoc *doc;
	int r;

	if (len > XML_BYTES_MAX)
		return err_set(e, -EFBIG, "it is longer than %u MiB", XML_BYTES_MAX >> 20);
	trim(&data, &len);
	if (!len)
		return err_set(e, -EINVAL, "it is empty");
	xmlSetGenericErrorFunc(NULL, say_nothing);
	context = xmlNewParserCtxt();
	if (!context)
		return err_set(e, -ENOMEM, "memory is gone");
	doc = xmlCtxtReadMemory(context, data, (int)len, NULL, NULL,
		XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA);
	r = doc ? check_doc(doc, e) : parse_error(context, e);
	xmlFreeParserCtxt(context);
	if (r)
		xmlFreeDoc(doc);
	else
		*ret = (struct xml_doc *)doc;
	return r;
}

void xml_doc_free(struct xml_doc *d)
{
	xmlFreeDoc((xmlDoc *)d);
}

const struct xml_node *xml_root(const struct xml_doc *d)
{
	return (const struct xml_node *)xmlDocGetRootElement((const xmlDoc *)d);
}

const char *xml_name(const struct xml_node *n)
{
	return (const char *)((const xmlNode *)n)->name;
}

/* N or the first after it that is an element of that NAME. */
static const struct xml_node *first_of(const xmlNode *n, const char *name)
{
	for (; n; n = n->next)
		if (n->type == XML_ELEMENT_NODE && (!name || str_eq((const char *)n->name, name)))
			return (const struct xml_node *)n;
	return NULL;
}

const struct xml_node *xml_child(const struct xml_node *n, const char *name)
{
	return n ? first_of(((const xmlNode *)n)->children, name) : NULL;
}

const struct xml_node *xml_next(const struct xml_node *n, const char *name)
{
	return n ? first_of(((const xmlNode *)n)->next, name) : NULL;
}

char *xml_content(const struct xml_node *n)
{
	xmlChar *text = xmlNodeGetContent((const xmlNode *)n);
	char *copy = xstrdup(text ? (const char *)text : "");

	xmlFree(text);
	return copy;
}
