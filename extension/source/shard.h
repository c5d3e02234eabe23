/* SPDX-License-Identifier: Apache-2.0 */
/* shard.h - one partition of a topic, as all pipelines of a group store it.
 *
 * Messages become batches, and batches go to the parts: what each pipeline makes of this
 * partition alone. Where the objects of all parts end follows from the messages
 * (shard_borders.h), and a batch never has flows of both sides, nor of two times of a
 * part. What a part has made is stored only when the shard was asked for after it, with
 * success: then it was still ours, and its announced cuts are known to whoever reads next.
 * A cut is committed when all before it is stored. So whoever reads again from what is
 * committed makes the same objects under the same keys.
 *
 * Settings may change, and differ from member to member. What was begun with others, and
 * may be stored, is ended as they would have (shard_rules.h): then the shard is cut, and
 * is over. It must be opened again, to go by its own.
 *
 * On the thread of the source, but for the loss of a part's files.
 */
#ifndef SOURCE_SHARD_H
#define SOURCE_SHARD_H

#include <stdatomic.h>
#include "base/err.h"
#include "source/router.h"
#include "source/shard_borders.h"

struct shard_name {
	struct str topic;
	int32_t partition;
	int64_t begun_ms;		 /* as in its place */
	struct shard_cut from;		 /* its first cut begins there */
	const struct shard_rules *rules; /* what its objects follow from */
};

/* How far a part is. */
struct shard_part_state {
	uint64_t made;	     /* rises whenever all open objects were ended */
	int64_t cuts_stored; /* of those that it was told of, in order */
	int64_t waiting;     /* bytes of batches that it has not looked at */
	bool is_split;	     /* some of that is of a cut that is not over */
	bool has_failed;     /* it missed something: all is to be begun anew */
};

struct shard_part {
	struct receiver receiver; /* its flows; time is the batch's clock_ms */
	int64_t interval_ms;	  /* its objects also end at multiples of this */
	/* When the first message came that it has not stored, monotonic; 0: it has stored
	 * all. The shard tells it, whenever it looks; any thread may read it. */
	_Atomic int64_t waits_ms;
	/* Ends its objects; the next ones are named after this cut. */
	void (*cut)(struct shard_part *, const struct shard_cut *);
	void (*look)(struct shard_part *, struct shard_part_state *);
	/* What it made until then may be stored. */
	void (*release)(struct shard_part *, uint64_t made);
	/* Ends it; what is not stored is discarded. */
	void (*close)(struct shard_part *);
};

/* What a shard needs of its source; borrowed. */
struct shard_host {
	/* Fills a batch from messages one by one. */
	struct batch_account *account;
	/* A batch is complete: counts what is in it, tells of flows that are bad. */
	void (*count)(void *context, const struct batch *, struct router *);
	void (*bad_message)(void *context, const struct err *);
	/* All receivers, as router_each(). */
	void (*each)(void *context,
		     void (*visit)(void *to, struct receiver *, struct str capture_id),
		     void *to);
	void *context;
};

struct shard;

/* Whether it can be opened there: -EINVAL, if what was begun follows from settings that
 * its pipelines cannot go by; see err. */
int shard_check(const struct shard_host *, const struct shard_place *, struct err *);
/* NULL: see err. host and the topic are borrowed. */
struct shard *shard_open(const struct shard_host *, struct str topic, int32_t partition,
			 const struct shard_place *, struct err *);
void shard_close(struct shard *); /* NULL is fine */
int32_t shard_partition(const struct shard *);

/* What a flow's header "format" begins with: the record of transform none. */
#define SHARD_FLOW_JSON	    "Flow/"
#define SHARD_FLOW_PROTOBUF "Flow.protobuf/"

/* A message; format: of the header, or one of these. */
void shard_take(struct shard *, int64_t offset, int64_t time_ms, struct str value,
		struct str format, int64_t mono_ms);
/* What is before this offset cannot be taken. */
void shard_pass(struct shard *, int64_t offset);
/* All before this offset was taken, and there is no more at present. */
void shard_at_end(struct shard *, int64_t offset);
/* The next to be taken. */
int64_t shard_next(const struct shard *);
/* Cuts it at its end, if that was announced, or if it has been quiet for long enough. */
void shard_tick(struct shard *, int64_t mono_ms);
/* Bytes that wait, of the part that has most. */
int64_t shard_waiting(struct shard *);

/* Whether its pipelines still have the settings that it goes by. */
bool shard_is_current(const struct shard *);
/* Ends it: it is cut as soon as nobody can have stored anything of what comes then, and
 * takes nothing more. */
void shard_end(struct shard *);
bool shard_is_ending(const struct shard *);
/* Whether it was ended, and all is committed. */
bool shard_is_over(const struct shard *);
/* Whether objects may be stored of a cut that is not committed. */
bool shard_is_begun(const struct shard *);

/* Whether it missed something, for want of memory: it must be closed and opened again at
 * what was committed. */
bool shard_has_failed(const struct shard *);
/* Whether something is to be committed, and what: then shard_committed() tells the
 * outcome. */
bool shard_wants(struct shard *, struct shard_place *);
void shard_committed(struct shard *, bool is_ours);
/* Whether it was cut, and not all before that is committed. */
bool shard_is_pending(const struct shard *);
/* How long what was taken has waited to be committed; 0: nothing waits. */
int64_t shard_age_ms(const struct shard *, int64_t mono_ms);

#endif
