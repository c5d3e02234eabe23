/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_members.c - how many members a group has, beside partitions. See kafka_consume.h. */
#include "net/kafka_consume_private.h"

#define ASK_MS 2000

/* -1: it is not known. */
static int count_members(struct kafka_consumer *c)
{
	const struct rd_kafka_group_list *list;
	int count = -1;

	if (c->library.list_groups(c->handle, c->parts.group, &list, ASK_MS))
		return -1;
	if (list->group_cnt == 1 && !list->groups[0].err)
		count = list->groups[0].member_cnt;
	c->library.group_list_destroy(list);
	return count;
}

static int count_partitions(struct kafka_consumer *c)
{
	rd_kafka_topic_t *topic = c->library.topic_new(c->handle, c->parts.topic, NULL);
	const struct rd_kafka_metadata *metadata;
	int count = -1;

	if (!topic)
		return -1;
	if (!c->library.metadata(c->handle, 0, topic, &metadata, ASK_MS)) {
		if (metadata->topic_cnt == 1 && !metadata->topics[0].err)
			count = metadata->topics[0].partition_cnt;
		c->library.metadata_destroy(metadata);
	}
	c->library.topic_destroy(topic);
	return count;
}

bool kafka_consumer_is_spare(struct kafka_consumer *c)
{
	int members = count_members(c), partitions = count_partitions(c);

	return members >= 0 && partitions >= 0 && members > partitions;
}

void kafka_consumer_look(struct kafka_consumer *c)
{
	if (c->is_of_brokers && *c->problem && count_partitions(c) > 0)
		c->problem[0] = '\0';
}
