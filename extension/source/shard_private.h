/* SPDX-License-Identifier: Apache-2.0 */
/* shard_private.h - a shard, for its files. */
#ifndef SOURCE_SHARD_PRIVATE_H
#define SOURCE_SHARD_PRIVATE_H

#include "source/shard.h"

struct shard_part_held {
	struct shard_part *part;
	uint64_t asked, released; /* of what it made */
};

/* A cut that is not committed. */
struct shard_cut_made {
	struct shard_cut cut;
	int64_t number;
	int64_t first_ms; /* when its first message came, monotonic */
};

struct shard {
	const struct shard_host *host;
	struct str topic;
	int32_t partition;
	bool is_new; /* nothing was ever read of it, and its parts are not open */
	struct router *router;
	struct shard_part_held *part;
	size_t parts, room;
	int64_t interval_ms, step_ms;

	struct shard_borders borders;
	int64_t cut_at;		   /* the last one, or where it began */
	bool is_ending;		   /* see shard_end() */
	struct shard_place place;  /* that is committed, with what is announced since */
	struct shard_place wanted; /* of the commit under way */
	struct shard_cut_made *cut;
	size_t cuts, cuts_room;
	int64_t cuts_made;
	int64_t next;	  /* offset to be taken */
	int64_t end;	  /* of the partition; -1: there is more */
	int64_t first_ms; /* when the first message of the cut came, monotonic */

	struct batch *batch; /* that is being filled; NULL: none */
	size_t messages;     /* in it */
	bool has_failed;
};

/* shard_end.c: the rules that its parts have by themselves. */
void shard_own_rules(const struct shard_host *, struct shard_rules *);
/* What it goes by: they, or those that it was begun with; then it is ending. */
void shard_choose_rules(struct shard *);
/* It takes nothing more. */
bool shard_takes_no_more(const struct shard *);
/* What is made may be stored, if this is committed. */
void shard_note_made(const struct shard *, struct shard_place *, bool is_split);

/* The present batch goes to the parts. */
void shard_batch_end(struct shard *);
void shard_batch_drop(struct shard *);
/* A message of this time comes: ends a batch that is of another time. */
void shard_batch_step(struct shard *, int64_t time_ms);
void shard_batch_add(struct shard *, struct str value, struct str format);

#endif
