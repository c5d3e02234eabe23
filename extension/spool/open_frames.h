/* SPDX-License-Identifier: Apache-2.0 */
/* open_frames.h - which frames of open/<id> are its own. See frame.h.
 *
 * In a file that was used before, what stands behind damage or behind the end may be of an
 * object that is stored: only what begins with the seed of this id is this file's.
 *
 * Any thread.
 */
#ifndef SPOOL_OPEN_FRAMES_H
#define SPOOL_OPEN_FRAMES_H

#include <stdbool.h>
#include "spool/frame.h"

struct open_frames {
	int fd;	       /* borrowed */
	int64_t begin; /* of the first, see in_place.h */
	uint32_t seed; /* 0: the file ends behind the last */
};

/* Looks where its frames begin, and for their seed. A file whose spec is damaged, or that of
 * another file, has the seed of its id. 0; -errno: it cannot be read. */
int open_frames_find(struct open_frames *, int fd, uint64_t id);
/* Whether this is the spec of that file, not what another left in it. */
bool open_frames_is_spec(const struct frame *, uint64_t id);
/* Looks for good frames behind damage: where the last of them ends that begins at this
 * offset or later; the offset itself: there is none. After a lot of bytes that only look
 * like frames it is taken for granted that there are some, to the end of the file. A spec is
 * none of them: it can be another file's. -errno. */
int64_t open_frames_end(const struct open_frames *, int64_t from);

#endif
