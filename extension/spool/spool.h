/* SPDX-License-Identifier: Apache-2.0 */
/* spool.h - objects on their way to the store, as files in directories.
 *
 *	<spool>/lock			one process at a time
 *	<spool>/streams			highest stream id given out
 *	<spool>/identity		a name that no other spool has
 *	<spool>/.spare/<n>		a file to be used again, see spare.h
 *	<spool>/<pipeline>/open/<id>	rows of an object that is not finished
 *	<spool>/<pipeline>/tmp/<id>	an object that is being made; emptied at start
 *	<spool>/<pipeline>/new/<id>	a finished object, waiting to be stored
 *	<spool>/<pipeline>/bad/<id>	refused for ever, or damaged; what stood
 *					behind the damage of an open file
 *
 * The directories are the only record: there is no index that could disagree with them.
 * The rename from tmp to new commits an object; then its open file is removed. If a
 * crash leaves both, the open file is removed. Moving a file from bad back to new and
 * restarting tries it again.
 *
 * Every byte of a file is owned by its pipeline. When room is short the pipeline that
 * owns most loses objects, see spool_room.c. A failure with one file concerns only that
 * file: it is retried with increasing pauses, or moved to bad/, and counted; others go
 * on.
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
#include "sys/mapping.h"

struct spool;
struct spool_dir;

struct spool_options {
	struct str directory;
	int64_t max_bytes; /* of all files */
	int64_t max_age;   /* ms, of a sealed object */
	int64_t min_free;  /* bytes of the file system to leave free */
};

extern const struct shape spool_shape; /* section "spool" */

/* Makes the directory, takes the lock. NULL: see err. log is borrowed. */
struct spool *spool_open(const struct spool_options *, struct log *, struct err *);
/* Every spool_dir is closed. */
void spool_close(struct spool *);
/* Logs every directory that belongs to none of these pipelines. */
void spool_report_strangers(struct spool *, const struct strs *names);

/* 16 hexadecimal digits, made at random when they are first asked for, and kept in the file
 * "identity". From the thread that opens tenants. NULL: see err. */
const char *spool_identity(struct spool *, struct err *);

/* The bytes of rows that all pipelines may hold in memory while they cannot be written.
 * spool_hold() reserves some; a negative number gives them back. false: too many. */
void spool_set_held_max(struct spool *, int64_t bytes);
bool spool_hold(struct spool *, int64_t bytes);

/* For who makes an object: room for so many bytes, of any content, which is a part of
 * SPOOL_MEMORY; waits for it. Who has one takes no other. What is larger waits to be alone.
 * One object of the samples' 6,000 flows fits at a time (more do not seal faster than flows
 * come), or many small ones. No room for no bytes. 0 or -ENOMEM: then there is nothing to
 * give back. */
#define SPOOL_MEMORY ((int64_t)10 << 20)
int spool_take_memory(struct spool_dir *, int64_t bytes, struct mapping *room);
void spool_give_memory(struct spool_dir *, int64_t bytes, struct mapping *room);

/* A stream id, in Unix seconds: at least wanted, and higher than all given out before
 * this spool was opened. It is saved to disk first. -errno. */
int64_t spool_stream(struct spool *, int64_t wanted);
/* A stream id that is unique: higher than all given out before, and lower than all
 * later ones. */
int64_t spool_stream_alone(struct spool *, int64_t wanted);
/* The highest stream id that was ever given out. */
int64_t spool_last_stream(struct spool *);

/* Whether the file system of an open file has so many bytes left. While it has plenty
 * it is asked ten times a second, not for every file. */
bool spool_has_room(struct spool *, int fd, int64_t bytes);
/* Whether there was plenty lately: then files are kept to be used again. */
bool spool_has_plenty(struct spool *);
/* Writing failed, perhaps for want of room: they are not kept any longer. */
void spool_keep_less(struct spool *);
/* The bytes of all files: open, sealed, bad. */
int64_t spool_bytes(struct spool *);

/* Opens the directories of a pipeline, with their contents. The name is copied, stats
 * are borrowed. NULL: see err. */
struct spool_dir *spool_dir_open(struct spool *, const char *name, struct stats *,
				 struct now, struct err *);
void spool_dir_close(struct spool_dir *);
const char *spool_dir_name(const struct spool_dir *);
struct spool *spool_of(const struct spool_dir *);

/* For files whose content somebody else has, too: nothing but bad/ is ever dropped to make
 * room or for its age, there is no room instead (spool_is_full()), and objects are taken
 * only when they were released. Before the first one is added. */
void spool_set_buffer(struct spool_dir *);
/* Objects with ids below may be taken. */
void spool_release(struct spool_dir *, uint64_t below);
/* The lowest id in new/; UINT64_MAX: there is none. */
uint64_t spool_first_waiting(struct spool_dir *);
/* Whether anything that was to be stored is neither stored nor in bad/: files that others
 * have removed, or no memory. Of a buffer it can be had again. */
bool spool_has_lost(struct spool_dir *);
/* It is so. */
void spool_note_lost(struct spool_dir *);
/* Whether a buffer may take no more bytes, because of spool.max_bytes. */
bool spool_is_full(struct spool_dir *, int64_t more);
/* Removes what an earlier run left of a directory that is not open, but for bad/. */
void spool_empty(struct spool *, const char *name);
/* Takes over what is in bad/ of those of its directories whose names begin so, because
 * those are emptied, and forgets what they have. */
void spool_adopt_bad(struct spool_dir *, const char *begin);
/* Empties all of them; none is open. */
void spool_empty_each(struct spool *, const char *name, const char *begin);

enum spool_folder { SPOOL_OPEN, SPOOL_TMP, SPOOL_NEW, SPOOL_BAD, SPOOL_FOLDERS };

