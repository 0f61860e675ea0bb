/* SPDX-License-Identifier: MIT */
#include "xmlrpc.h"

#include <errno.h>
#include <limits.h>

#include "xml.h"

static void write_value(struct xml_writer *w, const struct value *v,
	const struct xmlrpc_bits *bits);

static void open_member(struct xml_writer *w, const char *name)
{
	xml_open(w, "member");
	xml_element(w, "name", name);
}

static void write_struct(struct xml_writer *w, const struct value *v,
	const struct xmlrpc_bits *bits)
{
	xml_open(w, "struct");
	for (size_t i = 0; i < value_len(v); i++) {
		open_member(w, value_name_at(v, i));
		write_value(w, value_member_at(v, i), NULL);
		xml_close(w);
	}
	if (bits) {
		open_member(w, bits->name);
		xml_open(w, "value");
		xml_open(w, "base64");
		xml_base64(w, bits->data, bits->len);
		xml_close(w);
		xml_close(w);
		xml_close(w);
	}
	xml_close(w);
}

static void write_array(struct xml_writer *w, const struct value *v)
{
	xml_open(w, "array");
	xml_open(w, "data");
	for (size_t i = 0; i < value_len(v); i++)
		write_value(w, value_at(v, i), NULL);
	xml_close(w);
	xml_close(w);
}

static void write_number(struct xml_writer *w, const char *type, int64_t number)
{
	char text[24];

	str_format_cut(text, sizeof(text), "%lld", (long long)number);
	xml_element(w, type, text);
}

static void write_value(struct xml_writer *w, const struct value *v, const struct xmlrpc_bits *bits)
{
	xml_open(w, "value");
	switch (value_kind(v)) {
	case VALUE_OBJECT:
		write_struct(w, v, bits);
		break;
	case VALUE_LIST:
		write_array(w, v);
		break;
	case VALUE_BOOL:
		write_number(w, "boolean", value_bool(v, false));
		break;
	case VALUE_INT:
		write_number(w, "int", value_int(v, 0));
		break;
	default:
		xml_element(w, "string", value_string(v, ""));
	}
	xml_close(w);
}

int xmlrpc_write(const char *method, const struct value *params, const struct xmlrpc_bits *bits,
	char **ret, size_t *ret_len)
{
	struct xml_writer *w = xml_writer_new();
	int r;

	xml_open(w, "methodCall");
	xml_element(w, "methodName", method);
	xml_open(w, "params");
	for (size_t i = 0; i < value_len(params); i++) {
		xml_open(w, "param");
		write_value(w, value_at(params, i), i + 1 == value_len(params) ? bits : NULL);
		xml_close(w);
	}
	xml_close(w);
	r = xml_writer_take(w, ret, ret_len);
	xml_writer_free(w);
	return r;
}

static struct value *read_value(const struct xml_node *n);

static struct value *read_struct(const struct xml_node *n)
{
	struct value *v = value_new_object();
	const struct xml_node *m = xml_child(n, "member");

	for (; m; m = xml_next(m, "member")) {
		const struct xml_node *name = xml_child(m, "name"), *value = xml_child(m, "value");

		if (name && value) {
			CLEANUP_FREE char *text = xml_content(name);
			value_set(v, text, read_value(value));
		}
	}
	return v;
}

static struct value *read_array(const struct xml_node *n)
{
	struct value *v = value_new_list();
	const struct xml_node *item = xml_child(xml_child(n, "data"), "value");

	for (; item; item = xml_next(item, "value"))
		value_append(v, read_value(item));
	return v;
}

/* Past the white space and signs that other writers put there. */
static struct value *read_int(const char *text)
{
	int64_t number;
	CLEANUP_FREE char *digits = NULL;

	text += strspn(text, " \t\r\n");
	text += *text == '+';
	digits = xstrndup(text, strcspn(text, " \t\r\n"));
	return parse_int64(digits, INT64_MIN, INT64_MAX, &number) ? value_new_null() :
		value_new_int(number);
}

/* N is <value>; without a type in it, it is a string. */
static struct value *read_value(const struct xml_node *n)
{
	const struct xml_node *type = xml_child(n, NULL);
	const char *name = type ? xml_name(type) : "string";
	CLEANUP_FREE char *text = NULL;

	if (str_eq(name, "struct"))
		return read_struct(type);
	if (str_eq(name, "array"))
		return read_array(type);
	text = xml_content(type ? type : n);
	if (str_eq(name, "int") || str_eq(name, "i4") || str_eq(name, "i8"))
		return read_int(text);
	if (str_eq(name, "boolean"))
		return value_new_bool(text[strspn(text, " \t\r\n")] == '1');
	if (str_eq(name, "nil"))
		return value_new_null();
	return value_new_string(text);
}

static int bad(struct err *e, const char *why)
{
	return err_set(e, -EBADMSG, "%s", tr(why));
}

/* Control characters as spaces: it becomes a part of one line. */
static void copy_line(char *to, size_t size, const char *text)
{
	str_format_cut(to, size, "%s", text);
	for (char *c = to; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
}

static int read_fault(const struct xml_node *n, struct xmlrpc_fault *fault, struct err *e)
{
	const struct xml_node *value = xml_child(n, "value");
	struct value *v;
	int64_t code;
	const char *digits;

	if (!value)
		return bad(e, "the fault in it is empty");
	v = read_value(value);
	/* Some servers send the code as a string. */
	digits = value_get_string(v, "faultCode", NULL);
	code = value_get_int(v, "faultCode", INT_MIN);
	if (digits && parse_int64(digits, INT_MIN, INT_MAX, &code))
		code = INT_MIN;
	fault->code = code < INT_MIN || code > INT_MAX ? INT_MIN : (int)code;
	copy_line(fault->text, sizeof(fault->text), value_get_string(v, "faultString", ""));
	value_free(v);
	return -EREMOTEIO;
}

static int read_response(const struct xml_node *root, struct value **ret,
	struct xmlrpc_fault *fault, struct err *e)
{
	const struct xml_node *n;

	if (!str_eq(xml_name(root), "methodResponse"))
		return bad(e, "it is XML, but no XML-RPC response");
	n = xml_child(root, "fault");
	if (n)
		return read_fault(n, fault, e);
	n = xml_child(xml_child(xml_child(root, "params"), "param"), "value");
	if (!n)
		return bad(e, "there is no value in it");
	*ret = read_value(n);
	return 0;
}

int xmlrpc_read(const char *data, size_t len, struct value **ret, struct xmlrpc_fault *fault,
	struct err *e)
{
	struct xml_doc *doc = NULL;
	struct err why = { "" };
	int r;

	if (xml_parse(data, len, &doc, &why))
		return err_set(e, -EBADMSG, "it is no XML that can be read: %s", why.text);
	r = read_response(xml_root(doc), ret, fault, e);
	xml_doc_free(doc);
	return r;
}
