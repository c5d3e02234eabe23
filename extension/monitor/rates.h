/* SPDX-License-Identifier: Apache-2.0 */
/* rates.h - the rate of a counter over the last 10 s, noted once a second.
 *
 * Pure, one thread.
 */
#ifndef MONITOR_RATES_H
#define MONITOR_RATES_H

#include <stdint.h>

#define RATE_SAMPLES 11

/* Zeroed memory is a counter that was never noted. */
struct rate {
	int64_t value[RATE_SAMPLES], time_ms[RATE_SAMPLES];
	unsigned count, newest;
};

/* One that has fallen is another counter: it begins anew. */
void rate_note(struct rate *, int64_t value, int64_t mono_ms);
/* Per second, rounded; 0 if it was noted only once. */
int64_t rate_get(const struct rate *);

#endif
