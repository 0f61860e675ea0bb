/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <errno.h>
#include <math.h>

#include <json-c/json.h>

#include "text.h"

/*
 * json-c does the parsing. Even its strict mode takes NaN, Infinity, single
 * quotes, raw control characters, lone surrogates and duplicate members, and
 * saturates integers (seen with 0.16). So a scan of the words goes first and
 * counts what is there. An object with a name twice comes out smaller; and so
 * does all that json-c leaves out, without a word, where memory fails.
 */
struct tally {
	size_t members; /* of objects */
	size_t items;   /* values of all kinds, and names */
	size_t bytes;   /* of all strings, names too */
	bool infinite;  /* a number that is none */
};

struct scan {
	const char *text;
	size_t len, at;
	unsigned depth;
	struct tally there;
	struct err *e;
};

static int scan_fail(const struct scan *s, const char *reason)
{
	size_t line = 1, column = 1;

	for (size_t i = 0; i < s->at && i < s->len; i++) {
		column++;
		if (s->text[i] == '\n') {
			line++;
			column = 1;
		}
	}
	return err_set(s->e, -EINVAL, "not valid JSON at line %zu, byte %zu: %s",
		line, column, tr(reason));
}

static int peek(const struct scan *s, size_t ahead)
{
	return s->at + ahead < s->len ? (unsigned char)s->text[s->at + ahead] : -1;
}

static int hex4(const struct scan *s, size_t ahead)
{
	int code = 0;

	for (size_t i = 0; i < 4; i++) {
		int c = peek(s, ahead + i);

		if (c >= '0' && c <= '9')
			code = code * 16 + c - '0';
		else if ((c | 32) >= 'a' && (c | 32) <= 'f' && c > 0)
			code = code * 16 + (c | 32) - 'a' + 10;
		else
			return -1;
	}
	return code;
}

/* At a backslash. */
static int scan_escape(struct scan *s)
{
	int c = peek(s, 1), code;

	if (c != 'u') {
		if (c <= 0 || !strchr("\"\\/bfnrt", c))
			return scan_fail(s, "unknown escape in a string");
		s->at += 2;
		s->there.bytes++;
		return 0;
	}
	code = hex4(s, 2);
	if (code < 0)
		return scan_fail(s, "\\u needs four hexadecimal digits");
	if (code == 0)
		return scan_fail(s, "\\u0000 is not taken");
	if (code >= 0xDC00 && code <= 0xDFFF)
		return scan_fail(s, "half a surrogate pair");
	if (code >= 0xD800 && code <= 0xDBFF) {
		int low = peek(s, 6) == '\\' && peek(s, 7) == 'u' ? hex4(s, 8) : -1;

		if (low < 0xDC00 || low > 0xDFFF)
			return scan_fail(s, "half a surrogate pair");
		s->at += 6;
		s->there.bytes++;
	}
	s->at += 6;
	s->there.bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
	return 0;
}

static int scan_string(struct scan *s)
{
	s->at++;
	for (;;) {
		int c = peek(s, 0), r;

		if (c < 0)
			return scan_fail(s, "a string does not end");
		if (c < 0x20)
			return scan_fail(s, "a control character in a string");
		if (c == '"') {
			s->at++;
			return 0;
		}
		if (c != '\\') {
			s->at++;
			s->there.bytes++;
			continue;
		}
		r = scan_escape(s);
		if (r)
			return r;
	}
}

static size_t scan_digits(struct scan *s)
{
	size_t from = s->at;

	while (peek(s, 0) >= '0' && peek(s, 0) <= '9')
		s->at++;
	return s->at - from;
}

/* json-c keeps what fits into int64_t or uint64_t and silently bends the rest. */
static bool integer_fits(const char *digits, size_t n, bool negative)
{
	const char *limit = negative ? "9223372036854775808" : "18446744073709551615";
	size_t limit_len = strlen(limit);

	return n < limit_len || (n == limit_len && memcmp(digits, limit, n) <= 0);
}

static int scan_number(struct scan *s)
{
	bool negative = peek(s, 0) == '-', whole = true;
	size_t from, n;

	s->at += negative;
	from = s->at;
	n = scan_digits(s);
	if (n == 0 || (n > 1 && s->text[from] == '0'))
		return scan_fail(s, "this is no number");
	if (peek(s, 0) == '.') {
		whole = false;
		s->at++;
		if (!scan_digits(s))
			return scan_fail(s, "a digit must follow the decimal point");
	}
	if (peek(s, 0) == 'e' || peek(s, 0) == 'E') {
		whole = false;
		s->at++;
		s->at += peek(s, 0) == '+' || peek(s, 0) == '-';
		if (!scan_digits(s))
			return scan_fail(s, "the exponent has no digits");
	}
	if (whole && !integer_fits(s->text + from, n, negative))
		return scan_fail(s, "the number is too large");
	return 0;
}

