/* SPDX-License-Identifier: Apache-2.0 */
/* settings_files.h - which files make up the configuration, and of whom.
 */
#ifndef SETTINGS_FILES_H
#define SETTINGS_FILES_H

#include "settings.h"

/* The main file, with the environment above it and its profile below. NULL
 * after adding to problems. */
struct config *settings_files_main(const char *path, char *const *environ,
				   struct problems *);

/* Fills tenant and tenants: names and configurations. include is the pattern
 * of the drop-ins, empty for none. */
void settings_files_tenants(struct settings *, const char *path, struct str include,
			    char *const *environ, struct problems *);

#endif
