/* SPDX-License-Identifier: Apache-2.0 */
/* spool_private.h - lists and locks shared by the files of the spool.
 *
 * One lock for the whole spool, over lists and sums; it is never held during a call
 * that may be slow. Making room and giving out streams have locks of their own.
 */
#ifndef SPOOL_SPOOL_PRIVATE_H
#define SPOOL_SPOOL_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include "spool/ledger.h"
#include "spool/spare.h"
#include "spool/spool.h"

/* A file of new/ or bad/. */
struct spool_entry {
	TAILQ_ENTRY(spool_entry) link;
	uint64_t id;
	int64_t bytes, records;
	int64_t sealed_ms; /* monotonic */
	int64_t retry_ms;  /* not to be used before, monotonic */
	unsigned failures; /* in a row, of its own */
	bool is_taken, is_synced;
	bool is_refused; /* to be moved to bad/ as soon as possible */
	bool is_object;	 /* its records and bytes are known */
	int64_t aside;	 /* rows that are in bad/, and not among its records */
};

struct envelope;

TAILQ_HEAD(spool_entries, spool_entry);

/* Why an object is lost. */
enum spool_loss {
	LOSS_FULL,  /* over max_bytes */
	LOSS_DISK,  /* under min_free */
	LOSS_LIMIT, /* over the pipeline's own limit */
	LOSS_OLD,
	LOSS_GONE, /* removed by someone else */
	LOSS_COUNT
};

/* Losses that were not yet logged. */
struct spool_lost {
	int64_t objects, bad, records, bytes;
	int64_t said_ms; /* monotonic; 0: never */
	int64_t share;	 /* of the tenant, bytes; when it was full */
};

/* A tenant's totals. The lock is held over a write and the step that follows it; the slot
 * changes under the spool's lock, too. */
struct ledger {
	pthread_mutex_t lock;
	struct ledger_slot slot;
	int64_t before[STAT_COUNT]; /* the counters of earlier runs */
	int fd;			    /* that was written last; -1: none */
	bool is_behind;		    /* the file does not have the last change */
	unsigned failures;	    /* of writes, in a row */
	_Atomic int64_t written_ms; /* or tried to, monotonic */
};

/* The journal of stored objects. */
struct stored {
	pthread_mutex_t lock;
	char *place;	/* that was written last; NULL: none in this run */
	int64_t missed; /* objects that could not be written */
};

struct spool_dir {
	TAILQ_ENTRY(spool_dir) link;
	struct spool *spool;
	char *name;
	struct stats *stats;
	struct spool_entries waiting; /* by id, the oldest first */
	struct spool_entry *unsynced; /* the first of them that is not on the disk */
	struct spool_entries bad;     /* the oldest first */
	struct ledger_sum bad_sum;    /* of those that are objects */
	struct ledger ledger;
	struct stored stored;
	unsigned users; /* threads that make room, and are not done with it */
	size_t objects; /* waiting */
	size_t refused; /* of them */
	int64_t owned[SPOOL_FOLDERS]; /* bytes */
	_Atomic int64_t max_bytes;    /* it may own; INT64_MAX: no limit */
	bool is_listed;		      /* it is visible, and counted in the spool */
	unsigned bad_failures;	      /* bad/ cannot be written, in a row */
	int64_t bad_retry_ms;	      /* monotonic */
	int64_t now_ms;		      /* of the last tick, monotonic */
	int64_t asked_ms; /* when it was asked to finish its open objects, monotonic */
	_Atomic uint64_t finish_below;
	bool is_buffer;	      /* see spool_set_buffer() */
	uint64_t taken_below; /* objects from this id on are not taken yet */
	atomic_bool has_lost; /* see spool_has_lost() */
	void (*finish)(void *context);
	void *finish_context;
	struct spool_lost lost[LOSS_COUNT];
	uint64_t next_id;
	uint64_t *left_open;
	size_t left_open_count;
};

/* For the thread that makes room; others do not wait for it. */
struct spool_room {
	pthread_mutex_t lock;
	atomic_bool is_wanted;
	_Atomic int64_t looked_ms; /* monotonic */
	/* The last step for min_free: the bytes removed, and the least number of free
	 * bytes that the file system has reported since. */
	int64_t promised, lowest;
	int64_t settle_ms; /* by when it has reported them, monotonic */
};

#define SPOOL_ROOMS 8

struct spool_kept {
	struct mapping room;
	int64_t bytes; /* of it that were used, at most */
};

/* What those who make objects may take together. */
struct spool_memory {
	pthread_mutex_t lock;
	pthread_cond_t given;
	int64_t taken, kept_bytes;
	struct spool_kept kept[SPOOL_ROOMS];
	size_t count;
};

void spool_memory_init(struct spool_memory *);
/* Nobody has any. */
void spool_memory_fini(struct spool_memory *);

