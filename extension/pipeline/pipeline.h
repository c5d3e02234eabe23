/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline.h - turns flows into rows and objects; no threads, no clock, no I/O.
 *
 * A batch passes through three steps, so that the only wait, for the topology, happens
 * outside, between them:
 *
 *	pipeline_accept()	classify, filter, make: once per flow
 *	pipeline_enrich()	complete the records; again while it is not 0
 *	pipeline_commit()	mangle, encode rows, append to the open objects
 *
 * A pipeline with series adds flows to them in accept, and makes no records.
 *
 * Objects leave through the sink when they are full or due, from commit, tick
 * or flush. Time is an argument everywhere, so a test is a table of calls.
 */
#ifndef PIPELINE_PIPELINE_H
#define PIPELINE_PIPELINE_H

#include "base/stats.h"
#include "flow/batch.h"
#include "pipeline/bucket.h"
#include "pipeline/series.h"
#include "pipeline/stage.h"

/* Observes what becomes of each flow and record: for the command "explain". Running
 * tenants have none. Arguments are borrowed for the call. */
struct pipeline_trace {
	void (*tagged)(struct pipeline_trace *, enum tag, bool bad_address);
	void (*filtered)(struct pipeline_trace *, bool is_kept);
	void (*made)(struct pipeline_trace *, enum verdict);
	/* The record is complete. */
	void (*completed)(struct pipeline_trace *, const void *record);
	/* Only by a mangle that changes records. */
	void (*mangled)(struct pipeline_trace *, const struct records *);
};

/* What a pipeline is made of. All of it is borrowed and must outlive the pipeline. */
struct pipeline_parts {
	struct stage_set stages; /* compress is not used; the sink compresses */
	struct bucket_limits limits;
	struct row_labels labels;
	struct series *series;	      /* instead of records; NULL: none */
	struct pipeline_trace *trace; /* NULL: none */
};

struct pipeline;

/* sink and stats are borrowed. NULL: no memory. */
struct pipeline *pipeline_new(const struct pipeline_parts *, struct sink *,
			      struct stats *);
void pipeline_free(struct pipeline *);

/* Takes the flows of the batch whose numbers are in index (NULL: the first count
 * flows). The batch must live until the commit. */
void pipeline_accept(struct pipeline *, const struct batch *, const uint32_t *index,
		     size_t count, struct now);
/* One pass. Returns how many records are still pending. */
size_t pipeline_enrich(struct pipeline *, struct queries *);
void pipeline_commit(struct pipeline *, struct now);

/* Records that wait in memory: for answers, or for a sink that takes no rows. */
size_t pipeline_waiting(const struct pipeline *);

/* So many flows are known to be lost; the metadata of the open objects will say so. */
void pipeline_lost(struct pipeline *, int64_t flows);

/* Does what is due. Returns when it is to be called next (monotonic), or NEVER_MS.
 * Nothing else waits for the answers to questions that are asked here. */
int64_t pipeline_tick(struct pipeline *, struct queries *, struct now);
/* Seals everything: the tenant stops. */
void pipeline_flush(struct pipeline *, struct now);
/* Whether all that was committed is sealed. */
bool pipeline_is_sealed(const struct pipeline *);
/* Whether the sink has all rows. */
bool pipeline_is_spooled(const struct pipeline *);

#endif
