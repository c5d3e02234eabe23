/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_consume_private.h - a consumer, for its files. */
#ifndef NET_KAFKA_CONSUME_PRIVATE_H
#define NET_KAFKA_CONSUME_PRIVATE_H

#include "net/kafka_consume.h"
#include "net/kafka_private.h"

struct kafka_consumer {
	struct kafka_words words; /* the first: librdkafka brings it back */
	struct kafka_consumer_parts parts;
	struct kafka_library library;
	rd_kafka_t *handle;
	bool has_failed; /* it must be made anew */
	bool is_closing;
	char problem[512];
	bool is_of_brokers; /* the problem: over when one of them answers */
	bool are_all_down;  /* the brokers: it was said */
};

/* An error that may last: problem says what it means for an operator. */
void kafka_consumer_fail(struct kafka_consumer *, rd_kafka_resp_err_t, const char *why);
/* For librdkafka: the partitions change. */
void kafka_consumer_rebalance(rd_kafka_t *, rd_kafka_resp_err_t,
			      rd_kafka_topic_partition_list_t *, void *opaque);
/* What was to be read of the partition is gone: goes on with what is there. */
void kafka_consumer_skip(struct kafka_consumer *, int32_t partition);

/* As kafka_consumer_open(), but has subscribed to nothing. */
struct kafka_consumer *kafka_consumer_new(const struct kafka_consumer_parts *,
					  struct err *);

/* The configuration of a member of a group that reads; see kafka_conf_consumer(). Without
 * a member it is for one that only asks. */
rd_kafka_conf_t *kafka_conf_reader(const struct kafka_library *,
				   const struct map_of_str *, const char *group,
				   const char *member, struct err *);

#endif
