/* SPDX-License-Identifier: Apache-2.0 */
/* topology_options.c - the keys of topology.h. */
#include "topology/topology.h"

#define TTL_MAX_MS INT64_C(604800000)

/* enum topology_mode */
const char *const topology_mode_names[] = { "rest", "shadow", "mirror", NULL };

static const struct topology_options defaults = {
	.mode = MODE_MIRROR,
	.mirror_bytes = 256 << 20,
	.mirror_resync_ms = 1800000,
	.timeout_ms = 10000,
	.patience_ms = 5000,
	.max_in_flight = 4,
	.cache_entries = 10000,
	.cache_bytes = 16 << 20,
	.ttl_ms = 600000,
	.empty_ttl_ms = 600000,
	.error_ttl_ms = 10000,
};

/* enum peers_by */
static const char *const peers_names[] = { "address", "path", NULL };

static const struct field fields[] = {
	OPTION(struct topology_options, analyzers, "analyzers", 0,
	       "addresses of analyzers: one is asked for the topology, while it answers"),
	OPTION(struct topology_options, username, "analyzer.auth.cluster.username", 0,
	       "user of the analyzer's API"),
	OPTION(struct topology_options, password, "analyzer.auth.cluster.password",
	       FIELD_SECRET, "password of that user"),
	OPTION_ENUM(
		struct topology_options, mode, "topology.mode", 0, topology_mode_names,
		"who answers: rest, the analyzer; mirror, a copy of its topology in "
		"memory; shadow, the analyzer, and what the copy differs in is counted"),
	OPTION_RANGE(struct topology_options, mirror_bytes, "topology.mirror.max_bytes",
		     FIELD_SIZE, 1 << 20, INT64_C(1) << 33,
		     "memory for the copy; of a larger topology there is none"),
	OPTION_RANGE(struct topology_options, mirror_resync_ms, "topology.mirror.resync",
		     FIELD_DURATION, 60000, 86400000,
		     "how often the copy is made anew, more or less"),
	OPTION_ENUM(
		struct topology_options, peers_by, "topology.peers", 0, peers_names,
		"how the container or host of an address is found; path: along a path in "
		"the graph, as the Go exporter does"),
	OPTION_RANGE(struct topology_options, timeout_ms, "topology.timeout",
		     FIELD_DURATION, 100, 600000, "longest time for one request"),
	OPTION_RANGE(struct topology_options, max_in_flight, "topology.max_in_flight", 0,
		     1, 64, "requests at once"),
	OPTION_RANGE(struct topology_options, cache_entries, "topology.cache.entries", 0,
		     100, 10000000, "answers kept at most"),
	OPTION_RANGE(struct topology_options, cache_bytes, "topology.cache.bytes",
		     FIELD_SIZE, 1 << 16, INT64_C(1) << 36, "memory for answers at most"),
	OPTION_RANGE(struct topology_options, ttl_ms, "topology.cache.ttl",
		     FIELD_DURATION, 1000, TTL_MAX_MS, "how long an answer is valid"),
	OPTION_RANGE(struct topology_options, empty_ttl_ms, "topology.cache.empty_ttl",
		     FIELD_DURATION, 1000, TTL_MAX_MS,
		     "how long an answer without nodes is valid"),
	OPTION_RANGE(struct topology_options, error_ttl_ms, "topology.cache.error_ttl",
		     FIELD_DURATION, 1000, TTL_MAX_MS,
		     "how long nothing is asked again after a failure"),
	{ .name = NULL },
};

const struct shape topology_shape = {
	.name = "topology",
	.size = sizeof(struct topology_options),
	.fields = fields,
	.defaults = &defaults,
};
