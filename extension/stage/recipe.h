/* SPDX-License-Identifier: Apache-2.0 */
/* recipe.h - how the rows of an open object become its body.
 *
 * The recipe is written in front of the rows, as JSON, and holds everything
 * that is needed to finish the object when today's configuration is gone: the
 * stages that frame and compress, with their options, and where the object
 * goes. It holds no secret.
 */
#ifndef STAGE_RECIPE_H
#define STAGE_RECIPE_H

#include "stage/set.h"

#define RECIPE_FORMAT 1 /* rises when old recipes cannot be read */

/* What the stages do not know. */
struct recipe_place {
	struct str dirname;	     /* bucket or directory */
	struct str prefix;	     /* of keys */
	struct layout layout;	     /* of what follows */
	struct str content_encoding; /* "auto", "gzip", "none" */
	enum tag tag;
	int64_t slot_ms; /* 0: none, or, in an older recipe, when its rows came */
};

struct recipe {
	struct recipe_place place;
	struct str content_type;
	struct str content_encoding; /* resolved; empty: identity */
	struct str record;	     /* the name of the rows' shape */
	struct strs columns;	     /* of flat records */
	struct stage_instance header, encode, compress;
};

void recipe_write(const struct stage_set *, const struct recipe_place *, struct buf *);
/* Strings point into text or the arena. -EINVAL with the reason. */
int recipe_read(struct str text, struct arena *, struct recipe *, struct err *);
void recipe_fini(struct recipe *);

/* What is said about the object beside its body: its times and records, what was
 * lost, and the header's members that are metadata, as far as a store takes them
 * (2 KB in all, printable ASCII). From the arena. */
void recipe_metadata(const struct recipe *, const struct object *, struct arena *,
		     struct map_of_str *);

/* An object in the making: head, rows, end through one compression stream. */
struct making {
	const struct recipe *recipe;
	struct byte_sink *sink;
	void *stream;
	struct buf end;
	size_t skip; /* of the separator of the first row */
};

/* 0 or -errno; making_end() is due either way. */
int making_start(struct making *, const struct recipe *, const struct object *,
		 struct byte_sink *);
int making_rows(struct making *, struct str rows);
int making_finish(struct making *);
void making_end(struct making *);

#endif
