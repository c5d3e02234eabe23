/* SPDX-License-Identifier: Apache-2.0 */
/* now.h - the time, as an argument.
 *
 * The core never reads a clock: whoever calls it says what time it is.
 * Intervals are measured with mono_ms, which never jumps; names and metadata
 * are made from wall_ms (Unix milliseconds).
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
