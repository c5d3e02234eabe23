/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c - see pool.h. */
#include <stdlib.h>
#include <string.h>
#include "base/grow.h"
#include "graph/pool.h"

#define CHUNK_BYTES ((size_t)POOL_CHUNK_UNITS * POOL_UNIT)
#define CHUNKS_MAX  (INT32_MAX / POOL_CHUNK_UNITS)
#define EXACT_UNITS 64 /* up to there each size is a class, then each power of two */

void pool_init(struct pool *p, size_t limit)
{
	*p = (struct pool){ .limit = limit };
}

void pool_fini(struct pool *p)
{
	size_t i;

	for (i = 0; i < p->chunks; i++)
		free(p->chunk[i]);
	free(p->chunk);
	*p = (struct pool){ .chunk = NULL };
}

/* Its class, and the units that things of it have. */
static unsigned class_of(size_t bytes, uint32_t *units)
{
	unsigned class = EXACT_UNITS;

	*units = (uint32_t)((bytes + POOL_UNIT - 1) / POOL_UNIT);
	if (!*units)
		*units = 1;
	if (*units <= EXACT_UNITS)
		return *units - 1;
	bytes = *units;
	for (*units = 2 * EXACT_UNITS; *units < bytes; *units *= 2)
		class ++;
	return class;
}

/* The first unit of all is never given away: 0 means none. */
static bool add_chunk(struct pool *p)
{
	char *chunk;

	if (p->chunks == CHUNKS_MAX || p->bytes + CHUNK_BYTES > p->limit ||
	    !grow(p->chunk, p->chunks_room, p->chunks + 1))
		return false;
	chunk = malloc(CHUNK_BYTES);
	if (!chunk)
		return false;
	p->fresh = (uint32_t)p->chunks * POOL_CHUNK_UNITS;
	p->fresh_units = POOL_CHUNK_UNITS;
	p->chunk[p->chunks++] = chunk;
	p->bytes += CHUNK_BYTES;
	if (p->chunks == 1) {
		p->fresh++;
		p->fresh_units--;
	}
	return true;
}

/* The rest of a chunk is lost when the next begins. */
static uint32_t take_fresh(struct pool *p, uint32_t units)
{
	uint32_t thing;

	while (p->fresh_units < units)
		if (!add_chunk(p))
			return 0;
	thing = p->fresh;
	p->fresh += units;
	p->fresh_units -= units;
	return thing;
}

uint32_t pool_get(struct pool *p, size_t bytes)
{
	uint32_t units, thing;
	unsigned class;

	if (bytes >= CHUNK_BYTES)
		return 0;
	class = class_of(bytes, &units);
	thing = p->freed[class];
	if (thing)
		memcpy(&p->freed[class], pool_at(p, thing), sizeof(thing));
	else
		thing = take_fresh(p, units);
	if (thing)
		memset(pool_at(p, thing), 0, (size_t)units * POOL_UNIT);
	return thing;
}

void pool_put(struct pool *p, uint32_t thing, size_t bytes)
{
	uint32_t units;
	unsigned class;

	if (!thing)
		return;
	class = class_of(bytes, &units);
	memcpy(pool_at(p, thing), &p->freed[class], sizeof(thing));
	p->freed[class] = thing;
}
