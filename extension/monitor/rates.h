/* SPDX-License-Identifier: Apache-2.0 */
/* rates.h - rates of counters over the last 10 s.
 *
 * Each counter is noted once a second; one that was not noted between two sweeps is
 * forgotten. One thread.
 */
#ifndef MONITOR_RATES_H
#define MONITOR_RATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RATES_NAME_MAX 72
#define RATES_SAMPLES  11

struct rate {
	char name[RATES_NAME_MAX];
	int64_t value[RATES_SAMPLES], time_ms[RATES_SAMPLES];
	unsigned count, newest;
	bool is_seen;
};

struct rates {
	struct rate *item;
	size_t count, room, at; /* at: found last; the next one likely follows it */
};

#define RATES_INIT                                                                       \
	{                                                                                \
		.item = NULL                                                             \
	}

/* Without memory the counter has no rate. */
void rates_note(struct rates *, const char *name, int64_t value, int64_t mono_ms);
void rates_sweep(struct rates *);
/* Per second, rounded; 0 if it is unknown, or was noted only once. */
int64_t rates_get(struct rates *, const char *name);
void rates_fini(struct rates *);

#endif
