/* SPDX-License-Identifier: Apache-2.0 */
/* shard_batch.c - messages of a shard to batches, always the same ones from a cut on.
 *
 * A stage sees the records of a batch together, so which messages are in one must not
 * depend on when they came: a batch ends at a cut, at a multiple of a part's interval,
 * and after so many messages or bytes.
 *
 * With the header "format" a message is one flow, as JSON or protobuf, as the writer kafka
 * sends it; without it is a StructMessage, as an analyzer's subscribers get it.
 */
#include <errno.h>
#include "flow/decode.h"
#include "flow/message.h"
#include "source/shard_private.h"

#define MESSAGES_MAX 256
#define BYTES_MAX    ((size_t)256 << 10)

void shard_batch_end(struct shard *s)
{
	struct batch *batch = s->batch;

	if (!batch)
		return;
	s->batch = NULL;
	s->messages = 0;
	batch->clock_ms = s->borders.clock_ms;
	batch_close(batch);
	s->host->count(s->host->context, batch, s->router);
	if (!router_deliver(s->router, batch)) {
		struct err err = { .text = "out of memory" };

		s->host->bad_message(s->host->context, &err);
		s->has_failed = true;
	}
}

void shard_batch_drop(struct shard *s)
{
	batch_unref(s->batch);
	s->batch = NULL;
}

static int64_t step_of(const struct shard *s, int64_t time_ms)
{
	int64_t rest = time_ms % s->step_ms;

	return time_ms / s->step_ms - (rest < 0);
}

void shard_batch_step(struct shard *s, int64_t time_ms)
{
	int64_t clock_ms = s->borders.clock_ms;

	if (s->batch && time_ms > clock_ms && step_of(s, time_ms) != step_of(s, clock_ms))
		shard_batch_end(s);
}

/* A copy with something before and after it, for a flow to be a list of one. */
static struct str keep(struct batch *batch, struct str before, struct str value,
		       struct str after)
{
	size_t len = before.len + value.len + after.len;
	char *to = arena_bytes(&batch->arena, len + 1);

	if (!to)
		return (struct str){ NULL, 0 };
	to[len] = '\0';
	if (before.len)
		memcpy(to, before.ptr, before.len);
	if (value.len)
		memcpy(to + before.len, value.ptr, value.len);
	if (after.len)
		memcpy(to + before.len + value.len, after.ptr, after.len);
	return (struct str){ to, len };
}

static int no_room(struct batch *batch, struct err *err)
{
	batch->bad[BAD_FLOW_MEMORY]++;
	batch_close(batch);
	return err_set(err, "flows: too large for the memory of a batch");
}

static int decode_flow(struct batch *batch, struct str value, struct str format,
		       struct err *err)
{
	struct str list;

	if (str_starts(format, STR(SHARD_FLOW_PROTOBUF)))
		return decode_pb_flow(value, batch, err);
	if (!str_starts(format, STR(SHARD_FLOW_JSON)))
		return err_set(err,
			       "messages of the format \"" STR_FMT "\" are no flows: "
			       "who writes them must have transform none",
			       STR_ARG(format));
	list = keep(batch, STR("["), value, STR("]"));
	return list.ptr ? decode_json(list, batch, err) : no_room(batch, err);
}

static int decode_struct(struct batch *batch, struct str value, struct err *err)
{
	struct str bytes = keep(batch, STR(""), value, STR(""));
	struct message message;

	if (!bytes.ptr)
		return no_room(batch, err);
	if (message_parse(bytes, FRAMING_JSON, &batch->arena, &message, err) < 0)
		return -EINVAL;
	if (!message_has_flows(&message))
		return 0;
	if (message.is_protobuf)
		return err_set(err, "flows that are not JSON");
	return decode_json(message.obj, batch, err);
}

static struct batch *begin_batch(struct shard *s, size_t size)
{
	struct batch *batch = batch_new(NULL, size > BYTES_MAX ? size : BYTES_MAX,
					s->host->account);

	if (batch)
		batch->size = 0;
	return batch;
}

void shard_batch_add(struct shard *s, struct str value, struct str format)
{
	struct err err = { .text = "out of memory" };
	int error = -ENOMEM;

	if (s->batch && s->batch->size + value.len > BYTES_MAX)
		shard_batch_end(s);
	if (!s->batch)
		s->batch = begin_batch(s, value.len);
	if (s->batch) {
		s->batch->size += value.len;
		s->messages++;
		error = format.len ? decode_flow(s->batch, value, format, &err)
				   : decode_struct(s->batch, value, &err);
	}
	if (error == -ENOMEM)
		s->has_failed = true;
	if (error)
		s->host->bad_message(s->host->context, &err);
	if (s->batch && (s->messages >= MESSAGES_MAX || s->batch->is_closed))
		shard_batch_end(s);
}
