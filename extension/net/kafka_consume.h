/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_consume.h - messages of a topic, partition by partition, as a member of a group.
 *
 * A consumer of librdkafka that is told what to read and commits only what it is told
 * to: its owner says from where a partition is read when that is assigned, and what is
 * committed, with a text. All functions are for one thread, and what is told is told on
 * it, inside of kafka_consumer_poll() or kafka_consumer_close().
 *
 * A member is static: who comes back with its name within session.timeout.ms gets its
 * partitions again, and nothing moves.
 *
 * Source of outside facts: librdkafka's CONFIGURATION.md and rdkafka.h, of 2.0.2.
 */
#ifndef NET_KAFKA_CONSUME_H
#define NET_KAFKA_CONSUME_H

#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"
#include "format/shape.h"

struct kafka_consumer;
struct log;

struct kafka_consumed {
	int32_t partition;
	int64_t offset;
	int64_t time_ms;     /* Unix */
	bool is_append_time; /* the broker's clock, not a producer's */
	struct str value;    /* borrowed, as is this */
	const void *message; /* librdkafka's */
};

/* An offset, and the text with it. */
struct kafka_commit {
	int32_t partition;
	int64_t offset;	     /* -1: none was committed */
	struct str metadata; /* borrowed */
	int64_t low;	     /* of a partition that is assigned: the first there is */
};

struct kafka_consumer_parts {
	const struct map_of_str *settings; /* by librdkafka's names, over ours */
	const char *topic, *group, *member;
	struct log *log;

	/* Where to read it from; -1: it is not read. */
	int64_t (*assigned)(void *context, const struct kafka_commit *);
	/* It is another member's, or soon will be. is_lost: it was for a while. */
	void (*revoked)(void *context, int32_t partition, bool is_lost);
	void (*message)(void *context, const struct kafka_consumed *);
	/* All before this offset was told; there is no more at present. */
	void (*at_end)(void *context, int32_t partition, int64_t offset);
	/* What was to be read next is gone, there is only what is from low to before high;
	 * where to go on, or -1: nowhere. */
	int64_t (*skipped)(void *context, int32_t partition, int64_t low, int64_t high);
	/* The next to be told of; -1: it is not read. */
	int64_t (*next)(void *context, int32_t partition);
	/* Offsets from the next on cannot be read, and are passed over: so many. */
	void (*broken)(void *context, int32_t partition, int64_t count, const char *why);
	void *context;
};

/* Parts are copied, strings and settings are borrowed for its life. NULL: see err. */
struct kafka_consumer *kafka_consumer_open(const struct kafka_consumer_parts *,
					   struct err *);
/* Tells of all partitions that they are revoked. Leaves the group only if it is told to:
 * who comes back soon finds its partitions again. */
void kafka_consumer_close(struct kafka_consumer *); /* NULL is fine */

/* Tells of what there is, waiting at most so long for the first. 0; -EIO: it must be
 * closed and opened again, see kafka_consumer_problem(). */
int kafka_consumer_poll(struct kafka_consumer *, int timeout_ms);
/* The header called "format", borrowed as the message; empty: there is none. What it costs
 * is an allocation for each header. */
struct str kafka_consumer_format(const struct kafka_consumer *,
				 const struct kafka_consumed *);
/* Commits, and waits for the outcome. -errno: some may not be committed. */
int kafka_consumer_commit(struct kafka_consumer *, const struct kafka_commit *,
			  size_t count, struct err *);
/* Stops or continues the messages of a partition. */
void kafka_consumer_pause(struct kafka_consumer *, int32_t partition, bool is_paused);
/* Behind the last message of a partition, as far as it is known; -1: it is not. */
int64_t kafka_consumer_high(struct kafka_consumer *, int32_t partition);
/* Whether the group has more members than the topic has partitions, so that some have
 * none. Waits for a broker, some seconds at most. */
bool kafka_consumer_is_spare(struct kafka_consumer *);
/* Whether brokers that did not answer do so again, which a quiet topic does not tell.
 * Waits as the above. */
void kafka_consumer_look(struct kafka_consumer *);
/* Why it does not get on, or "". Borrowed; until the next call. */
const char *kafka_consumer_problem(const struct kafka_consumer *);

enum kafka_times {
	KAFKA_TIMES_UNKNOWN,
	KAFKA_TIMES_OF_BROKERS,
	KAFKA_TIMES_OF_PRODUCERS
};

struct kafka_topic_facts {
	int partitions;
	enum kafka_times times; /* of what there is to be read, and of what comes */
};

/* Asks whether the topic can be read as that group, without becoming a member of it: of
 * what is told only assigned() is, for every partition, without a low; -1: it is not for
 * us. Blocks for half a minute at most. 0, or -EINVAL with the reason, unless that is
 * assigned()'s. */
int kafka_consumer_probe(const struct kafka_consumer_parts *, struct kafka_topic_facts *,
			 struct err *);

/* Whether the library takes these settings. Nothing is begun. 0, or -EINVAL: err's key is
 * one of them. */
int kafka_consumer_check(const struct map_of_str *settings, const char *group,
			 struct err *);

#endif
