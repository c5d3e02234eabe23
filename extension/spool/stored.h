/* SPDX-License-Identifier: Apache-2.0 */
/* stored.h - a tenant's journal of the objects that were stored, for those who want to
 * know whether the store still has them.
 *
 *	<spool>/<pipeline>/stored	the newest
 *	<spool>/<pipeline>/stored.old	those before
 *
 * A line for each object, see stored_line.h; it is written before the object's file goes.
 * When the file has reached its size it takes the place of the older one, which goes; so
 * the two take at most a 2048th of spool.max_bytes, not less than 128 KiB and not more than
 * 16 MiB, beside the spool's bytes. What cannot be written is left out, and that is noted
 * as soon as something can be; no object waits for it. A power loss may cost the last
 * lines.
 */
#ifndef SPOOL_STORED_H
#define SPOOL_STORED_H

#include "base/err.h"
#include "base/now.h"
#include "spool/stored_line.h"

struct spool_dir;

/* Before spool_done(): an object that was taken is in the store, at this place, under this
 * key. Any thread. */
void spool_note_stored(struct spool_dir *, uint64_t id, struct str place, struct str key,
		       struct now);

/* Calls see for each line, the oldest first, until it returns other than 0, which is then
 * returned; the strings are borrowed until see returns. *broken: lines that are none, such
 * as one that was cut by a crash. The exporter may run meanwhile. Nothing stored: 0.
 * -EINVAL with the reason. */
int stored_read(const char *spool, const char *tenant,
		int (*see)(void *context, const struct stored_line *), void *context,
		size_t *broken, struct err *);

#endif
