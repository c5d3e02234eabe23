/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h - the configuration files, read and checked as a whole.
 *
 * A file without "include:" is one pipeline, called by the file's basename.
 * With it, the file is the base under every drop-in that the pattern matches,
 * each of which is a pipeline called by its own basename. Precedence, high to
 * low: a drop-in, the environment, the main file, a profile, the default; so
 * the environment does not reach into drop-ins.
 */
#ifndef SETTINGS_SETTINGS_H
#define SETTINGS_SETTINGS_H

#include "settings/status_settings.h"
#include "sys/digest.h"
#include "spool/spool.h"
#include "tenant/tenant.h"
#include "topology/topology.h"

/* SHA-256 of what a pipeline's configuration says about its writer, and about all
 * the rest: two of the same sum mean the same. */
struct settings_sums {
	unsigned char writer[SHA256_SIZE], rest[SHA256_SIZE];
};

/* One pipeline. */
struct tenant_settings {
	char *name;
	struct config *config; /* while it is read; NULL: it cannot be */
	bool is_bad;	       /* something about it is wrong */
	struct tenant *tenant; /* taken by the exporter, then NULL */
	struct settings_sums sums;
};

struct settings {
	struct arena arena;
	struct config *base; /* the main file */
	struct spool_options spool;
	struct topology_options topology;
	struct tls_files tls;
	struct session_identity identity; /* to analyzers, of the flow stream */
	struct status_settings status;
	struct str program_text; /* what only a restart changes */
	int64_t lookup_timeout_ms;
	int64_t workers;
	int64_t batch_bytes, held_bytes;
	int64_t stop_timeout_ms;
	struct logging_options logging;
	struct tenant_settings *tenant;
	size_t tenants;
	struct problems warnings; /* keys of older layouts */
};

/* path may be "-". Everything that is wrong is added to problems. NULL: the
 * main file is of no use; else the pipelines that are wrong are marked. log is
 * borrowed for the tenants. environ as in environ(7), or NULL for none. */
struct settings *settings_read(const char *path, char *const *environ, struct log *,
			       struct problems *);
void settings_free(struct settings *);

#endif
