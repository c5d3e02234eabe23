/* SPDX-License-Identifier: Apache-2.0 */
/* flows.h - flows as text, to compare what was decoded in different ways. */
#ifndef FUZZ_FLOWS_H
#define FUZZ_FLOWS_H

#include "flow/batch.h"
#include "flow/decode.h"
#include "flow/encode_pb.h"
#include "flow/pb_write.h"
#include "format/json_write.h"
#include "fuzz.h"

/* A JSON list of the flows, as our writer writes it. */
static inline void flows_put(struct buf *b, const struct batch *batch)
{
	size_t i;

	buf_putc(b, '[');
	for (i = 0; i < batch->count; i++) {
		if (i)
			buf_putc(b, ',');
		json_put_record(b, &flow_shape, &batch->flows[i],
				(struct json_style){ 0 });
	}
	buf_putc(b, ']');
}

static inline size_t flows_bad(const struct batch *batch)
{
	size_t i, bad = 0;

	for (i = 0; i < BAD_FLOW_REASONS; i++)
		bad += batch->bad[i];
	return bad;
}

/* Decodes bytes with a function of decode.h and returns the flows as text;
 * *error is what decoding said, *bad how many flows were left out. */
static inline void flows_decode(int (*decode)(struct str, struct batch *, struct err *),
				struct str bytes, struct buf *text, int *error,
				size_t *bad)
{
	struct batch *batch = batch_new(NULL, 0, NULL);
	struct err err = ERR_INIT;

	fuzz_check(batch != NULL, "there is memory for a batch");
	*error = decode(bytes, batch, &err);
	fuzz_check(!*error == !*err.text, "whoever fails says why");
	batch_done(batch);
	flows_put(text, batch);
	*bad = flows_bad(batch);
	fuzz_check(!buf_error(text), "there is memory for the flows");
	batch_unref(batch);
}

static inline void flows_rewrite(struct str text, struct buf *again)
{
	size_t bad;
	int error;

	flows_decode(decode_json, text, again, &error, &bad);
	fuzz_check(!error && !bad, "the reader takes what the writer writes");
}

/* What the reader makes of the writer's text is written as the same text. At
 * first a byte that is not UTF-8 becomes an escape, which becomes a character. */
static inline void flows_check_text(struct str text)
{
	struct buf once = BUF_INIT(FUZZ_MEMORY), twice = BUF_INIT(FUZZ_MEMORY);

	flows_rewrite(text, &once);
	flows_rewrite(buf_str(&once), &twice);
	fuzz_check(str_equal(buf_str(&once), buf_str(&twice)),
		   "flows that were written and read are the same flows");
	buf_fini(&once);
	buf_fini(&twice);
}

/* A flow.Message of the flows. Returns how many layers were left out. */
static inline size_t flows_encode(const struct batch *batch, struct buf *message)
{
	size_t left_out = 0, i;

	for (i = 0; i < batch->count; i++) {
		struct buf row = BUF_INIT(FUZZ_MEMORY);

		left_out += encode_pb(&batch->flows[i], &row);
		fuzz_check(!buf_error(&row), "there is memory for a row");
		pb_put_bytes(message, 1, buf_str(&row));
		buf_fini(&row);
	}
	fuzz_check(!buf_error(message), "there is memory for the message");
	return left_out;
}

/* Flows that were encoded, as text; and encoded again. */
static inline void flows_return(struct str message, size_t count, struct buf *text,
				struct buf *again)
{
	struct batch *batch = batch_new(NULL, 0, NULL);

	fuzz_check(batch != NULL, "there is memory for a batch");
	fuzz_check(!decode_pb(message, batch, NULL),
		   "the decoder takes what the encoder writes");
	fuzz_check(batch->count == count, "flow by flow");
	flows_put(text, batch);
	fuzz_check(!flows_encode(batch, again), "our own layers are the schema's");
	batch_unref(batch);
}

/* Each form of the flows is in memory several times meanwhile. */
#define RETURN_MAX ((size_t)16 << 20)

/* What is encoded and decoded once stays the same from then on: at first a text ends at
 * a NUL, and a time has no more nanoseconds than there are. text: the flows; again: what
 * came back. Returns how many layers were left out. */
static inline size_t flows_check_protobuf(struct str text, struct buf *again)
{
	struct buf once = BUF_INIT(FUZZ_MEMORY), twice = BUF_INIT(FUZZ_MEMORY);
	struct buf thrice = BUF_INIT(FUZZ_MEMORY), ignored = BUF_INIT(FUZZ_MEMORY);
	struct batch *batch = batch_new(NULL, 0, NULL);
	size_t left_out;

	fuzz_check(batch != NULL, "there is memory for a batch");
	fuzz_check(!decode_json(text, batch, NULL), "the reader takes what we write");
	left_out = flows_encode(batch, &once);
	flows_return(buf_str(&once), batch->count, again, &twice);
	flows_return(buf_str(&twice), batch->count, &ignored, &thrice);
	fuzz_check(str_equal(buf_str(&twice), buf_str(&thrice)),
		   "flows that were encoded and decoded are the same flows");
	batch_unref(batch);
	buf_fini(&once);
	buf_fini(&twice);
	buf_fini(&thrice);
	buf_fini(&ignored);
	return left_out;
}

#endif
