/* SPDX-License-Identifier: Apache-2.0 */
/* object.h - the objects that a pipeline produces, and the sink that takes them.
 *
 * The rows of a tag go to an open object, a frame per batch; when the object is full or
 * due the pipeline seals it under a key. The sink (in the product, the spool) stores
 * the rows and makes the objects.
 */
#ifndef PIPELINE_OBJECT_H
#define PIPELINE_OBJECT_H

#include "base/buf.h"
#include "base/now.h"

/* The direction of a flow, seen from the cluster's networks. Tags are processed in this
 * order. */
enum tag { TAG_EGRESS, TAG_INGRESS, TAG_INTERNAL, TAG_OTHER, TAG_COUNT };

extern const char *const tag_names[TAG_COUNT + 1]; /* NULL-terminated */

/* A tag has at most two open objects: of the present slot of the layout, and of the
 * slot before. */
#define OPEN_MAX 2

/* What identifies an open object. */
struct object_place {
	enum tag tag;
	int64_t slot_ms; /* when its slot begins, Unix ms; 0: there are none */
};

/* Rows for one object. Times are Unix ms: the window of the object begins at first and
 * extends at least to last. */
struct rows {
	struct str bytes;
	size_t count;
	int64_t first_ms, last_ms;
};

/* The key and the metadata of a finished object. */
struct object {
	struct str key;		   /* as built, not cleaned */
	int64_t first_ms, last_ms; /* its window: began, and was sealed, Unix ms */
	int64_t records;
	int64_t lost_flows; /* known to be missing in its window */
};

struct sink {
	/* Appends to the open object of the place, starting one if there is none; a tag
	 * has at most OPEN_MAX of them. The rows are safe when it returns 0. -errno:
	 * nothing was kept; -ENOSPC: there is no room for so many rows, or for more
	 * rows in this object. */
	int (*append)(struct sink *, struct object_place, const struct rows *);
	/* Ends the open object of the place and gives it its key. object is copied.
	 * -errno: it stays open. */
	int (*seal)(struct sink *, struct object_place, const struct object *);
	/* An id for a new stream of a tag: higher than the tag's last one (0: none) and
	 * than all ids given out before the sink was opened; if possible, at least
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
