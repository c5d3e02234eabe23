/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_message.c - StructMessage in both framings; in the other one it brings
 * the same flows.
 */
#include "flow/message.h"
#include "flows.h"
#include "format/json_read.h"

#define ARENA_MAX ((size_t)256 << 20)

static void touch(const struct message *m)
{
	fuzz_touch(m->namespace);
	fuzz_touch(m->type);
	fuzz_touch(m->uuid);
	fuzz_touch(m->obj);
}

static void put_varint(struct buf *b, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		buf_putc(b, (char)(value | 0x80));
	buf_putc(b, (char)value);
}

static void put_bytes(struct buf *b, unsigned number, struct str bytes)
{
	put_varint(b, number << 3 | 2);
	put_varint(b, bytes.len);
	buf_put(b, bytes);
}

static void put_protobuf(struct buf *b, const struct message *m)
{
	put_bytes(b, 1, m->namespace);
	put_bytes(b, 2, m->type);
	put_bytes(b, 3, m->uuid);
	put_varint(b, 4 << 3);
	put_varint(b, (uint64_t)m->status);
	put_varint(b, 5 << 3);
	put_varint(b, m->is_protobuf);
	put_bytes(b, 6, m->obj);
}

static void put_json(struct buf *b, const struct message *m)
{
	buf_puts(b, "{\"Namespace\":");
	json_put_string(b, m->namespace);
	buf_puts(b, ",\"Type\":");
	json_put_string(b, m->type);
	buf_printf(b, ",\"UUID\":\"\",\"Status\":%lld,\"Obj\":", (long long)m->status);
	buf_put(b, m->obj.len ? m->obj : STR("null"));
	buf_puts(b, "}");
}

/* Whether the text can stand in JSON as a value. */
static bool is_json(struct str text)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct json_reader r;
	bool is;

	json_reader_init(&r, text, &arena);
	is = json_skip(&r, NULL) && json_at_end(&r);
	arena_fini(&arena);
	return is;
}

static void check_flows(const struct message *a, const struct message *b)
{
	struct buf one = BUF_INIT(FUZZ_MEMORY), other = BUF_INIT(FUZZ_MEMORY);
	size_t bad[2];
	int error[2];

	fuzz_check(message_has_flows(b), "flows are flows in both framings");
	flows_decode(decode_json, a->obj, &one, &error[0], &bad[0]);
	flows_decode(decode_json, b->obj, &other, &error[1], &bad[1]);
	fuzz_check(error[0] == error[1] && bad[0] == bad[1] &&
			   str_equal(buf_str(&one), buf_str(&other)),
		   "both framings bring the same flows");
	buf_fini(&one);
	buf_fini(&other);
}

static void check_other(const struct message *m, enum framing framing)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct buf b = BUF_INIT(FUZZ_MEMORY);
	struct err err = ERR_INIT;
	struct message other;

	if (framing == FRAMING_PROTOBUF)
		put_protobuf(&b, m);
	else
		put_json(&b, m);
	fuzz_check(message_parse(buf_str(&b), framing, &arena, &other, &err) == 0,
		   "a message can be framed otherwise");
	fuzz_check(other.status == m->status, "the status stays");
	check_flows(m, &other);
	buf_fini(&b);
	arena_fini(&arena);
}

static void parse(struct str bytes, enum framing framing)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct err err = ERR_INIT;
	struct message m;
	int error = message_parse(bytes, framing, &arena, &m, &err);

	fuzz_check(!error == !*err.text, "whoever fails says why");
	if (!error) {
		touch(&m);
		if (message_has_flows(&m) && is_json(m.obj)) {
			check_other(&m, FRAMING_PROTOBUF);
			check_other(&m, FRAMING_JSON);
		}
	}
	arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	parse(fuzz_str(data, size), FRAMING_PROTOBUF);
	parse(fuzz_str(data, size), FRAMING_JSON);
	return 0;
}
