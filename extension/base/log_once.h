/* SPDX-License-Identifier: Apache-2.0 */
/* log_once.h - why something fails, each reason once: what keeps the log short.
 *
 * Whoever fails again and again may change its mind every time, or say how many
 * milliseconds it took. Texts that differ only in digits are the same cause, and
 * after LOG_ONCE_MAX of them nothing is new any more. Zeroed memory is empty.
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

/* Whether this one is worth a line: it was not there since the last clear. */
bool log_once_is_new(struct log_once *, const char *why);
/* It works again. */
void log_once_clear(struct log_once *);

#endif
