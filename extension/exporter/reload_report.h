/* SPDX-License-Identifier: Apache-2.0 */
/* reload_report.h - the result of the last reload.
 *
 * Its lock is only held for copying, so it can be read during a reload.
 */
#ifndef EXPORTER_RELOAD_REPORT_H
#define EXPORTER_RELOAD_REPORT_H

#include <pthread.h>
#include "base/buf.h"

struct reload_report {
	pthread_mutex_t lock;
	int64_t begun, ended; /* numbers of reloads, since the start */
	unsigned generation;  /* of the present configuration */
	struct buf changes;   /* a line for each pipeline that changed */
	struct buf refused;   /* lines with the errors; empty: none */
};

void reload_report_init(struct reload_report *);
void reload_report_fini(struct reload_report *);

/* Any thread; texts are copied. */
void reload_report_begin(struct reload_report *);
void reload_report_end(struct reload_report *, unsigned generation, struct str changes,
		       struct str refused);
/* Appends a JSON object with the members above; changes and refused are strings. */
void reload_report_put_json(struct reload_report *, struct buf *);

#endif
