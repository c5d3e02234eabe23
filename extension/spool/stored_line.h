/* SPDX-License-Identifier: Apache-2.0 */
/* stored_line.h - a line of a tenant's journal of stored objects, see stored.h. Pure.
 *
 * A JSON object. It tells of an object, or of the place of those in the lines behind it,
 * or of objects that were stored while nothing could be written.
 */
#ifndef SPOOL_STORED_LINE_H
#define SPOOL_STORED_LINE_H

#include "base/arena.h"
#include "base/buf.h"

struct stored_line {
	struct str key;		/* as the store has it, or empty */
	struct str place;	/* see put_place() in writer.h, or empty */
	int64_t at_ms;		/* Unix ms */
	int64_t records, bytes; /* of the object, as stored */
	int64_t missed;		/* objects that no line tells of */
};

/* Appends it, with a line feed. */
void stored_line_put(struct buf *, const struct stored_line *);
/* Of a line without its line feed. Strings live in the arena, or are borrowed from the
 * text. false: it is none. */
bool stored_line_read(struct str text, struct arena *, struct stored_line *);

#endif
