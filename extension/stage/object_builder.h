/* SPDX-License-Identifier: Apache-2.0 */
/* object_builder.h - makes the body of an object: head, rows and end through one
 * compression stream, in one pass.
 *
 * The same spec, rows and version of the compressor always make the same bytes.
 */
#ifndef STAGE_OBJECT_BUILDER_H
#define STAGE_OBJECT_BUILDER_H

#include "stage/object_spec.h"

struct object_builder {
	const struct object_spec *spec;
	struct byte_sink *sink;
	void *stream;
	struct buf head, end; /* head: until it is written */
	size_t skip;	      /* of the separator of the first row */
	int64_t expected;     /* bytes, if that was said */
	int64_t memory;	      /* the room that it wants for them */
};

/* 0 or -errno; object_builder_end() must follow in either case. */
int object_builder_start(struct object_builder *, const struct object_spec *,
			 const struct object *, struct byte_sink *);
/* Right after the start, and only if it is so: all rows together have so many bytes. */
int object_builder_expect(struct object_builder *, int64_t rows_bytes);
/* Then, if memory is not 0: so many bytes, of any content, until the end. */
void object_builder_lend(struct object_builder *, char *room);
int object_builder_rows(struct object_builder *, struct str rows);
int object_builder_finish(struct object_builder *);
void object_builder_end(struct object_builder *);

#endif
