/* SPDX-License-Identifier: Apache-2.0 */
/* destination.h - where a pipeline's objects go. */
#ifndef SETTINGS_DESTINATION_H
#define SETTINGS_DESTINATION_H

#include "settings/pipeline_settings.h"

/* Appends "<writer> <endpoint or directory> <dirname> <prefix>", for a person. */
void destination_describe(const struct pipeline_settings *, struct buf *);
/* Appends where its keys begin: bucket, prefix and, of an operator's own layout, the
 * text in front of the first name. Joined, because "a" with "b/c" is "a/b" with "c". */
void destination_put_begin(const struct pipeline_settings *, bool with_layout,
			   struct buf *);

#endif
