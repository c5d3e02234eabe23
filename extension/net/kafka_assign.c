/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_assign.c - which partitions a consumer has, from where it reads them, and what it
 * commits. See kafka_consume.h.
 */
#include <stdio.h>
#include "net/kafka_consume_private.h"

#define ASK_MS	  10000 /* for what was committed, at a time */
#define ASK_TIMES 3

static const struct kafka_library *library_of(const struct kafka_consumer *c)
{
	return &c->library;
}

/* Its errors are about that alone. */
static void end_error(struct kafka_consumer *c, rd_kafka_error_t *error)
{
	if (!error)
		return;
	kafka_consumer_fail(c, library_of(c)->error_code(error),
			    library_of(c)->error_string(error));
	library_of(c)->error_destroy(error);
}

/* What was committed of all of these. false: it cannot be found out. */
static bool ask_committed(struct kafka_consumer *c, rd_kafka_topic_partition_list_t *list)
{
	rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR__TIMED_OUT;
	int i;

	for (i = 0; error && i < ASK_TIMES; i++)
		error = library_of(c)->committed(c->handle, list, ASK_MS);
	for (i = 0; !error && i < list->cnt; i++)
		error = list->elems[i].err;
	if (error)
		kafka_consumer_fail(c, error, library_of(c)->err2str(error));
	return !error;
}

/* The first offset that there is. */
static bool ask_low(struct kafka_consumer *c, int32_t partition, int64_t *low)
{
	rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR__TIMED_OUT;
	int64_t high;
	int i;

	for (i = 0; error && i < ASK_TIMES; i++)
		error = library_of(c)->query_watermark_offsets(c->handle, c->parts.topic,
							       partition, low, &high,
							       ASK_MS);
	if (error)
		kafka_consumer_fail(c, error, library_of(c)->err2str(error));
	return !error;
}

static int64_t begin_of(struct kafka_consumer *c,
			const rd_kafka_topic_partition_t *partition, int64_t low)
{
	struct kafka_commit commit = {
		.partition = partition->partition,
		.offset = partition->offset >= 0 ? partition->offset : -1,
		.metadata = { partition->metadata, partition->metadata_size },
		.low = low,
	};

	return c->parts.assigned(c->parts.context, &commit);
}

/* Where each is read from; those that are not are left out. false: it must be made anew. */
static bool choose(struct kafka_consumer *c, rd_kafka_topic_partition_list_t *committed,
		   rd_kafka_topic_partition_list_t *chosen)
{
	int64_t low, from;
	int i;

	for (i = 0; i < committed->cnt; i++) {
		const rd_kafka_topic_partition_t *partition = &committed->elems[i];

		if (!ask_low(c, partition->partition, &low))
			return false;
		from = begin_of(c, partition, low);
		if (from < 0)
			continue;
		library_of(c)
			->topic_partition_list_add(chosen, c->parts.topic,
						   partition->partition)
			->offset = from;
	}
	return true;
}

static void assign(struct kafka_consumer *c, rd_kafka_topic_partition_list_t *list)
{
	rd_kafka_topic_partition_list_t *chosen = library_of(c)->topic_partition_list_new(
		list->cnt);

	if (!ask_committed(c, list) || !choose(c, list, chosen))
		c->has_failed = true;
	else
		end_error(c, library_of(c)->incremental_assign(c->handle, chosen));
	library_of(c)->topic_partition_list_destroy(chosen);
}

static void unassign(struct kafka_consumer *c,
		     const rd_kafka_topic_partition_list_t *list, bool is_lost)
{
	int i;

	for (i = 0; i < list->cnt; i++)
		c->parts.revoked(c->parts.context, list->elems[i].partition, is_lost);
	end_error(c, library_of(c)->incremental_unassign(c->handle, list));
}

void kafka_consumer_rebalance(rd_kafka_t *handle, rd_kafka_resp_err_t event,
			      rd_kafka_topic_partition_list_t *list, void *opaque)
{
	struct kafka_consumer *c = opaque;

	if (event == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
		assign(c, list);
	else if (event == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS)
		unassign(c, list, library_of(c)->assignment_lost(handle) != 0);
	else
		kafka_consumer_fail(c, event, library_of(c)->err2str(event));
}

static rd_kafka_topic_partition_list_t *list_of(const struct kafka_consumer *c,
						int32_t partition)
{
	rd_kafka_topic_partition_list_t *list = library_of(c)->topic_partition_list_new(
		1);

	library_of(c)->topic_partition_list_add(list, c->parts.topic, partition);
	return list;
}

void kafka_consumer_skip(struct kafka_consumer *c, int32_t partition)
{
	rd_kafka_topic_partition_list_t *list = list_of(c, partition);
	int64_t low, from;

	if (!ask_low(c, partition, &low)) {
		c->has_failed = true;
	} else {
		from = c->parts.skipped(c->parts.context, partition, low);
		end_error(c, library_of(c)->incremental_unassign(c->handle, list));
		list->elems[0].offset = from;
		end_error(c, library_of(c)->incremental_assign(c->handle, list));
	}
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

/* The list's texts are the caller's. */
static void forget_texts(rd_kafka_topic_partition_list_t *list)
{
	int i;

	for (i = 0; i < list->cnt; i++) {
		list->elems[i].metadata = NULL;
		list->elems[i].metadata_size = 0;
	}
}

int kafka_consumer_commit(struct kafka_consumer *c, const struct kafka_commit *commit,
			  size_t count, struct err *err)
{
	rd_kafka_topic_partition_list_t *list = library_of(c)->topic_partition_list_new(
		(int)count);
	rd_kafka_resp_err_t error;
	size_t i;
	int at;

	for (i = 0; i < count; i++) {
		rd_kafka_topic_partition_t *partition =
			library_of(c)->topic_partition_list_add(list, c->parts.topic,
								commit[i].partition);

		partition->offset = commit[i].offset;
		partition->metadata = (void *)(uintptr_t)commit[i].metadata.ptr;
		partition->metadata_size = commit[i].metadata.len;
	}
	error = library_of(c)->commit(c->handle, list, 0);
	for (at = 0; !error && at < list->cnt; at++)
		error = list->elems[at].err;
	forget_texts(list);
	library_of(c)->topic_partition_list_destroy(list);
	if (!error)
		return 0;
	return err_set(err, "%s", library_of(c)->err2str(error));
}
