/* SPDX-License-Identifier: Apache-2.0 */
/* settings_files.h - which files make up the configuration, and of whom.
 */
#ifndef SETTINGS_SETTINGS_FILES_H
#define SETTINGS_SETTINGS_FILES_H

#include "settings/settings.h"

#define SETTINGS_FILE_MAX ((size_t)1 << 20) /* bytes */

/* Appends what it holds; *written_ms (or NULL) becomes later if it was written later, by
 * the wall clock. -errno after adding to problems. */
int settings_files_read(const char *path, struct buf *text, int64_t *written_ms,
			struct problems *);

/* Of the text of the main file: with the environment above it (NULL: none) and its
 * profile below. Keys of older layouts are read, and told in warnings. NULL after
 * adding to problems. */
struct config *settings_files_main(const char *path, struct str text,
				   char *const *environ, struct problems *,
				   struct problems *warnings);
/* The same with nothing above or below. */
struct config *settings_files_alone(const char *path, struct str text, struct problems *,
				    struct problems *warnings);

/* Fills pipeline and pipelines: names and configurations. main_text is there. include
 * is the pattern of the drop-ins, empty for none. */
void settings_files_pipelines(struct settings *, const char *path, struct str include,
			      char *const *environ, struct problems *);

#endif
