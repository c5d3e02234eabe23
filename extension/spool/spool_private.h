/* SPDX-License-Identifier: Apache-2.0 */
/* spool_private.h - what spool.c and spool_dir.c share: the lock and the lists.
 *
 * One lock for the whole spool; it is never held during a slow call but for
 * the removal of an object.
 */
#ifndef SPOOL_SPOOL_PRIVATE_H
#define SPOOL_SPOOL_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>
#include "spool/spare.h"
#include "spool/spool.h"

/* A sealed object. */
struct spool_entry {
	TAILQ_ENTRY(spool_entry) link;
	uint64_t id;
	int64_t bytes, records;
	int64_t sealed_ms; /* monotonic */
	bool is_taken, is_synced;
};

struct spool_dir {
	TAILQ_ENTRY(spool_dir) link;
	struct spool *spool;
	char *name;
	struct stats *stats;
	TAILQ_HEAD(spool_entries, spool_entry) waiting; /* by id, the oldest first */
	size_t objects;
	int64_t bytes; /* of waiting */
	int64_t bad_bytes;
	bool is_listed; /* others see it, the spool counts it */
	uint64_t next_id;
	uint64_t *left_open;
	size_t left_open_count;
};

struct spool {
	char *path;
	struct spool_options options;
	struct log *log;
	pthread_mutex_t lock;
	int lock_fd, streams_fd;
	struct spares *spares;
	int64_t stream_floor, stream_highest;
	int64_t held, held_max;
	int64_t bytes; /* sealed, bad and open */
	TAILQ_HEAD(spool_dirs, spool_dir) dirs;
	_Atomic int64_t plenty_until_ms; /* of room, monotonic */
};

/* The lock is held: drops the oldest objects of who has most until the spool
 * is within its limits. */
void spool_make_room(struct spool *);
/* The lock is held: removes and frees. */
void spool_forget(struct spool_dir *, struct spool_entry *, bool remove_it);

/* The path of one of its directories. */
void spool_folder_path(const struct spool_dir *, enum spool_folder,
		       char path[SPOOL_PATH_MAX]);
/* The lock is held: adds a sealed object, in the order of ids. NULL: no memory. */
struct spool_entry *spool_insert(struct spool_dir *, uint64_t id, int64_t bytes,
				 int64_t records, int64_t sealed_ms);
/* The lock is held: a file in bad/ takes room. */
void spool_count_bad(struct spool_dir *, uint64_t id);
/* Makes the directories, and finds what is in them. 0 or -errno. */
int spool_scan(struct spool_dir *, struct now);

#endif
