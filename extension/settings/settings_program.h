/* SPDX-License-Identifier: Apache-2.0 */
/* settings_program.h - the main file's keys about the program: threads, limits, the
 * spool, the topology, TLS, the log.
 */
#ifndef SETTINGS_SETTINGS_PROGRAM_H
#define SETTINGS_SETTINGS_PROGRAM_H

#include "settings/settings.h"

/* Keys of the main file that belong to no other module. */
struct program {
	struct str include, profile, host_id;
	int64_t workers;
	int64_t lookup_timeout_ms;
	int64_t batch_bytes, held_bytes;
	int64_t stop_timeout_ms;
	struct map_of_str cookie;
};

/* Reads the base of the settings. Strings live in their arena. What is wrong
 * goes to problems. */
void settings_program(struct settings *, struct program *, struct problems *);

/* The sections of the main file that belong to no pipeline: writes up to max of them,
 * returns how many there are. */
size_t settings_program_sections(struct config_section *, size_t max);

#endif
