/* SPDX-License-Identifier: Apache-2.0 */
/* compress_whole.h - a gzip member of bytes that are all in memory, which takes half the
 * time of a stream. The only user of libdeflate.
 */
#ifndef STAGE_COMPRESS_WHOLE_H
#define STAGE_COMPRESS_WHOLE_H

#include "base/str.h"
#include "pipeline/stage.h"

/* From here on a stream is used: the most that one object may take. */
#define WHOLE_BYTES_MAX ((int64_t)4 << 20)

/* The bytes of an object, and behind them its member, in room that somebody lends. */
struct whole {
	char *room;
	size_t bytes, len; /* of the object: all, and what is there */
};

/* The room that an object of so many bytes takes: what was written, as much for the member,
 * and what libdeflate's tables take elsewhere. */
int64_t whole_memory(int64_t bytes);
/* 0, or -EFBIG: more than was said. */
int whole_add(struct whole *, struct str);
/* One member without name or time; level is 1 to 9. Level 6, zlib's own default, becomes 5, 6
 * or 7 of libdeflate's, as a sample of the bytes says: never more than 1 % larger than zlib's,
 * in 0.4 to 0.8 of its time. The same bytes make the same member. 0 or -errno. */
int whole_compress(struct whole *, int level, struct byte_sink *);

#endif
