/* SPDX-License-Identifier: Apache-2.0 */
/* destination.h - where a pipeline's objects go, and whether two pipelines collide.
 */
#ifndef SETTINGS_DESTINATION_H
#define SETTINGS_DESTINATION_H

#include "settings/pipeline_settings.h"

/* Appends "<writer> <endpoint or directory> <dirname> <prefix>", for a person. */
void destination_describe(const struct pipeline_settings *, struct buf *);
/* Why two pipelines would write under the same keys; NULL: they do not. */
const char *destination_collision(const struct pipeline_settings *,
				  const struct pipeline_settings *);

#endif
