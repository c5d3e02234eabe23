/* SPDX-License-Identifier: Apache-2.0 */
/* map.h - a bounded, string-keyed map with expiry. All caches use it.
 *
 * A map has a maximum of entries and of bytes; when it is full the least recently used
 * entry is removed. Entries also expire. Keys are copied; values belong to the map,
 * which frees them with the function given to map_new() (NULL: values are not freed),
 * which must not use the map. Every call takes constant time.
 *
 * Not locked.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdint.h>
#include "base/str.h"

struct map;

/* NULL: no memory. */
struct map *map_new(size_t entries_max, size_t bytes_max, void (*value_free)(void *));
void map_free(struct map *);

/* Borrowed; until the next call that changes the map. NULL: absent or expired.
 * The entry becomes the most recently used. */
void *map_get(struct map *, struct str key, int64_t now_ms);

/* As map_get(), and sets when the entry expires. */
void *map_renew(struct map *, struct str key, int64_t now_ms, int64_t expires_ms);

/* Takes the value, also on failure (then it is freed and the map is as it
 * was). Replaces an entry of the same key and makes it the most recently used.
 * bytes is what the value occupies; the key is added by us. The entry is gone
 * from expires_ms on; NEVER_MS for no expiry. 0, or -ENOMEM, or -EFBIG when
 * the entry alone is past a limit. */
int map_put(struct map *, struct str key, void *value, size_t bytes, int64_t expires_ms);
void map_remove(struct map *, struct str key);
/* The value of an entry has changed its size. If it is the most recently used entry,
 * others are removed to make room; if it exceeds the limit alone, it is removed
 * itself. */
void map_weigh(struct map *, struct str key, size_t bytes);

/* Removes what has expired, from the least recently used entry on until one
 * has not: all of it when every entry was given the same time to live. */
void map_expire(struct map *, int64_t now_ms);

/* Includes entries that have expired but were not looked up since. */
size_t map_count(const struct map *);
size_t map_bytes(const struct map *);
/* Entries pushed out by the limits since birth, expired or not. */
uint64_t map_evicted(const struct map *);

/* Calls visit for every entry, most recently used first, until it says false.
 * The map must not be changed meanwhile. */
void map_each(const struct map *,
	      bool (*visit)(void *context, struct str key, void *value), void *context);

#endif
