/* SPDX-License-Identifier: Apache-2.0 */
/* stream.c - recordings as streams. See bench.h. */
#include <stdio.h>
#include <stdlib.h>
#include "bench.h"
#include "flow/decode.h"
#include "flow/message.h"

const char *bench_path(const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", bench_folder, name);
	return path;
}

struct batch *bench_decode(struct str bytes, enum recording_kind kind, char *owned,
			   struct batch_account *account)
{
	struct batch *batch = batch_new(owned, bytes.len, account);
	struct err err = ERR_INIT;
	struct message message;
	int error = 0;

	if (!batch)
		fail("out of memory");
	if (kind == RECORDING_FLOWS) {
		error = decode_pb(bytes, batch, &err);
	} else {
		error = message_parse(bytes,
				      kind == RECORDING_JSON ? FRAMING_JSON
							     : FRAMING_PROTOBUF,
				      &batch->arena, &message, &err);
		if (!error && message_has_flows(&message))
			error = decode_json(message.obj, batch, &err);
	}
	if (error)
		fail("%s", err.text);
	return batch;
}

static size_t count_flows(struct str bytes, enum recording_kind kind)
{
	struct batch *batch = bench_decode(bytes, kind, NULL, NULL);
	size_t count = batch->count;

	batch_unref(batch);
	return count;
}

/* Takes the message. */
static void add(struct stream *s, const struct recorded *recorded)
{
	struct str bytes = { recorded->message, recorded->size };
	size_t flows = count_flows(bytes, s->kind);
	struct str *more;

	if (!flows) {
		free(recorded->message);
		return;
	}
	more = realloc(s->message, (s->messages + 1) * sizeof(*more));
	if (!more)
		fail("out of memory");
	s->message = more;
	s->message[s->messages++] = bytes;
	s->flows += flows;
	s->bytes += bytes.len;
}

void stream_read(struct stream *s, const char *name)
{
	struct err err = ERR_INIT;
	struct recording *r = recording_open(bench_path(name), &err);
	struct recorded recorded;
	int more = -1;

	*s = (struct stream){ .kind = r ? recording_kind(r) : RECORDING_JSON };
	while (r && (more = recording_next(r, &recorded, &err)) > 0)
		add(s, &recorded);
	if (more < 0)
		fail("%s", err.text);
	recording_close(r);
}

void stream_free(struct stream *s)
{
	size_t i;

	for (i = 0; i < s->messages; i++)
		free((char *)(uintptr_t)s->message[i].ptr);
	free(s->message);
}
