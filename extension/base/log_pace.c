/* SPDX-License-Identifier: Apache-2.0 */
/* log_pace.c - see log_pace.h. */
#include "base/log_pace.h"

bool log_pace_is_due(struct log_pace *pace, int64_t now_ms, int64_t *held)
{
	if (now_ms < pace->next_ms) {
		pace->held++;
		return false;
	}
	*held = pace->held;
	pace->held = 0;
	pace->next_ms = now_ms + LOG_PACE_MS;
	return true;
}
