/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_partition.c - one partition that a consumer has: its ends, where it is read, and
 * whether. See kafka_consume.h.
 */
#include "net/kafka_consume_private.h"

#define ASK_MS	  10000 /* for its ends, at a time */
#define ASK_TIMES 3

static const struct kafka_library *library_of(const struct kafka_consumer *c)
{
	return &c->library;
}

bool kafka_consumer_ask_ends(struct kafka_consumer *c, int32_t partition, int64_t *low,
			     int64_t *high)
{
	rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR__TIMED_OUT;
	int i;

	for (i = 0; error && i < ASK_TIMES; i++)
		error = library_of(c)->query_watermark_offsets(c->handle, c->parts.topic,
							       partition, low, high,
							       ASK_MS);
	if (error)
		kafka_consumer_fail(c, error, library_of(c)->err2str(error));
	return !error;
}

void kafka_consumer_end_error(struct kafka_consumer *c, rd_kafka_error_t *error)
{
	if (!error)
		return;
	kafka_consumer_fail(c, library_of(c)->error_code(error),
			    library_of(c)->error_string(error));
	library_of(c)->error_destroy(error);
}

static rd_kafka_topic_partition_list_t *list_of(const struct kafka_consumer *c,
						int32_t partition)
{
	rd_kafka_topic_partition_list_t *list = library_of(c)->topic_partition_list_new(
		1);

	library_of(c)->topic_partition_list_add(list, c->parts.topic, partition);
	return list;
}

void kafka_consumer_reread(struct kafka_consumer *c, int32_t partition, int64_t from)
{
	rd_kafka_topic_partition_list_t *list = list_of(c, partition);

	kafka_consumer_end_error(c, library_of(c)->incremental_unassign(c->handle, list));
	list->elems[0].offset = from;
	kafka_consumer_end_error(c, library_of(c)->incremental_assign(c->handle, list));
	library_of(c)->topic_partition_list_destroy(list);
}

void kafka_consumer_pause(struct kafka_consumer *c, int32_t partition, bool is_paused)
{
	rd_kafka_topic_partition_list_t *list = list_of(c, partition);

	if (is_paused)
		library_of(c)->pause_partitions(c->handle, list);
	else
		library_of(c)->resume_partitions(c->handle, list);
	library_of(c)->topic_partition_list_destroy(list);
}

int64_t kafka_consumer_high(struct kafka_consumer *c, int32_t partition)
{
	int64_t low, high;

	return library_of(c)->get_watermark_offsets(c->handle, c->parts.topic, partition,
						    &low, &high)
		       ? -1
		       : high;
}
