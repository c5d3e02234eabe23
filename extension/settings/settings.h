/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h - reads and checks all configuration files.
 *
 * A file without "include:" is one pipeline, named by the file's basename. With it, the
 * file is the base of every drop-in that the pattern matches, each of which is a
 * pipeline named by its own basename. Precedence, high to low: a drop-in, the
 * environment, the main file, a profile, the default; so a drop-in overrides the
 * environment.
 */
#ifndef SETTINGS_SETTINGS_H
#define SETTINGS_SETTINGS_H

#include "base/map.h"
#include "net/tls.h"
#include "settings/pipeline_settings.h"
#include "settings/status_settings.h"
#include "spool/spool.h"
#include "sys/log.h"
#include "topology/topology.h"

struct settings {
	struct arena arena;
	struct config *base; /* the main file */
	struct spool_options spool;
	struct topology_options topology;
	struct tls_files tls;
	struct session_identity identity; /* of all streams: without user and cookie */
	struct status_settings status;
	struct str program_text; /* what only a restart changes */
	int64_t lookup_timeout_ms;
	int64_t workers;
	int64_t batch_bytes, held_bytes;
	int64_t stop_timeout_ms;
	struct logging_options logging;
	struct pipeline_settings **pipeline;
	size_t pipelines, room;
	struct buf main_text; /* while the files are read, as what follows */
	unsigned char main_sum[SHA256_SIZE];
	struct map *names;  /* of pipelines, lower case */
	struct map *known;  /* pipelines that need not be read anew, or NULL */
	bool asks_all;	    /* one of them must be, to tell what is wrong */
	int64_t written_ms; /* the latest change of a file, wall clock */
	bool is_bad;
	bool lost_include;	  /* the folder of the drop-ins cannot be read */
	struct problems warnings; /* keys of older layouts */
	struct problems advice;	  /* correct settings to warn about: advice.h */
};

/* path may be "-". All errors are added to problems. NULL: the main file has errors;
 * otherwise pipelines with errors are marked. Warnings and advice go to the log, which
 * may be NULL, too. environ as in environ(7), or NULL for none. */
struct settings *settings_read(const char *path, char *const *environ, struct log *,
			       struct problems *);
/* The same for files that may be being written: a file that was changed within the last
 * second is read again until it has not changed for a second, for at most five
 * seconds. known: pipeline_settings by name that were read without error before, or NULL;
 * one whose files are as they were is taken, and nothing is warned of it again. */
struct settings *settings_read_written(const char *path, char *const *environ,
				       struct map *known, struct log *,
				       struct problems *);
void settings_free(struct settings *);
/* Adds the errors of a text as a single file, without drop-ins and environment. If it
 * names no source, and so is a base or a drop-in, only the keys that it has are
 * checked. */
void settings_check_text(const char *path, struct str text, struct problems *);
/* Releases its references to pipelines, once their users have their own. */
void settings_release_pipelines(struct settings *);

#endif
