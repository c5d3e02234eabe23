/* SPDX-License-Identifier: Apache-2.0 */
/* stage_set.h - the stages of one pipeline, from its configuration.
 */
#ifndef STAGE_STAGE_SET_H
#define STAGE_STAGE_SET_H

#include "stage/registry.h"

/* Reads every stage; strings of their states live in the arena. Whatever is
 * wrong, stages that do not fit together included, goes to problems; then the
 * set is of no use but for stage_set_fini(). */
void stage_set_read(struct stage_set *, const struct config *, struct arena *,
		    struct problems *);
void stage_set_fini(struct stage_set *);

/* The columns that a flat encoder needs for its frame; none for others. From the
 * arena; names are constant. */
struct strs stage_set_columns(const struct stage_set *, struct arena *);

#endif
