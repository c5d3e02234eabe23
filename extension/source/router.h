/* SPDX-License-Identifier: Apache-2.0 */
/* router.h - gives each receiver its flows of a batch.
 *
 * A receiver wants all flows, or those of one capture. Flows are sorted by their
 * capture with a hash table: receivers do not examine every flow, and a batch is
 * decoded once, whatever the number of receivers.
 */
#ifndef SOURCE_ROUTER_H
#define SOURCE_ROUTER_H

#include "base/err.h"
#include "flow/batch.h"

/* A receiver's part of a batch; lives as long as the batch. */
struct parcel {
	struct batch *batch;
	const uint32_t *index; /* numbers of its flows; NULL: the first count */
	size_t count;
};

struct shard_name;
struct shard_part;
struct shard_rule;

struct receiver {
	unsigned version; /* changes when its shards are to be begun anew */
	/* Must not block. Takes a reference to the batch if it keeps the parcel. */
	void (*offer)(struct receiver *, const struct parcel *);
	/* So many flows were lost; it is not known whether any was for this receiver.
	 * Must not block. May be NULL. */
	void (*lose)(struct receiver *, int64_t flows);
	/* Begins what it makes of a partition: see shard.h. NULL: see err. */
	struct shard_part *(*open_shard)(struct receiver *, const struct shard_name *,
					 struct err *);
	/* What its objects of a partition follow from, by its settings. */
	void (*shard_rule)(const struct receiver *, struct shard_rule *);
	const char *title; /* borrowed */
};

struct router;

struct router *router_new(void); /* NULL: no memory */
void router_free(struct router *);

/* capture_id is copied; empty: all flows. 0 or -ENOMEM. */
int router_add(struct router *, struct receiver *, struct str capture_id);

/* Sorts the flows, completes the batch, offers the parcels (of a batch without
 * flows there are none), and gives the caller's reference back. One thread at a
 * time. false: no memory, the batch is lost. */
bool router_deliver(struct router *, struct batch *);
/* Calls visit for each receiver and what it wants. */
void router_each(const struct router *,
		 void (*visit)(void *context, struct receiver *, struct str capture_id),
		 void *context);
/* Of who wants what: equal sums, the same receivers. */
uint64_t router_sum(const struct router *);
/* Tells every receiver how many flows were lost. */
void router_lose(struct router *, int64_t flows);

#endif
