/* SPDX-License-Identifier: Apache-2.0 */
/* settings_shown.h - the configuration of a pipeline as anybody may see it.
 */
#ifndef SETTINGS_SETTINGS_SHOWN_H
#define SETTINGS_SETTINGS_SHOWN_H

#include "config/config.h"

/* Appends a line "path.key: value" for each key of a section whose value is not its
 * default. Secrets are only said to be there, and URLs are without users and queries. state:
 * a struct of the section's shape. */
void settings_put_shown(const struct config_section *, const void *state, struct buf *);

/* A number as it would be written. */
void settings_put_number(struct buf *, const struct field *, int64_t value);

#endif
