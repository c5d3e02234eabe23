/* SPDX-License-Identifier: Apache-2.0 */
/* tenant_private.h - what tenant.c, tenant_run.c and tenant_writer.c share.
 */
#ifndef TENANT_TENANT_PRIVATE_H
#define TENANT_TENANT_PRIVATE_H

#include "tenant/exposition.h"
#include "tenant/pipeline_state.h"
#include "pipeline/pipeline.h"
#include "spool/spool_sink.h"
#include "sys/queue.h"
#include "tenant/spell.h"
#include "tenant/tenant.h"
#include "writer/uploader.h"
#include "writer/writer_instance.h"

#define TENANT_INBOX_MAX 4096 /* parcels; bytes are bounded for all tenants */

/* Few flows wait for more to come, so that a thousand tenants that share a
 * stream do not write to the spool for every flow; but no longer than batches
 * have room in a megabyte and some kilobytes for each tenant. */
#define TURN_FLOWS	  400
#define TURN_PARCELS	  128
#define GATHER_MS	  1000
#define GATHER_GRID_MS	  50
#define GATHER_BYTES	  ((int64_t)1 << 20)
#define GATHER_BYTES_EACH ((int64_t)32 << 10)

struct tenant {
	struct receiver receiver;

	/* What each parcel takes a look at: near to each other, for a thousand
	 * tenants have long left the processor's cache when the next one comes. */
	struct pipeline_state *state;
	struct queue inbox;
	_Atomic int64_t waiting_flows; /* in the inbox */
	bool gathers;		       /* several parcels may make a turn */
	atomic_bool is_finishing, is_finished;
	atomic_bool has_handed_over; /* its successor waits for nothing of it */
	struct tenant_surroundings around;
	struct task task;

	struct spell overflow; /* flows, dropped because the inbox was full */
	struct spell degraded; /* lookups; of the worker alone */

	const struct pipeline_settings *settings;
	_Atomic int64_t lost_flows; /* that no object has told of yet */

	struct spool_sink *spool_sink;
	pthread_mutex_t lock; /* of the uploader, which may change */
	struct uploader *uploader;
	struct writer_instance writer; /* the uploader's */
	struct account account;	       /* of what it stores */
	struct tenant *successor;      /* took over; its uploader sends our objects */
	struct pipeline *pipeline;
	struct exposition *exposition; /* of its series; NULL: it has none */
	struct asker asker;
	struct queries queries;

	/* The turn at hand. */
	const struct parcel *parcel[TURN_PARCELS];
	size_t parcels;
	int64_t deadline_ms; /* of its lookups, monotonic */
	unsigned passes;
	atomic_bool is_answered; /* what the last pass asked */
};

/* One turn of the task. */
void tenant_run(struct task *, struct now);

/* The receiver: from the source's thread. */
void tenant_offer(struct receiver *, const struct parcel *);
void tenant_lose(struct receiver *, int64_t flows);

/* tenant_spells.c: what the log is told of times in which something goes wrong. */
void tenant_tell_overflow(const struct tenant *);
void tenant_note_degraded(struct tenant *, int64_t lookups, int64_t now_ms);
/* What goes on or has ended; *due_ms may be made less. */
void tenant_tell_spells(struct tenant *, int64_t now_ms, int64_t *due_ms);
/* The tenant ends, and they with it. */
void tenant_end_spells(struct tenant *);

/* Opens a writer and the uploader that uses it, both the caller's. NULL: neither is
 * open. */
struct uploader *tenant_open_writer(struct tenant *, const struct writer_options *,
				    struct writer_instance *, struct now, struct err *);
/* An object is ready: whoever uploads for this pipeline now is told. */
void tenant_wake_uploader(void *tenant);
/* From here on the successor uploads; the objects that we still make are its too. */
void tenant_hand_over(struct tenant *, struct tenant *successor);
/* Nothing more comes of it: who prints in order goes on. Once; later calls do nothing. */
void tenant_end_handing_over(struct tenant *);

/* Drops what nobody will process; counted. */
void tenant_empty_inbox(struct tenant *);

#endif
