/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - reads the clocks. The only caller of clock_gettime(). */
#ifndef SYS_CLOCK_H
#define SYS_CLOCK_H

#include "base/now.h"

/* mono_ms is CLOCK_MONOTONIC, wall_ms is CLOCK_REALTIME. Any thread. */
struct now clock_now(void);

#endif
