/* SPDX-License-Identifier: Apache-2.0 */
/* stage_state.h - the life cycle of a stage's state: it is made, configured by its
 * shape, prepared and freed.
 */
#ifndef STAGE_STAGE_STATE_H
#define STAGE_STAGE_STATE_H

#include "pipeline/stage.h"

/* Allocates a state with the defaults of its shape; NULL when the stage has none. 0 or
 * -ENOMEM. */
int stage_state_new(const struct stage *, void **state);
/* Prepares a configured state. 0, or -errno with the reason. */
int stage_state_init(const struct stage *, void *state, struct err *);
/* Also after a failed init. NULL is fine. */
void stage_state_free(const struct stage *, void *state);

#endif
