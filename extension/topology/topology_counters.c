/* SPDX-License-Identifier: Apache-2.0 */
/* topology_counters.c - what the counters of topology.h mean. */
#include "topology/topology.h"

#define COUNTED(member, metric_name, text)                                               \
	{                                                                                \
		COUNTER_AT(struct topology_counters, member),                            \
			.name = #member, .metric = metric_name, .unit = UNIT_NONE,       \
			.help = (text)                                                   \
	}

/* The mirror's. */
#define MIRRORED(member, of, metric_name, text)                                          \
	{                                                                                \
		COUNTER_AT(struct topology_counters, member),                            \
			.name = "mirror_" of, .metric = "topology_mirror_" metric_name,  \
			.unit = UNIT_NONE, .help = (text)                                \
	}
#define MIRROR_HAS(member, of, text, units)                                              \
	{                                                                                \
		COUNTER_AT(struct topology_counters, mirror.member),                     \
			.name = "mirror_" of, .metric = "topology_mirror_" of,           \
			.kind = COUNTER_GAUGE, .unit = (units), .help = (text)           \
	}
#define RESYNC(member, why, words)                                                       \
	{                                                                                \
		COUNTER_AT(struct topology_counters, mirror.member),                     \
			.name = "mirror_resyncs",                                        \
			.metric = "topology_mirror_resyncs_total", .reason = (why),      \
			.about = (words), .unit = UNIT_NONE,                             \
			.help = "Requests for all of the topology."                      \
	}
#define EVENT(number, type)                                                              \
	{                                                                                \
		COUNTER_AT(struct topology_counters, mirror.events[number]),             \
			.name = "mirror_events",                                         \
			.metric = "topology_mirror_events_total", .reason = (type),      \
			.about = (type), .unit = UNIT_NONE,                              \
			.help = "Messages of the topology's stream."                     \
	}

const struct counter counters_of_topology[] = {
	{ COUNTER_AT(struct topology_counters, down), .name = "down",
	  .metric = "topology_down", .kind = COUNTER_GAUGE, .unit = UNIT_YES_OR_NO,
	  .help = "1: no analyzer answers questions about the topology." },
	COUNTED(hit, "topology_cache_hits_total", "Questions answered by the cache."),
	COUNTED(miss, "topology_cache_misses_total", "Questions not in the cache."),
	COUNTED(waited, "topology_waits_total", "Questions that a batch waited for."),
	COUNTED(degraded, "topology_degraded_total",
		"Questions answered with nothing: not asked, or failed less than "
		"error_ttl ago."),
	COUNTED(requests, "topology_requests_total", "Requests to analyzers."),
	COUNTED(empty, "topology_empty_total", "Replies without a node."),
	COUNTED(failed, "topology_failures_total",
		"Questions without a usable reply from any analyzer."),
	COUNTED(evicted, "topology_cache_evictions_total",
		"Answers removed from the cache because it was full."),
	COUNTED(switches, "topology_switches_total",
		"Changes to another analyzer because one did not answer."),
	COUNTED(logins, "topology_logins_total", "Logins that an analyzer accepted."),
	{ COUNTER_AT(struct topology_counters, cache_entries), .name = "cache_entries",
	  .metric = "topology_cache_entries", .kind = COUNTER_GAUGE, .unit = UNIT_NONE,
	  .help = "Answers in the cache." },
	{ COUNTER_AT(struct topology_counters, cache_bytes), .name = "cache_bytes",
	  .metric = "topology_cache_bytes", .kind = COUNTER_GAUGE, .unit = UNIT_BYTES,
	  .help = "Memory that the answers in the cache take." },
	MIRROR_HAS(is_synced, "synced",
		   "1: the mirror answers questions about the topology.", UNIT_YES_OR_NO),
	MIRROR_HAS(nodes, "nodes", "Nodes in the mirror.", UNIT_NONE),
	MIRROR_HAS(edges, "edges", "Edges in the mirror.", UNIT_NONE),
	MIRROR_HAS(tombs, "tombstones",
		   "Addresses, names and edges that are gone, and are kept for flows "
		   "that were seen before.",
		   UNIT_NONE),
	MIRROR_HAS(bytes, "bytes", "Memory of the mirror.", UNIT_BYTES),
	{ COUNTER_AT(struct topology_counters, mirror.age_s),
	  .name = "mirror_age_seconds", .metric = "topology_mirror_age_seconds",
	  .kind = COUNTER_GAUGE, .unit = UNIT_SECONDS, .may_be_unknown = true,
	  .help = "Since the last message of the topology's stream." },
	MIRRORED(mirrored, "answers", "answers_total",
		 "Questions answered by the mirror."),
	MIRRORED(mismatches, "mismatches", "mismatches_total",
		 "Answers of an analyzer that differ from the mirror's: mode shadow."),
	MIRRORED(mirror.stale, "stale", "stale_total",
		 "Nodes that were fetched again, because an update did not say what had "
		 "changed."),
	MIRRORED(mirror.repaired, "repaired", "repaired_total",
		 "Nodes and edges that a later synchronization changed."),
	MIRRORED(mirror.bad, "bad", "bad_messages_total",
		 "Messages of the topology's stream that cannot be read."),
	RESYNC(resyncs_connect, "connect", "after a connection"),
	RESYNC(resyncs_period, "period", "from time to time"),
	RESYNC(resyncs_gap, "gap", "a revision was missing"),
	RESYNC(resyncs_stale, "stale",
	       "nodes were too many to be fetched, or could not be"),
	EVENT(FEED_SYNC, "SyncReply"),
	EVENT(FEED_NODE_ADDED, "NodeAdded"),
	EVENT(FEED_NODE_UPDATED, "NodeUpdated"),
	EVENT(FEED_NODE_CHANGED, "NodePartiallyUpdated"),
	EVENT(FEED_NODE_DELETED, "NodeDeleted"),
	EVENT(FEED_EDGE_ADDED, "EdgeAdded"),
	EVENT(FEED_EDGE_UPDATED, "EdgeUpdated"),
	EVENT(FEED_EDGE_CHANGED, "EdgePartiallyUpdated"),
	EVENT(FEED_EDGE_DELETED, "EdgeDeleted"),
	EVENT(FEED_OTHER, "other"),
	{ 0 },
};
