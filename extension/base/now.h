/* SPDX-License-Identifier: Apache-2.0 */
/* now.h - time as an argument.
 *
 * The core never reads a clock: its callers pass the time. mono_ms, which never jumps,
 * is for intervals; wall_ms (Unix milliseconds) is for names and metadata.
 */
#ifndef BASE_NOW_H
#define BASE_NOW_H

#include <stdint.h>

#define NEVER_MS INT64_MAX

struct now {
	int64_t mono_ms;
	int64_t wall_ms;
};

#endif
