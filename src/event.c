/* SPDX-License-Identifier: MIT */
#include "event.h"

#include <stddef.h>

/* Without a pointer in it: no page of it is ever written to. */
static const struct {
	char name[20], id[33];
	unsigned char carries, same;
} events[EVENT_COUNT] = {
#define EVENT_ROW(name, text, id, carries, same) [EVENT_##name] = { text, id, carries, same },
	EVENT_TABLE(EVENT_ROW)
#undef EVENT_ROW
};

const char *event_name(enum event event)
{
	return event == EVENT_NONE ? NULL : events[event].name;
}

const char *event_id(enum event event)
{
	return event == EVENT_NONE ? NULL : events[event].id;
}

unsigned event_carries(enum event event)
{
	return events[event].carries;
}

unsigned event_same(enum event event)
{
	return events[event].same;
}
