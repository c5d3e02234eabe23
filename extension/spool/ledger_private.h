/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_private.h - the ledger for the files of the spool. See ledger.h. */
#ifndef SPOOL_LEDGER_PRIVATE_H
#define SPOOL_LEDGER_PRIVATE_H

#include "spool/spool_private.h"

/* Around a step: writes to the ledger that it happens, and with it its sum; then the files
 * are changed; then says whether they were. No lock is held; between the two the ledger's
 * is. */
void ledger_begin(struct spool_dir *, enum ledger_step, uint64_t id, uint64_t to,
		  const struct ledger_sum *);
void ledger_end(struct spool_dir *, bool is_done);

/* At the start, before the directories are read: what was written, if anything; ids go on
 * behind it. */
void ledger_load(struct spool_dir *);
/* Afterwards: puts right what differs from the directories, and writes it. */
void ledger_settle(struct spool_dir *, struct now);
/* Writes what has changed. Nothing else uses the directory any more. */
void ledger_close(struct spool_dir *);

/* To the file that was written last, or to the one of the directory. 0 or -errno. */
int ledger_file_write(struct spool_dir *, const struct ledger_slot *);
/* The next write is to the file of the directory, also where another one was removed. 0, or
 * -errno: what was written may be lost. */
int ledger_file_close(struct spool_dir *);
/* To the disk. */
void ledger_file_sync(const struct spool_dir *);
/* Logs once that it cannot be written, and that it can be again. */
void ledger_tell(struct spool_dir *, int error);

#endif
