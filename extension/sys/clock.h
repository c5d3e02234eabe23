/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - reads the clocks. The only caller of clock_gettime(). */
#ifndef SYS_CLOCK_H
#define SYS_CLOCK_H

#include <time.h>
#include "base/now.h"

/* mono_ms is CLOCK_MONOTONIC, wall_ms is CLOCK_REALTIME. Any thread. */
struct now clock_now(void);
/* A time of a file, which may be any: tmpfs keeps what touch(1) was told, be it the year
 * 292277026596. What is out of +-CLOCK_MS_MAX is that; two of them have a difference. */
#define CLOCK_MS_MAX (INT64_MAX / 2)
int64_t clock_ms(struct timespec);
/* Such a time, not negative, for waits with an end. */
struct timespec clock_timespec(int64_t ms);

#endif
