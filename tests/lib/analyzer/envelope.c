/* SPDX-License-Identifier: Apache-2.0 */
#include "envelope.h"

#include "message.h"

#include <stdlib.h>
#include <string.h>

struct field {
	unsigned number;
	uint64_t value;	  /* of a varint, else the length */
	const char *data; /* NULL for a varint */
};

static bool read_varint(struct text *in, uint64_t *value)
{
	unsigned shift;

	*value = 0;
	for (shift = 0; in->len && shift < 64; shift += 7) {
		unsigned char byte = (unsigned char)*in->at++;

		in->len--;
		*value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	return false;
}

/* Only varints and byte strings occur in what an analyzer sends here. */
static bool read_field(struct text *in, struct field *field)
{
	uint64_t key;

	if (!read_varint(in, &key) || !read_varint(in, &field->value))
		return false;
	field->number = (unsigned)(key >> 3);
	field->data = NULL;
	if ((key & 7) == 0)
		return true;
	if ((key & 7) != 2 || field->value > in->len)
		return false;
	field->data = in->at;
	in->at += field->value;
	in->len -= field->value;
	return true;
}

struct message *message_from_protobuf(const char *data, size_t len)
{
	struct text in = { data, len }, part[7] = { { "", 0 } };
	uint64_t number[7] = { 0 };
	struct message *msg;
	struct field field;

	while (in.len) {
		if (!read_field(&in, &field))
			return NULL;
		if (field.number > 6)
			continue;
		if (field.data)
			part[field.number] = (struct text){ field.data, field.value };
		else
			number[field.number] = field.value;
	}
	msg = message_new(part[1], part[2], part[3], mem_strndup(part[6].at, part[6].len),
			  part[6].len);
	msg->status = (int64_t)number[4];
	msg->format = (int64_t)number[5];
	msg->obj_is_protobuf = msg->format == 1;
	return msg;
}

struct message *message_from_json(const char *text, size_t len)
{
	struct scan scan = scan_begin((struct text){ text, len });
	struct text key, value, ns = { "", 0 }, type = ns, uuid = ns, obj = ns;
	int64_t status = 0, format = 0;
	struct message *msg;

	while (scan_member(&scan, &key, &value)) {
		if (text_is(key, "Namespace"))
			ns = text_unquote(value);
		else if (text_is(key, "Type"))
			type = text_unquote(value);
		else if (text_is(key, "UUID"))
			uuid = text_unquote(value);
		else if (text_is(key, "Status"))
			status = strtoll(value.at, NULL, 10);
		else if (text_is(key, "Format"))
			format = strtoll(value.at, NULL, 10);
		else if (text_is(key, "Obj"))
			obj = value;
	}
	msg = message_new(ns, type, uuid, mem_strndup(obj.at, obj.len), obj.len);
	msg->status = status;
	msg->format = format;
	return msg;
}

/* flow.Stats: 1 CaptureID string, then five int64. */
static void add_stats_json(struct bytes *out, const struct message *msg)
{
	static const char *const names[] = { "FlowCount", "FlowDropped",
					     "KernelFlowDropped", "PacketsDropped",
					     "PacketsReceived" };
	struct text in = { msg->obj, msg->obj_len }, capture = { "", 0 };
	uint64_t number[5] = { 0 };
	struct field field;
	size_t i;

	while (in.len && read_field(&in, &field)) {
		if (field.number == 1 && field.data)
			capture = (struct text){ field.data, field.value };
		else if (field.number >= 2 && field.number <= 6 && !field.data)
			number[field.number - 2] = field.value;
	}
	bytes_add(out, "{", 1);
	if (capture.len)
		bytes_addf(out, "\"CaptureID\":\"%.*s\",", (int)capture.len, capture.at);
	for (i = 0; i < 5; i++)
		bytes_addf(out, "%s\"%s\":%lld", i ? "," : "", names[i],
			   (long long)number[i]);
	bytes_add(out, "}", 1);
}

void envelope_add_json(struct bytes *out, const struct message *msg)
{
	bytes_reserve(out, msg->obj_len + 256);
	bytes_add(out, "{", 1);
	if (*msg->ns)
		bytes_addf(out, "\"Namespace\":\"%s\",", msg->ns);
	if (*msg->type)
		bytes_addf(out, "\"Type\":\"%s\",", msg->type);
	bytes_addf(out, "\"UUID\":\"%s\",", msg->uuid);
	if (msg->status)
		bytes_addf(out, "\"Status\":%lld,", (long long)msg->status);
	if (msg->format)
		bytes_addf(out, "\"Format\":%lld,", (long long)msg->format);
	bytes_addf(out, "\"Obj\":");
	if (msg->obj_is_protobuf)
		add_stats_json(out, msg);
	else
		bytes_add(out, msg->obj, msg->obj_len);
	bytes_add(out, "}", 1);
}

static void add_varint(struct bytes *out, uint64_t value)
{
	unsigned char byte;

	for (; value > 0x7f; value >>= 7) {
		byte = (unsigned char)(value | 0x80);
		bytes_add(out, &byte, 1);
	}
	byte = (unsigned char)value;
	bytes_add(out, &byte, 1);
}

static void add_number(struct bytes *out, unsigned number, int64_t value)
{
	if (!value)
		return;
	add_varint(out, number << 3);
	add_varint(out, (uint64_t)value);
}

static void add_bytes(struct bytes *out, unsigned number, const char *data, size_t len)
{
	if (!len)
		return;
	add_varint(out, number << 3 | 2);
	add_varint(out, len);
	bytes_add(out, data, len);
}

void envelope_add_protobuf(struct bytes *out, const struct message *msg)
{
	bytes_reserve(out, msg->obj_len + 256);
	add_bytes(out, 1, msg->ns, strlen(msg->ns));
	add_bytes(out, 2, msg->type, strlen(msg->type));
	add_bytes(out, 3, msg->uuid, strlen(msg->uuid));
	add_number(out, 4, msg->status);
	add_number(out, 5, msg->obj_is_protobuf ? 1 : 0);
	add_bytes(out, 6, msg->obj, msg->obj_len);
}
