/* SPDX-License-Identifier: Apache-2.0 */
/* exporter_private.h - what exporter.c, exporter_reload.c, exporter_replay.c and
 * exporter_stop.c share.
 */
#ifndef EXPORTER_EXPORTER_PRIVATE_H
#define EXPORTER_EXPORTER_PRIVATE_H

#include <pthread.h>
#include "exporter/exporter.h"
#include "source/source_instance.h"

/* A tenant that runs, and what its configuration said. */
struct running {
	struct tenant *tenant;
	struct source_instance *source;
	struct settings_sums sums;
};

struct exporter {
	struct settings *settings; /* of the start: the program's */
	struct log *log;
	bool is_replay;
	struct batch_account batches;
	struct workers *workers, *sealers, *writers;
	struct http *http;
	struct topology *topology;
	struct spool *spool;
	struct tenant_surroundings around;
	atomic_bool is_cut_short;
	bool replay_has_begun;
	struct now replay_now, started;

	pthread_mutex_t lock; /* of what a reload changes */
	struct running *running;
	size_t tenants;
	struct source_instance **source;
	size_t sources;
	struct tenant **retired; /* they finish, and are then closed */
	size_t retirees;
	unsigned generation; /* rises with every reload that succeeds */
};

/* The lock is held, for all of these. */

/* Opens a tenant and adds it; takes it in any case. */
int exporter_add(struct exporter *, struct tenant_settings *, struct tenant *predecessor,
		 double part, struct now, struct err *);
/* Gives every source a router for the tenants that there are; starts new
 * sources and stops those that feed nobody. */
int exporter_route(struct exporter *, struct err *);
/* Closes the retired tenants that have nothing left to do. */
void exporter_reap(struct exporter *);
/* Objects that are not stored yet. */
size_t exporter_backlog(const struct exporter *);

#endif
