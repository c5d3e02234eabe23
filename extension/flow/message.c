/* SPDX-License-Identifier: Apache-2.0 */
/* message.c - see message.h.
 *
 * The protobuf envelope is walked by hand: protobuf-c would copy obj, which is
 * the whole message but for some 60 bytes, for every message.
 */
#include <errno.h>
#include <string.h>
#include "flow/message.h"
#include "format/json_read.h"

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

enum {
	MESSAGE_NAMESPACE = 1,
	MESSAGE_TYPE,
	MESSAGE_UUID,
	MESSAGE_STATUS,
	MESSAGE_FORMAT,
	MESSAGE_OBJ,
};

static bool read_varint(struct str *rest, uint64_t *value)
{
	unsigned shift;

	*value = 0;
	for (shift = 0; shift < 70 && rest->len; shift += 7) {
		unsigned char c = (unsigned char)*rest->ptr;

		*rest = str_skip(*rest, 1);
		if (shift < 64)
			*value |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80)
			return true;
	}
	return false;
}

/* One field: its number, and its bytes or its value. */
static bool message_read_field(struct str *rest, uint64_t *number, struct str *bytes,
			       uint64_t *value)
{
	uint64_t key, len;

	*bytes = (struct str){ NULL, 0 };
	*value = 0;
	if (!read_varint(rest, &key) || key >> 3 == 0)
		return false;
	*number = key >> 3;
	switch (key & 7) {
	case WIRE_VARINT:
		return read_varint(rest, value);
	case WIRE_FIXED64:
		len = 8;
		break;
	case WIRE_FIXED32:
		len = 4;
		break;
	case WIRE_BYTES:
		if (!read_varint(rest, &len))
			return false;
		break;
	default:
		return false;
	}
	if (len > rest->len)
		return false;
	*bytes = (struct str){ rest->ptr, (size_t)len };
	*rest = str_skip(*rest, (size_t)len);
	return true;
}

static struct str skip_space(struct str bytes)
{
	while (bytes.len && *bytes.ptr && strchr(" \t\r\n", *bytes.ptr))
		bytes = str_skip(bytes, 1);
	return bytes;
}

/* No field of protobuf begins with a bracket or a brace. */
static bool is_json_value(struct str bytes)
{
	return bytes.len && (*bytes.ptr == '[' || *bytes.ptr == '{');
}

static int parse_protobuf(struct str rest, struct message *m, struct err *err)
{
	uint64_t number, value;
	struct str bytes;

	while (rest.len) {
		if (!message_read_field(&rest, &number, &bytes, &value))
			return err_set(err, "not a protobuf StructMessage");
		switch (number) {
		case MESSAGE_NAMESPACE:
			m->namespace = bytes;
			break;
		case MESSAGE_TYPE:
			m->type = bytes;
			break;
		case MESSAGE_UUID:
			m->uuid = bytes;
			break;
		case MESSAGE_STATUS:
			m->status = (int64_t)value;
			break;
		case MESSAGE_FORMAT:
			m->is_protobuf = value == 1;
			break;
		case MESSAGE_OBJ:
			m->obj = bytes;
			break;
		}
	}
	m->is_protobuf = m->is_protobuf && !is_json_value(m->obj);
	return 0;
}

/* The member that a JSON key means; keys match without regard to case. */
static struct str *text_member(struct message *m, struct str key)
{
	if (str_equal_nocase(key, STR("Namespace")))
		return &m->namespace;
	if (str_equal_nocase(key, STR("Type")))
		return &m->type;
	if (str_equal_nocase(key, STR("UUID")))
		return &m->uuid;
	return NULL;
}

static bool read_member(struct json_reader *r, struct message *m)
{
	struct str key, *text;

	if (!json_read_string(r, &key) || !json_next(r, ':'))
		return false;
	if (json_read_null(r))
		return true;
	text = text_member(m, key);
	if (text)
		return json_read_string(r, text);
	if (str_equal_nocase(key, STR("Status")))
		return json_read_i64(r, &m->status);
	return json_skip(r, str_equal_nocase(key, STR("Obj")) ? &m->obj : NULL);
}

static int parse_json(struct str text, struct arena *arena, struct message *m,
		      struct err *err)
{
	struct json_reader r;
	bool first = true;

	json_reader_init(&r, text, arena);
	if (!json_next(&r, '{'))
		return err_set(err, "not a JSON StructMessage");
	while (!json_next(&r, '}')) {
		if ((!first && !json_next(&r, ',')) || !read_member(&r, m))
			return err_set(err,
				       "not a JSON StructMessage: broken at byte %zu",
				       (size_t)(r.at - text.ptr));
		first = false;
	}
	if (!json_at_end(&r))
		return err_set(err, "something follows the StructMessage");
	return 0;
}

bool message_is_json(struct str bytes)
{
	bytes = skip_space(bytes);
	return bytes.len && *bytes.ptr == '{';
}

/* Behind a line feed a brace might be the length of a field: there the framing
 * decides. */
static bool is_surely_json(struct str bytes, enum framing framing)
{
	if (framing == FRAMING_JSON)
		return !bytes.len || message_is_json(bytes);
	return bytes.len && *bytes.ptr == '{';
}

/* Almost any text can be read as fields of protobuf that nobody knows. */
static bool is_envelope(const struct message *m)
{
	return m->namespace.len && m->type.len;
}

int message_parse(struct str bytes, enum framing framing, struct arena *arena,
		  struct message *message, struct err *err)
{
	struct err why = ERR_INIT;
	int error;

	*message = (struct message){ 0 };
	if (is_surely_json(bytes, framing))
		return parse_json(bytes, arena, message, err);
	error = parse_protobuf(bytes, message, &why);
	if (!error && (framing == FRAMING_PROTOBUF || is_envelope(message)))
		return 0;
	*message = (struct message){ 0 };
	if (message_is_json(bytes))
		return parse_json(bytes, arena, message, err);
	err_set(err, "%s",
		framing == FRAMING_JSON ? "not a JSON StructMessage" : why.text);
	return framing == FRAMING_JSON ? -EINVAL : error;
}

bool message_has_flows(const struct message *m)
{
	return str_is(m->type, "store") &&
	       (str_is(m->namespace, "flow") || str_starts(m->namespace, STR("flow/")));
}
