/* SPDX-License-Identifier: Apache-2.0 */
/* causes.h - why something fails, each reason once: what keeps the log short.
 *
 * Whoever fails again and again may change its mind every time, or say how many
 * milliseconds it took. Texts that differ only in digits are the same cause, and
 * after CAUSES_MAX of them nothing is new any more. Zeroed memory is empty.
 */
#ifndef BASE_CAUSES_H
#define BASE_CAUSES_H

#include <stdbool.h>
#include <stdint.h>

#define CAUSES_MAX 8

struct causes {
	uint32_t sum[CAUSES_MAX];
	unsigned count;
};

/* Whether this one is worth a line: it was not there since the last clear. */
bool causes_add(struct causes *, const char *why);
/* It works again. */
void causes_clear(struct causes *);

#endif
