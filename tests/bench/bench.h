/* SPDX-License-Identifier: Apache-2.0 */
/* bench.h - one step of an export at a time, over recorded flows.
 *
 * A step is set up once; then prepare() and run() take turns, and only run() is
 * measured. In one run a step works on its stream so many times. What goes
 * wrong ends the program: nothing here runs unattended.
 */
#ifndef BENCH_H
#define BENCH_H

#include "flow/batch.h"
#include "source/recording.h"

/* Messages as an analyzer sends them. */
struct stream {
	enum recording_kind kind;
	struct str *message;
	size_t messages;
	size_t flows, bytes; /* of all of them */
};

/* Every state begins with it. */
struct state {
	size_t passes;	     /* over the stream, in one run */
	size_t flows, bytes; /* of one run */
	int64_t made;	     /* bytes of the objects of one run */
};

struct step {
	const char *name;
	void *(*start)(size_t passes);
	void (*prepare)(void *); /* may be NULL */
	void (*run)(void *);
	void (*end)(void *);
};

extern const struct step steps_receive[], steps_decode[], steps_pipeline[];

/* Where flows.py put its files. */
extern const char *bench_folder;
/* One of them; until the next call. */
const char *bench_path(const char *name);

/* Reads the messages with flows of one of the files. */
void stream_read(struct stream *, const char *name);
void stream_free(struct stream *);
/* The flows of a message; owned goes to the batch, as in batch_new(). */
struct batch *bench_decode(struct str bytes, enum recording_kind, char *owned,
			   struct batch_account *);

/* Prints, and ends the program. */
void fail(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
