/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_probe.c - whether a topic can be read as its group, for check --connect. The group
 * goes on as it is: who asks does not become a member. See kafka_private.h.
 */
#include <errno.h>
#include "source/kafka_private.h"
#include "source/shard_place.h"
#include "sys/clock.h"

struct asking {
	struct err *why; /* of the first partition that is not for us */
	bool is_refused;
};

static int64_t ask_place(void *context, const struct kafka_commit *c)
{
	struct asking *a = context;
	struct shard_place place;

	if (c->offset < 0 || a->is_refused)
		return 0;
	a->is_refused = shard_place_read(c->offset, c->metadata, &place, a->why) < 0;
	if (!a->is_refused)
		return c->offset;
	err_prefix(a->why, "partition %d", (int)c->partition);
	return -1;
}

static int judge(const struct kafka_source *k, const struct kafka_topic_facts *facts,
		 struct err *remark)
{
	if (facts->times == KAFKA_TIMES_OF_PRODUCERS)
		return err_set(remark, KAFKA_SOURCE_TIMES, k->topic);
	err_set(remark, "topic %s has %d partition%s%s", k->topic, facts->partitions,
		facts->partitions == 1 ? "" : "s",
		facts->times == KAFKA_TIMES_OF_BROKERS
			? ""
			: "; whether its message.timestamp.type is LogAppendTime, as it "
			  "must be, this user may not know");
	return 0;
}

int kafka_source_ask(struct kafka_source *k, struct err *remark)
{
	struct asking asking = { .why = remark };
	const struct kafka_consumer_parts parts = {
		.settings = &k->settings,
		.topic = k->topic,
		.group = k->group,
		.log = k->parts.log,
		.assigned = ask_place,
		.context = &asking,
	};
	struct kafka_topic_facts facts;

	k->now_ms = clock_now().mono_ms;
	if (kafka_source_login(k, remark) < 0 ||
	    kafka_consumer_probe(&parts, &facts, remark) < 0)
		return -EINVAL;
	return judge(k, &facts, remark);
}
