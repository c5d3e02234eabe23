/* SPDX-License-Identifier: Apache-2.0 */
/* spool.h - objects on their way, as files in directories.
 *
 *	<spool>/lock			one process at a time
 *	<spool>/streams			highest stream id given out
 *	<spool>/.spare/<n>		a file to be used again, see spare.h
 *	<spool>/<pipeline>/open/<id>	rows of an object that is not finished
 *	<spool>/<pipeline>/tmp/<id>	an object in the making; emptied at start
 *	<spool>/<pipeline>/new/<id>	a finished object, waiting to be stored
 *	<spool>/<pipeline>/bad/<id>	refused for ever, or damaged; what stood
 *					behind the damage of an open file
 *
 * The directories are the only truth: there is no list beside them that could
 * disagree. The rename from tmp to new commits an object; then its open file
 * is removed. With both there after a crash, the open file is the copy.
 * Moving a file from bad back to new and restarting tries it again.
 *
 * Every byte of a file is owned by its pipeline. When room is short whoever owns most
 * loses, see spool_room.c. Whatever is wrong with one file costs that file: it is
 * tried again ever later, or moved to bad/, and counted; others go on.
 *
 * Ids rise within a pipeline and are not used again. All functions are safe
 * from any thread.
 */
#ifndef SPOOL_SPOOL_H
#define SPOOL_SPOOL_H

#include "base/err.h"
#include "base/now.h"
#include "base/stats.h"
#include "config/config.h"
#include "sys/log.h"

struct spool;
struct spool_dir;

struct spool_options {
	struct str directory;
	int64_t max_bytes; /* of all files */
	int64_t max_age;   /* ms, of a sealed object */
	int64_t min_free;  /* bytes of the file system left to others */
};

extern const struct shape spool_shape; /* section "spool" */

/* Makes the directory, takes the lock. NULL: see err. log is borrowed. */
struct spool *spool_open(const struct spool_options *, struct log *, struct err *);
/* Every spool_dir is closed. */
void spool_close(struct spool *);
/* Logs every directory that no pipeline of these names owns. */
void spool_report_strangers(struct spool *, const struct strs *names);

/* Bytes that rows may be held in memory while they cannot be written, for all
 * pipelines; negative gives back. false: too many. */
void spool_set_held_max(struct spool *, int64_t bytes);
bool spool_hold(struct spool *, int64_t bytes);

/* A stream id, in Unix seconds: at least wanted, and above all given out before
 * this spool was opened. Remembered on disk first. -errno. */
int64_t spool_stream(struct spool *, int64_t wanted);
/* One that nobody else has or will get: above all given out before, and all
 * later ones are above it. */
int64_t spool_stream_alone(struct spool *, int64_t wanted);
/* The highest that was ever given out. */
int64_t spool_last_stream(struct spool *);

/* Whether the file system of an open file has so many bytes left. Where it has
 * plenty it is asked ten times a second, not for every file. */
bool spool_has_room(struct spool *, int fd, int64_t bytes);
/* Bytes of all that is there: open, sealed, bad. */
int64_t spool_bytes(struct spool *);

/* One pipeline's directories, with what is in them. The name is copied, stats
 * are borrowed. NULL: see err. */
struct spool_dir *spool_dir_open(struct spool *, const char *name, struct stats *,
				 struct now, struct err *);
void spool_dir_close(struct spool_dir *);
const char *spool_dir_name(const struct spool_dir *);
struct spool *spool_of(const struct spool_dir *);

enum spool_folder { SPOOL_OPEN, SPOOL_TMP, SPOOL_NEW, SPOOL_BAD, SPOOL_FOLDERS };

/* Bytes of open/ or tmp/ that the pipeline owns from now on; negative: no longer. Too
 * much for the whole: room is made. */
void spool_charge(struct spool_dir *, enum spool_folder, int64_t bytes);
/* Removes what is too much for the whole, and one step more of what the file system
 * misses. While another thread does it returns at once. */
