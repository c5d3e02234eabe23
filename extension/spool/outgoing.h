/* SPDX-License-Identifier: Apache-2.0 */
/* outgoing.h - a finished object of the spool, opened for the upload.
 *
 * Its body has been checked against its checksum: a damaged object is not sent.
 */
#ifndef SPOOL_OUTGOING_H
#define SPOOL_OUTGOING_H

#include "base/buf.h"
#include "spool/sealed.h"
#include "spool/spool.h"

struct outgoing {
	struct sealed object; /* its strings live as long as it is open */
	int fd;		      /* -1: it is not open */

	/* Private. */
	struct arena arena; /* of the strings */
	struct buf key;	    /* cleaned */
};

void outgoing_init(struct outgoing *);

/* Opens new/<id>. Its key is cleaned, see object_key_clean(), unless keeps_keys.
 * -EINVAL, -ENODATA, -ENOENT, -EIO: the file itself is bad; any other -errno may be
 * temporary. Must be closed in any case. */
int outgoing_open(struct outgoing *, const struct spool_dir *, uint64_t id,
		  bool keeps_keys, struct err *);
/* Frees all memory, because few of a thousand tenants have uploads under way. */
void outgoing_close(struct outgoing *);
/* What becomes of an object that cannot be opened for this reason. LATER: it is nothing
 * against the file; the process has no descriptors, or no memory. */
enum spool_outcome outgoing_outcome(int error);

#endif
