/* SPDX-License-Identifier: Apache-2.0 */
/* shard_settings.h - what a pipeline may be whose flows come from Kafka.
 *
 * Whoever reads a partition again must make the same objects (source/shard.h). So what
 * depends on the wall's clock, on answers of the moment, or on memory that a cut does not
 * empty, is refused; and so is what drops flows.
 */
#ifndef SETTINGS_SHARD_SETTINGS_H
#define SETTINGS_SHARD_SETTINGS_H

#include "settings/pipeline_settings.h"

/* Errors go to problems; of other sources there are none. */
void shard_settings_check(const struct pipeline_settings *, const struct config *,
			  struct problems *);
/* The group that it reads as; empty: it reads no topic. */
struct str shard_settings_group(const struct pipeline_settings *);
/* Whether two pipelines of one group can be: they are one member of it, and are cut
 * together. -EINVAL, with the section that the key is of. */
int shard_settings_pair(const struct pipeline_settings *,
			const struct pipeline_settings *, const char **section,
			struct err *);

#endif
