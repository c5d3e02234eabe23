/* SPDX-License-Identifier: Apache-2.0 */
/* in_place.h - open files that become the object themselves, without a copy.
 *
 * Where an object's body is its rows as they are, one after the other, its open file
 * begins with the place of an envelope, and the frames follow. When the object is sealed
 * the envelope is written there, and the file is moved to new/: the body is the frames,
 * from the spec to the seal frame. Each has its own checksum.
 *
 * A file that has no such place, of an earlier version or of other objects, begins with
 * its first frame. Any thread.
 */
#ifndef SPOOL_IN_PLACE_H
#define SPOOL_IN_PLACE_H

#include <stdint.h>

/* Writes what stands in that place until the file is sealed. Frames are to be appended
 * behind it, at ENVELOPE_SIZE. 0 or -errno. */
int in_place_begin(int fd);
/* Where the frames of an open file begin. */
int64_t in_place_frames_at(int fd);
/* Reads the body of a sealed file: 0; -ENODATA: it is not the one that was sealed;
 * -errno. */
int in_place_check_body(int fd, int64_t size, int64_t records);

#endif
