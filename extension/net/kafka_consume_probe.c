/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_consume_probe.c - whether a topic can be read as a group, by one who does not
 * become a member, so that nobody loses a partition. See kafka_consume.h.
 */
#include <errno.h>
#include <string.h>
#include "net/kafka_consume_private.h"
#include "sys/clock.h"

#define ASK_MS	  500 /* for the topic, at a time */
#define PROBE_MS  10000
#define DOWN_MS	  1500 /* no broker could be reached, by any of its addresses */
#define READ_MS	  5000
#define TIME_TYPE "message.timestamp.type"

struct probe {
	struct kafka_consumer_parts theirs;
	struct kafka_consumer *consumer;
	struct kafka_topic_facts *facts;
	int read; /* partitions that were read from, or have nothing to be read */
	bool has_message, is_refused;
};

static void probe_message(void *context, const struct kafka_consumed *m)
{
	struct probe *p = context;

	p->has_message = true;
	p->facts->times = m->is_append_time ? KAFKA_TIMES_OF_BROKERS
					    : KAFKA_TIMES_OF_PRODUCERS;
}

static void probe_at_end(void *context, int32_t partition, int64_t offset)
{
	(void)partition;
	(void)offset;
	((struct probe *)context)->read++;
}

/* Whoever reads it says what was lost. */
static int64_t probe_skipped(void *context, int32_t partition, int64_t low, int64_t high)
{
	(void)partition;
	(void)low;
	(void)high;
	((struct probe *)context)->read++;
	return -1;
}

/* It cannot be read there; for whoever reads it to pass over. */
static int64_t probe_next(void *context, int32_t partition)
{
	(void)partition;
	((struct probe *)context)->read++;
	return -1;
}

static struct kafka_consumer_parts parts_of(struct probe *p)
{
	struct kafka_consumer_parts parts = p->theirs;

	parts.member = NULL;
	parts.message = probe_message;
	parts.at_end = probe_at_end;
	parts.skipped = probe_skipped;
	parts.next = probe_next;
	parts.context = p;
	return parts;
}

/* With what was heard of brokers meanwhile. */
static rd_kafka_resp_err_t ask_once(struct kafka_consumer *c, rd_kafka_topic_t *handle,
				    int *partitions)
{
	const struct rd_kafka_metadata *metadata;
	rd_kafka_resp_err_t error = c->library.metadata(c->handle, 0, handle, &metadata,
							ASK_MS);

	kafka_consumer_poll(c, 0);
	if (error)
		return error;
	error = metadata->topic_cnt ? metadata->topics[0].err
				    : RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
	*partitions = metadata->topic_cnt ? metadata->topics[0].partition_cnt : 0;
	c->library.metadata_destroy(metadata);
	return error;
}

/* None has answered yet. */
static bool is_silence(rd_kafka_resp_err_t error)
{
	return error == RD_KAFKA_RESP_ERR__TIMED_OUT ||
	       error == RD_KAFKA_RESP_ERR__TRANSPORT;
}

static bool is_patient(const struct kafka_consumer *c, int64_t since_ms)
{
	return clock_now().mono_ms - since_ms < (c->are_all_down ? DOWN_MS : PROBE_MS);
}

static bool has_lasting_problem(const struct kafka_consumer *c)
{
	return *c->problem && !c->is_of_brokers;
}

/* What was heard of brokers before one answered does not count. */
static bool probe_topic(struct probe *p, rd_kafka_topic_t *handle)
{
	struct kafka_consumer *c = p->consumer;
	int64_t since_ms = clock_now().mono_ms;
	rd_kafka_resp_err_t error;

	do
		error = ask_once(c, handle, &p->facts->partitions);
	while (is_silence(error) && is_patient(c, since_ms));
	if (!error && !has_lasting_problem(c))
		c->problem[0] = '\0';
	else if (error && (!is_silence(error) || !*c->problem))
		kafka_consumer_fail(c, error, c->library.err2str(error));
	return !*c->problem;
}

static bool find_topic(struct probe *p, struct err *err)
{
	struct kafka_consumer *c = p->consumer;
	rd_kafka_topic_t *handle = c->library.topic_new(c->handle, c->parts.topic, NULL);
	bool is_there;

	if (!handle)
		return err_set(err, "\"%s\" is no name of a topic", c->parts.topic) == 0;
	is_there = probe_topic(p, handle);
	c->library.topic_destroy(handle);
	return is_there;
}

/* Of the topic's configuration, for whom it is allowed to know it. */
static void learn_times(struct probe *p, const rd_kafka_ConfigResource_t *resource)
{
	const struct kafka_library *library = &p->consumer->library;
	const rd_kafka_ConfigEntry_t **entry;
	size_t count, i;

	entry = library->ConfigResource_configs(resource, &count);
	for (i = 0; i < count; i++)
		if (strcmp(library->ConfigEntry_name(entry[i]), TIME_TYPE) == 0)
			p->facts->times = strcmp(library->ConfigEntry_value(entry[i]),
						 "LogAppendTime") == 0
						  ? KAFKA_TIMES_OF_BROKERS
						  : KAFKA_TIMES_OF_PRODUCERS;
}

