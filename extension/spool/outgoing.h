/* SPDX-License-Identifier: Apache-2.0 */
/* outgoing.h - a finished object of the spool, opened for its way to the store.
 *
 * Its body has been compared with its checksum: a torn object is not sent.
 */
#ifndef SPOOL_OUTGOING_H
#define SPOOL_OUTGOING_H

#include "base/buf.h"
#include "spool/sealed.h"
#include "spool/spool.h"

struct outgoing {
	struct sealed object; /* its strings live as long as it is open */
	int fd;		      /* -1: it is not */

	/* Private. */
	struct arena arena; /* of the strings */
	struct buf key;	    /* cleaned */
};

void outgoing_init(struct outgoing *);

/* Opens new/<id>. Its key is cleaned, see object_key_clean(), unless keeps_keys.
 * -EINVAL, -ENODATA, -ENOENT, -EIO: something is wrong with the file itself; any
 * other -errno may pass. Must be closed in any case. */
int outgoing_open(struct outgoing *, const struct spool_dir *, uint64_t id,
		  bool keeps_keys, struct err *);
/* Gives all memory back: of the uploads of a thousand tenants few are under way. */
void outgoing_close(struct outgoing *);

#endif
