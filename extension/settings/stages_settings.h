/* SPDX-License-Identifier: Apache-2.0 */
/* stages_settings.h - the stages of a pipeline, as its writer needs them: one that sends
 * records one by one says how they are encoded, and wants nothing around them.
 */
#ifndef SETTINGS_STAGES_SETTINGS_H
#define SETTINGS_STAGES_SETTINGS_H

#include "stage/stage_set.h"
#include "writer/writer_options.h"

/* As stage_set_read(); what does not fit the writer is a problem, too. */
void stages_settings_read(struct stage_set *, const struct writer_options *,
			  const struct config *, struct arena *, struct problems *);

#endif
