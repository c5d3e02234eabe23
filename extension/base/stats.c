/* SPDX-License-Identifier: Apache-2.0 */
/* stats.c - see stats.h. */
#include "base/stats.h"

#define STATS_NAME(id, name) [STAT_##id] = name,
const char *const stat_names[STAT_COUNT] = { STATS_EACH(STATS_NAME) };
