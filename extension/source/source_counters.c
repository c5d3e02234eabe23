/* SPDX-License-Identifier: Apache-2.0 */
/* source_counters.c - what the counters of a source mean. */
#include "source/source_instance.h"

static const char *const state_names[] = {
	[SOURCE_OPEN] = "open",
	[SOURCE_CONNECTING] = "connecting",
	[SOURCE_SUBSCRIBED] = "subscribed",
	[SOURCE_STARVED] = "starved",
};

const char *source_state_name(enum source_state state)
{
	return state_names[state];
}

#define COUNTED(member, metric_name, what, text)                                         \
	{                                                                                \
		COUNTER_AT(struct source_status, member),                                \
			.name = #member, .metric = "source_" metric_name,                \
			.unit = (what), .help = (text)                                   \
	}
#define BAD_FLOWS(id, why, text)                                                         \
	{                                                                                \
		COUNTER_AT(struct source_status, bad_flows[id]),                         \
			.name = "bad_flows", .metric = "source_bad_flows_total",         \
			.reason = why, .about = (text), .unit = UNIT_FLOWS,              \
			.help = "Flows that cannot be decoded, by reason."               \
	}

const struct counter counters_of_source[] = {
	{ COUNTER_AT(struct source_status, is_ready), .name = "ready",
	  .metric = "source_up", .kind = COUNTER_GAUGE, .unit = UNIT_YES_OR_NO,
	  .help = "1: subscribed, and flows or heartbeats arrive." },
	{ COUNTER_AT(struct source_status, down_s), .name = "down_seconds",
	  .metric = "source_down_seconds", .kind = COUNTER_GAUGE, .unit = UNIT_SECONDS,
	  .help = "How long it has not been up; 0: it is." },
	{ COUNTER_AT(struct source_status, half_silent_s), .name = "half_silent_seconds",
	  .metric = "source_half_silent_seconds", .kind = COUNTER_GAUGE,
	  .unit = UNIT_SECONDS,
	  .help = "How long flows have come without stats; 0: they come with them." },
	COUNTED(connects, "connects_total", UNIT_NONE,
		"Subscriptions that the analyzer accepted."),
	COUNTED(gaps, "gaps_total", UNIT_NONE,
		"Subscriptions that ended: flows may be lost."),
	COUNTED(renewals, "renewals_total", UNIT_NONE,
		"Subscriptions that were renewed because nothing arrived."),
	COUNTED(messages, "messages_total", UNIT_NONE, "Messages received."),
	COUNTED(flows, "flows_total", UNIT_FLOWS, "Flows decoded."),
	COUNTED(bytes, "received_bytes_total", UNIT_BYTES, "Bytes of messages received."),
	COUNTED(kernel_drops, "kernel_drops_total", UNIT_NONE,
		"Datagrams that the kernel dropped."),
	{ COUNTER_AT(struct source_status, partitions.assigned), .name = "partitions",
	  .metric = "source_partitions", .kind = COUNTER_GAUGE, .unit = UNIT_NONE,
	  .help = "Partitions of the topic that are this exporter's (Kafka)." },
	{ COUNTER_AT(struct source_status, partitions.rebalances), .name = "rebalances",
	  .metric = "source_rebalances_total", .unit = UNIT_NONE,
	  .help = "Partitions that came or went (Kafka)." },
	{ COUNTER_AT(struct source_status, partitions.lag), .name = "lag",
	  .metric = "source_lag", .kind = COUNTER_GAUGE, .unit = UNIT_NONE,
	  .help = "Offsets of these partitions that were not yet read (Kafka)." },
	{ COUNTER_AT(struct source_status, partitions.lost), .name = "lost_offsets",
	  .metric = "source_lost_offsets_total", .unit = UNIT_NONE,
	  .help = "Offsets that retention removed before they were read (Kafka)." },
	{ COUNTER_AT(struct source_status, partitions.broken), .name = "broken",
	  .metric = "source_broken_total", .unit = UNIT_NONE,
	  .help = "Offsets that cannot be read, of broken batches, and are passed over (Kafka)." },
	{ COUNTER_AT(struct source_status, partitions.age_s),
	  .name = "commit_age_seconds", .metric = "source_commit_age_seconds",
	  .kind = COUNTER_GAUGE, .unit = UNIT_SECONDS,
	  .help = "Age of the oldest message that was read and is not committed, because "
		  "not all pipelines of the group have stored it (Kafka)." },
	COUNTED(layers_dropped, "layers_dropped_total", UNIT_NONE,
		"DHCPv4, DNS and VRRPv2 layers over 1 MiB of text, left out of their "
		"flows, which are kept."),
	COUNTED(bad_messages, "bad_messages_total", UNIT_NONE,
		"Messages that cannot be decoded."),
	BAD_FLOWS(BAD_FLOW_TYPE, "type", "a member has the wrong type"),
	BAD_FLOWS(BAD_FLOW_NUMBER, "number", "not a whole number, or out of range"),
	BAD_FLOWS(BAD_FLOW_PROTOCOL, "protocol", "a protocol or ICMP type is unknown"),
	BAD_FLOWS(BAD_FLOW_NULL, "null", "null in place of a flow"),
	BAD_FLOWS(BAD_FLOW_MEMORY, "memory",
		  "the flows of its message do not fit into limits.batch_bytes"),
	{ 0 },
};
