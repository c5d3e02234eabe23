/* SPDX-License-Identifier: Apache-2.0 */
/* envelope.h - the file of a sealed object: its description, then its body.
 *
 * The first ENVELOPE_SIZE bytes are one JSON object, blanks, and a checksum of both;
 * the body follows. They are written last, so a file without them was never finished.
 * They can be read with less(1).
 */
#ifndef SPOOL_ENVELOPE_H
#define SPOOL_ENVELOPE_H

#include "base/arena.h"
#include "base/err.h"
#include "spool/sealed.h"
#include "spool/text_head.h"

#define ENVELOPE_SIZE TEXT_HEAD_SIZE
/* Its format: of a plain body, or of one with frames, see in_place.h. */
enum { ENVELOPE_PLAIN = 1, ENVELOPE_FRAMES };

struct envelope {
	struct str dirname, key;
	struct str title; /* of what is printed; empty: the key */
	struct str content_type, content_encoding;
	struct map_of_str metadata;
	int64_t records;
	int64_t size;	   /* of the body */
	int64_t sealed_ms; /* Unix ms; 0: written by a version without it */
	bool has_frames;   /* with sums of their own, so it has none */
	/* What stores ask for; or, where rows go one by one, what tells damage and takes a
	 * twentieth of the time. */
	bool has_crc32c;
	unsigned char sha256[32], md5[16];
	uint32_t crc32c;
};

/* Fills ENVELOPE_SIZE bytes. -ENAMETOOLONG: key and metadata do not fit. */
int envelope_write(const struct envelope *, char *to);
/* Strings are copied to the arena. -EINVAL with the reason. */
int envelope_read(const char *from, struct arena *, struct envelope *, struct err *);
/* Reads the body that follows in the file: 0; -ENODATA: it is not the one that was
 * sealed; -errno. */
int envelope_check_body(const struct envelope *, int fd);
/* The same as a struct sealed, for the writer; strings are shared. */
void envelope_sealed(const struct envelope *, struct sealed *);

#endif
