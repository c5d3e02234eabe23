/* SPDX-License-Identifier: Apache-2.0 */
/* stage_set.h - the stages of one pipeline, with their states, from configuration.
 */
#ifndef STAGE_STAGE_SET_H
#define STAGE_STAGE_SET_H

#include "pipeline/pipeline.h"
#include "stage/registry.h"

struct stage_instance {
	const struct stage *stage;
	void *state; /* allocated; NULL when it has none */
};

struct stage_set {
	struct stage_instance at[KIND_COUNT];
	const struct shape *record; /* what is written of the transform's */
};

/* Allocates a zeroed or defaulted state for stage. 0 or -ENOMEM. */
int stage_instance_new(struct stage_instance *, const struct stage *);
/* The state is configured: prepares it. */
int stage_instance_init(struct stage_instance *, struct err *);
void stage_instance_fini(struct stage_instance *);

/* Reads every stage; strings of their states live in the arena. Whatever is
 * wrong, stages that do not fit together included, goes to problems; then the
 * set is of no use but for stage_set_fini(). */
void stage_set_read(struct stage_set *, const struct config *, struct arena *,
		    struct problems *);
void stage_set_fini(struct stage_set *);

/* The columns that a flat encoder needs for its frame; none for others. From the
 * arena; names are constant. */
struct strs stage_set_columns(const struct stage_set *, struct arena *);

/* Puts the set into parts; the limits stay. The set must outlive the pipeline. */
void stage_set_parts(const struct stage_set *, struct pipeline_parts *);

#endif
