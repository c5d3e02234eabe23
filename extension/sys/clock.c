/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c - see clock.h. */
#include "sys/clock.h"

#define SECONDS_MAX (CLOCK_MS_MAX / 1000 - 1)

static int64_t read_ms(clockid_t id)
{
	struct timespec at;

	clock_gettime(id, &at);
	return clock_ms(at);
}

int64_t clock_ms(struct timespec at)
{
	if (at.tv_sec > SECONDS_MAX)
		return CLOCK_MS_MAX;
	if (at.tv_sec < -SECONDS_MAX)
		return -CLOCK_MS_MAX;
	return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

struct now clock_now(void)
{
	return (struct now){
		.mono_ms = read_ms(CLOCK_MONOTONIC),
		.wall_ms = read_ms(CLOCK_REALTIME),
	};
}

/* A long has 32 bits on some processors. */
struct timespec clock_timespec(int64_t ms)
{
	return (struct timespec){
		.tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000,
	};
}
