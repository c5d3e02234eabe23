/* SPDX-License-Identifier: Apache-2.0 */
/* home.h - what a pipeline keeps when a reload replaces the tenant that runs
 * it: its directories in the spool, its counters, its stream ids.
 *
 * Counted; the old tenant, which still finishes, and the new one share it.
 */
#ifndef TENANT_HOME_H
#define TENANT_HOME_H

#include "base/stats.h"
#include "spool/intake.h"
#include "spool/spool.h"

struct home {
	struct stats stats;
	struct spool_dir *dir;
	struct streams streams;
	_Atomic unsigned refs;
};

/* Opens the directories. NULL: see err. */
struct home *home_new(struct spool *, const char *name, struct now, struct err *);
struct home *home_ref(struct home *);
/* A pipeline that was removed finishes while others may write where it did. */
void home_set_ended(struct home *, bool has_ended);
/* Whether somebody else has a reference, too. */
bool home_is_shared(struct home *);
void home_unref(struct home *); /* NULL is fine */

#endif
