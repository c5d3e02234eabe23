/* SPDX-License-Identifier: Apache-2.0 */
/* outage.h - why a source gets nothing, and since when: written by its thread, read by
 * any.
 */
#ifndef SOURCE_OUTAGE_H
#define SOURCE_OUTAGE_H

#include <pthread.h>
#include <stdint.h>

#define OUTAGE_WHY_MAX 256

struct outage {
	pthread_mutex_t lock;
	int64_t since_ms; /* monotonic */
	char why[OUTAGE_WHY_MAX];
};

void outage_init(struct outage *);
void outage_fini(struct outage *);

/* An outage begins; why may be "". */
void outage_begin(struct outage *, int64_t since_ms, const char *why);
/* It goes on, now for this reason. */
void outage_explain(struct outage *, const char *why);
/* Copies why; returns since when. */
int64_t outage_read(struct outage *, char why[OUTAGE_WHY_MAX]);

#endif
