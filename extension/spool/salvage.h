/* SPDX-License-Identifier: Apache-2.0 */
/* salvage.h - the unreadable end of an open file.
 *
 * A run that was killed may leave the beginning of a frame: its write had not returned,
 * so nothing is lost with it. Anything else is damage; the bytes are kept in bad/,
 * where they may be examined, but for those that another object left behind this one's.
 */
#ifndef SPOOL_SALVAGE_H
#define SPOOL_SALVAGE_H

#include "spool/open_frames.h"
#include "spool/spool.h"

/* Examines open/<id> from that offset, where no good frame is, and logs one line about
 * what was done with it; nothing if it ends there. -errno: it is damaged, and could not
 * be kept. */
int salvage(struct spool_dir *, uint64_t id, const struct open_frames *, int64_t from,
	    struct log *);

#endif
