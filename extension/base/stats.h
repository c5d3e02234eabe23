/* SPDX-License-Identifier: Apache-2.0 */
/* stats.h - the counters of a tenant, one row each.
 *
 * Any thread may write and read them, without a lock. Three balances hold whenever
 * nothing is in flight:
 *
 *	flows received = excluded + dropped (all reasons) + transformed
 *	flows transformed + records added = merged + encoded + dropped (all reasons)
 *	records encoded + recovered = uploaded + spooled + evicted + quarantined
 *
 * A row says on which sides of which balance its counter stands.
 */
#ifndef BASE_STATS_H
#define BASE_STATS_H

#include <stdatomic.h>
#include <stdint.h>
#include "base/counter.h"
#include "base/err.h"

enum stat_side {
	FLOWS_IN = 1 << 0,
	FLOWS_OUT = 1 << 1,
	RECORDS_IN = 1 << 2,
	RECORDS_OUT = 1 << 3,
	ROWS_IN = 1 << 4,
	ROWS_OUT = 1 << 5,
	/* Of no balance: for want of room, time or memory, not because it was told to. */
	FLOWS_LOST = 1 << 6,
	RECORDS_LOST = 1 << 7,
};

#define STAT_TOTAL(key, what, text)                                                      \
	.name = key, .metric = key "_total", .unit = (what), .help = (text)
#define STAT_NOW(key, what, text)                                                        \
	.name = key, .metric = key, .kind = COUNTER_GAUGE, .unit = (what), .help = (text)
#define STAT_FLOWS_DROPPED(why, text)                                                    \
	.name = "flows_dropped_" why, .metric = "flows_dropped_total", .reason = why,    \
	.about = (text), .unit = UNIT_FLOWS,                                             \
	.help = "Flows that made no record, by reason."
#define STAT_LIMIT(key, text)                                                            \
	.name = "limit_" key, .metric = "limit_bites_total", .reason = key,              \
	.about = (text), .help = "What a limit of the pipeline held back, by limit."
#define STAT_RECORDS_DROPPED(why, text)                                                  \
	.name = "records_dropped_" why, .metric = "records_dropped_total",               \
	.reason = why, .about = (text), .unit = UNIT_RECORDS,                            \
	.help = "Records that were lost, by reason."

