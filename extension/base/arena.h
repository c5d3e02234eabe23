/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h - many small allocations that are freed together.
 *
 * Allocate without checking, then ask arena_error() once, as with buf.h. An arena
 * belongs to one thread while it is filled.
 *
 * A single object cannot be freed, and nothing is ever moved: a pointer stays valid
 * until arena_reset() or arena_fini().
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena_block;

struct arena {
	struct arena_block *blocks; /* newest first */
	size_t left;		    /* bytes unused in the newest */
	size_t size;		    /* of all blocks together */
	size_t limit;		    /* size never grows past this */
	unsigned spare;		    /* resets in a row that found little of it used */
	int error;		    /* 0, -ENOMEM or -EFBIG; sticky */
};

#define ARENA_INIT(max)                                                                  \
	{                                                                                \
		.limit = (max)                                                           \
	}

/* Zeroed, aligned for any type; NULL after the first failure. */
void *arena_alloc(struct arena *, size_t size);
/* Not zeroed, not aligned: for bytes. */
char *arena_bytes(struct arena *, size_t size);
/* A copy that ends with a NUL (not counted); empty after a failure. */
struct str arena_str(struct arena *, struct str);

int arena_error(const struct arena *);
/* Empty and without an error. A large arena keeps a block, until many resets in a row
 * have found less than a quarter of it used; a small one, of which there may be
 * thousands, keeps nothing, because it soon grows to its size again. */
void arena_reset(struct arena *);
void arena_fini(struct arena *);

#endif