struct spool {
	char *path;
	char identity[17];
	struct spool_options options;
	struct log *log;
	pthread_mutex_t lock;
	int lock_fd, streams_fd;
	struct spares *spares;
	pthread_mutex_t streams_lock; /* of the file */
	int64_t stream_floor, stream_highest;
	int64_t held, held_max;
	_Atomic int64_t bytes; /* of all pipelines; written under the lock */
	TAILQ_HEAD(spool_dirs, spool_dir) dirs;
	pthread_cond_t left; /* a directory has one user less */
	struct spool_room room;
	struct spool_memory memory;
	_Atomic int64_t plenty_until_ms; /* of room, monotonic */
};

/* Opens a file of the spool to read and write, creating it if needed: a regular file
 * that only we or the owner of the spool can have put there. -errno, see err. */
int spool_open_own(struct spool *, const char *name, struct err *);
/* Reads the name of the spool, or makes one. 0 or -errno, see err. */
/* Reads which streams were given out before. 0 or -errno, see err. */
int spool_read_streams(struct spool *, struct err *);

/* The path of one of its directories. */
void spool_folder_path(const struct spool_dir *, enum spool_folder,
		       char path[SPOOL_PATH_MAX]);
const char *spool_folder_name(enum spool_folder);
int64_t spool_free_bytes(const struct statvfs *);

/* The spool_dir is not yet visible to others, or the lock is held. */
void spool_own(struct spool_dir *, enum spool_folder, int64_t bytes);
struct spool_entry *spool_entry_new(uint64_t id, int64_t bytes);
/* The lock is held: a waiting object; NULL: there is none of this id. */
struct spool_entry *spool_find_entry(struct spool_dir *, uint64_t id);
/* What the ledger counts of it: 0 of what is no object. */
struct ledger_sum spool_entry_sum(const struct spool_entry *);
/* Checks a finished object. Returns what is wrong with it, which may be err's text.
 * NULL: its envelope was read, with strings in the arena. */
const char *spool_check_sealed(const struct spool_dir *, enum spool_folder, uint64_t id,
			       struct envelope *, struct arena *, struct stat *,
			       struct err *);
/* Adds it at the end of new/, and counts it. */
void spool_append_entry(struct spool_dir *, struct spool_entry *);
/* Removes it from its list, and frees it; the file is the caller's. */
void spool_forget(struct spool_dir *, enum spool_folder, struct spool_entry *);
/* Adds a file of bad/, and counts its bytes. */
void spool_count_bad(struct spool_dir *, struct spool_entry *);

/* The lock is held: an object is lost. Counts it; it is logged now, or with others
 * later. The entry is freed. */
void spool_lose(struct spool_dir *, enum spool_folder, struct spool_entry *,
		enum spool_loss, int64_t now_ms);
/* The lock is held: logs losses that have waited long enough; NEVER_MS: all. */
void spool_tell_losses(struct spool_dir *, int64_t now_ms);

/* The lock is held: what it owns; what goes first of it, NULL: nothing can; and has its
 * open objects finished, once a second at most. */
int64_t spool_owned(const struct spool_dir *);
struct spool_entry *spool_victim(const struct spool_dir *, enum spool_folder *);
void spool_ask_to_finish(struct spool_dir *, int64_t now_ms);

/* One that is lost, and whose file is still there. */
struct spool_evicted {
	struct spool_dir *dir;
	enum spool_folder folder;
	uint64_t id;
	int64_t bytes;
	struct ledger_sum sum;
};
/* The lock is held: as spool_lose(). spool_evict_file() must follow, without it. */
void spool_evict(struct spool_dir *, enum spool_folder, struct spool_entry *,
		 enum spool_loss, int64_t now_ms, struct spool_evicted *);
void spool_evict_file(const struct spool_evicted *);

/* The lock is not held: moves a file to bad/, as spool_move(). It is the object of an
 * entry, or NULL: it is none. */
int spool_move_to_bad(struct spool_dir *, enum spool_folder, uint64_t id,
		      const struct spool_entry *);

/* The lock is not held: checks whether there is room, if that was not done for a
 * while. */
void spool_look_for_room(struct spool *, struct now);

#define SPOOL_RETRY_MS	    1000
#define SPOOL_RETRY_DOUBLES 6 /* to about a minute */

/* How long to wait after so many failures in a row, ms. */
static inline int64_t spool_back_off_ms(unsigned failures)
{
	return (int64_t)SPOOL_RETRY_MS
	       << (failures < SPOOL_RETRY_DOUBLES ? failures : SPOOL_RETRY_DOUBLES);
}

/* Makes the directories, and finds what is in them. 0 or -errno. */
int spool_scan(struct spool_dir *, struct now);

/* The ids of bad/ as they are now; the caller frees. NULL: no memory. */
uint64_t *spool_bad_ids(struct spool_dir *, size_t *count);

#endif
