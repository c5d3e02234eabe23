/* SPDX-License-Identifier: Apache-2.0 */
/* arena.c - see arena.h. */
#include <errno.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include "base/arena.h"

#define BLOCK_LEAST  ((size_t)1024)
#define DOUBLES_UPTO ((size_t)16 * 1024)
#define SMALL_BYTES  ((size_t)16 * 1024)
#define SPARE_RESETS 64
#define ARENA_ALIGN  alignof(max_align_t)

struct arena_block {
	struct arena_block *next;
	size_t size;
	alignas(max_align_t) char bytes[];
};

static size_t round_up(size_t size)
{
	return (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
}

static char *block_new(struct arena *a, size_t need)
{
	size_t size = need > BLOCK_LEAST ? need : BLOCK_LEAST;
	struct arena_block *block;
	size_t growth = a->size < DOUBLES_UPTO ? a->size : a->size / 2;

	if (need > a->limit || a->size > a->limit - need) {
		a->error = -EFBIG;
		return NULL;
	}
	/* Blocks grow with the arena: a large batch takes few of them, and one of a
	 * thousand pipelines little room. */
	if (size < growth)
		size = growth;
	if (size > a->limit - a->size)
		size = need;
	size = round_up(size);
	block = malloc(sizeof(*block) + size);
	if (!block) {
		a->error = -ENOMEM;
		return NULL;
	}
	block->next = a->blocks;
	block->size = size;
	a->blocks = block;
	a->size += size;
	a->left = size - need;
	return block->bytes;
}

/* Objects grow from the front of a block; its unused bytes are at the end. */
static char *arena_carve(struct arena *a, size_t size)
{
	char *at;

	if (a->error)
		return NULL;
	if (!a->blocks || size > a->left)
		return block_new(a, size);
	at = a->blocks->bytes + (a->blocks->size - a->left);
	a->left -= size;
	return at;
}

void *arena_alloc(struct arena *a, size_t size)
{
	char *at;

	if (size > SIZE_MAX - ARENA_ALIGN) {
		a->error = -EFBIG;
		return NULL;
	}
	size = round_up(size);
	a->left -= a->left % ARENA_ALIGN; /* after bytes of odd length */
	at = arena_carve(a, size);
	return at ? memset(at, 0, size) : NULL;
}

char *arena_bytes(struct arena *a, size_t size)
{
	return arena_carve(a, size);
}

struct str arena_str(struct arena *a, struct str s)
{
	char *copy = s.len < SIZE_MAX ? arena_carve(a, s.len + 1) : NULL;

	if (!copy)
		return (struct str){ "", 0 };
	if (s.len)
		memcpy(copy, s.ptr, s.len);
	copy[s.len] = '\0';
	return (struct str){ copy, s.len };
}

int arena_error(const struct arena *a)
{
	return a->error;
}

void arena_reset(struct arena *a)
{
	struct arena_block *keep = a->blocks;
	struct arena rest;

	a->spare = a->size - a->left < a->size / 4 ? a->spare + 1 : 0;
	if (a->size <= SMALL_BYTES || a->spare >= SPARE_RESETS) {
		arena_fini(a);
		return;
	}
	rest = (struct arena){ .blocks = keep->next };
	arena_fini(&rest);
	keep->next = NULL;
	a->size = a->left = keep->size;
	a->error = 0;
}

void arena_fini(struct arena *a)
{
	while (a->blocks) {
		struct arena_block *block = a->blocks;

		a->blocks = block->next;
		free(block);
	}
	a->size = a->left = 0;
	a->spare = 0;
	a->error = 0;
}
