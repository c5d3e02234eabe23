/* SPDX-License-Identifier: Apache-2.0 */
/* log_once.h - logs each reason of a lasting failure only once.
 *
 * Repeated failures may give a different reason each time, or one with a different
 * number of milliseconds. Texts that differ only in digits count as the same reason,
 * and after LOG_ONCE_MAX reasons none is new. Zeroed memory is empty.
 */
#ifndef BASE_LOG_ONCE_H
#define BASE_LOG_ONCE_H

#include <stdbool.h>
#include <stdint.h>

#define LOG_ONCE_MAX 8

struct log_once {
	uint32_t sum[LOG_ONCE_MAX];
	unsigned count;
};

/* Whether to log this reason: it has not occurred since the last clear. */
bool log_once_is_new(struct log_once *, const char *why);
/* It works again. */
void log_once_clear(struct log_once *);

#endif