void spool_make_room(struct spool *, struct now);
/* Whom to tell when open objects take too much: those of which spool_must_finish() then
 * says so are to be finished now. finish is called with a lock held, and must not call
 * the spool. NULL: not any more, if it was of this context. */
void spool_on_finish(struct spool_dir *, void (*finish)(void *context), void *context);
bool spool_must_finish(const struct spool_dir *, uint64_t id);

uint64_t spool_next_id(struct spool_dir *);
#define SPOOL_PATH_MAX 4096
void spool_path(const struct spool_dir *, enum spool_folder, uint64_t id,
		char path[SPOOL_PATH_MAX]);
/* Makes a file, as spares_take(): a descriptor to read and write, or -errno; -EEXIST: it
 * is there. */
int spool_create(struct spool_dir *, enum spool_folder, uint64_t id);
/* Opens a file that is there. A descriptor, -EINVAL: it is not a plain file, or
 * -errno. */
int spool_open_file(const struct spool_dir *, enum spool_folder, uint64_t id, int flags);
/* Moves a file to another directory, never over another one. 0, -ENOENT: it is not
 * there, or -errno. */
int spool_move(struct spool_dir *, enum spool_folder from, uint64_t id,
	       enum spool_folder to, uint64_t to_id);
/* Nobody reads it any more, and it goes. */
void spool_remove(struct spool_dir *, enum spool_folder, uint64_t id);
/* The ids found in open/ when the directory was opened, ascending. Borrowed;
 * for the directory's life. */
size_t spool_left_open(const struct spool_dir *, const uint64_t **ids);

/* A sealed object is in new/: counts it. */
void spool_add(struct spool_dir *, uint64_t id, int64_t bytes, int64_t records,
	       struct now);

/* The oldest that is not under way and waits for nothing, as of the last
 * spool_tick(); it then is under way. false: none. */
bool spool_take(struct spool_dir *, uint64_t *id);
/* The same of those that are younger than this one. */
bool spool_take_after(struct spool_dir *, uint64_t after, uint64_t *id);
enum spool_outcome {
	SPOOL_STORED,	  /* removes it */
	SPOOL_LATER,	  /* it waits again */
	SPOOL_REFUSED,	  /* moves it to bad/ */
	SPOOL_UNREADABLE, /* it waits, longer each time; at last moves it to bad/ */
	SPOOL_GONE,	  /* its file is not there any more: lost, counted and said */
};
/* What becomes of one that was taken. 0: it has left new/ as was said; -ENOENT: it has
 * left it, for its file was gone; -EAGAIN or another -errno: it is still there. One that
 * cannot be moved to bad/ is not taken again; spool_tick() moves it when that works. */
int spool_done(struct spool_dir *, uint64_t id, enum spool_outcome);

/* A file that is of no use goes to bad/, with one line in the log. 0, -ENOENT: it is
 * gone, or -errno: it stays. */
int spool_quarantine(struct spool_dir *, enum spool_folder, uint64_t id, const char *why);

/* Counts a file that was put into bad/. */
void spool_keep_bad(struct spool_dir *, uint64_t id);

/* So many records of an open object cannot be read any more. */
void spool_damaged(struct spool_dir *, int64_t records);
/* The file of an open object was removed by somebody else. */
void spool_open_gone(struct spool_dir *, uint64_t id, int64_t records);

struct spool_backlog {
	size_t objects;
	int64_t bytes;
	int64_t oldest_ms; /* when it was sealed, monotonic; NEVER_MS */
};
void spool_backlog(struct spool_dir *, struct spool_backlog *);
/* Syncs what waits for more than some seconds, drops what is too old, looks after what
 * could not be moved to bad/, and for room. */
void spool_tick(struct spool_dir *, struct now);

/* For the command: the objects in bad/ of a tenant are to be sent again, by whoever
 * runs it, at its next spool_retry() or start. 0 or -errno. */
int spool_ask_retry(const char *spool, const char *tenant);
/* If that was asked for: moves them to new/. Keys and bytes stay. How many; the uploader
 * is to be woken. */
size_t spool_retry(struct spool_dir *, struct now);

#endif
