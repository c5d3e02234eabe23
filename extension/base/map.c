/* SPDX-License-Identifier: Apache-2.0 */
/* map.c - see map.h. Chained buckets for finding, a list through all entries
 * from the most to the least recently used for forgetting. */
#include <errno.h>
#include <stdlib.h>
#include "base/map.h"
#include "base/now.h"

#define BUCKETS_FIRST 16 /* a power of two; doubled as entries come */

struct entry {
	struct entry *chain; /* next of the same bucket */
	struct entry *newer, *older;
	uint64_t hash;
	int64_t expires_ms;
	void *value;
	size_t bytes; /* of value and key */
	size_t key_len;
	char key[];
};

struct map {
	struct entry **bucket;
	size_t buckets;
	struct entry *newest, *oldest;
	size_t count, bytes;
	size_t entries_max, bytes_max;
	uint64_t evicted;
	uint64_t seed;
	void (*value_free)(void *);
};

/* The shape of MurmurHash64A: eight bytes a step, then a final mix, so that
 * the low bits may choose the bucket. */
static uint64_t hash_of(const struct map *m, struct str key)
{
	const uint64_t odd = UINT64_C(0xc6a4a7935bd1e995);
	uint64_t h = m->seed ^ (key.len * odd);
	uint64_t word;

	while (key.len) {
		size_t step = key.len < sizeof(word) ? key.len : sizeof(word);

		word = 0;
		memcpy(&word, key.ptr, step);
		word *= odd;
		word ^= word >> 47;
		h = (h ^ word * odd) * odd;
		key = str_skip(key, step);
	}
	h = (h ^ h >> 47) * odd;
	return h ^ h >> 47;
}

struct map *map_new(size_t entries_max, size_t bytes_max, void (*value_free)(void *))
{
	struct map *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->bucket = calloc(BUCKETS_FIRST, sizeof(*m->bucket));
	if (!m->bucket) {
		free(m);
		return NULL;
	}
	m->buckets = BUCKETS_FIRST;
	m->entries_max = entries_max;
	/* Half, so that the sum of two that fit alone never wraps. */
	m->bytes_max = bytes_max < SIZE_MAX / 2 ? bytes_max : SIZE_MAX / 2;
	m->value_free = value_free;
	/* Hard to guess where addresses are random; nothing visible from
	 * outside depends on it, because order is the order of use. */
	m->seed = (uint64_t)(uintptr_t)m * UINT64_C(0x9e3779b97f4a7c15);
	return m;
}

static void drop_value(const struct map *m, void *value)
{
	if (m->value_free && value)
		m->value_free(value);
}

void map_free(struct map *m)
{
	struct entry *e, *older;

	if (!m)
		return;
	for (e = m->newest; e; e = older) {
		older = e->older;
		drop_value(m, e->value);
		free(e);
	}
	free(m->bucket);
	free(m);
}

/* Where the pointer to the entry of that key stands, or would stand. */
static struct entry **map_find(const struct map *m, struct str key, uint64_t hash)
{
	struct entry **at = &m->bucket[hash & (m->buckets - 1)];

	while (*at && !((*at)->hash == hash &&
			str_equal((struct str){ (*at)->key, (*at)->key_len }, key)))
		at = &(*at)->chain;
	return at;
}

static void map_unlist(struct map *m, struct entry *e)
{
	*(e->newer ? &e->newer->older : &m->newest) = e->older;
	*(e->older ? &e->older->newer : &m->oldest) = e->newer;
}

static void list_newest(struct map *m, struct entry *e)
{
	e->newer = NULL;
	e->older = m->newest;
	*(e->older ? &e->older->newer : &m->oldest) = e;
	m->newest = e;
}

static void map_remove_at(struct map *m, struct entry **at)
{
	struct entry *e = *at;

	*at = e->chain;
	map_unlist(m, e);
	m->count--;
	m->bytes -= e->bytes;
	drop_value(m, e->value);
	free(e);
}

static bool has_expired(const struct entry *e, int64_t now_ms)
{
	return e->expires_ms != NEVER_MS && now_ms >= e->expires_ms;
}

/* The entry, as the most recently used; NULL: absent or expired. */
static struct entry *map_use(struct map *m, struct str key, int64_t now_ms)
{
	struct entry **at = map_find(m, key, hash_of(m, key));
	struct entry *e = *at;

