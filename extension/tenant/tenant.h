/* SPDX-License-Identifier: Apache-2.0 */
/* tenant.h - one configured pipeline, running.
 *
 * A tenant is an actor: parcels of flows go into its inbox, and the workers
 * run it one batch a turn,
 *
 *	accept -> enrich, again until nothing is pending -> commit
 *
 * While answers of the topology are awaited it is parked: only what is due by
 * the clock is done. It waits at most lookup_timeout for a batch, not at all
 * while its inbox is more than half full or when it is to finish.
 */
#ifndef TENANT_TENANT_H
#define TENANT_TENANT_H

#include "net/http.h"
#include "settings/pipeline_settings.h"
#include "source/router.h"
#include "spool/spool.h"
#include "sys/workers.h"
#include "topology/topology.h"

struct tenant;

/* What the tenants of a program share; borrowed for their lives. */
struct tenant_surroundings {
	struct workers *workers;
	struct workers *sealers; /* make objects: that takes long */
	struct workers *writers; /* run writers that block */
	struct spool *spool;
	struct http *http;
	struct topology *topology;
	struct batch_account *batches;
	int64_t batch_bytes_max;
	int64_t lookup_timeout_ms;
	enum peers_by peers_by;
	bool keeps_all; /* the source waits: nothing is dropped */
	struct log *log;
};

/* Opens and runs a pipeline. Its settings are borrowed. part, 0 to 1, of the first
 * interval is skipped, so that many tenants do not seal at once. With a predecessor,
 * of the same name, it takes over directories, counters and uploading; that one is to
 * be finished next. NULL with the reason: nothing has changed. */
struct tenant *tenant_new(const struct pipeline_settings *,
			  const struct tenant_surroundings *, struct tenant *predecessor,
			  double part, struct now, struct err *);
/* Stops what runs. */
void tenant_free(struct tenant *); /* NULL is fine */

const char *tenant_name(const struct tenant *);
/* Takes the writer of other settings, which it borrows, in the place of its own; all
 * else goes on. -errno with the reason: nothing has changed. */
int tenant_replace_writer(struct tenant *, const struct pipeline_settings *, struct now,
			  struct err *);
struct receiver *tenant_receiver(struct tenant *);

/* Sends again what it was asked to: see spool_retry(). */
void tenant_retry(struct tenant *, struct now);
/* It is removed, not replaced; to be finished next. */
void tenant_end(struct tenant *);
/* No more parcels come: finishes its inbox without waiting, and seals. */
void tenant_finish(struct tenant *);
bool tenant_is_finished(struct tenant *);
/* Who has taken over, and must outlive it; NULL: nobody. */
struct tenant *tenant_successor(struct tenant *);
/* Objects that are not stored yet, those in the making included. */
size_t tenant_backlog(struct tenant *);
bool tenant_is_degraded(struct tenant *);

struct tenant_status {
	bool is_degraded;
	size_t objects;	   /* as tenant_backlog() */
	int64_t bytes;	   /* of finished objects that wait */
	int64_t oldest_ms; /* of those, when finished, monotonic; NEVER_MS */
	char error
		[PUT_ERROR_MAX]; /* of the last upload, while degraded; else what will fail
			  * soon, or "" */
};
void tenant_status(struct tenant *, struct tenant_status *);
const struct stats *tenant_stats(const struct tenant *);

#endif