/* Adds to the bytes that the pipeline owns in open/ or tmp/; negative: subtracts. If
 * the spool is too large, room is made. */
void spool_charge(struct spool_dir *, enum spool_folder, int64_t bytes);
/* The pipeline never owns more bytes than these, even if there is room: over it its oldest
 * objects are dropped. 0: no limit. */
void spool_set_limit(struct spool_dir *, int64_t bytes);
/* Removes what is over it, after spool_add(). */
void spool_keep_limit(struct spool_dir *);
/* Removes objects until the spool has at most max_bytes, and one step towards min_free
 * of the file system. Returns at once while another thread does it. */
void spool_make_room(struct spool *, struct now);
/* finish is called when open objects take too much room: those with spool_must_finish()
 * are then to be finished. It is called with a lock held, and must not call the spool.
 * NULL: no longer, if it was set with this context. */
void spool_on_finish(struct spool_dir *, void (*finish)(void *context), void *context);
bool spool_must_finish(const struct spool_dir *, uint64_t id);

uint64_t spool_next_id(struct spool_dir *);
/* The first of so many. */
uint64_t spool_next_ids(struct spool_dir *, uint64_t count);
#define SPOOL_PATH_MAX 4096
void spool_path(const struct spool_dir *, enum spool_folder, uint64_t id,
		char path[SPOOL_PATH_MAX]);
/* Makes a file, as spares_take() does: a descriptor to read and write, or -errno;
 * -EEXIST: it exists. */
int spool_create(struct spool_dir *, enum spool_folder, uint64_t id);
/* The same, of open/<id>; what is in it may be of rows that the pipeline had before. */
int spool_create_rows(struct spool_dir *, uint64_t id);
/* Keeps the rows' file open/<id> for that, or removes it. */
void spool_keep_rows(struct spool_dir *, uint64_t id);
/* Opens an existing file. A descriptor; -EINVAL: it is not a regular file; -errno. */
int spool_open_file(const struct spool_dir *, enum spool_folder, uint64_t id, int flags);
/* Moves a file to another directory, never over an existing file. 0; -ENOENT: it does
 * not exist; -errno. */
int spool_move(struct spool_dir *, enum spool_folder from, uint64_t id,
	       enum spool_folder to, uint64_t to_id);
/* Removes a file. Whether it is gone. */
bool spool_remove(struct spool_dir *, enum spool_folder, uint64_t id);
/* The ids found in open/ when the directory was opened, ascending. Borrowed;
 * for the directory's life. */
size_t spool_left_open(const struct spool_dir *, const uint64_t **ids);

/* A sealed object is in new/: counts it. */
void spool_add(struct spool_dir *, uint64_t id, int64_t bytes, int64_t records,
	       struct now);

/* Takes the oldest object that is not taken and not waiting for a retry, as of the last
 * spool_tick(). false: there is none. */
bool spool_take(struct spool_dir *, uint64_t *id);
/* The same, of those that are younger than this one. */
bool spool_take_after(struct spool_dir *, uint64_t after, uint64_t *id);
enum spool_outcome {
	SPOOL_STORED,	  /* removes it */
	SPOOL_LATER,	  /* it may be taken again */
	SPOOL_REFUSED,	  /* moves it to bad/ */
	SPOOL_UNREADABLE, /* it waits, longer each time; in the end it is moved to bad/ */
	SPOOL_GONE,	  /* its file no longer exists: lost, counted and logged */
};
/* Ends the use of an object that was taken. 0: the outcome was applied; -ENOENT: its
 * file was gone, and so it is; -EAGAIN or another -errno: it is still in new/, what is
 * stored, too: spool_remove() may be tried. An
 * object that cannot be moved to bad/ is not taken again; spool_tick() retries the
 * move. */
int spool_done(struct spool_dir *, uint64_t id, enum spool_outcome);

/* Moves an unusable file to bad/, with one line in the log. 0; -ENOENT: it is gone;
 * -errno: it stays. */
int spool_quarantine(struct spool_dir *, enum spool_folder, uint64_t id, const char *why);

struct sealed;
/* Copies a row of an object that was taken, its number and its text, into bad/, as an
 * object of its own; the object counts without it from here on. 0 or -errno. */
int spool_put_aside(struct spool_dir *, uint64_t id, const struct sealed *,
		    struct str row, int64_t number);
/* Calls see() with the number of each row that is there already, since the object was sent
 * before: it counts without them. Reads the heads of all files of bad/. 0, what see()
 * returned, or -ENOMEM. */
int spool_find_aside(struct spool_dir *, uint64_t id, const struct sealed *,
		     int (*see)(void *context, int64_t number), void *context);

/* Counts a file that was put into bad/. */
void spool_keep_bad(struct spool_dir *, uint64_t id);

/* So many records of an open object can no longer be read. */
void spool_damaged(struct spool_dir *, int64_t records);
/* The file of an open object was removed by someone else. */
void spool_open_gone(struct spool_dir *, uint64_t id, int64_t records);

struct spool_backlog {
	size_t objects;
	int64_t bytes;
	int64_t oldest_ms; /* when it was sealed, monotonic; NEVER_MS */
};
void spool_backlog(struct spool_dir *, struct spool_backlog *);
/* Syncs objects that have waited for some seconds, drops those that are too old,
 * retries moves to bad/, and makes room. */
void spool_tick(struct spool_dir *, struct now);

/* For the command "retry": asks that the objects in bad/ of a tenant are sent again, by
 * the process that runs it, at its next spool_retry() or start. 0 or -errno. */
int spool_ask_retry(const char *spool, const char *tenant);
/* If that was asked for, moves them to new/. Keys and bytes are unchanged. Returns how
 * many; then the uploader must be woken. */
size_t spool_retry(struct spool_dir *, struct now);

#endif