	if (!e)
		return NULL;
	if (has_expired(e, now_ms)) {
		map_remove_at(m, at);
		return NULL;
	}
	map_unlist(m, e);
	list_newest(m, e);
	return e;
}

void *map_get(struct map *m, struct str key, int64_t now_ms)
{
	struct entry *e = map_use(m, key, now_ms);

	return e ? e->value : NULL;
}

void *map_renew(struct map *m, struct str key, int64_t now_ms, int64_t expires_ms)
{
	struct entry *e = map_use(m, key, now_ms);

	if (!e)
		return NULL;
	e->expires_ms = expires_ms;
	return e->value;
}

void map_expire(struct map *m, int64_t now_ms)
{
	struct entry *e;

	while ((e = m->oldest) && has_expired(e, now_ms))
		map_remove_at(m,
			      map_find(m, (struct str){ e->key, e->key_len }, e->hash));
}

/* Without memory for it the chains just get longer. */
static void map_grow(struct map *m)
{
	struct entry **bucket, **at;
	struct entry *e;

	if (m->count < m->buckets || m->buckets > SIZE_MAX / 2)
		return;
	bucket = calloc(m->buckets * 2, sizeof(*bucket));
	if (!bucket)
		return;
	free(m->bucket);
	m->bucket = bucket;
	m->buckets *= 2;
	for (e = m->newest; e; e = e->older) {
		at = &bucket[e->hash & (m->buckets - 1)];
		e->chain = *at;
		*at = e;
	}
}

static struct entry *map_insert(struct map *m, struct str key, uint64_t hash)
{
	struct entry *e = malloc(sizeof(*e) + key.len);
	struct entry **at;

	if (!e)
		return NULL;
	*e = (struct entry){ .hash = hash, .key_len = key.len };
	if (key.len)
		memcpy(e->key, key.ptr, key.len);
	map_grow(m);
	at = &m->bucket[hash & (m->buckets - 1)];
	e->chain = *at;
	*at = e;
	list_newest(m, e);
	m->count++;
	return e;
}

/* The newest entry fits alone, so this ends before it. */
static void map_evict(struct map *m)
{
	struct entry *e;

	while (m->count > m->entries_max || m->bytes > m->bytes_max) {
		e = m->oldest;
		map_remove_at(m,
			      map_find(m, (struct str){ e->key, e->key_len }, e->hash));
		m->evicted++;
	}
}

int map_put(struct map *m, struct str key, void *value, size_t bytes, int64_t expires_ms)
{
	uint64_t hash = hash_of(m, key);
	struct entry *e = *map_find(m, key, hash);
	int error = 0;

	if (!m->entries_max || key.len > m->bytes_max || bytes > m->bytes_max - key.len)
		error = -EFBIG;
	else if (!e && !(e = map_insert(m, key, hash)))
		error = -ENOMEM;
	if (error) {
		drop_value(m, value);
		return error;
	}
	drop_value(m, e->value);
	e->value = value;
	e->expires_ms = expires_ms;
	m->bytes -= e->bytes;
	e->bytes = bytes + key.len;
	m->bytes += e->bytes;
	map_unlist(m, e);
	list_newest(m, e);
	map_evict(m);
	return 0;
}

void map_remove(struct map *m, struct str key)
{
	struct entry **at = map_find(m, key, hash_of(m, key));

	if (*at)
		map_remove_at(m, at);
}

void map_weigh(struct map *m, struct str key, size_t bytes)
{
	struct entry **at = map_find(m, key, hash_of(m, key)), *e = *at;

	if (!e)
		return;
	if (key.len > m->bytes_max || bytes > m->bytes_max - key.len) {
		map_remove_at(m, at);
		return;
	}
	m->bytes -= e->bytes;
	e->bytes = bytes + key.len;
	m->bytes += e->bytes;
	map_evict(m);
}

size_t map_count(const struct map *m)
{
	return m->count;
}

size_t map_bytes(const struct map *m)
{
	return m->bytes;
}

uint64_t map_evicted(const struct map *m)
{
	return m->evicted;
}

void map_each(const struct map *m,
	      bool (*visit)(void *context, struct str key, void *value), void *context)
{
	const struct entry *e;

	for (e = m->newest; e; e = e->older)
		if (!visit(context, (struct str){ e->key, e->key_len }, e->value))
			return;
}
