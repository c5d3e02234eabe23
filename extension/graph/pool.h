/* SPDX-License-Identifier: Apache-2.0 */
/* pool.h - memory for millions of small things that refer to each other.
 *
 * A thing is named by 31 bits instead of a pointer of 64, and what all of them take is
 * known and bounded. Freed memory is used again for things of about the same size; it
 * goes back to the system with the pool.
 *
 * Not locked.
 */
#ifndef GRAPH_POOL_H
#define GRAPH_POOL_H

#include <stddef.h>
#include <stdint.h>

#define POOL_UNIT	 8
#define POOL_CHUNK_UNITS 65536
#define POOL_CLASSES	 80

struct pool {
	char **chunk;
	size_t chunks, chunks_room;
	uint32_t fresh, fresh_units; /* of the newest chunk, never used */
	uint32_t freed[POOL_CLASSES];
	size_t bytes, limit; /* of all chunks */
};

void pool_init(struct pool *, size_t limit);
void pool_fini(struct pool *);
/* Zeroed. 0: no memory, the limit is reached, or it is larger than half a megabyte. */
uint32_t pool_get(struct pool *, size_t bytes);
/* With the size that it was got with. 0 is fine. */
void pool_put(struct pool *, uint32_t, size_t bytes);

/* Valid until the thing is put back. */
static inline void *pool_at(const struct pool *p, uint32_t thing)
{
	return p->chunk[thing / POOL_CHUNK_UNITS] +
	       (size_t)(thing % POOL_CHUNK_UNITS) * POOL_UNIT;
}

#endif
