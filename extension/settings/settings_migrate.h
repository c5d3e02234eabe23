/* SPDX-License-Identifier: Apache-2.0 */
/* settings_migrate.h - a file of an older layout, written as one of today. */
#ifndef SETTINGS_SETTINGS_MIGRATE_H
#define SETTINGS_SETTINGS_MIGRATE_H

#include "base/buf.h"
#include "config/config.h"

/* The file alone in today's layout, appended to text, if it can be used so: see
 * settings_check_text(). -EINVAL after adding to problems. */
int settings_migrate(const char *path, struct buf *text, struct problems *,
		     struct problems *warnings);

#endif
