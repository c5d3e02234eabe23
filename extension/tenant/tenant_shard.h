/* SPDX-License-Identifier: Apache-2.0 */
/* tenant_shard.h - what a pipeline makes of one partition: a tenant of its own, with its
 * own stage states, open objects, folder in the spool, and uploader.
 *
 * Time is that of the messages, and objects end when flows have been counted or when the
 * source says so, all tags together, so that whoever reads the partition again makes the
 * same objects. Nothing is dropped: while the spool takes nothing it takes no more
 * batches, and the source pauses. When it is closed all that is not stored is discarded.
 *
 * The part's functions are called on the source's thread, the turns run on workers.
 */
#ifndef TENANT_TENANT_SHARD_H
#define TENANT_TENANT_SHARD_H

#include "source/shard.h"
#include "tenant/tenant_private.h"

#define TENANT_SHARD_BEGIN "shard-" /* of the names of their folders */

struct tenant_shard {
	struct shard_part part; /* the first: the source brings it back */
	struct tenant_shard *next;
	struct tenant *whole, *tenant;
	struct pipeline_settings *settings, *writer; /* references */
	struct arena arena;			     /* of the options of its stages */
	struct stage_set stages;
	struct buf origin; /* of the keys: topic, partition, and when it began */
	struct buf stream; /* that, and the offset of the cut */
	int32_t partition;
	struct object_name name;
	int64_t flows_max;	    /* of all objects of one number */
	int64_t merged[STAT_COUNT]; /* counters that whole has, too */
	int64_t cuts_stored;

	_Atomic int64_t waiting; /* bytes in the inbox, and something for each item */

	/* Of the worker. */
	const struct parcel *parcel; /* whose flows are being taken; NULL: none */
	size_t at;		     /* its next flow */
	size_t taking;		     /* flows of the turn at hand; 0: there is none */
	int64_t taken;		     /* flows in the present objects */
	int64_t clock_ms;
	bool is_ending;		/* the objects */
	bool ends_cut;		/* with them */
	struct shard_cut ended; /* then */

	pthread_mutex_t lock; /* of what follows */
	uint64_t made;	      /* all objects below are made */
	bool is_split;	      /* some of a cut that is not over */
	bool has_failed;      /* it missed something, and must not be stored */
	uint64_t *boundary;   /* of cuts that are not stored: objects below come before */
	size_t boundaries, room;
};

/* The functions of its part; see shard.h. */
void tenant_shard_offer(struct receiver *, const struct parcel *);
void tenant_shard_lose(struct receiver *, int64_t flows);
void tenant_shard_cut(struct shard_part *, const struct shard_cut *);
void tenant_shard_look(struct shard_part *, struct shard_part_state *);
void tenant_shard_release(struct shard_part *, uint64_t made);
/* One turn of its task. */
void tenant_shard_run(struct task *, struct now);

/* In its inbox. */
struct shard_item {
	struct parcel parcel; /* of a cut: without a batch */
	struct shard_cut cut;
};
/* Of the objects of a cut that begins there. */
void tenant_shard_name(struct tenant_shard *, int64_t offset);
/* What an item counts as waiting. */
int64_t tenant_shard_weight(const struct parcel *);
/* Gives an item back. */
void tenant_shard_forget(struct tenant_shard *, const struct parcel *);
/* Its tasks have ended: gives back what waits, and accounts for all of it. */
void tenant_shard_empty(struct tenant_shard *);
void tenant_shard_settle(struct tenant_shard *);

#endif
