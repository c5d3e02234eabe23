/* SPDX-License-Identifier: Apache-2.0 */
/* salvage.h - the unreadable end of an open file.
 *
 * A run that was killed may leave the beginning of a frame: its write had not returned,
 * so nothing is lost with it. Anything else is damage; the bytes are kept in bad/,
 * where they may be examined.
 */
#ifndef SPOOL_SALVAGE_H
#define SPOOL_SALVAGE_H

#include "spool/spool.h"

/* Examines open/<id> from that offset to its end, and logs one line about what was done
 * with it; nothing if there are no bytes. -errno: it is damaged, and could not be
 * kept. */
int salvage(struct spool_dir *, uint64_t id, int fd, int64_t from, struct log *);

#endif
