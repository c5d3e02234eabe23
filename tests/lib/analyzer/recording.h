/* SPDX-License-Identifier: Apache-2.0 */
/* recording.h - recordings of an analyzer, in memory as one stream.
 *
 * NAME.jsonl holds one JSON StructMessage per line; NAME.pb holds protobuf
 * StructMessages, each preceded by its length as a varint; either may be
 * gzipped (NAME.jsonl.gz). NAME.json[.gz] is one JSON StructMessage.
 * NAME.times, if it exists, holds the arrival time of each message in Unix
 * milliseconds, one per line; without it messages are one second apart.
 * Messages of namespaces flow/<capture> are left out: the hub makes them from
 * those of the namespace flow, as an analyzer does.
 */
#ifndef ANALYZER_RECORDING_H
#define ANALYZER_RECORDING_H

#include <stddef.h>
#include <stdint.h>

struct message;

struct recording {
	struct message **messages; /* owned */
	size_t count;
	uint64_t flows;
	int64_t length_ms; /* when a repetition starts */
};

/* Appends the messages of a file. Returns 0 or -errno, having said on stderr
 * what is wrong. */
int recording_load(struct recording *, const char *path);
/* Spreads the flows, and the stats, evenly over the capture ids capture-0000
 * to capture-<count - 1>. */
void recording_spread_captures(struct recording *, unsigned count);
/* Cuts the stream anew into messages of that many flows; the last one may be
 * shorter. A message leaves when its last flow has come. */
void recording_cut(struct recording *, unsigned flows_per_message);
void recording_free(struct recording *);

#endif
