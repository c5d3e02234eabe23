/* SPDX-License-Identifier: Apache-2.0 */
/* frame.h - the file of an open object: frames, appended one by one. An envelope, or its
 * place, may stand before them, see in_place.h.
 *
 *	spec		first: how to finish the object, see stage/object_spec.h
 *	rows		any number: the rows of one batch
 *	seal		last, once it is decided: the key the object gets
 *	end		behind the last one, of a file that has a seed
 *
 * A frame is 32 bytes of head and its payload; numbers are little-endian:
 *
 *	 0  u32  bytes of payload
 *	 4  u32  CRC-32C of what follows, payload included, begun with the seed
 *	 8  u32  kind
 *	12  u32  records in it
 *	16  i64  first, Unix ms
 *	24  i64  last, Unix ms
 *
 * If a file is cut or damaged, the frames before the damage are still good: a reader
 * stops at the first bad one. Files are never appended to after a restart.
 *
 * A file that was used before, see spare.h, has old bytes behind its frames, which may be
 * frames. So that they are not taken for its own, sums begin with a seed that no other file
 * of the pipeline has, see frame_seed(); but for that of the spec, whose first_ms tells the
 * file. Each frame is written with an end behind it, which the next one overwrites. Where
 * the seed is 0 the file ends behind its last frame; so were all by earlier versions.
 */
#ifndef SPOOL_FRAME_H
#define SPOOL_FRAME_H

#include <stdint.h>
#include "base/buf.h"

#define FRAME_HEAD	32
#define FRAME_MAX_BYTES ((uint32_t)512 << 20)
#define OBJECT_SPEC_MAX ((size_t)1 << 20)

enum frame_kind { FRAME_OBJECT_SPEC = 1, FRAME_ROWS, FRAME_SEAL, FRAME_END };

struct frame {
	uint32_t bytes, crc, kind, records;
	int64_t first_ms, last_ms;
};

/* Of the file open/<id>: never 0, and another for each id of 2^32 in a row. */
uint32_t frame_seed(uint64_t id);

/* Appends a frame to those of the file, which have this size. -errno: they are
 * unchanged. */
int frame_append(int fd, uint32_t seed, int64_t size, const struct frame *,
		 struct str payload);

/* Reads a file of frames, several at a time. */
struct frame_reader {
	int fd;	      /* borrowed */
	size_t ahead; /* the least number of bytes to read at once */
	uint32_t seed;

	/* Private: the bytes that were read. */
	struct buf window;
	int64_t from;
};

#define FRAME_READER(descriptor, bytes_ahead)                                            \
	{                                                                                \
		.fd = (descriptor), .ahead = (bytes_ahead),                              \
		.window = BUF_INIT(FRAME_HEAD + (size_t)FRAME_MAX_BYTES),                \
	}
void frame_reader_fini(struct frame_reader *);

/* Reads the head at offset. 0; -ENODATA: the file ends there or the head is invalid;
 * -errno. */
int frame_read_head(struct frame_reader *, int64_t offset, struct frame *);
/* Reads and checks the payload of that frame; it is borrowed until the next call. 0;
 * -ENODATA: cut or damaged; -errno. */
int frame_read_payload(struct frame_reader *, int64_t offset, const struct frame *,
		       struct str *payload);

#endif
