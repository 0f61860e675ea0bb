/* SPDX-License-Identifier: MIT */
#include "xml.h"

#include <errno.h>

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlwriter.h>

#include "buf.h"
#include "text.h"

struct xml_writer {
	xmlBufferPtr buffer;
	xmlTextWriterPtr text;
	int error;
};

static void note(struct xml_writer *w, int rc)
{
	if (rc < 0 && !w->error)
		w->error = -ENOMEM;
}

struct xml_writer *xml_writer_new(void)
{
	struct xml_writer *w = xcalloc(1, sizeof(*w));

	w->buffer = xmlBufferCreate();
	w->text = w->buffer ? xmlNewTextWriterMemory(w->buffer, 0) : NULL;
	if (w->text)
		note(w, xmlTextWriterStartDocument(w->text, "1.0", "UTF-8", NULL));
	else
		w->error = -ENOMEM;
	return w;
}

void xml_writer_free(struct xml_writer *w)
{
	if (!w)
		return;
	xmlFreeTextWriter(w->text);
	xmlBufferFree(w->buffer);
	free(w);
}

void xml_open(struct xml_writer *w, const char *name)
{
	if (!w->error)
		note(w, xmlTextWriterStartElement(w->text, (const xmlChar *)name));
}

void xml_close(struct xml_writer *w)
{
	/* The full form: some readers do not know <value/>. */
	if (!w->error)
		note(w, xmlTextWriterFullEndElement(w->text));
}

/* Bytes of the character at S that XML 1.0 cannot hold; 0 if it can. S is UTF-8. */
static size_t unfit(const unsigned char *s, size_t len)
{
	if (*s < 0x20 && *s != '\t' && *s != '\n')
		return 1;
	return len >= 3 && s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xbe ? 3 : 0;
}

void xml_text(struct xml_writer *w, const char *s, size_t len)
{
	CLEANUP_FREE char *fit = xmalloc(len + 1);
	size_t n = 0;

	if (!text_valid(s, len)) {
		w->error = w->error ? w->error : -EILSEQ;
		return;
	}
	for (size_t i = 0; i < len;) {
		size_t skip = unfit((const unsigned char *)s + i, len - i);

		i += skip;
		if (!skip)
			fit[n++] = s[i++];
	}
	fit[n] = '\0';
	if (!w->error)
		note(w, xmlTextWriterWriteString(w->text, (const xmlChar *)fit));
}

void xml_base64(struct xml_writer *w, const void *data, size_t len)
{
	if (!w->error)
		note(w, xmlTextWriterWriteBase64(w->text, data, 0, (int)len));
}

void xml_element(struct xml_writer *w, const char *name, const char *text)
{
	xml_open(w, name);
	xml_text(w, text, strlen(text));
	xml_close(w);
}

int xml_writer_take(struct xml_writer *w, char **ret, size_t *ret_len)
{
	if (!w->error)
		note(w, xmlTextWriterEndDocument(w->text));
	if (!w->error)
		note(w, xmlTextWriterFlush(w->text));
	if (w->error)
		return w->error;
	*ret_len = (size_t)xmlBufferLength(w->buffer);
	*ret = xstrndup((const char *)xmlBufferContent(w->buffer), *ret_len);
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
