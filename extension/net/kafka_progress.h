/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_progress.h - which messages of a job are written, or under way.
 *
 * It outlives a job that ends before all is written: the next job of that name for that
 * topic takes it over, leaves out what is written, and waits for what is under way. Where
 * that goes by another producer (settings or secrets have changed) it waits for the reports
 * of that one; only if that one cannot get through, while its own can, it has it give up
 * what it has.
 *
 * Places are clusters by the name that brokers give them: at another one all is sent.
 *
 * Those that are left take KAFKA_LEFT_BYTES at most, or more while they have messages
 * under way; the oldest of others go first, and what they tell of is sent again.
 *
 * A progress belongs to the thread of its cluster; one that is left and has nothing under
 * way to nobody.
 */
#ifndef NET_KAFKA_PROGRESS_H
#define NET_KAFKA_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kafka;
struct kafka_cluster;
struct kafka_job;

#define KAFKA_LEFT_BYTES ((size_t)16 << 20)
#define KAFKA_PLACE_MAX	 64

struct kafka_progress {
	struct kafka_progress *next;   /* of those that are left */
	struct kafka_cluster *cluster; /* whose thread has it; NULL: nobody's */
	struct kafka_job *job;	       /* NULL: it has ended */
	bool is_left;
	char *name;		     /* topic and job; NULL: of a transaction */
	uint64_t hash;		     /* of it */
	char place[KAFKA_PLACE_MAX]; /* where some are written, or "" */
	size_t unreported;
	uint64_t *sent; /* a bit for each message */
	size_t words, room;
};

/* All on the cluster's thread. */

/* Gives the job its progress. false: not now, it is to be asked again. */
bool kafka_progress_begin(struct kafka_cluster *, struct kafka_job *);
/* The job ends; whether all of it is written. */
void kafka_progress_end(struct kafka_job *, bool is_complete);
/* Makes room to note a message. false: no memory. */
bool kafka_progress_prepare(struct kafka_progress *, int64_t at);
/* It is under way; there is room. */
void kafka_progress_sent(struct kafka_progress *, int64_t at);
/* It is no longer. It may be gone afterwards, unless it has a job. */
void kafka_progress_reported(struct kafka_progress *, int64_t at, bool is_written);
/* The cluster ends: nothing more is reported. */
void kafka_progress_forget(struct kafka_cluster *);

/* Frees those that are left; all clusters have ended. */
void kafka_progress_free_left(struct kafka *);

#endif
