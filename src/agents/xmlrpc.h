/* SPDX-License-Identifier: MIT */
#ifndef XMLRPC_H
#define XMLRPC_H

#include <stddef.h>

#include "util.h"
#include "value.h"

/* XML-RPC as text: a call, and what comes back. No request leaves here. */

struct xmlrpc_bits {
	const char *name; /* of the member */
	const void *data;
	size_t len;
};

/*
 * The call METHOD(PARAMS...), a list of values. BITS may be NULL; else they
 * become a base64 member of the last parameter, which is an object. The text in
 * *RET is to free(). 0, or -EILSEQ if a text is no UTF-8.
 */
int xmlrpc_write(const char *method, const struct value *params, const struct xmlrpc_bits *bits,
	char **ret, size_t *ret_len) MUST_CHECK;

struct xmlrpc_fault {
	int code; /* INT_MIN where it is no number */
	char text[300]; /* one line of the server's; may be "" */
};

/*
 * The value that a response holds, to value_free(). Dates and base64 stay text.
 * 0; -EREMOTEIO and FAULT; -EBADMSG with the reason in E: no XML-RPC.
 */
int xmlrpc_read(const char *data, size_t len, struct value **ret, struct xmlrpc_fault *fault,
	struct err *e) MUST_CHECK;

#endif
