/* SPDX-License-Identifier: Apache-2.0 */
/* seal.h - makes a finished object of the file of an open one.
 *
 * The file has everything: the spec, the rows, and the key in its last frame. So a
 * later run can do it too, and doing it again gives the same bytes under the same key.
 */
#ifndef SPOOL_SEAL_H
#define SPOOL_SEAL_H

#include "pipeline/object.h"
#include "spool/spool.h"

/* Appends the seal frame, with the object's key, times and number of records, to an
 * open file of that size, see frame_append(). -errno: the file is unchanged. */
int seal_frame_append(int fd, uint32_t seed, int64_t size, const struct object *);

/* The state in which an earlier run left a file. */
struct seal_state {
	bool is_marked; /* it has a seal frame */
	bool is_begun;	/* its spec was never whole: it never had a row */
	uint32_t seed;	/* of its frames */
	int64_t good;	/* valid bytes; a seal frame, if any, follows */
	int64_t records, first_ms, last_ms;
	int64_t began_ms; /* when its first rows came */
	struct buf spec;  /* its text; freed by the caller */
};

/* Reads and checks the whole file. 0; -ENODATA: the spec is damaged; -errno. A file
 * that ends inside of its spec, or has nothing but what another left in it, is not an error:
 * is_begun. */
int seal_inspect(const struct spool_dir *, uint64_t id, struct seal_state *);

/* Makes new/<id> from the file open/<id>, whose seal frame is at seal_at, unlinks that,
 * and counts the object. Bytes after a damaged frame go to bad/, see salvage.h.
 * -EBADMSG: the file is unusable; it was moved to bad/. -ENOENT: it is gone.
 * -ENOTRECOVERABLE: it cannot be read, and retries will not help. Other -errno: try
 * again later. Except for -EBADMSG nothing has changed. */
int seal_object(struct spool_dir *, uint64_t id, int64_t seal_at, struct log *,
		struct now);

#endif