static void ask_times(struct probe *p)
{
	const struct kafka_library *library = &p->consumer->library;
	rd_kafka_ConfigResource_t
		*topic = library->ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC,
						     p->consumer->parts.topic);
	rd_kafka_queue_t *queue = library->queue_new(p->consumer->handle);
	const rd_kafka_ConfigResource_t **found;
	rd_kafka_event_t *event;
	size_t count = 0;

	library->DescribeConfigs(p->consumer->handle, &topic, 1, NULL, queue);
	event = library->queue_poll(queue, PROBE_MS);
	if (event) {
		found = library->DescribeConfigs_result_resources(
			library->event_DescribeConfigs_result(event), &count);
		if (count)
			learn_times(p, found[0]);
		library->event_destroy(event);
	}
	library->queue_destroy(queue);
	library->ConfigResource_destroy(topic);
}

/* From where a member would begin. */
static void place(struct probe *p, rd_kafka_topic_partition_t *partition)
{
	const struct kafka_commit commit = {
		.partition = partition->partition,
		.offset = partition->offset >= 0 ? partition->offset : -1,
		.metadata = { partition->metadata, partition->metadata_size },
	};

	p->is_refused |= p->theirs.assigned(p->theirs.context, &commit) < 0;
	if (partition->offset < 0)
		partition->offset = RD_KAFKA_OFFSET_BEGINNING;
}

static bool is_over(const struct probe *p)
{
	return p->has_message || p->read >= p->facts->partitions;
}

/* One message tells enough; so does the end of all. */
static void read_some(struct probe *p)
{
	struct kafka_consumer *c = p->consumer;
	int64_t until_ms = clock_now().mono_ms + READ_MS;

	while (!is_over(p) && !has_lasting_problem(c) && clock_now().mono_ms < until_ms)
		kafka_consumer_poll(c, 100);
	if (!is_over(p) && !*c->problem)
		kafka_consumer_fail(c, RD_KAFKA_RESP_ERR__TIMED_OUT,
				    "brokers do not answer for each partition");
}

/* What keeps us from the group's coordinator is told as an error of its own. */
static bool ask_committed(struct probe *p, rd_kafka_topic_partition_list_t *list)
{
	struct kafka_consumer *c = p->consumer;
	int64_t until_ms = clock_now().mono_ms + PROBE_MS;
	rd_kafka_resp_err_t error;
	int i;

	do {
		error = c->library.committed(c->handle, list, ASK_MS);
		kafka_consumer_poll(c, 0);
	} while (error && !has_lasting_problem(c) && clock_now().mono_ms < until_ms);
	for (i = 0; !error && i < list->cnt; i++)
		error = list->elems[i].err;
	if (error && !*c->problem)
		kafka_consumer_fail(c, error, c->library.err2str(error));
	return !error;
}

static void probe_partitions(struct probe *p)
{
	struct kafka_consumer *c = p->consumer;
	rd_kafka_topic_partition_list_t *list = c->library.topic_partition_list_new(
		p->facts->partitions);
	int i;

	for (i = 0; i < p->facts->partitions; i++)
		c->library.topic_partition_list_add(list, c->parts.topic, i);
	if (ask_committed(p, list)) {
		for (i = 0; i < list->cnt; i++)
			place(p, &list->elems[i]);
		kafka_consumer_end_error(c,
					 c->library.incremental_assign(c->handle, list));
		read_some(p);
	}
	c->library.topic_partition_list_destroy(list);
}

static int probe_run(struct probe *p, struct err *err)
{
	struct kafka_consumer *c = p->consumer;

	if (find_topic(p, err)) {
		probe_partitions(p);
		if (!*c->problem && p->facts->times != KAFKA_TIMES_OF_PRODUCERS)
			ask_times(p);
	}
	if (*c->problem)
		err_set(err, "%s", c->problem);
	return *c->problem || p->is_refused || !p->facts->partitions ? -EINVAL : 0;
}

int kafka_consumer_probe(const struct kafka_consumer_parts *parts,
			 struct kafka_topic_facts *facts, struct err *err)
{
	struct probe p = { .theirs = *parts, .facts = facts };
	struct kafka_consumer_parts ours = parts_of(&p);
	int error;

	*facts = (struct kafka_topic_facts){ 0 };
	p.consumer = kafka_consumer_new(&ours, err);
	if (!p.consumer)
		return -EINVAL;
	error = probe_run(&p, err);
	kafka_consumer_close(p.consumer);
	return error;
}
