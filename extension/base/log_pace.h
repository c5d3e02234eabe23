/* SPDX-License-Identifier: Apache-2.0 */
/* log_pace.h - a rate limit for log lines that every message may cause.
 *
 * One for each kind of line that a peer can trigger at will: the first is logged at
 * once, the next after LOG_PACE_MS, with the number of lines held back. Zeroed memory
 * has logged nothing. Not locked.
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

/* Whether to log it; if so, *held is the number of lines held back since the last
 * one. */
bool log_pace_is_due(struct log_pace *, int64_t now_ms, int64_t *held);

#endif
