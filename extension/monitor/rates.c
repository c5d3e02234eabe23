/* SPDX-License-Identifier: Apache-2.0 */
/* rates.c - see rates.h. */
#include "monitor/rates.h"

void rate_note(struct rate *rate, int64_t value, int64_t mono_ms)
{
	if (rate->count && value < rate->value[rate->newest])
		rate->count = 0;
	rate->newest = rate->count ? (rate->newest + 1) % RATE_SAMPLES : 0;
	rate->value[rate->newest] = value;
	rate->time_ms[rate->newest] = mono_ms;
	if (rate->count < RATE_SAMPLES)
		rate->count++;
}

int64_t rate_get(const struct rate *rate)
{
	unsigned oldest;
	int64_t rise, ms;

	if (rate->count < 2)
		return 0;
	oldest = (rate->newest + RATE_SAMPLES + 1 - rate->count) % RATE_SAMPLES;
	rise = rate->value[rate->newest] - rate->value[oldest];
	ms = rate->time_ms[rate->newest] - rate->time_ms[oldest];
	return ms > 0 ? (rise * 1000 + ms / 2) / ms : 0;
}
