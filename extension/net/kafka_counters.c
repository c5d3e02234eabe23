/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_counters.c - what the counters of Kafka mean. */
#include "net/kafka_private.h"

#define COUNTED(member, what, text)                                                      \
	{                                                                                \
		COUNTER_AT(struct kafka_counters, member),                               \
			.name = #member, .metric = "kafka_" #member "_total",            \
			.unit = (what), .help = (text)                                   \
	}

const struct counter counters_of_kafka[] = {
	{ COUNTER_AT(struct kafka_counters, queued), .name = "queued",
	  .metric = "kafka_queued_messages", .kind = COUNTER_GAUGE, .unit = UNIT_NONE,
	  .help = "Messages to Kafka that no broker has acknowledged yet." },
	COUNTED(messages, UNIT_NONE, "Messages to Kafka that were acknowledged."),
	COUNTED(delivery_seconds, UNIT_SECONDS,
		"How long these waited for that, together; by their number it is the "
		"time of one, round trip and queue."),
	COUNTED(failures, UNIT_NONE,
		"Messages to Kafka that were refused, or not acknowledged."),
	COUNTED(errors, UNIT_NONE,
		"Errors of brokers and of connections to them, which are tried again."),
	COUNTED(aborts, UNIT_NONE, "Transactions that were aborted."),
	{ 0 },
};

void kafka_count(const struct kafka *k, struct kafka_counters *counters)
{
	*counters = (struct kafka_counters){
		.queued = atomic_load(&k->queued),
		.messages = atomic_load(&k->messages),
		.delivery_seconds = atomic_load(&k->delivery_ms) / 1000,
		.failures = atomic_load(&k->failures),
		.errors = atomic_load(&k->errors),
		.aborts = atomic_load(&k->aborts),
	};
}
