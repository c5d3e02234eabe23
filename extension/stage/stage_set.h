/* SPDX-License-Identifier: Apache-2.0 */
/* stage_set.h - the stages of one pipeline, from its configuration.
 */
#ifndef STAGE_STAGE_SET_H
#define STAGE_STAGE_SET_H

#include "stage/registry.h"

/* Reads every stage; strings of their states live in the arena. Errors, also stages
 * that do not fit together, go to problems; then only stage_set_fini() may be
 * called. */
void stage_set_read(struct stage_set *, const struct config *, struct arena *,
		    struct problems *);
/* The same, with another encoder where the configuration names none; NULL: the usual
 * one. Who gives one sees to it that there is no header around its records. */
void stage_set_read_as(struct stage_set *, const struct config *, const char *encoder,
		       struct arena *, struct problems *);
void stage_set_fini(struct stage_set *);

/* The columns of a flat encoder's frame; none for other encoders. From the arena; names
 * are constant. */
struct strs stage_set_columns(const struct stage_set *, struct arena *);

#endif
