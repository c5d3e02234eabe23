/* SPDX-License-Identifier: Apache-2.0 */
/* topology_counters.c - what the counters of topology.h mean. */
#include "topology/topology.h"

#define COUNTED(member, metric_name, text)                                               \
	{                                                                                \
		COUNTER_AT(struct topology_counters, member),                            \
			.name = #member, .metric = metric_name, .unit = UNIT_NONE,       \
			.help = (text)                                                   \
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
	{ 0 },
};
