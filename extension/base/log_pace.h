/* SPDX-License-Identifier: Apache-2.0 */
/* log_pace.h - one line an interval of what may happen with every message.
 *
 * For each kind of line that a peer can cause as often as it likes: the first is
 * said at once, the next after LOG_PACE_MS, with how many were not. Zeroed memory is
 * one that has said nothing. Not locked.
 */
#ifndef BASE_LOG_PACE_H
#define BASE_LOG_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define LOG_PACE_MS 10000

struct log_pace {
	int64_t next_ms; /* monotonic */
	int64_t held;
};

/* Whether to say it; then *held are those that were not said since the last time. */
bool log_pace_is_due(struct log_pace *, int64_t now_ms, int64_t *held);

#endif
