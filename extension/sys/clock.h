/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - reads the clocks. The only caller of clock_gettime(). */
#ifndef SYS_CLOCK_H
#define SYS_CLOCK_H

#include <time.h>
#include "base/now.h"

/* mono_ms is CLOCK_MONOTONIC, wall_ms is CLOCK_REALTIME. Any thread. */
struct now clock_now(void);
/* Such a time, not negative, for waits with an end. */
struct timespec clock_timespec(int64_t ms);

#endif
