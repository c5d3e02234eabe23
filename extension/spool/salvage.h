/* SPDX-License-Identifier: Apache-2.0 */
/* salvage.h - what cannot be read at the end of an open file.
 *
 * A run that was killed may leave the beginning of a frame: its write had not
 * returned, so nothing is lost with it. Anything else is damage; the bytes are
 * kept in bad/, for whoever can make something of them.
 */
#ifndef SPOOL_SALVAGE_H
#define SPOOL_SALVAGE_H

#include "spool/spool.h"

/* Looks at what stands in open/<id> from there on, up to its end; says in one
 * line what was done with it. Nothing there: says nothing. -errno: it is damaged,
 * and could not be kept. */
int salvage(struct spool_dir *, uint64_t id, int fd, int64_t from, struct log *);

#endif
