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
	struct str content_type;
	struct str content_encoding; /* empty: identity */
	struct map_of_str metadata;  /* first-timestamp: ... */
	int64_t records;
	int64_t size;	/* of the body */
	int64_t offset; /* of the body in its file */
	unsigned char sha256[32];
	unsigned char md5[16];
	bool removes; /* delete it from the store instead */
};

#endif
