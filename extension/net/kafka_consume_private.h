/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_consume_private.h - a consumer, for its files. */
#ifndef NET_KAFKA_CONSUME_PRIVATE_H
#define NET_KAFKA_CONSUME_PRIVATE_H

#include "net/kafka_consume.h"
#include "net/kafka_private.h"

/* What cannot be read of a partition, while its end is looked for: offsets of a batch are
 * read or not read together, and nobody says how many they are. */
struct kafka_search {
	int32_t partition;
	int64_t first; /* that cannot be read */
	int64_t bad;   /* the last that is known to be of it; below first: not yet */
	int64_t good;  /* behind it, as far as is known */
	int64_t asked; /* what comes next is from there on */
	int64_t step;
	int tries;
	char why[256];
};

struct kafka_consumer {
	struct kafka_words words; /* the first: librdkafka brings it back */
	struct kafka_consumer_parts parts;
	struct kafka_library library;
	rd_kafka_t *handle;
	bool has_failed; /* it must be made anew */
	bool has_subscribed, was_assigned;
	bool is_closing;
	atomic_int refs; /* who owns it, and the thread that ends it */
	atomic_bool is_destroyed;
	bool is_silent; /* under the lock of words: there may be no log any more */
	char problem[512];
	bool is_of_brokers; /* the problem: over when one of them answers */
	bool are_all_down;  /* the brokers: it was said */
	struct kafka_search *search;
	size_t searches, searches_room;
	size_t full_bytes;  /* with so many its queue may be full; SIZE_MAX: no matter */
	size_t taken_bytes; /* since its queue was empty */
};

/* kafka_fetch.c. What librdkafka has a setting for, where it has one. */
int kafka_fetch_set_backoff(const struct kafka_library *, rd_kafka_conf_t *);
/* With what it was configured, before a handle takes that. */
void kafka_fetch_init(struct kafka_consumer *, const rd_kafka_conf_t *);
/* The next message or error; NULL: none came within this time. */
rd_kafka_message_t *kafka_fetch_next(struct kafka_consumer *, int timeout_ms);

/* An error that may last: problem says what it means for an operator. */
void kafka_consumer_fail(struct kafka_consumer *, rd_kafka_resp_err_t, const char *why);
/* For librdkafka: the partitions change. */
void kafka_consumer_rebalance(rd_kafka_t *, rd_kafka_resp_err_t,
			      rd_kafka_topic_partition_list_t *, void *opaque);
/* What was to be read of the partition is gone: goes on with what is there. */
void kafka_consumer_skip(struct kafka_consumer *, int32_t partition);

/* kafka_partition.c */
/* Frees the error, which may be NULL; it is a problem. */
void kafka_consumer_end_error(struct kafka_consumer *, rd_kafka_error_t *);
/* What is told of the partition next is from there on. */
void kafka_consumer_reread(struct kafka_consumer *, int32_t partition, int64_t from);
/* The first offset that there is, and the one behind the last. false: it must be made
 * anew. */
bool kafka_consumer_ask_ends(struct kafka_consumer *, int32_t partition, int64_t *low,
			     int64_t *high);

/* kafka_consume_broken.c: an error of what was read of a partition, of a batch that begins
 * there. */
void kafka_consumer_broken(struct kafka_consumer *, int32_t partition, int64_t base,
			   const char *why);
/* Something could be read. true: it was only asked for to find the end of what cannot. */
bool kafka_consumer_found(struct kafka_consumer *, int32_t partition);
/* There is no such offset. true: it was not we who asked for it, for behind what it cannot
 * read librdkafka takes anything for the next one; what we asked for is asked again. */
bool kafka_consumer_strays(struct kafka_consumer *, int32_t partition, int64_t offset);
void kafka_consumer_forget(struct kafka_consumer *, int32_t partition);

/* As kafka_consumer_open(), but has subscribed to nothing. */
struct kafka_consumer *kafka_consumer_new(const struct kafka_consumer_parts *,
					  struct err *);

/* The configuration of a member of a group that reads; see kafka_conf_consumer(). Without
 * a member it is for one that only asks. */
rd_kafka_conf_t *kafka_conf_reader(const struct kafka_library *,
				   const struct map_of_str *, const char *group,
				   const char *member, struct err *);

#endif
