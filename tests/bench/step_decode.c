/* SPDX-License-Identifier: Apache-2.0 */
/* step_decode.c - from the bytes of a message to a batch of flows, and the end
 * of the batch. See bench.h.
 */
#include <stdlib.h>
#include "bench.h"

struct decode {
	struct state state;
	struct stream stream;
	char **copy; /* what the batches take */
	struct batch_account account;
};

static void *start(size_t passes, const char *name)
{
	struct decode *d = calloc(1, sizeof(*d));

	if (!d)
		fail("out of memory");
	stream_read(&d->stream, name);
	d->state = (struct state){
		.passes = passes,
		.flows = d->stream.flows * passes,
		.bytes = d->stream.bytes * passes,
	};
	d->copy = calloc(d->stream.messages * passes, sizeof(char *));
	if (!d->copy)
		fail("out of memory");
	return d;
}

static void *start_protobuf(size_t passes)
{
	return start(passes, "flows.pb");
}

static void *start_json(size_t passes)
{
	return start(passes, "flows.jsonl");
}

static void *start_agents(size_t passes)
{
	return start(passes, "agents.flowmsg.pb");
}

/* Batches own their messages. */
static void prepare(void *state)
{
	struct decode *d = state;
	size_t i;

	for (i = 0; i < d->stream.messages * d->state.passes; i++) {
		struct str message = d->stream.message[i % d->stream.messages];

		d->copy[i] = malloc(message.len + 1);
		if (!d->copy[i])
			fail("out of memory");
		memcpy(d->copy[i], message.ptr, message.len);
	}
}

static void run(void *state)
{
	struct decode *d = state;
	struct batch *batch;
	struct str bytes;
	size_t i;

	for (i = 0; i < d->stream.messages * d->state.passes; i++) {
		bytes = (struct str){
			d->copy[i],
			d->stream.message[i % d->stream.messages].len,
		};
		batch = bench_decode(bytes, d->stream.kind, d->copy[i], &d->account);
		batch_done(batch);
		batch_unref(batch);
	}
}

static void end(void *state)
{
	struct decode *d = state;

	stream_free(&d->stream);
	free(d->copy);
	free(d);
}

const struct step steps_decode[] = {
	{ "decode", start_protobuf, prepare, run, end },
	{ "decode-json-framing", start_json, prepare, run, end },
	{ "decode-agents", start_agents, prepare, run, end },
	{ 0 },
};
