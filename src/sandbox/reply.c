/* SPDX-License-Identifier: MIT */
#include "reply.h"

#include "json.h"
#include "util.h"
#include "value.h"

#define JSON_TYPE "application/json;charset=UTF-8"

void reply_init(struct reply *r)
{
	*r = (struct reply){ .status = 200, .type = JSON_TYPE, .outcome = "ok" };
	buf_init(&r->body, REPLY_BODY_MAX);
}

void reply_finish(struct reply *r)
{
	if (r)
		buf_finish(&r->body);
}

void reply_set(struct reply *r, int status, const char *type, const char *text)
{
	r->status = status;
	r->type = type ? type : JSON_TYPE;
	r->location[0] = '\0';
	buf_reset(&r->body);
	buf_str(&r->body, text);
}

void reply_refuse(struct reply *r, const char *code, const char *message)
{
	struct value *v = value_new_object();

	value_set_string(v, "rCode", code);
	value_set_string(v, "rMessage", message);
	value_set(v, "data", value_new_null());
	reply_set(r, 200, NULL, NULL);
	json_print(v, false, &r->body);
	value_free(v);
}
