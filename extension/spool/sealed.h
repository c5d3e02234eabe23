/* SPDX-License-Identifier: Apache-2.0 */
/* sealed.h - the description of a finished object for a writer.
 *
 * It borrows its strings.
 */
#ifndef SPOOL_SEALED_H
#define SPOOL_SEALED_H

#include <stdbool.h>
#include <stdint.h>
#include "format/shape.h"

/* Metadata of an object that is a part of another one: the number of its first row in
 * that one. */
#define SEALED_FIRST_ROW "first-row"

struct sealed {
	struct str dirname; /* bucket or directory */
	struct str key;	    /* as built; may need object_key_clean() */
	struct str title;   /* what is printed in its place; empty: the key */
	struct str content_type;
	struct str content_encoding; /* empty: identity */
	struct map_of_str metadata;  /* first-timestamp: ... */
	int64_t records;
	int64_t size;	 /* of the body */
	int64_t offset;	 /* of the body in its file */
	bool has_frames; /* around its rows; no writer but of rows is given such a body */
	unsigned char sha256[32];
	unsigned char md5[16];
	bool removes; /* delete it from the store instead */
};

/* Of an object whose rows are sent one by one: where the next of them stand in its file,
 * in one piece, at or behind from; the first are looked for from the offset of the body
 * on, others from where these end. 0; -EAGAIN: there are no more; -EINVAL: it is damaged;
 * another -errno. After an error nothing is set. */
int sealed_next_rows(const struct sealed *, int fd, int64_t from, int64_t *at,
		     int64_t *size);

#endif
