/* SPDX-License-Identifier: Apache-2.0 */
/* spool_memory.c - the memory of those who make objects, shared. Each takes what it needs
 * at once and gives it back when its object is made, so nobody waits for one who waits. */
#include "spool/spool_private.h"

void spool_take_memory(struct spool_dir *dir, int64_t bytes)
{
	struct spool_memory *m = &dir->spool->memory;

	pthread_mutex_lock(&m->lock);
	while (bytes && m->taken && m->taken + bytes > SPOOL_MEMORY)
		pthread_cond_wait(&m->given, &m->lock);
	m->taken += bytes;
	pthread_mutex_unlock(&m->lock);
}

void spool_give_memory(struct spool_dir *dir, int64_t bytes)
{
	struct spool_memory *m = &dir->spool->memory;

	pthread_mutex_lock(&m->lock);
	m->taken -= bytes;
	pthread_cond_broadcast(&m->given);
	pthread_mutex_unlock(&m->lock);
}
