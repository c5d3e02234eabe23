/* SPDX-License-Identifier: Apache-2.0 */
/* shard_sum.h - what the objects of a pipeline follow from, whose flows come from Kafka:
 * see source/shard_rules.h. Sums have no secrets: they are told to brokers.
 */
#ifndef SETTINGS_SHARD_SUM_H
#define SETTINGS_SHARD_SUM_H

#include "settings/pipeline_settings.h"

/* Fills its shard_rule. 0, -ENOMEM or -EIO. */
int shard_sum(struct pipeline_settings *);

#endif
