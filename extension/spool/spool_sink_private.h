/* SPDX-License-Identifier: Apache-2.0 */
/* spool_sink_private.h - shared by spool_sink.c, spool_sink_streams.c,
 * spool_sink_recover.c and spool_sink_tell.c. */
#ifndef SPOOL_SPOOL_SINK_PRIVATE_H
#define SPOOL_SPOOL_SINK_PRIVATE_H

#include "spool/spool_sink.h"

/* An open object of a tag. */
struct open_file {
	bool is_open; /* it exists */
	int64_t slot_ms;
	int fd; /* -1: closed to save descriptors */
	uint64_t id;
	uint32_t seed; /* of its frames */
	int64_t size;  /* of them */
};

/* An object that is being made. */
struct seal_job {
	struct task task;
	struct seal_job *next;
	struct spool_sink *spool_sink;
	uint64_t id;
	int64_t size; /* of the open file without its seal frame */
	int64_t records;
	unsigned failures;   /* in a row */
	unsigned unreadable; /* how often it could not be read */
	bool is_done, has_failed;
};

struct spool_sink {
	struct sink sink;
	struct spool_sink_parts parts;
	struct open_file file[TAG_COUNT][OPEN_MAX];
	int fd_max;		 /* higher descriptors are not kept open */
	int64_t recovery_stream; /* of recovered objects; 0: there are none */
	int64_t kept_stream;	 /* for its last objects, when there is a successor; 0:
			        * there is none */
	int error;		 /* of the last call */
	pthread_mutex_t lock;	 /* of what follows */
	struct seal_job *jobs;	 /* the newest first */
	size_t sealing;
	unsigned awaited; /* sinks whose objects come first */
	uint64_t kept_id,
		kept_end; /* ids for its last objects, the next and behind the last */
	int failing_jobs; /* objects that cannot be made at present */
	int64_t held;	  /* bytes of rows, in memory */
	bool is_refused;  /* no more bytes may be held */
};

/* A job that makes the object of open/<id>, a file of so many records with its seal
 * frame at this size. NULL: no memory. */
struct seal_job *spool_sink_new_job(struct spool_sink *, uint64_t id, int64_t size,
				    int64_t records);
void spool_sink_start_job(struct spool_sink *, struct seal_job *);
/* When no job runs. */
void spool_sink_free_jobs(struct spool_sink *);
/* The lock is held: whether rows or objects cannot be written to the spool. */
bool spool_sink_is_unwritable(const struct spool_sink *);
/* Logs a line when that begins or ends. */
void spool_sink_tell(struct spool_sink *, bool was, bool is, int error);
/* Counts the objects that cannot be made at present. */
void spool_sink_tell_of_job(struct spool_sink *, int change, int error);
/* Of a file that is begun. */
uint64_t spool_sink_next_id(struct spool_sink *);
int64_t spool_sink_stream(struct sink *, int64_t wanted, int64_t last);
/* Before it is freed: a later sink may have the same address. */
void spool_sink_forget_streams(struct spool_sink *);

#endif
