/* SPDX-License-Identifier: Apache-2.0 */
/* tenant.h - a running pipeline.
 *
 * A tenant is an actor: parcels of flows go into its inbox, and the workers
 * run it one batch a turn,
 *
 *	accept -> enrich, again until nothing is pending -> commit
 *
 * While it waits for answers of the topology it does only what is due by the clock. It
 * waits at most lookup_timeout for a batch, and not at all while its inbox is more than
 * half full or when it is finishing.
 */
#ifndef TENANT_TENANT_H
#define TENANT_TENANT_H

#include "net/http.h"
#include "net/kafka.h"
#include "settings/pipeline_settings.h"
#include "source/router.h"
#include "spool/ledger.h"
#include "spool/spool.h"
#include "sys/workers.h"
#include "tenant/inbox_room.h"
#include "tenant/limits.h"
#include "tenant/recent.h"
#include "topology/topology.h"

struct tenant;

/* Shared by all tenants; borrowed for their lives. */
struct tenant_surroundings {
	struct workers *workers;
	struct workers *sealers; /* make objects, which takes long */
	struct workers *writers; /* run writers that block */
	struct spool *spool;
	struct http *http;
	struct kafka *kafka;
	struct topology *topology;
	struct batch_account *batches;
	int64_t batch_bytes_max;
	struct inbox_room *room; /* of their batches */
	int64_t lookup_timeout_ms;
	enum peers_by peers_by;
	bool keeps_all; /* the source waits: nothing is dropped */
	/* See struct receiver: tenant_open_shard(), which needs tenants itself. */
	struct shard_part *(*open_shard)(struct receiver *, const struct shard_name *,
					 struct err *);
	struct log *log;
};

/* Opens and runs a pipeline. Its settings are borrowed. The fraction "part" (0 to 1) of
 * the first interval is skipped, so that tenants do not all seal at once. It takes over
 * directories, counters and uploading from a predecessor, of the same name, which must
 * be finished next. NULL with the reason: nothing has changed. */
struct tenant *tenant_new(const struct pipeline_settings *,
			  const struct tenant_surroundings *, struct tenant *predecessor,
			  double part, struct now, struct err *);
/* Stops what runs. */
void tenant_free(struct tenant *); /* NULL is fine */

const char *tenant_name(const struct tenant *);
/* Replaces its writer by that of other settings, which it borrows; everything else goes
 * on. -errno with the reason: nothing has changed. */
int tenant_replace_writer(struct tenant *, const struct pipeline_settings *, struct now,
			  struct err *);
struct receiver *tenant_receiver(struct tenant *);
/* Of a tenant's receiver: what it makes of one partition; see tenant_shard.h. */
struct shard_part *tenant_open_shard(struct receiver *, const struct shard_name *,
				     struct err *);

/* Sends objects of bad/ again, if that was asked for: see spool_retry(). */
void tenant_retry(struct tenant *, struct now);
/* It was removed, not replaced; it must be finished next. */
void tenant_end(struct tenant *);
/* No more parcels come: it processes its inbox without waiting, and seals all
 * objects. */
void tenant_finish(struct tenant *);
bool tenant_is_finished(struct tenant *);
/* The tenant that has taken over, and must outlive it; NULL: none. */
struct tenant *tenant_successor(struct tenant *);
/* Objects that are not yet stored, including those that are being made. */
size_t tenant_backlog(struct tenant *);
bool tenant_is_degraded(struct tenant *);

struct tenant_status {
	int64_t degraded_ms; /* since when uploads fail, Unix; 0: they do not */
	int64_t stored_ms;   /* the last upload of this run, Unix; 0: none */
	int64_t sent_ms;     /* the oldest upload under way began then, monotonic; or
			      * NEVER_MS */
	size_t objects;	     /* as tenant_backlog() */
	int64_t bytes;	     /* of finished objects that wait */
	int64_t oldest_ms;   /* of those, when finished, monotonic; NEVER_MS */
	bool has_shards;     /* partitions of Kafka; then: */
	int64_t waits_ms;    /* when the first message came that is not stored, monotonic;
			      * NEVER_MS */
	struct limits_status limits;
	char error
		[PUT_ERROR_MAX]; /* of the last upload, while degraded; else a warning, or
				  * "" */
};
void tenant_status(struct tenant *, struct tenant_status *);
const struct stats *tenant_stats(const struct tenant *);
/* The last objects that were stored; borrowed for the tenant's life. */
struct recent *tenant_recent(struct tenant *);
/* Its totals since it exists, over restarts. Never waits for a disk. */
void tenant_ledger(struct tenant *, struct ledger_totals *);

#endif