static int scan_word(struct scan *s)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		size_t n = strlen(words[i]);

		if (s->len - s->at >= n && memcmp(s->text + s->at, words[i], n) == 0) {
			s->at += n;
			return 0;
		}
	}
	return scan_fail(s, "unexpected character");
}

static int scan_token(struct scan *s)
{
	int c = peek(s, 0);

	switch (c) {
	case '"':
		s->there.items++;
		return scan_string(s);
	case '{':
	case '[':
		s->there.items++;
		if (++s->depth > JSON_DEPTH_MAX)
			return scan_fail(s, "nested too deep");
		break;
	case '}':
	case ']':
		s->depth -= s->depth > 0;
		break;
	case ':':
		s->there.members++;
		break;
	case ',':
	case ' ':
	case '\t':
	case '\n':
	case '\r':
		break;
	default:
		s->there.items++;
		return c == '-' || (c >= '0' && c <= '9') ? scan_number(s) : scan_word(s);
	}
	s->at++;
	return 0;
}

static struct value *from_json(struct json_object *o, struct tally *got);

static struct value *from_list(struct json_object *o, struct tally *got)
{
	struct value *list = value_new_list();

	for (size_t i = 0; i < json_object_array_length(o); i++)
		value_append(list, from_json(json_object_array_get_idx(o, i), got));
	return list;
}

static struct value *from_object(struct json_object *o, struct tally *got)
{
	struct value *object = value_new_object();

	json_object_object_foreach(o, name, item) {
		value_set(object, name, from_json(item, got));
		got->members++;
		got->items++;
		got->bytes += strlen(name);
	}
	return object;
}

static struct value *from_int(struct json_object *o)
{
	uint64_t u = json_object_get_uint64(o);

	if (u > INT64_MAX)
		return value_new_double((double)u);
	return value_new_int(json_object_get_int64(o));
}

static struct value *from_json(struct json_object *o, struct tally *got)
{
	got->items++;
	switch (json_object_get_type(o)) {
	case json_type_boolean:
		return value_new_bool(json_object_get_boolean(o));
	case json_type_int:
		return from_int(o);
	case json_type_double:
		if (!isfinite(json_object_get_double(o)))
			got->infinite = true;
		return value_new_double(json_object_get_double(o));
	case json_type_string:
		got->bytes += (size_t)json_object_get_string_len(o);
		return value_new_string_len(json_object_get_string(o),
			(size_t)json_object_get_string_len(o));
	case json_type_array:
		return from_list(o, got);
	case json_type_object:
		return from_object(o, got);
	case json_type_null:
		break;
	}
	return value_new_null();
}

/* *RET is the caller's to json_object_put(); NULL there is JSON's null. */
static int tokenise(struct scan *s, struct json_object **ret)
{
	struct json_tokener *tok = json_tokener_new_ex(JSON_DEPTH_MAX + 1);
	enum json_tokener_error error;

	if (!tok)
		return err_set(s->e, -ENOMEM, "out of memory for JSON");
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	*ret = json_tokener_parse_ex(tok, s->text, (int)s->len);
	error = json_tokener_get_error(tok);
	s->at = json_tokener_get_parse_end(tok);
	if (error == json_tokener_continue) {
		/* A number at the very end waits for something that ends it. */
		*ret = json_tokener_parse_ex(tok, "", 1);
		error = json_tokener_get_error(tok);
		s->at = s->len;
	}
	json_tokener_free(tok);
	if (error == json_tokener_continue)
		return scan_fail(s, "it ends too early");
	if (error != json_tokener_success)
		return scan_fail(s, json_tokener_error_desc(error));
	for (; s->at < s->len; s->at++)
		if (!strchr(" \t\r\n", s->text[s->at]))
			return scan_fail(s, "more text after the end");
	return 0;
}

static int check_tally(const struct scan *s, const struct tally *got)
{
	if (got->members != s->there.members)
		return err_set(s->e, -EINVAL, "not valid JSON: an object names a member twice");
	if (got->infinite)
		return err_set(s->e, -EINVAL, "not valid JSON: a number is too large");
	if (got->items != s->there.items || got->bytes != s->there.bytes)
		return err_set(s->e, -ENOMEM, "out of memory for JSON");
	return 0;
}

/* After the scan. */
static int make_value(struct scan *s, struct value **ret)
{
	struct tally got = { 0 };
	struct json_object *o = NULL;
	struct value *v;
	int r = tokenise(s, &o);

	if (r) {
		json_object_put(o);
		return r;
	}
	v = from_json(o, &got);
	json_object_put(o);
	r = check_tally(s, &got);
	if (r)
		value_free(v);
	else
		*ret = v;
	return r;
}

