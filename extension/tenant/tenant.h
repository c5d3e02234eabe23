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

#include "config/config.h"
#include "net/http.h"
#include "source/router.h"
#include "source/source_options.h"
#include "stage/stage_set.h"
#include "spool/spool.h"
#include "writer/uploader.h"
#include "sys/workers.h"
#include "topology/topology.h"
#include "writer/writer_instance.h"

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
	struct str output; /* not empty: all objects go to this directory */
	bool keeps_all;	   /* the source waits: nothing is dropped */
	struct log *log;
};

/* Reads the pipeline's configuration. name is copied, config borrowed. What is
 * wrong goes to problems, and then NULL is returned. Nothing is opened. */
struct tenant *tenant_new(const char *name, const struct config *, struct log *,
			  struct problems *);
void tenant_free(struct tenant *);

const char *tenant_name(const struct tenant *);
/* Where its flows come from. */
const struct source_options *tenant_source(const struct tenant *);
/* Where its objects go: "<endpoint>/<dirname>/<prefix>", to find two that are
 * the same. Appended. */
void tenant_destination(const struct tenant *, struct buf *);
/* Its keys are as an operator made them up: layout: template. */
bool tenant_has_own_layout(const struct tenant *);
/* The same destination with all that its keys have in common. Appended. */
void tenant_keys_begin(const struct tenant *, struct buf *);

/* What it is made of. Borrowed; they are to be run by one thread. */
const struct stage_set *tenant_stages(const struct tenant *);
/* Whether its writer can write, see writer_instance_probe(). Before it is opened. */
bool tenant_probe(struct tenant *, struct http *, const struct probe_report *);

/* Gets ready to run; part, 0 to 1, of the first interval is skipped, so that
 * many tenants do not seal at once. With a predecessor, of the same name, it
 * takes over directories, counters and uploading; that one is to be finished
 * next. -EINVAL with the reason. */
int tenant_open(struct tenant *, const struct tenant_surroundings *,
		struct tenant *predecessor, double part, struct now, struct err *);
/* Takes the writer of another tenant, which was not opened, in the place of
 * its own; all else goes on. -EINVAL: nothing has changed. */
int tenant_replace_writer(struct tenant *, struct tenant *from, struct now, struct err *);
struct receiver *tenant_receiver(struct tenant *);

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
	char error[256];   /* of the last upload, while degraded; else what will fail
			  * soon, or "" */
};
void tenant_status(struct tenant *, struct tenant_status *);
const struct stats *tenant_stats(const struct tenant *);
/* Stops what runs and releases everything but the configuration. */
void tenant_close(struct tenant *);

/* What a configuration says, to compare it; see tenant_config_text(). */
void tenant_text(const struct config *, bool writer, struct buf *);
/* The sections of the configuration that belong to a pipeline. */
size_t tenant_sections(struct config_section *, size_t max);

#endif
