/* SPDX-License-Identifier: Apache-2.0 */
/* seal.h - the file of an open object becomes a finished one.
 *
 * Everything is in the file: the spec, the rows, and the key in its last
 * frame. So it does not matter whether the run that sealed it still lives, and
 * doing it again gives the same bytes under the same key.
 */
#ifndef SPOOL_SEAL_H
#define SPOOL_SEAL_H

#include "pipeline/object.h"
#include "spool/spool.h"

/* Ends an open file with the key it gets. size is the file's; the object's
 * times and records go into the frame. -errno: the file is as it was. */
int seal_frame_append(int fd, int64_t size, const struct object *);

/* What an earlier run left. */
struct seal_state {
	bool is_marked; /* it has its key */
	bool is_begun;	/* cut inside its spec: it never had a row */
	int64_t good;	/* bytes that can be trusted; a seal frame stands behind them */
	int64_t records, first_ms, last_ms;
	int64_t began_ms; /* its first rows came */
	struct buf spec;  /* its text; freed by the caller */
};

/* Reads and checks the whole file. 0; -ENODATA: the spec is damaged; -errno.
 * A file that ends before its spec does is only begun, which is fine. */
int seal_inspect(const struct spool_dir *, uint64_t id, struct seal_state *);

/* Makes new/<id> from the file open/<id>, marked behind so many bytes, unlinks
 * that, and counts the object. What stands behind a damaged frame goes to bad/,
 * see salvage.h.
 * -EBADMSG: the file is of no use; it has been moved to bad/. -ENOENT: it is gone.
 * -ENOTRECOVERABLE: it cannot be read, now or ever. Other -errno: try again later. But
 * for -EBADMSG nothing has changed. */
int seal_object(struct spool_dir *, uint64_t id, int64_t seal_at, struct log *,
		struct now);

#endif
