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

static void list_add(const struct kafka_consumer *c,
		     rd_kafka_topic_partition_list_t *list, int32_t partition,
		     int64_t offset)
{
	library_of(c)->topic_partition_list_add(list, c->parts.topic, partition)->offset =
		offset;
}

/* Where each is read from; those that are not are idle, too. false: it must be made
 * anew. */
static bool choose(struct kafka_consumer *c, rd_kafka_topic_partition_list_t *committed,
		   rd_kafka_topic_partition_list_t *chosen,
		   rd_kafka_topic_partition_list_t *idle)
{
	int64_t low, high, from;
	int i;

	for (i = 0; i < committed->cnt; i++) {
		int32_t partition = committed->elems[i].partition;

		if (!kafka_consumer_ask_ends(c, partition, &low, &high))
			return false;
		from = begin_of(c, &committed->elems[i], low);
		list_add(c, chosen, partition, from < 0 ? high : from);
		if (from < 0)
			list_add(c, idle, partition, high);
	}
	return true;
}

/* It must be made anew, or is closed: librdkafka waits for an answer all the same, and a
 * group that is being left has none for us. */
static void assign_idle(struct kafka_consumer *c, rd_kafka_topic_partition_list_t *list)
{
	int i;

	for (i = 0; i < list->cnt; i++)
		list->elems[i].offset = RD_KAFKA_OFFSET_END;
	kafka_consumer_end_error(c, library_of(c)->incremental_assign(c->handle, list));
	library_of(c)->pause_partitions(c->handle, list);
}

/* All of them, or the group would wait for the rest to be given back. */
static void assign(struct kafka_consumer *c, rd_kafka_topic_partition_list_t *list)
{
	const struct kafka_library *library = library_of(c);
	rd_kafka_topic_partition_list_t *chosen = library->topic_partition_list_new(
		list->cnt);
	rd_kafka_topic_partition_list_t *idle = library->topic_partition_list_new(0);

	if (c->is_closing || !ask_committed(c, list) || !choose(c, list, chosen, idle)) {
		c->has_failed = true;
		assign_idle(c, list);
	} else {
		kafka_consumer_end_error(c,
					 library->incremental_assign(c->handle, chosen));
		if (idle->cnt)
			library->pause_partitions(c->handle, idle);
	}
	library->topic_partition_list_destroy(idle);
	library->topic_partition_list_destroy(chosen);
}

static void unassign(struct kafka_consumer *c, rd_kafka_topic_partition_list_t *list,
		     bool is_lost)
{
	int i;

	for (i = 0; i < list->cnt; i++) {
		kafka_consumer_forget(c, list->elems[i].partition);
		c->parts.revoked(c->parts.context, list->elems[i].partition, is_lost);
	}
	/* Who gets one back is not to find it as it was left. */
	library_of(c)->resume_partitions(c->handle, list);
	kafka_consumer_end_error(c, library_of(c)->incremental_unassign(c->handle, list));
}

void kafka_consumer_rebalance(rd_kafka_t *handle, rd_kafka_resp_err_t event,
			      rd_kafka_topic_partition_list_t *list, void *opaque)
{
	struct kafka_consumer *c = opaque;

	if (event == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
		c->was_assigned = true;
		assign(c, list);
	} else if (event == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
		unassign(c, list, library_of(c)->assignment_lost(handle) != 0);
	} else {
		kafka_consumer_fail(c, event, library_of(c)->err2str(event));
	}
}

void kafka_consumer_skip(struct kafka_consumer *c, int32_t partition)
{
	int64_t low, high, from = -1;

	kafka_consumer_forget(c, partition);
	if (!kafka_consumer_ask_ends(c, partition, &low, &high))
		c->has_failed = true;
	else
		from = c->parts.skipped(c->parts.context, partition, low, high);
	if (from >= 0)
		kafka_consumer_reread(c, partition, from);
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

/* Who was missed may commit as nobody's member while the group is empty: others may have
 * read meanwhile. */
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
	error = library_of(c)->assignment_lost(c->handle)
			? RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID
			: library_of(c)->commit(c->handle, list, 0);
	for (at = 0; !error && at < list->cnt; at++)
		error = list->elems[at].err;
	forget_texts(list);
	library_of(c)->topic_partition_list_destroy(list);
	if (!error)
		return 0;
	return err_set(err, "%s", library_of(c)->err2str(error));
}