/* Identifier, sides of balances, the row. */
#define STATS_EACH(X)                                                                    \
	X(FLOWS_RECEIVED, FLOWS_IN,                                                      \
	  STAT_TOTAL("flows_received", UNIT_FLOWS,                                       \
		     "Flows that the tenant subscribed to."))                            \
	X(FLOWS_EXCLUDED, FLOWS_OUT,                                                     \
	  STAT_TOTAL("flows_excluded", UNIT_FLOWS, "Flows that the filter excluded."))   \
	X(FLOWS_DROPPED_INBOX, FLOWS_OUT | FLOWS_LOST,                                   \
	  STAT_FLOWS_DROPPED("inbox_full", "lost, the workers were too slow"))           \
	X(FLOWS_DROPPED_OVER_RATE, FLOWS_OUT | FLOWS_LOST,                               \
	  STAT_FLOWS_DROPPED("over_rate", "lost, over its flows_per_second"))            \
	X(FLOWS_DROPPED_OVER_MEMORY, FLOWS_OUT | FLOWS_LOST,                             \
	  STAT_FLOWS_DROPPED("over_memory", "lost, over its records_in_memory"))         \
	X(FLOWS_DROPPED_NO_TRANSPORT, FLOWS_OUT,                                         \
	  STAT_FLOWS_DROPPED("no_transport",                                             \
			     "no transport layer, which the format needs"))              \
	X(FLOWS_DROPPED_NO_NETWORK, FLOWS_OUT,                                           \
	  STAT_FLOWS_DROPPED("no_network", "no network layer, which the format needs"))  \
	X(FLOWS_DROPPED_NO_METRIC, FLOWS_OUT,                                            \
	  STAT_FLOWS_DROPPED("no_metric", "no metric, which the format needs"))          \
	X(FLOWS_DROPPED_NO_TRAFFIC, FLOWS_OUT,                                           \
	  STAT_FLOWS_DROPPED("no_traffic", "nothing since the last record of the flow")) \
	X(FLOWS_DROPPED_NOT_LOGGED, FLOWS_OUT,                                           \
	  STAT_FLOWS_DROPPED("not_logged", "the format leaves such flows out"))          \
	X(FLOWS_DROPPED_MEMORY, FLOWS_OUT | FLOWS_LOST,                                  \
	  STAT_FLOWS_DROPPED("no_memory", "lost, out of memory"))                        \
	X(FLOWS_GIVEN_BACK, FLOWS_OUT,                                                   \
	  STAT_FLOWS_DROPPED("given_back",                                               \
			     "of a partition that moved, read again by its owner"))      \
	X(FLOWS_TRANSFORMED, FLOWS_OUT | RECORDS_IN,                                     \
	  STAT_TOTAL("flows_transformed", UNIT_FLOWS, "Flows that became a record."))    \
	X(FLOWS_BAD_ADDRESS, 0,                                                          \
	  STAT_TOTAL("flows_bad_address", UNIT_FLOWS,                                    \
		     "Flows with an address that cannot be read; they are kept."))       \
	X(RECORDS_ADDED, RECORDS_IN,                                                     \
	  STAT_TOTAL("records_added", UNIT_RECORDS, "Records that a stage added."))      \
	X(RECORDS_MERGED, RECORDS_OUT,                                                   \
	  STAT_TOTAL("records_merged", UNIT_RECORDS,                                     \
		     "Records that a stage merged into others."))                        \
	X(RECORDS_NOT_BEGUN, RECORDS_OUT,                                                \
	  STAT_TOTAL("records_not_begun", UNIT_RECORDS,                                  \
		     "Records that were not encoded when their partition moved."))       \
	X(RECORDS_ENCODED, RECORDS_OUT | ROWS_IN,                                        \
	  STAT_TOTAL("records_encoded", UNIT_RECORDS,                                    \
		     "Records that became rows of objects."))                            \
	X(LAYERS_DROPPED, 0,                                                             \
	  STAT_TOTAL("layers_dropped", UNIT_NONE,                                        \
		     "Layers left out of encoded records: protobuf has no room for "     \
		     "what the analyzer sent."))                                         \
	X(RECORDS_LATE, 0,                                                               \
	  STAT_TOTAL("records_late", UNIT_RECORDS,                                       \
		     "Encoded records that came too late for the slot of their "         \
		     "time; they are in the object of a later one."))                    \
	X(RECORDS_RECOVERED, ROWS_IN,                                                    \
	  STAT_TOTAL("records_recovered", UNIT_RECORDS,                                  \
		     "Records of an earlier run, found in the spool."))                  \
	X(RECORDS_DROPPED_TOO_LONG, RECORDS_OUT | RECORDS_LOST,                          \
	  STAT_RECORDS_DROPPED("row_too_long", "longer than a row may be"))              \
	X(RECORDS_DROPPED_HELD, RECORDS_OUT | RECORDS_LOST,                              \
	  STAT_RECORDS_DROPPED(                                                          \
		  "spool_unwritable",                                                    \
		  "the spool cannot be written, and no more rows may wait in memory"))   \
	X(RECORDS_UPLOADED, ROWS_OUT,                                                    \
	  STAT_TOTAL("records_uploaded", UNIT_RECORDS, "Records in stored objects."))    \
	X(RECORDS_EVICTED, ROWS_OUT | RECORDS_LOST,                                      \
	  STAT_TOTAL("records_evicted", UNIT_RECORDS,                                    \
		     "Records in evicted objects: lost."))                               \
	X(RECORDS_QUARANTINED, ROWS_OUT,                                                 \
	  STAT_TOTAL("records_quarantined", UNIT_RECORDS,                                \
		     "Records in quarantined objects."))                                 \
	X(RECORDS_GIVEN_BACK, ROWS_OUT,                                                  \
	  STAT_TOTAL("records_given_back", UNIT_RECORDS,                                 \
		     "Records that were not stored when their partition moved; its "     \
		     "owner makes them again."))                                         \
	X(RECORDS_SPOOLED, ROWS_OUT,                                                     \
	  STAT_NOW("records_spooled", UNIT_RECORDS, "Records in the spool."))            \
	X(OBJECTS_SEALED, 0,                                                             \
	  STAT_TOTAL("objects_sealed", UNIT_OBJECTS,                                     \
		     "Objects that were finished, ready to be uploaded."))               \
	X(OBJECTS_UPLOADED, 0,                                                           \
	  STAT_TOTAL("objects_uploaded", UNIT_OBJECTS, "Objects that were stored."))     \
	X(OBJECTS_EVICTED, 0,                                                            \
	  STAT_TOTAL("objects_evicted", UNIT_OBJECTS,                                    \
		     "Objects dropped because the spool was full, they were too old, "   \
		     "or their file was removed: lost."))                                \
	X(OBJECTS_BAD_EVICTED, 0,                                                        \
	  STAT_TOTAL("objects_bad_evicted", UNIT_OBJECTS,                                \
		     "Files of bad/ dropped because the spool was full."))               \
	X(OBJECTS_QUARANTINED, 0,                                                        \
	  STAT_TOTAL("objects_quarantined", UNIT_OBJECTS,                                \
		     "Objects that the store refuses for good, or that are damaged; "    \
		     "they are kept in bad/ of the spool."))                             \
	X(OBJECTS_SPOOLED, 0,                                                            \
	  STAT_NOW("objects_spooled", UNIT_OBJECTS, "Objects in the spool."))            \
	X(BYTES_UPLOADED, 0, .name = "bytes_uploaded", .metric = "uploaded_bytes_total", \
	  .unit = UNIT_BYTES, .help = "Bytes of stored objects.")                        \
	X(UPLOAD_FAILURES, 0,                                                            \
	  STAT_TOTAL("upload_failures", UNIT_NONE,                                       \
		     "Uploads that failed; they are repeated."))                         \
	X(LOOKUPS_DEGRADED, 0,                                                           \
	  STAT_TOTAL("lookups_degraded", UNIT_NONE,                                      \
		     "Topology lookups without an answer: the topology was down, too "   \
		     "slow, or had failed on it less than error_ttl ago, or the "        \
		     "question was over questions_per_second."))                         \
	X(LOOKUPS_REFUSED, 0,                                                            \
	  STAT_TOTAL("lookups_refused", UNIT_NONE,                                       \
		     "Topology lookups not made because the value has a quote in it."))  \
	X(LIMIT_FLOWS, 0, STAT_LIMIT("flows_per_second", "flows dropped"))               \
	X(LIMIT_RECORDS, 0, STAT_LIMIT("records_in_memory", "flows dropped"))            \
	X(LIMIT_SPOOL, 0, STAT_LIMIT("spool_bytes", "objects dropped"))                  \
	X(LIMIT_UPLOADS, 0, STAT_LIMIT("uploads_at_once", "times that objects waited"))  \
	X(LIMIT_QUESTIONS, 0, STAT_LIMIT("questions_per_second", "questions not asked")) \
	X(PEER_AMBIGUOUS, 0,                                                             \
	  STAT_TOTAL("peer_ambiguous", UNIT_NONE,                                        \
		     "Addresses of peers that several nodes have; no peer is named."))   \
	X(SERIES_EVICTED, 0,                                                             \
	  STAT_TOTAL("series_evicted", UNIT_NONE,                                        \
		     "Connections and interfaces whose series were removed because "     \
		     "there were more than max_connections (store prom_sky_con)."))

#define STATS_ENUM(id, ...) STAT_##id,
enum stat_id { STATS_EACH(STATS_ENUM) STAT_COUNT };
#undef STATS_ENUM

struct stats {
	_Atomic int64_t value[STAT_COUNT];
};

/* By stat_id, then the end. Of a copy: int64_t[STAT_COUNT]. */
extern const struct counter counters_of_stats[STAT_COUNT + 1];

static inline void stats_add(struct stats *stats, enum stat_id stat, int64_t n)
{
	atomic_fetch_add_explicit(&stats->value[stat], n, memory_order_relaxed);
}

static inline int64_t stats_get(const struct stats *stats, enum stat_id stat)
{
	return atomic_load_explicit(&stats->value[stat], memory_order_relaxed);
}

/* What came, and what it became: equal when nothing is in flight. */
struct balance {
	const char *what;
	enum stat_side in, out;
};
extern const struct balance stats_balances[]; /* ends with one that is of nothing */
bool stats_is_on(enum stat_id, enum stat_side);
/* The sum of the counters of a side, of a copy. */
int64_t stats_sum(const int64_t value[STAT_COUNT], enum stat_side);

/* -EINVAL, with the sums, when a balance does not hold. */
int stats_balance(const struct stats *, struct err *);

#endif
