/* SPDX-License-Identifier: Apache-2.0 */
/* ledger.h - a tenant's totals since it exists, over restarts, crashes and upgrades.
 *
 *	<spool>/<pipeline>/ledger	two slots, see ledger_slot.h
 *
 * What was sealed is uploaded, or evicted, or a file of new/ or bad/:
 *
 *	sealed = uploaded + spooled + evicted + quarantined
 *
 * The directories stay the truth. A step (an object is sealed, stored, evicted) is written
 * to the ledger first and then done, one at a time for each pipeline; at the start the
 * files tell whether the last one was. So kill -9 at any moment costs nothing. The counters
 * (received, excluded, dropped) are written with every step, and otherwise once a second
 * when they have changed.
 *
 * What differs at the start all the same is put right, with a line in the log: files that
 * nobody knew of were sealed, files that are missing were evicted. That is so after a power
 * loss, which may cost the last seconds of the ledger; after a disk that could not be
 * written; and when somebody removed files. A ledger that is missing or damaged is begun
 * anew, with the objects that are there.
 *
 * A ledger that cannot be written is written later: no object waits for it. All functions
 * are safe from any thread, unless they say otherwise.
 */
#ifndef SPOOL_LEDGER_H
#define SPOOL_LEDGER_H

#include "base/now.h"
#include "spool/ledger_slot.h"
#include "spool/spool.h"

struct ledger_totals {
	int64_t since_ms; /* Unix ms: when it was begun */
	struct ledger_sum sealed, uploaded, evicted;
	struct ledger_sum quarantined; /* in bad/ now; files that are no objects are not
					* counted */
	struct ledger_sum spooled;     /* in new/ now: the rest */
	int64_t counters[STAT_COUNT];  /* those with ledger_keeps(); others are 0 */
};

/* Never waits for a disk. */
void spool_ledger(struct spool_dir *, struct ledger_totals *);

/* Writes what has changed, at most once a second. Returns when to call it again
 * (monotonic), which may be in vain; NEVER_MS: when something has changed. */
int64_t spool_ledger_tick(struct spool_dir *, struct now);

/* Commits the object <from>/<id>, of tmp/ or open/, as new/<to>, see spool_move(), and
 * counts it. */
int spool_commit(struct spool_dir *, enum spool_folder from, uint64_t id, uint64_t to,
		 const struct ledger_sum *);

#endif
