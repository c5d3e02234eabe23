/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline_state.h - what a pipeline keeps when a reload replaces the tenant that runs
 * it: its directories in the spool, its counters, its stream ids.
 *
 * Counted; the old tenant, which still finishes, and the new one share it.
 */
#ifndef TENANT_PIPELINE_STATE_H
#define TENANT_PIPELINE_STATE_H

#include "base/stats.h"
#include "spool/spool_sink.h"
#include "spool/spool.h"

struct pipeline_state {
	struct stats stats;
	struct spool_dir *dir;
	struct streams streams;
	_Atomic unsigned refs;
	_Atomic unsigned predecessors; /* that were replaced and have not finished */
};

/* Opens the directories. NULL: see err. */
struct pipeline_state *pipeline_state_new(struct spool *, const char *name, struct now,
					  struct err *);
struct pipeline_state *pipeline_state_ref(struct pipeline_state *);
/* A pipeline that was removed finishes while others may write where it did. */
void pipeline_state_set_ended(struct pipeline_state *, bool has_ended);
/* Whether somebody else has a reference, too. */
bool pipeline_state_is_shared(struct pipeline_state *);
void pipeline_state_unref(struct pipeline_state *); /* NULL is fine */

#endif
