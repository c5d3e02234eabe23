/* SPDX-License-Identifier: Apache-2.0 */
/* writer_options.h - pipeline.write: which writer, and its options.
 */
#ifndef WRITER_WRITER_OPTIONS_H
#define WRITER_WRITER_OPTIONS_H

#include "base/arena.h"
#include "writer/writer.h"

/* Values are of the writer's shape, and live in an arena with their strings. Each
 * instance starts with a copy of them. */
struct writer_options {
	const struct writer *writer; /* NULL: there is none */
	void *values;
};

/* Defaults of a writer. 0 or -ENOMEM. */
int writer_options_default(struct writer_options *, const struct writer *,
			   struct arena *);
/* The writer "file", into a directory. 0 or -ENOMEM. */
int writer_options_file(struct writer_options *, struct str directory, struct arena *);
/* Reads the writer and its section. Errors go to problems. */
void writer_options_read(struct writer_options *, const struct config *, struct arena *,
			 struct problems *);
size_t writer_options_sections(struct config_section *, size_t max);

/* The labels that the writer wants rows to have. */
struct row_labels writer_options_labels(const struct writer_options *);
/* What rows for the writer must be encoded with; NULL: anything. */
const struct encode *writer_options_encode(const struct writer_options *);

/* Appends the writer's name and where it writes to, as configured. */
void writer_options_describe(const struct writer_options *, struct buf *);
/* Appends where an object of that key goes, see put_place() in writer.h. */
void writer_options_put_place(const struct writer_options *, struct str key,
			      struct buf *);

#endif
