/* SPDX-License-Identifier: Apache-2.0 */
/* shard_rules.h - what the objects of a partition follow from, beside its messages: the
 * settings of the pipelines that make them.
 *
 * Members of a group may differ, and settings change. So these are committed, and what
 * was begun with others is ended with those: the group's interval, and each pipeline's
 * interval and number of flows. What decides the rows and the keys is known as a sum
 * only; who has another one cannot end what was begun.
 *
 * No clock, no I/O. tests/lib/kafka/shards.py is the model of it.
 */
#ifndef SOURCE_SHARD_RULES_H
#define SOURCE_SHARD_RULES_H

#include <stdbool.h>
#include "base/buf.h"

#define SHARD_RULES_MAX 32 /* pipelines; of more than that only one sum is known */

struct shard_rule {
	uint32_t name; /* a sum of the pipeline's name */
	uint32_t rows; /* a sum of what decides its rows and keys */
	int64_t interval_ms;
	int64_t flows; /* of all objects of one number */
};

struct shard_rules {
	int64_t interval_ms; /* of the group; 0: nothing is known */
	struct shard_rule rule[SHARD_RULES_MAX];
	size_t count;  /* may be more than there is room for */
	uint32_t many; /* a sum of all of them */
};

void shard_rules_add(struct shard_rules *, const struct shard_rule *);
/* The pipeline that makes these rows under these keys, or has that name: members may call
 * it otherwise. NULL: it is not known. */
const struct shard_rule *shard_rules_find(const struct shard_rules *,
					  const struct shard_rule *);
/* Whether what was begun with these can go on with others; pipelines that come or go do
 * not matter, if one cannot be the other. */
bool shard_rules_equal(const struct shard_rules *, const struct shard_rules *others);
/* Whether what was begun with others can be ended by this pipeline of our own. One that
 * they do not have may have got another name, and other rows, unless none of theirs is
 * missing. */
bool shard_rules_can_end(const struct shard_rules *own, const struct shard_rules *begun,
			 const struct shard_rule *);
/* What was begun with others is ended with theirs. */
void shard_rules_take_over(struct shard_rules *own, const struct shard_rules *begun);

/* As words of what is committed: " interval=MS rule=NAME.ROWS.MS.FLOWS... ", or
 * "many=SUM"; nothing, if nothing is known. */
void shard_rules_write(const struct shard_rules *, struct buf *);
/* A word of it. false: it is none. */
bool shard_rules_read(struct shard_rules *, struct str word);

#endif
