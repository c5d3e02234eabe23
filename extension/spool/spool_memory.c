/* SPDX-License-Identifier: Apache-2.0 */
/* spool_memory.c - the memory of those who make objects, shared. Each takes what it needs
 * at once and gives it back when its object is made, so nobody waits for one who waits.
 *
 * What comes back is kept for the next, as far as all together stay within SPOOL_MEMORY: to
 * get pages from the system and to give them back takes a twentieth of an export. While it
 * is kept the system may have it.
 */
#include "spool/spool_private.h"

/* The last that is kept. */
static void keep_less(struct spool_memory *m, struct mapping *dropped)
{
	*dropped = m->kept[--m->count].room;
	m->kept_bytes -= m->kept[m->count].bytes;
}

/* One that is kept, and what can no longer be. */
static size_t take_kept(struct spool_memory *m, int64_t bytes, struct mapping *room,
			struct mapping dropped[SPOOL_ROOMS])
{
	size_t count = 0;

	if (m->count && bytes <= SPOOL_MEMORY)
		keep_less(m, room);
	while (m->count && m->taken + m->kept_bytes > SPOOL_MEMORY)
		keep_less(m, &dropped[count++]);
	return count;
}

int spool_take_memory(struct spool_dir *dir, int64_t bytes, struct mapping *room)
{
	struct spool_memory *m = &dir->spool->memory;
	struct mapping dropped[SPOOL_ROOMS];
	size_t count;
	int error;

	*room = (struct mapping){ 0 };
	if (!bytes)
		return 0;
	pthread_mutex_lock(&m->lock);
	while (m->taken && m->taken + bytes > SPOOL_MEMORY)
		pthread_cond_wait(&m->given, &m->lock);
	m->taken += bytes;
	count = take_kept(m, bytes, room, dropped);
	pthread_mutex_unlock(&m->lock);
	while (count)
		mapping_close(&dropped[--count]);
	if (room->ptr)
		return 0;
	error = mapping_open(room, (size_t)(bytes > SPOOL_MEMORY ? bytes : SPOOL_MEMORY));
	if (error)
		spool_give_memory(dir, bytes, room);
	return error;
}

static bool may_keep(const struct spool_memory *m, int64_t bytes)
{
	return m->count < SPOOL_ROOMS && m->taken + m->kept_bytes + bytes <= SPOOL_MEMORY;
}

void spool_give_memory(struct spool_dir *dir, int64_t bytes, struct mapping *room)
{
	struct spool_memory *m = &dir->spool->memory;

	if (!bytes)
		return;
	mapping_spare(room);
	pthread_mutex_lock(&m->lock);
	m->taken -= bytes;
	if (room->ptr && may_keep(m, bytes)) {
		m->kept[m->count++] = (struct spool_kept){ *room, bytes };
		m->kept_bytes += bytes;
		*room = (struct mapping){ 0 };
	}
	pthread_cond_broadcast(&m->given);
	pthread_mutex_unlock(&m->lock);
	mapping_close(room);
}

void spool_memory_init(struct spool_memory *m)
{
	pthread_mutex_init(&m->lock, NULL);
	pthread_cond_init(&m->given, NULL);
}

void spool_memory_fini(struct spool_memory *m)
{
	struct mapping dropped;

	while (m->count) {
		keep_less(m, &dropped);
		mapping_close(&dropped);
	}
	pthread_cond_destroy(&m->given);
	pthread_mutex_destroy(&m->lock);
}
