/* SPDX-License-Identifier: Apache-2.0 */
/* source.h - the interface of sources of flows.
 *
 * A source is a const table, found by the scheme of pipeline.subscriber.url; its own
 * keys of pipeline.subscriber are a struct and a shape. It receives on a thread of its
 * own and hands over messages as they come.
 */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include <stdatomic.h>
#include "base/arena.h"
#include "format/shape.h"
#include "net/session.h"
#include "source/outage.h"
#include "source/recording.h"

/* The kind of a message, for a source that must know whether it gets any. */
enum heard { HEARD_OTHER, HEARD_FLOWS, HEARD_STATS };

enum source_state {
	SOURCE_OPEN, /* without a connection, it receives */
	SOURCE_CONNECTING,
	SOURCE_SUBSCRIBED,
	SOURCE_STARVED, /* renewed its connection, and has received nothing since */
};

/* Of a source that has some. */
struct source_partitions {
	bool are_there;	    /* it is a source of that kind */
	int64_t assigned;   /* now */
	int64_t rebalances; /* of the group, that moved some to or from us */
	int64_t lag;	    /* messages that were not yet read */
	int64_t lost;	    /* offsets that retention removed before they were read */
	int64_t broken;	    /* offsets that could not be read */
	int64_t age_s;	    /* of the oldest message that is read and not committed */
};

/* The part of a source's status that only the source knows. */
struct source_progress {
	enum source_state state;
	int64_t connects;     /* that were admitted */
	int64_t gaps;	      /* ends of admitted connections: flows may be lost */
	int64_t renewals;     /* of the connection, because it was starved */
	int64_t kernel_drops; /* of datagrams */
	struct source_partitions partitions;
	int64_t half_silent_ms; /* flows have come without stats since then,
				 * monotonic; 0: not so */

	/* While it is connecting or starved: */
	int64_t down_since_ms;	  /* monotonic */
	char why[OUTAGE_WHY_MAX]; /* "": no answer yet */
};

struct shard_host;

/* What a source is made with; all borrowed. */
struct source_parts {
	struct url url;
	const void *options; /* of its shape; copied by new() */
	const struct session_identity *identity;
	/* On the source's thread; must not block. Takes message (malloc'ed). */
	enum heard (*deliver)(void *context, char *message, size_t size,
			      enum recording_kind);
	void *context;
	/* For one that keeps partitions apart, in place of deliver; and a number that
	 * changes with the receivers. */
	const struct shard_host *shards;
	const atomic_uint *generation;
	struct log *log;
};

struct source {
	const char *name;
	const char *example;		  /* a URL, for messages */
	const struct url_scheme *schemes; /* ends with one without a name */
	const struct shape *options;	  /* or NULL */

	/* Copies what its options point to. NULL: they have no strings. 0 or -ENOMEM. */
	int (*copy)(void *options, struct arena *);
	/* Whether URL and options fit. 0 or -EINVAL; err's key may be one of them. NULL:
	 * they do. */
	int (*check)(const struct url *, const void *options, struct err *);
	/* Whether there is something to be said of what is allowed; see err. NULL: never.
	 */
	bool (*advise)(const void *options, struct err *);
	/* Opens nothing. NULL: no memory. */
	void *(*new)(const struct source_parts *);
	void (*free)(void *state); /* a stopped one */
	/* 0, or -EINVAL: see err. */
	int (*start)(void *state, struct err *);
	/* Asks a started source to stop, without waiting, so that many sources stop at
	 * the same time. May be called more than once. NULL: stop() does not wait. */
	void (*halt)(void *state);
	/* Hands over what has arrived, for at most 3 s, then ends. */
	void (*stop)(void *state);
	/* Any thread, started or not. NULL: it is always SOURCE_OPEN. */
	void (*progress)(void *state, struct source_progress *);
	/* Tests whether it would work: 0, possibly with a remark; or -EINVAL, and
	 * remark says why not. Blocks for at most half a minute. NULL: there is no
	 * test. */
	int (*probe)(const struct source_parts *, struct err *remark);
};

#endif
