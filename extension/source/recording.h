/* SPDX-License-Identifier: Apache-2.0 */
/* recording.h - a recorded stream: messages, and when they came.
 *
 *	NAME.jsonl	one JSON StructMessage a line
 *	NAME.pb		protobuf StructMessage, each behind its length (varint)
 *	NAME.flowmsg.pb	the same with flow.Message, as agents send them
 *	NAME.times	beside it: the Unix ms of each message, one a line
 *
 * Any of the first three may be gzip'ed (NAME.jsonl.gz). Without times a
 * message comes 1 s after the other.
 */
#ifndef SOURCE_RECORDING_H
#define SOURCE_RECORDING_H

#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"

#define RECORDING_STEP_MS 1000

enum recording_kind { RECORDING_JSON, RECORDING_PROTOBUF, RECORDING_FLOWS };

struct recording;

/* NULL: see err. */
struct recording *recording_open(const char *path, struct err *);
void recording_close(struct recording *);
enum recording_kind recording_kind(const struct recording *);

struct recorded {
	char *message; /* malloc'ed; the caller frees */
	size_t size;
	int64_t time_ms; /* -1: not recorded */
};

/* 1: a message; 0: the end; -EINVAL: cut or damaged, see err. */
int recording_next(struct recording *, struct recorded *, struct err *);

/* Appends a whole file that belongs to a recording, plain or gzip'ed. */
int recording_read_file(const char *path, struct buf *, struct err *);

#endif