int json_parse(const char *text, size_t len, struct value **ret, struct err *e)
{
	struct scan s = { .text = text, .len = len, .e = e };
	int r = 0;

	if (len > JSON_TEXT_MAX)
		return err_set(e, -E2BIG, "JSON of %zu bytes is longer than %u bytes",
			len, JSON_TEXT_MAX);
	/* json-c's own check takes overlong forms and surrogates. */
	if (!text_valid(text, len))
		return err_set(e, -EINVAL, "not valid JSON: it is no UTF-8, or has a zero byte");
	while (!r && s.at < s.len)
		r = scan_token(&s);
	if (r)
		return r;
	/* A fault that memory made is gone the second time, one of the text is not. */
	return make_value(&s, ret) ? make_value(&s, ret) : 0;
}

/* Bytes of the well-formed character at S, or 0. */
static size_t character_len(const char *s, size_t len)
{
	for (size_t n = 1; n <= 4 && n <= len; n++)
		if (text_valid(s, n))
			return n;
	return 0;
}

static void print_ascii(char c, struct buf *out)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *at = c ? strchr(from, c) : NULL;

	if (at)
		buf_printf(out, "\\%c", to[at - from]);
	else if ((unsigned char)c < 0x20 || c == 0x7f)
		buf_printf(out, "\\u%04x", (unsigned char)c);
	else
		buf_char(out, c);
}

static void print_wide(const char *s, size_t n, struct buf *out)
{
	/* C1 controls move terminals; U+2028 and U+2029 end lines in scripts. */
	if (n == 2 && (unsigned char)s[0] == 0xC2 && (unsigned char)s[1] < 0xA0)
		buf_printf(out, "\\u%04x", (unsigned char)s[1]);
	else if (n == 3 && (memcmp(s, "\xE2\x80\xA8", 3) == 0 || memcmp(s, "\xE2\x80\xA9", 3) == 0))
		buf_printf(out, "\\u20%02x", (unsigned char)s[2] - 0x80);
	else
		buf_add(out, s, n);
}

static void print_string(const char *s, size_t len, struct buf *out)
{
	buf_char(out, '"');
	for (size_t i = 0; i < len;) {
		size_t n;

		if ((unsigned char)s[i] < 0x80) {
			print_ascii(s[i++], out);
			continue;
		}
		n = character_len(s + i, len - i);
		if (n)
			print_wide(s + i, n, out);
		else
			buf_str(out, "\xEF\xBF\xBD"); /* U+FFFD */
		i += n ? n : 1;
	}
	buf_char(out, '"');
}

/* The shortest form that reads back as the same double, and as a double. */
static void print_double(double d, struct buf *out)
{
	char text[40];

	if (!isfinite(d)) {
		buf_str(out, "null");
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		if (str_format(text, sizeof(text), "%.*g", digits, d))
			return;
		if (strtod(text, NULL) == d)
			break;
	}
	buf_str(out, text);
	if (!strpbrk(text, ".e"))
		buf_str(out, ".0");
}

static void print_break(unsigned depth, bool pretty, struct buf *out)
{
	if (pretty)
		buf_printf(out, "\n%*s", (int)depth * 2, "");
}

static void print_value(const struct value *v, unsigned depth, bool pretty, struct buf *out);

static void print_container(const struct value *v, unsigned depth, bool pretty, struct buf *out)
{
	bool object = value_kind(v) == VALUE_OBJECT;
	size_t n = value_len(v);

	buf_char(out, object ? '{' : '[');
	for (size_t i = 0; i < n; i++) {
		const struct value *item = object ? value_member_at(v, i) : value_at(v, i);

		if (i)
			buf_char(out, ',');
		print_break(depth + 1, pretty, out);
		if (object) {
			const char *name = value_name_at(v, i);

			print_string(name, strlen(name), out);
			buf_str(out, pretty ? ": " : ":");
		}
		print_value(item, depth + 1, pretty, out);
	}
	if (n)
		print_break(depth, pretty, out);
	buf_char(out, object ? '}' : ']');
}

static void print_value(const struct value *v, unsigned depth, bool pretty, struct buf *out)
{
	switch (value_kind(v)) {
	case VALUE_NULL:
		buf_str(out, "null");
		break;
	case VALUE_BOOL:
		buf_str(out, value_bool(v, false) ? "true" : "false");
		break;
	case VALUE_INT:
		buf_printf(out, "%lld", (long long)value_int(v, 0));
		break;
	case VALUE_DOUBLE:
		print_double(value_double(v, 0), out);
		break;
	case VALUE_STRING:
		print_string(value_string(v, ""), value_len(v), out);
		break;
	case VALUE_LIST:
	case VALUE_OBJECT:
		print_container(v, depth, pretty, out);
		break;
	}
}

void json_print(const struct value *v, bool pretty, struct buf *out)
{
	print_value(v, 0, pretty, out);
}

char *json_string(const struct value *v, bool pretty)
{
	struct buf out;
	char *text;

	buf_init(&out, JSON_TEXT_MAX);
	json_print(v, pretty, &out);
	text = buf_steal(&out);
	buf_finish(&out);
	return text;
}
