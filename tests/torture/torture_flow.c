/* SPDX-License-Identifier: Apache-2.0 */
/* torture_flow.c - messages and flows, from JSON and from protobuf. */
#include <errno.h>
#include "flow/decode.h"
#include "flow/encode_pb.h"
#include "flow/message.h"
#include "format/json_write.h"
#include "samples.h"
#include "torture.h"

static void put_flows(struct outcome *o, const struct batch *batch, int *error)
{
	struct buf text = BUF_INIT(1 << 18);
	size_t flows = batch->count, i;

	for (i = 0; i < batch->count; i++)
		json_put_record(&text, &flow_shape, &batch->flows[i],
				(struct json_style){ 0 });
	outcome_put(o, buf_str(&text));
	if (!*error)
		*error = buf_error(&text);
	for (i = 0; !*error && i < BAD_FLOW_REASONS; i++) {
		outcome_put_i64(o, (int64_t)batch->bad[i]);
		flows += batch->bad[i];
	}
	if (!*error)
		outcome_put_i64(o, (int64_t)flows);
	buf_fini(&text);
}

/* The last number, with the blank before it. */
static struct str sum_of(const struct outcome *o)
{
	const char *at = memrchr(o->text, ' ', o->len - 1);

	return str_skip((struct str){ o->text, o->len }, (size_t)(at - o->text));
}

/* The first flows are as usual, and the others are counted. */
static bool lacks_flows(const struct outcome *present, const struct outcome *usual)
{
	const char *end = memrchr(present->text, '}', present->len);
	size_t len = end ? (size_t)(end - present->text) + 1 : 0;

	return len <= usual->len && memcmp(present->text, usual->text, len) == 0 &&
	       str_equal(sum_of(present), sum_of(usual));
}

static int decode_text(struct outcome *o)
{
	struct batch *batch = batch_new(NULL, 0, NULL);
	struct message message;
	struct err err = ERR_INIT;
	int error;

	if (!batch)
		return -ENOMEM;
	error = message_parse(sample_message(), FRAMING_JSON, &batch->arena, &message,
			      &err);
	if (!error)
		error = decode_json(message.obj, batch, &err);
	batch_done(batch);
	put_flows(o, batch, &error);
	batch_unref(batch);
	return error;
}

static int decode_protobuf(struct outcome *o)
{
	struct batch *batch = batch_new(NULL, 0, NULL);
	struct err err = ERR_INIT;
	int error;

	if (!batch)
		return -ENOMEM;
	error = decode_pb(sample_datagram(), batch, &err);
	batch_done(batch);
	put_flows(o, batch, &error);
	batch_unref(batch);
	return error;
}

/* A layer with an escape, which takes memory. */
static int encode_protobuf_flow(struct outcome *o)
{
	const struct flow flow = {
		.uuid = STR("u"),
		.dns = { STR("{\"op_code\":\"\\u003c\",\"questions\":[{\"name\":"
			     "\"a\\tb\"}],\"timestamp\":\"2019-02-26T16:47:00.1Z\"}") },
	};
	struct buf row = BUF_INIT(4096);
	size_t left_out = encode_pb(&flow, &row);
	int error = buf_error(&row);

	if (!error)
		outcome_put(o, buf_str(&row));
	if (!error)
		outcome_put_i64(o, (int64_t)left_out);
	buf_fini(&row);
	return error;
}

const struct operation torture_flow[] = {
	{ .name = "flow/message, json",
	  .run = decode_text,
	  .keeps_first = true,
	  .allows = lacks_flows },
	{ .name = "flow/decode_pb",
	  .run = decode_protobuf,
	  .keeps_first = true,
	  .allows = lacks_flows },
	{ .name = "flow/encode_pb", .run = encode_protobuf_flow },
	{ 0 },
};
