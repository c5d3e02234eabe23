/* SPDX-License-Identifier: Apache-2.0 */
/* tenant_private.h - shared by the files of a tenant.
 */
#ifndef TENANT_TENANT_PRIVATE_H
#define TENANT_TENANT_PRIVATE_H

#include "tenant/exposition.h"
#include "tenant/pipeline_state.h"
#include "pipeline/pipeline.h"
#include "spool/spool_sink.h"
#include "sys/queue.h"
#include "tenant/limits.h"
#include "tenant/spell.h"
#include "tenant/tenant.h"
#include "writer/uploader.h"
#include "writer/writer_instance.h"

#define TENANT_INBOX_MAX 4096 /* parcels; bytes are bounded for all tenants */

/* A few flows wait until more have come, so that a thousand tenants that share a stream
 * do not write to the spool for every flow; but only while all batches take less than a
 * megabyte and some kilobytes for each tenant. */
#define TURN_FLOWS	  300
#define TURN_PARCELS	  128
#define GATHER_MS	  950
#define GATHER_GRID_MS	  50
#define GATHER_BYTES	  ((int64_t)1 << 20)
#define GATHER_BYTES_EACH ((int64_t)32 << 10)

struct tenant_shard;

struct tenant {
	struct receiver receiver;

	/* Used for each parcel, and so kept together: with a thousand tenants none of
	 * it is still in the processor's cache when the next parcel comes. */
	struct pipeline_state *state;
	struct queue inbox;
	_Atomic int64_t waiting_flows; /* in the inbox */
	struct inbox_owner owner;      /* of what is there, and of the turn */
	_Atomic int64_t held_records;  /* in the pipeline; with a limit only */
	bool gathers;		       /* several parcels may be one turn */
	bool is_limited;	       /* some parcels may be refused by its limits */
	atomic_bool is_finishing, is_finished;
	atomic_bool has_handed_over; /* its successor no longer waits for it */
	struct tenant_surroundings around;
	struct task task;

	struct spell overflow; /* flows, dropped because the inbox was full */
	struct spell degraded; /* lookups; of the worker alone */

	struct limits limits;

	const struct pipeline_settings *settings;
	const struct pipeline_settings *writer_settings; /* its writer's; under lock */
	_Atomic int64_t lost_flows; /* not yet in an object's metadata */

	struct spool_sink *spool_sink;
	pthread_mutex_t lock; /* of the uploader, which may change */
	struct uploader *uploader;
	struct writer_instance writer; /* the uploader's */
	struct account account;	       /* of what it stores */
	struct tenant *successor;      /* took over; its uploader sends our objects */
	struct tenant_shard *shard;    /* whose tenant it is; NULL: of a whole pipeline */
	_Atomic unsigned open_shards;  /* of a whole pipeline, and also */
	pthread_mutex_t shards_lock;
	struct tenant_shard *shards; /* of a whole pipeline: see tenant_shard.h */
	struct pipeline *pipeline;
	struct exposition *exposition; /* of its series; NULL: it has none */
	struct asker asker;
	struct queries queries;

	/* The turn at hand. */
	const struct parcel *parcel[TURN_PARCELS];
	size_t parcels;
	int64_t deadline_ms; /* of its lookups, monotonic */
	unsigned passes;
	atomic_bool is_answered; /* the questions of the last pass */
};

/* One turn of the task. */
void tenant_run(struct task *, struct now);

/* Parts of a turn: completes the records, false: parked until answers come or time is up;
 * and commits them, at the time that they have for their objects. */
void tenant_turn_begin(struct tenant *, struct now);
bool tenant_turn_enrich(struct tenant *, struct now);
void tenant_turn_commit(struct tenant *, struct now, struct now of_rows);

/* What needs nothing but memory, so that tenant_free() may be called from here on. */
struct tenant *tenant_alloc(const struct pipeline_settings *,
			    const struct tenant_surroundings *, struct err *);
/* Its sink and its pipeline; part: see tenant_new(). name: see bucket.h. */
int tenant_open_pipeline(struct tenant *, const struct stage_set *, double part,
			 const struct object_name *name, struct err *);

/* tenant_status.c: calls visit for each shard of a whole pipeline; none ends meanwhile. */
void tenant_each_shard(struct tenant *, void (*visit)(struct tenant *shard, void *to),
		       void *to);

/* The receiver's functions; on the source's thread. */
void tenant_offer(struct receiver *, const struct parcel *);
void tenant_lose(struct receiver *, int64_t flows);

/* tenant_spells.c: logs periods in which something goes wrong. */
void tenant_tell_overflow(const struct tenant *);
void tenant_note_degraded(struct tenant *, int64_t lookups, int64_t limited,
			  int64_t now_ms);
/* Logs those that go on or have ended; *due_ms may be lowered. */
void tenant_tell_spells(struct tenant *, int64_t now_ms, int64_t *due_ms);
/* The tenant ends: logs the end of all. */
void tenant_end_spells(struct tenant *);

/* Opens a writer and the uploader that uses it, both the caller's. NULL: neither is
 * open. */
struct uploader *tenant_open_writer(struct tenant *, const struct writer_options *,
				    struct writer_instance *, struct now, struct err *);
/* An object is ready: wakes the tenant that now uploads for this pipeline. */
void tenant_wake_uploader(void *tenant);
/* From here on the successor uploads, also the objects that this tenant still makes. */
void tenant_hand_over(struct tenant *, struct tenant *successor);
/* It makes no more objects: a successor that keeps the order goes on. Later calls do
 * nothing. */
void tenant_end_handing_over(struct tenant *);

/* Drops and counts parcels that will not be processed. */
void tenant_empty_inbox(struct tenant *);

#endif
