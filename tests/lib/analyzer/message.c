/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"

#include "envelope.h"
#include "frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Random enough to be unique, and the same in every run of a test. */
static uint64_t next_random(void)
{
	static uint64_t state;
	uint64_t z = state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static void make_uuid(char uuid[40])
{
	uint64_t a = next_random(), b = next_random();

	snprintf(uuid, 40, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32),
		 (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff),
		 (unsigned)(0x8000 | (b >> 48 & 0x3fff)),
		 (unsigned long long)(b & 0xffffffffffff));
}

static struct object_place place_of(const char *base, struct text text)
{
	return (struct object_place){ .at = (size_t)(text.at - base), .len = text.len };
}

static struct flow find_flow(const char *base, struct text text)
{
	struct flow flow = { .text = place_of(base, text) };
	struct scan scan = scan_begin(text);
	struct text key, value;

	while (scan_member(&scan, &key, &value)) {
		struct object_place place = place_of(base, text_unquote(value));

		if (text_is(key, "UUID"))
			flow.uuid = place;
		else if (text_is(key, "ParentUUID"))
			flow.parent = place;
		else if (text_is(key, "CaptureID"))
			flow.capture = place;
	}
	return flow;
}

static void find_flows(struct message *msg)
{
	struct scan scan = scan_begin((struct text){ msg->obj, msg->obj_len });
	struct text text;
	size_t cap = 0;

	while (scan_element(&scan, &text)) {
		if (msg->flow_count == cap) {
			cap = cap ? 2 * cap : 128;
			msg->flows = mem_realloc(msg->flows, cap * sizeof(*msg->flows));
		}
		msg->flows[msg->flow_count++] = find_flow(msg->obj, text);
	}
}

struct message *message_new(struct text ns, struct text type, struct text uuid, char *obj,
			    size_t obj_len)
{
	struct message *msg = mem_zalloc(sizeof(*msg));

	msg->refs = 1;
	msg->ns = mem_strndup(ns.at, ns.len);
	msg->type = mem_strndup(type.at, type.len);
	if (uuid.len)
		snprintf(msg->uuid, sizeof(msg->uuid), "%.*s", (int)uuid.len, uuid.at);
	else
		make_uuid(msg->uuid);
	msg->status = 200;
	msg->obj = obj;
	msg->obj_len = obj_len;
	if (!strcmp(msg->type, "store"))
		find_flows(msg);
	return msg;
}

struct message *message_new_stats(const char *capture)
{
	struct bytes obj = { .data = NULL };

	bytes_addf(&obj,
		   "{\"CaptureID\":\"%s\",\"FlowCount\":0,\"FlowDropped\":0,"
		   "\"KernelFlowDropped\":0,\"PacketsDropped\":0,"
		   "\"PacketsReceived\":0}",
		   capture);
	return message_new((struct text){ "stats", 5 }, (struct text){ "stats", 5 },
			   (struct text){ NULL, 0 }, obj.data, obj.len);
}

struct message *message_ref(struct message *msg)
{
	msg->refs++;
	return msg;
}

void message_unref(struct message *msg)
{
	if (!msg || --msg->refs)
		return;
	bytes_free(&msg->wire[0]);
	bytes_free(&msg->wire[1]);
	free(msg->flows);
	free(msg->obj);
	free(msg->type);
	free(msg->ns);
	free(msg);
}

const struct bytes *message_wire(struct message *msg, bool protobuf)
{
	struct bytes *wire = &msg->wire[protobuf];
	struct bytes envelope = { .data = NULL };

	if (wire->len)
		return wire;
	if (protobuf)
		envelope_add_protobuf(&envelope, msg);
	else
		envelope_add_json(&envelope, msg);
	frame_add_message(wire, protobuf ? FRAME_BINARY : FRAME_TEXT, envelope.data,
			  envelope.len);
	bytes_free(&envelope);
	return wire;
}

static unsigned hex_value(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
}

/* XOR keeps different UUIDs different. The first digit stays, because Skydive
 * writes these numbers without leading zeros. */
static void renew_uuid(char *obj, struct object_place place, uint32_t round)
{
	size_t i;

	for (i = place.len; i > 1 && round; i--, round >>= 4) {
		char *digit = &obj[place.at + i - 1];

		*digit = "0123456789abcdef"[(hex_value(*digit) ^ round) & 15];
	}
}

struct message *message_renew(const struct message *old, uint32_t round)
{
	struct message *msg = mem_zalloc(sizeof(*msg));
	unsigned i;

	*msg = *old;
	msg->refs = 1;
	msg->ns = mem_strndup(old->ns, strlen(old->ns));
	msg->type = mem_strndup(old->type, strlen(old->type));
	msg->obj = mem_strndup(old->obj, old->obj_len);
	msg->flows = NULL;
	memset(msg->wire, 0, sizeof(msg->wire));
	make_uuid(msg->uuid);
	if (!old->flow_count)
		return msg;
	msg->flows = mem_zalloc(old->flow_count * sizeof(*msg->flows));
	memcpy(msg->flows, old->flows, old->flow_count * sizeof(*msg->flows));
	for (i = 0; i < msg->flow_count; i++) {
		renew_uuid(msg->obj, msg->flows[i].uuid, round);
		renew_uuid(msg->obj, msg->flows[i].parent, round);
	}
	return msg;
}

struct message *message_pick(const struct message *all, const char *capture)
{
	struct bytes obj = { .data = NULL };
	struct bytes ns = { .data = NULL };
	struct message *msg;
	unsigned i;

	for (i = 0; i < all->flow_count; i++) {
		const struct flow *flow = &all->flows[i];
		struct text id = { all->obj + flow->capture.at, flow->capture.len };

		if (!text_is(id, capture))
			continue;
		bytes_add(&obj, obj.len ? "," : "[", 1);
		bytes_add(&obj, all->obj + flow->text.at, flow->text.len);
	}
	if (!obj.len)
		return NULL;
	bytes_add(&obj, "]", 1);
	bytes_addf(&ns, "flow/%s", capture);
	msg = message_new((struct text){ ns.data, ns.len }, (struct text){ "store", 5 },
			  (struct text){ NULL, 0 }, obj.data, obj.len);
	bytes_free(&ns);
	return msg;
}
