/* SPDX-License-Identifier: Apache-2.0 */
/* settings_migrate.h - rewrites a file of an older layout in today's. */
#ifndef SETTINGS_SETTINGS_MIGRATE_H
#define SETTINGS_SETTINGS_MIGRATE_H

#include "base/buf.h"
#include "config/config.h"

/* Appends the single file in today's layout to text, if the result is valid: see
 * settings_check_text(). -EINVAL after adding to problems. */
int settings_migrate(const char *path, struct buf *text, struct problems *,
		     struct problems *warnings);

#endif
