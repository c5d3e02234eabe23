/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline_state.h - the state of a pipeline that survives when a reload replaces its
 * tenant: directories in the spool, counters, stream ids,
 * the last objects.
 *
 * Reference counted; shared by the old tenant, which still finishes, and the new one.
 */
#ifndef TENANT_PIPELINE_STATE_H
#define TENANT_PIPELINE_STATE_H

#include "base/stats.h"
#include "spool/spool_sink.h"
#include "spool/spool.h"
#include "tenant/recent.h"

struct pipeline_state {
	struct stats stats;
	struct spool_dir *dir;
	struct streams streams;
	struct recent *recent;	      /* own_recent, or that of whole */
	struct pipeline_state *whole; /* whose shard it is; NULL: of none */
	struct recent own_recent;
	_Atomic unsigned refs;
};

/* Opens the directories. NULL: see err. */
struct pipeline_state *pipeline_state_new(struct spool *, const char *name, struct now,
					  struct err *);
/* That of a shard of the pipeline. Its directory is emptied, and what is put there waits to
 * be released: see spool_set_buffer(). */
struct pipeline_state *pipeline_state_new_shard(struct pipeline_state *whole,
						struct spool *, const char *name,
						struct now, struct err *);
struct pipeline_state *pipeline_state_ref(struct pipeline_state *);
/* Marks the pipeline as removed: it finishes while other pipelines may write to the
 * same place. */
void pipeline_state_set_ended(struct pipeline_state *, bool has_ended);
/* Whether there are other references. */
bool pipeline_state_is_shared(struct pipeline_state *);
void pipeline_state_unref(struct pipeline_state *); /* NULL is fine */

#endif
