/* SPDX-License-Identifier: Apache-2.0 */
/* seal_private.h - shared by seal.c, seal_commit.c and seal_in_place.c. */
#ifndef SPOOL_SEAL_PRIVATE_H
#define SPOOL_SEAL_PRIVATE_H

#include "spool/envelope.h"
#include "spool/ledger.h"
#include "spool/open_rows.h"
#include "spool/seal.h"

/* Writes the envelope of rows' object, of which size and sums are set. 0;
 * -ENAMETOOLONG: key and metadata do not fit; -errno. */
int seal_write_envelope(int fd, const struct open_rows *, struct envelope *);

/* Commits the object <from>/<id>, see spool_commit(), as new/<to>. */
int seal_commit(struct spool_dir *, enum spool_folder from, uint64_t id,
		const struct ledger_sum *, uint64_t *to);

/* Makes new/<id> of open/<id> by moving it. -ENOTSUP: its body has to be made, of what of
 * it is good; -ENAMETOOLONG: as above; other -errno: try again later. */
int seal_in_place(struct spool_dir *, uint64_t id, struct open_rows *, struct now);

#endif
