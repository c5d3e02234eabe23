/* SPDX-License-Identifier: Apache-2.0 */
/* reload_report.h - what the last reload did, for whoever asked for it.
 *
 * Its lock is held for copying only, so it answers while a reload is under way.
 */
#ifndef EXPORTER_RELOAD_REPORT_H
#define EXPORTER_RELOAD_REPORT_H

#include <pthread.h>
#include "base/buf.h"

struct reload_report {
	pthread_mutex_t lock;
	int64_t begun, ended; /* how many, since the start */
	unsigned generation;  /* of the configuration that is in use */
	struct buf changes;   /* a line for each pipeline that changed */
	struct buf refused;   /* what is wrong, in lines; empty: nothing */
};

void reload_report_init(struct reload_report *);
void reload_report_fini(struct reload_report *);

/* Any thread; texts are copied. */
void reload_report_begin(struct reload_report *);
void reload_report_end(struct reload_report *, unsigned generation, struct str changes,
		       struct str refused);
/* A JSON object with the members above; changes and refused are strings. */
void reload_report_put_json(struct reload_report *, struct buf *);

#endif
