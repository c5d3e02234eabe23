/* SPDX-License-Identifier: Apache-2.0 */
#include "telling.h"

#include "edit.h"
#include "graph.h"
#include "message.h"
#include "ops.h"

#include <stdio.h>
#include <string.h>

static struct text text_of(const struct message *event)
{
	return (struct text){ event->obj, event->obj_len };
}

/* The same event with another type and object, which is taken. */
static struct message *retell(const struct message *event, const char *suffix,
			      struct bytes *obj)
{
	char type[64];

	snprintf(type, sizeof(type), "%.4s%s", event->type, suffix);
	return message_new((struct text){ event->ns, strlen(event->ns) },
			   (struct text){ type, strlen(type) },
			   (struct text){ event->uuid, strlen(event->uuid) }, obj->data,
			   obj->len);
}

static struct message *to_partial(struct text known, const struct message *event)
{
	static const char *const names[] = { "ID", "UpdatedAt", "Revision" };
	struct text text = text_of(event), value;
	struct bytes obj = { .data = NULL };
	size_t i;

	bytes_add(&obj, "{", 1);
	for (i = 0; i < 3; i++) {
		value = edit_find(text, names[i]);
		if (value.len)
			bytes_addf(&obj, "\"%s\":%.*s,", names[i], (int)value.len,
				   value.at);
	}
	bytes_addf(&obj, "\"Ops\":");
	if (graph_is_edge(event) || !known.len)
		bytes_addf(&obj, "null");
	else
		ops_between(&obj, edit_find(known, "Metadata"),
			    edit_find(text, "Metadata"));
	bytes_add(&obj, "}", 1);
	return retell(event, "PartiallyUpdated", &obj);
}

struct telling telling_of(const struct graph *graph, struct message *event)
{
	struct text known = graph_known(graph, event);
	struct telling telling = { .full = NULL };
	struct bytes now;

	switch (graph_change(event)) {
	case CHANGE_PATCH:
		telling.partial = message_ref(event);
		if (!known.len)
			break;
		now = ops_apply(known, text_of(event));
		telling.full = retell(event, "Updated", &now);
		break;
	case CHANGE_UPDATE:
		telling.full = message_ref(event);
		telling.partial = to_partial(known, event);
		break;
	default:
		telling.full = message_ref(event);
		telling.partial = message_ref(event);
		break;
	}
	return telling;
}

struct telling telling_verbatim(struct message *event)
{
	return (struct telling){ .full = message_ref(event),
				 .partial = message_ref(event) };
}

void telling_end(struct telling *telling)
{
	message_unref(telling->full);
	message_unref(telling->partial);
	*telling = (struct telling){ .full = NULL };
}
