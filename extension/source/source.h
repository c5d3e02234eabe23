/* SPDX-License-Identifier: Apache-2.0 */
/* source.h - what a source of flows looks like.
 *
 * A source is a const table, found by the scheme of pipeline.subscriber.url; its
 * own keys of pipeline.subscriber are a struct and a shape. It receives on a
 * thread of its own and hands over messages as they came.
 */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include "format/shape.h"
#include "net/session.h"
#include "source/outage.h"
#include "source/recording.h"

/* What a message was, for a source that must know whether it is fed. */
enum heard { HEARD_OTHER, HEARD_FLOWS, HEARD_STATS };

enum source_state {
	SOURCE_OPEN, /* of what is not connected to anything */
	SOURCE_CONNECTING,
	SOURCE_SUBSCRIBED,
	SOURCE_STARVED, /* was connected anew, and nothing has come since */
};

/* What a source alone knows of itself. */
struct source_progress {
	enum source_state state;
	int64_t connects;     /* that were admitted */
	int64_t gaps;	      /* ends of admitted connections: flows may be lost */
	int64_t renewals;     /* because it was starved */
	int64_t kernel_drops; /* of datagrams */

	/* While it is connecting or starved. */
	int64_t down_since_ms;	  /* monotonic */
	char why[OUTAGE_WHY_MAX]; /* "": there was no answer yet */
};

/* What a source works with; all borrowed. */
struct source_parts {
	struct url url;
	const void *options; /* of its shape; copied by new() */
	const struct session_identity *identity;
	/* On the source's thread; must not block. Takes message (malloc'ed). */
	enum heard (*deliver)(void *context, char *message, size_t size,
			      enum recording_kind);
	void *context;
	struct log *log;
};

struct source {
	const char *name;
	const char *example;		  /* a URL, for messages */
	const struct url_scheme *schemes; /* end with one without a name */
	const struct shape *options;	  /* or NULL; strings are not among them */

	/* Opens nothing. NULL: no memory. */
	void *(*new)(const struct source_parts *);
	void (*free)(void *state); /* a stopped one */
	/* 0, or -EINVAL: see err. */
	int (*start)(void *state, struct err *);
	/* Asks a started one to stop, without waiting, so that many stop as soon as
	 * one. May come more than once. NULL: it stops at once anyway. */
	void (*halt)(void *state);
	/* Hands over what has arrived, for 3 s at most, then ends. */
	void (*stop)(void *state);
	/* Any thread, started or not. NULL: it is always SOURCE_OPEN. */
	void (*progress)(void *state, struct source_progress *);
	/* Whether it would work: 0, and remark may be set, or -EINVAL, and it says
	 * why not. Blocks for half a minute at most. NULL: nothing can be tried. */
	int (*probe)(const struct source_parts *, struct err *remark);
};

#endif
