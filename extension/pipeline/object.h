/* SPDX-License-Identifier: Apache-2.0 */
/* object.h - what a pipeline produces, and where it puts it.
 *
 * The rows of a tag go to an open object, a frame per batch; when the object
 * is full or due the pipeline seals it under a key. How rows are kept and
 * objects are made is the sink's affair: the spool's, in the product.
 */
#ifndef PIPELINE_OBJECT_H
#define PIPELINE_OBJECT_H

#include "base/buf.h"
#include "base/now.h"

/* Where a flow is seen from: inside the cluster's networks, or not. The order
 * is the order in which tags are worked on. */
enum tag { TAG_EGRESS, TAG_INGRESS, TAG_INTERNAL, TAG_OTHER, TAG_COUNT };

extern const char *const tag_names[TAG_COUNT + 1]; /* NULL-terminated */

/* What is open at a time of a tag: an object of the present slot of the layout,
 * and one of the slot before. */
#define OPEN_MAX 2

/* Of what an object is. */
struct object_place {
	enum tag tag;
	int64_t slot_ms; /* when its slot begins, Unix ms; 0: there are none */
};

/* Rows that belong together. Times are Unix ms: the window the object is
 * about began at first and reaches at least to last. */
struct rows {
	struct str bytes;
	size_t count;
	int64_t first_ms, last_ms;
};

/* A finished object, as its key and its metadata tell. */
struct object {
	struct str key;		   /* as built, not cleaned */
	int64_t first_ms, last_ms; /* its window: began, and was sealed, Unix ms */
	int64_t records;
	int64_t lost_flows; /* that are known to miss in its window */
};

struct sink {
	/* Appends to the open object of the place, starting one if there is none; a
	 * tag has OPEN_MAX of them at most. The rows are safe when it returns 0.
	 * -errno: nothing was kept; -ENOSPC: there is no room for as many, or for
	 * more in this object. */
	int (*append)(struct sink *, struct object_place, const struct rows *);
	/* Gives the open object of the place its key and takes it away. object is
	 * copied. -errno: it stays open. */
	int (*seal)(struct sink *, struct object_place, const struct object *);
	/* A stream id for a new stream of a tag: above the one it had last (0: none)
	 * and all given out before the sink was opened; if that may be, at least
	 * wanted (Unix seconds). */
	int64_t (*stream)(struct sink *, int64_t wanted, int64_t last);
	/* Whether size more bytes of rows may be held in memory while append()
	 * fails; negative size gives them back. */
	bool (*hold)(struct sink *, int64_t size);
	/* Whether the open object of the place is to be sealed now, because it takes
	 * room that others need. May be NULL: never. */
	bool (*must_end)(struct sink *, struct object_place);
};

/* The key as an object store gets it: "//" becomes "/", "." and ".." are
 * resolved (never above the top), no "/" in front. */
void object_key_clean(struct str key, struct buf *clean);

#endif
