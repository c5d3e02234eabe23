/* SPDX-License-Identifier: Apache-2.0 */
/* object_spec.h - the description of how the rows of an open object become its body.
 *
 * The spec is written before the rows, as JSON. It has all that is needed to finish the
 * object without today's configuration: the stages that frame and compress, with their
 * options, and where the object goes. It has no secrets.
 */
#ifndef STAGE_OBJECT_SPEC_H
#define STAGE_OBJECT_SPEC_H

#include "pipeline/layout.h"
#include "stage/stage_set.h"

#define OBJECT_SPEC_FORMAT 1 /* raised when old specs can no longer be read */

/* The part that does not come from the stages. */
struct object_spec_place {
	struct str dirname;	     /* bucket or directory */
	struct str prefix;	     /* of keys */
	struct layout layout;	     /* of what follows */
	struct str content_encoding; /* "auto", "gzip", "none" */
	enum tag tag;
	int64_t slot_ms;  /* 0: none, or, in an older spec, when its rows came */
	bool is_labelled; /* its rows have labels, for a writer that sends them one by
			   * one; see row_label.h */
	bool is_titled_by_tag; /* where it is printed: "egress", not its key */
};

struct object_spec {
	struct object_spec_place place;
	struct str content_type;
	struct str content_encoding; /* resolved; empty: identity */
	struct str record;	     /* the name of the rows' shape */
	struct strs columns;	     /* of flat records */
	const struct header *header;
	void *header_state;
	const struct encode *encode;
	void *encode_state;
	const struct compress *compress;
	void *compress_state;
};

void object_spec_write(const struct stage_set *, const struct object_spec_place *,
		       struct buf *);
/* Strings point into text or the arena. -EINVAL with the reason. */
int object_spec_read(struct str text, struct arena *, struct object_spec *, struct err *);
void object_spec_fini(struct object_spec *);
/* Whether the body is the rows as they are, one after the other. */
bool object_spec_is_plain(const struct object_spec *);

/* The metadata of the object: its times, its number of records, lost flows, and the
 * header's members that are metadata, within what stores accept (2 KB in all, printable
 * ASCII). From the arena. */
void object_spec_metadata(const struct object_spec *, const struct object *,
			  struct arena *, struct map_of_str *);

#endif
