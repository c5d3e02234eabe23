/* SPDX-License-Identifier: Apache-2.0 */
/* stats.h - the named counters of a tenant.
 *
 * They only rise, except the gauges said so, are written from any thread
 * without a lock and read at any time. Three balances hold whenever nothing is
 * under way:
 *
 *	flows received = excluded + dropped (all reasons) + transformed
 *	flows transformed + records added - merged = encoded + dropped (all reasons)
 *	records encoded + recovered = uploaded + spooled + evicted + quarantined
 *
 * Recovered are those that an earlier run left in the spool.
 */
#ifndef BASE_STATS_H
#define BASE_STATS_H

#include <stdatomic.h>
#include <stdint.h>
#include "base/err.h"

#define STATS_EACH(X)                                                                    \
	X(FLOWS_RECEIVED, "flows_received")                                              \
	X(FLOWS_EXCLUDED, "flows_excluded")                                              \
	X(FLOWS_DROPPED_INBOX, "flows_dropped_inbox_full")                               \
	X(FLOWS_DROPPED_NO_TRANSPORT, "flows_dropped_no_transport")                      \
	X(FLOWS_DROPPED_NO_NETWORK, "flows_dropped_no_network")                          \
	X(FLOWS_DROPPED_NO_METRIC, "flows_dropped_no_metric")                            \
	X(FLOWS_DROPPED_NO_TRAFFIC, "flows_dropped_no_traffic")                          \
	X(FLOWS_DROPPED_NOT_LOGGED, "flows_dropped_not_logged")                          \
	X(FLOWS_DROPPED_MEMORY, "flows_dropped_no_memory")                               \
	X(FLOWS_TRANSFORMED, "flows_transformed")                                        \
	X(FLOWS_BAD_ADDRESS, "flows_bad_address")                                        \
	X(RECORDS_ADDED, "records_added")                                                \
	X(RECORDS_MERGED, "records_merged")                                              \
	X(RECORDS_ENCODED, "records_encoded")                                            \
	X(RECORDS_LATE, "records_late")                                                  \
	X(RECORDS_RECOVERED, "records_recovered")                                        \
	X(RECORDS_DROPPED_TOO_LONG, "records_dropped_row_too_long")                      \
	X(RECORDS_DROPPED_HELD, "records_dropped_spool_unwritable")                      \
	X(RECORDS_UPLOADED, "records_uploaded")                                          \
	X(RECORDS_EVICTED, "records_evicted")                                            \
	X(RECORDS_QUARANTINED, "records_quarantined")                                    \
	X(RECORDS_SPOOLED, "records_spooled") /* gauge */                                \
	X(OBJECTS_SEALED, "objects_sealed")                                              \
	X(OBJECTS_UPLOADED, "objects_uploaded")                                          \
	X(OBJECTS_EVICTED, "objects_evicted")                                            \
	X(OBJECTS_QUARANTINED, "objects_quarantined")                                    \
	X(OBJECTS_SPOOLED, "objects_spooled") /* gauge */                                \
	X(BYTES_UPLOADED, "bytes_uploaded")                                              \
	X(UPLOAD_FAILURES, "upload_failures")                                            \
	X(LOOKUPS_DEGRADED, "lookups_degraded")                                          \
	X(LOOKUPS_REFUSED, "lookups_refused")                                            \
	X(PEER_AMBIGUOUS, "peer_ambiguous")                                              \
	X(SERIES_EVICTED, "series_evicted")

#define STATS_ENUM(id, name) STAT_##id,
enum stat_id { STATS_EACH(STATS_ENUM) STAT_COUNT };
#undef STATS_ENUM

struct stats {
	_Atomic int64_t value[STAT_COUNT];
};

extern const char *const stat_names[STAT_COUNT];

static inline void stats_add(struct stats *stats, enum stat_id stat, int64_t n)
{
	atomic_fetch_add_explicit(&stats->value[stat], n, memory_order_relaxed);
}

static inline int64_t stats_get(const struct stats *stats, enum stat_id stat)
{
	return atomic_load_explicit(&stats->value[stat], memory_order_relaxed);
}

/* -EINVAL, with the sums, when a balance does not hold. */
int stats_balance(const struct stats *, struct err *);

#endif
