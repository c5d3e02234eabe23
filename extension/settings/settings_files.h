/* SPDX-License-Identifier: Apache-2.0 */
/* settings_files.h - which files make up the configuration, and of whom.
 */
#ifndef SETTINGS_SETTINGS_FILES_H
#define SETTINGS_SETTINGS_FILES_H

#include "settings/settings.h"

/* The main file, with the environment above it and its profile below. Keys of
 * older layouts are read, and told in warnings. NULL after adding to problems. */
struct config *settings_files_main(const char *path, char *const *environ,
				   struct problems *, struct problems *warnings);

/* A text as if it were the main file, without the environment. */
struct config *settings_files_text(const char *path, struct str text, struct problems *,
				   struct problems *warnings);

/* The file alone in today's layout, appended to text, if it can be used so: see
 * settings_check_text(). -EINVAL after adding to problems. */
int settings_files_migrate(const char *path, struct buf *text, struct problems *,
			   struct problems *warnings);

/* Fills pipeline and pipelines: names and configurations. include is the pattern
 * of the drop-ins, empty for none. */
void settings_files_pipelines(struct settings *, const char *path, struct str include,
			      char *const *environ, struct problems *);

#endif
